//! Drafts → declarations: read by their unit, told apart from what is known, parcours kept from
//! overlapping. The plan is the pure value made here: `--a-blanc` prints it, the commit writes it.

use super::declarables::{Declarable, Declarables, Span, Unit};
use super::law::Law;
use crate::calendar::{Date, Month};
use crate::funding::declared;
use crate::import::{DeclarationDraft, DeclarationDrafts, MAX_AMOUNT, Told};
use crate::ledger::{Code, Column, Detail, Finding};
use crate::money::Amount;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Yes, in hundredths.
const YES: i64 = 100;

/// A declaration, its texts as words of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedDeclaration {
    /// The base's key of the person.
    pub person: i64,
    /// What is declared.
    pub code: u32,
    /// The dispositif, or the empty word.
    pub dispositif: u32,
    /// Nature of an aid received elsewhere.
    pub nature: u32,
    /// The body that gave it.
    pub giver: u32,
    /// First day.
    pub from: Date,
    /// Last day; none is until further notice.
    pub to: Option<Date>,
    /// Decision of an aid received elsewhere.
    pub decided_on: Option<Date>,
    /// Hundredths of the unit.
    pub value: i64,
    /// Reference of an aid received elsewhere.
    pub reference: u32,
    /// Why, in free text.
    pub reason: u32,
}

/// What tells a declaration from another: person, code, dispositif and first day; code and reference
/// for an aid received elsewhere.
type Identity = (i64, u32, u32, Option<Date>);

impl CheckedDeclaration {
    fn identity(&self) -> Identity {
        if self.reference == 0 {
            (self.person, self.code, self.dispositif, Some(self.from))
        } else {
            (0, self.code, self.reference, None)
        }
    }
}

/// What the plan of an import must know of the base: one moment of it.
#[derive(Debug, Default)]
pub struct DeclarationContext {
    /// For each number of the file, the base's key of the person.
    pub person_of: Vec<Option<i64>>,
    /// What is declared already, with its lot and its line: of these people, from the first day of the
    /// file on, and all their parcours; of anybody, the references of the file.
    pub living: Vec<(CheckedDeclaration, i64, u32)>,
}

/// The plan of an import of declarations.
#[derive(Debug, Default)]
pub struct CheckedDeclarations {
    /// What is to be written, with its line: three declarations for a line of parcours.
    pub accepted: Vec<(u32, CheckedDeclaration)>,
    /// Lines that declare something new.
    pub created: u64,
    /// Lines that replace what was declared.
    pub modified: u64,
    /// Lines already imported.
    pub known: u64,
    /// Lines refused, those refused while reading included.
    pub refused: u64,
    /// All findings of the file, in the order of its lines.
    pub findings: Vec<Finding>,
}

impl CheckedDeclarations {
    /// Refuses the whole file, for `--tout-ou-rien`, if one line is refused.
    pub fn all_or_nothing(mut self) -> CheckedDeclarations {
        if self.refused > 0 {
            self.accepted.clear();
            self.refused += std::mem::take(&mut self.created) + std::mem::take(&mut self.modified);
            self.findings.insert(0, Finding::refusal(0, Column(None), Code::WholeFileRefused, Detail::None));
        }
        self
    }

    /// Returns the sum of the aids that will be written.
    pub fn sum(&self) -> Amount {
        let aids = self.accepted.iter().filter(|(_, row)| row.reference != 0);
        aids.map(|(_, row)| Amount::from_centimes(row.value)).sum()
    }
}

/// What is wrong with a line: the field, what, the numbers.
type Fault = (&'static str, Code, Detail);

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Refused,
    Known,
    New,
    Modified,
}

