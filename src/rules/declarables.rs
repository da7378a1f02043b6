//! What can be declared of a person ("déclarables"): the vocabulary that rule files and files share.

use crate::funding::declared;
use crate::money::Amount;
use crate::words::{RuleFileError, fold, parse_toml};
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// The unit of a declared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Unit {
    /// Euros, to the centime.
    #[serde(rename = "euros")]
    Euros,
    /// A number, to the hundredth: hours, days, parts, a rank.
    #[serde(rename = "nombre")]
    Number,
    /// A percentage, to the hundredth.
    #[serde(rename = "pourcent")]
    Percent,
    /// Yes or no; a declaration without value says yes.
    #[serde(rename = "oui_non")]
    Flag,
}

impl Unit {
    /// Returns the word of the rule files.
    pub fn code(self) -> &'static str {
        match self {
            Unit::Euros => "euros",
            Unit::Number => "nombre",
            Unit::Percent => "pourcent",
            Unit::Flag => "oui_non",
        }
    }
}

/// How long a declaration holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Span {
    /// One calendar month.
    #[serde(rename = "mois")]
    Month,
    /// From a day, to another or until further notice.
    #[serde(rename = "periode")]
    Period,
    /// One day: an event.
    #[serde(rename = "jour")]
    Day,
}

/// One thing that can be declared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declarable {
    /// Its code, as in files and rules.
    pub code: String,
    /// Its French label; files may write it instead of the code.
    #[serde(rename = "libelle")]
    pub label: String,
    /// The unit of its value.
    #[serde(rename = "unite")]
    pub unit: Unit,
    /// How long it holds.
    #[serde(rename = "duree")]
    pub span: Span,
    /// The values that it may have; none: any value of its unit.
    #[serde(default, rename = "valeurs")]
    pub values: Vec<String>,
    /// It is about one dispositif, which must be named.
    #[serde(default, rename = "par_dispositif")]
    pub by_dispositif: bool,
}

/// The declarables of `ledger-rules/declarations.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declarables {
    /// The version of the format.
    #[serde(rename = "format")]
    pub format: u32,
    /// What can be declared.
    #[serde(rename = "declaration")]
    pub all: Vec<Declarable>,
}

impl Declarable {
    /// Returns true when it may have this value, in hundredths of its unit.
    pub fn admits(&self, hundredths: i64) -> bool {
        let same = |value: &String| Amount::parse(value).is_ok_and(|value| value.centimes() == hundredths);
        self.values.is_empty() || self.values.iter().any(same)
    }
}

impl Declarables {
    /// Reads the file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not such a file, when a word would mean two things, or when what a file of
    /// parcours declares is not there.
    pub fn parse(path: &str, text: &str) -> Result<Declarables, RuleFileError> {
        let read: Declarables = parse_toml(path, text)?;
        let fault =
            |near: &str, message: String| RuleFileError::near(path, text, &format!("\"{near}\""), message);
        let mut words: FxHashMap<String, usize> = FxHashMap::default();
        for (rank, one) in read.all.iter().enumerate() {
            if one.code == declared::ELSEWHERE || fold(&one.code).is_empty() {
                return Err(fault(&one.code, format!("« {} » n'est pas un code possible", one.code)));
            }
            if let Some(value) = one.values.iter().find(|value| Amount::parse(value).is_err()) {
                return Err(fault(value, format!("« {value} » n'est pas un nombre (« {} »)", one.code)));
            }
            for word in [&one.code, &one.label] {
                if *words.entry(fold(word)).or_insert(rank) != rank {
                    return Err(fault(word, format!("« {word} » nomme déjà une autre déclaration")));
                }
            }
        }
        for code in [declared::PARCOURS, declared::EXTENSION, declared::RENEWAL] {
            let kept = |one: &Declarable| {
                one.code == code && one.by_dispositif && one.unit == Unit::Flag && one.span == Span::Period
            };
            if !read.all.iter().any(kept) {
                return Err(fault(
                    code,
                    format!(
                        "« {code} » doit rester, en oui_non, par période et par dispositif : denier importer parcours l'écrit"
                    ),
                ));
            }
        }
        Ok(read)
    }

    /// Returns the one that answers to a code, or to a label whatever its case and accents.
    pub fn find(&self, word: &str) -> Option<&Declarable> {
        let folded = fold(word);
        self.all
            .iter()
            .find(|one| one.code == word || fold(&one.code) == folded || fold(&one.label) == folded)
    }
}
