//! What both sockets have in common: reading and writing frames within bounds, pings, the end of a
//! token, the loop that serves one client.

use crate::api::error::ApiError;
use crate::app::App;
use crate::hub::fact::frame;
use crate::hub::{Close, Item, Outbox};
use domain::Timestamp;
use domain::limits::FRAME_BYTES_MAX;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// The read buffer of an idle socket, in bytes; longer frames get a longer one.
const READ_BUFFER_BYTES: usize = 1024;
/// So many bytes are gathered before they are written; grows only while something waits.
const WRITE_BUFFER_BYTES: usize = 4 * 1024;
/// How long a socket may take to let a batch of frames through before it counts as dead.
const WRITE_WITHIN: Duration = Duration::from_secs(20);
/// How long the closing handshake may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Pings without any answer after which a socket is dead.
const MISSED_MAX: u8 = 2;
/// Frames that cannot be read after which a socket is closed.
const BAD_FRAMES_MAX: u8 = 5;

/// A WebSocket on a raw stream.
pub(super) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

/// What a client said.
pub(super) enum Heard {
    /// A text frame.
    Text(Utf8Bytes),
    /// A control frame: it is alive.
    Alive,
    /// The socket is over; the code to close with, if closing still makes sense.
    Over(Option<Close>),
}

impl Socket {
    /// A socket after its handshake; `early` was read together with the request.
    pub(super) async fn new(stream: TcpStream, early: bytes::Bytes) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(4 * FRAME_BYTES_MAX + domain::limits::SOCKET_OUTBOX_BYTES_MAX)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let stream = if early.is_empty() {
            WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
        } else {
            WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config))
                .await
        };
        Self { stream }
    }

    /// The next thing the client says.
    ///
    /// Cancel safety: safe; a frame that is read in part is kept.
    pub(super) async fn hear(&mut self) -> Heard {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Heard::Text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Alive,
            Some(Ok(Message::Binary(_))) => Heard::Over(Some(Close::BadFrame)),
            Some(Ok(Message::Close(_))) | None => Heard::Over(None),
            Some(Err(Error::Capacity(_))) => Heard::Over(Some(Close::TooBig)),
            Some(Err(Error::Utf8(_) | Error::Protocol(_))) => Heard::Over(Some(Close::BadFrame)),
            Some(Err(_gone)) => Heard::Over(None),
        }
    }

    /// Writes frames, all or until the outbox is to close. False when the socket is over.
    pub(super) async fn write(&mut self, frames: Vec<Utf8Bytes>, outbox: &Outbox) -> bool {
        let write = async {
            for frame in frames {
                self.stream.feed(Message::Text(frame)).await?;
            }
            self.stream.flush().await
        };
        tokio::select! {
            written = tokio::time::timeout(WRITE_WITHIN, write) => matches!(written, Ok(Ok(()))),
            () = outbox.closing() => true,
        }
    }

    /// Writes one last frame, before the socket is closed: there may be no outbox yet.
    pub(super) async fn say<T: Serialize>(&mut self, say: &T) {
        let send = self.stream.send(Message::Text(frame(say)));
        if !matches!(tokio::time::timeout(CLOSE_WITHIN, send).await, Ok(Ok(()))) {
            tracing::debug!("a frame could not be written");
        }
    }

    async fn ping(&mut self) -> bool {
        let ping = self.stream.send(Message::Ping(bytes::Bytes::new()));
        matches!(tokio::time::timeout(CLOSE_WITHIN, ping).await, Ok(Ok(())))
    }

    /// Closes with a code and waits a moment for the client to have it: closing a stream at once with
    /// bytes unread would take the code away from the client.
    pub(super) async fn close(mut self, close: Close) {
        let frame = CloseFrame { code: close.code().into(), reason: close.reason().into() };
        let closing = async {
            if self.stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        if tokio::time::timeout(CLOSE_WITHIN, closing).await.is_err() {
            tracing::debug!("a client did not answer the close");
        }
    }
}

/// One end of the conversation with a client: what its frames do, and what it is shown.
pub(super) trait Party: Send {
    /// Carries out a text frame; answers go to `out`. `Err` closes the socket.
    fn on_text<'a>(
        &'a mut self,
        text: &'a str,
        out: &'a mut Vec<Utf8Bytes>,
    ) -> BoxFuture<'a, Result<(), Stop>>;

    /// Shows what happened. `Err` closes the socket.
    fn on_items<'a>(
        &'a mut self,
        items: Vec<Item>,
        out: &'a mut Vec<Utf8Bytes>,
    ) -> BoxFuture<'a, Result<(), Stop>>;

    /// Some time went by: about as often as pings go out.
    fn on_tick(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// When the client's token ends.
    fn expires_at(&self) -> Timestamp;
}

