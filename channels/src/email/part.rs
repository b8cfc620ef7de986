//! The tree of a letter's parts (RFC 2046), cut out of its bytes without copying them.

use super::file_name;
use super::header::{self, Head};
use super::params::{self, Value};
use super::transfer;
use bytes::Bytes;
use memchr::memmem::Finder;

/// The deepest nesting of multiparts.
pub(super) const DEPTH_MAX: usize = 20;
/// The most parts of one letter.
pub(super) const PARTS_MAX: usize = 1_000;
/// The longest boundary, in bytes: the standard allows 70.
const BOUNDARY_BYTES_MAX: usize = 256;

/// One part.
pub(super) struct Part {
    /// Its head.
    pub head: Head,
    /// Its media type, in lower case.
    pub media_type: String,
    content_type: Value,
    disposition: Value,
    /// What is in it.
    pub content: Content,
}

/// What is in a part.
pub(super) enum Content {
    /// The bytes, with their transfer encoding undone.
    Leaf(Bytes),
    /// Other parts.
    Multipart(Vec<Part>),
}

/// Why a letter has no tree of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// More than [`PARTS_MAX`].
    Parts,
    /// Deeper than [`DEPTH_MAX`].
    Depth,
}

/// Reads the tree below a head.
pub(super) fn read(head: Head, body: &Bytes) -> Result<Part, TooMuch> {
    let mut left = PARTS_MAX;
    part(head, body, "text/plain", DEPTH_MAX, &mut left)
}

fn part(
    head: Head,
    body: &Bytes,
    default_type: &str,
    depth: usize,
    left: &mut usize,
) -> Result<Part, TooMuch> {
    *left = left.checked_sub(1).ok_or(TooMuch::Parts)?;
    let content_type = params::parse(&head.first("content-type").unwrap_or_default());
    let disposition = params::parse(&head.first("content-disposition").unwrap_or_default());
    let mut media_type = media_type(&content_type, default_type);
    if media_type.starts_with("multipart/") {
        let pieces = pieces(&content_type, body, *left)?;
        if !pieces.is_empty() {
            let inner = depth.checked_sub(1).ok_or(TooMuch::Depth)?;
            let default =
                if media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
            let parts = pieces
                .iter()
                .map(|piece| {
                    let (head, body) = header::split_part(piece);
                    part(head, &body, default, inner, left)
                })
                .collect::<Result<_, _>>()?;
            let content = Content::Multipart(parts);
            return Ok(Part { head, media_type, content_type, disposition, content });
        }
        // Its boundary stands nowhere, so it is one part, and what it says must not be lost.
        media_type = "text/plain".to_owned();
    }
    let encoding = head.first("content-transfer-encoding").unwrap_or_default();
    let encoding = encoding.split([';', ' ', '(']).next().unwrap_or_default();
    let is_text = media_type.starts_with("text/") || media_type.starts_with("message/");
    let kind = if is_text { transfer::Kind::Text } else { transfer::Kind::Other };
    let content = Content::Leaf(transfer::decode(body, encoding, kind));
    Ok(Part { head, media_type, content_type, disposition, content })
}

fn media_type(content_type: &Value, default_type: &str) -> String {
    match content_type.main.as_str() {
        "" => default_type.to_owned(),
        // What mailers wrote before MIME.
        "text" => "text/plain".to_owned(),
        main => file_name::media_type(main),
    }
}

/// The pieces between a multipart's boundary lines; empty when there is no such line.
fn pieces(content_type: &Value, body: &Bytes, left: usize) -> Result<Vec<Bytes>, TooMuch> {
    let boundary = match content_type.get("boundary") {
        Some(boundary) if !boundary.trim().is_empty() => boundary.trim_end().to_owned(),
        _ => match guess_boundary(body) {
            Some(boundary) => boundary,
            None => return Ok(Vec::new()),
        },
    };
    let boundary = boundary.get(..boundary.floor_char_boundary(BOUNDARY_BYTES_MAX));
    let delimiter = format!("--{}", boundary.unwrap_or_default());
    let finder = Finder::new(delimiter.as_bytes());
    let mut pieces = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while let Some(found) = finder.find(body.get(at..).unwrap_or_default()) {
        let line_start = at + found;
        let after = line_start + delimiter.len();
        at = after;
        let Some(line) = boundary_line(body, line_start, after) else { continue };
        if let Some(start) = start.take() {
            if pieces.len() >= left {
                return Err(TooMuch::Parts);
            }
            pieces.push(body.slice(start..content_end(body, start, line_start)));
        }
        if line.closes {
            return Ok(pieces);
        }
        start = Some(line.end);
        // The end of this line begins the next.
        at = line.end;
    }
    // Without a closing line the last piece goes on to the end.
    if let Some(start) = start {
        pieces.push(body.slice(start.min(body.len())..));
    }
    Ok(pieces)
}

