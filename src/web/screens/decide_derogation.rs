//! Approving a derogation, by one's own password, or refusing it.

use super::derogations::{facts, of_number};
use crate::app::{self, AppError, DerogationReport};
use crate::web::address::number_in;
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, save};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// What is being decided.
#[derive(Clone, Copy)]
enum Decision {
    Approve,
    Refuse,
}

/// Asks who approves to prove who they are.
pub(in crate::web) async fn approve_form(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    page(&server, &visitor, number, &Fields::default(), Decision::Approve).await
}

/// Asks why it is refused.
pub(in crate::web) async fn refuse_form(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    page(&server, &visitor, number, &Fields::default(), Decision::Refuse).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    number: i64,
    fields: &Fields,
    decision: Decision,
) -> Result<Html<String>, Problem> {
    let line = of_number(server, number).await?;
    let (title, inside) = match decision {
        Decision::Approve => (
            "Approuver la dérogation",
            html! {
                (Field::password("mot_de_passe", "Votre mot de passe", "current-password")
                    .hint("il prouve que c'est bien vous qui approuvez").required().show(fields))
                (save("Approuver"))
            },
        ),
        Decision::Refuse if line.asked_by == visitor.user.name => (
            "Retirer la dérogation",
            html! {
                (Field::long("motif", "Pourquoi la retirer ?").required().show(fields))
                (save("Retirer la demande"))
            },
        ),
        Decision::Refuse => (
            "Refuser la dérogation",
            html! {
                (Field::long("motif", "Motif du refus").required().show(fields))
                (save("Refuser"))
            },
        ),
    };
    let body = html! {
        (facts(server, visitor, &line).await?)
        (form(visitor, &visitor.path, fields, inside)?)
    };
    let above = format!("Dérogation n°\u{a0}{number}");
    Ok(Page::new(title, body)
        .under("Dérogations", visitor.link("/derogations", &[]))
        .under(above, visitor.link(&format!("/derogations/{number}"), &[]))
        .show(visitor))
}

/// Approves: who asked never does, and a wrong password waits as at the door.
pub(in crate::web) async fn approve(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let password = fields.secret("mot_de_passe").to_string();
    if password.is_empty() {
        fields.fault("mot_de_passe", "Écrivez votre mot de passe");
        return Ok(page(&server, &visitor, number, &fields, Decision::Approve).await?.into_response());
    }
    let (actor, asked, name) = (visitor.actor(), fields.asked(&visitor), &visitor.user.name);
    let second = (name.as_str(), password.as_str());
    let done = app::approve_derogation(server.store()?, server.clock, &actor, number, second, asked.as_ref());
    match server.may_try(name, done).await? {
        Ok(report) => return Ok(decided(&server, &visitor, &report)),
        Err(AppError::WrongPassword(message)) => fields.fault("mot_de_passe", message),
        Err(AppError::Refused(message)) => fields.fault("", message),
        Err(error) => return Err(error.into()),
    }
    Ok(page(&server, &visitor, number, &fields, Decision::Approve).await?.into_response())
}

/// Refuses, or takes back one's own.
pub(in crate::web) async fn refuse(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let reason = fields.required("motif", "Dites pourquoi");
    if fields.faults.is_empty() {
        let (store, actor, asked) = (server.store()?, visitor.actor(), fields.asked(&visitor));
        match app::refuse_derogation(store, server.clock, &actor, number, &reason, asked.as_ref()).await {
            Ok(report) => return Ok(decided(&server, &visitor, &report)),
            Err(AppError::Refused(message)) => fields.fault("motif", message),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&server, &visitor, number, &fields, Decision::Refuse).await?.into_response())
}

fn decided(server: &Server, visitor: &Visitor, report: &DerogationReport) -> Response {
    let said = format!("Dérogation n°\u{a0}{} {}.", report.numero, report.etat);
    server.sessions.say(&visitor.token, said);
    Redirect::to(&visitor.link(&format!("/derogations/{}", report.numero), &[])).into_response()
}
