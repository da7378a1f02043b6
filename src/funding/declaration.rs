//! What is declared of a person: incomes, tax bracket, parcours, sanctions, aids received elsewhere.

use super::Fact;
use crate::calendar::{Date, Month};

/// Codes that the program itself knows, besides those that only rules and files share.
pub mod declared {
    /// Being in a dispositif, from the entry to the exit.
    pub const PARCOURS: &str = "parcours";
    /// A parcours made longer, for a reason.
    pub const EXTENSION: &str = "prolongation";
    /// A new parcours without waiting, for a reason.
    pub const RENEWAL: &str = "renouvellement";
    /// An aid that another body gave: no file names it so, it has a file of its own.
    pub const ELSEWHERE: &str = "aide_ailleurs";
}

/// One thing declared of a person, true between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What is declared, as in `ledger-rules/declarations.toml`.
    pub code: String,
    /// The dispositif that it is about, or empty when it is about the person.
    pub dispositif: String,
    /// First day; a monthly declaration starts on the first of its month.
    pub from: Date,
    /// Last day; a monthly declaration ends with its month. None: until further notice.
    pub to: Option<Date>,
    /// Hundredths of the unit: centimes, hundredths of an hour, 100 for yes and 0 for no.
    pub value: i64,
}

impl Declaration {
    /// Returns true when it holds on at least one day of the month.
    pub fn touches(&self, month: Month) -> bool {
        self.from.month() <= month && self.to.is_none_or(|to| to.month() >= month)
    }
}

/// All that is declared of one person, those that were replaced or undone left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// In the order of their first days.
    pub declarations: Vec<Declaration>,
    /// Aids given by others: they count in caps and cumulations, never in totals.
    pub elsewhere: Vec<Fact>,
}

impl Declared {
    /// Nothing declared.
    pub const NOTHING: &'static Declared = &Declared { declarations: Vec::new(), elsewhere: Vec::new() };

    /// Returns the declarations of this code, about the person or about this dispositif.
    pub fn of<'a>(
        &'a self,
        code: &'a str,
        dispositif: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Declaration> {
        self.declarations.iter().filter(move |declaration| {
            declaration.code == code
                && (declaration.dispositif.is_empty() || declaration.dispositif == dispositif)
        })
    }

    /// Returns the latest declaration of this code that holds on a day of the month.
    pub fn in_month<'a>(
        &'a self,
        code: &'a str,
        dispositif: &'a str,
        month: Month,
    ) -> Option<&'a Declaration> {
        self.of(code, dispositif).rev().find(|declaration| declaration.touches(month))
    }
}
