//! Attestations: what a person received, on paper, numbered and kept in a register.
//!
//! The same request on the same facts finds the attestation already issued: its number, its day, its
//! head of the chain, hence the same bytes.

use super::clock::{Clock, local};
use super::error::AppError;
use super::letterhead::TRIAL;
use super::person::find_person;
use super::report::Progress;
use super::rights::Right;
use super::users::Actor;
use super::view_log::{View, note_views_within};
use crate::calendar::{Date, Month};
use crate::documents::{CannotDraw, Paper, attestation_paper, check_drawable, render_pdf};
use crate::funding::DateKind;
use crate::ledger::seal::{Digest, beginning, hex};
use crate::rules::STRUCTURE;
use crate::statements::{
    Attestation, AttestationContent, AttestedAid, AttestedDispositif, AttestedPayer, AttestedPerson,
    ChainHead, KnownBy,
};
use crate::store::{Dictionary, FactRow, IssuedAttestation, KeyOf, Store, StoredIdentity, Tx, Value};
use crate::words::{plain_name, unknown};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The letters with which every number begins.
pub(super) const PREFIX: &str = "AT-";

/// What `attester` was asked.
#[derive(Clone, Debug)]
pub struct AttestRequest {
    /// Number or beginning of the name; none is everyone with an aid in the period.
    pub who: Option<String>,
    /// The fiscal year, where months are not given.
    pub year: Option<i16>,
    /// The first and last months.
    pub months: Option<(Month, Month)>,
    /// The date that says in which month an aid counts.
    pub basis: DateKind,
    /// Of everyone: only those whom this dispositif helped in the period.
    pub dispositif: Option<String>,
    /// Of everyone: only those whom this site follows.
    pub site: Option<String>,
}

/// An attestation given out.
#[derive(Debug)]
pub struct AttestedFile {
    /// A name for its file.
    pub name: String,
    /// What it says.
    pub paper: Paper,
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Its number.
    pub number: String,
    /// What is typed to verify it.
    pub code: String,
    /// Issued before: the same one again.
    pub again: bool,
}

/// What was given out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttestReport {
    /// Attestations issued.
    pub nouvelles: u64,
    /// Attestations issued before, given out again.
    pub reeditions: u64,
    /// People whose identity was erased: none can be made.
    pub sans_identite: u64,
    /// Those that cannot be drawn: number of the file and why.
    pub refusees: Vec<(String, String)>,
}

/// People in one transaction: others who write wait for no more.
const BATCH: usize = 100;

/// Threads that draw.
const DRAWING: usize = 2;

/// Issues attestations and hands each to `give` once it is in the register.
///
/// # Errors
/// When nobody answers to the name, the period is none, or the base fails.
pub async fn attest(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &AttestRequest,
    progress: Progress<'_>,
    mut give: impl FnMut(AttestedFile) -> Result<(), AppError>,
) -> Result<AttestReport, AppError> {
    let mut tx = store.read().await?;
    let months = months_of(&mut tx, clock, request).await?;
    let people = match &request.who {
        Some(wanted) => vec![find_person(&mut tx, actor, wanted).await?.beneficiary],
        None => people_with_aids(&mut tx, months, request).await?,
    };
    drop(tx);
    let mut report = AttestReport::default();
    for (rank, batch) in people.chunks(BATCH).enumerate() {
        progress("attestations", (rank * BATCH) as u64, people.len() as u64);
        for file in attest_some(store, clock, actor, batch, months, request.basis, &mut report).await? {
            give(file)?;
        }
    }
    progress("attestations", people.len() as u64, people.len() as u64);
    if let (Some(_), Some((_, why))) = (&request.who, report.refusees.first()) {
        return Err(AppError::Refused(why.clone()));
    }
    if request.who.is_some() && report.sans_identite > 0 {
        return Err(AppError::Refused("l'identité de cette personne a été effacée".into()));
    }
    Ok(report)
}

