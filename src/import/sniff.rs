//! A first look at a whole file: its encoding, its size, its digest.

use crate::ledger::seal::Digest;
use sha2::{Digest as _, Sha256};

/// How a file's bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Windows-1252, which holds ISO-8859-1.
    Windows1252,
    /// ISO-8859-15, which has `€`, `œ` and six letters more where ISO-8859-1 has symbols.
    Iso8859_15,
    /// No text in columns: a workbook, a compressed file, UTF-16.
    NotText,
}

impl Encoding {
    /// Returns the name printed to the user.
    pub fn label(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Windows1252 => "Windows-1252",
            Encoding::Iso8859_15 => "ISO-8859-15",
            Encoding::NotText => "inconnu",
        }
    }
}

/// What the first look found.
#[derive(Clone, Copy, Debug)]
pub struct Sniff {
    /// The encoding.
    pub encoding: Encoding,
    /// True where a byte order mark opens a file in UTF-8.
    pub byte_order_mark: bool,
    /// True where Windows-1252 and ISO-8859-15 give the file the same text.
    pub common: bool,
    /// What ends a line: LF, or CR alone in the files of an old Mac.
    pub line_end: u8,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// Looks at a file block by block.
pub struct Sniffer {
    hash: Sha256,
    bytes: u64,
    head: Vec<u8>,
    // The end of the last block, when it may be the beginning of a longer character.
    tail: Vec<u8>,
    valid: u64,
    invalid: u64,
    clues: Clues,
    line_feeds: u64,
    returns: u64,
}

impl Default for Sniffer {
    fn default() -> Self {
        Sniffer {
            hash: Sha256::new(),
            bytes: 0,
            head: Vec::new(),
            tail: Vec::new(),
            valid: 0,
            invalid: 0,
            clues: Clues::default(),
            line_feeds: 0,
            returns: 0,
        }
    }
}

impl Sniffer {
    /// Looks at the next block.
    pub fn block(&mut self, block: &[u8]) {
        self.hash.update(block);
        self.bytes += block.len() as u64;
        self.line_feeds += memchr::memchr_iter(b'\n', block).count() as u64;
        self.returns += memchr::memchr_iter(b'\r', block).count() as u64;
        self.clues.look(block);
        if self.head.len() < 4 {
            self.head.extend(block.iter().take(4 - self.head.len()));
        }
        if self.tail.is_empty() {
            self.count(block);
        } else {
            let joined = [std::mem::take(&mut self.tail).as_slice(), block].concat();
            self.count(&joined);
        }
    }

