//! Files given by the user: looked at once, then read.

use super::error::AppError;
use crate::import::{Sniff, Sniffer};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::Path;

/// How many bytes are read at once.
const BLOCK: usize = 1 << 18;

/// How many bytes make the beginning of a file.
const HEAD: u64 = 1 << 17;

/// A file given by the user, already looked at.
pub struct InputFile {
    path: String,
    /// Its name without its folder, as kept in the base.
    pub name: String,
    /// What the first look found.
    pub sniff: Sniff,
}

impl InputFile {
    /// Looks at a file.
    ///
    /// # Errors
    /// When it is missing, a folder, or unreadable.
    pub fn open(path: &str) -> Result<InputFile, AppError> {
        let mut file = open(path)?;
        let mut sniffer = Sniffer::default();
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(read) => sniffer.block(&block[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failure(path, error)),
            }
        }
        let name = Path::new(path)
            .file_name()
            .map_or_else(|| path.to_string(), |name| name.to_string_lossy().into_owned());
        Ok(InputFile { path: path.to_string(), name, sniff: sniffer.finish() })
    }

    /// Looks at a file that is kept under another name than its own.
    ///
    /// # Errors
    /// As [`InputFile::open`].
    pub fn open_as(path: &str, name: &str) -> Result<InputFile, AppError> {
        Ok(InputFile { name: name.to_string(), ..InputFile::open(path)? })
    }

    /// Returns its beginning, enough to see its columns and its first rows.
    ///
    /// # Errors
    /// When it has become unreadable.
    pub(super) fn head(&self) -> Result<Vec<u8>, AppError> {
        let mut head = Vec::new();
        open(&self.path)?.take(HEAD).read_to_end(&mut head).map_err(|error| self.failure(error))?;
        Ok(head)
    }

    /// Opens it for reading from its beginning.
    ///
    /// # Errors
    /// When it has become unreadable.
    pub fn reader(&self) -> Result<BufReader<File>, AppError> {
        Ok(BufReader::with_capacity(BLOCK, open(&self.path)?))
    }

    /// Turns a failure of reading into one that names the file.
    pub fn failure(&self, error: std::io::Error) -> AppError {
        failure(&self.path, error)
    }
}

fn open(path: &str) -> Result<File, AppError> {
    let file = File::open(path).map_err(|error| failure(path, error))?;
    let kind = file.metadata().map_err(|error| failure(path, error))?;
    if kind.is_dir() {
        return Err(failure(path, ErrorKind::IsADirectory.into()));
    }
    Ok(file)
}

fn failure(path: &str, error: std::io::Error) -> AppError {
    let reason = match error.kind() {
        ErrorKind::NotFound => "fichier introuvable",
        ErrorKind::IsADirectory => "c'est un dossier, pas un fichier",
        ErrorKind::PermissionDenied => "lecture interdite",
        _ => "lecture impossible",
    };
    AppError::File { path: path.to_string(), reason: reason.to_string(), source: error }
}
