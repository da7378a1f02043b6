//! A file as a table: title rows, header, records, footers; every line accounted for.

use super::cells::Row;
use super::profile::{FileKind, Layout, Profile};
use super::records::{Cells, Framed, Records, decode};
use super::sniff::{Encoding, Sniff};
use crate::ledger::{Code, Column, Detail, Finding};
use crate::words::{Words, fold, normalise};
use std::io::{self, BufRead};

/// The header is one of the first records that are not blank: so many.
pub(super) const TITLE_ROWS: u64 = 20;

/// The delimiters that are tried on a header.
pub(super) const DELIMITERS: [u8; 4] = [b';', b'\t', b',', b'|'];

/// What reading a file gave, besides its drafts.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Data records read.
    pub read: u64,
    /// Records refused while reading.
    pub refused: u64,
    /// Empty lines passed over.
    pub blank: u64,
    /// Footer lines passed over.
    pub footers: u64,
    /// The column names of the header.
    pub columns: Vec<String>,
    /// For each field of this kind of file, the column that holds it.
    pub fields: Vec<Option<u16>>,
    /// The columns that the profile does not name: dropped.
    pub dropped: Vec<String>,
    /// What could not be read.
    pub findings: Vec<Finding>,
}

impl Reading {
    pub(super) fn refuse(&mut self, line: u32, code: Code, detail: Detail) {
        self.read += 1;
        self.refused += 1;
        self.findings.push(Finding::refusal(line, Column(None), code, detail));
    }

    /// Returns the column that holds a field, for a finding on it.
    pub fn column_of(&self, kind: FileKind, field: &str) -> Column {
        let rank = kind.fields().iter().position(|(name, _)| *name == field);
        Column(rank.and_then(|rank| self.fields.get(rank).copied().flatten()))
    }

    /// Returns the name of a column.
    pub fn column_name(&self, column: Column) -> Option<String> {
        column.0.and_then(|rank| self.columns.get(usize::from(rank)).cloned())
    }
}

/// Reads a file: `each` takes a row and says whether it became a draft.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read_table<R: BufRead>(
    reader: R,
    sniff: &Sniff,
    profile: &Profile,
    kind: FileKind,
    words: &mut Words,
    each: impl FnMut(&mut Row<'_>) -> bool,
) -> io::Result<Reading> {
    let mut reading = Reading::default();
    let encoding = sniff.encoding;
    let mut records = Records::new(reader, sniff.line_end, profile.quoting);
    if encoding == Encoding::NotText {
        reading.refuse(0, Code::UnknownFormat, Detail::None);
        return Ok(reading);
    }
    let mut cells = Cells::default();
    let Some((layout, delimiter)) =
        find_header(&mut records, encoding, profile, kind, &mut cells, words, &mut reading)?
    else {
        return Ok(reading);
    };
    reading.columns.clone_from(&layout.names);
    reading.fields.clone_from(&layout.columns);
    reading.dropped.clone_from(&layout.dropped);
    records.expect_cells(layout.names.len());
    let table = Table { encoding, delimiter, profile, layout: &layout };
    read_rows(&mut records, &table, &mut cells, words, &mut reading, each)?;
    Ok(reading)
}

/// A file whose header is read.
pub(super) struct Table<'a> {
    pub(super) encoding: Encoding,
    pub(super) delimiter: u8,
    pub(super) profile: &'a Profile,
    pub(super) layout: &'a Layout,
}

/// Reads the records below the header: `each` takes a row and says whether it became a draft.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read_rows<R: BufRead>(
    records: &mut Records<R>,
    table: &Table<'_>,
    cells: &mut Cells,
    words: &mut Words,
    reading: &mut Reading,
    mut each: impl FnMut(&mut Row<'_>) -> bool,
) -> io::Result<()> {
    let Table { encoding, delimiter, profile, layout } = *table;
    let width = layout.names.len();
    loop {
        let framed = records.advance(delimiter)?;
        let line = records.line();
        match framed {
            Framed::End => return Ok(()),
            Framed::TooLong => reading.refuse(line, Code::RecordTooLong, Detail::None),
            Framed::Unclosed => reading.refuse(line, Code::UnclosedQuote, Detail::None),
            Framed::Record => {
                let bytes = records.bytes();
                if is_blank(bytes) {
                    reading.blank += 1;
                    continue;
                }
                if has_control(bytes) {
                    reading.refuse(line, Code::ControlCharacter, Detail::None);
                    continue;
                }
                let Some(text) = decode(bytes, encoding) else {
                    reading.refuse(line, Code::BadEncoding, Detail::None);
                    continue;
                };
                if has_undefined(&text) {
                    reading.refuse(line, Code::ControlCharacter, Detail::None);
                    continue;
                }
                cells.split(&text, delimiter, profile.quoting);
                if is_footer(cells, &profile.footers) && !layout.complete(cells) {
                    reading.footers += 1;
                    continue;
                }
                if cells.len() != width && !only_empty_cells_beyond(cells, width) {
                    let counts = Detail::Counts { found: cells.len() as u32, expected: width as u32 };
                    let code = if cells.len() < width { Code::MissingColumns } else { Code::ExtraColumns };
                    reading.refuse(line, code, counts);
                    continue;
                }
                reading.read += 1;
                let before = reading.findings.len();
                let mut row = Row::new(line, cells, layout, words, &mut reading.findings);
                if !each(&mut row) {
                    reading.refused += 1;
                    if cells.len() > width {
                        // Cells moved by a stray delimiter read as nonsense: one reason, the right one.
                        let counts = Detail::Counts { found: cells.len() as u32, expected: width as u32 };
                        reading.findings.truncate(before);
                        reading.findings.push(Finding::refusal(
                            line,
                            Column(None),
                            Code::ExtraColumns,
                            counts,
                        ));
                    }
                }
            }
        }
    }
}

