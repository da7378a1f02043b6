//! The register of what was undue: found, recovered, written off, what is left.

use super::error::AppError;
use super::state::year_asked;
use super::undue::Recovery;
use crate::calendar::Date;
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{Store, UndueRow, Value};
use rustc_hash::FxHashMap;

/// What was found undue, as listed.
#[derive(Clone, Debug)]
pub struct UndueLine {
    /// Its number.
    pub number: i64,
    /// The day on which it was found.
    pub found_on: Date,
    /// Key of the aid.
    pub aid: i64,
    /// Reference of the aid.
    pub reference: String,
    /// What was found undue.
    pub amount: Amount,
    /// What came back of it.
    pub recovered: Amount,
    /// What will not.
    pub written_off: Amount,
    /// What is still owed: nothing for a cancelled aid.
    pub left: Amount,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// The aid is cancelled.
    pub cancelled: bool,
}

/// Returns what was found undue, oldest first, or in one fiscal year.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn list_undues(store: &Store, year: Option<i16>) -> Result<Vec<UndueLine>, AppError> {
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
    let line = |row: &UndueRow| {
        let (recovered, written_off) = back.get(&row.number).copied().unwrap_or_default();
        UndueLine {
            number: row.number,
            found_on: row.found_on,
            aid: row.aid,
            reference: references.get(&row.aid).cloned().unwrap_or_default(),
            amount: row.amount,
            recovered,
            written_off,
            left: if row.cancelled { Amount::ZERO } else { row.amount - recovered - written_off },
            reason: reasons.get(&row.lot).cloned().flatten(),
            cancelled: row.cancelled,
        }
    };
    Ok(all.iter().map(line).collect())
}

/// Returns what was found undue as a table, oldest first, or in one fiscal year. What a cancelled aid owed
/// is shown, and owes nothing.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn undue_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut rows: Vec<Row> = Vec::new();
    let mut sums = [Amount::ZERO; 4];
    for line in list_undues(store, year).await? {
        let amounts = [line.amount, line.recovered, line.written_off, line.left];
        if !line.cancelled {
            sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
        let mut cells =
            vec![Cell::Count(line.number), Cell::Day(line.found_on), line.reference.as_str().into()];
        cells.extend(amounts.map(Cell::Amount));
        cells.push(line.reason.as_deref().unwrap_or("effacé").into());
        cells.push(if line.cancelled { "aide annulée" } else { "" }.into());
        rows.push(Row::from(cells).to(Drill::Aid(line.aid, line.reference)));
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
        Some(year) => format!("Indus constatés de l'exercice {year}"),
        None => "Indus constatés".to_string(),
    };
    Ok(Table { notes, total: Some(total), ..Table::new(title, columns, rows) })
}
