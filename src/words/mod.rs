//! Texts of files: normalised (NFC), folded for comparison, interned to small numbers; and TOML
//! files read with French messages.
//!
//! In: text. Out: the same text, once. Never: a meaning.

mod nearest;
mod sheet;
mod toml;

pub use nearest::{likely, nearest};
pub use sheet::{Keys, Sheet, lacking, unknown};
pub use toml::{RuleFaults, RuleFileError, parse_toml, place};

use rustc_hash::FxHasher;
use std::borrow::Cow;
use std::hash::Hasher as _;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, char::is_combining_mark, is_nfc_quick};

/// Returns the text without surrounding spaces, in normal form C: the only form stored and sealed.
pub fn normalise(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // Below U+0300, where combining marks begin, every text is in form C: the lead bytes say so.
    let plain = text.bytes().fold(0, u8::max) < 0xcc;
    if plain || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Returns a French sentence whose quotes and double signs stay on the line of the word they go with.
///
/// ```
/// assert_eq!(denier::words::with_held_spaces("« rsa » : non"), "«\u{a0}rsa\u{a0}»\u{a0}: non");
/// ```
pub fn with_held_spaces(sentence: &str) -> String {
    let mut held = sentence.replace("« ", "«\u{a0}");
    for sign in ["»", ";", ":", "?", "!"] {
        held = held.replace(&format!(" {sign}"), &format!("\u{a0}{sign}"));
    }
    held
}

/// Returns a text as a part of a file's name: what is not a letter from A to Z, a figure or a dash is `_`.
///
/// ```
/// assert_eq!(denier::words::plain_name("B/000 26"), "B_000_26");
/// ```
pub fn plain_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Returns the text without case, accents, punctuation or repeated spaces: for comparing headers
/// and words, and for sorting names.
///
/// ```
/// assert_eq!(denier::words::fold("N° de Dossier "), "n de dossier");
/// assert_eq!(denier::words::fold("LEMAÎTRE-Noël"), "lemaitre noel");
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            c if c.is_alphanumeric() => {
                if gap && !folded.is_empty() {
                    folded.push(' ');
                }
                folded.push(c);
            }
            _ => {}
        }
        gap = !c.is_alphanumeric();
    }
    folded
}

/// Words of a file, each kept once; word 0 is the empty one.
#[derive(Clone, Debug)]
pub struct Words {
    text: String,
    ends: Vec<u32>,
    // Open addressing; 0 is a free slot, since the empty word is never looked up.
    slots: Vec<u32>,
}

impl Default for Words {
    fn default() -> Self {
        Words { text: String::new(), ends: vec![0], slots: vec![0; 64] }
    }
}

impl Words {
    /// Returns the number of this word, adding it if it is new.
    pub fn intern(&mut self, word: &str) -> u32 {
        if word.is_empty() {
            return 0;
        }
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        let mut slot = self.slot(word);
        loop {
            match self.slots[slot] {
                0 => {
                    let id = u32::try_from(self.ends.len()).expect("fewer than four billion words");
                    self.text.push_str(word);
                    self.ends.push(u32::try_from(self.text.len()).expect("fewer than 4 GiB of words"));
                    self.slots[slot] = id;
                    return id;
                }
                id if self.get(id) == word => return id,
                _ => slot = (slot + 1) % self.slots.len(),
            }
        }
    }

    /// Returns the word of this number.
    pub fn get(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        &self.text[start..self.ends[id] as usize]
    }

    /// Returns how many words there are, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns true when only the empty word is there.
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// Gives back the memory that only new words need.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.slots = vec![0; 1];
    }

    fn slot(&self, word: &str) -> usize {
        let mut hasher = FxHasher::default();
        hasher.write(word.as_bytes());
        (hasher.finish() >> 16) as usize % self.slots.len()
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.ends.len() * 4).next_power_of_two().max(64)];
        for id in 1..self.ends.len() as u32 {
            let mut slot = self.slot(self.get(id));
            while self.slots[slot] != 0 {
                slot = (slot + 1) % self.slots.len();
            }
            self.slots[slot] = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_once() {
        let mut words = Words::default();
        let numbers: Vec<u32> = (0..1000).map(|n| words.intern(&format!("mot {n}"))).collect();
        for (n, id) in numbers.iter().enumerate() {
            assert_eq!(words.get(*id), format!("mot {n}"));
            assert_eq!(words.intern(&format!("mot {n}")), *id);
        }
        assert_eq!(words.intern(""), 0);
        assert_eq!(words.get(0), "");
        assert_eq!(words.len(), 1001);
    }

    #[test]
    fn texts_are_normalised() {
        assert_eq!(normalise(" e\u{301}te\u{301}\u{a0}"), "été");
        assert_eq!(fold("Œuvre  d'ÉTÉ"), "oeuvre d ete");
    }
}
