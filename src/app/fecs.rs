//! The FEC in force of each year: where it comes from, and what seals it.

use super::entry_page::{LotOrigin, key_of, lot_origin};
use super::error::AppError;
use super::general::current_fecs;
use crate::ledger::seal::hex;
use crate::store::{EntryKey, Store};

/// The FEC in force of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FecInForce {
    /// The fiscal year.
    pub year: i16,
    /// The file, who imported it and when.
    pub origin: LotOrigin,
    /// The entry of the chain that seals it, and its seal in hexadecimal; none while it is provisional.
    pub sealed_by: Option<(EntryKey, String)>,
}

/// Returns the FEC in force of each year that has one, oldest first.
///
/// # Errors
/// When the base fails.
pub async fn fecs_in_force(store: &Store) -> Result<Vec<FecInForce>, AppError> {
    let mut tx = store.read().await?;
    let mut all = Vec::new();
    for (year, version) in current_fecs(&mut tx).await? {
        let sealing = match version.entry {
            Some(sequence) => tx.entry_at(sequence).await?,
            None => None,
        };
        all.push(FecInForce {
            year,
            origin: lot_origin(&mut tx, version.lot).await?,
            sealed_by: sealing.map(|entry| (key_of(&entry), hex(&entry.seal))),
        });
    }
    Ok(all)
}
