//! The register of what was undue: found, recovered, written off, what is left.

use super::error::AppError;
use super::state::year_asked;
use super::undue::Recovery;
use crate::money::Amount;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Store, Value};
use rustc_hash::FxHashMap;

/// Returns what was found undue, oldest first, or in one fiscal year. What a cancelled aid owed is shown,
/// and owes nothing.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn undue_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let year = match year {
        Some(code) => Some(year_asked(&mut tx, Some(code)).await?),
        None => None,
    };
    let mut all = tx.undues().await?;
    all.retain(|row| year.is_none_or(|year| year.holds(row.found_on.month())));
    let mut back: FxHashMap<i64, (Amount, Amount)> = FxHashMap::default();
    for recovery in tx.recoveries().await? {
        let (recovered, written_off) = back.entry(recovery.undue).or_default();
        match Recovery::parse(&recovery.how) {
            Some(Recovery::WrittenOff) => *written_off += recovery.amount,
            _ => *recovered += recovery.amount,
        }
    }
    let keys: Vec<Value> = all.iter().map(|row| row.aid.into()).collect();
    let references: FxHashMap<i64, String> = tx.references_of(&keys).await?.into_iter().collect();
    let reasons: FxHashMap<i64, Option<String>> =
        tx.lots().await?.into_iter().map(|lot| (lot.id, lot.reason)).collect();
    let mut rows = Vec::new();
    let mut sums = [Amount::ZERO; 4];
    for row in &all {
        let (recovered, written_off) = back.get(&row.number).copied().unwrap_or_default();
        let left = if row.cancelled { Amount::ZERO } else { row.amount - recovered - written_off };
        let amounts = [row.amount, recovered, written_off, left];
        if !row.cancelled {
            sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
        let mut cells = vec![
            Cell::Count(row.number),
            Cell::Day(row.found_on),
            references.get(&row.aid).map_or("", String::as_str).into(),
        ];
        cells.extend(amounts.map(Cell::Amount));
        let reason = reasons.get(&row.lot).and_then(Option::as_deref).unwrap_or("effacé");
        cells.push(reason.into());
        cells.push(if row.cancelled { "aide annulée" } else { "" }.into());
        rows.push(cells);
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("le", "Constaté le", Kind::Text),
        Column::new("reference", "Aide", Kind::Text),
        Column::new("montant", "Indu", Kind::Amount),
        Column::new("recouvre", "Recouvré", Kind::Amount),
        Column::new("non_valeur", "Non-valeur", Kind::Amount),
        Column::new("reste", "Reste", Kind::Amount),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("etat", "État", Kind::Text),
    ];
    let mut total = vec![Cell::Text("Total".into()), Cell::Empty, Cell::Empty];
    total.extend(sums.map(Cell::Amount));
    total.resize(columns.len(), Cell::Empty);
    let notes = if rows.is_empty() { vec!["Aucun indu.".to_string()] } else { Vec::new() };
    let title = match year {
        Some(year) => format!("Indus constatés de l'exercice {}", year.code),
        None => "Indus constatés".to_string(),
    };
    Ok(Table { notes, total: Some(total), ..Table::new(title, columns, rows) })
}
