//! The register of derogations: who asked, who decided, which aid each one serves.

use super::derogation::state_of;
use super::error::AppError;
use super::state::year_asked;
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{DerogationUse, Store, Value};
use rustc_hash::FxHashMap;

/// Returns the derogations, oldest first, or those for the months of one fiscal year.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn derogation_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let year = match year {
        Some(code) => Some(year_asked(&mut tx, Some(code)).await?),
        None => None,
    };
    let mut all = tx.derogations().await?;
    all.retain(|row| year.is_none_or(|year| year.holds(row.month)));
    let uses = tx.derogation_uses().await?;
    let serves: FxHashMap<i64, &DerogationUse> =
        uses.iter().filter(|one| one.living).map(|one| (one.derogation, one)).collect();
    let people: Vec<Value> = all.iter().map(|row| row.beneficiary.into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&people).await?.into_iter().collect();
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut rows = Vec::new();
    for row in &all {
        let serves = serves.get(&row.number);
        let decision = row.decision.as_ref();
        let cells = vec![
            Cell::Count(row.number),
            numbers.get(&row.beneficiary).map_or("effacé", String::as_str).into(),
            Cell::Text(dispositifs.code(row.dispositif)?.to_string()),
            Cell::Text(row.month.to_string()),
            Cell::Amount(row.amount),
            Cell::Text(row.rules.join(", ")),
            row.reason.as_deref().unwrap_or("effacé").into(),
            Cell::Text(row.asked_by.clone()),
            Cell::Day(row.asked_on),
            decision.map_or("", |decision| decision.by.as_str()).into(),
            decision.map(|decision| decision.on).into(),
            decision.and_then(|decision| decision.reason.as_deref()).unwrap_or("").into(),
            state_of(row, serves.is_some()).into(),
            serves.map_or("", |aid| aid.reference.as_str()).into(),
            serves.map_or(Cell::Empty, |aid| Cell::Count(aid.origin.0)),
            serves.map_or(Cell::Empty, |aid| Cell::Count(aid.origin.1)),
        ];
        rows.push(Row::from(cells).to(Drill::Derogation(row.number)));
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("beneficiaire", "Bénéficiaire", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("regles", "Règles", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("demandee_par", "Demandée par", Kind::Text),
        Column::new("demandee_le", "Demandée le", Kind::Text),
        Column::new("decidee_par", "Décidée par", Kind::Text),
        Column::new("decidee_le", "Décidée le", Kind::Text),
        Column::new("motif_refus", "Motif du refus", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("reference", "Aide", Kind::Text),
        Column::new("lot", "Lot", Kind::Count),
        Column::new("ligne", "Ligne", Kind::Count),
    ];
    let notes = if rows.is_empty() { vec!["Aucune dérogation.".to_string()] } else { Vec::new() };
    let title = match year {
        Some(year) => format!("Dérogations de l'exercice {}", year.code),
        None => "Dérogations".to_string(),
    };
    Ok(Table { notes, ..Table::new(title, columns, rows) })
}
