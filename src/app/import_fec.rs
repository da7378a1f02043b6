//! Importing a FEC: the general book of a year, provisional until it is sealed.

use super::answer::{Asked, answered, keep};
use super::assign::{AssignedLine, Assignments, Candidate, write_assignments};
use super::book::Book;
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::fec_changes::{Changed, FecChanges, compare, details_of};
use super::file::InputFile;
use super::file_lot::file_lot;
use super::general::current_fecs;
use super::general_year::{figures, figures_of};
use super::law::{law_in_force, statement_rules_in_force, subsidies_of};
use super::report::{ImportReport, Progress};
use super::rights::Right;
use super::users::Actor;
use crate::calendar::{FiscalYear, Month, Years};
use crate::import::{FecFile, FecLine, FileKind, identities, read_fec};
use crate::ledger::content::{GeneralContent, general_texts};
use crate::ledger::seal::{Canonical, Digest, Root};
use crate::ledger::{Code, Column, Detail, Finding, LineKind, Severity};
use crate::money::Amount;
use crate::posting::AssignableLine;
use crate::rules::Explainer;
use crate::statements::{DebitCredit, StatementRules, Subsidies, reopening_gaps};
use crate::store::{ByHand, FecVersion, NewLot, PairTable, Pairs, Rows, Store, Tx, Value};
use crate::words::Words;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What `importer fec` was asked.
#[derive(Clone, Debug, Default)]
pub struct FecOptions {
    /// Code of the profile.
    pub profile: String,
    /// Show, and write nothing.
    pub dry_run: bool,
    /// Seal the year.
    pub definitive: bool,
    /// The fiscal year, where the file is not to tell it.
    pub year: Option<i16>,
    /// The account that takes the centime by which an entry is off.
    pub rounding_account: Option<String>,
    /// The key of the request.
    pub asked: Option<Asked>,
}

/// What an import says of a FEC, besides its counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FecReport {
    /// The fiscal year.
    pub exercice: i16,
    /// True when the file created it.
    pub exercice_cree: bool,
    /// True once sealed.
    pub definitif: bool,
    /// What tells entries apart.
    pub cle_ecriture: String,
    /// How the file is written: separator, amounts.
    pub forme: String,
    /// How many entries.
    pub ecritures: u64,
    /// Lines kept, of the lines read.
    pub gardees: u64,
    /// Of which lines of the opening balance, and of a closing of classes 6 and 7 that is set aside.
    pub a_nouveaux: u64,
    /// Lines of a closing, set aside.
    pub mises_a_part: u64,
    /// Debits of the year, opening excluded, `1234.56`; credits are the same.
    pub mouvements: String,
    /// Lot of the FEC that this one replaces.
    pub remplace: Option<i64>,
    /// Against it: lines that are new, changed, vanished, the same.
    pub nouvelles: u64,
    /// Lines whose amount, label, date or account of the same piece changed.
    pub modifiees: u64,
    /// Lines that are no longer there.
    pub disparues: u64,
    /// Lines that are the same.
    pub inchangees: u64,
    /// Of the same lines: those that changed their number of entry.
    pub renumerotees: u64,
    /// Of the same lines: those whose lettering or validation changed.
    pub completees: u64,
    /// Some of the changes, line by line.
    pub changements: Vec<Changed>,
    /// What was assigned by hand to a line that is no longer there.
    pub orphelines: Vec<Changed>,
    /// Accounts whose opening differs from the closing of the year before.
    pub ecarts_ouverture: u64,
    /// True when it says nothing else than the FEC in force: importing it would write nothing.
    #[serde(skip)]
    pub identique: bool,
}

/// How many findings of one kind are worth writing.
const MAX_FINDINGS: usize = 200;

