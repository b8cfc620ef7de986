//! Replays the commits of a round: offers, assignments, capacity, places in the queue.

use crate::redis_server::RedisServer;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a web chat costs, and what the agents of the arena have.
const COST: i64 = 30;

/// The events after a cursor, in order, and the new cursor.
pub async fn events_after(redis: &RedisServer, cursor: &str) -> (String, Vec<Value>) {
    type Entry = (String, Vec<String>);
    let keys: Vec<String> = redis.ask(&["KEYS", "{*}:events"]).await;
    let (mut cursor, mut events) = (cursor.to_owned(), Vec::new());
    for key in keys {
        let entries: Vec<Entry> = redis.ask(&["XRANGE", &key, &format!("({cursor}"), "+"]).await;
        for (id, fields) in entries {
            cursor = id;
            let texts = fields.iter().skip(1).step_by(2);
            events.extend(
                texts.map(|text| serde_json::from_str::<Value>(text).expect("an event is JSON")),
            );
        }
    }
    (cursor, events)
}

/// An agent's units over time.
#[derive(Debug, Default)]
struct Load {
    offered: i64,
    held: i64,
}

/// What is known while replaying.
#[derive(Debug, Default)]
struct Replay {
    /// The live offer of a conversation: agent and token.
    offers: BTreeMap<String, (String, String)>,
    /// Who holds a conversation.
    holders: BTreeMap<String, String>,
    /// In wrap-up: still held.
    loads: BTreeMap<String, Load>,
    /// The first due time of a conversation's current wait.
    due: BTreeMap<String, i64>,
    seqs: BTreeMap<String, u64>,
    violations: Vec<String>,
}

/// Everything in the events that may never be (I5, I7, I8, I11, I16).
pub fn check(events: &[Value]) -> Vec<String> {
    let mut replay = Replay::default();
    for event in events {
        replay.takes(event);
    }
    replay.violations
}

impl Replay {
    fn takes(&mut self, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (conversation, agent) = (text("conversation"), text("agent"));
        match event["type"].as_str().unwrap_or_default() {
            "message_appended" => {
                self.appended(&conversation, event["message"]["seq"].as_u64().unwrap_or(0))
            }
            "conversation_queued" => self.queued(&conversation, event),
            "offer_made" => self.offered(&conversation, &agent, &text("token")),
            "offer_declined" | "offer_expired" | "offer_withdrawn" => {
                self.offer_ended(&conversation, &agent, event);
            }
            "conversation_assigned" => self.assigned(&conversation, &agent, &text("how")),
            "conversation_released" | "conversation_snoozed" | "wrap_up_ended" => {
                self.let_go(&conversation)
            }
            "conversation_closed" if event["from"] == "active" && event["wrap_up"] == false => {
                self.let_go(&conversation);
            }
            "conversation_reopened" => drop(self.due.remove(&conversation)),
            _ => {}
        }
    }

    fn says(&mut self, violation: String) {
        self.violations.push(violation);
    }

    fn appended(&mut self, conversation: &str, seq: u64) {
        let last = self.seqs.insert(conversation.to_owned(), seq);
        if let Some(last) = last
            && seq != last + 1
        {
            self.says(format!("I5 {conversation}: seq {seq} follows {last} in the stream"));
        }
    }

    fn queued(&mut self, conversation: &str, event: &Value) {
        if let Some(holder) = self.holders.get(conversation).cloned() {
            self.says(format!("I6 {conversation} is queued while {holder} holds it"));
        }
        let due = event["due_at"].as_i64().unwrap_or(0);
        let first = *self.due.entry(conversation.to_owned()).or_insert(due);
        if due != first && event["reason"] != "woken" && event["reason"] != "transferred" {
            self.says(format!(
                "I16 {conversation} lost its place: due {first}, then {due}: {event}"
            ));
        }
    }

    fn offered(&mut self, conversation: &str, agent: &str, token: &str) {
        if let Some((other, _)) =
            self.offers.insert(conversation.to_owned(), (agent.to_owned(), token.to_owned()))
        {
            self.says(format!(
                "I7 {conversation} is offered to {agent} while it is offered to {other}"
            ));
        }
        if let Some(holder) = self.holders.get(conversation).cloned() {
            self.says(format!("I7 {conversation} is offered to {agent} while {holder} holds it"));
        }
        self.loads.entry(agent.to_owned()).or_default().offered += COST;
        self.fits(agent);
    }

    fn offer_ended(&mut self, conversation: &str, agent: &str, event: &Value) {
        match self.offers.remove(conversation) {
            Some((of, _)) if of == agent => self.loads.entry(of).or_default().offered -= COST,
            other => {
                self.says(format!("I11 an offer ended that was not: {event}, known {other:?}"))
            }
        }
    }

    fn assigned(&mut self, conversation: &str, agent: &str, how: &str) {
        match (how, self.offers.remove(conversation)) {
            ("accepted", Some((of, _))) if of == agent => {
                self.loads.entry(of).or_default().offered -= COST
            }
            ("accepted", other) => {
                self.says(format!("I7 {conversation} was taken by {agent}; offered: {other:?}"))
            }
            ("reopened", _) => return,
            _ => {}
        }
        if let Some(holder) = self.holders.insert(conversation.to_owned(), agent.to_owned()) {
            self.says(format!("I7 {conversation} was given to {agent} while {holder} held it"));
        }
        self.loads.entry(agent.to_owned()).or_default().held += COST;
        self.fits(agent);
    }

    fn let_go(&mut self, conversation: &str) {
        if let Some(agent) = self.holders.remove(conversation) {
            self.loads.entry(agent).or_default().held -= COST;
        }
    }

    fn fits(&mut self, agent: &str) {
        let units = if agent == "ming" { 60 } else { 100 };
        let load = self.loads.entry(agent.to_owned()).or_default();
        let used = load.offered + load.held;
        if used > units {
            self.says(format!("I8 {agent} has {used} of {units} units"));
        }
    }
}
