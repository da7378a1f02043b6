//! A person's past aids judged again, under the law that was and under another.

use super::evaluate::most;
use super::judge::Case;
use super::law::Law;
use crate::funding::Fact;
use crate::money::Amount;

/// One aid of the past, as a law sees it: its ranks are those of that law.
#[derive(Clone, Copy, Debug)]
pub struct PastAid<'a> {
    /// What is judged.
    pub case: Case<'a>,
    /// What it is for those that come after it.
    pub fact: Fact,
}

/// What another law makes of an aid of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Same,
    /// It was regular and would not be admitted at all.
    Refused,
    /// It was regular and would be less: so much.
    Reduced(Amount),
    /// It took all that the rules left, and they would leave more: so much.
    Raised(Amount),
    /// It was irregular and would be regular.
    Admitted,
}

/// Judges the aids of one person again, in the order in which they were posted, under both laws.
/// Those that another law changes count for what they would have been in the room of the next ones.
pub fn rejudge(old: &Law, new: &Law, then: &[PastAid<'_>], now: &[PastAid<'_>]) -> Vec<Effect> {
    let mut before: Vec<Fact> = Vec::with_capacity(then.len());
    let mut after: Vec<Fact> = Vec::with_capacity(now.len());
    let mut effects = Vec::with_capacity(then.len());
    for (then, now) in then.iter().zip(now) {
        let amount = then.case.amount;
        let was = most(old, &then.case, before.iter());
        let is = most(new, &now.case, after.iter());
        let effect = match (was.accepted, is.accepted) {
            (false, true) => Effect::Admitted,
            (false, false) => Effect::Same,
            (true, _) => {
                // What took all that was left would take all that is left.
                let would = match is.limit {
                    Some(most) if was.limit == Some(amount) => most,
                    _ => is.within,
                };
                match would.cmp(&amount) {
                    _ if would.is_zero() => Effect::Refused,
                    std::cmp::Ordering::Less => Effect::Reduced(would),
                    std::cmp::Ordering::Greater => Effect::Raised(would),
                    std::cmp::Ordering::Equal => Effect::Same,
                }
            }
        };
        before.push(then.fact);
        let kept = match effect {
            Effect::Same | Effect::Admitted => amount,
            Effect::Refused => Amount::ZERO,
            Effect::Reduced(would) | Effect::Raised(would) => would,
        };
        if kept.is_positive() {
            after.push(Fact { amount: kept, ..now.fact });
        }
        effects.push(effect);
    }
    effects
}
