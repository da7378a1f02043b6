//! A paper whose every character can be drawn, or the one that cannot.

use super::fonts::{Face, Weight};
use crate::documents::{Block, Paper, Run};
use crate::statements::{Cell, Table};
use unicode_normalization::UnicodeNormalization as _;

/// A character that the face of documents does not hold: rather no document than a wrong name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "le caractère « {character} » (U+{code:04X}) de « {text} » ne peut pas être imprimé : les documents \
     s'écrivent en lettres latines, sans émoji ni caractère invisible. Corrigez ce texte là où il a été saisi.",
    code = u32::from(*.character)
)]
pub struct CannotDraw {
    /// The character.
    pub character: char,
    /// The text that holds it.
    pub text: String,
}

/// Returns the paper with its texts in normal form C, and without blank ones where a reader expects words.
pub fn legible(paper: &Paper) -> Result<Paper, CannotDraw> {
    let title = drawable(&paper.title)?;
    let mut blocks = Vec::with_capacity(paper.blocks.len());
    for block in &paper.blocks {
        blocks.push(match block {
            Block::Heading(text) if text.trim().is_empty() => continue,
            Block::Heading(text) => Block::Heading(drawable(text)?),
            Block::Note(text) => Block::Note(drawable(text)?),
            Block::Paragraph(runs) => {
                Block::Paragraph(each(runs, |run| Ok(Run { text: drawable(&run.text)?, bold: run.bold }))?)
            }
            Block::Table(table) => Block::Table(legible_table(table)?),
            Block::Signature(lines) => Block::Signature(each(lines, |line| drawable(line))?),
        });
    }
    Ok(Paper {
        title: if title.trim().is_empty() { "Document".to_string() } else { title },
        subject: drawable(&paper.subject)?,
        dated: paper.dated,
        letterhead: each(&paper.letterhead, |line| drawable(line))?,
        warning: paper.warning.as_deref().map(drawable).transpose()?,
        footer: drawable(&paper.footer)?,
        landscape: paper.landscape,
        blocks,
    })
}

fn legible_table(table: &Table) -> Result<Table, CannotDraw> {
    let mut table = table.clone();
    let texts = [&mut table.title].into_iter().chain(&mut table.warning).chain(&mut table.notes);
    for text in texts.chain(table.columns.iter_mut().map(|column| &mut column.heading)) {
        *text = drawable(text)?;
    }
    let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
    for cell in cells.chain(table.total.iter_mut().flatten()) {
        if let Cell::Text(text) = cell {
            *text = drawable(text)?;
        }
    }
    Ok(table)
}

fn each<T, U>(all: &[T], one: impl Fn(&T) -> Result<U, CannotDraw>) -> Result<Vec<U>, CannotDraw> {
    all.iter().map(one).collect()
}

fn drawable(text: &str) -> Result<String, CannotDraw> {
    let face = Face::of(Weight::Regular);
    text.nfc()
        .map(|character| match character {
            '\n' | '\r' | '\t' => Ok(' '),
            held if face.glyph(held).is_some() => Ok(held),
            character => Err(CannotDraw { character, text: text.to_string() }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_composed_or_refused() {
        let cases = [
            ("S\u{326}tefan Nguye\u{302}\u{303}n", Ok("Ștefan Nguyễn")),
            ("deux\nlignes", Ok("deux lignes")),
            ("1\u{202f}234,56\u{a0}€", Ok("1\u{202f}234,56\u{a0}€")),
            ("Léa 😀", Err('😀')),
            ("مريم", Err('م')),
            ("in\u{200b}visible", Err('\u{200b}')),
            ("x\u{301}", Err('\u{301}')),
        ];
        for (text, expected) in cases {
            let found = drawable(text);
            let expected = expected
                .map(str::to_string)
                .map_err(|character| CannotDraw { character, text: text.to_string() });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_refusal_says_which_character_where_and_what_to_do() {
        let refusal = CannotDraw { character: '😀', text: "Léa 😀".into() };
        assert_eq!(
            refusal.to_string(),
            "le caractère « 😀 » (U+1F600) de « Léa 😀 » ne peut pas être imprimé : les documents s'écrivent \
             en lettres latines, sans émoji ni caractère invisible. Corrigez ce texte là où il a été saisi."
        );
    }
}
