//! Looking after the base: what it is, its years, and the ways to the rest, each by right.

use super::verification;
use crate::app::{self, AppError, Right, counted};
use crate::web::fields::Posted;
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::hidden;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, Redirect};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows what the visitor may look after.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let facts = app::base_facts(server.store()?).await?;
    let place = |path: &str| visitor.link(&format!("/administration/{path}"), &[]);
    let present = server.sessions.present(server.clock.moment());
    let body = html! {
        @if facts.info.trial { p.warning { strong { "Copie d'essai." } " Cette base n'est pas celle des livres." } }
        ul.cards {
            @if visitor.may(Right::Direct) {
                (card("Utilisateurs", &place("utilisateurs"), html! {
                    p { "Comptes, rôles, mots de passe." }
                    p.note { (counted(present.len() as u64, "personne connectée", "personnes connectées")) " en ce moment." }
                }))
            }
            @if visitor.may(Right::Read) {
                (card("Vérification des livres", &place("verification"), html! {
                    @match verification::last(&server) {
                        None => p { "Pas encore faite depuis que ce serveur est ouvert." },
                        Some(done) => {
                            p {
                                @if done.report.integre { span.badge.ok { "conforme" } } @else { span.badge.no { "altéré" } }
                                " le " (done.at)
                            }
                        }
                    }
                }))
            }
            @if visitor.may(Right::Approve) {
                (card("Sauvegardes", &place("sauvegardes"), html! { p { "Toute la base en un fichier, relu et vérifié ; essai de restauration." } }))
            }
            @if visitor.may(Right::Audit) {
                (card("Journal d'audit", &place("journal"), html! { p { "Qui a fait quoi, et quand." } }))
            }
            @if visitor.may(Right::Direct) {
                (card("Conservation des données", &place("conservation"), html! { p { "Les identités dont la durée de conservation est passée." } }))
            }
        }
        @if visitor.may(Right::Read) { (years(&visitor)) }
        h2 { "La base" }
        dl.facts {
            dt { "Structure" } dd { (facts.info.name) }
            @if let Some(siren) = &facts.info.siren { dt { "SIREN" } dd { (siren) } }
            dt { "Fuseau horaire" } dd { (facts.info.zone) }
            dt { "Programme" } dd { "Denier " (env!("CARGO_PKG_VERSION")) }
            dt { "Tables" } dd { "schéma " (facts.schema) ", " (facts.engine) }
            dt { "État" } dd { span.badge.ok { "la base répond" } " " a href="/sante" { "pour la supervision : /sante" } }
        }
    };
    Ok(Page::new("Administration", body).show(&visitor))
}

fn card(title: &str, place: &str, inside: Markup) -> Markup {
    html! { li.card { h2 { a href=(place) { (title) } } (inside) } }
}

/// The open years, and the next one to open.
fn years(visitor: &Visitor) -> Markup {
    let years = &visitor.frame.years;
    let next = years.last().next().code;
    let mut open = vec![years.first()];
    while let Some(year) = open.last().map(|year| year.next()).filter(|year| year.code < next) {
        open.push(year);
    }
    html! {
        h2 { "Exercices" }
        ul {
            @for year in open.iter().rev() {
                li {
                    strong { (year.code) } ", du " (year.first.first_day().to_french()) " au " (year.last.last_day().to_french())
                }
            }
        }
        @if visitor.may(Right::Record) {
            form method="post" action=(visitor.link("/administration/exercices", &[])) {
                (csrf(visitor))
                (hidden("annee", &next.to_string()))
                p.actions { button { "Ouvrir l'exercice " (next) } }
            }
        }
    }
}

/// Opens the next year. Asked twice, it is opened once: the form says which.
pub(in crate::web) async fn open_year(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(fields): Posted,
) -> Result<Redirect, Problem> {
    let code = fields.text("annee").parse().map_err(|_| Problem::unreadable("L'année manque."))?;
    let said = match app::open_year(server.store()?, server.clock, &visitor.actor(), code).await {
        Ok(year) => format!("Exercice {} ouvert.", year.code),
        Err(AppError::Refused(why)) if visitor.frame.years.get(code).is_some() => why,
        Err(error) => return Err(error.into()),
    };
    server.sessions.say(&visitor.token, said);
    Ok(Redirect::to(&visitor.link("/administration", &[])))
}
