//! From a letter to an event: who says it, how sure we are, and what it is about.

use super::config::{EmailConfig, Rule};
use super::html::Images;
use super::letter::{self, Letter, LetterFile, Nature, Report};
use super::trust::{Trust, Verdict};
use crate::error::AdapterError;
use crate::inbound::{
    Answers, Assurance, Attachment, Inbound, LetterView, NewMessage, Payload, RawInbound,
    RemoteImages, Sender, Writer,
};
use crate::outbound::Missed;
use bytes::Bytes;
use domain::limits::TEXT_BYTES_MAX;
use domain::mail::{
    MAIL_ADDRESSES_BYTES_MAX, MAIL_ADDRESSES_MAX, MAIL_FILES_MAX, MAIL_SUBJECT_CHARS_MAX,
};
use domain::{MailAddress, MailHead, MailWarning};
use sha2::{Digest, Sha256};

/// The longest answer of a server in a bounce, in characters.
const REASON_CHARS_MAX: usize = 500;

/// Reads a letter. The same bytes give the same id and words each time.
///
/// # Errors
/// [`AdapterError::Malformed`] when nothing can be made of it, or when nobody says to have sent it.
pub(super) async fn read(
    config: &EmailConfig,
    trust: &Trust,
    raw: &RawInbound,
) -> Result<Inbound, AdapterError> {
    let read = letter::read(&raw.bytes);
    let letter = read.map_err(|unreadable| AdapterError::Malformed(unreadable.to_string()))?;
    let external_id = id(&letter, &raw.bytes);
    if let Nature::Bounce(reports) = &letter.nature
        && let Some(payload) = bounced(reports)
    {
        let from = letter.from.clone().unwrap_or_else(nobody);
        let sender = sender(&from, Assurance::Claimed, &letter);
        return Ok(inbound(raw, external_id, sender, &letter, payload));
    }
    let Some(from) = letter.from.clone() else {
        return Err(AdapterError::Malformed("it does not say who sent it".to_owned()));
    };
    let verdict = trust.judge(&raw.bytes, &from.address).await;
    let assurance = match verdict.is_proved {
        true => Assurance::Proved,
        false => Assurance::Claimed,
    };
    let sender = sender(&from, assurance, &letter);
    let message = message(config, &verdict, raw, &letter, from);
    Ok(inbound(raw, external_id, sender, &letter, Payload::MessageNew(message)))
}

/// A letter in full, for people.
///
/// # Errors
/// [`AdapterError::Malformed`] when nothing can be made of it.
pub(super) fn view(bytes: &Bytes, images: RemoteImages) -> Result<LetterView, AdapterError> {
    let read = letter::read(bytes);
    let letter = read.map_err(|unreadable| AdapterError::Malformed(unreadable.to_string()))?;
    let images = match images {
        RemoteImages::Blocked => Images::Blocked,
        RemoteImages::Shown => Images::Shown,
    };
    let page = letter.html_view(images);
    Ok(LetterView {
        images_blocked: page.as_ref().map_or(0, |page| page.blocked_images),
        html: page.map(|page| page.html),
        headers: letter.headers,
        rest: letter.rest,
        text: letter.text,
    })
}

fn nobody() -> MailAddress {
    MailAddress { address: String::new(), name: String::new() }
}

fn sender(from: &MailAddress, assurance: Assurance, letter: &Letter) -> Sender {
    Sender {
        kind: "email".to_owned(),
        value: from.address.to_lowercase(),
        assurance,
        contact: None,
        name: from.name.clone(),
        locale: letter.locale,
    }
}

fn inbound(
    raw: &RawInbound,
    external_id: String,
    sender: Sender,
    letter: &Letter,
    payload: Payload,
) -> Inbound {
    Inbound {
        channel: raw.channel.clone(),
        external_id,
        external_conversation: None,
        sender,
        occurred_at: letter.date,
        received_at: raw.received_at,
        payload,
        // The caller keeps the original.
        raw: Bytes::new(),
    }
}

/// The same letter twice is one, whichever way it came; two letters under one `Message-ID` are two.
/// The head is left out but for three fields: each way adds fields of its own to it.
fn id(letter: &Letter, bytes: &[u8]) -> String {
    let mut digest = Sha256::new();
    let from = letter.from.as_ref().map_or("", |from| from.address.as_str());
    let date = letter.date.map(|date| date.0.to_string()).unwrap_or_default();
    for part in [letter.message_id.as_deref().unwrap_or_default(), from, &date] {
        // With its length, so that no two parts can stand for two others.
        digest.update(part.len().to_be_bytes());
        digest.update(part.to_lowercase());
    }
    // Servers end lines and letters differently: what differs by that alone is the same.
    let mut blank = 0_usize;
    for line in body(bytes).split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            blank += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut blank) {
            digest.update(b"\n");
        }
        digest.update(line);
        digest.update(b"\n");
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What follows the first empty line.
fn body(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    bytes.get(at..).unwrap_or_default()
}

