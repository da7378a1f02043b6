//! Statements of the base, each from one moment of it.

use super::account_sums::{granted_account, paid_by_envelope};
use super::error::AppError;
use crate::calendar::{Date, FiscalYear, Month};
use crate::funding::DateKind;
use crate::ledger::Axes;
use crate::money::{Amount, group_thousands};
use crate::posting::{EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT};
use crate::statements::{
    AidGroup, AidLine, Axis, Cell, Column, Drill, EnvelopeLine, Kind, Row, Table, WITHOUT, aid_table,
    cross_table, envelope_table, group_exactly,
};
use crate::store::{Dictionary, FactRow, Store, Tx, Value};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The widest cross table that is read across a sheet, in columns of the second axis.
const WIDEST_ON_PAPER: usize = 8;

/// The dictionaries that name the keys of aids.
pub(super) struct Names {
    pub(super) dispositifs: Dictionary,
    pub(super) funders: Dictionary,
    pub(super) conventions: Dictionary,
    pub(super) sites: Dictionary,
    pub(super) natures: Dictionary,
    pub(super) axes: FxHashMap<u32, Axes>,
}

impl Names {
    pub(super) async fn load(tx: &mut Tx) -> Result<Names, AppError> {
        Ok(Names {
            dispositifs: tx.dictionary("dispositif").await?,
            funders: tx.dictionary("funder").await?,
            conventions: tx.dictionary("convention").await?,
            sites: tx.dictionary("site").await?,
            natures: tx.dictionary("nature").await?,
            axes: tx.axes().await?,
        })
    }

    pub(super) fn key(&self, axis: Axis, axes: &Axes, nature: u32, month: Month) -> Result<String, AppError> {
        let text = match axis {
            Axis::Dispositif => self.dispositifs.code(axes.dispositif)?.to_string(),
            Axis::Funder => self.funders.code(axes.funder)?.to_string(),
            Axis::Convention => self.conventions.code(axes.convention)?.to_string(),
            Axis::Site => self.sites.code(axes.site)?.to_string(),
            Axis::Nature => self.natures.code(nature)?.to_string(),
            Axis::Month => month.to_string(),
            Axis::Quarter => month.quarter_name(),
            Axis::Beneficiary => unreachable!("people are named by their number"),
        };
        Ok(if text.is_empty() { WITHOUT.to_string() } else { text })
    }
}

/// The fiscal year asked, else the last open one.
pub(super) async fn year_asked(tx: &mut Tx, code: Option<i16>) -> Result<FiscalYear, AppError> {
    let years = tx.years().await?;
    match code {
        None => Ok(years.last()),
        // A year before the base holds rights and decisions all the same.
        Some(code) => years.named(code).ok_or_else(|| {
            AppError::Refused(format!("l'exercice {code} n'est pas ouvert (denier ouvrir --exercice {code})"))
        }),
    }
}

/// The aids of a year, laid out in two ways.
#[derive(Clone, Debug)]
pub struct AidStatement {
    /// One row per group.
    pub rows: Table,
    /// With two axes, amounts across the second where it is short enough.
    pub crossed: Option<Table>,
}

/// Returns the aids of a fiscal year, by one or two axes and one of their three dates.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn aid_statement(
    store: &Store,
    year: Option<i16>,
    by: DateKind,
    axes: &[Axis],
) -> Result<AidStatement, AppError> {
    let mut tx = store.read().await?;
    let year = year_asked(&mut tx, year).await?;
    let (groups, all) = if axes.iter().all(|axis| axis.is_maintained()) {
        maintained_groups(&mut tx, year, by, axes).await?
    } else {
        exact_groups(&mut tx, year, by, axes).await?
    };
    let year_period = i64::from(year.code);
    let counted = tx.counts(by, year_period, year_period).await?;
    let irregular: i64 =
        counted.iter().filter(|row| row.dispositif == 0).map(|row| row.count.irregular).sum();
    let title = format!("Aides de l'exercice {}, selon {}", year.code, by.in_words());
    let notes = if irregular == 0 {
        Vec::new()
    } else {
        vec![format!(
            "dont {} irrégulières (denier etats irregularites)",
            group_thousands(irregular.unsigned_abs())
        )]
    };
    let crossed = cross_table(&title, notes.clone(), axes, &groups, WIDEST_ON_PAPER);
    Ok(AidStatement { rows: aid_table(&title, notes, axes, by, &groups, &all), crossed })
}

