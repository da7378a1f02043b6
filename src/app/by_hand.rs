//! What acts on one aid share: finding it, its lot, its entries, the words of a refusal.

use super::aid_asked::{AidAsked, several_aids};
use super::book::Book;
use super::entry_page::lot_origin;
use super::error::AppError;
use super::law::LawInForce;
use super::verify::SealedTerms;
use crate::calendar::{Date, Years};
use crate::ledger::seal::Canonical;
use crate::ledger::{Code, Column, Detail, Finding, Wording};
use crate::money::Amount;
use crate::rules::Explainer;
use crate::store::{CancelledAid, FactRow, KeyOf, NewLot, PaymentRow, Tx, UndueRow};
use crate::words::Words;

/// The source of the references of aids granted by hand. No file has it: that of a file has a `/`.
pub(super) const SOURCE: &str = "saisie";

/// A living aid and what was done of it.
pub(super) struct LivingAid {
    pub fact: FactRow,
    /// The lot that brought it.
    pub lot: i64,
    pub reference: String,
    /// Its funders' axes, each with its share.
    pub shares: Vec<(u32, Amount)>,
    pub payments: Vec<PaymentRow>,
    pub undues: Vec<UndueRow>,
}

impl LivingAid {
    /// Returns what was paid.
    pub(super) fn paid(&self) -> Amount {
        self.payments.iter().map(|payment| payment.amount).sum()
    }

    /// Returns what was found undue.
    pub(super) fn undue(&self) -> Amount {
        self.undues.iter().map(|undue| undue.amount).sum()
    }

    /// Returns what each funder's axes bear of an amount; several bear the whole aid or nothing.
    pub(super) fn borne(&self, amount: Amount) -> Vec<(u32, Amount)> {
        match self.shares.as_slice() {
            [(axes, _)] => vec![(*axes, amount)],
            several => several.to_vec(),
        }
    }

    /// Says that a part of an aid of several funders cannot be told from another.
    pub(super) fn shared(&self, amount: Amount) -> Option<(Code, Detail)> {
        (self.shares.len() > 1 && amount != self.fact.amount)
            .then_some((Code::SharedAid, Detail::Amounts { found: amount, expected: self.fact.amount }))
    }
}

/// Returns the living aid that is asked for; none where no living one bears the reference.
///
/// # Errors
/// When several bear the reference, the one of the key is cancelled or unknown, or the base fails.
pub(super) async fn find_aid(tx: &mut Tx, asked: &AidAsked) -> Result<Option<LivingAid>, AppError> {
    let found = match asked {
        AidAsked::Key(key) => match tx.living_aid(*key).await? {
            Some(aid) => vec![aid],
            None => return Err(no_longer(tx, *key).await?),
        },
        AidAsked::Reference(reference) => tx.living_aids_by_reference(reference.trim()).await?,
    };
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(living(tx, only).await?)),
        several => {
            let keys: Vec<i64> = several.iter().map(|aid| aid.fact.aid).collect();
            Err(several_aids(&asked.to_string(), &keys))
        }
    }
}

/// Says why no living aid has this key.
async fn no_longer(tx: &mut Tx, key: i64) -> Result<AppError, AppError> {
    let Some(lot) = tx.cancellation_of(key).await? else {
        return Ok(AppError::Refused(format!("aucune aide n'a le numéro {key}")));
    };
    let by = lot_origin(tx, lot).await?;
    let said = format!("l'aide n°\u{a0}{key} a été annulée le {} par {} (lot {lot})", by.at, by.user);
    Ok(AppError::Refused(said))
}

/// Loads what was done of an aid.
pub(super) async fn living(tx: &mut Tx, aid: &CancelledAid) -> Result<LivingAid, AppError> {
    let key = [aid.fact.aid.into()];
    let reference = tx.references_of(&key).await?.pop().map(|(_, reference)| reference).unwrap_or_default();
    let mut shares: Vec<(u32, Amount)> =
        tx.shares_of(&key).await?.into_iter().map(|(_, axes, amount)| (axes, amount)).collect();
    if shares.is_empty() {
        shares.push((aid.fact.axes, aid.fact.amount));
    }
    let payments = tx.payments_of(&key).await?;
    let mut undues = tx.undues().await?;
    undues.retain(|undue| undue.aid == aid.fact.aid);
    Ok(LivingAid { fact: aid.fact, lot: aid.lot, reference, shares, payments, undues })
}

