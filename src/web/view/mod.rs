//! Pieces of pages: tables, forms, papers, bars. In: values. Out: markup. Never: a use case.

mod bars;
mod curves;
mod forms;
mod pages;
mod papers;
mod sizes;
mod tables;

pub(super) use bars::bar;
pub(super) use curves::curve;
pub(super) use forms::{Field, faults, form, hidden, save, whose_password};
pub(super) use pages::pages;
pub(super) use papers::{blocks, paper};
pub(super) use sizes::size;
pub(super) use tables::{exports, table};
