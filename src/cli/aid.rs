//! One aid at the command line: evaluated, proposed, granted or refused, paid, found undue, cancelled.

use super::args::{Accorder, Aide, Format, Refuser};
use super::output::password;
use super::run::{Session, cancelled};
use super::verdict::{reasons, text_of};
use crate::app::{
    self, AppError, GrantReport, GrantRequest, PayRequest, PaymentReport, ProposalReport, ProposalRequest,
    RecoverRequest, RefusalReport, RefusalRequest, UndueReport, UndueRequest,
};
use crate::calendar::{Date, Month};
use crate::ledger::Wording;
use crate::money::Amount;
use serde::Serialize;

pub(super) async fn aid(session: &Session<'_>, what: Aide) -> Result<u8, AppError> {
    match what {
        Aide::Evaluer { .. } => evaluate(session, what).await,
        Aide::Accorder(what) => grant(session, what).await,
        Aide::Proposer { .. } => propose(session, what).await,
        Aide::Propositions => {
            let store = session.open().await?;
            let table = app::list_proposals(&store).await?;
            session.tables(store, &[table]).await
        }
        Aide::Refuser(what) => refuse(session, what).await,
        Aide::Verser { aide, montant, le, a_blanc } => {
            let aide = aide.asked();
            let parts = format!("{aide}|{montant:?}|{le:?}|{a_blanc}");
            let asked = session.asked(&[b"aide verser", parts.as_bytes()]);
            let request = PayRequest { aid: aide, paid_on: le, amount: montant, asked, dry_run: a_blanc };
            let store = session.open().await?;
            let report = app::pay_aid(&store, session.clock, &session.actor, &request).await?;
            store.close().await;
            said(session, &payment_text(&report), &report, report.exit_code())
        }
        Aide::Indu { aide, montant, le, motif, a_blanc } => {
            let aide = aide.asked();
            let parts = format!("{aide}|{montant:?}|{le:?}|{motif}|{a_blanc}");
            let asked = session.asked(&[b"aide indu", parts.as_bytes()]);
            let request = UndueRequest {
                aid: aide,
                amount: montant,
                found_on: le,
                reason: motif,
                asked,
                dry_run: a_blanc,
            };
            let store = session.open().await?;
            let report = app::record_undue(&store, session.clock, &session.actor, &request).await?;
            store.close().await;
            said(session, &undue_text(&report), &report, report.exit_code())
        }
        Aide::Recouvrer { indu, montant, le, non_valeur: _, motif, a_blanc } => {
            let parts = format!("{indu}|{montant:?}|{le:?}|{motif:?}|{a_blanc}");
            let asked = session.asked(&[b"aide recouvrer", parts.as_bytes()]);
            let request = RecoverRequest {
                undue: indu,
                amount: montant,
                on: le,
                written_off: motif,
                asked,
                dry_run: a_blanc,
            };
            let store = session.open().await?;
            let report = app::recover_undue(&store, session.clock, &session.actor, &request).await?;
            store.close().await;
            said(session, &undue_text(&report), &report, report.exit_code())
        }
        Aide::Annuler { aide, motif } => {
            let aide = aide.asked();
            let store = session.open().await?;
            let asked = session.asked(&[b"aide annuler", aide.to_string().as_bytes(), motif.as_bytes()]);
            let (clock, actor) = (session.clock, &session.actor);
            let report = app::cancel_aid(&store, clock, actor, &aide, &motif, asked.as_ref()).await?;
            store.close().await;
            cancelled(session, &report)
        }
    }
}

async fn evaluate(session: &Session<'_>, what: Aide) -> Result<u8, AppError> {
    let Aide::Evaluer { dispositif, beneficiaire, montant, mois, le, nature, instance, regles } = what else {
        unreachable!("an aid to evaluate")
    };
    let store = session.open().await?;
    let today = app::frame(&store, session.clock).await?.today;
    let on = le.unwrap_or_else(|| app::usual_day(mois, today));
    let question = app::Question {
        dispositif,
        beneficiary: beneficiaire,
        amount: montant,
        nature,
        month: mois,
        on,
        committee: instance,
        rules: regles,
    };
    let seen = app::View::Evaluation;
    app::note_view(&store, session.clock, &session.actor, &question.beneficiary, seen).await?;
    let verdict = app::evaluate_aid(&store, &session.actor, &question).await?;
    if session.output.format == Format::Json {
        store.close().await;
        let json =
            serde_json::to_string_pretty(&verdict).map_err(|error| AppError::Machine(error.to_string()))?;
        session.write(&format!("{json}\n"))?;
    } else if session.output.format == Format::Text {
        store.close().await;
        session.write(&text_of(&verdict))?;
    } else {
        session.tables(store, verdict.tables()).await?;
    }
    Ok(u8::from(!verdict.accepte))
}

