//! `aide evaluer` and `regles simuler` as they are used: JSON, exit codes, and one verdict for the
//! question and for the import.

use crate::cli::Shell;
use crate::harness::{AID_HEADER, PEOPLE_HEADER, derogation, on_both_engines};
use crate::tamper::alter;
use denier::app::{self, FileKind, Question, Verdict};
use denier::calendar::{Date, Month};
use denier::funding::Mode;
use denier::money::Amount;
use serde_json::Value;

const PEOPLE: &str = "P1;MARTIN;Léa;15/03/2003;F;Calais;62193;non;non;NEET;
P2;MARTIN;Noé;31/05/1998;M;Calais;62193;non;non;NEET;
P3;DURAND;Zoé;15/03/2007;F;Calais;62193;non;oui;NEET;
P4;PETIT;Ali;;M;Calais;62193;non;non;étudiant;";

impl Shell {
    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        name.to_string()
    }

    fn with_people() -> Shell {
        let shell = Shell::new();
        let people = shell.file("p.csv", &format!("{PEOPLE_HEADER}\n{PEOPLE}\n"));
        assert_eq!(shell.code(&["importer", "beneficiaires", &people]), 0);
        shell
    }
}

fn ask<'a>(dispositif: &'a str, who: &'a str, amount: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let asked = ["aide", "evaluer", "--dispositif", dispositif, "--beneficiaire", who, "--montant", amount];
    asked.iter().chain(more).copied().collect()
}

fn reason<'a>(verdict: &'a Value, rule: &str) -> &'a Value {
    let reasons = verdict["raisons"].as_array().unwrap();
    reasons.iter().find(|reason| reason["regle"] == rule).unwrap_or_else(|| panic!("{rule} in {verdict}"))
}

/// 1 500,00 received elsewhere leave 1 813,74 of the 3 313,74 of twelve months.
#[test]
fn what_is_received_elsewhere_leaves_the_rest_of_the_twelve_months() {
    let shell = Shell::with_people();
    let elsewhere = shell.file(
        "ailleurs.csv",
        "reference;numero_beneficiaire;dispositif;nature;mois;date_decision;montant;organisme\n\
         F1;P1;PACEA;allocation ponctuelle;2024-01;08/01/2024;500,00;France Travail\n\
         F2;P1;PACEA;allocation ponctuelle;2024-02;08/02/2024;500,00;France Travail\n\
         F3;P1;PACEA;allocation ponctuelle;2024-03;08/03/2024;500,00;France Travail\n",
    );
    assert_eq!(shell.code(&["importer", "aides-ailleurs", &elsewhere]), 0);
    let asked = ask("PACEA", "P1", "552,29", &["--mois", "2024-05"]);
    let verdict = shell.json(&asked);
    let twelve = reason(&verdict, "plafond_douze_mois");
    assert_eq!((&twelve["borne"], &twelve["reste"]), (&"3313.74".into(), &"1813.74".into()));
    assert_eq!(twelve["valeur"], "2052.29");
    assert_eq!(
        twelve["message"],
        "Plafond du PACEA sur douze mois (6 fois le plafond mensuel) : 3\u{202f}313,74\u{a0}€ au plus ; déjà 1\u{202f}500,00\u{a0}€, demandé 552,29\u{a0}€, reste 1\u{202f}813,74\u{a0}€ — règle à vérifier"
    );
    // The envelope that is missing is the only refusal; once notified, the aid passes, and the import says the same.
    assert_eq!(verdict["accepte"], false);
    assert_eq!(reason(&verdict, "enveloppe")["ok"], false);
    assert_eq!(shell.code(&asked), 1);
    let envelope = shell.file(
        "e.csv",
        "dispositif;exercice;financeur;montant;date_notification;reference\nPACEA;2024;ETAT;9000,00;02/01/2024;E1\n",
    );
    assert_eq!(shell.code(&["importer", "enveloppes", &envelope]), 0);
    assert_eq!(shell.code(&asked), 0);
    let verdict = shell.json(&asked);
    assert_eq!((&verdict["accepte"], &verdict["montant_maximal"]), (&true.into(), &"552.29".into()));
    let header = "reference;dispositif;numero_beneficiaire;mois;date_decision;montant";
    let mut rows = vec![header.to_string()];
    for (rank, month) in ["2024-05", "2024-06", "2024-07"].iter().enumerate() {
        rows.push(format!("A{rank};PACEA;P1;{month};02/05/2024;552,29"));
    }
    let aids = shell.file("a.csv", &rows.join("\n"));
    assert_eq!(shell.code(&["importer", "aides", &aids, "--mode", "decider"]), 0);
    // 1 813,74 − 3 × 552,29.
    let verdict = shell.json(&ask("PACEA", "P1", "156,88", &["--mois", "2024-08"]));
    assert_eq!((&verdict["accepte"], &verdict["montant_maximal"]), (&false.into(), &"156.87".into()));
    assert_eq!(shell.code(&ask("PACEA", "P1", "156,87", &["--mois", "2024-08"])), 0);
    assert_eq!(shell.code(&["verifier"]), 0);
}

