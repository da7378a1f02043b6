//! An attestation: the aids of one person over some months, by month, dispositif and payer; its
//! fingerprint.

use super::table::{Cell, Column, Kind, Table};
use crate::calendar::{Date, Month};
use crate::funding::DateKind;
use crate::ledger::seal::{Canonical, Digest, Tag, hex};
use crate::money::Amount;

/// What an attestation says, before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationContent {
    /// Its own number, such as `AT-2024-000123`.
    pub number: String,
    /// The day it is issued.
    pub dated: Date,
    /// The structure's name.
    pub structure: String,
    /// Its SIREN, nine digits.
    pub siren: Option<String>,
    /// The person.
    pub person: AttestedPerson,
    /// The first month.
    pub first: Month,
    /// The last month.
    pub last: Month,
    /// The date that says in which month an aid counts: of its right or of its payment.
    pub basis: DateKind,
    /// The dispositifs of the aids, in any order.
    pub dispositifs: Vec<AttestedDispositif>,
    /// The payers of the aids, in any order; of a person without any aid, those whose returns were read.
    pub payers: Vec<AttestedPayer>,
    /// The aids, in any order.
    pub aids: Vec<AttestedAid>,
    /// The head of the chain of entries on that day.
    pub head: ChainHead,
}

/// Who was helped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedPerson {
    /// Number of the person's file.
    pub number: String,
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Date of birth, where it is known.
    pub born_on: Option<Date>,
}

/// A dispositif of an attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedDispositif {
    /// Code.
    pub code: String,
    /// French label.
    pub label: String,
}

/// A payer of an attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedPayer {
    /// Code.
    pub code: String,
    /// French label.
    pub label: String,
    /// How it is known what was paid.
    pub known_by: KnownBy,
}

/// How it is known what a payer paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// The structure pays.
    Itself,
    /// Another body pays: the day of the last import of its returns, and the last payment they hold.
    Returns(Date, Option<Date>),
}

/// One aid, or the share of it that counts in a month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttestedAid {
    /// The month in which it counts.
    pub month: Month,
    /// Code of its dispositif.
    pub dispositif: String,
    /// Code of its payer.
    pub payer: String,
    /// The day of its payment, if paid.
    pub paid_on: Option<Date>,
    /// The amount.
    pub amount: Amount,
}

/// The last entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Its number: `AIDES-2024-0012`.
    pub entry: String,
    /// The first eight hexadecimal characters of its seal.
    pub seal: String,
}

/// Why a content is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// The last month comes before the first.
    #[error("la période finit avant de commencer : {0} – {1}")]
    Period(Month, Month),
    /// Attested by decision: it says neither what was paid nor what it was for.
    #[error("une attestation se fait selon le paiement ou le droit, non selon la décision")]
    Basis,
    /// An aid outside the period, or outside the month of its payment.
    #[error("aide hors de sa période : {0}")]
    Month(Month),
    /// A code that is empty, given twice, or named by an aid without being given.
    #[error("code « {0} » vide, donné deux fois ou absent")]
    Code(String),
}

/// A payer's part: what it paid for each dispositif.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerPart<'a> {
    /// The payer.
    pub payer: &'a AttestedPayer,
    /// The dispositifs that it paid for, each with its sum.
    pub dispositifs: Vec<(&'a AttestedDispositif, Amount)>,
    /// The sum of them.
    pub total: Amount,
    /// What of it is granted and not yet paid.
    pub unpaid: Amount,
}

/// A checked attestation, in its own order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation(AttestationContent);

/// The most dispositifs that stand side by side; more of them make a row each.
const WIDEST: usize = 6;
/// The longest label over a column; a longer one is explained under the table.
const LONGEST_HEADING: usize = 32;
/// What stands for no aid.
const NONE: &str = "—";

