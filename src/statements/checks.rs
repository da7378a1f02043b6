//! The cross-checks of a year's end, on one page: what was expected, what was found, the gap.

use super::balance_sheet::balance_sheet;
use super::figures::{AccountFigures, YearFigures, balance_under, is_under};
use super::layout::{Layout, Validity};
use super::layout_file::Author;
use super::table::{Cell, Column, Derived, Kind, Row, Style, Table};
use crate::money::Amount;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlsFile {
    format: u32,
    #[serde(rename = "etat")]
    _statement: String,
    #[serde(rename = "code")]
    _code: String,
    libelle: String,
    du: toml::value::Datetime,
    jusqua: Option<toml::value::Datetime>,
    source: String,
    aides_versees: AccountsFile,
    reouverture: ReopeningFile,
    contributions_volontaires: VoluntaryFile,
    bilan: LabelFile,
    #[serde(default)]
    solde_nul: Vec<AccountsFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelFile {
    libelle: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    libelle: String,
    comptes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReopeningFile {
    libelle: String,
    resultat: Vec<String>,
    affectation: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoluntaryFile {
    libelle: String,
    emplois: Vec<String>,
    ressources: Vec<String>,
}

/// The cross-checks and the accounts that they look at.
#[derive(Clone, Debug)]
pub struct Controls {
    /// The title of the page.
    pub label: String,
    /// The years that it is for.
    pub years: Validity,
    /// The text it comes from.
    pub source: String,
    aids: AccountsFile,
    reopening: ReopeningFile,
    voluntary: VoluntaryFile,
    balance_sheet: LabelFile,
    cleared: Vec<AccountsFile>,
}

impl Controls {
    /// Reads `etats/controles.toml`; `path` is only for the message.
    ///
    /// # Errors
    /// At the first fault of the file.
    pub fn parse(path: &str, text: &str) -> Result<Controls, RuleFileError> {
        let file: ControlsFile = parse_toml(path, text)?;
        let author = Author { path, text };
        author.format(file.format)?;
        author.prefixes("[aides_versees]", &file.aides_versees.comptes)?;
        author.prefixes("[reouverture]", &file.reouverture.resultat)?;
        author.prefixes("[reouverture]", &file.reouverture.affectation)?;
        author.prefixes("[contributions_volontaires]", &file.contributions_volontaires.emplois)?;
        author.prefixes("[contributions_volontaires]", &file.contributions_volontaires.ressources)?;
        for cleared in &file.solde_nul {
            author.prefixes(&cleared.libelle, &cleared.comptes)?;
        }
        Ok(Controls {
            label: file.libelle,
            years: author.years(file.du, file.jusqua)?,
            source: file.source,
            aids: file.aides_versees,
            reopening: file.reouverture,
            voluntary: file.contributions_volontaires,
            balance_sheet: file.bilan,
            cleared: file.solde_nul,
        })
    }
}

/// What the structure itself paid under one dispositif, by the aid book.
#[derive(Clone, Debug)]
pub struct AidsPaid {
    /// The code of the dispositif.
    pub dispositif: String,
    /// Its label.
    pub label: String,
    /// What it paid in the year.
    pub amount: Amount,
}

/// The cross-checks of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossChecks {
    /// One row per check, with the details that explain it.
    pub table: Table,
    /// How many checks found a gap.
    pub gaps: usize,
}

/// Runs the cross-checks of a year; `sheet` is the layout of the balance sheet.
///
/// # Panics
/// When `sheet` lays another statement out.
pub fn cross_checks(
    controls: &Controls,
    sheet: &Layout,
    aids: &[AidsPaid],
    now: &YearFigures,
    before: Option<&YearFigures>,
) -> CrossChecks {
    let mut page = Page::default();
    page.aids(&controls.aids, aids, now);
    match before {
        Some(before) => page.reopening(&controls.reopening, now, before),
        None => page.not_done(&controls.reopening.libelle, "non contrôlé : exercice précédent absent"),
    }
    let drawn = balance_sheet(sheet, now, None);
    page.check(&controls.balance_sheet.libelle, drawn.total_assets, drawn.total_liabilities);
    let uses = balance_under(&controls.voluntary.emplois, &now.accounts);
    let resources = -balance_under(&controls.voluntary.ressources, &now.accounts);
    page.check(&controls.voluntary.libelle, resources, uses);
    for cleared in &controls.cleared {
        page.cleared(cleared, now);
    }
    let columns = vec![
        Column::new("controle", "Contrôle", Kind::Text),
        Column::new("attendu", "Attendu", Kind::Amount),
        Column::new("trouve", "Trouvé", Kind::Amount),
        Column::derived("ecart", "Écart", Kind::Amount, Derived::Difference(2, 1)),
        Column::new("verdict", "Verdict", Kind::Text),
    ];
    let notes = vec!["Soldes de comptes : débiteurs en positif, créditeurs en négatif.".to_string()];
    let title = format!("{} {}", controls.label, now.name);
    CrossChecks { gaps: page.gaps, table: Table { notes, ..Table::new(title, columns, page.rows) } }
}

/// Returns how many accounts do not open as they closed, the result of the year before counting as
/// one: the gaps that [`cross_checks`] lays out.
pub fn reopening_gaps(controls: &Controls, now: &YearFigures, before: &YearFigures) -> usize {
    let mut page = Page::default();
    page.reopening(&controls.reopening, now, before);
    page.gaps
}

#[derive(Default)]
struct Page {
    rows: Vec<Row>,
    gaps: usize,
}

impl Page {
    fn row(&mut self, style: Style, indent: u8, cells: Vec<Cell>) {
        self.rows.push(Row { style, indent, cells, terms: Vec::new(), drill: None });
    }

    fn check(&mut self, label: &str, expected: Amount, found: Amount) {
        let gap = found - expected;
        self.gaps += usize::from(!gap.is_zero());
        let cells = vec![
            Cell::from(label),
            Cell::Amount(expected),
            Cell::Amount(found),
            Cell::Amount(gap),
            Cell::from(if gap.is_zero() { "conforme" } else { "écart" }),
        ];
        self.row(Style::Line, 0, cells);
    }

    fn not_done(&mut self, label: &str, why: &str) {
        let cells = vec![Cell::from(label), Cell::Empty, Cell::Empty, Cell::Empty, Cell::from(why)];
        self.row(Style::Line, 0, cells);
    }

    /// What the aid book says was paid, dispositif by dispositif, against the accounts.
    fn aids(&mut self, accounts: &AccountsFile, aids: &[AidsPaid], now: &YearFigures) {
        for paid in aids {
            let name = format!("{} {}", paid.dispositif, paid.label);
            let cells =
                vec![Cell::Text(name), Cell::Amount(paid.amount), Cell::Empty, Cell::Empty, Cell::Empty];
            self.row(Style::Line, 1, cells);
        }
        let expected = aids.iter().map(|paid| paid.amount).sum();
        let label = format!("{} ({})", accounts.libelle, accounts.comptes.join(", "));
        self.check(&label, expected, balance_under(&accounts.comptes, &now.accounts));
    }

    /// Each account opens as it closed; the result of the year before is where it may be.
    fn reopening(&mut self, on: &ReopeningFile, now: &YearFigures, before: &YearFigures) {
        let mut both: BTreeMap<&str, (Amount, Amount)> = BTreeMap::new();
        let is_result = |own: &&AccountFigures| own.account.starts_with(['6', '7']);
        // Class 8, the voluntary contributions, starts afresh each year.
        let is_carried = |own: &&AccountFigures| !is_result(own) && !own.account.starts_with('8');
        for own in before.accounts.iter().filter(is_carried) {
            both.entry(&own.account).or_default().0 += own.closing();
        }
        for own in &now.accounts {
            both.entry(&own.account).or_default().1 += own.opening.balance();
        }
        let moved = |prefixes: &[String]| -> Amount {
            let own = both.iter().filter(|(account, _)| is_under(account, prefixes));
            own.map(|(_, (closed, opened))| *opened - *closed).sum()
        };
        // As balances: a result in excess is a credit.
        let result: Amount = before.accounts.iter().filter(is_result).map(AccountFigures::closing).sum();
        let (on_result, allocated) = (moved(&on.resultat), moved(&on.affectation));
        let is_allocated = !allocated.is_zero() && on_result + allocated == result;
        let places = if is_allocated { &on.affectation } else { &on.resultat };
        let place = if is_allocated { "déjà affecté" } else { "en attente d'affectation" };
        let label = format!("Résultat {} à l'ouverture, {place} ({})", before.name, places.join(", "));
        let found = if is_allocated { on_result + allocated } else { on_result };
        self.check(&label, result, found);
        let differing: Vec<_> = both
            .iter()
            .filter(|(account, (closed, opened))| {
                let explained =
                    is_under(account, &on.resultat) || (is_allocated && is_under(account, &on.affectation));
                !explained && opened != closed
            })
            .collect();
        if differing.is_empty() {
            let sum = |pick: fn(&(Amount, Amount)) -> Amount| -> Amount {
                let own = both.iter().filter(|(account, _)| !is_under(account, &on.resultat));
                own.filter(|(account, _)| !is_allocated || !is_under(account, &on.affectation))
                    .map(|(_, pair)| pick(pair))
                    .sum()
            };
            self.check(&format!("{} : tous les comptes", on.libelle), sum(|pair| pair.0), sum(|pair| pair.1));
        }
        for (account, (closed, opened)) in differing {
            self.check(&format!("{} : {account}", on.libelle), *closed, *opened);
        }
    }

    /// Accounts that must be at zero: one line, or one per account that is not.
    fn cleared(&mut self, accounts: &AccountsFile, now: &YearFigures) {
        let label = format!("{} ({})", accounts.libelle, accounts.comptes.join(", "));
        let own = now.accounts.iter().filter(|own| is_under(&own.account, &accounts.comptes));
        let mut standing: Vec<_> = own.filter(|own| !own.closing().is_zero()).collect();
        standing.sort_by(|a, b| a.account.cmp(&b.account));
        if standing.is_empty() {
            self.check(&label, Amount::ZERO, Amount::ZERO);
        }
        for own in standing {
            self.check(&format!("{label} : {} {}", own.account, own.label), Amount::ZERO, own.closing());
        }
    }
}
