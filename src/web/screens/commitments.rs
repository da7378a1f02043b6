//! What was granted and not yet paid on a day.

use super::statement;
use crate::app::{self, AidFilter, AidState};
use crate::funding::DateKind;
use crate::statements::Table;
use crate::web::drill::{self, Figures};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, pages, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows what was granted and not paid on a day: the last one of the year, or today within it. Where nothing
/// moved since, an amount leads to its aids.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let mut fields = visitor.fields();
    let usual = visitor.year.last.last_day().min(visitor.frame.today);
    let day = fields.day("au", visitor.frame.today).unwrap_or(usual);
    let whole = app::outstanding(server.store()?, day).await?;
    if let Some(file) =
        statement::file(&server, &visitor, "engagements", std::slice::from_ref(&whole)).await?
    {
        return Ok(file);
    }
    let typed = if fields.faults.is_empty() { day.to_french() } else { fields.text("au").to_string() };
    let shown = fields.showing(&[("au", &typed)]);
    let all_lead = !whole.rows.is_empty() && whole.rows.iter().all(|row| row.drill.is_some());
    let (rows, links) = pages(&visitor, whole.rows.len());
    let listed = Table { rows: whole.rows[rows].to_vec(), ..whole };
    let unpaid = AidFilter { state: AidState::Unpaid, ..AidFilter::all(DateKind::Right) };
    let foot = statement::foot(&server, &visitor, None, &[("Au", &day.to_french())]).await?;
    let body = html! {
        (statement::bar(&visitor, &shown, Field::day("au", "Au").required().show(&shown)))
        (table(&listed, |row, column| {
            if listed.columns.get(column)?.key != "montant" {
                return None;
            }
            match listed.rows.get(row) {
                Some(row) => Figures::of(visitor.year).address(row.drill.as_ref()?),
                None => all_lead.then(|| drill::aids(visitor.year.code, &unpaid)),
            }
        }))
        (links)
        p {
            "Aujourd'hui\u{a0}: " a href=(drill::aids(visitor.year.code, &unpaid)) { "les aides accordées et non versées" }
            ", l'une après l'autre."
        }
        (foot)
    };
    Ok(statement::page(&visitor, "Engagé et non versé", body))
}
