//! Rules tried: every fault of what is sent, then a past year judged under them. Nothing is kept.

use super::rule_publication::confirmation;
use crate::app::{self, AppError, Right, RuleFiles, RulesReport};
use crate::money::group_thousands;
use crate::web::fields::{CSRF, Fields, Posted};
use crate::web::jobs::Done;
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::results::{Made, Outcome};
use crate::web::server::Server;
use crate::web::view::{Field, faults, size};
use crate::web::visitor::Visitor;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// The longest form of rules, in bytes.
pub(in crate::web) const LONGEST: usize = 1 << 20;

/// The longest texts that come back on the page, in bytes: a page stays light.
const LONGEST_TEXTS: usize = 200 << 10;

/// Files to try, by path.
pub(in crate::web) type Sent = Vec<(String, String)>;

/// Asks for rule files; those of a version where the address names one.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let sent = match visitor.asked("version") {
        "" => Vec::new(),
        version => vec![app::rule_text(server.store()?, version).await?],
    };
    Ok(page(&visitor, &Fields::default(), &sent, &html! {}))
}

fn page(visitor: &Visitor, fields: &Fields, sent: &[(String, String)], answer: &Markup) -> Html<String> {
    let body = html! {
        (answer)
        (faults(fields))
        form method="post" action=(visitor.link("/regles/essai", &[])) enctype="multipart/form-data" {
            (csrf(visitor))
            @for (rank, (path, text)) in sent.iter().enumerate() {
                @let id = format!("texte-{rank}");
                input type="hidden" name="chemin" value=(path);
                div.field {
                    label for=(id) { (path) }
                    textarea.rule #(id) name="texte" rows="24" spellcheck="false" autocapitalize="off" { "\n" (text) }
                }
            }
            div.field {
                label for="fichiers" { @if sent.is_empty() { "Fichiers de règles" } @else { "Autres fichiers" } }
                span.hint #fichiers-aide { "un ou plusieurs fichiers .toml, " (size(LONGEST_TEXTS as u64)) " en tout" }
                input #fichiers type="file" name="fichiers" accept=".toml,.csv,text/plain" multiple aria-describedby="fichiers-aide";
            }
            @if !sent.is_empty() { (Field::choice("annee", "Exercice à simuler", years(visitor)).required().show(fields)) }
            p.actions {
                button.main name="faire" value="verifier" { "Vérifier" }
                @if !sent.is_empty() {
                    button name="faire" value="simuler" { "Simuler sur cet exercice" }
                    @if visitor.may(Right::Approve) {
                        button name="faire" value="publier" { "Voir ce qui changerait, puis publier" }
                    }
                }
            }
        }
        p.note {
            "Rien de ce qui est envoyé ici n'est gardé ni mis en vigueur avant la publication. "
            @if sent.is_empty() { "Pour partir d'une règle en vigueur, ouvrez-la dans " a href="/regles" { "Règles" } " et choisissez « Essayer une modification »." }
        }
    };
    let page = Page::new("Essayer des règles", body).under("Règles", "/regles");
    page.show(visitor)
}

/// The years that can be simulated, that of the page first.
fn years(visitor: &Visitor) -> Vec<(String, String)> {
    let (mut year, last) = (visitor.frame.years.first(), visitor.frame.years.last());
    let mut codes = vec![year.code];
    while year != last {
        year = year.next();
        codes.push(year.code);
    }
    codes.sort_by_key(|code| (*code != visitor.year.code, std::cmp::Reverse(*code)));
    codes.into_iter().map(|code| (code.to_string(), code.to_string())).collect()
}

/// Verifies what is sent; then simulates it, or shows what publishing it would change.
pub(in crate::web) async fn verify(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let (mut fields, sent) = read(&visitor, request).await?;
    if sent.is_empty() {
        fields.fault("fichiers", "Choisissez un fichier de règles");
    }
    if sent.iter().map(|(_, text)| text.len()).sum::<usize>() > LONGEST_TEXTS {
        fields.fault(
            "fichiers",
            format!("{} en tout : essayez-les en plusieurs fois", size(LONGEST_TEXTS as u64)),
        );
        return Ok(page(&visitor, &fields, &[], &html! {}).into_response());
    }
    if !fields.faults.is_empty() {
        return Ok(page(&visitor, &fields, &sent, &html! {}).into_response());
    }
    let store = server.store()?;
    let report = app::verify_rules_of_base(store, RuleFiles::Sent(&sent)).await?;
    if !report.fautes.is_empty() {
        return Ok(page(&visitor, &fields, &sent, &told(&report)).into_response());
    }
    match fields.text("faire") {
        "simuler" => {
            let year = fields.text("annee").parse().unwrap_or(visitor.year.code);
            Ok(Redirect::to(&simulate(&server, &visitor, sent, year)?).into_response())
        }
        "publier" if visitor.may(Right::Approve) => {
            Ok(confirmation(&server, &visitor, &Fields::default(), &sent).await?.into_response())
        }
        _ => Ok(page(&visitor, &fields, &sent, &told(&report)).into_response()),
    }
}

