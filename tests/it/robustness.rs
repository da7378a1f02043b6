//! Whatever the file: every record accounted for, nothing half-written, nothing posted twice.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, codes, example, on_both_engines, options};
use denier::app::ImportReport;
use denier::funding::DateKind;
use denier::statements::Axis;
use std::cell::RefCell;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Aids,
    People,
}

const KINDS: [Kind; 2] = [Kind::Aids, Kind::People];

/// A good file of three records, of which tests make bad ones.
#[derive(Clone)]
struct Sheet {
    kind: Kind,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(kind: Kind) -> Sheet {
        let lines = match kind {
            Kind::Aids => [
                AID_HEADER,
                "A1;CEJ;P1;allocation mensuelle;2024-05;;05/05/2024;25/05/2024;1,00;ETAT;ASP;comité",
                "A2;CEJ;P2;allocation mensuelle;2024-05;;05/05/2024;25/05/2024;2,00;ETAT;ASP;comité",
                "A3;CEJ;P1;allocation mensuelle;2024-06;;05/05/2024;25/06/2024;3,00;ETAT;ASP;comité",
            ],
            Kind::People => [
                PEOPLE_HEADER,
                "P1;LEMAÎTRE;Aïcha;15/03/2003;F;Calais;62193;non;non;NEET;FR76",
                "P2;NOËL;Hugo;02/09/2004;M;Marck;62548;oui;non;NEET;FR76",
                "P3;BÉRU;Zoé;30/01/2005;F;Guînes;62397;non;oui;NEET;FR76",
            ],
        };
        let rows = lines.iter().map(|line| line.split(';').map(str::to_string).collect()).collect();
        Sheet { kind, rows }
    }

    /// The column of a free text.
    fn text_column(&self) -> usize {
        if self.kind == Kind::Aids { 3 } else { 5 }
    }

    fn with(mut self, row: usize, column: usize, value: &str) -> Sheet {
        self.rows[row][column] = value.to_string();
        self
    }

    /// Adds a column at the right, the same value on every record.
    fn with_column(mut self, name: &str, value: &str) -> Sheet {
        for (rank, row) in self.rows.iter_mut().enumerate() {
            row.push(if rank == 0 { name.to_string() } else { value.to_string() });
        }
        self
    }

    fn lines(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.join(";")).collect()
    }

    fn text(&self) -> String {
        self.lines().join("\n") + "\n"
    }

    /// Writes it as a spreadsheet does: what holds the delimiter is quoted.
    fn delimited(&self, delimiter: char) -> String {
        let cell =
            |cell: &String| if cell.contains(delimiter) { format!("\"{cell}\"") } else { cell.clone() };
        let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string());
        self.rows.iter().map(|row| line(row) + "\n").collect()
    }

    /// Returns the text with one of its lines changed; the header is line 0.
    fn text_with(&self, line: usize, change: impl Fn(&str) -> String) -> String {
        let mut lines = self.lines();
        lines[line] = change(&lines[line]);
        lines.join("\n") + "\n"
    }
}

/// What a file must give: read, accepted, refused, and the findings as `line code`.
#[derive(Clone)]
struct Expected {
    read: u64,
    accepted: u64,
    refused: u64,
    findings: Vec<String>,
}

fn all_accepted(count: u64) -> Expected {
    Expected { read: count, accepted: count, refused: 0, findings: Vec::new() }
}

fn one_refused(read: u64, finding: &str) -> Expected {
    Expected { read, accepted: read - 1, refused: 1, findings: vec![finding.into()] }
}

fn none_accepted(read: u64, finding: &str) -> Expected {
    Expected { read, accepted: 0, refused: read, findings: vec![finding.into()] }
}

fn assert_accounted(name: &str, report: &ImportReport) {
    let sum = report.acceptes + report.deja_importes + report.refuses;
    assert_eq!(report.lus, sum, "{name}: {report:?}");
    assert_eq!(
        report.refuses > 0,
        report.constats.iter().any(|finding| finding.severity == "refus"),
        "{name}"
    );
}

async fn preview(books: &Books, kind: Kind, path: &str) -> ImportReport {
    match kind {
        Kind::Aids => books.aids_dry(path, None).await,
        Kind::People => books.try_people(path, true).await.expect("a preview of people"),
    }
}

async fn import(books: &Books, kind: Kind, path: &str) -> ImportReport {
    match kind {
        Kind::Aids => books.aids(path).await,
        Kind::People => books.people(path).await,
    }
}

/// The number of aids in the base: all are paid in 2024.
async fn aids_in_base(books: &Books) -> u64 {
    let lines = books.aid_lines(2024, DateKind::Payment, &[Axis::Dispositif]).await;
    lines.last().and_then(|total| total.split(' ').nth(1)?.parse().ok()).expect("a total")
}

