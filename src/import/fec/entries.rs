//! Lines → entries that balance: what makes an entry, which do not balance, the gaps of a centime.

use super::{FecFile, FecLine, line::is_account, warning};
use crate::calendar::Date;
use crate::ledger::{Code, Column, Detail, Finding, Severity};
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// Unbalanced entries told one by one; the others are counted.
const MOST_TOLD: usize = 20;

/// The gap that a rounding account may take.
const CENTIME: Amount = Amount::from_centimes(1);

/// The label of the line that takes it.
const ROUNDING_LABEL: &str = "Écart d'arrondi";

/// What makes an entry of several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKey {
    /// The journal and EcritureNum.
    JournalNumber,
    /// EcritureNum.
    Number,
    /// The journal, EcritureNum and the day: numbers that start again.
    JournalNumberDate,
    /// EcritureNum and the day.
    NumberDate,
    /// The journal, the day and PieceRef.
    JournalDatePiece,
    /// The journal and the day.
    JournalDate,
}

impl EntryKey {
    /// All keys, in the order in which they are tried.
    pub const ALL: [EntryKey; 6] = [
        EntryKey::JournalNumber,
        EntryKey::Number,
        EntryKey::JournalNumberDate,
        EntryKey::NumberDate,
        EntryKey::JournalDatePiece,
        EntryKey::JournalDate,
    ];

    /// Returns what makes an entry, in French.
    pub fn label(self) -> &'static str {
        match self {
            EntryKey::JournalNumber => "journal et numéro d'écriture",
            EntryKey::Number => "numéro d'écriture",
            EntryKey::JournalNumberDate => "journal, numéro d'écriture et date",
            EntryKey::NumberDate => "numéro d'écriture et date",
            EntryKey::JournalDatePiece => "journal, date et pièce",
            EntryKey::JournalDate => "journal et date",
        }
    }

    fn needs_number(self) -> bool {
        !matches!(self, EntryKey::JournalDatePiece | EntryKey::JournalDate)
    }

    fn of(self, line: &FecLine) -> [u32; 3] {
        let day = u32::try_from(line.date.number()).expect("a date of the calendar");
        match self {
            EntryKey::JournalNumber => [line.journal, line.number, 0],
            EntryKey::Number => [0, line.number, 0],
            EntryKey::JournalNumberDate => [line.journal, line.number, day],
            EntryKey::NumberDate => [0, line.number, day],
            EntryKey::JournalDatePiece => [line.journal, day, line.piece],
            EntryKey::JournalDate => [line.journal, day, 0],
        }
    }

    /// Returns the word by which a person finds the entry in the journal.
    fn name_of(self, line: &FecLine) -> u32 {
        match self {
            EntryKey::JournalNumber
            | EntryKey::Number
            | EntryKey::JournalNumberDate
            | EntryKey::NumberDate => line.number,
            EntryKey::JournalDatePiece => line.piece,
            EntryKey::JournalDate => 0,
        }
    }
}

/// An entry under construction.
#[derive(Clone, Copy)]
struct Sum {
    gap: Amount,
    date: Date,
    several_dates: bool,
    // A refused line may complete it.
    incomplete: bool,
    first: u32,
    last: u32,
}

/// A key tried on a file.
#[derive(Clone, Copy)]
struct Tried {
    key: EntryKey,
    balanced: bool,
    // No gap is above a centime.
    within_centimes: bool,
    one_date: bool,
}

/// Numbers the entry of each line under the first key for which every entry balances; without any,
/// refuses the file, or adds the lines that its gaps of a centime need.
///
/// An entry that a refused line may complete is not said to be unbalanced: the `broken` lines are the
/// refused ones whose entry is known; the others may belong to the lines next to them.
pub(super) fn group(file: &mut FecFile, broken: &[FecLine], rounding_account: Option<&str>) {
    let lost = lost_lines(&file.reading.findings, broken);
    let numbered = file.lines.iter().all(|line| line.number != 0);
    let mut tried: Vec<Tried> = Vec::new();
    let mut sums = Vec::new();
    for key in EntryKey::ALL {
        if key.needs_number() && !numbered {
            continue;
        }
        sums = sum_up(&mut file.lines, broken, &lost, key);
        let gaps = || unbalanced(&sums).map(|(_, sum)| sum.gap);
        let attempt = Tried {
            key,
            balanced: gaps().next().is_none(),
            within_centimes: gaps().all(|gap| gap == CENTIME || gap == -CENTIME),
            one_date: sums.iter().all(|sum| !sum.several_dates),
        };
        tried.push(attempt);
        if attempt.balanced && attempt.one_date {
            break;
        }
    }
    // The journal and the day would mix the auxiliaries, hence the funders, of a day: any other key
    // that balances is better, even where an entry runs over several days.
    let is_fine = |key: &Tried| key.key != EntryKey::JournalDate;
    let by_preference: [&dyn Fn(&Tried) -> bool; 6] = [
        &|key| key.balanced && key.one_date && is_fine(key),
        &|key| key.balanced && is_fine(key),
        &|key| key.balanced,
        &|key| rounding_account.is_some() && key.within_centimes && key.one_date,
        &|key| rounding_account.is_some() && key.within_centimes,
        &|key| key.one_date,
    ];
    let chosen = by_preference
        .iter()
        .find_map(|fits| tried.iter().find(|key| fits(key)))
        .expect("the journal and the day always make entries of one day");
    if tried.last().is_some_and(|last| last.key != chosen.key) {
        sums = sum_up(&mut file.lines, broken, &lost, chosen.key);
    }
    file.key = chosen.key;
    file.entries = u32::try_from(sums.len()).expect("fewer entries than lines");
    tell_several_dates(file, &sums);
    match rounding_account {
        _ if chosen.balanced => {}
        Some(account) if chosen.within_centimes => round(file, &sums, account),
        _ => tell_unbalanced(file, &sums),
    }
}

