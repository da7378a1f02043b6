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

fn sheet(now: &YearFigures, before: Option<&YearFigures>) -> BalanceSheet {
    balance_sheet(layout(&rules(), "bilan"), now, before)
}

#[test]
fn the_balance_sheet_balances_in_all_four_years() {
    let (littoral, littoral_before) = littoral();
    let (lys, lys_before) = lys();
    for (now, before, total) in [
        (&littoral, Some(&littoral_before), "3289782.30"),
        (&littoral_before, None, "3257266.10"),
        (&lys, Some(&lys_before), "2482734.75"),
        (&lys_before, None, "2378750.88"),
    ] {
        let sheet = sheet(now, before);
        assert_eq!(sheet.gap(), Amount::ZERO, "{}", now.name);
        assert_eq!(sheet.total_assets.to_plain(), total, "{}", now.name);
        assert_eq!(sheet.liabilities.notes, ["Le bilan est équilibré au centime."]);
        assert_eq!(sheet.assets.notes, Vec::<String>::new());
        assert_terms(&sheet.assets);
        assert_terms(&sheet.liabilities);
    }
}

/// `DENIER_GOLDEN=1` writes the expected file anew, to be read in the diff.
#[test]
fn statements_read_as_they_are_printed() {
    let (littoral, littoral_before) = littoral();
    let (lys, lys_before) = lys();
    let rules = rules();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/etats.txt");
    let mut found = String::new();
    let mut add = |table: &Table| found.push_str(&format!("{}\n{}\n", table.title, read_out(table)));
    for code in LAYOUTS {
        add(&income_statement(layout(&rules, code), &littoral, Some(&littoral_before)).table);
        add(&income_statement(layout(&rules, code), &lys, Some(&lys_before)).table);
    }
    for (now, before) in [(&littoral, &littoral_before), (&lys, &lys_before)] {
        let sheet = sheet(now, Some(before));
        add(&sheet.assets);
        add(&sheet.liabilities);
        add(&trial_balance(&rules.plan, now).table);
    }
    if std::env::var_os("DENIER_GOLDEN").is_some() {
        std::fs::write(golden, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(golden).unwrap());
}

/// An account with no opening and this balance: positive is a debit.
fn account(number: &str, centimes: i64) -> AccountFigures {
    let amount = Amount::from_centimes(centimes.abs());
    let movement = if centimes < 0 {
        DebitCredit { debit: Amount::ZERO, credit: amount }
    } else {
        DebitCredit { debit: amount, credit: Amount::ZERO }
    };
    let opening = DebitCredit::default();
    AccountFigures { account: number.to_string(), label: format!("Compte {number}"), opening, movement }
}

fn year(name: &str, accounts: &[(&str, i64)]) -> YearFigures {
    let accounts = accounts.iter().map(|(number, centimes)| account(number, *centimes)).collect();
    YearFigures { name: name.to_string(), accounts }
}

#[test]
fn third_parties_and_banks_go_to_the_side_of_their_own_balance() {
    // account, balance, the line where it stands
    let cases = [
        ("401100", 5_00, "autres-creances"),
        ("401200", -7_00, "fournisseurs"),
        ("404000", -7_00, "dettes-immobilisations"),
        ("409100", 5_00, "autres-creances"),
        ("411000", 5_00, "creances-usagers"),
        ("411001", -5_00, "autres-dettes"),
        ("431000", 3_00, "autres-creances"),
        ("431001", -3_00, "dettes-fiscales-sociales"),
        ("441000", 9_00, "subventions-a-recevoir"),
        ("441200", -9_00, "dettes-fiscales-sociales"),
        ("451000", 2_00, "autres-creances"),
        ("451001", -2_00, "autres-dettes"),
        ("461000", 2_00, "creances-legs"),
        ("466000", -2_00, "dettes-legs"),
        ("467100", 10_000, "autres-creances"),
        ("467200", -4_000, "autres-dettes"),
        ("471000", 1_00, "autres-creances"),
        ("471001", -1_00, "autres-dettes"),
        ("486000", 1_00, "charges-constatees-avance"),
        ("487400", -1_00, "produits-constates-avance"),
        ("512100", 1_00, "disponibilites"),
        ("512200", -1_00, "concours-bancaires"),
        ("519000", -1_00, "concours-bancaires"),
        ("580000", -1_00, "concours-bancaires"),
        ("119000", 8_00, "report-a-nouveau"),
        ("129000", 8_00, "resultat-anterieur"),
        ("139000", 8_00, "subventions-investissement"),
        ("169000", 8_00, "primes-remboursement"),
        ("194000", -8_00, "fonds-dedies"),
        ("205000", 8_00, "immobilisations-incorporelles"),
        ("280500", -8_00, "immobilisations-incorporelles"),
        ("281830", -8_00, "immobilisations-corporelles"),
        ("491000", -8_00, "creances-usagers"),
        ("496000", -8_00, "autres-creances"),
        ("590300", -8_00, "valeurs-placement"),
        ("606000", 8_00, "resultat-exercice"),
        ("741000", -8_00, "resultat-exercice"),
        ("990000", 8_00, "non-repris-actif"),
        ("000001", -8_00, "non-repris-passif"),
    ];
    let rules = rules();
    for (number, centimes, code) in cases {
        let now = year("2024", &[(number, centimes)]);
        let behind = accounts_behind(layout(&rules, "bilan"), code, &now).map_err(|error| error.to_string());
        assert_eq!(behind, Ok(vec![number.to_string()]), "{number} {centimes}");
    }
    let own: Vec<(&str, i64)> = cases.iter().map(|(number, centimes, _)| (*number, *centimes)).collect();
    let sheet = sheet(&year("2024", &own), None);
    // No netting: 100 owed by one and 40 owed to another are not 60.
    assert_eq!(line(&sheet.lines, "autres-creances").amount.to_plain(), "108.00");
    assert_eq!(line(&sheet.lines, "autres-dettes").amount.to_plain(), "48.00");
    assert_eq!(line(&sheet.lines, "report-a-nouveau").amount.to_plain(), "-8.00");
    assert_eq!(sheet.gap(), own.iter().map(|(_, centimes)| Amount::from_centimes(*centimes)).sum());
    assert!(sheet.liabilities.notes.iter().any(|note| note.starts_with("Le bilan n'est pas équilibré")));
    assert_terms(&sheet.assets);
    assert_terms(&sheet.liabilities);
}

#[test]
fn an_account_that_no_line_takes_is_shown_and_totalled() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ledger-rules/etats/compte-de-resultat-rapport.toml"
    ));
    let text = text
        .unwrap()
        .replace("\"60\"", "\"601\", \"602\", \"603\", \"604\", \"605\", \"606\", \"607\", \"608\", \"609\"");
    let own = Layout::parse("e.toml", &text, &rules().plan).unwrap();
    let now = year("2024", &[("600000", 12_00), ("601000", 5_00), ("706000", -20_00)]);
    let before = year("2023", &[("600000", 1_00)]);
    let income = income_statement(&own, &now, Some(&before));
    let shown = line(&income.lines, "non-repris-charge");
    assert_eq!((shown.amount.to_plain(), shown.label.as_str()), ("12.00".into(), "Comptes non repris"));
    assert_eq!(shown.previous.map(Amount::to_plain), Some("1.00".into()));
    assert_eq!((income.charges.to_plain(), income.resultat.to_plain()), ("17.00".into(), "3.00".into()));
    assert_terms(&income.table);
    assert!(
        read_out(&income.table)
            .contains("  Comptes non repris | 12,00 | 1,00 | 11,00 | 1 100,00 % | 600000\n")
    );
    assert_eq!(
        income.table.notes,
        [
            "Comptes non repris par ce modèle, ajoutés aux totaux : 600000. Ajoutez-les au fichier du modèle (ledger-rules/etats)."
        ]
    );
}

