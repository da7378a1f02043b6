//! Aids: one record, one draft.

use super::cells::Row;
use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table, read_typed};
use crate::calendar::{Date, Month};
use crate::ledger::Code;
use crate::money::Amount;
use crate::words::Words;
use rustc_hash::FxHashMap;
use std::io::{self, BufRead};

/// The fields of an aid file, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("reference", false),
    ("dispositif", true),
    ("numero_beneficiaire", true),
    ("nature", false),
    ("mois", true),
    ("date_demande", false),
    ("date_decision", false),
    ("date_paiement", false),
    ("montant", true),
    ("financeur", false),
    ("payeur", false),
    ("instance", false),
    ("creancier", false),
    ("convention", false),
    ("site", false),
];

const REFERENCE: usize = 0;
const DISPOSITIF: usize = 1;
const NUMBER: usize = 2;
const NATURE: usize = 3;
const MONTH: usize = 4;
const REQUESTED: usize = 5;
const DECIDED: usize = 6;
const PAID: usize = 7;
const AMOUNT: usize = 8;
const FUNDER: usize = 9;
const PAYER: usize = 10;
const COMMITTEE: usize = 11;
const PAYEE: usize = 12;
const CONVENTION: usize = 13;
const SITE: usize = 14;

/// How a generated reference begins.
const GENERATED: &str = "∅ ";

/// What many lines of a file say alike, as words of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TermsDraft {
    /// Code of the dispositif.
    pub dispositif: u32,
    /// Nature, free text.
    pub nature: u32,
    /// Funder, or shares such as `A=600,00+B=400,00`.
    pub funder: u32,
    /// Who pays.
    pub payer: u32,
    /// The committee that decides.
    pub committee: u32,
    /// The payee, where it is not the beneficiary.
    pub payee: u32,
    /// The convention.
    pub convention: u32,
    /// The site.
    pub site: u32,
}

/// One aid as a file tells it.
#[derive(Clone, Copy, Debug)]
pub struct AidDraft {
    /// The physical line.
    pub line: u32,
    /// The reference, as a word of [`AidDrafts::references`].
    pub reference: u32,
    /// The person's number, as a word of [`AidDrafts::numbers`].
    pub number: u32,
    /// What it shares with other lines: a rank in [`AidDrafts::terms`].
    pub terms: u32,
    /// Month of right.
    pub month: Month,
    /// Request.
    pub requested_on: Option<Date>,
    /// Decision.
    pub decided_on: Option<Date>,
    /// Payment.
    pub paid_on: Option<Date>,
    /// Amount, positive.
    pub amount: Amount,
}

/// The aids of a file.
#[derive(Debug, Default)]
pub struct AidDrafts {
    /// The drafts, in the file's order.
    pub drafts: Vec<AidDraft>,
    /// What lines share.
    pub terms: Vec<TermsDraft>,
    /// The drafts without a reference of their own, by person, dispositif, month and nature.
    pub unreferenced: FxHashMap<String, Vec<u32>>,
    /// The words of the terms and of the findings.
    pub words: Words,
    /// The references.
    pub references: Words,
    /// The people's numbers.
    pub numbers: Words,
    /// What reading gave.
    pub reading: Reading,
}

/// One aid typed by hand: the values of the line that a file would have.
#[derive(Clone, Debug)]
pub struct TypedAid<'a> {
    /// Its reference.
    pub reference: &'a str,
    /// Code of the dispositif.
    pub dispositif: &'a str,
    /// The person's number.
    pub number: &'a str,
    /// Nature, or empty.
    pub nature: &'a str,
    /// Month of right.
    pub month: Month,
    /// Decision.
    pub decided_on: Date,
    /// Amount.
    pub amount: Amount,
    /// Funder, shares such as `A=600,00+B=400,00`, or empty.
    pub funder: &'a str,
    /// The committee that decides, or empty.
    pub committee: &'a str,
    /// The payee, or empty.
    pub payee: &'a str,
    /// The convention, or empty.
    pub convention: &'a str,
    /// The site, or empty.
    pub site: &'a str,
}

