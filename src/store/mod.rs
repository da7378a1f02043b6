//! All SQL, once for SQLite and PostgreSQL.
//!
//! In: plain values. Out: plain values. Never: a rule of the business; what differs between the two
//! engines is in `engine.rs` and nowhere else.

mod aid_lists;
mod append;
mod assignments;
mod attestations;
mod base;
mod copy;
mod declarations;
mod derogations;
mod engine;
mod entries;
mod erasure;
mod error;
mod general;
mod general_pages;
mod keys;
mod life;
mod logs;
mod lots;
mod one_aid;
mod people;
mod proposals;
mod read_aids;
mod references;
mod refusals;
mod rules;
mod seals;
mod totals;
mod users;
mod value;

pub use aid_lists::AidListRow;
pub use append::Rows;
pub use assignments::ByHand;
pub use attestations::IssuedAttestation;
pub use base::{BaseInfo, NewBase};
pub use copy::TablesCopied;
pub use declarations::{DeclarationIdentity, DeclarationRow};
pub use derogations::{DerogationDecision, DerogationRow, DerogationUse};
pub use engine::{Row, Store, Tx};
pub use entries::EntryKey;
pub use erasure::{Erased, LastAidRow, OwedRow};
pub use error::StoreError;
pub use general::{FecVersion, GeneralBalance, GeneralKey, GeneralRow, GeneralSum, PairTable, Pairs};
pub use general_pages::FundedBy;
pub use keys::KeyOf;
pub use life::{PaymentRow, RecoveryRow, UndueRow};
pub use logs::{AuditRow, AuditWanted, ViewRow};
pub use lots::{LotFinding, LotRow, NewLot};
pub use one_aid::{AidDetail, FindingRow};
pub use people::{IdentityRow, StoredIdentity};
pub use proposals::{ProposalDecision, ProposalRow};
pub use read_aids::{
    AidRow, CancelledAid, DueAid, EntryLines, EnvelopeRow, FactRow, Irregularity, OutstandingRow,
};
pub use references::Dictionary;
pub use refusals::{RefusalRow, RefusalRule};
pub use rules::{Publication, PublicationRow, VersionInForce};
pub use seals::{JournalRow, NoticeRow, SealedAid, SealedEntry, SealedLine, TermsRow};
pub use totals::{AmountRow, BalanceKey, CountRow, Totals};
pub use users::UserRow;
pub use value::Value;