#[test]
fn any_figure_opens_on_its_accounts() {
    let (now, _) = lys();
    let rules = rules();
    let cases: &[(&str, &str, &[&str])] = &[
        ("rapport", "reprises", &["781500"]),
        ("rapport", "exceptionnel", &["672000", "772000"]),
        ("rapport", "fse", &["746100"]),
        ("comptes", "61", &["611000", "613200"]),
        ("comptes", "611000", &["611000"]),
        ("officiel", "resultat-financier", &["661000", "768000"]),
        ("bilan", "actif-immobilise", &["218300", "281830"]),
        ("bilan", "disponibilites", &["512000"]),
    ];
    for (code, figure, expected) in cases {
        let found = accounts_behind(layout(&rules, code), figure, &now);
        assert_eq!(found.unwrap(), *expected, "{code} {figure}");
    }
    let all = accounts_behind(layout(&rules, "rapport"), "excedent", &now).unwrap();
    let naive: Vec<String> = now
        .accounts
        .iter()
        .map(|own| own.account.clone())
        .filter(|number| number.starts_with(['6', '7']))
        .collect();
    assert_eq!(all, naive);
    let error = accounts_behind(layout(&rules, "bilan"), "fournisseur", &now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "aucune ligne « fournisseur » dans cet état ; lignes proches : fournisseurs, fonds-dedies, provisions"
    );
}

