//! Denier: the ledger of public employment-support money in France.
//!
//! The modules below are in the order of the flow: the vocabulary first, then one stage per arrow
//! of *bytes → drafts → checked → entries → balances → statements → documents*, then the outside
//! world. ARCHITECTURE.md tells the story; `tests/it/tidy.rs` holds who may use whom.

// Vocabulary: pure, knows nothing else.
pub mod calendar;
pub mod funding;
pub mod ledger;
pub mod money;
pub mod words;

// Stages: pure functions, one folder per arrow.
pub mod balances;
pub mod documents;
pub mod export;
pub mod import;
pub mod posting;
pub mod rules;
pub mod statements;

// Outside world.
pub mod app;
pub mod cli;
pub mod store;
pub mod web;
