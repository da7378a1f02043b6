//! Words → lines of a given width, by the rules of French typography.

use super::fonts::{Face, Weight};
use crate::documents::Run;

/// What may gather in the sums of widths: less than anyone sees.
const SLACK: f32 = 0.01;

/// Words of one weight on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub text: String,
    pub weight: Weight,
    /// How far from the start of the line, in points.
    pub x: f32,
}

/// A line of words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub pieces: Vec<Piece>,
    /// How wide, in points, without the space that ends it.
    pub width: f32,
}

#[derive(Clone, Copy)]
struct Letter {
    character: char,
    weight: Weight,
    width: f32,
}

/// Returns the lines of these words in this size: cut after spaces and hyphens, and inside a word only
/// where it is wider than a line. Never cut at a non-breaking space. No words, no line.
pub fn wrap(runs: &[Run], size: f32, width: f32) -> Vec<Line> {
    let letters = letters(runs, size);
    let mut lines = Vec::new();
    let mut start = 0;
    while start < letters.len() {
        let end = end_of_line(&letters, start, width);
        lines.push(line(&letters[start..end]));
        start = end;
    }
    lines
}

/// Returns the lines of words of one weight.
pub fn wrap_text(text: &str, weight: Weight, size: f32, width: f32) -> Vec<Line> {
    wrap(&[Run { text: text.to_string(), bold: weight == Weight::Bold }], size, width)
}

/// Returns how wide words of one weight are, in ems.
pub fn width(text: &str, weight: Weight) -> f32 {
    let face = Face::of(weight);
    text.trim_end_matches(' ').chars().map(|character| face.advance(character)).sum()
}

/// Returns how wide the longest part of these words is that is not cut, in ems.
pub fn longest_word(text: &str, weight: Weight) -> f32 {
    let characters: Vec<char> = text.chars().collect();
    let mut longest: f32 = 0.0;
    let mut start = 0;
    for at in 0..characters.len() {
        let earlier = at.checked_sub(1).map(|at| characters[at]);
        if at + 1 == characters.len() || may_cut(earlier, characters[at], characters[at + 1]) {
            let word: String = characters[start..=at].iter().collect();
            longest = longest.max(width(&word, weight));
            start = at + 1;
        }
    }
    longest
}

fn letters(runs: &[Run], size: f32) -> Vec<Letter> {
    let mut letters = Vec::new();
    for run in runs {
        let weight = if run.bold { Weight::Bold } else { Weight::Regular };
        let face = Face::of(weight);
        letters.extend(run.text.chars().map(|character| Letter {
            character,
            weight,
            width: face.advance(character) * size,
        }));
    }
    let blank = |letter: &Letter| letter.character == ' ';
    let end = letters.iter().rposition(|letter| !blank(letter)).map_or(0, |last| last + 1);
    letters.truncate(end);
    let start = letters.iter().position(|letter| !blank(letter)).unwrap_or(0);
    letters.split_off(start)
}

/// Returns true where a line may end between `before` and `after`.
fn may_cut(earlier: Option<char>, before: char, after: char) -> bool {
    match before {
        // Beside these signs an ordinary space often stands for a non-breaking one.
        ' ' => earlier != Some('«') && !matches!(after, ' ' | '»' | ':' | ';' | '!' | '?' | '%' | '€'),
        // A hyphen inside a word, not the sign of a number nor a dash between dates.
        '-' | '\u{2010}' => after.is_alphabetic(),
        _ => false,
    }
}

fn end_of_line(letters: &[Letter], start: usize, width: f32) -> usize {
    let mut cut = None;
    let mut reached = 0.0;
    for at in start..letters.len() {
        let letter = letters[at];
        reached += letter.width;
        if reached > width + SLACK && letter.character != ' ' {
            // A word wider than the line: as much of it as fits, at least a letter.
            return cut.unwrap_or(at.max(start + 1));
        }
        let earlier = at.checked_sub(1).map(|at| letters[at].character);
        if letters.get(at + 1).is_some_and(|next| may_cut(earlier, letter.character, next.character)) {
            cut = Some(at + 1);
        }
    }
    letters.len()
}

fn line(letters: &[Letter]) -> Line {
    let mut line = Line::default();
    let mut x = 0.0;
    for letter in letters {
        match line.pieces.last_mut() {
            Some(piece) if piece.weight == letter.weight => piece.text.push(letter.character),
            _ => line.pieces.push(Piece { text: letter.character.into(), weight: letter.weight, x }),
        }
        x += letter.width;
        if letter.character != ' ' {
            line.width = x;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line) -> String {
        line.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn check(words: &str, width: f32, expected: &[&str]) {
        let lines = wrap_text(words, Weight::Regular, 10.0, width);
        let found: Vec<String> = lines.iter().map(text).collect();
        assert_eq!(found, expected, "{words} in {width}");
        assert_eq!(found.concat(), words.trim_matches(' '), "nothing is lost");
        for line in &lines {
            assert!(line.width <= width + SLACK || line.pieces[0].text.chars().count() == 1);
        }
    }

    #[test]
    fn lines_are_cut_where_french_allows() {
        // At 10 points a digit is 5.56 wide, a space 2.78.
        check("", 50.0, &[]);
        check("  ", 50.0, &[]);
        check("un deux trois", 200.0, &["un deux trois"]);
        check("un deux trois", 40.0, &["un deux ", "trois"]);
        check("un  deux", 22.0, &["un  ", "deux"]);
        check("1234 12\u{202f}345,60\u{a0}€", 60.0, &["1234 ", "12\u{202f}345,60\u{a0}€"]);
        check("Nguyễn-D'Hondt", 45.0, &["Nguyễn-", "D'Hondt"]);
        check("le 01-02 et -5", 30.0, &["le ", "01-02 ", "et -5"]);
        check("dit « non » à", 36.0, &["dit ", "« non » ", "à"]);
        check("un total : 5 €", 32.0, &["un ", "total : ", "5 €"]);
        check("1234567890", 30.0, &["12345", "67890"]);
        check("12 1234567890", 30.0, &["12 ", "12345", "67890"]);
        check("abc", 1.0, &["a", "b", "c"]);
    }

    #[test]
    fn a_word_of_two_weights_stays_whole() {
        let runs = [Run::plain("total "), Run::bold("12"), Run::plain("3 euros")];
        let lines = wrap(&runs, 10.0, 40.0);
        assert_eq!(lines.iter().map(text).collect::<Vec<_>>(), ["total 123 ", "euros"]);
        let weights: Vec<Weight> = lines[0].pieces.iter().map(|piece| piece.weight).collect();
        assert_eq!(weights, [Weight::Regular, Weight::Bold, Weight::Regular]);
        assert!((lines[0].pieces[1].x - 10.0 * width("total_", Weight::Regular)).abs() < 5.0);
    }

    #[test]
    fn a_word_is_what_is_not_cut() {
        let of = |text: &str| width(text, Weight::Bold);
        let cases =
            [("", ""), ("un deux", "deux"), ("Nguyễn-D'Hondt", "Nguyễn-"), ("12\u{a0}€ 1", "12\u{a0}€")];
        for (text, longest) in cases {
            assert!((longest_word(text, Weight::Bold) - of(longest)).abs() < 0.001, "{text}");
        }
    }
}
