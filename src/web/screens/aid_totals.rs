//! Aids of a year in a table: two axes of one's choice, each amount leading to its aids.

use super::statement;
use crate::app::{self, AidFilter, Choices};
use crate::calendar::Month;
use crate::funding::DateKind;
use crate::statements::{Axis, Cell, Named, Table};
use crate::web::drill;
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::{Field, table};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// The axes that a table may have: people have their own files.
fn axes() -> impl Iterator<Item = Axis> {
    Axis::ALL.into_iter().filter(|axis| *axis != Axis::Beneficiary)
}

/// What an address asks of this table.
struct Asked {
    axes: [Axis; 2],
    filter: AidFilter,
    /// The values as the bar shows them.
    fields: Fields,
}

impl Asked {
    fn read(visitor: &Visitor) -> Asked {
        let mut fields = visitor.fields();
        let first = axis(&mut fields, "par", Axis::Dispositif);
        let mut second = axis(&mut fields, "par2", Axis::Quarter);
        if first == second {
            fields.fault("par2", "Choisissez deux axes différents");
            second = if first == Axis::Dispositif { Axis::Quarter } else { Axis::Dispositif };
        }
        let by = match fields.text("selon") {
            "" => DateKind::Payment,
            _ => drill::aid_filter(&mut fields).by,
        };
        let code = |name| Some(fields.text(name).to_string()).filter(|code: &String| !code.is_empty());
        let filter = AidFilter {
            months: Some((visitor.year.first, visitor.year.last)),
            dispositif: code("dispositif"),
            funder: code("financeur"),
            ..AidFilter::all(by)
        };
        let said = [
            ("par", first.code()),
            ("par2", second.code()),
            ("selon", by.code()),
            ("dispositif", fields.text("dispositif")),
            ("financeur", fields.text("financeur")),
        ];
        Asked { axes: [first, second], filter, fields: fields.showing(&said) }
    }

    /// Tells whether all the aids of the year are in the table.
    fn is_whole(&self) -> bool {
        self.filter.dispositif.is_none() && self.filter.funder.is_none()
    }
}

fn axis(fields: &mut Fields, name: &str, usual: Axis) -> Axis {
    let word = fields.text(name).to_string();
    if word.is_empty() {
        return usual;
    }
    let found = axes().find(|axis| axis.code() == word);
    if found.is_none() {
        fields.fault(name, format!("« {word} » n'est pas un axe de ce tableau"));
    }
    found.unwrap_or(usual)
}

/// Shows the aids of a year by two axes; then, where they are kept, how many and for how many people.
pub(in crate::web) async fn show(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let store = server.store()?;
    let asked = Asked::read(&visitor);
    let crossed = app::aid_cross(store, &asked.filter, asked.axes).await?;
    let counted = match asked.is_whole() && asked.axes[0].is_maintained() {
        true => Some(counts(&server, &visitor, &asked).await?),
        false => None,
    };
    let tables: Vec<Table> = std::iter::once(&crossed).chain(&counted).cloned().collect();
    if let Some(file) = statement::file(&server, &visitor, "aides", &tables).await? {
        return Ok(file);
    }
    let choices = app::choices(store).await?;
    let date = asked.filter.by.in_words();
    let said = [
        ("Selon", date),
        ("Dispositif", asked.fields.text("dispositif")),
        ("Financeur", asked.fields.text("financeur")),
    ];
    let foot = statement::foot(&server, &visitor, None, &said).await?;
    let body = html! {
        p.note {
            "Ces aides sont tenues dans un carnet à part\u{a0}: ce que l'ASP ou un autre organisme verse aux jeunes "
            "n'est ni une charge ni un produit de la structure, et n'entre jamais dans son compte de résultat. "
            "Celles que la structure paie elle-même y sont aussi, par son FEC\u{a0}; "
            a href=(visitor.link("/etats/controles", &[])) { "les contrôles croisés" } " rapprochent les deux."
        }
        (bar(&visitor, &asked, choices))
        @if crossed.columns.is_empty() { p.empty { "Aucune aide cet exercice-là, selon " (date) ", avec ces filtres." } }
        @else {
            (table(&in_french(&crossed, asked.axes), |row, column| lead(&visitor, &asked, &crossed, row, column)))
        }
        @if let Some(counted) = &counted {
            (table(&in_french(counted, asked.axes), |row, column| {
                let is_amount = counted.columns.get(column)?.key == "montant";
                if is_amount { lead(&visitor, &asked, counted, row, column) } else { None }
            }))
        }
        p {
            a href=(visitor.link("/etats/irregularites", &[])) { "Les aides irrégulières" }
            " sont comprises dans ces montants."
        }
        (foot)
    };
    Ok(statement::page(&visitor, "Aides", body))
}

