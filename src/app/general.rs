//! The general book of each year: the FEC in force.

use super::assign::{Assignments, RuleCount, assign_stored, write_assignments};
use super::error::AppError;
use super::law::{statement_rules_in_force, subsidies_of};
use crate::funding::AssignmentRule;
use crate::ledger::LineKind;
use crate::money::Amount;
use crate::statements::SUBSIDIES;
use crate::store::{FecVersion, PairTable, Tx};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Returns the FEC in force of each year: the sealed one, else the last one whose lines are in the base.
pub(super) async fn current_fecs(tx: &mut Tx) -> Result<BTreeMap<i16, FecVersion>, AppError> {
    let mut versions = tx.fec_versions().await?;
    versions.sort_by_key(|version| (version.definitive, version.lot));
    Ok(versions.into_iter().map(|version| (version.year, version)).collect())
}

/// What assigning every year again gives: counts of each rule, and the years that are sealed.
#[derive(Default)]
pub(super) struct Reassigned {
    pub counts: Vec<RuleCount>,
    pub sealed: Vec<i16>,
}

/// Assigns every provisional year again; writes it unless rules are only tried.
pub(super) async fn reassign(tx: &mut Tx, tried: Option<&[AssignmentRule]>) -> Result<Reassigned, AppError> {
    let statements = statement_rules_in_force(tx, |statement, _| statement == SUBSIDIES).await?;
    let years = tx.years().await?;
    let mut done = Reassigned::default();
    for (year, version) in current_fecs(tx).await? {
        if version.definitive {
            done.sealed.push(year);
            continue;
        }
        let assignments = Assignments::load(tx, year, tried.map(<[AssignmentRule]>::to_vec)).await?;
        let year = years.get(year).ok_or_else(|| AppError::Machine(format!("exercice {year}")))?;
        let subsidies = subsidies_of(&statements, year)?;
        let (assigned, counts) =
            assign_stored(tx, version.lot, year.code, &assignments, |account| subsidies.holds(account))
                .await?;
        done.counts.extend(counts);
        if tried.is_none() {
            tx.remove_assignments(version.lot).await?;
            write_assignments(tx, version.lot, &assigned).await?;
            tx.rebuild_general_balances(version.lot).await?;
        }
    }
    Ok(done)
}

/// Returns the closing of each account of classes 1 to 5 of a FEC, its result on account 12.
pub(super) async fn closing_of(tx: &mut Tx, lot: i64) -> Result<FxHashMap<String, Amount>, AppError> {
    let accounts = tx.pairs(PairTable::Account).await?;
    let mut closing: FxHashMap<String, Amount> = FxHashMap::default();
    for sum in tx.general_sums(lot).await?.iter().filter(|sum| sum.kind != LineKind::Closing) {
        let account = match accounts.get(sum.account)?.0 {
            account if account.starts_with(['6', '7']) => "12",
            // Commitments and voluntary contributions do not open the next year.
            account if account.starts_with(['8', '9']) => continue,
            account => account,
        };
        *closing.entry(account.to_string()).or_default() += sum.debit - sum.credit;
    }
    Ok(closing)
}

/// Returns the accounts whose opening is not the closing of the year before: account, closing,
/// opening. A result may have moved among accounts 10 to 12 already at the opening.
pub(super) fn opening_gaps(
    closing: &FxHashMap<String, Amount>,
    opening: &FxHashMap<String, Amount>,
) -> Vec<(String, Amount, Amount)> {
    let group =
        |account: &str| if account.starts_with("12") { "12".to_string() } else { account.to_string() };
    let mut both: BTreeMap<String, (Amount, Amount)> = BTreeMap::new();
    for (account, amount) in closing {
        both.entry(group(account)).or_default().0 += *amount;
    }
    for (account, amount) in opening {
        both.entry(group(account)).or_default().1 += *amount;
    }
    let is_equity = |account: &str| ["10", "11", "12"].iter().any(|prefix| account.starts_with(prefix));
    let equity: Amount = both
        .iter()
        .filter(|(account, _)| is_equity(account))
        .map(|(_, (closed, opened))| *closed - *opened)
        .sum();
    both.into_iter()
        .filter(|(account, (closed, opened))| closed != opened && !(is_equity(account) && equity.is_zero()))
        .map(|(account, (closed, opened))| (account, closed, opened))
        .collect()
}
