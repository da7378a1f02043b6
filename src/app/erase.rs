//! Erasing who a person is, once the time for which it must be kept is over. The books do not move.

use super::clock::Clock;
use super::error::AppError;
use super::law::retention_in_force;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::Date;
use crate::money::Amount;
use crate::rules::LastAid;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Erased, Store, Tx, Value};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// What was erased, or would be.
#[derive(Clone, Debug, Serialize)]
pub struct EraseReport {
    /// The person's pseudonym in the book, which stays.
    pub pseudonyme: String,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The last day on which the identity had to be kept.
    pub conserve_jusqu_au: String,
    /// The code of the duration that said so.
    pub regle: String,
    /// What goes: its French name and how many.
    pub efface: Vec<(&'static str, u64)>,
    /// What stays under the pseudonym: its French name and how many.
    pub conserve: Vec<(&'static str, u64)>,
    /// What is left to be done for it to be found nowhere; none with `--a-blanc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarque: Option<&'static str>,
}

/// Said where somebody still reads the base as it was before.
const STILL_READ: &str = "la base était en cours de lecture : ce qui vient d'être effacé se lit encore dans le journal à côté de son fichier (-wal), jusqu'à l'arrêt de Denier ou au prochain effacement";

/// Until when a person's identity must be kept, and why.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The last day.
    pub until: Date,
    /// The last day that counts among the person's aids and what was learnt of them.
    pub last: Date,
    /// Code of the duration.
    pub code: String,
    /// Its label.
    pub label: String,
    /// Its label and its source.
    pub why: String,
    /// What they still owe: number of the undue, and what is left of it.
    pub owed: Option<(i64, Amount)>,
}

/// Erases a person: identity, earlier identities, and the free texts that are theirs alone. Their aids,
/// entries, seals and attestations stay, under the pseudonym. With `dry_run`, tells what would go.
///
/// # Errors
/// When nobody has this number, the reason is empty, the actor is no director, the identity must still be
/// kept (`conservation_en_cours`), or something is left to recover from the person (`indu_a_recouvrer`).
pub async fn erase_person(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    number: &str,
    reason: &str,
    dry_run: bool,
) -> Result<EraseReport, AppError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Direct).await?;
    // A beginning of a name is good enough to look, never to erase.
    let found = tx.identities(&[number.into()]).await?.pop().ok_or_else(|| {
        AppError::Refused(format!("aucun bénéficiaire n'a le numéro « {number} » (numero_inconnu)"))
    })?;
    let person = found.beneficiary;
    let today = clock.today(&tx.info().await?.zone)?;
    let kept = kept_of(&mut tx, &[(person, number.to_string())]).await?.remove(&person);
    let kept = kept.ok_or_else(|| AppError::Machine(format!("personne {person} sans lot")))?;
    if today <= kept.until {
        return Err(AppError::Refused(format!(
            "l'identité de {number} doit être gardée jusqu'au {} ({}) : elle pourra être effacée le {} (conservation_en_cours)",
            kept.until.to_french(),
            kept.why,
            kept.until.morrow().to_french()
        )));
    }
    if let Some((undue, left)) = kept.owed {
        return Err(AppError::Refused(format!(
            "{number} doit encore {} de l'indu n° {undue} : il se recouvre, ou s'admet en non-valeur, avant d'effacer (indu_a_recouvrer)",
            left.to_euros()
        )));
    }
    let pseudonym = tx.pseudonym(person).await?;
    let aids = tx.aids_of_person(person).await?.len() as u64;
    let attestations = tx.attestations_of(&[person.into()]).await?.len() as u64;
    let views = tx.views_of(person).await?.len() as u64;
    // The preview is what will be done, done and given up.
    let erased = tx.erase(person, number, &found.identity.last_name).await?;
    let mut report = EraseReport {
        pseudonyme: pseudonym.clone(),
        a_blanc: dry_run,
        conserve_jusqu_au: kept.until.to_string(),
        regle: kept.code,
        efface: named(&erased),
        conserve: vec![("aides", aids), ("attestations", attestations), ("consultations", views)],
        remarque: None,
    };
    if dry_run {
        return Ok(report);
    }
    tx.next_generation().await?;
    let detail = format!("{pseudonym} : {reason}");
    tx.log(&clock.now(), &actor.name, claimed, "beneficiaire effacer", &detail).await?;
    tx.commit().await?;
    report.remarque = (!store.forget_journal().await?).then_some(STILL_READ);
    Ok(report)
}

