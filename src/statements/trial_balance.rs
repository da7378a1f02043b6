//! The trial balance ("balance générale"): each account's opening, movements and closing.

use super::figures::{AccountFigures, DebitCredit, YearFigures};
use super::plan::Plan;
use super::table::{Cell, Column, Drill, Kind, Row, Style, Table, Term};
use crate::money::Amount;

/// How many digits make a sub-total.
const CLASS_DIGITS: usize = 2;

/// A trial balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    /// Each account, a sub-total per two-digit account, a grand total.
    pub table: Table,
    /// All openings.
    pub opening: DebitCredit,
    /// All movements.
    pub movement: DebitCredit,
    /// All closing balances, debit ones and credit ones.
    pub closing: DebitCredit,
}

impl TrialBalance {
    /// Returns true where debits and credits are equal, before, during and after the year.
    pub fn balances(&self) -> bool {
        [self.opening, self.movement, self.closing].iter().all(|sides| sides.balance().is_zero())
    }
}

/// Draws a trial balance up.
pub fn trial_balance(plan: &Plan, now: &YearFigures) -> TrialBalance {
    let columns = vec![
        Column::new("compte", "Compte", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("ouverture_debit", "Ouverture débit", Kind::Amount),
        Column::new("ouverture_credit", "Ouverture crédit", Kind::Amount),
        Column::new("mouvement_debit", "Mouvements débit", Kind::Amount),
        Column::new("mouvement_credit", "Mouvements crédit", Kind::Amount),
        Column::new("cloture_debit", "Solde débiteur", Kind::Amount),
        Column::new("cloture_credit", "Solde créditeur", Kind::Amount),
    ];
    let mut accounts: Vec<&AccountFigures> = now.accounts.iter().collect();
    accounts.sort_by(|a, b| a.account.cmp(&b.account));
    let class_of = |own: &AccountFigures| own.account.chars().take(CLASS_DIGITS).collect::<String>();
    let mut rows: Vec<Row> = Vec::new();
    let mut subtotals = Vec::new();
    for class in accounts.chunk_by(|a, b| class_of(a) == class_of(b)) {
        let first = rows.len();
        rows.extend(class.iter().map(|own| Row {
            style: Style::Line,
            indent: 1,
            cells: cells(&own.account, &own.label, &[own]),
            terms: Vec::new(),
            drill: Some(Drill::Account(own.account.clone())),
        }));
        let code = class_of(class[0]);
        let label = plan.label(&code).map_or_else(|| "Total".to_string(), |label| format!("Total {label}"));
        subtotals.push(rows.len());
        rows.push(Row {
            style: Style::Subtotal,
            indent: 0,
            cells: cells(&code, &label, class),
            terms: terms(first..rows.len()),
            drill: Some(Drill::Prefix(code)),
        });
    }
    rows.push(Row {
        style: Style::Total,
        indent: 0,
        cells: cells("", "Total général", &accounts),
        terms: terms(subtotals),
        drill: Some(Drill::Prefix(String::new())),
    });
    let sum = |part: fn(&AccountFigures) -> DebitCredit| accounts.iter().map(|own| part(own)).sum();
    let mut balance = TrialBalance {
        table: Table::new(format!("Balance générale {}", now.name), columns, rows),
        opening: sum(|own| own.opening),
        movement: sum(|own| own.movement),
        closing: sum(closing),
    };
    if !balance.balances() {
        let gaps = [
            ("l'ouverture", balance.opening),
            ("les mouvements", balance.movement),
            ("la clôture", balance.closing),
        ];
        let told = gaps.iter().filter(|(_, sides)| !sides.balance().is_zero());
        let told: Vec<String> = told
            .map(|(what, sides)| format!("{what}, débit moins crédit = {}", sides.balance().to_euros()))
            .collect();
        balance.table.notes.push(format!("La balance n'est pas équilibrée : {}.", told.join(" ; ")));
    }
    balance
}

fn terms(rows: impl IntoIterator<Item = usize>) -> Vec<Term> {
    rows.into_iter().map(|row| Term { row, subtracted: false }).collect()
}

/// The closing balance of an account, on its side.
fn closing(own: &AccountFigures) -> DebitCredit {
    let balance = own.closing();
    DebitCredit { debit: balance.max(Amount::ZERO), credit: (-balance).max(Amount::ZERO) }
}

fn cells(code: &str, label: &str, accounts: &[&AccountFigures]) -> Vec<Cell> {
    let sum = |part: fn(&AccountFigures) -> DebitCredit| -> DebitCredit {
        accounts.iter().map(|own| part(own)).sum()
    };
    let mut cells = vec![Cell::from(code), Cell::from(label)];
    for sides in [sum(|own| own.opening), sum(|own| own.movement), sum(closing)] {
        cells.extend([Cell::Amount(sides.debit), Cell::Amount(sides.credit)]);
    }
    cells
}
