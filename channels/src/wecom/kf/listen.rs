//! Reads an account from a cursor on (读取消息, document 94670).
//!
//! The cursor is a text without order, so nothing but care keeps it from going back. One gateway at a
//! time reads an account, by a turn on the shelf; and whoever lays the bookmark looks first whether it
//! still lies where its reading began. Who finds it elsewhere was overtaken (its turn was over before
//! its reading) and goes on from there. What two of them read is the same message by its `msgid`.

use super::super::said::Failure;
use super::config::Start;
use super::{Kf, inbound, people};
use crate::adapter::{Bookmarks, Inlet};
use crate::error::AdapterError;
use crate::http::CallError;
use crate::inbound::SinkError;
use domain::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// So many messages are asked for at once; with fewer when their answer is too large.
const PAGE: usize = 200;
const SMALL_PAGE: usize = 10;
/// The longest page, in bytes.
const PAGE_BYTES_MAX: usize = 8 << 20;
/// The most pages of one reading: the next one goes on.
const PAGES_MAX: usize = 500;
/// How long one reading keeps the others away, in milliseconds.
const TURN_MS: u64 = 15_000;
/// How long a callback waits for its turn: the network gives up after five seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// The pause between two looks whether it is our turn.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a token out of a callback lifts the limits of reading, in milliseconds: a little less than
/// its ten minutes.
const TOKEN_MS: u64 = 9 * 60_000;
/// What was written so long before the first reading still counts as new, in milliseconds.
const NEW_MS: i64 = 10 * 60_000;
/// The token out of a callback is not, or no longer, good.
const BAD_TOKEN: i64 = 95007;

/// When the last whole reading of each account began, in this gateway. Callbacks that wait for one
/// another need not read what was read since they came.
#[derive(Default)]
pub(super) struct Readings(Mutex<HashMap<String, Reading>>);

type Reading = Arc<tokio::sync::Mutex<Option<Instant>>>;

impl Readings {
    fn of(&self, account: &str) -> Reading {
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readings.entry(account.to_owned()).or_default().clone()
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    next_cursor: String,
    #[serde(default)]
    has_more: i64,
    #[serde(default)]
    msg_list: Vec<Value>,
}

/// One account and how it is read.
struct Place<'a> {
    inlet: &'a Inlet,
    account: &'a str,
    token: Option<String>,
    stop: &'a CancellationToken,
    /// What was written before is left out.
    since: Option<Timestamp>,
}

impl Place<'_> {
    fn cursor_name(&self) -> String {
        format!("kf.cursor.{}", self.account)
    }
}

