//! One entry of the chain: its header, its lines, its neighbours.

use super::engine::Tx;
use super::error::StoreError;
use super::seals::{SealedEntry, SealedLine, sealed_entry, sealed_line, sealed_lines, unreadable};
use super::value::Value;
use crate::calendar::Date;
use crate::ledger::seal::{Digest, GENESIS};
use crate::money::Amount;

/// How people name an entry: code of its book, its year, its number.
pub type EntryKey = (String, i64, i64);

macro_rules! select_entry {
    ($rest:literal) => {
        concat!(
            "select e.id, e.book, e.year, e.number, e.dated, e.event, e.lot_id, e.reverses, e.line_count, e.root, e.seal from entry e ",
            $rest
        )
    };
}

impl Tx {
    async fn entries(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<SealedEntry>, StoreError> {
        let rows = self.all(sql, values).await?;
        rows.iter()
            .map(|row| {
                let sequence = row.int(0)?;
                sealed_entry(row, sequence).map_err(unreadable(sequence))
            })
            .collect()
    }

    /// Returns the entry of this book, year and number.
    ///
    /// # Errors
    /// When the engine refuses, or a value of the entry cannot be read.
    pub async fn entry_numbered(
        &mut self,
        (book, year, number): &EntryKey,
    ) -> Result<Option<SealedEntry>, StoreError> {
        let sql = select_entry!("where e.book = $1 and e.year = $2 and e.number = $3");
        Ok(self.entries(sql, &[book.into(), (*year).into(), (*number).into()]).await?.pop())
    }

    /// Returns the entry of this place in the chain.
    ///
    /// # Errors
    /// When the engine refuses, or a value of the entry cannot be read.
    pub async fn entry_at(&mut self, sequence: i64) -> Result<Option<SealedEntry>, StoreError> {
        Ok(self.entries(select_entry!("where e.id = $1"), &[sequence.into()]).await?.pop())
    }

    /// Returns the entries that reverse this one, oldest first.
    ///
    /// # Errors
    /// When the engine refuses, or a value of an entry cannot be read.
    pub async fn entries_reversing(&mut self, sequence: i64) -> Result<Vec<SealedEntry>, StoreError> {
        self.entries(select_entry!("where e.reverses = $1 order by e.id"), &[sequence.into()]).await
    }

    /// Returns the entries of a lot dated these days, in the order of the chain, with the axes of their
    /// first line: all the lines of an entry of aids have the same.
    ///
    /// # Errors
    /// When the engine refuses, or a value of an entry cannot be read.
    pub async fn entries_of_days(
        &mut self,
        lot: i64,
        days: &[Date],
    ) -> Result<Vec<(SealedEntry, u32)>, StoreError> {
        let mut found = Vec::new();
        let sql = "select e.id, e.book, e.year, e.number, e.dated, e.event, e.lot_id, e.reverses, e.line_count, e.root, e.seal, l.axes_id
                   from entry e join line l on l.entry_id = e.id and l.rank = 1
                   where e.lot_id = {fixed} and e.dated in ({keys}) order by e.id";
        let days: Vec<Value> = days.iter().map(|day| day.number().into()).collect();
        self.lookup(sql, lot, &days, |row| {
            let sequence = row.int(0)?;
            found.push((sealed_entry(row, sequence).map_err(unreadable(sequence))?, row.small(11)?));
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns the entries of some lots, in the order of the chain.
    ///
    /// # Errors
    /// When the engine refuses, or a value of an entry cannot be read.
    pub async fn entries_of_lots(&mut self, lots: &[Value]) -> Result<Vec<SealedEntry>, StoreError> {
        let mut found = Vec::new();
        self.lookup(select_entry!("where e.lot_id in ({keys}) order by e.id"), 0, lots, |row| {
            let sequence = row.int(0)?;
            found.push(sealed_entry(row, sequence).map_err(unreadable(sequence))?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns the entries of a book dated between two days, after one of them, in the order of the chain.
    ///
    /// # Errors
    /// When the engine refuses, or a value of an entry cannot be read.
    pub async fn entries_after(
        &mut self,
        book: &str,
        (first, last): (Date, Date),
        after: i64,
        limit: i64,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        let sql = select_entry!(
            "where e.book = $1 and e.dated between $2 and $3 and e.id > $4 order by e.id limit $5"
        );
        let values = [book.into(), first.number().into(), last.number().into(), after.into(), limit.into()];
        self.entries(sql, &values).await
    }

    /// Returns how many entries of a book are dated between two days.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn count_entries(
        &mut self,
        book: &str,
        (first, last): (Date, Date),
    ) -> Result<i64, StoreError> {
        let sql = "select count(*) from entry where book = $1 and dated between $2 and $3";
        let values = [book.into(), first.number().into(), last.number().into()];
        self.one(sql, &values).await?.map_or(Ok(0), |row| row.int(0))
    }

    /// Returns the axes of the first line of an entry.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn axes_of_entry(&mut self, entry: i64) -> Result<Option<u32>, StoreError> {
        let sql = "select axes_id from line where entry_id = $1 order by rank limit 1";
        self.one(sql, &[entry.into()]).await?.map(|row| row.small(0)).transpose()
    }

    /// Returns the seal of the entry before this one in the chain.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn seal_before(&mut self, sequence: i64) -> Result<Digest, StoreError> {
        let sql = "select seal from entry where id < $1 order by id desc limit 1";
        let Some(row) = self.one(sql, &[sequence.into()]).await? else { return Ok(GENESIS) };
        // A seal of another length is no seal: what follows it is judged against nothing.
        Ok(row.blob(0)?.try_into().unwrap_or(GENESIS))
    }

    /// Returns how many entries of a book and year are in the chain up to this one: its number.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entries_up_to(&mut self, entry: &SealedEntry) -> Result<i64, StoreError> {
        let sql = "select count(*) from entry where book = $1 and year = $2 and id <= $3";
        let values = [(&entry.book).into(), entry.number.0.into(), entry.sequence.into()];
        self.one(sql, &values).await?.map_or(Ok(0), |row| row.int(0))
    }

    /// Hands the lines of an entry that come after a rank to `each`, at most so many.
    ///
    /// # Errors
    /// When the engine refuses, or a value cannot be read.
    pub async fn each_line_of_entry(
        &mut self,
        entry: i64,
        after: i64,
        limit: i64,
        mut each: impl FnMut(SealedLine),
    ) -> Result<(), StoreError> {
        let sql = sealed_lines!("where l.entry_id = $1 and l.rank > $2 order by l.rank limit $3");
        self.each(sql, &[entry.into(), after.into(), limit.into()], |row| {
            each(sealed_line(row, entry).map_err(unreadable(entry))?);
            Ok(())
        })
        .await
    }

    /// Returns the debits and the credits of an entry.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entry_sides(&mut self, entry: i64) -> Result<(Amount, Amount), StoreError> {
        let sql = "select cast(coalesce(sum(case when amount > 0 then amount else 0 end), 0) as bigint),
                   cast(coalesce(sum(case when amount < 0 then -amount else 0 end), 0) as bigint)
                   from line where entry_id = $1";
        let row = self.one(sql, &[entry.into()]).await?;
        let row = row.ok_or_else(|| StoreError::Inconsistent(format!("écriture {entry}")))?;
        Ok((Amount::from_centimes(row.int(0)?), Amount::from_centimes(row.int(1)?)))
    }

    /// Returns the lots whose aids are in an entry.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lots_in_entry(&mut self, entry: i64) -> Result<Vec<Value>, StoreError> {
        let sql = "select distinct a.lot_id from line l join aid a on a.id = l.aid_id where l.entry_id = $1";
        self.all(sql, &[entry.into()]).await?.iter().map(|row| Ok(row.int(0)?.into())).collect()
    }

    /// Returns the findings kept with the aids of an entry: aid, code, rule, message, by aid and rank.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn findings_in_entry(
        &mut self,
        entry: i64,
    ) -> Result<Vec<(i64, String, Option<String>, String)>, StoreError> {
        let sql = "select f.aid_id, f.code, f.rule, f.message from aid_finding f
                   where f.aid_id in (select l.aid_id from line l where l.entry_id = $1) order by f.aid_id, f.rank";
        let rows = self.all(sql, &[entry.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?, row.opt_text(2)?, row.text(3)?))).collect()
    }

