//! HTML as a run of tags and texts, in one pass and with bounds. The tree builder of the HTML standard
//! copies open formatting elements into each new block, so a small letter could become a huge tree;
//! nothing here needs a tree.

use memchr::{memchr, memmem};
use std::borrow::Cow;

/// The most attributes of one tag that are kept.
const ATTRIBUTES_MAX: usize = 48;
/// Elements whose content is no text: it is skipped with them.
const RAW_TEXT: &[&str] =
    &["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"];

/// One piece of a page.
pub(super) enum Token<'a> {
    /// Text with its character references.
    Text(&'a str),
    /// A start tag.
    Open(Tag<'a>),
    /// An end tag, its name in lower case.
    Close(String),
}

/// A start tag.
pub(super) struct Tag<'a> {
    /// In lower case.
    pub name: String,
    attributes: Vec<(String, &'a str)>,
}

impl<'a> Tag<'a> {
    /// An attribute (lower case), its character references resolved.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.attributes.iter().find(|(found, _)| found == name)?;
        Some(htmlize::unescape_attribute(*value))
    }

    /// All attributes, names in lower case, each name once.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'a, str>)> {
        self.attributes
            .iter()
            .map(|(name, value)| (name.as_str(), htmlize::unescape_attribute(*value)))
    }

    /// Is a word among the classes?
    pub(super) fn has_class(&self, is: impl Fn(&str) -> bool) -> bool {
        self.get("class").is_some_and(|classes| classes.split_whitespace().any(is))
    }
}

/// The tags and texts of a page; comments, declarations and raw text are left out.
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

/// Reads a page.
pub(super) fn tokens(page: &str) -> Tokens<'_> {
    Tokens { rest: page }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let Some(tag) = self.rest.strip_prefix('<') else {
                return Some(self.text(0));
            };
            match tag.as_bytes() {
                [b'!', b'-', b'-', ..] => self.skip_comment(tag),
                [b'!' | b'?', ..] => self.skip_past(tag, b'>'),
                [b'/', first, ..] if first.is_ascii_alphabetic() => {
                    let (tag, rest) = read_tag(after(tag, 1));
                    self.rest = rest;
                    return Some(Token::Close(tag.name));
                }
                [b'/', ..] => self.skip_past(tag, b'>'),
                [first, ..] if first.is_ascii_alphabetic() => {
                    let (tag, rest) = read_tag(tag);
                    self.rest = rest;
                    if RAW_TEXT.contains(&tag.name.as_str()) {
                        self.skip_raw_text(&tag.name);
                        continue;
                    }
                    return Some(Token::Open(tag));
                }
                _ => return Some(self.text(1)),
            }
        }
        None
    }
}

impl<'a> Tokens<'a> {
    /// Text up to the next `<`, which is looked for from `from`.
    fn text(&mut self, from: usize) -> Token<'a> {
        let rest = self.rest;
        let end = memchr(b'<', after(rest, from).as_bytes()).map_or(rest.len(), |end| end + from);
        self.rest = after(rest, end);
        Token::Text(rest.get(..end).unwrap_or_default())
    }

    fn skip_past(&mut self, tag: &'a str, end: u8) {
        self.rest = memchr(end, tag.as_bytes()).map_or("", |end| after(tag, end + 1));
    }

    fn skip_comment(&mut self, tag: &'a str) {
        let inner = after(tag, 3);
        // `<!-->` and `<!--->` are whole comments.
        if let Some(rest) = inner.strip_prefix('>').or_else(|| inner.strip_prefix("->")) {
            self.rest = rest;
            return;
        }
        self.rest = memmem::find(inner.as_bytes(), b"-->").map_or("", |end| after(inner, end + 3));
    }

    fn skip_raw_text(&mut self, name: &str) {
        let mut rest = self.rest;
        while let Some(end) = memmem::find(rest.as_bytes(), b"</") {
            let tag = after(rest, end + 2);
            if tag.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.skip_past(tag, b'>');
                return;
            }
            rest = tag;
        }
        self.rest = "";
    }
}

fn after(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Reads a tag's name and attributes up to its `>`.
fn read_tag(text: &str) -> (Tag<'_>, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
    let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
    let name: String = name.chars().take(64).collect();
    let mut tag = Tag { name: name.to_ascii_lowercase(), attributes: Vec::new() };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (tag, "");
        }
        if let Some(rest) = rest.strip_prefix('>') {
            return (tag, rest);
        }
        let (name, value, tail) = read_attribute(rest);
        rest = tail;
        if tag.attributes.len() < ATTRIBUTES_MAX {
            let name = name.to_ascii_lowercase();
            // Of two with one name the first holds.
            if !tag.attributes.iter().any(|(found, _)| *found == name) {
                tag.attributes.push((name, value));
            }
        }
    }
}

fn read_attribute(text: &str) -> (&str, &str, &str) {
    // A name may begin with `=`, else it would never end.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let end = after(text, first)
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))
        .map_or(text.len(), |end| end + first);
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.trim_start_matches(|c: char| c.is_ascii_whitespace()).strip_prefix('=')
    else {
        return (name, "", rest);
    };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote)
            && let Some((inner, rest)) = inner.split_once(quote)
        {
            return (name, inner, rest);
        }
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len());
    let (value, rest) = value.split_at(end);
    (name, value, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(page: &str) -> String {
        let show = |token| match token {
            Token::Text(text) => format!("[{text}]"),
            Token::Open(tag) => {
                let attributes = tag.attributes().map(|(name, value)| format!(" {name}={value}"));
                format!("<{}{}>", tag.name, attributes.collect::<String>())
            }
            Token::Close(name) => format!("</{name}>"),
        };
        tokens(page).map(show).collect()
    }

    #[test]
    fn tags_attributes_and_texts_are_told_apart() {
        assert_eq!(show("a<B x='1' Y=2 z x=3>b</B >c"), "[a]<b x=1 y=2 z=>[b]</b>[c]");
        assert_eq!(show("1 < 2 <3>"), "[1 ][< 2 ][<3>]");
        assert_eq!(show("<a href=\"x&amp;y>z\">"), "<a href=x&y>z>");
        assert_eq!(show("<br/><a/b=c>"), "<br><a b=c>");
    }

    #[test]
    fn what_is_no_text_is_left_out() {
        assert_eq!(show("a<!-- <b> -->c<!--[if mso]><i><![endif]-->d<!-->e"), "[a][c][d][e]");
        assert_eq!(show("<style>p{}</STYLE>a<script>'</scr'</script>b<title>c"), "[a][b]");
        assert_eq!(show("<!doctype html><?xml?></>a"), "[a]");
    }

    #[test]
    fn open_ends_are_read_to_the_end() {
        for page in
            ["<", "<a", "<a b", "<a b=", "<a b=\"", "<a b='c", "</", "<!", "<!--", "<a =", "<a /"]
        {
            show(page);
        }
    }
}
