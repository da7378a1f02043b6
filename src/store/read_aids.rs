//! Aids read back: facts for the rules, lines for an undoing, rows for statements.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::funding::{Envelope, EnvelopeKey};
use crate::ledger::AccountId;
use crate::money::Amount;
use crate::posting::OldLine;

/// A living aid, as the rules and totals need it.
#[derive(Clone, Copy, Debug)]
pub struct FactRow {
    /// The aid.
    pub aid: i64,
    /// The person.
    pub beneficiary: i64,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Key of the nature.
    pub nature: u32,
    /// Key of the axes of its only or first funder.
    pub axes: u32,
    /// The decision.
    pub decision: i64,
    /// Month of right.
    pub month: Month,
    /// Day of the decision.
    pub decided_on: Date,
    /// Day of the payment, if paid.
    pub paid_on: Option<Date>,
    /// Amount.
    pub amount: Amount,
    /// Key of its terms.
    pub terms: u32,
    /// Posted though a rule fails.
    pub irregular: bool,
    /// The file gave no decision date.
    pub undated: bool,
    /// What its first payment paid; zero while it is unpaid.
    pub first_paid: Amount,
    /// What came back of it: it counts in no cap any more.
    pub recovered: Amount,
}

impl FactRow {
    /// Returns true when it is paid, but not at once.
    pub fn is_in_parts(&self) -> bool {
        self.paid_on.is_some() && self.first_paid != self.amount
    }
}

/// What an undoing must know of an aid besides its facts.
#[derive(Clone, Copy, Debug)]
pub struct CancelledAid {
    /// Its facts.
    pub fact: FactRow,
    /// Its lot.
    pub lot: i64,
}

/// The lines of an old entry.
#[derive(Clone, Debug)]
pub struct EntryLines {
    /// Its sequence.
    pub sequence: i64,
    /// Its date.
    pub date: Date,
    /// Its event.
    pub event: String,
    /// Its lines.
    pub lines: Vec<OldLine>,
}

/// An aid on a person's page.
#[derive(Clone, Debug)]
pub struct AidRow {
    /// Its facts.
    pub fact: FactRow,
    /// Reference.
    pub reference: String,
    /// Lot and line.
    pub origin: (i64, i64),
    /// Day of the request.
    pub requested_on: Option<Date>,
    /// Key of the payer.
    pub payer: u32,
    /// Cancelled by a later lot.
    pub cancelled: bool,
    /// What was paid of it.
    pub paid: Amount,
}

/// An irregularity: an aid and one of its findings.
#[derive(Clone, Debug)]
pub struct Irregularity {
    /// The aid's facts.
    pub fact: FactRow,
    /// The person's number, unless erased.
    pub number: Option<String>,
    /// Reference.
    pub reference: String,
    /// File and line.
    pub origin: (String, i64),
    /// Code of the finding.
    pub code: String,
    /// Code of the rule.
    pub rule: Option<String>,
    /// The words said on that day.
    pub message: String,
    /// Article.
    pub article: Option<String>,
    /// Room left then.
    pub room: Option<Amount>,
    /// Advice.
    pub advice: String,
}

/// What is granted and unpaid, by axes.
#[derive(Clone, Copy, Debug)]
pub struct OutstandingRow {
    /// Key of the axes.
    pub axes: u32,
    /// Account of the balance.
    pub account: AccountId,
    /// Debits minus credits up to the day.
    pub amount: Amount,
}

/// What was granted on a day and not yet paid, of one aid.
#[derive(Clone, Copy, Debug)]
pub struct DueAid {
    /// The aid.
    pub aid: i64,
    /// The person.
    pub beneficiary: i64,
    /// The decision.
    pub decision: i64,
    /// Month of right.
    pub month: Month,
    /// Key of the axes of its only or first funder.
    pub axes: u32,
    /// What was left to pay.
    pub amount: Amount,
}

/// An envelope with its key.
pub type EnvelopeRow = (EnvelopeKey, Envelope);

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

