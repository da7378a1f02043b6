//! A dispositif on a day, as sentences: what the judge applies to the aids of that month, in the words
//! of who pays them.

use super::bodies::{Body, STRUCTURE};
use super::bound;
use super::declarables::{Declarables, Unit};
use super::due::due;
use super::judge::Case;
use super::law::{Certainty, DatedValue, Dispositif, EnvelopeUse, Law, OnDate, Source};
use super::rule::{Base, Bound, Condition, Formula, Rounding, Rule, RuleKind, Sanction, Undeclared};
use crate::calendar::{Date, Month};
use crate::funding::{Declared, Person};
use crate::money::Amount;
use std::collections::BTreeMap;

/// A dispositif on a day.
#[derive(Clone, Debug)]
pub struct RulePage {
    /// Its code.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// The day.
    pub day: Date,
    /// Whether it can be decided on that day.
    pub open: bool,
    /// The same in a sentence.
    pub opening: String,
    /// Its legal basis.
    pub legal_basis: String,
    /// What it says of the aids of the month of that day.
    pub sections: Vec<PageSection>,
    /// Where each value and each rule comes from.
    pub texts: Vec<PageText>,
    /// What is known to change afterwards, soonest first.
    pub changes: Vec<PageChange>,
}

/// What a page says under one heading.
#[derive(Clone, Debug)]
pub struct PageSection {
    /// The heading.
    pub heading: &'static str,
    /// The sentences.
    pub lines: Vec<PageLine>,
}

/// A sentence, and what founds it.
#[derive(Clone, Debug)]
pub struct PageLine {
    /// The sentence.
    pub text: String,
    /// The rule that says it, if one does.
    pub rule: Option<String>,
    /// The least sure of that rule and of the values that it reads.
    pub certainty: Certainty,
}

/// Where a value or a rule comes from.
#[derive(Clone, Debug)]
pub struct PageText {
    /// `ouverture`, `valeur`, `regle` or `sanction`.
    pub kind: &'static str,
    /// Its code in the file.
    pub code: String,
    /// Its label.
    pub label: String,
    /// What it is worth on that day, in words; empty for a rule.
    pub worth: String,
    /// The same in hundredths of its unit.
    pub hundredths: Option<i64>,
    /// Since when.
    pub since: Date,
    /// Its article, its source, how sure it is.
    pub source: Source,
}

/// What will change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageChange {
    /// The first day on which it is so.
    pub on: Date,
    /// What changes, in a sentence.
    pub text: String,
    /// How sure it is.
    pub certainty: Certainty,
}

impl RulePage {
    /// Returns the labels of the values and rules of which no text was read, without repetition.
    pub fn unverified(&self) -> Vec<&str> {
        self.of(Certainty::Unverified)
    }

    /// Returns those that are one territory's own, to be replaced by each structure.
    pub fn local(&self) -> Vec<&str> {
        self.of(Certainty::Local)
    }

    fn of(&self, certainty: Certainty) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for text in self.texts.iter().filter(|text| text.source.certainty == certainty) {
            if !labels.contains(&text.label.as_str()) {
                labels.push(&text.label);
            }
        }
        labels
    }
}

/// Tells the dispositif at this rank as it is on a day: for the aids of the month of that day, whose
/// values and rules are read on its first day, as the judge does.
pub fn rule_page(law: &Law, rank: u16, day: Date, declarables: &Declarables, bodies: &[Body]) -> RulePage {
    let dispositif = law.get(rank);
    let teller = Teller { law, rank, dispositif, month: day.month(), declarables, bodies };
    let open = day >= dispositif.opens && dispositif.closes.is_none_or(|closes| day <= closes);
    let begun = day >= dispositif.opens;
    RulePage {
        code: dispositif.code.clone(),
        label: dispositif.label.clone(),
        day,
        open,
        opening: opening(dispositif, day),
        legal_basis: dispositif.legal_basis.clone(),
        sections: if begun { teller.sections() } else { Vec::new() },
        texts: teller.texts(begun),
        changes: teller.changes(day),
    }
}

fn opening(dispositif: &Dispositif, day: Date) -> String {
    let opens = dispositif.opens.in_words();
    match dispositif.closes {
        _ if day < dispositif.opens => {
            format!("Pas encore ouvert à cette date : la première décision possible est du {opens}.")
        }
        None => format!("Ouvert : une aide se décide depuis le {opens}, sans date de fin connue."),
        Some(closes) if day <= closes => {
            format!("Ouvert : une aide se décide du {opens} au {}.", closes.in_words())
        }
        Some(closes) => format!(
            "Fermé à cette date : une aide se décidait du {opens} au {}. Ce qui suit vaut pour les aides décidées avant.",
            closes.in_words()
        ),
    }
}