/// Imports a FEC, whole or not at all.
///
/// # Errors
/// When the file or the base fails, or its year cannot be; nothing is then written.
pub async fn import_fec(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    options: &FecOptions,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    let mut tx = store.read().await?;
    if let Some(answer) = answered(&mut tx, options.asked.as_ref()).await? {
        return Ok(answer);
    }
    let in_force = law_in_force(&mut tx).await?;
    let statements = statement_rules_in_force(&mut tx).await?;
    drop(tx);
    progress("lecture", 0, 0);
    let profile = super::import_aids::profile_of(&in_force, &options.profile, FileKind::Fec)?;
    let mut file = read_fec(input.reader()?, &input.sniff, profile, options.rounding_account.as_deref())
        .map_err(|error| input.failure(error))?;

    let mut tx = if options.dry_run { store.read().await? } else { store.write().await? };
    if let Some(answer) = answered(&mut tx, options.asked.as_ref()).await? {
        return Ok(answer);
    }
    // Nobody comes back from a seal: it asks for more than an import does.
    let role = if options.definitive { Right::Approve } else { Right::Record };
    let claimed = if options.dry_run { false } else { actor.may(&mut tx, role).await? };
    let years = tx.years().await?;
    let mut fec = FecReport {
        definitif: options.definitive,
        cle_ecriture: file.key.label().to_string(),
        forme: file.form.label(),
        ecritures: file.entries.into(),
        ..FecReport::default()
    };
    let year = match usual_month(&file) {
        Some(month) => Some(year_of(&years, month, options.year)?),
        None => None,
    };
    let identities = identities(&file);
    let current = current_fecs(&mut tx).await?;
    let mut changes = FecChanges::default();
    if let Some(year) = year {
        fec.exercice = year.code;
        fec.exercice_cree = years.get(year.code).is_none();
        refuse_other_years(&mut file, year);
        progress("comparaison", 0, 0);
        if let Some(old) = current.get(&year.code) {
            changes = compare(&mut tx, old, &file, &identities).await?;
            refuse_sealed(&mut file, old, &changes);
        } else {
            changes.new = file.lines.len() as u64;
        }
        if options.definitive && clock.today(&tx.info().await?.zone)? <= year.last.last_day() {
            return Err(AppError::Refused(format!(
                "l'exercice {} finit le {} : il ne se scelle qu'ensuite (importez sans --definitif)",
                year.code,
                year.last.last_day().to_french()
            )));
        }
        if options.definitive
            && let Some(line) = file.first_unvalidated
        {
            let column = file.reading.column_of(FileKind::Fec, "valid_date");
            file.reading.findings.push(Finding::refusal(line, column, Code::NotValidated, Detail::None));
        }
    }
    let refused = file.reading.findings.iter().any(|finding| finding.severity == Severity::Refusal);
    let old = year.and_then(|year| current.get(&year.code));
    let seals = options.definitive && !old.is_some_and(|old| old.definitive);
    let same = old.is_some() && changes.is_none();
    let mut assigned = Vec::new();
    let mut counts = Vec::new();
    if let Some(year) = year.filter(|_| !refused) {
        let assignments = Assignments::load(&mut tx, year.code, None).await?;
        (assigned, counts) =
            assign_file(&file, &identities, year.code, &assignments, subsidies_of(&statements, year)?);
        fec.orphelines = orphans(&mut tx, year.code, &identities).await?;
        if options.definitive && !fec.orphelines.is_empty() {
            return Err(AppError::Refused(format!(
                "des affectations à la main attendent une ligne qui n'est pas dans ce FEC ({} en tout) : une fois l'exercice scellé elles ne pourraient plus trouver place (denier etats affectation)",
                fec.orphelines.len()
            )));
        }
        check_opening(&mut tx, &mut file, &mut fec, &statements, year, &current).await?;
    }
    if refused {
        // Nothing of a refused file is anything yet, its year least of all.
        fec = FecReport { forme: fec.forme, cle_ecriture: fec.cle_ecriture, ..FecReport::default() };
    } else {
        describe(&mut fec, &file, &changes, old);
        fec.identique = same && !seals;
    }
    let mut report = ImportReport::new(
        &input.name,
        FileKind::Fec.code(),
        input.sniff.encoding,
        &file.reading,
        options.dry_run,
    );
    report.encodage = file.form.encoding.label().to_string();
    if refused {
        report.count(0, 0, 0, report.lus);
    } else {
        let fresh = (changes.new + changes.changed).min(report.lus);
        report.count(fresh, 0, report.lus - fresh, 0);
    }
    report.affectation = counts;
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
    report.fec = Some(fec);
    if options.dry_run {
        return Ok(report);
    }
    let at = clock.now();
    if let Some(year) = year.filter(|_| !refused && (!same || seals)) {
        if years.get(year.code).is_none() {
            tx.insert_year(year, &at).await?;
        }
        let source = format!("{}/fec", profile.code);
        let lot = file_lot(&mut tx, FileKind::Fec.code(), &source, input, &at, actor, &mut report).await?;
        write(&mut tx, &lot, year, &file, &identities, &assigned, options.definitive, progress).await?;
        remove_older(&mut tx, year.code, lot.id, options.definitive).await?;
        tx.next_generation().await?;
    }
    let detail = format!("{} : {} lues, {} nouvelles", input.name, report.lus, report.acceptes);
    tx.log(&at, &actor.name, claimed, "importer fec", &detail).await?;
    keep(&mut tx, options.asked.as_ref(), &without_lines(&report), &at).await?;
    progress("validation", 0, 0);
    tx.commit().await?;
    Ok(report)
}

