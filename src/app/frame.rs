//! What every screen says of the base: whose it is, its years, today.

use super::clock::Clock;
use super::error::AppError;
use crate::calendar::{Date, Years};
use crate::store::{BaseInfo, Store};

/// What every screen says of the base.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Name of the structure.
    pub structure: String,
    /// Its open years.
    pub years: Years,
    /// Today, in its zone.
    pub today: Date,
}

/// Returns what every screen says of the base.
///
/// # Errors
/// When the base fails.
pub async fn frame(store: &Store, clock: Clock) -> Result<Frame, AppError> {
    let mut tx = store.read().await?;
    let info = tx.info().await?;
    Ok(Frame { structure: info.name, years: tx.years().await?, today: clock.today(&info.zone)? })
}

/// Returns true where a base can be read.
pub async fn alive(store: &Store) -> bool {
    store.read().await.is_ok()
}

/// Returns what changes each time something is written: what was planned before no longer holds after.
///
/// # Errors
/// When the base fails.
pub async fn generation(store: &Store) -> Result<String, AppError> {
    Ok(store.read().await?.generation().await?)
}

/// What a base is, for whoever looks after it.
#[derive(Clone, Debug)]
pub struct BaseFacts {
    /// Name of the structure, SIREN, time zone, and whether it is a copy to try things on.
    pub info: BaseInfo,
    /// The schema of its tables.
    pub schema: i64,
    /// What keeps it: `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
}

/// Returns what a base is.
///
/// # Errors
/// When the base fails.
pub async fn base_facts(store: &Store) -> Result<BaseFacts, AppError> {
    let mut tx = store.read().await?;
    Ok(BaseFacts { info: tx.info().await?, schema: tx.schema().await?, engine: tx.engine() })
}