/// Reads one line that is typed rather than read from a file, each value in the column of its field: a
/// cell is refused as it would be in a file.
pub(super) fn read_typed(
    fields: &[(&str, bool)],
    values: &[&str],
    words: &mut Words,
    each: impl FnOnce(&mut Row<'_>) -> bool,
) -> Reading {
    let layout = Layout::typed(fields);
    let mut reading =
        Reading { columns: layout.names.clone(), fields: layout.columns.clone(), ..Reading::default() };
    if values.iter().any(|value| has_control(value.as_bytes()) || has_undefined(value)) {
        reading.refuse(1, Code::ControlCharacter, Detail::None);
        return reading;
    }
    reading.read = 1;
    let cells = Cells::typed(values);
    let mut row = Row::new(1, &cells, &layout, words, &mut reading.findings);
    reading.refused = u64::from(!each(&mut row));
    reading
}

/// A spreadsheet often writes empty cells after the last column.
fn only_empty_cells_beyond(cells: &Cells, width: usize) -> bool {
    cells.len() > width && (width..cells.len()).all(|at| cells.get(at).trim().is_empty())
}

/// A line of nothing but delimiters and spaces, as spreadsheets leave below a table.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| DELIMITERS.contains(byte) || byte.is_ascii_whitespace())
}

/// A NUL, or another control character that no text holds. Line ends within quotes are spaces.
pub(super) fn has_control(bytes: &[u8]) -> bool {
    // Without a way out, many bytes are looked at together.
    bytes.iter().fold(false, |found, byte| {
        found | ((*byte < 0x20 || *byte == 0x7f) & !matches!(byte, b'\t' | b'\n' | b'\r'))
    })
}

/// Bytes that Windows-1252 leaves undefined, and their like in UTF-8.
fn has_undefined(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(0xc2, bytes).any(|at| bytes.get(at + 1).is_some_and(|next| *next < 0xa0))
}

fn is_footer(cells: &Cells, footers: &[String]) -> bool {
    if footers.is_empty() {
        return false;
    }
    let Some(first) = cells.iter().find(|cell| !cell.trim().is_empty()) else { return false };
    // Most lines begin with a code: fold only what may be a word of the list.
    let first = normalise(first);
    let initial = first.chars().next().map(|c| c.to_ascii_lowercase());
    let may_be = |footer: &String| initial.is_some_and(|c| !c.is_ascii() || footer.starts_with(c));
    first.len() < 60 && footers.iter().any(may_be) && {
        let folded = fold(&first);
        footers.iter().any(|footer| folded == *footer || folded.starts_with(&format!("{footer} ")))
    }
}

fn find_header<R: BufRead>(
    records: &mut Records<R>,
    encoding: Encoding,
    profile: &Profile,
    kind: FileKind,
    cells: &mut Cells,
    words: &mut Words,
    reading: &mut Reading,
) -> io::Result<Option<(Layout, u8)>> {
    let mut above: u64 = 0;
    loop {
        let framed = records.advance(b';')?;
        if framed == Framed::End {
            break;
        }
        if framed == Framed::Record && is_blank(records.bytes()) {
            continue;
        }
        above += 1;
        let readable = framed == Framed::Record && above <= TITLE_ROWS && !has_control(records.bytes());
        let Some(text) = readable.then(|| decode(records.bytes(), encoding)).flatten() else { continue };
        let mut best: Option<(Layout, u8)> = None;
        for delimiter in DELIMITERS {
            cells.split(&text, delimiter, profile.quoting);
            let layout = profile.lay_out(kind, cells.iter());
            let better =
                |found: &Layout| best.as_ref().is_none_or(|(best, _)| found.matched() > best.matched());
            if let Some(layout) = layout.filter(better) {
                best = Some((layout, delimiter));
            }
        }
        if best.is_some() {
            return Ok(best);
        }
    }
    // Without a header no line can be attributed: all are read, all are refused, by one finding.
    if above > 0 {
        let required = words.intern(&profile.required(kind).join(", "));
        reading.refuse(0, Code::NoHeader, Detail::Word(required));
        reading.read = above;
        reading.refused = above;
    }
    Ok(None)
}
