//! A desk as a file: a small one to begin with, and words to change it.

use serde_json::{Value, json};

/// The secret with which the test's website vouches for its users.
pub const IDENTITY_SECRET: &str = "the website's own secret, 32 bytes or more";
/// The origin of the test's website.
pub const WEBSITE: &str = "https://www.example.gov";

/// A desk file.
#[derive(Debug, Clone)]
pub struct DeskFile(Value);

impl DeskFile {
    /// Two queues (tax, insurance), agents with different skills, a supervisor, an admin, one channel:
    ///
    /// | agent | skills |
    /// | --- | --- |
    /// | `ming` | tax 5, zh 5 |
    /// | `li` | tax 3, insurance 3, zh 4 |
    /// | `wang` | insurance 5, zh 5, en 4 |
    pub fn small() -> Self {
        let empty = json!({ "skills": [], "request_types": [], "queues": [], "agents": [], "channels": [],
            "calendars": [], "quick_replies": [], "webhooks": [] });
        let mut desk = Self(empty);
        for skill in ["tax", "insurance", "zh", "en"] {
            desk.push("skills", json!({ "id": skill, "name": named(skill) }));
        }
        for kind in ["consultation", "complaint", "fault"] {
            desk.push("request_types", json!({ "id": kind, "name": named(kind) }));
        }
        desk.with_queue("tax", json!({ "ladder": [{ "skills": { "tax": 3 } }] }))
            .with_queue("insurance", json!({ "ladder": [{ "skills": { "insurance": 3 } }] }))
            .with_agent("ming", "agent", json!({ "tax": 5, "zh": 5 }))
            .with_agent("li", "agent", json!({ "tax": 3, "insurance": 3, "zh": 4 }))
            .with_agent("wang", "agent", json!({ "insurance": 5, "zh": 5, "en": 4 }))
            .with_agent("sun", "supervisor", json!({}))
            .with_agent("root", "admin", json!({}))
            .with_channel("website", &["tax", "insurance"])
    }

    /// As JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }

    fn push(&mut self, list: &str, value: Value) {
        let list = self.0[list].as_array_mut().unwrap();
        list.retain(|old| old["id"] != value["id"]);
        list.push(value);
    }

    /// Adds a queue, or replaces the one of that name; what is not given is as short as allowed.
    #[must_use]
    pub fn with_queue(mut self, id: &str, more: Value) -> Self {
        let mut queue = json!({ "id": id, "name": named(id), "target_secs": 60, "wrap_up_secs": 0,
            "sticky_secs": 0, "offer": { "timeout_secs": 30, "misses_max": 3 } });
        merge(&mut queue, more);
        self.push("queues", queue);
        self
    }

    /// Changes one thing of every queue.
    #[must_use]
    pub fn with_all_queues(mut self, more: Value) -> Self {
        for queue in self.0["queues"].as_array_mut().unwrap() {
            merge(queue, more.clone());
        }
        self
    }

    /// Changes one thing of one queue.
    #[must_use]
    pub fn with_queue_changed(mut self, id: &str, more: Value) -> Self {
        let queues = self.0["queues"].as_array_mut().unwrap();
        merge(queues.iter_mut().find(|queue| queue["id"] == id).unwrap(), more);
        self
    }

    /// Adds an agent, or replaces the one of that name.
    #[must_use]
    pub fn with_agent(mut self, id: &str, role: &str, skills: Value) -> Self {
        self.push("agents", json!({ "id": id, "name": id, "role": role, "skills": skills }));
        self
    }

    /// Changes an agent.
    #[must_use]
    pub fn with_agent_changed(mut self, id: &str, more: Value) -> Self {
        let agents = self.0["agents"].as_array_mut().unwrap();
        let agent = agents.iter_mut().find(|agent| agent["id"] == id).unwrap();
        merge(agent, more);
        self
    }

    /// Only these agents (and the supervisor and the admin) remain.
    #[must_use]
    pub fn with_only(mut self, names: &[&str]) -> Self {
        let agents = self.0["agents"].as_array_mut().unwrap();
        agents.retain(|agent| {
            agent["role"] != "agent" || names.contains(&agent["id"].as_str().unwrap_or_default())
        });
        self
    }

    /// Adds a mail channel for agencies, whose topics are named like their queues.
    #[must_use]
    pub fn with_email(mut self, id: &str, topics: &[&str], settings: Value) -> Self {
        let topics: Vec<Value> = topics
            .iter()
            .map(|topic| json!({ "id": topic, "name": named(topic), "queue": topic, "request_type": "consultation" }))
            .collect();
        self.push(
            "channels",
            json!({ "id": id, "name": named(id), "kind": "email", "adapter": "email",
            "audience": "agency", "topics": topics, "settings": settings }),
        );
        self
    }

