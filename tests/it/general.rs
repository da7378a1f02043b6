//! The general book as imported: published figures, versions of a year, seals, undoing.

use crate::harness::{Books, example, fec_options, lines, on_both_engines, on_both_engines_from};
use denier::app::{
    self, AppError, Asked, FecOptions, GeneralAccounts, GeneralFilter, HandRequest, ImportReport, RuleCount,
};
use denier::funding::DateKind::Payment;
use denier::money::{Amount, Percent};
use denier::statements::{Axis, Cell, StatementLine, Style, Table};
use denier::store::Store;
use std::collections::BTreeMap;
use std::path::Path;

/// A line of a FEC, cell by cell.
type Line = Vec<String>;

const JOURNAL: usize = 0;
const NUMBER: usize = 2;
const DATE: usize = 3;
const PIECE: usize = 8;
const LABEL: usize = 10;
const DEBIT: usize = 11;
const CREDIT: usize = 12;
const VALIDATED: usize = 15;

const HEADER: &str = "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise";

/// The whole entries of an example, by journal and number, in the order of their first lines.
fn entries(path: &str) -> Vec<Vec<Line>> {
    let bytes = std::fs::read(example(path)).expect("a FEC");
    // One byte, one character: the examples use no other letters of ISO-8859-15.
    let text: String = bytes.into_iter().map(char::from).collect();
    let mut entries: Vec<Vec<Line>> = Vec::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Line = line.split('\t').map(str::to_string).collect();
        assert_eq!(cells.len(), 18);
        let key = (cells[JOURNAL].clone(), cells[NUMBER].clone());
        let place = *places.entry(key).or_insert(entries.len());
        entries.resize(entries.len().max(place + 1), Vec::new());
        entries[place].push(cells);
    }
    entries
}

/// The entries until the end of a month.
fn until(entries: &[Vec<Line>], month: &str) -> Vec<Vec<Line>> {
    let is_early = |entry: &&Vec<Line>| entry.iter().all(|line| &line[DATE][..6] <= month);
    entries.iter().filter(is_early).cloned().collect()
}

fn written(entries: &[Vec<Line>]) -> String {
    let lines = entries.iter().flatten().map(|line| line.join("\t"));
    std::iter::once(HEADER.to_string()).chain(lines).collect::<Vec<_>>().join("\n") + "\n"
}

fn line_count(entries: &[Vec<Line>]) -> u64 {
    entries.iter().flatten().count() as u64
}

fn definitive() -> FecOptions {
    FecOptions { definitive: true, ..fec_options() }
}

/// A FEC of one payment, of a day such as `20240105`.
fn payment(day: &str, amount: &str, validated: &str) -> String {
    format!(
        "{HEADER}\n\
         BQ\tBanque\t1\t{day}\t606300\tFournitures\t\t\tV1\t{day}\tPapier\t{amount}\t0,00\t\t\t{validated}\t\t\n\
         BQ\tBanque\t1\t{day}\t512000\tBanque\t\t\tV1\t{day}\tPapier\t0,00\t{amount}\t\t\t{validated}\t\t\n"
    )
}

impl Books {
    /// Imports both FECs and the rules of an example.
    async fn load_general(&self, name: &str, years: [i16; 2]) {
        for year in years {
            let path = example(&format!("{name}/FEC-{year}.txt"));
            let report = self.fec(&path).await;
            assert_eq!((report.refuses, report.acceptes), (0, report.lus), "{:?}", report.constats);
        }
        let report = self.assignments(&example(&format!("{name}/affectation.csv"))).await;
        assert_eq!((report.refuses, report.acceptes), (0, report.lus), "{:?}", report.constats);
    }

    /// Every statement of a year but the cross-checks, which look at the aids too.
    async fn statements(&self, year: i16) -> Vec<Table> {
        let (store, year) = (&self.store, Some(year));
        let mut tables = Vec::new();
        for model in ["rapport", "officiel", "comptes"] {
            tables.extend(app::income(store, year, None, model).await.expect("an income statement").tables);
        }
        tables.extend(app::balance_sheet_of(store, year, None).await.expect("a balance sheet").tables);
        tables.extend(app::grants_of(store, year, None).await.expect("subsidies").tables);
        tables.push(app::trial_balance_of(store, year).await.expect("a trial balance"));
        tables
    }

    /// What the statements of a year say, without the warning that names the lot.
    async fn figures(&self, year: i16) -> Vec<String> {
        self.statements(year).await.iter().flat_map(lines).collect()
    }