fn fact(row: &Row) -> Result<FactRow, StoreError> {
    let month = row.int(6)?;
    Ok(FactRow {
        aid: row.int(0)?,
        beneficiary: row.int(1)?,
        dispositif: row.small(2)?,
        nature: row.small(3)?,
        axes: row.small(4)?,
        decision: row.int(5)?,
        month: Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
        decided_on: day(row.int(7)?)?,
        paid_on: row.opt_int(8)?.map(day).transpose()?,
        amount: Amount::from_centimes(row.int(9)?),
        terms: row.small(10)?,
        irregular: row.int(11)? == 1,
        undated: row.int(12)? == 1,
        first_paid: Amount::from_centimes(row.int(13)?),
        recovered: Amount::from_centimes(row.int(14)?),
    })
}

macro_rules! facts {
    ($more:literal, $rest:literal) => {
        concat!(
            "select a.id, a.beneficiary_id, d.dispositif_id, t.nature_id, t.axes_id, a.decision_id, a.month, d.decided_on, p.paid_on, a.amount, a.terms_id,
             case when exists (select 1 from aid_finding f where f.aid_id = a.id and f.code <> 'accorde_par_derogation') then cast(1 as bigint) else cast(0 as bigint) end, d.undated, coalesce(p.amount, 0),
             coalesce((select cast(sum(r.amount) as bigint) from undue u join recovery r on r.undue_id = u.id and r.how <> 'non_valeur' where u.aid_id = a.id), 0)",
            $more,
            " from aid a join decision d on d.id = a.decision_id join terms t on t.id = a.terms_id",
            " left join payment p on p.aid_id = a.id and p.rank = 1 ",
            $rest
        )
    };
}

const LIVING: &str = facts!(
    "",
    "where a.beneficiary_id in ({keys}) and not exists (select 1 from aid_cancellation c where c.aid_id = a.id) order by a.id"
);

const LIVING_ONCE: &str = facts!(
    "",
    "where a.beneficiary_id in ({keys}) and a.lot_id <= {fixed}
     and not exists (select 1 from aid_cancellation c where c.aid_id = a.id and c.lot_id <= {fixed}) order by a.id"
);