#[test]
fn the_answer_keeps_its_contract() {
    let shell = Shell::with_people();
    let verdict = shell.json(&ask("CEJ", "P1", "600", &["--mois", "2024-05"]));
    assert_eq!(verdict["accepte"], false);
    assert_eq!(verdict["montant_maximal"], "552.29");
    for reason in verdict["raisons"].as_array().unwrap() {
        let keys: Vec<&String> = reason.as_object().unwrap().keys().collect();
        for key in ["regle", "ok", "valeur", "borne", "reste", "article", "message"] {
            assert!(keys.iter().any(|known| *known == key), "{key} in {reason}");
        }
        assert!(reason["ok"].is_boolean() && reason["article"] != "" && reason["message"] != "", "{reason}");
    }
    let cap = reason(&verdict, "plafond_majeur");
    let numbers = ["valeur", "borne", "reste"].map(|key| cap[key].as_str().unwrap());
    assert_eq!((cap["ok"].as_bool(), numbers), (Some(false), ["600.00", "552.29", "552.29"]));
    assert_eq!(verdict["montant_du"], "552.29");

    // A month that is over is judged on its last day, unless a day is said.
    let age = |more: &[&str]| {
        let verdict = shell.json(&ask("PACEA", "P2", "10", more));
        reason(&verdict, "age")["ok"].as_bool().unwrap()
    };
    assert!(!age(&["--mois", "2024-05"]), "26 on the last day of May");
    assert!(age(&["--mois", "2024-05", "--le", "2024-05-30"]));
    assert!(age(&["--mois", "2024-04"]));

    // Text and documents.
    let asked = ask("CEJ", "P1", "600", &["--mois", "2024-05"]);
    let text = shell.text(&asked);
    assert!(text.contains("refusé") && text.contains("Au plus 552,29"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    for format in ["csv", "pdf", "xlsx"] {
        let words: Vec<&str> = asked.iter().copied().chain(["--format", format]).collect();
        let output = shell.run(&words);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(output.stdout.len() > 100, "{format}");
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    let shell = Shell::with_people();
    let cases: &[(Vec<&str>, i32, &[&str])] = &[
        (ask("FAJEM", "P1", "10", &[]), 2, &["la nature de l'aide", "urgence"]),
        (ask("PACAE", "P1", "10", &[]), 1, &["« PACAE »", "les plus proches : PACEA"]),
        (ask("CEJ", "P9", "10", &[]), 1, &["« P9 »"]),
        (ask("CEJ", "MARTIN", "10", &[]), 1, &["P1", "P2"]),
        (ask("CEJ", "P1", "0", &[]), 2, &["montant positif"]),
        (ask("CEJ", "P1", "-5", &[]), 2, &[]),
        (ask("CEJ", "P1", "10", &["--mois", "2024-13"]), 2, &[]),
        (ask("CEJ", "P1", "10", &["--regles", "absent"]), 3, &["absent"]),
    ];
    for (words, code, parts) in cases {
        assert_eq!(shell.code(words), *code, "{words:?}: {}", shell.error(words));
        let error = shell.error(words);
        assert!(parts.iter().all(|part| error.contains(part)), "{words:?}: {error}");
        assert!(shell.text(words).is_empty(), "{words:?}");
    }
    // A nature that is not listed refuses; the beginning of a name is enough.
    let verdict = shell.json(&ask("FAJEM", "DUR", "10", &["--nature", "moto", "--mois", "2024-05"]));
    assert_eq!(reason(&verdict, "nature_inconnue")["ok"], false);
    assert_eq!(verdict["montant_maximal"], "0.00");
}

#[test]
fn other_rules_are_tried_without_being_published() {
    let shell = Shell::with_people();
    let cej = include_str!("../../ledger-rules/dispositifs/cej.toml");
    std::fs::create_dir(shell.folder.path().join("essai")).unwrap();
    shell.file("essai/cej.toml", &cej.replace("valeur = \"552,29\"", "valeur = \"600,00\""));
    shell.file("essai/neuf.toml", &cej.replace("code = \"CEJ\"", "code = \"NEUF\""));
    let asked = ask("CEJ", "P1", "600", &["--mois", "2024-05"]);
    let tried = ask("CEJ", "P1", "600", &["--mois", "2024-05", "--regles", "essai"]);
    assert_eq!((shell.code(&asked), shell.code(&tried)), (1, 0));
    assert_ne!(shell.json(&asked)["version"], shell.json(&tried)["version"]);
    assert_eq!(shell.code(&ask("NEUF", "P1", "552,29", &["--mois", "2024-05", "--regles", "essai"])), 0);
    assert_eq!(shell.code(&ask("NEUF", "P1", "552,29", &["--mois", "2024-05"])), 1);

    // A simulation comes out in every format, and writes nothing.
    let aids = "A1;CEJ;P1;aide;2024-05;;05/05/2024;25/05/2024;552,29;ETAT;ASP;";
    let aids = shell.file("a.csv", &format!("{AID_HEADER}\n{aids}\n"));
    assert_eq!(shell.code(&["importer", "aides", &aids]), 0);
    let base = shell.text(&["etats", "aides", "--format", "json"]);
    let simulate = ["regles", "simuler", "--avec", "essai", "--exercice", "2024"];
    assert_eq!(shell.code(&simulate), 0);
    let csv = shell.text(&[&simulate[..], &["--format", "csv"]].concat());
    let found =
        csv.lines().any(|line| line.contains("A1") && line.contains("600,00") && line.contains("relevée"));
    assert!(found, "{csv}");
    let pdf = shell.run(&[&simulate[..], &["--format", "pdf"]].concat());
    assert!(pdf.status.success() && pdf.stdout.starts_with(b"%PDF-"));
    let json = shell.json(&simulate);
    assert!(json.as_object().unwrap().values().any(|table| table[0]["effet"] == "relevée"), "{json}");
    shell.file("essai/cej.toml", &cej.replace("genre = \"age\"", "genre = \"agee\""));
    assert_ne!(shell.code(&simulate), 0);
    assert!(shell.error(&simulate).contains("dispositifs/cej.toml:"), "{}", shell.error(&simulate));
    assert_eq!(shell.text(&["etats", "aides", "--format", "json"]), base);
}

#[test]
fn an_erased_person_has_no_verdict() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{PEOPLE}\n"))).await;
        let question = question("CEJ", "P3", 1_000, "2024-05", "2024-05-31", None, false);
        assert!(app::evaluate_aid(&books.store, &books.actor, &question).await.unwrap().accepte);
        alter(books, &["delete from identity where number = 'P3'"]).await;
        let error = app::evaluate_aid(&books.store, &books.actor, &question).await.unwrap_err();
        assert_eq!(error.exit_code(), 1, "{error}");
        assert!(error.to_string().contains("P3"), "{error}");
    });
}

