//! Use cases: one per file, one transaction each. The only place where store and stages meet.
//!
//! In: what the command line or the web was asked. Out: reports, tables and papers as plain values; refusals
//! in French. Never: a terminal, a page, the text of a query.

mod account_sums;
mod aid_asked;
mod aid_cross;
mod aid_lines;
mod aid_page;
mod answer;
mod assign;
mod assign_by_hand;
mod assignment_statement;
mod attest;
mod attest_verify;
mod attestation_page;
mod attestations_bundled;
mod audit_log;
mod backup;
mod base;
mod book;
mod by_hand;
mod cancel;
mod cancel_declarations;
mod choices;
mod clock;
mod context;
mod dashboard;
mod declared_tables;
mod demo;
mod derogation;
mod derogation_statement;
mod entry_page;
mod erase;
mod error;
mod evaluate;
mod fec_changes;
mod fecs;
mod file;
mod file_lot;
mod frame;
mod general;
mod general_account;
mod general_entry;
mod general_lines;
mod general_statements;
mod general_year;
mod grant;
mod import_aids;
mod import_any;
mod import_assignments;
mod import_beneficiaries;
mod import_declarations;
mod import_envelopes;
mod import_fec;
mod import_file;
mod kept;
mod law;
mod letterhead;
mod list_pages;
mod lists;
mod lots;
mod new_file;
mod open_dispositifs;
mod page;
mod password;
mod pay_aid;
mod person;
mod person_file;
mod personal_acts;
mod personal_data;
mod proposal;
mod proposal_statement;
mod recognise;
mod refusal;
mod report;
mod rights;
mod rule_changes;
mod rule_history;
mod rule_page;
mod rules;
mod seal_of;
mod sealed_acts;
mod sign_in;
mod simulate;
mod state;
mod strangers;
mod table_file;
mod undue;
mod undue_statement;
mod users;
mod verify;
mod verify_general;
mod view_log;
mod write_aids;

