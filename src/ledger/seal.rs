//! Seals: canonical bytes, line digests, the root of an entry, the chain.
//!
//! The page `docs/seal.md` specifies every byte; golden vectors in `tests/cases/seal` hold it.
//! In: codes and numbers, never row keys. Out: 32 bytes. Never: a serializer, a zone, a locale.

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The version of the canonical encoding, first byte of every preimage.
pub const VERSION: u8 = 1;

/// The seal before the first entry.
pub const GENESIS: Digest = [0; 32];

/// Tags of the canonical encoding. A tag keeps its number and meaning for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "each tag is explained in docs/seal.md, in this order")]
pub enum Tag {
    Account = 1,
    Amount = 2,
    Dispositif = 3,
    Funder = 4,
    Convention = 5,
    Site = 6,
    EnvelopeYear = 7,
    Pseudonym = 8,
    Source = 9,
    Reference = 10,
    DecidedOn = 11,
    DecisionUndated = 12,
    RequestedOn = 13,
    MonthOfRight = 14,
    Nature = 15,
    Committee = 16,
    Payer = 17,
    Payee = 18,
    Mode = 19,
    Rules = 20,
    Finding = 21,
    File = 22,
    FileLine = 23,
    AidAmount = 25,
    Journal = 26,
    JournalLabel = 27,
    FecEntry = 28,
    FecNumber = 29,
    FecDate = 30,
    AccountLabel = 31,
    Auxiliary = 32,
    Piece = 33,
    PieceDate = 34,
    Texts = 35,
    Letter = 36,
    LetterDate = 37,
    ValidDate = 38,
    CurrencyAmount = 39,
    Book = 40,
    Year = 41,
    Number = 42,
    Date = 43,
    Event = 44,
    Reverses = 45,
    RecordedAt = 46,
    Author = 47,
    Reason = 48,
    LineCount = 49,
    Root = 50,
    Previous = 51,
    Lot = 52,
    LotKind = 53,
    FileDigest = 54,
    LotCounts = 55,
    LotCancels = 56,
    Currency = 57,
    Analytic = 58,
    LineKind = 59,
    AssignmentRule = 60,
    Derogation = 61,
    DerogationAmount = 62,
    DerogationRule = 63,
    DerogationReason = 64,
    DerogationAskedBy = 65,
    DerogationAskedOn = 66,
    DerogationApprovedBy = 67,
    DerogationApprovedOn = 68,
    AttestationNumber = 70,
    IssuedOn = 71,
    StructureName = 72,
    Siren = 73,
    PersonNumber = 74,
    LastName = 75,
    FirstName = 76,
    BornOn = 77,
    FirstMonth = 78,
    LastMonth = 79,
    Basis = 80,
    AttestedDispositif = 81,
    DispositifLabel = 82,
    AttestedPayer = 83,
    PayerLabel = 84,
    ImportedTo = 85,
    AidMonth = 86,
    AidDispositif = 87,
    AidPayer = 88,
    AttestedAmount = 89,
    PaidOn = 90,
    HeadEntry = 91,
    HeadSeal = 92,
    Undue = 93,
    PaymentRank = 94,
    Proposal = 95,
    ProposedBy = 96,
    ProposedOn = 97,
    ProposalReason = 98,
}

/// Canonical bytes under construction: the version, then (tag, length, value) for what is present.
#[derive(Clone, Debug)]
pub struct Canonical {
    bytes: Vec<u8>,
}

impl Default for Canonical {
    fn default() -> Self {
        Canonical::new()
    }
}

impl Canonical {
    /// Starts a preimage.
    pub fn new() -> Canonical {
        let mut bytes = Vec::with_capacity(320);
        bytes.push(VERSION);
        Canonical { bytes }
    }

    /// Starts again, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.truncate(1);
    }

    /// Adds a text in UTF-8; an empty text is absent.
    pub fn text(&mut self, tag: Tag, value: &str) {
        if !value.is_empty() {
            self.raw(tag, value.as_bytes());
        }
    }

    /// Adds a whole number: eight bytes, big-endian, two's complement.
    pub fn number(&mut self, tag: Tag, value: i64) {
        self.raw(tag, &value.to_be_bytes());
    }

    /// Adds bytes as they are.
    pub fn raw(&mut self, tag: Tag, value: &[u8]) {
        let length = u32::try_from(value.len()).expect("a value is shorter than 4 GiB");
        self.bytes.push(tag as u8);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Adds everything already encoded in `other`, without its version byte.
    pub fn append(&mut self, other: &Canonical) {
        self.bytes.extend_from_slice(&other.bytes[1..]);
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the digest of a leaf: SHA-256 of 0x00 and the bytes.
    pub fn leaf(&self) -> Digest {
        Sha256::new().chain_update([0]).chain_update(&self.bytes).finalize().into()
    }

    /// Returns the plain digest of the bytes, as for an entry's seal.
    pub fn digest(&self) -> Digest {
        Sha256::digest(&self.bytes).into()
    }
}

/// Returns the digest of a free text under its salt, so that text and salt can be erased.
pub fn salted(salt: &[u8], text: &str) -> Digest {
    Sha256::new().chain_update([2]).chain_update(salt).chain_update(text.as_bytes()).finalize().into()
}

/// The Merkle root of an entry's lines, built leaf by leaf (shape of RFC 6962).
#[derive(Clone, Debug, Default)]
pub struct Root {
    count: u64,
    // Roots of the complete subtrees so far, largest first.
    peaks: Vec<Digest>,
}

impl Root {
    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.peaks.push(leaf);
        self.count += 1;
        let mut complete = self.count;
        while complete.is_multiple_of(2) {
            let right = self.peaks.pop().expect("a pair");
            let left = self.peaks.pop().expect("a pair");
            self.peaks.push(node(&left, &right));
            complete /= 2;
        }
    }

    /// Returns the root; of no leaf at all, the digest of nothing.
    pub fn finish(mut self) -> Digest {
        let Some(mut root) = self.peaks.pop() else { return Sha256::digest([]).into() };
        while let Some(left) = self.peaks.pop() {
            root = node(&left, &root);
        }
        root
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Writes a digest in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the first characters of a digest in hexadecimal: enough for people to tell it from others.
pub fn beginning(hexadecimal: &str) -> &str {
    hexadecimal.get(..8).unwrap_or(hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The roots of RFC 6962's own test tree, published with the certificate transparency log.
    #[test]
    fn root_has_the_shape_of_rfc_6962() {
        let leaf = |bytes: &[u8]| -> Digest {
            Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
        };
        let leaves: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (count, expected) in roots.iter().enumerate() {
            let mut root = Root::default();
            leaves[..=count].iter().for_each(|bytes| root.push(leaf(bytes)));
            assert_eq!(hex(&root.finish()), *expected, "{} leaves", count + 1);
        }
    }

    #[test]
    fn absent_and_present_differ() {
        let mut one = Canonical::new();
        one.text(Tag::Site, "");
        assert_eq!(one.bytes(), [VERSION]);
        one.text(Tag::Site, "A");
        assert_eq!(one.bytes(), [VERSION, 6, 0, 0, 0, 1, b'A']);
    }
}
