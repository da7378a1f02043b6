//! The identity of a line: it survives a renumbering of the entries and any other order of the file.

use super::{FecFile, FecLine};
use crate::words::Words;
use sha2::{Digest as _, Sha256};

/// The first byte of what is hashed.
const VERSION: u8 = 1;

/// Returns the identity of each line: the first 16 bytes of the SHA-256 of its journal, piece, day,
/// account, auxiliary, amount, label and analytic code, and of how many same lines come before it in the file.
///
/// EcritureNum is no part of it: packages renumber at each validation.
pub fn identities(file: &FecFile) -> Vec<[u8; 16]> {
    let mut bytes = Vec::new();
    let contents: Vec<[u8; 16]> =
        file.lines.iter().map(|line| digest(line, 0, &file.words, &mut bytes)).collect();
    let mut order: Vec<u32> = (0..u32::try_from(contents.len()).expect("a line has a number")).collect();
    order.sort_by_key(|at| contents[*at as usize]);
    let mut identities = contents.clone();
    let mut occurrence = 0;
    for pair in order.windows(2) {
        let [before, at] = [pair[0] as usize, pair[1] as usize];
        if contents[before] == contents[at] {
            occurrence += 1;
            identities[at] = digest(&file.lines[at], occurrence, &file.words, &mut bytes);
        } else {
            occurrence = 0;
        }
    }
    identities
}

/// Hashes the version, the day, the amount and the occurrence as big-endian numbers, then each text
/// after its length.
fn digest(line: &FecLine, occurrence: u32, words: &Words, bytes: &mut Vec<u8>) -> [u8; 16] {
    bytes.clear();
    bytes.push(VERSION);
    bytes.extend_from_slice(&line.date.number().to_be_bytes());
    bytes.extend_from_slice(&line.amount.centimes().to_be_bytes());
    bytes.extend_from_slice(&occurrence.to_be_bytes());
    for word in [line.journal, line.piece, line.account, line.auxiliary, line.label, line.analytic] {
        let text = words.get(word);
        let length = u32::try_from(text.len()).expect("a value of a file is short");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    *digest.first_chunk().expect("a digest is longer")
}
