//! One aid: all that is known of it, the rules that judged it, the entries that it is in and their seals.

use super::aid_asked::{AidAsked, several_aids};
use super::clock::local;
use super::entry_page::{EventNames, LotOrigin, key_of, lot_origin, short_verdict};
use super::error::AppError;
use super::law::digest_of;
use super::seal_of::SealVerdict;
use super::state::Names;
use crate::calendar::{Date, Month};
use crate::funding::Mode;
use crate::ledger::Code;
use crate::money::Amount;
use crate::posting::{EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT, grant_day};
use crate::statements::Named;
use crate::store::{AidDetail, Dictionary, EntryKey, FindingRow, SealedEntry, Store, StoreError, Tx, Value};
use std::collections::BTreeMap;

/// What one funder gives of an aid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundedShare {
    /// The funder.
    pub funder: Named,
    /// Code of the convention, or empty.
    pub convention: String,
    /// Code of the site, or empty.
    pub site: String,
    /// Its amount.
    pub amount: Amount,
}

/// The version of the rules that judged an aid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesVersion {
    /// Its path, such as `dispositifs/cej.toml`.
    pub path: String,
    /// The whole digest of its text, in hexadecimal: [`super::rule_text`] gives the text.
    pub digest: String,
    /// When it was published, in the structure's zone.
    pub at: String,
    /// Who published it.
    pub user: String,
    /// The second person.
    pub approver: Option<String>,
    /// False where the text in the base is no longer that of its digest.
    pub is_whole: bool,
}

/// The derogation by which an aid was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidDerogation {
    /// Its number.
    pub number: i64,
    /// Why, unless erased.
    pub reason: Option<String>,
    /// Who asked, on which day.
    pub asked: (String, Date),
    /// Who decided, on which day.
    pub decided: Option<(String, Date)>,
}

/// An entry that an aid is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidEntry {
    /// Its book, year and number.
    pub key: EntryKey,
    /// Its day.
    pub date: Date,
    /// Its event, and the event's French label.
    pub event: Named,
    /// The entry that it reverses.
    pub reverses: Option<EntryKey>,
    /// The lines of this aid: rank, account, debit, credit.
    pub lines: Vec<(i64, Named, Amount, Amount)>,
    /// What its seal says now; none for a long entry: [`super::seal_of`] says it.
    pub verdict: Option<SealVerdict>,
}

/// An aid, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidPage {
    /// Its key.
    pub aid: i64,
    /// Its reference.
    pub reference: String,
    /// The person's number; none once erased.
    pub person: Option<String>,
    /// The person's pseudonym in the book.
    pub pseudonym: String,
    /// The dispositif.
    pub dispositif: Named,
    /// Code of the nature, or empty.
    pub nature: String,
    /// Month of right.
    pub month: Month,
    /// Day of the request.
    pub requested_on: Option<Date>,
    /// Day of the decision.
    pub decided_on: Date,
    /// True where the file gave no decision date, and the day is the one that was taken for it.
    pub is_undated: bool,
    /// Payments: day and amount.
    pub payments: Vec<(Date, Amount)>,
    /// Amount granted.
    pub amount: Amount,
    /// Who hands the money over.
    pub payer: Named,
    /// The committee, or empty.
    pub committee: String,
    /// Who receives the money when it is not the person, or empty.
    pub payee: String,
    /// Decided, or recorded once paid by another.
    pub mode: Mode,
    /// Who funds it: one, or several whose amounts add up.
    pub shares: Vec<FundedShare>,
    /// True where a rule fails that no derogation lifts.
    pub is_irregular: bool,
    /// The lot that cancelled it.
    pub cancelled: Option<LotOrigin>,
    /// The file that brought it, who imported it and when.
    pub origin: LotOrigin,
    /// The physical line of that file.
    pub line: i64,
    /// The rules that judged it.
    pub rules: RulesVersion,
    /// What was found on that day, in the words of that day.
    pub findings: Vec<FindingRow>,
    /// The derogation that allowed it.
    pub derogation: Option<AidDerogation>,
    /// The entries that it is in, in the order of the chain.
    pub entries: Vec<AidEntry>,
    /// Where the book does not say of it what its own row says, in French.
    pub contradictions: Vec<String>,
}

