//! One import: what it brought, what was found in it, and how to undo it.

use super::findings::{self, Shown};
use super::imports::{state, turn};
use crate::app::{self, AppError, CancelReport, LotPage, MAX_ROWS, PageKey, Right, counted};
use crate::ledger::{Code, Severity};
use crate::money::{Amount, group_thousands};
use crate::web::address::address;
use crate::web::fields::{Fields, Posted};
use crate::web::jobs::{Done, aside};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows one import.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(lot): Path<String>,
) -> Result<Html<String>, Problem> {
    let lot = number_of(&lot)?;
    let after = PageKey::parse(visitor.asked("apres"));
    let page = app::lot_page(server.store()?, lot, after.as_ref(), MAX_ROWS).await?;
    let line = &page.line;
    let here = server.drafts.of(&visitor.user.name);
    let here = here.into_iter().find(|(_, draft)| draft.lot() == (Some(lot), true));
    let undo = visitor.link(&format!("/imports/{lot}/annuler"), &[]);
    let body = html! {
        (facts(&visitor, &page))
        @if line.undoes.is_none() { (counts(&page)) }
        @if let Some((key, _)) = here {
            p.warning {
                "Les lignes refusées ne sont pas dans la base. Votre fichier est encore ici pour un jour : "
                a href=(visitor.link(&format!("/imports/nouveau/{key}"), &[])) { "revoir ce qui est refusé et pourquoi" } "."
            }
        }
        @if line.undone_by.is_none() { (leads_to(&visitor, &page)) }
        @if line.may_be_undone() && visitor.may(Right::Record) {
            p.actions { a.button.danger href=(undo) { "Annuler cet import…" } }
        } @else if line.sealed {
            p.note { "Un FEC définitif est scellé : il ne s'annule pas." }
        }
        @if !page.codes.is_empty() {
            h2 { "Constats gardés avec les aides" }
            (findings::codes(page.codes.iter().map(|(code, number)| (code.as_str(), severity(code), number.unsigned_abs()))))
            (findings::table("Constats, par ligne du fichier", page.findings.rows.iter().map(|found| Shown {
                line: found.line.unsigned_abs(),
                column: found.finding.column.as_deref(),
                severity: severity(&found.finding.code),
                message: &found.finding.message,
                article: found.finding.article.as_deref(),
                advice: &found.finding.advice,
                code: &found.finding.code,
            })))
            (turn(&visitor, after.is_some(), page.findings.next.as_ref()))
        }
    };
    let title = format!("{}, lot {lot}", line.what);
    Ok(Page::new(title, body).under("Imports", visitor.link("/imports", &[])).show(&visitor))
}

fn number_of(lot: &str) -> Result<i64, Problem> {
    lot.parse().map_err(|_| Problem::not_found())
}

/// What a derogation lifts is kept too, and is no irregularity.
fn severity(code: &str) -> &'static str {
    let lifted = code == Code::GrantedByDerogation.text();
    if lifted { Severity::Warning.code() } else { Severity::Irregular.code() }
}

fn facts(visitor: &Visitor, page: &LotPage) -> Markup {
    let line = &page.line;
    let lot = |number: i64| {
        let place = visitor.link(&format!("/imports/{number}"), &[]);
        html! { a href=(place) { "lot " (number) } }
    };
    html! {
        dl.facts {
            @if !line.file.is_empty() { dt { "Fichier" } dd { (line.file) } }
            dt { "Le" } dd { (line.at) }
            dt { "Par" } dd { (line.user) }
            @if !line.state.is_empty() { dt { "État" } dd { (state(line)) } }
            @if let Some(old) = line.undoes { dt { "Annule" } dd { (lot(old)) } }
            @if let Some(by) = line.undone_by { dt { "Annulé par" } dd { (lot(by)) } }
            @if let Some(reason) = &line.reason { dt { "Motif" } dd { (reason) } }
        }
    }
}

fn counts(page: &LotPage) -> Markup {
    let [read, accepted, irregular, known, refused] = page.line.counts.map(i64::unsigned_abs);
    html! {
        p.sum {
            (counted(read, "ligne lue", "lignes lues")) " = " (counted(accepted, "acceptée", "acceptées"))
            @if irregular > 0 { " (dont " (counted(irregular, "irrégulière", "irrégulières")) ")" }
            " + " (counted(known, "déjà importée", "déjà importées")) " + " (counted(refused, "refusée", "refusées"))
        }
        @if let Some((number, sum)) = page.living {
            p { (counted(number.unsigned_abs(), "aide en vigueur", "aides en vigueur")) ", " (sum.to_euros()) "." }
        }
    }
}

