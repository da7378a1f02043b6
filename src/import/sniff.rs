//! A first look at a whole file: its encoding, its size, its digest.

use crate::ledger::seal::Digest;
use sha2::{Digest as _, Sha256};

/// How a file's bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Windows-1252, which holds ISO-8859-1 and -15's letters.
    Windows1252,
    /// No text in columns: a workbook, a compressed file, UTF-16.
    NotText,
}

impl Encoding {
    /// Returns the name printed to the user.
    pub fn label(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Windows1252 => "Windows-1252",
            Encoding::NotText => "inconnu",
        }
    }
}

/// What the first look found.
#[derive(Clone, Copy, Debug)]
pub struct Sniff {
    /// The encoding.
    pub encoding: Encoding,
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
    pub fn finish(self) -> Sniff {
        let invalid = self.invalid + u64::from(!self.tail.is_empty());
        let encoding = match self.head.as_slice() {
            [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [b'P', b'K', 3, 4]
            | [0x1f, 0x8b, ..]
            | [0xd0, 0xcf, 0x11, 0xe0]
            | [b'%', b'P', b'D', b'F'] => Encoding::NotText,
            [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
            _ if invalid > self.valid => Encoding::Windows1252,
            _ => Encoding::Utf8,
        };
        // A file of CR LF has as many of each; one of CR alone has hardly any LF.
        let line_end = if self.returns > 2 * self.line_feeds { b'\r' } else { b'\n' };
        Sniff { encoding, line_end, bytes: self.bytes, digest: self.hash.finalize().into() }
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
