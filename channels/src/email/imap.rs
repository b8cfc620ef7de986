//! Reading a mailbox (IMAP4rev1, RFC 3501, with IDLE, RFC 2177).
//!
//! What was read is remembered at our side as a bookmark (mailbox, UIDVALIDITY, UID), laid behind
//! letters that the sink took, never earlier. Whatever breaks, the walk begins again behind the
//! bookmark; a letter that comes twice is known to the sink.

mod fetch;
mod line;
mod log_in;
mod place;
mod walk;

use super::config::{EmailConfig, ImapConfig};
use super::oauth::Tokens;
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::inbound::SinkError;
use domain::{ChannelId, Clock};
use line::{Fault, Line};
use place::{Old, OldOnes, Place};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The first pause after a line broke; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_LAST: Duration = Duration::from_secs(60);
/// So many attempts in a row without a walk to its end, and the caller is told.
const ATTEMPTS_MAX: u32 = 8;

/// The mailbox of one channel.
pub(super) struct Mailbox<'a> {
    /// The channel.
    pub(super) channel: &'a ChannelId,
    /// Its settings.
    pub(super) config: &'a EmailConfig,
    /// The mailbox's own.
    pub(super) imap: &'a ImapConfig,
    /// Where access tokens come from.
    pub(super) tokens: Option<Arc<Tokens>>,
    /// Tells when letters come in.
    pub(super) clock: &'a dyn Clock,
    /// Takes them.
    pub(super) inlet: &'a Inlet,
    /// When to end.
    pub(super) stop: &'a CancellationToken,
    /// The UID that the server refused last, and how often in a row.
    pub(super) stubborn: Mutex<(u32, u32)>,
}

impl Mailbox<'_> {
    /// Reads until stopped. A line that breaks is opened again.
    ///
    /// # Errors
    /// [`AdapterError::NotTaken`] when the sink did not take a letter,
    /// [`AdapterError::Unauthorised`] when the server refuses the log-in, and
    /// [`AdapterError::Unavailable`] after several attempts in a row that failed.
    pub(super) async fn run(&self) -> Result<(), AdapterError> {
        let mut failed = 0_u32;
        while !self.stop.is_cancelled() {
            let mut walks = 0_u64;
            let why = match self.serve(&mut walks).await {
                Ok(()) | Err(Fault::Stopped) => return Ok(()),
                Err(Fault::NotTaken(error)) => return Err(AdapterError::NotTaken(error)),
                Err(Fault::Login(why)) => {
                    tracing::warn!(channel = %self.channel, why, "the mailbox refuses our log-in");
                    return Err(AdapterError::Unauthorised);
                }
                // A certificate does not mend itself by asking again soon.
                Err(Fault::Line(error)) if error.needs_a_person() => {
                    return Err(AdapterError::Unavailable(error.to_string()));
                }
                Err(other) => other.to_string(),
            };
            failed = if walks > 0 { 1 } else { failed + 1 };
            if failed >= ATTEMPTS_MAX {
                return Err(AdapterError::Unavailable(why));
            }
            tracing::warn!(channel = %self.channel, why, failed, "the line to the mailbox broke");
            let pause = pause(failed);
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
        Ok(())
    }

    /// One connection, until it breaks. Counts the walks that came to their end.
    async fn serve(&self, walks: &mut u64) -> Result<(), Fault> {
        let mut line = Line::open(self.imap, self.tokens.as_deref(), self.stop).await?;
        let opened = line.select(&self.imap.mailbox).await?;
        let mut place = self.find_place(&opened).await?;
        loop {
            self.walk(&mut line, &mut place).await?;
            *walks += 1;
            line.wait(self.imap.poll).await?;
        }
    }

    /// Where to go on.
    async fn find_place(&self, opened: &line::Opened) -> Result<Place, Fault> {
        let kept = self.inlet.bookmarks.find(&self.bookmark()).await.map_err(Fault::NotTaken)?;
        let Some(text) = kept else {
            let place = Place::first(self.imap.start, opened.validity, opened.next);
            self.lay(&place).await?;
            return Ok(place);
        };
        let Some(place) = Place::parse(&text) else {
            return Err(Fault::Lost("the mailbox's bookmark cannot be read".to_owned()));
        };
        if place.validity == opened.validity {
            return Ok(place);
        }
        // The server gave every letter a new UID: the bookmark says nothing any more. Everything is
        // taken again that may be news; what we have is known by its content.
        tracing::warn!(
            channel = %self.channel,
            was = place.validity,
            is = opened.validity,
            "the mailbox was numbered anew (UIDVALIDITY): it is read again from its start"
        );
        let old = Old { below: opened.next, which: OldOnes::UnseenOrYoung };
        let place = Place { validity: opened.validity, uid: 0, old: Some(old) };
        self.lay(&place).await?;
        Ok(place)
    }

    async fn lay(&self, place: &Place) -> Result<(), Fault> {
        let laid = self.inlet.bookmarks.lay(&self.bookmark(), &place.to_string()).await;
        laid.map_err(|error: SinkError| Fault::NotTaken(error))
    }

    /// The bookmark's name. Another server or user is another mailbox, even when it happens to have
    /// the same UIDVALIDITY.
    fn bookmark(&self) -> String {
        let server = &self.imap.server;
        let user = server.login.as_ref().map_or("", |login| login.user.as_str());
        let whole = format!("{}\n{user}\n{}", server.host, self.imap.mailbox);
        let digest = Sha256::digest(whole.as_bytes());
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("imap/{short}")
    }
}

/// How long to wait before the next attempt: twice as long each time, between half and all of it, so
/// that many mailboxes do not come back at the same moment.
fn pause(failed: u32) -> Duration {
    let doubled = PAUSE_FIRST.saturating_mul(1 << failed.saturating_sub(1).min(10));
    doubled.min(PAUSE_LAST).mul_f64(rand::random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        for failed in 1..100 {
            let most = PAUSE_FIRST.saturating_mul(1 << (failed - 1).min(10)).min(PAUSE_LAST);
            let drawn = pause(failed);
            assert!(drawn <= most && drawn >= most / 2, "{failed}: {drawn:?}");
        }
    }
}
