//! Rules put in force: what would change, a second person's password, then for ever.

use super::rule_trial::{Sent, refusal};
use crate::app::{self, AppError, Edit, EditedLine, RuleChange, RuleFiles};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, hidden, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows what publishing these files would change, and asks for the second person.
pub(in crate::web) async fn confirmation(
    server: &Server,
    visitor: &Visitor,
    fields: &Fields,
    sent: &[(String, String)],
) -> Result<Html<String>, Problem> {
    let changes = app::rule_changes(server.store()?, server.clock, RuleFiles::Sent(sent)).await?;
    let inside = html! {
        @for (path, text) in sent { (hidden("chemin", path)) (hidden("texte", text)) }
        p { "Une deuxième personne, qui a le droit d'approuver, relit ce qui précède et signe par son mot de passe." }
        (Field::text("approbateur", "Nom d'utilisateur de la deuxième personne").required().show(fields))
        (Field::password("mot_de_passe", "Son mot de passe", "off").required().show(fields))
        (save("Publier"))
    };
    let body = html! {
        p.warning { "Les aides déjà enregistrées gardent le verdict du jour où elles l'ont été. Les suivantes seront jugées par ces règles. Une version publiée reste pour toujours." }
        @for change in &changes { (one(change)) }
        h2 { "Publier" }
        (form(visitor, "/regles/publier", fields, inside)?)
    };
    let page = Page::new("Publier des règles", body);
    Ok(page.under("Règles", "/regles").under("Essayer des règles", "/regles/essai").show(visitor))
}

fn one(change: &RuleChange) -> Markup {
    let name = change.dispositif.as_deref().unwrap_or(&change.path);
    html! {
        h2 { (name) @if change.dispositif.is_some() { " — " (change.path) } }
        @if change.lines.is_empty() {
            p { "En vigueur mot pour mot : rien ne sera publié de ce fichier." }
        } @else if change.known {
            p { @if change.sentences.is_empty() { "Aucune phrase de sa page d'aujourd'hui ne change." } @else { "Sa page d'aujourd'hui :" } }
        } @else {
            p { "Nouveau fichier." }
        }
        @if !change.sentences.is_empty() { (edited(&change.sentences, false)) }
        @if !change.lines.is_empty() {
            details { summary { "Les lignes du texte" } (edited(&change.lines, true)) }
        }
    }
}

/// Lines that go and come, each marked by a word that is read aloud too.
fn edited(lines: &[EditedLine], numbered: bool) -> Markup {
    html! {
        ul.edits.text[numbered] {
            @for line in lines {
                @let (class, mark) = match line.edit {
                    Edit::Kept => ("", ""),
                    Edit::Removed => ("removed", "retiré"),
                    Edit::Added => ("added", "ajouté"),
                };
                li class=(class) {
                    @if !mark.is_empty() { span.mark { (mark) } " " }
                    @if numbered { span.note { (line.number) } " " code { (line.text) } } @else { (line.text) }
                }
            }
        }
    }
}

/// Puts them in force. Sent twice, they are in force already the second time.
pub(in crate::web) async fn publish(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let texts = fields.all("texte").map(|text| text.replace("\r\n", "\n"));
    let sent: Sent = fields.all("chemin").map(str::to_string).zip(texts).collect();
    let second = fields.required("approbateur", "Dites qui relit et signe");
    let password = fields.secret("mot_de_passe").to_string();
    if password.is_empty() {
        fields.fault("mot_de_passe", "La deuxième personne écrit son mot de passe");
    }
    if fields.faults.is_empty() {
        let actor = visitor.actor();
        let by = Some((second.as_str(), password.as_str()));
        let done = app::publish_rules(server.store()?, server.clock, &actor, RuleFiles::Sent(&sent), by);
        match server.may_try(&second, done).await? {
            Ok(report) => {
                let said = match report.publies.as_slice() {
                    [] => "Ces règles étaient déjà en vigueur, mot pour mot.".to_string(),
                    published => format!("En vigueur : {}.", published.join(", ")),
                };
                server.sessions.say(&visitor.token, said);
                return Ok(Redirect::to("/regles/historique").into_response());
            }
            Err(AppError::WrongPassword(message)) => fields.fault("mot_de_passe", message),
            Err(error) => fields.fault("", refusal(error)?),
        }
    }
    Ok(confirmation(&server, &visitor, &fields, &sent).await?.into_response())
}
