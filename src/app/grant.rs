//! Granting one aid by hand: the very path of a file of one line, in the mode that decides.

use super::answer::{Asked, answered, keep};
use super::by_hand::{SOURCE, act_lot, entries_since};
use super::clock::Clock;
use super::error::AppError;
use super::evaluate::{Question, Verdict, evaluate_in};
use super::import_aids::{Planned, plan_in, report_of};
use super::law::{LawInForce, law_in_force};
use super::person::find_person;
use super::rights::Right;
use super::users::Actor;
use super::write_aids::write;
use crate::calendar::{Date, Month};
use crate::funding::Mode;
use crate::import::{AidDrafts, Encoding, FileKind, TypedAid};
use crate::ledger::Wording;
use crate::ledger::seal::Canonical;
use crate::money::Amount;
use crate::store::{Store, Tx};
use serde::{Deserialize, Serialize};

/// An aid to be granted.
#[derive(Clone, Debug)]
pub struct GrantRequest {
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
    /// The day of the decision; today where it is not said.
    pub decided_on: Option<Date>,
    /// Who receives the money, where it is not the person.
    pub payee: Option<String>,
    /// Code of the convention.
    pub convention: Option<String>,
    /// Code of the funder, or shares such as `A=600,00+B=400,00`; else the one of the dispositif.
    pub funder: Option<String>,
    /// Code of the site; else the one of the person.
    pub site: Option<String>,
    /// The committee that decides.
    pub committee: Option<String>,
    /// `--cle`.
    pub asked: Option<Asked>,
    /// `--a-blanc`.
    pub dry_run: bool,
}

/// What became of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrantReport {
    /// It is granted, or would be.
    pub accordee: bool,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The reference, `AID-2024-000001`; none when it is refused.
    pub reference: Option<String>,
    /// The number of the aid; none until it is written.
    pub aide: Option<i64>,
    /// The lot; none until it is written.
    pub lot: Option<i64>,
    /// The entries that grant it, `AIDES-2024-0012`.
    pub ecritures: Vec<String>,
    /// The person's number, or what was typed where nobody answers to it.
    pub beneficiaire: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The month of right, `2024-10`.
    pub mois: String,
    /// The amount, `1234.56`.
    pub montant: String,
    /// The day of the decision, `2024-10-05`.
    pub decidee_le: String,
    /// Why it is refused, or what must be known of it.
    pub constats: Vec<Wording>,
    /// Every rule evaluated; none where the person or the dispositif is unknown.
    pub verdict: Option<Verdict>,
}

impl GrantReport {
    /// Returns the exit code: 1 when it is refused.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.accordee)
    }
}

