//! An attestation to issue: what it would say, then its file.

use super::attestations::months;
use super::found_people::{HINT, Search, search as search_for};
use crate::app::{self, AppError, AttestRequest, AttestationPreview, View};
use crate::calendar::Month;
use crate::funding::DateKind;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, form, hidden, paper, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

const TITLE: &str = "Attester pour une personne";

/// Asks for whom and for which months, and shows what the attestation would say.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let request = read_request(&visitor, &mut fields);
    preview(&server, &visitor, fields, request).await
}

/// Reads what is asked: months where they are given, else the year of the page.
pub(in crate::web) fn read_request(visitor: &Visitor, fields: &mut Fields) -> AttestRequest {
    let (first, last) = (fields.month("du"), fields.month("au"));
    for (name, read) in [("du", first), ("au", last)] {
        if fields.text(name).is_empty() && (first.is_some() || last.is_some()) && read.is_none() {
            fields.fault(name, "Écrivez les deux mois, ou aucun");
        }
    }
    let basis = match fields.text("selon") {
        "droit" => DateKind::Right,
        _ => DateKind::Payment,
    };
    let asked = |name: &str| Some(fields.text(name).to_string()).filter(|text| !text.is_empty());
    AttestRequest {
        who: asked("numero"),
        year: Some(visitor.year.code),
        months: first.zip(last),
        basis,
        dispositif: asked("dispositif"),
        site: asked("site"),
    }
}

/// The fields of a period and of what counts in it.
pub(in crate::web) fn period_fields(fields: &Fields) -> Markup {
    let choices = [("paiement", "Ce qui a été versé"), ("droit", "Ce qui est dû pour ces mois")];
    let choices = choices.map(|(value, words)| (value.to_string(), words.to_string())).to_vec();
    html! {
        (Field::month("du", "Du mois").show(fields))
        (Field::month("au", "Au mois").show(fields))
        (Field::choice("selon", "Compter", choices).required().show(fields))
    }
}

async fn preview(
    server: &Server,
    visitor: &Visitor,
    mut fields: Fields,
    request: AttestRequest,
) -> Result<Html<String>, Problem> {
    let (store, actor) = (server.store()?, visitor.actor());
    let known = match request.who.as_deref() {
        None => None,
        Some(who) => match app::person_numbered(store, &actor, who).await {
            Ok(person) => Some(person.number),
            Err(AppError::Refused(message)) => {
                fields.fault("qui", message);
                None
            }
            Err(error) => return Err(error.into()),
        },
    };
    let Some(number) = known else { return Ok(asks_for_whom(visitor, &fields, &html! {})) };
    let mut found = None;
    if fields.faults.is_empty() {
        match app::preview_attestation(store, server.clock, &actor, &number, &request).await {
            Ok(preview) => {
                server.views()?.note(&actor, &preview.person, View::Attestation).await?;
                found = Some(preview);
            }
            Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("", message),
            Err(error) => return Err(error.into()),
        }
    }
    let of_months = request.months.is_some();
    let year = visitor.year.code.to_string();
    let here = |query: &[(&str, &str)]| visitor.link("/attestations/nouvelle", query);
    let body = html! {
        (faults(&fields))
        dl.facts { dt { "Dossier" } dd { (number) " — " a href=(here(&[])) { "une autre personne" } } }
        form.fields.row method="get" action="/attestations/nouvelle" {
            (hidden("exercice", &year))
            (hidden("numero", &number))
            (period_fields(&fields))
            p.actions { button { "Montrer" } }
        }
        p.note {
            @if of_months { a href=(here(&[("numero", &number), ("selon", fields.text("selon"))])) { "Toute l'année " (year) } }
            @else { (without_months(visitor)) }
        }
        @if let Some(found) = &found { (issue(visitor, &request, found)?) }
    };
    let page = Page::new(TITLE, body).under("Attestations", visitor.link("/attestations", &[]));
    Ok(if of_months { page } else { page.of_a_year() }.show(visitor))
}

