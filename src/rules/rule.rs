//! The rules that a dispositif's file combines: a closed set of kinds, no programming.

use super::law::{OnDate, Source, Written};
use crate::calendar::{Date, Month};

/// The stretch of time over which a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// One aid.
    Aid,
    /// The week of the decision, from Monday to Sunday.
    Week,
    /// The month of right.
    Month,
    /// The civil quarter of the month of right.
    Quarter,
    /// The civil year of the month of right.
    Year,
    /// Any twelve months in a row.
    TwelveMonths,
    /// One decision.
    Decision,
    /// The months of the declared parcours that holds the month of right.
    Parcours,
    /// The person's whole life here.
    Always,
}

impl Window {
    /// Returns the stretch in words, as after a cap: `par mois`.
    pub fn in_words(self) -> &'static str {
        match self {
            Window::Aid => "par aide",
            Window::Week => "par semaine",
            Window::Month => "par mois",
            Window::Quarter => "par trimestre civil",
            Window::Year => "par année civile",
            Window::TwelveMonths => "sur douze mois glissants",
            Window::Decision => "par décision",
            Window::Parcours => "par parcours",
            Window::Always => "en tout, par personne",
        }
    }
}

/// The first factor of a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A dated value, by rank in its dispositif.
    Value(usize),
    /// What is declared under this code for the month of right.
    Declared(String),
}

/// A bound: a product, rounded down to the centime where an amount is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The first factor.
    pub base: Base,
    /// Times a number.
    pub times: u32,
    /// Times a dated value in `nombre`, by rank.
    pub times_value: Option<usize>,
    /// Times what is declared under this code for the month of right.
    pub times_declared: Option<String>,
    /// A part of it: a dated value in `pourcent`, by rank.
    pub part: Option<usize>,
}

impl Bound {
    /// Returns the declarations that the bound needs.
    pub fn declared(&self) -> impl Iterator<Item = &String> {
        let base = match &self.base {
            Base::Declared(code) => Some(code),
            Base::Value(_) => None,
        };
        base.into_iter().chain(&self.times_declared)
    }

    /// Returns the dated values that the bound needs, by rank.
    pub fn values(&self) -> impl Iterator<Item = usize> {
        let base = match self.base {
            Base::Value(rank) => Some(rank),
            Base::Declared(_) => None,
        };
        base.into_iter().chain(self.times_value).chain(self.part)
    }
}

/// The months whose declarations are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Months {
    /// The month of right.
    Same,
    /// The month before.
    Before,
    /// The mean of the three months before.
    ThreeBefore,
}

impl Months {
    /// Returns the months, for a month of right.
    pub fn of(self, month: Month) -> impl Iterator<Item = Month> {
        let (first, last) = match self {
            Months::Same => (0, 0),
            Months::Before => (-1, -1),
            Months::ThreeBefore => (-3, -1),
        };
        (first..=last).map(move |offset| month.plus(offset))
    }

    /// Returns how many months they are.
    pub fn count(self) -> i64 {
        match self {
            Months::Same | Months::Before => 1,
            Months::ThreeBefore => 3,
        }
    }

    /// Returns the months in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Months::Same => "le mois de l'aide",
            Months::Before => "le mois précédent",
            Months::ThreeBefore => "en moyenne sur les trois mois précédents",
        }
    }
}

/// What happens where a rule needs a declaration that nobody made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// The rule is not checked, and `aide evaluer` says so.
    Passes,
    /// The rule fails.
    Refuses,
}

/// How an amount is brought to the centime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest centime, half a centime up.
    Nearest,
    /// Down.
    Down,
    /// Up.
    Up,
}

impl Rounding {
    /// Returns its name.
    pub fn in_words(self) -> &'static str {
        match self {
            Rounding::Nearest => "au centime le plus proche, le demi-centime au-dessus",
            Rounding::Down => "au centime inférieur",
            Rounding::Up => "au centime supérieur",
        }
    }
}

/// One degree of a scale of sanctions.
#[derive(Clone, Debug)]
pub struct Sanction {
    /// Its French label.
    pub label: String,
    /// The declaration that notifies it.
    pub declared: String,
    /// The rank that the declaration must have, in hundredths; none: any.
    pub rank: Option<i64>,
    /// It takes effect on the first day of the month that comes so many months after its notification.
    pub delay: u16,
    /// The part withdrawn, a dated value in `pourcent`; none: the declared percentage, between the
    /// declared days.
    pub part: Option<usize>,
    /// For how many months; none: to the end of the parcours.
    pub months: Option<u16>,
    /// First day of the notifications to which it applies.
    pub from: Option<Date>,
    /// Last day of these notifications.
    pub to: Option<Date>,
    /// Where it comes from.
    pub source: Source,
}

