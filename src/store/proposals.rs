//! Aids that somebody proposes, and what another person decided of them.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::ledger::content::ActContent;
use crate::ledger::seal::{Digest, salted};
use crate::money::Amount;

/// A proposal of the base.
#[derive(Clone, Debug)]
pub struct ProposalRow {
    /// Its number.
    pub number: i64,
    /// The person.
    pub beneficiary: i64,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Nature, or empty.
    pub nature: String,
    /// Month of right.
    pub month: Month,
    /// The amount.
    pub amount: Amount,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// The salted digest of why.
    pub reason_digest: Digest,
    /// Who proposed it.
    pub proposed_by: String,
    /// On which day.
    pub proposed_on: Date,
    /// What was decided, if it was.
    pub decision: Option<ProposalDecision>,
}

/// What was decided of a proposal.
#[derive(Clone, Debug)]
pub struct ProposalDecision {
    /// The lot that granted its aid; none where it was rejected.
    pub lot: Option<i64>,
    /// Who decided.
    pub by: String,
    /// On which day.
    pub on: Date,
    /// Why it was rejected, unless erased.
    pub reason: Option<String>,
}

impl ProposalRow {
    /// Returns what the lot that grants its aid seals of it.
    pub fn act(&self) -> ActContent<'_> {
        ActContent::Proposal {
            number: self.number,
            proposed: (&self.proposed_by, self.proposed_on),
            reason: &self.reason_digest,
        }
    }
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

/// Reads a reason, its salt and its digest: while it is there it must give the digest that was kept.
fn reason(row: &Row, at: usize, number: i64) -> Result<(Option<String>, Option<Vec<u8>>), StoreError> {
    let (text, salt, digest) = (row.opt_text(at)?, row.opt_blob(at + 1)?, row.opt_blob(at + 2)?);
    if let Some(text) = &text {
        let recomputed = salt.map(|salt| salted(&salt, text).to_vec());
        if recomputed.is_none() || recomputed != digest {
            return Err(StoreError::Inconsistent(format!(
                "le motif de la proposition {number} n'est pas celui qui a été scellé"
            )));
        }
    }
    Ok((text, digest))
}

fn proposal(row: &Row) -> Result<ProposalRow, StoreError> {
    let (number, month) = (row.int(0)?, row.int(4)?);
    let (why, digest) = reason(row, 6, number)?;
    let digest = digest.and_then(|digest| Digest::try_from(digest).ok());
    let decision = match row.opt_text(11)? {
        None => None,
        Some(by) => Some(ProposalDecision {
            by,
            lot: row.opt_int(12)?,
            on: day(row.int(13)?)?,
            reason: reason(row, 14, number)?.0,
        }),
    };
    Ok(ProposalRow {
        number,
        beneficiary: row.int(1)?,
        dispositif: row.small(2)?,
        nature: row.text(3)?,
        month: Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
        amount: Amount::from_centimes(row.int(5)?),
        reason: why,
        reason_digest: digest.ok_or_else(|| {
            StoreError::Inconsistent(format!("empreinte du motif de la proposition {number}"))
        })?,
        proposed_by: row.text(9)?,
        proposed_on: day(row.int(10)?)?,
        decision,
    })
}

impl Tx {
    /// Returns all proposals, oldest first.
    ///
    /// # Errors
    /// When the engine refuses, or a reason is not the one that was kept.
    pub async fn proposals(&mut self) -> Result<Vec<ProposalRow>, StoreError> {
        let sql = "select p.id, p.beneficiary_id, p.dispositif_id, p.nature, p.month, p.amount, p.reason, p.reason_salt, p.reason_digest, p.proposed_by, p.proposed_on,
                   d.decided_by, d.lot_id, d.decided_on, d.reason, d.reason_salt, d.reason_digest
                   from proposal p left join proposal_decision d on d.proposal_id = p.id order by p.id";
        self.all(sql, &[]).await?.iter().map(proposal).collect()
    }

    /// Writes a proposal, with the salt of its reason.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_proposal(&mut self, new: &ProposalRow, salt: &[u8]) -> Result<(), StoreError> {
        self.exec(
            "insert into proposal (id, beneficiary_id, dispositif_id, nature, month, amount, reason, reason_salt, reason_digest, proposed_by, proposed_on)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                new.number.into(),
                new.beneficiary.into(),
                new.dispositif.into(),
                (&new.nature).into(),
                new.month.number().into(),
                new.amount.centimes().into(),
                new.reason.as_deref().into(),
                salt.into(),
                new.reason_digest.as_slice().into(),
                (&new.proposed_by).into(),
                new.proposed_on.number().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Writes what was decided of a proposal, with the salt of its reason where it has one. The base
    /// refuses that who proposed accepts.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn decide_proposal(
        &mut self,
        proposal: &ProposalRow,
        decision: &ProposalDecision,
        salt: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let digest = decision.reason.as_ref().zip(salt).map(|(reason, salt)| salted(salt, reason).to_vec());
        self.exec(
            "insert into proposal_decision (proposal_id, proposed_by, lot_id, decided_by, decided_on, reason, reason_salt, reason_digest)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                proposal.number.into(),
                (&proposal.proposed_by).into(),
                decision.lot.into(),
                (&decision.by).into(),
                decision.on.number().into(),
                decision.reason.as_deref().into(),
                Value::OptBlob(salt.map(<[u8]>::to_vec)),
                Value::OptBlob(digest),
            ],
        )
        .await?;
        Ok(())
    }
}