/// Returns a report without the lines that changed: their labels may hold a name, and what is kept for
/// a key is kept for ever.
fn without_lines(report: &ImportReport) -> ImportReport {
    let mut kept = report.clone();
    if let Some(fec) = &mut kept.fec {
        (fec.changements, fec.orphelines) = (Vec::new(), Vec::new());
    }
    kept
}

/// Returns the middle month of the lines of a file: a stray line of another year does not move it.
fn usual_month(file: &FecFile) -> Option<Month> {
    let mut months: Vec<Month> = file.lines.iter().map(|line| line.date.month()).collect();
    let middle = months.len() / 2;
    (!months.is_empty()).then(|| *months.select_nth_unstable(middle).1)
}

/// Returns the year of a FEC: the one asked, or the one that holds most of its lines. A year may be
/// created next to those that are open.
fn year_of(years: &Years, month: Month, asked: Option<i16>) -> Result<FiscalYear, AppError> {
    let code = asked.unwrap_or_else(|| years.code_of(month));
    if let Some(year) = years.get(code) {
        return Ok(year);
    }
    let (first, last) = (years.first(), years.last());
    let found = if code == last.code + 1 { Some(last.next()) } else { None }
        .or_else(|| if code == first.code - 1 { years.named(code) } else { None })
        .filter(|year| asked.is_some() || year.holds(month));
    found.ok_or_else(|| {
        AppError::Refused(format!(
            "les exercices se suivent : la base va de {} à {}, ce FEC est de {} ; importez d'abord l'exercice {}",
            first.code,
            last.code,
            month.in_words(),
            if code > last.code { last.code + 1 } else { first.code - 1 }
        ))
    })
}

/// A line of another year refuses the file: a FEC is the FEC of one year.
fn refuse_other_years(file: &mut FecFile, year: FiscalYear) {
    let column = file.reading.column_of(FileKind::Fec, "ecriture_date");
    let outside = file.lines.iter().filter(|line| !year.holds(line.date.month())).take(MAX_FINDINGS);
    let found: Vec<Finding> = outside
        .map(|line| {
            let bound =
                if line.date > year.last.last_day() { year.last.last_day() } else { year.first.first_day() };
            Finding::refusal(line.line, column, Code::OutOfYear, Detail::Dates { found: line.date, bound })
        })
        .collect();
    file.reading.findings.extend(found);
}

fn refuse_sealed(file: &mut FecFile, old: &FecVersion, changes: &FecChanges) {
    if old.definitive && !changes.is_none() {
        let word = file.words.intern(&old.year.to_string());
        let finding = Finding::refusal(0, Column(None), Code::SealedYear, Detail::Word(word));
        file.reading.findings.push(finding);
    }
}

