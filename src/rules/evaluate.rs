//! A verdict with all its reasons, before anything is decided: what `aide evaluer` says.
//!
//! The reasons come from the same outcomes as the judge's refusals, so that a verdict and its
//! explanation can never differ.

use super::check::envelope_failure;
use super::due::{Due, due, forfait};
use super::explain::Explainer;
use super::judge::{Case, Outcome, assess, at_the_door, bound_source};
use super::law::{Certainty, Dispositif, Law};
use super::rule::{Rule, RuleKind};
use crate::calendar::Date;
use crate::funding::{Derogation, Envelope, Fact};
use crate::ledger::{Code, Column, Detail, Finding, RuleKey};
use crate::money::Amount;
use crate::words::Words;

/// What became of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Kept.
    Kept,
    /// Kept, with a note.
    Noted,
    /// Not checked for want of a declaration.
    Unchecked,
    /// Waived, by a committee or a declared motive.
    Waived,
    /// Broken.
    Broken,
}

impl State {
    /// Returns its French word.
    pub fn label(self) -> &'static str {
        match self {
            State::Kept => "respectée",
            State::Noted => "à noter",
            State::Unchecked => "non vérifiée",
            State::Waived => "levée",
            State::Broken => "refuse",
        }
    }
}

/// One rule evaluated.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The rule's code, or the finding's where the dispositif or an envelope speaks.
    pub rule: String,
    /// What became of it.
    pub state: State,
    /// What was found.
    pub value: Option<String>,
    /// What it is compared with.
    pub bound: Option<String>,
    /// What is left under a bound, before this aid.
    pub room: Option<Amount>,
    /// The article that founds it.
    pub article: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// One sentence.
    pub message: String,
    /// What it leaves of an amount.
    leaves: Tally,
}

impl Reason {
    /// What refuses whatever the amount, and is no rule.
    fn refusing(code: Code, message: String, article: &str, certainty: Certainty) -> Reason {
        Reason {
            rule: code.text().to_string(),
            state: State::Broken,
            value: None,
            bound: None,
            room: None,
            article: article.to_string(),
            certainty,
            message,
            leaves: Tally::NEVER,
        }
    }
}

/// The verdict on an aid that was not decided yet.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// It would be accepted.
    pub accepted: bool,
    /// The largest amount that would be; `None` where nothing limits it.
    pub maximum: Option<Amount>,
    /// Every rule that concerns the case, in the order of the file, then envelopes.
    pub reasons: Vec<Reason>,
    /// Ranks of the reasons that bound the amount, the tightest first.
    pub limits: Vec<usize>,
    /// What the formula of the dispositif gives, where it has one.
    due: Option<Due>,
    /// A rule refuses whatever the amount: nothing is due, unless a derogation lifts it.
    undue: bool,
}

impl Evaluation {
    /// Returns what is due for the month; `None` too where a rule refuses whatever the amount.
    pub fn due(&self) -> Option<&Due> {
        self.due.as_ref().filter(|_| self.accepted || !self.undue)
    }

    /// Refuses what is dated after the last open day, as an import does: no derogation lifts it.
    pub fn require_open_year(&mut self, law: &Law, case: &Case<'_>, last_open_day: Date) {
        let dates = [case.counted_on, case.month.first_day()];
        let Some(found) = dates.into_iter().find(|day| *day > last_open_day) else { return };
        let detail = Detail::Dates { found, bound: last_open_day };
        let words = Words::default();
        let explainer = Explainer { law, words: &words, keys: None, lifted: &[], column_name: &|_| None };
        let message = explainer.word(&finding(Code::YearNotOpen, None, detail)).message;
        self.reasons.push(Reason::refusing(Code::YearNotOpen, message, OPEN_YEARS, Certainty::Confirmed));
        self.accepted = false;
        self.maximum = Some(Amount::ZERO);
    }

    /// Returns the largest amount that would be accepted, by one of these derogations where it allows
    /// more than the rules; `None` where nothing limits it.
    pub fn most_with(&self, case: &Case<'_>, derogations: &[Derogation]) -> Option<Amount> {
        let most = self.maximum?;
        let own = derogations.iter().filter(|derogation| derogation.is_for(case.dispositif, case.month));
        own.map(|derogation| self.most_by(derogation)).chain([most]).max()
    }

    /// The largest amount that what a derogation does not name would accept, up to its own.
    fn most_by(&self, derogation: &Derogation) -> Amount {
        let mut left = Tally::default();
        for reason in self.reasons.iter().filter(|reason| !derogation.rules.contains(&reason.rule)) {
            left.add(reason.leaves);
        }
        left.most_up_to(derogation.amount)
    }

