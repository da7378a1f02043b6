//! Attestations for everyone at once, in one file: an archive, or one document to be printed.

use super::attest::{AttestReport, AttestRequest, AttestedFile, attest, months_of, people_with_aids};
use super::clock::Clock;
use super::error::AppError;
use super::letterhead::Letterhead;
use super::report::Progress;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::Month;
use crate::documents::{CannotDraw, Paper, PdfBundle};
use crate::export::Archive;
use crate::store::Store;
use std::io::{Seek, Write};

/// What an issue for everyone would be.
#[derive(Clone, Debug)]
pub struct AttestationBatch {
    /// How many people would have an attestation.
    pub people: usize,
    /// The first and last months.
    pub months: (Month, Month),
}

/// Says what an issue for everyone would be, without issuing anything.
///
/// # Errors
/// When the period, the dispositif or the site is none, or the actor may not.
pub async fn attestation_batch(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &AttestRequest,
) -> Result<AttestationBatch, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Record).await?;
    let months = months_of(&mut tx, clock, request).await?;
    let people = people_with_aids(&mut tx, months, request).await?.len();
    Ok(AttestationBatch { people, months })
}

/// What file many attestations make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// An archive: a file for each, to be sent.
    Archive,
    /// One document, to be printed.
    Document,
}

impl Bundle {
    /// Both of them.
    pub const ALL: [Bundle; 2] = [Bundle::Archive, Bundle::Document];

    /// Returns the end of its file's name.
    pub fn code(self) -> &'static str {
        match self {
            Bundle::Archive => "zip",
            Bundle::Document => "pdf",
        }
    }
}

/// Issues attestations and writes them in one file, `to`. An archive is written as they come; a document
/// is whole when the last one has come.
///
/// # Errors
/// As [`attest`]; and when the file cannot be written: what is issued then stays in the register, and the
/// same request gives it again.
pub async fn bundle_attestations(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &AttestRequest,
    bundle: Bundle,
    progress: Progress<'_>,
    mut to: impl Write + Seek + Send,
) -> Result<AttestReport, AppError> {
    let head = Letterhead::load(store, clock).await?;
    let failure = |error: &dyn std::fmt::Display| AppError::Machine(error.to_string());
    match bundle {
        Bundle::Archive => {
            let mut archive = Archive::new(to, head.dated);
            let give =
                |file: AttestedFile| archive.add(&file.name, &file.bytes).map_err(|error| failure(&error));
            let report = attest(store, clock, actor, request, progress, give).await?;
            archive.finish().map_err(|error| failure(&error))?;
            Ok(report)
        }
        Bundle::Document => {
            // A document cannot go from thread to thread: it stays on one, which draws what it is told of.
            let (papers, told) = std::sync::mpsc::channel::<(String, Paper)>();
            let drawing = tokio::task::spawn_blocking(move || {
                let mut document = PdfBundle::new("Attestations", &head.lines, head.dated)?;
                told.into_iter().try_for_each(|(name, paper)| document.add(&name, &paper))?;
                Ok::<_, CannotDraw>(document.finish())
            });
            let give = |file: AttestedFile| {
                papers.send((file.number, file.paper)).map_err(|_| failure(&"document interrompu"))
            };
            let report = attest(store, clock, actor, request, progress, give).await;
            drop(papers);
            let drawn = drawing.await.map_err(|error| failure(&error))?.map_err(|error| failure(&error))?;
            let report = report?;
            to.write_all(&drawn).map_err(|error| failure(&error))?;
            Ok(report)
        }
    }
}