/// Where what it brought can be seen.
fn leads_to(visitor: &Visitor, page: &LotPage) -> Markup {
    let lot = page.line.lot.to_string();
    let year = page.line.year.map(|year| year.to_string());
    let of_year = |path: &str| match &year {
        Some(year) => address(path, &[("exercice", year)]),
        None => visitor.link(path, &[]),
    };
    let places: Vec<(&str, String)> = match page.line.kind.as_str() {
        "fec" if !page.line.in_force => Vec::new(),
        "fec" => vec![
            ("Compte de résultat", of_year("/etats/compte-de-resultat")),
            ("Bilan", of_year("/etats/bilan")),
            ("Balance", of_year("/etats/balance")),
            ("Contrôles", of_year("/etats/controles")),
        ],
        "affectation" => vec![("Subventions par financeur", of_year("/etats/subventions"))],
        "aides" => vec![
            ("Voir ces aides", visitor.link("/aides", &[("lot", &lot)])),
            ("État des aides", visitor.link("/etats/aides", &[])),
        ],
        "enveloppes" => vec![("Enveloppes", visitor.link("/etats/enveloppes", &[]))],
        "beneficiaires" | "parcours" | "declarations" | "aides-ailleurs" => {
            vec![("Personnes", visitor.link("/personnes", &[]))]
        }
        _ => Vec::new(),
    };
    html! {
        @if !places.is_empty() {
            p.actions {
                @for (rank, (words, place)) in places.iter().enumerate() {
                    a.button.main[rank == 0] href=(place) { (words) }
                }
            }
        }
    }
}

/// Shows what undoing an import would do, and asks why.
pub(in crate::web) async fn ask_to_undo(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(lot): Path<String>,
) -> Result<Html<String>, Problem> {
    undo_page(&server, &visitor, number_of(&lot)?, &Fields::default()).await
}

async fn undo_page(
    server: &Arc<Server>,
    visitor: &Visitor,
    lot: i64,
    fields: &Fields,
) -> Result<Html<String>, Problem> {
    let page = app::lot_page(server.store()?, lot, None, 1).await?;
    let (actor, shared) = (visitor.actor(), server.clone());
    let would = aside(move || async move {
        match app::preview_cancel_lot(shared.store()?, shared.clock, &actor, lot).await {
            Ok(report) => Ok(Ok(report)),
            Err(AppError::Refused(why)) => Ok(Err(why)),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    let here = visitor.link(&format!("/imports/{lot}/annuler"), &[]);
    let back = visitor.link(&format!("/imports/{lot}"), &[]);
    let body = html! {
        (facts(visitor, &page))
        @match &would {
            Err(why) => {
                div.bad role="alert" {
                    p { "Cet import ne peut pas être annulé :" }
                    @for line in why.lines() { p { (line) } }
                }
                p { a href=(back) { "Revenir à cet import" } }
            }
            Ok(report) => {
                div.warning {
                    p { strong { "Annuler cet import ferait ceci :" } }
                    ul { @for line in effects(&page, report) { li { (line) } } }
                    p { "L'annulation est un nouveau lot : ce qui a été écrit reste lisible. Le fichier pourra être importé de nouveau." }
                }
                (form(visitor, &here, fields, html! {
                    (Field::long("motif", "Motif").hint("Pourquoi : un contrôleur le lira").required().show(fields))
                    p.actions {
                        button.danger { "Annuler l'import" }
                        a.button href=(back) { "Ne rien changer" }
                    }
                })?)
            }
        }
    };
    let title = format!("Annuler le lot {lot}");
    Ok(Page::new(title, body)
        .under("Imports", visitor.link("/imports", &[]))
        .under(format!("Lot {lot}"), back)
        .show(visitor))
}

/// What an undoing does, in words.
fn effects(page: &LotPage, report: &CancelReport) -> Vec<String> {
    let mut said = Vec::new();
    let (one, several) = match page.line.kind.as_str() {
        "aides" => ("aide serait annulée", "aides seraient annulées"),
        "enveloppes" => {
            ("notification d'enveloppe serait retirée", "notifications d'enveloppe seraient retirées")
        }
        "beneficiaires" => (
            "personne serait retirée, ou retrouverait son identité d'avant",
            "personnes seraient retirées, ou retrouveraient leur identité d'avant",
        ),
        "affectation" => ("ligne serait affectée autrement", "lignes seraient affectées par d'autres règles"),
        _ => ("ligne ne compterait plus", "lignes ne compteraient plus"),
    };
    said.push(counted(report.nombre, one, several));
    if let Some(amount) = report.montant.as_deref().and_then(|text| Amount::parse(text).ok()) {
        said.push(format!("pour {}", amount.to_euros()));
    }
    if report.ecritures > 0 {
        let entries = counted(report.ecritures, "écriture inverse", "écritures inverses");
        said.push(format!("{entries} au carnet des aides"));
    }
    said.extend(report.en_vigueur.clone());
    said
}

/// Undoes an import.
pub(in crate::web) async fn undo(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(lot): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let lot = number_of(&lot)?;
    let reason = fields.required("motif", "Dites pourquoi cet import est annulé");
    if !fields.faults.is_empty() {
        return Ok(undo_page(&server, &visitor, lot, &fields).await?.into_response());
    }
    let (actor, asked, shared) = (visitor.actor(), fields.asked(&visitor), server.clone());
    let place = visitor.link(&format!("/imports/{lot}"), &[]);
    let title = format!("Annulation du lot {lot}");
    let work = server.jobs.start(&visitor.user.name, &title, |job| async move {
        job.say("Annulation", 0, 0);
        let report = aside(move || async move {
            let store = shared.store()?;
            Ok(app::cancel_lot(store, shared.clock, &actor, lot, &reason, asked.as_ref()).await?)
        })
        .await?;
        let number = group_thousands(report.lot.unsigned_abs());
        Ok(Done { said: format!("Lot {lot} annulé, par le lot {number}."), leads_to: place })
    })?;
    Ok(Redirect::to(&work).into_response())
}
