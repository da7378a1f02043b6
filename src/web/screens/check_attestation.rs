//! Whether an attestation is authentic, for whoever holds it: a landlord, a family allowance fund. Nothing
//! is said of the person, and nothing of what is not authentic.

use super::attestations::months;
use crate::app::{self, AppError, Authentic, ReceivedFile};
use crate::web::fields::{Fields, Posted};
use crate::web::page::Page;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, faults, save, size};
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// The longest file that is looked at, in bytes.
pub(in crate::web) const LONGEST_FILE: usize = 10 << 20;

/// What all who verify share of the requests that are answered in a second: they sign in nowhere.
const VISITOR: &str = "/verifier";

/// Asks for a code or a file.
pub(in crate::web) async fn show() -> Html<String> {
    page(&Fields::default(), &html! {})
}

fn page(fields: &Fields, answer: &Markup) -> Html<String> {
    let body = html! {
        (answer)
        p { "Une attestation porte au bas de chaque page un code. Il dit si elle a bien été délivrée par cette structure, et telle quelle. Rien n'est gardé de ce que vous envoyez ici." }
        (faults(fields))
        h2 { "Par son code" }
        form.fields.narrow method="post" action="/verifier" {
            (Field::text("code", "Code de l'attestation").hint("comme AT-2024-000123-9f3a-11c0-77de-0a2b")
                .required().show(fields))
            (save("Vérifier le code"))
        }
        h2 { "Par son fichier" }
        form.fields.narrow method="post" action="/verifier/fichier" enctype="multipart/form-data" {
            div.field {
                label for="fichier" { "Fichier PDF reçu" }
                span.hint #fichier-aide { (size(LONGEST_FILE as u64)) " au plus, tel qu'il a été reçu, non imprimé puis numérisé" }
                input #fichier type="file" name="fichier" accept="application/pdf" required aria-describedby="fichier-aide";
            }
            (save("Vérifier le fichier"))
        }
    };
    Page::new("Vérifier une attestation", body).show_to_all()
}

/// Says what is found; the same words for all that is not authentic.
fn answer(found: Option<&Authentic>) -> Markup {
    html! {
        @match found {
            Some(one) => {
                div.good role="status" {
                    h2 { "Authentique" }
                    p { "L'attestation n°\u{a0}" (one.number) " a bien été délivrée par " (one.structure) " le " (one.issued_on.in_words()) "." }
                    p {
                        "Elle porte sur la période " (months(one.months)) ", selon " (one.basis.in_words())
                        @if let Some(total) = one.total { ", pour un total de " strong { (total.to_euros()) } }
                        "."
                    }
                    p { "Comparez ces indications à celles du document. Le nom n'est pas donné ici : seul le fichier reçu, vérifié ci-dessous, garantit chaque ligne." }
                }
            },
            None => {
                div.bad role="status" {
                    h2 { "Non reconnue" }
                    p { "Ce qui a été envoyé n'est celui d'aucune attestation délivrée ici. Un code se recopie parfois mal, un fichier enregistré à nouveau n'est plus le même : vérifiez ce que vous avez envoyé. Si rien n'y change, ne vous fiez pas au document, et interrogez la structure." }
                }
            },
        }
    }
}

/// Answers for a code.
pub(in crate::web) async fn check_code(
    State(server): State<Arc<Server>>,
    Posted(mut fields): Posted,
) -> Result<Response, Problem> {
    slow_enough(&server)?;
    match app::authentic_code(server.store()?, fields.text("code")).await {
        Ok(found) => Ok(page(&fields, &answer(found.as_ref())).into_response()),
        Err(AppError::Usage(message)) => {
            fields.fault("code", message);
            Ok(page(&fields, &html! {}).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Answers for a file, of which only the digest is made.
pub(in crate::web) async fn check_file(
    State(server): State<Arc<Server>>,
    sent: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let mut sent = sent.map_err(|_| Problem::unreadable("Envoyez le fichier par la page Vérifier."))?;
    slow_enough(&server)?;
    let store = server.store()?;
    let unread = |_| {
        let most = size(LONGEST_FILE as u64);
        Problem::unreadable(format!("Ce fichier est trop long ({most} au plus), ou a été coupé en route."))
    };
    while let Some(mut field) = sent.next_field().await.map_err(unread)? {
        if field.name() != Some("fichier") {
            continue;
        }
        let mut file = ReceivedFile::default();
        let mut empty = true;
        while let Some(bytes) = field.chunk().await.map_err(unread)? {
            file.take(&bytes);
            empty &= bytes.is_empty();
        }
        if !empty {
            let found = file.authentic(store).await?;
            return Ok(page(&Fields::default(), &answer(found.as_ref())).into_response());
        }
    }
    let mut fields = Fields::default();
    fields.fault("fichier", "Choisissez le fichier de l'attestation");
    Ok(page(&fields, &html! {}).into_response())
}

fn slow_enough(server: &Server) -> Result<(), Problem> {
    if server.rates.allow(VISITOR, server.clock.moment()) { Ok(()) } else { Err(Problem::too_many(1)) }
}
