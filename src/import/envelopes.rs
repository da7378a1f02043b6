//! Envelopes: one record, one notification.

use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table};
use crate::calendar::Date;
use crate::money::Amount;
use crate::words::Words;
use std::io::{self, BufRead};

/// The fields of an envelope file, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("dispositif", true),
    ("exercice", true),
    ("financeur", true),
    ("montant", true),
    ("date_notification", true),
    ("reference", true),
];

const DISPOSITIF: usize = 0;
const YEAR: usize = 1;
const FUNDER: usize = 2;
const AMOUNT: usize = 3;
const NOTIFIED: usize = 4;
const REFERENCE: usize = 5;

/// One notification as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeDraft {
    /// The physical line.
    pub line: u32,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The year.
    pub year: i16,
    /// Code of the funder.
    pub funder: String,
    /// Amount, positive.
    pub amount: Amount,
    /// Day of the notification.
    pub notified_on: Date,
    /// Its reference.
    pub reference: String,
}

/// The envelopes of a file.
#[derive(Debug, Default)]
pub struct EnvelopeDrafts {
    /// The drafts, in the file's order.
    pub drafts: Vec<EnvelopeDraft>,
    /// The words of the findings.
    pub words: Words,
    /// What reading gave.
    pub reading: Reading,
}

/// Reads an envelope file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_envelopes<R: BufRead>(reader: R, sniff: &Sniff, profile: &Profile) -> io::Result<EnvelopeDrafts> {
    let mut drafts = Vec::new();
    let mut words = Words::default();
    let reading = read_table(reader, sniff, profile, FileKind::Envelopes, &mut words, |row| {
        let dispositif = row.required(DISPOSITIF).into_owned();
        let year = row.year(YEAR);
        let funder = row.required(FUNDER).into_owned();
        let amount = row.amount(AMOUNT);
        let notified_on = row.required_date(NOTIFIED);
        let reference = row.required(REFERENCE).into_owned();
        let (true, Some(year), Some(notified_on)) = (row.ok(), year, notified_on) else { return false };
        drafts.push(EnvelopeDraft {
            line: row.line(),
            dispositif,
            year,
            funder,
            amount,
            notified_on,
            reference,
        });
        true
    })?;
    Ok(EnvelopeDrafts { drafts, words, reading })
}
