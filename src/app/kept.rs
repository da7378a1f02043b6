//! Rules already read, kept in memory for whoever asks again: reading them costs more than a page, or a
//! small import.

use crate::store::VersionInForce;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many sets of rules are kept: those of the bases that one server answers for.
const KEPT: usize = 8;

/// What was read of rule files, by all that decides it: the path, digest and publication of each. The one
/// asked for last is at the end.
pub(super) struct Kept<T>(Mutex<Vec<(Vec<VersionInForce>, Arc<T>)>>);

impl<T> Kept<T> {
    pub(super) const fn new() -> Kept<T> {
        Kept(Mutex::new(Vec::new()))
    }

    /// Returns what was read of these versions.
    pub(super) fn find(&self, versions: &[VersionInForce]) -> Option<Arc<T>> {
        let mut all = self.all();
        let at = all.iter().position(|(own, _)| own == versions)?;
        all[at..].rotate_left(1);
        all.last().map(|(_, read)| Arc::clone(read))
    }

    /// Keeps what was read of these versions, and lets go of what was asked for longest ago.
    pub(super) fn keep(&self, versions: Vec<VersionInForce>, read: T) -> Arc<T> {
        let read = Arc::new(read);
        let mut all = self.all();
        all.retain(|(own, _)| *own != versions);
        if all.len() == KEPT {
            all.remove(0);
        }
        all.push((versions, Arc::clone(&read)));
        read
    }

    /// Nothing that may fail is done under the lock: what another thread left is whole.
    fn all(&self) -> MutexGuard<'_, Vec<(Vec<VersionInForce>, Arc<T>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(id: u32, digest: &str) -> Vec<VersionInForce> {
        vec![VersionInForce { id, path: "dispositifs/cej.toml".into(), digest: digest.into() }]
    }

    #[test]
    fn only_the_same_versions_share_what_was_read() {
        let kept: Kept<u32> = Kept::new();
        let first = kept.keep(versions(1, "a"), 10);
        assert!(Arc::ptr_eq(&first, &kept.find(&versions(1, "a")).unwrap()));
        for (id, digest) in [(2, "a"), (1, "b")] {
            assert_eq!(kept.find(&versions(id, digest)), None, "{id} {digest}");
        }
        let mut more = versions(1, "a");
        more.extend(versions(2, "a"));
        assert_eq!(kept.find(&more), None);
    }

    #[test]
    fn the_one_asked_for_longest_ago_goes_first() {
        let kept: Kept<u32> = Kept::new();
        let all = 1..=u32::try_from(KEPT).unwrap();
        for id in all.clone() {
            kept.keep(versions(id, "a"), id);
        }
        assert_eq!(kept.find(&versions(1, "a")).as_deref(), Some(&1));
        kept.keep(versions(99, "a"), 99);
        assert_eq!(kept.find(&versions(2, "a")), None);
        for id in all.filter(|id| *id != 2).chain([99]) {
            assert_eq!(kept.find(&versions(id, "a")).as_deref(), Some(&id), "{id}");
        }
        kept.keep(versions(99, "a"), 100);
        assert_eq!(kept.all().len(), KEPT, "twice the same is once");
    }
}
