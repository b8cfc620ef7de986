//! Dial strings of PBXs, out of an operator's pattern and somebody's telephone. A PBX takes commas, braces,
//! quotes, ampersands and line breaks in them for orders of their own: none of those comes through, neither
//! from settings nor from an agent's address.

use super::number::Callable;
use crate::settings::Fields;
use domain::PhoneNumber;

/// The region of national numbers unless the settings say otherwise.
const REGION: &str = "CN";
/// The longest pattern, address, or word, in bytes.
const BYTES_MAX: usize = 256;
/// What may stand in a pattern beside letters and digits.
const OF_PATTERN: &[u8] = b"/@.-_+:;=%*";
/// What may stand in an agent's address beside letters and digits: of a SIP URI without parameters, or of an
/// endpoint's name. No slash: another technology is not the agent's to choose.
const OF_ADDRESS: &[u8] = b"@.-_+:";
/// What may stand in a name beside letters and digits.
const OF_WORD: &[u8] = b".-_";

/// How somebody is dialled, with one place for who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DialString {
    before: String,
    after: String,
}

impl DialString {
    /// Reads a pattern with exactly one of this place in it.
    pub(crate) fn read(pattern: &str, place: &str) -> Option<Self> {
        let (before, after) = pattern.split_once(place)?;
        let is_fit = pattern.len() <= BYTES_MAX && of(before, OF_PATTERN) && of(after, OF_PATTERN);
        is_fit.then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// Is nothing configured?
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// How an agent's telephone is dialled; `None` when its address may not stand there.
    pub(crate) fn agent(&self, address: &str) -> Option<String> {
        // Where the pattern says the scheme, the address need not.
        let bare = address.strip_prefix("sip:").filter(|_| !self.before.is_empty());
        let address = bare.unwrap_or(address);
        let is_fit = !address.is_empty()
            && address.len() <= BYTES_MAX
            && of(address, OF_ADDRESS)
            && !address.starts_with('-');
        is_fit.then(|| format!("{}{address}{}", self.before, self.after))
    }

    /// How a number is dialled.
    pub(crate) fn number(&self, number: &PhoneNumber) -> String {
        format!("{}{}{}", self.before, number.e164(), self.after)
    }
}

fn of(text: &str, beside: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || beside.contains(&byte))
}

/// A pattern of the settings.
pub(crate) fn dial_string(
    fields: &mut Fields<'_>,
    key: &str,
    (default, place): (&str, &str),
) -> DialString {
    let pattern = fields.text(key, default);
    if pattern.is_empty() {
        return DialString::default();
    }
    DialString::read(&pattern, place).unwrap_or_else(|| {
        fields.say(
            key,
            format!(
                "must have `{place}` once, and beside it letters, digits and / @ . - _ + : ; = % *"
            ),
        );
        DialString::default()
    })
}

/// A name of the settings: letters, digits, `.`, `-`, `_`; the default when absent.
pub(crate) fn word(fields: &mut Fields<'_>, key: &str, default: &str) -> String {
    let text = fields.text(key, default);
    if text.len() <= BYTES_MAX && of(&text, OF_WORD) {
        return text;
    }
    fields.say(key, "must be letters, digits and . - _");
    default.to_owned()
}

/// A folder of the settings, without a slash at its end; empty when absent.
pub(crate) fn folder(fields: &mut Fields<'_>, key: &str) -> String {
    let text = fields.text(key, "");
    let is_fit = text.len() <= BYTES_MAX && of(&text, b"/.-_") && !text.contains("..");
    if text.is_empty() || (is_fit && text.starts_with('/')) {
        return text.trim_end_matches('/').to_owned();
    }
    fields.say(key, "must be a folder's whole path of letters, digits and . - _");
    String::new()
}

/// The number that is shown to the person, in E.164 form; none when absent.
pub(crate) fn caller_id(fields: &mut Fields<'_>) -> Option<PhoneNumber> {
    let text = fields.text("caller_id", "");
    if text.is_empty() {
        return None;
    }
    let number = text.parse();
    if let Err(error) = &number {
        fields.say("caller_id", format!("{error}"));
    }
    number.ok()
}

/// A region of the settings, by two letters.
pub(crate) fn region(fields: &mut Fields<'_>, key: &str) -> String {
    let text = fields.text(key, REGION);
    match Callable::within(&text, &[]) {
        Ok(_) => text,
        Err(error) => {
            fields.say(key, format!("{error}"));
            REGION.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_is_filled_and_no_other_order_comes_through() {
        let endpoint = DialString::read("PJSIP/{agent}", "{agent}").expect("a pattern");
        assert_eq!(endpoint.agent("wang").as_deref(), Some("PJSIP/wang"));
        assert_eq!(
            endpoint.agent("sip:wang@city.example:5060").as_deref(),
            Some("PJSIP/wang@city.example:5060")
        );
        let number: PhoneNumber = "+8613800138000".parse().expect("a number");
        let trunk = DialString::read("PJSIP/{number}@trunk-1", "{number}").expect("a pattern");
        assert_eq!(trunk.number(&number), "PJSIP/+8613800138000@trunk-1");
        for address in [
            "",
            "wang&boss",
            "wang,30",
            "wang\r\nAction: x",
            "{a=b}wang",
            "wang'",
            "wang\"",
            "wang zhang",
            "wang|x",
            "SIP/1/wang",
            "wang[x]",
            "-wang",
            "wang\u{0}",
            "王",
        ] {
            assert_eq!(endpoint.agent(address), None, "{address}");
        }
        for pattern in [
            "PJSIP/wang",
            "{number}",
            "PJSIP/{number}&Local/1",
            "PJSIP/{agent}{agent}",
            "PJSIP/{agent},30",
        ] {
            assert_eq!(DialString::read(pattern, "{agent}"), None, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn whatever_an_address_is_what_is_dialled_has_one_word(address in ".{0,40}") {
            let pattern = DialString::read("user/{agent}", "{agent}").expect("a pattern");
            if let Some(dialled) = pattern.agent(&address) {
                prop_assert!(dialled.bytes().all(|byte| byte.is_ascii_graphic()));
                let others = [',', '{', '}', '[', ']', '\'', '"', '&', '|', '\\', '^'];
                let is_one_word = !dialled.contains(others);
                prop_assert!(is_one_word);
            }
        }
    }
}