impl Kf {
    /// Reads all accounts. One that fails does not keep the others from being read.
    pub(super) async fn read_all(
        &self,
        inlet: &Inlet,
        stop: &CancellationToken,
    ) -> Result<(), AdapterError> {
        let accounts = match self.accounts.as_slice() {
            [] => match stop.run_until_cancelled(people::accounts(&self.api)).await {
                Some(known) => known?.into_iter().map(|(id, _)| id).collect(),
                None => return Ok(()),
            },
            ours => ours.to_vec(),
        };
        let mut result = Ok(());
        for account in &accounts {
            if stop.is_cancelled() {
                break;
            }
            let token = self.api.means().shelf.find(&token_name(account)).await.map_err(away)?;
            let read = self.read(Place { inlet, account, token, stop, since: None }, None).await;
            if let Err(error) = read {
                tracing::debug!(account, error = %error, "an account was not read to its end");
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Reads an account because the network said that there is something.
    pub(super) async fn read_after_call(
        &self,
        inlet: &Inlet,
        account: &str,
        token: Option<&str>,
    ) -> Result<(), AdapterError> {
        let (called, never) = (Instant::now(), CancellationToken::new());
        if let Some(token) = token {
            let kept = self.api.means().shelf.put(&token_name(account), token, TOKEN_MS).await;
            kept.map_err(away)?;
        }
        let token = token.map(str::to_owned);
        let place = Place { inlet, account, token, stop: &never, since: None };
        match self.read(place, Some(called)).await? {
            Ended::Busy => {
                let why = "another reading of this account takes long";
                Err(AdapterError::Unavailable(why.to_owned()))
            }
            Ended::Whole | Ended::Early => Ok(()),
        }
    }

    /// Reads an account to its end when it is our turn, unless it was read since we were called.
    async fn read(&self, place: Place<'_>, called: Option<Instant>) -> Result<Ended, AdapterError> {
        let reading = self.readings.of(place.account);
        let lock = tokio::time::timeout(PATIENCE, reading.lock());
        let Some(Ok(mut last)) = place.stop.run_until_cancelled(lock).await else {
            return Ok(Ended::Busy);
        };
        if called.is_some_and(|called| last.is_some_and(|began| began > called)) {
            return Ok(Ended::Whole);
        }
        let (shelf, turn) = (&self.api.means().shelf, format!("kf.{}", place.account));
        let until = Instant::now() + PATIENCE;
        while !shelf.take_turn(&turn, TURN_MS).await.map_err(away)? {
            if place.stop.is_cancelled() || Instant::now() >= until {
                return Ok(Ended::Busy);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let began = Instant::now();
        let read = self.read_in_turn(place).await;
        shelf.end_turn(&turn).await;
        if matches!(read, Ok(Ended::Whole)) {
            *last = Some(began);
        }
        read
    }

    async fn read_in_turn(&self, mut place: Place<'_>) -> Result<Ended, AdapterError> {
        let (bookmarks, name) = (place.inlet.bookmarks.clone(), place.cursor_name());
        let mut cursor = bookmarks.find(&name).await.map_err(AdapterError::NotTaken)?;
        place.since = self.since(&place, cursor.is_none()).await?;
        for _ in 0..PAGES_MAX {
            let stop = place.stop;
            let fetch = self.page(&mut place, cursor.as_deref());
            let Some(page) = stop.run_until_cancelled(fetch).await else {
                return Ok(Ended::Early);
            };
            let page = page?;
            if self.take_in(&place, &page.msg_list).await? == Ended::Early {
                return Ok(Ended::Early);
            }
            let next = Some(page.next_cursor).filter(|next| !next.is_empty());
            // A page that leads nowhere has nothing behind it, whatever it says.
            let Some(next) = next.filter(|next| Some(next) != cursor.as_ref()) else {
                return Ok(Ended::Whole);
            };
            let lies = advance(bookmarks.as_ref(), &name, cursor.as_deref(), &next).await?;
            // What a page says of what lies behind it holds only where it ends.
            if page.has_more == 0 && lies == next {
                return Ok(Ended::Whole);
            }
            cursor = Some(lies);
        }
        Ok(Ended::Early)
    }

    /// Gives messages to the sink, in order. One that makes no sense keeps nothing up.
    async fn take_in(&self, place: &Place<'_>, list: &[Value]) -> Result<Ended, AdapterError> {
        let means = self.api.means();
        for message in list {
            if place.stop.is_cancelled() {
                return Ok(Ended::Early);
            }
            let heard = match inbound::read(means, place.account, message).await {
                Ok(Some(heard)) => heard,
                Ok(None) => continue,
                Err(inbound::ReadError::Senseless(why)) => {
                    tracing::warn!(account = place.account, why, "a message makes no sense");
                    continue;
                }
                Err(inbound::ReadError::Shelf(error)) => return Err(away(error)),
            };
            let written = heard.at.map(|secs| Timestamp(secs.saturating_mul(1_000)));
            if place.since.is_some_and(|since| written.is_some_and(|written| written < since)) {
                continue;
            }
            let inbound = heard.into_inbound(&self.descriptor.channel, means.clock.now());
            place.inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        }
        Ok(Ended::Whole)
    }

    /// From when on an account is read, as its first reading decided for good.
    async fn since(
        &self,
        place: &Place<'_>,
        is_first: bool,
    ) -> Result<Option<Timestamp>, AdapterError> {
        if self.start == Start::All {
            return Ok(None);
        }
        let (bookmarks, name) = (&place.inlet.bookmarks, format!("kf.since.{}", place.account));
        let known = bookmarks.find(&name).await.map_err(AdapterError::NotTaken)?;
        if let Some(known) = known {
            return Ok(known.parse().ok().map(Timestamp));
        }
        if !is_first {
            return Ok(None);
        }
        let since = self.api.means().clock.now().plus_ms(-NEW_MS);
        bookmarks.lay(&name, &since.0.to_string()).await.map_err(AdapterError::NotTaken)?;
        Ok(Some(since))
    }

    async fn page(
        &self,
        place: &mut Place<'_>,
        cursor: Option<&str>,
    ) -> Result<Page, AdapterError> {
        let mut limit = PAGE;
        loop {
            let mut asked =
                json!({ "open_kfid": place.account, "limit": limit, "voice_format": 0 });
            if let Some(asked) = asked.as_object_mut() {
                if let Some(cursor) = cursor {
                    asked.insert("cursor".to_owned(), cursor.into());
                }
                if let Some(token) = &place.token {
                    asked.insert("token".to_owned(), token.as_str().into());
                }
            }
            match self.api.post_for("kf/sync_msg", &asked, PAGE_BYTES_MAX).await {
                Ok(page) => return Ok(page),
                Err(Failure::Said(said)) if said.errcode == BAD_TOKEN && place.token.is_some() => {
                    place.token = None;
                }
                Err(Failure::Call(CallError::TooLarge)) if limit == PAGE => limit = SMALL_PAGE,
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}

/// How far a reading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// To the end of what there is.
    Whole,
    /// It was stopped, or there is more.
    Early,
    /// Somebody else was reading all the time.
    Busy,
}

/// Lays the bookmark, unless somebody has laid it on since: then it says where it lies.
async fn advance(
    bookmarks: &dyn Bookmarks,
    name: &str,
    from: Option<&str>,
    to: &str,
) -> Result<String, AdapterError> {
    match bookmarks.find(name).await.map_err(AdapterError::NotTaken)? {
        Some(elsewhere) if Some(elsewhere.as_str()) != from => Ok(elsewhere),
        _ => {
            bookmarks.lay(name, to).await.map_err(AdapterError::NotTaken)?;
            Ok(to.to_owned())
        }
    }
}

fn token_name(account: &str) -> String {
    format!("kf.token.{account}")
}

fn away(error: SinkError) -> AdapterError {
    AdapterError::Unavailable(error.reason)
}
