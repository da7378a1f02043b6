//! Bounds worked out: dated values and declared values multiplied, exactly.

use super::law::Dispositif;
use super::rule::{Base, Bound, Rounding};
use crate::calendar::Month;
use crate::funding::Declared;
use crate::money::Amount;

/// An exact amount of centimes: a fraction whose denominator is above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    pub(super) fn whole(amount: Amount) -> Exact {
        Exact { numerator: amount.centimes().into(), denominator: 1 }
    }

    /// The mean of a sum over so many months.
    pub(super) fn mean(sum: Amount, months: i64) -> Exact {
        Exact { numerator: sum.centimes().into(), denominator: months.into() }
    }

    /// Multiplies by so many hundredths of a number; `None` beyond all measure.
    pub(super) fn times_hundredths(self, hundredths: i64) -> Option<Exact> {
        let numerator = self.numerator.checked_mul(hundredths.into())?;
        Some(Exact { numerator, denominator: self.denominator.checked_mul(100)? }.reduced())
    }

    /// Takes so many hundredths of a percent of it.
    pub(super) fn percent(self, hundredths: i64) -> Option<Exact> {
        let taken = self.times_hundredths(hundredths)?;
        Some(Exact { denominator: taken.denominator.checked_mul(100)?, ..taken }.reduced())
    }

    pub(super) fn minus(self, other: Exact) -> Option<Exact> {
        let numerator = self
            .numerator
            .checked_mul(other.denominator)?
            .checked_sub(other.numerator.checked_mul(self.denominator)?)?;
        Some(Exact { numerator, denominator: self.denominator.checked_mul(other.denominator)? }.reduced())
    }

    pub(super) fn times(self, other: Exact) -> Option<Exact> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Some(Exact { numerator, denominator: self.denominator.checked_mul(other.denominator)? }.reduced())
    }

    /// Divides by a positive amount.
    pub(super) fn over(self, other: Exact) -> Option<Exact> {
        (other.numerator > 0).then_some(())?;
        self.times(Exact { numerator: other.denominator, denominator: other.numerator })
    }

    pub(super) fn or_zero(self) -> Exact {
        if self.numerator < 0 { Exact::whole(Amount::ZERO) } else { self }
    }

    pub(super) fn to_centime(self, rounding: Rounding) -> Option<Amount> {
        let (whole, rest) =
            (self.numerator.div_euclid(self.denominator), self.numerator.rem_euclid(self.denominator));
        let up = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest > 0,
            Rounding::Nearest => rest.checked_mul(2)? >= self.denominator,
        };
        i64::try_from(whole + i128::from(up)).ok().map(Amount::from_centimes)
    }

    /// Reduced only where the next product could leave an i128: most amounts never do.
    fn reduced(self) -> Exact {
        const SMALL: u128 = 1 << 40;
        if self.numerator.unsigned_abs().max(self.denominator.unsigned_abs()) < SMALL {
            return self;
        }
        let (mut a, mut b) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        match i128::try_from(a) {
            Ok(divisor) if divisor > 1 => {
                Exact { numerator: self.numerator / divisor, denominator: self.denominator / divisor }
            }
            _ => self,
        }
    }
}

/// Why a bound cannot be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBound {
    /// No dated value is in force: nothing is accepted.
    NoValue,
    /// A declaration is missing.
    Undeclared,
}

/// Works out a bound for a month of right, exactly.
///
/// # Errors
/// When a value is not in force on the first of the month, or a declaration is missing.
pub(super) fn exact(
    dispositif: &Dispositif,
    bound: &Bound,
    declared: &Declared,
    month: Month,
) -> Result<Exact, NoBound> {
    let value = |rank: usize| {
        let period = dispositif.values[rank].on(month.first_day());
        period.map(|period| period.amount).ok_or(NoBound::NoValue)
    };
    let told = |code: &str| {
        let found = declared.in_month(code, &dispositif.code, month);
        found.map(|declaration| declaration.value).ok_or(NoBound::Undeclared)
    };
    let base = match &bound.base {
        Base::Value(rank) => value(*rank)?,
        Base::Declared(code) => Amount::from_centimes(told(code)?),
    };
    let mut product = base.times(bound.times).map(Exact::whole);
    if let Some(rank) = bound.times_value {
        let hundredths = value(rank)?.centimes();
        product = product.and_then(|product| product.times_hundredths(hundredths));
    }
    if let Some(code) = &bound.times_declared {
        let hundredths = told(code)?;
        product = product.and_then(|product| product.times_hundredths(hundredths));
    }
    if let Some(rank) = bound.part {
        let hundredths = value(rank)?.centimes();
        product = product.and_then(|product| product.percent(hundredths));
    }
    product.ok_or(NoBound::NoValue)
}

/// Works out a bound for a month of right, rounded down to the centime: a cap never grows.
///
/// # Errors
/// When a value is not in force on the first of the month, or a declaration is missing.
pub(super) fn amount(
    dispositif: &Dispositif,
    bound: &Bound,
    declared: &Declared,
    month: Month,
) -> Result<Amount, NoBound> {
    exact(dispositif, bound, declared, month)?.to_centime(Rounding::Down).ok_or(NoBound::NoValue)
}
