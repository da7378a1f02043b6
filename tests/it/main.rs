//! The integration tests, in one binary. `bash tests/all.sh` runs them on both engines.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod attestation;
mod attestations;
mod backup;
mod boundary;
mod cli;
mod declarations;
mod derogations;
mod errors;
mod evaluate;
mod fec;
mod general;
mod general_history;
mod harness;
mod imports;
mod last_euro;
mod limits;
mod logs;
mod mutation;
mod new_dispositif;
mod oracle;
mod papers;
mod pdf;
mod published;
mod robustness;
mod rule_history;
mod rule_pages;
mod rules;
mod seal;
mod simulate;
mod statements;
mod tamper;
mod tidy;
mod verdict;
mod workbook;
mod workload;
