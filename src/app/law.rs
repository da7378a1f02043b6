//! The law in force in a base, and the rule files embedded in the program.

use super::error::AppError;
use super::kept::Kept;
use crate::calendar::FiscalYear;
use crate::import::Profile;
use crate::ledger::seal::hex;
use crate::posting::Schemes;
use crate::rules::{
    APPEAL, Appeal, Bodies, Body, DATA_NOTICE, DataNotice, Declarables, Dispositif, Law, Retention,
    parse_dispositif, parse_for_judging,
};
use crate::statements::{StatementRules, Subsidies};
use crate::store::{Publication, Tx};
use crate::words::RuleFaults;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::sync::Arc;

/// The rule files of this version of the program.
#[derive(rust_embed::Embed)]
#[folder = "ledger-rules/"]
pub struct EmbeddedRules;

/// Rule files by path, such as `dispositifs/cej.toml`.
pub type RulesFolder = Vec<(String, String)>;

/// Models of other territories' règlements: verified like dispositifs, to be copied and adapted, never in
/// force as they are.
pub(super) const MODELS: &str = "modeles/";

/// Returns true for the file of a dispositif, in force or a model.
pub(super) fn is_dispositif(path: &str) -> bool {
    path.starts_with("dispositifs/") || path.starts_with(MODELS)
}

/// Returns the embedded rule files.
///
/// # Panics
/// When one is not UTF-8: the build is broken.
pub fn embedded_rules() -> RulesFolder {
    let mut files: RulesFolder = EmbeddedRules::iter()
        .filter(|path| path.ends_with(".toml") || StatementRules::holds(path))
        .map(|path| {
            let text = embedded_rule(&path);
            (path.into_owned(), text)
        })
        .collect();
    files.sort();
    files
}

/// Returns the text of an embedded rule file; empty where there is none.
fn embedded_rule(path: &str) -> String {
    let text = match EmbeddedRules::get(path).map(|file| file.data) {
        None => Ok(String::new()),
        Some(Cow::Borrowed(bytes)) => std::str::from_utf8(bytes).map(str::to_string),
        Some(Cow::Owned(bytes)) => String::from_utf8(bytes).map_err(|error| error.utf8_error()),
    };
    text.expect("embedded rules are UTF-8")
}

/// The law in force in a base, read.
pub struct LawInForce {
    /// The dispositifs.
    pub law: Law,
    /// For each dispositif of the law, the key of its publication.
    pub publications: Vec<u32>,
    /// The schemes of the aid book.
    pub schemes: Schemes,
    /// Profiles by code.
    pub profiles: FxHashMap<String, Profile>,
    /// What can be declared of a person.
    pub declarables: Declarables,
    /// Who funds and who pays: `organismes.toml`, and those that dispositifs name.
    pub bodies: Vec<Body>,
}

static LAWS: Kept<LawInForce> = Kept::new();
static STATEMENTS: Kept<StatementRules> = Kept::new();
/// The path of the schemes of the aid book.
const SCHEMES: &str = "schemas/aides.toml";

/// The path of what can be declared of a person.
pub(super) const DECLARABLES: &str = "declarations.toml";

/// The path of how long a person's identity is kept.
pub(super) const RETENTION: &str = "conservation.toml";

/// Reads how long identities are kept, by the file in force in the base; where it has none, as in a base of
/// an older version, by that of this version of the program.
///
/// # Errors
/// When the base or the file fails.
pub(super) async fn retention_in_force(tx: &mut Tx) -> Result<Retention, AppError> {
    let text = text_in_force(tx, RETENTION).await?;
    Ok(Retention::parse(RETENTION, &text)?)
}

/// Returns what can be declared, by this version of the program.
///
/// # Errors
/// When its file cannot be understood.
pub(super) fn embedded_declarables() -> Result<Declarables, AppError> {
    Ok(Declarables::parse(DECLARABLES, &embedded_rule(DECLARABLES))?)
}

/// Reads a whole set of rule files. `publications` gives each path its key. Where the set does not say
/// what can be declared, or what an event writes, as in a base of an older version, this version of the
/// program does.
///
/// # Errors
/// At the first file that cannot be understood.
pub fn law_of(files: &RulesFolder, publications: &FxHashMap<String, u32>) -> Result<LawInForce, AppError> {
    read_law(files, publications, parse_dispositif)
}

fn read_law(
    files: &RulesFolder,
    publications: &FxHashMap<String, u32>,
    parse: impl Fn(&str, &str) -> Result<Dispositif, RuleFaults>,
) -> Result<LawInForce, AppError> {
    let mut dispositifs: Vec<(Dispositif, u32)> = Vec::new();
    let mut profiles = FxHashMap::default();
    let mut schemes = None;
    let mut declarables = None;
    let mut bodies = Vec::new();
    for (path, text) in files {
        if path.starts_with("dispositifs/") {
            dispositifs.push((parse(path, text)?, publications.get(path).copied().unwrap_or(0)));
        } else if path.starts_with("profils/") {
            let profile = Profile::parse(path, text)?;
            profiles.insert(profile.code.clone(), profile);
        } else if path == SCHEMES {
            schemes =
                Some(Schemes::parse(path, text)?.completed(Schemes::parse(path, &embedded_rule(path))?));
        } else if path == DECLARABLES {
            declarables = Some(Declarables::parse(path, text)?);
        } else if path == "organismes.toml" {
            bodies = Bodies::parse(path, text)?.bodies;
        }
    }
    let declarables = match declarables {
        Some(declarables) => declarables,
        None => embedded_declarables()?,
    };
    dispositifs.sort_by(|(a, _), (b, _)| a.code.cmp(&b.code));
    let (dispositifs, publications) = dispositifs.into_iter().unzip();
    let schemes = schemes.ok_or_else(|| AppError::Usage(format!("{SCHEMES} absent")))?;
    let law = Law::new(dispositifs);
    let bodies = with_those_named(bodies, &law);
    Ok(LawInForce { law, publications, schemes, profiles, declarables, bodies })
}

