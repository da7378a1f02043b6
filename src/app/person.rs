//! A person's account: who, their aids, the caps used and left, what is declared of them.

use super::context::{FactKeys, declared_of};
use super::declared_tables::declared_tables;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::rights::Right;
use super::state::Names;
use super::users::Actor;
use crate::calendar::Date;
use crate::funding::Fact;
use crate::money::Amount;
use crate::rules::{Dispositif, EnvelopeUse, rooms};
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{Store, StoredIdentity, Tx, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// A person's account: who, their aids, the caps used and left on a day, and what is declared.
///
/// # Errors
/// When nobody, or several people, answer to this number or name.
pub async fn person_statement(
    store: &Store,
    actor: &Actor,
    wanted: &str,
    today: Date,
) -> Result<Vec<Table>, AppError> {
    let mut tx = store.read().await?;
    let stored = find_person(&mut tx, actor, wanted).await?;
    let who = &stored.identity;
    let pseudonym = tx.pseudonym(stored.beneficiary).await?;
    let names = Names::load(&mut tx).await?;
    let payers = tx.dictionary("payer").await?;
    let aids = tx.aids_of_person(stored.beneficiary).await?;
    let uses = tx.derogation_uses().await?;
    let derogations: FxHashMap<i64, i64> = uses.into_iter().map(|one| (one.aid, one.derogation)).collect();
    let mut rows = Vec::new();
    let mut total = Amount::ZERO;
    for aid in &aids {
        let state = match (aid.cancelled, aid.fact.irregular, derogations.get(&aid.fact.aid)) {
            (true, ..) => "annulée".to_string(),
            (false, true, _) => "irrégulière".to_string(),
            (false, false, Some(number)) => format!("dérogation n° {number}"),
            (false, false, None) => String::new(),
        };
        if !aid.cancelled {
            total += aid.fact.amount;
        }
        let cells = vec![
            Cell::Text(aid.fact.month.to_string()),
            Cell::Text(names.dispositifs.code(aid.fact.dispositif)?.to_string()),
            names.natures.code(aid.fact.nature)?.into(),
            Cell::Day(aid.fact.decided_on),
            aid.fact.paid_on.into(),
            Cell::Amount(aid.fact.amount),
            Cell::Text(payers.code(aid.payer)?.to_string()),
            Cell::Text(aid.reference.clone()),
            state.as_str().into(),
            Cell::Text(format!("lot {} ligne {}", aid.origin.0, aid.origin.1)),
        ];
        rows.push(Row::from(cells).to(Drill::Aid(aid.fact.aid)));
    }
    let columns = vec![
        Column::new("mois", "Mois", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("decision", "Décision", Kind::Text),
        Column::new("paiement", "Paiement", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("payeur", "Payeur", Kind::Text),
        Column::new("reference", "Référence", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("origine", "Origine", Kind::Text),
    ];
    let mut sum = vec![Cell::Text("Total".into())];
    sum.resize(columns.len(), Cell::Empty);
    sum[5] = Cell::Amount(total);
    let born = who.born_on.map_or_else(
        || "date de naissance inconnue".to_string(),
        |day| format!("né(e) le {}, {} ans", day.to_french(), today.age_of(day)),
    );
    let title = format!(
        "{} {} {} — {born}{}",
        who.number,
        who.last_name,
        who.first_name,
        if who.rqth == Some(true) { ", RQTH" } else { "" }
    );
    let notes = vec![format!("Pseudonyme dans le carnet : {pseudonym}")];
    let account = Table { notes, total: Some(sum), ..Table::new(title, columns, rows) };
    let in_force = law_in_force(&mut tx).await?;
    let ceilings = ceilings(&mut tx, &in_force, stored.beneficiary, today).await?;
    let mut tables = vec![account, ceilings];
    tables.extend(declared_tables(&mut tx, stored.beneficiary, &in_force.declarables, &names).await?);
    Ok(tables)
}

/// Somebody that a search found.
#[derive(Clone, Debug)]
pub struct FoundPerson {
    /// Number of the file.
    pub number: String,
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Day of birth, if known.
    pub born_on: Option<Date>,
}

/// Returns the people that answer to a number, or to the beginning of a name: at most twenty, among those
/// that the actor may see.
///
/// # Errors
/// When the actor may see nobody, or the base fails.
pub async fn search_people(store: &Store, actor: &Actor, wanted: &str) -> Result<Vec<FoundPerson>, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::See).await?;
    let site = actor.site(&mut tx).await?;
    let found = tx.search_people(wanted, site.as_deref()).await?;
    let one = |stored: StoredIdentity| FoundPerson {
        number: stored.identity.number,
        last_name: stored.identity.last_name,
        first_name: stored.identity.first_name,
        born_on: stored.identity.born_on,
    };
    Ok(found.into_iter().map(one).collect())
}

/// Returns the one person that answers to a number, or to the beginning of a name, among those that the
/// actor may see.
///
/// # Errors
/// When nobody, or several people, do.
pub(super) async fn find_person(
    tx: &mut Tx,
    actor: &Actor,
    wanted: &str,
) -> Result<StoredIdentity, AppError> {
    actor.may(tx, Right::See).await?;
    let site = actor.site(tx).await?;
    let mut found = tx.search_people(wanted, site.as_deref()).await?;
    if let Some(at) = found.iter().position(|stored| stored.identity.number == wanted) {
        return Ok(found.swap_remove(at));
    }
    match found.as_slice() {
        [] => Err(AppError::Refused(format!("aucun bénéficiaire « {wanted} »"))),
        [_] => Ok(found.swap_remove(0)),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|s| format!("{} {} {}", s.identity.number, s.identity.last_name, s.identity.first_name))
                .collect();
            Err(AppError::Refused(format!(
                "plusieurs personnes répondent à « {wanted} » :\n  {}",
                list.join("\n  ")
            )))
        }
    }
}

