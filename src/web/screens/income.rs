//! The compte de résultat: a year against another, each amount leading to its lines.

use super::statement::{self, Fecs, Instead};
use crate::app::{self, GeneralStatement};
use crate::money::Amount;
use crate::web::server::Server;
use crate::web::view::{Field, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the compte de résultat.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let title = "Compte de résultat";
    let fecs = Fecs::load(&server, &visitor, title).await?;
    let mut fields = visitor.fields();
    let compared = fecs.compared(&mut fields);
    let model = Some(fields.text("modele"))
        .filter(|model| !model.is_empty())
        .unwrap_or(app::DEFAULT_LAYOUT)
        .to_string();
    let report = app::income(server.store()?, Some(visitor.year.code), compared, &model).await?;
    if let Some(file) = statement::file(&server, &visitor, "compte-de-resultat", &report.tables).await? {
        return Ok(file);
    }
    let before = report.compared.map(|year| year.to_string()).unwrap_or_default();
    let shown = fields.showing(&[("comparer", &before), ("modele", &model)]);
    let models: Vec<(String, String)> =
        report.models.iter().map(|model| (model.code.clone(), model.label.clone())).collect();
    let label = models.iter().find(|(code, _)| *code == model).map_or("", |(_, label)| label.as_str());
    let years = fecs.years();
    let asked = [("Comparé à", before.as_str()), ("Modèle", label)];
    let foot = statement::foot(&server, &visitor, Some(&fecs.own), &asked).await?;
    let own = GeneralStatement::Income(model.clone());
    let body = html! {
        (statement::bar(&visitor, &shown, html! {
            @if !years.is_empty() { (Field::choice("comparer", "Comparer à", years).required().show(&shown)) }
            (Field::choice("modele", "Présentation", models.clone()).required().show(&shown))
        }))
        @if let Some(totals) = report.totals { (in_words(totals)) }
        @for shown in &report.tables { (table(shown, statement::lead(&visitor, &report, &own, shown))) }
        (foot)
    };
    Ok(statement::page(&visitor, title, body))
}

/// The result in a sentence.
fn in_words((charges, produits, resultat): (Amount, Amount, Amount)) -> Markup {
    html! {
        p {
            @if resultat < Amount::ZERO { "Déficit de " strong { ((-resultat).to_euros()) } }
            @else if resultat.is_zero() { "Résultat nul" }
            @else { "Excédent de " strong { (resultat.to_euros()) } }
            "\u{a0}: " (produits.to_euros()) " de produits, " (charges.to_euros()) " de charges."
        }
    }
}
