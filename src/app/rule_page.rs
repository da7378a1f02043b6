//! The rules as people read them: the page of a dispositif, the list of all, a new file to fill in.

use super::clock::{Clock, local};
use super::error::AppError;
use super::law::{LawInForce, digest_of, embedded_rules, law_in_force, law_of, texts_in_force};
use super::rule_history::text_of_version;
use super::rules::{RuleFiles, completed};
use crate::calendar::Date;
use crate::ledger::seal::beginning;
use crate::money::Amount;
use crate::rules::{Dispositif, RulePage, new_dispositif_file, rule_page};
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{PublicationRow, Store};
use crate::words::unknown;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::sync::Arc;

/// Which law is shown.
#[derive(Clone, Copy)]
pub enum RulesFrom<'a> {
    /// The one in force in a base.
    Base(&'a Store),
    /// The one in force in a base, with this version of one file.
    Version(&'a Store, &'a str),
    /// The files of a folder, completed by those of the program.
    Folder(&'a str),
    /// Those of the program.
    Program,
}

/// The zone of a day asked without any base.
const ZONE: &str = "Europe/Paris";

/// For each path, the digest of the file and the day of its publication.
type Versions = FxHashMap<String, (String, Option<String>)>;

/// The law shown, and what identifies its files.
struct Shown {
    found: Arc<LawInForce>,
    origin: String,
    versions: Versions,
    /// The path of the file whose version was asked.
    of_version: Option<String>,
    today: Date,
}

impl Shown {
    async fn load(from: RulesFrom<'_>, clock: Clock) -> Result<Shown, AppError> {
        let (files, origin) = match from {
            RulesFrom::Base(store) => return Shown::of_base(store, None, clock).await,
            RulesFrom::Version(store, version) => return Shown::of_base(store, Some(version), clock).await,
            RulesFrom::Folder(path) => {
                let files = RuleFiles::Disk(path).read()?;
                let origin = format!("Règles de {path}, non publiées");
                (completed(&files, embedded_rules()), origin)
            }
            RulesFrom::Program => {
                let origin = format!("Règles du programme Denier {}", env!("CARGO_PKG_VERSION"));
                (embedded_rules(), origin)
            }
        };
        let found = Arc::new(law_of(&files, &FxHashMap::default())?);
        let versions = files.into_iter().map(|(path, text)| (path, (digest_of(&text), None))).collect();
        Ok(Shown { found, origin, versions, of_version: None, today: clock.today(ZONE)? })
    }

    async fn of_base(store: &Store, version: Option<&str>, clock: Clock) -> Result<Shown, AppError> {
        let mut tx = store.read().await?;
        let zone = tx.info().await?.zone;
        let publications = tx.publications().await?;
        let day = |one: &PublicationRow| {
            Some(local(&one.at, &zone).split(' ').next().unwrap_or_default().to_string())
        };
        // The oldest first: the last one of each path stays.
        let mut versions: Versions =
            publications.iter().map(|one| (one.path.clone(), (one.digest.clone(), day(one)))).collect();
        let today = clock.today(&zone)?;
        let Some(version) = version else {
            let origin = "Règles en vigueur dans la base".to_string();
            let found = law_in_force(&mut tx).await?;
            return Ok(Shown { found, origin, versions, of_version: None, today });
        };
        let (path, body) = text_of_version(&mut tx, version).await?;
        let digest = digest_of(&body);
        let first = publications.iter().find(|one| one.digest == digest).and_then(day);
        versions.insert(path.clone(), (digest, first));
        let mut files = texts_in_force(&mut tx, |own| own != path).await?;
        files.push((path.clone(), body));
        let found = Arc::new(law_of(&files, &FxHashMap::default())?);
        let origin = "Version conservée dans la base".to_string();
        Ok(Shown { found, origin, versions, of_version: Some(path), today })
    }

    /// Returns the rank of a dispositif, whatever the case of its code.
    fn rank(&self, code: &str) -> Result<u16, AppError> {
        let found = self.found.law.rank(code).or_else(|| self.found.law.rank(&code.to_uppercase()));
        found.ok_or_else(|| {
            let codes: Vec<&str> = self.codes().collect();
            AppError::Refused(format!("dispositif {}", unknown(code, &codes)))
        })
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        self.found.law.dispositifs.iter().map(|dispositif| dispositif.code.as_str())
    }

    fn page(&self, rank: u16, day: Date) -> RulePage {
        rule_page(&self.found.law, rank, day, &self.found.declarables, &self.found.bodies)
    }

    fn version(&self, dispositif: &Dispositif) -> RuleVersion {
        let (digest, published) = self.versions.get(&dispositif.path).cloned().unwrap_or_default();
        RuleVersion {
            origine: self.origin.clone(),
            fichier: dispositif.path.clone(),
            empreinte: digest,
            publiee_le: published,
        }
    }
}

/// Which text a page tells.
#[derive(Clone, Debug, Serialize)]
pub struct RuleVersion {
    /// Where it comes from, in French.
    pub origine: String,
    /// The file.
    pub fichier: String,
    /// SHA-256 of its text, in hexadecimal.
    pub empreinte: String,
    /// The day of its publication in the base, `31/12/2024`.
    pub publiee_le: Option<String>,
}

/// Writes `Règles du programme, fichier dispositifs/cej.toml, version 1a2b3c4d.`
impl std::fmt::Display for RuleVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, fichier {}, version {}", self.origine, self.fichier, beginning(&self.empreinte))?;
        match &self.publiee_le {
            Some(day) => write!(f, ", publiée le {day}."),
            None => write!(f, "."),
        }
    }
}

