//! Importing envelopes: each line is one notification, one entry.

use super::answer::Asked;
use super::book::Book;
use super::clock::Clock;
use super::error::AppError;
use super::file::InputFile;
use super::import_aids::profile_of;
use super::import_file::{Begun, Import, begin, record};
use super::report::ImportReport;
use super::users::Actor;
use super::write_aids::envelope_axes;
use crate::calendar::Date;
use crate::funding::{Envelope, EnvelopeKey};
use crate::import::{EnvelopeDraft, FileKind, read_envelopes};
use crate::ledger::content::{AidContent, Origin};
use crate::ledger::{Code, Column, Detail, Finding, Severity};
use crate::money::Amount;
use crate::posting::{EVENT_NOTICE, EVENT_OVERRUN, EVENT_OVERRUN_END};
use crate::rules::EnvelopeUse;
use crate::store::{KeyOf, NewLot, NoticeRow, Rows, Store, Tx, Value};
use crate::words::Words;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest as _, Sha256};

/// Imports a file of envelopes.
///
/// # Errors
/// When the file or the base fails; nothing is then written.
#[expect(clippy::too_many_arguments, reason = "the command's options, one by one")]
pub async fn import_envelopes(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    profile: &str,
    dry_run: bool,
    all_or_nothing: bool,
    asked: Option<&Asked>,
) -> Result<ImportReport, AppError> {
    let (mut tx, in_force) = match begin(store, dry_run, asked).await? {
        Begun::Answered(answer) => return Ok(*answer),
        Begun::Open(tx, in_force) => (tx, in_force),
    };
    let profile = profile_of(&in_force, profile, FileKind::Envelopes)?;
    let mut file =
        read_envelopes(input.reader()?, &input.sniff, profile).map_err(|error| input.failure(error))?;
    let years = tx.years().await?;
    let source = format!("{}/enveloppes", profile.code);
    let source_key = tx.dictionary("source").await?.keys.get(&source).copied();
    let references: Vec<Value> = file.drafts.iter().map(|draft| (&draft.reference).into()).collect();
    let mut known: FxHashMap<String, i64> = match source_key {
        Some(key) => tx.known_references(key, &references).await?.into_iter().collect(),
        None => FxHashMap::default(),
    };
    let mut funders: FxHashSet<String> = tx.dictionary("funder").await?.keys.into_keys().collect();
    let mut accepted: Vec<EnvelopeDraft> = Vec::new();
    let mut already = 0;
    let mut refused = file.reading.refused;
    for draft in std::mem::take(&mut file.drafts) {
        let fingerprint = fingerprint(&draft);
        let refusal = match (known.get(&draft.reference), in_force.law.rank(&draft.dispositif)) {
            (Some(other), _) if *other == fingerprint => {
                already += 1;
                continue;
            }
            (Some(_), _) => Some((
                "reference",
                Code::ReferenceConflict,
                Detail::Word(file.words.intern(&draft.reference)),
            )),
            (None, None) => Some((
                "dispositif",
                Code::UnknownDispositif,
                Detail::Word(file.words.intern(&draft.dispositif)),
            )),
            (None, Some(rank)) if in_force.law.get(rank).booking.envelope == EnvelopeUse::None => Some((
                "dispositif",
                Code::NoEnvelopeExpected,
                Detail::Word(file.words.intern(&draft.dispositif)),
            )),
            _ if draft.notified_on > years.last_open_day() => Some((
                "date_notification",
                Code::YearNotOpen,
                Detail::Dates { found: draft.notified_on, bound: years.last_open_day() },
            )),
            _ => None,
        };
        match refusal {
            Some((field, code, detail)) => {
                refused += 1;
                let column = file.reading.column_of(FileKind::Envelopes, field);
                file.reading.findings.push(Finding::refusal(draft.line, column, code, detail));
            }
            None => {
                if !funders.contains(&draft.funder) {
                    funders.insert(draft.funder.clone());
                    let column = file.reading.column_of(FileKind::Envelopes, "financeur");
                    let detail = Detail::Word(file.words.intern(&draft.funder));
                    let refusal = Finding::refusal(draft.line, column, Code::NewFunder, detail);
                    file.reading.findings.push(Finding { severity: Severity::Warning, ..refusal });
                }
                known.insert(draft.reference.clone(), fingerprint);
                accepted.push(draft);
            }
        }
    }
    if all_or_nothing && refused > 0 {
        refused += accepted.len() as u64;
        accepted.clear();
        file.reading.findings.push(whole_file_refused());
    }
    let mut report = ImportReport::new(
        &input.name,
        FileKind::Envelopes.code(),
        input.sniff.encoding,
        &file.reading,
        dry_run,
    );
    report.count(accepted.len() as u64, 0, already, refused);
    report.sum(accepted.iter().map(|draft| draft.amount).sum());
    let none = Words::default();
    report.tell(&in_force.law, &file.reading, &file.reading.findings, &file.words, &none);
    let kind = FileKind::Envelopes;
    let digest = Some(input.sniff.digest.to_vec());
    let import = Import { clock, actor, kind, source, digest, asked };
    record(tx, &import, report, async |tx, lot| write(tx, lot, &in_force, &import.source, &accepted).await)
        .await
}

