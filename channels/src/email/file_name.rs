//! Names of files, made harmless before anything is decided by them.

use super::words;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest ending that outlives the cutting of a long name, in characters, with its dot.
const ENDING_CHARS_MAX: usize = 16;
/// Names that are devices on Windows.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];
/// Endings for files whose sender gave no name.
const ENDINGS: &[(&str, &str)] = &[
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/bmp", "bmp"),
    ("image/svg+xml", "svg"),
    ("image/heic", "heic"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/pkcs7-signature", "p7s"),
    ("application/pgp-signature", "asc"),
    ("text/plain", "txt"),
    ("text/html", "html"),
    ("text/csv", "csv"),
    ("text/vcard", "vcf"),
    ("text/calendar", "ics"),
    ("text/rfc822-headers", "txt"),
    ("message/delivery-status", "txt"),
    ("message/disposition-notification", "txt"),
    ("message/rfc822", "eml"),
    ("audio/mpeg", "mp3"),
    ("audio/amr", "amr"),
    ("video/mp4", "mp4"),
];

/// The name for people: what cannot be seen is taken out first, then everything before the last slash,
/// then dots and spaces at both ends. `None` if nothing is left.
pub(super) fn clean(name: &str) -> Option<String> {
    let visible: String = name
        .chars()
        .filter(|c| !words::is_trick(*c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let last = visible.rsplit(['/', '\\', '\u{2215}', '\u{2044}']).next()?;
    let safe: String = last
        .chars()
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let trimmed = safe.trim_matches(['.', ' ']);
    if trimmed.is_empty() {
        return None;
    }
    let stem = trimmed.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let named =
        if DEVICES.contains(&stem.as_str()) { format!("_{trimmed}") } else { trimmed.to_owned() };
    Some(cut(named))
}

fn cut(name: String) -> String {
    let chars = name.chars().count();
    if chars <= NAME_CHARS_MAX {
        return name;
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| format!(".{ending}"))
        .filter(|ending| ending.chars().count() <= ENDING_CHARS_MAX)
        .unwrap_or_default();
    let room = NAME_CHARS_MAX - ending.chars().count();
    let stem: String = name.chars().take(room).collect();
    format!("{}{ending}", stem.trim_end_matches(['.', ' ']))
}

/// A name for the file at a place (from 1) whose sender gave none.
pub(super) fn invent(media_type: &str, place: usize) -> String {
    match media_type {
        "message/rfc822" => return "message.eml".to_owned(),
        "application/ms-tnef" | "application/vnd.ms-tnef" => return "winmail.dat".to_owned(),
        "text/calendar" => return "invite.ics".to_owned(),
        "message/delivery-status" => return "delivery-status.txt".to_owned(),
        "text/rfc822-headers" => return "headers.txt".to_owned(),
        _ => {}
    }
    let known = ENDINGS.iter().find(|(found, _)| *found == media_type);
    let ending = known.map_or("bin", |(_, ending)| ending);
    let kind = media_type.split('/').next().unwrap_or_default();
    let kind = if matches!(kind, "image" | "audio" | "video") { kind } else { "file" };
    format!("{kind}-{place}.{ending}")
}

/// The media type that the sender claims, if it has the form of one; else that of unknown bytes.
pub(super) fn media_type(claimed: &str) -> String {
    let is_token = |part: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.len() <= 127 && part.bytes().all(fits)
    };
    match claimed.split_once('/') {
        Some((kind, sub)) if is_token(kind) && is_token(sub) => claimed.to_ascii_lowercase(),
        _ => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_can_lead_elsewhere() {
        let clean = |name| clean(name).unwrap_or_default();
        assert_eq!(clean("\u{200b}.htaccess"), "htaccess");
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean(r"C:\docs\报告.docx"), "报告.docx");
        assert_eq!(clean("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(clean("a\r\nb\0.txt"), "a  b .txt");
        assert_eq!(clean("CON.txt"), "_CON.txt");
        assert_eq!(clean("a<b>:c?.txt"), "a_b__c_.txt");
        for nothing in ["", ".", "..", "/", "\u{feff}", " . "] {
            assert_eq!(clean(nothing), "", "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(&format!("{}.pdf", "长".repeat(500))).unwrap();
        assert_eq!(name.chars().count(), NAME_CHARS_MAX);
        assert!(name.ends_with("长.pdf"));
    }

    #[test]
    fn media_types_have_the_form_of_one() {
        assert_eq!(media_type("Image/PNG"), "image/png");
        for odd in ["", "text", "text/", "a/b c", "a/b\n"] {
            assert_eq!(media_type(odd), "application/octet-stream");
        }
    }
}
