//! What the plan of an import must know of the base, loaded in one moment.

use super::error::AppError;
use super::law::LawInForce;
use crate::calendar::Years;
use crate::funding::{Declaration, Declared, Fact, Facts, declared};
use crate::import::AidDrafts;
use crate::money::Amount;
use crate::rules::{AidContext, Law};
use crate::store::{DeclarationRow, Dictionary, FactRow, Tx, Value};
use rustc_hash::FxHashMap;

/// The ranks in the law of the base's dispositifs, and the natures: what a fact is made with.
pub(super) struct FactKeys {
    rank_of: FxHashMap<u32, u16>,
    natures: Dictionary,
    /// For each dispositif of the law, its key in the base.
    pub dispositif_keys: Vec<u32>,
}

impl FactKeys {
    pub(super) async fn load(tx: &mut Tx, law: &Law) -> Result<FactKeys, AppError> {
        let keys = FactKeys::load_trial(tx, law).await?;
        match keys.dispositif_keys.iter().position(|key| *key == 0) {
            None => Ok(keys),
            Some(rank) => {
                Err(AppError::Machine(format!("dispositif {} absent de la base", law.dispositifs[rank].code)))
            }
        }
    }

    /// The same for a law that is only tried: a dispositif that the base does not have keeps key 0.
    pub(super) async fn load_trial(tx: &mut Tx, law: &Law) -> Result<FactKeys, AppError> {
        let dispositifs = tx.dictionary("dispositif").await?;
        let mut dispositif_keys = Vec::new();
        let mut rank_of = FxHashMap::default();
        for (rank, dispositif) in law.dispositifs.iter().enumerate() {
            let key = dispositifs.keys.get(&dispositif.code).copied().unwrap_or(0);
            dispositif_keys.push(key);
            rank_of.insert(key, u16::try_from(rank).expect("few dispositifs"));
        }
        Ok(FactKeys { rank_of, natures: tx.dictionary("nature").await?, dispositif_keys })
    }

    /// Returns the rank in the law of a dispositif of the base.
    fn rank(&self, key: u32) -> Result<u16, AppError> {
        let rank = self.rank_of.get(&key).copied();
        rank.ok_or_else(|| AppError::Machine(format!("dispositif {key} sans règles en vigueur")))
    }

    /// Makes a fact of an aid received elsewhere: decided on its day, else the first of its month.
    fn outside_fact(&self, law: &Law, row: &DeclarationRow) -> Result<Fact, AppError> {
        let rank = self.rank(row.dispositif)?;
        Ok(Fact {
            dispositif: rank,
            nature_type: law.get(rank).nature_type(self.natures.code(row.nature)?).unwrap_or(0),
            decision: 0,
            month: row.from.month(),
            decided_on: row.decided_on.unwrap_or(row.from),
            paid_on: None,
            amount: Amount::from_centimes(row.value),
            irregular: false,
            undated: row.decided_on.is_none(),
        })
    }

    /// Returns the type of the nature of a stored aid: `None` where the rules no longer list it.
    pub(super) fn nature_type(&self, law: &Law, row: &FactRow) -> Result<Option<u8>, AppError> {
        Ok(law.get(self.rank(row.dispositif)?).nature_type(self.natures.code(row.nature)?))
    }

    /// Makes a fact of a stored aid. A nature that the rules no longer list has no type.
    pub(super) fn fact(&self, law: &Law, row: &FactRow) -> Result<Fact, AppError> {
        let rank = self.rank(row.dispositif)?;
        Ok(Fact {
            dispositif: rank,
            nature_type: law.get(rank).nature_type(self.natures.code(row.nature)?).unwrap_or(0),
            decision: row.decision,
            month: row.month,
            decided_on: row.decided_on,
            paid_on: row.paid_on,
            amount: row.amount,
            irregular: row.irregular,
            undated: row.undated,
        })
    }
}

