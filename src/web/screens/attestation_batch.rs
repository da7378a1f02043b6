//! Attestations for everyone: how many, then one file.

use super::attestations::months;
use super::new_attestation::{period_fields, read_request};
use crate::app::{self, AppError, AttestReport, AttestRequest, AttestationBatch, Bundle, counted};
use crate::money::group_thousands;
use crate::statements::Named;
use crate::web::fields::{Fields, Posted};
use crate::web::jobs::Done;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::results::{Made, MadeFile, Outcome};
use crate::web::server::Server;
use crate::web::view::{Field, faults, form, hidden, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// The most attestations in one document, which is whole in memory before it is sent.
const MOST_IN_A_DOCUMENT: usize = 2_000;

/// Refusals told one by one.
const TOLD: usize = 50;

/// Asks for which months and whom, and says how many there would be.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let request = read_request(&visitor, &mut fields);
    page(&server, &visitor, fields, request).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    mut fields: Fields,
    request: AttestRequest,
) -> Result<Html<String>, Problem> {
    let everyone = AttestRequest { who: None, ..request };
    let mut batch = None;
    if fields.faults.is_empty() {
        match app::attestation_batch(server.store()?, server.clock, &visitor.actor(), &everyone).await {
            Ok(found) => batch = Some(found),
            Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("du", message),
            Err(error) => return Err(error.into()),
        }
    }
    let of_months = everyone.months.is_some();
    let known = app::choices(server.store()?).await?;
    let body = html! {
        (faults(&fields))
        form.fields.row method="get" action="/attestations/lot" {
            (hidden("exercice", &visitor.year.code.to_string()))
            (period_fields(&fields))
            (Field::choice("dispositif", "Dispositif", choices(&known.dispositifs)).show(&fields))
            (Field::choice("site", "Site", choices(&known.sites)).show(&fields))
            p.actions { button { "Compter" } }
        }
        @if let Some(batch) = &batch { (asks(visitor, &everyone, batch)?) }
    };
    let page =
        Page::new("Attester pour tous", body).under("Attestations", visitor.link("/attestations", &[]));
    Ok(if of_months { page } else { page.of_a_year() }.show(visitor))
}

fn choices(known: &[Named]) -> Vec<(String, String)> {
    let named = |one: &Named| {
        let alone = one.label.is_empty() || one.label == one.code;
        let words = if alone { one.code.clone() } else { format!("{} — {}", one.code, one.label) };
        (one.code.clone(), words)
    };
    std::iter::once((String::new(), "Tous".to_string())).chain(known.iter().map(named)).collect()
}

/// How many there would be, and the button that issues them.
fn asks(visitor: &Visitor, request: &AttestRequest, batch: &AttestationBatch) -> Result<Markup, AppError> {
    if batch.people == 0 {
        return Ok(
            html! { p.warning { "Personne n'a d'aide enregistrée dans cette période, selon ces choix." } },
        );
    }
    let kinds = [
        (Bundle::Archive, "Un fichier ZIP, une attestation par fichier"),
        (Bundle::Document, "Un seul PDF, à imprimer"),
    ];
    let kinds = kinds.map(|(bundle, words)| (bundle.code().to_string(), words.to_string())).to_vec();
    let inside = html! {
        (hidden("du", &batch.months.0.to_string()))
        (hidden("au", &batch.months.1.to_string()))
        (hidden("selon", request.basis.code()))
        (hidden("dispositif", request.dispositif.as_deref().unwrap_or("")))
        (hidden("site", request.site.as_deref().unwrap_or("")))
        (Field::choice("format", "Recevoir", kinds).required().show(&Fields::default()))
        (save("Délivrer"))
    };
    Ok(html! {
        p.figure { (counted(batch.people as u64, "personne", "personnes")) }
        p {
            "ont une aide, " (months(batch.months)) ", selon " (request.basis.in_words()) "\u{a0}: une attestation chacune, avec toutes ses aides de la période. "
            "Celles qui ont déjà été délivrées sur les mêmes faits gardent leur numéro."
        }
        (form(visitor, "/attestations/lot", &Fields::default(), inside)?)
    })
}

/// Issues them, in a job. Asked twice, each is issued once: the second time finds the first.
pub(in crate::web) async fn issue(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let request = AttestRequest { who: None, ..read_request(&visitor, &mut fields) };
    let bundle = Bundle::ALL.into_iter().find(|bundle| bundle.code() == fields.text("format"));
    let Some(bundle) = bundle else {
        return Err(Problem::unreadable("Choisissez un fichier ZIP, ou un seul PDF."));
    };
    if !fields.faults.is_empty() {
        return Ok(page(&server, &visitor, fields, request).await?.into_response());
    }
    let (store, actor) = (server.store()?.clone(), visitor.actor());
    let batch = app::attestation_batch(&store, server.clock, &actor, &request).await?;
    if bundle == Bundle::Document && batch.people > MOST_IN_A_DOCUMENT {
        fields.fault(
            "du",
            format!(
                "Un seul PDF tient {MOST_IN_A_DOCUMENT} attestations au plus : choisissez le ZIP, ou un site"
            ),
        );
        return Ok(page(&server, &visitor, fields, request).await?.into_response());
    }
    let name = format!("attestations-{}-{}.{}", batch.months.0, batch.months.1, bundle.code());
    let owner = visitor.user.name.clone();
    let shared = server.clone();
    let place = server.jobs.start(&visitor.user.name, "Attestations", move |job| async move {
        let progress = |_: &str, done, total| job.say("Attestations délivrées", done, total);
        let mut file = MadeFile::begin()?;
        let report =
            app::bundle_attestations(&store, shared.clock, &actor, &request, bundle, &progress, &mut file)
                .await?;
        let media_type = if bundle == Bundle::Archive { "application/zip" } else { crate::web::export::PDF };
        let outcome = Outcome {
            title: format!("Attestations, {}", months(batch.months)),
            above: ("Attestations", "/attestations"),
            notes: told(&report),
            made: Made::File(MadeFile::whole(file, name, media_type)?),
        };
        let key = shared.results.put(&owner, shared.clock.moment(), outcome)?;
        let leads_to = format!("/resultats/{key}");
        let issued = group_thousands(report.nouvelles + report.reeditions);
        Ok(Done { said: format!("{issued} attestations sont prêtes."), leads_to })
    })?;
    Ok(Redirect::to(&place).into_response())
}

/// What became of everyone.
fn told(report: &AttestReport) -> Vec<String> {
    let mut notes = vec![format!(
        "Délivrées : {}. Déjà délivrées, données à nouveau : {}.",
        group_thousands(report.nouvelles),
        group_thousands(report.reeditions)
    )];
    if report.sans_identite > 0 {
        let number = group_thousands(report.sans_identite);
        notes.push(format!("Sans attestation, identité effacée : {number}."));
    }
    notes.extend(
        report.refusees.iter().take(TOLD).map(|(number, why)| format!("Dossier {number}, refusée : {why}")),
    );
    if let Some(more) = report.refusees.len().checked_sub(TOLD).filter(|more| *more > 0) {
        notes.push(format!("Et {more} autres refusées."));
    }
    notes
}
