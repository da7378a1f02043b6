//! The law as the judge reads it: dispositifs with their dated values and rules.

use super::declarables::{Declarables, Unit};
use super::examples::Example;
use super::rule::{Base, Rule, RuleKind};
use crate::calendar::{Date, Month};
use crate::ledger::seal::Digest;
use crate::money::Amount;
use crate::words::{RuleFileError, fold, unknown};

/// A word as its author wrote it, and as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// As written.
    pub text: String,
    /// Without case, accents or punctuation.
    pub folded: String,
}

impl Written {
    /// Keeps a word.
    pub fn new(text: &str) -> Written {
        Written { text: text.to_string(), folded: fold(text) }
    }
}

/// How sure a value or a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The text was read.
    Confirmed,
    /// One territory's own rule, to be edited by each structure.
    Local,
    /// No text was read: to be checked before relying on it.
    Unverified,
}

impl Certainty {
    /// Returns the French word of the rule files.
    pub fn label(self) -> &'static str {
        match self {
            Certainty::Confirmed => "confirmé",
            Certainty::Local => "local",
            Certainty::Unverified => "à vérifier",
        }
    }
}

/// Where a value or a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The article.
    pub article: String,
    /// The page or document read.
    pub source: String,
    /// How sure it is.
    pub certainty: Certainty,
}

/// A day among those of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDate {
    /// The request.
    Request,
    /// The decision.
    Decision,
    /// The first day of the month of right.
    FirstOfMonth,
    /// The payment.
    Payment,
}

/// A value that changes with the law.
#[derive(Clone, Debug)]
pub struct DatedValue {
    /// Its code in the file.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Its periods, oldest first, without overlap.
    pub periods: Vec<Period>,
}

/// A value and the days between which it holds.
#[derive(Clone, Debug)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day, or for ever.
    pub to: Option<Date>,
    /// The value in hundredths of its unit: centimes, hundredths of a percent.
    pub amount: Amount,
    /// Where it comes from.
    pub source: Source,
}

impl DatedValue {
    /// Returns the period in force on a day, if any: an absent value accepts nothing.
    pub fn on(&self, day: Date) -> Option<&Period> {
        self.periods
            .iter()
            .rev()
            .find(|period| period.from <= day)
            .filter(|period| period.to.is_none_or(|to| day <= to))
    }
}

/// How a dispositif's envelopes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeUse {
    /// No local envelope: credits follow the grants (crédits évaluatifs).
    None,
    /// A local envelope, whose year follows this date.
    Local(OnDate),
}

/// How a dispositif's aids are booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Its envelope.
    pub envelope: EnvelopeUse,
    /// What is left at year-end is carried over rather than lost.
    pub carried_over: bool,
    /// What is recovered goes back to the envelope rather than to the funder.
    pub recovered_to_envelope: bool,
    /// The route to the general book: `fonds-propres`, `mandat` or `hors-bilan`.
    pub general_book: &'static str,
}

/// What a verification says of a file that can be read.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The place and the words.
    pub fault: RuleFileError,
    /// It keeps the file from being published.
    pub blocks: bool,
}

/// One dispositif under its rule file.
#[derive(Clone, Debug)]
pub struct Dispositif {
    /// The path of its file, for messages.
    pub path: String,
    /// Its code.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// The funder where a line names none.
    pub funder: String,
    /// The payer where a line names none.
    pub payer: String,
    /// Its legal basis.
    pub legal_basis: String,
    /// First day on which it can be decided.
    pub opens: Date,
    /// Last day on which it can be decided.
    pub closes: Option<Date>,
    /// Where these days come from.
    pub opening_source: Source,
    /// How it is booked.
    pub booking: Booking,
    /// Nature types: label, and the natures in it. Empty: natures are free.
    pub nature_types: Vec<(String, Vec<Written>)>,
    /// Dated values.
    pub values: Vec<DatedValue>,
    /// Rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// What its author should know, placed in the file: it can be read and used all the same.
    pub remarks: Vec<Remark>,
    pub(super) examples: Vec<Example>,
    /// SHA-256 of the file's text: the version that is sealed with each aid.
    pub digest: Digest,
}

impl Dispositif {
    /// Returns the type of a nature: 0 where natures are free, `None` where it is not listed.
    pub fn nature_type(&self, nature: &str) -> Option<u8> {
        if self.nature_types.is_empty() {
            return Some(0);
        }
        let folded = fold(nature);
        let rank = self
            .nature_types
            .iter()
            .position(|(_, natures)| natures.iter().any(|nature| nature.folded == folded))?;
        u8::try_from(rank + 1).ok()
    }

    /// Returns the codes of the other dispositifs that its rules and its examples name.
    pub fn others(&self) -> impl Iterator<Item = &String> {
        self.rules.iter().flat_map(Rule::others).chain(self.examples.iter().flat_map(Example::others))
    }

    /// Returns the year of the envelope that an aid takes from, or `None` without envelope.
    pub fn envelope_year(&self, month: Month, decided_on: Date, paid_on: Option<Date>) -> Option<i16> {
        let EnvelopeUse::Local(on) = self.booking.envelope else { return None };
        let granted_on = decided_on.max(month.first_day());
        Some(match on {
            OnDate::Payment => paid_on.unwrap_or(granted_on).year(),
            OnDate::FirstOfMonth => month.year(),
            OnDate::Request | OnDate::Decision => decided_on.year(),
        })
    }
}

