//! The layout of a statement: its lines, the accounts behind each, its formulas.

use super::table::Style;
use crate::calendar::Date;
use crate::money::Amount;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What begins the codes of the lines that show what no line of a layout takes.
pub(super) const UNFILED: &str = "non-repris";

/// Which statement a layout lays out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Statement {
    /// The income statement ("compte de résultat").
    CompteDeResultat,
    /// The balance sheet ("bilan").
    Bilan,
}

/// On which side of a statement a line is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Sense {
    /// Expenses: debits less credits.
    Charge,
    /// Income: credits less debits.
    Produit,
    /// Assets: debits less credits.
    Actif,
    /// Liabilities: credits less debits.
    Passif,
}

impl Sense {
    /// Returns the word of the rule files.
    pub(super) fn code(self) -> &'static str {
        match self {
            Sense::Charge => "charge",
            Sense::Produit => "produit",
            Sense::Actif => "actif",
            Sense::Passif => "passif",
        }
    }

    /// Returns what a debit balance is worth on this side.
    pub(super) fn signed(self, balance: Amount) -> Amount {
        match self {
            Sense::Charge | Sense::Actif => balance,
            Sense::Produit | Sense::Passif => -balance,
        }
    }
}

/// Where a line's amounts come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// None: a heading.
    Words,
    /// The accounts under these prefixes.
    Accounts {
        sense: Sense,
        /// Gross.
        prefixes: Vec<String>,
        /// What is deducted from the gross: depreciation.
        deducted: Vec<String>,
        /// Opened account by account, under headings of so many digits.
        group: Option<usize>,
    },
    /// Lines above it, by rank: added, or subtracted where true.
    Formula(Vec<(usize, bool)>),
    /// The result of the year, from classes 6 and 7.
    Result,
}

/// A line of a layout.
#[derive(Clone, Debug)]
pub(super) struct LayoutLine {
    /// Its code; empty on a heading.
    pub(super) code: String,
    pub(super) label: String,
    /// Its side; on an income statement, only lines of accounts have one.
    pub(super) sense: Option<Sense>,
    pub(super) source: Source,
    pub(super) style: Style,
    pub(super) indent: u8,
}

/// The lines that hold the totals of a statement, by rank.
#[derive(Clone, Copy, Debug)]
pub(super) enum Totals {
    Income { charges: usize, produits: usize, result: usize },
    Balance { assets: usize, liabilities: usize },
}

/// Where an account goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the line of this rank.
    Line(usize),
    /// To the line of this rank, deducted from it.
    Deducted(usize),
    /// To no line of this side: shown all the same.
    Unfiled(Sense),
    /// To the result of the year.
    Result,
    /// Elsewhere: not in this statement.
    Outside,
}

/// The years that a file is for, by their opening day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first opening day.
    pub from: Date,
    /// The last one, where another text came after.
    pub until: Option<Date>,
}

impl Validity {
    /// Returns true for a year that opens on this day.
    pub fn hold(self, opening: Date) -> bool {
        self.from <= opening && self.until.is_none_or(|until| opening <= until)
    }

    /// Returns true where a year is in both.
    pub(super) fn meet(self, other: Validity) -> bool {
        self.hold(other.from) || other.hold(self.from)
    }
}

/// A layout that was read and checked.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Which statement.
    pub statement: Statement,
    /// Its code, the word of `--modele`.
    pub code: String,
    /// Its French name.
    pub label: String,
    /// The years that it lays out.
    pub years: Validity,
    /// The text it comes from.
    pub source: String,
    pub(super) lines: Vec<LayoutLine>,
    pub(super) totals: Totals,
    /// Labels of the headings of accounts, by their digits.
    pub(super) group_labels: BTreeMap<String, String>,
}

impl Layout {
    /// Returns where an account with this closing balance (positive: debit) goes. The longest prefix
    /// wins; in a balance sheet the sign of the account's own balance says the side, where that side
    /// takes the account.
    pub(super) fn place(&self, account: &str, balance: Amount) -> Place {
        let class = account.chars().next();
        match self.statement {
            Statement::CompteDeResultat => {
                let sense = match class {
                    Some('6') => Some(Sense::Charge),
                    Some('7') => Some(Sense::Produit),
                    _ => None,
                };
                let found = self.longest(account, |_| true);
                found.or(sense.map(Place::Unfiled)).unwrap_or(Place::Outside)
            }
            Statement::Bilan => {
                let (own, other) = if balance < Amount::ZERO {
                    (Sense::Passif, Sense::Actif)
                } else {
                    (Sense::Actif, Sense::Passif)
                };
                match class {
                    Some('6' | '7') => Place::Result,
                    Some('8') => Place::Outside,
                    _ => self
                        .longest(account, |sense| sense == own)
                        .or_else(|| self.longest(account, |sense| sense == other))
                        .unwrap_or(Place::Unfiled(own)),
                }
            }
        }
    }

    fn longest(&self, account: &str, on: impl Fn(Sense) -> bool) -> Option<Place> {
        let mut found: Option<(usize, Place)> = None;
        for (rank, line) in self.lines.iter().enumerate() {
            let Source::Accounts { sense, prefixes, deducted, .. } = &line.source else { continue };
            if !on(*sense) {
                continue;
            }
            let gross = prefixes.iter().map(|prefix| (prefix, Place::Line(rank)));
            for (prefix, place) in gross.chain(deducted.iter().map(|prefix| (prefix, Place::Deducted(rank))))
            {
                let longer = found.is_none_or(|(length, _)| prefix.len() > length);
                if longer && account.starts_with(prefix.as_str()) {
                    found = Some((prefix.len(), place));
                }
            }
        }
        found.map(|(_, place)| place)
    }

    /// Returns the line that totals a side, by rank.
    pub(super) fn total_of(&self, sense: Sense) -> Option<usize> {
        match (self.totals, sense) {
            (Totals::Income { charges, .. }, Sense::Charge) => Some(charges),
            (Totals::Income { produits, .. }, Sense::Produit) => Some(produits),
            (Totals::Balance { assets, .. }, Sense::Actif) => Some(assets),
            (Totals::Balance { liabilities, .. }, Sense::Passif) => Some(liabilities),
            _ => None,
        }
    }
}
