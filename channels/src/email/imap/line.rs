//! One connection to an IMAP server.
//!
//! async-imap's own `uid_fetch` ends silently when the server refuses or the line breaks, which would
//! look like letters that are not there. So each command is asked here, and only its tagged `OK` is an
//! end.

use super::log_in::log_in;
use crate::email::config::ImapConfig;
use crate::email::oauth::Tokens;
use crate::email::tls::{self, LineError};
use crate::inbound::SinkError;
use async_imap::imap_proto::{Capability, MailboxDatum, Response, ResponseCode, Status};
use async_imap::{Session, error::Error};
use base64::Engine as _;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long the server may be silent within an answer.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long one IDLE lasts. RFC 2177 allows 29 minutes, but a line that died silently is noticed only
/// at its end.
const IDLE_TIME: Duration = Duration::from_secs(270);
/// The longest answer of a server that is passed on, in characters.
const WORDS_MAX: usize = 200;

/// Why a connection ended. Shown to operators: no addresses, nothing of a letter.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// We were asked to stop.
    #[error("stopped")]
    Stopped,
    /// The line broke, or the server speaks nonsense.
    #[error("{0}")]
    Lost(String),
    /// The server refused a command.
    #[error("the mailbox refused {0}")]
    Refused(String),
    /// The server refuses our log-in.
    #[error("{0}")]
    Login(String),
    /// There is no line.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The sink did not take a letter, or the bookmark could not be laid.
    #[error("a letter was not taken in")]
    NotTaken(SinkError),
}

/// What a mailbox says when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opened {
    /// Its UIDVALIDITY.
    pub(super) validity: u32,
    /// The UID that the next letter will have.
    pub(super) next: u32,
}

/// A connection that is logged in.
#[derive(Debug)]
pub(super) struct Line<'a> {
    session: Session<Box<dyn tls::Line>>,
    stop: &'a CancellationToken,
    can: Abilities,
    /// Did the server announce letters since the last walk began?
    news: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Abilities {
    idle: bool,
    moves: bool,
    uid_plus: bool,
}

impl<'a> Line<'a> {
    /// Connects and logs in.
    pub(super) async fn open(
        imap: &ImapConfig,
        tokens: Option<&Tokens>,
        stop: &'a CancellationToken,
    ) -> Result<Self, Fault> {
        let session = tokio::select! {
            () = stop.cancelled() => return Err(Fault::Stopped),
            session = log_in(imap, tokens) => session?,
        };
        let mut line = Self { session, stop, can: Abilities::default(), news: false };
        line.introduce().await?;
        Ok(line)
    }

    /// Asks what the server can, and says who we are: NetEase refuses mailboxes to the nameless.
    async fn introduce(&mut self) -> Result<(), Fault> {
        let mut names: Vec<String> = Vec::new();
        let note = |response: &Response<'_>| {
            if let Response::Capabilities(list) = response {
                names.extend(list.iter().filter_map(|one| match one {
                    Capability::Atom(name) => Some(name.to_uppercase()),
                    Capability::Imap4rev1 | Capability::Auth(_) => None,
                }));
            }
        };
        self.ask("CAPABILITY", note).await?;
        let has = |name: &str| names.iter().any(|found| found == name);
        self.can = Abilities { idle: has("IDLE"), moves: has("MOVE"), uid_plus: has("UIDPLUS") };
        if has("ID") {
            match self.ask("ID (\"name\" \"hutong\" \"vendor\" \"hutong\")", |_| {}).await {
                Ok(()) | Err(Fault::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Opens a mailbox.
    pub(super) async fn select(&mut self, mailbox: &str) -> Result<Opened, Fault> {
        let (mut validity, mut next) = (None, None);
        let note = |response: &Response<'_>| {
            if let Response::Data { outcome, .. } = response {
                match &outcome.code {
                    Some(ResponseCode::UidValidity(found)) => validity = Some(*found),
                    Some(ResponseCode::UidNext(found)) => next = Some(*found),
                    _ => {}
                }
            }
        };
        self.ask(&format!("SELECT {}", folder(mailbox)), note).await?;
        let Some(validity) = validity else {
            return Err(Fault::Lost("the mailbox has no UIDVALIDITY".to_owned()));
        };
        let next = match next {
            Some(next) => next,
            None => self.highest().await?.saturating_add(1),
        };
        Ok(Opened { validity, next })
    }

    /// The highest UID that is there; 0 for an empty mailbox. Clears what was announced.
    pub(super) async fn highest(&mut self) -> Result<u32, Fault> {
        self.news = false;
        let mut highest = 0;
        let note = |response: &Response<'_>| {
            highest = highest.max(uid_of(response).unwrap_or_default());
        };
        self.ask("UID FETCH * (UID)", note).await?;
        Ok(highest)
    }

    /// The lowest UID that is there; 0 for an empty mailbox.
    pub(super) async fn lowest(&mut self) -> Result<u32, Fault> {
        let mut lowest = 0;
        // Flags of other letters, changed by somebody else, may be announced in between.
        let note = |response: &Response<'_>| {
            if let Response::Fetch(1, _) = response {
                lowest = uid_of(response).unwrap_or(lowest);
            }
        };
        match self.ask("FETCH 1 (UID)", note).await {
            // Servers refuse a number that is not there; then the walk finds nothing either.
            Ok(()) | Err(Fault::Refused(_)) => Ok(lowest),
            Err(other) => Err(other),
        }
    }

