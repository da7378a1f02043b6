//! Backups: the same base in one file, from and to both engines; nothing left of what fails.

use crate::cli::Shell;
use crate::harness::{Books, example, fec_options, on_both_engines, quiet};
use crate::pdf::text_of;
use denier::app::{
    self, AppError, AttestRequest, BackupReport, GeneralAccounts, GeneralFilter, Purpose, RestoreReport,
    Role, VerifyReport,
};
use denier::funding::DateKind::{Payment, Right};
use denier::statements::Axis;
use denier::store::Store;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::process::Command;

impl Books {
    async fn back_up(&self, name: &str) -> BackupReport {
        let path = self.path(name).to_string_lossy().into_owned();
        self.try_back_up(&path).await.expect("a backup")
    }

    async fn try_back_up(&self, path: &str) -> Result<BackupReport, AppError> {
        app::back_up(&self.store, self.clock, &self.actor, path, &quiet).await
    }

    async fn restore(&self, backup: &str, location: &str) -> RestoreReport {
        self.try_restore(backup, location, Purpose::Books).await.expect("a base restored")
    }

    async fn try_restore(&self, from: &str, to: &str, purpose: Purpose) -> Result<RestoreReport, AppError> {
        app::restore(from, to, purpose, self.clock, &self.actor, &quiet).await
    }

    /// Returns the names of the files in the base's folder that begin so, hidden ones too.
    fn files(&self, with: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.contains(with)).collect();
        names.sort();
        names
    }
}

/// Some of everything: aids, people brought up to date, a sealed year, declarations, derogations, users.
async fn fill(books: &Books) {
    books.people(&example("littoral-2024/beneficiaires.csv")).await;
    books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
    let aids = std::fs::read_to_string(example("littoral-2024/aides.csv")).unwrap();
    let some: Vec<&str> = aids.lines().take(600).collect();
    books.aids(&books.file("aides.csv", some.join("\n"))).await;
    books.user("marc", Role::Approver).await;
    books.assignments(&example("littoral-2024/affectation.csv")).await;
    let mut sealed = fec_options();
    sealed.definitive = true;
    books.try_fec(&example("littoral-2024/FEC-2023.txt"), &sealed).await.expect("a sealed year");
    let request = crate::harness::derogation("CEJ", "B00026", "2024-11", "600,00", &["plafond_majeur"]);
    books.ask(&request).await.expect("a derogation");
    books.approve(1, "marc").await.expect("an approval");
    attested(&books.store, books).await;
}

async fn attested(store: &Store, books: &Books) -> Vec<u8> {
    let request = AttestRequest {
        who: Some("B00026".into()),
        year: Some(2024),
        months: None,
        basis: Payment,
        dispositif: None,
        site: None,
    };
    let mut bytes = Vec::new();
    let give = |file: app::AttestedFile| {
        bytes = file.bytes;
        Ok(())
    };
    app::attest(store, books.clock, &books.actor, &request, &quiet, give).await.expect("an attestation");
    bytes
}

/// What a base says, whatever its engine.
async fn said(store: &Store, books: &Books) -> Vec<String> {
    let day = books.clock.told.unwrap();
    let all = GeneralFilter::of(Some(2023), GeneralAccounts::Prefixes(vec![String::new()]));
    let mut said = Vec::new();
    for (by, axes) in [(Payment, vec![Axis::Dispositif, Axis::Month]), (Right, vec![Axis::Beneficiary])] {
        said.push(format!("{:?}", app::aid_statement(store, Some(2024), by, &axes).await.unwrap()));
    }
    said.push(format!("{:?}", app::person_statement(store, &books.actor, "B00026", day).await.unwrap()));
    said.push(format!("{:?}", app::envelope_statement(store, Some(2024)).await.unwrap()));
    said.push(format!("{:?}", app::trial_balance_of(store, Some(2023)).await.unwrap()));
    said.push(format!("{:?}", app::ledger(store, &all).await.unwrap()));
    said.push(format!("{:?}", app::journal(store, Some(2024)).await.unwrap()));
    said.push(format!("{:?}", app::list_lots(store).await.unwrap()));
    said.push(format!("{:?}", app::list_attestations(store).await.unwrap()));
    said.push(format!("{:?}", app::derogation_statement(store, None).await.unwrap()));
    said.push(format!("{:?}", app::list_users(store).await.unwrap()));
    said
}

fn figures(report: &VerifyReport) -> (bool, u64, u64, u64, (i64, String)) {
    (report.integre, report.ecritures, report.lignes, report.aides, report.tete.clone())
}

