//! Who looked at a person's file: noted before it is shown, or it is not shown.

use super::clock::{Clock, local};
use super::error::AppError;
use super::person::{find_numbered, find_person};
use super::rights::Right;
use super::users::Actor;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Store, StoreError, Tx, ViewRow};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// What was shown of a person, by the word of its command or of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Their account: aids, ceilings, declarations.
    Account,
    /// What the rules make of an aid.
    Evaluation,
    /// An attestation, made or made again.
    Attestation,
    /// A proposal of an aid for them, with its reason.
    Proposal,
    /// The letter of a refusal.
    Refusal,
    /// All that the base holds of them, handed over.
    Data,
    /// Who looked at their file.
    Views,
}

impl View {
    /// Returns the word that the log keeps.
    pub fn code(self) -> &'static str {
        match self {
            View::Account => "montrer",
            View::Evaluation => "evaluer",
            View::Attestation => "attester",
            View::Proposal => "proposition",
            View::Refusal => "refus",
            View::Data => "donnees",
            View::Views => "consultations",
        }
    }
}

/// How many views are written in one transaction, and how many may wait.
const GROUP: usize = 256;

/// How long a page waits for its view to be written. A long import holds the base for longer: its reader
/// is then told so, sees nothing, and asks again.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a page that asks again and again, such as a verdict that follows what is typed, is one view.
const SAME_VIEW: Duration = Duration::from_secs(10 * 60);

/// Views remembered at once, before those that are too old are let go.
const MOST: usize = 10_000;

/// Who was shown which person, and what of them.
type Shown = (String, i64, &'static str);

/// The log of views for many users at once: what they look at while a group is being written makes the
/// next group, hence one transaction for all of it.
#[derive(Clone)]
pub struct ViewLog {
    store: Arc<Store>,
    clock: Clock,
    waiting: mpsc::Sender<Waiting>,
    /// When each view of the last minutes was noted.
    recent: Arc<Mutex<FxHashMap<Shown, Instant>>>,
}

/// A view whose page waits.
struct Waiting {
    actor: Actor,
    view: ViewRow,
    noted: oneshot::Sender<Result<(), AppError>>,
}

impl ViewLog {
    /// Starts the task that writes; it ends when the last handle is dropped.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn start(store: Arc<Store>, clock: Clock) -> ViewLog {
        let (waiting, mut received) = mpsc::channel(GROUP);
        let base = Arc::clone(&store);
        tokio::spawn(async move {
            let mut group: Vec<Waiting> = Vec::new();
            while received.recv_many(&mut group, GROUP).await > 0 {
                write_group(&base, std::mem::take(&mut group)).await;
            }
        });
        ViewLog { store, clock, waiting, recent: Arc::default() }
    }

    /// Notes that the actor is about to be shown something of the person of this number. Returns once it is
    /// on the disk. A page that an address asks for begins so: a name in the place of a number shows nothing.
    ///
    /// # Errors
    /// When nobody has this number, the actor may not, or it cannot be noted: nothing may then be shown.
    /// [`StoreError::Busy`] where another writes for longer than a reader should wait.
    pub async fn note(&self, actor: &Actor, number: &str, what: View) -> Result<(), AppError> {
        let person = find_numbered(&mut self.store.read().await?, actor, number).await?.beneficiary;
        self.write(actor, person, what).await
    }

    /// Notes what a page already open asks again, unless it was noted some minutes ago: a verdict that
    /// follows what is typed is one view, not one per key.
    ///
    /// # Errors
    /// As [`ViewLog::note`].
    pub async fn note_again(&self, actor: &Actor, number: &str, what: View) -> Result<(), AppError> {
        let person = find_numbered(&mut self.store.read().await?, actor, number).await?.beneficiary;
        let noted = self.recent().get(&(actor.name.clone(), person, what.code())).copied();
        if noted.is_some_and(|noted| self.clock.moment().duration_since(noted) < SAME_VIEW) {
            return Ok(());
        }
        self.write(actor, person, what).await
    }

    fn recent(&self) -> MutexGuard<'_, FxHashMap<Shown, Instant>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, actor: &Actor, person: i64, what: View) -> Result<(), AppError> {
        let (noted, answer) = oneshot::channel();
        let view = view_row(self.clock, actor, person, what);
        let waiting = Waiting { actor: actor.clone(), view, noted };
        let written = async {
            let sent = self.waiting.send(waiting).await;
            match answer.await {
                Ok(answer) if sent.is_ok() => answer,
                _ => Err(not_noted("le journal des consultations ne répond plus")),
            }
        };
        tokio::time::timeout(PATIENCE, written).await.unwrap_or(Err(StoreError::Busy.into()))?;
        let (now, mut recent) = (self.clock.moment(), self.recent());
        if recent.len() >= MOST {
            recent.retain(|_, noted| now.duration_since(*noted) < SAME_VIEW);
        }
        recent.insert((actor.name.clone(), person, what.code()), now);
        Ok(())
    }
}

