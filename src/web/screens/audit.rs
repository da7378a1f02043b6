//! The audit log: who did what, when.

use crate::app::{self, AuditFilter};
use crate::web::export;
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, exports, faults, hidden, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use maud::html;
use std::sync::Arc;

/// Lines on one page.
const SHOWN: u32 = 200;

/// Shows the log, newest first, or gives all that the filters keep as a file.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let mut fields = visitor.fields();
    let (from, to) = (fields.day("du", visitor.frame.today), fields.day("au", visitor.frame.today));
    let text = |name: &str| Some(fields.text(name).to_string()).filter(|text| !text.is_empty());
    let filter = AuditFilter { user: text("par"), action: text("action"), from, to };
    let store = server.store()?;
    let actor = visitor.actor();
    let format = visitor.asked("format");
    if !format.is_empty() {
        let all = app::audit_log(store, &actor, &filter, None, u32::MAX).await?;
        return export::tables(store, server.clock, format, "journal-audit", &[all.table]).await;
    }
    let before = visitor.asked("apres").parse().ok();
    let page = app::audit_log(store, &actor, &filter, before, SHOWN).await?;
    let users = app::list_users(store).await?;
    let mut names = vec![(String::new(), "tous".to_string())];
    names.extend(users.into_iter().map(|user| (user.name.clone(), user.name)));
    let body = html! {
        (faults(&fields))
        form.fields.row method="get" action="/administration/journal" {
            (hidden("exercice", &visitor.year.code.to_string()))
            (Field::choice("par", "Par", names).show(&fields))
            (Field::text("action", "Action").hint("ses premiers mots, comme importer").show(&fields))
            (Field::day("du", "Du").show(&fields))
            (Field::day("au", "Au").show(&fields))
            div.field { button { "Filtrer" } }
        }
        (exports(&visitor))
        (table(&page.table, |_, _| None))
        @if before.is_some() || page.next.is_some() {
            nav.pages aria-label="Pages" {
                @if before.is_some() { a href=(visitor.here_with("apres", "")) { "Revenir au début" } }
                @if let Some(next) = page.next {
                    a rel="next" href=(visitor.here_with("apres", &next.to_string())) { "Lignes plus anciennes" }
                }
            }
        }
    };
    let page = Page::new("Journal d'audit", body);
    Ok(page.under("Administration", visitor.link("/administration", &[])).show(&visitor).into_response())
}
