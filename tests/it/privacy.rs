//! A person's own data, and the erasure of who they are: what goes, what stays, when.

use crate::cli::Shell;
use crate::harness::{
    AID_HEADER, Books, PEOPLE_HEADER, derogation, lines, on_both_engines, options, quiet, reference,
};
use crate::pdf::text_of;
use crate::seal::second_verifier;
use denier::app::{
    self, Actor, AppError, Asked, AttestRequest, AttestedFile, AuditFilter, Clock, EraseReport, FileKind,
    InputFile, Role, View,
};
use denier::calendar::Date;
use denier::funding::DateKind::{Decision, Payment, Right};
use denier::statements::{Axis, Table};
use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

const IBAN: &str = "FR7630006000011234567890189";

/// P1 has all that can be erased; P2 shares a payee with P1; P3 has no aid.
async fn fill(books: &Books) -> AttestedFile {
    let people = people();
    books.people(&books.file("p.csv", &people)).await;
    books.people(&books.file("p2.csv", people.replace("Calais", "Coquelles"))).await;
    books.user("marc", Role::Approver).await;
    let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                     CLAP;2024;REGION;5000,00;15/01/2024;ENV-R\n";
    books.envelopes(&books.file("e.csv", envelopes)).await;
    let parcours = "numero_beneficiaire;dispositif;entree;sortie;motif_sortie\n\
                    P1;CEJ;02/01/2024;30/11/2024;confié à sa tante Zyxwane\n";
    books.declarations(FileKind::Parcours, &books.file("parcours.csv", parcours)).await;
    let request = derogation("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]);
    books.ask(&request).await.expect("a derogation");
    books.approve(1, "marc").await.expect("an approval");
    let refused = derogation("CEJ", "P1", "2024-06", "700,00", &["plafond_majeur"]);
    books.ask(&refused).await.expect("a derogation");
    app::refuse_derogation(&books.store, books.clock, &books.actor, 2, "Zyxwane a menti", None)
        .await
        .unwrap();
    let aids = format!(
        "{AID_HEADER};creancier\n\
         A1;CEJ;P1;allocation mensuelle;2024-04;;05/03/2024;10/05/2024;200,00;ETAT;ASP;;\n\
         A2;CLAP;P1;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;100,00;REGION;STRUCTURE;comité;Loueur Zyxwane\n\
         A3;CLAP;P1;bourse;2024-06;20/05/2024;25/05/2024;30/06/2024;100,00;REGION;STRUCTURE;comité;Auto-école du Port\n\
         A4;CLAP;P2;bourse;2024-06;20/05/2024;25/05/2024;30/06/2024;100,00;REGION;STRUCTURE;comité;Auto-école du Port\n\
         A5;CEJ;P1;allocation mensuelle;2024-05;;05/04/2024;10/06/2024;700,00;ETAT;ASP;;\n\
         A6;CEJ;P1;allocation mensuelle;2024-03;;05/02/2024;10/04/2024;50,00;ETAT;ASP;;\n"
    );
    let report = books.aids(&books.file("a.csv", aids)).await;
    assert_eq!((report.acceptes, report.irreguliers), (6, 0), "{:?}", report.constats);
    app::cancel_aid(&books.store, books.clock, &books.actor, &reference("A6"), "doublon de Zyxwane", None)
        .await
        .unwrap();
    // An answer that names the person is kept for its key.
    let asked = Some(Asked::new("cle-1", &[b"x"]));
    let wrong = format!(
        "{AID_HEADER}\nA8;CEJ;Zyxwane;allocation mensuelle;2024-05;;05/04/2024;10/06/2024;700,00;ETAT;ASP;\n"
    );
    let input = InputFile::open(&books.file("w.csv", wrong)).unwrap();
    let keyed = app::AidOptions { asked, ..options(None, false) };
    app::import_aids(&books.store, books.clock, &books.actor, &input, &keyed, &quiet).await.unwrap();
    books.assert_has_no_alteration().await;
    attest(books, "P1").await.expect("an attestation")
}

fn people() -> String {
    format!(
        "{PEOPLE_HEADER}\n\
         P1;ZYXWANE;Nguyễn;15/03/2003;F;Calais;62193;non;oui;NEET;{IBAN}\n\
         P2;MARTIN;Anne;15/03/2002;F;Calais;62193;non;non;NEET;\n\
         P3;PETIT;Bob;15/03/2002;M;Calais;62193;non;non;NEET;\n"
    )
}

async fn attest(books: &Books, who: &str) -> Result<AttestedFile, AppError> {
    let request = AttestRequest {
        who: Some(who.into()),
        year: Some(2024),
        months: None,
        basis: Payment,
        dispositif: None,
        site: None,
    };
    let mut files = Vec::new();
    let give = |file| {
        files.push(file);
        Ok(())
    };
    app::attest(&books.store, books.clock, &books.actor, &request, &quiet, give).await?;
    Ok(files.remove(0))
}

fn at(day: &str) -> Clock {
    Clock { told: Date::parse(day) }
}

impl Books {
    async fn erase(&self, number: &str, day: &str, dry_run: bool) -> Result<EraseReport, AppError> {
        app::erase_person(&self.store, at(day), &self.actor, number, "durée passée", dry_run).await
    }

    async fn erasable(&self, day: &str) -> Vec<String> {
        let table = app::erasable(&self.store, Date::parse(day).unwrap()).await.expect("a list");
        lines(&table).iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
    }

    async fn assert_has_no_alteration(&self) {
        let report = app::verify(&self.store, &quiet).await.expect("a verification");
        assert!(report.integre, "{report:#?}");
    }

    /// What the statements say, people apart.
    async fn all_figures(&self) -> Vec<String> {
        let mut said = Vec::new();
        for by in [Payment, Right, Decision] {
            for axes in [[Axis::Dispositif, Axis::Month], [Axis::Funder, Axis::Nature]] {
                said.extend(self.aid_lines(2024, by, &axes).await);
            }
        }
        said.extend(lines(&app::journal(&self.store, Some(2024)).await.unwrap()));
        said.extend(lines(&app::envelope_statement(&self.store, Some(2024)).await.unwrap()));
        said
    }
}

#[test]
fn a_person_is_erased_and_the_books_do_not_move() {
    on_both_engines(async |books| {
        let attestation = fill(books).await;
        let before = books.all_figures().await;
        let head = app::verify(&books.store, &quiet).await.unwrap().tete;

        // Not before its time, not by anybody, not without a reason, not by the beginning of a name.
        let error = books.erase("P1", "2034-12-31", false).await.expect_err("it must be kept");
        assert_eq!(
            (error.exit_code(), error.to_string().as_str()),
            (
                1,
                "l'identité de P1 doit être gardée jusqu'au 31/12/2034 (Livres comptables et pièces justificatives, code de commerce, art. L. 123-22) : elle pourra être effacée le 01/01/2035 (conservation_en_cours)"
            )
        );
        let marc = Actor { name: "marc".into() };
        let by_marc = app::erase_person(&books.store, at("2035-01-01"), &marc, "P1", "x", false).await;
        assert!(by_marc.expect_err("a role").to_string().contains("il faut le rôle direction"));
        let no_reason =
            app::erase_person(&books.store, at("2035-01-01"), &books.actor, "P1", " ", false).await;
        assert_eq!(no_reason.expect_err("a reason").exit_code(), 2);
        books.erase("ZYXWANE", "2035-01-01", false).await.expect_err("a whole number");

        let preview = books.erase("P1", "2035-01-01", true).await.expect("a preview");
        assert_eq!(
            preview.efface,
            [
                ("identité", 1),
                ("identités précédentes", 1),
                ("créanciers", 1),
                ("motifs de dérogation", 3),
                ("motifs de déclaration", 1),
                ("motifs d'annulation", 1),
                ("réponses gardées (--cle)", 1),
            ]
        );
        assert_eq!(preview.conserve, [("aides", 5), ("attestations", 1), ("consultations", 1)]);
        let person =
            app::person_statement(&books.store, &books.actor, "P1", Date::parse("2025-02-15").unwrap()).await;
        assert!(person.is_ok(), "a preview writes nothing");

        let done = books.erase("P1", "2035-01-01", false).await.expect("an erasure");
        assert_eq!((done.efface, done.conserve), (preview.efface, preview.conserve));
        assert_eq!(done.pseudonyme, preview.pseudonyme);
        assert_eq!(books.all_figures().await, before, "no statement moves");
        books.assert_has_no_alteration().await;
        assert_eq!(app::verify(&books.store, &quiet).await.unwrap().tete, head);
        if !books.on_postgres() {
            let (code, said) = second_verifier(&[&books.location]);
            assert_eq!(code, 0, "{said}");
        }

        // Who they were is said nowhere; what was given out is still recognised.
        books.erase("P1", "2035-01-01", false).await.expect_err("erased already");
        let verdict = app::verify_attestation_file(&books.store, &attestation.bytes).await.unwrap();
        assert_eq!((verdict.verdict.as_str(), verdict.beneficiaire.as_deref()), ("authentique", None));
        let verdict = app::verify_attestation_code(&books.store, &attestation.code).await.unwrap();
        assert_eq!(verdict.verdict, "authentique");
        attest(books, "P1").await.expect_err("nobody");
        let log = AuditFilter { action: Some("beneficiaire effacer".into()), ..AuditFilter::default() };
        let log = app::audit_log(&books.store, &books.actor, &log, None, 9).await.unwrap().table;
        let line =
            format!("01/01/2035 13:00 claire - beneficiaire effacer {} : durée passée", done.pseudonyme);
        assert!(matches!(lines(&log).as_slice(), [one] if one.ends_with(&line)), "{:?}", lines(&log));
        let keyed = app::AidOptions { asked: Some(Asked::new("cle-1", &[b"x"])), ..options(None, false) };
        let again = books.try_aids(&books.file("w.csv", "x"), keyed).await.expect_err("a key that is taken");
        assert!(again.to_string().ends_with("(cle_effacee)"), "{again}");
        let derogations = lines(&app::derogation_statement(&books.store, None).await.unwrap());
        assert!(derogations.iter().all(|line| line.contains("effacé")), "{derogations:?}");
        let shared =
            app::person_statement(&books.store, &books.actor, "P2", Date::parse("2025-02-15").unwrap()).await;
        assert!(shared.is_ok());
        let mut tx = books.store.read().await.unwrap();
        let payees = tx.dictionary("payee").await.unwrap().keys;
        assert!(payees.contains_key("Auto-école du Port") && !payees.contains_key("Loueur Zyxwane"));
        drop(tx);

        // The same number is another person from now on.
        let report = books.people(&books.file("p3.csv", people())).await;
        assert_eq!((report.crees, report.modifies), (1, 2), "P1 is new");
        let account =
            app::person_statement(&books.store, &books.actor, "P1", Date::parse("2025-02-15").unwrap()).await;
        let account = account.unwrap();
        assert_eq!(account[0].rows.len(), 0, "without the aids of the other");
        assert!(!account[0].notes[0].contains(&done.pseudonyme));
        assert_eq!(books.all_figures().await, before);
        books.assert_has_no_alteration().await;
    });
}

#[test]
fn nothing_of_an_erased_person_is_left_in_the_file() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        fill(books).await;
        let found = || {
            let mut found = BTreeSet::new();
            for end in ["", "-wal", "-journal"] {
                let bytes = std::fs::read(format!("{}{end}", books.location)).unwrap_or_default();
                for word in ["ZYXWANE", "Zyxwane", "zyxwane", "Nguyễn", IBAN] {
                    if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                        found.insert(word);
                    }
                }
            }
            found
        };
        assert_eq!(found().len(), 5, "the words are those of the file");
        books.erase("P1", "2035-01-01", false).await.expect("an erasure");
        assert_eq!(found(), BTreeSet::new());
    });
}

