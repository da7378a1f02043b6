//! One attestation, before it is issued and after: what it would say, what the register keeps of it, its
//! paper again.

use super::attest::{
    AttestRequest, AttestedFile, LAST_LOT, Names, PREFIX, checked, facts_of, file_name, head_of, months_of,
    refusal,
};
use super::clock::{Clock, local};
use super::error::AppError;
use super::letterhead::TRIAL;
use super::page::{Page, PageKey, page_size};
use super::person::find_person;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::{Date, Month};
use crate::documents::{Paper, attestation_draft, attestation_paper, render_pdf};
use crate::funding::DateKind;
use crate::ledger::seal::hex;
use crate::statements::Attestation;
use crate::store::{IssuedAttestation, Store, Tx, Value};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

/// What an attestation would say.
#[derive(Debug)]
pub struct AttestationPreview {
    /// Number of the person's file.
    pub person: String,
    /// Its first and last months.
    pub months: (Month, Month),
    /// What it would say, without the number that it does not have.
    pub paper: Paper,
    /// The attestation that says it already: its number, the day it was issued.
    pub issued: Option<(String, Date)>,
}

/// Says what an attestation of a person would say, without issuing it.
///
/// # Errors
/// When nobody answers to the number, the period is none, it cannot be issued, or the actor may not.
pub async fn preview_attestation(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    who: &str,
    request: &AttestRequest,
) -> Result<AttestationPreview, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Record).await?;
    let who = find_person(&mut tx, actor, who).await?;
    let months = months_of(&mut tx, clock, request).await?;
    let key = [Value::from(who.beneficiary)];
    let names = Names::load(&mut tx, LAST_LOT).await?;
    let facts = facts_of(&mut tx, &key).await?;
    let mut content = names.content(&who, &facts, months, request.basis)?;
    let attestation = checked(content.clone())?;
    if let Some(why) = refusal(&attestation, tx.years().await?.first().first) {
        return Err(AppError::Refused(why));
    }
    let digest = attestation.fingerprint();
    let known = tx.attestations_of(&key).await?;
    let issued = known.into_iter().find(|one| one.facts == digest).map(|one| (one.number, one.issued_on));
    content.dated = match &issued {
        Some((_, day)) => *day,
        None => clock.today(&tx.info().await?.zone)?,
    };
    let paper = attestation_draft(&checked(content)?);
    Ok(AttestationPreview { person: who.identity.number, months, paper, issued })
}

/// A line of the register.
#[derive(Clone, Debug)]
pub struct RegisteredAttestation {
    /// Its number.
    pub number: String,
    /// Number of the person's file, unless erased.
    pub person: Option<String>,
    /// Its first and last months.
    pub months: (Month, Month),
    /// The date that says in which month an aid counts.
    pub basis: DateKind,
    /// The day it is issued.
    pub issued_on: Date,
    /// The instant, as people of the structure read it.
    pub at: String,
    /// Who issued it.
    pub user: String,
    /// Its fingerprint, in hexadecimal.
    pub fingerprint: String,
    key: i64,
}

impl RegisteredAttestation {
    fn of(issued: IssuedAttestation, person: Option<String>, zone: &str) -> RegisteredAttestation {
        RegisteredAttestation {
            person,
            months: issued.months,
            basis: issued.basis,
            issued_on: issued.issued_on,
            at: local(&issued.at, zone),
            fingerprint: hex(&issued.fingerprint),
            number: issued.number,
            user: issued.user,
            key: issued.id,
        }
    }
}

/// Returns a page of the register, newest first: all of it, or what answers to the number of an
/// attestation or of a person.
///
/// # Errors
/// When the actor may not read it, or the key is that of another list.
pub async fn attestations_page(
    store: &Store,
    actor: &Actor,
    wanted: &str,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<Page<RegisteredAttestation>, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Read).await?;
    let limit = page_size(limit);
    let before = match after {
        None => i64::MAX,
        Some(_) => PageKey::row::<1>(after)?[0],
    };
    let zone = tx.info().await?.zone;
    let issued = match wanted {
        "" => tx.attestations_before(before, None, limit + 1).await?,
        number if is_number(number) => {
            tx.attestation_numbered(&number.to_uppercase()).await?.into_iter().collect()
        }
        person => match tx.identities(&[person.into()]).await?.pop() {
            Some(stored) => tx.attestations_before(before, Some(stored.beneficiary), limit + 1).await?,
            None => Vec::new(),
        },
    };
    let people: Vec<Value> = issued.iter().map(|one| one.beneficiary.into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&people).await?.into_iter().collect();
    let rows: Vec<RegisteredAttestation> = issued
        .into_iter()
        .map(|one| {
            let person = numbers.get(&one.beneficiary).cloned();
            RegisteredAttestation::of(one, person, &zone)
        })
        .collect();
    Ok(Page::new(rows, limit, after, |row| vec![row.key]))
}

