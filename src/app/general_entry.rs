//! One entry of a FEC: its lines, who funds each and why, where it comes from and what seals it.

use super::clock::local;
use super::entry_page::{LINES_SEALED_WITH_PAGE, LotOrigin, key_of, lot_origin};
use super::error::AppError;
use super::general_account::{GeneralLine, LineNames};
use super::general_year::Comparison;
use super::seal_of::{SealVerdict, verdict_on};
use crate::ledger::LineKind;
use crate::money::Amount;
use crate::statements::Named;
use crate::store::{EntryKey, Store};

/// Why a line is funded as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyFunded {
    /// Nothing attributes it.
    Nobody,
    /// A rule: its order and its label, where the rules of that import still say it.
    Rule(i64, String),
    /// By hand: why, who and when.
    ByHand {
        /// Why.
        reason: String,
        /// Who.
        user: String,
        /// When, in the structure's zone.
        at: String,
    },
}

/// A line of an entry, with its funding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundedLine {
    /// The line.
    pub line: GeneralLine,
    /// The funder; none where nothing attributes it.
    pub funder: Option<Named>,
    /// Why.
    pub why: WhyFunded,
}

/// An entry of a FEC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralEntryPage {
    /// The fiscal year.
    pub year: i16,
    /// The FEC, who imported it and when.
    pub origin: LotOrigin,
    /// Its rank in the file, from 0.
    pub entry: i64,
    /// What it is to its year: the kind of its first line.
    pub kind: LineKind,
    /// Its lines.
    pub lines: Vec<FundedLine>,
    /// Its debits and its credits.
    pub sides: (Amount, Amount),
    /// What must be read before any figure: a provisional FEC, that no seal covers.
    pub warning: Option<String>,
    /// The entry of the chain that seals its whole FEC; none while it is provisional.
    pub sealed_by: Option<EntryKey>,
    /// What that seal says now; none above [`LINES_SEALED_WITH_PAGE`] lines: [`super::seal_of`] says it.
    pub verdict: Option<SealVerdict>,
}

/// Returns an entry of the FEC of a year, by its rank in the file.
///
/// # Errors
/// When the year has no FEC, or the FEC no such entry.
pub async fn general_entry(
    store: &Store,
    year: Option<i16>,
    entry: i64,
) -> Result<GeneralEntryPage, AppError> {
    let mut asked = Comparison::load(store, year, None).await?;
    let version = asked.now.version.clone();
    let names = LineNames::load(&mut asked.tx).await?;
    let tx = &mut asked.tx;
    let rows = tx.general_lines_of_entry(version.lot, entry).await?;
    let Some(first) = rows.first() else {
        return Err(AppError::Refused(format!(
            "aucune écriture de rang {entry} dans le FEC de {}",
            version.year
        )));
    };
    let kind = first.kind;
    // A sealed year keeps what was assigned when it was imported; another follows the rules of today.
    let rules_lot = match version.definitive {
        true => tx.assignment_lot_before(version.lot).await?,
        false => tx.assignment_lot().await?,
    };
    let rules = match rules_lot {
        Some(lot) => tx.assignment_rules(lot).await?,
        None => Vec::new(),
    };
    let by_hand = tx.by_hand(version.year).await?;
    let zone = tx.info().await?.zone;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let why = match row.assigned {
            None => WhyFunded::Nobody,
            Some((0, ..)) => {
                let own = by_hand.iter().rfind(|one| one.identity == row.identity);
                WhyFunded::ByHand {
                    reason: own.map(|one| one.reason.clone()).unwrap_or_default(),
                    user: own.map(|one| one.user.clone()).unwrap_or_default(),
                    at: own.map(|one| local(&one.at, &zone)).unwrap_or_default(),
                }
            }
            Some((order, ..)) => {
                let rule = rules.iter().find(|rule| i64::from(rule.rank) == order);
                WhyFunded::Rule(order, rule.map(|rule| rule.label.clone()).unwrap_or_default())
            }
        };
        let funder = match row.assigned {
            Some((_, funder, _)) => Some(names.funder(funder)?),
            None => None,
        };
        lines.push(FundedLine { line: names.line(row, None)?, funder, why });
    }
    let sealing = match version.entry {
        Some(sequence) => tx.entry_at(sequence).await?,
        None => None,
    };
    let verdict = match &sealing {
        Some(sealing) if sealing.line_count <= LINES_SEALED_WITH_PAGE => Some(verdict_on(tx, sealing).await?),
        _ => None,
    };
    Ok(GeneralEntryPage {
        year: version.year,
        origin: lot_origin(tx, version.lot).await?,
        entry,
        kind,
        sides: (lines.iter().map(|own| own.line.debit).sum(), lines.iter().map(|own| own.line.credit).sum()),
        lines,
        warning: asked.now.warning.clone(),
        sealed_by: sealing.as_ref().map(key_of),
        verdict,
    })
}
