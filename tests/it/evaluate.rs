//! Verdicts under random cases: what no dispositif may break, shipped or not.
//!
//! Every trial has a seed, which its failure prints. Dispositifs are those of the law: one more file
//! is one more subject.

use denier::app::{LawInForce, embedded_rules, law_of};
use denier::calendar::{Date, Month};
use denier::funding::{Declaration, Declared, Envelope, Fact, Person};
use denier::money::Amount;
use denier::rules::{
    Case, Evaluation, Failure, Law, Most, Reason, Rule, RuleKind, Span, State, Unit, evaluate, judge, most,
};

const TRIALS: u64 = 4_000;

fn shipped() -> LawInForce {
    law_of(&embedded_rules(), &Default::default()).unwrap()
}

/// One random question, with all that answers it.
struct Trial {
    seed: u64,
    person: Person,
    declared: Declared,
    facts: Vec<Fact>,
    dispositif: u16,
    nature_type: Option<u8>,
    month: Month,
    requested_on: Option<Date>,
    decided_on: Option<Date>,
    paid_on: Option<Date>,
    committee: bool,
    amount: Amount,
    envelopes: Vec<(String, Option<Envelope>)>,
}

fn cents(centimes: i64) -> Amount {
    Amount::from_centimes(centimes)
}

fn random_day(random: &mut fastrand::Rng, month: Month) -> Date {
    let first = month.first_day();
    (0..random.u8(0..28)).fold(first, |day, _| day.morrow())
}

fn random_nature(random: &mut fastrand::Rng, law: &Law, dispositif: u16) -> u8 {
    match law.get(dispositif).nature_types.len() {
        0 => 0,
        types => u8::try_from(random.usize(1..=types)).unwrap(),
    }
}

fn random_fact(random: &mut fastrand::Rng, law: &Law, dispositif: u16, around: Month) -> Fact {
    let month = around.plus(if random.u8(0..3) == 0 { 0 } else { random.i32(-14..14) });
    let decided_in = month.plus(random.i32(-2..1));
    Fact {
        dispositif,
        nature_type: random_nature(random, law, dispositif),
        decision: random.i64(1..5),
        month,
        decided_on: random_day(random, decided_in),
        paid_on: random.bool().then(|| random_day(random, month)),
        amount: cents(if random.bool() { random.i64(1..5_000) } else { random.i64(1..60_000) }),
        irregular: false,
        undated: random.u8(0..5) == 0,
    }
}

/// Half of what is declared is what the dispositif's own rules read, in the months where they read it.
fn random_declaration(
    random: &mut fastrand::Rng,
    rules: &LawInForce,
    about: u16,
    around: Month,
) -> Declaration {
    let all = &rules.declarables.all;
    let read: Vec<&str> = rules.law.get(about).rules.iter().flat_map(Rule::declarations).collect();
    let own = random.bool().then(|| random.choice(&read)).flatten();
    let one = match own {
        Some(code) => rules.declarables.find(code).unwrap(),
        None => &all[random.usize(0..all.len())],
    };
    let month = around.plus(random.i32(if own.is_some() { -3..1 } else { -14..3 }));
    let (from, to) = match one.span {
        Span::Month => (month.first_day(), Some(month.last_day())),
        Span::Day => {
            let day = random_day(random, month);
            (day, Some(day))
        }
        Span::Period => {
            let from = random_day(random, month);
            let to = month.plus(random.i32(0..16)).last_day();
            (from, random.bool().then_some(to))
        }
    };
    let value = match one.unit {
        Unit::Euros => *random.choice(&[0, 1, 29_999, 30_000, 30_001, 60_000, 120_000]).unwrap(),
        Unit::Number => *random.choice(&[0, 100, 150, 200, 300]).unwrap(),
        Unit::Percent => *random.choice(&[0, 3_000, 3_333, 10_000]).unwrap(),
        Unit::Flag => *random.choice(&[0, 100]).unwrap(),
    };
    let dispositifs = &rules.law.dispositifs;
    let dispositif = match one.by_dispositif {
        true if own.is_some() => rules.law.get(about).code.clone(),
        true => dispositifs[random.usize(0..dispositifs.len())].code.clone(),
        false => String::new(),
    };
    Declaration { code: one.code.clone(), dispositif, from, to, value }
}

