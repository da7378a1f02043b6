//! Money: whole centimes of euro, read and written the French way.
//!
//! In: text as people write it. Out: [`Amount`], and text. Never: a float, a rounding of
//! money, a tolerance; only a percentage is rounded.

mod in_words;
mod percent;
mod text;

pub use percent::Percent;
pub use text::{AmountError, group_thousands};

/// An amount in whole centimes of euro, signed.
///
/// Arithmetic is checked: an overflow is a bug or a forged file, and stops the program
/// rather than wrapping round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

impl Amount {
    /// Nothing at all.
    pub const ZERO: Amount = Amount(0);

    /// Makes an amount from centimes.
    pub const fn from_centimes(centimes: i64) -> Amount {
        Amount(centimes)
    }

    /// Returns the amount in centimes.
    pub const fn centimes(self) -> i64 {
        self.0
    }

    /// Returns `self` if it is positive, zero otherwise: the room left under a bound.
    pub fn or_zero(self) -> Amount {
        self.max(Amount::ZERO)
    }

    /// Returns the amount taken `times` times, or `None` beyond 92 million billion euros.
    pub fn times(self, times: u32) -> Option<Amount> {
        self.0.checked_mul(i64::from(times)).map(Amount)
    }

    /// Returns true above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Returns true at exactly zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl std::ops::Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0.checked_add(other.0).expect("amount overflow"))
    }
}

impl std::ops::Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0.checked_sub(other.0).expect("amount overflow"))
    }
}

impl std::ops::Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(self.0.checked_neg().expect("amount overflow"))
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Amount {
    fn sub_assign(&mut self, other: Amount) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, |sum, amount| sum + amount)
    }
}