    /// Lets an approved derogation lift all that refuses, as an import does: the narrowest that covers it.
    pub fn lift(&mut self, case: &Case<'_>, derogations: &[Derogation]) {
        let refusing: Vec<usize> =
            (0..self.reasons.len()).filter(|at| self.reasons[*at].state == State::Broken).collect();
        if refusing.is_empty() {
            return;
        }
        let lifts_all = |derogation: &Derogation| {
            refusing.iter().all(|at| derogation.rules.contains(&self.reasons[*at].rule))
        };
        let at = Derogation::narrowest(derogations, case.dispositif, case.month, case.amount, lifts_all);
        let Some(derogation) = at.map(|at| &derogations[at]) else { return };
        for at in refusing {
            self.reasons[at].state = State::Waived;
            self.reasons[at].message.push_str(&format!(
                " — levée par la dérogation n° {}, approuvée par {} le {}",
                derogation.number,
                derogation.approved_by,
                derogation.approved_on.to_french()
            ));
        }
        self.limits.retain(|at| !derogation.rules.contains(&self.reasons[*at].rule));
        self.maximum = Some(self.most_by(derogation));
        self.accepted = true;
    }
}

/// What founds a refusal outside the open years.
const OPEN_YEARS: &str = "exercices ouverts de la base";

/// What the outcomes of rules leave of an amount.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Something refuses that no smaller amount would cure.
    never: bool,
    room: Option<Amount>,
    step: Option<Amount>,
    floor: Amount,
}

impl Tally {
    /// What leaves nothing, whatever the amount.
    const NEVER: Tally = Tally { never: true, room: None, step: None, floor: Amount::ZERO };

    /// Returns what one rule leaves; one that the committee waives limits nothing, broken or not.
    fn of(dispositif: &Dispositif, rule: &Rule, case: &Case<'_>, outcome: Outcome) -> Tally {
        let nothing = Tally::default();
        if is_waived(rule, case) {
            return nothing;
        }
        match (&rule.kind, outcome) {
            // A due amount that nothing reduces is the forfait: its own cap speaks, and may be lifted.
            (
                RuleKind::Due(formula),
                Outcome::Kept(Detail::Cap { bound, .. }) | Outcome::Noted(_, _, Detail::Cap { bound, .. }),
            ) if forfait(dispositif, formula, case).is_some_and(|(_, forfait)| forfait == bound) => nothing,
            (
                RuleKind::Step { .. },
                Outcome::Kept(Detail::Amounts { expected, .. })
                | Outcome::Broken(_, _, Detail::Amounts { expected, .. }),
            ) => Tally { step: Some(expected), ..nothing },
            (
                RuleKind::Floor { .. },
                Outcome::Kept(Detail::Amounts { expected, .. })
                | Outcome::Broken(_, _, Detail::Amounts { expected, .. }),
            ) => Tally { floor: expected, ..nothing },
            (
                _,
                Outcome::Kept(Detail::Cap { bound, used, .. })
                | Outcome::Noted(_, _, Detail::Cap { bound, used, .. })
                | Outcome::Broken(_, _, Detail::Cap { bound, used, .. }),
            ) => Tally { room: Some((bound - used).or_zero()), ..nothing },
            (_, Outcome::Broken(..)) => Tally::NEVER,
            _ => nothing,
        }
    }

    /// Adds what others leave.
    fn add(&mut self, other: Tally) {
        self.never |= other.never;
        self.floor = self.floor.max(other.floor);
        self.room = self.room.into_iter().chain(other.room).min();
        self.step = self.step.into_iter().chain(other.step).reduce(common_multiple);
    }

    /// Returns the largest amount that would be accepted; `None` where nothing limits it.
    fn most(&self) -> Option<Amount> {
        if self.never {
            return Some(Amount::ZERO);
        }
        self.room.map(|room| self.by_steps(room))
    }

    /// Returns the largest amount that would be accepted up to this one.
    fn most_up_to(&self, amount: Amount) -> Amount {
        self.most().map_or_else(|| self.by_steps(amount), |most| self.by_steps(most.min(amount)))
    }

    /// The largest amount up to this one that goes by the steps and keeps the floors; zero for none.
    fn by_steps(&self, amount: Amount) -> Amount {
        let step = self.step.filter(|step| step.is_positive()).map_or(1, Amount::centimes);
        let most = Amount::from_centimes(amount.centimes() - amount.centimes() % step);
        if most < self.floor { Amount::ZERO } else { most }
    }
}

