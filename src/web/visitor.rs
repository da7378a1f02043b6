//! Who asks for a page, and in which year they look.

use super::address::address;
use super::fields::{Fields, KEY};
use super::problem::Problem;
use crate::app::{Actor, Frame, Right, SignedIn, random_bytes};
use crate::calendar::FiscalYear;
use crate::ledger::seal::hex;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;

/// A signed-in visitor, put in the request by the guard of its route.
#[derive(Clone)]
pub(super) struct Visitor {
    pub user: SignedIn,
    /// The secret that this session's forms carry.
    pub csrf: String,
    /// The session.
    pub token: String,
    /// What each page says of the base.
    pub frame: Arc<Frame>,
    /// The fiscal year of the page: the address names it, else it is today's, else the last one.
    pub year: FiscalYear,
    /// Path of the page.
    pub path: String,
    query: Vec<(String, String)>,
    /// The key of the forms that this page leads to.
    fresh: String,
    /// What the last action did, to be said once.
    pub said: Option<String>,
}

impl Visitor {
    /// Makes the visitor of a request.
    pub(super) fn new(
        user: SignedIn,
        (token, csrf): (String, String),
        frame: Frame,
        uri: &axum::http::Uri,
    ) -> Result<Visitor, Problem> {
        let query: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let asked = query.iter().find(|(key, _)| key == "exercice").map(|(_, value)| value.as_str());
        let year = match asked {
            None | Some("") => frame.years.named(frame.years.code_of(frame.today.month())),
            Some(code) => {
                Some(code.parse().ok().and_then(|code| frame.years.get(code)).ok_or_else(|| {
                    Problem::unreadable(format!("L'exercice « {code} » n'est pas ouvert dans cette base."))
                })?)
            }
        };
        let year = year.filter(|year| frame.years.get(year.code).is_some()).unwrap_or(frame.years.last());
        let path = uri.path().to_string();
        let fresh = hex(&random_bytes::<16>()?);
        Ok(Visitor { user, csrf, token, frame: Arc::new(frame), year, path, query, fresh, said: None })
    }

    /// Returns who acts, for the use cases.
    pub(super) fn actor(&self) -> Actor {
        Actor { name: self.user.name.clone() }
    }

    /// Tells whether they may.
    pub(super) fn may(&self, right: Right) -> bool {
        self.user.role.may(right)
    }

    /// Returns one value of the address; empty where it is absent.
    pub(super) fn asked(&self, key: &str) -> &str {
        self.query.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.trim())
    }

    /// Returns what the address says, to be read as a form is.
    pub(super) fn fields(&self) -> Fields {
        Fields::of(self.query.clone())
    }

    /// Returns the query without some keys.
    pub(super) fn query_without<'a>(&'a self, keys: &[&str]) -> Vec<(&'a str, &'a str)> {
        let kept = self.query.iter().filter(|(key, _)| !keys.contains(&key.as_str()));
        kept.map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// Returns this page's address with one value changed; the place in a list starts again.
    pub(super) fn here_with(&self, key: &str, value: &str) -> String {
        let mut query = self.query_without(&[key, "apres", "format", "fragment"]);
        query.push((key, value));
        address(&self.path, &query)
    }

    /// Returns the address of another page, looked at in the same year.
    pub(super) fn link(&self, path: &str, query: &[(&str, &str)]) -> String {
        let code = self.year.code.to_string();
        let mut all = vec![("exercice", code.as_str())];
        all.extend(query);
        address(path, &all)
    }

    /// Returns the address of a form. It names the form's key: who goes back to it after it was sent finds
    /// the one that was sent, and sends nothing twice.
    pub(super) fn form_link(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut all = query.to_vec();
        all.push((KEY, &self.fresh));
        self.link(path, &all)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Problem> {
        parts
            .extensions
            .get::<Visitor>()
            .cloned()
            .ok_or_else(|| Problem::forbidden("d'un utilisateur connecté"))
    }
}
