//! Feishu's names of reactions, and the emoji that they stand for (source: open.feishu.cn, 表情文案说明).

/// The ones that have an emoji.
const KNOWN: &[(&str, &str)] = &[
    ("THUMBSUP", "👍"),
    ("ThumbsDown", "👎"),
    ("OK", "👌"),
    ("HEART", "❤️"),
    ("SMILE", "🙂"),
    ("LAUGH", "😄"),
    ("LOL", "😂"),
    ("CRY", "😭"),
    ("THANKS", "🙏"),
    ("APPLAUSE", "👏"),
    ("MUSCLE", "💪"),
    ("FISTBUMP", "👊"),
    ("HIGHFIVE", "🙌"),
    ("PARTY", "🎉"),
    ("ROSE", "🌹"),
    ("DONE", "✅"),
    ("CheckMark", "✔️"),
    ("CrossMark", "❌"),
    ("Hundred", "💯"),
    ("Fire", "🔥"),
    ("THINKING", "🤔"),
    ("SURPRISED", "😮"),
    ("ANGRY", "😠"),
];

/// What a reaction looks like: its emoji, or its name between colons.
pub(super) fn shown(kind: &str) -> String {
    let known = KNOWN.iter().find(|(name, _)| *name == kind);
    known.map_or_else(|| format!(":{kind}:"), |(_, emoji)| (*emoji).to_owned())
}

/// Feishu's name of an emoji; `None` when it has none.
pub(super) fn name(emoji: &str) -> Option<&'static str> {
    let bare = |emoji: &str| emoji.trim_end_matches('\u{fe0f}').to_owned();
    KNOWN.iter().find(|(_, known)| bare(known) == bare(emoji)).map(|(name, _)| *name)
}
