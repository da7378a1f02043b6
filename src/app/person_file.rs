//! A person's file: who, their aids, the caps used and left, what is declared of them.

use super::context::{FactKeys, declared_of};
use super::declared_tables::declared_tables;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::person::find_person;
use super::state::Names;
use super::users::Actor;
use crate::calendar::{Date, Month, Years};
use crate::funding::{Declared, Fact, Identity};
use crate::money::Amount;
use crate::rules::{Dispositif, EnvelopeUse, rooms};
use crate::statements::{Cell, Column, Drill, Kind, Row, Table};
use crate::store::{Store, Tx, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// A person's file.
#[derive(Clone, Debug)]
pub struct PersonFile {
    /// Who it is; the bank account is masked.
    pub who: Identity,
    /// Completed years of age on the day of the file, if the day of birth is known.
    pub age: Option<i16>,
    /// What names the person in the book.
    pub pseudonym: String,
    /// All their aids, by month of right; cancelled ones are there, and count nowhere.
    pub aids: Vec<PersonAid>,
    /// What was granted and what was paid in all, cancelled aids left out.
    pub received: Received,
    /// The same by fiscal year of the month of right, the last one first.
    pub years: Vec<(i16, Received)>,
    /// The month of the ceilings.
    pub month: Month,
    /// The caps that apply to the person in that month.
    pub ceilings: Vec<Ceiling>,
    /// What is declared: parcours, declarations, aids received elsewhere. None is empty.
    pub declared: Vec<Table>,
}

/// Sums of aids, cancelled ones left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// How many.
    pub aids: u64,
    /// What was granted.
    pub granted: Amount,
    /// What was paid of it.
    pub paid: Amount,
}

impl Received {
    fn add(&mut self, aid: &PersonAid) {
        self.aids += 1;
        self.granted += aid.amount;
        self.paid += aid.paid;
    }
}

/// What is to be said of an aid besides its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AidMark {
    /// Nothing.
    Plain,
    /// Cancelled by a later lot.
    Cancelled,
    /// Posted though a rule fails.
    Irregular,
    /// Regular because of the derogation of this number.
    Derogation(i64),
}

/// An aid of a person.
#[derive(Clone, Debug)]
pub struct PersonAid {
    /// Its key.
    pub aid: i64,
    /// Reference.
    pub reference: String,
    /// Month of right.
    pub month: Month,
    /// Fiscal year of the month of right.
    pub year: i16,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Nature, or empty.
    pub nature: String,
    /// Day of the decision.
    pub decided_on: Date,
    /// Day of the first payment, if paid.
    pub paid_on: Option<Date>,
    /// Granted.
    pub amount: Amount,
    /// Paid of it.
    pub paid: Amount,
    /// Who pays.
    pub payer: String,
    /// What is to be said of it.
    pub mark: AidMark,
    /// Its lot and its line there.
    pub origin: (i64, i64),
}

/// A cap that applies to the person.
#[derive(Clone, Debug)]
pub struct Ceiling {
    /// Code of the dispositif.
    pub dispositif: String,
    /// What it caps.
    pub label: String,
    /// The bound.
    pub bound: Amount,
    /// Used of it.
    pub used: Amount,
    /// Left under it; zero where more than the bound is used.
    pub left: Amount,
    /// Aids that other bodies gave are in what is used.
    pub elsewhere: bool,
    /// The article.
    pub article: String,
}

/// Returns a person's file as it is today, with the ceilings of a month.
///
/// # Errors
/// When nobody, or several people, answer to this number or name.
pub async fn person_file(
    store: &Store,
    actor: &Actor,
    wanted: &str,
    today: Date,
    month: Month,
) -> Result<PersonFile, AppError> {
    let mut tx = store.read().await?;
    let stored = find_person(&mut tx, actor, wanted).await?;
    let names = Names::load(&mut tx).await?;
    let years = tx.years().await?;
    let aids = aids_of(&mut tx, &names, &years, stored.beneficiary).await?;
    let mut received = Received::default();
    let mut by_year: Vec<(i16, Received)> = Vec::new();
    for aid in aids.iter().filter(|aid| aid.mark != AidMark::Cancelled) {
        received.add(aid);
        match by_year.iter_mut().find(|(year, _)| *year == aid.year) {
            Some((_, of_year)) => of_year.add(aid),
            None => {
                let mut of_year = Received::default();
                of_year.add(aid);
                by_year.push((aid.year, of_year));
            }
        }
    }
    by_year.sort_by_key(|(year, _)| std::cmp::Reverse(*year));
    let in_force = law_in_force(&mut tx).await?;
    let day = if month == today.month() { today } else { month.last_day() };
    let mut who = stored.identity;
    who.iban = masked(&who.iban);
    Ok(PersonFile {
        age: who.born_on.map(|day| today.age_of(day)),
        who,
        pseudonym: tx.pseudonym(stored.beneficiary).await?,
        aids,
        received,
        years: by_year,
        month,
        ceilings: ceilings(&mut tx, &in_force, stored.beneficiary, day).await?,
        declared: declared_tables(&mut tx, stored.beneficiary, &in_force.declarables, &names).await?,
    })
}