/// The amount due for a month.
#[derive(Clone, Debug)]
pub struct Formula {
    /// Ranks of the caps of which the lowest that applies is the forfait.
    pub ceilings: Vec<usize>,
    /// The months whose incomes are read.
    pub months: Months,
    /// Incomes that are deducted in full.
    pub deducted: Vec<String>,
    /// Incomes that reduce the allowance above the franchise.
    pub tapered: Vec<String>,
    /// The franchise.
    pub allowance: Bound,
    /// The income at which nothing is left.
    pub vanishing: Bound,
    /// How the result is brought to the centime.
    pub rounding: Rounding,
    /// The sanctions.
    pub sanctions: Vec<Sanction>,
}

/// What a rule checks. A closed set: a rule file combines them, it does not program.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// Completed years on a reference day, bounds included.
    Age {
        /// The first of these days that is known.
        on: Vec<OnDate>,
        /// At least.
        minimum: Option<i16>,
        /// At most.
        maximum: Option<i16>,
        /// At most, with RQTH; as `maximum` where absent.
        maximum_rqth: Option<i16>,
    },
    /// Situations that exclude.
    Situation {
        /// The situations.
        excluded: Vec<Written>,
    },
    /// INSEE codes, or their beginnings, of which one must match.
    Territory {
        /// The beginnings.
        prefixes: Vec<String>,
    },
    /// A sum that is not exceeded over a window.
    Cap {
        /// The window.
        window: Window,
        /// The bound.
        bound: Bound,
        /// Other dispositifs whose aids count too.
        with: Vec<String>,
    },
    /// A number of aids that is not exceeded over a window.
    Count {
        /// The window.
        window: Window,
        /// At most so many.
        maximum: u32,
        /// Other dispositifs whose aids count too.
        with: Vec<String>,
    },
    /// The amount goes by steps.
    Step {
        /// The step.
        step: Bound,
    },
    /// The amount is not less than a bound.
    Floor {
        /// The bound.
        bound: Bound,
    },
    /// Other dispositifs that exclude this one in the same month of right.
    Incompatible {
        /// Their codes.
        with: Vec<String>,
        /// Their declared parcours exclude it too.
        parcours: bool,
    },
    /// The payment may come before the decision by so many days at most.
    DateOrder {
        /// The days.
        days: u16,
    },
    /// A sum of declared values stays between bounds; without bounds, nothing above zero is admitted.
    Declared {
        /// What is added up.
        codes: Vec<String>,
        /// In which months.
        months: Months,
        /// At least.
        minimum: Option<Bound>,
        /// At most.
        maximum: Option<Bound>,
        /// The sum is divided by what is declared here: parts of a household.
        per: Option<String>,
        /// The rule does not apply where this is declared.
        unless: Option<String>,
    },
    /// The month lies within a declared parcours, that lasts so many months at most.
    Parcours {
        /// At most so many months.
        months: Option<u16>,
        /// At most, where the extension is declared.
        extended: Option<(u16, String)>,
    },
    /// So many months between the end of a parcours and the beginning of the next.
    Wait {
        /// The months.
        months: u16,
        /// Not where this is declared.
        unless: Option<String>,
    },
    /// The amount due is a cap of the month.
    Due(Box<Formula>),
}

impl RuleKind {
    /// Returns the bounds that are amounts of money, then those that are in the unit of what they bound.
    pub fn bounds(&self) -> (Vec<&Bound>, Vec<&Bound>) {
        match self {
            RuleKind::Cap { bound, .. } | RuleKind::Step { step: bound } | RuleKind::Floor { bound } => {
                (vec![bound], Vec::new())
            }
            RuleKind::Due(formula) => (vec![&formula.allowance, &formula.vanishing], Vec::new()),
            RuleKind::Declared { minimum, maximum, .. } => {
                (Vec::new(), minimum.iter().chain(maximum).collect())
            }
            _ => (Vec::new(), Vec::new()),
        }
    }
}

/// The cases to which a rule applies.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// The first of these days that is known.
    pub on: Vec<OnDate>,
    /// Age at least.
    pub minimum: Option<i16>,
    /// Age at most.
    pub maximum: Option<i16>,
    /// Where this is declared, the ages are taken for met.
    pub or_declared: Option<String>,
    /// Where this is declared, the rule does not apply.
    pub unless_declared: Option<String>,
    /// What must be declared, between these hundredths.
    pub declared: Option<(String, i64, i64)>,
}