    /// Marks letters as seen.
    pub(super) async fn mark_seen(&mut self, uids: &[u32]) -> Result<(), Fault> {
        let uids = set(uids);
        self.ask(&format!("UID STORE {uids} +FLAGS.SILENT (\\Seen)"), |_| {}).await
    }

    /// Moves letters, with what the server has for it (RFC 6851, RFC 4315).
    pub(super) async fn move_to(&mut self, uids: &[u32], name: &str) -> Result<(), Fault> {
        let (uids, folder) = (set(uids), folder(name));
        if self.can.moves {
            return self.ask(&format!("UID MOVE {uids} {folder}"), |_| {}).await;
        }
        self.ask(&format!("UID COPY {uids} {folder}"), |_| {}).await?;
        self.ask(&format!("UID STORE {uids} +FLAGS.SILENT (\\Seen \\Deleted)"), |_| {}).await?;
        if self.can.uid_plus {
            self.ask(&format!("UID EXPUNGE {uids}"), |_| {}).await?;
        }
        // Without UIDPLUS an EXPUNGE would also remove what others marked: it stays, marked.
        Ok(())
    }

    /// Waits until letters are announced, or for a while.
    pub(super) async fn wait(&mut self, poll: Duration) -> Result<(), Fault> {
        if self.news {
            return Ok(());
        }
        if self.can.idle {
            return self.idle().await;
        }
        tokio::select! {
            () = self.stop.cancelled() => Err(Fault::Stopped),
            () = tokio::time::sleep(poll) => Ok(()),
        }
    }

    async fn idle(&mut self) -> Result<(), Fault> {
        let until = Instant::now() + IDLE_TIME;
        let id = self.send("IDLE").await?;
        while !self.news {
            let hear = |response: &Response<'_>| match response {
                Response::Done { tag, .. } if *tag == id => Idling::Over,
                response if announces(response) => Idling::News,
                _ => Idling::On,
            };
            match tokio::time::timeout_at(until, self.read(hear)).await {
                Err(_over) => break,
                Ok(heard) => match heard? {
                    // It offered IDLE and refuses it: it is asked from time to time instead.
                    Idling::Over => {
                        self.can.idle = false;
                        return Ok(());
                    }
                    Idling::News => self.news = true,
                    Idling::On => {}
                },
            }
        }
        let saying = self.session.run_command_untagged("DONE");
        bounded(self.stop, saying).await?;
        self.until_done(&id.0, &mut |_| {}, "IDLE").await
    }

    /// Asks one thing and notes every answer to it. Only the server's `OK` is an end.
    pub(super) async fn ask(
        &mut self,
        command: &str,
        mut note: impl FnMut(&Response<'_>),
    ) -> Result<(), Fault> {
        let id = self.send(command).await?;
        let verb: String = command.split(' ').take(2).collect::<Vec<_>>().join(" ");
        self.until_done(&id.0, &mut note, &verb).await
    }

    async fn until_done(
        &mut self,
        id: &str,
        note: &mut impl FnMut(&Response<'_>),
        verb: &str,
    ) -> Result<(), Fault> {
        loop {
            let mut news = false;
            let hear = |response: &Response<'_>| match response {
                Response::Done { tag, status, outcome } if tag.0 == id => {
                    let words = outcome.information.as_deref().unwrap_or_default();
                    Some(match status {
                        Status::Ok => Ok(()),
                        _ => Err(Fault::Refused(format!("{verb}: {}", shown(words)))),
                    })
                }
                response => {
                    news = announces(response);
                    note(response);
                    None
                }
            };
            let heard = tokio::time::timeout(ANSWER_TIME, self.read(hear)).await;
            let heard = heard.map_err(|_late| silent())??;
            self.news |= news;
            if let Some(end) = heard {
                return end;
            }
        }
    }

    async fn send(&mut self, command: &str) -> Result<async_imap::imap_proto::RequestId, Fault> {
        bounded(self.stop, self.session.run_command(command)).await
    }

    /// Hears the next answer. Cancel safe: what was read half stays in the buffer.
    async fn read<T>(&mut self, hear: impl FnOnce(&Response<'_>) -> T) -> Result<T, Fault> {
        let answer = tokio::select! {
            () = self.stop.cancelled() => return Err(Fault::Stopped),
            answer = self.session.read_response() => answer,
        };
        let answer = answer.map_err(|error| lost(&Error::Io(error)))?;
        let answer = answer.ok_or_else(|| Fault::Lost("the mailbox hung up".to_owned()))?;
        match answer.parsed() {
            Response::Data { status: Status::Bye, .. } => {
                Err(Fault::Lost("the mailbox said good-bye".to_owned()))
            }
            response => Ok(hear(response)),
        }
    }
}

/// What an answer means while idling.
enum Idling {
    On,
    News,
    Over,
}

async fn bounded<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    tokio::select! {
        () = stop.cancelled() => Err(Fault::Stopped),
        done = tokio::time::timeout(ANSWER_TIME, work) => match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(lost(&error)),
            Err(_late) => Err(silent()),
        },
    }
}

