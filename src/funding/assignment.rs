//! Rules of who funds what ("affectation"): a line of the general book to its funder and convention.

/// One rule. A criterion left empty asks nothing; those that are given must all hold. The account
/// is a beginning; an auxiliary, a piece, an analytic code are whole, or a beginning followed by `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignmentRule {
    /// Its place in the order: the first rule that fits wins.
    pub rank: u32,
    /// The account begins with this.
    pub account: String,
    /// The journal is this one.
    pub journal: String,
    /// An auxiliary of any line of the entry is this: it stands on the 441 line, not on the 74 one.
    pub auxiliary: String,
    /// The analytic code is this.
    pub analytic: String,
    /// The label holds this, whatever its case and accents.
    pub label_part: String,
    /// The piece is this.
    pub piece: String,
    /// Code of the funder.
    pub funder: String,
    /// Code of the convention, or empty.
    pub convention: String,
    /// What it is, in the words of whoever wrote it.
    pub label: String,
}
