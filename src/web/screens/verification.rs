//! Verifying the books: everything recomputed from the lines, and what was found said in words.

use crate::app::{self, VerifyReport, counted, local};
use crate::ledger::seal::beginning;
use crate::money::group_thousands;
use crate::web::fields::Posted;
use crate::web::jobs::{Done, aside};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, Redirect};
use maud::{Markup, html};
use std::sync::{Arc, PoisonError};

/// A verification and who asked for it.
#[derive(Clone)]
pub(in crate::web) struct Verified {
    /// When, in the structure's zone.
    pub at: String,
    /// Who asked.
    pub by: String,
    /// What was found.
    pub report: Arc<VerifyReport>,
}

/// Returns the last verification of this server.
pub(super) fn last(server: &Server) -> Option<Verified> {
    server.verified.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Shows the last verification, and offers another.
pub(in crate::web) async fn show(State(server): State<Arc<Server>>, visitor: Visitor) -> Html<String> {
    let body = html! {
        p { "Sceaux, soldes, enveloppes, plafonds et totaux sont recalculés à partir de chaque ligne, et comparés à ce qui est affiché. Rien n'est écrit." }
        form method="post" action=(visitor.link("/administration/verification", &[])) {
            (csrf(&visitor))
            p.actions { button.main { "Vérifier maintenant" } }
        }
        @match last(&server) {
            None => p.note { "Aucune vérification depuis que ce serveur est ouvert." },
            Some(done) => {
                h2 { "Vérification du " (done.at) ", par " (done.by) }
                (words(&done.report))
            }
        }
    };
    Page::new("Vérification des livres", body)
        .under("Administration", visitor.link("/administration", &[]))
        .show(&visitor)
}

/// What a verification found, in words.
pub(super) fn words(report: &VerifyReport) -> Markup {
    html! {
        @if report.integre {
            p.good { strong { "Conforme." } " Aucune ligne, aucun sceau, aucun total n'a été altéré." }
        } @else {
            div.bad role="alert" {
                p { strong { "Les livres ont été altérés." } " Restaurez une copie d'avant l'altération ; n'imprimez rien de cette base." }
                ul { @for what in report.alterations.iter().take(200) { li { (what) } } }
            }
        }
        @if !report.alertes.is_empty() {
            div.warning { p { "À regarder :" } ul { @for what in report.alertes.iter().take(200) { li { (what) } } } }
        }
        @for what in &report.non_couvert { p.note { "Non couvert par les sceaux : " (what) } }
        dl.facts {
            dt { "Vérifié" }
            dd {
                (counted(report.ecritures, "écriture", "écritures")) ", " (counted(report.lignes, "ligne", "lignes")) ", "
                (counted(report.aides, "aide", "aides"))
            }
            @if report.integre {
                dt { "Tête de la chaîne" }
                dd { "n° " (group_thousands(report.tete.0.unsigned_abs())) ", sceau " span.code { (beginning(&report.tete.1)) } }
            }
        }
    }
}

/// Verifies the books.
pub(in crate::web) async fn verify(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(_): Posted,
) -> Result<Redirect, Problem> {
    let (shared, by) = (server.clone(), visitor.user.name.clone());
    let place = visitor.link("/administration/verification", &[]);
    let work = server.jobs.start(&visitor.user.name, "Vérification des livres", |job| async move {
        let said = aside(move || async move {
            let store = shared.store()?;
            let say = |what: &str, done: u64, total: u64| job.say(what, done, total);
            let report = app::verify(store, &say).await?;
            let said = if report.integre {
                "Livres vérifiés : conformes."
            } else {
                "Livres vérifiés : ALTÉRÉS."
            };
            let zone = app::base_facts(store).await?.info.zone;
            let done = Verified { at: local(&shared.clock.now(), &zone), by, report: Arc::new(report) };
            *shared.verified.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            Ok(said.to_string())
        })
        .await?;
        Ok(Done { said, leads_to: place })
    })?;
    Ok(Redirect::to(&work))
}
