//! Books to test with: a fresh base on SQLite, and on PostgreSQL when `TEST_POSTGRES_URL` is set.

use denier::app::{
    self, Actor, AidAsked, AidOptions, AppError, Clock, DerogationReport, DerogationRequest, FecOptions,
    FileKind, ImportOptions, ImportReport, InitRequest, InputFile, Role, UserRequest,
};
use denier::calendar::{Date, Month};
use denier::funding::{DateKind, Mode};
use denier::money::Amount;
use denier::statements::{Axis, Cell, Table};
use denier::store::Store;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// A base of its own, thrown away with its folder or schema.
pub struct Books {
    pub store: Store,
    pub location: String,
    pub clock: Clock,
    pub actor: Actor,
    folder: tempfile::TempDir,
}

static SCHEMAS: AtomicU32 = AtomicU32::new(0);
static WARNING: Once = Once::new();

/// Runs a test on each engine, with a base whose first year is 2024.
pub fn on_both_engines(test: impl AsyncFn(&mut Books)) {
    on_both_engines_from(2024, test);
}

/// Runs a test on each engine, with a base whose first year is `year`.
pub fn on_both_engines_from(year: i16, test: impl AsyncFn(&mut Books)) {
    let postgres = std::env::var("TEST_POSTGRES_URL").ok();
    if postgres.is_none() {
        WARNING.call_once(|| {
            // Written past the test runner's capture: a skipped engine must be seen.
            let _ = std::io::stderr().write_all(b"\n*** PostgreSQL N'EST PAS TESTE : TEST_POSTGRES_URL absent (bash tests/all.sh le teste) ***\n\n");
        });
    }
    for server in std::iter::once(None).chain(postgres.map(Some)) {
        run(async {
            let mut books = Books::new(server.as_deref(), year).await;
            test(&mut books).await;
        });
    }
}

/// Runs a test with a base on SQLite alone, where what is looked at does not depend on the engine.
pub fn on_sqlite(test: impl AsyncFn(&Books)) {
    run(async { test(&Books::new(None, 2024).await).await });
}

/// Runs a future to its end.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Returns a file of the examples.
pub fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path).to_string_lossy().into_owned()
}

pub fn quiet(_: &str, _: u64, _: u64) {}

impl Books {
    async fn new(server: Option<&str>, year: i16) -> Books {
        let folder = tempfile::tempdir().expect("a folder");
        let location = match server {
            None => folder.path().join("denier.db").to_string_lossy().into_owned(),
            Some(url) => {
                let rank = SCHEMAS.fetch_add(1, Ordering::Relaxed);
                let mark = if url.contains('?') { '&' } else { '?' };
                format!("{url}{mark}schema=t{}_{rank}", std::process::id())
            }
        };
        let actor = Actor { name: "claire".into() };
        let clock = Clock { told: Date::parse("2025-02-15") };
        let request = InitRequest {
            name: "Mission locale d'essai".into(),
            siren: None,
            year: InitRequest::year_of(year, None, None).expect("a year"),
            books: "importee".into(),
            zone: "Europe/Paris".into(),
        };
        let store = app::init(&location, clock, &actor, &request).await.expect("a base");
        Books { store, location, clock, actor, folder }
    }

    /// Returns true on PostgreSQL.
    pub fn on_postgres(&self) -> bool {
        self.location.starts_with("postgres")
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// Returns the path of something in the base's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn people(&self, path: &str) -> ImportReport {
        self.try_people(path, false).await.expect("an import of people")
    }

    pub async fn try_people(&self, path: &str, dry_run: bool) -> Result<ImportReport, AppError> {
        let input = InputFile::open(path)?;
        app::import_beneficiaries(
            &self.store,
            self.clock,
            &self.actor,
            &input,
            "denier",
            dry_run,
            false,
            None,
            &quiet,
        )
        .await
    }

    pub async fn envelopes(&self, path: &str) -> ImportReport {
        let input = InputFile::open(path).expect("a file");
        let imported =
            app::import_envelopes(&self.store, self.clock, &self.actor, &input, "denier", false, false, None)
                .await;
        imported.expect("an import of envelopes")
    }

    pub async fn aids(&self, path: &str) -> ImportReport {
        self.try_aids(path, options(None, false)).await.expect("an import of aids")
    }

    pub async fn aids_in(&self, path: &str, mode: Mode) -> ImportReport {
        self.try_aids(path, options(Some(mode), false)).await.expect("an import of aids")
    }

    pub async fn aids_dry(&self, path: &str, mode: Option<Mode>) -> ImportReport {
        self.try_aids(path, options(mode, true)).await.expect("a preview of aids")
    }

    pub async fn try_aids(&self, path: &str, options: AidOptions) -> Result<ImportReport, AppError> {
        let input = InputFile::open(path)?;
        app::import_aids(&self.store, self.clock, &self.actor, &input, &options, &quiet).await
    }

    /// Imports a provisional FEC.
    pub async fn fec(&self, path: &str) -> ImportReport {
        self.try_fec(path, &fec_options()).await.expect("an import of a FEC")
    }

    pub async fn try_fec(&self, path: &str, options: &FecOptions) -> Result<ImportReport, AppError> {
        let input = InputFile::open(path)?;
        app::import_fec(&self.store, self.clock, &self.actor, &input, options, &quiet).await
    }

