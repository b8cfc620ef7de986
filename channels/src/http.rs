//! The way out for doors that speak HTTP: guarded, bounded, and with errors that say whether something
//! may have been sent.

use crate::error::AdapterError;
use crate::outbound::Outcome;
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The longest pause that a far end may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(6 * 3_600);
/// The longest answer that says what became of a call, in bytes.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What may be reached. Whoever may change a channel's settings must not reach the machines beside the
/// gateway by them.
pub trait Reach: Send + Sync + fmt::Debug {
    /// May this URL be called, as far as can be said before its name is resolved?
    fn allows_url(&self, url: &Url) -> bool;
    /// May this address be connected to?
    fn allows_address(&self, address: IpAddr) -> bool;
}

/// Nothing may be reached.
#[derive(Debug)]
struct Nothing;

impl Reach for Nothing {
    fn allows_url(&self, _url: &Url) -> bool {
        false
    }
    fn allows_address(&self, _address: IpAddr) -> bool {
        false
    }
}

/// Why a call did not end with an answer. The words are for operators; they hold no secret, no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The settings name an address that must not be called.
    #[error("the address is not allowed")]
    NotAllowed,
    /// It was not reached: nothing was sent.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// It was reached, and no whole answer came: it may have done what was asked.
    #[error("no whole answer came: {0}")]
    Cut(String),
    /// The answer has more bytes than allowed.
    #[error("its answer is too large")]
    TooLarge,
    /// The answer is not what the protocol says.
    #[error("its answer makes no sense: {0}")]
    Nonsense(String),
}

impl From<CallError> for AdapterError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl CallError {
    /// What it means for a command that was being sent.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::NotAllowed => Outcome::Rejected(self.to_string()),
            Self::Unreachable(_) => Outcome::Unavailable(self.to_string()),
            Self::Cut(_) | Self::TooLarge | Self::Nonsense(_) => Outcome::InDoubt(self.to_string()),
        }
    }
}

/// What the far end said.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// Is it a 2xx?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The pause that it asks for, if any (RFC 9110, section 10.2.3, in seconds).
    pub fn retry_after(&self) -> Option<Duration> {
        let secs = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<f64>().ok()?;
        Duration::try_from_secs_f64(secs).ok().map(|pause| pause.min(RETRY_AFTER_MAX))
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`CallError::Nonsense`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            CallError::Nonsense(format!("HTTP {}, {:?}", self.status, error.classify()))
        })
    }
}

/// The way out: one client for all doors of a gateway.
#[derive(Clone)]
pub struct Http {
    client: Option<Client>,
    tls: Option<Arc<ClientConfig>>,
    reach: Arc<dyn Reach>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Http {
    /// A way out over this client, which must neither follow redirects nor resolve names to addresses
    /// that `reach` forbids.
    pub fn new(client: Client, tls: Arc<ClientConfig>, reach: Arc<dyn Reach>) -> Self {
        Self { client: Some(client), tls: Some(tls), reach }
    }

    /// A way out that leads nowhere.
    pub(crate) fn none() -> Self {
        Self { client: None, tls: None, reach: Arc::new(Nothing) }
    }

    /// Begins a request, if its address is allowed.
    ///
    /// # Errors
    /// [`CallError::NotAllowed`].
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, CallError> {
        let (url, client) = (self.allowed(url)?, self.client.as_ref());
        Ok(client.ok_or(CallError::NotAllowed)?.request(method, url))
    }

    /// Makes a request, and takes at most so many bytes of the answer.
    ///
    /// Cancel safety: dropped, the outcome is unknown.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(
        &self,
        request: RequestBuilder,
        bytes_max: usize,
    ) -> Result<Answer, CallError> {
        let mut response = request.send().await.map_err(failure)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(failure)? {
            if body.len() + piece.len() > bytes_max {
                return Err(CallError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }

    pub(crate) fn allowed(&self, url: &str) -> Result<Url, CallError> {
        let url = Url::parse(url).map_err(|_bad| CallError::NotAllowed)?;
        if self.reach.allows_url(&url) { Ok(url) } else { Err(CallError::NotAllowed) }
    }

    pub(crate) fn reach(&self) -> &dyn Reach {
        self.reach.as_ref()
    }

    pub(crate) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }
}

fn failure(error: reqwest::Error) -> CallError {
    let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
    let was_made = !error.is_builder();
    // The URL may hold a token.
    let why = chain(&error.without_url());
    match (is_connect, is_timeout) {
        _ if !was_made => CallError::Unreachable(why),
        (true, _) => CallError::Unreachable(why),
        (false, true) => CallError::Cut("it took too long".to_owned()),
        (false, false) => CallError::Cut(why),
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
