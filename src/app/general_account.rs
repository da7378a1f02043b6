//! The lines behind a figure of the general book, page by page, with the running balance of each account.

use super::aid_page::named;
use super::entry_page::{LotOrigin, lot_origin};
use super::error::AppError;
use super::general_statements::{GeneralStatement, accounts_of, grant_line};
use super::general_year::Comparison;
use super::law::subsidies_of;
use super::page::{Counted, Page, PageKey, page_size};
use crate::calendar::{Date, Month};
use crate::ledger::LineKind;
use crate::money::Amount;
use crate::statements::{Drill, Named};
use crate::store::{Dictionary, FundedBy, GeneralRow, PairTable, Pairs, Store, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Which accounts of the general book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralAccounts {
    /// Those that begin so; all of them where one is empty.
    Prefixes(Vec<String>),
    /// These.
    Exactly(Vec<String>),
    /// Those behind a line of a statement, by its code.
    Line(GeneralStatement, String),
    /// Those that hold subsidies.
    Subsidies,
}

/// Which lines of the general book. Codes are those that statements show; an empty one is the absence of
/// one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralFilter {
    /// The fiscal year, else the last one that has a FEC.
    pub year: Option<i16>,
    /// The accounts.
    pub accounts: GeneralAccounts,
    /// The first and the last month.
    pub months: Option<(Month, Month)>,
    /// Code of the journal.
    pub journal: Option<String>,
    /// Code of the funder; empty for lines that nobody funds.
    pub funder: Option<String>,
    /// Code of the convention; empty for lines outside any convention.
    pub convention: Option<String>,
}

impl GeneralFilter {
    /// Returns a filter that takes every line of some accounts.
    pub fn of(year: Option<i16>, accounts: GeneralAccounts) -> GeneralFilter {
        GeneralFilter { year, accounts, months: None, journal: None, funder: None, convention: None }
    }

    /// Returns the lines behind a row of a statement of the general book, or of its trial balance where no
    /// statement is given; none where the row leads elsewhere.
    pub fn behind(
        year: Option<i16>,
        statement: Option<&GeneralStatement>,
        drill: &Drill,
    ) -> Option<GeneralFilter> {
        let of = |accounts| Some(GeneralFilter::of(year, accounts));
        match drill {
            Drill::Line(code) => of(GeneralAccounts::Line(statement?.clone(), code.clone())),
            Drill::Account(code) => of(GeneralAccounts::Exactly(vec![code.clone()])),
            Drill::Prefix(prefix) => of(GeneralAccounts::Prefixes(vec![prefix.clone()])),
            Drill::Grants => of(GeneralAccounts::Subsidies),
            Drill::UnassignedGrants => {
                let all = GeneralFilter::of(year, GeneralAccounts::Subsidies);
                Some(GeneralFilter { funder: Some(String::new()), ..all })
            }
            _ => None,
        }
    }
}

/// A line of the general book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralLine {
    /// Its rank in the FEC.
    pub rank: i64,
    /// Its physical line in the file, whose first is the header.
    pub line: i64,
    /// Its entry, in the order of the file: [`super::general_entry`] shows it.
    pub entry: i64,
    /// The account.
    pub account: Named,
    /// Its day.
    pub date: Date,
    /// The journal.
    pub journal: Named,
    /// Its number in the file.
    pub number: String,
    /// Its piece.
    pub piece: String,
    /// Its label.
    pub label: String,
    /// The auxiliary; its code is empty where there is none.
    pub auxiliary: Named,
    /// Debit, or zero.
    pub debit: Amount,
    /// Credit, or zero.
    pub credit: Amount,
    /// Code of the funder, or empty.
    pub funder: String,
    /// Code of the convention, or empty.
    pub convention: String,
    /// Balance of its account after this line, opening included, positive is debit; none in a journal.
    pub balance: Option<Amount>,
}

/// A page of lines of the general book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralLines {
    /// The fiscal year.
    pub year: i16,
    /// What must be read before any figure: a provisional FEC.
    pub warning: Option<String>,
    /// The FEC, who imported it and when.
    pub origin: LotOrigin,
    /// The lines; the amount is debits less credits of them all.
    pub page: Page<GeneralLine>,
    /// Debits and credits of all the lines, from the maintained balances; none where only one journal is
    /// asked for.
    pub sides: Option<(Amount, Amount)>,
}

/// The names behind the keys of lines.
pub(super) struct LineNames {
    accounts: Pairs,
    pub journals: Pairs,
    auxiliaries: Pairs,
    funders: Dictionary,
    conventions: Dictionary,
}

impl LineNames {
    pub(super) async fn load(tx: &mut Tx) -> Result<LineNames, AppError> {
        Ok(LineNames {
            accounts: tx.pairs(PairTable::Account).await?,
            journals: tx.pairs(PairTable::Journal).await?,
            auxiliaries: tx.pairs(PairTable::Auxiliary).await?,
            funders: tx.dictionary("funder").await?,
            conventions: tx.dictionary("convention").await?,
        })
    }

