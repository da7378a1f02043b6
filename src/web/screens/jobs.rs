//! A long work, while it goes on and when it is over.

use crate::money::group_thousands;
use crate::web::jobs::State as Stage;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;
use std::time::Duration;

/// What takes less is waited for: its page is never seen.
const SHORT: Duration = Duration::from_millis(1_500);

/// Shows how far a work is; once it is over, what it led to.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let job = server.jobs.find(&key, &visitor.user.name).ok_or_else(Problem::not_found)?;
    match job.state_within(SHORT).await {
        Stage::Failed(problem) => Err(problem.of_work(&job.title)),
        Stage::Done(done) => {
            if !done.said.is_empty() {
                server.sessions.say(&visitor.token, done.said);
            }
            Ok(Redirect::to(&done.leads_to).into_response())
        }
        Stage::Running(what, done, total) => {
            let body = html! {
                div data-job {
                    p role="status" data-part="quoi" { (what) }
                    @if total > 0 {
                        p.note data-part="combien" { (group_thousands(done)) " sur " (group_thousands(total)) }
                        progress data-part="part" max=(total) value=(done) aria-label=(job.title) {}
                    }
                }
                p.note { "Cette page se met à jour. Le travail continue même si vous la quittez : " a href=(visitor.path) { "revenir à son état" } "." }
            };
            Ok(Page::new(job.title.clone(), body).comes_back().show(&visitor).into_response())
        }
    }
}
