//! Subsidies by funder and convention, tied to the accounts that hold them.

use super::figures::{YearFigures, is_under};
use super::income::{StatementLine, comparison};
use super::layout::Validity;
use super::layout_file::Author;
use super::lines::{accounts_in_short, compared};
use super::table::{Cell, Column, Drill, Kind, Row, Style, Table, Term};
use crate::money::{Amount, Percent};
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubsidiesFile {
    format: u32,
    #[serde(rename = "etat")]
    _statement: String,
    #[serde(rename = "code")]
    _code: String,
    libelle: String,
    du: toml::value::Datetime,
    jusqua: Option<toml::value::Datetime>,
    source: String,
    comptes: Vec<String>,
}

/// Which accounts hold subsidies.
#[derive(Clone, Debug)]
pub struct Subsidies {
    /// The title of the statement.
    pub label: String,
    /// The years that it is for.
    pub years: Validity,
    /// The text it comes from.
    pub source: String,
    prefixes: Vec<String>,
}

impl Subsidies {
    /// Reads `etats/subventions.toml`; `path` is only for the message.
    ///
    /// # Errors
    /// At the first fault of the file.
    pub fn parse(path: &str, text: &str) -> Result<Subsidies, RuleFileError> {
        let file: SubsidiesFile = parse_toml(path, text)?;
        let author = Author { path, text };
        author.format(file.format)?;
        author.prefixes("comptes =", &file.comptes)?;
        Ok(Subsidies {
            label: file.libelle,
            years: author.years(file.du, file.jusqua)?,
            source: file.source,
            prefixes: file.comptes,
        })
    }

    /// Returns true for an account that holds subsidies.
    pub fn holds(&self, account: &str) -> bool {
        is_under(account, &self.prefixes)
    }
}

/// A funder or a convention.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its code.
    pub code: String,
    /// Its label.
    pub label: String,
}

/// What the lines of one account say of one funder and one convention.
#[derive(Clone, Debug)]
pub struct GrantRow {
    /// The account.
    pub account: String,
    /// The funder, if the lines name one.
    pub funder: Option<Named>,
    /// The convention, if the lines name one.
    pub convention: Option<Named>,
    /// Credits less debits of this year.
    pub amount: Amount,
    /// The same of the year before.
    pub previous: Amount,
}

/// One line of the statement, for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantLine {
    /// The funder; none for what is attributed to nobody.
    pub funder: Option<Named>,
    /// The convention; none on the sub-total of a funder, and outside any convention.
    pub convention: Option<Named>,
    /// True for the sub-total of a funder.
    pub is_subtotal: bool,
    /// Its amounts; its code is that of the convention, else of the funder, else of the account.
    pub line: StatementLine,
}

/// Subsidies by funder and convention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// To be read.
    pub table: Table,
    /// To be worked on.
    pub lines: Vec<GrantLine>,
    /// The total: that of the accounts of subsidies.
    pub total: Amount,
    /// The part of it that no row attributes to a funder.
    pub unassigned: Amount,
}

/// One sum, over both years.
#[derive(Clone, Default)]
struct Share {
    now: Amount,
    before: Amount,
    accounts: BTreeSet<String>,
}

impl Share {
    fn add(&mut self, other: &Share) {
        self.now += other.now;
        self.before += other.before;
        self.accounts.extend(other.accounts.iter().cloned());
    }
}

/// The heading of what no row attributes.
const UNASSIGNED: &str = "Non affecté";
/// The heading of what a funder grants outside any convention.
const NO_CONVENTION: &str = "Hors convention";

/// Subsidies by funder and convention, and by account what is attributed to nobody.
struct Attributed<'a> {
    funders: BTreeMap<&'a Named, BTreeMap<Option<&'a Named>, Share>>,
    left: BTreeMap<&'a str, (String, Share)>,
}

/// Attributes the rows, and takes them from what the accounts hold.
fn attribute<'a>(
    subsidies: &Subsidies,
    rows: &'a [GrantRow],
    now: &'a YearFigures,
    before: Option<&'a YearFigures>,
) -> Attributed<'a> {
    let mut all = Attributed { funders: BTreeMap::new(), left: BTreeMap::new() };
    for (year, is_now) in [(Some(now), true), (before, false)] {
        let accounts = year.into_iter().flat_map(|year| &year.accounts);
        for own in accounts.filter(|own| subsidies.holds(&own.account)) {
            let (name, share) = all.left.entry(&own.account).or_default();
            if name.is_empty() {
                *name = format!("{} {}", own.account, own.label);
            }
            share.accounts.insert(own.account.clone());
            *(if is_now { &mut share.now } else { &mut share.before }) -= own.closing();
        }
    }
    for row in rows.iter().filter(|row| subsidies.holds(&row.account)) {
        let Some(funder) = &row.funder else { continue };
        let share = Share {
            now: row.amount,
            before: if before.is_some() { row.previous } else { Amount::ZERO },
            accounts: BTreeSet::from([row.account.clone()]),
        };
        let conventions = all.funders.entry(funder).or_default();
        conventions.entry(row.convention.as_ref()).or_default().add(&share);
        let (name, left) = all.left.entry(&row.account).or_default();
        if name.is_empty() {
            name.clone_from(&row.account);
        }
        left.accounts.extend(share.accounts);
        left.now -= share.now;
        left.before -= share.before;
    }
    all.left.retain(|_, (_, share)| !share.now.is_zero() || !share.before.is_zero());
    all
}

