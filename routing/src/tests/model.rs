//! The twin: the switchboard's meaning in plain Rust, written from the rules and not from the Lua.
//!
//! It knows no index. Whoever is to be found is found by looking at everyone, and the indexes that
//! Redis should hold are computed from the state alone ([`Twin::dump`]).

mod by_mail;
mod calls;
mod dump;
mod fairness;
mod letters;
mod life;
mod matching;
mod outbox;
mod people;
mod plan;

pub(super) use calls::{Ring, STAGES as CALL_STAGES, Wanted};
pub(super) use dump::read as dump_of;
pub(super) use outbox::Outbox;

use domain::{AgentRule, ChannelKind, Entry, PlanAction, PlanStep, State};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A conversation as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Conv {
    pub(super) id: String,
    pub(super) state: State,
    pub(super) contact: String,
    pub(super) entry: Entry,
    /// The plan's step that comes next.
    pub(super) step: usize,
    pub(super) entered: i64,
    /// When the next step comes, while it waits.
    pub(super) step_at: i64,
    pub(super) lane: Option<Lane>,
    pub(super) agent: Option<String>,
    pub(super) last: Option<String>,
    pub(super) token: Option<String>,
    pub(super) until: Option<i64>,
    pub(super) units: u32,
    pub(super) offers: u32,
    pub(super) opened: i64,
    pub(super) accepted: Option<i64>,
    pub(super) closed: Option<i64>,
    /// Its messages since the last archiving.
    pub(super) log: Vec<Value>,
    pub(super) base: u64,
    pub(super) read_by_contact: u64,
    pub(super) read_by_agent: u64,
    pub(super) received_by_contact: u64,
    /// Found by its letters, not by its contact.
    pub(super) threads: bool,
    /// Where answers go that nobody reads.
    pub(super) address: Option<String>,
    /// What went there already.
    pub(super) mailed: u64,
    /// The kind of its door; that of the entry is how it is served.
    pub(super) door: ChannelKind,
    /// Somebody wants, or wanted, to be rung.
    pub(super) ring: Option<Ring>,
}

/// What a waiting conversation wants just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) need: domain::Need,
    /// In the order in which they were excluded.
    pub(super) excluded: Vec<domain::AgentId>,
}

/// An agent as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) agent: domain::Agent,
    /// The short name of the agent's skills.
    pub(super) profile: String,
    pub(super) presence: &'static str,
    pub(super) since: i64,
    pub(super) lease: Option<i64>,
    pub(super) idle_since: i64,
    pub(super) turn_at: i64,
    pub(super) offer: Option<String>,
    pub(super) misses: u32,
}

/// The whole desk.
#[derive(Debug, Clone, Default)]
pub(super) struct Twin {
    pub(super) now: i64,
    pub(super) convs: BTreeMap<String, Conv>,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) open: BTreeMap<String, String>,
    /// Letters by name, with their conversations.
    pub(super) threads: BTreeMap<String, String>,
    pub(super) seen: BTreeMap<String, String>,
    /// When to look whether somebody has read.
    pub(super) unread: BTreeMap<String, i64>,
    /// The addresses that were named in each conversation.
    pub(super) addresses: BTreeMap<String, BTreeSet<String>>,
    /// Each contact's sockets, and until when they count.
    pub(super) here: BTreeMap<String, BTreeMap<String, i64>>,
    pub(super) to_archive: BTreeMap<String, i64>,
    pub(super) profiles: BTreeSet<String>,
    pub(super) handling: BTreeMap<String, i64>,
    pub(super) queues: BTreeSet<String>,
    /// Names of the events of the transition just made.
    pub(super) events: Vec<&'static str>,
    /// Who held the conversation of each message that was appended.
    pub(super) heard: Vec<Option<String>>,
    /// Who was given what, since the moment began.
    pub(super) grants: Vec<fairness::Grant>,
    /// Who was overtaken by a conversation that is due later.
    pub(super) overtaken: Vec<String>,
}

impl Twin {
    /// Begins a transition at this time.
    pub(super) fn at(&mut self, now: i64) -> &mut Self {
        self.now = now;
        self.events.clear();
        self.heard.clear();
        self
    }

    pub(super) fn say(&mut self, event: &'static str) {
        self.events.push(event);
    }

    pub(super) fn conv(&self, id: &str) -> &Conv {
        &self.convs[id]
    }

    pub(super) fn edit(&mut self, id: &str) -> &mut Conv {
        self.convs.get_mut(id).expect("a conversation of the model")
    }

    pub(super) fn person(&mut self, id: &str) -> &mut Person {
        self.people.get_mut(id).expect("an agent of the model")
    }

    /// Appends to a log, before the eyes of whoever holds the conversation; returns the seq.
    pub(super) fn append(&mut self, id: &str, content: Value) -> u64 {
        self.say("message_appended");
        let (now, conv) = (self.now, self.edit(id));
        let seq = conv.last_seq() + 1;
        let mut message = json!({ "seq": seq, "at": now });
        let fields = content.as_object().expect("an object").clone();
        message.as_object_mut().expect("an object").extend(fields);
        conv.log.push(message);
        let agent = conv.agent.clone();
        self.heard.push(agent);
        seq
    }

    /// Appends a fact.
    pub(super) fn notice(&mut self, id: &str, notice: Value) {
        let seq = self.conv(id).last_seq() + 1;
        let name = format!("msg_{}_{seq}", id.trim_start_matches("conv_"));
        let author = json!({ "type": "system" });
        self.append(
            id,
            json!({ "id": name, "author": author, "kind": "notice", "notice": notice }),
        );
    }

    /// Says in the log that it went back to the queue.
    pub(super) fn requeued(&mut self, id: &str, reason: &str) {
        let queue = self.conv(id).entry.queue.to_string();
        self.notice(id, json!({ "code": "requeued", "reason": reason, "queue": queue }));
    }
}

impl Conv {
    pub(super) fn last_seq(&self) -> u64 {
        self.base + self.log.len() as u64
    }

    pub(super) fn rule(&self) -> AgentRule {
        self.entry.rule
    }

    pub(super) fn lane_text(&self) -> String {
        self.lane.as_ref().map_or_else(String::new, |lane| {
            domain::need::lane(self.entry.kind, &lane.need, &lane.excluded)
        })
    }

    pub(super) fn need_of(step: &PlanStep) -> &domain::Need {
        match &step.action {
            PlanAction::Lane(need) => need,
            PlanAction::Overdue | PlanAction::Overflow | PlanAction::Remind => {
                panic!("the first step is a lane")
            }
        }
    }
}
