//! XLSX: a workbook for people who go on calculating. Totals and differences are formulas, each with
//! its figure as the result kept in the file, and only where the formula gives that very figure.

use crate::calendar::Date;
use crate::money::{Percent, group_thousands};
use crate::statements::{Cell, Column, Derived, Kind, Row, Style, Table, Term};
use rust_xlsxwriter::utility::{cell_range, row_col_to_cell};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
    XlsxError,
};

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// More digits than a spreadsheet keeps: a centime would be lost.
    #[error("{0} : trop grand pour un classeur, qui garde quinze chiffres ; demandez csv ou json")]
    TooLarge(String),
    /// More rows than a sheet has.
    #[error("« {0} » : plus de lignes qu'une feuille de classeur ; demandez csv ou json")]
    TooLong(String),
    /// The workbook's own rules.
    #[error("classeur impossible")]
    Refused(#[from] XlsxError),
}

/// The rows of a sheet.
const MAX_ROWS: usize = 1_048_576;
/// The digits that a spreadsheet keeps of a number.
const MAX_DIGITS: usize = 15;
/// The longest formula.
const MAX_FORMULA: usize = 8_192;
/// The longest name of a sheet.
const MAX_NAME: usize = 31;
/// The widest column, in characters: longer texts are wrapped.
const MAX_WIDTH: usize = 60;
/// The widest table that a page held upright shows at a readable size, in characters.
const UPRIGHT_WIDTH: usize = 95;
/// The size of ordinary letters, in points.
const TEXT: u8 = 11;
/// The size of a title's letters, in points.
const TITLE: u8 = 14;
/// The most lines of a text above or below the table.
const MAX_WRAPPED: u32 = 20;

/// Writes a workbook: a sheet per table, under the lines of the letterhead. `dated` is the day in its
/// properties and at the foot of its pages; the same tables give the same bytes.
///
/// # Errors
/// When a figure has more than fifteen digits, a table more rows than a sheet, or a cell more than
/// 32 767 characters.
pub fn render_xlsx(tables: &[Table], letterhead: &[String], dated: Date) -> Result<Vec<u8>, WorkbookError> {
    let mut book = Workbook::new();
    let title = tables.first().map_or("", |table| &table.title);
    let company = letterhead.first().map_or("", String::as_str);
    let properties = DocProperties::new().set_title(title).set_company(company);
    book.set_properties(&properties.set_creation_datetime(&excel_day(dated)?));
    let mut names = Vec::new();
    for table in tables {
        let name = sheet_name(&table.title, &names);
        write_sheet(book.add_worksheet().set_name(&name)?, table, letterhead, dated)?;
        names.push(name);
    }
    Ok(book.save_to_buffer()?)
}

/// Returns a name that a sheet may bear and that none of `taken` bears: the title, up to its first
/// comma or dash where it is long.
fn sheet_name(title: &str, taken: &[String]) -> String {
    let legal: String = title.chars().filter(|c| !"[]:*?/\\".contains(*c) && !c.is_control()).collect();
    let length = |text: &str| text.encode_utf16().count();
    let mut name = legal.as_str();
    if length(name) > MAX_NAME {
        name = [", ", " — "]
            .iter()
            .filter_map(|mark| name.split_once(mark))
            .fold(name, |name, (start, _)| if start.len() < name.len() { start } else { name });
    }
    let cut = |name: &str, room: usize| {
        let mut kept = String::new();
        for c in name.chars() {
            if length(&kept) + c.len_utf16() > room {
                break;
            }
            kept.push(c);
        }
        let whole_words =
            kept.rfind(' ').filter(|_| kept.len() < name.len()).map_or(&*kept, |at| &kept[..at]);
        whole_words.trim_matches(['\'', ' ']).to_string()
    };
    let first = Some(cut(name, MAX_NAME)).filter(|name| !name.is_empty()).unwrap_or_else(|| "État".into());
    let is_free = |name: &String| taken.iter().all(|other| other.to_lowercase() != name.to_lowercase());
    let others = (2..).map(|rank| {
        let mark = format!(" ({rank})");
        format!("{}{mark}", cut(&first, MAX_NAME - length(&mark)))
    });
    std::iter::once(first.clone()).chain(others).find(is_free).expect("ranks have no end")
}

/// A line of figures of a sheet: a row of the table, or its total.
struct Line<'a> {
    at: u32,
    style: Style,
    indent: u8,
    cells: &'a [Cell],
}

