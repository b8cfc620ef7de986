//! The little XML of WeCom's callbacks: one root, elements with text, a few of them nested. Anything
//! more (a document type, entities, processing instructions) is no message and is refused.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The longest document, in bytes: a text message has at most some thousands.
pub(super) const BYTES_MAX: usize = 256 * 1024;
/// The most elements of one document.
const ELEMENTS_MAX: usize = 512;
/// How deep elements may lie below the root.
const DEPTH_MAX: usize = 6;

/// The texts of a document by the path of their element below the root: `Content`,
/// `ScanCodeInfo.ScanResult`.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

// What people write is personal data.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").field("count", &self.0.len()).finish_non_exhaustive()
    }
}

impl Fields {
    /// The first text at a path; empty when there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.0.iter().find(|(found, _)| found == path).map_or("", |(_, text)| text)
    }

    /// A whole number at a path.
    pub(super) fn number(&self, path: &str) -> Option<i64> {
        self.text(path).trim().parse().ok()
    }
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it, in a few fixed words.
pub(super) fn read(bytes: &[u8]) -> Result<Fields, &'static str> {
    if bytes.len() > BYTES_MAX {
        return Err("the XML is too long");
    }
    let text = std::str::from_utf8(bytes).map_err(|_bad| "the XML is not UTF-8")?;
    let mut reading = Reading::default();
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().map_err(|_bad| "this is no XML")? {
            Event::Start(element) => reading.enter(element.local_name().as_ref())?,
            Event::End(_) => reading.leave(),
            Event::Text(piece) => reading.add(&piece)?,
            Event::CData(piece) => reading.add(&piece)?,
            Event::GeneralRef(reference) => {
                let known = reference.resolve_char_ref().map_err(|_bad| "no such character")?;
                let known = known.or_else(|| predefined(&reference));
                reading.add(known.ok_or("the XML has entities")?.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) => return Err("the XML has a document type"),
            Event::PI(_) | Event::Empty(_) => return Err("the XML has instructions"),
            Event::Eof => return reading.finish(),
        }
    }
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

#[derive(Default)]
struct Reading {
    fields: Vec<(String, String)>,
    /// The names of the open elements with what they say so far, the root first.
    open: Vec<(String, String)>,
    elements: usize,
}

impl Reading {
    fn enter(&mut self, name: &str) -> Result<(), &'static str> {
        self.elements += 1;
        if self.open.is_empty() && self.elements > 1 {
            return Err("the XML has two roots");
        }
        if self.elements > ELEMENTS_MAX || self.open.len() > DEPTH_MAX {
            return Err("the XML has too many elements");
        }
        self.open.push((name.to_owned(), String::new()));
        Ok(())
    }

    fn leave(&mut self) {
        let path: Vec<&str> = self.open.iter().skip(1).map(|(name, _)| name.as_str()).collect();
        let path = path.join(".");
        if let Some((_, text)) = self.open.pop()
            && !path.is_empty()
        {
            self.fields.push((path, text));
        }
    }

    fn add(&mut self, piece: &str) -> Result<(), &'static str> {
        match self.open.last_mut() {
            Some((_, text)) => text.push_str(piece),
            None if piece.trim().is_empty() => {}
            None => return Err("the XML has text outside its root"),
        }
        Ok(())
    }

    fn finish(self) -> Result<Fields, &'static str> {
        match (self.elements, self.open.is_empty()) {
            (0, _) => Err("this is no XML"),
            (_, false) => Err("the XML is cut off"),
            _ => Ok(Fields(self.fields)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_found_by_their_path() {
        let xml = "\u{feff}<?xml version=\"1.0\"?><xml>\n<A><![CDATA[一<b>&amp;]]></A><B> 7 </B><C>a&lt;b&#x4e00;</C>\
                   <D/><E><F><![CDATA[x]]></F><F>second</F></E></xml>\n";
        let fields = read(xml.as_bytes()).expect("XML");
        let texts = ["A", "B", "C", "D", "E.F", "G"].map(|path| fields.text(path));
        assert_eq!(texts, ["一<b>&amp;", " 7 ", "a<b一", "", "x", ""]);
        assert_eq!((fields.number("B"), fields.number("A")), (Some(7), None));
        assert!(!format!("{fields:?}").contains('一'));
    }

    #[test]
    fn what_is_more_than_a_message_is_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>";
        let deep = format!("<xml>{}", "<a>".repeat(99));
        let many = format!("<xml>{}</xml>", "<a></a>".repeat(ELEMENTS_MAX));
        let long = format!("<xml><A>{}</A></xml>", "a".repeat(BYTES_MAX));
        let cases: [&str; 14] = [
            bomb,
            &deep,
            &many,
            &long,
            "",
            "  ",
            "hello",
            "<xml>",
            "<xml><A></xml>",
            "<xml/><xml/>",
            "<xml><A>&file;</A></xml>",
            "<xml><?php x?></xml>",
            "<xml>&#x0;</xml>",
            "<xml></xml>tail",
        ];
        for case in cases {
            assert!(read(case.as_bytes()).is_err(), "{}", case.get(..30).unwrap_or(case));
        }
        assert!(read(b"<xml>\xff</xml>").is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[<>/xml a&;\\[\\]!CDATA?\"#-]{0,80}") {
            drop(read(text.as_bytes()));
        }
    }
}
