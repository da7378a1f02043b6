//! The demonstration: a complete base from the embedded example.

use super::attest::{AttestRequest, AttestedFile, attest};
use super::base::{InitRequest, init};
use super::clock::Clock;
use super::error::AppError;
use super::evaluate::{Question, Verdict, evaluate_aid};
use super::file::InputFile;
use super::general_statements::{balance_sheet_of, controls_of, grants_of, income};
use super::import_aids::{AidOptions, import_aids};
use super::import_assignments::import_assignments;
use super::import_beneficiaries::import_beneficiaries;
use super::import_declarations::{ImportOptions, import_declarations};
use super::import_envelopes::import_envelopes;
use super::import_fec::{FecOptions, import_fec};
use super::letterhead::Letterhead;
use super::report::{ImportReport, Progress};
use super::state::{aid_statement, envelope_statement};
use super::users::Actor;
use super::verify::{VerifyReport, verify};
use crate::calendar::Month;
use crate::documents::{paper_of_tables, render_pdf};
use crate::export::render_xlsx;
use crate::funding::{DateKind, Mode};
use crate::import::FileKind;
use crate::money::Amount;
use crate::statements::{Axis, Cell, Table};
use crate::store::Store;
use std::path::Path;

/// The example structures embedded in the program.
#[derive(rust_embed::Embed)]
#[folder = "examples/"]
pub struct Examples;

/// What the demonstration did and shows.
#[derive(Debug)]
pub struct DemoReport {
    /// Where the base is.
    pub base: String,
    /// Where the example's files are.
    pub files: String,
    /// The imports, in order.
    pub imports: Vec<ImportReport>,
    /// The compte de résultat, subsidies, aids, envelopes and cross-checks.
    pub tables: Vec<Table>,
    /// The documents written, by path.
    pub documents: Vec<String>,
    /// What the rules would make of one more aid, where the example has aids received elsewhere.
    pub verdict: Option<Verdict>,
    /// The boundary cases, decided then recorded.
    pub cases: Vec<ImportReport>,
    /// The verification.
    pub verified: VerifyReport,
}

/// Returns a file of an embedded example.
pub fn example_file(example: &str, name: &str) -> Option<Vec<u8>> {
    Examples::get(&format!("{example}/{name}")).map(|file| file.data.into_owned())
}

