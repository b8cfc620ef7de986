//! The head of a letter or of a part: fields as they stand, bounded (RFC 5322, section 2.2).

use super::words;
use bytes::Bytes;
use memchr::memchr;
use std::borrow::Cow;

/// The most fields of one head that are kept; those after them are skipped.
pub(super) const FIELDS_MAX: usize = 500;
/// The most fields of a part's head that are kept.
pub(super) const PART_FIELDS_MAX: usize = 40;
/// The longest value that is read, in bytes; the rest is not looked at.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// The longest name of a field, in bytes.
const NAME_BYTES_MAX: usize = 76;
/// Fields of which a letter has at least one; a file without any of them is none.
const LETTER_FIELDS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "received",
    "return-path",
    "mime-version",
    "content-type",
    "sender",
    "cc",
    "delivered-to",
    "reply-to",
];

/// The fields of one head, in order.
#[derive(Default)]
pub(super) struct Head {
    fields: Vec<(String, Bytes)>,
    fields_max: usize,
}

/// Splits a letter into its head and what follows it.
pub(super) fn split(raw: &Bytes) -> (Head, Bytes) {
    split_up_to(raw, FIELDS_MAX)
}

/// Splits a part, whose head may be one of a thousand, in the same way.
pub(super) fn split_part(raw: &Bytes) -> (Head, Bytes) {
    split_up_to(raw, PART_FIELDS_MAX)
}

fn split_up_to(raw: &Bytes, fields_max: usize) -> (Head, Bytes) {
    let mut head = Head { fields: Vec::new(), fields_max };
    let mut at = 0;
    let mut open: Option<(String, usize)> = None;
    loop {
        let rest = raw.get(at..).unwrap_or_default();
        let line = first_line(rest);
        if line.is_empty() || is_blank(line) {
            head.close(raw, open.take(), at);
            return (head, raw.slice((at + line.len()).min(raw.len())..));
        }
        if matches!(line.first(), Some(b' ' | b'\t')) && open.is_some() {
            at += line.len();
            continue;
        }
        if let Some(name) = field_name(line) {
            head.close(raw, open.take(), at);
            open = Some((name, at));
        } else if open.is_none() && at == 0 && is_envelope_line(line) {
            // The line that mbox files put before a letter.
        } else if !goes_on(rest, line) {
            head.close(raw, open.take(), at);
            return (head, raw.slice(at..));
        }
        at += line.len();
    }
}

impl Head {
    fn close(&mut self, raw: &Bytes, open: Option<(String, usize)>, end: usize) {
        let Some((name, start)) = open else { return };
        if self.fields.len() >= self.fields_max {
            return;
        }
        let field = raw.slice(start..end);
        let colon = memchr(b':', &field).map_or(field.len(), |colon| colon + 1);
        // Of the letters before this one the newest stand at the end.
        let value = if name == "references" {
            field.slice(colon.max(field.len().saturating_sub(VALUE_BYTES_MAX))..)
        } else {
            field.slice(colon..field.len().min(colon + VALUE_BYTES_MAX))
        };
        self.fields.push((name, value));
    }

    /// Is it the head of a letter?
    pub(super) fn is_of_a_letter(&self) -> bool {
        self.fields.iter().any(|(name, _)| LETTER_FIELDS.contains(&name.as_str()))
    }

    /// The values of all fields of a name (lower case), unfolded, as text with its encoded words.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let found = self.fields.iter().filter(move |(found, _)| found == name);
        found.map(|(_, value)| words::raw_text(&unfold(value)))
    }

    /// The value of the first field of a name (lower case).
    pub(super) fn first(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// Does a field of this name (lower case) stand there?
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(found, _)| found == name)
    }

    /// All names (lower case) with their values, in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), words::raw_text(&unfold(value))))
    }
}

/// The first line with its end.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    bytes.get(..end).unwrap_or(bytes)
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r")
}

fn is_envelope_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn field_name(line: &[u8]) -> Option<String> {
    let window = line.get(..NAME_BYTES_MAX).unwrap_or(line);
    let name = window.get(..memchr(b':', window)?)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
    is_name.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// Some mailers wrap a long field without the space that says so. Such a line is taken as part of the
/// field if another field follows it; else the body begins here and its words must not be lost.
fn goes_on(rest: &[u8], line: &[u8]) -> bool {
    let next = first_line(rest.get(line.len()..).unwrap_or_default());
    field_name(next).is_some_and(|name| {
        LETTER_FIELDS.contains(&name.as_str())
            || name.starts_with("x-")
            || name.starts_with("content-")
    })
}

fn unfold(value: &Bytes) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if !value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | 0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(raw: &'static str) -> (Head, Bytes) {
        split(&Bytes::from_static(raw.as_bytes()))
    }

    #[test]
    fn a_head_ends_at_the_blank_line_with_either_line_end() {
        for raw in ["Subject: a\r\n b\r\nTo: c\r\n\r\nbody", "Subject: a\n b\nTo: c\n\nbody"] {
            let (head, body) = head(raw);
            assert_eq!(head.first("subject").unwrap(), "a b");
            assert_eq!(head.first("to").unwrap(), "c");
            assert_eq!(body, "body");
        }
    }

    #[test]
    fn words_of_the_body_are_not_lost_when_the_blank_line_is_missing() {
        let (head, body) = head("Subject: a\nHello there\n\nmore");
        assert_eq!(head.first("subject").unwrap(), "a");
        assert_eq!(body, "Hello there\n\nmore");
    }

    #[test]
    fn a_field_wrapped_without_space_goes_on_when_another_field_follows() {
        let (head, _) = head("Subject: a\nlong one\nFrom: b@c.cn\n\n");
        assert_eq!(head.first("subject").unwrap(), "along one");
        assert!(head.has("from"));
    }

    #[test]
    fn a_head_without_a_body_and_an_mbox_line_are_read() {
        let (head, body) = head("From a@b.cn Mon Jan  1\nSubject: a");
        assert_eq!(head.first("subject").unwrap(), "a");
        assert!(body.is_empty());
    }
}
