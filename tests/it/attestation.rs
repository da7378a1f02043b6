//! Attestations: the words of the paper, to the letter, and the bytes of the fingerprint.
//! `REFRESH_GOLDEN=1 cargo test attestation` writes the papers again, to be read in the diff.

use denier::calendar::{Date, Month};
use denier::documents::{Block, attestation_paper, render_text};
use denier::funding::DateKind;
use denier::ledger::seal::hex;
use denier::money::Amount;
use denier::statements::{
    Attestation, AttestationContent, AttestationError, AttestedAid, AttestedDispositif, AttestedPayer,
    AttestedPerson, ChainHead, KnownBy,
};
use std::path::Path;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

/// An aid from `mois dispositif payeur montant jour`, its day `-` where it is unpaid.
fn aid(line: &str) -> AttestedAid {
    let words: Vec<&str> = line.split_whitespace().collect();
    AttestedAid {
        month: month(words[0]),
        dispositif: words[1].into(),
        payer: words[2].into(),
        amount: Amount::parse(words[3]).unwrap(),
        paid_on: Date::parse(words[4]),
    }
}

fn content(basis: DateKind, period: (&str, &str), aids: &[&str]) -> AttestationContent {
    let dispositif =
        |(code, label): (&str, &str)| AttestedDispositif { code: code.into(), label: label.into() };
    let payer = |code: &str, label: &str, known_by| AttestedPayer {
        code: code.into(),
        label: label.into(),
        known_by,
    };
    AttestationContent {
        number: "AT-2024-000123".into(),
        dated: day("2024-12-31"),
        structure: "Mission locale d'essai".into(),
        siren: Some("123456789".into()),
        person: AttestedPerson {
            number: "B00026".into(),
            last_name: "DEWAELE".into(),
            first_name: "Camille".into(),
            born_on: Some(day("2000-05-22")),
        },
        first: month(period.0),
        last: month(period.1),
        basis,
        dispositifs: [
            ("CEJ", "Contrat d'engagement jeune"),
            ("CLAP", "Comité local d'aide aux projets"),
            ("FAJ", "Fonds d'aide aux jeunes (département)"),
            ("FDF", "Fonds de projet de la Fondation de France"),
            ("GJ", "Garantie jeunes"),
            ("PACEA", "Allocation ponctuelle du PACEA"),
            ("TOIT", "Aide au logement"),
        ]
        .map(dispositif)
        .into(),
        payers: vec![
            payer("STRUCTURE", "La structure", KnownBy::Itself),
            payer(
                "ASP",
                "Agence de services et de paiement",
                KnownBy::Returns(day("2024-12-10"), Some(day("2024-11-28"))),
            ),
        ],
        aids: aids.iter().map(|line| aid(line)).collect(),
        head: ChainHead { entry: "AIDES-2024-0012".into(), seal: "c4baa3d8".into() },
    }
}

const PAID: &[&str] = &[
    "2024-10 CEJ ASP 364,51 10/10/2024",
    "2024-11 CEJ ASP 552,29 10/11/2024",
    "2024-08 FAJ STRUCTURE 200,00 05/08/2024",
    "2024-08 FAJ STRUCTURE 96,94 20/08/2024",
    "2024-11 PACEA ASP 2100,00 14/11/2024",
];

/// The paper as text: heavier words between stars.
fn read(content: AttestationContent) -> String {
    let paper = attestation_paper(&Attestation::new(content).unwrap());
    let mut text = format!(
        "title: {}\nsubject: {}\ndated: {}\nletterhead: {}\nwarning: {:?}\nfooter: {}\nlandscape: {}\n",
        paper.title,
        paper.subject,
        paper.dated,
        paper.letterhead.join(" / "),
        paper.warning,
        paper.footer,
        paper.landscape
    );
    for block in &paper.blocks {
        text.push('\n');
        match block {
            Block::Heading(words) => text.push_str(&format!("# {words}\n")),
            Block::Paragraph(runs) => {
                let words = runs
                    .iter()
                    .map(|run| if run.bold { format!("*{}*", run.text) } else { run.text.clone() });
                text.push_str(&format!("{}\n", words.collect::<String>()));
            }
            Block::Note(words) => text.push_str(&format!("{words}\n")),
            Block::Table(table) => text.push_str(&render_text(table)),
            Block::Signature(lines) => text.push_str(&format!("[signature]\n{}\n", lines.join("\n"))),
        }
    }
    text
}

#[test]
fn papers_say_who_received_what_from_whom_and_how_it_is_known() {
    use DateKind::{Payment, Right};
    let year = ("2024-01", "2024-12");
    let autumn = ("2024-08", "2024-12");
    let seven: Vec<String> = ["CEJ", "CLAP", "FAJ", "FDF", "GJ", "PACEA", "TOIT"]
        .iter()
        .map(|code| format!("2024-10 {code} ASP 10,00 01/10/2024"))
        .collect();
    let seven: Vec<&str> = seven.iter().map(String::as_str).collect();
    let unpaid =
        &["2024-10 CEJ ASP 552,29 10/11/2024", "2024-12 CEJ ASP 552,29 -", "2024-10 FAJ STRUCTURE 50,00 -"];
    let mut unknown = content(Payment, ("2024-10", "2024-10"), &["2024-10 CEJ ASP 1,00 10/10/2024"]);
    (unknown.person.born_on, unknown.siren) = (None, None);
    let cases = [
        ("paiement", content(Payment, year, PAID)),
        ("droit", content(Right, autumn, unpaid)),
        ("aucune", content(Payment, autumn, &[])),
        ("cinq", content(Payment, autumn, &seven[..5])),
        ("sept", content(Payment, autumn, &seven)),
        ("inconnu", unknown),
    ];
    for (name, content) in cases {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/attestation/{name}.txt"));
        let said = read(content);
        if std::env::var_os("REFRESH_GOLDEN").is_some() {
            std::fs::write(&path, &said).unwrap();
        }
        assert_eq!(said, std::fs::read_to_string(&path).unwrap(), "{name}");
        for (at, c) in said.char_indices().filter(|(_, c)| [':', ';', '€', '»'].contains(c)) {
            let metadata =
                said[..at].rsplit('\n').next().is_some_and(|line| line.chars().all(char::is_alphabetic));
            assert!(metadata || said[..at].ends_with('\u{a0}'), "{name}: a plain space before {c}");
        }
    }
}