impl Trial {
    fn new(seed: u64, rules: &LawInForce) -> Trial {
        let mut random = fastrand::Rng::with_seed(seed);
        let random = &mut random;
        let law = &rules.law;
        let ranks = u16::try_from(law.dispositifs.len()).unwrap();
        let dispositif = random.u16(0..ranks);
        let opens = law.get(dispositif).opens.month();
        let last = law.get(dispositif).closes.map_or(Month::parse("2026-07").unwrap(), |day| day.month());
        let month = match random.u8(0..10) {
            0 => opens.plus(random.i32(-2..3)),
            1 => last.plus(random.i32(-2..6)),
            _ => opens.max(last.plus(random.i32(-60..1))),
        };
        // Born so that the limits of age fall in the month.
        let birth = month.plus(-12 * random.i32(15..32));
        let person = Person {
            id: 1,
            born_on: match random.u8(0..12) {
                0 => None,
                1 => Date::parse("2000-02-29"),
                _ => Some(random_day(random, birth)),
            },
            rqth: random.u8(0..4) == 0,
            situation: (*random.choice(&["neet", "neet", "neet", "etudiant", "rsa", ""]).unwrap()).into(),
            insee: (*random.choice(&["62193", "63113", ""]).unwrap()).into(),
            site: 0,
        };
        let mut declarations: Vec<Declaration> =
            (0..random.usize(0..12)).map(|_| random_declaration(random, rules, dispositif, month)).collect();
        declarations.retain(|told| told.code != "parcours" || told.value > 0);
        declarations.sort_by_key(|told| told.from);
        let mut facts = |most: usize| -> Vec<Fact> {
            (0..random.usize(0..most))
                .map(|_| {
                    let own = random.u8(0..3) > 0;
                    let of = if own { dispositif } else { random.u16(0..ranks) };
                    random_fact(random, law, of, month)
                })
                .collect()
        };
        let (facts, elsewhere) = (facts(7), facts(3));
        let decided_in = month.plus(random.i32(-1..2));
        let decided_on = (random.u8(0..4) > 0).then(|| random_day(random, decided_in));
        let envelope = |random: &mut fastrand::Rng| {
            let notified = cents(*random.choice(&[0, 10_000, 100_000]).unwrap());
            Envelope { notified, consumed: cents(random.i64(0..50_000)), ..Envelope::default() }
        };
        let local = law.get(dispositif).envelope_year(month, month.first_day(), None).is_some();
        let envelopes = match (local, random.u8(0..5)) {
            (false, _) => Vec::new(),
            (true, 0) => vec![("CD 2024".to_string(), None)],
            (true, _) => vec![("CD 2024".to_string(), Some(envelope(random)))],
        };
        Trial {
            seed,
            person,
            declared: Declared { declarations, elsewhere },
            facts,
            dispositif,
            nature_type: (random.u8(0..15) > 0).then(|| random_nature(random, law, dispositif)),
            month,
            requested_on: random.bool().then(|| random_day(random, month)),
            decided_on,
            paid_on: (random.u8(0..4) == 0).then(|| random_day(random, month)),
            committee: random.u8(0..4) == 0,
            amount: cents(*random.choice(&[1, 999, 10_000, 16_000, 22_092, 55_229, 250_000]).unwrap()),
            envelopes,
        }
    }

    fn case(&self, amount: Amount) -> Case<'_> {
        let first = self.month.first_day();
        Case {
            person: &self.person,
            declared: &self.declared,
            dispositif: self.dispositif,
            nature_type: self.nature_type,
            month: self.month,
            requested_on: self.requested_on,
            decided_on: self.decided_on,
            counted_on: self.decided_on.or(self.requested_on).unwrap_or(first),
            paid_on: self.paid_on,
            committee: self.committee,
            amount,
        }
    }

    fn evaluate(&self, law: &Law, amount: Amount) -> Evaluation {
        evaluate(law, &self.case(amount), self.facts.iter(), &self.envelopes)
    }

    fn accepts(&self, law: &Law, amount: Amount) -> bool {
        self.evaluate(law, amount).accepted
    }
}

/// What a reason says in figures.
fn figures(reason: &Reason) -> String {
    format!("{} {:?} {:?} {:?} {:?}", reason.rule, reason.state, reason.value, reason.bound, reason.room)
}

/// Where nothing limits, any amount is less than the limit.
fn or_all(most: Option<Amount>) -> Amount {
    most.unwrap_or(cents(i64::MAX))
}

/// The step of a trial, in centimes, as its reasons show it.
fn step_of(law: &Law, trial: &Trial, found: &Evaluation) -> i64 {
    let step = |rule: &Rule| matches!(rule.kind, RuleKind::Step { .. });
    shown_bound(law, trial, found, step).unwrap_or(1)
}

