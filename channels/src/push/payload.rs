//! What an app is told: the same fields over every service.

use super::Notification;
use serde_json::{Map, Value};

/// The longest title, in bytes of JSON. With its double in the fields it fits the narrowest service
/// (JPush to Apple devices, 2000 bytes in all).
const TITLE_BYTES_MAX: usize = 128;
/// The longest body, likewise.
const BODY_BYTES_MAX: usize = 512;

/// The words of a notification, in one line each and as long as every service carries them.
pub(super) struct Words {
    pub(super) title: String,
    pub(super) body: String,
}

impl Words {
    pub(super) fn of(notification: &Notification) -> Self {
        let title = cut(&notification.title, TITLE_BYTES_MAX);
        Self { title, body: cut(&notification.body, BODY_BYTES_MAX) }
    }
}

/// The fields: `{id, conversation, channel, kind, seq, title, body, badge}`.
pub(super) fn fields(notification: &Notification) -> Map<String, Value> {
    let words = Words::of(notification);
    [
        ("id", notification.id.as_str().into()),
        ("conversation", notification.conversation.as_str().into()),
        ("channel", notification.channel.as_str().into()),
        ("kind", notification.kind.name().into()),
        ("seq", notification.seq.into()),
        ("title", words.title.into()),
        ("body", words.body.into()),
        ("badge", notification.badge.into()),
    ]
    .into_iter()
    .map(|(key, value): (&str, Value)| (key.to_owned(), value))
    .collect()
}

/// The same, for services that carry texts only.
pub(super) fn texts(notification: &Notification) -> Map<String, Value> {
    let as_text = |value: Value| match value {
        Value::String(text) => Value::String(text),
        other => Value::String(other.to_string()),
    };
    fields(notification).into_iter().map(|(key, value)| (key, as_text(value))).collect()
}

/// A text in one line, of at most so many bytes as it stands in JSON.
fn cut(text: &str, bytes_max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cost = |c: char| if matches!(c, '"' | '\\') { 2 } else { c.len_utf8() };
    if line.chars().map(cost).sum::<usize>() <= bytes_max {
        return line;
    }
    let mut left = bytes_max.saturating_sub('…'.len_utf8());
    let fits = |c: &char| match left.checked_sub(cost(*c)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut short: String = line.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::super::tests::notification;
    use super::*;

    #[test]
    fn words_are_cut_to_what_they_cost_in_json_and_never_within_a_character() {
        for text in ["", "您好", "a\"b\\c", &"字".repeat(400), &"\"".repeat(400), &"😀".repeat(300)]
        {
            let short = cut(text, 128);
            assert!(serde_json::to_string(&short).unwrap().len() <= 128 + 2, "{short}");
            assert!(short == text || short.ends_with('…'), "{short}");
        }
        assert_eq!(cut("one\r\ntwo\u{0}", 128), "one  two ");
        assert_eq!(cut(&"a".repeat(128), 128), "a".repeat(128));
        assert_eq!(cut(&"a".repeat(129), 128), format!("{}…", "a".repeat(125)));
    }

    #[test]
    fn the_fields_are_those_of_the_contract() {
        let fields = fields(&notification());
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let expected = ["id", "conversation", "channel", "kind", "seq", "title", "body", "badge"];
        assert_eq!(names, expected);
        assert_eq!((&fields["seq"], &fields["badge"]), (&7.into(), &3.into()));
        let texts = texts(&notification());
        assert_eq!((&texts["seq"], &texts["kind"]), (&"7".into(), &"answer".into()));
    }
}
