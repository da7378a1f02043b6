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
}

/// A field and whether a file must have it.
pub(super) type Field = (&'static str, bool);

impl FileKind {
    /// Returns the word of the command line.
    pub fn code(self) -> &'static str {
        match self {
            FileKind::Beneficiaries => "beneficiaires",
            FileKind::Aids => "aides",
            FileKind::Envelopes => "enveloppes",
        }
    }

    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            FileKind::Beneficiaries => super::beneficiaries::FIELDS,
            FileKind::Aids => super::aids::FIELDS,
            FileKind::Envelopes => super::envelopes::FIELDS,
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
    sections: Vec<(FileKind, Section)>,
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
        ] {
            if let Some(section) = section {
                sections.push((kind, Section::resolve(kind, section)?));
            }
        }
        Ok(Profile {
            code: file.code,
            label: file.libelle,
            quoting: file.guillemets,
            footers: file.pied.iter().map(|word| fold(word)).collect(),
            sections,
        })
    }

    /// Returns the names of the columns that a file of this kind must have, for the user.
    pub fn required(&self, kind: FileKind) -> Vec<String> {
        let Some(section) = self.section(kind) else { return Vec::new() };
        let fields = kind.fields().iter().enumerate();
        fields
            .filter(|(at, _)| section.must_have(kind, *at))
            .map(|(at, (field, _))| {
                section.names[at].first().cloned().unwrap_or_else(|| (*field).to_string())
            })
            .collect()
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
        let section = self.section(kind)?;
        let mut columns = vec![None; kind.fields().len()];
        let mut names = Vec::new();
        let mut dropped = Vec::new();
        for (rank, name) in header.enumerate() {
            let name = crate::words::normalise(name).into_owned();
            let folded = fold(&name);
            let field = section
                .names
                .iter()
                .position(|synonyms| synonyms.iter().any(|synonym| fold(synonym) == folded));
            match field {
                Some(field) if columns[field].is_none() => columns[field] = u16::try_from(rank).ok(),
                _ if !name.is_empty() => dropped.push(name.clone()),
                _ => {}
            }
            names.push(name);
        }
        let complete = (0..columns.len()).all(|at| columns[at].is_some() || !section.must_have(kind, at));
        let required = (0..columns.len())
            .filter(|at| section.must_have(kind, *at))
            .filter_map(|at| columns[at])
            .collect();
        complete.then(|| Layout {
            columns,
            names,
            dropped,
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
    pub(super) defaults: Vec<String>,
    pub(super) values: Vec<BTreeMap<String, String>>,
    required: Vec<u16>,
}

impl Layout {
    /// Returns true when every required column has a value.
    pub(super) fn complete(&self, cells: &super::records::Cells) -> bool {
        self.required.iter().all(|column| !cells.get(usize::from(*column)).trim().is_empty())
    }

    pub(super) fn matched(&self) -> usize {
        self.columns.iter().flatten().count()
    }
}