/// What the sentences are made from.
struct Teller<'a> {
    law: &'a Law,
    rank: u16,
    dispositif: &'a Dispositif,
    month: Month,
    declarables: &'a Declarables,
    bodies: &'a [Body],
}

const WHO: &str = "Pour qui";
const HOW_MUCH: &str = "Combien";
const HOW_LONG: &str = "Combien de temps";
const WITH_WHAT: &str = "Avec quoi";
const SANCTIONS: &str = "Sanctions";
const MONEY: &str = "Argent";

impl<'a> Teller<'a> {
    fn rules_in_force(&self) -> impl Iterator<Item = &'a Rule> {
        let month = self.month;
        self.dispositif.rules.iter().filter(move |rule| rule.holds_in(month))
    }

    fn sections(&self) -> Vec<PageSection> {
        let mut lines: BTreeMap<&'static str, Vec<PageLine>> = BTreeMap::new();
        for rule in self.rules_in_force() {
            let (heading, sentences) = self.rule(rule);
            let certainty = self.certainty_of(rule);
            let told =
                sentences.into_iter().map(|text| PageLine { text, rule: Some(rule.code.clone()), certainty });
            lines.entry(heading).or_default().extend(told);
            if let RuleKind::Due(formula) = &rule.kind {
                lines.entry(SANCTIONS).or_default().extend(self.sanctions(rule, formula));
            }
        }
        let natures = plain(self.natures());
        lines.entry(WITH_WHAT).or_default().push(natures);
        lines.insert(MONEY, self.money().into_iter().map(plain).collect());
        let nothing = |heading| match heading {
            WHO => Some("aucune condition n'est contrôlée sur la personne"),
            HOW_MUCH => Some("aucun montant n'est contrôlé"),
            HOW_LONG => Some("aucune durée n'est contrôlée"),
            _ => None,
        };
        [WHO, HOW_MUCH, HOW_LONG, WITH_WHAT, SANCTIONS, MONEY]
            .into_iter()
            .filter_map(|heading| {
                let found = lines.remove(heading).filter(|lines| !lines.is_empty());
                let lines =
                    found.or_else(|| Some(vec![plain(sentence(&[nothing(heading)?.to_string()]))]))?;
                Some(PageSection { heading, lines })
            })
            .collect()
    }

    /// The section and the sentences of a rule.
    fn rule(&self, rule: &Rule) -> (&'static str, Vec<String>) {
        let scope = self.scope(rule);
        let said = |words: String| {
            let words = format!("{words}{}", self.relief(rule));
            vec![sentence(&[scope.clone(), vec![words]].concat())]
        };
        if let Some(label) = self.value_lacking(rule) {
            let words = format!("aucun montant en vigueur pour {label} : rien n'est accepté");
            return (HOW_MUCH, said(words));
        }
        match &rule.kind {
            RuleKind::Age { on, minimum, maximum, maximum_rqth } => {
                (WHO, said(format!("{}, {}", ages(*minimum, *maximum, *maximum_rqth), days(on))))
            }
            RuleKind::Situation { excluded } => {
                let words: Vec<String> = excluded.iter().map(|word| quoted(&word.text)).collect();
                (WHO, said(format!("situation autre que {}", either(&words))))
            }
            RuleKind::Territory { prefixes } => (WHO, said(territory(prefixes))),
            RuleKind::Declared { codes, months, minimum, maximum, per, unless } => {
                let names: Vec<String> = codes.iter().map(|code| self.named(code)).collect();
                let unit = codes.first().map_or(Unit::Euros, |code| self.unit_of(code));
                let shared =
                    per.as_ref().map_or_else(String::new, |per| format!(" par {}", self.declared(per)));
                let bounds = match (minimum, maximum) {
                    (None, None) if unit == Unit::Flag => "ne doit pas être déclaré".to_string(),
                    (None, None) => "rien au-dessus de zéro".to_string(),
                    (Some(least), None) => format!("{} au moins", self.bound(least)),
                    (None, Some(most)) => format!("{} au plus", self.bound(most)),
                    (Some(least), Some(most)) => {
                        format!("{} au moins, {} au plus", self.bound(least), self.bound(most))
                    }
                };
                let when =
                    if unit == Unit::Flag { String::new() } else { format!(", {}", months.in_words()) };
                let total = if names.len() > 1 { "le total de " } else { "" };
                let unless = self.unless(unless.as_ref());
                (WHO, said(format!("{total}{}{shared}{when} : {bounds}{unless}", both(&names))))
            }
            RuleKind::Cap { window, bound, with } => (
                HOW_MUCH,
                said(format!("{} au plus {}{}", self.bound(bound), window.in_words(), counted_too(with))),
            ),
            RuleKind::Count { window, maximum, with } => {
                let aids = if *maximum == 1 { "aide" } else { "aides" };
                (
                    HOW_MUCH,
                    said(format!("{maximum} {aids} au plus {}{}", window.in_words(), counted_too(with))),
                )
            }
            RuleKind::Floor { bound } => (HOW_MUCH, said(format!("{} au moins", self.bound(bound)))),
            RuleKind::Step { step } => (HOW_MUCH, said(format!("par multiples de {}", self.bound(step)))),
            RuleKind::Due(formula) => (HOW_MUCH, self.formula(rule, formula)),
            RuleKind::Parcours { months, extended } => {
                let longest = match (months, extended) {
                    (None, _) => "le mois de droit est dans un parcours déclaré".to_string(),
                    (Some(months), None) => format!("{months} mois au plus depuis l'entrée dans le parcours"),
                    (Some(months), Some((extended, code))) => format!(
                        "{months} mois au plus depuis l'entrée dans le parcours, {extended} si {} est déclaré",
                        self.declared(code)
                    ),
                };
                let whole = if months.is_some() {
                    " ; le mois de l'entrée et celui du terme sont dus en entier"
                } else {
                    ""
                };
                (HOW_LONG, said(format!("{longest}{whole}")))
            }
            RuleKind::Wait { months, unless } => (
                HOW_LONG,
                said(format!(
                    "{months} mois au moins entre la fin d'un parcours et l'entrée dans le suivant{}",
                    self.unless(unless.as_ref())
                )),
            ),
            RuleKind::Incompatible { with, parcours } => {
                let others: Vec<String> = with.iter().map(|code| self.dispositif_named(code)).collect();
                let parcours = if *parcours { ", ni pendant un de leurs parcours" } else { "" };
                (
                    WITH_WHAT,
                    said(format!("pas d'aide le même mois qu'une aide {}{parcours}", either(&others))),
                )
            }
            RuleKind::DateOrder { days: 0 } => {
                (WITH_WHAT, said("le paiement ne précède pas la décision".to_string()))
            }
            RuleKind::DateOrder { days } => {
                (WITH_WHAT, said(format!("le paiement précède la décision de {days} jours au plus")))
            }
        }
    }

    /// The value without which nothing is accepted that is not in force in the month.
    fn value_lacking(&self, rule: &Rule) -> Option<String> {
        let bounds: Vec<&Bound> = match &rule.kind {
            RuleKind::Cap { bound, .. } | RuleKind::Step { step: bound } | RuleKind::Floor { bound } => {
                vec![bound]
            }
            RuleKind::Declared { minimum, maximum, .. } => minimum.iter().chain(maximum).collect(),
            RuleKind::Due(formula) => vec![&formula.allowance, &formula.vanishing],
            RuleKind::Age { .. }
            | RuleKind::Situation { .. }
            | RuleKind::Territory { .. }
            | RuleKind::Count { .. }
            | RuleKind::Incompatible { .. }
            | RuleKind::DateOrder { .. }
            | RuleKind::Parcours { .. }
            | RuleKind::Wait { .. } => Vec::new(),
        };
        let values = bounds.iter().flat_map(|bound| bound.values());
        let mut values = values.map(|rank| &self.dispositif.values[rank]);
        let lacking = values.find(|value| value.on(self.month.first_day()).is_none())?;
        Some(quoted(&uncapitalised(&lacking.label)))
    }

    /// The cases to which a rule applies, as the beginning of its sentence; nothing when to all.
    fn scope(&self, rule: &Rule) -> Vec<String> {
        let mut parts = Vec::new();
        let types: Vec<String> = rule
            .natures
            .iter()
            .filter_map(|rank| self.dispositif.nature_types.get(usize::from(*rank).checked_sub(1)?))
            .map(|(label, _)| quoted(label))
            .collect();
        if !types.is_empty() {
            parts.push(format!("nature {}", either(&types)));
        }
        if let Some(condition) = &rule.condition {
            parts.extend(self.condition(condition));
        }
        if parts.is_empty() { parts } else { vec![parts.join(", ")] }
    }

    fn condition(&self, condition: &Condition) -> Vec<String> {
        let mut parts = Vec::new();
        let ages = match (condition.minimum, condition.maximum) {
            (None, None) => None,
            (Some(least), None) => Some(format!("à partir de {least} ans")),
            (None, Some(most)) => Some(format!("avant {} ans", most + 1)),
            (Some(least), Some(most)) => Some(format!("de {least} ans à la veille des {} ans", most + 1)),
        };
        if let Some(ages) = ages {
            let or = condition.or_declared.as_ref();
            let or = or.map_or_else(String::new, |code| format!(" (ou {} déclaré)", self.declared(code)));
            parts.push(format!("{ages} {}{or}", days(&condition.on)));
        }
        if let Some((code, least, most)) = &condition.declared {
            let number = |hundredths: i64| number(hundredths, self.unit_of(code));
            let name = self.declared(code);
            parts.push(match (*least, *most) {
                (i64::MIN, i64::MAX) => format!("{name} déclaré"),
                (least, i64::MAX) => format!("{name} d'au moins {}", number(least)),
                (i64::MIN, most) => format!("{name} d'au plus {}", number(most)),
                (least, most) if least == most => format!("{name} = {}", number(least)),
                (least, most) => format!("{name} de {} à {}", number(least), number(most)),
            });
        }
        if let Some(code) = &condition.unless_declared {
            parts.push(format!("sauf {} déclaré", self.declared(code)));
        }
        parts
    }

    /// What softens a rule: a committee, a declaration that is missing.
    fn relief(&self, rule: &Rule) -> String {
        let mut relief = String::new();
        // Where nothing above zero is admitted, nothing declared is nothing.
        let zero = matches!(rule.kind, RuleKind::Declared { minimum: None, maximum: None, .. });
        match rule.undeclared {
            Undeclared::Passes if zero => {}
            _ if rule.needs().is_empty() => {}
            Undeclared::Passes => relief.push_str(" ; non contrôlé si rien n'est déclaré"),
            Undeclared::Refuses => relief.push_str(" ; refusé si rien n'est déclaré"),
        }
        if rule.waived_by_committee {
            relief.push_str(" ; une commission peut y déroger");
        }
        relief
    }

    fn unless(&self, code: Option<&String>) -> String {
        code.map_or_else(String::new, |code| format!(", sauf {} déclaré", self.declared(code)))
    }

    /// A bound in words, with what it is worth: like the judge's, it never grows.
    fn bound(&self, bound: &Bound) -> String {
        self.bound_rounded(bound, Rounding::Down)
    }

    fn bound_rounded(&self, bound: &Bound, rounding: Rounding) -> String {
        let named = |rank: usize| {
            let value = &self.dispositif.values[rank];
            let period = value.on(self.month.first_day())?;
            Some((quoted(&uncapitalised(&value.label)), number(period.amount.centimes(), value.unit)))
        };
        let alone = bound.times == 1
            && bound.times_value.is_none()
            && bound.times_declared.is_none()
            && bound.part.is_none();
        let with_worth =
            |rank: usize| named(rank).map_or_else(String::new, |(label, worth)| format!("{label} ({worth})"));
        let mut words = match &bound.base {
            Base::Value(rank) if alone => {
                return named(*rank).map_or_else(String::new, |(_, worth)| worth);
            }
            Base::Value(rank) => with_worth(*rank),
            Base::Declared(code) => self.declared(code),
        };
        if bound.times > 1 {
            words = format!("{} fois {words}", bound.times);
        }
        if let Some(rank) = bound.times_value {
            words.push_str(&format!(" × {}", with_worth(rank)));
        }
        if let Some(code) = &bound.times_declared {
            words.push_str(&format!(" × {}", self.declared(code)));
        }
        if let Some((_, part)) = bound.part.and_then(named) {
            words = format!("{part} de {words}");
        }
        match self.worth(bound, rounding) {
            Some(worth) => format!("{words}, soit {worth}"),
            None => words,
        }
    }

    /// What a bound is worth, in whole centimes; nothing where it follows a declaration.
    fn worth(&self, bound: &Bound, rounding: Rounding) -> Option<String> {
        let exact = bound::exact(self.dispositif, bound, Declared::NOTHING, self.month).ok()?;
        let unit = match bound.base {
            Base::Value(rank) => self.dispositif.values[rank].unit,
            Base::Declared(_) => return None,
        };
        Some(number(exact.to_centime(rounding)?.centimes(), unit))
    }

    fn formula(&self, rule: &Rule, formula: &Formula) -> Vec<String> {
        let names = |codes: &[String]| {
            let labels: Vec<String> = codes.iter().map(|code| self.named(code)).collect();
            both(&labels)
        };
        let mut lines = Vec::new();
        let scope = self.scope(rule);
        let said = |words: String| sentence(&[scope.clone(), vec![words]].concat());
        let start = if formula.ceilings.len() > 1 {
            "le plus bas des plafonds du mois qui concernent la personne"
        } else {
            "le plafond du mois"
        };
        let mut due = format!("montant dû : {start} (le forfait)");
        if !formula.deducted.is_empty() {
            due.push_str(&format!(
                ", moins ces revenus, en totalité : {} ({})",
                names(&formula.deducted),
                formula.months.in_words()
            ));
        }
        lines.push(said(due));
        let rounded = format!("seul le résultat est arrondi, {}", formula.rounding.in_words());
        if formula.tapered.is_empty() {
            lines.push(said(rounded));
        } else {
            let (franchise, end) =
                (self.bound(&formula.allowance), self.bound_rounded(&formula.vanishing, Rounding::Nearest));
            let worth = |bound| self.worth(bound, Rounding::Nearest);
            let slope = match (worth(&formula.allowance), worth(&formula.vanishing)) {
                (Some(from), Some(to)) => {
                    format!(" (chaque euro retire : forfait ÷ ({to} − {from}))")
                }
                _ => String::new(),
            };
            lines.push(said(format!(
                "{} ({}) : sans effet jusqu'à {franchise} en tout ; au-delà, le montant diminue en ligne droite, jusqu'à zéro à {end}{slope} ; {rounded}",
                names(&formula.tapered),
                formula.months.in_words(),
            )));
        }
        lines.extend(self.undeclared(formula).map(said));
        lines
    }

    /// What is due by age where nothing is declared, as the judge works it out.
    fn undeclared(&self, formula: &Formula) -> Option<String> {
        let (mut youngest, mut oldest) = (0, None);
        for rule in self.rules_in_force().filter(|rule| rule.natures.is_empty() && rule.condition.is_none()) {
            if let RuleKind::Age { minimum, maximum_rqth, .. } = &rule.kind {
                youngest = youngest.max(minimum.unwrap_or(0));
                oldest = [oldest, *maximum_rqth].into_iter().flatten().min();
            }
        }
        let first = self.month.first_day();
        let mut spans: Vec<(i16, i16, Amount)> = Vec::new();
        for age in youngest..=oldest.unwrap_or(100) {
            let born_on = Date::new(first.year() - age, self.month.of_year(), 1)?;
            let person = Person {
                id: 0,
                born_on: Some(born_on),
                rqth: false,
                situation: String::new(),
                insee: String::new(),
                site: 0,
            };
            let case = Case {
                person: &person,
                declared: Declared::NOTHING,
                dispositif: self.rank,
                nature_type: None,
                month: self.month,
                requested_on: None,
                decided_on: None,
                counted_on: first,
                paid_on: None,
                committee: false,
                amount: Amount::ZERO,
            };
            let Some(due) = due(self.dispositif, formula, &case) else { continue };
            match spans.last_mut() {
                Some((_, last, amount)) if *amount == due.amount && *last + 1 == age => *last = age,
                _ => spans.push((age, age, due.amount)),
            }
        }
        let each: Vec<String> = spans
            .iter()
            .map(|(from, to, amount)| {
                let ages = match oldest {
                    None if *to == 100 => format!("à partir de {from} ans"),
                    _ if from == to => format!("à {from} ans"),
                    _ => format!("de {from} à {to} ans révolus"),
                };
                format!("{} {ages}", amount.to_euros())
            })
            .collect();
        (!each.is_empty()).then(|| format!("si rien n'est déclaré : {}", each.join(", ")))
    }

    /// The sanctions that can be notified, with when they take effect: once where it is the same for all.
    fn sanctions(&self, rule: &Rule, formula: &Formula) -> Vec<PageLine> {
        let notifiable: Vec<&Sanction> =
            formula.sanctions.iter().filter(|sanction| self.notifiable(sanction)).collect();
        let same = notifiable.iter().all(|sanction| sanction.delay == notifiable[0].delay);
        let mut lines: Vec<PageLine> = Vec::new();
        if let Some(first) = notifiable.first().filter(|_| same) {
            let text = format!("Une sanction retire une part du montant dû, {}.", effect(first.delay));
            lines.push(PageLine { text, rule: Some(rule.code.clone()), certainty: first.source.certainty });
        }
        lines.extend(notifiable.iter().map(|sanction| PageLine {
            text: self.sanction(sanction, !same),
            rule: Some(rule.code.clone()),
            certainty: self.least_sure(&sanction.source, sanction.part.into_iter()),
        }));
        lines
    }

    fn sanction(&self, sanction: &Sanction, with_effect: bool) -> String {
        let mut parts = vec![match sanction.part.map(|rank| &self.dispositif.values[rank]) {
            None => "la part notifiée".to_string(),
            Some(value) => match value.on(self.month.first_day()) {
                Some(period) => number(period.amount.centimes(), value.unit),
                None => "aucune part en vigueur".to_string(),
            },
        }];
        if with_effect {
            parts.push(effect(sanction.delay));
        }
        parts.push(match (sanction.months, sanction.part) {
            (Some(1), _) => "pendant un mois".to_string(),
            (Some(months), _) => format!("pendant {months} mois"),
            (None, Some(_)) => "jusqu'à la fin du parcours".to_string(),
            (None, None) => "jusqu'à la levée".to_string(),
        });
        parts.extend(match (sanction.from, sanction.to) {
            (None, None) => None,
            (Some(from), None) => Some(format!("si notifiée à partir du {}", from.in_words())),
            (None, Some(to)) => Some(format!("si notifiée jusqu'au {}", to.in_words())),
            (Some(from), Some(to)) => {
                Some(format!("si notifiée du {} au {}", from.in_words(), to.in_words()))
            }
        });
        sentence(&[format!("{} ({})", sanction.label, parts.join(", "))])
    }

    fn natures(&self) -> String {
        let types = &self.dispositif.nature_types;
        if types.is_empty() {
            return sentence(&["toute nature d'aide est admise".to_string()]);
        }
        let each: Vec<String> = types
            .iter()
            .map(|(label, natures)| {
                let natures: Vec<&str> = natures.iter().map(|nature| nature.text.as_str()).collect();
                match natures.as_slice() {
                    [only] if only == label => label.clone(),
                    _ => format!("{label} ({})", natures.join(", ")),
                }
            })
            .collect();
        sentence(&["natures admises, et aucune autre".to_string(), each.join(" ; ")])
    }

    fn money(&self) -> Vec<String> {
        let booking = &self.dispositif.booking;
        let body = |code: &str| match self.bodies.iter().find(|body| body.code == code) {
            _ if code == STRUCTURE => "la structure elle-même".to_string(),
            Some(body) => body.label.clone(),
            None => code.to_string(),
        };
        let mut lines = vec![format!(
            "Financeur : {} ; payeur : {} ; sauf si la ligne d'aide en nomme d'autres.",
            body(&self.dispositif.funder),
            body(&self.dispositif.payer)
        )];
        let recovered = if booking.recovered_to_envelope {
            "un trop-perçu récupéré revient à l'enveloppe"
        } else {
            "un trop-perçu récupéré est rendu au financeur"
        };
        lines.push(match booking.envelope {
            EnvelopeUse::None => {
                format!("Pas d'enveloppe locale : les crédits suivent les aides ; {recovered}.")
            }
            EnvelopeUse::Local(on) => format!(
                "Enveloppe notifiée par an ; une aide prend sur celle de l'année {} ; en fin d'année, le solde {} ; {recovered}.",
                match on {
                    OnDate::Request => "de la demande",
                    OnDate::Decision => "de la décision",
                    OnDate::Payment => "du paiement",
                    OnDate::FirstOfMonth => "du mois de droit",
                },
                if booking.carried_over { "passe à l'année suivante" } else { "est perdu" }
            ),
        });
        lines.push(match booking.general_book {
            "fonds-propres" => {
                "En comptabilité : la structure verse en son nom, c'est une charge.".to_string()
            }
            "mandat" => {
                "En comptabilité : la structure verse pour le compte du financeur, sans charge ni produit."
                    .to_string()
            }
            _ => "En comptabilité : rien ne passe par les comptes de la structure.".to_string(),
        });
        lines
    }

    fn texts(&self, begun: bool) -> Vec<PageText> {
        let dispositif = self.dispositif;
        let first = self.month.first_day();
        let mut texts = vec![PageText {
            kind: "ouverture",
            code: "ouverture".to_string(),
            label: "Ouverture du dispositif".to_string(),
            worth: String::new(),
            hundredths: None,
            since: dispositif.opens,
            source: dispositif.opening_source.clone(),
        }];
        if !begun {
            return texts;
        }
        for (rank, value) in dispositif.values.iter().enumerate() {
            let used = self.rules_in_force().any(|rule| rule.reads(rank));
            if let Some(period) = value.on(first).filter(|_| used) {
                texts.push(PageText {
                    kind: "valeur",
                    code: value.code.clone(),
                    label: value.label.clone(),
                    worth: number(period.amount.centimes(), value.unit),
                    hundredths: Some(period.amount.centimes()),
                    since: period.from,
                    source: period.source.clone(),
                });
            }
        }
        for rule in self.rules_in_force() {
            let since = rule.from.unwrap_or(dispositif.opens);
            texts.push(PageText {
                kind: "regle",
                code: rule.code.clone(),
                label: rule.label.clone(),
                worth: String::new(),
                hundredths: None,
                since,
                source: rule.source.clone(),
            });
            let RuleKind::Due(formula) = &rule.kind else { continue };
            let in_force = formula.sanctions.iter().filter(|sanction| self.notifiable(sanction));
            texts.extend(in_force.map(|sanction| PageText {
                kind: "sanction",
                code: rule.code.clone(),
                label: sanction.label.clone(),
                worth: String::new(),
                hundredths: None,
                since: sanction.from.unwrap_or(since),
                source: sanction.source.clone(),
            }));
        }
        texts
    }

    /// Returns true when a sanction can be notified in the month.
    fn notifiable(&self, sanction: &Sanction) -> bool {
        sanction.from.is_none_or(|from| from <= self.month.last_day())
            && sanction.to.is_none_or(|to| to >= self.month.first_day())
    }

    fn changes(&self, day: Date) -> Vec<PageChange> {
        let dispositif = self.dispositif;
        let mut changes: Vec<PageChange> = Vec::new();
        let mut change = |on: Date, text: String, certainty: Certainty| {
            changes.push(PageChange { on, text, certainty });
        };
        let opening = dispositif.opening_source.certainty;
        if day < dispositif.opens {
            change(dispositif.opens, "ouverture : première décision possible".to_string(), opening);
        }
        if let Some(closes) = dispositif.closes.filter(|closes| day <= *closes) {
            change(closes.morrow(), "fermeture : plus aucune décision".to_string(), opening);
        }
        for (rank, value) in dispositif.values.iter().enumerate() {
            let read =
                |on: Date| dispositif.rules.iter().any(|rule| rule.holds_in(on.month()) && rule.reads(rank));
            for (on, text, certainty) in steps(value).into_iter().filter(|(on, ..)| read(*on)) {
                change(on, text, certainty);
            }
        }
        for rule in &dispositif.rules {
            let certainty = rule.source.certainty;
            if let Some(from) = rule.from {
                change(first_month(from), format!("commence à s'appliquer : {}", rule.label), certainty);
            }
            if let Some(to) = rule.to {
                change(first_month(to.morrow()), format!("ne s'applique plus : {}", rule.label), certainty);
            }
            let RuleKind::Due(formula) = &rule.kind else { continue };
            for sanction in &formula.sanctions {
                let certainty = sanction.source.certainty;
                if let Some(from) = sanction.from {
                    change(from, format!("peut être notifié : {}", sanction.label), certainty);
                }
                if let Some(to) = sanction.to {
                    change(to.morrow(), format!("ne peut plus être notifié : {}", sanction.label), certainty);
                }
            }
        }
        let first = self.month.first_day();
        // At its opening everything begins: that is said once.
        let opens = dispositif.opens;
        let seen = changes.first().filter(|change| change.on == opens && day < opens).cloned();
        changes.retain(|change| change.on > first && change.on > opens);
        changes.extend(seen);
        changes.sort_by_key(|change| change.on);
        changes.dedup();
        changes
    }

    fn certainty_of(&self, rule: &Rule) -> Certainty {
        let values = (0..self.dispositif.values.len()).filter(|rank| rule.reads(*rank));
        match &rule.kind {
            // Its sanctions have their own lines.
            RuleKind::Due(formula) => {
                self.least_sure(&rule.source, formula.allowance.values().chain(formula.vanishing.values()))
            }
            _ => self.least_sure(&rule.source, values),
        }
    }

    fn least_sure(&self, source: &Source, values: impl Iterator<Item = usize>) -> Certainty {
        let periods = values.filter_map(|rank| self.dispositif.values[rank].on(self.month.first_day()));
        let all = std::iter::once(source.certainty).chain(periods.map(|period| period.source.certainty));
        all.max_by_key(|certainty| match certainty {
            Certainty::Confirmed => 0,
            Certainty::Local => 1,
            Certainty::Unverified => 2,
        })
        .unwrap_or(source.certainty)
    }

    /// The label of a declaration, in the parcours of a sentence.
    fn named(&self, code: &str) -> String {
        uncapitalised(self.declarables.find(code).map_or(code, |one| one.label.as_str()))
    }

    /// The same between quotation marks, where the words around would run into it.
    fn declared(&self, code: &str) -> String {
        quoted(&self.named(code))
    }

    fn unit_of(&self, code: &str) -> Unit {
        self.declarables.find(code).map_or(Unit::Number, |one| one.unit)
    }

    fn dispositif_named(&self, code: &str) -> String {
        match self.law.rank(code) {
            Some(rank) => format!("{code} ({})", self.law.get(rank).label),
            None => code.to_string(),
        }
    }
}

