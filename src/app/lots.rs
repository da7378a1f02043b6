//! Lots as people read them: the journal of imports, one import and what came of it.

use super::clock::local;
use super::error::AppError;
use super::general::current_fecs;
use super::list_pages::beyond;
use super::page::{Page, PageKey, page_size};
use crate::import::FileKind;
use crate::money::Amount;
use crate::store::{FecVersion, LotFinding, LotRow, Store, Tx, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A lot as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotLine {
    /// Its number.
    pub lot: i64,
    /// Its kind as stored: `aides`, `fec`, `annulation`…
    pub kind: String,
    /// What it is, in French.
    pub what: &'static str,
    /// When, in the structure's zone: `31/12/2024 11:00`.
    pub at: String,
    /// Who.
    pub user: String,
    /// The file's name; empty where there was none.
    pub file: String,
    /// Read, accepted, of which irregular, already known, refused.
    pub counts: [i64; 5],
    /// What has become of it, in French; empty where there is nothing to say.
    pub state: String,
    /// The lot that it undoes.
    pub undoes: Option<i64>,
    /// The lot that undoes it.
    pub undone_by: Option<i64>,
    /// Why, of an undoing.
    pub reason: Option<String>,
    /// Of a FEC whose lines are in the base, its fiscal year.
    pub year: Option<i16>,
    /// Of a FEC, whether it is the one in force for its year.
    pub in_force: bool,
    /// Whether it is a sealed FEC, which nothing undoes.
    pub sealed: bool,
}

impl LotLine {
    /// Tells whether undoing it may be asked for.
    pub fn may_be_undone(&self) -> bool {
        FileKind::parse(&self.kind).is_some() && self.undone_by.is_none() && !self.sealed
    }
}

/// An import and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotPage {
    /// The lot.
    pub line: LotLine,
    /// Of aids: how many still live, and their sum.
    pub living: Option<(i64, Amount)>,
    /// How many findings were kept with its aids, by code, the more numerous first.
    pub codes: Vec<(String, i64)>,
    /// The findings, by line of the file.
    pub findings: Page<LotFinding>,
}

/// What tells the state of lots.
pub(super) struct LotStates {
    zone: String,
    kept: FxHashMap<i64, FecVersion>,
    current: BTreeMap<i16, FecVersion>,
}

impl LotStates {
    pub(super) async fn load(tx: &mut Tx) -> Result<LotStates, AppError> {
        let zone = tx.info().await?.zone;
        let kept = tx.fec_versions().await?.into_iter().map(|version| (version.lot, version)).collect();
        Ok(LotStates { zone, kept, current: current_fecs(tx).await? })
    }

    /// Words one lot; `undone_by` is the lot that undoes it.
    pub(super) fn line(&self, lot: LotRow, undone_by: Option<i64>) -> LotLine {
        let version = self.kept.get(&lot.id);
        let sealed = version.is_some_and(|version| version.definitive);
        let in_force = version
            .is_some_and(|version| self.current.get(&version.year).is_some_and(|own| own.lot == lot.id));
        let state = match (lot.cancels, undone_by, version) {
            (Some(old), ..) => format!("annule le lot {old}"),
            (_, Some(by), _) => format!("annulé par le lot {by}"),
            (.., Some(version)) => {
                let state = match (sealed, in_force) {
                    (true, _) => "définitif",
                    (false, true) => "provisoire",
                    (false, false) => "remplacé",
                };
                format!("exercice {}, {state}", version.year)
            }
            (None, None, None) if lot.kind == FileKind::Fec.code() => "remplacé, retiré".to_string(),
            (None, None, None) => String::new(),
        };
        LotLine {
            lot: lot.id,
            what: what(&lot.kind),
            kind: lot.kind,
            at: local(&lot.at, &self.zone),
            user: lot.user,
            file: lot.file,
            counts: lot.counts,
            state,
            undoes: lot.cancels,
            undone_by,
            reason: lot.reason,
            year: version.map(|version| version.year),
            in_force,
            sealed,
        }
    }
}

/// Says what a lot is: a file, or an act on one aid.
fn what(kind: &str) -> &'static str {
    match kind {
        "annulation" => "Annulation",
        "versement" => "Versement",
        "indu" => "Indu",
        "recouvrement" => "Recouvrement",
        kind => FileKind::parse(kind).map_or("Autre", FileKind::label),
    }
}

/// Returns the lots, newest first, by pages.
///
/// # Errors
/// When the base fails, or the key is that of another list.
pub async fn lots(store: &Store, after: Option<&PageKey>, limit: usize) -> Result<Page<LotLine>, AppError> {
    let limit = page_size(limit);
    let mut tx = store.read().await?;
    let states = LotStates::load(&mut tx).await?;
    let [before] = PageKey::row(after)?;
    let rows = tx.lots_before(after.map_or(i64::MAX, |_| before), beyond(limit)).await?;
    let undone = undone(&mut tx, &rows).await?;
    let lines = rows.into_iter().map(|lot| {
        let by = undone.get(&lot.id).copied();
        states.line(lot, by)
    });
    Ok(Page::new(lines.collect(), limit, after, |line: &LotLine| vec![line.lot]))
}

async fn undone(tx: &mut Tx, lots: &[LotRow]) -> Result<FxHashMap<i64, i64>, AppError> {
    let keys: Vec<Value> = lots.iter().map(|lot| lot.id.into()).collect();
    Ok(tx.lots_undoing(&keys).await?.into_iter().collect())
}

/// Returns one lot, with the findings kept with its aids by pages.
///
/// # Errors
/// When there is no such lot, or the base fails.
pub async fn lot_page(
    store: &Store,
    lot: i64,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<LotPage, AppError> {
    let limit = page_size(limit);
    let mut tx = store.read().await?;
    let states = LotStates::load(&mut tx).await?;
    let found = tx.lots_of(&[lot.into()]).await?;
    let undone = undone(&mut tx, &found).await?;
    let row = found.into_iter().next().ok_or_else(|| AppError::Refused(format!("lot {lot} inconnu")))?;
    let line = states.line(row, undone.get(&lot).copied());
    let is_of_aids = line.kind == FileKind::Aids.code();
    let (living, codes) = match is_of_aids {
        true => (Some(tx.living_of_lot(lot).await?), tx.finding_codes_of_lot(lot).await?),
        false => (None, Vec::new()),
    };
    let [line_number, rank] = PageKey::row::<2>(after)?;
    let rows = match codes.is_empty() {
        true => Vec::new(),
        false => tx.findings_of_lot(lot, (line_number, rank), beyond(limit)).await?,
    };
    let kept = codes.iter().map(|(_, number)| number).sum();
    let findings = Page::new(rows, limit, after, |found| vec![found.line, found.rank]).counting(kept);
    Ok(LotPage { line, living, codes, findings })
}

/// Returns the last import of a file that was not undone, by the digest of the file.
///
/// # Errors
/// When the base fails.
pub async fn lot_of_file(store: &Store, digest: &[u8]) -> Result<Option<i64>, AppError> {
    Ok(store.read().await?.lot_of_file(digest).await?)
}
