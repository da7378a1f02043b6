//! What is done of one aid: paid, cancelled, found undue, recovered. A small form each.

use super::aid::{lot, of_address};
use super::asked_aid::refuse;
use crate::app::{
    self, AidAsked, AidPage, AppError, PayRequest, RecoverRequest, Right, UndueLine, UndueRequest,
};
use crate::ledger::Wording;
use crate::money::Amount;
use crate::web::address::segment;
use crate::web::drill::{self, AID};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, form, hidden, save};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Pay,
    Cancel,
    FindUndue,
    Recover,
}

impl Act {
    /// Reads the last part of the address.
    fn of(visitor: &Visitor) -> Result<Act, Problem> {
        match visitor.path.rsplit('/').next() {
            Some("verser") => Ok(Act::Pay),
            Some("annuler") => Ok(Act::Cancel),
            Some("indu") => Ok(Act::FindUndue),
            Some("recouvrer") => Ok(Act::Recover),
            _ => Err(Problem::not_found()),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Act::Pay => "Noter un versement",
            Act::Cancel => "Annuler l'aide",
            Act::FindUndue => "Noter un indu",
            Act::Recover => "Noter ce qui est recouvré",
        }
    }
}

/// Asks what is needed. The form names the aid by its key: between the page and its sending, the reference
/// may have become that of another one.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Html<String>, Problem> {
    let act = Act::of(&visitor)?;
    let aid = of_address(&server, &reference, visitor.asked(AID)).await?;
    page(&server, &visitor, &aid, &visitor.fields(), act).await
}

async fn page(
    server: &Server,
    visitor: &Visitor,
    aid: &AidPage,
    fields: &Fields,
    act: Act,
) -> Result<Html<String>, Problem> {
    let address = drill::aid(visitor.year.code, aid.aid, &aid.reference);
    let laid_out =
        |body| Page::new(act.title(), body).under(format!("Aide {}", aid.reference), address).show(visitor);
    if let Some(by) = &aid.cancelled {
        return Ok(laid_out(html! {
            p.warning { "Cette aide a été annulée le " (by.at) " par " (by.user) " (" (lot(visitor, by.lot)) ")." }
            (facts(visitor, aid))
        }));
    }
    let mut owed = app::list_undues(server.store()?, None).await?;
    owed.retain(|line| line.aid == aid.aid && line.left.is_positive());
    let all = |words: &'static str| Field::amount("montant", "Montant").hint(words).show(fields);
    let day =
        |label: &'static str| Field::day("le", label).hint("aujourd'hui si rien n'est écrit").show(fields);
    let reason = |label: &'static str| Field::long("motif", label).hint("il est gardé, et peut être effacé");
    let inside = match act {
        Act::Pay => html! {
            (day("Versée le"))
            (all("tout ce qui reste à verser si rien n'est écrit"))
            (save("Noter le versement"))
        },
        Act::Cancel => html! {
            (reason("Pourquoi l'annuler ?").required().show(fields))
            (save("Annuler l'aide"))
        },
        Act::FindUndue => html! {
            (day("Constaté le"))
            (all("tout ce qui a été versé si rien n'est écrit"))
            (reason("Pourquoi est-ce un indu ?").required().show(fields))
            (save("Noter l'indu"))
        },
        Act::Recover => {
            let words = |line: &UndueLine| {
                format!("n° {} du {}, reste {}", line.number, line.found_on.to_french(), line.left.to_euros())
            };
            let choices = owed.iter().map(|line| (line.number.to_string(), words(line))).collect();
            html! {
                (Field::choice("indu", "Quel indu ?", choices).required().show(fields))
                (day("Le"))
                (all("tout ce qui reste dû si rien n'est écrit"))
                @if visitor.may(Right::Approve) {
                    (reason("S'il ne sera jamais recouvré, pourquoi (admis en non-valeur) ?").show(fields))
                }
                (save("Noter le recouvrement"))
            }
        }
    };
    Ok(laid_out(html! {
        (facts(visitor, aid))
        @match act {
            Act::Cancel => p { "L'annulation est inscrite au carnet par des écritures contraires ; rien n'est effacé. La référence redevient libre." },
            Act::Recover if owed.is_empty() => p.warning { "Rien n'est dû sur cette aide." },
            _ => {},
        }
        @if act != Act::Recover || !owed.is_empty() {
            (form(visitor, &visitor.path, fields, html! { (hidden(AID, &aid.aid.to_string())) (inside) })?)
        }
    }))
}

