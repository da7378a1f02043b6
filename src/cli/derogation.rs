//! Derogations at the command line: asked by one person, decided by another.

use super::args::Derogation;
use super::output::password;
use super::run::Session;
use crate::app::{self, AppError, DerogationReport, DerogationRequest};
use crate::calendar::Month;
use crate::money::Amount;

pub(super) async fn derogation(session: &Session<'_>, what: Derogation) -> Result<u8, AppError> {
    match what {
        Derogation::Demander { dispositif, beneficiaire, mois, montant, regle, motif } => {
            let (month, amount, rules) =
                (mois.number().to_be_bytes(), montant.to_plain(), regle.join("\u{1f}"));
            let asked = session.asked(&[
                b"derogation demander",
                dispositif.as_bytes(),
                beneficiaire.as_bytes(),
                &month,
                amount.as_bytes(),
                rules.as_bytes(),
                motif.as_bytes(),
            ]);
            let request = DerogationRequest {
                person: beneficiaire,
                dispositif,
                month: mois,
                amount: montant,
                rules: regle,
                reason: motif,
            };
            let store = session.open().await?;
            let report =
                app::ask_derogation(&store, session.clock, &session.actor, &request, asked.as_ref()).await?;
            store.close().await;
            let text = format!(
                "Dérogation n° {number} demandée : {}.\nElle ne vaut rien tant qu'une deuxième personne ne l'a pas approuvée :\n  denier derogation approuver {number} --approbateur NOM",
                subject(&report),
                number = report.numero
            );
            said(session, &text, &report)
        }
        Derogation::Approuver { numero, approbateur } => {
            let password =
                password(&format!("Mot de passe de {approbateur} : ")).map_err(AppError::Machine)?;
            let store = session.open().await?;
            let asked =
                session.asked(&[b"derogation approuver", &numero.to_be_bytes(), approbateur.as_bytes()]);
            let second = (approbateur.as_str(), password.as_str());
            let report = app::approve_derogation(
                &store,
                session.clock,
                &session.actor,
                numero,
                second,
                asked.as_ref(),
            )
            .await?;
            store.close().await;
            let text = format!(
                "Dérogation n° {} approuvée par {approbateur} : {}.\nElle sert une fois, à la prochaine ligne de ce mois qui ne dépasse pas ce montant.",
                report.numero,
                subject(&report)
            );
            said(session, &text, &report)
        }
        Derogation::Refuser { numero, motif } => {
            let store = session.open().await?;
            let asked = session.asked(&[b"derogation refuser", &numero.to_be_bytes(), motif.as_bytes()]);
            let report =
                app::refuse_derogation(&store, session.clock, &session.actor, numero, &motif, asked.as_ref())
                    .await?;
            store.close().await;
            let text = format!("Dérogation n° {} refusée : {}.", report.numero, subject(&report));
            said(session, &text, &report)
        }
    }
}

fn said(session: &Session<'_>, text: &str, report: &DerogationReport) -> Result<u8, AppError> {
    session.said(text, &serde_json::to_value(report).unwrap_or_default())
}

/// Writes `B00026, CEJ d'octobre 2024…`: whom it is for, what it allows.
fn subject(report: &DerogationReport) -> String {
    let month = Month::parse(&report.mois).map_or_else(|| report.mois.clone(), Month::in_words);
    let amount = Amount::parse(&report.montant).unwrap_or_default();
    let rules = if report.regles.len() == 1 { "règle" } else { "règles" };
    format!(
        "{}, {}, {month}, {} au plus, {rules} {}",
        report.beneficiaire,
        report.dispositif,
        amount.to_euros(),
        report.regles.join(", ")
    )
}