fn write_sheet(
    sheet: &mut Worksheet,
    table: &Table,
    letterhead: &[String],
    dated: Date,
) -> Result<(), WorkbookError> {
    if letterhead.len() + table.rows.len() + table.notes.len() + 10 > MAX_ROWS {
        return Err(WorkbookError::TooLong(table.title.clone()));
    }
    let widths: Vec<usize> = (0..table.columns.len()).map(|at| width(table, at)).collect();
    for (at, width) in (0..).zip(&widths) {
        sheet.set_column_width(at, u32::try_from(*width).expect("a bounded width"))?;
    }
    // A formula whose result is no figure is an empty text.
    sheet.set_formula_result_default("");

    let mut banners = Banners { width: widths.iter().sum(), columns: widths.len() as u16, next: 0 };
    for (rank, line) in letterhead.iter().enumerate() {
        let format = Format::new();
        banners.write(sheet, line, TEXT, if rank == 0 { format.set_bold() } else { format })?;
    }
    banners.next += u32::from(!letterhead.is_empty());
    banners.write(sheet, &table.title, TITLE, Format::new().set_bold())?;
    let repeated = match &table.warning {
        Some(warning) => {
            let format = Format::new().set_bold().set_font_color(Color::RGB(0x00B0_0000));
            banners.write(sheet, warning, TEXT, format)?;
            banners.next - 1
        }
        None => {
            banners.next += 1;
            banners.next
        }
    };

    let header = banners.next;
    for (at, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(header, at, &column.heading, &heading_format(column))?;
    }
    let first = header + 1;
    let lines = (first..).zip(&table.rows);
    for (line, row) in
        lines.map(|(at, row)| (Line { at, style: row.style, indent: row.indent, cells: &row.cells }, row))
    {
        write_line(sheet, table, &line, |column| terms_formula(table, row, line.at, column, first))?;
    }
    let mut after = first + table.rows.len() as u32;
    if let Some(cells) = &table.total {
        let own = table.rows.iter().enumerate().filter(|(_, row)| row.terms.is_empty());
        let terms: Vec<Term> = own.map(|(row, _)| Term { row, subtracted: false }).collect();
        let line = Line { at: after, style: Style::Total, indent: 0, cells };
        write_line(sheet, table, &line, |column| {
            is_amount(table, column).then(|| signed_sum(table, &terms, cells, column, first, 1)).flatten()
        })?;
        after += 1;
    }
    banners.next = after + 1;
    for note in &table.notes {
        banners.write(sheet, note, TEXT, Format::new().set_italic())?;
    }

    sheet.set_freeze_panes(first, 0)?.set_repeat_rows(repeated, header)?;
    // A filter sorts too, and would part a sum from its rows.
    let plain = table.rows.iter().all(|row| row.style == Style::Line && row.terms.is_empty());
    if plain && table.rows.len() > 1 {
        sheet.autofilter(header, 0, header + table.rows.len() as u32, banners.columns - 1)?;
    }
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_footer(format!("&LÉdité le {}&RPage &P/&N", dated.to_french()));
    if banners.width > UPRIGHT_WIDTH {
        sheet.set_landscape();
    }
    Ok(())
}

/// Lines of words as wide as the table, above and below it.
struct Banners {
    width: usize,
    columns: u16,
    next: u32,
}

impl Banners {
    fn write(
        &mut self,
        sheet: &mut Worksheet,
        text: &str,
        size: u8,
        format: Format,
    ) -> Result<(), XlsxError> {
        let format = format.set_font_size(size);
        let wanted = text.chars().count() * usize::from(size) / usize::from(TEXT);
        if wanted > self.width && self.columns > 1 {
            // Merged cells do not grow with their text: their height is reckoned.
            let rows = u32::try_from(wanted / self.width + 1).unwrap_or(MAX_WRAPPED).min(MAX_WRAPPED);
            sheet.set_row_height(self.next, rows * (u32::from(size) + 4))?;
            let format = format.set_text_wrap().set_align(FormatAlign::Top);
            sheet.merge_range(self.next, 0, self.next, self.columns - 1, text, &format)?;
        } else {
            sheet.write_string_with_format(self.next, 0, text, &format)?;
        }
        self.next += 1;
        Ok(())
    }
}

