//! An entry ("écriture"): lines that balance by construction.

use super::AxesId;
use crate::calendar::Date;
use crate::money::Amount;

/// A key to an account of the base.
pub type AccountId = u16;

/// One of the two books of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Book {
    /// The aid book ("carnet des aides"): outside the accounts, never in a general statement.
    Aids,
    /// The general book ("comptabilité générale"), as a FEC holds it.
    General,
}

impl Book {
    /// Returns the code stored, sealed and printed.
    pub fn code(self) -> &'static str {
        match self {
            Book::Aids => "AIDES",
            Book::General => "GENERAL",
        }
    }
}

/// One line of an entry. Positive is debit, negative is credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: AccountId,
    /// The axes.
    pub axes: AxesId,
    /// The aid that the line is about, or 0 on a collective line.
    pub aid: i64,
    /// Debit if positive, credit if negative; never zero.
    pub amount: Amount,
}

/// What an entry says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryHeader {
    /// The book.
    pub book: Book,
    /// The day it is dated.
    pub date: Date,
    /// The event, a code of `ledger-rules/schemas/`.
    pub event: String,
    /// The sequence number of the entry that this one reverses.
    pub reverses: Option<i64>,
}

/// Debits and credits differ.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("l'écriture ne s'équilibre pas : écart de {} centimes", .difference.centimes())]
pub struct Unbalanced {
    /// Debits minus credits.
    pub difference: Amount,
}

/// A balanced entry, ready to be numbered, sealed and appended.
#[derive(Clone, Debug)]
pub struct Entry {
    header: EntryHeader,
    lines: Vec<Line>,
}

impl Entry {
    /// Makes an entry, or says by how much it does not balance.
    ///
    /// # Errors
    /// [`Unbalanced`] when debits and credits differ.
    ///
    /// # Panics
    /// On a line of zero: a posting scheme that makes one is a bug.
    pub fn new(header: EntryHeader, lines: Vec<Line>) -> Result<Entry, Unbalanced> {
        assert!(lines.iter().all(|line| !line.amount.is_zero()), "a line of zero");
        let difference: Amount = lines.iter().map(|line| line.amount).sum();
        if difference.is_zero() { Ok(Entry { header, lines }) } else { Err(Unbalanced { difference }) }
    }

    /// Returns the header.
    pub fn header(&self) -> &EntryHeader {
        &self.header
    }

    /// Returns the lines, in rank order.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
