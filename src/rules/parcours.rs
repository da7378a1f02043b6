//! Being in a dispositif: the parcours of a month, how long it lasts, how long after the one before.

use super::judge::{Case, Outcome, is_declared, no_declaration};
use super::law::Dispositif;
use super::rule::Rule;
use crate::calendar::Month;
use crate::funding::declared::PARCOURS;
use crate::funding::{Declaration, Declared};
use crate::ledger::{Code, Detail};

/// Returns the latest parcours of a dispositif that holds on a day of the month.
pub(super) fn parcours_of<'a>(declared: &'a Declared, code: &str, month: Month) -> Option<&'a Declaration> {
    declared.declarations.iter().rev().find(|told| {
        told.code == PARCOURS && told.dispositif == code && told.value > 0 && told.touches(month)
    })
}

/// Returns true when parcours are declared, and none of them holds in the month.
pub(super) fn is_outside_parcours(dispositif: &Dispositif, case: &Case<'_>) -> bool {
    let mut parcours = case.declared.of(PARCOURS, &dispositif.code).filter(|parcours| parcours.value > 0);
    parcours.next().is_some() && parcours_of(case.declared, &dispositif.code, case.month).is_none()
}

/// Judges how long the parcours has lasted, and that the month lies in one.
pub(super) fn parcours_rule(
    dispositif: &Dispositif,
    rule: &Rule,
    months: Option<u16>,
    extended: Option<&(u16, String)>,
    case: &Case<'_>,
) -> Outcome {
    if is_outside_parcours(dispositif, case) {
        return Outcome::Broken(Code::OutsideParcours, "mois", Detail::None);
    }
    let first_day = case.month.first_day();
    let Some(parcours) = parcours_of(case.declared, &dispositif.code, case.month) else {
        return no_declaration(rule);
    };
    let extended =
        extended.filter(|(_, code)| is_declared(dispositif, case, code)).map(|(months, _)| *months);
    let Some(months) = extended.or(months) else { return Outcome::Kept(Detail::None) };
    // The right lasts to the end of the month in which the parcours reaches its end.
    let last = parcours.from.months_later(months).eve();
    let detail = Detail::Dates { found: parcours.from, bound: last };
    if first_day > last {
        Outcome::Broken(Code::ParcoursTooLong, "mois", detail)
    } else {
        Outcome::Kept(detail)
    }
}

/// Judges how long the person has waited since the parcours before.
pub(super) fn wait_rule(
    dispositif: &Dispositif,
    months: u16,
    unless: Option<&str>,
    case: &Case<'_>,
) -> Outcome {
    let Some(parcours) = parcours_of(case.declared, &dispositif.code, case.month) else {
        return Outcome::Idle;
    };
    let before = case
        .declared
        .of(PARCOURS, &dispositif.code)
        .filter(|other| other.value > 0)
        .filter_map(|other| other.to.filter(|to| *to < parcours.from))
        .max();
    let Some(ended) = before else { return Outcome::Kept(Detail::None) };
    let earliest = ended.morrow().months_later(months);
    let detail = Detail::Dates { found: parcours.from, bound: earliest };
    if parcours.from >= earliest {
        Outcome::Kept(detail)
    } else if unless.is_some_and(|code| is_declared(dispositif, case, code)) {
        Outcome::Waived
    } else {
        Outcome::Broken(Code::WaitNotOver, "mois", detail)
    }
}