/// The caps of each dispositif for a person, in today's month: used and left.
async fn ceilings(
    tx: &mut Tx,
    in_force: &LawInForce,
    beneficiary: i64,
    today: Date,
) -> Result<Table, AppError> {
    let keys = FactKeys::load(tx, &in_force.law).await?;
    let key = [Value::Int(beneficiary)];
    let people = tx.people_by_key(&key).await?;
    let facts: Vec<Fact> = tx
        .living_facts(&key)
        .await?
        .iter()
        .map(|row| keys.fact(&in_force.law, row))
        .collect::<Result<_, _>>()?;
    let declared =
        declared_of(tx, &in_force.law, &keys, &key).await?.remove(&beneficiary).unwrap_or_default();
    // What is closed, or was never given an envelope here, has nothing to say to a person whom it never
    // helped.
    let funded: FxHashSet<u32> = tx.envelopes().await?.iter().map(|(key, _)| key.dispositif).collect();
    let concerns = |rank: u16, dispositif: &Dispositif| {
        let open = dispositif.opens <= today && dispositif.closes.is_none_or(|closes| today <= closes);
        let here = dispositif.booking.envelope == EnvelopeUse::None
            || funded.contains(&keys.dispositif_keys[usize::from(rank)]);
        (open && here) || facts.iter().any(|fact| fact.dispositif == rank)
    };
    let mut rows = Vec::new();
    for person in &people {
        for (rank, dispositif) in in_force.law.dispositifs.iter().enumerate() {
            let rank = u16::try_from(rank).expect("few dispositifs");
            if !concerns(rank, dispositif) {
                continue;
            }
            for room in rooms(&in_force.law, rank, person, &declared, today, facts.iter()) {
                rows.push(vec![
                    Cell::Text(dispositif.code.clone()),
                    Cell::Text(room.label),
                    Cell::Amount(room.bound),
                    Cell::Amount(room.used),
                    Cell::Amount((room.bound - room.used).or_zero()),
                    Cell::Text(room.article),
                ]);
            }
        }
    }
    let columns = vec![
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("plafond", "Plafond", Kind::Text),
        Column::new("borne", "Borne", Kind::Amount),
        Column::new("utilise", "Utilisé", Kind::Amount),
        Column::new("reste", "Reste", Kind::Amount),
        Column::new("article", "Article", Kind::Text),
    ];
    Ok(Table::new(format!("Plafonds en {}", today.month().in_words()), columns, rows))
}
