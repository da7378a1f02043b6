//! Verifying: seals, balances, guards, caps and maintained totals, all recomputed from the lines.

use super::book::AxesDictionaries;
use super::context::{FactKeys, declared_of};
use super::derogation::sealed_derogations;
use super::error::AppError;
use super::law::{digest_of, law_in_force};
use super::report::Progress;
use super::sealed_acts::sealed_acts;
use super::undue::{Recovery, part_of};
use super::verify_general::verify_general;
use super::write_aids::sealed_finding;
use crate::balances::{Changes, Count};
use crate::calendar::Date;
use crate::funding::{Declared, Envelope, EnvelopeKey, Fact, Mode, Person};
use crate::ledger::content::{AidContent, HeaderContent, LotContent, Origin, TermsCodes, encode_line};
use crate::ledger::seal::{Canonical, Digest, GENESIS, Root, hex};
use crate::ledger::{Book, Code, Line};
use crate::money::{Amount, group_thousands};
use crate::posting::{
    EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT, EVENT_RECOVERED_TO_ENVELOPE, EVENT_RECOVERED_TO_FUNDER,
    EVENT_UNDUE, EVENT_WRITTEN_OFF,
};
use crate::rules::{Case, Law, judge, parse_dispositif};
use crate::store::{
    FactRow, LotRow, NoticeRow, SealedAid, SealedEntry, SealedLine, Store, StoreError, Tx, UndueRow, Value,
};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VerifyReport {
    /// True when nothing was altered.
    pub integre: bool,
    /// Entries verified.
    pub ecritures: u64,
    /// Lines verified.
    pub lignes: u64,
    /// Living aids verified.
    pub aides: u64,
    /// The head of the chain: sequence, and the whole seal.
    pub tete: (i64, String),
    /// The first entry that is not what was sealed.
    pub premiere_ecriture_rompue: Option<String>,
    /// What was altered.
    pub alterations: Vec<String>,
    /// What the chain does not cover.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_couvert: Vec<String>,
    /// What is not altered but must be looked at.
    pub alertes: Vec<String>,
}

impl VerifyReport {
    /// Names the first broken entry, and says how many there are.
    fn broken(&mut self, chain: &Chain) {
        let Some((entry, why)) = chain.broken.first() else { return };
        self.premiere_ecriture_rompue = Some(entry.clone());
        self.alterations.push(format!("écriture {entry} : {why}"));
        if chain.broken.len() > 1 {
            self.alterations.push(format!(
                "{} écritures au total ne sont plus celles qui ont été scellées",
                chain.broken.len()
            ));
        }
    }

    /// Returns the exit code: 4 when the books were altered, 1 when something must be looked at.
    pub fn exit_code(&self) -> u8 {
        if self.integre { u8::from(!self.alertes.is_empty()) } else { 4 }
    }
}

/// The codes behind terms, lots and findings: what is needed to seal an aid's lines again.
pub(super) struct SealedTerms {
    terms: FxHashMap<u32, Canonical>,
    lots: FxHashMap<i64, (String, String)>,
    findings: FxHashMap<i64, Vec<String>>,
    derogations: FxHashMap<i64, Canonical>,
    derogation_of: FxHashMap<i64, i64>,
    numbers: FxHashMap<i64, (i64, i64)>,
    acts: FxHashMap<i64, Canonical>,
}

impl SealedTerms {
    pub(super) async fn load(tx: &mut Tx) -> Result<SealedTerms, AppError> {
        let (lots, findings) = (tx.lots().await?, tx.findings().await?);
        let numbers = tx.sealed_entries().await?.into_iter().map(|entry| (entry.sequence, entry.number));
        SealedTerms::of(tx, lots, findings, numbers.collect()).await
    }

