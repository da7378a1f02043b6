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
