//! The journal of the aid book: its entries in the order in which they were sealed.

use super::statement::{self, counted};
use crate::app::{self, JournalLine};
use crate::money::group_thousands;
use crate::web::drill;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// How many entries a page has: the amount of each is the sum of its lines, which may be thousands.
const ENTRIES: usize = 50;

/// Shows the entries of the aid book of a year.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let store = server.store()?;
    let year = Some(visitor.year.code);
    if !visitor.asked("format").is_empty() {
        let whole = app::journal(store, year).await?;
        let file = statement::file(&server, &visitor, "journal-des-aides", &[whole]).await?;
        return file.ok_or_else(Problem::not_found);
    }
    let after = statement::after(&visitor)?;
    let found = app::journal_page(store, year, after.as_ref(), ENTRIES).await?;
    let foot = statement::foot(&server, &visitor, None, &[]).await?;
    let body = html! {
        @if found.rows.is_empty() { p.empty { "Aucune écriture dans le carnet des aides en " (visitor.year.code) "." } }
        @else {
            p { (counted(found.number, "écriture", "écritures")) ", chacune scellée avec celle d'avant." }
            (lines(&visitor, &found.rows))
            (statement::onward(&visitor, found.next.as_ref()))
            (foot)
        }
    };
    Ok(statement::page(&visitor, "Journal des aides", body))
}

fn lines(visitor: &Visitor, entries: &[JournalLine]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Journal des aides" tabindex="0" {
            table {
                caption { "Journal des aides" }
                thead {
                    tr {
                        th scope="col" { "Écriture" } th scope="col" { "Jour" } th scope="col" { "Événement" }
                        th scope="col" { "Dispositif" } th scope="col" { "Financeur" } th.n scope="col" { "Lignes" }
                        th.n scope="col" { "Montant" } th scope="col" { "Import" }
                    }
                }
                tbody {
                    @for entry in entries {
                        @let address = drill::entry(visitor.year.code, &entry.key);
                        tr {
                            th scope="row" { a href=(address) { (entry.key.1) "-" (entry.key.2) } }
                            td { (entry.date.to_french()) }
                            td { (entry.event.label) }
                            td { (entry.dispositif) }
                            td { (entry.funder) }
                            td.n { (group_thousands(entry.line_count.unsigned_abs())) }
                            td.n {
                                @match entry.amount {
                                    Some(amount) => a href=(address) { (amount.to_french()) },
                                    None => a href=(address) { "voir" },
                                }
                            }
                            td { a href=(visitor.link(&format!("/imports/{}", entry.lot), &[])) { "lot " (entry.lot) } }
                        }
                    }
                }
            }
        }
    }
}
