//! A sentence of the law in the words of a rule file, and where it comes from.

use serde::Deserialize;

/// One sentence, and where it comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced {
    /// What it is called; some have no name.
    #[serde(default, rename = "libelle")]
    pub label: String,
    /// What is said.
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

impl Sourced {
    /// Returns the sentence with its article in brackets.
    pub fn cited(&self) -> String {
        format!("{} ({}).", self.text.trim().trim_end_matches('.'), self.article)
    }
}
