//! One person of whom every free text says a word that nothing else says: what is handed over holds all of
//! them, what is left once they are erased none, whichever the table.

use crate::harness::{AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, derogation, on_both_engines, reference};
use crate::life::{pay, request};
use crate::pdf::text_of;
use denier::app::{
    self, Actor, AppError, Asked, Clock, Declaring, EraseReport, FileKind, GrantReport, GrantRequest,
    ProposalRequest, RecoverRequest, RefusalRequest, UndueRequest,
};
use denier::calendar::{Date, Month};
use denier::money::Amount;
use denier::store::Value;
use std::collections::BTreeSet;

/// The number of the person, and what begins each of their free texts.
const NUMBER: &str = "SENTINELLE1";
const WORD: &str = "sentinelle";

/// Every free text that somebody wrote of them, identity apart.
const TEXTS: [&str; 13] = [
    "sentinelle logeur",
    "sentinelle sortie",
    "sentinelle demande de dérogation",
    "sentinelle refus de dérogation",
    "sentinelle proposition",
    "sentinelle rejet",
    "sentinelle proposition acceptée",
    "sentinelle refus",
    "sentinelle indu",
    "sentinelle non-valeur",
    "sentinelle annulation",
    "sentinelle annulation du lot",
    "sentinelle déclaration annulée",
];

fn person(town: &str) -> String {
    format!(
        "{PEOPLE_HEADER}\n{NUMBER};SENTINELLE;Sentinelle;15/03/2003;F;{town};62193;non;oui;NEET;\n\
         P2;MARTIN;Anne;15/03/2002;F;Calais;62193;non;non;NEET;\n"
    )
}

async fn grant(books: &Books, text: &str, payee: Option<&str>) -> GrantReport {
    let request = GrantRequest { payee: payee.map(str::to_string), ..request(text) };
    let report = app::grant_aid(&books.store, books.clock, &books.actor, &request).await.expect("a report");
    assert!(report.accordee, "{:?}", report.constats);
    report
}

async fn undue(books: &Books, aid: &str, cents: &str) -> i64 {
    let request = UndueRequest {
        aid: reference(aid),
        amount: Amount::parse(cents).ok(),
        found_on: Date::parse("2025-02-10"),
        reason: "sentinelle indu".into(),
        asked: None,
        dry_run: false,
    };
    let found = app::record_undue(&books.store, books.clock, &books.actor, &request).await.expect("a report");
    found.numero.expect("an undue")
}

async fn recover(books: &Books, undue: i64, on: &str, cents: &str, lost: Option<&str>) {
    let request = RecoverRequest {
        undue,
        amount: Amount::parse(cents).ok(),
        on: Date::parse(on),
        written_off: lost.map(str::to_string),
        asked: None,
        dry_run: false,
    };
    let report = app::recover_undue(&books.store, books.clock, &books.actor, &request).await;
    let report = report.expect("a report");
    assert!(report.enregistre, "{:?}", report.constats);
}

