//! Undoing an import of declarations: the lot no longer counts, and what it had replaced does again.

use super::cancel::CancelReport;
use super::error::AppError;
use crate::funding::declared;
use crate::store::{DeclarationRow, NewLot, Tx, Value};
use rustc_hash::FxHashSet;

/// Undoes an import of declarations, once its undoing is a lot.
///
/// # Errors
/// When what comes back would put two parcours on the same days.
pub(super) async fn cancel_declarations(
    tx: &mut Tx,
    new: &NewLot,
    lot: i64,
) -> Result<CancelReport, AppError> {
    let own = tx.declared_by_lot(lot).await?;
    let mut people: Vec<i64> = own.iter().map(|row| row.beneficiary).collect();
    people.sort_unstable();
    people.dedup();
    let people: Vec<Value> = people.into_iter().map(Value::from).collect();
    let left = tx.declared(&people).await?;
    let overlapping = overlapping(tx, &left).await?;
    if !overlapping.is_empty() {
        return Err(AppError::Refused(format!(
            "deux parcours d'un même dispositif se chevaucheraient ; annulez d'abord le plus récent :\n  {}",
            overlapping.join("\n  ")
        )));
    }
    let lines: FxHashSet<i64> = own.iter().map(|row| row.line).collect();
    let own: FxHashSet<_> = own.iter().map(DeclarationRow::identity).collect();
    let back: FxHashSet<(i64, i64)> = left
        .iter()
        .filter(|row| row.lot < lot && own.contains(&row.identity()))
        .map(|row| (row.lot, row.line))
        .collect();
    let in_force = match back.len() {
        0 => "rien n'était déclaré avant à leur place".to_string(),
        1 => "1 ligne d'un import précédent compte de nouveau".to_string(),
        several => format!("{several} lignes d'imports précédents comptent de nouveau"),
    };
    Ok(CancelReport {
        lot: new.id,
        nombre: lines.len() as u64,
        en_vigueur: Some(in_force),
        ..CancelReport::default()
    })
}

/// Returns the parcours that are on the days of another, in words.
async fn overlapping(tx: &mut Tx, rows: &[DeclarationRow]) -> Result<Vec<String>, AppError> {
    let Some(parcours) = tx.dictionary("declarable").await?.keys.get(declared::PARCOURS).copied() else {
        return Ok(Vec::new());
    };
    let mut stays: Vec<&DeclarationRow> =
        rows.iter().filter(|row| row.declarable == parcours && row.value > 0).collect();
    stays.sort_by_key(|row| (row.beneficiary, row.dispositif, row.from));
    let pairs: Vec<&[&DeclarationRow]> = stays
        .windows(2)
        .filter(|pair| {
            (pair[0].beneficiary, pair[0].dispositif) == (pair[1].beneficiary, pair[1].dispositif)
                && pair[0].to.is_none_or(|to| to >= pair[1].from)
        })
        .take(10)
        .collect();
    let people: Vec<Value> = pairs.iter().map(|pair| pair[0].beneficiary.into()).collect();
    let numbers = tx.numbers_by_key(&people).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    pairs
        .iter()
        .map(|pair| {
            let number = numbers.iter().find(|(key, _)| *key == pair[0].beneficiary);
            Ok(format!(
                "{} {} : entrées du {} (lot {}) et du {} (lot {})",
                number.map_or("effacé", |(_, number)| number.as_str()),
                dispositifs.code(pair[0].dispositif)?,
                pair[0].from.to_french(),
                pair[0].lot,
                pair[1].from.to_french(),
                pair[1].lot,
            ))
        })
        .collect()
}
