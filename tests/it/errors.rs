//! Every finding code has a small readable file that gets it: tests/errors/<code>.toml.

use crate::harness::{Books, fec_options, import_options, on_both_engines, quiet, reference};
use denier::app::{
    self, AidOptions, DerogationRequest, FecOptions, FileKind, ImportOptions, ImportReport, InputFile,
    PayRequest, RecoverRequest, UndueRequest,
};
use denier::calendar::{Date, Month};
use denier::funding::Mode;
use denier::ledger::{Code, Wording};
use denier::money::Amount;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One file of tests/errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    kind: String,
    /// `--mode`: `decider` or `constater`.
    mode: Option<String>,
    /// `--tout-ou-rien`.
    #[serde(default)]
    all_or_nothing: bool,
    /// `--definitif`, `--exercice` and `--ecart-arrondi` of a FEC.
    #[serde(default)]
    definitive: bool,
    year: Option<i16>,
    rounding_account: Option<String>,
    /// `<E9>` is that byte, `<401 x>` is that many times the letter.
    file: String,
    setup_people: Option<String>,
    setup_envelopes: Option<String>,
    setup_aids: Option<String>,
    /// What is declared before: `importer parcours`, `importer declarations`.
    setup_parcours: Option<String>,
    setup_declarations: Option<String>,
    /// A FEC imported before, sealed or not.
    setup_fec: Option<String>,
    #[serde(default)]
    setup_definitive: bool,
    /// A derogation asked for and approved before.
    setup_derogation: Option<Derogation>,
    /// An undue found before: the reference of the aid, the day and the amount.
    setup_undue: Option<[String; 3]>,
    /// Rule files published first, by path.
    #[serde(default)]
    rules: BTreeMap<String, String>,
    line: u32,
    column: Option<String>,
    severity: String,
    message: String,
    advice: String,
    rule: Option<String>,
    room: Option<String>,
    /// The codes of the other findings of the file: none, unless said.
    #[serde(default)]
    others: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derogation {
    dispositif: String,
    person: String,
    month: String,
    amount: String,
    rules: Vec<String>,
    reason: String,
}

