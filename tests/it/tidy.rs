//! The shape of the code: who may use whom, where SQL lives, what both engines share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_under(&path, extension));
        } else if path.extension().is_some_and(|of| of == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let files = files_under(&root().join("src"), "rs");
    files
        .iter()
        .map(|path| {
            (
                path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned(),
                std::fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// Each module of the crate and those that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("calendar", &[]),
    ("words", &["calendar"]),
    ("ledger", &["money", "calendar", "words", "funding"]),
    ("funding", &["money", "calendar", "words", "ledger"]),
    ("import", &["money", "calendar", "words", "ledger", "funding"]),
    ("rules", &["money", "calendar", "words", "ledger", "funding", "import"]),
    ("posting", &["money", "calendar", "words", "ledger", "funding"]),
    ("balances", &["money", "calendar", "words", "ledger", "funding"]),
    ("statements", &["money", "calendar", "words", "ledger", "funding"]),
    ("documents", &["money", "calendar", "words", "ledger", "funding", "rules", "statements"]),
    ("export", &["money", "calendar", "words", "statements"]),
    ("store", &["money", "calendar", "words", "ledger", "funding", "balances", "posting"]),
    (
        "app",
        &[
            "money",
            "calendar",
            "words",
            "ledger",
            "funding",
            "import",
            "rules",
            "posting",
            "balances",
            "statements",
            "documents",
            "export",
            "store",
        ],
    ),
    (
        "cli",
        &[
            "money",
            "calendar",
            "words",
            "ledger",
            "funding",
            "statements",
            "documents",
            "export",
            "app",
            "store",
            "web",
        ],
    ),
    (
        "web",
        &[
            "money",
            "calendar",
            "words",
            "ledger",
            "funding",
            "statements",
            "documents",
            "export",
            "app",
            "store",
        ],
    ),
];

#[test]
fn modules_use_only_what_is_before_them() {
    for (path, text) in sources() {
        let Some((module, _)) = path.split_once('/') else { continue };
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module}: say whom it may use"));
        for (at, _) in text.match_indices("crate::") {
            let used: String =
                text[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(used == module || allowed.contains(&used.as_str()), "src/{path} uses crate::{used}");
        }
    }
}

#[test]
fn each_library_has_its_place() {
    let places = [
        ("sqlx", "store/"),
        ("clap", "cli/"),
        ("indicatif", "cli/"),
        ("axum", "web/"),
        ("axum_extra", "web/"),
        ("maud", "web/"),
        ("argon2", "app/password.rs"),
        ("getrandom", "app/clock.rs"),
        ("rust_xlsxwriter", "export/xlsx.rs"),
        ("zip", "export/archive.rs"),
        ("krilla", "documents/pdf/"),
        ("skrifa", "documents/pdf/"),
        ("std::fs", "app/|cli/|store/engine.rs|web/upload.rs|web/results.rs"),
        ("tempfile", "web/results.rs|web/upload.rs|app/context.rs"),
    ];
    for (path, text) in sources() {
        for (library, place) in places {
            let inside = place.split('|').any(|place| path.starts_with(place));
            assert!(inside || !text.contains(&format!("{library}::")), "src/{path} uses {library}");
        }
        let sql = ["select ", "insert into ", "update ", "delete from "];
        for (number, line) in text.lines().enumerate().filter(|_| !path.starts_with("store/")) {
            let is_query = line.split('"').any(|quoted| sql.iter().any(|verb| quoted.starts_with(verb)));
            assert!(!is_query, "src/{path}:{} holds SQL", number + 1);
        }
    }
}

/// Where a number must be handed over to a library as a float: no arithmetic there, nor anything read back.
const FLOATS: &[&str] = &["export/xlsx.rs"];

#[test]
fn money_is_never_a_float() {
    // Places on a page are fractions of points; the figures themselves arrive there as words.
    let is_money = |path: &str| !path.starts_with("documents/pdf/") && !FLOATS.contains(&path);
    for (path, text) in sources().into_iter().filter(|(path, _)| is_money(path)) {
        for float in ["f32", "f64"] {
            assert!(
                !text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == float),
                "src/{path} uses {float}"
            );
        }
    }
}

#[test]
fn pages_do_not_reckon() {
    let pages = || sources().into_iter().filter(|(path, _)| path.starts_with("documents/pdf/"));
    assert!(pages().count() > 5);
    for (path, text) in pages() {
        assert!(!text.contains("crate::money"), "src/{path} uses money");
    }
}

#[test]
fn accounts_are_in_the_layouts() {
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("statements/")) {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for quoted in code.split('"') {
            let is_account = quoted.len() > 2 && quoted.bytes().all(|byte| byte.is_ascii_digit());
            assert!(!is_account, "src/{path} names the account {quoted}: it belongs in ledger-rules/etats/");
        }
    }
}

#[test]
fn nothing_is_left_over() {
    for (path, text) in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "dbg!("] {
            assert!(!text.contains(word), "src/{path} holds {word}");
        }
        if path.ends_with("mod.rs") {
            assert!(text.starts_with("//! "), "src/{path} opens with what it is");
            assert!(
                text.contains("Never:"),
                "src/{path} says what comes in, what goes out, what it never does"
            );
        }
    }
}

