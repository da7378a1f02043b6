//! `sauvegarder` and `restaurer`.

use super::run::{Session, verified_text};
use crate::app::{self, AppError, Purpose};
use crate::money::group_thousands;

/// Writes a backup and says what was verified of it.
pub(super) async fn back_up(session: &Session<'_>, path: &str) -> Result<u8, AppError> {
    let store = session.open().await?;
    let report = app::back_up(&store, session.clock, &session.actor, path, session.progress).await?;
    store.close().await;
    let text = format!(
        "Sauvegarde écrite et relue : {path}, {} octets.\nSHA-256 : {}\n{}",
        group_thousands(report.octets),
        report.empreinte,
        verified_text(&report.verification)
    );
    session.said(&text, &serde_json::to_value(&report).unwrap_or_default())?;
    Ok(report.verification.exit_code())
}

/// Makes a base from a backup.
pub(super) async fn restore(session: &Session<'_>, path: &str, purpose: Purpose) -> Result<u8, AppError> {
    let (base, clock, actor) = (&session.base, session.clock, &session.actor);
    let report = app::restore(path, base, purpose, clock, actor, session.progress).await?;
    let what = match (&report.base, purpose) {
        (None, _) => format!("RIEN N'A ÉTÉ RESTAURÉ : {path} n'est pas intègre."),
        (Some(base), Purpose::Books) => format!("Base restaurée et vérifiée : {base}"),
        (Some(base), Purpose::Trial) => format!("COPIE D'ESSAI restaurée et vérifiée : {base}"),
    };
    let text = format!(
        "{what}\nSHA-256 de la sauvegarde : {}\n{}",
        report.empreinte,
        verified_text(&report.verification)
    );
    session.said(&text, &serde_json::to_value(&report).unwrap_or_default())?;
    Ok(report.verification.exit_code())
}
