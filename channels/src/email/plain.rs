//! HTML as lines of plain text. Quotes of mail programs get the sign of quotes, `> `, and what such
//! programs put before the letter that is answered is marked, so that [`reply`] reads both kinds alike.

use super::markup::{self, Tag, Token};
use super::reply::{self, Line};
use super::words;

/// The deepest nesting that is followed; tags below it count for nothing.
const DEPTH_MAX: usize = 256;
/// How far up the open elements are searched for the one that an end tag closes.
const LOOK_UP_MAX: usize = 64;
/// The longest link that is shown beside its text, in bytes.
const LINK_BYTES_MAX: usize = 300;
/// The longest picture's text that is shown in its place, in characters: an emoji.
const EMOJI_CHARS_MAX: usize = 8;
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "tr",
    "ul",
    "body",
    "html",
];
/// Elements that mail programs put around what is quoted: classes and ids.
const QUOTE_CLASSES: &[&str] = &[
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
    "ntes-mailmaster-quote",
    "history-quote-wrapper",
    "lark-mail-quote",
    "alimail-quote",
];
const QUOTE_IDS: &[&str] =
    &["isReplyContent", "ntes-pcmac-quote", "original-content", "yahoo_quoted"];
/// Elements behind which everything is the letter that is answered.
const CUT_IDS: &[&str] = &[
    "divRplyFwdMsg",
    "x_divRplyFwdMsg",
    "appendonsend",
    "x_appendonsend",
    "divTaggedContent",
    "mail-editor-reference-message-container",
    "OLK_SRC_BODY_SECTION",
];
const CUT_CLASSES: &[&str] = &["OutlookMessageHeader"];

/// An open element that matters.
struct Open {
    name: String,
    quotes: bool,
    hides: bool,
    preformatted: bool,
    /// A paragraph, with a blank line on both sides.
    spaced: bool,
    link: Option<String>,
}

#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    line: String,
    /// A space is owed before the next word.
    space: bool,
    /// The next line begins the letter that is answered.
    cut: bool,
    quotes: usize,
    hides: usize,
    preformatted: usize,
    open: Vec<Open>,
    /// Where the text of the open link begins in the line.
    link_start: usize,
}

/// The lines of a page.
pub(super) fn lines(page: &str) -> Vec<Line> {
    let mut writer = Writer::default();
    for token in markup::tokens(page) {
        match token {
            Token::Text(text) if writer.hides == 0 => writer.text(&htmlize::unescape(text)),
            Token::Text(_) => {}
            Token::Open(tag) => writer.open(&tag),
            Token::Close(name) => writer.close(&name),
        }
    }
    writer.end_line();
    writer.lines
}

