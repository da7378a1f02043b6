//! One aid, whole: what it is, where it comes from, what judged it, what the book says of it.

use super::entry::{entry_address, seal_badge};
use crate::app::{self, AidAsked, AidPage, Right};
use crate::funding::Mode;
use crate::money::Amount;
use crate::web::address::{number_in, segment};
use crate::web::drill::AID;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows an aid: by its key (`?aide=`), as all links do, or by its reference alone, as people type it.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Html<String>, Problem> {
    let aid = of_address(&server, &reference, visitor.asked(AID)).await?;
    let body = html! {
        @if let Some(cancelled) = &aid.cancelled {
            p.warning {
                "Annulée le " (cancelled.at) " par " (cancelled.user) " (" (lot(&visitor, cancelled.lot)) ")"
                @if let Some(reason) = &cancelled.reason { " : " (reason) }
            }
        }
        @for contradiction in &aid.contradictions { p.bad role="alert" { (contradiction) } }
        (facts(&visitor, &aid))
        (acts(&visitor, &aid))
        (judgement(&visitor, &aid))
        (book(&visitor, &aid))
        (origin(&visitor, &aid))
    };
    let title = format!("Aide {}", aid.reference);
    Ok(Page::new(title, body).under("Aides", visitor.link("/aides", &[])).show(&visitor))
}

/// Returns the aid that an address names: its reference, and its key unless nothing says it.
pub(super) async fn of_address(server: &Server, reference: &str, key: &str) -> Result<AidPage, Problem> {
    let asked = match key {
        "" => AidAsked::Reference(reference.to_string()),
        key => AidAsked::Key(number_in(key)?),
    };
    let aid = app::aid_page(server.store()?, &asked).await?;
    // An address that names two aids leads to neither.
    if aid.reference == reference { Ok(aid) } else { Err(Problem::not_found()) }
}

fn facts(visitor: &Visitor, aid: &AidPage) -> Markup {
    let paid: Amount = aid.payments.iter().map(|(_, amount)| *amount).sum();
    html! {
        dl.facts {
            dt { "Dossier" }
            dd {
                @match &aid.person {
                    Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
                    None => "effacé",
                }
            }
            dt { "Dispositif" }
            dd {
                a href=(visitor.link(&format!("/regles/{}", segment(&aid.dispositif.code)), &[("au", &aid.decided_on.to_string())])) {
                    (aid.dispositif.code)
                }
                " — " (aid.dispositif.label)
            }
            @if !aid.nature.is_empty() { dt { "Nature" } dd { (aid.nature) } }
            dt { "Mois de droit" } dd { (aid.month.in_words()) }
            dt { "Montant accordé" } dd { strong { (aid.amount.to_euros()) } }
            @if let Some(day) = aid.requested_on { dt { "Demandée le" } dd { (day.to_french()) } }
            dt { "Décidée le" }
            dd {
                (aid.decided_on.to_french())
                @if aid.is_undated { " (le fichier ne donnait pas de date : c'est celle qui a été retenue)" }
            }
            dt { "Versée" }
            dd {
                @if aid.payments.is_empty() { "pas encore" }
                @for (rank, (day, amount)) in aid.payments.iter().enumerate() {
                    @if rank > 0 { ", " }
                    (amount.to_euros()) " le " (day.to_french())
                }
                @if !aid.payments.is_empty() && paid != aid.amount { " — reste " ((aid.amount - paid).to_euros()) }
            }
            dt { "Payeur" } dd { (aid.payer.code) " — " (aid.payer.label) }
            @if !aid.payee.is_empty() { dt { "Créancier" } dd { (aid.payee) } }
            @if !aid.committee.is_empty() { dt { "Commission" } dd { (aid.committee) } }
            @for share in &aid.shares {
                dt { "Financeur" }
                dd {
                    (share.funder.code) " — " (share.funder.label)
                    @if !share.convention.is_empty() { ", convention " (share.convention) }
                    @if !share.site.is_empty() { ", site " (share.site) }
                    @if aid.shares.len() > 1 { " : " (share.amount.to_euros()) }
                }
            }
        }
    }
}

/// What can still be done of it.
fn acts(visitor: &Visitor, aid: &AidPage) -> Markup {
    let paid: Amount = aid.payments.iter().map(|(_, amount)| *amount).sum();
    let key = aid.aid.to_string();
    let to =
        |act: &str| visitor.form_link(&format!("/aides/{}/{act}", segment(&aid.reference)), &[(AID, &key)]);
    html! {
        @if visitor.may(Right::Record) && aid.cancelled.is_none() {
            p.actions.noprint {
                @if paid < aid.amount { a.button.main href=(to("verser")) { "Noter un versement" } }
                @if paid.is_positive() {
                    a.button href=(to("indu")) { "Noter un indu" }
                    a.button href=(to("recouvrer")) { "Noter ce qui est recouvré" }
                }
                a.button href=(to("annuler")) { "Annuler l'aide" }
            }
        }
    }
}