fn is_waived(rule: &Rule, case: &Case<'_>) -> bool {
    rule.waived_by_committee && case.committee
}

/// What the rules would accept, envelopes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// The largest amount; `None` where nothing limits it.
    pub limit: Option<Amount>,
    /// The largest amount up to that of the case.
    pub within: Amount,
    /// They accept that of the case.
    pub accepted: bool,
}

/// An amount that goes by both steps.
fn common_multiple(a: Amount, b: Amount) -> Amount {
    let (mut greatest, mut rest) = (a.centimes(), b.centimes());
    while rest != 0 {
        (greatest, rest) = (rest, greatest % rest);
    }
    a.centimes()
        .checked_div(greatest)
        .map_or(a, |times| Amount::from_centimes(times.checked_mul(b.centimes()).unwrap_or(i64::MAX)))
}

/// Returns what the rules would accept, envelopes apart: the verdict of [`evaluate`] without its words.
pub fn most<'f>(law: &Law, case: &Case<'f>, facts: impl Iterator<Item = &'f Fact> + Clone) -> Most {
    let dispositif = law.get(case.dispositif);
    let mut tally =
        Tally { never: at_the_door(dispositif, case).iter().any(Option::is_some), ..Tally::default() };
    let mut accepted = !tally.never;
    for rule in &dispositif.rules {
        let outcome = assess(law, rule, case, facts.clone());
        accepted &= !matches!(outcome, Outcome::Broken(..));
        tally.add(Tally::of(dispositif, rule, case, outcome));
    }
    Most { limit: tally.most(), within: tally.most_up_to(case.amount), accepted }
}

/// Evaluates an aid under every rule. `envelopes` are those that its funders give for its year, by
/// their funder: `None` for one that was never notified.
pub fn evaluate<'f>(
    law: &Law,
    case: &Case<'f>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
    envelopes: &[(String, Option<Envelope>)],
) -> Evaluation {
    let dispositif = law.get(case.dispositif);
    let words = Words::default();
    let explainer = Explainer { law, words: &words, keys: None, lifted: &[], column_name: &|_| None };
    let due = dispositif.rules.iter().find_map(|rule| match &rule.kind {
        RuleKind::Due(formula) => due(dispositif, formula, case),
        _ => None,
    });
    let mut reasons = Vec::new();
    for (code, _, detail) in at_the_door(dispositif, case).into_iter().flatten() {
        let message = match code {
            Code::UnknownNature => "nature absente du fichier de règles de ce dispositif".to_string(),
            _ => explainer.word(&finding(code, None, detail)).message,
        };
        let source = &dispositif.opening_source;
        reasons.push(Reason::refusing(code, message, &source.article, source.certainty));
    }
    let assessed: Vec<(&Rule, Outcome, Tally)> = dispositif
        .rules
        .iter()
        .map(|rule| {
            let outcome = assess(law, rule, case, facts.clone());
            (rule, outcome, Tally::of(dispositif, rule, case, outcome))
        })
        .collect();
    let undue = !reasons.is_empty() || assessed.iter().any(|(_, _, leaves)| leaves.never);
    for (rank, (rule, outcome, leaves)) in assessed.into_iter().enumerate() {
        let untold = undue && matches!(rule.kind, RuleKind::Due(_));
        let (state, code, detail) = match outcome {
            Outcome::Idle => continue,
            Outcome::Noted(_, _, detail) if untold => (State::Kept, said_by(&rule.kind), detail),
            Outcome::Waived => (State::Waived, None, Detail::None),
            Outcome::Unchecked => (State::Unchecked, Some(Code::Undeclared), Detail::None),
            Outcome::Kept(detail) => (State::Kept, said_by(&rule.kind), detail),
            Outcome::Noted(code, _, detail) => (State::Noted, Some(code), detail),
            Outcome::Broken(code, _, detail) => (State::Broken, Some(code), detail),
        };
        let room = match detail {
            Detail::Cap { bound, used, .. } if !is_waived(rule, case) => Some((bound - used).or_zero()),
            _ => None,
        };
        let key = u16::try_from(rank).ok().map(|rule| RuleKey { dispositif: case.dispositif, rule });
        // A due amount that nothing reduces is the forfait, whose cap already speaks.
        let same_as_cap = state == State::Kept && matches!(rule.kind, RuleKind::Due(_)) && {
            let forfait = due.as_ref().map(|due| due.forfait);
            matches!(detail, Detail::Cap { bound, .. } if Some(bound) == forfait)
        };
        let message = match (code, detail) {
            (None, _) => format!("{} : levée", rule.label),
            _ if untold && state == State::Kept => rule.label.clone(),
            (Some(_), Detail::Cap { bound, .. }) if same_as_cap => {
                format!("{} : {} dus pour ce mois", rule.label, bound.to_euros())
            }
            (Some(_), Detail::None) if state == State::Kept => rule.label.clone(),
            (Some(code), detail) => {
                let said = finding(code, key, detail);
                let kept = if state == State::Kept { explainer.kept(&said) } else { None };
                kept.unwrap_or_else(|| explainer.word(&said).message)
            }
        };
        let source = match detail {
            Detail::Cap { until, .. } => bound_source(dispositif, rule, until),
            _ => None,
        };
        let (value, bound) = numbers(detail);
        let unsure = source.is_some_and(|source| source.certainty == Certainty::Unverified);
        reasons.push(Reason {
            rule: rule.code.clone(),
            state,
            value,
            bound,
            room: room.filter(|_| !same_as_cap),
            article: source.unwrap_or(&rule.source).article.clone(),
            certainty: if unsure { Certainty::Unverified } else { rule.source.certainty },
            message,
            leaves,
        });
    }
    for (funder, envelope) in envelopes {
        let failure = envelope_failure(envelope.as_ref(), case.amount);
        let held = envelope.unwrap_or_default();
        let detail = Detail::Envelope { bound: held.notified, used: held.consumed, asked: case.amount };
        let code = failure.map_or(Code::EnvelopeExceeded, |failure| failure.code);
        let (value, bound) = numbers(detail);
        reasons.push(Reason {
            rule: "enveloppe".to_string(),
            state: if failure.is_some() { State::Broken } else { State::Kept },
            value,
            bound,
            room: Some(held.room()),
            article: dispositif.legal_basis.clone(),
            certainty: Certainty::Confirmed,
            message: format!("{funder} : {}", explainer.word(&finding(code, None, detail)).message),
            leaves: Tally { never: code == Code::NoEnvelope, room: Some(held.room()), ..Tally::default() },
        });
    }
    let mut limits: Vec<usize> = (0..reasons.len()).filter(|rank| reasons[*rank].room.is_some()).collect();
    limits.sort_by_key(|rank| reasons[*rank].room);
    let mut left = Tally::default();
    reasons.iter().for_each(|reason| left.add(reason.leaves));
    Evaluation {
        accepted: reasons.iter().all(|reason| reason.state != State::Broken),
        maximum: left.most(),
        reasons,
        limits,
        due,
        undue,
    }
}