/// Tells whether a text begins as the number of an attestation does.
fn is_number(text: &str) -> bool {
    text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// An attestation of the register.
#[derive(Debug)]
pub struct AttestationPage {
    /// What the register keeps of it.
    pub registered: RegisteredAttestation,
    /// What it says; none where the base no longer holds all of it: the person's name was changed or
    /// erased, or a label.
    pub paper: Option<Paper>,
    /// What is typed to verify it, where what it says is known.
    pub code: Option<String>,
}

/// Returns an attestation of the register, with what it says: made again from the book as it was when it
/// was issued, and shown only where its fingerprint is the one that was registered.
///
/// # Errors
/// When the actor may not read it, or no attestation has this number.
pub async fn attestation_page(
    store: &Store,
    actor: &Actor,
    number: &str,
) -> Result<AttestationPage, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Read).await?;
    let info = tx.info().await?;
    let issued = numbered(&mut tx, number).await?;
    let person = tx.numbers_by_key(&[issued.beneficiary.into()]).await?.pop().map(|(_, number)| number);
    let again = made_again(&mut tx, &issued).await?;
    Ok(AttestationPage {
        paper: again.as_ref().map(|attestation| paper_of(attestation, info.trial)),
        code: again.as_ref().map(Attestation::code),
        registered: RegisteredAttestation::of(issued, person, &info.zone),
    })
}

/// Gives out an attestation of the register once more: the same bytes, as long as the program draws them so.
///
/// # Errors
/// When the actor may not read it, no attestation has this number, or the base no longer holds what it says.
pub async fn attestation_again(store: &Store, actor: &Actor, number: &str) -> Result<AttestedFile, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Read).await?;
    let trial = tx.info().await?.trial;
    let issued = numbered(&mut tx, number).await?;
    let attestation = made_again(&mut tx, &issued).await?.ok_or_else(|| {
        AppError::Refused(format!(
            "l'attestation {number} ne peut plus être imprimée : ce qu'elle disait de la personne a changé depuis, ou a été effacé. L'exemplaire remis reste authentique."
        ))
    })?;
    let given = tx.attestation_files(&[issued.id.into()]).await?;
    drop(tx);
    let paper = paper_of(&attestation, trial);
    let bytes = render_pdf(&paper).map_err(|error| AppError::Refused(error.to_string()))?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    if !given.iter().any(|(_, known)| *known == digest) {
        // Another version of the program draws it otherwise: this file too is to be recognised.
        let mut tx = store.write().await?;
        if tx.attestation_of_file(&digest).await?.is_none() {
            tx.insert_attestations(&[], &[(issued.id, digest)]).await?;
        }
        tx.commit().await?;
    }
    let name = file_name(&attestation.content().person.number, &issued.number);
    Ok(AttestedFile { name, paper, bytes, code: attestation.code(), number: issued.number, again: true })
}

fn paper_of(attestation: &Attestation, trial: bool) -> Paper {
    Paper { warning: trial.then(|| TRIAL.to_string()), ..attestation_paper(attestation) }
}

async fn numbered(tx: &mut Tx, number: &str) -> Result<IssuedAttestation, AppError> {
    let found = tx.attestation_numbered(&number.to_uppercase()).await?;
    found.ok_or_else(|| AppError::Refused(format!("aucune attestation {number} dans le registre")))
}

/// Makes an attestation again from the book as it was when it was issued: none where its fingerprint is
/// not the registered one.
pub(super) async fn made_again(
    tx: &mut Tx,
    issued: &IssuedAttestation,
) -> Result<Option<Attestation>, AppError> {
    let key = [Value::from(issued.beneficiary)];
    let numbers: Vec<Value> =
        tx.numbers_by_key(&key).await?.iter().map(|(_, number)| number.into()).collect();
    let Some(who) = tx.identities(&numbers).await?.pop() else { return Ok(None) };
    // A lot of aids writes an entry at least: the last one of that day tells which lots were in.
    let lot = tx.entry_at(issued.head).await?.map_or(0, |entry| entry.lot);
    let names = Names::load(tx, lot).await?;
    let facts = tx.facts_once(&key, lot).await?;
    let mut content = names.content(&who, &facts, issued.months, issued.basis)?;
    content.number.clone_from(&issued.number);
    content.dated = issued.issued_on;
    content.head = head_of(tx, issued.head).await?;
    let attestation = checked(content)?;
    Ok((attestation.fingerprint().as_slice() == issued.fingerprint).then_some(attestation))
}
