//! Importing: twice the same, previews, several funders, payees, sites, undoing, keys.

use crate::harness::{AID_HEADER, PEOPLE_HEADER, codes, example, on_both_engines, options, reference};
use denier::app::{self, Asked, InputFile};
use denier::funding::DateKind::{Decision, Payment, Right};
use denier::funding::Mode;
use denier::statements::Axis;

fn people(count: u32) -> String {
    let rows: Vec<String> =
        (1..=count).map(|n| format!("P{n};NOM{n};Prénom;15/03/2003;F;Calais;62193;non;non;NEET;")).collect();
    format!("{PEOPLE_HEADER}\n{}\n", rows.join("\n"))
}

fn aids(lines: &[&str]) -> String {
    format!("{AID_HEADER}\n{}\n", lines.join("\n"))
}

#[test]
fn the_same_file_twice_posts_nothing_new() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        for (path, expected) in [("beneficiaires.csv", 2_090), ("enveloppes.csv", 4), ("aides.csv", 8_621)] {
            let path = example(&format!("littoral-2024/{path}"));
            let report = match expected {
                2_090 => books.people(&path).await,
                4 => books.envelopes(&path).await,
                _ => books.aids(&path).await,
            };
            assert_eq!(
                (report.lus, report.acceptes, report.deja_importes, report.refuses, report.lot),
                (expected, 0, expected, 0, None)
            );
        }
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await.last().unwrap(),
            "Total 8621 2039 3664976.00"
        );
        books.assert_whole().await;
    });
}

#[test]
fn a_preview_writes_nothing_and_says_the_same() {
    on_both_engines(async |books| {
        books.people(&example("littoral-2024/beneficiaires.csv")).await;
        books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
        let path = example("littoral-2024/aides.csv");
        let preview = books.aids_dry(&path, None).await;
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, ["Total 0 0 0.00"]);
        let mut report = books.aids(&path).await;
        assert!(report.lot.is_some() && preview.lot.is_none());
        (report.lot, report.a_blanc) = (None, true);
        assert_eq!(serde_json::to_value(&preview).unwrap(), serde_json::to_value(&report).unwrap());
    });
}

#[test]
fn an_aid_may_have_several_funders() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(2))).await;
        let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                         CLAP;2024;REGION;1000,00;15/01/2024;ENV-R\nCLAP;2024;CD;500,00;15/01/2024;ENV-CD\n";
        books.envelopes(&books.file("e.csv", envelopes)).await;
        let file = aids(&[
            "A1;CLAP;P1;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;1000,00;REGION=600,00+CD=400,00;STRUCTURE;comité",
            "A2;CLAP;P2;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;900,00;REGION=500,00+CD=300,00;STRUCTURE;comité",
            "A3;CLAP;P2;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;400,00;REGION=200,00+CD=200,00;STRUCTURE;comité",
            "A4;CLAP;P2;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;100,00;REGION=50,00+REGION=50,00;STRUCTURE;comité",
            "A5;CLAP;P2;bourse;2024-05;20/05/2024;25/05/2024;30/05/2024;100,00;REGION=50,00+INCONNU=50,00;STRUCTURE;comité",
        ]);
        let report = books.aids(&books.file("a.csv", file)).await;
        assert_eq!(
            codes(&report),
            ["3 parts_inegales", "4 enveloppe_depassee", "5 parts_illisibles", "6 financeur_inconnu"]
        );
        assert_eq!(report.acceptes, 1);
        assert_eq!(
            report.constats[1].room.as_deref(),
            Some("100.00"),
            "what is left on the Département's envelope"
        );
        // A co-funded aid is one aid of one person, whoever is asked.
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await,
            ["CLAP 1 1 1000.00", "Total 1 1 1000.00"]
        );
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Funder]).await,
            ["CD 1 1 400.00", "REGION 1 1 600.00", "Total 1 1 1000.00"]
        );
        books.assert_whole().await;
        books.cancel(report.lot.unwrap()).await.unwrap();
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, ["Total 0 0 0.00"]);
        books.assert_whole().await;
    });
}

