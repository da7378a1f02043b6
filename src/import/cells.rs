//! Cells of a row, read as what they should be; each fault is a finding with its column.

use super::profile::Layout;
use super::records::Cells;
use crate::calendar::{Date, Month};
use crate::ledger::{Code, Column, Detail, Finding};
use crate::money::{Amount, AmountError};
use crate::words::{Words, fold, normalise};
use std::borrow::Cow;

/// The longest value kept, in bytes.
const MAX_VALUE: usize = 400;

/// The largest amount of one line: a sum of ninety million of them still fits.
pub const MAX_AMOUNT: Amount = Amount::from_centimes(99_999_999_999);

/// The longest excerpt shown in a message, in characters.
const MAX_EXCERPT: usize = 40;

/// One record, and where its faults go.
pub(super) struct Row<'a> {
    line: u32,
    cells: &'a Cells,
    layout: &'a Layout,
    words: &'a mut Words,
    findings: &'a mut Vec<Finding>,
    ok: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        line: u32,
        cells: &'a Cells,
        layout: &'a Layout,
        words: &'a mut Words,
        findings: &'a mut Vec<Finding>,
    ) -> Row<'a> {
        Row { line, cells, layout, words, findings, ok: true }
    }

    /// Returns the physical line.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Returns the column of a field.
    pub(super) fn column(&self, field: usize) -> Column {
        Column(self.layout.columns[field])
    }

    /// Returns a text as a word of the file.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        self.words.intern(text)
    }

    /// Returns true while no cell was refused.
    pub(super) fn ok(&self) -> bool {
        self.ok
    }

    /// Returns the cell of a field as it is in the file.
    pub(super) fn cell(&self, field: usize) -> &'a str {
        self.layout.columns[field].map_or("", |column| self.cells.get(usize::from(column)))
    }

    /// Returns the value of a field: its cell, else the profile's default, translated.
    pub(super) fn text(&mut self, field: usize) -> Cow<'a, str> {
        self.value(field).unwrap_or(Cow::Borrowed(""))
    }

    /// Returns the value of a field that must have one.
    pub(super) fn required(&mut self, field: usize) -> Cow<'a, str> {
        let value = self.value(field);
        if value.as_deref() == Some("") {
            self.fail(field, Code::Missing, Detail::None);
        }
        value.unwrap_or(Cow::Borrowed(""))
    }

    /// Returns the value, or none where it is refused as too long.
    fn value(&mut self, field: usize) -> Option<Cow<'a, str>> {
        let mut value = normalise(self.cell(field));
        if value.is_empty() {
            value = Cow::Borrowed(&self.layout.defaults[field]);
        }
        if value.contains(['\n', '\r']) {
            value = Cow::Owned(
                value.split(['\n', '\r']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
            );
        }
        let translations = &self.layout.values[field];
        if !translations.is_empty()
            && let Some(translated) = translations.get(&fold(&value))
        {
            value = Cow::Borrowed(translated);
        }
        if value.len() > MAX_VALUE {
            self.fail(
                field,
                Code::ValueTooLong,
                Detail::Counts { found: value.len() as u32, expected: MAX_VALUE as u32 },
            );
            return None;
        }
        Some(value)
    }

    /// Returns the value as a word of the file.
    pub(super) fn word(&mut self, field: usize) -> u32 {
        let value = self.text(field);
        self.words.intern(&value)
    }

    /// Returns the value as a word; empty is a fault.
    pub(super) fn required_word(&mut self, field: usize) -> u32 {
        let value = self.required(field);
        self.words.intern(&value)
    }

    /// Returns a positive amount.
    pub(super) fn amount(&mut self, field: usize) -> Amount {
        let value = self.required(field);
        if value.is_empty() {
            return Amount::ZERO;
        }
        let code = match Amount::parse(&value) {
            Ok(amount) if amount > MAX_AMOUNT => Code::AmountTooLarge,
            Ok(amount) if amount.is_positive() => return amount,
            Ok(_) => Code::NotPositive,
            Err(AmountError::Unreadable) => Code::UnreadableAmount,
            Err(AmountError::TooManyDecimals) => Code::TooManyDecimals,
            Err(AmountError::TooLarge) => Code::AmountTooLarge,
        };
        self.fail_on(field, code, &value);
        Amount::ZERO
    }

    /// Returns a date, or none where the cell is empty.
    pub(super) fn date(&mut self, field: usize) -> Option<Date> {
        let value = self.text(field);
        if value.is_empty() {
            return None;
        }
        let date = Date::parse(&value);
        if date.is_none() {
            self.fail_on(field, Code::UnreadableDate, &value);
        }
        date
    }

    /// Returns a date; empty is a fault.
    pub(super) fn required_date(&mut self, field: usize) -> Option<Date> {
        if self.required(field).is_empty() { None } else { self.date(field) }
    }

    /// Returns a month; empty is a fault.
    pub(super) fn month(&mut self, field: usize) -> Option<Month> {
        let value = self.required(field);
        if value.is_empty() {
            return None;
        }
        let month = Month::parse(&value);
        if month.is_none() {
            self.fail_on(field, Code::UnreadableMonth, &value);
        }
        month
    }

    /// Returns a month, or none where the cell is empty.
    pub(super) fn optional_month(&mut self, field: usize) -> Option<Month> {
        if self.text(field).is_empty() { None } else { self.month(field) }
    }

    /// Returns a year; empty is a fault.
    pub(super) fn year(&mut self, field: usize) -> Option<i16> {
        let value = self.required(field);
        let year = value.parse().ok().filter(|year| (1900..2200).contains(year));
        if year.is_none() && !value.is_empty() {
            self.fail_on(field, Code::UnreadableYear, &value);
        }
        year
    }

    /// Returns yes, no, or unknown (empty, NR, NC).
    pub(super) fn flag(&mut self, field: usize) -> Option<bool> {
        let value = self.text(field);
        match fold(&value).as_str() {
            "oui" | "o" | "1" | "vrai" | "true" | "x" => Some(true),
            "non" | "n" | "0" | "faux" | "false" => Some(false),
            "" | "nr" | "nc" | "inconnu" => None,
            _ => {
                self.fail_on(field, Code::UnreadableFlag, &value);
                None
            }
        }
    }

    /// Refuses the row for what this field says.
    pub(super) fn fail_on(&mut self, field: usize, code: Code, value: &str) {
        let excerpt: String = value.chars().take(MAX_EXCERPT).collect();
        let word = self.words.intern(&excerpt);
        self.fail(field, code, Detail::Word(word));
    }

    /// Refuses the row for what this field is.
    pub(super) fn fail(&mut self, field: usize, code: Code, detail: Detail) {
        self.ok = false;
        let column = self.column(field);
        self.findings.push(Finding::refusal(self.line, column, code, detail));
    }
}
