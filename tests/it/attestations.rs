//! Attestations given out and recognised: the same again, altered, unknown; who cannot have one.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, on_both_engines};
use crate::pdf::text_of;
use denier::app::{self, AppError, AttestReport, AttestRequest, AttestationVerdict, AttestedFile, Clock};
use denier::calendar::{Date, Month};
use denier::funding::DateKind::{self, Payment, Right};
use denier::store::StoreError;

/// P1 has aids of two payers; P2 a name that no document can write; P3 an aid of the ASP, unpaid; P4 none.
async fn fill(books: &Books) {
    let people = format!(
        "{PEOPLE_HEADER}\n\
         P1;Nguyễn-D'Hondt;Ștefan;15/03/2003;M;Calais;62193;non;non;NEET;\n\
         P2;DURAND;Léa 😀;15/03/2004;F;Calais;62193;non;non;NEET;\n\
         P3;MARTIN;Anne;15/03/2002;F;Calais;62193;non;non;NEET;\n\
         P4;PETIT;Bob;15/03/2002;M;Calais;62193;non;non;NEET;\n"
    );
    books.people(&books.file("p.csv", people)).await;
    let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                     CLAP;2024;REGION;1000,00;15/01/2024;ENV-R\n";
    books.envelopes(&books.file("e.csv", envelopes)).await;
    let aids = format!(
        "{AID_HEADER}\n\
         A1;CEJ;P1;allocation mensuelle;2024-04;;05/03/2024;10/05/2024;200,00;ETAT;ASP;\n\
         A2;CLAP;P1;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;100,00;REGION;STRUCTURE;comité\n\
         A3;CEJ;P2;allocation mensuelle;2024-04;;05/03/2024;10/05/2024;300,00;ETAT;ASP;\n\
         A4;CEJ;P3;allocation mensuelle;2024-06;;05/03/2024;;400,00;ETAT;ASP;\n"
    );
    let report = books.aids(&books.file("a.csv", aids)).await;
    assert_eq!((report.acceptes, report.irreguliers), (4, 0), "{:?}", report.constats);
}

impl Books {
    async fn try_attest(
        &self,
        who: Option<&str>,
        months: Option<(&str, &str)>,
        basis: DateKind,
    ) -> Result<(Vec<AttestedFile>, AttestReport), AppError> {
        let month = |text: &str| Month::parse(text).expect("a month");
        let request = AttestRequest {
            who: who.map(str::to_string),
            year: Some(2024).filter(|_| months.is_none()),
            months: months.map(|(first, last)| (month(first), month(last))),
            basis,
            dispositif: None,
            site: None,
        };
        let mut files = Vec::new();
        let give = |file| {
            files.push(file);
            Ok(())
        };
        let report =
            app::attest(&self.store, self.clock, &self.actor, &request, &crate::harness::quiet, give).await?;
        Ok((files, report))
    }

    /// The one attestation of a person over 2024.
    async fn attest(&self, who: &str) -> AttestedFile {
        let (files, _) = self.try_attest(Some(who), None, Payment).await.expect("an attestation");
        one(files)
    }

    async fn recognised(&self, file: &[u8]) -> AttestationVerdict {
        app::verify_attestation_file(&self.store, file).await.expect("a verdict")
    }

    async fn recognised_code(&self, code: &str) -> AttestationVerdict {
        app::verify_attestation_code(&self.store, code).await.expect("a verdict")
    }

    async fn registered(&self) -> i64 {
        let mut tx = self.store.read().await.unwrap();
        tx.one("select count(*) from attestation", &[]).await.unwrap().unwrap().int(0).unwrap()
    }
}

