//! What to look at first: envelopes, what was paid month by month, and what is left to do. Each figure is
//! that of the list it leads to.

use super::account_sums::{granted_and_unpaid, paid_by_envelope};
use super::aid_lines::{AidFilter, AidState};
use super::aid_page::named;
use super::error::AppError;
use super::general::current_fecs;
use super::general_account::{GeneralAccounts, GeneralFilter};
use super::law::{statement_rules_in_force, subsidies_of};
use super::state::{Names, year_asked};
use crate::calendar::{Date, FiscalYear, Month};
use crate::funding::DateKind;
use crate::ledger::LineKind;
use crate::money::{Amount, Percent};
use crate::statements::Named;
use crate::store::{FecVersion, PairTable, Store, Tx};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// From so much of an envelope on, it is to be looked at.
const NEARLY_SPENT: Percent = Percent::from_hundredths(9_000);

/// Up to so many irregular aids, their amount is added up.
const ADDED_UP: i64 = 20_000;

/// An envelope: what is left, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeGauge {
    /// The dispositif.
    pub dispositif: Named,
    /// The funder.
    pub funder: Named,
    /// Notified.
    pub notified: Amount,
    /// Granted: the list of `granted_lines`.
    pub granted: Amount,
    /// Paid: the list of `paid_lines`.
    pub paid: Amount,
    /// What can still be granted.
    pub available: Amount,
    /// Paid by another body beyond what is notified.
    pub overrun: Amount,
    /// Granted, in percent of what is notified; none where nothing is.
    pub spent: Option<Percent>,
    /// The last day of its year.
    pub ends_on: Date,
    /// The aids granted on it.
    pub granted_lines: AidFilter,
    /// The aids paid on it.
    pub paid_lines: AidFilter,
}

/// What was paid of a dispositif, month by month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidCurve {
    /// The dispositif.
    pub dispositif: Named,
    /// Each month of the fiscal year, with what was paid, be it nothing.
    pub months: Vec<(Month, Amount)>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Derogations that a second person must approve or refuse.
    DerogationsAsked,
    /// Aids of the year that fail a rule.
    IrregularAids,
    /// Aids granted and not paid.
    UnpaidAids,
    /// Envelopes granted nearly in whole; the amount is what is left.
    EnvelopesNearlySpent,
    /// Envelopes beyond what is notified; the amount is the overrun.
    EnvelopesOverrun,
    /// A year that is over and whose FEC is provisional; the number is that of its lines.
    ProvisionalFec,
    /// A year that is over, without FEC.
    MissingFec,
    /// Subsidies that nothing attributes to a funder.
    UnassignedGrants,
    /// Lines assigned by hand that the FEC no longer has.
    AssignmentsWaiting,
    /// The year that today is in, or is to come to, is not open.
    YearToOpen,
}

/// Where a task leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The register of derogations.
    Derogations,
    /// A list of aids.
    Aids(AidFilter),
    /// The envelopes of a year.
    Envelopes(i16),
    /// The general book of a year: its FEC.
    GeneralYear(i16),
    /// Lines of the general book.
    GeneralLines(GeneralFilter),
    /// Who funds what, in a year.
    Assignments(i16),
    /// The opening of a year.
    OpenYear(i16),
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToDo {
    /// What.
    pub task: Task,
    /// How many; none where counting them would cost too much.
    pub number: Option<i64>,
    /// Their amount, where they have one that can be told.
    pub amount: Option<Amount>,
    /// The list behind it.
    pub leads_to: Destination,
}

/// The first page of a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    /// The envelopes of the year, by dispositif and funder.
    pub envelopes: Vec<EnvelopeGauge>,
    /// What was paid, by dispositif.
    pub paid: Vec<PaidCurve>,
    /// What is left to do; nothing that has none.
    pub to_do: Vec<ToDo>,
}

/// Returns the first page of a base, for a fiscal year, else the last open one.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn dashboard(store: &Store, year: Option<i16>, today: Date) -> Result<Dashboard, AppError> {
    let mut tx = store.read().await?;
    let year = year_asked(&mut tx, year).await?;
    let names = Names::load(&mut tx).await?;
    let envelopes = gauges(&mut tx, &names, year).await?;
    let paid = curves(&mut tx, &names, year).await?;
    let mut to_do = Vec::new();
    to_do.extend(derogations_asked(&mut tx).await?);
    to_do.extend(irregular_aids(&mut tx, year).await?);
    to_do.extend(unpaid_aids(&mut tx).await?);
    to_do.extend(envelopes_to_look_at(&envelopes, year));
    to_do.extend(general_tasks(&mut tx, today).await?);
    let last = tx.years().await?.last();
    if today > last.last.last_day() {
        let leads_to = Destination::OpenYear(last.next().code);
        to_do.push(ToDo { task: Task::YearToOpen, number: Some(1), amount: None, leads_to });
    }
    Ok(Dashboard { envelopes, paid, to_do })
}

