//! A layout and the figures of one or two years → lines with their amounts, before any column.

use super::figures::{AccountFigures, YearFigures};
use super::layout::{Layout, Place, Sense, Source, Statement, UNFILED};
use super::table::{Cell, Drill, Row, Style, Term};
use crate::money::{Amount, Percent};
use crate::words::nearest;
use std::collections::{BTreeMap, BTreeSet};

/// No line of the statement has this code.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("aucune ligne « {code} » dans cet état ; lignes proches : {}", .nearest.join(", "))]
pub struct UnknownCode {
    /// The code asked for.
    pub code: String,
    /// The nearest codes, nearest first.
    pub nearest: Vec<String>,
}

/// A gross amount and what is deducted from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) gross: Amount,
    pub(super) deducted: Amount,
}

impl Sum {
    pub(super) fn net(self) -> Amount {
        self.gross - self.deducted
    }

    fn add(&mut self, other: Sum, minus: bool) {
        if minus {
            self.gross -= other.gross;
            self.deducted -= other.deducted;
        } else {
            self.gross += other.gross;
            self.deducted += other.deducted;
        }
    }
}

/// A line with its amounts, on its own side's sign.
#[derive(Clone, Debug)]
pub(super) struct DrawnLine {
    /// Its code; empty on a heading.
    pub(super) code: String,
    pub(super) label: String,
    pub(super) sense: Option<Sense>,
    pub(super) style: Style,
    pub(super) indent: u8,
    pub(super) now: Sum,
    pub(super) before: Sum,
    /// The accounts behind it, this year or the year before.
    pub(super) accounts: BTreeSet<String>,
    /// The drawn lines that make its amounts.
    pub(super) terms: Vec<Term>,
}

/// One account on one line.
#[derive(Clone, Debug, Default)]
struct Own {
    label: String,
    now: Sum,
    before: Sum,
}

/// Accounts by number.
type Owns = BTreeMap<String, Own>;

/// The accounts of each line of a layout.
struct Filed {
    lines: Vec<Owns>,
    unfiled: BTreeMap<Sense, Owns>,
    result: Owns,
}

#[derive(Clone, Copy)]
enum Which {
    Now,
    Before,
}

fn file(layout: &Layout, now: &[AccountFigures], before: &[AccountFigures]) -> Filed {
    let mut filed =
        Filed { lines: vec![Owns::new(); layout.lines.len()], unfiled: BTreeMap::new(), result: Owns::new() };
    let years = [(now, Which::Now), (before, Which::Before)];
    for (figures, which) in years.iter().flat_map(|(year, which)| year.iter().map(|own| (own, *which))) {
        let balance = figures.closing();
        if layout.statement == Statement::Bilan && balance.is_zero() {
            continue;
        }
        let gross = |sense: Sense| Sum { gross: sense.signed(balance), deducted: Amount::ZERO };
        let (owns, sum) = match layout.place(&figures.account, balance) {
            Place::Line(rank) => {
                let sense = layout.lines[rank].sense.expect("a line of accounts has a side");
                (&mut filed.lines[rank], gross(sense))
            }
            Place::Deducted(rank) => {
                (&mut filed.lines[rank], Sum { gross: Amount::ZERO, deducted: -balance })
            }
            Place::Unfiled(sense) => (filed.unfiled.entry(sense).or_default(), gross(sense)),
            Place::Result => (&mut filed.result, gross(Sense::Passif)),
            Place::Outside => continue,
        };
        let own = owns.entry(figures.account.clone()).or_default();
        match which {
            Which::Now => own.now.add(sum, false),
            Which::Before => own.before.add(sum, false),
        }
        // This year's label is the one that people know.
        if own.label.is_empty() {
            own.label.clone_from(&figures.label);
        }
    }
    filed
}

