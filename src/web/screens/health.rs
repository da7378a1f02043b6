//! Whether the application answers, for whoever watches it: no figure, no name.

use crate::app;
use crate::web::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// Says whether the base can be read.
pub(in crate::web) async fn show(State(server): State<Arc<Server>>) -> Response {
    let (status, state) = match server.base() {
        None => (StatusCode::OK, "installation"),
        Some(store) if app::alive(store).await => (StatusCode::OK, "ok"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "base"),
    };
    let said = serde_json::json!({"etat": state, "version": env!("CARGO_PKG_VERSION")});
    (status, [(CONTENT_TYPE, "application/json")], said.to_string()).into_response()
}
