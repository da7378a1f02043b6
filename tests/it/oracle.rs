//! The CEJ against amounts computed elsewhere: `tests/cases/oracle-cej.csv` holds cases worked out by
//! OpenFisca-France 176.1.8. Its readings that differ from the shipped file are three words of that
//! file: incomes as a mean of three months, RSA and prime d'activité looked for in those months.
//!
//! Left out: `age_quirk` = 1 (OpenFisca counts a birthday one day early) and the months from April
//! 2026 on, of which it has no amounts.

use denier::app::embedded_rules;
use denier::calendar::{Date, Month};
use denier::funding::{Declaration, Declared, Person};
use denier::ledger::Code;
use denier::money::Amount;
use denier::rules::{Case, Dispositif, Due, Law, RuleKind, due, judge, parse_dispositif};
use std::collections::BTreeMap;

type Row = BTreeMap<String, String>;

fn rows() -> Vec<Row> {
    let text = include_str!("../cases/oracle-cej.csv");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells = line.splitn(names.len(), ',').map(str::to_string);
            names.iter().map(ToString::to_string).zip(cells).collect()
        })
        .collect()
}

/// The incomes of the file, by their column and by our code; the last is a year's.
const INCOMES: [(&str, &str); 5] = [
    ("salaire_net", "salaire_net"),
    ("chomage_net", "chomage"),
    ("revenus_stage_formation_pro", "stage_formation"),
    ("indemnites_journalieres", "indemnites_journalieres"),
    ("remuneration_apprenti", "remuneration_apprenti"),
];

fn hundredths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{:0<2}", &part[..part.len().min(2)]).parse().unwrap()
}

fn is_zero(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '0' | '.'))
}

fn monthly(code: &str, month: Month, value: i64) -> Declaration {
    Declaration {
        code: code.into(),
        dispositif: String::new(),
        from: month.first_day(),
        to: Some(month.last_day()),
        value,
    }
}

fn declared(row: &Row, month: Month) -> Declared {
    let mut declarations = Vec::new();
    for back in 1..=3 {
        let then = month.plus(-back);
        for (column, code) in INCOMES.into_iter().chain([
            ("indemnites_chomage_partiel", "chomage_partiel"),
            ("rsa", "rsa"),
            ("ppa", "prime_activite"),
        ]) {
            declarations.push(monthly(code, then, hundredths(&row[&format!("{column}_m{back}")])));
        }
        let year = hundredths(&row["revenus_non_salarie_nets_annee"]);
        declarations.push(monthly("revenu_non_salarie", then, year / 12));
    }
    declarations.push(monthly("volontariat", month, hundredths(&row["indemnites_volontariat_m"])));
    declarations.push(monthly("tranche_impot", month, hundredths(&row["ir_tranche"])));
    declarations.push(monthly("emancipe", month, hundredths(&row["mineur_emancipe"])));
    declarations.sort_by_key(|declaration| declaration.from);
    Declared { declarations, elsewhere: Vec::new() }
}

/// The law with the shipped CEJ, or with OpenFisca's three readings of it.
fn law(as_openfisca: bool) -> Law {
    let dispositifs: Vec<Dispositif> = embedded_rules()
        .into_iter()
        .filter(|(path, _)| path.starts_with("dispositifs/"))
        .map(|(path, mut text)| {
            if as_openfisca && path.ends_with("/cej.toml") {
                for (rule, shipped) in
                    [("montant_du", "mois_precedent"), ("sans_rsa", "mois"), ("sans_prime_activite", "mois")]
                {
                    let at = text.find(&format!("code = \"{rule}\"")).unwrap();
                    let (before, after) = text.split_at(at);
                    let shipped = format!("periode = \"{shipped}\"");
                    assert!(after.contains(&shipped), "{rule}");
                    let after = after.replacen(&shipped, "periode = \"moyenne_trois_mois_precedents\"", 1);
                    text = format!("{before}{after}");
                }
            }
            parse_dispositif(&path, &text).unwrap()
        })
        .collect();
    Law::new(dispositifs)
}

/// What we find: eligible, and the amount due.
fn found(law: &Law, row: &Row) -> (bool, Option<Due>) {
    let month = Month::parse(&row["month"]).unwrap();
    let rank = law.rank("CEJ").unwrap();
    let student = row["activite"] == "etudiant";
    let person = Person {
        id: 1,
        born_on: Date::parse(&row["date_naissance"]),
        rqth: row["handicap"] == "1",
        situation: if student { "etudiant" } else { "neet" }.into(),
        insee: String::new(),
        site: 0,
    };
    let declared = declared(row, month);
    let case = Case {
        person: &person,
        declared: &declared,
        dispositif: rank,
        nature_type: Some(0),
        month,
        requested_on: None,
        decided_on: None,
        counted_on: month.first_day(),
        paid_on: None,
        committee: false,
        amount: Amount::from_centimes(1),
    };
    let mut failures = Vec::new();
    judge(law, &case, [].iter(), &mut failures);
    let eligible = failures.iter().all(|failure| failure.noted || failure.code == Code::DueExceeded);
    let dispositif = law.get(rank);
    let formula = dispositif.rules.iter().find_map(|rule| match &rule.kind {
        RuleKind::Due(formula) => Some(formula),
        _ => None,
    });
    (eligible, due(dispositif, formula.unwrap(), &case))
}

/// An amount of four decimals, rounded half-up to the centime.
fn to_centime(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap();
    let tenthousandths: i64 = format!("{whole}{part:0<4}").parse().unwrap();
    (tenthousandths + 50) / 100
}

fn comparable(row: &Row) -> bool {
    row["age_quirk"] == "0" && row["month"].as_str() < "2026-04"
}

fn check(law: &Law, row: &Row) {
    let (eligible, due) = found(law, row);
    let case = format!("{} {} {}", row["case_id"], row["tag"], row["month"]);
    assert_eq!(eligible, row["eligible"] == "1", "{case}");
    if eligible {
        let due = due.unwrap_or_else(|| panic!("{case}: no amount due"));
        assert_eq!(due.forfait.centimes(), to_centime(&row["montant_forfaitaire"]), "{case}: forfait");
        let gap = (due.amount.centimes() - to_centime(&row["montant"])).abs();
        assert!(gap <= 1, "{case}: {} against {}", due.amount.to_french(), row["montant"]);
    }
}

#[test]
fn every_comparable_case_agrees_under_the_readings_of_the_oracle() {
    let law = law(true);
    let rows: Vec<Row> = rows().into_iter().filter(comparable).collect();
    assert_eq!(rows.len(), 119, "the cases that are compared");
    rows.iter().for_each(|row| check(&law, row));
}

#[test]
fn the_shipped_file_agrees_where_the_three_months_are_alike() {
    let law = law(false);
    let alike = |row: &Row| {
        let steady = INCOMES.iter().chain(&[("indemnites_chomage_partiel", "")]).all(|(column, _)| {
            let of = |back: i32| &row[&format!("{column}_m{back}")];
            of(1) == of(2) && of(2) == of(3)
        });
        let none = |column: &str| (1..=3).all(|back| is_zero(&row[&format!("{column}_m{back}")]));
        steady && none("rsa") && none("ppa")
    };
    let rows: Vec<Row> = rows().into_iter().filter(|row| comparable(row) && alike(row)).collect();
    assert!(rows.len() > 90, "{} cases are compared", rows.len());
    rows.iter().for_each(|row| check(&law, row));
}
