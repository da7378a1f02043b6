//! A FEC ("fichier des écritures comptables", LPF art. A. 47 A-1) → its lines, grouped in entries.
//!
//! In: the bytes of a FEC, the `fec` profile, an account for rounding gaps or none. Out: lines that
//! balance by entry, or refusals that account for every record: a FEC is read whole or not at all.
//! Never: a base, a year judged, an amount rounded, an account or a journal's code written here.

mod amount;
mod entries;
mod header;
mod identity;
mod kinds;
mod line;
mod oddities;

pub use entries::EntryKey;
pub use identity::identities;

pub(super) use header::choose_amounts;

use super::profile::{FileKind, Profile};
use super::records::{Cells, Records};
use super::sniff::{Encoding, Sniff};
use super::table::{Reading, Table, read_rows};
use crate::calendar::Date;
use crate::ledger::{Code, Column, Detail, Finding, LineKind, Severity};
use crate::money::Amount;
use crate::words::Words;
use std::cmp::Reverse;
use std::io::{self, BufRead};

/// The fields of a FEC, in the order of their constants below. Amounts are in two of four columns.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("journal_code", true),
    ("journal_lib", true),
    ("ecriture_num", true),
    ("ecriture_date", true),
    ("compte_num", true),
    ("compte_lib", true),
    ("comp_aux_num", true),
    ("comp_aux_lib", true),
    ("piece_ref", true),
    ("piece_date", true),
    ("ecriture_lib", true),
    ("debit", false),
    ("credit", false),
    ("montant", false),
    ("sens", false),
    ("ecriture_let", true),
    ("date_let", true),
    ("valid_date", true),
    ("montant_devise", true),
    ("idevise", true),
    ("analytique", false),
];

const JOURNAL: usize = 0;
const JOURNAL_LABEL: usize = 1;
const NUMBER: usize = 2;
const DATE: usize = 3;
const ACCOUNT: usize = 4;
const ACCOUNT_LABEL: usize = 5;
const AUXILIARY: usize = 6;
const AUXILIARY_LABEL: usize = 7;
const PIECE: usize = 8;
const PIECE_DATE: usize = 9;
const LABEL: usize = 10;
const DEBIT: usize = 11;
const CREDIT: usize = 12;
const AMOUNT: usize = 13;
const SIDE: usize = 14;
const LETTER: usize = 15;
const LETTER_DATE: usize = 16;
const VALID_DATE: usize = 17;
const CURRENCY_AMOUNT: usize = 18;
const CURRENCY: usize = 19;
const ANALYTIC: usize = 20;

/// How a FEC writes its amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountForm {
    /// Columns Debit and Credit.
    DebitCredit,
    /// Columns Montant and Sens.
    AmountSide,
}

/// The form of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FecForm {
    /// What separates the fields: a tab, `|`, `;` or `,`.
    pub separator: u8,
    /// The encoding.
    pub encoding: Encoding,
    /// The columns of amounts.
    pub amounts: AmountForm,
}

impl FecForm {
    /// Returns how the file is written, in French.
    pub fn label(self) -> String {
        let separator = match self.separator {
            b'\t' => "tabulation".to_string(),
            other => format!("« {} »", char::from(other)),
        };
        let amounts = match self.amounts {
            AmountForm::DebitCredit => "colonnes Debit et Credit",
            AmountForm::AmountSide => "colonnes Montant et Sens",
        };
        format!("{}, séparateur {separator}, {amounts}", self.encoding.label())
    }
}

/// One line. Its texts are words of [`FecFile::words`]; word 0 is the empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FecLine {
    /// The physical line; of an added line, the last of its entry.
    pub line: u32,
    /// Its entry: numbered from 0 in the order of their first lines.
    pub entry: u32,
    /// What its entry does.
    pub kind: LineKind,
    /// JournalCode.
    pub journal: u32,
    /// JournalLib.
    pub journal_label: u32,
    /// EcritureNum.
    pub number: u32,
    /// CompteNum.
    pub account: u32,
    /// CompteLib, as this line has it.
    pub account_label: u32,
    /// CompAuxNum.
    pub auxiliary: u32,
    /// CompAuxLib.
    pub auxiliary_label: u32,
    /// PieceRef.
    pub piece: u32,
    /// EcritureLib.
    pub label: u32,
    /// EcritureLet.
    pub letter: u32,
    /// Montantdevise, as written.
    pub currency_amount: u32,
    /// Idevise.
    pub currency: u32,
    /// The analytic column of the profile.
    pub analytic: u32,
    /// EcritureDate.
    pub date: Date,
    /// PieceDate.
    pub piece_date: Option<Date>,
    /// DateLet.
    pub letter_date: Option<Date>,
    /// ValidDate.
    pub valid_date: Option<Date>,
    /// Positive for a debit, negative for a credit; may be zero.
    pub amount: Amount,
}

