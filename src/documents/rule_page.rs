//! The page of a dispositif: for the terminal, and as a paper.

use super::{Block, Paper, Run};
use crate::calendar::Date;
use crate::rules::{Certainty, RulePage, Source};
use crate::statements::{Cell, Column, Kind, Row, Style, Table};

/// The width of the text, in characters.
const WIDTH: usize = 92;

/// Lays a page out for a terminal. `version` says which law it is.
pub fn rule_page_text(page: &RulePage, version: &str) -> String {
    let mut out = String::new();
    let mut say = |indent: &str, hang: &str, text: &str| {
        for line in wrapped(text, indent, hang) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    };
    say("", "", &title(page));
    say("", "", &subtitle(page));
    say("", "", version);
    say("", "", "");
    say("", "", &page.opening);
    for (heading, labels) in unsure(page) {
        say("", "", "");
        say("", "", &heading);
        labels.iter().for_each(|label| say("  • ", "    ", label));
    }
    for section in &page.sections {
        say("", "", "");
        say("", "", &section.heading.to_uppercase());
        for line in &section.lines {
            say("  • ", "    ", &format!("{}{}", line.text, mark(line.certainty)));
        }
    }
    say("", "", "");
    say("", "", "CE QUI CHANGE ENSUITE");
    for (text, certainty) in next_changes(page) {
        say("  • ", "    ", &format!("{text}{}", mark(certainty)));
    }
    say("", "", "");
    say("", "", "TEXTES");
    say("  ", "  ", &format!("Base légale\u{a0}: {}.", page.legal_basis));
    let (cited, sources) = cited(page);
    for text in &cited {
        let certainty = text.source.certainty.label();
        say("  ", "  ", &format!("{}, depuis le {}, {certainty}", text.article, text.since.in_words()));
        text.labels.iter().for_each(|label| say("    • ", "      ", label));
    }
    say("", "", "");
    say("", "", "SOURCES");
    for (at, source) in sources.iter().enumerate() {
        say(&format!("  [{}] ", at + 1), "      ", source);
    }
    out
}

/// Makes a page a paper. `version` says which law it is.
pub fn rule_page_paper(page: &RulePage, version: &str, letterhead: &[String], dated: Date) -> Paper {
    let mut blocks = vec![Block::Paragraph(vec![
        Run::bold(format!("{}. ", subtitle(page))),
        Run::plain(format!("{} {version}", page.opening)),
    ])];
    for (heading, labels) in unsure(page) {
        blocks.push(Block::Paragraph(vec![
            Run::bold(format!("{heading}\u{a0}: ")),
            Run::plain(format!("{}.", labels.join("\u{a0}; "))),
        ]));
    }
    blocks.push(Block::Table(rules_table(page)));
    blocks.push(Block::Heading("Textes".to_string()));
    blocks.extend(notes(page));
    Paper {
        title: title(page),
        subject: version.to_string(),
        dated,
        letterhead: letterhead.to_vec(),
        warning: None,
        footer: version.to_string(),
        landscape: false,
        blocks,
    }
}

fn title(page: &RulePage) -> String {
    format!("{} ({})", page.label, page.code)
}

fn subtitle(page: &RulePage) -> String {
    format!("Au {}, pour les aides du mois {}", page.day.in_words(), page.day.month().of_month())
}

/// What must be checked before relying on it, apart: headings, and what is under each.
fn unsure(page: &RulePage) -> Vec<(String, Vec<&str>)> {
    let points = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {several}"),
    };
    let (unverified, local) = (page.unverified(), page.local());
    let mut apart = Vec::new();
    if !unverified.is_empty() {
        let count = points(unverified.len(), "point à vérifier", "points à vérifier");
        apart.push((format!("{count} avant de refuser une aide"), unverified));
    }
    if !local.is_empty() {
        let count = points(local.len(), "point local", "points locaux");
        apart.push((format!("{count}, à remplacer s'ils ne sont pas les vôtres"), local));
    }
    apart
}

fn mark(certainty: Certainty) -> String {
    match certainty {
        Certainty::Confirmed => String::new(),
        Certainty::Local | Certainty::Unverified => {
            format!(" [{}]", certainty.label().replace(' ', "\u{a0}"))
        }
    }
}

/// What changes on the next known day, and the days of what is known after it.
fn next_changes(page: &RulePage) -> Vec<(String, Certainty)> {
    let Some(next) = page.changes.first() else {
        return vec![("Aucun changement connu.".to_string(), Certainty::Confirmed)];
    };
    let (now, later): (Vec<_>, Vec<_>) = page.changes.iter().partition(|change| change.on == next.on);
    let mut lines: Vec<(String, Certainty)> = now
        .iter()
        .map(|change| (format!("Le {}, {}.", change.on.in_words(), change.text), change.certainty))
        .collect();
    let mut days: Vec<String> = later.iter().map(|change| change.on.in_words()).collect();
    days.dedup();
    if !days.is_empty() {
        lines.push((
            format!("Puis, selon ce qui est connu\u{a0}: {}.", days.join(", ")),
            Certainty::Confirmed,
        ));
    }
    lines
}