/// The changes of a value: the first day of the first month judged by it, and what it becomes.
fn steps(value: &DatedValue) -> Vec<(Date, String, Certainty)> {
    let mut steps = Vec::new();
    for (at, period) in value.periods.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &value.periods[before]);
        let before = before.filter(|before| before.to.is_none_or(|to| to.morrow() >= period.from));
        let now = number(period.amount.centimes(), value.unit);
        let text = match before {
            Some(before) => {
                format!("{} : {now} au lieu de {}", value.label, number(before.amount.centimes(), value.unit))
            }
            None => format!("{} : {now}", value.label),
        };
        steps.push((first_month(period.from), text, period.source.certainty));
        let next = value.periods.get(at + 1);
        if let Some(to) = period.to.filter(|to| next.is_none_or(|next| next.from > to.morrow())) {
            let text = format!("{} : plus aucun montant, rien n'est accepté", value.label);
            steps.push((first_month(to.morrow()), text, period.source.certainty));
        }
    }
    steps
}

/// The first day of the first month of which the first day is not before this one.
fn first_month(day: Date) -> Date {
    let first = day.month().first_day();
    if first == day { day } else { day.month().plus(1).first_day() }
}

fn plain(text: String) -> PageLine {
    PageLine { text, rule: None, certainty: Certainty::Confirmed }
}

