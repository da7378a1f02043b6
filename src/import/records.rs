//! Records: the framing of a delimited file, whatever its faults.
//!
//! A record is a physical line, or several when a quoted value holds line ends. One above
//! [`MAX_RECORD`] is one refusal and reading goes on; a quote that never closes costs its own line,
//! never the rest of the file.

use super::sniff::Encoding;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufRead};

/// The longest record, in bytes (1 MiB).
pub const MAX_RECORD: usize = 1 << 20;

/// The most physical lines in one record.
const MAX_LINES: usize = 200;

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed {
    /// A record, in [`Records::bytes`].
    Record,
    /// A record above [`MAX_RECORD`].
    TooLong,
    /// A line whose quote never closes.
    Unclosed,
    /// The end of the file.
    End,
}

/// Splits a file into records.
pub struct Records<R> {
    reader: R,
    line_end: u8,
    quoting: bool,
    // Cells of a record, once the header is known.
    width: Option<usize>,
    // Lines read ahead for a quote that did not close.
    ahead: VecDeque<Vec<u8>>,
    record: Vec<u8>,
    next_line: u32,
    line: u32,
}

enum Read {
    Line,
    TooLong,
    End,
}

impl<R: BufRead> Records<R> {
    /// Starts at the beginning of a file.
    pub fn new(reader: R, line_end: u8, quoting: bool) -> Records<R> {
        Records {
            reader,
            line_end,
            quoting,
            width: None,
            ahead: VecDeque::new(),
            record: Vec::new(),
            next_line: 1,
            line: 0,
        }
    }

    /// Says how many cells a record has: a quote still open on a line that has them all was never
    /// meant to swallow the next line.
    pub fn expect_cells(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// Returns the bytes of the last record, without its line end.
    pub fn bytes(&self) -> &[u8] {
        &self.record
    }

    /// Returns the physical line where the last record started; the first is 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Moves to the next record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn advance(&mut self, delimiter: u8) -> io::Result<Framed> {
        self.line = self.next_line;
        match self.read_line()? {
            Read::End => return Ok(Framed::End),
            Read::TooLong => return Ok(Framed::TooLong),
            Read::Line => {}
        }
        if !self.quoting || memchr::memchr(b'"', &self.record).is_none() {
            return Ok(Framed::Record);
        }
        let first = self.record.clone();
        let mut more: Vec<Vec<u8>> = Vec::new();
        let mut whole = first.clone();
        let cells = memchr::memchr_iter(delimiter, &first).count() + 1;
        let width = self.width;
        let swallows = |cell: usize| width.is_some_and(|width| cells >= width && cell + 1 < width);
        loop {
            let read = match quotes(&whole, delimiter) {
                Quotes::Closed if whole.len() > MAX_RECORD => return Ok(Framed::TooLong),
                Quotes::Closed => {
                    self.record = whole;
                    return Ok(Framed::Record);
                }
                Quotes::Open { cell }
                    if !swallows(cell) && more.len() + 1 < MAX_LINES && whole.len() <= MAX_RECORD =>
                {
                    self.read_line()?
                }
                Quotes::Open { .. } | Quotes::Stray => Read::End,
            };
            if !matches!(read, Read::Line) {
                let lines_back = more.len() + usize::from(matches!(read, Read::TooLong));
                self.next_line -= u32::try_from(lines_back).expect("few lines");
                if matches!(read, Read::TooLong) {
                    // The long line itself is refused in its turn, as a line of its own.
                    more.push(vec![b' '; MAX_RECORD + 1]);
                }
                more.into_iter().rev().for_each(|line| self.ahead.push_front(line));
                self.record = first;
                return Ok(Framed::Unclosed);
            }
            more.push(self.record.clone());
            whole.push(b'\n');
            whole.extend_from_slice(&self.record);
        }
    }

    fn read_line(&mut self) -> io::Result<Read> {
        self.record.clear();
        if let Some(line) = self.ahead.pop_front() {
            self.next_line += 1;
            self.record = line;
            return Ok(if self.record.len() > MAX_RECORD { Read::TooLong } else { Read::Line });
        }
        let mut any = false;
        let mut too_long = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(self.line_end, available);
            let taken = end.unwrap_or(available.len());
            if !too_long {
                self.record.extend_from_slice(&available[..taken]);
                if self.record.len() > MAX_RECORD {
                    too_long = true;
                    self.record = Vec::new();
                }
            }
            self.reader.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(Read::End);
        }
        self.next_line += 1;
        if self.record.last() == Some(&b'\r') {
            self.record.pop();
        }
        if self.line == 1 && self.next_line == 2 && self.record.starts_with(b"\xef\xbb\xbf") {
            self.record.drain(..3);
        }
        Ok(if too_long { Read::TooLong } else { Read::Line })
    }
}

/// How the quotes of a record stand.
#[derive(Debug, PartialEq, Eq)]
enum Quotes {
    /// Every quoted value is closed, right before a delimiter or the end.
    Closed,
    /// The one that opens in this cell is still open.
    Open {
        /// The rank of the cell, from 0.
        cell: usize,
    },
    /// One is closed in the middle of a value: the quotes cannot be trusted.
    Stray,
}

