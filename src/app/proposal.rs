//! Proposals: one person proposes an aid, another accepts it, and it is granted, or rejects it.

use super::answer::{Asked, answered, keep};
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::evaluate::{Question, Verdict, evaluate_in};
use super::grant::{GrantReport, GrantRequest, grant_in};
use super::law::law_in_force;
use super::person::find_person;
use super::rights::Right;
use super::users::{Actor, prove};
use crate::calendar::Month;
use crate::ledger::seal::salted;
use crate::money::Amount;
use crate::store::{KeyOf, ProposalDecision, ProposalRow, Store, Tx};
use serde::{Deserialize, Serialize};

/// What `aide proposer` was asked.
#[derive(Clone, Debug)]
pub struct ProposalRequest {
    /// Number, or beginning of the name, of the person.
    pub beneficiary: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Its nature.
    pub nature: Option<String>,
    /// The month of right.
    pub month: Month,
    /// The amount.
    pub amount: Amount,
    /// Why.
    pub reason: String,
    /// `--cle`.
    pub asked: Option<Asked>,
}

/// A proposal as it stands after what was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProposalReport {
    /// Its number.
    pub numero: i64,
    /// `proposée`, `accordée` or `rejetée`.
    pub etat: String,
    /// The person's number, or `effacé`.
    pub beneficiaire: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Nature, or empty.
    pub nature: String,
    /// The month of right, `2024-10`.
    pub mois: String,
    /// The amount, `1234.56`.
    pub montant: String,
    /// Who proposed it.
    pub proposee_par: String,
    /// Who decided.
    pub decidee_par: Option<String>,
    /// What the rules say of it today; none once it is decided.
    pub verdict: Option<Verdict>,
}

/// Proposes an aid: judged at once and shown, posted only once another person accepts it.
///
/// # Errors
/// When there is no such person or dispositif, no reason, or the actor is no user who may.
pub async fn propose_aid(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &ProposalRequest,
) -> Result<ProposalReport, AppError> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = store.write().await?;
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    // A name that is only claimed could be that of the second person under another one.
    if actor.may(&mut tx, Right::Propose).await? {
        return Err(AppError::Refused(format!(
            "« {} » n'est pas un utilisateur de la base : une aide se propose sous un nom connu (denier utilisateur creer)",
            actor.name
        )));
    }
    let in_force = law_in_force(&mut tx).await?;
    let today = clock.today(&tx.info().await?.zone)?;
    let person = find_person(&mut tx, actor, &request.beneficiary).await?;
    let question = Question {
        dispositif: request.dispositif.clone(),
        beneficiary: person.identity.number.clone(),
        amount: Some(request.amount),
        nature: request.nature.clone(),
        month: Some(request.month),
        on: today,
        committee: false,
        rules: None,
    };
    let verdict = evaluate_in(&mut tx, actor, &in_force, &question, None, None).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let dispositif = dispositifs.keys.get(&request.dispositif).copied();
    let salt = random_bytes::<16>()?;
    let new = ProposalRow {
        number: tx.next_key(KeyOf::Proposal).await?,
        beneficiary: person.beneficiary,
        dispositif: dispositif.ok_or_else(|| {
            AppError::Machine(format!("dispositif {} absent de la base", request.dispositif))
        })?,
        nature: request.nature.clone().unwrap_or_default(),
        month: request.month,
        amount: request.amount,
        reason: Some(reason.to_string()),
        reason_digest: salted(&salt, reason),
        proposed_by: actor.name.clone(),
        proposed_on: today,
        decision: None,
    };
    tx.insert_proposal(&new, &salt).await?;
    let report = ProposalReport { verdict: Some(verdict), ..report(&mut tx, &new).await? };
    write_down(tx, clock, actor, "aide proposer", report, asked).await
}

