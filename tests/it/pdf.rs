//! Papers as PDF files, read back by `qpdf` and poppler where they are installed.

use crate::papers::{attestation, cross_table, day, income_statement, long_list, statement};
use denier::documents::{Block, CannotDraw, Paper, Run, render_pdf};
use denier::statements::{Cell, Column, Kind, Table};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

const NAME: &str = "Ștefan Nguyễn-D'Hondt";

/// Puts a text somewhere.
type Put<T> = fn(&mut T, &str);

static WARNING: Once = Once::new();

/// A PDF file in a folder of its own, thrown away with it.
struct Printed {
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
}

fn print(paper: &Paper) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    let bytes = render_pdf(paper).unwrap();
    std::fs::write(folder.path().join("papier.pdf"), &bytes).unwrap();
    let printed = Printed { folder, bytes };
    printed.read("qpdf", &["--check"], "");
    printed.said("pdftotext", &["-bbox"], |said| said.split("<page ").skip(1).for_each(check_places));
    printed
}

/// Words stand inside the margins of their page, and none over another.
fn check_places(page: &str) {
    // Written with six decimals: millionths of a point.
    const POINT: i64 = 1_000_000;
    const SLACK: i64 = POINT / 5;
    let numbers = |line: &str| -> Vec<i64> {
        let quoted = line.split('"').skip(1).step_by(2).take(4);
        quoted.map(|number| number.replace('.', "").parse().unwrap()).collect()
    };
    let sheet = numbers(page.lines().next().unwrap());
    let words: Vec<(Vec<i64>, &str)> =
        page.lines().filter(|line| line.contains("<word ")).map(|line| (numbers(line), line)).collect();
    assert!(!words.is_empty() && sheet[0] > 500 * POINT, "a page has words and sides");
    for (at, (place, line)) in words.iter().enumerate() {
        let [left, top, right, bottom] = place[..] else { panic!("{line}") };
        assert!(left > 47 * POINT && right < sheet[0] - 47 * POINT, "{line}");
        assert!(top > 20 * POINT && bottom < sheet[1] - 15 * POINT, "{line}");
        for (other, over) in &words[at + 1..] {
            let apart = other[0] > right - SLACK
                || other[2] < left + SLACK
                || other[1] > bottom - SLACK
                || other[3] < top + SLACK;
            assert!(apart, "{line}\n{over}");
        }
    }
}

impl Printed {
    fn file(&self) -> PathBuf {
        self.folder.path().join("papier.pdf")
    }

    /// Runs a program on the file and gives what it says to `test`, unless it is not installed.
    fn said(&self, program: &str, options: &[&str], test: impl Fn(&str)) {
        if let Some(said) = run(program, options, &self.file()) {
            test(&said);
        }
    }

    fn read(&self, program: &str, options: &[&str], expected: &str) {
        self.said(program, options, |said| assert!(said.contains(expected), "{expected}\n{said}"));
    }

    /// Gives the text of each page to `test`.
    fn pages(&self, test: impl Fn(&[&str])) {
        self.said("pdftotext", &["-layout"], |said| {
            let mut pages: Vec<&str> = said.split('\u{c}').collect();
            assert_eq!(pages.pop(), Some(""), "a page ends with a form feed");
            test(&pages);
        });
    }
}

/// Returns what a program says of a file; none, said loudly, where it is not installed.
fn run(program: &str, options: &[&str], file: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(options).arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            WARNING.call_once(|| {
                // Written past the test runner's capture: a skipped check must be seen.
                let _ = std::io::stderr().write_all("\n*** LES PDF NE SONT PAS RELUS : qpdf ou poppler-utils absent (bash tests/all.sh les relit) ***\n\n".as_bytes());
            });
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The words of a PDF file, without its spaces; none where they cannot be read here.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("papier.pdf");
    std::fs::write(&file, bytes).unwrap();
    run("pdftotext", &["-layout"], &file).map(|said| words(&said))
}

/// The words of a page, without its spaces: a line may be cut anywhere.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_attestation_is_one_tagged_page() {
    let printed = print(&attestation(NAME));
    assert!(printed.bytes.len() < 60_000, "{} bytes", printed.bytes.len());
    printed.said("pdfinfo", &[], |said| {
        for line in [
            "Title:           Attestation de versement de l'allocation du contrat d'engagement jeune",
            "Subject:         Attestation n° 2024-000123",
            "Author:          Mission locale du Pays d'Essai",
            "Tagged:          yes",
            "Pages:           1",
            "Page size:       595.28 x 841.89 pts (A4)",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
        assert!(said.contains("Dec 31 00:00:00 2024"), "{said}");
    });
    printed.read("pdffonts", &[], "DenierSans-Regular");
    printed.pages(|pages| {
        let said = words(pages[0]);
        for sentence in [
            "Mission locale du Pays d'Essai",
            "12, rue de l'Œuvre · 35000 Rennes SIREN 123 456 789",
            "Édité le 31/12/2024",
            &format!("atteste que {NAME}, né le 14/03/2003, bénéficiaire n° B00026, a perçu"),
            "décembre 2023 10/02/2024 552,29",
            "Total 7 732,06",
            "Soit un total de sept mille sept cent trente-deux euros et six centimes (7 732,06 €).",
            "Fait à Rennes, le 31/12/2024",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 page 1/1",
        ] {
            assert!(said.contains(sentence), "{sentence}\n{said}");
        }
    });
}

