//! Letters: what arrives whole and is kept before it is read (ADR 0009).
//!
//! Keep every byte → let the channel's adapter read it → find the conversation that it answers → one
//! transition. What cannot go on is put into the quarantine; only then is the far end told that we
//! have it. Repeating any of it is safe.

mod failures;
mod keep;
pub mod reply;
pub(crate) mod retention;
pub mod send;
mod threading;
mod together;
mod token;
pub(in crate::pipeline) mod undelivered;
mod wish;

use super::inbound::{self, Standing};
use crate::api::error::ApiError;
use crate::app::App;
use crate::files::StoreError;
use crate::files::through::KeepError;
use channels::inbound::{NewMessage, Writer};
use channels::{Accepted, AdapterError, Envelope, Inbound, Missed, Payload, RawInbound};
use domain::{ConversationId, FileId, FileRef, Notice, TenantId};
use futures_util::future::try_join_all;
use futures_util::{FutureExt as _, TryFutureExt as _};
use records::RecordsError;
use records::files::Attached;
use records::quarantine::{QuarantineReason, Quarantined};
use routing::RoutingError;
use routing::command::Belongs;
use routing::reply::Rate;
use sha2::{Digest, Sha256};
use std::panic::AssertUnwindSafe;
use threading::Thread;
use undelivered::{Failure, Told};

pub use failures::Failures;
pub use together::accept_together;

/// Programs of one sender may write so many letters at once, and then one in each of these times, in
/// milliseconds; what is more is likely a loop.
const AUTOMATIC: (u32, i64) = (20, 120_000);
/// People likewise; a whole office may write from one address.
const PERSONAL: (u32, i64) = (200, 15_000);
/// One conversation takes so many reports at once, and then one in so many milliseconds: whoever knows a
/// message id of ours can write them.
const REPORTS: (u32, i64) = (20, 600_000);

/// So much of an automatic answer to what is over stands in its log, in characters.
const PROGRAM_CHARS_MAX: usize = 500;