/// The greatest bound shown by the reasons of the rules of a kind.
fn shown_bound(law: &Law, trial: &Trial, found: &Evaluation, of: impl Fn(&Rule) -> bool) -> Option<i64> {
    let rules = &law.get(trial.dispositif).rules;
    let wanted =
        found.reasons.iter().filter(|reason| rules.iter().any(|rule| rule.code == reason.rule && of(rule)));
    let shown = wanted.filter_map(|reason| Amount::parse(&reason.bound.clone()?.replace('.', ",")).ok());
    shown.map(Amount::centimes).max()
}

#[test]
fn the_most_is_accepted_and_one_step_more_is_not() {
    let rules = shipped();
    let law = &rules.law;
    let (mut limited, mut nothing, mut reached) = (0, 0, 0);
    for seed in 0..TRIALS {
        let trial = Trial::new(seed, &rules);
        let found = trial.evaluate(law, trial.amount);
        for other in [1, 12_345, 99_999_999] {
            let other = trial.evaluate(law, cents(other)).maximum;
            assert_eq!(other, found.maximum, "seed {seed}: the most does not hang on what is asked");
        }
        let Some(most) = found.maximum else {
            let step = step_of(law, &trial, &found);
            assert!(trial.accepts(law, cents(step * 99_999)), "seed {seed}: nothing limits");
            continue;
        };
        limited += 1;
        nothing += u32::from(most.is_zero());
        assert!(!(-most).is_positive(), "seed {seed}: {most:?}");
        for reason in &found.reasons {
            let room = reason.room.unwrap_or(most);
            assert!(
                most <= room && !(-room).is_positive(),
                "seed {seed}: {most:?} under {}",
                figures(reason)
            );
        }
        if most.is_positive() {
            reached += 1;
            assert!(trial.accepts(law, most), "seed {seed}: {most:?} is accepted");
        }
        let mut random = fastrand::Rng::with_seed(seed);
        for more in [1, 2, random.i64(3..100_000)] {
            let over = most + cents(more);
            assert!(!trial.accepts(law, over), "seed {seed}: {over:?} is more than the most, {most:?}");
        }
        if found.accepted {
            assert!(trial.amount <= most, "seed {seed}");
        }
    }
    assert!(limited > 1_000 && nothing > 500 && reached > 300, "{limited} {nothing} {reached}");
}

#[test]
fn a_verdict_is_that_of_the_judge_and_of_its_own_figures() {
    let rules = shipped();
    let law = &rules.law;
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..TRIALS {
        let mut trial = Trial::new(seed, &rules);
        let found = trial.evaluate(law, trial.amount);
        let again = trial.evaluate(law, trial.amount);
        assert_eq!(format!("{found:?}"), format!("{again:?}"), "seed {seed}");
        let mut failures: Vec<Failure> = Vec::new();
        judge(law, &trial.case(trial.amount), trial.facts.iter(), &mut failures);
        let envelopes = trial.envelopes.iter().all(|(_, envelope)| {
            envelope.is_some_and(|held| held.notified.is_positive() && trial.amount <= held.room())
        });
        let said = failures.iter().all(|failure| failure.noted) && envelopes;
        assert_eq!(found.accepted, said, "seed {seed}: {failures:?}");
        let apart = evaluate(law, &trial.case(trial.amount), trial.facts.iter(), &[]);
        let brief = most(law, &trial.case(trial.amount), trial.facts.iter());
        let step = step_of(law, &trial, &found);
        let within = or_all(apart.maximum).min(trial.amount).centimes();
        let floor = shown_bound(law, &trial, &found, |rule| matches!(rule.kind, RuleKind::Floor { .. }));
        let within = if within - within % step < floor.unwrap_or(0) { 0 } else { within - within % step };
        let expected = Most { limit: apart.maximum, within: cents(within), accepted: apart.accepted };
        assert_eq!(brief, expected, "seed {seed}");
        assert_eq!(found.accepted, by_figures(law, &trial, &found), "seed {seed}: {:#?}", found.reasons);
        let written =
            found.reasons.iter().all(|reason| !reason.message.is_empty() && !reason.article.is_empty());
        assert!(written, "seed {seed}: {:#?}", found.reasons);
        // The order in which the past is told changes nothing.
        let mut random = fastrand::Rng::with_seed(seed);
        random.shuffle(&mut trial.facts);
        random.shuffle(&mut trial.declared.elsewhere);
        let shuffled = trial.evaluate(law, trial.amount);
        let lines = |found: &Evaluation| found.reasons.iter().map(figures).collect::<Vec<_>>();
        assert_eq!((found.maximum, lines(&found)), (shuffled.maximum, lines(&shuffled)), "seed {seed}");
        accepted += u32::from(found.accepted);
        refused += u32::from(!found.accepted);
    }
    assert!(accepted > 200 && refused > 500, "{accepted} and {refused}");
}

