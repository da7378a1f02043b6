//! What a person is told of their rights over what the base holds of them.

use super::sourced::Sourced;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// The path of the file.
pub const DATA_NOTICE: &str = "donnees-personnelles.toml";

/// The words of `ledger-rules/donnees-personnelles.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataNotice {
    /// The version of the format.
    pub format: u32,
    /// That a person may ask, and when they are answered: for whoever answers.
    #[serde(rename = "demande")]
    pub request: Sourced,
    /// What goes with their data, in the order of the paper.
    #[serde(rename = "information")]
    pub told: Vec<Sourced>,
}

impl DataNotice {
    /// Reads the file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not such a file.
    pub fn parse(path: &str, text: &str) -> Result<DataNotice, RuleFileError> {
        parse_toml(path, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../ledger-rules/donnees-personnelles.toml");

    #[test]
    fn each_sentence_names_its_article() {
        let notice = DataNotice::parse(DATA_NOTICE, FILE).unwrap();
        assert!(!notice.told.is_empty());
        for said in std::iter::once(&notice.request).chain(&notice.told) {
            assert!(said.article.contains("art. ") && !said.source.is_empty(), "{said:?}");
            assert!(said.cited().ends_with(&format!(" ({}).", said.article)), "{}", said.cited());
        }
        let error = DataNotice::parse(DATA_NOTICE, &FILE.replacen("article", "artcle", 1)).unwrap_err();
        assert!(error.line.is_some(), "{error}");
    }
}
