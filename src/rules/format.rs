//! The rule file as it is written: the keys of the TOML, one for one.
//!
//! `ledger-rules/README.md` teaches this format. An unknown key is refused.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DispositifFile {
    pub format: u32,
    pub code: String,
    pub libelle: String,
    pub financeur: String,
    pub payeur: String,
    pub base_legale: String,
    pub ouverture: OpeningFile,
    pub gestion: BookingFile,
    #[serde(default)]
    pub natures: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub valeur: Vec<ValueFile>,
    #[serde(default)]
    pub regle: Vec<RuleFile>,
    #[serde(default)]
    pub exemple: Vec<ExampleFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpeningFile {
    pub du: toml::value::Datetime,
    pub au: Option<toml::value::Datetime>,
    pub article: String,
    pub source: String,
    pub certitude: CertaintyFile,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum CertaintyFile {
    #[serde(rename = "confirmé")]
    Confirmed,
    #[serde(rename = "local")]
    Local,
    #[serde(rename = "à vérifier")]
    Unverified,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BookingFile {
    pub enveloppe: EnvelopeFile,
    pub annee_enveloppe: Option<OnDateFile>,
    pub fin_exercice: YearEndFile,
    pub indu_recouvre: RecoveryFile,
    pub comptabilite: BooksFile,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EnvelopeFile {
    Aucune,
    Locale,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum YearEndFile {
    Caduc,
    Report,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RecoveryFile {
    Reabonde,
    RenduAuFinanceur,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BooksFile {
    FondsPropres,
    Mandat,
    HorsBilan,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnDateFile {
    Demande,
    Decision,
    PremierDuMois,
    Paiement,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueFile {
    pub code: String,
    pub libelle: String,
    pub unite: UnitFile,
    pub periodes: Vec<PeriodFile>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum UnitFile {
    #[serde(rename = "euros")]
    Euros,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeriodFile {
    pub du: toml::value::Datetime,
    pub au: Option<toml::value::Datetime>,
    pub valeur: String,
    pub article: String,
    pub source: String,
    pub certitude: CertaintyFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub code: String,
    pub genre: KindFile,
    pub libelle: String,
    pub du: Option<toml::value::Datetime>,
    pub au: Option<toml::value::Datetime>,
    #[serde(default)]
    pub natures: Vec<String>,
    pub si: Option<ConditionFile>,
    pub article: String,
    pub source: String,
    pub certitude: CertaintyFile,
    // age
    pub le: Option<Vec<OnDateFile>>,
    pub minimum: Option<i16>,
    pub maximum_revolus: Option<i16>,
    pub maximum_revolus_rqth: Option<i16>,
    // situation
    pub exclues: Option<Vec<String>>,
    // territoire
    pub codes_insee: Option<Vec<String>>,
    // plafond
    pub fenetre: Option<WindowFile>,
    pub borne: Option<BoundFile>,
    // incompatibilite
    pub avec: Option<Vec<String>>,
    // ordre_des_dates
    pub delai_jours: Option<u16>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindFile {
    Age,
    Situation,
    Territoire,
    Plafond,
    Incompatibilite,
    OrdreDesDates,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionFile {
    pub le: Vec<OnDateFile>,
    pub age_minimum: Option<i16>,
    pub age_maximum_revolus: Option<i16>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WindowFile {
    Aide,
    Mois,
    TrimestreCivil,
    AnneeCivile,
    DouzeMois,
    Decision,
    Toujours,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoundFile {
    pub valeur: String,
    #[serde(default = "once")]
    pub fois: u32,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleFile {
    pub titre: String,
    pub naissance: Option<toml::value::Datetime>,
    #[serde(default)]
    pub rqth: bool,
    #[serde(default)]
    pub situation: String,
    #[serde(default)]
    pub code_insee: String,
    pub nature: Option<String>,
    pub mois: String,
    pub demande: Option<toml::value::Datetime>,
    pub decision: Option<toml::value::Datetime>,
    pub paiement: Option<toml::value::Datetime>,
    pub montant: String,
    #[serde(default)]
    pub deja: Vec<PastAidFile>,
    pub attendu: ExpectedFile,
    pub motif: Option<String>,
    pub reste: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PastAidFile {
    pub dispositif: Option<String>,
    pub mois: String,
    pub montant: String,
    pub nature: Option<String>,
    pub decision: Option<toml::value::Datetime>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum ExpectedFile {
    #[serde(rename = "accepté")]
    Accepted,
    #[serde(rename = "refusé")]
    Refused,
}