fn describe(fec: &mut FecReport, file: &FecFile, changes: &FecChanges, old: Option<&FecVersion>) {
    let of = |kind: LineKind| file.lines.iter().filter(move |line| line.kind == kind);
    let movements: Amount = of(LineKind::Movement).map(|line| line.amount.or_zero()).sum();
    fec.gardees = file.reading.read;
    fec.a_nouveaux = of(LineKind::Opening).count() as u64;
    fec.mises_a_part = of(LineKind::Closing).count() as u64;
    fec.mouvements = movements.to_plain();
    fec.remplace = old.map(|old| old.lot);
    (fec.nouvelles, fec.modifiees, fec.disparues) = (changes.new, changes.changed, changes.vanished);
    (fec.inchangees, fec.renumerotees, fec.completees) =
        (changes.same, changes.renumbered, changes.completed);
    fec.changements.clone_from(&changes.shown);
}

/// Assigns the lines of a file.
fn assign_file(
    file: &FecFile,
    identities: &[[u8; 16]],
    year: i16,
    assignments: &Assignments,
    subsidies: &Subsidies,
) -> (Vec<AssignedLine>, Vec<super::assign::RuleCount>) {
    let mut looked_at: FxHashMap<u32, bool> = FxHashMap::default();
    let mut entries: FxHashSet<u32> = FxHashSet::default();
    let mut wanted = Vec::new();
    for (at, line) in file.lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Closing) {
        let account = file.words.get(line.account);
        let wants = || assignments.looks_at(account) || subsidies.holds(account);
        if *looked_at.entry(line.account).or_insert_with(wants) {
            wanted.push(at);
            entries.insert(line.entry);
        }
    }
    let mut auxiliaries: FxHashMap<i64, Vec<&str>> = FxHashMap::default();
    for line in file.lines.iter().filter(|line| line.auxiliary != 0 && entries.contains(&line.entry)) {
        auxiliaries.entry(line.entry.into()).or_default().push(file.words.get(line.auxiliary));
    }
    let candidates = wanted.into_iter().map(|at| {
        let line = &file.lines[at];
        Candidate {
            rank: at as i64 + 1,
            identity: &identities[at],
            amount: line.amount,
            line: AssignableLine {
                entry: line.entry.into(),
                journal: file.words.get(line.journal),
                account: file.words.get(line.account),
                analytic: file.words.get(line.analytic),
                label: file.words.get(line.label),
                piece: file.words.get(line.piece),
            },
        }
    });
    assignments.assign(year, candidates, &auxiliaries, |account| subsidies.holds(account))
}

/// Returns what was assigned by hand to lines that the file no longer holds: nothing of it is lost,
/// it waits for its line.
async fn orphans(tx: &mut Tx, year: i16, identities: &[[u8; 16]]) -> Result<Vec<Changed>, AppError> {
    let by_hand = tx.by_hand(year).await?;
    if by_hand.is_empty() {
        return Ok(Vec::new());
    }
    let living: FxHashSet<&[u8]> = identities.iter().map(<[u8; 16]>::as_slice).collect();
    let mut last: FxHashMap<&[u8], &ByHand> = FxHashMap::default();
    for one in &by_hand {
        last.insert(&one.identity, one);
    }
    let mut waiting: Vec<&ByHand> = last
        .into_values()
        .filter(|one| one.funder.is_some() && !living.contains(one.identity.as_slice()))
        .collect();
    waiting.sort_by(|a, b| (a.line.0, &a.line.1, &a.at).cmp(&(b.line.0, &b.line.1, &b.at)));
    Ok(waiting
        .into_iter()
        .map(|one| {
            let (date, account, piece, amount) = &one.line;
            Changed::waiting(*date, account, piece, *amount, &one.reason)
        })
        .collect())
}

