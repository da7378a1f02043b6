//! Backups: the whole base in one file, made here, tried out here, kept elsewhere.

use super::verification;
use crate::app::{self, AuditFilter, BackupReport, Purpose, RestoreReport, Right, local};
use crate::statements::Table;
use crate::web::export;
use crate::web::fields::Posted;
use crate::web::jobs::{Done, aside};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::upload::PrivateFile;
use crate::web::view::{size, table};
use crate::web::visitor::Visitor;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect, Response};
use maud::{Markup, html};
use std::sync::{Arc, Mutex, PoisonError};

const HOME: &str = "/administration/sauvegardes";

/// Backups are everybody's who may make one.
const SHARED: &str = "";

/// Lines of the audit log that are shown.
const HISTORY: u32 = 50;

/// A backup made by this server, to be fetched.
pub(in crate::web) struct Backup {
    file: PrivateFile,
    name: String,
    at: String,
    by: String,
    report: BackupReport,
    tried: Mutex<Option<RestoreReport>>,
}

impl Backup {
    fn tried(&self) -> Option<RestoreReport> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Shows the backups that can be fetched, and when others were made.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Html<String>, Problem> {
    let made = server.backups.of(SHARED);
    let filter = AuditFilter { action: Some("sauvegarder".into()), ..AuditFilter::default() };
    let history = match visitor.may(Right::Audit) {
        true => {
            let log = app::audit_log(server.store()?, &visitor.actor(), &filter, None, HISTORY).await?;
            Some(Table { title: "Du plus récent au plus ancien".into(), ..log.table })
        }
        false => None,
    };
    let body = html! {
        p { "Une sauvegarde est toute la base en un fichier : elle est relue et vérifiée dès qu'elle est écrite. Gardez-la ailleurs que sur ce serveur : elle contient les noms de toutes les personnes." }
        form method="post" action=(visitor.link(HOME, &[])) {
            (csrf(&visitor))
            p.actions { button.main { "Sauvegarder maintenant" } }
        }
        h2 { "À télécharger" }
        @if made.is_empty() { p.empty { "Aucune : une sauvegarde reste ici un jour au plus." } }
        ul.cards { @for (key, backup) in &made { (card(&visitor, key, backup)) } }
        @if let Some(history) = &history {
            h2 { "Sauvegardes faites et téléchargées" }
            (table(history, |_, _| None))
        }
    };
    Ok(Page::new("Sauvegardes", body)
        .under("Administration", visitor.link("/administration", &[]))
        .show(&visitor))
}

fn card(visitor: &Visitor, key: &str, backup: &Backup) -> Markup {
    let place = visitor.link(&format!("{HOME}/{key}"), &[]);
    let action = |what: &str| visitor.link(&format!("{HOME}/{key}/{what}"), &[]);
    html! {
        li.card {
            h3 { "Le " (backup.at) ", par " (backup.by) }
            p {
                (size(backup.report.octets)) " · "
                @if backup.report.verification.integre { span.badge.ok { "vérifiée, conforme" } }
                @else { span.badge.no { "livres altérés" } }
            }
            p.note { "SHA-256 : " span.code { (backup.report.empreinte) } }
            @if let Some(tried) = backup.tried() {
                @if tried.base.is_some() { p.good { "Essai de restauration réussi : une base neuve en a été faite, vérifiée, puis supprimée." } }
                @else { p.bad { "Essai de restauration : la base restaurée n'est pas conforme." } }
                details { summary { "Ce qui a été vérifié" } (verification::words(&tried.verification)) }
            }
            div.actions {
                @if visitor.may(Right::Direct) { a.button href=(place) download=(backup.name) { "Télécharger" } }
                @else { span.note { "La direction seule télécharge." } }
                form method="post" action=(action("essayer")) { (csrf(visitor)) button { "Essayer de restaurer" } }
                form method="post" action=(action("oublier")) { (csrf(visitor)) button { "Retirer d'ici" } }
            }
        }
    }
}

/// Makes a backup.
pub(in crate::web) async fn make(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Posted(_): Posted,
) -> Result<Redirect, Problem> {
    let (shared, actor) = (server.clone(), visitor.actor());
    let (place, today) = (visitor.link(HOME, &[]), visitor.frame.today);
    let work = server.jobs.start(&visitor.user.name, "Sauvegarde de la base", |job| async move {
        let said = aside(move || async move {
            let (store, clock) = (shared.store()?, shared.clock);
            let file = shared.private_file()?;
            let say = |what: &str, done: u64, total: u64| job.say(what, done, total);
            let report = app::back_up(store, clock, &actor, &file.path(), &say).await?;
            let said = match report.verification.integre {
                true => "Sauvegarde faite et vérifiée : téléchargez-la, et gardez-la ailleurs.",
                false => {
                    "Sauvegarde faite, mais les livres ont été altérés : voyez «\u{a0}Vérification des livres\u{a0}»."
                }
            };
            let at = local(&clock.now(), &app::base_facts(store).await?.info.zone);
            let name = format!("sauvegarde-{today}.denier");
            let backup = Backup { file, name, at, by: actor.name, report, tried: Mutex::default() };
            shared.backups.put(SHARED, clock.moment(), backup)?;
            Ok(said.to_string())
        })
        .await?;
        Ok(Done { said, leads_to: place })
    })?;
    Ok(Redirect::to(&work))
}

fn find(server: &Server, key: &str) -> Result<Arc<Backup>, Problem> {
    server.backups.find(key, SHARED).ok_or_else(Problem::not_found)
}

/// Sends a backup, once it is noted to whom.
pub(in crate::web) async fn fetch(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let backup = find(&server, &key)?;
    let pieces = backup.file.open()?;
    app::note_backup_given(server.store()?, server.clock, &visitor.actor(), &backup.report).await?;
    let (size, body) = (pieces.size, Body::from_stream(futures_util::stream::iter(pieces)));
    Ok(export::pieces(&backup.name, "application/octet-stream", size, body))
}

/// Restores a backup into a base of its own, verifies that base, and throws it away.
pub(in crate::web) async fn try_out(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
    Posted(_): Posted,
) -> Result<Redirect, Problem> {
    let backup = find(&server, &key)?;
    let (shared, actor, place) = (server.clone(), visitor.actor(), visitor.link(HOME, &[]));
    let work = server.jobs.start(&visitor.user.name, "Essai de restauration", |job| async move {
        let said = aside(move || async move {
            let copy = shared.private_file()?;
            let say = |what: &str, done: u64, total: u64| job.say(what, done, total);
            let (from, to) = (backup.file.path(), copy.path());
            let report = app::restore(&from, &to, Purpose::Trial, shared.clock, &actor, &say).await?;
            let said = match report.base {
                Some(_) => "Essai de restauration réussi : la sauvegarde se restaure, et la base restaurée est conforme.",
                None => "Essai de restauration : la base restaurée n'est pas conforme.",
            };
            *backup.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
            Ok(said.to_string())
        })
        .await?;
        Ok(Done { said, leads_to: place })
    })?;
    Ok(Redirect::to(&work))
}

/// Removes a backup from the server.
pub(in crate::web) async fn forget(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Path(key): Path<String>,
    Posted(_): Posted,
) -> Redirect {
    server.backups.remove(&key, SHARED);
    server.sessions.say(&visitor.token, "Sauvegarde retirée de ce serveur.".into());
    Redirect::to(&visitor.link(HOME, &[]))
}
