//! Lines of the general book: behind a figure, of an account, of a journal.

use super::error::AppError;
use super::general_statements::{GeneralStatement, accounts_of, grant_line};
use super::general_year::Comparison;
use crate::ledger::LineKind;
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Named, Row, Style, Table};
use crate::store::{Dictionary, GeneralRow, PairTable, Pairs, Store, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// The codes behind the keys of lines.
struct LineNames {
    accounts: Pairs,
    journals: Pairs,
    auxiliaries: Pairs,
    funders: Dictionary,
    conventions: Dictionary,
}

impl LineNames {
    async fn load(tx: &mut Tx) -> Result<LineNames, AppError> {
        Ok(LineNames {
            accounts: tx.pairs(PairTable::Account).await?,
            journals: tx.pairs(PairTable::Journal).await?,
            auxiliaries: tx.pairs(PairTable::Auxiliary).await?,
            funders: tx.dictionary("funder").await?,
            conventions: tx.dictionary("convention").await?,
        })
    }

    /// The keys of accounts whose code passes.
    fn accounts_that(&self, passes: impl Fn(&str) -> bool) -> Vec<u32> {
        self.accounts.pairs.iter().filter(|(_, (code, _))| passes(code)).map(|(key, _)| *key).collect()
    }

    fn row(&self, row: &GeneralRow) -> Result<Row, AppError> {
        Ok(Row::from(self.cells(row)?).to(Drill::GeneralEntry(row.entry)))
    }

    fn cells(&self, row: &GeneralRow) -> Result<Vec<Cell>, AppError> {
        let (funder, convention) = match row.assigned {
            Some((_, funder, convention)) => (self.funders.code(funder)?, self.conventions.code(convention)?),
            None => ("", ""),
        };
        let side = |amount: Amount| if amount.is_positive() { Cell::Amount(amount) } else { Cell::Empty };
        Ok(vec![
            self.accounts.get(row.account)?.0.into(),
            Cell::Day(row.date),
            self.journals.get(row.journal)?.0.into(),
            row.number.as_str().into(),
            row.piece.as_str().into(),
            row.label.as_str().into(),
            self.auxiliaries.get(row.auxiliary)?.0.into(),
            side(row.amount),
            side(-row.amount),
            funder.into(),
            convention.into(),
            Cell::Count(row.line),
        ])
    }
}

pub(super) fn columns() -> Vec<Column> {
    vec![
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
    ]
}

/// The rank of the debits among the columns of lines.
pub(super) const DEBIT: usize = 7;
/// The rank of their credits.
pub(super) const CREDIT: usize = 8;
const WIDTH: usize = 12;

fn totals<'a>(rows: impl Iterator<Item = &'a GeneralRow> + Clone) -> Vec<Cell> {
    let mut cells = vec![Cell::Text("Total".into())];
    cells.resize(WIDTH, Cell::Empty);
    let sum =
        |side: fn(Amount) -> Amount| Cell::Amount(rows.clone().map(|row| side(row.amount).or_zero()).sum());
    (cells[DEBIT], cells[CREDIT]) = (sum(|amount| amount), sum(|amount| -amount));
    cells
}

/// The note that says from which file the lines come.
async fn origin(asked: &mut Comparison) -> Result<String, AppError> {
    let lots = asked.tx.lots().await?;
    let lot = lots.iter().find(|lot| lot.id == asked.now.version.lot);
    let file = lot.map_or("?", |lot| lot.file.as_str());
    Ok(format!("Lignes du fichier {file} (lot {}), en-tête = ligne 1.", asked.now.version.lot))
}

/// Returns the lines behind a figure of a statement.
///
/// # Errors
/// When the year has no FEC, or the statement no such line.
pub async fn detail(
    store: &Store,
    year: Option<i16>,
    statement: &GeneralStatement,
    code: &str,
) -> Result<Table, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let grant = match statement {
        GeneralStatement::Grants => Some(grant_line(&mut asked, code).await?),
        _ => None,
    };
    let accounts: BTreeSet<String> = match &grant {
        Some(grant) => grant.line.accounts.iter().cloned().collect(),
        None => accounts_of(&asked, statement, code)?.into_iter().collect(),
    };
    let names = LineNames::load(&mut asked.tx).await?;
    let keys = names.accounts_that(|account| accounts.contains(account));
    let mut rows = asked.tx.general_lines_on(asked.now.version.lot, &keys).await?;
    // A closing of classes 6 and 7 is in no figure.
    rows.retain(|row| row.kind != LineKind::Closing);
    if let Some(grant) = &grant {
        let key = |dictionary: &Dictionary, of: &Option<Named>| {
            of.as_ref().and_then(|named| dictionary.keys.get(&named.code).copied())
        };
        let (funder, convention) =
            (key(&names.funders, &grant.funder), key(&names.conventions, &grant.convention).unwrap_or(0));
        rows.retain(|row| match row.assigned {
            None => funder.is_none(),
            Some((_, own, of)) => Some(own) == funder && (grant.is_subtotal || of == convention),
        });
    }
    rows.sort_by_key(|row| (row.date, row.rank));
    let cells: Result<Vec<Row>, AppError> = rows.iter().map(|row| names.row(row)).collect();
    let note = origin(&mut asked).await?;
    Ok(Table {
        warning: asked.now.warning,
        notes: vec![note],
        total: Some(totals(rows.iter())),
        ..Table::new(
            format!("Lignes derrière « {code} », exercice {}", asked.now.year.code),
            columns(),
            cells?,
        )
    })
}

