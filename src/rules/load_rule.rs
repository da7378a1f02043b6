//! One `[[regle]]` of a rule file.

use super::declarables::Unit;
use super::law::{DatedValue, OnDate, Written};
use super::load::{DAYS, check_whole_months, read_number, read_source};
use super::rule::{
    Base, Bound, Condition, Formula, Months, Rounding, Rule, RuleKind, Sanction, Undeclared, Window,
};
use crate::money::Amount;
use crate::words::{Keys, lacking, unknown};

/// What the file has already defined above a rule.
pub(super) struct Known<'a> {
    pub values: &'a [DatedValue],
    pub nature_types: &'a [(String, Vec<Written>)],
    pub rules: &'a [Rule],
    /// A value could not be read: that it is unknown is no fault of the rule.
    pub some_value_failed: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Age,
    Situation,
    Territory,
    Cap,
    Count,
    Step,
    Floor,
    Incompatible,
    DateOrder,
    Declared,
    Parcours,
    Wait,
    Due,
}

const KINDS: &[(&str, Kind)] = &[
    ("age", Kind::Age),
    ("situation", Kind::Situation),
    ("territoire", Kind::Territory),
    ("plafond", Kind::Cap),
    ("nombre", Kind::Count),
    ("pas", Kind::Step),
    ("plancher", Kind::Floor),
    ("incompatibilite", Kind::Incompatible),
    ("ordre_des_dates", Kind::DateOrder),
    ("declaration", Kind::Declared),
    ("parcours", Kind::Parcours),
    ("attente", Kind::Wait),
    ("montant_du", Kind::Due),
];

const WINDOWS: &[(&str, Window)] = &[
    ("aide", Window::Aid),
    ("semaine", Window::Week),
    ("mois", Window::Month),
    ("trimestre_civil", Window::Quarter),
    ("annee_civile", Window::Year),
    ("douze_mois", Window::TwelveMonths),
    ("decision", Window::Decision),
    ("parcours", Window::Parcours),
    ("toujours", Window::Always),
];

const MONTHS: &[(&str, Months)] = &[
    ("mois", Months::Same),
    ("mois_precedent", Months::Before),
    ("moyenne_trois_mois_precedents", Months::ThreeBefore),
];

const ROUNDINGS: &[(&str, Rounding)] = &[
    ("centime_le_plus_proche", Rounding::Nearest),
    ("centime_inferieur", Rounding::Down),
    ("centime_superieur", Rounding::Up),
];

/// The longest durations that a rule may say, in months.
const MOST_MONTHS: i64 = 600;

