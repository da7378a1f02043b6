//! The aids behind a figure: the same filter gives the statement's figure from the maintained totals, and
//! its lines page by page, to the centime.

use super::account_sums::{granted_and_unpaid, paid_account};
use super::error::AppError;
use super::page::{Counted, Page, PageKey, page_size};
use super::state::Names;
use crate::calendar::{Date, FiscalYear, Month};
use crate::funding::DateKind;
use crate::ledger::{AccountId, Axes};
use crate::money::Amount;
use crate::posting::EVENT_PAYMENT;
use crate::statements::{Axis, WITHOUT};
use crate::store::{AidListRow, Dictionary, PaymentRow, Store, Tx, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// What aids are listed of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AidState {
    /// Those that figures count.
    #[default]
    Living,
    /// Those that figures count and that are not wholly paid, the latest first: what is left of each.
    Unpaid,
    /// Those that a later lot cancelled.
    Cancelled,
}

/// Which aids. Codes are those that statements show; `sans` is the absence of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidFilter {
    /// The date that says in which month an aid counts.
    pub by: DateKind,
    /// The first and the last month, by that date.
    pub months: Option<(Month, Month)>,
    /// Code of the dispositif.
    pub dispositif: Option<String>,
    /// Code of the nature.
    pub nature: Option<String>,
    /// Code of the funder.
    pub funder: Option<String>,
    /// Code of the convention.
    pub convention: Option<String>,
    /// Code of the site.
    pub site: Option<String>,
    /// The year of the envelope that they are taken from.
    pub envelope_year: Option<u32>,
    /// The person's number.
    pub person: Option<String>,
    /// Only those that fail a rule.
    pub irregular_only: bool,
    /// The lot that brought them.
    pub lot: Option<i64>,
    /// Living, unpaid or cancelled.
    pub state: AidState,
}

impl AidFilter {
    /// Returns a filter that takes every living aid, by this date.
    pub fn all(by: DateKind) -> AidFilter {
        AidFilter {
            by,
            months: None,
            dispositif: None,
            nature: None,
            funder: None,
            convention: None,
            site: None,
            envelope_year: None,
            person: None,
            irregular_only: false,
            lot: None,
            state: AidState::Living,
        }
    }

    /// Returns the aids behind a row of the aids of a fiscal year: its keys are those of [`Drill::Aids`].
    ///
    /// [`Drill::Aids`]: crate::statements::Drill::Aids
    pub fn behind(year: FiscalYear, by: DateKind, keys: &[(Axis, String)]) -> AidFilter {
        AidFilter { months: Some((year.first, year.last)), ..AidFilter::all(by) }.narrowed(keys)
    }

    /// Returns the aids of this filter that have these keys.
    pub fn narrowed(&self, keys: &[(Axis, String)]) -> AidFilter {
        let mut filter = self.clone();
        let (first, last) = self.months.unwrap_or((Month::FIRST, Month::LAST));
        for (axis, key) in keys {
            let code = Some(key.clone());
            match axis {
                Axis::Dispositif => filter.dispositif = code,
                Axis::Nature => filter.nature = code,
                Axis::Funder => filter.funder = code,
                Axis::Convention => filter.convention = code,
                Axis::Site => filter.site = code,
                Axis::Beneficiary => filter.person = code,
                Axis::Month => filter.months = Month::parse(key).map(|month| (month, month)),
                // A quarter may begin before the year, or end after it.
                Axis::Quarter => {
                    filter.months =
                        Month::parse_quarter(key).map(|(from, to)| (from.max(first), to.min(last)));
                }
            }
        }
        filter
    }
}

/// What one funder gives of an aid, or of one of its payments where they are listed by payment; most have
/// one funder and one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidLine {
    /// The aid's key.
    pub aid: i64,
    /// Reference.
    pub reference: String,
    /// The person's number; none once erased.
    pub person: Option<String>,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Code of the nature, or empty.
    pub nature: String,
    /// Month of right.
    pub month: Month,
    /// Day of the decision.
    pub decided_on: Date,
    /// Day of the payment that the line is; in a list that is not by payment, of the first one, if any; none
    /// for what is left unpaid.
    pub paid_on: Option<Date>,
    /// The funder's amount; in a list by payment, of that payment; of what is left unpaid, that.
    pub amount: Amount,
    /// Code of the payer.
    pub payer: String,
    /// Code of the funder.
    pub funder: String,
    /// Code of the convention, or empty.
    pub convention: String,
    /// Code of the site, or empty.
    pub site: String,
    /// A rule fails.
    pub is_irregular: bool,
    /// Cancelled by a later lot.
    pub is_cancelled: bool,
    /// A part of the aid is paid, and not all of it.
    pub is_partly_paid: bool,
}

