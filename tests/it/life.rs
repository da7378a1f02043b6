//! The life of an aid decided by hand: granted as a line of a file is, paid in parts, found undue,
//! recovered, cancelled; proposals, refusals; and random histories against a naive model.

use crate::harness::{AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, lines, on_both_engines, reference, run};
use denier::app::{
    self, Actor, AidAsked, AppError, Asked, GrantReport, GrantRequest, PayRequest, PaymentReport,
    ProposalRequest, RecoverRequest, RefusalRequest, Role, UndueReport, UndueRequest,
};
use denier::calendar::{Date, Month};
use denier::funding::{DateKind, Mode};
use denier::ledger::Wording;
use denier::money::Amount;
use denier::statements::Axis;
use denier::store::Store;
use std::collections::{BTreeMap, BTreeSet};

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn day(text: &str) -> Option<Date> {
    Some(Date::parse(text).expect("a day"))
}

/// `FAJ P1 alimentation 2024-05 2024-05-02 100,00`.
pub fn request(text: &str) -> GrantRequest {
    let words: Vec<&str> = text.split(' ').collect();
    let [dispositif, person, nature, month, decided, cents] = words[..] else { panic!("{text}") };
    GrantRequest {
        beneficiary: person.into(),
        dispositif: dispositif.into(),
        nature: Some(nature.into()).filter(|nature: &String| nature != "-"),
        month: Month::parse(month).expect("a month"),
        amount: amount(cents),
        decided_on: day(decided),
        payee: None,
        convention: None,
        funder: None,
        site: None,
        committee: None,
        asked: None,
        dry_run: false,
    }
}

async fn grant(books: &Books, text: &str) -> GrantReport {
    app::grant_aid(&books.store, books.clock, &books.actor, &request(text)).await.expect("a report")
}

pub async fn pay(books: &Books, aid: &str, on: &str, cents: Option<&str>) -> PaymentReport {
    let request = PayRequest {
        aid: reference(aid),
        paid_on: day(on),
        amount: cents.map(amount),
        asked: None,
        dry_run: false,
    };
    app::pay_aid(&books.store, books.clock, &books.actor, &request).await.expect("a report")
}

pub async fn undue(books: &Books, aid: &str, on: &str, cents: Option<&str>) -> UndueReport {
    let request = UndueRequest {
        aid: reference(aid),
        amount: cents.map(amount),
        found_on: day(on),
        reason: "ressources non déclarées".into(),
        asked: None,
        dry_run: false,
    };
    app::record_undue(&books.store, books.clock, &books.actor, &request).await.expect("a report")
}

pub async fn recover(books: &Books, number: i64, on: &str, cents: Option<&str>, lost: bool) -> UndueReport {
    let request = RecoverRequest {
        undue: number,
        amount: cents.map(amount),
        on: day(on),
        written_off: lost.then(|| "personne introuvable".into()),
        asked: None,
        dry_run: false,
    };
    app::recover_undue(&books.store, books.clock, &books.actor, &request).await.expect("a report")
}

async fn cancel(books: &Books, aid: &str) {
    app::cancel_aid(&books.store, books.clock, &books.actor, &reference(aid), "essai", None)
        .await
        .expect("a cancellation");
}

fn found(report: &[Wording]) -> Vec<&str> {
    report.iter().map(|wording| wording.code.as_str()).collect()
}

const ENVELOPES: &str = "dispositif;exercice;financeur;montant;date_notification;reference\n\
    FAJ;2024;CD;1000,00;02/01/2024;E1\nCLAP;2024;REGION;5000,00;02/01/2024;E2\nCLAP;2024;CD;5000,00;02/01/2024;E3\n";

async fn set_up(books: &Books) {
    let people: Vec<String> =
        (1..=6).map(|n| format!("P{n};NOM{n};Prénom;15/03/2003;F;Calais;62193;non;non;NEET;")).collect();
    books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{}\n", people.join("\n")))).await;
    books.envelopes(&books.file("e.csv", ENVELOPES)).await;
}

async fn envelope(books: &Books, name: &str) -> String {
    let table = app::envelope_statement(&books.store, Some(2024)).await.unwrap();
    lines(&table).into_iter().find(|line| line.starts_with(name)).unwrap()
}