/// Groups read from the maintained totals: by dispositif, month, or both.
async fn maintained_groups(
    tx: &mut Tx,
    year: FiscalYear,
    by: DateKind,
    axes: &[Axis],
) -> Result<(Vec<AidGroup>, AidGroup), AppError> {
    let dispositifs = tx.dictionary("dispositif").await?;
    let axes_of = tx.axes().await?;
    let by_month = axes.contains(&Axis::Month);
    let by_dispositif = axes.contains(&Axis::Dispositif);
    let mut groups: BTreeMap<(i64, u32), AidGroup> = BTreeMap::new();
    let mut all = AidGroup { keys: Vec::new(), number: 0, people: 0, amount: Amount::ZERO };
    let year_period = i64::from(year.code);
    let slot = |period: i64, dispositif: u32| {
        (if by_month { period } else { 0 }, if by_dispositif { dispositif } else { 0 })
    };
    let fresh = || AidGroup { keys: Vec::new(), number: 0, people: 0, amount: Amount::ZERO };
    for row in tx.amounts(by, year.first, year.last).await? {
        let group =
            groups.entry(slot(row.month.number(), axes_of[&row.axes].dispositif)).or_insert_with(fresh);
        group.amount += row.amount;
        all.amount += row.amount;
    }
    let (first, last) =
        if by_month { (year.first.number(), year.last.number()) } else { (year_period, year_period) };
    for row in tx.counts(by, first, last).await? {
        if (row.dispositif != 0) != by_dispositif || row.count == crate::balances::Count::default() {
            continue;
        }
        let group = groups.entry(slot(row.period, row.dispositif)).or_insert_with(fresh);
        group.number += row.count.number;
        group.people += row.count.people;
    }
    for row in tx.counts(by, year_period, year_period).await?.iter().filter(|row| row.dispositif == 0) {
        all.number = row.count.number;
        all.people = row.count.people;
    }
    let mut named = Vec::new();
    for ((period, dispositif), mut group) in groups {
        for axis in axes {
            group.keys.push(match axis {
                Axis::Month => Month::from_number(period).map(|month| month.to_string()).unwrap_or_default(),
                _ => dispositifs.code(dispositif)?.to_string(),
            });
        }
        named.push(group);
    }
    named.sort_by(|a, b| a.keys.cmp(&b.keys));
    Ok((named, all))
}

