//! Rule files → [`Dispositif`]: every fault has its place and says what to write.

use super::examples::Example;
use super::format::{
    BookingFile, BooksFile, CertaintyFile, ConditionFile, DispositifFile, EnvelopeFile, KindFile, OnDateFile,
    PeriodFile, RecoveryFile, RuleFile, UnitFile, ValueFile, WindowFile, YearEndFile,
};
use super::law::{
    Booking, Bound, Certainty, Condition, DatedValue, Dispositif, EnvelopeUse, OnDate, Period, Rule,
    RuleKind, Source, Window,
};
use crate::calendar::Date;
use crate::money::Amount;
use crate::words::{RuleFileError, fold, parse_toml};
use sha2::{Digest as _, Sha256};

/// The version of the format that this program reads.
const FORMAT: u32 = 1;

/// Reads a dispositif's file.
///
/// # Errors
/// At the first fault that keeps the file from being understood.
pub fn parse_dispositif(path: &str, text: &str) -> Result<Dispositif, RuleFileError> {
    let file: DispositifFile = parse_toml(path, text)?;
    let at = Author { path, text };
    if file.format != FORMAT {
        return Err(at.error(
            "format",
            format!("format {} inconnu : ce programme lit le format {FORMAT}", file.format),
        ));
    }
    let nature_types: Vec<(String, Vec<String>)> = file
        .natures
        .into_iter()
        .map(|(label, natures)| (label, natures.iter().map(|nature| fold(nature)).collect()))
        .collect();
    if nature_types.len() > 200 {
        return Err(at.error("[natures]", "plus de 200 types de nature".to_string()));
    }
    let values = file.valeur.into_iter().map(|value| at.value(value)).collect::<Result<Vec<_>, _>>()?;
    for (rank, value) in values.iter().enumerate() {
        if values[..rank].iter().any(|other| other.code == value.code) {
            return Err(at.error(
                &format!("\"{}\"", value.code),
                format!("la valeur « {} » est définie deux fois", value.code),
            ));
        }
    }
    let mut rules: Vec<Rule> = Vec::with_capacity(file.regle.len());
    for rule in file.regle {
        if rules.iter().any(|other| other.code == rule.code) {
            return Err(at.error(
                &format!("\"{}\"", rule.code),
                format!("la règle « {} » est définie deux fois", rule.code),
            ));
        }
        rules.push(at.rule(rule, &values, &nature_types)?);
    }
    let mut dispositif = Dispositif {
        code: file.code,
        label: file.libelle,
        funder: file.financeur,
        payer: file.payeur,
        legal_basis: file.base_legale,
        opens: at.date(file.ouverture.du)?,
        closes: file.ouverture.au.map(|day| at.date(day)).transpose()?,
        opening_source: source(file.ouverture.article, file.ouverture.source, file.ouverture.certitude),
        booking: at.booking(&file.gestion)?,
        nature_types,
        values,
        rules,
        examples: Vec::new(),
        digest: Sha256::digest(text.as_bytes()).into(),
    };
    dispositif.examples = file
        .exemple
        .into_iter()
        .map(|example| {
            let title = example.titre.clone();
            Example::from_file(example).map_err(|message| {
                at.error(&format!("\"{title}\""), format!("exemple « {title} » : {message}"))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(dispositif)
}

struct Author<'a> {
    path: &'a str,
    text: &'a str,
}

impl Author<'_> {
    /// Makes an error placed where `near` first appears.
    fn error(&self, near: &str, message: String) -> RuleFileError {
        RuleFileError::near(self.path, self.text, near, message)
    }

    fn date(&self, date: toml::value::Datetime) -> Result<Date, RuleFileError> {
        let text = date.to_string();
        Date::parse(&text)
            .ok_or_else(|| self.error(&text, format!("date « {text} » : écrivez un jour, comme 2024-04-01")))
    }

    fn booking(&self, file: &BookingFile) -> Result<Booking, RuleFileError> {
        let envelope = match (file.enveloppe, file.annee_enveloppe) {
            (EnvelopeFile::Aucune, None) => EnvelopeUse::None,
            (EnvelopeFile::Locale, Some(on)) => EnvelopeUse::Local(on_date(on)),
            (EnvelopeFile::Aucune, Some(_)) => {
                return Err(self
                    .error("annee_enveloppe", "sans enveloppe, « annee_enveloppe » n'a pas d'objet".into()));
            }
            (EnvelopeFile::Locale, None) => {
                return Err(self.error(
                    "enveloppe",
                    "une enveloppe locale veut « annee_enveloppe » (paiement, decision ou premier_du_mois)"
                        .into(),
                ));
            }
        };
        Ok(Booking {
            envelope,
            carried_over: matches!(file.fin_exercice, YearEndFile::Report),
            recovered_to_envelope: matches!(file.indu_recouvre, RecoveryFile::Reabonde),
            general_book: match file.comptabilite {
                BooksFile::FondsPropres => "fonds-propres",
                BooksFile::Mandat => "mandat",
                BooksFile::HorsBilan => "hors-bilan",
            },
        })
    }

    fn value(&self, file: ValueFile) -> Result<DatedValue, RuleFileError> {
        let UnitFile::Euros = file.unite;
        let code = file.code;
        let mut periods: Vec<Period> = Vec::with_capacity(file.periodes.len());
        for period in file.periodes {
            periods.push(self.period(&code, period)?);
        }
        for pair in periods.windows(2) {
            if pair[1].from <= pair[0].from || pair[0].to.is_some_and(|to| to >= pair[1].from) {
                let from = pair[1].from;
                return Err(self.error(
                    &format!("\"{code}\""),
                    format!("valeur « {code} » : la période du {from} chevauche la précédente ou la devance"),
                ));
            }
        }
        Ok(DatedValue { code, label: file.libelle, periods })
    }

    fn period(&self, code: &str, file: PeriodFile) -> Result<Period, RuleFileError> {
        let amount = Amount::parse(&file.valeur).map_err(|_| {
            self.error(
                &format!("\"{}\"", file.valeur),
                format!("valeur « {code} » : montant « {} » illisible", file.valeur),
            )
        })?;
        Ok(Period {
            from: self.date(file.du)?,
            to: file.au.map(|day| self.date(day)).transpose()?,
            amount,
            source: source(file.article, file.source, file.certitude),
        })
    }

    fn rule(
        &self,
        file: RuleFile,
        values: &[DatedValue],
        nature_types: &[(String, Vec<String>)],
    ) -> Result<Rule, RuleFileError> {
        let near = format!("\"{}\"", file.code);
        let missing = |key: &str| {
            self.error(
                &near,
                format!("règle « {} » : clé obligatoire absente pour ce genre : « {key} »", file.code),
            )
        };
        let given = [
            ("le", file.le.is_some(), KindFile::Age),
            ("minimum", file.minimum.is_some(), KindFile::Age),
            ("maximum_revolus", file.maximum_revolus.is_some(), KindFile::Age),
            ("maximum_revolus_rqth", file.maximum_revolus_rqth.is_some(), KindFile::Age),
            ("exclues", file.exclues.is_some(), KindFile::Situation),
            ("codes_insee", file.codes_insee.is_some(), KindFile::Territoire),
            ("fenetre", file.fenetre.is_some(), KindFile::Plafond),
            ("borne", file.borne.is_some(), KindFile::Plafond),
            ("avec", file.avec.is_some(), KindFile::Incompatibilite),
            ("delai_jours", file.delai_jours.is_some(), KindFile::OrdreDesDates),
        ];
        if let Some((key, ..)) = given.iter().find(|(_, given, kind)| *given && *kind != file.genre) {
            return Err(self.error(
                &near,
                format!("règle « {} » : la clé « {key} » n'a pas d'objet pour ce genre", file.code),
            ));
        }
        let kind = match file.genre {
            KindFile::Age => {
                if file.minimum.is_none() && file.maximum_revolus.is_none() {
                    return Err(missing("minimum ou maximum_revolus"));
                }
                RuleKind::Age {
                    on: on_dates(file.le.as_deref().ok_or_else(|| missing("le"))?),
                    minimum: file.minimum,
                    maximum: file.maximum_revolus,
                    maximum_rqth: file.maximum_revolus_rqth.or(file.maximum_revolus),
                }
            }
            KindFile::Situation => {
                let excluded = file.exclues.as_ref().ok_or_else(|| missing("exclues"))?;
                RuleKind::Situation { excluded: excluded.iter().map(|situation| fold(situation)).collect() }
            }
            KindFile::Territoire => RuleKind::Territory {
                prefixes: file.codes_insee.clone().ok_or_else(|| missing("codes_insee"))?,
            },
            KindFile::Plafond => {
                let bound = file.borne.as_ref().ok_or_else(|| missing("borne"))?;
                let value = values.iter().position(|value| value.code == bound.valeur);
                let value = value.ok_or_else(|| {
                    self.error(
                        &near,
                        format!("règle « {} » : valeur inconnue « {} »", file.code, bound.valeur),
                    )
                })?;
                let window = window(file.fenetre.ok_or_else(|| missing("fenetre"))?);
                RuleKind::Cap { window, bound: Bound { value, times: bound.fois } }
            }
            KindFile::Incompatibilite => {
                RuleKind::Incompatible { with: file.avec.clone().ok_or_else(|| missing("avec"))? }
            }
            KindFile::OrdreDesDates => {
                RuleKind::DateOrder { days: file.delai_jours.ok_or_else(|| missing("delai_jours"))? }
            }
        };
        let natures = file
            .natures
            .iter()
            .map(|label| {
                let rank = nature_types.iter().position(|(known, _)| known == label);
                let rank = rank.and_then(|rank| u8::try_from(rank + 1).ok());
                rank.ok_or_else(|| {
                    self.error(&near, format!("règle « {} » : type de nature inconnu « {label} »", file.code))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Rule {
            code: file.code.clone(),
            label: file.libelle,
            from: file.du.map(|day| self.date(day)).transpose()?,
            to: file.au.map(|day| self.date(day)).transpose()?,
            natures,
            condition: file.si.as_ref().map(condition),
            kind,
            source: source(file.article, file.source, file.certitude),
        })
    }
}

fn condition(file: &ConditionFile) -> Condition {
    Condition { on: on_dates(&file.le), minimum: file.age_minimum, maximum: file.age_maximum_revolus }
}

fn source(article: String, source: String, certainty: CertaintyFile) -> Source {
    let certainty = match certainty {
        CertaintyFile::Confirmed => Certainty::Confirmed,
        CertaintyFile::Local => Certainty::Local,
        CertaintyFile::Unverified => Certainty::Unverified,
    };
    Source { article, source, certainty }
}

fn on_dates(dates: &[OnDateFile]) -> Vec<OnDate> {
    dates.iter().copied().map(on_date).collect()
}

fn on_date(date: OnDateFile) -> OnDate {
    match date {
        OnDateFile::Demande => OnDate::Request,
        OnDateFile::Decision => OnDate::Decision,
        OnDateFile::PremierDuMois => OnDate::FirstOfMonth,
        OnDateFile::Paiement => OnDate::Payment,
    }
}

fn window(window: WindowFile) -> Window {
    match window {
        WindowFile::Aide => Window::Aid,
        WindowFile::Mois => Window::Month,
        WindowFile::TrimestreCivil => Window::Quarter,
        WindowFile::AnneeCivile => Window::Year,
        WindowFile::DouzeMois => Window::TwelveMonths,
        WindowFile::Decision => Window::Decision,
        WindowFile::Toujours => Window::Always,
    }
}