/// All dispositifs in force.
#[derive(Clone, Debug, Default)]
pub struct Law {
    /// The dispositifs, by code.
    pub dispositifs: Vec<Dispositif>,
}

impl Law {
    /// Makes a law of these dispositifs.
    pub fn new(mut dispositifs: Vec<Dispositif>) -> Law {
        dispositifs.sort_by(|a, b| a.code.cmp(&b.code));
        Law { dispositifs }
    }

    /// Returns the rank of a dispositif.
    pub fn rank(&self, code: &str) -> Option<u16> {
        let rank = self.dispositifs.binary_search_by(|dispositif| dispositif.code.as_str().cmp(code)).ok()?;
        u16::try_from(rank).ok()
    }

    /// Returns what no file can say alone: a rule that names a dispositif or a declaration that does
    /// not exist, a code defined twice. In French.
    ///
    /// `unread` are the codes of dispositifs whose files cannot be read: that they are not here is no
    /// fault of the others. Without declarables, declarations are not looked at.
    pub fn faults(&self, declarables: Option<&Declarables>, unread: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        for pair in self.dispositifs.windows(2).filter(|pair| pair[0].code == pair[1].code) {
            faults.push(format!("le dispositif « {} » est défini dans deux fichiers", pair[0].code));
        }
        let codes: Vec<&str> = self.dispositifs.iter().map(|dispositif| dispositif.code.as_str()).collect();
        let declared: Vec<&str> =
            declarables.iter().flat_map(|known| &known.all).map(|one| one.code.as_str()).collect();
        for dispositif in &self.dispositifs {
            for rule in &dispositif.rules {
                let at = format!(
                    "{}:{}:{} : règle « {} »",
                    dispositif.path, rule.place.0, rule.place.1, rule.code
                );
                let known = |code: &String| self.rank(code).is_some() || unread.contains(code);
                for code in rule.others().iter().filter(|code| !known(code)) {
                    faults.push(format!("{at} : le dispositif {}", unknown(code, &codes)));
                }
                let Some(declarables) = declarables else { continue };
                let units = mixed_units(dispositif, rule, declarables).into_iter();
                let wrong = units.chain(wrong_units(rule, declarables));
                faults.extend(wrong.map(|fault| format!("{at} : {fault}")));
                for code in rule.declarations() {
                    if !declared.contains(&code) {
                        faults.push(format!("{at} : le code de déclaration {}", unknown(code, &declared)));
                    }
                }
            }
        }
        faults
    }

    /// Returns the dispositif at this rank.
    pub fn get(&self, rank: u16) -> &Dispositif {
        &self.dispositifs[usize::from(rank)]
    }
}

/// Says which declarations a rule takes for what they are not: hours for euros, an amount for a yes.
fn wrong_units(rule: &Rule, declarables: &Declarables) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut wants = |code: &str, unit: Unit| {
        let told = declarables.all.iter().find(|one| one.code == code);
        if let Some(told) = told.filter(|told| told.unit != unit) {
            wrong.push(format!(
                "la déclaration « {code} » est en {} : il en faut ici une en {}",
                told.unit.code(),
                unit.code()
            ));
        }
    };
    if let Some(condition) = &rule.condition {
        for code in condition.or_declared.iter().chain(&condition.unless_declared) {
            wants(code, Unit::Flag);
        }
    }
    let (amounts, products) = rule.kind.bounds();
    for bound in &amounts {
        if let Base::Declared(code) = &bound.base {
            wants(code, Unit::Euros);
        }
    }
    for code in amounts.into_iter().chain(products).filter_map(|bound| bound.times_declared.as_ref()) {
        wants(code, Unit::Number);
    }
    match &rule.kind {
        RuleKind::Declared { per, unless, .. } => {
            per.iter().for_each(|code| wants(code, Unit::Number));
            unless.iter().for_each(|code| wants(code, Unit::Flag));
        }
        RuleKind::Parcours { extended, .. } => {
            extended.iter().for_each(|(_, code)| wants(code, Unit::Flag));
        }
        RuleKind::Wait { unless, .. } => unless.iter().for_each(|code| wants(code, Unit::Flag)),
        RuleKind::Due(formula) => {
            formula.deducted.iter().chain(&formula.tapered).for_each(|code| wants(code, Unit::Euros));
            for sanction in formula.sanctions.iter().filter(|sanction| sanction.part.is_none()) {
                wants(&sanction.declared, Unit::Percent);
            }
        }
        _ => {}
    }
    wrong
}

/// Says that a rule compares hours with euros, or adds them up.
fn mixed_units(dispositif: &Dispositif, rule: &Rule, declarables: &Declarables) -> Option<String> {
    let RuleKind::Declared { codes, minimum, maximum, .. } = &rule.kind else { return None };
    let told = |code: &String| declarables.all.iter().find(|one| one.code == *code).map(|one| one.unit);
    let bases = minimum.iter().chain(maximum).filter_map(|bound| match &bound.base {
        Base::Value(rank) => Some(dispositif.values[*rank].unit),
        Base::Declared(code) => told(code),
    });
    let mut units = codes.iter().filter_map(told).chain(bases);
    let first = units.next()?;
    let other = units.find(|unit| *unit != first)?;
    Some(format!("elle compare des {} et des {}", first.code(), other.code()))
}
