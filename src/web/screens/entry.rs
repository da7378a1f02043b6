//! One entry of the aid book: its lines, where it comes from, and what its seal says now.

use super::aid::lot;
use crate::app::{
    self, EntryKey, EntryPage, LINES_SEALED_WITH_PAGE, MAX_ROWS, PageKey, SealVerdict, counted,
};
use crate::money::group_thousands;
use crate::web::address::{address, number_in, segment};
use crate::web::drill;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Returns the address of an entry.
pub(super) fn entry_address(visitor: &Visitor, (book, year, number): &EntryKey) -> String {
    visitor.link(&format!("/ecritures/{}/{year}/{number}", segment(book)), &[])
}

/// What a seal says, in a word.
pub(super) fn seal_badge(verdict: Option<&SealVerdict>) -> Markup {
    html! {
        @match verdict {
            Some(SealVerdict::Intact) => span.badge.ok { "intact" },
            Some(SealVerdict::Altered(_)) => span.badge.no { "altéré" },
            None => span.badge { "à demander" },
        }
    }
}

/// Shows an entry. The seal of a long one is recomputed when it is asked for (`?sceau=oui`).
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path((book, year, number)): Path<(String, String, String)>,
) -> Result<Html<String>, Problem> {
    let key = (book, number_in(&year)?, number_in(&number)?);
    let store = server.store()?;
    let after = PageKey::parse(visitor.asked("apres"));
    let found = app::entry_page(store, &key, after.as_ref(), MAX_ROWS).await;
    let title = format!("Écriture {} {}-{}", key.0, key.1, key.2);
    let page = |body| Page::new(title, body).under("Journal des aides", visitor.link("/etats/journal", &[]));
    let entry = match found {
        Ok(entry) => entry,
        // What cannot be read at all was altered: its seal says so.
        Err(app::AppError::Store(_)) => {
            let verdict = app::seal_of(store, &key).await?;
            return Ok(page(seal(&verdict)).show(&visitor));
        }
        Err(error) => return Err(error.into()),
    };
    let verdict = match &entry.verdict {
        None if visitor.asked("sceau") == "oui" => Some(app::seal_of(store, &key).await?),
        verdict => verdict.clone(),
    };
    let body = html! {
        @match &verdict {
            Some(verdict) => (seal(verdict)),
            None => p.note {
                "Cette écriture a plus de " (group_thousands(LINES_SEALED_WITH_PAGE.unsigned_abs())) " lignes : "
                a href=(visitor.here_with("sceau", "oui")) { "recalculer son sceau" } "."
            },
        }
        (facts(&visitor, &entry))
        (lines(&visitor, &entry))
    };
    Ok(page(body).show(&visitor))
}

/// What a seal says, in full.
pub(super) fn seal(verdict: &SealVerdict) -> Markup {
    html! {
        @match verdict {
            SealVerdict::Intact => p.good role="status" {
                strong { "Sceau intact. " }
                "Recalculé à l'instant : lignes, en-tête et place dans la chaîne sont ceux qui ont été scellés."
            },
            SealVerdict::Altered(why) => div.bad role="alert" {
                p { strong { "Sceau rompu. " } "Cette écriture n'est plus celle qui a été scellée :" }
                ul { @for reason in why { li { (reason) } } }
            },
        }
    }
}

fn facts(visitor: &Visitor, entry: &EntryPage) -> Markup {
    html! {
        dl.facts {
            dt { "Jour" } dd { (entry.date.to_french()) }
            dt { "Événement" } dd { (entry.event.label) }
            dt { "Enregistrée" } dd { "le " (entry.lot.at) " par " (entry.lot.user) ", " (lot(visitor, entry.lot.lot)) " (" (entry.lot.file) ")" }
            @if let Some(reason) = &entry.lot.reason { dt { "Motif" } dd { (reason) } }
            @if let Some(reversed) = &entry.reverses {
                dt { "Contrepasse" } dd { a href=(entry_address(visitor, reversed)) { (reversed.0) " " (reversed.1) "-" (reversed.2) } }
            }
            @for by in &entry.reversed_by {
                dt { "Contrepassée par" } dd { a href=(entry_address(visitor, by)) { (by.0) " " (by.1) "-" (by.2) } }
            }
            dt { "Place dans la chaîne" } dd { (entry.sequence) }
            dt { "Sceau" } dd { code { (entry.seal) } }
        }
    }
}

fn lines(visitor: &Visitor, entry: &EntryPage) -> Markup {
    if let Some((year, _)) = entry.fec {
        let place = address("/etats/grand-livre", &[("exercice", &year.to_string())]);
        return html! {
            p { "Cette écriture scelle le FEC de " (year) ", ligne par ligne : " a href=(place) { "voir ses lignes" } "." }
        };
    }
    html! {
        h2 { (counted(entry.line_count.unsigned_abs(), "ligne", "lignes")) }
        div.scroll role="region" aria-label="Lignes de l'écriture" tabindex="0" {
            table {
                caption { "Lignes de l'écriture" }
                thead {
                    tr {
                        th.n scope="col" { "Rang" } th scope="col" { "Compte" } th scope="col" { "Aide" }
                        th scope="col" { "Dossier" } th scope="col" { "Dispositif" } th scope="col" { "Financeur" }
                        th scope="col" { "Convention" } th.n scope="col" { "Débit" } th.n scope="col" { "Crédit" }
                    }
                }
                tbody {
                    @for line in &entry.lines.rows {
                        tr {
                            td.n { (line.rank) }
                            th scope="row" { (line.account.code) " — " (line.account.label) }
                            td {
                                @if let Some(aid) = &line.aid {
                                    a href=(drill::aid(visitor.year.code, aid.key, &aid.reference)) { (aid.reference) }
                                }
                            }
                            td {
                                @if let Some(number) = line.aid.as_ref().and_then(|aid| aid.person.as_ref()) {
                                    a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) }
                                }
                            }
                            td { (line.dispositif) }
                            td { (line.funder) }
                            td { (line.convention) }
                            td.n { @if !line.debit.is_zero() { (line.debit.to_french()) } }
                            td.n { @if !line.credit.is_zero() { (line.credit.to_french()) } }
                        }
                    }
                }
                tfoot {
                    tr.total {
                        td {} th scope="row" colspan="6" { "Total de l'écriture" }
                        td.n { (entry.sides.0.to_french()) } td.n { (entry.sides.1.to_french()) }
                    }
                }
            }
        }
        @if let Some(next) = &entry.lines.next {
            nav.pages aria-label="Pages" {
                @if !visitor.asked("apres").is_empty() { a.button href=(visitor.here_with("apres", "")) { "Première page" } }
                a.button href=(visitor.here_with("apres", &next.to_string())) rel="next" { "Page suivante" }
            }
        }
    }
}
