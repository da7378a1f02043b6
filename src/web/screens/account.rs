//! One's own account: who one is here, what one may do, one's password.

use crate::app;
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, save, whose_password};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Shows one's own account.
pub(in crate::web) async fn show(visitor: Visitor) -> Result<Html<String>, Problem> {
    page(&visitor, &Fields::default())
}

fn page(visitor: &Visitor, fields: &Fields) -> Result<Html<String>, Problem> {
    let asked = html! {
        (whose_password(&visitor.user.name))
        (Field::password("actuel", "Mot de passe actuel", "current-password").required().show(fields))
        (Field::password("nouveau", "Nouveau mot de passe", "new-password")
            .hint("12 caractères ou plus : une phrase se retient mieux").required().show(fields))
        (Field::password("encore", "Le nouveau, encore une fois", "new-password").required().show(fields))
        (save("Changer le mot de passe"))
    };
    let body = html! {
        dl.facts {
            dt { "Nom" } dd { (visitor.user.name) }
            dt { "Rôle" } dd { (visitor.user.role.code()) }
            @if let Some(site) = &visitor.user.site { dt { "Site" } dd { (site) } }
        }
        h2 { "Mot de passe" }
        (form(visitor, "/compte", fields, asked)?)
    };
    Ok(Page::new("Mon compte", body).show(visitor))
}

/// Changes one's own password.
pub(in crate::web) async fn change_password(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let new = fields.secret("nouveau").to_string();
    if new != fields.secret("encore") {
        fields.fault("encore", "Les deux nouveaux mots de passe ne sont pas les mêmes");
    }
    let (store, name) = (server.store()?, visitor.user.name.clone());
    if fields.faults.is_empty() {
        let tried = app::sign_in(store, &server.strangers, server.clock, &name, fields.secret("actuel"));
        match server.may_try(&name, tried).await? {
            Ok(_) => {}
            Err(app::AppError::WrongPassword(_)) => {
                fields.fault("actuel", "Ce n'est pas le mot de passe actuel");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if fields.faults.is_empty() {
        match app::set_password(store, server.clock, &visitor.actor(), &name, &new).await {
            Ok(()) => {
                server.sessions.close_others_of(&name, &visitor.token);
                server
                    .sessions
                    .say(&visitor.token, "Mot de passe changé. Vos autres sessions sont fermées.".into());
                return Ok(Redirect::to("/compte").into_response());
            }
            Err(app::AppError::Usage(message)) => fields.fault("nouveau", message),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&visitor, &fields)?.into_response())
}
