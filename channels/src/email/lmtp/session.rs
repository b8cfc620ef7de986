//! One session with a mail server.

use super::Hall;
use super::talk::{Heard, Sent, Talk};
use crate::email::tls::Line;
use crate::inbound::{Accepted, Envelope, RawInbound, Refusal};
use bytes::Bytes;
use std::io;
use std::sync::Arc;

/// The most recipients of one letter (RFC 5321, 4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;
/// So many nonsensical commands end a session.
const MISTAKES_MAX: usize = 20;
/// The longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 256;

/// How the client greeted: LMTP answers once for each recipient, SMTP once for the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Lmtp,
    Smtp,
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    End,
}

/// One session.
pub(super) struct Session {
    hall: Arc<Hall>,
    talk: Talk,
    manner: Option<Manner>,
    envelope: Envelope,
    mistakes: usize,
}

impl Session {
    pub(super) fn new(hall: Arc<Hall>, line: Box<dyn Line>) -> Self {
        let talk = Talk::new(line, hall.large.clone(), hall.stop.clone());
        Self { hall, talk, manner: None, envelope: Envelope::default(), mistakes: 0 }
    }

    /// Serves the client until it leaves or the line breaks: nothing is lost by either, since the
    /// client still has what it heard no 250 of.
    pub(super) async fn run(mut self) {
        if let Err(error) = self.serve().await {
            let kind = error.kind();
            tracing::debug!(channel = %self.hall.channel, %kind, "a mail server's line broke");
        }
    }

    async fn serve(&mut self) -> io::Result<()> {
        self.talk.say("220 hutong LMTP ready\r\n").await?;
        loop {
            let next = match self.talk.hear().await? {
                Heard::Command(command) => self.command(&command).await?,
                Heard::Unreadable => self.mistake("500 5.5.2 That line cannot be read\r\n").await?,
                Heard::BareLineFeed => {
                    self.talk.say("521 5.5.2 Lines end in CR LF here\r\n").await?;
                    Next::End
                }
                Heard::Stopped => {
                    self.talk.say("421 4.3.2 Shutting down, try again\r\n").await?;
                    Next::End
                }
                Heard::End => Next::End,
            };
            if next == Next::End {
                return Ok(());
            }
        }
    }

