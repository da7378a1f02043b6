//! A past year judged again under other rule files: who would change, by how much, which envelope
//! tips over. Nothing is written.

use super::context::{FactKeys, declared_of};
use super::error::AppError;
use super::law::law_in_force;
use super::report::Progress;
use super::rules::{RuleFiles, law_of_files};
use crate::calendar::{Date, FiscalYear};
use crate::funding::{Declared, Envelope, EnvelopeKey, Fact, Person};
use crate::money::Amount;
use crate::rules::{Case, Effect, Law, PastAid, Reason, State, evaluate, rejudge};
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{FactRow, Store, Tx, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// One aid that another law changes.
struct Change {
    aid: i64,
    beneficiary: i64,
    dispositif: u16,
    month: crate::calendar::Month,
    amount: Amount,
    would: Amount,
    effect: &'static str,
    reason: String,
}

/// What a dispositif comes to.
#[derive(Default)]
struct Sum {
    aids: i64,
    changed: i64,
    people: FxHashSet<i64>,
    before: Amount,
    after: Amount,
}

/// Judges again the aids whose month of right lies in a fiscal year, under other rule files
/// completed by those in force. Returns the sums, the envelopes and the changes.
///
/// # Errors
/// When the base has no such year, or the rules cannot be read.
pub async fn simulate_rules(
    store: &Store,
    files: impl Into<RuleFiles<'_>>,
    year: i16,
    progress: Progress<'_>,
) -> Result<Vec<Table>, AppError> {
    let files = files.into();
    let name = files.name();
    let mut tx = store.read().await?;
    let year =
        tx.years().await?.named(year).ok_or_else(|| {
            AppError::Refused(format!("l'exercice {year} n'est pas ouvert dans cette base"))
        })?;
    let in_force = law_in_force(&mut tx).await?;
    let old = &in_force.law;
    let (new, trial) = law_of_files(&mut tx, files).await?;
    let new = new.law;
    progress("lecture", 0, 0);
    let past = Past::load(&mut tx, old, &new).await?;
    let mut sums: BTreeMap<u16, Sum> = BTreeMap::new();
    let mut changes = Vec::new();
    let mut shifted: FxHashMap<EnvelopeKey, Amount> = FxHashMap::default();
    let total = past.rows.len() as u64;
    let mut done = 0;
    for same in past.rows.chunk_by(|a, b| a.beneficiary == b.beneficiary) {
        done += same.len() as u64;
        if done % 20_000 < same.len() as u64 {
            progress("simulation", done, total);
        }
        // An identity that was erased cannot be judged again.
        let Some(person) = past.people.get(&same[0].beneficiary) else { continue };
        if !same.iter().any(|row| year.holds(row.month)) {
            continue;
        }
        let then = past.aids(&past.old, old, person, same)?;
        let now = past.aids(&past.new, &new, person, same)?;
        for (rank, effect) in rejudge(old, &new, &then, &now).into_iter().enumerate() {
            let row = &same[rank];
            if !year.holds(row.month) {
                continue;
            }
            let (word, would) = match effect {
                Effect::Same => ("", row.amount),
                Effect::Refused => ("refusée", Amount::ZERO),
                Effect::Reduced(would) => ("réduite", would),
                Effect::Raised(would) => ("relevée", would),
                Effect::Admitted if past.derogated.contains(&row.aid) => ("sans dérogation", row.amount),
                Effect::Admitted => ("devient régulière", row.amount),
            };
            let sum = sums.entry(then[rank].case.dispositif).or_default();
            sum.aids += 1;
            sum.before += row.amount;
            sum.after += would;
            if effect == Effect::Same {
                continue;
            }
            sum.changed += 1;
            sum.people.insert(row.beneficiary);
            for (axes, gap) in past.shared_gap(row, would - row.amount) {
                if let Some(key) = past.envelope_of.get(&axes) {
                    *shifted.entry(*key).or_default() += gap;
                }
            }
            changes.push(Change {
                aid: row.aid,
                beneficiary: row.beneficiary,
                dispositif: then[rank].case.dispositif,
                month: row.month,
                amount: row.amount,
                would,
                effect: word,
                reason: reason(&new, &now[rank].case, &now[..rank]),
            });
        }
    }
    let title = format!("Simulation de {name} sur {}", year.code);
    let mut tables = vec![sums_table(&title, old, &new, &sums, year, trial)];
    if !changes.is_empty() {
        let mut people: Vec<Value> = changes.iter().map(|change| change.beneficiary.into()).collect();
        people.dedup();
        let numbers = tx.numbers_by_key(&people).await?.into_iter().collect();
        if !shifted.is_empty() {
            tables.push(envelopes_table(&mut tx, &shifted).await?);
        }
        tables.push(people_table(&numbers, &changes));
        tables.push(changes_table(&mut tx, old, &numbers, &changes).await?);
    }
    Ok(tables)
}

/// All that judging again must know, loaded in one moment.
struct Past {
    rows: Vec<FactRow>,
    people: FxHashMap<i64, Person>,
    requests: FxHashMap<i64, Date>,
    committees: FxHashMap<u32, bool>,
    envelope_of: FxHashMap<u32, EnvelopeKey>,
    derogated: FxHashSet<i64>,
    /// The shares of the aids that several funders finance.
    shares: FxHashMap<i64, Vec<(u32, Amount)>>,
    old: Sight,
    new: Sight,
}

/// What depends on the ranks of a law.
struct Sight {
    keys: FactKeys,
    declared: FxHashMap<i64, Declared>,
}

impl Past {
    async fn load(tx: &mut Tx, old: &Law, new: &Law) -> Result<Past, AppError> {
        let mut rows = Vec::new();
        tx.each_living_fact(|row| rows.push(row)).await?;
        let mut keys: Vec<Value> = rows.iter().map(|row: &FactRow| row.beneficiary.into()).collect();
        keys.dedup();
        let people = tx.people_by_key(&keys).await?.into_iter().map(|person| (person.id, person)).collect();
        let mut sights = Vec::new();
        for law in [old, new] {
            let fact_keys = FactKeys::load_trial(tx, law).await?;
            let declared = declared_of(tx, law, &fact_keys, &keys).await?;
            sights.push(Sight { keys: fact_keys, declared });
        }
        let new = sights.pop().expect("two laws");
        let old = sights.pop().expect("two laws");
        let terms = tx.all_terms().await?;
        let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
        for (aid, axes, amount) in tx.shares().await? {
            shares.entry(aid).or_default().push((axes, amount));
        }
        let envelope_of = tx
            .axes()
            .await?
            .into_iter()
            .filter(|(_, axes)| axes.envelope_year != 0)
            .map(|(key, axes)| {
                let (dispositif, funder, year) = (axes.dispositif, axes.funder, axes.envelope_year);
                (key, EnvelopeKey { dispositif, funder, year })
            })
            .collect();
        Ok(Past {
            rows,
            people,
            requests: tx.requests().await?.into_iter().collect(),
            committees: terms.into_iter().map(|(key, keys, _)| (key, keys[3] != 0)).collect(),
            envelope_of,
            shares,
            derogated: tx.derogation_uses().await?.into_iter().map(|one| one.aid).collect(),
            old,
            new,
        })
    }

    /// Returns what each funder's axes would bear of a gap: by its share of the aid, the last one the rest.
    fn shared_gap(&self, row: &FactRow, gap: Amount) -> Vec<(u32, Amount)> {
        let Some(shares) = self.shares.get(&row.aid) else { return vec![(row.axes, gap)] };
        let mut left = gap;
        let mut gaps = Vec::with_capacity(shares.len());
        for (rank, (axes, share)) in shares.iter().enumerate() {
            let product = i128::from(gap.centimes()) * i128::from(share.centimes());
            let part = product.checked_div(i128::from(row.amount.centimes())).unwrap_or(0);
            let part = match i64::try_from(part) {
                Ok(part) if rank + 1 < shares.len() => Amount::from_centimes(part),
                _ => left,
            };
            left -= part;
            gaps.push((*axes, part));
        }
        gaps
    }

    fn aids<'a>(
        &'a self,
        sight: &'a Sight,
        law: &Law,
        person: &'a Person,
        rows: &[FactRow],
    ) -> Result<Vec<PastAid<'a>>, AppError> {
        rows.iter()
            .map(|row| {
                let fact = sight.keys.fact(law, row)?;
                Ok(PastAid {
                    case: Case {
                        person,
                        declared: sight.declared.get(&person.id).unwrap_or(Declared::NOTHING),
                        dispositif: fact.dispositif,
                        nature_type: sight.keys.nature_type(law, row)?,
                        month: fact.month,
                        requested_on: self.requests.get(&row.aid).copied(),
                        decided_on: (!fact.undated).then_some(fact.decided_on),
                        counted_on: fact.decided_on,
                        paid_on: fact.paid_on,
                        committee: self.committees.get(&row.terms).copied().unwrap_or(false),
                        amount: fact.amount,
                    },
                    fact,
                })
            })
            .collect()
    }
}

