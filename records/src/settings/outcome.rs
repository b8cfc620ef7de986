//! What comes of changing settings.

use super::{Setting, SettingKind};
use domain::desk::DeskProblem;
use serde::Serialize;

/// What came of [`super::Settings::put`].
#[derive(Debug, Clone, PartialEq)]
pub enum Put {
    /// It is stored.
    Saved {
        /// The document's new version.
        version: u64,
    },
    /// It was like that already; no version was added.
    Unchanged {
        /// The document's version.
        version: u64,
    },
    /// Someone else changed it; nothing was stored.
    Stale {
        /// What stands there now, if anything.
        current: Option<Setting>,
    },
    /// The desk would not be valid with it; nothing was stored.
    Refused {
        /// Every reason.
        problems: Vec<DeskProblem>,
    },
}

/// What came of [`super::Settings::delete`].
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    /// It is gone.
    Deleted,
    /// There was none.
    Unknown,
    /// Someone else changed it; nothing was deleted.
    Stale {
        /// What stands there now.
        current: Setting,
    },
    /// The desk would not be valid without it; nothing was deleted.
    Refused {
        /// Every reason.
        problems: Vec<DeskProblem>,
    },
}

/// What came of [`super::Settings::apply`].
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// All of it is stored.
    Applied {
        /// One for each document given.
        changes: Vec<AppliedChange>,
    },
    /// The desk would not be valid; nothing was stored.
    Refused {
        /// Every reason.
        problems: Vec<DeskProblem>,
    },
}

/// What applying did to one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedChange {
    /// Which kind.
    pub kind: SettingKind,
    /// Which document.
    pub id: String,
    /// What was done.
    pub outcome: AppliedOutcome,
}

/// What applying did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppliedOutcome {
    /// It is new.
    Created,
    /// It differs from what was there.
    Updated,
    /// It was like that already.
    Unchanged,
}