/// Builds the example base in a folder that holds none yet, and judges the boundary cases aside.
///
/// # Errors
/// When the example is unknown, a base is there already, or the disk fails.
pub async fn run_demo(
    folder: &str,
    example: &str,
    clock: Clock,
    actor: &Actor,
    progress: Progress<'_>,
) -> Result<DemoReport, AppError> {
    let year: i16 = example.rsplit('-').next().and_then(|year| year.parse().ok()).unwrap_or(0);
    if example_file(example, "aides.csv").is_none() {
        return Err(AppError::Usage(format!(
            "exemple « {example} » inconnu ; exemples : littoral-2024, lys-2021"
        )));
    }
    let root = Path::new(folder);
    let files = root.join("fichiers");
    let base = root.join("denier.db").to_string_lossy().into_owned();
    if Path::new(&base).exists() {
        return Err(AppError::Refused(format!(
            "{base} existe déjà : la démonstration ne touche jamais une base (choisissez un autre --dossier)"
        )));
    }
    let failure = |path: &Path, source: std::io::Error| AppError::File {
        path: path.display().to_string(),
        reason: "écriture impossible".into(),
        source,
    };
    std::fs::create_dir_all(&files).map_err(|error| failure(&files, error))?;
    let prefix = format!("{example}/");
    for path in Examples::iter().filter(|path| path.starts_with(&prefix) && !path.ends_with(".toml")) {
        let name = &path[prefix.len()..];
        let bytes = example_file(example, name).unwrap_or_default();
        let target = files.join(name);
        std::fs::write(&target, bytes).map_err(|error| failure(&target, error))?;
    }
    let path = |name: &str| files.join(name).to_string_lossy().into_owned();
    let request = InitRequest {
        name: format!("Mission locale de démonstration ({example})"),
        siren: None,
        year: InitRequest::year_of(year, None, None)?,
        books: "importee".into(),
        zone: "Europe/Paris".into(),
    };
    let options = |mode, dry_run| AidOptions {
        profile: "denier".into(),
        mode,
        dry_run,
        all_or_nothing: false,
        asked: None,
    };
    let store = init(&base, clock, actor, &request).await?;
    let input = InputFile::open(&path("beneficiaires.csv"))?;
    let people =
        import_beneficiaries(&store, clock, actor, &input, "denier", false, false, None, progress).await?;
    let input = InputFile::open(&path("enveloppes.csv"))?;
    let envelopes = import_envelopes(&store, clock, actor, &input, "denier", false, false, None).await?;
    let input = InputFile::open(&path("aides.csv"))?;
    let aids = import_aids(&store, clock, actor, &input, &options(None, false), progress).await?;
    let mut declared = Vec::new();
    for kind in [FileKind::Parcours, FileKind::Declarations, FileKind::OutsideAids] {
        let file = path(&format!("{}.csv", kind.code()));
        if Path::new(&file).exists() {
            let input = InputFile::open(&file)?;
            let options = ImportOptions {
                profile: "denier".into(),
                dry_run: false,
                all_or_nothing: false,
                asked: None,
            };
            declared.push(import_declarations(&store, clock, actor, &input, kind, &options, progress).await?);
        }
    }
    let verdict = match declared.len() {
        0 => None,
        _ => Some(evaluate_aid(&store, actor, &one_more_aid(year)).await?),
    };
    let input = InputFile::open(&path("affectation.csv"))?;
    let rules = import_assignments(&store, clock, actor, &input, "denier", false, None).await?;
    let mut books = Vec::new();
    for year in [year - 1, year] {
        let input = InputFile::open(&path(&format!("FEC-{year}.txt")))?;
        let options = FecOptions { profile: "fec".into(), ..FecOptions::default() };
        books.push(import_fec(&store, clock, actor, &input, &options, progress).await?);
    }
    let by_month =
        aid_statement(&store, Some(year), DateKind::Payment, &[Axis::Month, Axis::Dispositif]).await?;
    let income = income(&store, Some(year), None, "rapport").await?.tables;
    let grants = grants_of(&store, Some(year), None).await?.tables;
    let mut tables: Vec<Table> = income.iter().chain(&grants).cloned().collect();
    tables.extend([
        aid_statement(&store, Some(year), DateKind::Payment, &[Axis::Dispositif]).await?.rows,
        by_month.crossed.unwrap_or(by_month.rows),
        envelope_statement(&store, Some(year)).await?,
        controls_of(&store, Some(year)).await?.0,
    ]);
    let folder = root.join("documents");
    let mut documents = statement_documents(&store, clock, year, &folder, [income, grants]).await?;
    documents.extend(some_attestations(&store, clock, actor, year, &folder).await?);
    let verified = verify(&store, progress).await?;
    store.close().await;
    let cases = boundary_cases(root, &path, clock, actor, &request, progress).await?;
    Ok(DemoReport {
        base,
        files: files.to_string_lossy().into_owned(),
        imports: [people, envelopes, aids].into_iter().chain(declared).chain([rules]).chain(books).collect(),
        tables,
        verdict,
        documents,
        cases,
        verified,
    })
}

fn written(path: &Path, bytes: &[u8]) -> Result<String, AppError> {
    std::fs::write(path, bytes).map_err(|source| AppError::File {
        path: path.display().to_string(),
        reason: "écriture impossible".into(),
        source,
    })?;
    Ok(path.to_string_lossy().into_owned())
}

