//! Users: who acts, with which role, proved by which password.

use super::clock::Clock;
use super::error::AppError;
use super::password::{fits, hash};
use super::rights::{Right, Role};
use crate::store::{Store, Tx, UserRow};

/// Who does it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Name, for the audit log.
    pub name: String,
}

/// The longest name of a user, in characters.
pub const LONGEST_NAME: usize = 100;

impl Actor {
    /// Checks that this actor has a right; returns whether the name is only claimed.
    ///
    /// A name that is no user of the base has the rights of *saisie*, no more: it is noted as claimed.
    pub(super) async fn may(&self, tx: &mut Tx, right: Right) -> Result<bool, AppError> {
        let user = tx.user(&self.name).await?;
        if user.as_ref().is_some_and(|user| user.closed) {
            return Err(AppError::Refused(format!("le compte « {} » est fermé", self.name)));
        }
        let role = user.as_ref().map_or(Some(Role::Clerk), |user| Role::parse(&user.role));
        if role.is_some_and(|role| role.may(right)) {
            return Ok(user.is_none());
        }
        Err(AppError::Refused(format!(
            "« {} » n'a pas le droit de faire cela : il faut le rôle {}",
            self.name,
            right.asks_for().code()
        )))
    }

    /// Returns the one site whose people this actor may see: `None` is all of them.
    pub(super) async fn site(&self, tx: &mut Tx) -> Result<Option<String>, AppError> {
        let user = tx.user(&self.name).await?;
        Ok(user.filter(|user| Role::parse(&user.role) == Some(Role::Adviser)).map(|user| user.site))
    }
}

/// Returns the name that a user may have.
///
/// # Errors
/// When it is empty or too long.
pub(super) fn acceptable_name(name: &str) -> Result<&str, AppError> {
    match name.trim() {
        "" => Err(AppError::Usage("le nom est vide".into())),
        long if long.chars().count() > LONGEST_NAME => {
            Err(AppError::Usage(format!("nom trop long : {LONGEST_NAME} caractères au plus")))
        }
        name => Ok(name),
    }
}

/// Checks that a second person is who they say, by their own password, may approve, and is not the one
/// who asked.
///
/// # Errors
/// When they are the same person; [`AppError::WrongPassword`] when they are unknown or without the role, or
/// the password is wrong.
pub async fn prove(tx: &mut Tx, first: &str, second: &str, password: &str) -> Result<(), AppError> {
    if second == first {
        return Err(AppError::Refused(
            "la deuxième personne doit être une autre que celle qui demande".into(),
        ));
    }
    let refused =
        || AppError::WrongPassword(format!("« {second} » : utilisateur, rôle ou mot de passe refusé"));
    let user: UserRow = tx.user(second).await?.ok_or_else(refused)?;
    let hash = user.password.as_deref().filter(|_| !user.closed).ok_or_else(refused)?;
    let may = Role::parse(&user.role).is_some_and(|role| role.may(Right::Approve));
    if fits(password, hash) && may { Ok(()) } else { Err(refused()) }
}

/// A user to create, or what one becomes.
#[derive(Clone, Debug)]
pub struct UserRequest {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Code of the site whose people a conseiller follows; empty for the other roles.
    pub site: String,
}

impl UserRequest {
    /// Checks that a conseiller has a site of the base, and the others none.
    async fn check(&self, tx: &mut Tx) -> Result<(), AppError> {
        let adviser = self.role == Role::Adviser;
        if adviser == self.site.is_empty() {
            return Err(AppError::Usage(
                "un conseiller suit les personnes d'un site : donnez son site, et à lui seul".into(),
            ));
        }
        if adviser && !tx.dictionary("site").await?.keys.contains_key(&self.site) {
            return Err(AppError::Refused(format!("site inconnu : « {} »", self.site)));
        }
        Ok(())
    }
}

