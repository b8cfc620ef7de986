//! Slack names emoji instead of sending them. The usual ones; others keep their names.

/// Name and emoji; of several names the first is the one that we send.
const KNOWN: &[(&str, &str)] = &[
    ("+1", "👍"),
    ("thumbsup", "👍"),
    ("-1", "👎"),
    ("thumbsdown", "👎"),
    ("heart", "❤️"),
    ("heart", "❤"),
    ("clap", "👏"),
    ("pray", "🙏"),
    ("ok_hand", "👌"),
    ("raised_hands", "🙌"),
    ("wave", "👋"),
    ("muscle", "💪"),
    ("handshake", "🤝"),
    ("eyes", "👀"),
    ("fire", "🔥"),
    ("100", "💯"),
    ("tada", "🎉"),
    ("rocket", "🚀"),
    ("star", "⭐"),
    ("sparkles", "✨"),
    ("white_check_mark", "✅"),
    ("heavy_check_mark", "✔️"),
    ("x", "❌"),
    ("warning", "⚠️"),
    ("question", "❓"),
    ("exclamation", "❗"),
    ("hourglass", "⌛"),
    ("hourglass_flowing_sand", "⏳"),
    ("telephone_receiver", "📞"),
    ("bulb", "💡"),
    ("rose", "🌹"),
    ("smile", "😄"),
    ("smiley", "😃"),
    ("grinning", "😀"),
    ("grin", "😁"),
    ("joy", "😂"),
    ("rolling_on_the_floor_laughing", "🤣"),
    ("slightly_smiling_face", "🙂"),
    ("blush", "😊"),
    ("wink", "😉"),
    ("heart_eyes", "😍"),
    ("thinking_face", "🤔"),
    ("neutral_face", "😐"),
    ("slightly_frowning_face", "🙁"),
    ("disappointed", "😞"),
    ("cry", "😢"),
    ("sob", "😭"),
    ("angry", "😠"),
    ("rage", "😡"),
    ("scream", "😱"),
    ("sweat_smile", "😅"),
    ("sweat", "😓"),
    ("sunglasses", "😎"),
    ("sleeping", "😴"),
    ("face_palm", "🤦"),
    ("shrug", "🤷"),
    ("upside_down_face", "🙃"),
    ("broken_heart", "💔"),
];

/// The emoji of a name; the name between colons when it is not known.
pub(super) fn of(name: &str) -> String {
    // A skin tone goes with it: `+1::skin-tone-2`.
    let bare = name.split("::").next().unwrap_or_default();
    let found = KNOWN.iter().find(|(known, _)| *known == bare);
    found.map_or_else(|| format!(":{bare}:"), |(_, emoji)| (*emoji).to_owned())
}

/// The name of an emoji, or of `:name:`.
pub(super) fn name(emoji: &str) -> Option<&str> {
    let known = KNOWN.iter().find(|(_, known)| *known == emoji).map(|(name, _)| *name);
    known.or_else(|| {
        let name = emoji.strip_prefix(':')?.strip_suffix(':')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        (!name.is_empty() && name.chars().all(is_name)).then_some(name)
    })
}

/// The text with its named emoji shown.
pub(super) fn shown(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(':') {
        shown.push_str(before);
        let named = after.split_once(':').and_then(|(name, behind)| {
            let (_, emoji) = KNOWN.iter().find(|(known, _)| *known == name)?;
            Some((*emoji, behind))
        });
        match named {
            Some((emoji, behind)) => {
                shown.push_str(emoji);
                rest = behind;
            }
            None => {
                shown.push(':');
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_emoji_find_each_other() {
        assert_eq!((of("thumbsup"), name("👍")), ("👍".to_owned(), Some("+1")));
        assert_eq!(of("+1::skin-tone-4"), "👍");
        assert_eq!(
            (of("partyparrot"), name(":partyparrot:")),
            (":partyparrot:".to_owned(), Some("partyparrot"))
        );
        assert_eq!((name("🫠"), name(":a b:"), name("::")), (None, None, None));
        for (known, emoji) in KNOWN {
            assert!(name(emoji).is_some() && of(known) != format!(":{known}:"));
        }
    }

    #[test]
    fn only_known_names_are_shown_and_times_stay() {
        assert_eq!(shown("at 10:30:15 :smile::tada: a:b"), "at 10:30:15 😄🎉 a:b");
    }
}
