//! Several files in one: a ZIP archive, the same bytes each time.

use crate::calendar::Date;
use std::io::{Cursor, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Why an archive could not be made.
#[derive(Debug, thiserror::Error)]
#[error("archive impossible : {0}")]
pub struct ArchiveError(String);

/// An archive being written: each file goes where it is written, none is kept in memory.
pub struct Archive<W: Write + Seek> {
    to: ZipWriter<W>,
    options: SimpleFileOptions,
}

impl<W: Write + Seek> Archive<W> {
    /// Begins an archive whose files are all of one day.
    pub fn new(to: W, dated: Date) -> Archive<W> {
        let parts = (
            u16::try_from(dated.year()),
            u8::try_from(dated.number() / 100 % 100),
            u8::try_from(dated.number() % 100),
        );
        let day = match parts {
            (Ok(year), Ok(month), Ok(day)) => DateTime::from_date_and_time(year, month, day, 0, 0, 0).ok(),
            _ => None,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(day.unwrap_or_default());
        Archive { to: ZipWriter::new(to), options }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When another has its name, it is too large for the format, or it cannot be written.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.to.start_file(name, self.options).map_err(|error| ArchiveError(error.to_string()))?;
        self.to.write_all(bytes).map_err(|error| ArchiveError(error.to_string()))
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<W, ArchiveError> {
        self.to.finish().map_err(|error| ArchiveError(error.to_string()))
    }
}

/// Returns an archive of these files: name and bytes, all of one day.
///
/// # Errors
/// When two files have the same name, or one is too large for the format.
pub fn render_zip(files: &[(String, Vec<u8>)], dated: Date) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = Archive::new(Cursor::new(Vec::new()), dated);
    for (name, bytes) in files {
        archive.add(name, bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
