//! Where one stands: the envelopes of a year.

use crate::app::{self, Right};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::table;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Shows the envelopes; a conseiller, who reads no statement, goes to decide.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    if !visitor.may(Right::Read) {
        return Ok(Redirect::to("/decider").into_response());
    }
    let envelopes = app::envelope_statement(server.store()?, Some(visitor.year.code)).await?;
    let body = html! { (table(&envelopes, |_, _| None)) };
    Ok(Page::new("Tableau de bord", body).of_a_year().show(&visitor).into_response())
}