/// The rule of the new law that says most of a change: one that refuses, else what limits the amount.
fn reason(law: &Law, case: &Case<'_>, before: &[PastAid<'_>]) -> String {
    let facts: Vec<Fact> = before.iter().map(|aid| aid.fact).collect();
    let found = evaluate(law, case, facts.iter(), &[]);
    let refusing = found.reasons.iter().find(|reason| reason.state == State::Broken);
    let limiting = found.limits.first().map(|at| &found.reasons[*at]);
    // The amounts have their columns: a cap is only named.
    let said = |reason: &Reason| match reason.room {
        Some(_) => reason.message.split(" : ").next().unwrap_or_default().to_string(),
        None => reason.message.clone(),
    };
    refusing.or(limiting).map_or(String::new(), said)
}

fn sums_table(
    title: &str,
    old: &Law,
    new: &Law,
    sums: &BTreeMap<u16, Sum>,
    year: FiscalYear,
    trial: Option<String>,
) -> Table {
    let mut all = Sum::default();
    let rows: Vec<Vec<Cell>> = sums
        .iter()
        .map(|(rank, sum)| {
            all.aids += sum.aids;
            all.changed += sum.changed;
            all.people.extend(&sum.people);
            all.before += sum.before;
            all.after += sum.after;
            line(old.get(*rank).code.clone(), sum)
        })
        .collect();
    let changed: Vec<&str> = new
        .dispositifs
        .iter()
        .filter(|one| old.rank(&one.code).is_none_or(|rank| old.get(rank).digest != one.digest))
        .map(|one| one.code.as_str())
        .collect();
    let mut notes = vec![
        match changed.as_slice() {
            [] => "Ces règles sont celles en vigueur : rien ne change.".to_string(),
            codes => format!("Fichiers qui diffèrent de ceux en vigueur : {}.", codes.join(", ")),
        },
        format!(
            "Aides dont le mois de droit est dans {}, jugées dans l'ordre où elles ont été enregistrées, sous les règles en vigueur puis sous les règles essayées. Une aide qui prenait tout ce que les règles laissaient prend tout ce qu'elles laisseraient. Rien n'est écrit.",
            year.code
        ),
    ];
    notes.extend(trial);
    let columns = vec![
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("aides", "Aides", Kind::Count),
        Column::new("changees", "Changées", Kind::Count),
        Column::new("beneficiaires", "Personnes touchées", Kind::Count),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("simule", "Simulé", Kind::Amount),
        Column::new("ecart", "Écart", Kind::Amount),
    ];
    Table {
        notes,
        total: Some(line("Total".to_string(), &all)),
        ..Table::new(title.to_string(), columns, rows)
    }
}

