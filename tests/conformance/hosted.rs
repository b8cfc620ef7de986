//! A door at an HTTP address, as a gateway offers it: raw requests in, its answers out.

use channels::{AdapterError, ChannelAdapter, Inlet, RawRequest};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tests::http_server::{Asked, HttpServer, Told};
use tests::port::Port;

/// What the address of every channel begins with.
const PATH: &str = "/v1/callbacks/";

#[derive(Debug, Default)]
struct State {
    is_away: AtomicBool,
    refused: AtomicUsize,
}

/// A door that can be called. Its address is `…/v1/callbacks/CHANNEL`.
#[derive(Debug)]
pub(crate) struct Hosted {
    state: Arc<State>,
    server: HttpServer,
}

impl Hosted {
    /// Opens it at a port that the network was told of.
    pub(crate) fn start_at(port: Port, adapter: Arc<dyn ChannelAdapter>, inlet: Inlet) -> Self {
        let state = Arc::<State>::default();
        let shared = state.clone();
        let server = HttpServer::start_at(port, move |asked| {
            let (adapter, inlet, state) = (adapter.clone(), inlet.clone(), shared.clone());
            async move { answer(adapter.as_ref(), &inlet, &state, asked).await }
        });
        Self { state, server }
    }

    /// The channel's callback address.
    pub(crate) fn url(&self, channel: &str) -> String {
        format!("{}{PATH}{channel}", self.server.url())
    }

    /// Hangs up on everybody, or no longer.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.state.is_away.store(is_away, Ordering::SeqCst);
    }

    /// How many requests were not answered well.
    pub(crate) fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }
}

async fn answer(
    adapter: &dyn ChannelAdapter,
    inlet: &Inlet,
    state: &State,
    asked: Asked,
) -> Option<Told> {
    if state.is_away.load(Ordering::SeqCst) {
        state.refused.fetch_add(1, Ordering::SeqCst);
        return None;
    }
    let behind = asked.path().strip_prefix(PATH)?.find('/');
    let below = behind.map_or("", |at| asked.path().split_at(PATH.len() + at).1).to_owned();
    let headers = asked.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let (method, path_and_query, body) = (asked.method, asked.target, asked.body);
    let request = RawRequest { method, path_and_query, below, headers, body };
    let (status, kind, body) = match adapter.callback(&request, inlet).await {
        Ok(reply) => (reply.status, reply.content_type, reply.body),
        Err(error) => (status_of(&error), "text/plain", error.to_string().into()),
    };
    if !(200..300).contains(&status) {
        state.refused.fetch_add(1, Ordering::SeqCst);
    }
    Some(Told { status, headers: vec![("Content-Type", kind.to_owned())], body })
}

/// As the gateway answers.
fn status_of(error: &AdapterError) -> u16 {
    match error {
        AdapterError::NotAuthentic => 403,
        AdapterError::Malformed(_) => 400,
        AdapterError::Unsupported(_) => 404,
        _ => 503,
    }
}
