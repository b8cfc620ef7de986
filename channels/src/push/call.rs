//! What calls to push services have in common: how long they may take, and what it means when they fail.

use super::Pushed;
use crate::adapter::Finding;
use crate::http::{Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shown, text};
use crate::secret::Secret;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::time::Duration;

/// How long one call may take.
pub(super) const CALL_WITHIN: Duration = Duration::from_secs(10);
/// The longest answer, in bytes; none needs a tenth of it.
pub(super) const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// The pause after too many calls, unless the service names one (Google's advice for FCM).
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// The shortest pause.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// What a call means that brought no answer. Whether it was made does not matter: the same notification
/// twice replaces itself.
pub(super) fn unanswered(error: CallError) -> Pushed {
    let why = error.to_string();
    match error {
        CallError::NotAllowed => Pushed::Rejected(why),
        CallError::Unreachable(_)
        | CallError::Cut(_)
        | CallError::TooLarge
        | CallError::Nonsense(_) => Pushed::Unavailable(why),
    }
}

/// What it means that there is no access token.
pub(super) fn unauthorised(refusal: Refusal) -> Pushed {
    match refusal {
        Refusal::Limited(pause) => Pushed::RateLimited(pause),
        Refusal::Away(why) | Refusal::Doubt(why) => Pushed::Unavailable(why),
        Refusal::Token | Refusal::Credentials(_) | Refusal::Unknown(_) | Refusal::Refused(..) => {
            Pushed::Rejected(refusal.words())
        }
    }
}

/// What an answer means of which only the status says something: too many calls, a service in trouble, or
/// a refusal.
pub(super) fn by_status(answer: &Answer, why: String) -> Pushed {
    match (answer.status, answer.retry_after()) {
        (200..300, _) => Pushed::Sent,
        (429, pause) => Pushed::RateLimited(pause.unwrap_or(PAUSE).max(PAUSE_MIN)),
        (503, Some(pause)) => Pushed::RateLimited(pause.max(PAUSE_MIN)),
        (500.., _) => Pushed::Unavailable(why),
        _ => Pushed::Rejected(why),
    }
}

/// A refusal in words: the status, what the service says, and what to do. Some services say the token
/// again; here it is left out.
pub(super) fn words(answer: &Answer, said: &str, token: &Secret) -> String {
    let said = match token.is_empty() {
        true => shown(said),
        false => shown(&said.replace(token.reveal(), "[token]")),
    };
    if said.is_empty() {
        format!("HTTP {}", answer.status)
    } else {
        format!("HTTP {}: {said}", answer.status)
    }
}

/// The body of a form.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A token of so many characters of this kind.
pub(super) fn is_word(token: &Secret, chars_max: usize, is_of_word: impl Fn(u8) -> bool) -> bool {
    let token = token.reveal();
    (1..=chars_max).contains(&token.len()) && token.bytes().all(is_of_word)
}

/// Asks for an access token (RFC 6749, section 4.4, and RFC 7523) with this form.
pub(super) async fn fetch_access(
    means: &Means,
    url: &str,
    form: String,
) -> Result<(Secret, Duration), Refusal> {
    let request = means.http.request(Method::POST, url)?;
    let request = request
        .timeout(CALL_WITHIN)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    let answer = means.http.call(request, ANSWER_BYTES_MAX).await.map_err(|error| match error {
        // Nothing was pushed yet.
        CallError::NotAllowed => Refusal::Refused(0, error.to_string()),
        other => Refusal::Away(other.to_string()),
    })?;
    let said = answer.json::<Value>().unwrap_or_default();
    let (token, life) = (text(&said, "access_token"), said.get("expires_in"));
    let life = life.and_then(Value::as_u64).map(Duration::from_secs);
    match (answer.status, life) {
        (200..300, Some(life)) if !token.is_empty() => Ok((Secret::new(token), life)),
        (429, _) => Err(Refusal::Limited(answer.retry_after().unwrap_or(PAUSE))),
        (400..500, _) => {
            let words = format!(
                "{} {}",
                said.get("error").unwrap_or(&Value::Null),
                text(&said, "error_description")
            );
            let words = format!("no access token: HTTP {}: {}", answer.status, shown(&words));
            Err(Refusal::Credentials(words))
        }
        _ => Err(Refusal::Away(format!("no access token: HTTP {}", answer.status))),
    }
}

/// What became of a notification that only tried something, as a point of a check.
pub(super) fn finding(point: &str, pushed: Pushed) -> Finding {
    match pushed {
        Pushed::Sent | Pushed::Gone { .. } => Finding::yes(point, ""),
        Pushed::RateLimited(pause) => {
            Finding::unknown(point, format!("the service asks us to wait {} s", pause.as_secs()))
        }
        Pushed::Unavailable(why) => Finding::unknown(point, why),
        Pushed::Rejected(why) => Finding::no(point, why),
    }
}