#[test]
fn a_screen_reader_is_told_the_structure() {
    let printed = print(&attestation(NAME));
    printed.said("pdfinfo", &["-struct-text"], |said| {
        let said = words(said);
        for part in [
            "H1 \"Attestation de versement de l'allocation du contrat d'engagement jeune\"",
            &format!("atteste que {NAME}, né le 14/03/2003"),
            "Table (block) Caption \"Allocations versées\" THead TR TH: /Scope /Column \"Mois de droit\" TH:",
            "TBody TR TH: /Scope /Row \"décembre 2023\" TD \"10/02/2024\" TD \"552,29\" TR TH:",
            // The empty cell of the total is there: figures stay under their headings.
            "TFoot TR TH: /Scope /Row \"Total\" TD TD \"7 732,06\" P (block) \"Montants bruts",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
        assert_eq!(said.matches(" TR ").count(), 16);
        assert!(!said.contains("page 1/1") && !said.contains("9f86d0"), "the foot is not content");
    });
    let bytes = String::from_utf8_lossy(&printed.bytes);
    for entry in ["/Lang(fr-FR)", "/DisplayDocTitle true", "<pdfuaid:part>1</pdfuaid:part>"] {
        assert!(bytes.contains(entry), "{entry}");
    }
}

#[test]
fn the_same_paper_makes_the_same_bytes() {
    let paper = attestation(NAME);
    assert!(render_pdf(&paper).unwrap() == render_pdf(&paper.clone()).unwrap());
    let other = render_pdf(&attestation("Ștefan Nguyễn-D'Hond")).unwrap();
    assert!(render_pdf(&paper).unwrap() != other);
    // Composed or not, a name is the same.
    assert!(
        render_pdf(&attestation("S\u{326}tefan Nguye\u{302}\u{303}n-D'Hondt")).unwrap()
            == render_pdf(&paper).unwrap()
    );
}

#[test]
fn a_character_that_cannot_be_drawn_is_refused_wherever_it_is() {
    let with_cell = |place: Put<Table>, text: &str| {
        let mut table = long_list(3);
        place(&mut table, text);
        statement("Aides versées", &[table])
    };
    let papers: [(&str, Put<Paper>); 6] = [
        ("title", |paper, text| paper.title = text.into()),
        ("subject", |paper, text| paper.subject = text.into()),
        ("letterhead", |paper, text| paper.letterhead.push(text.into())),
        ("warning", |paper, text| paper.warning = Some(text.into())),
        ("footer", |paper, text| paper.footer = text.into()),
        ("signature", |paper, text| paper.blocks.push(Block::Signature(vec![text.into()]))),
    ];
    let tables: [(&str, Put<Table>); 6] = [
        ("caption", |table, text| table.title = text.into()),
        ("table warning", |table, text| table.warning = Some(text.into())),
        ("note", |table, text| table.notes.push(text.into())),
        ("column", |table, text| table.columns[1].heading = text.into()),
        ("cell", |table, text| table.rows[1].cells[2] = Cell::from(text)),
        ("total", |table, text| table.total = Some(vec![Cell::from(text); 5])),
    ];
    for (text, character) in [("Léa 😀", '😀'), ("مريم", 'م')] {
        let expected = Err(CannotDraw { character, text: text.into() });
        let mut all = vec![
            ("paragraph", attestation(text)),
            ("heading", Paper { blocks: vec![Block::Heading(text.into())], ..attestation(NAME) }),
        ];
        for (place, put) in papers {
            let mut paper = attestation(NAME);
            put(&mut paper, text);
            all.push((place, paper));
        }
        for (place, put) in tables {
            all.push((place, with_cell(put, text)));
        }
        for (place, paper) in all {
            assert_eq!(render_pdf(&paper), expected, "{place}");
        }
    }
}

#[test]
fn a_long_table_repeats_what_each_page_needs() {
    let printed = print(&statement("Aides de 2024", &[long_list(150)]));
    printed.pages(|pages| {
        assert_eq!(pages.len(), 4);
        for (at, page) in pages.iter().enumerate() {
            let said = words(page);
            for part in [
                "Exercice provisoire : à ne pas joindre à une demande de versement.",
                "Date Référence Objet Rang Montant 31/12/2024",
                &format!("page {}/4", at + 1),
            ] {
                assert_eq!(said.matches(part).count(), 1, "{part} on page {}\n{page}", at + 1);
            }
            assert_eq!(said.contains("Aides versées (suite)"), at > 0);
        }
        let whole = pages.concat();
        for rank in 1..=150 {
            assert_eq!(whole.matches(&format!("CEJ2024{rank:06}")).count(), 1, "row {rank}");
        }
        assert!(words(pages[3]).contains("Total 113 363,25"));
        assert_eq!(whole.matches("Total").count(), 1);
    });
    printed.said("pdfinfo", &["-struct-text"], |said| {
        let said = words(said);
        assert_eq!(said.matches("THead").count(), 1, "repeated headings are said once");
        assert_eq!(said.matches("Exercice provisoire").count(), 1, "the warning is said once");
        assert_eq!(said.matches(" TR ").count(), 152);
    });
}

#[test]
fn neither_a_total_nor_a_last_row_is_alone_on_a_page() {
    for lines in 33..40 {
        let with_total = long_list(lines);
        let without = Table { total: None, ..with_total.clone() };
        for (table, rows) in [(with_total, 1), (without, 2)] {
            let printed = print(&statement("Aides", &[table]));
            printed.pages(|pages| {
                let found = pages.last().unwrap().matches("CEJ2024").count();
                assert!(found >= rows, "{lines} rows: {found} on the last page");
            });
        }
    }
}

#[test]
fn a_signature_goes_with_the_words_before_it() {
    for lines in 14..34 {
        let mut paper = attestation(NAME);
        let table = Table { total: None, notes: Vec::new(), ..long_list(lines) };
        paper.blocks[2] = Block::Table(table);
        print(&paper).pages(|said| {
            let signed = said.iter().find(|page| page.contains("Fait à Rennes")).unwrap();
            assert!(signed.contains("Soit un total de") && signed.contains("La directrice"), "{lines} rows");
        });
    }
}

#[test]
fn a_statement_keeps_its_words_and_turns_the_page_when_it_is_wide() {
    let upright = print(&statement("Compte de résultat de 2024", &[income_statement()]));
    upright.read("pdfinfo", &[], "595.28 x 841.89");
    upright.pages(|pages| {
        let said = words(pages[0]);
        for row in [
            "FEC provisoire du 22/11/2026",
            "Poste Exercice 2024 Exercice 2023 Écart Variation Produits d'exploitation Concours publics",
            "Utilisations des fonds dédiés 45 000,00 61 200,45 −16 200,45 −26,47 %",
            "Excédent ou déficit 55 998,98 −54 914,13 110 913,11 201,98 %",
            "règlement ANC n° 2018-06",
        ] {
            assert!(said.contains(row), "{row}\n{said}");
        }
        assert_eq!(said.matches("Compte de résultat de 2024").count(), 1);
    });
    let wide = print(&statement("États de 2024", &[income_statement(), cross_table()]));
    wide.read("pdfinfo", &[], "841.89 x 595.28");
    let mut squeezed = statement("États de 2024", &[cross_table()]);
    squeezed.landscape = false;
    for printed in [wide, print(&squeezed)] {
        printed.pages(|pages| {
            let whole = words(&pages.concat());
            for figure in ["12 345,67 24 691,34 37 037,01", "148 148,04 962 962,26"] {
                assert_eq!(whole.matches(figure).count(), 3, "{figure}\n{whole}");
            }
        });
    }
}

#[test]
fn nothing_is_lost_however_odd_the_paper() {
    let amounts: Vec<Column> =
        (0..40).map(|at| Column::new(&format!("m{at}"), "Montant", Kind::Amount)).collect();
    let figures = vec![vec![Cell::Amount(denier::money::Amount::from_centimes(i64::MIN + 1)); 40]];
    let words = |count: usize| (0..count).map(|at| format!("mot{at:04}")).collect::<Vec<_>>().join(" ");
    let text = |heading: &str| Column::new("t", heading, Kind::Text);
    let one = |heading: &str, cell: &str| {
        Table::new("", vec![text(heading), text("b")], vec![vec![Cell::from(cell), Cell::Empty]])
    };
    let empty = |blocks| Paper {
        title: String::new(),
        subject: String::new(),
        dated: day(),
        letterhead: Vec::new(),
        warning: None,
        footer: String::new(),
        landscape: false,
        blocks,
    };
    let cases = [
        ("no block", vec![], 0),
        ("no column", vec![Block::Table(Table::default())], 0),
        ("no row", vec![Block::Table(Table::new("", vec![text("a")], Vec::<Vec<Cell>>::new()))], 0),
        (
            "blank words",
            vec![Block::Heading(" ".into()), Block::Paragraph(vec![]), Block::Signature(vec![])],
            0,
        ),
        ("forty amounts", vec![Block::Table(Table::new("", amounts, figures))], 0),
        ("a row higher than a page", vec![Block::Table(one("a", &words(3000)))], 3000),
        ("headings higher than a page", vec![Block::Table(one(&words(3000), "x"))], 3000),
        ("a paragraph of pages", vec![Block::Paragraph(vec![Run::plain(words(3000))])], 3000),
        ("a word of a page", vec![Block::Paragraph(vec![Run::bold("m".repeat(9000))])], 0),
    ];
    for (case, blocks, count) in cases {
        print(&empty(blocks)).pages(|pages| {
            let whole = pages.concat();
            for at in 0..count {
                assert!(whole.contains(&format!("mot{at:04}")), "{case}: mot{at:04}");
            }
            for page in pages {
                assert!(page.contains("page "), "{case}");
            }
        });
    }
}
