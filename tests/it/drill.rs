//! From a figure to its lines, to an aid or an entry, to the proof: each page, on both engines.

use crate::harness::{Books, example, lines, on_both_engines, quiet, reference};
use crate::tamper::{add_derogations, add_life, alter, fill, fill_general, seal_of};
use denier::app::{
    self, AidAsked, AidFilter, AidLine, AidPage, AidState, Counted, Destination, EntryPage, GeneralAccounts,
    GeneralFilter, GeneralLine, GeneralStatement, PageKey, SealVerdict, Task, WhyFunded,
};
use denier::calendar::{Date, FiscalYear, Month};
use denier::funding::DateKind;
use denier::money::Amount;
use denier::statements::{Axis, Cell, Column, Drill, Kind, Style, Table};
use std::collections::BTreeSet;

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
        // Paid in parts, a part undue, recovered and lost; then a second one, all of it undone.
        add_life(books).await;
        let granted = crate::life::request("FAJ T2 alimentation 2024-08 2024-08-02 100,00");
        let granted =
            app::grant_aid(&books.store, books.clock, &books.actor, &granted).await.expect("a grant");
        let aid = granted.reference.expect("a reference");
        for (on, cents) in [("2024-08-10", "30,00"), ("2024-08-20", "20,00")] {
            assert!(crate::life::pay(books, &aid, on, Some(cents)).await.versee);
        }
        assert!(crate::life::undue(books, &aid, "2024-09-01", Some("10,00")).await.enregistre);
        assert!(crate::life::recover(books, 2, "2024-09-02", Some("5,00"), false).await.enregistre);
        assert!(crate::life::recover(books, 2, "2024-09-03", Some("3,00"), true).await.enregistre);
        app::cancel_aid(&books.store, books.clock, &books.actor, &reference(&aid), "essai", None)
            .await
            .expect("undone");
        books.assert_whole().await;
        for reference in ["AID-2024-000001", aid.as_str()] {
            let page = self::aid(books, reference).await;
            assert_eq!(page.contradictions, Vec::<String>::new(), "{reference}");
            assert!(page.entries.iter().all(|entry| entry.verdict == Some(SealVerdict::Intact)), "{page:#?}");
        }
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
        "select min(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'C2'",
        "n'est pas le montant de l'aide C2 (ligne 3 du fichier)",
    ),
    (
        "update aid set amount = amount + 1 where reference = 'C2'",
        "select max(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'C2'",
        "une ligne, ou l'aide qu'elle porte, diffère",
    ),
    (
        "update payment set amount = amount + 1 where aid_id = (select id from aid where reference = 'C2')",
        "select max(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'C2'",
        "n'est pas le versement de l'aide C2 (ligne 3 du fichier)",
    ),
    (
        "update aid_share set amount = 100000 - amount",
        "select max(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = 'K1'",
        "n'est pas le versement de l'aide K1",
    ),
    (
        "update payment set amount = amount + 1 where rank = 2",
        "select max(e.id) from entry e join hand_payment h on h.lot_id = e.lot_id where h.rank = 2",
        "n'est pas le versement de l'aide AID-2024-000001",
    ),
    (
        "update payment set paid_on = paid_on + 1 where rank = 1 and amount = 10000",
        "select max(e.id) from entry e join hand_payment h on h.lot_id = e.lot_id where h.rank = 1",
        "n'est pas le versement de l'aide AID-2024-000001",
    ),
    (
        "update undue set amount = amount - 1",
        "select max(e.id) from entry e join undue u on u.lot_id = e.lot_id",
        "n'est pas l'indu de l'aide AID-2024-000001",
    ),
    (
        "update recovery set amount = amount - 1 where id = 1",
        "select max(e.id) from entry e join recovery r on r.lot_id = e.lot_id where r.id = 1 and e.event <> 'fin_depassement'",
        "n'est pas le recouvrement de l'aide AID-2024-000001",
    ),
    (
        "update recovery set how = 'rendu_au_financeur' where id = 2",
        "select max(e.id) from entry e join recovery r on r.lot_id = e.lot_id where r.id = 2",
        "n'est pas le recouvrement de l'aide AID-2024-000001",
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
            add_life(books).await;
            alter(books, &[change]).await;
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            assert!(!report.integre, "{change}: {report:#?}");
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

/// Reads a whole list, page by page, as a browser would: keys go through their text.
async fn all_pages(
    books: &Books,
    filter: &AidFilter,
    limit: usize,
) -> (Vec<AidLine>, Option<Amount>, Option<i64>) {
    let (mut lines, mut after) = (Vec::new(), None::<PageKey>);
    loop {
        let list = app::aid_lines(&books.store, filter, after.as_ref(), limit).await.expect("a page");
        let page = list.page;
        assert!(page.rows.len() <= limit.max(2), "{} rows of {limit}", page.rows.len());
        lines.extend(page.rows);
        match page.next {
            Some(next) => {
                assert!(matches!(page.number, Counted::AtLeast(least) if least > lines.len() as i64 - 1));
                after = PageKey::parse(&next.to_string());
            }
            None => {
                assert_eq!(page.number, Counted::Exactly(lines.len() as i64), "{filter:?}");
                return (lines, page.amount, list.units);
            }
        }
    }
}

fn sum(lines: &[AidLine]) -> Amount {
    lines.iter().map(|line| line.amount).sum()
}

/// How many people of a statement are followed: each is a list of its own.
const PEOPLE: usize = 10;

async fn assert_figures_lead_to_their_lines(books: &Books, year: i16, pairs: &[&[Axis]], limit: usize) {
    let months = FiscalYear::calendar(year).unwrap();
    for by in DateKind::ALL {
        for axes in pairs {
            let table =
                app::aid_statement(&books.store, Some(year), by, axes).await.expect("a statement").rows;
            let mut total = Amount::ZERO;
            for row in table.rows.iter().take(if axes[0] == Axis::Beneficiary { PEOPLE } else { usize::MAX })
            {
                let Some(Drill::Aids(keys)) = &row.drill else { panic!("{row:?}") };
                let [Cell::Count(number), _, Cell::Amount(amount)] = row.cells[axes.len()..] else {
                    panic!("{row:?}")
                };
                let filter = AidFilter::behind(months, by, keys);
                let (lines, told, units) = all_pages(books, &filter, limit).await;
                assert_eq!(sum(&lines), amount, "{by:?} {keys:?}");
                let maintained = filter.person.is_none();
                assert!(told == Some(amount) || !maintained, "{by:?} {keys:?}: {told:?}");
                assert!(units.is_none_or(|units| units == number), "{by:?} {keys:?}: {units:?} {number}");
                let by_dispositif = axes.iter().all(|axis| axis.is_maintained());
                assert_eq!(units.is_some(), by_dispositif, "{by:?} {keys:?}");
                let each: BTreeSet<(i64, Option<Date>, &str, &str, &str)> = lines
                    .iter()
                    .map(|line| {
                        let funder = (line.funder.as_str(), line.convention.as_str(), line.site.as_str());
                        (line.aid, line.paid_on, funder.0, funder.1, funder.2)
                    })
                    .collect();
                assert_eq!(each.len(), lines.len(), "{by:?} {keys:?}: a line twice");
                total += amount;
            }
            let whole = AidFilter::behind(months, by, &[]);
            if axes[0] == Axis::Dispositif {
                assert_eq!(sum(&all_pages(books, &whole, limit).await.0), total, "{by:?} {axes:?}");
            }
        }
    }
}

const EACH_AXIS: [&[Axis]; 7] = [
    &[Axis::Dispositif],
    &[Axis::Funder],
    &[Axis::Convention],
    &[Axis::Site],
    &[Axis::Nature],
    &[Axis::Month],
    &[Axis::Beneficiary],
];

const CROSSED: [&[Axis]; 2] = [&[Axis::Dispositif, Axis::Month], &[Axis::Nature, Axis::Funder]];

#[test]
fn every_figure_of_the_aids_is_the_sum_of_its_lines() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        assert_figures_lead_to_their_lines(books, 2024, &EACH_AXIS, 200).await;
    });
}