/// All that can happen to somebody in the base.
async fn live(books: &Books) {
    let (store, clock, actor) = (&books.store, books.clock, &books.actor);
    books.people(&books.file("p.csv", person("Sentinelle-sur-Mer"))).await;
    books.people(&books.file("p2.csv", person("Calais"))).await;
    books.open_year(2025).await;
    books.approver("marc").await;
    let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                     FAJ;2024;CD;5000,00;02/01/2024;E1\nFAJ;2025;CD;5000,00;02/01/2025;E2\n";
    books.envelopes(&books.file("e.csv", envelopes)).await;

    let parcours = format!(
        "numero_beneficiaire;dispositif;entree;sortie;motif_sortie\n\
         {NUMBER};CEJ;02/01/2024;30/11/2024;sentinelle sortie\n"
    );
    books.declarations(FileKind::Parcours, &books.file("parcours.csv", parcours)).await;
    let declaring = Declaring {
        who: NUMBER.into(),
        declaration: "salaire_net".into(),
        dispositif: String::new(),
        month: Month::parse("2024-05"),
        from: None,
        to: None,
        value: "200".into(),
    };
    let declared = app::declare(store, clock, actor, &declaring, None).await.expect("a report");
    let lot = declared.lot.expect("a lot");
    app::cancel_lot(store, clock, actor, lot, "sentinelle déclaration annulée", None).await.unwrap();

    for (reason, refused) in [("sentinelle demande de dérogation", false), ("sentinelle autre demande", true)]
    {
        let asked = derogation("CEJ", NUMBER, "2024-05", "700,00", &["plafond_majeur"]);
        let asked = app::DerogationRequest { reason: reason.into(), ..asked };
        let number = books.ask(&asked).await.expect("a derogation").numero;
        if refused {
            let why = "sentinelle refus de dérogation";
            app::refuse_derogation(store, clock, actor, number, why, None).await.unwrap();
        } else {
            books.approve(number, "marc").await.expect("an approval");
        }
    }
    let propose = async |reason: &str| {
        let request = ProposalRequest {
            beneficiary: NUMBER.into(),
            dispositif: "FAJ".into(),
            nature: Some("alimentation".into()),
            month: Month::parse("2025-02").unwrap(),
            amount: Amount::parse("20,00").unwrap(),
            reason: reason.into(),
            asked: None,
        };
        app::propose_aid(store, clock, actor, &request).await.expect("a proposal").numero
    };
    let rejected = propose("sentinelle proposition").await;
    let marc = Actor { name: "marc".into() };
    app::reject_proposal(store, clock, &marc, rejected, "sentinelle rejet", None).await.unwrap();
    let accepted = propose("sentinelle proposition acceptée").await;
    let granted = app::accept_proposal(store, clock, accepted, ("marc", PASSWORD), None).await.unwrap();
    assert!(granted.accordee, "{:?}", granted.constats);
    // Its answer is kept for the key, with the reason.
    let refusal = RefusalRequest {
        beneficiary: NUMBER.into(),
        dispositif: "FAJ".into(),
        nature: Some("alimentation".into()),
        month: Month::parse("2025-02").unwrap(),
        amount: Amount::parse("5000,00").unwrap(),
        refused_on: Date::parse("2025-02-15"),
        committee: false,
        reason: Some("sentinelle refus".into()),
        asked: Some(Asked::new("cle", &[b"x"])),
        dry_run: false,
    };
    app::refuse_aid(store, clock, actor, &refusal).await.expect("a refusal");

    let aid = |month: &str| format!("FAJ {NUMBER} alimentation {month} {month}-02 60,00");
    let paid = grant(books, &aid("2024-05"), Some("sentinelle logeur")).await.reference.unwrap();
    pay(books, &paid, "2024-06-03", None).await;
    let number = undue(books, &paid, "50,00").await;
    recover(books, number, "2025-02-12", "30,00", None).await;
    recover(books, number, "2025-02-13", "20,00", Some("sentinelle non-valeur")).await;
    let cancelled = grant(books, &aid("2024-06"), None).await.reference.unwrap();
    app::cancel_aid(store, clock, actor, &reference(&cancelled), "sentinelle annulation", None)
        .await
        .unwrap();
    let undone = grant(books, &aid("2024-07"), None).await.lot.unwrap();
    app::cancel_lot(store, clock, actor, undone, "sentinelle annulation du lot", None).await.unwrap();
    books.assert_whole().await;
}

/// Returns `table.column` wherever the base says the word, whatever its case.
async fn said_in(books: &Books) -> BTreeSet<String> {
    let mut tx = books.store.read().await.unwrap();
    let columns = match books.on_postgres() {
        true => {
            "select cast(table_name as text), cast(column_name as text) from information_schema.columns where table_schema = current_schema()"
        }
        false => {
            "select t.name, c.name from sqlite_master t join pragma_table_info(t.name) c where t.type = 'table'"
        }
    };
    let mut found = BTreeSet::new();
    for row in tx.all(columns, &[]).await.unwrap() {
        let (table, column) = (row.text(0).unwrap(), row.text(1).unwrap());
        let sql = format!("select 1 from \"{table}\" where lower(cast(\"{column}\" as text)) like $1");
        let word = [Value::from(format!("%{WORD}%").as_str())];
        if tx.one(Box::leak(sql.into_boxed_str()), &word).await.unwrap().is_some() {
            found.insert(format!("{table}.{column}"));
        }
    }
    found
}

async fn erase(books: &Books, day: &str) -> Result<EraseReport, AppError> {
    let clock = Clock { told: Date::parse(day) };
    app::erase_person(&books.store, clock, &books.actor, NUMBER, "durée passée", false).await
}

#[test]
fn nothing_that_was_written_of_an_erased_person_is_left_in_any_table() {
    on_both_engines(async |books| {
        live(books).await;
        let before = said_in(books).await;
        for place in [
            "declaration.reason",
            "derogation.reason",
            "derogation_decision.reason",
            "identity.last_name",
            "identity_before.commune",
            "lot.reason",
            "payee.code",
            "proposal.reason",
            "proposal_decision.reason",
            "refusal.reason",
            "request_key.answer",
        ] {
            assert!(before.contains(place), "{place} is filled in: {before:?}");
        }
        let report = erase(books, "2036-01-01").await.expect("an erasure");
        assert_eq!(said_in(books).await, BTreeSet::new());
        assert_eq!(
            report.efface,
            [
                ("identité", 1),
                ("identités précédentes", 1),
                ("créanciers", 1),
                ("motifs de dérogation", 3),
                ("motifs de déclaration", 1),
                ("motifs de proposition", 3),
                ("motifs de refus", 1),
                ("motifs d'indu", 2),
                ("motifs d'annulation", 3),
                ("réponses gardées (--cle)", 1),
            ]
        );
        assert_eq!(report.remarque, None);
        books.assert_whole().await;
    });
}

