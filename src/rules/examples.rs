//! The examples that each rule file carries, run by the same judge as real aids.

use super::due::due;
use super::judge::{Case, Failure, judge};
use super::law::{Dispositif, Law};
use super::load::read_number;
use super::rule::RuleKind;
use crate::calendar::{Date, Month};
use crate::funding::{Declaration, Declared, Fact, Person};
use crate::ledger::Detail;
use crate::money::Amount;
use crate::words::{Keys, fold};

/// One example, read.
#[derive(Clone, Debug)]
pub(super) struct Example {
    title: String,
    place: (usize, usize),
    person: Person,
    declared: Vec<Declaration>,
    nature: String,
    month: Month,
    requested_on: Option<Date>,
    decided_on: Option<Date>,
    paid_on: Option<Date>,
    committee: bool,
    amount: Amount,
    past: Vec<PastAid>,
    accepted: bool,
    reason: Option<String>,
    alone: bool,
    room: Option<Amount>,
    due: Option<Amount>,
}

#[derive(Clone, Debug)]
struct PastAid {
    dispositif: Option<String>,
    nature: String,
    month: Month,
    amount: Amount,
    decided_on: Option<Date>,
    elsewhere: bool,
}

/// An example whose verdict is not the expected one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path}:{}:{} : exemple « {title} » : {message}", place.0, place.1)]
pub struct ExampleFailure {
    /// The dispositif.
    pub dispositif: String,
    /// Its file.
    pub path: String,
    /// Line and column of the example.
    pub place: (usize, usize),
    /// The example.
    pub title: String,
    /// What was expected and what came, in French.
    pub message: String,
}

impl Example {
    /// Reads one `[[exemple]]`; its faults are kept by the sheet.
    pub(super) fn from_keys(keys: &Keys<'_, '_>) -> Option<Example> {
        let title = keys.text("titre");
        let person = Person {
            id: 0,
            born_on: keys.optional_date("naissance"),
            rqth: keys.flag("rqth"),
            situation: fold(&keys.optional_text("situation").unwrap_or_default()),
            insee: keys.optional_text("code_insee").unwrap_or_default(),
            site: 0,
        };
        let nature = keys.optional_text("nature").unwrap_or_default();
        let month = read_month(keys);
        let requested_on = keys.optional_date("demande");
        let decided_on = keys.optional_date("decision");
        let paid_on = keys.optional_date("paiement");
        let committee = keys.flag("instance");
        let amount = read_number(keys, "montant");
        let past: Vec<Option<PastAid>> = keys.tables("deja").iter().map(PastAid::from_keys).collect();
        let declared: Vec<Option<Declaration>> =
            keys.tables("declarations").iter().map(read_declaration).collect();
        let accepted = keys.word("attendu", &[("accepté", true), ("refusé", false)]);
        let reason = keys.optional_text("motif");
        let alone = keys.flag("seul");
        let room = if keys.has("reste") { read_number(keys, "reste") } else { None };
        let due = if keys.has("montant_du") { read_number(keys, "montant_du") } else { None };
        match accepted {
            Some(true) if reason.is_some() || room.is_some() || alone => {
                keys.fault("attendu", "un exemple accepté n'a ni « motif » ni « reste » ni « seul »");
            }
            Some(false) if reason.is_none() => {
                keys.fault("attendu", "un exemple refusé nomme la règle qui refuse : motif = \"…\"");
            }
            _ => {}
        }
        keys.finish();
        Some(Example {
            title: title?,
            place: keys.place(),
            person,
            declared: declared.into_iter().collect::<Option<_>>()?,
            nature,
            month: month?,
            requested_on,
            decided_on,
            paid_on,
            committee,
            amount: amount?,
            past: past.into_iter().collect::<Option<_>>()?,
            accepted: accepted?,
            reason,
            alone,
            room,
            due,
        })
    }

    /// Returns the codes of the dispositifs of the aids already granted.
    pub(super) fn others(&self) -> impl Iterator<Item = &String> {
        self.past.iter().filter_map(|past| past.dispositif.as_ref())
    }

    /// The judge adds amounts up: those of an example may be beyond all measure, those of a file are not.
    fn adds_up(&self) -> bool {
        let past = self.past.iter().map(|past| past.amount.centimes());
        let mut values = past.chain(self.declared.iter().map(|declared| declared.value));
        values.try_fold(self.amount.centimes(), i64::checked_add).is_some()
    }

