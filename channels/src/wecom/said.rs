//! What WeCom's error codes mean (developer.work.weixin.qq.com, 全局错误码, document 90313). They
//! come as `errcode` and `errmsg` in an answer with HTTP status 200.

use crate::error::AdapterError;
use crate::http::CallError;
use crate::outbound::Outcome;
use serde::Deserialize;
use std::time::Duration;

/// The longest text of the network that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 300;
/// How long we wait when too much was called: limits are counted by the minute.
const PAUSE: Duration = Duration::from_secs(60);
/// How long we wait when too much was called at once.
const SHORT_PAUSE: Duration = Duration::from_secs(5);

/// The code of an answer that is in order.
const OK: i64 = 0;
/// An invalid access token, an absent one, one that ran out; 40001 is a wrong secret, and what a token
/// of a secret that was changed since gets.
const TOKEN_CODES: [i64; 4] = [40001, 40014, 41001, 42001];

/// The part that all answers have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Said {
    /// 0 when all is well.
    #[serde(default)]
    pub(super) errcode: i64,
    /// The network's own words.
    #[serde(default)]
    pub(super) errmsg: String,
}

/// What is to be done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The access token is not, or no longer, good.
    Token,
    /// The network is busy, nothing was done.
    Busy,
    /// Too many calls: none for so long.
    TooMany(Duration),
    /// The person is not there, or outside what the app may reach.
    Gone,
    /// It is too late to answer, or too much was answered.
    Closed,
    /// The customer's session is not ours to answer in at this time.
    Session,
    /// Anything else: a person must read the words.
    Refused,
}

impl Said {
    pub(super) fn is_ok(&self) -> bool {
        self.errcode == OK
    }

    pub(super) fn meaning(&self) -> Meaning {
        match self.errcode {
            code if TOKEN_CODES.contains(&code) => Meaning::Token,
            -1 => Meaning::Busy,
            45009 => Meaning::TooMany(PAUSE),
            45033 => Meaning::TooMany(SHORT_PAUSE),
            // Invalid user id (40003, 40096 of a customer), no such member (60111), nobody of those
            // named is within the app's scope (81013), no customer of this corporation (84061).
            40003 | 40096 | 60111 | 81013 | 84061 => Meaning::Gone,
            // 微信客服: five messages (95001), 48 hours (95002), the session is over (95013).
            95001 | 95002 | 95013 => Meaning::Closed,
            95018 => Meaning::Session,
            _ => Meaning::Refused,
        }
    }

    /// The network's words with its code, for people.
    pub(super) fn words(&self) -> String {
        let message: String = self.errmsg.chars().take(MESSAGE_CHARS_MAX).collect();
        format!("errcode {}: {message}", self.errcode)
    }
}

/// Why a call to the network brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The settings lack what is needed for it.
    #[error("the setting `{0}` is missing")]
    Missing(&'static str),
    /// There was no access token: nothing was asked.
    #[error("there is no access token: {0}")]
    NoToken(String),
    /// The network was not reached, or gave no whole answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Something before the network turned it away, nothing was done.
    #[error("HTTP {0} instead of an answer")]
    Turned(u16),
    /// The network refuses it.
    #[error("{}", .0.words())]
    Said(Said),
}

impl Failure {
    /// What it means for a command that was being sent.
    pub(super) fn outcome(self) -> Outcome {
        let words = self.to_string();
        match self {
            Self::Missing(_) => Outcome::Rejected(words),
            Self::NoToken(_) | Self::Turned(_) => Outcome::Unavailable(words),
            Self::Call(error) => error.outcome(),
            Self::Said(said) => match said.meaning() {
                Meaning::Busy => Outcome::Unavailable(words),
                Meaning::TooMany(pause) => Outcome::RateLimited(pause),
                Meaning::Gone => Outcome::RecipientGone,
                Meaning::Closed => Outcome::WindowClosed,
                Meaning::Token | Meaning::Session | Meaning::Refused => Outcome::Rejected(words),
            },
        }
    }
}

impl From<Failure> for AdapterError {
    fn from(failure: Failure) -> Self {
        let words = failure.to_string();
        match failure {
            Failure::Said(said) => match said.meaning() {
                Meaning::Token => Self::Unauthorised,
                Meaning::TooMany(pause) => Self::RateLimited(pause),
                _ => Self::Unavailable(words),
            },
            _ => Self::Unavailable(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(errcode: i64) -> Failure {
        Failure::Said(Said { errcode, errmsg: "why".to_owned() })
    }

    #[test]
    fn each_refusal_says_what_to_do_next() {
        let words = |code| format!("errcode {code}: why");
        let cases = [
            (-1, Outcome::Unavailable(words(-1))),
            (45009, Outcome::RateLimited(PAUSE)),
            (45033, Outcome::RateLimited(SHORT_PAUSE)),
            (60111, Outcome::RecipientGone),
            (81013, Outcome::RecipientGone),
            (95001, Outcome::WindowClosed),
            (95002, Outcome::WindowClosed),
            (95013, Outcome::WindowClosed),
            (48002, Outcome::Rejected(words(48002))),
            (60020, Outcome::Rejected(words(60020))),
            (40014, Outcome::Rejected(words(40014))),
        ];
        for (code, outcome) in cases {
            assert_eq!(said(code).outcome(), outcome, "{code}");
        }
    }

    #[test]
    fn what_was_never_asked_is_tried_again_and_what_may_be_done_is_a_doubt() {
        assert!(matches!(Failure::NoToken("x".to_owned()).outcome(), Outcome::Unavailable(_)));
        assert!(matches!(Failure::Turned(503).outcome(), Outcome::Unavailable(_)));
        let cut = Failure::Call(CallError::Cut("it took too long".to_owned()));
        assert!(matches!(cut.outcome(), Outcome::InDoubt(_)));
        assert!(matches!(AdapterError::from(said(42001)), AdapterError::Unauthorised));
        assert!(matches!(AdapterError::from(said(45009)), AdapterError::RateLimited(_)));
        let long = Said { errcode: 1, errmsg: "长".repeat(1_000) };
        assert_eq!(long.words().chars().count(), "errcode 1: ".len() + MESSAGE_CHARS_MAX);
    }
}
