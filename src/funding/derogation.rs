//! Derogations: one aid that a second person allows though rules fail.

use crate::calendar::{Date, Month};
use crate::money::Amount;

/// A derogation that was approved and serves no living aid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derogation {
    /// Its number.
    pub number: u32,
    /// The dispositif, as a rank in the law in force.
    pub dispositif: u16,
    /// The month of right.
    pub month: Month,
    /// The largest aid that it allows.
    pub amount: Amount,
    /// The codes of the rules that it lifts.
    pub rules: Vec<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// Who approved it: somebody else.
    pub approved_by: String,
    /// The day on which they did.
    pub approved_on: Date,
}

impl Derogation {
    /// Returns true for a dispositif and a month that it is for.
    pub fn is_for(&self, dispositif: u16, month: Month) -> bool {
        self.dispositif == dispositif && self.month == month
    }

    /// Returns the rank of the narrowest that covers an aid and lifts all that fails on it: that of the
    /// smallest amount, then of the fewest rules, then the first asked for.
    pub fn narrowest(
        among: &[Derogation],
        dispositif: u16,
        month: Month,
        amount: Amount,
        lifts_all: impl Fn(&Derogation) -> bool,
    ) -> Option<usize> {
        let covers =
            |one: &Derogation| one.is_for(dispositif, month) && amount <= one.amount && lifts_all(one);
        (0..among.len())
            .filter(|at| covers(&among[*at]))
            .min_by_key(|at| (among[*at].amount, among[*at].rules.len(), among[*at].number))
    }
}
