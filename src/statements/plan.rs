//! The chart of accounts ("plan comptable"): numbers and labels, read from a rule file.

use crate::words::RuleFileError;
use std::collections::BTreeMap;

/// The heading of the file.
const HEADING: &str = "numero;libelle;classe;nature";

/// The chart of accounts of associations.
#[derive(Clone, Debug)]
pub struct Plan {
    labels: BTreeMap<String, String>,
}

impl Plan {
    /// Reads `plan-comptable.csv`; `path` is only for the message.
    ///
    /// # Errors
    /// At the first line that is no account, or an account given twice.
    pub fn parse(path: &str, text: &str) -> Result<Plan, RuleFileError> {
        let mut labels = BTreeMap::new();
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let fault = |at: usize, message: String| RuleFileError {
            path: path.to_string(),
            line: Some((at + 1, 1)),
            message,
            excerpt: String::new(),
        };
        if lines.next().is_none_or(|(_, heading)| heading != HEADING) {
            return Err(fault(0, format!("la première ligne est « {HEADING} »")));
        }
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split(';').collect();
            let [number, label, class, _] = cells[..] else {
                return Err(fault(at, "quatre colonnes, séparées par des points-virgules".into()));
            };
            if !is_prefix(number) || !number.starts_with(class) || class.len() != 1 {
                return Err(fault(
                    at,
                    format!(
                        "compte « {number} » de la classe « {class} » : des chiffres, le premier est la classe"
                    ),
                ));
            }
            if labels.insert(number.to_string(), label.to_string()).is_some() {
                return Err(fault(at, format!("le compte {number} est donné deux fois")));
            }
        }
        Ok(Plan { labels })
    }

    /// Returns the label of an account of the plan.
    pub fn label(&self, account: &str) -> Option<&str> {
        self.labels.get(account).map(String::as_str)
    }

    /// Returns the numbers of the plan with their labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(number, label)| (number.as_str(), label.as_str()))
    }

    /// Returns the accounts that entries may use: of three digits or more, or of two without
    /// subdivision.
    pub(super) fn in_use(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str).filter(|number| {
            let divided = || self.labels.keys().any(|other| other.len() > 2 && other.starts_with(*number));
            number.len() > 2 || (number.len() == 2 && !divided())
        })
    }
}

/// Returns true for the first digits of an account's number.
pub(super) fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_or_refused() {
        let heading = "numero;libelle;classe;nature\n";
        let plan = Plan::parse(
            "p.csv",
            &format!("{heading}60;Achats;6;charge\n606;Fournitures;6;charge\n58;Virements;5;actif\n"),
        );
        let plan = plan.unwrap();
        assert_eq!(plan.label("60"), Some("Achats"));
        assert_eq!(plan.in_use().collect::<Vec<_>>(), ["58", "606"]);
        let cases = [
            ("", "p.csv:1:1 : la première ligne est « numero;libelle;classe;nature »"),
            ("60;Achats;6\n", "p.csv:2:1 : quatre colonnes, séparées par des points-virgules"),
            (
                "60;Achats;7;charge\n",
                "p.csv:2:1 : compte « 60 » de la classe « 7 » : des chiffres, le premier est la classe",
            ),
            ("60;A;6;charge\n60;B;6;charge\n", "p.csv:3:1 : le compte 60 est donné deux fois"),
        ];
        for (lines, message) in cases {
            let text = if lines.is_empty() { String::new() } else { format!("{heading}{lines}") };
            assert_eq!(Plan::parse("p.csv", &text).unwrap_err().to_string(), message);
        }
    }
}