/// Returns all that is known of an aid.
///
/// # Errors
/// When there is none, or several bear the reference.
pub async fn aid_page(store: &Store, asked: &AidAsked) -> Result<AidPage, AppError> {
    let mut tx = store.read().await?;
    let key = key_asked(&mut tx, asked).await?;
    let aid = tx.aid_detail(key).await?;
    let aid = aid.ok_or_else(|| AppError::Refused(format!("aucune aide n'a le numéro {key}")))?;
    let [dispositif, nature, payer, committee, payee, _, publication] = aid.terms;
    let names = Names::load(&mut tx).await?;
    let shares = keyed_shares(&mut tx, &aid).await?;
    let paid = tx.payments_of(&[key.into()]).await?;
    let payments: Vec<(Date, Amount)> =
        paid.iter().map(|payment| (payment.paid_on, payment.amount)).collect();
    let findings = tx.findings_of(key).await?;
    let entries = entries_of(&mut tx, &aid, &payments, &shares).await?;
    let cancelled = match aid.cancelled_by {
        Some(lot) => Some(lot_origin(&mut tx, lot).await?),
        None => None,
    };
    let payers = tx.dictionary("payer").await?;
    let mut funded = Vec::with_capacity(shares.len());
    for (axes, amount) in &shares {
        let axes = names.axes.get(axes).copied().unwrap_or_default();
        funded.push(FundedShare {
            funder: named(&names.funders, axes.funder)?,
            convention: names.conventions.code(axes.convention)?.to_string(),
            site: names.sites.code(axes.site)?.to_string(),
            amount: *amount,
        });
    }
    Ok(AidPage {
        aid: key,
        person: aid.number.clone(),
        pseudonym: aid.pseudonym.clone(),
        dispositif: named(&names.dispositifs, dispositif)?,
        nature: names.natures.code(nature)?.to_string(),
        month: aid.month,
        requested_on: aid.requested_on,
        decided_on: aid.decided_on,
        is_undated: aid.undated,
        amount: aid.amount,
        payer: named(&payers, payer)?,
        committee: tx.dictionary("committee").await?.code(committee)?.to_string(),
        payee: tx.dictionary("payee").await?.code(payee)?.to_string(),
        mode: Mode::parse(&aid.mode).ok_or_else(|| StoreError::Inconsistent(format!("mode {}", aid.mode)))?,
        shares: funded,
        is_irregular: findings.iter().any(|finding| finding.code != Code::GrantedByDerogation.text()),
        cancelled,
        origin: lot_origin(&mut tx, aid.origin.0).await?,
        line: aid.origin.1,
        rules: rules_version(&mut tx, publication).await?,
        derogation: derogation_of(&mut tx, key).await?,
        contradictions: contradictions(&aid, &payments, &shares, &entries),
        reference: aid.reference,
        payments,
        findings,
        entries,
    })
}

async fn key_asked(tx: &mut Tx, asked: &AidAsked) -> Result<i64, AppError> {
    let reference = match asked {
        AidAsked::Key(key) => return Ok(*key),
        AidAsked::Reference(reference) => reference,
    };
    let found = tx.aids_referenced(reference).await?;
    match found.as_slice() {
        [] => Err(AppError::Refused(format!("aucune aide ne porte la référence « {reference} »"))),
        [only] => Ok(*only),
        several => Err(several_aids(reference, several)),
    }
}

pub(super) fn named(dictionary: &Dictionary, key: u32) -> Result<Named, StoreError> {
    Ok(Named { code: dictionary.code(key)?.to_string(), label: dictionary.label(key)?.to_string() })
}

/// The axes and amount of each funder's share; of a single one, the whole.
async fn keyed_shares(tx: &mut Tx, aid: &AidDetail) -> Result<Vec<(u32, Amount)>, AppError> {
    let shares = tx.shares_of(&[aid.aid.into()]).await?;
    Ok(match shares.is_empty() {
        true => vec![(aid.terms[5], aid.amount)],
        false => shares.into_iter().map(|(_, axes, amount)| (axes, amount)).collect(),
    })
}

async fn rules_version(tx: &mut Tx, publication: u32) -> Result<RulesVersion, AppError> {
    let zone = tx.info().await?.zone;
    let found = tx.publication_text(publication).await?;
    let (row, body) = found.ok_or_else(|| {
        AppError::Machine(format!("la version des règles n° {publication} n'existe plus (denier verifier)"))
    })?;
    Ok(RulesVersion {
        is_whole: digest_of(&body) == row.digest,
        path: row.path,
        digest: row.digest,
        at: local(&row.at, &zone),
        user: row.user,
        approver: row.approver,
    })
}

