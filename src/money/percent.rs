//! Percentages, for reading only: two decimals, never money.

use super::Amount;
use super::text::group_thousands;

/// A percentage in hundredths: 1120 is 11,20 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(i64);

impl Percent {
    /// Returns how much `now` differs from `before`, on the size of `before`, rounded half up (away
    /// from zero) to two decimals; none when `before` is zero.
    ///
    /// ```
    /// use denier::money::{Amount, Percent};
    /// let of = |now, before| {
    ///     Percent::variation(Amount::from_centimes(now), Amount::from_centimes(before)).map(Percent::to_plain)
    /// };
    /// assert_eq!(of(111_200, 100_000).as_deref(), Some("11.20"));
    /// assert_eq!(of(-100, 200), Some("-150.00".into()));
    /// assert_eq!(of(1, 0), None);
    /// ```
    pub fn variation(now: Amount, before: Amount) -> Option<Percent> {
        let difference = i128::from(now.centimes()) - i128::from(before.centimes());
        Percent::ratio(difference, i128::from(before.centimes()).abs())
    }

    /// Returns the part of `whole` that `part` is, rounded half up to two decimals; none when `whole` is
    /// zero or less.
    ///
    /// ```
    /// use denier::money::{Amount, Percent};
    /// let of = |part, whole| {
    ///     Percent::share(Amount::from_centimes(part), Amount::from_centimes(whole)).map(Percent::to_plain)
    /// };
    /// assert_eq!(of(1, 3).as_deref(), Some("33.33"));
    /// assert_eq!(of(300, 200), Some("150.00".into()));
    /// assert_eq!(of(1, 0), None);
    /// ```
    pub fn share(part: Amount, whole: Amount) -> Option<Percent> {
        Percent::ratio(part.centimes().into(), whole.centimes().into())
    }

    fn ratio(part: i128, whole: i128) -> Option<Percent> {
        if whole <= 0 {
            return None;
        }
        let twice = part * 20_000;
        let rounded = (twice.abs() + whole) / (2 * whole) * twice.signum();
        i64::try_from(rounded).ok().map(Percent)
    }

    /// Makes a percentage from its hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Percent {
        Percent(hundredths)
    }

    /// Returns the hundredths.
    pub fn hundredths(self) -> i64 {
        self.0
    }

    /// Writes `-11.20`, as in JSON.
    pub fn to_plain(self) -> String {
        let (sign, whole, rest) = self.parts("-");
        format!("{sign}{whole}.{rest:02}")
    }

    /// Writes `-11,20`, as in a CSV file for a French spreadsheet.
    pub fn to_csv(self) -> String {
        let (sign, whole, rest) = self.parts("-");
        format!("{sign}{whole},{rest:02}")
    }

    /// Writes `−11,20 %`.
    pub fn to_french(self) -> String {
        let (sign, whole, rest) = self.parts("\u{2212}");
        format!("{sign}{},{rest:02}\u{a0}%", group_thousands(whole))
    }

    fn parts(self, minus: &'static str) -> (&'static str, u64, u64) {
        let sign = if self.0 < 0 { minus } else { "" };
        (sign, self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}
