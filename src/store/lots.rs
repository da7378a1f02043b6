//! Lots: one per file imported, one per undoing.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::one_aid::FindingRow;
use super::value::Value;
use crate::ledger::seal::Canonical;
use crate::money::Amount;

/// A lot to be written.
#[derive(Clone, Debug, Default)]
pub struct NewLot {
    /// Its key, which is its number for people.
    pub id: i64,
    /// `beneficiaires`, `aides`, `enveloppes`, `annulation`, `versement`, `indu`, `recouvrement`.
    pub kind: &'static str,
    /// The source of its references.
    pub source: u32,
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub file_digest: Option<Vec<u8>>,
    /// The instant, in UTC.
    pub at: String,
    /// Who.
    pub user: String,
    /// Read, accepted, of which irregular, already known, refused.
    pub counts: [u64; 5],
    /// The lot that it undoes.
    pub cancels: Option<i64>,
    /// Why, with the salt of its digest.
    pub reason: Option<(String, Vec<u8>)>,
    /// What it seals of what was done by hand: kept in the tables of that act.
    pub act: Option<Canonical>,
}

/// A lot of the base.
#[derive(Clone, Debug)]
pub struct LotRow {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// The key of its source.
    pub source: u32,
    /// The file's name.
    pub file: String,
    /// The instant, in UTC.
    pub at: String,
    /// Who.
    pub user: String,
    /// Read, accepted, of which irregular, already known, refused.
    pub counts: [i64; 5],
    /// The lot that it undoes.
    pub cancels: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// The salted digest of why.
    pub reason_digest: Option<Vec<u8>>,
    /// SHA-256 of the file, if it has one.
    pub file_digest: Option<Vec<u8>>,
}

/// A finding kept with an aid of a lot: why the aid is irregular, or what a derogation lifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotFinding {
    /// The physical line of the aid in its file.
    pub line: i64,
    /// The rank of the finding among those of the aid.
    pub rank: i64,
    /// The finding.
    pub finding: FindingRow,
}

macro_rules! select_lots {
    ($rest:literal) => {
        concat!(
            "select id, kind, source_id, file, at, user_name, records, accepted, irregular, known, refused, cancels_id, reason, reason_salt, reason_digest, file_digest from lot ",
            $rest
        )
    };
}

