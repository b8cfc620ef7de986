//! Transfer encodings (RFC 2045, section 6), read as tolerantly as mail programs do.

use bytes::Bytes;

/// Out of so many bytes of a line's alphabet, one that is not of base64 shows that the part is plain
/// text with a wrong label.
const BASE64_JUNK_SHARE: usize = 20;

/// What a part is: text that claims to be base64 is not believed at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Other,
}

/// The content of a part: a piece of the letter itself where nothing had to be decoded.
pub(super) fn decode(raw: &Bytes, encoding: &str, kind: Kind) -> Bytes {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" if kind == Kind::Other || looks_like_base64(raw) => Bytes::from(base64(raw)),
        "quoted-printable" => Bytes::from(quoted_printable(raw)),
        _ => raw.clone(),
    }
}

/// The six bits of a letter of base64.
pub(super) fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn looks_like_base64(raw: &[u8]) -> bool {
    let junk = raw
        .iter()
        .filter(|byte| base64_value(**byte).is_none() && !matches!(**byte, b'\r' | b'\n' | b'='))
        .count();
    junk.saturating_mul(BASE64_JUNK_SHARE) <= raw.len()
}

/// Base64 without regard to anything that is not of its alphabet. Padding ends a group, not the
/// content: some programs put several pieces after each other.
pub(super) fn base64(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in raw {
        if let Some(value) = base64_value(*byte) {
            bits = (bits << 6) | u32::from(value);
            held += 6;
            if held >= 8 {
                held -= 8;
                out.push(u8::try_from((bits >> held) & 0xff).unwrap_or_default());
                bits &= (1 << held) - 1;
            }
        } else if *byte == b'=' {
            (bits, held) = (0, 0);
        }
    }
    out
}

/// Quoted-printable; what is no valid escape stands for itself.
pub(super) fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        quoted_line(line, &mut out);
    }
    if out.len() < out.capacity() / 2 {
        out.shrink_to_fit();
    }
    out
}

fn quoted_line(line: &[u8], out: &mut Vec<u8>) {
    let (line, end) = match line {
        [line @ .., b'\r', b'\n'] => (line, &b"\r\n"[..]),
        [line @ .., b'\n'] => (line, &b"\n"[..]),
        line => (line, &b""[..]),
    };
    // Space at the end was added on the way.
    let line = line.trim_ascii_end();
    let (mut rest, end) = match line {
        [line @ .., b'='] => (line, &b""[..]),
        line => (line, end),
    };
    while let [first, tail @ ..] = rest {
        if let (b'=', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push((high << 4) | low);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out.extend_from_slice(end);
}

/// The four bits of a hexadecimal digit.
pub(super) fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_through_junk_and_padding_in_the_middle() {
        assert_eq!(base64(b"aGVs\r\nbG8="), b"hello");
        assert_eq!(base64(b"aGVs!bG8=d29ybGQ="), b"helloworld");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
    }

    #[test]
    fn text_that_only_claims_to_be_base64_stays_as_it_is() {
        let raw = Bytes::from_static(b"This was never encoded, whatever the label says.");
        assert_eq!(decode(&raw, "base64", Kind::Text), raw);
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        assert_eq!(quoted_printable(b"a=3D=\r\nb  \r\nc=ZZ=4"), b"a=b\r\nc=ZZ=4");
        assert_eq!(quoted_printable(b"=E4=BD=A0=e5=a5=bd"), "你好".as_bytes());
    }
}
