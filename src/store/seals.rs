//! The chain read back, entry by entry, line by line.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::{Date, Month};
use crate::ledger::AccountId;
use crate::ledger::seal::{Digest, GENESIS};
use crate::money::Amount;

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct SealedEntry {
    /// Its sequence in the chain.
    pub sequence: i64,
    /// Code of its book.
    pub book: String,
    /// Year and number in its book.
    pub number: (i64, i64),
    /// Its date.
    pub date: Date,
    /// Its event.
    pub event: String,
    /// Its lot.
    pub lot: i64,
    /// The sequence of the entry that it reverses.
    pub reverses: Option<i64>,
    /// How many lines it says that it has.
    pub line_count: i64,
    /// The root of its lines.
    pub root: Vec<u8>,
    /// Its seal.
    pub seal: Vec<u8>,
}

/// A line as stored, with what it seals of its aid.
#[derive(Clone, Debug)]
pub struct SealedLine {
    /// The entry.
    pub entry: i64,
    /// Its rank in it.
    pub rank: i64,
    /// Account.
    pub account: AccountId,
    /// Axes.
    pub axes: u32,
    /// Amount.
    pub amount: Amount,
    /// The aid.
    pub aid: Option<SealedAid>,
}

/// What a line seals of its aid.
#[derive(Clone, Debug)]
pub struct SealedAid {
    /// The aid.
    pub id: i64,
    /// Its lot and line.
    pub lot: i64,
    /// Its line in the file.
    pub line: i64,
    /// Its terms.
    pub terms: u32,
    /// Month of right.
    pub month: Month,
    /// Whole amount.
    pub amount: Amount,
    /// Request.
    pub requested_on: Option<Date>,
    /// Reference.
    pub reference: String,
    /// Decision.
    pub decided_on: Date,
    /// No decision date was given.
    pub undated: bool,
    /// The pseudonym.
    pub pseudonym: String,
}

/// The terms of aids, in keys: dispositif, nature, payer, committee, payee, axes, rules; and mode.
pub type TermsRow = (u32, [u32; 7], String);

