//! Aids: those behind a figure, filtered by the address, page by page.

use super::found_people::{HINT, Search, search as search_for};
use super::statement;
use crate::app::{self, AidFilter, AidLine, AidLines, AidState, Counted, MAX_ROWS, PageKey, View};
use crate::funding::DateKind;
use crate::web::drill::{self, aid_filter};
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults};
use crate::web::visitor::Visitor;
use crate::web::{address::segment, view::hidden};
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the aids of a filter. Without months, those of the fiscal year; of one lot, all of them.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let mut filter = aid_filter(&mut fields);
    let is_of_year = filter.months.is_none()
        && filter.lot.is_none()
        && filter.person.is_none()
        && filter.envelope_year.is_none()
        && filter.state == AidState::Living;
    if is_of_year {
        filter.months = Some((visitor.year.first, visitor.year.last));
    }
    let after = PageKey::parse(fields.text("apres"));
    if let Some(person) = filter.person.as_ref().filter(|_| fields.faults.is_empty()) {
        server.views()?.note(&visitor.actor(), person, View::Account).await?;
    }
    let found = match fields.faults.is_empty() {
        true => match app::aid_lines(server.store()?, &filter, after.as_ref(), MAX_ROWS).await {
            Ok(found) => Some(found),
            Err(app::AppError::Refused(message) | app::AppError::Usage(message)) => {
                fields.fault("", message);
                None
            }
            Err(error) => return Err(error.into()),
        },
        false => None,
    };
    let body = html! {
        (faults(&fields))
        (filters(&visitor, &fields))
        (of_somebody(&visitor, &fields, &filter))
        @if let Some(found) = &found {
            (counted(&filter, found))
            (list(&visitor, &found.page.rows))
            nav.pages aria-label="Pages" {
                @if after.is_some() { a.button href=(visitor.here_with("apres", "")) { "Première page" } }
                @if let Some(next) = &found.page.next {
                    a.button href=(visitor.here_with("apres", &next.to_string())) rel="next" { "Page suivante" }
                }
            }
        }
    };
    Ok(Page::new(heading(&filter), body).of_a_year().show(&visitor))
}

fn heading(filter: &AidFilter) -> &'static str {
    match (filter.state, filter.irregular_only) {
        (AidState::Unpaid, _) => "Aides accordées et non versées",
        (AidState::Cancelled, _) => "Aides annulées",
        (AidState::Living, true) => "Aides irrégulières",
        (AidState::Living, false) => "Aides",
    }
}

fn filters(visitor: &Visitor, fields: &Fields) -> Markup {
    let words = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(value, words)| (value.to_string(), words.to_string())).collect::<Vec<_>>()
    };
    let by = DateKind::ALL.map(|by| (by.code().to_string(), by.in_words().to_string())).to_vec();
    let states = words(&[("", "Non annulées"), ("non-versees", "Non versées"), ("annulees", "Annulées")]);
    html! {
        form.fields.row.noprint method="get" action="/aides" {
            (hidden("exercice", &visitor.year.code.to_string()))
            @for kept in ["financeur", "convention", "site", "enveloppe", "personne", "lot", "irregulieres"] {
                @if !fields.text(kept).is_empty() { (hidden(kept, fields.text(kept))) }
            }
            (Field::choice("selon", "Selon", by).required().show(fields))
            (Field::text("dispositif", "Dispositif").show(fields))
            (Field::text("nature", "Nature").show(fields))
            (Field::month("du", "Du mois").show(fields))
            (Field::month("au", "Au mois").show(fields))
            (Field::choice("etat", "État", states).required().show(fields))
            p.actions { button.main { "Filtrer" } a.button href=(visitor.link("/aides", &[])) { "Tout" } }
        }
    }
}

