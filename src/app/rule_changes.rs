//! What rule files would change if they were published: the sentences that people read, and the text.

use super::clock::Clock;
use super::error::AppError;
use super::law::{LawInForce, digest_of, law_of, texts_in_force};
use super::rules::{RuleFiles, completed};
use crate::calendar::Date;
use crate::rules::{dispositif_code, rule_page};
use crate::store::Store;
use rustc_hash::FxHashMap;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    Kept,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line of two texts set side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedLine {
    /// What becomes of it.
    pub edit: Edit,
    /// Its number in the new text, in the old one where it goes.
    pub number: usize,
    /// Its words.
    pub text: String,
}

/// What a file would change.
#[derive(Clone, Debug)]
pub struct RuleChange {
    /// Its path.
    pub path: String,
    /// Code of its dispositif, if it is one's.
    pub dispositif: Option<String>,
    /// Whether a file of this path is in force.
    pub known: bool,
    /// The sentences of its page, today, that go and that come.
    pub sentences: Vec<EditedLine>,
    /// The lines that go and that come, with those around them; none where it is in force word for word.
    pub lines: Vec<EditedLine>,
}

/// Lines shown around those that change.
const AROUND: usize = 2;

/// The most comparisons of lines: beyond it, all that differs is shown as a whole.
const MOST_COMPARED: usize = 4_000_000;

/// Tells what files that can be published would change in a base.
///
/// # Errors
/// When a file cannot be understood, or the base fails.
pub async fn rule_changes(
    store: &Store,
    clock: Clock,
    files: RuleFiles<'_>,
) -> Result<Vec<RuleChange>, AppError> {
    let files = files.read()?;
    let mut tx = store.read().await?;
    let today = clock.today(&tx.info().await?.zone)?;
    let old = texts_in_force(&mut tx, |_| true).await?;
    drop(tx);
    let new = completed(&files, old.clone());
    let unnumbered = FxHashMap::default();
    let (before, after) = (law_of(&old, &unnumbered)?, law_of(&new, &unnumbered)?);
    let changes = files.iter().map(|(path, text)| {
        let in_force = old.iter().find(|(own, _)| own == path).map(|(_, text)| text.as_str());
        let dispositif = dispositif_code(path, text);
        let page = |law| dispositif.as_ref().map_or_else(Vec::new, |code| told(law, code, today));
        let mut sentences = edits(&page(&before), &page(&after));
        sentences.retain(|line| line.edit != Edit::Kept);
        let same = in_force.is_some_and(|old| digest_of(old) == digest_of(text));
        let owned = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
        let lines = edits(&owned(in_force.unwrap_or_default()), &owned(text));
        RuleChange {
            path: path.clone(),
            dispositif: dispositif.clone(),
            known: in_force.is_some(),
            sentences,
            lines: if same { Vec::new() } else { around(lines) },
        }
    });
    Ok(changes.collect())
}

/// Returns the sentences of the page of a dispositif; none where the law has no such one.
fn told(in_force: &LawInForce, code: &str, today: Date) -> Vec<String> {
    let LawInForce { law, declarables, bodies, .. } = in_force;
    let Some(rank) = law.rank(code) else { return Vec::new() };
    let page = rule_page(law, rank, today, declarables, bodies);
    let said = page.sections.iter().flat_map(|section| {
        section.lines.iter().map(|line| format!("{}\u{a0}: {}", section.heading, line.text))
    });
    let later = page.changes.iter().map(|change| format!("Le {}, {}.", change.on.in_words(), change.text));
    std::iter::once(page.opening.clone()).chain(said).chain(later).collect()
}

/// Sets two texts side by side: the longest lines in common stay.
fn edits(old: &[String], new: &[String]) -> Vec<EditedLine> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut lines: Vec<EditedLine> = Vec::with_capacity(new.len() + a.len());
    let line = |edit, at: usize, text: &str| EditedLine { edit, number: at + 1, text: text.to_string() };
    lines.extend(new[..head].iter().enumerate().map(|(at, text)| line(Edit::Kept, at, text)));
    // common[i][j]: how many lines the rests of both have in common.
    let width = b.len() + 1;
    let compared = a.len().saturating_mul(width) <= MOST_COMPARED;
    let mut common = vec![0_u32; if compared { (a.len() + 1) * width } else { 0 }];
    if compared {
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                common[i * width + j] = if a[i] == b[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if compared && i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push(line(Edit::Kept, head + j, &b[j]));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len()
            && (j == b.len() || !compared || common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            lines.push(line(Edit::Removed, head + i, &a[i]));
            i += 1;
        } else {
            lines.push(line(Edit::Added, head + j, &b[j]));
            j += 1;
        }
    }
    let end = new.len() - tail;
    lines.extend(new[end..].iter().enumerate().map(|(at, text)| line(Edit::Kept, end + at, text)));
    lines
}

/// Leaves only the lines that change and those around them.
fn around(lines: Vec<EditedLine>) -> Vec<EditedLine> {
    let changed: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].edit != Edit::Kept).collect();
    let near = |at: usize| {
        let next = changed.partition_point(|changed| *changed < at.saturating_sub(AROUND));
        changed.get(next).is_some_and(|changed| *changed <= at + AROUND)
    };
    lines.into_iter().enumerate().filter(|(at, _)| near(*at)).map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        let lines = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let mark = |line: EditedLine| {
            let mark = match line.edit {
                Edit::Kept => "",
                Edit::Removed => "-",
                Edit::Added => "+",
            };
            format!("{mark}{}{}", line.text, line.number)
        };
        around(edits(&lines(old), &lines(new))).into_iter().map(mark).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_go_and_come_and_those_around_stay() {
        for (old, new, expected) in [
            ("a b c", "a b c", ""),
            ("", "a b", "+a1 +b2"),
            ("a b", "", "-a1 -b2"),
            ("a b c d e f g", "a b c X e f g", "b2 c3 -d4 +X4 e5 f6"),
            ("a b c", "a c", "a1 -b2 c2"),
            ("a c", "a b c", "a1 +b2 c3"),
            ("1 2 3 4 5 6 7 8 9", "1 X 3 4 5 6 7 Y 9", "11 -22 +X2 33 44 66 77 -88 +Y8 99"),
        ] {
            assert_eq!(told(old, new), expected, "{old} → {new}");
        }
    }
}
