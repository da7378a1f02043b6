//! Verifying the general book: sealed FECs line by line, and the balances of all.

use super::error::AppError;
use super::report::Progress;
use super::verify::{Running, VerifyReport};
use crate::ledger::Book;
use crate::ledger::content::{GeneralContent, general_texts};
use crate::ledger::seal::{Canonical, Digest};
use crate::money::Amount;
use crate::store::{
    FecVersion, GeneralBalance, GeneralKey, GeneralRow, PairTable, Pairs, SealedEntry, StoreError, Tx,
};
use rustc_hash::FxHashMap;

/// The codes behind the keys of lines.
struct Codes {
    accounts: Pairs,
    journals: Pairs,
    auxiliaries: Pairs,
    funders: crate::store::Dictionary,
    conventions: crate::store::Dictionary,
}

/// Reads every FEC again: returns what its entry in the chain must seal, by sequence, and notes what
/// was altered or is not covered by the chain.
pub(super) async fn verify_general(
    tx: &mut Tx,
    report: &mut VerifyReport,
    progress: Progress<'_>,
) -> Result<FxHashMap<i64, Running>, AppError> {
    let codes = Codes {
        accounts: tx.pairs(PairTable::Account).await?,
        journals: tx.pairs(PairTable::Journal).await?,
        auxiliaries: tx.pairs(PairTable::Auxiliary).await?,
        funders: tx.dictionary("funder").await?,
        conventions: tx.dictionary("convention").await?,
    };
    let entries: FxHashMap<i64, SealedEntry> =
        tx.sealed_entries().await?.into_iter().map(|entry| (entry.sequence, entry)).collect();
    let years = tx.years().await?;
    let mut sealed = FxHashMap::default();
    for version in tx.fec_versions().await? {
        progress("FEC", 0, 0);
        if let Some(sequence) = version.entry {
            let last = years.get(version.year).map(|year| year.last.last_day());
            let is_its_own = entries.get(&sequence).is_some_and(|entry| {
                entry.book == Book::General.code() && entry.lot == version.lot && Some(entry.date) == last
            });
            if !is_its_own {
                let year = version.year;
                report.alterations.push(format!("le FEC de {year} n'est pas celui que sa chaîne a scellé"));
            }
        }
        let running = verify_fec(tx, report, &version, &codes).await?;
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
    codes: &Codes,
) -> Result<Running, AppError> {
    let name = format!("FEC {} (lot {})", version.year, version.lot);
    let mut running = Running::default();
    let mut entries: FxHashMap<i64, i64> = FxHashMap::default();
    let mut balances: FxHashMap<GeneralKey, GeneralBalance> = FxHashMap::default();
    let mut canonical = Canonical::new();
    tx.each_general_line(version.lot, |row| {
        running.lines += 1;
        running.ranks_follow &= row.rank == running.lines;
        let amount = row.amount.centimes();
        running.sum = running.sum.wrapping_add(amount);
        let entry = entries.entry(row.entry).or_default();
        *entry = entry.wrapping_add(amount);
        let (funder, convention) =
            row.assigned.map_or((0, 0), |(_, funder, convention)| (funder, convention));
        let key = (row.account, row.kind.number(), row.date.month().number(), funder, convention);
        let balance = balances.entry(key).or_default();
        if amount > 0 {
            balance.0 += row.amount;
        } else {
            balance.1 -= row.amount;
        }
        balance.2 += 1;
        if version.definitive {
            content(&row, version.lot, codes)?.encode(&mut canonical);
            running.root.push(canonical.leaf());
        }
        Ok(())
    })
    .await?;
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
    let empty = (Amount::ZERO, Amount::ZERO, 0);
    let differs = |key: &&GeneralKey| {
        stored.get(*key).copied().unwrap_or(empty) != balances.get(*key).copied().unwrap_or(empty)
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
            (None, Some(texts)) => texts.as_slice().try_into().unwrap_or_default(),
            (None, None) => Digest::default(),
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