/// Accepts a proposal: a second person, who proves who they are. Its aid is then granted as any other,
/// judged again by the rules of today; where they refuse, the proposal stays as it was.
///
/// # Errors
/// When there is none of this number, it is decided already, or the second person is the one who
/// proposed, is not proved, or may not.
pub async fn accept_proposal(
    store: &Store,
    clock: Clock,
    number: i64,
    (second, password): (&str, &str),
    asked: Option<&Asked>,
) -> Result<GrantReport, AppError> {
    let mut tx = store.read().await?;
    // Read now, the law is not read again under the lock.
    law_in_force(&mut tx).await?;
    drop(tx);
    let mut tx = store.write().await?;
    let proposal = known(&mut tx, number).await?;
    // Before the answer that was kept: who sends a form again proves who they are again.
    prove(&mut tx, &proposal.proposed_by, second, password).await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let proposal = undecided(proposal)?;
    let in_force = law_in_force(&mut tx).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let request = GrantRequest {
        beneficiary: person_of(&mut tx, &proposal).await?.ok_or_else(|| {
            AppError::Refused(format!("la personne de la proposition {number} a été effacée"))
        })?,
        dispositif: dispositifs.code(proposal.dispositif)?.to_string(),
        nature: Some(proposal.nature.clone()).filter(|nature| !nature.is_empty()),
        month: proposal.month,
        amount: proposal.amount,
        decided_on: None,
        payee: None,
        convention: None,
        funder: None,
        site: None,
        committee: None,
        asked: None,
        dry_run: false,
    };
    let act = Some(proposal.act().encode());
    let approver = Actor { name: second.to_string() };
    let report = grant_in(&mut tx, &approver, &in_force, clock, &request, act).await?;
    let at = clock.now();
    if report.accordee {
        let on = clock.today(&tx.info().await?.zone)?;
        let decision = ProposalDecision { lot: report.lot, by: second.to_string(), on, reason: None };
        tx.decide_proposal(&proposal, &decision, None).await?;
    }
    let said = report.reference.as_deref().unwrap_or("refusée par les règles");
    tx.log(&at, second, false, "aide accorder", &format!("proposition {number} : {said}")).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Rejects a proposal, or takes back one's own.
///
/// # Errors
/// When there is none of this number, it is decided already, or the actor may not.
pub async fn reject_proposal(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    number: i64,
    reason: &str,
    asked: Option<&Asked>,
) -> Result<ProposalReport, AppError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let mut proposal = undecided(known(&mut tx, number).await?)?;
    let needed = if actor.name == proposal.proposed_by { Right::Propose } else { Right::Approve };
    actor.may(&mut tx, needed).await?;
    let on = clock.today(&tx.info().await?.zone)?;
    let decision =
        ProposalDecision { lot: None, by: actor.name.clone(), on, reason: Some(reason.to_string()) };
    tx.decide_proposal(&proposal, &decision, Some(&random_bytes::<16>()?)).await?;
    proposal.decision = Some(decision);
    let report = report(&mut tx, &proposal).await?;
    write_down(tx, clock, actor, "proposition refuser", report, asked).await
}

/// Returns the state of a proposal, in the words of the list.
pub(super) fn state_of(row: &ProposalRow) -> &'static str {
    match &row.decision {
        None => "proposée",
        Some(decision) if decision.lot.is_some() => "accordée",
        Some(_) => "rejetée",
    }
}

/// Returns the proposal of this number.
async fn known(tx: &mut Tx, number: i64) -> Result<ProposalRow, AppError> {
    let found = tx.proposals().await?.into_iter().find(|row| row.number == number);
    found
        .ok_or_else(|| AppError::Refused(format!("proposition {number} inconnue (denier aide propositions)")))
}

/// Returns the proposal if nothing was decided of it.
fn undecided(found: ProposalRow) -> Result<ProposalRow, AppError> {
    let number = found.number;
    match &found.decision {
        None => Ok(found),
        Some(decision) => Err(AppError::Refused(format!(
            "la proposition {number} est déjà {}, par {} le {}",
            state_of(&found),
            decision.by,
            decision.on.to_french()
        ))),
    }
}

/// Returns the number of the person of a proposal, unless erased.
async fn person_of(tx: &mut Tx, row: &ProposalRow) -> Result<Option<String>, AppError> {
    Ok(tx.numbers_by_key(&[row.beneficiary.into()]).await?.pop().map(|(_, number)| number))
}

async fn report(tx: &mut Tx, row: &ProposalRow) -> Result<ProposalReport, AppError> {
    let dispositifs = tx.dictionary("dispositif").await?;
    Ok(ProposalReport {
        numero: row.number,
        etat: state_of(row).to_string(),
        beneficiaire: person_of(tx, row).await?.unwrap_or_else(|| "effacé".into()),
        dispositif: dispositifs.code(row.dispositif)?.to_string(),
        nature: row.nature.clone(),
        mois: row.month.to_string(),
        montant: row.amount.to_plain(),
        proposee_par: row.proposed_by.clone(),
        decidee_par: row.decision.as_ref().map(|decision| decision.by.clone()),
        verdict: None,
    })
}

/// Ends the transaction: the log, the answer to the key of the request, the commit.
async fn write_down(
    mut tx: Tx,
    clock: Clock,
    actor: &Actor,
    action: &str,
    report: ProposalReport,
    asked: Option<&Asked>,
) -> Result<ProposalReport, AppError> {
    let at = clock.now();
    let detail = format!(
        "proposition {}, {} {} : {}, {}",
        report.numero, report.dispositif, report.mois, report.etat, report.montant
    );
    tx.log(&at, &actor.name, false, action, &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}
