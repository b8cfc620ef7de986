//! A letter as people read it.

use super::address;
use super::body;
use super::header::{self, Head};
use super::html::{self, HtmlView, Images};
use super::ids;
use super::locale;
use super::nature;
use super::part::{self, TooMuch};
use super::reply;
use super::words;
use bytes::Bytes;
use domain::mail::{MAIL_ADDRESSES_MAX, MAIL_SUBJECT_CHARS_MAX};
use domain::{Locale, MailAddress, Timestamp};
use std::fmt;

/// The most characters of one header in the view of headers.
const HEADER_CHARS_MAX: usize = 4_000;
/// The most bytes of all headers in that view.
const HEADERS_BYTES_MAX: usize = 128 * 1024;
/// The longest date that is read, in bytes: comments in it may nest.
const DATE_BYTES_MAX: usize = 100;
/// Fields that name where a letter arrived.
const RECIPIENT_FIELDS: &[&str] = &[
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
];

/// A letter as people read it. All texts are plain and free of control characters.
#[derive(Clone, PartialEq)]
pub struct Letter {
    /// The `Message-ID` without its brackets; `None` if it has none, or an empty one.
    pub message_id: Option<String>,
    /// The letters that it answers, without brackets, at most [`REFERENCES_MAX`](super::ids::REFERENCES_MAX).
    pub in_reply_to: Vec<String>,
    /// The letters before it, without brackets, the oldest first, at most [`REFERENCES_MAX`](super::ids::REFERENCES_MAX).
    pub references: Vec<String>,
    /// When it was written, by its own account.
    pub date: Option<Timestamp>,
    /// Who wrote it: the first valid address of the first `From` that has one.
    pub from: Option<MailAddress>,
    /// Where answers should go, if it says so.
    pub reply_to: Option<MailAddress>,
    /// To whom.
    pub to: Vec<MailAddress>,
    /// Who reads along.
    pub cc: Vec<MailAddress>,
    /// The addresses at which it arrived (`To`, `Cc`, `Delivered-To`, `X-Original-To`, `Envelope-To`),
    /// each once.
    pub recipients: Vec<String>,
    /// The subject, at most [`MAIL_SUBJECT_CHARS_MAX`] characters; may be empty.
    pub subject: String,
    /// The new part.
    pub text: String,
    /// Quotes and signature.
    pub rest: String,
    /// The HTML body as it came. Foreign: [`Letter::html_view`] is the only way to show it.
    html: Option<String>,
    /// What came along, in order.
    pub files: Vec<LetterFile>,
    /// Who or what wrote it.
    pub nature: Nature,
    /// The sender calls it important.
    pub important: bool,
    /// The language, guessed; `None` for others than the desk's and for too few words.
    pub locale: Option<Locale>,
    /// All headers, decoded, for people who want to see them; bounded.
    pub headers: Vec<(String, String)>,
}

/// A file that came along.
#[derive(Clone, PartialEq, Eq)]
pub struct LetterFile {
    /// Its name, at most 200 characters: no path, nothing that cannot be seen; invented if none was given.
    pub name: String,
    /// The media type that the sender claims, in lower case.
    pub media_type: String,
    /// Its content, with its transfer encoding undone.
    pub bytes: Bytes,
    /// What `cid:` links of the HTML body call it.
    pub content_id: Option<String>,
    /// Shown in the body, not beside it.
    pub inline: bool,
}

/// Who or what wrote a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nature {
    /// A person, as far as one can tell.
    Person,
    /// A program: an automatic answer, a notice (RFC 3834), a newsletter.
    Automatic,
    /// A mailing list passes it on (RFC 2919); as a rule a person wrote it.
    List,
    /// A mail server that could not deliver a letter, or not yet; what it says, at least one report.
    Bounce(Vec<Report>),
}

/// What a mail server says of one recipient (RFC 3464).
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// The `Message-ID` of the letter that came back, without brackets, where it is told.
    pub message_id: Option<String>,
    /// Whom it did not reach; empty when it is not told.
    pub recipient: String,
    /// For good, or is it still being tried?
    pub permanent: bool,
    /// The enhanced status code (RFC 3463), such as `5.1.1`; empty when none was told.
    pub status: String,
    /// What the server said, at most 500 characters.
    pub reason: String,
}

// Letters are personal data: they must not reach a log by `{:?}`.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("text", &self.text.len())
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LetterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("permanent", &self.permanent)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Why nothing can be made of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing, or only blank lines.
    #[error("the letter is empty")]
    Empty,
    /// No head of a letter: other bytes than a letter's.
    #[error("this is no letter: it does not begin with the head of one")]
    NoHead,
    /// More parts than anybody writes.
    #[error("the letter has more than {} parts", part::PARTS_MAX)]
    TooManyParts,
    /// Deeper nesting than anybody writes.
    #[error("the letter's parts are nested deeper than {}", part::DEPTH_MAX)]
    TooDeep,
}

