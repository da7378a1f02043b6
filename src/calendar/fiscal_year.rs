//! Fiscal years ("exercices"): whole months, one after the other without a gap.

use super::{Date, Month};

/// One fiscal year, named by a number such as 2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiscalYear {
    /// The name people give it.
    pub code: i16,
    /// Its first month.
    pub first: Month,
    /// Its last month.
    pub last: Month,
}

impl FiscalYear {
    /// Returns the fiscal year that is the calendar year `code`.
    pub fn calendar(code: i16) -> Option<FiscalYear> {
        Some(FiscalYear { code, first: Month::new(code, 1)?, last: Month::new(code, 12)? })
    }

    /// Returns the year that follows, of twelve months.
    pub fn next(self) -> FiscalYear {
        FiscalYear { code: self.code + 1, first: self.last.plus(1), last: self.last.plus(12) }
    }

    /// Returns true for a month of this year.
    pub fn holds(self, month: Month) -> bool {
        (self.first..=self.last).contains(&month)
    }
}

/// The open fiscal years of a base, oldest first, at least one.
#[derive(Clone, Debug)]
pub struct Years(Vec<FiscalYear>);

impl Years {
    /// Takes the open years, oldest first; `None` where there is none.
    pub fn new(years: Vec<FiscalYear>) -> Option<Years> {
        (!years.is_empty()).then_some(Years(years))
    }

    /// Returns the first open year.
    pub fn first(&self) -> FiscalYear {
        self.0[0]
    }

    /// Returns the latest open year.
    pub fn last(&self) -> FiscalYear {
        self.0[self.0.len() - 1]
    }

    /// Returns the last day on which an entry may be dated.
    pub fn last_open_day(&self) -> Date {
        self.last().last.last_day()
    }

    /// Returns the year of this name, if it is open.
    pub fn get(&self, code: i16) -> Option<FiscalYear> {
        self.0.iter().copied().find(|year| year.code == code)
    }

    /// Returns the year of this name: an open one, or one of the years of twelve months counted back
    /// from the first.
    pub fn named(&self, code: i16) -> Option<FiscalYear> {
        let first = self.0[0];
        let back = i32::from(first.code) - i32::from(code);
        if !(1..100).contains(&back) {
            return self.get(code);
        }
        let start = first.first.plus(-12 * back);
        Some(FiscalYear { code, first: start, last: start.plus(11) })
    }

    /// Returns the name of the year that holds `month`.
    ///
    /// Before the first open year, years of twelve months are counted back from it, so that
    /// rights and decisions older than the base have a year too.
    pub fn code_of(&self, month: Month) -> i16 {
        if let Some(year) = self.0.iter().rev().find(|year| month >= year.first) {
            return if month <= year.last { year.code } else { year.code + 1 };
        }
        let first = self.0[0];
        let months_before = month.until(first.first);
        first.code - i16::try_from((months_before + 11) / 12).expect("years fit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_before_the_base_have_a_year() {
        let first = Month::parse("2023-07").unwrap();
        let year = FiscalYear { code: 2024, first, last: first.plus(11) };
        let years = Years::new(vec![year, year.next()]).unwrap();
        let cases = [
            ("2023-06", 2023),
            ("2022-07", 2023),
            ("2022-06", 2022),
            ("2023-07", 2024),
            ("2024-06", 2024),
            ("2024-07", 2025),
            ("2025-06", 2025),
        ];
        for (month, code) in cases {
            let month = Month::parse(month).unwrap();
            assert_eq!(years.code_of(month), code, "{month}");
            assert!(years.named(code).unwrap().holds(month), "{month}");
        }
        assert_eq!(years.last_open_day().to_string(), "2025-06-30");
    }
}
