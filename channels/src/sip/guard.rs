//! What stands before the stack: nobody makes it work more than it should, and answers that no transaction
//! waits for are not lost when they belong to a call that is being let go.

use rsipstack::sip::{HasHeaders, HeadersExt, Method, Response, SipMessage, StatusCodeKind};
use rsipstack::transaction::endpoint::TransportEventInspector;
use rsipstack::transport::TransportEvent;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;

/// Requests that one address may send at once.
const BURST: f64 = 100.0;
/// And in a second, for ever.
const PER_SECOND: f64 = 50.0;
/// The most addresses that are remembered; above, all start anew.
const ADDRESSES_MAX: usize = 10_000;
/// The most header fields of a message.
const FIELDS_MAX: usize = 120;
/// The longest header field, and the largest body, in bytes.
const FIELD_BYTES_MAX: usize = 8_192;
/// The largest body, in bytes.
const BODY_BYTES_MAX: usize = 16_384;

/// An answer that no transaction waits for.
pub(super) struct Stray {
    pub(super) call_id: String,
    pub(super) answer: Box<Response>,
}

/// The calls that are being let go, by their Call-ID.
#[derive(Debug, Clone, Default)]
pub(super) struct LetGo(Arc<Mutex<HashSet<String>>>);

impl LetGo {
    pub(super) fn watch(&self, call_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call_id.to_owned());
    }

    pub(super) fn forget(&self, call_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(call_id);
    }

    fn has(&self, call_id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(call_id)
    }
}

/// How much an address may still send.
struct Bucket {
    left: f64,
    seen: Instant,
}

/// The guard.
pub(super) struct Guard {
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
    let_go: LetGo,
    strays: mpsc::Sender<Stray>,
}

impl Guard {
    pub(super) fn new(let_go: LetGo, strays: mpsc::Sender<Stray>) -> Self {
        Self { buckets: Mutex::default(), let_go, strays }
    }

    /// May this address have another request answered?
    fn admits(&self, from: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&from) {
            buckets.clear();
        }
        let bucket = buckets.entry(from).or_insert(Bucket { left: BURST, seen: now });
        let passed = now.saturating_duration_since(bucket.seen).as_secs_f64();
        bucket.left = (bucket.left + passed * PER_SECOND).min(BURST);
        bucket.seen = now;
        let admits = bucket.left >= 1.0;
        if admits {
            bucket.left -= 1.0;
        }
        admits
    }

    fn look_at(&self, answer: &Response) {
        let is_invites = answer.cseq_header().and_then(|cseq| cseq.method());
        let is_accepted = answer.status_code.kind() == StatusCodeKind::Successful
            && is_invites.is_ok_and(|method| method == Method::Invite);
        let Ok(call_id) = answer.call_id_header() else { return };
        if is_accepted && self.let_go.has(call_id.value()) {
            let call_id = call_id.value().to_owned();
            // When nobody has room for it, it comes again: it is repeated until it is confirmed.
            drop(self.strays.try_send(Stray { call_id, answer: Box::new(answer.clone()) }));
        }
    }
}

#[async_trait::async_trait]
impl TransportEventInspector for Guard {
    async fn handle(&self, event: TransportEvent) -> Option<TransportEvent> {
        if let TransportEvent::Incoming(message, _, from) = &event {
            if !is_sound(message) {
                return None;
            }
            match message {
                SipMessage::Request(_) => {
                    let from = from.get_socketaddr().ok()?;
                    if !self.admits(from.ip(), Instant::now()) {
                        return None;
                    }
                }
                SipMessage::Response(answer) => self.look_at(answer),
            }
        }
        Some(event)
    }
}

/// Is it a message that can be worked with (RFC 3261, 8.1.1), and not too large?
fn is_sound(message: &SipMessage) -> bool {
    let (fields, body) = match message {
        SipMessage::Request(request) => (request.headers(), request.body.len()),
        SipMessage::Response(response) => (response.headers(), response.body.len()),
    };
    let fits = fields.len() <= FIELDS_MAX
        && body <= BODY_BYTES_MAX
        && fields.iter().all(|field| field.value().len() <= FIELD_BYTES_MAX);
    let has_all = match message {
        SipMessage::Request(request) => {
            has_needed(request) && {
                let said = request.cseq_header().and_then(|cseq| cseq.method());
                said.is_ok_and(|method| method == request.method)
            }
        }
        SipMessage::Response(response) => has_needed(response),
    };
    fits && has_all
}

fn has_needed(message: &impl HeadersExt) -> bool {
    let has_tag = message.from_header().and_then(|from| from.tag());
    message.via_header().is_ok()
        && message.to_header().is_ok_and(|to| to.tag().is_ok())
        && message.call_id_header().is_ok_and(|id| !id.value().is_empty())
        && message.cseq_header().is_ok_and(|cseq| cseq.seq().is_ok())
        && has_tag.is_ok_and(|tag| tag.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn guard() -> Guard {
        Guard::new(LetGo::default(), mpsc::channel(1).0)
    }

    #[test]
    fn an_address_has_so_many_requests_answered_and_no_more() {
        let (guard, now) = (guard(), Instant::now());
        let (noisy, quiet) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let admitted = (0..1_000).filter(|_| guard.admits(noisy, now)).count();
        assert_eq!(admitted, 100);
        assert!(guard.admits(quiet, now), "another address");
        let later = now + Duration::from_secs(1);
        assert_eq!((0..1_000).filter(|_| guard.admits(noisy, later)).count(), 50);
    }

    #[test]
    fn addresses_do_not_fill_the_memory() {
        let (guard, now) = (guard(), Instant::now());
        for n in 0..25_000_u32 {
            assert!(guard.admits(IpAddr::from(n.to_be_bytes()), now));
        }
        assert!(guard.buckets.lock().unwrap().len() <= ADDRESSES_MAX);
    }

    #[test]
    fn what_lacks_something_is_not_worked_with() {
        let whole = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\n\
                     From: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
        let is_sound =
            |text: &str| SipMessage::try_from(text).is_ok_and(|message| is_sound(&message));
        assert!(is_sound(whole));
        for (part, instead) in [
            ("Via: SIP/2.0/UDP c;branch=z9hG4bK1\r\n", ""),
            (";tag=1", ""),
            ("To: <sip:a@b>\r\n", ""),
            ("Call-ID: x\r\n", ""),
            ("CSeq: 1 OPTIONS", "CSeq: one OPTIONS"),
            ("CSeq: 1 OPTIONS", "CSeq: 1 BYE"),
            ("Call-ID: x\r\n", &format!("Call-ID: x\r\n{}", "X: y\r\n".repeat(130))),
            ("Call-ID: x\r\n", &format!("Call-ID: x\r\nX: {}\r\n", "y".repeat(9_000))),
        ] {
            assert!(!is_sound(&whole.replace(part, instead)), "{part} {instead:.20}");
        }
    }
}
