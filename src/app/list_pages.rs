//! Lists by pages: irregular aids, entries of the aid book.

use super::aid_lines::{AidFilter, AidLine, aid_lines};
use super::entry_page::{EventNames, LINES_SEALED_WITH_PAGE, key_of};
use super::error::AppError;
use super::page::{Counted, Page, PageKey, page_size};
use super::state::{Names, year_asked};
use crate::calendar::Date;
use crate::ledger::Book;
use crate::money::Amount;
use crate::statements::Named;
use crate::store::{EntryKey, FindingRow, Store};

/// An irregular aid, with what was found on that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IrregularAid {
    /// What a funder gives of it.
    pub line: AidLine,
    /// What was found, in the words of that day.
    pub findings: Vec<FindingRow>,
}

/// Returns the irregular aids of a filter, as they were posted.
///
/// # Errors
/// When a code is not known, or the key is of another list.
pub async fn irregular_aids(
    store: &Store,
    filter: &AidFilter,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<Page<IrregularAid>, AppError> {
    let filter = AidFilter { irregular_only: true, ..filter.clone() };
    let Page { rows, next, number, amount } = aid_lines(store, &filter, after, limit).await?.page;
    let mut tx = store.read().await?;
    let mut found = Vec::with_capacity(rows.len());
    for line in rows {
        let findings = tx.findings_of(line.aid).await?;
        found.push(IrregularAid { line, findings });
    }
    Ok(Page { rows: found, next, number, amount })
}

/// An entry of the journal of the aid book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Its book, year and number.
    pub key: EntryKey,
    /// Its day.
    pub date: Date,
    /// Its event, and the event's French label.
    pub event: Named,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Code of the funder.
    pub funder: String,
    /// How many lines it has.
    pub line_count: i64,
    /// Its debits, which are its credits; none for an entry of more than [`LINES_SEALED_WITH_PAGE`] lines.
    pub amount: Option<Amount>,
    /// The lot that posted it.
    pub lot: i64,
}

/// Returns the journal of the aid book of a year, in the order of the chain.
///
/// # Errors
/// When the year is not open, or the key is of another list.
pub async fn journal_page(
    store: &Store,
    year: Option<i16>,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<Page<JournalLine>, AppError> {
    let mut tx = store.read().await?;
    let year = year_asked(&mut tx, year).await?;
    let days = (year.first.first_day(), year.last.last_day());
    let limit = page_size(limit);
    let [sequence] = PageKey::row(after)?;
    let book = Book::Aids.code();
    let found = tx.entries_after(book, days, sequence, beyond(limit)).await?;
    let names = Names::load(&mut tx).await?;
    let events = EventNames::load(&mut tx).await?;
    let mut rows = Vec::with_capacity(found.len());
    for entry in found {
        let axes = tx.axes_of_entry(entry.sequence).await?.unwrap_or(0);
        let axes = names.axes.get(&axes).copied().unwrap_or_default();
        let amount = match entry.line_count <= LINES_SEALED_WITH_PAGE {
            true => Some(tx.entry_sides(entry.sequence).await?.0),
            false => None,
        };
        let line = JournalLine {
            key: key_of(&entry),
            date: entry.date,
            event: events.of(&entry.event),
            dispositif: names.dispositifs.code(axes.dispositif)?.to_string(),
            funder: names.funders.code(axes.funder)?.to_string(),
            line_count: entry.line_count,
            amount,
            lot: entry.lot,
        };
        rows.push((entry.sequence, line));
    }
    let number = tx.count_entries(book, days).await?;
    let Page { rows, next, .. } = Page::new(rows, limit, after, |(sequence, _)| vec![*sequence]);
    let rows = rows.into_iter().map(|(_, line)| line).collect();
    Ok(Page { rows, next, number: Counted::Exactly(number), amount: None })
}

/// One row more than a page: it says that there are more.
pub(super) fn beyond(limit: usize) -> i64 {
    i64::try_from(limit).expect("a page is short") + 1
}
