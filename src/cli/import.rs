//! What an import says on the terminal and in JSON.

use super::import_general::{assignment_text, fec_text};
pub(super) use crate::app::counted;
use crate::app::{FileKind, ImportReport};
use crate::ledger::Wording;
use crate::money::Amount;
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
        "beneficiaires" | "parcours" | "declarations" | "aides-ailleurs" => {
            document["crees"] = Value::from(report.crees);
            document["modifies"] = Value::from(report.modifies);
        }
        _ => {}
    }
    if let Some(fec) = &report.fec {
        document["fec"] = serde_json::to_value(fec).unwrap_or_default();
    }
    if !report.affectation.is_empty() {
        document["affectation"] = serde_json::to_value(&report.affectation).unwrap_or_default();
    }
    format!("{document:#}\n")
}

/// Returns the report as text.
pub(super) fn report_text(report: &ImportReport) -> String {
    let mut out = String::new();
    let kind = FileKind::parse(&report.genre).map_or("Aides", FileKind::label);
    let form = report.fec.as_ref().map_or(&report.encodage, |fec| &fec.forme);
    match form.as_str() {
        "" => out.push_str("Déclaration à la main\n"),
        form => out.push_str(&format!("{kind} de {} ({form})\n", report.fichier)),
    }
    if let Some(fec) = &report.fec {
        fec_text(&mut out, report, fec);
    } else {
        counts_text(&mut out, report);
    }
    if report.lot.is_some() || report.a_blanc {
        assignment_text(&mut out, &report.affectation);
    }
    findings_text(&mut out, &report.constats);
    match report.lot {
        Some(lot) if report.fec.as_ref().is_some_and(|fec| fec.definitif) => {
            out.push_str(&format!("  lot {lot} enregistré ; l'exercice est scellé\n"));
        }
        Some(lot) => out.push_str(&format!(
            "  lot {lot} enregistré ; pour défaire : denier importer annuler {lot} --motif \"…\"\n"
        )),
        None if report.a_blanc => out.push_str("  à blanc : rien n'a été écrit\n"),
        None => out.push_str("  rien à écrire\n"),
    }
    out
}

/// Says how many records were read, and what became of each.
fn counts_text(out: &mut String, report: &ImportReport) {
    let irregular = match report.irreguliers {
        0 => String::new(),
        count => format!(", dont {}", counted(count, "irrégulière", "irrégulières")),
    };
    out.push_str(&format!(
        "  {} = {}{irregular} + {} + {}\n",
        counted(report.lus, "lue", "lues"),
        counted(report.acceptes, "acceptée", "acceptées"),
        counted(report.deja_importes, "déjà importée", "déjà importées"),
        counted(report.refuses, "refusée", "refusées"),
    ));
    match report.genre.as_str() {
        "aides" if report.acceptes > 0 => {
            let decisions = counted(report.decisions, "nouvelle décision", "nouvelles décisions");
            out.push_str(&format!("  {} accordés, {decisions}\n", amount(report)));
        }
        "enveloppes" if report.acceptes > 0 => out.push_str(&format!("  {} notifiés\n", amount(report))),
        "aides-ailleurs" if report.acceptes > 0 => out.push_str(&format!(
            "  {} reçus ailleurs : comptés dans les plafonds, jamais dans nos totaux\n",
            amount(report)
        )),
        _ => {}
    }
    if report.modifies > 0 {
        let new = counted(report.crees, "nouvelle", "nouvelles");
        out.push_str(&format!("  {new}, {}\n", counted(report.modifies, "mise à jour", "mises à jour")));
    }
    if !report.colonnes_non_conservees.is_empty() {
        out.push_str(&format!("  colonnes non conservées : {}\n", report.colonnes_non_conservees.join(", ")));
    }
    if report.lignes_de_pied > 0 {
        let lines = counted(
            report.lignes_de_pied,
            "ligne de pied (totaux) laissée",
            "lignes de pied (totaux) laissées",
        );
        out.push_str(&format!("  {lines} de côté\n"));
    }
    if report.lignes_vides > 0 {
        let lines = counted(report.lignes_vides, "ligne vide laissée", "lignes vides laissées");
        out.push_str(&format!("  {lines} de côté\n"));
    }
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