#[test]
fn two_lines_of_a_month_are_two_payments_of_one_instalment() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        let file = aids(&[
            "A1;CEJ;P1;allocation mensuelle;2024-05;;05/03/2024;25/05/2024;200,00;ETAT;ASP;",
            "A2;CEJ;P1;allocation mensuelle;2024-05;;05/03/2024;10/06/2024;100,00;ETAT;ASP;",
            "A3;CEJ;P1;allocation mensuelle;2024-06;;05/03/2024;10/07/2024;300,00;ETAT;ASP;",
        ]);
        books.aids(&books.file("a.csv", file)).await;
        for (by, number) in [(Payment, 3), (Right, 2), (Decision, 1)] {
            let expected = [format!("CEJ {number} 1 600.00"), format!("Total {number} 1 600.00")];
            assert_eq!(books.aid_lines(2024, by, &[Axis::Dispositif]).await, expected, "{by:?}");
        }
        assert_eq!(
            books.aid_lines(2024, Right, &[Axis::Month]).await,
            ["2024-05 1 1 300.00", "2024-06 1 1 300.00", "Total 2 1 600.00"]
        );
    });
}

#[test]
fn optional_columns_are_kept_payee_site_convention_and_missing_dates() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(2))).await;
        let file = format!(
            "{AID_HEADER};creancier;convention;site\n\
             ;CEJ;P1;allocation;2024-05;;;25/05/2024;200,00;;;;Auto-école Dupont;CV-1;Calais\n\
             ;CEJ;P1;allocation;2024-05;;;25/05/2024;200,00;;;;;;\n\
             U1;CEJ;P2;allocation;2024-06;;05/06/2024;;150,00;;;;;;Marck\n"
        );
        let path = books.file("a.csv", file);
        let report = books.aids(&path).await;
        assert_eq!(codes(&report), ["2 date_decision_absente", "3 date_decision_absente"]);
        assert!(report.constats.iter().all(|finding| finding.severity == "avertissement"));
        assert_eq!((report.acceptes, report.irreguliers), (3, 0));
        assert_eq!(
            books.aid_lines(2024, Right, &[Axis::Site]).await,
            ["Calais 1 1 200.00", "Marck 1 1 150.00", "sans 1 1 200.00", "Total 2 2 550.00"]
        );
        assert_eq!(books.aid_lines(2024, Right, &[Axis::Convention]).await[0], "CV-1 1 1 200.00");
        // Lines without a reference are known again by person, dispositif, month, nature and rank.
        let again = books.aids(&path).await;
        assert_eq!((again.deja_importes, again.acceptes), (3, 0));
        // An aid without payment date is granted and unpaid.
        let outstanding =
            app::outstanding(&books.store, denier::calendar::Date::parse("2024-12-31").unwrap())
                .await
                .unwrap();
        assert_eq!(crate::harness::lines(&outstanding), ["CEJ ETAT 1 1 150.00", "Total - 1 1 150.00"]);
        books.assert_whole().await;
    });
}

#[test]
fn beyond_its_envelope_an_aid_paid_by_another_is_an_overrun() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(3))).await;
        let envelope = |reference: &str, amount: &str| {
            format!(
                "dispositif;exercice;financeur;montant;date_notification;reference\nPACEA;2024;ETAT;{amount};02/01/2024;{reference}\n"
            )
        };
        books.envelopes(&books.file("e.csv", envelope("E1", "300,00"))).await;
        let line = |n: u32| {
            format!("A{n};PACEA;P{n};repas;2024-05;02/05/2024;05/05/2024;25/05/2024;200,00;ETAT;ASP;")
        };
        let first = books.aids(&books.file("a1.csv", aids(&[&line(1)]))).await;
        let second = books.aids(&books.file("a2.csv", aids(&[&line(2)]))).await;
        assert_eq!(codes(&second), ["2 enveloppe_depassee"]);
        assert_eq!((second.acceptes, second.irreguliers), (1, 1));
        let state = async || {
            crate::harness::lines(&app::envelope_statement(&books.store, None).await.unwrap())[0].clone()
        };
        assert_eq!(state().await, "PACEA 2024 ETAT 300.00 400.00 400.00 0.00 100.00");
        books.assert_whole().await;
        let decided = books.aids_in(&books.file("a3.csv", aids(&[&line(3)])), Mode::Decide).await;
        assert_eq!(
            (decided.refuses, decided.constats[0].room.as_deref()),
            (1, Some("0.00")),
            "the overrun leaves no room"
        );
        // A complement covers the overrun; undoing the first aid then gives room back.
        let complement = books.envelopes(&books.file("e2.csv", envelope("E2", "50,00"))).await;
        assert_eq!(state().await, "PACEA 2024 ETAT 350.00 400.00 400.00 0.00 50.00");
        books.assert_whole().await;
        books.cancel(first.lot.unwrap()).await.unwrap();
        assert_eq!(state().await, "PACEA 2024 ETAT 350.00 200.00 200.00 150.00 0.00");
        books.assert_whole().await;
        books.cancel(complement.lot.unwrap()).await.unwrap();
        assert_eq!(state().await, "PACEA 2024 ETAT 300.00 200.00 200.00 100.00 0.00");
        books.assert_whole().await;
    });
}

