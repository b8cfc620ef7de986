//! The long connection: a WebSocket that we open (source: the vendor's SDK, `ws/client.py`).
//!
//! Feishu is asked for an address; what it sends are [`frames`](super::frame). Each event is acknowledged
//! by its own frame with `{"code": 200}` as payload, within three seconds, or it comes again. Of several
//! connections of an app one gets each event. The address says which `service` our pings name.

use super::Feishu;
use super::api::with;
use super::frame::{CONTROL, DATA, Frame, Joined, Parts};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::inbound::Assurance;
use crate::refusal::{Refusal, text};
use crate::socket::{self, Socket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// The largest frame, in bytes.
const FRAME_BYTES_MAX: usize = 4 << 20;
/// How often we ask whether the line still stands, at the least and at the most: Feishu names a time
/// between.
const PING_SECS: (u64, u64, u64) = (5, 90, 120);
/// A line without a sign of life for so many pings is dead.
const SILENT_PINGS_MAX: u32 = 3;
/// How long a frame of ours may wait to leave.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// A line that stood so long did well: the next one is opened without a pause.
const STOOD: Duration = Duration::from_secs(30);
/// The first pause, and the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// An open line.
struct Line {
    socket: Socket,
    service: i32,
    ping_every: Duration,
    parts: Parts,
}

/// What to do after a frame.
enum Then {
    GoOn,
    Answer(Box<Frame>),
    PingEvery(Duration),
}

impl Feishu {
    pub(super) async fn keep_line(
        &self,
        inlet: &Inlet,
        stop: &CancellationToken,
    ) -> Result<(), AdapterError> {
        let mut pause = PAUSE_FIRST;
        while !stop.is_cancelled() {
            let Some(opened) = stop.run_until_cancelled(self.open_line()).await else { break };
            let (mut line, begun) = (opened?, Instant::now());
            let Some(ended) = stop.run_until_cancelled(self.listen(&mut line, inlet)).await else {
                // Nobody waits for its goodbye.
                drop(tokio::time::timeout(SEND_WITHIN, line.socket.close(None)).await);
                break;
            };
            let why = ended?;
            tracing::debug!(channel = %self.descriptor.channel, why, "a long connection ended");
            if begun.elapsed() >= STOOD {
                pause = PAUSE_FIRST;
                continue;
            }
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Ok(())
    }

    /// Asks where to connect: it also tells whether the credentials are taken and the long connection is
    /// chosen. The address, and how often to ping, in seconds.
    pub(super) async fn address(&self) -> Result<(String, Option<u64>), Refusal> {
        let config = &self.api.config;
        let body = json!({ "AppID": config.app_id, "AppSecret": config.app_secret.reveal() });
        let said = self.api.with_credentials(&["callback", "ws", "endpoint"], &body).await?;
        let nothing = Value::Null;
        let data = said.get("data").unwrap_or(&nothing);
        let every = data.pointer("/ClientConfig/PingInterval").and_then(Value::as_u64);
        match text(data, "URL") {
            "" => Err(Refusal::Away("Feishu gives no address to listen at".to_owned())),
            url => Ok((url.to_owned(), every)),
        }
    }

    async fn open_line(&self) -> Result<Line, AdapterError> {
        if self.api.config.missing().is_some() {
            return Err(AdapterError::Unauthorised);
        }
        let (url, every) = self.address().await.map_err(|refusal| {
            tracing::debug!(channel = %self.descriptor.channel, refusal = ?refusal, "no address");
            refusal.error()
        })?;
        let socket = socket::open(&self.api.means.http, &url, &[], FRAME_BYTES_MAX).await?;
        let ping_every = ping_every(every.unwrap_or(PING_SECS.1));
        Ok(Line { socket, service: service(&url), ping_every, parts: Parts::default() })
    }

    /// Until the line ends; why it did.
    async fn listen(&self, line: &mut Line, inlet: &Inlet) -> Result<String, AdapterError> {
        let mut ticks = ticks(line.ping_every);
        let mut heard = Instant::now();
        loop {
            let came = tokio::select! {
                came = line.socket.next() => came,
                _ = ticks.tick() => {
                    if heard.elapsed() > line.ping_every * SILENT_PINGS_MAX {
                        return Ok("no sign of life".to_owned());
                    }
                    let ping = Frame::ping(line.service);
                    if let Err(why) = send(&mut line.socket, &ping).await {
                        return Ok(why);
                    }
                    continue;
                }
            };
            heard = Instant::now();
            let bytes = match came {
                None | Some(Ok(Message::Close(_))) => return Ok("it was closed".to_owned()),
                Some(Err(error)) => return Ok(error.to_string()),
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(_)) => continue,
            };
            let Ok(frame) = Frame::decode(bytes) else {
                tracing::warn!(channel = %self.descriptor.channel, "no frame: skipped");
                continue;
            };
            match self.heard(frame, &mut line.parts, inlet).await? {
                Then::GoOn => {}
                Then::PingEvery(every) if every != line.ping_every => {
                    line.ping_every = every;
                    ticks = self::ticks(every);
                    // The first tick is at once; the pong has just come.
                    ticks.tick().await;
                }
                Then::PingEvery(_) => {}
                Then::Answer(frame) => {
                    if let Err(why) = send(&mut line.socket, &frame).await {
                        return Ok(why);
                    }
                }
            }
        }
    }

    async fn heard(
        &self,
        frame: Frame,
        parts: &mut Parts,
        inlet: &Inlet,
    ) -> Result<Then, AdapterError> {
        if frame.method == CONTROL {
            let config = frame.payload.as_deref().unwrap_or_default();
            let config = serde_json::from_slice::<Value>(config).unwrap_or_default();
            let every = config.get("PingInterval").and_then(Value::as_u64);
            return Ok(every.map_or(Then::GoOn, |secs| Then::PingEvery(ping_every(secs))));
        }
        if frame.method != DATA {
            return Ok(Then::GoOn);
        }
        let whole = match parts.join(&frame) {
            Joined::Whole(whole) => whole,
            Joined::Waiting => return Ok(Then::GoOn),
            Joined::Nonsense => {
                tracing::warn!(channel = %self.descriptor.channel, "a part of nothing: skipped");
                return Ok(Then::GoOn);
            }
        };
        let mut answer = json!({ "code": 200 });
        match serde_json::from_slice::<Value>(&whole) {
            Ok(event) => {
                let reply = self.take_in(&event, Assurance::Proved, inlet).await?;
                if let Some(reply) = reply {
                    answer = with(answer, "data", STANDARD.encode(reply.to_string()));
                }
            }
            Err(error) => {
                // It would come again for ever.
                let (channel, why) = (&self.descriptor.channel, error.classify());
                tracing::warn!(channel = %channel, why = ?why, "an event is no JSON: skipped");
            }
        }
        Ok(Then::Answer(Box::new(frame.acknowledged(&answer))))
    }
}

fn ping_every(secs: u64) -> Duration {
    Duration::from_secs(secs.clamp(PING_SECS.0, PING_SECS.2))
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Which service our pings name: it stands in the address.
fn service(url: &str) -> i32 {
    let url = url::Url::parse(url).ok();
    let found = url.as_ref().and_then(|url| url.query_pairs().find(|(key, _)| key == "service_id"));
    found.and_then(|(_, id)| id.parse().ok()).unwrap_or_default()
}

async fn send(socket: &mut Socket, frame: &Frame) -> Result<(), String> {
    let message = Message::binary(frame.encode_to_vec());
    match tokio::time::timeout(SEND_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_late) => Err("it takes nothing".to_owned()),
    }
}
