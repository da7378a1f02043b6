//! Derogations: one person asks, another approves or refuses; one aid is then allowed though rules fail.

use super::answer::{Asked, answered, keep};
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::law::law_in_force;
use super::person::find_person;
use super::rights::Right;
use super::users::{Actor, prove};
use crate::calendar::Month;
use crate::funding::Derogation;
use crate::ledger::content::DerogationContent;
use crate::ledger::seal::{Canonical, salted};
use crate::money::Amount;
use crate::rules::Law;
use crate::store::{DerogationDecision, DerogationRow, KeyOf, Store, Tx};
use crate::words::{nearest, unknown};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// What `derogation demander` was asked.
#[derive(Clone, Debug)]
pub struct DerogationRequest {
    /// The person: their number, or the beginning of their name.
    pub person: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The month of right.
    pub month: Month,
    /// The largest aid that it allows.
    pub amount: Amount,
    /// The codes of the rules that it lifts.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A derogation as it stands after what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerogationReport {
    /// Its number.
    pub numero: i64,
    /// `demandée`, `approuvée` or `refusée`.
    pub etat: String,
    /// The person's number, or `effacé`.
    pub beneficiaire: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The month of right, `2024-10`.
    pub mois: String,
    /// The largest aid that it allows, `1234.56`.
    pub montant: String,
    /// The rules that it lifts.
    pub regles: Vec<String>,
    /// Who asked.
    pub demandee_par: String,
    /// Who decided.
    pub decidee_par: Option<String>,
}

/// Asks for a derogation; nothing is allowed until a second person approves it.
///
/// # Errors
/// When there is no such person, dispositif or rule, or the actor is no user who may.
pub async fn ask_derogation(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &DerogationRequest,
    asked: Option<&Asked>,
) -> Result<DerogationReport, AppError> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    if !request.amount.is_positive() {
        return Err(AppError::Usage("le montant d'une dérogation est positif".into()));
    }
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    // A name that is only claimed could be that of the second person under another one.
    if actor.may(&mut tx, Right::Record).await? {
        return Err(AppError::Refused(format!(
            "« {} » n'est pas un utilisateur de la base : une dérogation se demande sous un nom connu (denier utilisateur creer)",
            actor.name
        )));
    }
    let in_force = law_in_force(&mut tx).await?;
    let rules = known_rules(&in_force.law, &request.dispositif, &request.rules)?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let dispositif = dispositifs.keys.get(&request.dispositif).copied();
    let person = find_person(&mut tx, actor, &request.person).await?;
    let salt = random_bytes::<16>()?;
    let zone = tx.info().await?.zone;
    let new = DerogationRow {
        number: tx.next_key(KeyOf::Derogation).await?,
        beneficiary: person.beneficiary,
        dispositif: dispositif.ok_or_else(|| {
            AppError::Machine(format!("dispositif {} absent de la base", request.dispositif))
        })?,
        month: request.month,
        amount: request.amount,
        rules,
        reason: Some(reason.to_string()),
        reason_digest: salted(&salt, reason),
        asked_by: actor.name.clone(),
        asked_on: clock.today(&zone)?,
        decision: None,
    };
    tx.insert_derogation(&new, &salt).await?;
    let report = report(&mut tx, &new).await?;
    write_down(tx, clock, actor, false, "derogation demander", report, asked).await
}

/// Approves a derogation: a second person, who proves who they are.
///
/// # Errors
/// When there is none of this number, it is decided already, or the second person is the one who asked,
/// is not proved, or may not.
pub async fn approve_derogation(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    number: i64,
    (second, password): (&str, &str),
    asked: Option<&Asked>,
) -> Result<DerogationReport, AppError> {
    let mut tx = store.write().await?;
    let derogation = known(&mut tx, number).await?;
    // Before the answer that was kept: who sends a form again proves who they are again.
    prove(&mut tx, &derogation.asked_by, second, password).await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let mut derogation = undecided(derogation)?;
    let zone = tx.info().await?.zone;
    let decision =
        DerogationDecision { approved: true, by: second.to_string(), on: clock.today(&zone)?, reason: None };
    tx.decide_derogation(&derogation, &decision, None).await?;
    derogation.decision = Some(decision);
    // A plan made before this moment does not know of it.
    tx.next_generation().await?;
    let report = report(&mut tx, &derogation).await?;
    write_down(tx, clock, actor, claimed, "derogation approuver", report, asked).await
}

/// Refuses a derogation, or takes back one's own.
///
/// # Errors
/// When there is none of this number, it is decided already, or the actor may not.
pub async fn refuse_derogation(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    number: i64,
    reason: &str,
    asked: Option<&Asked>,
) -> Result<DerogationReport, AppError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let mut derogation = undecided(known(&mut tx, number).await?)?;
    let needed = if actor.name == derogation.asked_by { Right::Record } else { Right::Approve };
    let claimed = actor.may(&mut tx, needed).await?;
    let zone = tx.info().await?.zone;
    let decision = DerogationDecision {
        approved: false,
        by: actor.name.clone(),
        on: clock.today(&zone)?,
        reason: Some(reason.to_string()),
    };
    tx.decide_derogation(&derogation, &decision, Some(&random_bytes::<16>()?)).await?;
    derogation.decision = Some(decision);
    let report = report(&mut tx, &derogation).await?;
    write_down(tx, clock, actor, claimed, "derogation refuser", report, asked).await
}

