//! Drafts + facts → verdicts: the law of `ledger-rules/`, loaded, applied, explained.
//!
//! In: rule files as text, and cases. Out: a [`Law`], failures, and their words. Never: a number of
//! the law in Rust, a clock, a database.

mod bodies;
mod check;
mod declarables;
mod examples;
mod explain;
mod format;
mod judge;
mod law;
mod load;

pub use bodies::{Bodies, Body, STRUCTURE};
pub use check::{AidContext, CheckedAid, CheckedAids, CheckedTerms, Share, align_references, check_aids};
pub use declarables::{Declarable, Declarables, Span, Unit};
pub use examples::{ExampleFailure, run_examples};
pub use explain::Explainer;
pub use judge::{Case, Failure, Room, judge, rooms};
pub use law::{
    Booking, Bound, Certainty, DatedValue, Dispositif, EnvelopeUse, Law, OnDate, Rule, RuleKind, Source,
    Window,
};
pub use load::parse_dispositif;
