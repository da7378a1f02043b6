//! What is declared of a person, as tables: parcours, declarations, aids received elsewhere.

use super::error::AppError;
use super::state::Names;
use crate::funding::declared;
use crate::money::{Amount, Percent};
use crate::rules::{Declarables, Span, Unit};
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{DeclarationRow, Tx, Value};

/// Returns the tables of what is declared of a person; those that would be empty are left out.
///
/// # Errors
/// When the base fails.
pub(super) async fn declared_tables(
    tx: &mut Tx,
    beneficiary: i64,
    declarables: &Declarables,
    names: &Names,
) -> Result<Vec<Table>, AppError> {
    let words = tx.dictionary("declarable").await?;
    let givers = tx.dictionary("giver").await?;
    let mut all: Vec<(String, DeclarationRow)> = Vec::new();
    for row in tx.declared(&[Value::Int(beneficiary)]).await? {
        all.push((words.code(row.declarable)?.to_string(), row));
    }
    let of =
        |code: &str| all.iter().filter(move |(of, _)| of == code).map(|(_, row)| row).collect::<Vec<_>>();
    let stays: Vec<&DeclarationRow> =
        of(declared::PARCOURS).into_iter().filter(|row| row.value > 0).collect();
    let with = |stay: &DeclarationRow, code: &str| {
        let same = |row: &&DeclarationRow| (row.dispositif, row.from) == (stay.dispositif, stay.from);
        let row = of(code).into_iter().find(same);
        match row.filter(|row| row.value > 0) {
            Some(row) if row.reason.is_empty() => Cell::from("oui"),
            Some(row) => row.reason.as_str().into(),
            None => Cell::Empty,
        }
    };
    let mut tables = Vec::new();
    if !stays.is_empty() {
        let mut rows = Vec::new();
        for stay in &stays {
            rows.push(vec![
                Cell::Text(names.dispositifs.code(stay.dispositif)?.to_string()),
                Cell::Day(stay.from),
                stay.to.into(),
                stay.reason.as_str().into(),
                with(stay, declared::EXTENSION),
                with(stay, declared::RENEWAL),
                origin(stay),
            ]);
        }
        let columns = vec![
            Column::new("dispositif", "Dispositif", Kind::Text),
            Column::new("entree", "Entrée", Kind::Text),
            Column::new("sortie", "Sortie", Kind::Text),
            Column::new("motif_sortie", "Motif de sortie", Kind::Text),
            Column::new("prolongation", "Prolongation", Kind::Text),
            Column::new("renouvellement", "Renouvellement", Kind::Text),
            Column::new("origine", "Origine", Kind::Text),
        ];
        tables.push(Table::new("Parcours", columns, rows));
    }
    // What a line of parcours says is shown with it; what was declared apart, here.
    let told = |code: &str, row: &DeclarationRow| match code {
        declared::ELSEWHERE => true,
        declared::PARCOURS => row.value > 0,
        declared::EXTENSION | declared::RENEWAL => {
            let mut of_line = of(declared::PARCOURS).into_iter();
            let said = |line: &DeclarationRow| line.value > 0 || row.value == 0;
            of_line.any(|line| (line.dispositif, line.from) == (row.dispositif, row.from) && said(line))
        }
        _ => false,
    };
    let mut rows = Vec::new();
    for (code, row) in all.iter().filter(|(code, row)| !told(code, row)) {
        let declarable = declarables.find(code);
        let month = declarable.is_some_and(|one| one.span == Span::Month);
        rows.push(vec![
            Cell::Text(declarable.map_or(code, |one| &one.label).clone()),
            match row.dispositif {
                0 => Cell::Empty,
                key => names.dispositifs.code(key)?.into(),
            },
            if month { Cell::Text(row.from.month().to_string()) } else { Cell::Day(row.from) },
            if month || row.to == Some(row.from) { Cell::Empty } else { row.to.into() },
            Cell::Text(worded(declarable.map(|one| one.unit), row.value)),
            origin(row),
        ]);
    }
    if !rows.is_empty() {
        let columns = vec![
            Column::new("declaration", "Déclaration", Kind::Text),
            Column::new("dispositif", "Dispositif", Kind::Text),
            Column::new("du", "Mois, ou du", Kind::Text),
            Column::new("au", "Au", Kind::Text),
            Column::new("valeur", "Valeur", Kind::Text),
            Column::new("origine", "Origine", Kind::Text),
        ];
        tables.push(Table::new("Déclarations", columns, rows));
    }
    let mut rows = Vec::new();
    let mut total = Amount::ZERO;
    for row in of(declared::ELSEWHERE) {
        let amount = Amount::from_centimes(row.value);
        total += amount;
        rows.push(vec![
            Cell::Text(row.from.month().to_string()),
            Cell::Text(names.dispositifs.code(row.dispositif)?.to_string()),
            names.natures.code(row.nature)?.into(),
            row.decided_on.into(),
            Cell::Amount(amount),
            givers.code(row.giver)?.into(),
            Cell::Text(row.reference.clone()),
            origin(row),
        ]);
    }
    if !rows.is_empty() {
        let columns = vec![
            Column::new("mois", "Mois", Kind::Text),
            Column::new("dispositif", "Dispositif", Kind::Text),
            Column::new("nature", "Nature", Kind::Text),
            Column::new("decision", "Décision", Kind::Text),
            Column::new("montant", "Montant", Kind::Amount),
            Column::new("organisme", "Organisme", Kind::Text),
            Column::new("reference", "Référence", Kind::Text),
            Column::new("origine", "Origine", Kind::Text),
        ];
        let mut sum = vec![Cell::Text("Total".into())];
        sum.resize(columns.len(), Cell::Empty);
        sum[4] = Cell::Amount(total);
        let title = "Aides reçues ailleurs (comptées dans les plafonds, jamais dans nos totaux)";
        tables.push(Table { total: Some(sum), ..Table::new(title, columns, rows) });
    }
    Ok(tables)
}