#[test]
fn shares_cancellations_and_short_pages_lose_no_line() {
    on_both_engines(async |books| {
        fill(books).await;
        for limit in [1, 3] {
            assert_figures_lead_to_their_lines(books, 2024, &EACH_AXIS, limit).await;
            assert_figures_lead_to_their_lines(books, 2024, &CROSSED, limit).await;
        }
        let all = AidFilter::all(DateKind::Right);
        let listed = async |filter: AidFilter| {
            let (lines, amount, _) = all_pages(books, &filter, 200).await;
            let mut told: Vec<String> =
                lines.iter().map(|line| format!("{} {}", line.reference, line.amount.to_plain())).collect();
            told.sort();
            (told, amount)
        };
        let irregular = AidFilter { irregular_only: true, ..all.clone() };
        assert_eq!(
            listed(irregular.clone()).await,
            (vec!["C4 500.00".into(), "K2 400.00".into()], Some(euros("900.00")))
        );
        let of_lot = AidFilter { lot: Some(4), state: AidState::Cancelled, ..all.clone() };
        assert_eq!(listed(of_lot).await.0, ["D1 250.00", "D2 350.00"]);
        assert_eq!(listed(AidFilter { lot: Some(4), ..all.clone() }).await.0, Vec::<String>::new());
        let lot = listed(AidFilter { lot: Some(3), ..all.clone() }).await.0;
        assert_eq!((lot.len(), lot.contains(&"K1 400.00".to_string())), (9, true));
        let unpaid = AidFilter { state: AidState::Unpaid, ..all.clone() };
        assert_eq!(listed(unpaid).await, (vec!["C3 200.00".into()], Some(euros("200.00"))));
        let other = AidFilter { dispositif: Some("CEG".into()), ..all };
        let refused = app::aid_lines(&books.store, &other, None, 10).await;
        assert!(refused.unwrap_err().to_string().contains("CEG"));
        let other = PageKey::parse("0-1-2-3-4-5");
        assert!(app::aid_lines(&books.store, &irregular, other.as_ref(), 10).await.is_err());
    });
}