/// Writes the cells of a line, each as the formula of its column, else as that of its row, else as its
/// figure.
fn write_line(
    sheet: &mut Worksheet,
    table: &Table,
    line: &Line<'_>,
    of_row: impl Fn(usize) -> Option<String>,
) -> Result<(), WorkbookError> {
    for (column, cell) in line.cells.iter().enumerate() {
        let (at, format) = (column as u16, cell_format(cell, line, column == 0));
        let derived = table.columns.get(column).and_then(|column| column.derived);
        let of_column = derived.and_then(|derived| derived_formula(derived, line, column));
        if let Some(formula) = of_column.or_else(|| of_row(column)) {
            let formula = Formula::new(formula).set_result(number_text(cell));
            sheet.write_formula_with_format(line.at, at, formula, &format)?;
            // The result kept in the file is held to the same digits as a number.
            number(cell)?;
            continue;
        }
        match cell {
            Cell::Empty => sheet.write_blank(line.at, at, &format)?,
            Cell::Text(text) => sheet.write_string_with_format(line.at, at, text, &format)?,
            Cell::Day(day) => sheet.write_datetime_with_format(line.at, at, excel_day(*day)?, &format)?,
            Cell::Count(_) | Cell::Amount(_) | Cell::Percent(_) => {
                sheet.write_number_with_format(line.at, at, number(cell)?, &format)?
            }
        };
    }
    Ok(())
}

/// Returns the formula of a column that follows from two others, where it gives the cell's own figure.
fn derived_formula(derived: Derived, line: &Line<'_>, column: usize) -> Option<String> {
    let (Derived::Difference(a, b) | Derived::Variation(a, b)) = derived;
    let (now, before) = (line.cells.get(a)?, line.cells.get(b)?);
    let name = |column: usize| row_col_to_cell(line.at, column as u16);
    match (derived, &line.cells[column], now, before) {
        (Derived::Difference(..), Cell::Amount(own), now, before) => {
            let gives_it = i128::from(own.centimes()) == centimes(now)? - centimes(before)?;
            gives_it.then(|| format!("{}-{}", name(a), name(b)))
        }
        (Derived::Variation(..), own, Cell::Amount(now), Cell::Amount(before)) => {
            let percent = Percent::variation(*now, *before);
            let gives_it = *own == Cell::from(percent)
                && rounds_alike(i128::from(now.centimes()), i128::from(before.centimes()));
            let (now, before) = (name(a), name(b));
            gives_it.then(|| format!("IF({before}=0,\"\",ROUND(({now}-{before})/ABS({before}),4))"))
        }
        _ => None,
    }
}

/// Returns true where a division in floating point is rounded as ours is: far enough from half a
/// hundredth of a percent, and not too long.
fn rounds_alike(now: i128, before: i128) -> bool {
    let base = before.abs();
    if base == 0 {
        return true;
    }
    let twice = (now - before).abs() * 20_000;
    let from_half = (twice % (2 * base) - base).abs();
    from_half * 1_000_000 > base && twice < base * 1_000_000_000
}

/// Returns the formula of a row that adds up others, where it gives the cell's own figure.
fn terms_formula(table: &Table, row: &Row, at: u32, column: usize, first: u32) -> Option<String> {
    let own = (at - first) as usize;
    // Above it, or made of nothing else: no formula can lead back to itself.
    let straight =
        |term: &Term| table.rows.get(term.row).is_some_and(|row| term.row < own || row.terms.is_empty());
    let sums = is_amount(table, column) && !row.terms.is_empty() && row.terms.iter().all(straight);
    sums.then(|| signed_sum(table, &row.terms, &row.cells, column, first, 3)).flatten()
}

/// Returns what adds up the terms in a column, where it gives the cell's own figure: `B5+B6-B9`, and
/// `SUM(B5:B9)` where at least `range` neighbours are added.
fn signed_sum(
    table: &Table,
    terms: &[Term],
    cells: &[Cell],
    column: usize,
    first: u32,
    range: usize,
) -> Option<String> {
    let Cell::Amount(own) = cells.get(column)? else { return None };
    let mut sum = 0;
    let mut formula = String::new();
    let name = |row: usize| row_col_to_cell(first + row as u32, column as u16);
    for run in terms.chunk_by(|a, b| b.row == a.row + 1 && a.subtracted == b.subtracted) {
        for term in run {
            let amount = centimes(table.rows.get(term.row)?.cells.get(column)?)?;
            sum += if term.subtracted { -amount } else { amount };
        }
        let (top, bottom) = (first + run[0].row as u32, first + run[run.len() - 1].row as u32);
        let parts = if run.len() >= range {
            vec![format!("SUM({})", cell_range(top, column as u16, bottom, column as u16))]
        } else {
            run.iter().map(|term| name(term.row)).collect()
        };
        for part in parts {
            match (run[0].subtracted, formula.is_empty()) {
                (true, _) => formula.push('-'),
                (false, false) => formula.push('+'),
                (false, true) => {}
            }
            formula.push_str(&part);
        }
    }
    (!formula.is_empty() && formula.len() < MAX_FORMULA && sum == i128::from(own.centimes()))
        .then_some(formula)
}

