//! What counts in the window of a cap or of a count: a month, a year, twelve months, a parcours.

use super::bound::NoBound;
use super::judge::Case;
use super::law::Dispositif;
use super::parcours::parcours_of;
use super::rule::{Rule, Undeclared, Window};
use crate::calendar::{Date, Month};
use crate::funding::Fact;
use crate::money::Amount;

/// What is used of a bound over a window.
pub(super) struct Sum {
    pub(super) bound: Amount,
    pub(super) used: Amount,
    pub(super) until: Month,
}

/// Adds up over the window of a case; over twelve months, the tightest stretch. `None` where the
/// rule holds in none of the months where such a stretch ends.
pub(super) fn over<'f>(
    dispositif: &Dispositif,
    rule: &Rule,
    window: Window,
    case: &Case<'_>,
    facts: impl Iterator<Item = &'f Fact> + Clone,
    bound_in: impl Fn(Month) -> Result<Amount, NoBound>,
    summed: impl Fn(&mut dyn Iterator<Item = &'f Fact>) -> Amount,
) -> Result<Option<Sum>, NoBound> {
    let month = case.month;
    let parcours = match window {
        Window::Parcours => match parcours_of(case.declared, &dispositif.code, month) {
            None => return Err(NoBound::Undeclared),
            parcours => parcours,
        },
        _ => None,
    };
    if window != Window::TwelveMonths {
        let mut inside = facts.filter(|fact| match parcours {
            // A month that two parcours share is the later one's, whichever aid is judged.
            Some(parcours) => parcours_of(case.declared, &dispositif.code, fact.month) == Some(parcours),
            None => counts_in(window, fact, month, Some(case.counted_on)),
        });
        return Ok(Some(Sum { bound: bound_in(month)?, used: summed(&mut inside), until: month }));
    }
    // Every stretch of twelve months that holds this month counts, so that the order in which aids
    // arrive changes nothing: those that end here or on a later month already granted.
    let ends = std::iter::once(month)
        .chain(facts.clone().map(|fact| fact.month).filter(|end| (1..12).contains(&month.until(*end))));
    let mut tightest: Option<Sum> = None;
    let mut unchecked = false;
    for end in ends.filter(|end| rule.holds_in(*end)) {
        let bound = match bound_in(end) {
            // A later month without declaration does not keep the other stretches from being checked.
            Err(NoBound::Undeclared) if rule.undeclared == Undeclared::Passes => {
                unchecked = true;
                continue;
            }
            bound => bound?,
        };
        let used = summed(&mut facts.clone().filter(|fact| counts_in(window, fact, end, None)));
        let found = Sum { bound, used, until: end };
        if tightest.as_ref().is_none_or(|known| found.bound - found.used < known.bound - known.used) {
            tightest = Some(found);
        }
    }
    if unchecked && tightest.is_none() { Err(NoBound::Undeclared) } else { Ok(tightest) }
}

/// Returns true when a fact counts in the window that ends on a month.
fn counts_in(window: Window, fact: &Fact, end: Month, decided_on: Option<Date>) -> bool {
    match window {
        Window::Aid | Window::Parcours => false,
        Window::Week => decided_on.is_some_and(|day| day.monday() == fact.decided_on.monday()),
        Window::Month => fact.month == end,
        Window::Quarter => fact.month.quarter() == end.quarter(),
        Window::Year => fact.month.year() == end.year(),
        Window::TwelveMonths => (0..12).contains(&fact.month.until(end)),
        Window::Decision => Some(fact.decided_on) == decided_on,
        Window::Always => true,
    }
}
