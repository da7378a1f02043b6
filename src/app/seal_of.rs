//! The seal of one entry, recomputed now: from its lines, its header and the seal before it.

use super::book::AxesDictionaries;
use super::error::AppError;
use super::sealed_acts::sealed_acts;
use super::undue::Recovery;
use super::verify::{Chained, Running, SealedTerms, broken_because, notice_origin};
use super::verify_general::sealed_fec;
use crate::ledger::Book;
use crate::ledger::content::encode_line;
use crate::ledger::seal::Canonical;
use crate::money::Amount;
use crate::posting::{EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT, EVENT_UNDUE};
use crate::store::{EntryKey, RecoveryRow, SealedEntry, SealedLine, Store, StoreError, Tx, UndueRow};
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
    let recorded = Recorded::of(tx, entry).await?;
    let (mut running, mut canonical) = (Running::default(), Canonical::new());
    let mut contradictions = Vec::new();
    tx.each_line_of_entry(entry.sequence, 0, i64::MAX, |line| {
        running.lines += 1;
        running.sum = running.sum.wrapping_add(line.amount.centimes());
        running.ranks_follow &= line.rank == running.lines;
        contradictions.extend(recorded.contradiction(&line));
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

/// What the rows of the base say that an entry moves of its aids: a grant moves whole aids, another event
/// what its own lot recorded of a payment, an undue or a recovery.
struct Recorded {
    what: &'static str,
    /// By aid; none for a grant.
    parts: Option<FxHashMap<i64, Amount>>,
    shares: FxHashMap<i64, Vec<(u32, Amount)>>,
}

impl Recorded {
    /// Reads the rows of an entry; what reverses another one moves what that one did.
    async fn of(tx: &mut Tx, entry: &SealedEntry) -> Result<Recorded, AppError> {
        let reversed = match entry.reverses {
            Some(sequence) => tx.entry_at(sequence).await?,
            None => None,
        };
        let entry = reversed.as_ref().unwrap_or(entry);
        let (what, moved) = match entry.event.as_str() {
            EVENT_GRANT | EVENT_GRANT_OPEN => ("le montant", None),
            EVENT_PAYMENT => ("le versement", Some(tx.paid_in_entry(entry).await?)),
            EVENT_UNDUE => ("l'indu", Some(undue_in(tx, entry).await?)),
            _ => ("le recouvrement", Some(recovered_in(tx, entry).await?)),
        };
        let parts = moved.map(|moved| {
            let mut parts: FxHashMap<i64, Amount> = FxHashMap::default();
            moved.into_iter().for_each(|(aid, amount)| *parts.entry(aid).or_default() += amount);
            parts
        });
        let mut shares: FxHashMap<i64, Vec<(u32, Amount)>> = FxHashMap::default();
        for (aid, axes, amount) in tx.shares_in_entry(entry.sequence).await? {
            shares.entry(aid).or_default().push((axes, amount));
        }
        Ok(Recorded { what, parts, shares })
    }

    /// Says where a line does not bear what is recorded of its aid, or the part of its funder.
    fn contradiction(&self, line: &SealedLine) -> Option<String> {
        let aid = line.aid.as_ref()?;
        let moved = match &self.parts {
            None => Some(aid.amount),
            Some(parts) => parts.get(&aid.id).copied(),
        };
        let is_own =
            |amount: Amount| amount.centimes().unsigned_abs() == line.amount.centimes().unsigned_abs();
        // An aid of several funders moves whole.
        let shares = self.shares.get(&aid.id).filter(|_| moved == Some(aid.amount));
        let agrees = match shares {
            Some(shares) => shares.iter().any(|(axes, amount)| *axes == line.axes && is_own(*amount)),
            None => moved.is_some_and(is_own),
        };
        (!agrees).then(|| {
            format!(
                "ligne {} : {} dans l'écriture, qui n'est pas {} de l'aide {} (ligne {} du fichier)",
                line.rank,
                line.amount.to_euros(),
                self.what,
                aid.reference,
                aid.line
            )
        })
    }
}

async fn undue_in(tx: &mut Tx, entry: &SealedEntry) -> Result<Vec<(i64, Amount)>, AppError> {
    let own = |undue: &UndueRow| undue.lot == entry.lot && undue.found_on == entry.date;
    Ok(tx.undues().await?.into_iter().filter(own).map(|undue| (undue.aid, undue.amount)).collect())
}

async fn recovered_in(tx: &mut Tx, entry: &SealedEntry) -> Result<Vec<(i64, Amount)>, AppError> {
    let aids: FxHashMap<i64, i64> =
        tx.undues().await?.into_iter().map(|undue| (undue.number, undue.aid)).collect();
    let own = |recovery: &RecoveryRow| {
        let how = Recovery::parse(&recovery.how);
        recovery.lot == entry.lot
            && recovery.recovered_on == entry.date
            && how.is_some_and(|how| how.event() == entry.event)
    };
    let recoveries = tx.recoveries().await?.into_iter().filter(own);
    Ok(recoveries.filter_map(|recovery| Some((*aids.get(&recovery.undue)?, recovery.amount))).collect())
}