/// Grants an aid, unpaid: its caps, its entry, its totals and its seal in one transaction. It is judged,
/// refused and written as a file of this one line would be, in the mode that decides.
///
/// # Errors
/// When several people answer to the name, the actor may not, or the base fails. What rules refuse is a
/// report.
pub async fn grant_aid(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &GrantRequest,
) -> Result<GrantReport, AppError> {
    let mut tx = store.read().await?;
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let in_force = law_in_force(&mut tx).await?;
    if request.dry_run {
        return judged(&mut tx, actor, &in_force, clock, request).await;
    }
    drop(tx);
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let in_force = law_in_force(&mut tx).await?;
    let at = clock.now();
    let report = grant_in(&mut tx, actor, &in_force, clock, request, None).await?;
    let said = report.reference.as_deref().unwrap_or("refusée");
    let detail = format!("{said} : {} {}, {}", report.dispositif, report.mois, report.montant);
    tx.log(&at, &actor.name, claimed, "aide accorder", &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Grants in a transaction that writes, which the caller ends; `act` is what the lot seals besides.
pub(super) async fn grant_in(
    tx: &mut Tx,
    actor: &Actor,
    in_force: &LawInForce,
    clock: Clock,
    request: &GrantRequest,
    act: Option<Canonical>,
) -> Result<GrantReport, AppError> {
    let Judged { file, planned, mut report, numbered: (year, number) } =
        judge_in(tx, actor, in_force, clock, request).await?;
    let Some(reference) = report.reference.clone() else { return Ok(report) };
    let first = tx.chain_head().await?.0;
    let (kind, about, at) = (FileKind::Aids.code(), format!("aide {reference}"), clock.now());
    let lot = act_lot(tx, kind, about, (&at, &actor.name), None, act).await?;
    report.lot = Some(lot.id);
    let aid = write(tx, lot, in_force, file, planned, &report.constats, SOURCE, &|_, _, _| {}).await?;
    tx.insert_hand_grant(aid, year, number).await?;
    tx.next_generation().await?;
    report.aide = Some(aid);
    report.ecritures = entries_since(tx, first).await?;
    Ok(report)
}

/// Judges a request as it would be granted, writing nothing.
pub(super) async fn judged(
    tx: &mut Tx,
    actor: &Actor,
    in_force: &LawInForce,
    clock: Clock,
    request: &GrantRequest,
) -> Result<GrantReport, AppError> {
    Ok(judge_in(tx, actor, in_force, clock, request).await?.report)
}

/// A request judged, and what would be written of it.
struct Judged {
    file: AidDrafts,
    planned: Planned,
    report: GrantReport,
    /// The year and the number of its reference.
    numbered: (i64, i64),
}

async fn judge_in(
    tx: &mut Tx,
    actor: &Actor,
    in_force: &LawInForce,
    clock: Clock,
    request: &GrantRequest,
) -> Result<Judged, AppError> {
    let today = clock.today(&tx.info().await?.zone)?;
    let decided_on = request.decided_on.unwrap_or(today);
    let year = i64::from(decided_on.year());
    let number = tx.last_hand_grant(year).await? + 1;
    let reference = format!("AID-{year}-{number:06}");
    // Whom nobody knows is refused as on a line of a file.
    let found = tx.search_people(&request.beneficiary, None).await?;
    let person = match found.is_empty() {
        true => request.beneficiary.clone(),
        false => find_person(tx, actor, &request.beneficiary).await?.identity.number,
    };
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let mut file = AidDrafts::typed(&TypedAid {
        reference: &reference,
        dispositif: &request.dispositif,
        number: &person,
        nature: &text(&request.nature),
        month: request.month,
        decided_on,
        amount: request.amount,
        funder: &text(&request.funder),
        committee: &text(&request.committee),
        payee: &text(&request.payee),
        convention: &text(&request.convention),
        site: &text(&request.site),
    });
    let verdict = match in_force.law.rank(&request.dispositif) {
        Some(_) if !found.is_empty() => {
            let question = Question {
                dispositif: request.dispositif.clone(),
                beneficiary: person.clone(),
                amount: Some(request.amount),
                nature: Some(text(&request.nature)),
                month: Some(request.month),
                on: decided_on,
                committee: request.committee.is_some(),
                rules: None,
            };
            // Where several funders share, each one's envelope is in the plan's own words.
            let funder = request.funder.as_deref().filter(|funder| !funder.contains('='));
            Some(evaluate_in(tx, actor, in_force, &question, None, funder).await?)
        }
        _ => None,
    };
    let planned = plan_in(tx, in_force, SOURCE, &mut file, Some(Mode::Decide), false).await?;
    let told = report_of(("saisie", Encoding::Utf8), in_force, &file, &planned.plan, request.dry_run);
    let granted = told.acceptes == 1;
    let report = GrantReport {
        accordee: granted,
        a_blanc: request.dry_run,
        reference: granted.then_some(reference),
        aide: None,
        lot: None,
        ecritures: Vec::new(),
        beneficiaire: person,
        dispositif: request.dispositif.clone(),
        mois: request.month.to_string(),
        montant: request.amount.to_plain(),
        decidee_le: decided_on.to_string(),
        constats: told.constats,
        verdict,
    };
    Ok(Judged { file, planned, report, numbered: (year, number) })
}
