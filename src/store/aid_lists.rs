//! Aids in the order of a list, a page at a time: by month of right and terms, by day of decision, by the
//! entries that paid them, or as they were posted. No page reads what comes before it.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::keys::KeyOf;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::ledger::AccountId;
use crate::money::Amount;

/// An aid as a list shows it, in keys.
#[derive(Clone, Debug)]
pub struct AidListRow {
    /// Its key.
    pub aid: i64,
    /// Reference.
    pub reference: String,
    /// The person.
    pub beneficiary: i64,
    /// The person's number, unless erased.
    pub number: Option<String>,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Key of the nature.
    pub nature: u32,
    /// Key of the payer.
    pub payer: u32,
    /// Key of the axes of its only or first funder.
    pub axes: u32,
    /// Month of right.
    pub month: Month,
    /// Day of the decision.
    pub decided_on: Date,
    /// Day of the first payment, if paid.
    pub paid_on: Option<Date>,
    /// Amount of the whole aid.
    pub amount: Amount,
    /// What was paid of it.
    pub paid: Amount,
    /// Its lot and its line in the file.
    pub origin: (i64, i64),
    /// Posted though a rule fails.
    pub irregular: bool,
    /// Cancelled by a later lot.
    pub cancelled: bool,
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

fn first_ints(rows: &[Row]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| row.int(0)).collect()
}

