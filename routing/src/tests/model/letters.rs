//! What contacts say and write, and notices, as the twin sees them.

use super::Twin;
use super::life::new_conv;
use domain::{Entry, State};
use serde_json::Value;

impl Twin {
    pub(in super::super) fn receive(
        &mut self,
        contact: &str,
        (external, content): (&str, Value),
        new_id: &str,
        entry: &Entry,
    ) -> Vec<String> {
        let known = self.open.get(contact).cloned();
        self.take_in((contact, known, None), (external, content), new_id, entry)
    }

    /// A word by the contact's conversation (`None`), or a letter by its name.
    fn take_in(
        &mut self,
        (contact, known, letter): (&str, Option<String>, Option<&str>),
        (external, content): (&str, Value),
        new_id: &str,
        entry: &Entry,
    ) -> Vec<String> {
        if let Some(seen) = self.seen.get(external) {
            let (id, seq) = seen.split_once(' ').expect("id and seq");
            return vec!["duplicate".into(), id.into(), seq.into()];
        }
        let now = self.now;
        let known = known.filter(|id| self.convs.contains_key(id)).filter(|id| {
            let conv = self.conv(id);
            conv.state != State::Closed || conv.closed.unwrap_or(0) + conv.entry.reopen_ms > now
        });
        let waiting = self
            .convs
            .values()
            .filter(|conv| conv.state == State::Queued && conv.entry.queue == entry.queue)
            .count();
        if known.is_none() && entry.waiting_max > 0 && waiting >= entry.waiting_max as usize {
            return vec!["queue_full".into()];
        }
        let (id, opened) = match known {
            Some(id) => (id, false),
            None => {
                self.convs.insert(new_id.to_owned(), new_conv(new_id, contact, entry, now));
                match letter {
                    Some(_) => self.edit(new_id).threads = true,
                    None => drop(self.open.insert(contact.to_owned(), new_id.to_owned())),
                }
                self.say("conversation_opened");
                (new_id.to_owned(), true)
            }
        };
        if self.conv(&id).state == State::Closed {
            self.edit(&id).agent = None;
        }
        let seq = self.append(&id, content);
        self.seen.insert(external.to_owned(), format!("{id} {seq}"));
        if let Some(name) = letter {
            self.threads.entry(name.to_owned()).or_insert_with(|| id.clone());
        }
        let entered = if opened {
            self.schedule_or_enter(&id, Vec::new(), None);
            true
        } else {
            self.go_on(&id, entry)
        };
        let state = self.conv(&id).state.name().to_owned();
        vec!["appended".into(), id, seq.to_string(), entered.to_string(), state]
    }

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
        let is_over = self.conv(id).state == State::Closed;
        let tag = if is_over { "over" } else { "appended" };
        if let Some(seq) = self.seen.get(&mark) {
            return format!("{tag} {seq}");
        }
        self.notice(id, fields);
        if is_over {
            let closed = self.conv(id).closed.unwrap_or(self.now);
            self.to_archive.insert(id.to_owned(), closed);
        }
        let seq = self.conv(id).last_seq();
        self.seen.insert(mark, seq.to_string());
        format!("{tag} {seq}")
    }
}
