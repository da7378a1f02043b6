//! How much may be asked: by whoever fails to sign in, and by anybody in a second.

use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures of a name before it must wait.
const FREE_FAILURES: u32 = 3;

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// Names or visitors remembered at once.
const MOST: usize = 10_000;

/// Failures to sign in: each one after the third doubles the wait.
#[derive(Default)]
pub(super) struct Failures {
    by_name: Mutex<FxHashMap<String, (u32, Instant)>>,
}

impl Failures {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, (u32, Instant)>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how long this name must still wait.
    pub(super) fn wait(&self, name: &str, now: Instant) -> Option<Duration> {
        let failures = self.lock();
        let (number, last) = failures.get(name)?;
        let wait = wait_after(*number);
        (last.checked_add(wait)?.checked_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// Counts a failure.
    pub(super) fn count(&self, name: &str, now: Instant) {
        let mut failures = self.lock();
        if failures.len() >= MOST && !failures.contains_key(name) {
            make_room(&mut failures, now);
        }
        let (number, last) = failures.entry(name.to_string()).or_insert((0, now));
        *number = number.saturating_add(1);
        *last = now;
    }

    /// Takes back the last count: no password was tried after all.
    pub(super) fn uncount(&self, name: &str) {
        if let Some((number, _)) = self.lock().get_mut(name) {
            *number = number.saturating_sub(1);
        }
    }

    /// Forgets the failures of a name that signed in.
    pub(super) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }
}

/// Makes room for one more name: those whose wait is over go first, then those that did not fail enough to
/// wait, then the one that failed the longest ago. A crowd of names tried once hides nobody's failures.
fn make_room(failures: &mut FxHashMap<String, (u32, Instant)>, now: Instant) {
    failures.retain(|_, (_, last)| now.duration_since(*last) < LONGEST_WAIT);
    if failures.len() >= MOST {
        failures.retain(|_, (number, _)| *number > FREE_FAILURES);
    }
    if failures.len() >= MOST {
        let oldest = failures.iter().min_by_key(|(_, (_, last))| *last).map(|(name, _)| name.clone());
        oldest.map(|name| failures.remove(&name));
    }
}

fn wait_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(20)).min(LONGEST_WAIT),
    }
}

/// Requests of a visitor at once, then each second: a person never reaches them.
const BURST: u32 = 120;
const EACH_SECOND: u32 = 40;

/// The requests of each visitor.
#[derive(Default)]
pub(super) struct Rates {
    by_visitor: Mutex<FxHashMap<String, (u32, Instant)>>,
}

impl Rates {
    /// Counts a request; returns false when the visitor must wait.
    pub(super) fn allow(&self, visitor: &str, now: Instant) -> bool {
        let mut rates = self.by_visitor.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.len() >= MOST {
            rates.retain(|_, (_, since)| now.duration_since(*since) < Duration::from_secs(60));
        }
        let (used, since) = rates.entry(visitor.to_string()).or_insert((0, now));
        let seconds = now.duration_since(*since).as_secs();
        if seconds > 0 {
            let freed = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(EACH_SECOND);
            *used = used.saturating_sub(freed);
            *since = now;
        }
        if *used >= BURST {
            return false;
        }
        *used += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Clock;

    #[test]
    fn each_failure_after_the_third_doubles_the_wait() {
        let failures = Failures::default();
        let start = Clock::default().moment();
        let waits: Vec<u64> = (0..14)
            .map(|_| {
                failures.count("claire", start);
                failures.wait("claire", start).map_or(0, |wait| wait.as_secs())
            })
            .collect();
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(failures.wait("claire", start + LONGEST_WAIT), None);
        assert_eq!(failures.wait("paul", start), None);
        failures.forget("claire");
        assert_eq!(failures.wait("claire", start), None);
        for _ in 0..10 {
            failures.count("claire", start);
            failures.uncount("claire");
        }
        assert_eq!(failures.wait("claire", start), None, "what tried no password makes nobody wait");
    }

    #[test]
    fn many_names_take_a_bounded_room_and_hide_nobody_who_waits() {
        let failures = Failures::default();
        let start = Clock::default().moment();
        let later = |seconds: u64| start + Duration::from_secs(seconds);
        (0..20).for_each(|_| failures.count("claire", start));
        (0..30_000).for_each(|n| failures.count(&format!("nom {n}"), later(1)));
        assert!(failures.lock().len() <= MOST);
        assert!(failures.wait("claire", later(2)).is_some(), "tried once, they are forgotten before her");
        for n in 0..MOST + 50 {
            let name = format!("autre {n}");
            (0..=FREE_FAILURES).for_each(|_| failures.count(&name, later(3)));
        }
        assert!(failures.lock().len() <= MOST);
    }

    #[test]
    fn a_visitor_in_a_hurry_waits_and_the_others_do_not() {
        let rates = Rates::default();
        let start = Clock::default().moment();
        let allowed = (0..200).filter(|_| rates.allow("a", start)).count();
        assert_eq!(allowed, 120);
        assert!(rates.allow("b", start));
        let later = start + Duration::from_secs(1);
        assert_eq!((0..200).filter(|_| rates.allow("a", later)).count(), 40);
    }
}
