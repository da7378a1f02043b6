//! A calendar month: the grain of rights, caps and totals.

use super::Date;

/// A month of a year, such as the month of right of an aid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u16);

impl Month {
    /// January 1900: no month is before it.
    pub const FIRST: Month = Month(1900 * 12);

    /// December 2199: no month is after it.
    pub const LAST: Month = Month(2199 * 12 + 11);

    /// Makes a month, or `None` outside 1..=12 and the years 1900 to 2199.
    pub fn new(year: i16, month: i8) -> Option<Month> {
        if !(1900..2200).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        u16::try_from(i32::from(year) * 12 + i32::from(month) - 1).ok().map(Month)
    }

    /// Reads `2024-03` or `03/2024`.
    pub fn parse(text: &str) -> Option<Month> {
        let bytes: &[u8; 7] = text.as_bytes().try_into().ok()?;
        if bytes[4] == b'-' {
            Date::parse(&format!("{text}-01")).map(Date::month)
        } else if bytes[2] == b'/' {
            Date::parse(&format!("01/{text}")).map(Date::month)
        } else {
            None
        }
    }

    /// Reads the stored form, `202403`.
    pub fn from_number(number: i64) -> Option<Month> {
        Month::new(i16::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?)
    }

    /// Returns the stored form, `202403`.
    pub fn number(self) -> i64 {
        i64::from(self.year()) * 100 + i64::from(self.of_year())
    }

    /// Returns the calendar year.
    pub fn year(self) -> i16 {
        i16::try_from(self.0 / 12).expect("years fit")
    }

    /// Returns the month's rank in its year, 1 to 12.
    pub fn of_year(self) -> i8 {
        i8::try_from(self.0 % 12).expect("below twelve") + 1
    }

    /// Returns the first day of the month.
    pub fn first_day(self) -> Date {
        Date::new(self.year(), self.of_year(), 1).expect("a month has a first day")
    }

    /// Returns the last day of the month.
    pub fn last_day(self) -> Date {
        let day = (28..=31).rev().find_map(|day| Date::new(self.year(), self.of_year(), day));
        day.expect("a month has a last day")
    }

    /// Returns the month `months` later, or earlier where negative.
    pub fn plus(self, months: i32) -> Month {
        let at = i32::from(self.0) + months;
        Month(u16::try_from(at).expect("months stay within the calendar"))
    }

    /// Returns how many months lie from `self` to `later`.
    pub fn until(self, later: Month) -> i32 {
        i32::from(later.0) - i32::from(self.0)
    }

    /// Writes `mars 2024`.
    pub fn in_words(self) -> String {
        const NAMES: [&str; 12] = [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ];
        let at = usize::try_from(self.of_year() - 1).expect("one to twelve");
        format!("{} {}", NAMES[at], self.year())
    }

    /// Writes the month alone as a drawing has it: `janv.`, `mars`.
    pub fn short(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
        ];
        NAMES[usize::try_from(self.of_year() - 1).expect("one to twelve")]
    }

    /// Writes it as `03/2024`.
    pub fn to_french(self) -> String {
        format!("{:02}/{}", self.of_year(), self.year())
    }

    /// Writes `de mars 2024`, `d'avril 2024`.
    pub fn of_month(self) -> String {
        let words = self.in_words();
        if words.starts_with(['a', 'o']) { format!("d'{words}") } else { format!("de {words}") }
    }

    /// Writes the civil quarter, `2024-T1`.
    pub fn quarter_name(self) -> String {
        let (year, quarter) = self.quarter();
        format!("{year:04}-T{quarter}")
    }

    /// Reads `2024-T1`: its first and its last month.
    pub fn parse_quarter(text: &str) -> Option<(Month, Month)> {
        let (year, quarter) = text.split_once("-T")?;
        let quarter: i8 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
        let first = Month::new(year.parse().ok()?, 3 * quarter - 2)?;
        Some((first, first.plus(2)))
    }

    /// Returns the civil quarter as (year, 1 to 4).
    pub fn quarter(self) -> (i16, i8) {
        (self.year(), (self.of_year() - 1) / 3 + 1)
    }
}

/// Writes `2024-03`.
impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.of_year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_counted() {
        let march = Month::parse("2024-03").unwrap();
        assert_eq!(Month::parse("03/2024"), Some(march));
        assert_eq!(Month::from_number(march.number()), Some(march));
        assert_eq!(march.plus(10).to_string(), "2025-01");
        assert_eq!(march.plus(-3).to_string(), "2023-12");
        assert_eq!(march.until(march.plus(12)), 12);
        assert_eq!(march.quarter(), (2024, 1));
        assert_eq!(march.quarter_name(), "2024-T1");
        assert_eq!(Month::parse_quarter("2024-T1"), Some((march.plus(-2), march)));
        assert_eq!(Month::parse_quarter("2024-T4").unwrap().1.to_string(), "2024-12");
        for text in ["2024-T0", "2024-T5", "2024-T", "T1", "2024-T-1", "2024-1"] {
            assert_eq!(Month::parse_quarter(text), None, "{text}");
        }
        assert_eq!(Month::parse("2024-02").unwrap().last_day().to_string(), "2024-02-29");
        assert_eq!(Month::parse("2199-12").unwrap().last_day().to_string(), "2199-12-31");
        assert_eq!(march.in_words(), "mars 2024");
        assert_eq!((march.short(), march.plus(1).short()), ("mars", "avr."));
        for text in ["2024-13", "2024-00", "24-03", "mars 2024", "2024/03", ""] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