/// A page of aids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidLines {
    /// Its lines; its amount is that of the whole filter, where the maintained totals tell it.
    pub page: Page<AidLine>,
    /// Instalments, decisions or payments of the whole filter, as the statement counts them, where the
    /// maintained totals tell it.
    pub units: Option<i64>,
}

/// Returns the aids of a filter, after a key. By right they come by month, by decision by dispositif and
/// day, by payment in the order of the book; otherwise as they were posted.
///
/// # Errors
/// When a code is not known, or the key is of another list.
pub async fn aid_lines(
    store: &Store,
    filter: &AidFilter,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<AidLines, AppError> {
    let mut tx = store.read().await?;
    let names = Names::load(&mut tx).await?;
    let wanted = Wanted::of(&mut tx, &names, filter).await?;
    let totals = Totals::of(&mut tx, &names, &wanted).await?;
    let mut walk = Walk::of(&mut tx, &names, &wanted, &totals, after).await?;
    let limit = page_size(limit);
    let payers = tx.dictionary("payer").await?;
    let mut rows: Vec<AidLine> = Vec::new();
    // The key of the last aid taken; the aid that did not fit says that there are more.
    let (mut last, mut more) = (None, false);
    'page: loop {
        let found = walk.next(&mut tx, limit + 1).await?;
        if found.is_empty() {
            break;
        }
        for (key, lines) in lines_of(&mut tx, &names, &payers, &wanted, found).await? {
            if !rows.is_empty() && rows.len() + lines.len() > limit {
                more = true;
                break 'page;
            }
            rows.extend(lines);
            last = Some(key);
        }
    }
    let seen = PageKey::before(after) + i64::try_from(rows.len()).expect("a page is short");
    let page = Page {
        next: last.filter(|_| more).map(|key| PageKey::new(seen, key)),
        number: if more { Counted::AtLeast(seen + 1) } else { Counted::Exactly(seen) },
        amount: match totals.amount {
            // A list that fits in one page tells its own amount.
            None if after.is_none() && !more => Some(rows.iter().map(|row| row.amount).sum()),
            amount => amount,
        },
        rows,
    };
    Ok(AidLines { page, units: totals.units })
}

/// A filter in keys.
pub(super) struct Wanted {
    by: DateKind,
    months: Option<(Month, Month)>,
    dispositif: Option<u32>,
    nature: Option<u32>,
    funder: Option<u32>,
    convention: Option<u32>,
    site: Option<u32>,
    envelope_year: Option<u32>,
    person: Option<i64>,
    irregular_only: bool,
    lot: Option<i64>,
    state: AidState,
}

impl Wanted {
    pub(super) async fn of(tx: &mut Tx, names: &Names, filter: &AidFilter) -> Result<Wanted, AppError> {
        let key = |what: &str, dictionary: &Dictionary, code: &Option<String>| match code {
            None => Ok(None),
            Some(code) => {
                let found = dictionary.keys.get(code).copied();
                let found = found.or_else(|| (code == WITHOUT).then_some(0));
                found.map(Some).ok_or_else(|| AppError::Refused(format!("{what} inconnu : « {code} »")))
            }
        };
        let person = match &filter.person {
            None => None,
            Some(number) => {
                let found = tx.identities(&[number.as_str().into()]).await?;
                let person = found.first().map(|stored| stored.beneficiary);
                Some(person.ok_or_else(|| AppError::Refused(format!("aucun bénéficiaire « {number} »")))?)
            }
        };
        Ok(Wanted {
            by: filter.by,
            months: filter.months,
            dispositif: key("dispositif", &names.dispositifs, &filter.dispositif)?,
            nature: key("code de nature", &names.natures, &filter.nature)?,
            funder: key("financeur", &names.funders, &filter.funder)?,
            convention: key("code de convention", &names.conventions, &filter.convention)?,
            site: key("site", &names.sites, &filter.site)?,
            envelope_year: filter.envelope_year,
            person,
            irregular_only: filter.irregular_only,
            lot: filter.lot,
            state: filter.state,
        })
    }

