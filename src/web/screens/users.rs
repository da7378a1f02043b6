//! Users: who may sign in, with which role, who is here now.

use crate::app::{self, AppError, Role, UserLine, UserRequest, counted};
use crate::web::address::segment;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, save, whose_password};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

const HOME: &str = "/administration/utilisateurs";

/// What each role may do, for whoever chooses one.
fn role_words(role: Role) -> &'static str {
    match role {
        Role::Adviser => "conseiller : évalue et propose, pour les personnes de son site",
        Role::Reader => "lecture : lit les états et les listes",
        Role::Auditor => "contrôle : lit tout, et le journal d'audit",
        Role::Clerk => "saisie : importe, enregistre, atteste",
        Role::Approver => "validation : approuve, publie les règles, scelle, sauvegarde",
        Role::Director => "direction : tout, et les comptes",
    }
}

/// Shows the users, and the form of a new one.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    list(&server, &visitor, &Fields::default()).await
}

async fn list(server: &Server, visitor: &Visitor, fields: &Fields) -> Result<Html<String>, Problem> {
    let store = server.store()?;
    let users = app::list_users(store).await?;
    let sites = app::list_sites(store).await?;
    let present = server.sessions.present(server.clock.moment());
    let body = html! {
        div.scroll role="region" aria-label="Utilisateurs" tabindex="0" {
            table {
                caption { "Utilisateurs" }
                thead { tr {
                    th scope="col" { "Nom" } th scope="col" { "Rôle" } th scope="col" { "Site" } th scope="col" { "Compte" } th scope="col" { "En ce moment" }
                } }
                tbody {
                    @for user in &users {
                        tr {
                            th scope="row" { a href=(place_of(visitor, &user.name)) { (user.name) } }
                            td { (user.role) }
                            td { (user.site) }
                            td { (account(user)) }
                            td {
                                @if let Some(number) = present.get(&user.name) {
                                    (counted(*number as u64, "session ouverte", "sessions ouvertes"))
                                }
                            }
                        }
                    }
                }
            }
        }
        h2 { "Créer un compte" }
        (form(visitor, &visitor.link(HOME, &[]), fields, html! {
            (Field::text("nom", "Nom d'utilisateur").hint("court, comme claire").required().show(fields))
            (role_fields(&sites, fields))
            (new_password("Premier mot de passe", fields))
            (save("Créer le compte"))
        })?)
    };
    Ok(Page::new("Utilisateurs", body)
        .under("Administration", visitor.link("/administration", &[]))
        .show(visitor))
}

fn place_of(visitor: &Visitor, name: &str) -> String {
    visitor.link(&format!("{HOME}/{}", segment(name)), &[])
}

fn account(user: &UserLine) -> Markup {
    html! {
        @if user.closed { span.badge.no { "fermé" } }
        @else if user.has_password { span.badge.ok { "ouvert" } }
        @else { span.badge.mind { "sans mot de passe" } }
    }
}

fn role_fields(sites: &[String], fields: &Fields) -> Markup {
    let roles = Role::ALL.map(|role| (role.code().to_string(), role_words(role).to_string()));
    let mut of_sites = vec![(String::new(), "aucun".to_string())];
    of_sites.extend(sites.iter().map(|site| (site.clone(), site.clone())));
    html! {
        (Field::choice("role", "Rôle", roles.to_vec()).required().show(fields))
        (Field::choice("site", "Site", of_sites).hint("pour un conseiller seulement : il en suit les personnes").show(fields))
    }
}

fn new_password(label: &str, fields: &Fields) -> Markup {
    html! {
        (Field::password("mot_de_passe", label, "new-password")
            .hint("12 caractères ou plus : une phrase se retient mieux. À changer par la personne dans «\u{a0}Mon compte\u{a0}».").required().show(fields))
        (Field::password("encore", "Le même, encore une fois", "new-password").required().show(fields))
    }
}

/// Reads a new password typed twice.
fn password_of(fields: &mut Fields) -> String {
    let password = fields.secret("mot_de_passe").to_string();
    if let Err(error) = app::acceptable_password(&password) {
        fields.fault("mot_de_passe", error.to_string());
    } else if password != fields.secret("encore") {
        fields.fault("encore", "Les deux mots de passe ne sont pas les mêmes");
    }
    password
}

/// Reads a role and its site.
fn request_of(name: String, fields: &mut Fields) -> UserRequest {
    let role = Role::parse(fields.text("role"));
    if role.is_none() {
        fields.fault("role", "Choisissez un rôle");
    }
    let site = fields.text("site").to_string();
    UserRequest { name, role: role.unwrap_or(Role::Reader), site }
}

