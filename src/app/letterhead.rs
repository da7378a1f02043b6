//! What a document says of who issues it, and when.

use super::clock::Clock;
use super::error::AppError;
use crate::calendar::Date;
use crate::documents::letterhead;
use crate::store::Store;

/// The head of the documents of a base, on a day.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// The structure's name, then what identifies it.
    pub lines: Vec<String>,
    /// The day on which the document is issued.
    pub dated: Date,
}

impl Letterhead {
    /// Returns the head of the documents issued today.
    ///
    /// # Errors
    /// When the base fails.
    pub async fn load(store: &Store, clock: Clock) -> Result<Letterhead, AppError> {
        let info = store.read().await?.info().await?;
        let lines = letterhead(&info.name, info.siren.as_deref());
        Ok(Letterhead { lines, dated: clock.today(&info.zone)? })
    }
}
