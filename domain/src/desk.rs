//! The desk as data: what `hutong apply FILE` reads and the admin pages edit.

use crate::agent::Agent;
use crate::calendar::Calendar;
use crate::channel::{Channel, ChannelKind};
use crate::id::{CalendarId, EndpointId, QueueId, SkillId};
use crate::queue::Queue;
use crate::text::Localized;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A whole desk; every part may be absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Desk {
    /// Skills that agents have and queues need.
    pub skills: Vec<Skill>,
    /// Request types 诉求类型.
    pub request_types: Vec<RequestType>,
    /// Business calendars.
    pub calendars: Vec<Calendar>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Agents; passwords are set apart.
    pub agents: Vec<Agent>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Quick replies.
    pub quick_replies: Vec<QuickReply>,
    /// Outbound webhooks.
    pub webhooks: Vec<Webhook>,
}

/// A skill's name and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Its name.
    pub id: SkillId,
    /// Shown to people, by language.
    pub name: Localized,
    /// What sort: `topic`, `language`, `audience`, `line`.
    #[serde(default)]
    pub sort: String,
}

/// A request type 诉求类型.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestType {
    /// Its key, for example `consultation`.
    pub id: String,
    /// Shown to people, by language.
    pub name: Localized,
}

/// A prepared answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuickReply {
    /// What an agent types after `/`.
    pub id: String,
    /// The title shown in the list, by language.
    pub title: Localized,
    /// The text, by language.
    pub text: Localized,
}

/// An outbound webhook, signed by the Standard Webhooks scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name.
    pub id: EndpointId,
    /// Where to: https, or http when allowed by config; never an inner address unless listed.
    pub url: String,
    /// Event names; empty means all.
    #[serde(default)]
    pub events: BTreeSet<String>,
    /// Is it on?
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// Words that stand in the API's paths where a channel's id stands (`/v1/chat/{channel}`).
const RESERVED_CHANNELS: [&str; 7] =
    ["address", "conversations", "devices", "frames", "messages", "notifications", "transcripts"];

/// What the outbox names the boxes of letters by: no webhook may be named so.
pub const LETTER_BOX_PREFIX: &str = "letters-";
/// The same of words to messengers.
pub const CHAT_BOX_PREFIX: &str = "chat-";
/// The same of files that are fetched from networks.
pub const FETCH_BOX_PREFIX: &str = "fetch-";
/// The same of notifications to devices, with the provider's name and a dash behind it.
pub const PUSH_BOX_PREFIX: &str = "push-";
/// All of them.
const BOX_PREFIXES: [&str; 4] =
    [LETTER_BOX_PREFIX, CHAT_BOX_PREFIX, FETCH_BOX_PREFIX, PUSH_BOX_PREFIX];

/// The longest address of an agent's telephone, in bytes.
const PHONE_BYTES_MAX: usize = 200;

/// A problem of a desk, with the dotted path of what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskProblem {
    /// For example `queues[2].calendar`.
    pub path: String,
    /// What is wrong, in one sentence.
    pub problem: String,
}