    /// Returns the shares of the aids of an entry on its axes: aid, axes, amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn shares_in_entry(&mut self, entry: i64) -> Result<Vec<(i64, u32, Amount)>, StoreError> {
        let sql = "select s.aid_id, s.axes_id, s.amount from aid_share s
                   where s.aid_id in (select l.aid_id from line l where l.entry_id = $1) order by s.aid_id, s.rank";
        let rows = self.all(sql, &[entry.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.small(1)?, Amount::from_centimes(row.int(2)?)))).collect()
    }

    /// Returns what the lot of an entry paid on its day of the aids that it is about: aid and amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn paid_in_entry(&mut self, entry: &SealedEntry) -> Result<Vec<(i64, Amount)>, StoreError> {
        let sql = "select p.aid_id, p.amount from payment p join aid a on a.id = p.aid_id
                   left join hand_payment h on h.aid_id = p.aid_id and h.rank = p.rank
                   where p.aid_id in (select l.aid_id from line l where l.entry_id = $1)
                   and p.paid_on = $2 and coalesce(h.lot_id, a.lot_id) = $3";
        let values = [entry.sequence.into(), entry.date.number().into(), entry.lot.into()];
        let rows = self.all(sql, &values).await?;
        rows.iter().map(|row| Ok((row.int(0)?, Amount::from_centimes(row.int(1)?)))).collect()
    }

    /// Returns the lines of some entries about one aid: entry, rank, account, axes, amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lines_about(
        &mut self,
        aid: i64,
        entries: &[Value],
    ) -> Result<Vec<(i64, i64, u32, u32, Amount)>, StoreError> {
        let mut lines = Vec::new();
        let sql = "select entry_id, rank, account_id, axes_id, amount from line
                   where entry_id in ({keys}) and aid_id = {fixed} order by entry_id, rank";
        self.lookup(sql, aid, entries, |row| {
            let amount = Amount::from_centimes(row.int(4)?);
            lines.push((row.int(0)?, row.int(1)?, row.small(2)?, row.small(3)?, amount));
            Ok(())
        })
        .await?;
        Ok(lines)
    }

    /// Returns the numbers of the people of these aids: aid and number, unless erased.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn numbers_by_aid(&mut self, aids: &[Value]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut numbers = Vec::with_capacity(aids.len());
        let sql = "select a.id, i.number from aid a join identity i on i.beneficiary_id = a.beneficiary_id where a.id in ({keys})";
        self.lookup(sql, 0, aids, |row| {
            numbers.push((row.int(0)?, row.text(1)?));
            Ok(())
        })
        .await?;
        Ok(numbers)
    }
}
