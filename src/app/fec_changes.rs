//! What a FEC changes against the one that it replaces: lines new, changed, vanished.

use super::error::AppError;
use crate::calendar::Date;
use crate::import::{FecFile, FecLine};
use crate::money::Amount;
use crate::store::{FecVersion, GeneralRow, PairTable, Tx, Value};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A line that is new, changed, vanished, or awaited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `nouvelle`, `modifiee`, `disparue` or `attendue`.
    pub etat: String,
    /// The physical line in the new file, or 0.
    pub ligne: u32,
    /// Journal.
    pub journal: String,
    /// Day.
    pub date: String,
    /// Account.
    pub compte: String,
    /// Piece.
    pub piece: String,
    /// Label, or the reason of an assignment by hand.
    pub libelle: String,
    /// Debit if positive, `1234.56`.
    pub montant: String,
    /// What it was, where it changed.
    pub avant: Option<String>,
}

impl Changed {
    /// Makes what was assigned by hand to a line that is no longer there.
    pub(super) fn waiting(date: Date, account: &str, piece: &str, amount: Amount, reason: &str) -> Changed {
        Changed {
            etat: "attendue".into(),
            date: date.to_string(),
            compte: account.into(),
            piece: piece.into(),
            libelle: reason.into(),
            montant: amount.to_plain(),
            ..Changed::default()
        }
    }
}

/// What a FEC changes.
#[derive(Debug, Default)]
pub(super) struct FecChanges {
    /// Lines that the one before did not have.
    pub new: u64,
    /// Lines of the same piece, account and auxiliary, with another amount, label or day.
    pub changed: u64,
    /// Lines that are no longer there.
    pub vanished: u64,
    /// Lines with the same identity.
    pub same: u64,
    /// Of these, those with another number of entry.
    pub renumbered: u64,
    /// Of these, those whose lettering, validation or labels changed.
    pub completed: u64,
    /// Of these, those that stand on another line of the file.
    pub moved: u64,
    /// Some of them.
    pub shown: Vec<Changed>,
}

impl FecChanges {
    /// Returns true when the two FECs say the same.
    pub(super) fn is_none(&self) -> bool {
        self.new + self.changed + self.vanished + self.renumbered + self.completed + self.moved == 0
    }
}

/// So many lines are shown.
const SHOWN: usize = 500;

/// Beyond so many lines on either side, nobody pairs them by eye either.
const PAIRED: usize = 50_000;

