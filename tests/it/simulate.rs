//! A past year under other rule files, against a naive pass over the example's own lines.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, example, lines, on_both_engines, quiet};
use denier::app::{self, FileKind};
use denier::calendar::{Date, Month};
use denier::funding::DateKind::Right;
use denier::money::Amount;
use denier::statements::{Axis, Table};
use std::collections::BTreeMap;

/// The shipped file of a dispositif.
fn shipped(name: &str) -> String {
    let path = format!("{}/ledger-rules/dispositifs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Writes rule files in a folder of the base and returns it.
fn folder(books: &Books, name: &str, files: &[(&str, String)]) -> String {
    let folder = books.path(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(format!("{file}.toml")), text).unwrap();
    }
    folder.to_string_lossy().into_owned()
}

async fn simulate(books: &Books, folder: &str) -> Vec<Table> {
    app::simulate_rules(&books.store, folder, 2024, &quiet).await.unwrap()
}

/// Everything that a simulation could have touched: the generation, and the rows of each table.
async fn state(books: &Books) -> Vec<String> {
    const COUNTS: [&str; 12] = [
        "select count(*) from aid",
        "select count(*) from aid_finding",
        "select count(*) from audit_log",
        "select count(*) from balance",
        "select count(*) from declaration",
        "select count(*) from dispositif",
        "select count(*) from entry",
        "select count(*) from envelope",
        "select count(*) from line",
        "select count(*) from lot",
        "select count(*) from rule_publication",
        "select count(*) from rule_text",
    ];
    let mut tx = books.store.read().await.unwrap();
    let mut state = vec![tx.generation().await.unwrap()];
    for sql in COUNTS {
        let row = tx.one(sql, &[]).await.unwrap().unwrap();
        state.push(format!("{sql} {}", row.int(0).unwrap()));
    }
    state
}

/// A line of the example, as a naive reader sees it.
struct Line {
    reference: String,
    person: String,
    month: Month,
    cents: i64,
}

fn cejs() -> Vec<Line> {
    let text = std::fs::read_to_string(example("littoral-2024/aides.csv")).unwrap();
    let lines = text.lines().skip(1).map(|line| line.split(';').collect::<Vec<_>>());
    lines
        .filter(|cells| cells[1] == "CEJ")
        .map(|cells| Line {
            reference: cells[0].into(),
            person: cells[2].into(),
            month: Month::parse(cells[4]).unwrap(),
            cents: cells[8].replace(',', "").parse().unwrap(),
        })
        .collect()
}

/// The months of the example where the ceiling of an adult is 552,29.
fn is_552(month: Month) -> bool {
    (Month::parse("2024-04").unwrap()..=Month::parse("2024-12").unwrap()).contains(&month)
}

/// Births and RQTH of the example, by number.
fn people() -> BTreeMap<String, (Date, bool)> {
    let text = std::fs::read_to_string(example("littoral-2024/beneficiaires.csv")).unwrap();
    let lines = text.lines().skip(1).map(|line| line.split(';').collect::<Vec<_>>());
    lines.map(|cells| (cells[0].into(), (Date::parse(cells[3]).unwrap(), cells[8] == "oui"))).collect()
}

fn euros(cents: i64) -> String {
    Amount::from_centimes(cents).to_plain()
}

/// The lines of the aids that would change; none where nothing would.
fn changed_lines(tables: &[Table]) -> Vec<String> {
    tables.iter().find(|table| table.title == "Aides qui changeraient").map_or(Vec::new(), lines)
}

/// The lines `person dispositif month reference amount simulated gap effect …` of a simulation, cut
/// after the effect, by reference.
fn changes(tables: &[Table]) -> BTreeMap<String, String> {
    let rows = changed_lines(tables);
    rows.iter()
        .map(|row| {
            let words: Vec<&str> = row.split(' ').collect();
            (words[3].to_string(), words[4..8].join(" "))
        })
        .collect()
}

/// What a naive pass expects of each reference: `amount simulated gap effect`.
fn changed(line: &Line, would: i64) -> (String, String) {
    let effect = match would {
        0 => "refusée",
        would if would < line.cents => "réduite",
        _ => "relevée",
    };
    let text = format!("{} {} {} {effect}", euros(line.cents), euros(would), euros(would - line.cents));
    (line.reference.clone(), text)
}

/// The line of the CEJ in the sums, worked out from the changes.
fn cej_sum(all: &[Line], changes: &BTreeMap<String, String>) -> String {
    let in_2024 = |line: &&Line| line.month.year() == 2024;
    let of_2024: Vec<&Line> = all.iter().filter(in_2024).collect();
    let before: i64 = of_2024.iter().map(|line| line.cents).sum();
    let touched: Vec<&&Line> = of_2024.iter().filter(|line| changes.contains_key(&line.reference)).collect();
    let people: std::collections::BTreeSet<&str> = touched.iter().map(|line| line.person.as_str()).collect();
    let gap: i64 = touched
        .iter()
        .map(|line| {
            let cell = changes[&line.reference].split(' ').nth(2).unwrap();
            cell.replace('.', "").parse::<i64>().unwrap()
        })
        .sum();
    format!(
        "CEJ {} {} {} {} {} {}",
        of_2024.len(),
        touched.len(),
        people.len(),
        euros(before),
        euros(before + gap),
        euros(gap)
    )
}

#[test]
fn a_past_year_under_other_files_is_what_a_naive_pass_finds() {
    on_both_engines(async |books| {
        let report = books.load_example("littoral-2024").await;
        assert_eq!((report.irreguliers, report.refuses), (0, 0));
        let before = state(books).await;
        let cej = shipped("cej");

        // The same files: nothing changes, and the sums are those of the statement.
        let tables =
            simulate(books, &folder(books, "memes", &[("cej", cej.clone()), ("pacea", shipped("pacea"))]))
                .await;
        assert!(tables[0].notes[0].contains("rien ne change"), "{:?}", tables[0].notes);
        assert_eq!(tables.len(), 1, "no table of nothing");
        let statement = books.aid_lines(2024, Right, &[Axis::Dispositif]).await;
        let expected: Vec<String> = statement
            .iter()
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                let (code, amount) = (words[0], words[words.len() - 1]);
                let count = words.iter().find(|word| word.parse::<u32>().is_ok()).unwrap();
                format!("{code} {count} 0 0 {amount} {amount} 0.00")
            })
            .collect();
        assert_eq!(lines(&tables[0]), expected);

        let all = cejs();
        // A lower ceiling cuts what is above it, in the order of the file.
        let lower = cej.replace("valeur = \"552,29\"", "valeur = \"500,00\"");
        let tables = simulate(books, &folder(books, "bas", &[("cej", lower)])).await;
        let mut used: BTreeMap<(&str, Month), i64> = BTreeMap::new();
        let mut expected = BTreeMap::new();
        for line in all.iter().filter(|line| is_552(line.month)) {
            let used = used.entry((&line.person, line.month)).or_default();
            let would = line.cents.min((50_000 - *used).max(0));
            *used += would;
            if would < line.cents {
                expected.extend([changed(line, would)]);
            }
        }
        assert!(expected.len() > 500, "{}", expected.len());
        assert_eq!(changes(&tables), expected);
        assert_eq!(lines(&tables[0])[0], cej_sum(&all, &expected));
        assert!(tables[0].notes.iter().any(|note| note.contains("CEJ")), "{:?}", tables[0].notes);
        assert_eq!(tables[1].title, "Personnes touchées", "the CEJ has no envelope");
        let said = changed_lines(&tables);
        assert!(said[0].contains("Plafond mensuel du CEJ (majeur)"), "{}", said[0]);

        // A higher one is followed by what took all that was left.
        let higher = cej.replace("valeur = \"552,29\"", "valeur = \"600,00\"");
        let tables = simulate(books, &folder(books, "haut", &[("cej", higher)])).await;
        let mut used: BTreeMap<(&str, Month), (i64, i64)> = BTreeMap::new();
        let mut expected = BTreeMap::new();
        for line in all.iter().filter(|line| is_552(line.month)) {
            let (then, now) = used.entry((&line.person, line.month)).or_default();
            let would = if *then + line.cents == 55_229 { 60_000 - *now } else { line.cents };
            *then += line.cents;
            *now += would;
            if would != line.cents {
                expected.extend([changed(line, would)]);
            }
        }
        assert!(expected.len() > 500, "{}", expected.len());
        assert_eq!(changes(&tables), expected);
        assert_eq!(lines(&tables[0])[0], cej_sum(&all, &expected));

        // A lower age refuses what is given after it.
        let younger = cej.replace("maximum_revolus = 25", "maximum_revolus = 23");
        let tables = simulate(books, &folder(books, "jeunes", &[("cej", younger)])).await;
        let people = people();
        let refused = |line: &&Line| {
            let (born_on, rqth) = people[&line.person];
            line.month.year() == 2024 && !rqth && line.month.first_day().age_of(born_on) > 23
        };
        let expected: BTreeMap<_, _> = all.iter().filter(refused).map(|line| changed(line, 0)).collect();
        assert!(expected.len() > 100, "{}", expected.len());
        assert_eq!(changes(&tables), expected);
        assert_eq!(lines(&tables[0])[0], cej_sum(&all, &expected));

        // A dispositif that only the folder has changes nothing, and is named.
        let own = shipped("clap").replace("code = \"CLAP\"", "code = \"ESSAI\"");
        let tables = simulate(books, &folder(books, "autre", &[("essai", own)])).await;
        assert!(tables[0].notes[0].ends_with(": ESSAI."), "{:?}", tables[0].notes);
        assert_eq!(tables.len(), 1, "no table of nothing");

        assert_eq!(state(books).await, before, "nothing is written");
        books.assert_whole().await;
    });
}

