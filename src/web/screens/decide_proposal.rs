//! Accepting a proposal, by one's own password, or rejecting it.

use super::asked_aid::refuse;
use super::proposals::{facts, of_number};
use crate::app::{self, AppError};
use crate::web::address::{number_in, segment};
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
    Accept,
    Reject,
}

/// Asks who accepts to prove who they are.
pub(in crate::web) async fn accept_form(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    page(&server, &visitor, number, &Fields::default(), Decision::Accept).await
}

/// Asks why it is rejected.
pub(in crate::web) async fn reject_form(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let number = number_in(&number)?;
    page(&server, &visitor, number, &Fields::default(), Decision::Reject).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    number: i64,
    fields: &Fields,
    decision: Decision,
) -> Result<Html<String>, Problem> {
    let line = of_number(server, visitor, number).await?;
    let (title, inside) = match decision {
        Decision::Accept => (
            "Accepter la proposition",
            html! {
                (Field::password("mot_de_passe", "Votre mot de passe", "current-password")
                    .hint("il prouve que c'est bien vous qui acceptez").required().show(fields))
                (save("Accepter et accorder l'aide"))
            },
        ),
        Decision::Reject if line.proposed_by == visitor.user.name => (
            "Retirer la proposition",
            html! {
                (Field::long("motif", "Pourquoi la retirer ?").required().show(fields))
                (save("Retirer la proposition"))
            },
        ),
        Decision::Reject => (
            "Rejeter la proposition",
            html! {
                (Field::long("motif", "Motif du rejet").required().show(fields))
                (save("Rejeter"))
            },
        ),
    };
    let body = html! {
        (facts(visitor, &line))
        (form(visitor, &visitor.path, fields, inside)?)
    };
    let above = format!("Proposition n°\u{a0}{number}");
    Ok(Page::new(title, body)
        .under("Propositions", visitor.link("/propositions", &[]))
        .under(above, visitor.link(&format!("/propositions/{number}"), &[]))
        .show(visitor))
}

/// Accepts: the aid is granted as any other. Who proposed never does.
pub(in crate::web) async fn accept(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let password = fields.secret("mot_de_passe").to_string();
    if password.is_empty() {
        fields.fault("mot_de_passe", "Écrivez votre mot de passe");
        return Ok(page(&server, &visitor, number, &fields, Decision::Accept).await?.into_response());
    }
    let (asked, name) = (fields.asked(&visitor), &visitor.user.name);
    let second = (name.as_str(), password.as_str());
    let done = app::accept_proposal(server.store()?, server.clock, number, second, asked.as_ref());
    match server.may_try(name, done).await? {
        Ok(report) if report.accordee => {
            let reference = report.reference.unwrap_or_default();
            let said = format!("Proposition acceptée, aide {reference} accordée. Elle reste à verser.");
            server.sessions.say(&visitor.token, said);
            let place = visitor.link(&format!("/personnes/{}", segment(&report.beneficiaire)), &[]);
            return Ok(Redirect::to(&place).into_response());
        }
        Ok(report) => refuse(&mut fields, &report.constats),
        Err(AppError::WrongPassword(message)) => fields.fault("mot_de_passe", message),
        Err(AppError::Refused(message)) => fields.fault("", message),
        Err(error) => return Err(error.into()),
    }
    Ok(page(&server, &visitor, number, &fields, Decision::Accept).await?.into_response())
}

/// Rejects, or takes back one's own.
pub(in crate::web) async fn reject(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let reason = fields.required("motif", "Dites pourquoi");
    if fields.faults.is_empty() {
        let (store, actor, asked) = (server.store()?, visitor.actor(), fields.asked(&visitor));
        match app::reject_proposal(store, server.clock, &actor, number, &reason, asked.as_ref()).await {
            Ok(report) => {
                let said = format!("Proposition n°\u{a0}{} {}.", report.numero, report.etat);
                server.sessions.say(&visitor.token, said);
                let place = visitor.link(&format!("/propositions/{number}"), &[]);
                return Ok(Redirect::to(&place).into_response());
            }
            Err(AppError::Refused(message)) => fields.fault("motif", message),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&server, &visitor, number, &fields, Decision::Reject).await?.into_response())
}
