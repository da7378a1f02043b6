//! Rules as people read and write them: pages, a new file, the reports of faulty files, the README.
//!
//! `REFRESH_GOLDEN=1 cargo test rule_pages` writes the pages and reports again, to be read in the diff.

use crate::harness::run;
use denier::app::{AppError, Clock};
use denier::app::{RulesFrom, RulesReport, list_rules, listed, new_rule_file, show_rules, verify_rules};
use denier::calendar::Date;
use denier::documents::{render_pdf, rule_page_paper, rule_page_text};
use std::path::{Path, PathBuf};

fn clock() -> Clock {
    Clock { told: Date::parse("2026-11-22") }
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/regles")
}

fn same_as_golden(path: &Path, found: &str) {
    if std::env::var_os("REFRESH_GOLDEN").is_some() {
        std::fs::write(path, found).unwrap();
    }
    let expected = std::fs::read_to_string(path)
        .unwrap_or_else(|_| panic!("{}: REFRESH_GOLDEN=1 writes it", path.display()));
    assert_eq!(expected, found, "{}", path.display());
}

/// The pages kept: a dispositif, a day, and the pages of its PDF.
const PAGES: &[(&str, &str, usize)] = &[
    ("CEJ", "2024-05-01", 2),
    ("CEJ", "2026-11-22", 2),
    ("CEJ", "2022-02-28", 1),
    ("CLAP", "2020-06-15", 1),
    ("FAJ", "2024-05-01", 1),
    ("FAJEM", "2024-05-01", 1),
    ("GJ", "2022-02-15", 2),
    ("GJ", "2024-05-01", 2),
    ("PACEA", "2020-12-31", 2),
    ("PACEA", "2024-05-01", 2),
];

#[test]
fn each_page_is_as_it_was_read() {
    for (code, day, pages) in PAGES {
        let report =
            run(show_rules(RulesFrom::Program, clock(), code, Date::parse(day))).expect("an embedded rule");
        let text = rule_page_text(&report.page, "Règles d'essai.");
        same_as_golden(&cases().join(format!("{}-{day}.txt", code.to_lowercase())), &text);
        assert!(text.lines().all(|line| line.chars().count() <= 92 || line.contains("://")), "{code}");
        let head = ["Mission locale d'essai".to_string()];
        let paper = rule_page_paper(&report.page, "Règles d'essai.", &head, Date::parse(day).unwrap());
        let pdf = String::from_utf8_lossy(&render_pdf(&paper).unwrap()).into_owned();
        assert_eq!(pdf.matches("/Type/Page/").count(), *pages, "{code} {day}");
    }
}

/// A dispositif that uses every kind of rule, which the embedded ones do not.
#[test]
fn every_kind_of_rule_has_its_sentence() {
    let folder = cases().join("tous-les-genres.toml");
    let folder = folder.to_string_lossy();
    let checked = verify_rules(Some(&folder)).unwrap();
    assert_eq!(checked.fautes, Vec::<String>::new());
    let report =
        run(show_rules(RulesFrom::Folder(&folder), clock(), "GENRES", Date::parse("2024-05-01"))).unwrap();
    let told: Vec<&str> = report
        .page
        .sections
        .iter()
        .flat_map(|section| &section.lines)
        .filter_map(|line| line.rule.as_deref())
        .collect();
    let text = std::fs::read_to_string(&*folder).unwrap();
    let rules = text.split("[[regle]]").skip(1).map(|rule| rule.split('"').nth(1).unwrap());
    for rule in rules.filter(|rule| *rule != "pas_encore") {
        assert!(told.contains(&rule), "{rule} is told");
    }
    assert!(!told.contains(&"pas_encore"), "a rule that does not hold yet is not told");
    same_as_golden(&cases().join("tous-les-genres.txt"), &rule_page_text(&report.page, "Règles d'essai."));
}

#[test]
fn an_unknown_dispositif_is_refused_with_the_nearest() {
    let refused = |code| match run(show_rules(RulesFrom::Program, clock(), code, None)) {
        Err(AppError::Refused(message)) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused("PACA"),
        "dispositif « PACA » n'est pas connu ; vouliez-vous « PACEA » ? (les plus proches : PACEA, ANI, FAJ, APRE, CEJ)"
    );
    assert!(run(show_rules(RulesFrom::Program, clock(), "cej", None)).is_ok());
    let table = run(list_rules(RulesFrom::Program, clock(), None)).unwrap();
    assert_eq!(table.rows.len(), 16);
}

