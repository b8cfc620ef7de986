//! The line to the event socket: one command after the other, and the events between their answers.

use super::FreeSwitch;
use super::event::happened;
use super::wire::{Broken, Frame, Frames};
use crate::error::AdapterError;
use crate::http::CallError;
use crate::phone::pbx::{News, Refused};
use crate::phone::telling::pause_after;
use crate::socket;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

/// How many commands may wait for the line.
const ORDERS_MAX: usize = 256;
/// How many answers may be outstanding.
const ANSWERS_MAX: usize = 256;
/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// How often the line is asked whether it lives; one without a sign of life for three times as long does not.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// The pause before it is opened again, at first and at most: people who speak are not served meanwhile.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// A line that stood so long did well.
const STOOD: Duration = Duration::from_secs(30);
/// What we want to hear.
const EVENTS: &str = "event json CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_HANGUP \
                      CHANNEL_HANGUP_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD BACKGROUND_JOB";

/// One command, and who waits for its answer.
pub(super) struct Order {
    command: String,
    answer: Option<oneshot::Sender<String>>,
}

/// A line that may speak.
pub(super) struct Open {
    tcp: TcpStream,
    frames: Frames,
}

impl FreeSwitch {
    /// Keeps the line, and opens it again whenever it breaks.
    pub(super) async fn keep_line(&self, news: &mpsc::Sender<News>) -> Result<(), AdapterError> {
        let (mut pause, mut was_open) = (PAUSE.0, false);
        loop {
            let begun = Instant::now();
            match self.open_line().await {
                Ok(line) => {
                    was_open = true;
                    let (orders, to_do) = mpsc::channel(ORDERS_MAX);
                    self.set_orders(Some(orders));
                    if news.send(News::Back).await.is_err() {
                        return Ok(());
                    }
                    let why = self.serve(line, to_do, news).await;
                    self.set_orders(None);
                    tracing::debug!(channel = %self.descriptor.channel, why = ?why, "a line ended");
                }
                // Settings that never worked are told, and calls that stand are not given up.
                Err(error) if !was_open => return Err(error),
                Err(error) => {
                    let channel = &self.descriptor.channel;
                    tracing::warn!(channel = %channel, error = %error, "FreeSWITCH is not reached");
                }
            }
            pause = pause_after(begun.elapsed() >= STOOD, pause, PAUSE).await;
        }
    }

    /// Opens a line, shows the password, and asks for events.
    pub(super) async fn open_line(&self) -> Result<Open, AdapterError> {
        let tcp = socket::tcp(&self.means.http, &self.config.host, self.config.port).await?;
        let greeting = self.greet(Open { tcp, frames: Frames::default() });
        let late = |_late| AdapterError::Unavailable("no greeting came".to_owned());
        tokio::time::timeout(WITHIN, greeting).await.map_err(late)?
    }

    async fn greet(&self, mut line: Open) -> Result<Open, AdapterError> {
        match line.hears().await?.kind.as_str() {
            "auth/request" => {}
            "text/rude-rejection" => {
                let why = "its access list does not let us in".to_owned();
                return Err(AdapterError::Unavailable(why));
            }
            _ => return Err(AdapterError::Unavailable("it is no event socket".to_owned())),
        }
        line.says(&format!("auth {}", self.config.password.reveal())).await?;
        if !line.hears().await?.reply.starts_with("+OK") {
            return Err(AdapterError::Unauthorised);
        }
        line.says(EVENTS).await?;
        if !line.hears().await?.reply.starts_with("+OK") {
            return Err(AdapterError::Unavailable("it gives no events".to_owned()));
        }
        Ok(line)
    }

    /// Speaks and listens until the line breaks.
    async fn serve(
        &self,
        mut line: Open,
        mut orders: mpsc::Receiver<Order>,
        news: &mpsc::Sender<News>,
    ) -> Broken {
        let mut answers: VecDeque<Option<oneshot::Sender<String>>> = VecDeque::new();
        let (mut ticks, mut heard) = (tokio::time::interval(ASK_EVERY), Instant::now());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let frame = tokio::select! {
                frame = line.frames.next(&mut line.tcp) => frame,
                Some(order) = orders.recv(), if answers.len() < ANSWERS_MAX => {
                    answers.push_back(order.answer);
                    match line.says(&order.command).await {
                        Ok(()) => continue,
                        Err(_cut) => return Broken::Closed,
                    }
                }
                _ = ticks.tick() => {
                    if heard.elapsed() > 3 * ASK_EVERY {
                        return Broken::Closed;
                    }
                    answers.push_back(None);
                    match line.says("api uuid_exists alive").await {
                        Ok(()) => continue,
                        Err(_cut) => return Broken::Closed,
                    }
                }
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(broken) => return broken,
            };
            heard = Instant::now();
            match frame.kind.as_str() {
                "text/event-json" => {
                    let Ok(event) = serde_json::from_slice::<Value>(&frame.body) else {
                        let channel = &self.descriptor.channel;
                        tracing::warn!(channel = %channel, "an event is no JSON: left out");
                        continue;
                    };
                    if let Some(it) = happened(&event, &self.config)
                        && news.send(it).await.is_err()
                    {
                        return Broken::Closed;
                    }
                }
                "command/reply" => answered(&mut answers, frame.reply),
                "api/response" => {
                    answered(&mut answers, String::from_utf8_lossy(&frame.body).into_owned());
                }
                "text/disconnect-notice" => return Broken::Closed,
                _ => {}
            }
        }
    }

    /// Says a command over the line that stands, and gives the answer.
    pub(super) async fn says(&self, command: String) -> Result<String, Refused> {
        let away = || Refused::Away("no line to FreeSWITCH stands".to_owned());
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (answer, answered) = oneshot::channel();
        let order = Order { command, answer: Some(answer) };
        let saying = async {
            orders.ok_or_else(away)?.send(order).await.map_err(|_gone| away())?;
            answered.await.map_err(|_gone| away())
        };
        let late = |_late| Refused::Away("no answer in time".to_owned());
        tokio::time::timeout(WITHIN, saying).await.map_err(late)?
    }
}

/// Gives the first who waits their answer; nobody may wait any more.
fn answered(answers: &mut VecDeque<Option<oneshot::Sender<String>>>, answer: String) {
    if let Some(Some(waits)) = answers.pop_front()
        && let Err(late) = waits.send(answer)
    {
        tracing::trace!(bytes = late.len(), "an answer came too late");
    }
}

impl Open {
    async fn hears(&mut self) -> Result<Frame, CallError> {
        let broken = |why: Broken| CallError::Cut(why.to_string());
        self.frames.next(&mut self.tcp).await.map_err(broken)
    }

    async fn says(&mut self, command: &str) -> Result<(), CallError> {
        let cut = |error: std::io::Error| CallError::Cut(error.to_string());
        let command = format!("{command}\n\n");
        let writing = self.tcp.write_all(command.as_bytes());
        let late = |_late| CallError::Cut("it takes nothing".to_owned());
        tokio::time::timeout(WITHIN, writing).await.map_err(late)?.map_err(cut)
    }
}
