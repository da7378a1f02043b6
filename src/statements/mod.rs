//! Balances → statements: rows and totals as plain tables, before any look.
//!
//! In: rows of the base with their codes, figures of accounts, layouts of the rule files. Out:
//! [`Table`] with typed lines, [`Attestation`]. Never: a database, a width, a colour, the number of an
//! account (its class excepted).

mod aids;
mod attestation;
mod balance_sheet;
mod catalogue;
mod checks;
mod envelopes;
mod figures;
mod grants;
mod income;
mod layout;
mod layout_file;
mod lines;
mod plan;
mod table;
mod trial_balance;

pub use aids::{AidGroup, AidLine, Axis, WITHOUT, aid_table, cross_table, group_exactly};
pub use attestation::{
    Attestation, AttestationContent, AttestationError, AttestedAid, AttestedDispositif, AttestedPayer,
    AttestedPerson, ChainHead, KnownBy, PayerPart,
};
pub use balance_sheet::{BalanceSheet, balance_sheet};
pub use catalogue::StatementRules;
pub use checks::{AidsPaid, Controls, CrossChecks, cross_checks, reopening_gaps};
pub use envelopes::{EnvelopeLine, envelope_table};
pub use figures::{AccountFigures, DebitCredit, YearFigures};
pub use grants::{GrantLine, GrantRow, Grants, Named, Subsidies, grants};
pub use income::{IncomeStatement, StatementLine, income_statement};
pub use layout::{Layout, Sense, Statement, Validity};
pub use lines::{UnknownCode, accounts_behind};
pub use plan::Plan;
pub use table::{Cell, Column, Derived, Drill, Kind, Row, Style, Table, Term};
pub use trial_balance::{TrialBalance, trial_balance};