async fn derogation_of(tx: &mut Tx, aid: i64) -> Result<Option<AidDerogation>, AppError> {
    let uses = tx.derogation_uses().await?;
    let Some(one) = uses.into_iter().find(|one| one.aid == aid) else { return Ok(None) };
    let row = tx.derogations().await?.into_iter().find(|row| row.number == one.derogation);
    Ok(row.map(|row| AidDerogation {
        number: row.number,
        reason: row.reason,
        asked: (row.asked_by, row.asked_on),
        decided: row.decision.map(|decision| (decision.by, decision.on)),
    }))
}

/// The entries of an aid: those of its lot on the days of its grant and payments, then what reverses them.
async fn entries_of(
    tx: &mut Tx,
    aid: &AidDetail,
    payments: &[(Date, Amount)],
    shares: &[(u32, Amount)],
) -> Result<Vec<AidEntry>, AppError> {
    let mut days = vec![grant_day(aid.decided_on, aid.month)];
    days.extend(payments.iter().map(|(day, _)| *day));
    let mut entries: Vec<SealedEntry> = Vec::new();
    for (entry, axes) in tx.entries_of_days(aid.origin.0, &days).await? {
        if shares.iter().any(|(own, _)| *own == axes) {
            entries.push(entry);
        }
    }
    // What was done by hand since: payments, undues, what came back.
    let later: Vec<Value> = tx.later_lots(&[aid.aid.into()]).await?.into_iter().map(Into::into).collect();
    if !later.is_empty() {
        entries.extend(tx.entries_of_lots(&later).await?);
    }
    if let Some(lot) = aid.cancelled_by {
        let own: Vec<i64> = entries.iter().map(|entry| entry.sequence).collect();
        for sequence in own {
            let reversing = tx.entries_reversing(sequence).await?;
            entries.extend(reversing.into_iter().filter(|entry| entry.lot == lot));
        }
    }
    let keys: Vec<Value> = entries.iter().map(|entry| entry.sequence.into()).collect();
    let lines = tx.lines_about(aid.aid, &keys).await?;
    let accounts = tx.dictionary("account").await?;
    let events = EventNames::load(tx).await?;
    entries.retain(|entry| lines.iter().any(|(own, ..)| *own == entry.sequence));
    entries.sort_by_key(|entry| entry.sequence);
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut own = Vec::new();
        for (_, rank, account, _, amount) in lines.iter().filter(|(of, ..)| *of == entry.sequence) {
            own.push((*rank, named(&accounts, *account)?, amount.or_zero(), (-*amount).or_zero()));
        }
        let reverses = match entry.reverses {
            Some(sequence) => tx.entry_at(sequence).await?.as_ref().map(key_of),
            None => None,
        };
        found.push(AidEntry {
            key: key_of(&entry),
            date: entry.date,
            event: events.of(&entry.event),
            reverses,
            lines: own,
            verdict: short_verdict(tx, &entry).await?,
        });
    }
    Ok(found)
}

/// Says where the book and the row of an aid differ: somebody altered one of them.
fn contradictions(
    aid: &AidDetail,
    payments: &[(Date, Amount)],
    shares: &[(u32, Amount)],
    entries: &[AidEntry],
) -> Vec<String> {
    let mut told = Vec::new();
    let debits = |wanted: &dyn Fn(&AidEntry) -> bool| -> Amount {
        let own = entries.iter().filter(|entry| entry.reverses.is_none() && wanted(entry));
        own.flat_map(|entry| &entry.lines).map(|(_, _, debit, _)| *debit).sum()
    };
    let mut compare = |what: String, row: Amount, book: Amount| {
        if row != book {
            told.push(format!(
                "{what} : {} sur l'aide, {} dans le carnet (denier verifier)",
                row.to_euros(),
                book.to_euros()
            ));
        }
    };
    let granted_on = grant_day(aid.decided_on, aid.month);
    compare(
        format!("octroi du {}", granted_on.to_french()),
        aid.amount,
        debits(&|entry| [EVENT_GRANT, EVENT_GRANT_OPEN].contains(&entry.event.code.as_str())),
    );
    let mut by_day: BTreeMap<Date, Amount> = BTreeMap::new();
    for (day, amount) in payments {
        *by_day.entry(*day).or_default() += *amount;
    }
    for (day, amount) in by_day {
        let on = |entry: &AidEntry| entry.event.code == EVENT_PAYMENT && entry.date == day;
        compare(format!("versement du {}", day.to_french()), amount, debits(&on));
    }
    compare("parts des financeurs".to_string(), aid.amount, shares.iter().map(|(_, part)| *part).sum());
    told
}