impl Desk {
    /// Every problem of this desk, taken as a whole: names that nothing defines, doubles, levels
    /// and limits out of range. Empty means that it can be applied.
    pub fn problems(&self) -> Vec<DeskProblem> {
        let mut found = Vec::new();
        let mut say = |path: String, problem: String| found.push(DeskProblem { path, problem });
        let skills: BTreeSet<&SkillId> = self.skills.iter().map(|s| &s.id).collect();
        let queues: BTreeSet<&QueueId> = self.queues.iter().map(|q| &q.id).collect();
        let calendars: BTreeSet<&CalendarId> = self.calendars.iter().map(|c| &c.id).collect();
        doubles("skills", self.skills.iter().map(|s| s.id.as_str()), &mut say);
        doubles("queues", self.queues.iter().map(|q| q.id.as_str()), &mut say);
        doubles("agents", self.agents.iter().map(|a| a.id.as_str()), &mut say);
        doubles("channels", self.channels.iter().map(|c| c.id.as_str()), &mut say);
        doubles("calendars", self.calendars.iter().map(|c| c.id.as_str()), &mut say);
        for (n, queue) in self.queues.iter().enumerate() {
            queue_problems(queue, n, &skills, &queues, &calendars, &mut say);
        }
        for (n, agent) in self.agents.iter().enumerate() {
            for (skill, level) in &agent.skills {
                check_skill(&format!("agents[{n}].skills"), skill, *level, &skills, &mut say);
            }
            let is_phone = agent.phone.len() <= PHONE_BYTES_MAX
                && agent.phone.bytes().all(|sign| sign.is_ascii_graphic());
            if !is_phone {
                say(
                    format!("agents[{n}].phone"),
                    format!(
                        "must be at most {PHONE_BYTES_MAX} letters, digits and signs without spaces"
                    ),
                );
            }
            if !(1..=1000).contains(&agent.capacity.units) {
                say(format!("agents[{n}].capacity.units"), "must be 1 to 1000".to_owned());
            }
            for (kind, capacity) in &agent.capacity.kinds {
                if !(1..=1000).contains(&capacity.cost) {
                    say(
                        format!("agents[{n}].capacity.kinds.{kind}.cost"),
                        "must be 1 to 1000".to_owned(),
                    );
                }
            }
        }
        for (n, webhook) in self.webhooks.iter().enumerate() {
            let id = webhook.id.as_str();
            if let Some(prefix) = BOX_PREFIXES.iter().find(|prefix| id.starts_with(*prefix)) {
                say(format!("webhooks[{n}].id"), format!("must not start with `{prefix}`"));
            }
        }
        for (n, channel) in self.channels.iter().enumerate() {
            if RESERVED_CHANNELS.contains(&channel.id.as_str()) {
                let names = RESERVED_CHANNELS.join("`, `");
                say(format!("channels[{n}].id"), format!("must not be one of `{names}`"));
            }
            if channel.topics.is_empty() {
                say(format!("channels[{n}].topics"), "needs at least one topic".to_owned());
            }
            if let Some(problem) = channel.mailbox().and_then(|name| self.mailbox_problem(name)) {
                say(format!("channels[{n}].settings.mail.channel"), problem);
            }
            if let Some(problem) = channel.telephone().and_then(|name| self.telephone_problem(name))
            {
                say(format!("channels[{n}].settings.phone.channel"), problem);
            }
            for (m, topic) in channel.topics.iter().enumerate() {
                if !queues.contains(&topic.queue) {
                    say(
                        format!("channels[{n}].topics[{m}].queue"),
                        format!("no queue is named `{}`", topic.queue),
                    );
                }
            }
        }
        found
    }

    /// What keeps a channel from ringing those who come through another.
    fn telephone_problem(&self, name: &str) -> Option<String> {
        let named = self.channels.iter().find(|channel| channel.id.as_str() == name);
        let problem = match named {
            None => "there is no channel of this name",
            Some(one) if one.kind != ChannelKind::Phone => "this channel is no telephone",
            Some(_) => return None,
        };
        Some(format!("`{name}`: {problem}"))
    }

    /// What keeps a channel from carrying the letters of a chat.
    fn mailbox_problem(&self, name: &str) -> Option<String> {
        let named = self.channels.iter().find(|channel| channel.id.as_str() == name);
        let problem = match named {
            None => "there is no channel of this name",
            Some(one) if one.kind != ChannelKind::Email => "this channel is no mailbox",
            Some(one) if !one.enabled => "this mailbox is switched off",
            Some(one) if one.settings.get("smtp").is_none_or(Value::is_null) => {
                "this mailbox cannot send: it has no `smtp`"
            }
            Some(_) => return None,
        };
        Some(format!("`{name}`: {problem}"))
    }
}

