//! The amount due for a month: forfait, deductions, franchise, slope, sanctions, rounding.

use super::bound::{self, Exact};
use super::judge::{Case, applies};
use super::law::Dispositif;
use super::rule::{Formula, Months, Rounding, RuleKind, Sanction};
use crate::calendar::Month;
use crate::funding::Declared;
use crate::funding::declared::PARCOURS;
use crate::money::Amount;

/// What is due for a month, and how it is found.
#[derive(Clone, Debug)]
pub struct Due {
    /// Rank of the cap that gives the forfait.
    pub ceiling: usize,
    /// The forfait.
    pub forfait: Amount,
    /// Incomes deducted in full, in centimes.
    pub deducted: Amount,
    /// Incomes that reduce the allowance, in centimes.
    pub tapered: Amount,
    /// The franchise.
    pub allowance: Amount,
    /// The income at which nothing is left, to the nearest centime for show.
    pub vanishing: Amount,
    /// Withdrawn by the slope, to the nearest centime for show.
    pub withdrawn: Amount,
    /// The amount before sanctions, rounded.
    pub before_sanctions: Amount,
    /// Ranks of the sanctions in force, with the hundredths of a percent that each withdraws.
    pub sanctions: Vec<(usize, i64)>,
    /// The amount due.
    pub amount: Amount,
    /// Whether an income was declared for these months, be it zero, or a sanction notified.
    pub informed: bool,
}

impl Due {
    /// Tells the calculation line by line: what, and how much.
    pub fn lines(&self, dispositif: &Dispositif, formula: &Formula) -> Vec<(String, Amount)> {
        let mut lines = vec![(format!("Forfait : {}", dispositif.rules[self.ceiling].label), self.forfait)];
        let when = formula.months.in_words();
        lines.push((format!("Revenus déduits en entier ({when})"), -self.deducted));
        lines.push((format!("Pour mémoire, autres revenus ({when})"), self.tapered));
        lines.push(("Pour mémoire, franchise : revenus sans effet".to_string(), self.allowance));
        lines.push(("Pour mémoire, revenu auquel le forfait s'annule".to_string(), self.vanishing));
        let slope = format!(
            "Retrait : ({} − {}) × {} ÷ ({} − {})",
            self.tapered.to_french(),
            self.allowance.to_french(),
            self.forfait.to_french(),
            self.vanishing.to_french(),
            self.allowance.to_french()
        );
        let slope = if self.withdrawn.is_zero() {
            "Retrait : aucun, revenus sous la franchise".to_string()
        } else {
            slope
        };
        lines.push((slope, -self.withdrawn));
        lines.push((format!("Montant du mois, {}", formula.rounding.in_words()), self.before_sanctions));
        let heaviest = self.heaviest_sanction();
        for sanction in &self.sanctions {
            let percent = Amount::from_centimes(sanction.1).to_french();
            let label = &formula.sanctions[sanction.0].label;
            lines.push(if heaviest == Some(sanction) {
                (format!("Sanction, {percent}\u{a0}% retirés : {label}"), self.amount - self.before_sanctions)
            } else {
                (format!("Sanction, sans effet avec une plus lourde : {label}"), Amount::ZERO)
            });
        }
        lines.push(("Montant dû, sans prorata".to_string(), self.amount));
        lines
    }

    /// Returns the sanction that withdraws most: of several in a month, it alone counts.
    fn heaviest_sanction(&self) -> Option<&(usize, i64)> {
        self.sanctions.iter().rev().max_by_key(|(_, percent)| *percent)
    }
}

/// The cap that gives the forfait of a case, by rank, and the forfait; `None` where none applies or is
/// in force.
pub(super) fn forfait(
    dispositif: &Dispositif,
    formula: &Formula,
    case: &Case<'_>,
) -> Option<(usize, Amount)> {
    let bounds = formula.ceilings.iter().filter_map(|rank| {
        let rule = &dispositif.rules[*rank];
        let RuleKind::Cap { bound, .. } = &rule.kind else { return None };
        if !applies(dispositif, rule, case) {
            return None;
        }
        Some((*rank, bound::amount(dispositif, bound, case.declared, case.month).ok()?))
    });
    bounds.min_by_key(|(_, forfait)| *forfait)
}