/// Which rules judged it, and what they found.
fn judgement(visitor: &Visitor, aid: &AidPage) -> Markup {
    html! {
        h2 { "Ce qui l'a jugée" }
        p {
            @if aid.is_irregular { span.badge.no { "irrégulière" } }
            @else if aid.derogation.is_some() { span.badge.mind { "accordée par dérogation" } }
            @else { span.badge.ok { "conforme aux règles" } }
            " "
            @match aid.mode {
                Mode::Decide => "Décidée par la structure : une règle qui échoue l'aurait refusée.",
                Mode::Record => "Constatée : un autre organisme l'a payée, une règle qui échoue la signale.",
            }
        }
        @if !aid.findings.is_empty() {
            ul {
                @for finding in &aid.findings {
                    li {
                        (finding.message)
                        @if let Some(article) = &finding.article { " — " (article) }
                        @if let Some(room) = finding.room { ", reste " (room.to_euros()) }
                        @if !finding.advice.is_empty() { ". " (finding.advice) }
                    }
                }
            }
        }
        @if let Some(derogation) = &aid.derogation {
            p {
                a href=(visitor.link(&format!("/derogations/{}", derogation.number), &[])) { "Dérogation n° " (derogation.number) }
                ", demandée par " (derogation.asked.0) " le " (derogation.asked.1.to_french())
                @if let Some((who, day)) = &derogation.decided { ", approuvée par " (who) " le " (day.to_french()) }
                @if let Some(reason) = &derogation.reason { " : " (reason) }
            }
        }
        p {
            "Règles : "
            a href=(visitor.link(&format!("/regles/textes/{}", aid.rules.digest), &[])) { code { (aid.rules.path) } }
            ", version " code { (crate::ledger::seal::beginning(&aid.rules.digest)) }
            ", publiée le " (aid.rules.at) " par " (aid.rules.user)
            @if let Some(approver) = &aid.rules.approver { " et " (approver) }
            @if !aid.rules.is_whole { " " span.badge.no { "texte altéré depuis" } }
        }
    }
}

/// The entries that it is in.
fn book(visitor: &Visitor, aid: &AidPage) -> Markup {
    html! {
        h2 { "Dans le carnet des aides" }
        div.scroll role="region" aria-label="Écritures de l'aide" tabindex="0" {
            table {
                caption { "Écritures de l'aide" }
                thead {
                    tr {
                        th scope="col" { "Écriture" } th scope="col" { "Jour" } th scope="col" { "Événement" }
                        th scope="col" { "Compte" } th.n scope="col" { "Débit" } th.n scope="col" { "Crédit" }
                        th scope="col" { "Sceau" }
                    }
                }
                tbody {
                    @for entry in &aid.entries {
                        @for (rank, (_, account, debit, credit)) in entry.lines.iter().enumerate() {
                            tr {
                                th scope="row" { a href=(entry_address(visitor, &entry.key)) { (entry.key.0) " " (entry.key.1) "-" (entry.key.2) } }
                                td { (entry.date.to_french()) }
                                td { (entry.event.label) }
                                td { (account.code) " — " (account.label) }
                                td.n { @if !debit.is_zero() { (debit.to_french()) } }
                                td.n { @if !credit.is_zero() { (credit.to_french()) } }
                                td { @if rank == 0 { (seal_badge(entry.verdict.as_ref())) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The file and the line that brought it.
fn origin(visitor: &Visitor, aid: &AidPage) -> Markup {
    html! {
        h2 { "D'où elle vient" }
        dl.facts {
            dt { "Fichier" } dd { (aid.origin.file) ", ligne " (aid.line) }
            dt { "Import" } dd { (lot(visitor, aid.origin.lot)) ", le " (aid.origin.at) " par " (aid.origin.user) }
            @if let Some(digest) = &aid.origin.digest { dt { "Empreinte du fichier" } dd { code { (digest) } } }
            dt { "Personne dans le carnet" } dd { code { (aid.pseudonym) } }
        }
    }
}

/// A lot, as a link to its page.
pub(super) fn lot(visitor: &Visitor, number: i64) -> Markup {
    html! { a href=(visitor.link(&format!("/imports/{number}"), &[])) { "lot " (number) } }
}
