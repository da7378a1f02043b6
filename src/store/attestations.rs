//! The register of attestations.

use super::append::Rows;
use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::funding::DateKind;

/// An attestation that was issued.
#[derive(Clone, Debug)]
pub struct IssuedAttestation {
    /// Its key.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// The person.
    pub beneficiary: i64,
    /// Its first and last months.
    pub months: (Month, Month),
    /// The date that says in which month an aid counts.
    pub basis: DateKind,
    /// The day it is issued.
    pub issued_on: Date,
    /// The sequence of the last entry of the chain on that day, or 0.
    pub head: i64,
    /// The digest of what it says, its number, day and head apart.
    pub facts: Vec<u8>,
    /// Its fingerprint.
    pub fingerprint: Vec<u8>,
    /// Who issued it.
    pub user: String,
    /// The instant, in UTC.
    pub at: String,
}

macro_rules! issued {
    ($rest:literal) => {
        concat!(
            "select a.id, a.number, a.beneficiary_id, a.first_month, a.last_month, a.kind, a.issued_on, a.head_id, a.facts, a.fingerprint,
             a.user_name, a.at from attestation a ",
            $rest
        )
    };
}

fn issued(row: &Row) -> Result<IssuedAttestation, StoreError> {
    let month = |number: i64| {
        Month::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("mois {number}")))
    };
    let kind = row.int(5)?;
    let day = row.int(6)?;
    Ok(IssuedAttestation {
        id: row.int(0)?,
        number: row.text(1)?,
        beneficiary: row.int(2)?,
        months: (month(row.int(3)?)?, month(row.int(4)?)?),
        basis: DateKind::ALL
            .into_iter()
            .find(|known| known.number() == kind)
            .ok_or_else(|| StoreError::Inconsistent(format!("genre de date {kind}")))?,
        issued_on: Date::from_number(day).ok_or_else(|| StoreError::Inconsistent(format!("date {day}")))?,
        head: row.int(7)?,
        facts: row.blob(8)?,
        fingerprint: row.blob(9)?,
        user: row.text(10)?,
        at: row.text(11)?,
    })
}

impl Tx {
    /// Returns the attestations of these people, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestations_of(&mut self, people: &[Value]) -> Result<Vec<IssuedAttestation>, StoreError> {
        let mut found = Vec::new();
        self.lookup(issued!("where a.beneficiary_id in ({keys}) order by a.id"), 0, people, |row| {
            found.push(issued(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns the attestation of this number.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestation_numbered(
        &mut self,
        number: &str,
    ) -> Result<Option<IssuedAttestation>, StoreError> {
        self.one(issued!("where a.number = $1"), &[number.into()]).await?.as_ref().map(issued).transpose()
    }

    /// Returns the attestation whose file has this digest.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestation_of_file(
        &mut self,
        digest: &[u8],
    ) -> Result<Option<IssuedAttestation>, StoreError> {
        let sql = issued!("join attestation_file f on f.attestation_id = a.id where f.digest = $1");
        self.one(sql, &[Value::Blob(digest.to_vec())]).await?.as_ref().map(issued).transpose()
    }

    /// Returns the attestations that were issued before one, newest first: of one person where it is given.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestations_before(
        &mut self,
        id: i64,
        person: Option<i64>,
        limit: usize,
    ) -> Result<Vec<IssuedAttestation>, StoreError> {
        let limit = Value::Int(i64::try_from(limit).expect("a page is short"));
        let rows = match person {
            None => {
                self.all(issued!("where a.id < $1 order by a.id desc limit $2"), &[id.into(), limit]).await?
            }
            Some(person) => {
                let sql = issued!("where a.beneficiary_id = $1 and a.id < $2 order by a.id desc limit $3");
                self.all(sql, &[person.into(), id.into(), limit]).await?
            }
        };
        rows.iter().map(issued).collect()
    }

    /// Returns all attestations, oldest first, with the number of their person unless erased.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestations(&mut self) -> Result<Vec<IssuedAttestation>, StoreError> {
        self.all(issued!("order by a.id"), &[]).await?.iter().map(issued).collect()
    }

    /// Writes attestations that are new, and the digests of files that are.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_attestations(
        &mut self,
        new: &[IssuedAttestation],
        files: &[(i64, [u8; 32])],
    ) -> Result<(), StoreError> {
        let mut rows = Rows::attestations(self);
        for one in new {
            rows.push([
                one.id.into(),
                (&one.number).into(),
                one.beneficiary.into(),
                one.months.0.number().into(),
                one.months.1.number().into(),
                one.basis.number().into(),
                one.issued_on.number().into(),
                one.head.into(),
                Value::Blob(one.facts.clone()),
                Value::Blob(one.fingerprint.clone()),
                (&one.user).into(),
                (&one.at).into(),
            ]);
        }
        rows.append_to(self).await?;
        let mut rows = Rows::attestation_files(self);
        for (id, digest) in files {
            rows.push([(*id).into(), Value::Blob(digest.to_vec())]);
        }
        rows.append_to(self).await
    }

    /// Returns the files given out for these attestations: attestation and digest.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn attestation_files(&mut self, keys: &[Value]) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let mut found = Vec::new();
        let sql = "select attestation_id, digest from attestation_file where attestation_id in ({keys})";
        self.lookup(sql, 0, keys, |row| {
            found.push((row.int(0)?, row.blob(1)?));
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns how far the imported aids of each payer went once a lot was in, of those that lived then:
    /// payer, instant of the last import in UTC, last day paid. A payment recorded later was not known then.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn reach_of_payers(
        &mut self,
        lot: i64,
    ) -> Result<Vec<(u32, String, Option<Date>)>, StoreError> {
        let sql = "select p.payer_id, l.at, p.paid_on from
                   (select t.payer_id as payer_id, max(a.lot_id) as lot_id, max(case when h.lot_id is null or h.lot_id <= $1 then y.paid_on end) as paid_on
                    from aid a join terms t on t.id = a.terms_id left join payment y on y.aid_id = a.id
                    left join hand_payment h on h.aid_id = y.aid_id and h.rank = y.rank
                    where a.lot_id <= $1 and not exists (select 1 from aid_cancellation c where c.aid_id = a.id and c.lot_id <= $1)
                    and not exists (select 1 from hand_grant g where g.aid_id = a.id) group by t.payer_id) p
                   join lot l on l.id = p.lot_id order by p.payer_id";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter()
            .map(|row| {
                let day = |number| {
                    Date::from_number(number)
                        .ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
                };
                Ok((row.small(0)?, row.text(1)?, row.opt_int(2)?.map(day).transpose()?))
            })
            .collect()
    }

    /// Returns the book, year and number of an entry, and its seal.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entry_named(&mut self, id: i64) -> Result<Option<(String, i64, i64, Vec<u8>)>, StoreError> {
        let row = self.one("select book, year, number, seal from entry where id = $1", &[id.into()]).await?;
        row.map(|row| Ok((row.text(0)?, row.int(1)?, row.int(2)?, row.blob(3)?))).transpose()
    }
}
