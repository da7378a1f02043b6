//! What an import says: the counts of the contract, the findings, what was left out.

use super::assign::RuleCount;
use super::import_fec::FecReport;
use crate::import::{Encoding, Reading};
use crate::ledger::{Finding, Wording};
use crate::money::{Amount, group_thousands};
use crate::rules::{Explainer, Law};
use crate::statements::{Cell, Column, Kind, Table};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Says how far a long work is: what, done, in all.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Sync);

/// Returns a number with its noun: `1 lue`, `8 621 lues`, `0 lue` (zero is singular in French).
pub fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", group_thousands(count), if count < 2 { one } else { several })
}

/// The report of an import.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// The file's name.
    pub fichier: String,
    /// The word of the command: `beneficiaires`, `aides`, `parcours`…
    pub genre: String,
    /// The lot, or none with `--a-blanc` or when nothing was to be written.
    pub lot: Option<i64>,
    /// Data records read.
    pub lus: u64,
    /// Accepted, irregular ones included.
    pub acceptes: u64,
    /// Of which irregular.
    pub irreguliers: u64,
    /// Already imported.
    pub deja_importes: u64,
    /// Refused.
    pub refuses: u64,
    /// New decisions.
    pub decisions: u64,
    /// Of people and declarations: new ones.
    pub crees: u64,
    /// Of people and declarations: those that replace what was known.
    pub modifies: u64,
    /// Sum of what is accepted, `1234.56`.
    pub montant: Option<String>,
    /// The encoding found.
    pub encodage: String,
    /// Columns that the profile does not name: dropped.
    pub colonnes_non_conservees: Vec<String>,
    /// Footer lines passed over.
    pub lignes_de_pied: u64,
    /// Empty lines passed over.
    pub lignes_vides: u64,
    /// What each rule of who funds what assigns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affectation: Vec<RuleCount>,
    /// What a FEC says besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fec: Option<FecReport>,
    /// True with `--a-blanc`.
    pub a_blanc: bool,
    /// The findings.
    pub constats: Vec<Wording>,
}

impl ImportReport {
    /// Starts a report from what reading gave.
    pub fn new(file: &str, kind: &str, encoding: Encoding, reading: &Reading, dry_run: bool) -> ImportReport {
        ImportReport {
            fichier: file.to_string(),
            genre: kind.to_string(),
            lus: reading.read,
            encodage: encoding.label().to_string(),
            colonnes_non_conservees: reading.dropped.clone(),
            lignes_de_pied: reading.footers,
            lignes_vides: reading.blank,
            a_blanc: dry_run,
            ..ImportReport::default()
        }
    }

    /// Sets the counts, which must account for every record.
    ///
    /// # Panics
    /// When a record is lost: a bug.
    pub fn count(&mut self, accepted: u64, irregular: u64, known: u64, refused: u64) {
        assert_eq!(self.lus, accepted + known + refused, "lus = acceptés + déjà importés + refusés");
        (self.acceptes, self.irreguliers, self.deja_importes, self.refuses) =
            (accepted, irregular, known, refused);
    }

    /// Words the findings, in the order of the file's lines.
    pub fn tell(
        &mut self,
        law: &Law,
        reading: &Reading,
        findings: &[Finding],
        words: &Words,
        numbers: &Words,
    ) {
        let column_name = |column| reading.column_name(column);
        let explainer =
            Explainer { law, words, keys: Some((numbers, words)), lifted: &[], column_name: &column_name };
        self.constats = findings.iter().map(|finding| explainer.word(finding)).collect();
        self.constats.sort_by_key(|finding| finding.line);
    }

    /// Sets the sum of what is accepted.
    pub fn sum(&mut self, amount: Amount) {
        self.montant = Some(amount.to_plain());
    }

    /// Tells whether an import writes anything, or would.
    pub fn writes(&self) -> bool {
        match &self.fec {
            Some(fec) => self.lus > self.refuses && !fec.identique,
            None => self.acceptes > 0,
        }
    }

    /// Returns the findings as a table: what the CSV file of refusals holds.
    pub fn findings(&self) -> Table {
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
        let rows = self.constats.iter().map(|finding| {
            let room = finding.room.as_deref().and_then(|room| Amount::parse(room).ok());
            vec![
                Cell::Count(finding.line.into()),
                optional(&finding.column),
                Cell::Text(finding.code.clone()),
                Cell::Text(finding.severity.clone()),
                Cell::Text(finding.message.clone()),
                optional(&finding.rule),
                optional(&finding.article),
                room.map_or(Cell::Empty, Cell::Amount),
                Cell::Text(finding.advice.clone()),
                optional(&finding.mode),
            ]
        });
        Table::new(&self.fichier, columns, rows)
    }

    /// Returns how many findings there are of each code, the graver and the more numerous first: code,
    /// severity, number.
    pub fn codes(&self) -> Vec<(&str, &str, usize)> {
        let mut codes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in &self.constats {
            *codes.entry((&finding.code, &finding.severity)).or_default() += 1;
        }
        let mut codes: Vec<_> =
            codes.into_iter().map(|((code, severity), number)| (code, severity, number)).collect();
        let gravity = |severity: &str| ["refus", "irregularite"].iter().position(|of| *of == severity);
        codes.sort_by_key(|(_, severity, number)| (gravity(severity).unwrap_or(2), usize::MAX - number));
        codes
    }

    /// Returns the exit code: 1 when a line is refused or irregular.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.refuses > 0 || self.irreguliers > 0)
    }
}
