//! Amounts as text: `1 234,56` for people, `1234.56` for programs.

use super::Amount;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not a number in any accepted form.
    Unreadable,
    /// More than two decimals: a centime would have to be invented or lost.
    TooManyDecimals,
    /// More than fifteen digits of euros.
    TooLarge,
}

/// The widest amount read, in digits before the decimal mark.
const MAX_DIGITS: usize = 15;

impl Amount {
    /// Reads `1 234,56`, `1234,56`, `1234.56`, `1234`, each with an optional sign and `€`.
    ///
    /// A space (U+0020, U+00A0, U+202F) is only a separator of thousands: groups of three,
    /// else the amount is unreadable (`1 00,00`). Never more than two decimals.
    ///
    /// ```
    /// use denier::money::{Amount, AmountError};
    /// assert_eq!(Amount::parse("1 234,5"), Ok(Amount::from_centimes(123_450)));
    /// assert_eq!(Amount::parse("1 00,00"), Err(AmountError::Unreadable));
    /// assert_eq!(Amount::parse("10,005"), Err(AmountError::TooManyDecimals));
    /// ```
    pub fn parse(text: &str) -> Result<Amount, AmountError> {
        if let Some(amount) = parse_plain(text.as_bytes()) {
            return Ok(amount);
        }
        let text = text.trim();
        let text = text.strip_suffix('€').unwrap_or(text).trim_end();
        let (negative, text) = match text.chars().next() {
            Some(sign @ ('-' | '\u{2212}')) => (true, &text[sign.len_utf8()..]),
            Some('+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (euros, cents) = match text.find([',', '.']) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let euros = euro_digits(euros)?;
        let cents = match cents {
            None => 0,
            Some(digits) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(AmountError::Unreadable);
            }
            Some(digits) => match digits.len() {
                1 => i64::from(digits.as_bytes()[0] - b'0') * 10,
                2 => digits.parse().map_err(|_| AmountError::Unreadable)?,
                _ => return Err(AmountError::TooManyDecimals),
            },
        };
        let centimes = euros * 100 + cents;
        Ok(Amount(if negative { -centimes } else { centimes }))
    }

    /// Writes `1234.56`, as in JSON.
    pub fn to_plain(self) -> String {
        let (sign, euros, cents) = self.parts();
        format!("{sign}{euros}.{cents:02}")
    }

    /// Writes `1234,56`, as in a CSV file for a French spreadsheet.
    pub fn to_csv(self) -> String {
        let (sign, euros, cents) = self.parts();
        format!("{sign}{euros},{cents:02}")
    }

    /// Writes `1 234,56`, thousands separated by narrow no-break spaces (U+202F).
    pub fn to_french(self) -> String {
        let (sign, euros, cents) = self.parts();
        let sign = if sign.is_empty() { "" } else { "\u{2212}" };
        format!("{sign}{},{cents:02}", group_thousands(euros))
    }

    /// Writes `1 234,56 €`, with a no-break space before the sign.
    pub fn to_euros(self) -> String {
        format!("{}\u{a0}€", self.to_french())
    }

    fn parts(self) -> (&'static str, u64, u64) {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        (sign, magnitude / 100, magnitude % 100)
    }
}

/// Writes a count or euros with thousands separated by U+202F: `8 621`.
pub fn group_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Reads the commonest form, digits with `,cc`, without looking at it twice.
fn parse_plain(bytes: &[u8]) -> Option<Amount> {
    let (cents, rest) = bytes.split_last_chunk::<3>().map(|(rest, cents)| (cents, rest))?;
    if cents[0] != b',' || !cents[1].is_ascii_digit() || !cents[2].is_ascii_digit() {
        return None;
    }
    if rest.is_empty() || rest.len() > MAX_DIGITS || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let euros = rest.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
    Some(Amount(euros * 100 + i64::from(cents[1] - b'0') * 10 + i64::from(cents[2] - b'0')))
}

fn euro_digits(text: &str) -> Result<i64, AmountError> {
    let mut groups = text.split([' ', '\u{a0}', '\u{202f}']);
    let first = groups.next().unwrap_or("");
    let mut digits = String::from(first);
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return Err(AmountError::Unreadable);
        }
        digits.push_str(group);
    }
    let well_formed =
        !first.is_empty() && (!grouped || first.len() <= 3) && digits.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return Err(AmountError::Unreadable);
    }
    if digits.len() > MAX_DIGITS {
        return Err(AmountError::TooLarge);
    }
    digits.parse().map_err(|_| AmountError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_or_refused() {
        use AmountError::{TooLarge, TooManyDecimals, Unreadable};
        let cases: &[(&str, Result<i64, AmountError>)] = &[
            ("0", Ok(0)),
            ("12", Ok(1200)),
            ("552,29", Ok(55229)),
            ("552.29", Ok(55229)),
            ("552,2", Ok(55220)),
            ("1 234,56", Ok(123_456)),
            ("1\u{a0}234,56", Ok(123_456)),
            ("1\u{202f}234\u{202f}567,00 €", Ok(123_456_700)),
            ("-10,00", Ok(-1000)),
            ("\u{2212}10,00", Ok(-1000)),
            ("+10", Ok(1000)),
            ("999999999999999,99", Ok(99_999_999_999_999_999)),
            ("1000000000000000,00", Err(TooLarge)),
            ("10,005", Err(TooManyDecimals)),
            ("", Err(Unreadable)),
            ("1 00,00", Err(Unreadable)),
            ("1234 567,00", Err(Unreadable)),
            ("1,234.56", Err(Unreadable)),
            ("12,", Err(Unreadable)),
            (",50", Err(Unreadable)),
            ("1e3", Err(Unreadable)),
            ("--1", Err(Unreadable)),
            ("NaN", Err(Unreadable)),
            ("١٢", Err(Unreadable)),
        ];
        for (text, expected) in cases {
            assert_eq!(Amount::parse(text), expected.map(Amount), "{text:?}");
        }
    }

    #[test]
    fn writing_then_reading_gives_the_amount_back() {
        for centimes in [0, 1, 99, 100, 123_456_789, -5, -100_000, 99_999_999_999_999_999] {
            let amount = Amount(centimes);
            for text in [amount.to_plain(), amount.to_csv(), amount.to_french(), amount.to_euros()] {
                assert_eq!(Amount::parse(&text), Ok(amount), "{text:?}");
            }
        }
        assert_eq!(Amount(123_456_789).to_euros(), "1\u{202f}234\u{202f}567,89\u{a0}€");
        assert_eq!(Amount(-5).to_plain(), "-0.05");
    }
}
