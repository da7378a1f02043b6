//! Importing what is declared of people: parcours, declarations, aids received elsewhere; and one
//! declaration made by hand, through the same plan.

use super::answer::Asked;
use super::clock::Clock;
use super::error::AppError;
use super::file::InputFile;
use super::import_aids::profile_of;
use super::import_file::{Begun, Import, begin, record};
use super::law::LawInForce;
use super::person::find_person;
use super::report::{ImportReport, Progress};
use super::users::Actor;
use crate::calendar::{Date, Month};
use crate::import::{DeclarationDrafts, FileKind, Told, read_declarations};
use crate::rules::{CheckedDeclaration, CheckedDeclarations, DeclarationContext, check_declarations};
use crate::store::{DeclarationRow, Dictionary, KeyOf, NewLot, Rows, Store, Tx, Value};
use crate::words::Words;
use rustc_hash::FxHashMap;

/// What was asked of an import besides its file.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The profile's code.
    pub profile: String,
    /// `--a-blanc`.
    pub dry_run: bool,
    /// `--tout-ou-rien`.
    pub all_or_nothing: bool,
    /// `--cle`.
    pub asked: Option<Asked>,
}

/// One declaration made by hand.
#[derive(Clone, Debug)]
pub struct Declaring {
    /// Number, or beginning of the name, of the person.
    pub who: String,
    /// What is declared: its code or label.
    pub declaration: String,
    /// The dispositif, or empty.
    pub dispositif: String,
    /// Its month.
    pub month: Option<Month>,
    /// Its first day.
    pub from: Option<Date>,
    /// Its last day.
    pub to: Option<Date>,
    /// Its value as typed, or empty.
    pub value: String,
}

/// Imports a file of parcours, of declarations or of aids received elsewhere.
///
/// # Errors
/// When the file or the base fails; nothing is then written.
pub async fn import_declarations(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    kind: FileKind,
    options: &ImportOptions,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    let asked = options.asked.as_ref();
    let (tx, in_force) = match begin(store, options.dry_run, asked).await? {
        Begun::Answered(answer) => return Ok(*answer),
        Begun::Open(tx, in_force) => (tx, in_force),
    };
    let profile = profile_of(&in_force, &options.profile, kind)?;
    let file = read_declarations(input.reader()?, &input.sniff, profile, kind)
        .map_err(|error| input.failure(error))?;
    let report =
        ImportReport::new(&input.name, kind.code(), input.sniff.encoding, &file.reading, options.dry_run);
    let source = format!("{}/{}", profile.code, kind.code());
    let digest = Some(input.sniff.digest.to_vec());
    let import = Import { clock, actor, kind, source, digest, asked };
    plan_and_record(tx, &in_force, file, report, &import, options.all_or_nothing, progress).await
}

/// Declares one thing of a person: a lot of one line, which `importer annuler` undoes.
///
/// # Errors
/// When nobody, or several people, answer to the number or name, or the base fails. What cannot be
/// declared is a refused line of the report.
pub async fn declare(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    declaring: &Declaring,
    asked: Option<&Asked>,
) -> Result<ImportReport, AppError> {
    let (mut tx, in_force) = match begin(store, false, asked).await? {
        Begun::Answered(answer) => return Ok(*answer),
        Begun::Open(tx, in_force) => (tx, in_force),
    };
    let number = find_person(&mut tx, actor, &declaring.who).await?.identity.number;
    let Declaring { declaration, dispositif, month, from, to, value, .. } = declaring;
    let file = DeclarationDrafts::typed(&number, dispositif, |words| Told::Declaration {
        declaration: words.intern(declaration.trim()),
        month: *month,
        from: *from,
        to: *to,
        value: words.intern(value.trim()),
    });
    let kind = file.kind;
    let report = ImportReport {
        fichier: "saisie".into(),
        genre: kind.code().into(),
        lus: file.reading.read,
        ..ImportReport::default()
    };
    let import = Import { clock, actor, kind, source: "denier/saisie".into(), digest: None, asked };
    plan_and_record(tx, &in_force, file, report, &import, false, &|_, _, _| {}).await
}

async fn plan_and_record(
    mut tx: Tx,
    in_force: &LawInForce,
    mut file: DeclarationDrafts,
    mut report: ImportReport,
    import: &Import<'_>,
    all_or_nothing: bool,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    progress("contrôle", 0, 0);
    let context = context_of(&mut tx, &mut file).await?;
    let plan = check_declarations(&mut file, &in_force.law, &in_force.declarables, &context);
    let plan = if all_or_nothing { plan.all_or_nothing() } else { plan };
    report.count(plan.created + plan.modified, 0, plan.known, plan.refused);
    (report.crees, report.modifies) = (plan.created, plan.modified);
    if file.kind == FileKind::OutsideAids {
        report.sum(plan.sum());
    }
    report.tell(&in_force.law, &file.reading, &plan.findings, &file.words, &file.numbers);
    record(tx, import, report, async |tx, lot| write(tx, lot, &file.words, &plan, progress).await).await
}