/// Returns a person's file as tables.
///
/// # Errors
/// When nobody, or several people, answer to this number or name.
pub async fn person_statement(
    store: &Store,
    actor: &Actor,
    wanted: &str,
    today: Date,
) -> Result<Vec<Table>, AppError> {
    Ok(person_file(store, actor, wanted, today, today.month()).await?.tables())
}

/// Hides a bank account but for its first four signs and its last three: enough to recognise it.
fn masked(iban: &str) -> String {
    let signs: Vec<char> = iban.chars().collect();
    match signs.len() {
        0 => String::new(),
        1..=14 => "••••".to_string(),
        all => {
            let (first, last): (String, String) =
                (signs[..4].iter().collect(), signs[all - 3..].iter().collect());
            format!("{first}\u{a0}••••\u{a0}{last}")
        }
    }
}

async fn aids_of(
    tx: &mut Tx,
    names: &Names,
    years: &Years,
    beneficiary: i64,
) -> Result<Vec<PersonAid>, AppError> {
    let payers = tx.dictionary("payer").await?;
    let uses = tx.derogation_uses().await?;
    let derogations: FxHashMap<i64, i64> = uses.into_iter().map(|one| (one.aid, one.derogation)).collect();
    let mut aids = Vec::new();
    for row in tx.aids_of_person(beneficiary).await? {
        let mark = match (row.cancelled, row.fact.irregular, derogations.get(&row.fact.aid)) {
            (true, ..) => AidMark::Cancelled,
            (false, true, _) => AidMark::Irregular,
            (false, false, Some(number)) => AidMark::Derogation(*number),
            (false, false, None) => AidMark::Plain,
        };
        aids.push(PersonAid {
            aid: row.fact.aid,
            month: row.fact.month,
            year: years.code_of(row.fact.month),
            dispositif: names.dispositifs.code(row.fact.dispositif)?.to_string(),
            nature: names.natures.code(row.fact.nature)?.to_string(),
            decided_on: row.fact.decided_on,
            paid_on: row.fact.paid_on,
            amount: row.fact.amount,
            paid: row.paid,
            payer: payers.code(row.payer)?.to_string(),
            reference: row.reference,
            mark,
            origin: row.origin,
        });
    }
    Ok(aids)
}

/// The caps of each dispositif for a person, in the month of a day: used and left.
async fn ceilings(
    tx: &mut Tx,
    in_force: &LawInForce,
    beneficiary: i64,
    day: Date,
) -> Result<Vec<Ceiling>, AppError> {
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
    let here_only = Declared { elsewhere: Vec::new(), ..declared.clone() };
    // What is closed, or was never given an envelope here, has nothing to say to a person whom it never
    // helped.
    let funded = funded_dispositifs(tx).await?;
    let concerns = |rank: u16, dispositif: &Dispositif| {
        let here = is_here(dispositif, keys.dispositif_keys[usize::from(rank)], &funded);
        (is_open(dispositif, day) && here) || facts.iter().any(|fact| fact.dispositif == rank)
    };
    let mut ceilings = Vec::new();
    for person in &people {
        for (rank, dispositif) in in_force.law.dispositifs.iter().enumerate() {
            let rank = u16::try_from(rank).expect("few dispositifs");
            if !concerns(rank, dispositif) {
                continue;
            }
            let without = rooms(&in_force.law, rank, person, &here_only, day, facts.iter());
            for room in rooms(&in_force.law, rank, person, &declared, day, facts.iter()) {
                let alone = without.iter().find(|one| one.label == room.label);
                ceilings.push(Ceiling {
                    dispositif: dispositif.code.clone(),
                    elsewhere: alone.is_some_and(|alone| alone.used != room.used),
                    label: room.label,
                    bound: room.bound,
                    used: room.used,
                    left: (room.bound - room.used).or_zero(),
                    article: room.article,
                });
            }
        }
    }
    Ok(ceilings)
}

