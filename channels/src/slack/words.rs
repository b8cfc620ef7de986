//! Slack's markup as plain text, and plain text for Slack
//! (<https://docs.slack.dev/messaging/formatting-message-text>).

use super::emoji;
use std::collections::HashMap;

/// Names by their ids, as far as they are known.
pub(super) type Names = HashMap<String, String>;

/// The text as people see it; mentions of `own` are left out.
pub(super) fn plain(text: &str, names: &Names, own: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        match after.split_once('>') {
            Some((inner, behind)) => {
                token(&mut plain, inner, names, own);
                rest = behind;
            }
            None => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    emoji::shown(&unescape(&plain)).trim().to_owned()
}

/// The ids of the people whom a text mentions, each once, at most so many.
pub(super) fn mentioned(text: &str, max: usize) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for after in text.split("<@").skip(1) {
        let id = after.split(['>', '|']).next().unwrap_or_default();
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        if is_id && !found.contains(&id) && found.len() < max {
            found.push(id);
        }
    }
    found
}

fn token(plain: &mut String, inner: &str, names: &Names, own: &str) {
    let (target, label) =
        inner.split_once('|').map_or((inner, ""), |(target, label)| (target, label));
    let labelled = |sign: &str, id: &str| {
        let name = if label.is_empty() { names.get(id).map_or(id, String::as_str) } else { label };
        format!("{sign}{}", name.trim_start_matches(sign))
    };
    let words = if let Some(user) = target.strip_prefix('@') {
        if user == own { String::new() } else { labelled("@", user) }
    } else if let Some(channel) = target.strip_prefix('#') {
        labelled("#", channel)
    } else if let Some(command) = target.strip_prefix('!') {
        special(command, label)
    } else {
        link(target, label)
    };
    plain.push_str(&words);
}

/// `<!here>`, `<!subteam^S1|@team>`, `<!date^0^{date}|1 January>`.
fn special(command: &str, label: &str) -> String {
    let name = command.split('^').next().unwrap_or_default();
    match (name, label) {
        ("here" | "channel" | "everyone", _) => format!("@{name}"),
        (_, "") => format!("@{name}"),
        ("subteam", label) => format!("@{}", label.trim_start_matches('@')),
        (_, label) => label.to_owned(),
    }
}

fn link(target: &str, label: &str) -> String {
    let address = target.strip_prefix("mailto:").or_else(|| target.strip_prefix("tel:"));
    let bare = address.unwrap_or(target);
    let says_it = label.is_empty() || label == bare || bare.ends_with(&format!("//{label}"));
    if says_it { bare.to_owned() } else { format!("{label} ({bare})") }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Nothing in it is markup any more.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        let names = Names::from([("U2".to_owned(), "李雷".to_owned())]);
        plain(text, &names, "UBOT")
    }

    #[test]
    fn markup_becomes_what_people_see() {
        let cases = [
            ("<@UBOT> hello", "hello"),
            ("ask <@U2> or <@U3>, <@U4|ann>", "ask @李雷 or @U3, @ann"),
            ("see <#C1|general> and <#C2>", "see #general and #C2"),
            ("<!here> <!subteam^S1|@team> <!date^1^{date}|1 Jan>", "@here @team 1 Jan"),
            ("<https://a.example/x?y=1&amp;z=2>", "https://a.example/x?y=1&z=2"),
            ("<https://a.example|the form>", "the form (https://a.example)"),
            ("<http://a.example|a.example>", "http://a.example"),
            ("<mailto:li@a.example|li@a.example>", "li@a.example"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
            ("&amp;lt;", "&lt;"),
            ("thanks :+1: :party:", "thanks 👍 :party:"),
            ("a < b", "a < b"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn who_is_mentioned_is_told_once_and_bounded() {
        assert_eq!(mentioned("<@U1> <@U2|x> <@U1> <@> <@a b>", 9), ["U1", "U2"]);
        assert_eq!(mentioned("<@U1> <@U2>", 1), ["U1"]);
    }

    proptest! {
        #[test]
        fn what_an_agent_writes_comes_out_as_it_was(text in "[a-z<>&;@!#| 互😀]{0,60}") {
            prop_assert_eq!(read(&escape(&text)), text.trim());
        }

        #[test]
        fn nothing_crashes_it(text in ".{0,80}") {
            let _read = (read(&text), mentioned(&text, 5).len());
        }
    }
}
