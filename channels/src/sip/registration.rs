//! Registration: the trunk is told where we are (RFC 3261, 10), again and again.

use super::call::ask;
use super::config::Trunk;
use super::dialog::{Dialog, again, elsewhere};
use super::digest::Challenge;
use super::line::Line;
use crate::error::AdapterError;
use rsipstack::sip::{HasHeaders, Header, HeadersExt, Method, Request, Response, headers};
use rsipstack::transport::SipAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// For how long we ask to be known, in seconds.
const ASKED_SECS: u64 = 600;
/// The bounds of how often it is told, in seconds.
const SECS: (u64, u64) = (30, 3_600);
/// The bounds of the pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(120));
/// So often we ask within one registration: once, with who we are, with a newer nonce, with a longer time.
const ASKS_MAX: usize = 4;
/// The most answers to one request.
const ANSWERS_MAX: usize = 64;

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Registered {
    /// We are known, for so long.
    For(Duration),
    /// Who we are is not believed.
    Refused,
    /// Nothing came of it: the code, or none when nobody answered.
    Failed(Option<u16>),
}

/// Whether the trunk learns where we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// It does.
    Place,
    /// It is only asked whether it believes us (RFC 3261, 10.2.3: no `Contact`).
    Nothing,
}

/// Keeps us known until we are refused.
pub(super) async fn keep(line: &Arc<Line>) -> AdapterError {
    let Some(trunk) = line.config.trunk.clone() else { return AdapterError::Unauthorised };
    let Some(mut dialog) = dialog(&trunk) else { return AdapterError::Unauthorised };
    let mut pause = PAUSES.0;
    loop {
        match register(line, &trunk, &mut dialog, Tells::Place).await {
            Registered::For(time) => {
                pause = PAUSES.0;
                tokio::time::sleep(time.mul_f64(0.75)).await;
            }
            Registered::Refused => return AdapterError::Unauthorised,
            Registered::Failed(code) => {
                tracing::warn!(?code, "a SIP line is not registered; it tries again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

/// The side of a registration: it keeps its Call-ID (RFC 3261, 10.2.4).
pub(super) fn dialog(trunk: &Trunk) -> Option<Dialog> {
    let user = &trunk.credentials.as_ref()?.0.user;
    let name = if super::address::is_user(user) { user } else { &trunk.caller_id };
    let whom = format!("sip:{name}@{}", trunk.from_domain);
    let id = format!("{:032x}.register", rand::random::<u128>());
    Some(Dialog::new(id, whom.clone(), whom).sent_to(trunk.uri.with_user("").to_string()))
}

/// Registers once.
pub(super) async fn register(
    line: &Arc<Line>,
    trunk: &Trunk,
    dialog: &mut Dialog,
    tells: Tells,
) -> Registered {
    let mut secs = ASKED_SECS;
    let mut proof: Option<Challenge> = None;
    for _ in 0..ASKS_MAX {
        let fields = vec![Header::Expires(headers::Expires::new(secs.to_string()))];
        let asked = dialog.ask(Method::Register, fields, None);
        let named = asked.name();
        let Ok(mut request) = dialog.write(line, asked) else { return Registered::Failed(None) };
        if tells == Tells::Nothing {
            request
                .headers_mut()
                .retain(|header| !matches!(header, Header::Contact(_) | Header::Expires(_)));
        }
        if let (Some(challenge), Some(login)) = (&proof, &trunk.credentials) {
            let answer = challenge.answer(&login.0, Method::Register, &request.uri);
            request = again(&request, line, &named, answer);
        }
        let Some(answer) = last(line, request).await else { return Registered::Failed(None) };
        match answer.status_code.code() {
            200..300 => return Registered::For(granted(&answer)),
            401 | 407 => match Challenge::of(&answer) {
                Some(challenge) if proof.is_none() || challenge.is_stale => proof = Some(challenge),
                _ => return Registered::Refused,
            },
            403 => return Registered::Refused,
            423 => secs = least(&answer).max(secs).min(SECS.1),
            code => return Registered::Failed(Some(code)),
        }
    }
    Registered::Failed(Some(401))
}

/// The last answer to a request, of the first place that answers and is not full.
pub(super) async fn last(line: &Arc<Line>, mut request: Request) -> Option<Response> {
    let ways = line.ways.locate(&request.destination()).await.ok()?;
    let mut last = None;
    for way in ways {
        last = last_of(line, request.clone(), way).await.or(last);
        let is_full = |answer: &Response| answer.status_code.code() == 503;
        if last.as_ref().is_some_and(|answer| !is_full(answer)) {
            break;
        }
        request = elsewhere(&request, line);
    }
    last
}

async fn last_of(line: &Arc<Line>, request: Request, way: SipAddr) -> Option<Response> {
    let (answers, mut heard) = mpsc::channel(ANSWERS_MAX);
    let asking = ask(Arc::clone(line), (request, Some(way)), 0, answers);
    tokio::time::timeout(line.config.trying, asking).await.ok()?;
    let mut last = None;
    while let Ok(answer) = heard.try_recv() {
        let response = answer.response().filter(|answer| answer.status_code.code() >= 200);
        last = response.map(|response| *response).or(last);
    }
    last
}

fn granted(answer: &Response) -> Duration {
    let of_contact = answer.typed_contact_headers().ok().and_then(|contacts| {
        contacts.iter().filter_map(|contact| contact.expires()).map(u64::from).min()
    });
    let of_all = || answer.expires_header().and_then(|header| header.value().trim().parse().ok());
    let secs = of_contact.or_else(of_all).unwrap_or(ASKED_SECS);
    Duration::from_secs(secs.clamp(SECS.0, SECS.1))
}

fn least(answer: &Response) -> u64 {
    let value = answer.min_expires_header().map(|header| header.value().trim().parse());
    value.and_then(Result::ok).unwrap_or(SECS.1)
}
