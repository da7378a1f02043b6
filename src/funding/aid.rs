//! Aids as facts: what a person was granted, for which month, on which decision.

use crate::calendar::{Date, Month};
use crate::money::Amount;

/// Whether a line decides an aid or records one that another body has paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// Own funds and mandates: a failing rule refuses.
    Decide,
    /// Another body has already paid: the line is posted, irregular.
    Record,
}

impl Mode {
    /// Returns the word of the command line, of JSON and of the seal.
    pub fn code(self) -> &'static str {
        match self {
            Mode::Decide => "decider",
            Mode::Record => "constater",
        }
    }

    /// Reads the stored or typed word.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Decide, Mode::Record].into_iter().find(|mode| mode.code() == text)
    }
}

/// The three dates by which aids are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateKind {
    /// Month of right.
    Right,
    /// Decision.
    Decision,
    /// Payment.
    Payment,
}

impl DateKind {
    /// All kinds, in stored order.
    pub const ALL: [DateKind; 3] = [DateKind::Right, DateKind::Decision, DateKind::Payment];

    /// Returns the word of `--selon`.
    pub fn code(self) -> &'static str {
        match self {
            DateKind::Right => "droit",
            DateKind::Decision => "decision",
            DateKind::Payment => "paiement",
        }
    }

    /// Returns the words that follow « selon ».
    pub fn in_words(self) -> &'static str {
        match self {
            DateKind::Right => "le mois de droit",
            DateKind::Decision => "la date de décision",
            DateKind::Payment => "la date de versement",
        }
    }

    /// Returns the stored number.
    pub fn number(self) -> i64 {
        match self {
            DateKind::Right => 1,
            DateKind::Decision => 2,
            DateKind::Payment => 3,
        }
    }
}

/// One living aid of a person, as the rules and the totals see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The dispositif, as a rank in the law in force.
    pub dispositif: u16,
    /// The type of its nature in that law; 0 where the dispositif has no types.
    pub nature_type: u8,
    /// The decision, as the base's key (negative while it is only planned).
    pub decision: i64,
    /// The month of right.
    pub month: Month,
    /// The date of the decision.
    pub decided_on: Date,
    /// The date of the payment, if paid.
    pub paid_on: Option<Date>,
    /// The amount granted, less what came back of it.
    pub amount: Amount,
    /// Posted though a rule fails.
    pub irregular: bool,
    /// The decision's own date is unknown: it is another decision than a dated one of that day.
    pub undated: bool,
}

impl Fact {
    /// Returns the month in which this aid counts by `kind`, if it does.
    pub fn month_by(&self, kind: DateKind) -> Option<Month> {
        match kind {
            DateKind::Right => Some(self.month),
            DateKind::Decision => Some(self.decided_on.month()),
            DateKind::Payment => self.paid_on.map(Date::month),
        }
    }
}

/// The living aids of many people: one chain per person in one block of memory.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    heads: Vec<u32>,
    nodes: Vec<(Fact, u32)>,
}

const END: u32 = u32::MAX;

impl Facts {
    /// Makes empty chains for `people` people, with room for `facts` facts.
    pub fn new(people: usize, facts: usize) -> Facts {
        Facts { heads: vec![END; people], nodes: Vec::with_capacity(facts) }
    }

    /// Adds a fact to the person at this rank.
    pub fn push(&mut self, person: usize, fact: Fact) {
        let at = u32::try_from(self.nodes.len()).expect("fewer than four billion aids");
        self.nodes.push((fact, self.heads[person]));
        self.heads[person] = at;
    }

    /// Returns how many facts there are in all.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns true when there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the facts of the person at this rank among the first `limit` that were added.
    pub fn of_first(&self, person: usize, limit: usize) -> Chain<'_> {
        let mut at = self.heads[person];
        while at != END && at as usize >= limit {
            at = self.nodes[at as usize].1;
        }
        Chain { nodes: &self.nodes, at }
    }

    /// Returns the facts of the person at this rank, the latest added first.
    pub fn of(&self, person: usize) -> Chain<'_> {
        Chain { nodes: &self.nodes, at: self.heads[person] }
    }
}

/// The facts of one person.
#[derive(Clone)]
pub struct Chain<'a> {
    nodes: &'a [(Fact, u32)],
    at: u32,
}

impl<'a> Iterator for Chain<'a> {
    type Item = &'a Fact;

    fn next(&mut self) -> Option<&'a Fact> {
        let (fact, next) = self.nodes.get(self.at as usize)?;
        self.at = *next;
        Some(fact)
    }
}
