//! The layout of a statement: its lines, the accounts behind each, its formulas; read from a rule
//! file and checked against the chart of accounts.

use super::plan::{Plan, is_prefix};
use super::table::Style;
use crate::calendar::Date;
use crate::money::Amount;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The version of the format that this program reads.
pub(super) const FORMAT: u32 = 1;

/// What begins the codes of the lines that show what no line of a layout takes.
pub(super) const UNFILED: &str = "non-repris";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutFile {
    format: u32,
    etat: Statement,
    code: String,
    libelle: String,
    du: toml::value::Datetime,
    jusqua: Option<toml::value::Datetime>,
    source: String,
    totaux: TotalsFile,
    #[serde(default)]
    libelles: BTreeMap<String, String>,
    ligne: Vec<LineFile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TotalsFile {
    charges: Option<String>,
    produits: Option<String>,
    resultat: Option<String>,
    actif: Option<String>,
    passif: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFile {
    code: Option<String>,
    libelle: String,
    sens: Option<Sense>,
    #[serde(default)]
    comptes: Vec<String>,
    #[serde(default)]
    amortissements: Vec<String>,
    grouper: Option<usize>,
    #[serde(default)]
    resultat: bool,
    #[serde(default)]
    plus: Vec<String>,
    #[serde(default)]
    moins: Vec<String>,
    style: Option<StyleFile>,
    #[serde(default)]
    retrait: u8,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum StyleFile {
    Titre,
    Ligne,
    SousTotal,
    Total,
}

/// Which statement a layout lays out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Statement {
    /// The income statement ("compte de résultat").
    CompteDeResultat,
    /// The balance sheet ("bilan").
    Bilan,
}

/// On which side of a statement a line is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Sense {
    /// Expenses: debits less credits.
    Charge,
    /// Income: credits less debits.
    Produit,
    /// Assets: debits less credits.
    Actif,
    /// Liabilities: credits less debits.
    Passif,
}

impl Sense {
    /// Returns the word of the rule files.
    pub(super) fn code(self) -> &'static str {
        match self {
            Sense::Charge => "charge",
            Sense::Produit => "produit",
            Sense::Actif => "actif",
            Sense::Passif => "passif",
        }
    }

    /// Returns what a debit balance is worth on this side.
    pub(super) fn signed(self, balance: Amount) -> Amount {
        match self {
            Sense::Charge | Sense::Actif => balance,
            Sense::Produit | Sense::Passif => -balance,
        }
    }
}

/// Where a line's amounts come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// None: a heading.
    Words,
    /// The accounts under these prefixes.
    Accounts {
        sense: Sense,
        /// Gross.
        prefixes: Vec<String>,
        /// What is deducted from the gross: depreciation.
        deducted: Vec<String>,
        /// Opened account by account, under headings of so many digits.
        group: Option<usize>,
    },
    /// Lines above it, by rank: added, or subtracted where true.
    Formula(Vec<(usize, bool)>),
    /// The result of the year, from classes 6 and 7.
    Result,
}

/// A line of a layout.
#[derive(Clone, Debug)]
pub(super) struct LayoutLine {
    /// Its code; empty on a heading.
    pub(super) code: String,
    pub(super) label: String,
    /// Its side; on an income statement, only lines of accounts have one.
    pub(super) sense: Option<Sense>,
    pub(super) source: Source,
    pub(super) style: Style,
    pub(super) indent: u8,
}

/// The lines that hold the totals of a statement, by rank.
#[derive(Clone, Copy, Debug)]
pub(super) enum Totals {
    Income { charges: usize, produits: usize, result: usize },
    Balance { assets: usize, liabilities: usize },
}

/// Where an account goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the line of this rank.
    Line(usize),
    /// To the line of this rank, deducted from it.
    Deducted(usize),
    /// To no line of this side: shown all the same.
    Unfiled(Sense),
    /// To the result of the year.
    Result,
    /// Elsewhere: not in this statement.
    Outside,
}

/// The years that a file is for, by their opening day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first opening day.
    pub from: Date,
    /// The last one, where another text came after.
    pub until: Option<Date>,
}

impl Validity {
    /// Returns true for a year that opens on this day.
    pub fn hold(self, opening: Date) -> bool {
        self.from <= opening && self.until.is_none_or(|until| opening <= until)
    }

    /// Returns true where a year is in both.
    pub(super) fn meet(self, other: Validity) -> bool {
        self.hold(other.from) || other.hold(self.from)
    }
}

