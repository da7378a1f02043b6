//! What a letter of refusal says of its grounds and of the ways of appeal ("voies et délais de recours").

use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// The path of the file.
pub const APPEAL: &str = "recours.toml";

/// One sentence, and where it comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced {
    /// What it is called; a duty has no name.
    #[serde(default, rename = "libelle")]
    pub label: String,
    /// What the letter says.
    #[serde(rename = "texte")]
    pub text: String,
    /// The article that founds it.
    pub article: String,
    /// The page or document read.
    pub source: String,
    /// How sure it is: `confirmé`, `local` or `à vérifier`.
    #[serde(rename = "certitude")]
    pub certainty: String,
}

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
        let ways =
            self.ways.iter().map(|way| format!("{}\u{a0}: {} ({}).", way.label, bare(way), way.article));
        let grounds = format!("{} ({}).", bare(&self.grounds), self.grounds.article);
        std::iter::once(grounds).chain(ways).collect::<Vec<_>>().join("\n")
    }
}

/// The sentence without its last point: its article follows.
fn bare(sourced: &Sourced) -> &str {
    sourced.text.trim().trim_end_matches('.')
}
