//! What the statements of the general book are made of: the sums of each account over a year.

use crate::money::Amount;

/// What was debited and what was credited, in euros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebitCredit {
    /// The sum of debits.
    pub debit: Amount,
    /// The sum of credits.
    pub credit: Amount,
}

impl DebitCredit {
    /// Returns debits less credits: positive is a debit balance.
    pub fn balance(self) -> Amount {
        self.debit - self.credit
    }
}

impl std::ops::Add for DebitCredit {
    type Output = DebitCredit;
    fn add(self, other: DebitCredit) -> DebitCredit {
        DebitCredit { debit: self.debit + other.debit, credit: self.credit + other.credit }
    }
}

impl std::iter::Sum for DebitCredit {
    fn sum<I: Iterator<Item = DebitCredit>>(sides: I) -> DebitCredit {
        sides.fold(DebitCredit::default(), |sum, sides| sum + sides)
    }
}

/// One account over one year, without the entries that close classes 6 and 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFigures {
    /// Its number, as in the FEC.
    pub account: String,
    /// Its label, as in the FEC.
    pub label: String,
    /// The opening entries ("à-nouveaux").
    pub opening: DebitCredit,
    /// The entries of the year.
    pub movement: DebitCredit,
}

impl AccountFigures {
    /// Returns the balance at the end of the year: positive is a debit balance.
    pub fn closing(&self) -> Amount {
        (self.opening + self.movement).balance()
    }
}

/// The accounts of one year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YearFigures {
    /// The name of the year, such as `2024`: the heading of its column.
    pub name: String,
    /// Its accounts, each once, in any order.
    pub accounts: Vec<AccountFigures>,
}

/// Returns true for an account under one of these prefixes.
pub(super) fn is_under(account: &str, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| account.starts_with(prefix.as_str()))
}

/// Returns the sum of the closing balances of the accounts under these prefixes: positive is a debit
/// balance.
pub(super) fn balance_under(prefixes: &[String], accounts: &[AccountFigures]) -> Amount {
    accounts.iter().filter(|own| is_under(&own.account, prefixes)).map(AccountFigures::closing).sum()
}