pub(super) fn silent() -> Fault {
    Fault::Lost(format!("the mailbox was silent for {} s", ANSWER_TIME.as_secs()))
}

/// What happened to the line. Errors of the parser hold what it read, so their text is not used.
pub(super) fn lost(error: &Error) -> Fault {
    Fault::Lost(match error {
        Error::Io(error) if error.kind() == std::io::ErrorKind::Other => {
            "the mailbox says what cannot be read".to_owned()
        }
        Error::Io(error) => format!("the line broke: {}", error.kind()),
        Error::ConnectionLost => "the mailbox hung up".to_owned(),
        _ => "the mailbox says what cannot be read".to_owned(),
    })
}

fn announces(response: &Response<'_>) -> bool {
    matches!(response, Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(1..)))
}

/// A set of UIDs in a command.
pub(super) fn set(uids: &[u32]) -> String {
    let words: Vec<String> = uids.iter().map(u32::to_string).collect();
    words.join(",")
}

/// The UID in an answer to FETCH.
pub(super) fn uid_of(response: &Response<'_>) -> Option<u32> {
    let Response::Fetch(_, values) = response else { return None };
    values.iter().find_map(|value| match value {
        async_imap::imap_proto::AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// A folder's name as it is said: modified UTF-7 (RFC 3501, 5.1.3) in a quoted string. Control
/// characters were refused with the settings.
fn folder(name: &str) -> String {
    let (mut said, mut beyond) = (String::from("\""), Vec::new());
    for c in name.chars() {
        if c.is_ascii() {
            shift(&mut beyond, &mut said);
            match c {
                '&' => said.push_str("&-"),
                '"' | '\\' => said.extend(['\\', c]),
                other => said.push(other),
            }
        } else {
            let mut units = [0; 2];
            beyond.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    shift(&mut beyond, &mut said);
    said.push('"');
    said
}

/// Says the characters beyond ASCII that were gathered, in base64 with a comma for the slash.
fn shift(beyond: &mut Vec<u8>, said: &mut String) {
    if !beyond.is_empty() {
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&*beyond);
        said.extend(["&", &text.replace('/', ","), "-"]);
        beyond.clear();
    }
}

/// What a server said, cut short and in one line.
pub(super) fn shown(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_said_in_modified_utf_7() {
        assert_eq!(folder(r#"a "b" \c"#), r#""a \"b\" \\c""#);
        // The example of RFC 3501, 5.1.3, and an ampersand.
        assert_eq!(folder("~peter/mail/台北/日本語"), "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
        assert_eq!(folder("Q&A"), "\"Q&-A\"");
        assert_eq!(folder("已处理"), "\"&XfJZBHQG-\"");
    }
}
