//! Derogations: what was asked, what was decided, which aids they serve.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::ledger::seal::{Digest, salted};
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// A derogation of the base.
#[derive(Clone, Debug)]
pub struct DerogationRow {
    /// Its number.
    pub number: i64,
    /// The person.
    pub beneficiary: i64,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Month of right.
    pub month: Month,
    /// The largest aid that it allows.
    pub amount: Amount,
    /// The codes of the rules that it lifts, in the order of their bytes.
    pub rules: Vec<String>,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// The salted digest of why.
    pub reason_digest: Digest,
    /// Who asked for it.
    pub asked_by: String,
    /// On which day.
    pub asked_on: Date,
    /// What was decided, if it was.
    pub decision: Option<DerogationDecision>,
}

/// What was decided of a derogation.
#[derive(Clone, Debug)]
pub struct DerogationDecision {
    /// Approved, else refused.
    pub approved: bool,
    /// Who decided.
    pub by: String,
    /// On which day.
    pub on: Date,
    /// Why it was refused, unless erased.
    pub reason: Option<String>,
}

/// An aid that a derogation serves.
#[derive(Clone, Debug)]
pub struct DerogationUse {
    /// The aid.
    pub aid: i64,
    /// The number of the derogation.
    pub derogation: i64,
    /// False once the aid is cancelled: the derogation is then free again.
    pub living: bool,
    /// Reference of the aid.
    pub reference: String,
    /// Its lot and its line in the file.
    pub origin: (i64, i64),
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

/// Reads a reason, its salt and its digest. A reason is erased with its salt; while it is there it must
/// give the digest that was kept.
fn reason(row: &Row, at: usize, number: i64) -> Result<(Option<String>, Option<Vec<u8>>), StoreError> {
    let (text, salt, digest) = (row.opt_text(at)?, row.opt_blob(at + 1)?, row.opt_blob(at + 2)?);
    if let Some(text) = &text {
        let recomputed = salt.map(|salt| salted(&salt, text).to_vec());
        if recomputed.is_none() || recomputed != digest {
            return Err(StoreError::Inconsistent(format!(
                "le motif de la dérogation {number} n'est pas celui qui a été scellé"
            )));
        }
    }
    Ok((text, digest))
}

fn derogation(row: &Row) -> Result<DerogationRow, StoreError> {
    let (number, month) = (row.int(0)?, row.int(3)?);
    let (why, digest) = reason(row, 5, number)?;
    let digest = digest.and_then(|digest| Digest::try_from(digest).ok());
    let decision = match row.opt_int(10)? {
        None => None,
        Some(approved) => Some(DerogationDecision {
            approved: approved == 1,
            by: row.text(11)?,
            on: day(row.int(12)?)?,
            reason: reason(row, 13, number)?.0,
        }),
    };
    Ok(DerogationRow {
        number,
        beneficiary: row.int(1)?,
        dispositif: row.small(2)?,
        month: Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
        amount: Amount::from_centimes(row.int(4)?),
        rules: Vec::new(),
        reason: why,
        reason_digest: digest.ok_or_else(|| {
            StoreError::Inconsistent(format!("empreinte du motif de la dérogation {number}"))
        })?,
        asked_by: row.text(8)?,
        asked_on: day(row.int(9)?)?,
        decision,
    })
}

impl Tx {
    /// Returns all derogations, oldest first.
    ///
    /// # Errors
    /// When the engine refuses, or a reason is not the one that was kept.
    pub async fn derogations(&mut self) -> Result<Vec<DerogationRow>, StoreError> {
        let sql = "select g.id, g.beneficiary_id, g.dispositif_id, g.month, g.amount, g.reason, g.reason_salt, g.reason_digest, g.asked_by, g.asked_on,
                   d.approved, d.decided_by, d.decided_on, d.reason, d.reason_salt, d.reason_digest
                   from derogation g left join derogation_decision d on d.derogation_id = g.id
                   order by g.id";
        let mut found: Vec<DerogationRow> =
            self.all(sql, &[]).await?.iter().map(derogation).collect::<Result<_, _>>()?;
        let mut rules: FxHashMap<i64, Vec<String>> = FxHashMap::default();
        for row in self.all("select derogation_id, rule from derogation_rule", &[]).await? {
            rules.entry(row.int(0)?).or_default().push(row.text(1)?);
        }
        for derogation in &mut found {
            derogation.rules = rules.remove(&derogation.number).unwrap_or_default();
            derogation.rules.sort_unstable();
        }
        Ok(found)
    }

    /// Returns the aids that derogations serve or served, in the order in which they were posted.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn derogation_uses(&mut self) -> Result<Vec<DerogationUse>, StoreError> {
        let sql = "select u.aid_id, u.derogation_id,
                   case when exists (select 1 from aid_cancellation c where c.aid_id = u.aid_id) then cast(0 as bigint) else cast(1 as bigint) end,
                   a.reference, a.lot_id, a.line
                   from derogation_use u join aid a on a.id = u.aid_id order by u.aid_id";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(DerogationUse {
                    aid: row.int(0)?,
                    derogation: row.int(1)?,
                    living: row.int(2)? == 1,
                    reference: row.text(3)?,
                    origin: (row.int(4)?, row.int(5)?),
                })
            })
            .collect()
    }

    /// Writes a derogation that is asked for, with the salt of its reason.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_derogation(&mut self, new: &DerogationRow, salt: &[u8]) -> Result<(), StoreError> {
        self.exec(
            "insert into derogation (id, beneficiary_id, dispositif_id, month, amount, reason, reason_salt, reason_digest, asked_by, asked_on)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                new.number.into(),
                new.beneficiary.into(),
                new.dispositif.into(),
                new.month.number().into(),
                new.amount.centimes().into(),
                new.reason.as_deref().into(),
                salt.into(),
                new.reason_digest.as_slice().into(),
                (&new.asked_by).into(),
                new.asked_on.number().into(),
            ],
        )
        .await?;
        for rule in &new.rules {
            self.exec(
                "insert into derogation_rule (derogation_id, rule) values ($1, $2)",
                &[new.number.into(), rule.into()],
            )
            .await?;
        }
        Ok(())
    }

    /// Writes what was decided of a derogation, with the salt of its reason where it has one. The base
    /// refuses that who asked approves.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn decide_derogation(
        &mut self,
        derogation: &DerogationRow,
        decision: &DerogationDecision,
        salt: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let digest = decision.reason.as_ref().zip(salt).map(|(reason, salt)| salted(salt, reason).to_vec());
        self.exec(
            "insert into derogation_decision (derogation_id, asked_by, approved, decided_by, decided_on, reason, reason_salt, reason_digest)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                derogation.number.into(),
                (&derogation.asked_by).into(),
                i64::from(decision.approved).into(),
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
