//! Importing a file in three steps: send it, see what importing it would do, import it. No question that the
//! file answers is asked.

use super::import_preview::{confirmation, options, page};
use crate::app::{self, FileKind, FileRequest, ImportReport, InputFile, Looked, Right, TableFormat, counted};
use crate::funding::Mode;
use crate::web::address::address;
use crate::web::export::{self, Shown};
use crate::web::fields::{Fields, KEY, Posted};
use crate::web::import_draft::{ImportDraft, Preview, Previewed};
use crate::web::jobs::{Done, aside};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::upload::receive;
use crate::web::view::faults;
use crate::web::visitor::Visitor;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Rows of the file that are shown as they are read.
const FIRST_ROWS: usize = 8;

/// Asks for a file.
pub(in crate::web) async fn show(visitor: Visitor) -> Html<String> {
    asks(&visitor, &Fields::default())
}

fn asks(visitor: &Visitor, fields: &Fields) -> Html<String> {
    let body = html! {
        (faults(fields))
        form.fields method="post" action=(visitor.link("/imports/nouveau", &[])) enctype="multipart/form-data" {
            (csrf(visitor))
            div.field.drop {
                label for="fichier" { "Le fichier à importer" }
                span.hint id="fichier-aide" {
                    "FEC, bénéficiaires, aides, parcours, enveloppes… en texte (CSV, TXT). Choisissez-le, ou déposez-le ici. Sa nature et son exercice sont lus dans le fichier. Rien n'est écrit avant votre accord."
                }
                input #fichier type="file" name="fichier" required aria-describedby="fichier-aide";
            }
            p.actions { button.main { "Lire le fichier" } }
        }
    };
    Page::new("Importer un fichier", body).under("Imports", visitor.link("/imports", &[])).show(visitor)
}

/// Receives the file and looks at its columns.
pub(in crate::web) async fn send(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let form = form.map_err(|_| Problem::unreadable("Ce formulaire n'envoie pas de fichier."))?;
    let Some((name, file)) = receive(&visitor, form, server.private_file()?).await? else {
        let mut fields = Fields::default();
        fields.fault("fichier", "Choisissez un fichier : celui-ci est absent, ou vide");
        return Ok(asks(&visitor, &fields).into_response());
    };
    let shared = server.clone();
    let draft = aside(move || async move {
        let input = InputFile::open_as(&file.path(), &name)?;
        let looked = app::look_at(shared.store()?, &input).await?;
        Ok(ImportDraft::new(file, input, looked))
    })
    .await?;
    let key = server.drafts.put(&visitor.user.name, server.clock.moment(), draft)?;
    Ok(Redirect::to(&visitor.link(&place(&key), &[])).into_response())
}

pub(super) fn place(key: &str) -> String {
    format!("/imports/nouveau/{key}")
}

/// Finds a file that was sent.
fn draft_of(server: &Server, visitor: &Visitor, key: &str) -> Result<Arc<ImportDraft>, Problem> {
    server.drafts.find(key, &visitor.user.name).ok_or_else(|| Problem {
        status: StatusCode::NOT_FOUND,
        title: "Fichier absent",
        message: "Ce fichier n'est plus ici : il est gardé un jour au plus, et seulement pour la personne qui l'a envoyé. Choisissez-le de nouveau dans «\u{a0}Imports\u{a0}».".into(),
    })
}

/// Reads what is asked of an import; what the file tells needs no word.
fn request_of(fields: &mut Fields, looked: &Looked) -> Option<FileRequest> {
    let chosen = fields.text("genre").split_once('/');
    let chosen = chosen.and_then(|(kind, profile)| Some((FileKind::parse(kind)?, profile.to_string())));
    let told = looked.recognised.as_ref().map(|told| (told.kind, told.profile.clone()));
    let (kind, profile) = chosen.or(told)?;
    let year = match fields.text("annee") {
        "" => None,
        text => {
            let year = text.parse().ok();
            if year.is_none() {
                fields.fault("annee", "Écrivez une année, comme 2024");
            }
            year
        }
    };
    let is_fec = kind == FileKind::Fec;
    let rounding = Some(fields.text("arrondi").to_string()).filter(|account| is_fec && !account.is_empty());
    Some(FileRequest {
        kind,
        profile,
        mode: Mode::parse(fields.text("mode")).filter(|_| kind == FileKind::Aids),
        all_or_nothing: fields.text("tout_ou_rien") == "oui" && !is_whole(kind),
        definitive: fields.text("definitif") == "oui" && is_fec,
        year: year.filter(|_| is_fec),
        rounding_account: rounding,
    })
}