#[test]
fn undoing_frees_references_and_is_refused_when_something_hangs_on_it() {
    on_both_engines(async |books| {
        let people_lot = books.people(&example("littoral-2024/beneficiaires.csv")).await.lot.unwrap();
        let envelope_lot = books.envelopes(&example("littoral-2024/enveloppes.csv")).await.lot.unwrap();
        let aid_lot = books.aids(&example("littoral-2024/aides.csv")).await.lot.unwrap();
        for (lot, word) in [(people_lot, "B00001"), (envelope_lot, "PACEA")] {
            let refused = books.cancel(lot).await.unwrap_err();
            assert_eq!(refused.exit_code(), 1);
            assert!(refused.to_string().contains(word), "{refused}");
            books.assert_whole().await;
        }
        let report = books.cancel(aid_lot).await.unwrap();
        assert_eq!((report.nombre, report.montant.as_deref()), (8_621, Some("3664976.00")));
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, ["Total 0 0 0.00"]);
        books.assert_whole().await;
        assert!(books.cancel(aid_lot).await.unwrap_err().to_string().contains("déjà annulé"));
        let again = books.aids(&example("littoral-2024/aides.csv")).await;
        assert_eq!((again.acceptes, again.deja_importes), (8_621, 0), "its references are free again");
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await.last().unwrap(),
            "Total 8621 2039 3664976.00"
        );
        books.assert_whole().await;
        books.cancel(again.lot.unwrap()).await.unwrap();
        books.cancel(envelope_lot).await.unwrap();
        books.cancel(people_lot).await.unwrap();
        assert_eq!(books.people(&example("littoral-2024/beneficiaires.csv")).await.crees, 2_090);
        books.assert_whole().await;
    });
}

#[test]
fn one_aid_can_be_cancelled_by_its_reference() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let cancel = async |aid| {
            let aid = reference(aid);
            app::cancel_aid(&books.store, books.clock, &books.actor, &aid, "erreur de saisie", None).await
        };
        assert_eq!(cancel("CEJ2024000001").await.unwrap().montant.as_deref(), Some("332.64"));
        books.assert_whole().await;
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await.last().unwrap(),
            "Total 8620 2039 3664643.36"
        );
        assert!(cancel("CEJ2024000001").await.is_err());
        // Nor does the number of an aid that lives, typed as a reference, cancel it.
        let refused = cancel("2").await.expect_err("a reference").to_string();
        assert_eq!(refused, "aucune aide vivante ne porte la référence « 2 »");
        let again = books.aids(&example("littoral-2024/aides.csv")).await;
        assert_eq!((again.acceptes, again.deja_importes), (1, 8_620));
        books.assert_whole().await;
    });
}

