//! Statements of the general book: compte de résultat, bilan, balance, subventions, contrôles.

use super::error::AppError;
use super::general_year::{Comparison, GeneralYear};
use super::law::{law_in_force, subsidies_of};
use super::state::Names;
use crate::calendar::FiscalYear;
use crate::funding::DateKind;
use crate::money::Amount;
use crate::statements::{
    AidsPaid, GrantLine, GrantRow, IncomeStatement, Layout, Named, Statement, StatementLine, Table,
    accounts_behind, balance_sheet, cross_checks, grants, income_statement, trial_balance,
};
use crate::store::{GeneralSum, PairTable, Store, Tx};
use std::collections::BTreeMap;

/// The layout of a compte de résultat where none is asked for: account by account.
pub const DEFAULT_LAYOUT: &str = "comptes";

/// Which statement of the general book, and in which layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralStatement {
    /// Compte de résultat, in a layout such as `rapport`.
    Income(String),
    /// Bilan.
    BalanceSheet,
    /// Subventions by funder and convention.
    Grants,
}

/// A statement of the general book: to be read, and to be worked on.
#[derive(Clone, Debug, Default)]
pub struct GeneralReport {
    /// The fiscal year.
    pub year: i16,
    /// The year compared.
    pub compared: Option<i16>,
    /// Charges, produits and their difference, of a compte de résultat.
    pub totals: Option<(Amount, Amount, Amount)>,
    /// The layouts that a compte de résultat of that year may have: their codes, their names.
    pub models: Vec<Named>,
    /// What is read.
    pub tables: Vec<Table>,
    /// Its lines.
    pub lines: Vec<StatementLine>,
}

/// Returns the compte de résultat of a year against another.
///
/// # Errors
/// When a year has no FEC, or no such layout is for it.
pub async fn income(
    store: &Store,
    year: Option<i16>,
    compared: Option<i16>,
    model: &str,
) -> Result<GeneralReport, AppError> {
    let statement = GeneralStatement::Income(model.to_string());
    let asked = Comparison::load(store, year, compared).await?;
    let layout = layout_of(&asked, &statement)?;
    let IncomeStatement { mut table, lines, charges, produits, resultat } =
        income_statement(layout, &asked.now.figures, asked.previous());
    table.warning = asked.warning();
    let models = asked.rules.layouts_for(Statement::CompteDeResultat, asked.opening());
    Ok(GeneralReport {
        totals: Some((charges, produits, resultat)),
        models: models.map(|own| Named { code: own.code.clone(), label: own.label.clone() }).collect(),
        tables: vec![table],
        lines,
        ..report(&asked)
    })
}

/// Returns the bilan at the end of a year, against that of another.
///
/// # Errors
/// When a year has no FEC, or no layout is for it.
pub async fn balance_sheet_of(
    store: &Store,
    year: Option<i16>,
    compared: Option<i16>,
) -> Result<GeneralReport, AppError> {
    let asked = Comparison::load(store, year, compared).await?;
    let layout = layout_of(&asked, &GeneralStatement::BalanceSheet)?;
    let sheet = balance_sheet(layout, &asked.now.figures, asked.previous());
    let mut tables = vec![sheet.assets, sheet.liabilities];
    tables.iter_mut().for_each(|table| table.warning = asked.warning());
    Ok(GeneralReport { tables, lines: sheet.lines, ..report(&asked) })
}

/// Returns the balance of a year: opening, movements, closing of each account.
///
/// # Errors
/// When the year has no FEC.
pub async fn trial_balance_of(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let asked = Comparison::load(store, year, None).await?;
    let mut table = trial_balance(&asked.rules.plan, &asked.now.figures).table;
    table.warning = asked.now.warning;
    Ok(table)
}

/// Returns subsidies by funder and convention.
///
/// # Errors
/// When a year has no FEC.
pub async fn grants_of(
    store: &Store,
    year: Option<i16>,
    compared: Option<i16>,
) -> Result<GeneralReport, AppError> {
    let mut asked = Comparison::load(store, year, compared).await?;
    let rows = grant_rows(&mut asked).await?;
    let subsidies = subsidies_of(&asked.rules, asked.now.year)?;
    let found = grants(subsidies, &rows, &asked.now.figures, asked.previous());
    let mut table = found.table;
    table.warning = asked.warning();
    let lines = found.lines.into_iter().map(|line| line.line).collect();
    Ok(GeneralReport { tables: vec![table], lines, ..report(&asked) })
}

/// Returns the cross-checks of a year.
///
/// # Errors
/// When the year has no FEC, or no rule file says what is checked.
pub async fn controls_of(store: &Store, year: Option<i16>) -> Result<(Table, usize), AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let aids = own_aids(&mut asked.tx, asked.now.year).await?;
    let controls = asked.rules.controls(asked.opening()).ok_or_else(|| {
        AppError::Refused("aucun fichier de ledger-rules/etats ne dit les contrôles croisés".into())
    })?;
    let sheet = layout_of(&asked, &GeneralStatement::BalanceSheet)?;
    let checked = cross_checks(controls, sheet, &aids, &asked.now.figures, asked.previous());
    let mut table = checked.table;
    table.warning = asked.warning();
    Ok((table, checked.gaps))
}

/// Returns the accounts behind a line of a compte de résultat or of a bilan.
pub(super) fn accounts_of(
    asked: &Comparison,
    statement: &GeneralStatement,
    code: &str,
) -> Result<Vec<String>, AppError> {
    let layout = layout_of(asked, statement)?;
    accounts_behind(layout, code, &asked.now.figures).map_err(|error| no_line(code, &error.nearest))
}

