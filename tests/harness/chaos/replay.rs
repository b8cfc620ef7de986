//! Replays the commits of a house: offers, assignments, capacity, skills, presence, places in the
//! queue. One replay lives as long as its house, since a round goes on where the last one ended.

mod lane;
mod person;

use crate::desk::DeskFile;
use crate::redis_server::RedisServer;
use lane::Lane;
use person::Person;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a web chat costs an agent.
const COST: i64 = 30;
/// Reasons to wait anew by another entry; every other return is to the old place (I16).
const NEW_PLACE: [&str; 7] =
    ["arrival", "opening", "overflow", "queue_changed", "reopened", "transfer", "woken"];

/// One entry of the stream: what one transition made true.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its place in the stream, `<ms>-<n>`.
    pub cursor: String,
    /// Its facts.
    pub events: Vec<Value>,
}

impl Commit {
    /// When it was, by Redis's clock.
    pub fn at(&self) -> i64 {
        self.cursor.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0)
    }
}

/// The commits after a cursor, in order, and the new cursor.
pub async fn commits_after(redis: &RedisServer, cursor: &str) -> (String, Vec<Commit>) {
    type Entry = (String, Vec<String>);
    let keys: Vec<String> = redis.ask(&["KEYS", "{*}:events"]).await;
    let (mut cursor, mut commits) = (cursor.to_owned(), Vec::new());
    for key in keys {
        let entries: Vec<Entry> = redis.ask(&["XRANGE", &key, &format!("({cursor}"), "+"]).await;
        for (id, fields) in entries {
            cursor.clone_from(&id);
            let texts = fields.iter().skip(1).step_by(2);
            let events = texts.map(|text| serde_json::from_str(text).expect("an event is JSON"));
            commits.push(Commit { cursor: id, events: events.collect() });
        }
    }
    (cursor, commits)
}

/// Somebody waits.
#[derive(Debug)]
struct Waiting {
    lane: Lane,
    due: i64,
}

/// A conversation is held out to somebody.
#[derive(Debug)]
struct Offered {
    agent: String,
    deadline: i64,
}

/// What is known while replaying.
#[derive(Debug)]
pub struct Replay {
    people: BTreeMap<String, Person>,
    /// The live offer of each conversation.
    offers: BTreeMap<String, Offered>,
    /// Who holds a conversation; in wrap-up it is still held.
    holders: BTreeMap<String, String>,
    waiting: BTreeMap<String, Waiting>,
    /// The due time of a conversation's current wait.
    due: BTreeMap<String, i64>,
    seqs: BTreeMap<String, u64>,
    violations: Vec<String>,
}

