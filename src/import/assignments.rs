//! Rules of who funds what: one record, one rule.

use super::profile::{FileKind, Profile};
use super::sniff::Sniff;
use super::table::{Reading, read_table};
use crate::funding::AssignmentRule;
use crate::ledger::Code;
use crate::words::Words;
use rustc_hash::FxHashSet;
use std::io::{self, BufRead};

/// The fields of a file of rules, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("ordre", true),
    ("compte", true),
    ("journal", false),
    ("auxiliaire", false),
    ("analytique", false),
    ("libelle_contient", false),
    ("piece", false),
    ("financeur", true),
    ("convention", false),
    ("libelle", false),
];

const RANK: usize = 0;
const ACCOUNT: usize = 1;
const JOURNAL: usize = 2;
const AUXILIARY: usize = 3;
const ANALYTIC: usize = 4;
const LABEL_PART: usize = 5;
const PIECE: usize = 6;
const FUNDER: usize = 7;
const CONVENTION: usize = 8;
const LABEL: usize = 9;

/// The rules of a file.
#[derive(Debug, Default)]
pub struct AssignmentDrafts {
    /// The rules, in the file's order, each with its physical line.
    pub drafts: Vec<(u32, AssignmentRule)>,
    /// The words of the findings.
    pub words: Words,
    /// What reading gave.
    pub reading: Reading,
}

/// Reads a file of rules. Two rules of the same rank are refused: one would win by chance.
///
/// # Errors
/// When the file cannot be read.
pub fn read_assignments<R: BufRead>(
    reader: R,
    sniff: &Sniff,
    profile: &Profile,
) -> io::Result<AssignmentDrafts> {
    let mut drafts = Vec::new();
    let mut words = Words::default();
    let mut ranks = FxHashSet::default();
    let reading = read_table(reader, sniff, profile, FileKind::Assignments, &mut words, |row| {
        let rank = row.required(RANK).into_owned();
        let number = rank.parse::<u32>().ok().filter(|number| (1..=MAX_RANK).contains(number));
        if !rank.is_empty() && number.is_none() {
            row.fail_on(RANK, Code::UnreadableOrder, &rank);
        }
        if number.is_some_and(|number| !ranks.insert(number)) {
            row.fail_on(RANK, Code::OrderTwice, &rank);
        }
        let account = row.required(ACCOUNT).into_owned();
        if !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            row.fail_on(ACCOUNT, Code::UnreadableAccount, &account);
        }
        let rule = AssignmentRule {
            rank: number.unwrap_or(0),
            account,
            journal: row.text(JOURNAL).into_owned(),
            auxiliary: row.text(AUXILIARY).into_owned(),
            analytic: row.text(ANALYTIC).into_owned(),
            label_part: row.text(LABEL_PART).into_owned(),
            piece: row.text(PIECE).into_owned(),
            funder: row.required(FUNDER).into_owned(),
            convention: row.text(CONVENTION).into_owned(),
            label: row.text(LABEL).into_owned(),
        };
        let ok = row.ok();
        if ok {
            drafts.push((row.line(), rule));
        }
        ok
    })?;
    Ok(AssignmentDrafts { drafts, words, reading })
}

/// Rules are read by people: nobody numbers them beyond this.
const MAX_RANK: u32 = 1_000_000;