/// Imports a file in a base: preview, import, import again. Returns the report of the import.
async fn import_thrice(books: &Books, kind: Kind, name: &str, bytes: &[u8]) -> ImportReport {
    let path = books.file("fichier.csv", bytes);
    let before = aids_in_base(books).await;
    let preview = preview(books, kind, &path).await;
    assert_accounted(name, &preview);
    assert_eq!(aids_in_base(books).await, before, "{name}: a preview writes nothing");
    let report = import(books, kind, &path).await;
    assert_accounted(name, &report);
    assert_eq!((&preview.constats, preview.acceptes), (&report.constats, report.acceptes), "{name}");
    assert_eq!(report.lot.is_some(), report.acceptes > 0, "{name}: a lot only for what is accepted");
    books.assert_whole().await;
    let after = aids_in_base(books).await;
    assert_eq!(after, before + if kind == Kind::Aids { report.acceptes } else { 0 }, "{name}");
    let again = import(books, kind, &path).await;
    assert_accounted(name, &again);
    assert_eq!((again.acceptes, again.lot), (0, None), "{name}: {again:?}");
    assert_eq!(again.deja_importes, report.acceptes + report.deja_importes, "{name}");
    assert_eq!(aids_in_base(books).await, after, "{name}: nothing is posted twice");
    books.assert_whole().await;
    report
}

/// A base in which the people of the aids are known.
async fn ready(books: &Books, kind: Kind) {
    if kind == Kind::Aids {
        let people = books.people(&books.file("personnes.csv", Sheet::new(Kind::People).text())).await;
        assert_eq!(people.acceptes, 3);
    }
}

/// Files of one kind, imported one after the other in one base of each engine.
struct Batch {
    kind: Kind,
    cases: Vec<(String, Vec<u8>, Expected)>,
}

impl Batch {
    fn new(kind: Kind) -> Batch {
        Batch { kind, cases: Vec::new() }
    }

    /// Adds a file. Its references or numbers, A1 or P1, get a letter of their own: they are new.
    fn add(&mut self, name: &str, bytes: impl AsRef<[u8]>, expected: &Expected) {
        let letter = b'A' + u8::try_from(self.cases.len()).expect("few cases");
        assert!(letter.is_ascii_uppercase(), "at most 26 cases in a batch");
        let old = if self.kind == Kind::Aids { b'A' } else { b'P' };
        let mut bytes = bytes.as_ref().to_vec();
        for at in 1..bytes.len() {
            if bytes[at - 1] == old && matches!(bytes[at], b'1'..=b'3') {
                bytes[at - 1] = letter;
            }
        }
        self.cases.push((format!("{name} ({:?})", self.kind), bytes, expected.clone()));
    }

    /// Imports them all; returns the reports of the last engine.
    fn run(self) -> Vec<ImportReport> {
        let last = RefCell::new(Vec::new());
        on_both_engines(async |books| {
            ready(books, self.kind).await;
            last.borrow_mut().clear();
            for (name, bytes, expected) in &self.cases {
                let report = import_thrice(books, self.kind, name, bytes).await;
                let counts = (report.lus, report.acceptes, report.refuses);
                assert_eq!(
                    counts,
                    (expected.read, expected.accepted, expected.refused),
                    "{name}: {report:?}"
                );
                assert_eq!(codes(&report), expected.findings, "{name}");
                last.borrow_mut().push(report);
            }
        });
        last.into_inner()
    }
}

#[test]
fn files_without_records_are_no_records() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let header = &Sheet::new(kind).lines()[0];
        for (name, text) in [
            ("empty", String::new()),
            ("byte order mark alone", "\u{feff}".into()),
            ("blank lines", "\n\n  \r\n\t\n".into()),
            ("header", format!("{header}\n")),
            ("header without a line end", header.clone()),
            ("header, then blank lines", format!("{header}\n\n;;;\n   \n")),
        ] {
            batch.add(name, text, &all_accepted(0));
        }
        batch.run();
    }
}

#[test]
fn line_ends_change_nothing() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let text = sheet.text();
        for (name, text) in [
            ("LF", text.clone()),
            ("CR LF", text.replace('\n', "\r\n")),
            ("CR CR LF", text.replace('\n', "\r\r\n")),
            ("no final line end", text.trim_end().to_string()),
            ("mixed", sheet.lines().join("\r\n") + "\n\n\r\n"),
        ] {
            batch.add(name, text, &all_accepted(3));
        }
        batch.run();
    }
}

