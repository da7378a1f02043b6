//! Proposing an aid: somebody who may approve accepts it, or rejects it.

use super::asked_aid::{AskedAid, kept};
use crate::app::{self, AppError, ProposalRequest};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Why what a committee decides is not proposed.
pub(super) const NO_COMMITTEE: &str = "Une aide que décide une commission ne se propose pas : une proposition est acceptée par une seule personne. Une fois la commission réunie, l'aide s'accorde, en disant laquelle.";

/// Asks why.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let aid = proposed(&mut fields, &visitor)?;
    page(&server, &visitor, &aid, &fields).await
}

/// Reads the aid that is proposed.
fn proposed(fields: &mut Fields, visitor: &Visitor) -> Result<AskedAid, Problem> {
    let aid = AskedAid::read(fields, visitor.frame.today)?;
    if aid.committee { Err(AppError::Refused(NO_COMMITTEE.into()).into()) } else { Ok(aid) }
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    aid: &AskedAid,
    fields: &Fields,
) -> Result<Html<String>, Problem> {
    let inside = html! {
        (kept(fields))
        (Field::long("motif", "Pourquoi cette aide ?").hint("il est gardé, et peut être effacé").required().show(fields))
        (save("Proposer l'aide"))
    };
    let body = html! {
        (aid.facts(server, visitor).await?)
        p { "Rien n'est accordé tant qu'une autre personne ne l'a pas accepté ; les règles sont alors relues." }
        (form(visitor, "/decider/proposer", fields, inside)?)
    };
    Ok(Page::new("Proposer une aide", body).under("Décider d'une aide", aid.question(visitor)).show(visitor))
}

/// Records the proposal.
pub(in crate::web) async fn propose(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let aid = proposed(&mut fields, &visitor)?;
    let reason = fields.required("motif", "Dites pourquoi");
    if fields.faults.is_empty() {
        let request = ProposalRequest {
            beneficiary: aid.number.clone(),
            dispositif: aid.dispositif.clone(),
            nature: aid.nature.clone(),
            month: aid.month,
            amount: aid.amount,
            reason,
            asked: fields.asked(&visitor),
        };
        match app::propose_aid(server.store()?, server.clock, &visitor.actor(), &request).await {
            Ok(report) => {
                let said =
                    format!("Proposition n°\u{a0}{} enregistrée. Une autre personne décide.", report.numero);
                server.sessions.say(&visitor.token, said);
                let place = visitor.link(&format!("/propositions/{}", report.numero), &[]);
                return Ok(Redirect::to(&place).into_response());
            }
            Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("", message),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&server, &visitor, &aid, &fields).await?.into_response())
}
