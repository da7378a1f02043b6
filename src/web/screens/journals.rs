//! The journals of the general book, and the lines of one of them in the order of the FEC.

use super::general_lines::{line_table, to_entry};
use super::statement::{self, Fecs, Instead, counted};
use crate::app::{self, MAX_ROWS};
use crate::web::drill::Figures;
use crate::web::server::Server;
use crate::web::view::table;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the journals of a year, or the lines of the one that the address names.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let fecs = Fecs::load(&server, &visitor, "Journaux").await?;
    let store = server.store()?;
    let year = Some(visitor.year.code);
    let code = Some(visitor.asked("journal")).filter(|code| !code.is_empty());
    if code.is_none() || !visitor.asked("format").is_empty() {
        let whole = match code {
            Some(code) => app::journal_table(store, year, code).await?,
            None => app::journals(store, year).await?,
        };
        let name = code.map_or("journaux".to_string(), |code| format!("journal-{code}"));
        if let Some(file) = statement::file(&server, &visitor, &name, std::slice::from_ref(&whole)).await? {
            return Ok(file);
        }
        let figures = Figures::of(visitor.year);
        let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[]).await?;
        let body = html! {
            (table(&whole, |row, column| {
                let leads = matches!(whole.columns.get(column)?.key.as_str(), "journal" | "debit" | "credit");
                if leads { figures.address(whole.rows.get(row)?.drill.as_ref()?) } else { None }
            }))
            (foot)
        };
        return Ok(statement::page(&visitor, "Journaux", body));
    }
    let code = code.unwrap_or_default();
    let after = statement::after(&visitor)?;
    let found = app::journal_lines(store, year, code, after.as_ref(), MAX_ROWS).await?;
    let shown = line_table(&found, &format!("Lignes du FEC, journal {code}"));
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[("Journal", code)]).await?;
    let body = html! {
        p { (counted(found.page.number, "ligne", "lignes")) ", dans l'ordre du FEC." }
        (table(&shown, |row, column| to_entry(&visitor, &shown, row, column)))
        (statement::onward(&visitor, found.page.next.as_ref()))
        p { a href=(visitor.link("/etats/journaux", &[])) { "Tous les journaux" } }
        (foot)
    };
    Ok(statement::page(&visitor, &format!("Journal {code}"), body))
}
