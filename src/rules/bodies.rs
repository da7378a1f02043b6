//! Bodies ("organismes"): who finances and who pays, by code.

use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// The payer's code that means the structure itself.
pub const STRUCTURE: &str = "STRUCTURE";

/// One body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its code, as in files.
    pub code: String,
    /// Its French label.
    #[serde(rename = "libelle")]
    pub label: String,
    /// It finances.
    #[serde(default, rename = "finance")]
    pub funds: bool,
    /// It pays people.
    #[serde(default, rename = "paie")]
    pub pays: bool,
}

/// The bodies of `ledger-rules/organismes.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bodies {
    /// The version of the format.
    #[serde(rename = "format")]
    pub format: u32,
    /// The bodies.
    #[serde(rename = "organisme")]
    pub bodies: Vec<Body>,
}

impl Bodies {
    /// Reads the file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not such a file.
    pub fn parse(path: &str, text: &str) -> Result<Bodies, RuleFileError> {
        parse_toml(path, text)
    }
}