/// Plans the import of a file of parcours, declarations or aids received elsewhere.
///
/// `file.reading` keeps the findings of reading, which come first in the plan's.
pub fn check_declarations(
    file: &mut DeclarationDrafts,
    law: &Law,
    declarables: &Declarables,
    context: &DeclarationContext,
) -> CheckedDeclarations {
    let mut plan = CheckedDeclarations {
        refused: file.reading.refused,
        findings: file.reading.findings.clone(),
        ..CheckedDeclarations::default()
    };
    let known: FxHashMap<Identity, CheckedDeclaration> =
        context.living.iter().map(|(row, ..)| (row.identity(), *row)).collect();
    let parcours = file.words.intern(declared::PARCOURS);
    let mut rows: Vec<Vec<CheckedDeclaration>> = Vec::with_capacity(file.drafts.len());
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(file.drafts.len());
    let mut first_of: FxHashMap<Identity, usize> = FxHashMap::default();
    let mut repeats: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for at in 0..file.drafts.len() {
        let draft = file.drafts[at];
        let mut faults = Vec::new();
        let made = read(file, law, declarables, context, &draft, &mut faults);
        let verdict = match made.first().filter(|_| faults.is_empty()) {
            None => Verdict::Refused,
            Some(first) => match first_of.get(&first.identity()) {
                Some(other) if rows[*other] == made => {
                    repeats.entry(*other).or_default().push(at);
                    Verdict::Known
                }
                Some(other) => {
                    faults.push(twice(&draft, file.drafts[*other].line));
                    Verdict::Refused
                }
                None => {
                    first_of.insert(first.identity(), at);
                    match known.get(&first.identity()) {
                        Some(old) if (old.person, old.giver) != (first.person, first.giver) => {
                            faults.push((
                                "reference",
                                Code::ReferenceConflict,
                                Detail::Reference(first.reference),
                            ));
                            Verdict::Refused
                        }
                        _ if made.iter().all(|row| known.get(&row.identity()) == Some(row)) => Verdict::Known,
                        _ if made.iter().any(|row| known.contains_key(&row.identity())) => Verdict::Modified,
                        _ => Verdict::New,
                    }
                }
            },
        };
        refuse(file, &mut plan, draft.line, faults);
        rows.push(made);
        verdicts.push(verdict);
    }
    for (at, fault) in overlaps(file, &rows, &mut verdicts, &context.living, parcours) {
        refuse(file, &mut plan, file.drafts[at].line, vec![fault]);
        // A line that repeats a refused one is no more known than it.
        for repeat in repeats.get(&at).into_iter().flatten() {
            verdicts[*repeat] = Verdict::Refused;
            refuse(file, &mut plan, file.drafts[*repeat].line, vec![fault]);
        }
    }
    for (draft, (made, verdict)) in file.drafts.iter().zip(rows.into_iter().zip(verdicts)) {
        match verdict {
            Verdict::Refused => plan.refused += 1,
            Verdict::Known => plan.known += 1,
            Verdict::New => plan.created += 1,
            Verdict::Modified => plan.modified += 1,
        }
        if matches!(verdict, Verdict::New | Verdict::Modified) {
            plan.accepted.extend(made.into_iter().map(|row| (draft.line, row)));
        }
    }
    plan.findings.sort_by_key(|finding| finding.line);
    plan
}

fn refuse(file: &DeclarationDrafts, plan: &mut CheckedDeclarations, line: u32, faults: Vec<Fault>) {
    plan.findings.extend(faults.into_iter().map(|(field, code, detail)| {
        Finding::refusal(line, file.reading.column_of(file.kind, field), code, detail)
    }));
}

fn twice(draft: &DeclarationDraft, line: u32) -> Fault {
    match draft.told {
        Told::Parcours { .. } => ("entree", Code::DeclaredTwice, Detail::Line(line)),
        Told::Declaration { .. } => ("declaration", Code::DeclaredTwice, Detail::Line(line)),
        Told::OutsideAid { reference, .. } => {
            ("reference", Code::ReferenceConflict, Detail::Reference(reference))
        }
    }
}