    /// What the lines of one entry need.
    pub(super) async fn of_entry(tx: &mut Tx, entry: &SealedEntry) -> Result<SealedTerms, AppError> {
        let mut lots = tx.lots_in_entry(entry.sequence).await?;
        lots.push(entry.lot.into());
        let (lots, findings) = (tx.lots_of(&lots).await?, tx.findings_in_entry(entry.sequence).await?);
        let mut numbers = FxHashMap::default();
        if let Some(sequence) = entry.reverses
            && let Some(reversed) = tx.entry_at(sequence).await?
        {
            numbers.insert(sequence, reversed.number);
        }
        SealedTerms::of(tx, lots, findings, numbers).await
    }

    async fn of(
        tx: &mut Tx,
        lot_rows: Vec<LotRow>,
        found: Vec<(i64, String, Option<String>, String)>,
        numbers: FxHashMap<i64, (i64, i64)>,
    ) -> Result<SealedTerms, AppError> {
        let natures = tx.dictionary("nature").await?;
        let payers = tx.dictionary("payer").await?;
        let committees = tx.dictionary("committee").await?;
        let payees = tx.payee_digests().await?;
        let rules: FxHashMap<u32, String> =
            tx.publication_digests().await?.into_iter().map(|(id, _, body)| (id, digest_of(&body))).collect();
        let mut terms = FxHashMap::default();
        for (key, [_, nature, payer, committee, payee, _, publication], mode) in tx.all_terms().await? {
            let codes = TermsCodes {
                nature: natures.code(nature)?.to_string(),
                committee: committees.code(committee)?.to_string(),
                payer: payers.code(payer)?.to_string(),
                payee: payees.get(&payee).copied(),
                mode: Mode::parse(&mode).ok_or_else(|| StoreError::Inconsistent(format!("mode {mode}")))?,
                rules: rules.get(&publication).cloned().unwrap_or_default(),
            };
            terms.insert(key, codes.encode());
        }
        let sources = tx.dictionary("source").await?;
        let mut lots = FxHashMap::default();
        for lot in lot_rows {
            lots.insert(lot.id, (sources.code(lot.source)?.to_string(), lot.file));
        }
        let mut findings: FxHashMap<i64, Vec<String>> = FxHashMap::default();
        for (aid, code, rule, message) in found {
            findings.entry(aid).or_default().push(sealed_finding(&code, rule.as_deref(), &message));
        }
        let derogations = sealed_derogations(tx).await?;
        let uses = tx.derogation_uses().await?;
        let derogation_of = uses.into_iter().map(|one| (one.aid, one.derogation)).collect();
        let acts = sealed_acts(tx).await?;
        Ok(SealedTerms { terms, lots, findings, derogations, derogation_of, numbers, acts })
    }

    /// Returns the year and number of an entry.
    pub(super) fn entry_number(&self, sequence: i64) -> Option<(i64, i64)> {
        self.numbers.get(&sequence).copied()
    }

    /// Returns what the lines of an aid seal.
    ///
    /// # Panics
    /// On an aid whose terms or lot are gone; [`SealedTerms::holds`] says so before.
    pub(super) fn content<'a>(&'a self, aid: &'a SealedAid) -> (Origin<'a>, AidContent<'a>) {
        let (source, file) = &self.lots[&aid.lot];
        let origin = Origin { lot: aid.lot, source, file, line: aid.line, reference: &aid.reference };
        let content = AidContent {
            pseudonym: &aid.pseudonym,
            decided_on: aid.decided_on,
            undated: aid.undated,
            requested_on: aid.requested_on,
            month: aid.month,
            amount: aid.amount,
            terms: &self.terms[&aid.terms],
            findings: self.findings.get(&aid.id).map_or(&[], Vec::as_slice),
            derogation: self.derogation_of.get(&aid.id).and_then(|number| self.derogations.get(number)),
        };
        (origin, content)
    }

    pub(super) fn holds(&self, aid: &SealedAid) -> bool {
        self.lots.contains_key(&aid.lot) && self.terms.contains_key(&aid.terms)
    }
}

/// What the lines say of each aid, to compare with its own rows.
#[derive(Clone, Copy, Default)]
struct Posted {
    granted: Amount,
    paid: Amount,
    paid_on: Option<Date>,
    undue: Amount,
    to_envelope: Amount,
    to_funder: Amount,
    written_off: Amount,
}

