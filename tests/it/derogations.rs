//! Derogations: what a second person allows, once, and nothing beyond.

use crate::harness::{
    AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, codes, derogation, lines, on_both_engines, options, reference,
};
use denier::app::{
    self, Actor, AidOptions, AppError, Asked, DerogationReport, FileKind, ImportReport, Question, Role,
};
use denier::calendar::{Date, Month};
use denier::funding::Mode::{self, Decide, Record};
use denier::ledger::Code;
use denier::money::Amount;
use denier::store::StoreError;

const ALLOWED: &str = "accorde_par_derogation";

/// Two young people; somebody who may approve.
async fn fill(books: &Books) {
    let people = format!(
        "{PEOPLE_HEADER}\nP1;UN;Anne;15/03/2003;F;Calais;62193;non;non;NEET;\nP2;DEUX;Bob;15/03/2003;M;Calais;62193;non;non;NEET;\n"
    );
    books.people(&books.file("personnes.csv", people)).await;
    books.approver("marc").await;
}

/// An aid: reference, dispositif, person, month, amount.
fn line(reference: &str, dispositif: &str, person: &str, month: &str, amount: &str) -> String {
    let (year, number) = month.split_once('-').expect("a month");
    format!("{reference};{dispositif};{person};;{month};;05/{number}/{year};25/{number}/{year};{amount};;;")
}

impl Books {
    async fn import(&self, lines: &[String], mode: Mode) -> ImportReport {
        let path = self.file("aides.csv", format!("{AID_HEADER}\n{}\n", lines.join("\n")));
        let preview = self.aids_dry(&path, Some(mode)).await;
        let report = self.aids_in(&path, mode).await;
        assert_eq!(preview.constats, report.constats, "the preview tells the same");
        report
    }

    /// Asks for a derogation and has it approved; returns its number.
    async fn allow(&self, dispositif: &str, person: &str, month: &str, amount: &str, rules: &[&str]) -> i64 {
        let asked = self.ask(&derogation(dispositif, person, month, amount, rules)).await;
        let number = asked.expect("a derogation").numero;
        self.approve(number, "marc").await.expect("an approval");
        number
    }

    /// The register, its number, state, reference, lot and line.
    async fn register(&self) -> Vec<String> {
        let table = app::derogation_statement(&self.store, None).await.expect("a statement");
        let short = |row: &String| {
            let words: Vec<&str> = row.split(' ').collect();
            [&words[..1], &words[words.len() - 4..]].concat().join(" ")
        };
        lines(&table).iter().map(short).collect()
    }
}

fn why(result: Result<DerogationReport, AppError>) -> String {
    result.expect_err("a refusal").to_string()
}

