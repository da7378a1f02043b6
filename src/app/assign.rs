//! Who funds the lines of the general book: rules in order, then what was assigned by hand.

use super::error::AppError;
use crate::funding::AssignmentRule;
use crate::ledger::LineKind;
use crate::money::Amount;
use crate::posting::{AssignableLine, Assigner};
use crate::store::{Dictionary, PairTable, Rows, Tx};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// What one rule assigned in one year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The fiscal year.
    pub exercice: i16,
    /// The rank of the rule; 0 by hand; none for what nothing assigns.
    pub ordre: Option<u32>,
    /// What it is.
    pub libelle: String,
    /// Code of the funder.
    pub financeur: String,
    /// Code of the convention.
    pub convention: String,
    /// How many lines.
    pub lignes: u64,
    /// Credits minus debits, `1234.56`.
    pub montant: String,
}

/// A line that may be assigned: its rank, its identity, its amount, what rules look at.
pub(super) struct Candidate<'a> {
    pub rank: i64,
    pub identity: &'a [u8],
    pub amount: Amount,
    pub line: AssignableLine<'a>,
}

/// The rules in force and what was assigned by hand in a year.
pub(super) struct Assignments {
    pub rules: Vec<AssignmentRule>,
    // The last word on each identity: none where it was taken back.
    by_hand: FxHashMap<Vec<u8>, Option<(u32, u32)>>,
    accounts_by_hand: FxHashSet<String>,
    funders: Dictionary,
    conventions: Dictionary,
}

/// One line assigned: rank, rule, keys of its funder and convention.
pub(super) type AssignedLine = (i64, i64, u32, u32);

impl Assignments {
    /// Loads the rules in force, unless others are given to be tried.
    pub(super) async fn load(
        tx: &mut Tx,
        year: i16,
        tried: Option<Vec<AssignmentRule>>,
    ) -> Result<Assignments, AppError> {
        let rules = match (tried, tx.assignment_lot().await?) {
            (Some(rules), _) => rules,
            (None, Some(lot)) => tx.assignment_rules(lot).await?,
            (None, None) => Vec::new(),
        };
        let mut by_hand = FxHashMap::default();
        let mut accounts_by_hand = FxHashSet::default();
        for one in tx.by_hand(year).await? {
            by_hand.insert(one.identity, one.funder.zip(one.convention));
            accounts_by_hand.insert(one.line.1);
        }
        let funders = tx.dictionary("funder").await?;
        let conventions = tx.dictionary("convention").await?;
        Ok(Assignments { rules, by_hand, accounts_by_hand, funders, conventions })
    }