/// Draws all the lines of a layout, those without any account included.
pub(super) fn draw(
    layout: &Layout,
    now: &[AccountFigures],
    before: Option<&[AccountFigures]>,
) -> Vec<DrawnLine> {
    let filed = file(layout, now, before.unwrap_or_default());
    let mut drawn: Vec<DrawnLine> = Vec::new();
    // Where each line of the layout was drawn.
    let mut ranks: Vec<usize> = Vec::with_capacity(layout.lines.len());
    for (rank, line) in layout.lines.iter().enumerate() {
        let mut own = DrawnLine {
            code: line.code.clone(),
            label: line.label.clone(),
            sense: line.sense,
            style: line.style,
            indent: line.indent,
            now: Sum::default(),
            before: Sum::default(),
            accounts: BTreeSet::new(),
            terms: Vec::new(),
        };
        match &line.source {
            Source::Words => {}
            Source::Accounts { group: None, .. } => own.take(&filed.lines[rank]),
            Source::Accounts { group: Some(digits), .. } => {
                let subtotals = draw_groups(layout, &own, *digits, &filed.lines[rank], &mut drawn);
                own.terms.extend(subtotals.into_iter().map(|row| Term { row, subtracted: false }));
            }
            Source::Formula(terms) => {
                own.terms
                    .extend(terms.iter().map(|(rank, minus)| Term { row: ranks[*rank], subtracted: *minus }));
            }
            Source::Result => own.take(&filed.result),
        }
        let totalled = filed.unfiled.iter().find(|(sense, _)| layout.total_of(**sense) == Some(rank));
        if let Some((sense, accounts)) = totalled {
            own.terms.push(Term { row: drawn.len(), subtracted: false });
            drawn.push(DrawnLine::unfiled(*sense, accounts));
        }
        own.add_up(&drawn);
        ranks.push(drawn.len());
        drawn.push(own);
    }
    drawn
}

/// Draws the accounts of a line one by one, each group with its heading and its sub-total; returns
/// where the sub-totals are.
fn draw_groups(
    layout: &Layout,
    line: &DrawnLine,
    digits: usize,
    accounts: &Owns,
    drawn: &mut Vec<DrawnLine>,
) -> Vec<usize> {
    let group_of = |account: &str| account.chars().take(digits).collect::<String>();
    let accounts: Vec<(&String, &Own)> = accounts.iter().collect();
    let mut subtotals = Vec::new();
    for group in accounts.chunk_by(|a, b| group_of(a.0) == group_of(b.0)) {
        let code = group_of(group[0].0);
        let label = match layout.group_labels.get(&code) {
            Some(label) => format!("{code} {label}"),
            None => code.clone(),
        };
        let blank = DrawnLine { terms: Vec::new(), accounts: BTreeSet::new(), ..line.clone() };
        let heading = DrawnLine { code: String::new(), label: label.clone(), style: Style::Heading, ..blank };
        drawn.push(heading);
        let first = drawn.len();
        for (account, own) in group {
            drawn.push(DrawnLine {
                code: (*account).clone(),
                label: format!("{account} {}", own.label),
                sense: line.sense,
                style: Style::Line,
                indent: 1,
                now: own.now,
                before: own.before,
                accounts: BTreeSet::from([(*account).clone()]),
                terms: Vec::new(),
            });
        }
        let terms = (first..drawn.len()).map(|row| Term { row, subtracted: false }).collect();
        let mut subtotal = DrawnLine { terms, ..drawn[first - 1].clone() };
        subtotal.code = code;
        subtotal.label = format!("Total {label}");
        subtotal.style = Style::Subtotal;
        subtotal.add_up(drawn);
        subtotals.push(drawn.len());
        drawn.push(subtotal);
    }
    subtotals
}

impl DrawnLine {
    fn unfiled(sense: Sense, accounts: &Owns) -> DrawnLine {
        let mut line = DrawnLine {
            code: format!("{UNFILED}-{}", sense.code()),
            label: "Comptes non repris".to_string(),
            sense: Some(sense),
            style: Style::Line,
            indent: 0,
            now: Sum::default(),
            before: Sum::default(),
            accounts: BTreeSet::new(),
            terms: Vec::new(),
        };
        line.take(accounts);
        line
    }

    fn take(&mut self, accounts: &Owns) {
        for (account, own) in accounts {
            self.now.add(own.now, false);
            self.before.add(own.before, false);
            self.accounts.insert(account.clone());
        }
    }

