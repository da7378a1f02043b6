//! Rule files: verified by their own examples, then put in force in the base.

use super::base::register;
use super::clock::Clock;
use super::error::AppError;
use super::law::{
    DECLARABLES, LawInForce, MODELS, RETENTION, RulesFolder, digest_of, embedded_declarables, embedded_rules,
    is_dispositif, law_of, statement_rules, texts_in_force,
};
use super::rights::Right;
use super::users::{Actor, prove};
use crate::rules::{
    APPEAL, Appeal, DATA_NOTICE, DataNotice, Declarables, Law, Retention, dispositif_code, parse_dispositif,
    run_examples,
};
use crate::statements::StatementRules;
use crate::store::{Store, Tx};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::path::Path;

/// What verifying rule files found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RulesReport {
    /// Files read.
    pub fichiers: usize,
    /// Dispositifs.
    pub dispositifs: Vec<String>,
    /// Examples run.
    pub exemples: usize,
    /// What is wrong, in French.
    pub fautes: Vec<String>,
    /// What the author should know, in French.
    pub avertissements: Vec<String>,
}

/// What publishing did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PublishReport {
    /// Files put in force, new or changed.
    pub publies: Vec<String>,
    /// Files that were in force already, word for word.
    pub inchanges: usize,
    /// Examples run before.
    pub exemples: usize,
}

/// Rule files that are not in force: to be verified, tried, published.
#[derive(Clone, Copy, Debug)]
pub enum RuleFiles<'a> {
    /// Those of a folder of this machine, or a lone file.
    Disk(&'a str),
    /// Sent, each with its path.
    Sent(&'a [(String, String)]),
}

impl<'a, T: AsRef<str> + ?Sized> From<&'a T> for RuleFiles<'a> {
    fn from(path: &'a T) -> RuleFiles<'a> {
        RuleFiles::Disk(path.as_ref())
    }
}

impl RuleFiles<'_> {
    /// Returns how people name them.
    pub(super) fn name(self) -> String {
        match self {
            RuleFiles::Disk(path) => path.to_string(),
            RuleFiles::Sent(files) => {
                files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Returns their texts by path.
    ///
    /// # Errors
    /// When one cannot be read, or there is none.
    pub(super) fn read(self) -> Result<RulesFolder, AppError> {
        let mut files = match self {
            RuleFiles::Disk(path) => read_disk(Path::new(path))?,
            RuleFiles::Sent(files) => files.to_vec(),
        };
        if files.is_empty() {
            return Err(AppError::Refused(match self {
                RuleFiles::Disk(path) => format!("aucun fichier de règles dans {path}"),
                RuleFiles::Sent(_) => "aucun fichier de règles n'a été envoyé".to_string(),
            }));
        }
        // A lone dispositif file, or a folder of them, is as good as a whole tree.
        let sections = ["[ouverture]", "[gestion]", "[[valeur]]", "[[regle]]"];
        for (path, text) in &mut files {
            if !path.contains('/') && sections.iter().any(|section| text.contains(section)) {
                *path = format!("dispositifs/{path}");
            }
        }
        files.sort();
        Ok(files)
    }
}

fn read_disk(root: &Path) -> Result<RulesFolder, AppError> {
    let failure = |path: &Path, source: std::io::Error| AppError::File {
        path: path.display().to_string(),
        reason: "dossier de règles illisible".to_string(),
        source,
    };
    let mut files = Vec::new();
    let mut folders = Vec::new();
    if root.is_file() {
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, std::fs::read_to_string(root).map_err(|error| failure(root, error))?));
    } else {
        folders.push(root.to_path_buf());
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failure(&folder, error))? {
            let path = entry.map_err(|error| failure(&folder, error))?.path();
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if relative.ends_with(".toml") || StatementRules::holds(&relative) {
                let text = std::fs::read_to_string(&path).map_err(|error| failure(&path, error))?;
                files.push((relative, text));
            }
        }
    }
    Ok(files)
}

/// Completes a folder with the embedded files that it does not replace, so that it can be read as a
/// whole law.
pub(super) fn completed(files: &RulesFolder, base: RulesFolder) -> RulesFolder {
    let replaced = |path: &str| files.iter().any(|(own, _)| own == path);
    let mut all: RulesFolder = base.into_iter().filter(|(path, _)| !replaced(path)).collect();
    all.extend(files.iter().cloned());
    all.sort();
    all
}

