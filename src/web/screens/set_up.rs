//! The first run: a structure, a first year, a first person of the direction.

use crate::app::{self, Actor, AppError, InitRequest};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, hidden, save};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// The code that the terminal showed: whoever has it may set up the base.
const CODE: &str = "code";

/// Asks for what a base is made of.
pub(in crate::web) async fn show(State(server): State<Arc<Server>>, uri: Uri) -> Result<Response, Problem> {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    if server.is_set_up() {
        return Ok(Redirect::to("/connexion").into_response());
    }
    proved(&server, &fields)?;
    Ok(asks(&server, &fields).into_response())
}

fn proved(server: &Server, fields: &Fields) -> Result<(), Problem> {
    if fields.text(CODE) == server.code {
        return Ok(());
    }
    Err(Problem {
        status: StatusCode::FORBIDDEN,
        title: "Installation",
        message: "Pour installer Denier, ouvrez l'adresse complète, avec son code, que « denier servir » a écrite dans son terminal.".into(),
    })
}

fn asks(server: &Server, fields: &Fields) -> Html<String> {
    let is_new = server.base().is_none();
    let zones = [
        ("Europe/Paris", "France métropolitaine"),
        ("America/Guadeloupe", "Guadeloupe"),
        ("America/Martinique", "Martinique"),
        ("America/Cayenne", "Guyane"),
        ("Indian/Reunion", "La Réunion"),
        ("Indian/Mayotte", "Mayotte"),
    ];
    let zones = zones.map(|(zone, words)| (zone.to_string(), words.to_string()));
    let body = html! {
        p {
            @if is_new { "Cette base n'existe pas encore : elle sera créée ici, " code { (server.location) } "." }
            @else { "Cette base existe, mais personne n'a de mot de passe : choisissez celui de la direction." }
        }
        (faults(fields))
        form.fields.narrow method="post" action="/installation" {
            (hidden(CODE, fields.text(CODE)))
            @if is_new {
                fieldset {
                    legend { "La structure" }
                    (Field::text("structure", "Nom de la structure").fill("organization").required().show(fields))
                    (Field::text("siren", "SIREN").hint("neuf chiffres").show(fields))
                    (Field::text("exercice", "Premier exercice à tenir").hint("une année, comme 2024").required().show(fields))
                    (Field::choice("fuseau", "Fuseau horaire", zones.to_vec()).required().show(fields))
                }
            }
            fieldset {
                legend { "Vous" }
                (Field::text("nom", "Nom d'utilisateur").hint("court, comme claire").fill("username").required().show(fields))
                (Field::password("mot_de_passe", "Mot de passe", "new-password")
                    .hint("12 caractères ou plus : une phrase se retient mieux").required().show(fields))
                (Field::password("encore", "Le mot de passe, encore une fois", "new-password").required().show(fields))
            }
            (save("Installer"))
        }
    };
    Page::new("Installation", body).show_to_all()
}

/// Creates the base if it is not there, and its first password.
pub(in crate::web) async fn set_up(
    State(server): State<Arc<Server>>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    if server.is_set_up() {
        return Ok(Redirect::to("/connexion").into_response());
    }
    proved(&server, &fields)?;
    let name = fields.required("nom", "Donnez un nom d'utilisateur");
    let password = fields.secret("mot_de_passe").to_string();
    if password != fields.secret("encore") {
        fields.fault("encore", "Les deux mots de passe ne sont pas les mêmes");
    }
    if let Err(error) = app::acceptable_password(&password) {
        fields.fault("mot_de_passe", error.to_string());
    }
    if server.base().is_none() {
        let structure = fields.required("structure", "Donnez le nom de la structure");
        let year =
            fields.text("exercice").parse().ok().and_then(|code| InitRequest::year_of(code, None, None).ok());
        if year.is_none() {
            fields.fault("exercice", "Écrivez une année, comme 2024");
        }
        if let Some(year) = year.filter(|_| fields.faults.is_empty()) {
            let siren = Some(fields.text("siren").to_string()).filter(|siren| !siren.is_empty());
            let zone = fields.text("fuseau").to_string();
            let request = InitRequest { name: structure, siren, year, books: "importee".into(), zone };
            let actor = Actor { name: name.clone() };
            match app::init(&server.location, server.clock, &actor, &request).await {
                Ok(store) => server.created(store),
                Err(AppError::Usage(message)) => fields.fault("siren", message),
                Err(error) => return Err(error.into()),
            }
        }
    }
    if !fields.faults.is_empty() {
        return Ok(asks(&server, &fields).into_response());
    }
    app::set_first_password(server.store()?, server.clock, &name, &password).await?;
    server.now_set_up();
    Ok(Redirect::to("/connexion").into_response())
}