pub use crate::import::{FileKind, FirstRows, Recognised};
pub use crate::store::{EntryKey, FindingRow, LotFinding};
pub use aid_asked::AidAsked;
pub use aid_cross::aid_cross;
pub use aid_lines::{AidFilter, AidLine, AidLines, AidState, aid_lines};
pub use aid_page::{AidDerogation, AidEntry, AidPage, FundedShare, RulesVersion, aid_page};
pub use answer::{Asked, answered, keep};
pub use assign::RuleCount;
pub use assign_by_hand::{HandReport, HandRequest, assign_by_hand};
pub use assignment_statement::assignments_of;
pub use attest::{AttestReport, AttestRequest, AttestedFile, attest};
pub use attest_verify::{
    AttestationVerdict, Authentic, ReceivedFile, authentic_code, verify_attestation_code,
    verify_attestation_file,
};
pub use attestation_page::{
    AttestationPage, AttestationPreview, RegisteredAttestation, attestation_again, attestation_page,
    attestations_page, preview_attestation,
};
pub use attestations_bundled::{AttestationBatch, Bundle, attestation_batch, bundle_attestations};
pub use audit_log::{AuditFilter, AuditPage, audit_log};
pub use backup::{BackupReport, Purpose, RestoreReport, back_up, note_backup_given, restore};
pub use base::{InitRequest, init, open_year};
pub use cancel::{CancelReport, cancel_aid, cancel_lot, preview_cancel_lot};
pub use choices::{Choices, choices};
pub use clock::{Clock, local, random_bytes};
pub use dashboard::{Dashboard, Destination, EnvelopeGauge, PaidCurve, Task, ToDo, dashboard};
pub use demo::{DemoReport, Examples, example_file, run_demo};
pub use derogation::{
    DerogationReport, DerogationRequest, approve_derogation, ask_derogation, refuse_derogation,
};
pub use derogation_statement::{DerogationLine, derogation_statement, list_derogations};
pub use entry_page::{EntryLine, EntryPage, LINES_SEALED_WITH_PAGE, LineAid, LotOrigin, entry_page};
pub use erase::{EraseReport, erasable, erase_person};
pub use error::AppError;
pub use evaluate::{DueLine, Question, ReasonLine, Verdict, evaluate_aid, usual_day};
pub use fec_changes::Changed;
pub use fecs::{FecInForce, fecs_in_force};
pub use file::InputFile;
pub use frame::{BaseFacts, Frame, alive, base_facts, frame, generation};
pub use general_account::{
    GeneralAccounts, GeneralFilter, GeneralLine, GeneralLines, account_lines, journal_lines,
};
pub use general_entry::{FundedLine, GeneralEntryPage, WhyFunded, general_entry};
pub use general_lines::{detail, journal_table, journals, ledger};
pub use general_statements::{
    DEFAULT_LAYOUT, GeneralReport, GeneralStatement, balance_sheet_of, controls_of, grants_of, income,
    trial_balance_of,
};
pub use grant::{GrantReport, GrantRequest, grant_aid};
pub use import_aids::{AidOptions, import_aids};
pub use import_any::{FileRequest, import_file};
pub use import_assignments::import_assignments;
pub use import_beneficiaries::import_beneficiaries;
pub use import_declarations::{Declaring, ImportOptions, declare, import_declarations};
pub use import_envelopes::import_envelopes;
pub use import_fec::{FecOptions, FecReport, import_fec};
pub use law::{EmbeddedRules, LawInForce, RulesFolder, embedded_rules, law_of, statement_rules};
pub use letterhead::Letterhead;
pub use list_pages::{IrregularAid, JournalLine, irregular_aids, journal_page};
pub use lists::{journal, list_attestations, list_lots};
pub use lots::{LotLine, LotPage, lot_of_file, lot_page, lots};
pub use open_dispositifs::{OpenDispositif, open_dispositifs};
pub use page::{Counted, MAX_ROWS, Page, PageKey};
pub use password::acceptable_password;
pub use pay_aid::{PayRequest, PaymentReport, pay_aid};
pub use person::{FoundPerson, MOST_FOUND, person_numbered, search_people};
pub use person_file::{AidMark, Ceiling, PersonAid, PersonFile, Received, person_file, person_statement};
pub use personal_data::{PersonalData, data_notice, personal_data};
pub use proposal::{ProposalReport, ProposalRequest, accept_proposal, propose_aid, reject_proposal};
pub use proposal_statement::{ProposalLine, list_proposals, proposals_seen};
pub use recognise::{Looked, ProfileChoice, first_rows_of, look_at};
pub use refusal::{
    RefusalFile, RefusalReport, RefusalRequest, refusal_letter, refusal_statement, refuse_aid,
};
pub use report::{ImportReport, Progress, counted};
pub use rights::{Right, Role};
pub use rule_changes::{Edit, EditedLine, RuleChange, rule_changes};
pub use rule_history::{rule_history, rule_text};
pub use rule_page::{RulePageReport, RulesFrom, list_rules, new_rule_file, show_rules};
pub use rules::{
    PublishReport, RuleFiles, RulesReport, listed, publish_rules, verify_rules, verify_rules_of_base,
};
pub use seal_of::{SealVerdict, seal_of};
pub use sign_in::{SignedIn, awaits_first_password, set_first_password, sign_in, still_signed_in};
pub use simulate::simulate_rules;
pub use state::{AidStatement, aid_statement, envelope_statement, irregularities, outstanding};
pub use strangers::Strangers;
pub use table_file::{TableFormat, table_file, tables_as_csv, tables_as_json};
pub use undue::{RecoverRequest, Recovery, UndueReport, UndueRequest, record_undue, recover_undue};
pub use undue_statement::{UndueLine, list_undues, undue_statement};
pub use users::{
    Actor, LONGEST_NAME, UserLine, UserRequest, close_user, create_user, list_sites, list_users, prove,
    set_password, set_role,
};
pub use verify::{VerifyReport, verify};
pub use view_log::{View, ViewLog, note_view, views_of};
