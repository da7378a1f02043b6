//! People: found by one field. A name is never in an address.

use super::found_people::{Search, search as search_for};
use crate::web::address::segment;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
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
    let to = |number: &str| visitor.link(&format!("/personnes/{}", segment(number)), &[]);
    Ok(match search_for(&server, &visitor, &who, to).await? {
        Search::One(place) => place.into_response(),
        Search::Choice(list) => page(&visitor, &fields, list).into_response(),
    })
}