/// A layout that was read and checked.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Which statement.
    pub statement: Statement,
    /// Its code, the word of `--modele`.
    pub code: String,
    /// Its French name.
    pub label: String,
    /// The years that it lays out.
    pub years: Validity,
    /// The text it comes from.
    pub source: String,
    pub(super) lines: Vec<LayoutLine>,
    pub(super) totals: Totals,
    /// Labels of the headings of accounts, by their digits.
    pub(super) group_labels: BTreeMap<String, String>,
}

impl Layout {
    /// Reads a layout; `path` is only for the message.
    ///
    /// # Errors
    /// At the first fault: a formula of unknown lines, a prefix given twice, an account of the plan
    /// that no line takes, a total that misses a line or counts it twice…
    pub fn parse(path: &str, text: &str, plan: &Plan) -> Result<Layout, RuleFileError> {
        let file: LayoutFile = parse_toml(path, text)?;
        let author = Author { path, text };
        author.format(file.format)?;
        let mut lines: Vec<LayoutLine> = Vec::with_capacity(file.ligne.len());
        for line in file.ligne {
            let line = author.line(file.etat, line, &lines)?;
            lines.push(line);
        }
        let totals = author.totals(file.etat, &file.totaux, &lines)?;
        let mut group_labels = file.libelles;
        for line in &lines {
            if let Source::Accounts { group: Some(digits), .. } = line.source {
                for (number, label) in plan.labels().filter(|(number, _)| number.len() == digits) {
                    group_labels.entry(number.to_string()).or_insert_with(|| label.to_string());
                }
            }
        }
        let layout = Layout {
            statement: file.etat,
            code: file.code,
            label: file.libelle,
            years: author.years(file.du, file.jusqua)?,
            source: file.source,
            lines,
            totals,
            group_labels,
        };
        author.coverage(&layout, plan)?;
        author.ties(&layout)?;
        Ok(layout)
    }

    /// Returns where an account with this closing balance (positive: debit) goes. The longest prefix
    /// wins; in a balance sheet the sign of the account's own balance says the side, where that side
    /// takes the account.
    pub(super) fn place(&self, account: &str, balance: Amount) -> Place {
        let class = account.chars().next();
        match self.statement {
            Statement::CompteDeResultat => {
                let sense = match class {
                    Some('6') => Some(Sense::Charge),
                    Some('7') => Some(Sense::Produit),
                    _ => None,
                };
                let found = self.longest(account, |_| true);
                found.or(sense.map(Place::Unfiled)).unwrap_or(Place::Outside)
            }
            Statement::Bilan => {
                let (own, other) = if balance < Amount::ZERO {
                    (Sense::Passif, Sense::Actif)
                } else {
                    (Sense::Actif, Sense::Passif)
                };
                match class {
                    Some('6' | '7') => Place::Result,
                    Some('8') => Place::Outside,
                    _ => self
                        .longest(account, |sense| sense == own)
                        .or_else(|| self.longest(account, |sense| sense == other))
                        .unwrap_or(Place::Unfiled(own)),
                }
            }
        }
    }

    fn longest(&self, account: &str, on: impl Fn(Sense) -> bool) -> Option<Place> {
        let mut found: Option<(usize, Place)> = None;
        for (rank, line) in self.lines.iter().enumerate() {
            let Source::Accounts { sense, prefixes, deducted, .. } = &line.source else { continue };
            if !on(*sense) {
                continue;
            }
            let gross = prefixes.iter().map(|prefix| (prefix, Place::Line(rank)));
            for (prefix, place) in gross.chain(deducted.iter().map(|prefix| (prefix, Place::Deducted(rank))))
            {
                let longer = found.is_none_or(|(length, _)| prefix.len() > length);
                if longer && account.starts_with(prefix.as_str()) {
                    found = Some((prefix.len(), place));
                }
            }
        }
        found.map(|(_, place)| place)
    }

    /// Returns the line that totals a side, by rank.
    pub(super) fn total_of(&self, sense: Sense) -> Option<usize> {
        match (self.totals, sense) {
            (Totals::Income { charges, .. }, Sense::Charge) => Some(charges),
            (Totals::Income { produits, .. }, Sense::Produit) => Some(produits),
            (Totals::Balance { assets, .. }, Sense::Actif) => Some(assets),
            (Totals::Balance { liabilities, .. }, Sense::Passif) => Some(liabilities),
            _ => None,
        }
    }
}

/// What writes the messages of a rule file of statements.
pub(super) struct Author<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
}

