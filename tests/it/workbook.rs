//! Workbooks, read back by another program: every formula gives the table's own figure.

use crate::harness::example;
use denier::calendar::Date;
use denier::export::{WorkbookError, render_xlsx};
use denier::money::{Amount, Percent};
use denier::statements::{Cell, Column, Derived, Kind, Row, Style, Table, Term};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const DAY: &str = "2024-12-31";

fn render(tables: &[Table]) -> Result<Vec<u8>, WorkbookError> {
    let letterhead = ["Mission locale d'essai".to_string(), "SIREN 123\u{a0}456\u{a0}789".to_string()];
    render_xlsx(tables, &letterhead, Date::parse(DAY).unwrap())
}

fn read(path: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_workbook.py");
    let out = Command::new("python3").arg(script).arg(path).output().expect("python3 runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("one JSON document")
}

fn read_back(tables: &[Table]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classeur.xlsx");
    std::fs::write(&path, render(tables).unwrap()).unwrap();
    read(&path)
}

/// Asserts that each formula gives the result kept beside it, and returns how many there are.
fn formulas_that_agree(sheet: &Value) -> usize {
    let cells = sheet["cells"].as_object().unwrap();
    let formulas: Vec<_> = cells.iter().filter(|(_, cell)| cell["formula"].is_string()).collect();
    for (name, cell) in &formulas {
        assert_eq!(cell["result"], cell["value"], "{} {name}: {}", sheet["name"], cell["formula"]);
    }
    formulas.len()
}

fn amount(centimes: i64) -> Cell {
    Cell::Amount(Amount::from_centimes(centimes))
}

/// A row of a result: this year, last year, their difference and variation.
fn row(style: Style, label: &str, now: i64, before: i64, terms: &[(usize, bool)]) -> Row {
    let percent = Percent::variation(Amount::from_centimes(now), Amount::from_centimes(before));
    let cells =
        vec![Cell::from(label), amount(now), amount(before), amount(now - before), Cell::from(percent)];
    let terms = terms.iter().map(|&(row, subtracted)| Term { row, subtracted }).collect();
    Row { style, indent: u8::from(style == Style::Line), cells, terms, drill: None }
}

fn result() -> Table {
    let columns = vec![
        Column::new("poste", "Poste", Kind::Text),
        Column::new("n", "Exercice 2024", Kind::Amount),
        Column::new("n1", "Exercice 2023", Kind::Amount),
        Column::derived("ecart", "Écart", Kind::Amount, Derived::Difference(1, 2)),
        Column::derived("variation", "Variation", Kind::Percent, Derived::Variation(1, 2)),
    ];
    let heading = |label: &str| {
        let mut cells = vec![Cell::Empty; 5];
        cells[0] = Cell::from(label);
        Row { style: Style::Heading, indent: 0, cells, terms: Vec::new(), drill: None }
    };
    let rows = vec![
        heading("Produits"),
        row(Style::Line, "Subventions", 150_000_010, 149_999_999, &[]),
        row(Style::Line, "Dons", 10, 20, &[]),
        row(Style::Line, "=1+1", 0, 30, &[]),
        row(
            Style::Subtotal,
            "Total des produits",
            150_000_020,
            150_000_049,
            &[(1, false), (2, false), (3, false)],
        ),
        heading("Charges"),
        row(Style::Line, "Achats", 100_000_020, 1_000, &[]),
        row(Style::Line, "Salaires", 50_000_000, 0, &[]),
        row(Style::Subtotal, "Total des charges", 150_000_020, 1_000, &[(6, false), (7, false)]),
        row(Style::Total, "Résultat", 0, 149_999_049, &[(4, false), (8, true)]),
        // What must stay a value: a sum that is not that of its terms, a variation half way between
        // two hundredths, or too many times its base, and a row that would add up itself.
        row(Style::Line, "Faux total", 31, 50, &[(2, false), (3, false)]),
        row(Style::Line, "Demi", 20_001, 20_000, &[]),
        row(Style::Line, "Soi-même", 0, 0, &[(12, false)]),
    ];
    let notes = vec!["Une note assez longue pour ne pas tenir dans la largeur du tableau, qui passe donc à la ligne, et même deux fois.".into()];
    Table {
        warning: Some("Exercice provisoire".into()),
        notes,
        ..Table::new("Compte de résultat 2024/2023 : tout [essai]", columns, rows)
    }
}

#[test]
fn a_workbook_adds_up_by_formulas_and_never_disagrees() {
    let book = read_back(&[result()]);
    assert_eq!(book["created"], format!("{DAY}T00:00:00Z"));
    let sheet = &book["sheets"][0];
    for (key, expected) in [
        ("name", "Compte de résultat 20242023"),
        ("frozen", "6"),
        ("repeated", "'Compte de résultat 20242023'!$5:$6"),
        ("orientation", "portrait"),
        ("paper", "9"),
        ("footer", "&LÉdité le 31/12/2024&RPage &P/&N"),
    ] {
        assert_eq!(sheet[key], expected, "{key}");
    }
    assert!(sheet["filter"].is_null(), "sums are not parted from their rows");
    let cases: &[(&str, &str, Option<&str>)] = &[
        ("A1", "Mission locale d'essai", None),
        ("A2", "SIREN 123\u{a0}456\u{a0}789", None),
        ("A4", "Compte de résultat 2024/2023 : tout [essai]", None),
        ("A5", "Exercice provisoire", None),
        ("B6", "Exercice 2024", None),
        ("A7", "Produits", None),
        ("B8", "1500000.1000", None),
        ("D8", "0.1100", Some("B8-C8")),
        ("E8", "0.0000", Some("IF(C8=0,\"\",ROUND((B8-C8)/ABS(C8),4))")),
        ("E9", "-0.5000", Some("IF(C9=0,\"\",ROUND((B9-C9)/ABS(C9),4))")),
        ("A10", "=1+1", None),
        ("B11", "1500000.2000", Some("SUM(B8:B10)")),
        ("D11", "-0.2900", Some("B11-C11")),
        ("E13", "99999.0200", None),
        ("E14", "", Some("IF(C14=0,\"\",ROUND((B14-C14)/ABS(C14),4))")),
        ("B15", "1500000.2000", Some("B13+B14")),
        ("B16", "0.0000", Some("B11-B15")),
        ("C16", "1499990.4900", Some("C11-C15")),
        ("B17", "0.3100", None),
        ("C17", "0.5000", Some("C9+C10")),
        ("E18", "0.0001", None),
        ("B19", "0.0000", None),
    ];
    for (name, value, formula) in cases {
        let cell = &sheet["cells"][name];
        assert_eq!(cell["value"], *value, "{name}");
        assert_eq!(cell["formula"].as_str(), *formula, "{name}");
    }
    assert_eq!(sheet["cells"]["B8"]["format"], "#,##0.00");
    assert_eq!(sheet["cells"]["E8"]["format"], "#,##0.00\"\u{a0}\"%");
    assert_eq!(formulas_that_agree(sheet), 26);
    assert!(sheet["cells"]["A21"]["value"].as_str().unwrap().starts_with("Une note"));
}

#[test]
fn the_line_of_totals_is_a_sum_of_the_rows_that_are_nobodys_sum() {
    let columns = vec![
        Column::new("jour", "Jour", Kind::Text),
        Column::new("nombre", "Personnes", Kind::Count),
        Column::new("montant", "Montant", Kind::Amount),
    ];
    let line =
        |day: &str, centimes| Row::from(vec![Cell::from(Date::parse(day)), Cell::Count(2), amount(centimes)]);
    let total = Some(vec![Cell::from("Total"), Cell::Count(3), amount(-333)]);
    let flat = Table {
        total: total.clone(),
        ..Table::new("Jours", columns.clone(), vec![line("1900-01-01", -444), line("2024-02-29", 111)])
    };
    let subtotal = Row {
        style: Style::Subtotal,
        terms: vec![Term { row: 0, subtracted: false }],
        ..line("2024-12-31", -444)
    };
    let nested = Table {
        total,
        ..Table::new("jours", columns, vec![line("1900-01-01", -444), subtotal, line("2024-02-29", 111)])
    };
    let book = read_back(&[flat, nested]);
    let (flat, nested) = (&book["sheets"][0], &book["sheets"][1]);
    assert_eq!((flat["name"].as_str(), nested["name"].as_str()), (Some("Jours"), Some("jours (2)")));
    assert_eq!(flat["filter"], "A6:C8");
    assert_eq!(flat["repeated"], "Jours!$6:$6");
    assert_eq!(flat["cells"]["A7"]["value"], "1.0000", "a day of the spreadsheet's calendar");
    assert_eq!(flat["cells"]["A8"]["value"], "45351.0000");
    assert_eq!(flat["cells"]["A8"]["format"], "dd/mm/yyyy");
    assert_eq!(flat["cells"]["C9"]["formula"], "SUM(C7:C8)");
    assert_eq!(flat["cells"]["B9"]["value"], "3.0000", "people are counted once, not added");
    assert!(flat["cells"]["B9"]["formula"].is_null());
    assert_eq!(nested["cells"]["C8"]["formula"], "C7");
    assert_eq!(nested["cells"]["C10"]["formula"], "SUM(C7)+SUM(C9)");
    assert_eq!(formulas_that_agree(flat) + formulas_that_agree(nested), 3);
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    assert_eq!(render(&[result(), result()]).unwrap(), render(&[result(), result()]).unwrap());
    assert_ne!(
        render(&[result()]).unwrap(),
        render_xlsx(&[result()], &[], Date::parse(DAY).unwrap()).unwrap()
    );
}

#[test]
fn a_figure_that_a_spreadsheet_would_round_is_refused() {
    let table = |centimes| {
        let columns = vec![Column::new("montant", "Montant", Kind::Amount)];
        Table::new("Montants", columns, [vec![amount(centimes)]])
    };
    assert!(render(&[table(999_999_999_999_999)]).is_ok());
    for centimes in [1_000_000_000_000_000, -1_000_000_000_000_000, i64::MIN, i64::MAX] {
        let error = render(&[table(centimes)]).unwrap_err();
        assert!(matches!(&error, WorkbookError::TooLarge(_)), "{error}");
    }
}

#[test]
fn sheets_have_legal_and_different_names() {
    let cases = [
        ("Aides de l'exercice 2024, selon la date de versement", "Aides de l'exercice 2024"),
        ("B00026 DEWAELE Mathis — né(e) le 22/05/2000, 24 ans", "B00026 DEWAELE Mathis"),
        ("AIDES DE L'EXERCICE 2024", "AIDES DE L'EXERCICE 2024 (2)"),
        ("'quoted'", "quoted"),
        ("", "État"),
        ("[]:*?/\\", "État (2)"),
        ("Un intitulé si long qu'il ne tient pas", "Un intitulé si long qu'il ne"),
        ("Un intitulé si long qu'il ne finit", "Un intitulé si long qu'il (2)"),
        ("Anticonstitutionnellementanticonstitutionnellement", "Anticonstitutionnellementantico"),
    ];
    let columns = || vec![Column::new("a", "A", Kind::Text)];
    let tables: Vec<Table> =
        cases.iter().map(|(title, _)| Table::new(*title, columns(), [vec![Cell::from("x")]])).collect();
    let book = read_back(&tables);
    for (rank, (title, name)) in cases.iter().enumerate() {
        assert_eq!(book["sheets"][rank]["name"], *name, "{title}");
    }
}

#[test]
fn statements_are_written_as_workbooks() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_denier"));
        command.current_dir(folder.path()).args(["--date", DAY]).args(words).env_remove("DENIER_BASE");
        command.env("USER", "claire").output().expect("the program runs")
    };
    let ok = |words: &[&str]| {
        let out = run(words);
        assert!(matches!(out.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    ok(&["init", "--nom", "Mission locale d'essai", "--siren", "123456789", "--exercice", "2024"]);
    ok(&["importer", "beneficiaires", &example("littoral-2024/cas-limites-beneficiaires.csv")]);
    ok(&["importer", "enveloppes", &example("littoral-2024/enveloppes.csv")]);
    ok(&["importer", "aides", &example("littoral-2024/cas-limites.csv")]);
    for words in [
        &["etats", "aides"][..],
        &["etats", "aides", "--par", "mois", "--par", "dispositif"],
        &["etats", "enveloppes"],
        &["etats", "irregularites"],
        &["etats", "engagements"],
        &["etats", "journal", "--exercice", "2024"],
        &["importer", "lister"],
        &["utilisateur", "lister"],
        &["beneficiaire", "montrer", "L009"],
    ] {
        let path = folder.path().join("etat.xlsx");
        let asked: Vec<&str> =
            words.iter().copied().chain(["--format", "xlsx", "--sortie", "etat.xlsx"]).collect();
        assert!(ok(&asked).is_empty(), "{words:?}");
        let book = read(&path);
        let sheet = &book["sheets"][0];
        assert_eq!(sheet["cells"]["A1"]["value"], "Mission locale d'essai", "{words:?}");
        assert_eq!(sheet["cells"]["A2"]["value"], "SIREN 123\u{a0}456\u{a0}789");
        let summed = formulas_that_agree(sheet);
        let no_sum = matches!(words[1], "irregularites" | "engagements" | "lister");
        assert_eq!(summed == 0, no_sum, "{words:?}: {summed}");
        let redirected: Vec<&str> = words.iter().copied().chain(["--format", "xlsx"]).collect();
        assert_eq!(ok(&redirected), std::fs::read(&path).unwrap(), "a redirected output is a file too");
    }
    let refused = run(&["importer", "aides", "absent.csv", "--format", "xlsx"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("commandes qui montrent un tableau"));
    let terminal = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
    let base = folder.path().join("denier.db");
    let shown = Command::new("python3")
        .args(["-c", terminal, env!("CARGO_BIN_EXE_denier"), "etats", "aides", "--format", "xlsx", "--base"])
        .arg(base)
        .output()
        .unwrap();
    assert_eq!(shown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&shown.stdout);
    assert!(said.contains("ajoutez --sortie FICHIER.xlsx"), "{said}");
}
