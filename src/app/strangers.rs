//! Names that are nobody's, tried by whoever does not know ours: how many are checked and noted, so that
//! trying thousands of them keeps neither the processor, nor the log, nor the base from the others. Nobody
//! who has an account is counted here: the answer to a stranger is the same, checked or not.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Passwords checked each second for names that are nobody's, so that a first try takes as long as that of
/// a known name.
const CHECKED: u32 = 4;

/// Lines of the audit log each hour.
const NOTED: u32 = 20;

/// What the last of these lines says.
const LAST: &str =
    "nom inconnu, vingtième en une heure : les suivants ne sont pas notés avant l'heure d'après";

/// The longest that an answer is held back.
const LONGEST: Duration = Duration::from_secs(1);

/// What is remembered of strangers.
#[derive(Debug, Default)]
pub struct Strangers {
    checked: Mutex<Counted>,
    noted: Mutex<Counted>,
    usual: Mutex<Duration>,
}

/// How many since the first of a period.
#[derive(Debug, Default)]
struct Counted {
    since: Option<Instant>,
    number: u32,
}

/// Counts one more; returns its rank in the period that it falls in.
fn rank(counted: &Mutex<Counted>, period: Duration, now: Instant) -> u32 {
    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
    if counted.since.is_none_or(|since| now.saturating_duration_since(since) >= period) {
        *counted = Counted { since: Some(now), number: 0 };
    }
    counted.number = counted.number.saturating_add(1);
    counted.number
}

impl Strangers {
    /// Tells whether a password is checked for a name that is nobody's.
    pub(super) fn is_checked(&self, now: Instant) -> bool {
        rank(&self.checked, Duration::from_secs(1), now) <= CHECKED
    }

    /// Returns what the audit log says of a name that is nobody's; none where it has said enough.
    pub(super) fn noted(&self, now: Instant) -> Option<&'static str> {
        match rank(&self.noted, Duration::from_secs(3600), now) {
            NOTED => Some(LAST),
            number => (number < NOTED).then_some(""),
        }
    }

    /// Remembers how long a refusal took that was checked and noted.
    pub(super) fn took(&self, duration: Duration) {
        *self.usual.lock().unwrap_or_else(PoisonError::into_inner) = duration.min(LONGEST);
    }

    /// Returns how long a refusal takes that is checked and noted: the others take as long.
    pub(super) fn usual(&self) -> Duration {
        *self.usual.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::Clock;
    use super::*;

    #[test]
    fn some_are_checked_each_second_and_noted_each_hour() {
        let strangers = Strangers::default();
        let start = Clock::default().moment();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let checked = |seconds: u64| (0..1000).filter(|_| strangers.is_checked(after(seconds))).count();
        assert_eq!([checked(0), checked(0), checked(1), checked(2)], [4, 0, 4, 4]);
        let noted = |seconds: u64| {
            let said: Vec<&str> = (0..1000).filter_map(|_| strangers.noted(after(seconds))).collect();
            (said.len(), said.last().copied())
        };
        assert_eq!(noted(0), (20, Some(LAST)));
        assert_eq!(noted(3599), (0, None));
        assert_eq!(noted(3600), (20, Some(LAST)));
        strangers.took(Duration::from_secs(60));
        assert_eq!(strangers.usual(), LONGEST, "an import that is waited for holds nobody for long");
    }
}
