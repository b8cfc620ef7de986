//! Asking a mailbox for letters: what lies there, and the letters themselves, whole or only their heads.

use super::line::{Fault, Line, set, uid_of};
use async_imap::imap_proto::{AttributeValue, Response};
use bytes::{Bytes, BytesMut};
use domain::Timestamp;
use std::collections::BTreeMap;

/// A letter is fetched in pieces of this size, so that no more than that lies twice in memory.
const PIECE: usize = 1024 * 1024;
/// So many small letters are fetched in one command.
const AHEAD_MAX: usize = 64;
/// A letter of at most so many bytes is small.
const SMALL: usize = 128 * 1024;

/// What the mailbox says of a letter before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) uid: u32,
    /// By the server's account, in bytes.
    pub(super) size: usize,
    pub(super) is_seen: bool,
    /// When the server received it.
    pub(super) since: Option<Timestamp>,
}

impl Entry {
    /// Is it fetched together with others?
    pub(super) fn is_small(&self) -> bool {
        self.size <= SMALL
    }
}

/// What lies in a window, by UID.
pub(super) async fn list(line: &mut Line<'_>, from: u32, to: u32) -> Result<Vec<Entry>, Fault> {
    let mut entries: Vec<Entry> = Vec::new();
    let command = format!("UID FETCH {from}:{to} (UID FLAGS INTERNALDATE RFC822.SIZE)");
    let note = |response: &Response<'_>| {
        // Flags that somebody else changes are announced without a size.
        let entry = read_entry(response).filter(|entry| (from..=to).contains(&entry.uid));
        entries.extend(entry);
    };
    line.ask(&command, note).await?;
    entries.sort_by_key(|entry| entry.uid);
    entries.dedup_by_key(|entry| entry.uid);
    Ok(entries)
}

fn read_entry(response: &Response<'_>) -> Option<Entry> {
    let Response::Fetch(_, values) = response else { return None };
    let (mut size, mut is_seen, mut since) = (None, false, None);
    for value in values {
        match value {
            AttributeValue::Rfc822Size(bytes) => size = usize::try_from(*bytes).ok(),
            AttributeValue::Flags(flags) => {
                is_seen = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
            }
            AttributeValue::InternalDate(text) => since = date(text),
            _ => {}
        }
    }
    Some(Entry { uid: uid_of(response)?, size: size?, is_seen, since })
}

/// `17-Jul-1996 02:44:25 -0700` (RFC 3501, date-time; the day may begin with a space).
fn date(text: &str) -> Option<Timestamp> {
    let date = chrono::DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok()?;
    Some(Timestamp(date.timestamp_millis()))
}

/// What became of asking for a letter.
pub(super) enum Fetched {
    /// Its bytes.
    Letter(Bytes),
    /// It is no longer there.
    Gone,
    /// It is larger than is taken in.
    TooLarge,
    /// The server does not give it out.
    Refused,
}

/// The small letters among the next ones, in one command: most letters are small, and each command is a
/// way there and back. What does not come this way is fetched by itself. Sizes only bound how much is
/// asked for: servers tell wrong ones, but what they send here is a whole letter.
pub(super) async fn fetch_ahead(
    line: &mut Line<'_>,
    next: &[Entry],
) -> Result<BTreeMap<u32, Bytes>, Fault> {
    let (mut letters, mut room, mut uids) = (BTreeMap::new(), PIECE, Vec::new());
    for entry in next.iter().take(AHEAD_MAX) {
        // The first that is not small ends it, so that what was fetched is used at once.
        if !entry.is_small() || entry.size > room {
            break;
        }
        room -= entry.size;
        uids.push(entry.uid);
    }
    if uids.len() < 2 {
        return Ok(letters);
    }
    let note = |response: &Response<'_>| {
        if let (Some(uid), Some(piece)) = (uid_of(response), body(response))
            && next.iter().any(|entry| entry.uid == uid)
            && !piece.is_empty()
        {
            letters.insert(uid, Bytes::copy_from_slice(piece));
        }
    };
    match line.ask(&format!("UID FETCH {} (UID BODY.PEEK[])", set(&uids)), note).await {
        // One of them may be damaged: asked for by itself, it is known which.
        Err(Fault::Refused(_)) => Ok(BTreeMap::new()),
        other => other.map(|()| letters),
    }
}