/// Writes the statements of a year as PDF, and the first as a workbook too.
async fn statement_documents(
    store: &Store,
    clock: Clock,
    year: i16,
    folder: &Path,
    [income, grants]: [Vec<Table>; 2],
) -> Result<Vec<String>, AppError> {
    std::fs::create_dir_all(folder).map_err(|source| AppError::File {
        path: folder.display().to_string(),
        reason: "dossier impossible à créer".into(),
        source,
    })?;
    let head = Letterhead::load(store, clock).await?;
    let sheet = balance_sheet_of(store, Some(year), None).await?.tables;
    let mut paths = Vec::new();
    for (name, tables) in [("compte-de-resultat", &income), ("subventions", &grants), ("bilan", &sheet)] {
        let title = tables.first().map_or(name, |table| table.title.as_str());
        let paper = paper_of_tables(title, tables, &head.lines, head.dated, &head.footer);
        let pdf = render_pdf(&paper).map_err(|error| AppError::Machine(error.to_string()))?;
        paths.push(written(&folder.join(format!("{name}-{year}.pdf")), &pdf)?);
    }
    let book = render_xlsx(&income, &head.lines, head.dated);
    let book = book.map_err(|error| AppError::Machine(error.to_string()))?;
    paths.push(written(&folder.join(format!("compte-de-resultat-{year}.xlsx")), &book)?);
    Ok(paths)
}

/// « 600 € of PACEA for this person in December? », to whom France Travail gave some too.
fn one_more_aid(year: i16) -> Question {
    let month = Month::new(year, 12).expect("a month of the example's year");
    Question {
        dispositif: "PACEA".into(),
        beneficiary: "B01708".into(),
        amount: Some(Amount::from_centimes(60_000)),
        nature: None,
        month: Some(month),
        on: month.first_day(),
        committee: false,
        rules: None,
    }
}

/// How many attestations the demonstration prints.
const ATTESTED: usize = 3;

/// Issues the attestations of the people with the most aids.
async fn some_attestations(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    year: i16,
    folder: &Path,
) -> Result<Vec<String>, AppError> {
    let people = aid_statement(store, Some(year), DateKind::Payment, &[Axis::Beneficiary]).await?.rows;
    let mut numbers: Vec<(i64, String)> = people
        .rows
        .iter()
        .filter_map(|row| match row.cells.as_slice() {
            [Cell::Text(number), Cell::Count(aids), ..] => Some((-aids, number.clone())),
            _ => None,
        })
        .collect();
    numbers.sort();
    let mut paths = Vec::new();
    for (_, number) in numbers.into_iter().take(ATTESTED) {
        let request = AttestRequest {
            who: Some(number),
            year: Some(year),
            months: None,
            basis: DateKind::Payment,
            dispositif: None,
            site: None,
        };
        let give = |file: AttestedFile| {
            paths.push(written(&folder.join(&file.name), &file.bytes)?);
            Ok(())
        };
        attest(store, clock, actor, &request, &|_, _, _| {}, give).await?;
    }
    Ok(paths)
}

/// Judges the boundary cases in a base of their own, thrown away afterwards.
async fn boundary_cases(
    root: &Path,
    path: &dyn Fn(&str) -> String,
    clock: Clock,
    actor: &Actor,
    request: &InitRequest,
    progress: Progress<'_>,
) -> Result<Vec<ImportReport>, AppError> {
    if !Path::new(&path("cas-limites.csv")).exists() {
        return Ok(Vec::new());
    }
    let aside = root.join("cas-limites.db").to_string_lossy().into_owned();
    let store = init(&aside, clock, actor, request).await?;
    let input = InputFile::open(&path("enveloppes.csv"))?;
    import_envelopes(&store, clock, actor, &input, "denier", false, false, None).await?;
    let input = InputFile::open(&path("cas-limites-beneficiaires.csv"))?;
    import_beneficiaries(&store, clock, actor, &input, "denier", false, false, None, progress).await?;
    let input = InputFile::open(&path("cas-limites.csv"))?;
    let mut cases = Vec::new();
    for mode in [Mode::Decide, Mode::Record] {
        let options = AidOptions {
            profile: "denier".into(),
            mode: Some(mode),
            dry_run: true,
            all_or_nothing: false,
            asked: None,
        };
        cases.push(import_aids(&store, clock, actor, &input, &options, progress).await?);
    }
    store.close().await;
    for suffix in ["", "-wal", "-shm"] {
        // What is left of a base that nobody will open again; a leftover harms nothing.
        let _ = std::fs::remove_file(format!("{aside}{suffix}"));
    }
    Ok(cases)
}
