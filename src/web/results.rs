//! What a job made. A file has no name on the disk: nobody else opens it, and nothing of it is left when it
//! is let go.

use crate::app::AppError;
use crate::statements::Table;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, PoisonError};

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

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
