//! FEC as packages write them: each small file of `tests/cases/fec` has its outcome.

use denier::app::embedded_rules;
use denier::calendar::Date;
use denier::import::{
    AmountForm, Encoding, EntryKey, FecFile, FecLine, MAX_RECORD, Profile, Sniffer, identities, read_fec,
};
use denier::ledger::LineKind;
use denier::ledger::Severity;
use denier::money::Amount;
use denier::rules::{Explainer, Law};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let path = "profils/fec.toml";
    let (_, text) = embedded_rules().into_iter().find(|(known, _)| known == path).expect("the profile");
    Profile::parse(path, &text).expect("a profile")
});

fn read(bytes: &[u8], rounding_account: Option<&str>) -> FecFile {
    let mut sniffer = Sniffer::default();
    sniffer.block(bytes);
    let file = read_fec(bytes, &sniffer.finish(), &PROFILE, rounding_account).expect("bytes are read");
    assert_accounted(&file);
    file
}

/// Whatever the file: read = kept + refused, and entries balance unless all is refused.
fn assert_accounted(file: &FecFile) {
    let kept = file.lines.len() as u64 - u64::from(file.added);
    assert_eq!(file.reading.read, kept + file.reading.refused);
    let refusals = file.reading.findings.iter().any(|finding| finding.severity == Severity::Refusal);
    assert_eq!(refusals, file.reading.refused > 0);
    assert!(!refusals || file.lines.is_empty(), "a FEC is read whole or not at all");
    let mut gaps = vec![Amount::ZERO; file.entries as usize];
    for line in &file.lines {
        gaps[line.entry as usize] += line.amount;
    }
    assert!(gaps.iter().all(|gap| gap.is_zero()));
}

/// Writes what reading a file gave: its form where it is unusual, its lines, then each finding as the
/// user reads it.
fn outcome(file: &FecFile) -> String {
    let mut out = match file.reading.refused {
        0 => format!("{} lines, {} entries by {}", file.lines.len(), file.entries, file.key.label()),
        refused => format!("refused, {refused} lines"),
    };
    let form = file.form;
    if (form.separator, form.encoding, form.amounts) != (b'\t', Encoding::Utf8, AmountForm::DebitCredit) {
        let separator = char::from(form.separator);
        out.push_str(&format!(", {separator:?} {} {:?}", form.encoding.label(), form.amounts));
    }
    if file.added > 0 {
        out.push_str(&format!(", {} added", file.added));
    }
    if let Some(line) = file.first_unvalidated {
        out.push_str(&format!(", provisional from {line}"));
    }
    if file.reading.blank > 0 {
        out.push_str(&format!(", {} blank", file.reading.blank));
    }
    if !file.reading.dropped.is_empty() {
        out.push_str(&format!(", not kept: {}", file.reading.dropped.join(", ")));
    }
    out.push('\n');
    out.push_str(&lines_of(file));
    let law = Law::new(Vec::new());
    let column_name = |column| file.reading.column_name(column);
    let explainer =
        Explainer { law: &law, words: &file.words, keys: None, lifted: &[], column_name: &column_name };
    for wording in file.reading.findings.iter().map(|finding| explainer.word(finding)) {
        let column = wording.column.map_or_else(String::new, |column| format!(" {column}"));
        let (line, severity, code, message) = (wording.line, wording.severity, wording.code, wording.message);
        out.push_str(&format!("  {line}{column} {severity} {code}: {message}\n"));
    }
    out
}

fn lines_of(file: &FecFile) -> String {
    let mut out = String::new();
    for line in &file.lines {
        let kind = match line.kind {
            LineKind::Opening => "opening ",
            LineKind::Movement => "",
            LineKind::Closing => "closing ",
        };
        let texts = [line.journal, line.piece, line.account, line.auxiliary, line.label, line.analytic];
        let texts: Vec<&str> = texts.iter().map(|word| file.words.get(*word)).collect();
        let date = |date: Option<Date>| date.map_or_else(|| "-".to_string(), |date| date.to_string());
        out.push_str(&format!(
            "  {} {kind}entry {}, {}, piece {}, letter {}: {} {}\n",
            line.line,
            line.entry,
            line.date,
            date(line.piece_date),
            date(line.letter_date),
            texts.join(" | ").trim_end_matches([' ', '|']),
            line.amount.to_plain(),
        ));
    }
    out
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/fec")
}

