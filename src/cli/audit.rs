//! `journal-audit`: who did what.

use super::args::JournalAudit;
use super::run::Session;
use crate::app::{self, AppError, AuditFilter};

/// How many lines are read at once.
const PAGE: u32 = 1_000;

/// Shows all the lines that are wanted, newest first.
pub(super) async fn audit(session: &Session<'_>, what: JournalAudit) -> Result<u8, AppError> {
    let filter = AuditFilter { user: what.par, action: what.action, from: what.du, to: what.au };
    let store = session.open().await?;
    let mut page = app::audit_log(&store, &session.actor, &filter, None, PAGE).await?;
    let mut table = page.table;
    while let Some(before) = page.next {
        page = app::audit_log(&store, &session.actor, &filter, Some(before), PAGE).await?;
        table.rows.append(&mut page.table.rows);
    }
    session.tables(store, &[table]).await
}