impl Tx {
    /// Writes a lot.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_lot(&mut self, lot: &NewLot) -> Result<(), StoreError> {
        let count = |at: usize| {
            i64::try_from(lot.counts[at])
                .map(Value::from)
                .map_err(|_| StoreError::Inconsistent("compte".into()))
        };
        let digest =
            lot.reason.as_ref().map(|(reason, salt)| crate::ledger::seal::salted(salt, reason).to_vec());
        self.exec(
            "insert into lot (id, kind, source_id, file, file_digest, at, user_name, records, accepted, irregular, known, refused,
             cancels_id, reason, reason_salt, reason_digest)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &[
                lot.id.into(),
                lot.kind.into(),
                lot.source.into(),
                (&lot.file).into(),
                Value::OptBlob(lot.file_digest.clone()),
                (&lot.at).into(),
                (&lot.user).into(),
                count(0)?,
                count(1)?,
                count(2)?,
                count(3)?,
                count(4)?,
                lot.cancels.into(),
                lot.reason.as_ref().map(|(reason, _)| reason.as_str()).into(),
                Value::OptBlob(lot.reason.as_ref().map(|(_, salt)| salt.clone())),
                Value::OptBlob(digest),
            ],
        )
        .await?;
        Ok(())
    }

    /// Returns all lots, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lots(&mut self) -> Result<Vec<LotRow>, StoreError> {
        self.all(select_lots!("order by id"), &[]).await?.iter().map(lot).collect()
    }

    /// Returns the lots before one, newest first.
    ///
    /// # Errors
    /// When the engine refuses, or a reason is not the one that was sealed.
    pub async fn lots_before(&mut self, before: i64, limit: i64) -> Result<Vec<LotRow>, StoreError> {
        let sql = select_lots!("where id < $1 order by id desc limit $2");
        self.all(sql, &[before.into(), limit.into()]).await?.iter().map(lot).collect()
    }

    /// Returns, of these lots, those that another undid: the lot and the one that undid it.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lots_undoing(&mut self, keys: &[Value]) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut found = Vec::new();
        self.lookup("select cancels_id, id from lot where cancels_id in ({keys})", 0, keys, |row| {
            found.push((row.int(0)?, row.int(1)?));
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns the last lot made of a file with this digest that is not undone.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lot_of_file(&mut self, digest: &[u8]) -> Result<Option<i64>, StoreError> {
        let sql = "select max(l.id) from lot l where l.file_digest = $1
                   and not exists (select 1 from lot c where c.cancels_id = l.id)";
        let row = self.one(sql, &[Value::Blob(digest.to_vec())]).await?;
        row.map_or(Ok(None), |row| row.opt_int(0))
    }

    /// Returns how many aids of a lot live, and their sum.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn living_of_lot(&mut self, lot: i64) -> Result<(i64, Amount), StoreError> {
        let sql = "select count(*), cast(coalesce(sum(a.amount), 0) as bigint) from aid a
                   where a.lot_id = $1 and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)";
        let row = self.one(sql, &[lot.into()]).await?;
        row.map_or(Ok((0, Amount::ZERO)), |row| Ok((row.int(0)?, Amount::from_centimes(row.int(1)?))))
    }

    /// Returns at most so many findings kept with the aids of a lot after one of them, which its line and
    /// rank tell.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn findings_of_lot(
        &mut self,
        lot: i64,
        (line, rank): (i64, i64),
        at_most: i64,
    ) -> Result<Vec<LotFinding>, StoreError> {
        let sql =
            "select a.line, f.rank, f.code, f.rule, f.column_name, f.message, f.article, f.room, f.advice
                   from aid a join aid_finding f on f.aid_id = a.id
                   where a.lot_id = $1 and (a.line > $2 or (a.line = $2 and f.rank > $3))
                   order by a.line, f.rank limit $4";
        let rows = self.all(sql, &[lot.into(), line.into(), rank.into(), at_most.into()]).await?;
        rows.iter()
            .map(|row| {
                let finding = FindingRow {
                    code: row.text(2)?,
                    rule: row.opt_text(3)?,
                    column: row.opt_text(4)?,
                    message: row.text(5)?,
                    article: row.opt_text(6)?,
                    room: row.opt_int(7)?.map(Amount::from_centimes),
                    advice: row.text(8)?,
                };
                Ok(LotFinding { line: row.int(0)?, rank: row.int(1)?, finding })
            })
            .collect()
    }

    /// Returns how many findings are kept with the aids of a lot, by code.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn finding_codes_of_lot(&mut self, lot: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "select f.code, count(*) from aid a join aid_finding f on f.aid_id = a.id
                   where a.lot_id = $1 group by f.code order by count(*) desc, f.code";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// Returns these lots.
    ///
    /// # Errors
    /// When the engine refuses, or a reason is not the one that was sealed.
    pub async fn lots_of(&mut self, keys: &[Value]) -> Result<Vec<LotRow>, StoreError> {
        let mut lots = Vec::with_capacity(keys.len());
        self.lookup(select_lots!("where id in ({keys})"), 0, keys, |row| {
            lots.push(lot(row)?);
            Ok(())
        })
        .await?;
        Ok(lots)
    }
}

fn lot(row: &Row) -> Result<LotRow, StoreError> {
    let reason = row.opt_text(12)?;
    // A reason is erased with its salt; while it is there it must give the digest that was sealed.
    let reason_digest = row.opt_blob(14)?;
    let recomputed = row
        .opt_blob(13)?
        .zip(reason.as_ref())
        .map(|(salt, reason)| crate::ledger::seal::salted(&salt, reason).to_vec());
    if reason.is_some() && (recomputed.is_none() || recomputed != reason_digest) {
        return Err(StoreError::Inconsistent(format!(
            "le motif du lot {} n'est pas celui qui a été scellé",
            row.int(0)?
        )));
    }
    Ok(LotRow {
        id: row.int(0)?,
        kind: row.text(1)?,
        source: row.small(2)?,
        file: row.text(3)?,
        at: row.text(4)?,
        user: row.text(5)?,
        counts: [row.int(6)?, row.int(7)?, row.int(8)?, row.int(9)?, row.int(10)?],
        cancels: row.opt_int(11)?,
        reason,
        reason_digest,
        file_digest: row.opt_blob(15)?,
    })
}
