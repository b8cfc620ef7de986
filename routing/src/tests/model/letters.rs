//! Letters and notices, as the twin sees them.

use super::Twin;
use domain::{Entry, State};
use serde_json::Value;

impl Twin {
    /// A letter: it belongs to the conversation that it answers.
    pub(in super::super) fn receive_letter(
        &mut self,
        (contact, into, name): (&str, Option<&str>, &str),
        said: (&str, Value),
        new_id: &str,
        entry: &Entry,
    ) -> Vec<String> {
        self.take_in((contact, into.map(ToOwned::to_owned), Some(name)), said, new_id, entry)
    }

    pub(in super::super) fn append_notice(
        &mut self,
        id: &str,
        name: &str,
        fields: Value,
    ) -> String {
        if !self.convs.contains_key(id) {
            return "unknown".into();
        }
        let mark = format!("{id}:{name}");
        if let Some(seq) = self.seen.get(&mark) {
            return format!("appended {seq}");
        }
        if self.conv(id).state == State::Closed {
            return "closed".into();
        }
        self.notice(id, fields);
        let seq = self.conv(id).last_seq();
        self.seen.insert(mark, seq.to_string());
        format!("appended {seq}")
    }
}
