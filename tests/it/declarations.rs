//! What is declared of people: read by its unit, replaced, undone, kept out of every total.

use crate::harness::{
    AID_HEADER, Books, PEOPLE_HEADER, codes, example, import_options, lines, on_both_engines, quiet,
};
use crate::tamper::alter;
use denier::app::FileKind::{Declarations, OutsideAids, Parcours};
use denier::app::{self, Asked, Declaring, FileKind, ImportOptions, ImportReport};
use denier::calendar::{Date, Month};
use denier::funding::{DateKind, Mode};
use denier::money::Amount;
use denier::statements::Axis;
use denier::store::{DeclarationRow, Value};

const PARCOURS: &str =
    "numero_beneficiaire;dispositif;entree;sortie;motif_sortie;motif_prolongation;motif_renouvellement";
const DECLARATIONS: &str = "numero_beneficiaire;declaration;dispositif;mois;du;au;valeur";
const OUTSIDE_AIDS: &str =
    "reference;numero_beneficiaire;dispositif;nature;mois;date_decision;montant;organisme";

fn header(kind: FileKind) -> &'static str {
    match kind {
        Parcours => PARCOURS,
        OutsideAids => OUTSIDE_AIDS,
        _ => DECLARATIONS,
    }
}

async fn people(books: &Books, count: u32) {
    let rows: Vec<String> =
        (1..=count).map(|n| format!("P{n};NOM{n};Prénom;15/03/2003;F;Calais;62193;non;non;NEET;")).collect();
    books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{}\n", rows.join("\n")))).await;
}

async fn import(books: &Books, kind: FileKind, rows: &[&str]) -> ImportReport {
    let path = books.file("d.csv", format!("{}\n{}\n", header(kind), rows.join("\n")));
    let preview = books.try_declarations(kind, &path, &import_options(true)).await.unwrap();
    let before = living(books).await;
    let mut report = books.declarations(kind, &path).await;
    let lot = report.lot.take();
    report.a_blanc = true;
    assert_eq!(serde_json::to_value(&preview).unwrap(), serde_json::to_value(&report).unwrap());
    assert_eq!(lot.is_some(), report.acceptes > 0);
    assert_eq!(report.crees + report.modifies, report.acceptes);
    if lot.is_none() {
        assert_eq!(living(books).await, before);
    }
    ImportReport { lot, ..report }
}

/// Returns the living rows of the base, one line each, without their keys, lots and lines.
async fn living(books: &Books) -> Vec<String> {
    let mut tx = books.store.read().await.unwrap();
    let words = tx.dictionary("declarable").await.unwrap();
    let dispositifs = tx.dictionary("dispositif").await.unwrap();
    let people: Vec<Value> = tx
        .all("select id from beneficiary", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.int(0).unwrap().into())
        .collect();
    let numbers = tx.numbers_by_key(&people).await.unwrap();
    let number = |key: i64| numbers.iter().find(|(of, _)| *of == key).map_or("?", |(_, number)| number);
    let line = |row: &DeclarationRow| {
        let of = if row.dispositif == 0 { "-" } else { dispositifs.code(row.dispositif).unwrap() };
        let to = row.to.map_or("…".into(), |to| to.to_string());
        let word = words.code(row.declarable).unwrap();
        let more = [row.reference.as_str(), row.reason.as_str()].concat();
        format!("{} {word} {of} {} {to} {} {more}", number(row.beneficiary), row.from, row.value)
            .trim_end()
            .to_string()
    };
    let mut all: Vec<String> = tx.declared(&people).await.unwrap().iter().map(line).collect();
    all.sort();
    all
}

