//! The life of an aid decided by hand: its number, its payments, what was undue and what came back.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::read_aids::FactRow;
use super::value::Value;
use crate::calendar::Date;
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// A payment of an aid.
#[derive(Clone, Copy, Debug)]
pub struct PaymentRow {
    /// The aid.
    pub aid: i64,
    /// Its rank among the payments of the aid, from 1.
    pub rank: i64,
    /// Its day.
    pub paid_on: Date,
    /// Its amount.
    pub amount: Amount,
    /// The lot that posted it, where it was recorded by hand after the grant.
    pub lot: Option<i64>,
}

/// What was paid and should not have been ("indu").
#[derive(Clone, Copy, Debug)]
pub struct UndueRow {
    /// Its number.
    pub number: i64,
    /// The aid.
    pub aid: i64,
    /// The lot that posted it; its reason says why.
    pub lot: i64,
    /// The amount.
    pub amount: Amount,
    /// The day on which it was found.
    pub found_on: Date,
    /// The aid is cancelled: nothing is undue any more.
    pub cancelled: bool,
}

/// What came back of an undue, or never will.
#[derive(Clone, Debug)]
pub struct RecoveryRow {
    /// Its key.
    pub id: i64,
    /// The number of the undue.
    pub undue: i64,
    /// The lot that posted it.
    pub lot: i64,
    /// `reabonde`, `rendu_au_financeur` or `non_valeur`.
    pub how: String,
    /// The amount.
    pub amount: Amount,
    /// The day.
    pub recovered_on: Date,
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

fn payment(row: &Row) -> Result<PaymentRow, StoreError> {
    Ok(PaymentRow {
        aid: row.int(0)?,
        rank: row.int(1)?,
        paid_on: day(row.int(2)?)?,
        amount: Amount::from_centimes(row.int(3)?),
        lot: row.opt_int(4)?,
    })
}

/// Cuts an aid by its payments: one row for each, then one for what is left. Only the first of them is
/// irregular.
fn cut(row: FactRow, payments: &[PaymentRow], parts: &mut Vec<FactRow>) {
    let mut left = row.amount;
    for (at, payment) in payments.iter().enumerate() {
        left -= payment.amount;
        let (paid_on, amount) = (Some(payment.paid_on), payment.amount);
        parts.push(FactRow { paid_on, amount, irregular: row.irregular && at == 0, ..row });
    }
    if left.is_positive() {
        parts.push(FactRow {
            paid_on: None,
            amount: left,
            irregular: row.irregular && payments.is_empty(),
            ..row
        });
    }
}

impl Tx {
    /// Returns the last number given by hand to an aid decided in this year; 0 for none.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_hand_grant(&mut self, year: i64) -> Result<i64, StoreError> {
        let row = self.one("select max(number) from hand_grant where year = $1", &[year.into()]).await?;
        Ok(row.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0))
    }

    /// Writes the number of an aid granted by hand.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_hand_grant(&mut self, aid: i64, year: i64, number: i64) -> Result<(), StoreError> {
        self.exec(
            "insert into hand_grant (aid_id, year, number) values ($1, $2, $3)",
            &[aid.into(), year.into(), number.into()],
        )
        .await?;
        Ok(())
    }

    /// Returns the payments of these aids, by aid and rank.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn payments_of(&mut self, aids: &[Value]) -> Result<Vec<PaymentRow>, StoreError> {
        let mut payments = Vec::new();
        let sql = "select p.aid_id, p.rank, p.paid_on, p.amount, h.lot_id from payment p
                   left join hand_payment h on h.aid_id = p.aid_id and h.rank = p.rank
                   where p.aid_id in ({keys}) order by p.aid_id, p.rank";
        self.lookup(sql, 0, aids, |row| {
            payments.push(payment(row)?);
            Ok(())
        })
        .await?;
        Ok(payments)
    }

    /// Returns the lots of payments recorded by hand, with the rank of each.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn hand_payments(&mut self) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self.all("select lot_id, rank from hand_payment", &[]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// Returns the aids of these people as they were once a lot was in: those that lived then, in the order
    /// in which they were posted, cut by the payments that were posted then.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn facts_once(&mut self, people: &[Value], lot: i64) -> Result<Vec<FactRow>, StoreError> {
        let rows = self.living_once(people, lot).await?;
        let aids: Vec<Value> = rows.iter().map(|row| row.aid.into()).collect();
        let mut payments: FxHashMap<i64, Vec<PaymentRow>> = FxHashMap::default();
        for payment in self.payments_of(&aids).await? {
            if payment.lot.is_none_or(|own| own <= lot) {
                payments.entry(payment.aid).or_default().push(payment);
            }
        }
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            cut(row, &payments.remove(&row.aid).unwrap_or_default(), &mut parts);
        }
        Ok(parts)
    }

    /// Cuts those of these aids that are paid in parts: one row for each payment, then one for what is
    /// left. Only the first of them is irregular, so that the aid counts once as such.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn in_parts(&mut self, rows: Vec<FactRow>) -> Result<Vec<FactRow>, StoreError> {
        let aids: Vec<Value> =
            rows.iter().filter(|row| row.is_in_parts()).map(|row| row.aid.into()).collect();
        if aids.is_empty() {
            return Ok(rows);
        }
        let mut payments: FxHashMap<i64, Vec<PaymentRow>> = FxHashMap::default();
        for payment in self.payments_of(&aids).await? {
            payments.entry(payment.aid).or_default().push(payment);
        }
        let mut parts = Vec::with_capacity(rows.len() + aids.len());
        for row in rows {
            if !row.is_in_parts() {
                parts.push(row);
                continue;
            }
            cut(row, &payments.remove(&row.aid).unwrap_or_default(), &mut parts);
        }
        Ok(parts)
    }

    /// Writes a payment recorded by hand, and the lot that posted it. The base refuses more than is granted.
    /// An aid that is whole paid is unpaid no more.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_hand_payment(&mut self, payment: &PaymentRow, lot: i64) -> Result<(), StoreError> {
        let (aid, rank) = (payment.aid.into(), payment.rank.into());
        self.exec(
            "insert into payment (aid_id, rank, paid_on, amount) values ($1, $2, $3, $4)",
            &[aid, rank, payment.paid_on.number().into(), payment.amount.centimes().into()],
        )
        .await?;
        self.exec(
            "insert into hand_payment (lot_id, aid_id, rank) values ($1, $2, $3)",
            &[lot.into(), payment.aid.into(), payment.rank.into()],
        )
        .await?;
        self.exec(
            "delete from unpaid_aid where aid_id = $1
             and (select a.amount from aid a where a.id = $1) <= (select sum(p.amount) from payment p where p.aid_id = $1)",
            &[payment.aid.into()],
        )
        .await?;
        Ok(())
    }

    /// Takes cancelled aids out of those that are not wholly paid.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn forget_unpaid(&mut self, aids: &[Value]) -> Result<(), StoreError> {
        self.lookup("delete from unpaid_aid where aid_id in ({keys})", 0, aids, |_| Ok(())).await
    }

    /// Returns the lots that posted something of these aids after their own, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn later_lots(&mut self, aids: &[Value]) -> Result<Vec<i64>, StoreError> {
        let mut lots = Vec::new();
        for sql in [
            "select lot_id from hand_payment where aid_id in ({keys})",
            "select lot_id from undue where aid_id in ({keys})",
            "select r.lot_id from recovery r join undue u on u.id = r.undue_id where u.aid_id in ({keys})",
        ] {
            self.lookup(sql, 0, aids, |row| {
                lots.push(row.int(0)?);
                Ok(())
            })
            .await?;
        }
        lots.sort_unstable();
        Ok(lots)
    }

    /// Returns everything that was found undue, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn undues(&mut self) -> Result<Vec<UndueRow>, StoreError> {
        let sql = "select u.id, u.aid_id, u.lot_id, u.amount, u.found_on,
                   case when exists (select 1 from aid_cancellation c where c.aid_id = u.aid_id) then cast(1 as bigint) else cast(0 as bigint) end
                   from undue u order by u.id";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(UndueRow {
                    number: row.int(0)?,
                    aid: row.int(1)?,
                    lot: row.int(2)?,
                    amount: Amount::from_centimes(row.int(3)?),
                    found_on: day(row.int(4)?)?,
                    cancelled: row.int(5)? == 1,
                })
            })
            .collect()
    }

    /// Writes what was found undue. The base refuses more than was paid.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_undue(&mut self, undue: &UndueRow) -> Result<(), StoreError> {
        self.exec(
            "insert into undue (id, aid_id, lot_id, amount, found_on) values ($1, $2, $3, $4, $5)",
            &[
                undue.number.into(),
                undue.aid.into(),
                undue.lot.into(),
                undue.amount.centimes().into(),
                undue.found_on.number().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Returns all recoveries and write-offs, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn recoveries(&mut self) -> Result<Vec<RecoveryRow>, StoreError> {
        let sql = "select id, undue_id, lot_id, how, amount, recovered_on from recovery order by id";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(RecoveryRow {
                    id: row.int(0)?,
                    undue: row.int(1)?,
                    lot: row.int(2)?,
                    how: row.text(3)?,
                    amount: Amount::from_centimes(row.int(4)?),
                    recovered_on: day(row.int(5)?)?,
                })
            })
            .collect()
    }

    /// Writes what came back of an undue, or never will. The base refuses more than was found.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_recovery(&mut self, recovery: &RecoveryRow) -> Result<(), StoreError> {
        self.exec(
            "insert into recovery (id, undue_id, lot_id, how, amount, recovered_on) values ($1, $2, $3, $4, $5, $6)",
            &[
                recovery.id.into(),
                recovery.undue.into(),
                recovery.lot.into(),
                (&recovery.how).into(),
                recovery.amount.centimes().into(),
                recovery.recovered_on.number().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Returns the lot that cancelled an aid, if one did.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn cancellation_of(&mut self, aid: i64) -> Result<Option<i64>, StoreError> {
        let row = self.one("select lot_id from aid_cancellation where aid_id = $1", &[aid.into()]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Returns what was undone of a person's: the aid, or none for declarations, and the lot that undid it.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn undone_of_person(&mut self, person: i64) -> Result<Vec<(Option<i64>, i64)>, StoreError> {
        let sql = "select c.aid_id, c.lot_id from aid_cancellation c join aid a on a.id = c.aid_id where a.beneficiary_id = $1
                   union all
                   select cast(null as bigint), l.id from lot l
                   where l.cancels_id in (select d.lot_id from declaration d where d.beneficiary_id = $1)
                   order by 2, 1";
        let rows = self.all(sql, &[person.into()]).await?;
        rows.iter().map(|row| Ok((row.opt_int(0)?, row.int(1)?))).collect()
    }
}
