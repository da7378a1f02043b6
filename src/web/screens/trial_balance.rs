//! The balance: each account at the opening, its movements, its closing.

use super::statement::{self, Fecs, Instead};
use crate::app;
use crate::statements::{Cell, Style, Table};
use crate::web::drill::Figures;
use crate::web::server::Server;
use crate::web::view::{pages, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the balance. An account and its closing balance lead to its lines, a class to those of its
/// accounts: their sums of debits and of credits are on no line.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let fecs = Fecs::load(&server, &visitor, "Balance").await?;
    let whole = app::trial_balance_of(server.store()?, Some(visitor.year.code)).await?;
    if let Some(file) = statement::file(&server, &visitor, "balance", std::slice::from_ref(&whole)).await? {
        return Ok(file);
    }
    let (rows, links) = pages(&visitor, whole.rows.len());
    let shown = Table { rows: whole.rows[rows].to_vec(), ..whole };
    let figures = Figures::of(visitor.year);
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[]).await?;
    let body = html! {
        (links)
        (table(&shown, |row, column| {
            let row = shown.rows.get(row)?;
            let leads = match row.cells.get(column)? {
                Cell::Text(_) => column == 0 || row.cells.first() == Some(&Cell::Empty),
                Cell::Amount(amount) => {
                    row.style == Style::Line && !amount.is_zero() && shown.columns[column].key.starts_with("cloture")
                }
                _ => false,
            };
            if leads { figures.address(row.drill.as_ref()?) } else { None }
        }))
        (links)
        (foot)
    };
    Ok(statement::page(&visitor, "Balance", body))
}