/// Why a letter could not be taken in just now; the far end gives it again.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The bytes could not be kept.
    #[error("the letter cannot be kept")]
    Disk(#[from] StoreError),
    /// The bytes could not be read back.
    #[error("the letter cannot be read back from the disk")]
    Lost(#[from] std::io::Error),
    /// What was kept was pruned before the letter had its conversation.
    #[error("the letter's bytes were pruned meanwhile")]
    Pruned,
    /// The archive.
    #[error("the archive cannot be used")]
    Records(#[from] RecordsError),
    /// The switchboard.
    #[error("the switchboard cannot be used")]
    Routing(#[from] RoutingError),
    /// The adapter needs something that is away.
    #[error("the adapter cannot read it just now")]
    Adapter(#[from] AdapterError),
    /// The pipeline.
    #[error("it cannot enter the queue just now")]
    Pipeline(#[from] ApiError),
    /// A letter that it belongs behind was not taken in.
    #[error("a letter before it was not taken in")]
    Behind,
    /// Something of ours is wrong.
    #[error("a defect of this program keeps it out")]
    Defect,
}

impl From<KeepError> for LetterError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Store(error) => Self::Disk(error),
            KeepError::Records(error) => Self::Records(error),
            KeepError::Pruned => Self::Pruned,
        }
    }
}

/// What became of a letter that was kept.
#[derive(Debug)]
enum Outcome {
    /// It went on.
    Accepted(Accepted),
    /// It cannot go on.
    Aside(QuarantineReason, String),
}

/// Takes a letter in. Resolves after the durable commit, or after it lies in the quarantine.
///
/// # Errors
/// See [`LetterError`]: the outcome is unknown and the same letter may be given again.
pub async fn accept(
    app: &App,
    tenant: &TenantId,
    raw: RawInbound,
) -> Result<Accepted, LetterError> {
    let kept = keep::originals(app, tenant, std::slice::from_ref(&raw)).await.pop();
    let (original, came_before) = kept.unwrap_or(Err(LetterError::Defect))?;
    let read = read(app, tenant, &raw).await?;
    enter(app, tenant, &Kept { raw, original, came_before, read }).await
}

/// A letter whose bytes are safe, and what it says.
#[derive(Debug)]
struct Kept {
    raw: RawInbound,
    original: FileId,
    /// Did it come before?
    came_before: bool,
    read: Result<Inbound, (QuarantineReason, String)>,
}

impl Kept {
    fn inbound(&self) -> Option<&Inbound> {
        self.read.as_ref().ok()
    }
}

/// One transition, or the quarantine; there, too, lies at last what fails again and again.
async fn enter(app: &App, tenant: &TenantId, kept: &Kept) -> Result<Accepted, LetterError> {
    let letter = Letter { app, tenant, raw: &kept.raw, original: &kept.original };
    let entered = match &kept.read {
        Ok(inbound) => letter.go_on(inbound.clone()).await,
        Err((reason, detail)) => Ok(Outcome::Aside(*reason, detail.clone())),
    };
    let outcome = match entered {
        Ok(outcome) => outcome,
        Err(error) if error.is_its_own(app, tenant).await => {
            if !app.letter_failures.are_enough(&kept.original) {
                return Err(error);
            }
            Outcome::Aside(QuarantineReason::Failing, crate::telemetry::chain(&error))
        }
        Err(error) => return Err(error),
    };
    app.letter_failures.forget(&kept.original);
    match outcome {
        Outcome::Accepted(accepted) => {
            if kept.came_before {
                app.records.quarantine().remove(tenant, &kept.original).await?;
            }
            crate::metrics::letter_taken("accepted");
            Ok(accepted)
        }
        Outcome::Aside(reason, detail) => {
            put_aside(letter, reason, detail).await?;
            Ok(Accepted::Noted)
        }
    }
}

/// What came of trying a letter of the quarantine again.
#[derive(Debug, PartialEq, Eq)]
pub enum Retried {
    /// It went on.
    WentOn,
    /// It stays, with the reason as it is now.
    Stays,
    /// There is no such letter.
    Unknown,
}

/// Tries a letter of the quarantine again.
///
/// # Errors
/// See [`LetterError`].
pub async fn retry(
    app: &App,
    tenant: &TenantId,
    original: &FileId,
) -> Result<Retried, LetterError> {
    let Some(letter) = app.records.quarantine().get(tenant, original).await? else {
        return Ok(Retried::Unknown);
    };
    let bytes = tokio::fs::read(app.files.path(tenant, original)).await?;
    let raw = RawInbound {
        channel: letter.channel,
        place: letter.place,
        envelope: Envelope { mail_from: letter.mail_from, rcpt_to: letter.rcpt_to },
        received_at: letter.received_at,
        bytes: bytes.into(),
        is_whole: letter.is_whole,
    };
    accept(app, tenant, raw).await?;
    let stays = app.records.quarantine().get(tenant, original).await?.is_some();
    Ok(if stays { Retried::Stays } else { Retried::WentOn })
}

async fn put_aside(
    letter: Letter<'_>,
    reason: QuarantineReason,
    detail: String,
) -> Result<(), LetterError> {
    let Letter { app, tenant, raw, original } = letter;
    crate::metrics::letter_taken("aside");
    tracing::warn!(
        tenant.id = %tenant, channel.id = %raw.channel, letter.place = raw.place, letter.reason = ?reason,
        "a letter was put into the quarantine"
    );
    let letter = Quarantined {
        original: original.clone(),
        channel: raw.channel.clone(),
        place: raw.place.clone(),
        mail_from: raw.envelope.mail_from.clone(),
        rcpt_to: raw.envelope.rcpt_to.clone(),
        bytes: raw.bytes.len() as u64,
        is_whole: raw.is_whole,
        reason,
        detail,
        received_at: raw.received_at,
        tries: 1,
    };
    app.records.quarantine().put(tenant, &letter).await?;
    Ok(())
}

/// What a letter says; or why it cannot go on.
async fn read(
    app: &App,
    tenant: &TenantId,
    raw: &RawInbound,
) -> Result<Result<Inbound, (QuarantineReason, String)>, LetterError> {
    let closed = |why: &str| Ok(Err((QuarantineReason::ChannelClosed, why.to_owned())));
    let view = app.settings.desk(tenant);
    let open = view.channel(&raw.channel).filter(|channel| channel.enabled);
    let Some(channel) = open else { return closed("the channel is switched off") };
    let Ok(adapter) = app.doors.adapter(tenant, channel) else {
        return closed("the channel's settings are wrong");
    };
    // A letter that brings the reader down brings down nothing else: the reader keeps nothing of it.
    match AssertUnwindSafe(adapter.read(raw)).catch_unwind().await {
        Ok(Ok(inbound)) => Ok(Ok(inbound)),
        Ok(Err(AdapterError::Malformed(why))) => Ok(Err((QuarantineReason::Unreadable, why))),
        Ok(Err(error)) => Err(error.into()),
        Err(_panic) => {
            tracing::error!(tenant.id = %tenant, channel.id = %raw.channel, "a letter brought its reader down");
            Ok(Err((QuarantineReason::Unreadable, "the reader fails on it: a defect".to_owned())))
        }
    }
}

fn aside(reason: QuarantineReason, detail: &str) -> Outcome {
    Outcome::Aside(reason, detail.to_owned())
}

/// A letter that was kept and read.
#[derive(Clone, Copy)]
struct Letter<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    raw: &'a RawInbound,
    original: &'a FileId,
}

impl Letter<'_> {
    async fn go_on(self, mut inbound: Inbound) -> Result<Outcome, LetterError> {
        match std::mem::replace(&mut inbound.payload, Payload::Typing) {
            Payload::MessageNew(message) => self.says(inbound, message).await,
            Payload::Bounced { message_id, failed, delayed } => {
                self.came_back(&inbound, message_id, (failed, delayed)).await
            }
            _ => Ok(aside(QuarantineReason::Refused, "this kind of letter is not carried further")),
        }
    }

    /// Somebody, or a program, says something.
    async fn says(
        self,
        mut inbound: Inbound,
        mut message: NewMessage,
    ) -> Result<Outcome, LetterError> {
        let Self { app, tenant, raw, .. } = self;
        if message.mail.as_ref().is_some_and(|mail| self.ours(&mail.message_id).is_some()) {
            // A copy of our own letter came back: the log has it already.
            return Ok(Outcome::Accepted(Accepted::Noted));
        }
        let finding = threading::find(app, tenant, &inbound, &message);
        let asking = app.router.seen(tenant, &raw.channel, &inbound.external_id);
        let asking = asking.map_err(LetterError::from);
        let (thread, known) = tokio::try_join!(finding, asking)?;
        let automatic = message.mail.as_ref().is_some_and(|mail| mail.automatic);
        if !known && !self.within_limit(&inbound, automatic).await? {
            return Ok(aside(QuarantineReason::Loop, "this sender writes too often"));
        }
        if message.writer == Writer::Program
            && !known
            && let Some(conversation) = thread.over()
        {
            return self.answered_by_program(&inbound, &message, conversation).await;
        }
        let attachments = std::mem::take(&mut message.attachments);
        let brought = (inbound.external_id.as_str(), attachments.as_slice());
        let files = keep::attachments(app, tenant, raw, brought).await?;
        message.files = files.clone();
        if let Some(mail) = &mut message.mail {
            mail.original = Some(self.original.clone());
            mail.warning = mail.warning.or(thread.warning);
        }
        let wished = wish::number(&message);
        inbound.payload = Payload::MessageNew(message);
        let accepted = self.enter(inbound, &thread).await?;
        match &accepted {
            Accepted::Message { conversation, .. } => {
                self.attach(conversation, &files).await?;
                if let Some(number) = wished {
                    wish::grant(app, tenant, conversation, number).await?;
                }
                Ok(Outcome::Accepted(accepted))
            }
            Accepted::Noted => Ok(Outcome::Accepted(accepted)),
            Accepted::Refused(refusal) => Ok(aside(QuarantineReason::Refused, refusal.detail())),
        }
    }

    /// Nobody waits for an answer to a program, and it must not open what is over: its log tells of it.
    async fn answered_by_program(
        self,
        inbound: &Inbound,
        message: &NewMessage,
        conversation: &ConversationId,
    ) -> Result<Outcome, LetterError> {
        if !self.may_report(conversation).await? {
            return Ok(aside(QuarantineReason::Loop, "programs answer its conversation too often"));
        }
        let notice = Notice::AutomaticAnswer {
            address: inbound.sender.value.clone(),
            text: message.text.chars().take(PROGRAM_CHARS_MAX).collect(),
        };
        let name = format!("automatic.{}", inbound.external_id);
        match undelivered::tell(self.app, self.tenant, conversation, &name, &notice).await? {
            Told::Nowhere => Ok(aside(QuarantineReason::Report, "its conversation is not known")),
            Told::Open | Told::Over => {
                self.attach(conversation, &[]).await?;
                Ok(Outcome::Accepted(Accepted::Noted))
            }
        }
    }

    async fn may_report(self, conversation: &ConversationId) -> Result<bool, LetterError> {
        let what = format!("reports:{conversation}");
        let (burst, per_token_ms) = REPORTS;
        let taken = self.app.router.take_tokens(self.tenant, &what, burst, per_token_ms).await?;
        Ok(taken == Rate::Allowed)
    }

    async fn enter(self, inbound: Inbound, thread: &Thread) -> Result<Accepted, ApiError> {
        let standing = thread.into.as_ref().map_or(Standing::None, Standing::of);
        let belongs = Belongs::ToThread {
            into: thread.into.as_ref().map(|conversation| &conversation.id),
            name: thread.name.as_deref(),
        };
        inbound::accept(self.app, self.tenant, inbound, standing, belongs).await
    }

    /// Ties the letter and what it brought to its conversation: repeating is safe, and a letter that is
    /// given again after a crash in between does it.
    async fn attach(
        self,
        conversation: &ConversationId,
        files: &[FileRef],
    ) -> Result<(), LetterError> {
        let records = self.app.records.files();
        let files = std::iter::once(self.original).chain(files.iter().map(|file| &file.id));
        let attaching = files.map(|file| records.attach(self.tenant, file, conversation));
        let attached = try_join_all(attaching).await?;
        if attached.contains(&Attached::Unknown) {
            // It was pruned since it was kept: the letter comes again and is kept anew.
            return Err(LetterError::Pruned);
        }
        Ok(())
    }

    async fn within_limit(self, inbound: &Inbound, automatic: bool) -> Result<bool, LetterError> {
        let sender = name_of(&inbound.sender.value);
        let (sort, (burst, per_token_ms)) =
            if automatic { ("programs", AUTOMATIC) } else { ("people", PERSONAL) };
        let what = format!("letters:{sort}:{}:{sender}", self.raw.channel);
        let taken = self.app.router.take_tokens(self.tenant, &what, burst, per_token_ms).await?;
        Ok(taken == Rate::Allowed)
    }

    /// The conversation of a message id of ours.
    fn ours(self, message_id: &str) -> Option<ConversationId> {
        let keys = self.app.auth.keys_of(self.tenant)?;
        let place = (self.tenant, &self.raw.channel);
        token::conversation(keys.letters(), place, token::in_message_id(message_id)?)
    }

    /// A letter of ours came back from some of its recipients.
    async fn came_back(
        self,
        inbound: &Inbound,
        message_id: Option<String>,
        (failed, delayed): (Vec<Missed>, Vec<Missed>),
    ) -> Result<Outcome, LetterError> {
        let ours = message_id.as_deref();
        let ours = ours.and_then(|id| Some((self.ours(id)?, send::message_of(id))));
        let Some((conversation, message)) = ours else {
            return Ok(aside(QuarantineReason::Report, "it reports of no letter of ours"));
        };
        if !self.may_report(&conversation).await? {
            return Ok(aside(QuarantineReason::Report, "its conversation has too many reports"));
        }
        let failed = undelivered::notice(message.clone(), Failure::ForGood, failed);
        let delayed = undelivered::notice(message, Failure::Late, delayed);
        let is_lost = failed.is_some();
        let mut told = Told::Nowhere;
        for (sort, notice) in [("report", failed), ("late", delayed)] {
            let Some(notice) = notice else { continue };
            let name = format!("{sort}.{}", inbound.external_id);
            told = undelivered::tell(self.app, self.tenant, &conversation, &name, &notice).await?;
        }
        if told == Told::Nowhere {
            return Ok(aside(QuarantineReason::Report, "its conversation is not known"));
        }
        self.attach(&conversation, &[]).await?;
        if told == Told::Over && is_lost {
            // Its log says it, but nobody looks there: supervisors count what is stuck.
            let detail = format!("{conversation} is over, and its log tells of it");
            return Ok(Outcome::Aside(QuarantineReason::Report, detail));
        }
        Ok(Outcome::Accepted(Accepted::Noted))
    }
}

/// A name of fixed length that is safe in a key, and tells nobody what it was made of.
pub(in crate::pipeline) fn name_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())).chars().take(40).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
