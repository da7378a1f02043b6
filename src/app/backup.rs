//! Backups: the whole base in one file, verified once written, and a base made again from one.

use super::clock::Clock;
use super::error::AppError;
use super::new_file::NewFile;
use super::report::Progress;
use super::rights::Right;
use super::users::Actor;
use super::verify::{VerifyReport, verify, verify_within};
use crate::ledger::seal::hex;
use crate::store::{Store, Tx};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read as _};

/// What a backup is.
#[derive(Clone, Debug, Serialize)]
pub struct BackupReport {
    /// The file.
    pub fichier: String,
    /// Its size, in bytes.
    pub octets: u64,
    /// Its SHA-256, in hexadecimal.
    pub empreinte: String,
    /// What verifying the file found.
    pub verification: VerifyReport,
}

/// What was restored.
#[derive(Clone, Debug, Serialize)]
pub struct RestoreReport {
    /// The backup.
    pub fichier: String,
    /// Its SHA-256, in hexadecimal.
    pub empreinte: String,
    /// The base, or none when the backup was altered: nothing is then left.
    pub base: Option<String>,
    /// True for a copy to try things on.
    pub copie_essai: bool,
    /// What verifying the new base found.
    pub verification: VerifyReport,
}

/// What a restored base is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be the books.
    Books,
    /// To try things on: its screens and papers say so.
    Trial,
}

/// How many bytes are read at once.
const BLOCK: usize = 1 << 18;

/// Writes the whole base, as it is at one moment, into a new file that the same program opens, whatever
/// the engine; reads it again and verifies it. An altered base is copied too: the report says so.
///
/// # Errors
/// When the actor may not, the file exists, or it cannot be written whole: nothing of it is then left.
pub async fn back_up(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    path: &str,
    progress: Progress<'_>,
) -> Result<BackupReport, AppError> {
    let claimed = actor.may(&mut store.read().await?, Right::Approve).await?;
    let file = NewFile::begin(path)?;
    let copied = |done: u64, all: u64| progress("copie", done, all);
    store.back_up_to(&file.temporary(), &copied).await.map_err(|error| file.failure(error))?;
    only_for_its_owner(&file)?;
    let copy = Store::open_copy(&file.temporary()).await?;
    copy.check_pages().await?;
    let verification = verify(&copy, progress).await?;
    copy.close().await;
    let (octets, empreinte) = digest_of(&file.temporary())?;
    // Noted before the file has its name: no copy of the people's data may exist unknown.
    let mut tx = store.write().await?;
    tx.log(&clock.now(), &actor.name, claimed, "sauvegarder", &format!("SHA-256 {empreinte}")).await?;
    tx.commit().await?;
    file.name()?;
    Ok(BackupReport { fichier: path.to_string(), octets, empreinte, verification })
}

/// Notes that a backup is about to be given to somebody: it holds every name.
///
/// # Errors
/// When the actor may not, or it cannot be noted: nothing may then be given.
pub async fn note_backup_given(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    backup: &BackupReport,
) -> Result<(), AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Direct).await?;
    let detail = format!("SHA-256 {}", backup.empreinte);
    tx.log(&clock.now(), &actor.name, claimed, "sauvegarder telecharger", &detail).await?;
    Ok(tx.commit().await?)
}

/// Makes a base from a backup, where there is none: a new file, or an empty schema of a server.
///
/// # Errors
/// When there is a base already, the file is no backup or is damaged, or the place cannot be written.
/// Nothing is then left.
pub async fn restore(
    path: &str,
    location: &str,
    purpose: Purpose,
    clock: Clock,
    actor: &Actor,
    progress: Progress<'_>,
) -> Result<RestoreReport, AppError> {
    let (_, empreinte) = digest_of(path)?;
    let backup = Store::open_copy(path).await?;
    let new = Store::file_of(location).map(|file| NewFile::begin(&file)).transpose()?;
    backup.check_pages().await?;
    let place = new.as_ref().map_or_else(|| location.to_string(), NewFile::temporary);
    let copied = |done: u64, all: u64| progress("copie", done, all);
    let restored = backup.restore_to(&place, &copied).await;
    let (copy, mut tx) = restored.map_err(|error| match &new {
        Some(file) => file.failure(error),
        None => error.into(),
    })?;
    backup.close().await;
    let verification = verify_within(&mut tx, progress).await?;
    let whole = verification.integre;
    if whole {
        note(&mut tx, purpose, clock, actor, &empreinte).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    copy.close().await;
    if let Some(file) = new.filter(|_| whole) {
        file.name()?;
    }
    Ok(RestoreReport {
        fichier: path.to_string(),
        empreinte,
        base: whole.then(|| location.to_string()),
        copie_essai: purpose == Purpose::Trial,
        verification,
    })
}

/// Says in the new base itself where it comes from.
async fn note(
    tx: &mut Tx,
    purpose: Purpose,
    clock: Clock,
    actor: &Actor,
    digest: &str,
) -> Result<(), AppError> {
    let at = clock.now();
    let claimed = tx.user(&actor.name).await?.is_none();
    let what = match purpose {
        Purpose::Books => "restaurer",
        Purpose::Trial => "restaurer essai",
    };
    if purpose == Purpose::Trial {
        tx.mark_trial(&at).await?;
    }
    Ok(tx.log(&at, &actor.name, claimed, what, &format!("SHA-256 {digest}")).await?)
}

/// A backup holds every name: only who made it may read it, where the system knows of such things.
fn only_for_its_owner(file: &NewFile) -> Result<(), AppError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file.temporary(), std::fs::Permissions::from_mode(0o600))
            .map_err(|error| file.failure(error))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Returns the size and the SHA-256 of a file.
fn digest_of(path: &str) -> Result<(u64, String), AppError> {
    let failure = |source: std::io::Error| AppError::File {
        path: path.to_string(),
        reason: match source.kind() {
            ErrorKind::NotFound => "fichier introuvable".to_string(),
            ErrorKind::IsADirectory => "c'est un dossier, pas un fichier".to_string(),
            _ => "lecture impossible".to_string(),
        },
        source,
    };
    let mut file = File::open(path).map_err(failure)?;
    let (mut hash, mut size, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
    loop {
        match file.read(&mut block).map_err(failure)? {
            0 => return Ok((size, hex(&hash.finalize()))),
            read => {
                hash.update(&block[..read]);
                size += read as u64;
            }
        }
    }
}
