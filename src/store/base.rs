//! The base itself: its tables, its structure, its years, its generation.

use super::engine::{Store, Tx};
use super::error::StoreError;
use super::keys::KeyOf;
use super::value::Value;
use crate::calendar::{FiscalYear, Month, Years};
use sha2::{Digest as _, Sha256};

/// The schema that this program writes.
const SCHEMA: i64 = 9;

/// What a new base is made of.
#[derive(Clone, Debug)]
pub struct NewBase {
    /// Name of the structure.
    pub name: String,
    /// Its SIREN, if given.
    pub siren: Option<String>,
    /// Its time zone, such as `Europe/Paris`.
    pub zone: String,
    /// `importee` or `tenue`.
    pub books: String,
    /// The instant, in UTC.
    pub at: String,
}

/// What a base says of itself.
#[derive(Clone, Debug)]
pub struct BaseInfo {
    /// Name of the structure.
    pub name: String,
    /// Its SIREN.
    pub siren: Option<String>,
    /// Its time zone.
    pub zone: String,
    /// A copy to try things on, never to be taken for the books.
    pub trial: bool,
}

/// The key of `meta` that marks a copy to try things on.
const TRIAL: &str = "copie_essai";

impl Store {
    pub(super) async fn migrate(&self, location: &str) -> Result<(), StoreError> {
        if self.has_tables().await? {
            return Err(StoreError::AlreadyABase(location.to_string()));
        }
        let mut tx = self.write().await?;
        self.create_tables(&mut tx, SCHEMA).await?;
        for table in ["nature", "committee", "convention", "site"] {
            tx.insert_code(table, 0, "", "").await?;
        }
        tx.exec(
            "insert into payee (id, code, label, digest) values (0, '', '', $1)",
            &[Value::Blob(Vec::new())],
        )
        .await?;
        tx.exec("insert into meta (key, value) values ('generation', '0')", &[]).await?;
        tx.commit().await
    }

    /// Checks that this program knows the tables of a base; returns the number of its schema.
    pub(super) async fn check_known(&self, location: &str) -> Result<i64, StoreError> {
        if !self.has_tables().await? {
            return Err(StoreError::NotABase(location.to_string()));
        }
        let found = self.read().await?.schema().await?;
        if found > SCHEMA { Err(StoreError::Newer { found, known: SCHEMA }) } else { Ok(found) }
    }

