//! Rule files → [`Dispositif`]: every fault is found, has its place and says what to write.
//!
//! `ledger-rules/README.md` teaches this format. An unknown key is refused.

use super::declarables::Unit;
use super::examples::Example;
use super::law::{
    Booking, Certainty, DatedValue, Dispositif, EnvelopeUse, OnDate, Period, Remark, Source, Written,
};
use super::load_rule::{Known, read_rule};
use super::rule::Rule;
use crate::calendar::Date;
use crate::money::Amount;
use crate::words::{Keys, RuleFaults, RuleFileError, Sheet};
use sha2::{Digest as _, Sha256};

/// The version of the format that this program reads.
const FORMAT: i64 = 1;

/// The days that a rule may name.
pub(super) const DAYS: &[(&str, OnDate)] = &[
    ("demande", OnDate::Request),
    ("decision", OnDate::Decision),
    ("premier_du_mois", OnDate::FirstOfMonth),
    ("paiement", OnDate::Payment),
];

const CERTAINTIES: &[(&str, Certainty)] =
    &[("confirmé", Certainty::Confirmed), ("local", Certainty::Local), ("à vérifier", Certainty::Unverified)];

const UNITS: &[(&str, Unit)] =
    &[("euros", Unit::Euros), ("nombre", Unit::Number), ("pourcent", Unit::Percent)];

/// Reads a dispositif's file.
///
/// # Errors
/// With all the faults of the file.
pub fn parse_dispositif(path: &str, text: &str) -> Result<Dispositif, RuleFaults> {
    parse(path, text, text)
}

/// Reads a dispositif's file to judge by it: its examples, four fifths of a shipped file, are left out
/// where they end the file. Its digest is that of the whole file.
///
/// # Errors
/// With all the faults of what is read.
pub fn parse_for_judging(path: &str, text: &str) -> Result<Dispositif, RuleFaults> {
    parse(path, without_examples(text), text)
}

/// Returns the text up to its examples, where nothing but examples follows the first of them.
fn without_examples(text: &str) -> &str {
    let Some(at) = text.find("\n[[exemple]]") else { return text };
    let (head, examples) = text.split_at(at + 1);
    let long_texts = text.contains("\"\"\"") || text.contains("'''");
    let mut tables = examples.lines().filter(|line| line.trim_start().starts_with('['));
    if !long_texts && tables.all(|line| line.starts_with("[[exemple")) { head } else { text }
}

fn parse(path: &str, text: &str, whole: &str) -> Result<Dispositif, RuleFaults> {
    let sheet = Sheet::new(path, text);
    let root = sheet.root();
    let keys = Keys::new(&sheet, root.get_ref(), 0..0);
    let read = read_dispositif(path, whole, &keys);
    drop(keys);
    drop(root);
    let faults = sheet.into_faults();
    match read {
        Some(dispositif) if faults.is_empty() => Ok(dispositif),
        _ => Err(RuleFaults(faults)),
    }
}

