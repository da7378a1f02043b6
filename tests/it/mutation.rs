//! Any one value, bound, date or word of a shipped rule file, changed, makes one of its examples
//! fail, or the file is refused: no number of the law stands without an example that holds it.
//!
//! A file is read once with its examples; each change is made in its text, by the span of what is
//! changed, and what comes before the examples is read again.

use denier::calendar::Date;
use denier::rules::{Declarables, Dispositif, Law, parse_dispositif, run_examples};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What no example can see, and why. A path is that of the tables, then the key; `*` is any table.
const UNSEEN: &[(&str, &str)] = &[
    ("*.libelle", "words for the reader"),
    ("*.article", "words for the reader"),
    ("*.source", "words for the reader"),
    ("*.certitude", "words for the reader"),
    ("base_legale", "words for the reader"),
    ("code", "the name of the dispositif, that imported files write"),
    ("financeur", "whose money it is: booked, not judged"),
    ("payeur", "who hands it over: booked, not judged"),
    ("gestion.enveloppe", "the envelope is in the base, not in the file"),
    ("gestion.annee_enveloppe", "the envelope is in the base, not in the file"),
    ("gestion.fin_exercice", "booked, not judged"),
    ("gestion.indu_recouvre", "booked, not judged"),
    ("gestion.comptabilite", "booked, not judged"),
];

/// The words of the closed lists of the format.
const WORDS: &[(&str, &[&str])] = &[
    (
        "genre",
        &[
            "age",
            "situation",
            "territoire",
            "plafond",
            "nombre",
            "pas",
            "incompatibilite",
            "ordre_des_dates",
            "declaration",
            "parcours",
            "attente",
            "montant_du",
        ],
    ),
    (
        "fenetre",
        &[
            "aide",
            "semaine",
            "mois",
            "trimestre_civil",
            "annee_civile",
            "douze_mois",
            "decision",
            "parcours",
            "toujours",
        ],
    ),
    ("periode", &["mois", "mois_precedent", "moyenne_trois_mois_precedents"]),
    ("arrondi", &["centime_le_plus_proche", "centime_inferieur", "centime_superieur"]),
    ("sans_declaration", &["admis", "refuse"]),
    ("portee", &["mois", "parcours"]),
    ("levee_par", &["instance"]),
    ("unite", &["euros", "nombre", "pourcent"]),
    ("le", &["demande", "decision", "premier_du_mois", "paiement"]),
];

/// The keys that name a value of the file.
const VALUES: &[&str] = &["valeur", "fois_valeur", "part", "retrait"];

/// The keys that name what is declared of a person.
const DECLARATIONS: &[&str] = &[
    "declaration",
    "fois_declaration",
    "sauf",
    "par",
    "ou_declaration",
    "sauf_declaration",
    "prolongation",
    "declarations",
    "deduites",
    "abattues",
];

/// A shipped rule file, cut before its examples.
struct Shipped {
    path: String,
    text: String,
    head: String,
}

/// What may take the place of a name.
struct Names {
    values: Vec<String>,
    natures: Vec<String>,
    caps: Vec<String>,
    dispositifs: Vec<String>,
    /// Declared nowhere in the file.
    stranger: String,
}

/// A stretch of the text and what takes its place.
struct Change {
    span: Range<usize>,
    to: String,
}

fn rules(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-rules").join(path)
}

fn shipped() -> Vec<Shipped> {
    let mut paths: Vec<PathBuf> = ["dispositifs", "modeles"]
        .iter()
        .flat_map(|folder| rules(folder).read_dir().unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let path = path.strip_prefix(rules("")).unwrap().to_string_lossy().into_owned();
            let at = text.find("[[exemple]]").unwrap_or_else(|| panic!("{path} has no example"));
            let (head, examples) = text.split_at(at);
            assert!(!examples.contains("\n[[regle"), "{path}: the examples come last");
            Shipped { head: head.to_string(), path, text }
        })
        .collect()
}

/// The text without a stretch, nor the comma that went with it.
fn without(text: &str, span: &Range<usize>) -> Change {
    let after = &text[span.end..];
    let blank = after.len() - after.trim_start_matches(' ').len();
    if after[blank..].starts_with(',') {
        return Change { span: span.start..span.end + blank + 1, to: String::new() };
    }
    let before = text[..span.start].trim_end_matches(' ');
    let start = if before.ends_with(',') { before.len() - 1 } else { span.start };
    Change { span: start..span.end, to: String::new() }
}

