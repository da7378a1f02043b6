//! Importing aids: read, plan, and — unless it is only a preview — write by the same plan.

use super::answer::{Asked, answered, keep};
use super::clock::Clock;
use super::context::aid_context;
use super::error::AppError;
use super::file::InputFile;
use super::file_lot::file_lot;
use super::law::{LawInForce, law_in_force};
use super::report::{ImportReport, Progress};
use super::rights::Right;
use super::users::Actor;
use super::write_aids::write;
use crate::calendar::Years;
use crate::funding::{Mode, Person};
use crate::import::{AidDrafts, FileKind, Profile, read_aids};
use crate::ledger::{Code, Finding, Severity, Wording};
use crate::rules::{CheckedAids, Explainer, align_references, check_aids};
use crate::store::{Store, Tx};
use rustc_hash::FxHashMap;

/// What the user asked besides the file.
#[derive(Clone, Debug)]
pub struct AidOptions {
    /// The profile's code.
    pub profile: String,
    /// `--mode` for the whole file.
    pub mode: Option<Mode>,
    /// `--a-blanc`.
    pub dry_run: bool,
    /// `--tout-ou-rien`.
    pub all_or_nothing: bool,
    /// `--cle`.
    pub asked: Option<Asked>,
}

/// Imports a file of aids.
///
/// # Errors
/// When the file, the base or the rules fail; nothing is then written.
pub async fn import_aids(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    options: &AidOptions,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    let mut tx = store.read().await?;
    if let Some(answer) = answered(&mut tx, options.asked.as_ref()).await? {
        return Ok(answer);
    }
    let in_force = law_in_force(&mut tx).await?;
    let profile = profile_of(&in_force, &options.profile, FileKind::Aids)?;
    progress("lecture", 0, 0);
    let mut file = read_aids(input.reader()?, &input.sniff, profile).map_err(|error| input.failure(error))?;
    let generation = tx.generation().await?;
    let (plan, years, people) = plan_in(&mut tx, &in_force, profile, &mut file, options, progress).await?;
    drop(tx);
    let report = report_of(input, &in_force, &file, &plan, options.dry_run);
    if options.dry_run {
        return Ok(report);
    }
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, options.asked.as_ref()).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    // What the plan read may have changed while it was made: then it is made again, under the lock.
    let (in_force, plan, years, people, mut report) = if tx.generation().await? == generation {
        (in_force, plan, years, people, report)
    } else {
        let in_force = law_in_force(&mut tx).await?;
        let profile = profile_of(&in_force, &options.profile, FileKind::Aids)?;
        let (plan, years, people) =
            plan_in(&mut tx, &in_force, profile, &mut file, options, progress).await?;
        let report = report_of(input, &in_force, &file, &plan, false);
        (in_force, plan, years, people, report)
    };
    let at = clock.now();
    if plan.accepted.is_empty() {
        tx.log(
            &at,
            &actor.name,
            claimed,
            "importer aides",
            &format!("{} : rien à écrire, {} lues", input.name, report.lus),
        )
        .await?;
    } else {
        let source = source_of(&options.profile);
        let lot = file_lot(&mut tx, FileKind::Aids.code(), &source, input, &at, actor, &mut report).await?;
        let wordings = kept_wordings(&report.constats);
        write(&mut tx, lot, &in_force, file, plan, &years, people, wordings, &source, progress).await?;
        tx.next_generation().await?;
        tx.log(
            &at,
            &actor.name,
            claimed,
            "importer aides",
            &format!("lot {} : {}, {} acceptées", report.lot.unwrap_or(0), input.name, report.acceptes),
        )
        .await?;
    }
    keep(&mut tx, options.asked.as_ref(), &report, &at).await?;
    progress("validation", 0, 0);
    tx.commit().await?;
    Ok(report)
}

/// Returns the profile of this code, which must map this kind of file.
pub(super) fn profile_of<'a>(
    in_force: &'a LawInForce,
    code: &str,
    kind: FileKind,
) -> Result<&'a Profile, AppError> {
    let known = || {
        let mut codes: Vec<&str> = in_force
            .profiles
            .values()
            .filter(|profile| profile.maps(kind))
            .map(|profile| profile.code.as_str())
            .collect();
        codes.sort_unstable();
        codes.join(", ")
    };
    let profile = in_force.profiles.get(code).filter(|profile| profile.maps(kind));
    profile.ok_or_else(|| match known().as_str() {
        // The profiles of a base are those of the version that made it, until others are published.
        "" => AppError::Usage(format!(
            "aucun profil de la base ne lit les {} : publiez ceux de cette version (denier regles publier ledger-rules)",
            kind.code()
        )),
        known => AppError::Usage(format!(
            "profil « {code} » inconnu pour les {} ; profils possibles : {known}",
            kind.code()
        )),
    })
}

/// The source within which references of aids are unique.
fn source_of(profile: &str) -> String {
    format!("{profile}/aides")
}

async fn plan_in(
    tx: &mut Tx,
    in_force: &LawInForce,
    profile: &Profile,
    file: &mut AidDrafts,
    options: &AidOptions,
    progress: Progress<'_>,
) -> Result<(CheckedAids, Years, Vec<Person>), AppError> {
    progress("contrôle", 0, 0);
    let source = tx.dictionary("source").await?.keys.get(&source_of(&profile.code)).copied();
    let (mut context, years) = aid_context(tx, in_force, file, source).await?;
    let people = std::mem::take(&mut context.people);
    align_references(file, &context.known);
    let plan = check_aids(file, &in_force.law, &years, &people, context, options.mode);
    let plan = if options.all_or_nothing { plan.all_or_nothing() } else { plan };
    Ok((plan, years, people))
}

fn report_of(
    input: &InputFile,
    in_force: &LawInForce,
    file: &AidDrafts,
    plan: &CheckedAids,
    dry_run: bool,
) -> ImportReport {
    let mut report =
        ImportReport::new(&input.name, FileKind::Aids.code(), input.sniff.encoding, &file.reading, dry_run);
    report.count(plan.accepted.len() as u64, plan.irregular, plan.known, plan.refused);
    report.decisions = plan.decisions.into();
    report.sum(plan.accepted.iter().map(|aid| file.drafts[aid.draft()].amount).sum());
    let column_name = |column| file.reading.column_name(column);
    let explainer = Explainer {
        law: &in_force.law,
        words: &file.words,
        keys: Some((&file.numbers, &file.references)),
        lifted: &plan.lifted,
        column_name: &column_name,
    };
    report.constats = plan.findings.iter().map(|finding: &Finding| explainer.word(finding)).collect();
    report
}

/// The findings that are kept with the aid, by line: why it is irregular, or what a derogation lifts.
fn kept_wordings(findings: &[Wording]) -> FxHashMap<u32, Vec<Wording>> {
    let mut by_line: FxHashMap<u32, Vec<Wording>> = FxHashMap::default();
    let kept = |wording: &&Wording| {
        wording.severity == Severity::Irregular.code() || wording.code == Code::GrantedByDerogation.text()
    };
    for wording in findings.iter().filter(kept) {
        by_line.entry(wording.line).or_default().push(wording.clone());
    }
    by_line
}
