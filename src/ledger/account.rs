//! Accounts and charts: read from `ledger-rules/`, never written here.

/// The side on which an account normally stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
}

/// One account of a chart.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its code, such as `A3`.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// The side of its normal balance.
    pub side: Side,
}

/// The accounts of one book, in the order of the chart.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// The accounts.
    pub accounts: Vec<Account>,
}