#[test]
fn all_that_was_written_of_a_person_is_handed_over() {
    on_both_engines(async |books| {
        live(books).await;
        let data = app::personal_data(&books.store, books.clock, &books.actor, NUMBER).await.unwrap();
        let file = |name: &str| {
            let found = data.files.iter().find(|(known, _)| known == name);
            String::from_utf8(found.unwrap_or_else(|| panic!("{name}")).1.clone()).unwrap()
        };
        for text in TEXTS {
            assert!(file("donnees.json").contains(&format!("\"{text}\"")), "{text}");
        }
        let refusals = file("refus.csv");
        assert!(refusals.contains("REF-2025-000001"), "{refusals}");
        let rule = "Plafond du FAJ par aide";
        assert!(refusals.contains(rule), "the rules that failed: {refusals}");
        assert_eq!(file("indus.csv").lines().count(), 2);
        let back = file("recouvrements.csv");
        assert!(back.contains("recouvré") && back.contains("admis en non-valeur"), "{back}");
        assert_eq!(file("annulations.csv").lines().count(), 4);
        assert_eq!(file("propositions.csv").lines().count(), 3);
        // What is said of rights is what the rule file says, and nowhere else.
        let notice = app::data_notice(&books.store).await.unwrap();
        if let Some(paper) = text_of(&data.files[0].1) {
            let paper = paper.split_whitespace().collect::<Vec<_>>().join(" ");
            for told in &notice.told {
                let words = told.cited().split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(paper.contains(&words), "{words} in {paper}");
            }
        }
    });
}

#[test]
fn a_reason_that_concerns_somebody_else_too_stays() {
    on_both_engines(async |books| {
        live(books).await;
        let aids = format!(
            "{AID_HEADER}\n\
             Z1;CEJ;{NUMBER};allocation mensuelle;2024-09;;02/09/2024;10/10/2024;100,00;ETAT;ASP;\n\
             Z2;CEJ;P2;allocation mensuelle;2024-09;;02/09/2024;10/10/2024;100,00;ETAT;ASP;\n"
        );
        let lot = books.aids(&books.file("a.csv", aids)).await.lot.unwrap();
        app::cancel_lot(&books.store, books.clock, &books.actor, lot, "fichier en double", None)
            .await
            .unwrap();
        erase(books, "2036-01-01").await.expect("an erasure");
        let lots = books.store.read().await.unwrap().lots().await.unwrap();
        assert_eq!(lots.last().unwrap().reason.as_deref(), Some("fichier en double"));
    });
}

#[test]
fn a_journal_that_is_being_read_is_said_to_be_left() {
    on_both_engines(async |books| {
        live(books).await;
        let mut reader = books.store.read().await.unwrap();
        reader.people_with_identity().await.unwrap();
        let report = erase(books, "2036-01-01").await.expect("an erasure");
        assert_eq!(report.remarque.is_some(), !books.on_postgres(), "{:?}", report.remarque);
        drop(reader);
        if !books.on_postgres() {
            let in_the_journal = || {
                let bytes = std::fs::read(format!("{}-wal", books.location)).unwrap_or_default();
                bytes.windows(WORD.len()).any(|window| window.eq_ignore_ascii_case(WORD.as_bytes()))
            };
            assert!(in_the_journal(), "what is said is true");
            assert!(books.store.forget_journal().await.unwrap());
            assert!(!in_the_journal());
        }
    });
}

/// Tells why somebody cannot be erased on a day, by the word in brackets and the day of the message.
async fn kept_until(books: &Books, number: &str, day: &str) -> String {
    let clock = Clock { told: Date::parse(day) };
    let tried = app::erase_person(&books.store, clock, &books.actor, number, "x", true).await;
    let Err(why) = tried else { return "à effacer".into() };
    let why = why.to_string();
    let until = why.split_once("gardée jusqu'au ").map(|(_, rest)| &rest[..10]);
    format!(
        "{} {}",
        until.unwrap_or("-"),
        why.rsplit_once('(').map_or("", |(_, word)| word.trim_end_matches(')'))
    )
}

