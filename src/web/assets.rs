//! The style and the script, in the binary; their address changes with what they say.

use super::problem::Problem;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/web"]
struct Assets;

/// Returns the address of a file of `assets/web`.
pub(super) fn asset(name: &str) -> String {
    let digest = Assets::get(name).map(|file| file.metadata.sha256_hash()).unwrap_or_default();
    format!("/a/{}/{name}", crate::ledger::seal::hex(&digest[..6]))
}

/// Serves one of them; browsers may keep it for ever.
pub(super) async fn show(Path((_, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let file = Assets::get(&name).ok_or_else(Problem::not_found)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, file.data.into_owned()).into_response())
}
