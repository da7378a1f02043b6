//! What a user left here for a while: each thing under a secret key, for its owner alone, for a day.

use super::problem::Problem;
use crate::app::random_bytes;
use crate::ledger::seal::hex;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thing stays.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The most things of one user at once: the oldest give way.
const MOST: usize = 20;

struct Item<T> {
    owner: String,
    since: Instant,
    thing: Arc<T>,
}

/// Things of one sort. A thing that holds a file removes it when nobody uses it any more.
pub(super) struct Shelf<T> {
    all: Mutex<BTreeMap<String, Item<T>>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { all: Mutex::default() }
    }
}

impl<T> Shelf<T> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Item<T>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a thing for its owner; returns its key.
    pub(super) fn put(&self, owner: &str, now: Instant, thing: T) -> Result<String, Problem> {
        let key = hex(&random_bytes::<16>()?);
        let mut all = self.lock();
        let own = all.iter().filter(|(_, item)| item.owner == owner);
        let mut own: Vec<(Instant, String)> = own.map(|(key, item)| (item.since, key.clone())).collect();
        own.sort();
        let too_many = (own.len() + 1).saturating_sub(MOST);
        own.iter().take(too_many).for_each(|(_, key)| drop(all.remove(key)));
        all.insert(key.clone(), Item { owner: owner.to_string(), since: now, thing: Arc::new(thing) });
        Ok(key)
    }

    /// Finds a thing of its owner.
    pub(super) fn find(&self, key: &str, owner: &str) -> Option<Arc<T>> {
        self.lock().get(key).filter(|item| item.owner == owner).map(|item| item.thing.clone())
    }

    /// Returns the things of an owner with their keys, the last one first.
    pub(super) fn of(&self, owner: &str) -> Vec<(String, Arc<T>)> {
        let all = self.lock();
        let mut own: Vec<_> = all.iter().filter(|(_, item)| item.owner == owner).collect();
        own.sort_by_key(|(_, item)| std::cmp::Reverse(item.since));
        own.into_iter().map(|(key, item)| (key.clone(), item.thing.clone())).collect()
    }

    /// Lets go of a thing.
    pub(super) fn remove(&self, key: &str, owner: &str) {
        let mut all = self.lock();
        if all.get(key).is_some_and(|item| item.owner == owner) {
            all.remove(key);
        }
    }

    /// Lets go of what has been here for a day.
    pub(super) fn sweep(&self, now: Instant) {
        self.lock().retain(|_, item| now.duration_since(item.since) < KEPT);
    }

    /// Lets go of everything.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Clock;

    #[test]
    fn a_thing_is_its_owners_alone_and_for_a_day() {
        let (shelf, start) = (Shelf::default(), Clock::default().moment());
        let key = shelf.put("claire", start, 1).unwrap();
        assert_eq!(shelf.find(&key, "claire").as_deref(), Some(&1));
        assert_eq!(shelf.find(&key, "paul"), None);
        shelf.remove(&key, "paul");
        shelf.sweep(start + KEPT - Duration::from_secs(1));
        assert!(shelf.find(&key, "claire").is_some());
        shelf.sweep(start + KEPT);
        assert!(shelf.find(&key, "claire").is_none());
    }

    #[test]
    fn the_oldest_of_too_many_give_way() {
        let (shelf, start) = (Shelf::default(), Clock::default().moment());
        let other = shelf.put("paul", start, 0).unwrap();
        for rank in 1..=30_u32 {
            shelf.put("claire", start + Duration::from_secs(rank.into()), rank).unwrap();
        }
        let kept: Vec<u32> = shelf.of("claire").into_iter().map(|(_, rank)| *rank).collect();
        assert_eq!(kept, (11..=30).rev().collect::<Vec<_>>());
        assert!(shelf.find(&other, "paul").is_some());
    }
}
