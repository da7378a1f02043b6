//! What an import of the general book says on the terminal: the FEC, who funds what.

use super::import::counted;
use crate::app::{Changed, FecReport, ImportReport, RuleCount};
use crate::calendar::Date;
use crate::money::Amount;

/// Changes shown on the terminal; the rest is counted.
const SHOWN: usize = 12;

/// Says what a FEC is and what it changes.
pub(super) fn fec_text(out: &mut String, report: &ImportReport, fec: &FecReport) {
    let unkept = match report.colonnes_non_conservees.as_slice() {
        [] => "aucune".to_string(),
        columns => columns.join(", "),
    };
    out.push_str(&format!(
        "  {} = {} + {} ; colonnes non reprises : {unkept}\n",
        counted(report.lus, "ligne lue", "lignes lues"),
        counted(fec.gardees, "gardée", "gardées"),
        counted(report.refuses, "refusée", "refusées"),
    ));
    if report.refuses > 0 || fec.exercice == 0 {
        return;
    }
    out.push_str(&format!(
        "  exercice {}{}, {} ; {}, par {}\n",
        fec.exercice,
        if fec.exercice_cree { " (créé)" } else { "" },
        if fec.definitif { "définitif" } else { "provisoire" },
        counted(fec.ecritures, "écriture", "écritures"),
        fec.cle_ecriture,
    ));
    out.push_str(&format!("  mouvements : {} au débit comme au crédit", euros(&fec.mouvements)));
    if fec.a_nouveaux > 0 {
        out.push_str(&format!(" ; {}", counted(fec.a_nouveaux, "ligne d'à-nouveaux", "lignes d'à-nouveaux")));
    }
    if fec.mises_a_part > 0 {
        out.push_str(&format!(
            " ; {}",
            counted(fec.mises_a_part, "ligne de clôture mise à part", "lignes de clôture mises à part")
        ));
    }
    out.push('\n');
    if let Some(lot) = fec.remplace {
        out.push_str(&format!(
            "  comparé au lot {lot} : {}, {}, {}, {}",
            counted(fec.nouvelles, "nouvelle", "nouvelles"),
            counted(fec.modifiees, "modifiée", "modifiées"),
            counted(fec.disparues, "disparue", "disparues"),
            counted(fec.inchangees, "inchangée", "inchangées"),
        ));
        if fec.renumerotees > 0 {
            out.push_str(&format!(" (dont {})", counted(fec.renumerotees, "renumérotée", "renumérotées")));
        }
        out.push('\n');
        changes_text(out, fec);
    }
    if !fec.orphelines.is_empty() {
        out.push_str("  affectées à la main, elles attendent une ligne qui n'est plus là :\n");
        for line in &fec.orphelines {
            out.push_str(&format!("    {}\n", change_text(line)));
        }
    }
}

fn changes_text(out: &mut String, fec: &FecReport) {
    // What vanished or changed asks to be looked at; what is new is expected.
    for line in fec.changements.iter().take(SHOWN) {
        out.push_str(&format!("    {}\n", change_text(line)));
    }
    let all = fec.nouvelles + fec.modifiees + fec.disparues;
    if all > SHOWN as u64 {
        out.push_str(&format!(
            "    … et {} (les 500 premières de chaque sorte avec --format json)\n",
            counted(all - SHOWN as u64, "autre", "autres")
        ));
    }
}

fn change_text(line: &Changed) -> String {
    let state = match line.etat.as_str() {
        "modifiee" => "modifiée",
        "disparue" => "disparue",
        "attendue" => "attendue",
        _ => "nouvelle",
    };
    let place = if line.ligne > 0 { format!(", ligne {}", line.ligne) } else { String::new() };
    let date = Date::parse(&line.date).map_or_else(|| line.date.clone(), Date::to_french);
    let what: Vec<&str> = [line.journal.as_str(), &date, &line.compte, &line.piece, &line.libelle]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let before = line.avant.as_ref().map_or_else(String::new, |before| format!(" (avant : {before})"));
    format!("{state}{place} : {} : {}{before}", what.join(" · "), euros(&line.montant))
}

/// Says what each rule assigns, and what nothing does.
pub(super) fn assignment_text(out: &mut String, rules: &[RuleCount]) {
    for of_year in rules.chunk_by(|a, b| a.exercice == b.exercice) {
        out.push_str(&format!("  affectation des produits de {} :\n", of_year[0].exercice));
        for rule in of_year {
            let place = rule.ordre.map_or_else(String::new, |rank| rank.to_string());
            let convention = Some(&rule.convention).filter(|code| **code != rule.financeur);
            let words = [Some(&rule.financeur), convention, Some(&rule.libelle)].into_iter().flatten();
            let words: Vec<&str> = words.map(String::as_str).filter(|word| !word.is_empty()).collect();
            let to = words.join(", ");
            let pad = " ".repeat(64_usize.saturating_sub(to.chars().count()));
            out.push_str(&format!(
                "    {place:>3} {to}{pad} {:>11}  {:>16}\n",
                counted(rule.lignes, "ligne", "lignes"),
                euros(&rule.montant)
            ));
        }
    }
}

fn euros(plain: &str) -> String {
    Amount::parse(plain).unwrap_or_default().to_euros()
}
