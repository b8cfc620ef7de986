//! What the desk does in a messenger's chat, the same on every network: the object `desk` of a
//! messenger's settings. The adapters do not see it.

use crate::error::SettingsProblem;
use crate::settings::Fields;
use domain::{Audience, Channel, ChannelKind};
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The key of these settings.
pub const KEY: &str = "desk";
/// The longest word of a command, in characters.
const WORD_CHARS_MAX: usize = 20;
/// The longest name of a directory, in characters.
const DIRECTORY_CHARS_MAX: usize = 64;
/// The most words of one command, and the most rules for departments.
const COUNTS_MAX: (usize, usize) = (20, 200);

/// The seconds between two words about the place in the queue: default and bounds.
const UPDATE_SECS: (u64, RangeInclusive<u64>) = (120, 10..=3_600);
/// The most such words in one conversation: default and bounds.
const UPDATES: (u64, RangeInclusive<u64>) = (5, 1..=20);

/// The hours for which a link to a file works: default (a week) and bounds.
const LINK_HOURS: (u64, RangeInclusive<u64>) = (168, 0..=720);

/// What a word in the chat can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deed {
    /// Tells who is before the person, or who serves them.
    Position,
    /// Ends the conversation.
    End,
    /// Asks for a rating, or takes one that stands behind the word.
    Rate,
    /// Asks to be called, at the number that stands behind the word or at the one that the network knows.
    Callback,
}

/// Each deed, its key in the settings, and the words that mean it where the settings say nothing.
const DEEDS: [(Deed, &str, &[&str]); 4] = [
    (Deed::Position, "position", &["人工", "排队", "human", "position"]),
    (Deed::End, "end", &["结束", "结束会话", "end"]),
    (Deed::Rate, "rate", &["评价", "rate"]),
    (Deed::Callback, "callback", &["回电", "请回电", "callback", "call me"]),
];

/// What people of a department get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentRule {
    /// The department's name as the network tells it.
    pub department: String,
    /// The topic of their conversations, a key of the channel's topics.
    pub topic: Option<String>,
    /// For whom they speak.
    pub audience: Option<Audience>,
}

/// What the desk does in a messenger's chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImSettings {
    /// Does it say that it has the matter, and how many are before the person?
    pub acknowledge: bool,
    /// Does it tell those who wait when their place in the queue became another?
    pub position_updates: bool,
    /// The least time between two words about it.
    pub update_after: Duration,
    /// The most of them in one conversation, after the first one.
    pub updates_max: u32,
    /// For how many hours a link works to a file that the network does not carry; 0 for no links.
    pub link_hours: u32,
    /// What of an agent the contact sees, where the network shows it.
    pub shows: Shows,
    /// Does it ask for a rating at the end?
    pub ask_rating: bool,
    /// The words of each deed.
    pub commands: Vec<(Deed, Vec<String>)>,
    /// What people of departments get; the first that fits counts.
    pub departments: Vec<DepartmentRule>,
    /// By what somebody here is known to be the same person as on another channel.
    pub same_person: SamePerson,
}

/// What of an agent a contact sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shows {
    /// That they are typing.
    pub typing: bool,
    /// What they have read.
    pub read: bool,
}

/// By what somebody is known to be the same person as on another channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamePerson {
    /// The name of the directory in which the network's ids of persons stand; channels that give the
    /// same name share it. Empty: its ids prove nothing elsewhere.
    pub directory: String,
    /// Do mail addresses that the network verified prove it?
    pub email: bool,
    /// Do telephone numbers that the network verified prove it?
    pub phone: bool,
}

