//! What each entry does: it opens the year, moves it, or zeroes its charges and products.

use super::super::profile::Practices;
use super::{FecFile, FecLine, LineKind, oddities::Oddities, warning};
use crate::ledger::{Code, Column, Detail};
use crate::money::Amount;
use crate::words::{Words, fold};
use rustc_hash::FxHashMap;

/// What the lines of an entry are.
#[derive(Clone, Copy, Default)]
struct Nature {
    // A line of a journal that opens nothing.
    moves: bool,
    management: bool,
    result: bool,
    others: bool,
}

impl Nature {
    fn opens(self) -> bool {
        !self.moves && !self.management
    }

    fn closes(self) -> bool {
        self.management && self.result && !self.others
    }
}

/// The part of an account in a closing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Management,
    Result,
    Other,
}

/// Says of each line what its entry does, and tells what is set aside.
pub(super) fn tell(file: &mut FecFile, practices: &Practices) {
    let mut parts: FxHashMap<u32, Part> = FxHashMap::default();
    let mut part_of = |line: &FecLine, words: &Words| {
        *parts.entry(line.account).or_insert_with(|| part(words.get(line.account), practices))
    };
    let mut journals: FxHashMap<(u32, u32), bool> = FxHashMap::default();
    let mut natures = vec![Nature::default(); file.entries as usize];
    // A line added for a centime says nothing of what its entry does, and is a movement.
    let written = file.lines.len() - file.added as usize;
    for line in &file.lines[..written] {
        let nature = &mut natures[line.entry as usize];
        let opening = *journals
            .entry((line.journal, line.journal_label))
            .or_insert_with(|| opens(&file.words, line, practices));
        let part = part_of(line, &file.words);
        // What bears the name of an opening later in the year is an operation.
        nature.moves |= !opening || Some(line.date) != file.first_day;
        nature.management |= part == Part::Management;
        nature.result |= part == Part::Result;
        nature.others |= part == Part::Other;
    }
    // A closing zeroes what it closes; an account that moved after it is no reason to keep its lines,
    // or the year would have no result. A rectification of the result zeroes nothing.
    let mut balances: FxHashMap<u32, Amount> = FxHashMap::default();
    for line in file.lines.iter().filter(|line| part_of(line, &file.words) == Part::Management) {
        *balances.entry(line.account).or_default() += line.amount;
    }
    let mut zeroed = vec![(0_usize, 0_usize); natures.len()];
    for line in &file.lines {
        if let Some(balance) = balances.get(&line.account) {
            let (zeros, all) = &mut zeroed[line.entry as usize];
            *zeros += usize::from(balance.is_zero());
            *all += 1;
        }
    }
    let closes: Vec<bool> = natures
        .iter()
        .zip(zeroed)
        .map(|(nature, (zeros, all))| nature.closes() && 2 * zeros >= all)
        .collect();
    let mut oddities = Oddities::default();
    let mut closing = (None, Amount::ZERO);
    for (at, line) in file.lines.iter_mut().enumerate() {
        let nature = natures[line.entry as usize];
        if closes[line.entry as usize] {
            line.kind = LineKind::Closing;
            closing.0.get_or_insert(line.line);
            if part_of(line, &file.words) == Part::Result {
                closing.1 -= line.amount;
            }
        } else if nature.opens() && at < written {
            line.kind = LineKind::Opening;
        } else if !nature.moves && part_of(line, &file.words) == Part::Management {
            oddities.note(Code::FecOpeningResult, Column(None), line.line);
        }
    }
    file.reading.findings.extend(oddities.warnings());
    if let (Some(first), sum) = closing {
        let entries = u32::try_from(closes.iter().filter(|closes| **closes).count()).unwrap_or(u32::MAX);
        let detail = Detail::Entries { entries, sum };
        file.reading.findings.push(warning(first, Column(None), Code::FecClosing, detail));
    }
}

fn part(account: &str, practices: &Practices) -> Part {
    let starts = |prefixes: &[String]| prefixes.iter().any(|prefix| account.starts_with(prefix));
    if starts(&practices.management) {
        Part::Management
    } else if starts(&practices.result) {
        Part::Result
    } else {
        Part::Other
    }
}

/// Returns true for a journal of opening entries: by its code, or by words of its label.
fn opens(words: &Words, line: &FecLine, practices: &Practices) -> bool {
    let code = fold(words.get(line.journal));
    let label = format!(" {} ", fold(words.get(line.journal_label)));
    practices.opening_codes.contains(&code)
        || practices.opening_labels.iter().any(|words| label.contains(&format!(" {words} ")))
}
