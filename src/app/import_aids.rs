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
use crate::import::{AidDrafts, Encoding, FileKind, Profile, read_aids};
use crate::ledger::Finding;
use crate::rules::{CheckedAids, Explainer, align_references, check_aids};
use crate::store::{Store, Tx};

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
    let source = source_of(&options.profile);
    progress("contrôle", 0, 0);
    let planned =
        plan_in(&mut tx, &in_force, &source, &mut file, options.mode, options.all_or_nothing).await?;
    drop(tx);
    let about = (input.name.as_str(), input.sniff.encoding);
    let report = report_of(about, &in_force, &file, &planned.plan, options.dry_run);
    if options.dry_run {
        return Ok(report);
    }
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, options.asked.as_ref()).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    // What the plan read may have changed while it was made: then it is made again, under the lock.
    let (in_force, planned, mut report) = if tx.generation().await? == generation {
        (in_force, planned, report)
    } else {
        let in_force = law_in_force(&mut tx).await?;
        progress("contrôle", 0, 0);
        let planned =
            plan_in(&mut tx, &in_force, &source, &mut file, options.mode, options.all_or_nothing).await?;
        let report = report_of(about, &in_force, &file, &planned.plan, false);
        (in_force, planned, report)
    };
    let at = clock.now();
    if planned.plan.accepted.is_empty() {
        tx.log(
            &at,
            &actor.name,
            claimed,
            "importer aides",
            &format!("{} : rien à écrire, {} lues", input.name, report.lus),
        )
        .await?;
    } else {
        let lot = file_lot(&mut tx, FileKind::Aids.code(), &source, input, &at, actor, &mut report).await?;
        write(&mut tx, lot, &in_force, file, planned, &report.constats, &source, progress).await?;
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

/// A plan, and what it was made with of the base.
pub(super) struct Planned {
    pub plan: CheckedAids,
    pub years: Years,
    pub people: Vec<Person>,
}

/// Plans what these drafts would do, whether a file or a person's hand made them.
pub(super) async fn plan_in(
    tx: &mut Tx,
    in_force: &LawInForce,
    source: &str,
    file: &mut AidDrafts,
    mode: Option<Mode>,
    all_or_nothing: bool,
) -> Result<Planned, AppError> {
    let source = tx.dictionary("source").await?.keys.get(source).copied();
    let (mut context, years) = aid_context(tx, in_force, file, source).await?;
    let people = std::mem::take(&mut context.people);
    align_references(file, &context.known);
    let plan = check_aids(file, &in_force.law, &years, &people, context, mode);
    let plan = if all_or_nothing { plan.all_or_nothing() } else { plan };
    Ok(Planned { plan, years, people })
}

/// Tells a plan; `name` and `encoding` are those of the file.
pub(super) fn report_of(
    (name, encoding): (&str, Encoding),
    in_force: &LawInForce,
    file: &AidDrafts,
    plan: &CheckedAids,
    dry_run: bool,
) -> ImportReport {
    let mut report = ImportReport::new(name, FileKind::Aids.code(), encoding, &file.reading, dry_run);
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
