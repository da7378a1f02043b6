//! Every difference between SQLite and PostgreSQL.
//!
//! The same SQL text runs on both: `$1` placeholders, BIGINT and TEXT columns, sums cast to BIGINT,
//! no dates in SQL. What differs is here: opening, locking, bulk append, lists of keys.

use super::copy::{Class, Poured, Shape};
use super::error::StoreError;
use super::value::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Row as _, SqlSafeStr as _, Transaction};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// How long a writer waits for another before it says so.
const BUSY: Duration = Duration::from_secs(10);

/// How long emptying the journal waits for those who read.
const READERS: Duration = Duration::from_secs(2);

/// How long the writers of one process queue for its turn: many short ones at once all get theirs.
const QUEUE: Duration = Duration::from_secs(60);

/// Keys in one `in (…)` list.
const KEYS_AT_ONCE: usize = 500;

/// Rows in one bulk statement on SQLite.
const ROWS_AT_ONCE: usize = 500;

/// Statements sent at once on SQLite.
const STATEMENTS_AT_ONCE: usize = 4;

/// Bytes in one COPY on PostgreSQL.
const COPY_AT_ONCE: usize = 4 << 20;

/// The most parameters that SQLite takes in one statement.
const SQLITE_PARAMETERS: usize = 32_766;

/// A row of a result, read by rank.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        impl Row {
            $($(#[$doc])*
            ///
            /// # Errors
            /// When the stored value is of another type.
            pub fn $name(&self, at: usize) -> Result<$type, StoreError> {
                let value: Result<$type, sqlx::Error> = match self {
                    Row::Sqlite(row) => row.try_get(at),
                    Row::Postgres(row) => row.try_get(at),
                };
                value.map_err(|error| StoreError::Inconsistent(error.to_string()))
            })*
        }
    };
}

getters! {
    /// Returns a whole number.
    int -> i64;
    /// Returns a whole number or none.
    opt_int -> Option<i64>;
    /// Returns a text.
    text -> String;
    /// Returns a text or none.
    opt_text -> Option<String>;
    /// Returns bytes.
    blob -> Vec<u8>;
    /// Returns bytes or none.
    opt_blob -> Option<Vec<u8>>;
}

impl Row {
    /// Returns a whole number as another type.
    ///
    /// # Errors
    /// When the stored value does not fit.
    pub fn small<T: TryFrom<i64>>(&self, at: usize) -> Result<T, StoreError> {
        let value = self.int(at)?;
        T::try_from(value).map_err(|_| StoreError::Inconsistent(format!("{value} hors bornes")))
    }
}

enum Engine {
    Sqlite { write: sqlx::SqlitePool, read: sqlx::SqlitePool },
    Postgres { write: sqlx::PgPool, read: sqlx::PgPool, schema: String },
}

/// A base, open.
pub struct Store {
    engine: Engine,
}

/// A transaction.
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// A place where a base is or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File(String),
    Server { url: String, schema: String },
}

impl Place {
    pub(super) fn parse(location: &str) -> Place {
        if !location.starts_with("postgres://") && !location.starts_with("postgresql://") {
            return Place::File(location.to_string());
        }
        let (base, query) = location.split_once('?').unwrap_or((location, ""));
        let mut schema = "public".to_string();
        let rest: Vec<&str> = query
            .split('&')
            .filter(|part| match part.strip_prefix("schema=") {
                Some(name) => {
                    schema = name.to_string();
                    false
                }
                None => !part.is_empty(),
            })
            .collect();
        let url = if rest.is_empty() { base.to_string() } else { format!("{base}?{}", rest.join("&")) };
        Place::Server { url, schema }
    }
}

impl Store {
    /// Opens a base that exists: a file, or `postgres://…?schema=structure`. A base of an earlier
    /// schema gets the tables that it lacks.
    ///
    /// # Errors
    /// When there is none, it is not one, or it cannot be reached.
    pub async fn open(location: &str) -> Result<Store, StoreError> {
        let place = Place::parse(location);
        if let Place::File(path) = &place {
            let found = std::fs::metadata(path).map_err(|_| StoreError::NoBase(path.clone()))?;
            if !found.is_file() {
                return Err(StoreError::NotABase(path.clone()));
            }
        }
        let store = Store::connect(&place, false).await?;
        store.bring_up_to_date(location).await?;
        Ok(store)
    }