/// The whole letter. Servers are known to tell wrong sizes, so the end is where nothing more comes.
pub(super) async fn whole(
    line: &mut Line<'_>,
    entry: &Entry,
    most: usize,
) -> Result<Fetched, Fault> {
    let mut letter = BytesMut::with_capacity(entry.size.min(most));
    loop {
        let before = letter.len();
        let command = format!("UID FETCH {} (UID BODY.PEEK[]<{before}.{PIECE}>)", entry.uid);
        let mut is_there = false;
        let note = |response: &Response<'_>| {
            if uid_of(response) == Some(entry.uid)
                && let Some(piece) = body(response)
            {
                is_there = true;
                letter.extend_from_slice(piece);
            }
        };
        match line.ask(&command, note).await {
            // Some servers refuse to read behind the end.
            Err(Fault::Refused(_)) if before > 0 && before >= entry.size => is_there = true,
            other => other?,
        }
        if !is_there {
            // Deleted meanwhile: half a letter is no letter. A server that only had nothing to say is
            // asked again, or the letter would be passed over for good.
            return match is_listed(line, entry.uid).await? {
                true => Err(Fault::Refused("FETCH: no body for a letter that is there".to_owned())),
                false => Ok(Fetched::Gone),
            };
        }
        if letter.len() > most {
            return Ok(Fetched::TooLarge);
        }
        let got = letter.len() - before;
        if got == 0 || (got < PIECE && letter.len() >= entry.size) {
            return Ok(Fetched::Letter(letter.freeze()));
        }
    }
}

/// Does the mailbox still have it?
async fn is_listed(line: &mut Line<'_>, uid: u32) -> Result<bool, Fault> {
    let mut found = false;
    let note = |response: &Response<'_>| found |= uid_of(response) == Some(uid);
    line.ask(&format!("UID FETCH {uid} (UID)"), note).await?;
    Ok(found)
}

/// Only the head of a letter.
pub(super) async fn header(line: &mut Line<'_>, uid: u32) -> Result<Fetched, Fault> {
    let mut head = None;
    let note = |response: &Response<'_>| {
        if uid_of(response) == Some(uid)
            && let Some(piece) = body(response)
        {
            head = Some(Bytes::copy_from_slice(piece));
        }
    };
    line.ask(&format!("UID FETCH {uid} (UID BODY.PEEK[HEADER]<0.{PIECE}>)"), note).await?;
    Ok(head.map_or(Fetched::Gone, Fetched::Letter))
}

/// The piece of a letter in an answer; empty where the server says NIL.
fn body<'r>(response: &'r Response<'_>) -> Option<&'r [u8]> {
    let Response::Fetch(_, values) = response else { return None };
    values.iter().find_map(|value| match value {
        AttributeValue::BodySection { data, .. } => {
            Some(data.as_ref().map(AsRef::as_ref).unwrap_or_default())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_and_a_changed_flag_is_none() {
        let text = b"* 3 FETCH (UID 9 FLAGS (\\Seen) INTERNALDATE \" 7-Jul-2026 02:44:25 +0800\" RFC822.SIZE 4711)\r\n";
        let (_, response) = Response::parse(text).unwrap();
        let since = Some(Timestamp(1_783_363_465_000));
        let entry = Entry { uid: 9, size: 4711, is_seen: true, since };
        assert_eq!(read_entry(&response), Some(entry));
        let (_, flags) = Response::parse(b"* 3 FETCH (UID 9 FLAGS (\\Seen))\r\n").unwrap();
        assert_eq!(read_entry(&flags), None);
    }

    #[test]
    fn nil_is_an_empty_piece_and_no_piece_is_none() {
        let (_, nil) = Response::parse(b"* 3 FETCH (UID 9 BODY[]<0> NIL)\r\n").unwrap();
        assert_eq!(body(&nil), Some(&b""[..]));
        let (_, none) = Response::parse(b"* 3 FETCH (UID 9)\r\n").unwrap();
        assert_eq!(body(&none), None);
    }
}
