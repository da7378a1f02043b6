//! The lines behind a figure of the general book, account by account, each leading to its entry.

use super::statement::{self, Fecs, Instead, counted};
use crate::app::{
    self, AppError, Counted, GeneralAccounts, GeneralFilter, GeneralLine, GeneralLines, GeneralStatement,
    MAX_ROWS, TableFormat,
};
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Style, Table};
use crate::web::drill::{self, Figures};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, hidden, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// The title of the lines of every account.
const LEDGER: &str = "Grand livre";

/// More lines than that are too long to be printed.
const LONGEST_ON_PAPER: i64 = 2_000;

/// Shows the lines behind a figure.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    lines(&server, &visitor, "Lignes").await
}

/// Shows the lines of every account, or of those that begin as one says.
pub(in crate::web) async fn ledger(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    lines(&server, &visitor, LEDGER).await
}

async fn lines(server: &Server, visitor: &Visitor, title: &str) -> Result<Response, Instead> {
    let fecs = Fecs::load(server, visitor, title).await?;
    let mut fields = visitor.fields();
    let filter = GeneralFilter { year: Some(visitor.year.code), ..drill::general_filter(&mut fields) };
    let store = server.store()?;
    let after = statement::after(visitor)?;
    let found = match app::account_lines(store, &filter, after.as_ref(), MAX_ROWS).await {
        Ok(found) => found,
        Err(AppError::Refused(message) | AppError::Usage(message)) => {
            fields.fault("", message);
            return Ok(statement::page(visitor, title, bar(visitor, &fields, &filter)));
        }
        Err(error) => return Err(error.into()),
    };
    if !visitor.asked("format").is_empty() {
        let (Counted::Exactly(number) | Counted::AtLeast(number)) = found.page.number;
        if number > LONGEST_ON_PAPER && visitor.asked("format") == TableFormat::Pdf.code() {
            let message = "trop de lignes pour un PDF\u{a0}: prenez Excel ou CSV, ou restreignez la période";
            return Err(AppError::Refused(message.into()).into());
        }
        let whole = if title == LEDGER {
            app::ledger(store, &filter).await?
        } else {
            app::detail(store, &filter).await?
        };
        let file = statement::file(server, visitor, "lignes", &[whole]).await?;
        return file.ok_or_else(|| Problem::not_found().into());
    }
    let shown = line_table(&found, "Lignes du FEC, avec le solde progressif de chaque compte");
    let what = what(server, visitor, &filter).await?;
    let months = filter.months.map(|(first, last)| format!("{} à {}", first.in_words(), last.in_words()));
    let said = [
        ("Période", months.as_deref().unwrap_or_default()),
        ("Journal", fields.text("journal")),
        ("Financeur", fields.text("financeur")),
        ("Convention", fields.text("convention")),
    ];
    let foot = statement::foot(server, visitor, Some(&fecs.own), &said).await?;
    let body = html! {
        (what)
        (bar(visitor, &fields, &filter))
        (summary(&found))
        (table(&shown, |row, column| to_entry(visitor, &shown, row, column)))
        (statement::onward(visitor, found.page.next.as_ref()))
        (foot)
    };
    Ok(statement::page(visitor, title, body))
}

/// Says which lines they are; those behind a figure, in the words of its statement.
async fn what(server: &Server, visitor: &Visitor, filter: &GeneralFilter) -> Result<Markup, Problem> {
    let (store, year) = (server.store()?, filter.year);
    let (report, code, name, address) = match &filter.accounts {
        GeneralAccounts::Prefixes(prefixes) if prefixes.iter().any(String::is_empty) => return Ok(html! {}),
        GeneralAccounts::Prefixes(prefixes) => {
            return Ok(html! { p { "Comptes qui commencent par " (prefixes.join(", ")) "." } });
        }
        GeneralAccounts::Exactly(codes) => return Ok(html! { p { "Compte " (codes.join(", ")) "." } }),
        GeneralAccounts::Subsidies => {
            let grants = visitor.link("/etats/subventions", &[]);
            return Ok(html! { p { "Comptes de " a href=(grants) { "subventions" } "." } });
        }
        GeneralAccounts::Line(GeneralStatement::Income(model), code) => {
            let address = visitor.link("/etats/compte-de-resultat", &[("modele", model)]);
            (app::income(store, year, None, model).await?, code, "le compte de résultat", address)
        }
        GeneralAccounts::Line(GeneralStatement::BalanceSheet, code) => {
            let address = visitor.link("/etats/bilan", &[]);
            (app::balance_sheet_of(store, year, None).await?, code, "le bilan", address)
        }
        GeneralAccounts::Line(GeneralStatement::Grants, code) => {
            let address = visitor.link("/etats/subventions", &[]);
            (app::grants_of(store, year, None).await?, code, "les subventions", address)
        }
    };
    let label = report.lines.iter().find(|line| line.code == *code).map_or(code, |line| &line.label);
    Ok(html! { p { "Ce qui fait «\u{a0}" (label) "\u{a0}» dans " a href=(address) { (name) } "." } })
}