#[test]
fn a_base_goes_from_one_engine_to_the_other_and_back() {
    on_both_engines(async |books| {
        fill(books).await;
        let before = said(&books.store, books).await;
        let verified = app::verify(&books.store, &quiet).await.unwrap();
        let backup = books.back_up("copie.denier").await;
        let bytes = std::fs::read(&backup.fichier).unwrap();
        assert_eq!(backup.octets, bytes.len() as u64);
        let digest = Sha256::digest(&bytes);
        assert_eq!(backup.empreinte, denier::ledger::seal::hex(&digest));
        assert_eq!(figures(&backup.verification), figures(&verified));
        assert_eq!(books.files("copie"), ["copie.denier"], "one file");

        let mut places = vec![books.path("refaite.db").to_string_lossy().into_owned()];
        if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
            let mark = if server.contains('?') { '&' } else { '?' };
            let engine = if books.on_postgres() { "pg" } else { "sqlite" };
            places.push(format!("{server}{mark}schema=refaite_{}_{engine}", std::process::id()));
        }
        for place in places {
            let restored = books.restore(&backup.fichier, &place).await;
            assert_eq!((restored.base.as_deref(), restored.copie_essai), (Some(place.as_str()), false));
            assert_eq!(restored.empreinte, backup.empreinte, "restoring does not touch the backup");
            assert_eq!(figures(&restored.verification), figures(&verified), "{place}");
            let store = Store::open(&place).await.expect("a base");
            assert_eq!(said(&store, books).await, before, "{place}");
            assert_eq!(figures(&app::verify(&store, &quiet).await.unwrap()), figures(&verified));

            // The triggers are back, and the next write follows.
            let mut tx = store.write().await.unwrap();
            tx.exec("update aid set amount = amount + 1", &[]).await.expect_err("a posted row never changes");
            drop(tx);
            app::open_year(&store, books.clock, &books.actor, 2025).await.expect("a year");

            // And from there to a file again, which is the same base.
            let again = books.path("encore.denier").to_string_lossy().into_owned();
            let report = app::back_up(&store, books.clock, &books.actor, &again, &quiet).await.unwrap();
            assert_eq!(figures(&report.verification), figures(&verified));
            std::fs::remove_file(&again).unwrap();
            let log = app::audit_log(&store, &books.actor, &app::AuditFilter::default(), None, 9).await;
            let log = crate::harness::lines(&log.unwrap().table);
            let expected = format!("restaurer SHA-256 {}", backup.empreinte);
            assert!(log.iter().any(|line| line.contains(&expected)), "{log:?}");
            store.close().await;
        }
        assert_eq!(books.files("partiel"), [""; 0]);
        assert_eq!(std::fs::read(&backup.fichier).unwrap(), bytes);
    });
}

/// Returns whether a PDF file says that it comes from a trial copy; none where no program reads it.
fn says_trial(pdf: &[u8]) -> Option<bool> {
    text_of(pdf).map(|text| text.contains("COPIE D'ESSAI"))
}

#[test]
fn a_trial_copy_says_so_on_its_papers() {
    on_both_engines(async |books| {
        fill(books).await;
        let genuine = attested(&books.store, books).await;
        assert_ne!(says_trial(&genuine), Some(true));
        let backup = books.back_up("copie.denier").await;
        let place = books.path("essai.db").to_string_lossy().into_owned();
        let report = books.try_restore(&backup.fichier, &place, Purpose::Trial).await.unwrap();
        assert!(report.copie_essai && report.verification.integre);
        let store = Store::open(&place).await.unwrap();
        assert!(store.read().await.unwrap().info().await.unwrap().trial);
        assert!(!books.store.read().await.unwrap().info().await.unwrap().trial);
        let head = app::Letterhead::load(&store, books.clock).await.unwrap();
        assert!(head.warning.is_some_and(|warning| warning.starts_with("COPIE D'ESSAI")));
        assert_ne!(says_trial(&attested(&store, books).await), Some(false));
        store.close().await;
    });
}

#[test]
fn an_older_backup_is_brought_up_to_date() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        fill(books).await;
        let before = said(&books.store, books).await;
        let backup = books.back_up("copie.denier").await;
        // What a program of schema 6 would have written.
        let store = Store::open(&backup.fichier).await.unwrap();
        let mut tx = store.write().await.unwrap();
        for sql in [
            "drop table unpaid_aid",
            "drop table view_log",
            "drop index aid_month",
            "drop index decision_dispositif",
            "drop index general_line_entry",
            "delete from schema_version where number > 6",
        ] {
            tx.exec(sql, &[]).await.unwrap();
        }
        tx.commit().await.unwrap();
        store.close().await;
        let mut places = vec![books.path("refaite.db").to_string_lossy().into_owned()];
        if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
            let mark = if server.contains('?') { '&' } else { '?' };
            places.push(format!("{server}{mark}schema=ancienne_{}", std::process::id()));
        }
        for place in places {
            books.restore(&backup.fichier, &place).await;
            let store = Store::open(&place).await.unwrap();
            assert_eq!(said(&store, books).await, before, "{place}");
            app::note_view(&store, books.clock, &books.actor, "B00026", app::View::Account).await.unwrap();
            store.close().await;
        }
    });
}