/// Verifies the whole base. Nothing is written.
///
/// # Errors
/// When the base cannot be read at all; an altered base is a report, not an error.
pub async fn verify(store: &Store, progress: Progress<'_>) -> Result<VerifyReport, AppError> {
    verify_within(&mut store.read().await?, progress).await
}

/// The same of what a transaction sees.
pub(super) async fn verify_within(tx: &mut Tx, progress: Progress<'_>) -> Result<VerifyReport, AppError> {
    let mut report = VerifyReport::default();
    match verify_in(tx, &mut report, progress).await {
        Ok(()) => {}
        Err(AppError::Store(StoreError::Inconsistent(what))) => report.alterations.push(what),
        Err(AppError::Store(StoreError::Unreadable { entry, what })) => {
            let name = format!("n° {entry} de la chaîne");
            report.alterations.push(format!("écriture {name} : valeur illisible ({what})"));
            report.premiere_ecriture_rompue = Some(name);
        }
        Err(error) => return Err(error),
    }
    report.integre = report.alterations.is_empty();
    Ok(report)
}

async fn verify_in(tx: &mut Tx, report: &mut VerifyReport, progress: Progress<'_>) -> Result<(), AppError> {
    for (id, digest, body) in tx.publication_digests().await? {
        if digest_of(&body) != digest {
            report
                .alterations
                .push(format!("le texte de la règle publiée n° {id} n'est plus celui de son empreinte"));
        }
    }
    let (totals, posted) = verify_chain(tx, report, progress).await?;
    for (what, count) in tx.orphans().await? {
        if count > 0 {
            report.alterations.push(format!("{count} {what}"));
        }
    }
    // Their reasons are compared with what was kept of them as they are read.
    tx.refusals().await?;
    let declared = tx.count_declarations().await?;
    if declared > 0 {
        let what = if declared < 2 { "déclaration" } else { "déclarations" };
        report.non_couvert.push(format!(
            "{} {what} (parcours, ressources, aides reçues ailleurs) : hors de la chaîne des sceaux",
            group_thousands(declared)
        ));
    }
    if !report.alterations.is_empty() {
        // The law itself may be what was altered: what follows would judge by it.
        return Ok(());
    }
    progress("totaux", 0, 0);
    verify_aids(tx, report, totals, &posted).await
}