/// Returns all that was ever declared of a person, with what became of each.
///
/// # Errors
/// When the base fails.
pub(super) async fn ever_declared_table(
    tx: &mut Tx,
    beneficiary: i64,
    declarables: &Declarables,
    names: &Names,
) -> Result<Table, AppError> {
    let words = tx.dictionary("declarable").await?;
    let givers = tx.dictionary("giver").await?;
    let in_force: Vec<i64> =
        tx.declared(&[Value::Int(beneficiary)]).await?.iter().map(|row| row.id).collect();
    let mut rows = Vec::new();
    for row in tx.ever_declared(beneficiary).await? {
        let code = words.code(row.declarable)?;
        let declarable = declarables.find(code);
        rows.push(vec![
            Cell::Text(declarable.map_or(code, |one| &one.label).to_string()),
            if row.dispositif == 0 { Cell::Empty } else { names.dispositifs.code(row.dispositif)?.into() },
            names.natures.code(row.nature)?.into(),
            Cell::Day(row.from),
            row.to.into(),
            row.decided_on.into(),
            Cell::Text(worded(
                if code == declared::ELSEWHERE { Some(Unit::Euros) } else { declarable.map(|one| one.unit) },
                row.value,
            )),
            givers.code(row.giver)?.into(),
            row.reference.as_str().into(),
            row.reason.as_str().into(),
            if in_force.contains(&row.id) { Cell::Empty } else { Cell::from("remplacée ou annulée") },
            origin(&row),
        ]);
    }
    let columns = vec![
        Column::new("declaration", "Déclaration", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("du", "Du", Kind::Text),
        Column::new("au", "Au", Kind::Text),
        Column::new("decision", "Décision", Kind::Text),
        Column::new("valeur", "Valeur", Kind::Text),
        Column::new("organisme", "Organisme", Kind::Text),
        Column::new("reference", "Référence", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("origine", "Origine", Kind::Text),
    ];
    Ok(Table::new("Déclarations", columns, rows))
}

fn origin(row: &DeclarationRow) -> Cell {
    Cell::Text(format!("lot {} ligne {}", row.lot, row.line))
}

/// Writes a value in its unit; one whose unit is no longer known, as a number.
fn worded(unit: Option<Unit>, value: i64) -> String {
    let number = Amount::from_centimes(value);
    match unit {
        Some(Unit::Flag) => if value > 0 { "oui" } else { "non" }.to_string(),
        Some(Unit::Euros) => number.to_euros(),
        Some(Unit::Percent) => Percent::from_hundredths(value).to_french(),
        Some(Unit::Number) | None => {
            let text = number.to_french();
            text.strip_suffix(",00").unwrap_or(&text).to_string()
        }
    }
}
