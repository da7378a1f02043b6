//! `beneficiaire effacer` and `beneficiaire donnees`.

use super::run::Session;
use crate::app::{self, AppError};
use crate::calendar::Date;
use crate::money::group_thousands;
use crate::words::plain_name;
use std::path::{Path, PathBuf};

/// Erases a person, or shows what would go.
pub(super) async fn erase(
    session: &Session<'_>,
    number: &str,
    reason: &str,
    dry_run: bool,
) -> Result<u8, AppError> {
    let store = session.open().await?;
    let report = app::erase_person(&store, session.clock, &session.actor, number, reason, dry_run).await?;
    store.close().await;
    let list = |all: &[(&str, u64)]| {
        let each = all.iter().map(|(what, count)| format!("\n    {what} : {}", group_thousands(*count)));
        each.collect::<String>()
    };
    let until =
        Date::parse(&report.conserve_jusqu_au).map_or(report.conserve_jusqu_au.clone(), Date::to_french);
    let left = report.remarque.map_or_else(String::new, |left| format!("\n  Attention : {left}."));
    let text = format!(
        "{} (à garder jusqu'au {until}, règle {}).\n  {} :{}\n  reste sous le pseudonyme {} :{}{left}",
        if dry_run { "À blanc : rien n'est effacé" } else { "Identité effacée" },
        report.regle,
        if dry_run { "serait effacé" } else { "effacé" },
        list(&report.efface),
        report.pseudonyme,
        list(&report.conserve),
    );
    session.said(&text, &serde_json::to_value(&report).unwrap_or_default())
}

/// Hands over all that the base holds of a person: an archive, or a folder where `--sortie` names no ZIP.
pub(super) async fn data(session: &Session<'_>, number: &str) -> Result<u8, AppError> {
    let named = || PathBuf::from(format!("donnees-{}.zip", plain_name(number)));
    let place = session.output.file().map_or_else(named, PathBuf::from);
    let zipped = place.extension().is_some_and(|of| of.eq_ignore_ascii_case("zip"));
    if place.exists() {
        return Err(AppError::Refused(format!("{} existe déjà ; rien n'a été touché", place.display())));
    }
    let store = session.open().await?;
    let data = app::personal_data(&store, session.clock, &session.actor, number).await?;
    store.close().await;
    let written = if zipped {
        write(&place, &data.archive()?).map(|()| vec![place.clone()])
    } else {
        std::fs::create_dir_all(&place).map_err(|error| failure(&place, error))?;
        let each = data.files.iter().map(|(name, bytes)| {
            let path = place.join(name);
            write(&path, bytes).map(|()| path)
        });
        each.collect()
    };
    let written: Vec<String> = written?.iter().map(|path| path.display().to_string()).collect();
    let text = format!(
        "Données du dossier {number} remises : {}\nVérifiez l'identité de qui les demande : l'IBAN y est entier.",
        written.join("\n  ")
    );
    session.shown(&text, &serde_json::json!({"numero": number, "fichiers": written}))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    std::fs::write(path, bytes).map_err(|error| failure(path, error))
}

fn failure(path: &Path, source: std::io::Error) -> AppError {
    AppError::File { path: path.display().to_string(), reason: "écriture impossible".into(), source }
}
