//! The book open for writing: entries are numbered, sealed and turned into rows, one chain.

use super::error::AppError;
use crate::balances::Changes;
use crate::calendar::FiscalYear;
use crate::ledger::content::{
    AidContent, AxesCodes, HeaderContent, LotContent, Origin, encode_axes, encode_line,
};
use crate::ledger::seal::{Canonical, Digest, Root};
use crate::ledger::{Axes, Book as BookCode, Entry, EntryHeader};
use crate::store::{Dictionary, NewLot, Rows, StoreError, Tx, Value};
use rustc_hash::FxHashMap;

/// The event of the entry that seals a definitive FEC.
pub(super) const EVENT_FEC: &str = "fec";

/// The codes behind the keys of axes.
pub(super) struct AxesDictionaries {
    pub dispositifs: Dictionary,
    pub funders: Dictionary,
    pub conventions: Dictionary,
    pub sites: Dictionary,
}

impl AxesDictionaries {
    pub(super) async fn load(tx: &mut Tx) -> Result<AxesDictionaries, StoreError> {
        Ok(AxesDictionaries {
            dispositifs: tx.dictionary("dispositif").await?,
            funders: tx.dictionary("funder").await?,
            conventions: tx.dictionary("convention").await?,
            sites: tx.dictionary("site").await?,
        })
    }

    pub(super) fn codes(&self, axes: &Axes) -> Result<AxesCodes, StoreError> {
        Ok(AxesCodes {
            dispositif: self.dispositifs.code(axes.dispositif)?.to_string(),
            funder: self.funders.code(axes.funder)?.to_string(),
            convention: self.conventions.code(axes.convention)?.to_string(),
            site: self.sites.code(axes.site)?.to_string(),
            envelope_year: axes.envelope_year,
        })
    }

    /// Encodes axes for seals; those whose codes are gone are left out.
    pub(super) fn encode(&self, axes: &FxHashMap<u32, Axes>) -> FxHashMap<u32, Canonical> {
        axes.iter().filter_map(|(key, axes)| Some((*key, encode_axes(&self.codes(axes).ok()?)))).collect()
    }
}

/// The book, from one head of the chain to the next.
pub(super) struct Book {
    sequence: i64,
    previous: Digest,
    numbers: FxHashMap<(&'static str, i64), i64>,
    accounts: Vec<String>,
    axes: FxHashMap<u32, Canonical>,
    lot: NewLot,
    reason: Option<Digest>,
    canonical: Canonical,
    /// What the entries change in the maintained totals.
    pub changes: Changes,
    /// Rows of `entry`.
    pub entries: Rows,
    /// Rows of `line`.
    pub lines: Rows,
}

impl Book {
    /// Opens the book at the head of the chain. The axes of the entries to come must be known.
    pub(super) async fn open(tx: &mut Tx, lot: &NewLot) -> Result<Book, AppError> {
        let (sequence, previous) = tx.chain_head().await?;
        let mut accounts = vec![String::new()];
        let dictionary = tx.dictionary("account").await?;
        for key in 1..=u32::try_from(dictionary.codes.len()).expect("few accounts") {
            accounts.push(dictionary.code(key)?.to_string());
        }
        let axes = tx.axes().await?;
        let mut numbers = FxHashMap::default();
        for book in [BookCode::Aids.code(), BookCode::General.code()] {
            for (year, number) in tx.last_numbers(book).await? {
                numbers.insert((book, year), number);
            }
        }
        Ok(Book {
            sequence,
            previous,
            numbers,
            accounts,
            axes: AxesDictionaries::load(tx).await?.encode(&axes),
            lot: lot.clone(),
            reason: lot.reason.as_ref().map(|(reason, salt)| crate::ledger::seal::salted(salt, reason)),
            canonical: Canonical::new(),
            changes: Changes::default(),
            entries: Rows::entries(tx),
            lines: Rows::lines(tx),
        })
    }

    /// Returns the sequence of the last entry.
    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Numbers, seals and takes an entry. `reversed` is the year and number of the entry that it
    /// reverses; `collective` is the origin of its collective lines; `content` says what an aid's
    /// lines seal.
    pub(super) fn take<'c>(
        &mut self,
        entry: &Entry,
        reversed: Option<(i64, i64)>,
        collective: Option<Origin<'_>>,
        content: impl Fn(i64) -> (Origin<'c>, AidContent<'c>),
    ) {
        self.sequence += 1;
        let mut root = Root::default();
        for (rank, line) in entry.lines().iter().enumerate() {
            let (origin, aid) = if line.aid == 0 {
                (collective, None)
            } else {
                let (origin, aid) = content(line.aid);
                (Some(origin), Some(aid))
            };
            encode_line(
                &mut self.canonical,
                &self.accounts[usize::from(line.account)],
                line.amount,
                &self.axes[&line.axes],
                origin,
                aid,
            );
            root.push(self.canonical.leaf());
            self.changes.line(entry.header().date.month(), line);
            self.lines.push([
                Value::Int(self.sequence),
                Value::Int(rank as i64 + 1),
                Value::Int(line.account.into()),
                Value::Int(line.axes.into()),
                Value::OptInt((line.aid != 0).then_some(line.aid)),
                Value::Int(line.amount.centimes()),
            ]);
        }
        let line_count = i64::try_from(entry.lines().len()).expect("fewer lines than that");
        self.seal(entry.header(), reversed, root.finish(), line_count);
    }

    /// Numbers and seals the FEC of a year as one entry of the general book: the root of its lines.
    pub(super) fn seal_general(&mut self, year: FiscalYear, root: Digest, line_count: i64) {
        self.sequence += 1;
        let header = EntryHeader {
            book: BookCode::General,
            date: year.last.last_day(),
            event: EVENT_FEC.to_string(),
            reverses: None,
        };
        self.seal(&header, None, root, line_count);
    }

    fn seal(&mut self, header: &EntryHeader, reversed: Option<(i64, i64)>, root: Digest, line_count: i64) {
        let year = i64::from(header.date.year());
        let book = header.book.code();
        let number = self.numbers.entry((book, year)).and_modify(|number| *number += 1).or_insert(1);
        let seal = HeaderContent {
            book,
            year,
            number: *number,
            date: header.date,
            event: &header.event,
            reverses: reversed,
            lot: LotContent {
                number: self.lot.id,
                kind: self.lot.kind,
                recorded_at: &self.lot.at,
                author: &self.lot.user,
                file_digest: self.lot.file_digest.as_deref(),
                counts: self.lot.counts.map(|count| i64::try_from(count).expect("fewer records than that")),
                cancels: self.lot.cancels,
                reason: self.reason.as_ref().map(Digest::as_slice),
                act: self.lot.act.as_ref(),
            },
            line_count,
            root,
            previous: self.previous,
        }
        .seal();
        self.entries.push([
            Value::Int(self.sequence),
            book.into(),
            Value::Int(year),
            Value::Int(*number),
            Value::Int(header.date.number()),
            (&header.event).into(),
            Value::Int(self.lot.id),
            Value::OptInt(header.reverses),
            Value::Int(line_count),
            Value::Blob(root.to_vec()),
            Value::Blob(seal.to_vec()),
        ]);
        self.previous = seal;
    }
}
