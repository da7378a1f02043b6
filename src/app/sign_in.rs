//! Signing in: a name and a password become a user; the first password of a base.

use super::clock::Clock;
use super::error::AppError;
use super::password::{fits, hash};
use super::rights::Role;
use super::strangers::Strangers;
use super::users::acceptable_name;
use crate::store::{Store, UserRow};
use tokio::sync::Semaphore;

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

/// Passwords are checked one after the other: each takes a processor.
static CHECKS: Semaphore = Semaphore::const_new(1);

/// Runs what keeps a processor busy for long beside the other requests, in its turn.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let failed = |error: &dyn std::fmt::Display| AppError::Machine(error.to_string());
    let turn = CHECKS.acquire().await.map_err(|error| failed(&error))?;
    let done = tokio::task::spawn_blocking(move || {
        // Kept until the work is over, even when nobody waits for it any more.
        let _turn = turn;
        work()
    });
    done.await.map_err(|error| failed(&error))
}

/// Signs a user in. Success and failure are in the audit log, by the name of a user; a name that is no
/// user's is not there, nor what is tried of such names beyond some an hour.
///
/// # Errors
/// [`AppError::WrongPassword`] when the name or the password is wrong, or the account is closed: the answer
/// does not say which, nor does the time that it takes.
pub async fn sign_in(
    store: &Store,
    strangers: &Strangers,
    clock: Clock,
    name: &str,
    password: &str,
) -> Result<SignedIn, AppError> {
    let start = clock.moment();
    let user = store.read().await?.user(name).await?.filter(|user| !user.closed);
    let known = user.is_some();
    let is_checked = known || strangers.is_checked(start);
    let noted = if known { Some("") } else { strangers.noted(start) };
    let digest = user.as_ref().and_then(|user| user.password.clone()).unwrap_or_else(|| NOBODY.to_string());
    let password = password.to_string();
    let proved = is_checked && aside(move || fits(&password, &digest)).await?;
    let said = user.as_ref().map_or_else(String::new, |user| user.name.clone());
    let who = user.filter(|_| proved).and_then(signed_in);
    if let Some(detail) = noted {
        let action = if who.is_some() { "connexion" } else { "connexion refusée" };
        let mut tx = store.write().await?;
        tx.log(&clock.now(), &said, false, action, detail).await?;
        tx.commit().await?;
    }
    if who.is_none() {
        match is_checked && noted.is_some() {
            true => strangers.took(clock.moment().saturating_duration_since(start)),
            false => tokio::time::sleep_until((start + strangers.usual()).into()).await,
        }
    }
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
    let name = acceptable_name(name)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn passwords_are_checked_one_after_the_other() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let check = || {
            MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            (0..1000).for_each(|_| std::thread::yield_now());
            NOW.fetch_sub(1, Ordering::SeqCst);
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        runtime.block_on(async {
            let many: Vec<_> = (0..40).map(|_| tokio::spawn(aside(check))).collect();
            for one in many {
                one.await.unwrap().unwrap();
            }
        });
        assert_eq!(MOST.load(Ordering::SeqCst), 1);
    }
}
