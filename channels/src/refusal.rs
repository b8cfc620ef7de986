//! Why a call to a network did not do what was asked, for networks that want an access token, and what
//! follows from it for whoever asked.

use crate::error::AdapterError;
use crate::http::CallError;
use crate::means::Means;
use crate::outbound::Outcome;
use crate::secret::Secret;
use crate::token;
use serde_json::Value;
use std::time::Duration;

/// What a network's words are cut to, in characters.
const WORDS_CHARS_MAX: usize = 300;

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The access token is not taken.
    Token,
    /// The app's own credentials are not taken, with the network's words.
    Credentials(String),
    /// Too many calls.
    Limited(Duration),
    /// There is no such person, chat or message for this app.
    Unknown(String),
    /// Refused for good: the network's number, 0 where it has none, and its words.
    Refused(i64, String),
    /// Nothing was done; it may be tried again.
    Away(String),
    /// It may have been done.
    Doubt(String),
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        let why = error.to_string();
        match error {
            CallError::NotAllowed => Self::Refused(0, why),
            CallError::Unreachable(_) => Self::Away(why),
            CallError::Cut(_) | CallError::TooLarge | CallError::Nonsense(_) => Self::Doubt(why),
        }
    }
}

impl Refusal {
    /// What it means for a message.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Limited(pause) => Outcome::RateLimited(pause),
            Self::Unknown(_) => Outcome::RecipientGone,
            Self::Away(why) => Outcome::Unavailable(why),
            Self::Doubt(why) => Outcome::InDoubt(why),
            Self::Token | Self::Credentials(_) | Self::Refused(..) => {
                Outcome::Rejected(self.words())
            }
        }
    }

    /// What it means for a question.
    pub(crate) fn error(self) -> AdapterError {
        match self {
            Self::Token | Self::Credentials(_) => AdapterError::Unauthorised,
            Self::Limited(pause) => AdapterError::RateLimited(pause),
            Self::Unknown(why) | Self::Refused(_, why) => AdapterError::Malformed(why),
            Self::Away(why) | Self::Doubt(why) => AdapterError::Unavailable(why),
        }
    }

    /// In words, for a live check.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Token => "the network refuses the access token".to_owned(),
            Self::Limited(pause) => format!("the network asks us to wait {} s", pause.as_secs()),
            Self::Credentials(why)
            | Self::Unknown(why)
            | Self::Refused(_, why)
            | Self::Away(why)
            | Self::Doubt(why) => why,
        }
    }

    /// The same of an answer that the app's own credentials got: a refusal is about them.
    pub(crate) fn of_credentials(self) -> Self {
        match self {
            Self::Token => Self::Credentials("the network refuses the credentials".to_owned()),
            Self::Refused(_, why) | Self::Unknown(why) => Self::Credentials(why),
            other => other,
        }
    }
}

/// The shared access token of this name, out of `fetch` when there is none: see [`token::shared`].
pub(crate) async fn shared_token(
    means: &Means,
    name: &str,
    refused: Option<&Secret>,
    fetch: impl AsyncFnOnce() -> Result<(Secret, Duration), Refusal>,
) -> Result<Secret, Refusal> {
    // `token::shared` speaks of adapter errors; the network's own words are kept beside it.
    let mut words = None;
    let fetched = token::shared(means, name, refused, async || {
        fetch().await.map_err(|refusal| {
            if let Refusal::Credentials(why) = &refusal {
                words = Some(why.clone());
            }
            refusal.error()
        })
    })
    .await;
    fetched.map_err(|error| match (words, error) {
        (Some(why), _) => Refusal::Credentials(why),
        (None, AdapterError::RateLimited(pause)) => Refusal::Limited(pause),
        (None, AdapterError::Malformed(why)) => Refusal::Refused(0, why),
        // Nothing was asked yet but for a token.
        (None, other) => Refusal::Away(other.to_string()),
    })
}

/// A text of an object; empty when it has none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A network's words as they are shown: in one line, cut short.
pub(crate) fn shown(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(WORDS_CHARS_MAX).collect()
}