#[test]
fn an_aid_is_allowed_once_a_second_person_approves() {
    on_both_engines(async |books| {
        fill(books).await;
        let wanted = [line("A1", "CEJ", "P1", "2024-05", "700,00")];
        let refused = books.import(&wanted, Decide).await;
        assert_eq!((refused.refuses, codes(&refused)), (1, vec!["2 plafond_depasse".to_string()]));

        // Asked for only: nothing is allowed, and who asked cannot approve.
        let request = derogation("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]);
        let asked = books.ask(&request).await.expect("a derogation");
        assert_eq!((asked.numero, asked.etat.as_str()), (1, "demandée"));
        assert_eq!(books.import(&wanted, Decide).await.constats, refused.constats);
        assert_eq!(
            why(books.approve(1, "claire").await),
            "la deuxième personne doit être une autre que celle qui demande"
        );
        assert_eq!(books.register().await, ["1 demandée - - -"]);

        let generation = async || books.store.read().await.unwrap().generation().await.unwrap();
        let before = generation().await;
        let approved = books.approve(1, "marc").await.expect("an approval");
        assert_ne!(generation().await, before, "a plan made before is made again");
        assert_eq!((approved.etat.as_str(), approved.decidee_par.as_deref()), ("approuvée", Some("marc")));
        assert_eq!(books.register().await, ["1 approuvée - - -"]);

        // What would be decided is said as it will be.
        let evaluated = async |amount: &str| {
            let question = Question {
                dispositif: "CEJ".into(),
                beneficiary: "P1".into(),
                amount: Some(Amount::parse(amount).unwrap()),
                nature: None,
                month: Month::parse("2024-05"),
                on: Date::parse("2024-05-05").unwrap(),
                committee: false,
                rules: None,
            };
            let verdict = app::evaluate_aid(&books.store, &books.actor, &question).await.unwrap();
            let cap = verdict.raisons.iter().find(|reason| reason.regle == "plafond_majeur").unwrap();
            (verdict.accepte, verdict.montant_maximal.clone().unwrap(), cap.etat.clone())
        };
        assert_eq!(evaluated("700,00").await, (true, "700.00".into(), "levée".into()));
        assert_eq!(evaluated("700,01").await, (false, "552.29".into(), "refuse".into()));

        // It serves one line of the file, not the next.
        let two = [wanted[0].clone(), line("A2", "CEJ", "P1", "2024-05", "700,00")];
        let report = books.import(&two, Decide).await;
        assert_eq!((report.acceptes, report.irreguliers, report.refuses, report.lot), (1, 0, 1, Some(2)));
        assert_eq!(codes(&report), [format!("2 {ALLOWED}"), "3 plafond_depasse".into()]);
        let lifted = &report.constats[0];
        assert_eq!(
            lifted.message,
            format!(
                "accordé par dérogation n° 1, demandée par claire, approuvée par marc le 15/02/2025 : {}",
                refused.constats[0].message
            )
        );
        assert_eq!(
            (lifted.severity.as_str(), lifted.rule.as_deref(), &lifted.article, &lifted.room),
            (
                "avertissement",
                Some("plafond_majeur"),
                &refused.constats[0].article,
                &refused.constats[0].room
            )
        );
        assert_eq!(books.register().await, ["1 utilisée A1 2 2"]);
        books.assert_whole().await;
        assert!(app::irregularities(&books.store, None).await.expect("a statement").rows.is_empty());
        let again = books.import(&two[1..], Decide).await;
        assert_eq!(codes(&again), ["2 plafond_depasse"], "nor of another file");

        // Cancelled, by itself or with its lot, the aid gives it back.
        app::cancel_aid(&books.store, books.clock, &books.actor, &reference("A1"), "erreur", None)
            .await
            .expect("a cancellation");
        assert_eq!(books.register().await, ["1 approuvée - - -"]);
        books.assert_whole().await;
        let report = books.import(&two[1..], Decide).await;
        assert_eq!((report.acceptes, codes(&report)), (1, vec![format!("2 {ALLOWED}")]));
        assert_eq!(books.register().await, ["1 utilisée A2 4 2"]);
        books.assert_whole().await;
        books.cancel(4).await.expect("a cancellation");
        assert_eq!(books.register().await, ["1 approuvée - - -"]);
        assert_eq!(books.import(&wanted, Decide).await.acceptes, 1);
        books.assert_whole().await;
    });
}

/// Without an amount, the answer is the largest that an import would accept: a centime more is refused.
#[test]
fn the_most_is_that_of_the_derogation_where_it_allows_more() {
    // The person, what was approved with the rules that it lifts, the most.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a [&'a str])], &'a str);
    let cases: &[Case] = &[
        ("A", &[], "552,29"),
        ("A", &[("700,00", &["plafond_majeur"])], "700,00"),
        ("A", &[("700,00", &["plafond_majeur"]), ("650,00", &["plafond_majeur"])], "700,00"),
        ("A", &[("500,00", &["plafond_majeur"])], "552,29"),
        ("A", &[("700,00", &["age"])], "552,29"),
        ("C", &[("700,00", &["plafond_majeur"])], "0,00"),
        ("C", &[("700,00", &["age"])], "552,29"),
        ("C", &[("400,00", &["age"])], "400,00"),
        ("C", &[("400,00", &["age"]), ("700,00", &["age", "plafond_majeur"])], "700,00"),
    ];
    on_both_engines(async |books| {
        books.approver("marc").await;
        for (rank, (who, approved, most)) in cases.iter().enumerate() {
            let what = format!("{who} with {approved:?}");
            let person = format!("{who}{rank}");
            let born = if *who == "A" { "15/03/2003" } else { "01/03/1990" };
            let people = format!("{PEOPLE_HEADER}\n{person};{person};Alix;{born};F;;;;;;\n");
            books.people(&books.file("cas.csv", people)).await;
            for (amount, rules) in *approved {
                books.allow("CEJ", &person, "2024-05", amount, rules).await;
            }
            let question = Question {
                dispositif: "CEJ".into(),
                beneficiary: person.clone(),
                amount: None,
                nature: None,
                month: Month::parse("2024-05"),
                on: Date::parse("2024-05-05").unwrap(),
                committee: false,
                rules: None,
            };
            let verdict = app::evaluate_aid(&books.store, &books.actor, &question).await.expect("a verdict");
            let most = Amount::parse(most).unwrap();
            assert_eq!(verdict.montant_maximal, Some(most.to_plain()), "{what}");
            assert_eq!(verdict.accepte, most.is_positive(), "{what}");
            let lifted = verdict.raisons.iter().any(|reason| reason.etat == "levée");
            assert_eq!(lifted, most.is_positive() && (*who == "C" || most.to_csv() == "700,00"), "{what}");
            let import = async |amount: Amount| {
                let own = line(&format!("M{rank}"), "CEJ", &person, "2024-05", &amount.to_csv());
                books.import(&[own], Decide).await.acceptes
            };
            assert_eq!(import(most + Amount::from_centimes(1)).await, 0, "{what}");
            if most.is_positive() {
                assert_eq!(import(most).await, 1, "{what}");
            }
        }
        books.assert_whole().await;
    });
}

#[test]
fn a_derogation_lifts_what_it_names_and_nothing_else() {
    // What was approved, the line, the mode; then the codes, and accepted, irregular, refused.
    type Case<'a> = (&'a str, [&'a str; 4], &'a [&'a str], [&'a str; 4], Mode, &'a [&'a str], [u64; 3]);
    let cap: &[&str] = &["plafond_majeur"];
    let cases: &[Case] = &[
        (
            "all that fails",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "700,00"],
            Decide,
            &[ALLOWED],
            [1, 0, 0],
        ),
        (
            "a smaller amount",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "600,00"],
            Decide,
            &[ALLOWED],
            [1, 0, 0],
        ),
        (
            "what another has paid",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "700,00"],
            Record,
            &[ALLOWED],
            [1, 0, 0],
        ),
        (
            "one centime more",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "700,01"],
            Decide,
            &["plafond_depasse"],
            [0, 0, 1],
        ),
        (
            "one centime more, paid",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "700,01"],
            Record,
            &["plafond_depasse"],
            [1, 1, 0],
        ),
        (
            "another month",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-06", "700,00"],
            Decide,
            &["plafond_depasse"],
            [0, 0, 1],
        ),
        (
            "another person",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "B", "2024-05", "700,00"],
            Decide,
            &["plafond_depasse"],
            [0, 0, 1],
        ),
        (
            "another rule",
            ["CEJ", "A", "2024-05", "700,00"],
            &["age"],
            ["CEJ", "A", "2024-05", "700,00"],
            Decide,
            &["plafond_depasse"],
            [0, 0, 1],
        ),
        (
            "one rule of two",
            ["CEJ", "C", "2024-05", "700,00"],
            cap,
            ["CEJ", "C", "2024-05", "700,00"],
            Decide,
            &["age_maximum", "plafond_depasse"],
            [0, 0, 1],
        ),
        (
            "one rule of two, paid",
            ["CEJ", "C", "2024-05", "700,00"],
            cap,
            ["CEJ", "C", "2024-05", "700,00"],
            Record,
            &["age_maximum", "plafond_depasse"],
            [1, 1, 0],
        ),
        (
            "two rules",
            ["CEJ", "C", "2024-05", "700,00"],
            &["plafond_majeur", "age"],
            ["CEJ", "C", "2024-05", "700,00"],
            Decide,
            &[ALLOWED, ALLOWED],
            [1, 0, 0],
        ),
        (
            "one rule of the two that it names",
            ["CEJ", "A", "2024-05", "700,00"],
            &["plafond_majeur", "age"],
            ["CEJ", "A", "2024-05", "700,00"],
            Decide,
            &[ALLOWED],
            [1, 0, 0],
        ),
        (
            "another dispositif",
            ["GJ", "A", "2024-05", "700,00"],
            &["age"],
            ["CEJ", "A", "2024-05", "700,00"],
            Decide,
            &["plafond_depasse"],
            [0, 0, 1],
        ),
        // No money, no derogation: this CLAP has no envelope.
        (
            "no envelope",
            ["CLAP", "A", "2024-05", "9000,00"],
            &["plafond_aide"],
            ["CLAP", "A", "2024-05", "9000,00"],
            Decide,
            &["plafond_depasse", "enveloppe_absente"],
            [0, 0, 1],
        ),
        (
            "no envelope, paid",
            ["CLAP", "A", "2024-05", "9000,00"],
            &["plafond_aide"],
            ["CLAP", "A", "2024-05", "9000,00"],
            Record,
            &["plafond_depasse", "enveloppe_absente"],
            [1, 1, 0],
        ),
        (
            "nothing fails",
            ["CEJ", "A", "2024-05", "700,00"],
            cap,
            ["CEJ", "A", "2024-05", "552,29"],
            Decide,
            &[],
            [1, 0, 0],
        ),
    ];
    on_both_engines(async |books| {
        fill(books).await;
        // People of its own for each case: A and B are young, C is too old.
        let births = [("A", "15/03/2003"), ("B", "15/03/2003"), ("C", "01/03/1990")];
        let people: Vec<String> = (0..cases.len())
            .flat_map(|rank| births.map(|(who, born)| format!("{who}{rank};{who};Alix;{born};F;;;;;;")))
            .collect();
        let people = format!("{PEOPLE_HEADER}\n{}\n", people.join("\n"));
        books.people(&books.file("cas.csv", people)).await;
        for (rank, case) in cases.iter().enumerate() {
            let (what, [scheme, person, month, amount], rules, own, mode, expected, counts) = case;
            let number = books.allow(scheme, &format!("{person}{rank}"), month, amount, rules).await;
            let own = line(&format!("X{rank}"), own[0], &format!("{}{rank}", own[1]), own[2], own[3]);
            let report = books.import(&[own], *mode).await;
            let found: Vec<&str> = report.constats.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!(found, *expected, "{what}");
            assert_eq!([report.acceptes, report.irreguliers, report.refuses], *counts, "{what}");
            let state = if expected.contains(&ALLOWED) { "utilisée" } else { "approuvée" };
            let last = books.register().await.pop().expect("a row");
            assert!(last.starts_with(&format!("{number} {state} ")), "{what}: {last}");
        }
        books.assert_whole().await;
    });
}