    /// Creates an empty base, with its tables, where there is none.
    ///
    /// # Errors
    /// When one exists already, or the place cannot be written.
    pub async fn create(location: &str) -> Result<Store, StoreError> {
        let place = Place::parse(location);
        if let Place::File(path) = &place
            && std::path::Path::new(path).exists()
        {
            return Err(StoreError::AlreadyABase(path.clone()));
        }
        let store = Store::connect(&place, true).await?;
        store.migrate(location).await?;
        Ok(store)
    }

    /// Returns the file in which a base is or will be; none on a server.
    pub fn file_of(location: &str) -> Option<String> {
        match Place::parse(location) {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    /// Opens a file that holds a base, only to read it: no byte of it changes, and its tables stay those
    /// of the program that wrote it.
    ///
    /// # Errors
    /// When there is none, it is not one, or a newer program wrote it.
    pub async fn open_copy(path: &str) -> Result<Store, StoreError> {
        let found = std::fs::metadata(path).map_err(|_| StoreError::NoBase(path.to_string()))?;
        if !found.is_file() {
            return Err(StoreError::NotABase(path.to_string()));
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let pool = || SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let store = Store { engine: Engine::Sqlite { write: pool(), read: pool() } };
        store.check_known(path).await?;
        Ok(store)
    }

    pub(super) async fn connect(place: &Place, create: bool) -> Result<Store, StoreError> {
        let engine = match place {
            Place::File(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(create)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY)
                    .pragma("cache_size", "-65536")
                    .pragma("temp_store", "memory")
                    .pragma("recursive_triggers", "on")
                    // What is erased leaves nothing to be found in the free space of the file.
                    .pragma("secure_delete", "on")
                    .statement_cache_capacity(64);
                let write = SqlitePoolOptions::new().max_connections(1).acquire_timeout(QUEUE);
                let write = write.connect_lazy_with(options.clone());
                // The system keeps the file's pages for all of them.
                let options = options.pragma("cache_size", "-8192");
                let read = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options);
                Engine::Sqlite { write, read }
            }
            Place::Server { url, schema } => {
                let valid = !schema.is_empty()
                    && schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
                if !valid {
                    return Err(StoreError::NotABase(format!(
                        "schéma « {schema} » (lettres minuscules, chiffres et _)"
                    )));
                }
                // Compiling a query into machine code takes longer than any of ours runs.
                let options = PgConnectOptions::from_str(url)?.options([
                    ("search_path", schema.as_str()),
                    ("client_min_messages", "warning"),
                    ("jit", "off"),
                ]);
                if create {
                    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
                    sqlx::raw_sql(AssertSqlSafe(format!("create schema if not exists {schema}")))
                        .execute(&mut connection)
                        .await?;
                    connection.close().await?;
                }
                // Writers who wait for one another leave the readers their connections.
                let write = PgPoolOptions::new().max_connections(1).acquire_timeout(QUEUE);
                let write = write.connect_lazy_with(options.clone());
                let read = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
                Engine::Postgres { write, read, schema: schema.clone() }
            }
        };
        Ok(Store { engine })
    }

    /// Starts the one writing transaction of the base; waits for another writer, then gives up.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another writes.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        match &self.engine {
            Engine::Sqlite { write, .. } => Ok(Tx::Sqlite(write.begin_with("begin immediate").await?)),
            Engine::Postgres { write, schema, .. } => {
                let mut transaction = write.begin().await?;
                sqlx::raw_sql(AssertSqlSafe(format!(
                    // The checks of foreign keys are planned once, on tables that are still empty, and
                    // kept while they grow: without this they would be read whole for each row.
                    "set local lock_timeout = {}; set local enable_seqscan = off",
                    BUSY.as_millis()
                )))
                .execute(&mut *transaction)
                .await?;
                sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
                    .bind(format!("denier:{schema}"))
                    .execute(&mut *transaction)
                    .await?;
                Ok(Tx::Postgres(transaction))
            }
        }
    }

    /// Starts a reading transaction: one moment of the base, whatever others write.
    ///
    /// # Errors
    /// When the base cannot be read.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match &self.engine {
            Engine::Sqlite { read, .. } => Ok(Tx::Sqlite(read.begin().await?)),
            Engine::Postgres { read, .. } => {
                Ok(Tx::Postgres(read.begin_with("begin isolation level repeatable read read only").await?))
            }
        }
    }

    /// Copies the whole base, as it is at one moment, into a new or empty file; returns false where the
    /// engine has no such copy.
    pub(super) async fn vacuum_into(&self, path: &str) -> Result<bool, StoreError> {
        let Engine::Sqlite { read, .. } = &self.engine else { return Ok(false) };
        sqlx::query("vacuum into $1").bind(path).execute(read).await?;
        Ok(true)
    }

    /// Closes a base that is to be carried away as one file: no journal beside it, none needed to read it.
    pub(super) async fn close_as_file(self) -> Result<(), StoreError> {
        if let Engine::Sqlite { write, read } = &self.engine {
            read.close().await;
            sqlx::query("pragma journal_mode = delete").execute(write).await?;
        }
        self.close().await;
        Ok(())
    }

    /// Empties the journal beside a file, where what was just erased may still be read. Returns false where
    /// somebody reads the base as it was before, for longer than is waited for: it stays as it is.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn forget_journal(&self) -> Result<bool, StoreError> {
        let Engine::Sqlite { write, .. } = &self.engine else { return Ok(true) };
        let mut connection = write.acquire().await?;
        let wait = async |connection: &mut sqlx::SqliteConnection, patience: Duration| {
            let pragma = format!("pragma busy_timeout = {}", patience.as_millis());
            sqlx::query(AssertSqlSafe(pragma)).execute(connection).await
        };
        // Writers wait meanwhile.
        wait(&mut connection, READERS).await?;
        let blocked: Result<i64, sqlx::Error> =
            sqlx::query_scalar("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await;
        wait(&mut connection, BUSY).await?;
        Ok(blocked? == 0)
    }

    /// Reads every page of a file and compares its indexes with its tables.
    ///
    /// # Errors
    /// When the file is damaged.
    pub async fn check_pages(&self) -> Result<(), StoreError> {
        let Engine::Sqlite { read, .. } = &self.engine else { return Ok(()) };
        let said: String = sqlx::query_scalar("pragma integrity_check(1)").fetch_one(read).await?;
        if said == "ok" { Ok(()) } else { Err(StoreError::Inconsistent(format!("fichier abîmé, {said}"))) }
    }

    /// Closes the base.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Engine::Postgres { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
        }
    }

    /// Returns the migrations of this engine, in order: number and text.
    pub(super) fn migrations(&self) -> &'static [(i64, &'static str)] {
        match self.engine {
            Engine::Sqlite { .. } => &[
                (1, include_str!("../../migrations/sqlite/0001_base.sql")),
                (2, include_str!("../../migrations/sqlite/0002_general_book.sql")),
                (3, include_str!("../../migrations/sqlite/0003_declarations.sql")),
                (4, include_str!("../../migrations/sqlite/0004_derogations.sql")),
                (5, include_str!("../../migrations/sqlite/0005_users.sql")),
                (6, include_str!("../../migrations/sqlite/0006_life_of_an_aid.sql")),
                (7, include_str!("../../migrations/sqlite/0007_people_and_logs.sql")),
                (8, include_str!("../../migrations/sqlite/0008_lists.sql")),
                (9, include_str!("../../migrations/sqlite/0009_unpaid_aids.sql")),
            ],
            Engine::Postgres { .. } => &[
                (1, include_str!("../../migrations/postgres/0001_base.sql")),
                (2, include_str!("../../migrations/postgres/0002_general_book.sql")),
                (3, include_str!("../../migrations/postgres/0003_declarations.sql")),
                (4, include_str!("../../migrations/postgres/0004_derogations.sql")),
                (5, include_str!("../../migrations/postgres/0005_users.sql")),
                (6, include_str!("../../migrations/postgres/0006_life_of_an_aid.sql")),
                (7, include_str!("../../migrations/postgres/0007_people_and_logs.sql")),
                (8, include_str!("../../migrations/postgres/0008_lists.sql")),
                (9, include_str!("../../migrations/postgres/0009_unpaid_aids.sql")),
            ],
        }
    }

    /// Returns whether the tables of a base are there.
    pub(super) async fn has_tables(&self) -> Result<bool, StoreError> {
        let found = match &self.engine {
            Engine::Sqlite { read, .. } => {
                sqlx::query("select 1 from sqlite_master where name = 'schema_version'")
                    .fetch_optional(read)
                    .await
                    .map(|row| row.is_some())
            }
            Engine::Postgres { read, schema, .. } => {
                let query = sqlx::query(
                    "select 1 from information_schema.tables where table_schema = $1 and table_name = 'schema_version'",
                );
                query.bind(schema.as_str()).fetch_optional(read).await.map(|row| row.is_some())
            }
        };
        match found {
            Ok(found) => Ok(found),
            // SQLITE_NOTADB: a file, but not of SQLite.
            Err(error) if error.as_database_error().and_then(|e| e.code()).as_deref() == Some("26") => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Int(value) => query.bind(*value),
                Value::OptInt(value) => query.bind(*value),
                Value::Text(value) => query.bind(Arc::clone(value)),
                Value::OptText(value) => query.bind(value.clone()),
                Value::Blob(value) => query.bind(value.clone()),
                Value::OptBlob(value) => query.bind(value.clone()),
            };
        }
        query
    }};
}

