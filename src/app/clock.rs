//! The only "now" and the only chance: instants, today, random bytes.

use super::error::AppError;
use crate::calendar::Date;
use jiff::tz::TimeZone;

/// The time of a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Today as told by `--date`, for tests and late work.
    pub told: Option<Date>,
}

impl Clock {
    /// Returns the instant in UTC, to the second: `2024-12-31T10:00:00Z`.
    pub fn now(self) -> String {
        match self.told {
            Some(day) => format!("{day}T12:00:00Z"),
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            None => jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    /// Returns a moment to measure delays from: sessions, waits. It is never told.
    pub fn moment(self) -> std::time::Instant {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        std::time::Instant::now()
    }

    /// Returns the instant in UTC at which a day begins in a zone.
    ///
    /// # Errors
    /// When the zone is not known.
    pub(super) fn start_of(day: Date, zone: &str) -> Result<String, AppError> {
        let unknown = || AppError::Usage(format!("fuseau horaire inconnu : {zone}"));
        let zone = time_zone(zone).ok_or_else(unknown)?;
        let civil: Option<jiff::civil::Date> = day.to_string().parse().ok();
        let start = civil.and_then(|day| day.to_zoned(zone).ok()).ok_or_else(unknown)?;
        Ok(start.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// Returns today in the structure's zone.
    ///
    /// # Errors
    /// When the zone is not known.
    pub fn today(self, zone: &str) -> Result<Date, AppError> {
        if let Some(day) = self.told {
            return Ok(day);
        }
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = time_zone(zone)
            .map(|zone| jiff::Timestamp::now().to_zoned(zone))
            .ok_or_else(|| AppError::Usage(format!("fuseau horaire inconnu : {zone}")))?;
        Date::new(now.year(), now.month(), now.day())
            .ok_or_else(|| AppError::Usage("date du système hors du calendrier".into()))
    }
}

/// Where systems keep the rules of each zone.
const ZONES: &str = "/usr/share/zoneinfo";

/// Returns a zone by its name. Its one file is read where it is expected: a lookup by name would walk
/// the whole folder at each command.
fn time_zone(name: &str) -> Option<TimeZone> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    let direct = || {
        let file = std::path::Path::new(ZONES).join(Some(name).filter(|name| name.chars().all(is_plain))?);
        TimeZone::tzif(name, &std::fs::read(file).ok()?).ok()
    };
    direct().or_else(|| TimeZone::get(name).ok())
}

/// Returns a stored instant as people of a zone read it: `31/12/2024 11:00`.
pub fn local(at: &str, zone: &str) -> String {
    let moment = at.parse::<jiff::Timestamp>().ok().zip(time_zone(zone));
    let moment = moment.map(|(moment, zone)| moment.to_zoned(zone));
    moment.map_or_else(|| at.to_string(), |moment| moment.strftime("%d/%m/%Y %H:%M").to_string())
}

/// Returns so many random bytes, for salts and pseudonyms.
///
/// # Errors
/// When the system has none to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| AppError::Machine(format!("le système ne donne pas de hasard : {error}")))?;
    Ok(bytes)
}
