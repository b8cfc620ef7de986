//! Charsets: from bytes to text, whatever the label says.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_1252,
};
use std::borrow::Cow;

/// Labels that the WHATWG list does not have, in lower case.
const MORE_LABELS: &[(&str, &Encoding)] = &[
    ("cp936", GB18030),
    ("ms936", GB18030),
    ("windows-936", GB18030),
    ("gb18030-2000", GB18030),
    ("gb18030-2022", GB18030),
    ("gb_2312", GB18030),
    ("gb2312-80", GB18030),
    ("euc-cn", GB18030),
    ("cn-gb", GB18030),
    ("cp950", BIG5),
    ("ms950", BIG5),
    ("cp949", EUC_KR),
    ("ms949", EUC_KR),
    ("cp932", SHIFT_JIS),
    ("windows-932", SHIFT_JIS),
    ("cp50220", ISO_2022_JP),
    ("cp65001", UTF_8),
    ("utf8mb4", UTF_8),
    ("utf_8", UTF_8),
    ("latin-1", WINDOWS_1252),
    ("iso8859_1", WINDOWS_1252),
];
/// How much of unlabelled bytes is looked at to guess their charset.
const SNIFF_BYTES_MAX: usize = 64 * 1024;
/// So many characters outside ASCII that are well-formed UTF-8 overrule a double-byte label: in
/// other charsets that does not happen by chance.
const UTF8_PROOF_CHARS: usize = 4;

/// How bytes are to be read.
#[derive(Clone, Copy)]
enum Reading {
    Table(&'static Encoding),
    /// HZ (RFC 1843): seven bits, GB 2312 between `~{` and `~}`.
    Hz,
    /// UTF-7 (RFC 2152).
    Utf7,
}

/// The text of bytes that carry a charset's label, or none. A label that the bytes contradict is not
/// believed; bytes that no charset explains become replacement characters.
pub(super) fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    match label.and_then(reading) {
        _ if starts_with_mark(bytes) => sniff(bytes),
        None => sniff(bytes),
        Some(Reading::Hz) => Cow::Owned(hz(bytes)),
        Some(Reading::Utf7) => Cow::Owned(utf7(bytes)),
        Some(Reading::Table(encoding)) => labelled(bytes, encoding),
    }
}

/// The text of bytes without a label: UTF-8 if they are, else what they look like, with a leaning to
/// Chinese.
pub(super) fn sniff(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0x1b) => Cow::Borrowed(text),
        Err(_) if utf8_share(bytes) >= Share::Most => String::from_utf8_lossy(bytes),
        _ => guess(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// How much of the bytes outside ASCII is well-formed UTF-8.
#[derive(PartialEq, PartialOrd)]
enum Share {
    Less,
    Half,
    /// All but pieces such as a character that was cut off at the end: by chance that does not happen.
    Most,
}

fn utf8_share(bytes: &[u8]) -> Share {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    match good {
        0 => Share::Less,
        good if good >= bad.saturating_mul(4) => Share::Most,
        good if good >= bad => Share::Half,
        _ => Share::Less,
    }
}

fn starts_with_mark(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes).is_some()
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let sample = bytes.get(..SNIFF_BYTES_MAX).unwrap_or(bytes);
    // The sample may end within a character.
    detector.feed(sample, sample.len() == bytes.len());
    let encoding = detector.guess(Some(b"cn"), Utf8Detection::Allow);
    if encoding == encoding_rs::GBK { GB18030 } else { encoding }
}

fn reading(label: &str) -> Option<Reading> {
    // RFC 2231 puts a language behind a star.
    let label = label.split('*').next().unwrap_or_default();
    let label = label.trim_matches(|c: char| c.is_whitespace() || "\"';,".contains(c));
    let label = label.to_ascii_lowercase();
    match label.as_str() {
        "hz-gb-2312" | "hz" | "hz-gb2312" => return Some(Reading::Hz),
        "utf-7" | "utf7" | "unicode-1-1-utf-7" => return Some(Reading::Utf7),
        // It says nothing: whatever has eight bits is to be guessed.
        "us-ascii" | "ascii" | "unknown-8bit" | "x-unknown" | "default" | "" => return None,
        _ => {}
    }
    let known = MORE_LABELS.iter().find(|(found, _)| *found == label).map(|(_, table)| *table);
    let table = known.or_else(|| Encoding::for_label_no_replacement(label.as_bytes()))?;
    Some(Reading::Table(if table == encoding_rs::GBK { GB18030 } else { table }))
}

fn labelled<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return utf16(bytes, encoding);
    }
    if encoding != ISO_2022_JP && bytes.is_ascii() {
        return sniff(bytes);
    }
    if encoding == UTF_8 {
        return match utf8_share(bytes) {
            Share::Less => sniff(bytes),
            Share::Half | Share::Most => String::from_utf8_lossy(bytes),
        };
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.is_ascii()
    {
        let proof = if encoding.is_single_byte() { 1 } else { UTF8_PROOF_CHARS };
        if text.chars().filter(|c| !c.is_ascii()).take(proof).count() >= proof {
            return Cow::Borrowed(text);
        }
    }
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let (other, other_errors) = guess(bytes).decode_without_bom_handling(bytes);
        if !other_errors {
            return other;
        }
    }
    text
}