/// A line of a file, and what becomes of it: its findings' codes and columns, or what it declares.
#[test]
fn lines_are_read_by_what_they_declare() {
    let cases: &[(FileKind, &str, &str)] = &[
        (Declarations, "P1;salaire_net;;2024-10;;;450,00", "P1 salaire_net - 2024-10-01 2024-10-31 45000"),
        (
            Declarations,
            "P1;SALAIRE NET A PAYER;;10/2024;;;1 450,5",
            "P1 salaire_net - 2024-10-01 2024-10-31 145050",
        ),
        (Declarations, "P1;salaire_net;;2024-10;;;0", "P1 salaire_net - 2024-10-01 2024-10-31 0"),
        (Declarations, "P1;salaire_net;;2024-10;;;450 €", "P1 salaire_net - 2024-10-01 2024-10-31 45000"),
        (Declarations, "P1;salaire_net;;2024-10;;;", "valeur valeur_obligatoire"),
        (Declarations, "P1;salaire_net;;2024-10;;;-1", "valeur valeur_illisible"),
        (Declarations, "P1;salaire_net;;2024-10;;;1,005", "valeur valeur_illisible"),
        (Declarations, "P1;salaire_net;;2024-10;;;9999999999", "valeur valeur_illisible"),
        (Declarations, "P1;salaire_net;;;;;450", "mois declaration_duree"),
        (Declarations, "P1;salaire_net;;2024-13;;;450", "mois mois_illisible"),
        (Declarations, "P1;salaire_net;;2024-10;01/10/2024;;450", "du declaration_duree"),
        (Declarations, "P1;salaire_net;;;01/10/2024;;450", "mois declaration_duree"),
        (Declarations, "P1;salaire_net;CEJ;2024-10;;;450", "dispositif declaration_dispositif"),
        (
            Declarations,
            "P1;salaire_net;CEX;2024-10;;;450",
            "dispositif dispositif_inconnu dispositif declaration_dispositif",
        ),
        (Declarations, "P1;tranche_impot;;;01/09/2024;;1", "P1 tranche_impot - 2024-09-01 … 100"),
        (
            Declarations,
            "P1;tranche_impot;;;01/09/2024;31/08/2025;0",
            "P1 tranche_impot - 2024-09-01 2025-08-31 0",
        ),
        (Declarations, "P1;tranche_impot;;;01/09/2024;31/08/2024;0", "au fin_avant_debut"),
        (Declarations, "P1;tranche_impot;;2024-09;;;0", "mois declaration_duree"),
        (Declarations, "P1;tranche_impot;;;;31/08/2024;0", "du declaration_duree"),
        (Declarations, "P1;tranche_impot;;;01/09/2024;;1 €", "valeur valeur_illisible"),
        (Declarations, "P1;emancipe;;;01/09/2024;;", "P1 emancipe - 2024-09-01 … 100"),
        (Declarations, "P1;emancipe;;;01/09/2024;;Non", "P1 emancipe - 2024-09-01 … 0"),
        (Declarations, "P1;emancipe;;;01/09/2024;;peut-être", "valeur oui_non_illisible"),
        (Declarations, "P1;sanction;CEJ;;12/03/2024;;2", "P1 sanction CEJ 2024-03-12 2024-03-12 200"),
        (Declarations, "P1;sanction;CEJ;;12/03/2024;12/03/2024;2", "au declaration_duree"),
        (Declarations, "P1;sanction;CEJ;2024-03;;;2", "mois declaration_duree"),
        (Declarations, "P1;sanction;;;12/03/2024;;2", "dispositif declaration_dispositif"),
        (
            Declarations,
            "P1;suspension_remobilisation;CEJ;;12/03/2024;;50 %",
            "P1 suspension_remobilisation CEJ 2024-03-12 … 5000",
        ),
        (Declarations, "P1;suspension_remobilisation;CEJ;;12/03/2024;;100,01", "valeur valeur_illisible"),
        (Declarations, "P1;heures;FAJ;2024-03;;;7,25", "P1 heures FAJ 2024-03-01 2024-03-31 725"),
        (Declarations, "P1;argent;;2024-03;;;7", "declaration declaration_inconnue"),
        (Declarations, "P1;aide_ailleurs;;2024-03;;;7", "declaration declaration_inconnue"),
        (Declarations, ";salaire_net;;2024-03;;;7", "numero_beneficiaire valeur_obligatoire"),
        (Declarations, "P9;salaire_net;;2024-03;;;7", "numero_beneficiaire beneficiaire_inconnu"),
        (
            Parcours,
            "P1;CEJ;05/09/2024;;;;",
            "P1 parcours CEJ 2024-09-05 … 100 | P1 prolongation CEJ 2024-09-05 … 0 | P1 renouvellement CEJ 2024-09-05 … 0",
        ),
        (
            Parcours,
            "P1;CEJ;05/09/2024;05/09/2024;abandon;santé;reprise",
            "P1 parcours CEJ 2024-09-05 2024-09-05 100 abandon | P1 prolongation CEJ 2024-09-05 2024-09-05 100 santé | P1 renouvellement CEJ 2024-09-05 2024-09-05 100 reprise",
        ),
        (Parcours, "P1;CEJ;05/09/2024;04/09/2024;;;", "sortie fin_avant_debut"),
        (Parcours, "P1;CEJ;;04/09/2024;;;", "entree valeur_obligatoire"),
        (Parcours, "P1;CEJ;31/02/2024;;;;", "entree date_illisible"),
        (Parcours, "P1;;05/09/2024;;;;", "dispositif valeur_obligatoire"),
        (
            Parcours,
            "P9;CEX;05/09/2024;;;;",
            "numero_beneficiaire beneficiaire_inconnu dispositif dispositif_inconnu",
        ),
        (
            OutsideAids,
            "X1;P1;PACEA;;2024-05;07/05/2024;1500,00;France Travail",
            "P1 aide_ailleurs PACEA 2024-05-01 2024-05-31 150000 X1",
        ),
        (OutsideAids, "X1;P1;FAJEM;voyage;2024-05;;1500,00;Métropole", "nature nature_inconnue"),
        (OutsideAids, "X1;P1;FAJEM;;2024-05;;1500,00;Métropole", "nature nature_inconnue"),
        (OutsideAids, ";P1;PACEA;;2024-05;;1500,00;Métropole", "reference valeur_obligatoire"),
        (OutsideAids, "X1;P1;PACEA;;;;1500,00;Métropole", "mois valeur_obligatoire"),
        (OutsideAids, "X1;P1;PACEA;;2024-05;;0;Métropole", "montant montant_non_positif"),
        (OutsideAids, "X1;P1;PACEA;;2024-05;;1500,00;", "organisme valeur_obligatoire"),
    ];
    on_both_engines(async |books| {
        people(books, 1).await;
        let mut failures = Vec::new();
        for (kind, row, expected) in cases {
            let report = import(books, *kind, &[row]).await;
            let found = match report.lot {
                Some(_) => living(books).await.join(" | "),
                None => {
                    let said = report.constats.iter().map(|finding| {
                        format!("{} {}", finding.column.as_deref().unwrap_or("-"), finding.code)
                    });
                    said.collect::<Vec<_>>().join(" ")
                }
            };
            if found != *expected {
                failures.push(format!("{row}\n  {found}\n  instead of {expected}"));
            }
            if let Some(lot) = report.lot {
                books.cancel(lot).await.unwrap();
            }
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
        assert!(living(books).await.is_empty());
        books.assert_whole().await;
    });
}

#[test]
fn the_last_import_counts_and_undoing_it_brings_the_one_before_back() {
    on_both_engines(async |books| {
        people(books, 2).await;
        let first =
            import(books, Declarations, &["P1;salaire_net;;2024-10;;;450", "P2;salaire_net;;2024-10;;;100"])
                .await;
        assert_eq!((first.crees, first.modifies), (2, 0));
        let before = living(books).await;
        let same = import(books, Declarations, &["P1;Salaire net à payer;;10/2024;;;450,00"]).await;
        assert_eq!((same.deja_importes, same.acceptes, same.lot), (1, 0, None));
        let second =
            import(books, Declarations, &["P1;salaire_net;;2024-10;;;460", "P2;salaire_net;;2024-10;;;100"])
                .await;
        assert_eq!((second.crees, second.modifies, second.deja_importes), (0, 1, 1));
        let corrected = living(books).await;
        assert_eq!(corrected[0], "P1 salaire_net - 2024-10-01 2024-10-31 46000");
        let third = import(books, Declarations, &["P1;salaire_net;;2024-10;;;470"]).await;
        // What was replaced can be undone before what replaced it: nothing moves.
        let report = books.cancel(second.lot.unwrap()).await.unwrap();
        assert_eq!(report.nombre, 1);
        assert_eq!(living(books).await[0], "P1 salaire_net - 2024-10-01 2024-10-31 47000");
        let report = books.cancel(third.lot.unwrap()).await.unwrap();
        assert_eq!(report.en_vigueur.as_deref(), Some("1 ligne d'un import précédent compte de nouveau"));
        assert_eq!(living(books).await, before);
        let report = books.cancel(first.lot.unwrap()).await.unwrap();
        assert_eq!(report.en_vigueur.as_deref(), Some("rien n'était déclaré avant à leur place"));
        assert!(living(books).await.is_empty());
        books.assert_whole().await;
    });
}

#[test]
fn a_parcours_is_followed_and_never_overlaps() {
    on_both_engines(async |books| {
        people(books, 3).await;
        let open = import(
            books,
            Parcours,
            &["P1;CEJ;05/01/2023;;;;", "P1;PACEA;05/01/2023;;;;", "P2;CEJ;05/01/2023;;;;"],
        )
        .await;
        assert_eq!(open.acceptes, 3, "another dispositif, another person");
        let report = import(books, Parcours, &["P1;CEJ;06/07/2024;;;;"]).await;
        assert_eq!(codes(&report), ["2 parcours_chevauche"]);
        let lot = open.lot.unwrap();
        assert_eq!(
            report.constats[0].message,
            format!(
                "un autre parcours de ce dispositif couvre ces jours : entrée le 05/01/2023, sans sortie (lot {lot}, ligne 2)"
            )
        );
        // The exit of the first comes after the entry of the second in the file: the order is nothing.
        let closed =
            import(books, Parcours, &["P1;CEJ;06/07/2024;;;;", "P1;CEJ;05/01/2023;04/01/2024;fin;;"]).await;
        assert_eq!((closed.crees, closed.modifies), (1, 1));
        for (row, code) in [
            ("P1;CEJ;04/01/2024;05/07/2024;;;", true),
            ("P1;CEJ;05/01/2024;06/07/2024;;;", true),
            ("P1;CEJ;01/01/2022;05/01/2023;;;", true),
            ("P1;CEJ;01/02/2023;01/03/2023;;;", true),
            ("P1;CEJ;05/01/2023;06/07/2024;;;", true),
            ("P1;CEJ;01/01/2022;;;;", true),
            ("P1;CEJ;05/01/2024;05/07/2024;;;", false),
            ("P1;CEJ;01/01/2022;04/01/2023;;;", false),
        ] {
            let report = import(books, Parcours, &[row]).await;
            let found = report.constats.first().map(|finding| finding.code.as_str());
            assert_eq!(found, code.then_some("parcours_chevauche"), "{row}");
        }
        // Two in the file, and a line that repeats the refused one.
        let report = import(
            books,
            Parcours,
            &["P3;CEJ;01/02/2024;;;;", "P3;CEJ;01/03/2024;;;;", "P3;CEJ;01/03/2024;;;;"],
        )
        .await;
        assert_eq!(codes(&report), ["3 parcours_chevauche", "4 parcours_chevauche"]);
        assert_eq!((report.acceptes, report.deja_importes, report.refuses), (1, 0, 2));
        let report =
            import(books, Parcours, &["P3;CEJ;01/02/2024;;;;", "P3;CEJ;01/02/2024;01/04/2024;;;"]).await;
        assert_eq!(codes(&report), ["3 declaration_en_double"]);
        // Undoing the exit would put the open parcours back under the next one.
        let refused = books.cancel(closed.lot.unwrap()).await;
        assert!(refused.is_err(), "{refused:?}");
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("P1 CEJ : entrées du 05/01/2023") && said.contains("05/01/2024"), "{said}");
        // A wrong entry is taken back by hand, and leaves room.
        let wrong = Declaring {
            who: "P3".into(),
            declaration: "parcours".into(),
            dispositif: "CEJ".into(),
            month: None,
            from: Date::parse("2024-02-01"),
            to: None,
            value: "non".into(),
        };
        let report = app::declare(&books.store, books.clock, &books.actor, &wrong, None).await.unwrap();
        assert_eq!((report.modifies, report.refuses), (1, 0), "{:?}", report.constats);
        assert_eq!(import(books, Parcours, &["P3;CEJ;01/03/2024;;;;"]).await.acceptes, 1);
        books.assert_whole().await;
    });
}

