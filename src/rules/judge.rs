//! The judge: one case, the person's living aids and declarations, the law → the rules that fail.
//!
//! Every rule is evaluated, none hides another. Nothing is allocated for a case that passes, but by
//! the rules that work out an amount due.

use super::bound::{self, NoBound};
use super::declared_sum::declared_sum;
use super::due::{due, forfait};
use super::law::{Dispositif, Law, OnDate, Source};
use super::parcours::{is_outside_parcours, parcours_of, parcours_rule, wait_rule};
use super::rule::{Base, Condition, Formula, Rule, RuleKind, Undeclared, Window};
use super::window::over;
use crate::calendar::{Date, Month};
use crate::funding::{Declared, Fact, Person};
use crate::ledger::{Code, Detail};
use crate::money::Amount;

/// One aid to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// To whom.
    pub person: &'a Person,
    /// What is declared of them.
    pub declared: &'a Declared,
    /// Under which dispositif, by rank.
    pub dispositif: u16,
    /// The type of its nature; `None` where the dispositif does not list it.
    pub nature_type: Option<u8>,
    /// Month of right.
    pub month: Month,
    /// Request, if known.
    pub requested_on: Option<Date>,
    /// Decision, if known.
    pub decided_on: Option<Date>,
    /// The day on which it counts as decided, known or not.
    pub counted_on: Date,
    /// Payment, if paid.
    pub paid_on: Option<Date>,
    /// A committee decided it.
    pub committee: bool,
    /// Amount.
    pub amount: Amount,
}

/// A rule that fails, or that has something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub code: Code,
    /// The rule's rank, unless the dispositif itself is at fault.
    pub rule: Option<u16>,
    /// The field of the file that says it.
    pub field: &'static str,
    /// The numbers.
    pub detail: Detail,
    /// It is only noted: the aid is regular.
    pub noted: bool,
}

/// What one rule says of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The case is none of its business.
    Idle,
    /// A committee waived it.
    Waived,
    /// Not checked: a declaration is missing, and the rule admits it.
    Unchecked,
    /// Kept, with its numbers.
    Kept(Detail),
    /// Kept, and worth a note.
    Noted(Code, &'static str, Detail),
    /// Broken.
    Broken(Code, &'static str, Detail),
}

impl Case<'_> {
    fn day(&self, on: &[OnDate]) -> Date {
        let known = on.iter().find_map(|on| match on {
            OnDate::Request => self.requested_on,
            OnDate::Decision => self.decided_on,
            OnDate::Payment => self.paid_on,
            OnDate::FirstOfMonth => Some(self.month.first_day()),
        });
        known.unwrap_or_else(|| self.month.first_day())
    }
}

/// Adds to `failures` every rule that this case breaks, given the person's living `facts`; where one
/// refuses whatever the amount, nothing is due, and nothing is noted of the amount.
pub fn judge<'f>(
    law: &Law,
    case: &Case<'f>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
    failures: &mut Vec<Failure>,
) {
    let dispositif = law.get(case.dispositif);
    for (code, field, detail) in at_the_door(dispositif, case).into_iter().flatten() {
        failures.push(Failure { code, rule: None, field, detail, noted: false });
    }
    for (rank, rule) in dispositif.rules.iter().enumerate() {
        let (noted, (code, field, detail)) = match assess(law, rule, case, facts.clone()) {
            Outcome::Broken(code, field, detail) => (false, (code, field, detail)),
            Outcome::Noted(code, field, detail) => (true, (code, field, detail)),
            Outcome::Idle | Outcome::Waived | Outcome::Unchecked | Outcome::Kept(_) => continue,
        };
        failures.push(Failure { code, rule: u16::try_from(rank).ok(), field, detail, noted });
    }
    if failures.iter().any(|failure| !failure.noted && !matches!(failure.detail, Detail::Cap { .. })) {
        failures.retain(|failure| !failure.noted);
    }
}

