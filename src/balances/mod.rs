//! Entries → balances: the totals that statements read, maintained as entries are posted.
//!
//! In: lines, and the facts of people before and after. Out: differences to add to the base.
//! Never: a database. `denier verifier` computes the same from nothing and compares.

use crate::calendar::{Month, Years};
use crate::funding::{DateKind, Fact};
use crate::ledger::{AccountId, AxesId, Line};
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// What a count is kept by: kind of date, period (202403 or 2024), dispositif (0 for all).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountKey {
    /// The kind of date.
    pub kind: DateKind,
    /// A month as 202403, or a fiscal year as 2024.
    pub period: i64,
    /// The dispositif, as the base's key; 0 is all of them.
    pub dispositif: u32,
}

/// How many instalments, decisions or payments, and how many distinct people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Instalments by right, decisions by decision, payments by payment.
    pub number: i64,
    /// Distinct people.
    pub people: i64,
    /// Irregular aids.
    pub irregular: i64,
}

/// Differences to add to the maintained totals.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// By account, month and axes.
    pub balances: FxHashMap<(AccountId, Month, AxesId), Amount>,
    /// By kind of date, month, axes and nature.
    pub amounts: FxHashMap<(DateKind, Month, AxesId, u32), Amount>,
    /// By kind of date, period and dispositif.
    pub counts: FxHashMap<CountKey, Count>,
}

impl Changes {
    /// Adds a line of an entry of this month.
    pub fn line(&mut self, month: Month, line: &Line) {
        *self.balances.entry((line.account, month, line.axes)).or_default() += line.amount;
    }

    /// Adds (or, with a negative amount, takes away) a share of an aid.
    pub fn aid(&mut self, fact: &Fact, axes: AxesId, nature: u32, amount: Amount) {
        for kind in DateKind::ALL {
            if let Some(month) = fact.month_by(kind) {
                *self.amounts.entry((kind, month, axes, nature)).or_default() += amount;
            }
        }
    }

    /// Adds the difference that a person makes between their facts before and after.
    ///
    /// `keys` gives the base's key of each dispositif of the law.
    pub fn person<'a>(
        &mut self,
        years: &Years,
        keys: &[u32],
        before: impl Iterator<Item = &'a Fact>,
        after: impl Iterator<Item = &'a Fact>,
    ) {
        for (facts, sign) in [(before.collect::<Vec<_>>(), -1), (after.collect::<Vec<_>>(), 1)] {
            self.person_counts(years, keys, &facts, sign);
        }
    }

    fn person_counts(&mut self, years: &Years, keys: &[u32], facts: &[&Fact], sign: i64) {
        // One unit per instalment, decision or payment: (kind, month, dispositif, what tells units apart).
        let mut units: Vec<(DateKind, Month, u32, i64)> = Vec::with_capacity(facts.len() * 3);
        for (rank, fact) in facts.iter().enumerate() {
            let dispositif = keys[usize::from(fact.dispositif)];
            for kind in DateKind::ALL {
                let unit = match kind {
                    DateKind::Right | DateKind::Decision => fact.decision,
                    DateKind::Payment => i64::try_from(rank).expect("few aids"),
                };
                if let Some(month) = fact.month_by(kind) {
                    units.push((kind, month, dispositif, unit));
                }
            }
        }
        for fact in facts.iter().filter(|fact| fact.irregular) {
            let dispositif = keys[usize::from(fact.dispositif)];
            for (kind, month) in
                DateKind::ALL.into_iter().filter_map(|kind| Some((kind, fact.month_by(kind)?)))
            {
                for key in count_keys(years, kind, month, dispositif) {
                    self.counts.entry(key).or_default().irregular += sign;
                }
            }
        }
        units.sort_unstable();
        units.dedup();
        let mut keys: Vec<CountKey> = Vec::with_capacity(units.len() * 4);
        for (kind, month, dispositif, _) in units {
            keys.extend(count_keys(years, kind, month, dispositif));
        }
        keys.sort_unstable();
        for same in keys.chunk_by(|a, b| a == b) {
            let count = self.counts.entry(same[0]).or_default();
            count.number += sign * i64::try_from(same.len()).expect("few units");
            count.people += sign;
        }
    }
}

/// The four counts to which an aid of this month adds: month and year, its dispositif and all.
fn count_keys(years: &Years, kind: DateKind, month: Month, dispositif: u32) -> [CountKey; 4] {
    let (month, year) = (month.number(), i64::from(years.code_of(month)));
    [(month, dispositif), (month, 0), (year, dispositif), (year, 0)].map(|(period, dispositif)| CountKey {
        kind,
        period,
        dispositif,
    })
}
