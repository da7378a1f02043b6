//! The general book: the FEC of each year, line by line, and its maintained balances.

use super::append::Rows;
use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::Date;
use crate::ledger::LineKind;
use crate::money::Amount;
use rustc_hash::FxHashMap;

/// A FEC whose lines are in the base.
#[derive(Clone, Debug)]
pub struct FecVersion {
    /// Its lot.
    pub lot: i64,
    /// Its fiscal year.
    pub year: i16,
    /// Sealed.
    pub definitive: bool,
    /// Its first and last days.
    pub days: (Date, Date),
    /// What told its entries apart, in French.
    pub entry_key: String,
    /// How many entries, how many lines.
    pub counts: (i64, i64),
    /// The physical line of its first entry not validated, or 0.
    pub unvalidated_line: i64,
    /// The entry of the chain that seals it.
    pub entry: Option<i64>,
}

/// A line of the general book as stored, in keys.
#[derive(Clone, Debug)]
pub struct GeneralRow {
    /// Its place in the file's order, from 1.
    pub rank: i64,
    /// The physical line.
    pub line: i64,
    /// Its entry, in order of first appearance, from 0.
    pub entry: i64,
    /// What it is to its year.
    pub kind: LineKind,
    /// Key of its journal.
    pub journal: u32,
    /// Its number in the file.
    pub number: String,
    /// Its day.
    pub date: Date,
    /// Key of its account.
    pub account: u32,
    /// Key of its auxiliary, or 0.
    pub auxiliary: u32,
    /// Its piece.
    pub piece: String,
    /// The day of its piece.
    pub piece_on: Option<Date>,
    /// Its label.
    pub label: String,
    /// Positive is debit.
    pub amount: Amount,
    /// Its letter.
    pub letter: String,
    /// The day of its lettering.
    pub lettered_on: Option<Date>,
    /// The day of its validation.
    pub validated_on: Option<Date>,
    /// Amount in another currency.
    pub currency_amount: String,
    /// That currency.
    pub currency: String,
    /// Analytic code.
    pub analytic: String,
    /// What stays the same when all is renumbered.
    pub identity: Vec<u8>,
    /// The salt of its texts, where they are sealed and not erased.
    pub salt: Option<Vec<u8>>,
    /// The salted digest of its texts, where they are sealed.
    pub texts: Option<Vec<u8>>,
    /// Rule, funder and convention, where it is assigned; rule 0 is by hand.
    pub assigned: Option<(i64, u32, u32)>,
}

/// Debits and credits of an account, a kind, a funder and a convention.
#[derive(Clone, Copy, Debug)]
pub struct GeneralSum {
    /// Key of the account.
    pub account: u32,
    /// What the lines are to the year.
    pub kind: LineKind,
    /// Key of the funder, or 0.
    pub funder: u32,
    /// Key of the convention, or 0.
    pub convention: u32,
    /// Debits.
    pub debit: Amount,
    /// Credits.
    pub credit: Amount,
}

/// Codes with their labels, each pair once.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// Key of each code and label.
    pub keys: FxHashMap<(String, String), u32>,
    /// Code and label of each key; 0 is none.
    pub pairs: FxHashMap<u32, (String, String)>,
}

impl Pairs {
    /// Returns the code and label of a key; those of key 0 are empty.
    ///
    /// # Errors
    /// When the base holds no such key.
    pub fn get(&self, key: u32) -> Result<(&str, &str), StoreError> {
        if key == 0 {
            return Ok(("", ""));
        }
        let found = self.pairs.get(&key).map(|(code, label)| (code.as_str(), label.as_str()));
        found.ok_or_else(|| StoreError::Inconsistent(format!("clé {key} sans libellé")))
    }
}

