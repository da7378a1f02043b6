//! Seals, against golden vectors and against the second verifier, written in another language from
//! `docs/seal.md` alone.

use crate::harness::{on_both_engines, quiet};
use crate::tamper::{add_derogations, add_life, alter, fill, fill_general};
use denier::app;
use denier::calendar::{Date, Month};
use denier::funding::Mode;
use denier::ledger::LineKind;
use denier::ledger::content::{
    ActContent, AidContent, AxesCodes, DerogationContent, GeneralContent, HeaderContent, LotContent, Origin,
    TermsCodes, encode_axes, encode_line, general_texts,
};
use denier::ledger::seal::{Canonical, Digest, Root, hex, salted};
use denier::money::Amount;
use sha2::Digest as _;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

/// A section of a golden file: `line` or `header`, its values by name.
#[derive(Default)]
struct Section {
    kind: String,
    values: HashMap<String, String>,
    findings: Vec<String>,
    /// The rules of its derogation.
    lifted: Vec<String>,
}

impl Section {
    fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> i64 {
        self.values.get(name).map_or(0, |value| value.parse().expect("a number"))
    }

    fn day(&self, name: &str) -> Option<Date> {
        self.values
            .get(name)
            .map(|value| Date::from_number(value.parse().expect("a number")).expect("a date"))
    }

    /// A salt and a text.
    fn salted(&self, name: &str) -> Option<Digest> {
        self.values.get(name).map(|value| {
            let (salt, text) = value.split_once(' ').expect("a salt and a text");
            salted(&bytes(salt), text)
        })
    }
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for row in text.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        match row.strip_prefix("  ") {
            None => sections.push(Section { kind: row.into(), ..Section::default() }),
            Some(row) => {
                let (name, value) = row.split_once(' ').unwrap_or((row, ""));
                let section = sections.last_mut().expect("a section");
                if name == "finding" {
                    section.findings.push(value.into());
                } else if name == "derogation_rule" {
                    section.lifted.push(value.into());
                } else {
                    assert!(section.values.insert(name.into(), value.into()).is_none(), "{name} twice");
                }
            }
        }
    }
    sections
}

/// Encodes a line by the program's own types.
fn line(section: &Section) -> Canonical {
    let axes = encode_axes(&AxesCodes {
        dispositif: section.text("dispositif").into(),
        funder: section.text("funder").into(),
        convention: section.text("convention").into(),
        site: section.text("site").into(),
        envelope_year: u32::try_from(section.number("envelope_year")).expect("a year"),
    });
    let origin = section.values.contains_key("source").then(|| Origin {
        lot: section.number("lot"),
        source: section.text("source"),
        file: section.text("file"),
        line: section.number("file_line"),
        reference: section.text("reference"),
    });
    let terms = section.values.contains_key("mode").then(|| {
        let terms = TermsCodes {
            nature: section.text("nature").into(),
            committee: section.text("committee").into(),
            payer: section.text("payer").into(),
            payee: section.salted("payee"),
            mode: Mode::parse(section.text("mode")).expect("a mode"),
            rules: section.text("rules").into(),
        };
        terms.encode()
    });
    let reason = section.salted("derogation_reason");
    let derogation = reason.as_ref().map(|reason| {
        let derogation = DerogationContent {
            number: section.number("derogation"),
            amount: Amount::from_centimes(section.number("derogation_amount")),
            rules: &section.lifted,
            reason,
            asked: (
                section.text("derogation_asked_by"),
                section.day("derogation_asked_on").expect("the day it was asked"),
            ),
            approved: (
                section.text("derogation_approved_by"),
                section.day("derogation_approved_on").expect("the day it was approved"),
            ),
        };
        derogation.encode()
    });
    let aid = terms.as_ref().map(|terms| AidContent {
        pseudonym: section.text("pseudonym"),
        decided_on: section.day("decided_on").expect("a decision"),
        undated: section.values.contains_key("decision_undated"),
        requested_on: section.day("requested_on"),
        month: Month::from_number(section.number("month")).expect("a month"),
        amount: Amount::from_centimes(section.number("aid_amount")),
        terms,
        findings: &section.findings,
        derogation: derogation.as_ref(),
    });
    let mut canonical = Canonical::new();
    let amount = Amount::from_centimes(section.number("amount"));
    encode_line(&mut canonical, section.text("account"), amount, &axes, origin, aid);
    canonical
}

