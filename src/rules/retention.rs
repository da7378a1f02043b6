//! How long a person's identity is kept: durations of `ledger-rules/conservation.toml`, the longest wins.

use super::law::Certainty;
use crate::calendar::{Date, Month, Years};
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// From which day a duration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Since {
    /// The last day of the fiscal year of the last aid.
    #[serde(rename = "exercice")]
    FiscalYear,
    /// The last day of the civil year of the last aid.
    #[serde(rename = "annee")]
    CivilYear,
    /// The last day on which anything was learnt of the person.
    #[serde(rename = "dernier_fait")]
    LastFact,
}

/// One duration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    /// Its code.
    pub code: String,
    /// What it is for.
    #[serde(rename = "libelle")]
    pub label: String,
    /// How many years.
    #[serde(rename = "annees")]
    pub years: u8,
    /// From which day.
    #[serde(rename = "depuis")]
    pub since: Since,
    /// Only for aids of these funders, where it names some.
    #[serde(default, rename = "financeurs")]
    pub funders: Vec<String>,
    /// Only for aids of these dispositifs, where it names some.
    #[serde(default)]
    pub dispositifs: Vec<String>,
    /// The text that asks for it.
    pub source: String,
    /// How sure it is, in the words of the rule files.
    #[serde(rename = "certitude")]
    certainty: String,
}

impl Duration {
    /// Returns what it is for and the text that asks for it, in French.
    pub fn why(&self) -> String {
        let unsure =
            if self.certainty == Certainty::Unverified.label() { " — règle à vérifier" } else { "" };
        format!("{}, {}{unsure}", self.label, self.source)
    }
}

/// The durations of a base.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The version of the format.
    pub format: u32,
    /// The durations.
    #[serde(rename = "duree")]
    pub durations: Vec<Duration>,
}

/// The last day of a person's aids of one dispositif and funder.
#[derive(Clone, Debug)]
pub struct LastAid<'a> {
    /// Code of the dispositif.
    pub dispositif: &'a str,
    /// Code of the funder.
    pub funder: &'a str,
    /// The latest of its days: month of right, decision, request, payment, undue, recovery.
    pub day: Date,
}

impl Retention {
    /// Reads the file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not such a file, or nothing is kept for a person without aid.
    pub fn parse(path: &str, text: &str) -> Result<Retention, RuleFileError> {
        let retention: Retention = parse_toml(path, text)?;
        let for_all = |duration: &Duration| {
            duration.since == Since::LastFact
                && duration.funders.is_empty()
                && duration.dispositifs.is_empty()
        };
        if !retention.durations.iter().any(for_all) {
            let message = "il faut une durée qui vaut pour toute personne (depuis = \"dernier_fait\", sans financeurs ni dispositifs)";
            return Err(RuleFileError::of_file(path, message.to_string()));
        }
        let known = [Certainty::Confirmed, Certainty::Local, Certainty::Unverified].map(Certainty::label);
        for duration in &retention.durations {
            if !known.contains(&duration.certainty.as_str()) {
                let message = format!("certitude inconnue ; écrivez une de celles-ci : {}", known.join(", "));
                return Err(RuleFileError::near(path, text, &duration.certainty, message));
            }
        }
        Ok(retention)
    }

    /// Returns the last day on which a person's identity must be kept, and the duration that says so, from
    /// their last aids and the last day on which anything was learnt of them.
    ///
    /// # Panics
    /// Never: a file without a duration for everybody is refused.
    pub fn kept_until(&self, aids: &[LastAid<'_>], last_fact: Date, years: &Years) -> (Date, &Duration) {
        let ends = self.durations.iter().filter_map(|duration| {
            let names = |list: &[String], code: &str| list.is_empty() || list.iter().any(|one| one == code);
            let concerns = |aid: &&LastAid<'_>| {
                names(&duration.dispositifs, aid.dispositif) && names(&duration.funders, aid.funder)
            };
            let last_aid = aids.iter().filter(concerns).map(|aid| aid.day).max();
            let start = match duration.since {
                Since::FiscalYear => fiscal_year_end(last_aid?, years),
                Since::CivilYear => december(last_aid?),
                Since::LastFact if duration.funders.is_empty() && duration.dispositifs.is_empty() => {
                    last_aid.map_or(last_fact, |day| day.max(last_fact))
                }
                Since::LastFact => last_aid?,
            };
            Some((start.months_later(12 * u16::from(duration.years)), duration))
        });
        ends.max_by_key(|(end, _)| *end).expect("one duration is for everybody")
    }
}