/// The verdict that the figures of the reasons give, read by somebody who knows only the kinds of
/// the rules; a rule without figures is believed.
fn by_figures(law: &Law, trial: &Trial, found: &Evaluation) -> bool {
    let rules = &law.get(trial.dispositif).rules;
    let number = |text: &Option<String>| text.as_ref().map(|text| text.replace('.', "").parse::<i64>());
    let day = |text: &Option<String>| text.as_ref().and_then(|text| Date::parse(text));
    found.reasons.iter().all(|reason| {
        let rule = rules.iter().find(|rule| rule.code == reason.rule);
        let believed = reason.state != State::Broken;
        let kept = match rule.map(|rule| &rule.kind) {
            Some(RuleKind::DateOrder { days }) => day(&reason.value)
                .zip(day(&reason.bound))
                .is_none_or(|(paid, decided)| paid >= (0..*days).fold(decided, |day, _| day.eve())),
            // The parcours is told by its entry and the last day of its right.
            Some(RuleKind::Parcours { .. }) => {
                day(&reason.bound).map_or(believed, |last| trial.month.first_day() <= last)
            }
            Some(RuleKind::Wait { .. }) => {
                let days = day(&reason.value).zip(day(&reason.bound));
                days.is_none_or(|(found, earliest)| found >= earliest || reason.state == State::Waived)
            }
            kind => match (number(&reason.value), number(&reason.bound)) {
                (Some(Ok(value)), Some(Ok(bound))) => match kind {
                    Some(RuleKind::Step { .. }) => value % bound == 0,
                    Some(RuleKind::Age { maximum: None, .. }) => value >= bound,
                    // Under the minimum, it is the minimum that is shown.
                    Some(RuleKind::Age { minimum: Some(least), .. }) if i64::from(*least) == bound => {
                        value >= bound
                    }
                    Some(
                        RuleKind::Floor { .. } | RuleKind::Declared { minimum: Some(_), maximum: None, .. },
                    ) => value >= bound,
                    // The forfait itself is held by its cap.
                    Some(RuleKind::Due(_)) if reason.room.is_none() => believed,
                    _ => value <= bound,
                },
                _ => believed,
            },
        };
        // What is left is what the figures say, before this aid.
        let coherent = reason.room.is_none_or(|room| {
            let (value, bound) =
                (number(&reason.value).unwrap().unwrap(), number(&reason.bound).unwrap().unwrap());
            room == cents((bound - (value - trial.amount.centimes())).max(0))
        });
        assert!(coherent, "seed {}: {}", trial.seed, figures(reason));
        let notified = reason.rule != "enveloppe" || reason.bound.as_deref() != Some("0.00");
        kept && notified
    })
}

#[test]
fn one_more_aid_never_gives_room() {
    let rules = shipped();
    let law = &rules.law;
    let mut narrowed = 0;
    for seed in 0..TRIALS {
        let mut trial = Trial::new(seed, &rules);
        let before = trial.evaluate(law, trial.amount);
        let mut random = fastrand::Rng::with_seed(seed ^ 0xA1D);
        let of = if random.bool() {
            trial.dispositif
        } else {
            random.u16(0..u16::try_from(law.dispositifs.len()).unwrap())
        };
        let more = random_fact(&mut random, law, of, trial.month);
        match random.u8(0..3) {
            0 => trial.facts.push(more),
            1 => trial.declared.elsewhere.push(more),
            _ => match trial.envelopes.as_mut_slice() {
                [(_, Some(envelope)), ..] => envelope.consumed += more.amount,
                _ => trial.facts.push(Fact { paid_on: Some(more.month.last_day()), ..more }),
            },
        }
        let after = trial.evaluate(law, trial.amount);
        assert!(or_all(after.maximum) <= or_all(before.maximum), "seed {seed}");
        assert!(before.accepted || !after.accepted, "seed {seed}");
        narrowed += u32::from(or_all(after.maximum) < or_all(before.maximum));
    }
    assert!(narrowed > 100, "{narrowed} were narrowed");
}

