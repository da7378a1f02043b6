//! What went wrong, as a page: what, why, what to do.

use crate::app::AppError;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why there is no page to show. The guard of the route lays it out, with the visitor's menu.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub status: StatusCode,
    pub title: &'static str,
    pub message: String,
}

impl Problem {
    /// There is nothing at this address.
    pub(super) fn not_found() -> Problem {
        Problem {
            status: StatusCode::NOT_FOUND,
            title: "Page introuvable",
            message: "Rien à cette adresse. Elle a peut-être été mal recopiée.".into(),
        }
    }

    /// The visitor's role does not allow it.
    pub(super) fn forbidden(role: &str) -> Problem {
        Problem {
            status: StatusCode::FORBIDDEN,
            title: "Accès refusé",
            message: format!("Il faut le rôle {role}. La direction de la structure donne les rôles."),
        }
    }

    /// What was sent does not come from a page of this site.
    pub(super) fn forged() -> Problem {
        Problem {
            status: StatusCode::FORBIDDEN,
            title: "Envoi refusé",
            message: "Cet envoi ne vient pas d'une page de votre session. Rien n'a été enregistré : revenez à la page, rechargez-la et recommencez.".into(),
        }
    }

    /// What was sent cannot be read.
    pub(super) fn unreadable(message: impl Into<String>) -> Problem {
        Problem { status: StatusCode::BAD_REQUEST, title: "Demande illisible", message: message.into() }
    }

    /// Another write, such as an import, lasts longer than anybody should wait.
    fn busy() -> Problem {
        Problem {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Un enregistrement est en cours",
            message: "Un import, ou un autre enregistrement, occupe la base pour quelques secondes.\nUne page demandée revient d'elle-même dès que c'est fini. Si vous envoyiez un formulaire, rien n'en est enregistré : rechargez cette page pour le renvoyer, il ne sera fait qu'une fois.".into(),
        }
    }

    /// Returns what a work that is over says of it: what could not be done then is to be asked again, nobody
    /// does it meanwhile.
    pub(super) fn of_work(self, title: &str) -> Problem {
        if self.status != StatusCode::SERVICE_UNAVAILABLE {
            return self;
        }
        Problem {
            status: StatusCode::CONFLICT,
            title: "À recommencer",
            message: format!(
                "«\u{a0}{title}\u{a0}» n'a pas pu se faire : un import, ou un autre enregistrement, occupait la base. Rien n'en est enregistré.\nRevenez à la page d'où vous l'avez demandé, et demandez-le de nouveau."
            ),
        }
    }

    /// Too much was asked in too little time.
    pub(super) fn too_many(seconds: u64) -> Problem {
        Problem {
            status: StatusCode::TOO_MANY_REQUESTS,
            title: "Trop de demandes",
            message: format!("Réessayez dans {seconds} s."),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        if let AppError::Store(StoreError::Busy) = error {
            return Problem::busy();
        }
        let (status, title) = match error.exit_code() {
            1 => (StatusCode::UNPROCESSABLE_ENTITY, "Demande refusée"),
            2 => (StatusCode::BAD_REQUEST, "Demande incomplète"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "Le programme n'a pas pu répondre"),
        };
        Problem { status, title, message: error.to_string() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        AppError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.message.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