fn december(day: Date) -> Date {
    Month::new(day.year(), 12).map_or(day, Month::last_day)
}

/// The end of the fiscal year that holds a day; of a year that is not open yet, that of its civil year.
fn fiscal_year_end(day: Date, years: &Years) -> Date {
    let year = years.named(years.code_of(day.month())).filter(|year| year.holds(day.month()));
    year.map_or_else(|| december(day), |year| year.last.last_day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::FiscalYear;

    const FILE: &str = include_str!("../../ledger-rules/conservation.toml");

    #[test]
    fn the_longest_duration_wins() {
        let retention = Retention::parse("conservation.toml", FILE).unwrap();
        let civil = Years::new(vec![FiscalYear::calendar(2014).unwrap()]).unwrap();
        let first = Month::parse("2014-09").unwrap();
        let school = Years::new(vec![FiscalYear { code: 2015, first, last: first.plus(11) }]).unwrap();
        let day = |text: &str| Date::parse(text).unwrap();
        let aid = |funder: &'static str, text: &str| LastAid { dispositif: "FAJ", funder, day: day(text) };
        for (aids, last_fact, years, end, code) in [
            (vec![], "2014-03-15", &civil, "2016-03-15", "accompagnement"),
            (vec![], "2012-02-29", &civil, "2014-02-28", "accompagnement"),
            (vec![aid("CD", "2014-03-15")], "2014-03-15", &civil, "2024-12-31", "comptable"),
            (
                vec![aid("CD", "2009-03-15"), aid("FSE", "2008-01-01")],
                "2010-01-01",
                &civil,
                "2019-12-31",
                "comptable",
            ),
            (vec![aid("CD", "2014-03-15")], "2023-06-01", &civil, "2025-06-01", "accompagnement"),
            (vec![aid("CD", "2014-10-01")], "2014-10-01", &school, "2025-08-31", "comptable"),
            (vec![aid("CD", "2014-03-15")], "2014-03-15", &school, "2024-08-31", "comptable"),
            (vec![aid("CD", "2016-03-15")], "2016-03-15", &school, "2026-12-31", "comptable"),
        ] {
            let (until, duration) = retention.kept_until(&aids, day(last_fact), years);
            assert_eq!((until, duration.code.as_str()), (day(end), code), "{aids:?} {last_fact}");
        }
    }

    #[test]
    fn a_duration_of_one_funder_is_for_its_aids() {
        let longer = FILE.replace("annees = 5", "annees = 15");
        let retention = Retention::parse("conservation.toml", &longer).unwrap();
        let years = Years::new(vec![FiscalYear::calendar(2014).unwrap()]).unwrap();
        let day = Date::parse("2014-03-15").unwrap();
        for (funder, code) in [("FSE", "fse_2021_2027"), ("CD", "comptable")] {
            let aid = LastAid { dispositif: "FAJ", funder, day };
            assert_eq!(retention.kept_until(&[aid], day, &years).1.code, code);
        }
    }

    #[test]
    fn a_file_without_a_duration_for_everybody_is_refused() {
        let only = FILE.replace("dernier_fait\"\nsource", "exercice\"\nsource");
        let error = Retention::parse("conservation.toml", &only).unwrap_err();
        assert!(error.message.starts_with("il faut une durée qui vaut pour toute personne"), "{error}");
        let unsure = FILE.replace("\"confirmé\"", "\"certaine\"");
        let error = Retention::parse("conservation.toml", &unsure).unwrap_err();
        assert!(error.message.starts_with("certitude inconnue") && error.line.is_some(), "{error}");
    }
}
