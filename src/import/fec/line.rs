//! One record of a FEC, one line; each fault is a finding with its column.

use super::super::cells::Row;
use super::oddities::Oddities;
use super::{
    ACCOUNT, ACCOUNT_LABEL, AMOUNT, ANALYTIC, AUXILIARY, AUXILIARY_LABEL, AmountForm, CREDIT, CURRENCY,
    CURRENCY_AMOUNT, DATE, DEBIT, FIELDS, FecFile, FecLine, JOURNAL, JOURNAL_LABEL, LABEL, LETTER,
    LETTER_DATE, LineKind, NUMBER, PIECE, PIECE_DATE, SIDE, VALID_DATE, amount,
};
use crate::calendar::Date;
use crate::ledger::{Code, Column, Detail, Finding};
use crate::money::Amount;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// The lines under construction.
pub(super) struct Lines {
    form: AmountForm,
    lines: Vec<FecLine>,
    // Refused, and known to belong to an entry.
    broken: Vec<FecLine>,
    // The last cell of each field that was read without a remark, and what it gave: the lines of one
    // entry are alike.
    last_words: Vec<(String, u32)>,
    last_dates: Vec<(String, Option<Date>)>,
    oddities: Oddities,
    // The lines whose decimals follow a point, and those with zeros beyond the centimes: the first.
    first_point: Option<u32>,
    first_long: Option<(u32, Column)>,
    first_unvalidated: Option<u32>,
}

impl Lines {
    pub(super) fn new(form: AmountForm) -> Lines {
        Lines {
            form,
            lines: Vec::new(),
            broken: Vec::new(),
            last_words: vec![(String::new(), 0); FIELDS.len()],
            last_dates: vec![(String::new(), None); FIELDS.len()],
            oddities: Oddities::default(),
            first_point: None,
            first_long: None,
            first_unvalidated: None,
        }
    }

    /// Reads a record; false when it is refused.
    pub(super) fn read(&mut self, row: &mut Row<'_>) -> bool {
        let journal = self.usual_word(row, JOURNAL);
        let journal_label = self.usual_word(row, JOURNAL_LABEL);
        let number = self.word(row, NUMBER);
        let date = self.date(row, DATE);
        let account = self.account(row);
        let account_label = self.usual_word(row, ACCOUNT_LABEL);
        let auxiliary = self.word(row, AUXILIARY);
        let auxiliary_label = self.word(row, AUXILIARY_LABEL);
        let piece = self.usual_word(row, PIECE);
        let piece_date = self.date(row, PIECE_DATE);
        let label = self.usual_word(row, LABEL);
        let amount = match self.form {
            AmountForm::DebitCredit => self.debit_and_credit(row),
            AmountForm::AmountSide => self.amount_and_side(row),
        };
        let letter = self.word(row, LETTER);
        let letter_date = self.date(row, LETTER_DATE);
        let valid_date = self.date(row, VALID_DATE);
        let currency_amount = self.word(row, CURRENCY_AMOUNT);
        let currency = self.word(row, CURRENCY);
        let analytic = self.word(row, ANALYTIC);
        let Some(date) = date else { return false };
        let line = FecLine {
            line: row.line(),
            entry: 0,
            kind: LineKind::Movement,
            journal,
            journal_label,
            number,
            account,
            account_label,
            auxiliary,
            auxiliary_label,
            piece,
            label,
            letter,
            currency_amount,
            currency,
            analytic,
            date,
            piece_date,
            letter_date,
            valid_date,
            amount,
        };
        if !row.ok() {
            self.broken.push(line);
            return false;
        }
        if amount.is_zero() {
            self.oddities.note(Code::FecZero, Column(None), line.line);
        }
        if valid_date.is_none() {
            self.first_unvalidated.get_or_insert(line.line);
        }
        self.lines.push(line);
        true
    }

    /// Gives the lines to the file, with what is odd about them; returns the refused ones whose entry
    /// is known.
    pub(super) fn finish(self, file: &mut FecFile) -> Vec<FecLine> {
        let findings = &mut file.reading.findings;
        findings.extend(self.oddities.warnings());
        if let (Some(_), Some((line, column))) = (self.first_point, self.first_long) {
            // `1,000` beside `12.50` may be a thousand.
            findings.push(Finding::refusal(line, column, Code::FecMixedDecimals, Detail::None));
        }
        file.first_unvalidated = self.first_unvalidated;
        file.first_day = self.lines.iter().map(|line| line.date).min();
        file.last_day = self.lines.iter().map(|line| line.date).max();
        file.reading.findings.extend(two_labels(&self.lines));
        file.lines = self.lines;
        self.broken
    }

