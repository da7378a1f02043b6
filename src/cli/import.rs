//! What an import says on the terminal and in JSON.

use crate::app::ImportReport;
use crate::ledger::Wording;
use crate::money::{Amount, group_thousands};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Findings shown in full on the terminal; the rest is counted.
const SHOWN: usize = 20;

/// Returns the report as the JSON document of the contract.
pub(super) fn report_json(report: &ImportReport) -> String {
    let mut document = json!({
        "fichier": report.fichier,
        "lot": report.lot,
        "lus": report.lus,
        "acceptes": report.acceptes,
        "irreguliers": report.irreguliers,
        "deja_importes": report.deja_importes,
        "refuses": report.refuses,
        "a_blanc": report.a_blanc,
        "encodage": report.encodage,
        "colonnes_non_conservees": report.colonnes_non_conservees,
        "lignes_de_pied": report.lignes_de_pied,
        "lignes_vides": report.lignes_vides,
        "montant": report.montant,
        "constats": report.constats,
    });
    match report.genre.as_str() {
        "aides" => document["decisions"] = Value::from(report.decisions),
        "beneficiaires" => {
            document["crees"] = Value::from(report.crees);
            document["modifies"] = Value::from(report.modifies);
        }
        _ => {}
    }
    format!("{document:#}\n")
}

/// Returns the findings as CSV.
pub(super) fn report_csv(report: &ImportReport) -> String {
    use crate::statements::{Cell, Column, Kind, Table};
    let text = |key, heading| Column::new(key, heading, Kind::Text);
    let columns = vec![
        Column::new("ligne", "Ligne", Kind::Count),
        text("colonne", "Colonne"),
        text("code", "Code"),
        text("gravite", "Gravité"),
        text("message", "Message"),
        text("regle", "Règle"),
        text("article", "Article"),
        Column::new("reste", "Reste", Kind::Amount),
        text("conseil", "Conseil"),
        text("mode", "Mode"),
    ];
    let optional = |text: &Option<String>| Cell::from(text.as_deref().unwrap_or(""));
    let rows = report
        .constats
        .iter()
        .map(|finding| {
            let room = finding
                .room
                .as_deref()
                .and_then(|room| Amount::parse(room).ok())
                .map_or(Cell::Empty, Cell::Amount);
            vec![
                Cell::Count(finding.line.into()),
                optional(&finding.column),
                Cell::Text(finding.code.clone()),
                Cell::Text(finding.severity.clone()),
                Cell::Text(finding.message.clone()),
                optional(&finding.rule),
                optional(&finding.article),
                room,
                Cell::Text(finding.advice.clone()),
                optional(&finding.mode),
            ]
        })
        .collect();
    crate::export::render_csv(&Table {
        title: report.fichier.clone(),
        notes: Vec::new(),
        columns,
        rows,
        total: None,
    })
}

/// Returns the report as text.
pub(super) fn report_text(report: &ImportReport) -> String {
    let mut out = String::new();
    let kind = match report.genre.as_str() {
        "beneficiaires" => "Bénéficiaires",
        "enveloppes" => "Enveloppes",
        _ => "Aides",
    };
    out.push_str(&format!("{kind} de {} ({})\n", report.fichier, report.encodage));
    let irregular = if report.irreguliers > 0 {
        format!(", dont {} irrégulières", group_thousands(report.irreguliers))
    } else {
        String::new()
    };
    out.push_str(&format!(
        "  {} lues = {} acceptées{irregular} + {} déjà importées + {} refusées\n",
        group_thousands(report.lus),
        group_thousands(report.acceptes),
        group_thousands(report.deja_importes),
        group_thousands(report.refuses),
    ));
    match report.genre.as_str() {
        "aides" if report.acceptes > 0 => {
            out.push_str(&format!(
                "  {} accordés par {} nouvelles décisions\n",
                amount(report),
                group_thousands(report.decisions)
            ));
        }
        "enveloppes" if report.acceptes > 0 => out.push_str(&format!("  {} notifiés\n", amount(report))),
        "beneficiaires" if report.modifies > 0 => {
            out.push_str(&format!(
                "  {} nouvelles, {} mises à jour\n",
                group_thousands(report.crees),
                group_thousands(report.modifies)
            ));
        }
        _ => {}
    }
    if !report.colonnes_non_conservees.is_empty() {
        out.push_str(&format!("  colonnes non conservées : {}\n", report.colonnes_non_conservees.join(", ")));
    }
    for (count, what) in
        [(report.lignes_de_pied, "lignes de pied (totaux)"), (report.lignes_vides, "lignes vides")]
    {
        if count > 0 {
            out.push_str(&format!("  {count} {what} laissées de côté\n"));
        }
    }
    findings_text(&mut out, &report.constats);
    match report.lot {
        Some(lot) => out.push_str(&format!(
            "  lot {lot} enregistré ; pour défaire : denier importer annuler {lot} --motif \"…\"\n"
        )),
        None if report.a_blanc => out.push_str("  à blanc : rien n'a été écrit\n"),
        None => out.push_str("  rien à écrire\n"),
    }
    out
}

fn amount(report: &ImportReport) -> String {
    let amount = report.montant.as_deref().and_then(|text| Amount::parse(text).ok());
    amount.unwrap_or_default().to_euros()
}

fn findings_text(out: &mut String, findings: &[Wording]) {
    for finding in findings.iter().take(SHOWN) {
        let place = match (finding.line, &finding.column) {
            (0, _) => "fichier".to_string(),
            (line, Some(column)) => format!("ligne {line}, {column}"),
            (line, None) => format!("ligne {line}"),
        };
        let article = finding.article.as_ref().map_or_else(String::new, |article| format!(" [{article}]"));
        out.push_str(&format!(
            "  {place} : {} — {}{article}\n",
            severity(&finding.severity),
            finding.message
        ));
        out.push_str(&format!("      conseil : {} ({})\n", finding.advice, finding.code));
    }
    if findings.len() > SHOWN {
        let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &findings[SHOWN..] {
            *by_code.entry(&finding.code).or_default() += 1;
        }
        let counts: Vec<String> = by_code.iter().map(|(code, count)| format!("{count} {code}")).collect();
        out.push_str(&format!(
            "  … et {} autres constats : {} (tous avec --format csv --sortie constats.csv)\n",
            findings.len() - SHOWN,
            counts.join(", ")
        ));
    }
}

fn severity(code: &str) -> &str {
    match code {
        "refus" => "refusée",
        "irregularite" => "irrégulière",
        other => other,
    }
}