async fn grant(session: &Session<'_>, what: Accorder) -> Result<u8, AppError> {
    let parts = format!("{what:?}");
    let asked = session.asked(&[b"aide accorder", parts.as_bytes()]);
    let report = if let (Some(number), Some(second)) = (what.proposition, what.approbateur) {
        let password = password(&format!("Mot de passe de {second} : ")).map_err(AppError::Machine)?;
        let store = session.open().await?;
        let second = (second.as_str(), password.as_str());
        let report = app::accept_proposal(&store, session.clock, number, second, asked.as_ref()).await?;
        store.close().await;
        report
    } else {
        let request = GrantRequest {
            beneficiary: asked_for(what.beneficiaire)?,
            dispositif: asked_for(what.dispositif)?,
            nature: what.nature,
            month: asked_for(what.mois)?,
            amount: asked_for(what.montant)?,
            decided_on: what.le,
            payee: what.creancier,
            convention: what.convention,
            funder: what.financeur,
            site: what.site,
            committee: what.instance,
            asked,
            dry_run: what.a_blanc,
        };
        let store = session.open().await?;
        let report = app::grant_aid(&store, session.clock, &session.actor, &request).await?;
        store.close().await;
        report
    };
    said(session, &grant_text(&report), &report, report.exit_code())
}

async fn propose(session: &Session<'_>, what: Aide) -> Result<u8, AppError> {
    let parts = format!("{what:?}");
    let asked = session.asked(&[b"aide proposer", parts.as_bytes()]);
    let Aide::Proposer { dispositif, beneficiaire, mois, montant, nature, motif } = what else {
        unreachable!("an aid to propose")
    };
    let request = ProposalRequest {
        beneficiary: beneficiaire,
        dispositif,
        nature,
        month: mois,
        amount: montant,
        reason: motif,
        asked,
    };
    let store = session.open().await?;
    let report = app::propose_aid(&store, session.clock, &session.actor, &request).await?;
    store.close().await;
    let mut text = format!("{}\n", proposal_text(&report));
    if let Some(verdict) = &report.verdict {
        let verdict_said =
            if verdict.accepte { "l'acceptent" } else { "la refusent : elle ne sera pas accordée ainsi" };
        text.push_str(&format!("Les règles d'aujourd'hui {verdict_said}.\n\n{}\n", reasons(verdict)));
    }
    text.push_str(&format!(
        "Rien n'est écrit au carnet tant qu'une autre personne ne l'accorde pas :\n  denier aide accorder --proposition {} --approbateur NOM",
        report.numero
    ));
    said(session, &text, &report, 0)
}

async fn refuse(session: &Session<'_>, what: Refuser) -> Result<u8, AppError> {
    let parts = format!("{what:?}");
    let asked = session.asked(&[b"aide refuser", parts.as_bytes()]);
    let store = session.open().await?;
    let (clock, actor) = (session.clock, &session.actor);
    if let Some(number) = what.proposition {
        let reason = what.motif.unwrap_or_default();
        let report = app::reject_proposal(&store, clock, actor, number, &reason, asked.as_ref()).await?;
        store.close().await;
        return said(session, &proposal_text(&report), &report, 0);
    }
    let request = RefusalRequest {
        beneficiary: asked_for(what.beneficiaire)?,
        dispositif: asked_for(what.dispositif)?,
        nature: what.nature,
        month: asked_for(what.mois)?,
        amount: asked_for(what.montant)?,
        committee: what.instance,
        refused_on: what.le,
        reason: what.motif,
        asked,
        dry_run: what.a_blanc,
    };
    let report = app::refuse_aid(&store, clock, actor, &request).await?;
    let mut text = refusal_text(&report);
    let mut document = serde_json::to_value(&report).unwrap_or_default();
    if !report.a_blanc {
        let letter = app::refusal_letter(&store, &report.numero).await?;
        app::note_view(&store, clock, actor, &letter.person, app::View::Refusal).await?;
        let path = session.output.file().map_or(letter.name, str::to_string);
        std::fs::write(&path, &letter.bytes).map_err(|source| AppError::File {
            path: path.clone(),
            reason: "écriture impossible".into(),
            source,
        })?;
        text.push_str(&format!("\nLettre, à signer et à remettre : {path}"));
        document["lettre"] = path.into();
    }
    store.close().await;
    session.shown(&text, &document)
}

fn said(session: &Session<'_>, text: &str, report: &impl Serialize, code: u8) -> Result<u8, AppError> {
    session.said(text, &serde_json::to_value(report).unwrap_or_default())?;
    Ok(code)
}

