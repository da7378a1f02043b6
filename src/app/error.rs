//! What can fail besides the user's data.

use crate::store::StoreError;

/// Why a use case gave no report.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// What was asked makes no sense: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// What was asked is refused by a rule of the base: exit code 1.
    #[error("{0}")]
    Refused(String),
    /// The password is not that of the name, or the name nobody's who may: exit code 1. It alone is a guess
    /// that fails.
    #[error("{0}")]
    WrongPassword(String),
    /// A file cannot be read: exit code 3.
    #[error("{path} : {reason}")]
    File {
        /// The file.
        path: String,
        /// Why, in French.
        reason: String,
        /// The system's own word.
        #[source]
        source: std::io::Error,
    },
    /// A rule file cannot be used: exit code 1.
    #[error(transparent)]
    Rules(#[from] crate::words::RuleFileError),
    /// A dispositif's file cannot be used: exit code 1.
    #[error(transparent)]
    Dispositif(#[from] crate::words::RuleFaults),
    /// A profile cannot be used: exit code 1.
    #[error(transparent)]
    Profile(#[from] crate::import::ProfileError),
    /// The base failed: exit code 3.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine failed: exit code 3.
    #[error("{0}")]
    Machine(String),
}

impl AppError {
    /// Returns the exit code of the command-line contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            AppError::Refused(_)
            | AppError::WrongPassword(_)
            | AppError::Rules(_)
            | AppError::Dispositif(_)
            | AppError::Profile(_) => 1,
            AppError::Usage(_) => 2,
            AppError::File { .. } | AppError::Store(_) | AppError::Machine(_) => 3,
        }
    }
}
