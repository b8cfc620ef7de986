//! What a file is: found in its content, never believed from its name or the client's header.

/// The media types that are taken. No SVG, no HTML, no archives: what a browser may run, or what
/// only unpacking would reveal, stays outside. (Office documents are zip containers, but are served
/// as attachments and never opened here.)
pub const MEDIA_TYPES: [&str; 10] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// So many bytes of the beginning are looked at.
pub(super) const HEAD_BYTES: usize = 8 * 1024;

/// The media type of a file that starts like this, if it is one that is taken. `whole` says that
/// nothing follows. The name only tells CSV from plain text.
pub fn media_type(head: &[u8], whole: bool, name: &str) -> Option<&'static str> {
    if let Some(kind) = infer::get(head) {
        return MEDIA_TYPES.into_iter().find(|known| *known == kind.mime_type());
    }
    if !is_text(head, whole) || looks_like_markup(head) {
        return None;
    }
    let is_csv = name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("csv"));
    Some(if is_csv { "text/csv" } else { "text/plain" })
}

/// UTF-8 without control characters other than line ends and tabs.
fn is_text(head: &[u8], whole: bool) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut where the head ends, but nowhere else.
        Err(error) if !whole && error.error_len().is_none() => {
            let valid = head.get(..error.valid_up_to()).unwrap_or(&[]);
            std::str::from_utf8(valid).unwrap_or("")
        }
        Err(_) => return false,
    };
    !head.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

/// Text that a browser may take for a page. It is served as an attachment with `nosniff` anyway;
/// this keeps it from being stored at all.
fn looks_like_markup(head: &[u8]) -> bool {
    let start = head.get(..1024).unwrap_or(head).to_ascii_lowercase();
    let start = String::from_utf8_lossy(&start);
    ["<!doctype", "<html", "<svg", "<script", "<?xml", "<iframe", "<body", "<head"]
        .iter()
        .any(|tag| start.contains(tag))
}

/// A name for display: no path, no control or direction-changing characters, not too long.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '"' | '<' | '>' | '|' | ':' | '*' | '?')
    };
    let clean: String = last.chars().filter(|c| !odd(*c)).collect();
    let clean = clean.trim().trim_start_matches('.');
    if clean.chars().count() <= 120 {
        return if clean.is_empty() { "file".to_owned() } else { clean.to_owned() };
    }
    // The ending tells people what it is, so it survives the cut.
    let (stem, end) = clean.rsplit_once('.').unwrap_or((clean, ""));
    let end: String = end.chars().take(10).collect();
    let stem: String = stem.chars().take(100).collect();
    if end.is_empty() { stem } else { format!("{stem}.{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_not_the_name() {
        let check = |head: &[u8], name: &str, wanted: Option<&str>| {
            assert_eq!(media_type(head, true, name), wanted, "{name}");
        };
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "photo.png", Some("image/png"));
        check(b"\xff\xd8\xff\xe0\0\x10JFIF\0", "evil.html", Some("image/jpeg"));
        check(b"%PDF-1.7\n", "letter.pdf", Some("application/pdf"));
        check("你好，世界\n".as_bytes(), "note.txt", Some("text/plain"));
        check(b"a,b\n1,2\n", "table.CSV", Some("text/csv"));
        check(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "photo.png", None);
        check(b"  <!DOCTYPE html><script>alert(1)</script>", "note.txt", None);
        check(b"PK\x03\x04\x14\0\0\0\0\0rest", "report.docx.zip", None);
        check(b"\x7fELF\x02\x01\x01\0", "program", None);
        check(b"MZ\x90\0\x03", "photo.jpg", None);
        check(b"half\0binary", "note.txt", None);
        check(b"", "empty.txt", None);
    }

    #[test]
    fn a_character_may_be_cut_at_the_end_of_the_head_only() {
        let cut = "你好".as_bytes().get(..5).unwrap();
        assert_eq!(media_type(cut, false, "a.txt"), Some("text/plain"));
        assert_eq!(media_type(cut, true, "a.txt"), None);
    }

    #[test]
    fn names_are_for_display_only() {
        let check = |name: &str, wanted: &str| assert_eq!(clean_name(name), wanted, "{name:?}");
        check("../../etc/passwd", "passwd");
        check("C:\\Users\\me\\信.pdf", "信.pdf");
        check("\u{200b}.htaccess", "htaccess");
        check("photo\u{202e}gpj.exe", "photogpj.exe");
        check("a\r\nSet-Cookie: x", "aSet-Cookie x");
        check("", "file");
        check("..", "file");
        let long = format!("{}.pdf", "长".repeat(300));
        assert_eq!(clean_name(&long), format!("{}.pdf", "长".repeat(100)));
    }
}