#[test]
fn a_grant_is_what_a_file_of_one_line_would_be() {
    // Each case after the ones before it; the last word is what both must say, or nothing.
    let cases = [
        "FAJ P1 alimentation 2024-05 2024-05-02 100,00",
        "FAJ P1 alimentation 2024-05 2024-05-02 400,01 plafond_depasse,plafond_depasse",
        "FAJ P1 alimentation 2024-06 2024-05-02 360,01 plafond_depasse",
        "FAJ P1 alimentation 2024-06 2024-05-02 360,00",
        "FAJ P2 alimentation 2024-06 2024-05-02 400,00",
        "FAJ P3 alimentation 2024-06 2024-05-02 140,01 enveloppe_depassee",
        "CEJ P1 - 2024-05 2024-05-02 552,30 plafond_depasse",
        "CEJ P1 - 2024-05 2024-05-02 552,29",
        "CEJ P9 - 2024-05 2024-05-02 100,00 beneficiaire_inconnu",
        "XYZ P1 - 2024-05 2024-05-02 100,00 dispositif_inconnu",
        "CEJ P2 - 2024-05 2026-05-02 100,00 exercice_non_ouvert",
    ];
    on_both_engines(async |books| {
        set_up(books).await;
        for case in cases {
            let (text, expected) = match case.split(' ').count() {
                7 => case.rsplit_once(' ').unwrap(),
                _ => (case, ""),
            };
            let request = request(text);
            let nature = request.nature.clone().unwrap_or_default();
            let row = format!(
                "X1;{};{};{nature};{};;{};;{};;;",
                request.dispositif,
                request.beneficiary,
                request.month,
                request.decided_on.unwrap(),
                request.amount.to_csv()
            );
            let path = books.file("ligne.csv", format!("{AID_HEADER}\n{row}\n"));
            let file = books.aids_dry(&path, Some(Mode::Decide)).await;
            let dry = GrantRequest { dry_run: true, ..request.clone() };
            let dry = app::grant_aid(&books.store, books.clock, &books.actor, &dry).await.unwrap();
            let done = grant(books, text).await;
            let said = |found: &[Wording]| -> Vec<Wording> {
                found.iter().cloned().map(|wording| Wording { line: 0, ..wording }).collect()
            };
            assert_eq!(said(&dry.constats), said(&file.constats), "{case}");
            assert_eq!(said(&done.constats), said(&file.constats), "{case}");
            assert_eq!(found(&done.constats).join(","), expected, "{case}");
            assert_eq!((done.accordee, dry.accordee), (expected.is_empty(), expected.is_empty()), "{case}");
            assert_eq!(done.reference, dry.reference, "the preview names the aid as it will be");
            assert_eq!(done.lot.is_some(), done.accordee);
            if let Some(verdict) = &done.verdict
                && !expected.contains("exercice")
            {
                assert_eq!(verdict.accepte, done.accordee, "{case}: what `evaluer` says");
            }
        }
        let references = ["AID-2024-000001", "AID-2024-000002", "AID-2024-000003", "AID-2024-000004"];
        for reference in references {
            let mut tx = books.store.read().await.unwrap();
            assert_eq!(tx.living_aids_by_reference(reference).await.unwrap().len(), 1, "{reference}");
        }
        // A cancelled aid keeps its number: the next one does not take it.
        cancel(books, "AID-2024-000004").await;
        let next = grant(books, "CEJ P1 - 2024-05 2024-05-02 10,00").await;
        assert_eq!(next.reference.as_deref(), Some("AID-2024-000005"));
        assert_eq!(envelope(books, "FAJ").await, "FAJ 2024 CD 1000.00 860.00 0.00 140.00 0.00");
        books.assert_whole().await;
    });
}