/// Notes why the use case refused, on the form.
fn refused(fields: &mut Fields, field: &str, result: Result<(), AppError>) -> Result<bool, Problem> {
    match result {
        Ok(()) => Ok(false),
        Err(AppError::Refused(why) | AppError::Usage(why)) => {
            fields.fault(field, why);
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

/// Creates a user.
pub(in crate::web) async fn create(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let name = fields.required("nom", "Donnez un nom d'utilisateur");
    let request = request_of(name, &mut fields);
    let password = password_of(&mut fields);
    if fields.faults.is_empty() {
        let (store, clock) = (server.store()?, server.clock);
        let done = app::create_user(store, clock, &visitor.actor(), &request, &password).await;
        if !refused(&mut fields, "nom", done)? {
            server.sessions.say(&visitor.token, format!("Compte «\u{a0}{}\u{a0}» créé.", request.name));
            return Ok(Redirect::to(&visitor.link(HOME, &[])).into_response());
        }
    }
    Ok(list(&server, &visitor, &fields).await?.into_response())
}

/// Shows one user, and what can be changed.
pub(in crate::web) async fn show_one(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Html<String>, Problem> {
    one(&server, &visitor, &name, None).await
}

/// The page of a user; `typed` is what was refused.
async fn one(
    server: &Server,
    visitor: &Visitor,
    name: &str,
    typed: Option<(&str, &Fields)>,
) -> Result<Html<String>, Problem> {
    let store = server.store()?;
    let users = app::list_users(store).await?;
    let user = users.into_iter().find(|user| user.name == name).ok_or_else(Problem::not_found)?;
    let sites = app::list_sites(store).await?;
    let sessions = server.sessions.present(server.clock.moment()).get(name).copied().unwrap_or(0);
    let action = |what: &str| visitor.link(&format!("{HOME}/{}/{what}", segment(name)), &[]);
    let known = Fields::of(vec![("role".into(), user.role.clone()), ("site".into(), user.site.clone())]);
    let nothing = Fields::default();
    let of = |what: &str| typed.filter(|(of, _)| *of == what).map(|(_, fields)| fields);
    let role = of("role").unwrap_or(&known);
    let password = of("mot-de-passe").unwrap_or(&nothing);
    let closing = of("fermer").unwrap_or(&nothing);
    let body = html! {
        dl.facts {
            dt { "Rôle" } dd { (user.role) }
            @if !user.site.is_empty() { dt { "Site" } dd { (user.site) } }
            dt { "Compte" } dd { (account(&user)) }
            dt { "En ce moment" } dd { (counted(sessions as u64, "session ouverte", "sessions ouvertes")) }
        }
        @if sessions > 0 {
            form method="post" action=(action("deconnecter")) {
                (csrf(visitor))
                p.actions { button { "Déconnecter" } }
            }
        }
        @if user.closed {
            p.note { "Ce compte est fermé. Ce qu'il a fait garde son nom." }
        } @else {
            h2 { "Rôle" }
            (form(visitor, &action("role"), role, html! { (role_fields(&sites, role)) (save("Changer le rôle")) })?)
            h2 { "Mot de passe" }
            p { "Un mot de passe donné ici ferme les sessions ouvertes de cette personne." }
            (form(visitor, &action("mot-de-passe"), password, html! {
                (whose_password(name))
                (new_password("Nouveau mot de passe", password))
                (save("Donner ce mot de passe"))
            })?)
            h2 { "Fermer le compte" }
            p { "La personne ne pourra plus se connecter. Ce qu'elle a fait garde son nom." }
            (form(visitor, &action("fermer"), closing, html! {
                (Field::text("confirmation", "Confirmation").hint("écrivez le nom d'utilisateur").required().show(closing))
                p.actions { button.danger { "Fermer le compte" } }
            })?)
        }
    };
    Ok(Page::new(format!("Utilisateur {name}"), body)
        .under("Administration", visitor.link("/administration", &[]))
        .under("Utilisateurs", visitor.link(HOME, &[]))
        .show(visitor))
}

/// Changes a user's role.
pub(in crate::web) async fn set_role(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let request = request_of(name.clone(), &mut fields);
    if fields.faults.is_empty() {
        let done = app::set_role(server.store()?, server.clock, &visitor.actor(), &request).await;
        if !refused(&mut fields, "role", done)? {
            server
                .sessions
                .say(&visitor.token, format!("«\u{a0}{name}\u{a0}» a le rôle {}.", request.role.code()));
            return Ok(Redirect::to(&place_of(&visitor, &name)).into_response());
        }
    }
    Ok(one(&server, &visitor, &name, Some(("role", &fields))).await?.into_response())
}

/// Gives a user another password, and ends their sessions.
pub(in crate::web) async fn set_password(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let password = password_of(&mut fields);
    if fields.faults.is_empty() {
        let (store, clock) = (server.store()?, server.clock);
        let done = app::set_password(store, clock, &visitor.actor(), &name, &password).await;
        if !refused(&mut fields, "mot_de_passe", done)? {
            server.sessions.close_others_of(&name, &visitor.token);
            server.sessions.say(&visitor.token, format!("Mot de passe de «\u{a0}{name}\u{a0}» changé."));
            return Ok(Redirect::to(&place_of(&visitor, &name)).into_response());
        }
    }
    Ok(one(&server, &visitor, &name, Some(("mot-de-passe", &fields))).await?.into_response())
}

/// Ends the sessions of a user.
pub(in crate::web) async fn disconnect(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
    Posted(_): Posted,
) -> Redirect {
    server.sessions.close_others_of(&name, &visitor.token);
    server.sessions.say(&visitor.token, format!("«\u{a0}{name}\u{a0}» est déconnecté."));
    Redirect::to(&place_of(&visitor, &name))
}

/// Closes an account, and ends its sessions.
pub(in crate::web) async fn close(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(name): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    if fields.text("confirmation") != name {
        fields.fault("confirmation", format!("Écrivez exactement «\u{a0}{name}\u{a0}»"));
    } else {
        let done = app::close_user(server.store()?, server.clock, &visitor.actor(), &name).await;
        if !refused(&mut fields, "confirmation", done)? {
            server.sessions.say(&visitor.token, format!("Compte «\u{a0}{name}\u{a0}» fermé."));
            server.sessions.close_all_of(&name);
            return Ok(Redirect::to(&visitor.link(HOME, &[])).into_response());
        }
    }
    Ok(one(&server, &visitor, &name, Some(("fermer", &fields))).await?.into_response())
}