#[test]
fn the_trial_balance_is_equal_on_both_sides() {
    let (littoral, littoral_before) = littoral();
    let (lys, lys_before) = lys();
    for now in [&littoral, &littoral_before, &lys, &lys_before] {
        let balance = trial_balance(&rules().plan, now);
        assert!(balance.balances());
        assert!(!balance.opening.debit.is_zero() && !balance.closing.debit.is_zero());
        assert_terms(&balance.table);
    }
    let short = trial_balance(&rules().plan, &year("2024", &[("512000", 3_00), ("706000", -1_00)]));
    assert!(!short.balances());
    assert_eq!(
        short.table.notes,
        [
            "La balance n'est pas équilibrée : les mouvements, débit moins crédit = 2,00\u{a0}€ ; la clôture, débit moins crédit = 2,00\u{a0}€."
        ]
    );
}

fn named(code: &str, label: &str) -> Option<Named> {
    Some(Named { code: code.into(), label: label.into() })
}

#[test]
fn subsidies_are_tied_to_their_accounts() {
    let (now, before) = littoral();
    let rules = rules();
    let row = |account: &str, funder, convention, amount: &str, previous: &str| GrantRow {
        account: account.into(),
        funder,
        convention,
        amount: Amount::parse(amount).unwrap(),
        previous: Amount::parse(previous).unwrap(),
    };
    let state = || named("ETAT", "État");
    let rows = [
        row("741100", state(), named("CPO", "Convention d'objectifs"), "2 000 000,00", "2 404 135,71"),
        row("741100", state(), None, "395 000,00", "0,00"),
        row(
            "744100",
            named("CA", "Agglomération"),
            named("CA-2024", "Convention 2024"),
            "930 000,00",
            "775 000,00",
        ),
        row("748100", None, None, "475 521,20", "436 257,98"),
        row("606400", state(), None, "1,00", "1,00"),
    ];
    let subsidies = rules.subsidies(day("2024-01-01")).unwrap();
    let found = grants(subsidies, &rows, &now, Some(&before));
    assert_eq!(found.total.to_plain(), "4749021.20");
    assert_eq!(found.unassigned.to_plain(), "1424021.20");
    assert_terms(&found.table);
    assert_eq!(
        read_out(&found.table),
        "# Agglomération |  |  |  |  | \n\
         \u{20} Convention 2024 | 930 000,00 | 775 000,00 | 155 000,00 | 20,00 % | 744100\n\
         - Total Agglomération | 930 000,00 | 775 000,00 | 155 000,00 | 20,00 % | 744100\n\
         # État |  |  |  |  | \n\
         \u{20} Hors convention | 395 000,00 | 0,00 | 395 000,00 |  | 741100\n\
         \u{20} Convention d'objectifs | 2 000 000,00 | 2 404 135,71 | −404 135,71 | −16,81 % | 741100\n\
         - Total État | 2 395 000,00 | 2 404 135,71 | −9 135,71 | −0,38 % | 741100\n\
         # Non affecté |  |  |  |  | \n\
         \u{20} 742100 Subventions d'exploitation - Région | 82 000,00 | 210 256,41 | −128 256,41 | −61,00 % | 742100\n\
         \u{20} 743100 Subventions d'exploitation - Département | 478 000,00 | 314 473,68 | 163 526,32 | 52,00 % | 743100\n\
         \u{20} 744200 Subventions d'exploitation - Communauté de communes | 61 000,00 | 61 000,00 | 0,00 | 0,00 % | 744200\n\
         \u{20} 745100 Subventions d'exploitation - Ville | 38 500,00 | 72 641,51 | −34 141,51 | −47,00 % | 745100\n\
         \u{20} 746100 Subventions d'exploitation - FSE+ | 121 000,00 | 310 256,41 | −189 256,41 | −61,00 % | 746100\n\
         \u{20} 747100 Subventions d'exploitation - France Travail | 168 000,00 | 169 354,84 | −1 354,84 | −0,80 % | 747100\n\
         \u{20} 748100 Subventions d'exploitation - Autres | 475 521,20 | 436 257,98 | 39 263,22 | 9,00 % | 748100\n\
         - Total non affecté | 1 424 021,20 | 1 574 240,83 | −150 219,63 | −9,54 % | 74 (7 comptes)\n\
         = Total des subventions | 4 749 021,20 | 4 753 376,54 | −4 355,34 | −0,09 % | 74 (9 comptes)\n"
    );
    // Rows beyond what an account holds show as a negative rest: never hidden.
    let beyond = [row("741100", state(), None, "2 395 000,01", "0,00")];
    let found = grants(subsidies, &beyond, &now, None);
    assert_eq!(found.total.to_plain(), "4749021.20");
    let rest = found.lines.iter().find(|line| line.line.code == "741100").unwrap();
    assert_eq!(rest.line.amount.to_plain(), "-0.01");
}

