//! An attestation in words: what its reader, a landlord or a family allowance fund, must understand
//! without knowing anything of the programme. No word says the person's sex.

use super::letterhead;
use super::paper::{Block, Paper, Run};
use crate::funding::DateKind;
use crate::ledger::seal::hex;
use crate::statements::{Attestation, AttestationContent, KnownBy, PayerPart};

/// Writes an attestation for paper.
pub fn attestation_paper(attestation: &Attestation) -> Paper {
    let content = attestation.content();
    let mut paper = attestation_draft(attestation);
    paper.blocks.push(Block::Signature(vec![
        format!("Fait à ____________________, le {}", content.dated.to_french()),
        "Nom, qualité et signature\u{a0}:".into(),
    ]));
    let (code, fingerprint) = (attestation.code(), hex(&attestation.fingerprint()));
    paper.blocks.push(Block::Paragraph(vec![Run::plain(format!(
        "Attestation n°\u{a0}{number}. Empreinte SHA-256 de son contenu\u{a0}: {}. Dernière écriture du carnet des aides à cette date\u{a0}: n°\u{a0}{}, sceau {}. Vérification\u{a0}: page «\u{a0}Vérifier une attestation\u{a0}» du service en ligne de {}, ou auprès d'elle, avec le code {code}",
        in_groups(&fingerprint),
        content.head.entry,
        content.head.seal,
        content.structure,
        number = content.number,
    ))]));
    Paper {
        subject: format!("Attestation n°\u{a0}{}, empreinte {fingerprint}", content.number),
        footer: format!("Attestation n°\u{a0}{}, code {code}", content.number),
        ..paper
    }
}

/// Writes what an attestation says, to be read before it is issued: no signature, no number.
pub fn attestation_draft(attestation: &Attestation) -> Paper {
    let content = attestation.content();
    let none = content.aids.is_empty();
    let title = match (none, content.basis) {
        (true, _) => "Attestation d'absence d'aide",
        (false, DateKind::Payment) => "Attestation d'aides versées",
        (false, DateKind::Right | DateKind::Decision) => "Attestation d'aides accordées",
    };
    let mut blocks = vec![Block::Paragraph(declaration(content, none))];
    blocks.extend(attestation.table().map(Block::Table));
    let total = attestation.total();
    blocks.push(Block::Paragraph(vec![
        Run::plain("Total\u{a0}: "),
        Run::bold(total.to_euros()),
        Run::plain(format!(" ({}).", total.in_words())),
    ]));
    for part in attestation.payer_parts() {
        blocks.push(Block::Paragraph(vec![Run::plain(paid_by(content, &part))]));
    }
    if !none {
        blocks.push(Block::Paragraph(vec![Run::plain(match content.basis {
            DateKind::Payment => {
                "Chaque somme est comptée dans le mois où elle a été versée, qui peut suivre celui pour lequel elle était due."
            }
            DateKind::Right | DateKind::Decision => {
                "Chaque somme est comptée dans le mois pour lequel elle est due, qui peut précéder celui de son versement."
            }
        })]));
    }
    Paper {
        title: title.to_string(),
        subject: String::new(),
        dated: content.dated,
        letterhead: letterhead(&content.structure, content.siren.as_deref()),
        warning: None,
        footer: String::new(),
        landscape: attestation.is_wide(),
        blocks,
    }
}

fn declaration(content: &AttestationContent, none: bool) -> Vec<Run> {
    let person = &content.person;
    let born = match person.born_on {
        Some(day) => format!("date de naissance\u{a0}: {}", day.in_words()),
        None => "date de naissance inconnue".into(),
    };
    let (first, last) = (content.first, content.last);
    let when = match content.basis {
        DateKind::Payment => {
            let (first, last) = (first.first_day().in_words(), last.last_day().in_words());
            let kind = if none { "versée" } else { "sommes versées" };
            format!("{kind} entre le {first} et le {last}")
        }
        DateKind::Right | DateKind::Decision => {
            let kind = if none { "accordée" } else { "sommes accordées" };
            let months = if first == last {
                format!("du mois {}", first.of_month())
            } else {
                format!("des mois {} à {}", first.of_month(), last.in_words())
            };
            format!("{kind} au titre {months}")
        }
    };
    let verb = if none {
        format!("n'a reçu aucune aide enregistrée par la structure et {when}.")
    } else {
        format!("a bénéficié des aides suivantes\u{a0}: {when}.")
    };
    vec![
        Run::plain(format!("{} atteste que ", content.structure)),
        Run::bold(format!("{} {}", person.first_name, person.last_name).trim()),
        Run::plain(format!(", {born}, dossier n°\u{a0}{}, {verb}", person.number)),
    ]
}

/// Says who paid, how it is known, and for which dispositifs.
fn paid_by(content: &AttestationContent, part: &PayerPart<'_>) -> String {
    let mut sentence = match part.payer.known_by {
        KnownBy::Itself if part.unpaid.is_zero() => format!("Versé par {}", content.structure),
        KnownBy::Itself => format!("Accordé par {}", content.structure),
        KnownBy::Returns(imported, paid) => {
            let reach = paid.map_or_else(String::new, |day| {
                format!(" (dernier versement connu de cet organisme\u{a0}: {})", day.in_words())
            });
            format!(
                "Selon les retours de paiement de l'organisme «\u{a0}{}\u{a0}», importés jusqu'au {}{reach}",
                part.payer.label,
                imported.in_words()
            )
        }
    };
    sentence.push_str(&format!("\u{a0}: {}", part.total.to_euros()));
    if !part.unpaid.is_zero() {
        let unpaid = part.unpaid.to_euros();
        sentence.push_str(&format!(", dont {unpaid} non encore versés au {}", content.dated.in_words()));
    }
    sentence.push('.');
    match part.dispositifs.as_slice() {
        [] => {}
        [(only, _)] => sentence.push_str(&format!(" Dispositif\u{a0}: {}.", only.label)),
        several => {
            let each: Vec<String> =
                several.iter().map(|(one, sum)| format!("{}, {}", one.label, sum.to_euros())).collect();
            sentence.push_str(&format!(" Dispositifs\u{a0}: {}.", each.join("\u{a0}; ")));
        }
    }
    sentence
}

/// Four characters by four, so that a line can end between them.
fn in_groups(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