#[test]
fn a_bad_line_costs_itself_only() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let text = sheet.text();
        let last_line = text.trim_end().rfind('\n').expect("lines") + 1;
        batch.add("truncated", &text[..last_line + 8], &one_refused(3, "4 colonnes_manquantes"));
        let fewer = sheet.text_with(2, |line| line[..line.rfind(';').expect("cells")].to_string());
        batch.add("one column too few", fewer, &one_refused(3, "3 colonnes_manquantes"));
        let more = sheet.text_with(2, |line| format!("{line};x"));
        batch.add("one column too many", more, &one_refused(3, "3 colonnes_en_trop"));
        for control in ["\0", "\u{1}", "\u{1b}", "\u{7f}", "\u{80}", "\u{85}", "\u{9f}"] {
            let text = sheet.clone().with(2, sheet.text_column(), &format!("a{control}b")).text();
            batch.add("control character", text, &one_refused(3, "3 caractere_interdit"));
        }
        let unclosed = sheet.clone().with(2, sheet.text_column(), "\"ouvert").text();
        batch.add("unclosed quote", unclosed, &one_refused(3, "3 guillemet_non_ferme"));
        // On the last line: the end of the file comes inside the quote.
        let unclosed = sheet.clone().with(3, sheet.text_column(), "\"ouvert").text();
        batch.add("unclosed quote at the end", unclosed, &one_refused(3, "4 guillemet_non_ferme"));
        let mut bytes = sheet.clone().with(2, sheet.text_column(), "?").text().into_bytes();
        let at = bytes.iter().position(|byte| *byte == b'?').expect("the mark");
        bytes[at] = 0xff;
        batch.add("a byte that is no text", bytes, &one_refused(3, "3 encodage_illisible"));
        batch.run();
    }
}

#[test]
fn a_quote_inside_a_text_is_a_letter() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let text = sheet.clone().with(2, sheet.text_column(), "5\" pouces").text();
        batch.add("inch", text, &all_accepted(3));
        batch.run();
    }
}

#[test]
fn what_is_not_a_table_is_one_refusal() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let text = Sheet::new(kind).text();
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
        };
        let format = none_accepted(1, "0 format_non_reconnu");
        batch.add("UTF-16 LE", utf16(u16::to_le_bytes), &format);
        batch.add("UTF-16 BE", utf16(u16::to_be_bytes), &format);
        let workbook = b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml \xa2\x04\n;;\n";
        batch.add("workbook", workbook, &format);
        batch.add("old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n\n", &format);
        batch.add("gzip", b"\x1f\x8b\x08\x00\n\n", &format);
        batch.add("PDF", b"%PDF-1.7\n1 0 obj\n", &format);
        let header = none_accepted(2, "0 entete_introuvable");
        batch.add("another table", "Date;Somme\n02/01/2024;500,00\n", &header);
        batch.run();
    }
}

/// Random bytes: alone for an even seed, below a good header for an odd one.
fn noise(kind: Kind, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let noise = (0..5_000).map(|_| random.u8(..));
    let header =
        if seed.is_multiple_of(2) { String::new() } else { format!("{}\n", Sheet::new(kind).lines()[0]) };
    header.into_bytes().into_iter().chain(noise).collect()
}

fn check_noise(kind: Kind, seed: u64, bytes: &[u8]) {
    on_both_engines(async |books| {
        ready(books, kind).await;
        let name = format!("noise of seed {seed} ({kind:?})");
        let report = import_thrice(books, kind, &name, bytes).await;
        assert!(report.acceptes == 0 && report.refuses > 0, "{name}: {report:?}");
        let headless = report.constats.iter().any(|finding| finding.code == "entete_introuvable");
        assert_eq!(headless, seed.is_multiple_of(2), "{name}");
    });
}

#[test]
fn random_bytes_are_refused() {
    for kind in KINDS {
        for seed in 0..6 {
            check_noise(kind, seed, &noise(kind, seed));
        }
    }
}

#[test]
fn encodings_give_the_same_texts() {
    for kind in KINDS {
        let text = Sheet::new(kind).text();
        let (latin, _, lossy) = encoding_rs::WINDOWS_1252.encode(&text);
        assert!(!lossy && latin.len() < text.len(), "the file has accents");
        for (bytes, encoding) in [
            (latin.into_owned(), "Windows-1252"),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
            // Accents as a letter and a mark, as macOS writes them.
            (
                unicode_normalization::UnicodeNormalization::nfd(text.as_str()).collect::<String>().into(),
                "UTF-8",
            ),
        ] {
            on_both_engines(async |books| {
                ready(books, kind).await;
                let report = import_thrice(books, kind, encoding, &bytes).await;
                assert_eq!((report.acceptes, report.refuses, report.encodage.as_str()), (3, 0, encoding));
                // The same content as the plain UTF-8 file, to the letter: all of it is known.
                let plain = import(books, kind, &books.file("clair.csv", &text)).await;
                assert_eq!((plain.acceptes, plain.deja_importes, plain.refuses), (0, 3, 0), "{encoding}");
            });
        }
    }
}

