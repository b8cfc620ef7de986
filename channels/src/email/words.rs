//! Encoded words (RFC 2047) and the cleaning of what people will read in one line.

use super::{charset, transfer};

/// The longest encoded word that is looked for, in bytes: the standard allows 75, mailers do not care.
const WORD_BYTES_MAX: usize = 4096;

/// One encoded word.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// The bytes of a header as text: eight-bit bytes are read as what they look like, encoded words still
/// stand as they are.
pub(super) fn raw_text(value: &[u8]) -> String {
    charset::sniff(value).into_owned()
}

/// Puts encoded words in a text into plain characters. Words of one charset that follow each other are
/// joined before their charset is decoded, since mailers cut within a character.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut joined: Option<Word<'_>> = None;
    let mut rest = text;
    while let Some((before, found)) = rest.split_once("=?") {
        match parse(found) {
            Some((word, after)) => {
                match &mut joined {
                    Some(held)
                        if before.trim().is_empty()
                            && held.charset.eq_ignore_ascii_case(word.charset) =>
                    {
                        held.bytes.extend_from_slice(&word.bytes);
                    }
                    Some(_) | None => {
                        let follows = joined.is_some() && before.trim().is_empty();
                        flush(joined.take(), &mut out);
                        if !follows {
                            out.push_str(before);
                        }
                        joined = Some(word);
                    }
                }
                rest = after;
            }
            None => {
                flush(joined.take(), &mut out);
                out.push_str(before);
                out.push_str("=?");
                rest = found;
            }
        }
    }
    flush(joined.take(), &mut out);
    out.push_str(rest);
    out
}

fn flush(word: Option<Word<'_>>, out: &mut String) {
    if let Some(word) = word {
        out.push_str(&charset::decode(&word.bytes, Some(word.charset)));
    }
}

/// Reads `charset?B?text?=` and gives what follows.
fn parse(text: &str) -> Option<(Word<'_>, &str)> {
    let (charset, rest) = text.split_once('?').filter(|(name, _)| is_charset(name))?;
    let mut encoding = rest.chars();
    let kind = encoding.next()?.to_ascii_lowercase();
    let rest = encoding.as_str().strip_prefix('?')?;
    let window = rest.get(..floor(rest, WORD_BYTES_MAX))?;
    let end = window.find("?=")?;
    let content = window.get(..end)?.as_bytes();
    let bytes = match kind {
        'b' => transfer::base64(content),
        'q' => q_text(content),
        _ => return None,
    };
    Some((Word { charset, bytes }, rest.get(end + 2..)?))
}

fn is_charset(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic())
}

/// The largest place at or before `at` where a character begins.
pub(super) fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

fn q_text(content: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = content.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
    // Space at the end is the writer's here, other than in bodies.
    let mut bytes = transfer::quoted_printable(&spaced);
    let kept = spaced.len() - spaced.trim_ascii_end().len();
    bytes.extend(std::iter::repeat_n(b' ', kept));
    bytes
}

/// A text for one line: encoded words decoded, control characters and line breaks as spaces, characters
/// that turn the direction of writing or that nobody sees left out, at most `chars_max` characters.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let decoded = decode(text);
    let visible = decoded.chars().filter(|c| !is_trick(*c) || *c == '\u{200d}');
    let mut line = String::new();
    let mut count = 0;
    for c in visible {
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == chars_max {
            break;
        }
        line.push(c);
        count += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Characters that change how others are shown, or that cannot be seen: overrides of direction,
/// zero-width characters, tags, byte order marks.
pub(super) fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{115f}' | '\u{1160}'
        | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cut_within_a_character_are_joined_first() {
        // 出口退税 in GBK is b3f6 bfda cdcb cbb0, cut after the third byte.
        let text = "=?gb2312?B?s/a/?=\r\n =?GB2312?B?2s3Ly7A=?=";
        assert_eq!(decode(text), "出口退税");
        assert_eq!(decode("=?utf-8?Q?=E5=87?= =?utf-8?Q?=BA?="), "出");
    }

    #[test]
    fn space_between_words_goes_and_space_beside_them_stays() {
        assert_eq!(decode("Re: =?utf-8?Q?a_?= =?utf-8?B?Yg==?= c"), "Re: a b c");
        assert_eq!(decode("=?utf-8?B?YQ==?= =?gbk?B?s/Y=?="), "a出");
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        for text in ["=?", "=?utf-8?", "=?utf-8?B?", "=?utf-8?X?a?=", "a =? b", "=?a b?B?YQ==?="] {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn one_line_cannot_carry_a_second_one() {
        assert_eq!(one_line("a\r\nBcc: b\u{202e}txt.exe\0", 100), "a Bcc: btxt.exe");
        assert_eq!(one_line("=?utf-8?B?YQ0KYg==?=", 100), "a b");
        assert_eq!(one_line("四个字的", 2), "四个");
    }

    #[test]
    fn many_openings_without_an_end_take_no_quadratic_time() {
        let text = "=?a?b?x".repeat(9_000);
        assert_eq!(decode(&text).len(), text.len());
    }
}