fn bar(visitor: &Visitor, fields: &Fields, filter: &GeneralFilter) -> Markup {
    let kept: Vec<(&str, String)> = drill::general_query(filter)
        .into_iter()
        .filter(|(key, value)| matches!(*key, "etat" | "modele" | "ligne" | "compte") && !value.is_empty())
        .collect();
    let by_prefix = matches!(filter.accounts, GeneralAccounts::Prefixes(_));
    statement::bar(
        visitor,
        fields,
        html! {
            @for (key, value) in &kept { (hidden(key, value)) }
            @if by_prefix { (Field::text("debut", "Compte commençant par").show(fields)) }
            (Field::month("du", "Du mois").show(fields))
            (Field::month("au", "Au mois").show(fields))
            (Field::text("journal", "Journal").show(fields))
            (Field::text("financeur", "Financeur").hint("son code, ou « sans »").show(fields))
            (Field::text("convention", "Convention").hint("son code, ou « sans »").show(fields))
        },
    )
}

/// The figure that was clicked, again: what its lines sum to.
fn summary(found: &GeneralLines) -> Markup {
    html! {
        p {
            strong { (counted(found.page.number, "ligne", "lignes")) }
            @if let Some((debit, credit)) = found.sides {
                "\u{a0}: débit " (debit.to_euros()) ", crédit " (credit.to_euros()) ", solde "
                strong { (balance(debit - credit)) }
            }
            "."
        }
    }
}

fn balance(amount: Amount) -> String {
    match amount {
        amount if amount.is_zero() => "nul".to_string(),
        amount if amount < Amount::ZERO => format!("créditeur de {}", (-amount).to_euros()),
        amount => format!("débiteur de {}", amount.to_euros()),
    }
}

/// Lays lines out: a heading for each account, its lines below.
pub(super) fn line_table(found: &GeneralLines, title: &str) -> Table {
    let of_accounts = found.page.rows.iter().any(|line| line.balance.is_some());
    let mut columns = vec![
        Column::new("date", "Date", Kind::Text),
        Column::new("journal", if of_accounts { "Journal" } else { "Compte" }, Kind::Text),
        Column::new("ecriture", "Écriture", Kind::Text),
        Column::new("piece", "Pièce", Kind::Text),
        Column::new("libelle", "Libellé", Kind::Text),
        Column::new("auxiliaire", "Auxiliaire", Kind::Text),
        Column::new("debit", "Débit", Kind::Amount),
        Column::new("credit", "Crédit", Kind::Amount),
    ];
    if of_accounts {
        columns.push(Column::new("solde", "Solde", Kind::Amount));
    }
    columns.push(Column::new("financeur", "Financé par", Kind::Text));
    columns.push(Column::new("ligne", "Ligne", Kind::Count));
    let side = |amount: Amount| if amount.is_zero() { Cell::Empty } else { Cell::Amount(amount) };
    let row = |line: &GeneralLine| {
        let second = if of_accounts { &line.journal.code } else { &line.account.code };
        let mut cells = vec![
            Cell::Day(line.date),
            second.as_str().into(),
            line.number.as_str().into(),
            line.piece.as_str().into(),
            line.label.as_str().into(),
            line.auxiliary.code.as_str().into(),
            side(line.debit),
            side(line.credit),
        ];
        cells.extend(line.balance.map(Cell::Amount));
        let funded = match line.convention.as_str() {
            "" => line.funder.clone(),
            convention => format!("{}, {convention}", line.funder),
        };
        cells.extend([funded.as_str().into(), Cell::Count(line.line)]);
        Row::from(cells).to(Drill::GeneralEntry(line.entry))
    };
    let mut rows = Vec::with_capacity(found.page.rows.len());
    for of_account in found.page.rows.chunk_by(|one, next| !of_accounts || one.account == next.account) {
        if let Some(first) = of_account.first().filter(|_| of_accounts) {
            let heading = Cell::Text(format!("{} {}", first.account.code, first.account.label));
            rows.push(Row { style: Style::Heading, ..Row::from(vec![heading]) });
        }
        rows.extend(of_account.iter().map(row));
    }
    Table { warning: found.warning.clone(), ..Table::new(title, columns, rows) }
}

/// Where a cell of a line leads: its entry, by its number or its amounts.
pub(super) fn to_entry(visitor: &Visitor, shown: &Table, row: usize, column: usize) -> Option<String> {
    match shown.columns.get(column)?.key.as_str() {
        "ecriture" | "debit" | "credit" => {
            Figures::of(visitor.year).address(shown.rows.get(row)?.drill.as_ref()?)
        }
        _ => None,
    }
}
