//! People: found by one field. A name is never in an address.

use crate::app;
use crate::web::address::segment;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Asks whom one looks for.
pub(in crate::web) async fn show(visitor: Visitor) -> Html<String> {
    page(&visitor, &Fields::default(), html! {})
}

fn page(visitor: &Visitor, fields: &Fields, found: Markup) -> Html<String> {
    let body = html! {
        (faults(fields))
        form.fields.narrow method="post" action="/personnes" {
            (csrf(visitor))
            (Field::text("qui", "Numéro de dossier, ou début du nom").required().show(fields))
            (save("Chercher"))
        }
        (found)
    };
    Page::new("Personnes", body).show(visitor)
}

/// Finds people: a single one is shown at once.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    if !fields.faults.is_empty() {
        return Ok(page(&visitor, &fields, html! {}).into_response());
    }
    let found = app::search_people(server.store()?, &visitor.actor(), &who).await?;
    if let [one] = found.as_slice() {
        let place = visitor.link(&format!("/personnes/{}", segment(&one.number)), &[]);
        return Ok(Redirect::to(&place).into_response());
    }
    let list = html! {
        h2 { @if found.is_empty() { "Personne ne répond à cette recherche" } @else { "Plusieurs personnes" } }
        @if !found.is_empty() {
            ul.found {
                @for one in &found {
                    li {
                        a href=(visitor.link(&format!("/personnes/{}", segment(&one.number)), &[])) {
                            (one.last_name) " " (one.first_name)
                        }
                        " — " (one.number)
                        @if let Some(born) = one.born_on { ", né(e) le " (born.to_french()) }
                    }
                }
            }
            @if found.len() >= 20 { p.note { "Les vingt premières : précisez la recherche." } }
        } @else {
            p { "Cherchez par le numéro de dossier, ou par le début du nom de famille." }
        }
    };
    Ok(page(&visitor, &fields, list).into_response())
}
