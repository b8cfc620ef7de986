//! Lists of addresses (RFC 5322, section 3.4), as mailers write them.

use super::words;
use domain::MailAddress;
use domain::mail::MAIL_ADDRESSES_MAX;

/// The longest address, in bytes (RFC 5321 allows 64 before and 255 after the sign).
const ADDRESS_BYTES_MAX: usize = 320;
/// The longest name beside an address, in characters.
const NAME_CHARS_MAX: usize = 200;

/// One entry of a list while it is read.
#[derive(Default)]
struct Entry {
    phrase: String,
    angle: Option<String>,
    comment: String,
}

/// The mailboxes of a list, groups unfolded, at most [`MAIL_ADDRESSES_MAX`]. What is no address is left
/// out.
pub(super) fn parse(text: &str) -> Vec<MailAddress> {
    let mut reader = Reader::default();
    for c in text.chars() {
        reader.take(c);
        if reader.found.len() >= MAIL_ADDRESSES_MAX {
            break;
        }
    }
    reader.end_entry();
    reader.found.truncate(MAIL_ADDRESSES_MAX);
    reader.found
}

/// Where the reader stands.
#[derive(Default, PartialEq)]
enum State {
    #[default]
    Phrase,
    Quoted,
    Angle,
    /// So many brackets deep.
    Comment(usize),
}

#[derive(Default)]
struct Reader {
    state: State,
    escaped: bool,
    entry: Entry,
    /// A name before a comma that nobody quoted: `Li, Lei <li@a.cn>`.
    held: String,
    found: Vec<MailAddress>,
}

impl Reader {
    fn take(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            self.put(c);
            return;
        }
        match (&self.state, c) {
            (State::Quoted | State::Comment(_), '\\') => self.escaped = true,
            (State::Phrase, '"') => self.state = State::Quoted,
            (State::Quoted, '"') | (State::Angle, '>') => self.state = State::Phrase,
            (State::Comment(depth), '(') => self.state = State::Comment(depth.saturating_add(1)),
            (State::Comment(depth), ')') if *depth > 1 => self.state = State::Comment(depth - 1),
            (State::Comment(_), ')') => self.state = State::Phrase,
            (State::Phrase, '(') => self.state = State::Comment(1),
            (State::Phrase, '<') => {
                self.state = State::Angle;
                self.entry.angle = Some(String::new());
            }
            (State::Phrase, ',' | ';' | '，' | '；') => self.end_entry(),
            // The name of a group. An address has no colon outside quotes and brackets.
            (State::Phrase, ':') if self.entry.angle.is_none() => self.entry.phrase.clear(),
            _ => self.put(c),
        }
    }

    fn put(&mut self, c: char) {
        let field = match &self.state {
            State::Phrase | State::Quoted => &mut self.entry.phrase,
            State::Angle => self.entry.angle.get_or_insert_default(),
            State::Comment(_) => &mut self.entry.comment,
        };
        field.push(c);
    }

    fn end_entry(&mut self) {
        self.state = State::Phrase;
        let entry = std::mem::take(&mut self.entry);
        let held = std::mem::take(&mut self.held);
        let (address, name) = match entry.angle {
            Some(angle) => (clean(&angle), format!("{held}{}", entry.phrase)),
            None => (bare(&entry.phrase), entry.comment),
        };
        match address {
            Some(address) => {
                let name = words::one_line(&name, NAME_CHARS_MAX);
                let name = name.trim_matches(['"', '\'']).trim().to_owned();
                let name = if name.eq_ignore_ascii_case(&address) { String::new() } else { name };
                self.found.push(MailAddress { address, name });
            }
            None if entry.phrase.trim().is_empty() || held.len() > ADDRESS_BYTES_MAX => {}
            None => self.held = format!("{held}{}, ", entry.phrase.trim()),
        }
    }
}

/// An address without brackets, perhaps among other words.
fn bare(phrase: &str) -> Option<String> {
    let decoded;
    let phrase = if phrase.contains("=?") {
        decoded = words::decode(phrase);
        &decoded
    } else {
        phrase
    };
    phrase.split_whitespace().find(|word| word.contains('@')).and_then(clean)
}

/// An address as it is kept: no space, the domain in lower case; `None` if it is none.
pub(super) fn clean(text: &str) -> Option<String> {
    // Obsolete routes stand before a colon: `@a,@b:user@c`.
    let text = match text.rsplit_once(':') {
        Some((route, address)) if route.trim_start().starts_with(['@', 'm', 'M']) => address,
        _ => text,
    };
    let text = text.trim().trim_matches(['<', '>', '"', '\'']);
    let (local, domain) = text.rsplit_once('@')?;
    let (local, domain) = (local.trim().trim_matches('"'), domain.trim());
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || words::is_trick(c);
    let domain = domain.trim_end_matches('.');
    if local.is_empty() || domain.is_empty() || text.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    if local.contains(is_odd) || domain.contains(|c| is_odd(c) || "<>()[]\\,;:\"@".contains(c)) {
        return None;
    }
    if local.contains(['<', '>', '"', ',', ';', '\\']) {
        return None;
    }
    Some(format!("{local}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().map(|a| (a.name, a.address)).collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut all = read(text);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn names_of_all_kinds_stand_beside_addresses() {
        let li = |name: &str| (name.to_owned(), "li@a.cn".to_owned());
        assert_eq!(one("li@A.CN"), li(""));
        assert_eq!(one("<li@a.cn>"), li(""));
        assert_eq!(one("Li Lei <li@a.cn>"), li("Li Lei"));
        assert_eq!(one("\"Li, Lei\" <li@a.cn>"), li("Li, Lei"));
        assert_eq!(one("Li, Lei <li@a.cn>"), li("Li, Lei"));
        assert_eq!(one("li@a.cn (Li Lei)"), li("Li Lei"));
        assert_eq!(one("\"li@a.cn\" <li@a.cn>"), li(""));
        assert_eq!(one("=?utf-8?B?5p2O6Zu3?= <li@a.cn>"), li("李雷"));
        assert_eq!(one("\"=?utf-8?B?5p2O6Zu3?=\" <li@a.cn>"), li("李雷"));
        assert_eq!(one("=?utf-8?Q?Li=2C_Lei?= <li@a.cn>"), li("Li, Lei"));
        assert_eq!(one("<@x,@y:li@a.cn>"), li(""));
    }

    #[test]
    fn lists_and_groups_are_unfolded() {
        let all = read("A <a@x.cn>; b@x.cn, Team: c@x.cn, \"D: E\" <d@x.cn>;, undisclosed:;");
        let addresses: Vec<&str> = all.iter().map(|(_, a)| a.as_str()).collect();
        assert_eq!(addresses, ["a@x.cn", "b@x.cn", "c@x.cn", "d@x.cn"]);
        assert_eq!(all[3].0, "D: E");
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        for text in ["", "nobody", "<>", "a@", "@b", "<a b@c>", "a@b\u{202e}c", "(((("] {
            assert_eq!(read(text), [], "{text}");
        }
        assert_eq!(one("Evil\r\nBcc: x <a@b.cn>").1, "a@b.cn");
    }
}