/// Compares the opening with the closing of the year before, where its FEC is in the base.
async fn check_opening(
    tx: &mut Tx,
    file: &mut FecFile,
    fec: &mut FecReport,
    statements: &StatementRules,
    year: FiscalYear,
    current: &BTreeMap<i16, FecVersion>,
) -> Result<(), AppError> {
    let Some(before) = current.get(&(year.code - 1)) else { return Ok(()) };
    let Some(controls) = statements.controls(year.first.first_day()) else { return Ok(()) };
    let accounts = tx.pairs(PairTable::Account).await?;
    let before = figures_of(tx, before.lot, before.year, &accounts).await?;
    let opening = file.lines.iter().filter(|line| line.kind == LineKind::Opening).map(|line| {
        let sides = DebitCredit { debit: line.amount.or_zero(), credit: (-line.amount).or_zero() };
        (file.words.get(line.account), file.words.get(line.account_label), line.kind, sides)
    });
    let gaps = reopening_gaps(controls, &figures(year.code, opening), &before);
    fec.ecarts_ouverture = gaps as u64;
    if gaps > 0 {
        let found = u32::try_from(gaps).unwrap_or(u32::MAX);
        let detail = Detail::Counts { found, expected: 0 };
        let finding = Finding::refusal(0, Column(None), Code::OpeningGap, detail);
        file.reading.findings.push(Finding { severity: Severity::Warning, ..finding });
    }
    Ok(())
}

/// Writes the lines of a FEC, their assignments, their balances and, once definitive, their seal.
#[expect(clippy::too_many_arguments, reason = "the parts of one FEC, each from another stage")]
async fn write(
    tx: &mut Tx,
    lot: &NewLot,
    year: FiscalYear,
    file: &FecFile,
    identities: &[[u8; 16]],
    assigned: &[AssignedLine],
    definitive: bool,
    progress: Progress<'_>,
) -> Result<(), AppError> {
    let accounts = keys_of(tx, PairTable::Account, file, |line| (line.account, line.account_label)).await?;
    let journals = keys_of(tx, PairTable::Journal, file, |line| (line.journal, line.journal_label)).await?;
    let auxiliaries =
        keys_of(tx, PairTable::Auxiliary, file, |line| (line.auxiliary, line.auxiliary_label)).await?;
    let mut sealer = if definitive { Some(Sealer::new(tx, lot.id, assigned).await?) } else { None };
    let mut rows = Rows::general_lines(tx);
    let words = &file.words;
    for (at, line) in file.lines.iter().enumerate() {
        let rank = at as i64 + 1;
        let (salt, texts) = sealer.as_mut().map(|sealer| sealer.take(rank, line, words)).unzip();
        rows.push([
            lot.id.into(),
            rank.into(),
            line.line.into(),
            line.entry.into(),
            line.kind.number().into(),
            journals[&(line.journal, line.journal_label)].into(),
            words.get(line.number).into(),
            line.date.number().into(),
            accounts[&(line.account, line.account_label)].into(),
            auxiliaries[&(line.auxiliary, line.auxiliary_label)].into(),
            words.get(line.piece).into(),
            Value::OptInt(line.piece_date.map(|day| day.number())),
            words.get(line.label).into(),
            line.amount.centimes().into(),
            words.get(line.letter).into(),
            Value::OptInt(line.letter_date.map(|day| day.number())),
            Value::OptInt(line.valid_date.map(|day| day.number())),
            words.get(line.currency_amount).into(),
            words.get(line.currency).into(),
            words.get(line.analytic).into(),
            details_of(file, line).into(),
            Value::Blob(identities[at].to_vec()),
            Value::OptBlob(salt.map(|salt: [u8; 16]| salt.to_vec())),
            Value::OptBlob(texts.map(|texts: Digest| texts.to_vec())),
        ]);
        if rows.is_full() {
            rows.take().append_to(tx).await?;
            progress("écriture", at as u64, file.lines.len() as u64);
        }
    }
    rows.append_to(tx).await?;
    write_assignments(tx, lot.id, assigned).await?;
    progress("soldes", 0, 0);
    tx.rebuild_general_balances(lot.id).await?;
    let line_count = i64::try_from(file.lines.len()).expect("fewer lines than that");
    let entry = match sealer {
        None => None,
        Some(sealer) => {
            let mut book = Book::open(tx, lot).await?;
            book.seal_general(year, sealer.root.finish(), line_count);
            book.entries.take().append_to(tx).await?;
            Some(book.sequence())
        }
    };
    let version = FecVersion {
        lot: lot.id,
        year: year.code,
        definitive,
        days: file.first_day.zip(file.last_day).unwrap_or((year.first.first_day(), year.last.last_day())),
        entry_key: file.key.label().to_string(),
        counts: (file.entries.into(), line_count),
        unvalidated_line: file.first_unvalidated.map_or(0, i64::from),
        entry,
    };
    Ok(tx.insert_fec_version(&version).await?)
}

