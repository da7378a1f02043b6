//! The shipped rules: their examples, their values against the published sources, and properties
//! of the judge that no rule file may break.

use denier::app::{embedded_rules, law_of, verify_rules};
use denier::calendar::{Date, Month};
use denier::funding::{Declared, Fact, Person};
use denier::ledger::{Code, Detail};
use denier::money::Amount;
use denier::rules::{Case, Failure, Law, RuleKind, judge};

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
    assert_eq!(
        report.dispositifs,
        [
            "ANI",
            "APRE",
            "CEJ",
            "CIVIS",
            "CLAP",
            "FAJ",
            "FAJ-MODELE",
            "FAJ40",
            "FAJ63",
            "FAJEM",
            "FDAJ",
            "FDF",
            "FIPJ",
            "FPRO",
            "GJ",
            "MOBILITE",
            "PACEA",
            "PERMIS62",
            "VACANCES"
        ]
    );
    let counts = embedded_rules()
        .into_iter()
        .filter(|(path, _)| path.starts_with("dispositifs/") || path.starts_with("modeles/"))
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

/// The periods of a value: its first day and its hundredths.
type Periods = &'static [(&'static str, i64)];

/// What was published: every period of a value, and no other.
const PUBLISHED: &[(&str, &str, Periods)] = &[
    (
        "CEJ",
        "forfait_majeur",
        &[
            ("2022-03-01", 50_000),
            ("2022-07-01", 52_000),
            ("2023-04-01", 52_800),
            ("2024-04-01", 55_229),
            ("2025-04-01", 56_168),
            ("2026-04-01", 56_617),
        ],
    ),
    (
        "CEJ",
        "forfait_majeur_1re_tranche",
        &[
            ("2022-03-01", 30_000),
            ("2022-07-01", 31_200),
            ("2023-04-01", 31_680),
            ("2024-04-01", 33_137),
            ("2025-04-01", 33_700),
            ("2026-04-01", 33_970),
        ],
    ),
    (
        "CEJ",
        "forfait_mineur",
        &[
            ("2022-03-01", 20_000),
            ("2022-07-01", 20_800),
            ("2023-04-01", 21_120),
            ("2024-04-01", 22_092),
            ("2025-04-01", 22_468),
            ("2026-04-01", 22_648),
        ],
    ),
    (
        "CEJ",
        "smic_horaire",
        &[
            ("2022-01-01", 1057),
            ("2022-05-01", 1085),
            ("2022-08-01", 1107),
            ("2023-01-01", 1127),
            ("2023-05-01", 1152),
            ("2024-01-01", 1165),
            ("2024-11-01", 1188),
            ("2026-01-01", 1202),
            ("2026-06-01", 1231),
        ],
    ),
    ("CEJ", "heures_mensuelles", &[("2002-01-01", 15_167)]),
    ("CEJ", "franchise", &[("2022-03-01", 30_000)]),
    ("CEJ", "part_du_smic", &[("2022-03-01", 8000)]),
    (
        "GJ",
        "smic_horaire",
        &[
            ("2013-01-01", 943),
            ("2014-01-01", 953),
            ("2015-01-01", 961),
            ("2016-01-01", 967),
            ("2017-01-01", 976),
            ("2018-01-01", 988),
            ("2019-01-01", 1003),
            ("2020-01-01", 1015),
            ("2021-01-01", 1025),
            ("2021-10-01", 1048),
            ("2022-01-01", 1057),
            ("2022-05-01", 1085),
            ("2022-08-01", 1107),
            ("2023-01-01", 1127),
            ("2023-05-01", 1152),
            ("2024-01-01", 1165),
        ],
    ),
    ("GJ", "franchise", &[("2013-10-01", 30_000)]),
    ("GJ", "part_du_smic", &[("2013-10-01", 8000)]),
    ("GJ", "heures_mensuelles", &[("2013-10-01", 15_167)]),
    ("PACEA", "plafond_ressources", &[("2017-01-01", 0), ("2021-01-01", 30_000)]),
    ("CIVIS", "plafond_jour", &[("2009-04-01", 1500)]),
    ("CIVIS", "plafond_mensuel", &[("2009-04-01", 45_000)]),
    ("CIVIS", "plafond_annuel", &[("2009-04-01", 180_000)]),
];

/// The RSA of one person, before the 12 % of the forfait logement: the Garantie jeunes from its
/// opening to the end of its last contracts, the PACEA until it took the amount of the CEJ.
const RSA: Periods = &[
    ("2013-09-01", 49_290),
    ("2014-01-01", 49_931),
    ("2014-09-01", 50_930),
    ("2015-01-01", 51_388),
    ("2015-09-01", 52_416),
    ("2016-04-01", 52_468),
    ("2016-09-01", 53_517),
    ("2017-04-01", 53_678),
    ("2017-09-01", 54_548),
    ("2018-04-01", 55_093),
    ("2019-04-01", 55_974),
    ("2020-04-01", 56_478),
    ("2021-04-01", 56_534),
    ("2022-04-01", 57_552),
    ("2022-07-01", 59_854),
    ("2023-04-01", 60_775),
];

/// The first days and the hundredths of a value of the shipped files.
fn periods(law: &Law, code: &str, value: &str) -> Vec<(Date, i64)> {
    let dispositif = law.get(law.rank(code).unwrap());
    let value = dispositif.values.iter().find(|found| found.code == value).unwrap();
    value.periods.iter().map(|period| (period.from, period.amount.centimes())).collect()
}

#[test]
fn every_published_period_is_in_the_rule_files() {
    let law = law();
    let day = |text: &str| Date::parse(text).unwrap();
    for (code, value, published) in PUBLISHED {
        let published: Vec<(Date, i64)> = published.iter().map(|(from, of)| (day(from), *of)).collect();
        assert_eq!(periods(&law, code, value), published, "{code} {value}");
    }
    let less_12_percent = |(from, base): &(&str, i64), opens: &str| {
        (day(from).max(day(opens)), (base * 88 + 50).div_euclid(100))
    };
    let gj: Vec<(Date, i64)> = RSA.iter().map(|rsa| less_12_percent(rsa, "2013-10-01")).collect();
    assert_eq!(periods(&law, "GJ", "plafond_mensuel"), gj);
    let by_rsa = RSA.iter().filter(|(from, _)| ("2016-09-01".."2022-03-01").contains(from));
    let pacea: Vec<(Date, i64)> = by_rsa
        .map(|rsa| less_12_percent(rsa, "2017-01-01"))
        .chain(periods(&law, "CEJ", "forfait_majeur"))
        .collect();
    assert_eq!(periods(&law, "PACEA", "plafond_mensuel"), pacea);
}

#[test]
fn published_ages_are_those_of_the_rule_files() {
    let law = law();
    let cases = [("CEJ", "age", 16, 25, 29), ("GJ", "age", 16, 25, 25), ("PACEA", "age", 16, 25, 25)];
    for (code, rule, least, most, most_rqth) in cases {
        let dispositif = law.get(law.rank(code).unwrap());
        let rule = dispositif.rules.iter().find(|found| found.code == rule).unwrap();
        let RuleKind::Age { minimum, maximum, maximum_rqth, .. } = &rule.kind else { panic!("an age") };
        assert_eq!((*minimum, *maximum, *maximum_rqth), (Some(least), Some(most), Some(most_rqth)), "{code}");
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