/// Why a party ends its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Close with this.
    Close(Close),
    /// The frame was not of the protocol; a few of them are forgiven.
    BadFrame,
}

/// Serves one client until its socket is over; what to close it with, if closing still makes sense.
pub(super) async fn run<P: Party>(
    app: &App,
    socket: &mut Socket,
    outbox: &Outbox,
    party: &mut P,
) -> Option<Close> {
    let mut pace = Pace::new(app.config.presence.ping_ms);
    let mut bad_frames = 0;
    loop {
        let mut out = Vec::new();
        let stop = tokio::select! {
            () = outbox.ready() => {
                let taken = outbox.take();
                if taken.close.is_some() {
                    return taken.close;
                }
                party.on_items(taken.items, &mut out).await
            }
            heard = socket.hear() => {
                pace.missed = 0;
                match heard {
                    Heard::Text(text) => {
                        let done = party.on_text(&text, &mut out).await;
                        // What the frame brought about is often there already: one write for both.
                        let more = if done.is_ok() { outbox.take().items } else { Vec::new() };
                        if more.is_empty() { done } else { party.on_items(more, &mut out).await }
                    }
                    Heard::Alive => Ok(()),
                    Heard::Over(close) => return close,
                }
            }
            () = tokio::time::sleep_until(pace.next) => {
                if party.expires_at() <= app.clock.now() {
                    return Some(Close::Unauthenticated);
                }
                if !pace.tick() || !socket.ping().await {
                    return None;
                }
                party.on_tick().await;
                Ok(())
            }
        };
        if !out.is_empty() && !socket.write(out, outbox).await {
            return None;
        }
        match stop {
            Ok(()) => {}
            Err(Stop::Close(close)) => return Some(close),
            Err(Stop::BadFrame) => {
                bad_frames += 1;
                if bad_frames >= BAD_FRAMES_MAX {
                    return Some(Close::BadFrame);
                }
            }
        }
    }
}

/// When to ping next.
struct Pace {
    every_ms: u64,
    next: Instant,
    missed: u8,
}

impl Pace {
    fn new(every_ms: u64) -> Self {
        let mut pace = Self { every_ms, next: Instant::now(), missed: 0 };
        pace.plan();
        pace
    }

    /// ± 20 %, so that thousands of sockets do not ping at once.
    fn plan(&mut self) {
        let spread = self.every_ms / 5;
        let pause_ms = rand::random_range(self.every_ms - spread..=self.every_ms + spread);
        self.next = Instant::now() + Duration::from_millis(pause_ms.max(1));
    }

    /// Time to ping; false when too many pings were not answered.
    fn tick(&mut self) -> bool {
        if self.missed >= MISSED_MAX {
            return false;
        }
        self.missed += 1;
        self.plan();
        true
    }
}

/// What a refusal says on a socket: the same code and words as in problem+json.
pub(super) struct Refused {
    /// The problem's code.
    pub code: String,
    /// In plain words.
    pub detail: String,
    /// When a retry may succeed.
    pub retry_after_ms: Option<u64>,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        if let Some(source) = std::error::Error::source(&error) {
            let chain = crate::telemetry::chain(source);
            if error.code() == crate::api::error::Code::Internal {
                tracing::error!(error = chain, "a frame failed");
            } else {
                tracing::debug!(error = chain, code = error.code().name(), "a frame was refused");
            }
        }
        crate::metrics::request_refused(error.code().name());
        Self {
            code: error.code().name().to_owned(),
            detail: error.detail().to_owned(),
            retry_after_ms: error.retry_after_ms(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_missed_pings_end_a_socket_and_any_word_saves_it() {
        let mut pace = Pace::new(25_000);
        let wait_ms = u64::try_from((pace.next - Instant::now()).as_millis()).unwrap();
        assert!((20_000..=30_000).contains(&wait_ms), "{wait_ms}");
        assert!(pace.tick() && pace.tick());
        assert!(!pace.tick(), "two pings were not answered");
        pace.missed = 0;
        assert!(pace.tick());
    }
}
