//! A verdict on a terminal: what is said first, then each rule on lines of a readable width.

use crate::app::Verdict;
use crate::documents::render_text;
use crate::words::with_held_spaces;

/// The width of a line of text.
const WIDTH: usize = 100;

/// The column where the sentences begin.
const MARGIN: usize = 14;

/// Lays out a verdict: those rules that refuse come first.
pub(super) fn text_of(verdict: &Verdict) -> String {
    let [rules, rest @ ..] = verdict.tables() else { return String::new() };
    let mut text = format!("{}\n", rules.title);
    for note in &rules.notes {
        text.push_str(&wrapped(note, 0));
    }
    text.push('\n');
    text.push_str(&reasons(verdict));
    for table in rest {
        text.push('\n');
        text.push_str(&render_text(table));
    }
    text
}

/// Lays out every rule of a verdict, those that refuse first.
pub(super) fn reasons(verdict: &Verdict) -> String {
    let mut text = String::new();
    let mut sorted: Vec<_> = verdict.raisons.iter().collect();
    sorted.sort_by_key(|reason| match reason.etat.as_str() {
        "refuse" => 0,
        "à noter" => 1,
        "respectée" => 2,
        _ => 3,
    });
    for reason in sorted {
        let message = reason.message.trim_end_matches(" — règle à vérifier");
        let body = wrapped(message, MARGIN);
        let missing = MARGIN - reason.etat.chars().count();
        text.push_str(&format!("{}{}{}", reason.etat, " ".repeat(missing), &body[MARGIN..]));
        let unsure = if reason.certitude == "à vérifier" { " — à vérifier" } else { "" };
        text.push_str(&wrapped(&format!("{}{unsure}", reason.article), MARGIN));
    }
    text
}

/// Cuts a sentence into lines that begin after a margin. Its no-break spaces hold.
fn wrapped(sentence: &str, margin: usize) -> String {
    let indent = " ".repeat(margin);
    let mut text = indent.clone();
    let mut column = margin;
    for word in with_held_spaces(sentence).split(' ') {
        let width = word.chars().count();
        if column > margin && column + 1 + width > WIDTH {
            text.push('\n');
            text.push_str(&indent);
            column = margin;
        } else if column > margin {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
    text
}