/// Two aids paid by hand in parts, across months and across years, beside those of files; returns them.
async fn add_parts(books: &Books) -> [String; 2] {
    let mut aids = Vec::new();
    for (asked, payments) in [
        (
            "FAJ T2 alimentation 2024-11 2024-11-04 300,00",
            [("2024-11-10", "100,00"), ("2024-12-20", "50,00"), ("2025-01-03", "30,00")].as_slice(),
        ),
        ("CEJ T2 - 2024-11 2024-11-04 200,00", &[("2024-12-10", "80,00"), ("2025-02-01", "120,00")]),
    ] {
        let granted = crate::life::request(asked);
        let granted =
            app::grant_aid(&books.store, books.clock, &books.actor, &granted).await.expect("a grant");
        let aid = granted.reference.unwrap_or_else(|| panic!("{:?}", granted.constats));
        for (on, cents) in payments {
            let paid = crate::life::pay(books, &aid, on, Some(cents)).await;
            assert!(paid.versee, "{:?}", paid.constats);
        }
        aids.push(aid);
    }
    aids.try_into().expect("two aids")
}

#[test]
fn an_aid_paid_in_parts_counts_in_the_month_of_each_payment() {
    on_both_engines(async |books| {
        fill(books).await;
        books.open_year(2025).await;
        let [first, second] = add_parts(books).await;
        for limit in [1, 200] {
            for year in [2024, 2025] {
                assert_figures_lead_to_their_lines(books, year, &EACH_AXIS, limit).await;
                assert_figures_lead_to_their_lines(books, year, &CROSSED, limit).await;
            }
        }
        let months = |from: &str, to: &str| Some((Month::parse(from).unwrap(), Month::parse(to).unwrap()));
        let told = async |filter: AidFilter| {
            let (lines, ..) = all_pages(books, &filter, 200).await;
            let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
            let mut told: Vec<String> = lines
                .iter()
                .map(|line| format!("{} {} {}", line.reference, day(line.paid_on), line.amount.to_plain()))
                .collect();
            told.sort();
            told
        };
        let december =
            AidFilter { months: months("2024-12", "2024-12"), ..AidFilter::all(DateKind::Payment) };
        let expected = [format!("{first} 2024-12-20 50.00"), format!("{second} 2024-12-10 80.00")];
        assert_eq!(told(december.clone()).await, expected);
        // The same of the person's list, which walks their aids and not the entries.
        assert_eq!(told(AidFilter { person: Some("T2".into()), ..december }).await, expected);
        let since = AidFilter {
            months: months("2024-12", "2025-12"),
            dispositif: Some("FAJ".into()),
            ..AidFilter::all(DateKind::Payment)
        };
        assert_eq!(
            told(since).await,
            [format!("{first} 2024-12-20 50.00"), format!("{first} 2025-01-03 30.00")]
        );
        let today = Date::parse("2025-02-15").unwrap();
        for year in [2024, 2025] {
            let board = app::dashboard(&books.store, Some(year), today).await.expect("a dashboard");
            for curve in &board.paid {
                for (month, amount) in &curve.months {
                    let filter = AidFilter {
                        months: Some((*month, *month)),
                        dispositif: Some(curve.dispositif.code.clone()),
                        ..AidFilter::all(DateKind::Payment)
                    };
                    assert_eq!(sum(&all_pages(books, &filter, 3).await.0), *amount, "{curve:?} {month}");
                }
            }
            for gauge in &board.envelopes {
                assert_eq!(sum(&all_pages(books, &gauge.paid_lines, 3).await.0), gauge.paid, "{gauge:?}");
            }
        }
    });
}

