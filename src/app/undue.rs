//! What was paid and should not have been ("indu"): found, recovered, or written off.

use super::aid_asked::AidAsked;
use super::answer::{Asked, answered, keep};
use super::by_hand::{LivingAid, act_lot, close, find_aid, living, not_open, post, refusals};
use super::cancel::give_back;
use super::clock::{Clock, random_bytes};
use super::context::FactKeys;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::rights::Right;
use super::users::Actor;
use super::write_aids::envelope_axes;
use crate::calendar::Date;
use crate::funding::EnvelopeKey;
use crate::ledger::content::ActContent;
use crate::ledger::{Code, Detail, Wording};
use crate::money::Amount;
use crate::posting::{
    EVENT_RECOVERED_TO_ENVELOPE, EVENT_RECOVERED_TO_FUNDER, EVENT_UNDUE, EVENT_WRITTEN_OFF,
};
use crate::store::{KeyOf, RecoveryRow, Store, Tx, UndueRow};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// What became of what was undue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It came back, and can be granted again.
    ToEnvelope,
    /// It came back, and goes to the funder.
    ToFunder,
    /// It will not come back ("admis en non-valeur").
    WrittenOff,
}

impl Recovery {
    const ALL: [Recovery; 3] = [Recovery::ToEnvelope, Recovery::ToFunder, Recovery::WrittenOff];

    /// Returns the stored word, which is also that of the rule files.
    pub fn code(self) -> &'static str {
        match self {
            Recovery::ToEnvelope => "reabonde",
            Recovery::ToFunder => "rendu_au_financeur",
            Recovery::WrittenOff => "non_valeur",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Recovery> {
        Recovery::ALL.into_iter().find(|how| how.code() == text)
    }

    pub(super) fn event(self) -> &'static str {
        match self {
            Recovery::ToEnvelope => EVENT_RECOVERED_TO_ENVELOPE,
            Recovery::ToFunder => EVENT_RECOVERED_TO_FUNDER,
            Recovery::WrittenOff => EVENT_WRITTEN_OFF,
        }
    }
}

/// An undue to be recorded.
#[derive(Clone, Debug)]
pub struct UndueRequest {
    /// The aid.
    pub aid: AidAsked,
    /// The amount; all that was paid and is not undue yet where it is not said.
    pub amount: Option<Amount>,
    /// The day on which it was found; today where it is not said.
    pub found_on: Option<Date>,
    /// Why.
    pub reason: String,
    /// `--cle`.
    pub asked: Option<Asked>,
    /// `--a-blanc`.
    pub dry_run: bool,
}

/// A recovery to be recorded.
#[derive(Clone, Debug)]
pub struct RecoverRequest {
    /// The number of the undue.
    pub undue: i64,
    /// The amount; all that is left where it is not said.
    pub amount: Option<Amount>,
    /// The day; today where it is not said.
    pub on: Option<Date>,
    /// It will not come back: why. None where it came back.
    pub written_off: Option<String>,
    /// `--cle`.
    pub asked: Option<Asked>,
    /// `--a-blanc`.
    pub dry_run: bool,
}

/// What became of an undue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UndueReport {
    /// It is recorded, or would be.
    pub enregistre: bool,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The number of the undue; none where it is refused.
    pub numero: Option<i64>,
    /// The reference of the aid, or what was typed.
    pub reference: String,
    /// `indu`, `reabonde`, `rendu_au_financeur` or `non_valeur`.
    pub genre: String,
    /// The day, `2024-10-05`.
    pub le: String,
    /// The amount, `1234.56`.
    pub montant: String,
    /// What is left of the undue afterwards, `1234.56`.
    pub reste: Option<String>,
    /// The lot; none until it is written.
    pub lot: Option<i64>,
    /// The entries, `AIDES-2024-0012`.
    pub ecritures: Vec<String>,
    /// Why it is refused.
    pub constats: Vec<Wording>,
}

impl UndueReport {
    /// Returns the exit code: 1 when it is refused.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.enregistre)
    }
}

