//! People found by number or name, among those that one may see.

use super::error::AppError;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::Date;
use crate::store::{Store, StoredIdentity, Tx};

/// Somebody that a search found.
#[derive(Clone, Debug)]
pub struct FoundPerson {
    /// Number of the file.
    pub number: String,
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Day of birth, if known.
    pub born_on: Option<Date>,
}

impl FoundPerson {
    fn from_stored(stored: StoredIdentity) -> FoundPerson {
        FoundPerson {
            number: stored.identity.number,
            last_name: stored.identity.last_name,
            first_name: stored.identity.first_name,
            born_on: stored.identity.born_on,
        }
    }
}

/// The most people that a search finds.
pub const MOST_FOUND: usize = 20;

/// Returns the people that answer to a number, or to the beginning of a name: at most [`MOST_FOUND`], among
/// those that the actor may see.
///
/// # Errors
/// When the actor may see nobody, or the base fails.
pub async fn search_people(store: &Store, actor: &Actor, wanted: &str) -> Result<Vec<FoundPerson>, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::See).await?;
    let site = actor.site(&mut tx).await?;
    let found = tx.search_people(wanted, site.as_deref()).await?;
    Ok(found.into_iter().map(FoundPerson::from_stored).collect())
}

/// Returns the person of this very number, if the actor may see them: never by a name.
///
/// # Errors
/// When nobody has it, or the base fails.
pub async fn person_numbered(store: &Store, actor: &Actor, number: &str) -> Result<FoundPerson, AppError> {
    Ok(FoundPerson::from_stored(find_numbered(&mut store.read().await?, actor, number).await?))
}

/// Returns the person of this very number, among those that the actor may see.
///
/// # Errors
/// When nobody has it.
pub(super) async fn find_numbered(
    tx: &mut Tx,
    actor: &Actor,
    number: &str,
) -> Result<StoredIdentity, AppError> {
    actor.may(tx, Right::See).await?;
    let site = actor.site(tx).await?;
    let found = tx.identities(&[number.into()]).await?.pop();
    found
        .filter(|stored| site.is_none_or(|site| stored.identity.site == site))
        .ok_or_else(|| AppError::Refused(format!("aucun bénéficiaire n'a le numéro « {number} »")))
}

/// Returns the one person that answers to a number, or to the beginning of a name, among those that the
/// actor may see.
///
/// # Errors
/// When nobody, or several people, do.
pub(super) async fn find_person(
    tx: &mut Tx,
    actor: &Actor,
    wanted: &str,
) -> Result<StoredIdentity, AppError> {
    actor.may(tx, Right::See).await?;
    let site = actor.site(tx).await?;
    let mut found = tx.search_people(wanted, site.as_deref()).await?;
    if let Some(at) = found.iter().position(|stored| stored.identity.number == wanted) {
        return Ok(found.swap_remove(at));
    }
    match found.as_slice() {
        [] => Err(AppError::Refused(format!("aucun bénéficiaire « {wanted} »"))),
        [_] => Ok(found.swap_remove(0)),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|s| format!("{} {} {}", s.identity.number, s.identity.last_name, s.identity.first_name))
                .collect();
            Err(AppError::Refused(format!(
                "plusieurs personnes répondent à « {wanted} » :\n  {}",
                list.join("\n  ")
            )))
        }
    }
}
