//! The packed fields of conversations and agents: several short texts in one long one, each on a
//! line of its own, since a field costs Redis more than its bytes. `c_conversation.lua` and
//! `d_agent.lua` write them; a test of the twin compares every field.

use std::collections::BTreeMap;

/// A packed field and, in order, what its lines mean.
const PACKED: [(&str, &[&str]); 4] = [
    (
        "entry",
        &["contact", "channel", "opened", "kind", "queue", "arrived", "due", "plan", "policy"],
    ),
    (
        "place",
        &[
            "state", "agent", "token", "lane", "entered", "step", "units", "last", "base",
            "offers", "accepted", "closed", "until",
        ],
    ),
    ("able", &["profile", "capacity", "turns"]),
    (
        "load",
        &[
            "presence",
            "used",
            "counts",
            "group",
            "idle_since",
            "turn_at",
            "offer",
            "misses",
            "since",
        ],
    ),
];

/// One line of a packed text; empty when there is none.
pub(crate) fn line<'a>(field: &str, text: &'a str, name: &str) -> &'a str {
    let names = PACKED.iter().find(|(packed, _)| *packed == field).map_or(&[][..], |(_, n)| n);
    let place = names.iter().position(|known| *known == name);
    place.and_then(|place| text.split('\n').nth(place)).unwrap_or("")
}

/// A hash with its packed fields taken apart; the others stay as they are.
pub(crate) fn unpack(hash: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (field, value) in hash {
        match PACKED.iter().find(|(packed, _)| *packed == field) {
            Some((_, names)) => {
                let lines = value.split('\n').map(str::to_owned);
                fields.extend(names.iter().map(|name| (*name).to_owned()).zip(lines));
            }
            None => drop(fields.insert(field, value)),
        }
    }
    // The kind by which it is served comes first; that of its door follows where it is another.
    if let Some(kind) = fields.get_mut("kind") {
        let door = kind.chars().last().map(String::from);
        *kind = kind.chars().take(1).collect();
        fields.extend(door.map(|door| ("door".to_owned(), door)));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_fields_come_apart_and_the_others_stay() {
        let hash = [("able", "tax:4\n100;w30/3\n1"), ("why", "{}")];
        let fields = unpack(hash.map(|(field, value)| (field.to_owned(), value.to_owned())));
        let field = |name: &str| fields.get(name).map(String::as_str);
        assert_eq!(field("profile"), Some("tax:4"));
        assert_eq!(field("capacity"), Some("100;w30/3"));
        assert_eq!(field("turns"), Some("1"));
        assert_eq!(field("why"), Some("{}"));
        assert_eq!(field("able"), None);
    }

    #[test]
    fn a_line_that_is_not_there_is_empty() {
        assert_eq!(line("able", "tax:4\n100", "capacity"), "100");
        assert_eq!(line("able", "tax:4", "turns"), "");
        assert_eq!(line("able", "tax:4", "nothing"), "");
    }
}
