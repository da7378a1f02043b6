//! Sessions: who is signed in, in this process's memory. A restart signs everybody out, and loses nothing
//! else: a session holds no data.

use crate::app::{AppError, random_bytes};
use crate::ledger::seal::hex;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A session that shows no sign of life ends.
pub(super) const IDLE: Duration = Duration::from_secs(45 * 60);

/// However busy, a session ends with the day's work.
const LONGEST: Duration = Duration::from_secs(10 * 3600);

/// The most sessions at once: the oldest give way.
const MOST: usize = 2_000;

struct Session {
    user: String,
    csrf: String,
    opened: Instant,
    seen: Instant,
    said: Option<String>,
}

/// A session found by its token.
pub(super) struct Found {
    pub user: String,
    /// The secret that each form of this session carries.
    pub csrf: String,
}

/// The sessions of this process.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<FxHashMap<String, Session>>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session; returns its token.
    pub(super) fn open(&self, user: &str, now: Instant) -> Result<String, AppError> {
        let token = hex(&random_bytes::<32>()?);
        let csrf = hex(&random_bytes::<32>()?);
        let mut open = self.lock();
        open.retain(|_, session| session.lives(now));
        if open.len() >= MOST {
            let oldest = open.iter().min_by_key(|(_, session)| session.seen).map(|(token, _)| token.clone());
            oldest.map(|token| open.remove(&token));
        }
        let session = Session { user: user.to_string(), csrf, opened: now, seen: now, said: None };
        open.insert(token.clone(), session);
        Ok(token)
    }

    /// Finds a session that lives, which gets a new lease.
    pub(super) fn find(&self, token: &str, now: Instant) -> Option<Found> {
        let mut open = self.lock();
        let session = open.get_mut(token)?;
        if !session.lives(now) {
            open.remove(token);
            return None;
        }
        session.seen = now;
        Some(Found { user: session.user.clone(), csrf: session.csrf.clone() })
    }

    /// Keeps a sentence for the next page of this session.
    pub(super) fn say(&self, token: &str, sentence: String) {
        if let Some(session) = self.lock().get_mut(token) {
            session.said = Some(sentence);
        }
    }

    /// Takes the sentence kept for this page.
    pub(super) fn take_said(&self, token: &str) -> Option<String> {
        self.lock().get_mut(token)?.said.take()
    }

    /// Ends a session.
    pub(super) fn close(&self, token: &str) {
        self.lock().remove(token);
    }

    /// Ends all sessions of a user.
    pub(super) fn close_all_of(&self, user: &str) {
        self.lock().retain(|_, session| session.user != user);
    }

    /// Ends the other sessions of a user.
    pub(super) fn close_others_of(&self, user: &str, token: &str) {
        self.lock().retain(|key, session| session.user != user || key == token);
    }

    /// Returns who is signed in: each user and how many sessions.
    pub(super) fn present(&self, now: Instant) -> FxHashMap<String, usize> {
        let mut present = FxHashMap::default();
        for session in self.lock().values().filter(|session| session.lives(now)) {
            *present.entry(session.user.clone()).or_insert(0) += 1;
        }
        present
    }
}

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.opened) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Clock;

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_closed() {
        let sessions = Sessions::default();
        let start = Clock::default().moment();
        let token = sessions.open("claire", start).unwrap();
        let minutes = |minutes: u64| start + Duration::from_secs(60 * minutes);
        assert_eq!(sessions.find(&token, minutes(44)).map(|found| found.user).as_deref(), Some("claire"));
        assert!(sessions.find(&token, minutes(88)).is_some(), "44 minutes after the last sign of life");
        assert!(sessions.find(&token, minutes(134)).is_none(), "46 minutes after it");
        assert!(sessions.find(&token, minutes(88)).is_none(), "and it does not come back");
        let token = sessions.open("claire", start).unwrap();
        for hour in 1..=20 {
            assert_eq!(sessions.find(&token, minutes(30 * hour)).is_some(), hour < 20, "half-hour {hour}");
        }
        let one = sessions.open("claire", start).unwrap();
        let other = sessions.open("claire", start).unwrap();
        assert_ne!(one, other);
        sessions.close(&one);
        assert!(sessions.find(&one, start).is_none() && sessions.find(&other, start).is_some());
        sessions.close_all_of("claire");
        assert!(sessions.find(&other, start).is_none());
    }

    #[test]
    fn a_sentence_is_said_once() {
        let sessions = Sessions::default();
        let token = sessions.open("claire", Clock::default().moment()).unwrap();
        sessions.say(&token, "fait".into());
        assert_eq!(sessions.take_said(&token).as_deref(), Some("fait"));
        assert_eq!(sessions.take_said(&token), None);
    }
}
