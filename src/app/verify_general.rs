//! Verifying the general book: sealed FECs line by line, and the balances of all.

use super::error::AppError;
use super::report::Progress;
use super::verify::{Running, VerifyReport};
use crate::calendar::{Date, FiscalYear};
use crate::ledger::content::{GeneralContent, general_texts};
use crate::ledger::seal::{Canonical, Digest};
use crate::money::Amount;
use crate::store::{FecVersion, GeneralKey, GeneralRow, PairTable, Pairs, StoreError, Tx};
use rustc_hash::FxHashMap;

/// Debits, credits and number of lines: wide enough for whatever amounts were written by hand.
type Sums = (i128, i128, i64);

/// The codes behind the keys of lines.
struct Codes {
    accounts: Pairs,
    journals: Pairs,
    auxiliaries: Pairs,
    funders: crate::store::Dictionary,
    conventions: crate::store::Dictionary,
}

impl Codes {
    async fn load(tx: &mut Tx) -> Result<Codes, AppError> {
        Ok(Codes {
            accounts: tx.pairs(PairTable::Account).await?,
            journals: tx.pairs(PairTable::Journal).await?,
            auxiliaries: tx.pairs(PairTable::Auxiliary).await?,
            funders: tx.dictionary("funder").await?,
            conventions: tx.dictionary("convention").await?,
        })
    }
}

impl Running {
    /// Takes the next line of a FEC; its leaf only where the FEC is sealed.
    fn take(&mut self, row: &GeneralRow, version: &FecVersion, codes: &Codes, canonical: &mut Canonical) {
        self.lines += 1;
        self.ranks_follow &= row.rank == self.lines;
        self.sum = self.sum.wrapping_add(row.amount.centimes());
        if version.definitive {
            match content(row, version.lot, codes) {
                Ok(content) => content.encode(canonical),
                Err(_) => self.unknown = true,
            }
            self.root.push(canonical.leaf());
        }
    }
}

/// Reads the lines of a sealed FEC again: what its entry in the chain must seal.
pub(super) async fn sealed_fec(tx: &mut Tx, version: &FecVersion) -> Result<Running, AppError> {
    let codes = Codes::load(tx).await?;
    let (mut running, mut canonical) = (Running::default(), Canonical::new());
    tx.each_general_line(version.lot, |row| {
        running.take(&row, version, &codes, &mut canonical);
        Ok(())
    })
    .await?;
    Ok(running)
}

/// Reads every FEC again: returns what its entry in the chain must seal, by sequence, and notes what
/// was altered or is not covered by the chain.
pub(super) async fn verify_general(
    tx: &mut Tx,
    report: &mut VerifyReport,
    progress: Progress<'_>,
) -> Result<FxHashMap<i64, Running>, AppError> {
    let codes = Codes::load(tx).await?;
    let mut sealed = FxHashMap::default();
    let years = tx.years().await?;
    let versions = tx.fec_versions().await?;
    for version in &versions {
        progress("FEC", 0, 0);
        let running = verify_fec(tx, report, version, years.get(version.year), &codes).await?;
        let is_added = |other: &FecVersion| other.year == version.year && other.lot != version.lot;
        if version.definitive && versions.iter().any(is_added) {
            report
                .alterations
                .push(format!("l'exercice {} est scellé, et un autre FEC y a été ajouté", version.year));
        }
        match version.entry {
            Some(sequence) => {
                sealed.insert(sequence, running);
            }
            None => report.non_couvert.push(format!(
                "FEC provisoire de {} (lot {}) : {} lignes hors de la chaîne des sceaux",
                version.year, version.lot, running.lines
            )),
        }
    }
    Ok(sealed)
}

