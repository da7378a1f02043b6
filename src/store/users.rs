//! Users of the base, their roles and their passwords' digests.

use super::engine::Tx;
use super::error::StoreError;

/// A user.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Name.
    pub name: String,
    /// `lecture`, `saisie`, `validation` or `direction`.
    pub role: String,
    /// The password's digest (argon2), if one was set.
    pub password: Option<String>,
}

impl Tx {
    /// Returns a user by name.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn user(&mut self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let row =
            self.one("select name, role, password from app_user where name = $1", &[name.into()]).await?;
        row.map(|row| Ok(UserRow { name: row.text(0)?, role: row.text(1)?, password: row.opt_text(2)? }))
            .transpose()
    }

    /// Returns all users.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn users(&mut self) -> Result<Vec<UserRow>, StoreError> {
        let rows = self.all("select name, role, password from app_user order by id", &[]).await?;
        rows.iter()
            .map(|row| Ok(UserRow { name: row.text(0)?, role: row.text(1)?, password: row.opt_text(2)? }))
            .collect()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_user(
        &mut self,
        name: &str,
        role: &str,
        password: Option<&str>,
        at: &str,
    ) -> Result<(), StoreError> {
        let id = self.next_id("select max(id) from app_user").await?;
        self.exec(
            "insert into app_user (id, name, role, password, created_at) values ($1, $2, $3, $4, $5)",
            &[id.into(), name.into(), role.into(), password.into(), at.into()],
        )
        .await?;
        Ok(())
    }

    /// Changes a user's role, and password where one is given.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn update_user(
        &mut self,
        name: &str,
        role: &str,
        password: Option<&str>,
    ) -> Result<(), StoreError> {
        self.exec(
            "update app_user set role = $2, password = coalesce($3, password) where name = $1",
            &[name.into(), role.into(), password.into()],
        )
        .await?;
        Ok(())
    }
}
