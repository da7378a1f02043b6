//! A year of the general book, ready for statements.

use super::clock::local;
use super::error::AppError;
use super::general::current_fecs;
use super::law::statement_rules_in_force;
use crate::calendar::{Date, FiscalYear, Years};
use crate::ledger::LineKind;
use crate::statements::{AccountFigures, DebitCredit, StatementRules, YearFigures};
use crate::store::{FecVersion, PairTable, Pairs, Store, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A year and the sums of its accounts.
pub(super) struct GeneralYear {
    pub year: FiscalYear,
    pub version: FecVersion,
    pub figures: YearFigures,
    /// What must be read before any figure, where the year is provisional.
    pub warning: Option<String>,
}

/// The base at one moment, the year asked and the one it is compared with.
pub(super) struct Comparison {
    pub tx: Tx,
    pub rules: Arc<StatementRules>,
    pub now: GeneralYear,
    pub before: Option<GeneralYear>,
}

impl Comparison {
    /// Loads the layouts; the year asked, else the last one that has a FEC; and the one asked for
    /// comparison, else the one before it where it has a FEC.
    pub(super) async fn load(
        store: &Store,
        year: Option<i16>,
        compared: Option<i16>,
    ) -> Result<Comparison, AppError> {
        let mut tx = store.read().await?;
        let rules = statement_rules_in_force(&mut tx).await?;
        let years = tx.years().await?;
        let current = current_fecs(&mut tx).await?;
        let code = match year.or_else(|| current.keys().next_back().copied()) {
            Some(code) => code,
            None => return Err(AppError::Refused("aucun FEC dans la base (denier importer fec)".into())),
        };
        let accounts = tx.pairs(PairTable::Account).await?;
        let mut now = load(&mut tx, &years, &current, &accounts, code).await?;
        let before = compared.or_else(|| current.contains_key(&(code - 1)).then_some(code - 1));
        let mut before = match before {
            Some(code) => Some(load(&mut tx, &years, &current, &accounts, code).await?),
            None => None,
        };
        warn(&mut tx, [Some(&mut now), before.as_mut()]).await?;
        Ok(Comparison { tx, rules, now, before })
    }

    /// Returns the first day of the year asked.
    pub(super) fn opening(&self) -> Date {
        self.now.year.first.first_day()
    }

    /// Returns the figures of the year compared.
    pub(super) fn previous(&self) -> Option<&YearFigures> {
        self.before.as_ref().map(|before| &before.figures)
    }

    /// Returns the warnings of both years.
    pub(super) fn warning(&self) -> Option<String> {
        let warnings = [Some(&self.now), self.before.as_ref()];
        let said: Vec<&str> =
            warnings.into_iter().flatten().filter_map(|year| year.warning.as_deref()).collect();
        (!said.is_empty()).then(|| said.join(" · "))
    }
}

async fn load(
    tx: &mut Tx,
    years: &Years,
    current: &BTreeMap<i16, FecVersion>,
    accounts: &Pairs,
    code: i16,
) -> Result<GeneralYear, AppError> {
    let (Some(year), Some(version)) = (years.get(code), current.get(&code)) else {
        let known: Vec<String> = current.keys().map(i16::to_string).collect();
        return Err(AppError::Refused(format!(
            "pas de FEC de {code} dans la base ; exercices qui en ont un : {}",
            if known.is_empty() { "aucun".into() } else { known.join(", ") }
        )));
    };
    let figures = figures_of(tx, version.lot, code, accounts).await?;
    Ok(GeneralYear { year, version: version.clone(), figures, warning: None })
}

/// Returns the figures of a FEC that is in the base.
pub(super) async fn figures_of(
    tx: &mut Tx,
    lot: i64,
    code: i16,
    accounts: &Pairs,
) -> Result<YearFigures, AppError> {
    let mut sums = Vec::new();
    for sum in tx.general_sums(lot).await? {
        let (account, label) = accounts.get(sum.account)?;
        sums.push((account, label, sum.kind, DebitCredit { debit: sum.debit, credit: sum.credit }));
    }
    Ok(figures(code, sums.into_iter()))
}

/// Adds sums up by account; a closing of classes 6 and 7 is set aside.
pub(super) fn figures<'a>(
    code: i16,
    sums: impl Iterator<Item = (&'a str, &'a str, LineKind, DebitCredit)>,
) -> YearFigures {
    let mut accounts: BTreeMap<&str, AccountFigures> = BTreeMap::new();
    for (account, label, kind, sides) in sums {
        let own = accounts.entry(account).or_insert_with(|| AccountFigures {
            account: account.to_string(),
            label: label.to_string(),
            opening: DebitCredit::default(),
            movement: DebitCredit::default(),
        });
        match kind {
            LineKind::Opening => own.opening = own.opening + sides,
            LineKind::Movement => own.movement = own.movement + sides,
            LineKind::Closing => {}
        }
    }
    YearFigures { name: code.to_string(), accounts: accounts.into_values().collect() }
}

/// Says of each provisional year when its FEC was imported.
async fn warn(tx: &mut Tx, years: [Option<&mut GeneralYear>; 2]) -> Result<(), AppError> {
    let provisional: Vec<&mut GeneralYear> =
        years.into_iter().flatten().filter(|year| !year.version.definitive).collect();
    if provisional.is_empty() {
        return Ok(());
    }
    let (lots, zone) = (tx.lots().await?, tx.info().await?.zone);
    for year in provisional {
        let lot = year.version.lot;
        let at = lots.iter().find(|own| own.id == lot).map_or_else(String::new, |own| local(&own.at, &zone));
        year.warning = Some(format!("FEC {} provisoire, importé le {at} (lot {lot})", year.year.code));
    }
    Ok(())
}