/// The case files by name.
fn case_files() -> BTreeMap<String, Vec<u8>> {
    let paths = std::fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path());
    let texts = paths.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    texts
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into(), std::fs::read(path).unwrap()))
        .collect()
}

/// `outcomes.md` has a section for each file; a second one, « name, écart d'arrondi sur COMPTE », where
/// the file is read with that account.
#[test]
fn every_case_has_its_outcome() {
    let files = case_files();
    let text = std::fs::read_to_string(cases().join("outcomes.md")).unwrap();
    let simple = lines_of(&read(&files["simple"], None));
    let mut read_cases = BTreeSet::new();
    let mut failures = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let (title, expected) = section.split_once('\n').unwrap();
        let (name, account) = match title.split_once(", écart d'arrondi sur ") {
            Some((name, account)) => (name, Some(account)),
            None => (title, None),
        };
        let mut found = outcome(&read(&files[name], account));
        if name != "simple" {
            found = found.replace(&simple, "  the lines of simple.txt\n");
        }
        if found.trim_end() != expected.trim_end() {
            failures.push(format!("## {title}\n{found}"));
        }
        read_cases.insert(name.to_string());
    }
    assert_eq!(read_cases, files.keys().cloned().collect(), "one section for each file");
    assert!(failures.is_empty(), "found instead:\n{}", failures.concat());
}

#[test]
fn the_four_examples_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Vec::new();
    for path in [
        "littoral-2024/FEC-2023.txt",
        "littoral-2024/FEC-2024.txt",
        "lys-2021/FEC-2020.txt",
        "lys-2021/FEC-2021.txt",
    ] {
        let file = read(&std::fs::read(folder.join(path)).unwrap(), None);
        assert!(file.reading.findings.is_empty(), "{path}: {:?}", file.reading.findings);
        assert!(file.reading.dropped.is_empty() && file.first_unvalidated.is_none());
        let sum = |class: char| -> String {
            let of_class = |line: &&FecLine| file.words.get(line.account).starts_with(class);
            let sum: Amount = file.lines.iter().filter(of_class).map(|line| line.amount).sum();
            sum.to_plain()
        };
        let opening = file.lines.iter().filter(|line| line.kind == LineKind::Opening).count();
        let (first, last) = (file.first_day.unwrap(), file.last_day.unwrap());
        found.push(format!(
            "{path}: {} {:?} {:?}, {} lines, {} entries, {opening} opening, {first} to {last}, 6: {}, 7: {}",
            file.form.encoding.label(),
            char::from(file.form.separator),
            file.form.amounts,
            file.lines.len(),
            file.entries,
            sum('6'),
            sum('7'),
        ));
        assert_eq!(file.key, EntryKey::JournalNumber);
    }
    // The charges and the products of 2024 are those published.
    assert_eq!(
        found,
        [
            "littoral-2024/FEC-2023.txt: ISO-8859-15 '\\t' DebitCredit, 793 lines, 393 entries, 9 opening, 2023-01-01 to 2023-12-31, 6: 5401982.56, 7: -5538510.37",
            "littoral-2024/FEC-2024.txt: ISO-8859-15 '\\t' DebitCredit, 802 lines, 396 entries, 12 opening, 2024-01-01 to 2024-12-31, 6: 5625711.51, 7: -5692218.20",
            "lys-2021/FEC-2020.txt: UTF-8 '|' AmountSide, 438 lines, 216 entries, 8 opening, 2020-01-01 to 2020-12-31, 6: 4098913.00, 7: -4390644.00",
            "lys-2021/FEC-2021.txt: UTF-8 '|' AmountSide, 452 lines, 221 entries, 12 opening, 2021-01-01 to 2021-12-31, 6: 5242587.00, 7: -5561381.00",
        ]
    );
}

#[test]
fn a_line_of_two_mebibytes_is_one_refusal() {
    let text = String::from_utf8(case_files()["simple"].clone()).unwrap();
    let long = text.replacen("Papier", &"x".repeat(2 * MAX_RECORD), 1);
    let found = outcome(&read(long.as_bytes(), None));
    assert_eq!(
        found,
        "refused, 4 lines
  0 refus fec_refuse_entier: 1 refus : un FEC s'importe entier ou pas du tout, rien n'est écrit
  2 refus enregistrement_trop_long: enregistrement de plus de 1 Mo
"
    );
}

