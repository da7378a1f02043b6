//! Where one stands: what is to be done, the envelopes of a year, what was paid month by month.

use crate::app::{self, AidFilter, Dashboard, Destination, EnvelopeGauge, Right, Task, ToDo};
use crate::calendar::Month;
use crate::funding::DateKind;
use crate::money::{Amount, group_thousands};
use crate::web::drill;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{bar, curve};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the first page of the base; a conseiller, who reads no statement, goes to decide.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    if !visitor.may(Right::Read) {
        return Ok(Redirect::to("/decider").into_response());
    }
    let found = app::dashboard(server.store()?, Some(visitor.year.code), visitor.frame.today).await?;
    let body = html! {
        (to_do(&visitor, &found))
        h2 { "Enveloppes" }
        (envelopes(&visitor, &found.envelopes))
        h2 { "Versé par mois" }
        (paid(&visitor, &found))
    };
    Ok(Page::new("Tableau de bord", body).of_a_year().show(&visitor).into_response())
}

fn to_do(visitor: &Visitor, found: &Dashboard) -> Markup {
    html! {
        section.card aria-labelledby="a-faire" {
            h2 #a-faire { "À faire" }
            @if found.to_do.is_empty() { p { "Rien n'attend." } }
            @else {
                ul.todo {
                    @for one in &found.to_do {
                        li {
                            a href=(drill::destination(visitor.year.code, &one.leads_to)) { (words(one)) (of_year(one)) }
                            @if let Some(amount) = one.amount { span { (amount.to_euros()) } }
                        }
                    }
                }
            }
        }
    }
}

/// What is to be done, in words: how many, of what, and what for.
fn words(one: &ToDo) -> String {
    let number = one.number.unwrap_or(0);
    let many = |singular: &str, plural: &str| match one.number {
        None => capital(plural),
        Some(1) => format!("1 {singular}"),
        Some(_) => format!("{} {plural}", group_thousands(number.unsigned_abs())),
    };
    match one.task {
        Task::DerogationsAsked => {
            many("dérogation à approuver ou à refuser", "dérogations à approuver ou à refuser")
        }
        Task::IrregularAids => many("aide irrégulière", "aides irrégulières"),
        Task::UnpaidAids => many("aide accordée et non versée", "aides accordées et non versées"),
        Task::EnvelopesNearlySpent => many("enveloppe presque consommée", "enveloppes presque consommées"),
        Task::EnvelopesOverrun => many("enveloppe dépassée", "enveloppes dépassées"),
        Task::ProvisionalFec => many(
            "ligne d'un FEC provisoire à rendre définitif",
            "lignes d'un FEC provisoire à rendre définitif",
        ),
        Task::MissingFec => "Le FEC d'un exercice terminé est à importer".to_string(),
        Task::UnassignedGrants => {
            many("ligne de subvention sans financeur", "lignes de subvention sans financeur")
        }
        Task::AssignmentsWaiting => {
            many("affectation qui attend sa ligne", "affectations qui attendent leur ligne")
        }
        Task::YearToOpen => "Un exercice est à ouvrir".to_string(),
    }
}