/// What is declared is judged under both laws: the same files still change nothing.
#[test]
fn what_is_declared_changes_nothing_under_the_same_files() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        for (kind, file) in [
            (FileKind::Parcours, "parcours"),
            (FileKind::Declarations, "declarations"),
            (FileKind::OutsideAids, "aides-ailleurs"),
        ] {
            books.declarations(kind, &example(&format!("littoral-2024/{file}.csv"))).await;
        }
        let tables = simulate(books, &folder(books, "memes", &[("cej", shipped("cej"))])).await;
        assert_eq!(tables.len(), 1, "{:?}", changed_lines(&tables));
    });
}

#[test]
fn an_envelope_tips_over_and_a_step_cuts() {
    on_both_engines(async |books| {
        books
            .people(
                &books.file(
                    "p.csv",
                    format!("{PEOPLE_HEADER}\nP1;A;A;15/03/2003;F;Calais;62193;non;non;NEET;\n"),
                ),
            )
            .await;
        let envelope = "dispositif;exercice;financeur;montant;date_notification;reference\nPACEA;2024;ETAT;600,00;02/01/2024;E1\n";
        books.envelopes(&books.file("e.csv", envelope)).await;
        let aids = "A1;PACEA;P1;aide;2024-05;02/05/2024;05/05/2024;25/05/2024;552,29;ETAT;ASP;";
        let report = books.aids(&books.file("a.csv", format!("{AID_HEADER}\n{aids}\n"))).await;
        assert_eq!((report.acceptes, report.irreguliers), (1, 0));
        let pacea = shipped("pacea");
        let dearer = pacea.replace("valeur = \"552,29\"", "valeur = \"700,00\"");
        let tables = simulate(books, &folder(books, "cher", &[("pacea", dearer)])).await;
        assert_eq!(lines(&tables[1]), ["PACEA ETAT 2024 600.00 552.29 700.00 -100.00 bascule : dépassée"]);
        assert_eq!(lines(&tables[0])[0], "PACEA 1 1 1 552.29 700.00 147.71");
        let step = r#"
[[valeur]]
code = "pas"
libelle = "Pas"
unite = "euros"
periodes = [{ du = 2017-01-01, valeur = "50,00", article = "a", source = "s", certitude = "local" }]

[[regle]]
code = "pas"
genre = "pas"
libelle = "Par 50 euros"
borne = { valeur = "pas" }
article = "a"
source = "s"
certitude = "local"
"#;
        let stepped = pacea.replacen("\n[[regle]]", &format!("{step}\n[[regle]]"), 1);
        let tables = simulate(books, &folder(books, "pas", &[("pacea", stepped)])).await;
        assert_eq!(lines(&tables[0])[0], "PACEA 1 1 1 552.29 550.00 -2.29");
        let change = &changed_lines(&tables)[0];
        assert!(change.contains("réduite Par 50 euros : 552,29"), "{change}");
        // A file at fault is refused with its place; so is an unopened year, a folder without files.
        let faulty =
            folder(books, "faute", &[("pacea", pacea.replace("genre = \"age\"", "genre = \"agee\""))]);
        let error = app::simulate_rules(&books.store, &faulty, 2024, &quiet).await.unwrap_err();
        assert!(error.to_string().contains("dispositifs/pacea.toml:"), "{error}");
        assert!(error.to_string().contains("vouliez-vous « age »"), "{error}");
        let error = app::simulate_rules(&books.store, &faulty, 2031, &quiet).await.unwrap_err();
        assert!(error.to_string().contains("2031"), "{error}");
        let empty = folder(books, "vide", &[]);
        let error = app::simulate_rules(&books.store, &empty, 2024, &quiet).await.unwrap_err();
        assert!(error.to_string().contains("aucun fichier de règles"), "{error}");
    });
}
