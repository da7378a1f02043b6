//! Aids by dispositif, nature, month, funder, convention, site or beneficiary.

use super::table::{Cell, Column, Drill, Kind, Row, Table};
use crate::calendar::Month;
use crate::funding::DateKind;
use crate::money::Amount;
use std::collections::{BTreeMap, BTreeSet};

/// What statements, and the addresses of what is behind them, call the absence of a code.
pub const WITHOUT: &str = "sans";

/// What aids are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Dispositif.
    Dispositif,
    /// Funder.
    Funder,
    /// Convention.
    Convention,
    /// Site.
    Site,
    /// Nature.
    Nature,
    /// Month.
    Month,
    /// Civil quarter.
    Quarter,
    /// Beneficiary.
    Beneficiary,
}

impl Axis {
    /// All axes.
    pub const ALL: [Axis; 8] = [
        Axis::Dispositif,
        Axis::Funder,
        Axis::Convention,
        Axis::Site,
        Axis::Nature,
        Axis::Month,
        Axis::Quarter,
        Axis::Beneficiary,
    ];

    /// Returns the word of `--par`.
    pub fn code(self) -> &'static str {
        match self {
            Axis::Dispositif => "dispositif",
            Axis::Funder => "financeur",
            Axis::Convention => "convention",
            Axis::Site => "site",
            Axis::Nature => "nature",
            Axis::Month => "mois",
            Axis::Quarter => "trimestre",
            Axis::Beneficiary => "beneficiaire",
        }
    }

    /// Reads the word of `--par`.
    pub fn parse(text: &str) -> Option<Axis> {
        Axis::ALL.into_iter().find(|axis| axis.code() == text)
    }

    /// Returns its French heading.
    pub fn heading(self) -> &'static str {
        match self {
            Axis::Dispositif => "Dispositif",
            Axis::Funder => "Financeur",
            Axis::Convention => "Convention",
            Axis::Site => "Site",
            Axis::Nature => "Nature",
            Axis::Month => "Mois",
            Axis::Quarter => "Trimestre",
            Axis::Beneficiary => "Bénéficiaire",
        }
    }

    /// Returns true when its distinct people are maintained, so that the statement costs nothing.
    pub fn is_maintained(self) -> bool {
        matches!(self, Axis::Dispositif | Axis::Month)
    }
}

/// One group of aids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AidGroup {
    /// One key per axis.
    pub keys: Vec<String>,
    /// Instalments, decisions or payments.
    pub number: i64,
    /// Distinct people.
    pub people: i64,
    /// Amount.
    pub amount: Amount,
}

/// One share of an aid, for an exact grouping.
#[derive(Clone, Debug)]
pub struct AidLine {
    /// One key per axis.
    pub keys: Vec<String>,
    /// What tells instalments, decisions or payments apart.
    pub unit: (i64, Month),
    /// The person.
    pub person: i64,
    /// The amount of the share.
    pub amount: Amount,
}

/// Groups lines, counting each unit and each person once per group; the last group is of them all.
pub fn group_exactly(lines: impl Iterator<Item = AidLine>) -> (Vec<AidGroup>, AidGroup) {
    #[derive(Default)]
    struct Group {
        units: BTreeSet<(i64, Month)>,
        people: BTreeSet<i64>,
        amount: Amount,
    }
    impl Group {
        fn add(&mut self, line: &AidLine) {
            self.units.insert(line.unit);
            self.people.insert(line.person);
            self.amount += line.amount;
        }
        fn close(self, keys: Vec<String>) -> AidGroup {
            let count = |length: usize| i64::try_from(length).expect("fewer than that");
            AidGroup {
                keys,
                number: count(self.units.len()),
                people: count(self.people.len()),
                amount: self.amount,
            }
        }
    }
    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    let mut all = Group::default();
    for line in lines {
        all.add(&line);
        groups.entry(line.keys.clone()).or_default().add(&line);
    }
    (groups.into_iter().map(|(keys, group)| group.close(keys)).collect(), all.close(Vec::new()))
}

/// Lays groups out, in the order of their keys, with their total.
pub fn aid_table(
    title: &str,
    notes: Vec<String>,
    axes: &[Axis],
    by: DateKind,
    groups: &[AidGroup],
    all: &AidGroup,
) -> Table {
    let number = match by {
        DateKind::Right => "Échéances",
        DateKind::Decision => "Décisions",
        DateKind::Payment => "Versements",
    };
    let mut columns: Vec<Column> = axes
        .iter()
        .zip(["cle", "cle2"])
        .map(|(axis, key)| Column::new(key, axis.heading(), Kind::Text))
        .collect();
    columns.push(Column::new("nombre", number, Kind::Count));
    columns.push(Column::new("beneficiaires", "Bénéficiaires", Kind::Count));
    columns.push(Column::new("montant", "Montant", Kind::Amount));
    let row = |keys: Vec<Cell>, group: &AidGroup| {
        let figures = [Cell::Count(group.number), Cell::Count(group.people), Cell::Amount(group.amount)];
        keys.into_iter().chain(figures).collect::<Vec<_>>()
    };
    let rows: Vec<Row> = groups
        .iter()
        .map(|group| {
            let cells = row(group.keys.iter().map(|key| Cell::Text(key.clone())).collect(), group);
            Row::from(cells).to(Drill::Aids(axes.iter().copied().zip(group.keys.iter().cloned()).collect()))
        })
        .collect();
    let mut total_keys = vec![Cell::Text("Total".into())];
    total_keys.resize(axes.len(), Cell::Empty);
    Table { notes, total: Some(row(total_keys, all)), ..Table::new(title, columns, rows) }
}

/// Lays groups of two axes out as a cross table of amounts, where the second axis has at most `widest`
/// keys: few enough to be read across.
pub fn cross_table(
    title: &str,
    notes: Vec<String>,
    axes: &[Axis],
    groups: &[AidGroup],
    widest: usize,
) -> Option<Table> {
    let [first, second] = axes else { return None };
    let across: BTreeSet<&str> = groups.iter().map(|group| group.keys[1].as_str()).collect();
    if across.is_empty() || across.len() > widest {
        return None;
    }
    let mut columns = vec![Column::new(first.code(), first.heading(), Kind::Text)];
    columns.extend(across.iter().map(|key| Column::new(key, key, Kind::Amount)));
    columns.push(Column::new("total", "Total", Kind::Amount));
    let row = |name: &str, groups: &[&AidGroup]| {
        let sum = |key: Option<&str>| -> Option<Amount> {
            let mut own = groups.iter().filter(|group| key.is_none_or(|key| group.keys[1] == key)).peekable();
            own.peek()?;
            Some(own.map(|group| group.amount).sum())
        };
        let mut cells = vec![Cell::Text(name.to_string())];
        let keys = across.iter().map(|key| Some(*key)).chain([None]);
        cells.extend(keys.map(|key| sum(key).map_or(Cell::Empty, Cell::Amount)));
        cells
    };
    let rows: Vec<Row> = groups
        .chunk_by(|a, b| a.keys[0] == b.keys[0])
        .map(|same| {
            let key = &same[0].keys[0];
            let cells = row(key, &same.iter().collect::<Vec<_>>());
            Row::from(cells).to(Drill::Aids(vec![(*first, key.clone())]))
        })
        .collect();
    let total = row("Total", &groups.iter().collect::<Vec<_>>());
    let title = format!("{title}, par {} et {}", first.code(), second.code());
    Some(Table { notes, total: Some(total), ..Table::new(title, columns, rows) })
}