/// What is attested where no month is written.
fn without_months(visitor: &Visitor) -> Markup {
    html! { "Sans mois\u{a0}: l'année " (visitor.year.code) ", jusqu'au mois en cours si elle n'est pas finie." }
}

/// Asks for whom, and for which months: a name is sent, never in an address.
fn asks_for_whom(visitor: &Visitor, fields: &Fields, found: &Markup) -> Html<String> {
    let body = html! {
        (faults(fields))
        form.fields.row method="post" action=(visitor.link("/attestations/nouvelle/personne", &[])) {
            (csrf(visitor))
            (Field::text("qui", "Pour qui ?").hint(HINT).required().show(fields))
            (period_fields(fields))
            p.actions { button.main { "Continuer" } }
        }
        p.note { (without_months(visitor)) }
        (found)
    };
    let page = Page::new(TITLE, body).under("Attestations", visitor.link("/attestations", &[]));
    page.of_a_year().show(visitor)
}

/// Finds for whom, by number or name.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    if !fields.faults.is_empty() {
        return Ok(asks_for_whom(&visitor, &fields, &html! {}).into_response());
    }
    let to = |number: &str| {
        let mut query = vec![("numero", number)];
        query.extend(["du", "au", "selon"].map(|key| (key, fields.text(key))));
        visitor.link("/attestations/nouvelle", &query)
    };
    Ok(match search_for(&server, &visitor, &who, to).await? {
        Search::One(place) => place.into_response(),
        Search::Choice(list) => asks_for_whom(&visitor, &fields, &list).into_response(),
    })
}

/// What would be issued, and the button that issues it.
fn issue(visitor: &Visitor, request: &AttestRequest, found: &AttestationPreview) -> Result<Markup, AppError> {
    let month = |month: Month| month.to_string();
    let button = if found.issued.is_some() { "Imprimer à nouveau" } else { "Délivrer et imprimer" };
    let inside = html! {
        (hidden("numero", &found.person))
        (hidden("du", &month(found.months.0)))
        (hidden("au", &month(found.months.1)))
        (hidden("selon", request.basis.code()))
        (save(button))
    };
    Ok(html! {
        @match &found.issued {
            Some((number, day)) => {
                p.good {
                    "Déjà délivrée le " (day.to_french()) " sous le n°\u{a0}"
                    a href=(visitor.link(&format!("/attestations/{number}"), &[])) { (number) }
                    "\u{a0}: c'est la même, au même numéro, qui sera imprimée."
                }
            },
            None => { p.note { "Rien n'est encore délivré\u{a0}: " (months(found.months)) ", selon " (request.basis.in_words()) "." } },
        }
        (form(visitor, "/attestations/nouvelle", &Fields::default(), inside)?)
        (paper(&found.paper))
    })
}

/// Issues the attestation. The same request on the same facts finds the one already issued: sent twice, it
/// is issued once.
pub(in crate::web) async fn issue_it(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let request = read_request(&visitor, &mut fields);
    if request.who.is_none() {
        fields.fault("qui", "Dites pour qui");
    }
    if !fields.faults.is_empty() {
        return Ok(preview(&server, &visitor, fields, request).await?.into_response());
    }
    let mut given = None;
    let keep = |file| {
        given = Some(file);
        Ok(())
    };
    let (store, actor) = (server.store()?, visitor.actor());
    let issued = app::attest(store, server.clock, &actor, &request, &|_, _, _| {}, keep).await;
    match (issued, given) {
        (Ok(_), Some(file)) => {
            let done = if file.again { "imprimée à nouveau" } else { "délivrée" };
            server.sessions.say(&visitor.token, format!("Attestation {} {done}.", file.number));
            Ok(Redirect::to(&format!("/attestations/{}.pdf", file.number)).into_response())
        }
        (Err(AppError::Refused(message) | AppError::Usage(message)), _) => {
            fields.fault("", message);
            Ok(preview(&server, &visitor, fields, request).await?.into_response())
        }
        (Err(error), _) => Err(error.into()),
        (Ok(_), None) => Err(AppError::Machine("aucune attestation n'est sortie".into()).into()),
    }
}
