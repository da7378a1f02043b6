//! The income statement ("compte de résultat"): expenses, income and their difference, by a layout.

use super::figures::YearFigures;
use super::layout::{Layout, Sense, Totals};
use super::lines::{DrawnLine, accounts_in_short, compared, draw, row, shown};
use super::table::{Cell, Column, Derived, Kind, Style, Table};
use crate::money::{Amount, Percent};

/// A line of a statement, for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Its code: of the layout, or the number of an account or of its heading.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// Euros of this year.
    pub amount: Amount,
    /// Euros of the year before, if there is one.
    pub previous: Option<Amount>,
    /// Their difference.
    pub variation: Option<Amount>,
    /// Their difference in percent of the year before; none where that is zero.
    pub variation_pct: Option<Percent>,
    /// The accounts behind it.
    pub accounts: Vec<String>,
}

/// An income statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomeStatement {
    /// To be read: only the lines that have an account.
    pub table: Table,
    /// To be worked on: each line of the layout that has a code, in order, at zero if it must.
    pub lines: Vec<StatementLine>,
    /// The total of expenses.
    pub charges: Amount,
    /// The total of income.
    pub produits: Amount,
    /// Income less expenses: an excess ("excédent") above zero, else a deficit.
    pub resultat: Amount,
}

/// Draws an income statement up.
///
/// # Panics
/// On a layout of another statement.
pub fn income_statement(layout: &Layout, now: &YearFigures, before: Option<&YearFigures>) -> IncomeStatement {
    let Totals::Income { charges, produits, result } = layout.totals else {
        panic!("{} lays no income statement out", layout.code);
    };
    let drawn = draw(layout, &now.accounts, before.map(|year| year.accounts.as_slice()));
    let total = |rank: usize| {
        let found = drawn.iter().find(|line| line.code == layout.lines[rank].code);
        found.expect("each line of a layout is drawn").now.net()
    };
    IncomeStatement {
        charges: total(charges),
        produits: total(produits),
        resultat: total(result),
        lines: drawn.iter().filter(|line| !line.code.is_empty()).map(|line| typed(line, before)).collect(),
        table: table(layout, &drawn, now, before),
    }
}

/// Returns a drawn line for a program.
pub(super) fn typed(line: &DrawnLine, before: Option<&YearFigures>) -> StatementLine {
    let amount = line.now.net();
    let previous = before.map(|_| line.before.net());
    StatementLine {
        code: line.code.clone(),
        label: line.label.clone(),
        amount,
        previous,
        variation: previous.map(|previous| amount - previous),
        variation_pct: previous.and_then(|previous| Percent::variation(amount, previous)),
        accounts: line.accounts.iter().cloned().collect(),
    }
}

fn table(layout: &Layout, drawn: &[DrawnLine], now: &YearFigures, before: Option<&YearFigures>) -> Table {
    let mut columns =
        vec![Column::new("libelle", "Libellé", Kind::Text), Column::new("montant", &now.name, Kind::Amount)];
    columns.extend(comparison(before, 1));
    columns.push(Column::new("comptes", "Comptes", Kind::Text));
    let rows = shown(drawn).into_iter().map(|line| {
        let mut cells = vec![Cell::Text(line.label.clone())];
        if line.style == Style::Heading {
            cells.resize(columns.len(), Cell::Empty);
        } else {
            cells.extend(compared(line.now.net(), before.map(|_| line.before.net())));
            cells.push(accounts_in_short(&line.accounts));
        }
        row(&line, cells)
    });
    let rows: Vec<_> = rows.collect();
    let title = format!("{} {}", layout.label, now.name);
    Table { notes: notes(drawn), ..Table::new(title, columns, rows) }
}

/// The columns that compare with the year before the amounts of the column of this rank.
pub(super) fn comparison(before: Option<&YearFigures>, now: usize) -> Vec<Column> {
    let Some(before) = before else { return Vec::new() };
    vec![
        Column::new("precedent", &before.name, Kind::Amount),
        Column::derived("variation", "Variation", Kind::Amount, Derived::Difference(now, now + 1)),
        Column::derived("variation_pct", "Variation %", Kind::Percent, Derived::Variation(now, now + 1)),
    ]
}

/// Says what to do of the accounts that the layout does not take.
pub(super) fn notes(drawn: &[DrawnLine]) -> Vec<String> {
    let unfiled: Vec<&str> = drawn
        .iter()
        .filter(|line| line.code.starts_with(super::layout::UNFILED))
        .flat_map(|line| line.accounts.iter().map(String::as_str))
        .collect();
    if unfiled.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "Comptes non repris par ce modèle, ajoutés aux totaux : {}. Ajoutez-les au fichier du modèle (ledger-rules/etats).",
        unfiled.join(", ")
    )]
}

/// Returns the lines of one side.
pub(super) fn side(drawn: &[DrawnLine], sense: Sense) -> Vec<DrawnLine> {
    // The terms of a line of a side are all of that side: ranks are counted again within it.
    let own: Vec<usize> = (0..drawn.len()).filter(|rank| drawn[*rank].sense == Some(sense)).collect();
    own.iter()
        .map(|rank| {
            let mut line = drawn[*rank].clone();
            for term in &mut line.terms {
                term.row = own.binary_search(&term.row).expect("a term of the same side");
            }
            line
        })
        .collect()
}