/// Two aids of a person that are both accepted, one after the other, are so in the other order.
#[test]
fn the_order_of_two_aids_changes_nothing() {
    let rules = shipped();
    let law = &rules.law;
    let mut both = 0;
    for seed in 0..TRIALS {
        let first = Trial::new(seed, &rules);
        let mut random = fastrand::Rng::with_seed(seed ^ 0x0DE);
        let first = Trial { nature_type: Some(random_nature(&mut random, law, first.dispositif)), ..first };
        let own = random.bool();
        let second = Trial::new(seed, &rules);
        let of =
            if own { first.dispositif } else { random.u16(0..u16::try_from(law.dispositifs.len()).unwrap()) };
        let second = Trial {
            dispositif: of,
            nature_type: Some(random_nature(&mut random, law, of)),
            month: first.month.plus(random.i32(-12..13)),
            amount: cents(random.i64(1..40_000)),
            envelopes: Vec::new(),
            ..second
        };
        let as_fact = |trial: &Trial| Fact {
            dispositif: trial.dispositif,
            nature_type: trial.nature_type.unwrap(),
            decision: 9,
            month: trial.month,
            decided_on: trial.case(trial.amount).counted_on,
            paid_on: trial.paid_on,
            amount: trial.amount,
            irregular: false,
            undated: trial.decided_on.is_none(),
        };
        let accepts = |one: &Trial, after: Option<&Trial>| {
            let facts: Vec<Fact> = one.facts.iter().copied().chain(after.map(as_fact)).collect();
            most(law, &one.case(one.amount), facts.iter()).accepted
        };
        let in_order = accepts(&first, None) && accepts(&second, Some(&first));
        let reversed = accepts(&second, None) && accepts(&first, Some(&second));
        assert_eq!(in_order, reversed, "seed {seed}");
        both += u32::from(in_order);
    }
    assert!(both > 50, "{both} pairs are accepted");
}

/// 0 is a limit, and so is what is missing.
#[test]
fn zero_and_nothing_are_never_no_limit() {
    let text = RULES.replace("{bound}", "borne = { valeur = \"plein\" }");
    for (value, most) in [("0,00", Some(cents(0))), ("0,01", Some(cents(1)))] {
        let law = synthetic(&text.replace("100,00", value).replace("{window}", "mois").replace("{more}", ""));
        for month in ["2024-05", "2023-12"] {
            let trial = plain_trial(Month::parse(month).unwrap(), 1);
            let found = trial.evaluate(&law, trial.amount);
            let expected = if month == "2023-12" { Some(cents(0)) } else { most };
            assert_eq!(found.maximum, expected, "{value} in {month}");
            assert_eq!(found.accepted, expected == Some(cents(1)), "{value} in {month}");
        }
    }
}

// ---- Caps against a naive model ------------------------------------------------------------

/// A dispositif with one cap, and another whose aids it may count.
pub const RULES: &str = r#"
format = 1
code = "{code}"
libelle = "Essai"
financeur = "ETAT"
payeur = "STRUCTURE"
base_legale = "art. 1"
ouverture = { du = 2000-01-01, article = "art. 1", source = "essai", certitude = "local" }
gestion = { enveloppe = "aucune", fin_exercice = "caduc", indu_recouvre = "rendu_au_financeur", comptabilite = "fonds-propres" }

[natures]
premiere = ["une"]
seconde = ["autre"]

[[valeur]]
code = "plein"
libelle = "Plein"
unite = "euros"
periodes = [
    { du = 2024-01-01, valeur = "100,00", article = "art. 1", source = "essai", certitude = "local" },
    { du = 2024-07-01, valeur = "150,00", article = "art. 1", source = "essai", certitude = "local" },
]

[[valeur]]
code = "nombre"
libelle = "Nombre"
unite = "nombre"
periodes = [{ du = 2000-01-01, valeur = "2,50", article = "art. 1", source = "essai", certitude = "local" }]

[[valeur]]
code = "tiers"
libelle = "Tiers"
unite = "pourcent"
periodes = [{ du = 2000-01-01, valeur = "33,33", article = "art. 1", source = "essai", certitude = "local" }]

[[regle]]
code = "cap"
genre = "plafond"
libelle = "Plafond"
fenetre = "{window}"
{bound}
{more}
article = "art. 1"
source = "essai"
certitude = "local"
"#;

fn synthetic(text: &str) -> Law {
    let other = RULES.replace("{code}", "BB").replace("{window}", "aide").replace("{more}", "");
    let other = other.replace("{bound}", "borne = { valeur = \"plein\" }");
    let parse = |text: &str| denier::rules::parse_dispositif("essai.toml", text).unwrap();
    Law::new(vec![parse(&text.replace("{code}", "AA")), parse(&other)])
}

