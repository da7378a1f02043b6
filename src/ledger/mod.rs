//! The nouns of double entry: account, axes, entry, seal, finding.
//!
//! In: nothing. Out: types that cannot hold a wrong state. Never: a rule, a file, a database.

mod account;
mod axes;
pub mod content;
mod entry;
mod finding;
mod general;
pub mod seal;

pub use account::{Account, Chart, Side};
pub use axes::{Axes, AxesId};
pub use entry::{AccountId, Book, Entry, EntryHeader, Line, Unbalanced};
pub use finding::{Code, Column, Detail, Finding, RuleKey, Severity, Wording};
pub use general::LineKind;