/// A FEC as read.
#[derive(Debug)]
pub struct FecFile {
    /// The words of the lines and of the findings.
    pub words: Words,
    /// The lines in the file's order, then those added; none when the file is refused.
    pub lines: Vec<FecLine>,
    /// How many lines, the last ones, were added for rounding gaps.
    pub added: u32,
    /// What makes an entry of several lines.
    pub key: EntryKey,
    /// How many entries there are.
    pub entries: u32,
    /// The form of the file.
    pub form: FecForm,
    /// What reading gave; `dropped` names the columns that are not kept.
    pub reading: Reading,
    /// The physical line of the first empty ValidDate: the file is then provisional.
    pub first_unvalidated: Option<u32>,
    /// The first day of its entries.
    pub first_day: Option<Date>,
    /// The last day of its entries.
    pub last_day: Option<Date>,
}

/// Reads a FEC. With a `rounding_account`, an entry off by one centime gets a line on it.
///
/// Any refusal refuses the whole file; all that can be told are told. Dates outside the year are the
/// caller's to judge.
///
/// # Errors
/// When the file cannot be read.
///
/// # Panics
/// When the profile does not map a FEC.
pub fn read_fec<R: BufRead>(
    reader: R,
    sniff: &Sniff,
    profile: &Profile,
    rounding_account: Option<&str>,
) -> io::Result<FecFile> {
    assert!(profile.maps(FileKind::Fec), "the caller chose a profile of FEC");
    let mut file = FecFile {
        words: Words::default(),
        lines: Vec::new(),
        added: 0,
        key: EntryKey::JournalNumber,
        entries: 0,
        form: FecForm {
            separator: b'\t',
            // The texts are the same, and this is the encoding that the law names.
            encoding: match sniff.encoding {
                Encoding::Windows1252 if sniff.common => Encoding::Iso8859_15,
                encoding => encoding,
            },
            amounts: AmountForm::DebitCredit,
        },
        reading: Reading::default(),
        first_unvalidated: None,
        first_day: None,
        last_day: None,
    };
    let mut records = Records::new(reader, sniff.line_end, profile.quoting);
    if sniff.encoding == Encoding::NotText {
        file.reading.refuse(0, Code::UnknownFormat, Detail::None);
        return Ok(file);
    }
    let mut cells = Cells::default();
    let Some(layout) = header::find(&mut records, profile, &mut cells, &mut file)? else {
        return Ok(file);
    };
    let table = Table { encoding: sniff.encoding, delimiter: file.form.separator, profile, layout: &layout };
    let mut lines = line::Lines::new(file.form.amounts);
    read_rows(&mut records, &table, &mut cells, &mut file.words, &mut file.reading, |row| lines.read(row))?;
    let broken = lines.finish(&mut file);
    header::note_form(&mut file, sniff);
    entries::group(&mut file, &broken, rounding_account);
    kinds::tell(&mut file, &profile.practices);
    whole_or_nothing(&mut file);
    file.lines.shrink_to_fit();
    file.words.shrink();
    Ok(file)
}

/// A part of a year's entries is worth nothing: one refusal refuses the file.
fn whole_or_nothing(file: &mut FecFile) {
    let refusals = file.reading.findings.iter().filter(|finding| finding.severity == Severity::Refusal);
    let refusals = u32::try_from(refusals.count()).unwrap_or(u32::MAX);
    if refusals > 0 {
        let detail = Detail::Lines(refusals);
        file.reading.findings.push(Finding::refusal(0, Column(None), Code::FecRefused, detail));
        file.reading.refused = file.reading.read;
        (file.lines, file.added, file.entries) = (Vec::new(), 0, 0);
        (file.first_unvalidated, file.first_day, file.last_day) = (None, None, None);
    }
    file.reading.findings.sort_by_key(|finding| (Reverse(finding.severity), finding.line));
}

/// Makes a finding on a file or a line that is read all the same.
fn warning(line: u32, column: Column, code: Code, detail: Detail) -> Finding {
    Finding { severity: Severity::Warning, ..Finding::refusal(line, column, code, detail) }
}