#[test]
fn an_extension_is_taken_back_with_its_reason() {
    on_both_engines(async |books| {
        people(books, 1).await;
        import(books, Parcours, &["P1;CEJ;05/01/2024;;;santé;"]).await;
        assert_eq!(living(books).await[1], "P1 prolongation CEJ 2024-01-05 … 100 santé");
        let report = import(books, Parcours, &["P1;CEJ;05/01/2024;;;;"]).await;
        assert_eq!(report.modifies, 1);
        assert_eq!(living(books).await[1], "P1 prolongation CEJ 2024-01-05 … 0");
        books.cancel(report.lot.unwrap()).await.unwrap();
        assert_eq!(living(books).await[1], "P1 prolongation CEJ 2024-01-05 … 100 santé");
        // A parcours that was not takes its reasons with it: they would make another one longer.
        let no = import(books, Declarations, &["P1;parcours;CEJ;;05/01/2024;;non"]).await;
        assert_eq!(
            living(books).await,
            ["parcours", "prolongation", "renouvellement"]
                .map(|code| format!("P1 {code} CEJ 2024-01-05 … 0"))
        );
        books.cancel(no.lot.unwrap()).await.unwrap();
        assert_eq!(living(books).await[1], "P1 prolongation CEJ 2024-01-05 … 100 santé");
        // The reason is a free text: it can be erased, the rest cannot.
        let mut tx = books.store.write().await.unwrap();
        tx.exec("update declaration set reason = ''", &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(living(books).await[1], "P1 prolongation CEJ 2024-01-05 … 100");
        books.assert_whole().await;
    });
}

#[test]
fn the_reference_of_an_aid_elsewhere_is_of_one_person_and_one_body() {
    on_both_engines(async |books| {
        people(books, 2).await;
        let line = "X1;P1;PACEA;;2024-05;07/05/2024;1500,00;France Travail";
        let first = import(books, OutsideAids, &[line, line]).await;
        assert_eq!((first.acceptes, first.deja_importes, first.montant.as_deref()), (1, 1, Some("1500.00")));
        for row in [
            "X1;P2;PACEA;;2024-05;07/05/2024;1500,00;France Travail",
            "X1;P1;PACEA;;2024-05;07/05/2024;1500,00;Département",
        ] {
            assert_eq!(
                codes(&import(books, OutsideAids, &[row]).await),
                ["2 reference_autre_contenu"],
                "{row}"
            );
        }
        let report =
            import(books, OutsideAids, &["X1;P1;PACEA;;2024-06;07/05/2024;1400,00;France Travail"]).await;
        assert_eq!(report.modifies, 1, "the month and the amount are corrected");
        assert_eq!(living(books).await, ["P1 aide_ailleurs PACEA 2024-06-01 2024-06-30 140000 X1"]);
        let rows = ["X2;P1;PACEA;;2024-06;;10,00;CD", "X2;P1;PACEA;;2024-06;;20,00;CD"];
        assert_eq!(codes(&import(books, OutsideAids, &rows).await), ["3 reference_autre_contenu"]);
        books.cancel(first.lot.unwrap()).await.unwrap();
        books.cancel(report.lot.unwrap()).await.unwrap();
        let report =
            import(books, OutsideAids, &["X1;P2;PACEA;;2024-05;07/05/2024;1500,00;France Travail"]).await;
        assert_eq!(report.crees, 1, "the reference is free again");
        books.assert_whole().await;
    });
}

#[test]
fn options_of_imports_hold_for_declarations() {
    on_both_engines(async |books| {
        people(books, 1).await;
        let text = format!("{DECLARATIONS}\nP1;salaire_net;;2024-10;;;450\nP1;salaire_net;;2024-11;;;x\n");
        let path = books.file("d.csv", text);
        let all = ImportOptions { all_or_nothing: true, ..import_options(false) };
        let report = books.try_declarations(Declarations, &path, &all).await.unwrap();
        assert_eq!((report.lus, report.refuses, report.acceptes, report.lot), (2, 2, 0, None));
        assert_eq!(codes(&report), ["0 fichier_refuse_entier", "3 valeur_illisible"]);
        assert!(living(books).await.is_empty());
        let keyed = ImportOptions { asked: Some(Asked::new("clé", &[b"d"])), ..import_options(false) };
        let first = books.try_declarations(Declarations, &path, &keyed).await.unwrap();
        let again = books.try_declarations(Declarations, &path, &keyed).await.unwrap();
        assert_eq!((first.acceptes, again.acceptes, again.lot), (1, 1, first.lot));
        let other = ImportOptions { asked: Some(Asked::new("clé", &[b"e"])), ..import_options(false) };
        assert!(books.try_declarations(Declarations, &path, &other).await.is_err());
        // People of whom something is declared are held by it.
        let refused = books.cancel(1).await.unwrap_err().to_string();
        assert!(refused.contains("des déclarations sont au nom de ces personnes : P1"), "{refused}");
        books.cancel(first.lot.unwrap()).await.unwrap();
        books.cancel(1).await.unwrap();
        books.assert_whole().await;
    });
}

/// Everything that a total of ours is made of.
async fn totals(books: &Books) -> Vec<String> {
    let mut all = Vec::new();
    for by in [DateKind::Right, DateKind::Decision, DateKind::Payment] {
        for axis in [Axis::Dispositif, Axis::Month, Axis::Funder] {
            all.extend(books.aid_lines(2024, by, &[axis]).await);
        }
    }
    all.extend(lines(&app::envelope_statement(&books.store, None).await.unwrap()));
    let day = Date::parse("2024-12-31").unwrap();
    all.extend(lines(&app::outstanding(&books.store, day).await.unwrap()));
    let mut tx = books.store.read().await.unwrap();
    for table in ["select count(*) from line", "select count(*) from aid", "select count(*) from entry"] {
        all.push(tx.one(table, &[]).await.unwrap().unwrap().int(0).unwrap().to_string());
    }
    all
}

#[test]
fn what_is_declared_moves_no_total() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let before = totals(books).await;
        let mut lots = Vec::new();
        for (kind, name, count) in EXAMPLES {
            let report = books.declarations(*kind, &example(&format!("littoral-2024/{name}"))).await;
            assert_eq!((report.lus, report.refuses), (report.acceptes, 0), "{name}: {:?}", report.constats);
            assert_eq!(report.acceptes, *count, "{name}");
            assert_eq!(totals(books).await, before, "{name}");
            lots.extend(report.lot);
        }
        books.assert_whole().await;
        for lot in lots {
            books.cancel(lot).await.unwrap();
        }
        assert_eq!(totals(books).await, before);
        books.assert_whole().await;
    });
}

