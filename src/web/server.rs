//! What all requests share.

use super::import_draft::ImportDraft;
use super::jobs::Jobs;
use super::limits::{Failures, Rates};
use super::problem::Problem;
use super::results::Outcome;
use super::screens::{Backup, Verified};
use super::session::Sessions;
use super::shelf::Shelf;
use super::upload::{PrivateFile, PrivateFolder};
use crate::app::{AppError, Clock, Strangers, ViewLog, awaits_first_password, random_bytes};
use crate::ledger::seal::hex;
use crate::store::Store;
use axum::http::StatusCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// A base, and the log of who looks at whose file in it.
struct Base {
    store: Arc<Store>,
    views: ViewLog,
}

impl Base {
    fn of(store: Store, clock: Clock) -> Base {
        let store = Arc::new(store);
        Base { views: ViewLog::start(store.clone(), clock), store }
    }
}

/// What all requests share.
pub(super) struct Server {
    /// Where the base is or will be.
    pub location: String,
    pub clock: Clock,
    pub sessions: Sessions,
    failures: Failures,
    pub rates: Rates,
    /// Names that are nobody's, tried to sign in.
    pub strangers: Strangers,
    pub jobs: Jobs,
    /// What jobs made.
    pub results: Shelf<Outcome>,
    /// Files that were sent to be imported.
    pub drafts: Shelf<ImportDraft>,
    /// Backups made to be fetched.
    pub backups: Shelf<Backup>,
    /// The last verification.
    pub verified: Mutex<Option<Verified>>,
    folder: PrivateFolder,
    /// The address by which browsers come when a proxy does TLS: `https://denier.exemple.fr`.
    pub origin: Option<String>,
    /// What proves that whoever sets up the base sees this machine's terminal.
    pub code: String,
    base: OnceLock<Base>,
    set_up: AtomicBool,
}

impl Server {
    /// Makes the server of a base, or of one that is not there yet.
    pub(super) async fn new(
        location: &str,
        clock: Clock,
        origin: Option<String>,
        store: Option<Store>,
    ) -> Result<Server, AppError> {
        let set_up = match &store {
            Some(store) => !awaits_first_password(store).await?,
            None => false,
        };
        let base = OnceLock::new();
        store.map(|store| base.set(Base::of(store, clock)));
        Ok(Server {
            location: location.to_string(),
            clock,
            sessions: Sessions::default(),
            failures: Failures::default(),
            rates: Rates::default(),
            strangers: Strangers::default(),
            jobs: Jobs::default(),
            results: Shelf::default(),
            drafts: Shelf::default(),
            backups: Shelf::default(),
            verified: Mutex::default(),
            folder: PrivateFolder::in_temporary_files(),
            origin,
            code: hex(&random_bytes::<16>()?),
            base,
            set_up: AtomicBool::new(set_up),
        })
    }

    /// Returns the base.
    pub(super) fn store(&self) -> Result<&Arc<Store>, Problem> {
        self.base.get().map(|base| &base.store).ok_or_else(not_set_up)
    }

    /// Returns the log of views: a person's file is shown once its view is noted.
    pub(super) fn views(&self) -> Result<&ViewLog, Problem> {
        self.base.get().map(|base| &base.views).ok_or_else(not_set_up)
    }

    /// Returns the base if it is there.
    pub(super) fn base(&self) -> Option<&Arc<Store>> {
        self.base.get().map(|base| &base.store)
    }

    /// Takes the base that was just created, unless another request was first.
    pub(super) fn created(&self, store: Store) {
        let _already = self.base.set(Base::of(store, self.clock));
    }

    /// Tells whether somebody can sign in.
    pub(super) fn is_set_up(&self) -> bool {
        self.set_up.load(Ordering::Acquire)
    }

    /// Notes that somebody can sign in.
    pub(super) fn now_set_up(&self) {
        self.set_up.store(true, Ordering::Release);
    }

    /// Tries what a password proves, unless its name must wait. Only a wrong password counts as a failure: a
    /// base that is busy, or what is refused for another reason, tells nothing of it.
    pub(super) async fn may_try<T>(
        &self,
        name: &str,
        tried: impl Future<Output = Result<T, AppError>>,
    ) -> Result<Result<T, AppError>, Problem> {
        let now = self.clock.moment();
        if let Some(wait) = self.failures.wait(name, now) {
            return Err(Problem::too_many(wait.as_secs().max(1)));
        }
        // Counted before it is known: many at once wait as one after the other.
        self.failures.count(name, now);
        let done = tried.await;
        match &done {
            Ok(_) => self.failures.forget(name),
            Err(AppError::WrongPassword(_)) => {}
            Err(_) => self.failures.uncount(name),
        }
        Ok(done)
    }

    /// Makes a private place for a file, which is removed with what is returned.
    pub(super) fn private_file(&self) -> Result<PrivateFile, Problem> {
        self.folder.file()
    }

    /// Lets go of the files that were kept for long enough.
    pub(super) fn sweep(&self) {
        let now = self.clock.moment();
        self.drafts.sweep(now);
        self.results.sweep(now);
        self.backups.sweep(now);
    }

    /// Lets go of every file.
    pub(super) fn clear(&self) {
        self.drafts.clear();
        self.results.clear();
        self.backups.clear();
        self.folder.remove();
    }

    /// Tells whether browsers come by TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

fn not_set_up() -> Problem {
    Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Installation à faire",
        message: "La base n'est pas encore créée.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    /// Only what tells that a password is wrong makes its name wait.
    #[tokio::test]
    async fn a_base_that_is_busy_makes_nobody_wait() {
        let server = Server::new("", Clock::default(), None, None).await.unwrap();
        let try_with = async |error: AppError| {
            server.may_try::<()>("claire", async { Err(error) }).await.map_err(|problem| problem.status)
        };
        for _ in 0..10 {
            assert!(try_with(StoreError::Busy.into()).await.is_ok(), "it is tried, and fails");
            assert!(try_with(AppError::Refused("déjà approuvée".into())).await.is_ok());
        }
        for _ in 0..3 {
            assert!(try_with(AppError::WrongPassword("non".into())).await.is_ok());
        }
        let waits = try_with(AppError::WrongPassword("non".into())).await;
        assert_eq!(waits.err(), Some(StatusCode::TOO_MANY_REQUESTS));
    }
}
