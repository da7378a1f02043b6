//! What is noted besides the books: who did what, who looked at whom.

use super::append::Rows;
use super::engine::Tx;
use super::error::StoreError;
use super::keys::KeyOf;
use super::value::Value;

/// Somebody looked at a person's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRow {
    /// The instant, in UTC.
    pub at: String,
    /// Who looked.
    pub user: String,
    /// The name is only claimed: no user of the base has it.
    pub claimed: bool,
    /// The person.
    pub beneficiary: i64,
    /// The word of what was shown.
    pub what: String,
}

/// A line of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// The instant, in UTC.
    pub at: String,
    /// Who did it.
    pub user: String,
    /// The name is only claimed.
    pub claimed: bool,
    /// What was done.
    pub action: String,
    /// To what.
    pub detail: String,
}

/// Which lines of the audit log; an empty text asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct AuditWanted {
    /// The user.
    pub user: String,
    /// The action, or its first words.
    pub action: String,
    /// From this instant on, in UTC.
    pub from: String,
    /// Before this instant.
    pub until: String,
}

impl Tx {
    /// Notes who looked at whose file.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_views(&mut self, views: &[ViewRow]) -> Result<(), StoreError> {
        let first = self.next_key(KeyOf::View).await?;
        let mut rows = Rows::views(self);
        for (id, view) in (first..).zip(views) {
            rows.push([
                id.into(),
                (&view.at).into(),
                (&view.user).into(),
                i64::from(view.claimed).into(),
                view.beneficiary.into(),
                (&view.what).into(),
            ]);
        }
        rows.append_to(self).await
    }

    /// Returns who looked at a person's file, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn views_of(&mut self, beneficiary: i64) -> Result<Vec<ViewRow>, StoreError> {
        let sql = "select at, user_name, claimed, beneficiary_id, what from view_log where beneficiary_id = $1 order by id";
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(ViewRow {
                    at: row.text(0)?,
                    user: row.text(1)?,
                    claimed: row.int(2)? == 1,
                    beneficiary: row.int(3)?,
                    what: row.text(4)?,
                })
            })
            .collect()
    }

    /// Returns lines of the audit log, newest first: those before a number, at most so many.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn audit_rows(
        &mut self,
        wanted: &AuditWanted,
        before: i64,
        at_most: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "select id, at, user_name, claimed, action, detail from audit_log
                   where id < $1 and ($2 = '' or user_name = $2)
                   and ($3 = '' or action = $3 or substr(action, 1, length($3) + 1) = $3 || ' ')
                   and ($4 = '' or at >= $4) and ($5 = '' or at < $5)
                   order by id desc limit $6";
        let values: [Value; 6] = [
            before.into(),
            (&wanted.user).into(),
            (&wanted.action).into(),
            (&wanted.from).into(),
            (&wanted.until).into(),
            at_most.into(),
        ];
        let rows = self.all(sql, &values).await?;
        rows.iter()
            .map(|row| {
                Ok(AuditRow {
                    id: row.int(0)?,
                    at: row.text(1)?,
                    user: row.text(2)?,
                    claimed: row.int(3)? == 1,
                    action: row.text(4)?,
                    detail: row.text(5)?,
                })
            })
            .collect()
    }
}