#[test]
fn the_narrowest_derogation_serves_first() {
    on_both_engines(async |books| {
        fill(books).await;
        let wide = books.allow("CEJ", "P1", "2024-05", "900,00", &["age", "plafond_majeur"]).await;
        let narrow = books.allow("CEJ", "P1", "2024-05", "600,00", &["plafond_majeur"]).await;
        let two =
            [line("A1", "CEJ", "P1", "2024-05", "600,00"), line("A2", "CEJ", "P1", "2024-05", "900,00")];
        let report = books.import(&two, Decide).await;
        assert_eq!((report.acceptes, report.irreguliers), (2, 0), "{:?}", report.constats);
        assert_eq!(
            books.register().await,
            [format!("{wide} utilisée A2 2 3"), format!("{narrow} utilisée A1 2 2")]
        );
        books.assert_whole().await;
        let person =
            app::person_statement(&books.store, &books.actor, "P1", Date::parse("2025-02-15").unwrap()).await;
        let aids = lines(&person.expect("a person")[0]);
        assert!(aids[0].contains("A1 dérogation n° 2 lot 2 ligne 2"), "{aids:?}");
    });
}

#[test]
fn all_or_nothing_tells_what_derogations_lift() {
    on_both_engines(async |books| {
        fill(books).await;
        books.allow("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]).await;
        let two =
            [line("A1", "CEJ", "P1", "2024-05", "700,00"), line("A2", "CEJ", "P2", "2024-05", "700,00")];
        let path = books.file("aides.csv", format!("{AID_HEADER}\n{}\n", two.join("\n")));
        let whole = AidOptions { all_or_nothing: true, ..options(Some(Decide), false) };
        let report = books.try_aids(&path, whole).await.expect("a report");
        assert_eq!((report.refuses, report.lot), (2, None));
        assert_eq!(
            codes(&report),
            ["0 fichier_refuse_entier".into(), format!("2 {ALLOWED}"), "3 plafond_depasse".into()]
        );
        assert_eq!(books.register().await, ["1 approuvée - - -"]);
    });
}

#[test]
fn a_request_that_cannot_hold_is_refused() {
    on_both_engines(async |books| {
        fill(books).await;
        books.user("lise", Role::Reader).await;
        let good = || derogation("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]);
        // The list is that of the rule file.
        let list = "règles du dispositif CEJ : age, situation, ";
        for (request, expected) in [
            (
                derogation("CEJ", "P1", "2024-05", "700,00", &["age", "plafond"]),
                format!("règle inconnue : « plafond » ; la plus proche est plafond_majeur\n  {list}"),
            ),
            (
                derogation("CEJ", "P1", "2024-05", "700,00", &["situations"]),
                format!("règle inconnue : « situations » ; la plus proche est situation\n  {list}"),
            ),
            (
                derogation("CEG", "P1", "2024-05", "700,00", &["age"]),
                "dispositif « CEG » n'est pas connu ; vouliez-vous « CEJ » ? (les plus proches : CEJ, ANI, CLAP, FAJ, FDF)".to_string(),
            ),
            (derogation("CEJ", "P9", "2024-05", "700,00", &["age"]), "aucun bénéficiaire « P9 »".to_string()),
            (
                derogation("CEJ", "P1", "2024-05", "0,00", &["age"]),
                "le montant d'une dérogation est positif".to_string(),
            ),
        ] {
            let said = why(books.ask(&request).await);
            assert!(said.starts_with(&expected), "{said}");
        }
        let silent = app::DerogationRequest { reason: "  ".into(), ..good() };
        assert_eq!(why(books.ask(&silent).await), "un motif est demandé");
        // A name that is no user's would let one person be both; a reader may not ask.
        for (name, expected) in
            [("bob", "« bob » n'est pas un utilisateur de la base"), ("lise", "il faut le rôle saisie")]
        {
            let actor = Actor { name: name.into() };
            let said = why(app::ask_derogation(&books.store, books.clock, &actor, &good(), None).await);
            assert!(said.contains(expected), "{said}");
        }
        assert!(books.register().await.is_empty());
    });
}

#[test]
fn a_decision_needs_the_right_person() {
    on_both_engines(async |books| {
        fill(books).await;
        books.user("paul", Role::Clerk).await;
        let request = derogation("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]);
        for _ in 0..3 {
            books.ask(&request).await.expect("a derogation");
        }
        let refused = |name: &str| format!("« {name} » : utilisateur, rôle ou mot de passe refusé");
        assert_eq!(why(books.approve(1, "paul").await), refused("paul"), "no role");
        assert_eq!(why(books.approve(1, "inconnue").await), refused("inconnue"));
        let wrong =
            app::approve_derogation(&books.store, books.clock, &books.actor, 1, ("marc", "pas le bon"), None);
        assert_eq!(why(wrong.await), refused("marc"));
        assert_eq!(why(books.approve(9, "marc").await), "dérogation 9 inconnue (denier etats derogations)");
        // Who asked is nobody's second person, whoever types the command.
        let marc = Actor { name: "marc".into() };
        let asked = app::ask_derogation(&books.store, books.clock, &marc, &request, None).await;
        let own = asked.expect("a derogation").numero;
        assert_eq!(
            why(books.approve(own, "marc").await),
            "la deuxième personne doit être une autre que celle qui demande"
        );
        let key = app::Asked::new("approuver", &[b"1"]);
        let approve = async |password: &str| {
            app::approve_derogation(&books.store, books.clock, &marc, 1, ("marc", password), Some(&key)).await
        };
        let approved = approve(PASSWORD).await;
        assert_eq!(why(approve("pas le bon").await), refused("marc"), "sent again, it is proved again");
        assert_eq!(approve(PASSWORD).await.expect("the same answer").numero, 1);
        assert_eq!(
            approved.expect("an approval").decidee_par.as_deref(),
            Some("marc"),
            "one's own command will do"
        );
        let paul = Actor { name: "paul".into() };
        let refuse = async |actor: &Actor, number, reason: &str| {
            app::refuse_derogation(&books.store, books.clock, actor, number, reason, None).await
        };
        assert!(why(refuse(&paul, 2, "non").await).contains("il faut le rôle validation"));
        assert_eq!(why(refuse(&marc, 2, " ").await), "un motif est demandé");
        assert_eq!(refuse(&marc, 2, "sans pièce").await.expect("a refusal").etat, "refusée");
        assert_eq!(refuse(&books.actor, 3, "retirée").await.expect("one's own").etat, "refusée");
        for (number, state) in
            [(1, "approuvée, par marc"), (2, "refusée, par marc"), (3, "refusée, par claire")]
        {
            let expected = format!("la dérogation {number} est déjà {state} le 15/02/2025");
            assert_eq!(why(books.approve(number, "marc").await), expected);
            assert_eq!(why(refuse(&marc, number, "non").await), expected);
        }
        // A refused one allows nothing.
        books
            .aids_in(
                &books.file(
                    "a.csv",
                    format!("{AID_HEADER}\n{}\n", line("A1", "CEJ", "P1", "2024-05", "700,00")),
                ),
                Decide,
            )
            .await;
        let report = books.import(&[line("A2", "CEJ", "P1", "2024-05", "700,00")], Decide).await;
        assert_eq!(codes(&report), ["2 plafond_depasse"]);
        books.assert_whole().await;
        // The base itself refuses that one person does both.
        for by in ["marc", "claire"] {
            let mut tx = books.store.write().await.expect("a transaction");
            let sql = "insert into derogation_decision (derogation_id, asked_by, approved, decided_by, decided_on) values ($1, $2, 1, 'marc', 20250215)";
            match tx.exec(sql, &[own.into(), by.into()]).await {
                Err(StoreError::Database(_)) => {}
                other => panic!("{by}: {other:?}"),
            }
        }
        let mut tx = books.store.read().await.expect("a transaction");
        let log = tx
            .all(
                "select user_name, action, detail from audit_log where action like 'derogation%' order by id",
                &[],
            )
            .await
            .unwrap();
        let log: Vec<String> =
            log.iter().map(|row| [0, 1, 2].map(|at| row.text(at).unwrap()).join(" | ")).collect();
        assert_eq!(
            log[4],
            "marc | derogation approuver | n° 1, CEJ 2024-05 : approuvée par marc, 700.00 au plus, plafond_majeur"
        );
        assert_eq!(log.len(), 7, "{log:?}");
    });
}

#[test]
fn the_same_key_asks_once() {
    on_both_engines(async |books| {
        fill(books).await;
        let request = derogation("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur"]);
        let ask = async |content: &[u8]| {
            let asked = Asked::new("k1", &[content]);
            app::ask_derogation(&books.store, books.clock, &books.actor, &request, Some(&asked)).await
        };
        let first = ask(b"demande").await.expect("a derogation");
        assert_eq!(ask(b"demande").await.expect("the same answer"), first);
        assert!(why(ask(b"autre").await).contains("cle_autre_contenu"));
        assert_eq!(books.register().await.len(), 1);
    });
}

#[test]
fn the_register_is_that_of_a_year_or_of_all() {
    on_both_engines(async |books| {
        fill(books).await;
        books.allow("CEJ", "P1", "2024-05", "700,00", &["plafond_majeur", "age"]).await;
        books.ask(&derogation("CEJ", "P2", "2025-01", "600,00", &["age"])).await.expect("a derogation");
        app::refuse_derogation(&books.store, books.clock, &books.actor, 2, "hors délai", None)
            .await
            .expect("a refusal");
        books.open_year(2025).await;
        let of =
            async |year| lines(&app::derogation_statement(&books.store, year).await.expect("a statement"));
        let first = "1 P1 CEJ 2024-05 700.00 age, plafond_majeur rupture de logement claire 2025-02-15 marc 2025-02-15 - approuvée - - -";
        let second = "2 P2 CEJ 2025-01 600.00 age rupture de logement claire 2025-02-15 claire 2025-02-15 hors délai refusée - - -";
        assert_eq!(of(None).await, [first, second]);
        assert_eq!(of(Some(2024)).await, [first]);
        assert_eq!(of(Some(2025)).await, [second]);
    });
}

#[test]
fn the_code_in_the_queries_is_the_one_of_the_findings() {
    // Queries tell irregular aids from allowed ones by this word.
    assert_eq!(Code::GrantedByDerogation.text(), ALLOWED);
}

#[test]
fn a_simulation_tells_what_would_need_no_derogation() {
    on_both_engines(async |books| {
        fill(books).await;
        books.allow("CEJ", "P1", "2024-05", "600,00", &["plafond_majeur"]).await;
        let report = books.import(&[line("A1", "CEJ", "P1", "2024-05", "600,00")], Decide).await;
        assert_eq!(codes(&report), [format!("2 {ALLOWED}")]);
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/dispositifs/cej.toml");
        let text = std::fs::read_to_string(shipped).unwrap().replace("\"552,29\"", "\"700,00\"");
        let folder = books.path("regles");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("cej.toml"), text).unwrap();
        let folder = folder.to_string_lossy();
        let tables = app::simulate_rules(&books.store, &folder, 2024, &|_, _, _| {}).await.unwrap();
        let changes = lines(tables.last().unwrap());
        assert_eq!(
            changes,
            ["P1 CEJ 2024-05 A1 600.00 600.00 0.00 sans dérogation Plafond mensuel du CEJ (majeur)"]
        );
    });
}

#[test]
fn a_simulation_shares_a_gap_between_the_funders_of_an_aid() {
    on_both_engines(async |books| {
        fill(books).await;
        let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                         FPRO;2024;REGION;1000,00;02/01/2024;E1\nFPRO;2024;ETAT;1000,00;02/01/2024;E2\n";
        books.envelopes(&books.file("enveloppes.csv", envelopes)).await;
        let cost =
            "numero_beneficiaire;declaration;dispositif;mois;du;au;valeur\nP1;cout;FPRO;2024-05;;;400\n";
        books.declarations(FileKind::Declarations, &books.file("cout.csv", cost)).await;
        let aid = "C1;FPRO;P1;x;2024-05;;02/05/2024;10/06/2024;200,00;REGION=120,01+ETAT=79,99;;";
        books.import(&[aid.to_string()], Decide).await;
        let shipped =
            concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/dispositifs/fonds-professionnalisation.toml");
        let text = std::fs::read_to_string(shipped).unwrap();
        let folder = books.path("regles");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("fonds-professionnalisation.toml"),
            text.replace("valeur = \"50,00\"", "valeur = \"25,00\""),
        )
        .unwrap();
        let folder = folder.to_string_lossy();
        let tables = app::simulate_rules(&books.store, &folder, 2024, &|_, _, _| {}).await.unwrap();
        let mut envelopes = lines(&tables[1]);
        envelopes.sort();
        assert_eq!(
            envelopes,
            [
                "FPRO ETAT 2024 1000.00 79.99 39.99 960.01 suffit",
                "FPRO REGION 2024 1000.00 120.01 60.01 939.99 suffit",
            ]
        );
    });
}
