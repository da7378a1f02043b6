//! The head of a document: which structure issues it.

/// Returns the structure's name, then its SIREN where it has one.
///
/// ```
/// use denier::documents::letterhead;
/// let spaced = "SIREN 123\u{a0}456\u{a0}789";
/// assert_eq!(letterhead("Mission locale du Lys", Some("123456789")), ["Mission locale du Lys", spaced]);
/// assert_eq!(letterhead("Mission locale du Lys", None), ["Mission locale du Lys"]);
/// ```
pub fn letterhead(name: &str, siren: Option<&str>) -> Vec<String> {
    let siren = siren.map(|siren| {
        let digits: Vec<char> = siren.chars().collect();
        let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
        format!("SIREN {}", groups.join("\u{a0}"))
    });
    std::iter::once(name.to_string()).chain(siren).collect()
}
