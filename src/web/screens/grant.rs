//! Granting an aid by hand: the very path of an import, one line long.

use super::asked_aid::{AskedAid, kept, refuse};
use crate::app::{self, AppError, GrantRequest};
use crate::money::Amount;
use crate::web::address::segment;
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

/// Shows what is about to be granted.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let aid = AskedAid::read(&mut fields, visitor.frame.today)?;
    page(&server, &visitor, &aid, &fields).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    aid: &AskedAid,
    fields: &Fields,
) -> Result<Html<String>, Problem> {
    let said = ["creancier", "convention", "financeur", "instance"];
    let apart = aid.committee || said.iter().any(|name| !fields.text(name).is_empty());
    let inside = html! {
        (kept(fields))
        details open[apart] {
            summary { "Commission, convention, financeur, créancier" }
            @let committee = Field::text("instance", "Commission qui décide").hint("son nom");
            (if aid.committee { committee.required() } else { committee }.show(fields))
            (Field::text("convention", "Convention").show(fields))
            (Field::text("financeur", "Financeur").hint("son code, s'il n'est pas celui du dispositif").show(fields))
            (Field::text("creancier", "À qui verser").hint("si ce n'est pas à la personne").show(fields))
        }
        (save("Accorder l'aide"))
    };
    let body = html! {
        (aid.facts(server, visitor).await?)
        p { "L'aide est inscrite au carnet dès qu'elle est accordée, et reste à verser." }
        (form(visitor, "/decider/accorder", fields, inside)?)
    };
    Ok(Page::new("Accorder une aide", body).under("Décider d'une aide", aid.question(visitor)).show(visitor))
}

/// Grants it, or says why not.
pub(in crate::web) async fn grant(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let aid = AskedAid::read(&mut fields, visitor.frame.today)?;
    let typed = |name: &str| Some(fields.text(name).to_string()).filter(|text| !text.is_empty());
    let request = GrantRequest {
        beneficiary: aid.number.clone(),
        dispositif: aid.dispositif.clone(),
        nature: aid.nature.clone(),
        month: aid.month,
        amount: aid.amount,
        decided_on: Some(aid.on),
        payee: typed("creancier"),
        convention: typed("convention"),
        funder: typed("financeur"),
        site: None,
        committee: typed("instance"),
        asked: fields.asked(&visitor),
        dry_run: false,
    };
    if aid.committee && request.committee.is_none() {
        fields.fault("instance", "Dites quelle commission décide");
        return Ok(page(&server, &visitor, &aid, &fields).await?.into_response());
    }
    match app::grant_aid(server.store()?, server.clock, &visitor.actor(), &request).await {
        Ok(report) if report.accordee => {
            let amount = Amount::parse(&report.montant).unwrap_or_default();
            let reference = report.reference.unwrap_or_default();
            let said =
                format!("Aide {reference} accordée\u{a0}: {}. Elle reste à verser.", amount.to_euros());
            server.sessions.say(&visitor.token, said);
            let place = visitor.link(&format!("/personnes/{}", segment(&report.beneficiaire)), &[]);
            return Ok(Redirect::to(&place).into_response());
        }
        Ok(report) => refuse(&mut fields, &report.constats),
        Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("", message),
        Err(error) => return Err(error.into()),
    }
    Ok(page(&server, &visitor, &aid, &fields).await?.into_response())
}
