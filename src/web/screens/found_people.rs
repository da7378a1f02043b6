//! People found by one field, their number or the beginning of their name, which is sent and never in an
//! address: the only one is gone to, several are shown to choose from.

use crate::app::{self, FoundPerson};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::response::Redirect;
use maud::{Markup, html};

/// What the field of a search says under its label.
pub(super) const HINT: &str = "numéro de dossier, ou début du nom";

/// What a search leads to.
pub(super) enum Search {
    /// To the page of the one person who answers.
    One(Redirect),
    /// To a choice, or to nobody.
    Choice(Markup),
}

/// Searches people; `to` makes the address where a person is gone to, from their number.
pub(super) async fn search(
    server: &Server,
    visitor: &Visitor,
    who: &str,
    to: impl Fn(&str) -> String,
) -> Result<Search, Problem> {
    let found = app::search_people(server.store()?, &visitor.actor(), who).await?;
    Ok(match found.as_slice() {
        [one] => Search::One(Redirect::to(&to(&one.number))),
        several => Search::Choice(choice(several, to)),
    })
}

fn choice(found: &[FoundPerson], to: impl Fn(&str) -> String) -> Markup {
    html! {
        @if found.is_empty() {
            p.warning { "Personne ne répond à cette recherche. Cherchez par le numéro de dossier, ou par le début du nom de famille." }
        } @else {
            h2 { "Laquelle de ces personnes ?" }
            ul.choices {
                @for one in found {
                    li {
                        a.button href=(to(&one.number)) {
                            (one.last_name) " " (one.first_name) ", " (one.number)
                            @if let Some(born) = one.born_on { ", né(e) le " (born.to_french()) }
                        }
                    }
                }
            }
            @if found.len() >= app::MOST_FOUND { p.note { "Les vingt premières : précisez la recherche." } }
        }
    }
}