impl Writer {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.preformatted > 0 => self.break_line(),
                '\r' => {}
                ' ' | '\t' if self.preformatted > 0 => self.line.push(c),
                ' ' | '\t' | '\n' | '\u{c}' => self.space = true,
                c if c.is_control() || (words::is_trick(c) && c != '\u{200d}') => {}
                c => self.put(if c == '\u{a0}' { ' ' } else { c }),
            }
        }
    }

    fn put(&mut self, c: char) {
        if self.space && !self.line.is_empty() {
            self.line.push(' ');
        }
        self.space = false;
        self.line.push(c);
    }

    fn open(&mut self, tag: &Tag<'_>) {
        self.begin(tag);
        if VOID.contains(&tag.name.as_str()) {
            return;
        }
        if self.open.len() >= DEPTH_MAX {
            return;
        }
        let style = tag.get("style").unwrap_or_default().to_ascii_lowercase();
        let flat: String = style.chars().filter(|c| !c.is_whitespace()).collect();
        let hides = flat.contains("display:none")
            || matches!(tag.name.as_str(), "head" | "template" | "svg" | "math");
        let open = Open {
            quotes: self.is_quote(tag),
            hides,
            preformatted: tag.name == "pre" || flat.contains("white-space:pre"),
            spaced: is_spaced(tag),
            link: (tag.name == "a").then(|| tag.get("href")).flatten().map(|h| h.trim().to_owned()),
            name: tag.name.clone(),
        };
        if open.quotes {
            self.end_line();
        }
        if open.link.is_some() {
            self.link_start = self.line.len();
        }
        self.quotes += usize::from(open.quotes);
        self.hides += usize::from(open.hides);
        self.preformatted += usize::from(open.preformatted);
        self.open.push(open);
    }

    /// What a start tag writes, whatever it contains.
    fn begin(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        match name {
            "br" => return self.break_line(),
            "img" => return self.picture(tag),
            "td" | "th" if !self.line.is_empty() => self.space = true,
            _ => {}
        }
        if !BLOCKS.contains(&name) {
            return;
        }
        self.end_line();
        let is_cut = tag.get("id").is_some_and(|id| CUT_IDS.contains(&id.as_ref()))
            || tag.has_class(|class| CUT_CLASSES.contains(&class));
        self.cut |= is_cut;
        match name {
            _ if is_spaced(tag) => self.blank_line(),
            "li" => self.line.push_str("- "),
            _ => {}
        }
    }

    fn picture(&mut self, tag: &Tag<'_>) {
        let alt = tag.get("alt").unwrap_or_default();
        let is_emoji = !alt.is_empty()
            && !alt.is_ascii()
            && alt.chars().count() <= EMOJI_CHARS_MAX
            && !alt.chars().any(char::is_alphabetic);
        if is_emoji && self.hides == 0 {
            self.text(&alt);
        }
    }

    fn is_quote(&self, tag: &Tag<'_>) -> bool {
        if tag.get("id").is_some_and(|id| QUOTE_IDS.contains(&id.as_ref()))
            || tag.has_class(|class| QUOTE_CLASSES.contains(&class) || class.starts_with("ntes_"))
            || tag.name == "includetail"
        {
            return true;
        }
        if tag.name != "blockquote" {
            return false;
        }
        let cites = tag.get("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
        // A blockquote alone may be the writer's own; behind "… wrote:" it is not.
        cites
            || tag.has_class(|class| class == "gmail_quote")
            || tag.get("cite").is_some_and(|cite| cite.starts_with("mid:"))
            || self.quotes > 0
            || self.follows_attribution()
    }

    fn follows_attribution(&self) -> bool {
        let last = self.lines.iter().rev().take(4).find(|line| !line.text.trim().is_empty());
        last.is_some_and(|line| reply::ends_attribution(&line.text))
    }

    fn close(&mut self, name: &str) {
        let found = self.open.iter().rev().take(LOOK_UP_MAX).position(|open| open.name == name);
        if let Some(found) = found {
            for _ in 0..=found {
                self.pop();
            }
        } else if BLOCKS.contains(&name) {
            self.end_line();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if let Some(link) = &open.link {
            self.end_link(link);
        }
        if open.quotes || BLOCKS.contains(&open.name.as_str()) {
            self.end_line();
        }
        if open.spaced {
            self.blank_line();
        }
        self.quotes -= usize::from(open.quotes);
        self.hides -= usize::from(open.hides);
        self.preformatted -= usize::from(open.preformatted);
    }

    /// A link's target is said if its text does not say it.
    fn end_link(&mut self, link: &str) {
        let text = self.line.get(self.link_start..).unwrap_or_default().trim();
        let is_web = link.starts_with("http://") || link.starts_with("https://");
        let bare = |url: &str| {
            let url = url.trim_start_matches("https://").trim_start_matches("http://");
            url.trim_end_matches('/').to_lowercase()
        };
        if is_web
            && !text.is_empty()
            && link.len() <= LINK_BYTES_MAX
            && bare(text) != bare(link)
            && !link.chars().any(|c| c.is_whitespace() || c.is_control() || words::is_trick(c))
        {
            self.line.push_str(&format!(" <{link}>"));
        }
    }

    /// Ends the line if anything stands in it.
    fn end_line(&mut self) {
        // A line of unbreakable spaces is how editors write a blank one.
        if self.line.is_empty() {
            self.space = false;
        } else {
            self.break_line();
        }
    }

    /// One blank line, if there is not one yet.
    fn blank_line(&mut self) {
        if self.lines.last().is_some_and(|line| !line.text.trim_matches(['>', ' ']).is_empty()) {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        let text = std::mem::take(&mut self.line);
        let text = text.trim_end();
        let is_cut = self.cut && !text.is_empty();
        self.cut &= !is_cut;
        let text = match (self.quotes > 0, text.is_empty()) {
            (true, true) => ">".to_owned(),
            (true, false) => format!("> {text}"),
            (false, _) => text.to_owned(),
        };
        self.lines.push(Line { text, is_cut });
        self.space = false;
        self.link_start = 0;
    }
}

/// Outlook writes each line as a paragraph.
fn is_spaced(tag: &Tag<'_>) -> bool {
    match tag.name.as_str() {
        "p" => !tag.has_class(|class| class.contains("MsoNormal")),
        name => matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &str) -> String {
        let lines: Vec<String> = lines(page).into_iter().map(|line| line.text).collect();
        lines.join("\n")
    }

    #[test]
    fn blocks_make_lines_and_space_is_folded() {
        assert_eq!(text("<div>a  b\n c</div><div>d<br>e</div>"), "a b c\nd\ne");
        assert_eq!(text("<p>a</p><p>b</p>"), "a\n\nb\n");
        assert_eq!(text("<p class=MsoNormal>a<p class=MsoNormal>b"), "a\nb");
        assert_eq!(text("<ul><li>a<li>b</ul><pre> x\n  y</pre>"), "- a\n- b\n x\n  y");
        assert_eq!(text("<table><tr><td>a</td><td>b</td></tr><tr><td>c"), "a b\nc");
        assert_eq!(text("a&nbsp;&amp;&lt;b&gt;&#x4e2d;"), "a &<b>中");
    }

    #[test]
    fn links_are_said_and_hidden_text_is_not() {
        assert_eq!(text("<a href='https://a.cn/x'>here</a>"), "here <https://a.cn/x>");
        assert_eq!(text("<a href='https://a.cn/'>a.cn</a>"), "a.cn");
        assert_eq!(text("a<span style='display: none'>b</span>c"), "ac");
        assert_eq!(text("ok <img alt='👍' src=x><img alt='logo'>"), "ok 👍");
    }

    #[test]
    fn quotes_of_mail_programs_get_their_sign() {
        assert_eq!(text("a<blockquote type=cite>b<div>c</div></blockquote>d"), "a\n> b\n> c\nd");
        assert_eq!(text("a<blockquote>own</blockquote>"), "a\nown");
        assert_eq!(
            text("On 2024-01-02, x wrote:<blockquote>b</blockquote>"),
            "On 2024-01-02, x wrote:\n> b"
        );
        assert_eq!(text("a<div id=isReplyContent>b</div>"), "a\n> b");
    }

    #[test]
    fn deep_nesting_stays_cheap() {
        let page = "<div><blockquote type=cite>".repeat(100_000) + "end";
        assert!(text(&page).ends_with("> end"));
    }
}
