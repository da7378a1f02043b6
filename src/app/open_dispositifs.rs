//! The dispositifs in which an aid can be decided on a day: what a form offers.

use super::context::FactKeys;
use super::error::AppError;
use super::law::law_in_force;
use super::person_file::{funded_dispositifs, is_here, is_open};
use super::rights::Right;
use super::users::Actor;
use crate::calendar::Date;
use crate::store::Store;

/// A dispositif to choose.
#[derive(Clone, Debug)]
pub struct OpenDispositif {
    /// Its code.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// The natures that it lists; empty where they are free.
    pub natures: Vec<String>,
    /// The structure has an envelope for it, or it needs none.
    pub here: bool,
    /// The codes and labels of its rules: what a derogation may lift.
    pub rules: Vec<(String, String)>,
}

/// Returns the dispositifs open on a day: first those for which the structure has money.
///
/// # Errors
/// When the actor may see nobody, or the base fails.
pub async fn open_dispositifs(
    store: &Store,
    actor: &Actor,
    day: Date,
) -> Result<Vec<OpenDispositif>, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::See).await?;
    let in_force = law_in_force(&mut tx).await?;
    let law = &in_force.law;
    let keys = FactKeys::load_trial(&mut tx, law).await?;
    let funded = funded_dispositifs(&mut tx).await?;
    let open = law.dispositifs.iter().enumerate().filter(|(_, dispositif)| is_open(dispositif, day));
    let mut all: Vec<OpenDispositif> = open
        .map(|(rank, dispositif)| OpenDispositif {
            code: dispositif.code.clone(),
            label: dispositif.label.clone(),
            natures: dispositif
                .nature_types
                .iter()
                .flat_map(|(_, natures)| natures)
                .map(|nature| nature.text.clone())
                .collect(),
            here: is_here(dispositif, keys.dispositif_keys[rank], &funded),
            rules: dispositif.rules.iter().map(|rule| (rule.code.clone(), rule.label.clone())).collect(),
        })
        .collect();
    all.sort_by_key(|one| !one.here);
    Ok(all)
}
