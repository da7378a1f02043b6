//! Aids received elsewhere: one record, one aid that another body gave.

use super::cells::Row;
use super::declarations::{Line, Told};

/// The fields of a file of aids received elsewhere, in the order of their constants below.
pub(super) const FIELDS: &[(&str, bool)] = &[
    ("reference", true),
    ("numero_beneficiaire", true),
    ("dispositif", true),
    ("nature", false),
    ("mois", true),
    ("date_decision", false),
    ("montant", true),
    ("organisme", true),
];

const REFERENCE: usize = 0;
const NUMBER: usize = 1;
const DISPOSITIF: usize = 2;
const NATURE: usize = 3;
const MONTH: usize = 4;
const DECIDED: usize = 5;
const AMOUNT: usize = 6;
const GIVER: usize = 7;

pub(super) fn line<'a>(row: &mut Row<'a>) -> Line<'a> {
    let reference = row.required_word(REFERENCE);
    let number = row.required(NUMBER);
    let dispositif = row.required_word(DISPOSITIF);
    let nature = row.word(NATURE);
    let month = row.month(MONTH);
    let decided_on = row.date(DECIDED);
    let amount = row.amount(AMOUNT);
    let giver = row.required_word(GIVER);
    let told = Told::OutsideAid { reference, nature, month: month?, decided_on, amount, giver };
    Some((number, dispositif, told))
}
