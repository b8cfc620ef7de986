//! Socket Mode: events over a WebSocket that we open (<https://docs.slack.dev/apis/events-api/using-socket-mode>).
//!
//! Each envelope wants its id back within 3 s. What gets no answer comes again, on this line or the
//! next: nothing is confirmed that the sink does not have.

use super::Slack;
use super::wire::{Interaction, Line, SlashCommand};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::socket::{self, Socket};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// The largest frame, in bytes: a message of 40 000 characters, and its blocks.
const FRAME_BYTES_MAX: usize = 4 << 20;
/// A line that is silent so long is asked whether it lives; silent for twice as long, it does not.
/// Slack itself pings every few seconds.
const SILENT: Duration = Duration::from_secs(30);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The pause before a line is opened again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// A line that lived so long was a good one.
const STEADY: Duration = Duration::from_secs(60);

/// What comes over the line.
#[derive(Deserialize)]
struct Frame {
    #[serde(default, rename = "type")]
    sort: String,
    envelope_id: Option<String>,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    reason: String,
}

/// Keeps a line until stopped.
pub(super) async fn run(
    door: &Slack,
    inlet: &Inlet,
    stop: &CancellationToken,
) -> Result<(), AdapterError> {
    let mut pause = PAUSE.0;
    loop {
        let Some(opened) = stop.run_until_cancelled(open(door)).await else { return Ok(()) };
        let (mut socket, began) = (opened?, Instant::now());
        let ended = stop.run_until_cancelled(serve(door, &mut socket, inlet)).await;
        let goodbye = tokio::time::timeout(GOODBYE, socket.close(None)).await;
        tracing::trace!(is_polite = goodbye.is_ok(), "the line is closed");
        match ended {
            None => return Ok(()),
            Some(ended) => ended?,
        }
        if began.elapsed() >= STEADY {
            pause = PAUSE.0;
        }
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
        pause = pause.saturating_mul(2).min(PAUSE.1);
    }
}

async fn open(door: &Slack) -> Result<Socket, AdapterError> {
    let api = door.api();
    let (line, _): (Line, _) = api.call_as(api.app_token()?, "apps.connections.open", &[]).await?;
    Ok(socket::open(&door.means.http, &line.url, &[], FRAME_BYTES_MAX).await?)
}

/// Serves a line until it ends, or Slack wants another.
async fn serve(door: &Slack, socket: &mut Socket, inlet: &Inlet) -> Result<(), AdapterError> {
    let mut was_asked = false;
    loop {
        let heard = tokio::time::timeout(SILENT, socket.next()).await;
        let text = match heard {
            Err(_silent) if was_asked => return Ok(()),
            Err(_silent) => {
                was_asked = true;
                if socket.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                    return Ok(());
                }
                continue;
            }
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Ok(()),
            Ok(Some(Ok(_other))) => {
                was_asked = false;
                continue;
            }
        };
        was_asked = false;
        let Ok(frame) = serde_json::from_str::<Frame>(&text) else {
            let channel = &door.descriptor.channel;
            tracing::warn!(channel.id = %channel, "a frame of another shape is left out");
            continue;
        };
        if frame.sort == "disconnect" {
            return farewell(&frame.reason);
        }
        let Some(id) = frame.envelope_id.clone() else { continue };
        take(door, frame, inlet).await?;
        let known = json!({ "envelope_id": id }).to_string();
        if socket.send(Message::text(known)).await.is_err() {
            return Ok(());
        }
    }
}

/// Slack closes lines now and then, and says so before.
fn farewell(reason: &str) -> Result<(), AdapterError> {
    match reason {
        "link_disabled" => {
            Err(AdapterError::Unavailable("Socket Mode is switched off in the app".to_owned()))
        }
        // `warning` comes some seconds ahead, `refresh_requested` at once.
        _ => Ok(()),
    }
}

/// Gives an envelope's content to the sink. What cannot be read is confirmed all the same: Slack would
/// bring it again, and then drop it.
async fn take(door: &Slack, frame: Frame, inlet: &Inlet) -> Result<(), AdapterError> {
    let taken = match frame.sort.as_str() {
        "events_api" => door.take_event(frame.payload, inlet).await,
        "interactive" => match serde_json::from_value::<Interaction>(frame.payload) {
            Ok(interaction) => door.take_interaction(&interaction, inlet).await,
            Err(_error) => Err(AdapterError::Malformed("a button of another shape".to_owned())),
        },
        "slash_commands" => match serde_json::from_value::<SlashCommand>(frame.payload) {
            Ok(command) => door.take_command(&command, inlet).await,
            Err(_error) => Err(AdapterError::Malformed("a command of another shape".to_owned())),
        },
        _ => Ok(()),
    };
    match taken {
        Err(AdapterError::Malformed(why)) => {
            let channel = &door.descriptor.channel;
            tracing::warn!(channel.id = %channel, why, "something of another shape is left out");
            Ok(())
        }
        other => other,
    }
}