/// Records that what was paid of an aid, or a part of it, should not have been.
///
/// # Errors
/// When no reason is given, aids of several sources bear the reference, the actor may not, or the base
/// fails. What is refused is a report.
pub async fn record_undue(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &UndueRequest,
) -> Result<UndueReport, AppError> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = if request.dry_run { store.read().await? } else { store.write().await? };
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = !request.dry_run && actor.may(&mut tx, Right::Record).await?;
    let in_force = law_in_force(&mut tx).await?;
    let on = request.found_on.unwrap_or(clock.today(&tx.info().await?.zone)?);
    let aid = find_aid(&mut tx, &request.aid).await?;
    let (paid, undue) = aid.as_ref().map(|aid| (aid.paid(), aid.undue())).unwrap_or_default();
    let amount = request.amount.unwrap_or(paid - undue);
    let mut found = Vec::new();
    if let Some(aid) = &aid {
        if amount > paid - undue || !amount.is_positive() {
            let detail = Detail::Cap { bound: paid, used: undue, asked: amount, until: aid.fact.month };
            found.push((Code::UndueExceeded, detail));
        }
        found.extend(aid.shared(amount));
        let last = aid.payments.iter().map(|payment| payment.paid_on).max();
        if let Some(bound) = last.filter(|last| on < *last) {
            found.push((Code::UndueBeforePayment, Detail::Dates { found: on, bound }));
        }
        found.extend(not_open(&tx.years().await?, on));
    } else {
        found.push((Code::UnknownAid, Detail::None));
    }
    let mut report = UndueReport {
        enregistre: found.is_empty(),
        a_blanc: request.dry_run,
        reference: aid.as_ref().map_or_else(|| request.aid.to_string(), |aid| aid.reference.clone()),
        genre: "indu".into(),
        le: on.to_string(),
        montant: amount.to_plain(),
        constats: refusals(&in_force, found, &request.aid.to_string()),
        ..UndueReport::default()
    };
    if let Some(aid) = aid.filter(|_| report.enregistre) {
        let number = tx.next_key(KeyOf::Undue).await?;
        report.numero = Some(number);
        report.reste = Some(amount.to_plain());
        if !request.dry_run {
            let first = tx.chain_head().await?.0;
            let (at, about) = (clock.now(), format!("aide {}", aid.reference));
            let reason = Some((reason.to_string(), random_bytes::<16>()?.to_vec()));
            let act = Some(ActContent::Undue(number).encode());
            let lot = act_lot(&mut tx, "indu", about, (&at, &actor.name), reason, act).await?;
            let book = post(&mut tx, &in_force, &lot, EVENT_UNDUE, on, &aid, amount).await?;
            let (aid, lot) = (aid.fact.aid, lot.id);
            tx.insert_undue(&UndueRow { number, aid, lot, amount, found_on: on, cancelled: false }).await?;
            report.lot = Some(lot);
            report.ecritures = close(&mut tx, book, first).await?;
        }
    }
    write_down(tx, clock, actor, claimed, "aide indu", report, asked).await
}

