//! The frame of every page: menu, search, year, what was just done, foot.

use super::assets::asset;
use super::fields::CSRF;
use super::problem::Problem;
use super::session::IDLE;
use super::typeset::typeset;
use super::visitor::Visitor;
use crate::app::Right;
use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

/// The places of the menu: address, words, the right it takes, its key after `g`.
const MENU: [(&str, &str, Right, &str); 9] = [
    ("/", "Tableau de bord", Right::Read, "t"),
    ("/decider", "Décider", Right::See, "d"),
    ("/personnes", "Personnes", Right::See, "p"),
    ("/aides", "Aides", Right::Read, "a"),
    ("/etats", "États", Right::Read, "e"),
    ("/imports", "Imports", Right::Read, "i"),
    ("/attestations", "Attestations", Right::Read, "c"),
    ("/regles", "Règles", Right::See, "r"),
    ("/administration", "Administration", Right::See, "m"),
];

/// A page to show.
pub(super) struct Page {
    title: String,
    above: Vec<(String, String)>,
    of_a_year: bool,
    comes_back: bool,
    body: Markup,
}

impl Page {
    /// Makes a page: its title is its one heading of the first level.
    pub(super) fn new(title: impl Into<String>, body: Markup) -> Page {
        Page { title: title.into(), above: Vec::new(), of_a_year: false, comes_back: false, body }
    }

    /// Says which page leads to this one, outermost first.
    pub(super) fn under(mut self, words: impl Into<String>, address: impl Into<String>) -> Page {
        self.above.push((words.into(), address.into()));
        self
    }

    /// Offers the other years of the base.
    pub(super) fn of_a_year(mut self) -> Page {
        self.of_a_year = true;
        self
    }

    /// Asks for it again each second, where no script does it.
    pub(super) fn comes_back(mut self) -> Page {
        self.comes_back = true;
        self
    }

    /// Shows it to a visitor.
    pub(super) fn show(self, visitor: &Visitor) -> Html<String> {
        Html(typeset(&layout(Some(visitor), &self).into_string()))
    }

    /// Shows it to anybody.
    pub(super) fn show_to_all(self) -> Html<String> {
        Html(typeset(&layout(None, &self).into_string()))
    }
}

/// Lays out what went wrong.
pub(super) fn problem_page(problem: &Problem, visitor: Option<&Visitor>) -> Markup {
    let body = html! {
        div.fault role="alert" {
            @for line in problem.message.lines() { p { (line) } }
        }
        p { a href="/" { "Retour à l'accueil" } }
    };
    layout(visitor, &Page::new(problem.title, body))
}

fn layout(visitor: Option<&Visitor>, page: &Page) -> Markup {
    let structure = visitor.map_or("", |visitor| visitor.frame.structure.as_str());
    html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex, nofollow";
                title {
                    (page.title)
                    @if !structure.is_empty() { " — " (structure) }
                    " — Denier"
                }
                link rel="stylesheet" href=(asset("style.css"));
                link rel="icon" type="image/svg+xml" href=(asset("icone.svg"));
                script src=(asset("app.js")) defer {}
                @if page.comes_back { noscript { meta http-equiv="refresh" content="1"; } }
            }
            body data-session=[visitor.map(|_| IDLE.as_secs())] {
                a.skip href="#contenu" { "Aller au contenu" }
                header.top {
                    a.brand href="/" { "Denier" }
                    @if let Some(visitor) = visitor {
                        span.structure { (structure) }
                        (search(visitor))
                        (account(visitor))
                    }
                }
                div.columns {
                    @if let Some(visitor) = visitor { (menu(visitor)) }
                    main #contenu tabindex="-1" {
                        @if !page.above.is_empty() { (trail(page)) }
                        div.title {
                            h1 { (page.title) }
                            @if let Some(visitor) = visitor.filter(|_| page.of_a_year) { (year(visitor)) }
                        }
                        @if let Some(said) = visitor.and_then(|visitor| visitor.said.as_ref()) {
                            p.said role="status" { (said) }
                        }
                        (page.body)
                    }
                }
                footer.foot {
                    @if let Some(visitor) = visitor {
                        p.printed { (structure) ", le " (visitor.frame.today.to_french()) }
                    }
                    p {
                        "Denier " (env!("CARGO_PKG_VERSION")) " · "
                        a href="/verifier" { "Vérifier une attestation" } " · "
                        a href="/accessibilite" { "Accessibilité" }
                    }
                }
            }
        }
    }
}

fn search(visitor: &Visitor) -> Markup {
    html! {
        form.search method="post" action="/personnes" role="search" {
            (csrf(visitor))
            label.hidden for="recherche" { "Numéro ou nom d'une personne" }
            input #recherche type="search" name="qui" placeholder="Numéro ou nom" autocomplete="off" required;
            button { "Chercher" }
        }
    }
}

fn account(visitor: &Visitor) -> Markup {
    html! {
        div.account {
            a href="/compte" { (visitor.user.name) }
            span.role { (visitor.user.role.code()) }
            form method="post" action="/deconnexion" {
                (csrf(visitor))
                button.plain { "Se déconnecter" }
            }
        }
    }
}

fn menu(visitor: &Visitor) -> Markup {
    let places = MENU.iter().filter(|(_, _, right, _)| visitor.may(*right));
    let is_here = |place: &str| match place {
        "/" => visitor.path == "/",
        _ => visitor.path == place || visitor.path.starts_with(&format!("{place}/")),
    };
    html! {
        nav.menu aria-label="Menu" {
            ul {
                @for (place, words, _, key) in places {
                    li {
                        a href=(visitor.link(place, &[])) data-key=(key)
                            aria-current=[is_here(place).then_some("page")] { (words) }
                    }
                }
            }
        }
    }
}

fn trail(page: &Page) -> Markup {
    html! {
        nav.trail aria-label="Fil d'Ariane" {
            ol {
                @for (words, address) in &page.above { li { a href=(address) { (words) } } }
                li { span aria-current="page" { (page.title) } }
            }
        }
    }
}

/// The choice of a year: a link each, so that it works everywhere.
fn year(visitor: &Visitor) -> Markup {
    let mut code = visitor.frame.years.first();
    let mut years = vec![code];
    while code != visitor.frame.years.last() {
        code = code.next();
        years.push(code);
    }
    html! {
        nav.years aria-label="Exercice" {
            span { "Exercice" }
            ul {
                @for year in years.iter().rev().take(6) {
                    li {
                        a href=(visitor.here_with("exercice", &year.code.to_string()))
                            aria-current=[(*year == visitor.year).then_some("true")] { (year.code) }
                    }
                }
            }
        }
    }
}

/// The field without which no form of a session is taken.
pub(super) fn csrf(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(visitor.csrf); }
}