    /// The trial balance of a year.
    async fn trial_balance(&self, year: i16) -> String {
        lines(&app::trial_balance_of(&self.store, Some(year)).await.expect("a trial balance")).join("\n")
    }

    async fn grant_lines(&self, year: i16) -> Vec<StatementLine> {
        app::grants_of(&self.store, Some(year), None).await.expect("subsidies").lines
    }

    /// What a write changes: the generation, the lots, the FECs.
    async fn state(&self) -> (String, usize, Vec<i64>) {
        let mut tx = self.store.read().await.unwrap();
        let versions = tx.fec_versions().await.unwrap();
        let lots = tx.lots().await.unwrap().len();
        (tx.generation().await.unwrap(), lots, versions.iter().map(|version| version.lot).collect())
    }

    async fn assign(&self, line: usize, to: Option<(&str, &str)>) -> Result<app::HandReport, AppError> {
        let request = HandRequest {
            year: Some(2024),
            line: i64::try_from(line).unwrap(),
            to: to.map(|(funder, convention)| (funder.to_string(), convention.to_string())),
            reason: "avenant signé avec le Département".into(),
        };
        app::assign_by_hand(&self.store, self.clock, &self.actor, &request).await
    }
}

/// Both say the same; else the first line that differs is shown, and not hundreds.
fn assert_same(found: &[String], expected: &[String], what: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(found.len(), expected.len(), "{what}");
}

fn by_rule(counts: &[RuleCount], rank: Option<u32>) -> (u64, String) {
    let found: Vec<&RuleCount> =
        counts.iter().filter(|rule| rule.exercice == 2024 && rule.ordre == rank).collect();
    match found.as_slice() {
        [] => (0, "0.00".into()),
        [one] => (one.lignes, one.montant.clone()),
        several => panic!("{several:?}"),
    }
}

fn published(name: &str) -> toml::Table {
    let text = std::fs::read_to_string(example(&format!("{name}/totaux.toml"))).expect("totaux.toml");
    text.parse().expect("TOML")
}

