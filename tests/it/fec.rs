//! FEC as packages write them: each small file of `tests/cases/fec` has its outcome.

use denier::app::embedded_rules;
use denier::import::{EntryKey, FecFile, FecLine, LineKind, Profile, Sniffer, read_fec};
use denier::ledger::Severity;
use denier::money::Amount;
use std::path::Path;

fn profile() -> Profile {
    let path = "profils/fec.toml";
    let (_, text) = embedded_rules().into_iter().find(|(known, _)| known == path).expect("the profile");
    Profile::parse(path, &text).expect("a profile")
}

fn read(bytes: &[u8], rounding_account: Option<&str>) -> FecFile {
    let mut sniffer = Sniffer::default();
    sniffer.block(bytes);
    let file = read_fec(bytes, &sniffer.finish(), &profile(), rounding_account).expect("bytes are read");
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
