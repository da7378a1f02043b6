//! The seal of one entry, recomputed now: from its lines, its header and the seal before it.

use super::book::AxesDictionaries;
use super::error::AppError;
use super::sealed_acts::sealed_acts;
use super::verify::{Chained, Running, SealedTerms, broken_because, notice_origin};
use super::verify_general::sealed_fec;
use crate::ledger::Book;
use crate::ledger::content::encode_line;
use crate::ledger::seal::Canonical;
use crate::money::Amount;
use crate::store::{EntryKey, SealedEntry, SealedLine, Store, StoreError, Tx};
use rustc_hash::FxHashMap;

/// How many lines that contradict their aid are named.
const NAMED: usize = 5;

/// What the seal of an entry says of it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealVerdict {
    /// Lines, header and place in the chain are those that were sealed.
    Intact,
    /// What differs, in French; then the lines that contradict their own aid.
    Altered(Vec<String>),
}

impl SealVerdict {
    /// Returns true for an entry that is what was sealed.
    pub fn is_intact(&self) -> bool {
        *self == SealVerdict::Intact
    }
}

/// Recomputes the seal of an entry: all its lines are read and hashed again.
///
/// # Errors
/// When there is no such entry, or the base cannot be read at all; an altered entry is a verdict.
pub async fn seal_of(store: &Store, key: &EntryKey) -> Result<SealVerdict, AppError> {
    let mut tx = store.read().await?;
    match tx.entry_numbered(key).await {
        Ok(Some(entry)) => verdict_on(&mut tx, &entry).await,
        Ok(None) => Err(no_entry(key)),
        Err(error) => unreadable(error.into()),
    }
}

pub(super) fn no_entry((book, year, number): &EntryKey) -> AppError {
    AppError::Refused(format!("aucune écriture {book} {year}-{number}"))
}

/// What cannot be read was altered; anything else is the machine's.
fn unreadable(error: AppError) -> Result<SealVerdict, AppError> {
    match error {
        AppError::Store(StoreError::Inconsistent(what) | StoreError::Unreadable { what, .. }) => {
            Ok(SealVerdict::Altered(vec![format!("valeur illisible ({what})")]))
        }
        error => Err(error),
    }
}

pub(super) async fn verdict_on(tx: &mut Tx, entry: &SealedEntry) -> Result<SealVerdict, AppError> {
    let judged =
        if entry.book == Book::General.code() { judge_fec(tx, entry).await } else { judge(tx, entry).await };
    match judged {
        Ok(differences) if differences.is_empty() => Ok(SealVerdict::Intact),
        Ok(differences) => Ok(SealVerdict::Altered(differences)),
        Err(error) => unreadable(error),
    }
}

async fn judge_fec(tx: &mut Tx, entry: &SealedEntry) -> Result<Vec<String>, AppError> {
    let versions = tx.fec_versions().await?;
    let Some(version) = versions.iter().find(|version| version.entry == Some(entry.sequence)) else {
        return Ok(vec!["le FEC qu'elle scelle n'est plus dans la base".to_string()]);
    };
    let running = sealed_fec(tx, version).await?;
    Ok(broken(tx, entry, running, None).await?.into_iter().collect())
}

async fn broken(
    tx: &mut Tx,
    entry: &SealedEntry,
    running: Running,
    reverses: Option<(i64, i64)>,
) -> Result<Option<String>, AppError> {
    let lots = tx.lots_of(&[entry.lot.into()]).await?;
    let number = tx.entries_up_to(entry).await?;
    let previous = tx.seal_before(entry.sequence).await?;
    let acts = sealed_acts(tx).await?;
    let (lot, act) = (lots.first(), acts.get(&entry.lot));
    Ok(broken_because(entry, running, &Chained { number, lot, act, reverses, previous }))
}

async fn judge(tx: &mut Tx, entry: &SealedEntry) -> Result<Vec<String>, AppError> {
    let terms = SealedTerms::of_entry(tx, entry).await?;
    let notices = tx.notices().await?;
    let notice = notices.iter().find(|notice| notice.entry == entry.sequence);
    let axes = tx.axes().await?;
    let axes = AxesDictionaries::load(tx).await?.encode(&axes);
    let accounts = tx.dictionary("account").await?;
    let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
    for (aid, axes, amount) in tx.shares_in_entry(entry.sequence).await? {
        shares.entry(aid).or_default().push((axes, amount));
    }
    let (mut running, mut canonical) = (Running::default(), Canonical::new());
    let mut contradictions = Vec::new();
    tx.each_line_of_entry(entry.sequence, 0, i64::MAX, |line| {
        running.lines += 1;
        running.sum = running.sum.wrapping_add(line.amount.centimes());
        running.ranks_follow &= line.rank == running.lines;
        contradictions.extend(contradiction(&line, &shares));
        let Some(account) = accounts.codes.get(&u32::from(line.account)).map(|(code, _)| code) else {
            return running.unknown = true;
        };
        let Some(axes_codes) = axes.get(&line.axes) else { return running.unknown = true };
        let (origin, aid) = match &line.aid {
            Some(aid) if !terms.holds(aid) => return running.unknown = true,
            Some(aid) => {
                let (origin, content) = terms.content(aid);
                (Some(origin), Some(content))
            }
            None => (notice.and_then(|notice| notice_origin(notice, &terms)), None),
        };
        encode_line(&mut canonical, account, line.amount, axes_codes, origin, aid);
        running.root.push(canonical.leaf());
    })
    .await?;
    let reverses = entry.reverses.and_then(|sequence| terms.entry_number(sequence));
    let mut differences: Vec<String> = broken(tx, entry, running, reverses).await?.into_iter().collect();
    let more = contradictions.len().saturating_sub(NAMED);
    differences.extend(contradictions.into_iter().take(NAMED));
    if more > 0 {
        differences.push(format!("et {more} autres lignes"));
    }
    Ok(differences)
}

/// Says where a line does not bear the amount of its aid, or of the aid's share on its axes.
fn contradiction(line: &SealedLine, shares: &FxHashMap<i64, Vec<(u32, Amount)>>) -> Option<String> {
    let aid = line.aid.as_ref()?;
    let whole = [(line.axes, aid.amount)];
    let of_aid = shares.get(&aid.id).map_or(whole.as_slice(), Vec::as_slice);
    let magnitude = line.amount.centimes().unsigned_abs();
    let is_own =
        |(axes, amount): &(u32, Amount)| *axes == line.axes && amount.centimes().unsigned_abs() == magnitude;
    if of_aid.iter().any(is_own) {
        return None;
    }
    Some(format!(
        "ligne {} : {} dans l'écriture, qui n'est pas le montant de l'aide {} (ligne {} du fichier)",
        line.rank,
        line.amount.to_euros(),
        aid.reference,
        aid.line
    ))
}
