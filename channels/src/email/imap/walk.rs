//! From the bookmark to the end of the mailbox, in windows of UIDs.

use super::Mailbox;
use super::line::{Fault, Line, uid_of};
use super::place::{OldOnes, Place};
use crate::email::config::After;
use crate::inbound::{Accepted, Envelope, RawInbound};
use async_imap::imap_proto::{AttributeValue, Response};
use bytes::{Bytes, BytesMut};
use domain::Timestamp;
use domain::limits::DEDUPE_MS;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// So many UIDs are looked at together.
const WINDOW: u32 = 200;
/// Windows grow over UIDs that no letter has, up to this: a list of this many letters is some MiB.
const WINDOW_MAX: u32 = 1 << 17;
/// A letter is fetched in pieces of this size, so that no more than that lies twice in memory.
const PIECE: usize = 1024 * 1024;
/// So many small letters are fetched in one command.
const AHEAD_MAX: usize = 50;
/// A letter of at most so many bytes is small.
const SMALL: usize = 128 * 1024;
/// So often a server may refuse one letter before only its head is taken in; less than the attempts of
/// one run.
const REFUSALS_MAX: u32 = 5;
/// Progress is told each time after so many letters.
const TELL_EVERY: u64 = 5_000;
/// Letters younger than this are known to the sink if it took them; a day is left for clocks.
const YOUNG_MS: i64 = DEDUPE_MS - 24 * 3_600_000;

/// What the mailbox says of a letter before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    uid: u32,
    /// By the server's account, in bytes.
    size: usize,
    is_seen: bool,
    /// When the server received it.
    since: Option<Timestamp>,
}