/// Seals every entry again, line by line, and balances it.
async fn verify_chain(
    tx: &mut Tx,
    report: &mut VerifyReport,
    progress: Progress<'_>,
) -> Result<(Changes, FxHashMap<i64, Posted>), AppError> {
    let mut general = verify_general(tx, report, progress).await?;
    let fec_lines: i64 = general.values().map(|running| running.lines).sum();
    let terms = SealedTerms::load(tx).await?;
    let entries = tx.sealed_entries().await?;
    let notices: FxHashMap<i64, NoticeRow> =
        tx.notices().await?.into_iter().map(|notice| (notice.entry, notice)).collect();
    let axes = tx.axes().await?;
    let axes = AxesDictionaries::load(tx).await?.encode(&axes);
    let accounts = tx.dictionary("account").await?;
    let lots: FxHashMap<i64, LotRow> = tx.lots().await?.into_iter().map(|lot| (lot.id, lot)).collect();
    let mut chain = Chain { previous: GENESIS, numbers: FxHashMap::default(), broken: Vec::new() };
    let mut totals = Changes::default();
    let mut posted: FxHashMap<i64, Posted> = FxHashMap::default();
    let mut at = 0;
    let mut current = Running::default();
    let mut stray = 0;
    let mut canonical = Canonical::new();
    let mut lines_seen = 0;
    let seen = tx
        .each_sealed_line(|line: SealedLine| {
            lines_seen += 1;
            while entries.get(at).is_some_and(|entry| entry.sequence < line.entry) {
                chain.close(&entries[at], lines_of(&entries[at], &mut current, &mut general), &lots, &terms);
                at += 1;
            }
            let Some(entry) = entries.get(at).filter(|entry| entry.sequence == line.entry) else {
                stray += 1;
                return;
            };
            if current.lines == 0 {
                progress("sceaux", at as u64, entries.len() as u64);
            }
            current.lines += 1;
            current.sum = current.sum.wrapping_add(line.amount.centimes());
            current.ranks_follow &= line.rank == current.lines;
            let Some(account) = accounts.codes.get(&u32::from(line.account)).map(|(code, _)| code) else {
                return current.unknown = true;
            };
            let Some(axes_codes) = axes.get(&line.axes) else { return current.unknown = true };
            let (origin, aid) = match &line.aid {
                Some(aid) if !terms.holds(aid) => return current.unknown = true,
                Some(aid) => {
                    let (origin, content) = terms.content(aid);
                    note(&mut posted, entry, &line, aid);
                    (Some(origin), Some(content))
                }
                None => (notices.get(&entry.sequence).and_then(|notice| notice_origin(notice, &terms)), None),
            };
            encode_line(&mut canonical, account, line.amount, axes_codes, origin, aid);
            current.root.push(canonical.leaf());
            totals.line(
                entry.date.month(),
                &Line { account: line.account, axes: line.axes, aid: 0, amount: line.amount },
            );
        })
        .await;
    if let Err(StoreError::Unreadable { entry, what }) = &seen {
        while entries.get(at).is_some_and(|other| other.sequence < *entry) {
            chain.close(&entries[at], lines_of(&entries[at], &mut current, &mut general), &lots, &terms);
            at += 1;
        }
        let name = entries
            .iter()
            .find(|other| other.sequence == *entry)
            .map_or_else(|| format!("n° {entry} de la chaîne"), name_of);
        chain.broken.push((name, format!("valeur illisible ({what})")));
        report.broken(&chain);
        return Ok((totals, posted));
    }
    seen?;
    while let Some(entry) = entries.get(at) {
        chain.close(entry, lines_of(entry, &mut current, &mut general), &lots, &terms);
        at += 1;
    }
    report.ecritures = entries.len() as u64;
    report.lignes = lines_seen + fec_lines.unsigned_abs();
    report.tete = entries.last().map_or((0, hex(&GENESIS)), |last| (last.sequence, hex(&last.seal)));
    if let Some(sequence) = general.keys().min() {
        report
            .alterations
            .push(format!("un FEC se dit scellé par l'écriture n° {sequence}, qui n'est pas celle d'un FEC"));
    }
    if stray > 0 {
        report.alterations.push(format!("{stray} lignes sans écriture"));
    }
    report.broken(&chain);
    Ok((totals, posted))
}

/// Returns what was read of an entry: of the aid book, the lines before the next one; of the general
/// book, the lines of its FEC.
fn lines_of(entry: &SealedEntry, current: &mut Running, general: &mut FxHashMap<i64, Running>) -> Running {
    let own = std::mem::take(current);
    if entry.book == Book::General.code() { general.remove(&entry.sequence).unwrap_or_default() } else { own }
}

/// The entry being read.
pub(super) struct Running {
    pub root: Root,
    pub lines: i64,
    pub sum: i64,
    pub ranks_follow: bool,
    pub unknown: bool,
}

impl Default for Running {
    fn default() -> Self {
        Running { root: Root::default(), lines: 0, sum: 0, ranks_follow: true, unknown: false }
    }
}

/// Where an entry stands in the chain, and the lot that it seals with itself.
pub(super) struct Chained<'a> {
    pub number: i64,
    pub lot: Option<&'a LotRow>,
    pub act: Option<&'a Canonical>,
    pub reverses: Option<(i64, i64)>,
    pub previous: Digest,
}