#[test]
fn what_is_left_to_pay_leads_to_its_aids() {
    on_both_engines(async |books| {
        fill(books).await;
        books.open_year(2025).await;
        let [first, second] = add_parts(books).await;
        let outstanding = async |day: &str| {
            let day = Date::parse(day).unwrap();
            app::outstanding(&books.store, day).await.expect("a statement")
        };
        let unpaid = AidFilter { state: AidState::Unpaid, ..AidFilter::all(DateKind::Right) };
        let told = async |filter: &AidFilter, limit: usize| {
            let (lines, amount, _) = all_pages(books, filter, limit).await;
            assert!(lines.iter().all(|line| line.paid_on.is_none()), "{lines:?}");
            assert!(amount.is_none_or(|amount| amount == sum(&lines)), "{amount:?}");
            let part = |line: &AidLine| if line.is_partly_paid { " reste" } else { "" };
            let said =
                |line: &AidLine| format!("{} {}{}", line.reference, line.amount.to_plain(), part(line));
            lines.iter().map(said).collect::<Vec<_>>()
        };
        let left = format!("{first} 120.00 reste");
        for limit in [1, 200] {
            assert_eq!(told(&unpaid, limit).await, [left.clone(), "C3 200.00".into()], "the latest first");
            let of_person = AidFilter { person: Some("T2".into()), ..unpaid.clone() };
            assert_eq!(told(&of_person, limit).await, std::slice::from_ref(&left));
            let by_payment = AidFilter { by: DateKind::Payment, ..of_person };
            assert_eq!(told(&by_payment, limit).await, std::slice::from_ref(&left));
        }
        let today = Date::parse("2025-02-15").unwrap();
        let board = app::dashboard(&books.store, Some(2024), today).await.expect("a dashboard");
        let task = board.to_do.iter().find(|task| task.task == Task::UnpaidAids).expect("what is left");
        assert_eq!(task.amount, Some(euros("320.00")));

        // Since the last payment, each row leads to its aids.
        let now = outstanding("2025-02-01").await;
        assert_eq!(lines(&now), ["CEJ ETAT 1 1 200.00", "FAJ CD 1 1 120.00", "Total - 2 2 320.00"]);
        for row in &now.rows {
            let Some(Drill::Unpaid(keys)) = &row.drill else { panic!("{row:?}") };
            let (lines, amount, _) = all_pages(books, &unpaid.narrowed(keys), 200).await;
            assert_eq!((Cell::Amount(sum(&lines)), amount), (row.cells[4].clone(), Some(sum(&lines))));
        }
        // Before it, the same rows as by each day; those that moved since lead nowhere.
        for (day, expected, leading) in [
            ("2025-01-31", ["CEJ ETAT 2 2 320.00", "FAJ CD 1 1 120.00"].as_slice(), vec![false, true]),
            ("2024-12-31", &["CEJ ETAT 2 2 320.00", "FAJ CD 1 1 150.00"], vec![false, false]),
            ("2024-12-09", &["CEJ ETAT 2 2 400.00", "FAJ CD 1 1 200.00"], vec![false, false]),
            ("2024-11-09", &["CEJ ETAT 2 2 400.00", "FAJ CD 1 1 300.00"], vec![false, false]),
            ("2024-11-03", &["CEJ ETAT 1 1 200.00"], vec![false]),
            // C1, C2, C3 and C4 are granted on 2 March and paid on 10 April but C3; C5 in April.
            ("2024-04-09", &["CEJ ETAT 5 4 1900.00"], vec![false]),
        ] {
            let table = outstanding(day).await;
            let mut said = lines(&table);
            said.pop();
            assert_eq!(said, expected, "{day}");
            assert_eq!(
                table.rows.iter().map(|row| row.drill.is_some()).collect::<Vec<_>>(),
                leading,
                "{day}"
            );
        }

        // Wholly paid, then cancelled: nothing is left.
        assert!(crate::life::pay(books, &first, "2025-02-02", None).await.versee);
        assert_eq!(told(&unpaid, 200).await, ["C3 200.00"]);
        for aid in ["C3", &second] {
            app::cancel_aid(&books.store, books.clock, &books.actor, &reference(aid), "essai", None)
                .await
                .expect("undone");
        }
        assert_eq!(told(&unpaid, 200).await, Vec::<String>::new());
        assert_eq!(lines(&outstanding("2025-02-15").await), ["Total - 0 0 0.00"]);
        books.assert_whole().await;
        alter(books, &["insert into unpaid_aid select id from aid where reference = 'C1'"]).await;
        let report = app::verify(&books.store, &quiet).await.expect("a verification");
        assert!(!report.integre, "{report:#?}");
    });
}

