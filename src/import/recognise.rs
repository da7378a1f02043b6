//! What a file seems to be, told by the names of its columns; and its first rows.

use super::fec;
use super::profile::{FileKind, Layout, Profile};
use super::records::{Cells, Framed, Records, decode};
use super::sniff::{Encoding, Sniff};
use super::table::{DELIMITERS, TITLE_ROWS, has_control, is_blank};
use crate::words::normalise;

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Its kind.
    pub kind: FileKind,
    /// The code of the profile that knows most of its columns.
    pub profile: String,
    /// False where a column that such a file must have is not there.
    pub complete: bool,
}

/// The first rows of a file: what of it would be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstRows {
    /// The names of the columns that are kept, as the file writes them.
    pub columns: Vec<String>,
    /// For each row its physical line and its cells. Of an IBAN only the end is told.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// A header that some profile knows.
struct Header {
    layout: Layout,
    delimiter: u8,
    line: u32,
}

impl Header {
    /// What makes a header a better one: whole, with more known names, with fewer unknown ones.
    fn rank(&self) -> (bool, usize, usize) {
        (self.layout.missing.is_empty(), self.layout.matched(), usize::MAX - self.layout.dropped.len())
    }

    /// Half of what a file must have, for a file of another sort may share a name or two.
    fn is_likely(&self) -> bool {
        let (there, lacking) = self.layout.must_have();
        there >= 2 && there >= lacking
    }
}

/// Tells what a file is from its beginning, by the profiles that know its columns. None where no profile
/// knows half of what such a file must have.
pub fn recognise<'p>(
    head: &[u8],
    sniff: &Sniff,
    profiles: impl IntoIterator<Item = &'p Profile>,
) -> Option<Recognised> {
    let mut best: Option<(Header, FileKind, &Profile)> = None;
    for profile in profiles {
        for kind in FileKind::ALL.into_iter().filter(|kind| profile.maps(*kind)) {
            let found = header_of(head, sniff, profile, kind).filter(Header::is_likely);
            let better = |found: &Header| best.as_ref().is_none_or(|(best, ..)| found.rank() > best.rank());
            if let Some(found) = found.filter(better) {
                best = Some((found, kind, profile));
            }
        }
    }
    let (header, kind, profile) = best?;
    let complete = header.layout.missing.is_empty();
    Some(Recognised { kind, profile: profile.code.clone(), complete })
}

/// Returns the first rows of a file by a profile: none where its header is not found.
pub fn first_rows(head: &[u8], sniff: &Sniff, profile: &Profile, kind: FileKind, number: usize) -> FirstRows {
    let Some(header) = header_of(head, sniff, profile, kind) else { return FirstRows::default() };
    let iban = kind.fields().iter().position(|(field, _)| *field == "iban");
    let iban = iban.and_then(|field| header.layout.columns[field]);
    let mut kept: Vec<u16> = header.layout.columns.iter().flatten().copied().collect();
    kept.sort_unstable();
    let columns = kept.iter().map(|column| header.layout.names[usize::from(*column)].clone()).collect();
    let mut rows = Vec::new();
    let mut cells = Cells::default();
    let mut records = Records::new(head, sniff.line_end, profile.quoting);
    while rows.len() < number {
        let Ok(Framed::Record) = records.advance(header.delimiter) else { break };
        let line = records.line();
        if line <= header.line || is_blank(records.bytes()) {
            continue;
        }
        let Some(text) = decode(records.bytes(), sniff.encoding) else { continue };
        cells.split(&text, header.delimiter, profile.quoting);
        let cell = |column: &u16| {
            let text = normalise(cells.get(usize::from(*column))).into_owned();
            if Some(*column) == iban { masked(&text) } else { text }
        };
        rows.push((line, kept.iter().map(cell).collect()));
    }
    FirstRows { columns, rows }
}

/// Returns the end of a number that only its owner should read whole.
fn masked(text: &str) -> String {
    let end: String = text.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    if end.is_empty() { end } else { format!("… {end}") }
}