#[test]
fn a_quoted_value_holds_delimiters_quotes_and_line_ends() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let column = sheet.text_column();
        for value in ["\"un ; deux\"", "\"un \"\"deux\"\"\"", "\"un\ndeux\"", "\"un\r\ndeux ; trois\n\""] {
            batch.add(value, sheet.clone().with(2, column, value).text(), &all_accepted(3));
        }
        // The line of a finding is the physical one: the record above takes three of them.
        let text =
            sheet.clone().with(1, column, "\"un\ndeux\n;trois\"").text_with(2, |line| format!("{line};x"));
        batch.add("physical lines", text, &one_refused(3, "5 colonnes_en_trop"));
        batch.run();
    }
}

#[test]
fn delimiters_give_the_same_report() {
    for kind in KINDS {
        let mut sheet = Sheet::new(kind).with_column("remarque", "a b");
        let bad = sheet.rows[2].clone();
        sheet.rows.push(bad);
        let date = if kind == Kind::Aids { 6 } else { 3 };
        sheet = sheet.with(4, 0, "X9").with(4, date, "30/02/2004");
        on_both_engines(async |books| {
            ready(books, kind).await;
            let mut reports = Vec::new();
            for delimiter in [';', ',', '\t', '|'] {
                let path = books.file("fichier.csv", sheet.delimited(delimiter));
                reports.push(preview(books, kind, &path).await);
            }
            assert_eq!((reports[0].lus, reports[0].acceptes, reports[0].refuses), (4, 3, 1));
            assert_eq!(codes(&reports[0]), ["5 date_illisible"]);
            assert_eq!(reports[0].colonnes_non_conservees, ["remarque"]);
            for report in &reports[1..] {
                assert_eq!(format!("{report:?}"), format!("{:?}", reports[0]));
            }
        });
    }
}

#[test]
fn titles_and_footers_are_passed_over() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let text = sheet.text();
        let titled = format!("Mission locale d'essai;;;\n\nExtraction du 05/02/2025 ; page 1\n{text}");
        batch.add("titles", &titled, &all_accepted(3));
        // The lines of the findings count the titles.
        let bad = sheet.text_with(2, |line| format!("{line};x"));
        let bad = format!("Mission locale d'essai;;;\n\nExtraction du 05/02/2025\n{bad}");
        batch.add("titles, then a bad line", bad, &one_refused(3, "6 colonnes_en_trop"));
        // The header is one of the first twenty lines that are not blank.
        batch.add("nineteen titles", "Titre\n\n".repeat(19) + &text, &all_accepted(3));
        let refused = none_accepted(24, "0 entete_introuvable");
        batch.add("twenty titles", "Titre\n".repeat(20) + &text, &refused);
        // A word that only begins like a footer is a record.
        let text = format!("{text}Totalement;autre\n");
        batch.add("no footer", text, &one_refused(4, "5 colonnes_manquantes"));
        batch.run();
        let text = sheet.text();
        let mut batch = Batch::new(kind);
        for footer in ["Total", "TOTAL : 3;;;6,00", "Nombre de lignes 3;;;;;;;;;;;;;;;;;;", ";;Totaux;6,00"] {
            batch.add(footer, format!("{text}{footer}\n"), &all_accepted(3));
        }
        for report in batch.run() {
            assert_eq!(report.lignes_de_pied, 1);
        }
    }
}

#[test]
fn columns_are_found_by_name() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let trailing: String = sheet.lines().iter().map(|line| format!("{line};;;\n")).collect();
        batch.add("trailing empty cells", trailing, &all_accepted(3));
        let lines = sheet.lines();
        let trailing = format!("{}\n{};; ;\n{}\n{};\n", lines[0], lines[1], lines[2], lines[3]);
        batch.add("trailing empty cells, not on the header", trailing, &all_accepted(3));
        let mut reversed = sheet.clone();
        reversed.rows.iter_mut().for_each(|row| row.reverse());
        batch.add("columns in another order", reversed.text(), &all_accepted(3));
        let shouted = sheet.text_with(0, |header| header.to_uppercase().replace(';', " ; "));
        batch.add("header in capitals", shouted, &all_accepted(3));
        // Of two columns of one name, the left one is read and the other is said to be left out.
        let name = if kind == Kind::Aids { "montant" } else { "date_naissance" };
        let twice = sheet.clone().with_column(name, "31/12/1999").text();
        let at = batch.cases.len();
        batch.add("duplicated header", &twice, &all_accepted(3));
        // Without a required column nothing can be read.
        let lacking = sheet.text_with(0, |header| header.replace(name, "autre"));
        batch.add("required column missing", lacking, &none_accepted(4, "0 entete_introuvable"));
        let report = &batch.run()[at];
        assert_eq!(report.colonnes_non_conservees, [name]);
        if kind == Kind::Aids {
            assert_eq!(report.montant.as_deref(), Some("6.00"));
        }
    }
}