/// Notes one view for a command that is alone, of a person by their number or the beginning of their name.
///
/// # Errors
/// When nobody, or several people, answer to it, the actor may not, or it cannot be noted: nothing may then
/// be shown.
pub async fn note_view(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    wanted: &str,
    what: View,
) -> Result<(), AppError> {
    let mut tx = store.write().await?;
    let person = find_person(&mut tx, actor, wanted).await?.beneficiary;
    note_views_within(&mut tx, clock, actor, &[person], what).await?;
    Ok(tx.commit().await?)
}

/// Notes the same view of these people, in a transaction that shows it or does more.
pub(super) async fn note_views_within(
    tx: &mut Tx,
    clock: Clock,
    actor: &Actor,
    people: &[i64],
    what: View,
) -> Result<(), AppError> {
    let claimed = actor.may(tx, Right::See).await?;
    let row = |person: &i64| ViewRow { claimed, ..view_row(clock, actor, *person, what) };
    let views: Vec<ViewRow> = people.iter().map(row).collect();
    Ok(tx.insert_views(&views).await?)
}

fn view_row(clock: Clock, actor: &Actor, beneficiary: i64, what: View) -> ViewRow {
    ViewRow {
        at: clock.now(),
        user: actor.name.clone(),
        claimed: false,
        beneficiary,
        what: what.code().to_string(),
    }
}

fn not_noted(why: &str) -> AppError {
    AppError::Machine(format!("la consultation n'a pas pu être notée, rien n'est donc montré : {why}"))
}

/// Writes a group, then answers each page that waits.
async fn write_group(store: &Store, mut group: Vec<Waiting>) {
    let written = async {
        let mut tx = store.write().await?;
        // Who waited too long is not shown anything: it is no view.
        group.retain(|waiting| !waiting.noted.is_closed());
        let (mut views, mut refused) = (Vec::with_capacity(group.len()), FxHashMap::default());
        for (rank, waiting) in group.iter().enumerate() {
            match waiting.actor.may(&mut tx, Right::See).await {
                Ok(claimed) => views.push(ViewRow { claimed, ..waiting.view.clone() }),
                Err(error) => drop(refused.insert(rank, error)),
            }
        }
        tx.insert_views(&views).await?;
        tx.commit().await?;
        Ok::<FxHashMap<usize, AppError>, AppError>(refused)
    };
    let mut written = written.await;
    for (rank, waiting) in group.into_iter().enumerate() {
        let answer = match &mut written {
            Ok(refused) => refused.remove(&rank).map_or(Ok(()), Err),
            Err(error) => Err(not_noted(&error.to_string())),
        };
        // A page whose reader has gone needs no answer.
        drop(waiting.noted.send(answer));
    }
}

/// Returns who looked at a person's file and when, oldest first. Looking at it is noted too.
///
/// # Errors
/// When nobody answers to this number or name, or the actor may not.
pub async fn views_of(store: &Store, clock: Clock, actor: &Actor, wanted: &str) -> Result<Table, AppError> {
    let mut tx = store.write().await?;
    actor.may(&mut tx, Right::Audit).await?;
    let stored = find_person(&mut tx, actor, wanted).await?;
    let table = views_table(&mut tx, stored.beneficiary).await?;
    note_views_within(&mut tx, clock, actor, &[stored.beneficiary], View::Views).await?;
    tx.commit().await?;
    Ok(Table { title: format!("Consultations du dossier {}", stored.identity.number), ..table })
}

/// The views of a person, as a table.
pub(super) async fn views_table(tx: &mut Tx, beneficiary: i64) -> Result<Table, AppError> {
    let zone = tx.info().await?.zone;
    let row = |view: ViewRow| {
        vec![
            Cell::Text(local(&view.at, &zone)),
            Cell::Text(view.user),
            if view.claimed { Cell::from("nom déclaré") } else { Cell::Empty },
            Cell::Text(view.what),
        ]
    };
    let rows: Vec<Vec<Cell>> = tx.views_of(beneficiary).await?.into_iter().map(row).collect();
    let columns = vec![
        Column::new("le", "Le", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("preuve", "Preuve", Kind::Text),
        Column::new("quoi", "Quoi", Kind::Text),
    ];
    Ok(Table::new("Consultations", columns, rows))
}