async fn gauges(tx: &mut Tx, names: &Names, year: FiscalYear) -> Result<Vec<EnvelopeGauge>, AppError> {
    let paid = paid_by_envelope(tx, names).await?;
    let mut gauges = Vec::new();
    for (key, envelope) in tx.envelopes().await? {
        if i64::from(key.year) != i64::from(year.code) {
            continue;
        }
        let dispositif = named(&names.dispositifs, key.dispositif)?;
        let funder = named(&names.funders, key.funder)?;
        let lines = |by| AidFilter {
            dispositif: Some(dispositif.code.clone()),
            funder: Some(funder.code.clone()),
            envelope_year: Some(key.year),
            ..AidFilter::all(by)
        };
        gauges.push(EnvelopeGauge {
            notified: envelope.notified,
            granted: envelope.consumed,
            paid: paid.get(&key).copied().unwrap_or_default(),
            available: envelope.room(),
            overrun: envelope.overrun,
            spent: Percent::share(envelope.consumed, envelope.notified),
            ends_on: year.last.last_day(),
            granted_lines: lines(DateKind::Right),
            paid_lines: lines(DateKind::Payment),
            dispositif,
            funder,
        });
    }
    gauges.sort_by(|a, b| (&a.dispositif, &a.funder).cmp(&(&b.dispositif, &b.funder)));
    Ok(gauges)
}

async fn curves(tx: &mut Tx, names: &Names, year: FiscalYear) -> Result<Vec<PaidCurve>, AppError> {
    let mut sums: BTreeMap<u32, BTreeMap<Month, Amount>> = BTreeMap::new();
    for row in tx.amounts(DateKind::Payment, year.first, year.last).await? {
        let dispositif = names.axes.get(&row.axes).copied().unwrap_or_default().dispositif;
        *sums.entry(dispositif).or_default().entry(row.month).or_default() += row.amount;
    }
    let months: Vec<Month> = (0..=year.first.until(year.last)).map(|rank| year.first.plus(rank)).collect();
    let mut curves = Vec::with_capacity(sums.len());
    for (dispositif, own) in sums {
        let amount = |month: &Month| (*month, own.get(month).copied().unwrap_or_default());
        curves.push(PaidCurve {
            dispositif: named(&names.dispositifs, dispositif)?,
            months: months.iter().map(amount).collect(),
        });
    }
    curves.sort_by(|a, b| a.dispositif.cmp(&b.dispositif));
    Ok(curves)
}

async fn derogations_asked(tx: &mut Tx) -> Result<Option<ToDo>, AppError> {
    let all = tx.derogations().await?;
    let asked: Vec<Amount> = all.iter().filter(|row| row.decision.is_none()).map(|row| row.amount).collect();
    Ok((!asked.is_empty()).then(|| ToDo {
        task: Task::DerogationsAsked,
        number: Some(count(asked.len())),
        amount: Some(asked.into_iter().sum()),
        leads_to: Destination::Derogations,
    }))
}

async fn irregular_aids(tx: &mut Tx, year: FiscalYear) -> Result<Option<ToDo>, AppError> {
    let period = i64::from(year.code);
    let counted = tx.counts(DateKind::Right, period, period).await?;
    let number: i64 = counted.iter().filter(|row| row.dispositif == 0).map(|row| row.count.irregular).sum();
    if number == 0 {
        return Ok(None);
    }
    let amount = match number <= ADDED_UP {
        true => Some(tx.irregular_amount(year.first, year.last).await?),
        false => None,
    };
    let filter = AidFilter {
        months: Some((year.first, year.last)),
        irregular_only: true,
        ..AidFilter::all(DateKind::Right)
    };
    let leads_to = Destination::Aids(filter);
    Ok(Some(ToDo { task: Task::IrregularAids, number: Some(number), amount, leads_to }))
}