    pub(super) fn funds(&self, axes: &Axes) -> bool {
        let is = |wanted: Option<u32>, own: u32| wanted.is_none_or(|wanted| wanted == own);
        is(self.dispositif, axes.dispositif)
            && is(self.funder, axes.funder)
            && is(self.convention, axes.convention)
            && is(self.site, axes.site)
            && is(self.envelope_year, axes.envelope_year)
    }

    pub(super) fn is_of(&self, dispositif: u32, nature: u32) -> bool {
        self.dispositif.is_none_or(|wanted| wanted == dispositif)
            && self.nature.is_none_or(|wanted| wanted == nature)
    }

    fn holds(&self, month: Month) -> bool {
        self.months.is_none_or(|(first, last)| first <= month && month <= last)
    }

    /// Tells whether what was paid of an aid on a day, or all of it, counts in the months of the filter.
    fn counts(&self, row: &AidListRow, paid_on: Option<Date>) -> bool {
        let month = match self.by {
            DateKind::Right => Some(row.month),
            DateKind::Decision => Some(row.decided_on.month()),
            DateKind::Payment => paid_on.map(Date::month),
        };
        // What is unpaid is in no month of payment.
        match (self.state, self.months) {
            (AidState::Unpaid, None) => true,
            _ => month.is_some_and(|month| self.holds(month)),
        }
    }

    fn takes(&self, row: &AidListRow) -> bool {
        let state = match self.state {
            AidState::Living => !row.cancelled,
            AidState::Unpaid => !row.cancelled && row.paid < row.amount,
            AidState::Cancelled => row.cancelled,
        };
        state
            && self.is_of(row.dispositif, row.nature)
            && (!self.irregular_only || row.irregular)
            && self.lot.is_none_or(|lot| lot == row.origin.0)
            && self.person.is_none_or(|person| person == row.beneficiary)
    }

    /// Returns true where the maintained totals are kept by all that the filter asks.
    pub(super) fn is_maintained(&self) -> bool {
        self.state == AidState::Living && !self.irregular_only && self.lot.is_none() && self.person.is_none()
    }
}

/// The months, axes and natures in which a filter has aids, and what they sum to.
struct Totals {
    /// Those that hold an amount: month, axes, nature, whether the axes are wanted.
    held: FxHashSet<(Month, u32, u32)>,
    /// The months with an amount on wanted axes, by dispositif and by axes.
    months: BTreeSet<(u32, Month)>,
    axes: FxHashSet<(Month, u32)>,
    amount: Option<Amount>,
    units: Option<i64>,
}

impl Totals {
    async fn of(tx: &mut Tx, names: &Names, wanted: &Wanted) -> Result<Totals, AppError> {
        let mut totals = Totals {
            held: FxHashSet::default(),
            months: BTreeSet::new(),
            axes: FxHashSet::default(),
            amount: None,
            units: None,
        };
        if wanted.state == AidState::Unpaid {
            if wanted.months.is_none() && wanted.nature.is_none() && wanted.is_unlisted() {
                let unpaid = granted_and_unpaid(tx).await?.into_iter();
                let funded = |axes: &u32| names.axes.get(axes).is_some_and(|axes| wanted.funds(axes));
                totals.amount = Some(unpaid.filter(|(axes, _)| funded(axes)).map(|(_, amount)| amount).sum());
            }
            return Ok(totals);
        }
        if !wanted.is_maintained() {
            return Ok(totals);
        }
        let (first, last) = wanted.months.unwrap_or((Month::FIRST, Month::LAST));
        let mut amount = Amount::ZERO;
        for row in tx.amounts(wanted.by, first, last).await? {
            let axes = names.axes.get(&row.axes).copied().unwrap_or_default();
            if !wanted.is_of(axes.dispositif, row.nature) {
                continue;
            }
            totals.held.insert((row.month, row.axes, row.nature));
            if wanted.funds(&axes) {
                totals.months.insert((axes.dispositif, row.month));
                totals.axes.insert((row.month, row.axes));
                amount += row.amount;
            }
        }
        totals.amount = Some(amount);
        let by_others = [wanted.nature, wanted.funder, wanted.convention, wanted.site, wanted.envelope_year];
        if by_others.iter().all(Option::is_none) {
            let counted = tx.counts(wanted.by, first.number(), last.number()).await?;
            let of = wanted.dispositif.unwrap_or(0);
            let own = counted.iter().filter(|row| row.dispositif == of);
            totals.units = Some(own.map(|row| row.count.number).sum());
        }
        Ok(totals)
    }
}

