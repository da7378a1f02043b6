//! What was proposed, refused, found undue and undone of a person, as tables: each with its reasons.

use super::clock::local;
use super::error::AppError;
use super::proposal::state_of;
use super::refusal::{in_words, name_of};
use super::state::Names;
use super::undue::Recovery;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{LotRow, Tx};
use rustc_hash::FxHashMap;

/// What a reason that was erased, or that nobody gave, is in a table.
fn reason(reason: Option<&str>) -> Cell {
    reason.unwrap_or("").into()
}

/// The proposals of an aid for a person, and what was decided of each.
pub(super) async fn proposal_table(tx: &mut Tx, person: i64, names: &Names) -> Result<Table, AppError> {
    let mut rows = Vec::new();
    for row in tx.proposals().await?.iter().filter(|row| row.beneficiary == person) {
        let decision = row.decision.as_ref();
        rows.push(vec![
            Cell::Count(row.number),
            names.dispositifs.code(row.dispositif)?.into(),
            row.nature.as_str().into(),
            Cell::Text(row.month.to_string()),
            Cell::Amount(row.amount),
            reason(row.reason.as_deref()),
            Cell::Text(row.proposed_by.clone()),
            Cell::Day(row.proposed_on),
            state_of(row).into(),
            decision.map_or("", |decision| decision.by.as_str()).into(),
            decision.map(|decision| decision.on).into(),
            reason(decision.and_then(|decision| decision.reason.as_deref())),
        ]);
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
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
    ];
    Ok(Table::new("Propositions d'aides", columns, rows))
}

/// The refusals told to a person, with the rules that failed, in the words of that day.
pub(super) async fn refusal_table(tx: &mut Tx, person: i64, names: &Names) -> Result<Table, AppError> {
    let mut rows = Vec::new();
    for row in tx.refusals().await?.iter().filter(|row| row.beneficiary == person) {
        let rules: Vec<String> = row.rules.iter().map(in_words).collect();
        rows.push(vec![
            Cell::Text(name_of(row)),
            Cell::Day(row.refused_on),
            names.dispositifs.code(row.dispositif)?.into(),
            row.nature.as_str().into(),
            Cell::Text(row.month.to_string()),
            Cell::Amount(row.amount),
            Cell::Text(rules.join(" ; ")),
            reason(row.reason.as_deref()),
            Cell::Text(row.refused_by.clone()),
        ]);
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Text),
        Column::new("le", "Refusée le", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Demandé", Kind::Amount),
        Column::new("regles", "Règles", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("par", "Par", Kind::Text),
    ];
    Ok(Table::new("Refus", columns, rows))
}

/// What was found undue of these aids, what came back of it and what never will, why, and what was undone.
/// `references` gives each aid of the person its reference.
pub(super) async fn undone_tables(
    tx: &mut Tx,
    person: i64,
    references: &FxHashMap<i64, String>,
) -> Result<Vec<(&'static str, Table)>, AppError> {
    let zone = tx.info().await?.zone;
    let lots: FxHashMap<i64, LotRow> = tx.lots().await?.into_iter().map(|lot| (lot.id, lot)).collect();
    let why = |lot: i64| reason(lots.get(&lot).and_then(|lot| lot.reason.as_deref()));
    let mut undues = tx.undues().await?;
    undues.retain(|undue| references.contains_key(&undue.aid));
    let row = |undue: &crate::store::UndueRow| {
        vec![
            Cell::Count(undue.number),
            Cell::Text(references[&undue.aid].clone()),
            Cell::Day(undue.found_on),
            Cell::Amount(undue.amount),
            why(undue.lot),
            if undue.cancelled { Cell::from("aide annulée") } else { Cell::Empty },
        ]
    };
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("aide", "Aide", Kind::Text),
        Column::new("le", "Constaté le", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("etat", "État", Kind::Text),
    ];
    let found = Table::new("Indus", columns, undues.iter().map(row).collect::<Vec<_>>());

    let mut rows = Vec::new();
    for row in tx.recoveries().await? {
        if undues.iter().all(|undue| undue.number != row.undue) {
            continue;
        }
        let what = match Recovery::parse(&row.how) {
            Some(Recovery::WrittenOff) => "admis en non-valeur",
            _ => "recouvré",
        };
        rows.push(vec![
            Cell::Count(row.undue),
            Cell::Day(row.recovered_on),
            Cell::Amount(row.amount),
            what.into(),
            why(row.lot),
        ]);
    }
    let columns = vec![
        Column::new("indu", "Indu n°", Kind::Count),
        Column::new("le", "Le", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("issue", "Issue", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
    ];
    let back = Table::new("Recouvrements", columns, rows);

    let mut rows = Vec::new();
    for (aid, lot) in tx.undone_of_person(person).await? {
        let Some(by) = lots.get(&lot) else { continue };
        rows.push(vec![
            match aid {
                Some(aid) => Cell::Text(references.get(&aid).cloned().unwrap_or_default()),
                None => Cell::from("déclarations"),
            },
            Cell::Text(local(&by.at, &zone)),
            Cell::Text(by.user.clone()),
            why(lot),
        ]);
    }
    let columns = vec![
        Column::new("quoi", "Quoi", Kind::Text),
        Column::new("le", "Annulé le", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
    ];
    let undone = Table::new("Annulations", columns, rows);
    Ok(vec![("indus", found), ("recouvrements", back), ("annulations", undone)])
}