/// Reads a form with files: its fields, and the texts by path, each line ended as in the base.
async fn read(visitor: &Visitor, request: Request) -> Result<(Fields, Sent), Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/") {
        // No file came: the form is proved as any other.
        return Posted::from_request(request, &()).await.map(|Posted(fields)| (fields, Sent::new()));
    }
    let unread = |_| Problem::unreadable("Ces fichiers sont trop longs, ou ont été coupés en route.");
    let cut = |_| Problem::unreadable("Ces fichiers ont été coupés en route.");
    let mut form = Multipart::from_request(request, &()).await.map_err(cut)?;
    let (mut pairs, mut sent, mut faults) = (Vec::new(), Sent::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_string();
        let file = part.file_name().map(|file| file.rsplit(['/', '\\']).next().unwrap_or(file).to_string());
        let bytes = part.bytes().await.map_err(unread)?;
        match (String::from_utf8(bytes.to_vec()), file) {
            (Ok(text), None) => pairs.push((name, text)),
            (Ok(text), Some(file)) if !file.is_empty() && !text.is_empty() => sent.push((file, text)),
            (Ok(_), Some(_)) => {}
            (Err(_), file) => {
                let file = file.unwrap_or(name);
                faults.push(format!("{file} : ce n'est pas un texte en UTF-8"));
            }
        }
    }
    let mut fields = Fields::of(pairs);
    if fields.secret(CSRF) != visitor.csrf {
        return Err(Problem::forged());
    }
    faults.into_iter().for_each(|fault| fields.fault("fichiers", fault));
    let pasted = fields.all("chemin").zip(fields.all("texte"));
    let mut all: Sent = pasted.map(|(path, text)| (path.to_string(), text.to_string())).collect();
    // A file sent again takes the place of the text that was on the page.
    let own = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
    for (file, text) in sent {
        match all.iter_mut().find(|(path, _)| own(path) == file) {
            Some((_, old)) => *old = text,
            None => all.push((file, text)),
        }
    }
    all.iter_mut().for_each(|(_, text)| *text = text.replace("\r\n", "\n"));
    Ok((fields, all))
}

/// What the verification found, in the words of its command.
fn told(report: &RulesReport) -> Markup {
    let points = |number: usize, one: &str, several: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{} {several}", group_thousands(number as u64)),
    };
    html! {
        @if report.fautes.is_empty() {
            div.good role="status" {
                h2 { "Tout est conforme" }
                p { (points(report.exemples, "exemple joué", "exemples joués")) ", sur les règles envoyées et celles en vigueur." }
            }
        } @else {
            div.bad role="alert" {
                h2 { (points(report.fautes.len(), "faute", "fautes")) }
                (listed(&report.fautes))
            }
        }
        @if !report.avertissements.is_empty() {
            div.warning {
                h2 { (points(report.avertissements.len(), "avertissement", "avertissements")) }
                (listed(&report.avertissements))
            }
        }
    }
}

/// Each fault in its words, then the lines of the file where it is.
fn listed(faults: &[String]) -> Markup {
    html! {
        ul.faults {
            @for fault in faults {
                @let (words, excerpt) = fault.split_once('\n').unwrap_or((fault, ""));
                li { p { (words) } @if !excerpt.is_empty() { pre { (excerpt) } } }
            }
        }
    }
}

/// Judges a past year again under them, in a job; returns the address of its page.
fn simulate(server: &Arc<Server>, visitor: &Visitor, sent: Sent, year: i16) -> Result<String, Problem> {
    let (store, owner) = (server.store()?.clone(), visitor.user.name.clone());
    let shared = server.clone();
    server.jobs.start(&visitor.user.name, "Simulation", move |job| async move {
        let progress = |what: &str, done, total| match what {
            "simulation" => job.say("Aides jugées à nouveau", done, total),
            _ => job.say("Lecture des aides", done, total),
        };
        let tables = app::simulate_rules(&store, RuleFiles::Sent(&sent), year, &progress).await?;
        let title = tables.first().map_or_else(String::new, |table| table.title.clone());
        let outcome = Outcome {
            title: title.clone(),
            above: ("Essayer des règles", "/regles/essai"),
            notes: Vec::new(),
            made: Made::Tables(tables),
        };
        let key = shared.results.put(&owner, shared.clock.moment(), outcome)?;
        let leads_to = format!("/resultats/{key}");
        Ok::<_, Problem>(Done { said: format!("{title} : terminée. Rien n'a été écrit."), leads_to })
    })
}

/// What cannot be done with what was sent, in words.
pub(in crate::web) fn refusal(error: AppError) -> Result<String, Problem> {
    match error {
        AppError::Refused(message) | AppError::Usage(message) => Ok(message),
        error @ (AppError::Rules(_) | AppError::Dispositif(_) | AppError::Profile(_)) => {
            Ok(error.to_string())
        }
        error => Err(error.into()),
    }
}