/// Files that are imported whole or not at all.
pub(super) fn is_whole(kind: FileKind) -> bool {
    matches!(kind, FileKind::Fec | FileKind::Assignments)
}

/// Writes what is asked as pairs: what the file tells is left out.
pub(super) fn pairs_of(request: &FileRequest, looked: &Looked) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    let told = looked.recognised.as_ref();
    if !told.is_some_and(|told| told.kind == request.kind && told.profile == request.profile) {
        pairs.push(("genre", format!("{}/{}", request.kind.code(), request.profile)));
    }
    pairs.extend(request.mode.map(|mode| ("mode", mode.code().to_string())));
    pairs.extend(request.all_or_nothing.then(|| ("tout_ou_rien", "oui".to_string())));
    pairs.extend(request.definitive.then(|| ("definitif", "oui".to_string())));
    pairs.extend(request.year.map(|year| ("annee", year.to_string())));
    pairs.extend(request.rounding_account.clone().map(|account| ("arrondi", account)));
    pairs
}

/// Shows what importing the file would do.
pub(in crate::web) async fn preview(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let draft = draft_of(&server, &visitor, &key)?;
    if let (Some(lot), false) = draft.lot() {
        return Ok(Redirect::to(&visitor.link(&format!("/imports/{lot}"), &[])).into_response());
    }
    let mut fields = visitor.fields();
    let request = request_of(&mut fields, &draft.looked).filter(|_| fields.faults.is_empty());
    let Some(request) = request else {
        return Ok(unknown(&visitor, &draft, &fields).into_response());
    };
    match previewed(&server, &visitor, &draft, &request, &key).await? {
        Ok(preview) if visitor.asked("format") == "csv" => Ok(refusals(&preview)?),
        Ok(preview) => Ok(page(&visitor, &draft, &preview, &key, &Fields::default())?.into_response()),
        Err(work) => Ok(Redirect::to(&work).into_response()),
    }
}