macro_rules! select_line {
    ($rest:literal) => {
        concat!(
            "select l.rank, l.line, l.entry, l.kind, l.journal_id, l.number, l.dated, l.account_id, l.auxiliary_id, l.piece,
             l.piece_on, l.label, l.amount, l.letter, l.lettered_on, l.validated_on, l.currency_amount, l.currency, l.analytic,
             l.identity, l.salt, l.texts, a.rule, a.funder_id, a.convention_id
             from general_line l left join general_assignment a on a.lot_id = l.lot_id and a.rank = l.rank ",
            $rest
        )
    };
}

pub(super) use select_line;

/// What a balance of the general book is kept by: account, kind, month, funder, convention.
pub type GeneralKey = (u32, i64, i64, u32, u32);

/// Debits, credits and number of lines of a balance.
pub type GeneralBalance = (Amount, Amount, i64);

impl Tx {
    /// Returns the FECs whose lines are in the base, by year and lot.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn fec_versions(&mut self) -> Result<Vec<FecVersion>, StoreError> {
        let sql = "select lot_id, year, definitive, first_day, last_day, entry_key, entry_count, line_count, unvalidated_line, entry_id
                   from fec_version order by year, lot_id";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(FecVersion {
                    lot: row.int(0)?,
                    year: row.small(1)?,
                    definitive: row.int(2)? == 1,
                    days: (day(row.int(3)?)?, day(row.int(4)?)?),
                    entry_key: row.text(5)?,
                    counts: (row.int(6)?, row.int(7)?),
                    unvalidated_line: row.int(8)?,
                    entry: row.opt_int(9)?,
                })
            })
            .collect()
    }

    /// Notes that the lines of a FEC are in the base.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_fec_version(&mut self, version: &FecVersion) -> Result<(), StoreError> {
        self.exec(
            "insert into fec_version (lot_id, year, definitive, first_day, last_day, entry_key, entry_count, line_count, unvalidated_line, entry_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                version.lot.into(),
                i64::from(version.year).into(),
                i64::from(version.definitive).into(),
                version.days.0.number().into(),
                version.days.1.number().into(),
                (&version.entry_key).into(),
                version.counts.0.into(),
                version.counts.1.into(),
                version.unvalidated_line.into(),
                version.entry.into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Removes a provisional FEC: its lines, their assignments and their balances. Its lot stays.
    ///
    /// # Errors
    /// When the engine refuses, as it does for a FEC that is sealed.
    pub async fn remove_fec(&mut self, lot: i64) -> Result<(), StoreError> {
        for sql in [
            "delete from general_assignment where lot_id = $1",
            "delete from general_balance where lot_id = $1",
            "delete from general_line where lot_id = $1",
            "delete from fec_version where lot_id = $1",
        ] {
            self.exec(sql, &[lot.into()]).await?;
        }
        Ok(())
    }

    /// Hands each line of a FEC to `each`, in the file's order.
    ///
    /// # Errors
    /// When the engine refuses, or `each` does.
    pub async fn each_general_line(
        &mut self,
        lot: i64,
        mut each: impl FnMut(GeneralRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each(select_line!("where l.lot_id = $1 order by l.rank"), &[lot.into()], |row| each(line(row)?))
            .await
    }

    /// Hands each auxiliary of a FEC to `each`, with its entry.
    ///
    /// # Errors
    /// When the engine refuses, or `each` does.
    pub async fn each_auxiliary(
        &mut self,
        lot: i64,
        mut each: impl FnMut(i64, u32) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "select entry, auxiliary_id from general_line where lot_id = $1 and auxiliary_id <> 0 order by rank";
        self.each(sql, &[lot.into()], |row| each(row.int(0)?, row.small(1)?)).await
    }

    /// Hands each line of a FEC to `each` as it is compared with another: its rank and physical line,
    /// its identity, its number and the digest of its details.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn each_identity(
        &mut self,
        lot: i64,
        mut each: impl FnMut([i64; 2], &[u8], &str, i64),
    ) -> Result<(), StoreError> {
        let sql =
            "select rank, identity, number, details, line from general_line where lot_id = $1 order by rank";
        self.each(sql, &[lot.into()], |row| {
            each([row.int(0)?, row.int(4)?], &row.blob(1)?, &row.text(2)?, row.int(3)?);
            Ok(())
        })
        .await
    }

    /// Returns the lines of a FEC of these ranks.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_lines_ranked(
        &mut self,
        lot: i64,
        ranks: &[Value],
    ) -> Result<Vec<GeneralRow>, StoreError> {
        let mut lines = Vec::new();
        let sql = select_line!("where l.lot_id = {fixed} and l.rank in ({keys}) order by l.rank");
        self.lookup(sql, lot, ranks, |row| {
            lines.push(line(row)?);
            Ok(())
        })
        .await?;
        Ok(lines)
    }

    /// Returns the lines of a FEC on some accounts, in the file's order within some hundreds of accounts.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_lines_on(
        &mut self,
        lot: i64,
        accounts: &[u32],
    ) -> Result<Vec<GeneralRow>, StoreError> {
        let mut lines = Vec::new();
        let keys: Vec<Value> = accounts.iter().map(|key| (*key).into()).collect();
        self.lookup(
            select_line!("where l.lot_id = {fixed} and l.account_id in ({keys}) order by l.rank"),
            lot,
            &keys,
            |row| {
                lines.push(line(row)?);
                Ok(())
            },
        )
        .await?;
        Ok(lines)
    }

    /// Returns each journal of a FEC: its key, its entries and lines, its debits and credits.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn journal_sums(&mut self, lot: i64) -> Result<Vec<(u32, [i64; 2], [Amount; 2])>, StoreError> {
        let sql = "select journal_id, count(distinct entry), count(*),
                   cast(sum(case when amount > 0 then amount else 0 end) as bigint),
                   cast(sum(case when amount < 0 then -amount else 0 end) as bigint)
                   from general_line where lot_id = $1 group by journal_id order by journal_id";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter()
            .map(|row| {
                let sides = [Amount::from_centimes(row.int(3)?), Amount::from_centimes(row.int(4)?)];
                Ok((row.small(0)?, [row.int(1)?, row.int(2)?], sides))
            })
            .collect()
    }

    /// Returns one line of a FEC, by its physical line.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_line(&mut self, lot: i64, physical: i64) -> Result<Option<GeneralRow>, StoreError> {
        let sql = select_line!("where l.lot_id = $1 and l.line = $2 order by l.rank");
        self.one(sql, &[lot.into(), physical.into()]).await?.as_ref().map(line).transpose()
    }

    /// Returns the sums of a FEC, by account, kind, funder and convention.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_sums(&mut self, lot: i64) -> Result<Vec<GeneralSum>, StoreError> {
        let sql = "select account_id, kind, funder_id, convention_id, cast(sum(debit) as bigint), cast(sum(credit) as bigint)
                   from general_balance where lot_id = $1
                   group by account_id, kind, funder_id, convention_id order by account_id, kind, funder_id, convention_id";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(GeneralSum {
                    account: row.small(0)?,
                    kind: kind(row.int(1)?)?,
                    funder: row.small(2)?,
                    convention: row.small(3)?,
                    debit: Amount::from_centimes(row.int(4)?),
                    credit: Amount::from_centimes(row.int(5)?),
                })
            })
            .collect()
    }

    /// Makes the balances of a FEC again from its lines and their assignments.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn rebuild_general_balances(&mut self, lot: i64) -> Result<(), StoreError> {
        self.exec("delete from general_balance where lot_id = $1", &[lot.into()]).await?;
        self.exec(
            "insert into general_balance (lot_id, account_id, kind, month, funder_id, convention_id, debit, credit, line_count)
             select l.lot_id, l.account_id, l.kind, l.dated / 100, coalesce(a.funder_id, 0), coalesce(a.convention_id, 0),
             cast(sum(case when l.amount > 0 then l.amount else 0 end) as bigint),
             cast(sum(case when l.amount < 0 then -l.amount else 0 end) as bigint), count(*)
             from general_line l left join general_assignment a on a.lot_id = l.lot_id and a.rank = l.rank
             where l.lot_id = $1
             group by l.lot_id, l.account_id, l.kind, l.dated / 100, coalesce(a.funder_id, 0), coalesce(a.convention_id, 0)",
            &[lot.into()],
        )
        .await?;
        Ok(())
    }

    /// Returns the maintained balances of a FEC.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn general_balances(
        &mut self,
        lot: i64,
    ) -> Result<FxHashMap<GeneralKey, GeneralBalance>, StoreError> {
        let sql = "select account_id, kind, month, funder_id, convention_id, debit, credit, line_count from general_balance where lot_id = $1";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter()
            .map(|row| {
                let key = (row.small(0)?, row.int(1)?, row.int(2)?, row.small(3)?, row.small(4)?);
                let sums =
                    (Amount::from_centimes(row.int(5)?), Amount::from_centimes(row.int(6)?), row.int(7)?);
                Ok((key, sums))
            })
            .collect()
    }

    /// Returns `general_account`, `general_journal` or `general_auxiliary` whole.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn pairs(&mut self, table: PairTable) -> Result<Pairs, StoreError> {
        let sql = match table {
            PairTable::Account => "select id, code, label from general_account order by id",
            PairTable::Journal => "select id, code, label from general_journal order by id",
            PairTable::Auxiliary => "select id, code, label from general_auxiliary order by id",
        };
        let mut pairs = Pairs::default();
        for row in self.all(sql, &[]).await? {
            let (key, pair) = (row.small(0)?, (row.text(1)?, row.text(2)?));
            pairs.keys.insert(pair.clone(), key);
            pairs.pairs.insert(key, pair);
        }
        Ok(pairs)
    }

    /// Makes sure that each pair has a key.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ensure_pairs(
        &mut self,
        table: PairTable,
        wanted: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Pairs, StoreError> {
        let mut pairs = self.pairs(table).await?;
        let mut next = pairs.pairs.keys().max().map_or(1, |key| key + 1);
        let mut rows = match table {
            PairTable::Account => Rows::general_accounts(self),
            PairTable::Journal => Rows::general_journals(self),
            PairTable::Auxiliary => Rows::general_auxiliaries(self),
        };
        for pair in wanted {
            if !pairs.keys.contains_key(&pair) {
                rows.push([next.into(), (&pair.0).into(), (&pair.1).into()]);
                pairs.keys.insert(pair.clone(), next);
                pairs.pairs.insert(next, pair);
                next += 1;
            }
        }
        rows.append_to(self).await?;
        Ok(pairs)
    }
}