fn facts(visitor: &Visitor, aid: &AidPage) -> Markup {
    html! {
        dl.facts {
            dt { "Dossier" }
            dd {
                @match &aid.person {
                    Some(number) => { a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) } },
                    None => "effacé",
                }
            }
            dt { "Aide" }
            dd { (aid.dispositif.code) @if !aid.nature.is_empty() { ", " (aid.nature) } ", " (aid.month.in_words()) }
            dt { "Accordée" } dd { (aid.amount.to_euros()) ", le " (aid.decided_on.to_french()) }
            @for (day, amount) in &aid.payments {
                dt { "Versé" } dd { (amount.to_euros()) ", le " (day.to_french()) }
            }
        }
    }
}

/// Does it, or says why not.
pub(in crate::web) async fn act(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let act = Act::of(&visitor)?;
    let key = fields.text(AID).to_string();
    if key.is_empty() {
        return Err(Problem::unreadable(
            "Ce formulaire ne dit pas quelle aide\u{a0}: ouvrez-le de nouveau depuis la page de l'aide.",
        ));
    }
    let aid = of_address(&server, &reference, &key).await?;
    match done(&server, &visitor, &aid, act, &mut fields).await {
        Ok(Some(said)) => {
            server.sessions.say(&visitor.token, said);
            let place = drill::aid(visitor.year.code, aid.aid, &reference);
            return Ok(Redirect::to(&place).into_response());
        }
        Ok(None) => {}
        Err(AppError::Refused(message) | AppError::Usage(message)) => fields.fault("", message),
        Err(error) => return Err(error.into()),
    }
    let now = of_address(&server, &reference, &key).await?;
    Ok(page(&server, &visitor, &now, &fields, act).await?.into_response())
}

/// Returns what was done; nothing where the form says why it was not.
async fn done(
    server: &Server,
    visitor: &Visitor,
    of: &AidPage,
    act: Act,
    fields: &mut Fields,
) -> Result<Option<String>, AppError> {
    let store = server.base().ok_or_else(|| AppError::Machine("la base n'est pas là".into()))?;
    let (clock, actor, aid) = (server.clock, visitor.actor(), AidAsked::Key(of.aid));
    let (amount, on) = (fields.amount("montant"), fields.day("le", visitor.frame.today));
    let reason = fields.text("motif").to_string();
    if matches!(act, Act::Cancel | Act::FindUndue) {
        fields.required("motif", "Dites pourquoi");
    }
    if !fields.faults.is_empty() {
        return Ok(None);
    }
    let (asked, undue) = (fields.asked(visitor), fields.text("indu").parse().unwrap_or(0));
    let euros = |amount: &str| Amount::parse(amount).unwrap_or_default().to_euros();
    let left = |left: Option<String>| match left.and_then(|left| Amount::parse(&left).ok()) {
        Some(left) if left.is_positive() => format!(" Reste {}.", left.to_euros()),
        _ => " Il ne reste rien.".to_string(),
    };
    let mut said = |is_done: bool, findings: &[Wording], said: String| {
        refuse(fields, findings);
        Ok(is_done.then_some(said))
    };
    match act {
        Act::Pay => {
            let request = PayRequest { aid, paid_on: on, amount, asked, dry_run: false };
            let report = app::pay_aid(store, clock, &actor, &request).await?;
            let words = format!("Versement de {} noté.{}", euros(&report.montant), left(report.reste));
            said(report.versee, &report.constats, words)
        }
        Act::Cancel => {
            app::cancel_aid(store, clock, &actor, &aid, &reason, asked.as_ref()).await?;
            Ok(Some(format!("Aide {} annulée.", of.reference)))
        }
        Act::FindUndue => {
            let request = UndueRequest { aid, amount, found_on: on, reason, asked, dry_run: false };
            let report = app::record_undue(store, clock, &actor, &request).await?;
            let number = report.numero.unwrap_or_default();
            let words = format!("Indu n°\u{a0}{number} noté\u{a0}: {}.", euros(&report.montant));
            said(report.enregistre, &report.constats, words)
        }
        Act::Recover => {
            let written_off = Some(reason).filter(|reason| !reason.is_empty());
            let request = RecoverRequest { undue, amount, on, written_off, asked, dry_run: false };
            let report = app::recover_undue(store, clock, &actor, &request).await?;
            let words = format!("{} notés.{}", euros(&report.montant), left(report.reste));
            said(report.enregistre, &report.constats, words)
        }
    }
}