/// Works out what is due in the month of a case; `None` where no forfait applies, or a value of the
/// formula is not in force.
pub fn due(dispositif: &Dispositif, formula: &Formula, case: &Case<'_>) -> Option<Due> {
    let month = case.month;
    let (ceiling, forfait) = forfait(dispositif, formula, case)?;
    let nearest = |amount: Exact| amount.to_centime(Rounding::Nearest);
    let (deducted, said) = income(dispositif, &formula.deducted, formula.months, case);
    let (tapered, said_too) = income(dispositif, &formula.tapered, formula.months, case);
    let allowance = bound::exact(dispositif, &formula.allowance, case.declared, month).ok()?;
    let vanishing = bound::exact(dispositif, &formula.vanishing, case.declared, month).ok()?;
    let full = Exact::whole(forfait);
    let after = full.minus(deducted)?.or_zero();
    let above = tapered.minus(allowance)?.or_zero();
    let withdrawn = above.times(full)?.over(vanishing.minus(allowance)?)?;
    let left = after.minus(withdrawn)?.or_zero();
    let before_sanctions = left.to_centime(formula.rounding)?;
    let sanctions: Vec<(usize, i64)> = formula
        .sanctions
        .iter()
        .enumerate()
        .filter_map(|(rank, sanction)| Some((rank, withdrawal(dispositif, sanction, case.declared, month)?)))
        .collect();
    let most = sanctions.iter().map(|(_, percent)| *percent).max().unwrap_or(0);
    let kept = Exact::whole(before_sanctions).percent((10_000 - most).max(0))?;
    Some(Due {
        ceiling,
        forfait,
        deducted: nearest(deducted)?,
        tapered: nearest(tapered)?,
        allowance: nearest(allowance)?,
        vanishing: nearest(vanishing)?,
        withdrawn: nearest(withdrawn)?,
        before_sanctions,
        amount: kept.to_centime(formula.rounding)?,
        informed: said || said_too || !sanctions.is_empty(),
        sanctions,
    })
}

/// Adds up the incomes declared for some months, as a mean by month; tells whether one was declared.
fn income(dispositif: &Dispositif, codes: &[String], months: Months, case: &Case<'_>) -> (Exact, bool) {
    let mut sum = Amount::ZERO;
    let mut said = false;
    for month in months.of(case.month) {
        for code in codes {
            if let Some(declaration) = case.declared.in_month(code, &dispositif.code, month) {
                sum += Amount::from_centimes(declaration.value);
                said = true;
            }
        }
    }
    (Exact::mean(sum, months.count()), said)
}

/// Returns what a sanction withdraws in a month, in hundredths of a percent. One notified before
/// the parcours of the month began concerned another parcours.
fn withdrawal(
    dispositif: &Dispositif,
    sanction: &Sanction,
    declared: &Declared,
    month: Month,
) -> Option<i64> {
    let parcours = declared.in_month(PARCOURS, &dispositif.code, month);
    declared
        .of(&sanction.declared, &dispositif.code)
        .filter(|notice| {
            let concerned = sanction.rank.is_none_or(|rank| rank == notice.value)
                && sanction.from.is_none_or(|from| from <= notice.from)
                && sanction.to.is_none_or(|to| notice.from <= to)
                && parcours.is_none_or(|parcours| parcours.from <= notice.from);
            let effect = notice.from.month().plus(i32::from(sanction.delay));
            let over = match (sanction.months, sanction.part) {
                (Some(months), _) => effect.until(month) >= i32::from(months),
                (None, Some(_)) => false,
                (None, None) => !notice.touches(month),
            };
            concerned && month >= effect && !over
        })
        .map(|notice| match sanction.part {
            // Without a part in force, the whole is withdrawn: a missing value accepts nothing.
            Some(value) => {
                dispositif.values[value].on(notice.from).map_or(10_000, |period| period.amount.centimes())
            }
            None => notice.value,
        })
        .max()
}
