//! A file that must be whole or not be: written under a temporary name in the same folder, then named.

use super::error::AppError;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A file being written. It is removed, with what the database puts beside it, unless it gets its name.
pub(super) struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
    named: bool,
}

impl NewFile {
    /// Begins a file that does not exist.
    ///
    /// # Errors
    /// When it exists, or its folder cannot be written.
    pub(super) fn begin(path: &str) -> Result<NewFile, AppError> {
        let path = PathBuf::from(path);
        let shown = path.display().to_string();
        if path.symlink_metadata().is_ok() {
            return Err(already(&path));
        }
        let name = path.file_name().ok_or_else(|| AppError::Usage(format!("{shown} : nommez un fichier")))?;
        let temporary =
            path.with_file_name(format!(".{}.{}.partiel", name.to_string_lossy(), std::process::id()));
        OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(|source| {
            let reason = match source.kind() {
                ErrorKind::NotFound => "le dossier n'existe pas".to_string(),
                ErrorKind::PermissionDenied => "écriture interdite dans ce dossier".to_string(),
                ErrorKind::AlreadyExists => format!(
                    "une écriture est en cours, ou a été interrompue : supprimez {} si rien ne l'écrit",
                    temporary.display()
                ),
                _ => "écriture impossible dans ce dossier".to_string(),
            };
            AppError::File { path: shown, reason, source }
        })?;
        Ok(NewFile { path, temporary, named: false })
    }

    /// Returns the name under which it is written.
    pub(super) fn temporary(&self) -> String {
        self.temporary.to_string_lossy().into_owned()
    }

    /// Turns a failure of writing into one that names the file.
    pub(super) fn failure(&self, error: impl std::error::Error + Send + Sync + 'static) -> AppError {
        let mut cause = error.to_string();
        let mut next = error.source();
        while let Some(deeper) = next {
            cause = deeper.to_string();
            next = deeper.source();
        }
        AppError::File {
            path: self.path.display().to_string(),
            reason: format!(
                "écriture impossible, rien n'en reste ; vérifiez la place sur le disque (cause : {cause})"
            ),
            source: std::io::Error::other(error),
        }
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// # Errors
    /// When the disk fails, or another file took the name meanwhile; nothing is then left.
    pub(super) fn name(mut self) -> Result<(), AppError> {
        let written = File::open(&self.temporary).and_then(|file| file.sync_all());
        written.map_err(|error| self.failure(error))?;
        // The name is taken before it is given: a rename would replace a file that came meanwhile.
        match OpenOptions::new().write(true).create_new(true).open(&self.path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(already(&self.path)),
            Err(error) => return Err(self.failure(error)),
        }
        if let Err(error) = std::fs::rename(&self.temporary, &self.path) {
            // What was put there was only the name.
            let _ = std::fs::remove_file(&self.path);
            return Err(self.failure(error));
        }
        self.named = true;
        if cfg!(unix) {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
            folder.map_err(|source| AppError::File {
                path: self.path.display().to_string(),
                reason: "écrit, mais le disque n'a pas confirmé son nom".to_string(),
                source,
            })?;
        }
        Ok(())
    }
}

fn already(path: &Path) -> AppError {
    AppError::Refused(format!("{} existe déjà ; rien n'a été touché", path.display()))
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.named {
            for end in ["", "-journal", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", self.temporary()));
            }
        }
    }
}
