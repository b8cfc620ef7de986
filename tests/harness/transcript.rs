//! What one client knows of a conversation's log, and whether it learned it in order.

use serde_json::Value;
use std::collections::BTreeMap;

/// Messages by seq, as they came.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    messages: BTreeMap<u64, Value>,
    /// What no client may ever see (I5): a gap, a repetition with other words.
    pub violations: Vec<String>,
}

impl Transcript {
    /// A message came. `sees_all` clients see every seq; a visitor sees no notes, so has holes.
    pub fn hears(&mut self, message: &Value) {
        let seq = message["seq"].as_u64().unwrap_or(0);
        if seq == 0 {
            self.violations.push(format!("a message without a seq: {message}"));
        }
        if let Some(known) = self.messages.get(&seq) {
            if known["id"] != message["id"] || known["text"] != message["text"] {
                self.violations.push(format!("seq {seq} is {known} and also {message}"));
            }
            return;
        }
        if let Some((last, _)) = self.messages.last_key_value()
            && seq < *last
        {
            self.violations.push(format!("seq {seq} came after seq {last}"));
        }
        self.messages.insert(seq, message.clone());
    }

    /// Forgets all but the violations.
    pub fn forget(&mut self) {
        self.messages.clear();
    }

    /// The highest seq known.
    pub fn last_seq(&self) -> u64 {
        self.messages.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    /// All messages in order.
    pub fn messages(&self) -> impl Iterator<Item = &Value> {
        self.messages.values()
    }

    /// The texts of people, in order.
    pub fn texts(&self) -> Vec<String> {
        let spoken = self.messages().filter(|message| message["kind"] == "text");
        spoken.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Is there a message with this text?
    pub fn has(&self, text: &str) -> bool {
        self.messages().any(|message| message["text"] == text)
    }

    /// The codes of the notices, in order.
    pub fn notices(&self) -> Vec<String> {
        let codes = self.messages().filter_map(|message| message["notice"]["code"].as_str());
        codes.map(str::to_owned).collect()
    }
}
