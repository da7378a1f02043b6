//! Subsidies by funder and convention; what nothing attributes to a funder.

use super::statement::{self, Fecs, Instead};
use crate::app::{self, GeneralStatement};
use crate::web::address::address;
use crate::web::server::Server;
use crate::web::view::{Field, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// Shows the subsidies. Those of the other year lead to its own statement: a line may be named otherwise
/// there.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let fecs = Fecs::load(&server, &visitor, "Subventions").await?;
    let mut fields = visitor.fields();
    let compared = fecs.compared(&mut fields);
    let report = app::grants_of(server.store()?, Some(visitor.year.code), compared).await?;
    if let Some(file) = statement::file(&server, &visitor, "subventions", &report.tables).await? {
        return Ok(file);
    }
    let before = report.compared.map(|year| year.to_string()).unwrap_or_default();
    let shown = fields.showing(&[("comparer", &before)]);
    let years = fecs.years();
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &[("Comparé à", &before)]).await?;
    let body = html! {
        @if !years.is_empty() {
            (statement::bar(&visitor, &shown, Field::choice("comparer", "Comparer à", years).required().show(&shown)))
        }
        @for shown in &report.tables {
            @let lines = statement::lead(&visitor, &report, &GeneralStatement::Grants, shown);
            (table(shown, |row, column| {
                let of_before = shown.columns.get(column).is_some_and(|column| column.key == "precedent");
                let leads = lines(row, column)?;
                Some(if of_before { address("/etats/subventions", &[("exercice", &before)]) } else { leads })
            }))
        }
        p {
            "Pourquoi ce financeur\u{a0}? "
            a href=(visitor.link("/etats/affectations", &[])) { "Les règles d'affectation" }
            " disent ce qui est attribué à chacun."
        }
        (foot)
    };
    Ok(statement::page(&visitor, "Subventions", body))
}