/// The months asked, else those of the year, up to today's.
pub(super) async fn months_of(
    tx: &mut Tx,
    clock: Clock,
    request: &AttestRequest,
) -> Result<(Month, Month), AppError> {
    let today = clock.today(&tx.info().await?.zone)?.month();
    let (first, last) = match request.months {
        Some((first, last)) if last < first => {
            return Err(AppError::Usage(format!("la période finit avant de commencer : {first} – {last}")));
        }
        Some(months) => months,
        None => {
            let year = super::state::year_asked(tx, request.year).await?;
            (year.first, if year.holds(today) { today } else { year.last })
        }
    };
    if last > today {
        return Err(AppError::Refused(format!(
            "{} n'est pas encore là : on n'atteste que de ce qui est passé",
            last.in_words()
        )));
    }
    Ok((first, last))
}

/// The month in which an aid counts, if it counts.
fn month_of(fact: &FactRow, basis: DateKind) -> Option<Month> {
    match basis {
        DateKind::Payment => fact.paid_on.map(Date::month),
        DateKind::Right | DateKind::Decision => Some(fact.month),
    }
}

/// Returns everyone with an aid in the period, by number: those of the dispositif and of the site asked.
pub(super) async fn people_with_aids(
    tx: &mut Tx,
    (first, last): (Month, Month),
    request: &AttestRequest,
) -> Result<Vec<i64>, AppError> {
    let dispositif = key_asked(tx, "dispositif", request.dispositif.as_deref()).await?;
    key_asked(tx, "site", request.site.as_deref()).await?;
    let (mut people, mut in_parts) = (Vec::new(), Vec::new());
    let counts = |fact: &FactRow| {
        month_of(fact, request.basis).is_some_and(|month| (first..=last).contains(&month))
            && dispositif.is_none_or(|dispositif| fact.dispositif == dispositif)
    };
    tx.each_living_fact(|fact| {
        if counts(&fact) {
            people.push(fact.beneficiary);
        } else if fact.is_in_parts() {
            in_parts.push(fact);
        }
    })
    .await?;
    let later = tx.in_parts(in_parts).await?;
    people.extend(later.iter().filter(|part| counts(part)).map(|part| part.beneficiary));
    people.sort_unstable();
    people.dedup();
    let keys: Vec<Value> = people.iter().map(|person| (*person).into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&keys).await?.into_iter().collect();
    if let Some(site) = &request.site {
        let numbers: Vec<Value> = numbers.values().map(Into::into).collect();
        let mut of_site = tx.identities(&numbers).await?;
        of_site.retain(|stored| stored.identity.site == *site);
        let of_site: FxHashSet<i64> = of_site.iter().map(|stored| stored.beneficiary).collect();
        people.retain(|person| of_site.contains(person));
    }
    people.sort_by(|a, b| numbers.get(a).cmp(&numbers.get(b)));
    Ok(people)
}

/// Returns the key of a code that is asked for.
async fn key_asked(tx: &mut Tx, table: &str, asked: Option<&str>) -> Result<Option<u32>, AppError> {
    let Some(code) = asked else { return Ok(None) };
    let known = tx.dictionary(table).await?;
    known.keys.get(code).copied().map(Some).ok_or_else(|| {
        let codes: Vec<&str> = known.keys.keys().map(String::as_str).collect();
        AppError::Refused(format!("{table} {}", unknown(code, &codes)))
    })
}

/// The lot after which everything is in.
pub(super) const LAST_LOT: i64 = i64::MAX;

/// The codes, labels and days behind the keys of aids.
pub(super) struct Names {
    dispositifs: Dictionary,
    payers: Dictionary,
    payer_of: FxHashMap<u32, u32>,
    imported_to: FxHashMap<u32, (Date, Option<Date>)>,
    structure: (String, Option<String>),
    head: (i64, ChainHead),
}