/// The finding that says that a whole file is refused.
pub(super) fn whole_file_refused() -> Finding {
    Finding::refusal(0, Column(None), Code::WholeFileRefused, Detail::None)
}

fn fingerprint(draft: &EnvelopeDraft) -> i64 {
    let text = format!(
        "{}|{}|{}|{}|{}",
        draft.dispositif,
        draft.year,
        draft.funder,
        draft.amount.centimes(),
        draft.notified_on
    );
    i64::from_be_bytes(Sha256::digest(text)[..8].try_into().expect("eight bytes"))
}

async fn write(
    tx: &mut Tx,
    lot: &NewLot,
    in_force: &super::law::LawInForce,
    source: &str,
    drafts: &[EnvelopeDraft],
) -> Result<(), AppError> {
    let funders: Vec<(&str, &str)> = drafts.iter().map(|draft| (draft.funder.as_str(), "")).collect();
    let funders = tx.ensure_codes("funder", &funders).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut keyed = Vec::new();
    for draft in drafts {
        let year = u32::try_from(draft.year).map_err(|_| AppError::Machine("exercice".into()))?;
        let key = EnvelopeKey {
            dispositif: dispositifs.keys[&draft.dispositif],
            funder: funders.keys[&draft.funder],
            year,
        };
        keyed.push((draft, key, envelope_axes(tx, key).await?));
    }
    let mut envelopes: FxHashMap<EnvelopeKey, Envelope> = tx.envelopes().await?.into_iter().collect();
    let mut book = Book::open(tx, lot).await?;
    let mut next = tx.next_key(KeyOf::Notice).await?;
    let mut references = Rows::references(tx);
    for (draft, key, axes) in keyed {
        let entry = in_force.schemes.get(EVENT_NOTICE).entry(draft.notified_on, axes, &[(0, draft.amount)]);
        let origin = Origin {
            lot: lot.id,
            source,
            file: &lot.file,
            line: draft.line.into(),
            reference: &draft.reference,
        };
        book.take(&entry, None, Some(origin), no_aid);
        let notice = NoticeRow {
            id: next,
            entry: book.sequence(),
            lot: lot.id,
            line: draft.line.into(),
            reference: draft.reference.clone(),
            axes,
            amount: draft.amount,
            notified_on: draft.notified_on,
            cancelled: false,
        };
        tx.insert_notice(&notice).await?;
        references.push([
            Value::Int(lot.source.into()),
            (&draft.reference).into(),
            Value::Int(next),
            Value::Int(fingerprint(draft)),
        ]);
        next += 1;
        let envelope = envelopes.entry(key).or_default();
        envelope.notified += draft.amount;
        let found = tx.last_day_of(EVENT_OVERRUN, axes).await?;
        let day = found.map_or(draft.notified_on, |found| found.max(draft.notified_on));
        end_overrun(&mut book, in_force, axes, day, envelope);
        tx.set_envelope(key, *envelope).await?;
    }
    references.append_to(tx).await?;
    book.entries.take().append_to(tx).await?;
    book.lines.take().append_to(tx).await?;
    Ok(tx.add_changes(&book.changes).await?)
}

/// Posts the end of an overrun that is no longer one, and notes it on the guard.
pub(super) fn end_overrun(
    book: &mut Book,
    in_force: &super::law::LawInForce,
    axes: u32,
    date: Date,
    envelope: &mut Envelope,
) {
    let ended: Amount = (envelope.overrun - envelope.overrun_due()).or_zero();
    if ended.is_positive() {
        let entry = in_force.schemes.get(EVENT_OVERRUN_END).entry(date, axes, &[(0, ended)]);
        book.take(&entry, None, None, no_aid);
        envelope.overrun -= ended;
    }
}

/// Entries without aids have no line that would ask for one.
pub(super) fn no_aid<'c>(_: i64) -> (Origin<'c>, AidContent<'c>) {
    unreachable!("a collective entry has no aid")
}
