//! Who funds a line of the general book: the first rule that fits.

use crate::funding::AssignmentRule;
use crate::words::fold;
use rustc_hash::FxHashMap;

/// What rules look at on a line.
#[derive(Clone, Copy, Debug)]
pub struct AssignableLine<'a> {
    /// The entry, whose lines share their auxiliaries.
    pub entry: i64,
    /// Code of the journal.
    pub journal: &'a str,
    /// The account.
    pub account: &'a str,
    /// The analytic code.
    pub analytic: &'a str,
    /// The label.
    pub label: &'a str,
    /// The piece.
    pub piece: &'a str,
}

/// Rules made ready.
#[derive(Debug)]
pub struct Assigner<'a> {
    rules: Vec<(&'a AssignmentRule, String)>,
}

impl<'a> Assigner<'a> {
    /// Makes rules ready, in the order of their rank.
    pub fn new(rules: &'a [AssignmentRule]) -> Assigner<'a> {
        let mut rules: Vec<_> = rules.iter().map(|rule| (rule, fold(&rule.label_part))).collect();
        rules.sort_by_key(|(rule, _)| rule.rank);
        Assigner { rules }
    }

    /// Returns true when some rule looks at lines of this account.
    pub fn looks_at(&self, account: &str) -> bool {
        self.rules.iter().any(|(rule, _)| account.starts_with(&rule.account))
    }

    /// Returns the first rule that fits a line; `auxiliaries` are those of each entry's lines.
    pub fn rule_of(
        &self,
        line: &AssignableLine<'_>,
        auxiliaries: &FxHashMap<i64, Vec<&str>>,
    ) -> Option<&'a AssignmentRule> {
        let mut folded: Option<String> = None;
        self.rules
            .iter()
            .find(|(rule, label_part)| {
                line.account.starts_with(&rule.account)
                    && (rule.journal.is_empty() || rule.journal == line.journal)
                    && (rule.analytic.is_empty() || is_like(line.analytic, &rule.analytic))
                    && (rule.piece.is_empty() || is_like(line.piece, &rule.piece))
                    && (rule.auxiliary.is_empty()
                        || auxiliaries
                            .get(&line.entry)
                            .is_some_and(|codes| codes.iter().any(|code| is_like(code, &rule.auxiliary))))
                    && (label_part.is_empty()
                        || folded.get_or_insert_with(|| fold(line.label)).contains(label_part.as_str()))
            })
            .map(|(rule, _)| *rule)
    }
}

/// A code is the one wanted, or begins with it where it ends with `*`: « CC » is not « CCAS ».
fn is_like(code: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(code == wanted, |beginning| code.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(rank: u32, account: &str, auxiliary: &str, label_part: &str, funder: &str) -> AssignmentRule {
        AssignmentRule {
            rank,
            account: account.into(),
            auxiliary: auxiliary.into(),
            label_part: label_part.into(),
            funder: funder.into(),
            ..AssignmentRule::default()
        }
    }

    #[test]
    fn the_first_rule_that_fits_wins() {
        let rules = [
            rule(3, "74", "", "", "DIVERS"),
            rule(1, "7411", "ETAT-CEJ", "", "CEJ"),
            rule(2, "7411", "", "parrainage", "PARR"),
        ];
        let assigner = Assigner::new(&rules);
        assert!(is_like("CD-BRSA", "CD*") && !is_like("CCAS", "CC") && is_like("CC", "CC"));
        let auxiliaries = FxHashMap::from_iter([(1, vec!["F001", "ETAT-CEJ"]), (2, vec!["ETAT-PARR"])]);
        let cases = [
            ("741100", 1, "Solde", Some("CEJ")),
            ("741100", 2, "Solde PARRAINÂGE 2024", Some("PARR")),
            ("741100", 2, "Solde", Some("DIVERS")),
            ("741100", 3, "Solde", Some("DIVERS")),
            ("731000", 1, "Solde", None),
        ];
        for (account, entry, label, expected) in cases {
            let line = AssignableLine { entry, journal: "BQ", account, analytic: "", label, piece: "" };
            let found = assigner.rule_of(&line, &auxiliaries).map(|rule| rule.funder.as_str());
            assert_eq!(found, expected, "{account} {entry} {label}");
            assert_eq!(assigner.looks_at(account), account.starts_with("74"));
        }
    }
}