#[test]
fn the_same_key_never_grants_nor_pays_twice() {
    on_both_engines(async |books| {
        set_up(books).await;
        let asked = |key: &str, content: &[u8]| Some(Asked::new(key, &[content]));
        let once = GrantRequest {
            asked: asked("k1", b"a"),
            ..request("FAJ P1 alimentation 2024-05 2024-05-02 50,00")
        };
        let first = app::grant_aid(&books.store, books.clock, &books.actor, &once).await.unwrap();
        let again = app::grant_aid(&books.store, books.clock, &books.actor, &once).await.unwrap();
        assert_eq!((&first.reference, first.aide), (&again.reference, again.aide));
        assert_eq!(
            again.verdict.map(|verdict| verdict.raisons.len()),
            first.verdict.map(|one| one.raisons.len())
        );
        let other = GrantRequest { asked: asked("k1", b"b"), ..once };
        let refused = app::grant_aid(&books.store, books.clock, &books.actor, &other).await;
        assert!(matches!(refused, Err(AppError::Refused(text)) if text.contains("cle_autre_contenu")));
        let payment = PayRequest {
            aid: reference(&first.reference.unwrap()),
            paid_on: day("2024-05-20"),
            amount: Some(amount("20,00")),
            asked: asked("k2", b"c"),
            dry_run: false,
        };
        for _ in 0..2 {
            let paid = app::pay_aid(&books.store, books.clock, &books.actor, &payment).await.unwrap();
            assert_eq!((paid.rang, paid.reste.as_deref()), (Some(1), Some("30.00")));
        }
        assert_eq!(
            books.aid_lines(2024, DateKind::Payment, &[Axis::Dispositif]).await,
            ["FAJ 1 1 20.00", "Total 1 1 20.00"]
        );
        books.assert_whole().await;
    });
}