/// Returns the line of subsidies of this code.
pub(super) async fn grant_line(asked: &mut Comparison, code: &str) -> Result<GrantLine, AppError> {
    let rows = grant_rows(asked).await?;
    let subsidies = subsidies_of(&asked.rules, asked.now.year)?;
    let mut lines = grants(subsidies, &rows, &asked.now.figures, None).lines;
    lines.retain(|line| !line.line.code.is_empty());
    if let Some(at) = lines.iter().position(|line| line.line.code == code) {
        return Ok(lines.swap_remove(at));
    }
    let known = crate::words::nearest(code, lines.iter().map(|line| line.line.code.as_str()), 3);
    Err(no_line(code, &known.into_iter().map(str::to_string).collect::<Vec<_>>()))
}

fn no_line(code: &str, nearest: &[String]) -> AppError {
    AppError::Refused(format!(
        "aucune ligne « {code} » dans cet état ; les plus proches : {}",
        nearest.join(", ")
    ))
}

fn report(asked: &Comparison) -> GeneralReport {
    GeneralReport {
        year: asked.now.year.code,
        compared: asked.before.as_ref().map(|before| before.year.code),
        ..GeneralReport::default()
    }
}

/// Returns the layout of a statement for the year asked.
fn layout_of<'a>(asked: &'a Comparison, statement: &GeneralStatement) -> Result<&'a Layout, AppError> {
    let opening = asked.opening();
    let (kind, found) = match statement {
        GeneralStatement::Income(model) => {
            (Statement::CompteDeResultat, asked.rules.layout(Statement::CompteDeResultat, model, opening))
        }
        _ => (Statement::Bilan, asked.rules.layouts_for(Statement::Bilan, opening).next()),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> =
            asked.rules.layouts_for(kind, opening).map(|layout| layout.code.as_str()).collect();
        AppError::Refused(format!(
            "aucun modèle de ce nom pour un exercice ouvert le {} ; modèles possibles : {}",
            opening.to_french(),
            known.join(", ")
        ))
    })
}

/// Returns what the lines of both years say of funders and conventions, account by account.
async fn grant_rows(asked: &mut Comparison) -> Result<Vec<GrantRow>, AppError> {
    let accounts = asked.tx.pairs(PairTable::Account).await?;
    let funders = asked.tx.dictionary("funder").await?;
    let conventions = asked.tx.dictionary("convention").await?;
    let mut sums: BTreeMap<(String, u32, u32), (Amount, Amount)> = BTreeMap::new();
    let now = year_sums(&mut asked.tx, Some(&asked.now)).await?;
    let before = year_sums(&mut asked.tx, asked.before.as_ref()).await?;
    for (rows, is_now) in [(&now, true), (&before, false)] {
        for sum in rows {
            let key = (accounts.get(sum.account)?.0.to_string(), sum.funder, sum.convention);
            let both = sums.entry(key).or_default();
            *(if is_now { &mut both.0 } else { &mut both.1 }) += sum.credit - sum.debit;
        }
    }
    let mut rows = Vec::with_capacity(sums.len());
    for ((account, funder, convention), (amount, previous)) in sums {
        let named = |dictionary: &crate::store::Dictionary, key: u32| -> Result<Option<Named>, AppError> {
            if key == 0 {
                return Ok(None);
            }
            let code = dictionary.code(key)?.to_string();
            Ok(Some(Named { code, label: dictionary.label(key)?.to_string() }))
        };
        let (funder, convention) = (named(&funders, funder)?, named(&conventions, convention)?);
        rows.push(GrantRow { account, funder, convention, amount, previous });
    }
    Ok(rows)
}

async fn year_sums(tx: &mut Tx, year: Option<&GeneralYear>) -> Result<Vec<GeneralSum>, AppError> {
    let Some(year) = year else { return Ok(Vec::new()) };
    let mut sums = tx.general_sums(year.version.lot).await?;
    sums.retain(|sum| sum.kind != crate::ledger::LineKind::Closing);
    Ok(sums)
}

/// Returns what the structure itself paid in a year, by the aid book, dispositif by dispositif.
async fn own_aids(tx: &mut Tx, year: FiscalYear) -> Result<Vec<AidsPaid>, AppError> {
    let in_force = law_in_force(tx).await?;
    let names = Names::load(tx).await?;
    let mut paid: BTreeMap<&str, (&str, Amount)> = in_force
        .law
        .dispositifs
        .iter()
        .filter(|dispositif| dispositif.booking.general_book == OWN_FUNDS)
        .map(|dispositif| (dispositif.code.as_str(), (dispositif.label.as_str(), Amount::ZERO)))
        .collect();
    for row in tx.amounts(DateKind::Payment, year.first, year.last).await? {
        let code = names.dispositifs.code(names.axes[&row.axes].dispositif)?;
        if let Some((_, sum)) = paid.get_mut(code) {
            *sum += row.amount;
        }
    }
    Ok(paid
        .into_iter()
        .filter(|(_, (_, amount))| !amount.is_zero())
        .map(|(dispositif, (label, amount))| AidsPaid {
            dispositif: dispositif.to_string(),
            label: label.to_string(),
            amount,
        })
        .collect())
}

/// The route of aids that the structure pays on its own funds, as rule files name it.
const OWN_FUNDS: &str = "fonds-propres";
