//! The law in the base: texts by digest, publications, never an erasure.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::keys::KeyOf;

/// A rule file in force.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Its key.
    pub id: u32,
    /// Its path in the folder of rules, such as `dispositifs/cej.toml`.
    pub path: String,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// Its text.
    pub body: String,
}

/// Which text of a rule file is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInForce {
    /// The key of its publication.
    pub id: u32,
    /// Its path.
    pub path: String,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
}

/// A publication, without its text.
#[derive(Clone, Debug)]
pub struct PublicationRow {
    /// Its key.
    pub id: u32,
    /// Its path.
    pub path: String,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// The instant, in UTC.
    pub at: String,
    /// Who published it.
    pub user: String,
    /// The second person.
    pub approver: Option<String>,
}

fn publication_row(row: &Row) -> Result<PublicationRow, StoreError> {
    Ok(PublicationRow {
        id: row.small(0)?,
        path: row.text(1)?,
        digest: row.text(2)?,
        at: row.text(3)?,
        user: row.text(4)?,
        approver: row.opt_text(5)?,
    })
}

fn publication(row: &Row) -> Result<Publication, StoreError> {
    Ok(Publication { id: row.small(0)?, path: row.text(1)?, digest: row.text(2)?, body: row.text(3)? })
}

impl Tx {
    /// Returns every publication, the oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn publications(&mut self) -> Result<Vec<PublicationRow>, StoreError> {
        let sql = "select id, path, digest, at, user_name, approver from rule_publication order by id";
        let rows = self.all(sql, &[]).await?;
        rows.iter().map(publication_row).collect()
    }

    /// Returns the paths and texts of the versions whose digest begins so.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn rule_texts(&mut self, prefix: &str) -> Result<Vec<(String, String)>, StoreError> {
        // `g` comes after every hexadecimal digit.
        let sql = "select p.path, t.body from rule_publication p join rule_text t on t.digest = p.digest
                   where p.digest >= $1 and p.digest < $2 order by p.id";
        let rows = self.all(sql, &[prefix.into(), (&format!("{prefix}g")).into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// Returns how many aids each publication has judged, cancelled ones included.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_by_rules(&mut self) -> Result<rustc_hash::FxHashMap<u32, i64>, StoreError> {
        let sql =
            "select t.rules_id, count(*) from aid a join terms t on t.id = a.terms_id group by t.rules_id";
        let rows = self.all(sql, &[]).await?;
        rows.iter().map(|row| Ok((row.small(0)?, row.int(1)?))).collect()
    }

    /// Returns the rule files in force: for each path, the last one published.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn rules_in_force(&mut self) -> Result<Vec<Publication>, StoreError> {
        let rows = self
            .all(
                "select p.id, p.path, p.digest, t.body
                 from rule_publication p
                 join rule_text t on t.digest = p.digest
                 where p.id in (select max(id) from rule_publication group by path)
                 order by p.path",
                &[],
            )
            .await?;
        rows.iter().map(publication).collect()
    }

    /// Returns a publication with its text.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn publication_text(
        &mut self,
        id: u32,
    ) -> Result<Option<(PublicationRow, String)>, StoreError> {
        let sql = "select p.id, p.path, p.digest, p.at, p.user_name, p.approver, t.body
                   from rule_publication p join rule_text t on t.digest = p.digest where p.id = $1";
        let row = self.one(sql, &[id.into()]).await?;
        row.map(|row| Ok((publication_row(&row)?, row.text(6)?))).transpose()
    }

    /// Returns which text of each rule file is in force, by path.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn versions_in_force(&mut self) -> Result<Vec<VersionInForce>, StoreError> {
        let sql = "select id, path, digest from rule_publication
                   where id in (select max(id) from rule_publication group by path) order by path";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| Ok(VersionInForce { id: row.small(0)?, path: row.text(1)?, digest: row.text(2)? }))
            .collect()
    }

    /// Returns the digest of each publication, for ever.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn publication_digests(&mut self) -> Result<Vec<(u32, String, String)>, StoreError> {
        let rows = self
            .all("select p.id, p.digest, t.body from rule_publication p join rule_text t on t.digest = p.digest order by p.id", &[])
            .await?;
        rows.iter().map(|row| Ok((row.small(0)?, row.text(1)?, row.text(2)?))).collect()
    }

    /// Publishes a rule file.
    ///
    /// # Errors
    /// When the engine refuses; an approver who is the author is refused.
    pub async fn publish(
        &mut self,
        path: &str,
        digest: &str,
        body: &str,
        at: &str,
        user: &str,
        approver: Option<&str>,
    ) -> Result<(), StoreError> {
        self.exec(
            "insert into rule_text (digest, body) values ($1, $2) on conflict (digest) do nothing",
            &[digest.into(), body.into()],
        )
        .await?;
        let id = self.next_key(KeyOf::Publication).await?;
        self.exec(
            "insert into rule_publication (id, path, digest, at, user_name, approver) values ($1, $2, $3, $4, $5, $6)",
            &[id.into(), path.into(), digest.into(), at.into(), user.into(), approver.into()],
        )
        .await?;
        Ok(())
    }
}