/// The verdicts of a year: label, gap, verdict.
fn verdicts(aids: &[AidsPaid], now: &YearFigures, before: Option<&YearFigures>) -> (usize, String) {
    let rules = rules();
    let controls = rules.controls(day("2024-01-01")).unwrap();
    let checks = cross_checks(controls, layout(&rules, "bilan"), aids, now, before);
    (checks.gaps, read_out(&checks.table))
}

fn paid(dispositif: &str, label: &str, amount: &str) -> AidsPaid {
    AidsPaid { dispositif: dispositif.into(), label: label.into(), amount: Amount::parse(amount).unwrap() }
}

#[test]
fn the_examples_pass_their_cross_checks() {
    let (now, before) = littoral();
    let aids = [paid("CLAP", "Projets", "7500"), paid("FDF", "Fondation de France", "9456")];
    let (gaps, page) = verdicts(&aids, &now, Some(&before));
    assert_eq!(
        page,
        "  CLAP Projets | 7 500,00 |  |  | \n\
         \u{20} FDF Fondation de France | 9 456,00 |  |  | \n\
         \u{20} Aides versées sur fonds propres : carnet des aides et comptabilité (6571) | 16 956,00 | 16 956,00 | 0,00 | conforme\n\
         \u{20} Résultat 2023 à l'ouverture, en attente d'affectation (12) | −136 527,81 | −136 527,81 | 0,00 | conforme\n\
         \u{20} Ouverture et clôture de l'exercice précédent : tous les comptes | 136 527,81 | 136 527,81 | 0,00 | conforme\n\
         \u{20} Bilan : actif et passif | 3 289 782,30 | 3 289 782,30 | 0,00 | conforme\n\
         \u{20} Contributions volontaires : emplois et ressources | 0,00 | 0,00 | 0,00 | conforme\n\
         \u{20} Virements internes soldés à la clôture (58) | 0,00 | 0,00 | 0,00 | conforme\n\
         \u{20} Comptes d'attente soldés à la clôture (47) | 0,00 | 0,00 | 0,00 | conforme\n"
    );
    assert_eq!(gaps, 0);
    // The year before had volunteers: class 8 is not carried over.
    let mut volunteers = before.clone();
    volunteers.accounts.extend([account("864000", 700), account("875000", -700)]);
    assert_eq!(verdicts(&aids, &now, Some(&volunteers)), (0, page));
    let (now, before) = lys();
    let (gaps, page) = verdicts(&[paid("CLAP", "Projets", "23000")], &now, Some(&before));
    assert_eq!(gaps, 0, "{page}");
    let (gaps, page) = verdicts(&[paid("CLAP", "Projets", "23000")], &before, None);
    assert_eq!(gaps, 0, "{page}");
    assert!(page.contains("non contrôlé : exercice précédent absent"));
}

