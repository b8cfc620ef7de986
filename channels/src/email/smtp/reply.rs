//! What a mail server's answer means for a letter (RFC 5321, RFC 3463).

use crate::outbound::Outcome;
use lettre::transport::smtp::Error;
use std::error::Error as _;
use std::time::Duration;

/// How long to wait when a server asks to be left alone: greylists let the second try in after some
/// minutes.
const PAUSE: Duration = Duration::from_secs(300);
/// The longest answer that is passed on, in characters.
const WORDS_MAX: usize = 300;

/// Enhanced codes by which a server says that there is no such mailbox (RFC 3463, 3.2; RFC 7505).
const GONE_CODES: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
/// How servers say it that send no enhanced code (Exim, old Sendmail, Chinese providers).
const GONE_WORDS: [&str; 12] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "unknown recipient",
    "recipient unknown",
    "user not found",
    "mailbox not found",
    "does not exist",
    "unrouteable address",
    "mailbox unavailable",
    "invalid recipient",
];

/// Why a command had no good answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// What lettre says.
    Error(Error),
    /// No answer within the time.
    Late,
}

impl Broken {
    /// Is it the line rather than an answer?
    pub(super) fn is_line(&self) -> bool {
        self.code().is_none()
    }

    /// A refusal for good (5xx).
    pub(super) fn is_permanent(&self) -> bool {
        self.code().is_some_and(|code| (500..600).contains(&code))
    }

    /// Did lettre itself give up, before asking the server?
    pub(super) fn is_client(&self) -> bool {
        matches!(self, Self::Error(error) if error.is_client())
    }

    /// What it was, for people.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Error(error) => in_words(error),
            Self::Late => "the mail server does not answer".to_owned(),
        }
    }

    /// What it means when the server was told who sends.
    pub(super) fn about_sender(self) -> Outcome {
        match self.code() {
            // 530, 535: it wants a log-in; 538 and the like. The letter itself is not at fault.
            Some(530..=539) => Outcome::Unavailable(self.in_words()),
            Some(code) => judge(code, self.in_words(), About::Letter),
            None => Outcome::Unavailable(self.in_words()),
        }
    }

    /// What it means when the server was told to whom.
    pub(super) fn about_recipient(self) -> Outcome {
        match self.code() {
            Some(code) => judge(code, self.in_words(), About::Recipient),
            None => Outcome::Unavailable(self.in_words()),
        }
    }

    /// What it means for the letter itself.
    pub(super) fn about_letter(self) -> Outcome {
        match self.code() {
            Some(code) => judge(code, self.in_words(), About::Letter),
            None => Outcome::Unavailable(self.in_words()),
        }
    }

    fn code(&self) -> Option<u16> {
        match self {
            Self::Error(error) => error.status().map(u16::from),
            Self::Late => None,
        }
    }
}

/// The server's own words, or what happened to the line.
pub(super) fn in_words(error: &Error) -> String {
    let cause = error.source().map(ToString::to_string);
    let words = match (error.status(), cause) {
        (Some(code), Some(words)) => format!("{code} {words}"),
        _ => error.to_string(),
    };
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Recipient,
    Letter,
}

fn judge(code: u16, words: String, about: About) -> Outcome {
    let enhanced = enhanced(&words);
    if !(500..600).contains(&code) {
        let asks_to_wait = enhanced.as_deref().is_some_and(|status| {
            status.starts_with("4.7.") || status == "4.3.2" || status == "4.4.5"
        });
        return match asks_to_wait {
            true => Outcome::RateLimited(PAUSE),
            false => Outcome::Unavailable(words),
        };
    }
    let is_gone = match &enhanced {
        Some(status) => GONE_CODES.contains(&status.as_str()),
        None => {
            let said = words.to_lowercase();
            matches!(code, 550 | 551 | 553) && GONE_WORDS.iter().any(|word| said.contains(word))
        }
    };
    match (about, is_gone) {
        (About::Recipient, true) => Outcome::RecipientGone,
        _ => Outcome::Rejected(words),
    }
}

/// The first `x.y.z` in an answer (RFC 2034).
fn enhanced(words: &str) -> Option<String> {
    words.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.len() <= 3;
        let fits = parts.len() == 3 && parts.iter().all(is_number);
        (fits && matches!(parts.first(), Some(&("2" | "4" | "5")))).then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(code: u16, words: &str) -> Outcome {
        judge(code, words.to_owned(), About::Recipient)
    }

    #[test]
    fn servers_say_in_many_ways_that_nobody_is_there() {
        for (code, words) in [
            (550, "550 5.1.1 The email account that you tried to reach does not exist"),
            (550, "550 Unrouteable address"),
            (550, "550 User not found: li@163.com"),
            (550, "550 Mailbox unavailable or access denied"),
            (556, "556 5.1.10 Domain has no mail"),
        ] {
            assert_eq!(recipient(code, words), Outcome::RecipientGone, "{words}");
        }
    }

    #[test]
    fn other_refusals_are_no_dead_addresses() {
        for (code, words) in [
            (550, "550 5.7.1 Message rejected as spam"),
            (554, "554 DT:SPM 163 smtp"),
            (552, "552 5.2.2 Mailbox full"),
        ] {
            assert_eq!(recipient(code, words), Outcome::Rejected(words.to_owned()));
        }
        let letter = judge(550, "550 5.1.1 gone".to_owned(), About::Letter);
        assert_eq!(letter, Outcome::Rejected("550 5.1.1 gone".to_owned()));
    }

    #[test]
    fn who_asks_to_wait_is_waited_for() {
        assert_eq!(recipient(451, "451 4.7.1 Greylisted"), Outcome::RateLimited(PAUSE));
        let busy = "452 4.2.2 Mailbox full";
        assert_eq!(recipient(452, busy), Outcome::Unavailable(busy.to_owned()));
        let bare = "421 closing";
        assert_eq!(recipient(421, bare), Outcome::Unavailable(bare.to_owned()));
    }

    #[test]
    fn enhanced_codes_are_not_addresses_of_machines() {
        assert_eq!(enhanced("550 from 10.0.0.53 refused"), None);
        assert_eq!(enhanced("550-5.1.1 gone").as_deref(), Some("5.1.1"));
    }
}
