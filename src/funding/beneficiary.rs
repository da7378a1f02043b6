//! People: the few facts that rules need, and the identity kept apart from the ledger.

use crate::calendar::Date;

/// What the rules know of a person. No name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The base's key.
    pub id: i64,
    /// Day of birth, unless unknown or erased.
    pub born_on: Option<Date>,
    /// Recognised as a disabled worker (RQTH).
    pub rqth: bool,
    /// Situation as the structure writes it (NEET…), folded.
    pub situation: String,
    /// INSEE code of the commune, or empty.
    pub insee: String,
    /// The site that follows the person, as the base's key, or 0.
    pub site: u32,
}

/// Who a person is: kept in one erasable row, never in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The structure's own number, the key of files.
    pub number: String,
    /// Family name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Day of birth.
    pub born_on: Option<Date>,
    /// `F`, `M` or empty.
    pub sex: String,
    /// Commune of residence.
    pub commune: String,
    /// Its INSEE code.
    pub insee: String,
    /// Lives in a priority district (QPV), unless unknown.
    pub qpv: Option<bool>,
    /// Recognised as a disabled worker (RQTH), unless unknown.
    pub rqth: Option<bool>,
    /// Situation.
    pub situation: String,
    /// Bank account.
    pub iban: String,
    /// Site, or empty.
    pub site: String,
}

impl Identity {
    /// Returns the key under which people are sorted and searched: no case, no accents.
    pub fn sort_key(&self) -> String {
        crate::words::fold(&format!("{} {}", self.last_name, self.first_name))
    }
}