    pub(super) fn line(&self, row: &GeneralRow, balance: Option<Amount>) -> Result<GeneralLine, AppError> {
        let pair = |pairs: &Pairs, key: u32| -> Result<Named, AppError> {
            let (code, label) = pairs.get(key)?;
            Ok(Named { code: code.to_string(), label: label.to_string() })
        };
        let (funder, convention) = match row.assigned {
            Some((_, funder, convention)) => (self.funders.code(funder)?, self.conventions.code(convention)?),
            None => ("", ""),
        };
        Ok(GeneralLine {
            rank: row.rank,
            line: row.line,
            entry: row.entry,
            account: pair(&self.accounts, row.account)?,
            date: row.date,
            journal: pair(&self.journals, row.journal)?,
            number: row.number.clone(),
            piece: row.piece.clone(),
            label: row.label.clone(),
            auxiliary: pair(&self.auxiliaries, row.auxiliary)?,
            debit: row.amount.or_zero(),
            credit: (-row.amount).or_zero(),
            funder: funder.to_string(),
            convention: convention.to_string(),
            balance,
        })
    }

    fn journal_keys(&self, code: &str) -> BTreeSet<u32> {
        self.journals.pairs.iter().filter(|(_, (own, _))| own == code).map(|(key, _)| *key).collect()
    }

    pub(super) fn funder(&self, key: u32) -> Result<Named, AppError> {
        Ok(named(&self.funders, key)?)
    }
}

/// What an account holds in a month of one kind of lines: the kind, the month, debits less credits.
type Held = (i64, i64, Amount);

/// How many lines are read at once where some may be left out.
const AT_ONCE: i64 = 500;