type Said = (Code, &'static str, Detail);

/// What the dispositif itself says, before any rule: its opening, its natures.
pub(super) fn at_the_door(dispositif: &Dispositif, case: &Case<'_>) -> [Option<Said>; 2] {
    let decided_on = case.counted_on;
    let outside = if decided_on < dispositif.opens {
        Some(dispositif.opens)
    } else {
        dispositif.closes.filter(|closes| decided_on > *closes)
    };
    let outside = outside
        .map(|bound| (Code::OutsideOpening, "date_decision", Detail::Dates { found: decided_on, bound }));
    let nature = case.nature_type.is_none().then_some((Code::UnknownNature, "nature", Detail::None));
    [outside, nature]
}

/// Returns true when a rule is about the aids of this month, nature and person.
pub(super) fn applies(dispositif: &Dispositif, rule: &Rule, case: &Case<'_>) -> bool {
    // A cap over twelve months holds in each month where a stretch ends, this one or a later.
    let rolls = matches!(
        rule.kind,
        RuleKind::Cap { window: Window::TwelveMonths, .. }
            | RuleKind::Count { window: Window::TwelveMonths, .. }
    );
    (rolls || rule.holds_in(case.month))
        && rule.concerns(case.nature_type)
        && rule.condition.as_ref().is_none_or(|condition| meets(dispositif, condition, case))
}

/// A condition on an unknown age is met: the rule that needs it says that the birth is unknown.
fn meets(dispositif: &Dispositif, condition: &Condition, case: &Case<'_>) -> bool {
    if condition.unless_declared.as_ref().is_some_and(|code| is_declared(dispositif, case, code)) {
        return false;
    }
    if let Some((code, least, most)) = &condition.declared {
        let told = case.declared.in_month(code, &dispositif.code, case.month);
        if !told.is_some_and(|told| (*least..=*most).contains(&told.value)) {
            return false;
        }
    }
    let Some(born_on) = case.person.born_on else { return true };
    let age = case.day(&condition.on).age_of(born_on);
    (condition.minimum.is_none_or(|minimum| age >= minimum)
        && condition.maximum.is_none_or(|maximum| age <= maximum))
        || condition.or_declared.as_ref().is_some_and(|code| is_declared(dispositif, case, code))
}

pub(super) fn is_declared(dispositif: &Dispositif, case: &Case<'_>, code: &str) -> bool {
    case.declared.in_month(code, &dispositif.code, case.month).is_some_and(|told| told.value > 0)
}

/// Says what one rule makes of a case, given the person's living `facts`.
pub(super) fn assess<'f>(
    law: &Law,
    rule: &Rule,
    case: &Case<'f>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Outcome {
    if !applies(law.get(case.dispositif), rule, case) {
        return Outcome::Idle;
    }
    // What came back whole is as if it had never been given.
    let facts = facts.filter(|fact| !fact.amount.is_zero()).chain(&case.declared.elsewhere);
    let said = weigh(law, rule, case, facts);
    match said {
        Outcome::Broken(..) if rule.waived_by_committee && case.committee => Outcome::Waived,
        said => said,
    }
}

