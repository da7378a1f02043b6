//! Aids across two axes: each amount, from the maintained totals, is that of the list it leads to.

use super::aid_lines::{AidFilter, Wanted};
use super::error::AppError;
use super::state::Names;
use crate::calendar::Month;
use crate::money::Amount;
use crate::statements::{AidGroup, Axis, Table, cross_table};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// The widest table, in columns of the second axis: two years of months.
const WIDEST: usize = 24;

/// Returns the amounts of a filter by two axes, one across the other. A cell is what
/// [`AidFilter::narrowed`] by the keys of its row and of its column lists.
///
/// # Errors
/// When totals are not kept by what is asked (a person, a lot, irregular or unpaid aids), a code is not
/// known, or the second axis is too long to be read across.
pub async fn aid_cross(store: &Store, filter: &AidFilter, axes: [Axis; 2]) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let names = Names::load(&mut tx).await?;
    let wanted = Wanted::of(&mut tx, &names, filter).await?;
    if !wanted.is_maintained() || axes.contains(&Axis::Beneficiary) {
        return Err(AppError::Usage("ce tableau ne se fait ni par personne, ni d'une liste d'aides".into()));
    }
    let (first, last) = filter.months.unwrap_or((Month::FIRST, Month::LAST));
    let mut sums: BTreeMap<Vec<String>, Amount> = BTreeMap::new();
    for row in tx.amounts(filter.by, first, last).await? {
        let own = names.axes.get(&row.axes).copied().unwrap_or_default();
        if !wanted.is_of(own.dispositif, row.nature) || !wanted.funds(&own) {
            continue;
        }
        let mut keys = Vec::with_capacity(axes.len());
        for axis in axes {
            keys.push(names.key(axis, &own, row.nature, row.month)?);
        }
        *sums.entry(keys).or_default() += row.amount;
    }
    let across: BTreeSet<&String> = sums.keys().map(|keys| &keys[1]).collect();
    if across.len() > WIDEST {
        return Err(AppError::Refused(format!(
            "{} colonnes : c'est trop pour une page ; mettez cet axe en lignes, ou restreignez la période",
            across.len()
        )));
    }
    let group = |(keys, amount)| AidGroup { keys, number: 0, people: 0, amount };
    let groups: Vec<AidGroup> = sums.into_iter().map(group).collect();
    let title = "Montant des aides";
    Ok(cross_table(title, Vec::new(), &axes, &groups, WIDEST)
        .unwrap_or_else(|| Table::new(title, Vec::new(), Vec::<crate::statements::Row>::new())))
}