/// Says why an entry is no longer what was sealed, if it is not.
pub(super) fn broken_because(entry: &SealedEntry, running: Running, chained: &Chained) -> Option<String> {
    if running.lines != entry.line_count || !running.ranks_follow {
        return Some(format!("{} lignes au lieu de {}", running.lines, entry.line_count));
    }
    if running.unknown {
        return Some("une ligne renvoie à une donnée qui n'existe plus".to_string());
    }
    if running.sum != 0 {
        return Some(format!(
            "débit et crédit diffèrent de {}",
            Amount::from_centimes(running.sum).to_euros()
        ));
    }
    if entry.number.1 != chained.number || i64::from(entry.date.year()) != entry.number.0 {
        return Some(format!("numéro {} au lieu de {}", entry.number.1, chained.number));
    }
    let Some(lot) = chained.lot else { return Some("son lot n'existe plus".to_string()) };
    let root = running.root.finish();
    let seal = HeaderContent {
        book: &entry.book,
        year: entry.number.0,
        number: entry.number.1,
        date: entry.date,
        event: &entry.event,
        reverses: chained.reverses,
        lot: LotContent {
            number: lot.id,
            kind: &lot.kind,
            recorded_at: &lot.at,
            author: &lot.user,
            file_digest: lot.file_digest.as_deref(),
            counts: lot.counts,
            cancels: lot.cancels,
            reason: lot.reason_digest.as_deref(),
            act: chained.act,
        },
        line_count: entry.line_count,
        root,
        previous: chained.previous,
    }
    .seal();
    match (root == entry.root.as_slice(), seal == entry.seal.as_slice()) {
        (true, true) => None,
        (true, false) => Some(
            "son contenu n'est plus celui qui a été scellé : son en-tête, son lot ou le sceau d'avant diffère"
                .to_string(),
        ),
        (false, true) => Some(
            "son contenu n'est plus celui qui a été scellé : la racine de ses lignes a été changée".to_string(),
        ),
        (false, false) => Some(
            "son contenu n'est plus celui qui a été scellé : une ligne, ou l'aide qu'elle porte, diffère"
                .to_string(),
        ),
    }
}

struct Chain {
    previous: Digest,
    numbers: FxHashMap<(String, i64), i64>,
    broken: Vec<(String, String)>,
}

impl Chain {
    fn close(
        &mut self,
        entry: &SealedEntry,
        running: Running,
        lots: &FxHashMap<i64, LotRow>,
        terms: &SealedTerms,
    ) {
        let key = (entry.book.clone(), entry.number.0);
        let number = self.numbers.entry(key).and_modify(|number| *number += 1).or_insert(1);
        let reverses = entry.reverses.and_then(|sequence| terms.entry_number(sequence));
        let chained = Chained {
            number: *number,
            lot: lots.get(&entry.lot),
            act: terms.acts.get(&entry.lot),
            reverses,
            previous: self.previous,
        };
        let why = broken_because(entry, running, &chained);
        if let Some(why) = why {
            self.broken.push((name_of(entry), why));
        }
        // Each entry is judged against the seal that was stored before it: one alteration is named
        // once, not once for each entry after it.
        self.previous = entry.seal.clone().try_into().unwrap_or(GENESIS);
    }
}

fn name_of(entry: &SealedEntry) -> String {
    format!("{} {}-{} du {}", entry.book, entry.number.0, entry.number.1, entry.date.to_french())
}

pub(super) fn notice_origin<'a>(notice: &'a NoticeRow, terms: &'a SealedTerms) -> Option<Origin<'a>> {
    let (source, file) = terms.lots.get(&notice.lot)?;
    Some(Origin { lot: notice.lot, source, file, line: notice.line, reference: &notice.reference })
}

/// Notes what an ordinary grant or payment line says of its aid.
fn note(posted: &mut FxHashMap<i64, Posted>, entry: &SealedEntry, line: &SealedLine, aid: &SealedAid) {
    let said = posted.entry(aid.id).or_default();
    if entry.reverses.is_some() {
        return;
    }
    let debit = line.amount.or_zero();
    match entry.event.as_str() {
        EVENT_PAYMENT => {
            said.paid += debit;
            said.paid_on = Some(entry.date);
        }
        EVENT_GRANT | EVENT_GRANT_OPEN => said.granted += debit,
        EVENT_UNDUE => said.undue += debit,
        // The counterpart is collective: the line of the person is the credit of what was undue.
        EVENT_RECOVERED_TO_ENVELOPE => said.to_envelope -= line.amount,
        EVENT_RECOVERED_TO_FUNDER => said.to_funder -= line.amount,
        EVENT_WRITTEN_OFF => said.written_off -= line.amount,
        _ => {}
    }
}