fn plain_trial(month: Month, amount: i64) -> Trial {
    Trial {
        seed: 0,
        person: Person {
            id: 1,
            born_on: None,
            rqth: false,
            situation: String::new(),
            insee: String::new(),
            site: 0,
        },
        declared: Declared::default(),
        facts: Vec::new(),
        dispositif: 0,
        nature_type: Some(1),
        month,
        requested_on: None,
        decided_on: None,
        paid_on: None,
        committee: false,
        amount: cents(amount),
        envelopes: Vec::new(),
    }
}

/// The first factor of a bound and what multiplies it.
#[derive(Clone, Copy, Debug)]
enum Factors {
    Value,
    Times,
    TimesNumber,
    TimesDeclared,
    Declared,
}

/// One rule of the table, as the model reads it.
#[derive(Clone, Copy, Debug)]
struct Spec {
    window: &'static str,
    with: bool,
    factors: Factors,
    part: bool,
    refuses: bool,
    one_nature: bool,
    /// From July 2024 on.
    dated: bool,
}

impl Spec {
    fn needs_declaration(self) -> bool {
        self.window == "parcours" || matches!(self.factors, Factors::TimesDeclared | Factors::Declared)
    }

    fn law(self) -> Law {
        let base = match self.factors {
            Factors::Value => "valeur = \"plein\"",
            Factors::Times => "valeur = \"plein\", fois = 3",
            Factors::TimesNumber => "valeur = \"plein\", fois_valeur = \"nombre\"",
            Factors::TimesDeclared => "valeur = \"plein\", fois_declaration = \"heures\"",
            Factors::Declared => "declaration = \"cout\"",
        };
        let part = if self.part { ", part = \"tiers\"" } else { "" };
        let mut more = Vec::new();
        if self.with {
            more.push("avec = [\"BB\"]");
        }
        if self.needs_declaration() {
            more.push(if self.refuses {
                "sans_declaration = \"refuse\""
            } else {
                "sans_declaration = \"admis\""
            });
        }
        if self.one_nature {
            more.push("natures = [\"premiere\"]");
        }
        if self.dated {
            more.push("du = 2024-07-01");
        }
        let text = RULES.replace("{window}", self.window).replace("{more}", &more.join("\n"));
        synthetic(&text.replace("{bound}", &format!("borne = {{ {base}{part} }}")))
    }
}

/// What the model says: not concerned, not checked, refused whatever the amount, or a bound and a use.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Unchecked,
    Never,
    Cap(i64, i64),
}

/// Months since year 0, from January.
fn ordinal(month: Month) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.of_year()) - 1
}

/// Weeks from Monday to Sunday since 1 January of year 0 (a Saturday), by adding up the years' days.
fn week(day: Date) -> i64 {
    let number = day.number();
    let (year, month, of_month) = (number / 10_000, number / 100 % 100, number % 100);
    let leap = |year: i64| i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let years: i64 = (0..year).map(|year| 365 + leap(year)).sum();
    let months: i64 = lengths[..usize::try_from(month - 1).unwrap()].iter().sum();
    (years + months + of_month - 1 + 5) / 7
}

/// What is declared in a month, or the beginning of the parcours that holds it: the latest that does.
fn told<'a>(trial: &'a Trial, code: &str, month: i64) -> Option<&'a Declaration> {
    let holds = |told: &&Declaration| {
        let ends = told.to.map_or(i64::MAX, |to| ordinal(to.month()));
        told.code == code && (ordinal(told.from.month())..=ends).contains(&month)
    };
    trial.declared.declarations.iter().filter(holds).max_by_key(|told| told.from)
}

impl Spec {
    /// The bound in a month, down to the centime; `Err(true)` where a declaration is missing.
    fn bound(self, trial: &Trial, month: i64) -> Result<i64, bool> {
        let value = match month {
            month if month < 2024 * 12 => None,
            month if month < 2024 * 12 + 6 => Some(10_000),
            _ => Some(15_000),
        };
        let declared = |code| told(trial, code, month).map(|told| i128::from(told.value)).ok_or(true);
        let value = || value.ok_or(false).map(i128::from);
        let (up, down) = match self.factors {
            Factors::Value => (value()?, 1),
            Factors::Times => (value()? * 3, 1),
            Factors::TimesNumber => (value()? * 5, 2),
            Factors::TimesDeclared => (value()? * declared("heures")?, 100),
            Factors::Declared => (declared("cout")?, 1),
        };
        let (up, down) = if self.part { (up * 3_333, down * 10_000) } else { (up, down) };
        Ok(i64::try_from(up / down).unwrap())
    }