fn weigh<'f>(
    law: &Law,
    rule: &Rule,
    case: &Case<'f>,
    mut facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Outcome {
    let dispositif = law.get(case.dispositif);
    let counts = |fact: &&Fact, with: &[String]| {
        if fact.dispositif == case.dispositif {
            rule.natures.is_empty() || rule.natures.contains(&fact.nature_type)
        } else {
            !with.is_empty() && with.contains(&law.get(fact.dispositif).code)
        }
    };
    match &rule.kind {
        RuleKind::Age { on, minimum, maximum, maximum_rqth } => {
            let maximum = if case.person.rqth { *maximum_rqth } else { *maximum };
            age(case, case.day(on), *minimum, maximum, field_of(on, case))
        }
        RuleKind::Situation { excluded } => {
            if excluded.iter().any(|word| word.folded == case.person.situation) {
                Outcome::Broken(Code::ExcludedSituation, "numero_beneficiaire", Detail::None)
            } else {
                Outcome::Kept(Detail::None)
            }
        }
        RuleKind::Territory { prefixes } => {
            if prefixes.iter().any(|prefix| case.person.insee.starts_with(prefix.as_str())) {
                Outcome::Kept(Detail::None)
            } else {
                Outcome::Broken(Code::OutsideTerritory, "numero_beneficiaire", Detail::None)
            }
        }
        // What a month outside every declared parcours takes would be counted nowhere.
        RuleKind::Cap { window: Window::Parcours, .. } | RuleKind::Count { window: Window::Parcours, .. }
            if is_outside_parcours(dispositif, case) =>
        {
            Outcome::Broken(Code::OutsideParcours, "mois", Detail::None)
        }
        RuleKind::Cap { window, bound, with } => {
            let counted = facts.filter(|fact| counts(fact, with));
            let bound_in = |month: Month| bound::amount(dispositif, bound, case.declared, month);
            let summed =
                |amounts: &mut dyn Iterator<Item = &'f Fact>| amounts.map(|fact| fact.amount).sum::<Amount>();
            match over(dispositif, rule, *window, case, counted, bound_in, summed) {
                Ok(None) => Outcome::Idle,
                Ok(Some(sum)) => {
                    let detail = Detail::Cap {
                        bound: sum.bound,
                        used: sum.used,
                        asked: case.amount,
                        until: sum.until,
                    };
                    if sum.used + case.amount > sum.bound {
                        Outcome::Broken(Code::CapExceeded, "montant", detail)
                    } else {
                        Outcome::Kept(detail)
                    }
                }
                Err(NoBound::NoValue) => Outcome::Broken(Code::NoValueInForce, "mois", Detail::None),
                Err(NoBound::Undeclared) => no_declaration(rule),
            }
        }
        RuleKind::Count { window, maximum, with } => {
            let counted = facts.filter(|fact| counts(fact, with));
            let bound = Amount::from_centimes(i64::from(*maximum));
            let one = Amount::from_centimes(1);
            let summed = |aids: &mut dyn Iterator<Item = &'f Fact>| aids.map(|_| one).sum::<Amount>();
            match over(dispositif, rule, *window, case, counted, |_| Ok(bound), summed) {
                Ok(None) => Outcome::Idle,
                Err(_) => no_declaration(rule),
                Ok(Some(sum)) => {
                    let found = u32::try_from((sum.used + one).centimes()).unwrap_or(u32::MAX);
                    let detail = Detail::Counts { found, expected: *maximum };
                    if found > *maximum {
                        Outcome::Broken(Code::CountExceeded, "mois", detail)
                    } else {
                        Outcome::Kept(detail)
                    }
                }
            }
        }
        RuleKind::Floor { bound } => match bound::amount(dispositif, bound, case.declared, case.month) {
            Err(NoBound::Undeclared) => no_declaration(rule),
            Err(NoBound::NoValue) => Outcome::Broken(Code::NoValueInForce, "mois", Detail::None),
            Ok(least) => {
                let detail = Detail::Amounts { found: case.amount, expected: least };
                if case.amount < least {
                    Outcome::Broken(Code::BelowFloor, "montant", detail)
                } else {
                    Outcome::Kept(detail)
                }
            }
        },
        RuleKind::Step { step } => match bound::amount(dispositif, step, case.declared, case.month) {
            Err(NoBound::Undeclared) => no_declaration(rule),
            Ok(step) if step.is_positive() => {
                let detail = Detail::Amounts { found: case.amount, expected: step };
                match case.amount.centimes() % step.centimes() {
                    0 => Outcome::Kept(detail),
                    _ => Outcome::Broken(Code::OffStep, "montant", detail),
                }
            }
            Ok(_) | Err(NoBound::NoValue) => Outcome::Broken(Code::NoValueInForce, "mois", Detail::None),
        },
        RuleKind::Incompatible { with, parcours } => {
            let other =
                facts.find(|fact| fact.month == case.month && with.contains(&law.get(fact.dispositif).code));
            if let Some(other) = other {
                let detail = Detail::Other { dispositif: other.dispositif, month: other.month };
                return Outcome::Broken(Code::Incompatible, "mois", detail);
            }
            let parcours = with.iter().filter(|_| *parcours).find_map(|code| {
                let parcours = parcours_of(case.declared, code, case.month)?;
                Some((law.rank(code)?, parcours.from))
            });
            match parcours {
                Some((dispositif, from)) => {
                    Outcome::Broken(Code::Incompatible, "mois", Detail::OtherParcours { dispositif, from })
                }
                None => Outcome::Kept(Detail::None),
            }
        }
        RuleKind::DateOrder { days } => {
            let (Some(paid), Some(decided)) = (case.paid_on, case.decided_on) else {
                return Outcome::Idle;
            };
            let earliest = (0..*days).fold(decided, |day, _| day.eve());
            let detail = Detail::Dates { found: paid, bound: decided };
            if paid < earliest {
                Outcome::Broken(Code::PaidBeforeDecision, "date_paiement", detail)
            } else {
                Outcome::Kept(detail)
            }
        }
        RuleKind::Declared { codes, months, minimum, maximum, per, unless } => {
            if unless.as_ref().is_some_and(|code| is_declared(dispositif, case, code)) {
                return Outcome::Idle;
            }
            match declared_sum(
                dispositif,
                codes,
                *months,
                minimum.as_ref(),
                maximum.as_ref(),
                per.as_deref(),
                case,
            ) {
                Err(NoBound::Undeclared) => no_declaration(rule),
                Err(NoBound::NoValue) => Outcome::Broken(Code::NoValueInForce, "mois", Detail::None),
                Ok((true, detail)) => Outcome::Kept(detail),
                Ok((false, detail)) => Outcome::Broken(Code::DeclaredOutside, "numero_beneficiaire", detail),
            }
        }
        RuleKind::Parcours { months, extended } => {
            parcours_rule(dispositif, rule, *months, extended.as_ref(), case)
        }
        RuleKind::Wait { months, unless } => wait_rule(dispositif, *months, unless.as_deref(), case),
        RuleKind::Due(formula) => due_rule(dispositif, rule, formula, case, facts),
    }
}

