//! The command line: words typed → use cases → words and exit codes.
//!
//! In: arguments. Out: text, JSON or CSV on standard output, messages on standard error. Never: a
//! rule, a query.

mod aid;
mod args;
mod attest;
mod audit;
mod backup;
mod derogation;
mod french;
mod general;
mod import;
mod import_general;
mod output;
mod privacy;
mod rules;
mod run;
mod serve;
mod verdict;

pub use run::main;
