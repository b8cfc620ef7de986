//! Sending letters: a small pool of connections, and what each answer means.
//!
//! lettre's own transport does not tell at which step a line broke, and that is the difference
//! between "try again" and "in doubt". So the steps are taken here, over lettre's connection.

mod pool;
mod reply;

use super::compose::Ready;
use super::config::{Proof, SmtpConfig};
use super::oauth::{TokenError, Tokens};
use crate::outbound::{Missed, Outcome};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use pool::{Pool, Seat};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long the answer to one command may take (RFC 5321, 4.5.3.2 says five minutes; nobody waits
/// that long for a desk).
pub(super) const COMMAND_TIME: Duration = Duration::from_secs(60);
/// How long the server may take over a whole letter (RFC 5321, 4.5.3.2.6).
const LETTER_TIME: Duration = Duration::from_secs(240);
const MINUTE: Duration = Duration::from_secs(60);

/// The way out.
#[derive(Debug)]
pub(super) struct Sender {
    config: SmtpConfig,
    pool: Pool,
    tokens: Option<Arc<Tokens>>,
    /// When the letters of the last minute left.
    left: Mutex<VecDeque<Instant>>,
}

/// How far a letter came.
enum Step {
    /// The server took it, though not for these.
    Taken(String, Vec<Missed>),
    /// It was not taken, and this is what it means.
    Ended(Outcome),
    /// A line that had been kept was dead before the letter began.
    Stale,
}

impl Sender {
    pub(super) fn new(config: SmtpConfig, domain: &str, tokens: Option<Arc<Tokens>>) -> Self {
        let pool = Pool::new(config.server.clone(), config.connections_max, domain);
        Self { config, pool, tokens, left: Mutex::new(VecDeque::new()) }
    }

    /// Sends a letter. `recipient` is the one whose refusal ends it; others who are refused for good
    /// miss it alone, as with every mail server, and are named.
    pub(super) async fn send(&self, ready: &Ready, recipient: &str) -> Outcome {
        if let Err(wait) = self.take_turn(Instant::now()) {
            return Outcome::RateLimited(wait);
        }
        // A kept line may have died meanwhile; a new one is tried once.
        for kept in [pool::Kept::Welcome, pool::Kept::Unwelcome] {
            let mut seat = match self.seat(kept).await {
                Ok(seat) => seat,
                Err(outcome) => return outcome,
            };
            match carry(&mut seat, ready, recipient).await {
                Step::Taken(answer, missed) => {
                    seat.keep();
                    let ids = vec![answer];
                    return match missed.is_empty() {
                        true => Outcome::Sent(ids),
                        false => Outcome::SentInPart { ids, missed },
                    };
                }
                Step::Ended(outcome) => return outcome,
                Step::Stale => {}
            }
        }
        Outcome::Unavailable("the mail server closes every connection at once".to_owned())
    }

    async fn seat(&self, kept: pool::Kept) -> Result<Seat<'_>, Outcome> {
        let secret = match (&self.config.server.login, &self.tokens) {
            (None, _) => None,
            (Some(login), tokens) => match (&login.proof, tokens) {
                (Proof::Password(password), _) => Some(password.clone()),
                (Proof::Token, Some(tokens)) => Some(tokens.get().await.map_err(token_outcome)?),
                (Proof::Token, None) => {
                    return Err(Outcome::Unavailable("there is no source of tokens".to_owned()));
                }
            },
        };
        let seat = self.pool.seat(kept, secret.as_ref()).await;
        match (seat, secret, &self.tokens) {
            (Err(pool::Refused::Login(why)), Some(secret), Some(tokens)) => {
                tokens.forget(&secret).await;
                Err(Outcome::Unavailable(why))
            }
            (Err(refused), ..) => Err(Outcome::Unavailable(refused.to_string())),
            (Ok(seat), ..) => Ok(seat),
        }
    }

    /// Takes a place among the letters of this minute, or says how long to wait for one.
    fn take_turn(&self, now: Instant) -> Result<(), Duration> {
        if self.config.per_minute == 0 {
            return Ok(());
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while left.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            left.pop_front();
        }
        match left.front() {
            Some(first) if left.len() >= self.config.per_minute => {
                Err(MINUTE.saturating_sub(now.duration_since(*first)))
            }
            _ => {
                left.push_back(now);
                Ok(())
            }
        }
    }
}

fn token_outcome(error: TokenError) -> Outcome {
    Outcome::Unavailable(error.to_string())
}

/// Takes the steps of RFC 5321 for one letter.
async fn carry(seat: &mut Seat<'_>, ready: &Ready, recipient: &str) -> Step {
    let was_kept = seat.was_kept();
    let line = seat.line();
    let options = match options(line, ready) {
        Ok(options) => options,
        Err(why) => return Step::Ended(Outcome::Rejected(why.to_owned())),
    };
    let mail = Mail::new(ready.envelope.from().cloned(), options);
    match timed(line.command(mail)).await {
        Ok(_) => {}
        Err(broken) if was_kept && broken.is_line() => return Step::Stale,
        Err(broken) => return Step::Ended(broken.about_sender()),
    }
    let mut missed = Vec::new();
    for address in ready.envelope.to() {
        match timed(line.command(Rcpt::new(address.clone(), Vec::new()))).await {
            Ok(_) => {}
            Err(broken) if is_spared(&broken, address, recipient) => {
                missed.push(Missed { recipient: address.to_string(), reason: broken.in_words() });
            }
            Err(broken) => return Step::Ended(broken.about_recipient()),
        }
    }
    if missed.len() == ready.envelope.to().len() {
        return Step::Ended(Outcome::RecipientGone);
    }
    if let Err(broken) = timed(line.command(Data)).await {
        return Step::Ended(broken.about_letter());
    }
    // From here on the server may have it, whatever we hear.
    match tokio::time::timeout(LETTER_TIME, line.message(&ready.bytes)).await {
        Ok(Ok(response)) => {
            let answer = response.first_line().unwrap_or_default().chars().take(200).collect();
            Step::Taken(answer, missed)
        }
        Ok(Err(error)) if error.status().is_some() => {
            Step::Ended(reply::Broken::Error(error).about_letter())
        }
        Ok(Err(error)) => Step::Ended(Outcome::InDoubt(reply::in_words(&error))),
        Err(_late) => {
            let why = format!("no answer to the letter in {} s", LETTER_TIME.as_secs());
            Step::Ended(Outcome::InDoubt(why))
        }
    }
}

/// Is it a copy for somebody else, refused for good?
fn is_spared(broken: &reply::Broken, address: &Address, recipient: &str) -> bool {
    let is_other = !AsRef::<str>::as_ref(address).eq_ignore_ascii_case(recipient);
    is_other && broken.is_permanent()
}

/// What the server must be told of the letter (RFC 6152, RFC 6531).
fn options(line: &AsyncSmtpConnection, ready: &Ready) -> Result<Vec<MailParameter>, &'static str> {
    let mut options = Vec::new();
    let mut addresses = ready.envelope.to().iter().chain(ready.envelope.from());
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !line.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err("the mail server does not take addresses beyond ASCII (SMTPUTF8)");
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    Ok(options)
}

/// Waits for one command's answer, bounded.
async fn timed<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, reply::Broken> {
    match tokio::time::timeout(COMMAND_TIME, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(reply::Broken::Error(error)),
        Err(_late) => Err(reply::Broken::Late),
    }
}

/// Makes a kept line ready for the next letter.
pub(super) async fn reset(line: &mut AsyncSmtpConnection) -> bool {
    timed(line.command(Rset)).await.is_ok()
}

#[cfg(test)]
mod tests;
