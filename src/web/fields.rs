//! What a form sent: read field by field, each fault said where it is, nothing that was typed lost.

use super::problem::Problem;
use super::visitor::Visitor;
use crate::app::Asked;
use crate::calendar::{Date, Month};
use crate::money::Amount;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

/// The field that proves that a form comes from a page of the session.
pub(super) const CSRF: &str = "jeton";

/// The field by which a form sent twice is done once.
pub(super) const KEY: &str = "cle";

/// The longest text that a field takes, in characters.
const LONGEST: usize = 2_000;

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub field: String,
    pub message: String,
}

/// The fields of a form, or of an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pairs: Vec<(String, String)>,
    /// What is wrong, in the order in which it was read.
    pub faults: Vec<Fault>,
}

impl Fields {
    /// Reads what a form or an address says.
    pub(super) fn parse(encoded: &[u8]) -> Fields {
        Fields { pairs: form_urlencoded::parse(encoded).into_owned().collect(), faults: Vec::new() }
    }

    /// Takes pairs already read, such as those of a form with a file.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Fields {
        Fields { pairs, faults: Vec::new() }
    }

    /// Returns these values with the faults of what was asked: what a page chose where nothing was.
    pub(super) fn showing(&self, values: &[(&str, &str)]) -> Fields {
        let pairs = values.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Fields { pairs, faults: self.faults.clone() }
    }

    /// Returns what was typed in a field, without the spaces around it; empty where it is absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// Returns a password, as typed.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Returns everything that was sent under a name: ticked boxes.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(Fault { field: name.to_string(), message: message.into() });
    }

    /// Returns what is wrong with a field.
    pub(super) fn fault_of(&self, name: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == name).map(|fault| fault.message.as_str())
    }

    /// Returns a text that must be there.
    pub(super) fn required(&mut self, name: &str, missing: &str) -> String {
        let text = self.text(name).to_string();
        if text.is_empty() {
            self.fault(name, missing);
        }
        if text.chars().count() > LONGEST {
            self.fault(name, format!("{LONGEST} caractères au plus"));
        }
        text
    }

    /// Returns a positive amount, if one was typed.
    pub(super) fn amount(&mut self, name: &str) -> Option<Amount> {
        let text = self.text(name).trim_end_matches('€').trim_end().to_string();
        if text.is_empty() {
            return None;
        }
        let read = Amount::parse(&text).ok().filter(|amount| amount.is_positive());
        if read.is_none() {
            self.fault(name, "Écrivez un montant positif, comme 1\u{202f}234,56");
        }
        read
    }

    /// Returns a day, if one was typed: `31/12/2024`, `311224`, `31/12`, `2024-12-31`.
    pub(super) fn day(&mut self, name: &str, today: Date) -> Option<Date> {
        let text = self.text(name).to_string();
        if text.is_empty() {
            return None;
        }
        let read = typed_day(&text, today);
        if read.is_none() {
            self.fault(name, "Écrivez un jour comme 31/12/2024");
        }
        read
    }

    /// Returns a month, if one was typed: `2024-03`, `03/2024`.
    pub(super) fn month(&mut self, name: &str) -> Option<Month> {
        let text = self.text(name).to_string();
        if text.is_empty() {
            return None;
        }
        let turned = text.split_once('/').map(|(month, year)| format!("{year}-{month:0>2}"));
        let read = Month::parse(turned.as_deref().unwrap_or(&text));
        if read.is_none() {
            self.fault(name, "Écrivez un mois comme 03/2024");
        }
        read
    }

    /// Returns what was asked, so that the same form sent twice is done once: its key, and the digest of
    /// who sent what to where.
    pub(super) fn asked(&self, visitor: &Visitor) -> Option<Asked> {
        let key = Some(self.text(KEY)).filter(|key| !key.is_empty())?;
        let mut parts: Vec<&[u8]> = vec![visitor.user.name.as_bytes(), visitor.path.as_bytes()];
        // The digest is kept: no password is in it.
        let said = |name: &str| name != CSRF && name != KEY && !name.starts_with("mot_de_passe");
        for (name, value) in self.pairs.iter().filter(|(name, _)| said(name)) {
            parts.push(name.as_bytes());
            parts.push(value.as_bytes());
        }
        Some(Asked::by_form(key, &parts))
    }
}

/// Reads a day as people type one: the year, and its century, may be left out.
fn typed_day(text: &str, today: Date) -> Option<Date> {
    if let Some(day) = Date::parse(text) {
        return Some(day);
    }
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let split = text.replace(['.', ' ', '-'], "/");
    let parts: Vec<&str> = match text.len() {
        6 | 8 if digits(text) => vec![&text[..2], &text[2..4], &text[4..]],
        _ => split.split('/').collect(),
    };
    match parts.as_slice() {
        [day, month] if digits(day) && digits(month) => {
            Date::new(today.year(), month.parse().ok()?, day.parse().ok()?)
        }
        [day, month, year] if year.len() == 2 && [day, month, year].iter().all(|part| digits(part)) => {
            Date::new(2000 + year.parse::<i16>().ok()?, month.parse().ok()?, day.parse().ok()?)
        }
        [day, month, year] if year.len() == 4 && [day, month, year].iter().all(|part| digits(part)) => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        }
        _ => None,
    }
}

/// A form sent from a page of the session: one that lacks the session's secret is refused.
pub(super) struct Posted(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Posted, Problem> {
        let secret = request.extensions().get::<Visitor>().map(|visitor| visitor.csrf.clone());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::unreadable("Ce formulaire est trop long, ou a été coupé en route."))?;
        let fields = Fields::parse(&bytes);
        match secret {
            Some(secret) if fields.secret(CSRF) != secret => Err(Problem::forged()),
            _ => Ok(Posted(fields)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_type_them() {
        let today = Date::new(2026, 11, 22).unwrap();
        for (typed, read) in [
            ("31/12/2024", "2024-12-31"),
            ("2024-12-31", "2024-12-31"),
            ("311224", "2024-12-31"),
            ("31122024", "2024-12-31"),
            ("31/12/24", "2024-12-31"),
            ("31.12.2024", "2024-12-31"),
            ("31 12 2024", "2024-12-31"),
            ("3/1", "2026-01-03"),
            ("29/02/2024", "2024-02-29"),
        ] {
            assert_eq!(typed_day(typed, today).map(|day| day.to_string()).as_deref(), Some(read), "{typed}");
        }
        for typed in ["31/02/2024", "32/1", "hier", "12", "1/2/3/4", "31/12/024", "é1/12/24", "２４/12/24"]
        {
            assert_eq!(typed_day(typed, today), None, "{typed}");
        }
    }

    #[test]
    fn a_fault_keeps_what_was_typed() {
        let mut fields = Fields::parse("montant=12,345&mois=03%2F2024&le=&motif=+".as_bytes());
        assert_eq!(fields.amount("montant"), None);
        assert_eq!(fields.month("mois"), Month::parse("2024-03"));
        assert_eq!(fields.day("le", Date::new(2024, 1, 1).unwrap()), None);
        fields.required("motif", "Dites pourquoi");
        assert_eq!(fields.text("montant"), "12,345");
        let faults: Vec<&str> = fields.faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(faults, ["montant", "motif"]);
    }
}