/// Groups counted from the aids themselves, each unit and person once.
async fn exact_groups(
    tx: &mut Tx,
    year: FiscalYear,
    by: DateKind,
    axes: &[Axis],
) -> Result<(Vec<AidGroup>, AidGroup), AppError> {
    let names = Names::load(tx).await?;
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares().await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    let month_of = |row: &FactRow| match by {
        DateKind::Right => Some(row.month),
        DateKind::Decision => Some(row.decided_on.month()),
        DateKind::Payment => row.paid_on.map(Date::month),
    };
    let mut living: Vec<FactRow> = Vec::new();
    tx.each_living_fact(|row| {
        // The first payment of several may be of another year than the next.
        let in_year = month_of(&row).is_some_and(|month| year.holds(month));
        if in_year || (by == DateKind::Payment && row.is_in_parts()) {
            living.push(row);
        }
    })
    .await?;
    let living = if by == DateKind::Payment { tx.in_parts(living).await? } else { living };
    let dated = living.iter().filter_map(|row| Some((row, month_of(row)?)));
    let rows: Vec<(&FactRow, Month)> = dated.filter(|(_, month)| year.holds(*month)).collect();
    let mut numbers: FxHashMap<i64, String> = FxHashMap::default();
    if axes.contains(&Axis::Beneficiary) {
        let mut people: Vec<Value> = rows.iter().map(|(row, _)| row.beneficiary.into()).collect();
        people.dedup();
        numbers.extend(tx.numbers_by_key(&people).await?);
    }
    let mut lines = Vec::with_capacity(rows.len());
    for (rank, (row, month)) in rows.iter().enumerate() {
        let whole = [(row.axes, row.amount)];
        for (key, amount) in shares.get(&row.aid).map_or(whole.as_slice(), Vec::as_slice) {
            let mut keys = Vec::with_capacity(axes.len());
            for axis in axes {
                keys.push(match axis {
                    Axis::Beneficiary => {
                        numbers.get(&row.beneficiary).cloned().unwrap_or_else(|| "effacé".into())
                    }
                    axis => names.key(*axis, &names.axes[key], row.nature, *month)?,
                });
            }
            let unit = match by {
                DateKind::Right => (row.decision, row.month),
                DateKind::Decision => (row.decision, *month),
                DateKind::Payment => (i64::try_from(rank).expect("few payments"), *month),
            };
            lines.push(AidLine { keys, unit, person: row.beneficiary, amount: *amount });
        }
    }
    Ok(group_exactly(lines.into_iter()))
}

/// Returns the envelopes, or those of one year.
///
/// # Errors
/// When the base fails.
pub async fn envelope_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let names = Names::load(&mut tx).await?;
    let paid = paid_by_envelope(&mut tx, &names).await?;
    let mut lines = Vec::new();
    for (key, envelope) in tx.envelopes().await? {
        if year.is_some_and(|year| i64::from(year) != i64::from(key.year)) {
            continue;
        }
        lines.push(EnvelopeLine {
            dispositif: names.dispositifs.code(key.dispositif)?.to_string(),
            year: key.year,
            funder: names.funders.code(key.funder)?.to_string(),
            envelope,
            paid: paid.get(&key).copied().unwrap_or_default(),
        });
    }
    lines.sort_by(|a, b| (&a.dispositif, a.year, &a.funder).cmp(&(&b.dispositif, b.year, &b.funder)));
    Ok(envelope_table(&lines))
}

