//! Lists of what was written: the journal of the aid book, the imports.

use super::clock::local;
use super::error::AppError;
use super::law::law_in_force;
use super::state::{Names, year_asked};
use crate::ledger::seal::hex;
use crate::money::Amount;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::Store;

/// Returns the aid book of a year: each entry, its accounts, debit and credit.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn journal(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let year = year_asked(&mut tx, year).await?;
    let names = Names::load(&mut tx).await?;
    let accounts = tx.dictionary("account").await?;
    let in_force = law_in_force(&mut tx).await?;
    let mut rows = Vec::new();
    let (mut debit, mut credit) = (Amount::ZERO, Amount::ZERO);
    for row in tx.journal(year.first.first_day(), year.last.last_day()).await? {
        let axes = &names.axes[&row.axes];
        debit += row.debit;
        credit += row.credit;
        let amount = |amount: Amount| if amount.is_zero() { Cell::Empty } else { Cell::Amount(amount) };
        rows.push(vec![
            Cell::Text(format!("{}-{}", row.number.0, row.number.1)),
            Cell::Day(row.date),
            Cell::Text(in_force.schemes.label(&row.event)),
            Cell::Text(names.dispositifs.code(axes.dispositif)?.to_string()),
            Cell::Text(names.funders.code(axes.funder)?.to_string()),
            Cell::Text(accounts.code(row.account)?.to_string()),
            Cell::Text(accounts.label(row.account)?.to_string()),
            Cell::Count(row.lines),
            amount(row.debit),
            amount(row.credit),
            Cell::Count(row.lot),
            Cell::Text(hex(&row.seal)[..8].to_string()),
        ]);
    }
    let columns = vec![
        Column::new("ecriture", "Écriture", Kind::Text),
        Column::new("date", "Date", Kind::Text),
        Column::new("evenement", "Événement", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("compte", "Compte", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("lignes", "Lignes", Kind::Count),
        Column::new("debit", "Débit", Kind::Amount),
        Column::new("credit", "Crédit", Kind::Amount),
        Column::new("lot", "Lot", Kind::Count),
        Column::new("sceau", "Sceau", Kind::Text),
    ];
    let mut total = vec![Cell::Text("Total".into())];
    total.resize(columns.len(), Cell::Empty);
    (total[8], total[9]) = (Cell::Amount(debit), Cell::Amount(credit));
    let notes = vec!["Le carnet des aides est hors des comptes : rien n'en passe au bilan, au compte de résultat ni au FEC.".into()];
    Ok(Table {
        notes,
        total: Some(total),
        ..Table::new(format!("Journal du carnet des aides, exercice {}", year.code), columns, rows)
    })
}

/// Returns the lots, oldest first.
///
/// # Errors
/// When the base fails.
pub async fn list_lots(store: &Store) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let lots = tx.lots().await?;
    let zone = tx.info().await?.zone;
    let rows: Vec<Vec<Cell>> = lots
        .iter()
        .map(|lot| {
            let undone = lots
                .iter()
                .find(|other| other.cancels == Some(lot.id))
                .map(|other| format!("annulé par le lot {}", other.id));
            let state = lot.cancels.map(|old| format!("annule le lot {old}")).or(undone).unwrap_or_default();
            let mut row = vec![
                Cell::Count(lot.id),
                Cell::Text(local(&lot.at, &zone)),
                Cell::Text(lot.kind.clone()),
                lot.file.as_str().into(),
                Cell::Text(lot.user.clone()),
            ];
            row.extend(lot.counts.iter().map(|count| Cell::Count(*count)));
            row.push(state.as_str().into());
            row.push(lot.reason.as_deref().unwrap_or("").into());
            row
        })
        .collect();
    let columns = vec![
        Column::new("lot", "Lot", Kind::Count),
        Column::new("le", "Le", Kind::Text),
        Column::new("genre", "Genre", Kind::Text),
        Column::new("fichier", "Fichier", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("lus", "Lus", Kind::Count),
        Column::new("acceptes", "Acceptés", Kind::Count),
        Column::new("irreguliers", "Irréguliers", Kind::Count),
        Column::new("deja_importes", "Déjà importés", Kind::Count),
        Column::new("refuses", "Refusés", Kind::Count),
        Column::new("etat", "État", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
    ];
    Ok(Table::new("Imports", columns, rows))
}
