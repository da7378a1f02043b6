//! The integration tests, in one binary. `bash tests/all.sh` runs them on both engines.

mod boundary;
mod harness;
mod imports;
mod published;
mod seal;
mod tamper;