    /// Assigns lines; returns those that are, and the counts of each rule, of what was assigned by
    /// hand, and of grants that nothing assigns.
    pub(super) fn assign<'a>(
        &self,
        year: i16,
        candidates: impl Iterator<Item = Candidate<'a>>,
        auxiliaries: &FxHashMap<i64, Vec<&str>>,
        is_grant: impl Fn(&str) -> bool,
    ) -> (Vec<AssignedLine>, Vec<RuleCount>) {
        let assigner = Assigner::new(&self.rules);
        let mut assigned = Vec::new();
        let mut counts: FxHashMap<Option<u32>, (u64, Amount)> = FxHashMap::default();
        for candidate in candidates {
            let by_hand = self.by_hand.get(candidate.identity).copied().flatten();
            let found = by_hand.map(|keys| (0, Some(keys))).or_else(|| {
                let rule = assigner.rule_of(&candidate.line, auxiliaries)?;
                Some((rule.rank, self.keys_of(rule)))
            });
            if found.is_none() && !is_grant(candidate.line.account) {
                continue;
            }
            let count = counts.entry(found.map(|(rule, _)| rule)).or_default();
            count.0 += 1;
            count.1 -= candidate.amount;
            // Rules that are only tried may name a funder that the base does not know yet.
            if let Some((rule, Some((funder, convention)))) = found {
                assigned.push((candidate.rank, rule.into(), funder, convention));
            }
        }
        (assigned, self.name(year, &counts))
    }

    /// Returns true when a line of this account may be assigned.
    pub(super) fn looks_at(&self, account: &str) -> bool {
        Assigner::new(&self.rules).looks_at(account) || self.accounts_by_hand.contains(account)
    }

    fn keys_of(&self, rule: &AssignmentRule) -> Option<(u32, u32)> {
        let funder = self.funders.keys.get(&rule.funder)?;
        let convention = self.conventions.keys.get(&rule.convention)?;
        Some((*funder, *convention))
    }

    fn name(&self, year: i16, counts: &FxHashMap<Option<u32>, (u64, Amount)>) -> Vec<RuleCount> {
        let count = |rank: Option<u32>| counts.get(&rank).copied().unwrap_or_default();
        let mut named: Vec<RuleCount> = self
            .rules
            .iter()
            .map(|rule| RuleCount {
                exercice: year,
                ordre: Some(rule.rank),
                libelle: rule.label.clone(),
                financeur: rule.funder.clone(),
                convention: rule.convention.clone(),
                lignes: count(Some(rule.rank)).0,
                montant: count(Some(rule.rank)).1.to_plain(),
            })
            .collect();
        named.sort_by_key(|rule| rule.ordre);
        for (rank, label) in [(Some(0), "Affectées à la main"), (None, "Non affecté")] {
            let (lines, amount) = count(rank);
            if rank.is_none() || lines > 0 {
                named.push(RuleCount {
                    exercice: year,
                    ordre: rank,
                    libelle: label.to_string(),
                    lignes: lines,
                    montant: amount.to_plain(),
                    ..RuleCount::default()
                });
            }
        }
        named
    }
}

/// Assigns the lines of a FEC that is in the base; returns what it would write.
pub(super) async fn assign_stored(
    tx: &mut Tx,
    lot: i64,
    year: i16,
    assignments: &Assignments,
    is_grant: impl Fn(&str) -> bool,
) -> Result<(Vec<AssignedLine>, Vec<RuleCount>), AppError> {
    let accounts = tx.pairs(PairTable::Account).await?;
    let journals = tx.pairs(PairTable::Journal).await?;
    let auxiliaries = tx.pairs(PairTable::Auxiliary).await?;
    let looked_at: Vec<u32> = accounts
        .pairs
        .iter()
        .filter(|(_, (code, _))| assignments.looks_at(code) || is_grant(code))
        .map(|(key, _)| *key)
        .collect();
    let mut lines = tx.general_lines_on(lot, &looked_at).await?;
    // What zeroes a product is no product.
    lines.retain(|line| line.kind != LineKind::Closing);
    let entries: FxHashSet<i64> = lines.iter().map(|line| line.entry).collect();
    let mut of_entry: FxHashMap<i64, Vec<&str>> = FxHashMap::default();
    tx.each_auxiliary(lot, |entry, auxiliary| {
        if entries.contains(&entry) {
            of_entry.entry(entry).or_default().push(auxiliaries.get(auxiliary)?.0);
        }
        Ok(())
    })
    .await?;
    let mut candidates = Vec::with_capacity(lines.len());
    for line in &lines {
        candidates.push(Candidate {
            rank: line.rank,
            identity: &line.identity,
            amount: line.amount,
            line: AssignableLine {
                entry: line.entry,
                journal: journals.get(line.journal)?.0,
                account: accounts.get(line.account)?.0,
                analytic: &line.analytic,
                label: &line.label,
                piece: &line.piece,
            },
        });
    }
    Ok(assignments.assign(year, candidates.into_iter(), &of_entry, is_grant))
}

/// Writes the assignments of a FEC.
pub(super) async fn write_assignments(
    tx: &mut Tx,
    lot: i64,
    assigned: &[AssignedLine],
) -> Result<(), AppError> {
    let mut rows = Rows::general_assignments(tx);
    for (rank, rule, funder, convention) in assigned {
        rows.push([lot.into(), (*rank).into(), (*rule).into(), (*funder).into(), (*convention).into()]);
        if rows.is_full() {
            rows.take().append_to(tx).await?;
        }
    }
    Ok(rows.append_to(tx).await?)
}
