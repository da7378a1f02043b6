//! People: pseudonyms in the ledger, identities apart.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::Date;
use crate::funding::{Identity, Person};
use crate::words::fold;

/// An identity with the base's key of its person.
#[derive(Clone, Debug)]
pub struct StoredIdentity {
    /// The person.
    pub beneficiary: i64,
    /// Who it is.
    pub identity: Identity,
}

/// The values of an identity row.
#[derive(Clone, Debug)]
pub struct IdentityRow {
    /// The person.
    pub beneficiary: i64,
    /// Who it is.
    pub identity: Identity,
    /// The key of the site.
    pub site: u32,
}

impl IdentityRow {
    /// Returns the values in the order of the table's columns.
    pub fn values(&self) -> [Value; 14] {
        let who = &self.identity;
        let flag = |flag: Option<bool>| Value::OptInt(flag.map(i64::from));
        [
            self.beneficiary.into(),
            (&who.number).into(),
            (&who.last_name).into(),
            (&who.first_name).into(),
            (&who.sort_key()).into(),
            Value::OptInt(who.born_on.map(Date::number)),
            (&who.sex).into(),
            (&who.commune).into(),
            (&who.insee).into(),
            flag(who.qpv),
            flag(who.rqth),
            (&who.situation).into(),
            (&who.iban).into(),
            self.site.into(),
        ]
    }
}

fn date(number: Option<i64>) -> Result<Option<Date>, StoreError> {
    let read =
        |number| Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")));
    number.map(read).transpose()
}

fn identity(row: &Row) -> Result<StoredIdentity, StoreError> {
    let flag = |value: Option<i64>| value.map(|value| value != 0);
    Ok(StoredIdentity {
        beneficiary: row.int(0)?,
        identity: Identity {
            number: row.text(1)?,
            last_name: row.text(2)?,
            first_name: row.text(3)?,
            born_on: date(row.opt_int(4)?)?,
            sex: row.text(5)?,
            commune: row.text(6)?,
            insee: row.text(7)?,
            qpv: flag(row.opt_int(8)?),
            rqth: flag(row.opt_int(9)?),
            situation: row.text(10)?,
            iban: row.text(11)?,
            site: row.text(12)?,
        },
    })
}

