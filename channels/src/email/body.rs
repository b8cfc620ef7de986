//! Which parts are the text, which are its HTML form, and which are files.

use super::charset;
use super::file_name;
use super::html;
use super::letter::LetterFile;
use super::part::{Content, Part};
use super::plain;
use super::reply::{self, Line};
use super::words;
use bytes::Bytes;

/// The most of a body that is read as text, in bytes; what is behind it stands in the original.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// The most of an HTML body that is read, in bytes.
const HTML_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A plain text of at most so many characters may only say that the letter is in HTML.
const STUB_CHARS_MAX: usize = 300;

/// What a letter contains.
pub(super) struct Bodies {
    segments: Vec<Segment>,
    /// So many bytes may still be read as text, and as HTML.
    text_left: usize,
    html_left: usize,
    /// The files, in order.
    pub files: Vec<LetterFile>,
}

/// One piece of the body, in the forms in which it came.
#[derive(Default)]
struct Segment {
    plain: Option<String>,
    html: Option<String>,
}

/// Sorts the parts of a letter.
pub(super) fn gather(root: &Part) -> Bodies {
    let mut bodies = Bodies::new(TEXT_BYTES_MAX, HTML_BYTES_MAX);
    bodies.take(root, Place::Alone);
    bodies
}

/// Where a part stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The letter itself, or the first of several.
    Alone,
    /// After others.
    Later,
    /// Beside an HTML body that may show it.
    Related,
}

impl Bodies {
    fn new(text_left: usize, html_left: usize) -> Self {
        Self { segments: Vec::new(), text_left, html_left, files: Vec::new() }
    }

    fn take(&mut self, part: &Part, place: Place) {
        let parts = match &part.content {
            Content::Leaf(bytes) => return self.leaf(part, bytes, place),
            Content::Multipart(parts) => parts,
        };
        match part.media_type.as_str() {
            "multipart/alternative" => self.alternative(parts, place),
            "multipart/related" => {
                let root = part.type_param("start").and_then(|start| {
                    let start = start.trim_matches(['<', '>']).to_owned();
                    parts.iter().position(|p| p.content_id().as_deref() == Some(start.as_str()))
                });
                let root = root.unwrap_or(0);
                for (n, inner) in parts.iter().enumerate() {
                    self.take(inner, if n == root { place } else { Place::Related });
                }
            }
            _ => {
                for (n, inner) in parts.iter().enumerate() {
                    self.take(inner, if n == 0 { place } else { Place::Later });
                }
            }
        }
    }

    /// One piece in several forms: the plain one and the last of the HTML ones are kept.
    fn alternative(&mut self, parts: &[Part], place: Place) {
        let mut whole = Segment::default();
        for part in parts {
            if part.media_type == "text/x-amp-html" {
                continue;
            }
            let mut inner = Self::new(self.text_left, self.html_left);
            inner.take(part, place);
            (self.text_left, self.html_left) = (inner.text_left, inner.html_left);
            self.files.append(&mut inner.files);
            let (plain, html) = inner.joined();
            whole.plain = whole.plain.filter(|text| !text.trim().is_empty()).or(plain);
            whole.html = html.or(whole.html);
        }
        self.segments.push(whole);
    }

    fn joined(self) -> (Option<String>, Option<String>) {
        let mut whole = Segment::default();
        for segment in self.segments {
            if let Some(text) = segment.plain {
                let held = whole.plain.get_or_insert_default();
                if !held.is_empty() {
                    held.push('\n');
                }
                held.push_str(&text);
            }
            if let Some(html) = segment.html {
                whole.html.get_or_insert_default().push_str(&html);
            }
        }
        (whole.plain, whole.html)
    }

    fn leaf(&mut self, part: &Part, bytes: &Bytes, place: Place) {
        let named = part.name().is_some();
        let is_text = matches!(part.media_type.as_str(), "text/plain" | "text/html" | "text/xhtml");
        let is_file = part.is_attachment()
            || (named && part.is_inline())
            || (named && place != Place::Alone)
            || place == Place::Related;
        if !is_text || is_file {
            return self.file(part, bytes, place);
        }
        let label = part.charset().or_else(|| charset_of_page(part, bytes));
        let is_plain = part.media_type == "text/plain";
        let left = if is_plain { &mut self.text_left } else { &mut self.html_left };
        let text = text(bytes, label.as_deref(), *left);
        *left = left.saturating_sub(bytes.len());
        if !is_plain || is_page(&text) {
            self.segments.push(Segment { plain: None, html: Some(text) });
        } else {
            let flowed =
                part.type_param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
            let joins = match part.type_param("delsp") {
                Some(value) if value.eq_ignore_ascii_case("yes") => Joins::Tight,
                _ => Joins::WithSpace,
            };
            let text = if flowed { unflow(&text, joins) } else { text };
            self.segments.push(Segment { plain: Some(text), html: None });
        }
    }