impl AidDrafts {
    /// Makes the drafts of one aid typed by hand, through the same cells as those of a file.
    pub fn typed(aid: &TypedAid<'_>) -> AidDrafts {
        let (month, decided_on) = (aid.month.to_string(), aid.decided_on.to_string());
        let amount = aid.amount.to_csv();
        let mut values = [""; FIELDS.len()];
        for (field, value) in [
            (REFERENCE, aid.reference),
            (DISPOSITIF, aid.dispositif),
            (NUMBER, aid.number),
            (NATURE, aid.nature),
            (MONTH, &month),
            (DECIDED, &decided_on),
            (AMOUNT, &amount),
            (FUNDER, aid.funder),
            (COMMITTEE, aid.committee),
            (PAYEE, aid.payee),
            (CONVENTION, aid.convention),
            (SITE, aid.site),
        ] {
            values[field] = value;
        }
        let (mut lines, mut words) = (Lines::default(), Words::default());
        let reading = read_typed(FIELDS, &values, &mut words, |row| lines.take(row));
        AidDrafts { words, reading, ..lines.file }
    }
}

/// Reads an aid file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_aids<R: BufRead>(reader: R, sniff: &Sniff, profile: &Profile) -> io::Result<AidDrafts> {
    let (mut lines, mut words) = (Lines::default(), Words::default());
    let reading = read_table(reader, sniff, profile, FileKind::Aids, &mut words, |row| lines.take(row))?;
    Ok(AidDrafts { words, reading, ..lines.file })
}

/// The drafts made so far, line by line.
#[derive(Default)]
struct Lines {
    file: AidDrafts,
    terms_of: FxHashMap<TermsDraft, u32>,
}

impl Lines {
    /// Makes a draft of a row; returns false where a cell is refused.
    fn take(&mut self, row: &mut Row<'_>) -> bool {
        let file = &mut self.file;
        let reference = row.text(REFERENCE);
        let terms = TermsDraft {
            dispositif: row.required_word(DISPOSITIF),
            nature: row.word(NATURE),
            funder: row.word(FUNDER),
            payer: row.word(PAYER),
            committee: row.word(COMMITTEE),
            payee: row.word(PAYEE),
            convention: row.word(CONVENTION),
            site: row.word(SITE),
        };
        let number = row.required(NUMBER);
        let month = row.month(MONTH);
        let requested_on = row.date(REQUESTED);
        let decided_on = row.date(DECIDED);
        let paid_on = row.date(PAID);
        let amount = row.amount(AMOUNT);
        let (true, Some(month)) = (row.ok(), month) else { return false };
        let reference = if reference.is_empty() {
            // The key of a line without a reference: person, dispositif, month, nature, occurrence.
            let dispositif = row.text(DISPOSITIF);
            let nature = row.text(NATURE);
            let key = format!("{GENERATED}{number}|{dispositif}|{month}|{nature}");
            let reference = |rank: usize| format!("{key}|{rank}");
            let same = file.unreferenced.entry(key.clone()).or_default();
            same.push(u32::try_from(file.drafts.len()).expect("fewer than four billion lines"));
            file.references.intern(&reference(same.len()))
        } else {
            file.references.intern(&reference)
        };
        let next = u32::try_from(file.terms.len()).expect("fewer than four billion terms");
        let rank = *self.terms_of.entry(terms).or_insert(next);
        if rank == next {
            file.terms.push(terms);
        }
        let number = file.numbers.intern(&number);
        file.drafts.push(AidDraft {
            line: row.line(),
            reference,
            number,
            terms: rank,
            month,
            requested_on,
            decided_on,
            paid_on,
            amount,
        });
        true
    }
}

/// Reads `A=600,00+B=400,00`: who gives how much.
///
/// # Errors
/// [`Code::UnreadableShares`] when the text is not made of such shares, or names a funder twice.
pub fn read_shares(text: &str) -> Result<Vec<(&str, Amount)>, Code> {
    let mut shares: Vec<(&str, Amount)> = Vec::new();
    for share in text.split('+') {
        let (funder, amount) = share.split_once('=').ok_or(Code::UnreadableShares)?;
        let funder = funder.trim();
        let amount =
            Amount::parse(amount).ok().filter(|amount| amount.is_positive()).ok_or(Code::UnreadableShares)?;
        if funder.is_empty() || shares.iter().any(|(known, _)| *known == funder) {
            return Err(Code::UnreadableShares);
        }
        shares.push((funder, amount));
    }
    Ok(shares)
}