/// Loads what the plan must know of the base.
async fn context_of(tx: &mut Tx, file: &mut DeclarationDrafts) -> Result<DeclarationContext, AppError> {
    let numbers: Vec<Value> =
        (1..file.numbers.len()).map(|word| file.numbers.get(word as u32).into()).collect();
    let keys: FxHashMap<String, i64> = tx
        .people_by_number(&numbers)
        .await?
        .into_iter()
        .map(|(number, person)| (number, person.id))
        .collect();
    let person_of: Vec<Option<i64>> =
        (0..file.numbers.len()).map(|word| keys.get(file.numbers.get(word as u32)).copied()).collect();
    let (mut first_day, mut references) = (None, Vec::new());
    for draft in &file.drafts {
        let day = match draft.told {
            Told::Parcours { entry, .. } => Some(entry),
            Told::Declaration { month, from, .. } => from.or(month.map(Month::first_day)),
            Told::OutsideAid { reference, .. } => {
                references.push(file.words.get(reference).into());
                None
            }
        };
        first_day = day.or(first_day).map(|day| first_day.map_or(day, |first: Date| first.min(day)));
    }
    let rows = match first_day {
        Some(day) => {
            let people: Vec<Value> = person_of.iter().flatten().map(|key| (*key).into()).collect();
            tx.declared_since(day, &people).await?
        }
        None => tx.declared_as(&references).await?,
    };
    let codes = Codes::load(tx).await?;
    let living = rows
        .iter()
        .map(|row| {
            let line = u32::try_from(row.line).unwrap_or(0);
            Ok((codes.checked(row, &mut file.words)?, row.lot, line))
        })
        .collect::<Result<_, AppError>>()?;
    Ok(DeclarationContext { person_of, living })
}

/// The dictionaries that name the keys of declarations.
struct Codes {
    declarables: Dictionary,
    dispositifs: Dictionary,
    natures: Dictionary,
    givers: Dictionary,
}

impl Codes {
    async fn load(tx: &mut Tx) -> Result<Codes, AppError> {
        Ok(Codes {
            declarables: tx.dictionary("declarable").await?,
            dispositifs: tx.dictionary("dispositif").await?,
            natures: tx.dictionary("nature").await?,
            givers: tx.dictionary("giver").await?,
        })
    }

    /// Makes of a stored declaration one whose texts are words of the file.
    fn checked(&self, row: &DeclarationRow, words: &mut Words) -> Result<CheckedDeclaration, AppError> {
        Ok(CheckedDeclaration {
            person: row.beneficiary,
            code: words.intern(self.declarables.code(row.declarable)?),
            dispositif: match row.dispositif {
                0 => 0,
                key => words.intern(self.dispositifs.code(key)?),
            },
            nature: words.intern(self.natures.code(row.nature)?),
            giver: words.intern(self.givers.code(row.giver)?),
            from: row.from,
            to: row.to,
            decided_on: row.decided_on,
            value: row.value,
            reference: words.intern(&row.reference),
            reason: words.intern(&row.reason),
        })
    }
}

async fn write(
    tx: &mut Tx,
    lot: &NewLot,
    words: &Words,
    plan: &CheckedDeclarations,
    progress: Progress<'_>,
) -> Result<(), AppError> {
    let texts = |word: fn(&CheckedDeclaration) -> u32| {
        let mut used: Vec<u32> =
            plan.accepted.iter().map(|(_, row)| word(row)).filter(|word| *word > 0).collect();
        used.sort_unstable();
        used.dedup();
        used.into_iter().map(|word| (words.get(word), "")).collect::<Vec<_>>()
    };
    let declarables = tx.ensure_codes("declarable", &texts(|row| row.code)).await?;
    let natures = tx.ensure_codes("nature", &texts(|row| row.nature)).await?;
    let givers = tx.ensure_codes("giver", &texts(|row| row.giver)).await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let key = |dictionary: &Dictionary, word: u32| match word {
        0 => 0,
        word => dictionary.keys[words.get(word)],
    };
    let mut next = tx.next_key(KeyOf::Declaration).await?;
    let mut rows = Rows::declarations(tx);
    let total = plan.accepted.len() as u64;
    for (rank, (line, declared)) in plan.accepted.iter().enumerate() {
        let row = DeclarationRow {
            id: next,
            lot: lot.id,
            line: (*line).into(),
            beneficiary: declared.person,
            declarable: key(&declarables, declared.code),
            dispositif: key(&dispositifs, declared.dispositif),
            nature: key(&natures, declared.nature),
            giver: key(&givers, declared.giver),
            from: declared.from,
            to: declared.to,
            decided_on: declared.decided_on,
            value: declared.value,
            reference: words.get(declared.reference).to_string(),
            reason: words.get(declared.reason).to_string(),
        };
        rows.push(row.values());
        next += 1;
        if rows.is_full() {
            rows.take().append_to(tx).await?;
            progress("écriture", rank as u64 + 1, total);
        }
    }
    Ok(rows.append_to(tx).await?)
}