/// Returns the grand livre: each account of a year that begins with `prefix`, its lines and its
/// running balance.
///
/// # Errors
/// When the year has no FEC.
pub async fn ledger(store: &Store, year: Option<i16>, prefix: &str) -> Result<Table, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let names = LineNames::load(&mut asked.tx).await?;
    let keys = names.accounts_that(|account| account.starts_with(prefix));
    let rows = asked.tx.general_lines_on(asked.now.version.lot, &keys).await?;
    let mut of_account: BTreeMap<&str, Vec<&GeneralRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind != LineKind::Closing) {
        of_account.entry(names.accounts.get(row.account)?.0).or_default().push(row);
    }
    let mut columns = columns();
    columns.push(Column::new("solde", "Solde", Kind::Amount));
    let mut table: Vec<Row> = Vec::new();
    for (account, mut lines) in of_account {
        lines.sort_by_key(|row| (row.kind, row.date, row.rank));
        let label = names.accounts.get(lines[0].account)?.1;
        let mut heading = vec![Cell::Text(format!("{account} {label}"))];
        heading.resize(columns.len(), Cell::Empty);
        let drill = Some(Drill::Account(account.to_string()));
        table.push(Row { style: Style::Heading, indent: 0, cells: heading, terms: Vec::new(), drill });
        let mut balance = Amount::ZERO;
        for line in lines {
            balance += line.amount;
            let mut cells = names.cells(line)?;
            cells.push(Cell::Amount(balance));
            table.push(Row::from(cells).to(Drill::GeneralEntry(line.entry)));
        }
    }
    let mut total = totals(rows.iter().filter(|row| row.kind != LineKind::Closing));
    total.push(Cell::Empty);
    let note = origin(&mut asked).await?;
    Ok(Table {
        warning: asked.now.warning,
        notes: vec![note],
        total: Some(total),
        ..Table::new(format!("Grand livre, exercice {}", asked.now.year.code), columns, table)
    })
}

/// Returns the journals of a year with their sums, or the entries of one of them.
///
/// # Errors
/// When the year has no FEC, or no such journal.
pub async fn journals(store: &Store, year: Option<i16>, code: Option<&str>) -> Result<Table, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let names = LineNames::load(&mut asked.tx).await?;
    let lot = asked.now.version.lot;
    let Some(code) = code else {
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
        let note = origin(&mut asked).await?;
        return Ok(Table {
            warning: asked.now.warning,
            notes: vec![note],
            total: Some(total.to_vec()),
            ..Table::new(format!("Journaux, exercice {}", asked.now.year.code), columns, rows)
        });
    };
    let keys: BTreeSet<u32> =
        names.journals.pairs.iter().filter(|(_, (own, _))| own == code).map(|(key, _)| *key).collect();
    let mut rows: Vec<GeneralRow> = Vec::new();
    asked
        .tx
        .each_general_line(lot, |row| {
            if keys.contains(&row.journal) {
                rows.push(row);
            }
            Ok(())
        })
        .await?;
    if rows.is_empty() {
        return Err(AppError::Refused(format!(
            "aucune ligne du journal « {code} » en {} (denier etats journaux)",
            asked.now.year.code
        )));
    }
    let cells: Result<Vec<Row>, AppError> = rows.iter().map(|row| names.row(row)).collect();
    let note = origin(&mut asked).await?;
    Ok(Table {
        warning: asked.now.warning,
        notes: vec![note],
        total: Some(totals(rows.iter())),
        ..Table::new(format!("Journal {code}, exercice {}", asked.now.year.code), columns(), cells?)
    })
}