#[test]
fn an_aid_is_paid_in_parts_and_its_whole_life_can_be_read() {
    on_both_engines(async |books| {
        set_up(books).await;
        books.open_year(2025).await;
        grant(books, "FAJ P1 alimentation 2024-05 2024-05-02 300,00").await;
        let aid = "AID-2024-000001";
        assert_eq!(found(&pay(books, aid, "2024-05-01", None).await.constats), ["paye_avant_decision"]);
        assert_eq!(found(&pay(books, aid, "2026-01-01", None).await.constats), ["exercice_non_ouvert"]);
        let over = pay(books, aid, "2024-05-10", Some("300,01")).await;
        assert_eq!(
            (found(&over.constats), over.constats[0].room.as_deref()),
            (vec!["versement_depasse"], Some("300.00"))
        );
        assert_eq!(
            found(&pay(books, "AID-2024-000009", "2024-05-10", None).await.constats),
            ["aide_inconnue"]
        );
        // A reference is never taken for the number of an aid.
        assert_eq!(found(&pay(books, "1", "2024-05-10", None).await.constats), ["aide_inconnue"]);
        assert_eq!(pay(books, aid, "2024-05-10", Some("100,00")).await.rang, Some(1));
        assert_eq!(pay(books, aid, "2024-05-31", Some("50,00")).await.rang, Some(2));
        let due = app::outstanding(&books.store, Date::parse("2024-06-01").unwrap()).await.unwrap();
        assert_eq!(lines(&due), ["FAJ CD 1 1 150.00", "Total - 1 1 150.00"]);
        let last = pay(books, aid, "2025-01-03", None).await;
        assert_eq!(
            (last.rang, last.montant.as_str(), last.reste.as_deref()),
            (Some(3), "150.00", Some("0.00"))
        );
        assert_eq!(found(&pay(books, aid, "2025-01-04", None).await.constats), ["versement_depasse"]);
        // Payments of one month count each, the person once; what is paid in the next year is of that year.
        for (year, axes, expected) in [
            (2024, vec![Axis::Dispositif], ["FAJ 2 1 150.00", "Total 2 1 150.00"]),
            (2024, vec![Axis::Nature], ["alimentation 2 1 150.00", "Total 2 1 150.00"]),
            (2025, vec![Axis::Dispositif], ["FAJ 1 1 150.00", "Total 1 1 150.00"]),
            (2025, vec![Axis::Nature], ["alimentation 1 1 150.00", "Total 1 1 150.00"]),
        ] {
            assert_eq!(books.aid_lines(year, DateKind::Payment, &axes).await, expected, "{year} {axes:?}");
        }
        for by in [DateKind::Right, DateKind::Decision] {
            assert_eq!(books.aid_lines(2024, by, &[Axis::Dispositif]).await[0], "FAJ 1 1 300.00");
        }
        let number = |report: &UndueReport| report.numero.expect("a number");
        assert_eq!(found(&undue(books, aid, "2025-01-02", None).await.constats), ["indu_avant_versement"]);
        assert_eq!(found(&undue(books, aid, "2025-02-01", Some("300,01")).await.constats), ["indu_depasse"]);
        let first = undue(books, aid, "2025-02-01", Some("120,00")).await;
        let second = undue(books, aid, "2025-02-02", Some("30,00")).await;
        assert_eq!(found(&undue(books, aid, "2025-02-02", Some("150,01")).await.constats), ["indu_depasse"]);
        assert_eq!(found(&recover(books, 9, "2025-02-03", None, false).await.constats), ["indu_inconnu"]);
        let early = recover(books, number(&first), "2025-01-31", Some("120,01"), false).await;
        assert_eq!(found(&early.constats), ["recouvrement_depasse", "recouvrement_avant_indu"]);
        assert_eq!(envelope(books, "FAJ").await, "FAJ 2024 CD 1000.00 300.00 150.00 700.00 0.00");
        let back = recover(books, number(&first), "2025-02-03", Some("100,00"), false).await;
        assert_eq!((back.genre.as_str(), back.reste.as_deref()), ("reabonde", Some("20.00")));
        assert_eq!(envelope(books, "FAJ").await, "FAJ 2024 CD 1000.00 200.00 150.00 800.00 0.00");
        let lost = recover(books, number(&second), "2025-02-04", None, true).await;
        assert_eq!((lost.genre.as_str(), lost.montant.as_str()), ("non_valeur", "30.00"));
        books.assert_whole().await;
        let register = app::undue_statement(&books.store, Some(2025)).await.unwrap();
        assert_eq!(
            lines(&register),
            [
                "1 2025-02-01 AID-2024-000001 120.00 100.00 0.00 20.00 ressources non déclarées -",
                "2 2025-02-02 AID-2024-000001 30.00 0.00 30.00 0.00 ressources non déclarées -",
                "Total - - 150.00 100.00 30.00 20.00 - -"
            ]
        );
        // What was recovered can be granted again, to the same person too: 460 in the quarter, 200 count.
        let request = "FAJ P1 alimentation 2024-06 2024-05-02 260,01";
        let refused = grant(books, request).await;
        assert_eq!(
            (found(&refused.constats), refused.constats[0].room.as_deref()),
            (vec!["plafond_depasse"], Some("260.00"))
        );
        let asked = AidAsked::Key(last.aide.unwrap());
        let life = app::aid_page(&books.store, &asked).await.unwrap();
        let told: Vec<String> = life
            .entries
            .iter()
            .map(|entry| {
                let debits: Amount = entry.lines.iter().map(|(_, _, debit, _)| *debit).sum();
                let credits: Amount = entry.lines.iter().map(|(.., credit)| *credit).sum();
                let moved = if debits.is_zero() { credits } else { debits };
                let (book, year, number) = &entry.key;
                let (event, day) = (&entry.event.code, entry.date);
                format!("{event} {day} {} {book}-{year}-{number:04}", moved.to_plain())
            })
            .collect();
        assert_eq!(
            told,
            [
                "octroi 2024-05-02 300.00 AIDES-2024-0004",
                "versement 2024-05-10 100.00 AIDES-2024-0005",
                "versement 2024-05-31 50.00 AIDES-2024-0006",
                "versement 2025-01-03 150.00 AIDES-2025-0001",
                "indu 2025-02-01 120.00 AIDES-2025-0002",
                "indu 2025-02-02 30.00 AIDES-2025-0003",
                "recouvrement_reabonde 2025-02-03 100.00 AIDES-2025-0004",
                "non_valeur 2025-02-04 30.00 AIDES-2025-0005",
            ]
        );
        assert!(life.contradictions.is_empty(), "{:?}", life.contradictions);
        // Cancelled, all of it is undone, the last first, and nothing is left anywhere.
        cancel(books, aid).await;
        books.assert_whole().await;
        assert_eq!(envelope(books, "FAJ").await, "FAJ 2024 CD 1000.00 0.00 0.00 1000.00 0.00");
        assert_eq!(found(&recover(books, 1, "2025-02-05", None, false).await.constats), ["indu_inconnu"]);
        let mut tx = books.store.read().await.unwrap();
        let sums = tx.account_sums().await.unwrap();
        let accounts = tx.dictionary("account").await.unwrap();
        for account in ["A3", "A5", "A7", "A8", "A9"] {
            let left: Amount = sums
                .iter()
                .filter(|(key, ..)| accounts.code((*key).into()).unwrap() == account)
                .map(|(.., sum)| *sum)
                .sum();
            assert_eq!(left, Amount::ZERO, "{account}");
        }
        drop(tx);
        let undone = app::aid_page(&books.store, &asked).await.unwrap().entries;
        assert_eq!(undone.iter().filter(|entry| entry.reverses.is_some()).count(), 8);
    });
}

