//! Amounts as packages write them: `1234,56`, `,000`, `1234,560`, `12,00-`, `1 234.56`.

use super::super::cells::MAX_AMOUNT;
use crate::ledger::Code;
use crate::money::{Amount, AmountError};

/// An amount of a FEC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The amount, signed.
    pub(super) amount: Amount,
    /// Its decimal mark is a point.
    pub(super) point: bool,
    /// It has more than two decimals, zeros beyond the second: `1,000` is one euro, unless the file
    /// writes its decimals after a point.
    pub(super) long: bool,
}

/// Reads an amount.
///
/// # Errors
/// The code to refuse it with.
pub(super) fn read(text: &str) -> Result<Read, Code> {
    let point = text.contains('.');
    let (parsed, long) = match Amount::parse(text) {
        Ok(amount) => (Ok(amount), false),
        Err(_) => parse_unusual(text, point),
    };
    match parsed {
        Ok(amount) if amount > MAX_AMOUNT || -amount > MAX_AMOUNT => Err(Code::AmountTooLarge),
        Ok(amount) => Ok(Read { amount, point, long }),
        Err(AmountError::Unreadable) => Err(Code::UnreadableAmount),
        Err(AmountError::TooManyDecimals) => Err(Code::TooManyDecimals),
        Err(AmountError::TooLarge) => Err(Code::AmountTooLarge),
    }
}

/// Reads a sign at the end, no digit before the decimal mark, zeros beyond the centimes.
fn parse_unusual(text: &str, point: bool) -> (Result<Amount, AmountError>, bool) {
    let (sign, digits) = match text.strip_suffix(['-', '+', '\u{2212}']) {
        Some(digits) if digits.starts_with(['-', '+', '\u{2212}']) => {
            return (Err(AmountError::Unreadable), false);
        }
        Some(digits) => (&text[digits.len()..], digits.trim_end()),
        None => {
            let digits = text.trim_start_matches(['-', '+', '\u{2212}']);
            (&text[..text.len() - digits.len()], digits)
        }
    };
    let Some((whole, decimals)) = digits.split_once([',', '.']) else {
        return (Amount::parse(&format!("{sign}{digits}")), false);
    };
    let zeros = decimals.get(2..).unwrap_or("");
    let long = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
    if long && point && whole.len() <= 3 {
        // `1.000` may be a thousand.
        return (Err(AmountError::Unreadable), false);
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let decimals = if long { &decimals[..2] } else { decimals };
    (Amount::parse(&format!("{sign}{whole},{decimals}")), long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_packages_are_read_or_refused() {
        let plain = |centimes: i64| Ok((centimes, false, false));
        let cases = [
            ("1234,56", plain(123_456)),
            ("0,00", plain(0)),
            ("000", plain(0)),
            ("1 234,56", plain(123_456)),
            ("1\u{202f}234,56", plain(123_456)),
            ("-12,00", plain(-1200)),
            ("12,00-", plain(-1200)),
            ("12,00 -", plain(-1200)),
            ("12,00+", plain(1200)),
            ("12-", plain(-1200)),
            (",50", plain(50)),
            ("-,50", plain(-50)),
            (",000", Ok((0, false, true))),
            ("1234,560", Ok((123_456, false, true))),
            ("1234,5600", Ok((123_456, false, true))),
            ("12.34", Ok((1234, true, false))),
            (".50", Ok((50, true, false))),
            ("1234.560", Ok((123_456, true, true))),
            ("1.000", Err(Code::UnreadableAmount)),
            ("123.450", Err(Code::UnreadableAmount)),
            ("1234,567", Err(Code::TooManyDecimals)),
            ("1.234,56", Err(Code::UnreadableAmount)),
            ("1,234.56", Err(Code::UnreadableAmount)),
            ("1 00,00", Err(Code::UnreadableAmount)),
            ("-12,00-", Err(Code::UnreadableAmount)),
            ("--12,00", Err(Code::UnreadableAmount)),
            ("(12,00)", Err(Code::UnreadableAmount)),
            ("12,", Err(Code::UnreadableAmount)),
            (",", Err(Code::UnreadableAmount)),
            ("-", Err(Code::UnreadableAmount)),
            ("N/A", Err(Code::UnreadableAmount)),
            ("12,é00", Err(Code::UnreadableAmount)),
            ("1000000000,00", Err(Code::AmountTooLarge)),
            ("-1000000000,00", Err(Code::AmountTooLarge)),
            ("1234567890123456,00", Err(Code::AmountTooLarge)),
        ];
        for (text, expected) in cases {
            let found = read(text).map(|read| (read.amount.centimes(), read.point, read.long));
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