pub(super) fn read_rule(keys: &Keys<'_, '_>, known: &Known<'_>) -> Option<Rule> {
    let (code, label) = (keys.text("code"), keys.text("libelle"));
    if let Some(code) = &code
        && known.rules.iter().any(|other| other.code == *code)
    {
        keys.fault("code", format!("la règle « {code} » est définie deux fois"));
    }
    let (from, to) = (keys.optional_date("du"), keys.optional_date("au"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        keys.fault("au", "cette règle ne s'applique jamais : elle finit avant de commencer");
    }
    check_whole_months(keys, from, to);
    let types: Vec<(&str, u8)> = known
        .nature_types
        .iter()
        .enumerate()
        .filter_map(|(rank, (label, _))| Some((label.as_str(), u8::try_from(rank + 1).ok()?)))
        .collect();
    let natures = keys.words("natures", &types);
    let condition = keys.table("si").map(|si| read_condition(&si));
    let waived = keys.optional_word("levee_par", &[("instance", true)]).unwrap_or(false);
    let undeclared = keys
        .optional_word("sans_declaration", &[("admis", Undeclared::Passes), ("refuse", Undeclared::Refuses)]);
    let source = read_source(keys);
    let known_kind = keys.word("genre", KINDS);
    let kind = known_kind.and_then(|kind| read_kind(keys, kind, known));
    // Nobody knows which keys a rule of an unknown kind may have.
    if known_kind.is_some() {
        keys.finish();
    }
    let rule = Rule {
        code: code?,
        label: label?,
        from,
        to,
        natures,
        condition,
        waived_by_committee: waived,
        undeclared: undeclared.unwrap_or(Undeclared::Refuses),
        kind: kind?,
        source: source?,
        place: keys.place(),
    };
    match (!rule.needs().is_empty(), undeclared.is_some()) {
        (true, false) => keys.fault(
            "code",
            "cette règle lit des déclarations : dites ce qu'il en est sans elles, sans_declaration = \"admis\" ou \"refuse\"",
        ),
        (false, true) => {
            keys.fault("sans_declaration", "cette règle ne lit aucune déclaration : « sans_declaration » n'a pas d'objet");
        }
        _ => {}
    }
    Some(rule)
}

fn read_kind(keys: &Keys<'_, '_>, kind: Kind, known: &Known<'_>) -> Option<RuleKind> {
    Some(match kind {
        Kind::Age => {
            let on = read_days(keys);
            let minimum = keys.whole("minimum", 0, 120);
            let maximum = keys.whole("maximum_revolus", 0, 120);
            let maximum_rqth = keys.whole("maximum_revolus_rqth", 0, 120).or(maximum);
            if minimum.is_none() && maximum.is_none() && !keys.failed() {
                keys.fault("genre", "une règle d'âge veut « minimum » ou « maximum_revolus »");
            }
            check_ages(keys, minimum, maximum);
            RuleKind::Age { on, minimum, maximum, maximum_rqth }
        }
        Kind::Situation => RuleKind::Situation {
            excluded: required(keys, "exclues")?.iter().map(|word| Written::new(word)).collect(),
        },
        Kind::Territory => RuleKind::Territory { prefixes: required(keys, "codes_insee")? },
        Kind::Cap => {
            let window = keys.word("fenetre", WINDOWS);
            let bound = read_bound(keys, "borne", known, &[Unit::Euros]);
            let with = keys.texts("avec");
            RuleKind::Cap { window: window?, bound: bound?, with }
        }
        Kind::Count => {
            let window = keys.word("fenetre", WINDOWS);
            let maximum = keys.whole("maximum", 1, 10_000);
            if maximum.is_none() && !keys.has("maximum") {
                keys.fault("maximum", lacking("maximum", "3"));
            }
            let with = keys.texts("avec");
            RuleKind::Count { window: window?, maximum: maximum?, with }
        }
        Kind::Floor => RuleKind::Floor { bound: read_bound(keys, "borne", known, &[Unit::Euros])? },
        Kind::Step => RuleKind::Step { step: read_bound(keys, "borne", known, &[Unit::Euros])? },
        Kind::Incompatible => {
            let parcours = keys.optional_word("portee", &[("mois", false), ("parcours", true)]);
            RuleKind::Incompatible { with: required(keys, "avec")?, parcours: parcours.unwrap_or(false) }
        }
        Kind::DateOrder => {
            let days = keys.whole("delai_jours", 0, 3660);
            if days.is_none() && !keys.has("delai_jours") {
                keys.fault("delai_jours", lacking("delai_jours", "0"));
            }
            RuleKind::DateOrder { days: days? }
        }
        Kind::Declared => {
            let codes = required(keys, "declarations");
            let months = keys.word("periode", MONTHS);
            let units = [Unit::Euros, Unit::Number];
            let bound = |key| if keys.has(key) { read_bound(keys, key, known, &units) } else { None };
            let (minimum, maximum) = (bound("minimum"), bound("maximum"));
            let per = keys.optional_text("par");
            let unless = keys.optional_text("sauf");
            RuleKind::Declared { codes: codes?, months: months?, minimum, maximum, per, unless }
        }
        Kind::Parcours => {
            let months = keys.whole("duree_mois", 1, MOST_MONTHS);
            let extended = keys.whole("duree_mois_prolongee", 1, MOST_MONTHS);
            let extension = keys.optional_text("prolongation");
            if extended.is_some() != extension.is_some() {
                keys.fault("genre", "« duree_mois_prolongee » et « prolongation » vont ensemble");
            }
            RuleKind::Parcours { months, extended: extended.zip(extension) }
        }
        Kind::Wait => {
            let months = keys.whole("attente_mois", 1, MOST_MONTHS);
            if months.is_none() && !keys.has("attente_mois") {
                keys.fault("attente_mois", lacking("attente_mois", "6"));
            }
            RuleKind::Wait { months: months?, unless: keys.optional_text("sauf") }
        }
        Kind::Due => RuleKind::Due(Box::new(read_formula(keys, known)?)),
    })
}

fn required(keys: &Keys<'_, '_>, key: &'static str) -> Option<Vec<String>> {
    let texts = keys.texts(key);
    if texts.is_empty() && !keys.has(key) {
        keys.fault(key, lacking(key, "[\"…\"]"));
    }
    (!texts.is_empty()).then_some(texts)
}

fn read_days(keys: &Keys<'_, '_>) -> Vec<OnDate> {
    let on = keys.words("le", DAYS);
    if on.is_empty() && !keys.has("le") {
        keys.fault("le", lacking("le", "[\"demande\", \"decision\"]"));
    }
    on
}

fn check_ages(keys: &Keys<'_, '_>, minimum: Option<i16>, maximum: Option<i16>) {
    if minimum.zip(maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
        let key = if keys.has("minimum") { "minimum" } else { "age_minimum" };
        keys.fault(key, "aucun âge ne convient : le minimum dépasse le maximum");
    }
}

fn read_condition(keys: &Keys<'_, '_>) -> Condition {
    let minimum = keys.whole("age_minimum", 0, 120);
    let maximum = keys.whole("age_maximum_revolus", 0, 120);
    let by_age = minimum.is_some() || maximum.is_some();
    let on = if by_age || keys.has("le") { read_days(keys) } else { Vec::new() };
    check_ages(keys, minimum, maximum);
    let or_declared = keys.optional_text("ou_declaration");
    if or_declared.is_some() && !by_age {
        keys.fault(
            "ou_declaration",
            "« ou_declaration » complète un âge : age_minimum ou age_maximum_revolus",
        );
    }
    let unless_declared = keys.optional_text("sauf_declaration");
    let declared = keys.optional_text("declaration").map(|code| {
        let least = if keys.has("de") { read_number(keys, "de") } else { None };
        let most = if keys.has("a") { read_number(keys, "a") } else { None };
        let (least, most) = (
            least.map_or(i64::MIN, |number| number.centimes()),
            most.map_or(i64::MAX, |number| number.centimes()),
        );
        if least > most {
            keys.fault("a", "cette condition n'est jamais remplie : « de » dépasse « a »");
        }
        (code, least, most)
    });
    keys.finish();
    Condition { on, minimum, maximum, or_declared, unless_declared, declared }
}

/// Reads a bound, of which the result is in one of these units.
fn read_bound(keys: &Keys<'_, '_>, key: &'static str, known: &Known<'_>, units: &[Unit]) -> Option<Bound> {
    let Some(bound) = keys.table(key) else {
        if !keys.has(key) {
            keys.fault(key, lacking(key, "{ valeur = \"plafond\" }, le code d'une [[valeur]]"));
        }
        return None;
    };
    let value = |key: &'static str, units: &[Unit]| -> Option<usize> {
        let code = bound.optional_text(key)?;
        let Some(rank) = known.values.iter().position(|value| value.code == code) else {
            let codes: Vec<&str> = known.values.iter().map(|value| value.code.as_str()).collect();
            if !known.some_value_failed {
                bound.fault(key, format!("le code de valeur {}", unknown(&code, &codes)));
            }
            return None;
        };
        if !units.contains(&known.values[rank].unit) {
            let wanted: Vec<&str> = units.iter().map(|unit| unit.code()).collect();
            bound.fault(
                key,
                format!(
                    "la valeur « {code} » est en {} : il faut ici une valeur en {}",
                    known.values[rank].unit.code(),
                    wanted.join(" ou ")
                ),
            );
            return None;
        }
        Some(rank)
    };
    let base = match (value("valeur", units), bound.optional_text("declaration")) {
        (Some(rank), None) => Some(Base::Value(rank)),
        (None, Some(code)) if !bound.has("valeur") => Some(Base::Declared(code)),
        (None, None) if bound.has("valeur") => None,
        _ => {
            bound.fault(
                "valeur",
                format!("« {key} » veut « valeur » ou « declaration », et un seul des deux"),
            );
            None
        }
    };
    let times = bound.whole("fois", 1, 1_000_000).unwrap_or(1);
    let times_value = value("fois_valeur", &[Unit::Number]);
    let times_declared = bound.optional_text("fois_declaration");
    let part = value("part", &[Unit::Percent]);
    bound.finish();
    Some(Bound { base: base?, times, times_value, times_declared, part })
}

