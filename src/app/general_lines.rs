//! Lines of the general book as tables: behind a figure, of an account, of a journal.

use super::entry_page::{LotOrigin, lot_origin};
use super::error::AppError;
use super::general_account::{
    GeneralAccounts, GeneralFilter, GeneralLine, GeneralLines, LineNames, journal_lines_after, lines_after,
};
use super::general_year::Comparison;
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Style, Table};
use crate::store::Store;

/// All the lines; one more must fit.
const ALL: usize = usize::MAX - 1;

/// Returns the lines of a filter: account by account, with the running balance of each.
///
/// # Errors
/// When the year has no FEC, or a code is not known.
pub async fn detail(store: &Store, filter: &GeneralFilter) -> Result<Table, AppError> {
    let found = lines_after(store, filter, None, ALL).await?;
    let title = match &filter.accounts {
        GeneralAccounts::Line(_, code) => format!("Lignes derrière « {code} », exercice {}", found.year),
        _ => format!("Lignes du grand livre, exercice {}", found.year),
    };
    Ok(table_of(&found, title, found.page.rows.iter().map(row).collect()))
}

/// Returns the grand livre: the lines of a filter under their accounts, with the running balance of each.
///
/// # Errors
/// When the year has no FEC, or a code is not known.
pub async fn ledger(store: &Store, filter: &GeneralFilter) -> Result<Table, AppError> {
    let found = lines_after(store, filter, None, ALL).await?;
    let mut rows = Vec::with_capacity(found.page.rows.len());
    for lines in found.page.rows.chunk_by(|one, next| one.account == next.account) {
        let account = &lines[0].account;
        let heading = Row::from(vec![Cell::Text(format!("{} {}", account.code, account.label))]);
        rows.push(Row { style: Style::Heading, ..heading.to(Drill::Account(account.code.clone())) });
        rows.extend(lines.iter().map(row));
    }
    Ok(table_of(&found, format!("Grand livre, exercice {}", found.year), rows))
}

/// Returns the lines of a journal, in the order of the file.
///
/// # Errors
/// When the year has no FEC, or the journal no line in it.
pub async fn journal_table(store: &Store, year: Option<i16>, code: &str) -> Result<Table, AppError> {
    let found = journal_lines_after(store, year, code, None, ALL).await?;
    let title = format!("Journal {code}, exercice {}", found.year);
    Ok(table_of(&found, title, found.page.rows.iter().map(row).collect()))
}

/// Returns the journals of a year with their sums.
///
/// # Errors
/// When the year has no FEC.
pub async fn journals(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let names = LineNames::load(&mut asked.tx).await?;
    let lot = asked.now.version.lot;
    let mut sums = asked.tx.journal_sums(lot).await?;
    sums.sort_by_key(|(journal, ..)| names.journals.pairs.get(journal).cloned());
    let columns = vec![
        Column::new("journal", "Journal", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("ecritures", "Écritures", Kind::Count),
        Column::new("lignes", "Lignes", Kind::Count),
        Column::new("debit", "Débit", Kind::Amount),
        Column::new("credit", "Crédit", Kind::Amount),
    ];
    let mut rows = Vec::new();
    let (mut debit, mut credit) = (Amount::ZERO, Amount::ZERO);
    for (journal, [entries, lines], [own_debit, own_credit]) in sums {
        let (code, label) = names.journals.get(journal)?;
        (debit, credit) = (debit + own_debit, credit + own_credit);
        let cells = vec![
            code.into(),
            label.into(),
            Cell::Count(entries),
            Cell::Count(lines),
            Cell::Amount(own_debit),
            Cell::Amount(own_credit),
        ];
        rows.push(Row::from(cells).to(Drill::Journal(code.to_string())));
    }
    let total = [
        Cell::Text("Total".into()),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Cell::Amount(debit),
        Cell::Amount(credit),
    ];
    let origin = lot_origin(&mut asked.tx, lot).await?;
    Ok(Table {
        warning: asked.now.warning,
        notes: vec![note(&origin)],
        total: Some(total.to_vec()),
        ..Table::new(format!("Journaux, exercice {}", asked.now.year.code), columns, rows)
    })
}

/// Lays lines out. The balance of an account runs where its lines are all there.
fn table_of(found: &GeneralLines, title: String, mut rows: Vec<Row>) -> Table {
    let mut columns = vec![
        Column::new("compte", "Compte", Kind::Text),
        Column::new("date", "Date", Kind::Text),
        Column::new("journal", "Journal", Kind::Text),
        Column::new("ecriture", "Écriture", Kind::Text),
        Column::new("piece", "Pièce", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("auxiliaire", "Auxiliaire", Kind::Text),
        Column::new("debit", "Débit", Kind::Amount),
        Column::new("credit", "Crédit", Kind::Amount),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("convention", "Convention", Kind::Text),
        Column::new("ligne", "Ligne du fichier", Kind::Count),
    ];
    if found.sides.is_some() {
        columns.push(Column::new("solde", "Solde", Kind::Amount));
    }
    for row in &mut rows {
        row.cells.resize(columns.len(), Cell::Empty);
    }
    let total = columns.iter().map(|column| match column.key.as_str() {
        "compte" => Cell::Text("Total".into()),
        "debit" => Cell::Amount(found.page.rows.iter().map(|line| line.debit).sum()),
        "credit" => Cell::Amount(found.page.rows.iter().map(|line| line.credit).sum()),
        _ => Cell::Empty,
    });
    Table {
        warning: found.warning.clone(),
        notes: vec![note(&found.origin)],
        total: Some(total.collect()),
        ..Table::new(title, columns, rows)
    }
}

fn row(line: &GeneralLine) -> Row {
    let side = |amount: Amount| if amount.is_zero() { Cell::Empty } else { Cell::Amount(amount) };
    let mut cells = vec![
        line.account.code.as_str().into(),
        Cell::Day(line.date),
        line.journal.code.as_str().into(),
        line.number.as_str().into(),
        line.piece.as_str().into(),
        line.label.as_str().into(),
        line.auxiliary.code.as_str().into(),
        side(line.debit),
        side(line.credit),
        line.funder.as_str().into(),
        line.convention.as_str().into(),
        Cell::Count(line.line),
    ];
    cells.extend(line.balance.map(Cell::Amount));
    Row::from(cells).to(Drill::GeneralEntry(line.entry))
}

/// Says from which file the lines come.
fn note(origin: &LotOrigin) -> String {
    format!("Lignes du fichier {} (lot {}), en-tête = ligne 1.", origin.file, origin.lot)
}
