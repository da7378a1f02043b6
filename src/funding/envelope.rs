//! Envelopes: what a funder has notified for a dispositif and a year.

use crate::money::Amount;

/// What identifies an envelope, as the base's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvelopeKey {
    /// The dispositif.
    pub dispositif: u32,
    /// The funder.
    pub funder: u32,
    /// The year.
    pub year: u32,
}

/// An envelope and what was taken from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Notified in all, whatever the day.
    pub notified: Amount,
    /// Granted in all.
    pub consumed: Amount,
    /// Paid by another body beyond what was notified (A10).
    pub overrun: Amount,
}

impl Envelope {
    /// Returns what can still be granted: never below zero.
    pub fn room(&self) -> Amount {
        (self.notified - self.consumed).or_zero()
    }

    /// Returns what A10 must hold: the part of what was consumed that was never notified.
    pub fn overrun_due(&self) -> Amount {
        (self.consumed - self.notified).or_zero()
    }
}
