//! What a document says of who issues it, and when.

use super::attest::head_of;
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
    /// The head of the chain, which papers already sent bear witness to.
    pub footer: String,
    /// What must be read before anything else: that the base is a copy to try things on.
    pub warning: Option<String>,
}

/// What the papers of a copy to try things on say on each page.
pub(super) const TRIAL: &str = "COPIE D'ESSAI : ce document ne vient pas des livres de la structure.";

impl Letterhead {
    /// Returns the head of a document that no base issues.
    ///
    /// # Errors
    /// When the system's day is out of the calendar.
    pub fn without_base(clock: Clock) -> Result<Letterhead, AppError> {
        Ok(Letterhead {
            lines: vec!["Denier".to_string()],
            dated: clock.today("Europe/Paris")?,
            footer: String::new(),
            warning: None,
        })
    }

    /// Returns the head of the documents issued today.
    ///
    /// # Errors
    /// When the base fails.
    pub async fn load(store: &Store, clock: Clock) -> Result<Letterhead, AppError> {
        let mut tx = store.read().await?;
        let info = tx.info().await?;
        let sequence = tx.chain_head().await?.0;
        let head = head_of(&mut tx, sequence).await?;
        Ok(Letterhead {
            lines: letterhead(&info.name, info.siren.as_deref()),
            dated: clock.today(&info.zone)?,
            footer: format!("Dernière écriture scellée\u{a0}: {}, sceau {}", head.entry, head.seal),
            warning: info.trial.then(|| TRIAL.to_string()),
        })
    }
}
