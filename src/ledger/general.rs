//! Lines of the general book, as a FEC holds them.

/// What a line of a FEC is to its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// The balance brought forward ("à-nouveaux"): compared with the closing before, never added to it.
    Opening,
    /// An operation of the year.
    Movement,
    /// The zeroing of classes 6 and 7 at the close: set aside, or the year would have no result.
    Closing,
}

impl LineKind {
    /// All kinds.
    pub const ALL: [LineKind; 3] = [LineKind::Opening, LineKind::Movement, LineKind::Closing];

    /// Returns the number stored and sealed.
    pub fn number(self) -> i64 {
        match self {
            LineKind::Opening => 1,
            LineKind::Movement => 2,
            LineKind::Closing => 3,
        }
    }

    /// Returns the kind of a number.
    pub fn from_number(number: i64) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
