//! The register of attestations, newest first.

use super::found_people::{Search, search as search_for};
use crate::app::{self, Page as Listed, PageKey, RegisteredAttestation, Right};
use crate::web::address::segment;
use crate::web::export;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, exports, faults, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Rows on a page.
const ROWS: usize = 100;

/// Shows the register, or what answers to a number.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let store = server.store()?;
    let format = visitor.asked("format");
    if !format.is_empty() {
        let register = app::list_attestations(store).await?;
        return export::tables(store, server.clock, format, "registre-des-attestations", &[register]).await;
    }
    let wanted = visitor.asked("numero");
    let after = match visitor.asked("apres") {
        "" => None,
        text => Some(PageKey::parse(text).ok_or_else(Problem::not_found)?),
    };
    let listed = app::attestations_page(store, &visitor.actor(), wanted, after.as_ref(), ROWS).await?;
    Ok(page(&visitor, &Fields::default(), &register(&visitor, wanted, &listed)).into_response())
}

fn page(visitor: &Visitor, fields: &Fields, below: &Markup) -> Html<String> {
    let body = html! {
        @if visitor.may(Right::Record) {
            p.actions {
                a.button.main href=(visitor.link("/attestations/nouvelle", &[])) { "Attester pour une personne" }
                a.button href=(visitor.link("/attestations/lot", &[])) { "Attester pour tous" }
            }
        }
        (faults(fields))
        form.fields.row method="post" action=(visitor.link("/attestations", &[])) role="search" {
            (csrf(visitor))
            (Field::text("qui", "Chercher").hint("numéro d'attestation ou de dossier, ou début du nom")
                .required().show(fields))
            (save("Chercher"))
        }
        (below)
    };
    Page::new("Attestations", body).show(visitor)
}

fn register(visitor: &Visitor, wanted: &str, listed: &Listed<RegisteredAttestation>) -> Markup {
    html! {
        @if !wanted.is_empty() {
            p { "Pour «\u{a0}" (wanted) "\u{a0}» — " a href=(visitor.link("/attestations", &[])) { "tout le registre" } }
        }
        @if listed.rows.is_empty() {
            p.empty { @if wanted.is_empty() { "Aucune attestation n'a encore été délivrée." } @else { "Aucune attestation ne répond à ce numéro." } }
        } @else {
            div.scroll role="region" aria-label="Registre des attestations" tabindex="0" {
                table {
                    caption { "Registre des attestations, les dernières d'abord" }
                    thead {
                        tr {
                            th scope="col" { "Numéro" } th scope="col" { "Délivrée le" } th scope="col" { "Dossier" }
                            th scope="col" { "Période" } th scope="col" { "Selon" } th scope="col" { "Par" }
                        }
                    }
                    tbody {
                        @for one in &listed.rows {
                            tr {
                                th scope="row" { a href=(visitor.link(&format!("/attestations/{}", one.number), &[])) { (one.number) } }
                                td { (one.issued_on.to_french()) }
                                td { (person(visitor, one.person.as_deref())) }
                                td { (period(one)) }
                                td { (one.basis.in_words()) }
                                td { (one.user) }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = &listed.next {
                nav.pages aria-label="Pages" { a.button rel="next" href=(visitor.here_with("apres", &next.to_string())) { "Plus anciennes" } }
            }
            @if wanted.is_empty() { (exports(visitor)) }
        }
    }
}

/// The number of a person, with the way to their file.
pub(in crate::web) fn person(visitor: &Visitor, number: Option<&str>) -> Markup {
    html! {
        @match number {
            Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
            None => "identité effacée",
        }
    }
}

/// The months of an attestation, in words.
pub(in crate::web) fn period(one: &RegisteredAttestation) -> String {
    months(one.months)
}

/// Some months, in words.
pub(in crate::web) fn months((first, last): (crate::calendar::Month, crate::calendar::Month)) -> String {
    if first == last { first.in_words() } else { format!("{} à {}", first.in_words(), last.in_words()) }
}

/// Finds attestations: by a number at once, by a name through the person.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    let of = |number: &str| visitor.link("/attestations", &[("numero", number)]);
    if !fields.faults.is_empty() {
        return Ok(page(&visitor, &fields, &html! {}).into_response());
    }
    let store = server.store()?;
    let listed = app::attestations_page(store, &visitor.actor(), &who, None, 1).await?;
    if !listed.rows.is_empty() {
        return Ok(Redirect::to(&of(&who)).into_response());
    }
    Ok(match search_for(&server, &visitor, &who, of).await? {
        Search::One(place) => place.into_response(),
        Search::Choice(list) => page(&visitor, &fields, &list).into_response(),
    })
}
