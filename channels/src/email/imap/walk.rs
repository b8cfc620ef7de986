//! From the bookmark to the end of the mailbox, in windows of UIDs.

use super::Mailbox;
use super::fetch::{Entry, Fetched, fetch_ahead, header, list, whole};
use super::line::{Fault, Line};
use super::place::{OldOnes, Place};
use crate::email::config::After;
use crate::inbound::{Accepted, Envelope, RawInbound, SinkError};
use domain::limits::DEDUPE_MS;
use std::sync::PoisonError;

/// So many UIDs are looked at together.
const WINDOW: u32 = 200;
/// Windows grow over UIDs that no letter has, up to this: a list of this many letters is some MiB.
const WINDOW_MAX: u32 = 1 << 17;
/// So often a server may refuse one letter before only its head is taken in; less than the attempts of
/// one run.
const REFUSALS_MAX: u32 = 5;
/// Progress is logged each time after so many letters.
const TELL_EVERY: u64 = 5_000;
/// Letters younger than this are known to the sink if it took them; a day is left for clocks.
const YOUNG_MS: i64 = DEDUPE_MS - 24 * 3_600_000;

/// A letter out of the mailbox; none when it was not there to fetch.
#[derive(Debug)]
struct Held {
    uid: u32,
    letter: Option<RawInbound>,
}

/// What the sink said of a letter; none of one that was not there.
type Told = (u32, Option<Result<Accepted, SinkError>>);

/// One walk.
#[derive(Debug)]
struct Steps {
    /// The highest UID when it began.
    highest: u32,
    /// So many letters were taken in.
    taken: u64,
}