/// Makes a sentence of parts that introduce one another.
fn sentence(parts: &[String]) -> String {
    let text = parts.join(" : ").replace(" : ", "\u{a0}: ").replace(" ; ", "\u{a0}; ");
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A label in the parcours of a sentence; an acronym keeps its capitals.
fn uncapitalised(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_string(),
    }
}

fn quoted(word: &str) -> String {
    format!("«\u{a0}{word}\u{a0}»")
}

/// Writes `a, b et c`.
fn both(words: &[String]) -> String {
    joined(words, "et")
}

/// Writes `a, b ou c`.
fn either(words: &[String]) -> String {
    joined(words, "ou")
}

fn joined(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// Writes hundredths of a unit: `552,29 €`, `151,67`, `80 %`.
fn number(hundredths: i64, unit: Unit) -> String {
    let amount = Amount::from_centimes(hundredths);
    let french = amount.to_french();
    let short = french.strip_suffix(",00").unwrap_or(&french);
    match unit {
        Unit::Euros => amount.to_euros(),
        Unit::Number => short.to_string(),
        Unit::Percent => format!("{short}\u{a0}%"),
        Unit::Flag => (if hundredths > 0 { "oui" } else { "non" }).to_string(),
    }
}

fn ages(minimum: Option<i16>, maximum: Option<i16>, maximum_rqth: Option<i16>) -> String {
    let until = maximum.map(|maximum| {
        let rqth = maximum_rqth.filter(|rqth| *rqth != maximum);
        let rqth = rqth.map_or_else(String::new, |rqth| format!(" ({} ans si RQTH)", rqth + 1));
        format!("jusqu'à la veille des {} ans{rqth}", maximum + 1)
    });
    match (minimum, until) {
        (Some(minimum), Some(until)) => format!("de {minimum} ans {until}"),
        (Some(minimum), None) => format!("{minimum} ans au moins"),
        (None, Some(until)) => until,
        (None, None) => String::new(),
    }
}

fn days(on: &[OnDate]) -> String {
    let days: Vec<&str> = on
        .iter()
        .map(|on| match on {
            OnDate::Request => "le jour de la demande",
            OnDate::Decision => "le jour de la décision",
            OnDate::Payment => "le jour du paiement",
            OnDate::FirstOfMonth => "le 1er du mois de droit",
        })
        .collect();
    days.join(", à défaut ")
}

fn effect(delay: u16) -> String {
    match delay {
        0 => "dès le mois de la notification".to_string(),
        1 => "dès le mois qui suit la notification".to_string(),
        months => format!("dès le {months}e mois qui suit la notification"),
    }
}

fn territory(prefixes: &[String]) -> String {
    let (places, codes): (Vec<&String>, Vec<&String>) = prefixes.iter().partition(|prefix| prefix.len() < 5);
    let list = |codes: &[&String]| either(&codes.iter().map(|code| (*code).clone()).collect::<Vec<_>>());
    let mut parts = Vec::new();
    if !places.is_empty() {
        parts.push(format!("une commune dont le code INSEE commence par {}", list(&places)));
    }
    if !codes.is_empty() {
        parts.push(format!("la commune de code INSEE {}", list(&codes)));
    }
    format!("habiter {}", parts.join(", ou "))
}

fn counted_too(with: &[String]) -> String {
    if with.is_empty() { String::new() } else { format!(" ; les aides {} comptent aussi", both(with)) }
}
