//! Refusing an aid: the register, and the letter that gives the grounds and the ways of appeal.

use super::answer::{Asked, answered, keep};
use super::clock::{Clock, random_bytes};
use super::error::AppError;
use super::grant::{GrantRequest, judged};
use super::law::{appeal_in_force, law_in_force};
use super::person::find_person;
use super::rights::Right;
use super::state::year_asked;
use super::users::Actor;
use crate::calendar::{Date, Month};
use crate::documents::{RefusalLetter, check_drawable, refusal_paper, render_pdf};
use crate::ledger::Severity;
use crate::money::Amount;
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{KeyOf, RefusalRow, RefusalRule, Store, Tx, Value};
use crate::words::{plain_name, unknown};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// What is refused.
#[derive(Clone, Debug)]
pub struct RefusalRequest {
    /// Number, or beginning of the name, of the person.
    pub beneficiary: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// Its nature.
    pub nature: Option<String>,
    /// The month of right.
    pub month: Month,
    /// The amount that was asked.
    pub amount: Amount,
    /// A committee decides: the rules that it waives are no grounds.
    pub committee: bool,
    /// The day; today where it is not said.
    pub refused_on: Option<Date>,
    /// Why, besides the rules that fail; needed where none does.
    pub reason: Option<String>,
    /// `--cle`.
    pub asked: Option<Asked>,
    /// `--a-blanc`.
    pub dry_run: bool,
}

/// A refusal, as recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusalReport {
    /// Its number, `REF-2024-000001`.
    pub numero: String,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The person's number.
    pub beneficiaire: String,
    /// Code of the dispositif.
    pub dispositif: String,
    /// The month of right, `2024-10`.
    pub mois: String,
    /// The amount that was asked, `1234.56`.
    pub montant: String,
    /// The day, `2024-10-05`.
    pub le: String,
    /// Each rule that fails: what it says, then its article in brackets.
    pub regles: Vec<String>,
    /// Why, besides.
    pub motif: Option<String>,
}

/// The letter of a refusal.
#[derive(Debug)]
pub struct RefusalFile {
    /// The person's number: that their letter is seen is noted before it is shown.
    pub person: String,
    /// A name for its file.
    pub name: String,
    /// The PDF.
    pub bytes: Vec<u8>,
}

/// Records a refusal, with the rules that fail that day as an aid of this kind would be judged.
///
/// # Errors
/// When nobody, or several people, answer to the number or name, the dispositif is unknown, no rule fails
/// and no reason is given, the letter cannot be drawn, the actor may not, or the base fails.
pub async fn refuse_aid(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    request: &RefusalRequest,
) -> Result<RefusalReport, AppError> {
    let mut tx = if request.dry_run { store.read().await? } else { store.write().await? };
    let asked = request.asked.as_ref();
    if let Some(answer) = answered(&mut tx, asked).await? {
        return Ok(answer);
    }
    let claimed = !request.dry_run && actor.may(&mut tx, Right::Record).await?;
    let in_force = law_in_force(&mut tx).await?;
    let person = find_person(&mut tx, actor, &request.beneficiary).await?;
    let refused_on = request.refused_on.unwrap_or(clock.today(&tx.info().await?.zone)?);
    let dispositifs = tx.dictionary("dispositif").await?;
    let dispositif = dispositifs.keys.get(&request.dispositif).copied().ok_or_else(|| {
        let codes: Vec<&str> = in_force.law.dispositifs.iter().map(|known| known.code.as_str()).collect();
        AppError::Refused(format!("dispositif {}", unknown(&request.dispositif, &codes)))
    })?;
    let grant = GrantRequest {
        beneficiary: person.identity.number.clone(),
        dispositif: request.dispositif.clone(),
        nature: request.nature.clone(),
        month: request.month,
        amount: request.amount,
        decided_on: Some(refused_on),
        payee: None,
        convention: None,
        funder: None,
        site: None,
        // Its name is neither judged nor kept.
        committee: request.committee.then(|| "instance".to_string()),
        asked: None,
        dry_run: true,
    };
    let verdict = judged(&mut tx, actor, &in_force, clock, &grant).await?;
    let failing = verdict.constats.iter().filter(|found| found.severity == Severity::Refusal.code());
    let rules: Vec<RefusalRule> = failing
        .map(|found| RefusalRule {
            code: found.code.clone(),
            rule: found.rule.clone(),
            message: found.message.clone(),
            article: found.article.clone().unwrap_or_default(),
        })
        .collect();
    let reason = request.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if rules.is_empty() && reason.is_none() {
        return Err(AppError::Usage("aucune règle ne refuse cette aide : dites pourquoi elle l'est".into()));
    }
    let year = i64::from(refused_on.year());
    let new = RefusalRow {
        id: tx.next_key(KeyOf::Refusal).await?,
        number: (year, tx.last_refusal(year).await? + 1),
        beneficiary: person.beneficiary,
        dispositif,
        nature: request.nature.clone().unwrap_or_default(),
        month: request.month,
        amount: request.amount,
        refused_on,
        refused_by: actor.name.clone(),
        reason: reason.map(str::to_string),
        appeal: appeal_in_force(&mut tx).await?.paragraphs(),
        rules,
    };
    let letter = letter_of(&mut tx, &new).await?;
    // A number is given to what can be drawn, so that none is missing from the register.
    check_drawable(&refusal_paper(&letter)).map_err(|error| AppError::Refused(error.to_string()))?;
    let report = RefusalReport {
        numero: letter.number,
        a_blanc: request.dry_run,
        beneficiaire: person.identity.number,
        dispositif: request.dispositif.clone(),
        mois: request.month.to_string(),
        montant: request.amount.to_plain(),
        le: refused_on.to_string(),
        regles: new.rules.iter().map(in_words).collect(),
        motif: new.reason.clone(),
    };
    if request.dry_run {
        return Ok(report);
    }
    tx.insert_refusal(&new, &random_bytes::<16>()?).await?;
    let at = clock.now();
    let detail = format!("{} : {} {}, {}", report.numero, report.dispositif, report.mois, report.montant);
    tx.log(&at, &actor.name, claimed, "aide refuser", &detail).await?;
    keep(&mut tx, asked, &report, &at).await?;
    tx.commit().await?;
    Ok(report)
}

