//! A person's file on one page: who, what they received, what is left to them, what is declared.

use crate::app::{self, AidMark, Ceiling, PersonAid, PersonFile, Received, Right, View, counted};
use crate::money::Amount;
use crate::statements::Table;
use crate::web::address::segment;
use crate::web::drill;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{bar, pages, table};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows a person's file. The ceilings are today's, or those of the last month of another year.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    server.views()?.note(&visitor.actor(), &number, View::Account).await?;
    let today = visitor.frame.today;
    let month = if visitor.year.holds(today.month()) { today.month() } else { visitor.year.last };
    let file = app::person_file(server.store()?, &visitor.actor(), &number, today, month).await?;
    let longest = file.declared.iter().map(|table| table.rows.len()).max().unwrap_or(0);
    let (rows, links) = pages(&visitor, file.aids.len().max(longest));
    let newest: Vec<&PersonAid> = file.aids.iter().rev().collect();
    let of_page = |len: usize| rows.start.min(len)..rows.end.min(len);
    let body = html! {
        (who(&file))
        (actions(&visitor, &file))
        h2 { "Reçu" }
        (received(&file))
        (links)
        @if file.aids.is_empty() { p.empty { "Aucune aide." } }
        @else { (timeline(&visitor, &file, &newest[of_page(newest.len())])) }
        h2 { "Plafonds en " (file.month.in_words()) }
        (ceilings(&file.ceilings))
        h2 { "Ce qui est déclaré" }
        @if file.declared.is_empty() { p.empty { "Rien n'est déclaré." } }
        @for declared in &file.declared {
            @let rows = declared.rows[of_page(declared.rows.len())].to_vec();
            (table(&Table { rows, ..declared.clone() }, |_, _| None))
        }
        (links)
    };
    let title = format!("Dossier {}", file.who.number);
    Ok(Page::new(title, body).under("Personnes", visitor.link("/personnes", &[])).of_a_year().show(&visitor))
}

fn who(file: &PersonFile) -> Markup {
    let who = &file.who;
    html! {
        p.name { (who.last_name) " " (who.first_name) }
        dl.facts {
            dt { "Naissance" }
            dd {
                @match (who.born_on, file.age) {
                    (Some(day), Some(age)) => { (day.to_french()) ", " (age) " ans" },
                    _ => "inconnue",
                }
            }
            @if !who.site.is_empty() { dt { "Site" } dd { (who.site) } }
            @if !who.commune.is_empty() { dt { "Commune" } dd { (who.commune) } }
            @if !who.situation.is_empty() { dt { "Situation" } dd { (who.situation) } }
            dt { "RQTH" }
            dd { @match who.rqth { Some(true) => "oui", Some(false) => "non", None => "inconnue" } }
            dt { "Compte bancaire" }
            dd { @if who.iban.is_empty() { "inconnu" } @else { (who.iban) } }
            dt { "Nom dans le carnet" } dd { code { (file.pseudonym) } }
        }
    }
}

fn actions(visitor: &Visitor, file: &PersonFile) -> Markup {
    let number = [("numero", file.who.number.as_str())];
    let of_file = |what: &str| format!("/personnes/{}/{what}", segment(&file.who.number));
    html! {
        p.actions {
            a.button.main href=(visitor.link("/decider", &number)) { "Évaluer une aide" }
            @if visitor.may(Right::Record) {
                a.button href=(visitor.link("/attestations/nouvelle", &number)) { "Attester" }
                a.button href=(visitor.link(&of_file("donnees"), &[])) { "Remettre ses données" }
            }
            @if visitor.may(Right::Audit) {
                a.button href=(visitor.link(&of_file("consultations"), &[])) { "Qui l'a consulté" }
            }
        }
    }
}

fn received(file: &PersonFile) -> Markup {
    let card = |title: String, of: Received| {
        html! {
            li.card {
                h3 { (title) }
                p.figure { (of.granted.to_euros()) }
                p { (counted(of.aids, "aide", "aides")) ", " (of.paid.to_euros()) " versés" }
            }
        }
    };
    html! {
        ul.cards {
            (card("En tout".into(), file.received))
            @for (year, of) in &file.years { (card(format!("Mois de {year}"), *of)) }
        }
    }
}

fn timeline(visitor: &Visitor, file: &PersonFile, aids: &[&PersonAid]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Aides" tabindex="0" {
            table {
                caption { "Aides, de la plus récente à la plus ancienne" }
                thead {
                    tr {
                        th scope="col" { "Mois" }
                        th scope="col" { "Aide" }
                        th scope="col" class="n" { "Montant" }
                        th scope="col" { "Décidée le" }
                        th scope="col" { "Versée le" }
                        th scope="col" { "Payeur" }
                        th scope="col" { "État" }
                    }
                }
                @for of_year in aids.chunk_by(|one, next| one.year == next.year) {
                    tbody {
                        tr.heading { th scope="rowgroup" colspan="7" { (of_year.first().map_or(0, |aid| aid.year)) } }
                        @for aid in of_year { (line(visitor, aid)) }
                    }
                }
                tfoot {
                    tr.total {
                        th scope="row" colspan="2" { "Total, aides annulées non comprises" }
                        td.n { (file.received.granted.to_french()) }
                        td colspan="4" {}
                    }
                }
            }
        }
    }
}

fn line(visitor: &Visitor, aid: &PersonAid) -> Markup {
    html! {
        tr.off[aid.mark == AidMark::Cancelled] {
            td { (aid.month.to_french()) }
            th scope="row" { (aid.dispositif) @if !aid.nature.is_empty() { ", " (aid.nature) } }
            td.n {
                @if visitor.may(Right::Read) {
                    a href=(drill::aid(visitor.year.code, aid.aid, &aid.reference)) title={ "Aide " (aid.reference) } { (aid.amount.to_french()) }
                } @else { (aid.amount.to_french()) }
            }
            td { (aid.decided_on.to_french()) }
            td {
                @match aid.paid_on {
                    None => "pas encore",
                    Some(day) => {
                        (day.to_french())
                        @if aid.paid < aid.amount { ", " (aid.paid.to_euros()) " seulement" }
                    }
                }
            }
            td { (aid.payer) }
            td {
                @match aid.mark {
                    AidMark::Plain => {},
                    AidMark::Cancelled => span.badge { "annulée" },
                    AidMark::Irregular => span.badge.no { "irrégulière" },
                    AidMark::Derogation(number) => {
                        @let words = format!("dérogation n°\u{a0}{number}");
                        @if visitor.may(Right::Read) {
                            a.badge.mind href=(visitor.link(&format!("/derogations/{number}"), &[])) { (words) }
                        } @else { span.badge.mind { (words) } }
                    }
                }
            }
        }
    }
}

fn ceilings(ceilings: &[Ceiling]) -> Markup {
    html! {
        @if ceilings.is_empty() { p.empty { "Aucun plafond ne concerne cette personne." } }
        ul.cards {
            @for one in ceilings {
                li.card {
                    h3 { (one.dispositif) }
                    p { (one.label) }
                    (bar(one.bound, one.used, Amount::ZERO))
                    p {
                        strong { "Reste " (one.left.to_euros()) }
                        "\u{a0}: " (one.used.to_euros()) " utilisés sur " (one.bound.to_euros())
                        @if one.elsewhere { ", aides reçues ailleurs comprises" }
                        "."
                    }
                    p.note { (one.article) }
                }
            }
        }
    }
}
