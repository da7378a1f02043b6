//! The statements of the general book, on the FEC of the examples and on random accounts.

use crate::harness::example;
use denier::app::{embedded_rules, statement_rules};
use denier::calendar::Date;
use denier::money::Amount;
use denier::statements::{
    AccountFigures, AidsPaid, BalanceSheet, Cell, DebitCredit, GrantRow, IncomeStatement, Layout, Named,
    Statement, StatementLine, StatementRules, Style, Table, YearFigures, accounts_behind, balance_sheet,
    cross_checks, grants, income_statement, trial_balance,
};
use std::collections::BTreeMap;

/// A reader of the examples' FEC that shares nothing with the program: it only adds up.
fn fec(path: &str) -> YearFigures {
    let bytes = std::fs::read(example(path)).expect(path);
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|b| *b as char).collect());
    let separator = if text.lines().next().unwrap().contains('\t') { '\t' } else { '|' };
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{feff}').split(separator).collect());
    let heading: Vec<&str> = lines.next().unwrap();
    let at = |name: &str| heading.iter().position(|own| *own == name);
    let cell = |line: &[&str], name: &str| at(name).map(|at| line[at].to_string()).expect("a column");
    let centimes =
        |text: &str| Amount::from_centimes(text.replace(',', "").parse().expect("two decimals, a comma"));
    let mut accounts: BTreeMap<String, AccountFigures> = BTreeMap::new();
    for line in lines {
        let line: Vec<&str> = line;
        let sides = match at("Sens") {
            None => DebitCredit {
                debit: centimes(&cell(&line, "Debit")),
                credit: centimes(&cell(&line, "Credit")),
            },
            Some(_) => {
                let amount = centimes(&cell(&line, "Montant"));
                match cell(&line, "Sens").as_str() {
                    "D" => DebitCredit { debit: amount, credit: Amount::ZERO },
                    "C" => DebitCredit { debit: Amount::ZERO, credit: amount },
                    other => panic!("{other}"),
                }
            }
        };
        let account = cell(&line, "CompteNum");
        let own = accounts.entry(account.clone()).or_insert_with(|| AccountFigures {
            account,
            label: cell(&line, "CompteLib"),
            opening: DebitCredit::default(),
            movement: DebitCredit::default(),
        });
        let is_opening = cell(&line, "JournalCode") == "AN";
        let part = if is_opening { &mut own.opening } else { &mut own.movement };
        *part = *part + sides;
    }
    let name = path.rsplit(['-', '.']).nth(1).unwrap().to_string();
    YearFigures { name, accounts: accounts.into_values().collect() }
}

fn littoral() -> (YearFigures, YearFigures) {
    (fec("littoral-2024/FEC-2024.txt"), fec("littoral-2024/FEC-2023.txt"))
}

fn lys() -> (YearFigures, YearFigures) {
    (fec("lys-2021/FEC-2021.txt"), fec("lys-2021/FEC-2020.txt"))
}

fn rules() -> StatementRules {
    statement_rules(&embedded_rules()).expect("the embedded rules")
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn layout<'a>(rules: &'a StatementRules, code: &str) -> &'a Layout {
    let statement = if code == "bilan" { Statement::Bilan } else { Statement::CompteDeResultat };
    rules.layout(statement, code, day("2024-01-01")).expect(code)
}

fn line<'a>(lines: &'a [StatementLine], code: &str) -> &'a StatementLine {
    lines.iter().find(|line| line.code == code).unwrap_or_else(|| panic!("no line {code}"))
}

/// The two columns of words and of this year's figures, for golden comparisons.
fn read_out(table: &Table) -> String {
    let mut out = String::new();
    for row in &table.rows {
        let cells: Vec<String> = row.cells.iter().map(denier::documents::cell_in_french).collect();
        let mark = match row.style {
            Style::Heading => "# ",
            Style::Line => "  ",
            Style::Subtotal => "- ",
            Style::Total => "= ",
        };
        out.push_str(format!("{mark}{}\n", cells.join(" | ")).as_str());
    }
    out.replace(['\u{202f}', '\u{a0}'], " ")
}

/// Every sub-total is the sum of the rows that it names, in each column of amounts.
fn assert_terms(table: &Table) {
    for row in table.rows.iter().filter(|row| !row.terms.is_empty()) {
        for (column, cell) in row.cells.iter().enumerate() {
            let Cell::Amount(amount) = cell else { continue };
            let sum: Amount = row
                .terms
                .iter()
                .map(|term| match &table.rows[term.row].cells[column] {
                    Cell::Amount(own) if term.subtracted => -*own,
                    Cell::Amount(own) => *own,
                    other => panic!("{other:?}"),
                })
                .sum();
            assert_eq!(*amount, sum, "{:?} {}", row.cells[0], table.columns[column].key);
        }
    }
}

const LAYOUTS: [&str; 3] = ["comptes", "officiel", "rapport"];

