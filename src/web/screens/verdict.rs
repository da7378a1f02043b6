//! A verdict as pages show it: the answer in words, then each rule, those that refuse first.

use crate::app::{Question, ReasonLine, Verdict};
use crate::money::Amount;
use crate::web::view::table;
use maud::{Markup, html};

/// The states of rules, in the order in which they are read, with the words above them.
const STATES: [(&str, &str, &str); 5] = [
    ("refuse", "Ce qui refuse", "no"),
    ("à noter", "À noter", "mind"),
    ("non vérifiée", "À vérifier par vous : rien n'est déclaré", "mind"),
    ("levée", "Levé", "mind"),
    ("respectée", "Ce qui est respecté", "ok"),
];

/// Returns the largest amount that would be accepted, where something limits it and something is left.
pub(super) fn most(verdict: &Verdict) -> Option<Amount> {
    let most = verdict.montant_maximal.as_deref().and_then(|most| Amount::parse(most).ok());
    most.filter(|most| most.is_positive())
}

/// The answer: yes or no, how much at most, what limits it and what would next.
pub(super) fn answer(question: &Question, verdict: &Verdict) -> Markup {
    let said = match question.amount {
        Some(amount) if verdict.accepte => format!("{} peuvent être accordés", amount.to_euros()),
        Some(amount) => format!("{} ne peuvent pas être accordés", amount.to_euros()),
        None => match most(verdict) {
            Some(most) if verdict.accepte => format!("jusqu'à {}", most.to_euros()),
            None if verdict.accepte && verdict.montant_maximal.is_none() => {
                "aucune règle ne limite le montant".to_string()
            }
            _ => "rien ne peut être accordé".to_string(),
        },
    };
    let month = question.month.unwrap_or(question.on.month());
    let notes = verdict.tables().first().map_or(&[][..], |table| table.notes.as_slice());
    html! {
        div.answer.good[verdict.accepte].bad[!verdict.accepte] {
            h2 { @if verdict.accepte { "OUI" } @else { "NON" } ", " (said) "." }
            p {
                (question.dispositif)
                @if let Some(nature) = question.nature.as_ref().filter(|nature| !nature.is_empty()) { ", " (nature) }
                ", " (month.in_words()) ", décision du " (question.on.to_french())
                @if question.committee { ", par une commission" }
            }
            @for note in notes { p { (note) } }
        }
    }
}

/// Every rule, and how the amount due is found.
pub(super) fn rules(verdict: &Verdict) -> Markup {
    html! {
        @for (state, heading, class) in STATES {
            @let reasons: Vec<&ReasonLine> = verdict.raisons.iter().filter(|reason| reason.etat == state).collect();
            @if !reasons.is_empty() {
                h3 { (heading) }
                ul.rules {
                    @for reason in reasons { (rule(reason, class)) }
                }
            }
        }
        @for due in verdict.tables().iter().skip(1) { (table(due, |_, _| None)) }
    }
}

fn rule(reason: &ReasonLine, class: &str) -> Markup {
    let figures = [("Trouvé", &reason.valeur), ("Limite", &reason.borne), ("Reste", &reason.reste)];
    html! {
        li {
            p {
                span class={ "badge " (class) } { (reason.etat) } " "
                (reason.message.trim_end_matches(" — règle à vérifier"))
            }
            p.note {
                @for (words, figure) in figures {
                    @if let Some(figure) = figure { span.found { (words) "\u{a0}: " (in_french(figure)) } " " }
                }
                (reason.article)
                @if reason.certitude == "à vérifier" { " — texte à vérifier" }
            }
        }
    }
}

/// Writes a figure of the contract as people do: `552.29` is an amount, `24` is not.
fn in_french(figure: &str) -> String {
    match Amount::parse(figure) {
        Ok(amount) if figure.contains('.') => amount.to_french(),
        _ => figure.to_string(),
    }
}
