//! A civil day, and the age of a person on it.

use super::Month;
use jiff::civil;

/// A day of the Gregorian calendar, between the years 1900 and 2199.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// Makes a date, or `None` where the calendar has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Date> {
        if !(1900..2200).contains(&year) {
            return None;
        }
        civil::Date::new(year, month, day).ok().map(Date)
    }

    /// Reads `31/12/2024` or `2024-12-31`; anything else, or a day that does not exist, is `None`.
    pub fn parse(text: &str) -> Option<Date> {
        let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
        let (year, month, day) = match (bytes[2], bytes[5], bytes[4], bytes[7]) {
            (b'/', b'/', _, _) => (&bytes[6..], &bytes[3..5], &bytes[..2]),
            (_, _, b'-', b'-') => (&bytes[..4], &bytes[5..7], &bytes[8..]),
            _ => return None,
        };
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    }

    /// Reads the stored form, `20241231`.
    pub fn from_number(number: i64) -> Option<Date> {
        let year = i16::try_from(number / 10_000).ok()?;
        let month = i8::try_from(number / 100 % 100).ok()?;
        Date::new(year, month, i8::try_from(number % 100).ok()?)
    }

    /// Returns the stored form, `20241231`: it sorts as the dates do and reads as one.
    pub fn number(self) -> i64 {
        i64::from(self.0.year()) * 10_000 + i64::from(self.0.month()) * 100 + i64::from(self.0.day())
    }

    /// Returns the calendar year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Returns the month that holds this day.
    pub fn month(self) -> Month {
        Month::new(self.0.year(), self.0.month()).expect("a date has a month")
    }

    /// Returns the day before.
    pub fn eve(self) -> Date {
        Date(self.0.yesterday().expect("dates stay far from the calendar's end"))
    }

    /// Returns the day after.
    pub fn morrow(self) -> Date {
        Date(self.0.tomorrow().expect("dates stay far from the calendar's end"))
    }

    /// Returns the same day so many months later, or the last day of that month where it has no such
    /// day; never later than the last day of the calendar.
    pub fn months_later(self, months: u16) -> Date {
        let last = Month::new(2199, 12).expect("the calendar's last month");
        let month = self.month().plus(i32::from(months));
        if month > last {
            return last.last_day();
        }
        let day = self.0.day().min(month.last_day().0.day());
        Date::new(month.year(), month.of_year(), day).expect("the day is within its month")
    }

    /// Returns the Monday of the week of this day.
    pub fn monday(self) -> Date {
        (0..self.0.weekday().to_monday_zero_offset()).fold(self, |day, _| day.eve())
    }

    /// Returns the completed years ("âge révolu") on this day of someone born on `birth`.
    ///
    /// A person born on 29 February completes a year on 1 March of a common year: no text was
    /// found, and the day after is the reading that never ends a right a day early
    /// (domain notes, boundary semantics 5). Negative before birth.
    pub fn age_of(self, birth: Date) -> i16 {
        let had_birthday = (self.0.month(), self.0.day()) >= (birth.0.month(), birth.0.day());
        self.0.year() - birth.0.year() - i16::from(!had_birthday)
    }

    /// Writes `31/12/2024`.
    pub fn to_french(self) -> String {
        format!("{:02}/{:02}/{:04}", self.0.day(), self.0.month(), self.0.year())
    }

    /// Writes `1er janvier 2024`.
    ///
    /// ```
    /// use denier::calendar::Date;
    /// let words = |text| Date::parse(text).map(Date::in_words);
    /// assert_eq!(words("2024-01-01").as_deref(), Some("1er\u{a0}janvier 2024"));
    /// assert_eq!(words("2024-08-31").as_deref(), Some("31\u{a0}août 2024"));
    /// ```
    pub fn in_words(self) -> String {
        let rank = if self.0.day() == 1 { "er" } else { "" };
        format!("{}{rank}\u{a0}{}", self.0.day(), self.month().in_words())
    }
}

/// Writes `2024-12-31`.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + i16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_two_forms() {
        let expected = Date::new(2024, 12, 31);
        for text in ["31/12/2024", "2024-12-31"] {
            assert_eq!(Date::parse(text), expected, "{text}");
        }
        for text in
            ["31/02/2024", "2024-13-01", "31-12-2024", "1/2/2024", "", "2024/12/31", "0000-00-00", "éé/12/20"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ages_are_completed_years() {
        let cases = [
            ("1998-07-01", "2024-06-30", 25),
            ("1998-07-01", "2024-07-01", 26),
            ("1998-07-02", "2024-07-01", 25),
            ("2004-02-29", "2024-02-28", 19),
            ("2004-02-29", "2024-02-29", 20),
            ("2004-02-29", "2025-02-28", 20),
            ("2004-02-29", "2025-03-01", 21),
            ("2024-07-02", "2024-07-01", -1),
        ];
        for (birth, day, age) in cases {
            let (birth, day) = (Date::parse(birth).unwrap(), Date::parse(day).unwrap());
            assert_eq!(day.age_of(birth), age, "born {birth}, on {day}");
        }
    }
}