/// Draws the letter of a refusal, from what was recorded that day: the same bytes each time.
///
/// # Errors
/// When there is no such refusal, the person is erased, or the base fails.
pub async fn refusal_letter(store: &Store, number: &str) -> Result<RefusalFile, AppError> {
    let mut tx = store.read().await?;
    let found = tx.refusals().await?.into_iter().find(|row| name_of(row) == number);
    let row =
        found.ok_or_else(|| AppError::Refused(format!("refus {number} inconnu (denier etats refus)")))?;
    let letter = letter_of(&mut tx, &row).await?;
    let bytes = render_pdf(&refusal_paper(&letter)).map_err(|error| AppError::Refused(error.to_string()))?;
    let name = format!("{}_{number}.pdf", plain_name(&letter.person_number));
    Ok(RefusalFile { person: letter.person_number, name, bytes })
}

/// Returns the refusals, oldest first, or those of one fiscal year.
///
/// # Errors
/// When the year is not open, or the base fails.
pub async fn refusal_statement(store: &Store, year: Option<i16>) -> Result<Table, AppError> {
    let mut tx = store.read().await?;
    let year = match year {
        Some(code) => Some(year_asked(&mut tx, Some(code)).await?),
        None => None,
    };
    let mut all = tx.refusals().await?;
    all.retain(|row| year.is_none_or(|year| year.holds(row.refused_on.month())));
    let people: Vec<Value> = all.iter().map(|row| row.beneficiary.into()).collect();
    let numbers: FxHashMap<i64, String> = tx.numbers_by_key(&people).await?.into_iter().collect();
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut rows = Vec::new();
    for row in &all {
        let named = |rule: &RefusalRule| rule.rule.clone().unwrap_or_else(|| rule.code.clone());
        let rules: Vec<String> = row.rules.iter().map(named).collect();
        rows.push(vec![
            Cell::Text(name_of(row)),
            Cell::Day(row.refused_on),
            numbers.get(&row.beneficiary).map_or("effacé", String::as_str).into(),
            Cell::Text(dispositifs.code(row.dispositif)?.to_string()),
            row.nature.as_str().into(),
            Cell::Text(row.month.to_string()),
            Cell::Amount(row.amount),
            rules.join(", ").as_str().into(),
            row.reason.as_deref().unwrap_or("").into(),
            Cell::Text(row.refused_by.clone()),
        ]);
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Text),
        Column::new("le", "Refusée le", Kind::Text),
        Column::new("beneficiaire", "Dossier", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Demandé", Kind::Amount),
        Column::new("regles", "Règles", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("par", "Par", Kind::Text),
    ];
    let notes = if rows.is_empty() { vec!["Aucun refus.".to_string()] } else { Vec::new() };
    let title = match year {
        Some(year) => format!("Refus notifiés de l'exercice {}", year.code),
        None => "Refus notifiés".to_string(),
    };
    Ok(Table { notes, ..Table::new(title, columns, rows) })
}

/// Returns the number of a refusal as letters print it.
pub(super) fn name_of(row: &RefusalRow) -> String {
    format!("REF-{}-{:06}", row.number.0, row.number.1)
}

/// What a rule says, then its article in brackets.
pub(super) fn in_words(rule: &RefusalRule) -> String {
    match rule.article.as_str() {
        "" => rule.message.clone(),
        article => format!("{} [{article}]", rule.message),
    }
}

async fn letter_of(tx: &mut Tx, row: &RefusalRow) -> Result<RefusalLetter, AppError> {
    let info = tx.info().await?;
    let numbers: Vec<Value> =
        tx.numbers_by_key(&[row.beneficiary.into()]).await?.iter().map(|(_, number)| number.into()).collect();
    let who = tx.identities(&numbers).await?.pop().ok_or_else(|| {
        AppError::Refused(format!("l'identité de la personne du refus {} a été effacée", name_of(row)))
    })?;
    let dispositifs = tx.dictionary("dispositif").await?;
    Ok(RefusalLetter {
        number: name_of(row),
        structure: info.name,
        siren: info.siren,
        dated: row.refused_on,
        person: (who.identity.first_name, who.identity.last_name),
        person_number: who.identity.number,
        dispositif: dispositifs.label(row.dispositif)?.to_string(),
        nature: row.nature.clone(),
        month: row.month,
        amount: row.amount,
        rules: row.rules.iter().map(|rule| (rule.message.clone(), rule.article.clone())).collect(),
        reason: row.reason.clone(),
        appeal: row.appeal.clone(),
    })
}
