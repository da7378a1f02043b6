//! Lists by pages: the rows that come after a key, and the key of the page after.

use crate::money::Amount;

/// The most rows in a page.
pub const MAX_ROWS: usize = 200;

/// Where a page begins: after the row of these numbers. It names no one, so that it may stand in an
/// address; `12-3-45`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageKey {
    /// How many rows came before.
    before: i64,
    row: Vec<i64>,
}

impl PageKey {
    pub(super) fn new(before: i64, row: Vec<i64>) -> PageKey {
        PageKey { before, row }
    }

    /// Reads a key as it was written; none where it is none.
    pub fn parse(text: &str) -> Option<PageKey> {
        let numbers: Option<Vec<i64>> = text.split('-').map(|part| part.parse().ok()).collect();
        let (before, row) = numbers?.split_first().map(|(before, row)| (*before, row.to_vec()))?;
        Some(PageKey { before, row })
    }

    /// Returns the numbers of the row, or those of before the first where there is no key.
    ///
    /// # Errors
    /// The key of another list.
    pub(super) fn row<const N: usize>(key: Option<&PageKey>) -> Result<[i64; N], super::AppError> {
        let Some(key) = key else { return Ok([i64::MIN; N]) };
        let found = key.row.as_slice().try_into();
        found.map_err(|_| super::AppError::Usage(format!("« {key} » n'est pas une page de cette liste")))
    }

    /// Returns how many rows came before a page.
    pub(super) fn before(key: Option<&PageKey>) -> i64 {
        key.map_or(0, |key| key.before)
    }
}

impl std::fmt::Display for PageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.before)?;
        self.row.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// So many.
    Exactly(i64),
    /// That many were seen, and counting the rest would cost too much: « au moins ».
    AtLeast(i64),
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, at most [`MAX_ROWS`].
    pub rows: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
    /// How many there are in the whole list.
    pub number: Counted,
    /// The amount of the whole list, where it has one that can be told.
    pub amount: Option<Amount>,
}

impl<T> Page<T> {
    /// Makes a page of rows read one beyond `limit`: the last of them only says that there are more.
    pub(super) fn new(
        mut rows: Vec<T>,
        limit: usize,
        after: Option<&PageKey>,
        key_of: impl Fn(&T) -> Vec<i64>,
    ) -> Page<T> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let seen = PageKey::before(after) + i64::try_from(rows.len()).expect("a page is short");
        let next = rows.last().filter(|_| more).map(|row| PageKey::new(seen, key_of(row)));
        let number = if more { Counted::AtLeast(seen + 1) } else { Counted::Exactly(seen) };
        Page { rows, next, number, amount: None }
    }

    /// Says how many there are, where something else than the rows tells it.
    pub(super) fn counting(self, number: i64) -> Page<T> {
        Page { number: Counted::Exactly(number), ..self }
    }
}

/// Returns how many rows a page has: at least one, at most [`MAX_ROWS`].
pub(super) fn page_size(limit: usize) -> usize {
    limit.clamp(1, MAX_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_and_read() {
        let key = PageKey::new(200, vec![202_403, 7]);
        assert_eq!(key.to_string(), "200-202403-7");
        assert_eq!(PageKey::parse("200-202403-7"), Some(key.clone()));
        assert_eq!(PageKey::row::<2>(Some(&key)).ok(), Some([202_403, 7]));
        assert!(PageKey::row::<3>(Some(&key)).is_err());
        for text in ["", "a", "1-", "-1", "1--2"] {
            assert_eq!(PageKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_row_beyond_a_page_is_only_looked_at() {
        let page = Page::new(vec![1, 2, 3], 2, None, |row| vec![*row]);
        assert_eq!((page.rows, page.number), (vec![1, 2], Counted::AtLeast(3)));
        let next = page.next.expect("more");
        let last = Page::new(vec![3], 2, Some(&next), |row| vec![*row]);
        assert_eq!((last.number, last.next), (Counted::Exactly(3), None));
    }
}
