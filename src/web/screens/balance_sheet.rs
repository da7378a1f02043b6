//! The bilan: what the structure has and owes at the end of a year.

use super::statement::{self, Fecs, Instead};
use crate::app::{self, GeneralStatement};
use crate::statements::Table;
use crate::web::server::Server;
use crate::web::view::{Field, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the bilan, assets then liabilities.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let fecs = Fecs::load(&server, &visitor, "Bilan").await?;
    let mut fields = visitor.fields();
    let compared = fecs.compared(&mut fields);
    let report = app::balance_sheet_of(server.store()?, Some(visitor.year.code), compared).await?;
    if let Some(file) = statement::file(&server, &visitor, "bilan", &report.tables).await? {
        return Ok(file);
    }
    let before = report.compared.map(|year| year.to_string()).unwrap_or_default();
    let shown = fields.showing(&[("comparer", &before)]);
    let years = fecs.years();
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[("Comparé à", &before)]).await?;
    let body = html! {
        @if !years.is_empty() {
            (statement::bar(&visitor, &shown, Field::choice("comparer", "Comparer à", years).required().show(&shown)))
        }
        @if let Some(warning) = report.tables.iter().find_map(|table| table.warning.as_ref()) {
            p.warning { (warning) }
        }
        @for shown in &report.tables {
            @let lines = statement::lead(&visitor, &report, &GeneralStatement::BalanceSheet, shown);
            (table(&Table { warning: None, ..shown.clone() }, lines))
        }
        (foot)
    };
    Ok(statement::page(&visitor, "Bilan", body))
}
