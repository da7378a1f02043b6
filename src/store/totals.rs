//! Maintained totals: differences added in, sums read out.

use super::engine::Tx;
use super::error::StoreError;
use crate::balances::{Changes, Count, CountKey};
use crate::calendar::Month;
use crate::funding::DateKind;
use crate::ledger::AccountId;
use crate::money::Amount;

/// What a balance is kept by.
pub type BalanceKey = (AccountId, Month, u32);

/// An amount of aids.
#[derive(Clone, Copy, Debug)]
pub struct AmountRow {
    /// The month.
    pub month: Month,
    /// Key of the axes.
    pub axes: u32,
    /// Key of the nature.
    pub nature: u32,
    /// The amount.
    pub amount: Amount,
}

/// A count of aids and people.
#[derive(Clone, Copy, Debug)]
pub struct CountRow {
    /// A month as 202403, or a fiscal year as 2024.
    pub period: i64,
    /// Key of the dispositif; 0 is all.
    pub dispositif: u32,
    /// The counts.
    pub count: Count,
}

/// Everything that is maintained, read back whole for a verification.
pub type Totals = Changes;

fn kind(number: i64) -> Result<DateKind, StoreError> {
    let found = DateKind::ALL.into_iter().find(|kind| kind.number() == number);
    found.ok_or_else(|| StoreError::Inconsistent(format!("genre de date {number}")))
}

fn month(number: i64) -> Result<Month, StoreError> {
    Month::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("mois {number}")))
}

impl Tx {
    /// Adds differences to the maintained totals.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn add_changes(&mut self, changes: &Changes) -> Result<(), StoreError> {
        for ((account, month, axes), amount) in &changes.balances {
            self.exec(
                "insert into balance (account_id, month, axes_id, amount) values ($1, $2, $3, $4)
                 on conflict (account_id, month, axes_id) do update set amount = balance.amount + excluded.amount",
                &[i64::from(*account).into(), month.number().into(), (*axes).into(), amount.centimes().into()],
            )
            .await?;
        }
        for ((kind, month, axes, nature), amount) in &changes.amounts {
            self.exec(
                "insert into aid_amount (kind, month, axes_id, nature_id, amount) values ($1, $2, $3, $4, $5)
                 on conflict (kind, month, axes_id, nature_id) do update set amount = aid_amount.amount + excluded.amount",
                &[kind.number().into(), month.number().into(), (*axes).into(), (*nature).into(), amount.centimes().into()],
            )
            .await?;
        }
        for (key, count) in &changes.counts {
            self.exec(
                "insert into aid_count (kind, period, dispositif_id, number, people, irregular) values ($1, $2, $3, 0, 0, 0)
                 on conflict (kind, period, dispositif_id) do nothing",
                &[key.kind.number().into(), key.period.into(), key.dispositif.into()],
            )
            .await?;
            self.exec(
                "update aid_count set number = number + $4, people = people + $5, irregular = irregular + $6 where kind = $1 and period = $2 and dispositif_id = $3",
                &[key.kind.number().into(), key.period.into(), key.dispositif.into(), count.number.into(), count.people.into(), count.irregular.into()],
            )
            .await?;
        }
        Ok(())
    }

    /// Returns the amounts of aids between two months, by month, axes and nature.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn amounts(
        &mut self,
        by: DateKind,
        first: Month,
        last: Month,
    ) -> Result<Vec<AmountRow>, StoreError> {
        let rows = self
            .all(
                "select month, axes_id, nature_id, amount from aid_amount where kind = $1 and month between $2 and $3 and amount <> 0",
                &[by.number().into(), first.number().into(), last.number().into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AmountRow {
                    month: month(row.int(0)?)?,
                    axes: row.small(1)?,
                    nature: row.small(2)?,
                    amount: Amount::from_centimes(row.int(3)?),
                })
            })
            .collect()
    }

    /// Returns the counts of aids and people for periods between two numbers.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn counts(&mut self, by: DateKind, first: i64, last: i64) -> Result<Vec<CountRow>, StoreError> {
        let rows = self
            .all(
                "select period, dispositif_id, number, people, irregular from aid_count where kind = $1 and period between $2 and $3",
                &[by.number().into(), first.into(), last.into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(CountRow {
                    period: row.int(0)?,
                    dispositif: row.small(1)?,
                    count: Count { number: row.int(2)?, people: row.int(3)?, irregular: row.int(4)? },
                })
            })
            .collect()
    }

    /// Returns the sum of each account, in the order of its key.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn account_sums(&mut self) -> Result<Vec<(AccountId, u32, Amount)>, StoreError> {
        let rows = self
            .all("select account_id, axes_id, cast(sum(amount) as bigint) from balance group by account_id, axes_id order by account_id, axes_id", &[])
            .await?;
        rows.iter()
            .map(|row| Ok((row.small(0)?, row.small(1)?, Amount::from_centimes(row.int(2)?))))
            .collect()
    }

    /// Returns every maintained total.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn all_totals(&mut self) -> Result<Totals, StoreError> {
        let mut totals = Totals::default();
        for row in self.all("select account_id, month, axes_id, amount from balance", &[]).await? {
            totals.balances.insert(
                (row.small(0)?, month(row.int(1)?)?, row.small(2)?),
                Amount::from_centimes(row.int(3)?),
            );
        }
        for row in self.all("select kind, month, axes_id, nature_id, amount from aid_amount", &[]).await? {
            let key = (kind(row.int(0)?)?, month(row.int(1)?)?, row.small(2)?, row.small(3)?);
            totals.amounts.insert(key, Amount::from_centimes(row.int(4)?));
        }
        for row in self
            .all("select kind, period, dispositif_id, number, people, irregular from aid_count", &[])
            .await?
        {
            let key = CountKey { kind: kind(row.int(0)?)?, period: row.int(1)?, dispositif: row.small(2)? };
            totals
                .counts
                .insert(key, Count { number: row.int(3)?, people: row.int(4)?, irregular: row.int(5)? });
        }
        Ok(totals)
    }
}
