//! A letter of refusal: what was asked, why it is refused, how to appeal. No word says the person's sex.

use super::letterhead;
use super::paper::{Block, Paper, Run};
use crate::calendar::{Date, Month};
use crate::money::Amount;

/// What a letter of refusal says.
#[derive(Clone, Debug)]
pub struct RefusalLetter {
    /// Its number, `REF-2024-000001`.
    pub number: String,
    /// Name of the structure.
    pub structure: String,
    /// Its SIREN.
    pub siren: Option<String>,
    /// The day of the refusal.
    pub dated: Date,
    /// First name, last name.
    pub person: (String, String),
    /// The number of the person's file.
    pub person_number: String,
    /// Label of the dispositif.
    pub dispositif: String,
    /// Nature, or empty.
    pub nature: String,
    /// The month of right.
    pub month: Month,
    /// The amount that was asked.
    pub amount: Amount,
    /// Each rule that fails: what it says, and its article or nothing.
    pub rules: Vec<(String, String)>,
    /// Why, besides the rules.
    pub reason: Option<String>,
    /// The duty to give grounds, then the ways of appeal, one paragraph a line.
    pub appeal: String,
}

/// Writes a letter of refusal for paper.
pub fn refusal_paper(letter: &RefusalLetter) -> Paper {
    let name = format!("{} {}", letter.person.0, letter.person.1);
    let nature = match letter.nature.as_str() {
        "" => String::new(),
        nature => format!(", {nature}"),
    };
    let mut blocks = vec![
        Block::Paragraph(vec![
            Run::plain("À "),
            Run::bold(name.trim()),
            Run::plain(format!(", dossier n°\u{a0}{}.", letter.person_number)),
        ]),
        Block::Paragraph(vec![
            Run::plain("Madame, Monsieur, une aide vous concernant a été demandée\u{a0}: "),
            Run::plain(format!("{}{nature}, ", letter.dispositif)),
            Run::bold(letter.amount.to_euros()),
            Run::plain(format!(
                ", au titre du mois {}. Cette demande a été examinée le {}. ",
                letter.month.of_month(),
                letter.dated.in_words()
            )),
            Run::bold("Elle est refusée."),
        ]),
        Block::Heading("Pourquoi".into()),
    ];
    for (message, article) in &letter.rules {
        let mut runs = vec![Run::plain(sentence(message))];
        if !article.is_empty() {
            runs.push(Run::plain(format!(" Texte\u{a0}: {article}.")));
        }
        blocks.push(Block::Paragraph(runs));
    }
    blocks.extend(letter.reason.iter().map(|reason| Block::Paragraph(vec![Run::plain(sentence(reason))])));
    let mut lines = letter.appeal.lines();
    blocks.extend(lines.next().map(|grounds| Block::Paragraph(vec![Run::plain(grounds)])));
    blocks.push(Block::Heading("Si vous n'êtes pas d'accord".into()));
    for way in lines {
        let (label, text) = way.split_once("\u{a0}: ").unwrap_or(("", way));
        let mut runs = vec![Run::plain(text)];
        if !label.is_empty() {
            runs.insert(0, Run::bold(format!("{label}\u{a0}: ")));
        }
        blocks.push(Block::Paragraph(runs));
    }
    blocks.push(Block::Signature(vec![
        format!("Fait à ____________________, le {}", letter.dated.to_french()),
        "Nom, qualité et signature\u{a0}:".into(),
    ]));
    Paper {
        title: "Refus d'une aide".into(),
        subject: format!("Refus n°\u{a0}{}", letter.number),
        dated: letter.dated,
        letterhead: letterhead(&letter.structure, letter.siren.as_deref()),
        warning: None,
        footer: format!("Refus n°\u{a0}{}", letter.number),
        landscape: false,
        blocks,
    }
}

/// A sentence of its own: a capital, a point, and nothing of what only an instructor must check.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches(" — règle à vérifier").trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
