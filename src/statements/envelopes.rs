//! Envelopes: notified, granted, paid, what is left.

use super::table::{Cell, Column, Drill, Kind, Row, Table};
use crate::funding::Envelope;
use crate::money::Amount;

/// One envelope in words.
#[derive(Clone, Debug)]
pub struct EnvelopeLine {
    /// Code of the dispositif.
    pub dispositif: String,
    /// The year.
    pub year: u32,
    /// Code of the funder.
    pub funder: String,
    /// Its sums.
    pub envelope: Envelope,
    /// Paid so far.
    pub paid: Amount,
}

/// Lays envelopes out.
pub fn envelope_table(lines: &[EnvelopeLine]) -> Table {
    let columns = vec![
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("exercice", "Exercice", Kind::Text),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("notifie", "Notifié", Kind::Amount),
        Column::new("accorde", "Engagé", Kind::Amount),
        Column::new("verse", "Versé", Kind::Amount),
        Column::new("disponible", "Disponible", Kind::Amount),
        Column::new("depassement", "Dépassement", Kind::Amount),
    ];
    let figures = |lines: &[&EnvelopeLine]| -> Vec<Cell> {
        let sum =
            |amount: fn(&EnvelopeLine) -> Amount| Cell::Amount(lines.iter().map(|line| amount(line)).sum());
        vec![
            sum(|line| line.envelope.notified),
            sum(|line| line.envelope.consumed),
            sum(|line| line.paid),
            sum(|line| line.envelope.room()),
            sum(|line| line.envelope.overrun),
        ]
    };
    let rows: Vec<Row> = lines
        .iter()
        .map(|line| {
            let mut row = vec![
                Cell::Text(line.dispositif.clone()),
                Cell::Text(line.year.to_string()),
                Cell::Text(line.funder.clone()),
            ];
            row.extend(figures(&[line]));
            Row::from(row).to(Drill::Envelope(line.dispositif.clone(), line.year, line.funder.clone()))
        })
        .collect();
    let mut total = vec![Cell::Text("Total".into()), Cell::Empty, Cell::Empty];
    total.extend(figures(&lines.iter().collect::<Vec<_>>()));
    let notes = if lines.is_empty() { vec!["Aucune enveloppe notifiée.".into()] } else { Vec::new() };
    Table { notes, total: (!lines.is_empty()).then_some(total), ..Table::new("Enveloppes", columns, rows) }
}
