//! Building letters that leave.

use super::config::EmailConfig;
use super::sign;
use crate::outbound::{AutoSubmitted, OutgoingFile, OutgoingMail};
use domain::limits::{FILE_BYTES_MAX, FILES_PER_MESSAGE_MAX, LETTER_TEXT_BYTES_MAX};
use domain::{MailAddress, Timestamp};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use std::time::{Duration, UNIX_EPOCH};

/// The most references that are written, in letters: the first and the latest stay (RFC 5322 sets no
/// limit, servers do).
const REFERENCES_MAX: usize = 40;
/// The longest value of one header field, in bytes.
const VALUE_BYTES_MAX: usize = 2_000;

/// A letter that is ready to leave.
pub(super) struct Ready {
    /// From where and to whom, as the servers are told.
    pub(super) envelope: Envelope,
    /// Every byte, signed where the settings say so.
    pub(super) bytes: Vec<u8>,
}

/// Why a letter cannot be built: for good. The text is shown to people.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// A field holds a line break, NUL or another control character: it would smuggle in fields.
    #[error("{0} holds a line break or another control character")]
    Control(&'static str),
    /// A field is too long.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// An address that no server would take.
    #[error("{0} is not a mail address that servers take")]
    Address(&'static str),
    /// Text or files over the limits.
    #[error("the text or a file is over the limits of this channel")]
    TooLarge,
    /// Nobody to send to.
    #[error("the letter has no recipient")]
    Nobody,
    /// The builder or the signer said no.
    #[error("the letter could not be built: {0}")]
    Builder(String),
}

/// Builds a letter. The same parts give the same letter but for its date and boundaries.
///
/// # Errors
/// See [`Unfit`].
pub(super) fn compose(
    config: &EmailConfig,
    mail: &OutgoingMail,
    text: &str,
    files: &[OutgoingFile],
    now: Timestamp,
) -> Result<Ready, Unfit> {
    check(mail)?;
    let is_large = |file: &OutgoingFile| file.bytes.len() > FILE_BYTES_MAX;
    if text.len() > LETTER_TEXT_BYTES_MAX || files.len() > FILES_PER_MESSAGE_MAX {
        return Err(Unfit::TooLarge);
    }
    if files.iter().any(is_large) {
        return Err(Unfit::TooLarge);
    }
    let envelope = envelope(config, mail)?;
    let message = head(config, mail, now)?.multipart(body(config, mail, text, files)?);
    let message = message.map_err(|error| Unfit::Builder(error.to_string()))?;
    let formatted = message.formatted();
    let bytes = match &config.dkim {
        Some(dkim) => sign::sign(&formatted, dkim).map_err(Unfit::Builder)?,
        None => formatted,
    };
    Ok(Ready { envelope, bytes })
}

/// The first thing that must not stand in a header.
fn check(mail: &OutgoingMail) -> Result<(), Unfit> {
    let mut values = vec![
        ("the subject", mail.subject.as_str()),
        ("the sender's name", mail.from_name.as_str()),
        ("the message id", mail.message_id.as_str()),
        ("the reply token", mail.reply_token.as_str()),
    ];
    values.extend(mail.in_reply_to.iter().map(|id| ("the answered id", id.as_str())));
    values.extend(mail.references.iter().map(|id| ("a reference", id.as_str())));
    for address in mail.to.iter().chain(&mail.cc) {
        values.push(("a recipient", &address.address));
        values.push(("a recipient's name", &address.name));
    }
    for (what, value) in values {
        if value.chars().any(char::is_control) {
            return Err(Unfit::Control(what));
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(Unfit::TooLong(what));
        }
    }
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !mail.reply_token.chars().all(token) {
        return Err(Unfit::Control("the reply token"));
    }
    if !is_id(&mail.message_id) {
        return Err(Unfit::Address("the message id"));
    }
    Ok(())
}

/// Would it stand between angle brackets in one piece?
fn is_id(id: &str) -> bool {
    !id.is_empty() && !id.chars().any(|c| c.is_whitespace() || "<>".contains(c))
}

fn head(
    config: &EmailConfig,
    mail: &OutgoingMail,
    now: Timestamp,
) -> Result<lettre::message::MessageBuilder, Unfit> {
    let name = match mail.from_name.is_empty() {
        true => config.name.get(mail.locale),
        false => &mail.from_name,
    };
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
    let mut builder = Message::builder()
        .from(mailbox("the desk's address", &config.address, name)?)
        .date(date)
        .subject(mail.subject.clone())
        .message_id(Some(format!("<{}>", mail.message_id)));
    for to in &mail.to {
        builder = builder.to(mailbox("a recipient", &to.address, &to.name)?);
    }
    for cc in &mail.cc {
        builder = builder.cc(mailbox("a recipient", &cc.address, &cc.name)?);
    }
    if config.plus_addresses && !mail.reply_token.is_empty() {
        let address = plus(&config.address, &mail.reply_token);
        builder = builder.reply_to(mailbox("the reply address", &address, name)?);
    }
    if let Some(id) = mail.in_reply_to.as_deref().filter(|id| is_id(id)) {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    let references = references(&mail.references);
    if !references.is_empty() {
        builder = builder.references(references);
    }
    let auto_submitted = match mail.auto_submitted {
        AutoSubmitted::No => None,
        AutoSubmitted::Replied => Some("auto-replied"),
        AutoSubmitted::Generated => Some("auto-generated"),
    };
    if let Some(value) = auto_submitted {
        // RFC 3834, 5.2; the other one is what Exchange heeds.
        builder = builder.raw_header(raw("Auto-Submitted", value)?);
        builder = builder.raw_header(raw("X-Auto-Response-Suppress", "All")?);
    }
    Ok(builder)
}

/// The first and the latest references, in order, each in brackets.
fn references(ids: &[String]) -> String {
    let ids: Vec<&String> = ids.iter().filter(|id| is_id(id)).collect();
    let over = ids.len().saturating_sub(REFERENCES_MAX);
    let kept = ids.iter().enumerate().filter(|(n, _)| *n == 0 || *n > over);
    let shown: Vec<String> = kept.map(|(_, id)| format!("<{id}>")).collect();
    shown.join(" ")
}

fn raw(name: &'static str, value: &str) -> Result<HeaderValue, Unfit> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|error| Unfit::Builder(error.to_string()))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

/// `local+token@domain`.
pub(super) fn plus(address: &str, token: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}+{token}@{domain}"),
        None => address.to_owned(),
    }
}

fn mailbox(what: &'static str, address: &str, name: &str) -> Result<Mailbox, Unfit> {
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, parse(what, address)?))
}