#[test]
fn what_no_profile_names_is_never_kept() {
    // A security number and a nationality, which nothing in the base may hold.
    const SECRETS: [&str; 2] = ["203036219300142", "nationalite-secrete"];
    on_both_engines(async |books| {
        for kind in [Kind::People, Kind::Aids] {
            let sheet = Sheet::new(kind);
            // One record regular, one refused, and for the aids one irregular: each is told in its way.
            let sheet = match kind {
                Kind::People => sheet.with(2, 3, "30/02/2004").with(1, 5, "commune-gardee"),
                Kind::Aids => sheet.with(2, 2, "P9").with(3, 8, "5000,00").with(1, 3, "nature-gardee"),
            };
            let sheet = sheet.with_column("nir", SECRETS[0]).with_column("nationalite", SECRETS[1]);
            let report = import(books, kind, &books.file("fichier.csv", sheet.text())).await;
            assert_eq!(report.colonnes_non_conservees, ["nir", "nationalite"]);
            let irregular = u64::from(kind == Kind::Aids);
            assert_eq!(
                (report.acceptes, report.irreguliers, report.refuses),
                (2, irregular, 1),
                "{report:?}"
            );
            let told = format!("{report:?}");
            assert!(SECRETS.iter().all(|secret| !told.contains(secret)), "{told}");
        }
        if books.on_postgres() {
            return;
        }
        let mut bytes = Vec::new();
        for suffix in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{}{suffix}", books.location)).unwrap_or_default());
        }
        let holds = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).is_some();
        // What is kept is found, so that what is not found is not kept.
        assert!(holds("commune-gardee") && holds("nature-gardee"), "the search works");
        for secret in SECRETS {
            assert!(!holds(secret), "« {secret} » is in the base");
        }
        // Nor as a number, the shortest of the forms in which an engine could store it.
        let number: u64 = SECRETS[0].parse().expect("a number");
        assert!(memchr::memmem::find(&bytes, &number.to_be_bytes()[2..]).is_none());
    });
}

#[test]
fn a_record_above_1_mib_is_one_refusal() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let lines = sheet.lines();
        let long = "x".repeat((1 << 20) + 1);
        let file = |long: &str| format!("{}\n{}\n{long}\n{}\n{}\n", lines[0], lines[1], lines[2], lines[3]);
        let refused = one_refused(4, "3 enregistrement_trop_long");
        batch.add("long line", file(&long), &refused);
        batch.add("long line with quotes", file(&format!("\"{long}\"")), &refused);
        batch.add("long line of delimiters", file(&";".repeat((1 << 20) + 1)), &refused);
        // At the limit exactly it is a record like another.
        batch.add("limit", file(&"x".repeat(1 << 20)), &one_refused(4, "3 colonnes_manquantes"));
        // A quote that never closes before a long line: two refusals, and the rest is read.
        let both = Expected {
            read: 5,
            accepted: 3,
            refused: 2,
            findings: vec!["3 guillemet_non_ferme".into(), "4 enregistrement_trop_long".into()],
        };
        batch.add("quote, then a long line", file(&format!("\"ouvert\n{long}")), &both);
        // 3 MiB without a line end, with a header and without.
        let long = "x".repeat(3 << 20);
        let last = Expected {
            read: 1,
            accepted: 0,
            refused: 1,
            findings: vec!["2 enregistrement_trop_long".into()],
        };
        batch.add("3 MiB below the header", format!("{}\n{long}", lines[0]), &last);
        batch.add("3 MiB alone", &long, &none_accepted(1, "0 entete_introuvable"));
        batch.add("3 MiB of quotes", "\"".repeat(3 << 20), &none_accepted(1, "0 entete_introuvable"));
        batch.run();
    }
}

