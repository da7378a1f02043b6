//! Importing a file of any kind: what is asked is the same, the plan is that of its kind.

use super::answer::Asked;
use super::clock::Clock;
use super::error::AppError;
use super::file::InputFile;
use super::import_aids::{AidOptions, import_aids};
use super::import_assignments::import_assignments;
use super::import_beneficiaries::import_beneficiaries;
use super::import_declarations::{ImportOptions, import_declarations};
use super::import_envelopes::import_envelopes;
use super::import_fec::{FecOptions, import_fec};
use super::report::{ImportReport, Progress};
use super::users::Actor;
use crate::funding::Mode;
use crate::import::FileKind;
use crate::store::Store;

/// What is asked of an import besides its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// The kind of file.
    pub kind: FileKind,
    /// The profile's code.
    pub profile: String,
    /// Of aids: the mode for the whole file, where the payer is not to say it.
    pub mode: Option<Mode>,
    /// One refused line refuses the file. FEC and rules of who funds what are always so.
    pub all_or_nothing: bool,
    /// Of a FEC: seal its year.
    pub definitive: bool,
    /// Of a FEC: the fiscal year, where the file is not to tell it.
    pub year: Option<i16>,
    /// Of a FEC: the account that takes the centime by which an entry is off.
    pub rounding_account: Option<String>,
}

/// Imports a file, or only says what importing it would do.
///
/// # Errors
/// When the file, the base or the rules fail; nothing is then written.
#[expect(clippy::too_many_arguments, reason = "a use case, its file, its request and how it is asked")]
pub async fn import_file(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    input: &InputFile,
    request: &FileRequest,
    dry_run: bool,
    asked: Option<&Asked>,
    progress: Progress<'_>,
) -> Result<ImportReport, AppError> {
    let FileRequest { kind, ref profile, mode, all_or_nothing, definitive, year, ref rounding_account } =
        *request;
    match kind {
        FileKind::Beneficiaries => {
            import_beneficiaries(
                store,
                clock,
                actor,
                input,
                profile,
                dry_run,
                all_or_nothing,
                asked,
                progress,
            )
            .await
        }
        FileKind::Envelopes => {
            import_envelopes(store, clock, actor, input, profile, dry_run, all_or_nothing, asked).await
        }
        FileKind::Assignments => {
            import_assignments(store, clock, actor, input, profile, dry_run, asked).await
        }
        FileKind::Fec => {
            let options = FecOptions {
                profile: profile.clone(),
                dry_run,
                definitive,
                year,
                rounding_account: rounding_account.clone(),
                asked: asked.cloned(),
            };
            import_fec(store, clock, actor, input, &options, progress).await
        }
        FileKind::Aids => {
            let options =
                AidOptions { profile: profile.clone(), mode, dry_run, all_or_nothing, asked: asked.cloned() };
            import_aids(store, clock, actor, input, &options, progress).await
        }
        FileKind::Parcours | FileKind::Declarations | FileKind::OutsideAids => {
            let options =
                ImportOptions { profile: profile.clone(), dry_run, all_or_nothing, asked: asked.cloned() };
            import_declarations(store, clock, actor, input, kind, &options, progress).await
        }
    }
}