#[test]
fn the_engagements_of_a_day_refuse_to_differ_from_the_book() {
    on_both_engines(async |books| {
        fill(books).await;
        alter(books, &["delete from unpaid_aid"]).await;
        let day = Date::parse("2025-02-01").unwrap();
        let error = app::outstanding(&books.store, day).await.expect_err("the book holds 200,00 €");
        assert!(error.to_string().contains("denier verifier"), "{error}");
    });
}

/// Reads all the lines of a filter of the general book, and what the pages say of them.
async fn general_pages(books: &Books, filter: &GeneralFilter, limit: usize) -> (Vec<GeneralLine>, Amount) {
    let (mut lines, mut after) = (Vec::new(), None::<PageKey>);
    loop {
        let own = app::account_lines(&books.store, filter, after.as_ref(), limit)
            .await
            .unwrap_or_else(|error| panic!("{filter:?}: {error}"));
        assert!(own.page.rows.len() <= limit);
        lines.extend(own.page.rows);
        match own.page.next {
            Some(next) => after = PageKey::parse(&next.to_string()),
            None => {
                assert_eq!(own.page.number, Counted::Exactly(lines.len() as i64), "{filter:?}");
                let sides =
                    (lines.iter().map(|line| line.debit).sum(), lines.iter().map(|line| line.credit).sum());
                assert_eq!(own.sides, Some(sides), "{filter:?}");
                return (lines, own.page.amount.unwrap());
            }
        }
    }
}

fn column(table: &Table, key: &str) -> usize {
    table.columns.iter().position(|column: &Column| column.key == key).unwrap_or_else(|| panic!("no {key}"))
}

/// Each row of figures leads to lines whose sum is its figure, whatever its sign.
async fn assert_rows_lead_to_their_lines(
    books: &Books,
    statement: &GeneralStatement,
    tables: &[Table],
) -> usize {
    let mut followed = 0;
    for table in tables {
        let at = column(table, "montant");
        assert_eq!(table.columns[at].kind, Kind::Amount);
        for row in table.rows.iter().filter(|row| row.style != Style::Heading) {
            let drill = row.drill.as_ref().unwrap_or_else(|| panic!("{}: {row:?}", table.title));
            let filter = GeneralFilter::behind(Some(2024), Some(statement), drill).expect("a filter");
            let (_, sum) = general_pages(books, &filter, 200).await;
            let Cell::Amount(amount) = row.cells[at] else { panic!("{row:?}") };
            assert!(
                sum == amount || sum == -amount,
                "{} {:?}: {sum:?}, {amount:?}",
                table.title,
                row.cells[0]
            );
            followed += 1;
        }
    }
    followed
}

