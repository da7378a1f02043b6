//! Long work, told step by step: it goes on while its page is looked at, and its end is kept.

use super::problem::Problem;
use crate::app::{AppError, random_bytes};
use crate::ledger::seal::hex;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Jobs remembered at once: the oldest that are over give way.
const MOST: usize = 200;

/// What a job led to.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// What was done, in a sentence.
    pub said: String,
    /// Where to see it.
    pub leads_to: String,
}

/// How far a job is.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// What is being done, how much, of how much.
    Running(String, u64, u64),
    /// It is over.
    Done(Done),
    /// It failed: nothing was half-done.
    Failed(Problem),
}

/// A job.
pub(super) struct Job {
    /// Who asked for it.
    pub owner: String,
    /// What it is.
    pub title: String,
    state: watch::Sender<State>,
}

impl Job {
    /// Returns how far it is.
    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Notes how far it is.
    pub(super) fn say(&self, what: &str, done: u64, total: u64) {
        self.state.send_replace(State::Running(what.to_string(), done, total));
    }

    /// Returns how far it is once it is over, or after some time: what is short is seen at once.
    pub(super) async fn state_within(&self, time: Duration) -> State {
        let mut watched = self.state.subscribe();
        let over = watched.wait_for(|state| !matches!(state, State::Running(..)));
        drop(tokio::time::timeout(time, over).await);
        self.state()
    }
}

/// Runs what keeps a processor busy for long on a thread of its own, beside the requests.
pub(super) async fn aside<T, W, F>(work: W) -> Result<T, Problem>
where
    T: Send + 'static,
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, Problem>>,
{
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work())).await;
    done.unwrap_or_else(|error| Err(AppError::Machine(error.to_string()).into()))
}

/// The jobs of this process, oldest first.
#[derive(Default)]
pub(super) struct Jobs {
    all: Mutex<BTreeMap<(u64, String), Arc<Job>>>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(u64, String), Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a job; returns the address of its page.
    ///
    /// The work goes on whatever becomes of the request.
    pub(super) fn start<W, F>(&self, owner: &str, title: &str, work: W) -> Result<String, Problem>
    where
        W: FnOnce(Arc<Job>) -> F,
        F: Future<Output = Result<Done, Problem>> + Send + 'static,
    {
        let first = State::Running("Préparation".into(), 0, 0);
        let (owner, title) = (owner.to_string(), title.to_string());
        let job = Arc::new(Job { owner, title, state: watch::Sender::new(first) });
        let secret = hex(&random_bytes::<8>().map_err(Problem::from)?);
        let key = {
            let mut all = self.lock();
            let rank = all.keys().next_back().map_or(0, |(rank, _)| rank + 1);
            while all.len() >= MOST {
                let over = all.iter().find(|(_, job)| !matches!(job.state(), State::Running(..)));
                let Some(over) = over.map(|(key, _)| key.clone()) else { break };
                all.remove(&over);
            }
            all.insert((rank, secret.clone()), job.clone());
            format!("{rank}-{secret}")
        };
        let work = work(job.clone());
        let watched = tokio::spawn(work);
        tokio::spawn(async move {
            let end = match watched.await {
                Ok(Ok(done)) => State::Done(done),
                Ok(Err(problem)) => State::Failed(problem),
                Err(error) => State::Failed(AppError::Machine(error.to_string()).into()),
            };
            job.state.send_replace(end);
        });
        Ok(format!("/travaux/{key}"))
    }

    /// Finds a job of a user.
    pub(super) fn find(&self, key: &str, owner: &str) -> Option<Arc<Job>> {
        let (rank, secret) = key.split_once('-')?;
        let key = (rank.parse().ok()?, secret.to_string());
        self.lock().get(&key).filter(|job| job.owner == owner).cloned()
    }
}