/// A day or a month of a year that is not open is refused by the import: so is it here, whatever the
/// rules say and whatever is approved.
#[test]
fn a_year_that_is_not_open_accepts_nothing() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{PEOPLE}\n"))).await;
        books.approver("marc").await;
        let asked = derogation("CEJ", "P1", "2025-01", "700,00", &["plafond_majeur"]);
        let number = books.ask(&asked).await.expect("a derogation").numero;
        books.approve(number, "marc").await.expect("an approval");
        let cases = [
            ("2024-12", "2024-12-31", None),
            ("2025-01", "2024-12-31", Some("01/01/2025")),
            ("2024-12", "2025-01-01", Some("01/01/2025")),
            ("2025-01", "2025-01-05", Some("05/01/2025")),
        ];
        for (month, on, found) in cases {
            for cents in [Some(10_000), Some(70_000), None] {
                let amount = cents.map(Amount::from_centimes);
                let asked = Question { amount, ..question("CEJ", "P1", 1, month, on, None, false) };
                let verdict = app::evaluate_aid(&books.store, &books.actor, &asked).await.unwrap();
                let what = format!("{month} {on} {cents:?}");
                let said = verdict.raisons.iter().find(|reason| reason.regle == "exercice_non_ouvert");
                let expected = found.map(|found| {
                    format!("le {found} est après le dernier exercice ouvert (fin le 31/12/2024)")
                });
                assert_eq!(said.map(|reason| reason.message.clone()), expected, "{what}");
                let most = if found.is_some() { "0.00" } else { "552.29" };
                assert_eq!(verdict.montant_maximal.as_deref(), Some(most), "{what}");
                assert_eq!(verdict.accepte, found.is_none() && cents != Some(70_000), "{what}");
                let day = Date::parse(on).unwrap().to_french();
                let amount = amount.map_or("552,29".into(), Amount::to_csv);
                let row = format!("R;CEJ;P1;;{month};{day};{day};;{amount};;STRUCTURE;");
                let path = books.file("l.csv", format!("{AID_HEADER}\n{row}\n"));
                let report = books.aids_dry(&path, Some(Mode::Decide)).await;
                assert_eq!(verdict.accepte, report.acceptes == 1, "{what}");
            }
        }
        // Once the year is open, the rules and the derogation speak again.
        books.open_year(2025).await;
        let asked = question("CEJ", "P1", 70_000, "2025-01", "2025-01-05", None, false);
        assert!(app::evaluate_aid(&books.store, &books.actor, &asked).await.unwrap().accepte);
    });
}

