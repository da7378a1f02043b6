//! One aid, with all that the base holds of it.

use super::engine::Tx;
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::money::Amount;

/// An aid, in keys.
#[derive(Clone, Debug)]
pub struct AidDetail {
    /// Its key.
    pub aid: i64,
    /// Its lot and its line in the file.
    pub origin: (i64, i64),
    /// The person.
    pub beneficiary: i64,
    /// The person's number, unless erased.
    pub number: Option<String>,
    /// The person's pseudonym.
    pub pseudonym: String,
    /// Month of right.
    pub month: Month,
    /// Amount.
    pub amount: Amount,
    /// Day of the request.
    pub requested_on: Option<Date>,
    /// Reference.
    pub reference: String,
    /// Day of the decision.
    pub decided_on: Date,
    /// The file gave no decision date.
    pub undated: bool,
    /// Keys of dispositif, nature, payer, committee, payee, axes and publication of the rules.
    pub terms: [u32; 7],
    /// `decider` or `constater`.
    pub mode: String,
    /// The lot that cancelled it.
    pub cancelled_by: Option<i64>,
}

/// A finding kept with an aid, in the words said on that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Its code.
    pub code: String,
    /// Code of the rule.
    pub rule: Option<String>,
    /// The column that it is about.
    pub column: Option<String>,
    /// The words said on that day.
    pub message: String,
    /// The article.
    pub article: Option<String>,
    /// Room left then.
    pub room: Option<Amount>,
    /// What it advised.
    pub advice: String,
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

impl Tx {
    /// Returns an aid by its key.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aid_detail(&mut self, aid: i64) -> Result<Option<AidDetail>, StoreError> {
        let sql = "select a.id, a.lot_id, a.line, a.beneficiary_id, i.number, b.pseudonym, a.month, a.amount, a.requested_on, a.reference,
                   d.decided_on, d.undated, t.dispositif_id, t.nature_id, t.payer_id, t.committee_id, t.payee_id, t.axes_id, t.rules_id, t.mode, c.lot_id
                   from aid a
                   join beneficiary b on b.id = a.beneficiary_id
                   join decision d on d.id = a.decision_id
                   join terms t on t.id = a.terms_id
                   left join identity i on i.beneficiary_id = a.beneficiary_id
                   left join aid_cancellation c on c.aid_id = a.id
                   where a.id = $1";
        let Some(row) = self.one(sql, &[aid.into()]).await? else { return Ok(None) };
        let month = row.int(6)?;
        let mut terms = [0; 7];
        for (at, key) in terms.iter_mut().enumerate() {
            *key = row.small(12 + at)?;
        }
        Ok(Some(AidDetail {
            aid,
            origin: (row.int(1)?, row.int(2)?),
            beneficiary: row.int(3)?,
            number: row.opt_text(4)?,
            pseudonym: row.text(5)?,
            month: Month::from_number(month)
                .ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
            amount: Amount::from_centimes(row.int(7)?),
            requested_on: row.opt_int(8)?.map(day).transpose()?,
            reference: row.text(9)?,
            decided_on: day(row.int(10)?)?,
            undated: row.int(11)? == 1,
            terms,
            mode: row.text(19)?,
            cancelled_by: row.opt_int(20)?,
        }))
    }

    /// Returns the keys of the aids that bear this reference: the living ones, else the cancelled ones.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_referenced(&mut self, reference: &str) -> Result<Vec<i64>, StoreError> {
        // The references in use are an index, by source; those that are free again are looked for in all aids.
        let sql = "select r.record_id from source s cross join living_reference r
                   where r.source_id = s.id and r.reference = $1 order by r.record_id";
        let mut living = Vec::new();
        for row in self.all(sql, &[reference.into()]).await? {
            living.push(Value::Int(row.int(0)?));
        }
        // A notice of an envelope may have the key of an aid.
        let found = self.references_of(&living).await?;
        let mut found: Vec<i64> =
            found.into_iter().filter(|(_, own)| own == reference).map(|(aid, _)| aid).collect();
        if found.is_empty() {
            let sql = "select a.id from aid a where a.reference = $1 order by a.id";
            for row in self.all(sql, &[reference.into()]).await? {
                found.push(row.int(0)?);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Returns the findings kept with an aid, in their order.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn findings_of(&mut self, aid: i64) -> Result<Vec<FindingRow>, StoreError> {
        let sql = "select code, rule, column_name, message, article, room, advice from aid_finding where aid_id = $1 order by rank";
        let rows = self.all(sql, &[aid.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(FindingRow {
                    code: row.text(0)?,
                    rule: row.opt_text(1)?,
                    column: row.opt_text(2)?,
                    message: row.text(3)?,
                    article: row.opt_text(4)?,
                    room: row.opt_int(5)?.map(Amount::from_centimes),
                    advice: row.text(6)?,
                })
            })
            .collect()
    }

    /// Returns the shares of these aids that have several funders: aid, axes, amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn shares_of(&mut self, aids: &[Value]) -> Result<Vec<(i64, u32, Amount)>, StoreError> {
        let mut shares = Vec::new();
        let sql =
            "select aid_id, axes_id, amount from aid_share where aid_id in ({keys}) order by aid_id, rank";
        self.lookup(sql, 0, aids, |row| {
            shares.push((row.int(0)?, row.small(1)?, Amount::from_centimes(row.int(2)?)));
            Ok(())
        })
        .await?;
        Ok(shares)
    }
}