    /// Returns a text, without the `b'…'` that an Odoo module leaves around it.
    fn text<'a>(&mut self, row: &mut Row<'a>, field: usize) -> Cow<'a, str> {
        let text = row.text(field);
        let inner = |quote| text.strip_prefix('b')?.strip_prefix(quote)?.strip_suffix(quote);
        match inner('\'').or_else(|| inner('"')) {
            None => text,
            Some(inner) => {
                self.oddities.note(Code::FecPythonBytes, Column(None), row.line());
                Cow::Owned(inner.trim().to_string())
            }
        }
    }

    fn word(&mut self, row: &mut Row<'_>, field: usize) -> u32 {
        let cell = row.cell(field);
        if self.last_words[field].0 == cell {
            return self.last_words[field].1;
        }
        let text = self.text(row, field);
        let word = row.intern(&text);
        if row.ok() && matches!(text, Cow::Borrowed(_)) {
            keep(&mut self.last_words[field], cell, word);
        }
        word
    }

    /// Returns a word that the law wants filled and that nothing here needs.
    fn usual_word(&mut self, row: &mut Row<'_>, field: usize) -> u32 {
        let word = self.word(row, field);
        if word == 0 {
            self.oddities.note(Code::FecEmpty, row.column(field), row.line());
        }
        word
    }

    /// Returns the account: its first three characters are those of the French plan.
    fn account(&mut self, row: &mut Row<'_>) -> u32 {
        let text = self.text(row, ACCOUNT);
        if text.is_empty() {
            row.fail(ACCOUNT, Code::Missing, Detail::None);
        } else if !is_account(&text) {
            row.fail_on(ACCOUNT, Code::FecAccount, &text);
        }
        row.intern(&text)
    }

    /// Returns a date; zeros are no date, which only the entry's own may not be.
    fn date(&mut self, row: &mut Row<'_>, field: usize) -> Option<Date> {
        let cell = row.cell(field);
        if self.last_dates[field].1.is_some() && self.last_dates[field].0 == cell {
            return self.last_dates[field].1;
        }
        let text = self.text(row, field);
        if text.bytes().all(|byte| matches!(byte, b'0' | b'/' | b'-')) {
            if field == DATE {
                row.fail(field, Code::Missing, Detail::None);
            }
            return None;
        }
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        let date = match text.parse() {
            Ok(number) if digits => {
                let date = Date::from_number(number);
                keep(&mut self.last_dates[field], cell, date);
                date
            }
            _ => Date::parse(&text).inspect(|_| {
                self.oddities.note(Code::FecDateForm, Column(None), row.line());
            }),
        };
        if date.is_none() {
            row.fail_on(field, Code::UnreadableDate, &text);
        }
        date
    }

    fn debit_and_credit(&mut self, row: &mut Row<'_>) -> Amount {
        let (debit, credit) = (row.text(DEBIT), row.text(CREDIT));
        if debit.is_empty() && credit.is_empty() {
            row.fail(DEBIT, Code::Missing, Detail::None);
            return Amount::ZERO;
        }
        let (debit, credit) = (self.amount(row, DEBIT, &debit), self.amount(row, CREDIT, &credit));
        if !debit.is_zero() && !credit.is_zero() {
            row.fail(DEBIT, Code::FecBothSides, Detail::Amounts { found: debit, expected: credit });
            return Amount::ZERO;
        }
        debit - credit
    }

    fn amount_and_side(&mut self, row: &mut Row<'_>) -> Amount {
        let text = row.required(AMOUNT);
        let amount = self.amount(row, AMOUNT, &text);
        let side = row.required(SIDE);
        match side.replace(' ', "").as_str() {
            "D" | "d" | "+1" | "1" => amount,
            "C" | "c" | "-1" => -amount,
            "" => Amount::ZERO,
            _ => {
                row.fail_on(SIDE, Code::FecSide, &side);
                Amount::ZERO
            }
        }
    }

    /// Reads an amount; an empty one is zero, a negative one stands on the other side.
    fn amount(&mut self, row: &mut Row<'_>, field: usize, text: &str) -> Amount {
        if text.is_empty() {
            return Amount::ZERO;
        }
        let read = match amount::read(text) {
            Ok(read) => read,
            Err(code) => {
                row.fail_on(field, code, text);
                return Amount::ZERO;
            }
        };
        let line = row.line();
        if read.amount < Amount::ZERO {
            self.oddities.note(Code::FecNegative, Column(None), line);
        }
        if read.point {
            self.first_point.get_or_insert(line);
            self.oddities.note(Code::FecPoint, Column(None), line);
        } else if read.long {
            self.first_long.get_or_insert((line, row.column(field)));
        }
        read.amount
    }
}

/// Remembers what a cell gave.
fn keep<T>(last: &mut (String, T), cell: &str, value: T) {
    last.0.clear();
    last.0.push_str(cell);
    last.1 = value;
}

/// Returns true for a number of the French plan: three digits, then anything.
pub(super) fn is_account(text: &str) -> bool {
    text.len() >= 3 && text.bytes().take(3).all(|byte| byte.is_ascii_digit())
}

/// Tells the accounts that have several labels: how many, and the first line that shows it.
fn two_labels(lines: &[FecLine]) -> Option<Finding> {
    let mut labels: FxHashMap<u32, (u32, bool)> = FxHashMap::default();
    let mut first: Option<(u32, u32)> = None;
    let mut accounts = 0;
    for line in lines {
        let (label, told) = labels.entry(line.account).or_insert((line.account_label, false));
        if *label != line.account_label && !*told {
            *told = true;
            accounts += 1;
            first.get_or_insert((line.line, line.account));
        }
    }
    let (line, account) = first?;
    let detail = Detail::Accounts { first: account, accounts };
    Some(super::warning(line, Column(None), Code::FecTwoLabels, detail))
}
