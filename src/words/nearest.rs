//! The word that a writer most likely meant.

/// Returns the known words with the fewest letters to change, nearest first.
///
/// ```
/// assert_eq!(denier::words::nearest("libele", ["code", "libelle"], 1), ["libelle"]);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, at_most: usize) -> Vec<&'a str> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_by_cached_key(|other| edits(word, other));
    known.truncate(at_most);
    known
}

/// Returns the known word of which this one is likely a misspelling: two letters of three are right.
pub fn likely<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = nearest(word, known, 1).first().copied()?;
    (edits(word, near) * 3 <= word.chars().count()).then_some(near)
}

/// The number of letters to change from one word to another (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let cost = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