impl Wanted {
    fn is_unlisted(&self) -> bool {
        !self.irregular_only && self.lot.is_none() && self.person.is_none()
    }
}

/// An aid that a walk comes to: its key in the list, and the part of it that was found, if not all of it.
struct Found {
    key: Vec<i64>,
    aid: i64,
    part: Option<Part>,
}

/// A part of an aid: the day on which it was paid, and what each funder's axes bear of it.
struct Part {
    paid_on: Option<Date>,
    shares: Vec<(u32, Amount)>,
}

/// A walk through aids in the order of a list.
enum Walk {
    /// By month of right and terms.
    Right { months: Vec<(Month, BTreeSet<i64>)>, at: [i64; 3] },
    /// By dispositif and day of decision.
    Decision { months: Vec<(u32, Month)>, at: [i64; 4] },
    /// By the entries that paid them.
    Payment { entries: Vec<(i64, Date)>, account: AccountId, at: [i64; 2] },
    /// As they were posted.
    Posted { which: Posted, at: i64 },
    /// Not wholly paid, the latest first.
    Unpaid { before: i64 },
}

#[derive(Clone, Copy)]
enum Posted {
    Irregular,
    Cancelled,
    Person(i64),
    Lot(i64),
}

impl Walk {
    async fn of(
        tx: &mut Tx,
        names: &Names,
        wanted: &Wanted,
        totals: &Totals,
        after: Option<&PageKey>,
    ) -> Result<Walk, AppError> {
        let posted = match wanted {
            Wanted { state: AidState::Cancelled, .. } => Some(Posted::Cancelled),
            Wanted { person: Some(person), .. } => Some(Posted::Person(*person)),
            Wanted { irregular_only: true, .. } => Some(Posted::Irregular),
            Wanted { lot: Some(lot), .. } => Some(Posted::Lot(*lot)),
            _ => None,
        };
        if let Some(which) = posted {
            let [at] = PageKey::row(after)?;
            return Ok(Walk::Posted { which, at });
        }
        if wanted.state == AidState::Unpaid {
            let [before] = PageKey::row(after)?;
            return Ok(Walk::Unpaid { before: if after.is_none() { i64::MAX } else { before } });
        }
        Ok(match wanted.by {
            DateKind::Right => Walk::Right {
                months: terms_by_month(tx, names, wanted, totals).await?,
                at: PageKey::row(after)?,
            },
            DateKind::Decision => {
                Walk::Decision { months: totals.months.iter().copied().collect(), at: PageKey::row(after)? }
            }
            DateKind::Payment => {
                let (first, last) = wanted.months.unwrap_or((Month::FIRST, Month::LAST));
                let days = (first.first_day().number(), last.last_day().number());
                let mut entries = Vec::new();
                for (entry, day, axes) in tx.entries_of_event(EVENT_PAYMENT, days.0, days.1).await? {
                    if totals.axes.contains(&(day.month(), axes)) {
                        entries.push((entry, day));
                    }
                }
                Walk::Payment { entries, account: paid_account(tx).await?, at: PageKey::row(after)? }
            }
        })
    }

