//! Foreign HTML made safe for a sandboxed frame, by an allow-list.
//!
//! What leaves here is written anew, tag by tag: known elements, known attributes with checked values,
//! everything escaped, everything closed. No scripts, styles sheets, forms, frames, SVG or comments are
//! passed on, so a browser has nothing to read otherwise than we did. The frame's sandbox and its policy
//! are the second wall, not the first.

mod picture;
mod style;
#[cfg(test)]
pub(super) mod tests;

use super::letter::LetterFile;
use super::markup::{self, Tag, Token};
use super::words;

/// The deepest nesting; tags below it are left out, their text stays.
const DEPTH_MAX: usize = 100;
/// The longest link, in bytes.
const LINK_BYTES_MAX: usize = 4096;
/// The longest page that is written, in bytes, without its pictures.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
const VOID: &[&str] = &["br", "hr", "col"];
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
];
/// Elements that are written as another.
const AS_DIV: &[&str] =
    &["article", "aside", "body", "footer", "header", "main", "nav", "section", "fieldset"];
/// Elements that go with everything in them.
const DROPPED: &[&str] = &[
    "svg", "math", "template", "object", "applet", "audio", "video", "canvas", "select", "head",
    "frameset",
];
const NUMBERS: &[&str] = &[
    "width",
    "height",
    "colspan",
    "rowspan",
    "cellpadding",
    "cellspacing",
    "border",
    "start",
    "size",
];
const WORDS: &[&str] = &["align", "valign", "dir", "lang", "type", "color", "bgcolor"];
/// Inside these a paragraph or a cell is not closed from outside.
const WALLS: &[&str] = &["table", "td", "th", "caption"];

/// Are pictures of other servers fetched?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Images {
    /// A mark stands in their place: fetching one tells the sender that the letter is read.
    Blocked,
    /// The agent asked for them.
    Shown,
}

/// A page for a frame.
#[derive(Clone, PartialEq, Eq)]
pub struct HtmlView {
    /// What goes into the body of the frame's page.
    pub html: String,
    /// How many pictures of other servers were left out.
    pub blocked_images: usize,
}

// What people wrote must not reach a log.
impl std::fmt::Debug for HtmlView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HtmlView")
            .field("html", &self.html.len())
            .field("blocked_images", &self.blocked_images)
            .finish()
    }
}

/// Makes a page safe. Pictures that came along are put into it, as far as they are small.
pub(super) fn view(page: &str, files: &[LetterFile], images: Images) -> HtmlView {
    let mut writer = Writer {
        out: String::with_capacity(page.len()),
        open: Vec::new(),
        dropped: Vec::new(),
        files,
        images,
        room: picture::TOGETHER_BYTES_MAX,
        limit: PAGE_BYTES_MAX,
        blocked: 0,
    };
    for token in markup::tokens(page) {
        if writer.out.len() > writer.limit {
            break;
        }
        writer.token(token);
    }
    writer.close_down_to(0);
    HtmlView { html: writer.out, blocked_images: writer.blocked }
}

/// Plain text as a piece of a page.
pub(super) fn of_plain(text: &str) -> String {
    let mut out = String::from("<div style=\"white-space: pre-wrap\">");
    escape(text, &mut out);
    out.push_str("</div>");
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

struct Writer<'a> {
    out: String,
    open: Vec<&'static str>,
    /// Open elements that go with everything in them.
    dropped: Vec<String>,
    files: &'a [LetterFile],
    images: Images,
    room: usize,
    limit: usize,
    blocked: usize,
}