impl Mailbox<'_> {
    /// Takes in everything behind the place, in order.
    pub(super) async fn walk(&self, line: &mut Line<'_>, place: &mut Place) -> Result<(), Fault> {
        let highest = line.highest().await?;
        if highest <= place.uid {
            return Ok(());
        }
        let mut from = place.uid.saturating_add(1);
        if place.uid == 0 {
            from = from.max(line.lowest().await?);
        }
        let (mut width, mut steps) = (WINDOW, Steps { highest, taken: 0 });
        while from <= highest {
            let to = from.saturating_add(width - 1).min(highest);
            let entries = list(line, from, to).await?;
            width =
                if entries.is_empty() { width.saturating_mul(2).min(WINDOW_MAX) } else { WINDOW };
            let wanted: Vec<Entry> =
                entries.into_iter().filter(|entry| self.is_wanted(entry, place)).collect();
            self.take_all(line, place, &wanted, &mut steps).await?;
            if place.uid < to {
                place.advance(to);
                self.lay(place).await?;
            }
            if to == u32::MAX {
                break;
            }
            from = to + 1;
        }
        self.inlet.bookmarks.told(steps.taken, 0);
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

    /// Takes in the letters of a window, some together: while the sink takes in some, the next ones
    /// are fetched. Large ones go one by one, so that no two of them lie in memory.
    async fn take_all(
        &self,
        line: &mut Line<'_>,
        place: &mut Place,
        wanted: &[Entry],
        steps: &mut Steps,
    ) -> Result<(), Fault> {
        let mut rest = wanted;
        let mut held = self.fetch(line, place.validity, rest).await?;
        while !held.is_empty() {
            let (these, others) = rest.split_at(held.len().min(rest.len()));
            rest = others;
            let may_overlap = these.iter().chain(rest.first()).all(Entry::is_small);
            let taking = self.offer(std::mem::take(&mut held));
            let (told, next) = if may_overlap {
                let validity = place.validity;
                let (told, next) = tokio::join!(taking, self.fetch(line, validity, rest));
                (told, Some(next))
            } else {
                (taking.await, None)
            };
            self.settle(line, place, told, steps).await?;
            held = match next {
                Some(next) => next?,
                None => self.fetch(line, place.validity, rest).await?,
            };
        }
        Ok(())
    }

    /// The next letters: the small ones together, or else one.
    async fn fetch(
        &self,
        line: &mut Line<'_>,
        validity: u32,
        next: &[Entry],
    ) -> Result<Vec<Held>, Fault> {
        let Some(first) = next.first() else { return Ok(Vec::new()) };
        let mut ahead = fetch_ahead(line, next).await?;
        let mut held = Vec::with_capacity(ahead.len());
        for entry in next {
            let Some(bytes) = ahead.remove(&entry.uid) else { break };
            let lies = self.lies(validity, entry.uid);
            held.push(self.held(entry.uid, lies, bytes, true));
        }
        if held.is_empty() {
            held.push(self.fetch_one(line, validity, first).await?);
        }
        Ok(held)
    }

    async fn fetch_one(
        &self,
        line: &mut Line<'_>,
        validity: u32,
        entry: &Entry,
    ) -> Result<Held, Fault> {
        let mut lies = self.lies(validity, entry.uid);
        let mut letter = match entry.size > self.config.bytes_max {
            true => Fetched::TooLarge,
            false => self.patiently(whole(line, entry, self.config.bytes_max).await, entry.uid)?,
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
            return Ok(Held { uid: entry.uid, letter: None });
        };
        Ok(self.held(entry.uid, lies, bytes, is_whole))
    }

    fn lies(&self, validity: u32, uid: u32) -> String {
        format!("{} {validity}/{uid}", self.imap.mailbox)
    }

    fn held(&self, uid: u32, place: String, bytes: bytes::Bytes, is_whole: bool) -> Held {
        let letter = RawInbound {
            channel: self.channel.clone(),
            place,
            envelope: Envelope::default(),
            received_at: self.clock.now(),
            bytes,
            is_whole,
        };
        Held { uid, letter: Some(letter) }
    }

    /// Gives letters to the sink; what it says of each, in order.
    async fn offer(&self, held: Vec<Held>) -> Vec<Told> {
        let mut uids = Vec::with_capacity(held.len());
        let mut letters = Vec::with_capacity(held.len());
        for Held { uid, letter } in held {
            uids.push((uid, letter.is_some()));
            letters.extend(letter);
        }
        let mut said = self.inlet.sink.accept_together(letters).await.into_iter();
        let told = |(uid, is_there)| (uid, if is_there { said.next() } else { None });
        uids.into_iter().map(told).collect()
    }

    /// Lays the bookmark behind the letters that the sink took, up to the first that it did not.
    async fn settle(
        &self,
        line: &mut Line<'_>,
        place: &mut Place,
        told: Vec<Told>,
        steps: &mut Steps,
    ) -> Result<(), Fault> {
        let (mut done, mut refused) = (Vec::new(), None);
        for (uid, said) in told {
            match said {
                Some(Err(error)) => {
                    refused = Some(error);
                    break;
                }
                Some(Ok(accepted)) => {
                    if let Accepted::Refused(refusal) = accepted {
                        let code = refusal.code();
                        tracing::warn!(channel = %self.channel, code, "a letter can never be taken in");
                    }
                    done.push(uid);
                    self.count(steps, uid);
                }
                None => {}
            }
            place.advance(uid);
        }
        self.lay(place).await?;
        self.after(line, &done).await?;
        match refused {
            Some(error) => Err(Fault::NotTaken(error)),
            None => Ok(()),
        }
    }

    fn count(&self, steps: &mut Steps, uid: u32) {
        steps.taken += 1;
        let (taken, left) = (steps.taken, steps.highest.saturating_sub(uid));
        self.inlet.bookmarks.told(taken, u64::from(left));
        if taken.is_multiple_of(TELL_EVERY) {
            tracing::info!(channel = %self.channel, taken, left, "reading the mailbox");
        }
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
    async fn after(&self, line: &mut Line<'_>, uids: &[u32]) -> Result<(), Fault> {
        if uids.is_empty() {
            return Ok(());
        }
        let done = match &self.imap.after {
            After::Keep => Ok(()),
            After::Seen => line.mark_seen(uids).await,
            After::Move(folder) => line.move_to(uids, folder).await,
        };
        match done {
            Err(Fault::Refused(why)) => {
                tracing::warn!(channel = %self.channel, why, "letters could not be marked or moved");
                Ok(())
            }
            other => other,
        }
    }
}
