//! A stand-in for Slack: Socket Mode. The Web API is beside it.

use crate::doors::FarEnd;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::cloud::{Answered, Asked, Line};
use tests::watched::Watched;
use tokio_tungstenite::tungstenite::Message;

/// The network.
pub(crate) struct Network {
    pub(super) address: String,
    pub(crate) far_end: FarEnd,
    /// Every call of the Web API: the method and its arguments.
    pub(crate) calls: Watched<Vec<(String, Value)>>,
    /// How the next call of a method is answered instead.
    pub(crate) instead: Watched<Vec<(String, u16, Value)>>,
    /// What stands in the conversations: the newest first.
    pub(crate) posted: Watched<Vec<Value>>,
    /// The content that was laid for a file, and whether it was shown.
    pub(crate) files: Watched<Vec<(String, usize, bool)>>,
    /// What came back over a socket.
    pub(crate) acknowledged: Watched<Vec<Value>>,
    /// The next line is told to go.
    pub(crate) refreshes: Watched<usize>,
}

/// An event with a contact's word; a word that is a JSON object is the whole payload itself.
pub(crate) fn event(number: usize, text: &str) -> Value {
    if let Some(own) = serde_json::from_str::<Value>(text).ok().filter(Value::is_object) {
        return own;
    }
    let ts = format!("1700000000.{number:06}");
    json!({
        "token": "XXYYZZ", "team_id": "T061EG9R6", "api_app_id": "A0FFV41KK", "type": "event_callback",
        "event_id": format!("Ev{number}"), "event_time": 1_700_000_000,
        "authorizations": [{ "team_id": "T061EG9R6", "user_id": "UBOT", "is_bot": true }],
        "event": {
            "type": "message", "channel": "D024BE91L", "channel_type": "im", "user": "U2147483697",
            "ts": ts, "event_ts": ts, "text": text,
        },
    })
}

/// What kind of envelope a payload travels in.
fn kind(payload: &Value) -> &'static str {
    match payload {
        payload if payload.get("command").is_some() => "slash_commands",
        payload if payload.get("actions").is_some() => "interactive",
        _ => "events_api",
    }
}

impl Network {
    pub(super) fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            far_end: FarEnd::default(),
            calls: Watched::default(),
            instead: Watched::default(),
            posted: Watched::default(),
            files: Watched::default(),
            acknowledged: Watched::default(),
            refreshes: Watched::default(),
        }
    }

    /// What was called by this name, in order.
    pub(crate) fn called(&self, method: &str) -> Vec<Value> {
        let is_it = |call: &&(String, Value)| call.0 == method;
        self.calls.look(|calls| calls.iter().filter(is_it).map(|call| call.1.clone()).collect())
    }

    /// The next call of a method is answered so.
    pub(crate) fn answers(&self, method: &str, status: u16, said: Value) {
        self.instead.change(|instead| instead.push((method.to_owned(), status, said)));
    }

    /// Everything unconfirmed, one envelope after the other, each until its id comes back.
    async fn serve(&self, mut line: Line) {
        let hello = json!({
            "type": "hello", "num_connections": 1, "connection_info": { "app_id": "A0FFV41KK" },
            "debug_info": { "host": "applink-1", "approximate_connection_time": 18_060 },
        });
        if line.send(Message::text(hello.to_string())).await.is_err() {
            return;
        }
        if self.refreshes.change(|left| std::mem::replace(left, left.saturating_sub(1))) > 0 {
            let bye = json!({ "type": "disconnect", "reason": "refresh_requested" });
            drop(line.send(Message::text(bye.to_string())).await);
            return;
        }
        loop {
            let done = self.far_end.confirmed();
            let Ok(said) = self.far_end.fetch(done) else { return };
            let Some((_, text)) = said.first() else {
                tokio::select! {
                    () = self.far_end.stirs(done, false) => continue,
                    heard = line.next() => match heard {
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                        Some(Ok(_)) => continue,
                    },
                }
            };
            let payload = event(done, text);
            let id = format!("envelope-{done}");
            let envelope = json!({
                "envelope_id": id, "type": kind(&payload), "payload": payload,
                "accepts_response_payload": false, "retry_attempt": 0, "retry_reason": "",
            });
            if line.send(Message::text(envelope.to_string())).await.is_err()
                || !self.hears_of(&id, &mut line).await
            {
                return;
            }
            self.far_end.confirm(done + 1);
        }
    }

    /// Waits for an envelope's id, or the end of the line.
    async fn hears_of(&self, id: &str, line: &mut Line) -> bool {
        while let Some(Ok(heard)) = line.next().await {
            let Message::Text(text) = heard else { continue };
            let said: Value = serde_json::from_str(&text).unwrap();
            self.acknowledged.change(|all| all.push(said.clone()));
            if said["envelope_id"] == id {
                return true;
            }
        }
        false
    }
}

impl tests::cloud::Network for Network {
    fn answer(&self, asked: &Asked) -> Answered {
        if self.far_end.fetch(usize::MAX).is_err() {
            return Answered::Json(503, Value::Null);
        }
        if asked.path == "/link" {
            return if self.far_end.connects() { Answered::Socket } else { Answered::Cut };
        }
        self.web_api(asked)
    }

    fn talk(&self, _asked: Asked, line: Line) -> BoxFuture<'_, ()> {
        Box::pin(self.serve(line))
    }
}