fn question(
    dispositif: &str,
    who: &str,
    cents: i64,
    month: &str,
    on: &str,
    nature: Option<&str>,
    committee: bool,
) -> Question {
    Question {
        dispositif: dispositif.into(),
        beneficiary: who.into(),
        amount: Some(Amount::from_centimes(cents)),
        nature: nature.map(str::to_string),
        month: Month::parse(month),
        on: Date::parse(on).unwrap(),
        committee,
        rules: None,
    }
}

/// What is answered is what the import of the same line does, refusals and codes alike.
#[test]
fn the_question_and_the_import_agree() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{PEOPLE}\n"))).await;
        let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                         PACEA;2024;ETAT;1900,00;02/01/2024;E1\nCLAP;2024;REGION;3500,00;02/01/2024;E2\n\
                         FAJEM;2024;MEL;900,00;02/01/2024;E3\n";
        books.envelopes(&books.file("e.csv", envelopes)).await;
        let parcours = "numero_beneficiaire;dispositif;entree;sortie\nP1;CEJ;05/02/2024;20/09/2024\nP3;CEJ;01/06/2023;\n";
        books.declarations(FileKind::Parcours, &books.file("c.csv", parcours)).await;
        let declared = "numero_beneficiaire;declaration;dispositif;mois;du;au;valeur\n\
                        P1;salaire_net;;2024-05;;;812,40\nP1;sanction;CEJ;;03/06/2024;;1\nP3;emancipe;;;01/09/2024;;\n\
                        P3;rsa;;2024-10;;;100\nP1;tranche_impot;;;01/08/2024;;1\n";
        books.declarations(FileKind::Declarations, &books.file("d.csv", declared)).await;
        let elsewhere = "reference;numero_beneficiaire;dispositif;nature;mois;date_decision;montant;organisme\n\
                         F1;P1;PACEA;aide;2024-03;08/03/2024;500,00;FT\nF2;P3;CEJ;aide;2024-05;;60,00;FT\n";
        books.declarations(FileKind::OutsideAids, &books.file("o.csv", elsewhere)).await;
        let seed = 20_241_122;
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut accepted, mut refused) = (0, 0);
        for rank in 0..60 {
            let (dispositif, nature) = *random
                .choice(&[
                    ("CEJ", None),
                    ("CEJ", None),
                    ("PACEA", None),
                    ("FAJEM", Some("urgence")),
                    ("CLAP", None),
                    ("FDF", None),
                    ("GJ", None),
                ])
                .unwrap();
            let who = *random.choice(&["P1", "P1", "P2", "P3", "P4"]).unwrap();
            let (month, day) = (random.u8(1..13), random.u8(1..29));
            let on =
                Date::new(2024, i8::try_from(random.u8(1..13)).unwrap(), i8::try_from(day).unwrap()).unwrap();
            let cents = *random.choice(&[1, 5_000, 15_000, 22_092, 33_137, 55_229, 100_000]).unwrap();
            let committee = random.bool();
            let month = format!("2024-{month:02}");
            let asked = question(dispositif, who, cents, &month, &on.to_string(), nature, committee);
            let verdict = app::evaluate_aid(&books.store, &books.actor, &asked).await.unwrap();
            let line = async |cents: i64, dry: bool| {
                let amount = Amount::from_centimes(cents).to_csv();
                let (on, committee) = (on.to_french(), if committee { "commission" } else { "" });
                let nature = nature.unwrap_or("");
                let row = format!(
                    "R{rank};{dispositif};{who};{nature};{month};{on};{on};;{amount};;STRUCTURE;{committee}"
                );
                let path = books.file("l.csv", format!("{AID_HEADER}\n{row}\n"));
                match dry {
                    true => books.aids_dry(&path, Some(Mode::Decide)).await,
                    false => books.aids_in(&path, Mode::Decide).await,
                }
            };
            let report = line(cents, true).await;
            let said = |verdict: &Verdict| {
                let broken = verdict.raisons.iter().filter(|reason| !reason.ok);
                let mut rules: Vec<String> = broken.map(|reason| reason.regle.clone()).collect();
                rules.sort();
                rules
            };
            let mut refusing: Vec<String> = report
                .constats
                .iter()
                .filter(|finding| finding.severity == "refus")
                .map(|finding| match finding.code.as_str() {
                    "enveloppe_absente" | "enveloppe_depassee" => "enveloppe".to_string(),
                    code => finding.rule.clone().unwrap_or(code.to_string()),
                })
                .collect();
            refusing.sort();
            let at = format!("seed {seed}, line {rank}: {asked:?}");
            assert_eq!(said(&verdict), refusing, "{at}");
            assert_eq!(verdict.accepte, report.acceptes == 1, "{at}");
            // The same sentence, word for word, but for what to do.
            for finding in report.constats.iter().filter(|finding| finding.rule.is_some()) {
                let same = |reason: &app::ReasonLine| reason.message == finding.message;
                assert!(finding.severity != "refus" || verdict.raisons.iter().any(same), "{at}: {finding:?}");
            }
            match verdict.montant_maximal.as_deref() {
                Some("0.00") => refused += 1,
                Some(most) => {
                    let most: i64 = most.replace('.', "").parse().unwrap();
                    assert_eq!(line(most + 1, true).await.acceptes, 0, "{at}");
                    assert_eq!(line(most, true).await.acceptes, 1, "{at}");
                    assert_eq!(line(random.i64(1..=most), false).await.acceptes, 1, "{at}");
                    accepted += 1;
                }
                None => panic!("every shipped dispositif limits its aids: {at}"),
            }
        }
        assert!(accepted > 8 && refused > 15, "{accepted} and {refused}");
        books.assert_whole().await;
    });
}
