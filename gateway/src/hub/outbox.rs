//! What waits to be written to one socket: bounded in frames and bytes.
//!
//! Messages and events are never dropped: a socket that lets more than the bound pile up is closed
//! with 4008 and resumes. Signs of which only the last matters (typing, position, link) replace each
//! other instead of piling up. An idle outbox holds no buffer.

use super::fact::Fact;
use crate::socket::protocol::Position;
use domain::ConversationId;
use domain::limits::{SOCKET_OUTBOX_BYTES_MAX, SOCKET_OUTBOX_FRAMES_MAX};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// How many items a socket takes at once, so that what was taken and not yet written stays small.
const TAKE_MAX: usize = 32;
/// The most signs that wait; typing in more conversations than this is not shown.
const SIGNS_MAX: usize = 32;

/// Why a socket closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// 4001: not authenticated, expired or revoked.
    Unauthenticated,
    /// 4002: frames that are not of the protocol.
    BadFrame,
    /// 4003: replaced by a newer socket of the same person.
    Replaced,
    /// 4008: reads too slowly; reconnect and resume.
    TooSlow,
    /// 1009: a frame over the limit.
    TooBig,
    /// 1012: the gateway goes away; reconnect after the hint, in milliseconds.
    GoingAway(u64),
    /// 1013: try again later, after the hint in milliseconds.
    TryLater(u64),
}

impl Close {
    /// The close code on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Unauthenticated => 4001,
            Self::BadFrame => 4002,
            Self::Replaced => 4003,
            Self::TooSlow => 4008,
            Self::TooBig => 1009,
            Self::GoingAway(_) => 1012,
            Self::TryLater(_) => 1013,
        }
    }

    /// The reason on the wire.
    pub fn reason(self) -> String {
        match self {
            Self::Unauthenticated => "not authenticated".to_owned(),
            Self::BadFrame => "bad frame".to_owned(),
            Self::Replaced => "replaced".to_owned(),
            Self::TooSlow => "too slow; reconnect and resume".to_owned(),
            Self::TooBig => "frame too large".to_owned(),
            Self::GoingAway(ms) | Self::TryLater(ms) => format!("retry_after_ms={ms}"),
        }
    }
}

/// One thing for a socket.
#[derive(Debug, Clone)]
pub enum Item {
    /// A frame as it goes out.
    Frame(Utf8Bytes),
    /// Something that became true.
    Fact(Arc<Fact>),
    /// The place in the queue changed.
    Position(Position),
    /// The history was replaced: tell everything anew.
    Renew,
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.len(),
            Self::Fact(fact) => fact.bytes(),
            Self::Position(_) | Self::Renew => 64,
        }
    }
}

/// Which sign: a newer one of the same sort replaces an older one that still waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// Somebody is typing in a conversation.
    Typing(ConversationId),
    /// The place in the queue.
    Position,
    /// Redis is there, or not.
    Link,
    /// The history was replaced.
    Renew,
}

/// What a socket took.
#[derive(Debug, Default)]
pub struct Taken {
    /// In order.
    pub items: Vec<Item>,
    /// Set when the socket must close now; nothing else matters then.
    pub close: Option<Close>,
}

/// What waits for one socket.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    ready: Notify,
    closing: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    bytes: usize,
    signs: Vec<(Sign, Item)>,
    close: Option<Close>,
}

impl Outbox {
    /// Adds something that must not be lost. When that is too much, the socket is to close.
    pub fn push(&self, item: Item) {
        let mut waiting = self.lock();
        if waiting.close.is_some() {
            return;
        }
        waiting.bytes += item.bytes();
        waiting.items.push_back(item);
        if waiting.items.len() > SOCKET_OUTBOX_FRAMES_MAX || waiting.bytes > SOCKET_OUTBOX_BYTES_MAX
        {
            drop(waiting);
            self.close(Close::TooSlow);
        } else {
            drop(waiting);
            self.ready.notify_one();
        }
    }

    /// Adds a sign; it replaces one of the same sort that still waits.
    pub fn sign(&self, sign: Sign, item: Item) {
        let mut waiting = self.lock();
        if waiting.close.is_some() {
            return;
        }
        let room = waiting.signs.len() < SIGNS_MAX;
        match waiting.signs.iter_mut().find(|(known, _)| *known == sign) {
            Some((_, old)) => *old = item,
            None if room => waiting.signs.push((sign, item)),
            None => return,
        }
        drop(waiting);
        self.ready.notify_one();
    }

    /// The socket is to close; the first reason counts, and what waited is let go.
    pub fn close(&self, close: Close) {
        let mut waiting = self.lock();
        if waiting.close.is_none() {
            *waiting = Waiting { close: Some(close), ..Waiting::default() };
        }
        drop(waiting);
        self.ready.notify_one();
        self.closing.notify_one();
    }