/// What a rule says where a declaration that it needs was never made.
pub(super) fn no_declaration(rule: &Rule) -> Outcome {
    match rule.undeclared {
        Undeclared::Passes => Outcome::Unchecked,
        Undeclared::Refuses => Outcome::Broken(Code::Undeclared, "numero_beneficiaire", Detail::None),
    }
}

fn due_rule<'f>(
    dispositif: &Dispositif,
    rule: &Rule,
    formula: &Formula,
    case: &Case<'_>,
    facts: impl Iterator<Item = &'f Fact>,
) -> Outcome {
    let Some(due) = due(dispositif, formula, case) else {
        // Without forfait the caps speak; with one, a value of the formula is missing.
        if forfait(dispositif, formula, case).is_none() {
            return Outcome::Idle;
        }
        let limits = [&formula.allowance, &formula.vanishing];
        let missing = limits
            .into_iter()
            .find_map(|limit| bound::exact(dispositif, limit, case.declared, case.month).err());
        return match missing {
            Some(NoBound::Undeclared) => no_declaration(rule),
            Some(NoBound::NoValue) | None => Outcome::Broken(Code::NoValueInForce, "mois", Detail::None),
        };
    };
    let used = facts
        .filter(|fact| fact.dispositif == case.dispositif && fact.month == case.month)
        .map(|fact| fact.amount)
        .sum();
    let detail = Detail::Cap { bound: due.amount, used, asked: case.amount, until: case.month };
    let paid = used + case.amount;
    // Beyond the forfait itself, its own cap speaks.
    if paid > due.amount && due.amount < due.forfait {
        Outcome::Broken(Code::DueExceeded, "montant", detail)
    } else if paid < due.amount && due.informed {
        Outcome::Noted(Code::BelowDue, "montant", detail)
    } else {
        Outcome::Kept(detail)
    }
}