fn incomes(now: &YearFigures, before: Option<&YearFigures>) -> Vec<IncomeStatement> {
    let rules = rules();
    LAYOUTS.iter().map(|code| income_statement(layout(&rules, code), now, before)).collect()
}

fn published(path: &str) -> toml::Table {
    std::fs::read_to_string(example(path)).expect(path).parse().expect("TOML")
}

/// A percentage rounded half up to the decimals that a text prints.
fn printed(now: Amount, before: Amount, like: &str) -> String {
    let decimals = like.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let scale = 10_i128.pow(u32::try_from(decimals).unwrap());
    let (now, before) = (i128::from(now.centimes()), i128::from(before.centimes()));
    let twice = (now - before) * 200 * scale;
    let rounded = (twice.abs() + before.abs()) / (2 * before.abs());
    let sign = if twice < 0 && rounded > 0 { "-" } else { "" };
    match decimals {
        0 => format!("{sign}{rounded}"),
        _ => format!("{sign}{}.{:0decimals$}", rounded / scale, rounded % scale),
    }
}

#[test]
fn littoral_2024_has_its_published_result() {
    let (now, before) = littoral();
    let file = published("littoral-2024/totaux.toml");
    for income in incomes(&now, Some(&before)) {
        assert_eq!(income.charges.to_plain(), file["resultat"]["charges"].as_str().unwrap());
        assert_eq!(income.produits.to_plain(), file["resultat"]["produits"].as_str().unwrap());
        assert_eq!(income.resultat.to_plain(), file["resultat"]["excedent"].as_str().unwrap());
        assert_eq!(income.resultat.to_plain(), "66506.69");
        assert_eq!(income.table.notes, Vec::<String>::new());
        assert_terms(&income.table);
    }
}

#[test]
fn littoral_2024_varies_as_it_printed() {
    let (now, before) = littoral();
    let rules = rules();
    let income = income_statement(layout(&rules, "rapport"), &now, Some(&before));
    let file = published("littoral-2024/totaux.toml");
    let lines = file["variation_pct"].as_table().unwrap();
    assert_eq!(lines.len(), 20);
    let totals = [
        ("charges", &file["resultat"]["variation_charges_pct"]),
        ("produits", &file["resultat"]["variation_produits_pct"]),
    ];
    for (code, expected) in lines.iter().map(|(code, value)| (code.as_str(), value)).chain(totals) {
        let expected = expected.as_str().unwrap();
        let found = line(&income.lines, code);
        assert_eq!(printed(found.amount, found.previous.unwrap(), expected), expected, "{code}");
        // The program's own percentage has two decimals: it begins as what was printed with two.
        let own = found.variation_pct.unwrap().to_plain();
        if expected.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2) {
            assert_eq!(own, expected, "{code}");
        }
    }
}

#[test]
fn lys_2021_has_its_published_results() {
    let (now, before) = lys();
    let rules = rules();
    let file = published("lys-2021/totaux.toml");
    let income = income_statement(layout(&rules, "rapport"), &now, Some(&before));
    for (year, keys) in [("2021", 5), ("2020", 4)] {
        let results = file[&format!("resultat_{year}")].as_table().unwrap();
        let own: Vec<_> = results.iter().filter(|(key, _)| !key.ends_with("_keur")).collect();
        assert_eq!(own.len(), keys);
        for (code, expected) in own {
            let found = line(&income.lines, code);
            let amount = if year == "2021" { found.amount } else { found.previous.unwrap() };
            assert_eq!(amount.to_plain(), expected.as_str().unwrap(), "{code} {year}");
        }
    }
    let official = income_statement(layout(&rules, "officiel"), &now, Some(&before));
    for (code, expected) in [
        ("resultat-exploitation", "289958.00"),
        ("resultat-financier", "381.00"),
        ("resultat-courant", "290339.00"),
        ("resultat-exceptionnel", "28455.00"),
        ("excedent-deficit", "318794.00"),
    ] {
        assert_eq!(line(&official.lines, code).amount.to_plain(), expected, "{code}");
    }
}

#[test]
fn the_three_layouts_agree_on_each_year() {
    let (littoral, littoral_before) = littoral();
    let (lys, lys_before) = lys();
    for (now, charges, produits) in [
        (&littoral, "5625711.51", "5692218.20"),
        (&littoral_before, "5401982.56", "5538510.37"),
        (&lys, "5242587.00", "5561381.00"),
        (&lys_before, "4098913.00", "4390644.00"),
    ] {
        for income in incomes(now, None) {
            assert_eq!(
                (income.charges.to_plain(), income.produits.to_plain()),
                (charges.into(), produits.into())
            );
            assert_eq!(income.resultat, income.produits - income.charges);
            assert!(income.lines.iter().all(|line| line.previous.is_none() && line.variation.is_none()));
            assert_terms(&income.table);
        }
    }
}