    fn counts(self, fact: &Fact) -> bool {
        if fact.dispositif == 1 { self.with } else { !self.one_nature || fact.nature_type == 1 }
    }

    fn says(self, trial: &Trial) -> Said {
        let month = ordinal(trial.month);
        let holds = |month: i64| !self.dated || month >= 2024 * 12 + 6;
        if self.one_nature && trial.nature_type != Some(1) || self.window != "douze_mois" && !holds(month) {
            return Said::Nothing;
        }
        let facts: Vec<&Fact> =
            trial.facts.iter().chain(&trial.declared.elsewhere).filter(|fact| self.counts(fact)).collect();
        let used = |inside: &dyn Fn(&Fact) -> bool| -> i64 {
            facts.iter().filter(|fact| inside(fact)).map(|fact| fact.amount.centimes()).sum()
        };
        let missing = || if self.refuses { Said::Never } else { Said::Unchecked };
        if self.window == "douze_mois" {
            let mut ends: Vec<i64> = facts.iter().map(|fact| ordinal(fact.month)).collect();
            ends.retain(|end| (month + 1..month + 12).contains(end));
            ends.push(month);
            ends.retain(|end| holds(*end));
            let mut tightest: Option<(i64, i64)> = None;
            let mut unchecked = false;
            for end in ends {
                match self.bound(trial, end) {
                    Err(true) if !self.refuses => unchecked = true,
                    Err(_) => return Said::Never,
                    Ok(bound) => {
                        let used = used(&|fact| (end - 11..=end).contains(&ordinal(fact.month)));
                        if tightest.is_none_or(|(known, other)| bound - used < known - other) {
                            tightest = Some((bound, used));
                        }
                    }
                }
            }
            return match tightest {
                Some((bound, used)) => Said::Cap(bound, used),
                None if unchecked => Said::Unchecked,
                None => Said::Nothing,
            };
        }
        let counted_on = trial.decided_on.unwrap_or(trial.month.first_day());
        let parcours = told(trial, "parcours", month);
        if self.window == "parcours" && parcours.is_none() {
            let elsewhere = trial.declared.declarations.iter().any(|told| told.code == "parcours");
            return if elsewhere { Said::Never } else { missing() };
        }
        let bound = match self.bound(trial, month) {
            Ok(bound) => bound,
            Err(true) => return missing(),
            Err(false) => return Said::Never,
        };
        let of = |fact: &Fact| ordinal(fact.month);
        let sum = match self.window {
            "aide" => 0,
            "semaine" => used(&|fact| week(fact.decided_on) == week(counted_on)),
            "mois" => used(&|fact| of(fact) == month),
            "trimestre_civil" => used(&|fact| of(fact) / 3 == month / 3),
            "annee_civile" => used(&|fact| of(fact) / 12 == month / 12),
            "decision" => used(&|fact| fact.decided_on == counted_on),
            "parcours" => used(&|fact| told(trial, "parcours", of(fact)) == parcours),
            _ => used(&|_| true),
        };
        Said::Cap(bound, sum)
    }
}

/// A random trial for the model: months around the change of the value, declarations of all kinds.
fn model_trial(seed: u64, law: &Law) -> Trial {
    let mut random = fastrand::Rng::with_seed(seed);
    let month = Month::parse("2024-06").unwrap().plus(random.i32(-8..9));
    let mut trial = plain_trial(month, random.i64(1..20_000));
    trial.seed = seed;
    trial.nature_type = Some(random.u8(1..3));
    trial.decided_on = random.bool().then(|| random_day(&mut random, month));
    let mut fact = |trial: &Trial| {
        let dispositif = u16::from(random.u8(0..4) == 0);
        let mut fact = random_fact(&mut random, law, dispositif, month);
        fact.amount = cents(random.i64(1..8_000));
        if random.u8(0..3) == 0 {
            // The same week, the same decision, or the day beside.
            let day = trial.decided_on.unwrap_or(month.first_day());
            fact.decided_on = (0..random.u8(0..8)).fold(day, |day, _| day.morrow());
        }
        fact
    };
    trial.facts = (0..6).map(|_| fact(&trial)).collect();
    trial.declared.elsewhere = (0..2).map(|_| fact(&trial)).collect();
    let declared = &mut trial.declared.declarations;
    let mut day = random_day(&mut random, month.plus(-16));
    for _ in 0..random.u8(0..4) {
        // Parcours do not overlap, but two may share a month.
        let from = (0..random.u16(0..200)).fold(day, |day, _| day.morrow());
        let to = (0..random.u16(0..250)).fold(from, |day, _| day.morrow());
        let to = random.u8(0..4).min(1).eq(&1).then_some(to);
        let dispositif = "AA".to_string();
        declared.push(Declaration { code: "parcours".into(), dispositif, from, to, value: 100 });
        let Some(to) = to else { break };
        day = to.morrow();
    }
    for offset in -8..9 {
        for (code, values) in [("heures", [0, 150, 333]), ("cout", [0, 9_999, 30_001])] {
            if random.u8(0..3) > 0 {
                let month = month.plus(offset);
                let (from, to) = (month.first_day(), Some(month.last_day()));
                let value = *random.choice(&values).unwrap();
                declared.push(Declaration { code: code.into(), dispositif: "AA".into(), from, to, value });
            }
        }
    }
    declared.sort_by_key(|told| told.from);
    trial
}