    /// Adds a web chat whose topics are named like their queues.
    #[must_use]
    pub fn with_channel(mut self, id: &str, topics: &[&str]) -> Self {
        let topics: Vec<Value> = topics
            .iter()
            .map(|topic| json!({ "id": topic, "name": named(topic), "queue": topic, "request_type": "consultation" }))
            .collect();
        let settings = json!({ "identity_secret": IDENTITY_SECRET, "allowed_origins": [WEBSITE] });
        self.push(
            "channels",
            json!({ "id": id, "name": named(id), "kind": "web_chat", "adapter": "web_chat",
            "audience": "public", "topics": topics, "settings": settings }),
        );
        self
    }

    /// Adds an app whose topics are named like their queues.
    #[must_use]
    pub fn with_app(mut self, id: &str, topics: &[&str], push: Value) -> Self {
        let topics: Vec<Value> = topics
            .iter()
            .map(|topic| json!({ "id": topic, "name": named(topic), "queue": topic, "request_type": "consultation" }))
            .collect();
        // Test visitors speak from a page; an app sends no origin.
        let settings = json!({ "identity_secret": IDENTITY_SECRET, "allowed_origins": [WEBSITE], "push": push });
        self.push(
            "channels",
            json!({ "id": id, "name": named(id), "kind": "app", "adapter": "app",
            "audience": "public", "topics": topics, "settings": settings }),
        );
        self
    }

    /// Adds a messenger for staff, whose topics are named like their queues.
    #[must_use]
    pub fn with_messenger(mut self, adapter: &str, topics: &[&str], settings: Value) -> Self {
        let topics: Vec<Value> = topics
            .iter()
            .map(|topic| json!({ "id": topic, "name": named(topic), "queue": topic, "request_type": "consultation" }))
            .collect();
        self.push(
            "channels",
            json!({ "id": adapter, "name": named(adapter), "kind": "im", "adapter": adapter,
            "audience": "staff", "topics": topics, "settings": settings }),
        );
        self
    }

    /// Adds a telephone whose topics are named like their queues.
    #[must_use]
    pub fn with_telephone(
        mut self,
        (id, adapter): (&str, &str),
        topics: &[&str],
        settings: Value,
    ) -> Self {
        let topics: Vec<Value> = topics
            .iter()
            .map(|topic| json!({ "id": topic, "name": named(topic), "queue": topic, "request_type": "consultation" }))
            .collect();
        self.push(
            "channels",
            json!({ "id": id, "name": named(id), "kind": "phone", "adapter": adapter,
            "audience": "public", "topics": topics, "settings": settings }),
        );
        self
    }

    /// Changes one thing of a channel.
    #[must_use]
    pub fn with_channel_changed(mut self, id: &str, more: Value) -> Self {
        let channels = self.0["channels"].as_array_mut().unwrap();
        merge(channels.iter_mut().find(|channel| channel["id"] == id).unwrap(), more);
        self
    }

    /// Without any channel.
    #[must_use]
    pub fn without_channels(mut self) -> Self {
        self.0["channels"] = json!([]);
        self
    }

    /// Adds a calendar that is closed from yesterday to tomorrow, and open on every later day.
    #[must_use]
    pub fn with_calendar_closed_now(mut self, id: &str) -> Self {
        let week: Vec<Value> = vec![json!([{ "from": "09:00", "to": "17:00" }]); 7];
        let today = crate::token::now_secs().div_euclid(86_400);
        let days: serde_json::Map<String, Value> =
            (today - 1..=today + 1).map(|day| (date(day), json!([]))).collect();
        self.push(
            "calendars",
            json!({ "id": id, "time_zone": "Asia/Shanghai", "week": week, "days": days }),
        );
        self
    }

    /// Adds an outbound webhook.
    #[must_use]
    pub fn with_webhook(mut self, id: &str, url: &str, events: &[&str]) -> Self {
        self.push("webhooks", json!({ "id": id, "url": url, "events": events, "enabled": true }));
        self
    }

    /// The names of its agents.
    pub fn agents(&self) -> Vec<String> {
        let agents = self.0["agents"].as_array().unwrap();
        agents.iter().map(|agent| agent["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// One name in both languages.
pub fn named(name: &str) -> Value {
    json!({ "zh-CN": name, "en": name })
}

/// A day, counted from 1970-01-01, as `YYYY-MM-DD`.
fn date(day: i64) -> String {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) =
        (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}