    /// Adds up its terms among the lines above it.
    fn add_up(&mut self, above: &[DrawnLine]) {
        for term in &self.terms {
            let own = &above[term.row];
            self.now.add(own.now, term.subtracted);
            self.before.add(own.before, term.subtracted);
            self.accounts.extend(own.accounts.iter().cloned());
        }
    }

    /// Returns true where it has something to show: a total always, anything else if an account is
    /// behind it.
    fn has_figures(&self) -> bool {
        self.style == Style::Total || !self.accounts.is_empty()
    }
}

/// Keeps the lines worth showing, their terms renumbered: no line without account, no heading over
/// nothing.
pub(super) fn shown(drawn: &[DrawnLine]) -> Vec<DrawnLine> {
    let mut kept = vec![false; drawn.len()];
    for (rank, line) in drawn.iter().enumerate() {
        kept[rank] = match line.style {
            Style::Heading => drawn[rank + 1..]
                .iter()
                .take_while(|other| match other.style {
                    Style::Heading => other.indent > line.indent,
                    Style::Line | Style::Subtotal => true,
                    Style::Total => false,
                })
                .any(|other| other.style == Style::Line && other.has_figures()),
            _ => line.has_figures(),
        };
    }
    let mut ranks = vec![0; drawn.len()];
    let mut lines: Vec<DrawnLine> = Vec::new();
    for (rank, line) in drawn.iter().enumerate().filter(|(rank, _)| kept[*rank]) {
        ranks[rank] = lines.len();
        let terms = line.terms.iter().filter(|term| kept[term.row]);
        let terms = terms.map(|term| Term { row: ranks[term.row], ..*term }).collect();
        lines.push(DrawnLine { terms, ..line.clone() });
    }
    lines
}

/// Lays a line out in a row of these cells.
pub(super) fn row(line: &DrawnLine, cells: Vec<Cell>) -> Row {
    let drill =
        (line.style != Style::Heading && !line.code.is_empty()).then(|| Drill::Line(line.code.clone()));
    Row { style: line.style, indent: line.indent, cells, terms: line.terms.clone(), drill }
}

/// The cells that compare a year with the one before: N, N-1, their difference, in percent.
pub(super) fn compared(amount: Amount, previous: Option<Amount>) -> Vec<Cell> {
    match previous {
        None => vec![Cell::Amount(amount)],
        Some(previous) => vec![
            Cell::Amount(amount),
            Cell::Amount(previous),
            Cell::Amount(amount - previous),
            Percent::variation(amount, previous).into(),
        ],
    }
}

/// How many accounts, or first digits of accounts, a cell names.
const NAMED: usize = 4;

/// Names accounts in a cell: all of a few, else the first digits that they share and how many they are.
pub(super) fn accounts_in_short(accounts: &BTreeSet<String>) -> Cell {
    let roots = |digits: usize| -> BTreeSet<&str> {
        accounts.iter().map(|account| account.get(..digits).unwrap_or(account)).collect()
    };
    let in_words = |roots: BTreeSet<&str>| roots.into_iter().collect::<Vec<_>>().join(", ");
    if accounts.len() < NAMED {
        return Cell::from(in_words(roots(usize::MAX)).as_str());
    }
    let digits = [3, 2, 1].into_iter().find(|digits| roots(*digits).len() <= NAMED).unwrap_or(1);
    Cell::Text(format!("{} ({}\u{a0}comptes)", in_words(roots(digits)), accounts.len()))
}

/// Returns the accounts behind a line, sub-totals and results included, in the order of their
/// numbers.
///
/// # Errors
/// When no line has this code: the nearest codes are given.
pub fn accounts_behind(
    layout: &Layout,
    code: &str,
    figures: &YearFigures,
) -> Result<Vec<String>, UnknownCode> {
    let drawn = draw(layout, &figures.accounts, None);
    let lines = drawn.iter().filter(|line| !line.code.is_empty());
    if let Some(line) = lines.clone().find(|line| line.code == code) {
        return Ok(line.accounts.iter().cloned().collect());
    }
    let known = nearest(code, lines.map(|line| line.code.as_str()), 3);
    Err(UnknownCode { code: code.to_string(), nearest: known.into_iter().map(str::to_string).collect() })
}
