//! What an aid would be worth: every rule, what is left, what is due; nothing is written.

use super::context::{FactKeys, declared_of};
use super::derogation::open_derogations;
use super::error::AppError;
use super::law::{LawInForce, law_in_force};
use super::person::find_person;
use super::rules::{RuleFiles, law_of_files};
use super::users::Actor;
use crate::calendar::{Date, Month};
use crate::funding::{Envelope, EnvelopeKey, Fact};
use crate::ledger::seal::{beginning, hex};
use crate::money::Amount;
use crate::rules::{Case, Certainty, Evaluation, RuleKind, State, evaluate};
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Store, Tx, Value};
use crate::words::unknown;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Code of the dispositif.
    pub dispositif: String,
    /// Number, or beginning of the name, of the person.
    pub beneficiary: String,
    /// The amount; none asks for the largest that would be accepted.
    pub amount: Option<Amount>,
    /// The nature; free, or one that the dispositif lists.
    pub nature: Option<String>,
    /// The month of right; that of the day where it is not said.
    pub month: Option<Month>,
    /// The day of the request and of the decision.
    pub on: Date,
    /// A committee decides.
    pub committee: bool,
    /// A folder of rule files to try instead of those in force.
    pub rules: Option<String>,
}

/// One rule evaluated, as the contract of the command line has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReasonLine {
    /// The rule's code.
    pub regle: String,
    /// It does not refuse.
    pub ok: bool,
    /// `respectée`, `à noter`, `non vérifiée`, `levée` or `refuse`.
    pub etat: String,
    /// What was found.
    pub valeur: Option<String>,
    /// What it is compared with.
    pub borne: Option<String>,
    /// What is left, before this aid.
    pub reste: Option<String>,
    /// The article.
    pub article: String,
    /// How sure it is.
    pub certitude: String,
    /// One sentence.
    pub message: String,
}

/// One line of the calculation of the amount due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DueLine {
    /// What it is.
    pub libelle: String,
    /// In euros.
    pub montant: String,
}

/// The verdict, as the contract of the command line has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// It would be accepted.
    pub accepte: bool,
    /// The largest amount that would be; none where no rule limits it.
    pub montant_maximal: Option<String>,
    /// Every rule that concerns the case.
    pub raisons: Vec<ReasonLine>,
    /// The rule that limits the amount most, and the one that would come next.
    pub limites: Vec<String>,
    /// The amount due for the month, where the dispositif has a formula.
    pub montant_du: Option<String>,
    /// How it is found.
    pub calcul: Vec<DueLine>,
    /// The first characters of the digest of the rule file that judged.
    pub version: String,
    #[serde(skip)]
    tables: Vec<Table>,
}

