//! Serving: on this machine alone, unless a proxy does TLS.

use super::router::router;
use super::server::Server;
use crate::app::{AppError, Clock};
use crate::store::Store;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often files kept for long enough are let go.
const SWEEP: Duration = Duration::from_secs(15 * 60);

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where the base is or will be.
    pub location: String,
    /// Where to listen.
    pub address: SocketAddr,
    /// The address by which browsers come when a proxy does TLS: `https://denier.exemple.fr`.
    pub origin: Option<String>,
}

/// A server that listens.
pub struct Listening {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where to set up the base with the browser, when nobody can sign in yet.
    pub set_up: Option<String>,
}

/// Serves the application until `stop` resolves. A base that is not there yet is created by the first
/// visitor who has the code that `ready` is told.
///
/// # Errors
/// When the address is refused: plain HTTP would leave this machine, or it is taken.
pub async fn serve(
    options: &ServeOptions,
    clock: Clock,
    ready: impl FnOnce(&Listening),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), AppError> {
    let origin = options.origin.as_deref().map(|origin| origin.trim_end_matches('/').to_string());
    if let Some(origin) = origin.as_ref().filter(|origin| !origin.starts_with("https://")) {
        return Err(AppError::Usage(format!(
            "--origine {origin} : c'est l'adresse https://… que donne le serveur qui fait TLS"
        )));
    }
    if !options.address.ip().is_loopback() && origin.is_none() {
        return Err(AppError::Usage(format!(
            "{} est visible du réseau, où les pages et les mots de passe passeraient en clair : \
             servez sur 127.0.0.1, ou derrière un serveur qui fait TLS et dites --origine https://…",
            options.address
        )));
    }
    let store = match Store::open(&options.location).await {
        Ok(store) => Some(store),
        Err(crate::store::StoreError::NoBase(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let server = Arc::new(Server::new(&options.location, clock, origin, store).await?);
    let failed = |error: std::io::Error| {
        AppError::Machine(format!("{} : on ne peut pas écouter là ({error})", options.address))
    };
    let listener = tokio::net::TcpListener::bind(options.address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let home = server.origin.clone().unwrap_or_else(|| format!("http://{address}"));
    let set_up = (!server.is_set_up()).then(|| format!("{home}/installation?code={}", server.code));
    ready(&Listening { address, set_up });
    let sweeping = tokio::spawn({
        let server = server.clone();
        async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                server.sweep();
            }
        }
    });
    let served = axum::serve(listener, router(&server)).with_graceful_shutdown(stop).await;
    sweeping.abort();
    // Works that write end with the base; then nobody needs the files.
    if let Some(store) = server.base() {
        store.close().await;
    }
    server.clear();
    served.map_err(failed)?;
    Ok(())
}
