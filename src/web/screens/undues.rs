//! What was paid wrongly: found, recovered, written off, what is left.

use super::statement;
use crate::app;
use crate::statements::Table;
use crate::web::drill::Figures;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{pages, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows what was found undue in the year.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let whole = app::undue_statement(server.store()?, Some(visitor.year.code)).await?;
    if let Some(file) = statement::file(&server, &visitor, "indus", std::slice::from_ref(&whole)).await? {
        return Ok(file);
    }
    let (rows, links) = pages(&visitor, whole.rows.len());
    let shown = Table { rows: whole.rows[rows].to_vec(), ..whole };
    let foot = statement::foot(&server, &visitor, None, &[]).await?;
    let body = html! {
        (table(&shown, |row, column| match shown.columns.get(column)?.key.as_str() {
            "reference" => Figures::of(visitor.year).address(shown.rows.get(row)?.drill.as_ref()?),
            _ => None,
        }))
        (links)
        (foot)
    };
    Ok(statement::page(&visitor, "Indus", body))
}