fn one(mut files: Vec<AttestedFile>) -> AttestedFile {
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn why<T: std::fmt::Debug>(result: Result<T, AppError>) -> String {
    match result.expect_err("a refusal") {
        AppError::Refused(why) | AppError::Usage(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_request_gives_the_same_attestation() {
    on_both_engines(async |books| {
        fill(books).await;
        let first = books.attest("P1").await;
        assert_eq!((first.name.as_str(), first.number.as_str()), ("P1_AT-2025-000001.pdf", "AT-2025-000001"));
        assert!(!first.again);
        // Another day, another person at the keyboard: the same paper.
        books.clock = Clock { told: Date::parse("2025-03-01") };
        let again = books.attest("P1").await;
        assert!(again.again && again.bytes == first.bytes && again.code == first.code);
        assert_eq!(again.number, first.number);
        assert_eq!(books.registered().await, 1);

        // Other months, other basis: other papers, each the same again.
        let mut numbers = vec![first.number.clone()];
        for (months, basis) in [(Some(("2024-05", "2024-05")), Payment), (None, Right)] {
            let file = one(books.try_attest(Some("P1"), months, basis).await.unwrap().0);
            let again = one(books.try_attest(Some("P1"), months, basis).await.unwrap().0);
            assert!(!file.again && again.again && again.bytes == file.bytes);
            numbers.push(file.number);
        }
        assert_eq!(numbers, ["AT-2025-000001", "AT-2025-000002", "AT-2025-000003"]);

        // A new aid: another number, and the first paper stays authentic.
        let aids = format!(
            "{AID_HEADER}\nA5;CEJ;P1;allocation mensuelle;2024-07;;05/03/2024;10/08/2024;50,00;ETAT;ASP;\n"
        );
        books.aids(&books.file("a5.csv", aids)).await;
        let more = books.attest("P1").await;
        assert_eq!((more.again, more.number.as_str()), (false, "AT-2025-000004"));
        assert_ne!(more.bytes, first.bytes);
        assert_eq!(books.recognised(&first.bytes).await.verdict, "authentique");
        assert_eq!(books.registered().await, 4);

        let backwards = books.try_attest(Some("P1"), Some(("2024-06", "2024-05")), Payment).await;
        assert_eq!(why(backwards), "la période finit avant de commencer : 2024-06 – 2024-05");
        books.assert_whole().await;
    });
}

#[test]
fn an_attestation_is_recognised_by_its_file_and_by_its_code() {
    on_both_engines(async |books| {
        fill(books).await;
        let file = books.attest("P1").await;
        let verdict = books.recognised(&file.bytes).await;
        assert_eq!((verdict.verdict.as_str(), verdict.exit_code()), ("authentique", 0));
        assert_eq!(verdict.numero.as_deref(), Some("AT-2025-000001"));
        assert_eq!(verdict.beneficiaire.as_deref(), Some("P1"));
        assert_eq!(verdict.par.as_deref(), Some("claire"));
        assert_eq!((verdict.du.as_deref(), verdict.au.as_deref()), (Some("2024-01"), Some("2024-12")));
        assert_eq!(verdict.delivree_le.as_deref(), Some("2025-02-15"));
        let fingerprint = verdict.empreinte.unwrap();
        let short: String = file.code.strip_prefix("AT-2025-000001-").unwrap().replace('-', "");
        assert!(fingerprint.len() == 64 && fingerprint.starts_with(&short));

        // Any byte that is not of its number.
        let number = file.bytes.windows(14).position(|bytes| bytes == b"AT-2025-000001").expect("its number");
        for at in [20, number + 20, file.bytes.len() / 2, file.bytes.len() - 30] {
            let mut altered = file.bytes.clone();
            altered[at] ^= 1;
            let verdict = books.recognised(&altered).await;
            assert_eq!((verdict.verdict.as_str(), verdict.exit_code()), ("alteree", 1), "byte {at}");
            assert_eq!(verdict.numero.as_deref(), Some("AT-2025-000001"));
        }
        let longer = [file.bytes.as_slice(), b"\n"].concat();
        assert_eq!(books.recognised(&longer).await.verdict, "alteree");

        // As people type it.
        let code = &file.code;
        for typed in [
            code.clone(),
            code.to_uppercase(),
            format!("  {code} "),
            code.replace("AT-2025-000001-", "at-2025-000001-"),
            format!("AT-2025-000001-{}", code["AT-2025-000001-".len()..].replace('-', " ")),
            format!("AT-2025-000001-{short}"),
        ] {
            assert_eq!(books.recognised_code(&typed).await.verdict, "authentique", "« {typed} »");
        }
        let last = code.chars().last().unwrap();
        let wrong = format!("{}{}", &code[..code.len() - 1], if last == '0' { '1' } else { '0' });
        assert_eq!(books.recognised_code(&wrong).await.verdict, "alteree");

        // Never given out.
        let unknown = books.recognised_code(&code.replace("000001", "000009")).await;
        assert_eq!((unknown.verdict.as_str(), unknown.exit_code()), ("inconnue", 1));
        assert_eq!(unknown.numero.as_deref(), Some("AT-2025-000009"));
        let unknown = books.recognised(b"%PDF-1.7 un autre document").await;
        assert_eq!((unknown.verdict.as_str(), unknown.numero), ("inconnue", None));
        let no_code = app::verify_attestation_code(&books.store, "AT-2025-000001").await;
        assert_eq!(
            why(no_code),
            "« AT-2025-000001 » n'est ni un fichier ni un code d'attestation, comme AT-2024-000123-9f3a-11c0-77de-0a2b"
        );
    });
}

#[test]
fn the_paper_says_the_name_and_who_paid() {
    on_both_engines(async |books| {
        fill(books).await;
        let file = books.attest("P1").await;
        let says = |bytes: &[u8], parts: &[&str]| {
            if let Some(said) = text_of(bytes) {
                for part in parts {
                    assert!(said.contains(part), "« {part} » in:\n{said}");
                }
            }
        };
        let by_asp = "Selon les retours de paiement de l'organisme « Agence de services et de paiement », importés jusqu'au 15 février 2025 (dernier versement connu de cet organisme : 10 mai 2024) : 200,00 €. Dispositif : Contrat d'engagement jeune.";
        says(
            &file.bytes,
            &[
                "atteste que Ștefan Nguyễn-D'Hondt, date de naissance : 15 mars 2003, dossier n° P1, a bénéficié des aides suivantes",
                "Total : 300,00 € (trois cents euros).",
                by_asp,
                "Versé par Mission locale d'essai : 100,00 €.",
                &file.code,
            ],
        );
        // By right, what is not paid yet is said.
        let unpaid = one(books.try_attest(Some("P3"), None, Right).await.unwrap().0);
        says(&unpaid.bytes, &["400,00 €, dont 400,00 € non encore versés au 15 février 2025."]);
        // Nobody has received nothing: the paper says so, and whose returns were read.
        let (files, report) = books.try_attest(Some("P4"), None, Payment).await.unwrap();
        assert_eq!((report.nouvelles, report.reeditions), (1, 0));
        let none = one(files);
        says(
            &none.bytes,
            &[
                "Attestation d'absence d'aide",
                "atteste que Bob PETIT, date de naissance : 15 mars 2002, dossier n° P4, n'a reçu aucune aide",
                "Total : 0,00 € (zéro euro).",
                "« Agence de services et de paiement », importés jusqu'au 15 février 2025 (dernier versement connu de cet organisme : 10 mai 2024) : 0,00 €.",
            ],
        );
        assert!(books.attest("P4").await.again);
        assert_eq!(books.recognised(&none.bytes).await.verdict, "authentique");
    });
}

#[test]
fn a_preview_says_what_is_issued_then() {
    on_both_engines(async |books| {
        fill(books).await;
        for (on, cents) in [("2024-07-10", "100,00"), ("2024-08-10", "50,00")] {
            assert!(crate::life::pay(books, "A4", on, Some(cents)).await.versee);
        }
        for basis in [Payment, Right] {
            let request = AttestRequest {
                who: Some("P3".into()),
                year: Some(2024),
                months: None,
                basis,
                dispositif: None,
                site: None,
            };
            let preview = async || {
                app::preview_attestation(&books.store, books.clock, &books.actor, "P3", &request)
                    .await
                    .expect("a preview")
            };
            let before = preview().await;
            assert_eq!(before.issued, None, "{basis:?}");
            let given = one(books.try_attest(Some("P3"), None, basis).await.unwrap().0);
            let said: Vec<String> = given.paper.blocks.iter().map(|block| format!("{block:?}")).collect();
            let shown: Vec<String> = before.paper.blocks.iter().map(|block| format!("{block:?}")).collect();
            assert_eq!(said[..shown.len()], shown[..], "{basis:?}: then the signature and the number");
            let after = preview().await.issued.map(|(number, _)| number);
            assert_eq!(after.as_ref(), Some(&given.number), "{basis:?}");
        }
    });
}

#[test]
fn a_payment_recorded_later_changes_no_attestation() {
    on_both_engines(async |books| {
        fill(books).await;
        let file = books.attest("P1").await;
        // Another person's aid of the same payer, paid by hand after the last return of that payer.
        assert!(crate::life::pay(books, "A4", "2024-07-10", Some("100,00")).await.versee);
        let again = app::attestation_again(&books.store, &books.actor, &file.number).await;
        assert!(again.expect("the same attestation").bytes == file.bytes);
        let page = app::attestation_page(&books.store, &books.actor, &file.number).await.expect("a page");
        assert_eq!(page.code, Some(file.code));
        // A new one knows of it.
        let verdict = books.recognised(&file.bytes).await;
        assert_eq!((verdict.verdict.as_str(), verdict.a_jour), ("authentique", Some(false)));
        assert!(!books.attest("P1").await.again);
    });
}

#[test]
fn one_name_that_cannot_be_written_stops_no_other() {
    on_both_engines(async |books| {
        fill(books).await;
        let expected = "le caractère « 😀 » (U+1F600) de « Léa 😀 DURAND » ne peut pas être imprimé : les documents s'écrivent en lettres latines, sans émoji ni caractère invisible. Corrigez ce texte là où il a été saisi.";
        assert_eq!(why(books.try_attest(Some("P2"), None, Payment).await), expected);
        assert_eq!(books.registered().await, 0, "nothing was given out");
        let (files, report) = books.try_attest(None, None, Right).await.unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["P1_AT-2025-000001.pdf", "P3_AT-2025-000002.pdf"]);
        assert_eq!(report.refusees, [("P2".to_string(), expected.to_string())]);
        assert_eq!((report.nouvelles, report.reeditions, report.sans_identite), (2, 0, 0));
        // By payment, P3 has nothing in the period; the rest is given out again as it is.
        let (files, report) = books.try_attest(None, None, Right).await.unwrap();
        assert!(files.iter().all(|file| file.again));
        assert_eq!((report.nouvelles, report.reeditions), (0, 2));
        let (files, _) = books.try_attest(None, None, Payment).await.unwrap();
        assert_eq!(files.len(), 1, "P1 alone was paid, P2 apart");
    });
}

#[test]
fn an_erased_person_has_no_attestation_any_more() {
    on_both_engines(async |books| {
        fill(books).await;
        let file = books.attest("P1").await;
        let mut tx = books.store.write().await.unwrap();
        tx.exec("delete from identity where number = 'P1'", &[]).await.unwrap();
        tx.commit().await.unwrap();
        let verdict = books.recognised(&file.bytes).await;
        assert_eq!((verdict.verdict.as_str(), verdict.beneficiaire), ("authentique", None));
        let refused = why(books.try_attest(Some("P1"), None, Payment).await);
        assert!(refused.contains("P1"), "{refused}");
        let (files, report) = books.try_attest(None, None, Right).await.unwrap();
        assert_eq!((files.len(), report.sans_identite, report.refusees.len()), (1, 1, 1));
        books.assert_whole().await;
    });
}

#[test]
fn the_register_never_changes() {
    on_both_engines(async |books| {
        fill(books).await;
        let file = books.attest("P1").await;
        for sql in [
            "update attestation set number = 'AT-2025-000009'",
            "update attestation_file set digest = digest",
            "delete from attestation",
            "delete from attestation_file",
        ] {
            let mut tx = books.store.write().await.unwrap();
            match tx.exec(sql, &[]).await {
                Err(StoreError::Database(error)) => {
                    assert!(error.to_string().contains("ligne definitive"), "{error}")
                }
                other => panic!("{sql}: {other:?}"),
            }
        }
        assert_eq!(books.recognised(&file.bytes).await.verdict, "authentique");
    });
}