/// Records that what was undue came back, or that it never will; where it came back, the dispositif's
/// file says whether the envelope or the funder gets it.
///
/// # Errors
/// When the actor may not, no reason is given for what is written off, or the base fails. What is refused
/// is a report.
pub async fn recover_undue(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &RecoverRequest,
) -> Result<UndueReport, AppError> {
    let reason = request.written_off.as_deref().map(str::trim);
    if reason == Some("") {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = if request.dry_run { store.read().await? } else { store.write().await? };
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let needed = if reason.is_some() { Right::Approve } else { Right::Record };
    let claimed = !request.dry_run && actor.may(&mut tx, needed).await?;
    let in_force = law_in_force(&mut tx).await?;
    let on = request.on.unwrap_or(clock.today(&tx.info().await?.zone)?);
    let standing = undue_of(&mut tx, request.undue).await?;
    let left = standing.as_ref().map(|(undue, _, back)| undue.amount - *back).unwrap_or_default();
    let amount = request.amount.unwrap_or(left);
    let mut found = Vec::new();
    let mut how = Recovery::WrittenOff;
    if let Some((undue, aid, back)) = &standing {
        if reason.is_none() {
            how = came_back(&mut tx, &in_force, aid).await?;
        }
        if amount > left || !amount.is_positive() {
            let until = aid.fact.month;
            let detail = Detail::Cap { bound: undue.amount, used: *back, asked: amount, until };
            found.push((Code::RecoveryExceeded, detail));
        }
        found.extend(aid.shared(amount));
        if on < undue.found_on {
            found.push((Code::RecoveryBeforeUndue, Detail::Dates { found: on, bound: undue.found_on }));
        }
        found.extend(not_open(&tx.years().await?, on));
    } else {
        found.push((Code::UnknownUndue, Detail::None));
    }
    let mut report = UndueReport {
        enregistre: found.is_empty(),
        a_blanc: request.dry_run,
        numero: standing.as_ref().map(|(undue, ..)| undue.number),
        reference: standing.as_ref().map(|(_, aid, _)| aid.reference.clone()).unwrap_or_default(),
        genre: how.code().into(),
        le: on.to_string(),
        montant: amount.to_plain(),
        constats: refusals(&in_force, found, &request.undue.to_string()),
        ..UndueReport::default()
    };
    if let Some((undue, aid, _)) = standing.filter(|_| report.enregistre) {
        report.reste = Some((left - amount).to_plain());
        if !request.dry_run {
            let (at, about) = (clock.now(), format!("aide {}", aid.reference));
            let reason = match reason {
                Some(reason) => Some((reason.to_string(), random_bytes::<16>()?.to_vec())),
                None => None,
            };
            let given = if how == Recovery::ToEnvelope {
                envelopes_of(&mut tx, &aid, amount, on).await?
            } else {
                FxHashMap::default()
            };
            let first = tx.chain_head().await?.0;
            let act = Some(ActContent::Undue(undue.number).encode());
            let lot = act_lot(&mut tx, "recouvrement", about, (&at, &actor.name), reason, act).await?;
            let mut book = post(&mut tx, &in_force, &lot, how.event(), on, &aid, amount).await?;
            give_back(&mut tx, &in_force, &mut book, given).await?;
            let id = tx.next_key(KeyOf::Recovery).await?;
            tx.insert_recovery(&RecoveryRow {
                id,
                undue: undue.number,
                lot: lot.id,
                how: how.code().into(),
                amount,
                recovered_on: on,
            })
            .await?;
            report.lot = Some(lot.id);
            report.ecritures = close(&mut tx, book, first).await?;
        }
    }
    write_down(tx, clock, actor, claimed, "aide recouvrer", report, asked).await
}

/// Returns a living undue, its aid, and how much of it is recovered or written off.
async fn undue_of(tx: &mut Tx, number: i64) -> Result<Option<(UndueRow, LivingAid, Amount)>, AppError> {
    let found = tx.undues().await?.into_iter().find(|undue| undue.number == number && !undue.cancelled);
    let Some(undue) = found else { return Ok(None) };
    let Some(aid) = tx.living_aid(undue.aid).await? else { return Ok(None) };
    let aid = living(tx, &aid).await?;
    let back = tx.recoveries().await?.iter().filter(|one| one.undue == number).map(|one| one.amount).sum();
    Ok(Some((undue, aid, back)))
}

/// Returns who gets what came back: without an envelope there is nothing to fill again.
async fn came_back(tx: &mut Tx, in_force: &LawInForce, aid: &LivingAid) -> Result<Recovery, AppError> {
    let keys = FactKeys::load(tx, &in_force.law).await?;
    let rank = keys.fact(&in_force.law, &aid.fact)?.dispositif;
    let on_envelope = tx.axes().await?.get(&aid.fact.axes).is_some_and(|axes| axes.envelope_year != 0);
    let refills = in_force.law.get(rank).booking.recovered_to_envelope;
    Ok(if refills && on_envelope { Recovery::ToEnvelope } else { Recovery::ToFunder })
}

/// Returns what each envelope gets back of an amount; their axes are known to the book that will open.
async fn envelopes_of(
    tx: &mut Tx,
    aid: &LivingAid,
    amount: Amount,
    on: Date,
) -> Result<FxHashMap<EnvelopeKey, (Amount, Date)>, AppError> {
    let axes = tx.axes().await?;
    let mut given: FxHashMap<EnvelopeKey, (Amount, Date)> = FxHashMap::default();
    for (key, amount) in aid.borne(amount) {
        let axes = &axes[&key];
        let key = EnvelopeKey { dispositif: axes.dispositif, funder: axes.funder, year: axes.envelope_year };
        given.entry(key).or_insert((Amount::ZERO, on)).0 += amount;
        envelope_axes(tx, key).await?;
    }
    Ok(given)
}

/// Returns, by aid, what came back to envelopes.
pub(super) async fn recovered_to_envelopes(tx: &mut Tx) -> Result<FxHashMap<i64, Amount>, AppError> {
    let aid_of: FxHashMap<i64, i64> =
        tx.undues().await?.into_iter().map(|undue| (undue.number, undue.aid)).collect();
    let mut back: FxHashMap<i64, Amount> = FxHashMap::default();
    for recovery in tx.recoveries().await? {
        if let (Some(Recovery::ToEnvelope), Some(aid)) =
            (Recovery::parse(&recovery.how), aid_of.get(&recovery.undue))
        {
            *back.entry(*aid).or_default() += recovery.amount;
        }
    }
    Ok(back)
}

/// Returns what a share of an aid got of what came back: an aid of several funders comes back whole.
pub(super) fn part_of(share: Amount, whole: Amount, back: Amount) -> Amount {
    if back == whole { share } else { back }
}

/// Ends the transaction: the log, the answer to the key of the request, the commit.
async fn write_down(
    mut tx: Tx,
    clock: Clock,
    actor: &Actor,
    claimed: bool,
    action: &str,
    report: UndueReport,
    asked: Option<&Asked>,
) -> Result<UndueReport, AppError> {
    if report.a_blanc {
        return Ok(report);
    }
    if report.enregistre {
        tx.next_generation().await?;
    }
    let at = clock.now();
    let said = if report.enregistre { "" } else { ", refusé" };
    let detail =
        format!("{} : {}, {} le {}{said}", report.reference, report.genre, report.montant, report.le);
    tx.log(&at, &actor.name, claimed, action, &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}
