//! The declaration of accessibility.

use crate::web::page::Page;
use axum::response::Html;
use maud::html;

/// Says what is accessible, and to whom to write.
pub(in crate::web) async fn show() -> Html<String> {
    let body = html! {
        p { "Denier est fait pour être utilisé au clavier, avec un lecteur d'écran, agrandi, imprimé, avec ou sans script." }
        p { "Référentiel : RGAA 4.1, niveau AA (WCAG 2.1 A et AA)." }
        h2 { "État" }
        p { "Chaque page est vérifiée automatiquement à chaque version : aucune erreur WCAG 2.1 A ou AA connue. Une vérification automatique ne voit pas tout : aucun audit complet n'a encore été fait par un tiers." }
        h2 { "Clavier" }
        dl.facts {
            dt { kbd { "/" } } dd { "chercher une personne" }
            dt { kbd { "g" } " puis une lettre" } dd { "aller à une page du menu" }
            dt { kbd { "?" } } dd { "la liste des raccourcis ; on peut les éteindre là" }
        }
        h2 { "Un défaut ?" }
        p { "Dites-le à la personne qui administre Denier dans votre structure. Sans réponse, le Défenseur des droits peut être saisi (defenseurdesdroits.fr)." }
    };
    Page::new("Accessibilité", body).show_to_all()
}
