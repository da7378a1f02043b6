//! The life of one aid: granted, paid, found undue, recovered, cancelled, each with its entry.

use super::error::AppError;
use crate::calendar::Date;
use crate::money::Amount;
use crate::posting::{
    EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT, EVENT_RECOVERED_TO_ENVELOPE, EVENT_RECOVERED_TO_FUNDER,
    EVENT_UNDUE, EVENT_WRITTEN_OFF,
};
use crate::store::{AidMove, Tx};
use rustc_hash::FxHashMap;

/// What happened to an aid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AidEventKind {
    /// Granted.
    Granted,
    /// Paid, for the time of this rank; 0 where the file that brought the aid said so.
    Paid(i64),
    /// What was paid was found undue: its number.
    Undue(i64),
    /// What was undue came back, to the envelope or to the funder: its number.
    Recovered(i64),
    /// What was undue will not come back: its number.
    WrittenOff(i64),
    /// The aid was cancelled: one of these for each entry that is undone.
    Cancelled,
}

/// One event of an aid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidEvent {
    /// What.
    pub kind: AidEventKind,
    /// The day that the entry bears.
    pub date: Date,
    /// What it moved, always positive.
    pub amount: Amount,
    /// Its entry, `AIDES-2024-0012`.
    pub entry: String,
    /// The lot that posted it.
    pub lot: i64,
    /// The instant at which it was recorded, in UTC.
    pub recorded_at: String,
    /// Who recorded it.
    pub by: String,
}

/// The life of an aid, in the order of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AidLife {
    /// Its events; an aid of several funders has one for each of their shares.
    pub events: Vec<AidEvent>,
}

/// Returns the life of the aid of this key, cancelled or not; no event where there is no such aid.
///
/// # Errors
/// When the base fails.
pub async fn aid_events(tx: &mut Tx, aid: i64) -> Result<AidLife, AppError> {
    let key = [aid.into()];
    let mut lots = tx.later_lots(&key).await?;
    lots.extend(tx.lot_of_aid(aid).await?);
    let cancelled = tx.cancellation_of(aid).await?;
    lots.extend(cancelled);
    let lots: Vec<_> = lots.into_iter().map(Into::into).collect();
    let ranks: FxHashMap<i64, i64> = tx
        .payments_of(&key)
        .await?
        .into_iter()
        .filter_map(|payment| Some((payment.lot?, payment.rank)))
        .collect();
    let undues = tx.undues().await?;
    let mut numbers: FxHashMap<i64, i64> = undues.iter().map(|undue| (undue.lot, undue.number)).collect();
    numbers.extend(tx.recoveries().await?.iter().map(|recovery| (recovery.lot, recovery.undue)));
    let number = |lot: i64| numbers.get(&lot).copied().unwrap_or(0);
    let event = |moved: AidMove| {
        let kind = match moved.event.as_str() {
            EVENT_GRANT | EVENT_GRANT_OPEN => AidEventKind::Granted,
            EVENT_PAYMENT => AidEventKind::Paid(ranks.get(&moved.lot).copied().unwrap_or(0)),
            EVENT_UNDUE => AidEventKind::Undue(number(moved.lot)),
            EVENT_RECOVERED_TO_ENVELOPE | EVENT_RECOVERED_TO_FUNDER => {
                AidEventKind::Recovered(number(moved.lot))
            }
            EVENT_WRITTEN_OFF => AidEventKind::WrittenOff(number(moved.lot)),
            _ => AidEventKind::Cancelled,
        };
        let (book, year, rank) = &moved.entry;
        AidEvent {
            kind,
            date: moved.date,
            amount: moved.amount,
            entry: format!("{book}-{year}-{rank:04}"),
            lot: moved.lot,
            recorded_at: moved.recorded.0,
            by: moved.recorded.1,
        }
    };
    Ok(AidLife { events: tx.moves_of(aid, &lots).await?.into_iter().map(event).collect() })
}