/// Compares what was found undue and what became of it, of aids cancelled or not, with the lines; returns
/// what came back to envelopes, by aid.
async fn verify_undues(
    tx: &mut Tx,
    report: &mut VerifyReport,
    posted: &FxHashMap<i64, Posted>,
) -> Result<FxHashMap<i64, Amount>, AppError> {
    let mut told: FxHashMap<i64, Posted> = FxHashMap::default();
    let undues: FxHashMap<i64, UndueRow> =
        tx.undues().await?.into_iter().map(|undue| (undue.number, undue)).collect();
    for undue in undues.values() {
        told.entry(undue.aid).or_default().undue += undue.amount;
    }
    for recovery in tx.recoveries().await? {
        let Some(undue) = undues.get(&recovery.undue) else { continue };
        let said = told.entry(undue.aid).or_default();
        let sum = match Recovery::parse(&recovery.how) {
            Some(Recovery::ToEnvelope) => &mut said.to_envelope,
            Some(Recovery::ToFunder) => &mut said.to_funder,
            Some(Recovery::WrittenOff) | None => &mut said.written_off,
        };
        *sum += recovery.amount;
    }
    let of = |said: Posted| [said.undue, said.to_envelope, said.to_funder, said.written_off];
    let differs = |aid: &i64| {
        let (told, posted) = (told.get(aid).copied(), posted.get(aid).copied());
        of(told.unwrap_or_default()) != of(posted.unwrap_or_default())
    };
    let wrong = posted.keys().chain(told.keys().filter(|aid| !posted.contains_key(aid)));
    let wrong = wrong.filter(|aid| differs(aid)).count();
    if wrong > 0 {
        report.alterations.push(format!("{wrong} aides dont les indus ne sont pas ceux du carnet"));
    }
    Ok(told.into_iter().map(|(aid, said)| (aid, said.to_envelope)).collect())
}