fn refusal<T: std::fmt::Debug>(result: Result<T, AppError>) -> String {
    match result.expect_err("a refusal") {
        AppError::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

/// Counts of a FEC against the one before: new, changed, vanished, same, renumbered.
fn changes(report: &ImportReport) -> [u64; 5] {
    let fec = report.fec.as_ref().expect("a FEC");
    [fec.nouvelles, fec.modifiees, fec.disparues, fec.inchangees, fec.renumerotees]
}

#[test]
fn littoral_2024_gives_its_published_result() {
    on_both_engines(async |books| {
        books.load_general("littoral-2024", [2023, 2024]).await;
        let result = &published("littoral-2024")["resultat"];
        let report = app::income(&books.store, Some(2024), None, "rapport").await.unwrap();
        let (charges, produits, resultat) = report.totals.unwrap();
        for (key, amount, expected) in [
            ("charges", charges, "5625711.51"),
            ("produits", produits, "5692218.20"),
            ("excedent", resultat, "66506.69"),
        ] {
            assert_eq!(amount.to_plain(), expected);
            assert_eq!(result[key].as_str(), Some(expected), "{key}");
        }
        let warning = report.tables[0].warning.clone().unwrap();
        assert_eq!(
            warning,
            "FEC 2024 provisoire, importé le 15/02/2025 13:00 (lot 2) · FEC 2023 provisoire, importé le 15/02/2025 13:00 (lot 1)"
        );
        let sheet = app::balance_sheet_of(&books.store, Some(2024), None).await.unwrap();
        let last = |table: &Table| lines(table).last().unwrap().clone();
        assert!(last(&sheet.tables[0]).contains("3289782.30"), "{}", last(&sheet.tables[0]));
        assert!(last(&sheet.tables[1]).contains("3289782.30"), "{}", last(&sheet.tables[1]));
        let funders = books.grant_lines(2024).await;
        for (code, key) in [
            ("ETAT", "etat"),
            ("AGGLO", "agglomeration"),
            ("FSE", "fse"),
            ("CD", "conseil_departemental"),
            ("DIVERS", "autres"),
            ("FT", "france_travail"),
            ("REGION", "conseil_regional"),
            ("CC", "communaute_de_communes"),
            ("VILLE", "ville_centre"),
        ] {
            let printed = published("littoral-2024")["variation_pct"][key].as_str().unwrap().to_string();
            let found = funders.iter().rfind(|line| line.code == code).expect("a funder");
            let percent = found.variation_pct.unwrap().to_plain();
            let expected = match printed.split_once('.') {
                None => format!("{printed}.00"),
                Some((_, decimals)) if decimals.len() == 1 => format!("{printed}0"),
                Some(_) => printed,
            };
            assert_eq!(percent, expected, "{code}");
        }
        books.assert_whole().await;
    });
}

#[test]
fn lys_2021_gives_its_published_results_and_subsidies() {
    on_both_engines_from(2021, async |books| {
        books.load_general("lys-2021", [2020, 2021]).await;
        let file = published("lys-2021");
        let income = app::income(&books.store, Some(2021), None, "rapport").await.unwrap();
        for (year, keys) in [("2021", 5), ("2020", 4)] {
            let results = file[&format!("resultat_{year}")].as_table().unwrap();
            let own: Vec<_> = results.iter().filter(|(key, _)| !key.ends_with("_keur")).collect();
            assert_eq!(own.len(), keys);
            for (code, expected) in own {
                let line = income.lines.iter().find(|line| line.code == *code).expect("a line");
                let amount = if year == "2021" { line.amount } else { line.previous.unwrap() };
                assert_eq!(amount.to_plain(), expected.as_str().unwrap(), "{code} {year}");
            }
        }
        let grants = books.grant_lines(2021).await;
        let printed = file["subventions_keur"].as_table().unwrap();
        assert_eq!(printed.len(), 7);
        for (funder, printed) in printed {
            let line = grants.iter().rfind(|line| line.code == *funder).expect("a funder");
            let keur = |amount: Amount| (amount.centimes() + 50_000).div_euclid(100_000);
            let (now, before) = (printed[0].as_integer(), printed[1].as_integer());
            assert_eq!(
                (Some(keur(line.amount)), Some(keur(line.previous.unwrap()))),
                (now, before),
                "{funder}"
            );
            assert_eq!(
                line.variation_pct.map(Percent::to_plain).as_deref(),
                printed[2].as_str(),
                "{funder}: on euros, as printed"
            );
        }
        let (checks, gaps) = app::controls_of(&books.store, Some(2021)).await.unwrap();
        assert_eq!(gaps, 1, "the aids are not imported: {:#?}", lines(&checks));
        books.assert_whole().await;
    });
}

#[test]
fn aids_are_checked_against_6571_and_are_in_no_general_statement() {
    on_both_engines(async |books| {
        books.load_general("littoral-2024", [2023, 2024]).await;
        let own_funds = |table: &Table| {
            lines(table).into_iter().find(|line| line.contains("(6571)")).expect("the check of 6571")
        };
        let before = books.statements(2024).await;
        let (checks, gaps) = app::controls_of(&books.store, Some(2024)).await.unwrap();
        assert!(own_funds(&checks).ends_with("0.00 16956.00 16956.00 écart"), "{}", own_funds(&checks));
        assert_eq!(gaps, 1);
        let report = books.load_example("littoral-2024").await;
        assert_eq!(report.acceptes, 8_621);
        let (checks, gaps) = app::controls_of(&books.store, Some(2024)).await.unwrap();
        assert!(own_funds(&checks).ends_with("16956.00 16956.00 0.00 conforme"), "{}", own_funds(&checks));
        assert_eq!(gaps, 0, "{:#?}", lines(&checks));
        assert_eq!(books.statements(2024).await, before, "no aid in a general statement");
        books.assert_whole().await;
    });
}

#[test]
fn a_year_grows_is_renumbered_loses_a_line_and_finds_it_again() {
    on_both_engines(async |books| {
        let all = entries("littoral-2024/FEC-2024.txt");
        assert!(all.iter().all(|entry| entry.iter().all(|line| line[DATE][..6] == entry[0][DATE][..6])));
        books.assignments(&example("littoral-2024/affectation.csv")).await;

        let june = until(&all, "202406");
        let (first, june_lines) = (written(&june), line_count(&june));
        let report = books.fec(&books.file("juin.txt", &first)).await;
        assert_eq!(
            (report.acceptes, report.lot, changes(&report)),
            (june_lines, Some(2), [june_lines, 0, 0, 0, 0])
        );
        assert_eq!(by_rule(&report.affectation, Some(4)), (1, "45000.00".into()));
        let is_grant = |line: &Line| line[LABEL] == "Notification État, parrainage" && line[DEBIT] == "0,00";
        let place = first.lines().position(|line| line.contains("741100") && line.contains("parrainage"));
        let done = books.assign(place.unwrap() + 1, Some(("CD", "CD-BRSA"))).await.unwrap();
        assert_eq!(done.compte, "741100");
        assert_eq!(by_rule(&done.affectation, Some(0)), (1, "45000.00".into()));
        assert_eq!(by_rule(&done.affectation, Some(4)), (0, "0.00".into()));
        let june_figures = books.figures(2024).await;

        // July: every number changes, entries come in any order.
        let mut july = until(&all, "202407");
        let july_lines = line_count(&july);
        assert!(july_lines > june_lines);
        fastrand::Rng::with_seed(7).shuffle(&mut july);
        for (rank, entry) in july.iter_mut().enumerate() {
            entry.iter_mut().for_each(|line| line[NUMBER] = format!("V{rank}"));
        }
        let report = books.fec(&books.file("juillet.txt", written(&july))).await;
        assert_eq!(changes(&report), [july_lines - june_lines, 0, 0, june_lines, june_lines]);
        assert_eq!((report.lot, report.acceptes), (Some(3), july_lines - june_lines));
        assert_eq!(by_rule(&report.affectation, Some(0)), (1, "45000.00".into()), "it holds on to its line");
        assert!(report.fec.unwrap().orphelines.is_empty());
        let july_figures = books.figures(2024).await;
        let of_department = books.grant_lines(2024).await;
        let of_department = of_department.iter().rfind(|line| line.code == "CD").unwrap();
        assert_eq!(of_department.amount.to_plain(), "523000.00", "478 000,00 and what was assigned by hand");

        // The same again: nothing.
        let state = books.state().await;
        let report = books.fec(&books.file("encore.txt", written(&july))).await;
        assert_eq!((report.acceptes, report.deja_importes, report.lot), (0, july_lines, None));
        assert_eq!(changes(&report), [0, 0, 0, july_lines, 0]);
        assert_eq!(books.state().await, state, "no lot");

        // The line vanishes: it is listed, and what was assigned to it waits.
        let without: Vec<Vec<Line>> =
            july.iter().filter(|entry| !entry.iter().any(is_grant)).cloned().collect();
        let gone = july_lines - line_count(&without);
        let report = books.fec(&books.file("sans.txt", written(&without))).await;
        assert_eq!(changes(&report), [0, 0, gone, july_lines - gone, 0]);
        let fec = report.fec.as_ref().unwrap();
        assert!(fec.changements.iter().all(|line| line.etat == "disparue" && line.piece == "SU00365"));
        assert_eq!(fec.changements.len() as u64, gone);
        let [waiting] = fec.orphelines.as_slice() else { panic!("{:?}", fec.orphelines) };
        assert_eq!(
            (
                waiting.etat.as_str(),
                waiting.compte.as_str(),
                waiting.piece.as_str(),
                waiting.montant.as_str()
            ),
            ("attendue", "741100", "SU00365", "-45000.00")
        );
        assert_eq!(waiting.libelle, "avenant signé avec le Département");
        assert_eq!(by_rule(&report.affectation, Some(0)), (0, "0.00".into()));

        // It comes back: assigned again.
        let report = books.fec(&books.file("retour.txt", written(&july))).await;
        assert_eq!(changes(&report), [gone, 0, 0, july_lines - gone, 0]);
        assert!(report.fec.as_ref().unwrap().orphelines.is_empty());
        assert_eq!(by_rule(&report.affectation, Some(0)), (1, "45000.00".into()));
        assert_same(&books.figures(2024).await, &july_figures, "the same figures");

        // Taken back: the rule has it again.
        let line =
            written(&july).lines().position(|line| line.contains("741100") && line.contains("parrainage"));
        let done = books.assign(line.unwrap() + 1, None).await.unwrap();
        assert_eq!(by_rule(&done.affectation, Some(4)), (1, "45000.00".into()));
        assert_ne!(books.figures(2024).await, july_figures);
        assert_ne!(june_figures, july_figures);
        books.assert_whole().await;
    });
}

#[test]
fn a_changed_line_is_shown_with_what_it_was() {
    on_both_engines(async |books| {
        books.fec(&books.file("avant.txt", payment("20240105", "120,00", ""))).await;
        let report = books.fec(&books.file("apres.txt", payment("20240106", "130,00", ""))).await;
        assert_eq!(changes(&report), [0, 2, 0, 0, 0]);
        let shown = &report.fec.as_ref().unwrap().changements;
        assert_eq!((shown.len(), shown[0].etat.as_str(), shown[0].ligne), (2, "modifiee", 2));
        assert_eq!((shown[0].montant.as_str(), shown[0].date.as_str()), ("130.00", "2024-01-06"));
        assert_eq!(shown[0].avant.as_deref(), Some("05/01/2024 · 120,00\u{a0}€ · Papier"));
        // Validation only: nothing is new, yet the FEC is another one.
        let report = books.fec(&books.file("valide.txt", payment("20240106", "130,00", "20240131"))).await;
        assert_eq!((changes(&report), report.lot), ([0, 0, 0, 2, 0], Some(3)));
        assert_eq!(report.fec.unwrap().completees, 2);
        books.assert_whole().await;
    });
}

#[test]
fn cancelling_brings_back_what_was_before() {
    on_both_engines(async |books| {
        let rules = example("littoral-2024/affectation.csv");
        let first_rules = books.assignments(&rules).await.lot.unwrap();
        let all = entries("littoral-2024/FEC-2024.txt");
        let mut figures = Vec::new();
        let mut lots = Vec::new();
        for month in ["202404", "202405", "202406"] {
            let report = books.fec(&books.file(month, written(&until(&all, month)))).await;
            lots.push(report.lot.unwrap());
            figures.push(books.figures(2024).await);
        }
        assert_ne!(figures[1], figures[2]);
        let why = refusal(books.cancel(lots[1]).await);
        assert!(why.contains("annulez d'abord celui qui le remplace"), "{why}");
        let why = refusal(books.cancel(lots[0]).await);
        assert!(why.contains("déjà remplacé"), "{why}");

        // Other rules, then back.
        let text = std::fs::read_to_string(&rules)
            .unwrap()
            .replace("ETAT-PARR;ETAT;ETAT-PARR", "ETAT-PARR;CD;CD-BRSA");
        let other = books.assignments(&books.file("autres.csv", text)).await;
        assert_eq!(by_rule(&other.affectation, Some(4)), (1, "45000.00".into()));
        assert_ne!(books.figures(2024).await, figures[2]);
        books.cancel(other.lot.unwrap()).await.unwrap();
        assert_same(&books.figures(2024).await, &figures[2], "the rules before are in force again");

        let report = books.cancel(lots[2]).await.unwrap();
        assert_eq!(report.nombre, line_count(&until(&all, "202406")));
        assert_same(&books.figures(2024).await, &figures[1], "the FEC before is in force again");
        books.cancel(first_rules).await.unwrap();
        let unassigned = books.grant_lines(2024).await;
        assert!(unassigned.iter().all(|line| line.code != "ETAT"), "no rule is left");
        books.cancel(lots[1]).await.unwrap();
        let why = refusal(app::income(&books.store, Some(2024), None, "rapport").await);
        assert!(why.contains("pas de FEC de 2024"), "{why}");
        let why = refusal(books.cancel(lots[1]).await);
        assert!(why.contains("déjà annulé"), "{why}");
        books.assert_whole().await;
    });
}

#[test]
fn a_sealed_year_never_changes() {
    on_both_engines(async |books| {
        books.assignments(&example("littoral-2024/affectation.csv")).await;
        let all = entries("littoral-2024/FEC-2024.txt");
        let text = written(&all);

        // Not validated: refused, nothing written.
        let mut draft = all.clone();
        draft.last_mut().unwrap().iter_mut().for_each(|line| line[VALIDATED].clear());
        let state = books.state().await;
        let report =
            books.try_fec(&books.file("brouillard.txt", written(&draft)), &definitive()).await.unwrap();
        assert_eq!((report.acceptes, report.refuses, report.lot), (0, report.lus, None));
        assert_eq!(report.constats[0].code, "fec_non_valide");
        assert_eq!(books.state().await, state);

        // Provisional first, then the same file is sealed.
        let path = books.file("FEC-2024.txt", &text);
        books.fec(&path).await;
        let figures = books.figures(2024).await;
        let report = books.try_fec(&path, &definitive()).await.unwrap();
        let sealed = report.lot.expect("a lot");
        assert_eq!((report.refuses, changes(&report)), (0, [0, 0, 0, report.lus, 0]));
        assert_eq!(books.state().await.2, [sealed], "a sealed year keeps no other FEC");
        assert_same(&books.figures(2024).await, &figures, "the same figures");
        assert!(books.statements(2024).await.iter().all(|table| table.warning.is_none()));
        let verified = app::verify(&books.store, &crate::harness::quiet).await.unwrap();
        assert!(
            verified.integre && verified.non_couvert.iter().all(|one| !one.contains("2024")),
            "{verified:?}"
        );

        // The same again is known, provisional or not.
        let state = books.state().await;
        for options in [fec_options(), definitive()] {
            let report = books.try_fec(&path, &options).await.unwrap();
            assert_eq!((report.acceptes, report.deja_importes, report.lot), (0, report.lus, None));
            assert_eq!(report.constats, [], "known, without a word");
        }
        assert_eq!(books.state().await, state);

        // One centime, one label, one number, one line less, one entry more: refused.
        let edit = |change: &dyn Fn(&mut Vec<Vec<Line>>)| {
            let mut other = all.clone();
            change(&mut other);
            written(&other)
        };
        let others = [
            edit(&|all| {
                for line in &mut all[5] {
                    for side in [DEBIT, CREDIT] {
                        if line[side] != "0,00" {
                            line[side] = "1,23".into();
                        }
                    }
                }
                all[5].truncate(2);
            }),
            edit(&|all| all[5][0][LABEL].push('!')),
            edit(&|all| all[5].iter_mut().for_each(|line| line[NUMBER] = "9999".into())),
            edit(&|all| all[5][0][PIECE].push('b')),
            edit(&|all| {
                all.pop();
            }),
            edit(&|all| {
                let mut more = all[5].clone();
                more.iter_mut().for_each(|line| line[NUMBER] = "9999".into());
                all.push(more);
            }),
            edit(&|all| all[5][0][VALIDATED] = "20240101".into()),
        ];
        for (rank, other) in others.iter().enumerate() {
            for options in [fec_options(), definitive()] {
                let report = books.try_fec(&books.file("autre.txt", other), &options).await.unwrap();
                let found: Vec<&str> = report.constats.iter().map(|one| one.code.as_str()).collect();
                assert_eq!(found, ["exercice_scelle"], "change {rank}");
                assert_eq!((report.acceptes, report.refuses, report.lot), (0, report.lus, None));
                assert_eq!(report.exit_code(), 1);
            }
        }
        let why = refusal(books.cancel(sealed).await);
        assert_eq!(
            why,
            format!("l'exercice 2024 est scellé par le lot {sealed} : un FEC définitif ne s'annule pas")
        );
        let why = refusal(books.assign(20, Some(("CD", "CD-BRSA"))).await);
        assert_eq!(why, "l'exercice 2024 est scellé : ses affectations ne changent plus");
        assert_eq!(books.state().await, state, "nothing was written");
        assert_same(&books.figures(2024).await, &figures, "the same figures");

        // Other rules are for the other years.
        let rules = "ordre;compte;financeur;convention;libelle\n1;74;CD;CD-TOUT;Tout au Département\n";
        let report = books.assignments(&books.file("autres.csv", rules)).await;
        let warned: Vec<(&str, &str)> =
            report.constats.iter().map(|one| (one.code.as_str(), one.severity.as_str())).collect();
        assert_eq!(warned, [("exercice_scelle", "avertissement")]);
        assert_eq!(report.constats[0].message, "l'exercice 2024 est scellé : il garde son affectation");
        assert_eq!((report.affectation.len(), report.exit_code()), (0, 0));
        assert_same(&books.figures(2024).await, &figures, "the same figures");
        books.cancel(report.lot.unwrap()).await.unwrap();
        assert_same(&books.figures(2024).await, &figures, "the same figures");
        books.assert_whole().await;
    });
}

#[test]
fn years_follow_each_other() {
    on_both_engines(async |books| {
        let fec =
            |year: &str| books.file(&format!("{year}.txt"), payment(&format!("{year}0105"), "120,00", ""));
        for (year, next) in [("2022", 2023), ("2026", 2025)] {
            let state = books.state().await;
            let why = refusal(books.try_fec(&fec(year), &fec_options()).await);
            assert_eq!(
                why,
                format!(
                    "les exercices se suivent : la base va de 2024 à 2024, ce FEC est de janvier {year} ; importez d'abord l'exercice {next}"
                )
            );
            assert_eq!(books.state().await, state);
        }
        for year in ["2023", "2022", "2025", "2026"] {
            let report = books.fec(&fec(year)).await;
            let fec = report.fec.unwrap();
            assert_eq!(
                (fec.exercice.to_string().as_str(), fec.exercice_cree, report.acceptes),
                (year, true, 2)
            );
        }
        let report = books.fec(&fec("2024")).await;
        assert!(!report.fec.unwrap().exercice_cree, "it was there");
        assert_eq!(books.trial_balance(2022).await, books.trial_balance(2026).await);

        // Days of another year: each line is named.
        let two = format!(
            "{}{}",
            payment("20240105", "1,00", ""),
            payment("20250105", "1,00", "").split_once('\n').unwrap().1
        );
        let two = two.replace("\t1\t20250105", "\t2\t20250105");
        for (year, lines, bound) in [
            (None, [2, 3], "(qui commence le 01/01/2025)"),
            (Some(2024), [4, 5], "(qui finit le 31/12/2024)"),
        ] {
            let state = books.state().await;
            let options = FecOptions { year, ..fec_options() };
            let report = books.try_fec(&books.file("deux.txt", &two), &options).await.unwrap();
            assert_eq!((report.refuses, report.lot), (4, None));
            assert_eq!(report.constats.iter().map(|one| one.line).collect::<Vec<_>>(), lines);
            for one in &report.constats {
                assert_eq!(one.code, "fec_hors_exercice");
                assert!(one.message.ends_with(bound), "{}", one.message);
            }
            assert_eq!(books.state().await, state);
        }
    });
}

#[test]
fn a_preview_says_what_the_import_does_and_writes_nothing() {
    on_both_engines(async |books| {
        let all = entries("littoral-2024/FEC-2024.txt");
        books.assignments(&example("littoral-2024/affectation.csv")).await;
        books.fec(&example("littoral-2024/FEC-2023.txt")).await;
        let versions = [until(&all, "202403"), until(&all, "202408"), until(&all, "202406"), all.clone()];
        for (rank, version) in versions.iter().enumerate() {
            let path = books.file("version.txt", written(version));
            let real = FecOptions { definitive: rank == 3, ..fec_options() };
            let state = books.state().await;
            let mut preview =
                books.try_fec(&path, &FecOptions { dry_run: true, ..real.clone() }).await.unwrap();
            assert_eq!(books.state().await, state, "nothing written");
            assert_eq!((preview.a_blanc, preview.lot), (true, None));
            let report = books.try_fec(&path, &real).await.unwrap();
            assert_eq!(report.refuses, 0, "{:?}", report.constats);
            (preview.a_blanc, preview.lot) = (false, report.lot);
            let text = |report: &ImportReport| serde_json::to_string_pretty(report).unwrap();
            assert_eq!(text(&preview), text(&report));
        }
        books.assert_whole().await;
    });
}

#[test]
fn a_key_is_answered_once() {
    on_both_engines(async |books| {
        let path = books.file("FEC.txt", payment("20240105", "120,00", ""));
        let asked =
            |content: &[u8]| FecOptions { asked: Some(Asked::new("k1", &[content])), ..fec_options() };
        let first = books.try_fec(&path, &asked(b"fec")).await.unwrap();
        let state = books.state().await;
        let again = books.try_fec(&path, &asked(b"fec")).await.unwrap();
        let text = |report: &ImportReport| serde_json::to_string_pretty(report).unwrap();
        assert_eq!((text(&again), again.lot, again.acceptes), (text(&first), Some(1), 2));
        let why = refusal(books.try_fec(&path, &asked(b"autre")).await);
        assert!(why.contains("cle_autre_contenu"), "{why}");
        assert_eq!(books.state().await, state);
    });
}

/// The number and the text of each migration of an engine, in order.
fn migrations(engine: &str) -> Vec<(i64, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut found: Vec<(i64, String)> = std::fs::read_dir(folder)
        .expect("migrations")
        .map(|file| file.expect("a migration").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let number = name.split('_').next().expect("a number").parse().expect("a number");
            (number, std::fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    found.sort();
    found
}

/// What these migrations create of a kind, in their order: the rest of the line up to a space or a bracket.
fn created(migrations: &[(i64, String)], kind: &str) -> Vec<String> {
    let lines = migrations.iter().flat_map(|(_, text)| text.lines());
    let rest = lines.filter_map(|line| line.strip_prefix("create ")?.strip_prefix(kind)?.strip_prefix(' '));
    rest.map(|rest| rest.split([' ', '(']).next().expect("a name").to_string()).collect()
}

#[test]
fn a_base_of_schema_1_gets_the_later_tables() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let aids = books.aid_lines(2024, Payment, &[Axis::Dispositif]).await;
        let engine = if books.on_postgres() { "postgres" } else { "sqlite" };
        let all = migrations(engine);
        let (first, mut later) = (created(&all[..1], "table"), created(&all[1..], "table"));
        // It takes the name of the one that it replaces.
        later.retain(|table| table != "app_user_of_5");

        // Back to schema 1: what the later migrations made is unmade.
        let mut statements: Vec<String> =
            later.iter().rev().map(|name| format!("drop table {name}")).collect();
        for index in ["lot_cancels_id", "aid_month", "decision_dispositif"] {
            statements.push(format!("drop index {index}"));
        }
        statements.extend(created(&all[1..], "function").iter().map(|name| format!("drop function {name}")));
        statements.push("delete from schema_version where number > 1".into());
        let mut tx = books.store.write().await.unwrap();
        for sql in statements {
            tx.exec(sql.leak(), &[]).await.unwrap_or_else(|error| panic!("{error:?}"));
        }
        let sql = if books.on_postgres() {
            "select tablename::text from pg_tables where schemaname = current_schema() order by 1"
        } else {
            "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by 1"
        };
        let mut left: Vec<String> =
            tx.all(sql, &[]).await.unwrap().iter().map(|row| row.text(0).unwrap()).collect();
        let mut expected = first.clone();
        expected.push("schema_version".into());
        left.sort();
        expected.sort();
        assert_eq!(left, expected, "the tables of schema 1 alone");
        tx.commit().await.unwrap();

        books.store = Store::open(&books.location).await.expect("a base of schema 1 opens");
        let mut tx = books.store.read().await.unwrap();
        let numbers = tx.all("select number from schema_version order by number", &[]).await.unwrap();
        let expected: Vec<i64> = all.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers.iter().map(|row| row.int(0).unwrap()).collect::<Vec<_>>(), expected);
        for table in &later {
            // Key 0 of some reference tables is "sans".
            let own = if table == "giver" { " where id <> 0" } else { "" };
            let sql: &'static str = format!("select count(*) from {table}{own}").leak();
            assert_eq!(tx.one(sql, &[]).await.unwrap().unwrap().int(0).unwrap(), 0, "{table}");
        }
        drop(tx);
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, aids);
        books.assert_whole().await;
        books.load_general("littoral-2024", [2023, 2024]).await;
        let (_, gaps) = app::controls_of(&books.store, Some(2024)).await.unwrap();
        assert_eq!(gaps, 0);
        books.assert_whole().await;
    });
}

