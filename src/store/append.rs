//! Rows waiting to be appended: filled by whoever makes them, sent in bulk.

use super::engine::{Bulk, Tx};
use super::error::StoreError;
use super::value::Value;

/// Rows of one table, encoded for one engine as they are added.
#[derive(Debug)]
pub struct Rows {
    table: &'static str,
    columns: &'static str,
    count: usize,
    bulk: Bulk,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $table:literal ($columns:literal);)*) => {
        impl Rows {
            $($(#[$doc])*
            pub fn $name(tx: &Tx) -> Rows {
                Rows { table: $table, columns: $columns, count: 0, bulk: tx.bulk($columns.split(',').count()) }
            })*
        }
    };
}

tables! {
    /// Rows of `beneficiary`.
    beneficiaries = "beneficiary" ("id, pseudonym, lot_id");
    /// Rows of `identity`.
    identities = "identity" ("beneficiary_id, number, last_name, first_name, sort_key, born_on, sex, commune, insee, qpv, rqth, situation, iban, site_id");
    /// Rows of `decision`.
    decisions = "decision" ("id, beneficiary_id, dispositif_id, decided_on, undated");
    /// Rows of `aid`.
    aids = "aid" ("id, lot_id, line, beneficiary_id, decision_id, month, terms_id, amount, requested_on, reference");
    /// Rows of `aid_share`.
    shares = "aid_share" ("aid_id, rank, axes_id, amount");
    /// Rows of `aid_finding`.
    findings = "aid_finding" ("aid_id, rank, code, rule, column_name, message, article, room, advice");
    /// Rows of `derogation_use`.
    derogation_uses = "derogation_use" ("aid_id, derogation_id");
    /// Rows of `payment`.
    payments = "payment" ("aid_id, rank, paid_on, amount");
    /// Rows of `unpaid_aid`.
    unpaid_aids = "unpaid_aid" ("aid_id");
    /// Rows of `living_reference`.
    references = "living_reference" ("source_id, reference, record_id, fingerprint");
    /// Rows of `aid_cancellation`.
    cancellations = "aid_cancellation" ("aid_id, lot_id");
    /// Rows of `entry`.
    entries = "entry" ("id, book, year, number, dated, event, lot_id, reverses, line_count, root, seal");
    /// Rows of `line`.
    lines = "line" ("entry_id, rank, account_id, axes_id, aid_id, amount");
    /// Rows of `general_account`.
    general_accounts = "general_account" ("id, code, label");
    /// Rows of `general_journal`.
    general_journals = "general_journal" ("id, code, label");
    /// Rows of `general_auxiliary`.
    general_auxiliaries = "general_auxiliary" ("id, code, label");
    /// Rows of `general_line`.
    general_lines = "general_line" ("lot_id, rank, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, label, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, salt, texts");
    /// Rows of `general_assignment`.
    general_assignments = "general_assignment" ("lot_id, rank, rule, funder_id, convention_id");
    /// Rows of `assignment_rule`.
    assignment_rules = "assignment_rule" ("lot_id, rank, account, journal, auxiliary, analytic, label_part, piece, funder_id, convention_id, label");
    /// Rows of `declaration`.
    declarations = "declaration" ("id, lot_id, line, beneficiary_id, declarable_id, dispositif_id, nature_id, giver_id, from_day, to_day, decided_on, value, reference, reason");
    /// Rows of `attestation`.
    attestations = "attestation" ("id, number, beneficiary_id, first_month, last_month, kind, issued_on, head_id, facts, fingerprint, user_name, at");
    /// Rows of `attestation_file`.
    attestation_files = "attestation_file" ("attestation_id, digest");
    /// Rows of `view_log`.
    views = "view_log" ("id, at, user_name, claimed, beneficiary_id, what");
}

impl Rows {
    /// Adds a row, its values in the order of the table's columns.
    ///
    /// # Panics
    /// On a row of another width: a bug.
    pub fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.split(',').count(), "{}", self.table);
        row.iter().for_each(|value| self.bulk.push(value));
        self.count += 1;
    }

    /// Returns true when enough rows wait for a sending to be worth it.
    pub fn is_full(&self) -> bool {
        self.bulk.is_full()
    }

    /// Returns true when no row waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes the rows that wait, leaving none.
    pub fn take(&mut self) -> Rows {
        let count = std::mem::take(&mut self.count);
        Rows { table: self.table, columns: self.columns, count, bulk: self.bulk.take() }
    }

    /// Sends the rows.
    ///
    /// # Errors
    /// When the engine refuses; the transaction is then lost.
    pub async fn append_to(self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.append(self.table, self.columns, self.bulk).await
    }
}
