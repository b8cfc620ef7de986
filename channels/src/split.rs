//! Divides a text that is too long for a network where a reader would: between paragraphs, lines,
//! sentences, words, and only then between characters.

/// Where a text may be divided, best first: behind each of these.
const ENDS: &[&[char]] = &[
    &['\n'],
    &['。', '！', '？', '…', '；', '!', '?', ';', '.'],
    &['，', '、', '：', ',', ' ', '\u{3000}', '\t'],
];
/// A place is good when the part before it has at least this share of the room, as a divisor.
const AT_LEAST_ONE_IN: usize = 3;

/// The parts of a text, each of at most so many bytes and none empty or blank. A single character that
/// is longer than that (never with a limit of 4 or more) stands alone.
pub fn split(text: &str, bytes_max: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > bytes_max {
        let (part, after) = rest.split_at(place(rest, bytes_max));
        push(&mut parts, part);
        rest = after;
    }
    push(&mut parts, rest);
    parts
}

fn push(parts: &mut Vec<String>, part: &str) {
    // Blanks at the seams are not missed; those inside, and at the beginning of a line, stay.
    let part = part.trim_end().trim_start_matches('\n');
    if !part.trim().is_empty() {
        parts.push(part.to_owned());
    }
}

/// Where to divide: a character boundary, at most `bytes_max` and more than 0.
fn place(text: &str, bytes_max: usize) -> usize {
    let room = text.floor_char_boundary(bytes_max);
    let (head, _) = text.split_at(room);
    let good = bytes_max / AT_LEAST_ONE_IN;
    let found = ENDS.iter().find_map(|ends| {
        let ends_here = |(at, c): (usize, char)| ends.contains(&c).then_some(at + c.len_utf8());
        let last = head
            .char_indices()
            .rev()
            .find_map(|place| ends_here(place).filter(|end| is_an_end(text, *end)));
        last.filter(|end| *end >= good)
    });
    let whole = || text.chars().next().map_or(1, char::len_utf8);
    found.unwrap_or(if room > 0 { room } else { whole() })
}

/// A point inside a number, a name or an address ends nothing.
fn is_an_end(text: &str, end: usize) -> bool {
    let (before, after) = text.split_at(end);
    !before.ends_with('.') || after.chars().next().is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_fits_stays_whole_and_a_blank_one_is_nothing() {
        assert_eq!(split("您好", 6), ["您好"]);
        assert_eq!(split("  \n ", 100), [""; 0]);
    }

    #[test]
    fn it_is_divided_where_a_reader_would() {
        let text = "第一段说明材料。\n第二段说明时间，请于工作日前来。谢谢";
        assert_eq!(
            split(text, 40),
            ["第一段说明材料。", "第二段说明时间，", "请于工作日前来。谢谢"]
        );
        assert_eq!(
            split("One. See v1.2.3 at a.example. Two", 30),
            ["One. See v1.2.3 at a.example.", " Two"]
        );
        assert_eq!(split("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(split("互通", 2), ["互", "通"]);
    }

    proptest! {
        #[test]
        fn nothing_but_blanks_at_the_seams_is_lost(text in "[a-z 。，.\n互😀]{0,200}", bytes_max in 4_usize..60) {
            let parts = split(&text, bytes_max);
            prop_assert!(parts.iter().all(|part| part.len() <= bytes_max && !part.trim().is_empty()));
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&parts.concat()), bare(&text));
        }
    }
}