fn on(day: &str) -> Clock {
    Clock { told: Date::parse(day) }
}

#[test]
fn an_identity_is_kept_from_the_last_of_all_that_was_learnt() {
    on_both_engines(async |books| {
        let people: Vec<String> =
            (1..=4).map(|n| format!("P{n};NOM{n};Prénom;15/03/2003;F;Calais;62193;non;non;NEET;")).collect();
        books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{}\n", people.join("\n")))).await;
        books.approver("marc").await;
        let (store, actor) = (&books.store, &books.actor);
        let (month, amount) = (Month::parse("2024-05").unwrap(), Amount::parse("20,00").unwrap());
        assert_eq!(kept_until(books, "P1", "2027-02-15").await, "15/02/2027 conservation_en_cours");
        assert_eq!(kept_until(books, "P1", "2027-02-16").await, "à effacer");

        let refusal = RefusalRequest {
            beneficiary: "P1".into(),
            dispositif: "FAJ".into(),
            nature: Some("alimentation".into()),
            month,
            amount,
            refused_on: Date::parse("2025-06-01"),
            committee: false,
            reason: Some("autre aide".into()),
            asked: None,
            dry_run: false,
        };
        app::refuse_aid(store, on("2025-06-01"), actor, &refusal).await.expect("a refusal");
        assert_eq!(kept_until(books, "P1", "2027-06-01").await, "01/06/2027 conservation_en_cours");
        assert_eq!(kept_until(books, "P1", "2027-06-02").await, "à effacer");

        let proposal = ProposalRequest {
            beneficiary: "P2".into(),
            dispositif: "FAJ".into(),
            nature: Some("alimentation".into()),
            month,
            amount,
            reason: "besoin".into(),
            asked: None,
        };
        let number = app::propose_aid(store, on("2025-06-01"), actor, &proposal).await.unwrap().numero;
        assert_eq!(kept_until(books, "P2", "2027-06-01").await, "01/06/2027 conservation_en_cours");
        assert_eq!(kept_until(books, "P2", "2027-06-02").await, "à effacer");
        app::reject_proposal(store, on("2025-09-01"), actor, number, "non", None).await.unwrap();
        assert_eq!(kept_until(books, "P2", "2027-06-02").await, "01/09/2027 conservation_en_cours");
        assert_eq!(kept_until(books, "P2", "2027-09-02").await, "à effacer");

        // What is found undue and recovered is in the books of its year.
        let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                         FAJ;2024;CD;5000,00;02/01/2024;E1\n";
        books.envelopes(&books.file("e.csv", envelopes)).await;
        books.open_year(2025).await;
        books.open_year(2026).await;
        let paid = grant(books, "FAJ P3 alimentation 2024-05 2024-05-02 60,00", None).await;
        let paid = paid.reference.unwrap();
        pay(books, &paid, "2024-06-03", None).await;
        assert_eq!(kept_until(books, "P3", "2034-12-31").await, "31/12/2034 conservation_en_cours");
        assert_eq!(kept_until(books, "P3", "2035-01-01").await, "à effacer");
        let undue = undue(books, &paid, "50,00").await;
        assert_eq!(kept_until(books, "P3", "2035-12-31").await, "31/12/2035 conservation_en_cours");
        recover(books, undue, "2026-03-01", "20,00", None).await;
        assert_eq!(kept_until(books, "P3", "2036-12-31").await, "31/12/2036 conservation_en_cours");
        assert_eq!(kept_until(books, "P3", "2037-01-01").await, "- indu_a_recouvrer");
        let listed = async |day: &str| {
            let table = app::erasable(store, Date::parse(day).unwrap()).await.unwrap();
            table.rows.len()
        };
        assert_eq!(listed("2037-01-01").await, 3, "P3 owes something");
        recover(books, undue, "2026-03-01", "30,00", Some("introuvable")).await;
        assert_eq!(kept_until(books, "P3", "2037-01-01").await, "à effacer");
        assert_eq!(listed("2037-01-01").await, 4);

        let granted = grant(books, "FAJ P4 alimentation 2024-05 2024-05-02 60,00", None).await;
        let granted = reference(&granted.reference.unwrap());
        assert_eq!(kept_until(books, "P4", "2035-01-01").await, "à effacer");
        app::cancel_aid(store, on("2034-06-01"), actor, &granted, "doublon", None).await.unwrap();
        assert_eq!(kept_until(books, "P4", "2036-06-01").await, "01/06/2036 conservation_en_cours");
        assert_eq!(kept_until(books, "P4", "2036-06-02").await, "à effacer");
        books.assert_whole().await;
    });
}