/// Writes the lot of an act on one aid.
pub(super) async fn act_lot(
    tx: &mut Tx,
    kind: &'static str,
    about: String,
    (at, by): (&str, &str),
    reason: Option<(String, Vec<u8>)>,
    act: Option<Canonical>,
) -> Result<NewLot, AppError> {
    let lot = NewLot {
        id: tx.next_key(KeyOf::Lot).await?,
        kind,
        source: tx.ensure_codes("source", &[(SOURCE, "aides")]).await?.keys[SOURCE],
        file: about,
        at: at.to_string(),
        user: by.to_string(),
        counts: [1, 1, 0, 0, 0],
        reason,
        act,
        ..NewLot::default()
    };
    tx.insert_lot(&lot).await?;
    Ok(lot)
}

/// Posts an event of one aid in its lot; returns the book, whose rows and changes are not written yet.
pub(super) async fn post(
    tx: &mut Tx,
    in_force: &LawInForce,
    lot: &NewLot,
    event: &str,
    date: Date,
    aid: &LivingAid,
    amount: Amount,
) -> Result<Book, AppError> {
    let scheme = in_force.schemes.find(event).ok_or_else(|| {
        AppError::Refused(format!(
            "le plan de comptes de cette base n'a pas de schéma « {event} » (ledger-rules/schemas/aides.toml)"
        ))
    })?;
    let mut book = Book::open(tx, lot).await?;
    let sealed = tx.sealed_aids(&[aid.fact.aid.into()]).await?;
    let sealed = sealed.first().ok_or_else(|| AppError::Machine(format!("aide {}", aid.fact.aid)))?;
    let terms = SealedTerms::load(tx).await?;
    for (axes, amount) in aid.borne(amount) {
        let entry = scheme.entry(date, axes, &[(aid.fact.aid, amount)]);
        book.take(&entry, None, None, |_| terms.content(sealed));
    }
    Ok(book)
}

/// Writes the entries of a book and what they change; returns their numbers.
pub(super) async fn close(tx: &mut Tx, mut book: Book, first: i64) -> Result<Vec<String>, AppError> {
    book.entries.take().append_to(tx).await?;
    book.lines.take().append_to(tx).await?;
    tx.add_changes(&book.changes).await?;
    entries_since(tx, first).await
}

/// Returns the numbers of the entries after this one of the chain, as papers print them.
pub(super) async fn entries_since(tx: &mut Tx, first: i64) -> Result<Vec<String>, AppError> {
    let last = tx.chain_head().await?.0;
    let mut numbers = Vec::new();
    for sequence in first + 1..=last {
        numbers.push(super::attest::head_of(tx, sequence).await?.entry);
    }
    Ok(numbers)
}

/// Says that a day lies after the last open fiscal year.
pub(super) fn not_open(years: &Years, day: Date) -> Option<(Code, Detail)> {
    let bound = years.last_open_day();
    (day > bound).then_some((Code::YearNotOpen, Detail::Dates { found: day, bound }))
}

/// Words the refusals of an act on one aid; `word` is what was typed, for those that repeat it.
pub(super) fn refusals(in_force: &LawInForce, found: Vec<(Code, Detail)>, word: &str) -> Vec<Wording> {
    let mut words = Words::default();
    let typed = words.intern(word);
    let column_name = |_: Column| None;
    let explainer =
        Explainer { law: &in_force.law, words: &words, keys: None, lifted: &[], column_name: &column_name };
    found
        .into_iter()
        .map(|(code, detail)| {
            let detail = if detail == Detail::None { Detail::Word(typed) } else { detail };
            explainer.word(&Finding::refusal(0, Column(None), code, detail))
        })
        .collect()
}
