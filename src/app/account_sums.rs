//! What accounts of the aid book hold in all, from its maintained totals: what statements, lists and the first
//! page say alike.

use super::error::AppError;
use super::law::law_in_force;
use super::state::Names;
use crate::funding::EnvelopeKey;
use crate::ledger::{AccountId, Axes, Side};
use crate::money::Amount;
use crate::posting::EVENT_PAYMENT;
use crate::store::Tx;
use rustc_hash::FxHashMap;

/// Returns the account of what is granted and not paid yet: a payment credits it.
pub(super) async fn granted_account(tx: &mut Tx) -> Result<AccountId, AppError> {
    Ok(law_in_force(tx).await?.schemes.get(EVENT_PAYMENT).account(Side::Credit))
}

/// Returns the account of what is paid: a payment debits it.
pub(super) async fn paid_account(tx: &mut Tx) -> Result<AccountId, AppError> {
    Ok(law_in_force(tx).await?.schemes.get(EVENT_PAYMENT).account(Side::Debit))
}

/// Returns what is granted and not paid yet, by axes.
pub(super) async fn granted_and_unpaid(tx: &mut Tx) -> Result<Vec<(u32, Amount)>, AppError> {
    let account = granted_account(tx).await?;
    sums_of(tx, account).await
}

/// Returns what is paid of each envelope.
pub(super) async fn paid_by_envelope(
    tx: &mut Tx,
    names: &Names,
) -> Result<FxHashMap<EnvelopeKey, Amount>, AppError> {
    let account = paid_account(tx).await?;
    let mut paid: FxHashMap<EnvelopeKey, Amount> = FxHashMap::default();
    for (key, amount) in sums_of(tx, account).await? {
        let Some(&Axes { dispositif, funder, envelope_year: year, .. }) = names.axes.get(&key) else {
            continue;
        };
        *paid.entry(EnvelopeKey { dispositif, funder, year }).or_default() += amount;
    }
    Ok(paid)
}

async fn sums_of(tx: &mut Tx, account: AccountId) -> Result<Vec<(u32, Amount)>, AppError> {
    let sums = tx.account_sums().await?.into_iter();
    Ok(sums.filter(|(own, ..)| *own == account).map(|(_, axes, amount)| (axes, amount)).collect())
}
