//! What a status code means for a call: one table.

use crate::phone::CallEnd;
use domain::{CallOutcome, Leg};
use rsipstack::sip::{HeadersExt, Response, StatusCode};
use std::time::Duration;

/// The longest pause that a trunk may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(86_400);

/// What the end of a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rang {
    /// The telephone had rung.
    Yes,
    /// Nothing had been heard of it.
    No,
}

/// How a call ends when the person's side answers with this code (RFC 3261, 21). We do not follow
/// redirects: they could lead anywhere, at our cost.
pub(super) fn of_contact(code: u16, rang: Rang) -> CallOutcome {
    match code {
        486 | 600 => CallOutcome::Busy,
        408 | 480 | 487 => CallOutcome::NoAnswer,
        // 607 Unwanted (RFC 8197), 608 Rejected (RFC 8688).
        603 | 607 | 608 => CallOutcome::Declined,
        403 if rang == Rang::Yes => CallOutcome::Declined,
        404 | 410 | 484 | 485 | 604 => CallOutcome::BadNumber,
        _ => CallOutcome::Failed,
    }
}

/// How a call ends when a leg refuses: the agent's telephone is always only unreachable.
pub(super) fn refused(leg: Leg, response: &Response, rang: Rang) -> CallEnd {
    let code = response.status_code.code();
    let outcome = match leg {
        Leg::Agent => CallOutcome::AgentUnreachable,
        Leg::Contact => of_contact(code, rang),
    };
    let is_theirs = matches!(outcome, CallOutcome::Busy | CallOutcome::Declined)
        || (leg == Leg::Agent && matches!(code, 486 | 600 | 603));
    CallEnd {
        outcome,
        by: is_theirs.then_some(leg),
        cause: words(code),
        retry_after: (leg == Leg::Contact).then(|| retry_after(response)).flatten(),
    }
}

/// An end that no telephone made.
pub(super) fn ours(outcome: CallOutcome, cause: &str) -> CallEnd {
    CallEnd { outcome, by: None, cause: cause.to_owned(), retry_after: None }
}

/// The code in fixed words: what the far end wrote beside it may be anything.
pub(super) fn words(code: u16) -> String {
    match StatusCode::from(code) {
        StatusCode::Other(..) => code.to_string(),
        known => format!("{code} {}", known.text()),
    }
}

/// `Retry-After: 18000;duration=3600 (maintenance)` (RFC 3261, 20.33).
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header_value("Retry-After")?;
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    let seconds = digits.parse().ok().filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds).min(PAUSE_MAX))
}

/// Does the network say that a machine answers: a feature tag (RFC 3840 `automata`), or a way that led to a
/// voice mailbox (RFC 7044 `History-Info`, RFC 5806 `Diversion`)?
pub(super) fn is_machine(response: &Response) -> bool {
    let says = |name: &str, words: &[&str]| {
        response.header_value(name).is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.contains(word))
        })
    };
    let mailbox = ["voicemail", "voice-mail", "vmail"];
    says("Contact", &[";automata"])
        || says("Diversion", &mailbox)
        || says("History-Info", &mailbox)
        || says("P-Asserted-Identity", &mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(head: &str) -> Response {
        let text = format!("SIP/2.0 {head}\r\nContent-Length: 0\r\n\r\n");
        Response::try_from(text.as_str()).unwrap()
    }

    #[test]
    fn the_table_of_outcomes() {
        for (code, rang, outcome) in [
            (486, Rang::Yes, CallOutcome::Busy),
            (600, Rang::No, CallOutcome::Busy),
            (408, Rang::Yes, CallOutcome::NoAnswer),
            (480, Rang::No, CallOutcome::NoAnswer),
            (487, Rang::Yes, CallOutcome::NoAnswer),
            (603, Rang::Yes, CallOutcome::Declined),
            (607, Rang::No, CallOutcome::Declined),
            (403, Rang::Yes, CallOutcome::Declined),
            (403, Rang::No, CallOutcome::Failed),
            (404, Rang::No, CallOutcome::BadNumber),
            (410, Rang::No, CallOutcome::BadNumber),
            (484, Rang::No, CallOutcome::BadNumber),
            (604, Rang::No, CallOutcome::BadNumber),
            (302, Rang::No, CallOutcome::Failed),
            (407, Rang::No, CallOutcome::Failed),
            (488, Rang::No, CallOutcome::Failed),
            (503, Rang::No, CallOutcome::Failed),
            (699, Rang::No, CallOutcome::Failed),
        ] {
            assert_eq!(of_contact(code, rang), outcome, "{code} {rang:?}");
        }
    }

    #[test]
    fn whatever_the_agents_telephone_says_the_person_was_not_rung() {
        for code in ["404 Not Found", "486 Busy Here", "500 Oops", "302 Moved Temporarily"] {
            let end = refused(Leg::Agent, &response(code), Rang::Yes);
            assert_eq!(end.outcome, CallOutcome::AgentUnreachable);
        }
    }

    #[test]
    fn causes_are_fixed_words_and_a_pause_is_bounded() {
        let busy = refused(Leg::Contact, &response("486 CANARY is out"), Rang::Yes);
        assert_eq!((busy.cause.as_str(), busy.by), ("486 Busy Here", Some(Leg::Contact)));
        let odd = refused(Leg::Contact, &response("499 CANARY"), Rang::No);
        assert_eq!((odd.cause.as_str(), odd.outcome), ("499", CallOutcome::Failed));
        let pause = |value: &str| {
            let head = format!("503 Service Unavailable\r\nRetry-After: {value}");
            refused(Leg::Contact, &response(&head), Rang::No).retry_after
        };
        assert_eq!(pause("120"), Some(Duration::from_secs(120)));
        assert_eq!(pause("18 (maintenance);duration=60"), Some(Duration::from_secs(18)));
        assert_eq!(pause("999999999"), Some(PAUSE_MAX));
        assert_eq!((pause("soon"), pause("0")), (None, None));
    }

    #[test]
    fn a_machine_is_suspected_only_where_the_network_says_so() {
        for (head, expected) in [
            ("200 OK\r\nContact: <sip:vm@gw>;automata", true),
            ("200 OK\r\nHistory-Info: <sip:voicemail@ims.cn>;index=1.1", true),
            ("200 OK\r\nDiversion: <sip:+86138@ims.cn>;reason=no-answer", false),
            ("200 OK\r\nContact: <sip:vm@gw>", false),
        ] {
            assert_eq!(is_machine(&response(head)), expected, "{head}");
        }
    }
}
