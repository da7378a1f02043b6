//! The lines behind a figure of the general book, account by account, each leading to its entry.

use super::statement::{self, Fecs, Instead, counted};
use crate::app::{self, AppError, GeneralAccounts, GeneralFilter, GeneralLine, GeneralLines, MAX_ROWS};
use crate::money::Amount;
use crate::statements::{Cell, Column, Drill, Kind, Row, Style, Table};
use crate::web::drill::{self, Figures};
use crate::web::fields::Fields;
use crate::web::server::Server;
use crate::web::view::{Field, hidden, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// More lines than that are too long to be printed.
const LONGEST_ON_PAPER: i64 = 5_000;

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
    lines(&server, &visitor, "Grand livre").await
}

async fn lines(server: &Server, visitor: &Visitor, title: &str) -> Result<Response, Instead> {
    let fecs = Fecs::load(server, visitor, title).await?;
    let mut fields = visitor.fields();
    let filter = GeneralFilter { year: Some(visitor.year.code), ..drill::general_filter(&mut fields) };
    let store = server.store()?;
    let after = statement::after(visitor)?;
    let found = app::account_lines(store, &filter, after.as_ref(), MAX_ROWS).await?;
    if !visitor.asked("format").is_empty() {
        let long = matches!(found.page.number, app::Counted::Exactly(number) | app::Counted::AtLeast(number) if number > LONGEST_ON_PAPER);
        if long && visitor.asked("format") == "pdf" {
            let message = "trop de lignes pour un PDF : prenez Excel ou CSV, ou restreignez la période";
            return Err(AppError::Refused(message.into()).into());
        }
        let whole = app::account_line_table(store, &filter).await?;
        let file = statement::file(server, visitor, "lignes", &[whole]).await?;
        return file.ok_or_else(|| crate::web::problem::Problem::not_found().into());
    }
    let shown = line_table(&found, "Lignes, avec le solde progressif de chaque compte");
    let what = what(&filter);
    let months = filter.months.map(|(first, last)| format!("{first} à {last}")).unwrap_or_default();
    let said = [
        ("Lignes", what.as_str()),
        ("Période", months.as_str()),
        ("Journal", fields.text("journal")),
        ("Financeur", fields.text("financeur")),
        ("Convention", fields.text("convention")),
    ];
    let foot = statement::foot(server, visitor, Some(&fecs.own), &said).await?;
    let body = html! {
        @if !what.is_empty() { p { (what) "." } }
        (bar(visitor, &fields, &filter))
        (summary(&found))
        (table(&shown, |row, column| to_entry(visitor, &shown, row, column)))
        (statement::onward(visitor, found.page.next.as_ref()))
        (foot)
    };
    Ok(statement::page(visitor, title, body))
}

/// Says which lines they are.
fn what(filter: &GeneralFilter) -> String {
    match &filter.accounts {
        GeneralAccounts::Prefixes(prefixes) if prefixes.iter().any(String::is_empty) => String::new(),
        GeneralAccounts::Prefixes(prefixes) => format!("Comptes qui commencent par {}", prefixes.join(", ")),
        GeneralAccounts::Exactly(codes) => format!("Compte {}", codes.join(", ")),
        GeneralAccounts::Line(app::GeneralStatement::Income(model), code) => {
            format!("Ce qui fait « {code} » dans le compte de résultat ({model})")
        }
        GeneralAccounts::Line(app::GeneralStatement::BalanceSheet, code) => {
            format!("Ce qui fait « {code} » dans le bilan")
        }
        GeneralAccounts::Line(app::GeneralStatement::Grants, code) => {
            format!("Ce qui fait « {code} » dans les subventions")
        }
        GeneralAccounts::Subsidies => "Comptes de subventions".to_string(),
    }
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
    columns.push(Column::new("financeur", "Financeur", Kind::Text));
    columns.push(Column::new("convention", "Convention", Kind::Text));
    columns.push(Column::new("ligne", "Ligne du fichier", Kind::Count));
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
        cells.extend([line.funder.as_str().into(), line.convention.as_str().into(), Cell::Count(line.line)]);
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