/// The tables of a migration as (table, column, class of type, not null).
fn columns(text: &str) -> BTreeSet<(String, String, String, bool)> {
    let mut found = BTreeSet::new();
    let mut table = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("create table ") {
            table = Some(name.trim_end_matches(" (").to_string());
        } else if line.starts_with(')') {
            table = None;
        } else if let Some(table) = &table {
            let words: Vec<&str> = line.split_whitespace().collect();
            let class = match words.get(1).map(|word| word.trim_end_matches(',')) {
                Some("INTEGER" | "BIGINT") => "number",
                Some("TEXT") => "text",
                Some("BLOB" | "BYTEA") => "bytes",
                _ => continue,
            };
            found.insert((table.clone(), words[0].to_string(), class.to_string(), line.contains("not null")));
        }
    }
    found
}

#[test]
fn both_engines_have_the_same_tables() {
    let names = |engine: &str| files_under(&root().join("migrations").join(engine), "sql");
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(sqlite.len(), postgres.len());
    for (one, other) in sqlite.iter().zip(&postgres) {
        assert_eq!(one.file_name(), other.file_name());
        let (one, other) = (std::fs::read_to_string(one).unwrap(), std::fs::read_to_string(other).unwrap());
        let found = columns(&one);
        let tables: BTreeSet<&str> = found.iter().map(|(table, ..)| table.as_str()).collect();
        let indexes = |text: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix("create index "));
            lines.map(str::to_string).collect::<BTreeSet<_>>()
        };
        assert!(!tables.is_empty() || !indexes(&one).is_empty(), "the migration was read");
        assert_eq!(indexes(&one), indexes(&other));
        assert_eq!(tables.len(), one.matches("create table ").count(), "every table was read");
        assert_eq!(found, columns(&other));
        let triggers = |text: &str| {
            text.lines()
                .filter_map(|line| line.strip_prefix("create trigger "))
                .filter(|line| !line.contains("truncate"))
                .map(|line| line.split(' ').next().unwrap().to_string())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(triggers(&one), triggers(&other));
    }
}

#[test]
fn every_finding_is_in_the_guide() {
    let guide =
        std::fs::read_to_string(root().join("docs/guide/constats.md")).expect("docs/guide/constats.md");
    for code in denier::ledger::Code::ALL {
        assert!(
            guide.contains(&format!("### {}\n", code.text())),
            "docs/guide/constats.md explains {}",
            code.text()
        );
    }
}

#[test]
fn every_embedded_rule_file_is_the_one_of_the_folder() {
    let embedded: BTreeSet<String> =
        denier::app::embedded_rules().into_iter().map(|(path, _)| path).collect();
    let folder = root().join("ledger-rules");
    let files = ["toml", "csv"]
        .iter()
        .flat_map(|extension| files_under(&folder, extension))
        .map(|path| path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(embedded, files);
}
