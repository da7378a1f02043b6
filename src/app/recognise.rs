//! What a file given by the user seems to be: so that nobody is asked what its columns tell.

use super::error::AppError;
use super::file::InputFile;
use super::import_aids::profile_of;
use super::law::law_in_force;
use crate::import::{FileKind, FirstRows, Recognised, first_rows, recognise};
use crate::store::Store;

/// A profile by which a kind of file can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChoice {
    /// The kind of file.
    pub kind: FileKind,
    /// The profile's code.
    pub profile: String,
    /// What the profile is, in French.
    pub label: String,
}

/// What a file seems to be, and what else it could be read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What its columns tell; none where no profile knows half of them.
    pub recognised: Option<Recognised>,
    /// Every kind of file that the base reads, by each profile.
    pub choices: Vec<ProfileChoice>,
}

/// Tells what a file seems to be, by the profiles in force.
///
/// # Errors
/// When the file or the base fails.
pub async fn look_at(store: &Store, input: &InputFile) -> Result<Looked, AppError> {
    let in_force = law_in_force(&mut store.read().await?).await?;
    let mut profiles: Vec<_> = in_force.profiles.values().collect();
    profiles.sort_by(|a, b| a.code.cmp(&b.code));
    let recognised = recognise(&input.head()?, &input.sniff, profiles.iter().copied());
    let mut choices = Vec::new();
    for kind in FileKind::ALL {
        for profile in profiles.iter().filter(|profile| profile.maps(kind)) {
            choices.push(ProfileChoice { kind, profile: profile.code.clone(), label: profile.label.clone() });
        }
    }
    Ok(Looked { recognised, choices })
}

/// Returns the first rows of a file as a profile reads them: no other column is shown.
///
/// # Errors
/// When the file or the base fails, or the profile does not map this kind of file.
pub async fn first_rows_of(
    store: &Store,
    input: &InputFile,
    kind: FileKind,
    profile: &str,
    number: usize,
) -> Result<FirstRows, AppError> {
    let in_force = law_in_force(&mut store.read().await?).await?;
    let profile = profile_of(&in_force, profile, kind)?;
    Ok(first_rows(&input.head()?, &input.sniff, profile, kind, number))
}
