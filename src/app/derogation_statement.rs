//! The register of derogations: who asked, who decided, which aid each one serves.

use super::derogation::state_of;
use super::error::AppError;
use super::state::year_asked;
use crate::calendar::{Date, Month};
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{DerogationDecision, DerogationUse, Store, Value};
use rustc_hash::FxHashMap;

/// A derogation as listed.
#[derive(Clone, Debug)]
pub struct DerogationLine {
    /// Its number.
    pub number: i64,
    /// The person's number, unless erased.
    pub beneficiary: Option<String>,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The month of right.
    pub month: Month,
    /// The largest aid that it allows.
    pub amount: Amount,
    /// The codes of the rules that it lifts.
    pub rules: Vec<String>,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// On which day.
    pub asked_on: Date,
    /// What was decided, if it was.
    pub decision: Option<DerogationDecision>,
    /// `demandée`, `approuvée`, `refusée` or `utilisée`.
    pub state: &'static str,
    /// The living aid that it serves.
    pub serves: Option<DerogationUse>,
}

/// Returns the derogations, oldest first, or those for the months of one fiscal year.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn list_derogations(store: &Store, year: Option<i16>) -> Result<Vec<DerogationLine>, AppError> {
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
    let mut lines = Vec::new();
    for row in all {
        let serves = serves.get(&row.number);
        lines.push(DerogationLine {
            number: row.number,
            beneficiary: numbers.get(&row.beneficiary).cloned(),
            dispositif: dispositifs.code(row.dispositif)?.to_string(),
            month: row.month,
            amount: row.amount,
            state: state_of(&row, serves.is_some()),
            rules: row.rules,
            reason: row.reason,
            asked_by: row.asked_by,
            asked_on: row.asked_on,
            decision: row.decision,
            serves: serves.map(|one| (*one).clone()),
        });
    }
    Ok(lines)
}

/// Returns the derogations as a table, oldest first, or those for the months of one fiscal year.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn derogation_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let lines = list_derogations(store, year).await?;
    let rows: Vec<Row> = lines.iter().map(row).collect();
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("beneficiaire", "Dossier", Kind::Text),
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
        Some(year) => format!("Dérogations de l'exercice {year}"),
        None => "Dérogations".to_string(),
    };
    Ok(Table { notes, ..Table::new(title, columns, rows) })
}

fn row(line: &DerogationLine) -> Row {
    let decision = line.decision.as_ref();
    let serves = line.serves.as_ref();
    let cells = vec![
        Cell::Count(line.number),
        line.beneficiary.as_deref().unwrap_or("effacé").into(),
        Cell::Text(line.dispositif.clone()),
        Cell::Text(line.month.to_string()),
        Cell::Amount(line.amount),
        Cell::Text(line.rules.join(", ")),
        line.reason.as_deref().unwrap_or("effacé").into(),
        Cell::Text(line.asked_by.clone()),
        Cell::Day(line.asked_on),
        decision.map_or("", |decision| decision.by.as_str()).into(),
        decision.map(|decision| decision.on).into(),
        decision.and_then(|decision| decision.reason.as_deref()).unwrap_or("").into(),
        line.state.into(),
        serves.map_or("", |served| served.reference.as_str()).into(),
        serves.map_or(Cell::Empty, |served| Cell::Count(served.origin.0)),
        serves.map_or(Cell::Empty, |served| Cell::Count(served.origin.1)),
    ];
    Row::from(cells).to(Drill::Derogation(line.number))
}
