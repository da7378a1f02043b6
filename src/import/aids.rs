//! Aids: one record, one draft.

use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table};
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

/// Reads an aid file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_aids<R: BufRead>(reader: R, sniff: &Sniff, profile: &Profile) -> io::Result<AidDrafts> {
    let mut file = AidDrafts::default();
    let mut words = Words::default();
    let mut terms_of: FxHashMap<TermsDraft, u32> = FxHashMap::default();
    let reading = read_table(reader, sniff, profile, FileKind::Aids, &mut words, |row| {
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
        let rank = *terms_of.entry(terms).or_insert(next);
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
    })?;
    Ok(AidDrafts { words, reading, ..file })
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
