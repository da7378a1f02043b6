//! What is declared of people: one record, one draft, whichever of the three files tells it.

use super::cells::Row;
use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table};
use super::{outside_aids, parcours};
use crate::calendar::{Date, Month};
use crate::money::Amount;
use crate::words::Words;
use std::io::{self, BufRead};

/// The fields of a file of declarations, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("numero_beneficiaire", true),
    ("declaration", true),
    ("dispositif", false),
    ("mois", false),
    ("du", false),
    ("au", false),
    ("valeur", false),
];

const NUMBER: usize = 0;
const DECLARATION: usize = 1;
const DISPOSITIF: usize = 2;
const MONTH: usize = 3;
const FROM: usize = 4;
const TO: usize = 5;
const VALUE: usize = 6;

/// One line that declares something of a person, its texts as words of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclarationDraft {
    /// The physical line.
    pub line: u32,
    /// The person's number, as a word of [`DeclarationDrafts::numbers`].
    pub number: u32,
    /// Code of the dispositif, or the empty word.
    pub dispositif: u32,
    /// What it says.
    pub told: Told,
}

/// What a line says, according to its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An entry in a dispositif.
    Parcours {
        /// The entry.
        entry: Date,
        /// The exit, once known.
        exit: Option<Date>,
        /// Why: the exit, the extension, the renewal; the empty word where there is none.
        reasons: [u32; 3],
    },
    /// A declaration.
    Declaration {
        /// Its code or label.
        declaration: u32,
        /// Its month.
        month: Option<Month>,
        /// Its first day.
        from: Option<Date>,
        /// Its last day.
        to: Option<Date>,
        /// Its value, unread.
        value: u32,
    },
    /// An aid given by another body.
    OutsideAid {
        /// Its reference there.
        reference: u32,
        /// Nature, free text.
        nature: u32,
        /// Month of right.
        month: Month,
        /// Decision.
        decided_on: Option<Date>,
        /// Amount, positive.
        amount: Amount,
        /// The body that gave it.
        giver: u32,
    },
}

/// The declarations of a file.
#[derive(Debug)]
pub struct DeclarationDrafts {
    /// Which of the three files it is.
    pub kind: FileKind,
    /// The drafts, in the file's order.
    pub drafts: Vec<DeclarationDraft>,
    /// The people's numbers.
    pub numbers: Words,
    /// The other words.
    pub words: Words,
    /// What reading gave.
    pub reading: Reading,
}

impl DeclarationDrafts {
    /// Makes the one draft of what is typed rather than read: `number`, then the words of the line.
    pub fn typed(number: &str, dispositif: &str, told: impl FnOnce(&mut Words) -> Told) -> DeclarationDrafts {
        let (mut numbers, mut words) = (Words::default(), Words::default());
        let draft = DeclarationDraft {
            line: 1,
            number: numbers.intern(number),
            dispositif: words.intern(dispositif),
            told: told(&mut words),
        };
        let names = FIELDS.iter().map(|(name, _)| (*name).to_string()).collect();
        let fields = (0..).take(FIELDS.len()).map(Some).collect();
        let reading = Reading { read: 1, columns: names, fields, ..Reading::default() };
        DeclarationDrafts { kind: FileKind::Declarations, drafts: vec![draft], numbers, words, reading }
    }
}

/// What a line says, with its number and its dispositif; `None` where a cell is refused.
pub(super) type Line<'a> = Option<(std::borrow::Cow<'a, str>, u32, Told)>;

/// Reads a file of parcours, of declarations or of aids received elsewhere.
///
/// # Errors
/// When the file cannot be read.
pub fn read_declarations<R: BufRead>(
    reader: R,
    sniff: &Sniff,
    profile: &Profile,
    kind: FileKind,
) -> io::Result<DeclarationDrafts> {
    let (mut drafts, mut numbers, mut words) = (Vec::new(), Words::default(), Words::default());
    let reading = read_table(reader, sniff, profile, kind, &mut words, |row| {
        let line = match kind {
            FileKind::Parcours => parcours::line(row),
            FileKind::OutsideAids => outside_aids::line(row),
            _ => line(row),
        };
        let (true, Some((number, dispositif, told))) = (row.ok(), line) else { return false };
        drafts.push(DeclarationDraft { line: row.line(), number: numbers.intern(&number), dispositif, told });
        true
    })?;
    Ok(DeclarationDrafts { kind, drafts, numbers, words, reading })
}

fn line<'a>(row: &mut Row<'a>) -> Line<'a> {
    let number = row.required(NUMBER);
    let told = Told::Declaration {
        declaration: row.required_word(DECLARATION),
        month: row.optional_month(MONTH),
        from: row.date(FROM),
        to: row.date(TO),
        value: row.word(VALUE),
    };
    Some((number, row.word(DISPOSITIF), told))
}