impl Names {
    /// Loads them as they were once a lot was in.
    pub(super) async fn load(tx: &mut Tx, lot: i64) -> Result<Names, AppError> {
        let info = tx.info().await?;
        let mut imported_to = FxHashMap::default();
        for (payer, at, paid) in tx.reach_of_payers(lot).await? {
            let local = local(&at, &info.zone);
            let day = local.get(..10).and_then(Date::parse);
            let day = day.ok_or_else(|| AppError::Machine(format!("instant {at}")))?;
            imported_to.insert(payer, (day, paid));
        }
        let head = tx.chain_head().await?.0;
        Ok(Names {
            dispositifs: tx.dictionary("dispositif").await?,
            payers: tx.dictionary("payer").await?,
            payer_of: tx.all_terms().await?.into_iter().map(|(key, keys, _)| (key, keys[2])).collect(),
            imported_to,
            structure: (info.name, info.siren),
            head: (head, head_of(tx, head).await?),
        })
    }

    fn payer(&self, key: u32) -> Result<AttestedPayer, AppError> {
        let code = self.payers.code(key)?.to_string();
        let known_by = match self.imported_to.get(&key) {
            Some((imported, paid)) if code != STRUCTURE => KnownBy::Returns(*imported, *paid),
            _ => KnownBy::Itself,
        };
        Ok(AttestedPayer { label: self.payers.label(key)?.to_string(), code, known_by })
    }

    /// Makes the content of a person's attestation, without its number, day and head.
    pub(super) fn content(
        &self,
        who: &StoredIdentity,
        facts: &[FactRow],
        (first, last): (Month, Month),
        basis: DateKind,
    ) -> Result<AttestationContent, AppError> {
        let mut aids = Vec::new();
        let (mut dispositifs, mut payers) = (FxHashSet::default(), FxHashSet::default());
        for fact in facts {
            let Some(month) = month_of(fact, basis).filter(|month| (first..=last).contains(month)) else {
                continue;
            };
            let payer = self.payer_of.get(&fact.terms).copied();
            let payer = payer.ok_or_else(|| AppError::Machine(format!("modalités {}", fact.terms)))?;
            dispositifs.insert(fact.dispositif);
            payers.insert(payer);
            aids.push(AttestedAid {
                month,
                dispositif: self.dispositifs.code(fact.dispositif)?.to_string(),
                payer: self.payers.code(payer)?.to_string(),
                paid_on: fact.paid_on,
                amount: fact.amount,
            });
        }
        if aids.is_empty() {
            // Who says that there is no aid has read somebody's returns.
            payers = self.imported_to.keys().copied().collect();
        }
        let dispositifs: Result<Vec<AttestedDispositif>, AppError> = dispositifs
            .into_iter()
            .map(|key| {
                Ok(AttestedDispositif {
                    code: self.dispositifs.code(key)?.to_string(),
                    label: self.dispositifs.label(key)?.to_string(),
                })
            })
            .collect();
        let payers: Result<Vec<AttestedPayer>, AppError> =
            payers.into_iter().map(|key| self.payer(key)).collect();
        Ok(AttestationContent {
            number: String::new(),
            dated: first.first_day(),
            structure: self.structure.0.clone(),
            siren: self.structure.1.clone(),
            person: AttestedPerson {
                number: who.identity.number.clone(),
                last_name: who.identity.last_name.clone(),
                first_name: who.identity.first_name.clone(),
                born_on: who.identity.born_on,
            },
            first,
            last,
            basis,
            dispositifs: dispositifs?,
            payers: payers?,
            aids,
            head: ChainHead { entry: String::new(), seal: String::new() },
        })
    }
}

/// Returns what attestations of these people are made of: their living aids, cut by their payments.
pub(super) async fn facts_of(tx: &mut Tx, people: &[Value]) -> Result<Vec<FactRow>, AppError> {
    let living = tx.living_facts(people).await?;
    Ok(tx.in_parts(living).await?)
}

