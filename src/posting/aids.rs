//! Aids grouped into entries: one per event, day, axes and payer, with one line per beneficiary.

use crate::calendar::{Date, Month};
use crate::ledger::AxesId;
use crate::money::Amount;

/// One share of an aid, with the base's keys.
#[derive(Clone, Copy, Debug)]
pub struct AidToPost {
    /// The aid.
    pub aid: i64,
    /// The axes of this share.
    pub axes: AxesId,
    /// The payer.
    pub payer: u32,
    /// The dispositif has a local envelope.
    pub on_envelope: bool,
    /// The amount of this share.
    pub amount: Amount,
    /// The day of the grant.
    pub granted_on: Date,
    /// The day of the payment, if paid.
    pub paid_on: Option<Date>,
}

/// What an entry is about: entries are made in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventDay {
    /// The day.
    pub date: Date,
    /// A payment rather than a grant: what is granted on a day comes before what is paid on it.
    pub payment: bool,
    /// The axes.
    pub axes: AxesId,
    /// The payer, on a payment; 0 on a grant.
    pub payer: u32,
    /// The dispositif has a local envelope.
    pub on_envelope: bool,
}

/// Returns the day on which an instalment is granted: the later of its decision and the first day
/// of its month of right, so that "granted and unpaid" on a day is what is due and not yet paid.
pub fn grant_day(decided_on: Date, month: Month) -> Date {
    decided_on.max(month.first_day())
}

/// Groups aids by entry, in the order of the book: for each, the ranks of its members in `aids`.
pub fn group_aids(aids: &[AidToPost]) -> Vec<(EventDay, Vec<u32>)> {
    let grant = |aid: &AidToPost| EventDay {
        date: aid.granted_on,
        payment: false,
        axes: aid.axes,
        payer: 0,
        on_envelope: aid.on_envelope,
    };
    let payment = |aid: &AidToPost| {
        aid.paid_on.map(|date| EventDay {
            date,
            payment: true,
            axes: aid.axes,
            payer: aid.payer,
            on_envelope: aid.on_envelope,
        })
    };
    let mut groups: std::collections::BTreeMap<EventDay, Vec<u32>> = std::collections::BTreeMap::new();
    for (rank, aid) in aids.iter().enumerate() {
        let rank = u32::try_from(rank).expect("fewer than four billion aids");
        groups.entry(grant(aid)).or_default().push(rank);
        if let Some(day) = payment(aid) {
            groups.entry(day).or_default().push(rank);
        }
    }
    groups.into_iter().collect()
}
