//! Erasing who a person is: what goes, and what says when it may.

use super::engine::Tx;
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::money::Amount;

/// The last days of a person's aids of one dispositif and funder.
#[derive(Clone, Debug)]
pub struct LastAidRow {
    /// The person.
    pub beneficiary: i64,
    /// Key of the dispositif.
    pub dispositif: u32,
    /// Key of the funder.
    pub funder: u32,
    /// The latest of their months of right, decisions, requests, payments, and of what was found undue and
    /// recovered of them.
    pub day: Date,
}

/// What a person still owes of what was found undue.
#[derive(Clone, Copy, Debug)]
pub struct OwedRow {
    /// The person.
    pub beneficiary: i64,
    /// The number of the undue.
    pub undue: i64,
    /// What is left of it.
    pub left: Amount,
}

/// What was erased, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The identity.
    pub identities: u64,
    /// Identities before a later import, kept to undo it.
    pub identities_before: u64,
    /// Payees whom only this person's aids name.
    pub payees: u64,
    /// Reasons of derogations and of their refusals.
    pub derogation_reasons: u64,
    /// Reasons of declarations.
    pub declaration_reasons: u64,
    /// Reasons of proposals and of what was decided of them.
    pub proposal_reasons: u64,
    /// Reasons of refusals.
    pub refusal_reasons: u64,
    /// Reasons of what was found undue, and of what will not come back.
    pub undue_reasons: u64,
    /// Reasons of cancellations that concern nobody else.
    pub cancellation_reasons: u64,
    /// Answers kept for a key of idempotency that name this person.
    pub answers: u64,
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

/// Where the base learnt something of a person: the person and the last day.
const LAST_FACTS: [&str; 8] = [
    "select b.id, cast(replace(substr(max(l.at), 1, 10), '-', '') as bigint) from beneficiary b
     join lot l on l.id = b.lot_id where b.id in ({keys}) group by b.id",
    "select i.beneficiary_id, cast(replace(substr(max(l.at), 1, 10), '-', '') as bigint) from identity_before i
     join lot l on l.id = i.lot_id where i.beneficiary_id in ({keys}) group by i.beneficiary_id",
    "select d.beneficiary_id, cast(replace(substr(max(l.at), 1, 10), '-', '') as bigint) from declaration d
     join lot l on l.id = d.lot_id where d.beneficiary_id in ({keys}) group by d.beneficiary_id",
    "select g.beneficiary_id, max(coalesce(d.decided_on, g.asked_on)) from derogation g
     left join derogation_decision d on d.derogation_id = g.id where g.beneficiary_id in ({keys}) group by g.beneficiary_id",
    "select p.beneficiary_id, max(coalesce(d.decided_on, p.proposed_on)) from proposal p
     left join proposal_decision d on d.proposal_id = p.id where p.beneficiary_id in ({keys}) group by p.beneficiary_id",
    "select r.beneficiary_id, max(r.refused_on) from refusal r where r.beneficiary_id in ({keys}) group by r.beneficiary_id",
    "select a.beneficiary_id, cast(replace(substr(max(l.at), 1, 10), '-', '') as bigint) from aid a
     join aid_cancellation c on c.aid_id = a.id join lot l on l.id = c.lot_id where a.beneficiary_id in ({keys}) group by a.beneficiary_id",
    "select a.beneficiary_id, max(a.issued_on) from attestation a where a.beneficiary_id in ({keys}) group by a.beneficiary_id",
];

