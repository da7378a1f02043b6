//! Cancelling: a lot or one aid, by counter-entries; its references are free again.

use super::aid_asked::AidAsked;
use super::answer::{Asked, answered, keep};
use super::book::Book;
use super::by_hand::find_aid;
use super::cancel_declarations::cancel_declarations;
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::general::reassign;
use super::import_assignments::name_conventions;
use super::import_envelopes::{end_overrun, no_aid};
use super::law::{LawInForce, law_in_force};
use super::rights::Right;
use super::undue::{part_of, recovered_to_envelopes};
use super::users::Actor;
use super::verify::SealedTerms;
use super::write_aids::envelope_axes;
use crate::balances::Changes;
use crate::calendar::Date;
use crate::funding::{Envelope, EnvelopeKey, Fact};
use crate::ledger::content::{AidContent, Origin};
use crate::money::Amount;
use crate::posting::{EVENT_NOTICE, EVENT_OVERRUN, OldLine, reverse};
use crate::store::{CancelledAid, KeyOf, LotRow, NewLot, Rows, SealedAid, Store, Tx, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// What a cancellation did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CancelReport {
    /// The lot of the counter-entries.
    pub lot: i64,
    /// The lot that was cancelled, if it was a whole one.
    pub annule: Option<i64>,
    /// How many aids, people or envelopes.
    pub nombre: u64,
    /// Their amount, where they have one.
    pub montant: Option<String>,
    /// How many counter-entries.
    pub ecritures: u64,
    /// Where nothing was posted: what is in force again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en_vigueur: Option<String>,
}