#[test]
fn what_fails_leaves_nothing() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let backup = books.back_up("copie.denier").await;
        let taken = books.try_back_up(&backup.fichier).await.expect_err("a file that exists");
        assert_eq!(taken.exit_code(), 1);
        assert!(taken.to_string().ends_with("existe déjà ; rien n'a été touché"), "{taken}");
        let nowhere = books.path("absent/copie.denier").to_string_lossy().into_owned();
        let error = books.try_back_up(&nowhere).await.expect_err("no such folder");
        assert_eq!(
            (error.exit_code(), error.to_string()),
            (3, format!("{nowhere} : le dossier n'existe pas"))
        );
        books.user("lise", Role::Clerk).await;
        let lise = app::Actor { name: "lise".into() };
        let path = books.path("lise.denier").to_string_lossy().into_owned();
        let refused = app::back_up(&books.store, books.clock, &lise, &path, &quiet).await;
        assert_eq!(refused.expect_err("a right").exit_code(), 1);

        let over = books.try_restore(&backup.fichier, &books.location, Purpose::Books).await;
        let over = over.expect_err("a base that exists").to_string();
        assert!(over.contains("existe déjà"), "{over}");
        let place = books.path("refaite.db").to_string_lossy().into_owned();
        let no_base = books.file("notes.denier", "ce n'est pas une base");
        let cut = books.file("coupee.denier", &std::fs::read(&backup.fichier).unwrap()[..100_000]);
        for wrong in [no_base, cut, nowhere] {
            let error = books.try_restore(&wrong, &place, Purpose::Books).await.expect_err("no backup");
            assert_eq!(error.exit_code(), 3, "{error}");
        }

        // A backup that somebody changed: one aid of one centime more.
        let altered = books.path("alteree.denier");
        std::fs::copy(&backup.fichier, &altered).unwrap();
        let altered = altered.to_string_lossy().into_owned();
        let store = Store::open(&altered).await.unwrap();
        let mut tx = store.write().await.unwrap();
        tx.exec("drop trigger aid_no_update", &[]).await.unwrap();
        tx.exec("update aid set amount = amount + 1 where id = 1", &[]).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let report = books.try_restore(&altered, &place, Purpose::Books).await.unwrap();
        assert_eq!((report.base, report.verification.exit_code()), (None, 4));
        assert_eq!(books.files("refaite"), [""; 0]);
        assert_eq!(books.files("partiel"), [""; 0]);
        assert_eq!(books.files("lise"), [""; 0]);
    });
}

#[test]
fn a_full_disk_leaves_nothing() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["importer", "beneficiaires", &example("littoral-2024/beneficiaires.csv")]), 0);
    assert_eq!(shell.code(&["sauvegarder", "avant.denier"]), 0);
    // No file may grow beyond so many blocks: what a full disk answers, without filling one.
    let limited = |words: &[&str]| {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_denier")]);
        let command = command.args(words).current_dir(shell.folder.path()).env("USER", "claire");
        command.env_remove("DENIER_BASE").output().expect("the program runs")
    };
    for words in
        [&["sauvegarder", "copie.denier"] as &[&str], &["restaurer", "avant.denier", "--base", "refaite.db"]]
    {
        let output = limited(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("écriture impossible, rien n'en reste"), "{said}");
    }
    let mut left: Vec<String> = std::fs::read_dir(shell.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        // The journal of the base itself, that the next command takes up.
        .filter(|name| !name.starts_with("denier.db-"))
        .collect();
    left.sort();
    assert_eq!(left, ["avant.denier", "denier.db"]);
}

#[test]
fn commands_back_up_and_restore() {
    let shell = Shell::new();
    let said = shell.text(&["sauvegarder", "copie.denier"]);
    assert!(said.starts_with("Sauvegarde écrite et relue : copie.denier, "), "{said}");
    assert!(said.contains("\nSHA-256 : "), "{said}");
    let json = shell.json(&["restaurer", "copie.denier", "--base", "essai.db", "--essai"]);
    assert_eq!((json["base"].as_str(), json["copie_essai"].as_bool()), (Some("essai.db"), Some(true)));
    assert_eq!(
        shell.code(&["etats", "aides", "--base", "essai.db", "--format", "pdf", "--sortie", "e.pdf"]),
        0
    );
    let paper = std::fs::read(shell.folder.path().join("e.pdf")).unwrap();
    assert_ne!(says_trial(&paper), Some(false));
    assert_eq!(shell.code(&["restaurer", "copie.denier", "--base", "essai.db"]), 1, "never over a base");
    assert!(Path::new(&shell.folder.path().join("essai.db")).exists());
}
