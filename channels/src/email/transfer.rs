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
pub(super) const fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// What stands for a byte that is no letter of base64.
const NO_LETTER: u32 = 1 << 24;

/// The six bits of each byte, or [`NO_LETTER`].
const SIX_BITS: [u32; 256] = {
    let mut bits = [NO_LETTER; 256];
    let mut rest: &mut [u32] = &mut bits;
    let mut byte = 0_u8;
    while let Some((first, after)) = rest.split_first_mut() {
        if let Some(value) = base64_value(byte) {
            *first = value as u32;
        }
        byte = byte.wrapping_add(1);
        rest = after;
    }
    bits
};

fn six_bits(byte: u8) -> u32 {
    SIX_BITS.get(usize::from(byte)).copied().unwrap_or(NO_LETTER)
}

fn looks_like_base64(raw: &[u8]) -> bool {
    let junk = raw
        .iter()
        .filter(|byte| six_bits(**byte) == NO_LETTER && !matches!(**byte, b'\r' | b'\n' | b'='))
        .count();
    junk.saturating_mul(BASE64_JUNK_SHARE) <= raw.len()
}

/// Base64 without regard to anything that is not of its alphabet. Padding ends a group, not the
/// content: some programs put several pieces after each other.
pub(super) fn base64(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut rest = raw;
    loop {
        if held == 0 {
            rest = whole_groups(rest, &mut out);
        }
        let Some((byte, after)) = rest.split_first() else { return out };
        rest = after;
        let value = six_bits(*byte);
        if value != NO_LETTER {
            bits = (bits << 6) | value;
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
}

/// Decodes groups of four letters, up to the first that has anything else in it; what is left.
fn whole_groups<'r>(mut rest: &'r [u8], out: &mut Vec<u8>) -> &'r [u8] {
    while let [a, b, c, d, after @ ..] = rest {
        let (a, b, c, d) = (six_bits(*a), six_bits(*b), six_bits(*c), six_bits(*d));
        let group = (a << 18) | (b << 12) | (c << 6) | d;
        if (a | b | c | d) & NO_LETTER != 0 {
            break;
        }
        let [_, first, second, third] = group.to_be_bytes();
        out.extend_from_slice(&[first, second, third]);
        rest = after;
    }
    rest
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
        assert_eq!(base64(b"aGV!sbG8\n===d29y\r\nbG==Q="), b"hellowor\x6c");
    }

    #[test]
    fn whatever_the_bytes_groups_decode_as_letters_do_one_by_one() {
        let mut dice = 7_u32;
        for _ in 0..2_000 {
            let raw: Vec<u8> = (0..40)
                .map(|_| {
                    dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b"ABcd+/09\n!="[usize::try_from(dice >> 16).unwrap() % 11]
                })
                .collect();
            let (mut bits, mut held, mut plain) = (0_u32, 0, Vec::new());
            for byte in &raw {
                match base64_value(*byte) {
                    Some(value) => {
                        (bits, held) = (bits << 6 | u32::from(value), held + 6);
                        if held >= 8 {
                            held -= 8;
                            plain.push(u8::try_from((bits >> held) & 0xff).unwrap());
                        }
                    }
                    None if *byte == b'=' => held = 0,
                    None => {}
                }
            }
            assert_eq!(base64(&raw), plain, "{raw:?}");
        }
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