    pub(super) async fn bring_up_to_date(&self, location: &str) -> Result<(), StoreError> {
        if self.check_known(location).await? < SCHEMA {
            let mut tx = self.write().await?;
            self.complete_tables(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Creates the tables of a schema, without any row of ours.
    pub(super) async fn create_tables(&self, tx: &mut Tx, schema: i64) -> Result<(), StoreError> {
        tx.script("create table schema_version (number bigint primary key, digest text not null, program text not null)").await?;
        self.run_migrations(tx, 0, schema).await
    }

    /// Adds the tables that a base of an earlier schema lacks.
    pub(super) async fn complete_tables(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let found = tx.schema().await?;
        self.run_migrations(tx, found, SCHEMA).await
    }

    async fn run_migrations(&self, tx: &mut Tx, done: i64, last: i64) -> Result<(), StoreError> {
        let wanted = |number: i64| number > done && number <= last;
        for (number, text) in self.migrations().iter().filter(|(number, _)| wanted(*number)) {
            tx.script(text).await?;
            let digest = crate::ledger::seal::hex(&Sha256::digest(text.as_bytes()));
            tx.exec(
                "insert into schema_version (number, digest, program) values ($1, $2, $3)",
                &[(*number).into(), (&digest).into(), env!("CARGO_PKG_VERSION").into()],
            )
            .await?;
        }
        Ok(())
    }
}

impl Tx {
    /// Returns the schema of the tables: the number of the last migration.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn schema(&mut self) -> Result<i64, StoreError> {
        let found = self.one("select coalesce(max(number), 0) from schema_version", &[]).await?;
        found.map_or(Ok(0), |row| row.int(0))
    }

    /// Writes the structure of a new base.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_structure(&mut self, base: &NewBase) -> Result<(), StoreError> {
        self.exec(
            "insert into structure (id, name, siren, zone, books, created_at) values (1, $1, $2, $3, $4, $5)",
            &[
                (&base.name).into(),
                base.siren.as_deref().into(),
                (&base.zone).into(),
                (&base.books).into(),
                (&base.at).into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Writes an account of a chart.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_account(
        &mut self,
        id: usize,
        book: &str,
        code: &str,
        label: &str,
        side: &str,
    ) -> Result<(), StoreError> {
        let id = i64::try_from(id).map_err(|_| StoreError::Inconsistent("trop de comptes".into()))?;
        let sql = "insert into account (id, book, code, label, side) values ($1, $2, $3, $4, $5)";
        self.exec(sql, &[id.into(), book.into(), code.into(), label.into(), side.into()]).await?;
        Ok(())
    }

    /// Returns what the base says of itself.
    ///
    /// # Errors
    /// When the base was never finished.
    pub async fn info(&mut self) -> Result<BaseInfo, StoreError> {
        let row = self.one("select name, siren, zone from structure", &[]).await?;
        let row = row.ok_or_else(|| StoreError::Inconsistent("structure absente".into()))?;
        let trial = self.one("select value from meta where key = $1", &[TRIAL.into()]).await?.is_some();
        Ok(BaseInfo { name: row.text(0)?, siren: row.opt_text(1)?, zone: row.text(2)?, trial })
    }

    /// Marks the base as a copy to try things on, made at this instant.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn mark_trial(&mut self, at: &str) -> Result<(), StoreError> {
        let sql = "insert into meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
        self.exec(sql, &[TRIAL.into(), at.into()]).await?;
        Ok(())
    }

    /// Opens a fiscal year.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_year(&mut self, year: FiscalYear, at: &str) -> Result<(), StoreError> {
        self.exec(
            "insert into fiscal_year (code, first_month, last_month, opened_at) values ($1, $2, $3, $4)",
            &[i64::from(year.code).into(), year.first.number().into(), year.last.number().into(), at.into()],
        )
        .await?;
        Ok(())
    }

    /// Returns the open fiscal years.
    ///
    /// # Errors
    /// When there is none, or a stored month is none.
    pub async fn years(&mut self) -> Result<Years, StoreError> {
        let mut years = Vec::new();
        for row in
            self.all("select code, first_month, last_month from fiscal_year order by code", &[]).await?
        {
            let month = |number| {
                Month::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("mois {number}")))
            };
            years.push(FiscalYear {
                code: row.small(0)?,
                first: month(row.int(1)?)?,
                last: month(row.int(2)?)?,
            });
        }
        Years::new(years).ok_or_else(|| StoreError::Inconsistent("aucun exercice".into()))
    }

    /// Returns the generation of the base: it changes at each write, so that a plan knows whether
    /// what it read still holds.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn generation(&mut self) -> Result<String, StoreError> {
        let row = self.one("select value from meta where key = 'generation'", &[]).await?;
        row.ok_or_else(|| StoreError::Inconsistent("génération absente".into()))?.text(0)
    }

    /// Moves to the next generation, inside a writing transaction.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn next_generation(&mut self) -> Result<(), StoreError> {
        let next = self.generation().await?.parse::<i64>().unwrap_or(0) + 1;
        self.exec("update meta set value = $1 where key = 'generation'", &[(&next.to_string()).into()])
            .await?;
        Ok(())
    }

    /// Notes who did what, when. Never personal data.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn log(
        &mut self,
        at: &str,
        user: &str,
        claimed: bool,
        action: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let id = self.next_key(KeyOf::Audited).await?;
        self.exec(
            "insert into audit_log (id, at, user_name, claimed, action, detail) values ($1, $2, $3, $4, $5, $6)",
            &[id.into(), at.into(), user.into(), i64::from(claimed).into(), action.into(), detail.into()],
        )
        .await?;
        Ok(())
    }

    /// Returns the answer already given to a key, with the digest of what was asked.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn answer_to(&mut self, key: &str) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let row = self.one("select digest, answer from request_key where key = $1", &[key.into()]).await?;
        row.map(|row| Ok((row.blob(0)?, row.text(1)?))).transpose()
    }

    /// Keeps the answer given to a key.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn keep_answer(
        &mut self,
        key: &str,
        digest: &[u8],
        answer: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        self.exec(
            "insert into request_key (key, digest, answer, at) values ($1, $2, $3, $4)",
            &[key.into(), digest.into(), answer.into(), at.into()],
        )
        .await?;
        Ok(())
    }
}
