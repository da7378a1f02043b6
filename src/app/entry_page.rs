//! One entry of the book: its header, its lines by pages, what it reverses, and its seal recomputed.

use super::clock::local;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::page::{Page, PageKey, page_size};
use super::seal_of::{SealVerdict, no_entry, verdict_on};
use super::state::Names;
use crate::calendar::Date;
use crate::ledger::Book;
use crate::ledger::seal::hex;
use crate::money::Amount;
use crate::statements::Named;
use crate::store::{EntryKey, SealedEntry, Store, Tx, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Up to so many lines, the seal is recomputed with the page; beyond, it is asked for by itself.
pub const LINES_SEALED_WITH_PAGE: i64 = 2_000;

/// Where something comes from: a lot, who imported it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotOrigin {
    /// The number of the lot.
    pub lot: i64,
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: Option<String>,
    /// Who.
    pub user: String,
    /// When, in the structure's zone: `31/12/2024 11:00`.
    pub at: String,
    /// Why, of an undoing.
    pub reason: Option<String>,
}

/// A line of an entry of the aid book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLine {
    /// Its rank, from 1.
    pub rank: i64,
    /// The account.
    pub account: Named,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Code of the funder.
    pub funder: String,
    /// Code of the convention, or empty.
    pub convention: String,
    /// Debit, or zero.
    pub debit: Amount,
    /// Credit, or zero.
    pub credit: Amount,
    /// The aid that it is about; none on a collective line.
    pub aid: Option<LineAid>,
}

/// The aid of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAid {
    /// Its key.
    pub key: i64,
    /// Its reference.
    pub reference: String,
    /// The person's number; none once erased.
    pub person: Option<String>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPage {
    /// Its book, year and number.
    pub key: EntryKey,
    /// Its place in the chain.
    pub sequence: i64,
    /// Its day.
    pub date: Date,
    /// Its event, and the event's French label.
    pub event: Named,
    /// The lot that posted it.
    pub lot: LotOrigin,
    /// The entry that it reverses.
    pub reverses: Option<EntryKey>,
    /// The entries that reverse it, in whole or in part.
    pub reversed_by: Vec<EntryKey>,
    /// How many lines it says that it has.
    pub line_count: i64,
    /// All its debits and all its credits.
    pub sides: (Amount, Amount),
    /// Its lines; none where it seals a FEC, whose lines are in the general book.
    pub lines: Page<EntryLine>,
    /// The FEC that it seals: fiscal year and lot.
    pub fec: Option<(i16, i64)>,
    /// Its seal, in hexadecimal.
    pub seal: String,
    /// What the seal says now; none above [`LINES_SEALED_WITH_PAGE`] lines: [`super::seal_of`] says it.
    pub verdict: Option<SealVerdict>,
}