/// The code under which a rule that is kept says its numbers.
fn said_by(kind: &RuleKind) -> Option<Code> {
    Some(match kind {
        RuleKind::Age { .. } => Code::TooOld,
        RuleKind::Situation { .. } => Code::ExcludedSituation,
        RuleKind::Territory { .. } => Code::OutsideTerritory,
        RuleKind::Cap { .. } => Code::CapExceeded,
        RuleKind::Count { .. } => Code::CountExceeded,
        RuleKind::Step { .. } => Code::OffStep,
        RuleKind::Floor { .. } => Code::BelowFloor,
        RuleKind::Incompatible { .. } => Code::Incompatible,
        RuleKind::DateOrder { .. } => Code::PaidBeforeDecision,
        RuleKind::Declared { .. } => Code::DeclaredOutside,
        RuleKind::Parcours { .. } => Code::ParcoursTooLong,
        RuleKind::Wait { .. } => Code::WaitNotOver,
        RuleKind::Due(_) => Code::DueExceeded,
    })
}

fn finding(code: Code, rule: Option<RuleKey>, detail: Detail) -> Finding {
    Finding { rule, ..Finding::refusal(0, Column(None), code, detail) }
}

/// What was found and what it is compared with, as in JSON.
fn numbers(detail: Detail) -> (Option<String>, Option<String>) {
    let (value, bound) = match detail {
        Detail::Cap { bound, used, asked, .. } | Detail::Envelope { bound, used, asked } => {
            ((used + asked).to_plain(), bound.to_plain())
        }
        Detail::Age { age, bound, .. } => (age.to_string(), bound.to_string()),
        Detail::Dates { found, bound } => (found.to_string(), bound.to_string()),
        Detail::Counts { found, expected } => (found.to_string(), expected.to_string()),
        Detail::Amounts { found, expected } => (found.to_plain(), expected.to_plain()),
        _ => return (None, None),
    };
    (Some(value), Some(bound))
}
