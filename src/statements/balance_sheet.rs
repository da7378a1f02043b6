//! The balance sheet ("bilan"): what the structure has, and where it came from.

use super::figures::YearFigures;
use super::income::{StatementLine, comparison, notes, side, typed};
use super::layout::{Layout, Sense, Totals};
use super::lines::{DrawnLine, accounts_in_short, compared, draw, row, shown};
use super::table::{Cell, Column, Derived, Kind, Style, Table};
use crate::money::Amount;

/// A balance sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceSheet {
    /// Assets: gross, depreciation, net, net of the year before.
    pub assets: Table,
    /// Liabilities.
    pub liabilities: Table,
    /// The lines of both sides that have a code, at zero if they must; assets are net.
    pub lines: Vec<StatementLine>,
    /// The total of assets, net.
    pub total_assets: Amount,
    /// The total of liabilities, the result of the year included.
    pub total_liabilities: Amount,
}

impl BalanceSheet {
    /// Returns assets less liabilities: zero, or the books do not balance.
    pub fn gap(&self) -> Amount {
        self.total_assets - self.total_liabilities
    }
}

/// Draws a balance sheet up.
///
/// # Panics
/// On a layout of another statement.
pub fn balance_sheet(layout: &Layout, now: &YearFigures, before: Option<&YearFigures>) -> BalanceSheet {
    let Totals::Balance { assets, liabilities } = layout.totals else {
        panic!("{} lays no balance sheet out", layout.code);
    };
    let drawn = draw(layout, &now.accounts, before.map(|year| year.accounts.as_slice()));
    let total = |rank: usize| {
        let found = drawn.iter().find(|line| line.code == layout.lines[rank].code);
        found.expect("each line of a layout is drawn").now.net()
    };
    let (total_assets, total_liabilities) = (total(assets), total(liabilities));
    let mut sheet = BalanceSheet {
        assets: table(layout, &side(&drawn, Sense::Actif), Sense::Actif, now, before),
        liabilities: table(layout, &side(&drawn, Sense::Passif), Sense::Passif, now, before),
        lines: drawn.iter().filter(|line| !line.code.is_empty()).map(|line| typed(line, before)).collect(),
        total_assets,
        total_liabilities,
    };
    let verdict = if sheet.gap().is_zero() {
        "Le bilan est équilibré au centime.".to_string()
    } else {
        format!("Le bilan n'est pas équilibré : actif moins passif = {}.", sheet.gap().to_euros())
    };
    sheet.liabilities.notes.push(verdict);
    sheet
}

fn table(
    layout: &Layout,
    drawn: &[DrawnLine],
    sense: Sense,
    now: &YearFigures,
    before: Option<&YearFigures>,
) -> Table {
    let has_deducted = sense == Sense::Actif;
    let mut columns = vec![Column::new("libelle", "Libellé", Kind::Text)];
    if has_deducted {
        columns.push(Column::new("brut", "Brut", Kind::Amount));
        columns.push(Column::new("amortissements", "Amort. et dépréc.", Kind::Amount));
        let net = format!("Net {}", now.name);
        columns.push(Column::derived("montant", &net, Kind::Amount, Derived::Difference(1, 2)));
    } else {
        columns.push(Column::new("montant", &now.name, Kind::Amount));
    }
    let mut comparison = comparison(before, columns.len() - 1);
    if let (true, Some(previous)) = (has_deducted, comparison.first_mut()) {
        previous.heading = format!("Net {}", previous.heading);
    }
    columns.extend(comparison);
    columns.push(Column::new("comptes", "Comptes", Kind::Text));
    let rows = shown(drawn).into_iter().map(|line| {
        let mut cells = vec![Cell::Text(line.label.clone())];
        if line.style == Style::Heading {
            cells.resize(columns.len(), Cell::Empty);
        } else {
            if has_deducted {
                cells.extend([Cell::Amount(line.now.gross), Cell::Amount(line.now.deducted)]);
            }
            cells.extend(compared(line.now.net(), before.map(|_| line.before.net())));
            cells.push(accounts_in_short(&line.accounts));
        }
        row(&line, cells)
    });
    let rows: Vec<_> = rows.collect();
    let name = if has_deducted { "actif" } else { "passif" };
    let title = format!("{} {} : {name}", layout.label, now.name);
    Table { notes: notes(drawn), ..Table::new(title, columns, rows) }
}