/// Returns the digest of what an attestation would say today of the same request; none where the
/// person is erased.
pub(super) async fn facts_today(tx: &mut Tx, issued: &IssuedAttestation) -> Result<Option<Digest>, AppError> {
    let key = [Value::from(issued.beneficiary)];
    let numbers: Vec<Value> =
        tx.numbers_by_key(&key).await?.iter().map(|(_, number)| number.into()).collect();
    let Some(who) = tx.identities(&numbers).await?.pop() else { return Ok(None) };
    let names = Names::load(tx, LAST_LOT).await?;
    let facts = facts_of(tx, &key).await?;
    let content = names.content(&who, &facts, issued.months, issued.basis)?;
    Ok(Some(checked(content)?.fingerprint()))
}

/// Returns the name and the beginning of the seal of an entry of the chain; of none, zeros.
pub(super) async fn head_of(tx: &mut Tx, sequence: i64) -> Result<ChainHead, AppError> {
    Ok(match tx.entry_named(sequence).await? {
        Some((book, year, number, seal)) => ChainHead {
            entry: format!("{book}-{year}-{number:04}"),
            seal: beginning(&hex(&seal)).to_string(),
        },
        None => ChainHead { entry: "aucune".into(), seal: "00000000".into() },
    })
}

/// Checks a content.
pub(super) fn checked(content: AttestationContent) -> Result<Attestation, AppError> {
    Attestation::new(content).map_err(|error| AppError::Machine(error.to_string()))
}

/// Says why an attestation cannot be issued. A number is given to what can be drawn, so that none is
/// missing from the register.
pub(super) fn refusal(attestation: &Attestation, first_open: Month) -> Option<String> {
    let content = attestation.content();
    if content.aids.is_empty() && content.first < first_open {
        let first_open = first_open.in_words();
        return Some(format!("aucune aide à attester : la base ne dit rien avant {first_open}"));
    }
    check_drawable(&attestation_paper(attestation)).err().map(|error| error.to_string())
}

struct Drawn {
    issued: IssuedAttestation,
    attestation: Attestation,
    person: String,
    again: bool,
    paper: Paper,
    pdf: Result<Vec<u8>, CannotDraw>,
}

async fn attest_some(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    people: &[i64],
    months: (Month, Month),
    basis: DateKind,
    report: &mut AttestReport,
) -> Result<Vec<AttestedFile>, AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let names = Names::load(&mut tx, LAST_LOT).await?;
    let info = tx.info().await?;
    let (at, today) = (clock.now(), clock.today(&info.zone)?);
    let keys: Vec<Value> = people.iter().map(|person| (*person).into()).collect();
    let numbers: Vec<Value> =
        tx.numbers_by_key(&keys).await?.iter().map(|(_, number)| number.into()).collect();
    let mut identities = tx.identities(&numbers).await?;
    identities.sort_by(|a, b| a.identity.number.cmp(&b.identity.number));
    report.sans_identite += (people.len() - identities.len()) as u64;
    let mut facts: FxHashMap<i64, Vec<FactRow>> = FxHashMap::default();
    for fact in facts_of(&mut tx, &keys).await? {
        facts.entry(fact.beneficiary).or_default().push(fact);
    }
    let first_open = tx.years().await?.first().first;
    let known = tx.attestations_of(&keys).await?;
    let mut next = tx.next_key(KeyOf::Attestation).await?;
    let mut wanted = Vec::new();
    for who in &identities {
        let own = facts.get(&who.beneficiary).map_or(&[] as &[FactRow], Vec::as_slice);
        let mut content = names.content(who, own, months, basis)?;
        let unnumbered = checked(content.clone())?;
        if let Some(why) = refusal(&unnumbered, first_open) {
            report.refusees.push((who.identity.number.clone(), why));
            continue;
        }
        let digest = unnumbered.fingerprint();
        let found = known.iter().find(|one| one.beneficiary == who.beneficiary && one.facts == digest);
        let issued = match found {
            Some(one) => one.clone(),
            None => {
                next += 1;
                IssuedAttestation {
                    id: next - 1,
                    number: format!("{PREFIX}{}-{:06}", today.year(), next - 1),
                    beneficiary: who.beneficiary,
                    months,
                    basis,
                    issued_on: today,
                    head: names.head.0,
                    facts: digest.to_vec(),
                    fingerprint: Vec::new(),
                    user: actor.name.clone(),
                    at: at.clone(),
                }
            }
        };
        content.number.clone_from(&issued.number);
        content.dated = issued.issued_on;
        content.head = match found {
            Some(one) => head_of(&mut tx, one.head).await?,
            None => names.head.1.clone(),
        };
        let attestation = checked(content)?;
        let issued = IssuedAttestation { fingerprint: attestation.fingerprint().to_vec(), ..issued };
        wanted.push((issued, attestation, who.identity.number.clone(), found.is_some()));
    }
    let shown: Vec<i64> = wanted.iter().map(|(issued, ..)| issued.beneficiary).collect();
    note_views_within(&mut tx, clock, actor, &shown, View::Attestation).await?;
    let drawn = draw(wanted, info.trial.then_some(TRIAL));
    let files = register(&mut tx, drawn, report).await?;
    if !files.is_empty() {
        let detail = format!("{} de {} à {}", files.len(), months.0, months.1);
        tx.log(&at, &actor.name, claimed, "attester", &detail).await?;
    }
    tx.commit().await?;
    Ok(files)
}