/// Makes the declarations of a line; what is wrong with it goes to `faults`.
fn read(
    file: &mut DeclarationDrafts,
    law: &Law,
    declarables: &Declarables,
    context: &DeclarationContext,
    draft: &DeclarationDraft,
    faults: &mut Vec<Fault>,
) -> Vec<CheckedDeclaration> {
    let person = context.person_of[draft.number as usize];
    if person.is_none() {
        faults.push(("numero_beneficiaire", Code::UnknownBeneficiary, Detail::Number(draft.number)));
    }
    let dispositif = law.rank(file.words.get(draft.dispositif));
    if draft.dispositif != 0 && dispositif.is_none() {
        faults.push(("dispositif", Code::UnknownDispositif, Detail::Word(draft.dispositif)));
    }
    let row = |code: u32, from: Date, to: Option<Date>, value: i64| CheckedDeclaration {
        person: person.unwrap_or(0),
        code,
        dispositif: draft.dispositif,
        nature: 0,
        giver: 0,
        from,
        to,
        decided_on: None,
        value,
        reference: 0,
        reason: 0,
    };
    match draft.told {
        Told::Parcours { entry, exit, reasons } => {
            faults.extend(before("sortie", entry, exit));
            let of = |code: u32, reason: u32, value: i64| CheckedDeclaration {
                reason,
                ..row(code, entry, exit, value)
            };
            let yes = |reason: u32| if reason == 0 { 0 } else { YES };
            let [left, extended, renewed] = reasons;
            vec![
                of(file.words.intern(declared::PARCOURS), left, YES),
                of(file.words.intern(declared::EXTENSION), extended, yes(extended)),
                of(file.words.intern(declared::RENEWAL), renewed, yes(renewed)),
            ]
        }
        Told::OutsideAid { reference, nature, month, decided_on, amount, giver } => {
            let listed = |rank: u16| law.get(rank).nature_type(file.words.get(nature)).is_some();
            if dispositif.is_some_and(|rank| !listed(rank)) {
                faults.push(("nature", Code::UnknownNature, Detail::Word(nature)));
            }
            let code = file.words.intern(declared::ELSEWHERE);
            let month = row(code, month.first_day(), Some(month.last_day()), amount.centimes());
            vec![CheckedDeclaration { nature, giver, decided_on, reference, ..month }]
        }
        Told::Declaration { declaration, month, from, to, value } => {
            let Some(declarable) = declarables.find(file.words.get(declaration)) else {
                faults.push(("declaration", Code::UnknownDeclaration, Detail::Word(declaration)));
                return Vec::new();
            };
            let label = file.words.intern(&declarable.label);
            if declarable.by_dispositif != (draft.dispositif != 0) {
                let detail = Detail::Words(label, draft.dispositif);
                faults.push(("dispositif", Code::MisplacedDispositif, detail));
            }
            let days = span(declarable, month, from, to).map_err(|(field, wanted)| {
                (field, Code::WrongSpan, Detail::Words(label, file.words.intern(wanted)))
            });
            let said = hundredths(declarable.unit, file.words.get(value));
            let said = said.and_then(|hundredths| {
                if declarable.admits(hundredths) { Ok(hundredths) } else { Err(Code::UnlistedValue) }
            });
            let value = said.map_err(|code| match code {
                Code::UnlistedValue => {
                    let listed = format!("{} : {}", declarable.label, declarable.values.join(", "));
                    ("valeur", code, Detail::Words(value, file.words.intern(&listed)))
                }
                Code::Missing => ("valeur", code, Detail::Word(label)),
                Code::UnreadableFlag => ("valeur", code, Detail::Word(value)),
                _ => ("valeur", code, Detail::Words(value, label)),
            });
            let code = file.words.intern(&declarable.code);
            match (days, value) {
                (Ok((from, to)), Ok(value)) => {
                    faults.extend(before("au", from, to));
                    let mut told = vec![row(code, from, to, value)];
                    // What its line said of a parcours goes with it: else its reasons would serve another.
                    if declarable.code == declared::PARCOURS && value == 0 {
                        let reasons = [declared::EXTENSION, declared::RENEWAL];
                        told.extend(reasons.map(|reason| row(file.words.intern(reason), from, to, 0)));
                    }
                    told
                }
                (days, value) => {
                    faults.extend(days.err());
                    faults.extend(value.err());
                    Vec::new()
                }
            }
        }
    }
}

/// A period that ends before it begins.
fn before(field: &'static str, from: Date, to: Option<Date>) -> Option<Fault> {
    let found = to.filter(|to| *to < from)?;
    Some((field, Code::EndBeforeStart, Detail::Dates { found, bound: from }))
}