    /// Takes what waits, a bounded part of it.
    pub fn take(&self) -> Taken {
        let mut guard = self.lock();
        let waiting = &mut *guard;
        if waiting.close.is_some() {
            return Taken { items: Vec::new(), close: waiting.close };
        }
        let count = waiting.items.len().min(TAKE_MAX);
        let mut items: Vec<Item> = waiting.items.drain(..count).collect();
        let taken: usize = items.iter().map(Item::bytes).sum();
        waiting.bytes = waiting.bytes.saturating_sub(taken);
        if waiting.items.is_empty() {
            // Gives the buffers back: an idle socket holds none.
            waiting.items = VecDeque::new();
            items.extend(std::mem::take(&mut waiting.signs).into_iter().map(|(_, item)| item));
        } else {
            self.ready.notify_one();
        }
        Taken { items, close: None }
    }

    /// Resolves when there is something to take.
    ///
    /// Cancel safety: safe; nothing is taken here.
    pub async fn ready(&self) {
        loop {
            let notified = self.ready.notified();
            if self.has_something() {
                return;
            }
            notified.await;
        }
    }

    /// Resolves when the socket is to close: what is being written just now is given up.
    ///
    /// Cancel safety: safe.
    pub async fn closing(&self) {
        loop {
            let notified = self.closing.notified();
            if self.lock().close.is_some() {
                return;
            }
            notified.await;
        }
    }

    /// Is the socket to close?
    pub fn is_closing(&self) -> bool {
        self.lock().close.is_some()
    }

    fn has_something(&self) -> bool {
        let waiting = self.lock();
        waiting.close.is_some() || !waiting.items.is_empty() || !waiting.signs.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Item {
        Item::Frame(Utf8Bytes::from(text))
    }

    fn texts(items: &[Item]) -> Vec<String> {
        items
            .iter()
            .map(|item| if let Item::Frame(text) = item { text.to_string() } else { String::new() })
            .collect()
    }

    #[test]
    fn signs_replace_each_other_and_follow_the_messages() {
        let outbox = Outbox::default();
        let conversation: ConversationId = "conv_1".parse().unwrap();
        outbox.sign(Sign::Typing(conversation.clone()), frame("typing 1"));
        outbox.push(frame("message"));
        outbox.sign(Sign::Typing(conversation), frame("typing 2"));
        outbox.sign(Sign::Link, frame("link"));
        assert_eq!(texts(&outbox.take().items), ["message", "typing 2", "link"]);
        assert!(outbox.take().items.is_empty());
    }

    #[test]
    fn too_many_frames_close_the_socket_and_free_the_memory() {
        let outbox = Outbox::default();
        for _ in 0..SOCKET_OUTBOX_FRAMES_MAX {
            outbox.push(frame("x"));
        }
        assert_eq!(outbox.lock().close, None);
        outbox.push(frame("x"));
        let taken = outbox.take();
        assert_eq!((taken.items.len(), taken.close), (0, Some(Close::TooSlow)));
        assert_eq!(outbox.lock().items.capacity(), 0);
    }

    #[test]
    fn too_many_bytes_close_the_socket() {
        let outbox = Outbox::default();
        outbox.push(frame(&"x".repeat(SOCKET_OUTBOX_BYTES_MAX)));
        assert_eq!(outbox.lock().close, None);
        outbox.push(frame("x"));
        assert_eq!(outbox.take().close, Some(Close::TooSlow));
    }

    #[test]
    fn the_first_reason_to_close_counts() {
        let outbox = Outbox::default();
        outbox.close(Close::Unauthenticated);
        outbox.close(Close::GoingAway(100));
        assert_eq!(outbox.take().close, Some(Close::Unauthenticated));
    }

    #[tokio::test]
    async fn ready_resolves_for_what_came_before_and_after() {
        let outbox = Arc::new(Outbox::default());
        outbox.push(frame("before"));
        outbox.ready().await;
        assert_eq!(outbox.take().items.len(), 1);
        let other = Arc::clone(&outbox);
        let ((), ()) = tokio::join!(outbox.ready(), async move { other.push(frame("after")) });
        assert_eq!(outbox.take().items.len(), 1);
    }

    #[test]
    fn much_is_taken_in_parts_and_in_order() {
        let outbox = Outbox::default();
        for n in 0..40 {
            outbox.push(frame(&n.to_string()));
        }
        let first = texts(&outbox.take().items);
        let second = texts(&outbox.take().items);
        assert_eq!((first.len(), second.len()), (TAKE_MAX, 8));
        assert_eq!(second.last().map(String::as_str), Some("39"));
    }
}
