//! Paying an aid that was granted unpaid: at once or in parts, never more than was granted.

use super::aid_asked::AidAsked;
use super::answer::{Asked, answered, keep};
use super::by_hand::{LivingAid, act_lot, close, find_aid, not_open, post, refusals};
use super::clock::Clock;
use super::context::FactKeys;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::rights::Right;
use super::users::Actor;
use crate::balances::Changes;
use crate::calendar::Date;
use crate::funding::Fact;
use crate::ledger::content::ActContent;
use crate::ledger::{Code, Detail, Wording};
use crate::money::Amount;
use crate::posting::EVENT_PAYMENT;
use crate::rules::RuleKind;
use crate::store::{PaymentRow, Store, Tx};
use serde::{Deserialize, Serialize};

/// A payment to be recorded.
#[derive(Clone, Debug)]
pub struct PayRequest {
    /// The aid.
    pub aid: AidAsked,
    /// The day; today where it is not said.
    pub paid_on: Option<Date>,
    /// The amount; all that is left where it is not said.
    pub amount: Option<Amount>,
    /// `--cle`.
    pub asked: Option<Asked>,
    /// `--a-blanc`.
    pub dry_run: bool,
}

/// What became of a payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PaymentReport {
    /// It is recorded, or would be.
    pub versee: bool,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The reference of the aid, or what was typed where no aid answers to it.
    pub reference: String,
    /// The number of the aid.
    pub aide: Option<i64>,
    /// Which payment of the aid it is, from 1.
    pub rang: Option<i64>,
    /// The day, `2024-10-05`.
    pub payee_le: String,
    /// The amount, `1234.56`.
    pub montant: String,
    /// What is left to pay afterwards, `1234.56`.
    pub reste: Option<String>,
    /// The lot; none until it is written.
    pub lot: Option<i64>,
    /// The entries, `AIDES-2024-0012`.
    pub ecritures: Vec<String>,
    /// Why it is refused.
    pub constats: Vec<Wording>,
}

impl PaymentReport {
    /// Returns the exit code: 1 when it is refused.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.versee)
    }
}

/// Records a payment of a living aid.
///
/// # Errors
/// When several aids bear the reference, the one of the key is cancelled, the actor may not, or the base fails. What is refused
/// is a report.
pub async fn pay_aid(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &PayRequest,
) -> Result<PaymentReport, AppError> {
    let mut tx = if request.dry_run { store.read().await? } else { store.write().await? };
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = !request.dry_run && actor.may(&mut tx, Right::Record).await?;
    let in_force = law_in_force(&mut tx).await?;
    let paid_on = request.paid_on.unwrap_or(clock.today(&tx.info().await?.zone)?);
    let aid = find_aid(&mut tx, &request.aid).await?;
    let left = aid.as_ref().map(|aid| aid.fact.amount - aid.paid()).unwrap_or_default();
    let amount = request.amount.unwrap_or(left);
    let found = match &aid {
        None => vec![(Code::UnknownAid, Detail::None)],
        Some(aid) => refused(&mut tx, &in_force, aid, paid_on, amount).await?,
    };
    let mut report = PaymentReport {
        versee: found.is_empty(),
        a_blanc: request.dry_run,
        reference: aid.as_ref().map_or_else(|| request.aid.to_string(), |aid| aid.reference.clone()),
        aide: aid.as_ref().map(|aid| aid.fact.aid),
        payee_le: paid_on.to_string(),
        montant: amount.to_plain(),
        constats: refusals(&in_force, found, &request.aid.to_string()),
        ..PaymentReport::default()
    };
    let at = clock.now();
    if let Some(aid) = aid.filter(|_| report.versee) {
        let rank = aid.payments.iter().map(|payment| payment.rank).max().unwrap_or(0) + 1;
        report.rang = Some(rank);
        report.reste = Some((left - amount).to_plain());
        if request.dry_run {
            return Ok(report);
        }
        let first = tx.chain_head().await?.0;
        let about = format!("aide {}", aid.reference);
        let act = Some(ActContent::Payment(rank).encode());
        let lot = act_lot(&mut tx, "versement", about, (&at, &actor.name), None, act).await?;
        let mut book = post(&mut tx, &in_force, &lot, EVENT_PAYMENT, paid_on, &aid, amount).await?;
        count(&mut tx, &in_force, &mut book.changes, &aid, false).await?;
        let payment = PaymentRow { aid: aid.fact.aid, rank, paid_on, amount, lot: Some(lot.id) };
        tx.insert_hand_payment(&payment, lot.id).await?;
        count(&mut tx, &in_force, &mut book.changes, &aid, true).await?;
        report.lot = Some(lot.id);
        report.ecritures = close(&mut tx, book, first).await?;
        tx.next_generation().await?;
    }
    if request.dry_run {
        return Ok(report);
    }
    let said = if report.versee { "" } else { ", refusé" };
    let detail = format!("{} : {} le {}{said}", report.reference, report.montant, report.payee_le);
    tx.log(&at, &actor.name, claimed, "aide verser", &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Says why a payment cannot be.
async fn refused(
    tx: &mut Tx,
    in_force: &LawInForce,
    aid: &LivingAid,
    paid_on: Date,
    amount: Amount,
) -> Result<Vec<(Code, Detail)>, AppError> {
    let mut found = Vec::new();
    let (granted, paid) = (aid.fact.amount, aid.paid());
    if amount > granted - paid || !amount.is_positive() {
        let until = aid.fact.month;
        let detail = Detail::Cap { bound: granted, used: paid, asked: amount, until };
        found.push((Code::PaymentExceeded, detail));
    }
    found.extend(aid.shared(amount));
    let decided = aid.fact.decided_on;
    let keys = FactKeys::load(tx, &in_force.law).await?;
    let rank = keys.fact(&in_force.law, &aid.fact)?.dispositif;
    // The dispositif's file may let the money go some days before the decision.
    let days = in_force.law.get(rank).rules.iter().find_map(|rule| match rule.kind {
        RuleKind::DateOrder { days } => Some(days),
        _ => None,
    });
    let earliest = (0..days.unwrap_or(0)).fold(decided, |day, _| day.eve());
    if paid_on < earliest {
        found.push((Code::PaidBeforeDecision, Detail::Dates { found: paid_on, bound: decided }));
    }
    found.extend(not_open(&tx.years().await?, paid_on));
    Ok(found)
}

/// Adds what a person's aids make of the totals, or takes it away; only the amounts of this aid change.
async fn count(
    tx: &mut Tx,
    in_force: &LawInForce,
    changes: &mut Changes,
    aid: &LivingAid,
    after: bool,
) -> Result<(), AppError> {
    let keys = FactKeys::load(tx, &in_force.law).await?;
    let rows = tx.living_facts(&[aid.fact.beneficiary.into()]).await?;
    let parts = tx.in_parts(rows).await?;
    let mut facts = Vec::with_capacity(parts.len());
    for part in &parts {
        let fact = keys.fact(&in_force.law, part)?;
        if part.aid == aid.fact.aid {
            for (axes, amount) in aid.borne(part.amount) {
                changes.aid(&fact, axes, part.nature, if after { amount } else { -amount });
            }
        }
        facts.push(fact);
    }
    let (none, all): (&[Fact], &[Fact]) = (&[], &facts);
    let (before, after) = if after { (none, all) } else { (all, none) };
    changes.person(&tx.years().await?, &keys.dispositif_keys, before.iter(), after.iter());
    Ok(())
}
