//! Profiles: which column of a file holds what. A whitelist: a column not named is never kept.

use crate::words::fold;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A kind of file, and the fields that it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// People.
    Beneficiaries,
    /// Aids.
    Aids,
    /// Envelopes.
    Envelopes,
    /// The entries of a fiscal year ("fichier des écritures comptables").
    Fec,
    /// Rules of who funds what.
    Assignments,
    /// Entries in dispositifs and exits from them.
    Parcours,
    /// What is declared of people.
    Declarations,
    /// Aids that other bodies gave.
    OutsideAids,
}

/// A field and whether a file must have it.
pub(super) type Field = (&'static str, bool);

impl FileKind {
    /// All kinds of files, in the order in which a structure needs them.
    pub const ALL: [FileKind; 8] = [
        FileKind::Fec,
        FileKind::Beneficiaries,
        FileKind::Envelopes,
        FileKind::Aids,
        FileKind::Assignments,
        FileKind::Parcours,
        FileKind::Declarations,
        FileKind::OutsideAids,
    ];

    /// Reads the word of the command line.
    pub fn parse(text: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.code() == text)
    }

    /// Returns what such a file is, in French.
    pub fn label(self) -> &'static str {
        match self {
            FileKind::Beneficiaries => "Bénéficiaires",
            FileKind::Aids => "Aides",
            FileKind::Envelopes => "Enveloppes",
            FileKind::Fec => "FEC",
            FileKind::Assignments => "Règles d'affectation",
            FileKind::Parcours => "Parcours",
            FileKind::Declarations => "Déclarations",
            FileKind::OutsideAids => "Aides reçues ailleurs",
        }
    }

    /// Returns the word of the command line.
    pub fn code(self) -> &'static str {
        match self {
            FileKind::Beneficiaries => "beneficiaires",
            FileKind::Aids => "aides",
            FileKind::Envelopes => "enveloppes",
            FileKind::Fec => "fec",
            FileKind::Assignments => "affectation",
            FileKind::Parcours => "parcours",
            FileKind::Declarations => "declarations",
            FileKind::OutsideAids => "aides-ailleurs",
        }
    }

    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            FileKind::Beneficiaries => super::beneficiaries::FIELDS,
            FileKind::Aids => super::aids::FIELDS,
            FileKind::Envelopes => super::envelopes::FIELDS,
            FileKind::Fec => super::fec::FIELDS,
            FileKind::Assignments => super::assignments::FIELDS,
            FileKind::Parcours => super::parcours::FIELDS,
            FileKind::Declarations => super::declarations::FIELDS,
            FileKind::OutsideAids => super::outside_aids::FIELDS,
        }
    }
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, or not in the format.
    #[error("{0}")]
    Unreadable(#[from] crate::words::RuleFileError),
    /// A field that no such file has.
    #[error("champ inconnu « {field} » dans [{kind}] ; champs possibles : {known}")]
    UnknownField {
        /// The section.
        kind: &'static str,
        /// The field.
        field: String,
        /// Those that exist.
        known: String,
    },
}

/// The column map of one source of files.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name: the *source* within which references are unique.
    pub code: String,
    /// What it is, in French.
    pub label: String,
    pub(super) quoting: bool,
    pub(super) footers: Vec<String>,
    pub(super) practices: Practices,
    sections: Vec<(FileKind, Section)>,
}

/// What a FEC does not say of its own entries: the words and accounts that tell them.
#[derive(Clone, Debug, Default)]
pub(super) struct Practices {
    /// Codes of the journals of opening entries, folded.
    pub(super) opening_codes: Vec<String>,
    /// Words of the labels of such journals, folded.
    pub(super) opening_labels: Vec<String>,
    /// Prefixes of the accounts of charges and products.
    pub(super) management: Vec<String>,
    /// Prefixes of the accounts of the result.
    pub(super) result: Vec<String>,
}

