//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where printing is")]

use super::args::Format;
use crate::documents::render_text;
use crate::export::{render_csv, render_json};
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

    /// Writes a result to standard output or to the file asked.
    pub(super) fn write(&self, text: &str) -> Result<(), String> {
        match &self.file {
            Some(path) => {
                std::fs::write(path, text).map_err(|error| format!("{path} : écriture impossible ({error})"))
            }
            None => {
                let mut out = std::io::stdout().lock();
                match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                    // The reader (head, less) has seen enough.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                    other => other.map_err(|error| format!("sortie impossible ({error})")),
                }
            }
        }
    }

    /// Writes tables in the format asked.
    pub(super) fn tables(&self, tables: &[Table]) -> Result<(), String> {
        let text = match (self.format, tables) {
            (Format::Text, tables) => tables.iter().map(render_text).collect::<Vec<_>>().join("\n"),
            (Format::Csv, tables) => tables.iter().map(render_csv).collect::<Vec<_>>().join("\r\n"),
            (Format::Json, [table]) => render_json(table),
            (Format::Json, tables) => {
                let all: serde_json::Map<_, _> = tables
                    .iter()
                    .map(|table| (table.title.clone(), crate::export::table_as_json(table)))
                    .collect();
                format!("{:#}\n", serde_json::Value::Object(all))
            }
        };
        self.write(&text)
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
