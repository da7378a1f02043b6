//! What is odd but read: told once per file, with how many lines and the first of them.

use super::warning;
use crate::ledger::{Code, Column, Detail, Finding};

/// The oddities of a file.
#[derive(Default)]
pub(super) struct Oddities(Vec<Oddity>);

struct Oddity {
    code: Code,
    column: Column,
    first: u32,
    last: u32,
    lines: u32,
}

impl Oddities {
    /// Counts a line, in reading order, once whatever its columns.
    pub(super) fn note(&mut self, code: Code, column: Column, line: u32) {
        match self.0.iter_mut().find(|known| known.code == code && known.column == column) {
            Some(known) => {
                known.lines += u32::from(known.last != line);
                known.last = line;
            }
            None => self.0.push(Oddity { code, column, first: line, last: line, lines: 1 }),
        }
    }

    /// Returns one warning for each.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Finding> {
        self.0.iter().map(|odd| warning(odd.first, odd.column, odd.code, Detail::Lines(odd.lines)))
    }
}