/// Returns the derogations that may lift rules: approved, and serving no living aid, by person.
pub(super) async fn open_derogations(
    tx: &mut Tx,
    rank_of: &FxHashMap<u32, u16>,
) -> Result<FxHashMap<i64, Vec<Derogation>>, AppError> {
    let mut open: FxHashMap<i64, Vec<Derogation>> = FxHashMap::default();
    let all = tx.derogations().await?;
    if all.is_empty() {
        return Ok(open);
    }
    let uses = tx.derogation_uses().await?;
    let taken: FxHashSet<i64> = uses.iter().filter(|one| one.living).map(|one| one.derogation).collect();
    for row in all.into_iter().filter(|row| !taken.contains(&row.number)) {
        let Some(decision) = row.decision.filter(|decision| decision.approved) else { continue };
        let Some(dispositif) = rank_of.get(&row.dispositif).copied() else { continue };
        let number = u32::try_from(row.number)
            .map_err(|_| AppError::Machine(format!("numéro de dérogation {}", row.number)))?;
        open.entry(row.beneficiary).or_default().push(Derogation {
            number,
            dispositif,
            month: row.month,
            amount: row.amount,
            rules: row.rules,
            asked_by: row.asked_by,
            approved_by: decision.by,
            approved_on: decision.on,
        });
    }
    Ok(open)
}

/// Returns, by number, what the lines of an aid seal of its derogation; only what was decided is there.
pub(super) async fn sealed_derogations(tx: &mut Tx) -> Result<FxHashMap<i64, Canonical>, AppError> {
    let mut sealed = FxHashMap::default();
    for row in tx.derogations().await? {
        let Some(decision) = &row.decision else { continue };
        let content = DerogationContent {
            number: row.number,
            amount: row.amount,
            rules: &row.rules,
            reason: &row.reason_digest,
            asked: (&row.asked_by, row.asked_on),
            approved: (&decision.by, decision.on),
        };
        sealed.insert(row.number, content.encode());
    }
    Ok(sealed)
}

/// Returns these codes once each, in order, if they are all rules of this dispositif.
fn known_rules(law: &Law, dispositif: &str, wanted: &[String]) -> Result<Vec<String>, AppError> {
    let Some(rank) = law.rank(dispositif) else {
        let codes: Vec<&str> = law.dispositifs.iter().map(|known| known.code.as_str()).collect();
        return Err(AppError::Refused(format!("dispositif {}", unknown(dispositif, &codes))));
    };
    let codes: Vec<&str> = law.get(rank).rules.iter().map(|rule| rule.code.as_str()).collect();
    if let Some(rule) = wanted.iter().find(|rule| !codes.contains(&rule.as_str())) {
        // `plafond` is nearer to `plafond_majeur` than to `age`, whatever the letters to change.
        let begun = codes.iter().copied().find(|code| code.starts_with(rule.as_str()));
        let near = begun.or_else(|| nearest(rule, codes.iter().copied(), 1).first().copied());
        return Err(AppError::Refused(format!(
            "règle inconnue : « {rule} » ; la plus proche est {}\n  règles du dispositif {dispositif} : {}",
            near.unwrap_or("(aucune)"),
            codes.join(", ")
        )));
    }
    let mut rules = wanted.to_vec();
    rules.sort_unstable();
    rules.dedup();
    Ok(rules)
}

/// Returns the derogation of this number.
async fn known(tx: &mut Tx, number: i64) -> Result<DerogationRow, AppError> {
    let found = tx.derogations().await?.into_iter().find(|row| row.number == number);
    found.ok_or_else(|| AppError::Refused(format!("dérogation {number} inconnue (denier etats derogations)")))
}

/// Returns the derogation if nothing was decided of it.
fn undecided(found: DerogationRow) -> Result<DerogationRow, AppError> {
    let number = found.number;
    match &found.decision {
        None => Ok(found),
        Some(decision) => Err(AppError::Refused(format!(
            "la dérogation {number} est déjà {}, par {} le {}",
            if decision.approved { "approuvée" } else { "refusée" },
            decision.by,
            decision.on.to_french()
        ))),
    }
}

async fn report(tx: &mut Tx, row: &DerogationRow) -> Result<DerogationReport, AppError> {
    let numbers = tx.numbers_by_key(&[row.beneficiary.into()]).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    Ok(DerogationReport {
        numero: row.number,
        etat: state_of(row, false).to_string(),
        beneficiaire: numbers.into_iter().next().map_or_else(|| "effacé".into(), |(_, number)| number),
        dispositif: dispositifs.code(row.dispositif)?.to_string(),
        mois: row.month.to_string(),
        montant: row.amount.to_plain(),
        regles: row.rules.clone(),
        demandee_par: row.asked_by.clone(),
        decidee_par: row.decision.as_ref().map(|decision| decision.by.clone()),
    })
}

/// Returns the state of a derogation, in the words of the statement.
pub(super) fn state_of(row: &DerogationRow, serves: bool) -> &'static str {
    match &row.decision {
        None => "demandée",
        Some(decision) if !decision.approved => "refusée",
        Some(_) if serves => "utilisée",
        Some(_) => "approuvée",
    }
}

/// Ends the transaction: the log, the answer to the key of the request, the commit.
async fn write_down(
    mut tx: Tx,
    clock: Clock,
    actor: &Actor,
    claimed: bool,
    action: &str,
    report: DerogationReport,
    asked: Option<&Asked>,
) -> Result<DerogationReport, AppError> {
    let at = clock.now();
    let by = report.decidee_par.as_ref().map_or_else(String::new, |name| format!(" par {name}"));
    let detail = format!(
        "n° {}, {} {} : {}{by}, {} au plus, {}",
        report.numero,
        report.dispositif,
        report.mois,
        report.etat,
        report.montant,
        report.regles.join(", ")
    );
    tx.log(&at, &actor.name, claimed, action, &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}