fn read_dispositif(path: &str, text: &str, keys: &Keys<'_, '_>) -> Option<Dispositif> {
    if keys.whole("format", FORMAT, FORMAT).unwrap_or(FORMAT) != FORMAT || !keys.has("format") {
        keys.fault("format", format!("écrivez format = {FORMAT} : c'est celui que ce programme lit"));
    }
    let (code, label, funder) = (keys.text("code"), keys.text("libelle"), keys.text("financeur"));
    let (payer, legal_basis) = (keys.text("payeur"), keys.text("base_legale"));
    let opening = section(keys, "ouverture").and_then(|opening| {
        let read = (opening.date("du"), opening.optional_date("au"), read_source(&opening));
        opening.finish();
        if let (Some(from), Some(to), _) = &read
            && to < from
        {
            opening.fault("au", "la fermeture précède l'ouverture");
        }
        Some((read.0?, read.1, read.2?))
    });
    let booking = section(keys, "gestion").and_then(|booking| read_booking(&booking));
    let nature_types: Vec<(String, Vec<Written>)> = keys
        .table("natures")
        .map(|natures| natures.named_lists())
        .unwrap_or_default()
        .into_iter()
        .map(|(label, natures)| (label, natures.iter().map(|nature| Written::new(nature)).collect()))
        .collect();
    if nature_types.len() > 200 {
        keys.fault("natures", "plus de 200 types de nature");
    }
    let mut values: Vec<DatedValue> = Vec::new();
    let mut failed = false;
    let value_keys = keys.tables("valeur");
    for value in &value_keys {
        match read_value(value) {
            Some(read) if values.iter().any(|other| other.code == read.code) => {
                value.fault("code", format!("la valeur « {} » est définie deux fois", read.code));
            }
            Some(read) => values.push(read),
            None => failed = true,
        }
    }
    let rule_keys = keys.tables("regle");
    let mut rules: Vec<Rule> = Vec::with_capacity(rule_keys.len());
    for rule in &rule_keys {
        let known =
            Known { values: &values, nature_types: &nature_types, rules: &rules, some_value_failed: failed };
        if let Some(read) = read_rule(rule, &known) {
            rules.push(read);
        }
    }
    let examples: Vec<Example> = keys.tables("exemple").iter().filter_map(Example::from_keys).collect();
    keys.finish();
    let (opens, closes, opening_source) = opening?;
    let mut remarks = Vec::new();
    let mut remark = |blocks: bool, fault: RuleFileError| remarks.push(Remark { fault, blocks });
    for (rule, at) in rules.iter().zip(&rule_keys) {
        if rule.to.is_some_and(|to| to < opens)
            || rule.from.zip(closes).is_some_and(|(from, closes)| from > closes)
        {
            let message = format!(
                "la règle « {} » ne s'applique jamais : ses dates sont hors de celles du dispositif",
                rule.code
            );
            remark(true, at.told("code", message));
        }
    }
    for (rank, (value, at)) in values.iter().zip(&value_keys).enumerate() {
        let periods = at.tables("periodes");
        for ((before, after), at) in value.periods.iter().zip(&value.periods[1..]).zip(&periods) {
            if let Some(to) = before.to.filter(|to| to.morrow() < after.from) {
                let message = format!(
                    "valeur « {} » : aucun montant du {} au {} ; ajoutez une période, ou ôtez « au » de la précédente",
                    value.code,
                    to.morrow().to_french(),
                    after.from.eve().to_french()
                );
                remark(true, at.told("au", message));
            }
        }
        for hole in holes(value, opens, closes) {
            remark(
                false,
                at.told("code", format!("valeur « {} » : {hole} ; rien n'y est accepté", value.code)),
            );
        }
        if !rules.iter().any(|rule| rule.reads(rank)) {
            remark(true, at.told("code", format!("valeur « {} » : aucune règle ne s'en sert", value.code)));
        }
    }
    Some(Dispositif {
        path: path.to_string(),
        code: code?,
        label: label?,
        funder: funder?,
        payer: payer?,
        legal_basis: legal_basis?,
        opens,
        closes,
        opening_source,
        booking: booking?,
        nature_types,
        values,
        rules,
        remarks,
        examples,
        digest: Sha256::digest(text.as_bytes()).into(),
    })
}

/// Returns the code of a dispositif's file, even one that cannot be read as a whole; `path` is only
/// for messages.
pub fn dispositif_code(path: &str, text: &str) -> Option<String> {
    let sheet = Sheet::new(path, text);
    let root = sheet.root();
    Keys::new(&sheet, root.get_ref(), 0..0).optional_text("code")
}

/// A section that must be there.
fn section<'s, 't>(keys: &Keys<'s, 't>, name: &'static str) -> Option<Keys<'s, 't>> {
    let found = keys.table(name);
    if found.is_none() && !keys.has(name) {
        keys.fault(name, format!("section obligatoire absente : [{name}]"));
    }
    found
}

/// The stretches of the dispositif's life in which a value is not known.
fn holes(value: &DatedValue, opens: Date, closes: Option<Date>) -> Vec<String> {
    let mut holes = Vec::new();
    if let Some(first) = value.periods.first().filter(|first| first.from > opens) {
        holes.push(format!("aucun montant du {} au {}", opens.to_french(), first.from.eve().to_french()));
    }
    if let Some(to) = value.periods.last().and_then(|last| last.to)
        && closes.is_none_or(|closes| to < closes)
    {
        holes.push(format!("aucun montant à partir du {}", to.morrow().to_french()));
    }
    holes
}