#[test]
fn a_new_file_is_valid_as_it_is() {
    let text = run(new_rule_file(RulesFrom::Program, clock(), "PERMIS_40")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("permis_40.toml");
    std::fs::write(&path, &text).unwrap();
    let report = verify_rules(Some(&path.to_string_lossy())).unwrap();
    assert_eq!((report.fautes, report.avertissements), (Vec::new(), Vec::new()));
    assert!(report.dispositifs.contains(&"PERMIS_40".to_string()));
    for code in ["permis", "ÉTÉ", "1A", "", "A B", "UN_CODE_QUI_EST_BIEN_TROP_LONG"] {
        let refused = run(new_rule_file(RulesFrom::Program, clock(), code));
        assert!(matches!(refused, Err(AppError::Usage(_))), "{code}");
    }
    assert!(matches!(run(new_rule_file(RulesFrom::Program, clock(), "CEJ")), Err(AppError::Refused(_))));
}

fn told(report: &RulesReport) -> String {
    let mut text = String::new();
    for (heading, said) in [("fautes", &report.fautes), ("avertissements", &report.avertissements)] {
        text.push_str(&format!("{heading} : {}\n\n", said.len()));
        if !said.is_empty() {
            text.push_str(&format!("{}\n", listed(said)));
        }
    }
    format!("{}\n", text.trim_end())
}

#[test]
fn each_faulty_file_has_its_report() {
    let folder = cases().join("fautes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() > 25, "{}", files.len());
    for path in files {
        let report = verify_rules(Some(&path.to_string_lossy())).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_fine = (report.fautes.is_empty(), report.avertissements.is_empty());
        let expected = match name.as_str() {
            "bon" => (true, true),
            "montant_tardif" => (true, false),
            _ => (false, true),
        };
        assert_eq!(is_fine, expected, "{name}");
        same_as_golden(&path.with_extension("txt"), &told(&report));
    }
}

#[test]
fn a_file_that_cannot_be_read_hides_nothing_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = |name: &str| std::fs::read_to_string(cases().join("fautes").join(name)).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("illisible.toml", &faulty("certitude_sans_accent.toml").replace("ESSAI", "ILLISIBLE"));
    write("exemple.toml", &faulty("exemple_contredit.toml"));
    let other = faulty("dispositif_inconnu.toml").replace("\"ESSAI\"", "\"AUTRE\"");
    write("autre.toml", &other.replace("\"CEG\"", "\"ILLISIBLE\""));
    let report = verify_rules(Some(&folder.path().to_string_lossy())).unwrap();
    let beginnings: Vec<String> =
        report.fautes.iter().map(|fault| fault.split(" : ").next().unwrap().to_string()).collect();
    assert_eq!(
        beginnings,
        [
            "dispositifs/illisible.toml:50:13",
            "dispositifs/autre.toml:71:1",
            "dispositifs/exemple.toml:62:1",
            "dispositifs/exemple.toml:69:1"
        ],
        "{:#?}",
        report.fautes
    );
    assert_eq!(
        report.avertissements,
        [
            "dispositifs/autre.toml : exemples non joués, ses règles nomment ILLISIBLE, dont le fichier est à corriger d'abord"
        ]
    );
    assert!(report.exemples > 200, "the examples of the others are run: {}", report.exemples);
}

/// The README builds a dispositif piece by piece: put together, the pieces are a file that works.
#[test]
fn the_dispositif_of_the_readme_works() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-rules/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let section = readme.split("## Écrire un dispositif").nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap();
    let pieces: Vec<&str> =
        section.split("```toml\n").skip(1).map(|piece| piece.split("```").next().unwrap()).collect();
    assert!(pieces.len() > 4, "{} pieces", pieces.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faj_landes.toml");
    std::fs::write(&path, pieces.concat()).unwrap();
    let report = verify_rules(Some(&path.to_string_lossy())).unwrap();
    assert_eq!((report.fautes, report.avertissements), (Vec::new(), Vec::new()));
    assert!(report.dispositifs.contains(&"FAJ_LANDES".to_string()));
}

/// Each table of keys of the README names words that the program reads.
#[test]
fn the_readme_names_every_kind_and_window() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-rules/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let mut named = 0;
    for name in ["mot_mal_ecrit", "fenetre_inconnue", "unite_inconnue", "certitude_sans_accent"] {
        let path = cases().join(format!("fautes/{name}.toml"));
        let report = verify_rules(Some(&path.to_string_lossy())).unwrap();
        for list in report.fautes.iter().flat_map(|fault| fault.split("(possibles : ").skip(1)) {
            for word in list.split(')').next().unwrap().split(", ") {
                assert!(readme.contains(&format!("`\"{word}\"`")), "the README explains {word}");
                named += 1;
            }
        }
    }
    assert!(named > 30, "{named} words");
}
