//! Figures as files: the same tables and papers as the commands write.

use super::problem::Problem;
use crate::app::{AppError, Clock, Letterhead, TableFormat, table_file};
use crate::documents::{Paper, render_pdf};
use crate::statements::Table;
use crate::store::Store;
use crate::words::plain_name;
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It opens it.
    Inline,
    /// It saves it.
    Saved,
}

/// Answers with a file; its name is made of plain letters, but for the point before its last part.
pub(super) fn file(name: &str, kind: &'static str, shown: Shown, bytes: Vec<u8>) -> Response {
    let how = match shown {
        Shown::Inline => "inline",
        Shown::Saved => "attachment",
    };
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let name = format!("{}.{}", plain_name(stem), plain_name(end));
    let headers =
        [(CONTENT_TYPE, kind.to_string()), (CONTENT_DISPOSITION, format!("{how}; filename=\"{name}\""))];
    (headers, bytes).into_response()
}

/// Answers with a file that is saved, sent piece by piece; its size is in bytes.
pub(super) fn pieces(name: &str, kind: &'static str, size: u64, body: Body) -> Response {
    let mut response = file(name, kind, Shown::Saved, Vec::new());
    response.headers_mut().insert(CONTENT_LENGTH, size.into());
    *response.body_mut() = body;
    response
}

/// The kind of PDF files.
pub(super) const PDF: &str = "application/pdf";

/// Answers with a paper as a PDF file.
pub(super) fn pdf(name: &str, paper: &Paper) -> Result<Response, Problem> {
    let bytes = render_pdf(paper).map_err(|error| AppError::Refused(error.to_string()))?;
    Ok(file(&format!("{name}.pdf"), PDF, Shown::Inline, bytes))
}

/// Answers with tables in the format that an address asks for: `xlsx`, `csv`, `json`, `pdf`.
pub(super) async fn tables(
    store: &Store,
    clock: Clock,
    format: &str,
    name: &str,
    tables: &[Table],
) -> Result<Response, Problem> {
    let format = TableFormat::parse(format).ok_or_else(|| {
        Problem::unreadable(format!("Le format « {format} » n'existe pas : xlsx, csv ou pdf."))
    })?;
    let head = Letterhead::load(store, clock).await?;
    let shown = if format == TableFormat::Pdf { Shown::Inline } else { Shown::Saved };
    let bytes = table_file(tables, format, &head)?;
    Ok(file(&format!("{name}.{}", format.code()), format.media_type(), shown, bytes))
}
