//! Bytes → drafts: one file per kind of file.
//!
//! In: a reader of bytes and a profile. Out: drafts, and findings for what cannot be read; together
//! they account for every record. Never: a rule, a database, a whole file in memory.

mod aids;
mod assignments;
mod beneficiaries;
mod cells;
mod declarations;
mod envelopes;
mod fec;
mod outside_aids;
mod parcours;
mod profile;
mod recognise;
mod records;
mod sniff;
mod table;

pub use aids::{AidDraft, AidDrafts, TermsDraft, TypedAid, read_aids, read_shares};
pub use assignments::{AssignmentDrafts, read_assignments};
pub use beneficiaries::{BeneficiaryDraft, BeneficiaryDrafts, read_beneficiaries};
pub use cells::MAX_AMOUNT;
pub use declarations::{DeclarationDraft, DeclarationDrafts, Told, read_declarations};
pub use envelopes::{EnvelopeDraft, EnvelopeDrafts, read_envelopes};
pub use fec::{AmountForm, EntryKey, FecFile, FecForm, FecLine, identities, read_fec};
pub use profile::{FileKind, Layout, Profile, ProfileError};
pub use recognise::{FirstRows, Recognised, first_rows, recognise};
pub use records::MAX_RECORD;
pub use sniff::{Encoding, Sniff, Sniffer};
pub use table::Reading;
