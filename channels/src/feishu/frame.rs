//! Frames of the long connection (protobuf package `pbbp2`), and messages that come in parts.
//!
//! Source: the vendor's SDK (larksuite/oapi-sdk-python, `ws/pb/pbbp2.proto`). The numbers are proto2
//! *required*: written even when they are zero, or the other side refuses the frame.

use std::collections::VecDeque;

/// A name and its value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Header {
    #[prost(string, required, tag = "1")]
    pub(super) key: String,
    #[prost(string, required, tag = "2")]
    pub(super) value: String,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Frame {
    #[prost(uint64, required, tag = "1")]
    pub(super) seq_id: u64,
    #[prost(uint64, required, tag = "2")]
    pub(super) log_id: u64,
    #[prost(int32, required, tag = "3")]
    pub(super) service: i32,
    /// 0 for control, 1 for data.
    #[prost(int32, required, tag = "4")]
    pub(super) method: i32,
    #[prost(message, repeated, tag = "5")]
    pub(super) headers: Vec<Header>,
    #[prost(string, optional, tag = "6")]
    pub(super) payload_encoding: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub(super) payload_type: Option<String>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(super) payload: Option<Vec<u8>>,
    #[prost(string, optional, tag = "9")]
    pub(super) log_id_new: Option<String>,
}

/// A frame about the line itself.
pub(super) const CONTROL: i32 = 0;
/// A frame with an event.
pub(super) const DATA: i32 = 1;

impl Frame {
    /// A header's value; empty when there is none.
    pub(super) fn header(&self, key: &str) -> &str {
        let found = self.headers.iter().find(|header| header.key == key);
        found.map_or("", |header| header.value.as_str())
    }

    /// A ping.
    pub(super) fn ping(service: i32) -> Self {
        let headers = vec![Header { key: "type".to_owned(), value: "ping".to_owned() }];
        Self { service, method: CONTROL, headers, ..Self::default() }
    }

    /// The same frame as an acknowledgement.
    pub(super) fn acknowledged(mut self, answer: &serde_json::Value) -> Self {
        self.headers.push(Header { key: "biz_rt".to_owned(), value: "0".to_owned() });
        self.payload = Some(answer.to_string().into_bytes());
        self
    }
}

/// The most parts of one message.
const PARTS_MAX: usize = 64;
/// The most messages that are put together at a time; the oldest is given up for a new one, and comes
/// again because nobody acknowledged it.
const MESSAGES_MAX: usize = 32;
/// The most bytes of all parts that wait.
const BYTES_MAX: usize = 8 << 20;

/// What came of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// The message is whole.
    Whole(Vec<u8>),
    /// More is to come.
    Waiting,
    /// The part makes no sense: it is passed over.
    Nonsense,
}

/// Messages that are being put together.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// In the order in which they began.
    waiting: VecDeque<Pieces>,
}

#[derive(Debug)]
struct Pieces {
    id: String,
    pieces: Vec<Option<Vec<u8>>>,
}

impl Parts {
    /// Puts a frame's payload to those of its message.
    pub(super) fn join(&mut self, frame: &Frame) -> Joined {
        let number = |key: &str| frame.header(key).parse::<usize>().ok();
        let payload = frame.payload.clone().unwrap_or_default();
        let count = number("sum").unwrap_or(1);
        if count <= 1 {
            return Joined::Whole(payload);
        }
        let (id, Some(place)) = (frame.header("message_id"), number("seq")) else {
            return Joined::Nonsense;
        };
        if id.is_empty() || count > PARTS_MAX || place >= count {
            return Joined::Nonsense;
        }
        let mut pieces = match self.waiting.iter().position(|waiting| waiting.id == id) {
            Some(at) => self.waiting.remove(at).map(|waiting| waiting.pieces).unwrap_or_default(),
            None => vec![None; count],
        };
        let is_of_it = pieces.len() == count;
        match pieces.get_mut(place).filter(|_| is_of_it) {
            Some(piece) => *piece = Some(payload),
            None => return Joined::Nonsense,
        }
        if pieces.iter().all(Option::is_some) {
            return Joined::Whole(pieces.into_iter().flatten().flatten().collect());
        }
        self.waiting.push_back(Pieces { id: id.to_owned(), pieces });
        self.keep_bounds();
        Joined::Waiting
    }

    fn keep_bounds(&mut self) {
        let bytes = |pieces: &Pieces| pieces.pieces.iter().flatten().map(Vec::len).sum::<usize>();
        while self.waiting.len() > MESSAGES_MAX
            || self.waiting.iter().map(bytes).sum::<usize>() > BYTES_MAX
        {
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost::Message as _;

    fn part(id: &str, count: usize, place: usize, payload: &[u8]) -> Frame {
        let header = |key: &str, value: String| Header { key: key.to_owned(), value };
        Frame {
            method: DATA,
            headers: vec![
                header("message_id", id.to_owned()),
                header("sum", count.to_string()),
                header("seq", place.to_string()),
            ],
            payload: Some(payload.to_vec()),
            ..Frame::default()
        }
    }

    #[test]
    fn zeros_are_written() {
        // Field by field: 1, 2, 3 and 4 as varints of nought; the header; nothing else.
        let bytes = Frame::ping(0).encode_to_vec();
        let headers: &[u8] = b"\x2a\x0c\x0a\x04type\x12\x04ping";
        assert_eq!(bytes, [&[8, 0, 16, 0, 24, 0, 32, 0][..], headers].concat());
        // Without them it is no frame.
        assert_eq!(Frame::decode(&bytes[..]).as_ref(), Ok(&Frame::ping(0)));
    }

    #[test]
    fn parts_are_put_together_in_any_order_and_twice_is_once() {
        let mut parts = Parts::default();
        for (place, payload) in [(2, b"c"), (0, b"a"), (2, b"c")] {
            assert_eq!(parts.join(&part("m", 3, place, payload)), Joined::Waiting);
        }
        assert_eq!(parts.join(&part("n", 2, 0, b"x")), Joined::Waiting);
        assert_eq!(parts.join(&part("m", 3, 1, b"b")), Joined::Whole(b"abc".to_vec()));
        assert_eq!(parts.join(&part("n", 2, 1, b"y")), Joined::Whole(b"xy".to_vec()));
        assert!(parts.waiting.is_empty());
    }

    #[test]
    fn nonsense_and_floods_are_bounded() {
        let mut parts = Parts::default();
        for (count, place) in [(2, 2), (65, 0), (usize::MAX, 1)] {
            assert_eq!(parts.join(&part("m", count, place, b"")), Joined::Nonsense);
        }
        assert_eq!(parts.join(&part("m", 3, 0, b"")), Joined::Waiting);
        assert_eq!(parts.join(&part("m", 2, 0, b"")), Joined::Nonsense);
        for n in 0..1_000 {
            parts.join(&part(&format!("m{n}"), 2, 0, &[0; 100]));
        }
        assert_eq!(parts.waiting.len(), MESSAGES_MAX);
        let large = vec![0; 3 << 20];
        for n in 0..10 {
            parts.join(&part(&format!("l{n}"), 2, 0, &large));
        }
        assert_eq!(parts.waiting.len(), 2);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(frame) = Frame::decode(&bytes[..]) {
                Parts::default().join(&frame);
            }
        }
    }
}
