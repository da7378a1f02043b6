//! The boundary cases: each line, in each mode, gets its expected verdict for its own reason.

use crate::harness::{example, on_both_engines};
use denier::app::ImportReport;
use denier::funding::Mode;

/// The finding that must be the reason of each case that is not plainly accepted.
const REASONS: &[(&str, &str)] = &[
    ("E01", "age_maximum"),
    ("E04", "age_maximum"),
    ("E07", "age_minimum"),
    ("E09", "plafond_depasse"),
    ("E10", "plafond_depasse"),
    ("E12", "plafond_depasse"),
    ("E13", "beneficiaire_inconnu"),
    ("E14", "dispositif_inconnu"),
    ("E15", "montant_non_positif"),
    ("E16", "montant_trop_precis"),
    ("E17", "date_illisible"),
    ("E18", "valeur_obligatoire"),
    ("E19", "montant_illisible"),
    ("E20", "reference_autre_contenu"),
    ("E22", "age_maximum"),
    ("E24", "age_maximum"),
    ("E25", "plafond_depasse"),
    ("E27", "cumul_interdit"),
    ("E28", "plafond_depasse"),
    ("E30", "paye_avant_decision"),
    ("E31", "exercice_non_ouvert"),
];

struct Case {
    line: u32,
    reference: String,
    decided: String,
    recorded: String,
}

fn expected() -> Vec<Case> {
    let text = std::fs::read_to_string(example("littoral-2024/cas-limites-attendus.csv"))
        .expect("the expected verdicts");
    text.trim_start_matches('\u{feff}')
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(';').collect();
            Case {
                line: cells[0].parse().unwrap(),
                reference: cells[1].into(),
                decided: cells[2].into(),
                recorded: cells[3].into(),
            }
        })
        .collect()
}

fn check(report: &ImportReport, cases: &[Case], verdict: impl Fn(&Case) -> &str) {
    let mut counts = [0; 4];
    for case in cases {
        let findings: Vec<_> = report.constats.iter().filter(|finding| finding.line == case.line).collect();
        let severities: Vec<&str> = findings.iter().map(|finding| finding.severity.as_str()).collect();
        let wanted = match verdict(case) {
            "accepte" => 0,
            "irregulier" => 1,
            "deja" => 2,
            "refuse" => 3,
            other => panic!("verdict {other}"),
        };
        counts[wanted] += 1;
        match wanted {
            0 | 2 => assert!(findings.is_empty(), "{} line {}: {findings:?}", case.reference, case.line),
            1 => assert!(
                !severities.is_empty() && severities.iter().all(|severity| *severity == "irregularite"),
                "{}: {findings:?}",
                case.reference
            ),
            _ => assert!(
                !severities.is_empty() && severities.iter().all(|severity| *severity == "refus"),
                "{}: {findings:?}",
                case.reference
            ),
        }
        if wanted == 1 || wanted == 3 {
            let (_, reason) =
                REASONS.iter().find(|(reference, _)| *reference == case.reference).expect("a reason");
            assert_eq!(findings.len(), 1, "{}: one reason, its own: {findings:?}", case.reference);
            assert_eq!(findings[0].code, *reason, "{}", case.reference);
            assert!(!findings[0].message.is_empty() && !findings[0].advice.is_empty());
        }
    }
    let [accepted, irregular, known, refused] = counts;
    assert_eq!(
        (report.lus, report.acceptes, report.irreguliers, report.deja_importes, report.refuses),
        (33, accepted + irregular, irregular, known, refused)
    );
}

#[test]
fn every_boundary_case_gets_its_verdict_in_each_mode() {
    for (mode, verdict) in [
        (Mode::Decide, (|case| &case.decided) as fn(&Case) -> &String),
        (Mode::Record, |case| &case.recorded),
    ] {
        on_both_engines(async |books| {
            books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
            books.people(&example("littoral-2024/cas-limites-beneficiaires.csv")).await;
            let preview = books.aids_dry(&example("littoral-2024/cas-limites.csv"), Some(mode)).await;
            let report = books.aids_in(&example("littoral-2024/cas-limites.csv"), mode).await;
            check(&report, &expected(), |case| verdict(case));
            // The preview is the very same result, but for what it did not write.
            assert_eq!(preview.constats, report.constats);
            assert_eq!(
                (preview.lot, preview.acceptes, preview.refuses),
                (None, report.acceptes, report.refuses)
            );
            books.assert_whole().await;
        });
    }
}

#[test]
fn a_cap_says_what_would_be_accepted() {
    on_both_engines(async |books| {
        books.people(&example("littoral-2024/cas-limites-beneficiaires.csv")).await;
        let report = books.aids_dry(&example("littoral-2024/cas-limites.csv"), Some(Mode::Decide)).await;
        let finding = |line| report.constats.iter().find(|finding| finding.line == line).expect("a finding");
        let over = finding(10);
        assert_eq!(over.room.as_deref(), Some("552.29"));
        assert_eq!(over.advice, "552,29\u{a0}€ serait accepté");
        assert_eq!(over.column.as_deref(), Some("montant"));
        assert_eq!(over.mode.as_deref(), Some("decider"));
        assert!(over.article.as_deref().unwrap().contains("D. 5131-19"));
        assert_eq!(finding(13).room.as_deref(), Some("252.29"));
    });
}
