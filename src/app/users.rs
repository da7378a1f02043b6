//! Users: who acts, with which role, proved by which password.

use super::clock::Clock;
use super::error::AppError;
use crate::store::{Store, Tx, UserRow};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

/// What a user may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Reader,
    /// Imports and records.
    Clerk,
    /// Approves, cancels, publishes rules.
    Approver,
    /// Manages users and years.
    Director,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Role; 4] = [Role::Reader, Role::Clerk, Role::Approver, Role::Director];

    /// Returns the French word.
    pub fn code(self) -> &'static str {
        match self {
            Role::Reader => "lecture",
            Role::Clerk => "saisie",
            Role::Approver => "validation",
            Role::Director => "direction",
        }
    }

    /// Reads the French word.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == text)
    }
}

/// Who does it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Name, for the audit log.
    pub name: String,
}

/// The shortest password.
const MIN_PASSWORD: usize = 8;

impl Actor {
    /// Checks that this actor may do what needs `needed`; returns whether the name is only claimed.
    ///
    /// A name that is no user of the base may import and record, no more: it is noted as claimed.
    pub(super) async fn may(&self, tx: &mut Tx, needed: Role) -> Result<bool, AppError> {
        let user = tx.user(&self.name).await?;
        let role = user.as_ref().map_or(Some(Role::Clerk), |user| Role::parse(&user.role));
        if role.is_some_and(|role| role >= needed) {
            return Ok(user.is_none());
        }
        Err(AppError::Refused(format!(
            "« {} » n'a pas le droit de faire cela : il faut le rôle {} (denier utilisateur role)",
            self.name,
            needed.code()
        )))
    }
}

fn hash(password: &str) -> Result<String, AppError> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(AppError::Usage(format!("mot de passe trop court : {MIN_PASSWORD} caractères au moins")));
    }
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| AppError::Machine(format!("mot de passe : {error}")))
}

/// Checks that a second person is who they say, by their own password, may approve, and is not the one
/// who asked.
///
/// # Errors
/// When they are the same person, unknown, without the role, or the password is wrong.
pub async fn prove(tx: &mut Tx, first: &str, second: &str, password: &str) -> Result<(), AppError> {
    if second == first {
        return Err(AppError::Refused(
            "la deuxième personne doit être une autre que celle qui demande".into(),
        ));
    }
    let refused = || AppError::Refused(format!("« {second} » : utilisateur, rôle ou mot de passe refusé"));
    let user: UserRow = tx.user(second).await?.ok_or_else(refused)?;
    let hash = user.password.as_deref().ok_or_else(refused)?;
    let role = Role::parse(&user.role).filter(|role| *role >= Role::Approver);
    let hash = argon2::password_hash::phc::PasswordHash::new(hash).map_err(|_| refused())?;
    let proved = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    if proved && role.is_some() { Ok(()) } else { Err(refused()) }
}

/// Creates a user.
///
/// # Errors
/// When the name is taken, the password too short, or the actor may not.
pub async fn create_user(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    name: &str,
    role: Role,
    password: &str,
) -> Result<(), AppError> {
    let hash = hash(password)?;
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Role::Director).await?;
    if tx.user(name).await?.is_some() {
        return Err(AppError::Refused(format!("l'utilisateur « {name} » existe déjà")));
    }
    tx.insert_user(name, role.code(), Some(&hash), &clock.now()).await?;
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur creer", &format!("{name}, {}", role.code()))
        .await?;
    Ok(tx.commit().await?)
}

/// Changes a user's role.
///
/// # Errors
/// When there is no such user, the last director would go, or the actor may not.
pub async fn set_role(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    name: &str,
    role: Role,
) -> Result<(), AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Role::Director).await?;
    let users = tx.users().await?;
    if !users.iter().any(|user| user.name == name) {
        return Err(AppError::Refused(format!("utilisateur inconnu : « {name} »")));
    }
    let other_director = users.iter().any(|user| user.name != name && user.role == Role::Director.code());
    if role != Role::Director && !other_director {
        return Err(AppError::Refused("la base garde toujours une personne à la direction".into()));
    }
    tx.update_user(name, role.code(), None).await?;
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur role", &format!("{name}, {}", role.code()))
        .await?;
    Ok(tx.commit().await?)
}

/// Changes a password: one's own, or another's for the direction.
///
/// # Errors
/// When there is no such user, the password is too short, or the actor may not.
pub async fn set_password(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    name: &str,
    password: &str,
) -> Result<(), AppError> {
    let hash = hash(password)?;
    let mut tx = store.write().await?;
    let needed = if actor.name == name { Role::Reader } else { Role::Director };
    let claimed = actor.may(&mut tx, needed).await?;
    let user =
        tx.user(name).await?.ok_or_else(|| AppError::Refused(format!("utilisateur inconnu : « {name} »")))?;
    tx.update_user(name, &user.role, Some(&hash)).await?;
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur mot-de-passe", name).await?;
    Ok(tx.commit().await?)
}

/// Returns the users: name, role, whether a password is set.
///
/// # Errors
/// When the base fails.
pub async fn list_users(store: &Store) -> Result<Vec<(String, String, bool)>, AppError> {
    let users = store.read().await?.users().await?;
    Ok(users.into_iter().map(|user| (user.name, user.role, user.password.is_some())).collect())
}
