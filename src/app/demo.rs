//! The demonstration: a complete base from the embedded example.

use super::base::{InitRequest, init};
use super::clock::Clock;
use super::error::AppError;
use super::file::InputFile;
use super::import_aids::{AidOptions, import_aids};
use super::import_beneficiaries::import_beneficiaries;
use super::import_envelopes::import_envelopes;
use super::report::{ImportReport, Progress};
use super::state::{aid_statement, envelope_statement};
use super::users::Actor;
use super::verify::{VerifyReport, verify};
use crate::funding::{DateKind, Mode};
use crate::statements::{Axis, Table};
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
    /// The aids and envelopes.
    pub tables: Vec<Table>,
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
    for path in Examples::iter().filter(|path| path.starts_with(&prefix) && path.ends_with(".csv")) {
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
    let by_month =
        aid_statement(&store, Some(year), DateKind::Payment, &[Axis::Month, Axis::Dispositif]).await?;
    let tables = vec![
        aid_statement(&store, Some(year), DateKind::Payment, &[Axis::Dispositif]).await?.rows,
        by_month.crossed.unwrap_or(by_month.rows),
        envelope_statement(&store, Some(year)).await?,
    ];
    let verified = verify(&store, progress).await?;
    store.close().await;
    let cases = boundary_cases(root, &path, clock, actor, &request, progress).await?;
    Ok(DemoReport {
        base,
        files: files.to_string_lossy().into_owned(),
        imports: vec![people, envelopes, aids],
        tables,
        cases,
        verified,
    })
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