/// Centimes added to the opening (O) or the movements (M) of an account.
type Change = (&'static str, char, i64);

#[test]
fn each_cross_check_sees_its_fault() {
    let aids = [paid("CLAP", "Projets", "16956")];
    let cases: &[(&[Change], usize, &[&str])] = &[
        (
            &[("657100", 'M', 1), ("512000", 'M', -1)],
            1,
            &[
                "fonds propres : carnet des aides et comptabilité (6571) | 16 956,00 | 16 956,01 | 0,01 | écart",
            ],
        ),
        (
            &[("512000", 'O', 1_00), ("401000", 'O', -1_00)],
            2,
            &[
                "précédent : 401000 | −56 724,90 | −56 725,90 | −1,00 | écart",
                "précédent : 512000 | 2 508 280,65 | 2 508 281,65 | 1,00 | écart",
            ],
        ),
        (
            &[("512000", 'M', 1)],
            1,
            &["Bilan : actif et passif | 3 289 782,31 | 3 289 782,30 | −0,01 | écart"],
        ),
        (
            &[("580000", 'M', 5), ("512000", 'M', -5)],
            1,
            &["à la clôture (58) : 580000 Compte 580000 | 0,00 | 0,05 | 0,05 | écart"],
        ),
        (
            &[("471000", 'M', 5), ("472000", 'M', -5)],
            2,
            &[
                "(47) : 471000 Compte 471000 | 0,00 | 0,05 | 0,05",
                "(47) : 472000 Compte 472000 | 0,00 | −0,05",
            ],
        ),
        (
            &[("864000", 'M', 7_00), ("875000", 'M', -6_00)],
            1,
            &["Contributions volontaires : emplois et ressources | 6,00 | 7,00 | 1,00 | écart"],
        ),
        (
            &[("120000", 'O', 13_652_781), ("110000", 'O', -13_652_781)],
            0,
            &[
                "Résultat 2023 à l'ouverture, déjà affecté (10, 11) | −136 527,81 | −136 527,81 | 0,00 | conforme",
            ],
        ),
        (
            &[("120000", 'O', 13_652_781), ("106800", 'O', -10_000_000), ("110000", 'O', -3_652_781)],
            0,
            &[
                "Résultat 2023 à l'ouverture, déjà affecté (10, 11) | −136 527,81 | −136 527,81 | 0,00 | conforme",
            ],
        ),
        (
            &[("110000", 'O', -100), ("512000", 'O', 100)],
            2,
            &[
                "en attente d'affectation (12) | −136 527,81 | −136 527,81 | 0,00 | conforme",
                "précédent : 110000 | 0,00 | −1,00 | −1,00 | écart",
            ],
        ),
        (
            &[("120000", 'O', 100), ("512000", 'O', -100)],
            2,
            &["en attente d'affectation (12) | −136 527,81 | −136 526,81 | 1,00 | écart"],
        ),
    ];
    for (changes, gaps, told) in cases {
        let (mut now, before) = littoral();
        for (number, part, centimes) in *changes {
            let added = account(number, *centimes);
            if !now.accounts.iter().any(|own| own.account == *number) {
                now.accounts.push(AccountFigures { movement: DebitCredit::default(), ..added.clone() });
            }
            let own = now.accounts.iter_mut().find(|own| own.account == *number).unwrap();
            let sides = if *part == 'O' { &mut own.opening } else { &mut own.movement };
            *sides = *sides + added.movement;
        }
        let (found, page) = verdicts(&aids, &now, Some(&before));
        for line in *told {
            assert!(page.contains(line), "{line}\n{page}");
        }
        assert_eq!(found, *gaps, "{page}");
    }
}

#[test]
fn random_books_lose_nothing() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let rules = rules();
    for _ in 0..200 {
        let mut numbers =
            std::collections::BTreeSet::from(["6".to_string(), "7A".to_string(), "2A".to_string()]);
        for _ in 0..random.usize(0..120) {
            let length = random.usize(1..8);
            numbers.insert((0..length).map(|_| random.digit(10)).collect());
        }
        let own = |random: &mut fastrand::Rng| {
            let accounts = numbers.iter().filter(|_| random.u8(..) < 200).collect::<Vec<_>>();
            let accounts = accounts.into_iter().map(|number| {
                account(
                    number,
                    if random.u8(..) < 20 { 0 } else { random.i64(-1_000_000_000..1_000_000_000) },
                )
            });
            YearFigures { name: "N".into(), accounts: accounts.collect() }
        };
        let (now, before) = (own(&mut random), own(&mut random));
        let naive = |year: &YearFigures, classes: &[char]| -> Amount {
            let own = year.accounts.iter().filter(|own| own.account.starts_with(classes));
            own.map(AccountFigures::closing).sum()
        };
        for code in LAYOUTS {
            let income = income_statement(layout(&rules, code), &now, Some(&before));
            assert_eq!(income.charges, naive(&now, &['6']), "seed {seed} {code}");
            assert_eq!(income.produits, -naive(&now, &['7']), "seed {seed} {code}");
            assert_eq!(income.resultat, -naive(&now, &['6', '7']), "seed {seed} {code}");
            let result = line(
                &income.lines,
                match code {
                    "comptes" => "resultat",
                    "officiel" => "excedent-deficit",
                    _ => "excedent",
                },
            );
            assert_eq!(result.previous, Some(-naive(&before, &['6', '7'])), "seed {seed} {code}");
            let expected: std::collections::BTreeSet<&String> = (now.accounts.iter().chain(&before.accounts))
                .map(|own| &own.account)
                .filter(|number| number.starts_with(['6', '7']))
                .collect();
            assert!(result.accounts.iter().eq(expected), "seed {seed} {code}");
            assert_terms(&income.table);
        }
        let sheet = balance_sheet(layout(&rules, "bilan"), &now, Some(&before));
        let whole = ['0', '1', '2', '3', '4', '5', '6', '7', '9'];
        assert_eq!(sheet.gap(), naive(&now, &whole), "seed {seed}");
        assert_terms(&sheet.assets);
        assert_terms(&sheet.liabilities);
        assert_terms(&trial_balance(&rules.plan, &now).table);
    }
}

