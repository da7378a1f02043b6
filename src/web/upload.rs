//! Files that the server keeps for a while: in a folder of its own, which nobody else may open.

use super::fields::CSRF;
use super::problem::Problem;
use super::view::size;
use super::visitor::Visitor;
use crate::app::{AppError, random_bytes};
use crate::ledger::seal::hex;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest file that can be sent, in bytes.
pub(super) const LONGEST_FILE: usize = 256 << 20;

/// The longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// The longest of the fields that go with a file, in bytes.
const LONGEST_FIELD: usize = 8 << 10;

/// How a private folder is named, before its random part.
const FOLDER: &str = "denier-";

/// How the file beside a private folder is named, after the folder: its process keeps it locked.
const HELD: &str = ".verrou";

/// A folder made when it is first needed, readable by this process's user alone.
pub(super) struct PrivateFolder {
    within: PathBuf,
    held: Mutex<Option<Held>>,
}

/// The folder, and the lock by which other processes know that somebody has it: the system frees it however
/// this process ends.
struct Held {
    path: PathBuf,
    lock: File,
}

impl PrivateFolder {
    /// Says where the folder will be: among the system's temporary files. Those that nobody has any more, of
    /// processes that had no time to end, are removed.
    pub(super) fn in_temporary_files() -> PrivateFolder {
        PrivateFolder::within(std::env::temp_dir())
    }