impl Author<'_> {
    /// Makes an error placed where `near` first appears.
    pub(super) fn error(&self, near: &str, message: String) -> RuleFileError {
        RuleFileError::near(self.path, self.text, near, message)
    }

    pub(super) fn format(&self, format: u32) -> Result<(), RuleFileError> {
        if format == FORMAT {
            return Ok(());
        }
        Err(self.error("format", format!("format {format} inconnu : ce programme lit le format {FORMAT}")))
    }

    pub(super) fn years(
        &self,
        from: toml::value::Datetime,
        until: Option<toml::value::Datetime>,
    ) -> Result<Validity, RuleFileError> {
        let years = Validity { from: self.date(from)?, until: until.map(|day| self.date(day)).transpose()? };
        if years.until.is_some_and(|until| until < years.from) {
            return Err(self.error("jusqua", "« jusqua » vient avant « du »".into()));
        }
        Ok(years)
    }

    fn date(&self, date: toml::value::Datetime) -> Result<Date, RuleFileError> {
        let text = date.to_string();
        Date::parse(&text)
            .ok_or_else(|| self.error(&text, format!("date « {text} » : écrivez un jour, comme 2024-01-01")))
    }

    /// Refuses what is no prefix of accounts; `near` is where they are.
    pub(super) fn prefixes(&self, near: &str, prefixes: &[String]) -> Result<(), RuleFileError> {
        match prefixes.iter().find(|prefix| !is_prefix(prefix)) {
            Some(prefix) => Err(self.error(
                near,
                format!("compte « {prefix} » : écrivez les premiers chiffres du compte, comme \"606\""),
            )),
            None => Ok(()),
        }
    }

    fn line(
        &self,
        statement: Statement,
        file: LineFile,
        above: &[LayoutLine],
    ) -> Result<LayoutLine, RuleFileError> {
        let code = file.code.clone().unwrap_or_default();
        let name = if code.is_empty() { &file.libelle } else { &code };
        let near = if code.is_empty() { format!("libelle = \"{name}\"") } else { near_line(name) };
        let fault = |message: String| self.error(&near, format!("ligne « {name} » : {message}"));
        let has_accounts = !file.comptes.is_empty() || !file.amortissements.is_empty();
        let has_formula = !file.plus.is_empty() || !file.moins.is_empty();
        if usize::from(has_accounts) + usize::from(has_formula) + usize::from(file.resultat) > 1 {
            return Err(fault(
                "des comptes, une formule (plus, moins) ou le résultat, un seul des trois".into(),
            ));
        }
        let is_heading = !has_accounts && !has_formula && !file.resultat;
        if is_heading != code.is_empty() {
            return Err(fault(if is_heading {
                "sans comptes ni formule, c'est un titre : pas de code".into()
            } else {
                "il lui faut un code".into()
            }));
        }
        if !is_heading && !is_code(&code) {
            return Err(fault(format!(
                "un code s'écrit en minuscules sans accent, chiffres et tirets, et ne commence pas par « {UNFILED} »"
            )));
        }
        if above.iter().any(|line| line.code == code && !is_heading) {
            return Err(fault("ce code est donné deux fois".into()));
        }
        let possible: &[Sense] = match statement {
            Statement::CompteDeResultat => &[Sense::Charge, Sense::Produit],
            Statement::Bilan => &[Sense::Actif, Sense::Passif],
        };
        let sense_needed = has_accounts || statement == Statement::Bilan;
        if file.sens.map_or(sense_needed, |sense| !possible.contains(&sense)) {
            let words: Vec<String> = possible.iter().map(|sense| format!("\"{}\"", sense.code())).collect();
            return Err(fault(format!("sens = {}", words.join(" ou "))));
        }
        if file.retrait > 2 {
            return Err(fault("retrait de 0, 1 ou 2".into()));
        }
        let source = match file.sens {
            _ if is_heading => Source::Words,
            _ if has_formula => Source::Formula(self.formula(&file, &near, above)?),
            Some(sense) if has_accounts => self.accounts(&file, sense, &near, above)?,
            Some(Sense::Passif) if statement == Statement::Bilan => Source::Result,
            _ => return Err(fault("le résultat de l'exercice est au passif du bilan".into())),
        };
        let style = match (file.style, &source) {
            (None | Some(StyleFile::Titre), Source::Words) => Style::Heading,
            (Some(StyleFile::Titre), _) | (Some(_), Source::Words) => {
                return Err(fault("un titre n'a ni comptes ni formule".into()));
            }
            (None, Source::Formula(_)) | (Some(StyleFile::SousTotal), _) => Style::Subtotal,
            (None, _) | (Some(StyleFile::Ligne), _) => Style::Line,
            (Some(StyleFile::Total), _) => Style::Total,
        };
        Ok(LayoutLine { code, label: file.libelle, sense: file.sens, source, style, indent: file.retrait })
    }

    fn formula(
        &self,
        file: &LineFile,
        near: &str,
        above: &[LayoutLine],
    ) -> Result<Vec<(usize, bool)>, RuleFileError> {
        let added = file.plus.iter().map(|code| (code, false));
        let subtracted = file.moins.iter().map(|code| (code, true));
        added
            .chain(subtracted)
            .map(|(code, minus)| {
                let rank = above.iter().position(|line| line.code == *code && !code.is_empty());
                let name = file.code.as_deref().unwrap_or_default();
                let fault = |fault: &str| {
                    self.error(near, format!("ligne « {name} » : sa formule cite « {code} », {fault}"))
                };
                let rank = rank.ok_or_else(|| fault("qui n'est pas une ligne au-dessus d'elle"))?;
                // The two sides of a balance sheet are two tables.
                let apart =
                    matches!(file.sens, Some(Sense::Actif | Sense::Passif)) && above[rank].sense != file.sens;
                if apart { Err(fault("qui est de l'autre côté du bilan")) } else { Ok((rank, minus)) }
            })
            .collect()
    }

    fn accounts(
        &self,
        file: &LineFile,
        sense: Sense,
        near: &str,
        above: &[LayoutLine],
    ) -> Result<Source, RuleFileError> {
        let name = file.code.as_deref().unwrap_or_default();
        let fault = |message: String| self.error(near, format!("ligne « {name} » : {message}"));
        let own: Vec<&String> = file.comptes.iter().chain(&file.amortissements).collect();
        self.prefixes(near, &file.comptes)?;
        self.prefixes(near, &file.amortissements)?;
        if !file.amortissements.is_empty() && sense != Sense::Actif {
            return Err(fault("« amortissements » est pour l'actif du bilan".into()));
        }
        let classes = match sense {
            Sense::Charge => &["6", "86"][..],
            Sense::Produit => &["7", "87"],
            Sense::Actif | Sense::Passif => &["1", "2", "3", "4", "5"],
        };
        if let Some(stray) = own.iter().find(|prefix| !classes.iter().any(|class| prefix.starts_with(class)))
        {
            let message = format!("le compte {stray} n'est pas un compte de « {} »", sense.code());
            return Err(fault(message));
        }
        if own.iter().any(|prefix| prefix.starts_with('8'))
            && !own.iter().all(|prefix| prefix.starts_with('8'))
        {
            return Err(fault("les contributions volontaires (86, 87) ont leurs propres lignes".into()));
        }
        for (at, prefix) in own.iter().enumerate() {
            let elsewhere = above.iter().find(|line| match &line.source {
                Source::Accounts { sense: other, prefixes, deducted, .. } => {
                    *other == sense && prefixes.iter().chain(deducted).any(|other| other == *prefix)
                }
                _ => false,
            });
            if let Some(line) = elsewhere {
                return Err(fault(format!("le compte {prefix} est déjà à la ligne « {} »", line.code)));
            }
            if own[..at].contains(prefix) {
                return Err(fault(format!("le compte {prefix} est écrit deux fois")));
            }
        }
        if file.grouper.is_some_and(|digits| !(1..=6).contains(&digits)) {
            return Err(fault("grouper = de 1 à 6 chiffres".into()));
        }
        Ok(Source::Accounts {
            sense,
            prefixes: file.comptes.clone(),
            deducted: file.amortissements.clone(),
            group: file.grouper,
        })
    }

    fn totals(
        &self,
        statement: Statement,
        file: &TotalsFile,
        lines: &[LayoutLine],
    ) -> Result<Totals, RuleFileError> {
        let rank = |key: &str, code: &Option<String>| {
            let found = code
                .as_ref()
                .and_then(|code| lines.iter().position(|line| line.code == *code && !code.is_empty()));
            found.ok_or_else(|| {
                self.error("[totaux]", format!("[totaux] : « {key} » nomme une ligne de l'état"))
            })
        };
        let strangers = match statement {
            Statement::CompteDeResultat => [&file.actif, &file.passif, &None],
            Statement::Bilan => [&file.charges, &file.produits, &file.resultat],
        };
        if strangers.iter().any(|code| code.is_some()) {
            let keys = match statement {
                Statement::CompteDeResultat => "charges, produits et resultat",
                Statement::Bilan => "actif et passif",
            };
            return Err(self.error("[totaux]", format!("[totaux] : {keys}, rien d'autre")));
        }
        Ok(match statement {
            Statement::CompteDeResultat => Totals::Income {
                charges: rank("charges", &file.charges)?,
                produits: rank("produits", &file.produits)?,
                result: rank("resultat", &file.resultat)?,
            },
            Statement::Bilan => Totals::Balance {
                assets: rank("actif", &file.actif)?,
                liabilities: rank("passif", &file.passif)?,
            },
        })
    }

    /// Each account of the plan falls in a line.
    fn coverage(&self, layout: &Layout, plan: &Plan) -> Result<(), RuleFileError> {
        let classes = match layout.statement {
            Statement::CompteDeResultat => ['6', '7'].as_slice(),
            Statement::Bilan => &['1', '2', '3', '4', '5'],
        };
        let unfiled: Vec<&str> = plan
            .in_use()
            .filter(|account| account.starts_with(classes))
            .filter(|account| matches!(layout.place(account, Amount::ZERO), Place::Unfiled(_)))
            .collect();
        if unfiled.is_empty() {
            return Ok(());
        }
        let shown = unfiled[..unfiled.len().min(5)].join(", ");
        let more = if unfiled.len() > 5 { "…" } else { "" };
        Err(self.error("[[ligne]]", format!("aucune ligne ne prend les comptes du plan {shown}{more}")))
    }

    /// The totals hold each line of their side once and nothing else, and the result is their
    /// difference: so no figure is lost or counted twice.
    fn ties(&self, layout: &Layout) -> Result<(), RuleFileError> {
        for (rank, line) in layout.lines.iter().enumerate() {
            let Some(sense) = [Sense::Charge, Sense::Produit, Sense::Actif, Sense::Passif]
                .into_iter()
                .find(|sense| layout.total_of(*sense) == Some(rank))
            else {
                continue;
            };
            let near = near_line(&line.code);
            let opens = matches!(line.source, Source::Formula(_) | Source::Accounts { group: Some(_), .. });
            if !opens {
                let message =
                    format!("ligne « {} » : un total est une formule ou des comptes groupés", line.code);
                return Err(self.error(&near, message));
            }
            let mut times = vec![0_i32; layout.lines.len()];
            count(&layout.lines, rank, 1, &mut times);
            for (leaf, own) in layout.lines.iter().enumerate() {
                let expected = match &own.source {
                    Source::Words | Source::Formula(_) => continue,
                    Source::Result => i32::from(sense == Sense::Passif),
                    Source::Accounts { sense: other, prefixes, .. } => {
                        let voluntary = prefixes.iter().any(|prefix| prefix.starts_with('8'));
                        i32::from(*other == sense && !voluntary)
                    }
                };
                if times[leaf] != expected {
                    let message = format!(
                        "ligne « {} » : elle compte {} fois la ligne « {} » au lieu de {expected}",
                        line.code, times[leaf], own.code
                    );
                    return Err(self.error(&near, message));
                }
            }
        }
        match layout.totals {
            Totals::Income { charges, produits, result } => {
                let expected = [(produits, false), (charges, true)];
                let line = &layout.lines[result];
                if !matches!(&line.source, Source::Formula(terms) if terms[..] == expected) {
                    let code = |rank: usize| layout.lines[rank].code.as_str();
                    let message = format!(
                        "ligne « {} » : le résultat est plus = [\"{}\"], moins = [\"{}\"]",
                        line.code,
                        code(produits),
                        code(charges)
                    );
                    return Err(self.error(&near_line(&line.code), message));
                }
            }
            Totals::Balance { .. } => {
                let results = layout.lines.iter().filter(|line| matches!(line.source, Source::Result));
                if results.count() != 1 {
                    let message = "une ligne du passif, et une seule, porte resultat = true".to_string();
                    return Err(self.error("[[ligne]]", message));
                }
            }
        }
        Ok(())
    }
}

/// Adds up how many times a line counts each other.
fn count(lines: &[LayoutLine], rank: usize, sign: i32, times: &mut [i32]) {
    match &lines[rank].source {
        Source::Formula(terms) => {
            for (term, minus) in terms {
                count(lines, *term, if *minus { -sign } else { sign }, times);
            }
        }
        _ => times[rank] += sign,
    }
}

/// Returns the words that begin a line in its file.
fn near_line(code: &str) -> String {
    format!("code = \"{code}\"")
}

fn is_code(code: &str) -> bool {
    code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
        && !code.starts_with(UNFILED)
}