    /// Says what the file is.
    ///
    /// A file with more broken than whole UTF-8 characters is Windows-1252; a mostly good UTF-8
    /// file keeps its encoding, and its broken lines are refused one by one.
    pub fn finish(mut self) -> Sniff {
        self.clues.look(b"\n\n");
        let invalid = self.invalid + u64::from(!self.tail.is_empty());
        let encoding = match self.head.as_slice() {
            [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [b'P', b'K', 3, 4]
            | [0x1f, 0x8b, ..]
            | [0xd0, 0xcf, 0x11, 0xe0]
            | [b'%', b'P', b'D', b'F'] => Encoding::NotText,
            [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
            _ if invalid > self.valid && self.clues.tell_iso_8859_15() => Encoding::Iso8859_15,
            _ if invalid > self.valid => Encoding::Windows1252,
            _ => Encoding::Utf8,
        };
        let byte_order_mark = self.head.starts_with(b"\xef\xbb\xbf");
        let common = self.clues.is_empty();
        // A file of CR LF has as many of each; one of CR alone has hardly any LF.
        let line_end = if self.returns > 2 * self.line_feeds { b'\r' } else { b'\n' };
        let digest = self.hash.finalize().into();
        Sniff { encoding, byte_order_mark, common, line_end, bytes: self.bytes, digest }
    }

    fn count(&mut self, mut bytes: &[u8]) {
        loop {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.valid += characters_beyond_ascii(text.as_bytes());
                    return;
                }
                Err(error) => {
                    let (good, rest) = bytes.split_at(error.valid_up_to());
                    self.valid += characters_beyond_ascii(good);
                    let Some(bad) = error.error_len() else {
                        self.tail = rest.to_vec();
                        return;
                    };
                    self.invalid += 1;
                    bytes = &rest[bad..];
                }
            }
        }
    }
}

/// What tells ISO-8859-15 from Windows-1252: the bytes to which they give another character.
#[derive(Default)]
struct Clues {
    // The last four bytes; the third is the one looked at.
    window: [u8; 4],
    // Bytes 0x80 to 0x9F: letters and quotes in Windows-1252, control characters in ISO-8859-15.
    windows_only: u64,
    letters: u64,
    symbols: u64,
}

impl Clues {
    fn look(&mut self, block: &[u8]) {
        for byte in block {
            let [_, before, at, next] = self.window;
            self.window = [before, at, next, *byte];
            if at.is_ascii() {
                continue;
            }
            match clue(self.window) {
                None => {}
                Some(Clue::WindowsOnly) => self.windows_only += 1,
                Some(Clue::Letter) => self.letters += 1,
                Some(Clue::Symbol) => self.symbols += 1,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.windows_only + self.letters + self.symbols == 0
    }

    fn tell_iso_8859_15(&self) -> bool {
        self.windows_only == 0 && self.letters > self.symbols
    }
}

enum Clue {
    WindowsOnly,
    Letter,
    Symbol,
}

/// Says what the second of four bytes tells: `c½ur` is *cœur*, `½ journée` is a half, `l´an` holds
/// an apostrophe and `´arko` is *Žarko*; a currency sign is the euro's.
fn clue([before, at, next, after]: [u8; 4]) -> Option<Clue> {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0xc0;
    let starts_word = !before.is_ascii_digit() && letter(next) && letter(after);
    let is_letter = match at {
        0x80..=0x9f => return Some(Clue::WindowsOnly),
        0xa4 => true,
        0xb4 => !letter(before) && starts_word,
        0xa6 | 0xa8 | 0xb8 | 0xbc | 0xbd | 0xbe => {
            letter(before) && (letter(next) || at >= 0xb8) || starts_word
        }
        _ => return None,
    };
    Some(if is_letter { Clue::Letter } else { Clue::Symbol })
}

fn characters_beyond_ascii(text: &[u8]) -> u64 {
    if text.is_ascii() { 0 } else { text.iter().filter(|byte| **byte >= 0xc0).count() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let cases: &[(&[u8], Encoding)] = &[
            (b"", Encoding::Utf8),
            (b"numero;nom", Encoding::Utf8),
            ("numéro;prénom".as_bytes(), Encoding::Utf8),
            (b"\xef\xbb\xbfnumero", Encoding::Utf8),
            (b"num\xe9ro;pr\xe9nom", Encoding::Windows1252),
            (b"fini par \xe9", Encoding::Windows1252),
            ("é è à et un octet ".as_bytes(), Encoding::Utf8),
            (b"le c\xbdur de l'\xbduvre, 12 \xa4, pr\xe9vu", Encoding::Iso8859_15),
            (b"\xa6imi\xe6, Milo\xa8evi\xe6", Encoding::Iso8859_15),
            (b"MA\xceTRE D'\xbcUVRE", Encoding::Iso8859_15),
            (b"\xb4arko et Bo\xbeena", Encoding::Iso8859_15),
            (b"l\xb4ann\xe9e, \xbd journ\xe9e, 1\xbd h", Encoding::Windows1252),
            (b"12 \x80, le c\x9cur", Encoding::Windows1252),
            (b"12 \xa4 et 13 \x80, \xe9", Encoding::Windows1252),
            (b"PK\x03\x04...", Encoding::NotText),
            (b"\xff\xfen\0u\0", Encoding::NotText),
        ];
        for (bytes, expected) in cases {
            for size in [1, 2, 3, 1000] {
                let mut sniffer = Sniffer::default();
                bytes.chunks(size).for_each(|block| sniffer.block(block));
                let sniff = sniffer.finish();
                assert_eq!(sniff.encoding, *expected, "{bytes:?} by {size}");
                assert_eq!(sniff.bytes, bytes.len() as u64);
            }
        }
    }
}