impl ImSettings {
    /// Reads them out of a channel's settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings.desk`.
    pub fn of(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        let value = channel.settings.get(KEY).cloned().unwrap_or(Value::Null);
        let mut problems = Vec::new();
        let mut fields = Fields::open(&value, "settings.desk", &mut problems);
        let acknowledge = fields.flag("acknowledge", true);
        let position_updates = fields.flag("position_updates", true);
        let (default, bounds) = UPDATE_SECS;
        let update_after = Duration::from_secs(fields.number("update_after_secs", default, bounds));
        let (default, bounds) = UPDATES;
        let updates_max = fields.number("updates_max", default, bounds);
        let (default, bounds) = LINK_HOURS;
        let link_hours = fields.number("link_hours", default, bounds);
        let typing = fields.flag("show_typing", true);
        let shows = Shows { typing, read: fields.flag("show_read", true) };
        let ask_rating = fields.flag("ask_rating", true);
        let commands = commands(fields.inner("commands"));
        let topics: Vec<&str> = channel.topics.iter().map(|topic| topic.id.as_str()).collect();
        let departments = departments(&mut fields, &topics);
        let same_person = same_person(fields.inner("same_person"));
        fields.finish();
        let read = Self {
            acknowledge,
            position_updates,
            update_after,
            updates_max: u32::try_from(updates_max).unwrap_or(u32::MAX),
            link_hours: u32::try_from(link_hours).unwrap_or(u32::MAX),
            shows,
            ask_rating,
            commands,
            departments,
            same_person,
        };
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// What a text asks for, and what stands behind the word; `None` when it is no command.
    pub fn deed<'t>(&self, text: &'t str) -> Option<(Deed, &'t str)> {
        let text = text.trim();
        self.commands.iter().find_map(|(deed, words)| {
            let after = words.iter().find_map(|word| after(text, word))?;
            // Only a rating and a number stand behind a word; everything else is what somebody says.
            let fits = match deed {
                Deed::Rate => is_grade(after),
                Deed::Callback => is_number(after),
                Deed::Position | Deed::End => false,
            };
            (after.is_empty() || fits).then_some((*deed, after))
        })
    }

    /// The first rule that fits somebody of these departments.
    pub fn rule_for(&self, departments: &[String]) -> Option<&DepartmentRule> {
        self.departments.iter().find(|rule| departments.contains(&rule.department))
    }
}

/// The number at which somebody asks to be called, where people write more than commands: the words of
/// [`Deed::Callback`] as they are by default, and a number.
pub fn callback_number(text: &str) -> Option<&str> {
    let (_, _, words) = DEEDS.iter().find(|(deed, _, _)| *deed == Deed::Callback)?;
    let behind = words.iter().filter_map(|word| after(text.trim(), word));
    let mut numbers = behind.map(|rest| rest.trim_start_matches([':', '：']).trim());
    numbers.find(|number| is_number(number))
}

/// What stands behind a word at the beginning of a text, in whatever case.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    let rest = text.get(word.len()..)?;
    (head.to_lowercase() == word.to_lowercase()).then(|| rest.trim())
}

fn is_grade(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5'])
}

/// Could it be a telephone number? Whether it is one, who rings it judges.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(|letter| letter.is_numeric()).count();
    let is_part = |letter: char| letter.is_numeric() || " +-()（）＋－.".contains(letter);
    (5..=20).contains(&digits) && text.chars().all(is_part)
}

fn commands(mut fields: Fields<'_>) -> Vec<(Deed, Vec<String>)> {
    let mut all = Vec::with_capacity(DEEDS.len());
    for (deed, key, defaults) in DEEDS {
        if !fields.has(key) {
            all.push((deed, defaults.iter().map(|word| (*word).to_owned()).collect()));
            continue;
        }
        // An empty list switches the command off.
        let words = fields.texts(key);
        if words.len() > COUNTS_MAX.0 {
            fields.say(key, format!("has more than {} words", COUNTS_MAX.0));
        }
        for word in &words {
            if word.trim().is_empty() || word.chars().count() > WORD_CHARS_MAX {
                fields.say(key, format!("has words of 1 to {WORD_CHARS_MAX} characters"));
            }
        }
        all.push((deed, words.into_iter().map(|word| word.trim().to_owned()).collect()));
    }
    fields.finish();
    all
}

fn same_person(mut fields: Fields<'_>) -> SamePerson {
    let directory = fields.text("directory", "");
    if directory.chars().count() > DIRECTORY_CHARS_MAX {
        fields.say("directory", format!("has more than {DIRECTORY_CHARS_MAX} characters"));
    }
    let (email, phone) = (fields.flag("email", true), fields.flag("phone", true));
    fields.finish();
    SamePerson { directory, email, phone }
}

fn departments(fields: &mut Fields<'_>, topics: &[&str]) -> Vec<DepartmentRule> {
    let items = fields.items("departments");
    if items.len() > COUNTS_MAX.1 {
        fields.say("departments", format!("has more than {} rules", COUNTS_MAX.1));
    }
    let mut rules = Vec::with_capacity(items.len());
    for (key, item) in items {
        let mut rule = fields.open_item(&key, &item);
        let department = rule.text("department", "");
        if department.is_empty() {
            rule.say("department", "is needed");
        }
        let topic = Some(rule.text("topic", "")).filter(|topic| !topic.is_empty());
        if topic.as_deref().is_some_and(|topic| !topics.contains(&topic)) {
            rule.say("topic", "is no topic of this channel");
        }
        let audiences = [
            ("agency", Some(Audience::Agency)),
            ("staff", Some(Audience::Staff)),
            ("public", Some(Audience::Public)),
        ];
        let audience = rule.choice("audience", &audiences, None);
        rule.finish();
        rules.push(DepartmentRule { department, topic, audience });
    }
    rules
}