    /// Imports the rules of who funds what.
    pub async fn assignments(&self, path: &str) -> ImportReport {
        let input = InputFile::open(path).expect("a file");
        let imported =
            app::import_assignments(&self.store, self.clock, &self.actor, &input, "denier", false, None)
                .await;
        imported.expect("an import of rules")
    }

    /// Imports a file of parcours, declarations or aids received elsewhere.
    pub async fn declarations(&self, kind: FileKind, path: &str) -> ImportReport {
        self.try_declarations(kind, path, &import_options(false)).await.expect("an import of declarations")
    }

    pub async fn try_declarations(
        &self,
        kind: FileKind,
        path: &str,
        options: &ImportOptions,
    ) -> Result<ImportReport, AppError> {
        let input = InputFile::open(path)?;
        app::import_declarations(&self.store, self.clock, &self.actor, &input, kind, options, &quiet).await
    }

    pub async fn cancel(&self, lot: i64) -> Result<app::CancelReport, AppError> {
        app::cancel_lot(&self.store, self.clock, &self.actor, lot, "essai", None).await
    }

    /// Adds somebody who may approve, with [`PASSWORD`].
    pub async fn approver(&self, name: &str) {
        self.user(name, Role::Approver).await;
    }

    pub async fn user(&self, name: &str, role: Role) {
        let request = UserRequest { name: name.to_string(), role, site: String::new() };
        app::create_user(&self.store, self.clock, &self.actor, &request, PASSWORD).await.expect("a user");
    }

    /// Asks for a derogation.
    pub async fn ask(&self, request: &DerogationRequest) -> Result<DerogationReport, AppError> {
        app::ask_derogation(&self.store, self.clock, &self.actor, request, None).await
    }

    /// Approves a derogation, as somebody with [`PASSWORD`].
    pub async fn approve(&self, number: i64, second: &str) -> Result<DerogationReport, AppError> {
        let second = (second, PASSWORD);
        app::approve_derogation(&self.store, self.clock, &self.actor, number, second, None).await
    }

    pub async fn open_year(&self, year: i16) {
        app::open_year(&self.store, self.clock, &self.actor, year).await.expect("a year");
    }

    /// Imports the people, envelopes and aids of an example.
    pub async fn load_example(&self, example_name: &str) -> ImportReport {
        self.people(&example(&format!("{example_name}/beneficiaires.csv"))).await;
        self.envelopes(&example(&format!("{example_name}/enveloppes.csv"))).await;
        self.aids(&example(&format!("{example_name}/aides.csv"))).await
    }

    /// Returns the aids of a year as `cle[,cle2] nombre beneficiaires montant` lines.
    pub async fn aid_lines(&self, year: i16, by: DateKind, axes: &[Axis]) -> Vec<String> {
        lines(&app::aid_statement(&self.store, Some(year), by, axes).await.expect("a statement").rows)
    }

    /// Verifies the base: it must be whole.
    pub async fn assert_whole(&self) {
        let report = app::verify(&self.store, &quiet).await.expect("a verification");
        assert!(report.integre && report.alertes.is_empty(), "{report:#?}");
    }
}

/// An aid by its reference.
pub fn reference(reference: &str) -> AidAsked {
    AidAsked::Reference(reference.to_string())
}

pub const PASSWORD: &str = "une longue phrase";

/// A request for a derogation: dispositif, person, month, amount, rules.
pub fn derogation(
    dispositif: &str,
    person: &str,
    month: &str,
    amount: &str,
    rules: &[&str],
) -> DerogationRequest {
    DerogationRequest {
        person: person.into(),
        dispositif: dispositif.into(),
        month: Month::parse(month).expect("a month"),
        amount: Amount::parse(amount).expect("an amount"),
        rules: rules.iter().map(|rule| (*rule).to_string()).collect(),
        reason: "rupture de logement".into(),
    }
}

pub fn options(mode: Option<Mode>, dry_run: bool) -> AidOptions {
    AidOptions { profile: "denier".into(), mode, dry_run, all_or_nothing: false, asked: None }
}

pub fn import_options(dry_run: bool) -> ImportOptions {
    ImportOptions { profile: "denier".into(), dry_run, all_or_nothing: false, asked: None }
}

pub fn fec_options() -> FecOptions {
    FecOptions { profile: "fec".into(), ..FecOptions::default() }
}

/// Returns the rows of a table, one line each, cells separated by spaces, amounts as 1234.56.
pub fn lines(table: &Table) -> Vec<String> {
    let cell = |cell: &Cell| match cell {
        Cell::Empty => "-".to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Amount(amount) => amount.to_plain(),
        Cell::Percent(percent) => percent.to_plain(),
        Cell::Day(day) => day.to_string(),
    };
    let rows = table.rows.iter().map(|row| &row.cells).chain(&table.total);
    rows.map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
}

/// Returns the codes of a report's findings, with their line.
pub fn codes(report: &ImportReport) -> Vec<String> {
    report.constats.iter().map(|finding| format!("{} {}", finding.line, finding.code)).collect()
}

pub const AID_HEADER: &str = "reference;dispositif;numero_beneficiaire;nature;mois;date_demande;date_decision;date_paiement;montant;financeur;payeur;instance";
pub const PEOPLE_HEADER: &str =
    "numero;nom;prenom;date_naissance;sexe;commune;code_insee;qpv;rqth;situation;iban";
