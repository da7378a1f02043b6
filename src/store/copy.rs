//! A whole base copied elsewhere, row by row, under the same keys, from one engine to the other.

use super::engine::{Place, Row, Store, Tx};
use super::error::StoreError;
use super::value::Value;
use sha2::{Digest as _, Sha256};

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Int,
    Text,
    Blob,
}

/// A table as both engines have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) table: String,
    pub(super) columns: Vec<(String, Class)>,
    pub(super) key: Vec<String>,
}

impl Shape {
    /// Reads the values of a row, in the order of the columns.
    pub(super) fn values(&self, row: &Row) -> Result<Vec<Value>, StoreError> {
        let read = |(at, (_, class)): (usize, &(String, Class))| {
            Ok(match class {
                Class::Int => Value::OptInt(row.opt_int(at)?),
                Class::Text => Value::OptText(row.opt_text(at)?.map(Into::into)),
                Class::Blob => Value::OptBlob(row.opt_blob(at)?),
            })
        };
        self.columns.iter().enumerate().map(read).collect()
    }
}

/// The rows of a table: how many, and a digest that their order does not change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Poured {
    rows: u64,
    digest: [u8; 32],
}

impl Poured {
    pub(super) fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            let (tag, bytes): (u8, Option<&[u8]>) = match value {
                Value::Int(value) | Value::OptInt(Some(value)) => {
                    hash.update([1]);
                    hash.update(value.to_be_bytes());
                    continue;
                }
                Value::Text(text) | Value::OptText(Some(text)) => (2, Some(text.as_bytes())),
                Value::Blob(bytes) | Value::OptBlob(Some(bytes)) => (3, Some(bytes)),
                Value::OptInt(None) | Value::OptText(None) | Value::OptBlob(None) => (0, None),
            };
            hash.update([tag]);
            if let Some(bytes) = bytes {
                hash.update(bytes.len().to_be_bytes());
                hash.update(bytes);
            }
        }
        self.rows += 1;
        // No row is there twice: each has its key.
        self.digest.iter_mut().zip(hash.finalize()).for_each(|(all, one)| *all ^= one);
    }
}

/// Says how many tables are copied, and of how many.
pub type TablesCopied<'a> = &'a (dyn Fn(u64, u64) + Sync);

impl Store {
    /// Copies the base, as it is at one moment, into a new or empty file that this program opens, whatever
    /// the engine.
    ///
    /// # Errors
    /// When the base cannot be read, the file not be written, or a row differs once written. The file is
    /// then to be removed.
    pub async fn back_up_to(&self, path: &str, copied: TablesCopied<'_>) -> Result<(), StoreError> {
        if self.vacuum_into(path).await? {
            return Ok(());
        }
        let (copy, tx) = self.copy_rows(path, copied).await?;
        tx.commit().await?;
        copy.close_as_file().await
    }

    /// Copies the base to a place where there is none, and brings it up to date. Returns the copy and the
    /// transaction in which it is made: on a server, nothing is there before it is committed; a file is to
    /// be removed when it is not.
    ///
    /// # Errors
    /// When there is a base already, the place cannot be written, or a row differs once written.
    pub async fn restore_to(
        &self,
        location: &str,
        copied: TablesCopied<'_>,
    ) -> Result<(Store, Tx), StoreError> {
        match Place::parse(location) {
            Place::File(path) if self.vacuum_into(&path).await? => {
                let copy = Store::open(&path).await?;
                let tx = copy.write().await?;
                Ok((copy, tx))
            }
            _ => self.copy_rows(location, copied).await,
        }
    }

    async fn copy_rows(&self, location: &str, copied: TablesCopied<'_>) -> Result<(Store, Tx), StoreError> {
        let mut from = self.read().await?;
        let copy = Store::connect(&Place::parse(location), true).await?;
        if copy.has_tables().await? {
            return Err(StoreError::AlreadyABase(location.to_string()));
        }
        let mut to = copy.write().await?;
        copy.create_tables(&mut to, from.schema().await?).await?;
        let shapes = match from.shapes().await? {
            Some(shapes) => shapes,
            // A copy between two servers would have no file to tell the tables.
            None => to.shapes().await?.ok_or_else(|| StoreError::NotABase(location.to_string()))?,
        };
        let triggers = to.stop_triggers(&shapes).await?;
        // The rows that a migration brings are in what is copied too.
        for shape in shapes.iter().rev() {
            to.empty(shape).await?;
        }
        for (rank, shape) in shapes.iter().enumerate() {
            copied(rank as u64, shapes.len() as u64);
            let read = from.pour(shape, Some(&mut to)).await?;
            if to.pour(shape, None).await? != read {
                return Err(StoreError::Inconsistent(format!("la copie de {} diffère", shape.table)));
            }
        }
        to.resume_triggers(triggers).await?;
        copy.complete_tables(&mut to).await?;
        Ok((copy, to))
    }
}
