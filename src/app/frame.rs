//! What every screen says of the base: whose it is, its years, today.

use super::clock::Clock;
use super::error::AppError;
use crate::calendar::{Date, Years};
use crate::store::Store;

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
