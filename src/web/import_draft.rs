//! A file that was sent, on its way to be imported: what it is, what importing it would do, what it did.

use super::problem::Problem;
use super::upload::PrivateFile;
use crate::app::{FileRequest, FirstRows, ImportReport, InputFile, Looked};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What importing a file would do.
pub(super) struct Preview {
    /// What was asked.
    pub request: FileRequest,
    /// The state of the base that it was made from: in another one it no longer holds.
    pub generation: String,
    /// The report of the plan, or why there is none.
    pub report: Result<ImportReport, Problem>,
    /// The first rows of the file, as they are read.
    pub first: FirstRows,
    /// The last import of the same file that was not undone.
    pub already: Option<i64>,
}

/// A file that was sent.
pub(super) struct ImportDraft {
    /// Where it is and what its bytes are.
    pub input: InputFile,
    /// What its columns tell.
    pub looked: Looked,
    state: Mutex<State>,
}

struct State {
    // Removes the file with it.
    file: Option<PrivateFile>,
    preview: Option<Arc<Preview>>,
    // What is being previewed, and the page of that work.
    previewing: Option<(FileRequest, String, String)>,
    // The key of the last form that asked to import, and the page of that work.
    importing: Option<(String, String)>,
    lot: Option<i64>,
}

/// What there is to show of a preview.
pub(super) enum Previewed {
    /// It is made.
    Made(Arc<Preview>),
    /// It is being made: the page of that work.
    Being(String),
    /// It is to be made.
    Not,
}

impl ImportDraft {
    pub(super) fn new(file: PrivateFile, input: InputFile, looked: Looked) -> ImportDraft {
        let state = State { file: Some(file), preview: None, previewing: None, importing: None, lot: None };
        ImportDraft { input, looked, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the preview of a request in a state of the base.
    pub(super) fn preview(&self, request: &FileRequest, generation: &str) -> Previewed {
        let state = self.lock();
        let made = state.preview.as_ref();
        if let Some(made) = made.filter(|made| made.request == *request && made.generation == generation) {
            return Previewed::Made(made.clone());
        }
        match &state.previewing {
            Some((asked, of, page)) if asked == request && of == generation => Previewed::Being(page.clone()),
            _ => Previewed::Not,
        }
    }

    /// Starts to make a preview; returns the page of that work.
    pub(super) fn start_preview(
        &self,
        request: &FileRequest,
        generation: &str,
        start: impl FnOnce() -> Result<String, Problem>,
    ) -> Result<String, Problem> {
        // Held until it is noted: the work may end at once.
        let mut state = self.lock();
        let page = start()?;
        state.previewing = Some((request.clone(), generation.to_string(), page.clone()));
        Ok(page)
    }

    /// Keeps the preview just made; one that could not be made is made when it is asked for again.
    pub(super) fn previewed(&self, made: Result<Preview, Problem>) -> Result<(), Problem> {
        let mut state = self.lock();
        state.previewing = None;
        state.preview = Some(Arc::new(made?));
        Ok(())
    }

    /// Starts an import for a form, once; returns the page of that work.
    pub(super) fn start(
        &self,
        key: &str,
        start: impl FnOnce() -> Result<String, Problem>,
    ) -> Result<String, Problem> {
        let mut state = self.lock();
        if let Some((_, page)) = state.importing.as_ref().filter(|(own, _)| own == key) {
            return Ok(page.clone());
        }
        let page = start()?;
        state.importing = Some((key.to_string(), page.clone()));
        Ok(page)
    }

    /// Notes what was imported: a file of which every line is in the base is not kept, and one that could not
    /// be imported is when its form is sent again.
    pub(super) fn imported(&self, done: Result<ImportReport, Problem>) -> Result<ImportReport, Problem> {
        let mut state = self.lock();
        if done.is_err() {
            state.importing = None;
        }
        let report = done?;
        if report.lot.is_some() {
            state.lot = report.lot;
            if report.refuses == 0 {
                state.file = None;
            }
        }
        Ok(report)
    }

    /// Returns the lot that it became, and whether the file is still here.
    pub(super) fn lot(&self) -> (Option<i64>, bool) {
        let state = self.lock();
        (state.lot, state.file.is_some())
    }
}