/// The channel as its adapter sees it: without what is not the adapter's business.
pub(crate) fn without(channel: &Channel) -> Channel {
    let mut bare = channel.clone();
    if channel.kind == ChannelKind::Im
        && let Some(settings) = bare.settings.as_object_mut()
    {
        settings.remove(KEY);
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn channel(desk: &Value) -> Channel {
        let mut channel = crate::web_chat::tests::channel(json!({ "desk": desk }));
        channel.kind = ChannelKind::Im;
        channel
    }

    #[test]
    fn a_letter_asks_for_a_call_by_a_word_and_a_number() {
        for (said, number) in [
            ("回电：138 0013 8000", Some("138 0013 8000")),
            ("Callback: +86 138-0013-8000", Some("+86 138-0013-8000")),
            (" call me 13800138000 ", Some("13800138000")),
            ("请回电 13800138000", Some("13800138000")),
            ("回电", None),
            ("Re: 回电 13800138000", None),
            ("callback 12", None),
            ("退税 13800138000", None),
            ("", None),
        ] {
            assert_eq!(callback_number(said), number, "{said}");
        }
    }

    #[test]
    fn a_command_is_its_word_and_nothing_else() {
        let settings = ImSettings::of(&channel(&Value::Null)).expect("defaults");
        assert_eq!(settings.deed(" 结束 "), Some((Deed::End, "")));
        assert_eq!(settings.deed("END"), Some((Deed::End, "")));
        assert_eq!(settings.deed("评价 5"), Some((Deed::Rate, "5")));
        assert_eq!(settings.deed("评价"), Some((Deed::Rate, "")));
        assert_eq!(settings.deed("回电"), Some((Deed::Callback, "")));
        assert_eq!(settings.deed("回电 138-0013-8000"), Some((Deed::Callback, "138-0013-8000")));
        assert_eq!(
            settings.deed("Call me +86 138 0013 8000"),
            Some((Deed::Callback, "+86 138 0013 8000"))
        );
        for said in [
            "评价 9",
            "回电话给我",
            "callback 12",
            "call me tomorrow at 10",
            "结束了吗",
            "end of the month",
            "我要人工",
            "",
            "评价很差 1",
        ] {
            assert_eq!(settings.deed(said), None, "{said}");
        }
    }

    #[test]
    fn words_and_departments_are_data() {
        let desk = json!({ "acknowledge": false, "commands": { "end": ["bye"], "rate": [] },
            "departments": [{ "department": "税务局", "audience": "agency" }] });
        let settings = ImSettings::of(&channel(&desk)).expect("good settings");
        assert_eq!(settings.deed("Bye"), Some((Deed::End, "")));
        assert_eq!(settings.deed("结束"), None);
        assert_eq!(settings.deed("评价 5"), None, "switched off");
        let rule = settings.rule_for(&["市政府".to_owned(), "税务局".to_owned()]);
        assert_eq!(rule.and_then(|rule| rule.audience), Some(Audience::Agency));
        assert!(!settings.acknowledge && settings.ask_rating);
    }

    #[test]
    fn every_problem_is_named() {
        let desk = json!({ "commands": { "end": [""], "sing": ["la"] },
            "departments": [{ "topic": "moon" }], "same_person": { "email": 1 }, "x": 1,
            "position_updates": "on", "update_after_secs": 1, "updates_max": 99, "link_hours": 721 });
        let problems = ImSettings::of(&channel(&desk)).expect_err("bad settings");
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        for path in [
            "settings.desk.commands.end",
            "settings.desk.commands.sing",
            "settings.desk.departments[0].department",
            "settings.desk.departments[0].topic",
            "settings.desk.position_updates",
            "settings.desk.update_after_secs",
            "settings.desk.updates_max",
            "settings.desk.link_hours",
            "settings.desk.same_person.email",
            "settings.desk.x",
        ] {
            assert!(paths.contains(&path), "{path} is not among {paths:?}");
        }
    }
}