/// Makes each code that of one line: where a convention bears the code of a funder, or of a convention
/// of another funder, both codes name it.
fn tell_apart(lines: &mut [GrantLine]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.iter() {
        *uses.entry(line.line.code.clone()).or_default() += 1;
    }
    for line in lines.iter_mut().filter(|line| !line.is_subtotal) {
        if let Some(funder) = &line.funder
            && (line.convention.is_none() || uses[&line.line.code] > 1)
        {
            line.line.code = format!("{}/{}", funder.code, line.line.code);
        }
    }
}

/// Draws the subsidies up. Rows of other accounts are left out; what the accounts hold beyond the
/// rows is shown as « Non affecté », account by account, so that the total is that of the accounts.
pub fn grants(
    subsidies: &Subsidies,
    rows: &[GrantRow],
    now: &YearFigures,
    before: Option<&YearFigures>,
) -> Grants {
    let Attributed { funders, left } = attribute(subsidies, rows, now, before);
    let mut sheet = Sheet { before, rows: Vec::new(), lines: Vec::new() };
    let mut subtotals = Vec::new();
    let mut all = Share::default();
    for (funder, conventions) in funders {
        let mut sum = Share::default();
        sheet.heading(&funder.label);
        let first = sheet.rows.len();
        for (convention, share) in &conventions {
            let label = convention.map_or(NO_CONVENTION, |convention| convention.label.as_str());
            let code = convention.map_or("", |convention| convention.code.as_str());
            let line = sheet.line(Style::Line, code, label, share, Vec::new());
            let line = GrantLine {
                funder: Some(funder.clone()),
                convention: convention.cloned(),
                is_subtotal: false,
                line,
            };
            sheet.lines.push(line);
            sum.add(share);
        }
        let terms = first..sheet.rows.len();
        subtotals.push(sheet.rows.len());
        let line = sheet.line(
            Style::Subtotal,
            &funder.code,
            &format!("Total {}", funder.label),
            &sum,
            terms.collect(),
        );
        sheet.lines.push(GrantLine {
            funder: Some(funder.clone()),
            convention: None,
            is_subtotal: true,
            line,
        });
        all.add(&sum);
    }
    let mut unassigned = Share::default();
    if !left.is_empty() {
        sheet.heading(UNASSIGNED);
        let first = sheet.rows.len();
        for (account, (name, share)) in &left {
            let line = sheet.line(Style::Line, account, name, share, Vec::new());
            sheet.lines.push(GrantLine { funder: None, convention: None, is_subtotal: false, line });
            unassigned.add(share);
        }
        let terms = first..sheet.rows.len();
        subtotals.push(sheet.rows.len());
        let label = format!("Total {}", UNASSIGNED.to_lowercase());
        let line = sheet.line(Style::Subtotal, "", &label, &unassigned, terms.collect());
        sheet.lines.push(GrantLine { funder: None, convention: None, is_subtotal: true, line });
        all.add(&unassigned);
    }
    sheet.line(Style::Total, "", "Total des subventions", &all, subtotals);
    let mut columns = vec![
        Column::new("libelle", "Financeur et convention", Kind::Text),
        Column::new("montant", &now.name, Kind::Amount),
    ];
    columns.extend(comparison(before, 1));
    columns.push(Column::new("comptes", "Comptes", Kind::Text));
    let width = columns.len();
    for row in &mut sheet.rows {
        row.cells.resize(width, Cell::Empty);
    }
    tell_apart(&mut sheet.lines);
    // One line for each row of figures, then the total; a code names one line only once they are told apart.
    let figures = sheet.rows.iter_mut().filter(|row| row.style != Style::Heading);
    let codes = sheet.lines.iter().map(|line| Some(line.line.code.as_str())).chain([None]);
    for (row, code) in figures.zip(codes) {
        row.drill = Some(match code {
            None => Drill::Grants,
            Some("") => Drill::UnassignedGrants,
            Some(code) => Drill::Line(code.to_string()),
        });
    }
    let title = format!("{} {}", subsidies.label, now.name);
    Grants {
        table: Table::new(title, columns, sheet.rows),
        lines: sheet.lines,
        total: all.now,
        unassigned: unassigned.now,
    }
}

/// The rows and the lines written so far.
struct Sheet<'a> {
    before: Option<&'a YearFigures>,
    rows: Vec<Row>,
    lines: Vec<GrantLine>,
}

impl Sheet<'_> {
    fn heading(&mut self, label: &str) {
        let cells = vec![Cell::Text(label.to_string())];
        self.rows.push(Row { style: Style::Heading, indent: 0, cells, terms: Vec::new(), drill: None });
    }

    /// Writes a row and returns its figures.
    fn line(
        &mut self,
        style: Style,
        code: &str,
        label: &str,
        share: &Share,
        terms: Vec<usize>,
    ) -> StatementLine {
        let previous = self.before.map(|_| share.before);
        let mut cells = vec![Cell::Text(label.to_string())];
        cells.extend(compared(share.now, previous));
        cells.push(accounts_in_short(&share.accounts));
        let terms = terms.into_iter().map(|row| Term { row, subtracted: false }).collect();
        self.rows.push(Row { style, indent: u8::from(style == Style::Line), cells, terms, drill: None });
        StatementLine {
            code: code.to_string(),
            label: label.to_string(),
            amount: share.now,
            previous,
            variation: previous.map(|previous| share.now - previous),
            variation_pct: previous.and_then(|previous| Percent::variation(share.now, previous)),
            accounts: share.accounts.iter().cloned().collect(),
        }
    }
}
