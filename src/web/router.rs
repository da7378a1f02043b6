//! Every address, who may come to it, and what answers.

use super::access::{Access, guard, headers};
use super::assets;
use super::problem::Problem;
use super::screens::*;
use super::server::Server;
use super::upload::LONGEST_FILE;
use crate::app::Right;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get as on_get, post as on_post};
use std::sync::Arc;

/// The longest form, in bytes: files have their own limit.
const LONGEST_FORM: usize = 64 << 10;

type Shared = Arc<Server>;

/// An address.
struct Route {
    method: &'static str,
    path: &'static str,
    access: Access,
    answer: MethodRouter<Shared>,
}

fn get<H: Handler<T, Shared>, T: 'static>(path: &'static str, access: Access, answer: H) -> Route {
    Route { method: "GET", path, access, answer: on_get(answer) }
}

fn post<H: Handler<T, Shared>, T: 'static>(path: &'static str, access: Access, answer: H) -> Route {
    Route { method: "POST", path, access, answer: on_post(answer) }
}

impl Route {
    /// Takes longer bodies than forms: files.
    fn up_to(self, bytes: usize) -> Route {
        Route { answer: self.answer.layer(DefaultBodyLimit::max(bytes)), ..self }
    }
}

/// Every address of the application.
fn routes() -> Vec<Route> {
    use Access::{Needs, Public};
    use Right::{Approve, Audit, Direct, Propose, Read, Record, See};
    vec![
        // What anybody may see.
        get("/a/{digest}/{name}", Public, assets::show),
        get("/sante", Public, health::show),
        get("/accessibilite", Public, accessibility::show),
        get("/connexion", Public, sign_in::show),
        post("/connexion", Public, sign_in::sign_in),
        get("/installation", Public, set_up::show),
        post("/installation", Public, set_up::set_up),
        get("/verifier", Public, check_attestation::show),
        post("/verifier", Public, check_attestation::check_code),
        post("/verifier/fichier", Public, check_attestation::check_file)
            .up_to(check_attestation::LONGEST_FILE),
        // One's own session.
        post("/deconnexion", Needs(See), sign_in::sign_out),
        get("/compte", Needs(See), account::show),
        post("/compte", Needs(See), account::change_password),
        get("/travaux/{key}", Needs(See), jobs::show),
        get("/resultats/{key}", Needs(See), results::show),
        get("/resultats/{key}/fichier", Needs(See), results::file),
        // Where one stands.
        get("/", Needs(See), dashboard::show),
        // People.
        get("/personnes/{number}/consultations", Needs(Audit), person_data::views),
        get("/personnes/{number}/donnees", Needs(Record), person_data::show),
        post("/personnes/{number}/donnees", Needs(Record), person_data::fetch),
        get("/personnes", Needs(See), people::show),
        post("/personnes", Needs(See), people::search),
        get("/personnes/{number}", Needs(See), person::show),
        // Deciding.
        get("/decider", Needs(See), decide::show),
        post("/decider", Needs(See), decide::search),
        get("/decider/accorder", Needs(Record), grant::show),
        post("/decider/accorder", Needs(Record), grant::grant),
        get("/decider/proposer", Needs(Propose), propose::show),
        post("/decider/proposer", Needs(Propose), propose::propose),
        get("/decider/refuser", Needs(Record), refuse::show),
        post("/decider/refuser", Needs(Record), refuse::refuse),
        get("/refus", Needs(Read), refuse::register),
        get("/refus/{file}", Needs(Read), refuse::letter),
        get("/propositions", Needs(See), proposals::list),
        get("/propositions/{number}", Needs(See), proposals::show),
        get("/propositions/{number}/accepter", Needs(Approve), decide_proposal::accept_form),
        post("/propositions/{number}/accepter", Needs(Approve), decide_proposal::accept),
        get("/propositions/{number}/rejeter", Needs(Propose), decide_proposal::reject_form),
        post("/propositions/{number}/rejeter", Needs(Propose), decide_proposal::reject),
        get("/derogations", Needs(Read), derogations::list),
        get("/derogations/nouvelle", Needs(Record), ask_derogation::show),
        post("/derogations/nouvelle", Needs(Record), ask_derogation::ask),
        post("/derogations/nouvelle/personne", Needs(Record), ask_derogation::search),
        get("/derogations/{number}", Needs(Read), derogations::show),
        get("/derogations/{number}/approuver", Needs(Approve), decide_derogation::approve_form),
        post("/derogations/{number}/approuver", Needs(Approve), decide_derogation::approve),
        get("/derogations/{number}/refuser", Needs(Record), decide_derogation::refuse_form),
        post("/derogations/{number}/refuser", Needs(Record), decide_derogation::refuse),
        // Statements, and the general book down to its proof.
        get("/etats", Needs(Read), statements::show),
        get("/etats/compte-de-resultat", Needs(Read), income::show),
        get("/etats/bilan", Needs(Read), balance_sheet::show),
        get("/etats/subventions", Needs(Read), grants::show),
        get("/etats/affectations", Needs(Read), assignments::show),
        get("/etats/balance", Needs(Read), trial_balance::show),
        get("/etats/grand-livre", Needs(Read), general_lines::ledger),
        get("/etats/lignes", Needs(Read), general_lines::show),
        get("/etats/ecriture/{year}/{rank}", Needs(Read), general_entry::show),
        get("/etats/journaux", Needs(Read), journals::show),
        get("/etats/controles", Needs(Read), controls::show),
        get("/etats/aides", Needs(Read), aid_totals::show),
        get("/etats/enveloppes", Needs(Read), envelopes::show),
        get("/etats/engagements", Needs(Read), commitments::show),
        get("/etats/irregularites", Needs(Read), irregularities::show),
        get("/etats/indus", Needs(Read), undues::show),
        get("/etats/journal", Needs(Read), aid_journal::show),
        // Attestations.
        get("/attestations", Needs(Read), attestations::show),
        post("/attestations", Needs(Read), attestations::search),
        get("/attestations/nouvelle", Needs(Record), new_attestation::show),
        post("/attestations/nouvelle", Needs(Record), new_attestation::issue_it),
        post("/attestations/nouvelle/personne", Needs(Record), new_attestation::search),
        get("/attestations/lot", Needs(Record), attestation_batch::show),
        post("/attestations/lot", Needs(Record), attestation_batch::issue),
        get("/attestations/{number}", Needs(Read), attestation::show),
        // Aids and entries.
        get("/aides", Needs(Read), aids::show),
        post("/aides", Needs(Read), aids::search),
        get("/aides/{reference}", Needs(Read), aid::show),
        get("/ecritures/{book}/{year}/{number}", Needs(Read), entry::show),
        // What is done of one aid.
        get("/aides/{reference}/verser", Needs(Record), aid_acts::show),
        post("/aides/{reference}/verser", Needs(Record), aid_acts::act),
        get("/aides/{reference}/annuler", Needs(Record), aid_acts::show),
        post("/aides/{reference}/annuler", Needs(Record), aid_acts::act),
        get("/aides/{reference}/indu", Needs(Record), aid_acts::show),
        post("/aides/{reference}/indu", Needs(Record), aid_acts::act),
        get("/aides/{reference}/recouvrer", Needs(Record), aid_acts::show),
        post("/aides/{reference}/recouvrer", Needs(Record), aid_acts::act),
        // Rules.
        get("/regles", Needs(See), rules::list),
        get("/regles/historique", Needs(Read), rules::history),
        get("/regles/textes/{version}", Needs(Read), rules::text),
        get("/regles/essai", Needs(Read), rule_trial::show),
        post("/regles/essai", Needs(Read), rule_trial::verify).up_to(rule_trial::LONGEST),
        post("/regles/publier", Needs(Approve), rule_publication::publish).up_to(rule_trial::LONGEST),
        get("/regles/{code}", Needs(See), rules::show),
        // Imports.
        get("/imports", Needs(Read), imports::show),
        get("/imports/nouveau", Needs(Record), import_new::show),
        post("/imports/nouveau", Needs(Record), import_new::send).up_to(LONGEST_FILE),
        get("/imports/nouveau/{fichier}", Needs(Record), import_new::preview),
        post("/imports/nouveau/{fichier}", Needs(Record), import_new::import),
        post("/imports/nouveau/{fichier}/oublier", Needs(Record), import_new::forget),
        get("/imports/{lot}", Needs(Read), import_lot::show),
        get("/imports/{lot}/annuler", Needs(Record), import_lot::ask_to_undo),
        post("/imports/{lot}/annuler", Needs(Record), import_lot::undo),
        // Looking after the base.
        get("/administration", Needs(See), administration::show),
        post("/administration/exercices", Needs(Record), administration::open_year),
        get("/administration/verification", Needs(Read), verification::show),
        post("/administration/verification", Needs(Read), verification::verify),
        get("/administration/utilisateurs", Needs(Direct), users::show),
        post("/administration/utilisateurs", Needs(Direct), users::create),
        get("/administration/utilisateurs/{nom}", Needs(Direct), users::show_one),
        post("/administration/utilisateurs/{nom}/role", Needs(Direct), users::set_role),
        post("/administration/utilisateurs/{nom}/mot-de-passe", Needs(Direct), users::set_password),
        post("/administration/utilisateurs/{nom}/deconnecter", Needs(Direct), users::disconnect),
        post("/administration/utilisateurs/{nom}/fermer", Needs(Direct), users::close),
        get("/administration/sauvegardes", Needs(Approve), backups::show),
        post("/administration/sauvegardes", Needs(Approve), backups::make),
        get("/administration/sauvegardes/{sauvegarde}", Needs(Direct), backups::fetch),
        post("/administration/sauvegardes/{sauvegarde}/essayer", Needs(Approve), backups::try_out),
        post("/administration/sauvegardes/{sauvegarde}/oublier", Needs(Approve), backups::forget),
        get("/administration/journal", Needs(Audit), audit::show),
        get("/administration/conservation", Needs(Direct), retention::show),
        get("/administration/conservation/{numero}", Needs(Direct), retention::ask),
        post("/administration/conservation/{numero}", Needs(Direct), retention::erase),
    ]
}

/// Returns every address: method, path, who may come.
pub fn listed() -> Vec<(&'static str, &'static str, Access)> {
    routes().into_iter().map(|route| (route.method, route.path, route.access)).collect()
}

/// Returns what answers the requests.
pub(super) fn router(server: &Shared) -> Router {
    let mut router: Router<Shared> = Router::new();
    for route in routes() {
        let guarded = (server.clone(), route.access);
        router = router
            .route(route.path, route.answer.layer(axum::middleware::from_fn_with_state(guarded, guard)));
    }
    let anybody = (server.clone(), Access::Public);
    let nothing = on_get(async || Problem::not_found()).fallback(async || Problem::not_found());
    router
        .fallback_service(
            nothing.layer(axum::middleware::from_fn_with_state(anybody, guard)).with_state(server.clone()),
        )
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(axum::middleware::from_fn(headers))
        .with_state(server.clone())
}
