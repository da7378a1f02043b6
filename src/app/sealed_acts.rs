//! What lots seal of what was done by hand: an undue, the rank of a payment, a proposal.

use super::error::AppError;
use crate::ledger::content::ActContent;
use crate::ledger::seal::Canonical;
use crate::store::Tx;
use rustc_hash::FxHashMap;

/// Returns, by lot, what its entries seal besides their lines.
pub(super) async fn sealed_acts(tx: &mut Tx) -> Result<FxHashMap<i64, Canonical>, AppError> {
    let mut acts = FxHashMap::default();
    for undue in tx.undues().await? {
        acts.insert(undue.lot, ActContent::Undue(undue.number).encode());
    }
    for recovery in tx.recoveries().await? {
        acts.insert(recovery.lot, ActContent::Undue(recovery.undue).encode());
    }
    for (lot, rank) in tx.hand_payments().await? {
        acts.insert(lot, ActContent::Payment(rank).encode());
    }
    for proposal in tx.proposals().await? {
        let lot = proposal.decision.as_ref().and_then(|decision| decision.lot);
        if let Some(lot) = lot {
            acts.insert(lot, proposal.act().encode());
        }
    }
    Ok(acts)
}