    async fn mistake(&mut self, reply: &str) -> io::Result<Next> {
        self.mistakes += 1;
        if self.mistakes > MISTAKES_MAX {
            self.talk.say("421 4.7.0 Too many mistakes\r\n").await?;
            return Ok(Next::End);
        }
        self.talk.say(reply).await?;
        Ok(Next::Command)
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => self.greet(Manner::Lmtp).await?,
            "EHLO" => self.greet(Manner::Smtp).await?,
            "HELO" => {
                self.begin(Manner::Smtp);
                self.talk.say("250 hutong\r\n").await?;
            }
            "MAIL" => return self.mail(rest).await,
            "RCPT" => return self.rcpt(rest).await,
            "DATA" => return self.data().await,
            "RSET" => {
                self.envelope = Envelope::default();
                self.talk.say("250 2.0.0 Forgotten\r\n").await?;
            }
            "NOOP" => self.talk.say("250 2.0.0 Yes\r\n").await?,
            // Who has an account here is nobody's business (RFC 5321, 7.3).
            "VRFY" => self.talk.say("252 2.5.0 Send some mail and see\r\n").await?,
            "QUIT" => {
                self.talk.say("221 2.0.0 Good-bye\r\n").await?;
                return Ok(Next::End);
            }
            _ => return self.mistake("500 5.5.1 No such command\r\n").await,
        }
        Ok(Next::Command)
    }

    fn begin(&mut self, manner: Manner) {
        self.manner = Some(manner);
        self.envelope = Envelope::default();
    }

    async fn greet(&mut self, manner: Manner) -> io::Result<()> {
        self.begin(manner);
        let most = self.hall.config.bytes_max;
        let reply = format!(
            "250-hutong\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n\
             250-SMTPUTF8\r\n250 SIZE {most}\r\n"
        );
        self.talk.say(&reply).await
    }

    async fn mail(&mut self, rest: &str) -> io::Result<Next> {
        if self.manner.is_none() {
            return self.mistake("503 5.5.1 Greet first\r\n").await;
        }
        if self.envelope.mail_from.is_some() {
            return self.mistake("503 5.5.1 There is a sender already\r\n").await;
        }
        let Some((address, parameters)) = path(rest, "FROM:") else {
            return self.mistake("501 5.1.7 MAIL FROM:<address>\r\n").await;
        };
        let size = parameters.iter().find_map(|(key, value)| {
            key.eq_ignore_ascii_case("SIZE").then(|| value.parse::<u64>().unwrap_or(u64::MAX))
        });
        if size.is_some_and(|size| size > self.hall.config.bytes_max as u64) {
            self.talk.say("552 5.3.4 The letter is too large\r\n").await?;
            return Ok(Next::Command);
        }
        let known = ["SIZE", "BODY", "SMTPUTF8"];
        let is_known = |key: &str| known.iter().any(|known| key.eq_ignore_ascii_case(known));
        if parameters.iter().any(|(key, _)| !is_known(key)) {
            return self.mistake("555 5.5.4 A parameter is not known here\r\n").await;
        }
        self.envelope.mail_from = Some(address.to_owned());
        self.talk.say("250 2.1.0 Sender ok\r\n").await?;
        Ok(Next::Command)
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<Next> {
        if self.envelope.mail_from.is_none() {
            return self.mistake("503 5.5.1 The sender first\r\n").await;
        }
        let Some((address, parameters)) = path(rest, "TO:") else {
            return self.mistake("501 5.1.3 RCPT TO:<address>\r\n").await;
        };
        if !parameters.is_empty() {
            return self.mistake("555 5.5.4 A parameter is not known here\r\n").await;
        }
        let reply = if !self.hall.config.is_own(address) {
            "550 5.1.1 No such mailbox here\r\n"
        } else if self.envelope.rcpt_to.len() >= RECIPIENTS_MAX {
            "452 4.5.3 Too many recipients, send the others again\r\n"
        } else {
            self.envelope.rcpt_to.push(address.to_owned());
            "250 2.1.5 Recipient ok\r\n"
        };
        self.talk.say(reply).await?;
        Ok(Next::Command)
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.envelope.rcpt_to.is_empty() {
            return self.mistake("503 5.5.1 No valid recipients\r\n").await;
        }
        let envelope = std::mem::take(&mut self.envelope);
        self.talk.say("354 Go on, a dot ends it\r\n").await?;
        let answers = match self.manner {
            Some(Manner::Smtp) | None => 1,
            Some(Manner::Lmtp) => envelope.rcpt_to.len(),
        };
        let reply = match self.talk.letter(self.hall.config.bytes_max).await? {
            Sent::TooLarge => "552 5.3.4 The letter is too large\r\n".to_owned(),
            Sent::Letter(bytes) => self.take(envelope, bytes).await,
        };
        self.talk.end_letter();
        // One letter, one commit: each recipient is one of ours and gets the same answer.
        self.talk.say(&reply.repeat(answers)).await?;
        Ok(Next::Command)
    }

    async fn take(&self, envelope: Envelope, bytes: Bytes) -> String {
        let raw = RawInbound {
            channel: self.hall.channel.clone(),
            place: "lmtp".to_owned(),
            envelope,
            received_at: self.hall.clock.now(),
            bytes,
            is_whole: true,
        };
        match self.hall.inlet.sink.accept_raw(raw).await {
            Ok(Accepted::Message { .. } | Accepted::Noted) => "250 2.0.0 Taken in\r\n".to_owned(),
            // The sending server tells the sender; a mailbox could not.
            Ok(Accepted::Refused(Refusal::TooLarge)) => "552 5.3.4 Too large\r\n".to_owned(),
            Ok(Accepted::Refused(refusal)) => format!("554 5.7.0 {}\r\n", refusal.detail()),
            Err(error) => {
                let reason = error.reason;
                tracing::warn!(channel = %self.hall.channel, reason, "a letter was not taken in");
                "451 4.3.0 Not taken in, try again\r\n".to_owned()
            }
        }
    }
}

/// `FROM:<address> KEY=value …`: the address, empty for the null path, and the parameters.
fn path<'l>(rest: &'l str, word: &str) -> Option<(&'l str, Vec<(&'l str, &'l str)>)> {
    let said = rest.get(..word.len())?;
    let rest = rest.get(word.len()..)?.trim_start();
    let (address, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    // A source route is ignored (RFC 5321, appendix C).
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => address,
    };
    let is_clean = !address.contains(['<', ' ']) && address.len() <= ADDRESS_BYTES_MAX;
    let parameters = parameters.split_whitespace();
    let parameters = parameters.map(|one| one.split_once('=').unwrap_or((one, ""))).collect();
    (said.eq_ignore_ascii_case(word) && is_clean).then_some((address, parameters))
}

#[cfg(test)]
mod tests;