/// Encodes a line of a FEC by the program's own types.
fn fec_line(section: &Section) -> Canonical {
    let (salt, texts) = section.text("texts").split_once(' ').expect("a salt and texts");
    let (label, auxiliary_label) = texts.split_once('␟').expect("two texts");
    let rule = section.values.get("assignment_rule").map(|rule| rule.parse().expect("a number"));
    let mut canonical = Canonical::new();
    GeneralContent {
        lot: section.number("lot"),
        line: section.number("file_line"),
        entry: section.number("fec_entry"),
        kind: LineKind::from_number(section.number("line_kind")).expect("a kind"),
        journal: (section.text("journal"), section.text("journal_label")),
        number: section.text("fec_number"),
        date: section.day("fec_date").expect("a date"),
        account: (section.text("account"), section.text("account_label")),
        auxiliary: section.text("auxiliary"),
        piece: section.text("piece"),
        piece_on: section.day("piece_date"),
        texts: general_texts(&bytes(salt), label, auxiliary_label),
        amount: Amount::from_centimes(section.number("amount")),
        letter: (section.text("letter"), section.day("letter_date")),
        validated_on: section.day("valid_date"),
        currency: (section.text("currency_amount"), section.text("currency")),
        analytic: section.text("analytic"),
        assigned: rule.map(|rule| (rule, section.text("funder"), section.text("convention"))),
    }
    .encode(&mut canonical);
    canonical
}

#[test]
fn golden_vectors_hold_every_byte() {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder().join("cases/seal")).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 10, "{names:?}");
    for path in names {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut root = Root::default();
        let mut lines = 0;
        let mut headers = 0;
        for section in sections(&text) {
            if ["line", "fec_line"].contains(&section.kind.as_str()) {
                let canonical = if section.kind == "line" { line(&section) } else { fec_line(&section) };
                assert_eq!(hex(canonical.bytes()), section.text("bytes"), "{name}, line {}", lines + 1);
                assert_eq!(hex(&canonical.leaf()), section.text("leaf"), "{name}, line {}", lines + 1);
                root.push(canonical.leaf());
                lines += 1;
                continue;
            }
            assert_eq!(section.kind, "header", "{name}");
            headers += 1;
            let root = root.clone().finish();
            assert_eq!(hex(&root), section.text("root"), "{name}");
            assert_eq!(lines, section.number("line_count"), "{name}");
            let reverses = section.values.get("reverses").map(|text| {
                let parts: Vec<&str> = text.split(':').collect();
                assert_eq!(parts[0], section.text("book"), "{name}");
                (parts[1].parse().unwrap(), parts[2].parse().unwrap())
            });
            let reason = section.salted("reason");
            let file_digest = section.values.get("file_digest").map(|value| bytes(value));
            let act = act(&section);
            let counts: Vec<i64> =
                section.text("lot_counts").split(' ').map(|count| count.parse().unwrap()).collect();
            let seal = HeaderContent {
                book: section.text("book"),
                year: section.number("year"),
                number: section.number("number"),
                date: section.day("date").expect("a date"),
                event: section.text("event"),
                reverses,
                lot: LotContent {
                    number: section.number("lot"),
                    kind: section.text("lot_kind"),
                    recorded_at: section.text("recorded_at"),
                    author: section.text("author"),
                    file_digest: file_digest.as_deref(),
                    counts: counts.try_into().expect("five counts"),
                    cancels: section.values.get("lot_cancels").map(|lot| lot.parse().expect("a number")),
                    reason: reason.as_ref().map(Digest::as_slice),
                    act: act.as_ref(),
                },
                line_count: lines,
                root,
                previous: bytes(section.text("previous")).try_into().expect("a digest"),
            }
            .seal();
            assert_eq!(hex(&seal), section.text("seal"), "{name}");
            assert_eq!(
                hex(&sha2::Sha256::digest(bytes(section.text("bytes")))),
                section.text("seal"),
                "{name}"
            );
        }
        assert_eq!(headers, 1, "{name}");
    }
}

/// Encodes what a lot did by hand, where it did.
fn act(section: &Section) -> Option<Canonical> {
    let reason = section.salted("proposal_reason");
    let proposal = reason.as_ref().map(|reason| ActContent::Proposal {
        number: section.number("proposal"),
        proposed: (section.text("proposed_by"), section.day("proposed_on").expect("a date")),
        reason,
    });
    let undue = section.values.contains_key("undue").then(|| ActContent::Undue(section.number("undue")));
    let rank = section.values.contains_key("payment_rank");
    let payment = rank.then(|| ActContent::Payment(section.number("payment_rank")));
    proposal.or(undue).or(payment).map(|act| act.encode())
}