#[test]
fn caps_are_those_of_a_naive_model() {
    let windows = [
        "aide",
        "semaine",
        "mois",
        "trimestre_civil",
        "annee_civile",
        "douze_mois",
        "decision",
        "parcours",
        "toujours",
    ];
    let all_factors =
        [Factors::Value, Factors::Times, Factors::TimesNumber, Factors::TimesDeclared, Factors::Declared];
    let (mut said, mut seed) = ([0; 4], 0);
    for window in windows {
        for factors in all_factors {
            for bits in 0..32 {
                let bit = |at: u32| bits >> at & 1 == 1;
                let spec = Spec {
                    window,
                    factors,
                    with: bit(0),
                    part: bit(1),
                    refuses: bit(2),
                    one_nature: bit(3),
                    dated: bit(4),
                };
                let law = spec.law();
                for _ in 0..12 {
                    seed += 1;
                    let trial = model_trial(seed, &law);
                    let found = trial.evaluate(&law, trial.amount);
                    let expected = spec.says(&trial);
                    let shown = match found.reasons.as_slice() {
                        [] => Said::Nothing,
                        [reason] => match (reason.state, &reason.value, &reason.bound) {
                            (State::Unchecked, ..) => Said::Unchecked,
                            (State::Broken, None, None) => Said::Never,
                            (_, Some(value), Some(bound)) => {
                                let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
                                let used = cents(value) - trial.amount.centimes();
                                assert_eq!(reason.state == State::Broken, cents(value) > cents(bound));
                                Said::Cap(cents(bound), used)
                            }
                            other => panic!("seed {seed} {spec:?}: {other:?}"),
                        },
                        more => panic!("seed {seed} {spec:?}: {more:?}"),
                    };
                    assert_eq!(shown, expected, "seed {seed} {spec:?}");
                    let maximum = match expected {
                        Said::Nothing | Said::Unchecked => None,
                        Said::Never => Some(cents(0)),
                        Said::Cap(bound, used) => Some(cents((bound - used).max(0))),
                    };
                    assert_eq!(found.maximum, maximum, "seed {seed} {spec:?}");
                    said[match expected {
                        Said::Nothing => 0,
                        Said::Unchecked => 1,
                        Said::Never => 2,
                        Said::Cap(..) => 3,
                    }] += 1;
                }
            }
        }
    }
    assert!(said.iter().all(|count| *count > 300), "each verdict was met: {said:?}");
}

/// A cap that a committee waives limits nothing when one decides, whatever is asked.
#[test]
fn a_cap_that_the_committee_waives_limits_nothing() {
    let text = RULES.replace("{bound}", "borne = { valeur = \"plein\" }").replace("{window}", "mois");
    let law = synthetic(&text.replace("{more}", "levee_par = \"instance\""));
    for (committee, amount, maximum, accepted) in [
        (false, 10_000, Some(cents(10_000)), true),
        (false, 10_001, Some(cents(10_000)), false),
        (true, 10_000, None, true),
        (true, 10_001, None, true),
    ] {
        let trial = Trial { committee, ..plain_trial(Month::parse("2024-05").unwrap(), amount) };
        let found = trial.evaluate(&law, trial.amount);
        assert_eq!((found.maximum, found.accepted), (maximum, accepted), "{committee} {amount}");
        let brief = most(&law, &trial.case(trial.amount), [].iter());
        assert_eq!((brief.limit, brief.accepted), (maximum, accepted), "{committee} {amount}");
    }
}