/// Creates a user.
///
/// # Errors
/// When the name is taken or empty, the password too short, the site unknown, or the actor may not.
pub async fn create_user(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &UserRequest,
    password: &str,
) -> Result<(), AppError> {
    let name = acceptable_name(&request.name)?;
    let hash = hash(password)?;
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Direct).await?;
    request.check(&mut tx).await?;
    if tx.user(name).await?.is_some() {
        return Err(AppError::Refused(format!("l'utilisateur « {name} » existe déjà")));
    }
    let row = UserRow {
        name: name.to_string(),
        role: request.role.code().to_string(),
        site: request.site.clone(),
        password: Some(hash),
        closed: false,
    };
    tx.insert_user(&row, &clock.now()).await?;
    let detail = format!("{name}, {}", request.role.code());
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur creer", &detail).await?;
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
    request: &UserRequest,
) -> Result<(), AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Direct).await?;
    request.check(&mut tx).await?;
    let user = known(&mut tx, &request.name).await?;
    if request.role != Role::Director {
        keeps_a_director(&mut tx, &request.name).await?;
    }
    let role = request.role.code();
    tx.update_user(&UserRow { role: role.to_string(), site: request.site.clone(), ..user }).await?;
    let detail = format!("{}, {role}", request.name);
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur role", &detail).await?;
    Ok(tx.commit().await?)
}

/// Closes a user's account: they can do nothing more; what they did keeps their name.
///
/// # Errors
/// When there is no such user, the last director would go, or the actor may not.
pub async fn close_user(store: &Store, clock: Clock, actor: &Actor, name: &str) -> Result<(), AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Direct).await?;
    let user = known(&mut tx, name).await?;
    keeps_a_director(&mut tx, name).await?;
    tx.update_user(&UserRow { closed: true, ..user }).await?;
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur fermer", name).await?;
    Ok(tx.commit().await?)
}

async fn known(tx: &mut Tx, name: &str) -> Result<UserRow, AppError> {
    tx.user(name).await?.ok_or_else(|| AppError::Refused(format!("utilisateur inconnu : « {name} »")))
}

/// Refuses that the last director goes.
async fn keeps_a_director(tx: &mut Tx, leaving: &str) -> Result<(), AppError> {
    let director = |user: &UserRow| user.role == Role::Director.code() && !user.closed;
    match tx.users().await?.iter().any(|user| user.name != leaving && director(user)) {
        true => Ok(()),
        false => Err(AppError::Refused("la base garde toujours une personne à la direction".into())),
    }
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
    let needed = if actor.name == name { Right::See } else { Right::Direct };
    let claimed = actor.may(&mut tx, needed).await?;
    let user = known(&mut tx, name).await?;
    tx.update_user(&UserRow { password: Some(hash), ..user }).await?;
    tx.log(&clock.now(), &actor.name, claimed, "utilisateur mot-de-passe", name).await?;
    Ok(tx.commit().await?)
}

/// A user as listed.
#[derive(Clone, Debug)]
pub struct UserLine {
    /// Name.
    pub name: String,
    /// Role.
    pub role: String,
    /// Code of the site of a conseiller.
    pub site: String,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether the account is closed.
    pub closed: bool,
}

/// Returns the users, oldest first.
///
/// # Errors
/// When the base fails.
pub async fn list_users(store: &Store) -> Result<Vec<UserLine>, AppError> {
    let users = store.read().await?.users().await?;
    let line = |user: UserRow| UserLine {
        has_password: user.password.is_some(),
        name: user.name,
        role: user.role,
        site: user.site,
        closed: user.closed,
    };
    Ok(users.into_iter().map(line).collect())
}

/// Returns the codes of the sites of the base, sorted.
///
/// # Errors
/// When the base fails.
pub async fn list_sites(store: &Store) -> Result<Vec<String>, AppError> {
    let sites = store.read().await?.dictionary("site").await?.keys;
    let mut codes: Vec<String> = sites.into_keys().filter(|code| !code.is_empty()).collect();
    codes.sort();
    Ok(codes)
}
