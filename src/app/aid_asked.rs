//! How one aid is asked for: by its reference, else by its number, and never one taken for the other.

use super::error::AppError;
use std::fmt;

/// How an aid is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AidAsked {
    /// By its key, as lists and reports give it: no other aid ever has it.
    Key(i64),
    /// By its reference: that of another aid once it is cancelled and imported again.
    Reference(String),
}

impl fmt::Display for AidAsked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AidAsked::Key(key) => write!(out, "n°\u{a0}{key}"),
            AidAsked::Reference(reference) => out.write_str(reference),
        }
    }
}

/// Says that several aids bear one reference, and the number by which each is known.
pub(super) fn several_aids(reference: &str, keys: &[i64]) -> AppError {
    let numbers: Vec<String> = keys.iter().map(i64::to_string).collect();
    AppError::Refused(format!(
        "{} aides portent la référence « {reference} » : dites le numéro de l'une d'elles à la place (--numero {})",
        keys.len(),
        numbers.join(", --numero ")
    ))
}