/// Returns the days of a declaration, else the field that is wrong and what to write.
fn span(
    declarable: &Declarable,
    month: Option<Month>,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<(Date, Option<Date>), (&'static str, &'static str)> {
    match (declarable.span, month, from, to) {
        (Span::Month, Some(month), None, None) => Ok((month.first_day(), Some(month.last_day()))),
        (Span::Month, month, ..) => {
            let field = if month.is_none() { "mois" } else { "du" };
            Err((field, "un mois est attendu, et lui seul (colonne mois, comme 2024-10)"))
        }
        (Span::Period, None, Some(from), to) => Ok((from, to)),
        (Span::Period, month, ..) => {
            let field = if month.is_none() { "du" } else { "mois" };
            Err((field, "une période est attendue (colonne du, et au si elle a une fin)"))
        }
        (Span::Day, None, Some(from), None) => Ok((from, Some(from))),
        (Span::Day, month, from, _) => {
            let field = match (month, from) {
                (Some(_), _) => "mois",
                (None, None) => "du",
                (None, Some(_)) => "au",
            };
            Err((field, "un jour est attendu, et lui seul (colonne du)"))
        }
    }
}

/// Reads a value in hundredths of its unit.
fn hundredths(unit: Unit, text: &str) -> Result<i64, Code> {
    let text = text.trim();
    if unit == Unit::Flag {
        return match crate::words::fold(text).as_str() {
            "" | "oui" | "o" | "1" | "vrai" | "true" | "x" => Ok(YES),
            "non" | "n" | "0" | "faux" | "false" => Ok(0),
            _ => Err(Code::UnreadableFlag),
        };
    }
    if text.is_empty() {
        return Err(Code::Missing);
    }
    let number = match unit {
        Unit::Percent => text.strip_suffix('%').unwrap_or(text),
        _ => text,
    };
    let bare = unit == Unit::Euros || !number.contains('€');
    let most = if unit == Unit::Percent { 100 * YES } else { MAX_AMOUNT.centimes() };
    let value = Amount::parse(number).ok().map(Amount::centimes);
    value.filter(|value| bare && (0..=most).contains(value)).ok_or(Code::UnreadableValue)
}

/// A parcours of a person in a dispositif: its exit, and its lot and line, or the line of the file.
type Stay = (Option<Date>, Option<i64>, u32);

/// Refuses the lines whose parcours would be on the days of another; returns them with why.
///
/// Lines that replace a parcours come first: they keep its entry, so that whether each fits depends
/// on no other. New ones come next, in the file's order.
fn overlaps(
    file: &DeclarationDrafts,
    rows: &[Vec<CheckedDeclaration>],
    verdicts: &mut [Verdict],
    living: &[(CheckedDeclaration, i64, u32)],
    parcours: u32,
) -> Vec<(usize, Fault)> {
    let mut stays: FxHashMap<(i64, u32), BTreeMap<Date, Stay>> = FxHashMap::default();
    for (row, lot, line) in living.iter().filter(|(row, ..)| row.code == parcours && row.value > 0) {
        stays.entry((row.person, row.dispositif)).or_default().insert(row.from, (row.to, Some(*lot), *line));
    }
    let mut told: Vec<(usize, CheckedDeclaration)> = Vec::new();
    for (at, made) in rows.iter().enumerate() {
        let Some(row) = made.first().filter(|row| row.code == parcours) else { continue };
        if !matches!(verdicts[at], Verdict::New | Verdict::Modified) {
            continue;
        }
        let of_person = stays.entry((row.person, row.dispositif)).or_default();
        if row.value > 0 {
            told.push((at, *row));
        } else {
            of_person.remove(&row.from);
        }
    }
    told.sort_by_key(|(at, row)| (!stays[&(row.person, row.dispositif)].contains_key(&row.from), *at));
    let mut refused = Vec::new();
    for (at, row) in told {
        let Some(of_person) = stays.get_mut(&(row.person, row.dispositif)) else { continue };
        let replaced = of_person.remove(&row.from);
        let other = of_person
            .range((Bound::Unbounded, row.to.map_or(Bound::Unbounded, Bound::Included)))
            .next_back()
            .filter(|(_, (to, ..))| to.is_none_or(|to| to >= row.from))
            .map(|(entry, stay)| (*entry, *stay));
        match other {
            None => {
                of_person.insert(row.from, (row.to, None, file.drafts[at].line));
            }
            Some((entry, (exit, lot, line))) => {
                of_person.extend(replaced.map(|stay| (row.from, stay)));
                verdicts[at] = Verdict::Refused;
                let field =
                    if matches!(file.drafts[at].told, Told::Parcours { .. }) { "entree" } else { "du" };
                let detail = Detail::Parcours { entry, exit, lot, line };
                refused.push((at, (field, Code::OverlappingParcours, detail)));
            }
        }
    }
    refused
}