/// Returns the keys of the dispositifs that were ever given an envelope.
pub(super) async fn funded_dispositifs(tx: &mut Tx) -> Result<FxHashSet<u32>, AppError> {
    Ok(tx.envelopes().await?.iter().map(|(key, _)| key.dispositif).collect())
}

/// Tells whether aids of a dispositif can be decided on a day.
pub(super) fn is_open(dispositif: &Dispositif, day: Date) -> bool {
    dispositif.opens <= day && dispositif.closes.is_none_or(|closes| day <= closes)
}

/// Tells whether the structure has money for a dispositif, or needs none of its own.
pub(super) fn is_here(dispositif: &Dispositif, key: u32, funded: &FxHashSet<u32>) -> bool {
    dispositif.booking.envelope == EnvelopeUse::None || funded.contains(&key)
}

impl PersonFile {
    /// Returns the file as tables: the account, the ceilings, then what is declared.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.account(), self.ceilings_table()];
        tables.extend(self.declared.iter().cloned());
        tables
    }

    fn account(&self) -> Table {
        let rows: Vec<Row> = self
            .aids
            .iter()
            .map(|aid| {
                let cells = vec![
                    Cell::Text(aid.month.to_string()),
                    Cell::Text(aid.dispositif.clone()),
                    aid.nature.as_str().into(),
                    Cell::Day(aid.decided_on),
                    aid.paid_on.into(),
                    Cell::Amount(aid.amount),
                    Cell::Text(aid.payer.clone()),
                    Cell::Text(aid.reference.clone()),
                    match aid.mark {
                        AidMark::Plain => Cell::Empty,
                        AidMark::Cancelled => "annulée".into(),
                        AidMark::Irregular => "irrégulière".into(),
                        AidMark::Derogation(number) => Cell::Text(format!("dérogation n° {number}")),
                    },
                    Cell::Text(format!("lot {} ligne {}", aid.origin.0, aid.origin.1)),
                ];
                Row::from(cells).to(Drill::Aid(aid.aid, aid.reference.clone()))
            })
            .collect();
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
        sum[5] = Cell::Amount(self.received.granted);
        let who = &self.who;
        let born = match (who.born_on, self.age) {
            (Some(day), Some(age)) => format!("né(e) le {}, {age} ans", day.to_french()),
            _ => "date de naissance inconnue".to_string(),
        };
        let title = format!(
            "{} {} {} — {born}{}",
            who.number,
            who.last_name,
            who.first_name,
            if who.rqth == Some(true) { ", RQTH" } else { "" }
        );
        let notes = vec![format!("Pseudonyme dans le carnet : {}", self.pseudonym)];
        Table { notes, total: Some(sum), ..Table::new(title, columns, rows) }
    }

    fn ceilings_table(&self) -> Table {
        let rows: Vec<Vec<Cell>> = self
            .ceilings
            .iter()
            .map(|one| {
                vec![
                    Cell::Text(one.dispositif.clone()),
                    Cell::Text(one.label.clone()),
                    Cell::Amount(one.bound),
                    Cell::Amount(one.used),
                    Cell::Amount(one.left),
                    Cell::Text(one.article.clone()),
                ]
            })
            .collect();
        let columns = vec![
            Column::new("dispositif", "Dispositif", Kind::Text),
            Column::new("plafond", "Plafond", Kind::Text),
            Column::new("borne", "Borne", Kind::Amount),
            Column::new("utilise", "Utilisé", Kind::Amount),
            Column::new("reste", "Reste", Kind::Amount),
            Column::new("article", "Article", Kind::Text),
        ];
        Table::new(format!("Plafonds en {}", self.month.in_words()), columns, rows)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bank_account_is_recognised_and_not_read() {
        for (iban, shown) in [
            ("FR7630006000011234567890189", "FR76\u{a0}••••\u{a0}189"),
            ("BE68539007547034", "BE68\u{a0}••••\u{a0}034"),
            ("12345678901234", "••••"),
            ("", ""),
        ] {
            assert_eq!(super::masked(iban), shown, "{iban}");
        }
    }
}
