//! Several files in one: a ZIP archive, the same bytes each time.

use crate::calendar::Date;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Why an archive could not be made.
#[derive(Debug, thiserror::Error)]
#[error("archive impossible : {0}")]
pub struct ArchiveError(String);

/// Returns an archive of these files: name and bytes, all of one day.
///
/// # Errors
/// When two files have the same name, or one is too large for the format.
pub fn render_zip(files: &[(String, Vec<u8>)], dated: Date) -> Result<Vec<u8>, ArchiveError> {
    let failure = |error: &dyn std::fmt::Display| ArchiveError(error.to_string());
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
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name.as_str(), options).map_err(|error| failure(&error))?;
        archive.write_all(bytes).map_err(|error| failure(&error))?;
    }
    Ok(archive.finish().map_err(|error| failure(&error))?.into_inner())
}
