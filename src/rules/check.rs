//! Drafts → checked: attribution, duplicates, open years, then the judge, line by line.
//!
//! The plan of an import is the pure value made here: `--a-blanc` prints it, the commit writes it.
//! Lines consume caps and envelopes in the file's order.

use super::STRUCTURE;
use super::judge::{Case, Failure, judge};
use super::law::{Dispositif, Law};
use crate::calendar::{Date, Years};
use crate::funding::{Declared, Derogation, Envelope, EnvelopeKey, Fact, Facts, Mode, Person};
use crate::import::{AidDraft, AidDrafts, FileKind, TermsDraft, read_shares};
use crate::ledger::{Code, Column, Detail, Finding, RuleKey, Severity};
use crate::money::Amount;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest as _, Sha256};
use std::num::NonZeroU32;

/// What the plan of an import must know of the base: one moment of it.
#[derive(Debug, Default)]
pub struct AidContext {
    /// The people of the file; `check_aids` is given them apart.
    pub people: Vec<Person>,
    /// For each number of the file, the rank of the person.
    pub person_of: Vec<Option<u32>>,
    /// Their living aids.
    pub facts: Facts,
    /// For each of the people, what is declared of them; empty when nothing is of anybody.
    pub declared: Vec<Option<Box<Declared>>>,
    /// For each reference of the file, the fingerprint of its content if it is already used.
    pub known: Vec<Option<i64>>,
    /// The envelopes, by the base's keys.
    pub envelopes: FxHashMap<EnvelopeKey, Envelope>,
    /// For each rank of a person, the derogations that were approved for them and serve no living aid.
    pub derogations: FxHashMap<u32, Vec<Derogation>>,
    /// For each dispositif of the law, the base's key.
    pub dispositif_keys: Vec<u32>,
    /// Funders by code.
    pub funders: FxHashMap<String, u32>,
    /// Payers by code.
    pub payers: FxHashSet<String>,
    /// For each site known by its key, its code.
    pub sites: FxHashMap<u32, String>,
}

impl AidContext {
    /// Returns what is declared of the person at this rank.
    pub fn declared_of(&self, person: u32) -> &Declared {
        let found = self.declared.get(person as usize).and_then(Option::as_deref);
        found.unwrap_or(Declared::NOTHING)
    }
}

/// Who gives how much of an aid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The funder's code.
    pub funder: String,
    /// Its part; none when it gives the whole.
    pub amount: Option<Amount>,
}

/// What many accepted aids share, attributed.
#[derive(Clone, Debug)]
pub struct CheckedTerms {
    /// The dispositif, by rank in the law.
    pub dispositif: u16,
    /// Nature.
    pub nature: String,
    /// Payer.
    pub payer: String,
    /// Committee.
    pub committee: String,
    /// Payee other than the beneficiary, or empty.
    pub payee: String,
    /// Convention, or empty.
    pub convention: String,
    /// Site, or empty.
    pub site: String,
    /// The year of the envelope, or 0.
    pub envelope_year: u32,
    /// The mode in which it was judged.
    pub mode: Mode,
    /// Who finances: at least one.
    pub shares: Vec<Share>,
}

/// An aid that will be posted. Only this module makes one.
#[derive(Clone, Copy, Debug)]
pub struct CheckedAid {
    draft: u32,
    person: u32,
    terms: u32,
    decided_on: Date,
    undated: bool,
    irregular: bool,
    derogation: Option<NonZeroU32>,
    decision: i64,
    fingerprint: i64,
}

impl CheckedAid {
    /// Rank of its draft.
    pub fn draft(&self) -> usize {
        self.draft as usize
    }
    /// Rank of its person.
    pub fn person(&self) -> usize {
        self.person as usize
    }
    /// Rank of its terms.
    pub fn terms(&self) -> usize {
        self.terms as usize
    }
    /// The day of its decision, as counted.
    pub fn decided_on(&self) -> Date {
        self.decided_on
    }
    /// True when the file gives no decision date.
    pub fn undated(&self) -> bool {
        self.undated
    }
    /// True when at least one rule fails.
    pub fn irregular(&self) -> bool {
        self.irregular
    }
    /// The number of the derogation that lifts the rules that fail.
    pub fn derogation(&self) -> Option<u32> {
        self.derogation.map(NonZeroU32::get)
    }
    /// The decision: the base's key, or a negative rank for a new one.
    pub fn decision(&self) -> i64 {
        self.decision
    }
    /// The first eight bytes of the digest of its content.
    pub fn fingerprint(&self) -> i64 {
        self.fingerprint
    }
}