#[test]
fn every_figure_of_the_general_book_is_the_sum_of_its_lines() {
    on_both_engines(async |books| {
        for year in [2023, 2024] {
            books.fec(&example(&format!("littoral-2024/FEC-{year}.txt"))).await;
        }
        books.assignments(&example("littoral-2024/affectation.csv")).await;
        let mut followed = 0;
        for model in ["rapport", "officiel", "comptes"] {
            let report = app::income(&books.store, Some(2024), None, model).await.unwrap();
            let statement = GeneralStatement::Income(model.to_string());
            followed += assert_rows_lead_to_their_lines(books, &statement, &report.tables).await;
        }
        let sheet = app::balance_sheet_of(&books.store, Some(2024), None).await.unwrap();
        followed +=
            assert_rows_lead_to_their_lines(books, &GeneralStatement::BalanceSheet, &sheet.tables).await;
        let grants = app::grants_of(&books.store, Some(2024), None).await.unwrap();
        followed += assert_rows_lead_to_their_lines(books, &GeneralStatement::Grants, &grants.tables).await;
        assert!(followed > 100, "{followed}");

        let balance = app::trial_balance_of(&books.store, Some(2024)).await.unwrap();
        let (debit, credit) = (column(&balance, "cloture_debit"), column(&balance, "cloture_credit"));
        for row in &balance.rows {
            let filter =
                GeneralFilter::behind(Some(2024), None, row.drill.as_ref().unwrap()).expect("a filter");
            let (lines, sum) = general_pages(books, &filter, 17).await;
            let (Cell::Amount(debit), Cell::Amount(credit)) = (&row.cells[debit], &row.cells[credit]) else {
                panic!("{row:?}")
            };
            assert_eq!(sum, *debit - *credit, "{:?}", row.cells[0]);
            if row.indent == 1 {
                assert_eq!(
                    lines.last().unwrap().balance,
                    Some(sum),
                    "the running balance ends at the account's"
                );
            }
        }

        // The running balance goes on from one page to the next, and from one month to the next.
        let filter = GeneralFilter::of(Some(2024), GeneralAccounts::Prefixes(vec!["512".into()]));
        let (whole, _) = general_pages(books, &filter, 200).await;
        assert_eq!(general_pages(books, &filter, 7).await.0, whole);
        let month = Month::new(2024, 6).unwrap();
        let (june, _) =
            general_pages(books, &GeneralFilter { months: Some((month, month)), ..filter }, 5).await;
        let of_whole: Vec<GeneralLine> =
            whole.iter().filter(|line| line.date.month() == month).cloned().collect();
        assert_eq!(june, of_whole);

        // A journal, whole, in the order of the file.
        let journals = app::journals(&books.store, Some(2024)).await.unwrap();
        for row in &journals.rows {
            let Some(Drill::Journal(code)) = &row.drill else { panic!("{row:?}") };
            let (mut count, mut after) = (0, None);
            loop {
                let page = app::journal_lines(&books.store, Some(2024), code, after.as_ref(), 200)
                    .await
                    .unwrap()
                    .page;
                count += page.rows.len() as i64;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(row.cells[column(&journals, "lignes")], Cell::Count(count), "{code}");
        }
    });
}

#[test]
fn an_entry_of_a_fec_says_who_funds_each_line_and_what_seals_it() {
    on_both_engines(async |books| {
        fill_general(books).await;
        let sealed = app::general_entry(&books.store, Some(2024), 0).await.expect("an entry");
        let whys: Vec<(&str, &WhyFunded)> =
            sealed.lines.iter().map(|own| (own.line.account.code.as_str(), &own.why)).collect();
        let rule = WhyFunded::Rule(1, "Contrat d'engagement jeune".into());
        assert_eq!(whys, [("441000", &WhyFunded::Nobody), ("741100", &rule)]);
        assert_eq!(sealed.lines[1].line.line, 3);
        assert_eq!((sealed.sides.0, sealed.sides.1), (euros("1000.00"), euros("1000.00")));
        assert_eq!((sealed.verdict, sealed.warning), (Some(SealVerdict::Intact), None));
        assert_eq!(sealed.sealed_by.as_ref().map(|key| key.0.as_str()), Some("GENERAL"));
        let provisional = app::general_entry(&books.store, Some(2025), 1).await.expect("an entry");
        assert!(provisional.warning.is_some() && provisional.sealed_by.is_none());
        let none = app::general_entry(&books.store, Some(2025), 9).await;
        assert!(none.unwrap_err().to_string().contains("rang 9"));
        alter(books, &["update general_line set amount = amount + 1 where lot_id = 7 and rank = 2"]).await;
        let altered = app::general_entry(&books.store, Some(2024), 0).await.expect("an entry");
        assert!(matches!(altered.verdict, Some(SealVerdict::Altered(_))), "{altered:#?}");
    });
}

#[test]
fn the_first_page_counts_what_its_lists_hold() {
    on_both_engines(async |books| {
        fill_general(books).await;
        add_derogations(books).await;
        let today = Date::parse("2026-02-15").unwrap();
        let board = app::dashboard(&books.store, Some(2024), today).await.expect("a dashboard");
        assert_eq!(board.envelopes.len(), 3);
        for gauge in &board.envelopes {
            for (filter, figure) in [(&gauge.granted_lines, gauge.granted), (&gauge.paid_lines, gauge.paid)] {
                assert_eq!(sum(&all_pages(books, filter, 3).await.0), figure, "{gauge:#?}");
            }
        }
        let region = board.envelopes.iter().find(|gauge| gauge.funder.code == "REGION").unwrap();
        assert_eq!(region.spent.map(|percent| percent.to_plain()).as_deref(), Some("142.86"));
        let paid: Amount = board.paid.iter().flat_map(|curve| &curve.months).map(|(_, amount)| *amount).sum();
        let year = app::frame(&books.store, books.clock).await.unwrap().years.get(2024).expect("2024");
        let filter = AidFilter::behind(year, DateKind::Payment, &[]);
        assert_eq!(sum(&all_pages(books, &filter, 200).await.0), paid);
        assert!(board.paid.iter().all(|curve| curve.months.len() == 12));
        let mut told = Vec::new();
        for task in &board.to_do {
            told.push((task.task, task.number, task.amount.map(Amount::to_plain)));
            match &task.leads_to {
                Destination::Aids(filter) => {
                    let (lines, amount, _) = all_pages(books, filter, 200).await;
                    let aids: BTreeSet<i64> = lines.iter().map(|line| line.aid).collect();
                    assert!(task.number.is_none_or(|number| number == aids.len() as i64), "{task:?}");
                    assert_eq!((task.amount, task.amount), (amount, Some(sum(&lines))), "{task:?}");
                }
                Destination::GeneralLines(filter) => {
                    let (lines, amount) = general_pages(books, filter, 200).await;
                    assert_eq!((task.number, task.amount), (Some(lines.len() as i64), Some(-amount)));
                }
                _ => {}
            }
        }
        let amount = |text: &str| Some(text.to_string());
        assert_eq!(
            told,
            [
                (Task::DerogationsAsked, Some(1), amount("1.00")),
                (Task::IrregularAids, Some(2), amount("900.00")),
                (Task::UnpaidAids, None, amount("200.00")),
                (Task::EnvelopesOverrun, Some(1), amount("300.00")),
                (Task::ProvisionalFec, Some(4), None),
                (Task::YearToOpen, Some(1), None),
            ]
        );
    });
}

#[test]
fn lists_are_read_by_pages() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        macro_rules! whole {
            ($limit:expr, |$after:ident| $page:expr, $key:expr) => {{
                let (mut all, mut after) = (Vec::new(), None::<PageKey>);
                loop {
                    let $after = after.as_ref();
                    let page = $page.await.expect("a page");
                    assert!(page.rows.len() <= $limit);
                    all.extend(page.rows.iter().map($key));
                    match page.next {
                        Some(next) => after = PageKey::parse(&next.to_string()),
                        None => break all,
                    }
                }
            }};
        }
        let lots = whole!(2, |after| app::lots(&books.store, after, 2), |row| row.lot);
        assert_eq!(lots, [3, 2, 1]);
        let journal =
            whole!(50, |after| app::journal_page(&books.store, Some(2024), after, 50), |row| row.key.clone());
        let table = app::journal(&books.store, Some(2024)).await.unwrap();
        let drills: Vec<&Drill> = table.rows.iter().filter_map(|row| row.drill.as_ref()).collect();
        for key in &journal {
            assert!(drills.contains(&&Drill::Entry(key.1, key.2)), "{key:?}");
        }
        let filter = AidFilter::all(DateKind::Right);
        let irregular = whole!(20, |after| app::irregular_aids(&books.store, &filter, after, 20), |row| {
            assert!(!row.findings.is_empty());
            row.line.aid
        });
        let stated = app::irregularities(&books.store, None).await.unwrap();
        let stated: BTreeSet<i64> = stated
            .rows
            .iter()
            .map(|row| match &row.drill {
                Some(Drill::Aid(aid, _)) => *aid,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(irregular.iter().copied().collect::<BTreeSet<_>>(), stated);
    });
}