/// Undoes a lot by counter-entries.
///
/// # Errors
/// When there is no such lot, it is undone already, or something hangs on it: the message lists it.
pub async fn cancel_lot(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    lot: i64,
    reason: &str,
    asked: Option<&Asked>,
) -> Result<CancelReport, AppError> {
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let (new, report) = undo(&mut tx, clock, actor, lot, reason).await?;
    tx.next_generation().await?;
    tx.log(&new.at, &actor.name, claimed, "importer annuler", &format!("lot {lot} par le lot {}", new.id))
        .await?;
    keep(&mut tx, asked, &report, &new.at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Says what undoing a lot would do: it is undone, and nothing of that is kept.
///
/// # Errors
/// As [`cancel_lot`].
pub async fn preview_cancel_lot(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    lot: i64,
) -> Result<CancelReport, AppError> {
    let mut tx = store.write().await?;
    actor.may(&mut tx, Right::Record).await?;
    Ok(undo(&mut tx, clock, actor, lot, "aperçu").await?.1)
}

/// Undoes a lot within a transaction, by a new lot.
async fn undo(
    tx: &mut Tx,
    clock: Clock,
    actor: &Actor,
    lot: i64,
    reason: &str,
) -> Result<(NewLot, CancelReport), AppError> {
    let lots = tx.lots().await?;
    let old = lots
        .iter()
        .find(|old| old.id == lot)
        .ok_or_else(|| AppError::Refused(format!("lot {lot} inconnu (denier importer lister)")))?;
    if let Some(by) = lots.iter().find(|other| other.cancels == Some(lot)) {
        return Err(AppError::Refused(format!("le lot {lot} est déjà annulé, par le lot {}", by.id)));
    }
    if old.kind == "annulation" {
        return Err(AppError::Refused(
            "une annulation ne s'annule pas : importez de nouveau le fichier".into(),
        ));
    }
    let new = new_lot(tx, clock, actor, Some(old), "", reason).await?;
    let report = match old.kind.as_str() {
        "aides" => {
            let aids = tx.living_aids_of_lot(lot).await?;
            if aids.is_empty() {
                return Err(AppError::Refused(format!("toutes les aides du lot {lot} sont déjà annulées")));
            }
            cancel_aids(tx, &new, &aids).await?
        }
        "enveloppes" => cancel_envelopes(tx, &new, lot).await?,
        "beneficiaires" => cancel_people(tx, &new, lot).await?,
        "fec" => cancel_fec(tx, &new, lot).await?,
        "parcours" | "declarations" | "aides-ailleurs" => cancel_declarations(tx, &new, lot).await?,
        "affectation" => cancel_assignments(tx, &new).await?,
        "versement" | "indu" | "recouvrement" => {
            return Err(AppError::Refused(format!(
                "le lot {lot} ({}) s'annule avec l'aide entière (denier aide annuler)",
                old.file
            )));
        }
        other => return Err(AppError::Refused(format!("un lot de genre « {other} » ne s'annule pas"))),
    };
    Ok((new, CancelReport { annule: Some(lot), ..report }))
}

/// Cancels a living aid, with all that was done of it by hand.
///
/// # Errors
/// When there is none, several bear the reference, or the one of the key is cancelled already.
pub async fn cancel_aid(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    wanted: &AidAsked,
    reason: &str,
    asked: Option<&Asked>,
) -> Result<CancelReport, AppError> {
    let mut tx = store.write().await?;
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let unknown = || AppError::Refused(format!("aucune aide vivante ne porte la référence « {wanted} »"));
    let aid = find_aid(&mut tx, wanted).await?.ok_or_else(unknown)?;
    let new = new_lot(&mut tx, clock, actor, None, &format!("aide {}", aid.reference), reason).await?;
    let report = cancel_aids(&mut tx, &new, &[CancelledAid { fact: aid.fact, lot: aid.lot }]).await?;
    tx.next_generation().await?;
    let detail = format!("{} par le lot {}", aid.reference, new.id);
    tx.log(&new.at, &actor.name, claimed, "aide annuler", &detail).await?;
    keep(&mut tx, asked, &report, &new.at).await?;
    tx.commit().await?;
    Ok(report)
}

async fn new_lot(
    tx: &mut Tx,
    clock: Clock,
    actor: &Actor,
    old: Option<&LotRow>,
    about: &str,
    reason: &str,
) -> Result<NewLot, AppError> {
    if reason.trim().is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let source = match old {
        Some(old) => old.source,
        None => tx.ensure_codes("source", &[("denier/saisie", "")]).await?.keys["denier/saisie"],
    };
    let lot = NewLot {
        id: tx.next_key(KeyOf::Lot).await?,
        kind: "annulation",
        source,
        file: about.to_string(),
        at: clock.now(),
        user: actor.name.clone(),
        cancels: old.map(|old| old.id),
        reason: Some((reason.trim().to_string(), random_bytes::<16>()?.to_vec())),
        ..NewLot::default()
    };
    tx.insert_lot(&lot).await?;
    Ok(lot)
}

/// Takes a provisional FEC away; the one that it had replaced is in force again, assigned by the rules
/// of today.
async fn cancel_fec(tx: &mut Tx, new: &NewLot, lot: i64) -> Result<CancelReport, AppError> {
    let versions = tx.fec_versions().await?;
    let Some(version) = versions.iter().find(|version| version.lot == lot) else {
        return Err(AppError::Refused(format!(
            "le FEC du lot {lot} est déjà remplacé : il n'y a rien à annuler"
        )));
    };
    if version.definitive {
        return Err(AppError::Refused(format!(
            "l'exercice {} est scellé par le lot {lot} : un FEC définitif ne s'annule pas",
            version.year
        )));
    }
    if versions.iter().any(|other| other.year == version.year && other.lot > lot) {
        return Err(AppError::Refused(format!(
            "le FEC du lot {lot} est déjà remplacé : annulez d'abord celui qui le remplace"
        )));
    }
    tx.remove_fec(lot).await?;
    reassign(tx, None).await?;
    let back = versions.iter().rfind(|other| other.year == version.year && other.lot < lot);
    let in_force = match back {
        Some(back) => format!("le FEC du lot {} est de nouveau celui de {}", back.lot, version.year),
        None => format!("l'exercice {} reste ouvert, sans FEC", version.year),
    };
    Ok(CancelReport {
        lot: new.id,
        nombre: version.counts.1.unsigned_abs(),
        en_vigueur: Some(in_force),
        ..CancelReport::default()
    })
}

/// Goes back to the rules of who funds what that were in force before.
async fn cancel_assignments(tx: &mut Tx, new: &NewLot) -> Result<CancelReport, AppError> {
    if let Some(lot) = tx.assignment_lot().await? {
        let rules = tx.assignment_rules(lot).await?;
        name_conventions(tx, &rules).await?;
    }
    let done = reassign(tx, None).await?;
    let lines = done.counts.iter().filter(|rule| rule.ordre.is_some()).map(|rule| rule.lignes).sum();
    let in_force = match tx.assignment_lot().await? {
        Some(lot) => format!("les règles du lot {lot} sont de nouveau en vigueur"),
        None => "aucune règle n'est plus en vigueur".to_string(),
    };
    Ok(CancelReport { lot: new.id, nombre: lines, en_vigueur: Some(in_force), ..CancelReport::default() })
}

async fn cancel_aids(tx: &mut Tx, new: &NewLot, aids: &[CancelledAid]) -> Result<CancelReport, AppError> {
    let in_force = law_in_force(tx).await?;
    let cancelled: FxHashSet<i64> = aids.iter().map(|aid| aid.fact.aid).collect();
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares().await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    for aid in aids {
        shares.entry(aid.fact.aid).or_insert_with(|| vec![(aid.fact.axes, aid.fact.amount)]);
    }
    let mut book = Book::open(tx, new).await?;
    let sealed = sealed_aids(tx, &cancelled).await?;
    let terms = SealedTerms::load(tx).await?;
    let content = |aid: i64| -> (Origin<'_>, AidContent<'_>) { terms.content(&sealed[&aid]) };
    let aid_keys: Vec<Value> = aids.iter().map(|aid| aid.fact.aid.into()).collect();
    let mut lots: Vec<i64> = aids.iter().map(|aid| aid.lot).collect();
    // What was paid, found undue or recovered by hand is undone with the aid.
    lots.extend(tx.later_lots(&aid_keys).await?);
    lots.sort_unstable();
    lots.dedup();
    let mut reversals = Vec::new();
    for lot in lots {
        for old in tx.entries_of_lot(lot).await? {
            let lines: &[OldLine] = &old.lines;
            if lines.iter().any(|line| cancelled.contains(&line.aid)) {
                let inverse = in_force.schemes.inverse(&old.event).to_string();
                let entries =
                    reverse(&inverse, old.date, old.sequence, lines, |aid| cancelled.contains(&aid));
                let number = terms.entry_number(old.sequence);
                reversals.extend(entries.into_iter().map(|entry| (entry, number)));
            }
        }
    }
    // What was paid comes back before what was granted is cancelled: the last entries first.
    let first = book.sequence();
    for (entry, number) in reversals.iter().rev() {
        book.take(entry, *number, None, content);
    }
    let given = given_back(tx, aids, &shares).await?;
    give_back(tx, &in_force, &mut book, given).await?;
    let count = (book.sequence() - first).unsigned_abs();
    counts_without(tx, &in_force, &mut book.changes, aids, &cancelled, &shares).await?;
    let mut rows = Rows::cancellations(tx);
    aids.iter().for_each(|aid| rows.push([Value::Int(aid.fact.aid), Value::Int(new.id)]));
    rows.append_to(tx).await?;
    tx.forget_unpaid(&aid_keys).await?;
    free(tx, aids).await?;
    book.entries.take().append_to(tx).await?;
    book.lines.take().append_to(tx).await?;
    tx.add_changes(&book.changes).await?;
    let sum: Amount = aids.iter().map(|aid| aid.fact.amount).sum();
    Ok(CancelReport {
        lot: new.id,
        annule: None,
        nombre: aids.len() as u64,
        montant: Some(sum.to_plain()),
        ecritures: count,
        ..CancelReport::default()
    })
}

/// Returns what these aids still hold of their envelopes, with the last day on which one took it: what was
/// recovered came back before.
async fn given_back(
    tx: &mut Tx,
    aids: &[CancelledAid],
    shares: &FxHashMap<i64, Vec<(u32, Amount)>>,
) -> Result<FxHashMap<EnvelopeKey, (Amount, Date)>, AppError> {
    let axes = tx.axes().await?;
    let back = recovered_to_envelopes(tx).await?;
    let mut given: FxHashMap<EnvelopeKey, (Amount, Date)> = FxHashMap::default();
    for aid in aids {
        for (key, amount) in &shares[&aid.fact.aid] {
            let axes = &axes[key];
            if axes.envelope_year != 0 {
                let key = EnvelopeKey {
                    dispositif: axes.dispositif,
                    funder: axes.funder,
                    year: axes.envelope_year,
                };
                let day = crate::posting::grant_day(aid.fact.decided_on, aid.fact.month);
                let (sum, last) = given.entry(key).or_insert((Amount::ZERO, day));
                let back = back.get(&aid.fact.aid).copied().unwrap_or_default();
                *sum += *amount - part_of(*amount, aid.fact.amount, back);
                *last = day.max(*last);
            }
        }
    }
    Ok(given)
}

/// Gives envelopes back these amounts, and ends the overruns that are none any more, on these days at the
/// earliest.
pub(super) async fn give_back(
    tx: &mut Tx,
    in_force: &LawInForce,
    book: &mut Book,
    given: FxHashMap<EnvelopeKey, (Amount, Date)>,
) -> Result<(), AppError> {
    let mut envelopes: FxHashMap<EnvelopeKey, Envelope> = tx.envelopes().await?.into_iter().collect();
    let mut given: Vec<_> = given.into_iter().collect();
    given.sort_unstable_by_key(|(key, _)| *key);
    for (key, (sum, day)) in given {
        let envelope = envelopes.entry(key).or_default();
        envelope.consumed -= sum;
        let axes = envelope_axes(tx, key).await?;
        // An overrun does not end before the day on which it was found.
        let found = tx.last_day_of(EVENT_OVERRUN, axes).await?;
        end_overrun(book, in_force, axes, found.map_or(day, |found| found.max(day)), envelope);
        tx.set_envelope(key, *envelope).await?;
    }
    Ok(())
}

/// Takes these aids out of the maintained totals.
async fn counts_without(
    tx: &mut Tx,
    in_force: &LawInForce,
    changes: &mut Changes,
    aids: &[CancelledAid],
    cancelled: &FxHashSet<i64>,
    shares: &FxHashMap<i64, Vec<(u32, Amount)>>,
) -> Result<(), AppError> {
    let law = &in_force.law;
    let keys = super::context::FactKeys::load(tx, law).await?;
    let years = tx.years().await?;
    for part in tx.in_parts(aids.iter().map(|aid| aid.fact).collect()).await? {
        let fact = keys.fact(law, &part)?;
        match shares[&part.aid].as_slice() {
            [(axes, _)] => changes.aid(&fact, *axes, part.nature, -part.amount),
            several => {
                several.iter().for_each(|(axes, amount)| changes.aid(&fact, *axes, part.nature, -*amount));
            }
        }
    }
    let mut people: Vec<i64> = aids.iter().map(|aid| aid.fact.beneficiary).collect();
    people.sort_unstable();
    people.dedup();
    let values: Vec<Value> = people.iter().map(|person| (*person).into()).collect();
    let mut by_person: FxHashMap<i64, Vec<(i64, Fact)>> = FxHashMap::default();
    let rows = tx.living_facts(&values).await?;
    for row in tx.in_parts(rows).await? {
        by_person.entry(row.beneficiary).or_default().push((row.aid, keys.fact(law, &row)?));
    }
    for facts in by_person.values() {
        let after = facts.iter().filter(|(aid, _)| !cancelled.contains(aid)).map(|(_, fact)| fact);
        changes.person(&years, &keys.dispositif_keys, facts.iter().map(|(_, fact)| fact), after);
    }
    Ok(())
}

async fn sealed_aids(tx: &mut Tx, wanted: &FxHashSet<i64>) -> Result<FxHashMap<i64, SealedAid>, AppError> {
    let keys: Vec<Value> = wanted.iter().map(|aid| (*aid).into()).collect();
    Ok(tx.sealed_aids(&keys).await?.into_iter().map(|aid| (aid.id, aid)).collect())
}

async fn free(tx: &mut Tx, aids: &[CancelledAid]) -> Result<(), AppError> {
    let sources: FxHashMap<i64, u32> = tx.lots().await?.into_iter().map(|lot| (lot.id, lot.source)).collect();
    let lot_of: FxHashMap<i64, i64> = aids.iter().map(|aid| (aid.fact.aid, aid.lot)).collect();
    let keys: Vec<Value> = aids.iter().map(|aid| aid.fact.aid.into()).collect();
    let mut by_source: FxHashMap<u32, Vec<Value>> = FxHashMap::default();
    for (aid, reference) in tx.references_of(&keys).await? {
        by_source.entry(sources[&lot_of[&aid]]).or_default().push((&reference).into());
    }
    for (source, references) in by_source {
        tx.free_references(source, &references).await?;
    }
    Ok(())
}

async fn cancel_envelopes(tx: &mut Tx, new: &NewLot, lot: i64) -> Result<CancelReport, AppError> {
    let in_force = law_in_force(tx).await?;
    let notices: Vec<_> =
        tx.notices().await?.into_iter().filter(|notice| notice.lot == lot && !notice.cancelled).collect();
    let axes = tx.axes().await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut envelopes: FxHashMap<EnvelopeKey, Envelope> = tx.envelopes().await?.into_iter().collect();
    let mut book = Book::open(tx, new).await?;
    let terms = SealedTerms::load(tx).await?;
    let mut short = Vec::new();
    let mut sum = Amount::ZERO;
    for notice in &notices {
        let own = &axes[&notice.axes];
        let key = EnvelopeKey { dispositif: own.dispositif, funder: own.funder, year: own.envelope_year };
        let envelope = envelopes.entry(key).or_default();
        envelope.notified -= notice.amount;
        sum += notice.amount;
        if envelope.notified < Amount::ZERO || envelope.consumed > envelope.notified + envelope.overrun {
            short.push(format!(
                "{} {} : {} déjà accordés",
                dispositifs.code(key.dispositif)?,
                key.year,
                envelope.consumed.to_euros()
            ));
            continue;
        }
        let old = tx.entry_lines(notice.entry).await?;
        let header = crate::ledger::EntryHeader {
            book: crate::ledger::Book::Aids,
            date: notice.notified_on,
            event: in_force.schemes.inverse(EVENT_NOTICE).to_string(),
            reverses: Some(notice.entry),
        };
        let lines = old
            .iter()
            .map(|old| crate::ledger::Line {
                account: old.account,
                axes: old.axes,
                aid: 0,
                amount: -old.amount,
            })
            .collect();
        let entry =
            crate::ledger::Entry::new(header, lines).map_err(|error| AppError::Machine(error.to_string()))?;
        book.take(&entry, terms.entry_number(notice.entry), None, no_aid);
        tx.set_envelope(key, *envelope).await?;
        tx.cancel_notice(notice.id, new.id).await?;
        tx.free_references(new.source, &[(&notice.reference).into()]).await?;
    }
    if !short.is_empty() {
        return Err(AppError::Refused(format!(
            "des aides sont accordées sur ces enveloppes ; annulez-les d'abord :\n  {}",
            short.join("\n  ")
        )));
    }
    book.entries.take().append_to(tx).await?;
    book.lines.take().append_to(tx).await?;
    tx.add_changes(&book.changes).await?;
    let count = notices.len() as u64;
    Ok(CancelReport {
        lot: new.id,
        annule: None,
        nombre: count,
        montant: Some(sum.to_plain()),
        ecritures: count,
        ..CancelReport::default()
    })
}

async fn cancel_people(tx: &mut Tx, new: &NewLot, lot: i64) -> Result<CancelReport, AppError> {
    let held = tx.people_held_by_aids(lot).await?;
    let declared = tx.people_held_by_declarations(lot).await?;
    for (held, what) in [(held, "des aides vivantes sont"), (declared, "des déclarations sont")] {
        if !held.is_empty() {
            let shown = held.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let more =
                if held.len() > 10 { format!(" et {} autres", held.len() - 10) } else { String::new() };
            return Err(AppError::Refused(format!(
                "{what} au nom de ces personnes : {shown}{more} ; annulez-les d'abord"
            )));
        }
    }
    if tx.identities_changed_since(lot).await? > 0 {
        return Err(AppError::Refused(
            "un lot plus récent a modifié ces personnes : annulez-le d'abord".into(),
        ));
    }
    let (gone, restored) = tx.undo_identities(lot).await?;
    Ok(CancelReport { lot: new.id, nombre: gone + restored, ..CancelReport::default() })
}
