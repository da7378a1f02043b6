//! What a letter of refusal says of its grounds and of the ways of appeal ("voies et délais de recours").

use super::sourced::Sourced;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// The path of the file.
pub const APPEAL: &str = "recours.toml";

/// The words of `ledger-rules/recours.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeal {
    /// The version of the format.
    #[serde(rename = "format")]
    pub format: u32,
    /// Why a refusal gives its grounds.
    #[serde(rename = "motivation")]
    pub grounds: Sourced,
    /// The ways of appeal, in the order of the letter.
    #[serde(rename = "voie")]
    pub ways: Vec<Sourced>,
}

impl Appeal {
    /// Reads the file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not such a file, names no way, or one that has no name.
    pub fn parse(path: &str, text: &str) -> Result<Appeal, RuleFileError> {
        let appeal: Appeal = parse_toml(path, text)?;
        if appeal.ways.is_empty() || appeal.ways.iter().any(|way| way.label.trim().is_empty()) {
            let message = "une lettre de refus dit au moins une voie de recours, chacune avec son libellé";
            return Err(RuleFileError::of_file(path, message.into()));
        }
        Ok(appeal)
    }

    /// Returns what the letter says, one paragraph a line: the duty first, then each way, its name before
    /// a colon.
    pub fn paragraphs(&self) -> String {
        let ways = self.ways.iter().map(|way| format!("{}\u{a0}: {}", way.label, way.cited()));
        std::iter::once(self.grounds.cited()).chain(ways).collect::<Vec<_>>().join("\n")
    }
}