/// Returns the irregular aids, or those whose month of right is in a fiscal year: one row per finding.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn irregularities(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let year = match year {
        Some(code) => Some(year_asked(&mut tx, Some(code)).await?),
        None => None,
    };
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut found = tx.irregularities().await?;
    found.retain(|row| year.is_none_or(|year| year.holds(row.fact.month)));
    let mut rows = Vec::new();
    for row in &found {
        let cells = vec![
            Cell::Text(row.reference.clone()),
            Cell::Text(dispositifs.code(row.fact.dispositif)?.to_string()),
            row.number.as_deref().unwrap_or("effacé").into(),
            Cell::Text(row.fact.month.to_string()),
            Cell::Amount(row.fact.amount),
            Cell::Text(row.code.clone()),
            row.rule.as_deref().unwrap_or("").into(),
            Cell::Text(row.message.clone()),
            row.article.as_deref().unwrap_or("").into(),
            row.room.map_or(Cell::Empty, Cell::Amount),
            Cell::Text(row.advice.clone()),
            Cell::Text(row.origin.0.clone()),
            Cell::Count(row.origin.1),
        ];
        rows.push(Row::from(cells).to(Drill::Aid(row.fact.aid, row.reference.clone())));
    }
    let columns = vec![
        Column::new("reference", "Référence", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("beneficiaire", "Dossier", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("code", "Constat", Kind::Text),
        Column::new("regle", "Règle", Kind::Text),
        Column::new("message", "Explication", Kind::Text),
        Column::new("article", "Article", Kind::Text),
        Column::new("reste", "Reste", Kind::Amount),
        Column::new("conseil", "Conseil", Kind::Text),
        Column::new("fichier", "Fichier", Kind::Text),
        Column::new("ligne", "Ligne", Kind::Count),
    ];
    let notes = if rows.is_empty() { vec!["Aucune aide irrégulière.".to_string()] } else { Vec::new() };
    Ok(Table { notes, ..Table::new("Aides irrégulières", columns, rows) })
}

/// Returns what is granted and unpaid on a day, by dispositif and funder.
///
/// The amounts are those that the book holds as granted and not paid; the aids themselves give the numbers, and
/// must give the same amounts. A row leads to its aids where the book has granted and paid nothing of it since.
///
/// # Errors
/// When the two disagree: the base must be verified.
pub async fn outstanding(store: &Store, day: Date) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let names = Names::load(&mut tx).await?;
    let account = granted_account(&mut tx).await?;
    let mut booked: BTreeMap<Vec<String>, Amount> = BTreeMap::new();
    let keys_of = |axes: u32| -> Result<Vec<String>, AppError> {
        let axes = &names.axes[&axes];
        Ok(vec![
            names.dispositifs.code(axes.dispositif)?.to_string(),
            names.funders.code(axes.funder)?.to_string(),
        ])
    };
    for row in tx.balances_on(account, day).await? {
        *booked.entry(keys_of(row.axes)?).or_default() += row.amount;
    }
    let mut moved_since: BTreeSet<Vec<String>> = BTreeSet::new();
    for event in [EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT] {
        for (_, _, axes) in tx.entries_of_event(event, day.morrow().number(), i64::MAX).await? {
            moved_since.insert(keys_of(axes)?);
        }
    }
    let due = tx.due_on(EVENT_PAYMENT, day).await?;
    let aids: Vec<Value> = due.iter().map(|aid| aid.aid.into()).collect();
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares_of(&aids).await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    let mut lines = Vec::new();
    for aid in &due {
        let whole = [(aid.axes, aid.amount)];
        for (axes, amount) in shares.get(&aid.aid).map_or(whole.as_slice(), Vec::as_slice) {
            lines.push(AidLine {
                keys: keys_of(*axes)?,
                unit: (aid.decision, aid.month),
                person: aid.beneficiary,
                amount: *amount,
            });
        }
    }
    let (mut groups, mut all) = group_exactly(lines.into_iter());
    // Paid before it was granted: the book owes less than nothing on that day, and says so.
    let counted: Amount = all.amount;
    let in_book: Amount = booked.values().copied().sum();
    if counted < in_book {
        return Err(AppError::Machine(format!(
            "{} restent à verser au {} selon le carnet, {} selon les aides (denier verifier)",
            in_book.to_euros(),
            day.to_french(),
            counted.to_euros()
        )));
    }
    for group in &mut groups {
        group.amount = booked.remove(&group.keys).unwrap_or_default();
    }
    groups.extend(booked.into_iter().map(|(keys, amount)| AidGroup { keys, number: 0, people: 0, amount }));
    groups.sort_by(|a, b| a.keys.cmp(&b.keys));
    all.amount = in_book;
    let mut notes = Vec::new();
    if counted != in_book {
        notes.push(format!(
            "{} versés au {} pour des droits qui ne s'ouvrent qu'après sont déduits",
            (counted - in_book).to_euros(),
            day.to_french()
        ));
    }
    let title = format!("Engagé et non versé au {}", day.to_french());
    let axes = [Axis::Dispositif, Axis::Funder];
    let mut table = aid_table(&title, notes, &axes, DateKind::Right, &groups, &all);
    for (row, group) in table.rows.iter_mut().zip(groups) {
        let leads = !moved_since.contains(&group.keys);
        row.drill = leads.then(|| Drill::Unpaid(axes.into_iter().zip(group.keys).collect()));
    }
    Ok(table)
}
