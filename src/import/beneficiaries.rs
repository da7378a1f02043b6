//! People: one record, one identity.

use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table};
use crate::funding::Identity;
use crate::ledger::{Code, Detail, Finding};
use crate::words::{Words, fold};
use rustc_hash::FxHashMap;
use std::io::{self, BufRead};

/// The fields of a file of people, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("numero", true),
    ("nom", true),
    ("prenom", true),
    ("date_naissance", true),
    ("sexe", false),
    ("commune", false),
    ("code_insee", false),
    ("qpv", false),
    ("rqth", false),
    ("situation", false),
    ("iban", false),
    ("site", false),
];

const NUMBER: usize = 0;
const LAST_NAME: usize = 1;
const FIRST_NAME: usize = 2;
const BORN_ON: usize = 3;
const SEX: usize = 4;
const COMMUNE: usize = 5;
const INSEE: usize = 6;
const QPV: usize = 7;
const RQTH: usize = 8;
const SITUATION: usize = 9;
const IBAN: usize = 10;
const SITE: usize = 11;

/// One person as a file tells it.
#[derive(Clone, Debug)]
pub struct BeneficiaryDraft {
    /// The physical line.
    pub line: u32,
    /// Who it is.
    pub identity: Identity,
}

/// The people of a file.
#[derive(Debug, Default)]
pub struct BeneficiaryDrafts {
    /// The drafts, in the file's order.
    pub drafts: Vec<BeneficiaryDraft>,
    /// Records that repeat another of the same file word for word.
    pub repeated: u64,
    /// The words of the findings.
    pub words: Words,
    /// What reading gave.
    pub reading: Reading,
}

/// Reads a file of people. A number that comes back with other content is refused.
///
/// # Errors
/// When the file cannot be read.
pub fn read_beneficiaries<R: BufRead>(
    reader: R,
    sniff: &Sniff,
    profile: &Profile,
) -> io::Result<BeneficiaryDrafts> {
    let mut file = BeneficiaryDrafts::default();
    let mut words = Words::default();
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    let mut conflicts = Vec::new();
    let reading = read_table(reader, sniff, profile, FileKind::Beneficiaries, &mut words, |row| {
        let sex = row.text(SEX);
        let sex = match fold(&sex).as_str() {
            "f" | "femme" | "feminin" | "mme" | "madame" => "F",
            "m" | "h" | "homme" | "masculin" | "monsieur" | "mr" => "M",
            _ => "",
        };
        let number = row.required(NUMBER).into_owned();
        let identity = Identity {
            last_name: row.required(LAST_NAME).into_owned(),
            first_name: row.required(FIRST_NAME).into_owned(),
            born_on: row.date(BORN_ON),
            sex: sex.to_string(),
            commune: row.text(COMMUNE).into_owned(),
            insee: row.text(INSEE).into_owned(),
            qpv: row.flag(QPV),
            rqth: row.flag(RQTH),
            situation: row.text(SITUATION).into_owned(),
            iban: row.text(IBAN).replace(' ', ""),
            site: row.text(SITE).into_owned(),
            number,
        };
        if !row.ok() {
            return false;
        }
        if let Some(first) = seen.get(&identity.number) {
            let same = file.drafts[*first].identity == identity;
            if same {
                file.repeated += 1;
            } else {
                conflicts.push((row.line(), identity.number));
            }
            return same;
        }
        seen.insert(identity.number.clone(), file.drafts.len());
        file.drafts.push(BeneficiaryDraft { line: row.line(), identity });
        true
    })?;
    file.reading = reading;
    let column = file.reading.column_of(FileKind::Beneficiaries, "numero");
    for (line, number) in conflicts {
        let detail = Detail::Word(words.intern(&number));
        file.reading.findings.push(Finding::refusal(line, column, Code::DuplicateNumber, detail));
    }
    file.words = words;
    Ok(file)
}
