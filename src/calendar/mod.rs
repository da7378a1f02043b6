//! Dates, months, fiscal years and ages: civil days, without hours or zones.
//!
//! In: text as people write it. Out: [`Date`], [`Month`], [`FiscalYear`]. Never: "today", which
//! comes from outside (`app::clock`).

mod date;
mod fiscal_year;
mod month;

pub use date::Date;
pub use fiscal_year::{FiscalYear, Years};
pub use month::Month;
