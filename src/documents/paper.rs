//! What a printed document says, before any page is drawn.

use crate::calendar::Date;
use crate::statements::Table;

/// A document for paper: one title, blocks in reading order, and what each page repeats.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its title, also that of the PDF.
    pub title: String,
    /// What its metadata say besides, such as a number and a fingerprint; may be empty.
    pub subject: String,
    /// The day it is issued: the only date in the file.
    pub dated: Date,
    /// The structure's name, then what identifies it: at the head of the first page.
    pub letterhead: Vec<String>,
    /// What must be read before any figure, on each page.
    pub warning: Option<String>,
    /// At the foot of each page, before its number.
    pub footer: String,
    /// Wider than high.
    pub landscape: bool,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(Vec<Run>),
    /// A paragraph in small letters: what a reader goes to when needed.
    Note(String),
    /// A table: its title is a caption, its notes follow it.
    Table(Table),
    /// Lines above an empty place to sign, on the right, never cut by the end of a page.
    Signature(Vec<String>),
}

/// Words in one weight.
#[derive(Clone, Debug)]
pub struct Run {
    /// The words.
    pub text: String,
    /// Heavier.
    pub bold: bool,
}

impl Run {
    /// Makes words in the ordinary weight.
    pub fn plain(text: impl Into<String>) -> Run {
        Run { text: text.into(), bold: false }
    }

    /// Makes heavier words.
    pub fn bold(text: impl Into<String>) -> Run {
        Run { text: text.into(), bold: true }
    }
}
