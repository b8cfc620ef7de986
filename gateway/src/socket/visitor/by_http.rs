//! The same frames for networks that break sockets: a frame is said by a request, and what is to be shown is
//! asked for by one that waits until there is something.
//!
//! Nothing is kept between two requests. A client brings what it knows: where it stopped reading, and a
//! short text that stands for the state that it was shown.

use super::attending::{Attending, Stays};
use super::{Visitor, door_of};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::hub::Outbox;
use crate::socket::protocol::{VisitorFrame, VisitorResume};
use crate::socket::session::Stop;
use domain::DeviceId;
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// So many bytes of the digest stand for a state.
const VERSION_BYTES: usize = 12;

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct PollWish {
    /// Where it stopped reading.
    pub(crate) resume: Option<VisitorResume>,
    /// What stands for the state that it was shown.
    pub(crate) version: Option<String>,
    /// Its device, when its app is in the foreground.
    pub(crate) in_front: Option<DeviceId>,
    /// How long to wait for something new.
    pub(crate) wait: Duration,
}

/// What there is to show.
#[derive(Debug)]
pub(crate) struct Polled {
    /// Frames: first a `welcome`.
    pub(crate) frames: Vec<Utf8Bytes>,
    /// What stands for the state now.
    pub(crate) version: String,
}

/// What a visitor has not seen, at once when there is something, else when something comes or the time is
/// over.
///
/// Cancel safety: dropped, nothing is lost: the client asks again from where it stopped.
///
/// # Errors
/// As the socket's `welcome`.
pub(crate) async fn poll(
    app: &Arc<App>,
    identity: VisitorIdentity,
    address: String,
    wish: PollWish,
) -> Result<Polled, ApiError> {
    let door = door_of(app, &identity)?;
    let outbox: Arc<Outbox> = Arc::default();
    let (is_in_front, until) = (wish.in_front.is_some(), Instant::now() + wish.wait);
    let attending = Attending::new(wish.in_front, &Stays::ForPoll(wish.wait));
    let mut visitor = Visitor::seated(app, (identity, door), address, (&outbox, attending));
    if is_in_front {
        visitor.device_seen().await;
        visitor.set_foreground(true).await?;
    }
    let mut frames = visitor.welcome(wish.resume).boxed().await?;
    let version = visitor.version().await?;
    if wish.version.as_deref() != Some(version.as_str()) {
        return Ok(Polled { frames, version });
    }
    let told = frames.len();
    while frames.len() == told {
        let stopping = app.tasks.stopping();
        tokio::select! {
            () = outbox.ready() => {}
            () = tokio::time::sleep_until(until) => break,
            () = stopping.cancelled() => break,
        }
        let taken = outbox.take();
        if taken.close.is_some() {
            break;
        }
        // What ends a socket ends this wait; the next request is told why.
        if visitor.show(taken.items, &mut frames).await.is_err() {
            break;
        }
    }
    let version = visitor.version().await?;
    Ok(Polled { frames, version })
}

/// Carries out one frame of a visitor; its answers.
///
/// # Errors
/// `bad_request` for frames that only a socket has.
pub(crate) async fn say(
    app: &Arc<App>,
    identity: VisitorIdentity,
    address: String,
    frame: VisitorFrame,
) -> Result<Vec<Utf8Bytes>, ApiError> {
    let only_sockets = || ApiError::new(Code::BadRequest, "only a socket has this frame");
    if matches!(frame, VisitorFrame::Ping | VisitorFrame::Attend { .. }) {
        return Err(only_sockets());
    }
    let door = door_of(app, &identity)?;
    let outbox: Arc<Outbox> = Arc::default();
    let attending = Attending::new(None, &Stays::ForPoll(Duration::ZERO));
    // For the time of one frame; no socket has to go for it.
    let at = (&outbox, attending);
    let mut visitor = Visitor::seated_among(usize::MAX, app, (identity, door), address, at);
    visitor.recall().await?;
    let mut frames = Vec::new();
    match visitor.carry_out_frame(frame, &mut frames).boxed().await {
        Ok(()) => Ok(frames),
        Err(Stop::Close(_) | Stop::BadFrame) => Err(only_sockets()),
    }
}

impl Visitor {
    /// The conversation that the visitor has, without its messages.
    async fn recall(&mut self) -> Result<(), ApiError> {
        let (tenant, channel) = (&self.identity.tenant, &self.identity.channel);
        let open = self.app.router.contact_conversation(tenant, channel, &self.identity.contact);
        if let Some(id) = open.await? {
            self.follow(&id);
            self.refresh(&mut Vec::new()).await;
        }
        Ok(())
    }

    /// What stands for the state that the visitor is shown, in this history.
    async fn version(&self) -> Result<String, ApiError> {
        let position = self.desk.first_position().await;
        let (epoch, _) =
            position.ok_or_else(|| ApiError::unavailable("the queue cannot be reached yet"))?;
        let state = self.chat.as_ref().map(|chat| chat.state());
        let state = serde_json::to_string(&state).map_err(ApiError::internal)?;
        let digest = Sha256::digest(format!("{epoch} {state}"));
        Ok(digest.iter().take(VERSION_BYTES).map(|byte| format!("{byte:02x}")).collect())
    }
}
