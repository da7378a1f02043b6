//! Keys of idempotency (`--cle`): the same key and content is answered as before.

use super::error::AppError;
use crate::store::Tx;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// What was asked under a key.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The key.
    pub key: String,
    /// The digest of the command and its files.
    pub digest: Vec<u8>,
    /// It was sent by a form, whose key nobody chose or saw.
    by_form: bool,
}

impl Asked {
    /// Makes what was asked from the key and the parts of the command.
    pub fn new(key: &str, parts: &[&[u8]]) -> Asked {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Asked { key: key.to_string(), digest: hash.finalize().to_vec(), by_form: false }
    }

    /// Makes what a form asked, from its key and what it says.
    pub fn by_form(key: &str, parts: &[&[u8]]) -> Asked {
        Asked { by_form: true, ..Asked::new(&format!("web {key}"), parts) }
    }
}

/// Returns the answer already given, if this was asked before.
///
/// # Errors
/// When the key was used for something else.
pub async fn answered<T: DeserializeOwned>(
    tx: &mut Tx,
    asked: Option<&Asked>,
) -> Result<Option<T>, AppError> {
    let Some(asked) = asked else { return Ok(None) };
    let Some((digest, answer)) = tx.answer_to(&asked.key).await? else { return Ok(None) };
    if digest != asked.digest && asked.by_form {
        return Err(AppError::Refused(
            "Ce formulaire a déjà été envoyé avec un autre contenu\u{a0}: rien de plus n'est enregistré. Voyez ce qui a été fait ; si ceci est une autre demande, envoyez-la à nouveau.".into(),
        ));
    }
    if digest != asked.digest {
        return Err(AppError::Refused(format!(
            "la clé « {} » a déjà servi pour une autre demande (cle_autre_contenu)",
            asked.key
        )));
    }
    if answer.is_empty() {
        return Err(AppError::Refused(format!(
            "la clé « {} » a déjà servi ; sa réponse a été effacée avec l'identité d'une personne (cle_effacee)",
            asked.key
        )));
    }
    serde_json::from_str(&answer)
        .map(Some)
        .map_err(|error| AppError::Machine(format!("réponse gardée illisible : {error}")))
}

/// Keeps the answer, in the transaction that did the work.
///
/// # Errors
/// When the base refuses.
pub async fn keep<T: Serialize>(
    tx: &mut Tx,
    asked: Option<&Asked>,
    answer: &T,
    at: &str,
) -> Result<(), AppError> {
    let Some(asked) = asked else { return Ok(()) };
    let answer = serde_json::to_string(answer).map_err(|error| AppError::Machine(error.to_string()))?;
    Ok(tx.keep_answer(&asked.key, &asked.digest, &answer, at).await?)
}
