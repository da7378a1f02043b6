//! Passwords: how long they are, and the digest that is kept of them.

use super::error::AppError;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{
    CustomizedPasswordHasher, Error, PasswordHasher, PasswordVerifier as _, Result as Hashed, Version,
};
use argon2::{Algorithm, Argon2, Block, Params};
use std::sync::{Mutex, PoisonError};

/// The shortest password.
const MIN_PASSWORD: usize = 12;

/// The memory that a digest asks for: one at a time works in it, and it is never given back. A server
/// that took 19 MiB for each would keep many of them, one in each of its threads.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Checks that a password is long enough.
///
/// # Errors
/// When it is too short.
pub fn acceptable_password(password: &str) -> Result<(), AppError> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(AppError::Usage(format!("mot de passe trop court : {MIN_PASSWORD} caractères au moins")));
    }
    Ok(())
}

/// Returns the digest of a password (argon2id, as a PHC string).
///
/// # Errors
/// When it is too short, or the machine fails.
pub(super) fn hash(password: &str) -> Result<String, AppError> {
    acceptable_password(password)?;
    let hashed = InOnePlace.hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| AppError::Machine(format!("mot de passe : {error}")))
}

/// Tells whether a password is the one of a digest.
pub(super) fn fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| InOnePlace.verify_password(password.as_bytes(), &hash).is_ok())
}

/// Argon2, in the one memory of the process.
struct InOnePlace;

impl PasswordHasher<PasswordHash> for InOnePlace {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Hashed<PasswordHash> {
        self.hash_password_with_params(password, salt, Params::default())
    }
}

impl CustomizedPasswordHasher<PasswordHash> for InOnePlace {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<Version>,
        params: Params,
    ) -> Hashed<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(argon2::Version::try_from).transpose()?.unwrap_or_default();
        let argon = Argon2::new(algorithm, version, params.clone());
        let mut bytes = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let out = bytes.get_mut(..length).ok_or(Error::OutputSize)?;
        let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = params.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        argon.hash_password_into_with_memory(password, salt, out, &mut memory[..blocks])?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(out)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordVerifier;

    #[test]
    fn a_digest_is_the_one_of_the_library() {
        let digest = hash("une phrase assez longue").unwrap();
        assert!(fits("une phrase assez longue", &digest));
        assert!(!fits("une phrase assez courte", &digest));
        let theirs = PasswordHash::new(&digest).unwrap();
        assert!(Argon2::default().verify_password(b"une phrase assez longue", &theirs).is_ok());
        let of_theirs = Argon2::default().hash_password(b"une phrase assez longue").unwrap().to_string();
        assert!(fits("une phrase assez longue", &of_theirs));
        assert!(!fits("une phrase assez longue", "rien"));
    }
}