async fn verify_fec(
    tx: &mut Tx,
    report: &mut VerifyReport,
    version: &FecVersion,
    year: Option<FiscalYear>,
    codes: &Codes,
) -> Result<Running, AppError> {
    let name = format!("FEC {} (lot {})", version.year, version.lot);
    let mut running = Running::default();
    let mut entries: FxHashMap<i64, i64> = FxHashMap::default();
    let mut balances: FxHashMap<GeneralKey, Sums> = FxHashMap::default();
    let mut canonical = Canonical::new();
    let mut outside = 0;
    let mut days: Option<(Date, Date)> = None;
    let mut unvalidated_line = 0;
    let read = tx.each_general_line(version.lot, |row| {
        running.take(&row, version, codes, &mut canonical);
        let amount = row.amount.centimes();
        let entry = entries.entry(row.entry).or_default();
        *entry = entry.wrapping_add(amount);
        let (funder, convention) =
            row.assigned.map_or((0, 0), |(_, funder, convention)| (funder, convention));
        let key = (row.account, row.kind.number(), row.date.month().number(), funder, convention);
        let balance = balances.entry(key).or_default();
        balance.0 += i128::from(amount.max(0));
        balance.1 -= i128::from(amount.min(0));
        balance.2 += 1;
        outside += u64::from(!year.is_some_and(|year| year.holds(row.date.month())));
        let (first, last) = days.unwrap_or((row.date, row.date));
        days = Some((first.min(row.date), last.max(row.date)));
        if unvalidated_line == 0 && row.validated_on.is_none() {
            unvalidated_line = row.line;
        }
        Ok(())
    });
    match read.await {
        Err(StoreError::Inconsistent(what)) => {
            report.alterations.push(format!("{name} : valeur illisible ({what})"));
            return Ok(running);
        }
        read => read?,
    }
    if outside > 0 {
        report.alterations.push(format!("{name} : {outside} lignes hors de cet exercice"));
    }
    let described = (version.days, version.counts.0, version.unvalidated_line);
    let entry_count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if (days.unwrap_or(version.days), entry_count, unvalidated_line) != described {
        report.alterations.push(format!(
            "{name} : ses jours, son nombre d'écritures ou sa première ligne non validée ne sont plus ceux de ses lignes"
        ));
    }
    if let Some(entry) = entries.iter().filter(|(_, sum)| **sum != 0).map(|(entry, _)| *entry).min() {
        let gap = Amount::from_centimes(entries[&entry]);
        report.alterations.push(format!(
            "{name} : l'écriture n° {} dans l'ordre du fichier ne s'équilibre pas, écart de {}",
            entry + 1,
            gap.to_euros()
        ));
    }
    if running.lines != version.counts.1 {
        report.alterations.push(format!("{name} : {} lignes au lieu de {}", running.lines, version.counts.1));
    }
    let stored = tx.general_balances(version.lot).await?;
    let differs = |key: &&GeneralKey| {
        let kept = stored.get(*key).map_or((0, 0, 0), |(debit, credit, lines)| {
            (debit.centimes().into(), credit.centimes().into(), *lines)
        });
        kept != balances.get(*key).copied().unwrap_or_default()
    };
    let mut wrong: Vec<&GeneralKey> = stored
        .keys()
        .chain(balances.keys().filter(|key| !stored.contains_key(*key)))
        .filter(differs)
        .collect();
    wrong.sort_unstable();
    if let Some(key) = wrong.first() {
        report.alterations.push(format!(
            "{name} : {} soldes ne sont plus ceux de ses lignes, dont le compte {} en {}",
            wrong.len(),
            codes.accounts.get(key.0).map_or("inconnu", |(code, _)| code),
            key.2
        ));
    }
    Ok(running)
}

fn content<'a>(row: &'a GeneralRow, lot: i64, codes: &'a Codes) -> Result<GeneralContent<'a>, StoreError> {
    let auxiliary = codes.auxiliaries.get(row.auxiliary)?;
    Ok(GeneralContent {
        lot,
        line: row.line,
        entry: row.entry,
        kind: row.kind,
        journal: codes.journals.get(row.journal)?,
        number: &row.number,
        date: row.date,
        account: codes.accounts.get(row.account)?,
        auxiliary: auxiliary.0,
        piece: &row.piece,
        piece_on: row.piece_on,
        // Erased, the texts are what was sealed of them.
        texts: match (&row.salt, &row.texts) {
            (Some(salt), _) => general_texts(salt, &row.label, auxiliary.1),
            (None, Some(texts)) if row.label.is_empty() => texts.as_slice().try_into().unwrap_or_default(),
            (None, _) => Digest::default(),
        },
        amount: row.amount,
        letter: (&row.letter, row.lettered_on),
        validated_on: row.validated_on,
        currency: (&row.currency_amount, &row.currency),
        analytic: &row.analytic,
        assigned: match row.assigned {
            Some((rule, funder, convention)) => {
                Some((rule, codes.funders.code(funder)?, codes.conventions.code(convention)?))
            }
            None => None,
        },
    })
}
