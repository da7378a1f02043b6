//! Figures as files: the same tables and papers as the commands write.

use super::problem::Problem;
use crate::app::{AppError, Clock, Letterhead};
use crate::documents::{Paper, paper_of_tables, render_pdf};
use crate::export::{render_csv, render_xlsx};
use crate::statements::Table;
use crate::store::Store;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It opens it.
    Inline,
    /// It saves it.
    Saved,
}

/// Answers with a file; its name holds nothing but letters, figures, points and dashes.
pub(super) fn file(name: &str, kind: &'static str, shown: Shown, bytes: Vec<u8>) -> Response {
    let how = match shown {
        Shown::Inline => "inline",
        Shown::Saved => "attachment",
    };
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect();
    let headers =
        [(CONTENT_TYPE, kind.to_string()), (CONTENT_DISPOSITION, format!("{how}; filename=\"{name}\""))];
    (headers, bytes).into_response()
}

/// The kind of PDF files.
pub(super) const PDF: &str = "application/pdf";

/// Answers with a paper as a PDF file.
pub(super) fn pdf(name: &str, paper: &Paper) -> Result<Response, Problem> {
    let bytes = render_pdf(paper).map_err(|error| AppError::Refused(error.to_string()))?;
    Ok(file(&format!("{name}.pdf"), PDF, Shown::Inline, bytes))
}

/// Answers with tables in the format that an address asks for: `xlsx`, `csv`, `pdf`.
pub(super) async fn tables(
    store: &Store,
    clock: Clock,
    format: &str,
    name: &str,
    tables: &[Table],
) -> Result<Response, Problem> {
    match format {
        "csv" => {
            // One file, one byte order mark, at its beginning.
            let all: Vec<String> = tables.iter().map(render_csv).collect();
            let text = format!("\u{feff}{}", all.join("\r\n").replace('\u{feff}', ""));
            Ok(file(&format!("{name}.csv"), "text/csv; charset=utf-8", Shown::Saved, text.into_bytes()))
        }
        "xlsx" => {
            let head = Letterhead::load(store, clock).await?;
            let lines: Vec<String> = head.warning.iter().chain(&head.lines).cloned().collect();
            let bytes = render_xlsx(tables, &lines, head.dated)
                .map_err(|error| AppError::Refused(error.to_string()))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(file(&format!("{name}.xlsx"), kind, Shown::Saved, bytes))
        }
        "pdf" => {
            let head = Letterhead::load(store, clock).await?;
            let title = tables.first().map_or("", |table| table.title.as_str());
            let paper = paper_of_tables(title, tables, &head.lines, head.dated, &head.footer);
            pdf(name, &Paper { warning: head.warning, ..paper })
        }
        _ => Err(Problem::unreadable(format!("Le format « {format} » n'existe pas : xlsx, csv ou pdf."))),
    }
}
