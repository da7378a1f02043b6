//! Refusals notified: what was asked, why it is refused, in the words of that day.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::ledger::seal::salted;
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// A refusal of the base.
#[derive(Clone, Debug)]
pub struct RefusalRow {
    /// Its key.
    pub id: i64,
    /// Its year, and its number in it, from 1 without a gap.
    pub number: (i64, i64),
    /// The person.
    pub beneficiary: i64,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Nature, or empty.
    pub nature: String,
    /// Month of right.
    pub month: Month,
    /// The amount that was asked.
    pub amount: Amount,
    /// The day.
    pub refused_on: Date,
    /// Who refused.
    pub refused_by: String,
    /// Why, besides the rules, unless there is nothing or it is erased.
    pub reason: Option<String>,
    /// The ways of appeal as the letter says them, one paragraph a line.
    pub appeal: String,
    /// The rules that failed.
    pub rules: Vec<RefusalRule>,
}

/// A rule that failed that day.
#[derive(Clone, Debug)]
pub struct RefusalRule {
    /// Code of the finding.
    pub code: String,
    /// Code of the rule, where one is named.
    pub rule: Option<String>,
    /// The words said that day.
    pub message: String,
    /// The article, or empty.
    pub article: String,
}

fn refusal(row: &Row) -> Result<RefusalRow, StoreError> {
    let (month, day) = (row.int(6)?, row.int(8)?);
    let (reason, salt, digest) = (row.opt_text(10)?, row.opt_blob(12)?, row.opt_blob(13)?);
    // A reason is erased with its salt; while it is there it must give the digest that was kept.
    if let Some(reason) = &reason {
        let recomputed = salt.map(|salt| salted(&salt, reason).to_vec());
        if recomputed.is_none() || recomputed != digest {
            let number = row.int(0)?;
            return Err(StoreError::Inconsistent(format!(
                "le motif du refus n° {number} n'est plus le sien"
            )));
        }
    }
    Ok(RefusalRow {
        id: row.int(0)?,
        number: (row.int(1)?, row.int(2)?),
        beneficiary: row.int(3)?,
        dispositif: row.small(4)?,
        nature: row.text(5)?,
        month: Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
        amount: Amount::from_centimes(row.int(7)?),
        refused_on: Date::from_number(day).ok_or_else(|| StoreError::Inconsistent(format!("date {day}")))?,
        refused_by: row.text(9)?,
        reason,
        appeal: row.text(11)?,
        rules: Vec::new(),
    })
}

impl Tx {
    /// Returns all refusals, oldest first.
    ///
    /// # Errors
    /// When the engine refuses, or a reason is not the one that was kept.
    pub async fn refusals(&mut self) -> Result<Vec<RefusalRow>, StoreError> {
        let sql = "select id, year, number, beneficiary_id, dispositif_id, nature, month, amount, refused_on, refused_by, reason, appeal, reason_salt, reason_digest from refusal order by id";
        let mut found: Vec<RefusalRow> =
            self.all(sql, &[]).await?.iter().map(refusal).collect::<Result<_, _>>()?;
        let mut rules: FxHashMap<i64, Vec<RefusalRule>> = FxHashMap::default();
        let sql =
            "select refusal_id, code, rule, message, article from refusal_rule order by refusal_id, rank";
        for row in self.all(sql, &[]).await? {
            rules.entry(row.int(0)?).or_default().push(RefusalRule {
                code: row.text(1)?,
                rule: row.opt_text(2)?,
                message: row.text(3)?,
                article: row.text(4)?,
            });
        }
        for refusal in &mut found {
            refusal.rules = rules.remove(&refusal.id).unwrap_or_default();
        }
        Ok(found)
    }

    /// Returns the last number given to a refusal of this year; 0 for none.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_refusal(&mut self, year: i64) -> Result<i64, StoreError> {
        let row = self.one("select max(number) from refusal where year = $1", &[year.into()]).await?;
        Ok(row.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0))
    }

    /// Writes a refusal; its reason, if it has one, with this salt.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_refusal(&mut self, new: &RefusalRow, salt: &[u8]) -> Result<(), StoreError> {
        let salted = new.reason.as_ref().map(|reason| salted(salt, reason).to_vec());
        self.exec(
            "insert into refusal (id, year, number, beneficiary_id, dispositif_id, nature, month, amount, refused_on, refused_by, reason, reason_salt, reason_digest, appeal)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &[
                new.id.into(),
                new.number.0.into(),
                new.number.1.into(),
                new.beneficiary.into(),
                new.dispositif.into(),
                (&new.nature).into(),
                new.month.number().into(),
                new.amount.centimes().into(),
                new.refused_on.number().into(),
                (&new.refused_by).into(),
                new.reason.as_deref().into(),
                Value::OptBlob(salted.as_ref().map(|_| salt.to_vec())),
                Value::OptBlob(salted),
                (&new.appeal).into(),
            ],
        )
        .await?;
        for (rank, rule) in new.rules.iter().enumerate() {
            self.exec(
                "insert into refusal_rule (refusal_id, rank, code, rule, message, article) values ($1, $2, $3, $4, $5, $6)",
                &[
                    new.id.into(),
                    Value::Int(rank as i64 + 1),
                    (&rule.code).into(),
                    rule.rule.as_deref().into(),
                    (&rule.message).into(),
                    (&rule.article).into(),
                ],
            )
            .await?;
        }
        Ok(())
    }
}