/// Reads the chart of accounts and the layouts of statements of a set of rule files; those of this
/// version of the program stand for the ones that it lacks, as in a base of an older version.
///
/// # Errors
/// At the first file that cannot be understood.
pub fn statement_rules(files: &RulesFolder) -> Result<StatementRules, AppError> {
    Ok(StatementRules::parse(&completed(files))?)
}

fn completed(files: &RulesFolder) -> RulesFolder {
    let own = |path: &str| files.iter().any(|(other, _)| other == path);
    let lacking = |path: &str| StatementRules::holds(path) && !own(path);
    let mut all: RulesFolder =
        files.iter().filter(|(path, _)| StatementRules::holds(path)).cloned().collect();
    if EmbeddedRules::iter().any(|path| lacking(&path)) {
        all.extend(embedded_rules().into_iter().filter(|(path, _)| lacking(path)));
    }
    all.sort();
    all
}

/// Adds the bodies that dispositifs name.
fn with_those_named(mut bodies: Vec<Body>, law: &Law) -> Vec<Body> {
    for dispositif in &law.dispositifs {
        for (code, funds) in [(&dispositif.funder, true), (&dispositif.payer, false)] {
            match bodies.iter_mut().find(|body| body.code == *code) {
                Some(body) => {
                    body.funds |= funds;
                    body.pays |= !funds;
                }
                None => {
                    bodies.push(Body { code: code.clone(), label: code.clone(), funds, pays: !funds });
                }
            }
        }
    }
    bodies
}

/// Returns the law in force in the base, to judge by it: without its examples. It is read where these
/// versions of its files were not read lately.
///
/// # Errors
/// When the base or a rule file fails.
pub(super) async fn law_in_force(tx: &mut Tx) -> Result<Arc<LawInForce>, AppError> {
    let versions = tx.versions_in_force().await?;
    if let Some(read) = LAWS.find(&versions) {
        return Ok(read);
    }
    let keys = versions.iter().map(|version| (version.path.clone(), version.id)).collect();
    let files = texts_in_force(tx, |_| true).await?;
    Ok(LAWS.keep(versions, read_law(&files, &keys, parse_for_judging)?))
}

/// Returns what letters of refusal say of appeals: by the file in force, else by that of this version of
/// the program.
///
/// # Errors
/// When the base or the file fails.
pub(super) async fn appeal_in_force(tx: &mut Tx) -> Result<Appeal, AppError> {
    Ok(Appeal::parse(APPEAL, &text_in_force(tx, APPEAL).await?)?)
}

/// Returns what a person is told of their rights over their data: by the file in force, else by that of this
/// version of the program.
///
/// # Errors
/// When the base or the file fails.
pub(super) async fn data_notice_in_force(tx: &mut Tx) -> Result<DataNotice, AppError> {
    Ok(DataNotice::parse(DATA_NOTICE, &text_in_force(tx, DATA_NOTICE).await?)?)
}

/// Returns the text in force at a path; where the base has none, as one of an older version, that of this
/// version of the program.
async fn text_in_force(tx: &mut Tx, path: &str) -> Result<String, AppError> {
    let published = texts_in_force(tx, |own| own == path).await?.pop();
    Ok(published.map_or_else(|| embedded_rule(path), |(_, text)| text))
}

/// Returns the chart of accounts and the layouts of statements in force in the base. They are read where
/// these versions of their files were not read lately.
///
/// # Errors
/// When the base or a file fails.
pub(super) async fn statement_rules_in_force(tx: &mut Tx) -> Result<Arc<StatementRules>, AppError> {
    let mut versions = tx.versions_in_force().await?;
    versions.retain(|version| StatementRules::holds(&version.path));
    if let Some(read) = STATEMENTS.find(&versions) {
        return Ok(read);
    }
    let files = texts_in_force(tx, StatementRules::holds).await?;
    Ok(STATEMENTS.keep(versions, statement_rules(&files)?))
}

/// Returns the rule files in force whose path is wanted, each the one of its digest.
///
/// # Errors
/// When the base fails, or holds a text that was altered.
pub(super) async fn texts_in_force(
    tx: &mut Tx,
    wanted: impl Fn(&str) -> bool,
) -> Result<RulesFolder, AppError> {
    let mut published = tx.rules_in_force().await?;
    published.retain(|publication| wanted(&publication.path));
    published.iter().try_for_each(check_digest)?;
    Ok(published.into_iter().map(|publication| (publication.path, publication.body)).collect())
}

/// Returns what counts as a grant in a year.
///
/// # Errors
/// When no rule file says so.
pub(super) fn subsidies_of(rules: &StatementRules, year: FiscalYear) -> Result<&Subsidies, AppError> {
    let found = rules.subsidies(year.first.first_day());
    found.ok_or_else(|| {
        AppError::Refused(format!(
            "aucun fichier de ledger-rules/etats ne dit les comptes de subventions de {}",
            year.code
        ))
    })
}

/// A rule text altered by hand judges nothing.
fn check_digest(publication: &Publication) -> Result<(), AppError> {
    if digest_of(&publication.body) == publication.digest {
        return Ok(());
    }
    Err(AppError::Machine(format!(
        "le texte de la règle {} a été altéré dans la base : rien ne peut être jugé (denier verifier)",
        publication.path
    )))
}

/// Returns the digest of a rule text.
pub(super) fn digest_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
