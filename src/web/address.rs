//! Addresses of pages: what is filtered is in them, so that any view can be sent, and two tabs never mix.

use super::problem::Problem;
use form_urlencoded::Serializer;

/// Returns a path with its query; what is empty is left out.
pub(super) fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut said = Serializer::new(String::new());
    for (key, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        said.append_pair(key, value);
    }
    let said = said.finish();
    if said.is_empty() { path.to_string() } else { format!("{path}?{said}") }
}

/// Returns one segment of a path: a number or a code given by users.
pub(super) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Returns the number that a segment names; what is no number leads to nothing.
pub(super) fn number_in(segment: &str) -> Result<i64, Problem> {
    segment.parse().map_err(|_| Problem::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out_and_the_rest_quoted() {
        assert_eq!(address("/aides", &[]), "/aides");
        assert_eq!(address("/aides", &[("exercice", "2024"), ("site", "")]), "/aides?exercice=2024");
        assert_eq!(address("/aides", &[("site", "Béthune & co")]), "/aides?site=B%C3%A9thune+%26+co");
        assert_eq!(segment("A/1 é"), "A%2F1%20%C3%A9");
    }
}