#[test]
fn a_line_said_twice_is_posted_once() {
    on_both_engines(async |books| {
        ready(books, Kind::Aids).await;
        let sheet = Sheet::new(Kind::Aids);
        let text = format!("{}{}\n", sheet.text(), sheet.lines()[1]);
        let report = import_thrice(books, Kind::Aids, "twice", text.as_bytes()).await;
        assert_eq!((report.lus, report.acceptes, report.deja_importes, report.refuses), (4, 3, 1, 0));
        // The same for people.
        let sheet = Sheet::new(Kind::People).with(1, 0, "Q1").with(2, 0, "Q2").with(3, 0, "Q3");
        let text = format!("{}{}\n", sheet.text(), sheet.lines()[1]);
        let report = import_thrice(books, Kind::People, "twice", text.as_bytes()).await;
        assert_eq!((report.lus, report.acceptes, report.deja_importes, report.refuses), (4, 3, 1, 0));
    });
}

#[test]
fn a_folder_and_a_missing_file_are_failures_of_the_machine() {
    on_both_engines(async |books| {
        let folder = books.path("dossier");
        std::fs::create_dir(&folder).expect("a folder");
        for path in [folder, books.path("absent.csv")] {
            let path = path.to_string_lossy();
            for dry_run in [true, false] {
                let error = books.try_aids(&path, options(None, dry_run)).await.expect_err("a failure");
                assert_eq!(error.exit_code(), 3, "{error}");
                assert!(error.to_string().starts_with(&*path), "{error}: the file is named");
                let error = books.try_people(&path, dry_run).await.expect_err("a failure");
                assert_eq!(error.exit_code(), 3, "{error}");
            }
        }
        books.assert_whole().await;
    });
}

/// Changes a few bytes of a file: replaces, inserts, deletes, or takes a whole stretch away.
fn mutate(random: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
    // The bytes that mean something to a reader of tables, and some that mean nothing.
    const MARKS: &[u8] = b"\";,\t|\r\n\0\x01\xff\xe9\xc3\xef+-=/ 0";
    for _ in 0..random.usize(1..=8) {
        let at = random.usize(..bytes.len());
        let byte = if random.bool() { MARKS[random.usize(..MARKS.len())] } else { random.u8(..) };
        match random.u8(..4) {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => drop(bytes.remove(at)),
            _ => drop(bytes.drain(at..(at + random.usize(1..40)).min(bytes.len()))),
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the runner shows it only when the test fails")]
fn mutated_files_are_accounted_for() {
    const SEED: u64 = 20_250_215;
    let text = std::fs::read_to_string(example("littoral-2024/aides.csv")).expect("the aids");
    let head: String = text.lines().take(60).map(|line| format!("{line}\n")).collect();
    on_both_engines(async |books| {
        books.people(&example("littoral-2024/beneficiaires.csv")).await;
        books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
        let whole = books.aids_dry(&books.file("fichier.csv", &head), None).await;
        assert_eq!((whole.lus, whole.acceptes), (59, 59), "{:?}", whole.constats);
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut refused = 0;
        for round in 0..200 {
            // Shown only when the test fails: the last line is the file that made it fail.
            println!("seed {SEED}, round {round}");
            let mut bytes = head.clone().into_bytes();
            mutate(&mut random, &mut bytes);
            let path = books.file("fichier.csv", &bytes);
            let report = books.aids_dry(&path, None).await;
            assert_accounted(&format!("round {round}"), &report);
            assert!(report.lus <= 70, "round {round}: {} records", report.lus);
            refused += u64::from(report.refuses > 0);
        }
        assert!(refused > 100, "most mutations are noticed: {refused}");
        books.assert_whole().await;
    });
}

#[test]
fn bytes_that_windows_1252_leaves_undefined_are_refused() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let text = sheet.clone().with(2, sheet.text_column(), "?").text();
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        for undefined in [0x81, 0x8d, 0x8f, 0x90, 0x9d] {
            let mut bytes = latin.to_vec();
            let at = bytes.iter().position(|byte| *byte == b'?').expect("the mark");
            bytes[at] = undefined;
            batch.add(&format!("{undefined:x}"), bytes, &one_refused(3, "3 caractere_interdit"));
        }
        for report in batch.run() {
            assert_eq!(report.encodage, "Windows-1252");
        }
    }
}

#[test]
fn a_lone_carriage_return_is_a_space() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let row = sheet.rows[2][0].clone();
        // Beside a quoted value too: the record is then split in another way.
        let beside = sheet.clone().with(2, 0, &format!("\"{row}\"")).with(2, sheet.text_column(), "a\rb");
        batch.add("beside a quoted value", beside.text(), &all_accepted(3));
        let alone = sheet.clone().with(2, sheet.text_column(), "a\rb");
        batch.add("without quotes", alone.text(), &all_accepted(3));
        batch.run();
    }
}

