//! Asking for a derogation: one aid, and the rules to lift; somebody else decides.

use super::found_people::{HINT, Search, search as search_for};
use crate::app::{self, AppError, DerogationRequest, OpenDispositif};
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, form, hidden, save};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// Asks for whom and for which dispositif, then for the rest: the address may know it already.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let fields = visitor.fields();
    page(&server, &visitor, &fields).await
}

async fn page(server: &Server, visitor: &Visitor, fields: &Fields) -> Result<Html<String>, Problem> {
    if fields.text("numero").is_empty() {
        return asks_for_whom(server, visitor, fields, html! {}).await;
    }
    // A name in the place of the number leads nowhere.
    let number = app::person_numbered(server.store()?, &visitor.actor(), fields.text("numero")).await?.number;
    let open = open(server, visitor).await?;
    let body = match open.iter().find(|one| one.code == fields.text("dispositif")) {
        Some(chosen) => {
            let inside = html! {
                (hidden("numero", &number))
                (hidden("dispositif", &chosen.code))
                dl.facts {
                    dt { "Dossier" } dd { (number) }
                    dt { "Aide" } dd { (chosen.code) " — " (chosen.label) }
                }
                (Field::month("mois", "Mois de l'aide").required().show(fields))
                (Field::amount("montant", "Montant").hint("le plus grand que la dérogation permette, en euros").required().show(fields))
                (rules(chosen, fields))
                (Field::long("motif", "Motif").hint("il est gardé, et peut être effacé").required().show(fields))
                p.note { "La dérogation ne vaut qu'une fois approuvée par une autre personne. Elle sert une seule aide." }
                (save("Demander la dérogation"))
            };
            form(visitor, "/derogations/nouvelle", fields, inside)?
        }
        None => html! {
            form.fields.narrow method="get" action="/derogations/nouvelle" {
                (hidden("exercice", &visitor.year.code.to_string()))
                (hidden("numero", &number))
                dl.facts { dt { "Dossier" } dd { (number) } }
                (choice(&open).show(fields))
                p.actions { button.main { "Continuer" } }
            }
        },
    };
    Ok(laid_out(visitor, body))
}

async fn open(server: &Server, visitor: &Visitor) -> Result<Vec<OpenDispositif>, Problem> {
    Ok(app::open_dispositifs(server.store()?, &visitor.actor(), visitor.frame.today).await?)
}

/// The choice of a dispositif.
fn choice(open: &[OpenDispositif]) -> Field<'static> {
    let choices = open.iter().map(|one| (one.code.clone(), format!("{} — {}", one.code, one.label)));
    Field::choice("dispositif", "Aide", choices.collect()).required()
}

fn laid_out(visitor: &Visitor, body: Markup) -> Html<String> {
    let register = visitor.link("/derogations", &[]);
    Page::new("Demander une dérogation", body).under("Dérogations", register).show(visitor)
}

/// Asks for whom, by number or name, and for which dispositif.
async fn asks_for_whom(
    server: &Server,
    visitor: &Visitor,
    fields: &Fields,
    found: Markup,
) -> Result<Html<String>, Problem> {
    let open = open(server, visitor).await?;
    let body = html! {
        (faults(fields))
        form.fields.narrow method="post" action=(visitor.link("/derogations/nouvelle/personne", &[])) {
            (csrf(visitor))
            (Field::text("qui", "Pour qui ?").hint(HINT).required().show(fields))
            (choice(&open).show(fields))
            p.actions { button.main { "Continuer" } }
        }
        (found)
    };
    Ok(laid_out(visitor, body))
}

/// Finds for whom: a name is sent, never in an address.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    if !fields.faults.is_empty() {
        return Ok(asks_for_whom(&server, &visitor, &fields, html! {}).await?.into_response());
    }
    let to = |number: &str| {
        let query = [("numero", number), ("dispositif", fields.text("dispositif"))];
        visitor.link("/derogations/nouvelle", &query)
    };
    Ok(match search_for(&server, &visitor, &who, to).await? {
        Search::One(place) => place.into_response(),
        Search::Choice(list) => asks_for_whom(&server, &visitor, &fields, list).await?.into_response(),
    })
}

/// The rules of a dispositif, to be ticked.
fn rules(chosen: &OpenDispositif, fields: &Fields) -> Markup {
    let fault = fields.fault_of("regle");
    html! {
        fieldset #regle aria-describedby=[fault.map(|_| "regle-faute")] {
            legend { "Règles à lever" }
            @if let Some(fault) = fault { p.wrong #regle-faute { (fault) } }
            @for (code, label) in &chosen.rules {
                label.check {
                    input type="checkbox" name="regle" value=(code) checked[fields.all("regle").any(|one| one == code)];
                    (label)
                }
            }
        }
    }
}

/// Records the request.
pub(in crate::web) async fn ask(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let month = fields.month("mois");
    if month.is_none() && fields.fault_of("mois").is_none() {
        fields.fault("mois", "Dites de quel mois est l'aide");
    }
    let amount = fields.amount("montant");
    if amount.is_none() && fields.fault_of("montant").is_none() {
        fields.fault("montant", "Dites le montant de l'aide");
    }
    let rules: Vec<String> = fields.all("regle").map(str::to_string).collect();
    if rules.is_empty() {
        fields.fault("regle", "Cochez au moins une règle à lever");
    }
    let reason = fields.required("motif", "Dites pourquoi");
    if let (Some(month), Some(amount), true) = (month, amount, fields.faults.is_empty()) {
        let request = DerogationRequest {
            person: fields.text("numero").to_string(),
            dispositif: fields.text("dispositif").to_string(),
            month,
            amount,
            rules,
            reason,
        };
        let asked = fields.asked(&visitor);
        let store = server.store()?;
        match app::ask_derogation(store, server.clock, &visitor.actor(), &request, asked.as_ref()).await {
            Ok(report) => {
                let said = format!(
                    "Dérogation n°\u{a0}{} demandée. Elle ne vaut rien tant qu'une autre personne ne l'a pas approuvée.",
                    report.numero
                );
                server.sessions.say(&visitor.token, said);
                let place = visitor.link(&format!("/derogations/{}", report.numero), &[]);
                return Ok(Redirect::to(&place).into_response());
            }
            Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("", message),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(&server, &visitor, &fields).await?.into_response())
}
