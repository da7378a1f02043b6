//! The judge: one case, the person's living aids, the law → the rules that fail.
//!
//! Every rule is evaluated, none hides another. Nothing is allocated for a case that passes.

use super::law::{Condition, Dispositif, Law, OnDate, Rule, RuleKind, Window};
use crate::calendar::{Date, Month};
use crate::funding::{Fact, Person};
use crate::ledger::{Code, Detail};
use crate::money::Amount;

/// One aid to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// To whom.
    pub person: &'a Person,
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
    /// Amount.
    pub amount: Amount,
}

/// A rule that fails.
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

/// Adds to `failures` every rule that this case breaks, given the person's living `facts`.
pub fn judge<'f>(
    law: &Law,
    case: &Case<'_>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
    failures: &mut Vec<Failure>,
) {
    let dispositif = law.get(case.dispositif);
    let decided_on = case.counted_on;
    let outside = if decided_on < dispositif.opens {
        Some(dispositif.opens)
    } else {
        dispositif.closes.filter(|closes| decided_on > *closes)
    };
    if let Some(bound) = outside {
        let detail = Detail::Dates { found: decided_on, bound };
        failures.push(Failure { code: Code::OutsideOpening, rule: None, field: "date_decision", detail });
    }
    if case.nature_type.is_none() {
        failures.push(Failure {
            code: Code::UnknownNature,
            rule: None,
            field: "nature",
            detail: Detail::None,
        });
    }
    for (rank, rule) in dispositif.rules.iter().enumerate() {
        // A cap over twelve months holds in each month where a stretch ends, this one or a later.
        let rolls = matches!(rule.kind, RuleKind::Cap { window: Window::TwelveMonths, .. });
        if !rolls && !rule.holds_in(case.month) {
            continue;
        }
        if !rule.natures.is_empty() && !case.nature_type.is_some_and(|nature| rule.natures.contains(&nature))
        {
            continue;
        }
        if let Some(condition) = &rule.condition
            && !meets(condition, case)
        {
            continue;
        }
        if let Some((code, field, detail)) = breaks(law, dispositif, rule, case, facts.clone()) {
            failures.push(Failure { code, rule: u16::try_from(rank).ok(), field, detail });
        }
    }
}

/// A condition on an unknown age is met: the rule that needs it says that the birth is unknown.
fn meets(condition: &Condition, case: &Case<'_>) -> bool {
    let Some(born_on) = case.person.born_on else { return true };
    let age = case.day(&condition.on).age_of(born_on);
    condition.minimum.is_none_or(|minimum| age >= minimum)
        && condition.maximum.is_none_or(|maximum| age <= maximum)
}