const EXAMPLES: &[(FileKind, &str, u64)] = &[
    (Parcours, "parcours.csv", 40),
    (Declarations, "declarations.csv", 39),
    (OutsideAids, "aides-ailleurs.csv", 20),
];

#[test]
fn a_row_that_points_nowhere_is_seen() {
    on_both_engines(async |books| {
        people(books, 2).await;
        import(books, Declarations, &["P1;salaire_net;;2024-10;;;450", "P2;salaire_net;;2024-10;;;450"])
            .await;
        import(books, OutsideAids, &["X1;P1;PACEA;;2024-05;07/05/2024;1500,00;France Travail"]).await;
        books.assert_whole().await;
        let lines = app::verify(&books.store, &quiet).await.unwrap().non_couvert;
        assert_eq!(
            lines,
            ["3 déclarations (parcours, ressources, aides reçues ailleurs) : hors de la chaîne des sceaux"]
        );
        for (change, back, expected) in [
            (
                "update declaration set dispositif_id = 99 where id = 1",
                "update declaration set dispositif_id = 0 where id = 1",
                "1 déclarations qui renvoient à une donnée qui n'existe plus",
            ),
            (
                "update declaration set lot_id = 1 where id = 1",
                "update declaration set lot_id = 2 where id = 1",
                "1 déclarations d'aucun import de déclarations",
            ),
            (
                "update declaration set line = 2 where id = 2",
                "update declaration set line = 3 where id = 2",
                "1 imports de déclarations dont des lignes manquent, ou sont en trop",
            ),
        ] {
            alter(books, &[change]).await;
            let report = app::verify(&books.store, &quiet).await.unwrap();
            assert!(
                report.alterations.iter().any(|what| what == expected),
                "{change}: {:?}",
                report.alterations
            );
            alter(books, &[back]).await;
            books.assert_whole().await;
        }
    });
}

