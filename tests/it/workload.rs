//! Random histories of imports, envelopes and cancellations, against a naive model in memory:
//! after each step the base's balances, totals and envelopes are those of the model, on each engine.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, lines, on_both_engines, reference};
use denier::app;
use denier::funding::DateKind;
use denier::money::Amount;
use denier::statements::Axis;
use std::collections::{BTreeMap, BTreeSet};

/// An aid as the model knows it: no keys, no entries, no caches.
#[derive(Clone, Debug)]
struct Aid {
    reference: String,
    lot: i64,
    person: u32,
    dispositif: &'static str,
    month: u32,
    decided: u32,
    paid: Option<u32>,
    cents: i64,
    funders: Vec<(&'static str, i64)>,
}

#[derive(Default)]
struct Model {
    aids: Vec<Aid>,
    notices: Vec<(i64, &'static str, i64)>,
    next: u32,
}

const FUNDERS: [&str; 2] = ["REGION", "CD"];

impl Model {
    fn notified(&self, funder: &str) -> i64 {
        self.notices.iter().filter(|(_, of, _)| *of == funder).map(|(_, _, cents)| cents).sum()
    }

    fn consumed(&self, funder: &str) -> i64 {
        let shares = self.aids.iter().filter(|aid| aid.dispositif == "CLAP").flat_map(|aid| &aid.funders);
        shares.filter(|(of, _)| *of == funder).map(|(_, cents)| cents).sum()
    }

    /// The verdict of the CLAP's rules in the mode that decides: a cap per aid, and the envelopes.
    fn accepts(&self, aid: &Aid) -> bool {
        aid.dispositif != "CLAP"
            || (aid.cents <= 100_000
                && aid.funders.iter().all(|(funder, cents)| {
                    self.notified(funder) > 0 && *cents <= self.notified(funder) - self.consumed(funder)
                }))
    }

    /// Sum of each account over the whole book.
    fn accounts(&self) -> BTreeMap<&'static str, i64> {
        let mut sums = BTreeMap::new();
        let mut add = |account, cents: i64| *sums.entry(account).or_insert(0) += cents;
        for funder in FUNDERS {
            let (notified, consumed) = (self.notified(funder), self.consumed(funder));
            add("A1", -notified);
            add("A2", (notified - consumed).max(0));
            add("A10", -(consumed - notified).max(0));
        }
        for aid in &self.aids {
            if aid.dispositif != "CLAP" {
                add("A1", -aid.cents);
            }
            add(if aid.paid.is_some() { "A5" } else { "A3" }, aid.cents);
        }
        sums.retain(|_, cents| *cents != 0);
        sums
    }