/// UTF-16 whose byte order is not as labelled shows as characters that nobody writes.
fn utf16<'a>(bytes: &'a [u8], labelled: &'static Encoding) -> Cow<'a, str> {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = if even > odd.saturating_mul(2) {
        UTF_16BE
    } else if odd > even.saturating_mul(2) {
        UTF_16LE
    } else {
        labelled
    };
    if even == 0 && odd == 0 && std::str::from_utf8(bytes).is_ok_and(str::is_ascii) {
        return sniff(bytes);
    }
    encoding.decode_without_bom_handling(bytes).0
}

fn hz(bytes: &[u8]) -> String {
    let mut gb = Vec::with_capacity(bytes.len());
    let mut wide = false;
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, rest.peek()) {
            (b'~', Some(b'{')) if !wide => {
                rest.next();
                wide = true;
            }
            (b'~', Some(b'}')) if wide => {
                rest.next();
                wide = false;
            }
            (b'~', Some(b'~')) if !wide => {
                rest.next();
                gb.push(b'~');
            }
            // A line that goes on.
            (b'~', Some(b'\n')) if !wide => {
                rest.next();
            }
            (b'\n', _) => {
                wide = false;
                gb.push(byte);
            }
            (0x21..=0x7e, _) if wide => gb.push(byte | 0x80),
            _ => gb.push(byte),
        }
    }
    GB18030.decode_without_bom_handling(&gb).0.into_owned()
}

fn utf7(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'+' {
            text.push(if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' });
            continue;
        }
        if rest.next_if_eq(&b'-').is_some() {
            text.push('+');
            continue;
        }
        let mut units = Vec::new();
        let (mut bits, mut held) = (0_u32, 0_u32);
        while let Some(value) = rest.peek().copied().and_then(super::transfer::base64_value) {
            rest.next();
            bits = (bits << 6) | u32::from(value);
            held += 6;
            if held >= 16 {
                held -= 16;
                units.push(u16::try_from((bits >> held) & 0xffff).unwrap_or(0xfffd));
                bits &= (1 << held) - 1;
            }
        }
        rest.next_if_eq(&b'-');
        text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_labels_all_mean_gb18030() {
        let bytes = GB18030.encode("出口退税，𠀀").0;
        for label in ["gb2312", "GBK", "x-gbk", "cp936", "\"gb18030\"", "gb_2312-80", "GB2312*zh"] {
            assert_eq!(decode(&bytes, Some(label)), "出口退税，𠀀", "{label}");
        }
    }

    #[test]
    fn a_label_that_the_bytes_contradict_is_not_believed() {
        let text = "您好，我想咨询出口退税的办理进度，谢谢。";
        assert_eq!(decode(text.as_bytes(), Some("gb2312")), text);
        assert_eq!(decode(text.as_bytes(), Some("iso-8859-1")), text);
        let gbk = GB18030.encode(text).0;
        assert_eq!(decode(&gbk, Some("utf-8")), text);
        assert_eq!(decode(&gbk, Some("us-ascii")), text);
        assert_eq!(decode(&gbk, None), text);
        assert_eq!(decode(&gbk, Some("no-such-charset")), text);
    }

    #[test]
    fn a_character_cut_off_at_the_end_spoils_nothing_else() {
        let text = "出口退税的办理进度".as_bytes();
        let cut = &text[..text.len() - 1];
        for label in [None, Some("utf-8")] {
            assert_eq!(decode(cut, label), "出口退税的办理进\u{fffd}");
        }
        assert_eq!(decode(&"出口".as_bytes()[..5], Some("utf-8")), "出\u{fffd}");
    }

    #[test]
    fn short_names_without_a_label_are_read_as_chinese() {
        for text in ["李雷 <li@a.cn>", "退税", "Re: 报价", "申报表.pdf", "您好", "张三"]
        {
            let gbk = GB18030.encode(text).0;
            assert_eq!(decode(&gbk, None), text);
        }
        assert_eq!(decode(b"Caf\xe9 au lait <a@b.fr>", None), "Café au lait <a@b.fr>");
    }

    #[test]
    fn seven_bit_charsets_are_read() {
        assert_eq!(decode(b"HZ: ~{VPND~} ~~", Some("hz-gb-2312")), "HZ: 中文 ~");
        assert_eq!(decode(b"A +Ti1lhw- 1+-1", Some("utf-7")), "A 中文 1+1");
        let jis = b"\x1b$BF|K\\8l\x1b(B";
        assert_eq!(decode(jis, Some("iso-2022-jp")), "日本語");
        assert_eq!(decode(jis, None), "日本語");
    }

    #[test]
    fn utf16_is_read_in_either_order() {
        let little: Vec<u8> = "Hi 中".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "Hi 中".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&little, Some("utf-16le")), "Hi 中");
        assert_eq!(decode(&big, Some("utf-16")), "Hi 中");
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(little).collect();
        assert_eq!(decode(&marked, None), "Hi 中");
    }
}
