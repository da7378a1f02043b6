//! One attestation of the register: what is kept of it, its words, its file.

use super::attestations::{period, person};
use crate::app::{self, View};
use crate::web::export::{self, PDF, Shown};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::paper;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use maud::html;
use std::sync::Arc;

/// Shows an attestation; `….pdf` is its file.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let store = server.store()?;
    let (actor, number) = (visitor.actor(), name.trim_end_matches(".pdf"));
    let found = app::attestation_page(store, &actor, number).await?;
    if let Some(person) = &found.registered.person {
        server.views()?.note(&actor, person, View::Attestation).await?;
    }
    if name.ends_with(".pdf") {
        let again = app::attestation_again(store, &actor, number).await?;
        // What was just done is said on the next page: a file says nothing.
        if let Some(said) = visitor.said {
            server.sessions.say(&visitor.token, said);
        }
        return Ok(export::file(&again.name, PDF, Shown::Inline, again.bytes));
    }
    let one = &found.registered;
    let body = html! {
        dl.facts {
            dt { "Dossier" } dd { (person(&visitor, one.person.as_deref())) }
            dt { "Période" } dd { (period(one)) }
            dt { "Selon" } dd { (one.basis.in_words()) }
            dt { "Délivrée" } dd { "le " (one.issued_on.to_french()) " par " (one.user) }
            dt { "Enregistrée" } dd { (one.at) }
            dt { "Empreinte" } dd.code { (one.fingerprint) }
            @if let Some(code) = &found.code {
                dt { "Code" } dd { span.code { (code) } " — " a href="/verifier" { "le vérifier" } }
            }
        }
        @match &found.paper {
            Some(shown) => {
                p.actions { a.button.main href=(format!("/attestations/{}.pdf", one.number)) { "Ouvrir le PDF" } }
                (paper(shown))
            },
            None => {
                p.warning {
                    "Elle ne peut plus être montrée ni imprimée : ce qu'elle disait de la personne a changé depuis, ou a été effacé. "
                    "L'exemplaire remis reste authentique, et la page « Vérifier une attestation » le reconnaît."
                }
            },
        }
    };
    let page = Page::new(format!("Attestation {}", one.number), body);
    Ok(page.under("Attestations", visitor.link("/attestations", &[])).show(&visitor).into_response())
}
