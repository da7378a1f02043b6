//! One screen each: what was asked, one use case, a page. Never: a figure of their own.

pub(super) mod accessibility;
pub(super) mod account;
pub(super) mod aid;
pub(super) mod aid_acts;
pub(super) mod ask_derogation;
mod asked_aid;
pub(super) mod attestation;
pub(super) mod attestations;
pub(super) mod check_attestation;
pub(super) mod dashboard;
pub(super) mod decide;
pub(super) mod decide_derogation;
pub(super) mod decide_proposal;
pub(super) mod derogations;
pub(super) mod entry;
pub(super) mod grant;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod new_attestation;
pub(super) mod people;
pub(super) mod person;
pub(super) mod proposals;
pub(super) mod propose;
pub(super) mod refuse;
pub(super) mod set_up;
pub(super) mod sign_in;
mod verdict;
