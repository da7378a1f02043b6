//! The examples that each rule file carries, run by the same judge as real aids.

use super::format::{ExampleFile, ExpectedFile, PastAidFile};
use super::judge::{Case, Failure, judge};
use super::law::{Dispositif, Law};
use crate::calendar::{Date, Month};
use crate::funding::{Fact, Person};
use crate::ledger::Detail;
use crate::money::Amount;
use crate::words::fold;

/// One example, read.
#[derive(Clone, Debug)]
pub(super) struct Example {
    title: String,
    person: Person,
    nature: String,
    month: Month,
    requested_on: Option<Date>,
    decided_on: Option<Date>,
    paid_on: Option<Date>,
    amount: Amount,
    past: Vec<PastAid>,
    accepted: bool,
    reason: Option<String>,
    room: Option<Amount>,
}

#[derive(Clone, Debug)]
struct PastAid {
    dispositif: Option<String>,
    nature: String,
    month: Month,
    amount: Amount,
    decided_on: Option<Date>,
}

/// An example whose verdict is not the expected one.
#[derive(Clone, Debug)]
pub struct ExampleFailure {
    /// The dispositif.
    pub dispositif: String,
    /// The example.
    pub title: String,
    /// What was expected and what came, in French.
    pub message: String,
}

impl Example {
    pub(super) fn from_file(file: ExampleFile) -> Result<Example, String> {
        let day = |day: Option<toml::value::Datetime>| {
            day.map(|day| Date::parse(&day.to_string()).ok_or_else(|| format!("date « {day} » illisible")))
                .transpose()
        };
        let accepted = file.attendu == ExpectedFile::Accepted;
        if accepted && (file.motif.is_some() || file.reste.is_some()) {
            return Err("un exemple accepté n'a ni motif ni reste".into());
        }
        if !accepted && file.motif.is_none() {
            return Err("un exemple refusé nomme la règle qui refuse (motif)".into());
        }
        Ok(Example {
            title: file.titre,
            person: Person {
                id: 0,
                born_on: day(file.naissance)?,
                rqth: file.rqth,
                situation: fold(&file.situation),
                insee: file.code_insee,
                site: 0,
            },
            nature: file.nature.unwrap_or_default(),
            month: month(&file.mois)?,
            requested_on: day(file.demande)?,
            decided_on: day(file.decision)?,
            paid_on: day(file.paiement)?,
            amount: amount(&file.montant)?,
            past: file.deja.into_iter().map(PastAid::from_file).collect::<Result<_, _>>()?,
            accepted,
            reason: file.motif,
            room: file.reste.as_deref().map(amount).transpose()?,
        })
    }

    fn run(&self, law: &Law, rank: u16) -> Result<(), String> {
        let dispositif = law.get(rank);
        let facts = self.past.iter().map(|past| past.fact(law, rank)).collect::<Result<Vec<_>, _>>()?;
        let case = Case {
            person: &self.person,
            dispositif: rank,
            nature_type: dispositif.nature_type(&self.nature),
            month: self.month,
            requested_on: self.requested_on,
            decided_on: self.decided_on,
            counted_on: self.decided_on.or(self.requested_on).unwrap_or_else(|| self.month.first_day()),
            paid_on: self.paid_on,
            amount: self.amount,
        };
        let mut failures = Vec::new();
        judge(law, &case, facts.iter(), &mut failures);
        let reasons: Vec<String> = failures.iter().map(|failure| reason(dispositif, failure)).collect();
        match (&self.reason, failures.is_empty()) {
            _ if self.accepted && failures.is_empty() => Ok(()),
            _ if self.accepted => Err(format!("attendu accepté, refusé par : {}", reasons.join(", "))),
            (_, true) => Err("attendu refusé, accepté".into()),
            (Some(expected), false) => {
                let Some(failure) = failures.iter().find(|failure| reason(dispositif, failure) == *expected)
                else {
                    return Err(format!(
                        "attendu refusé par « {expected} », refusé par : {}",
                        reasons.join(", ")
                    ));
                };
                match (self.room, failure.detail) {
                    (Some(expected), Detail::Cap { bound, used, .. })
                        if (bound - used).or_zero() == expected =>
                    {
                        Ok(())
                    }
                    (Some(expected), Detail::Cap { bound, used, .. }) => Err(format!(
                        "reste attendu {}, trouvé {}",
                        expected.to_french(),
                        (bound - used).or_zero().to_french()
                    )),
                    (Some(_), _) => Err("cette règle n'a pas de reste".into()),
                    (None, _) => Ok(()),
                }
            }
            (None, false) => unreachable!("a refused example names its reason"),
        }
    }
}

/// The code by which an example names a failure: the rule's, else the finding's.
fn reason(dispositif: &Dispositif, failure: &Failure) -> String {
    match failure.rule {
        Some(rule) => dispositif.rules[usize::from(rule)].code.clone(),
        None => failure.code.text().to_string(),
    }
}

impl PastAid {
    fn from_file(file: PastAidFile) -> Result<PastAid, String> {
        let decided_on = file
            .decision
            .map(|day| Date::parse(&day.to_string()).ok_or_else(|| format!("date « {day} » illisible")))
            .transpose()?;
        Ok(PastAid {
            dispositif: file.dispositif,
            nature: file.nature.unwrap_or_default(),
            month: month(&file.mois)?,
            amount: amount(&file.montant)?,
            decided_on,
        })
    }

    fn fact(&self, law: &Law, own: u16) -> Result<Fact, String> {
        let dispositif = match &self.dispositif {
            None => own,
            Some(code) => {
                law.rank(code).ok_or_else(|| format!("dispositif inconnu « {code} » dans « deja »"))?
            }
        };
        let nature_type = law.get(dispositif).nature_type(&self.nature);
        Ok(Fact {
            dispositif,
            nature_type: nature_type
                .ok_or_else(|| format!("nature inconnue « {} » dans « deja »", self.nature))?,
            decision: 1,
            month: self.month,
            decided_on: self.decided_on.unwrap_or_else(|| self.month.first_day()),
            paid_on: None,
            amount: self.amount,
            irregular: false,
            undated: false,
        })
    }
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("mois « {text} » illisible"))
}

fn amount(text: &str) -> Result<Amount, String> {
    Amount::parse(text).map_err(|_| format!("montant « {text} » illisible"))
}

/// Runs every example of the law; returns how many were run, and those that fail.
pub fn run_examples(law: &Law) -> (usize, Vec<ExampleFailure>) {
    let mut run = 0;
    let mut failures = Vec::new();
    for (rank, dispositif) in law.dispositifs.iter().enumerate() {
        let rank = u16::try_from(rank).expect("few dispositifs");
        for example in &dispositif.examples {
            run += 1;
            if let Err(message) = example.run(law, rank) {
                failures.push(ExampleFailure {
                    dispositif: dispositif.code.clone(),
                    title: example.title.clone(),
                    message,
                });
            }
        }
    }
    (run, failures)
}