#[test]
fn a_person_s_account_shows_what_is_declared() {
    on_both_engines(async |books| {
        people(books, 1).await;
        let shown = async || {
            let day = Date::parse("2025-02-15").unwrap();
            let tables = app::person_statement(&books.store, &books.actor, "P1", day).await.unwrap();
            tables[2..]
                .iter()
                .flat_map(|table| [vec![table.title.clone()], lines(table)].concat())
                .collect::<Vec<_>>()
        };
        assert!(shown().await.is_empty());
        import(books, Parcours, &["P1;CEJ;05/01/2024;;;santé;", "P1;CEJ;05/01/2022;05/01/2023;emploi;;"])
            .await;
        let rows = [
            "P1;salaire_net;;2024-02;;;450",
            "P1;tranche_impot;;;01/09/2023;;0",
            "P1;sanction;CEJ;;12/03/2024;;1",
            "P1;suspension_remobilisation;CEJ;;12/03/2024;30/03/2024;12,5",
            "P1;renouvellement;CEJ;;12/06/2024;;",
            "P1;parcours;PACEA;;12/06/2024;;non",
        ];
        import(books, Declarations, &rows).await;
        import(books, OutsideAids, &["X1;P1;PACEA;repas;2024-04;07/04/2024;1500,00;France Travail"]).await;
        assert_eq!(
            shown().await,
            [
                "Parcours",
                "CEJ 2022-01-05 2023-01-05 emploi - - lot 2 ligne 3",
                "CEJ 2024-01-05 - - santé - lot 2 ligne 2",
                "Déclarations",
                "Tranche d'impôt du foyer fiscal - 2023-09-01 - 0 lot 3 ligne 3",
                "Salaire net à payer - 2024-02 - 450,00\u{a0}€ lot 3 ligne 2",
                "Sanction notifiée, par rang du manquement CEJ 2024-03-12 - 1 lot 3 ligne 4",
                "Suspension-remobilisation, en pourcentage supprimé CEJ 2024-03-12 2024-03-30 12,50\u{a0}% lot 3 ligne 5",
                "Nouveau parcours sans attendre, motivé CEJ 2024-06-12 - oui lot 3 ligne 6",
                "Parcours dans le dispositif PACEA 2024-06-12 - non lot 3 ligne 7",
                "Aides reçues ailleurs (comptées dans les plafonds, jamais dans nos totaux)",
                "2024-04 PACEA repas 2024-04-07 1500.00 France Travail X1 lot 4 ligne 2",
                "Total - - - 1500.00 - - -",
            ]
        );
    });
}

