//! A new base, and the years of one.

use super::clock::Clock;
use super::error::AppError;
use super::law::{LawInForce, MODELS, digest_of, embedded_rules, law_in_force};
use super::rights::{Right, Role};
use super::users::Actor;
use crate::calendar::{FiscalYear, Month};
use crate::ledger::{Book, Side};
use crate::rules::STRUCTURE;
use crate::store::{NewBase, Store, Tx, UserRow};

/// What `denier init` was asked.
#[derive(Clone, Debug)]
pub struct InitRequest {
    /// Name of the structure.
    pub name: String,
    /// Its SIREN.
    pub siren: Option<String>,
    /// The first fiscal year.
    pub year: FiscalYear,
    /// `importee` or `tenue`.
    pub books: String,
    /// Time zone.
    pub zone: String,
}

/// Years stop well before the calendar does.
const LAST_YEAR: i16 = 2150;

/// Creates a base with its structure, first year, chart, rules, bodies and first user.
///
/// # Errors
/// When one is there already, or the SIREN or zone is none.
pub async fn init(
    location: &str,
    clock: Clock,
    actor: &Actor,
    request: &InitRequest,
) -> Result<Store, AppError> {
    let siren = request.siren.as_ref().map(|siren| siren.replace([' ', '\u{a0}', '\u{202f}'], ""));
    if let Some(siren) =
        siren.as_deref().filter(|siren| siren.len() != 9 || !siren.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(AppError::Usage(format!("SIREN « {siren} » : il a neuf chiffres")));
    }
    if request.name.trim().is_empty() {
        return Err(AppError::Usage("le nom de la structure est vide".into()));
    }
    clock.today(&request.zone)?;
    let store = Store::create(location).await?;
    let at = clock.now();
    let mut tx = store.write().await?;
    tx.insert_structure(&NewBase {
        name: request.name.trim().to_string(),
        siren,
        zone: request.zone.clone(),
        books: request.books.clone(),
        at: at.clone(),
    })
    .await?;
    tx.insert_year(request.year, &at).await?;
    let director = UserRow {
        name: actor.name.clone(),
        role: Role::Director.code().to_string(),
        site: String::new(),
        password: None,
        closed: false,
    };
    tx.insert_user(&director, &at).await?;
    let mut files = embedded_rules();
    files.retain(|(path, _)| !path.starts_with(MODELS));
    for (path, text) in &files {
        tx.publish(path, &digest_of(text), text, &at, &actor.name, None).await?;
    }
    let found = law_in_force(&mut tx).await?;
    for (rank, account) in found.schemes.chart.accounts.iter().enumerate() {
        let side = if account.side == Side::Debit { "debit" } else { "credit" };
        tx.insert_account(rank + 1, Book::Aids.code(), &account.code, &account.label, side).await?;
    }
    register(&mut tx, &found).await?;
    tx.log(&at, &actor.name, false, "init", &request.name).await?;
    tx.commit().await?;
    Ok(store)
}

/// Makes dispositifs, funders and payers of the law known to the base.
pub(super) async fn register(tx: &mut Tx, found: &LawInForce) -> Result<(), AppError> {
    let LawInForce { law, bodies, .. } = found;
    let dispositifs: Vec<(&str, &str)> =
        law.dispositifs.iter().map(|d| (d.code.as_str(), d.label.as_str())).collect();
    tx.ensure_codes("dispositif", &dispositifs).await?;
    let funders: Vec<(&str, &str)> = bodies
        .iter()
        .filter(|body| body.funds)
        .map(|body| (body.code.as_str(), body.label.as_str()))
        .collect();
    tx.ensure_codes("funder", &funders).await?;
    let mut payers = vec![(STRUCTURE, "La structure")];
    payers
        .extend(bodies.iter().filter(|body| body.pays).map(|body| (body.code.as_str(), body.label.as_str())));
    tx.ensure_codes("payer", &payers).await?;
    Ok(())
}

/// Opens the fiscal year after the last one.
///
/// # Errors
/// When it is open already, or does not follow the last.
pub async fn open_year(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    code: i16,
) -> Result<FiscalYear, AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let years = tx.years().await?;
    if years.get(code).is_some() {
        return Err(AppError::Refused(format!("l'exercice {code} est déjà ouvert")));
    }
    let next = years.last().next();
    if next.code >= LAST_YEAR {
        return Err(AppError::Refused("fin du calendrier".into()));
    }
    if next.code != code {
        return Err(AppError::Refused(format!(
            "les exercices se suivent : le prochain à ouvrir est {}",
            next.code
        )));
    }
    tx.insert_year(next, &clock.now()).await?;
    tx.next_generation().await?;
    tx.log(&clock.now(), &actor.name, claimed, "ouvrir", &code.to_string()).await?;
    tx.commit().await?;
    Ok(next)
}

impl InitRequest {
    /// Returns the fiscal year from its name and, where given, its first and last months.
    ///
    /// # Errors
    /// When it is not between one and twenty-four whole months.
    pub fn year_of(code: i16, first: Option<Month>, last: Option<Month>) -> Result<FiscalYear, AppError> {
        let calendar = FiscalYear::calendar(code)
            .filter(|year| year.code < LAST_YEAR)
            .ok_or_else(|| AppError::Usage(format!("exercice {code} hors du calendrier")))?;
        let first = first.unwrap_or(calendar.first);
        let last = last.unwrap_or_else(|| first.plus(11));
        if !(0..24).contains(&first.until(last)) {
            return Err(AppError::Usage("un exercice a de un à vingt-quatre mois entiers".into()));
        }
        Ok(FiscalYear { code, first, last })
    }
}
