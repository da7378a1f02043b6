//! The shipped rules: their examples, their values against the published sources, and properties
//! of the judge that no rule file may break.

use denier::app::{embedded_rules, law_of, verify_rules};
use denier::calendar::{Date, Month};
use denier::funding::{Declared, Fact, Person};
use denier::ledger::{Code, Detail};
use denier::money::Amount;
use denier::rules::{Case, Failure, Law, judge};

fn law() -> Law {
    law_of(&embedded_rules(), &Default::default()).expect("the embedded rules").law
}

fn person(born: &str) -> Person {
    Person {
        id: 1,
        born_on: Date::parse(born),
        rqth: false,
        situation: "neet".into(),
        insee: "62193".into(),
        site: 0,
    }
}

#[test]
fn the_embedded_rules_pass_their_own_examples() {
    let report = verify_rules(None).unwrap();
    assert_eq!(report.fautes, Vec::<String>::new());
    assert_eq!(report.dispositifs, ["CEJ", "CLAP", "FAJ", "FAJEM", "FDF", "GJ", "PACEA"]);
    let counts = embedded_rules()
        .into_iter()
        .filter(|(path, _)| path.starts_with("dispositifs/"))
        .map(|(path, text)| (path, text.matches("[[exemple]]").count()));
    for (path, examples) in counts {
        assert!(examples >= 3, "{path}: {examples} examples");
    }
}

#[test]
fn published_values_are_those_of_the_rule_files() {
    // (dispositif, day, bound of the monthly cap in centimes): CEJ from the décret and the yearly
    // instructions; GJ from the RSA less 12 %.
    let cases = [
        ("CEJ", "2022-03-01", 50_000),
        ("CEJ", "2022-07-01", 52_000),
        ("CEJ", "2023-04-01", 52_800),
        ("CEJ", "2024-03-01", 52_800),
        ("CEJ", "2024-04-01", 55_229),
        ("CEJ", "2025-04-01", 56_168),
        ("CEJ", "2026-04-01", 56_617),
        ("GJ", "2020-04-01", 49_701),
        ("GJ", "2021-04-01", 49_750),
        ("PACEA", "2021-04-01", 49_750),
        ("PACEA", "2024-04-01", 55_229),
    ];
    let law = law();
    for (code, day, bound) in cases {
        let day = Date::parse(day).unwrap();
        let rank = law.rank(code).unwrap();
        let rooms =
            denier::rules::rooms(&law, rank, &person("2001-01-15"), Declared::NOTHING, day, [].iter());
        assert!(
            rooms.iter().any(|room| room.bound == Amount::from_centimes(bound)),
            "{code} on {day}: {rooms:?}"
        );
    }
}

/// A random fact of a person, for the dispositif at this rank.
fn random_fact(random: &mut fastrand::Rng, dispositif: u16, law: &Law) -> Fact {
    let month = Month::parse("2024-01").unwrap().plus(random.i32(-14..14));
    let types = law.get(dispositif).nature_types.len();
    Fact {
        dispositif,
        nature_type: if types == 0 { 0 } else { u8::try_from(random.usize(1..=types)).unwrap() },
        decision: random.i64(1..5),
        month,
        decided_on: month.plus(random.i32(-3..1)).first_day(),
        paid_on: None,
        amount: Amount::from_centimes(random.i64(1..40_000)),
        irregular: false,
        undated: false,
    }
}

fn failures(law: &Law, who: &Person, asked: &Fact, facts: &[Fact]) -> Vec<Failure> {
    let case = Case {
        person: who,
        declared: Declared::NOTHING,
        committee: false,
        dispositif: asked.dispositif,
        nature_type: Some(asked.nature_type),
        month: asked.month,
        requested_on: None,
        decided_on: Some(asked.decided_on),
        counted_on: asked.decided_on,
        paid_on: None,
        amount: asked.amount,
    };
    let mut failures = Vec::new();
    judge(law, &case, facts.iter(), &mut failures);
    failures
}

fn caps(failures: &[Failure]) -> Vec<(Option<u16>, Amount)> {
    failures
        .iter()
        .filter(|failure| failure.code == Code::CapExceeded)
        .map(|failure| match failure.detail {
            Detail::Cap { bound, used, .. } => (failure.rule, (bound - used).or_zero()),
            _ => panic!("a cap has its numbers"),
        })
        .collect()
}

#[test]
fn what_a_cap_leaves_is_accepted_and_one_centime_more_is_not() {
    let law = law();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut exceeded, mut accepted) = (0, 0);
    for _ in 0..4_000 {
        let dispositif = random.u16(0..u16::try_from(law.dispositifs.len()).unwrap());
        let who = person("2001-06-15");
        let facts: Vec<Fact> =
            (0..random.usize(0..8)).map(|_| random_fact(&mut random, dispositif, &law)).collect();
        let mut asked = random_fact(&mut random, dispositif, &law);
        asked.amount = Amount::from_centimes(random.i64(1..400_000));
        let found = caps(&failures(&law, &who, &asked, &facts));
        // Deterministic, and the order of what was given before changes nothing.
        let mut shuffled = facts.clone();
        random.shuffle(&mut shuffled);
        assert_eq!(found, caps(&failures(&law, &who, &asked, &shuffled)));
        let Some(room) = found.iter().map(|(_, room)| *room).min() else {
            accepted += 1;
            continue;
        };
        exceeded += 1;
        assert!(room < asked.amount, "a refusal leaves less than what was asked");
        if room.is_positive() {
            let fitting = Fact { amount: room, ..asked };
            assert!(caps(&failures(&law, &who, &fitting, &facts)).is_empty(), "what is left is accepted");
        }
        let over = Fact { amount: room + Amount::from_centimes(1), ..asked };
        assert!(!caps(&failures(&law, &who, &over, &facts)).is_empty(), "one centime more is not");
        // Another aid never gives room.
        let more: Vec<Fact> =
            facts.iter().copied().chain([random_fact(&mut random, dispositif, &law)]).collect();
        for (rule, room) in &found {
            let after = caps(&failures(&law, &who, &asked, &more));
            let same = after.iter().find(|(other, _)| other == rule).expect("still exceeded");
            assert!(same.1 <= *room);
        }
    }
    assert!(exceeded > 300 && accepted > 300, "both sides were tried: {exceeded} and {accepted}");
}
