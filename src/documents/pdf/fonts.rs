//! The two weights of the face that documents are drawn with, read once.

use krilla::text::{Font, GlyphId};
use rustc_hash::FxHashMap;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};
use std::sync::LazyLock;

/// How heavy words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// What is known of one character: its drawing, and how far the next one stands, in ems.
#[derive(Clone, Copy)]
pub struct Glyph {
    pub id: GlyphId,
    pub advance: f32,
}

/// A face in one weight.
pub struct Face {
    pub font: Font,
    glyphs: FxHashMap<char, Glyph>,
}

static REGULAR: LazyLock<Face> =
    LazyLock::new(|| Face::read(include_bytes!("../../../assets/fonts/DenierSans-Regular.ttf")));
static BOLD: LazyLock<Face> =
    LazyLock::new(|| Face::read(include_bytes!("../../../assets/fonts/DenierSans-Bold.ttf")));

impl Face {
    /// Returns the face of this weight.
    pub fn of(weight: Weight) -> &'static Face {
        match weight {
            Weight::Regular => &REGULAR,
            Weight::Bold => &BOLD,
        }
    }

    fn read(bytes: &'static [u8]) -> Face {
        let reader = FontRef::new(bytes).expect("the embedded face is whole");
        let metrics = reader.glyph_metrics(Size::new(1.0), LocationRef::default());
        let glyph = |id: skrifa::GlyphId| Glyph {
            id: GlyphId::new(id.to_u32()),
            advance: metrics.advance_width(id).expect("each glyph has its advance"),
        };
        let glyphs = reader.charmap().mappings();
        let glyphs = glyphs.filter_map(|(code, id)| Some((char::from_u32(code)?, glyph(id)))).collect();
        Face { font: Font::new(bytes.into(), 0).expect("the embedded face is whole"), glyphs }
    }

    /// Returns what is known of a character, if the face holds it.
    pub fn glyph(&self, character: char) -> Option<Glyph> {
        self.glyphs.get(&character).copied()
    }

    /// Returns how wide a character is, in ems.
    pub fn advance(&self, character: char) -> f32 {
        self.glyph(character).map_or(0.0, |glyph| glyph.advance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_hold_the_same_characters_and_digits_of_one_width() {
        let (regular, bold) = (Face::of(Weight::Regular), Face::of(Weight::Bold));
        assert!(regular.glyphs.len() > 800);
        assert!(regular.glyphs.keys().all(|character| bold.glyph(*character).is_some()));
        assert_eq!(regular.glyphs.len(), bold.glyphs.len());
        for face in [regular, bold] {
            let zero = face.advance('0');
            assert!(zero > 0.5 && ('0'..='9').all(|digit| face.advance(digit) == zero));
        }
    }

    #[test]
    fn what_french_and_its_people_write_is_held() {
        let letters =
            "àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ«»’‘“”–—…·•°ºªnº№€£×÷±−≤≥≠\u{a0}\u{202f}\u{2009}\u{2011}";
        let names = "Ștefan Nguyễn-D'Hondt Łukasz Žižek Đặng Ağaoğlu İnci Kovačević Þórður Ġorġ Ħal Ẽ ǧ";
        for character in letters.chars().chain(names.chars()) {
            assert!(
                Face::of(Weight::Bold).glyph(character).is_some(),
                "{character} {:04X}",
                character as u32
            );
        }
        for character in ['😀', 'م', '中', 'Ж', '\u{ad}', '\u{200b}', '\u{0}'] {
            assert!(Face::of(Weight::Regular).glyph(character).is_none());
        }
    }
}
