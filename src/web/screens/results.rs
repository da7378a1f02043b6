//! What a job made: tables to read and export, or a file to download. Only its owner sees it.

use crate::statements::Table;
use crate::web::address::address;
use crate::web::export;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::results::{Made, Outcome};
use crate::web::server::Server;
use crate::web::view::{exports, pages, size, table};
use crate::web::visitor::Visitor;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;
use maud::{Markup, html};
use std::sync::Arc;

/// Bytes read at once.
const BLOCK: u64 = 64 << 10;

fn find(server: &Server, visitor: &Visitor, key: &str) -> Result<Arc<Outcome>, Problem> {
    server.results.find(key, &visitor.user.name).ok_or_else(|| Problem {
        status: StatusCode::NOT_FOUND,
        title: "Résultat introuvable",
        message: "Ce résultat n'est plus là, ou n'est pas le vôtre : un résultat est gardé un jour au plus. Rien n'est perdu, demandez-le à nouveau.".into(),
    })
}

/// Shows a result.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let outcome = find(&server, &visitor, &key)?;
    let format = visitor.asked("format");
    let shown = match &outcome.made {
        Made::Tables(tables) if !format.is_empty() => {
            return export::tables(server.store()?, server.clock, format, &outcome.title, tables).await;
        }
        Made::Tables(tables) => shown_tables(&visitor, tables),
        Made::File(file) => html! {
            p.actions { a.button.main href=(format!("/resultats/{key}/fichier")) { "Télécharger " (file.name) " (" (size(file.length)) ")" } }
            p.note { "Le fichier est gardé un jour au plus. Il contient des données personnelles : ne le laissez pas dans un dossier partagé." }
        },
    };
    let body = html! {
        @for note in &outcome.notes { p { (note) } }
        (shown)
    };
    let (words, place) = outcome.above;
    Ok(Page::new(outcome.title.clone(), body)
        .under(words, visitor.link(place, &[]))
        .show(&visitor)
        .into_response())
}

/// One table at a time, and the way to the others.
fn shown_tables(visitor: &Visitor, tables: &[Table]) -> Markup {
    let asked = visitor.asked("table").parse().unwrap_or(0).min(tables.len().saturating_sub(1));
    let Some(one) = tables.get(asked) else { return html! {} };
    let (rows, links) = pages(visitor, one.rows.len());
    let shown = Table { rows: one.rows[rows].to_vec(), ..one.clone() };
    let place = |rank: usize| address(&visitor.path, &[("table", &rank.to_string())]);
    html! {
        @if tables.len() > 1 {
            nav.tabs aria-label="Tables" {
                ul {
                    @for (rank, table) in tables.iter().enumerate() {
                        li { a href=(place(rank)) aria-current=[(rank == asked).then_some("page")] { (table.title) } }
                    }
                }
            }
        }
        (table(&shown, |_, _| None))
        (links)
        (exports(visitor))
    }
}

/// Sends the file, as it is read.
pub(in crate::web) async fn file(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let outcome = find(&server, &visitor, &key)?;
    let Made::File(file) = &outcome.made else { return Err(Problem::not_found()) };
    let read = outcome.clone();
    let blocks = try_unfold((read, 0), async |(read, from)| {
        let Made::File(file) = &read.made else { return Ok(None) };
        let bytes = file.read(from, BLOCK)?;
        let next = from + bytes.len() as u64;
        let block = (!bytes.is_empty()).then(|| Bytes::from(bytes));
        Ok::<_, std::io::Error>(block.map(|block| (block, (read, next))))
    });
    Ok(export::pieces(&file.name, file.media_type, file.length, Body::from_stream(blocks)))
}