#[test]
fn one_thing_is_declared_by_hand() {
    on_both_engines(async |books| {
        people(books, 2).await;
        let salary = |value: &str| Declaring {
            who: "NOM1".into(),
            declaration: "Salaire net à payer".into(),
            dispositif: String::new(),
            month: denier::calendar::Month::parse("2024-10"),
            from: None,
            to: None,
            value: value.into(),
        };
        let declare = async |declaring: Declaring, asked: Option<&Asked>| {
            app::declare(&books.store, books.clock, &books.actor, &declaring, asked).await
        };
        let report = declare(salary("450"), None).await.unwrap();
        assert_eq!((report.crees, report.lot, report.fichier.as_str()), (1, Some(2), "saisie"));
        assert_eq!(declare(salary("450,00"), None).await.unwrap().deja_importes, 1);
        let asked = Asked::new("clé", &[b"x"]);
        let report = declare(salary("460"), Some(&asked)).await.unwrap();
        assert_eq!((report.modifies, report.lot), (1, Some(3)));
        assert_eq!(
            declare(salary("460"), Some(&asked)).await.unwrap().lot,
            Some(3),
            "the answer given before"
        );
        assert_eq!(living(books).await, ["P1 salaire_net - 2024-10-01 2024-10-31 46000"]);
        let refused = declare(salary("beaucoup"), None).await.unwrap();
        assert_eq!((refused.refuses, refused.exit_code(), refused.lot), (1, 1, None));
        assert_eq!(refused.constats[0].column.as_deref(), Some("valeur"));
        let nobody = Declaring { who: "P9".into(), ..salary("1") };
        assert!(declare(nobody, None).await.is_err());
        books.cancel(3).await.unwrap();
        assert_eq!(living(books).await, ["P1 salaire_net - 2024-10-01 2024-10-31 45000"]);
        let lots = lines(&app::list_lots(&books.store).await.unwrap());
        assert!(lots[1].contains("declarations saisie claire 1 1 0 0 0"), "{lots:?}");
        books.assert_whole().await;
    });
}