/// A rule that fails on a line, and the derogation that lifts it.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// What would be said without it.
    pub failing: Finding,
    /// The derogation.
    pub derogation: Derogation,
}

/// The plan of an import of aids.
#[derive(Debug, Default)]
pub struct CheckedAids {
    /// The aids to post, in the file's order.
    pub accepted: Vec<CheckedAid>,
    /// Their terms.
    pub terms: Vec<CheckedTerms>,
    /// How many new decisions they make.
    pub decisions: u32,
    /// Accepted, of which irregular.
    pub irregular: u64,
    /// Already imported.
    pub known: u64,
    /// Refused, those refused while reading included.
    pub refused: u64,
    /// All findings of the file, in the order of its lines.
    pub findings: Vec<Finding>,
    /// What derogations lift; findings point at it.
    pub lifted: Vec<Lifted>,
    /// The envelopes as they would be afterwards: those that change.
    pub envelopes: FxHashMap<EnvelopeKey, Envelope>,
    /// The facts of the people, those of the accepted aids added.
    pub facts: Facts,
    /// How many of these facts were there before.
    pub old_facts: usize,
}

enum Terms {
    Attributed { dispositif: u16, mode: Mode, shares: Vec<Share>, nature_type: Option<u8> },
    Refused(Vec<(Code, &'static str, Detail)>),
}

/// Plans the import of a file of aids.
///
/// `force` is `--mode` for the whole file; without it each line is judged by its payer.
/// `file.reading` keeps the findings of reading, which come first in the plan's.
pub fn check_aids(
    file: &AidDrafts,
    law: &Law,
    years: &Years,
    people: &[Person],
    mut context: AidContext,
    force: Option<Mode>,
) -> CheckedAids {
    let mut plan = CheckedAids {
        refused: file.reading.refused,
        findings: file.reading.findings.clone(),
        ..CheckedAids::default()
    };
    plan.facts = std::mem::take(&mut context.facts);
    plan.old_facts = plan.facts.len();
    let mut derogations = std::mem::take(&mut context.derogations);
    plan.accepted.reserve_exact(file.drafts.len());
    let terms: Vec<Terms> =
        file.terms.iter().map(|draft| attribute(file, law, &context, *draft, force)).collect();
    let contents: Vec<Vec<u8>> = file.terms.iter().map(|draft| content_of_terms(file, *draft)).collect();
    let mut ranks: FxHashMap<(u32, u32, u32), u32> = FxHashMap::default();
    let mut failures: Vec<Failure> = Vec::new();
    let mut unwritten: FxHashSet<u32> = FxHashSet::default();
    for (rank, draft) in file.drafts.iter().enumerate() {
        let refuse = |field: &str, code: Code, detail: Detail| {
            let column = file.reading.column_of(FileKind::Aids, field);
            Finding::refusal(draft.line, column, code, detail)
        };
        let person = context.person_of[draft.number as usize];
        let first_finding = plan.findings.len();
        if person.is_none() {
            plan.findings.push(refuse(
                "numero_beneficiaire",
                Code::UnknownBeneficiary,
                Detail::Number(draft.number),
            ));
        }
        if let Terms::Refused(reasons) = &terms[draft.terms as usize] {
            plan.findings.extend(reasons.iter().map(|(code, field, detail)| refuse(field, *code, *detail)));
        }
        let (Some(person), Terms::Attributed { dispositif, mode, shares, nature_type }) =
            (person, &terms[draft.terms as usize])
        else {
            plan.refused += 1;
            continue;
        };
        let fingerprint = fingerprint(&contents[draft.terms as usize], file, draft);
        match context.known[draft.reference as usize] {
            Some(known) if known == fingerprint => {
                plan.known += 1;
                continue;
            }
            Some(_) => {
                plan.findings.push(refuse(
                    "reference",
                    Code::ReferenceConflict,
                    Detail::Reference(draft.reference),
                ));
                plan.refused += 1;
                continue;
            }
            None => {}
        }
        if let Some(found) = unequal(shares, draft.amount) {
            plan.findings.push(refuse(
                "financeur",
                Code::UnequalShares,
                Detail::Amounts { found, expected: draft.amount },
            ));
        }
        let (decided_on, undated) = effective_decision(draft);
        for (field, day) in [
            ("date_paiement", draft.paid_on),
            ("date_decision", Some(decided_on)),
            ("mois", Some(draft.month.first_day())),
        ] {
            if let Some(found) = day.filter(|day| *day > years.last_open_day()) {
                plan.findings.push(refuse(
                    field,
                    Code::YearNotOpen,
                    Detail::Dates { found, bound: years.last_open_day() },
                ));
                break;
            }
        }
        if plan.findings.len() > first_finding {
            plan.refused += 1;
            continue;
        }
        let rules = law.get(*dispositif);
        let who = &people[person as usize];
        let envelope_year = rules
            .envelope_year(draft.month, decided_on, draft.paid_on)
            .map_or(0, |year| u32::try_from(year).expect("years are positive"));
        let case = Case {
            person: who,
            declared: context.declared_of(person),
            dispositif: *dispositif,
            nature_type: *nature_type,
            month: draft.month,
            requested_on: draft.requested_on,
            decided_on: draft.decided_on,
            counted_on: decided_on,
            paid_on: draft.paid_on,
            committee: file.terms[draft.terms as usize].committee != 0,
            amount: draft.amount,
        };
        failures.clear();
        judge(law, &case, plan.facts.of(person as usize), &mut failures);
        let key_of = |share: &Share| EnvelopeKey {
            dispositif: context.dispositif_keys[usize::from(*dispositif)],
            funder: context.funders[&share.funder],
            year: envelope_year,
        };
        if envelope_year != 0 {
            failures.extend(shares.iter().filter_map(|share| {
                envelope_failure(context.envelopes.get(&key_of(share)), share.amount.unwrap_or(draft.amount))
            }));
        }
        let severity = match mode {
            Mode::Decide => Severity::Refusal,
            Mode::Record => Severity::Irregular,
        };
        let derogation = take_derogation(&mut derogations, person, &case, rules, &failures);
        let failing = failures.iter().map(|failure| Finding {
            line: draft.line,
            column: file.reading.column_of(FileKind::Aids, failure.field),
            code: failure.code,
            severity: if failure.noted { Severity::Warning } else { severity },
            mode: Some(*mode),
            rule: failure.rule.map(|rule| RuleKey { dispositif: *dispositif, rule }),
            detail: match failure.code {
                Code::UnknownNature => Detail::Word(file.terms[draft.terms as usize].nature),
                _ => failure.detail,
            },
        });
        for (failure, failing) in failures.iter().zip(failing) {
            let Some(derogation) = derogation.as_ref().filter(|_| !failure.noted) else {
                plan.findings.push(failing);
                continue;
            };
            let rank = u32::try_from(plan.lifted.len()).expect("few derogations");
            plan.findings.push(Finding {
                code: Code::GrantedByDerogation,
                severity: Severity::Warning,
                detail: Detail::Lifted(rank),
                ..failing
            });
            plan.lifted.push(Lifted { failing, derogation: derogation.clone() });
        }
        let irregular = derogation.is_none() && failures.iter().any(|failure| !failure.noted);
        if irregular && *mode == Mode::Decide {
            unwritten.insert(draft.line);
            plan.refused += 1;
            continue;
        }
        plan.irregular += u64::from(irregular);
        if undated {
            let column = file.reading.column_of(FileKind::Aids, "date_decision");
            let detail = Detail::None;
            plan.findings.push(Finding {
                line: draft.line,
                column,
                code: Code::UndatedDecision,
                severity: Severity::Warning,
                mode: Some(*mode),
                rule: None,
                detail,
            });
        }
        if envelope_year != 0 {
            for share in shares {
                let envelope = context.envelopes.entry(key_of(share)).or_default();
                envelope.consumed += share.amount.unwrap_or(draft.amount);
                plan.envelopes.insert(key_of(share), *envelope);
            }
        }
        let known_decision = plan.facts.of(person as usize).find(|fact| {
            fact.dispositif == *dispositif && fact.decided_on == decided_on && fact.undated == undated
        });
        let decision = known_decision.map_or_else(
            || {
                plan.decisions += 1;
                -i64::from(plan.decisions)
            },
            |fact| fact.decision,
        );
        plan.facts.push(
            person as usize,
            Fact {
                dispositif: *dispositif,
                nature_type: nature_type.unwrap_or(0),
                decision,
                month: draft.month,
                decided_on,
                paid_on: draft.paid_on,
                amount: draft.amount,
                irregular,
                undated,
            },
        );
        let site = if file.terms[draft.terms as usize].site == 0 { who.site } else { 0 };
        let next = u32::try_from(plan.terms.len()).expect("few terms");
        let terms_rank = *ranks.entry((draft.terms, envelope_year, site)).or_insert(next);
        if terms_rank == next {
            let site = context.sites.get(&site).map_or("", String::as_str);
            plan.terms.push(checked_terms(
                file,
                file.terms[draft.terms as usize],
                law,
                *dispositif,
                *mode,
                shares,
                envelope_year,
                site,
            ));
        }
        context.known[draft.reference as usize] = Some(fingerprint);
        plan.accepted.push(CheckedAid {
            draft: u32::try_from(rank).expect("fewer than four billion lines"),
            person,
            terms: terms_rank,
            decided_on,
            undated,
            irregular,
            derogation: derogation.and_then(|derogation| NonZeroU32::new(derogation.number)),
            decision,
            fingerprint,
        });
    }
    // A note about a line that is not written would be one line too many.
    plan.findings
        .retain(|finding| finding.severity != Severity::Warning || !unwritten.contains(&finding.line));
    plan.findings.sort_by_key(|finding| finding.line);
    plan
}

/// Gives lines without a reference those under which the base already knows the same content,
/// whatever their order in the file; the others keep the references that are left.
///
/// A line that is new in a file where another has vanished keeps the reference of the vanished one,
/// and is refused for its other content: nobody can tell a correction from one payment more.
pub fn align_references(file: &mut AidDrafts, known: &[Option<i64>]) {
    for ranks in file.unreferenced.values() {
        let content = |rank: u32| {
            let draft = &file.drafts[rank as usize];
            fingerprint(&content_of_terms(file, file.terms[draft.terms as usize]), file, draft)
        };
        let mut references: Vec<u32> =
            ranks.iter().map(|rank| file.drafts[*rank as usize].reference).collect();
        if references.iter().all(|reference| known[*reference as usize].is_none()) {
            continue;
        }
        let mut given: Vec<(u32, u32)> = Vec::with_capacity(ranks.len());
        let mut unknown = Vec::new();
        for rank in ranks {
            let same =
                references.iter().position(|reference| known[*reference as usize] == Some(content(*rank)));
            match same {
                Some(at) => given.push((*rank, references.remove(at))),
                None => unknown.push(*rank),
            }
        }
        match references.iter().find(|reference| known[**reference as usize].is_some()) {
            Some(vanished) => given.extend(unknown.into_iter().map(|rank| (rank, *vanished))),
            None => given.extend(unknown.into_iter().zip(references)),
        }
        for (rank, reference) in given {
            file.drafts[rank as usize].reference = reference;
        }
    }
}

impl CheckedAids {
    /// Refuses the whole file, for `--tout-ou-rien`, if one line is refused.
    pub fn all_or_nothing(self) -> CheckedAids {
        if self.refused == 0 {
            return self;
        }
        let whole = Finding::refusal(0, Column(None), Code::WholeFileRefused, Detail::None);
        let mut findings = vec![whole];
        findings.extend(self.findings);
        CheckedAids {
            known: self.known,
            refused: self.refused + self.accepted.len() as u64,
            findings,
            lifted: self.lifted,
            ..CheckedAids::default()
        }
    }
}

fn attribute(
    file: &AidDrafts,
    law: &Law,
    context: &AidContext,
    draft: TermsDraft,
    force: Option<Mode>,
) -> Terms {
    let mut refused = Vec::new();
    let Some(dispositif) = law.rank(file.words.get(draft.dispositif)) else {
        return Terms::Refused(vec![(Code::UnknownDispositif, "dispositif", Detail::Word(draft.dispositif))]);
    };
    let rules = law.get(dispositif);
    let payer = match file.words.get(draft.payer) {
        "" => rules.payer.as_str(),
        payer => payer,
    };
    if payer != STRUCTURE && !context.payers.contains(payer) {
        refused.push((Code::UnknownPayer, "payeur", Detail::Word(draft.payer)));
    }
    let mode = force.unwrap_or(if payer == STRUCTURE { Mode::Decide } else { Mode::Record });
    let text = file.words.get(draft.funder);
    let shares = if text.contains('=') {
        match read_shares(text) {
            Ok(shares) => shares
                .into_iter()
                .map(|(funder, amount)| Share { funder: funder.to_string(), amount: Some(amount) })
                .collect(),
            Err(code) => {
                refused.push((code, "financeur", Detail::Word(draft.funder)));
                Vec::new()
            }
        }
    } else {
        let funder = if text.is_empty() { rules.funder.as_str() } else { text };
        vec![Share { funder: funder.to_string(), amount: None }]
    };
    for (rank, share) in shares.iter().enumerate() {
        if !context.funders.contains_key(&share.funder) {
            let detail = Detail::Share(draft.funder, u8::try_from(rank).unwrap_or(u8::MAX));
            refused.push((Code::UnknownFunder, "financeur", detail));
        }
    }
    if refused.is_empty() {
        Terms::Attributed {
            dispositif,
            mode,
            shares,
            nature_type: rules.nature_type(file.words.get(draft.nature)),
        }
    } else {
        Terms::Refused(refused)
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one value, each of its own type")]
fn checked_terms(
    file: &AidDrafts,
    draft: TermsDraft,
    law: &Law,
    dispositif: u16,
    mode: Mode,
    shares: &[Share],
    envelope_year: u32,
    site: &str,
) -> CheckedTerms {
    let text = |word| file.words.get(word).to_string();
    CheckedTerms {
        dispositif,
        nature: text(draft.nature),
        payer: if draft.payer == 0 { law.get(dispositif).payer.clone() } else { text(draft.payer) },
        committee: text(draft.committee),
        payee: text(draft.payee),
        convention: text(draft.convention),
        site: if draft.site == 0 { site.to_string() } else { text(draft.site) },
        envelope_year,
        mode,
        shares: shares.to_vec(),
    }
}

/// The day on which the aid counts as decided. Where the file does not say, the payment proves that
/// it was decided by then, and the request or the month of right that it was not much earlier.
fn effective_decision(draft: &AidDraft) -> (Date, bool) {
    match draft.decided_on {
        Some(day) => (day, false),
        None => {
            let day = draft.requested_on.unwrap_or_else(|| draft.month.first_day());
            (draft.paid_on.map_or(day, |paid| day.min(paid)), true)
        }
    }
}

/// Returns the sum of the shares where it is not the amount.
fn unequal(shares: &[Share], amount: Amount) -> Option<Amount> {
    let sum: Amount = shares.iter().map(|share| share.amount.unwrap_or(amount)).sum();
    (sum != amount).then_some(sum)
}

/// Takes the derogation that lifts all that fails on this line, the narrowest first: every failure must
/// be a rule that it names, notes apart. Nothing lifts the lack of money, of an opening or of a nature.
fn take_derogation(
    open: &mut FxHashMap<u32, Vec<Derogation>>,
    person: u32,
    case: &Case<'_>,
    dispositif: &Dispositif,
    failures: &[Failure],
) -> Option<Derogation> {
    let failing = || failures.iter().filter(|failure| !failure.noted);
    failing().next()?;
    let own = open.get_mut(&person)?;
    let names = |derogation: &Derogation, failure: &Failure| {
        failure.rule.is_some_and(|rule| derogation.rules.contains(&dispositif.rules[usize::from(rule)].code))
    };
    let lifts_all = |derogation: &Derogation| failing().all(|failure| names(derogation, failure));
    let at = Derogation::narrowest(own, case.dispositif, case.month, case.amount, lifts_all)?;
    Some(own.swap_remove(at))
}

pub(super) fn envelope_failure(envelope: Option<&Envelope>, asked: Amount) -> Option<Failure> {
    let found = envelope.copied().unwrap_or_default();
    let code = match envelope {
        _ if found.notified.is_zero() => Code::NoEnvelope,
        Some(envelope) if asked <= envelope.room() => return None,
        _ => Code::EnvelopeExceeded,
    };
    let detail = Detail::Envelope { bound: found.notified, used: found.consumed, asked };
    Some(Failure { code, rule: None, field: "montant", detail, noted: false })
}

fn content_of_terms(file: &AidDrafts, draft: TermsDraft) -> Vec<u8> {
    let words = [
        draft.dispositif,
        draft.nature,
        draft.funder,
        draft.payer,
        draft.committee,
        draft.payee,
        draft.convention,
        draft.site,
    ];
    words.iter().flat_map(|word| [file.words.get(*word).as_bytes(), b"\0"].concat()).collect()
}

/// Two lines of one reference say the same when everything that they say is the same.
fn fingerprint(terms: &[u8], file: &AidDrafts, draft: &AidDraft) -> i64 {
    let day = |day: Option<Date>| day.map_or(0, Date::number).to_be_bytes();
    let digest = Sha256::new()
        .chain_update(terms)
        .chain_update(file.numbers.get(draft.number))
        .chain_update(draft.month.number().to_be_bytes())
        .chain_update(day(draft.requested_on))
        .chain_update(day(draft.decided_on))
        .chain_update(day(draft.paid_on))
        .chain_update(draft.amount.centimes().to_be_bytes())
        .finalize();
    i64::from_be_bytes(digest[..8].try_into().expect("eight bytes"))
}