impl Verdict {
    /// Returns the verdict as tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

/// Returns the day on which an aid is judged where none is told: today, or the last day of its month once
/// that is over.
pub fn usual_day(month: Option<Month>, today: Date) -> Date {
    month.map_or(today, |month| month.last_day().min(today))
}

/// Evaluates an aid under every rule, writing nothing.
///
/// # Errors
/// When the person, the dispositif or the rules cannot be found.
pub async fn evaluate_aid(store: &Store, actor: &Actor, question: &Question) -> Result<Verdict, AppError> {
    let mut tx = store.read().await?;
    let in_force = match &question.rules {
        None => law_in_force(&mut tx).await?,
        Some(folder) => Arc::new(law_of_files(&mut tx, RuleFiles::Disk(folder)).await?.0),
    };
    evaluate_in(&mut tx, actor, &in_force, question, Some(question.on), None).await
}

/// The same at one moment of the base, for a request of this day and on the money of these funders; none
/// is the one of the dispositif.
pub(super) async fn evaluate_in(
    tx: &mut Tx,
    actor: &Actor,
    in_force: &LawInForce,
    question: &Question,
    requested_on: Option<Date>,
    funder: Option<&str>,
) -> Result<Verdict, AppError> {
    let law = &in_force.law;
    let rank = law.rank(&question.dispositif).ok_or_else(|| {
        let codes: Vec<&str> = law.dispositifs.iter().map(|dispositif| dispositif.code.as_str()).collect();
        AppError::Refused(format!("dispositif {}", unknown(&question.dispositif, &codes)))
    })?;
    let dispositif = law.get(rank);
    let stored = find_person(tx, actor, &question.beneficiary).await?;
    let key = [Value::Int(stored.beneficiary)];
    let people = tx.people_by_key(&key).await?;
    let person = people.first().ok_or_else(|| {
        AppError::Refused(format!("l'identité de « {} » a été effacée", question.beneficiary))
    })?;
    let keys = FactKeys::load_trial(tx, law).await?;
    let rows = tx.living_facts(&key).await?;
    let facts: Vec<Fact> = rows.iter().map(|row| keys.fact(law, row)).collect::<Result<_, _>>()?;
    let declared = declared_of(tx, law, &keys, &key).await?.remove(&stored.beneficiary).unwrap_or_default();
    let month = question.month.unwrap_or_else(|| question.on.month());
    let nature_type = match &question.nature {
        Some(nature) => dispositif.nature_type(nature),
        None if dispositif.nature_types.is_empty() => Some(0),
        None => {
            let natures: Vec<&str> = dispositif
                .nature_types
                .iter()
                .flat_map(|(_, natures)| natures)
                .map(|nature| nature.text.as_str())
                .collect();
            return Err(AppError::Usage(format!("dites la nature de l'aide : {}", natures.join(", "))));
        }
    };
    let case = Case {
        person,
        declared: &declared,
        dispositif: rank,
        nature_type,
        month,
        requested_on,
        decided_on: Some(question.on),
        counted_on: question.on,
        paid_on: None,
        committee: question.committee,
        amount: question.amount.unwrap_or(Amount::from_centimes(1)),
    };
    let envelopes = envelopes_of(tx, in_force, &keys, &case, funder).await?;
    let last_open_day = tx.years().await?.last_open_day();
    let judged = |case: &Case<'_>| {
        let mut found = evaluate(law, case, facts.iter(), &envelopes);
        found.require_open_year(law, case, last_open_day);
        found
    };
    let derogations = open_derogations(tx, &keys.rank_of).await?.remove(&stored.beneficiary);
    let derogations = derogations.unwrap_or_default();
    let (mut case, mut found) = (case, judged(&case));
    let most = found.most_with(&case, &derogations).filter(|most| most.is_positive());
    if let Some(most) = most.filter(|_| question.amount.is_none()) {
        case.amount = most;
        found = judged(&case);
    }
    found.lift(&case, &derogations);
    let who =
        format!("{} {} {}", stored.identity.number, stored.identity.last_name, stored.identity.first_name);
    Ok(verdict_of(in_force, rank, &found, question.amount, &case, &who))
}

/// The envelope that would pay, by its funder: none where the dispositif has none.
async fn envelopes_of(
    tx: &mut Tx,
    in_force: &LawInForce,
    keys: &FactKeys,
    case: &Case<'_>,
    funder: Option<&str>,
) -> Result<Vec<(String, Option<Envelope>)>, AppError> {
    let dispositif = in_force.law.get(case.dispositif);
    let Some(year) = dispositif.envelope_year(case.month, case.counted_on, None) else {
        return Ok(Vec::new());
    };
    let funders = tx.dictionary("funder").await?.keys;
    let envelopes: FxHashMap<EnvelopeKey, Envelope> = tx.envelopes().await?.into_iter().collect();
    let code = funder.unwrap_or(&dispositif.funder);
    let key = funders.get(code).map(|funder| EnvelopeKey {
        dispositif: keys.dispositif_keys[usize::from(case.dispositif)],
        funder: *funder,
        year: u32::try_from(year).expect("years are positive"),
    });
    let envelope = key.and_then(|key| envelopes.get(&key).copied());
    Ok(vec![(format!("{code} {year}"), envelope)])
}

fn verdict_of(
    in_force: &LawInForce,
    rank: u16,
    found: &Evaluation,
    asked: Option<Amount>,
    case: &Case<'_>,
    who: &str,
) -> Verdict {
    let dispositif = in_force.law.get(rank);
    let formula = dispositif.rules.iter().find_map(|rule| match &rule.kind {
        RuleKind::Due(formula) => Some(formula),
        _ => None,
    });
    let due_lines = match (found.due(), formula) {
        (Some(due), Some(formula)) => due.lines(dispositif, formula),
        _ => Vec::new(),
    };
    let raisons: Vec<ReasonLine> = found
        .reasons
        .iter()
        .map(|reason| ReasonLine {
            regle: reason.rule.clone(),
            ok: reason.state != State::Broken,
            etat: reason.state.label().to_string(),
            valeur: reason.value.clone(),
            borne: reason.bound.clone(),
            reste: reason.room.map(Amount::to_plain),
            article: reason.article.clone(),
            certitude: reason.certainty.label().to_string(),
            message: reason.message.clone(),
        })
        .collect();
    let mut verdict = Verdict {
        accepte: found.accepted,
        montant_maximal: found.maximum.map(Amount::to_plain),
        raisons,
        limites: found.limits.iter().take(2).map(|at| found.reasons[*at].rule.clone()).collect(),
        montant_du: found.due().map(|due| due.amount.to_plain()),
        calcul: due_lines
            .iter()
            .map(|(label, amount)| DueLine { libelle: label.clone(), montant: amount.to_plain() })
            .collect(),
        version: beginning(&hex(&dispositif.digest)).to_string(),
        tables: Vec::new(),
    };
    verdict.tables = tables_of(found, asked, &due_lines, case, &dispositif.code, who, &verdict.version);
    verdict
}