async fn unpaid_aids(tx: &mut Tx) -> Result<Option<ToDo>, AppError> {
    let amount: Amount = granted_and_unpaid(tx).await?.into_iter().map(|(_, amount)| amount).sum();
    let filter = AidFilter { state: AidState::Unpaid, ..AidFilter::all(DateKind::Right) };
    Ok((!amount.is_zero()).then_some(ToDo {
        task: Task::UnpaidAids,
        number: None,
        amount: Some(amount),
        leads_to: Destination::Aids(filter),
    }))
}

fn envelopes_to_look_at(gauges: &[EnvelopeGauge], year: FiscalYear) -> Vec<ToDo> {
    let overrun: Vec<Amount> =
        gauges.iter().map(|gauge| gauge.overrun).filter(|amount| amount.is_positive()).collect();
    let nearly = |gauge: &&EnvelopeGauge| {
        gauge.overrun.is_zero() && gauge.spent.is_some_and(|spent| spent >= NEARLY_SPENT)
    };
    let left: Vec<Amount> = gauges.iter().filter(nearly).map(|gauge| gauge.available).collect();
    [(Task::EnvelopesOverrun, overrun), (Task::EnvelopesNearlySpent, left)]
        .into_iter()
        .filter(|(_, amounts)| !amounts.is_empty())
        .map(|(task, amounts)| ToDo {
            task,
            number: Some(count(amounts.len())),
            amount: Some(amounts.into_iter().sum()),
            leads_to: Destination::Envelopes(year.code),
        })
        .collect()
}

/// What the general book of each year waits for. A base that holds no FEC at all waits for none.
async fn general_tasks(tx: &mut Tx, today: Date) -> Result<Vec<ToDo>, AppError> {
    let fecs = current_fecs(tx).await?;
    let mut to_do = Vec::new();
    if fecs.is_empty() {
        return Ok(to_do);
    }
    let years = tx.years().await?;
    let accounts = tx.pairs(PairTable::Account).await?;
    let rules = statement_rules_in_force(tx).await?;
    let mut code = years.first().code;
    while let Some(year) = years.get(code) {
        code += 1;
        let is_over = today > year.last.last_day();
        let Some(version) = fecs.get(&year.code) else {
            if is_over {
                let leads_to = Destination::GeneralYear(year.code);
                to_do.push(ToDo { task: Task::MissingFec, number: Some(1), amount: None, leads_to });
            }
            continue;
        };
        if version.definitive {
            continue;
        }
        if is_over {
            to_do.push(ToDo {
                task: Task::ProvisionalFec,
                number: Some(version.counts.1),
                amount: None,
                leads_to: Destination::GeneralYear(year.code),
            });
        }
        let subsidies = subsidies_of(&rules, year)?;
        let (mut number, mut amount) = (0, Amount::ZERO);
        for ((account, kind, _, funder, _), (debit, credit, lines)) in
            tx.general_balances(version.lot).await?
        {
            let is_grant = subsidies.holds(accounts.get(account)?.0);
            if is_grant && funder == 0 && kind != LineKind::Closing.number() {
                number += lines;
                amount += credit - debit;
            }
        }
        if number > 0 {
            let filter = GeneralFilter {
                funder: Some(String::new()),
                ..GeneralFilter::of(Some(year.code), GeneralAccounts::Subsidies)
            };
            let leads_to = Destination::GeneralLines(filter);
            let amount = Some(amount);
            to_do.push(ToDo { task: Task::UnassignedGrants, number: Some(number), amount, leads_to });
        }
        to_do.extend(assignments_waiting(tx, version).await?);
    }
    Ok(to_do)
}

async fn assignments_waiting(tx: &mut Tx, version: &FecVersion) -> Result<Option<ToDo>, AppError> {
    let mut last: FxHashMap<Vec<u8>, Amount> = FxHashMap::default();
    for one in tx.by_hand(version.year).await? {
        match one.funder {
            Some(_) => last.insert(one.identity, -one.line.3),
            None => last.remove(&one.identity),
        };
    }
    if last.is_empty() {
        return Ok(None);
    }
    let living: FxHashSet<Vec<u8>> = tx.identities_by_hand(version.lot).await?.into_iter().collect();
    last.retain(|identity, _| !living.contains(identity));
    Ok((!last.is_empty()).then(|| ToDo {
        task: Task::AssignmentsWaiting,
        number: Some(count(last.len())),
        amount: Some(last.values().copied().sum()),
        leads_to: Destination::Assignments(version.year),
    }))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).expect("fewer than that")
}
