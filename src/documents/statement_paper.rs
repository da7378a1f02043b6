//! Statements as a paper: any table can be printed.

use super::pdf::fits_upright;
use super::{Block, Paper};
use crate::calendar::Date;
use crate::statements::Table;

/// Returns a paper that holds these tables one after the other, wider than high when one of them needs it.
///
/// A table whose title is that of the paper does not repeat it. Warnings stay with their tables: a PDF
/// shows them on each page.
pub fn paper_of_tables(
    title: &str,
    tables: &[Table],
    letterhead: &[String],
    dated: Date,
    footer: &str,
) -> Paper {
    let block = |table: &Table| {
        let mut table = table.clone();
        if table.title == title {
            table.title.clear();
        }
        Block::Table(table)
    };
    Paper {
        title: title.to_string(),
        subject: String::new(),
        dated,
        letterhead: letterhead.to_vec(),
        warning: None,
        footer: footer.to_string(),
        landscape: !tables.iter().all(fits_upright),
        blocks: tables.iter().map(block).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Amount;
    use crate::statements::{Cell, Column, Kind};

    fn table(columns: usize) -> Table {
        let mut all = vec![Column::new("libelle", "Libellé", Kind::Text)];
        let amount = |at| Column::new(&format!("m{at}"), "Montant", Kind::Amount);
        all.extend((0..columns).map(amount));
        let mut cells = vec![Cell::from("Allocations versées aux jeunes")];
        cells.extend((0..columns).map(|_| Cell::Amount(Amount::from_centimes(-12_345_678_901))));
        Table::new("Balance", all, vec![cells])
    }

    #[test]
    fn a_wide_table_turns_the_page_and_a_title_is_said_once() {
        let day = Date::new(2024, 12, 31).unwrap();
        let paper =
            |columns, title| paper_of_tables(title, &[table(columns)], &["ML".to_string()], day, "pied");
        assert!(!paper(3, "Balance").landscape);
        assert!(paper(8, "Balance").landscape);
        let caption = |paper: Paper| match paper.blocks.into_iter().next() {
            Some(Block::Table(table)) => table.title,
            other => panic!("{other:?}"),
        };
        assert_eq!(caption(paper(3, "Balance")), "");
        assert_eq!(caption(paper(3, "États de 2024")), "Balance");
    }
}