/// What to remember of a verdict: the most, what limits it, what would limit it next.
fn notes_of(found: &Evaluation, code: &str, version: &str) -> Vec<String> {
    let mut notes = vec![match found.maximum {
        None => "Aucune règle ne limite le montant.".to_string(),
        Some(most) if most.is_positive() => format!("Au plus {}.", most.to_euros()),
        Some(_) => "Rien ne peut être accordé.".to_string(),
    }];
    let limit = |at: &usize| {
        let reason = &found.reasons[*at];
        format!("{} ({})", reason.message.trim_end_matches(" — règle à vérifier"), reason.article)
    };
    // Where what refuses is no limit of the amount, the limits are not why nothing can be granted.
    let least = found.limits.first().and_then(|at| found.reasons[*at].room);
    let nothing = found.maximum.is_some_and(|most| !most.is_positive());
    let refusing =
        found.reasons.iter().filter(|reason| reason.state == State::Broken && reason.room.is_none());
    if nothing && least.is_none_or(Amount::is_positive) {
        notes.extend(refusing.map(|reason| {
            let said = reason.message.trim_end_matches(" — règle à vérifier");
            format!("Refus, quel que soit le montant : {said} ({}).", reason.article)
        }));
    } else if let [first, rest @ ..] = found.limits.as_slice() {
        notes.push(format!("Limite : {}.", limit(first)));
        notes.extend(rest.first().map(|next| format!("Ensuite : {}.", limit(next))));
    }
    notes.push(format!("Règles {code}, version {version}."));
    notes
}

fn tables_of(
    found: &Evaluation,
    asked: Option<Amount>,
    due_lines: &[(String, Amount)],
    case: &Case<'_>,
    code: &str,
    who: &str,
    version: &str,
) -> Vec<Table> {
    let said = match (asked, found.maximum) {
        (Some(amount), _) if found.accepted => format!("{}, accepté", amount.to_euros()),
        (Some(amount), _) => format!("{}, refusé", amount.to_euros()),
        (None, Some(most)) if most.is_positive() => format!("{} au plus", most.to_euros()),
        (None, Some(_)) => "rien ne peut être accordé".to_string(),
        (None, None) => "aucune règle ne limite le montant".to_string(),
    };
    let title = format!("{code} pour {who}, {} : {said}", case.month.in_words());
    let notes = notes_of(found, code, version);
    let rows: Vec<Vec<Cell>> = found
        .reasons
        .iter()
        .map(|reason| {
            let article = match reason.certainty {
                Certainty::Unverified => format!("{} — à vérifier", reason.article),
                _ => reason.article.clone(),
            };
            let message = reason.message.trim_end_matches(" — règle à vérifier").to_string();
            vec![
                Cell::Text(reason.state.label().to_string()),
                Cell::Text(message),
                reason.room.map_or(Cell::Empty, Cell::Amount),
                Cell::Text(article),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("etat", "Règle", Kind::Text),
        Column::new("message", "Constat", Kind::Text),
        Column::new("reste", "Reste", Kind::Amount),
        Column::new("article", "Article", Kind::Text),
    ];
    let mut tables = vec![Table { notes, ..Table::new(title, columns, rows) }];
    if !due_lines.is_empty() {
        let rows: Vec<Vec<Cell>> = due_lines
            .iter()
            .map(|(label, amount)| vec![Cell::Text(label.clone()), Cell::Amount(*amount)])
            .collect();
        let columns = vec![
            Column::new("libelle", "Calcul du montant dû", Kind::Text),
            Column::new("montant", "Montant", Kind::Amount),
        ];
        let title = format!("Montant dû pour {}", case.month.in_words());
        tables.push(Table::new(title, columns, rows));
    }
    tables
}