/// A line that is a boundary.
struct BoundaryLine {
    end: usize,
    closes: bool,
}

/// Is it a whole line? One boundary may begin like another.
fn boundary_line(body: &[u8], start: usize, after: usize) -> Option<BoundaryLine> {
    let before = start.checked_sub(1).and_then(|before| body.get(before));
    if before.is_some_and(|byte| *byte != b'\n') {
        return None;
    }
    let rest = header::first_line(body.get(after..).unwrap_or_default());
    let end = after + rest.len();
    match rest.strip_prefix(b"--") {
        Some(more) if more.trim_ascii().is_empty() => Some(BoundaryLine { end, closes: true }),
        _ => rest.trim_ascii().is_empty().then_some(BoundaryLine { end, closes: false }),
    }
}

/// The line end before a boundary belongs to the boundary.
fn content_end(body: &[u8], start: usize, line_start: usize) -> usize {
    let content = body.get(start..line_start).unwrap_or_default();
    let cut = content.strip_suffix(b"\n").map(|c| c.strip_suffix(b"\r").unwrap_or(c));
    start + cut.unwrap_or(content).len()
}

/// The first line that looks like a boundary, where the parameter was lost on the way.
fn guess_boundary(body: &[u8]) -> Option<String> {
    let mut rest = body;
    for _ in 0..100 {
        let line = header::first_line(rest);
        if line.is_empty() {
            return None;
        }
        if let Some(found) = line.trim_ascii_end().strip_prefix(b"--")
            && found.len() > 5
        {
            return std::str::from_utf8(found).ok().map(str::to_owned);
        }
        rest = rest.get(line.len()..).unwrap_or_default();
    }
    None
}

impl Part {
    /// The charset's label.
    pub(super) fn charset(&self) -> Option<String> {
        self.content_type.get("charset")
    }

    /// A parameter of the content type.
    pub(super) fn type_param(&self, name: &str) -> Option<String> {
        self.content_type.get(name)
    }

    /// The name that the sender gave, not cleaned.
    pub(super) fn name(&self) -> Option<String> {
        let given = self.disposition.get("filename").or_else(|| self.content_type.get("name"));
        given.filter(|name| !name.trim().is_empty())
    }

    /// Does it say that it is to be shown as a file?
    pub(super) fn is_attachment(&self) -> bool {
        self.disposition.main == "attachment"
    }

    /// Does it say that it is to be shown in its place?
    pub(super) fn is_inline(&self) -> bool {
        self.disposition.main == "inline"
    }

    /// What `cid:` links call it.
    pub(super) fn content_id(&self) -> Option<String> {
        let id = self.head.first("content-id")?;
        let id = id.trim().trim_start_matches('<').trim_end_matches('>').trim();
        (!id.is_empty() && id.len() <= 256).then(|| id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(raw: &[u8]) -> Result<Part, TooMuch> {
        let (head, body) = header::split(&Bytes::copy_from_slice(raw));
        read(head, &body)
    }

    fn leaves(part: &Part) -> Vec<String> {
        match &part.content {
            Content::Leaf(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
            Content::Multipart(parts) => parts.iter().flat_map(leaves).collect(),
        }
    }

    #[test]
    fn a_boundary_that_begins_like_another_is_told_from_it() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\npre\n--a\n\
            Content-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab--\n--a\n\ntwo\n--a--\nend";
        assert_eq!(leaves(&tree(raw.as_bytes()).unwrap()), ["one", "two"]);
    }

    #[test]
    fn missing_boundaries_lose_no_words() {
        let open = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo";
        assert_eq!(leaves(&tree(open.as_bytes()).unwrap()), ["one", "two"]);
        let none = "Content-Type: multipart/mixed; boundary=a\n\nonly words";
        assert_eq!(leaves(&tree(none.as_bytes()).unwrap()), ["only words"]);
        let lost = "Content-Type: multipart/mixed\n\n--abcdefg\n\none\n--abcdefg--\n";
        assert_eq!(leaves(&tree(lost.as_bytes()).unwrap()), ["one"]);
    }

    #[test]
    fn bombs_of_depth_and_number_are_refused() {
        let mut deep = String::new();
        for n in 0..=DEPTH_MAX {
            deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n"));
        }
        assert_eq!(tree(deep.as_bytes()).err(), Some(TooMuch::Depth));
        let wide =
            format!("Content-Type: multipart/mixed; boundary=a\n\n{}", "--a\n\n".repeat(2_000));
        assert_eq!(tree(wide.as_bytes()).err(), Some(TooMuch::Parts));
    }
}