impl Attestation {
    /// Checks a content and puts it in order, so that the same facts make the same attestation.
    ///
    /// # Errors
    /// When the period is reversed, the basis is the decision, an aid is outside the period (or, by
    /// payment, outside the month of its payment), or a code is missing or doubled.
    pub fn new(mut content: AttestationContent) -> Result<Attestation, AttestationError> {
        if content.last < content.first {
            return Err(AttestationError::Period(content.first, content.last));
        }
        if content.basis == DateKind::Decision {
            return Err(AttestationError::Basis);
        }
        content.dispositifs.sort_by(|a, b| a.code.cmp(&b.code));
        content.payers.sort_by(|a, b| a.code.cmp(&b.code));
        content.aids.sort();
        let dispositifs: Vec<&str> = content.dispositifs.iter().map(|one| one.code.as_str()).collect();
        let payers: Vec<&str> = content.payers.iter().map(|one| one.code.as_str()).collect();
        for codes in [&dispositifs, &payers] {
            let doubled = codes.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
            if let Some(code) = codes.first().copied().filter(|code| code.is_empty()).or(doubled) {
                return Err(AttestationError::Code(code.to_string()));
            }
        }
        for aid in &content.aids {
            let paid_then =
                content.basis != DateKind::Payment || aid.paid_on.map(Date::month) == Some(aid.month);
            if !(content.first..=content.last).contains(&aid.month) || !paid_then {
                return Err(AttestationError::Month(aid.month));
            }
            for (codes, code) in [(&dispositifs, &aid.dispositif), (&payers, &aid.payer)] {
                if codes.binary_search(&code.as_str()).is_err() {
                    return Err(AttestationError::Code(code.clone()));
                }
            }
        }
        Ok(Attestation(content))
    }

    /// Returns what it says.
    pub fn content(&self) -> &AttestationContent {
        &self.0
    }

    /// Returns the bytes of its content, as docs/seal.md specifies them.
    pub fn canonical(&self) -> Canonical {
        let content = &self.0;
        let mut bytes = Canonical::new();
        bytes.text(Tag::AttestationNumber, &content.number);
        bytes.number(Tag::IssuedOn, content.dated.number());
        bytes.text(Tag::StructureName, &content.structure);
        bytes.text(Tag::Siren, content.siren.as_deref().unwrap_or(""));
        bytes.text(Tag::PersonNumber, &content.person.number);
        bytes.text(Tag::LastName, &content.person.last_name);
        bytes.text(Tag::FirstName, &content.person.first_name);
        if let Some(day) = content.person.born_on {
            bytes.number(Tag::BornOn, day.number());
        }
        bytes.number(Tag::FirstMonth, content.first.number());
        bytes.number(Tag::LastMonth, content.last.number());
        bytes.text(Tag::Basis, content.basis.code());
        for dispositif in &content.dispositifs {
            bytes.text(Tag::AttestedDispositif, &dispositif.code);
            bytes.text(Tag::DispositifLabel, &dispositif.label);
        }
        for payer in &content.payers {
            bytes.text(Tag::AttestedPayer, &payer.code);
            bytes.text(Tag::PayerLabel, &payer.label);
            if let KnownBy::Returns(imported, paid) = payer.known_by {
                bytes.number(Tag::ImportedTo, imported.number());
                if let Some(day) = paid {
                    bytes.number(Tag::PaidOn, day.number());
                }
            }
        }
        for aid in &content.aids {
            bytes.number(Tag::AidMonth, aid.month.number());
            bytes.text(Tag::AidDispositif, &aid.dispositif);
            bytes.text(Tag::AidPayer, &aid.payer);
            bytes.number(Tag::AttestedAmount, aid.amount.centimes());
            if let Some(day) = aid.paid_on {
                bytes.number(Tag::PaidOn, day.number());
            }
        }
        bytes.text(Tag::HeadEntry, &content.head.entry);
        bytes.text(Tag::HeadSeal, &content.head.seal);
        bytes
    }

    /// Returns the fingerprint: the SHA-256 of its bytes.
    pub fn fingerprint(&self) -> Digest {
        self.canonical().digest()
    }

    /// Returns what is typed to verify it: its number, then the first sixteen characters of its
    /// fingerprint, four by four.
    pub fn code(&self) -> String {
        let start = hex(&self.fingerprint()[..8]);
        format!("{}-{}-{}-{}-{}", self.0.number, &start[..4], &start[4..8], &start[8..12], &start[12..])
    }

    /// Returns the sum of the aids.
    pub fn total(&self) -> Amount {
        self.sum(|_| true)
    }

