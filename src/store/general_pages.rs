//! Lines of a FEC, a page at a time: of an account by day, of a journal in the file's order, of an entry.

use super::engine::Tx;
use super::error::StoreError;
use super::general::{GeneralRow, line, select_line};
use super::value::Value;
use crate::calendar::Date;
use crate::money::Amount;

/// Whose lines: key of the funder and of the convention, where one is asked; 0 is nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FundedBy {
    /// The funder.
    pub funder: Option<u32>,
    /// The convention.
    pub convention: Option<u32>,
}

impl FundedBy {
    /// Returns true for lines of this funder and this convention.
    pub fn takes(self, funder: u32, convention: u32) -> bool {
        self.funder.is_none_or(|wanted| wanted == funder)
            && self.convention.is_none_or(|wanted| wanted == convention)
    }

    fn values(self) -> [Value; 2] {
        [self.funder, self.convention].map(|key| key.map_or(-1, i64::from).into())
    }
}

impl Tx {
    /// Returns the lines of a kind of an account between two months, after a day and a rank, by day and
    /// rank.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_account_lines(
        &mut self,
        (lot, account, kind): (i64, u32, i64),
        (first, last): (i64, i64),
        (day, rank): (i64, i64),
        funded: FundedBy,
        limit: i64,
    ) -> Result<Vec<GeneralRow>, StoreError> {
        let sql = select_line!(
            "where l.lot_id = $1 and l.account_id = $2 and l.kind = $3 and l.dated >= $4 and l.dated <= $5
             and (l.dated > $6 or (l.dated = $6 and l.rank > $7))
             and ($8 = -1 or coalesce(a.funder_id, 0) = $8) and ($9 = -1 or coalesce(a.convention_id, 0) = $9)
             order by l.dated, l.rank limit $10"
        );
        let [funder, convention] = funded.values();
        let values = [
            lot.into(),
            account.into(),
            kind.into(),
            (first * 100).max(day).into(),
            (last * 100 + 99).into(),
            day.into(),
            rank.into(),
            funder,
            convention,
            limit.into(),
        ];
        self.all(sql, &values).await?.iter().map(line).collect()
    }

    /// Returns debits less credits of a kind of lines of an account in the month of a line, up to this line.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_month_up_to(
        &mut self,
        (lot, account, kind): (i64, u32, i64),
        day: Date,
        rank: i64,
        funded: FundedBy,
    ) -> Result<Amount, StoreError> {
        let sql = "select cast(coalesce(sum(l.amount), 0) as bigint)
                   from general_line l left join general_assignment a on a.lot_id = l.lot_id and a.rank = l.rank
                   where l.lot_id = $1 and l.account_id = $2 and l.kind = $3 and l.dated >= $4 and l.dated <= $5
                   and (l.dated < $5 or l.rank <= $6)
                   and ($7 = -1 or coalesce(a.funder_id, 0) = $7) and ($8 = -1 or coalesce(a.convention_id, 0) = $8)";
        let [funder, convention] = funded.values();
        let values = [
            lot.into(),
            account.into(),
            kind.into(),
            day.month().first_day().number().into(),
            day.number().into(),
            rank.into(),
            funder,
            convention,
        ];
        let row = self.one(sql, &values).await?;
        row.map_or(Ok(0), |row| row.int(0)).map(Amount::from_centimes)
    }

    /// Returns the lines of a FEC after a rank, in the file's order.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_lines_after(
        &mut self,
        lot: i64,
        rank: i64,
        limit: i64,
    ) -> Result<Vec<GeneralRow>, StoreError> {
        let sql = select_line!("where l.lot_id = $1 and l.rank > $2 order by l.rank limit $3");
        self.all(sql, &[lot.into(), rank.into(), limit.into()]).await?.iter().map(line).collect()
    }

    /// Returns the lines of an entry of a FEC.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_lines_of_entry(
        &mut self,
        lot: i64,
        entry: i64,
    ) -> Result<Vec<GeneralRow>, StoreError> {
        let sql = select_line!("where l.lot_id = $1 and l.entry = $2 order by l.rank");
        self.all(sql, &[lot.into(), entry.into()]).await?.iter().map(line).collect()
    }

    /// Returns the lot of the assignment rules that were in force when a lot was imported.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn assignment_lot_before(&mut self, lot: i64) -> Result<Option<i64>, StoreError> {
        let sql = "select max(l.id) from lot l where l.kind = 'affectation' and l.id < $1
                   and not exists (select 1 from lot c where c.cancels_id = l.id and c.id < $1)";
        self.one(sql, &[lot.into()]).await?.map_or(Ok(None), |row| row.opt_int(0))
    }
}