/// Returns the key of each code and label, as pairs of words of the file; words 0 and 0 are key 0.
async fn keys_of(
    tx: &mut Tx,
    table: PairTable,
    file: &FecFile,
    pair: impl Fn(&FecLine) -> (u32, u32),
) -> Result<FxHashMap<(u32, u32), u32>, AppError> {
    let mut keys: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    keys.insert((0, 0), 0);
    let mut found = Vec::new();
    for line in &file.lines {
        let words = pair(line);
        if keys.insert(words, 0).is_none() {
            found.push(words);
        }
    }
    let text =
        |(code, label): (u32, u32)| (file.words.get(code).to_string(), file.words.get(label).to_string());
    let pairs: Pairs = tx.ensure_pairs(table, found.iter().copied().map(text)).await?;
    keys.extend(found.into_iter().map(|words| (words, pairs.keys[&text(words)])));
    Ok(keys)
}

/// The lines of a definitive FEC on their way to its seal.
struct Sealer {
    lot: i64,
    root: Root,
    canonical: Canonical,
    // Salts follow from it; it is forgotten at the end.
    seed: [u8; 32],
    assigned: FxHashMap<i64, (i64, String, String)>,
}

impl Sealer {
    async fn new(tx: &mut Tx, lot: i64, assigned: &[AssignedLine]) -> Result<Sealer, AppError> {
        let funders = tx.dictionary("funder").await?;
        let conventions = tx.dictionary("convention").await?;
        let mut of_rank = FxHashMap::default();
        for (rank, rule, funder, convention) in assigned {
            let codes = (funders.code(*funder)?.to_string(), conventions.code(*convention)?.to_string());
            of_rank.insert(*rank, (*rule, codes.0, codes.1));
        }
        Ok(Sealer {
            lot,
            root: Root::default(),
            canonical: Canonical::new(),
            seed: random_bytes::<32>()?,
            assigned: of_rank,
        })
    }

    /// Seals the next line; returns the salt of its texts and their digest.
    fn take(&mut self, rank: i64, line: &FecLine, words: &Words) -> ([u8; 16], Digest) {
        let digest: [u8; 32] =
            Sha256::new().chain_update(self.seed).chain_update(rank.to_be_bytes()).finalize().into();
        let salt: [u8; 16] = digest[..16].try_into().expect("sixteen bytes");
        let word = |word: u32| words.get(word);
        let texts = general_texts(&salt, word(line.label), word(line.auxiliary_label));
        GeneralContent {
            lot: self.lot,
            line: line.line.into(),
            entry: line.entry.into(),
            kind: line.kind,
            journal: (word(line.journal), word(line.journal_label)),
            number: word(line.number),
            date: line.date,
            account: (word(line.account), word(line.account_label)),
            auxiliary: word(line.auxiliary),
            piece: word(line.piece),
            piece_on: line.piece_date,
            texts,
            amount: line.amount,
            letter: (word(line.letter), line.letter_date),
            validated_on: line.valid_date,
            currency: (word(line.currency_amount), word(line.currency)),
            analytic: word(line.analytic),
            assigned: self
                .assigned
                .get(&rank)
                .map(|(rule, funder, convention)| (*rule, funder.as_str(), convention.as_str())),
        }
        .encode(&mut self.canonical);
        self.root.push(self.canonical.leaf());
        (salt, texts)
    }
}

/// Keeps the FEC that was just replaced, to be able to come back, and none before it; a sealed year
/// keeps none.
async fn remove_older(tx: &mut Tx, year: i16, lot: i64, definitive: bool) -> Result<(), AppError> {
    let older: Vec<i64> = tx
        .fec_versions()
        .await?
        .iter()
        .filter(|version| version.year == year && version.lot != lot)
        .map(|version| version.lot)
        .collect();
    let kept = if definitive { 0 } else { 1 };
    for old in &older[..older.len().saturating_sub(kept)] {
        tx.remove_fec(*old).await?;
    }
    Ok(())
}
