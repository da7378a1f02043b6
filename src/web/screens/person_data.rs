//! What concerns the data of a person: who looked at their file, and all that the base holds of them.

use crate::app;
use crate::statements::Table;
use crate::web::address::segment;
use crate::web::export::{self, Shown};
use crate::web::fields::Posted;
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{pages, table};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use maud::html;
use std::sync::Arc;

fn file_of(visitor: &Visitor, number: &str) -> String {
    visitor.link(&format!("/personnes/{}", segment(number)), &[])
}

/// Shows who looked at a person's file; looking at it is noted too.
pub(in crate::web) async fn views(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let (store, actor) = (server.store()?, visitor.actor());
    // A name in the place of the number leads nowhere.
    let number = app::person_numbered(store, &actor, &number).await?.number;
    let all = app::views_of(store, server.clock, &actor, &number).await?;
    let (range, links) = pages(&visitor, all.rows.len());
    let shown = Table { rows: all.rows[range].to_vec(), ..all };
    let body = html! {
        p { "Chaque fois qu'une personne de la structure voit ce dossier, c'est noté ici, et rien ne l'efface." }
        (table(&shown, |_, _| None))
        (links)
    };
    Ok(Page::new(format!("Consultations du dossier {number}"), body)
        .under("Personnes", visitor.link("/personnes", &[]))
        .under(format!("Dossier {number}"), file_of(&visitor, &number))
        .show(&visitor))
}

/// Offers all that the base holds of a person.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Html<String>, Problem> {
    let notice = app::data_notice(server.store()?).await?;
    let here = visitor.link(&format!("/personnes/{}/donnees", segment(&number)), &[]);
    let body = html! {
        p { (notice.request.cited()) }
        p { "Voici de quoi lui répondre : un fichier ZIP avec un document à lire, et les mêmes données en JSON et en CSV." }
        p.warning { "Son numéro de compte y est entier, et l'historique de ses aides aussi : ne remettez ce fichier qu'à elle, une fois son identité vérifiée. La demande est notée." }
        form method="post" action=(here) {
            (csrf(&visitor))
            p.actions { button.main { "Télécharger ses données" } }
        }
    };
    Ok(Page::new(format!("Données du dossier {number}"), body)
        .under("Personnes", visitor.link("/personnes", &[]))
        .under(format!("Dossier {number}"), file_of(&visitor, &number))
        .show(&visitor))
}

/// Gives all that the base holds of a person, as one archive.
pub(in crate::web) async fn fetch(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(_): Posted,
) -> Result<Response, Problem> {
    let data = app::personal_data(server.store()?, server.clock, &visitor.actor(), &number).await?;
    let name = format!("donnees-{}.zip", data.number);
    Ok(export::file(&name, "application/zip", Shown::Saved, data.archive()?))
}