/// Reads a letter. The same bytes give the same letter. It takes time in proportion to the bytes, and
/// at most about as much memory again: files that needed no decoding are pieces of `raw`.
///
/// # Errors
/// [`Unreadable`] if it is none, or a trap; everything else is read as well as it can be.
pub fn read(raw: &Bytes) -> Result<Letter, Unreadable> {
    let raw = skip_blank(raw);
    if raw.is_empty() {
        return Err(Unreadable::Empty);
    }
    let (head, content) = header::split(&raw);
    if !head.is_of_a_letter() {
        return Err(Unreadable::NoHead);
    }
    let root = part::read(head, &content).map_err(|too_much| match too_much {
        TooMuch::Parts => Unreadable::TooManyParts,
        TooMuch::Depth => Unreadable::TooDeep,
    })?;
    let bodies = body::gather(&root);
    let head = &root.head;
    let subject = head.first("subject").unwrap_or_default();
    let subject = words::one_line(&subject, MAIL_SUBJECT_CHARS_MAX);
    let split = reply::split(&bodies.lines(), &subject);
    let nature = nature::of(&root, &split);
    Ok(Letter {
        message_id: head.first("message-id").and_then(|id| ids::parse(&id).into_iter().next_back()),
        in_reply_to: head.first("in-reply-to").map_or(Vec::new(), |ids| ids::parse(&ids)),
        references: head.first("references").map_or(Vec::new(), |ids| ids::parse(&ids)),
        date: head.first("date").and_then(|text| date(&text)),
        from: first_address(head, "from").or_else(|| first_address(head, "sender")),
        reply_to: first_address(head, "reply-to"),
        to: addresses(head, "to"),
        cc: addresses(head, "cc"),
        recipients: recipients(head),
        locale: locale::guess(&subject, &split.text),
        subject,
        text: split.text,
        rest: split.rest,
        html: bodies.html(),
        files: bodies.files,
        nature,
        important: is_important(head),
        headers: headers(head),
    })
}

impl Letter {
    /// Did it come in HTML?
    pub fn has_html(&self) -> bool {
        self.html.is_some()
    }

    /// The whole body, sanitised, for a sandboxed frame; `None` if it came without HTML.
    pub fn html_view(&self, images: Images) -> Option<HtmlView> {
        self.html.as_deref().map(|page| html::view(page, &self.files, images))
    }
}

fn skip_blank(raw: &Bytes) -> Bytes {
    let mark = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let blank = raw.iter().skip(mark).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let rest = raw.slice(mark + blank..);
    if rest.iter().all(u8::is_ascii_whitespace) { Bytes::new() } else { rest }
}

fn date(text: &str) -> Option<Timestamp> {
    if text.len() > DATE_BYTES_MAX {
        return None;
    }
    let date = mail_parser::DateTime::parse_rfc822(text).filter(mail_parser::DateTime::is_valid)?;
    date.to_timestamp().checked_mul(1_000).map(Timestamp)
}

fn first_address(head: &Head, name: &str) -> Option<MailAddress> {
    head.all(name).find_map(|text| address::parse(&text).into_iter().next())
}

fn addresses(head: &Head, name: &str) -> Vec<MailAddress> {
    let mut all: Vec<MailAddress> = Vec::new();
    for found in head.all(name).take(20).flat_map(|text| address::parse(&text)) {
        if all.len() < MAIL_ADDRESSES_MAX && !all.iter().any(|known| known.is(&found.address)) {
            all.push(found);
        }
    }
    all
}

fn recipients(head: &Head) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for found in RECIPIENT_FIELDS.iter().flat_map(|name| addresses(head, name)) {
        let is_new = !all.iter().any(|known| known.eq_ignore_ascii_case(&found.address));
        if is_new && all.len() < MAIL_ADDRESSES_MAX {
            all.push(found.address);
        }
    }
    all
}

fn is_important(head: &Head) -> bool {
    let says = |name: &str, words: &[&str]| {
        let value = head.first(name).unwrap_or_default().trim().to_ascii_lowercase();
        words.iter().any(|word| value.starts_with(word))
    };
    says("importance", &["high"])
        || says("x-priority", &["1", "2"])
        || says("priority", &["urgent"])
        || says("x-msmail-priority", &["high"])
}

fn headers(head: &Head) -> Vec<(String, String)> {
    let mut left = HEADERS_BYTES_MAX;
    let mut shown = Vec::new();
    for (name, value) in head.fields() {
        let value = words::one_line(&value, HEADER_CHARS_MAX);
        let Some(after) = left.checked_sub(name.len() + value.len()) else { break };
        left = after;
        shown.push((name.to_owned(), value));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_within_bounds() {
        assert_eq!(date("Tue, 2 Jan 2024 10:00:00 +0800"), Some(Timestamp(1_704_160_800_000)));
        assert_eq!(date("no date"), None);
        assert_eq!(date(&"(".repeat(100_000)), None);
    }

    #[test]
    fn what_is_no_letter_is_said_to_be_none() {
        let read = |raw: &'static [u8]| read(&Bytes::from_static(raw)).unwrap_err();
        assert_eq!(read(b""), Unreadable::Empty);
        assert_eq!(read(b"\r\n \r\n"), Unreadable::Empty);
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0"), Unreadable::NoHead);
        assert_eq!(read(b"Hello: world\n\nwords"), Unreadable::NoHead);
    }
}
