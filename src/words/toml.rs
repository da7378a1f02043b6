//! Rule files as TOML: read into their types, with French messages placed to the line.

use super::nearest;
use serde::de::DeserializeOwned;

/// Why a rule file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{place} : {message}{excerpt}", place = line.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default())]
pub struct RuleFileError {
    /// The file.
    pub path: String,
    /// Line and column, where the fault has one.
    pub line: Option<(usize, usize)>,
    /// What is wrong, in French.
    pub message: String,
    /// The line of the file with a mark under the fault, on lines of its own; or nothing.
    pub excerpt: String,
}

impl RuleFileError {
    /// Makes an error of the whole file.
    pub fn of_file(path: &str, message: String) -> RuleFileError {
        RuleFileError { path: path.to_string(), line: None, message, excerpt: String::new() }
    }

    /// Makes an error at a byte of the text of the file.
    pub fn at(path: &str, text: &str, offset: usize, message: String) -> RuleFileError {
        let (line, column) = place(text, offset);
        let written = text.lines().nth(line - 1).unwrap_or("").trim_end();
        let excerpt = match written.trim() {
            "" => String::new(),
            _ => format!("\n    {line:>4} | {written}\n         | {}^", " ".repeat(column - 1)),
        };
        RuleFileError { path: path.to_string(), line: Some((line, column)), message, excerpt }
    }

    /// Makes an error placed where `near` first appears in the text of the file.
    pub fn near(path: &str, text: &str, near: &str, message: String) -> RuleFileError {
        match text.find(near) {
            Some(offset) => RuleFileError::at(path, text, offset, message),
            None => RuleFileError::of_file(path, message),
        }
    }
}

/// All the faults of a rule file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RuleFaults(pub Vec<RuleFileError>);

/// Reads a TOML text into its type, with French messages.
///
/// # Errors
/// At the first fault: its line, its column, and the nearest known key.
pub fn parse_toml<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, RuleFileError> {
    toml::from_str(text).map_err(|error| {
        let message = in_french(error.message());
        match error.span() {
            Some(span) => RuleFileError::at(path, text, span.start, message),
            None => RuleFileError::of_file(path, message),
        }
    })
}

/// Returns the line and column of a byte of a text, both from 1.
pub fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Turns the parser's English into a sentence for the author of the file.
pub(super) fn in_french(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") && !quoted.is_empty() {
        return match nearest(quoted[0], quoted[1..].iter().copied(), 1).first() {
            Some(known) => format!(
                "clé inconnue « {} » ; vouliez-vous « {known} » ? (clés possibles : {})",
                quoted[0],
                quoted[1..].join(", ")
            ),
            None => format!("clé inconnue « {} »", quoted[0]),
        };
    }
    if message.starts_with("missing field") && !quoted.is_empty() {
        return format!("clé obligatoire absente : « {} »", quoted[0]);
    }
    if message.starts_with("unknown variant") && !quoted.is_empty() {
        return format!("valeur inconnue « {} » ; valeurs possibles : {}", quoted[0], quoted[1..].join(", "));
    }
    if message.starts_with("duplicate key") {
        return "cette clé est écrite deux fois".to_string();
    }
    if message.starts_with("invalid type: floating point") {
        return "un nombre à virgule n'est pas admis : écrivez le montant entre guillemets, comme \"520,00\""
            .to_string();
    }
    if message.starts_with("invalid type") {
        return "mauvais type de valeur : un texte se met entre guillemets, une date s'écrit 2024-04-01, une liste entre crochets".to_string();
    }
    let known = SYNTAX.iter().find(|(beginning, _)| message.starts_with(beginning));
    known.map_or(NOT_UNDERSTOOD, |(_, french)| french).to_string()
}

const NOT_UNDERSTOOD: &str =
    "écriture incomprise ici : guillemets oubliés autour d'un texte, virgule ou crochet manquant ?";

/// The beginnings of what the parser says of a text that is no TOML, and what its author can do.
const SYNTAX: &[(&str, &str)] = &[
    ("invalid basic string", "ce texte n'est pas fermé : il manque un guillemet avant la fin de la ligne"),
    ("string values must be quoted", "mettez ce texte entre guillemets, comme \"local\""),
    ("unclosed array table", "il manque un crochet : un élément d'une liste s'ouvre par [[nom]]"),
    ("unclosed table", "il manque un crochet : une section s'ouvre par [nom]"),
    ("unclosed array", "cette liste n'est pas fermée : il manque « ] »"),
    ("unclosed inline table", "il manque « } » pour fermer"),
    ("missing comma", "il manque une virgule entre deux éléments, ou le crochet qui ferme la liste"),
    ("invalid date", "ce jour n'existe pas"),
    (
        "unexpected key or value",
        "une seule valeur par ligne : un texte, ou un nombre à virgule, se met entre guillemets, comme \"520,00\"",
    ),
];