impl Replay {
    /// Of a house with this desk, from its first commit on.
    pub fn of(desk: &DeskFile) -> Self {
        Self {
            people: person::all(desk),
            offers: BTreeMap::new(),
            holders: BTreeMap::new(),
            waiting: BTreeMap::new(),
            due: BTreeMap::new(),
            seqs: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    /// Everything in these commits that may never be (I5 to I11, I16).
    pub fn replays(&mut self, commits: &[Commit]) -> Vec<String> {
        for commit in commits {
            for event in &commit.events {
                self.takes(event, commit.at());
            }
            self.rests_well(&commit.cursor);
        }
        std::mem::take(&mut self.violations)
    }

    fn takes(&mut self, event: &Value, at: i64) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (conversation, agent) = (text("conversation"), text("agent"));
        match event["type"].as_str().unwrap_or_default() {
            "message_appended" => {
                self.appended(&conversation, event["message"]["seq"].as_u64().unwrap_or(0));
            }
            "conversation_queued" => self.queued(&conversation, event),
            "need_relaxed" => {
                if let Some(waiting) = self.waiting.get_mut(&conversation) {
                    waiting.lane = Lane::parse(&text("lane"));
                }
            }
            "conversation_overdue" => self.overdue(&conversation, at),
            "conversation_scheduled" => drop(self.waiting.remove(&conversation)),
            "offer_made" => self.offered(&conversation, &agent, event),
            "offer_declined" | "offer_withdrawn" => self.offer_ended(&conversation, &agent, event),
            "offer_expired" => {
                self.not_early(&conversation, at);
                self.offer_ended(&conversation, &agent, event);
            }
            "conversation_assigned" => self.assigned(&conversation, &agent, &text("how")),
            "conversation_released" | "wrap_up_ended" => self.let_go(&conversation),
            "conversation_closed" => self.closed(&conversation, event),
            "presence_changed" => {
                self.people.entry(agent).or_default().presence = text("presence");
            }
            _ => {}
        }
    }

    fn says(&mut self, violation: String) {
        self.violations.push(violation);
    }

    fn appended(&mut self, conversation: &str, seq: u64) {
        let last = self.seqs.insert(conversation.to_owned(), seq).unwrap_or(0);
        if seq != last + 1 {
            self.says(format!("I5 {conversation}: seq {seq} follows {last} in the stream"));
        }
    }

    fn queued(&mut self, conversation: &str, event: &Value) {
        if let Some(holder) = self.holders.get(conversation).cloned() {
            self.says(format!("I6 {conversation} is queued while {holder} holds it"));
        }
        let (due, reason) = (event["due_at"].as_i64().unwrap_or(0), &event["reason"]);
        let is_new_place = NEW_PLACE.iter().any(|known| reason == known);
        let before = self.due.insert(conversation.to_owned(), due);
        if !is_new_place && before != Some(due) {
            let before = before.unwrap_or(0);
            self.says(format!("I16 {conversation} lost its place: due {before}, now {event}"));
        }
        let lane = Lane::parse(event["lane"].as_str().unwrap_or_default());
        self.waiting.insert(conversation.to_owned(), Waiting { lane, due });
    }

    fn overdue(&mut self, conversation: &str, at: i64) {
        if let Some(due) = self.due.get(conversation).copied()
            && at < due
        {
            self.says(format!("I11 {conversation} is overdue at {at}, before {due}"));
        }
    }

    fn offered(&mut self, conversation: &str, agent: &str, event: &Value) {
        let deadline = event["deadline"].as_i64().unwrap_or(0);
        let offered = Offered { agent: agent.to_owned(), deadline };
        if let Some(other) = self.offers.insert(conversation.to_owned(), offered) {
            let other = other.agent;
            self.says(format!(
                "I7 {conversation} is offered to {agent} while it is offered to {other}"
            ));
        }
        if let Some(holder) = self.holders.get(conversation).cloned() {
            self.says(format!("I7 {conversation} is offered to {agent} while {holder} holds it"));
        }
        self.is_right_for(conversation, agent, event);
        let person = self.people.entry(agent.to_owned()).or_default();
        person.used += COST;
        if let Some(other) = person.offer.replace(conversation.to_owned()) {
            self.says(format!("I7 {agent} is offered {conversation} while being offered {other}"));
        }
        self.fits(agent);
    }

    /// The right person, in the right order (I9).
    fn is_right_for(&mut self, conversation: &str, agent: &str, event: &Value) {
        let lane = Lane::parse(event["why"]["lane"].as_str().unwrap_or_default());
        let Some(waited) = self.waiting.remove(conversation) else {
            return self.says(format!("I6 {conversation} is offered to {agent} and did not wait"));
        };
        let person = self.people.entry(agent.to_owned()).or_default().clone();
        if person.presence != "ready" {
            self.says(format!(
                "I9 {conversation} is offered to {agent}, who is {}",
                person.presence
            ));
        }
        if !lane.is_served_by(agent, &person.skills) {
            self.says(format!("I9 {conversation} of lane {lane} is offered to {agent}"));
        }
        let overtaken = self.waiting.iter().filter(|(_, other)| {
            other.due < waited.due && other.lane.is_served_by(agent, &person.skills)
        });
        let overtaken: Vec<String> =
            overtaken.map(|(id, other)| format!("{id} due {}", other.due)).collect();
        if !overtaken.is_empty() {
            let due = waited.due;
            self.says(format!(
                "I9 {agent} is offered {conversation}, due {due}, before {overtaken:?}"
            ));
        }
    }

    fn not_early(&mut self, conversation: &str, at: i64) {
        if let Some(deadline) = self.offers.get(conversation).map(|offer| offer.deadline)
            && at < deadline
        {
            self.says(format!("I11 an offer of {conversation} expired at {at}, before {deadline}"));
        }
    }

    fn offer_ended(&mut self, conversation: &str, agent: &str, event: &Value) {
        match self.offers.remove(conversation) {
            Some(of) if of.agent == agent => self.is_answered(agent),
            other => {
                self.says(format!("I11 an offer ended that was not: {event}, known {other:?}"));
            }
        }
    }

    fn is_answered(&mut self, agent: &str) {
        let person = self.people.entry(agent.to_owned()).or_default();
        person.used -= COST;
        person.offer = None;
    }

    fn assigned(&mut self, conversation: &str, agent: &str, how: &str) {
        if how == "reopened" {
            return self.goes_on(conversation, agent);
        }
        self.waiting.remove(conversation);
        match (how, self.offers.remove(conversation)) {
            ("accepted", Some(of)) if of.agent == agent => self.is_answered(agent),
            ("accepted", other) => {
                self.says(format!("I7 {conversation} was taken by {agent}; offered: {other:?}"));
            }
            (_, Some(of)) => self.says(format!(
                "I7 {conversation} was given to {agent} while offered to {}",
                of.agent
            )),
            _ => {}
        }
        if let Some(holder) = self.holders.insert(conversation.to_owned(), agent.to_owned()) {
            self.says(format!("I7 {conversation} was given to {agent} while {holder} held it"));
        }
        self.people.entry(agent.to_owned()).or_default().used += COST;
        self.fits(agent);
    }

    /// Out of the wrap-up: whoever had it has it.
    fn goes_on(&mut self, conversation: &str, agent: &str) {
        let holder = self.holders.get(conversation).cloned().unwrap_or_default();
        if holder != agent {
            self.says(format!("I7 {conversation} goes on with {agent}; `{holder}` held it"));
        }
    }

    fn let_go(&mut self, conversation: &str) {
        if let Some(agent) = self.holders.remove(conversation) {
            self.people.entry(agent).or_default().used -= COST;
        }
    }

    fn closed(&mut self, conversation: &str, event: &Value) {
        self.waiting.remove(conversation);
        if event["from"] == "active" && event["wrap_up"] == false {
            self.let_go(conversation);
        }
    }

    fn fits(&mut self, agent: &str) {
        let person = self.people.entry(agent.to_owned()).or_default();
        let (used, units) = (person.used, person.units);
        if used > units {
            self.says(format!("I8 {agent} has {used} of {units} units"));
        }
    }

    /// Between two commits nothing waits that a ready agent with room could take (I10), and who is
    /// gone holds nothing (I16).
    fn rests_well(&mut self, cursor: &str) {
        let mut found = Vec::new();
        for (name, person) in &self.people {
            if person.presence == "offline" && person.used > 0 {
                found
                    .push(format!("I16 {name} is gone and has {} units, at {cursor}", person.used));
            }
            let takes_work = person.presence == "ready" && person.offer.is_none();
            if !takes_work || person.used + COST > person.units {
                continue;
            }
            let idle = |waiting: &&Waiting| waiting.lane.is_served_by(name, &person.skills);
            if let Some(waiting) = self.waiting.values().find(idle) {
                found.push(format!(
                    "I10 {name} is ready with {} of {} units and lane {} waits, at {cursor}",
                    person.used, person.units, waiting.lane
                ));
            }
        }
        self.violations.extend(found);
    }
}

#[cfg(test)]
mod tests;