/// The page of a dispositif, for people and for programs.
#[derive(Clone, Debug)]
pub struct RulePageReport {
    /// What it says.
    pub page: RulePage,
    /// Which text it tells.
    pub version: RuleVersion,
}

impl RulePageReport {
    /// Returns the page as programs read it.
    pub fn to_json(&self) -> serde_json::Value {
        let page = &self.page;
        let section = |section: &crate::rules::PageSection| {
            let lines: Vec<_> = section
                .lines
                .iter()
                .map(|line| serde_json::json!({"phrase": line.text, "regle": line.rule, "certitude": line.certainty.label()}))
                .collect();
            serde_json::json!({"titre": section.heading, "phrases": lines})
        };
        let text = |text: &crate::rules::PageText| {
            serde_json::json!({
                "genre": text.kind, "code": text.code, "libelle": text.label,
                "valeur": text.hundredths.map(|hundredths| Amount::from_centimes(hundredths).to_plain()),
                "depuis": text.since.to_string(), "article": text.source.article,
                "source": text.source.source, "certitude": text.source.certainty.label(),
            })
        };
        let change = |change: &crate::rules::PageChange| serde_json::json!({"le": change.on.to_string(), "quoi": change.text, "certitude": change.certainty.label()});
        serde_json::json!({
            "code": page.code,
            "libelle": page.label,
            "au": page.day.to_string(),
            "mois": page.day.month().to_string(),
            "ouvert": page.open,
            "ouverture": page.opening,
            "base_legale": page.legal_basis,
            "version": self.version,
            "a_verifier": page.unverified(),
            "locaux": page.local(),
            "sections": page.sections.iter().map(section).collect::<Vec<_>>(),
            "textes": page.texts.iter().map(text).collect::<Vec<_>>(),
            "changements": page.changes.iter().map(change).collect::<Vec<_>>(),
        })
    }
}

/// Tells a dispositif on a day, today unless another is asked.
///
/// # Errors
/// When no dispositif has this code, the version is that of another file, or the rules cannot be read.
pub async fn show_rules(
    from: RulesFrom<'_>,
    clock: Clock,
    code: &str,
    day: Option<Date>,
) -> Result<RulePageReport, AppError> {
    let shown = Shown::load(from, clock).await?;
    let rank = shown.rank(code)?;
    let dispositif = shown.found.law.get(rank);
    if let (RulesFrom::Version(_, version), Some(path)) = (from, &shown.of_version)
        && *path != dispositif.path
    {
        return Err(AppError::Refused(format!(
            "la version {version} est celle de {path}, non de {}",
            dispositif.path
        )));
    }
    let page = shown.page(rank, day.unwrap_or(shown.today));
    Ok(RulePageReport { page, version: shown.version(dispositif) })
}

/// Lists the dispositifs on a day: their opening, and how many of their values and rules are to be
/// checked or replaced.
///
/// # Errors
/// When the rules cannot be read.
pub async fn list_rules(from: RulesFrom<'_>, clock: Clock, day: Option<Date>) -> Result<Table, AppError> {
    let shown = Shown::load(from, clock).await?;
    let day = day.unwrap_or(shown.today);
    let mut rows = Vec::new();
    for (rank, dispositif) in shown.found.law.dispositifs.iter().enumerate() {
        let page = shown.page(u16::try_from(rank).expect("few dispositifs"), day);
        let count = |labels: Vec<&str>| Cell::Count(i64::try_from(labels.len()).expect("few labels"));
        rows.push(vec![
            Cell::from(dispositif.code.as_str()),
            Cell::from(dispositif.label.as_str()),
            Cell::Day(dispositif.opens),
            Cell::from(dispositif.closes),
            count(page.unverified()),
            count(page.local()),
        ]);
    }
    let columns = vec![
        Column::new("code", "Code", Kind::Text),
        Column::new("libelle", "Dispositif", Kind::Text),
        Column::new("ouverture", "Ouverture", Kind::Text),
        Column::new("fermeture", "Fermeture", Kind::Text),
        Column::new("a_verifier", "À vérifier", Kind::Count),
        Column::new("locaux", "Locaux", Kind::Count),
    ];
    let mut table = Table::new(format!("Dispositifs au {}", day.in_words()), columns, rows);
    table.notes = vec![
        format!("{}.", shown.origin),
        "À vérifier\u{a0}: valeurs et règles dont aucun texte n'a été lu. Locaux\u{a0}: à remplacer s'ils ne sont pas les vôtres."
            .to_string(),
    ];
    Ok(table)
}

/// Returns the text of a new dispositif's file, to be filled in.
///
/// # Errors
/// When the code is no code, or is that of a dispositif known already.
pub async fn new_rule_file(from: RulesFrom<'_>, clock: Clock, code: &str) -> Result<String, AppError> {
    let text = new_dispositif_file(code).ok_or_else(|| {
        AppError::Usage(format!(
            "code « {code} » : des capitales sans accent, des chiffres et _, une capitale d'abord, vingt signes au plus, comme PERMIS ou FAJ_40"
        ))
    })?;
    let shown = Shown::load(from, clock).await?;
    match shown.found.law.rank(code) {
        None => Ok(text),
        Some(rank) => Err(AppError::Refused(format!(
            "le dispositif {code} existe déjà : pour en changer les règles, partez de {}",
            shown.found.law.get(rank).path
        ))),
    }
}
