//! Signing in: a name and a password become a user; the first password of a base.

use super::clock::Clock;
use super::error::AppError;
use super::password::{fits, hash};
use super::rights::Role;
use crate::store::{Store, UserRow};

/// A user who proved who they are.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Code of the one site whose people they may see; `None` is all of them.
    pub site: Option<String>,
}

/// A digest that no password has: it is checked when the name is unknown, so that an answer takes as
/// long whether the name exists or not.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$Zm9yIG5vYm9keSwgdGhlIGRpZ2VzdCBvZiBub3RoaW4";

/// Runs what keeps a processor busy for long beside the other requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Machine(error.to_string()))
}

/// Signs a user in. Success and failure are in the audit log; a name that is no user's is not.
///
/// # Errors
/// [`AppError::WrongPassword`] when the name or the password is wrong, or the account is closed: the answer
/// does not say which.
pub async fn sign_in(store: &Store, clock: Clock, name: &str, password: &str) -> Result<SignedIn, AppError> {
    let user = store.read().await?.user(name).await?.filter(|user| !user.closed);
    let digest = user.as_ref().and_then(|user| user.password.clone()).unwrap_or_else(|| NOBODY.to_string());
    let password = password.to_string();
    let proved = aside(move || fits(&password, &digest)).await?;
    let who = match user {
        Some(user) if proved => signed_in(user),
        _ => None,
    };
    let (said, action) = match &who {
        Some(who) => (who.name.as_str(), "connexion"),
        None => ("", "connexion refusée"),
    };
    let mut tx = store.write().await?;
    tx.log(&clock.now(), said, false, action, "").await?;
    tx.commit().await?;
    who.ok_or_else(|| AppError::WrongPassword("nom ou mot de passe refusé".into()))
}

/// Returns who a name is now: their role may have changed, their account been closed since they signed in.
///
/// # Errors
/// When the base fails.
pub async fn still_signed_in(store: &Store, name: &str) -> Result<Option<SignedIn>, AppError> {
    Ok(store.read().await?.user(name).await?.filter(|user| !user.closed).and_then(signed_in))
}

fn signed_in(user: UserRow) -> Option<SignedIn> {
    let role = Role::parse(&user.role)?;
    let site = (role == Role::Adviser).then_some(user.site);
    Some(SignedIn { name: user.name, role, site })
}

/// Tells whether nobody can sign in yet.
///
/// # Errors
/// When the base fails.
pub async fn awaits_first_password(store: &Store) -> Result<bool, AppError> {
    Ok(store.read().await?.users().await?.iter().all(|user| user.password.is_none()))
}

/// Gives a base its first password: that of a person of the direction, created if need be.
///
/// # Errors
/// When somebody can sign in already, or the name or the password will not do.
pub async fn set_first_password(
    store: &Store,
    clock: Clock,
    name: &str,
    password: &str,
) -> Result<(), AppError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(AppError::Usage("le nom est vide".into()));
    }
    let password = password.to_string();
    let hash = aside(move || hash(&password)).await??;
    let mut tx = store.write().await?;
    if tx.users().await?.iter().any(|user| user.password.is_some()) {
        return Err(AppError::Refused("l'installation est déjà faite : connectez-vous".into()));
    }
    let director = UserRow {
        name: name.to_string(),
        role: Role::Director.code().to_string(),
        site: String::new(),
        password: Some(hash),
        closed: false,
    };
    match tx.user(name).await? {
        Some(_) => tx.update_user(&director).await?,
        None => tx.insert_user(&director, &clock.now()).await?,
    }
    tx.log(&clock.now(), name, false, "installation", "premier mot de passe").await?;
    Ok(tx.commit().await?)
}