impl Tx {
    /// Returns everyone who still has an identity: key and number, by number.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn people_with_identity(&mut self) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = self.all("select beneficiary_id, number from identity order by number", &[]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// Returns the last aids of these people, cancelled ones included, by dispositif and funder.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_aids(&mut self, people: &[Value]) -> Result<Vec<LastAidRow>, StoreError> {
        let sql = "select a.beneficiary_id, x.dispositif_id, x.funder_id, max(a.month), max(d.decided_on),
                   max(coalesce(a.requested_on, 0)), max(coalesce(p.paid_on, 0)),
                   max(coalesce(u.found_on, 0)), max(coalesce(r.recovered_on, 0))
                   from aid a join decision d on d.id = a.decision_id join terms t on t.id = a.terms_id
                   left join aid_share s on s.aid_id = a.id join axes x on x.id = coalesce(s.axes_id, t.axes_id)
                   left join payment p on p.aid_id = a.id
                   left join undue u on u.aid_id = a.id left join recovery r on r.undue_id = u.id
                   where a.beneficiary_id in ({keys}) group by a.beneficiary_id, x.dispositif_id, x.funder_id";
        let mut found = Vec::new();
        self.lookup(sql, 0, people, |row| {
            let month = row.int(3)?;
            let month =
                Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?;
            let mut latest = row.int(4)?;
            for at in 5..=8 {
                latest = latest.max(row.int(at)?);
            }
            found.push(LastAidRow {
                beneficiary: row.int(0)?,
                dispositif: row.small(1)?,
                funder: row.small(2)?,
                day: day(latest)?.max(month.last_day()),
            });
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Returns what these people still owe of what was found undue, the oldest of each person first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn owed_by(&mut self, people: &[Value]) -> Result<Vec<OwedRow>, StoreError> {
        let sql = "select a.beneficiary_id, u.id, u.amount - coalesce((select cast(sum(r.amount) as bigint) from recovery r where r.undue_id = u.id), 0)
                   from aid a join undue u on u.aid_id = a.id
                   where a.beneficiary_id in ({keys}) and not exists (select 1 from aid_cancellation c where c.aid_id = a.id) order by u.id";
        let mut owed = Vec::new();
        self.lookup(sql, 0, people, |row| {
            let (beneficiary, undue, left) = (row.int(0)?, row.int(1)?, Amount::from_centimes(row.int(2)?));
            if left.is_positive() {
                owed.push(OwedRow { beneficiary, undue, left });
            }
            Ok(())
        })
        .await?;
        Ok(owed)
    }

    /// Returns the days on which something was learnt of these people, their aids apart: at least one each.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_facts(&mut self, people: &[Value]) -> Result<Vec<(i64, Date)>, StoreError> {
        let mut found = Vec::new();
        for sql in LAST_FACTS {
            self.lookup(sql, 0, people, |row| {
                found.push((row.int(0)?, day(row.int(1)?)?));
                Ok(())
            })
            .await?;
        }
        Ok(found)
    }

    /// Erases who a person is, and the free texts that are theirs alone. What is in the books stays.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn erase(
        &mut self,
        beneficiary: i64,
        number: &str,
        last_name: &str,
    ) -> Result<Erased, StoreError> {
        let key = [Value::Int(beneficiary)];
        let mut erased = Erased {
            identities: self.exec("delete from identity where beneficiary_id = $1", &key).await?,
            identities_before: self.exec("delete from identity_before where beneficiary_id = $1", &key).await?,
            derogation_reasons: self
                .exec(
                    "update derogation set reason = null, reason_salt = null where beneficiary_id = $1 and reason is not null",
                    &key,
                )
                .await?,
            declaration_reasons: self
                .exec("update declaration set reason = '' where beneficiary_id = $1 and reason <> ''", &key)
                .await?,
            ..Erased::default()
        };
        // The identity is gone: who still has one is somebody else.
        erased.payees = self
            .exec(
                "update payee set code = 'effacé n° ' || id, label = '', salt = null where salt is not null
                 and id in (select t.payee_id from aid a join terms t on t.id = a.terms_id where a.beneficiary_id = $1)
                 and not exists (select 1 from aid a join terms t on t.id = a.terms_id
                                 join identity i on i.beneficiary_id = a.beneficiary_id where t.payee_id = payee.id)",
                &key,
            )
            .await?;
        erased.derogation_reasons += self
            .exec(
                "update derogation_decision set reason = null, reason_salt = null where reason is not null
                 and derogation_id in (select g.id from derogation g where g.beneficiary_id = $1)",
                &key,
            )
            .await?;
        erased.proposal_reasons = self
            .exec(
                "update proposal set reason = null, reason_salt = null where beneficiary_id = $1 and reason is not null",
                &key,
            )
            .await?;
        erased.proposal_reasons += self
            .exec(
                "update proposal_decision set reason = null, reason_salt = null where reason is not null
                 and proposal_id in (select p.id from proposal p where p.beneficiary_id = $1)",
                &key,
            )
            .await?;
        erased.refusal_reasons = self
            .exec(
                "update refusal set reason = null, reason_salt = null where beneficiary_id = $1 and reason is not null",
                &key,
            )
            .await?;
        erased.undue_reasons = self
            .exec(
                "update lot set reason = null, reason_salt = null where reason is not null
                 and id in (select u.lot_id from undue u join aid a on a.id = u.aid_id where a.beneficiary_id = $1
                            union all
                            select r.lot_id from recovery r join undue u on u.id = r.undue_id
                            join aid a on a.id = u.aid_id where a.beneficiary_id = $1)",
                &key,
            )
            .await?;
        erased.cancellation_reasons = self
            .exec(
                "update lot set reason = null, reason_salt = null where reason is not null
                 and id in (select c.lot_id from aid_cancellation c join aid a on a.id = c.aid_id where a.beneficiary_id = $1)
                 and not exists (select 1 from aid_cancellation c join aid a on a.id = c.aid_id
                                 where c.lot_id = lot.id and a.beneficiary_id <> $1)",
                &key,
            )
            .await?;
        erased.cancellation_reasons += self
            .exec(
                "update lot set reason = null, reason_salt = null where reason is not null
                 and cancels_id in (select d.lot_id from declaration d where d.beneficiary_id = $1)
                 and not exists (select 1 from declaration d where d.lot_id = lot.cancels_id and d.beneficiary_id <> $1)",
                &key,
            )
            .await?;
        erased.answers = self
            .exec(
                "update request_key set answer = '' where replace(upper(answer), upper($1), '') <> upper(answer)
                 or replace(upper(answer), upper($2), '') <> upper(answer)",
                &[number.into(), last_name.into()],
            )
            .await?;
        Ok(erased)
    }
}
