//! Reversal ("contrepassation"): what was posted for some aids, written the other way round.

use crate::calendar::Date;
use crate::ledger::{AccountId, AxesId, Book, Entry, EntryHeader, Line};
use crate::money::Amount;
use std::collections::BTreeMap;

/// One line of an old entry.
#[derive(Clone, Copy, Debug)]
pub struct OldLine {
    /// The account.
    pub account: AccountId,
    /// The axes.
    pub axes: AxesId,
    /// The aid, or 0 on a collective line.
    pub aid: i64,
    /// The amount, positive on a debit.
    pub amount: Amount,
}

/// Reverses an old entry for some of its aids: their lines negated, and what is left over on the
/// collective account of the old entry. One entry per axes, dated as the old one.
///
/// It reads the old lines, not the schemes: what was posted is undone as it was posted.
///
/// # Panics
/// On an old entry that did not balance.
pub fn reverse(
    inverse_event: &str,
    date: Date,
    sequence: i64,
    lines: &[OldLine],
    cancelled: impl Fn(i64) -> bool,
) -> Vec<Entry> {
    let collective = lines.iter().find(|line| line.aid == 0).map(|line| line.account);
    let mut by_axes: BTreeMap<AxesId, Vec<Line>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.aid != 0 && cancelled(line.aid)) {
        let negated = Line { account: line.account, axes: line.axes, aid: line.aid, amount: -line.amount };
        by_axes.entry(line.axes).or_default().push(negated);
    }
    let reversed = by_axes.into_iter().map(|(axes, mut lines)| {
        let rest: Amount = lines.iter().map(|line| line.amount).sum();
        if !rest.is_zero() {
            let account =
                collective.expect("an entry that balances per person, or through a collective line");
            lines.insert(0, Line { account, axes, aid: 0, amount: -rest });
        }
        let header = EntryHeader {
            book: Book::Aids,
            date,
            event: inverse_event.to_string(),
            reverses: Some(sequence),
        };
        Entry::new(header, lines).expect("the reversal of a balanced entry balances")
    });
    reversed.collect()
}
