//! What another gateway needs to find a call again: both sides, and how far each had come.

use super::dialog::Dialog;
use super::sdp::{Sdp, Session};
use crate::phone::TRACE_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A call as it is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) agent: Side,
    pub(super) contact: Side,
}

/// One side of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Side {
    pub(super) dialog: Dialog,
    pub(super) session: Session,
    pub(super) stage: Stage,
    /// The transaction of the first `INVITE`, which a `CANCEL` names.
    pub(super) invite: Option<Invite>,
    /// What the telephone last said of its media; left out when there is no room.
    pub(super) sdp: Option<Sdp>,
    /// What it was last told of the other's.
    pub(super) told: Option<String>,
    /// How often the call must be refreshed, and by whom.
    pub(super) refresh: Option<Refresh>,
}

/// How far a side has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// It was not called yet.
    Idle,
    /// Told, and not sent yet.
    Planned,
    /// It is being called.
    Called,
    /// It is being called, and nobody wants that any more.
    Recalled,
    /// It has answered.
    Up,
    /// It is let go.
    Over,
}

/// What names the first `INVITE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Invite {
    pub(super) branch: String,
    pub(super) seq: u32,
    /// Whom it is for.
    pub(super) uri: String,
    /// Where it went, when that is one of several places: there it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<SocketAddr>,
}

/// How often a call must be refreshed (RFC 4028), in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) secs: u32,
    pub(super) by: Refresher,
}

/// Who refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refresher {
    We,
    They,
}

impl Trace {
    /// What is told. Descriptions of media are left out rather than that nothing is told.
    pub(super) fn write(mut self) -> String {
        for _ in 0..2 {
            let text = serde_json::to_string(&self).unwrap_or_default();
            if text.len() <= TRACE_BYTES_MAX {
                return text;
            }
            for side in [&mut self.agent, &mut self.contact] {
                side.sdp = None;
                side.told = None;
            }
        }
        String::new()
    }

    /// What was told, where it can be read.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(filling: usize) -> Side {
        let (local, remote) = ("sip:hutong@192.0.2.1".to_owned(), "sip:1001@10.0.0.5".to_owned());
        Side {
            dialog: Dialog::new("call_1.agent".to_owned(), local, remote),
            session: Session::new(),
            stage: Stage::Called,
            invite: Some(Invite {
                branch: "z9hG4bK1".to_owned(),
                seq: 1,
                uri: String::new(),
                at: None,
            }),
            sdp: None,
            told: Some("x".repeat(filling)),
            refresh: Some(Refresh { secs: 1_800, by: Refresher::They }),
        }
    }

    #[test]
    fn a_trace_leads_back_and_is_bounded() {
        let trace = Trace { agent: side(100), contact: side(100) };
        assert!(Trace::read(&trace.clone().write()).is_some_and(|read| read == trace));
        let large = Trace { agent: side(9_000), contact: side(9_000) }.write();
        assert!(large.len() <= TRACE_BYTES_MAX);
        let read = Trace::read(&large).expect("a trace without descriptions");
        assert!(read.agent.told.is_none() && read.agent.invite.is_some());
        assert!(Trace::read("").is_none() && Trace::read("{}").is_none());
    }
}
