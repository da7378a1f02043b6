//! One entry of a FEC: its lines, who funds each and why, the file, the seal.

use super::aid::lot;
use super::entry::seal;
use crate::app::{self, FundedLine, GeneralEntryPage, LINES_SEALED_WITH_PAGE, WhyFunded};
use crate::ledger::LineKind;
use crate::money::group_thousands;
use crate::web::drill;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows an entry by its rank in the FEC of a year. The seal of a long FEC is recomputed when it is asked
/// for (`?sceau=oui`).
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path((year, rank)): Path<(String, String)>,
) -> Result<Html<String>, Problem> {
    let (Ok(year), Ok(rank)) = (year.parse::<i16>(), rank.parse::<i64>()) else {
        return Err(Problem::not_found());
    };
    let store = server.store()?;
    let entry = app::general_entry(store, Some(year), rank).await?;
    let verdict = match (&entry.verdict, &entry.sealed_by) {
        (None, Some(key)) if visitor.asked("sceau") == "oui" => Some(app::seal_of(store, key).await?),
        (verdict, _) => verdict.clone(),
    };
    let body = html! {
        @match (&verdict, &entry.sealed_by) {
            (Some(verdict), _) => (seal(verdict)),
            (None, Some(_)) => p.note {
                "Le FEC qui contient cette écriture a plus de "
                (group_thousands(LINES_SEALED_WITH_PAGE.unsigned_abs())) " lignes\u{a0}: "
                a href=(visitor.here_with("sceau", "oui")) { "recalculer son sceau" } "."
            },
            (None, None) => {}
        }
        @if let Some(warning) = &entry.warning { p.warning { (warning) ". Aucun sceau ne couvre encore cette écriture." } }
        (facts(&visitor, &entry))
        (lines(&visitor, &entry))
    };
    let number = entry.lines.first().map_or("", |own| own.line.number.as_str());
    let title = format!("Écriture comptable {number}");
    let all = visitor.link("/etats/grand-livre", &[]);
    Ok(Page::new(title, body)
        .under("États", visitor.link("/etats", &[]))
        .under("Grand livre", all)
        .show(&visitor))
}

fn facts(visitor: &Visitor, entry: &GeneralEntryPage) -> Markup {
    let first = entry.lines.first().map(|own| &own.line);
    let origin = &entry.origin;
    html! {
        dl.facts {
            @if let Some(first) = first {
                dt { "Jour" } dd { (first.date.to_french()) }
                dt { "Journal" } dd { (first.journal.code) " — " (first.journal.label) }
                @if !first.piece.is_empty() { dt { "Pièce" } dd { (first.piece) } }
            }
            dt { "Exercice" } dd { (entry.year) }
            dt { "Nature" }
            dd {
                @match entry.kind {
                    LineKind::Opening => "à-nouveaux",
                    LineKind::Movement => "opération de l'exercice",
                    LineKind::Closing => "clôture des comptes de charges et de produits, hors des états",
                }
            }
            dt { "Fichier" } dd { (origin.file) ", importé le " (origin.at) " par " (origin.user) " (" (lot(visitor, origin.lot)) ")" }
            @if let Some(digest) = &origin.digest { dt { "Empreinte du fichier" } dd { code { (digest) } } }
            dt { "Scellée par" }
            dd {
                @match &entry.sealed_by {
                    Some(key) => a href=(drill::entry(visitor.year.code, key)) { "écriture " (key.0) " " (key.1) "-" (key.2) },
                    None => "rien encore\u{a0}: le FEC est provisoire",
                }
            }
        }
    }
}

fn lines(visitor: &Visitor, entry: &GeneralEntryPage) -> Markup {
    html! {
        div.scroll role="region" aria-label="Lignes de l'écriture" tabindex="0" {
            table {
                caption { "Lignes de l'écriture, et qui les finance" }
                thead {
                    tr {
                        th scope="col" { "Compte" } th scope="col" { "Libellé" } th scope="col" { "Auxiliaire" }
                        th.n scope="col" { "Débit" } th.n scope="col" { "Crédit" } th scope="col" { "Financé par" }
                        th scope="col" { "Pourquoi" } th.n scope="col" { "Ligne du fichier" }
                    }
                }
                tbody { @for own in &entry.lines { (line(visitor, own)) } }
                tfoot {
                    tr.total {
                        th scope="row" colspan="3" { "Total de l'écriture" }
                        td.n { (entry.sides.0.to_french()) } td.n { (entry.sides.1.to_french()) } td colspan="3" {}
                    }
                }
            }
        }
    }
}

fn line(visitor: &Visitor, own: &FundedLine) -> Markup {
    let line = &own.line;
    html! {
        tr {
            th scope="row" {
                a href=(drill::account(visitor.year.code, &line.account.code)) { (line.account.code) }
                " " (line.account.label)
            }
            td { (line.label) }
            td { (line.auxiliary.code) @if !line.auxiliary.label.is_empty() { " " (line.auxiliary.label) } }
            td.n { @if !line.debit.is_zero() { (line.debit.to_french()) } }
            td.n { @if !line.credit.is_zero() { (line.credit.to_french()) } }
            td {
                @match &own.funder {
                    Some(funder) => { (funder.label) @if !line.convention.is_empty() { ", convention " (line.convention) } },
                    None => "—",
                }
            }
            td { (why(&own.why)) }
            td.n { (group_thousands(line.line.unsigned_abs())) }
        }
    }
}

fn why(why: &WhyFunded) -> Markup {
    html! {
        @match why {
            WhyFunded::Nobody => "rien ne l'attribue",
            WhyFunded::Rule(order, label) => {
                "règle n°\u{a0}" (order) @if !label.is_empty() { ", " (label) }
            },
            WhyFunded::ByHand { reason, user, at } => {
                "à la main" @if !user.is_empty() { ", le " (at) " par " (user) }
                @if !reason.is_empty() { "\u{a0}: " (reason) }
            }
        }
    }
}