impl Mailbox<'_> {
    /// Takes in everything behind the place, in order, and lays the bookmark after each letter.
    pub(super) async fn walk(&self, line: &mut Line<'_>, place: &mut Place) -> Result<(), Fault> {
        let highest = line.highest().await?;
        if highest <= place.uid {
            return Ok(());
        }
        let mut from = place.uid.saturating_add(1);
        if place.uid == 0 {
            from = from.max(line.lowest().await?);
        }
        let (mut width, mut taken) = (WINDOW, 0_u64);
        while from <= highest {
            let to = from.saturating_add(width - 1).min(highest);
            let entries = list(line, from, to).await?;
            width =
                if entries.is_empty() { width.saturating_mul(2).min(WINDOW_MAX) } else { WINDOW };
            let wanted: Vec<Entry> =
                entries.into_iter().filter(|entry| self.is_wanted(entry, place)).collect();
            let mut ahead = BTreeMap::new();
            for (n, entry) in wanted.iter().enumerate() {
                if !ahead.contains_key(&entry.uid) {
                    ahead = fetch_ahead(line, wanted.get(n..).unwrap_or_default()).await?;
                }
                let fetched = ahead.remove(&entry.uid);
                self.take(line, place, entry, fetched).await?;
                taken += 1;
                if taken.is_multiple_of(TELL_EVERY) {
                    let left = highest.saturating_sub(entry.uid);
                    tracing::info!(channel = %self.channel, taken, left, "reading the mailbox");
                }
            }
            if place.uid < to {
                place.advance(to);
                self.lay(place).await?;
            }
            if to == u32::MAX {
                break;
            }
            from = to + 1;
        }
        Ok(())
    }

    /// Letters that lay there before are taken in only if the settings want them.
    fn is_wanted(&self, entry: &Entry, place: &Place) -> bool {
        let Some(old) = place.old.filter(|old| entry.uid < old.below) else { return true };
        let since = self.clock.now().plus_ms(-YOUNG_MS);
        // A letter of unknown age is rather taken twice than lost.
        let is_young = entry.since.is_none_or(|came| came >= since);
        !entry.is_seen || (old.which == OldOnes::UnseenOrYoung && is_young)
    }

    async fn take(
        &self,
        line: &mut Line<'_>,
        place: &mut Place,
        entry: &Entry,
        fetched: Option<Bytes>,
    ) -> Result<(), Fault> {
        let mut lies = format!("{} {}/{}", self.imap.mailbox, place.validity, entry.uid);
        let mut letter = match fetched {
            Some(bytes) => Fetched::Letter(bytes),
            None if entry.size > self.config.bytes_max => Fetched::TooLarge,
            None => self.patiently(whole(line, entry, self.config.bytes_max).await, entry.uid)?,
        };
        // Such a letter stays in the mailbox. Its head is taken in, so that the people of the desk see
        // who wrote and where the letter lies, instead of nothing.
        let why = match letter {
            Fetched::TooLarge => Some(format!("too large: {} bytes", entry.size)),
            Fetched::Refused => Some("the mailbox does not give it out".to_owned()),
            Fetched::Letter(_) | Fetched::Gone => None,
        };
        let is_whole = why.is_none();
        if let Some(why) = why {
            tracing::warn!(channel = %self.channel, why, uid = entry.uid, "only a letter's head");
            lies = format!("{lies} ({why})");
            letter = match header(line, entry.uid).await {
                Err(Fault::Refused(why)) => {
                    let channel = self.channel;
                    tracing::error!(%channel, why, uid = entry.uid, "a letter was left out");
                    Fetched::Gone
                }
                other => other?,
            };
        }
        let Fetched::Letter(bytes) = letter else {
            tracing::info!(channel = %self.channel, uid = entry.uid, "a letter is not there to fetch");
            place.advance(entry.uid);
            return Ok(());
        };
        let raw = RawInbound {
            channel: self.channel.clone(),
            place: lies,
            envelope: Envelope::default(),
            received_at: self.clock.now(),
            bytes,
            is_whole,
        };
        let accepted = self.inlet.sink.accept_raw(raw).await.map_err(Fault::NotTaken)?;
        if let Accepted::Refused(refusal) = accepted {
            let code = refusal.code();
            tracing::warn!(channel = %self.channel, code, "a letter can never be taken in");
        }
        place.advance(entry.uid);
        self.lay(place).await?;
        self.after(line, entry.uid).await
    }

    /// A server that refuses one letter may do so for the moment, or because the letter is damaged
    /// there. It is asked again over new lines, but one letter does not hold up all others for ever.
    fn patiently(&self, fetched: Result<Fetched, Fault>, uid: u32) -> Result<Fetched, Fault> {
        let Err(Fault::Refused(why)) = fetched else { return fetched };
        let mut stubborn = self.stubborn.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = match *stubborn {
            (refused, tries) if refused == uid => tries + 1,
            _ => 1,
        };
        *stubborn = (uid, tries);
        match tries < REFUSALS_MAX {
            true => Err(Fault::Lost(format!("the mailbox refused {why}"))),
            false => Ok(Fetched::Refused),
        }
    }

    /// Only for people who look into the mailbox: the bookmark tells us what was taken in.
    async fn after(&self, line: &mut Line<'_>, uid: u32) -> Result<(), Fault> {
        let done = match &self.imap.after {
            After::Keep => Ok(()),
            After::Seen => line.mark_seen(uid).await,
            After::Move(folder) => line.move_to(uid, folder).await,
        };
        match done {
            Err(Fault::Refused(why)) => {
                tracing::warn!(channel = %self.channel, why, "a letter could not be marked or moved");
                Ok(())
            }
            other => other,
        }
    }
}

/// What lies in a window, by UID.
async fn list(line: &mut Line<'_>, from: u32, to: u32) -> Result<Vec<Entry>, Fault> {
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

enum Fetched {
    Letter(Bytes),
    Gone,
    TooLarge,
    Refused,
}

/// The small letters among the next ones, in one command: most letters are small, and each command is a
/// way there and back. What does not come this way is fetched by itself. Sizes only bound how much is
/// asked for: servers tell wrong ones, but what they send here is a whole letter.
async fn fetch_ahead(line: &mut Line<'_>, next: &[Entry]) -> Result<BTreeMap<u32, Bytes>, Fault> {
    let (mut letters, mut room, mut uids) = (BTreeMap::new(), PIECE, Vec::new());
    for entry in next.iter().take(AHEAD_MAX) {
        // The first that is not small ends it, so that what was fetched is used at once.
        if entry.size > SMALL || entry.size > room {
            break;
        }
        room -= entry.size;
        uids.push(entry.uid.to_string());
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
    match line.ask(&format!("UID FETCH {} (UID BODY.PEEK[])", uids.join(",")), note).await {
        // One of them may be damaged: asked for by itself, it is known which.
        Err(Fault::Refused(_)) => Ok(BTreeMap::new()),
        other => other.map(|()| letters),
    }
}

/// The whole letter. Servers are known to tell wrong sizes, so the end is where nothing more comes.
async fn whole(line: &mut Line<'_>, entry: &Entry, most: usize) -> Result<Fetched, Fault> {
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
async fn header(line: &mut Line<'_>, uid: u32) -> Result<Fetched, Fault> {
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