    /// Returns the next aids, at least one unless there is no more.
    async fn next(&mut self, tx: &mut Tx, limit: usize) -> Result<Vec<Found>, AppError> {
        let limit = i64::try_from(limit).expect("a page is short");
        let whole = |key: Vec<i64>, aid: i64| Found { key, aid, part: None };
        match self {
            Walk::Right { months, at } => {
                for (month, terms) in months.iter() {
                    let number = month.number();
                    if number < at[0] {
                        continue;
                    }
                    if number > at[0] {
                        *at = [number, i64::MIN, i64::MIN];
                    }
                    // From the terms of the key on, those that are both wanted and used that month.
                    while let Some(next) = terms.range(at[1]..).next() {
                        let Some(used) = tx.next_terms(*month, *next).await? else { break };
                        if used > at[1] {
                            (at[1], at[2]) = (used, i64::MIN);
                        }
                        if terms.contains(&used) {
                            let aids = tx.aids_of_month(*month, used, at[2], limit).await?;
                            if let Some(last) = aids.last() {
                                at[2] = *last;
                                let found = aids.iter().map(|aid| whole(vec![number, used, *aid], *aid));
                                return Ok(found.collect());
                            }
                        }
                        (at[1], at[2]) = (used + 1, i64::MIN);
                    }
                    *at = [number + 1, i64::MIN, i64::MIN];
                }
                Ok(Vec::new())
            }
            Walk::Decision { months, at } => {
                for (dispositif, month) in months.iter() {
                    let (first, last) = (month.first_day().number(), month.last_day().number());
                    if (i64::from(*dispositif), last) < (at[0], at[1]) {
                        continue;
                    }
                    if (i64::from(*dispositif), first) > (at[0], at[1]) {
                        *at = [i64::from(*dispositif), first, i64::MIN, i64::MIN];
                    }
                    while let Some(day) = tx.next_decision_day(*dispositif, at[1], last).await? {
                        if day > at[1] {
                            *at = [at[0], day, i64::MIN, i64::MIN];
                        }
                        let aids = tx.aids_decided(*dispositif, day, (at[2], at[3]), limit).await?;
                        if let Some((decision, aid)) = aids.last() {
                            (at[2], at[3]) = (*decision, *aid);
                            let found = aids.iter().map(|(decision, aid)| {
                                whole(vec![i64::from(*dispositif), day, *decision, *aid], *aid)
                            });
                            return Ok(found.collect());
                        }
                        *at = [at[0], day + 1, i64::MIN, i64::MIN];
                    }
                }
                Ok(Vec::new())
            }
            Walk::Payment { entries, account, at } => {
                for (entry, day) in entries.iter() {
                    if *entry < at[0] {
                        continue;
                    }
                    if *entry > at[0] {
                        *at = [*entry, i64::MIN];
                    }
                    let lines = tx.debits_of_entry(*entry, at[1], *account, limit).await?;
                    if let Some((rank, ..)) = lines.last() {
                        at[1] = *rank;
                        let found = lines.iter().map(|(rank, aid, axes, amount)| Found {
                            key: vec![*entry, *rank],
                            aid: *aid,
                            part: Some(Part { paid_on: Some(*day), shares: vec![(*axes, *amount)] }),
                        });
                        return Ok(found.collect());
                    }
                    *at = [*entry + 1, i64::MIN];
                }
                Ok(Vec::new())
            }
            Walk::Posted { which, at } => {
                let aids = match which {
                    Posted::Irregular => tx.irregular_after(*at, limit).await?,
                    Posted::Cancelled => tx.cancelled_after(*at, limit).await?,
                    Posted::Person(person) => tx.aids_of_one_after(*person, *at, limit).await?,
                    Posted::Lot(lot) => tx.aids_of_lot_after(*lot, *at, limit).await?,
                };
                *at = aids.last().copied().unwrap_or(*at);
                Ok(aids.into_iter().map(|aid| whole(vec![aid], aid)).collect())
            }
            Walk::Unpaid { before } => {
                let aids = tx.unpaid_before(*before, limit).await?;
                *before = aids.last().copied().unwrap_or(*before);
                Ok(aids.into_iter().map(|aid| whole(vec![aid], aid)).collect())
            }
        }
    }
}

