//! Importing the rules of who funds what: the file replaces the rules in force, and every year that
//! is not sealed is assigned again.

use super::answer::{Asked, answered, keep};
use super::clock::Clock;
use super::error::AppError;
use super::file::InputFile;
use super::file_lot::file_lot;
use super::general::reassign;
use super::import_aids::profile_of;
use super::import_envelopes::whole_file_refused;
use super::law::law_in_force;
use super::report::ImportReport;
use super::rights::Right;
use super::users::Actor;
use crate::funding::AssignmentRule;
use crate::import::{FileKind, read_assignments};
use crate::ledger::{Code, Column, Detail, Finding, Severity};
use crate::rules::Explainer;
use crate::store::{Dictionary, Rows, Store, Tx};
use rustc_hash::FxHashSet;

/// Imports a file of rules: whole, or not at all.
///
/// # Errors
/// When the file or the base fails; nothing is then written.
pub async fn import_assignments(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    profile: &str,
    dry_run: bool,
    asked: Option<&Asked>,
) -> Result<ImportReport, AppError> {
    let mut tx = if dry_run { store.read().await? } else { store.write().await? };
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let in_force = law_in_force(&mut tx).await?;
    let profile = profile_of(&in_force, profile, FileKind::Assignments)?;
    let mut file =
        read_assignments(input.reader()?, &input.sniff, profile).map_err(|error| input.failure(error))?;
    let mut refused = file.reading.refused;
    let mut funders: FxHashSet<String> = tx.dictionary("funder").await?.keys.into_keys().collect();
    for (line, rule) in &file.drafts {
        if funders.insert(rule.funder.clone()) {
            let column = file.reading.column_of(FileKind::Assignments, "financeur");
            let detail = Detail::Word(file.words.intern(&rule.funder));
            let finding = Finding::refusal(*line, column, Code::NewFunder, detail);
            file.reading.findings.push(Finding { severity: Severity::Warning, ..finding });
        }
    }
    // Rules without one of them would give its lines to the next rule that fits.
    let mut rules: Vec<AssignmentRule> =
        std::mem::take(&mut file.drafts).into_iter().map(|(_, rule)| rule).collect();
    rules.sort_by_key(|rule| rule.rank);
    if refused > 0 {
        refused += rules.len() as u64;
        rules.clear();
        file.reading.findings.push(whole_file_refused());
    }
    let known = match tx.assignment_lot().await? {
        Some(lot) => !rules.is_empty() && tx.assignment_rules(lot).await? == rules,
        None => false,
    };
    let mut report = ImportReport::new(
        &input.name,
        FileKind::Assignments.code(),
        input.sniff.encoding,
        &file.reading,
        dry_run,
    );
    let count = rules.len() as u64;
    report.count(if known { 0 } else { count }, 0, if known { count } else { 0 }, refused);
    let source = format!("{}/affectation", profile.code);
    let claimed = if dry_run { false } else { actor.may(&mut tx, Right::Record).await? };
    let at = clock.now();
    let mut sealed = Vec::new();
    if count > 0 {
        let write = !dry_run && !known;
        if write {
            let lot =
                file_lot(&mut tx, FileKind::Assignments.code(), &source, input, &at, actor, &mut report)
                    .await?;
            write_rules(&mut tx, lot.id, &rules).await?;
        }
        let done = reassign(&mut tx, (!write).then_some(rules.as_slice())).await?;
        report.affectation = done.counts;
        sealed = done.sealed;
        if write {
            tx.next_generation().await?;
        }
    }
    for year in sealed {
        let detail = Detail::Word(file.words.intern(&year.to_string()));
        let finding = Finding::refusal(0, Column(None), Code::SealedYear, detail);
        file.reading.findings.push(Finding { severity: Severity::Warning, ..finding });
    }
    let column_name = |column| file.reading.column_name(column);
    let explainer = Explainer {
        law: &in_force.law,
        words: &file.words,
        keys: None,
        lifted: &[],
        column_name: &column_name,
    };
    report.constats = file.reading.findings.iter().map(|finding| explainer.word(finding)).collect();
    report.constats.sort_by_key(|finding| finding.line);
    if dry_run {
        return Ok(report);
    }
    let detail = format!("{} : {} règles lues, {} nouvelles", input.name, report.lus, report.acceptes);
    tx.log(&at, &actor.name, claimed, "importer affectation", &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Makes sure that the conventions of these rules are known, under the labels that they give.
pub(super) async fn name_conventions(tx: &mut Tx, rules: &[AssignmentRule]) -> Result<Dictionary, AppError> {
    let conventions: Vec<(&str, &str)> = rules
        .iter()
        .filter(|rule| !rule.convention.is_empty())
        .map(|rule| (rule.convention.as_str(), rule.label.as_str()))
        .collect();
    Ok(tx.ensure_codes("convention", &conventions).await?)
}

async fn write_rules(tx: &mut Tx, lot: i64, rules: &[AssignmentRule]) -> Result<(), AppError> {
    let funders: Vec<(&str, &str)> = rules.iter().map(|rule| (rule.funder.as_str(), "")).collect();
    let funders = tx.ensure_codes("funder", &funders).await?;
    let conventions = name_conventions(tx, rules).await?;
    let mut rows = Rows::assignment_rules(tx);
    for rule in rules {
        rows.push([
            lot.into(),
            rule.rank.into(),
            (&rule.account).into(),
            (&rule.journal).into(),
            (&rule.auxiliary).into(),
            (&rule.analytic).into(),
            (&rule.label_part).into(),
            (&rule.piece).into(),
            funders.keys[&rule.funder].into(),
            conventions.keys[&rule.convention].into(),
            (&rule.label).into(),
        ]);
    }
    Ok(rows.append_to(tx).await?)
}
