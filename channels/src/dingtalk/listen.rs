//! Stream mode: a WebSocket that we open (source: open-dingtalk/dingtalk-stream-sdk, and the protocol's
//! page 「Stream 模式协议接入」).
//!
//! The gateway is asked for an address and a ticket of one use. Every frame is acknowledged by its
//! `messageId`, with `data` as a JSON *text*; what is not, comes again. A `disconnect` announces that the
//! far end is about to close: a new line is opened at once, but one that keeps being thrown out waits
//! longer each time.

use super::DingTalk;
use super::api::judge_credentials;
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::inbound::Assurance;
use crate::refusal::text;
use crate::socket::{self, Socket};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// What robots' messages come under.
pub(super) const TOPIC: &str = "/v1.0/im/bot/messages/get";
/// The largest frame, in bytes.
const FRAME_BYTES_MAX: usize = 1 << 20;
/// How often we ask whether the line still stands.
const PING_EVERY: Duration = Duration::from_secs(30);
/// A line without a sign of life for so long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(90);
/// How long a frame of ours may wait to leave.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// A line that stood so long did well: the next one is opened without a pause.
const STOOD: Duration = Duration::from_secs(30);
/// The first pause, and the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Why a line came to its end.
enum End {
    /// The far end said so.
    Disconnect,
    /// It broke.
    Broken(String),
}

impl DingTalk {
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
                drop(tokio::time::timeout(SEND_WITHIN, line.close(None)).await);
                break;
            };
            let why = match ended? {
                End::Disconnect => "it was announced".to_owned(),
                End::Broken(why) => why,
            };
            tracing::debug!(channel = %self.descriptor.channel, why, "a stream ended");
            if begun.elapsed() >= STOOD {
                pause = PAUSE_FIRST;
                continue;
            }
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Ok(())
    }

    /// Asks for an address and a ticket: it also tells whether the credentials are taken.
    pub(super) async fn ticket(&self) -> Result<String, crate::refusal::Refusal> {
        let config = &self.api.config;
        let url = format!("{}/v1.0/gateway/connections/open", config.api_base_url);
        let body = json!({
            "clientId": config.client_id,
            "clientSecret": config.client_secret.reveal(),
            "subscriptions": [{ "type": "CALLBACK", "topic": TOPIC }],
            "ua": concat!("hutong/", env!("CARGO_PKG_VERSION")),
        });
        let opened = self.api.open_call(&url, &body, judge_credentials).await?;
        let nonsense =
            || crate::refusal::Refusal::Away("DingTalk gives no address to listen at".into());
        let mut line = url::Url::parse(text(&opened, "endpoint")).map_err(|_bad| nonsense())?;
        line.query_pairs_mut().append_pair("ticket", text(&opened, "ticket"));
        Ok(line.into())
    }

    async fn open_line(&self) -> Result<Socket, AdapterError> {
        if self.api.config.missing().is_some() {
            return Err(AdapterError::Unauthorised);
        }
        let url = self.ticket().await.map_err(|refusal| {
            tracing::debug!(channel = %self.descriptor.channel, refusal = ?refusal, "no ticket");
            refusal.error()
        })?;
        Ok(socket::open(&self.api.means.http, &url, &[], FRAME_BYTES_MAX).await?)
    }

    async fn listen(&self, line: &mut Socket, inlet: &Inlet) -> Result<End, AdapterError> {
        let mut ticks = tokio::time::interval(PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let came = tokio::select! {
                came = line.next() => came,
                _ = ticks.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return Ok(End::Broken("no sign of life".to_owned()));
                    }
                    if let Err(end) = send(line, Message::Ping(bytes::Bytes::new())).await {
                        return Ok(end);
                    }
                    continue;
                }
            };
            heard = Instant::now();
            let frame = match came {
                None | Some(Ok(Message::Close(_))) => {
                    return Ok(End::Broken("it was closed".into()));
                }
                Some(Err(error)) => return Ok(End::Broken(error.to_string())),
                Some(Ok(Message::Text(frame))) => frame,
                Some(Ok(_)) => continue,
            };
            let Ok(frame) = serde_json::from_str::<Value>(&frame) else {
                tracing::warn!(channel = %self.descriptor.channel, "a frame is no JSON: skipped");
                continue;
            };
            let (ack, end) = self.heard(&frame, inlet).await?;
            if let Some(ack) = ack
                && let Err(end) = send(line, Message::text(ack.to_string())).await
            {
                return Ok(end);
            }
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// What one frame asks for: its acknowledgement, after what it says was taken in.
    async fn heard(
        &self,
        frame: &Value,
        inlet: &Inlet,
    ) -> Result<(Option<Value>, Option<End>), AdapterError> {
        let nothing = Value::Null;
        let headers = frame.get("headers").unwrap_or(&nothing);
        let (topic, data) = (text(headers, "topic"), text(frame, "data"));
        let ack =
            |code: u16, data: &str| Some(acknowledgement(text(headers, "messageId"), code, data));
        Ok(match (text(frame, "type"), topic) {
            ("SYSTEM", "disconnect") => (None, Some(End::Disconnect)),
            // The answer to a ping is what it said.
            ("SYSTEM", _) => (ack(200, data), None),
            ("CALLBACK", TOPIC) => {
                self.take(data, inlet).await?;
                (ack(200, r#"{"response":"OK"}"#), None)
            }
            ("CALLBACK", _) => (ack(404, "{}"), None),
            ("EVENT", _) => (ack(200, r#"{"status":"SUCCESS","message":"not for us"}"#), None),
            _ => (None, None),
        })
    }

    async fn take(&self, data: &str, inlet: &Inlet) -> Result<(), AdapterError> {
        match serde_json::from_str::<Value>(data) {
            Ok(data) => self.take_in(&data, Assurance::Proved, inlet).await,
            Err(error) => {
                // It would come again for ever.
                let (channel, why) = (&self.descriptor.channel, error.classify());
                tracing::warn!(channel = %channel, why = ?why, "a message is no JSON: skipped");
                Ok(())
            }
        }
    }
}

fn acknowledgement(message_id: &str, code: u16, data: &str) -> Value {
    json!({
        "code": code,
        "headers": { "contentType": "application/json", "messageId": message_id },
        "message": if code == 200 { "OK" } else { "no such topic" },
        "data": data,
    })
}

async fn send(line: &mut Socket, message: Message) -> Result<(), End> {
    match tokio::time::timeout(SEND_WITHIN, line.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(End::Broken(error.to_string())),
        Err(_late) => Err(End::Broken("it takes nothing".to_owned())),
    }
}
