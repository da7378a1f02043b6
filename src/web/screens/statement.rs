//! What statements share: their FEC and its seal, their bar of filters, their files, their foot.

use crate::app::{
    self, AppError, Counted, FecInForce, GeneralReport, GeneralStatement, Letterhead, PageKey, Right,
};
use crate::money::group_thousands;
use crate::statements::{Cell, Table};
use crate::web::drill::{self, Figures};
use crate::web::export;
use crate::web::fields::Fields;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{exports, faults, hidden};
use crate::web::visitor::Visitor;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

/// What is answered instead of a statement: what went wrong, or the page that says what to do first.
pub(in crate::web) enum Instead {
    Problem(Problem),
    Page(Html<String>),
}

impl From<Problem> for Instead {
    fn from(problem: Problem) -> Instead {
        Instead::Problem(problem)
    }
}

impl From<AppError> for Instead {
    fn from(error: AppError) -> Instead {
        Instead::Problem(error.into())
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Instead::Problem(problem) => problem.into_response(),
            Instead::Page(page) => page.into_response(),
        }
    }
}

/// The FEC of the year looked at, and the other years that have one.
pub(super) struct Fecs {
    pub own: FecInForce,
    others: Vec<i16>,
}

impl Fecs {
    /// Finds the FEC of the year; without one, a page says how to bring it.
    pub(super) async fn load(server: &Server, visitor: &Visitor, title: &str) -> Result<Fecs, Instead> {
        let mut all = app::fecs_in_force(server.store()?).await?;
        let place = all.iter().position(|fec| fec.year == visitor.year.code);
        let own = place.map(|place| all.remove(place));
        let others: Vec<i16> = all.iter().rev().map(|fec| fec.year).collect();
        match own {
            Some(own) => Ok(Fecs { own, others }),
            None => Err(Instead::Page(without_fec(visitor, title, &others))),
        }
    }

    /// Reads the year to compare with: the one before it where nothing is asked.
    pub(super) fn compared(&self, fields: &mut Fields) -> Option<i16> {
        let asked = fields.text("comparer").to_string();
        if asked.is_empty() {
            return None;
        }
        let found = asked.parse().ok().filter(|year| self.others.contains(year));
        if found.is_none() {
            fields.fault("comparer", format!("Pas de FEC de « {asked} » à comparer"));
        }
        found
    }

    /// The years to compare with, each with its words.
    pub(super) fn years(&self) -> Vec<(String, String)> {
        self.others.iter().map(|year| (year.to_string(), year.to_string())).collect()
    }
}

fn without_fec(visitor: &Visitor, title: &str, others: &[i16]) -> Html<String> {
    let year = visitor.year.code;
    let body = html! {
        p { "La comptabilité de " (year) " n'est pas dans la base : aucun FEC de cet exercice n'a été importé." }
        @if visitor.may(Right::Record) {
            p.actions {
                a.button.main href=(visitor.link("/imports/nouveau", &[])) { "Importer le FEC de " (year) }
            }
        } @else {
            p { "Une personne de rôle saisie peut l'importer (Imports, puis Importer un fichier)." }
        }
        @if !others.is_empty() {
            h2 { "Exercices qui ont un FEC" }
            ul.choices {
                @for year in others {
                    li { a.button href=(visitor.here_with("exercice", &year.to_string())) { (year) } }
                }
            }
        }
        p.note { "Le FEC est le fichier des écritures comptables que votre logiciel de comptabilité sait produire." }
    };
    Page::new(format!("{title} {year}"), body)
        .under("États", visitor.link("/etats", &[]))
        .of_a_year()
        .show(visitor)
}

/// The frame of a statement: what leads to it, the choice of its year.
pub(super) fn page(visitor: &Visitor, title: &str, body: Markup) -> Response {
    let title = format!("{title} {}", visitor.year.code);
    let page = Page::new(title, body).under("États", visitor.link("/etats", &[])).of_a_year();
    page.show(visitor).into_response()
}

/// Asks for other figures: what is asked stays in the address.
pub(super) fn bar(visitor: &Visitor, fields: &Fields, inside: Markup) -> Markup {
    html! {
        (faults(fields))
        form.fields.row method="get" action=(visitor.path) {
            (hidden("exercice", &visitor.year.code.to_string()))
            (inside)
            p.actions { button { "Afficher" } }
        }
    }
}

