//! Callbacks: one row for each request until it is over, and one for each call of it in which the agent's
//! telephone rang.
//!
//! Both follow from the whole log as the archive has it, so that archiving again gives the same rows, in
//! whatever order rounds and late lines come. No number is in them.

use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::statement::sql;
use domain::{
    CallId, CallOutcome, ChannelId, ConversationId, Message, Notice, TenantId, Timestamp,
};
use std::collections::BTreeSet;

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackEnding {
    /// Both spoke, whatever came after it.
    Connected,
    /// The contact cancelled it, or the conversation ended first.
    Abandoned,
    /// It was tried as often as the policy says.
    GivenUp,
    /// The desk took it back.
    Withdrawn,
}

impl CallbackEnding {
    /// The name in the archive and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Abandoned => "abandoned",
            Self::GivenUp => "given_up",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A callback that is over, as an archived log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackOver {
    /// What became of it.
    pub ending: CallbackEnding,
    /// From the request, or the window's opening when that is later, until both spoke, in milliseconds;
    /// none when they never did.
    pub waited_ms: Option<i64>,
    /// Of each call in which the agent's telephone rang: for how long until it was answered, in
    /// milliseconds, none when it was not.
    pub agent_rings: Vec<Option<u64>>,
}

/// A request with what followed.
struct Told<'a> {
    seq: u64,
    line: &'a ChannelId,
    requested_at: Timestamp,
    opens_at: Timestamp,
    until: Option<Timestamp>,
    connected_at: Option<Timestamp>,
    /// Which try connected, from 1.
    connected_try: Option<u32>,
    /// The call that is counted already because it connected.
    counted: Option<&'a CallId>,
    attempts: u32,
    /// None while it is wanted.
    ended: Option<CallbackEnding>,
    rings: Vec<Ring>,
}

/// A call in which the agent's telephone rang.
struct Ring {
    /// The place of its end in the log.
    seq: u64,
    at: Timestamp,
    answered_after_ms: Option<u64>,
}

impl<'a> Told<'a> {
    fn new(message: &Message, line: &'a ChannelId) -> Self {
        Self {
            seq: message.seq,
            line,
            requested_at: message.at,
            opens_at: message.at,
            until: None,
            connected_at: None,
            connected_try: None,
            counted: None,
            attempts: 0,
            ended: None,
            rings: Vec::new(),
        }
    }

    /// Number and time are those that were named last.
    fn wanted(&mut self, line: &'a ChannelId, from: Option<Timestamp>, until: Option<Timestamp>) {
        self.opens_at = from.map_or(self.requested_at, |from| from.max(self.requested_at));
        (self.line, self.until, self.ended) = (line, until, None);
    }

    fn ends(&mut self, ending: CallbackEnding) {
        self.ended = self.ended.or(Some(ending));
    }

    fn connects(&mut self, call: &'a CallId, at: Timestamp) {
        if self.counted == Some(call) {
            return;
        }
        self.attempts += 1;
        self.counted = Some(call);
        if self.connected_at.is_none() {
            (self.connected_at, self.connected_try) = (Some(at), Some(self.attempts));
        }
    }

    /// A call is over, so or so; `again` when it is tried once more.
    fn call_ends(&mut self, call: &'a CallId, outcome: CallOutcome, again: bool) {
        if outcome.reached_for_contact() && self.counted != Some(call) {
            self.attempts += 1;
        }
        if outcome == CallOutcome::Completed {
            self.ends(CallbackEnding::Connected);
        } else if outcome.reached_for_contact() && !again {
            self.ends(CallbackEnding::GivenUp);
        }
    }

    fn ending(&self) -> CallbackEnding {
        match self.connected_at {
            Some(_) => CallbackEnding::Connected,
            // What is wanted still is over with its conversation.
            None => self.ended.unwrap_or(CallbackEnding::Abandoned),
        }
    }

    fn over(&self) -> CallbackOver {
        let waited = |at: Timestamp| at.0.saturating_sub(self.opens_at.0).max(0);
        CallbackOver {
            ending: self.ending(),
            waited_ms: self.connected_at.map(waited),
            agent_rings: self.rings.iter().map(|ring| ring.answered_after_ms).collect(),
        }
    }
}