fn pairs(rows: &[Row]) -> Result<Vec<(i64, i64)>, StoreError> {
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

impl Tx {
    /// Returns these aids, in any order.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_listed(&mut self, keys: &[Value]) -> Result<Vec<AidListRow>, StoreError> {
        let mut listed = Vec::with_capacity(keys.len());
        let sql = "select a.id, a.reference, a.beneficiary_id, i.number, t.dispositif_id, t.nature_id, t.payer_id, t.axes_id, a.month, d.decided_on,
                   p.paid_on, a.amount, a.lot_id, a.line,
                   case when exists (select 1 from aid_finding f where f.aid_id = a.id and f.code <> 'accorde_par_derogation') then cast(1 as bigint) else cast(0 as bigint) end,
                   case when exists (select 1 from aid_cancellation c where c.aid_id = a.id) then cast(1 as bigint) else cast(0 as bigint) end,
                   coalesce((select cast(sum(y.amount) as bigint) from payment y where y.aid_id = a.id), 0)
                   from aid a
                   join decision d on d.id = a.decision_id
                   join terms t on t.id = a.terms_id
                   left join payment p on p.aid_id = a.id and p.rank = 1
                   left join identity i on i.beneficiary_id = a.beneficiary_id
                   where a.id in ({keys})";
        self.lookup(sql, 0, keys, |row| {
            let month = row.int(8)?;
            listed.push(AidListRow {
                aid: row.int(0)?,
                reference: row.text(1)?,
                beneficiary: row.int(2)?,
                number: row.opt_text(3)?,
                dispositif: row.small(4)?,
                nature: row.small(5)?,
                payer: row.small(6)?,
                axes: row.small(7)?,
                month: Month::from_number(month)
                    .ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
                decided_on: day(row.int(9)?)?,
                paid_on: row.opt_int(10)?.map(day).transpose()?,
                amount: Amount::from_centimes(row.int(11)?),
                origin: (row.int(12)?, row.int(13)?),
                irregular: row.int(14)? == 1,
                cancelled: row.int(15)? == 1,
                paid: Amount::from_centimes(row.int(16)?),
            });
            Ok(())
        })
        .await?;
        Ok(listed)
    }

    /// Returns the first terms, from some on, that an aid of a month of right has.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn next_terms(&mut self, month: Month, from: i64) -> Result<Option<i64>, StoreError> {
        let sql = "select terms_id from aid where month = $1 and terms_id >= $2 order by terms_id limit 1";
        let row = self.one(sql, &[month.number().into(), from.into()]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Returns the living aids of a month of right and of some terms, after one of them.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_of_month(
        &mut self,
        month: Month,
        terms: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let sql = "select a.id from aid a where a.month = $1 and a.terms_id = $2 and a.id > $3
                   and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)
                   order by a.id limit $4";
        let values = [month.number().into(), terms.into(), after.into(), limit.into()];
        first_ints(&self.all(sql, &values).await?)
    }

    /// Returns the terms of aids that have a share on each of these axes.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn terms_sharing(&mut self, axes: &[Value]) -> Result<Vec<u32>, StoreError> {
        let mut terms = Vec::new();
        let sql = "select distinct a.terms_id from aid_share s join aid a on a.id = s.aid_id where s.axes_id in ({keys})";
        self.lookup(sql, 0, axes, |row| {
            terms.push(row.small(0)?);
            Ok(())
        })
        .await?;
        Ok(terms)
    }

    /// Returns the first day, from one to another, on which something was decided of a dispositif.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn next_decision_day(
        &mut self,
        dispositif: u32,
        from: i64,
        to: i64,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "select decided_on from decision where dispositif_id = $1 and decided_on >= $2 and decided_on <= $3
                   order by decided_on limit 1";
        let row = self.one(sql, &[dispositif.into(), from.into(), to.into()]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Returns the living aids decided on a day, after one of them: decision and aid, in their order.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_decided(
        &mut self,
        dispositif: u32,
        day: i64,
        after: (i64, i64),
        limit: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        // The aids of a decision are found among those of its person.
        let sql = "select d.id, a.id from decision d
                   join aid a on a.beneficiary_id = d.beneficiary_id and a.decision_id = d.id
                   where d.dispositif_id = $1 and d.decided_on = $2 and d.id >= $3 and (d.id > $3 or a.id > $4)
                   and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)
                   order by d.id, a.id limit $5";
        let values = [dispositif.into(), day.into(), after.0.into(), after.1.into(), limit.into()];
        pairs(&self.all(sql, &values).await?)
    }

    /// Returns the entries of an event between two days, reversals apart, in the order of the chain: each
    /// with its day and the axes of its lines.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entries_of_event(
        &mut self,
        event: &str,
        first: i64,
        last: i64,
    ) -> Result<Vec<(i64, Date, u32)>, StoreError> {
        let sql =
            "select e.id, e.dated, l.axes_id from entry e join line l on l.entry_id = e.id and l.rank = 1
                   where e.event = $1 and e.reverses is null and e.dated between $2 and $3 order by e.id";
        let rows = self.all(sql, &[event.into(), first.into(), last.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, day(row.int(1)?)?, row.small(2)?))).collect()
    }

    /// Returns the debits of an entry on an account about living aids, after a rank: rank, aid, axes,
    /// amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn debits_of_entry(
        &mut self,
        entry: i64,
        after: i64,
        account: AccountId,
        limit: i64,
    ) -> Result<Vec<(i64, i64, u32, Amount)>, StoreError> {
        let sql = "select l.rank, l.aid_id, l.axes_id, l.amount from line l
                   where l.entry_id = $1 and l.rank > $2 and l.account_id = $3 and l.amount > 0 and l.aid_id is not null
                   and not exists (select 1 from aid_cancellation c where c.aid_id = l.aid_id)
                   order by l.rank limit $4";
        let values = [entry.into(), after.into(), i64::from(account).into(), limit.into()];
        let rows = self.all(sql, &values).await?;
        rows.iter()
            .map(|row| Ok((row.int(0)?, row.int(1)?, row.small(2)?, Amount::from_centimes(row.int(3)?))))
            .collect()
    }

    /// Returns the irregular aids after one of them, as they were posted, cancelled ones included.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn irregular_after(&mut self, after: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "select distinct f.aid_id from aid_finding f where f.aid_id > $1 and f.code <> 'accorde_par_derogation'
                   order by f.aid_id limit $2";
        first_ints(&self.all(sql, &[after.into(), limit.into()]).await?)
    }

    /// Returns the amount of the living irregular aids between two months of right.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn irregular_amount(&mut self, first: Month, last: Month) -> Result<Amount, StoreError> {
        let sql = "select cast(coalesce(sum(a.amount), 0) as bigint) from aid a
                   where a.id in (select f.aid_id from aid_finding f where f.code <> 'accorde_par_derogation')
                   and a.month between $1 and $2 and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)";
        let row = self.one(sql, &[first.number().into(), last.number().into()]).await?;
        row.map_or(Ok(0), |row| row.int(0)).map(Amount::from_centimes)
    }

    /// Returns the cancelled aids after one of them, as they were posted.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn cancelled_after(&mut self, after: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "select aid_id from aid_cancellation where aid_id > $1 order by aid_id limit $2";
        first_ints(&self.all(sql, &[after.into(), limit.into()]).await?)
    }

    /// Returns the aids of a person after one of them, as they were posted, cancelled ones included.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_of_one_after(
        &mut self,
        beneficiary: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let sql = "select id from aid where beneficiary_id = $1 and id > $2 order by id limit $3";
        first_ints(&self.all(sql, &[beneficiary.into(), after.into(), limit.into()]).await?)
    }

    /// Returns the aids of a lot after one of them, as they were posted, cancelled ones included.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_of_lot_after(
        &mut self,
        lot: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        // Keys grow with lots: the first aid of a lot is found by halving, without an index of its own.
        let first = match after {
            i64::MIN => self.first_aid_from_lot(lot).await?,
            after => after.saturating_add(1),
        };
        let sql = "select id, lot_id from aid where id >= $1 order by id limit $2";
        let rows = pairs(&self.all(sql, &[first.into(), limit.into()]).await?)?;
        Ok(rows.into_iter().take_while(|(_, own)| *own == lot).map(|(aid, _)| aid).collect())
    }

    /// Returns the least key from which every aid is of this lot or of a later one.
    async fn first_aid_from_lot(&mut self, lot: i64) -> Result<i64, StoreError> {
        let last = self.next_key(KeyOf::Aid).await?;
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self
                .one("select lot_id from aid where id >= $1 order by id limit 1", &[middle.into()])
                .await?;
            match row.map(|row| row.int(0)).transpose()? {
                Some(own) if own < lot => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// Returns the living aids that are not wholly paid before one of them, the latest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn unpaid_before(&mut self, before: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "select aid_id from unpaid_aid where aid_id < $1 order by aid_id desc limit $2";
        first_ints(&self.all(sql, &[before.into(), limit.into()]).await?)
    }
}
