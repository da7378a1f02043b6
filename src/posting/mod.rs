//! Checked → entries: the schemes of `ledger-rules/schemas/` applied, and reversed.
//!
//! In: checked aids with the base's keys. Out: balanced entries. Never: a rule, a database, an
//! account written in Rust.

mod aids;
mod assignment;
mod reversal;
mod scheme;

pub use aids::{AidToPost, EventDay, grant_day, group_aids};
pub use assignment::{AssignableLine, Assigner};
pub use reversal::{OldLine, reverse};
pub use scheme::{
    EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_NOTICE, EVENT_OVERRUN, EVENT_OVERRUN_END, EVENT_PAYMENT,
    EVENT_RECOVERED_TO_ENVELOPE, EVENT_RECOVERED_TO_FUNDER, EVENT_UNDUE, EVENT_WRITTEN_OFF, Scheme, Schemes,
};