/// Returns the best header among the first rows, whatever it lacks.
fn header_of(head: &[u8], sniff: &Sniff, profile: &Profile, kind: FileKind) -> Option<Header> {
    if sniff.encoding == Encoding::NotText {
        return None;
    }
    let mut records = Records::new(head, sniff.line_end, profile.quoting);
    let mut cells = Cells::default();
    let mut best: Option<Header> = None;
    let mut above = 0;
    while above < TITLE_ROWS {
        let framed = records.advance(DELIMITERS[0]).ok()?;
        if framed == Framed::End {
            break;
        }
        if framed != Framed::Record || is_blank(records.bytes()) || has_control(records.bytes()) {
            continue;
        }
        above += 1;
        let Some(text) = decode(records.bytes(), sniff.encoding) else { continue };
        for delimiter in DELIMITERS {
            cells.split(&text, delimiter, profile.quoting);
            let Some(mut layout) = profile.match_header(kind, cells.iter()) else { continue };
            if kind == FileKind::Fec {
                fec::choose_amounts(&mut layout);
            }
            let found = Header { layout, delimiter, line: records.line() };
            if best.as_ref().is_none_or(|best| found.rank() > best.rank()) {
                best = Some(found);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::sniff::Sniffer;
    use super::*;

    fn profiles() -> Vec<Profile> {
        [
            include_str!("../../ledger-rules/profils/denier.toml"),
            include_str!("../../ledger-rules/profils/imilo-beneficiaires.toml"),
            include_str!("../../ledger-rules/profils/fec.toml"),
        ]
        .map(|text| Profile::parse("profil", text).unwrap())
        .into()
    }

    fn sniff(bytes: &[u8]) -> Sniff {
        let mut sniffer = Sniffer::default();
        sniffer.block(bytes);
        sniffer.finish()
    }

    #[test]
    fn a_file_is_known_by_its_columns() {
        let fec = "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise\n";
        let short = fec.replace("\tValidDate", "");
        let one_sided = fec.replace("Debit\tCredit", "Montant\tSens").replace('\t', "|");
        for (text, said) in [
            (fec, "fec fec"),
            (&short, "fec fec ?"),
            (&one_sided, "fec fec"),
            ("numero;nom;prenom;date_naissance;iban\n", "beneficiaires denier"),
            ("Mission locale\n\nN° dossier;Nom;Prénom;Né(e) le;IDE\n", "beneficiaires imilo"),
            ("numero,nom,prenom,naissance\n", "beneficiaires denier ?"),
            (
                "reference;dispositif;numero_beneficiaire;nature;mois;date_decision;montant;financeur;payeur\n",
                "aides denier",
            ),
            (
                "reference;numero_beneficiaire;dispositif;nature;mois;date_decision;montant;organisme\n",
                "aides-ailleurs denier",
            ),
            ("N° dossier;Dispositif;Mois concerné;Montant versé\n", "aides imilo"),
            ("dispositif;exercice;financeur;montant;date_notification;reference\n", "enveloppes denier"),
            ("ordre;compte;financeur;libelle\n", "affectation denier"),
            ("numero_beneficiaire;dispositif;entree;sortie\n", "parcours denier"),
            ("N° dossier;Dispositif;Date d'entrée;Date de sortie\n", "parcours imilo"),
            ("numero_beneficiaire;declaration;mois;valeur\n", "declarations denier"),
            ("compte;date;montant\n512000;2024-01-01;12\n", ""),
            ("PK\u{3}\u{4}rien", ""),
            ("", ""),
        ] {
            let found = recognise(text.as_bytes(), &sniff(text.as_bytes()), &profiles());
            let told = found.map_or(String::new(), |found| {
                let doubt = if found.complete { "" } else { " ?" };
                format!("{} {}{doubt}", found.kind.code(), found.profile)
            });
            assert_eq!(told, said, "{text}");
        }
    }

    #[test]
    fn the_first_rows_show_what_is_kept_and_no_whole_iban() {
        let text = "Liste\n\nnumero;nom;prenom;date_naissance;NIR;iban\nB1;Ba;Lo;01/02/2004;104;FR7612345\n;;;;;\nB2;Be;La;02/02/2004;204;\n";
        let found =
            first_rows(text.as_bytes(), &sniff(text.as_bytes()), &profiles()[0], FileKind::Beneficiaries, 5);
        assert_eq!(found.columns, ["numero", "nom", "prenom", "date_naissance", "iban"]);
        let rows: Vec<String> =
            found.rows.iter().map(|(line, row)| format!("{line} {}", row.join("|"))).collect();
        assert_eq!(rows, ["4 B1|Ba|Lo|01/02/2004|… 345", "6 B2|Be|La|02/02/2004|"]);
    }
}