    fn run(&self, law: &Law, rank: u16) -> Result<(), String> {
        if !self.adds_up() {
            return Err("ses montants sont trop grands pour être additionnés".into());
        }
        let dispositif = law.get(rank);
        let facts = |elsewhere: bool| {
            let past = self.past.iter().filter(move |past| past.elsewhere == elsewhere);
            past.map(|past| past.fact(law, rank)).collect::<Result<Vec<_>, _>>()
        };
        let own_code = |declaration: &Declaration| {
            let mut declaration = declaration.clone();
            if declaration.dispositif.is_empty() {
                declaration.dispositif.clone_from(&dispositif.code);
            }
            declaration
        };
        let mut declared =
            Declared { declarations: self.declared.iter().map(own_code).collect(), elsewhere: facts(true)? };
        declared.declarations.sort_by_key(|declaration| declaration.from);
        let facts = facts(false)?;
        let case = Case {
            person: &self.person,
            declared: &declared,
            dispositif: rank,
            nature_type: dispositif.nature_type(&self.nature),
            month: self.month,
            requested_on: self.requested_on,
            decided_on: self.decided_on,
            counted_on: self.decided_on.or(self.requested_on).unwrap_or_else(|| self.month.first_day()),
            paid_on: self.paid_on,
            committee: self.committee,
            amount: self.amount,
        };
        if let Some(expected) = self.due {
            let formula = dispositif.rules.iter().find_map(|rule| match &rule.kind {
                RuleKind::Due(formula) => Some(formula),
                _ => None,
            });
            let formula = formula.ok_or("montant_du : ce dispositif n'a pas de règle « montant_du »")?;
            let found = due(dispositif, formula, &case).map(|due| due.amount);
            if found != Some(expected) {
                let found = found.map_or("aucun forfait".to_string(), Amount::to_french);
                return Err(format!("montant dû attendu {}, trouvé {found}", expected.to_french()));
            }
        }
        let mut failures = Vec::new();
        judge(law, &case, facts.iter(), &mut failures);
        failures.retain(|failure| !failure.noted);
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
                if self.alone && failures.len() > 1 {
                    return Err(format!(
                        "attendu refusé par « {expected} » seul, refusé par : {}",
                        reasons.join(", ")
                    ));
                }
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
    fn from_keys(keys: &Keys<'_, '_>) -> Option<PastAid> {
        let (dispositif, nature) = (keys.optional_text("dispositif"), keys.optional_text("nature"));
        let (month, amount) = (read_month(keys), read_number(keys, "montant"));
        let decided_on = keys.optional_date("decision");
        let elsewhere = keys.flag("ailleurs");
        keys.finish();
        let nature = nature.unwrap_or_default();
        Some(PastAid { dispositif, nature, month: month?, amount: amount?, decided_on, elsewhere })
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

fn read_month(keys: &Keys<'_, '_>) -> Option<Month> {
    let text = keys.text("mois")?;
    let month = Month::parse(&text);
    if month.is_none() {
        keys.fault("mois", format!("« {text} » : écrivez le mois comme \"2024-05\""));
    }
    month
}

/// Reads `{ declaration, mois }` or `{ declaration, du, au }`, with a value unless it only says yes.
fn read_declaration(keys: &Keys<'_, '_>) -> Option<Declaration> {
    let code = keys.text("declaration");
    let dispositif = keys.optional_text("dispositif").unwrap_or_default();
    let month = if keys.has("mois") { Some(read_month(keys)?) } else { None };
    let (from, to) = (keys.optional_date("du"), keys.optional_date("au"));
    let value = if keys.has("valeur") { read_number(keys, "valeur")? } else { Amount::from_centimes(100) };
    if month.is_some() == from.is_some() {
        keys.fault("declaration", "une déclaration d'exemple a « mois », ou « du » et au besoin « au »");
    }
    keys.finish();
    let (from, to) = match month {
        Some(month) => (month.first_day(), Some(month.last_day())),
        None => (from?, to),
    };
    Some(Declaration { code: code?, dispositif, from, to, value: value.centimes() })
}

/// Runs the examples of the dispositifs that are `wanted`; returns how many were run, and those that fail.
pub fn run_examples(law: &Law, mut wanted: impl FnMut(&Dispositif) -> bool) -> (usize, Vec<ExampleFailure>) {
    let mut run = 0;
    let mut failures = Vec::new();
    for (rank, dispositif) in law.dispositifs.iter().enumerate().filter(|(_, one)| wanted(one)) {
        let rank = u16::try_from(rank).expect("few dispositifs");
        for example in &dispositif.examples {
            run += 1;
            if let Err(message) = example.run(law, rank) {
                failures.push(ExampleFailure {
                    dispositif: dispositif.code.clone(),
                    path: dispositif.path.clone(),
                    place: example.place,
                    title: example.title.clone(),
                    message,
                });
            }
        }
    }
    (run, failures)
}
