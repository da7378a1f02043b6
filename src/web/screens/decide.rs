//! "150 € for the train tomorrow, possible?": one screen, from the question to the verdict.

use super::found_people::{HINT, Search, search as search_for};
use super::propose::NO_COMMITTEE;
use super::verdict;
use crate::app::{self, OpenDispositif, PersonFile, Question, Right, Verdict, View};
use crate::web::address::segment;
use crate::web::fields::{Fields, Posted};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::typeset::typeset;
use crate::web::view::{Field, faults, hidden};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// What the address says of the aid: a search of another person keeps it.
const OF_THE_AID: [&str; 6] = ["dispositif", "nature", "montant", "le", "mois", "commission"];

/// Shows the question, and the verdict once all is there; with `?fragment=1`, the verdict alone.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let mut fields = visitor.fields();
    let (store, actor) = (server.store()?, visitor.actor());
    let today = visitor.frame.today;
    let number = fields.text("numero").to_string();
    if number.is_empty() {
        return Ok(asks_for_somebody(&visitor, &fields, html! {}));
    }
    let is_fragment = !visitor.asked("fragment").is_empty();
    match is_fragment {
        // The page that asks again as one types was noted when it was opened.
        true => server.views()?.note_again(&actor, &number, View::Evaluation).await?,
        false => server.views()?.note(&actor, &number, View::Evaluation).await?,
    }
    let (day, month) = (fields.day("le", today), fields.month("mois"));
    let day = day.unwrap_or_else(|| app::usual_day(month, today));
    let month = month.unwrap_or(day.month());
    let amount = fields.amount("montant");
    let open = app::open_dispositifs(store, &actor, day).await?;
    let asked = fields.text("dispositif").to_string();
    let chosen = open.iter().find(|one| one.code == asked);
    if !asked.is_empty() && chosen.is_none() {
        fields.fault("dispositif", format!("Aucune aide « {asked} » ne se décide le {}", day.to_french()));
    }
    let nature = fields.text("nature").to_string();
    let question =
        chosen.filter(|chosen| !nature.is_empty() || chosen.natures.is_empty()).map(|chosen| Question {
            dispositif: chosen.code.clone(),
            beneficiary: number.clone(),
            amount,
            nature: Some(nature.clone()),
            month: Some(month),
            on: day,
            committee: !fields.text("commission").is_empty(),
            rules: None,
        });
    let verdict = match question.filter(|_| fields.faults.is_empty()) {
        Some(question) => {
            let verdict = app::evaluate_aid(store, &actor, &question).await?;
            Some(answer(&visitor, &question, &verdict, chosen))
        }
        None => None,
    };
    let verdict = html! {
        section #verdict data-live aria-live="polite" {
            @match verdict {
                Some(verdict) => (verdict),
                None => @if let Some(chosen) = chosen.filter(|_| fields.faults.is_empty()) { (natures(&visitor, chosen)) },
            }
        }
    };
    if is_fragment {
        return Ok(Html(typeset(&verdict.into_string())));
    }
    let file = app::person_file(store, &actor, &number, today, month).await?;
    let years = &visitor.frame.years;
    // Of a year that is not open, nothing was given: what the page looks at is told.
    let year = years.get(years.code_of(month));
    let body = html! {
        (tabs(&visitor))
        (somebody(&visitor, &file))
        (faults(&fields))
        (question_form(&visitor, &fields, &open, chosen))
        (verdict)
        (this_year(&visitor, &file, year.unwrap_or(visitor.year).code))
    };
    Ok(Page::new("Décider d'une aide", body).show(&visitor))
}

/// Finds the person by number or name: a name is never in an address.
pub(in crate::web) async fn search(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let who = fields.required("qui", "Écrivez un numéro ou un nom");
    if !fields.faults.is_empty() {
        return Ok(asks_for_somebody(&visitor, &fields, html! {}).into_response());
    }
    let to = |number: &str| {
        let mut query = vec![("numero", number)];
        query.extend(OF_THE_AID.iter().map(|key| (*key, fields.text(key))));
        visitor.link("/decider", &query)
    };
    Ok(match search_for(&server, &visitor, &who, to).await? {
        Search::One(place) => place.into_response(),
        Search::Choice(list) => asks_for_somebody(&visitor, &fields, list).into_response(),
    })
}

