//! What a filter offers: the codes that the base knows, with their labels.

use super::error::AppError;
use crate::statements::Named;
use crate::store::{Dictionary, Store};

/// The codes of a base, each list by code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The dispositifs.
    pub dispositifs: Vec<Named>,
    /// The funders.
    pub funders: Vec<Named>,
    /// The sites.
    pub sites: Vec<Named>,
}

/// Returns what a filter may ask for.
///
/// # Errors
/// When the base fails.
pub async fn choices(store: &Store) -> Result<Choices, AppError> {
    let mut tx = store.read().await?;
    Ok(Choices {
        dispositifs: named(&tx.dictionary("dispositif").await?)?,
        funders: named(&tx.dictionary("funder").await?)?,
        sites: named(&tx.dictionary("site").await?)?,
    })
}

fn named(dictionary: &Dictionary) -> Result<Vec<Named>, AppError> {
    let mut all = Vec::with_capacity(dictionary.keys.len());
    for (code, key) in dictionary.keys.iter().filter(|(code, _)| !code.is_empty()) {
        all.push(Named { code: code.clone(), label: dictionary.label(*key)?.to_string() });
    }
    all.sort();
    Ok(all)
}