fn quotes(record: &[u8], delimiter: u8) -> Quotes {
    let mut inside = false;
    let mut at_start = true;
    let mut cell = 0;
    let mut bytes = record.iter().peekable();
    while let Some(byte) = bytes.next() {
        if inside && *byte == b'"' {
            match bytes.peek() {
                Some(b'"') => {
                    bytes.next();
                }
                None => inside = false,
                Some(next) if **next == delimiter => inside = false,
                Some(_) => return Quotes::Stray,
            }
        } else if *byte == b'"' && at_start {
            inside = true;
        }
        at_start = *byte == delimiter && !inside;
        cell += usize::from(at_start);
    }
    if inside { Quotes::Open { cell } } else { Quotes::Closed }
}

/// Decodes a record; `None` where its bytes are no text in this encoding.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    let single_bytes = match encoding {
        Encoding::Windows1252 if !bytes.is_ascii() => encoding_rs::WINDOWS_1252,
        Encoding::Iso8859_15 if !bytes.is_ascii() => encoding_rs::ISO_8859_15,
        _ => return std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    single_bytes.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Splits a record into cells: ranges of `buffer`, which holds the unquoted text.
#[derive(Default)]
pub struct Cells {
    buffer: String,
    ends: Vec<usize>,
}

impl Cells {
    /// Splits a record.
    pub fn split(&mut self, record: &str, delimiter: u8, quoting: bool) {
        self.ends.clear();
        self.buffer.clear();
        if !quoting || !record.contains('"') {
            self.buffer.push_str(record);
            self.ends.extend(memchr::memchr_iter(delimiter, record.as_bytes()));
            self.ends.push(record.len());
            return;
        }
        // Framing has checked the quotes: a value that opens with one closes before a delimiter.
        let mut inside = false;
        let mut at_start = true;
        let mut chars = record.chars().peekable();
        while let Some(c) = chars.next() {
            if inside {
                match c {
                    '"' if chars.peek() == Some(&'"') => {
                        chars.next();
                        self.buffer.push('"');
                    }
                    '"' => inside = false,
                    c => self.buffer.push(c),
                }
            } else if c == char::from(delimiter) {
                self.ends.push(self.buffer.len());
                self.buffer.push(c);
                at_start = true;
                continue;
            } else if c == '"' && at_start {
                inside = true;
            } else {
                self.buffer.push(c);
            }
            at_start = false;
        }
        self.ends.push(self.buffer.len());
    }

    /// Makes the cells of values that were typed, whatever they hold.
    pub(super) fn typed(values: &[&str]) -> Cells {
        let mut cells = Cells::default();
        for (rank, value) in values.iter().enumerate() {
            if rank > 0 {
                cells.buffer.push(';');
            }
            cells.buffer.push_str(value);
            cells.ends.push(cells.buffer.len());
        }
        cells
    }

    /// Returns how many cells there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns a cell, or an empty text beyond the last.
    pub fn get(&self, at: usize) -> &str {
        let Some(end) = self.ends.get(at) else { return "" };
        let start = if at == 0 { 0 } else { self.ends[at - 1] + 1 };
        &self.buffer[start..*end]
    }

    /// Returns the cells.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: &[u8]) -> Vec<(u32, String)> {
        let mut records = Records::new(io::BufReader::with_capacity(7, bytes), b'\n', true);
        let mut framed = Vec::new();
        loop {
            let what = match records.advance(b';').unwrap() {
                Framed::End => return framed,
                Framed::Record => String::from_utf8_lossy(records.bytes()).into_owned(),
                Framed::TooLong => "(trop long)".into(),
                Framed::Unclosed => "(guillemet)".into(),
            };
            framed.push((records.line(), what));
        }
    }

    #[test]
    fn records_keep_their_physical_line() {
        let expect = |bytes: &[u8], expected: &[(u32, &str)]| {
            let expected: Vec<(u32, String)> =
                expected.iter().map(|(line, text)| (*line, (*text).to_string())).collect();
            assert_eq!(frame(bytes), expected);
        };
        expect(b"", &[]);
        expect(b"\n", &[(1, "")]);
        expect(b"a;b\r\nc;d", &[(1, "a;b"), (2, "c;d")]);
        expect(b"\xef\xbb\xbfa\nb\n", &[(1, "a"), (2, "b")]);
        expect(b"a;\"x\ny\"\nb\n", &[(1, "a;\"x\ny\""), (3, "b")]);
        expect(b"a;\"x\nb;c\nd;e\n", &[(1, "(guillemet)"), (2, "b;c"), (3, "d;e")]);
        expect(b"a;5\" pouces\nb\n", &[(1, "a;5\" pouces"), (2, "b")]);
        // Two stray quotes never make one record of two lines.
        expect(b"a;\"x;1\nb;\"y;2\nc;z;3\n", &[(1, "(guillemet)"), (2, "(guillemet)"), (3, "c;z;3")]);
        let mut long = vec![b'x'; MAX_RECORD + 1];
        long.extend_from_slice(b"\nsuite");
        expect(&long, &[(1, "(trop long)"), (2, "suite")]);
        let mut quoted = b"\"ouvert\n".to_vec();
        quoted.extend(&long);
        expect(&quoted, &[(1, "(guillemet)"), (2, "(trop long)"), (3, "suite")]);
    }

    #[test]
    fn cells_are_unquoted() {
        let mut cells = Cells::default();
        let mut split = |record: &str| {
            cells.split(record, b';', true);
            cells.iter().map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(split("a;b;"), ["a", "b", ""]);
        assert_eq!(split("a;\"b;c\";\"d \"\"e\"\"\""), ["a", "b;c", "d \"e\""]);
        assert_eq!(split("\"\";x"), ["", "x"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("a;\"b\nc\""), ["a", "b\nc"]);
    }
}
