//! The cross-checks: what two sources must say alike.

use super::statement::{self, Fecs, Instead};
use crate::app;
use crate::web::server::Server;
use crate::web::view::table;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the cross-checks of a year, and says first whether one differs.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let title = "Contrôles croisés";
    let fecs = Fecs::load(&server, &visitor, title).await?;
    let (checked, gaps) = app::controls_of(server.store()?, Some(visitor.year.code)).await?;
    if let Some(file) =
        statement::file(&server, &visitor, "controles", std::slice::from_ref(&checked)).await?
    {
        return Ok(file);
    }
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[]).await?;
    let body = html! {
        @match gaps {
            0 => p.good { "Aucun écart : ce que deux sources disent concorde au centime." },
            1 => p.bad { "Un contrôle ne concorde pas." },
            several => p.bad { (several) " contrôles ne concordent pas." },
        }
        (table(&checked, |_, _| None))
        (foot)
    };
    Ok(statement::page(&visitor, title, body))
}