    fn within(within: PathBuf) -> PrivateFolder {
        remove_abandoned(&within);
        PrivateFolder { within, held: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a place for a file in the folder. Nothing is there yet.
    pub(super) fn file(&self) -> Result<PrivateFile, Problem> {
        let mut held = self.lock();
        let path = match &*held {
            Some(held) => held.path.clone(),
            None => {
                let path = self.within.join(format!("{FOLDER}{}", hex(&random_bytes::<16>()?)));
                let lock = private(&path).map_err(|error| machine("un dossier temporaire", &error))?;
                held.insert(Held { path, lock }).path.clone()
            }
        };
        Ok(PrivateFile { path: path.join(hex(&random_bytes::<16>()?)) })
    }

    /// Removes the folder.
    pub(super) fn remove(&self) {
        if let Some(Held { path, lock }) = self.lock().take() {
            // What something still reads stays, and goes when the next process starts.
            let is_gone = std::fs::remove_dir_all(&path).is_ok();
            drop(lock);
            if is_gone {
                drop(std::fs::remove_file(lock_of(&path)));
            }
        }
    }
}

/// Makes a folder; returns its lock, taken before the folder is there: it is never seen without.
fn private(path: &Path) -> std::io::Result<File> {
    let lock = private_file().open(lock_of(path))?;
    lock.lock()?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    Ok(lock)
}

fn lock_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(HELD);
    PathBuf::from(name)
}

/// Removes the private folders whose lock nobody has.
fn remove_abandoned(within: &Path) {
    // What cannot be read, or belongs to another user, is left where it is.
    for entry in std::fs::read_dir(within).into_iter().flatten().flatten() {
        let (path, is_folder) = (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let lock = lock_of(&path);
        if !is_folder || !is_private(&entry.file_name()) || !lock.is_file() {
            continue;
        }
        let Ok(held) = File::open(&lock) else { continue };
        if held.try_lock().is_ok() && std::fs::remove_dir_all(&path).is_ok() {
            drop(held);
            drop(std::fs::remove_file(lock));
        }
    }
}

/// Tells whether a name is that of a private folder.
fn is_private(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(FOLDER));
    random.is_some_and(|random| random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How a file is made that this process's user alone may open, and that was not there.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn machine(what: &str, error: &std::io::Error) -> Problem {
    AppError::Machine(format!("{what} ne peut pas être écrit sur le serveur ({error})")).into()
}

/// A file of the private folder: removed when this is dropped.
pub(super) struct PrivateFile {
    path: PathBuf,
}

impl PrivateFile {
    /// Returns its path.
    pub(super) fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Opens it, to be sent piece by piece.
    pub(super) fn open(&self) -> Result<Pieces, Problem> {
        let file = File::open(&self.path).map_err(|_| Problem::not_found())?;
        let size = file.metadata().map_err(|error| machine("ce fichier", &error))?.len();
        Ok(Pieces { file, size })
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// A file being sent, piece by piece.
pub(super) struct Pieces {
    file: File,
    /// Its size, in bytes.
    pub size: u64,
}

impl Iterator for Pieces {
    type Item = std::io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = vec![0; 1 << 16];
        match self.file.read(&mut piece) {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some(Ok(piece))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Receives the file of a form, and its name, into `place` as it comes; none where no file was chosen. The
/// session's secret comes first: nothing is written for a form that lacks it.
pub(super) async fn receive(
    visitor: &Visitor,
    mut form: Multipart,
    place: PrivateFile,
) -> Result<Option<(String, PrivateFile)>, Problem> {
    let mut proved = false;
    while let Some(field) = form.next_field().await.map_err(|error| cut(&error))? {
        if field.name() == Some(CSRF) {
            proved = words(field).await? == visitor.csrf;
            continue;
        }
        let Some(name) = field.file_name().map(plain_name) else { continue };
        if !proved {
            return Err(Problem::forged());
        }
        return Ok((write(field, &place).await? > 0).then_some((name, place)));
    }
    if proved { Ok(None) } else { Err(Problem::forged()) }
}

async fn words(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| cut(&error))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST_FIELD {
            return Err(Problem::unreadable("Un champ de ce formulaire est trop long."));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes a file as it comes; returns its size in bytes.
async fn write(mut field: Field<'_>, place: &PrivateFile) -> Result<u64, Problem> {
    let failed = |error: std::io::Error| machine("ce fichier", &error);
    let mut file = private_file().open(&place.path).map_err(failed)?;
    let mut size = 0;
    while let Some(piece) = field.chunk().await.map_err(|error| cut(&error))? {
        file.write_all(&piece).map_err(failed)?;
        size += piece.len() as u64;
    }
    Ok(size)
}

fn cut(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            title: "Fichier trop gros",
            message: format!(
                "{} au plus. Rien n'a été enregistré. La commande «\u{a0}denier importer\u{a0}» lit un fichier de toute taille.",
                size(LONGEST_FILE as u64)
            ),
        };
    }
    Problem::unreadable("L'envoi du fichier a été coupé en route. Rien n'a été enregistré : recommencez.")
}

/// Returns the name of a file without its folder, as it can be shown and kept.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    match plain.trim() {
        "" => "fichier".to_string(),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_its_folder() {
        for (sent, kept) in [
            ("FEC-2024.txt", "FEC-2024.txt"),
            ("C:\\Compta\\FEC.txt", "FEC.txt"),
            ("../../etc/passwd", "passwd"),
            ("a\u{0}b\n.csv", "ab.csv"),
            ("dossier/", "fichier"),
            ("", "fichier"),
        ] {
            assert_eq!(plain_name(sent), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_private_file_goes_with_what_holds_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::within(place.path().to_path_buf());
        let file = folder.file().unwrap();
        std::fs::write(file.path(), "x").unwrap();
        assert_eq!(file.open().unwrap().size, 1);
        let path = file.path();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let kept = std::fs::metadata(Path::new(&path).parent().unwrap()).unwrap();
            assert_eq!(kept.permissions().mode() & 0o777, 0o700);
        }
        drop(file);
        assert!(!Path::new(&path).exists());
        let parent = Path::new(&path).parent().unwrap().to_path_buf();
        folder.remove();
        assert!(!parent.exists());
        assert_eq!(names(place.path()), Vec::<String>::new());
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_that_nobody_has_any_more_is_removed_and_no_other() {
        let place = tempfile::tempdir().unwrap();
        let others = ["denier-notes", "denier-0123456789abcdef0123456789abcdef"];
        for name in others {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        let within = || PrivateFolder::within(place.path().to_path_buf());
        let (killed, alive) = (within(), within());
        let left = killed.file().unwrap();
        std::fs::write(left.path(), "une personne").unwrap();
        let kept = alive.file().unwrap();
        std::fs::write(kept.path(), "une autre").unwrap();
        // Its process ends without a word: the system frees its lock.
        let path = left.path();
        std::mem::forget(left);
        drop(killed);
        assert!(Path::new(&path).exists());
        let next = within();
        assert!(!Path::new(&path).exists());
        assert!(Path::new(&kept.path()).exists(), "another process has it");
        assert!(others.iter().all(|name| place.path().join(name).exists()), "nothing says whose they are");
        alive.remove();
        next.remove();
        assert_eq!(names(place.path()), ["denier-0123456789abcdef0123456789abcdef", "denier-notes"]);
    }
}
