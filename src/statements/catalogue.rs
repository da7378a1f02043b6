//! All the rule files of statements, and which one is for a year.

use super::checks::Controls;
use super::grants::Subsidies;
use super::layout::{Layout, Statement};
use super::plan::Plan;
use crate::calendar::Date;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// The folder of these files.
const FOLDER: &str = "etats/";
/// The chart of accounts.
const PLAN: &str = "plan-comptable.csv";

/// What a file of the folder is.
#[derive(Deserialize)]
struct Heading {
    etat: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    CompteDeResultat,
    Bilan,
    Subventions,
    Controles,
}

/// The layouts of statements with what they need, read and checked.
#[derive(Clone, Debug)]
pub struct StatementRules {
    /// The chart of accounts.
    pub plan: Plan,
    layouts: Vec<Layout>,
    subsidies: Vec<Subsidies>,
    controls: Vec<Controls>,
}

impl StatementRules {
    /// Returns true for a path that [`StatementRules::parse`] reads.
    pub fn holds(path: &str) -> bool {
        path == PLAN || path.strip_prefix(FOLDER).is_some_and(|name| name.ends_with(".toml"))
    }

    /// Reads the chart of accounts and the files of `etats/` among these rule files.
    ///
    /// # Errors
    /// At the first fault of a file; when the chart is absent; when two files are for the same years.
    pub fn parse(files: &[(String, String)]) -> Result<StatementRules, RuleFileError> {
        let absent = || RuleFileError::of_file(PLAN, "ce fichier est absent des règles".to_string());
        let (path, text) = files.iter().find(|(path, _)| path == PLAN).ok_or_else(absent)?;
        let plan = Plan::parse(path, text)?;
        let mut rules =
            StatementRules { plan, layouts: Vec::new(), subsidies: Vec::new(), controls: Vec::new() };
        for (path, text) in files.iter().filter(|(path, _)| path != PLAN && StatementRules::holds(path)) {
            // What stands before the first table is the heading, and is read alone.
            let heading = text.find("\n[").map_or(text.as_str(), |end| &text[..=end]);
            rules.add(path, text, &parse_toml::<Heading>(path, heading)?.etat)?;
        }
        Ok(rules)
    }

    fn add(&mut self, path: &str, text: &str, kind: &Kind) -> Result<(), RuleFileError> {
        let twice = |code: &str| {
            let message = format!("« {code} » : un autre fichier vaut pour les mêmes exercices (du, jusqua)");
            Err(RuleFileError::near(path, text, "du =", message))
        };
        match kind {
            Kind::CompteDeResultat | Kind::Bilan => {
                let layout = Layout::parse(path, text, &self.plan)?;
                let mut same = self.layouts.iter().filter(|other| other.statement == layout.statement);
                if same.any(|other| other.code == layout.code && other.years.meet(layout.years)) {
                    return twice(&layout.code);
                }
                self.layouts.push(layout);
            }
            Kind::Subventions => {
                let subsidies = Subsidies::parse(path, text)?;
                if self.subsidies.iter().any(|other| other.years.meet(subsidies.years)) {
                    return twice("subventions");
                }
                self.subsidies.push(subsidies);
            }
            Kind::Controles => {
                let controls = Controls::parse(path, text)?;
                if self.controls.iter().any(|other| other.years.meet(controls.years)) {
                    return twice("controles");
                }
                self.controls.push(controls);
            }
        }
        Ok(())
    }

    /// Returns the layout of this code for a year that opens on this day.
    pub fn layout(&self, statement: Statement, code: &str, opening: Date) -> Option<&Layout> {
        self.layouts_for(statement, opening).find(|layout| layout.code == code)
    }

    /// Returns the layouts of a statement for a year that opens on this day, in the order of their
    /// files.
    pub fn layouts_for(&self, statement: Statement, opening: Date) -> impl Iterator<Item = &Layout> {
        self.layouts.iter().filter(move |layout| layout.statement == statement && layout.years.hold(opening))
    }

    /// Returns what counts as a subsidy in a year that opens on this day.
    pub fn subsidies(&self, opening: Date) -> Option<&Subsidies> {
        self.subsidies.iter().find(|subsidies| subsidies.years.hold(opening))
    }

    /// Returns the cross-checks of a year that opens on this day.
    pub fn controls(&self, opening: Date) -> Option<&Controls> {
        self.controls.iter().find(|controls| controls.years.hold(opening))
    }
}