/// Sums up the entries that a key makes, and numbers them on their lines.
fn sum_up(lines: &mut [FecLine], broken: &[FecLine], lost: &[u32], key: EntryKey) -> Vec<Sum> {
    let mut numbers: FxHashMap<[u32; 3], u32> = FxHashMap::default();
    let mut sums: Vec<Sum> = Vec::new();
    for line in lines {
        let next = u32::try_from(sums.len()).expect("fewer entries than lines");
        line.entry = *numbers.entry(key.of(line)).or_insert(next);
        match sums.get_mut(line.entry as usize) {
            Some(sum) => {
                sum.gap += line.amount;
                sum.several_dates |= sum.date != line.date;
                sum.last = line.line;
            }
            None => sums.push(Sum {
                gap: line.amount,
                date: line.date,
                several_dates: false,
                incomplete: false,
                first: line.line,
                last: line.line,
            }),
        }
    }
    for line in broken {
        if let Some(entry) = numbers.get(&key.of(line)) {
            sums[*entry as usize].incomplete = true;
        }
    }
    if !lost.is_empty() {
        for sum in &mut sums {
            let next = lost.partition_point(|line| *line < sum.first.saturating_sub(1));
            sum.incomplete |= lost.get(next).is_some_and(|line| *line <= sum.last.saturating_add(1));
        }
    }
    sums
}

/// The refused lines of which nothing is known.
fn lost_lines(findings: &[Finding], broken: &[FecLine]) -> Vec<u32> {
    let refusals = findings.iter().filter(|finding| finding.severity == Severity::Refusal);
    let known = |line: &u32| broken.binary_search_by_key(line, |line| line.line).is_ok();
    let mut lines: Vec<u32> = refusals.map(|finding| finding.line).filter(|line| !known(line)).collect();
    lines.sort_unstable();
    lines
}

/// The entries that do not balance, with their ranks.
fn unbalanced(sums: &[Sum]) -> impl Iterator<Item = (usize, &Sum)> {
    sums.iter().enumerate().filter(|(_, sum)| !sum.gap.is_zero() && !sum.incomplete)
}

/// Returns the first and the last line of some entries, by their ranks in increasing order.
fn ends(lines: &[FecLine], entries: &[usize]) -> Vec<(FecLine, FecLine)> {
    let mut ends: Vec<Option<(FecLine, FecLine)>> = vec![None; entries.len()];
    for line in lines {
        if let Ok(at) = entries.binary_search(&(line.entry as usize)) {
            ends[at] = Some((ends[at].map_or(*line, |(first, _)| first), *line));
        }
    }
    ends.into_iter().flatten().collect()
}

fn detail(key: EntryKey, first: &FecLine, last: &FecLine, gap: Amount) -> Detail {
    Detail::Entry {
        journal: first.journal,
        number: key.name_of(first),
        date: first.date,
        last: last.line,
        gap,
    }
}

fn tell_several_dates(file: &mut FecFile, sums: &[Sum]) {
    let mut several = sums.iter().filter(|sum| sum.several_dates);
    if let Some(first) = several.next() {
        let entries = u32::try_from(1 + several.count()).unwrap_or(u32::MAX);
        let detail = Detail::Lines(entries);
        file.reading.findings.push(warning(first.first, Column(None), Code::FecSeveralDates, detail));
    }
}

fn tell_unbalanced(file: &mut FecFile, sums: &[Sum]) {
    let entries: Vec<usize> = unbalanced(sums).map(|(entry, _)| entry).collect();
    let (told, others) = entries.split_at(entries.len().min(MOST_TOLD));
    for (first, last) in ends(&file.lines, told) {
        let detail = detail(file.key, &first, &last, sums[first.entry as usize].gap);
        file.reading.findings.push(Finding::refusal(first.line, Column(None), Code::FecUnbalanced, detail));
    }
    if let Some(first) = others.first() {
        let detail = Detail::Lines(u32::try_from(others.len()).unwrap_or(u32::MAX));
        let line = sums[*first].first;
        file.reading.findings.push(Finding::refusal(line, Column(None), Code::FecUnbalanced, detail));
    }
}

/// Adds the line that each gap of a centime needs, and tells it.
fn round(file: &mut FecFile, sums: &[Sum], account: &str) {
    if !is_account(account) {
        let detail = Detail::Word(file.words.intern(account));
        file.reading.findings.push(Finding::refusal(0, Column(None), Code::FecAccount, detail));
        return;
    }
    let entries: Vec<usize> = unbalanced(sums).map(|(entry, _)| entry).collect();
    let account = file.words.intern(account);
    let label = file.words.intern(ROUNDING_LABEL);
    let known = file.lines.iter().find(|line| line.account == account);
    let account_label = known.map_or(label, |line| line.account_label);
    for (first, last) in ends(&file.lines, &entries) {
        let gap = sums[first.entry as usize].gap;
        let detail = detail(file.key, &first, &last, gap);
        file.reading.findings.push(warning(first.line, Column(None), Code::FecRounding, detail));
        file.lines.push(FecLine {
            account,
            account_label,
            auxiliary: 0,
            auxiliary_label: 0,
            label,
            letter: 0,
            letter_date: None,
            currency_amount: 0,
            currency: 0,
            analytic: 0,
            amount: -gap,
            ..last
        });
        file.added += 1;
    }
}