/// What a fault says, above the line of the file that it shows with a mark under the place.
fn told(fault: &str) -> &str {
    let Some((said, excerpt)) = fault.split_once('\n') else {
        assert!(fault.starts_with("plan-comptable.csv"), "the line at fault is shown: {fault}");
        return fault;
    };
    assert_eq!(excerpt.lines().count(), 2, "{fault}");
    assert!(excerpt.ends_with('^'), "{fault}");
    said
}

#[test]
fn a_structure_publishes_its_own_layout() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("etats")).unwrap();
    let path = folder.path().join("etats/compte-de-resultat-rapport.toml");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/etats/compte-de-resultat-rapport.toml");
    let text = std::fs::read_to_string(source).unwrap();
    let faults = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let faults = denier::app::verify_rules(Some(folder.path().to_str().unwrap())).unwrap().fautes;
        faults.iter().map(|fault| told(fault).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(faults(&text.replace("État", "État (DDETS)")), Vec::<String>::new());
    assert_eq!(
        faults(&text.replace("comptes = [\"63\"]", "comptes = [\"64\"]")),
        [
            "etats/compte-de-resultat-rapport.toml:55:1 : ligne « personnel » : le compte 64 est déjà à la ligne « impots_taxes »"
        ]
    );
    assert_eq!(
        faults(&text.replace("code = \"rapport\"", "code = \"officiel\"")),
        [
            "etats/compte-de-resultat-rapport.toml:8:1 : « officiel » : un autre fichier vaut pour les mêmes exercices (du, jusqua)"
        ]
    );
    let later = text.replace("code = \"rapport\"", "code = \"officiel\"").replace("du = 2000", "du = 2025");
    assert_eq!(faults(&later), Vec::<String>::new());
    let plan = folder.path().join("plan-comptable.csv");
    std::fs::write(&plan, "numero;libelle;classe;nature\n60;Achats\n").unwrap();
    assert_eq!(faults(&text), ["plan-comptable.csv:2:1 : quatre colonnes, séparées par des points-virgules"]);
}