/// Runs the second verifier: its exit code and what it says.
pub fn second_verifier(arguments: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .arg(folder().join("second_verifier.py"))
        .args(arguments)
        .output()
        .expect("python3 is needed (bash tests/all.sh installs it)");
    let said = String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("an exit code"), said)
}

#[test]
fn the_second_verifier_reproduces_the_golden_vectors() {
    let vectors = folder().join("cases/seal");
    assert_eq!(
        second_verifier(&["--vectors", &vectors.to_string_lossy()]),
        (0, "10 vecteurs conformes\n".to_string())
    );
    let copies = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(&vectors).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        std::fs::write(copies.path().join(file.file_name()), text.replace("nature projet", "nature projets"))
            .unwrap();
    }
    let (code, said) = second_verifier(&["--vectors", &copies.path().to_string_lossy()]);
    assert_eq!((code, said.as_str()), (4, "10 vecteurs, différents : grant.txt\n"));
}

#[test]
fn the_second_verifier_agrees_on_a_base() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        assert_eq!(
            second_verifier(&[&books.location]),
            (0, "0 écritures, 0 lignes : chaîne conforme, tête n° 0 00000000\n".into())
        );
        fill(books).await;
        let agree = async || {
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            assert!(report.integre && report.ecritures == 20, "{report:#?}");
            let head = format!("tête n° {} {}", report.tete.0, &report.tete.1[..8]);
            let expected = format!(
                "{} écritures, {} lignes : chaîne conforme, {head}\n",
                report.ecritures, report.lignes
            );
            assert_eq!(second_verifier(&[&books.location]), (0, expected));
        };
        agree().await;
        // Names and reasons erased, salts with them.
        alter(
            books,
            &[
                "update lot set reason = null, reason_salt = null where reason is not null",
                "update payee set code = 'effacé n° ' || id, label = '', salt = null where id > 0",
                "delete from identity",
            ],
        )
        .await;
        agree().await;
        let disagree = async || {
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let (code, said) = second_verifier(&[&books.location]);
            assert_eq!((code, report.integre), (4, false), "{said}");
            (report, said)
        };
        // A reason put in the place of the erased one: no entry is broken.
        alter(books, &["update lot set reason = 'autre' where id = 5"]).await;
        let (report, said) = disagree().await;
        assert_eq!(said, "le motif du lot 5 n'est pas celui qui a été scellé\n");
        assert_eq!((report.premiere_ecriture_rompue, report.alterations.len()), (None, 1));
        alter(books, &["update lot set reason = null where id = 5"]).await;
        alter(books, &["update payee set label = 'Épicerie Müller' where id > 0"]).await;
        let (report, said) = disagree().await;
        assert_eq!(said, "le créancier n° 1 n'est pas celui qui a été scellé\n");
        assert_eq!((report.premiere_ecriture_rompue, report.alterations.len()), (None, 1));
        alter(books, &["update payee set label = '' where id > 0"]).await;
        agree().await;
        alter(books, &["update decision set decided_on = decided_on + 1 where decided_on = 20240603"]).await;
        let (report, said) = disagree().await;
        let broken = report.premiere_ecriture_rompue.expect("a broken entry");
        assert!(said.starts_with(&format!("écriture {broken} :")), "{said} {broken}");
    });
}

#[test]
fn the_second_verifier_agrees_on_a_derogation() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        fill(books).await;
        add_derogations(books).await;
        let agree = async || {
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let (head, seal) = (report.tete.0, &report.tete.1[..8]);
            let expected =
                format!("22 écritures, {} lignes : chaîne conforme, tête n° {head} {seal}\n", report.lignes);
            assert_eq!((second_verifier(&[&books.location]), report.integre), ((0, expected), true));
        };
        agree().await;
        let changes: [[&'static str; 2]; 4] = [
            [
                "update derogation set amount = amount + 1 where id = 1",
                "update derogation set amount = amount - 1 where id = 1",
            ],
            [
                "update derogation_decision set decided_by = 'nadia' where derogation_id = 1",
                "update derogation_decision set decided_by = 'marc' where derogation_id = 1",
            ],
            [
                "insert into derogation_rule values (1, 'situation')",
                "delete from derogation_rule where rule = 'situation'",
            ],
            [
                "update derogation set reason = 'autre' where id = 1",
                "update derogation set reason = 'rupture de logement' where id = 1",
            ],
        ];
        for [change, back] in changes {
            alter(books, &[change]).await;
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let (code, said) = second_verifier(&[&books.location]);
            assert_eq!((code, report.integre), (4, false), "{change}: {said}");
            match report.premiere_ecriture_rompue {
                Some(broken) => assert!(said.starts_with(&format!("écriture {broken} :")), "{said}"),
                None => assert_eq!(said, "le motif de la dérogation 1 n'est pas celui qui a été scellé\n"),
            }
            alter(books, &[back]).await;
        }
        agree().await;
    });
}

