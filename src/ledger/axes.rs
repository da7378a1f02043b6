//! The dimensions ("axes") of a line: on whose money, for what, where.

/// A key to a set of axes in the base; small and dense.
pub type AxesId = u32;

/// The axes that several lines share. The beneficiary is on the line itself.
///
/// Codes are keys to the reference tables; `0` in the optional ones means "sans".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Axes {
    /// The dispositif.
    pub dispositif: u32,
    /// Who finances.
    pub funder: u32,
    /// The convention, or 0.
    pub convention: u32,
    /// The site, or 0.
    pub site: u32,
    /// The year of the envelope that is consumed, or 0 where the dispositif has none.
    pub envelope_year: u32,
}
