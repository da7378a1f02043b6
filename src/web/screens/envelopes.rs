//! The envelopes of a year: notified, granted, paid, what is left.

use super::statement;
use crate::app::{self, Right};
use crate::funding::DateKind;
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

/// Shows the envelopes: what was granted and what was paid lead to their aids.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let whole = app::envelope_statement(server.store()?, Some(visitor.year.code)).await?;
    if let Some(file) = statement::file(&server, &visitor, "enveloppes", std::slice::from_ref(&whole)).await?
    {
        return Ok(file);
    }
    let (rows, links) = pages(&visitor, whole.rows.len());
    let shown = Table { rows: whole.rows[rows].to_vec(), notes: Vec::new(), ..whole };
    let foot = statement::foot(&server, &visitor, None, &[]).await?;
    let body = html! {
        @if shown.rows.is_empty() {
            p { "Aucune enveloppe notifiée pour " (visitor.year.code) "." }
            @if visitor.may(Right::Record) {
                p.actions { a.button.main href=(visitor.link("/imports/nouveau", &[])) { "Importer les enveloppes" } }
            }
        } @else {
            (table(&shown, |row, column| {
                let by = match shown.columns.get(column)?.key.as_str() {
                    "accorde" => DateKind::Right,
                    "verse" => DateKind::Payment,
                    _ => return None,
                };
                Figures { by, ..Figures::of(visitor.year) }.address(shown.rows.get(row)?.drill.as_ref()?)
            }))
            (links)
            (foot)
        }
    };
    Ok(statement::page(&visitor, "Enveloppes", body))
}