/// How one kind of file is mapped: one item per field.
#[derive(Clone, Debug)]
pub(super) struct Section {
    names: Vec<Vec<String>>,
    defaults: Vec<String>,
    values: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    #[serde(rename = "format")]
    _format: u32,
    code: String,
    libelle: String,
    #[serde(default = "yes")]
    guillemets: bool,
    #[serde(default)]
    pied: Vec<String>,
    beneficiaires: Option<SectionFile>,
    aides: Option<SectionFile>,
    enveloppes: Option<SectionFile>,
    fec: Option<FecSectionFile>,
    affectation: Option<SectionFile>,
    parcours: Option<SectionFile>,
    declarations: Option<SectionFile>,
    #[serde(rename = "aides-ailleurs")]
    aides_ailleurs: Option<SectionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionFile {
    colonnes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    defauts: BTreeMap<String, String>,
    #[serde(default)]
    valeurs: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FecSectionFile {
    colonnes: BTreeMap<String, Vec<String>>,
    a_nouveaux: OpeningFile,
    cloture: ClosingFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningFile {
    journaux: Vec<String>,
    libelles: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosingFile {
    comptes_de_gestion: Vec<String>,
    comptes_de_resultat: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

fn yes() -> bool {
    true
}

impl Profile {
    /// Reads a profile file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is not a profile, or names a field that no such file has.
    pub fn parse(path: &str, text: &str) -> Result<Profile, ProfileError> {
        let file: ProfileFile = crate::words::parse_toml(path, text)?;
        let mut sections = Vec::new();
        for (kind, section) in [
            (FileKind::Beneficiaries, file.beneficiaires),
            (FileKind::Aids, file.aides),
            (FileKind::Envelopes, file.enveloppes),
            (FileKind::Assignments, file.affectation),
            (FileKind::Parcours, file.parcours),
            (FileKind::Declarations, file.declarations),
            (FileKind::OutsideAids, file.aides_ailleurs),
        ] {
            if let Some(section) = section {
                sections.push((kind, Section::resolve(kind, section)?));
            }
        }
        let mut practices = Practices::default();
        if let Some(FecSectionFile { colonnes, a_nouveaux, cloture }) = file.fec {
            let columns = SectionFile { colonnes, defauts: BTreeMap::new(), valeurs: BTreeMap::new() };
            sections.push((FileKind::Fec, Section::resolve(FileKind::Fec, columns)?));
            let folded = |words: Vec<String>| words.iter().map(|word| fold(word)).collect();
            practices = Practices {
                opening_codes: folded(a_nouveaux.journaux),
                opening_labels: folded(a_nouveaux.libelles),
                management: cloture.comptes_de_gestion,
                result: cloture.comptes_de_resultat,
            };
        }
        Ok(Profile {
            code: file.code,
            label: file.libelle,
            quoting: file.guillemets,
            footers: file.pied.iter().map(|word| fold(word)).collect(),
            practices,
            sections,
        })
    }

    /// Returns the names of the columns that a file of this kind must have, for the user.
    pub fn required(&self, kind: FileKind) -> Vec<String> {
        let Some(section) = self.section(kind) else { return Vec::new() };
        let fields = 0..kind.fields().len();
        fields.filter(|at| section.must_have(kind, *at)).map(|at| self.column_name(kind, at)).collect()
    }

    /// Returns the name that a field's column has by this profile, for the user.
    pub(super) fn column_name(&self, kind: FileKind, field: usize) -> String {
        let name = self.section(kind).and_then(|section| section.names[field].first());
        name.cloned().unwrap_or_else(|| kind.fields()[field].0.to_string())
    }

    /// Returns true when the profile maps this kind of file.
    pub fn maps(&self, kind: FileKind) -> bool {
        self.section(kind).is_some()
    }

    fn section(&self, kind: FileKind) -> Option<&Section> {
        self.sections.iter().find(|(of, _)| *of == kind).map(|(_, section)| section)
    }

    /// Matches a header: how many fields are found and, if the required ones are, the layout.
    pub(super) fn lay_out<'a>(
        &self,
        kind: FileKind,
        header: impl Iterator<Item = &'a str>,
    ) -> Option<Layout> {
        self.match_header(kind, header).filter(|layout| layout.missing.is_empty())
    }

    /// Matches a header, whatever it lacks; none when the profile does not map this kind of file.
    pub(super) fn match_header<'a>(
        &self,
        kind: FileKind,
        header: impl Iterator<Item = &'a str>,
    ) -> Option<Layout> {
        let section = self.section(kind)?;
        let mut columns = vec![None; kind.fields().len()];
        let mut names = Vec::new();
        let mut dropped = Vec::new();
        let mut repeated = Vec::new();
        for (rank, name) in header.enumerate() {
            let name = crate::words::normalise(name).into_owned();
            let folded = fold(&name);
            let field = section
                .names
                .iter()
                .position(|synonyms| synonyms.iter().any(|synonym| fold(synonym) == folded));
            match field {
                Some(field) if columns[field].is_none() => columns[field] = u16::try_from(rank).ok(),
                _ if !name.is_empty() => {
                    repeated.extend(field.zip(u16::try_from(rank).ok()));
                    dropped.push(name.clone());
                }
                _ => {}
            }
            names.push(name);
        }
        let missing =
            (0..columns.len()).filter(|at| columns[*at].is_none() && section.must_have(kind, *at)).collect();
        let required = (0..columns.len())
            .filter(|at| section.must_have(kind, *at))
            .filter_map(|at| columns[at])
            .collect();
        Some(Layout {
            columns,
            names,
            dropped,
            repeated,
            missing,
            defaults: section.defaults.clone(),
            values: section.values.clone(),
            required,
        })
    }
}

impl Section {
    fn resolve(kind: FileKind, file: SectionFile) -> Result<Section, ProfileError> {
        let fields = kind.fields();
        let mut section = Section {
            names: vec![Vec::new(); fields.len()],
            defaults: vec![String::new(); fields.len()],
            values: vec![BTreeMap::new(); fields.len()],
        };
        let rank = |name: &str| {
            fields.iter().position(|(field, _)| *field == name).ok_or_else(|| ProfileError::UnknownField {
                kind: kind.code(),
                field: name.to_string(),
                known: fields.iter().map(|(field, _)| *field).collect::<Vec<_>>().join(", "),
            })
        };
        for (field, names) in file.colonnes {
            section.names[rank(&field)?] = names;
        }
        for (field, value) in file.defauts {
            section.defaults[rank(&field)?] = value;
        }
        for (field, values) in file.valeurs {
            section.values[rank(&field)?] = values.into_iter().map(|(from, to)| (fold(&from), to)).collect();
        }
        Ok(section)
    }

    fn must_have(&self, kind: FileKind, at: usize) -> bool {
        kind.fields()[at].1 && self.defaults[at].is_empty()
    }
}

/// A profile matched to the header of one file.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) columns: Vec<Option<u16>>,
    pub(super) names: Vec<String>,
    pub(super) dropped: Vec<String>,
    // Fields found again, each with the second column.
    pub(super) repeated: Vec<(usize, u16)>,
    // Fields that the file should have.
    pub(super) missing: Vec<usize>,
    pub(super) defaults: Vec<String>,
    pub(super) values: Vec<BTreeMap<String, String>>,
    required: Vec<u16>,
}

impl Layout {
    /// Makes the layout of values that are typed: each field in its own column, under its own name.
    pub(super) fn typed(fields: &[(&str, bool)]) -> Layout {
        Layout {
            columns: (0..).take(fields.len()).map(Some).collect(),
            names: fields.iter().map(|(name, _)| (*name).to_string()).collect(),
            dropped: Vec::new(),
            repeated: Vec::new(),
            missing: Vec::new(),
            defaults: vec![String::new(); fields.len()],
            values: vec![BTreeMap::new(); fields.len()],
            required: Vec::new(),
        }
    }

    /// Returns true when every required column has a value.
    pub(super) fn complete(&self, cells: &super::records::Cells) -> bool {
        self.required.iter().all(|column| !cells.get(usize::from(*column)).trim().is_empty())
    }

    pub(super) fn matched(&self) -> usize {
        self.columns.iter().flatten().count()
    }

    /// Returns how many columns are there of those that the file must have, and how many lack.
    pub(super) fn must_have(&self) -> (usize, usize) {
        (self.required.len(), self.missing.len())
    }
}
