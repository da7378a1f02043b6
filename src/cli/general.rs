//! Commands of the general book: its statements, a line assigned by hand.

use super::args::{Affecter, Compared, Format};
use super::import::counted;
use super::run::Session;
use crate::app::{
    self, AppError, GeneralAccounts, GeneralFilter, GeneralReport, GeneralStatement, HandRequest,
};
use crate::money::{Amount, Percent};
use crate::statements::StatementLine;
use crate::store::Store;
use serde_json::{Value, json};

/// Shows a statement of the general book, or the lines behind one of its figures.
pub(super) async fn statement(
    session: &Session<'_>,
    store: Store,
    compared: Compared,
    statement: GeneralStatement,
) -> Result<u8, AppError> {
    let Compared { exercice, comparer, detail } = compared;
    if let Some(code) = detail {
        let lines = GeneralFilter::of(exercice, GeneralAccounts::Line(statement, code));
        let table = app::detail(&store, &lines).await?;
        return session.tables(store, &[table]).await;
    }
    let report = match &statement {
        GeneralStatement::Income(model) => app::income(&store, exercice, comparer, model).await?,
        GeneralStatement::BalanceSheet => app::balance_sheet_of(&store, exercice, comparer).await?,
        GeneralStatement::Grants => app::grants_of(&store, exercice, comparer).await?,
    };
    if session.output.format == Format::Json {
        store.close().await;
        session.write(&format!("{:#}\n", as_json(&report)))?;
        return Ok(0);
    }
    session.tables(store, &report.tables).await
}

/// The document of the contract: the totals of a compte de résultat, and the lines of any statement.
fn as_json(report: &GeneralReport) -> Value {
    let mut document = json!({"exercice": report.year, "precedent": report.compared});
    if let Some((charges, produits, resultat)) = report.totals {
        document["charges"] = charges.to_plain().into();
        document["produits"] = produits.to_plain().into();
        document["resultat"] = resultat.to_plain().into();
    }
    if let Some(warning) = report.tables.iter().find_map(|table| table.warning.as_ref()) {
        document["avertissement"] = warning.as_str().into();
    }
    document["lignes"] = report.lines.iter().map(line_as_json).collect();
    document
}

fn line_as_json(line: &StatementLine) -> Value {
    json!({
        "code": line.code,
        "libelle": line.label,
        "montant": line.amount.to_plain(),
        "precedent": line.previous.map(Amount::to_plain),
        "variation": line.variation.map(Amount::to_plain),
        "variation_pct": line.variation_pct.map(Percent::to_plain),
        "comptes": line.accounts,
    })
}

/// Assigns a line by hand.
pub(super) async fn assign(session: &Session<'_>, what: Affecter) -> Result<u8, AppError> {
    let store = session.open().await?;
    let request = HandRequest {
        year: what.exercice,
        line: what.ligne,
        to: what.financeur.map(|funder| (funder, what.convention)),
        reason: what.motif,
    };
    let report = app::assign_by_hand(&store, session.clock, &session.actor, &request).await?;
    store.close().await;
    let unassigned = report.affectation.iter().find(|rule| rule.ordre.is_none());
    let left = unassigned.map_or_else(String::new, |rule| {
        let amount = Amount::parse(&rule.montant).unwrap_or_default();
        format!("\nNon affecté : {}, {}.", counted(rule.lignes, "ligne", "lignes"), amount.to_euros())
    });
    let amount = Amount::parse(&report.montant).unwrap_or_default();
    let done = if request.to.is_some() { "affectée" } else { "rendue aux règles" };
    let text = format!(
        "Ligne {} du FEC {} {done} : compte {}, {}, {}.{left}",
        report.ligne,
        report.exercice,
        report.compte,
        if amount.is_positive() {
            format!("débit {}", amount.to_euros())
        } else {
            format!("crédit {}", (-amount).to_euros())
        },
        report.libelle,
    );
    session.said(&text, &serde_json::to_value(&report).unwrap_or_default())
}
