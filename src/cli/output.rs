//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where printing is")]

use super::args::Format;
use crate::app::{Letterhead, TableFormat, table_file, tables_as_csv, tables_as_json};
use crate::documents::{Paper, render_pdf, render_text};
use crate::statements::Table;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;

/// Where results go.
pub(super) struct Output {
    pub(super) format: Format,
    file: Option<String>,
}

impl Output {
    pub(super) fn new(format: Format, file: Option<String>) -> Output {
        Output { format, file }
    }

    /// Returns true when results are shown on a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.file.is_none() && std::io::stdout().is_terminal()
    }

    /// Writes a result to standard output or to the file asked.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), String> {
        match &self.file {
            Some(path) => {
                std::fs::write(path, bytes).map_err(|error| format!("{path} : écriture impossible ({error})"))
            }
            None => self.show(bytes),
        }
    }

    /// Writes to standard output.
    pub(super) fn show(&self, bytes: &[u8]) -> Result<(), String> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            // The reader (head, less) has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| format!("sortie impossible ({error})")),
        }
    }

    /// Returns the file or folder asked.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Writes tables as text, CSV or JSON.
    pub(super) fn tables(&self, tables: &[Table]) -> Result<(), String> {
        let text = match self.format {
            Format::Csv => tables_as_csv(tables),
            Format::Json => tables_as_json(tables),
            _ => tables.iter().map(render_text).collect::<Vec<_>>().join("\n"),
        };
        self.write(text.as_bytes())
    }

    /// Writes a paper as a PDF file.
    pub(super) fn paper(&self, paper: &Paper) -> Result<(), String> {
        self.write(&render_pdf(paper).map_err(|error| error.to_string())?)
    }

    /// Writes tables as a document that bears the letterhead.
    pub(super) fn document(&self, tables: &[Table], head: &Letterhead) -> Result<(), String> {
        let format = if self.format == Format::Xlsx { TableFormat::Xlsx } else { TableFormat::Pdf };
        self.write(&table_file(tables, format, head).map_err(|error| error.to_string())?)
    }
}

/// Writes a message for a person.
pub(super) fn message(text: &str) {
    eprintln!("{text}");
}

/// Writes help, as asked.
pub(super) fn help(text: &str) {
    print!("{text}");
}

/// A progress bar, on a terminal only.
pub(super) struct Bar(Option<Mutex<ProgressBar>>);

impl Bar {
    pub(super) fn new() -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let style = ProgressStyle::with_template("{msg:12} [{bar:30}] {human_pos}/{human_len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Bar(Some(Mutex::new(ProgressBar::new(0).with_style(style.progress_chars("=> ")))))
    }

    pub(super) fn say(&self, what: &str, done: u64, total: u64) {
        let Some(bar) = self.0.as_ref().and_then(|bar| bar.lock().ok()) else { return };
        bar.set_message(what.to_string());
        bar.set_length(total);
        bar.set_position(done);
    }

    pub(super) fn end(&self) {
        if let Some(bar) = self.0.as_ref().and_then(|bar| bar.lock().ok()) {
            bar.finish_and_clear();
        }
    }
}

/// Asks a password on the terminal, or reads it from `DENIER_MOT_DE_PASSE`.
pub(super) fn password(prompt: &str) -> Result<String, String> {
    if let Ok(password) = std::env::var("DENIER_MOT_DE_PASSE") {
        return Ok(password);
    }
    rpassword::prompt_password(prompt)
        .map_err(|_| "mot de passe : pas de terminal ; donnez-le dans DENIER_MOT_DE_PASSE".to_string())
}
