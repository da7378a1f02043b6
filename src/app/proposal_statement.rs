//! The register of proposals: who proposed, who decided.

use super::error::AppError;
use super::proposal::state_of;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::{Date, Month};
use crate::money::Amount;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{ProposalDecision, Store, Tx, Value};
use rustc_hash::FxHashMap;

/// A proposal as listed.
#[derive(Clone, Debug)]
pub struct ProposalLine {
    /// Its number.
    pub number: i64,
    /// The person's number, unless erased.
    pub beneficiary: Option<String>,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Nature, or empty.
    pub nature: String,
    /// The month of right.
    pub month: Month,
    /// The amount.
    pub amount: Amount,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// Who proposed it.
    pub proposed_by: String,
    /// On which day.
    pub proposed_on: Date,
    /// What was decided, if it was.
    pub decision: Option<ProposalDecision>,
    /// `proposée`, `accordée` or `rejetée`.
    pub state: &'static str,
}

/// Returns the proposals that the actor may see, oldest first: their own where they read no statement.
///
/// # Errors
/// When the actor may see nobody, or the base fails.
pub async fn proposals_seen(store: &Store, actor: &Actor) -> Result<Vec<ProposalLine>, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::See).await?;
    let all = actor.may(&mut tx, Right::Read).await.is_ok();
    let mut lines = lines(&mut tx).await?;
    lines.retain(|line| all || line.proposed_by == actor.name);
    Ok(lines)
}

/// Returns the proposals as a table, oldest first.
///
/// # Errors
/// When the base fails.
pub async fn list_proposals(store: &Store) -> Result<Table, AppError> {
    let lines = lines(&mut store.read().await?).await?;
    let rows: Vec<Vec<Cell>> = lines.iter().map(row).collect();
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("beneficiaire", "Dossier", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("proposee_par", "Proposée par", Kind::Text),
        Column::new("proposee_le", "Proposée le", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("decidee_par", "Décidée par", Kind::Text),
        Column::new("decidee_le", "Décidée le", Kind::Text),
        Column::new("motif_rejet", "Motif du rejet", Kind::Text),
        Column::new("lot", "Lot", Kind::Count),
    ];
    let notes = if rows.is_empty() { vec!["Aucune proposition.".to_string()] } else { Vec::new() };
    Ok(Table { notes, ..Table::new("Propositions d'aides", columns, rows) })
}

async fn lines(tx: &mut Tx) -> Result<Vec<ProposalLine>, AppError> {
    let all = tx.proposals().await?;
    let people: Vec<Value> = all.iter().map(|row| row.beneficiary.into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&people).await?.into_iter().collect();
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut lines = Vec::new();
    for row in all {
        lines.push(ProposalLine {
            number: row.number,
            beneficiary: numbers.get(&row.beneficiary).cloned(),
            dispositif: dispositifs.code(row.dispositif)?.to_string(),
            month: row.month,
            amount: row.amount,
            state: state_of(&row),
            nature: row.nature,
            reason: row.reason,
            proposed_by: row.proposed_by,
            proposed_on: row.proposed_on,
            decision: row.decision,
        });
    }
    Ok(lines)
}

fn row(line: &ProposalLine) -> Vec<Cell> {
    let decision = line.decision.as_ref();
    vec![
        Cell::Count(line.number),
        line.beneficiary.as_deref().unwrap_or("effacé").into(),
        Cell::Text(line.dispositif.clone()),
        line.nature.as_str().into(),
        Cell::Text(line.month.to_string()),
        Cell::Amount(line.amount),
        line.reason.as_deref().unwrap_or("effacé").into(),
        Cell::Text(line.proposed_by.clone()),
        Cell::Day(line.proposed_on),
        line.state.into(),
        decision.map_or("", |decision| decision.by.as_str()).into(),
        decision.map(|decision| decision.on).into(),
        decision.and_then(|decision| decision.reason.as_deref()).unwrap_or("").into(),
        decision.and_then(|decision| decision.lot).map_or(Cell::Empty, Cell::Count),
    ]
}
