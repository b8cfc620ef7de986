//! Buttons. DingTalk's cards of robots carry links; one of the kind `dtmd://` has the person say
//! something. So a button says its label with its value behind it, and what comes back is known by that,
//! on every gateway and after any time.

use crate::outbound::Choice;
use url::form_urlencoded::byte_serialize;

/// Stands before the value.
const BEFORE: &str = " [#";
/// Stands behind it.
const BEHIND: &str = "#]";
/// The longest value, in bytes; see [`Choice`].
const VALUE_BYTES_MAX: usize = 64;

/// The link of a button.
pub(super) fn link(choice: &Choice) -> String {
    let said = format!("{}{BEFORE}{}{BEHIND}", choice.label, choice.value);
    // Spaces as `%20`: this is no form.
    let said = byte_serialize(said.as_bytes()).collect::<String>().replace('+', "%20");
    format!("dtmd://dingtalkclient/sendMessage?content={said}")
}

/// The value of the button that was pressed, when the words came from one.
pub(super) fn pressed(words: &str) -> Option<String> {
    let (label, value) = words.strip_suffix(BEHIND)?.rsplit_once(BEFORE)?;
    let is_of_value = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let is_value = (1..=VALUE_BYTES_MAX).contains(&value.len()) && value.chars().all(is_of_value);
    (is_value && !label.contains('\n')).then(|| value.to_owned())
}

/// Markdown that shows these words as they are.
pub(super) fn as_markdown(words: &str) -> String {
    let mut shown = String::with_capacity(words.len() + 16);
    for c in words.chars() {
        match c {
            '\n' => shown.push_str("  \n"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '>' | '!' | '~' | '|' | '<' => {
                shown.extend(['\\', c]);
            }
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_button_says_is_known_again_and_words_are_not() {
        let choice = Choice { label: "非常满意".to_owned(), value: "rate:5.a-b_c".to_owned() };
        let link = link(&choice);
        let said = link.strip_prefix("dtmd://dingtalkclient/sendMessage?content=").expect("a link");
        let form = format!("x={said}");
        let mut pairs = url::form_urlencoded::parse(form.as_bytes());
        let said = pairs.next().expect("one").1.into_owned();
        assert_eq!(said, "非常满意 [#rate:5.a-b_c#]");
        assert_eq!(pressed(&said).as_deref(), Some("rate:5.a-b_c"));
        for words in ["满意", "x [#a b#]", "x [##]", "[#a#]x", "x\ny [#a#]", "x [#满#]"] {
            assert_eq!(pressed(words), None, "{words}");
        }
        let long = format!("x [#{}#]", "a".repeat(65));
        assert_eq!(pressed(&long), None);
    }

    #[test]
    fn markdown_shows_words_as_they_are() {
        assert_eq!(as_markdown("# 1*2\n<b>"), "\\# 1\\*2  \n\\<b\\>");
    }
}