/// How many aids, for how many people.
async fn counts(server: &Server, visitor: &Visitor, asked: &Asked) -> Result<Table, Problem> {
    let axes = &asked.axes[..1];
    let told = app::aid_statement(server.store()?, Some(visitor.year.code), asked.filter.by, axes).await?;
    Ok(Table { title: "Nombre et personnes".into(), notes: Vec::new(), ..told.rows })
}

fn bar(visitor: &Visitor, asked: &Asked, choices: Choices) -> Markup {
    let axes: Vec<(String, String)> =
        axes().map(|axis| (axis.code().to_string(), axis.heading().to_string())).collect();
    let dates = DateKind::ALL.map(|by| (by.code().to_string(), by.in_words().to_string())).to_vec();
    let all = |named: Vec<Named>| {
        let own = named.into_iter().map(|one| {
            let words = if one.code == one.label {
                one.code.clone()
            } else {
                format!("{} — {}", one.code, one.label)
            };
            (one.code, words)
        });
        std::iter::once((String::new(), "tous".to_string())).chain(own).collect::<Vec<_>>()
    };
    let fields = &asked.fields;
    statement::bar(
        visitor,
        fields,
        html! {
            (Field::choice("par", "En lignes", axes.clone()).required().show(fields))
            (Field::choice("par2", "En colonnes", axes).required().show(fields))
            (Field::choice("selon", "Selon", dates).required().show(fields))
            (Field::choice("dispositif", "Dispositif", all(choices.dispositifs)).show(fields))
            (Field::choice("financeur", "Financeur", all(choices.funders)).show(fields))
        },
    )
}

/// The aids behind a cell: those of its row, of its column, or of both.
fn lead(visitor: &Visitor, asked: &Asked, shown: &Table, row: usize, column: usize) -> Option<String> {
    let rank = column.checked_sub(1)?;
    let mut keys = match shown.rows.get(row) {
        Some(row) => match row.drill.as_ref()? {
            crate::statements::Drill::Aids(keys) => keys.clone(),
            _ => return None,
        },
        None => Vec::new(),
    };
    let of_column = shown.columns.get(column)?.key.clone();
    if !matches!(of_column.as_str(), "total" | "montant") && rank + 2 < shown.columns.len() {
        keys.push((asked.axes[1], of_column));
    }
    Some(drill::aids(visitor.year.code, &asked.filter.narrowed(&keys)))
}

/// Writes the months and quarters of a table in French.
fn in_french(shown: &Table, axes: [Axis; 2]) -> Table {
    let mut shown = shown.clone();
    for row in &mut shown.rows {
        if let Some(Cell::Text(words)) = row.cells.first_mut() {
            *words = key_in_french(axes[0], words);
        }
    }
    for column in shown.columns.iter_mut().filter(|column| column.key == column.heading) {
        column.heading = key_in_french(axes[1], &column.heading);
    }
    shown
}

fn key_in_french(axis: Axis, key: &str) -> String {
    let month = |month: Month| format!("{:02}/{}", month.of_year(), month.year());
    let said = match axis {
        Axis::Month => Month::parse(key).map(month),
        Axis::Quarter => key.split_once('-').map(|(year, quarter)| format!("{quarter} {year}")),
        _ => None,
    };
    said.unwrap_or_else(|| key.to_string())
}
