//! Users of the base, their roles and their passwords' digests.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::keys::KeyOf;

/// A user.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Name.
    pub name: String,
    /// `conseiller`, `lecture`, `controle`, `saisie`, `validation` or `direction`.
    pub role: String,
    /// Code of the site whose people a conseiller follows; else empty.
    pub site: String,
    /// The password's digest (argon2), if one was set.
    pub password: Option<String>,
    /// Whether the account is closed.
    pub closed: bool,
}

fn user(row: &Row) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        name: row.text(0)?,
        role: row.text(1)?,
        site: row.text(2)?,
        password: row.opt_text(3)?,
        closed: row.int(4)? != 0,
    })
}

impl Tx {
    /// Returns a user by name.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn user(&mut self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let sql = "select name, role, site, password, closed from app_user where name = $1";
        self.one(sql, &[name.into()]).await?.map(|row| user(&row)).transpose()
    }

    /// Returns all users.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn users(&mut self) -> Result<Vec<UserRow>, StoreError> {
        let rows =
            self.all("select name, role, site, password, closed from app_user order by id", &[]).await?;
        rows.iter().map(user).collect()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_user(&mut self, user: &UserRow, at: &str) -> Result<(), StoreError> {
        let id = self.next_key(KeyOf::User).await?;
        self.exec(
            "insert into app_user (id, name, role, site, password, closed, created_at) values ($1, $2, $3, $4, $5, 0, $6)",
            &[
                id.into(),
                (&user.name).into(),
                (&user.role).into(),
                (&user.site).into(),
                user.password.as_deref().into(),
                at.into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Changes a user, found by name.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn update_user(&mut self, user: &UserRow) -> Result<(), StoreError> {
        self.exec(
            "update app_user set role = $2, site = $3, password = $4, closed = $5 where name = $1",
            &[
                (&user.name).into(),
                (&user.role).into(),
                (&user.site).into(),
                user.password.as_deref().into(),
                i64::from(user.closed).into(),
            ],
        )
        .await?;
        Ok(())
    }
}
