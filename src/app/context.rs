//! What the plan of an import must know of the base, loaded in one moment.

use super::derogation::open_derogations;
use super::error::AppError;
use super::law::LawInForce;
use crate::calendar::Years;
use crate::funding::{Declaration, Declared, Fact, Facts, declared};
use crate::import::AidDrafts;
use crate::money::Amount;
use crate::rules::{AidContext, Law};
use crate::store::{DeclarationRow, Dictionary, FactRow, Tx, Value};
use rustc_hash::FxHashMap;

/// How many people's declarations are read at once.
const PEOPLE_AT_ONCE: usize = 5_000;

/// The ranks in the law of the base's dispositifs, and the natures: what a fact is made with.
pub(super) struct FactKeys {
    pub rank_of: FxHashMap<u32, u16>,
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

    /// Makes a fact of a stored aid: what came back of it counts in no cap any more. A nature that the
    /// rules no longer list has no type.
    pub(super) fn fact(&self, law: &Law, row: &FactRow) -> Result<Fact, AppError> {
        let rank = self.rank(row.dispositif)?;
        Ok(Fact {
            dispositif: rank,
            nature_type: law.get(rank).nature_type(self.natures.code(row.nature)?).unwrap_or(0),
            decision: row.decision,
            month: row.month,
            decided_on: row.decided_on,
            paid_on: row.paid_on,
            amount: row.amount - row.recovered,
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
    // The rows of so many people at once: those of all would be kept twice.
    for some in people.chunks(PEOPLE_AT_ONCE) {
        for row in tx.declared(some).await? {
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
    for (person, derogations) in open_derogations(tx, &keys.rank_of).await? {
        if let Some(rank) = rank_of_person.get(&person) {
            context.derogations.insert(u32::try_from(*rank).expect("a rank of people"), derogations);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::law::law_in_force;
    use crate::app::{
        Actor, Clock, FileKind, ImportOptions, InitRequest, InputFile, import_beneficiaries,
        import_declarations, init,
    };
    use crate::calendar::Date;

    /// Everything that is declared of P1, and nothing of P2, is there to be judged.
    #[test]
    fn what_is_declared_is_loaded_by_person() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let actor = Actor { name: "claire".into() };
            let clock = Clock { told: Date::parse("2025-02-15") };
            let request = InitRequest {
                name: "Mission locale d'essai".into(),
                siren: None,
                year: InitRequest::year_of(2024, None, None).unwrap(),
                books: "importee".into(),
                zone: "Europe/Paris".into(),
            };
            let base = folder.path().join("denier.db");
            let store = init(&base.to_string_lossy(), clock, &actor, &request).await.unwrap();
            let file = |text: &str| {
                let path = folder.path().join("f.csv");
                std::fs::write(&path, text).unwrap();
                InputFile::open(&path.to_string_lossy()).unwrap()
            };
            let people = file("numero;nom;prenom;date_naissance\nP1;UN;A;15/03/2003\nP2;DEUX;B;15/03/2003\n");
            let quiet = |_: &str, _: u64, _: u64| {};
            import_beneficiaries(&store, clock, &actor, &people, "denier", false, false, None, &quiet)
                .await
                .unwrap();
            let options = ImportOptions {
                profile: "denier".into(),
                dry_run: false,
                all_or_nothing: false,
                asked: None,
            };
            for (kind, text) in [
                (
                    FileKind::Parcours,
                    "numero_beneficiaire;dispositif;entree;sortie;motif_prolongation\n\
                     P1;CEJ;05/01/2024;;santé\nP1;PACEA;05/01/2023;;\n",
                ),
                (
                    FileKind::Declarations,
                    "numero_beneficiaire;declaration;dispositif;mois;du;valeur\n\
                     P1;salaire_net;;2024-02;;450\nP1;parcours;PACEA;;05/01/2023;non\n",
                ),
                (
                    FileKind::OutsideAids,
                    "reference;numero_beneficiaire;dispositif;nature;mois;date_decision;montant;organisme\n\
                     X1;P1;FAJ;alimentation;2024-05;;80,00;CD\nX2;P1;PACEA;;2024-04;07/04/2024;1500,00;FT\n",
                ),
            ] {
                let input = file(text);
                let report = import_declarations(&store, clock, &actor, &input, kind, &options, &quiet);
                assert_eq!(report.await.unwrap().refuses, 0);
            }
            let mut tx = store.read().await.unwrap();
            let in_force = law_in_force(&mut tx).await.unwrap();
            let law = &in_force.law;
            let keys = FactKeys::load(&mut tx, law).await.unwrap();
            let people: Vec<Value> = [1, 2].map(Value::Int).into();
            let all = declared_of(&mut tx, law, &keys, &people).await.unwrap();
            assert_eq!(all.keys().collect::<Vec<_>>(), [&1]);
            let told = |one: &Declaration| {
                let to = one.to.map_or("…".into(), |to| to.to_string());
                format!("{} {} {} {to} {}", one.code, one.dispositif, one.from, one.value)
            };
            assert_eq!(
                all[&1].declarations.iter().map(told).collect::<Vec<_>>(),
                [
                    "prolongation PACEA 2023-01-05 … 0",
                    "renouvellement PACEA 2023-01-05 … 0",
                    "parcours CEJ 2024-01-05 … 100",
                    "prolongation CEJ 2024-01-05 … 100",
                    "renouvellement CEJ 2024-01-05 … 0",
                    "salaire_net  2024-02-01 2024-02-29 45000",
                ]
            );
            let fact = |fact: &Fact| {
                let code = &law.get(fact.dispositif).code;
                format!(
                    "{code} {} {} {} {}",
                    fact.month,
                    fact.decided_on,
                    fact.amount.to_plain(),
                    fact.undated
                )
            };
            assert_eq!(
                all[&1].elsewhere.iter().map(fact).collect::<Vec<_>>(),
                ["PACEA 2024-04 2024-04-07 1500.00 false", "FAJ 2024-05 2024-05-01 80.00 true"]
            );
            let faj = law.rank("FAJ").unwrap();
            assert_eq!(Some(all[&1].elsewhere[1].nature_type), law.get(faj).nature_type("alimentation"));
            assert!(all[&1].elsewhere.iter().all(|fact| fact.decision == 0 && !fact.irregular));
        });
    }
}
