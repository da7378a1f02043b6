//! The lot of a file: written once, the same way for every kind of file.

use super::error::AppError;
use super::file::InputFile;
use super::report::ImportReport;
use super::users::Actor;
use crate::store::{KeyOf, NewLot, Tx};

/// Writes the lot of a file that is about to be posted, and names it in the report.
///
/// # Errors
/// When the base refuses.
pub(super) async fn file_lot(
    tx: &mut Tx,
    kind: &'static str,
    source: &str,
    input: &InputFile,
    at: &str,
    actor: &Actor,
    report: &mut ImportReport,
) -> Result<NewLot, AppError> {
    lot_of(tx, kind, source, Some(input.sniff.digest.to_vec()), at, actor, report).await
}

/// The same for what is about to be kept, whether or not it comes from a file that has a digest.
///
/// # Errors
/// When the base refuses.
pub(super) async fn lot_of(
    tx: &mut Tx,
    kind: &'static str,
    source: &str,
    digest: Option<Vec<u8>>,
    at: &str,
    actor: &Actor,
    report: &mut ImportReport,
) -> Result<NewLot, AppError> {
    let lot = NewLot {
        id: tx.next_key(KeyOf::Lot).await?,
        kind,
        source: tx.ensure_codes("source", &[(source, kind)]).await?.keys[source],
        file: report.fichier.clone(),
        file_digest: digest,
        at: at.to_string(),
        user: actor.name.clone(),
        counts: [report.lus, report.acceptes, report.irreguliers, report.deja_importes, report.refuses],
        ..NewLot::default()
    };
    tx.insert_lot(&lot).await?;
    report.lot = Some(lot.id);
    Ok(lot)
}