fn parse(what: &'static str, address: &str) -> Result<Address, Unfit> {
    address.parse().map_err(|_error| Unfit::Address(what))
}

fn envelope(config: &EmailConfig, mail: &OutgoingMail) -> Result<Envelope, Unfit> {
    let mut to: Vec<Address> = Vec::new();
    for MailAddress { address, .. } in mail.to.iter().chain(&mail.cc) {
        let address = parse("a recipient", address)?;
        if !to.contains(&address) {
            to.push(address);
        }
    }
    let from = parse("the desk's address", &config.address)?;
    Envelope::new(Some(from), to).map_err(|_error| Unfit::Nobody)
}

fn body(
    config: &EmailConfig,
    mail: &OutgoingMail,
    text: &str,
    files: &[OutgoingFile],
) -> Result<MultiPart, Unfit> {
    let text = clean(text);
    let signature = clean(config.signature.get(mail.locale));
    let plain = match signature.is_empty() {
        true => text.clone(),
        false => format!("{text}\r\n\r\n-- \r\n{signature}"),
    };
    let both = MultiPart::alternative()
        .singlepart(SinglePart::plain(plain))
        .singlepart(SinglePart::html(html(&text, &signature)));
    if files.is_empty() {
        return Ok(both);
    }
    let mut mixed = MultiPart::mixed().multipart(both);
    for file in files {
        let kind = file.file.media_type.parse().or_else(|_| {
            ContentType::parse("application/octet-stream")
                .map_err(|error| Unfit::Builder(error.to_string()))
        })?;
        let name: String = file.file.name.chars().filter(|c| !c.is_control()).collect();
        mixed = mixed.singlepart(Attachment::new(name).body(file.bytes.to_vec(), kind));
    }
    Ok(mixed)
}

/// Lines that end as mail wants it, and no other control characters than tabs.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
    text.trim_end().replace('\n', "\r\n")
}

/// The same words for programs that show HTML. Everything is escaped; there is no markup of anybody.
fn html(text: &str, signature: &str) -> String {
    let mut page =
        String::from("<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body>\r\n");
    page.push_str("<div style=\"white-space:pre-wrap\">");
    escape(text, &mut page);
    page.push_str("</div>\r\n");
    if !signature.is_empty() {
        page.push_str("<div style=\"white-space:pre-wrap;color:#666\">-- \r\n");
        escape(signature, &mut page);
        page.push_str("</div>\r\n");
    }
    page.push_str("</body></html>\r\n");
    page
}

fn escape(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            other => page.push(other),
        }
    }
}

#[cfg(test)]
mod tests;