#[test]
fn a_line_end_in_a_quoted_value_becomes_a_space() {
    for kind in KINDS {
        let sheet = Sheet::new(kind);
        let column = sheet.text_column();
        for value in ["un\ndeux", "un\r\ndeux", "un\rdeux", "\nun\n\r\ndeux\r\n"] {
            on_both_engines(async |books| {
                ready(books, kind).await;
                let text = sheet.clone().with(2, column, &format!("\"{value}\"")).text();
                let report = import_thrice(books, kind, value, text.as_bytes()).await;
                assert_eq!((report.lus, report.acceptes), (3, 3), "{value:?}: {:?}", report.constats);
                // The same content as the value in one line: all of it is known.
                let plain = sheet.clone().with(2, column, "un deux").text();
                let plain = import(books, kind, &books.file("clair.csv", plain)).await;
                assert_eq!((plain.acceptes, plain.deja_importes, plain.refuses), (0, 3, 0), "{value:?}");
            });
        }
    }
}

#[test]
fn the_line_ends_of_an_old_mac_are_read() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        batch.add("CR", sheet.text().replace('\n', "\r"), &all_accepted(3));
        batch.add("CR, none at the end", sheet.lines().join("\r"), &all_accepted(3));
        let quoted: String =
            sheet.lines().iter().map(|line| format!("\"{}\"\r", line.replace(';', "\";\""))).collect();
        batch.add("CR, quoted", quoted, &all_accepted(3));
        // Each line has its number.
        let bad = sheet.text_with(2, |line| format!("{line};x")).replace('\n', "\r");
        batch.add("CR, a bad line", bad, &one_refused(3, "3 colonnes_en_trop"));
        for report in batch.run() {
            assert!(report.colonnes_non_conservees.is_empty() || kind == Kind::People, "{report:?}");
            assert!(!format!("{:?}", report.colonnes_non_conservees).contains("P2"), "{report:?}");
        }
    }
}

#[test]
fn two_stray_quotes_never_make_one_aid_of_two() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let column = sheet.text_column();
        // Each costs its own line; the other is good.
        let two = |first: &str, second: &str, expected: [&str; 2]| {
            let text = sheet.clone().with(1, column, first).with(2, column, second).text();
            let findings = expected.map(str::to_string).to_vec();
            (text, Expected { read: 3, accepted: 1, refused: 2, findings })
        };
        let both = ["2 guillemet_non_ferme", "3 guillemet_non_ferme"];
        for (name, (text, expected)) in [
            ("two opened", two("\"Calais", "\"Marck", both)),
            ("two closed in the middle", two("\"Calais\" nord", "\"Marck\" sud", both)),
        ] {
            batch.add(name, text, &expected);
        }
        batch.run();
    }
}

#[test]
fn amounts_beyond_any_sum_are_refused() {
    let aids = |letter: char, amount: &str| {
        let line = |n| format!("{letter}{n};CEJ;P1;x;2024-07;;05/05/2024;25/07/2024;{amount};ETAT;ASP;\n");
        format!("{AID_HEADER}\n{}", (1..=100).map(line).collect::<String>())
    };
    let notices = |letter: char, amount: &str| {
        let line = |n| format!("FDF;2024;FONDATION;{amount};02/01/2024;{letter}{n}\n");
        format!(
            "dispositif;exercice;financeur;montant;date_notification;reference\n{}",
            (1..=100).map(line).collect::<String>()
        )
    };
    on_both_engines(async |books| {
        ready(books, Kind::Aids).await;
        for (letter, amount) in [('A', "999999999999999,99"), ('B', "1000000000,00"), ('C', "1000000000")] {
            for report in [
                books.aids(&books.file("aides.csv", aids(letter, amount))).await,
                books.envelopes(&books.file("enveloppes.csv", notices(letter, amount))).await,
            ] {
                assert_accounted(amount, &report);
                assert_eq!((report.lus, report.refuses), (100, 100), "{amount}: {:?}", report.constats);
                assert!(report.constats.iter().all(|finding| finding.code == "montant_trop_grand"));
            }
        }
        // The largest amount of a line, a hundred times: every sum of the base still holds.
        for report in [
            books.aids(&books.file("aides.csv", aids('D', "999 999 999,99"))).await,
            books.envelopes(&books.file("enveloppes.csv", notices('D', "999999999,99"))).await,
        ] {
            assert_accounted("largest", &report);
            assert_eq!((report.lus, report.acceptes), (100, 100), "{:?}", report.constats.first());
            assert_eq!(report.montant.as_deref(), Some("99999999999.00"));
        }
        books.assert_whole().await;
    });
}

