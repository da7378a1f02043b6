//! Proposals: those that wait, those decided, and one of them with the verdict of the day.

use super::decide::tabs;
use super::verdict;
use crate::app::{self, ProposalLine, Question, Right, View};
use crate::web::address::{number_in, segment};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::pages;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Lists the proposals, those that wait first, then the others, newest first. A conseiller sees their own.
pub(in crate::web) async fn list(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let all = app::proposals_seen(server.store()?, &visitor.actor()).await?;
    let (waiting, mut decided): (Vec<_>, Vec<_>) = all.into_iter().partition(|line| line.decision.is_none());
    decided.reverse();
    let (rows, links) = pages(&visitor, decided.len());
    let body = html! {
        (tabs(&visitor))
        h2 { "À décider" }
        @if waiting.is_empty() { p.empty { "Aucune proposition n'attend." } }
        @else { (table(&visitor, "Propositions à décider", &waiting)) }
        h2 { "Décidées" }
        @if decided.is_empty() { p.empty { "Aucune." } }
        @else { (table(&visitor, "Propositions décidées", &decided[rows])) (links) }
    };
    Ok(Page::new("Propositions", body).show(&visitor))
}

fn table(visitor: &Visitor, caption: &str, lines: &[ProposalLine]) -> Markup {
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
                        th scope="col" class="n" { "Montant" }
                        th scope="col" { "Proposée par" }
                        th scope="col" { "État" }
                    }
                }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" {
                                a href=(visitor.link(&format!("/propositions/{}", line.number), &[])) { "N°\u{a0}" (line.number) }
                            }
                            td { (person(visitor, line)) }
                            td { (line.dispositif) @if !line.nature.is_empty() { ", " (line.nature) } }
                            td { (line.month.in_words()) }
                            td.n { (line.amount.to_french()) }
                            td { (line.proposed_by) ", le " (line.proposed_on.to_french()) }
                            td { (state(line)) }
                        }
                    }
                }
            }
        }
    }
}

fn person(visitor: &Visitor, line: &ProposalLine) -> Markup {
    html! {
        @match &line.beneficiary {
            Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
            None => "effacé",
        }
    }
}

fn state(line: &ProposalLine) -> Markup {
    let class = match line.state {
        "proposée" => "mind",
        "accordée" => "ok",
        _ => "no",
    };
    html! { span class={ "badge " (class) } { (line.state) } }
}

/// Returns the proposal of a number, among those that the visitor may see, once the view of it is noted.
pub(super) async fn of_number(
    server: &Server,
    visitor: &Visitor,
    number: i64,
) -> Result<ProposalLine, Problem> {
    let all = app::proposals_seen(server.store()?, &visitor.actor()).await?;
    let line = all.into_iter().find(|line| line.number == number).ok_or_else(Problem::not_found)?;
    if let Some(person) = &line.beneficiary {
        server.views()?.note(&visitor.actor(), person, View::Proposal).await?;
    }
    Ok(line)
}

/// Shows a proposal; while it waits, what the rules say of it today, and what can be decided.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    let line = of_number(&server, &visitor, number).await?;
    let mine = line.proposed_by == visitor.user.name;
    let to = |action: &str| visitor.link(&format!("/propositions/{number}/{action}"), &[]);
    let verdict = match line.beneficiary.as_ref().filter(|_| line.decision.is_none()) {
        Some(beneficiary) => {
            let question = Question {
                dispositif: line.dispositif.clone(),
                beneficiary: beneficiary.clone(),
                amount: Some(line.amount),
                nature: Some(line.nature.clone()),
                month: Some(line.month),
                on: visitor.frame.today,
                committee: false,
                rules: None,
            };
            Some((app::evaluate_aid(server.store()?, &visitor.actor(), &question).await?, question))
        }
        None => None,
    };
    let body = html! {
        (facts(&visitor, &line))
        @if line.decision.is_none() {
            @if mine { p.note { "Vous l'avez proposée : une autre personne l'accepte." } }
            p.actions {
                @if visitor.may(Right::Approve) && !mine {
                    a.button.main href=(to("accepter")) { "Accepter" }
                    a.button href=(to("rejeter")) { "Rejeter" }
                }
                @if mine { a.button href=(to("rejeter")) { "Retirer" } }
            }
        }
        @if let Some((verdict, question)) = &verdict {
            (verdict::answer(question, verdict))
            (verdict::rules(verdict))
        }
    };
    let title = format!("Proposition n°\u{a0}{number}");
    Ok(Page::new(title, body).under("Propositions", visitor.link("/propositions", &[])).show(&visitor))
}

/// What a proposal is about.
pub(super) fn facts(visitor: &Visitor, line: &ProposalLine) -> Markup {
    html! {
        p { (state(line)) }
        dl.facts {
            dt { "Dossier" } dd { (person(visitor, line)) }
            dt { "Aide" }
            dd { (line.dispositif) @if !line.nature.is_empty() { ", " (line.nature) } ", " (line.month.in_words()) }
            dt { "Montant" } dd { (line.amount.to_euros()) }
            dt { "Motif" } dd { (line.reason.as_deref().unwrap_or("effacé")) }
            dt { "Proposée" } dd { "par " (line.proposed_by) ", le " (line.proposed_on.to_french()) }
            @if let Some(decision) = &line.decision {
                dt { @if decision.lot.is_some() { "Accordée" } @else { "Rejetée" } }
                dd {
                    "par " (decision.by) ", le " (decision.on.to_french())
                    @if let Some(reason) = &decision.reason { "\u{a0}: " (reason) }
                }
            }
        }
    }
}