/// A small generator: the same histories each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A line of salary or parcours as the model knows it: person, which, first day, last day, value.
type Said = (u64, &'static str, u64, Option<u64>, u64);

/// Random histories of imports and undoings against a list of lots: what is declared is what the last
/// lot in force says, line by line, and no two parcours of a person are on the same day.
#[test]
fn histories_are_those_of_a_naive_model() {
    let day = |n: u64| format!("{:02}/{:02}/2024", n % 28 + 1, n / 28 + 1);
    let iso = |n: u64| format!("2024-{:02}-{:02}", n / 28 + 1, n % 28 + 1);
    on_both_engines(async |books| {
        people(books, 3).await;
        for seed in 0..6 {
            let mut chance = Chance(seed);
            let mut lots: Vec<(i64, Vec<Said>)> = Vec::new();
            let now = |lots: &[(i64, Vec<Said>)]| {
                let mut last: std::collections::BTreeMap<(u64, &str, u64), Said> = Default::default();
                for said in lots.iter().flat_map(|(_, said)| said) {
                    last.insert((said.0, said.1, said.2), *said);
                }
                last
            };
            let clash = |said: &[Said]| {
                said.iter().any(|a| {
                    said.iter().any(|b| {
                        (a.0, a.2) != (b.0, b.2)
                            && a.0 == b.0
                            && a.1 == "parcours"
                            && b.1 == "parcours"
                            && a.2 <= b.3.unwrap_or(u64::MAX)
                            && b.2 <= a.3.unwrap_or(u64::MAX)
                    })
                })
            };
            for step in 0..25 {
                if chance.below(4) == 0 && !lots.is_empty() {
                    let at = chance.below(lots.len() as u64) as usize;
                    let (lot, said) = lots.remove(at);
                    let left: Vec<Said> = now(&lots).into_values().collect();
                    let undone = books.cancel(lot).await;
                    assert_eq!(undone.is_err(), clash(&left), "seed {seed}, step {step}: {undone:?}");
                    if undone.is_err() {
                        lots.insert(at, (lot, said));
                    }
                } else {
                    // One line at a time, so that the model needs no order of its own.
                    let from = chance.below(300);
                    let to = (chance.below(3) > 0).then(|| from + chance.below(60));
                    let who = chance.below(3) + 1;
                    let stay = chance.below(2) == 0;
                    let from = if stay { from } else { from / 28 * 28 };
                    let said: Said = match stay {
                        true => (who, "parcours", from, to, 100),
                        false => (who, "salaire_net", from, None, chance.below(3) * 10_000),
                    };
                    let before = now(&lots);
                    let known = before.get(&(said.0, said.1, said.2)) == Some(&said);
                    let mut after = before.clone();
                    let replaces = after.insert((said.0, said.1, said.2), said).is_some();
                    let refused = clash(&after.into_values().collect::<Vec<_>>());
                    let row = match stay {
                        true => format!("P{who};CEJ;{};{};;;", day(from), to.map(day).unwrap_or_default()),
                        false => format!("P{who};salaire_net;;{};;;{}", &iso(from)[..7], said.4 / 100),
                    };
                    let report = import(books, if stay { Parcours } else { Declarations }, &[&row]).await;
                    let expected = match (known, refused, replaces) {
                        (true, ..) => (0, 0, 1, 0),
                        (_, true, _) => (0, 0, 0, 1),
                        (_, _, true) => (0, 1, 0, 0),
                        _ => (1, 0, 0, 0),
                    };
                    let found = (report.crees, report.modifies, report.deja_importes, report.refuses);
                    assert_eq!(found, expected, "seed {seed}, step {step}: {row}");
                    lots.extend(report.lot.map(|lot| (lot, vec![said])));
                }
                let found: Vec<String> = living(books)
                    .await
                    .into_iter()
                    .filter(|line| !line.contains("prolongation") && !line.contains("renouvellement"))
                    .map(|line| {
                        line.split(' ').take(4).chain(line.split(' ').skip(5)).collect::<Vec<_>>().join(" ")
                    })
                    .collect();
                let mut expected: Vec<String> = now(&lots)
                    .into_values()
                    .map(|(who, what, from, _, value)| {
                        let of = if what == "parcours" { "CEJ" } else { "-" };
                        format!("P{who} {what} {of} {} {value}", iso(from))
                    })
                    .collect();
                expected.sort();
                assert_eq!(found, expected, "seed {seed}, step {step}");
            }
            books.assert_whole().await;
            // The next history starts from nothing: the newest lots go first.
            for (lot, _) in lots.into_iter().rev() {
                books.cancel(lot).await.unwrap();
            }
            assert!(living(books).await.is_empty(), "seed {seed}");
        }
    });
}

/// Publishes a declarations.toml; returns what is said of it.
async fn publish(books: &Books, text: &str) -> Result<app::PublishReport, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("declarations.toml"), text).unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    let verified = app::verify_rules(Some(&path)).unwrap();
    let published = app::publish_rules(&books.store, books.clock, &books.actor, &path, None).await;
    assert_eq!(verified.fautes.is_empty(), published.is_ok(), "{:?}", verified.fautes);
    published.map_err(|error| error.to_string())
}