/// What the arguments promise to be there.
fn asked_for<T>(value: Option<T>) -> Result<T, AppError> {
    value.ok_or_else(|| AppError::Usage("dites le dispositif, la personne, le mois et le montant".into()))
}

fn euros(text: &str) -> String {
    Amount::parse(text).unwrap_or_default().to_euros()
}

fn day(text: &str) -> String {
    Date::parse(text).map_or_else(|| text.to_string(), Date::to_french)
}

fn month(text: &str) -> String {
    Month::parse(text).map_or_else(|| text.to_string(), Month::in_words)
}

/// The findings, each with its advice.
fn findings(found: &[Wording]) -> String {
    found
        .iter()
        .map(|finding| {
            let article = finding.article.as_ref().map_or_else(String::new, |text| format!(" [{text}]"));
            format!("\n  {}{article}\n      conseil : {} ({})", finding.message, finding.advice, finding.code)
        })
        .collect()
}

fn entries(numbers: &[String], lot: Option<i64>) -> String {
    match (numbers, lot) {
        ([], _) | (_, None) => String::new(),
        ([one], Some(lot)) => format!(" Écriture {one}, lot {lot}."),
        (several, Some(lot)) => format!(" Écritures {}, lot {lot}.", several.join(", ")),
    }
}

fn grant_text(report: &GrantReport) -> String {
    let about = format!(
        "{}, {}, {}, {}",
        report.beneficiaire,
        report.dispositif,
        month(&report.mois),
        euros(&report.montant)
    );
    let head = match (&report.reference, report.a_blanc) {
        (Some(reference), false) => format!(
            "Aide accordée : {reference} ({about}), décidée le {}.{}",
            day(&report.decidee_le),
            entries(&report.ecritures, report.lot)
        ),
        (Some(reference), true) => format!("Elle serait accordée : {reference} ({about}). Rien n'est écrit."),
        (None, _) => format!("Aide refusée : {about}. Rien n'est écrit."),
    };
    let verdict =
        report.verdict.as_ref().map_or_else(String::new, |verdict| format!("\n\n{}", reasons(verdict)));
    format!("{head}{}{}", findings(&report.constats), verdict.trim_end())
}

fn proposal_text(report: &ProposalReport) -> String {
    format!(
        "Proposition n° {} {} : {}, {}, {}, {}.",
        report.numero,
        report.etat,
        report.beneficiaire,
        report.dispositif,
        month(&report.mois),
        euros(&report.montant)
    )
}

fn refusal_text(report: &RefusalReport) -> String {
    let mut text = format!(
        "{} : {}, {}, {}, {} le {}.",
        if report.a_blanc { "Ce refus serait noté" } else { "Refus noté" },
        report.numero,
        report.beneficiaire,
        report.dispositif,
        euros(&report.montant),
        day(&report.le)
    );
    report.regles.iter().chain(&report.motif).for_each(|why| text.push_str(&format!("\n  {why}")));
    text
}

fn payment_text(report: &PaymentReport) -> String {
    let amount = euros(&report.montant);
    let head = match (report.versee, report.a_blanc) {
        (true, false) => {
            format!("Versé : {amount} de l'aide {}, le {}", report.reference, day(&report.payee_le))
        }
        (true, true) => format!("Il serait versé {amount} de l'aide {}", report.reference),
        (false, _) => {
            return format!("Versement refusé ({}).{}", report.reference, findings(&report.constats));
        }
    };
    let left = report.reste.as_deref().filter(|left| *left != "0.00");
    let left = left.map_or_else(String::new, |left| format!(" ; reste {}", euros(left)));
    format!("{head}{left}.{}", entries(&report.ecritures, report.lot))
}

fn undue_text(report: &UndueReport) -> String {
    let (amount, number) = (euros(&report.montant), report.numero.unwrap_or_default());
    if !report.enregistre {
        return format!("Rien n'est écrit.{}", findings(&report.constats));
    }
    let what = match report.genre.as_str() {
        "indu" => format!("Indu n° {number} constaté"),
        "reabonde" => format!("Indu n° {number} recouvré, rendu à l'enveloppe"),
        "rendu_au_financeur" => format!("Indu n° {number} recouvré, rendu au financeur"),
        _ => format!("Indu n° {number} admis en non-valeur"),
    };
    let dry = if report.a_blanc { " (à blanc, rien n'est écrit)" } else { "" };
    let left = report.reste.as_deref().map_or_else(String::new, |left| format!(" ; reste {}", euros(left)));
    format!(
        "{what} : {amount} de l'aide {}, le {}{left}{dry}.{}",
        report.reference,
        day(&report.le),
        entries(&report.ecritures, report.lot)
    )
}
