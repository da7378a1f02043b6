//! Findings of an import, each on its line: what is wrong, why, what to do.

use crate::app::counted;
use maud::{Markup, html};

/// A finding as it is shown.
pub(super) struct Shown<'a> {
    /// The physical line; 0 is the whole file.
    pub line: u64,
    /// The column's name in the file.
    pub column: Option<&'a str>,
    /// `refus`, `irregularite` or `avertissement`.
    pub severity: &'a str,
    /// What is wrong and why.
    pub message: &'a str,
    /// The article that founds it.
    pub article: Option<&'a str>,
    /// What to do.
    pub advice: &'a str,
    /// Its stable code.
    pub code: &'a str,
}

/// How much a finding weighs, in words and in colour.
pub(super) fn weight(severity: &str) -> Markup {
    match severity {
        "refus" => html! { span.badge.no { "refusée" } },
        "irregularite" => html! { span.badge.mind { "irrégulière" } },
        _ => html! { span.badge { "à savoir" } },
    }
}

/// How many findings there are of each code.
pub(super) fn codes<'a>(codes: impl Iterator<Item = (&'a str, &'a str, u64)>) -> Markup {
    html! {
        ul.codes {
            @for (code, severity, number) in codes {
                li { (weight(severity)) " " (counted(number, "fois", "fois")) " " span.code { (code) } }
            }
        }
    }
}

/// Some findings, as a table.
pub(super) fn table<'a>(caption: &str, findings: impl Iterator<Item = Shown<'a>>) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th.n scope="col" { "Ligne" }
                        th scope="col" { "Colonne" }
                        th scope="col" { "Constat" }
                        th scope="col" { "Pourquoi, et que faire" }
                    }
                }
                tbody {
                    @for finding in findings {
                        tr {
                            th.n scope="row" { @if finding.line == 0 { "fichier" } @else { (finding.line) } }
                            td { @if let Some(column) = finding.column { (column) } }
                            td.whole { (weight(finding.severity)) br; span.code { (finding.code) } }
                            td.why {
                                (finding.message)
                                @if let Some(article) = finding.article { " [" (article) "]" }
                                @if !finding.advice.is_empty() { br; span.hint { "Que faire : " (finding.advice) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
