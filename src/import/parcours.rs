//! Parcours: one record, one entry in a dispositif, with its exit once it is known.

use super::cells::Row;
use super::declarations::{Line, Told};

/// The fields of a file of parcours, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("numero_beneficiaire", true),
    ("dispositif", true),
    ("entree", true),
    ("sortie", false),
    ("motif_sortie", false),
    ("motif_prolongation", false),
    ("motif_renouvellement", false),
];

const NUMBER: usize = 0;
const DISPOSITIF: usize = 1;
const ENTRY: usize = 2;
const EXIT: usize = 3;
const EXIT_REASON: usize = 4;
const EXTENSION_REASON: usize = 5;
const RENEWAL_REASON: usize = 6;

pub(super) fn line<'a>(row: &mut Row<'a>) -> Line<'a> {
    let number = row.required(NUMBER);
    let dispositif = row.required_word(DISPOSITIF);
    let entry = row.required_date(ENTRY);
    let exit = row.date(EXIT);
    let reasons = [row.word(EXIT_REASON), row.word(EXTENSION_REASON), row.word(RENEWAL_REASON)];
    Some((number, dispositif, Told::Parcours { entry: entry?, exit, reasons }))
}