impl Tx {
    /// Returns the aids of these people that lived once a lot was in, in the order in which they were posted,
    /// with their payments of today.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(super) async fn living_once(
        &mut self,
        people: &[Value],
        lot: i64,
    ) -> Result<Vec<FactRow>, StoreError> {
        let mut facts = Vec::new();
        self.lookup(LIVING_ONCE, lot, people, |row| {
            facts.push(fact(row)?);
            Ok(())
        })
        .await?;
        Ok(facts)
    }

    /// Returns the living aids of these people, in the order in which they were posted.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn living_facts(&mut self, people: &[Value]) -> Result<Vec<FactRow>, StoreError> {
        let mut facts = Vec::new();
        self.lookup(LIVING, 0, people, |row| {
            facts.push(fact(row)?);
            Ok(())
        })
        .await?;
        Ok(facts)
    }

    /// Hands every living aid to `each`.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn each_living_fact(&mut self, mut each: impl FnMut(FactRow)) -> Result<(), StoreError> {
        let sql = facts!(
            "",
            "where not exists (select 1 from aid_cancellation c where c.aid_id = a.id) order by a.beneficiary_id, a.id"
        );
        self.each(sql, &[], |row| {
            each(fact(row)?);
            Ok(())
        })
        .await
    }

    /// Returns the days of request that are known, by aid.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn requests(&mut self) -> Result<Vec<(i64, Date)>, StoreError> {
        let mut requests = Vec::new();
        self.each("select id, requested_on from aid where requested_on is not null", &[], |row| {
            requests.push((row.int(0)?, day(row.int(1)?)?));
            Ok(())
        })
        .await?;
        Ok(requests)
    }

    /// Returns the living aids of a lot.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn living_aids_of_lot(&mut self, lot: i64) -> Result<Vec<CancelledAid>, StoreError> {
        let sql = facts!(
            "",
            "where a.lot_id = $1 and not exists (select 1 from aid_cancellation c where c.aid_id = a.id) order by a.id"
        );
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter().map(|row| Ok(CancelledAid { fact: fact(row)?, lot })).collect()
    }

    /// Returns the living aids that bear this reference, of any source.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn living_aids_by_reference(
        &mut self,
        reference: &str,
    ) -> Result<Vec<CancelledAid>, StoreError> {
        let sql = facts!(
            ", a.lot_id",
            "where a.id in (select record_id from living_reference r join source s on s.id = r.source_id where r.reference = $1 and s.label = 'aides') order by a.id"
        );
        let rows = self.all(sql, &[reference.into()]).await?;
        rows.iter().map(|row| Ok(CancelledAid { fact: fact(row)?, lot: row.int(15)? })).collect()
    }

    /// Returns the living aid of this key.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn living_aid(&mut self, aid: i64) -> Result<Option<CancelledAid>, StoreError> {
        let sql = facts!(
            ", a.lot_id",
            "where a.id = $1 and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)"
        );
        let row = self.one(sql, &[aid.into()]).await?;
        row.map(|row| Ok(CancelledAid { fact: fact(&row)?, lot: row.int(15)? })).transpose()
    }

    /// Returns the shares of aids that have several funders: aid, axes, amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn shares(&mut self) -> Result<Vec<(i64, u32, Amount)>, StoreError> {
        let rows =
            self.all("select aid_id, axes_id, amount from aid_share order by aid_id, rank", &[]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.small(1)?, Amount::from_centimes(row.int(2)?)))).collect()
    }

    /// Returns the entries that a lot posted, with their lines.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entries_of_lot(&mut self, lot: i64) -> Result<Vec<EntryLines>, StoreError> {
        let mut entries = Vec::new();
        for row in self
            .all("select id, dated, event from entry where lot_id = $1 order by id", &[lot.into()])
            .await?
        {
            entries.push(EntryLines {
                sequence: row.int(0)?,
                date: day(row.int(1)?)?,
                event: row.text(2)?,
                lines: Vec::new(),
            });
        }
        for entry in &mut entries {
            entry.lines = self.entry_lines(entry.sequence).await?;
        }
        Ok(entries)
    }

    /// Frees the references of these aids or notices.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn free_references(&mut self, source: u32, references: &[Value]) -> Result<(), StoreError> {
        self.lookup(
            "delete from living_reference where source_id = {fixed} and reference in ({keys})",
            source.into(),
            references,
            |_| Ok(()),
        )
        .await
    }

    /// Returns the references of these aids.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn references_of(&mut self, aids: &[Value]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut references = Vec::with_capacity(aids.len());
        self.lookup("select id, reference from aid where id in ({keys})", 0, aids, |row| {
            references.push((row.int(0)?, row.text(1)?));
            Ok(())
        })
        .await?;
        Ok(references)
    }

    /// Returns whether a source has any reference in use.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn any_reference(&mut self, source: u32) -> Result<bool, StoreError> {
        Ok(self
            .one("select record_id from living_reference where source_id = $1 limit 1", &[source.into()])
            .await?
            .is_some())
    }

    /// Returns, of these references, those in use for a source: reference and fingerprint.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn known_references(
        &mut self,
        source: u32,
        references: &[Value],
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let mut known = Vec::new();
        let sql = "select reference, fingerprint from living_reference where source_id = {fixed} and reference in ({keys})";
        self.lookup(sql, source.into(), references, |row| {
            known.push((row.text(0)?, row.int(1)?));
            Ok(())
        })
        .await?;
        Ok(known)
    }

    /// Returns all envelopes.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn envelopes(&mut self) -> Result<Vec<EnvelopeRow>, StoreError> {
        let rows = self.all("select dispositif_id, funder_id, year, notified, consumed, overrun from envelope order by dispositif_id, year, funder_id", &[]).await?;
        rows.iter()
            .map(|row| {
                let key =
                    EnvelopeKey { dispositif: row.small(0)?, funder: row.small(1)?, year: row.small(2)? };
                let amount = |at| row.int(at).map(Amount::from_centimes);
                Ok((key, Envelope { notified: amount(3)?, consumed: amount(4)?, overrun: amount(5)? }))
            })
            .collect()
    }

    /// Sets an envelope's guard; the base refuses one that is consumed beyond what it holds.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn set_envelope(&mut self, key: EnvelopeKey, envelope: Envelope) -> Result<(), StoreError> {
        self.exec(
            "insert into envelope (dispositif_id, funder_id, year, notified, consumed, overrun) values ($1, $2, $3, $4, $5, $6)
             on conflict (dispositif_id, funder_id, year) do update
             set notified = excluded.notified, consumed = excluded.consumed, overrun = excluded.overrun",
            &[
                key.dispositif.into(),
                key.funder.into(),
                key.year.into(),
                envelope.notified.centimes().into(),
                envelope.consumed.centimes().into(),
                envelope.overrun.centimes().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Returns all aids of a person, cancelled ones included, by month of right.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn aids_of_person(&mut self, beneficiary: i64) -> Result<Vec<AidRow>, StoreError> {
        let sql = facts!(
            ", a.reference, a.lot_id, a.line, a.requested_on, t.payer_id,
             case when exists (select 1 from aid_cancellation c where c.aid_id = a.id) then cast(1 as bigint) else cast(0 as bigint) end,
             coalesce((select cast(sum(y.amount) as bigint) from payment y where y.aid_id = a.id), 0)",
            "where a.beneficiary_id = $1 order by a.month, a.id"
        );
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(AidRow {
                    fact: fact(row)?,
                    reference: row.text(15)?,
                    origin: (row.int(16)?, row.int(17)?),
                    requested_on: row.opt_int(18)?.map(day).transpose()?,
                    payer: row.small(19)?,
                    cancelled: row.int(20)? == 1,
                    paid: Amount::from_centimes(row.int(21)?),
                })
            })
            .collect()
    }

    /// Returns the decisions of a person: key, key of the dispositif, day, whether a file gave none.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn decisions_of_person(
        &mut self,
        beneficiary: i64,
    ) -> Result<Vec<(i64, u32, Date, bool)>, StoreError> {
        let sql = "select id, dispositif_id, decided_on, undated from decision where beneficiary_id = $1 order by decided_on, id";
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.small(1)?, day(row.int(2)?)?, row.int(3)? == 1))).collect()
    }

    /// Returns the payments of a person's aids, cancelled ones included: key of the aid, day, amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn payments_of_person(
        &mut self,
        beneficiary: i64,
    ) -> Result<Vec<(i64, Date, Amount)>, StoreError> {
        let sql = "select p.aid_id, p.paid_on, p.amount from payment p join aid a on a.id = p.aid_id
                   where a.beneficiary_id = $1 order by p.paid_on, p.aid_id, p.rank";
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter()
            .map(|row| Ok((row.int(0)?, day(row.int(1)?)?, Amount::from_centimes(row.int(2)?))))
            .collect()
    }

    /// Returns what was found of a person's aids: key of the aid, code, message, article.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn findings_of_person(
        &mut self,
        beneficiary: i64,
    ) -> Result<Vec<(i64, String, String, Option<String>)>, StoreError> {
        let sql =
            "select f.aid_id, f.code, f.message, f.article from aid_finding f join aid a on a.id = f.aid_id
                   where a.beneficiary_id = $1 order by f.aid_id, f.rank";
        let rows = self.all(sql, &[beneficiary.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?, row.text(2)?, row.opt_text(3)?))).collect()
    }

    /// Returns the findings of living irregular aids, by month of right.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn irregularities(&mut self) -> Result<Vec<Irregularity>, StoreError> {
        let rows = self
            .all(
                "select a.id, a.beneficiary_id, d.dispositif_id, t.nature_id, t.axes_id, a.decision_id, a.month, d.decided_on, p.paid_on, a.amount, a.terms_id, cast(1 as bigint), d.undated, coalesce(p.amount, 0), cast(0 as bigint),
                 i.number, a.reference, l.file, a.line, f.code, f.rule, f.message, f.article, f.room, f.advice
                 from aid_finding f
                 join aid a on a.id = f.aid_id
                 join decision d on d.id = a.decision_id
                 join terms t on t.id = a.terms_id
                 join lot l on l.id = a.lot_id
                 left join payment p on p.aid_id = a.id and p.rank = 1
                 left join identity i on i.beneficiary_id = a.beneficiary_id
                 where f.code <> 'accorde_par_derogation' and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)
                 order by a.month, a.reference, f.rank",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Irregularity {
                    fact: fact(row)?,
                    number: row.opt_text(15)?,
                    reference: row.text(16)?,
                    origin: (row.text(17)?, row.int(18)?),
                    code: row.text(19)?,
                    rule: row.opt_text(20)?,
                    message: row.text(21)?,
                    article: row.opt_text(22)?,
                    room: row.opt_int(23)?.map(Amount::from_centimes),
                    advice: row.text(24)?,
                })
            })
            .collect()
    }

    /// Returns the living aids that were granted on a day and not wholly paid, with what was left: those that
    /// are unpaid now, and those that an entry of this event paid later.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn due_on(&mut self, payment: &str, day: Date) -> Result<Vec<DueAid>, StoreError> {
        let sql = "select a.id, a.beneficiary_id, a.decision_id, a.month, t.axes_id,
                   a.amount - coalesce((select cast(sum(p.amount) as bigint) from payment p where p.aid_id = a.id and p.paid_on <= $1), 0)
                   from aid a join decision d on d.id = a.decision_id join terms t on t.id = a.terms_id
                   where a.id in (
                       select u.aid_id from unpaid_aid u
                       union
                       select l.aid_id from entry e cross join line l
                       where e.event = $2 and e.reverses is null and e.dated > $1
                       and l.entry_id = e.id and l.amount > 0 and l.aid_id is not null
                   ) and a.month <= $3 and d.decided_on <= $1
                   and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)";
        let rows = self.all(sql, &[day.number().into(), payment.into(), day.month().number().into()]).await?;
        rows.iter()
            .map(|row| {
                let month = row.int(3)?;
                Ok(DueAid {
                    aid: row.int(0)?,
                    beneficiary: row.int(1)?,
                    decision: row.int(2)?,
                    month: Month::from_number(month)
                        .ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
                    axes: row.small(4)?,
                    amount: Amount::from_centimes(row.int(5)?),
                })
            })
            .collect()
    }

    /// Returns, by axes, the balances of an account on a day, from the lines.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn balances_on(
        &mut self,
        account: AccountId,
        day: Date,
    ) -> Result<Vec<OutstandingRow>, StoreError> {
        // The maintained totals of whole months, less what the lines of the day's own month add after it: the
        // entries first (a cross join keeps that order), else every line is read.
        let rows = self
            .all(
                "select axes_id, cast(sum(amount) as bigint) from (
                     select axes_id, amount from balance where account_id = $1 and month <= $2
                     union all
                     select l.axes_id, -l.amount from entry e cross join line l
                     where l.entry_id = e.id and l.account_id = $1 and e.dated > $3 and e.dated <= $4
                 ) moves group by axes_id having sum(amount) <> 0 order by axes_id",
                &[
                    i64::from(account).into(),
                    day.month().number().into(),
                    day.number().into(),
                    day.month().last_day().number().into(),
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OutstandingRow {
                    axes: row.small(0)?,
                    account,
                    amount: Amount::from_centimes(row.int(1)?),
                })
            })
            .collect()
    }
}