#[test]
fn the_list_says_whose_time_is_over() {
    on_both_engines(async |books| {
        fill(books).await;
        assert_eq!(books.erasable("2027-02-15").await, [""; 0]);
        assert_eq!(books.erasable("2027-02-16").await, ["P3 2025-02-15 2027-02-15"]);
        assert_eq!(books.erasable("2034-12-31").await, ["P3 2025-02-15 2027-02-15"]);
        assert_eq!(
            books.erasable("2035-01-01").await,
            ["P1 2025-02-15 2034-12-31", "P2 2025-02-15 2034-12-31", "P3 2025-02-15 2027-02-15"]
        );
    });
}

#[test]
fn a_person_is_given_all_that_the_base_holds() {
    on_both_engines(async |books| {
        let attestation = fill(books).await;
        app::note_view(&books.store, books.clock, &books.actor, "P1", View::Account).await.unwrap();
        let data = app::personal_data(&books.store, books.clock, &books.actor, "P1").await.expect("data");
        let names: Vec<&str> = data.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "donnees.pdf",
                "donnees.json",
                "identite.csv",
                "identites-precedentes.csv",
                "aides.csv",
                "parts.csv",
                "decisions.csv",
                "versements.csv",
                "constats.csv",
                "indus.csv",
                "recouvrements.csv",
                "annulations.csv",
                "propositions.csv",
                "refus.csv",
                "declarations.csv",
                "derogations.csv",
                "attestations.csv",
                "consultations.csv",
            ]
        );
        let mut zip = zip::ZipArchive::new(Cursor::new(data.archive().unwrap())).unwrap();
        for (name, bytes) in &data.files {
            let mut unpacked = Vec::new();
            zip.by_name(name).unwrap().read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, *bytes, "{name}");
        }
        assert_eq!(data.archive().unwrap(), data.archive().unwrap(), "the same bytes");
        let json: serde_json::Value = serde_json::from_slice(&data.files[1].1).unwrap();
        let count = |key: &str| json[key].as_array().map_or(0, Vec::len);
        let counts =
            ["aides", "decisions", "versements", "constats", "declarations", "derogations"].map(count);
        assert_eq!(counts, [5, 4, 5, 1, 3, 2]);
        assert_eq!(
            (count("identites_precedentes"), count("attestations"), count("consultations")),
            (1, 1, 2)
        );
        assert_eq!(json["conserve_jusqu_au"], "2034-12-31");
        assert_eq!(json["attestations"][0]["numero"], attestation.number.as_str());
        assert_eq!(json["identites_precedentes"][0]["commune"], "Calais");
        let text = String::from_utf8(data.files[1].1.clone()).unwrap();
        for word in [
            IBAN,
            "Coquelles",
            "Loueur Zyxwane",
            "confié à sa tante",
            "rupture de logement",
            "Zyxwane a menti",
        ] {
            assert!(text.contains(word), "{word}");
        }
        for other in ["MARTIN", "A4", "PETIT"] {
            assert!(!text.contains(other), "{other} is somebody else's");
        }
        if let Some(paper) = text_of(&data.files[0].1) {
            assert!(
                paper.contains("art. 15") && paper.contains(IBAN) && paper.contains("31 décembre 2034"),
                "{paper}"
            );
        }
        let views = app::views_of(&books.store, books.clock, &books.actor, "P1").await.unwrap();
        let views: Vec<String> =
            lines(&views).iter().map(|line| line.rsplit(' ').next().unwrap().to_string()).collect();
        assert_eq!(views, ["attester", "montrer", "donnees"], "the request is noted");
        app::personal_data(&books.store, books.clock, &books.actor, "ZYXWANE").await.expect_err("a number");
        books.user("lise", Role::Reader).await;
        let lise = Actor { name: "lise".into() };
        app::personal_data(&books.store, books.clock, &lise, "P1").await.expect_err("a right");
    });
}