#[test]
fn a_layout_is_for_the_years_that_open_in_its_dates() {
    let rules = rules();
    let official = |opening| rules.layout(Statement::CompteDeResultat, "officiel", day(opening)).is_some();
    assert_eq!((official("2024-12-31"), official("2025-01-01")), (true, false));
    let codes = |opening| -> Vec<String> {
        rules.layouts_for(Statement::CompteDeResultat, day(opening)).map(|own| own.code.clone()).collect()
    };
    assert_eq!(codes("2024-01-01"), LAYOUTS);
    assert_eq!(codes("2025-01-01"), ["comptes", "rapport"]);
}

#[test]
fn faults_of_subsidies_and_checks_are_told() {
    let cases = [
        (
            "subventions",
            "\"755\"",
            "\"75x\"",
            ":10:1 : compte « 75x » : écrivez les premiers chiffres du compte, comme \"606\"",
        ),
        (
            "subventions",
            "comptes =",
            "compte =",
            ":10:1 : clé inconnue « compte » ; vouliez-vous « comptes » ? (clés possibles : format, etat, code, libelle, du, jusqua, source, comptes)",
        ),
        (
            "subventions",
            "etat = \"subventions\"",
            "etat = \"aides\"",
            ":5:8 : valeur inconnue « aides » ; valeurs possibles : compte-de-resultat, bilan, subventions, controles",
        ),
        (
            "controles",
            "comptes = [\"58\"]",
            "comptes = [\"\"]",
            ":31:12 : compte «  » : écrivez les premiers chiffres du compte, comme \"606\"",
        ),
        (
            "controles",
            "[bilan]",
            "[bilans]",
            ":26:2 : clé inconnue « bilans » ; vouliez-vous « bilan » ? (clés possibles : format, etat, code, libelle, du, jusqua, source, aides_versees, reouverture, contributions_volontaires, bilan, solde_nul)",
        ),
        (
            "controles",
            "du = 2000-01-01",
            "du = 2000-01-01\njusqua = 1999-12-31",
            ":7:1 : « jusqua » vient avant « du »",
        ),
    ];
    for (name, from, to, message) in cases {
        let path = format!("etats/{name}.toml");
        let mut files = embedded_rules();
        let (_, text) = files.iter_mut().find(|(own, _)| *own == path).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
        let error = statement_rules(&files).unwrap_err().to_string();
        assert_eq!(told(&error), format!("{path}{message}"), "{from}");
    }
}

#[test]
fn the_layout_of_the_readme_works() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/README.md"));
    let readme = readme.unwrap();
    let section = readme.split("### Écrire le sien").nth(1).expect("the section");
    let text = section.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let own = Layout::parse("README.md", text, &rules().plan).unwrap();
    let (now, _) = littoral();
    let income = income_statement(&own, &now, None);
    assert_eq!(income.resultat.to_plain(), "66506.69");
    assert_eq!(line(&income.lines, "personnel").amount.to_plain(), "3878000.00");
}
