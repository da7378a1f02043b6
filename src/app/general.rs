//! The general book of each year: the FEC in force.

use super::assign::{Assignments, RuleCount, assign_stored, write_assignments};
use super::error::AppError;
use super::law::{statement_rules_in_force, subsidies_of};
use crate::funding::AssignmentRule;
use crate::store::{FecVersion, Tx};
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
    let statements = statement_rules_in_force(tx).await?;
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
