//! Rows waiting to be appended: filled by whoever makes them, sent in bulk.

use super::engine::{StoreError, Tx, Value};

/// Rows of one table.
#[derive(Debug)]
pub struct Rows {
    table: &'static str,
    columns: &'static str,
    values: Vec<Value>,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $table:literal ($columns:literal);)*) => {
        impl Rows {
            $($(#[$doc])*
            pub fn $name() -> Rows {
                Rows { table: $table, columns: $columns, values: Vec::new() }
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
    /// Rows of `payment`.
    payments = "payment" ("aid_id, rank, paid_on, amount");
    /// Rows of `living_reference`.
    references = "living_reference" ("source_id, reference, record_id, fingerprint");
    /// Rows of `aid_cancellation`.
    cancellations = "aid_cancellation" ("aid_id, lot_id");
    /// Rows of `entry`.
    entries = "entry" ("id, book, year, number, dated, event, lot_id, reverses, line_count, root, seal");
    /// Rows of `line`.
    lines = "line" ("entry_id, rank, account_id, axes_id, aid_id, amount");
}

impl Rows {
    /// Adds a row, its values in the order of the table's columns.
    pub fn push<const N: usize>(&mut self, row: [Value; N]) {
        self.values.extend(row);
    }

    /// Returns how many values wait.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns true when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes what waits, leaving the table empty.
    pub fn take(&mut self) -> Rows {
        Rows { table: self.table, columns: self.columns, values: std::mem::take(&mut self.values) }
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// When the engine refuses; the transaction is then lost.
    pub async fn append_to(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.append(self.table, self.columns, &self.values).await
    }
}
