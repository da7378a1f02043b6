//! The register of derogations, and one of them: what it allows, who asked, who decided, what it serves.

use super::decide::tabs;
use crate::app::{self, DerogationLine, Right};
use crate::web::address::{number_in, segment};
use crate::web::drill;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::pages;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Lists the derogations that wait, whatever their year, then those of the year, newest first.
pub(in crate::web) async fn list(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let store = server.store()?;
    let mut waiting = app::list_derogations(store, None).await?;
    waiting.retain(|line| line.decision.is_none());
    let mut of_year = app::list_derogations(store, Some(visitor.year.code)).await?;
    of_year.retain(|line| line.decision.is_some());
    of_year.reverse();
    let (rows, links) = pages(&visitor, of_year.len());
    let body = html! {
        (tabs(&visitor))
        @if visitor.may(Right::Record) {
            p.actions { a.button href=(visitor.link("/derogations/nouvelle", &[])) { "Demander une dérogation" } }
        }
        h2 { "À décider" }
        @if waiting.is_empty() { p.empty { "Aucune dérogation n'attend." } }
        @else { (table(&visitor, "Dérogations à décider", &waiting)) }
        h2 { "Décidées" }
        @if of_year.is_empty() { p.empty { "Aucune pour les mois de " (visitor.year.code) "." } }
        @else { (table(&visitor, "Dérogations décidées", &of_year[rows])) (links) }
    };
    Ok(Page::new("Dérogations", body).of_a_year().show(&visitor))
}

fn table(visitor: &Visitor, caption: &str, lines: &[DerogationLine]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { "N°" }
                        th scope="col" { "Dossier" }
                        th scope="col" { "Aide" }
                        th scope="col" { "Mois" }
                        th scope="col" class="n" { "Au plus" }
                        th scope="col" { "Demandée par" }
                        th scope="col" { "État" }
                    }
                }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" {
                                a href=(visitor.link(&format!("/derogations/{}", line.number), &[])) { "N°\u{a0}" (line.number) }
                            }
                            td { (person(visitor, line)) }
                            td { (line.dispositif) }
                            td { (line.month.in_words()) }
                            td.n { (line.amount.to_french()) }
                            td { (line.asked_by) ", le " (line.asked_on.to_french()) }
                            td { (state(line)) }
                        }
                    }
                }
            }
        }
    }
}

fn person(visitor: &Visitor, line: &DerogationLine) -> Markup {
    html! {
        @match &line.beneficiary {
            Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
            None => "effacé",
        }
    }
}

fn state(line: &DerogationLine) -> Markup {
    let class = match line.state {
        "demandée" => "mind",
        "refusée" => "no",
        _ => "ok",
    };
    html! { span class={ "badge " (class) } { (line.state) } }
}

/// Returns the derogation of a number.
pub(super) async fn of_number(server: &Server, number: i64) -> Result<DerogationLine, Problem> {
    let all = app::list_derogations(server.store()?, None).await?;
    all.into_iter().find(|line| line.number == number).ok_or_else(Problem::not_found)
}

/// Shows a derogation, and what can be decided of it.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    let line = of_number(&server, number).await?;
    let mine = line.asked_by == visitor.user.name;
    let to = |action: &str| visitor.link(&format!("/derogations/{number}/{action}"), &[]);
    let body = html! {
        (facts(&server, &visitor, &line).await?)
        @if line.decision.is_none() {
            @if mine { p.note { "Vous l'avez demandée : une autre personne l'approuve." } }
            p.actions {
                @if visitor.may(Right::Approve) && !mine { a.button.main href=(to("approuver")) { "Approuver" } }
                @if mine { a.button href=(to("refuser")) { "Retirer" } }
                @else if visitor.may(Right::Approve) { a.button href=(to("refuser")) { "Refuser" } }
            }
        }
    };
    let title = format!("Dérogation n°\u{a0}{number}");
    Ok(Page::new(title, body).under("Dérogations", visitor.link("/derogations", &[])).show(&visitor))
}

/// What a derogation is about.
pub(super) async fn facts(
    server: &Server,
    visitor: &Visitor,
    line: &DerogationLine,
) -> Result<Markup, Problem> {
    let known = app::open_dispositifs(server.store()?, &visitor.actor(), line.asked_on).await?;
    let rules = known.iter().find(|one| one.code == line.dispositif).map_or(&[][..], |one| &one.rules);
    let words = |code: &str| rules.iter().find(|(rule, _)| rule == code).map(|(_, label)| label.clone());
    Ok(html! {
        p { (state(line)) }
        dl.facts {
            dt { "Dossier" } dd { (person(visitor, line)) }
            dt { "Aide" } dd { (line.dispositif) ", " (line.month.in_words()) }
            dt { "Au plus" } dd { (line.amount.to_euros()) }
            dt { "Lève" }
            dd { ul.found { @for code in &line.rules { li { (words(code).unwrap_or_else(|| code.clone())) } } } }
            dt { "Motif" } dd { (line.reason.as_deref().unwrap_or("effacé")) }
            dt { "Demandée" } dd { "par " (line.asked_by) ", le " (line.asked_on.to_french()) }
            @if let Some(decision) = &line.decision {
                dt { @if decision.approved { "Approuvée" } @else { "Refusée" } }
                dd {
                    "par " (decision.by) ", le " (decision.on.to_french())
                    @if let Some(reason) = &decision.reason { "\u{a0}: " (reason) }
                }
            }
            @if let Some(served) = &line.serves {
                dt { "Sert l'aide" }
                dd {
                    a href=(drill::aid(visitor.year.code, served.aid, &served.reference)) { (served.reference) }
                    ", import " (served.origin.0) ", ligne " (served.origin.1)
                }
            }
        }
    })
}