#[test]
fn a_quoted_record_above_1_mib_is_one_refusal_too() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        // The long value stands in a column that is not kept: nothing else would refuse it.
        let sheet = Sheet::new(kind).with_column("remarque", "x");
        let column = sheet.rows[0].len() - 1;
        for lines in [2, 3, 20] {
            let line = "x".repeat((1 << 20) / lines + 1);
            let value = vec![line; lines].join("\n");
            let text = sheet.clone().with(1, column, &format!("\"{value}\"")).text();
            batch.add(&format!("{lines} lines"), text, &one_refused(3, "2 enregistrement_trop_long"));
        }
        batch.run();
    }
}

#[test]
fn a_nul_in_the_header_hides_its_columns() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let name = sheet.rows[0][1].clone();
        for name in [format!("\0{name}"), "\0".into(), "\u{1}".into()] {
            let text = sheet.clone().with(0, sheet.text_column(), &name).text();
            batch.add("header", text, &none_accepted(4, "0 entete_introuvable"));
        }
        batch.run();
    }
}

#[test]
fn a_value_too_long_is_one_finding() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let required = if kind == Kind::Aids { 2 } else { 0 };
        for column in [required, sheet.text_column()] {
            let text = sheet.clone().with(2, column, &"9".repeat(401)).text();
            batch.add("401", text, &one_refused(3, "3 valeur_trop_longue"));
        }
        let text = sheet.clone().with(2, sheet.text_column(), &"9".repeat(400)).text();
        batch.add("400", text, &all_accepted(3));
        // 401 bytes in 201 letters.
        let text = sheet.clone().with(2, sheet.text_column(), &format!("{}e", "é".repeat(200))).text();
        batch.add("401 with accents", text, &one_refused(3, "3 valeur_trop_longue"));
        batch.run();
    }
}

#[test]
fn a_generated_key_is_no_written_reference() {
    let header = "reference;dispositif;numero_beneficiaire;nature;mois;date_decision;date_paiement;montant";
    let rest = "CEJ;P1;x;2024-05;05/05/2024;25/05/2024";
    on_both_engines(async |books| {
        ready(books, Kind::Aids).await;
        let keyless = format!("{header}\n;{rest};1,00\n;{rest};2,00\n");
        let report = import_thrice(books, Kind::Aids, "keyless", keyless.as_bytes()).await;
        assert_eq!((report.lus, report.acceptes), (2, 2));
        let written = ["P1|CEJ|2024-05|x|1", "P1|CEJ|2024-05|x|2", "P1|CEJ|2024-05|x", "|P1|CEJ|2024-05|x|1"]
            .map(|reference| format!("{reference};{rest};3,00\n"))
            .concat();
        // In one file with a line without a reference, then in one of its own.
        let mixed = format!("{header}\n;{rest};1,00\n{written}");
        let report = import_thrice(books, Kind::Aids, "mixed", mixed.as_bytes()).await;
        assert_eq!((report.lus, report.acceptes, report.deja_importes), (5, 4, 1), "{:?}", report.constats);
        let report =
            import_thrice(books, Kind::Aids, "written", format!("{header}\n{written}").as_bytes()).await;
        assert_eq!((report.lus, report.deja_importes), (4, 4), "{:?}", report.constats);
    });
}

#[test]
fn a_complete_record_that_begins_like_a_footer_is_a_record() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        for name in ["TOTAL", "Total 1", "Totaux", "Nombre de lignes"] {
            let sheet =
                Sheet::new(kind).with(2, 0, &format!("{name} {:?}", kind)).with(1, 0, "A1").with(3, 0, "A3");
            let sheet = if kind == Kind::People { sheet.with(1, 0, "P1").with(3, 0, "P3") } else { sheet };
            batch.add(name, sheet.text(), &all_accepted(3));
        }
        for report in batch.run() {
            assert_eq!(report.lignes_de_pied, 0, "{report:?}");
        }
    }
}

#[test]
fn an_extra_delimiter_gives_its_own_finding_only() {
    for kind in KINDS {
        let mut batch = Batch::new(kind);
        let sheet = Sheet::new(kind);
        let trailing = sheet.clone().with(2, sheet.rows[0].len() - 1, "");
        // The cell pushed out is the last one, empty or not: the others read as nonsense.
        for (name, sheet) in [("last cell full", &sheet), ("last cell empty", &trailing)] {
            for value in ["urgent ; mobilité", ";", "a;b"] {
                let text = sheet.clone().with(2, sheet.text_column() - 1, value).text();
                batch.add(&format!("{value}, {name}"), text, &one_refused(3, "3 colonnes_en_trop"));
            }
        }
        batch.run();
    }
}
