//! What an import of a file does first and last: the answer already given, the law; then the lot,
//! the rows, the trace, the answer kept.

use super::answer::{Asked, answered, keep};
use super::clock::Clock;
use super::error::AppError;
use super::file_lot::lot_of;
use super::law::{LawInForce, law_in_force};
use super::report::ImportReport;
use super::rights::Right;
use super::users::Actor;
use crate::import::FileKind;
use crate::store::{NewLot, Store, Tx};
use std::sync::Arc;

/// Who asked for what, and when.
pub(super) struct Import<'a> {
    pub clock: Clock,
    pub actor: &'a Actor,
    pub kind: FileKind,
    /// The source of the lot: a profile and a kind of file.
    pub source: String,
    /// The digest of the file, if there is one.
    pub digest: Option<Vec<u8>>,
    pub asked: Option<&'a Asked>,
}

/// How an import begins.
pub(super) enum Begun {
    /// It was asked before: this was the answer.
    Answered(Box<ImportReport>),
    /// Its transaction, and the law in it.
    Open(Tx, Arc<LawInForce>),
}

/// Opens the transaction of an import: one that reads for a preview, else the one that will write.
///
/// # Errors
/// When the base fails, or the key was used for something else.
pub(super) async fn begin(store: &Store, dry_run: bool, asked: Option<&Asked>) -> Result<Begun, AppError> {
    let mut tx = if dry_run { store.read().await? } else { store.write().await? };
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(Begun::Answered(Box::new(answer)));
    }
    let in_force = law_in_force(&mut tx).await?;
    Ok(Begun::Open(tx, in_force))
}

/// Writes what a plan accepts, unless it is only a preview: a lot and its rows if there are any, a line
/// in the audit log in every case. All of it is committed together.
///
/// # Errors
/// When the actor may not, or the base refuses; nothing is then written.
pub(super) async fn record(
    mut tx: Tx,
    import: &Import<'_>,
    mut report: ImportReport,
    write: impl AsyncFnOnce(&mut Tx, &NewLot) -> Result<(), AppError>,
) -> Result<ImportReport, AppError> {
    if report.a_blanc {
        return Ok(report);
    }
    let claimed = import.actor.may(&mut tx, Right::Record).await?;
    let at = import.clock.now();
    if report.acceptes > 0 {
        let digest = import.digest.clone();
        let (kind, source) = (import.kind.code(), &import.source);
        let lot = lot_of(&mut tx, kind, source, digest, &at, import.actor, &mut report).await?;
        write(&mut tx, &lot).await?;
        tx.next_generation().await?;
    }
    let action = format!("importer {}", import.kind.code());
    let detail = format!("{} : {} lues, {} acceptées", report.fichier, report.lus, report.acceptes);
    tx.log(&at, &import.actor.name, claimed, &action, &detail).await?;
    keep(&mut tx, import.asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}
