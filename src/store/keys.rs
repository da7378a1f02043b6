//! The keys of new rows: each table numbers its own, one after the other.

use super::engine::Tx;
use super::error::StoreError;

/// What a key is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOf {
    /// An aid.
    Aid,
    /// A line assigned by hand.
    AssignmentByHand,
    /// An attestation of the register.
    Attestation,
    /// A line of the audit log.
    Audited,
    /// A decision.
    Decision,
    /// A declaration.
    Declaration,
    /// A derogation.
    Derogation,
    /// A lot.
    Lot,
    /// A notice of an envelope.
    Notice,
    /// Who receives money that is not theirs.
    Payee,
    /// A person.
    Person,
    /// A proposal.
    Proposal,
    /// A published text of rules.
    Publication,
    /// What came back of it.
    Recovery,
    /// A refusal.
    Refusal,
    /// A combination of terms.
    Terms,
    /// What was paid wrongly.
    Undue,
    /// A user.
    User,
    /// A view of a file.
    View,
}

impl Tx {
    /// Returns the key after the greatest of a table, inside a writing transaction.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn next_key(&mut self, of: KeyOf) -> Result<i64, StoreError> {
        let greatest = match of {
            KeyOf::Aid => "select max(id) from aid",
            KeyOf::AssignmentByHand => "select max(id) from assignment_by_hand",
            KeyOf::Attestation => "select max(id) from attestation",
            KeyOf::Audited => "select max(id) from audit_log",
            KeyOf::Decision => "select max(id) from decision",
            KeyOf::Declaration => "select max(id) from declaration",
            KeyOf::Derogation => "select max(id) from derogation",
            KeyOf::Lot => "select max(id) from lot",
            KeyOf::Notice => "select max(id) from envelope_notice",
            KeyOf::Payee => "select max(id) from payee",
            KeyOf::Person => "select max(id) from beneficiary",
            KeyOf::Proposal => "select max(id) from proposal",
            KeyOf::Publication => "select max(id) from rule_publication",
            KeyOf::Recovery => "select max(id) from recovery",
            KeyOf::Refusal => "select max(id) from refusal",
            KeyOf::Terms => "select max(id) from terms",
            KeyOf::Undue => "select max(id) from undue",
            KeyOf::User => "select max(id) from app_user",
            KeyOf::View => "select max(id) from view_log",
        };
        let row = self.one(greatest, &[]).await?;
        Ok(row.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0) + 1)
    }
}
