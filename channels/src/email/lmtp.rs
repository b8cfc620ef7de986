//! A mail server delivers to us (LMTP, RFC 2033; SMTP's greeting is understood too).
//!
//! `250` is said only when the sink has the letter for good; until then the sending server keeps it.

mod listen;
mod session;
mod talk;

use super::config::{EmailConfig, LmtpConfig};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use domain::{ChannelId, Clock};
use listen::Listener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The most connections at once; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 16;
/// So many large letters are in memory at once, whatever the number of connections.
pub(super) const LARGE_AT_ONCE: usize = 2;
/// How long sessions may take to end when we stop: long enough for a commit.
const GOOD_BYE_TIME: Duration = Duration::from_secs(3);

/// What each session needs.
pub(super) struct Hall {
    /// The channel.
    pub(super) channel: ChannelId,
    /// Its settings.
    pub(super) config: Arc<EmailConfig>,
    /// Tells when letters come in.
    pub(super) clock: Arc<dyn Clock>,
    /// Takes them.
    pub(super) inlet: Inlet,
    /// Turns for large letters.
    pub(super) large: Arc<Semaphore>,
    /// When to end.
    pub(super) stop: CancellationToken,
}

/// Listens until stopped.
///
/// # Errors
/// [`AdapterError::Unavailable`] when the place cannot be listened at.
pub(super) async fn serve(hall: Arc<Hall>, lmtp: &LmtpConfig) -> Result<(), AdapterError> {
    let listener = Listener::open(&lmtp.listen).await;
    let listener = listener.map_err(|error| {
        AdapterError::Unavailable(format!("cannot listen for letters: {error}"))
    })?;
    let mut sessions: JoinSet<()> = JoinSet::new();
    loop {
        let has_room = sessions.len() < CONNECTIONS_MAX;
        tokio::select! {
            () = hall.stop.cancelled() => break,
            Some(_ended) = sessions.join_next() => {}
            accepted = listener.accept(), if has_room => match accepted {
                Ok(line) => {
                    let hall = hall.clone();
                    sessions.spawn(async move { session::Session::new(hall, line).run().await });
                }
                // Out of file handles, as a rule: the next attempt waits until one is free.
                Err(error) => {
                    tracing::warn!(channel = %hall.channel, %error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    let ending = async { while sessions.join_next().await.is_some() {} };
    // Who has not ended by then is cut off without a 250, and will be given again.
    let in_time = tokio::time::timeout(GOOD_BYE_TIME, ending).await.is_ok();
    if !in_time {
        tracing::warn!(channel = %hall.channel, "sessions of mail servers were cut off");
    }
    Ok(())
}