fn names(file: &Shipped, law: &Law, declarables: &Declarables) -> Names {
    let found = parse_dispositif(&file.path, &file.head).unwrap();
    let others = law.dispositifs.iter().map(|other| other.code.clone());
    let mut stranger = declarables.all.iter().map(|one| &one.code);
    Names {
        values: found.values.iter().map(|value| value.code.clone()).collect(),
        natures: found.nature_types.iter().map(|(label, _)| label.clone()).collect(),
        caps: found.rules.iter().map(|rule| rule.code.clone()).collect(),
        dispositifs: others.filter(|code| *code != found.code).collect(),
        stranger: stranger.rfind(|code| !file.text.contains(&format!("\"{code}\""))).unwrap().clone(),
    }
}

/// The texts that may stand in the place of a text under a key.
fn instead(key: &str, in_natures: bool, text: &str, names: &Names) -> Vec<String> {
    let others = |all: &[String]| all.iter().filter(|other| *other != text).cloned().collect::<Vec<_>>();
    if in_natures || matches!(key, "exclues" | "code") {
        return vec![format!("{text}x")];
    }
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == key) {
        return words.iter().filter(|word| **word != text).map(ToString::to_string).collect();
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
        if key == "codes_insee" {
            let next = text.parse::<u32>().unwrap() + 1;
            return vec![format!("{next:0width$}", width = text.len()), format!("{text}0")];
        }
        let hundredths = denier::money::Amount::parse(text).unwrap().centimes();
        let write = |hundredths: i64| format!("{},{:02}", hundredths / 100, hundredths % 100);
        let less = (hundredths > 0).then(|| write(hundredths - 1));
        return less.into_iter().chain([write(hundredths + 1)]).collect();
    }
    match key {
        _ if VALUES.contains(&key) => others(&names.values),
        _ if DECLARATIONS.contains(&key) => vec![names.stranger.clone()],
        "natures" => others(&names.natures),
        "forfait" => others(&names.caps),
        "avec" => others(&names.dispositifs),
        _ => panic!("say how to change « {key} »"),
    }
}

/// Adds the changes of a table and of those in it.
fn changes(text: &str, table: &DeTable<'_>, path: &str, names: &Names, found: &mut Vec<Change>) {
    for (name, value) in table {
        let key: &str = name.get_ref();
        let here = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        let unseen = |(pattern, _): &&(&str, &str)| match pattern.strip_prefix("*.") {
            Some(last) => key == last,
            None => here == **pattern,
        };
        if here == "exemple" || UNSEEN.iter().any(|entry| unseen(&entry)) {
            continue;
        }
        let span = value.span();
        let mut replace = |span: &Range<usize>, to: String| found.push(Change { span: span.clone(), to });
        match value.get_ref() {
            DeValue::String(word) => {
                let others = instead(key, path == "natures", word, names);
                others.iter().for_each(|other| replace(&span, format!("\"{other}\"")));
            }
            DeValue::Integer(number) => {
                let number: i64 = number.as_str().parse().unwrap();
                [number - 1, number + 1].iter().for_each(|other| replace(&span, other.to_string()));
            }
            DeValue::Boolean(flag) => replace(&span, (!flag).to_string()),
            DeValue::Datetime(day) => {
                let day = Date::parse(&day.to_string()).unwrap();
                for other in [day.eve(), day.morrow()] {
                    let number = other.number();
                    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
                    replace(&span, format!("{year}-{month:02}-{day:02}"));
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item: &Spanned<DeValue<'_>>| {
                if let DeValue::Table(table) = item.get_ref() {
                    changes(text, table, &here, names, found);
                    return;
                }
                let word = item.get_ref().as_str().expect("a list of texts or of tables");
                let others = instead(key, path == "natures", word, names);
                let written = others.iter().map(|other| format!("\"{other}\""));
                found.extend(written.map(|to| Change { span: item.span(), to }));
                found.push(without(text, &item.span()));
            }),
            DeValue::Table(table) => changes(text, table, &here, names, found),
            DeValue::Float(_) => panic!("no rule file has a float"),
        }
        // A section is no key of a line: its own keys are removed one by one.
        let is_section = value.get_ref().as_table().is_some() && !text[span.clone()].starts_with('{')
            || value.get_ref().as_array().is_some() && !text[span.clone()].starts_with('[')
            || text[span.clone()].starts_with("[[");
        if !is_section {
            found.push(without(text, &(name.span().start..span.end)));
        }
    }
}