    fn file(&mut self, part: &Part, bytes: &Bytes, place: Place) {
        if bytes.is_empty() && part.name().is_none() {
            return;
        }
        let given = part.name().as_deref().and_then(file_name::clean);
        let place_in_list = self.files.len() + 1;
        let name = given.or_else(|| subject_of(part, bytes));
        let name = name.unwrap_or_else(|| file_name::invent(&part.media_type, place_in_list));
        self.files.push(LetterFile {
            name,
            media_type: part.media_type.clone(),
            bytes: bytes.clone(),
            content_id: part.content_id(),
            inline: !part.is_attachment() && (place == Place::Related || part.is_inline()),
        });
    }

    /// The body as lines of plain text.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for segment in &self.segments {
            let plain = segment.plain.as_deref().unwrap_or_default();
            match &segment.html {
                Some(html) if plain.trim().is_empty() => lines.extend(plain::lines(html)),
                Some(html) if may_be_stub(plain) => {
                    let of_html = plain::lines(html);
                    let says_more = chars(&of_html) > plain.chars().count() / 2;
                    lines.extend(if says_more { of_html } else { reply::plain_lines(plain) });
                }
                _ => lines.extend(reply::plain_lines(plain)),
            }
        }
        lines
    }

    /// The whole body as HTML, not sanitised, if any of it came as HTML.
    pub(super) fn html(&self) -> Option<String> {
        if !self.segments.iter().any(|s| s.html.as_ref().is_some_and(|h| !h.trim().is_empty())) {
            return None;
        }
        let mut whole = String::new();
        for segment in &self.segments {
            match (&segment.html, &segment.plain) {
                (Some(html), _) => whole.push_str(html),
                (None, Some(plain)) => whole.push_str(&html::of_plain(plain)),
                (None, None) => {}
            }
        }
        Some(whole)
    }
}

fn chars(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.text.chars().count()).sum()
}

fn text(bytes: &Bytes, label: Option<&str>, limit: usize) -> String {
    let cut = bytes.get(..limit).unwrap_or(bytes);
    // A character that was cut in two would make the whole look like another charset.
    let cut = match std::str::from_utf8(cut) {
        Err(error) if cut.len() < bytes.len() && error.error_len().is_none() => {
            cut.get(..error.valid_up_to()).unwrap_or(cut)
        }
        _ => cut,
    };
    let decoded = charset::decode(cut, label);
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut text = String::with_capacity(decoded.len());
    // A carriage return alone ends a line too.
    let mut chars = decoded.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() != Some(&'\n') {
            text.push('\n');
        } else if is_kept(&c) && !(c == '\u{feff}' && text.is_empty()) {
            text.push(c);
        }
    }
    text
}

/// The charset that a page names itself, where its part names none.
fn charset_of_page(part: &Part, bytes: &Bytes) -> Option<String> {
    if part.media_type == "text/plain" {
        return None;
    }
    let start = String::from_utf8_lossy(bytes.get(..2_048).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, value) = start.split_once("charset=")?;
    let value = value.trim_start_matches(['"', '\'', ' ']);
    let label: String = value
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .take(40)
        .collect();
    (!label.is_empty()).then_some(label)
}

/// Is it a page, whatever its label says?
fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(16).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Does a plain text only say that there is another one?
fn may_be_stub(plain: &str) -> bool {
    let plain = plain.trim();
    let is_short = plain.chars().take(STUB_CHARS_MAX + 1).count() <= STUB_CHARS_MAX;
    let says_html = plain.to_lowercase().contains("html") || plain.contains("超文本");
    is_short && says_html
}

/// What becomes of the space at which a program broke a line: Chinese has none there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joins {
    WithSpace,
    /// `DelSp=yes`
    Tight,
}

/// Lines that a program broke are put together again (RFC 3676).
fn unflow(text: &str, joins: Joins) -> String {
    let mut out = String::with_capacity(text.len());
    let mut flows: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_delimiter = content == "-- ";
        let is_soft = content.ends_with(' ') && !is_delimiter;
        let content = match joins {
            Joins::Tight if is_soft => content.strip_suffix(' ').unwrap_or(content),
            _ => content,
        };
        if flows == Some(depth) && !is_delimiter {
            out.push_str(content);
        } else {
            if !out.is_empty() || flows.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
            out.push_str(content);
        }
        flows = is_soft.then_some(depth);
    }
    out
}

/// A letter within a letter is named after its subject.
fn subject_of(part: &Part, bytes: &Bytes) -> Option<String> {
    if part.media_type != "message/rfc822" {
        return None;
    }
    let (head, _) = super::header::split(bytes);
    let subject = words::one_line(&head.first("subject")?, 100);
    file_name::clean(&subject.replace(['/', '\\'], "_")).map(|name| format!("{name}.eml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_put_together() {
        let text = "a \nb\nc\n> d \n> e\n-- \nf \ng";
        assert_eq!(unflow(text, Joins::WithSpace), "a b\nc\n> d e\n-- \nf g");
        assert_eq!(unflow("中 \n文", Joins::Tight), "中文");
    }

    #[test]
    fn short_texts_about_html_may_be_stubs() {
        assert!(may_be_stub("Please view this message in an HTML capable client."));
        assert!(may_be_stub("您的邮件客户端不支持HTML格式邮件"));
        assert!(!may_be_stub("您好"));
    }
}
