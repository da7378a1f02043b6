//! How long identities are kept: those whose time is over, and their erasure.

use crate::app::{self, AppError, EraseReport};
use crate::calendar::Date;
use crate::money::group_thousands;
use crate::statements::{Cell, Table};
use crate::web::address::segment;
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, pages, table};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

const HOME: &str = "/administration/conservation";

/// Shows whose identity must no longer be kept.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let all = app::erasable(server.store()?, visitor.frame.today).await?;
    let (range, links) = pages(&visitor, all.rows.len());
    let shown = Table { rows: all.rows[range].to_vec(), ..all };
    let body = html! {
        p { "Une identité se garde un temps, dit par les règles de conservation ; ensuite elle s'efface. Les aides, les écritures et les totaux restent, sous un pseudonyme." }
        (table(&shown, |row, column| match shown.rows.get(row).map(|row| &row.cells[0]) {
            Some(Cell::Text(number)) if column == 0 => Some(visitor.link(&format!("{HOME}/{}", segment(number)), &[])),
            _ => None,
        }))
        (links)
    };
    Ok(Page::new("Conservation des données", body)
        .under("Administration", visitor.link("/administration", &[]))
        .show(&visitor))
}

/// Shows what erasing a person would remove, and asks why.
pub(in crate::web) async fn ask(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    page(&server, &visitor, &number, &Fields::default()).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    number: &str,
    fields: &Fields,
) -> Result<Html<String>, Problem> {
    let (store, clock, actor) = (server.store()?, server.clock, visitor.actor());
    let would = match app::erase_person(store, clock, &actor, number, "aperçu", true).await {
        Ok(report) => Ok(report),
        Err(AppError::Refused(why)) => Err(why),
        Err(error) => return Err(error.into()),
    };
    let here = visitor.link(&format!("{HOME}/{}", segment(number)), &[]);
    let body = html! {
        @match &would {
            Err(why) => div.bad role="alert" { p { (why) } },
            Ok(report) => {
                (effects(report))
                (form(visitor, &here, fields, html! {
                    (Field::long("motif", "Motif").hint("gardé au journal d'audit ; n'y écrivez aucun nom").required().show(fields))
                    (Field::text("confirmation", "Confirmation").hint("écrivez le numéro du dossier : rien ne revient d'un effacement").required().show(fields))
                    p.actions {
                        button.danger { "Effacer cette identité" }
                        a.button href=(visitor.link(HOME, &[])) { "Ne rien effacer" }
                    }
                })?)
            }
        }
    };
    Ok(Page::new(format!("Effacer le dossier {number}"), body)
        .under("Administration", visitor.link("/administration", &[]))
        .under("Conservation des données", visitor.link(HOME, &[]))
        .show(visitor))
}

fn effects(report: &EraseReport) -> Markup {
    let until = Date::parse(&report.conserve_jusqu_au);
    let until = until.map_or_else(|| report.conserve_jusqu_au.clone(), Date::to_french);
    let list = |items: &[(&'static str, u64)]| {
        html! { ul { @for (what, number) in items { li { (group_thousands(*number)) " " (what) } } } }
    };
    html! {
        p { "À garder jusqu'au " (until) " (règle «\u{a0}" (report.regle) "\u{a0}») : cette date est passée." }
        div.warning { p { strong { "Serait effacé" } } (list(&report.efface)) }
        p { "Resterait, sous le pseudonyme " span.code { (report.pseudonyme) } " :" }
        (list(&report.conserve))
    }
}

/// Erases a person.
pub(in crate::web) async fn erase(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let reason = fields.required("motif", "Dites pourquoi cette identité est effacée");
    if fields.text("confirmation") != number {
        fields.fault("confirmation", format!("Écrivez exactement «\u{a0}{number}\u{a0}»"));
    }
    if fields.faults.is_empty() {
        let (store, clock, actor) = (server.store()?, server.clock, visitor.actor());
        match app::erase_person(store, clock, &actor, &number, &reason, false).await {
            Ok(report) => {
                let left = report.remarque.map_or_else(String::new, |left| format!(" Attention : {left}."));
                let said = format!("Dossier {number} : identité effacée.{left}");
                server.sessions.say(&visitor.token, said);
                return Ok(Redirect::to(&visitor.link(HOME, &[])).into_response());
            }
            Err(AppError::Refused(why) | AppError::Usage(why)) => fields.fault("motif", why),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&server, &visitor, &number, &fields).await?.into_response())
}