/// Answers with the file that the address asks for; none where it asks for the page.
pub(super) async fn file(
    server: &Server,
    visitor: &Visitor,
    name: &str,
    tables: &[Table],
) -> Result<Option<Response>, Problem> {
    match visitor.asked("format") {
        "" => Ok(None),
        format => {
            let name = format!("{name}-{}", visitor.year.code);
            export::tables(server.store()?, server.clock, format, &name, tables).await.map(Some)
        }
    }
}

/// Under a statement: its files, where its figures come from, what seals them; on paper, what was asked.
pub(super) async fn foot(
    server: &Server,
    visitor: &Visitor,
    fec: Option<&FecInForce>,
    asked: &[(&str, &str)],
) -> Result<Markup, Problem> {
    let head = Letterhead::load(server.store()?, server.clock).await?;
    let asked: Vec<String> = asked
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(what, value)| format!("{what}\u{a0}: {value}"))
        .collect();
    Ok(html! {
        (exports(visitor))
        @if let Some(fec) = fec { (source(visitor, fec)) }
        @if !asked.is_empty() { p.onpaper { (asked.join(" ; ")) "." } }
        p.onpaper { (head.footer) }
    })
}

/// Where the figures of the general book come from, and what seals them.
pub(super) fn source(visitor: &Visitor, fec: &FecInForce) -> Markup {
    let origin = &fec.origin;
    html! {
        p.note {
            "Source\u{a0}: " (origin.file) ", importé le " (origin.at) " par " (origin.user) " ("
            a href=(visitor.link(&format!("/imports/{}", origin.lot), &[])) { "lot " (origin.lot) } "). "
            @match &fec.sealed_by {
                None => "FEC provisoire\u{a0}: aucun sceau ne le couvre encore.",
                Some((key, seal)) => {
                    "FEC définitif, scellé par l'écriture "
                    a href=(drill::entry(visitor.year.code, key)) { (key.0) " " (key.1) "-" (key.2) }
                    ", sceau " code { (seal) } "."
                }
            }
        }
    }
}

/// Says where the amounts of a statement lead: those of a year to its lines. An amount of nothing leads
/// nowhere, and the line that it is on may not exist in the other year.
pub(super) fn lead<'a>(
    visitor: &'a Visitor,
    report: &'a GeneralReport,
    statement: &'a GeneralStatement,
    table: &'a Table,
) -> impl Fn(usize, usize) -> Option<String> + 'a {
    move |row, column| {
        let row = table.rows.get(row)?;
        let year = match table.columns.get(column)?.key.as_str() {
            "montant" => report.year,
            "precedent" => report.compared?,
            _ => return None,
        };
        match row.cells.get(column)? {
            Cell::Amount(amount) if !amount.is_zero() => {}
            _ => return None,
        }
        let year = visitor.frame.years.named(year)?;
        let figures = Figures { statement: Some(statement.clone()), ..Figures::of(year) };
        figures.address(row.drill.as_ref()?)
    }
}

/// Reads where a page begins.
pub(super) fn after(visitor: &Visitor) -> Result<Option<PageKey>, Problem> {
    match visitor.asked("apres") {
        "" => Ok(None),
        text => PageKey::parse(text).map(Some).ok_or_else(Problem::not_found),
    }
}

/// The way to the next page, and back to the first.
pub(super) fn onward(visitor: &Visitor, next: Option<&PageKey>) -> Markup {
    let first = visitor.asked("apres").is_empty();
    html! {
        @if next.is_some() || !first {
            nav.pages aria-label="Pages" {
                @if !first { a.button href=(visitor.here_with("apres", "")) { "Première page" } }
                @if let Some(next) = next {
                    a.button href=(visitor.here_with("apres", &next.to_string())) rel="next" { "Page suivante" }
                }
            }
        }
    }
}

/// Says how many there are.
pub(super) fn counted(number: Counted, one: &str, several: &str) -> String {
    let (at_least, number) = match number {
        Counted::Exactly(number) => ("", number),
        Counted::AtLeast(number) => ("au moins ", number),
    };
    let word = if number > 1 { several } else { one };
    format!("{at_least}{}\u{a0}{word}", group_thousands(number.unsigned_abs()))
}