fn line(label: String, sum: &Sum) -> Vec<Cell> {
    vec![
        Cell::Text(label),
        Cell::Count(sum.aids),
        Cell::Count(sum.changed),
        Cell::Count(i64::try_from(sum.people.len()).unwrap_or(i64::MAX)),
        Cell::Amount(sum.before),
        Cell::Amount(sum.after),
        Cell::Amount(sum.after - sum.before),
    ]
}

/// Who would change, by how much: the largest changes first.
fn people_table(numbers: &FxHashMap<i64, String>, changes: &[Change]) -> Table {
    let mut people: Vec<(Amount, Vec<Cell>)> = changes
        .chunk_by(|a, b| a.beneficiary == b.beneficiary)
        .map(|own| {
            let before: Amount = own.iter().map(|change| change.amount).sum();
            let after: Amount = own.iter().map(|change| change.would).sum();
            let row = vec![
                Cell::Text(numbers.get(&own[0].beneficiary).cloned().unwrap_or_default()),
                Cell::Count(i64::try_from(own.len()).unwrap_or(i64::MAX)),
                Cell::Amount(before),
                Cell::Amount(after),
                Cell::Amount(after - before),
            ];
            (after - before, row)
        })
        .collect();
    people.sort_by_key(|(gap, _)| std::cmp::Reverse((*gap).max(-*gap)));
    let columns = vec![
        Column::new("numero", "Dossier", Kind::Text),
        Column::new("aides", "Aides changées", Kind::Count),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("simule", "Simulé", Kind::Amount),
        Column::new("ecart", "Écart", Kind::Amount),
    ];
    Table::new("Personnes touchées", columns, people.into_iter().map(|(_, row)| row))
}