/// The field to which an age on one of these days is pinned.
fn field_of(on: &[OnDate], case: &Case<'_>) -> &'static str {
    let known = on.iter().find(|on| match on {
        OnDate::Request => case.requested_on.is_some(),
        OnDate::Decision => case.decided_on.is_some(),
        OnDate::Payment => case.paid_on.is_some(),
        OnDate::FirstOfMonth => true,
    });
    match known {
        Some(OnDate::Request) => "date_demande",
        Some(OnDate::Decision) => "date_decision",
        Some(OnDate::Payment) => "date_paiement",
        Some(OnDate::FirstOfMonth) | None => "mois",
    }
}

fn age(
    case: &Case<'_>,
    on: Date,
    minimum: Option<i16>,
    maximum: Option<i16>,
    field: &'static str,
) -> Outcome {
    let Some(born_on) = case.person.born_on else {
        return Outcome::Broken(Code::UnknownBirth, "numero_beneficiaire", Detail::None);
    };
    let age = on.age_of(born_on);
    if let Some(bound) = minimum.filter(|minimum| age < *minimum) {
        return Outcome::Broken(Code::TooYoung, field, Detail::Age { age, bound, on });
    }
    match maximum {
        Some(bound) if age > bound => Outcome::Broken(Code::TooOld, field, Detail::Age { age, bound, on }),
        _ => Outcome::Kept(Detail::Age { age, bound: maximum.or(minimum).unwrap_or(age), on }),
    }
}

/// A cap for a person in a month: its bound and what is used of it.
#[derive(Clone, Debug)]
pub struct Room {
    /// The rule's label.
    pub label: String,
    /// The bound.
    pub bound: Amount,
    /// Used.
    pub used: Amount,
    /// The article that founds the bound.
    pub article: String,
}

/// Returns the caps of a dispositif that apply to this person in the month of `today`, for any
/// nature, with what the person's living aids use of them.
pub fn rooms<'f>(
    law: &Law,
    rank: u16,
    person: &'f Person,
    declared: &'f Declared,
    today: Date,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Vec<Room> {
    let dispositif = law.get(rank);
    let case = Case {
        person,
        declared,
        dispositif: rank,
        nature_type: None,
        month: today.month(),
        requested_on: Some(today),
        decided_on: Some(today),
        counted_on: today,
        paid_on: None,
        committee: false,
        amount: Amount::ZERO,
    };
    let mut rooms = Vec::new();
    for rule in &dispositif.rules {
        if matches!(rule.kind, RuleKind::Cap { window: Window::Decision, .. }) {
            continue;
        }
        let case = Case { nature_type: rule.natures.first().copied(), ..case };
        let (Outcome::Kept(detail) | Outcome::Broken(_, _, detail) | Outcome::Noted(_, _, detail)) =
            assess(law, rule, &case, facts.clone())
        else {
            continue;
        };
        let Detail::Cap { bound, used, until, .. } = detail else { continue };
        let article = bound_source(dispositif, rule, until).unwrap_or(&rule.source).article.clone();
        rooms.push(Room { label: rule.label.clone(), bound, used, article });
    }
    rooms
}

/// Returns where the amount of a cap comes from, in a month.
pub(super) fn bound_source<'l>(dispositif: &'l Dispositif, rule: &Rule, until: Month) -> Option<&'l Source> {
    let RuleKind::Cap { bound, .. } = &rule.kind else { return None };
    let Base::Value(rank) = bound.base else { return None };
    dispositif.values[rank].on(until.first_day()).map(|period| &period.source)
}
