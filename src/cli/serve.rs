//! `denier servir`: the web application, until it is interrupted.

use super::output::message;
use super::run::Session;
use crate::app::AppError;
use crate::web::{Listening, ServeOptions, serve};
use std::net::{SocketAddr, ToSocketAddrs as _};

/// Serves until Ctrl+C, or until the system asks to stop.
pub(super) async fn servir(
    session: &Session<'_>,
    address: &str,
    origin: Option<String>,
) -> Result<u8, AppError> {
    let unread =
        || AppError::Usage(format!("--adresse {address} : écrivez un hôte et un port, comme 127.0.0.1:8080"));
    let address: SocketAddr = address.to_socket_addrs().map_err(|_| unread())?.next().ok_or_else(unread)?;
    let options = ServeOptions { location: session.base.clone(), address, origin: origin.clone() };
    let ready = |listening: &Listening| {
        let home = origin.clone().unwrap_or_else(|| format!("http://{}", listening.address));
        message(&match &listening.set_up {
            Some(place) => {
                format!("Denier attend son installation. Ouvrez cette adresse, valable une fois :\n  {place}")
            }
            None => format!("Denier est ouvert : {home}"),
        });
        message("Ctrl+C pour arrêter.");
    };
    serve(&options, session.clock, ready, stopped()).await?;
    Ok(0)
}

/// Resolves when somebody asks to stop.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let kind = tokio::signal::unix::SignalKind::terminate();
        if let Ok(mut terminated) = tokio::signal::unix::signal(kind) {
            let (interrupted, terminated) = (std::pin::pin!(interrupted), std::pin::pin!(terminated.recv()));
            futures_util::future::select(interrupted, terminated).await;
            return;
        }
    }
    // A machine without signals is stopped otherwise.
    let _said = interrupted.await;
}