/// The registers of what is asked and decided, a tab each.
pub(super) fn tabs(visitor: &Visitor) -> Markup {
    let places = [
        ("/decider", "Décider", Right::See),
        ("/propositions", "Propositions", Right::See),
        ("/derogations", "Dérogations", Right::Read),
        ("/refus", "Refus", Right::Read),
    ];
    html! {
        nav.tabs aria-label="Décider" {
            ul {
                @for (place, words, _) in places.iter().filter(|(.., right)| visitor.may(*right)) {
                    li {
                        a href=(visitor.link(place, &[])) aria-current=[(visitor.path == *place).then_some("page")] { (words) }
                    }
                }
            }
        }
    }
}

fn asks_for_somebody(visitor: &Visitor, fields: &Fields, found: Markup) -> Html<String> {
    let body = html! {
        (tabs(visitor))
        (faults(fields))
        form.fields.narrow method="post" action="/decider" {
            (csrf(visitor))
            @for key in OF_THE_AID { @if !fields.text(key).is_empty() { (hidden(key, fields.text(key))) } }
            (Field::text("qui", "Pour qui ?").hint(HINT).required().show(fields))
            p.actions { button.main { "Continuer" } }
        }
        (found)
    };
    Page::new("Décider d'une aide", body).show(visitor)
}

fn somebody(visitor: &Visitor, file: &PersonFile) -> Markup {
    let who = &file.who;
    let kept: Vec<(&str, &str)> = OF_THE_AID.iter().map(|key| (*key, visitor.asked(key))).collect();
    html! {
        p.name {
            (who.last_name) " " (who.first_name)
            span.note {
                " " (who.number)
                @if let Some(age) = file.age { ", " (age) " ans" }
                @if who.rqth == Some(true) { ", RQTH" }
            }
        }
        p.noprint {
            a href=(visitor.link(&format!("/personnes/{}", segment(&who.number)), &[])) { "Son dossier" }
            " · "
            a href=(visitor.link("/decider", &kept)) { "Une autre personne" }
        }
    }
}

fn question_form(
    visitor: &Visitor,
    fields: &Fields,
    open: &[OpenDispositif],
    chosen: Option<&OpenDispositif>,
) -> Markup {
    let mut choices = vec![(String::new(), "Choisissez…".to_string())];
    choices.extend(open.iter().map(|one| {
        let words =
            format!("{} — {}{}", one.code, one.label, if one.here { "" } else { " (sans enveloppe ici)" });
        (one.code.clone(), words)
    }));
    let listed = chosen.filter(|chosen| !chosen.natures.is_empty());
    let apart = !fields.text("mois").is_empty() || !fields.text("commission").is_empty();
    html! {
        form.question method="get" action="/decider#verdict" {
            (hidden("numero", fields.text("numero")))
            (hidden("exercice", &visitor.year.code.to_string()))
            div.fields.row {
                (Field::choice("dispositif", "Quelle aide ?", choices).required().show(fields))
                @if let Some(chosen) = listed {
                    @let natures = [String::new()].into_iter().chain(chosen.natures.iter().cloned());
                    @let natures = natures.map(|one| (one.clone(), if one.is_empty() { "Choisissez…".into() } else { one }));
                    (Field::choice("nature", "Pour quoi ?", natures.collect()).required().show(fields))
                } @else {
                    (Field::text("nature", "Pour quoi ?").hint("transport, repas…").show(fields))
                }
                (Field::amount("montant", "Combien ?").hint("sans montant\u{a0}: le plus possible").show(fields))
                (Field::day("le", "Quel jour ?").hint("si rien n'est écrit\u{a0}: aujourd'hui, ou le dernier jour d'un mois passé").show(fields))
            }
            details open[apart] {
                summary { "Autre mois, commission" }
                div.fields.row {
                    (Field::month("mois", "Mois de l'aide").hint("mm/aaaa ; celui du jour si rien n'est écrit").show(fields))
                    label.check {
                        input type="checkbox" name="commission" value="oui" checked[!fields.text("commission").is_empty()];
                        "Une commission décide"
                    }
                }
            }
            p.actions { button.main { "Est-ce possible ?" } }
        }
    }
}

