//! Who did what: the audit log, page by page.

use super::clock::{Clock, local};
use super::error::AppError;
use super::rights::Right;
use super::users::Actor;
use crate::calendar::Date;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{AuditRow, AuditWanted, Store};

/// Which lines are wanted; none of these asks for all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Who did it.
    pub user: Option<String>,
    /// What was done: an action or its first words, such as `importer`.
    pub action: Option<String>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

/// Some lines, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The lines.
    pub table: Table,
    /// What to ask as `before` for the next page; none on the last one.
    pub next: Option<i64>,
}

/// Returns at most so many lines of the audit log, newest first, older than the line `before`.
///
/// # Errors
/// When the actor may not, or the base fails.
pub async fn audit_log(
    store: &Store,
    actor: &Actor,
    filter: &AuditFilter,
    before: Option<i64>,
    at_most: u32,
) -> Result<AuditPage, AppError> {
    let mut tx = store.read().await?;
    actor.may(&mut tx, Right::Audit).await?;
    let zone = tx.info().await?.zone;
    let start = |day: Option<Date>| day.map_or(Ok(String::new()), |day| Clock::start_of(day, &zone));
    let wanted = AuditWanted {
        user: filter.user.clone().unwrap_or_default(),
        action: filter.action.clone().unwrap_or_default(),
        from: start(filter.from)?,
        until: start(filter.to.map(Date::morrow))?,
    };
    let mut found = tx.audit_rows(&wanted, before.unwrap_or(i64::MAX), i64::from(at_most) + 1).await?;
    // One more was asked for, to know whether there are more.
    let more = found.len() > at_most as usize;
    found.truncate(at_most as usize);
    let next = found.last().filter(|_| more).map(|row| row.id);
    let row = |row: AuditRow| {
        vec![
            Cell::Count(row.id),
            Cell::Text(local(&row.at, &zone)),
            Cell::Text(row.user),
            if row.claimed { Cell::from("nom déclaré") } else { Cell::Empty },
            Cell::Text(row.action),
            row.detail.as_str().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = found.into_iter().map(row).collect();
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("le", "Le", Kind::Text),
        Column::new("par", "Par", Kind::Text),
        Column::new("preuve", "Preuve", Kind::Text),
        Column::new("action", "Action", Kind::Text),
        Column::new("detail", "Détail", Kind::Text),
    ];
    Ok(AuditPage { table: Table::new("Journal d'audit", columns, rows), next })
}
