//! From a figure to its lines, to an aid or an entry, to the proof: each page, on both engines.

use crate::harness::{Books, on_both_engines};
use crate::tamper::{add_derogations, alter, fill, fill_general, seal_of};
use denier::app::{self, AidAsked, AidPage, EntryPage, PageKey, SealVerdict};
use denier::money::Amount;

async fn aid(books: &Books, reference: &str) -> AidPage {
    let asked = AidAsked::Reference(reference.to_string());
    app::aid_page(&books.store, &asked).await.unwrap_or_else(|error| panic!("{reference}: {error}"))
}

async fn entry(books: &Books, year: i64, number: i64) -> EntryPage {
    app::entry_page(&books.store, &("AIDES".to_string(), year, number), None, 200).await.expect("an entry")
}

fn euros(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

#[test]
fn an_aid_leads_to_its_file_its_rules_and_its_entries() {
    on_both_engines(async |books| {
        fill(books).await;
        add_derogations(books).await;
        let one = aid(books, "C4").await;
        assert_eq!((one.person.as_deref(), one.amount, one.line), (Some("T4"), euros("500.00"), 5));
        assert_eq!(
            (one.origin.lot, one.origin.file.as_str(), one.origin.user.as_str()),
            (3, "aides.csv", "claire")
        );
        assert_eq!(one.origin.digest.as_ref().map(String::len), Some(64));
        assert!(one.is_irregular && one.cancelled.is_none() && one.contradictions.is_empty(), "{one:#?}");
        let finding = &one.findings[0];
        assert_eq!((finding.code.as_str(), finding.rule.as_deref()), ("age_maximum", Some("age")));
        assert!(finding.article.is_some() && !finding.message.is_empty(), "{finding:#?}");
        let (path, text) = app::rule_text(&books.store, &one.rules.digest).await.expect("a text");
        assert!(one.rules.is_whole && one.rules.path == path && text.contains("CEJ"), "{:#?}", one.rules);
        let told: Vec<(&str, usize, bool)> = one
            .entries
            .iter()
            .map(|entry| {
                (entry.event.code.as_str(), entry.lines.len(), entry.verdict.as_ref().unwrap().is_intact())
            })
            .collect();
        assert_eq!(told, [("octroi_evaluatif", 1, true), ("versement", 2, true)]);

        // Two funders: two grants and two payments, whose debits are the aid.
        let shared = aid(books, "K1").await;
        let funders: Vec<(&str, Amount)> =
            shared.shares.iter().map(|share| (share.funder.code.as_str(), share.amount)).collect();
        assert_eq!(funders, [("REGION", euros("600.00")), ("CD", euros("400.00"))]);
        assert_eq!((shared.entries.len(), shared.contradictions.len()), (4, 0), "{shared:#?}");
        assert_eq!(shared.shares[0].site, "CALAIS");

        let payee = aid(books, "F1").await;
        assert_eq!((payee.payee.as_str(), payee.committee.as_str()), ("Épicerie Müller", "commission FAJ"));
        assert!(aid(books, "C5").await.is_undated);
        assert_eq!(aid(books, "C3").await.entries.len(), 1, "granted, unpaid");

        // Cancelled: its reference is free again, its page is still there, with what reverses it.
        let gone = aid(books, "D1").await;
        assert_eq!(gone.cancelled.as_ref().map(|lot| lot.lot), Some(5));
        let reversing: Vec<bool> = gone.entries.iter().map(|entry| entry.reverses.is_some()).collect();
        assert_eq!(reversing.iter().filter(|is| **is).count(), 2, "{gone:#?}");

        let allowed = aid(books, "G1").await;
        let derogation = allowed.derogation.expect("a derogation");
        assert_eq!((derogation.number, derogation.decided.unwrap().0.as_str()), (1, "marc"));
        assert!(!allowed.is_irregular && !allowed.findings.is_empty());

        let unknown = app::aid_page(&books.store, &AidAsked::Reference("Z9".into())).await;
        assert!(unknown.unwrap_err().to_string().contains("Z9"));
    });
}

#[test]
fn an_entry_is_read_by_pages_and_sealed_again() {
    on_both_engines(async |books| {
        fill_general(books).await;
        let mut tx = books.store.read().await.expect("a transaction");
        let entries = tx.sealed_entries().await.expect("the entries");
        drop(tx);
        for sealed in &entries {
            let key = (sealed.book.clone(), sealed.number.0, sealed.number.1);
            let page = app::entry_page(&books.store, &key, None, 200).await.expect("an entry");
            assert_eq!(page.verdict, Some(SealVerdict::Intact), "{key:?}");
            assert_eq!(page.sides.0, page.sides.1, "{key:?}");
            assert_eq!(page.fec.is_some(), key.0 == "GENERAL");
            // Line by line, the same lines.
            let (mut one_by_one, mut after) = (Vec::new(), None::<PageKey>);
            loop {
                let own = app::entry_page(&books.store, &key, after.as_ref(), 1).await.expect("a page").lines;
                assert!(own.rows.len() <= 1);
                one_by_one.extend(own.rows);
                after = match own.next {
                    Some(next) => PageKey::parse(&next.to_string()),
                    None => break,
                };
            }
            assert_eq!(one_by_one, page.lines.rows);
            let debits: Amount = page.lines.rows.iter().map(|line| line.debit).sum();
            if page.fec.is_none() {
                assert_eq!(debits, page.sides.0);
            }
        }
        let reversed = entries.iter().find_map(|entry| entry.reverses).expect("a cancellation");
        let reversed = entries.iter().find(|entry| entry.sequence == reversed).expect("an entry");
        let page = entry(books, reversed.number.0, reversed.number.1).await;
        assert_eq!(page.reversed_by.len(), 1);
        let back = app::entry_page(&books.store, &page.reversed_by[0], None, 200).await.expect("an entry");
        assert_eq!((back.reverses.as_ref(), back.lot.reason.as_deref()), (Some(&page.key), Some("essai")));
    });
}

/// What is changed by hand, the entry whose page must say it, and what it says.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "update line set amount = amount + 1 where entry_id = 4 and rank = 2",
        "select cast(4 as bigint)",
        "débit et crédit diffèrent",
    ),
    (
        "update aid set amount = amount + 1 where reference = 'C2'",
        "select max(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'C2'",
        "n'est pas le montant de l'aide C2 (ligne 3 du fichier)",
    ),
    (
        "update aid set month = 202401 where reference = 'C2'",
        "select max(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'C2'",
        "une ligne, ou l'aide qu'elle porte, diffère",
    ),
    (
        "update entry set event = 'octroi' where id = 4",
        "select cast(4 as bigint)",
        "son en-tête, son lot ou le sceau d'avant",
    ),
    (
        "update lot set user_name = 'x' where id = 3",
        "select cast(4 as bigint)",
        "son en-tête, son lot ou le sceau d'avant",
    ),
];

#[test]
fn a_changed_byte_is_told_on_the_page_of_its_entry() {
    for (change, which, expected) in CHANGES {
        on_both_engines(async |books| {
            fill(books).await;
            alter(books, &[change]).await;
            let mut tx = books.store.read().await.expect("a transaction");
            let row = tx.one(which, &[]).await.expect("a statement").expect("a row");
            let sequence = row.int(0).expect("a sequence");
            drop(tx);
            let SealVerdict::Altered(told) = seal_of(books, sequence).await else {
                panic!("{change}: intact")
            };
            assert!(told.iter().any(|line| line.contains(expected)), "{change}: {told:#?}");
        });
    }
}
