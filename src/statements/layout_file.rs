//! A layout's rule file → [`Layout`]: every fault has its place, and what would lose a figure is one.

use super::layout::{Layout, LayoutLine, Place, Sense, Source, Statement, Totals, UNFILED, Validity};
use super::plan::{Plan, is_prefix};
use super::table::Style;
use crate::calendar::Date;
use crate::money::Amount;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The version of the format that this program reads.
const FORMAT: u32 = 1;

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
        Err(self.error("format =", format!("format {format} inconnu : ce programme lit le format {FORMAT}")))
    }

    pub(super) fn years(
        &self,
        from: toml::value::Datetime,
        until: Option<toml::value::Datetime>,
    ) -> Result<Validity, RuleFileError> {
        let years = Validity { from: self.date(from)?, until: until.map(|day| self.date(day)).transpose()? };
        if years.until.is_some_and(|until| until < years.from) {
            return Err(self.error("jusqua =", "« jusqua » vient avant « du »".into()));
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "numero;libelle;classe;nature\n606;Achats;6;charge\n641;Salaires;6;charge\n\
        706;Prestations;7;produit\n102;Fonds;1;passif\n512;Banques;5;actif\n";

    const INCOME: &str = r#"format = 1
etat = "compte-de-resultat"
code = "court"
libelle = "Court"
du = 2020-01-01
source = "un texte"

[totaux]
charges = "charges"
produits = "produits"
resultat = "resultat"

[[ligne]]
code = "achats"
libelle = "Achats"
sens = "charge"
comptes = ["60"]

[[ligne]]
code = "autres"
libelle = "Autres charges"
sens = "charge"
comptes = ["6"]

[[ligne]]
code = "charges"
libelle = "Total des charges"
plus = ["achats", "autres"]

[[ligne]]
code = "produits"
libelle = "Produits"
sens = "produit"
comptes = ["7"]
grouper = 2

[[ligne]]
code = "resultat"
libelle = "Excédent ou déficit"
plus = ["produits"]
moins = ["charges"]
style = "total"
"#;

    const SHEET: &str = r#"format = 1
etat = "bilan"
code = "bilan"
libelle = "Bilan"
du = 2020-01-01
source = "un texte"

[totaux]
actif = "total-actif"
passif = "total-passif"

[[ligne]]
sens = "actif"
code = "avoirs"
libelle = "Avoirs"
comptes = ["2", "3", "4", "5"]
amortissements = ["28"]

[[ligne]]
sens = "actif"
code = "total-actif"
libelle = "Total de l'actif"
plus = ["avoirs"]

[[ligne]]
sens = "passif"
code = "fonds"
libelle = "Fonds et dettes"
comptes = ["1", "4"]

[[ligne]]
sens = "passif"
code = "resultat"
libelle = "Résultat"
resultat = true

[[ligne]]
sens = "passif"
code = "total-passif"
libelle = "Total du passif"
plus = ["fonds", "resultat"]
"#;

    /// A change to one of the two files, then what is told of it; ⏎ ends a line.
    const FAULTS: &str = r#"
résultat : format = 1 → format = 2
    e.toml:1:1 : format 2 inconnu : ce programme lit le format 1

résultat : source = "un texte"⏎ → 
    e.toml:1:1 : clé obligatoire absente : « source »

résultat : moins = → moin =
    e.toml:41:1 : clé inconnue « moin » ; vouliez-vous « moins » ? (clés possibles : code, libelle, sens, comptes, amortissements, grouper, resultat, plus, moins, style, retrait)

résultat : etat = "compte-de-resultat" → etat = "annexe"
    e.toml:2:8 : valeur inconnue « annexe » ; valeurs possibles : compte-de-resultat, bilan

résultat : du = 2020-01-01 → du = 2020-01-01⏎jusqua = 2019-12-31
    e.toml:6:1 : « jusqua » vient avant « du »

résultat : du = 2020-01-01 → du = 1020-01-01
    e.toml:5:6 : date « 1020-01-01 » : écrivez un jour, comme 2024-01-01

résultat : code = "achats"⏎ → 
    e.toml:14:1 : ligne « Achats » : il lui faut un code

résultat : comptes = ["60"] → 
    e.toml:14:1 : ligne « achats » : sans comptes ni formule, c'est un titre : pas de code

résultat : comptes = ["60"] → comptes = ["60"]⏎plus = ["achats"]
    e.toml:14:1 : ligne « achats » : des comptes, une formule (plus, moins) ou le résultat, un seul des trois

résultat : code = "achats" → code = "Achats"
    e.toml:14:1 : ligne « Achats » : un code s'écrit en minuscules sans accent, chiffres et tirets, et ne commence pas par « non-repris »

résultat : code = "achats" → code = "non-repris-x"
    e.toml:14:1 : ligne « non-repris-x » : un code s'écrit en minuscules sans accent, chiffres et tirets, et ne commence pas par « non-repris »

résultat : code = "autres" → code = "achats"
    e.toml:14:1 : ligne « achats » : ce code est donné deux fois

résultat : sens = "charge"⏎comptes = ["60"] → comptes = ["60"]
    e.toml:14:1 : ligne « achats » : sens = "charge" ou "produit"

résultat : sens = "charge"⏎comptes = ["60"] → sens = "actif"⏎comptes = ["60"]
    e.toml:14:1 : ligne « achats » : sens = "charge" ou "produit"

résultat : comptes = ["60"] → comptes = ["60"]⏎retrait = 3
    e.toml:14:1 : ligne « achats » : retrait de 0, 1 ou 2

résultat : comptes = ["60"] → comptes = ["60"]⏎style = "titre"
    e.toml:14:1 : ligne « achats » : un titre n'a ni comptes ni formule

résultat : comptes = ["60"] → comptes = ["60x"]
    e.toml:14:1 : compte « 60x » : écrivez les premiers chiffres du compte, comme "606"

résultat : comptes = ["60"] → comptes = ["70"]
    e.toml:14:1 : ligne « achats » : le compte 70 n'est pas un compte de « charge »

résultat : comptes = ["60"] → comptes = ["60", "86"]
    e.toml:14:1 : ligne « achats » : les contributions volontaires (86, 87) ont leurs propres lignes

résultat : comptes = ["60"] → comptes = ["60", "60"]
    e.toml:14:1 : ligne « achats » : le compte 60 est écrit deux fois

résultat : comptes = ["6"] → comptes = ["6", "60"]
    e.toml:20:1 : ligne « autres » : le compte 60 est déjà à la ligne « achats »

résultat : comptes = ["60"] → comptes = ["60"]⏎amortissements = ["61"]
    e.toml:14:1 : ligne « achats » : « amortissements » est pour l'actif du bilan

résultat : comptes = ["6"] → comptes = ["65"]
    e.toml:13:1 : aucune ligne ne prend les comptes du plan 641

résultat : grouper = 2 → grouper = 7
    e.toml:31:1 : ligne « produits » : grouper = de 1 à 6 chiffres

résultat : plus = ["achats", "autres"] → plus = ["achats", "autre"]
    e.toml:26:1 : ligne « charges » : sa formule cite « autre », qui n'est pas une ligne au-dessus d'elle

résultat : plus = ["achats", "autres"] → plus = ["achats"]
    e.toml:26:1 : ligne « charges » : elle compte 0 fois la ligne « autres » au lieu de 1

résultat : plus = ["achats", "autres"] → plus = ["achats", "autres", "autres"]
    e.toml:26:1 : ligne « charges » : elle compte 2 fois la ligne « autres » au lieu de 1

résultat : grouper = 2⏎ → 
    e.toml:31:1 : ligne « produits » : un total est une formule ou des comptes groupés

résultat : charges = "charges" → charges = "total"
    e.toml:8:1 : [totaux] : « charges » nomme une ligne de l'état

résultat : charges = "charges" → charges = "charges"⏎actif = "achats"
    e.toml:8:1 : [totaux] : charges, produits et resultat, rien d'autre

résultat : moins = ["charges"] → moins = ["achats", "autres"]
    e.toml:38:1 : ligne « resultat » : le résultat est plus = ["produits"], moins = ["charges"]

résultat : moins = ["charges"] → moins = ["charges"]⏎resultat = true
    e.toml:38:1 : ligne « resultat » : des comptes, une formule (plus, moins) ou le résultat, un seul des trois

bilan : sens = "actif"⏎code = "avoirs" → code = "avoirs"
    e.toml:13:1 : ligne « avoirs » : sens = "actif" ou "passif"

bilan : comptes = ["1", "4"] → comptes = ["1", "6"]
    e.toml:27:1 : ligne « fonds » : le compte 6 n'est pas un compte de « passif »

bilan : plus = ["fonds", "resultat"] → plus = ["avoirs", "fonds", "resultat"]
    e.toml:39:1 : ligne « total-passif » : sa formule cite « avoirs », qui est de l'autre côté du bilan

bilan : plus = ["fonds", "resultat"] → plus = ["fonds"]
    e.toml:39:1 : ligne « total-passif » : elle compte 0 fois la ligne « resultat » au lieu de 1

bilan : resultat = true → comptes = ["12"]
    e.toml:12:1 : une ligne du passif, et une seule, porte resultat = true

bilan : sens = "passif"⏎code = "resultat" → sens = "actif"⏎code = "resultat"
    e.toml:33:1 : ligne « resultat » : le résultat de l'exercice est au passif du bilan

bilan : comptes = ["1", "4"] → comptes = ["4"]
    e.toml:12:1 : aucune ligne ne prend les comptes du plan 102

bilan : passif = "total-passif"⏎ → 
    e.toml:8:1 : [totaux] : « passif » nomme une ligne de l'état
"#;

    fn fault(text: &str) -> String {
        let plan = Plan::parse("plan-comptable.csv", PLAN).unwrap();
        let Err(error) = Layout::parse("e.toml", text, &plan) else { return "lu".to_string() };
        let told = error.to_string();
        // What is placed shows its line, with a mark under the fault.
        assert_eq!(error.line.is_some(), error.excerpt.ends_with('^'), "{told}");
        told.strip_suffix(&error.excerpt).unwrap().to_string()
    }

    #[test]
    fn each_fault_of_a_layout_is_told() {
        assert_eq!((fault(INCOME), fault(SHEET)), ("lu".to_string(), "lu".to_string()));
        for case in FAULTS.trim().split("\n\n") {
            let (change, message) = case.split_once("\n    ").unwrap();
            let (base, change) = change.split_once(" : ").unwrap();
            let (from, to) = change.split_once(" → ").unwrap();
            let base = if base == "résultat" { INCOME } else { SHEET };
            let (from, to) = (from.replace('⏎', "\n"), to.replace('⏎', "\n"));
            assert!(base.contains(&from), "{from}");
            assert_eq!(fault(&base.replacen(&from, &to, 1)), message, "{change}");
        }
    }
}
