//! The journal of imports: what came in, from which file, and what became of it.

use crate::app::{self, LotLine, MAX_ROWS, PageKey, Right};
use crate::money::group_thousands;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the imports, newest first.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let after = PageKey::parse(visitor.asked("apres"));
    let lots = app::lots(server.store()?, after.as_ref(), MAX_ROWS).await?;
    let may_import = visitor.may(Right::Record);
    let body = html! {
        @if may_import {
            p.actions { a.button.main href=(visitor.link("/imports/nouveau", &[])) { "Importer un fichier" } }
        }
        p.note { "Chaque ligne lue est comptée : lues = acceptées + déjà importées + refusées." }
        @if lots.rows.is_empty() {
            p.empty { "Rien n'a encore été importé." }
        } @else {
            (table(&visitor, &lots.rows))
        }
        (turn(&visitor, after.is_some(), lots.next.as_ref()))
    };
    Ok(Page::new("Imports", body).show(&visitor))
}

fn table(visitor: &Visitor, lots: &[LotLine]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Imports" tabindex="0" {
            table {
                caption { "Imports et annulations, du plus récent au plus ancien" }
                thead {
                    tr {
                        th.n scope="col" { "Lot" }
                        th scope="col" { "Fichier" }
                        th scope="col" { "Le, par" }
                        th.n scope="col" { "Lues" }
                        th.n scope="col" { "Acceptées" }
                        th.n scope="col" { "dont irrégulières" }
                        th.n scope="col" { "Déjà importées" }
                        th.n scope="col" { "Refusées" }
                    }
                }
                tbody { @for lot in lots { (row(visitor, lot)) } }
            }
        }
    }
}

fn row(visitor: &Visitor, lot: &LotLine) -> Markup {
    let page = visitor.link(&format!("/imports/{}", lot.lot), &[]);
    html! {
        tr {
            td.n { a href=(page) { (lot.lot) } }
            th scope="row" {
                strong { (lot.what) } @if !lot.file.is_empty() { " " (lot.file) }
                @if !lot.state.is_empty() { br; (state(lot)) }
                @if let Some(reason) = &lot.reason { br; span.note { (reason) } }
            }
            td.whole { (lot.at) br; (lot.user) }
            @for count in lot.counts {
                td.n { @if lot.undoes.is_none() { (group_thousands(count.unsigned_abs())) } }
            }
        }
    }
}

/// What has become of a lot, in words.
pub(super) fn state(lot: &LotLine) -> Markup {
    html! {
        @if lot.undone_by.is_some() { span.badge.mind { (lot.state) } }
        @else if lot.sealed || lot.in_force { span.badge.ok { (lot.state) } }
        @else { (lot.state) }
    }
}

/// The links to the beginning of a list and to its next page.
pub(super) fn turn(visitor: &Visitor, is_further: bool, next: Option<&PageKey>) -> Markup {
    html! {
        @if is_further || next.is_some() {
            nav.pages aria-label="Pages" {
                @if is_further { a href=(visitor.here_with("apres", "")) { "Revenir au début" } }
                @if let Some(next) = next {
                    a rel="next" href=(visitor.here_with("apres", &next.to_string())) { "Page suivante" }
                }
            }
        }
    }
}