fn named(erased: &Erased) -> Vec<(&'static str, u64)> {
    let all = [
        ("identité", erased.identities),
        ("identités précédentes", erased.identities_before),
        ("créanciers", erased.payees),
        ("motifs de dérogation", erased.derogation_reasons),
        ("motifs de déclaration", erased.declaration_reasons),
        ("motifs de proposition", erased.proposal_reasons),
        ("motifs de refus", erased.refusal_reasons),
        ("motifs d'indu", erased.undue_reasons),
        ("motifs d'annulation", erased.cancellation_reasons),
        ("réponses gardées (--cle)", erased.answers),
    ];
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Returns the people whose identity must no longer be kept on a day, and who owe nothing, by number.
///
/// # Errors
/// When the base or a rule file fails.
pub async fn erasable(store: &Store, today: Date) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let people = tx.people_with_identity().await?;
    let kept = kept_of(&mut tx, &people).await?;
    let mut rows = Vec::new();
    for (person, number) in &people {
        let erasable = |kept: &&Kept| kept.until < today && kept.owed.is_none();
        let Some(kept) = kept.get(person).filter(erasable) else { continue };
        rows.push(vec![
            Cell::Text(number.clone()),
            Cell::Day(kept.last),
            Cell::Day(kept.until),
            Cell::Text(kept.label.clone()),
        ]);
    }
    let columns = vec![
        Column::new("numero", "Dossier", Kind::Text),
        Column::new("dernier_fait", "Dernier fait", Kind::Text),
        Column::new("conserve_jusqu_au", "À garder jusqu'au", Kind::Text),
        Column::new("regle", "Règle", Kind::Text),
    ];
    let title = format!("Identités à effacer, au {}", today.to_french());
    let notes = if rows.is_empty() { vec!["Aucune.".to_string()] } else { Vec::new() };
    Ok(Table { notes, ..Table::new(title, columns, rows) })
}

/// Returns until when the identity of each of these people must be kept.
pub(super) async fn kept_of(tx: &mut Tx, people: &[(i64, String)]) -> Result<FxHashMap<i64, Kept>, AppError> {
    let retention = retention_in_force(tx).await?;
    let years = tx.years().await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let funders = tx.dictionary("funder").await?;
    let keys: Vec<Value> = people.iter().map(|(person, _)| (*person).into()).collect();
    let mut aids: FxHashMap<i64, Vec<LastAid<'_>>> = FxHashMap::default();
    for row in tx.last_aids(&keys).await? {
        aids.entry(row.beneficiary).or_default().push(LastAid {
            dispositif: dispositifs.code(row.dispositif)?,
            funder: funders.code(row.funder)?,
            day: row.day,
        });
    }
    let mut facts: FxHashMap<i64, Date> = FxHashMap::default();
    for (person, day) in tx.last_facts(&keys).await? {
        facts.entry(person).and_modify(|last| *last = day.max(*last)).or_insert(day);
    }
    let mut owed: FxHashMap<i64, (i64, Amount)> = FxHashMap::default();
    for row in tx.owed_by(&keys).await? {
        owed.entry(row.beneficiary).or_insert((row.undue, row.left));
    }
    let mut kept = FxHashMap::default();
    for (person, last_fact) in facts {
        let own = aids.get(&person).map_or(&[] as &[LastAid<'_>], Vec::as_slice);
        let (until, duration) = retention.kept_until(own, last_fact, &years);
        let last = own.iter().map(|aid| aid.day).max().map_or(last_fact, |day| day.max(last_fact));
        kept.insert(
            person,
            Kept {
                until,
                last,
                code: duration.code.clone(),
                label: duration.label.clone(),
                why: duration.why(),
                owed: owed.remove(&person),
            },
        );
    }
    Ok(kept)
}
