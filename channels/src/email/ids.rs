//! Ids of letters (RFC 5322, section 3.6.4).

use super::words;

/// The most earlier letters that are kept of `References` and `In-Reply-To`; the newest ones.
pub const REFERENCES_MAX: usize = 50;
/// The longest `Message-ID`, in bytes: a line of a letter has at most 998.
pub const MESSAGE_ID_BYTES_MAX: usize = 998;

/// The ids of a field, without brackets. What stands outside brackets counts only if nothing is inside.
pub(super) fn parse(text: &str) -> Vec<String> {
    let is_id = |id: &&str| {
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || words::is_trick(c);
        !id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX && !id.contains(is_odd)
    };
    let inside = |piece: &str| -> Option<String> {
        let (id, _) = piece.split_once('>')?;
        let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
        Some(id).filter(|id| is_id(&id.as_str()))
    };
    let mut ids: Vec<String> = text.split('<').skip(1).filter_map(inside).collect();
    if ids.is_empty() && !text.contains(['<', '>']) {
        let bare = text.split_whitespace().filter(|word| is_id(word) && word.contains('@'));
        ids = bare.map(str::to_owned).collect();
    }
    let old = ids.len().saturating_sub(REFERENCES_MAX);
    ids.split_off(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lose_their_brackets_and_the_newest_are_kept() {
        assert_eq!(parse("<a@b> <c@d>"), ["a@b", "c@d"]);
        assert_eq!(parse("<a@\r\n b>"), ["a@b"]);
        assert_eq!(parse("a@b"), ["a@b"]);
        assert_eq!(parse("Your message of Monday <a@b>"), ["a@b"]);
        for none in ["", "<>", "< >", "<", "words only"] {
            assert!(parse(none).is_empty(), "{none}");
        }
        let many: String = (0..80).map(|n| format!("<{n}@a>")).collect();
        let kept = parse(&many);
        assert_eq!((kept.len(), kept[0].as_str(), kept[49].as_str()), (50, "30@a", "79@a"));
    }
}
