//! A line of the general book assigned by hand: what no rule can tell. It holds on to the line, not
//! to its number: it is still there after a renumbering, and waits when the line vanishes.

use super::assign::RuleCount;
use super::clock::Clock;
use super::error::AppError;
use super::general::{current_fecs, reassign};
use super::rights::Right;
use super::users::Actor;
use crate::money::Amount;
use crate::store::{ByHand, PairTable, Store};
use serde::Serialize;

/// What `affecter` was asked.
#[derive(Clone, Debug)]
pub struct HandRequest {
    /// The fiscal year, else the last one that has a FEC.
    pub year: Option<i16>,
    /// The physical line in the file.
    pub line: i64,
    /// Codes of the funder and of the convention; none takes the assignment back.
    pub to: Option<(String, String)>,
    /// Why.
    pub reason: String,
}

/// What it did.
#[derive(Clone, Debug, Serialize)]
pub struct HandReport {
    /// The fiscal year.
    pub exercice: i16,
    /// The physical line.
    pub ligne: i64,
    /// Its account, label and amount.
    pub compte: String,
    /// Its label.
    pub libelle: String,
    /// Its amount, debit if positive, `1234.56`.
    pub montant: String,
    /// The counts of each rule, after.
    pub affectation: Vec<RuleCount>,
}

/// Assigns a line by hand, or takes that back.
///
/// # Errors
/// When the year is sealed, or there is no such line, funder or convention.
pub async fn assign_by_hand(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &HandRequest,
) -> Result<HandReport, AppError> {
    if request.reason.trim().is_empty() {
        return Err(AppError::Usage("un motif est demandé".into()));
    }
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let current = current_fecs(&mut tx).await?;
    let year = request.year.or_else(|| current.keys().next_back().copied());
    let Some(version) = year.and_then(|year| current.get(&year)) else {
        return Err(AppError::Refused(
            "pas de FEC de cet exercice dans la base (denier importer fec)".into(),
        ));
    };
    if version.definitive {
        return Err(AppError::Refused(format!(
            "l'exercice {} est scellé : ses affectations ne changent plus",
            version.year
        )));
    }
    let line = tx.general_line(version.lot, request.line).await?.ok_or_else(|| {
        AppError::Refused(format!("le FEC de {} n'a pas de ligne {}", version.year, request.line))
    })?;
    let accounts = tx.pairs(PairTable::Account).await?;
    let account = accounts.get(line.account)?.0.to_string();
    if !account.starts_with('7') {
        return Err(AppError::Refused(format!(
            "la ligne {} est au compte {account} : seuls les produits (classe 7) s'affectent à un financeur",
            request.line
        )));
    }
    let keys = match &request.to {
        None => None,
        Some((funder, convention)) => {
            let known = |found: Option<&u32>, what: &str, code: &str| {
                found
                    .copied()
                    .ok_or_else(|| AppError::Refused(format!("{what} « {code} » : code inconnu de la base")))
            };
            let funders = tx.dictionary("funder").await?;
            let conventions = tx.dictionary("convention").await?;
            Some((
                known(funders.keys.get(funder), "financeur", funder)?,
                known(conventions.keys.get(convention), "convention", convention)?,
            ))
        }
    };
    let at = clock.now();
    tx.insert_by_hand(&ByHand {
        year: version.year,
        identity: line.identity.clone(),
        funder: keys.map(|(funder, _)| funder),
        convention: keys.map(|(_, convention)| convention),
        line: (line.date, account.clone(), line.piece.clone(), line.amount),
        reason: request.reason.trim().to_string(),
        user: actor.name.clone(),
        at: at.clone(),
    })
    .await?;
    let done = reassign(&mut tx, None).await?;
    tx.next_generation().await?;
    let detail = format!("exercice {}, ligne {}", version.year, request.line);
    tx.log(&at, &actor.name, claimed, "affecter", &detail).await?;
    tx.commit().await?;
    let amount: Amount = line.amount;
    Ok(HandReport {
        exercice: version.year,
        ligne: request.line,
        compte: account,
        libelle: line.label,
        montant: amount.to_plain(),
        affectation: done.counts.into_iter().filter(|rule| rule.exercice == version.year).collect(),
    })
}
