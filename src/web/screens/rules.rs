//! The rules: all of them, the page of one, its versions, the text of a version.

use crate::app::{self, AppError, Letterhead, Right, RulePageReport, RulesFrom};
use crate::calendar::Date;
use crate::documents::{Paper, rule_page_paper};
use crate::ledger::seal::beginning;
use crate::statements::{Cell, Table};
use crate::web::address::{address, segment};
use crate::web::export::{self, Shown};
use crate::web::fields::Fields;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, blocks, exports, faults, hidden, pages, table};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Reads the day that an address asks for.
fn day_asked(visitor: &Visitor) -> (Fields, Option<Date>) {
    let mut fields = visitor.fields();
    let day = fields.day("au", visitor.frame.today);
    (fields, day)
}

/// Asks for another day.
fn day_form(path: &str, fields: &Fields) -> Markup {
    html! {
        (faults(fields))
        form.fields.row method="get" action=(path) {
            @if !fields.text("version").is_empty() { (hidden("version", fields.text("version"))) }
            (Field::day("au", "Au jour").show(fields))
            p.actions { button { "Montrer" } }
        }
    }
}

/// The words of a cell, where it holds words.
fn words(table: &Table, row: usize, column: usize) -> Option<&str> {
    match table.rows.get(row)?.cells.get(column)? {
        Cell::Text(words) => Some(words),
        _ => None,
    }
}

/// Lists the dispositifs on a day.
pub(in crate::web) async fn list(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (fields, day) = day_asked(&visitor);
    let store = server.store()?;
    let listed = app::list_rules(RulesFrom::Base(store), server.clock, day).await?;
    let format = visitor.asked("format");
    if !format.is_empty() {
        return export::tables(server.store()?, server.clock, format, "regles", &[listed]).await;
    }
    let asked = day.map(|day| day.to_string()).unwrap_or_default();
    let link = |row: usize, column: usize| {
        let code = words(&listed, row, 0).filter(|_| column < 2)?;
        Some(address(&format!("/regles/{}", segment(code)), &[("au", &asked)]))
    };
    let body = html! {
        @if visitor.may(Right::Read) {
            p.actions {
                a.button href="/regles/historique" { "Toutes les versions" }
                a.button href="/regles/essai" { "Essayer des règles" }
            }
        }
        (day_form("/regles", &fields))
        (table(&listed, link))
        (exports(&visitor))
    };
    Ok(Page::new("Règles", body).show(&visitor).into_response())
}

/// Shows the page of a dispositif on a day, by the rules in force or by an older version.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let (fields, day) = day_asked(&visitor);
    let store = server.store()?;
    let version = visitor.asked("version");
    let from = if version.is_empty() { RulesFrom::Base(store) } else { RulesFrom::Version(store, version) };
    let report = app::show_rules(from, server.clock, &code, day).await?;
    let head = Letterhead::load(store, server.clock).await?;
    let told = report.version.to_string();
    let paper = rule_page_paper(&report.page, &told, &head.lines, head.dated);
    if visitor.asked("format") == "pdf" {
        return export::pdf(
            &format!("regles-{}-{}", report.page.code, report.page.day),
            &Paper { warning: head.warning, ..paper },
        );
    }
    let body = html! {
        @if !version.is_empty() {
            p.warning { "Une version conservée, non celle en vigueur. " a href=(format!("/regles/{}", segment(&report.page.code))) { "Les règles en vigueur" } }
        }
        (actions(&visitor, &report))
        (day_form(&visitor.path, &fields))
        (blocks(&paper))
        @if visitor.may(Right::Read) { (versions(&server, &report).await?) }
    };
    let page = Page::new(paper.title.clone(), body).under("Règles", "/regles");
    Ok(page.show(&visitor).into_response())
}

fn actions(visitor: &Visitor, report: &RulePageReport) -> Markup {
    html! {
        p { span.badge.ok[report.page.open].no[!report.page.open] { @if report.page.open { "Ouvert" } @else { "Fermé à cette date" } } }
        p.actions {
            a.button href=(visitor.here_with("format", "pdf")) { "PDF" }
            @if visitor.may(Right::Read) {
                a.button href=(format!("/regles/textes/{}", report.version.empreinte)) { "Texte de la règle" }
                a.button href=(address("/regles/essai", &[("version", &report.version.empreinte)])) { "Essayer une modification" }
            }
        }
    }
}

/// The versions of the file that a page tells.
async fn versions(server: &Server, report: &RulePageReport) -> Result<Markup, Problem> {
    let history = app::rule_history(server.store()?, Some(&report.version.fichier)).await?;
    let history = Table { notes: Vec::new(), title: "Versions publiées".into(), ..history };
    let code = segment(&report.page.code);
    let link = |row: usize, column: usize| {
        let version = words(&history, row, 2)?;
        match column {
            0 => Some(address(&format!("/regles/{code}"), &[("version", version)])),
            2 => Some(format!("/regles/textes/{version}")),
            _ => None,
        }
    };
    Ok(html! {
        h2 { "Versions" }
        (table(&history, link))
        p.note { "La date mène à la page de cette version, la version à son texte." }
    })
}

/// Lists every version of every file, the newest first.
pub(in crate::web) async fn history(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let mut all = app::rule_history(server.store()?, None).await?;
    all.notes.clear();
    let format = visitor.asked("format");
    if !format.is_empty() {
        return export::tables(server.store()?, server.clock, format, "versions-des-regles", &[all]).await;
    }
    all.rows.reverse();
    let (rows, links) = pages(&visitor, all.rows.len());
    let shown = Table { rows: all.rows[rows].to_vec(), ..all };
    let link = |row: usize, column: usize| {
        let version = words(&shown, row, 2).filter(|_| column == 2)?;
        Some(format!("/regles/textes/{version}"))
    };
    let body = html! {
        (table(&shown, link))
        (links)
        (exports(&visitor))
    };
    Ok(Page::new("Versions des règles", body).under("Règles", "/regles").show(&visitor).into_response())
}

/// Shows the text of a version.
pub(in crate::web) async fn text(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    let found = app::rule_text(server.store()?, &version).await;
    let (path, text) = found.map_err(|error| match error {
        AppError::Refused(_) | AppError::Usage(_) => Problem::not_found(),
        error => error.into(),
    })?;
    let name = path.rsplit('/').next().unwrap_or(&path).to_string();
    if visitor.asked("format") == "toml" {
        return Ok(export::file(&name, "text/plain; charset=utf-8", Shown::Saved, text.into_bytes()));
    }
    let body = html! {
        dl.facts {
            dt { "Fichier" } dd { (path) }
            dt { "Version" } dd.code { (version) }
        }
        p.actions {
            a.button href=(visitor.here_with("format", "toml")) { "Télécharger" }
            a.button href=(address("/regles/essai", &[("version", &version)])) { "Essayer une modification" }
        }
        pre tabindex="0" role="region" aria-label="Texte de la règle" { (text) }
    };
    let page = Page::new(format!("{name}, version {}", beginning(&version)), body);
    Ok(page.under("Règles", "/regles").show(&visitor).into_response())
}