/// Sets faults in, the lines of the file that come with them too, with an empty line between two.
pub fn listed(faults: &[String]) -> String {
    let each: Vec<String> =
        faults.iter().map(|fault| fault.lines().map(|line| format!("  {line}\n")).collect()).collect();
    each.join("\n")
}

fn check(files: &RulesFolder, whole: &RulesFolder) -> RulesReport {
    let mut report = RulesReport { fichiers: files.len(), ..RulesReport::default() };
    for (path, text) in files {
        if is_dispositif(path) {
            match parse_dispositif(path, text) {
                Err(faults) => report.fautes.extend(faults.0.iter().map(ToString::to_string)),
                Ok(dispositif) => {
                    for remark in &dispositif.remarks {
                        let list =
                            if remark.blocks { &mut report.fautes } else { &mut report.avertissements };
                        list.push(remark.fault.to_string());
                    }
                }
            }
            continue;
        }
        let fault = if path.starts_with("profils/") {
            crate::import::Profile::parse(path, text).err().map(|error| error.to_string())
        } else if path == "organismes.toml" {
            crate::rules::Bodies::parse(path, text).err().map(|error| error.to_string())
        } else if path == DECLARABLES {
            Declarables::parse(path, text).err().map(|error| error.to_string())
        } else if path == RETENTION {
            Retention::parse(path, text).err().map(|error| error.to_string())
        } else if path == APPEAL {
            Appeal::parse(path, text).err().map(|error| error.to_string())
        } else if path == DATA_NOTICE {
            DataNotice::parse(path, text).err().map(|error| error.to_string())
        } else if path == "schemas/aides.toml" {
            crate::posting::Schemes::parse(path, text).err().map(|error| error.to_string())
        } else if StatementRules::holds(path) {
            None
        } else {
            Some(format!(
                "{path} : fichier inattendu (dispositifs/, modeles/, profils/, etats/, schemas/aides.toml, organismes.toml, declarations.toml, conservation.toml, donnees-personnelles.toml, recours.toml ou plan-comptable.csv)"
            ))
        };
        report.fautes.extend(fault);
    }
    // Layouts are checked together: against the chart of accounts, and against one another.
    report.fautes.extend(statement_rules(whole).err().map(|error| error.to_string()));
    check_together(whole, &mut report);
    report
}

/// What files say of one another, and the examples, for all the files that can be read.
fn check_together(whole: &RulesFolder, report: &mut RulesReport) {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for (path, text) in whole.iter().filter(|(path, _)| is_dispositif(path)) {
        match parse_dispositif(path, text) {
            Ok(dispositif) => read.push(dispositif),
            Err(_) => unread.extend(dispositif_code(path, text)),
        }
    }
    let law = Law::new(read);
    let declarables = match whole.iter().find(|(path, _)| path == DECLARABLES) {
        Some((path, text)) => Declarables::parse(path, text).ok(),
        None => embedded_declarables().ok(),
    };
    report.fautes.extend(law.faults(declarables.as_ref(), &unread));
    let (run, failures) = run_examples(&law, |dispositif| {
        let lacking = dispositif.others().find(|code| unread.contains(code));
        if let Some(code) = lacking {
            report.avertissements.push(format!(
                "{} : exemples non joués, ses règles nomment {code}, dont le fichier est à corriger d'abord",
                dispositif.path
            ));
        }
        lacking.is_none()
    });
    report.exemples = run;
    report.fautes.extend(failures.iter().map(ToString::to_string));
    report.dispositifs = law.dispositifs.iter().map(|dispositif| dispositif.code.clone()).collect();
}