fn read_formula(keys: &Keys<'_, '_>, known: &Known<'_>) -> Option<Formula> {
    let caps: Vec<(&str, usize)> = known
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| matches!(rule.kind, RuleKind::Cap { .. }))
        .map(|(rank, rule)| (rule.code.as_str(), rank))
        .collect();
    let ceilings = keys.words("forfait", &caps);
    if !keys.has("forfait") {
        keys.fault(
            "forfait",
            lacking("forfait", "[\"…\"], les codes des plafonds du mois, écrits plus haut"),
        );
    }
    let months = keys.word("periode", MONTHS);
    let (deducted, tapered) = (keys.texts("deduites"), keys.texts("abattues"));
    let allowance = read_bound(keys, "franchise", known, &[Unit::Euros]);
    let vanishing = read_bound(keys, "annulation", known, &[Unit::Euros]);
    let rounding = keys.word("arrondi", ROUNDINGS);
    let sanctions: Vec<Option<Sanction>> =
        keys.tables("sanctions").iter().map(|sanction| read_sanction(sanction, known)).collect();
    Some(Formula {
        ceilings: (!ceilings.is_empty()).then_some(ceilings)?,
        months: months?,
        deducted,
        tapered,
        allowance: allowance?,
        vanishing: vanishing?,
        rounding: rounding?,
        sanctions: sanctions.into_iter().collect::<Option<_>>()?,
    })
}