#[test]
fn people_are_brought_up_to_date_and_taken_back() {
    on_both_engines(async |books| {
        books.people(&books.file("p1.csv", people(2))).await;
        let changed = people(3).replace("NOM2", "NOUVEAU");
        let report = books.people(&books.file("p2.csv", &changed)).await;
        assert_eq!((report.crees, report.modifies, report.deja_importes), (1, 1, 1));
        let show = async |number: &str| {
            app::person_statement(&books.store, &books.actor, number, books.clock.told.unwrap()).await
        };
        assert!(show("P2").await.unwrap()[0].title.contains("NOUVEAU"));
        books.cancel(report.lot.unwrap()).await.unwrap();
        assert!(show("P2").await.unwrap()[0].title.contains("NOM2"));
        assert_eq!(show("P3").await.unwrap_err().exit_code(), 1);
        let twice = people(1)
            + "P1;AUTRE;Prénom;15/03/2003;F;Calais;62193;non;non;NEET;\nP1;NOM1;Prénom;15/03/2003;F;Calais;62193;non;non;NEET;\n";
        let report = books.people(&books.file("p3.csv", twice)).await;
        assert_eq!(
            (codes(&report), report.deja_importes, report.refuses),
            (vec!["3 numero_en_double".to_string()], 2, 1)
        );
    });
}

#[test]
fn all_or_nothing_refuses_the_whole_file() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        let good = "A1;CEJ;P1;allocation;2024-05;;05/03/2024;25/05/2024;200,00;ETAT;ASP;";
        let path = books.file(
            "a.csv",
            aids(&[good, "A2;CEJ;P9;allocation;2024-05;;05/03/2024;25/05/2024;200,00;ETAT;ASP;"]),
        );
        let report = books
            .try_aids(&path, app::AidOptions { all_or_nothing: true, ..options(None, false) })
            .await
            .unwrap();
        assert_eq!((report.lus, report.acceptes, report.refuses, report.lot), (2, 0, 2, None));
        assert_eq!(codes(&report), ["0 fichier_refuse_entier", "3 beneficiaire_inconnu"]);
        let partial = books.aids(&path).await;
        assert_eq!((partial.acceptes, partial.refuses), (1, 1), "without it, the good line is kept");
    });
}

#[test]
fn a_key_is_answered_as_before_or_refused() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        let path = books
            .file("a.csv", aids(&["A1;CEJ;P1;allocation;2024-05;;05/03/2024;25/05/2024;200,00;ETAT;ASP;"]));
        let ask = async |content: &[u8]| {
            let asked = Some(Asked::new("demande-1", &[content]));
            let input = InputFile::open(&path)?;
            let options = app::AidOptions { asked, ..options(None, false) };
            app::import_aids(
                &books.store,
                books.clock,
                &books.actor,
                &input,
                &options,
                &crate::harness::quiet,
            )
            .await
        };
        let first = ask(b"x").await.unwrap();
        let second = ask(b"x").await.unwrap();
        assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(&second).unwrap());
        assert_eq!(second.acceptes, 1, "the answer is the first one, not a new import");
        assert_eq!(ask(b"y").await.unwrap_err().exit_code(), 1);
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await[0], "CEJ 1 1 200.00");
    });
}

#[test]
fn imports_at_the_same_time_never_share_the_last_euro() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(6))).await;
        let envelope = "dispositif;exercice;financeur;montant;date_notification;reference\nCLAP;2024;REGION;1000,00;15/01/2024;E1\n";
        books.envelopes(&books.file("e.csv", envelope)).await;
        let path = |n: u32| {
            let own =
                format!("A{n};CLAP;P{n};bourse;2024-05;;25/05/2024;30/05/2024;600,00;REGION;STRUCTURE;");
            let same = "COMMUN;CLAP;P6;bourse;2024-05;;25/05/2024;30/05/2024;100,00;REGION;STRUCTURE;";
            books.file(&format!("a{n}.csv"), aids(&[&own, same]))
        };
        let paths: Vec<String> = (1..=5).map(path).collect();
        // All five plan on the same moment; four must plan again under the lock.
        let imports = paths.iter().map(|path| books.try_aids(path, options(None, false)));
        let reports: Vec<_> =
            futures_util::future::join_all(imports).await.into_iter().map(Result::unwrap).collect();
        let accepted: u64 = reports.iter().map(|report| report.acceptes).sum();
        let known: u64 = reports.iter().map(|report| report.deja_importes).sum();
        let refused: u64 = reports.iter().map(|report| report.refuses).sum();
        assert_eq!((accepted, known, refused), (2, 4, 4));
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await,
            ["CLAP 2 2 700.00", "Total 2 2 700.00"]
        );
        books.assert_whole().await;
    });
}