impl Tx {
    /// Returns what the rules know of the people with these numbers, with their number.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn people_by_number(&mut self, numbers: &[Value]) -> Result<Vec<(String, Person)>, StoreError> {
        let mut people = Vec::with_capacity(numbers.len());
        let sql = "select beneficiary_id, number, born_on, rqth, situation, insee, site_id from identity where number in ({keys})";
        self.lookup(sql, 0, numbers, |row| {
            let person = Person {
                id: row.int(0)?,
                born_on: date(row.opt_int(2)?)?,
                rqth: row.opt_int(3)? == Some(1),
                situation: fold(&row.text(4)?),
                insee: row.text(5)?,
                site: row.small(6)?,
            };
            people.push((row.text(1)?, person));
            Ok(())
        })
        .await?;
        Ok(people)
    }

    /// Returns what the rules know of every person who still has an identity.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn people_by_key(&mut self, keys: &[Value]) -> Result<Vec<Person>, StoreError> {
        let mut people = Vec::with_capacity(keys.len());
        let sql = "select beneficiary_id, born_on, rqth, situation, insee, site_id from identity where beneficiary_id in ({keys})";
        self.lookup(sql, 0, keys, |row| {
            people.push(Person {
                id: row.int(0)?,
                born_on: date(row.opt_int(1)?)?,
                rqth: row.opt_int(2)? == Some(1),
                situation: fold(&row.text(3)?),
                insee: row.text(4)?,
                site: row.small(5)?,
            });
            Ok(())
        })
        .await?;
        Ok(people)
    }

    /// Returns the identities with these numbers.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn identities(&mut self, numbers: &[Value]) -> Result<Vec<StoredIdentity>, StoreError> {
        let mut identities = Vec::with_capacity(numbers.len());
        let sql = "select i.beneficiary_id, i.number, i.last_name, i.first_name, i.born_on, i.sex, i.commune, i.insee, i.qpv, i.rqth,
                   i.situation, i.iban, s.code from identity i join site s on s.id = i.site_id where i.number in ({keys})";
        self.lookup(sql, 0, numbers, |row| {
            identities.push(identity(row)?);
            Ok(())
        })
        .await?;
        Ok(identities)
    }

    /// Returns the identities that a person had before later imports, oldest first, with the lot that
    /// replaced each.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn identities_before(&mut self, beneficiary: i64) -> Result<Vec<(i64, Identity)>, StoreError> {
        let sql = "select i.beneficiary_id, i.number, i.last_name, i.first_name, i.born_on, i.sex, i.commune, i.insee, i.qpv, i.rqth,
                   i.situation, i.iban, s.code, i.lot_id from identity_before i join site s on s.id = i.site_id
                   where i.beneficiary_id = $1 order by i.lot_id";
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter().map(|row| Ok((row.int(13)?, identity(row)?.identity))).collect()
    }

    /// Returns the numbers of people by their keys, for those who still have an identity.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn numbers_by_key(&mut self, keys: &[Value]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut numbers = Vec::with_capacity(keys.len());
        self.lookup(
            "select beneficiary_id, number from identity where beneficiary_id in ({keys})",
            0,
            keys,
            |row| {
                numbers.push((row.int(0)?, row.text(1)?));
                Ok(())
            },
        )
        .await?;
        Ok(numbers)
    }

    /// Returns the pseudonyms of these people.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn pseudonyms(&mut self, keys: &[Value]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut pseudonyms = Vec::with_capacity(keys.len());
        self.lookup("select id, pseudonym from beneficiary where id in ({keys})", 0, keys, |row| {
            pseudonyms.push((row.int(0)?, row.text(1)?));
            Ok(())
        })
        .await?;
        Ok(pseudonyms)
    }

    /// Returns a person's pseudonym.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn pseudonym(&mut self, beneficiary: i64) -> Result<String, StoreError> {
        let row = self.one("select pseudonym from beneficiary where id = $1", &[beneficiary.into()]).await?;
        row.ok_or_else(|| StoreError::Inconsistent(format!("personne {beneficiary} absente")))?.text(0)
    }

    /// Replaces an identity, keeping the one before for the lot's undoing.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn replace_identity(&mut self, lot: i64, row: &IdentityRow) -> Result<(), StoreError> {
        self.exec(
            "insert into identity_before (lot_id, beneficiary_id, number, last_name, first_name, sort_key, born_on, sex, commune, insee,
             qpv, rqth, situation, iban, site_id)
             select $1, beneficiary_id, number, last_name, first_name, sort_key, born_on, sex, commune, insee, qpv, rqth, situation, iban, site_id
             from identity where beneficiary_id = $2",
            &[lot.into(), row.beneficiary.into()],
        )
        .await?;
        self.exec(
            "update identity set number = $2, last_name = $3, first_name = $4, sort_key = $5, born_on = $6, sex = $7, commune = $8,
             insee = $9, qpv = $10, rqth = $11, situation = $12, iban = $13, site_id = $14 where beneficiary_id = $1",
            &row.values(),
        )
        .await?;
        Ok(())
    }

    /// Returns the numbers of the people whom a lot brought and who have living aids.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn people_held_by_aids(&mut self, lot: i64) -> Result<Vec<String>, StoreError> {
        let rows = self
            .all(
                "select i.number from beneficiary b join identity i on i.beneficiary_id = b.id
                 where b.lot_id = $1 and exists (
                     select 1 from aid a where a.beneficiary_id = b.id
                     and not exists (select 1 from aid_cancellation c where c.aid_id = a.id))
                 order by i.number",
                &[lot.into()],
            )
            .await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Takes back what a lot of people brought: new identities go, changed ones are as before.
    /// Returns how many of each.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn undo_identities(&mut self, lot: i64) -> Result<(u64, u64), StoreError> {
        let gone = self
            .exec(
                "delete from identity where beneficiary_id in (select id from beneficiary where lot_id = $1)",
                &[lot.into()],
            )
            .await?;
        let restored = self
            .exec(
                "update identity set number = b.number, last_name = b.last_name, first_name = b.first_name, sort_key = b.sort_key,
                 born_on = b.born_on, sex = b.sex, commune = b.commune, insee = b.insee, qpv = b.qpv, rqth = b.rqth,
                 situation = b.situation, iban = b.iban, site_id = b.site_id
                 from identity_before b where b.lot_id = $1 and b.beneficiary_id = identity.beneficiary_id",
                &[lot.into()],
            )
            .await?;
        self.exec("delete from identity_before where lot_id = $1", &[lot.into()]).await?;
        Ok((gone, restored))
    }

    /// Returns whether a later lot changed a person whom this lot brought or changed.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn identities_changed_since(&mut self, lot: i64) -> Result<i64, StoreError> {
        let row = self
            .one(
                "select count(*) from identity_before later
                 where later.lot_id > $1 and (
                     later.beneficiary_id in (select id from beneficiary where lot_id = $1)
                     or later.beneficiary_id in (select beneficiary_id from identity_before where lot_id = $1))",
                &[lot.into()],
            )
            .await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Searches people by number, else by the beginning of their folded name: at most twenty,
    /// of one site only if it is given.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn search_people(
        &mut self,
        text: &str,
        site: Option<&str>,
    ) -> Result<Vec<StoredIdentity>, StoreError> {
        let mut exact = self.identities(&[text.into()]).await?;
        exact.retain(|stored| site.is_none_or(|site| stored.identity.site == site));
        if !exact.is_empty() {
            return Ok(exact);
        }
        let folded = fold(text);
        let rows = self
            .all(
                "select i.beneficiary_id, i.number, i.last_name, i.first_name, i.born_on, i.sex, i.commune, i.insee, i.qpv, i.rqth,
                 i.situation, i.iban, s.code from identity i join site s on s.id = i.site_id
                 where i.sort_key >= $1 and i.sort_key < $2 and (CAST($3 AS TEXT) is null or s.code = $3)
                 order by i.sort_key, i.number limit 20",
                &[(&folded).into(), (&format!("{folded}\u{10ffff}")).into(), site.into()],
            )
            .await?;
        rows.iter().map(identity).collect()
    }
}
