//! The aids that fail a rule: which rule, which article, what was advised.

use super::statement::{self, counted};
use crate::app::{self, AidFilter, IrregularAid, MAX_ROWS};
use crate::funding::DateKind;
use crate::web::address::segment;
use crate::web::drill;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the irregular aids whose month of right is in the year.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let store = server.store()?;
    if !visitor.asked("format").is_empty() {
        let whole = app::irregularities(store, Some(visitor.year.code)).await?;
        let file = statement::file(&server, &visitor, "irregularites", &[whole]).await?;
        return file.ok_or_else(Problem::not_found);
    }
    let after = statement::after(&visitor)?;
    let filter = AidFilter {
        months: Some((visitor.year.first, visitor.year.last)),
        irregular_only: true,
        ..AidFilter::all(DateKind::Right)
    };
    let found = app::irregular_aids(store, &filter, after.as_ref(), MAX_ROWS).await?;
    let foot = statement::foot(&server, &visitor, None, &[]).await?;
    let body = html! {
        @if found.rows.is_empty() { p.good { "Aucune aide irrégulière." } }
        @else {
            p {
                strong { (counted(found.number, "aide irrégulière", "aides irrégulières")) }
                @if let Some(amount) = found.amount { ", " (amount.to_euros()) }
                ", par mois de droit. "
                a href=(drill::aids(visitor.year.code, &filter)) { "Les chercher parmi les aides" } "."
            }
            (lines(&visitor, &found.rows))
            (statement::onward(&visitor, found.next.as_ref()))
            (foot)
        }
    };
    Ok(statement::page(&visitor, "Aides irrégulières", body))
}

fn lines(visitor: &Visitor, aids: &[IrregularAid]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Aides irrégulières" tabindex="0" {
            table {
                caption { "Ce qui a été constaté, dans les mots du jour de l'enregistrement" }
                thead {
                    tr {
                        th scope="col" { "Aide" } th scope="col" { "Dispositif" } th scope="col" { "Dossier" }
                        th scope="col" { "Mois" } th.n scope="col" { "Montant" } th scope="col" { "Constats" }
                    }
                }
                tbody {
                    @for IrregularAid { line, findings } in aids {
                        @let address = drill::aid(visitor.year.code, line.aid, &line.reference);
                        tr {
                            th scope="row" { a href=(address) { (line.reference) } }
                            td { (line.dispositif) }
                            td {
                                @match &line.person {
                                    Some(number) => a href=(visitor.link(&format!("/personnes/{}", segment(number)), &[])) { (number) },
                                    None => "effacée",
                                }
                            }
                            td { (format!("{:02}/{}", line.month.of_year(), line.month.year())) }
                            td.n { a href=(address) { (line.amount.to_french()) } }
                            td {
                                @for finding in findings {
                                    p.finding {
                                        (finding.message)
                                        @if let Some(article) = finding.article.as_deref().filter(|article| !article.is_empty()) {
                                            " " span.note { "[" (article) "]" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