/// The callbacks of a log, in order; `line` is where it does not say whose line rings (older logs). What
/// comes after the end of a callback (a call that was under way) belongs to it.
fn told<'a>(log: impl Iterator<Item = &'a Message>, line: Option<&'a ChannelId>) -> Vec<Told<'a>> {
    let mut callbacks: Vec<Told<'a>> = Vec::new();
    for message in log {
        let Some(notice) = &message.content.notice else { continue };
        if let Notice::CallbackRequested { from, until, line: named, changed, .. } = notice {
            let Some(line) = named.as_ref().or(line) else { continue };
            let goes_on = callbacks.last().is_some_and(|last| *changed || last.ended.is_none());
            if !goes_on {
                callbacks.push(Told::new(message, line));
            }
            if let Some(last) = callbacks.last_mut() {
                last.wanted(line, *from, *until);
            }
        } else if let Some(last) = callbacks.last_mut() {
            follows(last, message, notice);
        }
    }
    callbacks
}

fn follows<'a>(last: &mut Told<'a>, message: &Message, notice: &'a Notice) {
    match notice {
        Notice::CallbackCancelled { by } if by == "contact" => last.ends(CallbackEnding::Abandoned),
        Notice::CallbackCancelled { .. } => last.ends(CallbackEnding::Withdrawn),
        Notice::Closed { .. } => last.ends(CallbackEnding::Abandoned),
        Notice::CallConnected { call } => last.connects(call, message.at),
        Notice::CallEnded {
            call,
            outcome,
            next_at,
            connected_at,
            agent_rung_at,
            agent_rang_ms,
            ..
        } => {
            // A line that told nothing but the end of two who spoke: they did at its end at the latest.
            let spoke = (*outcome == CallOutcome::Completed).then_some(message.at);
            if let Some(at) = connected_at.or(spoke) {
                last.connects(call, at);
            }
            last.call_ends(call, *outcome, next_at.is_some());
            let ring = |at: &Timestamp| Ring {
                seq: message.seq,
                at: *at,
                answered_after_ms: *agent_rang_ms,
            };
            last.rings.extend(agent_rung_at.as_ref().map(ring));
        }
        _ => {}
    }
}

/// Writes the rows of a conversation anew, as its whole log tells them; gives the callbacks that were not
/// known before. `otherwise` when the archive's log says something else now than it did.
pub(super) async fn store<'a>(
    tx: &mut Transaction,
    (tenant, id): (&TenantId, &ConversationId),
    line: Option<&'a ChannelId>,
    (log, otherwise): (impl Iterator<Item = &'a Message>, bool),
) -> Result<Vec<CallbackOver>> {
    let callbacks = told(log, line);
    if callbacks.is_empty() && !otherwise {
        return Ok(Vec::new());
    }
    let known = known(tx, tenant, id).await?;
    for delete in [
        "DELETE FROM agent_rings WHERE tenant = $1 AND conversation = $2",
        "DELETE FROM callbacks WHERE tenant = $1 AND conversation = $2",
    ] {
        tx.write(sql(delete).bind(tenant).bind(id)).await?;
    }
    for callback in &callbacks {
        insert(tx, (tenant, id), callback).await?;
    }
    let new = callbacks.iter().filter(|callback| !known.contains(&callback.seq));
    Ok(new.map(Told::over).collect())
}

async fn known(
    tx: &mut Transaction,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<BTreeSet<u64>> {
    let select = sql("SELECT seq FROM callbacks WHERE tenant = $1 AND conversation = $2");
    let rows = tx.all(select.bind(tenant).bind(id)).await?;
    rows.iter().map(|row| row.number("seq")).collect()
}

async fn insert(
    tx: &mut Transaction,
    (tenant, id): (&TenantId, &ConversationId),
    callback: &Told<'_>,
) -> Result<()> {
    let row =
        sql("INSERT INTO callbacks (tenant, conversation, seq, line, requested_at, opens_at, \
         until_at, connected_at, connected_try, attempts, ending) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    let row = row
        .bind(tenant)
        .bind(id)
        .bind(callback.seq)
        .bind(callback.line)
        .bind(callback.requested_at)
        .bind(callback.opens_at)
        .bind(callback.until)
        .bind(callback.connected_at)
        .bind(callback.connected_try.map(i64::from))
        .bind(callback.attempts)
        .bind(callback.ending().name());
    tx.write(row).await?;
    for ring in &callback.rings {
        let row = sql("INSERT INTO agent_rings \
             (tenant, conversation, seq, callback, rung_at, answered_after_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)");
        let answered = ring.answered_after_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let row = row.bind(tenant).bind(id).bind(ring.seq).bind(callback.seq);
        tx.write(row.bind(ring.at).bind(answered)).await?;
    }
    Ok(())
}