    /// Returns each payer's part, in the order of their codes; without any aid, payers with nothing.
    pub fn payer_parts(&self) -> Vec<PayerPart<'_>> {
        let parts = self.0.payers.iter().map(|payer| {
            let own = |aid: &&AttestedAid| aid.payer == payer.code;
            let of = |code: &str| {
                self.0
                    .aids
                    .iter()
                    .filter(own)
                    .any(|aid| aid.dispositif == code)
                    .then(|| self.sum(|aid| aid.payer == payer.code && aid.dispositif == code))
            };
            let dispositifs = self.0.dispositifs.iter();
            PayerPart {
                payer,
                dispositifs: dispositifs.filter_map(|one| Some((one, of(&one.code)?))).collect(),
                total: self.sum(|aid| aid.payer == payer.code),
                unpaid: self.sum(|aid| aid.payer == payer.code && aid.paid_on.is_none()),
            }
        });
        parts.filter(|part| self.0.aids.is_empty() || !part.dispositifs.is_empty()).collect()
    }

    /// Returns true where the dispositifs stand side by side on a page wider than high.
    pub fn is_wide(&self) -> bool {
        (WIDEST - 1..=WIDEST).contains(&self.granted().len())
    }

    /// Lays the aids out, each month of the period shown: a column per dispositif or, beyond six of
    /// them, a row per month and dispositif. None without any aid.
    pub fn table(&self) -> Option<Table> {
        let granted = self.granted();
        if granted.is_empty() {
            return None;
        }
        let title = match self.0.basis {
            DateKind::Payment => "Aides par mois de versement, en euros",
            DateKind::Right | DateKind::Decision => "Aides par mois de droit, en euros",
        };
        let mut table =
            if granted.len() <= WIDEST { self.side_by_side(&granted) } else { self.one_by_one(&granted) };
        table.title = title.to_string();
        Some(table)
    }

    fn side_by_side(&self, granted: &[&AttestedDispositif]) -> Table {
        let mut columns = vec![Column::new("mois", "Mois", Kind::Text)];
        let mut notes = Vec::new();
        for one in granted {
            let fits = one.label.chars().count() <= LONGEST_HEADING;
            columns.push(Column::new(&one.code, if fits { &one.label } else { &one.code }, Kind::Amount));
            if !fits {
                notes.push(format!("{}\u{a0}: {}.", one.code, one.label));
            }
        }
        // With one dispositif, its column is the total.
        let with_total = granted.len() > 1;
        if with_total {
            columns.push(Column::new("total", "Total", Kind::Amount));
        }
        let row = |label: String, month: Option<Month>| {
            let here = |aid: &AttestedAid| month.is_none_or(|month| aid.month == month);
            let mut cells = vec![Cell::Text(label)];
            cells.extend(granted.iter().map(|one| {
                let own = |aid: &AttestedAid| here(aid) && aid.dispositif == one.code;
                if self.0.aids.iter().any(own) { Cell::Amount(self.sum(own)) } else { Cell::from(NONE) }
            }));
            if with_total {
                cells.push(Cell::Amount(self.sum(here)));
            }
            cells
        };
        let rows: Vec<Vec<Cell>> = self.months().map(|month| row(month.in_words(), Some(month))).collect();
        if rows.iter().flatten().any(|cell| *cell == Cell::from(NONE)) {
            notes.insert(0, format!("Un tiret ({NONE}) marque un mois sans aide enregistrée."));
        }
        Table { notes, total: Some(row("Total".into(), None)), ..Table::new("", columns, rows) }
    }

    fn one_by_one(&self, granted: &[&AttestedDispositif]) -> Table {
        let columns = vec![
            Column::new("mois", "Mois", Kind::Text),
            Column::new("dispositif", "Dispositif", Kind::Text),
            Column::new("montant", "Montant", Kind::Amount),
        ];
        let mut rows = Vec::new();
        for month in self.months() {
            let before = rows.len();
            for one in granted {
                let own = |aid: &AttestedAid| aid.month == month && aid.dispositif == one.code;
                if self.0.aids.iter().any(own) {
                    let label = Cell::Text(one.label.clone());
                    rows.push(vec![Cell::Text(month.in_words()), label, Cell::Amount(self.sum(own))]);
                }
            }
            if rows.len() == before {
                rows.push(vec![Cell::Text(month.in_words()), Cell::from("aucune aide"), Cell::from(NONE)]);
            }
        }
        let total = vec![Cell::from("Total"), Cell::Empty, Cell::Amount(self.total())];
        Table { total: Some(total), ..Table::new("", columns, rows) }
    }

    fn months(&self) -> impl Iterator<Item = Month> {
        let first = self.0.first;
        (0..=first.until(self.0.last)).map(move |rank| first.plus(rank))
    }

    /// The dispositifs under which there is an aid.
    fn granted(&self) -> Vec<&AttestedDispositif> {
        let has_aid = |code: &str| self.0.aids.iter().any(|aid| aid.dispositif == code);
        self.0.dispositifs.iter().filter(|one| has_aid(&one.code)).collect()
    }

    fn sum(&self, wanted: impl Fn(&AttestedAid) -> bool) -> Amount {
        self.0.aids.iter().filter(|aid| wanted(aid)).map(|aid| aid.amount).sum()
    }
}
