//! The socket over which Asterisk's events come.

use super::Asterisk;
use super::event::{Said, said};
use crate::error::AdapterError;
use crate::http::CallError;
use crate::phone::pbx::News;
use crate::phone::telling::pause_after;
use crate::socket::{self, Socket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use url::Url;

/// The largest event, in bytes.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// A socket that is silent so long is asked whether it lives; silent for twice as long, it does not.
const SILENT: Duration = Duration::from_secs(15);
/// The pause before it is opened again, at first and at most: people who speak are not served meanwhile.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// A socket that stood so long did well.
const STOOD: Duration = Duration::from_secs(30);
/// How long something of ours may wait to leave.
const SEND_WITHIN: Duration = Duration::from_secs(5);

impl Asterisk {
    /// Keeps the socket, and opens it again whenever it breaks.
    pub(super) async fn keep_line(&self, news: &mpsc::Sender<News>) -> Result<(), AdapterError> {
        let (mut pause, mut was_open) = (PAUSE.0, false);
        loop {
            let begun = Instant::now();
            match self.open_line().await {
                Ok(mut line) => {
                    was_open = true;
                    self.is_open.store(true, Ordering::Release);
                    let ended = match news.send(News::Back).await {
                        Ok(()) => self.listen(&mut line, news).await,
                        Err(_nobody) => Ok(()),
                    };
                    self.closes();
                    ended?;
                }
                // Settings that never worked are told, and calls that stand are not given up.
                Err(error) if !was_open => return Err(unopened(error)),
                Err(error) => {
                    let channel = &self.descriptor.channel;
                    tracing::warn!(channel = %channel, error = %error, "Asterisk is not reached");
                }
            }
            pause = pause_after(begun.elapsed() >= STOOD, pause, PAUSE).await;
        }
    }

    /// Nothing comes any more.
    pub(super) fn closes(&self) {
        self.is_open.store(false, Ordering::Release);
    }

    async fn open_line(&self) -> Result<Socket, CallError> {
        let config = &self.config;
        let url = match config.url.split_once(':') {
            Some(("https", rest)) => format!("wss:{rest}/ari/events"),
            Some(("http", rest)) => format!("ws:{rest}/ari/events"),
            _ => return Err(CallError::NotAllowed),
        };
        let mut url = Url::parse(&url).map_err(|_bad| CallError::NotAllowed)?;
        url.query_pairs_mut().append_pair("app", &config.app);
        let user = format!("{}:{}", config.username, config.password.reveal());
        let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(user)));
        let mut value = value.map_err(|_bad| CallError::NotAllowed)?;
        value.set_sensitive(true);
        socket::open(&self.means.http, url.as_str(), &[(AUTHORIZATION, value)], EVENT_BYTES_MAX)
            .await
    }

    /// Listens until the socket breaks.
    async fn listen(
        &self,
        line: &mut Socket,
        news: &mpsc::Sender<News>,
    ) -> Result<(), AdapterError> {
        let mut was_asked = false;
        loop {
            let text = match tokio::time::timeout(SILENT, line.next()).await {
                Err(_silent) if was_asked => return Ok(()),
                Err(_silent) => {
                    was_asked = true;
                    let ping = line.send(Message::Ping(bytes::Bytes::new()));
                    match tokio::time::timeout(SEND_WITHIN, ping).await {
                        Ok(Ok(())) => continue,
                        _ => return Ok(()),
                    }
                }
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Ok(()),
                Ok(Some(Ok(_other))) => {
                    was_asked = false;
                    continue;
                }
            };
            was_asked = false;
            let Ok(event) = serde_json::from_str::<Value>(&text) else {
                let channel = &self.descriptor.channel;
                tracing::warn!(channel = %channel, "an event is no JSON: left out");
                continue;
            };
            match said(&event, &self.config) {
                Said::News(it) => {
                    if news.send(it).await.is_err() {
                        return Ok(());
                    }
                }
                Said::Nothing => {}
                Said::Stranger(channel) => self.let_channel_go(&channel).await,
                Said::Replaced => {
                    let why = "another gateway listens to the application".to_owned();
                    return Err(AdapterError::Unavailable(why));
                }
            }
        }
    }
}

fn unopened(error: CallError) -> AdapterError {
    match &error {
        CallError::Nonsense(why) if why.contains("401") || why.contains("403") => {
            AdapterError::Unauthorised
        }
        _ => error.into(),
    }
}
