//! Whether a text in a group names the desk, and the text without that.

use serde_json::{Map, Value};

/// What stands between a name and what is said to it.
const BEHIND: &[char] = &[':', ',', '：', '，', ' ', '\u{a0}', '\u{3000}', '\t', '\n'];

/// Is the desk meant? By `m.mentions` (specification v1.7), or as older clients do it: its id or its
/// name stands in the text.
pub(super) fn names(content: &Map<String, Value>, text: &str, own: &str, name: &str) -> bool {
    let users = content.get("m.mentions").and_then(|mentions| mentions.get("user_ids"));
    let in_list = |users: &Vec<Value>| users.iter().any(|user| user.as_str() == Some(own));
    let is_listed = users.and_then(Value::as_array).is_some_and(in_list);
    is_listed || stands_in(text, own) || (!name.is_empty() && stands_in(text, name))
}

/// As a word of its own: not within a longer one of letters of the same kind.
fn stands_in(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_open = |next: Option<char>| next.is_none_or(|c| !c.is_ascii_alphanumeric());
    text.match_indices(&name).any(|(at, found)| {
        let (before, rest) = text.split_at(at);
        let (_, after) = rest.split_at(found.len());
        is_open(before.chars().next_back()) && is_open(after.chars().next())
    })
}

/// The text without the desk's name at its beginning or end.
pub(super) fn without(text: &str, own: &str, name: &str) -> String {
    let mut rest = text.trim();
    for name in [own, name].into_iter().filter(|name| !name.is_empty()) {
        rest = strip_start(rest.strip_prefix('@').filter(|_| !name.starts_with('@')), name)
            .or_else(|| strip_start(Some(rest), name))
            .unwrap_or(rest);
        if let Some(before) = rest.strip_suffix(name) {
            let before = before.strip_suffix('@').unwrap_or(before);
            if before.is_empty() || before.ends_with(BEHIND) {
                rest = before.trim_end_matches(BEHIND);
            }
        }
    }
    rest.to_owned()
}

fn strip_start<'a>(text: Option<&'a str>, name: &str) -> Option<&'a str> {
    let rest = text?.strip_prefix(name)?;
    let is_whole = rest.chars().next().is_none_or(|c| !c.is_ascii_alphanumeric());
    is_whole.then(|| rest.trim_start_matches(BEHIND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OWN: &str = "@desk:city.example";

    fn names_desk(content: &Value, text: &str) -> bool {
        names(content.as_object().expect("an object"), text, OWN, "Help Desk")
    }

    #[test]
    fn the_desk_is_meant_by_list_by_id_or_by_name() {
        assert!(names_desk(&json!({ "m.mentions": { "user_ids": ["@a:b", OWN] } }), "please"));
        assert!(names_desk(&json!({}), "could @desk:city.example look?"));
        assert!(names_desk(&json!({ "m.mentions": {} }), "help desk: my printer"));
        assert!(names_desk(&json!({}), "请Help Desk看一下"));
        assert!(!names_desk(&json!({ "m.mentions": { "user_ids": ["@a:b"] } }), "please"));
        assert!(!names_desk(&json!({ "m.mentions": { "user_ids": OWN } }), "please"));
        assert!(!names_desk(&json!({}), "the help desks of others, @desk:city.example2"));
    }

    #[test]
    fn its_name_is_taken_off_at_the_ends_only() {
        for (text, bare) in [
            ("Help Desk: my printer", "my printer"),
            ("@desk:city.example，打印机坏了", "打印机坏了"),
            ("@Help Desk my printer", "my printer"),
            ("my printer, @Help Desk", "my printer"),
            ("ask Help Desk about it", "ask Help Desk about it"),
            ("Help Desks are fine", "Help Desks are fine"),
            ("Help Desk", ""),
        ] {
            assert_eq!(without(text, OWN, "Help Desk"), bare);
        }
    }
}
