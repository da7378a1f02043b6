//! Importing people: new ones get a pseudonym, known ones are brought up to date.

use super::answer::Asked;
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::file::InputFile;
use super::import_aids::profile_of;
use super::import_file::{Begun, Import, begin, record};
use super::report::{ImportReport, Progress};
use super::users::Actor;
use crate::funding::Identity;
use crate::import::{BeneficiaryDrafts, FileKind, Reading, read_beneficiaries};
use crate::store::{IdentityRow, KeyOf, Rows, Store, Tx, Value};
use crate::words::Words;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

/// What the plan makes of one draft.
enum Verdict {
    New,
    Changed(i64),
    Known,
}

/// Imports a file of people.
///
/// # Errors
/// When the file or the base fails; nothing is then written.
#[expect(clippy::too_many_arguments, reason = "the command's options, one by one")]
pub async fn import_beneficiaries(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    profile: &str,
    dry_run: bool,
    all_or_nothing: bool,
    asked: Option<&Asked>,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    let (mut tx, in_force) = match begin(store, dry_run, asked).await? {
        Begun::Answered(answer) => return Ok(*answer),
        Begun::Open(tx, in_force) => (tx, in_force),
    };
    let profile = profile_of(&in_force, profile, FileKind::Beneficiaries)?;
    let mut file =
        read_beneficiaries(input.reader()?, &input.sniff, profile).map_err(|error| input.failure(error))?;
    let verdicts = plan(&mut tx, &mut file).await?;
    let count =
        |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| wanted(verdict)).count() as u64;
    let (new, changed) = (count(|v| matches!(v, Verdict::New)), count(|v| matches!(v, Verdict::Changed(_))));
    let known = count(|v| matches!(v, Verdict::Known)) + file.repeated;
    let mut report = ImportReport::new(
        &input.name,
        FileKind::Beneficiaries.code(),
        input.sniff.encoding,
        &file.reading,
        dry_run,
    );
    if all_or_nothing && file.reading.refused > 0 {
        report.count(0, 0, known, report.lus - known);
        file.reading.findings.push(super::import_envelopes::whole_file_refused());
    } else {
        report.count(new + changed, 0, known, file.reading.refused);
        (report.crees, report.modifies) = (new, changed);
    }
    let none = Words::default();
    report.tell(&in_force.law, &file.reading, &file.reading.findings, &file.words, &none);
    let import = Import {
        clock,
        actor,
        kind: FileKind::Beneficiaries,
        source: format!("{}/beneficiaires", profile.code),
        digest: Some(input.sniff.digest.to_vec()),
        asked,
    };
    record(tx, &import, report, async |tx, lot| write(tx, lot.id, file, verdicts, progress).await).await
}

async fn plan(tx: &mut Tx, file: &mut BeneficiaryDrafts) -> Result<Vec<Verdict>, AppError> {
    let numbers: Vec<Value> = file.drafts.iter().map(|draft| (&draft.identity.number).into()).collect();
    let known: FxHashMap<String, (i64, Identity)> = tx
        .identities(&numbers)
        .await?
        .into_iter()
        .map(|stored| (stored.identity.number.clone(), (stored.beneficiary, stored.identity)))
        .collect();
    let mut verdicts = Vec::with_capacity(file.drafts.len());
    for draft in &mut file.drafts {
        verdicts.push(match known.get(&draft.identity.number) {
            None => Verdict::New,
            Some((key, stored)) => {
                keep_what_the_file_does_not_say(&file.reading, stored, &mut draft.identity);
                if *stored == draft.identity { Verdict::Known } else { Verdict::Changed(*key) }
            }
        });
    }
    Ok(verdicts)
}

/// A column that the file does not have says nothing: it erases nothing.
fn keep_what_the_file_does_not_say(reading: &Reading, stored: &Identity, told: &mut Identity) {
    let absent = |field: &str| reading.column_of(FileKind::Beneficiaries, field).0.is_none();
    for (field, stored, told) in [
        ("sexe", &stored.sex, &mut told.sex),
        ("commune", &stored.commune, &mut told.commune),
        ("code_insee", &stored.insee, &mut told.insee),
        ("situation", &stored.situation, &mut told.situation),
        ("iban", &stored.iban, &mut told.iban),
        ("site", &stored.site, &mut told.site),
    ] {
        if told.is_empty() && absent(field) {
            told.clone_from(stored);
        }
    }
    for (field, stored, told) in [("qpv", stored.qpv, &mut told.qpv), ("rqth", stored.rqth, &mut told.rqth)] {
        if told.is_none() && absent(field) {
            *told = stored;
        }
    }
}

async fn write(
    tx: &mut Tx,
    lot: i64,
    file: BeneficiaryDrafts,
    verdicts: Vec<Verdict>,
    progress: Progress<'_>,
) -> Result<(), AppError> {
    let sites: Vec<(&str, &str)> = file
        .drafts
        .iter()
        .map(|draft| (draft.identity.site.as_str(), ""))
        .filter(|(site, _)| !site.is_empty())
        .collect();
    let sites = tx.ensure_codes("site", &sites).await?;
    let seed = random_bytes::<32>()?;
    let mut next = tx.next_key(KeyOf::Person).await?;
    let mut people = Rows::beneficiaries(tx);
    let mut identities = Rows::identities(tx);
    let total = file.drafts.len() as u64;
    for (rank, (draft, verdict)) in file.drafts.into_iter().zip(verdicts).enumerate() {
        let site = sites.keys.get(&draft.identity.site).copied().unwrap_or(0);
        match verdict {
            Verdict::Known => {}
            Verdict::Changed(beneficiary) => {
                tx.replace_identity(lot, &IdentityRow { beneficiary, identity: draft.identity, site }).await?
            }
            Verdict::New => {
                people.push([Value::Int(next), (&pseudonym(&seed, next)).into(), Value::Int(lot)]);
                identities.push(IdentityRow { beneficiary: next, identity: draft.identity, site }.values());
                next += 1;
            }
        }
        if rank % 10_000 == 9_999 {
            people.take().append_to(tx).await?;
            identities.take().append_to(tx).await?;
            progress("écriture", rank as u64 + 1, total);
        }
    }
    people.append_to(tx).await?;
    identities.append_to(tx).await?;
    Ok(())
}

/// Eighty bits that say nothing of the person: `P` and sixteen letters or digits that are hard to
/// confuse (Crockford's alphabet).
fn pseudonym(seed: &[u8; 32], key: i64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::new().chain_update(seed).chain_update(key.to_be_bytes()).finalize();
    let letters = digest.iter().take(16).map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    std::iter::once('P').chain(letters).collect()
}
