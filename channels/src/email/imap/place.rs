//! How far a mailbox was read, as it stands in a bookmark.

use crate::email::config::Start;
use std::fmt;

/// How far a mailbox was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The mailbox's UIDVALIDITY.
    pub(super) validity: u32,
    /// Everything up to this UID was taken in or left out.
    pub(super) uid: u32,
    /// What lay there before, while it is not read through.
    pub(super) old: Option<Old>,
}

/// Letters that lay there before the mailbox was read for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Old {
    /// Those below this UID.
    pub(super) below: u32,
    /// Which of them are taken in.
    pub(super) which: OldOnes,
}

/// Which of the old letters are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldOnes {
    /// Those that nobody has seen.
    Unseen,
    /// Those, and seen ones as young as the sink remembers letters: what is older and seen was here
    /// already or never meant for us, and would come twice.
    UnseenOrYoung,
}

impl Place {
    /// Where the first reading of a mailbox begins.
    pub(super) fn first(start: Start, validity: u32, next: u32) -> Self {
        match start {
            Start::All => Self { validity, uid: 0, old: None },
            Start::New => Self { validity, uid: next.saturating_sub(1), old: None },
            Start::Unseen => {
                let old = Old { below: next, which: OldOnes::Unseen };
                Self { validity, uid: 0, old: Some(old) }
            }
        }
    }

    /// Reads a bookmark; `None` when it is none of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (place, old) = match text.split_once(' ') {
            Some((place, old)) => (place, Some(old)),
            None => (text, None),
        };
        let (validity, uid) = place.split_once('/')?;
        let old = match old {
            None => None,
            Some(old) => {
                let (which, below) = old.split_once('<')?;
                let which = match which {
                    "unseen" => OldOnes::Unseen,
                    "young" => OldOnes::UnseenOrYoung,
                    _ => return None,
                };
                Some(Old { below: below.parse().ok()?, which })
            }
        };
        Some(Self { validity: validity.parse().ok()?, uid: uid.parse().ok()?, old })
    }

    /// Goes on to a UID; old letters that lie behind are forgotten.
    pub(super) fn advance(&mut self, uid: u32) {
        self.uid = self.uid.max(uid);
        if self.old.is_some_and(|old| old.below <= self.uid.saturating_add(1)) {
            self.old = None;
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.validity, self.uid)?;
        match self.old {
            None => Ok(()),
            Some(Old { below, which: OldOnes::Unseen }) => write!(f, " unseen<{below}"),
            Some(Old { below, which: OldOnes::UnseenOrYoung }) => write!(f, " young<{below}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_is_read_as_it_was_laid() {
        for text in ["17/4711", "17/0 unseen<9000", "4294967295/5 young<6"] {
            assert_eq!(Place::parse(text).map(|place| place.to_string()).as_deref(), Some(text));
        }
        for text in ["", "17", "17/x", "17/1 seen<9", "17/1 unseen", "-1/1"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_reading_begins_where_the_settings_say() {
        assert_eq!(Place::first(Start::All, 7, 100).to_string(), "7/0");
        assert_eq!(Place::first(Start::New, 7, 100).to_string(), "7/99");
        let mut place = Place::first(Start::Unseen, 7, 100);
        assert_eq!(place.to_string(), "7/0 unseen<100");
        place.advance(98);
        assert_eq!(place.to_string(), "7/98 unseen<100");
        place.advance(99);
        assert_eq!(place.to_string(), "7/99");
    }
}