#[test]
fn an_aid_of_several_funders_is_paid_and_recovered_whole() {
    on_both_engines(async |books| {
        set_up(books).await;
        let request = GrantRequest {
            funder: Some("REGION=600,00+CD=400,00".into()),
            ..request("CLAP P1 projet 2024-05 2024-05-02 1000,00")
        };
        let granted = app::grant_aid(&books.store, books.clock, &books.actor, &request).await.unwrap();
        assert!(granted.accordee, "{:?}", granted.constats);
        assert_eq!(granted.ecritures.len(), 2);
        let aid = granted.reference.unwrap();
        assert_eq!(found(&pay(books, &aid, "2024-05-20", Some("999,99")).await.constats), ["aide_partagee"]);
        assert!(pay(books, &aid, "2024-05-20", None).await.versee);
        assert_eq!(found(&undue(books, &aid, "2024-06-01", Some("10,00")).await.constats), ["aide_partagee"]);
        assert!(undue(books, &aid, "2024-06-01", None).await.enregistre);
        assert_eq!(
            found(&recover(books, 1, "2024-06-02", Some("10,00"), false).await.constats),
            ["aide_partagee"]
        );
        assert_eq!(recover(books, 1, "2024-06-02", None, false).await.genre, "reabonde");
        assert_eq!(envelope(books, "CLAP 2024 CD").await, "CLAP 2024 CD 5000.00 0.00 0.00 5000.00 0.00");
        books.assert_whole().await;
        cancel(books, &aid).await;
        books.assert_whole().await;
    });
}