fn read_sanction(keys: &Keys<'_, '_>, known: &Known<'_>) -> Option<Sanction> {
    let (label, declared) = (keys.text("libelle"), keys.text("declaration"));
    let rank = if keys.has("rang") { read_number(keys, "rang").map(|rank| rank.centimes()) } else { None };
    let percents: Vec<(&str, usize)> = known
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.unit == Unit::Percent)
        .map(|(rank, value)| (value.code.as_str(), rank))
        .collect();
    let part = keys.optional_word("retrait", &percents);
    let whole = Amount::from_centimes(100 * 100);
    if part.is_some_and(|part| known.values[part].periods.iter().any(|period| period.amount > whole)) {
        keys.fault("retrait", "on ne retire pas plus de 100 % d'un montant");
    }
    let delay = keys.whole("effet_mois", 0, 12);
    if delay.is_none() && !keys.has("effet_mois") {
        keys.fault("effet_mois", lacking("effet_mois", "1, pour le mois suivant"));
    }
    let months = keys.whole("mois", 1, MOST_MONTHS);
    let (from, to) = (keys.optional_date("du"), keys.optional_date("au"));
    let source = read_source(keys);
    keys.finish();
    Some(Sanction {
        label: label?,
        declared: declared?,
        rank,
        delay: delay?,
        part,
        months,
        from,
        to,
        source: source?,
    })
}