impl Tx {
    /// Runs a statement; returns how many rows it touched.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn exec(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        Ok(match self {
            Tx::Sqlite(tx) => bind_all!(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
            Tx::Postgres(tx) => bind_all!(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Returns all rows of a query.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn all(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Tx::Sqlite(tx) => bind_all!(sqlx::query(sql), values)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Tx::Postgres(tx) => bind_all!(sqlx::query(sql), values)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
        })
    }

    /// Returns the first row of a query, if any.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn one(&mut self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Tx::Sqlite(tx) => {
                bind_all!(sqlx::query(sql), values).fetch_optional(&mut **tx).await?.map(Row::Sqlite)
            }
            Tx::Postgres(tx) => {
                bind_all!(sqlx::query(sql), values).fetch_optional(&mut **tx).await?.map(Row::Postgres)
            }
        })
    }

    /// Hands each row of a query to `each`, one by one: for results too large for memory.
    ///
    /// # Errors
    /// When the engine refuses, or `each` does.
    pub async fn each(
        &mut self,
        sql: &'static str,
        values: &[Value],
        mut each: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        use futures_util::TryStreamExt as _;
        match self {
            Tx::Sqlite(tx) => {
                let mut rows = bind_all!(sqlx::query(sql), values).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await? {
                    each(&Row::Sqlite(row))?;
                }
            }
            Tx::Postgres(tx) => {
                let mut rows = bind_all!(sqlx::query(sql), values).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await? {
                    each(&Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }

    /// Returns the name of what keeps the base.
    pub fn engine(&self) -> &'static str {
        match self {
            Tx::Sqlite(_) => "SQLite",
            Tx::Postgres(_) => "PostgreSQL",
        }
    }

    /// Runs a query for many keys: `{keys}` in the text becomes a list of them, some hundreds at a
    /// time, and `{fixed}` a whole number.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn lookup(
        &mut self,
        sql: &'static str,
        fixed: i64,
        keys: &[Value],
        mut each: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for some in keys.chunks(KEYS_AT_ONCE) {
            let list = match self {
                // A bare `?`: named parameters cost their square here (see ARCHITECTURE.md).
                Tx::Sqlite(_) => vec!["?"; some.len()].join(","),
                Tx::Postgres(_) => (1..=some.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(","),
            };
            let text = AssertSqlSafe(sql.replace("{fixed}", &fixed.to_string()).replace("{keys}", &list))
                .into_sql_str();
            match self {
                Tx::Sqlite(tx) => {
                    for row in bind_all!(sqlx::query(text), some).fetch_all(&mut **tx).await? {
                        each(&Row::Sqlite(row))?;
                    }
                }
                Tx::Postgres(tx) => {
                    for row in bind_all!(sqlx::query(text), some).fetch_all(&mut **tx).await? {
                        each(&Row::Postgres(row))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns an empty bulk for rows of so many columns, encoded for this engine.
    pub(super) fn bulk(&self, width: usize) -> Bulk {
        match self {
            Tx::Sqlite(_) => Bulk::Sqlite {
                rows: ROWS_AT_ONCE.min(SQLITE_PARAMETERS / width),
                width,
                full: Vec::new(),
                last: SqliteArguments::default(),
            },
            Tx::Postgres(_) => Bulk::Postgres { width, text: Vec::new(), column: 0 },
        }
    }

    /// Appends a bulk: statements of many rows on SQLite, COPY on PostgreSQL.
    ///
    /// # Errors
    /// When the engine refuses; the transaction is then lost.
    pub(super) async fn append(&mut self, table: &str, columns: &str, bulk: Bulk) -> Result<(), StoreError> {
        match (self, bulk) {
            (Tx::Sqlite(tx), Bulk::Sqlite { rows, width, full, last }) => {
                let row = format!("({})", vec!["?"; width].join(","));
                let text = |rows: usize| {
                    format!("insert into {table} ({columns}) values {}", vec![row.as_str(); rows].join(","))
                };
                let whole: Arc<str> = text(rows).into();
                for arguments in full {
                    sqlx::query_with(AssertSqlSafe(Arc::clone(&whole)), arguments).execute(&mut **tx).await?;
                }
                if last.len() > 0 {
                    let text = text(last.len() / width);
                    sqlx::query_with(AssertSqlSafe(text), last).execute(&mut **tx).await?;
                }
            }
            (Tx::Postgres(tx), Bulk::Postgres { text, .. }) => {
                if !text.is_empty() {
                    let mut copy = tx.copy_in_raw(&format!("copy {table} ({columns}) from stdin")).await?;
                    copy.send(text).await?;
                    copy.finish().await?;
                }
            }
            _ => unreachable!("a bulk is appended to the engine that it was made for"),
        }
        Ok(())
    }

    /// Runs a text of several statements, such as a migration.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop)?,
            Tx::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Runs a text made here, out of names of the schema.
    async fn run(&mut self, sql: String) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await.map(drop)?,
            Tx::Postgres(tx) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Returns the tables of a base and their columns, those that others refer to first; none where the
    /// engine does not tell.
    pub(super) async fn shapes(&mut self) -> Result<Option<Vec<Shape>>, StoreError> {
        if let Tx::Postgres(_) = self {
            return Ok(None);
        }
        let columns =
            "select m.name, c.name, c.type, c.pk from sqlite_master m join pragma_table_info(m.name) c
                       where m.type = 'table' and m.name <> 'schema_version' and m.name not like 'sqlite%'
                       order by m.name, c.cid";
        let mut waiting: Vec<Shape> = Vec::new();
        for row in self.all(columns, &[]).await? {
            let table = row.text(0)?;
            if waiting.last().is_none_or(|shape| shape.table != table) {
                waiting.push(Shape { table: table.clone(), ..Shape::default() });
            }
            let class = match row.text(2)?.as_str() {
                "INTEGER" => Class::Int,
                "TEXT" => Class::Text,
                "BLOB" => Class::Blob,
                other => return Err(StoreError::Inconsistent(format!("colonne {other} dans {table}"))),
            };
            let shape = waiting.last_mut().expect("the table was just added");
            if row.int(3)? > 0 {
                shape.key.push(row.text(1)?);
            }
            shape.columns.push((row.text(1)?, class));
        }
        let mut needs: Vec<(String, String)> = Vec::new();
        let references = "select m.name, f.\"table\" from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'";
        for row in self.all(references, &[]).await? {
            needs.push((row.text(0)?, row.text(1)?));
        }
        let mut ordered = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let names: Vec<String> = waiting.iter().map(|shape| shape.table.clone()).collect();
            let ready = |shape: &Shape| {
                !needs
                    .iter()
                    .any(|(table, other)| *table == shape.table && other != table && names.contains(other))
            };
            let (now, later): (Vec<Shape>, Vec<Shape>) = waiting.into_iter().partition(ready);
            if now.is_empty() {
                return Err(StoreError::Inconsistent("des tables renvoient l'une à l'autre".into()));
            }
            ordered.extend(now);
            waiting = later;
        }
        Ok(Some(ordered))
    }

    /// Stops the triggers of a base that is being filled; returns the text that puts them back.
    pub(super) async fn stop_triggers(&mut self, shapes: &[Shape]) -> Result<String, StoreError> {
        let (mut stop, mut resume) = (String::new(), String::new());
        match self {
            Tx::Sqlite(_) => {
                for row in self.all("select name, sql from sqlite_master where type = 'trigger'", &[]).await?
                {
                    stop.push_str(&format!("drop trigger {};\n", row.text(0)?));
                    resume.push_str(&format!("{};\n", row.text(1)?));
                }
            }
            Tx::Postgres(_) => {
                for shape in shapes {
                    stop.push_str(&format!("alter table {} disable trigger user;\n", shape.table));
                    resume.push_str(&format!("alter table {} enable trigger user;\n", shape.table));
                }
                // What is read next, in the same transaction, is planned on tables that are full.
                let tables: Vec<&str> = shapes.iter().map(|shape| shape.table.as_str()).collect();
                resume.push_str(&format!("analyze {}; set local enable_seqscan = on;\n", tables.join(", ")));
            }
        }
        self.run(stop).await?;
        Ok(resume)
    }

    /// Puts back the triggers that were stopped.
    pub(super) async fn resume_triggers(&mut self, resume: String) -> Result<(), StoreError> {
        self.run(resume).await
    }

    /// Empties a table that is about to be filled.
    pub(super) async fn empty(&mut self, shape: &Shape) -> Result<(), StoreError> {
        self.run(format!("delete from {}", shape.table)).await
    }

    /// Pours the rows of a table into the same one of another base, where one is given; returns how many
    /// there are and their digest, whatever their order.
    pub(super) async fn pour(
        &mut self,
        shape: &Shape,
        mut into: Option<&mut Tx>,
    ) -> Result<Poured, StoreError> {
        use futures_util::TryStreamExt as _;
        let columns: Vec<&str> = shape.columns.iter().map(|(name, _)| name.as_str()).collect();
        let columns = columns.join(", ");
        let sql =
            AssertSqlSafe(format!("select {columns} from {} order by {}", shape.table, shape.key.join(", ")));
        let mut bulk = into.as_deref().map(|into| into.bulk(shape.columns.len()));
        let mut poured = Poured::default();
        macro_rules! pour_rows {
            ($rows:expr, $wrap:path) => {{
                let mut rows = $rows;
                while let Some(row) = rows.try_next().await? {
                    let values = shape.values(&$wrap(row))?;
                    poured.add(&values);
                    if let (Some(into), Some(bulk)) = (into.as_deref_mut(), bulk.as_mut()) {
                        values.iter().for_each(|value| bulk.push(value));
                        if bulk.is_full() {
                            into.append(&shape.table, &columns, bulk.take()).await?;
                        }
                    }
                }
            }};
        }
        match self {
            Tx::Sqlite(tx) => pour_rows!(sqlx::query(sql).fetch(&mut **tx), Row::Sqlite),
            Tx::Postgres(tx) => pour_rows!(sqlx::query(sql).fetch(&mut **tx), Row::Postgres),
        }
        if let (Some(into), Some(bulk)) = (into, bulk) {
            into.append(&shape.table, &columns, bulk).await?;
        }
        Ok(poured)
    }

    /// Makes everything done durable, together.
    ///
    /// # Errors
    /// When the engine refuses; nothing is then done.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Rows encoded for one engine, so that whoever makes them also pays for their encoding.
#[derive(Debug)]
pub enum Bulk {
    /// Parameters of statements of `rows` rows.
    Sqlite {
        /// Rows in a statement.
        rows: usize,
        /// Columns in a row.
        width: usize,
        /// Whole statements.
        full: Vec<SqliteArguments>,
        /// The statement being filled.
        last: SqliteArguments,
    },
    /// The text of COPY.
    Postgres {
        /// Columns in a row.
        width: usize,
        /// The text.
        text: Vec<u8>,
        /// The column being written.
        column: usize,
    },
}

impl Bulk {
    /// Adds the next value of a row.
    pub(super) fn push(&mut self, value: &Value) {
        match self {
            Bulk::Sqlite { rows, width, full, last } => {
                if last.len() == 0 {
                    last.reserve(*rows * *width, 0);
                }
                let added = match value {
                    Value::Int(value) => last.add(*value),
                    Value::OptInt(value) => last.add(*value),
                    Value::Text(value) => last.add(Arc::clone(value)),
                    Value::OptText(value) => last.add(value.clone()),
                    Value::Blob(value) => last.add(value.clone()),
                    Value::OptBlob(value) => last.add(value.clone()),
                };
                added.expect("a number, a text or bytes can be encoded");
                if last.len() == *rows * *width {
                    full.push(std::mem::take(last));
                }
            }
            Bulk::Postgres { width, text, column } => {
                copy_text(value, text);
                *column += 1;
                let end = if *column == *width { b'\n' } else { b'\t' };
                *column %= *width;
                text.push(end);
            }
        }
    }

    /// Returns true when it is worth sending: a few statements on SQLite; on PostgreSQL some MiB, since
    /// each COPY costs its round trips.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Bulk::Sqlite { full, .. } => full.len() >= STATEMENTS_AT_ONCE,
            Bulk::Postgres { text, .. } => text.len() >= COPY_AT_ONCE,
        }
    }

    /// Takes what was added, leaving an empty bulk of the same kind.
    pub(super) fn take(&mut self) -> Bulk {
        match self {
            Bulk::Sqlite { rows, width, full, last } => Bulk::Sqlite {
                rows: *rows,
                width: *width,
                full: std::mem::take(full),
                last: std::mem::take(last),
            },
            Bulk::Postgres { width, text, column } => {
                Bulk::Postgres { width: *width, text: std::mem::take(text), column: *column }
            }
        }
    }
}

/// Writes a value in the text format of COPY.
fn copy_text(value: &Value, out: &mut Vec<u8>) {
    use std::io::Write as _;
    match value {
        Value::Int(value) | Value::OptInt(Some(value)) => write!(out, "{value}").expect("writing to memory"),
        Value::Text(value) | Value::OptText(Some(value)) => {
            for byte in value.bytes() {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    b'\t' => out.extend_from_slice(b"\\t"),
                    b'\n' => out.extend_from_slice(b"\\n"),
                    b'\r' => out.extend_from_slice(b"\\r"),
                    byte => out.push(byte),
                }
            }
        }
        Value::Blob(value) | Value::OptBlob(Some(value)) => {
            out.extend_from_slice(b"\\\\x");
            for byte in value {
                write!(out, "{byte:02x}").expect("writing to memory");
            }
        }
        Value::OptInt(None) | Value::OptText(None) | Value::OptBlob(None) => out.extend_from_slice(b"\\N"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_schema() {
        let server = |url: &str, schema: &str| Place::Server { url: url.into(), schema: schema.into() };
        assert_eq!(Place::parse("a/b.db"), Place::File("a/b.db".into()));
        assert_eq!(Place::parse("postgres://h/d?schema=ml_lys"), server("postgres://h/d", "ml_lys"));
        assert_eq!(
            Place::parse("postgres://h/d?sslmode=disable&schema=s"),
            server("postgres://h/d?sslmode=disable", "s")
        );
        assert_eq!(Place::parse("postgresql://h/d"), server("postgresql://h/d", "public"));
    }
}
