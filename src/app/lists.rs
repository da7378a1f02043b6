//! Lists of what was written: the journal of the aid book, the imports.

use super::clock::local;
use super::error::AppError;
use super::law::law_in_force;
use super::lots::LotStates;
use super::state::{Names, year_asked};
use crate::ledger::seal::{beginning, hex};
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{Store, Value};
use rustc_hash::FxHashMap;

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
        let cells = vec![
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
            beginning(&hex(&row.seal)).into(),
        ];
        rows.push(Row::from(cells).to(Drill::Entry(row.number.0, row.number.1)));
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
    let states = LotStates::load(&mut tx).await?;
    let undone: FxHashMap<i64, i64> = lots.iter().filter_map(|lot| Some((lot.cancels?, lot.id))).collect();
    let rows = lots.into_iter().map(|lot| {
        let by = undone.get(&lot.id).copied();
        let line = states.line(lot, by);
        let mut row = vec![
            Cell::Count(line.lot),
            Cell::Text(line.at),
            Cell::Text(line.kind),
            line.file.as_str().into(),
            Cell::Text(line.user),
        ];
        row.extend(line.counts.iter().map(|count| Cell::Count(*count)));
        row.push(line.state.as_str().into());
        row.push(line.reason.as_deref().unwrap_or("").into());
        Row::from(row).to(Drill::Lot(line.lot))
    });
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

/// Returns the register of attestations, oldest first.
///
/// # Errors
/// When the base fails.
pub async fn list_attestations(store: &Store) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let issued = tx.attestations().await?;
    let zone = tx.info().await?.zone;
    let people: Vec<Value> = issued.iter().map(|one| one.beneficiary.into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&people).await?.into_iter().collect();
    let rows: Vec<Vec<Cell>> = issued
        .iter()
        .map(|one| {
            vec![
                Cell::Text(one.number.clone()),
                Cell::Day(one.issued_on),
                numbers.get(&one.beneficiary).map_or("effacé", String::as_str).into(),
                Cell::Text(one.months.0.to_string()),
                Cell::Text(one.months.1.to_string()),
                Cell::Text(one.basis.code().to_string()),
                Cell::Text(one.user.clone()),
                Cell::Text(local(&one.at, &zone)),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("numero", "Numéro", Kind::Text),
        Column::new("delivree_le", "Délivrée le", Kind::Text),
        Column::new("beneficiaire", "Dossier", Kind::Text),
        Column::new("du", "Du", Kind::Text),
        Column::new("au", "Au", Kind::Text),
        Column::new("selon", "Selon", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("enregistree_le", "Enregistrée le", Kind::Text),
    ];
    Ok(Table::new("Registre des attestations", columns, rows))
}