/// Reads the law in force in the base with other files in their place, to try them. An
/// example that a trial contradicts is no obstacle: returns what to say of it.
///
/// # Errors
/// When the folder cannot be read, or a file is at fault.
pub(super) async fn law_of_files(
    tx: &mut Tx,
    files: RuleFiles<'_>,
) -> Result<(LawInForce, Option<String>), AppError> {
    let name = files.name();
    let files = files.read()?;
    let in_force = tx.rules_in_force().await?;
    let base = in_force.into_iter().map(|publication| (publication.path, publication.body)).collect();
    let found = law_of(&completed(&files, base), &FxHashMap::default())?;
    let faults = found.law.faults(Some(&found.declarables), &[]);
    if !faults.is_empty() {
        return Err(AppError::Refused(format!("règles de {name} :\n  {}", faults.join("\n  "))));
    }
    let (_, failures) = run_examples(&found.law, |_| true);
    let note = match failures.len() {
        0 => None,
        1 => Some("Un exemple contredit ces règles : corrigez-le avant de publier.".to_string()),
        many => Some(format!("{many} exemples contredisent ces règles : corrigez-les avant de publier.")),
    };
    Ok((found, note))
}

/// Runs every example of a folder of rule files, or of the embedded ones.
///
/// # Errors
/// When the folder cannot be read.
pub fn verify_rules(path: Option<&str>) -> Result<RulesReport, AppError> {
    let files = match path {
        None => embedded_rules(),
        Some(path) => RuleFiles::Disk(path).read()?,
    };
    Ok(check(&files, &completed(&files, embedded_rules())))
}

/// Runs every example of rule files completed by those in force in a base: what publishing them there
/// would check.
///
/// # Errors
/// When they cannot be read, or the base fails.
pub async fn verify_rules_of_base(store: &Store, files: RuleFiles<'_>) -> Result<RulesReport, AppError> {
    let files = files.read()?;
    let base = texts_in_force(&mut store.read().await?, |_| true).await?;
    Ok(check(&files, &completed(&files, base)))
}

/// Puts rule files in force: adds or replaces, never removes.
///
/// # Errors
/// When a file is at fault, an example fails, the actor may not, or the second person is not proved.
pub async fn publish_rules(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    files: impl Into<RuleFiles<'_>>,
    second: Option<(&str, &str)>,
) -> Result<PublishReport, AppError> {
    let files = files.into();
    let name = files.name();
    let mut files = files.read()?;
    files.retain(|(path, _)| !path.starts_with(MODELS));
    if files.is_empty() {
        return Err(AppError::Refused(format!("aucun fichier de règles dans {name}")));
    }
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Approve).await?;
    if let Some((name, password)) = second {
        prove(&mut tx, &actor.name, name, password).await?;
    }
    let in_force = tx.rules_in_force().await?;
    let base =
        in_force.iter().map(|publication| (publication.path.clone(), publication.body.clone())).collect();
    let whole = completed(&files, base);
    let checked = check(&files, &whole);
    if !checked.fautes.is_empty() {
        return Err(AppError::Refused(format!("rien n'est publié :\n\n{}", listed(&checked.fautes))));
    }
    let found = law_of(&whole, &FxHashMap::default())?;
    let known = tx.dictionary("dispositif").await?;
    let mut gone: Vec<&str> =
        known.keys.keys().map(String::as_str).filter(|code| found.law.rank(code).is_none()).collect();
    if !gone.is_empty() {
        gone.sort_unstable();
        return Err(AppError::Refused(format!(
            "ces fichiers feraient disparaître {} : un dispositif publié se remplace, il ne se retire pas (fermez-le par [ouverture] au)",
            gone.join(", ")
        )));
    }
    let accounts = tx.dictionary("account").await?;
    let same_chart = found
        .schemes
        .chart
        .accounts
        .iter()
        .enumerate()
        .all(|(rank, account)| accounts.keys.get(&account.code).copied() == u32::try_from(rank + 1).ok());
    if !same_chart {
        return Err(AppError::Refused(
            "le plan de comptes du carnet ne change pas dans une base ouverte (schemas/aides.toml)".into(),
        ));
    }
    let at = clock.now();
    let mut report = PublishReport { exemples: checked.exemples, ..PublishReport::default() };
    for (path, text) in &files {
        let digest = digest_of(text);
        if in_force.iter().any(|publication| publication.path == *path && publication.digest == digest) {
            report.inchanges += 1;
            continue;
        }
        tx.publish(path, &digest, text, &at, &actor.name, second.map(|(name, _)| name)).await?;
        report.publies.push(path.clone());
    }
    register(&mut tx, &found).await?;
    tx.next_generation().await?;
    tx.log(&at, &actor.name, claimed, "regles publier", &report.publies.join(", ")).await?;
    tx.commit().await?;
    Ok(report)
}