    /// The rows of `etats aides --par dispositif`, counted the slow way.
    fn statement(&self, by: DateKind) -> Vec<String> {
        let counted: Vec<&Aid> =
            self.aids.iter().filter(|aid| by != DateKind::Payment || aid.paid.is_some()).collect();
        let mut rows = Vec::new();
        let mut row = |name: &str, aids: &[&Aid]| {
            let people: BTreeSet<u32> = aids.iter().map(|aid| aid.person).collect();
            let units: BTreeSet<(u32, &str, u32, u32, &str)> = aids
                .iter()
                .map(|aid| match by {
                    DateKind::Right => (aid.person, aid.dispositif, aid.decided, aid.month, ""),
                    DateKind::Decision => (aid.person, aid.dispositif, aid.decided, 0, ""),
                    DateKind::Payment => (aid.person, aid.dispositif, 0, 0, aid.reference.as_str()),
                })
                .collect();
            let sum: i64 = aids.iter().map(|aid| aid.cents).sum();
            rows.push(format!(
                "{name} {} {} {}",
                units.len(),
                people.len(),
                Amount::from_centimes(sum).to_plain()
            ));
        };
        for dispositif in ["CEJ", "CLAP"] {
            let own: Vec<&Aid> = counted.iter().copied().filter(|aid| aid.dispositif == dispositif).collect();
            if !own.is_empty() {
                row(dispositif, &own);
            }
        }
        row("Total", &counted);
        rows
    }
}

fn line(aid: &Aid) -> String {
    let paid = aid.paid.map_or_else(String::new, |month| format!("20/{month:02}/2024"));
    let amount = |cents: i64| Amount::from_centimes(cents).to_csv();
    let funder = match aid.funders.as_slice() {
        [(funder, _)] => (*funder).to_string(),
        several => several
            .iter()
            .map(|(funder, cents)| format!("{funder}={}", amount(*cents)))
            .collect::<Vec<_>>()
            .join("+"),
    };
    let payer = if aid.dispositif == "CLAP" { "STRUCTURE" } else { "ASP" };
    format!(
        "{};{};P{};projet;2024-{:02};;05/{:02}/2024;{paid};{};{funder};{payer};",
        aid.reference,
        aid.dispositif,
        aid.person,
        aid.month,
        aid.decided,
        amount(aid.cents)
    )
}

fn random_aid(random: &mut fastrand::Rng, model: &mut Model) -> Aid {
    model.next += 1;
    let clap = random.bool();
    let cents = random.i64(100..=if clap { 110_000 } else { 60_000 });
    let decided = random.u32(1..=6);
    let funders = match (clap, random.u8(0..3)) {
        (false, _) => vec![("ETAT", cents)],
        (true, 0) => vec![("REGION", cents)],
        (true, 1) => vec![("CD", cents)],
        (true, _) => vec![("REGION", cents - cents / 3), ("CD", cents / 3)],
    };
    Aid {
        reference: format!("R{}", model.next),
        lot: 0,
        person: random.u32(1..=6),
        dispositif: if clap { "CLAP" } else { "CEJ" },
        month: decided + random.u32(0..=3),
        decided,
        paid: random.bool().then(|| decided + random.u32(0..=4)),
        cents,
        funders,
    }
}

async fn import(books: &Books, random: &mut fastrand::Rng, model: &mut Model) {
    let mut file = format!("{AID_HEADER}\n");
    let (mut new, mut known, mut refused) = (Vec::new(), 0, 0);
    for _ in 0..random.usize(1..=8) {
        if random.u8(0..5) == 0
            && let Some(old) = random.choice(&model.aids)
        {
            file.push_str(&format!("{}\n", line(old)));
            known += 1;
            continue;
        }
        let aid = random_aid(random, model);
        file.push_str(&format!("{}\n", line(&aid)));
        if model.accepts(&aid) {
            model.aids.push(aid.clone());
            new.push(aid);
        } else {
            refused += 1;
        }
    }
    let path = books.file("aides.csv", file);
    let preview = books.aids_dry(&path, None).await;
    let report = books.aids(&path).await;
    assert_eq!(
        (report.acceptes, report.deja_importes, report.refuses),
        (new.len() as u64, known, refused),
        "{:#?}",
        report.constats
    );
    assert_eq!((preview.acceptes, &preview.constats), (report.acceptes, &report.constats));
    for aid in &mut model.aids {
        if aid.lot == 0 {
            aid.lot = report.lot.expect("a lot");
        }
    }
}

async fn notify(books: &Books, random: &mut fastrand::Rng, model: &mut Model) {
    model.next += 1;
    let (funder, cents) = (FUNDERS[random.usize(0..2)], random.i64(10_000..=400_000));
    let amount = Amount::from_centimes(cents).to_csv();
    let file = format!(
        "dispositif;exercice;financeur;montant;date_notification;reference\nCLAP;2024;{funder};{amount};02/01/2024;E{}\n",
        model.next
    );
    let lot = books.envelopes(&books.file("enveloppes.csv", file)).await.lot.expect("a lot");
    model.notices.push((lot, funder, cents));
}

async fn cancel(books: &Books, random: &mut fastrand::Rng, model: &mut Model) {
    if random.bool() {
        let Some(aid) = random.choice(&model.aids).cloned() else { return };
        let report = app::cancel_aid(
            &books.store,
            books.clock,
            &books.actor,
            &reference(&aid.reference),
            "essai",
            None,
        )
        .await
        .expect("a cancellation");
        assert_eq!(report.nombre, 1);
        model.aids.retain(|other| other.reference != aid.reference);
        return;
    }
    let mut lots: Vec<i64> =
        model.aids.iter().map(|aid| aid.lot).chain(model.notices.iter().map(|(lot, ..)| *lot)).collect();
    lots.dedup();
    let Some(lot) = random.choice(&lots).copied() else { return };
    let done = books.cancel(lot).await;
    if let Some(at) = model.notices.iter().position(|(of, ..)| *of == lot) {
        let (_, funder, cents) = model.notices[at];
        let holds = model.consumed(funder) <= model.notified(funder) - cents;
        assert_eq!(done.is_ok(), holds, "an envelope is given back only when nothing hangs on it");
        if holds {
            model.notices.remove(at);
        }
    } else {
        done.expect("a cancellation");
        model.aids.retain(|aid| aid.lot != lot);
    }
}

async fn compare(books: &Books, model: &Model) {
    let mut tx = books.store.read().await.unwrap();
    let accounts = tx.dictionary("account").await.unwrap();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (account, _, amount) in tx.account_sums().await.unwrap() {
        *sums.entry(accounts.code(account.into()).unwrap().to_string()).or_default() += amount.centimes();
    }
    drop(tx);
    sums.retain(|_, cents| *cents != 0);
    let expected: BTreeMap<String, i64> =
        model.accounts().into_iter().map(|(account, cents)| (account.to_string(), cents)).collect();
    assert_eq!(sums, expected);
    for by in DateKind::ALL {
        assert_eq!(books.aid_lines(2024, by, &[Axis::Dispositif]).await, model.statement(by), "{by:?}");
    }
    let envelopes = lines(&app::envelope_statement(&books.store, None).await.unwrap());
    for funder in FUNDERS.iter().filter(|funder| model.notified(funder) > 0) {
        let (notified, consumed) = (model.notified(funder), model.consumed(funder));
        let beginning = format!(
            "CLAP 2024 {funder} {} {} ",
            Amount::from_centimes(notified).to_plain(),
            Amount::from_centimes(consumed).to_plain()
        );
        assert!(envelopes.iter().any(|line| line.starts_with(&beginning)), "{beginning} in {envelopes:?}");
    }
}

#[test]
fn random_histories_leave_what_a_naive_model_says() {
    for seed in [1, 20_241_231, 987_654_321] {
        on_both_engines(async |books| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut model = Model::default();
            let people: Vec<String> =
                (1..=6).map(|n| format!("P{n};NOM;Prénom;15/03/2003;F;Calais;62193;non;non;NEET;")).collect();
            books.people(&books.file("p.csv", format!("{PEOPLE_HEADER}\n{}\n", people.join("\n")))).await;
            for step in 0..40 {
                match random.u8(0..10) {
                    0..=4 => import(books, &mut random, &mut model).await,
                    5 | 6 => notify(books, &mut random, &mut model).await,
                    _ => cancel(books, &mut random, &mut model).await,
                }
                compare(books, &model).await;
                if step % 8 == 7 {
                    books.assert_whole().await;
                }
            }
            books.assert_whole().await;
        });
    }
}
