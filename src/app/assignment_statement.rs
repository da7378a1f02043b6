//! Who funds what, as it stands: what each rule assigns, and what was assigned by hand.

use super::assign::{Assignments, assign_stored};
use super::clock::local;
use super::error::AppError;
use super::general_year::Comparison;
use super::law::subsidies_of;
use crate::money::Amount;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{ByHand, Store};
use rustc_hash::FxHashSet;

/// Returns the rules of a year with what each assigns, then the lines assigned by hand: in place,
/// taken back, or waiting for a line that is not there.
///
/// # Errors
/// When the year has no FEC.
pub async fn assignments_of(store: &Store, year: Option<i16>) -> Result<Vec<Table>, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let (code, lot) = (asked.now.year.code, asked.now.version.lot);
    let subsidies = subsidies_of(&asked.rules, asked.now.year)?.clone();
    let assignments = Assignments::load(&mut asked.tx, code, None).await?;
    let (_, counts) =
        assign_stored(&mut asked.tx, lot, code, &assignments, |account| subsidies.holds(account)).await?;
    let columns = vec![
        Column::new("ordre", "Ordre", Kind::Count),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("convention", "Convention", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("lignes", "Lignes", Kind::Count),
        Column::new("montant", "Produits", Kind::Amount),
    ];
    let amount = |text: &str| Amount::parse(text).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = counts
        .iter()
        .map(|rule| {
            vec![
                rule.ordre.filter(|rank| *rank > 0).map_or(Cell::Empty, |rank| Cell::Count(rank.into())),
                rule.financeur.as_str().into(),
                rule.convention.as_str().into(),
                rule.libelle.as_str().into(),
                Cell::Count(rule.lignes.cast_signed()),
                Cell::Amount(amount(&rule.montant)),
            ]
        })
        .collect();
    let sum: Amount = counts.iter().map(|rule| amount(&rule.montant)).sum();
    let total = vec![
        Cell::Empty,
        Cell::from("Total"),
        Cell::Empty,
        Cell::Empty,
        Cell::Count(counts.iter().map(|rule| rule.lignes.cast_signed()).sum()),
        Cell::Amount(sum),
    ];
    let mut rules = Table {
        warning: asked.now.warning.clone(),
        total: Some(total),
        ..Table::new(format!("Affectation des produits, exercice {code}"), columns, rows)
    };
    if asked.now.version.definitive {
        rules.notes.push(format!("L'exercice {code} est scellé : il garde l'affectation de son import."));
    }
    let by_hand = asked.tx.by_hand(code).await?;
    let mut tables = vec![rules];
    if !by_hand.is_empty() {
        tables.push(hand_table(&mut asked, &by_hand).await?);
    }
    Ok(tables)
}

async fn hand_table(asked: &mut Comparison, by_hand: &[ByHand]) -> Result<Table, AppError> {
    let mut living: FxHashSet<Vec<u8>> = FxHashSet::default();
    asked
        .tx
        .each_identity(asked.now.version.lot, |_, identity, _, _| {
            if by_hand.iter().any(|one| one.identity == identity) {
                living.insert(identity.to_vec());
            }
        })
        .await?;
    let funders = asked.tx.dictionary("funder").await?;
    let conventions = asked.tx.dictionary("convention").await?;
    let zone = asked.tx.info().await?.zone;
    let columns = vec![
        Column::new("etat", "État", Kind::Text),
        Column::new("date", "Date", Kind::Text),
        Column::new("compte", "Compte", Kind::Text),
        Column::new("piece", "Pièce", Kind::Text),
        Column::new("montant", "Produit", Kind::Amount),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("convention", "Convention", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("le", "Le", Kind::Text),
    ];
    let mut rows = Vec::new();
    for (at, one) in by_hand.iter().enumerate() {
        let replaced = by_hand[at + 1..].iter().any(|later| later.identity == one.identity);
        let state = match (replaced, one.funder, living.contains(&one.identity)) {
            (true, ..) => "remplacée",
            (false, None, _) => "retirée",
            (false, Some(_), true) => "en place",
            (false, Some(_), false) => "attend sa ligne",
        };
        let (date, account, piece, amount) = &one.line;
        let code = |dictionary: &crate::store::Dictionary, key: Option<u32>| -> Result<Cell, AppError> {
            key.map_or(Ok(Cell::Empty), |key| Ok(dictionary.code(key)?.into()))
        };
        rows.push(vec![
            state.into(),
            Cell::Day(*date),
            account.as_str().into(),
            piece.as_str().into(),
            Cell::Amount(-*amount),
            code(&funders, one.funder)?,
            code(&conventions, one.convention)?,
            one.reason.as_str().into(),
            one.user.as_str().into(),
            local(&one.at, &zone).as_str().into(),
        ]);
    }
    Ok(Table::new(format!("Affectations à la main, exercice {}", asked.now.year.code), columns, rows))
}
