//! Who funds what: rules, lines assigned by them, lines assigned by hand.

use super::engine::Tx;
use super::error::StoreError;
use super::keys::KeyOf;
use super::value::Value;
use crate::calendar::Date;
use crate::funding::AssignmentRule;
use crate::money::Amount;

/// A line assigned by hand, or taken back.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// The fiscal year.
    pub year: i16,
    /// What stays the same when all is renumbered.
    pub identity: Vec<u8>,
    /// Key of the funder; none where the assignment was taken back.
    pub funder: Option<u32>,
    /// Key of the convention.
    pub convention: Option<u32>,
    /// The line as it was: its day, account, piece and amount.
    pub line: (Date, String, String, Amount),
    /// Why.
    pub reason: String,
    /// Who.
    pub user: String,
    /// The instant, in UTC.
    pub at: String,
}

impl Tx {
    /// Returns the lot of the rules in force, or none.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn assignment_lot(&mut self) -> Result<Option<i64>, StoreError> {
        let sql = "select max(l.id) from lot l where l.kind = 'affectation' and not exists (select 1 from lot c where c.cancels_id = l.id)";
        self.one(sql, &[]).await?.map_or(Ok(None), |row| row.opt_int(0))
    }

    /// Returns the rules of a lot, in order.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn assignment_rules(&mut self, lot: i64) -> Result<Vec<AssignmentRule>, StoreError> {
        let sql = "select r.rank, r.account, r.journal, r.auxiliary, r.analytic, r.label_part, r.piece, f.code, c.code, r.label
                   from assignment_rule r join funder f on f.id = r.funder_id join convention c on c.id = r.convention_id
                   where r.lot_id = $1 order by r.rank";
        let rows = self.all(sql, &[lot.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(AssignmentRule {
                    rank: row.small(0)?,
                    account: row.text(1)?,
                    journal: row.text(2)?,
                    auxiliary: row.text(3)?,
                    analytic: row.text(4)?,
                    label_part: row.text(5)?,
                    piece: row.text(6)?,
                    funder: row.text(7)?,
                    convention: row.text(8)?,
                    label: row.text(9)?,
                })
            })
            .collect()
    }

    /// Removes the assignments of a FEC, before they are made again.
    ///
    /// # Errors
    /// When the engine refuses, as it does for a FEC that is sealed.
    pub async fn remove_assignments(&mut self, lot: i64) -> Result<(), StoreError> {
        self.exec("delete from general_assignment where lot_id = $1", &[lot.into()]).await?;
        Ok(())
    }

    /// Returns the lines of a year assigned by hand, oldest first: the last of an identity counts.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn by_hand(&mut self, year: i16) -> Result<Vec<ByHand>, StoreError> {
        let sql =
            "select identity, funder_id, convention_id, dated, account, piece, amount, reason, user_name, at
                   from assignment_by_hand where year = $1 order by id";
        let rows = self.all(sql, &[i64::from(year).into()]).await?;
        let key = |key: Option<i64>| {
            key.map(|key| u32::try_from(key).map_err(|_| StoreError::Inconsistent(format!("clé {key}"))))
                .transpose()
        };
        rows.iter()
            .map(|row| {
                let dated = row.int(3)?;
                let date = Date::from_number(dated)
                    .ok_or_else(|| StoreError::Inconsistent(format!("date {dated}")))?;
                Ok(ByHand {
                    year,
                    identity: row.blob(0)?,
                    funder: key(row.opt_int(1)?)?,
                    convention: key(row.opt_int(2)?)?,
                    line: (date, row.text(4)?, row.text(5)?, Amount::from_centimes(row.int(6)?)),
                    reason: row.text(7)?,
                    user: row.text(8)?,
                    at: row.text(9)?,
                })
            })
            .collect()
    }

    /// Returns the identities of the lines of a FEC that are assigned by hand.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn identities_by_hand(&mut self, lot: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "select l.identity from general_assignment a join general_line l on l.lot_id = a.lot_id and l.rank = a.rank
                   where a.lot_id = $1 and a.rule = 0";
        self.all(sql, &[lot.into()]).await?.iter().map(|row| row.blob(0)).collect()
    }

    /// Notes that a line is assigned by hand, or taken back.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn insert_by_hand(&mut self, assigned: &ByHand) -> Result<(), StoreError> {
        let id = self.next_key(KeyOf::AssignmentByHand).await?;
        let (date, account, piece, amount) = &assigned.line;
        self.exec(
            "insert into assignment_by_hand (id, year, identity, funder_id, convention_id, dated, account, piece, amount, reason, user_name, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                id.into(),
                i64::from(assigned.year).into(),
                Value::Blob(assigned.identity.clone()),
                Value::OptInt(assigned.funder.map(i64::from)),
                Value::OptInt(assigned.convention.map(i64::from)),
                date.number().into(),
                account.into(),
                piece.into(),
                amount.centimes().into(),
                (&assigned.reason).into(),
                (&assigned.user).into(),
                (&assigned.at).into(),
            ],
        )
        .await?;
        Ok(())
    }
}