/// Compares a file with the FEC in force of its year.
pub(super) async fn compare(
    tx: &mut Tx,
    old: &FecVersion,
    file: &FecFile,
    identities: &[[u8; 16]],
) -> Result<FecChanges, AppError> {
    let mut order: Vec<u32> = (0..u32::try_from(identities.len()).expect("fewer lines than that")).collect();
    order.sort_unstable_by_key(|at| identities[*at as usize]);
    let mut found = vec![false; identities.len()];
    let mut changes = FecChanges::default();
    let mut gone: Vec<i64> = Vec::new();
    tx.each_identity(old.lot, |[rank, physical], identity, number, details| {
        let place = order.binary_search_by(|at| identities[*at as usize].as_slice().cmp(identity));
        let Ok(place) = place else {
            changes.vanished += 1;
            if gone.len() <= PAIRED {
                gone.push(rank);
            }
            return;
        };
        let at = order[place] as usize;
        found[at] = true;
        changes.same += 1;
        let line = &file.lines[at];
        changes.moved += u64::from(i64::from(line.line) != physical);
        if file.words.get(line.number) != number {
            changes.renumbered += 1;
        } else if details_of(file, line) != details {
            changes.completed += 1;
        }
    })
    .await?;
    let accounts = tx.pairs(PairTable::Account).await?;
    let journals = tx.pairs(PairTable::Journal).await?;
    let auxiliaries = tx.pairs(PairTable::Auxiliary).await?;
    let pairing = gone.len() <= PAIRED;
    gone.truncate(if pairing { PAIRED } else { SHOWN });
    let gone: Vec<Value> = gone.into_iter().map(Value::from).collect();
    let mut vanished = tx.general_lines_ranked(old.lot, &gone).await?;
    let mut new: Vec<usize> = (0..identities.len()).filter(|at| !found[*at]).collect();
    changes.new = new.len() as u64;
    if pairing && new.len() <= PAIRED {
        let mut waiting: FxHashMap<[String; 4], Vec<usize>> = FxHashMap::default();
        for at in new.iter().rev() {
            waiting.entry(key_of_line(file, &file.lines[*at])).or_default().push(*at);
        }
        let mut paired = Vec::new();
        let mut alone = Vec::new();
        for row in vanished {
            let key = [
                journals.get(row.journal)?.0.to_string(),
                row.piece.clone(),
                accounts.get(row.account)?.0.to_string(),
                auxiliaries.get(row.auxiliary)?.0.to_string(),
            ];
            match waiting.get_mut(&key).and_then(Vec::pop) {
                Some(at) => paired.push((at, row)),
                None => alone.push(row),
            }
        }
        paired.sort_by_key(|(at, _)| *at);
        changes.changed = paired.len() as u64;
        changes.new -= changes.changed;
        changes.vanished -= changes.changed;
        for (at, _) in &paired {
            found[*at] = true;
        }
        new.retain(|at| !found[*at]);
        for (at, row) in paired.iter().take(SHOWN) {
            let line = &file.lines[*at];
            changes.shown.push(Changed { avant: Some(before(row)), ..shown("modifiee", file, line) });
        }
        vanished = alone;
    }
    for row in vanished.iter().take(SHOWN) {
        changes.shown.push(Changed {
            etat: "disparue".into(),
            ligne: 0,
            journal: journals.get(row.journal)?.0.to_string(),
            date: row.date.to_string(),
            compte: accounts.get(row.account)?.0.to_string(),
            piece: row.piece.clone(),
            libelle: row.label.clone(),
            montant: row.amount.to_plain(),
            avant: None,
        });
    }
    for at in new.iter().take(SHOWN) {
        changes.shown.push(shown("nouvelle", file, &file.lines[*at]));
    }
    Ok(changes)
}

fn key_of_line(file: &FecFile, line: &FecLine) -> [String; 4] {
    [line.journal, line.piece, line.account, line.auxiliary].map(|word| file.words.get(word).to_string())
}

fn before(row: &GeneralRow) -> String {
    format!("{} · {} · {}", row.date.to_french(), row.amount.to_euros(), row.label)
}

fn shown(state: &str, file: &FecFile, line: &FecLine) -> Changed {
    let word = |word: u32| file.words.get(word).to_string();
    Changed {
        etat: state.into(),
        ligne: line.line,
        journal: word(line.journal),
        date: line.date.to_string(),
        compte: word(line.account),
        piece: word(line.piece),
        libelle: word(line.label),
        montant: line.amount.to_plain(),
        avant: None,
    }
}

/// Returns a digest of what is neither in the identity nor the number: kind, labels, lettering,
/// validation, currency, analytic code.
pub(super) fn details_of(file: &FecFile, line: &FecLine) -> i64 {
    let mut hash = Sha256::new();
    let day = |day: Option<Date>| day.map_or(0, Date::number);
    let days = [day(line.letter_date), day(line.valid_date), day(line.piece_date)];
    for number in [line.kind.number()].into_iter().chain(days) {
        hash.update(number.to_be_bytes());
    }
    for word in [
        line.account_label,
        line.journal_label,
        line.auxiliary_label,
        line.letter,
        line.currency_amount,
        line.currency,
        line.analytic,
    ] {
        let text = file.words.get(word);
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    i64::from_be_bytes(hash.finalize()[..8].try_into().expect("eight bytes"))
}
