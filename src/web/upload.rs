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

/// A folder made when it is first needed, readable by this process's user alone.
#[derive(Default)]
pub(super) struct PrivateFolder {
    path: Mutex<Option<PathBuf>>,
}

impl PrivateFolder {
    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.path.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a place for a file in the folder. Nothing is there yet.
    pub(super) fn file(&self) -> Result<PrivateFile, Problem> {
        let mut folder = self.lock();
        let path = match &*folder {
            Some(path) => path.clone(),
            None => {
                let path = std::env::temp_dir().join(format!("denier-{}", hex(&random_bytes::<16>()?)));
                private(&path).map_err(|error| machine("un dossier temporaire", &error))?;
                folder.insert(path).clone()
            }
        };
        Ok(PrivateFile { path: path.join(hex(&random_bytes::<16>()?)) })
    }

    /// Removes the folder.
    pub(super) fn remove(&self) {
        if let Some(path) = self.lock().take() {
            // What another process still reads goes with the system's temporary files.
            drop(std::fs::remove_dir_all(path));
        }
    }
}

fn private(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&place.path).map_err(failed)?;
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
        let folder = PrivateFolder::default();
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
    }
}
