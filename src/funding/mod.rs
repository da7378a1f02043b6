//! The nouns of funding: who is helped, by what aid, on whose money.
//!
//! In: nothing. Out: plain values. Never: a rule, a file, a database.

mod aid;
mod assignment;
mod beneficiary;
mod declaration;
mod derogation;
mod envelope;

pub use aid::{DateKind, Fact, Facts, Mode};
pub use assignment::AssignmentRule;
pub use beneficiary::{Identity, Person};
pub use declaration::{Declaration, Declared, declared};
pub use derogation::Derogation;
pub use envelope::{Envelope, EnvelopeKey};