/// A table of codes with their labels.
#[derive(Clone, Copy, Debug)]
pub enum PairTable {
    /// Accounts.
    Account,
    /// Journals.
    Journal,
    /// Auxiliaries.
    Auxiliary,
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

fn kind(number: i64) -> Result<LineKind, StoreError> {
    LineKind::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("genre de ligne {number}")))
}

pub(super) fn line(row: &Row) -> Result<GeneralRow, StoreError> {
    Ok(GeneralRow {
        rank: row.int(0)?,
        line: row.int(1)?,
        entry: row.int(2)?,
        kind: kind(row.int(3)?)?,
        journal: row.small(4)?,
        number: row.text(5)?,
        date: day(row.int(6)?)?,
        account: row.small(7)?,
        auxiliary: row.small(8)?,
        piece: row.text(9)?,
        piece_on: row.opt_int(10)?.map(day).transpose()?,
        label: row.text(11)?,
        amount: Amount::from_centimes(row.int(12)?),
        letter: row.text(13)?,
        lettered_on: row.opt_int(14)?.map(day).transpose()?,
        validated_on: row.opt_int(15)?.map(day).transpose()?,
        currency_amount: row.text(16)?,
        currency: row.text(17)?,
        analytic: row.text(18)?,
        identity: row.blob(19)?,
        salt: row.opt_blob(20)?,
        texts: row.opt_blob(21)?,
        assigned: match row.opt_int(22)? {
            Some(rule) => Some((rule, row.small(23)?, row.small(24)?)),
            None => None,
        },
    })
}