/// A FEC whose opening comes after an operation of the same day.
const OPENED_LATE: &str = "\
BQ\tBanque\t1\t20240101\t606300\tFournitures\t\t\tV1\t20240101\tPapier\t40,00\t0,00\t\t\t\t\t
BQ\tBanque\t1\t20240101\t512000\tBanque\t\t\tV1\t20240101\tPapier\t0,00\t40,00\t\t\t\t\t
AN\tÀ nouveaux\t2\t20240101\t512000\tBanque\t\t\tAN\t20240101\tÀ nouveau\t100,00\t0,00\t\t\t\t\t
AN\tÀ nouveaux\t2\t20240101\t106800\tRéserves\t\t\tAN\t20240101\tÀ nouveau\t0,00\t100,00\t\t\t\t\t
BQ\tBanque\t3\t20240205\t512000\tBanque\t\t\tV2\t20240205\tLoyer\t0,00\t10,00\t\t\t\t\t
BQ\tBanque\t3\t20240205\t613200\tLoyer\t\t\tV2\t20240205\tLoyer\t10,00\t0,00\t\t\t\t\t
";

#[test]
fn the_command_and_the_pages_list_an_account_in_one_order() {
    on_both_engines(async |books| {
        books.fec(&books.file("FEC.txt", format!("{HEADER}\n{OPENED_LATE}"))).await;
        let bank = GeneralFilter::of(Some(2024), GeneralAccounts::Prefixes(vec!["512".into()]));
        let expected = ["À nouveau 100.00", "Papier 60.00", "Loyer 50.00"];
        for table in
            [app::ledger(&books.store, &bank).await.unwrap(), app::detail(&books.store, &bank).await.unwrap()]
        {
            let told: Vec<String> = table
                .rows
                .iter()
                .filter(|row| row.style != Style::Heading)
                .map(|row| match (&row.cells[5], row.cells.last()) {
                    (Cell::Text(label), Some(Cell::Amount(balance))) => {
                        format!("{label} {}", balance.to_plain())
                    }
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(told, expected, "{}", table.title);
        }
        // One line a page: each page goes on where the one before stopped.
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let page = app::account_lines(&books.store, &bank, after.as_ref(), 1).await.unwrap().page;
            told.extend(
                page.rows
                    .iter()
                    .map(|line| format!("{} {}", line.label, line.balance.expect("a balance").to_plain())),
            );
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(told, expected);
        // From February on, the balance is that of all that came before.
        let february = denier::calendar::Month::new(2024, 2).unwrap();
        let later = GeneralFilter { months: Some((february, february)), ..bank };
        let page = app::account_lines(&books.store, &later, None, 200).await.unwrap().page;
        assert_eq!(page.rows[0].balance, Amount::parse("50,00").ok());
    });
}