/// Names the entry in which a value cannot be read.
pub(super) fn unreadable(entry: i64) -> impl Fn(StoreError) -> StoreError {
    move |error| match error {
        StoreError::Inconsistent(what) => StoreError::Unreadable { entry, what },
        other => other,
    }
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

/// Reads what a line seals of its aid, from the column of its lot on.
fn sealed_aid(row: &Row, id: i64, at: usize) -> Result<SealedAid, StoreError> {
    let month = row.int(at + 3)?;
    Ok(SealedAid {
        id,
        lot: row.int(at)?,
        line: row.int(at + 1)?,
        terms: row.small(at + 2)?,
        month: Month::from_number(month).ok_or_else(|| StoreError::Inconsistent(format!("mois {month}")))?,
        amount: Amount::from_centimes(row.int(at + 4)?),
        requested_on: row.opt_int(at + 5)?.map(day).transpose()?,
        reference: row.text(at + 6)?,
        decided_on: day(row.int(at + 7)?)?,
        undated: row.int(at + 8)? == 1,
        pseudonym: row.text(at + 9)?,
    })
}

pub(super) fn sealed_entry(row: &Row, sequence: i64) -> Result<SealedEntry, StoreError> {
    Ok(SealedEntry {
        sequence,
        book: row.text(1)?,
        number: (row.int(2)?, row.int(3)?),
        date: day(row.int(4)?)?,
        event: row.text(5)?,
        lot: row.int(6)?,
        reverses: row.opt_int(7)?,
        line_count: row.int(8)?,
        root: row.blob(9)?,
        seal: row.blob(10)?,
    })
}

pub(super) fn sealed_line(row: &Row, entry: i64) -> Result<SealedLine, StoreError> {
    Ok(SealedLine {
        entry,
        rank: row.int(1)?,
        account: row.small(2)?,
        axes: row.small(3)?,
        amount: Amount::from_centimes(row.int(4)?),
        aid: row.opt_int(5)?.map(|id| sealed_aid(row, id, 6)).transpose()?,
    })
}

macro_rules! sealed_lines {
    ($rest:literal) => {
        concat!(
            "select l.entry_id, l.rank, l.account_id, l.axes_id, l.amount,
             l.aid_id, a.lot_id, a.line, a.terms_id, a.month, a.amount, a.requested_on, a.reference, d.decided_on, d.undated, b.pseudonym
             from line l
             left join aid a on a.id = l.aid_id
             left join decision d on d.id = a.decision_id
             left join beneficiary b on b.id = a.beneficiary_id ",
            $rest
        )
    };
}

pub(super) use sealed_lines;

/// Reads a line as a reversal needs it.
pub(super) fn old_line(row: &Row) -> Result<crate::posting::OldLine, StoreError> {
    Ok(crate::posting::OldLine {
        account: row.small(0)?,
        axes: row.small(1)?,
        aid: row.opt_int(2)?.unwrap_or(0),
        amount: Amount::from_centimes(row.int(3)?),
    })
}

impl Tx {
    /// Returns the head of the chain: the sequence and seal of its last entry.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn chain_head(&mut self) -> Result<(i64, Digest), StoreError> {
        let row = self.one("select id, seal from entry order by id desc limit 1", &[]).await?;
        let Some(row) = row else { return Ok((0, GENESIS)) };
        let seal = row.blob(1)?.try_into().map_err(|_| StoreError::Inconsistent("sceau".into()))?;
        Ok((row.int(0)?, seal))
    }

    /// Returns the last number given in each year of a book.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_numbers(&mut self, book: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self
            .all("select year, max(number) from entry where book = $1 group by year", &[book.into()])
            .await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    }

    /// Returns all entries, in the order of the chain.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn sealed_entries(&mut self) -> Result<Vec<SealedEntry>, StoreError> {
        let rows = self
            .all("select id, book, year, number, dated, event, lot_id, reverses, line_count, root, seal from entry order by id", &[])
            .await?;
        rows.iter()
            .map(|row| {
                let sequence = row.int(0)?;
                sealed_entry(row, sequence).map_err(unreadable(sequence))
            })
            .collect()
    }

    /// Hands every line to `each`, in the order of the chain.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn each_sealed_line(&mut self, mut each: impl FnMut(SealedLine)) -> Result<(), StoreError> {
        self.each(sealed_lines!("order by l.entry_id, l.rank"), &[], |row| {
            let entry = row.int(0)?;
            each(sealed_line(row, entry).map_err(unreadable(entry))?);
            Ok(())
        })
        .await
    }

    /// Returns the last day on which an event was posted on these axes.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn last_day_of(&mut self, event: &str, axes: u32) -> Result<Option<Date>, StoreError> {
        let sql = "select max(e.dated) from entry e join line l on l.entry_id = e.id and l.rank = 1 where e.event = $1 and l.axes_id = $2";
        let row = self.one(sql, &[event.into(), axes.into()]).await?;
        row.map_or(Ok(None), |row| row.opt_int(0))?.map(day).transpose()
    }

    /// Returns the book between two days: for each entry and account, its lines added up.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn journal(&mut self, first: Date, last: Date) -> Result<Vec<JournalRow>, StoreError> {
        let sql = "select e.year, e.number, e.dated, e.event, e.lot_id, l.account_id, l.axes_id, count(*),
                   cast(sum(case when l.amount > 0 then l.amount else 0 end) as bigint),
                   cast(sum(case when l.amount < 0 then -l.amount else 0 end) as bigint), e.seal
                   from entry e join line l on l.entry_id = e.id
                   where e.dated between $1 and $2
                   group by e.id, e.year, e.number, e.dated, e.event, e.lot_id, l.account_id, l.axes_id, e.seal
                   order by e.dated, e.id, l.account_id";
        let rows = self.all(sql, &[first.number().into(), last.number().into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(JournalRow {
                    number: (row.int(0)?, row.int(1)?),
                    date: day(row.int(2)?)?,
                    event: row.text(3)?,
                    lot: row.int(4)?,
                    account: row.small(5)?,
                    axes: row.small(6)?,
                    lines: row.int(7)?,
                    debit: Amount::from_centimes(row.int(8)?),
                    credit: Amount::from_centimes(row.int(9)?),
                    seal: row.blob(10)?,
                })
            })
            .collect()
    }

    /// Hands every payment to `each`: its aid, its day, its amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn each_payment(&mut self, mut each: impl FnMut(i64, Date, Amount)) -> Result<(), StoreError> {
        self.each("select aid_id, paid_on, amount from payment order by aid_id, rank", &[], |row| {
            each(row.int(0)?, day(row.int(1)?)?, Amount::from_centimes(row.int(2)?));
            Ok(())
        })
        .await
    }

    /// Returns what the lines of these aids seal.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn sealed_aids(&mut self, keys: &[Value]) -> Result<Vec<SealedAid>, StoreError> {
        let mut aids = Vec::with_capacity(keys.len());
        let sql = "select a.id, a.lot_id, a.line, a.terms_id, a.month, a.amount, a.requested_on, a.reference, d.decided_on, d.undated, b.pseudonym
                   from aid a join decision d on d.id = a.decision_id join beneficiary b on b.id = a.beneficiary_id where a.id in ({keys})";
        self.lookup(sql, 0, keys, |row| {
            aids.push(sealed_aid(row, row.int(0)?, 1)?);
            Ok(())
        })
        .await?;
        Ok(aids)
    }

    /// Returns the lines of one entry.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn entry_lines(&mut self, entry: i64) -> Result<Vec<crate::posting::OldLine>, StoreError> {
        let rows = self
            .all(
                "select account_id, axes_id, aid_id, amount from line where entry_id = $1 order by rank",
                &[entry.into()],
            )
            .await?;
        rows.iter().map(old_line).collect()
    }

    /// Returns all terms.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn all_terms(&mut self) -> Result<Vec<TermsRow>, StoreError> {
        let sql = "select id, dispositif_id, nature_id, payer_id, committee_id, payee_id, axes_id, rules_id, mode from terms";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                let mut keys = [0; 7];
                for (at, key) in keys.iter_mut().enumerate() {
                    *key = row.small(at + 1)?;
                }
                Ok((row.small(0)?, keys, row.text(8)?))
            })
            .collect()
    }

    /// Returns the findings kept with aids, why they are irregular or what a derogation lifts: aid, code, rule, message, by aid and rank.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn findings(&mut self) -> Result<Vec<(i64, String, Option<String>, String)>, StoreError> {
        let rows = self
            .all("select aid_id, code, rule, message from aid_finding order by aid_id, rank", &[])
            .await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?, row.opt_text(2)?, row.text(3)?))).collect()
    }

    /// Returns the notices: their entry, lot, line, reference, axes and amount.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn notices(&mut self) -> Result<Vec<NoticeRow>, StoreError> {
        let sql = "select n.id, n.entry_id, n.lot_id, n.line, n.reference, n.axes_id, n.amount, n.notified_on,
                   case when exists (select 1 from envelope_notice_cancellation c where c.notice_id = n.id) then cast(1 as bigint) else cast(0 as bigint) end
                   from envelope_notice n order by n.id";
        let rows = self.all(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(NoticeRow {
                    id: row.int(0)?,
                    entry: row.int(1)?,
                    lot: row.int(2)?,
                    line: row.int(3)?,
                    reference: row.text(4)?,
                    axes: row.small(5)?,
                    amount: Amount::from_centimes(row.int(6)?),
                    notified_on: day(row.int(7)?)?,
                    cancelled: row.int(8)? == 1,
                })
            })
            .collect()
    }

    /// Writes a notice.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_notice(&mut self, notice: &NoticeRow) -> Result<(), StoreError> {
        self.exec(
            "insert into envelope_notice (id, lot_id, line, reference, axes_id, amount, notified_on, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                notice.id.into(),
                notice.lot.into(),
                notice.line.into(),
                (&notice.reference).into(),
                notice.axes.into(),
                notice.amount.centimes().into(),
                notice.notified_on.number().into(),
                notice.entry.into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Cancels a notice.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn cancel_notice(&mut self, notice: i64, lot: i64) -> Result<(), StoreError> {
        self.exec(
            "insert into envelope_notice_cancellation (notice_id, lot_id) values ($1, $2)",
            &[notice.into(), lot.into()],
        )
        .await?;
        Ok(())
    }

    /// Returns facts that must hold between tables and that no constraint can say; each must be 0.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn orphans(&mut self) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let checks = [
            (
                "aides sans écriture d'octroi du même montant",
                "select count(*) from aid a left join (select aid_id, sum(case when amount > 0 then amount else 0 end) as granted, count(*) as n from line where aid_id is not null group by aid_id) l on l.aid_id = a.id where l.n is null or l.granted < a.amount",
            ),
            (
                "références en usage qui ne sont celles d'aucune aide ni enveloppe vivante",
                "select count(*) from living_reference r where not exists (select 1 from aid a join lot l on l.id = a.lot_id where a.id = r.record_id and a.reference = r.reference and l.source_id = r.source_id and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)) and not exists (select 1 from envelope_notice n join lot l on l.id = n.lot_id where n.id = r.record_id and n.reference = r.reference and l.source_id = r.source_id and not exists (select 1 from envelope_notice_cancellation c where c.notice_id = n.id))",
            ),
            (
                "aides vivantes sans référence en usage",
                "select count(*) from aid a join lot l on l.id = a.lot_id left join living_reference r on r.source_id = l.source_id and r.reference = a.reference and r.record_id = a.id where r.record_id is null and not exists (select 1 from aid_cancellation c where c.aid_id = a.id)",
            ),
            (
                "notifications vivantes sans référence en usage",
                "select count(*) from envelope_notice n join lot l on l.id = n.lot_id left join living_reference r on r.source_id = l.source_id and r.reference = n.reference and r.record_id = n.id where r.record_id is null and not exists (select 1 from envelope_notice_cancellation c where c.notice_id = n.id)",
            ),
            (
                "notifications qui ne sont pas celles de leur écriture",
                "select count(*) from envelope_notice n where not exists (select 1 from entry e join line l on l.entry_id = e.id where e.id = n.entry_id and e.dated = n.notified_on and e.lot_id = n.lot_id and l.amount = n.amount and l.axes_id = n.axes_id)",
            ),
            (
                "aides dont la décision est d'une autre personne ou d'un autre dispositif",
                "select count(*) from aid a join decision d on d.id = a.decision_id join terms t on t.id = a.terms_id join axes x on x.id = t.axes_id where d.beneficiary_id <> a.beneficiary_id or d.dispositif_id <> t.dispositif_id or x.dispositif_id <> t.dispositif_id",
            ),
            (
                "parts qui ne font pas le montant de leur aide",
                "select count(*) from (select s.aid_id from aid_share s join aid a on a.id = s.aid_id group by s.aid_id, a.amount having sum(s.amount) <> a.amount or count(*) < 2) unequal",
            ),
            (
                "parts qui ne sont pas celles du carnet",
                "select count(*) from aid_share s left join (select aid_id, axes_id, amount from line where amount > 0 and aid_id is not null group by aid_id, axes_id, amount) l on l.aid_id = s.aid_id and l.axes_id = s.axes_id and l.amount = s.amount where l.aid_id is null",
            ),
            (
                "aides partagées dont le premier financeur n'est pas celui des modalités",
                "select count(*) from aid_share s join aid a on a.id = s.aid_id join terms t on t.id = a.terms_id where s.rank = 1 and s.axes_id <> t.axes_id",
            ),
            (
                "déclarations qui renvoient à une donnée qui n'existe plus",
                "select count(*) from declaration d where not exists (select 1 from beneficiary b where b.id = d.beneficiary_id) or not exists (select 1 from declarable w where w.id = d.declarable_id) or not exists (select 1 from nature n where n.id = d.nature_id) or not exists (select 1 from giver g where g.id = d.giver_id) or (d.dispositif_id <> 0 and not exists (select 1 from dispositif p where p.id = d.dispositif_id))",
            ),
            (
                "déclarations d'aucun import de déclarations",
                "select count(*) from declaration d where not exists (select 1 from lot l where l.id = d.lot_id and l.kind in ('parcours', 'declarations', 'aides-ailleurs'))",
            ),
            (
                "imports de déclarations dont des lignes manquent, ou sont en trop",
                "select count(*) from lot l left join (select lot_id, count(distinct line) as n from declaration group by lot_id) d on d.lot_id = l.id where l.kind in ('parcours', 'declarations', 'aides-ailleurs') and l.accepted <> coalesce(d.n, 0)",
            ),
            (
                "aides accordées par une dérogation qui n'est pas approuvée",
                "select count(*) from derogation_use u left join derogation_decision d on d.derogation_id = u.derogation_id and d.approved = 1 left join derogation g on g.id = u.derogation_id left join aid a on a.id = u.aid_id where d.derogation_id is null or g.id is null or a.id is null",
            ),
            (
                "dérogations approuvées par la personne qui les a demandées",
                "select count(*) from derogation_decision d join derogation g on g.id = d.derogation_id where d.approved = 1 and d.decided_by = g.asked_by",
            ),
            (
                "décisions qui ne sont pas celles de leur dérogation",
                "select count(*) from derogation_decision d left join derogation g on g.id = d.derogation_id and g.asked_by = d.asked_by where g.id is null",
            ),
            (
                "dérogations sans règle, ou règles sans dérogation",
                "select (select count(*) from derogation g where not exists (select 1 from derogation_rule r where r.derogation_id = g.id)) + (select count(*) from derogation_rule r where not exists (select 1 from derogation g where g.id = r.derogation_id))",
            ),
            (
                "dérogations qui servent à plusieurs aides vivantes",
                "select count(*) from (select u.derogation_id from derogation_use u where not exists (select 1 from aid_cancellation c where c.aid_id = u.aid_id) group by u.derogation_id having count(*) > 1) several",
            ),
            (
                "aides dont la dérogation est d'une autre personne, d'un autre dispositif, d'un autre mois ou d'un montant moindre",
                "select count(*) from derogation_use u join derogation g on g.id = u.derogation_id join aid a on a.id = u.aid_id join terms t on t.id = a.terms_id where a.beneficiary_id <> g.beneficiary_id or t.dispositif_id <> g.dispositif_id or a.month <> g.month or a.amount > g.amount",
            ),
            (
                "constats levés par une dérogation qui ne porte pas sur leur règle",
                "select count(*) from aid_finding f left join derogation_use u on u.aid_id = f.aid_id left join derogation_rule r on r.derogation_id = u.derogation_id and r.rule = f.rule where (f.code = 'accorde_par_derogation') <> (u.aid_id is not null) or (u.aid_id is not null and r.rule is null)",
            ),
            (
                "aides accordées par une dérogation sans constat levé",
                "select count(*) from derogation_use u where not exists (select 1 from aid_finding f where f.aid_id = u.aid_id)",
            ),
            (
                "aides accordées à la main sans leur numéro, ou numéros qui manquent",
                "select (select count(*) from aid a join lot l on l.id = a.lot_id join source s on s.id = l.source_id where s.code = 'saisie' and not exists (select 1 from hand_grant h where h.aid_id = a.id)) + (select count(*) from hand_grant h left join aid a on a.id = h.aid_id left join lot l on l.id = a.lot_id left join source s on s.id = l.source_id where s.code is null or s.code <> 'saisie' or a.reference <> 'AID-' || h.year || '-' || substr('000000' || h.number, length('000000' || h.number) - 5)) + (select count(*) from (select year from hand_grant group by year having count(*) <> max(number) or min(number) <> 1) gaps)",
            ),
            (
                "versements saisis qui ne sont pas ceux de leur lot",
                "select count(*) from hand_payment h left join payment p on p.aid_id = h.aid_id and p.rank = h.rank left join lot l on l.id = h.lot_id and l.kind = 'versement' left join (select e.lot_id, e.dated, n.aid_id, sum(n.amount) as paid from entry e join line n on n.entry_id = e.id and n.amount > 0 where e.event = 'versement' and e.lot_id in (select lot_id from hand_payment) group by e.lot_id, e.dated, n.aid_id) b on b.lot_id = h.lot_id where p.aid_id is null or l.id is null or b.paid is null or b.aid_id <> p.aid_id or b.dated <> p.paid_on or b.paid <> p.amount",
            ),
            (
                "aides versées au-delà de ce qui est accordé",
                "select count(*) from (select p.aid_id from payment p join aid a on a.id = p.aid_id group by p.aid_id, a.amount having sum(p.amount) > a.amount) beyond",
            ),
            (
                "aides non versées absentes de leur liste, ou aides qui y sont à tort",
                "select (select count(*) from aid a left join (select aid_id, sum(amount) as paid from payment group by aid_id) p on p.aid_id = a.id left join unpaid_aid u on u.aid_id = a.id left join aid_cancellation c on c.aid_id = a.id where (a.amount > coalesce(p.paid, 0) and c.aid_id is null) <> (u.aid_id is not null)) + (select count(*) from unpaid_aid u where not exists (select 1 from aid a where a.id = u.aid_id))",
            ),
            (
                "indus qui ne sont pas ceux de leur lot",
                "select count(*) from undue u left join (select e.lot_id, e.dated, n.aid_id, sum(n.amount) as owed from entry e join line n on n.entry_id = e.id and n.amount > 0 where e.event = 'indu' and e.lot_id in (select lot_id from undue) group by e.lot_id, e.dated, n.aid_id) b on b.lot_id = u.lot_id where b.owed is null or b.aid_id <> u.aid_id or b.dated <> u.found_on or b.owed <> u.amount",
            ),
            (
                "indus au-delà de ce qui est versé, ou recouvrements au-delà de l'indu",
                "select (select count(*) from (select aid_id, sum(amount) as owed from undue group by aid_id) u where u.owed > coalesce((select sum(p.amount) from payment p where p.aid_id = u.aid_id), 0)) + (select count(*) from (select undue_id, sum(amount) as back from recovery group by undue_id) r left join undue u on u.id = r.undue_id where u.id is null or r.back > u.amount)",
            ),
            (
                "recouvrements qui ne sont pas ceux de leur lot",
                "select count(*) from recovery r join undue u on u.id = r.undue_id left join (select e.lot_id, e.dated, e.event, n.aid_id, -sum(n.amount) as back from entry e join line n on n.entry_id = e.id and n.aid_id is not null where e.lot_id in (select lot_id from recovery) group by e.lot_id, e.dated, e.event, n.aid_id) b on b.lot_id = r.lot_id where b.back is null or b.aid_id <> u.aid_id or b.dated <> r.recovered_on or b.back <> r.amount",
            ),
            (
                "propositions acceptées par la personne qui les a faites",
                "select count(*) from proposal_decision d left join proposal p on p.id = d.proposal_id and p.proposed_by = d.proposed_by where p.id is null or (d.lot_id is not null and d.decided_by = p.proposed_by)",
            ),
            (
                "propositions accordées dont l'aide n'est pas celle qui était proposée",
                "select count(*) from proposal_decision d join proposal p on p.id = d.proposal_id left join aid a on a.lot_id = d.lot_id left join terms t on t.id = a.terms_id where d.lot_id is not null and (a.id is null or a.beneficiary_id <> p.beneficiary_id or t.dispositif_id <> p.dispositif_id or a.month <> p.month or a.amount <> p.amount)",
            ),
            (
                "refus dont des numéros manquent",
                "select count(*) from (select year from refusal group by year having count(*) <> max(number) or min(number) <> 1) gaps",
            ),
            (
                "lignes d'aucun FEC",
                "select count(*) from general_line where lot_id not in (select lot_id from fec_version)",
            ),
            (
                "affectations d'aucune ligne de FEC",
                "select count(*) from general_assignment a left join general_line l on l.lot_id = a.lot_id and l.rank = a.rank where l.rank is null",
            ),
            (
                "soldes d'aucun FEC",
                "select count(*) from general_balance where lot_id not in (select lot_id from fec_version)",
            ),
        ];
        let mut found = Vec::new();
        for (label, sql) in checks {
            let row = self.one(sql, &[]).await?;
            found.push((label, row.map_or(Ok(0), |row| row.int(0))?));
        }
        Ok(found)
    }
}

/// A notification of an envelope.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// Its key.
    pub id: i64,
    /// The sequence of its entry.
    pub entry: i64,
    /// Its lot.
    pub lot: i64,
    /// Its line in the file.
    pub line: i64,
    /// Its reference.
    pub reference: String,
    /// Its axes.
    pub axes: u32,
    /// Its amount.
    pub amount: Amount,
    /// Its day.
    pub notified_on: Date,
    /// Cancelled by a later lot.
    pub cancelled: bool,
}

/// One account of one entry.
#[derive(Clone, Debug)]
pub struct JournalRow {
    /// Year and number of the entry.
    pub number: (i64, i64),
    /// Its date.
    pub date: Date,
    /// Its event.
    pub event: String,
    /// Its lot.
    pub lot: i64,
    /// The account.
    pub account: u32,
    /// The axes.
    pub axes: u32,
    /// How many lines.
    pub lines: i64,
    /// Sum of debits.
    pub debit: Amount,
    /// Sum of credits.
    pub credit: Amount,
    /// The seal of the entry.
    pub seal: Vec<u8>,
}