/// The values and rules that one article of one document founds since one day.
struct Cited<'p> {
    source: &'p Source,
    since: Date,
    /// The article, with the rank of the document among those cited.
    article: String,
    /// The values, with what they are worth, and the rules.
    labels: Vec<String>,
}

/// What each text founds, and the documents, in the order in which they are cited.
fn cited(page: &RulePage) -> (Vec<Cited<'_>>, Vec<&str>) {
    let mut cited: Vec<Cited<'_>> = Vec::new();
    let mut sources: Vec<&str> = Vec::new();
    for text in &page.texts {
        let label = match text.worth.as_str() {
            "" => text.label.clone(),
            worth => format!("{}\u{a0}: {worth}", text.label),
        };
        let same = |other: &&mut Cited<'_>| *other.source == text.source && other.since == text.since;
        if let Some(known) = cited.iter_mut().find(same) {
            known.labels.push(label);
            continue;
        }
        let source = text.source.source.as_str();
        let rank = sources.iter().position(|known| *known == source).unwrap_or_else(|| {
            sources.push(source);
            sources.len() - 1
        });
        let article = format!("{} [{}]", text.source.article, rank + 1);
        cited.push(Cited { source: &text.source, since: text.since, article, labels: vec![label] });
    }
    (cited, sources)
}

fn rules_table(page: &RulePage) -> Table {
    let row = |style: Style, text: &str, certainty: Certainty| Row {
        style,
        indent: u8::from(style == Style::Line),
        cells: match style {
            Style::Heading => vec![Cell::from(text), Cell::Empty],
            _ => vec![Cell::from(text), Cell::from(certainty.label())],
        },
        terms: Vec::new(),
        drill: None,
    };
    let mut rows = Vec::new();
    for section in &page.sections {
        rows.push(row(Style::Heading, section.heading, Certainty::Confirmed));
        for line in &section.lines {
            let mut told = row(Style::Line, &line.text, line.certainty);
            // What the file's own sections say has no certainty of its own.
            if line.rule.is_none() {
                told.cells[1] = Cell::Empty;
            }
            rows.push(told);
        }
    }
    rows.push(row(Style::Heading, "Ce qui change ensuite", Certainty::Confirmed));
    for (text, certainty) in next_changes(page) {
        let mut told = row(Style::Line, &text, certainty);
        if certainty == Certainty::Confirmed {
            told.cells[1] = Cell::Empty;
        }
        rows.push(told);
    }
    Table::new(
        "",
        vec![
            Column::new("regle", "Ce qui est contrôlé", Kind::Text),
            Column::new("certitude", "Certitude", Kind::Text),
        ],
        rows,
    )
}

fn notes(page: &RulePage) -> Vec<Block> {
    let (cited, sources) = cited(page);
    // Most hold since the opening, which comes first: said once.
    let usual = cited.first().map(|text| text.since);
    let opening = usual.map_or_else(String::new, |day| {
        format!(" En vigueur depuis le {}, sauf autre date.", day.to_french())
    });
    let mut notes = vec![format!("Base légale\u{a0}: {}.{opening}", page.legal_basis)];
    notes.extend(cited.iter().map(|text| {
        let since = Some(text.since).filter(|since| Some(*since) != usual);
        format!(
            "{}{}, {}\u{a0}: {}.",
            text.article,
            since.map_or_else(String::new, |since| format!(", depuis le {}", since.to_french())),
            text.source.certainty.label(),
            text.labels.join("\u{a0}; ")
        )
    }));
    let listed: Vec<String> = sources
        .iter()
        .enumerate()
        .map(|(at, source)| format!("[{}]\u{a0}{}", at + 1, source.trim_start_matches("https://")))
        .collect();
    notes.push(format!("Sources\u{a0}: {}", listed.join("\u{a0}; ")));
    notes.into_iter().map(Block::Note).collect()
}

/// Cuts a text into lines; a word longer than a line has one to itself.
fn wrapped(text: &str, indent: &str, hang: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = indent.to_string();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, hang.to_string()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hang_and_keep_their_words() {
        let long = "x".repeat(WIDTH);
        assert_eq!(wrapped("un deux", "  • ", "    "), ["  • un deux"]);
        assert_eq!(
            wrapped(&format!("un {long} deux"), "• ", "  "),
            ["• un".to_string(), format!("  {long}"), "  deux".to_string()]
        );
    }
}