fn is_amount(table: &Table, column: usize) -> bool {
    table.columns.get(column).is_some_and(|column| column.kind == Kind::Amount)
}

/// What a formula reads in a cell; none where it is no amount.
fn centimes(cell: &Cell) -> Option<i128> {
    match cell {
        Cell::Empty => Some(0),
        Cell::Amount(amount) => Some(i128::from(amount.centimes())),
        Cell::Text(_) | Cell::Count(_) | Cell::Percent(_) | Cell::Day(_) => None,
    }
}

/// Writes a figure as the workbook's file does: `1234.56`, a percentage as a ratio.
fn number_text(cell: &Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Amount(amount) => amount.to_plain(),
        Cell::Percent(percent) => {
            let hundredths = percent.hundredths();
            let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
            format!("{sign}{}.{:04}", size / 10_000, size % 10_000)
        }
        Cell::Empty | Cell::Text(_) | Cell::Day(_) => String::new(),
    }
}

/// Returns a figure as the nearest number that a spreadsheet has: below sixteen digits, it is read and
/// shown as the very same decimal. No figure is zero.
fn number(cell: &Cell) -> Result<f64, WorkbookError> {
    let text = number_text(cell);
    let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if digits > MAX_DIGITS {
        return Err(WorkbookError::TooLarge(text));
    }
    Ok(text.parse().unwrap_or_default())
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(day.year()).expect("a year of this calendar");
    let month = u8::try_from(day.month().of_year()).expect("a month");
    ExcelDateTime::from_ymd(year, month, u8::try_from(day.number() % 100).expect("a day"))
}

/// Returns the width of a column in characters, of its heading (which may wrap) and its cells.
fn width(table: &Table, at: usize) -> usize {
    let written = |cell: &Cell| match cell {
        Cell::Empty => 0,
        Cell::Text(text) => text.lines().map(|line| line.chars().count()).max().unwrap_or(0),
        Cell::Count(count) => group_thousands(count.unsigned_abs()).chars().count() + 1,
        Cell::Amount(amount) => amount.to_french().chars().count(),
        Cell::Percent(percent) => percent.to_french().chars().count(),
        Cell::Day(_) => 10,
    };
    let rows = table.rows.iter().filter(|row| row.style != Style::Heading);
    let rows = rows.filter_map(|row| Some(written(row.cells.get(at)?) + 2 * usize::from(row.indent)));
    let total = table.total.iter().filter_map(|cells| cells.get(at)).map(written);
    let heading = table.columns[at].heading.chars().count().min(16);
    // Room for the filter's arrow, or for heavier figures.
    (rows.chain(total).chain([heading]).max().unwrap_or(0) + 3).clamp(8, MAX_WIDTH)
}

fn heading_format(column: &Column) -> Format {
    let format = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let format = format.set_background_color(Color::RGB(0x00E7_EDF3)).set_border_bottom(FormatBorder::Thin);
    format.set_align(if column.kind == Kind::Text { FormatAlign::Left } else { FormatAlign::Right })
}

fn cell_format(cell: &Cell, line: &Line<'_>, leads: bool) -> Format {
    let mut format = Format::new().set_align(FormatAlign::Top);
    format = match cell {
        Cell::Count(_) => format.set_num_format("#,##0"),
        Cell::Amount(_) => format.set_num_format("#,##0.00"),
        Cell::Percent(_) => format.set_num_format("#,##0.00\"\u{a0}\"%"),
        Cell::Day(_) => format.set_num_format("dd/mm/yyyy").set_align(FormatAlign::Left),
        Cell::Text(text) if text.chars().count() + 3 > MAX_WIDTH && line.style != Style::Heading => {
            format.set_text_wrap()
        }
        Cell::Text(_) | Cell::Empty => format,
    };
    if leads && line.indent > 0 {
        format = format.set_indent(line.indent);
    }
    match line.style {
        Style::Line => format,
        Style::Heading => format.set_bold(),
        Style::Subtotal => format.set_bold().set_border_top(FormatBorder::Thin),
        Style::Total => {
            format.set_bold().set_border_top(FormatBorder::Thin).set_border_bottom(FormatBorder::Medium)
        }
    }
}