type Broken = (Code, &'static str, Detail);

fn breaks<'f>(
    law: &Law,
    dispositif: &Dispositif,
    rule: &Rule,
    case: &Case<'_>,
    mut facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Option<Broken> {
    match &rule.kind {
        RuleKind::Age { on, minimum, maximum, maximum_rqth } => {
            let maximum = if case.person.rqth { *maximum_rqth } else { *maximum };
            age(case, case.day(on), *minimum, maximum, field_of(on, case))
        }
        RuleKind::Situation { excluded } => {
            let excluded = excluded.contains(&case.person.situation);
            excluded.then_some((Code::ExcludedSituation, "numero_beneficiaire", Detail::None))
        }
        RuleKind::Territory { prefixes } => {
            let inside = prefixes.iter().any(|prefix| case.person.insee.starts_with(prefix.as_str()));
            (!inside).then_some((Code::OutsideTerritory, "numero_beneficiaire", Detail::None))
        }
        RuleKind::Cap { window, bound } => {
            let counted = facts.filter(|fact| {
                fact.dispositif == case.dispositif
                    && (rule.natures.is_empty() || rule.natures.contains(&fact.nature_type))
            });
            let value = &dispositif.values[bound.value];
            let bound_in = |month: Month| {
                value.on(month.first_day()).and_then(|period| period.amount.times(bound.times))
            };
            cap(case, *window, |month| rule.holds_in(month), bound_in, counted)
        }
        RuleKind::Incompatible { with } => facts.find_map(|fact| {
            let same_month = fact.month == case.month;
            (same_month && with.contains(&law.get(fact.dispositif).code)).then_some((
                Code::Incompatible,
                "mois",
                Detail::Other { dispositif: fact.dispositif, month: fact.month },
            ))
        }),
        RuleKind::DateOrder { days } => {
            let (paid, decided) = (case.paid_on?, case.decided_on?);
            let earliest = (0..*days).fold(decided, |day, _| day.eve());
            (paid < earliest).then_some((
                Code::PaidBeforeDecision,
                "date_paiement",
                Detail::Dates { found: paid, bound: decided },
            ))
        }
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
) -> Option<Broken> {
    let Some(born_on) = case.person.born_on else {
        return Some((Code::UnknownBirth, "numero_beneficiaire", Detail::None));
    };
    let age = on.age_of(born_on);
    if let Some(bound) = minimum.filter(|minimum| age < *minimum) {
        return Some((Code::TooYoung, field, Detail::Age { age, bound, on }));
    }
    let bound = maximum.filter(|maximum| age > *maximum)?;
    Some((Code::TooOld, field, Detail::Age { age, bound, on }))
}

/// Checks a cap; on failure the detail is that of the tightest window.
fn cap<'f>(
    case: &Case<'_>,
    window: Window,
    holds_in: impl Fn(Month) -> bool,
    bound_in: impl Fn(Month) -> Option<Amount>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Option<Broken> {
    let month = case.month;
    let used = |inside: &dyn Fn(&Fact) -> bool| {
        facts.clone().filter(|fact| inside(fact)).map(|fact| fact.amount).sum::<Amount>()
    };
    let check = |used: Amount, until: Month| -> Option<Broken> {
        let Some(bound) = bound_in(until) else {
            return Some((Code::NoValueInForce, "mois", Detail::None));
        };
        (used + case.amount > bound).then_some((
            Code::CapExceeded,
            "montant",
            Detail::Cap { bound, used, asked: case.amount, until },
        ))
    };
    if window != Window::TwelveMonths {
        return check(used(&|fact| counts_in(window, fact, month, Some(case.counted_on))), month);
    }
    // Every stretch of twelve months that holds this month counts, so that the order in which aids
    // arrive changes nothing: those that end here or on a later month already granted.
    let ends = std::iter::once(month)
        .chain(facts.clone().map(|fact| fact.month).filter(|end| (1..12).contains(&month.until(*end))));
    let mut tightest = None;
    for end in ends.filter(|end| holds_in(*end)) {
        let other = check(used(&|fact| counts_in(window, fact, end, None)), end);
        if room(&other) < room(&tightest) {
            tightest = other;
        }
    }
    tightest
}

/// Returns true when a fact counts in the window that ends on a month.
fn counts_in(window: Window, fact: &Fact, end: Month, decided_on: Option<Date>) -> bool {
    match window {
        Window::Aid => false,
        Window::Month => fact.month == end,
        Window::Quarter => fact.month.quarter() == end.quarter(),
        Window::Year => fact.month.year() == end.year(),
        Window::TwelveMonths => (0..12).contains(&fact.month.until(end)),
        Window::Decision => Some(fact.decided_on) == decided_on,
        Window::Always => true,
    }
}

fn room(broken: &Option<Broken>) -> Amount {
    match broken {
        None => Amount::from_centimes(i64::MAX),
        Some((_, _, Detail::Cap { bound, used, .. })) => *bound - *used,
        Some(_) => Amount::from_centimes(i64::MIN),
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
    person: &Person,
    today: Date,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Vec<Room> {
    let dispositif = law.get(rank);
    let month = today.month();
    let case = Case {
        person,
        dispositif: rank,
        nature_type: None,
        month,
        requested_on: Some(today),
        decided_on: Some(today),
        counted_on: today,
        paid_on: None,
        amount: Amount::ZERO,
    };
    let mut rooms = Vec::new();
    for rule in &dispositif.rules {
        let RuleKind::Cap { window, bound } = &rule.kind else { continue };
        if *window == Window::Decision
            || !rule.holds_in(month)
            || rule.condition.as_ref().is_some_and(|condition| !meets(condition, &case))
        {
            continue;
        }
        let Some(period) = dispositif.values[bound.value].on(month.first_day()) else { continue };
        let Some(bound) = period.amount.times(bound.times) else { continue };
        let inside = |fact: &&Fact| {
            fact.dispositif == rank
                && (rule.natures.is_empty() || rule.natures.contains(&fact.nature_type))
                && counts_in(*window, fact, month, None)
        };
        let used = facts.clone().filter(inside).map(|fact| fact.amount).sum();
        rooms.push(Room { label: rule.label.clone(), bound, used, article: period.source.article.clone() });
    }
    rooms
}
