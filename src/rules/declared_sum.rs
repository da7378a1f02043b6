//! Declared values added up over months, shared between parts, against their bounds.

use super::bound::{self, NoBound};
use super::judge::Case;
use super::law::Dispositif;
use super::rule::{Bound, Months};
use crate::ledger::Detail;
use crate::money::Amount;

/// Adds up declared values and compares them with their bounds, exactly. Returns whether they keep
/// them, and the numbers: the sum, and the bound that it breaks or comes nearest to.
pub(super) fn declared_sum(
    dispositif: &Dispositif,
    codes: &[String],
    months: Months,
    minimum: Option<&Bound>,
    maximum: Option<&Bound>,
    per: Option<&str>,
    case: &Case<'_>,
) -> Result<(bool, Detail), NoBound> {
    let mut sum: Option<Amount> = None;
    for month in months.of(case.month) {
        for code in codes {
            if let Some(told) = case.declared.in_month(code, &dispositif.code, month) {
                sum = Some(sum.unwrap_or_default() + Amount::from_centimes(told.value));
            }
        }
    }
    let sum = sum.ok_or(NoBound::Undeclared)?;
    // The sum of n months shared between p parts keeps a bound b when sum ≤ b × n × p.
    let parts = match per {
        None => 100,
        Some(code) => {
            let told = case.declared.in_month(code, &dispositif.code, case.month);
            told.map(|told| told.value).filter(|parts| *parts > 0).ok_or(NoBound::Undeclared)?
        }
    };
    let shared = i128::from(parts) * i128::from(months.count());
    let by_part = i128::from(sum.centimes()) * 100;
    // What is shown is rounded towards the breach, so that it breaks the bound where the sum does.
    let (above, below) = ((by_part + shared - 1).div_euclid(shared), by_part.div_euclid(shared));
    let shown = |found: i128, expected: Amount| Detail::Amounts {
        found: Amount::from_centimes(i64::try_from(found).unwrap_or(i64::MAX)),
        expected,
    };
    let mut detail = shown(above, Amount::ZERO);
    if let Some(bound) = minimum {
        let bound = bound::amount(dispositif, bound, case.declared, case.month)?;
        detail = shown(below, bound);
        if by_part < i128::from(bound.centimes()) * shared {
            return Ok((false, detail));
        }
    }
    if let Some(bound) = maximum {
        let bound = bound::amount(dispositif, bound, case.declared, case.month)?;
        detail = shown(above, bound);
        if by_part > i128::from(bound.centimes()) * shared {
            return Ok((false, detail));
        }
    }
    let free = minimum.is_some() || maximum.is_some() || !sum.is_positive();
    Ok((free, detail))
}
