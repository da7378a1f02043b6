//! `beneficiaire effacer` and `beneficiaire donnees`.

use super::run::Session;
use crate::app::{self, AppError};
use crate::calendar::Date;
use crate::money::group_thousands;

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
    let until = Date::parse(&report.conserve_jusqu_au).map_or(report.conserve_jusqu_au.clone(), Date::to_french);
    let text = format!(
        "{} (à garder jusqu'au {until}, règle {}).\n  {} :{}\n  reste sous le pseudonyme {} :{}",
        if dry_run { "À blanc : rien n'est effacé" } else { "Identité effacée" },
        report.regle,
        if dry_run { "serait effacé" } else { "effacé" },
        list(&report.efface),
        report.pseudonyme,
        list(&report.conserve),
    );
    session.said(&text, &serde_json::to_value(&report).unwrap_or_default())
}