/// One rule of a dispositif.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its code, as in findings.
    pub code: String,
    /// Its French label.
    pub label: String,
    /// First day of the months to which it applies.
    pub from: Option<Date>,
    /// Last day of the months to which it applies.
    pub to: Option<Date>,
    /// The nature types to which it applies; none means all.
    pub natures: Vec<u8>,
    /// The cases to which it applies.
    pub condition: Option<Condition>,
    /// A committee named by the line waives it.
    pub waived_by_committee: bool,
    /// What happens without the declarations that it needs.
    pub undeclared: Undeclared,
    /// What it checks.
    pub kind: RuleKind,
    /// Where it comes from.
    pub source: Source,
    /// Line and column in the file.
    pub place: (usize, usize),
}

impl Rule {
    /// Returns true when the rule holds for aids of this month of right.
    pub fn holds_in(&self, month: Month) -> bool {
        let day = month.first_day();
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Returns true when aids of this type of nature are concerned.
    pub fn concerns(&self, nature_type: Option<u8>) -> bool {
        self.natures.is_empty() || nature_type.is_some_and(|nature| self.natures.contains(&nature))
    }

    /// Returns the codes of the other dispositifs that it names.
    pub fn others(&self) -> &[String] {
        match &self.kind {
            RuleKind::Incompatible { with, .. }
            | RuleKind::Cap { with, .. }
            | RuleKind::Count { with, .. } => with,
            _ => &[],
        }
    }

    /// Returns the codes of the declarations without which it cannot be checked.
    pub fn needs(&self) -> Vec<&str> {
        match &self.kind {
            RuleKind::Declared { codes, per, .. } => codes.iter().chain(per).map(String::as_str).collect(),
            RuleKind::Cap { window: Window::Parcours, .. }
            | RuleKind::Count { window: Window::Parcours, .. }
            | RuleKind::Parcours { .. } => vec![crate::funding::declared::PARCOURS],
            RuleKind::Cap { bound, .. } | RuleKind::Step { step: bound } | RuleKind::Floor { bound } => {
                bound.declared().map(String::as_str).collect()
            }
            RuleKind::Due(formula) => {
                let limits = formula.allowance.declared().chain(formula.vanishing.declared());
                limits.map(String::as_str).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns true when it reads the dated value at this rank.
    pub fn reads(&self, value: usize) -> bool {
        match &self.kind {
            RuleKind::Cap { bound, .. } | RuleKind::Step { step: bound } | RuleKind::Floor { bound } => {
                bound.values().any(|v| v == value)
            }
            RuleKind::Declared { minimum, maximum, .. } => {
                minimum.iter().chain(maximum).flat_map(|bound| bound.values()).any(|v| v == value)
            }
            RuleKind::Due(formula) => {
                formula.allowance.values().chain(formula.vanishing.values()).any(|v| v == value)
                    || formula.sanctions.iter().any(|sanction| sanction.part == Some(value))
            }
            _ => false,
        }
    }

    /// Returns the codes of the declarations that it reads.
    pub fn declarations(&self) -> Vec<&str> {
        let mut codes: Vec<&String> = Vec::new();
        if let Some(condition) = &self.condition {
            codes.extend(condition.or_declared.iter().chain(&condition.unless_declared));
            codes.extend(condition.declared.iter().map(|(code, ..)| code));
        }
        match &self.kind {
            RuleKind::Cap { bound, .. } | RuleKind::Step { step: bound } | RuleKind::Floor { bound } => {
                codes.extend(bound.declared())
            }
            RuleKind::Declared { codes: summed, minimum, maximum, per, unless, .. } => {
                codes.extend(summed.iter().chain(per).chain(unless));
                codes.extend(minimum.iter().chain(maximum).flat_map(Bound::declared));
            }
            RuleKind::Parcours { extended, .. } => codes.extend(extended.iter().map(|(_, code)| code)),
            RuleKind::Wait { unless, .. } => codes.extend(unless),
            RuleKind::Due(formula) => {
                codes.extend(formula.deducted.iter().chain(&formula.tapered));
                codes.extend(formula.sanctions.iter().map(|sanction| &sanction.declared));
                codes.extend(formula.allowance.declared().chain(formula.vanishing.declared()));
            }
            RuleKind::Age { .. }
            | RuleKind::Situation { .. }
            | RuleKind::Territory { .. }
            | RuleKind::Count { .. }
            | RuleKind::Incompatible { .. }
            | RuleKind::DateOrder { .. } => {}
        }
        codes.into_iter().map(String::as_str).collect()
    }
}
