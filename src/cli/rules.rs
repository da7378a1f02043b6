//! `regles`: read, written, verified, put in force.

use super::args::{BASE, Format, Regles};
use super::import::counted;
use super::output::password;
use super::run::Session;
use crate::app::{self, AppError, Letterhead, RulesFrom, RulesReport};
use crate::calendar::Date;
use crate::documents::{Paper, rule_page_paper, rule_page_text};
use crate::store::Store;
use std::io::Write as _;
use std::path::Path;

/// Runs a command on the rules.
pub(super) async fn rules(session: &Session<'_>, what: Regles) -> Result<u8, AppError> {
    match what {
        Regles::Historique { code } => {
            let store = session.open().await?;
            let table = app::rule_history(&store, code.as_deref()).await?;
            session.tables(store, &[table]).await
        }
        Regles::Texte { version } => {
            let store = session.open().await?;
            let (_, text) = app::rule_text(&store, &version).await?;
            store.close().await;
            session.write(&text)?;
            Ok(0)
        }
        Regles::Montrer { code, au, regles, version } => {
            show(session, code, au, regles.as_deref(), version.as_deref()).await
        }
        Regles::Nouveau { code } => write_new(session, &code).await,
        Regles::Simuler { avec, exercice } => {
            let store = session.open().await?;
            let tables = app::simulate_rules(&store, &avec, exercice, session.progress).await?;
            session.tables(store, &tables).await
        }
        Regles::Verifier { dossier } => {
            let report = app::verify_rules(dossier.as_deref())?;
            session.said(&verified(&report), &serde_json::to_value(&report).unwrap_or_default())?;
            Ok(u8::from(!report.fautes.is_empty()))
        }
        Regles::Publier { dossier, approbateur } => {
            let second = match &approbateur {
                None => None,
                Some(name) => Some((
                    name.as_str(),
                    password(&format!("Mot de passe de {name} : ")).map_err(AppError::Machine)?,
                )),
            };
            let store = session.open().await?;
            let second = second.as_ref().map(|(name, password)| (*name, password.as_str()));
            let report = app::publish_rules(&store, session.clock, &session.actor, &dossier, second).await?;
            store.close().await;
            let mut text = format!(
                "{}, {} ; {} avant.",
                counted(report.publies.len() as u64, "fichier publié", "fichiers publiés"),
                counted(report.inchanges as u64, "inchangé", "inchangés"),
                counted(report.exemples as u64, "exemple joué", "exemples joués")
            );
            report.publies.iter().for_each(|path| text.push_str(&format!("\n  {path}")));
            session.said(&text, &serde_json::to_value(&report).unwrap_or_default())
        }
    }
}

/// Opens the base of which the rules are shown; none where the default one does not exist.
async fn base_shown(session: &Session<'_>) -> Result<Option<Store>, AppError> {
    if session.base == BASE && !Path::new(BASE).exists() {
        return Ok(None);
    }
    session.open().await.map(Some)
}

async fn show(
    session: &Session<'_>,
    code: Option<String>,
    day: Option<Date>,
    folder: Option<&str>,
    version: Option<&str>,
) -> Result<u8, AppError> {
    let store = base_shown(session).await?;
    let from = match (folder, &store, version) {
        (Some(folder), ..) => RulesFrom::Folder(folder),
        (None, Some(store), Some(version)) => RulesFrom::Version(store, version),
        (None, Some(store), None) => RulesFrom::Base(store),
        (None, None, Some(_)) => {
            return Err(AppError::Usage("une version se lit dans une base (--base)".into()));
        }
        (None, None, None) => RulesFrom::Program,
    };
    let output = &session.output;
    let Some(code) = code else {
        let table = app::list_rules(from, session.clock, day).await?;
        return match store {
            Some(store) => session.tables(store, &[table]).await,
            None if output.format.is_document() => Err(AppError::Usage(
                "sans base, la liste des dispositifs se montre en texte, en csv ou en json".into(),
            )),
            None => output.tables(&[table]).map(|()| 0).map_err(AppError::Machine),
        };
    };
    let report = app::show_rules(from, session.clock, &code, day).await?;
    match output.format {
        Format::Text => session.write(&rule_page_text(&report.page, &report.version.to_string()))?,
        Format::Json => session.write(&format!("{:#}\n", report.to_json()))?,
        Format::Pdf => {
            let head = match &store {
                Some(store) => Letterhead::load(store, session.clock).await?,
                None => Letterhead::without_base(session.clock)?,
            };
            let paper = rule_page_paper(&report.page, &report.version.to_string(), &head.lines, head.dated);
            let paper = Paper { warning: head.warning, ..paper };
            output.paper(&paper).map_err(AppError::Machine)?;
        }
        Format::Csv | Format::Xlsx => {
            return Err(AppError::Usage(
                "la page d'un dispositif se donne en texte, en json ou en pdf".into(),
            ));
        }
    }
    if let Some(store) = store {
        store.close().await;
    }
    Ok(0)
}

async fn write_new(session: &Session<'_>, code: &str) -> Result<u8, AppError> {
    let store = base_shown(session).await?;
    let from = store.as_ref().map_or(RulesFrom::Program, RulesFrom::Base);
    let text = app::new_rule_file(from, session.clock, code).await?;
    if let Some(store) = store {
        store.close().await;
    }
    let path = session.output.file().map_or_else(|| format!("{}.toml", code.to_lowercase()), str::to_string);
    let file = std::fs::File::options().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => AppError::Refused(format!(
            "{path} existe déjà : rien n'est écrit, nommez un autre fichier (--sortie)"
        )),
        _ => {
            AppError::File { path: path.clone(), reason: format!("écriture impossible ({source})"), source }
        }
    })?;
    let said = format!(
        "Fichier écrit : {path}\nTout y est exemple : remplacez-le par votre règlement, puis denier regles verifier {path}"
    );
    session.shown(&said, &serde_json::json!({"fichier": path, "code": code}))
}

/// What a verification found, for people.
fn verified(report: &RulesReport) -> String {
    let mut text = format!("{}.", counted(report.fichiers as u64, "fichier lu", "fichiers lus"));
    if !report.dispositifs.is_empty() {
        text = format!(
            "{}, {} ({}), {}.",
            counted(report.fichiers as u64, "fichier lu", "fichiers lus"),
            counted(report.dispositifs.len() as u64, "dispositif", "dispositifs"),
            report.dispositifs.join(", "),
            counted(report.exemples as u64, "exemple joué", "exemples joués")
        );
    }
    if report.fautes.is_empty() {
        text.push_str("\nTout est conforme.");
    }
    for (one, several, said) in
        [("faute", "fautes", &report.fautes), ("avertissement", "avertissements", &report.avertissements)]
    {
        if !said.is_empty() {
            text.truncate(text.trim_end().len());
            text.push_str(&format!("\n\n{} :\n\n", counted(said.len() as u64, one, several)));
            text.push_str(&app::listed(said));
        }
    }
    text.trim_end().to_string()
}