/// The terms that a filter wants in each month of right that holds something of it.
async fn terms_by_month(
    tx: &mut Tx,
    names: &Names,
    wanted: &Wanted,
    totals: &Totals,
) -> Result<Vec<(Month, BTreeSet<i64>)>, AppError> {
    let of_axes: Vec<Value> =
        names.axes.iter().filter(|(_, axes)| wanted.funds(axes)).map(|(key, _)| (*key).into()).collect();
    // An aid of several funders is found by the terms that name its first one.
    let shared: FxHashSet<u32> = match of_axes.len() == names.axes.len() {
        true => FxHashSet::default(),
        false => tx.terms_sharing(&of_axes).await?.into_iter().collect(),
    };
    let all = tx.all_terms().await?;
    let mut months: BTreeMap<Month, BTreeSet<i64>> = BTreeMap::new();
    for month in totals.months.iter().map(|(_, month)| *month).collect::<BTreeSet<_>>() {
        let own = all.iter().filter(|(key, terms, _)| {
            let (dispositif, nature, axes) = (terms[0], terms[1], terms[5]);
            let funds = names.axes.get(&axes).is_some_and(|axes| wanted.funds(axes)) || shared.contains(key);
            funds && wanted.is_of(dispositif, nature) && totals.held.contains(&(month, axes, nature))
        });
        months.insert(month, own.map(|(key, ..)| i64::from(*key)).collect());
    }
    Ok(months.into_iter().collect())
}

/// The lines of the aids found that a filter takes, each aid with its key.
async fn lines_of(
    tx: &mut Tx,
    names: &Names,
    payers: &Dictionary,
    wanted: &Wanted,
    found: Vec<Found>,
) -> Result<Vec<(Vec<i64>, Vec<AidLine>)>, AppError> {
    let keys: Vec<Value> = found.iter().map(|one| one.aid.into()).collect();
    let rows: FxHashMap<i64, AidListRow> =
        tx.aids_listed(&keys).await?.into_iter().map(|row| (row.aid, row)).collect();
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares_of(&keys).await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    let mut payments: FxHashMap<i64, Vec<PaymentRow>> = FxHashMap::default();
    let by_payment = wanted.by == DateKind::Payment && wanted.state != AidState::Unpaid;
    if by_payment && found.iter().any(|one| one.part.is_none()) {
        for payment in tx.payments_of(&keys).await? {
            payments.entry(payment.aid).or_default().push(payment);
        }
    }
    let mut taken = Vec::with_capacity(found.len());
    for Found { key, aid, part } in found {
        let Some(row) = rows.get(&aid).filter(|row| wanted.takes(row)) else { continue };
        // An aid of several funders is paid whole.
        let borne = |amount: Amount| match shares.get(&aid) {
            Some(several) if amount == row.amount => several.clone(),
            _ => vec![(row.axes, amount)],
        };
        let parts: Vec<Part> = match (part, payments.get(&aid)) {
            (Some(part), _) => vec![part],
            (None, Some(payments)) => {
                let part = |one: &PaymentRow| Part { paid_on: Some(one.paid_on), shares: borne(one.amount) };
                payments.iter().map(part).collect()
            }
            (None, None) if wanted.state == AidState::Unpaid => {
                vec![Part { paid_on: None, shares: borne(row.amount - row.paid) }]
            }
            (None, None) => vec![Part { paid_on: row.paid_on, shares: borne(row.amount) }],
        };
        let mut lines = Vec::new();
        for part in parts.iter().filter(|part| wanted.counts(row, part.paid_on)) {
            for (axes, amount) in &part.shares {
                let axes = names.axes.get(axes).copied().unwrap_or_default();
                if wanted.funds(&axes) {
                    lines.push(line(names, payers, row, part.paid_on, &axes, *amount)?);
                }
            }
        }
        if !lines.is_empty() {
            taken.push((key, lines));
        }
    }
    Ok(taken)
}

fn line(
    names: &Names,
    payers: &Dictionary,
    row: &AidListRow,
    paid_on: Option<Date>,
    axes: &Axes,
    amount: Amount,
) -> Result<AidLine, AppError> {
    Ok(AidLine {
        aid: row.aid,
        reference: row.reference.clone(),
        person: row.number.clone(),
        dispositif: names.dispositifs.code(row.dispositif)?.to_string(),
        nature: names.natures.code(row.nature)?.to_string(),
        month: row.month,
        decided_on: row.decided_on,
        paid_on,
        amount,
        payer: payers.code(row.payer)?.to_string(),
        funder: names.funders.code(axes.funder)?.to_string(),
        convention: names.conventions.code(axes.convention)?.to_string(),
        site: names.sites.code(axes.site)?.to_string(),
        is_irregular: row.irregular,
        is_cancelled: row.cancelled,
        is_partly_paid: row.paid.is_positive() && row.paid < row.amount,
    })
}
