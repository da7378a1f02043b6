//! Refusing an aid, with a letter that gives the grounds; the register of refusals.

use super::asked_aid::{AskedAid, kept};
use super::decide::tabs;
use crate::app::{self, AppError, RefusalRequest, View};
use crate::statements::{Cell, Table};
use crate::web::address::segment;
use crate::web::export::{self, PDF, Shown};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, pages, save, table};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Asks why, besides the rules.
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
    let inside = html! {
        (kept(fields))
        (Field::long("motif", "Motif")
            .hint("la lettre cite déjà les règles qui refusent ; écrivez-le si aucune ne refuse, ou pour le compléter").show(fields))
        (save("Refuser et faire la lettre"))
    };
    let body = html! {
        (aid.facts(server, visitor).await?)
        p { "Le refus est inscrit au registre. La lettre donne les règles qui refusent ce jour-là, leurs articles, et les voies de recours." }
        (form(visitor, "/decider/refuser", fields, inside)?)
    };
    Ok(Page::new("Refuser une aide", body).under("Décider d'une aide", aid.question(visitor)).show(visitor))
}

/// Records the refusal.
pub(in crate::web) async fn refuse(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let aid = AskedAid::read(&mut fields, visitor.frame.today)?;
    let request = RefusalRequest {
        beneficiary: aid.number.clone(),
        dispositif: aid.dispositif.clone(),
        nature: aid.nature.clone(),
        month: aid.month,
        amount: aid.amount,
        committee: aid.committee,
        refused_on: Some(aid.on),
        reason: Some(fields.text("motif").to_string()),
        asked: fields.asked(&visitor),
        dry_run: false,
    };
    match app::refuse_aid(server.store()?, server.clock, &visitor.actor(), &request).await {
        Ok(report) => {
            let said = format!("Refus {} enregistré. Sa lettre est au registre.", report.numero);
            server.sessions.say(&visitor.token, said);
            let year = visitor.frame.years.code_of(aid.on.month()).to_string();
            let place = crate::web::address::address("/refus", &[("exercice", &year)]);
            return Ok(Redirect::to(&place).into_response());
        }
        Err(AppError::Usage(_)) => {
            fields.fault("motif", "Aucune règle ne refuse cette aide : dites pourquoi elle l'est")
        }
        Err(AppError::Refused(message)) => fields.fault("", message),
        Err(error) => return Err(error.into()),
    }
    Ok(page(&server, &visitor, &aid, &fields).await?.into_response())
}

/// Lists the refusals of the year, newest first, each with its letter.
pub(in crate::web) async fn register(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut all = app::refusal_statement(server.store()?, Some(visitor.year.code)).await?;
    all.rows.reverse();
    let (rows, links) = pages(&visitor, all.rows.len());
    let shown = Table { rows: all.rows[rows].to_vec(), ..all };
    let at = |key: &str| shown.columns.iter().position(|column| column.key == key);
    let (number, person) = (at("numero"), at("beneficiaire"));
    let link = |row: usize, column: usize| {
        let Cell::Text(words) = shown.rows.get(row)?.cells.get(column)? else { return None };
        match Some(column) {
            column if column == number => Some(format!("/refus/{}.pdf", segment(words))),
            column if column == person && words != "effacé" => {
                Some(visitor.link(&format!("/personnes/{}", segment(words)), &[]))
            }
            _ => None,
        }
    };
    let body = html! {
        (tabs(&visitor))
        p { "Chaque numéro mène à la lettre." }
        (table(&shown, link))
        (links)
    };
    Ok(Page::new("Refus", body).of_a_year().show(&visitor))
}

/// Gives the letter of a refusal.
pub(in crate::web) async fn letter(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let number = file.strip_suffix(".pdf").ok_or_else(Problem::not_found)?;
    let letter = app::refusal_letter(server.store()?, number).await?;
    server.views()?.note(&visitor.actor(), &letter.person, View::Refusal).await?;
    Ok(export::file(&letter.name, PDF, Shown::Inline, letter.bytes))
}