/// The digest was computed in Python from docs/seal.md alone.
#[test]
fn the_fingerprint_is_that_of_the_specification() {
    let attestation = Attestation::new(content(DateKind::Payment, ("2024-08", "2024-11"), PAID)).unwrap();
    assert_eq!(
        hex(&attestation.fingerprint()),
        "e6049f757dd6b5b6bdb231c85e8a6dda2ed0ac3ea96e10b83065d77fec1e8eda"
    );
    assert_eq!(attestation.code(), "AT-2024-000123-e604-9f75-7dd6-b5b6");
}

#[test]
fn the_same_facts_make_the_same_attestation_and_each_fact_counts() {
    let of = |content: AttestationContent| Attestation::new(content).unwrap().fingerprint();
    let year = ("2024-01", "2024-12");
    let base = || content(DateKind::Payment, year, PAID);
    let mut shuffled = base();
    shuffled.aids.reverse();
    shuffled.payers.reverse();
    shuffled.dispositifs.rotate_left(3);
    assert_eq!(of(shuffled), of(base()));
    let changes: &[fn(&mut AttestationContent)] = &[
        |c| c.number.push('0'),
        |c| c.dated = c.dated.morrow(),
        |c| c.structure.push('s'),
        |c| c.siren = None,
        |c| c.person.number.push('0'),
        |c| c.person.last_name.push('S'),
        |c| c.person.first_name.clear(),
        |c| c.person.born_on = None,
        |c| c.first = c.first.plus(1),
        |c| c.last = c.last.plus(1),
        |c| c.basis = DateKind::Right,
        |c| c.dispositifs[0].label.push('s'),
        |c| c.dispositifs.truncate(6),
        |c| c.payers[0].label.push('s'),
        |c| c.payers[1].known_by = KnownBy::Itself,
        |c| c.payers[1].known_by = KnownBy::Returns(c.dated, None),
        |c| c.aids[0].amount += Amount::from_centimes(1),
        |c| c.aids[0].paid_on = Some(c.aids[0].month.last_day()),
        |c| c.aids[0].payer = "STRUCTURE".into(),
        |c| c.aids[0].dispositif = "GJ".into(),
        |c| c.aids.truncate(4),
        |c| c.head.entry.push('0'),
        |c| c.head.seal.push('0'),
    ];
    let mut seen = vec![of(base())];
    for (rank, change) in changes.iter().enumerate() {
        let mut changed = base();
        change(&mut changed);
        let fingerprint = of(changed);
        assert!(!seen.contains(&fingerprint), "change {rank} is not seen");
        seen.push(fingerprint);
    }
}

#[test]
fn the_parts_add_up_to_the_total() {
    let attestation = Attestation::new(content(DateKind::Payment, ("2024-01", "2024-12"), PAID)).unwrap();
    assert_eq!(attestation.total(), Amount::from_centimes(331_374));
    let parts = attestation.payer_parts();
    assert_eq!(parts.iter().map(|part| part.total).sum::<Amount>(), attestation.total());
    for part in &parts {
        assert_eq!(part.dispositifs.iter().map(|(_, sum)| *sum).sum::<Amount>(), part.total);
    }
    assert_eq!(attestation.table().unwrap().rows.len(), 12, "months without aid are shown");
}

#[test]
fn what_cannot_be_attested_is_refused() {
    use AttestationError::{Basis, Code, Period};
    use DateKind::{Decision, Payment, Right};
    let year = ("2024-01", "2024-12");
    let mut doubled = content(Payment, year, &[]);
    doubled.payers.push(doubled.payers[0].clone());
    let mut empty = content(Payment, year, &[]);
    empty.dispositifs[0].code.clear();
    let outside = |aid| AttestationError::Month(month(aid));
    let cases = [
        (content(Payment, ("2024-02", "2024-01"), &[]), Period(month("2024-02"), month("2024-01"))),
        (content(Decision, year, &[]), Basis),
        (content(Right, year, &["2025-01 CEJ ASP 1,00 -"]), outside("2025-01")),
        (content(Right, year, &["2023-12 CEJ ASP 1,00 01/01/2024"]), outside("2023-12")),
        (content(Payment, year, &["2024-01 CEJ ASP 1,00 -"]), outside("2024-01")),
        (content(Payment, year, &["2024-01 CEJ ASP 1,00 01/02/2024"]), outside("2024-01")),
        (content(Payment, year, &["2024-01 RSA ASP 1,00 01/01/2024"]), Code("RSA".into())),
        (content(Payment, year, &["2024-01 CEJ CAF 1,00 01/01/2024"]), Code("CAF".into())),
        (doubled, Code("STRUCTURE".into())),
        (empty, Code(String::new())),
    ];
    for (content, error) in cases {
        assert_eq!(Attestation::new(content), Err(error));
    }
}