#[test]
fn whatever_the_bytes_every_record_is_accounted_for() {
    let seed = 2_024;
    let mut random = fastrand::Rng::with_seed(seed);
    let files = case_files();
    let (mut refused, mut accepted) = (0, 0);
    for round in 0..400 {
        let names: Vec<&String> = files.keys().collect();
        let mut bytes = files[names[random.usize(..names.len())]].clone();
        for _ in 0..random.usize(1..4) {
            if bytes.is_empty() {
                break;
            }
            let at = random.usize(..bytes.len());
            match random.u8(..6) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.truncate(at),
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, *random.choice(b"\t|;,\"'\r\n\0-.09\xe9").unwrap()),
                4 => bytes[at] = b'0' + random.u8(..10),
                _ => {
                    // A piece of the file, twice.
                    let end = (at + random.usize(..200)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        let account = random.bool().then_some("658000");
        let outcome = std::panic::catch_unwind(|| {
            let file = read(&bytes, account);
            assert_eq!(identities(&file).len(), file.lines.len());
            file.reading.refused > 0
        });
        match outcome {
            Ok(true) => refused += 1,
            Ok(false) => accepted += 1,
            Err(_) => panic!("round {round} of seed {seed}: {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    assert!(refused > 300 && accepted > 20, "{refused} refused, {accepted} accepted");
}

/// The lines of a text below its header, mixed.
fn shuffled(text: &str, random: &mut fastrand::Rng) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    random.shuffle(&mut lines[1..]);
    lines.join("\n")
}

#[test]
fn an_identity_survives_renumbering_and_another_order() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lys-2021/FEC-2021.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let sorted = |text: &str| {
        let mut identities = identities(&read(text.as_bytes(), None));
        identities.sort_unstable();
        identities
    };
    // Lines that are the same word for word are told apart by their rank.
    let header = text.lines().next().unwrap();
    let last_entry: Vec<&str> = text.lines().rev().take(2).collect();
    let text = format!("{text}{}\n{}\n", last_entry[1], last_entry[0]);
    let known = sorted(&text);
    assert!(known.windows(2).all(|pair| pair[0] != pair[1]), "no two lines have one identity");

    let mut random = fastrand::Rng::with_seed(7);
    let renumbered: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells: Vec<String> = line.split('|').map(str::to_string).collect();
            cells[2] = format!("{}", 10_000 - cells[2].parse::<u32>().unwrap());
            cells[15] = String::new();
            cells.join("|")
        })
        .collect();
    let renumbered = shuffled(&format!("{header}\n{}", renumbered.join("\n")), &mut random);
    assert_eq!(sorted(&renumbered), known);

    // Each of its fields makes another line of it.
    let line = text.lines().nth(20).unwrap();
    for (rank, value) in
        [(0, "XX"), (3, "20210630"), (4, "999000"), (6, "AUX"), (8, "PIECE"), (10, "Autre"), (11, "1,23")]
    {
        let mut cells: Vec<&str> = line.split('|').collect();
        cells[rank] = value;
        let changed = read(format!("{header}\n{}\n{}\n", cells.join("|"), opposite(&cells)).as_bytes(), None);
        assert!(changed.reading.findings.iter().all(|finding| finding.severity != Severity::Refusal));
        assert!(!known.contains(&identities(&changed)[0]), "column {rank}");
    }

    // The boundary between two texts is part of it.
    let with = |piece: &str, label: &str| {
        let mut cells: Vec<&str> = line.split('|').collect();
        (cells[8], cells[10]) = (piece, label);
        let file = read(format!("{header}\n{}\n{}\n", cells.join("|"), opposite(&cells)).as_bytes(), None);
        identities(&file)[0]
    };
    assert_ne!(with("AB", "C"), with("A", "BC"));
}

/// The line that balances another.
fn opposite(cells: &[&str]) -> String {
    let mut cells = cells.to_vec();
    cells[12] = if cells[12] == "D" { "C" } else { "D" };
    cells.join("|")
}

/// The identity is kept in the base: its bytes never change. These were computed by another program.
#[test]
fn an_identity_is_always_the_same() {
    let file = read(&case_files()["simple"], None);
    let hex: Vec<String> =
        identities(&file).iter().map(|identity| denier::ledger::seal::hex(identity)).collect();
    assert_eq!(
        hex,
        [
            "0ee2058eef825a950f9231f711930282",
            "528ea025166e5904eafe2caaefb45f20",
            "fb07b975d9256e6033f94550e37ed86f",
            "d4c8bba0753355205c228e3821fafeb1",
        ]
    );
}