const UNREFERENCED: &str =
    "dispositif;numero_beneficiaire;nature;mois;date_decision;date_paiement;montant;financeur;payeur";

#[test]
fn lines_without_reference_are_known_again_whatever_their_order() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        let file = |lines: &[&str]| {
            let lines: Vec<String> =
                lines.iter().map(|line| format!("CEJ;P1;a;2024-03;01/03/2024;{line};ETAT;ASP")).collect();
            books.file("a.csv", format!("{UNREFERENCED}\n{}\n", lines.join("\n")))
        };
        let counts = async |lines: &[&str]| {
            let report = books.aids(&file(lines)).await;
            (report.acceptes, report.deja_importes, report.refuses)
        };
        assert_eq!(
            counts(&["31/02/2024;100,00", "10/04/2024;250,00"]).await,
            (1, 0, 1),
            "one date is impossible"
        );
        assert_eq!(
            counts(&["05/04/2024;100,00", "10/04/2024;250,00"]).await,
            (1, 1, 0),
            "corrected, the other is known"
        );
        assert_eq!(
            counts(&["10/04/2024;250,00", "05/04/2024;100,00", "12/04/2024;50,00"]).await,
            (1, 2, 0),
            "moved, one more"
        );
        assert_eq!(
            counts(&["10/04/2024;260,00", "05/04/2024;100,00", "12/04/2024;50,00", "13/04/2024;1,00"]).await,
            (0, 2, 2),
            "250 has vanished: 260 may be it"
        );
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await[0], "CEJ 3 1 400.00");
        books.assert_whole().await;
    });
}

#[test]
fn a_decision_without_date_is_another_than_a_dated_one_of_that_day() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        let file = aids(&[
            "A1;CEJ;P1;a;2024-03;01/03/2024;;10/04/2024;100,00;ETAT;ASP;",
            "A2;CEJ;P1;a;2024-04;;01/03/2024;10/05/2024;100,00;ETAT;ASP;",
            "A3;GJ;P1;a;2022-08;;;;100,00;ETAT;STRUCTURE;",
        ]);
        let report = books.aids(&books.file("a.csv", file)).await;
        assert_eq!(
            codes(&report),
            ["2 date_decision_absente", "4 hors_ouverture"],
            "an unknown date opens no closed dispositif"
        );
        assert_eq!(books.aid_lines(2024, Decision, &[Axis::Dispositif]).await[0], "CEJ 2 1 200.00");
        books.assert_whole().await;
    });
}

#[test]
fn a_column_that_a_file_does_not_have_erases_nothing() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1).replace(";non;NEET", ";oui;NEET"))).await;
        let report = books
            .people(&books.file("q.csv", "numero;nom;prenom;date_naissance\nP1;AUTRE;Prénom;15/03/2003\n"))
            .await;
        assert_eq!((report.modifies, report.deja_importes), (1, 0));
        let title = app::person_statement(&books.store, &books.actor, "P1", books.clock.told.unwrap())
            .await
            .unwrap()[0]
            .title
            .clone();
        assert!(title.contains("AUTRE") && title.contains("RQTH"), "{title}");
    });
}

#[test]
fn what_is_owed_nets_what_was_paid_early() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(2))).await;
        let file = aids(&[
            "A1;CEJ;P1;a;2024-03;;01/03/2024;;100,00;ETAT;ASP;",
            "A2;CEJ;P2;a;2024-06;;01/03/2024;10/04/2024;100,00;ETAT;ASP;",
        ]);
        books.aids(&books.file("a.csv", file)).await;
        let day = denier::calendar::Date::parse("2024-05-01").unwrap();
        let owed = crate::harness::lines(&app::outstanding(&books.store, day).await.unwrap());
        assert_eq!(owed, ["CEJ ETAT 1 1 0.00", "Total - 1 1 0.00"]);
    });
}
