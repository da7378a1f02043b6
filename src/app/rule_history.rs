//! The versions of the rules that a base keeps for ever: who published what, what each has judged.

use super::clock::local;
use super::error::AppError;
use crate::ledger::seal::beginning;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Store, Tx};
use rustc_hash::FxHashMap;

/// Lists the publications of the rule files, of one path or of all, the oldest first.
///
/// # Errors
/// When the base fails, or no file answers to this word.
pub async fn rule_history(store: &Store, wanted: Option<&str>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let zone = tx.info().await?.zone;
    let publications = tx.publications().await?;
    // The oldest first: the last one of each path stays.
    let in_force: FxHashMap<&str, u32> = publications.iter().map(|one| (one.path.as_str(), one.id)).collect();
    let judged = tx.aids_by_rules().await?;
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml").to_lowercase();
    let mut rows = Vec::new();
    for one in &publications {
        if wanted.is_some_and(|wanted| name(&one.path) != name(wanted)) {
            continue;
        }
        rows.push(vec![
            Cell::Text(local(&one.at, &zone)),
            one.path.as_str().into(),
            beginning(&one.digest).into(),
            one.user.as_str().into(),
            one.approver.as_deref().unwrap_or("").into(),
            Cell::Count(judged.get(&one.id).copied().unwrap_or(0)),
            if in_force[one.path.as_str()] == one.id { "en vigueur" } else { "" }.into(),
        ]);
    }
    if let Some(wanted) = wanted.filter(|_| rows.is_empty()) {
        return Err(AppError::Refused(format!("aucun fichier de règles « {wanted} » n'a été publié")));
    }
    let columns = vec![
        Column::new("publie", "Publié le", Kind::Text),
        Column::new("fichier", "Fichier", Kind::Text),
        Column::new("version", "Version", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("approbateur", "Approuvé par", Kind::Text),
        Column::new("aides", "Aides jugées", Kind::Count),
        Column::new("etat", "État", Kind::Text),
    ];
    let notes = vec!["Le texte d'une version : denier regles texte VERSION.".to_string()];
    Ok(Table { notes, ..Table::new("Versions des règles", columns, rows) })
}

/// Returns the text of a version, by the first characters of its digest, with its path.
///
/// # Errors
/// When no version, or several, begin so.
pub async fn rule_text(store: &Store, version: &str) -> Result<(String, String), AppError> {
    text_of_version(&mut store.read().await?, version).await
}

pub(super) async fn text_of_version(tx: &mut Tx, version: &str) -> Result<(String, String), AppError> {
    let hexadecimal = version.len() >= 4 && version.chars().all(|c| c.is_ascii_hexdigit());
    if !hexadecimal {
        return Err(AppError::Usage(format!(
            "version « {version} » : donnez au moins quatre caractères de l'empreinte, comme ceux de denier regles historique"
        )));
    }
    let mut found = tx.rule_texts(&version.to_lowercase()).await?;
    found.dedup_by(|a, b| a.1 == b.1);
    match found.len() {
        0 => Err(AppError::Refused(format!("aucune version « {version} » (denier regles historique)"))),
        1 => Ok(found.swap_remove(0)),
        _ => Err(AppError::Refused(format!(
            "plusieurs versions commencent par « {version} » : donnez plus de caractères"
        ))),
    }
}
