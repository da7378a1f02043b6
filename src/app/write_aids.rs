//! Writing the plan of an import: keys, guards, rows and entries, made by one thread while another
//! writes them.

use super::book::Book;
use super::clock::random_bytes;
use super::derogation::sealed_derogations;
use super::error::AppError;
use super::import_aids::Planned;
use super::law::LawInForce;
use super::report::Progress;
use crate::calendar::{Date, Years};
use crate::funding::{Envelope, EnvelopeKey, Fact, Person};
use crate::import::AidDrafts;
use crate::ledger::content::{AidContent, Origin, TermsCodes};
use crate::ledger::seal::Canonical;
use crate::ledger::{Axes, Code, Severity, Wording};
use crate::money::Amount;
use crate::posting::{
    AidToPost, EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_OVERRUN, EVENT_PAYMENT, Schemes, grant_day, group_aids,
};
use crate::rules::{CheckedAids, STRUCTURE};
use crate::store::{KeyOf, NewLot, Rows, StoreError, Tx, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Terms with the base's keys, ready for rows and seals.
struct Terms {
    key: u32,
    payer: u32,
    nature: u32,
    on_envelope: bool,
    shares: Vec<(u32, Option<Amount>)>,
    sealed: Canonical,
}

/// The tables that are filled, empty, encoded for the engine of the transaction.
struct EmptyRows {
    decisions: Rows,
    aids: Rows,
    payments: Rows,
    unpaid: Rows,
    findings: Rows,
    shares: Rows,
    uses: Rows,
    references: Rows,
}

impl EmptyRows {
    fn new(tx: &Tx) -> EmptyRows {
        EmptyRows {
            decisions: Rows::decisions(tx),
            aids: Rows::aids(tx),
            payments: Rows::payments(tx),
            unpaid: Rows::unpaid_aids(tx),
            findings: Rows::findings(tx),
            shares: Rows::shares(tx),
            uses: Rows::derogation_uses(tx),
            references: Rows::references(tx),
        }
    }
}

/// Everything the writing thread's other half needs: owned, so that entries are made while rows are
/// being written.
struct Work {
    lot: NewLot,
    source: String,
    file: AidDrafts,
    plan: CheckedAids,
    people: Vec<Person>,
    pseudonyms: Vec<String>,
    terms: Vec<Terms>,
    wordings: FxHashMap<u32, Vec<Wording>>,
    findings: FxHashMap<u32, Vec<String>>,
    derogations: FxHashMap<i64, Canonical>,
    // Ranks in `plan.accepted`, by person then line: the order of the aids' keys.
    order: Vec<u32>,
    first_aid: i64,
    first_decision: i64,
    dispositif_keys: Vec<u32>,
    overruns: Vec<(u32, Date, Amount)>,
    schemes: Schemes,
    years: Years,
}

/// Writes a plan; returns the key of its first aid.
#[expect(clippy::too_many_arguments, reason = "the pieces of the plan, written together")]
pub(super) async fn write(
    tx: &mut Tx,
    lot: NewLot,
    in_force: &LawInForce,
    file: AidDrafts,
    planned: Planned,
    findings: &[Wording],
    source: &str,
    progress: Progress<'_>,
) -> Result<i64, AppError> {
    let Planned { plan, years, people } = planned;
    let wordings = kept_wordings(findings);
    let terms = prepare_terms(tx, in_force, &plan).await?;
    let dispositif_keys: Vec<u32> = {
        let dispositifs = tx.dictionary("dispositif").await?;
        in_force.law.dispositifs.iter().map(|dispositif| dispositifs.keys[&dispositif.code]).collect()
    };
    let overruns = settle_envelopes(tx, in_force, &file, &plan, &terms, &dispositif_keys).await?;
    let keys: Vec<Value> = people.iter().map(|person| person.id.into()).collect();
    let by_key: FxHashMap<i64, String> = tx.pseudonyms(&keys).await?.into_iter().collect();
    let pseudonyms =
        people.iter().map(|person| by_key.get(&person.id).cloned().unwrap_or_default()).collect();
    let mut order: Vec<u32> =
        (0..u32::try_from(plan.accepted.len()).expect("fewer than four billion aids")).collect();
    order.sort_unstable_by_key(|rank| {
        let aid = &plan.accepted[*rank as usize];
        (people[aid.person()].id, *rank)
    });
    let findings = wordings
        .iter()
        .map(|(line, wordings)| {
            (
                *line,
                wordings
                    .iter()
                    .map(|wording| sealed_finding(&wording.code, wording.rule.as_deref(), &wording.message))
                    .collect(),
            )
        })
        .collect();
    let total = plan.accepted.len() as u64;
    let derogations =
        if plan.lifted.is_empty() { FxHashMap::default() } else { sealed_derogations(tx).await? };
    let book = Book::open(tx, &lot).await?;
    let work = Arc::new(Work {
        first_aid: tx.next_key(KeyOf::Aid).await?,
        first_decision: tx.next_key(KeyOf::Decision).await?,
        lot,
        source: source.to_string(),
        file,
        plan,
        people,
        pseudonyms,
        terms,
        wordings,
        findings,
        derogations,
        order,
        dispositif_keys,
        overruns,
        schemes: in_force.schemes.clone(),
        years,
    });
    let first_aid = work.first_aid;
    let (send, mut receive) = mpsc::channel::<(Rows, u64)>(4);
    let maker = {
        let (work, rows) = (Arc::clone(&work), EmptyRows::new(tx));
        std::thread::spawn(move || make_rows(&work, book, rows, &send))
    };
    let mut written = Ok(());
    while let Some((rows, done)) = receive.recv().await {
        if written.is_ok() {
            written = rows.append_to(tx).await;
            progress("écriture", done, total);
        }
        if written.is_err() {
            receive.close();
        }
    }
    let book =
        maker.join().map_err(|_| AppError::Machine("la préparation des écritures s'est arrêtée".into()))?;
    written?;
    let book = book.ok_or_else(|| AppError::Machine("l'écriture s'est arrêtée".into()))?;
    tx.add_changes(&book.changes).await?;
    Ok(first_aid)
}

/// The findings that are kept with the aid, by line: why it is irregular, or what a derogation lifts.
fn kept_wordings(findings: &[Wording]) -> FxHashMap<u32, Vec<Wording>> {
    let mut by_line: FxHashMap<u32, Vec<Wording>> = FxHashMap::default();
    let kept = |wording: &&Wording| {
        wording.severity == Severity::Irregular.code() || wording.code == Code::GrantedByDerogation.text()
    };
    for wording in findings.iter().filter(kept) {
        by_line.entry(wording.line).or_default().push(wording.clone());
    }
    by_line
}

/// A finding as the seal of its aid's lines says it.
pub(super) fn sealed_finding(code: &str, rule: Option<&str>, message: &str) -> String {
    format!("{code}:{}:{message}", rule.unwrap_or_default())
}

/// Gives each terms of the plan its keys, adding what is new to the reference tables.
async fn prepare_terms(
    tx: &mut Tx,
    in_force: &LawInForce,
    plan: &CheckedAids,
) -> Result<Vec<Terms>, AppError> {
    let texts = |text: fn(&crate::rules::CheckedTerms) -> &str| -> Vec<(&str, &str)> {
        plan.terms.iter().map(|terms| (text(terms), "")).filter(|(code, _)| !code.is_empty()).collect()
    };
    let natures = tx.ensure_codes("nature", &texts(|terms| &terms.nature)).await?;
    let committees = tx.ensure_codes("committee", &texts(|terms| &terms.committee)).await?;
    let conventions = tx.ensure_codes("convention", &texts(|terms| &terms.convention)).await?;
    let sites = tx.ensure_codes("site", &texts(|terms| &terms.site)).await?;
    let payers = tx.dictionary("payer").await?;
    let funders = tx.dictionary("funder").await?;
    let dispositifs = tx.dictionary("dispositif").await?;
    let mut payees: FxHashMap<&str, u32> = FxHashMap::default();
    for terms in plan.terms.iter().filter(|terms| !terms.payee.is_empty()) {
        if !payees.contains_key(terms.payee.as_str()) {
            payees.insert(&terms.payee, tx.ensure_payee(&terms.payee, &random_bytes::<16>()?).await?);
        }
    }
    let payee_digests = tx.payee_digests().await?;
    let mut known_axes = tx.axes().await?;
    let mut prepared = Vec::with_capacity(plan.terms.len());
    for terms in &plan.terms {
        let dispositif = in_force.law.get(terms.dispositif);
        let publication = in_force.publications[usize::from(terms.dispositif)];
        let mut shares = Vec::new();
        for share in &terms.shares {
            let axes = Axes {
                dispositif: dispositifs.keys[&dispositif.code],
                funder: funders.keys[&share.funder],
                convention: conventions.keys.get(&terms.convention).copied().unwrap_or(0),
                site: sites.keys.get(&terms.site).copied().unwrap_or(0),
                envelope_year: terms.envelope_year,
            };
            shares.push((tx.ensure_axes(&mut known_axes, axes).await?, share.amount));
        }
        let payee = if terms.payee.is_empty() {
            0
        } else {
            tx.ensure_payee(&terms.payee, &random_bytes::<16>()?).await?
        };
        let nature = natures.keys.get(&terms.nature).copied().unwrap_or(0);
        let payer = payers.keys.get(&terms.payer).copied().unwrap_or_else(|| payers.keys[STRUCTURE]);
        let committee = committees.keys.get(&terms.committee).copied().unwrap_or(0);
        let keys =
            [dispositifs.keys[&dispositif.code], nature, payer, committee, payee, shares[0].0, publication];
        let sealed = TermsCodes {
            nature: terms.nature.clone(),
            committee: terms.committee.clone(),
            payer: terms.payer.clone(),
            payee: payee_digests.get(&payee).copied(),
            mode: terms.mode,
            rules: crate::ledger::seal::hex(&dispositif.digest),
        };
        prepared.push(Terms {
            key: tx.ensure_terms(keys, terms.mode.code()).await?,
            payer,
            nature,
            on_envelope: terms.envelope_year != 0,
            shares,
            sealed: sealed.encode(),
        });
    }
    Ok(prepared)
}

/// Brings each envelope's guard to what the plan makes of it; returns the overruns to post, with
/// their axes and the first day on which the file takes from that envelope.
async fn settle_envelopes(
    tx: &mut Tx,
    in_force: &LawInForce,
    file: &AidDrafts,
    plan: &CheckedAids,
    terms: &[Terms],
    dispositif_keys: &[u32],
) -> Result<Vec<(u32, Date, Amount)>, AppError> {
    let mut first_day: FxHashMap<EnvelopeKey, Date> = FxHashMap::default();
    if !plan.envelopes.is_empty() {
        let axes = tx.axes().await?;
        for aid in &plan.accepted {
            if !terms[aid.terms()].on_envelope {
                continue;
            }
            let day = grant_day(aid.decided_on(), file.drafts[aid.draft()].month);
            for (key, _) in &terms[aid.terms()].shares {
                let axes = &axes[key];
                let key = EnvelopeKey {
                    dispositif: axes.dispositif,
                    funder: axes.funder,
                    year: axes.envelope_year,
                };
                first_day.entry(key).and_modify(|first| *first = day.min(*first)).or_insert(day);
            }
        }
    }
    debug_assert!(dispositif_keys.len() == in_force.law.dispositifs.len());
    let mut overruns = Vec::new();
    let mut envelopes: Vec<(EnvelopeKey, Envelope)> =
        plan.envelopes.iter().map(|(key, envelope)| (*key, *envelope)).collect();
    envelopes.sort_unstable_by_key(|(key, _)| *key);
    for (key, mut envelope) in envelopes {
        let due = envelope.overrun_due();
        if due > envelope.overrun {
            overruns.push((envelope_axes(tx, key).await?, first_day[&key], due - envelope.overrun));
            envelope.overrun = due;
        }
        tx.set_envelope(key, envelope).await?;
    }
    Ok(overruns)
}

/// Returns the key of the axes of an envelope: its dispositif, funder and year, and nothing else.
pub(super) async fn envelope_axes(tx: &mut Tx, key: EnvelopeKey) -> Result<u32, StoreError> {
    let mut known = tx.axes().await?;
    let axes = Axes {
        dispositif: key.dispositif,
        funder: key.funder,
        convention: 0,
        site: 0,
        envelope_year: key.year,
    };
    tx.ensure_axes(&mut known, axes).await
}

/// Makes all rows of the plan, in an order that keeps each table's index sequential; `None` when
/// nobody takes them any more.
fn make_rows(
    work: &Work,
    mut book: Book,
    mut rows: EmptyRows,
    send: &mpsc::Sender<(Rows, u64)>,
) -> Option<Book> {
    let EmptyRows { decisions, aids, payments, unpaid, findings, shares, uses, references } = &mut rows;
    let mut to_post: Vec<AidToPost> = Vec::with_capacity(work.order.len());
    let mut next_decision = work.first_decision;
    let mut decision_keys: Vec<i64> = vec![0; work.plan.decisions as usize + 1];
    let mut done: u64 = 0;
    let emit = |rows: &mut Rows, done: u64, last: bool| -> Option<()> {
        let ready = rows.is_full() || (last && !rows.is_empty());
        if ready { send.blocking_send((rows.take(), done)).ok() } else { Some(()) }
    };
    for (at, rank) in work.order.iter().enumerate() {
        let checked = &work.plan.accepted[*rank as usize];
        let draft = &work.file.drafts[checked.draft()];
        let terms = &work.terms[checked.terms()];
        let dispositif = work.plan.terms[checked.terms()].dispositif;
        let key = work.first_aid + at as i64;
        let decision = if checked.decision() > 0 {
            checked.decision()
        } else {
            let known = &mut decision_keys[usize::try_from(-checked.decision()).expect("a rank")];
            if *known == 0 {
                *known = next_decision;
                next_decision += 1;
                decisions.push([
                    Value::Int(*known),
                    Value::Int(work.people[checked.person()].id),
                    Value::Int(work.dispositif_keys[usize::from(dispositif)].into()),
                    Value::Int(checked.decided_on().number()),
                    Value::Int(checked.undated().into()),
                ]);
            }
            *known
        };
        aids.push([
            Value::Int(key),
            Value::Int(work.lot.id),
            Value::Int(draft.line.into()),
            Value::Int(work.people[checked.person()].id),
            Value::Int(decision),
            Value::Int(draft.month.number()),
            Value::Int(terms.key.into()),
            Value::Int(draft.amount.centimes()),
            Value::OptInt(draft.requested_on.map(Date::number)),
            work.file.references.get(draft.reference).into(),
        ]);
        match draft.paid_on {
            Some(paid_on) => payments.push([
                Value::Int(key),
                Value::Int(1),
                Value::Int(paid_on.number()),
                Value::Int(draft.amount.centimes()),
            ]),
            None => unpaid.push([Value::Int(key)]),
        }
        if let Some(number) = checked.derogation() {
            uses.push([Value::Int(key), Value::Int(number.into())]);
        }
        if checked.irregular() || checked.derogation().is_some() {
            for (rank, wording) in work.wordings.get(&draft.line).into_iter().flatten().enumerate() {
                let room =
                    wording.room.as_deref().and_then(|room| Amount::parse(room).ok()).map(Amount::centimes);
                findings.push([
                    Value::Int(key),
                    Value::Int(rank as i64 + 1),
                    (&wording.code).into(),
                    wording.rule.as_deref().into(),
                    wording.column.as_deref().into(),
                    (&wording.message).into(),
                    wording.article.as_deref().into(),
                    Value::OptInt(room),
                    (&wording.advice).into(),
                ]);
            }
        }
        let fact = Fact {
            dispositif,
            nature_type: 0,
            decision,
            month: draft.month,
            decided_on: checked.decided_on(),
            paid_on: draft.paid_on,
            amount: draft.amount,
            irregular: checked.irregular(),
            undated: checked.undated(),
        };
        for (rank, (axes, share)) in terms.shares.iter().enumerate() {
            let amount = share.unwrap_or(draft.amount);
            if terms.shares.len() > 1 {
                shares.push([
                    Value::Int(key),
                    Value::Int(rank as i64 + 1),
                    Value::Int((*axes).into()),
                    Value::Int(amount.centimes()),
                ]);
            }
            book.changes.aid(&fact, *axes, terms.nature, amount);
            to_post.push(AidToPost {
                aid: key,
                axes: *axes,
                payer: terms.payer,
                on_envelope: terms.on_envelope,
                amount,
                granted_on: grant_day(checked.decided_on(), draft.month),
                paid_on: draft.paid_on,
            });
        }
        done += 1;
        // Parents before children: a decision goes before its aids, an aid before its payments.
        if aids.is_full() {
            for rows in [&mut *decisions, &mut *aids, &mut *payments, &mut *unpaid] {
                emit(rows, done / 2, true)?;
            }
        }
    }
    for rows in [decisions, aids, payments, unpaid, findings, shares, uses] {
        emit(rows, done / 2, true)?;
    }
    people_counts(work, &mut book);
    for rank in by_reference(work) {
        let checked = &work.plan.accepted[work.order[rank as usize] as usize];
        references.push([
            Value::Int(work.lot.source.into()),
            work.file.references.get(work.file.drafts[checked.draft()].reference).into(),
            Value::Int(work.first_aid + i64::from(rank)),
            Value::Int(checked.fingerprint()),
        ]);
        emit(references, done / 2, false)?;
    }
    emit(references, done / 2, true)?;
    let person_of = |aid: i64| {
        &work.plan.accepted[work.order[usize::try_from(aid - work.first_aid).expect("a rank")] as usize]
    };
    let no_findings: Vec<String> = Vec::new();
    let content = |aid: i64| {
        let checked = person_of(aid);
        let draft = &work.file.drafts[checked.draft()];
        let origin = Origin {
            lot: work.lot.id,
            source: &work.source,
            file: &work.lot.file,
            line: draft.line.into(),
            reference: work.file.references.get(draft.reference),
        };
        let content = AidContent {
            pseudonym: &work.pseudonyms[checked.person()],
            decided_on: checked.decided_on(),
            undated: checked.undated(),
            requested_on: draft.requested_on,
            month: draft.month,
            amount: draft.amount,
            terms: &work.terms[checked.terms()].sealed,
            findings: if checked.irregular() || checked.derogation().is_some() {
                work.findings.get(&draft.line).unwrap_or(&no_findings)
            } else {
                &no_findings
            },
            derogation: checked.derogation().and_then(|number| work.derogations.get(&number.into())),
        };
        (origin, content)
    };
    for (axes, date, amount) in &work.overruns {
        let entry = work.schemes.get(EVENT_OVERRUN).entry(*date, *axes, &[(0, *amount)]);
        book.take(&entry, None, None, content);
    }
    let mut members: Vec<(i64, Amount)> = Vec::new();
    for (day, ranks) in group_aids(&to_post) {
        members.clear();
        members.extend(ranks.iter().map(|rank| {
            let aid = &to_post[*rank as usize];
            (aid.aid, aid.amount)
        }));
        let event = match (day.payment, day.on_envelope) {
            (true, _) => EVENT_PAYMENT,
            (false, true) => EVENT_GRANT,
            (false, false) => EVENT_GRANT_OPEN,
        };
        let entry = work.schemes.get(event).entry(day.date, day.axes, &members);
        book.take(&entry, None, None, content);
        emit(&mut book.lines, done, false)?;
    }
    for rows in [&mut book.lines, &mut book.entries] {
        emit(rows, done, true)?;
    }
    Some(book)
}

/// Adds what each person of the file changes in the counts.
fn people_counts(work: &Work, book: &mut Book) {
    let mut last = None;
    for rank in &work.order {
        let person = work.plan.accepted[*rank as usize].person();
        if last != Some(person) {
            last = Some(person);
            let facts = &work.plan.facts;
            book.changes.person(
                &work.years,
                &work.dispositif_keys,
                facts.of_first(person, work.plan.old_facts),
                facts.of(person),
            );
        }
    }
}

/// Returns the aids, as ranks in `work.order`, in the order of their references, so that their index
/// grows at its end. Most files are in that order already: the sort is one that sees it.
fn by_reference(work: &Work) -> Vec<u32> {
    let mut by_line = vec![0; work.order.len()];
    for (rank, accepted) in work.order.iter().enumerate() {
        by_line[*accepted as usize] = u32::try_from(rank).expect("fewer than four billion aids");
    }
    let reference = |rank: &u32| {
        let checked = &work.plan.accepted[work.order[*rank as usize] as usize];
        work.file.references.get(work.file.drafts[checked.draft()].reference)
    };
    by_line.sort_by(|a, b| reference(a).cmp(reference(b)));
    by_line
}