async fn changes_table(
    tx: &mut Tx,
    law: &Law,
    numbers: &FxHashMap<i64, String>,
    changes: &[Change],
) -> Result<Table, AppError> {
    let aids: Vec<Value> = changes.iter().map(|change| change.aid.into()).collect();
    let references: FxHashMap<i64, String> = tx.references_of(&aids).await?.into_iter().collect();
    let unknown = String::new();
    let rows: Vec<Vec<Cell>> = changes
        .iter()
        .map(|change| {
            vec![
                Cell::Text(numbers.get(&change.beneficiary).unwrap_or(&unknown).clone()),
                Cell::Text(law.get(change.dispositif).code.clone()),
                Cell::Text(change.month.to_string()),
                Cell::Text(references.get(&change.aid).unwrap_or(&unknown).clone()),
                Cell::Amount(change.amount),
                Cell::Amount(change.would),
                Cell::Amount(change.would - change.amount),
                Cell::Text(change.effect.to_string()),
                Cell::Text(change.reason.clone()),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("numero", "Dossier", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("reference", "Référence", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("simule", "Simulé", Kind::Amount),
        Column::new("ecart", "Écart", Kind::Amount),
        Column::new("effet", "Effet", Kind::Text),
        Column::new("regle", "Règle", Kind::Text),
    ];
    Ok(Table::new("Aides qui changeraient".to_string(), columns, rows))
}

async fn envelopes_table(tx: &mut Tx, shifted: &FxHashMap<EnvelopeKey, Amount>) -> Result<Table, AppError> {
    let dispositifs = tx.dictionary("dispositif").await?;
    let funders = tx.dictionary("funder").await?;
    let mut envelopes: Vec<(EnvelopeKey, Envelope)> = tx.envelopes().await?;
    envelopes.retain(|(key, _)| shifted.contains_key(key));
    envelopes.sort_by_key(|(key, _)| (key.year, key.dispositif, key.funder));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (key, envelope) in envelopes {
        let after = envelope.consumed + shifted[&key];
        let state = match (envelope.consumed > envelope.notified, after > envelope.notified) {
            (false, true) => "bascule : dépassée",
            (true, false) => "n'est plus dépassée",
            (true, true) => "reste dépassée",
            (false, false) => "suffit",
        };
        rows.push(vec![
            Cell::Text(dispositifs.code(key.dispositif)?.to_string()),
            Cell::Text(funders.code(key.funder)?.to_string()),
            Cell::Text(key.year.to_string()),
            Cell::Amount(envelope.notified),
            Cell::Amount(envelope.consumed),
            Cell::Amount(after),
            Cell::Amount(envelope.notified - after),
            Cell::Text(state.to_string()),
        ]);
    }
    let columns = vec![
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("annee", "Année", Kind::Text),
        Column::new("notifie", "Notifié", Kind::Amount),
        Column::new("engage", "Engagé", Kind::Amount),
        Column::new("simule", "Simulé", Kind::Amount),
        Column::new("reste", "Reste", Kind::Amount),
        Column::new("effet", "Effet", Kind::Text),
    ];
    Ok(Table::new("Enveloppes touchées".to_string(), columns, rows))
}