#[test]
fn a_structure_adds_what_it_asks() {
    let own = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/declarations.toml"))
        .unwrap();
    let one = |code: &str, label: &str| {
        format!(
            "{own}\n[[declaration]]\ncode = \"{code}\"\nlibelle = \"{label}\"\nunite = \"euros\"\nduree = \"mois\"\n"
        )
    };
    on_both_engines(async |books| {
        people(books, 1).await;
        // A base of an older version has no such file: that of the program stands.
        alter(books, &["update rule_publication set path = 'organismes.toml', digest = (select o.digest from rule_publication o where o.path = 'organismes.toml') where path = 'declarations.toml'"]).await;
        assert_eq!(import(books, Declarations, &["P1;salaire_net;;2024-10;;;450"]).await.acceptes, 1);
        assert_eq!(
            codes(&import(books, Declarations, &["P1;bourse;;2024-10;;;450"]).await),
            ["2 declaration_inconnue"]
        );
        let report = publish(books, &one("bourse", "Bourse d'études")).await.unwrap();
        assert_eq!(report.publies, ["declarations.toml"]);
        assert_eq!(import(books, Declarations, &["P1;bourse d'etudes;;2024-10;;;450"]).await.acceptes, 1);
        for (text, why) in [
            (one("salaire_net", "Autre"), "nomme déjà une autre déclaration"),
            (one("autre", "salaire net à payer"), "nomme déjà une autre déclaration"),
            (one("aide_ailleurs", "Autre"), "n'est pas un code possible"),
            (own.replace("code = \"parcours\"", "code = \"sejour\""), "« parcours » doit rester"),
            (own.replace("unite = \"oui_non\"", "unite = \"nombre\""), "doit rester"),
            (own.replace("unite = \"oui_non\"", "unite = \"logique\""), "valeur inconnue « logique »"),
        ] {
            let said = publish(books, &text).await.unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        // What the rules no longer name is still shown, by its code.
        publish(books, &own).await.unwrap();
        let day = Date::parse("2025-02-15").unwrap();
        let tables = app::person_statement(&books.store, &books.actor, "P1", day).await.unwrap();
        assert!(lines(&tables[2])[1].starts_with("bourse "), "{:?}", lines(&tables[2]));
        books.assert_whole().await;
    });
}

#[test]
fn the_profiles_of_an_older_base_are_to_be_published() {
    on_both_engines(async |books| {
        people(books, 1).await;
        let own =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/profils/denier.toml"))
                .unwrap();
        let (older, _) = own.split_once("[declarations.colonnes]").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("profils")).unwrap();
        std::fs::write(folder.path().join("profils/denier.toml"), older).unwrap();
        let path = folder.path().to_string_lossy().into_owned();
        app::publish_rules(&books.store, books.clock, &books.actor, &path, None).await.unwrap();
        let file = books.file("d.csv", format!("{DECLARATIONS}\nP1;salaire_net;;2024-10;;;450\n"));
        let said =
            books.try_declarations(Declarations, &file, &import_options(true)).await.unwrap_err().to_string();
        assert_eq!(
            said,
            "aucun profil de la base ne lit les declarations : publiez ceux de cette version (denier regles publier ledger-rules)"
        );
        std::fs::write(folder.path().join("profils/denier.toml"), own).unwrap();
        app::publish_rules(&books.store, books.clock, &books.actor, &path, None).await.unwrap();
        assert_eq!(import(books, Declarations, &["P1;salaire_net;;2024-10;;;450"]).await.acceptes, 1);
    });
}

/// A month that a rule refuses whatever the amount owes nothing: nobody is to ask for more.
#[test]
fn what_is_due_is_said_where_something_is() {
    on_both_engines(async |books| {
        people(books, 2).await;
        let told = [
            "P1;salaire_net;;2024-04;;;0",
            "P1;tranche_impot;;;01/01/2024;;2",
            "P2;sanction;CEJ;;03/04/2024;;1",
            "P2;sanction;CEJ;;20/04/2024;;2",
        ];
        import(books, Declarations, &told).await;
        let aid = "A1;CEJ;P1;;2024-05;;02/05/2024;10/06/2024;100,00;;;";
        let path = books.file("a.csv", format!("{AID_HEADER}\n{aid}\n"));
        for mode in [Mode::Record, Mode::Decide] {
            let report = books.aids_dry(&path, Some(mode)).await;
            assert_eq!(codes(&report), ["2 declaration_hors_condition"], "{mode:?}");
        }
        let verdict = async |who: &str| {
            let question = app::Question {
                dispositif: "CEJ".into(),
                beneficiary: who.into(),
                amount: Some(Amount::from_centimes(1)),
                nature: None,
                month: Month::parse("2024-05"),
                on: Date::parse("2024-05-05").unwrap(),
                committee: false,
                rules: None,
            };
            app::evaluate_aid(&books.store, &books.actor, &question).await.unwrap()
        };
        let refused = verdict("P1").await;
        let notes = refused.tables()[0].notes.join("\n");
        assert!(notes.contains("Refus, quel que soit le montant : CEJ : foyer non imposable"), "{notes}");
        assert!(!notes.contains("Limite"), "{notes}");
        assert_eq!((refused.montant_du, refused.calcul.len()), (None, 0));
        assert!(refused.raisons.iter().all(|reason| !reason.message.contains("dus pour ce mois")));
        // Of two sanctions in a month the heavier counts, and the lines add up to what is due.
        let sanctioned = verdict("P2").await;
        assert_eq!(sanctioned.montant_du.as_deref(), Some("0.00"));
        let sanctions: Vec<String> = sanctioned
            .calcul
            .iter()
            .filter(|line| line.libelle.starts_with("Sanction"))
            .map(|line| format!("{} | {}", line.libelle, line.montant))
            .collect();
        assert_eq!(
            sanctions,
            [
                "Sanction, sans effet avec une plus lourde : Premier manquement : un quart du montant du mois | 0.00",
                "Sanction, 100,00\u{a0}% retirés : Deuxième manquement : l'allocation d'un mois | -552.29",
            ]
        );
    });
}