#[test]
fn a_bank_account_is_shown_whole_only_to_its_owner() {
    on_both_engines(async |books| {
        fill(books).await;
        let day = Date::parse("2025-02-15").unwrap();
        let tables: Vec<Table> = app::person_statement(&books.store, &books.actor, "P1", day).await.unwrap();
        let said = format!("{tables:?}");
        assert!(said.contains("ZYXWANE") && !said.contains(IBAN) && !said.contains(&IBAN[..14]), "{said}");
    });
}

#[test]
fn commands_erase_and_hand_over() {
    let shell = Shell::new();
    std::fs::write(shell.folder.path().join("p.csv"), people()).unwrap();
    assert_eq!(shell.code(&["importer", "beneficiaires", "p.csv", "--date", "2025-02-15"]), 0);
    let said = shell.text(&["beneficiaire", "donnees", "P1"]);
    assert!(said.starts_with("Données du dossier P1 remises : donnees-P1.zip\n"), "{said}");
    assert_eq!(shell.code(&["beneficiaire", "donnees", "P1"]), 1, "never over a file");
    assert_eq!(shell.code(&["beneficiaire", "donnees", "P1", "--sortie", "dossier"]), 0);
    assert_eq!(std::fs::read_dir(shell.folder.path().join("dossier")).unwrap().count(), 18);
    let effacer = |day: &str, more: &[&str]| {
        let words = [&["beneficiaire", "effacer", "P1", "--motif", "fin", "--date", day], more].concat();
        let output = shell.run(&words);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(effacer("2027-02-15", &[]).0, Some(1));
    let (code, said) = effacer("2027-02-16", &["--a-blanc"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("À blanc : rien n'est effacé (à garder jusqu'au 15/02/2027, règle accompagnement).\n  serait effacé :\n    identité : 1\n"), "{said}");
    let list = ["beneficiaire", "effacables", "--date", "2027-02-16"];
    assert_eq!(shell.json(&list).as_array().map(Vec::len), Some(3));
    assert!(effacer("2027-02-16", &[]).1.starts_with("Identité effacée"));
    assert_eq!(shell.json(&list).as_array().map(Vec::len), Some(2));
    assert_eq!(shell.code(&["beneficiaire", "montrer", "P1"]), 1);
}