#[test]
fn the_second_verifier_agrees_on_what_is_done_by_hand() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        fill(books).await;
        add_life(books).await;
        let agree = async || {
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let (head, seal) = (report.tete.0, &report.tete.1[..8]);
            let expected =
                format!("27 écritures, {} lignes : chaîne conforme, tête n° {head} {seal}\n", report.lignes);
            assert_eq!((second_verifier(&[&books.location]), report.integre), ((0, expected), true));
        };
        agree().await;
        let changes: [[&'static str; 2]; 6] = [
            [
                "update hand_payment set rank = 5 where rank = 2",
                "update hand_payment set rank = 2 where rank = 5",
            ],
            ["update undue set id = 9 where id = 1", "update undue set id = 1 where id = 9"],
            [
                "update recovery set undue_id = 9 where id = 1",
                "update recovery set undue_id = 1 where id = 1",
            ],
            [
                "update proposal set proposed_by = 'zoé' where id = 1",
                "update proposal set proposed_by = 'claire' where id = 1",
            ],
            [
                "update proposal set reason = 'autre' where id = 1",
                "update proposal set reason = 'plus de ressources' where id = 1",
            ],
            ["update refusal set reason = 'autre'", "update refusal set reason = 'dossier incomplet'"],
        ];
        for [change, back] in changes {
            alter(books, &[change]).await;
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let (code, said) = second_verifier(&[&books.location]);
            assert_eq!((code, report.integre), (4, false), "{change}: {said}");
            if let Some(broken) = report.premiere_ecriture_rompue {
                assert!(said.starts_with(&format!("écriture {broken} :")), "{said}");
            }
            alter(books, &[back]).await;
        }
        agree().await;
    });
}

#[test]
fn the_second_verifier_agrees_on_a_sealed_fec() {
    on_both_engines(async |books| {
        if books.on_postgres() {
            return;
        }
        fill_general(books).await;
        let agree = async || {
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            assert!(report.integre && report.ecritures == 21, "{report:#?}");
            let (head, seal) = (report.tete.0, &report.tete.1[..8]);
            let expected =
                format!("21 écritures, {} lignes : chaîne conforme, tête n° {head} {seal}\n", report.lignes);
            assert_eq!(second_verifier(&[&books.location]), (0, expected));
        };
        agree().await;
        let changes: [[&'static str; 2]; 8] = [
            [
                "update general_line set label = 'Autre' where lot_id = 7 and rank = 1",
                "update general_line set label = 'Notification CEJ' where lot_id = 7 and rank = 1",
            ],
            [
                "update general_line set dated = 20240111 where lot_id = 7 and rank = 1",
                "update general_line set dated = 20240110 where lot_id = 7 and rank = 1",
            ],
            [
                "update general_line set currency = 'CHF' where lot_id = 7 and rank = 2",
                "update general_line set currency = 'USD' where lot_id = 7 and rank = 2",
            ],
            [
                "update general_line set entry = 0 where lot_id = 7 and rank > 2",
                "update general_line set entry = 1 where lot_id = 7 and rank > 2",
            ],
            [
                "update general_assignment set rule = 2 where lot_id = 7 and rank = 2",
                "update general_assignment set rule = 1 where lot_id = 7 and rank = 2",
            ],
            [
                "update general_account set label = 'Autre' where code = '606300'",
                "update general_account set label = 'Fournitures' where code = '606300'",
            ],
            [
                "update general_auxiliary set label = '' where code = 'F001'",
                "update general_auxiliary set label = 'Anne Martin' where code = 'F001'",
            ],
            [
                "update fec_version set entry_id = null, definitive = 0 where lot_id = 7",
                "update fec_version set entry_id = (select max(id) from entry), definitive = 1 where lot_id = 7",
            ],
        ];
        for [change, back] in changes {
            alter(books, &[change]).await;
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let broken = report.premiere_ecriture_rompue.expect("a broken entry");
            let (code, said) = second_verifier(&[&books.location]);
            assert_eq!(code, 4, "{change}");
            assert!(said.starts_with(&format!("écriture {broken} :")), "{change}: {said} {broken}");
            alter(books, &[back]).await;
        }
        agree().await;
    });
}
