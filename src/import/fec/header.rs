//! The first line of a FEC: the separator, the form of the amounts, the columns.

use super::super::profile::{FileKind, Layout, Profile};
use super::super::records::{Cells, Framed, Records, decode};
use super::super::sniff::{Encoding, Sniff};
use super::super::table::{DELIMITERS, is_blank};
use super::{AMOUNT, ANALYTIC, AmountForm, CREDIT, DEBIT, FecFile, SIDE, warning};
use crate::ledger::{Code, Column, Detail, Finding};
use crate::words::nearest;
use std::io::{self, BufRead};

/// A first line with fewer known names than this is no header.
const FEWEST_NAMES: usize = 5;

/// Reads the first line that is not blank. None when it does not have the columns of a FEC: the file
/// is then counted to its end and refused.
pub(super) fn find<R: BufRead>(
    records: &mut Records<R>,
    profile: &Profile,
    cells: &mut Cells,
    file: &mut FecFile,
) -> io::Result<Option<Layout>> {
    let line = loop {
        match records.advance(DELIMITERS[0])? {
            Framed::End => return Ok(None),
            Framed::Record if is_blank(records.bytes()) => file.reading.blank += 1,
            Framed::Record => break decode(records.bytes(), file.form.encoding),
            Framed::TooLong | Framed::Unclosed => break None,
        }
    };
    let at = records.line();
    let mut best: Option<(Layout, u8)> = None;
    for delimiter in DELIMITERS {
        cells.split(line.as_deref().unwrap_or(""), delimiter, profile.quoting);
        let layout = profile.match_header(FileKind::Fec, cells.iter());
        let better = |found: &Layout| best.as_ref().is_none_or(|(best, _)| found.matched() > best.matched());
        if let Some(layout) = layout.filter(better) {
            best = Some((layout, delimiter));
        }
    }
    let known = best.filter(|(layout, _)| layout.matched() >= FEWEST_NAMES);
    let Some((mut layout, separator)) = known else {
        // It may be a line of the books.
        file.reading.read = 1;
        file.reading.findings.push(Finding::refusal(at, Column(None), Code::FecNoHeader, Detail::None));
        return refuse_the_rest(records, file);
    };
    file.form.separator = separator;
    file.form.amounts = choose_amounts(&mut layout);
    file.reading.columns.clone_from(&layout.names);
    file.reading.fields.clone_from(&layout.columns);
    file.reading.dropped.clone_from(&layout.dropped);
    for field in &layout.missing {
        let name = profile.column_name(FileKind::Fec, *field);
        let near =
            nearest(&name, layout.dropped.iter().map(String::as_str), 1).first().copied().unwrap_or("");
        let detail = Detail::Words(file.words.intern(&name), file.words.intern(near));
        file.reading.findings.push(Finding::refusal(at, Column(None), Code::FecMissingColumn, detail));
    }
    for (field, column) in layout.repeated.iter().filter(|(field, _)| *field != ANALYTIC) {
        let detail = Detail::Word(file.words.intern(&profile.column_name(FileKind::Fec, *field)));
        let column = Column(Some(*column));
        file.reading.findings.push(Finding::refusal(at, column, Code::FecRepeatedColumn, detail));
    }
    if file.reading.findings.is_empty() { Ok(Some(layout)) } else { refuse_the_rest(records, file) }
}

/// Says which two columns hold the amounts; what lacks of them is missing, the others are not kept.
pub(in crate::import) fn choose_amounts(layout: &mut Layout) -> AmountForm {
    let count = |fields: [usize; 2]| fields.iter().filter(|field| layout.columns[**field].is_some()).count();
    let form = if count([AMOUNT, SIDE]) > count([DEBIT, CREDIT]) {
        AmountForm::AmountSide
    } else {
        AmountForm::DebitCredit
    };
    let (read, others) = match form {
        AmountForm::DebitCredit => ([DEBIT, CREDIT], [AMOUNT, SIDE]),
        AmountForm::AmountSide => ([AMOUNT, SIDE], [DEBIT, CREDIT]),
    };
    layout.missing.extend(read.iter().filter(|field| layout.columns[**field].is_none()));
    for field in others {
        if let Some(column) = layout.columns[field].take() {
            layout.dropped.push(layout.names[usize::from(column)].clone());
        }
    }
    form
}

/// Without its columns no line can be read: all are counted, all are refused.
fn refuse_the_rest<R: BufRead>(records: &mut Records<R>, file: &mut FecFile) -> io::Result<Option<Layout>> {
    loop {
        match records.advance(file.form.separator)? {
            Framed::End => break,
            Framed::Record if is_blank(records.bytes()) => file.reading.blank += 1,
            _ => file.reading.read += 1,
        }
    }
    // A header alone is one refusal too.
    file.reading.read = file.reading.read.max(1);
    super::whole_or_nothing(file);
    Ok(None)
}

/// Tells what the law does not allow in the form of a file, and is read all the same.
pub(super) fn note_form(file: &mut FecFile, sniff: &Sniff) {
    let mut note = |code, text: &str| {
        let detail = Detail::Word(file.words.intern(text));
        file.reading.findings.push(warning(0, Column(None), code, detail));
    };
    if !matches!(file.form.separator, b'\t' | b'|') {
        note(Code::FecSeparator, &char::from(file.form.separator).to_string());
    }
    if sniff.byte_order_mark {
        note(Code::FecEncoding, "UTF-8 avec BOM");
    } else if file.form.encoding == Encoding::Windows1252 {
        note(Code::FecEncoding, file.form.encoding.label());
    }
}