pub(super) fn read_source(keys: &Keys<'_, '_>) -> Option<Source> {
    let (article, source) = (keys.text("article"), keys.text("source"));
    let certainty = keys.word("certitude", CERTAINTIES);
    Some(Source { article: article?, source: source?, certainty: certainty? })
}

fn read_booking(keys: &Keys<'_, '_>) -> Option<Booking> {
    let local = keys.word("enveloppe", &[("aucune", false), ("locale", true)]);
    let year = keys.optional_word("annee_enveloppe", DAYS);
    match (local, year) {
        (Some(false), Some(_)) => {
            keys.fault("annee_enveloppe", "sans enveloppe, « annee_enveloppe » n'a pas d'objet");
        }
        (Some(true), None) if !keys.has("annee_enveloppe") => keys.fault(
            "enveloppe",
            "une enveloppe locale veut « annee_enveloppe » (paiement, decision ou premier_du_mois)",
        ),
        _ => {}
    }
    let carried_over = keys.word("fin_exercice", &[("caduc", false), ("report", true)]);
    let recovered = keys.word("indu_recouvre", &[("reabonde", true), ("rendu_au_financeur", false)]);
    let general_book = keys.word(
        "comptabilite",
        &[("fonds-propres", "fonds-propres"), ("mandat", "mandat"), ("hors-bilan", "hors-bilan")],
    );
    keys.finish();
    Some(Booking {
        envelope: match (local?, year) {
            (true, Some(on)) => EnvelopeUse::Local(on),
            _ => EnvelopeUse::None,
        },
        carried_over: carried_over?,
        recovered_to_envelope: recovered?,
        general_book: general_book?,
    })
}

fn read_value(keys: &Keys<'_, '_>) -> Option<DatedValue> {
    let (code, label) = (keys.text("code"), keys.text("libelle"));
    let unit = keys.word("unite", UNITS);
    let period_keys = keys.tables("periodes");
    if !keys.has("periodes") {
        keys.fault("periodes", "une valeur a au moins une période : [[valeur.periodes]]");
    }
    keys.finish();
    let mut periods: Vec<Period> = Vec::with_capacity(period_keys.len());
    for period in &period_keys {
        let Some(read) = read_period(period) else { continue };
        if let Some(before) = periods
            .last()
            .filter(|before| read.from <= before.from || before.to.is_some_and(|to| to >= read.from))
        {
            period.fault(
                "du",
                format!(
                    "cette période chevauche celle du {} ou la précède : les périodes se suivent, la plus ancienne d'abord",
                    before.from.to_french()
                ),
            );
        }
        periods.push(read);
    }
    let complete = periods.len() == period_keys.len() && !periods.is_empty();
    Some(DatedValue { code: code?, label: label?, unit: unit?, periods: complete.then_some(periods)? })
}

fn read_period(keys: &Keys<'_, '_>) -> Option<Period> {
    let (from, to) = (keys.date("du"), keys.optional_date("au"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        keys.fault("au", "la fin précède le début");
    }
    check_whole_months(keys, from, to);
    let amount = read_number(keys, "valeur");
    let source = read_source(keys);
    keys.finish();
    Some(Period { from: from?, to, amount: amount?, source: source? })
}

/// A month of right has one law, that of its first day: a date within a month would be read as another.
pub(super) fn check_whole_months(keys: &Keys<'_, '_>, from: Option<Date>, to: Option<Date>) {
    if from.is_some_and(|from| from != from.month().first_day()) {
        keys.fault("du", "un mois de droit a une seule règle : écrivez le premier jour d'un mois");
    }
    if to.is_some_and(|to| to != to.month().last_day()) {
        keys.fault("au", "un mois de droit a une seule règle : écrivez le dernier jour d'un mois");
    }
}

/// Reads a text such as `"552,29"` as hundredths.
pub(super) fn read_number(keys: &Keys<'_, '_>, key: &'static str) -> Option<Amount> {
    let text = keys.number(key)?;
    match Amount::parse(&text) {
        Ok(amount) if amount >= Amount::ZERO => Some(amount),
        _ => {
            keys.fault(
                key,
                format!("« {text} » : écrivez un nombre positif entre guillemets, de deux décimales au plus, comme \"552,29\""),
            );
            None
        }
    }
}