impl Derogation {
    fn request(&self) -> DerogationRequest {
        DerogationRequest {
            person: self.person.clone(),
            dispositif: self.dispositif.clone(),
            month: Month::parse(&self.month).expect("a month"),
            amount: Amount::parse(&self.amount).expect("an amount"),
            rules: self.rules.clone(),
            reason: self.reason.clone(),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors")
}

fn read(code: Code) -> Case {
    let path = folder().join(format!("{}.toml", code.text()));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{} : {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{} : {error}", path.display()))
}

/// Replaces `<E9>` by the byte and `<401 x>` by 401 letters.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (inside, after) = after.split_once('>').expect("a closing >");
        bytes.extend_from_slice(before.as_bytes());
        match inside.split_once(' ') {
            Some((times, letter)) => {
                bytes.extend_from_slice(letter.repeat(times.parse().expect("a number")).as_bytes())
            }
            None => bytes.push(u8::from_str_radix(inside, 16).expect("a byte in hexadecimal")),
        }
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Publishes the case's rules and imports what its file needs: all of it must be accepted.
async fn set_up(books: &Books, case: &Case) {
    if !case.rules.is_empty() {
        let rules = tempfile::tempdir().expect("a folder");
        for (path, text) in &case.rules {
            let path = rules.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a rule file");
        }
        let path = rules.path().to_string_lossy();
        app::publish_rules(&books.store, books.clock, &books.actor, &path, None)
            .await
            .expect("a publication");
    }
    let mut reports = Vec::new();
    if let Some(people) = &case.setup_people {
        reports.push(books.people(&books.file("personnes.csv", people)).await);
    }
    if let Some(envelopes) = &case.setup_envelopes {
        reports.push(books.envelopes(&books.file("enveloppes.csv", envelopes)).await);
    }
    for (kind, file) in
        [(FileKind::Parcours, &case.setup_parcours), (FileKind::Declarations, &case.setup_declarations)]
    {
        if let Some(file) = file {
            reports.push(books.declarations(kind, &books.file("declare.csv", file)).await);
        }
    }
    if let Some(aids) = &case.setup_aids {
        reports.push(books.aids(&books.file("avant.csv", aids)).await);
    }
    if let Some([aid, on, cents]) = &case.setup_undue {
        assert!(crate::life::undue(books, aid, on, Some(cents)).await.enregistre);
    }
    if let Some(fec) = &case.setup_fec {
        let options = FecOptions { definitive: case.setup_definitive, ..fec_options() };
        let report = books.try_fec(&books.file("fec-avant.txt", fec), &options).await;
        reports.push(report.expect("an import of a FEC"));
    }
    if let Some(derogation) = &case.setup_derogation {
        books.approver("marc").await;
        let asked = books.ask(&derogation.request()).await.expect("a derogation");
        books.approve(asked.numero, "marc").await.expect("an approval");
    }
    for report in reports {
        assert_eq!((report.acceptes, report.irreguliers), (report.lus, 0), "{:?}", report.constats);
    }
}

async fn import(books: &Books, case: &Case, path: &str, dry_run: bool) -> ImportReport {
    let input = InputFile::open(path).expect("a file");
    let (store, clock, actor, all) = (&books.store, books.clock, &books.actor, case.all_or_nothing);
    let report = match case.kind.as_str() {
        "aides" => {
            let mode = case.mode.as_deref().map(|mode| Mode::parse(mode).expect("a mode"));
            let options =
                AidOptions { profile: "denier".into(), mode, dry_run, all_or_nothing: all, asked: None };
            app::import_aids(store, clock, actor, &input, &options, &quiet).await
        }
        "beneficiaires" => {
            app::import_beneficiaries(store, clock, actor, &input, "denier", dry_run, all, None, &quiet).await
        }
        "enveloppes" => {
            app::import_envelopes(store, clock, actor, &input, "denier", dry_run, all, None).await
        }
        "fec" => {
            let options = FecOptions {
                dry_run,
                definitive: case.definitive,
                year: case.year,
                rounding_account: case.rounding_account.clone(),
                ..fec_options()
            };
            app::import_fec(store, clock, actor, &input, &options, &quiet).await
        }
        "parcours" | "declarations" | "aides-ailleurs" => {
            let kinds = [FileKind::Parcours, FileKind::Declarations, FileKind::OutsideAids];
            let kind = kinds.into_iter().find(|kind| kind.code() == case.kind).expect("a kind of file");
            let options = ImportOptions { all_or_nothing: all, ..import_options(dry_run) };
            app::import_declarations(store, clock, actor, &input, kind, &options, &quiet).await
        }
        "versement" | "indu" | "recouvrement" => return by_hand(books, case, dry_run).await,
        "affectation" => app::import_assignments(store, clock, actor, &input, "denier", dry_run, None).await,
        other => panic!("kind {other}"),
    };
    report.expect("a report")
}

/// Does what the line of the file says of an aid: its reference (or the number of the undue), the day, the
/// amount; told as an import of one line.
async fn by_hand(books: &Books, case: &Case, dry_run: bool) -> ImportReport {
    let words: Vec<&str> = case.file.trim().split(';').collect();
    let [aid, on, amount] = words[..] else { panic!("{}", case.file) };
    let (on, amount) = (Date::parse(on), Amount::parse(amount).ok());
    let (store, clock, actor, asked) = (&books.store, books.clock, &books.actor, None);
    let (done, constats) = match case.kind.as_str() {
        "versement" => {
            let request = PayRequest { aid: reference(aid), paid_on: on, amount, asked, dry_run };
            let report = app::pay_aid(store, clock, actor, &request).await.expect("a report");
            (report.versee, report.constats)
        }
        "indu" => {
            let reason = "ressources non déclarées".into();
            let request = UndueRequest { aid: reference(aid), amount, found_on: on, reason, asked, dry_run };
            let report = app::record_undue(store, clock, actor, &request).await.expect("a report");
            (report.enregistre, report.constats)
        }
        _ => {
            let undue = aid.parse().expect("a number");
            let request = RecoverRequest { undue, amount, on, written_off: None, asked, dry_run };
            let report = app::recover_undue(store, clock, actor, &request).await.expect("a report");
            (report.enregistre, report.constats)
        }
    };
    let (acceptes, refuses) = (u64::from(done), u64::from(!done));
    ImportReport { lus: 1, acceptes, refuses, constats, ..ImportReport::default() }
}

/// Compares the finding of this code, word for word, then what the report counts of it.
fn differences(code: Code, case: &Case, report: &ImportReport) -> Vec<String> {
    let (own, others): (Vec<&Wording>, Vec<&Wording>) =
        report.constats.iter().partition(|finding| finding.code == code.text());
    let [found] = own.as_slice() else {
        return vec![format!("one finding expected: {:?}", report.constats)];
    };
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: String, expected: String| {
        if found != expected {
            differences.push(format!("{what}: « {found} » instead of « {expected} »"));
        }
    };
    let option = |text: &Option<String>| text.clone().unwrap_or_else(|| "(none)".into());
    compare("line", found.line.to_string(), case.line.to_string());
    compare("column", option(&found.column), option(&case.column));
    compare("severity", found.severity.clone(), case.severity.clone());
    compare("message", found.message.clone(), case.message.clone());
    compare("advice", found.advice.clone(), case.advice.clone());
    compare("rule", option(&found.rule), option(&case.rule));
    compare("room", option(&found.room), option(&case.room));
    let others: Vec<String> = others.iter().map(|finding| finding.code.clone()).collect();
    compare("others", others.join(", "), case.others.join(", "));
    // The severity says what becomes of the line: refused, posted as irregular, or posted.
    compare("refused", (report.refuses > 0).to_string(), (case.severity == "refus").to_string());
    compare("irregular", (report.irreguliers > 0).to_string(), (case.severity == "irregularite").to_string());
    compare(
        "lines accounted for",
        (report.acceptes + report.deja_importes + report.refuses).to_string(),
        report.lus.to_string(),
    );
    differences
}

#[test]
fn every_code_is_worded_as_its_file_says() {
    // A base for each code on each engine: four at a time.
    let quarter = Code::ALL.len().div_ceil(4);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = Code::ALL.chunks(quarter).map(|codes| scope.spawn(|| check(codes))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a check without panic")).collect()
    });
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn check(codes: &[Code]) -> Vec<String> {
    let failures = RefCell::new(Vec::new());
    for code in codes {
        let case = read(*code);
        on_both_engines(async |books| {
            set_up(books, &case).await;
            let path = books.file("fichier.csv", bytes(&case.file));
            let preview = import(books, &case, &path, true).await;
            let report = import(books, &case, &path, false).await;
            assert_eq!(preview.constats, report.constats, "{}: the preview tells the same", code.text());
            let engine = if books.on_postgres() { "PostgreSQL" } else { "SQLite" };
            let lines = differences(*code, &case, &report);
            let lines = lines.iter().map(|difference| format!("{} ({engine}) {difference}", code.text()));
            failures.borrow_mut().extend(lines);
            books.assert_whole().await;
        });
    }
    failures.into_inner()
}

#[test]
fn every_code_has_its_file_and_every_file_its_code() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{}.toml", code.text())).collect();
    let entries = std::fs::read_dir(folder()).expect("tests/errors");
    let files: BTreeSet<String> =
        entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(files, codes);
    assert_eq!(codes.len(), Code::ALL.len(), "two codes of one text");
}