/// The natures of a dispositif that lists them, each a touch away.
fn natures(visitor: &Visitor, chosen: &OpenDispositif) -> Markup {
    html! {
        h2 { "Pour quoi, au titre de « " (chosen.label) " » ?" }
        ul.choices {
            @for nature in &chosen.natures {
                li { a.button href={ (visitor.here_with("nature", nature)) "#verdict" } { (nature) } }
            }
        }
    }
}

/// The verdict, and what can be done of it.
fn answer(
    visitor: &Visitor,
    question: &Question,
    verdict: &Verdict,
    chosen: Option<&OpenDispositif>,
) -> Markup {
    html! {
        (verdict::answer(question, verdict))
        @if let Some(most) = verdict::most(verdict).filter(|most| question.amount.is_some_and(|asked| *most != asked)) {
            p.noprint {
                a href={ (visitor.here_with("montant", &most.to_plain())) "#verdict" } { "Poser la question pour " (most.to_euros()) }
            }
        }
        (next_steps(visitor, question, verdict, chosen))
        (verdict::rules(verdict))
    }
}

fn next_steps(
    visitor: &Visitor,
    question: &Question,
    verdict: &Verdict,
    chosen: Option<&OpenDispositif>,
) -> Markup {
    let Some(amount) = question.amount.or(verdict::most(verdict)) else { return html! {} };
    let month = question.month.unwrap_or(question.on.month());
    let (amount, month) = (amount.to_plain(), format!("{:02}/{}", month.of_year(), month.year()));
    let day = question.on.to_french();
    let mut query = vec![
        ("numero", question.beneficiary.as_str()),
        ("dispositif", question.dispositif.as_str()),
        ("nature", question.nature.as_deref().unwrap_or_default()),
        ("montant", &amount),
        ("mois", &month),
        ("le", &day),
        ("commission", if question.committee { "oui" } else { "" }),
    ];
    // A derogation lifts rules, not an envelope.
    let rules = chosen.map_or(&[][..], |chosen| chosen.rules.as_slice());
    let refusing = verdict.raisons.iter().filter(|reason| !reason.ok).map(|reason| reason.regle.as_str());
    let refusing: Vec<(&str, &str)> = refusing.map(|rule| ("regle", rule)).collect();
    let lifted = refusing.iter().all(|(_, rule)| rules.iter().any(|(code, _)| code == rule));
    html! {
        p.actions {
            @if verdict.accepte && visitor.may(Right::Record) {
                a.button.main href=(visitor.form_link("/decider/accorder", &query)) { "Accorder" }
            }
            // Who accepts a proposal is one person: no committee.
            @if !question.committee && visitor.may(Right::Propose) {
                a.button href=(visitor.form_link("/decider/proposer", &query)) { "Proposer" }
            }
            @if visitor.may(Right::Record) {
                a.button href=(visitor.form_link("/decider/refuser", &query)) { "Refuser, avec une lettre" }
            }
            @if !verdict.accepte && lifted && visitor.may(Right::Record) {
                a.button href=({ query.extend(&refusing); visitor.form_link("/derogations/nouvelle", &query) }) { "Demander une dérogation" }
            }
        }
        @if question.committee && visitor.may(Right::Propose) { p.note { (NO_COMMITTEE) } }
    }
}

fn this_year(visitor: &Visitor, file: &PersonFile, year: i16) -> Markup {
    let received = file.years.iter().find(|(code, _)| *code == year).map(|(_, received)| *received);
    let received = received.unwrap_or_default();
    let latest = file.aids.iter().rev().filter(|aid| aid.year == year && aid.mark != app::AidMark::Cancelled);
    html! {
        section.card.apart {
            h2 { "Déjà accordé pour " (year) }
            p {
                span.figure { (received.granted.to_euros()) }
                @if received.aids > 0 { ", dont " (received.paid.to_euros()) " versés" }
            }
            @if received.aids > 0 {
                ul.found {
                    @for aid in latest.take(5) {
                        li {
                            (aid.month.in_words()) "\u{a0}: " strong { (aid.amount.to_euros()) } ", " (aid.dispositif)
                            @if !aid.nature.is_empty() { ", " (aid.nature) }
                        }
                    }
                }
                @if received.aids > 5 {
                    p.note {
                        "Les cinq dernières sur " (received.aids) " : "
                        a href=(visitor.link(&format!("/personnes/{}", segment(&file.who.number)), &[])) { "toutes dans son dossier" }
                    }
                }
            }
        }
    }
}
