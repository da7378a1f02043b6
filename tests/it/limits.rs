//! The edges of the rules, by table: `tests/cases/limites.txt`.

use crate::evaluate::RULES;
use denier::app::embedded_rules;
use denier::calendar::{Date, Month};
use denier::funding::{Declaration, Declared, Fact, Person};
use denier::money::Amount;
use denier::rules::{Case, Evaluation, Law, State, evaluate, parse_dispositif};

const WINDOWS: [(&str, &str); 9] = [
    ("AIDE", "aide"),
    ("SEMAINE", "semaine"),
    ("MOIS", "mois"),
    ("TRIMESTRE", "trimestre_civil"),
    ("ANNEE", "annee_civile"),
    ("DOUZE", "douze_mois"),
    ("DECISION", "decision"),
    ("PARCOURS", "parcours"),
    ("TOUJOURS", "toujours"),
];

/// The shipped law, altered by `edit`, and one dispositif for each window.
fn law(edit: impl Fn(&str, String) -> String) -> Law {
    let shipped = embedded_rules().into_iter().filter(|(path, _)| path.starts_with("dispositifs/"));
    let shipped = shipped.map(|(path, text)| (path.clone(), edit(&path, text)));
    let synthetic = WINDOWS.map(|(code, window)| {
        let more = if window == "parcours" { "sans_declaration = \"refuse\"" } else { "" };
        let text = RULES.replace("{code}", code).replace("{window}", window).replace("{more}", more);
        (
            code.to_string(),
            text.replace("{bound}", "borne = { valeur = \"plein\" }").replace("\"cap\"", "\"plafond\""),
        )
    });
    Law::new(shipped.chain(synthetic).map(|(path, text)| parse_dispositif(&path, &text).unwrap()).collect())
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(", ").filter(|one| *one != "-")
}

/// Reads `code [dispositif] days[=value]`.
fn declaration(text: &str) -> Declaration {
    let (text, value) = text.split_once('=').unwrap_or((text, "1"));
    let words: Vec<&str> = text.split(' ').collect();
    let (dispositif, days) = match words.as_slice() {
        [_, days] => ("", days),
        [_, dispositif, days] => (*dispositif, days),
        _ => panic!("{text}"),
    };
    let (from, to) = match days.split_once("..") {
        Some((from, to)) => (Date::parse(from).unwrap(), Date::parse(to)),
        None => match Month::parse(days) {
            Some(month) => (month.first_day(), Some(month.last_day())),
            None => (Date::parse(days).unwrap(), Date::parse(days)),
        },
    };
    Declaration {
        code: words[0].into(),
        dispositif: dispositif.into(),
        from,
        to,
        value: amount(value).centimes(),
    }
}

/// Reads `dispositif month amount [decision] [ailleurs]`; returns whether it is elsewhere.
fn past(law: &Law, text: &str) -> (bool, Fact) {
    let words: Vec<&str> = text.split(' ').collect();
    let month = Month::parse(words[1]).unwrap();
    let fact = Fact {
        dispositif: law.rank(words[0]).unwrap(),
        nature_type: u8::from(WINDOWS.iter().any(|(code, _)| *code == words[0])),
        decision: 1,
        month,
        decided_on: words[3..].iter().find_map(|word| Date::parse(word)).unwrap_or(month.first_day()),
        paid_on: None,
        amount: amount(words[2]),
        irregular: false,
        undated: false,
    };
    (words.last() == Some(&"ailleurs"), fact)
}

/// Evaluates the first five cells of a line.
fn found(law: &Law, cells: &[&str]) -> Evaluation {
    let [code, born_on, declared, before, asked, ..] = cells else { panic!("{cells:?}") };
    let person = Person {
        id: 1,
        born_on: Date::parse(born_on),
        rqth: false,
        situation: "neet".into(),
        insee: String::new(),
        site: 0,
    };
    let mut declarations: Vec<Declaration> = list(declared).map(declaration).collect();
    declarations.sort_by_key(|told| told.from);
    let (elsewhere, here): (Vec<_>, Vec<_>) =
        list(before).map(|text| past(law, text)).partition(|(elsewhere, _)| *elsewhere);
    let facts = |facts: Vec<(bool, Fact)>| facts.into_iter().map(|(_, fact)| fact).collect::<Vec<_>>();
    let declared = Declared { declarations, elsewhere: facts(elsewhere) };
    let here = facts(here);
    let words: Vec<&str> = asked.split(' ').collect();
    let month = Month::parse(words[0]).unwrap();
    let on = Date::parse(words[1]);
    let dispositif = law.rank(code).unwrap();
    let case = Case {
        person: &person,
        declared: &declared,
        dispositif,
        nature_type: Some(u8::from(!law.get(dispositif).nature_types.is_empty())),
        month,
        requested_on: on,
        decided_on: on,
        counted_on: on.unwrap_or(month.first_day()),
        paid_on: None,
        committee: false,
        amount: amount(words.last().unwrap()),
    };
    evaluate(law, &case, here.iter(), &[])
}

/// Writes the first rule that refuses, or « accepté », and the most.
fn said(found: &Evaluation) -> String {
    let refusing = found.reasons.iter().find(|reason| reason.state == State::Broken);
    let verdict = refusing.map_or("accepté", |reason| reason.rule.as_str());
    format!("{verdict} | {}", found.maximum.map_or("sans limite".into(), Amount::to_csv))
}

#[test]
fn the_edges_are_those_of_the_table() {
    let law = law(|_, text| text);
    let table = include_str!("../cases/limites.txt");
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        lines += 1;
        let cells: Vec<&str> = line.split(" | ").collect();
        let (found, expected) = (said(&found(&law, &cells)), cells[5..].join(" | "));
        if found != expected {
            wrong.push(format!("{line}\n    found: {found}"));
        }
    }
    assert!(lines > 100 && wrong.is_empty(), "{lines} lines\n{}", wrong.join("\n"));
}

/// A value of the formula that is not in force accepts nothing, and is named.
#[test]
fn a_missing_value_of_the_formula_accepts_nothing() {
    let later = |text: String, code: &str, day: &str| {
        let (before, after) = text.split_at(text.find(&format!("code = \"{code}\"")).unwrap());
        let at = after.find("du = ").unwrap() + 5;
        format!("{before}{}{day}{}", &after[..at], &after[at + 10..])
    };
    let edit = |code: &'static str| {
        law(move |path, text| if path.ends_with("cej.toml") { later(text, code, "2030-01-01") } else { text })
    };
    let asked = |declared: &'static str| ["CEJ", "2003-03-15", declared, "-", "2024-06 100,00"];
    for code in ["heures_mensuelles", "franchise", "part_du_smic"] {
        let found = found(&edit(code), &asked("-"));
        assert_eq!(said(&found), "montant_du | 0,00", "{code}");
    }
    let sanctioned = found(&edit("retrait_quart"), &asked("sanction CEJ 2024-05-15=1"));
    assert_eq!(said(&sanctioned), "montant_du | 0,00");
    assert_eq!(said(&found(&edit("retrait_quart"), &asked("-"))), "accepté | 552,29");
}
