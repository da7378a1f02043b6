//! The guard of every route: who asks, from where, with which right.

use super::page::problem_page;
use super::problem::Problem;
use super::server::Server;
use super::typeset::typeset;
use super::visitor::Visitor;
use crate::app::{Right, frame, still_signed_in};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use std::sync::Arc;

/// Who may come to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: signing in, the style, the check of an attestation.
    Public,
    /// Whoever has this right.
    Needs(Right),
}

/// Everything comes from here, nothing is inline, nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Returns the name of the session's cookie.
pub(super) fn cookie_name(server: &Server) -> &'static str {
    if server.is_secure() { "__Host-denier" } else { "denier" }
}

/// Puts what every answer says to the browser.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page holds personal data: no cache keeps it.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses who may not come, and lays out what went wrong for who may.
pub(super) async fn guard(
    State((server, access)): State<(Arc<Server>, Access)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Err(problem) = comes_from_here(&server, &parts.method, &parts.headers) {
        return laid_out(problem.into_response(), None);
    }
    let is_page = parts.method == Method::GET;
    let visitor = match admitted(&server, access, &parts).await {
        Ok(visitor) => visitor,
        Err(Refusal::Elsewhere(place)) => return Redirect::to(&place).into_response(),
        Err(Refusal::Problem(problem, visitor)) => {
            return again_later(is_page, laid_out(problem.into_response(), visitor.as_deref()));
        }
    };
    if let Some(visitor) = &visitor {
        parts.extensions.insert(visitor.clone());
    }
    again_later(is_page, laid_out(next.run(Request::from_parts(parts, body)).await, visitor.as_ref()))
}

/// Makes a browser ask again for a page that cannot be shown now. A form waits for its sender.
fn again_later(is_page: bool, mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from_static("2");
        if is_page {
            response.headers_mut().insert(HeaderName::from_static("refresh"), seconds.clone());
        }
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

enum Refusal {
    Elsewhere(String),
    Problem(Problem, Option<Box<Visitor>>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem, None)
    }
}

/// Returns the visitor of a request: none on a public page.
async fn admitted(server: &Server, access: Access, request: &Parts) -> Result<Option<Visitor>, Refusal> {
    let now = server.clock.moment();
    let Access::Needs(right) = access else { return Ok(None) };
    if !server.is_set_up() {
        return Err(Refusal::Elsewhere("/installation".into()));
    }
    let jar = CookieJar::from_headers(&request.headers);
    let token = jar.get(cookie_name(server)).map(|cookie| cookie.value().to_string()).unwrap_or_default();
    let store = server.store()?;
    let signed_in = match server.sessions.find(&token, now) {
        None => None,
        Some(found) => {
            let user = still_signed_in(store, &found.user).await.map_err(Problem::from)?;
            user.map(|user| (user, found.csrf))
        }
    };
    let Some((user, csrf)) = signed_in else { return Err(signs_in_first(&request.method, &request.uri)) };
    if !server.rates.allow(&user.name, now) {
        return Err(Problem::too_many(1).into());
    }
    let frame = frame(store, server.clock).await.map_err(Problem::from)?;
    let mut visitor = Visitor::new(user, (token, csrf), frame, &request.uri)?;
    if !visitor.may(right) {
        let problem = Problem::forbidden(right.asks_for().code());
        return Err(Refusal::Problem(problem, Some(Box::new(visitor))));
    }
    if request.method == Method::GET {
        visitor.said = server.sessions.take_said(&visitor.token);
    }
    Ok(Some(visitor))
}

fn signs_in_first(method: &Method, uri: &Uri) -> Refusal {
    if method == Method::GET {
        let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
        let place = match wanted {
            "/" => "/connexion".to_string(),
            _ => super::address::address("/connexion", &[("vers", wanted)]),
        };
        return Refusal::Elsewhere(place);
    }
    Refusal::Problem(
        Problem {
            status: StatusCode::UNAUTHORIZED,
            title: "Session terminée",
            message: "Votre session a pris fin : rien n'a été enregistré. Connectez-vous, puis revenez à la page précédente de votre navigateur et renvoyez-la.".into(),
        },
        None,
    )
}

/// Refuses what another site makes a browser send, and names that are not ours.
fn comes_from_here(server: &Server, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let ours = match &server.origin {
        Some(origin) => origin.split_once("://").is_some_and(|(_, ours)| ours == host),
        None => is_loopback(host),
    };
    if !ours {
        return Err(Problem::unreadable(format!("Ce serveur ne répond pas au nom « {host} ».")));
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let origin = match &server.origin {
        Some(origin) => origin.clone(),
        None => format!("http://{host}"),
    };
    let from_here = text(ORIGIN).is_none_or(|from| from == origin);
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if from_here && site.is_none_or(|site| matches!(site, "same-origin" | "none")) {
        return Ok(());
    }
    Err(Problem::forged())
}

/// Tells whether a host and port name this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Lays out a problem as a page.
fn laid_out(response: Response, visitor: Option<&Visitor>) -> Response {
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let page = problem_page(problem, visitor);
    let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (problem.status, kind, typeset(&page.into_string())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_answers_without_a_proxy() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "exemple.fr", "127.0.0.1.exemple.fr", "localhost.exemple.fr:80", "10.0.0.1:8080"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