/// Recomputes from the living aids what is maintained, and compares.
async fn verify_aids(
    tx: &mut Tx,
    report: &mut VerifyReport,
    mut totals: Changes,
    posted: &FxHashMap<i64, Posted>,
) -> Result<(), AppError> {
    let in_force = law_in_force(tx).await?;
    let keys = FactKeys::load(tx, &in_force.law).await?;
    let years = tx.years().await?;
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares().await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    let axes = tx.axes().await?;
    let mut envelopes: FxHashMap<EnvelopeKey, Envelope> = FxHashMap::default();
    let key_of = |axes: &crate::ledger::Axes| EnvelopeKey {
        dispositif: axes.dispositif,
        funder: axes.funder,
        year: axes.envelope_year,
    };
    for notice in tx.notices().await?.iter().filter(|notice| !notice.cancelled) {
        if let Some(axes) = axes.get(&notice.axes) {
            envelopes.entry(key_of(axes)).or_default().notified += notice.amount;
        }
    }
    let mut rows: Vec<FactRow> = Vec::new();
    tx.each_living_fact(|row| rows.push(row)).await?;
    report.aides = rows.len() as u64;
    let to_envelope = verify_undues(tx, report, posted).await?;
    let granted = |aid: i64| posted.get(&aid).copied().unwrap_or_default().granted;
    let wrong = rows.iter().filter(|row| granted(row.aid) != row.amount).count();
    let parts = tx.in_parts(rows.clone()).await?;
    for row in &parts {
        let whole = [(row.axes, row.amount)];
        for (key, amount) in shares.get(&row.aid).map_or(whole.as_slice(), Vec::as_slice) {
            totals.aid(&keys.fact(&in_force.law, row)?, *key, row.nature, *amount);
            if let Some(axes) = axes.get(key).filter(|axes| axes.envelope_year != 0) {
                envelopes.entry(key_of(axes)).or_default().consumed += *amount;
            }
        }
    }
    for row in &rows {
        let Some(back) = to_envelope.get(&row.aid).filter(|back| back.is_positive()) else { continue };
        let whole = [(row.axes, row.amount)];
        for (key, amount) in shares.get(&row.aid).map_or(whole.as_slice(), Vec::as_slice) {
            if let Some(axes) = axes.get(key).filter(|axes| axes.envelope_year != 0) {
                envelopes.entry(key_of(axes)).or_default().consumed -= part_of(*amount, row.amount, *back);
            }
        }
    }
    if wrong > 0 {
        report.alterations.push(format!("{wrong} aides dont le montant n'est pas celui du carnet"));
    }
    // Payments are compared for cancelled aids too: what was paid and returned stays written.
    let mut paid: FxHashMap<i64, (Amount, Option<Date>)> = FxHashMap::default();
    tx.each_payment(|aid, day, amount| {
        let (sum, last) = paid.entry(aid).or_default();
        *sum += amount;
        *last = Some(day);
    })
    .await?;
    let differ = posted
        .iter()
        .filter(|(aid, said)| paid.get(aid).copied().unwrap_or_default() != (said.paid, said.paid_on))
        .count();
    let unknown = paid.keys().filter(|aid| !posted.contains_key(aid)).count();
    if differ + unknown > 0 {
        report.alterations.push(format!("{} versements ne sont pas ceux du carnet", differ + unknown));
    }
    for same in parts.chunk_by(|a, b| a.beneficiary == b.beneficiary) {
        let facts: Vec<Fact> =
            same.iter().map(|row| keys.fact(&in_force.law, row)).collect::<Result<_, _>>()?;
        totals.person(&years, &keys.dispositif_keys, std::iter::empty(), facts.iter());
    }
    compare_totals(report, &totals, &tx.all_totals().await?);
    for (key, stored) in tx.envelopes().await? {
        let mut expected = envelopes.remove(&key).unwrap_or_default();
        expected.overrun = expected.overrun_due();
        if stored != expected {
            report
                .alterations
                .push(format!("enveloppe {} : ses totaux ne sont pas ceux du carnet", key.year));
        }
    }
    if envelopes.values().any(|envelope| *envelope != Envelope::default()) {
        report.alterations.push("une enveloppe du carnet n'a plus ses totaux".into());
    }
    verify_caps(tx, report, &in_force.law, &keys, &rows).await
}

fn compare_totals(report: &mut VerifyReport, expected: &Changes, stored: &Changes) {
    let mut compare = |what: &str, differs: usize| {
        if differs > 0 {
            report.alterations.push(format!("{differs} {what} ne sont pas ceux que donnent les lignes"));
        }
    };
    compare("soldes", differences(&expected.balances, &stored.balances, Amount::is_zero));
    compare("totaux d'aides", differences(&expected.amounts, &stored.amounts, Amount::is_zero));
    compare(
        "décomptes de personnes",
        differences(&expected.counts, &stored.counts, |count| count == Count::default()),
    );
}

fn differences<K: std::hash::Hash + Eq, V: Copy + PartialEq + Default>(
    a: &FxHashMap<K, V>,
    b: &FxHashMap<K, V>,
    empty: impl Fn(V) -> bool,
) -> usize {
    let missing = |from: &FxHashMap<K, V>, to: &FxHashMap<K, V>| {
        from.iter().filter(|(key, value)| !empty(**value) && to.get(key) != Some(value)).count()
    };
    missing(a, b).max(missing(b, a))
}

/// A law that was, and what it sees declared of each person.
type Then = (Law, FxHashMap<i64, Declared>);