/// One event for one letter, with everybody whom it tells of.
fn bounced(reports: &[Report]) -> Option<Payload> {
    let message_id = reports.first()?.message_id.clone();
    let (failed, delayed): (Vec<&Report>, Vec<&Report>) =
        reports.iter().partition(|report| report.permanent);
    let missed = |reports: Vec<&Report>| reports.into_iter().map(missed).collect();
    Some(Payload::Bounced { message_id, failed: missed(failed), delayed: missed(delayed) })
}

/// A server that gives no reason gives at least a code (RFC 3463).
fn missed(report: &Report) -> Missed {
    let reason = if report.reason.is_empty() { &report.status } else { &report.reason };
    Missed {
        recipient: report.recipient.clone(),
        reason: reason.chars().take(REASON_CHARS_MAX).collect(),
    }
}

fn message(
    config: &EmailConfig,
    verdict: &Verdict,
    raw: &RawInbound,
    letter: &Letter,
    from: MailAddress,
) -> NewMessage {
    let mut text = cut(&letter.text);
    if text.trim().is_empty() && letter.files.is_empty() {
        text = cut(&letter.subject);
    }
    let rule = config.rules.iter().find(|rule| fits(rule, letter, &from)).cloned();
    let rule = rule.unwrap_or_default();
    let is_own = config.is_own(&from.address);
    let warning = match (is_own && !verdict.is_proved, verdict.is_forged) {
        (true, _) => Some(MailWarning::ClaimsDesk),
        (false, true) => Some(MailWarning::Forged),
        (false, false) => None,
    };
    let head = MailHead {
        subject: letter.subject.chars().take(MAIL_SUBJECT_CHARS_MAX).collect(),
        from,
        reply_to: letter.reply_to.clone(),
        to: fitting(&letter.to),
        cc: fitting(&letter.cc),
        message_id: letter.message_id.clone().unwrap_or_default(),
        trust: verdict.trust,
        warning,
        automatic: writer(letter, raw) != Writer::Person,
        important: letter.important,
        has_html: letter.has_html(),
        has_rest: !letter.rest.trim().is_empty(),
        is_cut: !raw.is_whole
            || letter.text.len() > TEXT_BYTES_MAX
            || letter.files.len() > MAIL_FILES_MAX,
        original: None,
    };
    NewMessage {
        text,
        attachments: letter.files.iter().take(MAIL_FILES_MAX).map(attachment).collect(),
        topic: rule.topic,
        request_type: rule.request_type,
        audience: rule.audience,
        mail: Some(Box::new(head)),
        answers: answers(letter, raw),
        writer: writer(letter, raw),
        ..NewMessage::default()
    }
}

fn writer(letter: &Letter, raw: &RawInbound) -> Writer {
    match letter.nature {
        // The null return path says that nobody may answer (RFC 5321, 4.5.5).
        _ if raw.envelope.mail_from.as_deref() == Some("") => Writer::Program,
        Nature::Person => Writer::Person,
        Nature::List => Writer::List,
        Nature::Automatic | Nature::Bounce(_) => Writer::Program,
    }
}

/// As many addresses as may be kept: half of the bytes for each of the two lists.
fn fitting(all: &[MailAddress]) -> Vec<MailAddress> {
    let mut room = MAIL_ADDRESSES_BYTES_MAX / 2;
    let fits = |one: &&MailAddress| match room.checked_sub(one.bytes()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    all.iter().take(MAIL_ADDRESSES_MAX).take_while(fits).cloned().collect()
}

fn attachment(file: &LetterFile) -> Attachment {
    Attachment {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: file.bytes.clone(),
    }
}

/// `In-Reply-To` first, then `References` backwards, each once.
fn answers(letter: &Letter, raw: &RawInbound) -> Answers {
    let mut message_ids: Vec<String> = Vec::new();
    for id in letter.in_reply_to.iter().chain(letter.references.iter().rev()) {
        if !message_ids.contains(id) && message_ids.len() < MAIL_ADDRESSES_MAX {
            message_ids.push(id.clone());
        }
    }
    let mut recipients: Vec<String> = Vec::new();
    for address in raw.envelope.rcpt_to.iter().chain(&letter.recipients) {
        let is_new = !recipients.iter().any(|known| known.eq_ignore_ascii_case(address));
        if is_new && recipients.len() < MAIL_ADDRESSES_MAX {
            recipients.push(address.clone());
        }
    }
    Answers { message_ids, recipients }
}

/// At most as long as a message may be, ending with a whole character.
fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default().to_owned()
}

fn fits(rule: &Rule, letter: &Letter, from: &MailAddress) -> bool {
    let (address, subject) = (from.address.to_lowercase(), letter.subject.to_lowercase());
    let in_domain = |domain: &String| {
        let rest = from.domain().to_lowercase();
        rest == *domain || rest.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    rule.from_domain.as_ref().is_none_or(in_domain)
        && rule.from.as_ref().is_none_or(|wanted| *wanted == address)
        && rule.subject_contains.as_ref().is_none_or(|piece| subject.contains(piece))
        && rule.important.is_none_or(|wanted| wanted == letter.important)
}

#[cfg(test)]
mod tests;