/// Returns what is declared of these people, by the base's keys of those of whom something is. A parcours
/// declared not to be ("non") is left out; aids received elsewhere are facts for the judge, and enter no
/// total.
///
/// # Errors
/// When the base fails, or holds a dispositif without rules in force.
pub(super) async fn declared_of(
    tx: &mut Tx,
    law: &Law,
    keys: &FactKeys,
    people: &[Value],
) -> Result<FxHashMap<i64, Declared>, AppError> {
    let mut all: FxHashMap<i64, Declared> = FxHashMap::default();
    if !tx.any_declaration().await? {
        return Ok(all);
    }
    let declarables = tx.dictionary("declarable").await?;
    for row in tx.declared(people).await? {
        let code = declarables.code(row.declarable)?;
        if code == declared::PARCOURS && row.value == 0 {
            continue;
        }
        let of_person = all.entry(row.beneficiary).or_default();
        if code == declared::ELSEWHERE {
            of_person.elsewhere.push(keys.outside_fact(law, &row)?);
            continue;
        }
        let dispositif = match row.dispositif {
            0 => String::new(),
            key => law.get(keys.rank(key)?).code.clone(),
        };
        let code = code.to_string();
        let (from, to, value) = (row.from, row.to, row.value);
        of_person.declarations.push(Declaration { code, dispositif, from, to, value });
    }
    Ok(all)
}

/// Loads what judging a file of aids needs.
pub(super) async fn aid_context(
    tx: &mut Tx,
    in_force: &LawInForce,
    file: &AidDrafts,
    source: Option<u32>,
) -> Result<(AidContext, Years), AppError> {
    let law = &in_force.law;
    let keys = FactKeys::load(tx, law).await?;
    let mut context = AidContext::default();
    let numbers: Vec<Value> =
        (1..file.numbers.len()).map(|word| file.numbers.get(word as u32).into()).collect();
    let by_number: FxHashMap<&str, u32> =
        (1..file.numbers.len() as u32).map(|word| (file.numbers.get(word), word)).collect();
    context.person_of = vec![None; file.numbers.len()];
    for (number, person) in tx.people_by_number(&numbers).await? {
        let rank = u32::try_from(context.people.len()).expect("fewer than four billion people");
        context.person_of[by_number[number.as_str()] as usize] = Some(rank);
        context.people.push(person);
    }
    let rank_of_person: FxHashMap<i64, usize> =
        context.people.iter().enumerate().map(|(rank, person)| (person.id, rank)).collect();
    let people: Vec<Value> = context.people.iter().map(|person| person.id.into()).collect();
    let rows = tx.living_facts(&people).await?;
    context.facts = Facts::new(context.people.len(), rows.len() + file.drafts.len());
    for row in &rows {
        context.facts.push(rank_of_person[&row.beneficiary], keys.fact(law, row)?);
    }
    for (person, declared) in declared_of(tx, law, &keys, &people).await? {
        context.declared.resize_with(context.people.len(), || None);
        context.declared[rank_of_person[&person]] = Some(Box::new(declared));
    }
    context.known = vec![None; file.references.len()];
    if let Some(source) = source {
        let references = (1..file.references.len() as u32).map(|word| file.references.get(word));
        let values: Vec<Value> =
            if tx.any_reference(source).await? { references.map(Into::into).collect() } else { Vec::new() };
        let mut by_reference: FxHashMap<String, i64> = FxHashMap::default();
        by_reference.extend(tx.known_references(source, &values).await?);
        if !by_reference.is_empty() {
            for word in 1..file.references.len() {
                context.known[word] = by_reference.get(file.references.get(word as u32)).copied();
            }
        }
    }
    context.envelopes = tx.envelopes().await?.into_iter().collect();
    context.dispositif_keys = keys.dispositif_keys;
    context.funders = tx.dictionary("funder").await?.keys;
    context.payers = tx.dictionary("payer").await?.keys.into_keys().collect();
    context.sites =
        tx.dictionary("site").await?.codes.into_iter().map(|(key, (code, _))| (key, code)).collect();
    let years = tx.years().await?;
    Ok((context, years))
}