/// Returns the preview of a request, or the page of the work that makes it.
async fn previewed(
    server: &Arc<Server>,
    visitor: &Visitor,
    draft: &Arc<ImportDraft>,
    request: &FileRequest,
    key: &str,
) -> Result<Result<Arc<Preview>, String>, Problem> {
    let generation = app::generation(server.store()?).await?;
    match draft.preview(request, &generation) {
        Previewed::Made(preview) => return Ok(Ok(preview)),
        Previewed::Being(work) => return Ok(Err(work)),
        Previewed::Not => {}
    }
    let pairs = pairs_of(request, &draft.looked);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let here = visitor.link(&place(key), &pairs);
    let (shared, file, actor) = (server.clone(), draft.clone(), visitor.actor());
    let (asked, of) = (request.clone(), generation.clone());
    let work = draft.start_preview(request, &generation, || {
        server.jobs.start(&visitor.user.name, "Lecture du fichier", |job| async move {
            let read = file.clone();
            let made = aside(move || async move {
                let (store, clock, input) = (shared.store()?, shared.clock, &read.input);
                let say = |what: &str, done: u64, total: u64| job.say(&capital(what), done, total);
                let report = app::import_file(store, clock, &actor, input, &asked, true, None, &say).await;
                let report = report.map_err(Problem::from);
                // What is wrong with the file is its preview; what is wrong with the machine passes.
                if let Err(problem) = &report
                    && problem.status.is_server_error()
                {
                    return Err(problem.clone());
                }
                let first = app::first_rows_of(store, input, asked.kind, &asked.profile, FIRST_ROWS).await?;
                let already = app::lot_of_file(store, &input.sniff.digest).await?;
                Ok(Preview { request: asked, generation: of, report, first, already })
            });
            file.previewed(made.await)?;
            Ok(Done { said: String::new(), leads_to: here })
        })
    })?;
    Ok(Err(work))
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The findings as a file.
fn refusals(preview: &Preview) -> Result<Response, Problem> {
    let report = preview.report.as_ref().map_err(Clone::clone)?;
    let bytes = app::tables_as_csv(&[report.findings()]).into();
    Ok(export::file("constats.csv", TableFormat::Csv.media_type(), Shown::Saved, bytes))
}

/// Asks what a file is, when its columns do not tell.
fn unknown(visitor: &Visitor, draft: &ImportDraft, fields: &Fields) -> Html<String> {
    let body = html! {
        (faults(fields))
        @if draft.looked.recognised.is_none() {
            div.warning {
                p { strong { (draft.input.name) } " : ses colonnes ne sont celles d'aucun fichier connu." }
                p { "Un classeur Excel s'enregistre d'abord en CSV («\u{a0}Enregistrer sous\u{a0}», CSV UTF-8). Si c'est le bon fichier, dites ce qu'il contient : l'aperçu nommera les colonnes qui manquent." }
            }
        }
        (options(visitor, &draft.looked, None, fields))
        p { a href=(visitor.link("/imports/nouveau", &[])) { "Choisir un autre fichier" } }
    };
    Page::new("Quel est ce fichier ?", body).under("Imports", visitor.link("/imports", &[])).show(visitor)
}

/// Imports the file, as its preview said.
pub(in crate::web) async fn import(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    let draft = draft_of(&server, &visitor, &key)?;
    let Some(request) = request_of(&mut fields, &draft.looked) else { return Err(Problem::not_found()) };
    let pairs = pairs_of(&request, &draft.looked);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let here = visitor.link(&place(&key), &pairs);
    if request.definitive {
        if !visitor.may(Right::Approve) {
            return Err(Problem::forbidden(Right::Approve.asks_for().code()));
        }
        let preview = match previewed(&server, &visitor, &draft, &request, &key).await? {
            Ok(preview) => preview,
            Err(work) => return Ok(Redirect::to(&work).into_response()),
        };
        let fec = preview.report.as_ref().ok().and_then(|report| report.fec.as_ref());
        if fields.text("confirmation") != confirmation(fec) {
            fields.fault("confirmation", format!("Écrivez exactement «\u{a0}{}\u{a0}»", confirmation(fec)));
            return Ok(page(&visitor, &draft, &preview, &key, &fields)?.into_response());
        }
    }
    let asked = fields.asked(&visitor);
    let (shared, file, actor) = (server.clone(), draft.clone(), visitor.actor());
    let year = visitor.year.code.to_string();
    let work = draft.start(fields.text(KEY), || {
        server.jobs.start(&visitor.user.name, "Import du fichier", |job| async move {
            let read = file.clone();
            let importing = aside(move || async move {
                let (store, clock) = (shared.store()?, shared.clock);
                let say = |what: &str, done: u64, total: u64| job.say(&capital(what), done, total);
                let asked = asked.as_ref();
                let report =
                    app::import_file(store, clock, &actor, &read.input, &request, false, asked, &say);
                report.await.map_err(Problem::from)
            });
            let report = file.imported(importing.await)?;
            let leads_to = match report.lot {
                Some(lot) => address(&format!("/imports/{lot}"), &[("exercice", &year)]),
                None => here,
            };
            Ok(Done { said: done(&report), leads_to })
        })
    })?;
    Ok(Redirect::to(&work).into_response())
}

/// What was done, in a sentence.
fn done(report: &ImportReport) -> String {
    let Some(lot) = report.lot else { return "Rien à écrire : 0 nouvelle ligne.".to_string() };
    let kept = match &report.fec {
        Some(fec) => counted(fec.gardees, "ligne gardée", "lignes gardées"),
        None => counted(report.acceptes, "ligne importée", "lignes importées"),
    };
    format!("Import fait, lot {lot} : {kept}, {}.", counted(report.refuses, "refusée", "refusées"))
}

/// Lets go of a file that is not to be imported.
pub(in crate::web) async fn forget(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
    Posted(_): Posted,
) -> Redirect {
    server.drafts.remove(&key, &visitor.user.name);
    server.sessions.say(&visitor.token, "Fichier abandonné : rien n'a été écrit.".into());
    Redirect::to(&visitor.link("/imports", &[]))
}
