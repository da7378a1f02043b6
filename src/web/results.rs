//! What a job made, kept for whoever asked for it: a day at most, and never longer than this process. A
//! file has no name on the disk: nobody else opens it, and nothing of it is left when it is let go.

use crate::app::{AppError, random_bytes};
use crate::ledger::seal::hex;
use crate::statements::Table;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a result is kept.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Results kept of one user: the oldest gives way.
const MOST: usize = 4;

/// What was made.
pub(super) enum Made {
    /// Tables to look at.
    Tables(Vec<Table>),
    /// A file to download.
    File(MadeFile),
}

/// A result, and the page that shows it.
pub(super) struct Outcome {
    /// What it is.
    pub title: String,
    /// The page that asked for it: its words, its address.
    pub above: (&'static str, &'static str),
    /// What is to be known of it.
    pub notes: Vec<String>,
    pub made: Made,
}

/// A file that was made.
pub(super) struct MadeFile {
    /// The name that the browser gives it.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its length, in bytes.
    pub length: u64,
    file: Mutex<File>,
}

impl MadeFile {
    /// Begins a file, private and without a name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn begin() -> Result<File, AppError> {
        tempfile::tempfile().map_err(|error| AppError::Machine(format!("fichier provisoire : {error}")))
    }

    /// Takes a file that is whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn whole(file: File, name: String, media_type: &'static str) -> Result<MadeFile, AppError> {
        let length = file.metadata().map_err(|error| AppError::Machine(error.to_string()))?.len();
        Ok(MadeFile { name, media_type, length, file: Mutex::new(file) })
    }

    /// Reads at most so many bytes from a place; none at the end.
    pub(super) fn read(&self, from: u64, most: u64) -> std::io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&*file).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

struct Kept {
    key: String,
    owner: String,
    since: Instant,
    outcome: Arc<Outcome>,
}

/// The results of this process, oldest first.
#[derive(Default)]
pub(super) struct Results {
    all: Mutex<Vec<Kept>>,
}

impl Results {
    fn living(&self, now: Instant) -> MutexGuard<'_, Vec<Kept>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| now.duration_since(kept.since) < LONGEST);
        all
    }

    /// Keeps a result for its owner; returns the address of its page.
    pub(super) fn keep(&self, owner: &str, outcome: Outcome, now: Instant) -> Result<String, AppError> {
        let key = hex(&random_bytes::<16>()?);
        let mut all = self.living(now);
        let own = all.iter().filter(|kept| kept.owner == owner).count();
        if own >= MOST
            && let Some(oldest) = all.iter().position(|kept| kept.owner == owner)
        {
            all.remove(oldest);
        }
        let address = format!("/resultats/{key}");
        all.push(Kept { key, owner: owner.to_string(), since: now, outcome: Arc::new(outcome) });
        Ok(address)
    }

    /// Finds a result of its owner.
    pub(super) fn find(&self, key: &str, owner: &str, now: Instant) -> Option<Arc<Outcome>> {
        let all = self.living(now);
        all.iter().find(|kept| kept.key == key && kept.owner == owner).map(|kept| kept.outcome.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Clock;
    use std::io::Write as _;

    fn tables() -> Outcome {
        let made = Made::Tables(Vec::new());
        Outcome { title: "Essai".into(), above: ("Accueil", "/"), notes: Vec::new(), made }
    }

    #[test]
    fn a_result_is_its_owners_for_a_day() {
        let results = Results::default();
        let start = Clock::default().moment();
        let address = results.keep("claire", tables(), start).unwrap();
        let key = address.strip_prefix("/resultats/").unwrap();
        assert!(results.find(key, "claire", start).is_some());
        assert!(results.find(key, "paul", start).is_none());
        assert!(results.find("", "claire", start).is_none());
        assert!(results.find(key, "claire", start + LONGEST).is_none());
        let first = results.keep("claire", tables(), start).unwrap();
        let others: Vec<String> =
            (0..MOST).map(|_| results.keep("claire", tables(), start).unwrap()).collect();
        let found = |address: &str| results.find(&address[11..], "claire", start).is_some();
        assert!(!found(&first) && others.iter().all(|address| found(address)));
    }

    #[test]
    fn a_file_is_read_from_any_place() {
        let mut file = MadeFile::begin().unwrap();
        file.write_all(b"0123456789").unwrap();
        let made = MadeFile::whole(file, "x.zip".into(), "application/zip").unwrap();
        assert_eq!(made.length, 10);
        assert_eq!(made.read(3, 4).unwrap(), b"3456");
        assert_eq!(made.read(0, 100).unwrap(), b"0123456789");
        assert_eq!(made.read(10, 4).unwrap(), b"");
    }
}
