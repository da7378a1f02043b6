//! French spaces of a page: a quote or a double sign never begins or ends a line without its word.

use crate::words::with_held_spaces;

/// Texts that are read or sent back as they are.
const AS_WRITTEN: [&str; 3] = ["textarea", "code", "pre"];

/// Returns a page with its spaces held. Its tags are left, as is what is typed or quoted.
pub(super) fn typeset(page: &str) -> String {
    let mut set = String::with_capacity(page.len() + page.len() / 32);
    let mut as_written = false;
    for (rank, piece) in page.split('<').enumerate() {
        let (tag, text) = if rank == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        if rank > 0 {
            set.extend(["<", tag, ">"]);
            let name = tag.split(' ').next().unwrap_or_default();
            let (name, opens) = name.strip_prefix('/').map_or((name, true), |name| (name, false));
            if AS_WRITTEN.contains(&name) {
                as_written = opens;
            }
        }
        match text.contains(['«', '»', ';', ':', '?', '!']) && !as_written {
            true => set.push_str(&with_held_spaces(text)),
            false => set.push_str(text),
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_held_in_texts_alone() {
        for (page, set) in [
            ("Reste : 1", "Reste\u{a0}: 1"),
            ("<p>« A » ou « B » ?</p>", "<p>«\u{a0}A\u{a0}» ou «\u{a0}B\u{a0}»\u{a0}?</p>"),
            ("<b>12</b> : <i>3</i>", "<b>12</b>\u{a0}: <i>3</i>"),
            ("<input value=\"a : b\">à 12:30", "<input value=\"a : b\">à 12:30"),
            ("<textarea name=\"t\">a : b</textarea> : c", "<textarea name=\"t\">a : b</textarea>\u{a0}: c"),
            ("<code class=\"x\">a ; b</code> ; c", "<code class=\"x\">a ; b</code>\u{a0}; c"),
        ] {
            assert_eq!(typeset(page), set);
        }
    }
}