/// Returns an entry with a page of its lines.
///
/// # Errors
/// When there is no such entry, the key is of another list, or a value of the entry cannot be read:
/// [`super::seal_of`] then says so.
pub async fn entry_page(
    store: &Store,
    key: &EntryKey,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<EntryPage, AppError> {
    let mut tx = store.read().await?;
    let entry = tx.entry_numbered(key).await?.ok_or_else(|| no_entry(key))?;
    let lines = lines_of(&mut tx, &entry, after, page_size(limit)).await?;
    let versions = tx.fec_versions().await?;
    let fec = versions.iter().find(|version| version.entry == Some(entry.sequence));
    let reverses = match entry.reverses {
        Some(sequence) => tx.entry_at(sequence).await?.as_ref().map(key_of),
        None => None,
    };
    let sides = match fec {
        Some(version) => fec_sides(&mut tx, version.lot).await?,
        None => tx.entry_sides(entry.sequence).await?,
    };
    Ok(EntryPage {
        key: key.clone(),
        sequence: entry.sequence,
        date: entry.date,
        event: EventNames::load(&mut tx).await?.of(&entry.event),
        lot: lot_origin(&mut tx, entry.lot).await?,
        reverses,
        reversed_by: tx.entries_reversing(entry.sequence).await?.iter().map(key_of).collect(),
        line_count: entry.line_count,
        sides,
        lines,
        fec: fec.map(|version| (version.year, version.lot)),
        seal: hex(&entry.seal),
        verdict: short_verdict(&mut tx, &entry).await?,
    })
}

/// Returns the verdict of an entry that is short enough to be read again with a page.
pub(super) async fn short_verdict(tx: &mut Tx, entry: &SealedEntry) -> Result<Option<SealVerdict>, AppError> {
    Ok(match entry.line_count <= LINES_SEALED_WITH_PAGE {
        true => Some(verdict_on(tx, entry).await?),
        false => None,
    })
}

pub(super) fn key_of(entry: &SealedEntry) -> EntryKey {
    (entry.book.clone(), entry.number.0, entry.number.1)
}

/// The French labels of events, as the schemes in force say them.
pub(super) struct EventNames(Arc<LawInForce>);

impl EventNames {
    pub(super) async fn load(tx: &mut Tx) -> Result<EventNames, AppError> {
        Ok(EventNames(law_in_force(tx).await?))
    }

    pub(super) fn of(&self, event: &str) -> Named {
        Named { code: event.to_string(), label: self.0.schemes.label(event) }
    }
}

/// Returns the origin that a lot gives.
pub(super) async fn lot_origin(tx: &mut Tx, lot: i64) -> Result<LotOrigin, AppError> {
    let zone = tx.info().await?.zone;
    let row = tx.lots_of(&[lot.into()]).await?.pop();
    let row =
        row.ok_or_else(|| AppError::Machine(format!("le lot {lot} n'existe plus (denier verifier)")))?;
    Ok(LotOrigin {
        lot,
        file: row.file,
        digest: row.file_digest.as_deref().map(hex),
        user: row.user,
        at: local(&row.at, &zone),
        reason: row.reason,
    })
}

async fn fec_sides(tx: &mut Tx, lot: i64) -> Result<(Amount, Amount), AppError> {
    let sums = tx.journal_sums(lot).await?;
    Ok((sums.iter().map(|(_, _, sides)| sides[0]).sum(), sums.iter().map(|(_, _, sides)| sides[1]).sum()))
}

async fn lines_of(
    tx: &mut Tx,
    entry: &SealedEntry,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<Page<EntryLine>, AppError> {
    let [rank] = PageKey::row(after)?;
    let names = Names::load(tx).await?;
    let accounts = tx.dictionary("account").await?;
    let mut read = Vec::new();
    let wanted = i64::try_from(limit).expect("a page is short") + 1;
    tx.each_line_of_entry(entry.sequence, rank, wanted, |line| read.push(line)).await?;
    let aids: Vec<Value> = read.iter().filter_map(|line| Some(line.aid.as_ref()?.id.into())).collect();
    let people: FxHashMap<i64, String> = tx.numbers_by_aid(&aids).await?.into_iter().collect();
    let mut rows = Vec::with_capacity(read.len());
    for line in read {
        let account = u32::from(line.account);
        let axes = names.axes.get(&line.axes).copied().unwrap_or_default();
        rows.push(EntryLine {
            rank: line.rank,
            account: Named { code: accounts.code(account)?.into(), label: accounts.label(account)?.into() },
            dispositif: names.dispositifs.code(axes.dispositif)?.to_string(),
            funder: names.funders.code(axes.funder)?.to_string(),
            convention: names.conventions.code(axes.convention)?.to_string(),
            debit: line.amount.or_zero(),
            credit: (-line.amount).or_zero(),
            aid: line.aid.map(|aid| LineAid {
                person: people.get(&aid.id).cloned(),
                key: aid.id,
                reference: aid.reference,
            }),
        });
    }
    let is_fec = entry.book == Book::General.code();
    let page = Page::new(rows, limit, after, |line| vec![line.rank]);
    Ok(if is_fec { page } else { page.counting(entry.line_count) })
}
