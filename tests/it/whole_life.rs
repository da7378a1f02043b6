//! One person of whom every free text says a word that nothing else says: what is handed over holds all of
//! them, what is left once they are erased none, whichever the table.

use crate::harness::{AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, derogation, on_both_engines};
use crate::life::{pay, request};
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
        aid: aid.into(),
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
    app::cancel_aid(store, clock, actor, &cancelled, "sentinelle annulation", None).await.unwrap();
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