/// Draws attestations on both cores.
fn draw(
    wanted: Vec<(IssuedAttestation, Attestation, String, bool)>,
    warning: Option<&'static str>,
) -> Vec<Drawn> {
    let one = |(issued, attestation, person, again): (IssuedAttestation, Attestation, String, bool)| {
        let paper = Paper { warning: warning.map(str::to_string), ..attestation_paper(&attestation) };
        let pdf = render_pdf(&paper);
        Drawn { issued, attestation, person, again, paper, pdf }
    };
    let share = wanted.len().div_ceil(DRAWING).max(1);
    let mut wanted = wanted.into_iter();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..DRAWING)
            .map(|_| {
                let own: Vec<_> = wanted.by_ref().take(share).collect();
                scope.spawn(move || own.into_iter().map(one).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("drawing does not panic")).collect()
    })
}

/// Writes in the register what could be drawn, and names its files.
async fn register(
    tx: &mut Tx,
    drawn: Vec<Drawn>,
    report: &mut AttestReport,
) -> Result<Vec<AttestedFile>, AppError> {
    let keys: Vec<Value> = drawn.iter().filter(|one| one.again).map(|one| one.issued.id.into()).collect();
    let given: FxHashSet<(i64, Vec<u8>)> = tx.attestation_files(&keys).await?.into_iter().collect();
    let (mut new, mut digests, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for one in drawn {
        let bytes = match one.pdf {
            Ok(bytes) => bytes,
            Err(error) => {
                report.refusees.push((one.person, error.to_string()));
                continue;
            }
        };
        let digest: Digest = Sha256::digest(&bytes).into();
        if !given.contains(&(one.issued.id, digest.to_vec())) {
            digests.push((one.issued.id, digest));
        }
        let name = file_name(&one.person, &one.issued.number);
        let (number, code) = (one.issued.number.clone(), one.attestation.code());
        if one.again {
            report.reeditions += 1;
        } else {
            report.nouvelles += 1;
            new.push(one.issued);
        }
        files.push(AttestedFile { name, paper: one.paper, bytes, number, code, again: one.again });
    }
    tx.insert_attestations(&new, &digests).await?;
    Ok(files)
}

/// Returns a name for the file of an attestation.
pub(super) fn file_name(person: &str, number: &str) -> String {
    format!("{}_{number}.pdf", plain_name(person))
}
