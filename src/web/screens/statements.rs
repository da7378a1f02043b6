//! All the statements, each with what it tells.

use crate::web::page::Page;
use crate::web::visitor::Visitor;
use axum::response::Html;
use maud::{Markup, html};

/// The statements: their addresses, their names, what each tells.
type Told = [(&'static str, &'static str, &'static str)];

/// Those of the accounts, from the FEC.
const ACCOUNTS: &Told = &[
    (
        "/etats/compte-de-resultat",
        "Compte de résultat",
        "Ce que l'exercice a coûté et rapporté, comparé au précédent.",
    ),
    ("/etats/bilan", "Bilan", "Ce que la structure possède et ce qu'elle doit à la fin de l'exercice."),
    (
        "/etats/subventions",
        "Subventions",
        "Qui a financé quoi : chaque financeur, chaque convention, et ce qui n'est attribué à personne.",
    ),
    (
        "/etats/affectations",
        "Affectation des produits",
        "Quelle règle, ou quelle décision prise à la main, attribue chaque produit à un financeur.",
    ),
    ("/etats/balance", "Balance", "Chaque compte : à l'ouverture, ses mouvements, son solde."),
    ("/etats/grand-livre", "Grand livre", "Toutes les lignes de chaque compte, avec leur solde progressif."),
    ("/etats/journaux", "Journaux", "Les écritures comptables, journal par journal, dans l'ordre du FEC."),
    (
        "/etats/controles",
        "Contrôles croisés",
        "Ce que deux sources doivent dire pareil : carnet des aides et comptes, ouverture et clôture.",
    ),
];

/// Those of the aid book.
const AIDS: &Told = &[
    (
        "/etats/aides",
        "Aides",
        "Ce qui a été décidé ou versé, par dispositif et trimestre, mois, site, financeur…",
    ),
    ("/etats/enveloppes", "Enveloppes", "Notifié, engagé, versé, disponible."),
    ("/etats/engagements", "Engagé et non versé", "Ce qui restait à verser à une date."),
    (
        "/etats/irregularites",
        "Aides irrégulières",
        "Les aides versées contre une règle, avec la règle et l'article.",
    ),
    ("/etats/indus", "Indus", "Ce qui a été versé à tort, ce qui est revenu, ce qui reste dû."),
    ("/refus", "Refus", "Les demandes refusées, avec leur lettre."),
    ("/derogations", "Dérogations", "Ce qu'une deuxième personne a approuvé malgré une règle."),
    (
        "/etats/journal",
        "Journal des aides",
        "Les écritures du carnet des aides, dans l'ordre où elles ont été scellées.",
    ),
];

/// Lists the statements.
pub(in crate::web) async fn show(visitor: Visitor) -> Html<String> {
    let list = |told: &Told| -> Markup {
        html! {
            ul.cards {
                @for (path, name, tells) in told {
                    li.card {
                        h3 { a href=(visitor.link(path, &[])) { (name) } }
                        p { (tells) }
                    }
                }
            }
        }
    };
    let body = html! {
        h2 { "Comptabilité de la structure" }
        (list(ACCOUNTS))
        h2 { "Carnet des aides" }
        (list(AIDS))
        p.note { "Chaque montant est un lien : il mène à ses lignes, puis à l'écriture, au fichier et au sceau." }
    };
    Page::new("États", body).of_a_year().show(&visitor)
}
