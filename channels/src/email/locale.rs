//! The language of a letter, guessed from its characters.

use domain::Locale;

/// The most letters and characters that are looked at to guess the language.
const LOCALE_CHARS_MAX: usize = 4_000;

/// The language; `None` for others than the desk's and for too few words.
pub(super) fn guess(subject: &str, text: &str) -> Option<Locale> {
    let (mut chinese, mut latin, mut other) = (0_usize, 0_usize, 0_usize);
    for c in text.chars().take(LOCALE_CHARS_MAX).chain(subject.chars()) {
        match c {
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => chinese += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            c if c.is_alphabetic() => other += 1,
            _ => {}
        }
    }
    // A character says about as much as four letters.
    if chinese > 0 && chinese * 4 >= latin && other <= chinese {
        Some(Locale::ZhCn)
    } else if latin >= 8 && chinese * 4 < latin && other * 10 <= latin {
        Some(Locale::En)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_or_left_open() {
        assert_eq!(guess("", "您好，请问 VAT refund 怎么办理？"), Some(Locale::ZhCn));
        assert_eq!(guess("", "Please send me the form."), Some(Locale::En));
        assert_eq!(guess("", "ありがとうございます"), None);
        assert_eq!(guess("", "ok"), None);
    }
}
