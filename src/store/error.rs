//! What a base can answer besides its data.

/// What a base can answer besides its data.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No base there.
    #[error("aucune base à cet endroit : {0} (créez-la par « denier init »)")]
    NoBase(String),
    /// A base already stands there.
    #[error("une base existe déjà à cet endroit : {0} ; rien n'a été touché")]
    AlreadyABase(String),
    /// Not a base of this program.
    #[error("ce n'est pas une base Denier : {0}")]
    NotABase(String),
    /// Written by a newer program.
    #[error(
        "cette base (schéma {found}) a été écrite par une version plus récente de denier (ce programme connaît le schéma {known})"
    )]
    Newer {
        /// Found.
        found: i64,
        /// Known.
        known: i64,
    },
    /// Another writer holds the base.
    #[error("un import ou une autre écriture est en cours sur cette base : réessayez dans un instant")]
    Busy,
    /// A stored value is not what the schema promises.
    #[error("base incohérente : {0}")]
    Inconsistent(String),
    /// A stored value of an entry is not what the schema promises.
    #[error("base incohérente, écriture n° {entry} de la chaîne : {what}")]
    Unreadable {
        /// The sequence of the entry.
        entry: i64,
        /// What.
        what: String,
    },
    /// The engine failed.
    #[error("la base de données a échoué")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Another writer of this very program.
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return StoreError::Busy;
        }
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.to_string());
        match code.as_deref() {
            Some("5" | "261" | "517" | "6" | "55P03") => StoreError::Busy,
            _ => StoreError::Database(error),
        }
    }
}
