//! Who funds what: what each rule assigns, and what was assigned by hand.

use super::statement::{self, Fecs, Instead};
use crate::app;
use crate::statements::Table;
use crate::web::server::Server;
use crate::web::view::{pages, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the rules of a year with what each assigns, then what was assigned by hand.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let title = "Affectation des produits";
    let fecs = Fecs::load(&server, &visitor, title).await?;
    let tables = app::assignments_of(server.store()?, Some(visitor.year.code)).await?;
    if let Some(file) = statement::file(&server, &visitor, "affectations", &tables).await? {
        return Ok(file);
    }
    let longest = tables.iter().map(|table| table.rows.len()).max().unwrap_or(0);
    let (rows, links) = pages(&visitor, longest);
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[]).await?;
    let body = html! {
        p.note { "La première règle qui convient attribue la ligne ; ce qui est attribué à la main l'emporte." }
        @for own in &tables {
            @let shown = own.rows[rows.start.min(own.rows.len())..rows.end.min(own.rows.len())].to_vec();
            (table(&Table { rows: shown, ..own.clone() }, |_, _| None))
        }
        (links)
        (foot)
    };
    Ok(statement::page(&visitor, title, body))
}