/// Counts the caps again, aid by aid, each under the rules that judged it: one that is exceeded and
/// was never flagged must be looked at (a birth date may have been corrected since).
async fn verify_caps(
    tx: &mut Tx,
    report: &mut VerifyReport,
    in_force: &Law,
    keys: &FactKeys,
    rows: &[FactRow],
) -> Result<(), AppError> {
    let terms: FxHashMap<u32, (u32, bool)> =
        tx.all_terms().await?.into_iter().map(|(key, keys, _)| (key, (keys[6], keys[3] != 0))).collect();
    let mut people: Vec<Value> = rows.iter().map(|row| row.beneficiary.into()).collect();
    people.dedup();
    let declared = declared_of(tx, in_force, keys, &people).await?;
    // By publication, the law of then and what it sees declared; none where it is still in force.
    let mut laws: FxHashMap<u32, Option<Then>> = FxHashMap::default();
    for (id, _, body) in tx.publication_digests().await? {
        if !terms.values().any(|(rules, _)| *rules == id) {
            continue;
        }
        let then = parse_dispositif("règles publiées", &body)?;
        let mut dispositifs = in_force.dispositifs.clone();
        match dispositifs.iter_mut().find(|dispositif| dispositif.code == then.code) {
            Some(slot) if slot.digest != then.digest => *slot = then,
            _ => {
                laws.insert(id, None);
                continue;
            }
        }
        let law = Law::new(dispositifs);
        let declared = declared_of(tx, &law, keys, &people).await?;
        laws.insert(id, Some((law, declared)));
    }
    let flagged: rustc_hash::FxHashSet<i64> = tx.findings().await?.into_iter().map(|(aid, ..)| aid).collect();
    let requests: FxHashMap<i64, Date> = tx.requests().await?.into_iter().collect();
    let people: FxHashMap<i64, Person> =
        tx.people_by_key(&people).await?.into_iter().map(|person| (person.id, person)).collect();
    let mut failures = Vec::new();
    let mut exceeded = 0;
    for same in rows.chunk_by(|a, b| a.beneficiary == b.beneficiary) {
        let Some(person) = people.get(&same[0].beneficiary) else { continue };
        let mut before: Vec<Fact> = Vec::with_capacity(same.len());
        for (rank, row) in same.iter().enumerate() {
            let now = keys.fact(in_force, row)?;
            let judged = terms.get(&row.terms);
            let judged = judged.and_then(|(rules, committee)| Some((laws.get(rules)?, *committee)));
            // What came back whole is as if it had never been given.
            if let Some((then, committee)) = judged.filter(|_| !now.amount.is_zero()) {
                let (law, declared) = then.as_ref().map_or((in_force, &declared), |(law, told)| (law, told));
                // Types of nature are ranks in a file: another file ranks them otherwise.
                let (facts, fact) = match then {
                    None => (None, now),
                    Some(_) => {
                        let facts: Result<Vec<Fact>, _> =
                            same[..rank].iter().map(|row| keys.fact(law, row)).collect();
                        (Some(facts?), keys.fact(law, row)?)
                    }
                };
                let case = Case {
                    person,
                    declared: declared.get(&person.id).unwrap_or(Declared::NOTHING),
                    dispositif: fact.dispositif,
                    nature_type: Some(fact.nature_type),
                    month: fact.month,
                    requested_on: requests.get(&row.aid).copied(),
                    decided_on: (!fact.undated).then_some(fact.decided_on),
                    counted_on: fact.decided_on,
                    paid_on: fact.paid_on,
                    committee,
                    amount: fact.amount,
                };
                failures.clear();
                judge(law, &case, facts.as_ref().unwrap_or(&before).iter(), &mut failures);
                if !flagged.contains(&row.aid)
                    && failures.iter().any(|failure| failure.code == Code::CapExceeded)
                {
                    exceeded += 1;
                }
            }
            before.push(now);
        }
    }
    if exceeded > 0 {
        let what = if exceeded < 2 { "aide dépasse" } else { "aides dépassent" };
        report.alertes.push(format!(
            "{exceeded} {what} un plafond sans constat (une identité ou une déclaration a-t-elle été corrigée depuis ?)"
        ));
    }
    Ok(())
}