#[test]
fn sixty_four_grants_by_hand_of_the_last_euro_give_it_once() {
    on_both_engines(async |books| {
        set_up(books).await;
        grant(books, "FAJ P1 alimentation 2024-05 2024-05-02 400,00").await;
        grant(books, "FAJ P1 alimentation 2024-05 2024-05-02 59,00").await;
        let (clock, location) = (books.clock, books.location.clone());
        let reports: Vec<GrantReport> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|n| {
                    let location = location.clone();
                    scope.spawn(move || {
                        run(async {
                            let store = Store::open(&location).await.unwrap();
                            let actor = Actor { name: format!("poste {n}") };
                            let mut reports = Vec::new();
                            for _ in 0..8 {
                                let request = request("FAJ P1 alimentation 2024-05 2024-05-02 1,00");
                                reports.push(app::grant_aid(&store, clock, &actor, &request).await.unwrap());
                            }
                            store.close().await;
                            reports
                        })
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        let granted: Vec<&GrantReport> = reports.iter().filter(|report| report.accordee).collect();
        assert_eq!((reports.len(), granted.len()), (64, 1));
        assert_eq!(granted[0].reference.as_deref(), Some("AID-2024-000003"));
        assert!(
            reports
                .iter()
                .filter(|report| !report.accordee)
                .all(|report| found(&report.constats) == ["plafond_depasse"])
        );
        assert_eq!(envelope(books, "FAJ").await, "FAJ 2024 CD 1000.00 460.00 0.00 540.00 0.00");
        books.assert_whole().await;
    });
}

#[test]
fn a_proposal_is_accepted_by_somebody_else_and_judged_again() {
    on_both_engines(async |books| {
        set_up(books).await;
        books.user("zoe", Role::Clerk).await;
        books.approver("marc").await;
        let zoe = Actor { name: "zoe".into() };
        let propose = async |actor: &Actor, cents: &str| {
            let request = ProposalRequest {
                beneficiary: "P1".into(),
                dispositif: "FAJ".into(),
                nature: Some("alimentation".into()),
                month: Month::parse("2025-02").unwrap(),
                amount: amount(cents),
                reason: "plus de ressources ce mois-ci".into(),
                asked: None,
            };
            app::propose_aid(&books.store, books.clock, actor, &request).await
        };
        books.open_year(2025).await;
        let notice = "dispositif;exercice;financeur;montant;date_notification;reference\nFAJ;2025;CD;1000,00;02/01/2025;E9\n";
        books.envelopes(&books.file("e.csv", notice)).await;
        let stranger = Actor { name: "inconnue".into() };
        assert!(propose(&stranger, "100,00").await.is_err(), "a name that is only claimed proposes nothing");
        assert!(propose(&zoe, "100,00").await.unwrap().verdict.unwrap().accepte);
        assert!(propose(&zoe, "380,00").await.unwrap().verdict.unwrap().accepte);
        assert_eq!(propose(&Actor { name: "marc".into() }, "50,00").await.unwrap().numero, 3);
        let accept = async |number, who: &str, password: &str| {
            app::accept_proposal(&books.store, books.clock, number, (who, password), None).await
        };
        for (number, who, password) in
            [(1, "zoe", PASSWORD), (1, "marc", "fausse phrase"), (3, "marc", PASSWORD), (9, "marc", PASSWORD)]
        {
            assert!(accept(number, who, password).await.is_err(), "{number} {who}");
        }
        // The same form again is answered as it was, to who proves who they are again.
        let sent = async |password: &str| {
            let asked = Asked::new("accepter", &[b"1"]);
            app::accept_proposal(&books.store, books.clock, 1, ("marc", password), Some(&asked)).await
        };
        let granted = sent(PASSWORD).await.unwrap();
        assert_eq!(granted.reference.as_deref(), Some("AID-2025-000001"));
        assert!(matches!(sent("fausse phrase").await, Err(AppError::WrongPassword(_))));
        assert_eq!(sent(PASSWORD).await.unwrap().reference, granted.reference);
        // What was right when it was proposed is refused by the rules once the other one is granted.
        let refused = accept(2, "marc", PASSWORD).await.unwrap();
        assert_eq!(found(&refused.constats), ["plafond_depasse"]);
        assert!(accept(1, "marc", PASSWORD).await.is_err(), "once only");
        let reject = app::reject_proposal(&books.store, books.clock, &zoe, 2, "retirée", None).await.unwrap();
        assert_eq!(reject.etat, "rejetée");
        assert!(app::reject_proposal(&books.store, books.clock, &zoe, 3, "non", None).await.is_err());
        let list = lines(&app::list_proposals(&books.store).await.unwrap());
        assert_eq!(
            list,
            [
                format!("1 P1 FAJ alimentation 2025-02 100.00 plus de ressources ce mois-ci zoe 2025-02-15 accordée marc 2025-02-15 - {}", granted.lot.unwrap()),
                "2 P1 FAJ alimentation 2025-02 380.00 plus de ressources ce mois-ci zoe 2025-02-15 rejetée zoe 2025-02-15 retirée -".into(),
                "3 P1 FAJ alimentation 2025-02 50.00 plus de ressources ce mois-ci marc 2025-02-15 proposée - - - -".into(),
            ]
        );
        books.assert_whole().await;
    });
}

#[test]
fn a_refusal_is_numbered_worded_and_drawn_the_same_each_time() {
    on_both_engines(async |books| {
        set_up(books).await;
        let refuse = async |cents: &str, reason: Option<&str>, dry_run: bool| {
            let request = RefusalRequest {
                beneficiary: "P1".into(),
                dispositif: "FAJ".into(),
                nature: Some("alimentation".into()),
                month: Month::parse("2024-05").unwrap(),
                amount: amount(cents),
                committee: false,
                refused_on: day("2024-05-02"),
                reason: reason.map(str::to_string),
                asked: None,
                dry_run,
            };
            app::refuse_aid(&books.store, books.clock, &books.actor, &request).await
        };
        assert!(refuse("100,00", None, false).await.is_err(), "a refusal has grounds");
        assert_eq!(refuse("500,00", None, true).await.unwrap().numero, "REF-2024-000001");
        let by_rule = refuse("500,00", None, false).await.unwrap();
        assert_eq!(
            (by_rule.numero.as_str(), by_rule.regles.len()),
            ("REF-2024-000001", 2),
            "{:?}",
            by_rule.regles
        );
        let by_hand = refuse("100,00", Some("une autre aide couvre déjà ce besoin"), false).await.unwrap();
        assert_eq!((by_hand.numero.as_str(), by_hand.regles.len()), ("REF-2024-000002", 0));
        let letter = async |number: &str| app::refusal_letter(&books.store, number).await.unwrap();
        let (one, again) = (letter("REF-2024-000001").await, letter("REF-2024-000001").await);
        assert_eq!((one.name.as_str(), one.bytes == again.bytes), ("P1_REF-2024-000001.pdf", true));
        let register = lines(&app::refusal_statement(&books.store, Some(2024)).await.unwrap());
        assert_eq!(register.len(), 2);
        assert_eq!(
            register[1],
            "REF-2024-000002 2024-05-02 P1 FAJ alimentation 2024-05 100.00 - une autre aide couvre déjà ce besoin claire"
        );
        books.assert_whole().await;
    });
}

/// An aid as the model knows it.
#[derive(Clone, Debug, Default)]
struct Lived {
    reference: String,
    person: usize,
    faj: bool,
    quarter: u32,
    month: u32,
    cents: i64,
    /// Month and amount of each payment.
    paid: Vec<(u32, i64)>,
    /// Number, amount, recovered, written off.
    undues: Vec<(i64, i64, i64, i64)>,
}

impl Lived {
    fn sum(&self) -> i64 {
        self.paid.iter().map(|(_, cents)| cents).sum()
    }

    fn owed(&self) -> i64 {
        self.undues.iter().map(|(_, cents, ..)| cents).sum()
    }

    fn back(&self) -> i64 {
        self.undues.iter().map(|(_, _, back, _)| back).sum()
    }

    fn lost(&self) -> i64 {
        self.undues.iter().map(|(.., lost)| lost).sum()
    }
}

const NOTIFIED: i64 = 100_000;

/// The naive model: 400 at most for an aid of the FAJ, 460 a quarter, 1 000 in its envelope; 552,29 a month
/// for the CEJ, without envelope. What came back counts in no cap, and fills the envelope of the FAJ.
fn allows(aids: &[Lived], new: &Lived) -> bool {
    let counted = |same: &dyn Fn(&Lived) -> bool| -> i64 {
        aids.iter().filter(|aid| same(aid)).map(|aid| aid.cents - aid.back()).sum()
    };
    if new.faj {
        let quarter = counted(&|aid| aid.faj && aid.person == new.person && aid.quarter == new.quarter);
        let envelope = counted(&|aid| aid.faj);
        new.cents <= 40_000 && quarter + new.cents <= 46_000 && envelope + new.cents <= NOTIFIED
    } else {
        let month = counted(&|aid| !aid.faj && aid.person == new.person && aid.month == new.month);
        month + new.cents <= 55_229
    }
}

async fn compare(books: &Books, aids: &[Lived]) {
    let cents = |sum: i64| Amount::from_centimes(sum).to_plain();
    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    let mut add = |account: &'static str, sum: i64| *expected.entry(account).or_default() += sum;
    add("A1", -NOTIFIED - 1_000_000);
    add("A2", NOTIFIED + 1_000_000);
    for aid in aids {
        let (paid, owed, back, lost) = (aid.sum(), aid.owed(), aid.back(), aid.lost());
        if aid.faj {
            add("A2", back - aid.cents);
        } else {
            add("A1", -aid.cents);
            add("A8", back);
        }
        add("A3", aid.cents - paid);
        add("A5", paid - owed);
        add("A7", owed - back - lost);
        add("A9", lost);
    }
    expected.retain(|_, sum| *sum != 0);
    let mut tx = books.store.read().await.unwrap();
    let accounts = tx.dictionary("account").await.unwrap();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (account, _, sum) in tx.account_sums().await.unwrap() {
        *sums.entry(accounts.code(account.into()).unwrap().to_string()).or_default() += sum.centimes();
    }
    drop(tx);
    sums.retain(|_, sum| *sum != 0);
    let expected: BTreeMap<String, i64> =
        expected.into_iter().map(|(code, sum)| (code.to_string(), sum)).collect();
    assert_eq!(sums, expected);
    let mut rows = Vec::new();
    let mut row = |name: &str, own: &[&Lived]| {
        let paid: Vec<&&Lived> = own.iter().filter(|aid| !aid.paid.is_empty()).collect();
        let people: BTreeSet<usize> = paid.iter().map(|aid| aid.person).collect();
        let number: usize = paid.iter().map(|aid| aid.paid.len()).sum();
        let sum: i64 = paid.iter().map(|aid| aid.sum()).sum();
        rows.push((number, format!("{name} {number} {} {}", people.len(), cents(sum))));
    };
    let of = |faj: bool| aids.iter().filter(|aid| aid.faj == faj).collect::<Vec<_>>();
    row("CEJ", &of(false));
    row("FAJ", &of(true));
    row("Total", &aids.iter().collect::<Vec<_>>());
    let total = rows.pop().unwrap().1;
    let mut rows: Vec<String> =
        rows.into_iter().filter(|(number, _)| *number > 0).map(|(_, row)| row).collect();
    rows.push(total);
    assert_eq!(books.aid_lines(2024, DateKind::Payment, &[Axis::Dispositif]).await, rows);
    let mut months: BTreeMap<u32, i64> = BTreeMap::new();
    aids.iter().flat_map(|aid| &aid.paid).for_each(|(month, sum)| *months.entry(*month).or_default() += sum);
    let by_month = books.aid_lines(2024, DateKind::Payment, &[Axis::Month]).await;
    let by_month: Vec<(String, String)> = by_month
        .iter()
        .filter_map(|line| line.strip_prefix("2024-")?.split_once(' '))
        .map(|(month, rest)| (month.to_string(), rest.rsplit_once(' ').unwrap().1.to_string()))
        .collect();
    let told: Vec<(String, String)> =
        months.iter().map(|(month, sum)| (format!("{month:02}"), cents(*sum))).collect();
    assert_eq!(by_month, told);
}

#[test]
fn random_lives_leave_what_a_naive_model_says() {
    for seed in [7, 20_240_229] {
        on_both_engines(async |books| {
            let mut random = fastrand::Rng::with_seed(seed);
            set_up(books).await;
            let mut aids: Vec<Lived> = Vec::new();
            let (mut granted, mut undues) = (0, 0);
            let part = |random: &mut fastrand::Rng, left: i64| match random.u8(0..4) {
                0 => left.max(1),
                1 => left + 1,
                _ => random.i64(1..=left.max(1)),
            };
            let text = |cents: i64| Amount::from_centimes(cents).to_csv();
            for step in 0..60 {
                let at = if aids.is_empty() { 0 } else { random.usize(0..aids.len()) };
                match random.u8(0..10) {
                    0..=3 => {
                        let (faj, month) = (random.bool(), random.u32(3..=6));
                        let cents = random.i64(5_000..=if faj { 41_000 } else { 60_000 });
                        let person = random.usize(1..=3);
                        let new = Lived {
                            reference: format!("AID-2024-{:06}", granted + 1),
                            person,
                            faj,
                            quarter: (month - 1) / 3,
                            month,
                            cents,
                            ..Lived::default()
                        };
                        let (name, nature) = if faj { ("FAJ", "alimentation") } else { ("CEJ", "-") };
                        let said = format!(
                            "{name} P{person} {nature} 2024-{month:02} 2024-03-0{person} {}",
                            text(cents)
                        );
                        let report = grant(books, &said).await;
                        let allowed = allows(&aids, &new);
                        assert_eq!(report.accordee, allowed, "{said}: {:?}", report.constats);
                        if allowed {
                            assert_eq!(report.reference.as_ref(), Some(&new.reference));
                            granted += 1;
                            aids.push(new);
                        }
                    }
                    4 | 5 if !aids.is_empty() => {
                        let left = aids[at].cents - aids[at].sum();
                        let (cents, month) = (part(&mut random, left), random.u32(4..=9));
                        let on = format!("2024-{month:02}-10");
                        let report = pay(books, &aids[at].reference, &on, Some(&text(cents))).await;
                        assert_eq!(report.versee, cents <= left, "{:?}", report.constats);
                        if report.versee {
                            aids[at].paid.push((month, cents));
                        }
                    }
                    6 if !aids.is_empty() => {
                        let left = aids[at].sum() - aids[at].owed();
                        let cents = part(&mut random, left);
                        let report =
                            undue(books, &aids[at].reference, "2024-10-01", Some(&text(cents))).await;
                        assert_eq!(report.enregistre, cents <= left, "{:?}", report.constats);
                        if report.enregistre {
                            undues += 1;
                            aids[at].undues.push((undues, cents, 0, 0));
                        }
                    }
                    7 | 8 if aids.get(at).is_some_and(|aid| !aid.undues.is_empty()) => {
                        let of = random.usize(0..aids[at].undues.len());
                        let (number, owed, back, lost) = aids[at].undues[of];
                        let (left, written_off) = (owed - back - lost, random.u8(0..3) == 0);
                        let cents = part(&mut random, left);
                        let report =
                            recover(books, number, "2024-11-01", Some(&text(cents)), written_off).await;
                        assert_eq!(report.enregistre, cents <= left, "{:?}", report.constats);
                        if report.enregistre {
                            let slot = &mut aids[at].undues[of];
                            *(if written_off { &mut slot.3 } else { &mut slot.2 }) += cents;
                        }
                    }
                    9 if !aids.is_empty() => {
                        let gone = aids.swap_remove(at);
                        cancel(books, &gone.reference).await;
                    }
                    _ => {}
                }
                compare(books, &aids).await;
                if step % 10 == 9 {
                    books.assert_whole().await;
                }
            }
        });
    }
}
