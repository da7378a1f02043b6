//! A new dispositif's file: a model to fill in, whose comments teach the format.

/// The model; `@CODE@` stands for the code.
const MODEL: &str = include_str!("new_file.toml");

/// The longest code of a dispositif, in letters.
const LONGEST: usize = 20;

/// Returns the file of a new dispositif, which is valid as it is; `None` where the code is no code:
/// capital letters without accent, digits and `_`, a letter first.
///
/// ```
/// assert!(denier::rules::new_dispositif_file("FAJ_40").is_some_and(|text| text.contains("code = \"FAJ_40\"")));
/// assert_eq!(denier::rules::new_dispositif_file("faj"), None);
/// ```
pub fn new_dispositif_file(code: &str) -> Option<String> {
    let is_code = code.starts_with(|first: char| first.is_ascii_uppercase())
        && code.len() <= LONGEST
        && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_code.then(|| MODEL.replace("@CODE@", code))
}
