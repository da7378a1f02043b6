//! Signing in and out.

use crate::app;
use crate::web::access::cookie_name;
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, hidden, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use maud::html;
use std::sync::Arc;

/// The field that keeps where the visitor was going.
const TOWARDS: &str = "vers";

/// Asks for a name and a password.
pub(in crate::web) async fn show(State(server): State<Arc<Server>>, uri: Uri) -> Response {
    if !server.is_set_up() {
        return Redirect::to("/installation").into_response();
    }
    asks(&Fields::parse(uri.query().unwrap_or_default().as_bytes())).into_response()
}

fn asks(fields: &Fields) -> Html<String> {
    let body = html! {
        @if !fields.text(TOWARDS).is_empty() && fields.faults.is_empty() {
            p { "Connectez-vous pour continuer." }
        }
        (faults(fields))
        form.fields.narrow method="post" action="/connexion" {
            (hidden(TOWARDS, fields.text(TOWARDS)))
            (Field::text("nom", "Nom d'utilisateur").fill("username").required().show(fields))
            (Field::password("mot_de_passe", "Mot de passe", "current-password").required().show(fields))
            (save("Se connecter"))
        }
    };
    Page::new("Connexion", body).show_to_all()
}

/// Opens a session.
pub(in crate::web) async fn sign_in(
    State(server): State<Arc<Server>>,
    jar: CookieJar,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let (name, password) = (fields.text("nom").to_string(), fields.secret("mot_de_passe").to_string());
    if name.chars().count() > app::LONGEST_NAME {
        // Nobody has it: it is not even counted.
        fields.fault("nom", "nom ou mot de passe refusé");
        return Ok(asks(&fields).into_response());
    }
    let tried = app::sign_in(server.store()?, &server.strangers, server.clock, &name, &password);
    match server.may_try(&name, tried).await? {
        Ok(who) => {
            let token = server.sessions.open(&who.name, server.clock.moment())?;
            let cookie = Cookie::build((cookie_name(&server), token))
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .secure(server.is_secure());
            Ok((jar.add(cookie), Redirect::to(inside(fields.text(TOWARDS)))).into_response())
        }
        Err(app::AppError::WrongPassword(message)) => {
            fields.fault("mot_de_passe", message);
            Ok(asks(&fields).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns a place of this site: never another one's.
fn inside(place: &str) -> &str {
    let ours = place.starts_with('/')
        && !place.starts_with("//")
        && !place.contains(['\\', '\r', '\n', '\t'])
        && !place.starts_with("/connexion");
    if ours { place } else { "/" }
}

/// Closes the session.
pub(in crate::web) async fn sign_out(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    jar: CookieJar,
    Posted(_): Posted,
) -> Response {
    server.sessions.close(&visitor.token);
    let gone = Cookie::build((cookie_name(&server), "")).path("/").secure(server.is_secure());
    (jar.remove(gone), Redirect::to("/connexion")).into_response()
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_never_sent_to_another_site() {
        for (asked, place) in [
            ("/aides?exercice=2024", "/aides?exercice=2024"),
            ("", "/"),
            ("//exemple.fr", "/"),
            ("https://exemple.fr", "/"),
            ("/\\exemple.fr", "/"),
            ("/connexion?vers=%2F", "/"),
        ] {
            assert_eq!(super::inside(asked), place, "{asked}");
        }
    }
}