/// Puts the rules of another reading of the file under the examples that the law holds for it.
fn put(law: &mut Law, rank: u16, read: Dispositif) {
    let held = &mut law.dispositifs[usize::from(rank)];
    held.opens = read.opens;
    held.closes = read.closes;
    held.nature_types = read.nature_types;
    held.values = read.values;
    held.rules = read.rules;
}

/// Returns the changes that no example sees, as the author would look for them.
fn survivors(file: &Shipped, law: &Law, declarables: &Declarables) -> (usize, Vec<String>) {
    let mut law = law.clone();
    let whole = parse_dispositif(&file.path, &file.text).unwrap_or_else(|error| panic!("{error}"));
    let rank = law.rank(&whole.code).unwrap();
    law.dispositifs[usize::from(rank)] = whole;
    let failures: Vec<String> =
        run_examples(&law, |_| true).1.into_iter().map(|failure| failure.message).collect();
    assert!(failures.is_empty(), "{}: {failures:?}", file.path);
    let mut all = Vec::new();
    let root = DeTable::parse(&file.head).unwrap();
    changes(&file.head, root.get_ref(), "", &names(file, &law, declarables), &mut all);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let unseen = |changes: &[Change]| {
        let mut law = law.clone();
        let mut unseen = Vec::new();
        for change in changes {
            let mut text = file.head.clone();
            text.replace_range(change.span.clone(), &change.to);
            let Ok(read) = parse_dispositif(&file.path, &text) else { continue };
            put(&mut law, rank, read);
            if law.faults(Some(declarables), &[]).is_empty() && run_examples(&law, |_| true).1.is_empty() {
                let line = file.head[..change.span.start].matches('\n').count() + 1;
                let was = &file.head[change.span.clone()];
                unseen.push(format!("{}:{line} : {was} → {}", file.path, change.to));
            }
        }
        unseen
    };
    let unseen: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> =
            all.chunks(all.len().div_ceil(threads)).map(|part| scope.spawn(move || unseen(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    (all.len(), unseen)
}

/// The law of the shipped files without their examples, and what can be declared.
fn law(files: &[Shipped]) -> (Law, Declarables) {
    let heads = files.iter().map(|file| parse_dispositif(&file.path, &file.head).unwrap()).collect();
    let declarables = std::fs::read_to_string(rules("declarations.toml")).unwrap();
    (Law::new(heads), Declarables::parse("declarations.toml", &declarables).unwrap())
}

#[test]
fn an_example_holds_every_value_bound_and_date_of_a_shipped_file() {
    let files = shipped();
    let (law, declarables) = law(&files);
    let mut tried = 0;
    let mut unseen = Vec::new();
    for file in &files {
        let (changes, survivors) = survivors(file, &law, &declarables);
        assert!(changes > 20, "{}: {changes} changes", file.path);
        tried += changes;
        unseen.extend(survivors);
    }
    let files: BTreeSet<&str> = unseen.iter().filter_map(|line| line.split(':').next()).collect();
    assert!(
        unseen.is_empty(),
        "{} of {tried} changes in {files:?} are seen by no example:\n{}",
        unseen.len(),
        unseen.join("\n")
    );
}

#[test]
fn a_value_without_its_example_is_seen() {
    let files = shipped();
    let (law, declarables) = law(&files);
    let clap = files.into_iter().find(|file| file.path.ends_with("/clap.toml")).unwrap();
    let exact = clap.text.find("titre = \"Un centime au-dessus\"").expect("the example above the cap");
    let end = exact + clap.text[exact..].find("[[exemple]]").unwrap();
    let start = clap.text[..exact].rfind("[[exemple]]").unwrap();
    let text = format!("{}{}", &clap.text[..start], &clap.text[end..]);
    let (_, unseen) = survivors(&Shipped { text, ..clap }, &law, &declarables);
    assert!(unseen.iter().any(|line| line.contains("\"1000,00\" → \"1000,01\"")), "{unseen:?}");
}