fn queue_problems(
    queue: &Queue,
    n: usize,
    skills: &BTreeSet<&SkillId>,
    queues: &BTreeSet<&QueueId>,
    calendars: &BTreeSet<&CalendarId>,
    say: &mut impl FnMut(String, String),
) {
    if queue.ladder.is_empty() || queue.ladder.len() > 8 {
        say(format!("queues[{n}].ladder"), "needs 1 to 8 rungs".to_owned());
    }
    for (m, rung) in queue.ladder.iter().enumerate() {
        for (skill, level) in &rung.skills {
            check_skill(&format!("queues[{n}].ladder[{m}].skills"), skill, *level, skills, say);
        }
    }
    if let Some(calendar) = queue.calendar.as_ref().filter(|c| !calendars.contains(c)) {
        say(format!("queues[{n}].calendar"), format!("no calendar is named `{calendar}`"));
    }
    if let Some(to) = queue.overflow.to.as_ref().filter(|to| !queues.contains(to)) {
        say(format!("queues[{n}].overflow.to"), format!("no queue is named `{to}`"));
    }
    if queue.overflow.to.as_ref() == Some(&queue.id) {
        say(format!("queues[{n}].overflow.to"), "a queue cannot overflow into itself".to_owned());
    }
    if !(5..=600).contains(&queue.offer.timeout_secs) {
        say(format!("queues[{n}].offer.timeout_secs"), "must be 5 to 600".to_owned());
    }
    if !(1..=100).contains(&queue.offer.misses_max) {
        say(format!("queues[{n}].offer.misses_max"), "must be 1 to 100".to_owned());
    }
}

fn check_skill(
    path: &str,
    skill: &SkillId,
    level: u8,
    skills: &BTreeSet<&SkillId>,
    say: &mut impl FnMut(String, String),
) {
    if !skills.contains(skill) {
        say(format!("{path}.{skill}"), "no skill has this name".to_owned());
    }
    if !(1..=5).contains(&level) {
        say(format!("{path}.{skill}"), format!("level {level} is not 1 to 5"));
    }
}

fn doubles<'a>(
    list: &str,
    ids: impl Iterator<Item = &'a str>,
    say: &mut impl FnMut(String, String),
) {
    let mut seen = BTreeSet::new();
    for (n, id) in ids.enumerate() {
        if !seen.insert(id) {
            say(format!("{list}[{n}].id"), format!("`{id}` is there twice"));
        }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_channel_must_not_be_named_like_a_path_of_the_api() {
        let problems = |id: &str| {
            let desk = json!({ "channels": [{
                "id": id, "name": { "zh-CN": "网站", "en": "Website" }, "kind": "web_chat",
                "adapter": "web_chat", "audience": "public", "topics": [],
            }] });
            let problems = serde_json::from_value::<Desk>(desk).unwrap().problems();
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        assert_eq!(problems("messages"), ["channels[0].id", "channels[0].topics"]);
        assert_eq!(problems("website"), ["channels[0].topics"]);
    }

    #[test]
    fn a_chat_names_a_mailbox_that_can_send_or_none() {
        let desk = |mail: &Value, names: &str| {
            let names =
                if names.is_empty() { json!({}) } else { json!({ "mail": { "channel": names } }) };
            let chat = json!({ "id": "site", "name": { "zh-CN": "网站", "en": "Website" },
                "kind": "web_chat", "adapter": "web_chat", "audience": "public", "topics": [],
                "settings": names });
            let mut mailbox = json!({ "id": "mail", "name": { "zh-CN": "邮箱", "en": "Mail" },
                "kind": "email", "adapter": "email", "audience": "public", "topics": [],
                "settings": { "smtp": {} } });
            for (key, value) in mail.as_object().unwrap() {
                mailbox[key] = value.clone();
            }
            let desk = json!({ "channels": [chat, mailbox] });
            let problems = serde_json::from_value::<Desk>(desk).unwrap().problems();
            let found = problems.into_iter().find(|one| one.path.ends_with("mail.channel"));
            found.map(|one| format!("{}: {}", one.path, one.problem))
        };
        assert_eq!(desk(&json!({}), "mail"), None);
        assert_eq!(desk(&json!({}), ""), None);
        let at = "channels[0].settings.mail.channel";
        let problem = |mail, names| desk(&mail, names).unwrap();
        let said = problem(json!({ "enabled": false }), "mail");
        assert_eq!(said, format!("{at}: `mail`: this mailbox is switched off"));
        let said = problem(json!({ "settings": {} }), "mail");
        assert_eq!(said, format!("{at}: `mail`: this mailbox cannot send: it has no `smtp`"));
        let said = problem(json!({}), "site");
        assert_eq!(said, format!("{at}: `site`: this channel is no mailbox"));
        let said = problem(json!({}), "post");
        assert_eq!(said, format!("{at}: `post`: there is no channel of this name"));
    }
}