/// Whose aids they are, or the search of somebody: a name is sent, never in an address.
fn of_somebody(visitor: &Visitor, fields: &Fields, filter: &AidFilter) -> Markup {
    html! {
        @match &filter.person {
            Some(number) => {
                p {
                    "Dossier " a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) }
                    " — " a href=(visitor.here_with("personne", "")) { "toutes les personnes" }
                }
            },
            None => {
                form.fields.row.noprint method="post" action=(visitor.here_with("personne", "")) role="search" {
                    (csrf(visitor))
                    (Field::text("qui", "Aides d'une personne").hint(HINT).required().show(fields))
                    p.actions { button { "Chercher" } }
                }
            },
        }
    }
}

/// Finds whose aids are wanted; the other filters of the address stay.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    let mut list = html! {};
    if fields.faults.is_empty() {
        let to = |number: &str| visitor.here_with("personne", number);
        match search_for(&server, &visitor, &who, to).await? {
            Search::One(place) => return Ok(place.into_response()),
            Search::Choice(found) => list = found,
        }
    }
    let filter = aid_filter(&mut visitor.fields());
    let body = html! {
        (faults(&fields))
        (of_somebody(&visitor, &fields, &AidFilter { person: None, ..filter.clone() }))
        (list)
        p { a href=(visitor.here_with("personne", "")) { "Revenir à la liste" } }
    };
    Ok(Page::new(heading(&filter), body).of_a_year().show(&visitor).into_response())
}

/// How many and how much, of the whole filter.
fn counted(filter: &AidFilter, found: &AidLines) -> Markup {
    let number = found.units.map_or(found.page.number, Counted::Exactly);
    let (one, several) = match (filter.by, filter.state) {
        (DateKind::Payment, AidState::Living | AidState::Cancelled) => ("versement", "versements"),
        _ => ("aide", "aides"),
    };
    html! {
        p role="status" {
            strong { (statement::counted(number, one, several)) }
            @if let Some(amount) = found.page.amount { ", " strong { (amount.to_euros()) } }
            @if let Some((first, last)) = filter.months {
                ", " @if first == last { "en " (first.in_words()) } @else { "de " (first.in_words()) " à " (last.in_words()) }
            }
            ", selon " (filter.by.in_words()) "."
            @for (of, code) in [("Du financeur", &filter.funder), ("De la convention", &filter.convention), ("Du site", &filter.site)] {
                @if let Some(code) = code { " " (of) " " strong { (code) } "." }
            }
            @if let Some(lot) = filter.lot { " Du lot " (lot) "." }
            @if let Some(year) = filter.envelope_year { " Sur l'enveloppe " (year) "." }
        }
    }
}

fn list(visitor: &Visitor, rows: &[AidLine]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Aides" tabindex="0" {
            table {
                caption { "Aides" }
                thead {
                    tr {
                        th scope="col" { "Référence" } th scope="col" { "Dossier" } th scope="col" { "Dispositif" }
                        th scope="col" { "Mois" } th scope="col" { "Décidée" } th scope="col" { "Versée" }
                        th.n scope="col" { "Montant" } th scope="col" { "Payeur" } th scope="col" { "Financeur" }
                        th scope="col" { "État" }
                    }
                }
                tbody { @for row in rows { (line(visitor, row)) } }
            }
        }
        @if rows.is_empty() { p.empty { "Aucune aide." } }
    }
}

fn line(visitor: &Visitor, row: &AidLine) -> Markup {
    let aid = drill::aid(visitor.year.code, row.aid, &row.reference);
    html! {
        tr {
            th scope="row" { (row.reference) }
            td {
                @match &row.person {
                    Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
                    None => "effacé",
                }
            }
            td { (row.dispositif) @if !row.nature.is_empty() { ", " (row.nature) } }
            td { (row.month.to_french()) }
            td { (row.decided_on.to_french()) }
            td { @if let Some(day) = row.paid_on { (day.to_french()) } }
            td.n { a href=(aid) { (row.amount.to_french()) } }
            td { (row.payer) }
            td { (row.funder) @if !row.convention.is_empty() { ", " (row.convention) } }
            td {
                @if row.is_cancelled { span.badge { "annulée" } }
                @else if row.is_irregular { span.badge.no { "irrégulière" } }
                @if row.is_partly_paid { " " span.badge.mind { "versée en partie" } }
            }
        }
    }
}