impl Writer<'_> {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) if self.dropped.is_empty() => {
                escape(&htmlize::unescape(text), &mut self.out)
            }
            Token::Open(tag) if self.dropped.is_empty() => self.start(&tag),
            Token::Open(tag) if self.dropped.last().is_some_and(|name| *name == tag.name) => {
                if self.dropped.len() < DEPTH_MAX {
                    self.dropped.push(tag.name);
                }
            }
            Token::Close(name) if self.dropped.is_empty() => self.end(&name),
            Token::Close(name) if self.dropped.last() == Some(&name) => {
                self.dropped.pop();
            }
            Token::Text(_) | Token::Open(_) | Token::Close(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        if DROPPED.contains(&tag.name.as_str()) {
            self.dropped.push(tag.name.clone());
            return;
        }
        if tag.name == "img" {
            return self.picture(tag);
        }
        let Some(name) = element(&tag.name) else { return };
        self.close_implied(name);
        if matches!(name, "td" | "th") && !self.fits(name) && self.fits("tr") {
            // Browsers put in the row that was left out.
            self.out.push_str("<tr>");
            self.open.push("tr");
        }
        if !self.fits(name) {
            return;
        }
        let is_void = VOID.contains(&name);
        if !is_void && self.open.len() >= DEPTH_MAX {
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        self.attributes(tag, name);
        self.out.push('>');
        if !is_void {
            self.open.push(name);
        }
    }

    /// Cells and rows stand only in tables: elsewhere a browser would move things about.
    fn fits(&self, name: &str) -> bool {
        let since_table = self.open.iter().rposition(|open| *open == "table");
        let inside = |wanted: &[&str]| {
            since_table.is_some_and(|at| {
                let inner = self.open.get(at + 1..).unwrap_or_default();
                inner.last().map_or(wanted.contains(&"table"), |last| wanted.contains(last))
            })
        };
        match name {
            "td" | "th" => inside(&["tr"]),
            "tr" => inside(&["table", "tbody", "thead", "tfoot"]),
            "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => inside(&["table"]),
            "col" => inside(&["table", "colgroup"]),
            _ => true,
        }
    }

    /// Closes what a start tag ends without saying so.
    fn close_implied(&mut self, name: &str) {
        match name {
            "li" => self.close_nearest(&["li"], &["ul", "ol", "table", "td", "th"]),
            "dt" | "dd" => self.close_nearest(&["dt", "dd"], &["dl", "table", "td", "th"]),
            "td" | "th" => {
                self.close_nearest(&["td", "th", "caption", "colgroup"], &["table", "tr"])
            }
            "tr" => self.close_nearest(&["tr", "caption", "colgroup"], &["table"]),
            "tbody" | "thead" | "tfoot" => {
                self.close_nearest(&["tbody", "thead", "tfoot", "caption", "colgroup"], &["table"]);
            }
            "a" => self.close_nearest(&["a"], WALLS),
            name if is_block(name) => self.close_nearest(&["p"], WALLS),
            _ => {}
        }
    }

    fn close_nearest(&mut self, names: &[&str], walls: &[&str]) {
        let found = self.open.iter().rposition(|open| names.contains(open));
        let wall = self.open.iter().rposition(|open| walls.contains(open));
        if let Some(at) = found
            && wall.is_none_or(|wall| wall < at)
        {
            self.close_down_to(at);
        }
    }

    fn end(&mut self, name: &str) {
        let Some(name) = element(name) else { return };
        let is_of_table =
            matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th");
        self.close_nearest(&[name], if is_of_table { &[] } else { WALLS });
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(name) = self.open.pop() {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
    }

    fn attributes(&mut self, tag: &Tag<'_>, element: &str) {
        for (name, value) in tag.attributes() {
            match name {
                "style" => {
                    let safe = style::clean(&value);
                    if !safe.is_empty() {
                        self.attribute("style", &safe);
                    }
                }
                "title" | "alt" => self.attribute(name, &words::one_line(&value, 500)),
                "face" if element == "font" && style::is_plain(&value) => {
                    self.attribute(name, &value)
                }
                _ if NUMBERS.contains(&name) && is_number(&value) => {
                    self.attribute(name, value.trim())
                }
                _ if WORDS.contains(&name) && is_word(&value) => self.attribute(name, value.trim()),
                _ => {}
            }
        }
        if element == "a"
            && let Some(link) = tag.get("href").and_then(|href| link(&href))
        {
            self.attribute("href", &link);
            self.attribute("target", "_blank");
            self.attribute("rel", "noopener noreferrer nofollow");
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(value, &mut self.out);
        self.out.push('"');
    }
}

fn element(name: &str) -> Option<&'static str> {
    if AS_DIV.contains(&name) {
        return Some("div");
    }
    ELEMENTS.iter().find(|known| **known == name).copied()
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "blockquote"
            | "center"
            | "div"
            | "dl"
            | "figure"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "ol"
            | "p"
            | "pre"
            | "table"
            | "ul"
    )
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// A link that may be followed: `http`, `https`, `mailto`. Browsers leave out control characters within
/// a scheme, so they go first.
fn link(href: &str) -> Option<String> {
    let is_odd = |c: &char| c.is_control() || words::is_trick(*c);
    let href: String = href.chars().filter(|c| !is_odd(c)).collect();
    let href = href.trim();
    let is_known = ["http://", "https://", "mailto:"].iter().any(|start| starts_with(href, start));
    (is_known && href.len() <= LINK_BYTES_MAX).then(|| href.replace(' ', "%20"))
}

fn is_number(value: &str) -> bool {
    let value = value.trim();
    let digits = value.strip_suffix('%').or_else(|| value.strip_suffix("px")).unwrap_or(value);
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_word(value: &str) -> bool {
    let value = value.trim();
    let value = value.strip_prefix('#').unwrap_or(value);
    !value.is_empty()
        && value.len() <= 32
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
