//! Going on by mail, as the twin sees it.

use super::Twin;
use domain::State;
use serde_json::json;

impl Twin {
    /// An agent said something: unless it is read, it goes by mail.
    pub(super) fn will_look(&mut self, id: &str) {
        if self.conv(id).address.is_some() {
            let at = self.now + super::super::by_mail::AFTER_MS as i64;
            self.unread.insert(id.to_owned(), at);
        }
    }

    fn may_write_to(&self, id: &str, name: &str) -> bool {
        self.addresses.get(id).is_none_or(|names| names.len() < 2 || names.contains(name))
    }

    fn writes_to(&mut self, id: &str, name: &str) {
        self.addresses.entry(id.to_owned()).or_default().insert(name.to_owned());
    }

    pub(in super::super) fn leave_address(
        &mut self,
        (id, contact): (&str, &str),
        (address, name): (&str, &str),
    ) -> &'static str {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.contact == contact) else {
            return "unknown";
        };
        if matches!(conv.state, State::Closed | State::WrapUp) {
            return "closed";
        }
        if conv.address.as_deref() == Some(address) {
            return "same";
        }
        if !self.may_write_to(id, name) {
            return "too_many";
        }
        self.writes_to(id, name);
        self.edit(id).address = Some(address.to_owned());
        self.notice(id, json!({ "code": "address_left", "address": address }));
        self.will_look(id);
        "left"
    }

    pub(in super::super) fn withdraw_address(&mut self, id: &str, contact: &str) -> &'static str {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.contact == contact) else {
            return "unknown";
        };
        let (had, state) = (conv.address.is_some(), conv.state);
        self.unread.remove(id);
        if !had {
            return "none";
        }
        self.edit(id).address = None;
        if state != State::Closed {
            self.notice(id, json!({ "code": "address_withdrawn" }));
        }
        "withdrawn"
    }

    pub(in super::super) fn mail_unread(
        &mut self,
        id: &str,
        (known, upto): (u64, u64),
        has_letter: bool,
    ) -> &'static str {
        let Some(conv) = self.convs.get(id) else {
            self.unread.remove(id);
            return "unknown";
        };
        let (is_all, contact) = (conv.last_seq() == upto, conv.contact.clone());
        let (state, knows) = (conv.state, conv.read_by_contact.max(conv.mailed));
        if !has_letter {
            if is_all {
                self.unread.remove(id);
            }
            return "nothing";
        }
        if conv.address.is_none() {
            self.unread.remove(id);
            return "nothing";
        }
        if knows != known {
            return "changed";
        }
        let now = self.now;
        if let Some(sockets) = self.here.get_mut(&contact) {
            sockets.retain(|_, until| *until > now);
            if sockets.is_empty() {
                self.here.remove(&contact);
            } else {
                self.unread.insert(id.to_owned(), now + super::super::by_mail::AFTER_MS as i64);
                return "here";
            }
        }
        self.edit(id).mailed = upto;
        if is_all {
            self.unread.remove(id);
        }
        if state != State::Closed {
            self.notice(id, json!({ "code": "went_by_mail", "seq": upto }));
        }
        "mailed"
    }

    pub(in super::super) fn send_transcript(&mut self, id: &str, name: &str) -> &'static str {
        let mark = format!("{id}:transcript.{name}");
        if self.seen.contains_key(&mark) {
            return "already";
        }
        if !self.may_write_to(id, name) {
            return "too_many";
        }
        self.writes_to(id, name);
        self.seen.insert(mark, String::new());
        "sent"
    }

    pub(in super::super) fn attend(&mut self, contact: &str, socket: &str, ms: u64) {
        let sockets = self.here.entry(contact.to_owned()).or_default();
        match ms {
            0 => drop(sockets.remove(socket)),
            ms => drop(sockets.insert(socket.to_owned(), self.now + ms as i64)),
        }
        self.here.retain(|_, sockets| !sockets.is_empty());
    }
}