/// Returns the lines of a filter after a key: account by account, what it was opened with first, then by
/// day.
///
/// # Errors
/// When the year has no FEC, a code is not known, or the key is of another list.
pub async fn account_lines(
    store: &Store,
    filter: &GeneralFilter,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<GeneralLines, AppError> {
    lines_after(store, filter, after, page_size(limit)).await
}

/// Returns the lines of a filter after a key, `limit` at most.
pub(super) async fn lines_after(
    store: &Store,
    filter: &GeneralFilter,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<GeneralLines, AppError> {
    let mut asked = Comparison::load(store, filter.year, None).await?;
    let names = LineNames::load(&mut asked.tx).await?;
    let (codes, funded) = accounts_asked(&mut asked, &names, filter).await?;
    let lot = asked.now.version.lot;
    let balances = asked.tx.general_balances(lot).await?;
    let (first, last) = filter.months.unwrap_or((Month::FIRST, Month::LAST));
    let in_months = |month: i64| (first.number()..=last.number()).contains(&month);
    // In the order of their numbers, what each holds by kind and month.
    let mut accounts: BTreeMap<(&str, u32), Vec<Held>> = BTreeMap::new();
    let (mut debit, mut credit, mut count) = (Amount::ZERO, Amount::ZERO, 0);
    for (&(account, kind, month, funder, convention), sums) in &balances {
        let code = names.accounts.get(account)?.0;
        if kind == LineKind::Closing.number() || !funded.takes(funder, convention) || !codes.takes(code) {
            continue;
        }
        accounts.entry((code, account)).or_default().push((kind, month, sums.0 - sums.1));
        if in_months(month) {
            (debit, credit, count) = (debit + sums.0, credit + sums.1, count + sums.2);
        }
    }
    let journal = filter.journal.as_deref().map(|code| names.journal_keys(code));
    let mut at: [i64; 4] = PageKey::row(after)?;
    let start = accounts.keys().position(|(_, key)| i64::from(*key) == at[0]);
    let mut rows: Vec<(Vec<i64>, GeneralLine)> = Vec::new();
    // A grand livre opens an account with its balance brought forward, wherever the file has it.
    let kinds = [LineKind::Opening, LineKind::Movement].map(LineKind::number);
    let of_kinds = accounts.iter().skip(start.unwrap_or(0)).flat_map(|own| kinds.map(|kind| (own, kind)));
    'lines: for ((&(_, account), held), kind) in of_kinds {
        let part = [i64::from(account), kind];
        if part < [at[0], at[1]] && part[0] == at[0] {
            continue;
        }
        if part != [at[0], at[1]] {
            at = [part[0], part[1], i64::MIN, i64::MIN];
        }
        let months = held.iter().filter(|(own, month, _)| *own == kind && in_months(*month));
        let months = months.map(|(_, month, _)| *month);
        let (Some(from), Some(to)) = (months.clone().min(), months.max()) else { continue };
        let before = |month: i64| -> Amount {
            held.iter().filter(|held| (held.0, held.1) < (kind, month)).map(|held| held.2).sum()
        };
        let of = (lot, account, kind);
        let mut balance = match Date::from_number(at[2]) {
            None => before(from),
            Some(day) => {
                before(day.month().number()) + asked.tx.general_month_up_to(of, day, at[3], funded).await?
            }
        };
        loop {
            let read =
                asked.tx.general_account_lines(of, (from, to), (at[2], at[3]), funded, AT_ONCE).await?;
            for row in &read {
                balance += row.amount;
                if journal.as_ref().is_some_and(|keys| !keys.contains(&row.journal)) {
                    continue;
                }
                let key = vec![part[0], kind, row.date.number(), row.rank];
                rows.push((key, names.line(row, journal.is_none().then_some(balance))?));
                if rows.len() > limit {
                    break 'lines;
                }
            }
            let Some(last) = read.last() else { break };
            (at[2], at[3]) = (last.date.number(), last.rank);
        }
    }
    let whole = journal.is_none();
    let page = Page::new(rows, limit, after, |(key, _)| key.clone());
    let page = Page {
        rows: page.rows.into_iter().map(|(_, line)| line).collect(),
        next: page.next,
        number: if whole { Counted::Exactly(count) } else { page.number },
        amount: whole.then_some(debit - credit),
    };
    Ok(GeneralLines {
        year: asked.now.year.code,
        warning: asked.now.warning.clone(),
        origin: lot_origin(&mut asked.tx, lot).await?,
        sides: whole.then_some((debit, credit)),
        page,
    })
}

/// Returns the lines of a journal after a key, in the order of the file.
///
/// # Errors
/// When the year has no FEC, the journal has no line in it, or the key is of another list.
pub async fn journal_lines(
    store: &Store,
    year: Option<i16>,
    code: &str,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<GeneralLines, AppError> {
    journal_lines_after(store, year, code, after, page_size(limit)).await
}

/// Returns the lines of a journal after a key, `limit` at most.
pub(super) async fn journal_lines_after(
    store: &Store,
    year: Option<i16>,
    code: &str,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<GeneralLines, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let names = LineNames::load(&mut asked.tx).await?;
    let lot = asked.now.version.lot;
    let wanted = names.journal_keys(code);
    let [mut at] = PageKey::row(after)?;
    let mut rows = Vec::new();
    while !wanted.is_empty() && rows.len() <= limit {
        let read = asked.tx.general_lines_after(lot, at, AT_ONCE).await?;
        let Some(last) = read.last() else { break };
        at = last.rank;
        for row in read.iter().filter(|row| wanted.contains(&row.journal)) {
            rows.push(names.line(row, None)?);
        }
    }
    if rows.is_empty() && after.is_none() {
        let year = asked.now.year.code;
        return Err(AppError::Refused(format!("aucune ligne du journal « {code} » en {year}")));
    }
    rows.truncate(limit + 1);
    Ok(GeneralLines {
        year: asked.now.year.code,
        warning: asked.now.warning.clone(),
        origin: lot_origin(&mut asked.tx, lot).await?,
        page: Page::new(rows, limit, after, |line| vec![line.rank]),
        sides: None,
    })
}

/// The accounts asked for, by their codes.
enum Codes {
    Prefixes(Vec<String>),
    Exactly(BTreeSet<String>),
}

impl Codes {
    fn takes(&self, code: &str) -> bool {
        match self {
            Codes::Prefixes(prefixes) => prefixes.iter().any(|prefix| code.starts_with(prefix.as_str())),
            Codes::Exactly(codes) => codes.contains(code),
        }
    }
}

async fn accounts_asked(
    asked: &mut Comparison,
    names: &LineNames,
    filter: &GeneralFilter,
) -> Result<(Codes, FundedBy), AppError> {
    let key = |what: &str, dictionary: &Dictionary, code: &Option<String>| match code.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(0)),
        Some(code) => {
            let found = dictionary.keys.get(code).copied();
            found.map(Some).ok_or_else(|| AppError::Refused(format!("{what} inconnu : « {code} »")))
        }
    };
    let mut funded = FundedBy {
        funder: key("financeur", &names.funders, &filter.funder)?,
        convention: key("code de convention", &names.conventions, &filter.convention)?,
    };
    let codes = match &filter.accounts {
        GeneralAccounts::Prefixes(prefixes) => Codes::Prefixes(prefixes.clone()),
        GeneralAccounts::Exactly(codes) => Codes::Exactly(codes.iter().cloned().collect()),
        GeneralAccounts::Line(GeneralStatement::Grants, code) => {
            let grant = grant_line(asked, code).await?;
            let own = |dictionary: &Dictionary, named: &Option<Named>| {
                named.as_ref().and_then(|named| dictionary.keys.get(&named.code).copied()).unwrap_or(0)
            };
            funded.funder = Some(own(&names.funders, &grant.funder));
            if !grant.is_subtotal {
                funded.convention = Some(own(&names.conventions, &grant.convention));
            }
            Codes::Exactly(grant.line.accounts.into_iter().collect())
        }
        GeneralAccounts::Line(statement, code) => {
            Codes::Exactly(accounts_of(asked, statement, code)?.into_iter().collect())
        }
        GeneralAccounts::Subsidies => {
            let subsidies = subsidies_of(&asked.rules, asked.now.year)?;
            let own = names.accounts.pairs.values().map(|(code, _)| code);
            Codes::Exactly(own.filter(|code| subsidies.holds(code)).cloned().collect())
        }
    };
    Ok((codes, funded))
}