/// The year that it is about, where it is not that of the page.
fn of_year(one: &ToDo) -> String {
    match one.leads_to {
        Destination::GeneralYear(year) | Destination::OpenYear(year) | Destination::Assignments(year) => {
            format!(" ({year})")
        }
        _ => String::new(),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn envelopes(visitor: &Visitor, gauges: &[EnvelopeGauge]) -> Markup {
    if gauges.is_empty() {
        return html! {
            p.empty {
                "Aucune enveloppe notifiée en " (visitor.year.code) ". "
                @if visitor.may(Right::Record) { a href=(visitor.link("/imports/nouveau", &[])) { "Importer des enveloppes" } }
            }
        };
    }
    let sum = |of: fn(&EnvelopeGauge) -> Amount| -> Amount { gauges.iter().map(of).sum() };
    let figure = |filter: &AidFilter, amount: Amount| {
        html! { a href=(drill::aids(visitor.year.code, filter)) { (amount.to_french()) } }
    };
    html! {
        div.scroll role="region" aria-label="Enveloppes" tabindex="0" {
            table {
                caption { "Enveloppes de " (visitor.year.code) }
                thead {
                    tr {
                        th scope="col" { "Dispositif" } th scope="col" { "Financeur" } th.n scope="col" { "Notifié" }
                        th.n scope="col" { "Engagé" } th.n scope="col" { "Versé" } th.n scope="col" { "Disponible" }
                        th scope="col" { "Consommé" } th scope="col" { "Échéance" }
                    }
                }
                tbody {
                    @for gauge in gauges {
                        tr {
                            th scope="row" { (gauge.dispositif.code) " — " (gauge.dispositif.label) }
                            td { (gauge.funder.label) }
                            td.n { (gauge.notified.to_french()) }
                            td.n { (figure(&gauge.granted_lines, gauge.granted)) }
                            td.n { (figure(&gauge.paid_lines, gauge.paid)) }
                            td.n { (gauge.available.to_french()) }
                            td {
                                (bar(gauge.notified, gauge.granted, gauge.paid))
                                @if let Some(spent) = gauge.spent { (spent.to_french()) }
                                @if gauge.overrun.is_positive() { " " span.badge.no { "dépassée de " (gauge.overrun.to_euros()) } }
                            }
                            td { (gauge.ends_on.to_french()) }
                        }
                    }
                }
                tfoot {
                    tr.total {
                        th scope="row" colspan="2" { "Total" }
                        td.n { (sum(|gauge| gauge.notified).to_french()) }
                        td.n { (sum(|gauge| gauge.granted).to_french()) }
                        td.n { (sum(|gauge| gauge.paid).to_french()) }
                        td.n { (sum(|gauge| gauge.available).to_french()) }
                        td colspan="2" {}
                    }
                }
            }
        }
        p.note { "Barre claire : engagé ; trait foncé : versé ; fond : notifié. Les crédits sans enveloppe locale (CEJ) n'ont pas de barre." }
    }
}

/// The curve of what was paid, beside its table.
fn paid(visitor: &Visitor, found: &Dashboard) -> Markup {
    let months: Vec<Month> = found
        .paid
        .first()
        .map(|one| one.months.iter().map(|(month, _)| *month).collect())
        .unwrap_or_default();
    let Some((first, last)) = months.first().copied().zip(months.last().copied()) else {
        return html! { p.empty { "Rien de versé en " (visitor.year.code) "." } };
    };
    let series: Vec<(String, Vec<Amount>)> = found
        .paid
        .iter()
        .map(|one| (one.dispositif.code.clone(), one.months.iter().map(|(_, amount)| *amount).collect()))
        .collect();
    let total = |rank: usize| -> Amount { series.iter().map(|(_, amounts)| amounts[rank]).sum() };
    let leads = |from: Month, to: Month, dispositif: Option<&str>| {
        let (months, dispositif) = (Some((from, to)), dispositif.map(str::to_string));
        drill::aids(visitor.year.code, &AidFilter { months, dispositif, ..AidFilter::all(DateKind::Payment) })
    };
    html! {
        (curve("Versé par mois et par dispositif", &months, &series))
        div.scroll role="region" aria-label="Versé par mois" tabindex="0" {
            table {
                caption { "Versé par mois et par dispositif" }
                thead {
                    tr {
                        th scope="col" { "Mois" }
                        @for (code, _) in &series { th.n scope="col" { (code) } }
                        th.n scope="col" { "Total" }
                    }
                }
                tbody {
                    @for (rank, month) in months.iter().enumerate() {
                        tr {
                            th scope="row" { (capital(&month.in_words())) }
                            @for (of, one) in found.paid.iter().enumerate() {
                                @let amount = series[of].1[rank];
                                td.n {
                                    @if !amount.is_zero() {
                                        a href=(leads(*month, *month, Some(&one.dispositif.code))) { (amount.to_french()) }
                                    }
                                }
                            }
                            td.n { a href=(leads(*month, *month, None)) { (total(rank).to_french()) } }
                        }
                    }
                }
                tfoot {
                    tr.total {
                        th scope="row" { "Total" }
                        @for (code, amounts) in &series {
                            td.n { a href=(leads(first, last, Some(code))) { (amounts.iter().copied().sum::<Amount>().to_french()) } }
                        }
                        td.n { a href=(leads(first, last, None)) { ((0..months.len()).map(total).sum::<Amount>().to_french()) } }
                    }
                }
            }
        }
    }
}
