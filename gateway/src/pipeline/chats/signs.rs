//! Signs that pass: an agent is typing, an agent has read. They go to the contact's network where it has
//! them, by whichever gateway learns of them; losing one does no harm, so nothing is kept of them, and
//! a network that is slow costs the others nothing.

use super::send::{Line, line};
use crate::app::App;
use crate::clock::mint;
use crate::tasks::{OnEnd, TaskResult};
use channels::im::ImSettings;
use channels::{Action, Command, Outcome};
use domain::{Conversation, ConversationId, State, TenantId};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use routing::RoutingError;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The most signs that wait; more are not shown.
const WAITING_MAX: usize = 256;
/// So many are under way at once.
const AT_ONCE: usize = 16;
/// How long a network may take for one.
const WITHIN: Duration = Duration::from_secs(5);
/// Typing is told to a network at most this often for one conversation: where it is shown, it is shown
/// for longer.
const TYPING_EVERY: Duration = Duration::from_secs(4);

/// A sign for the contact of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// An agent is typing.
    Typing(TenantId, ConversationId),
    /// An agent has read up to a place of the log.
    Read(TenantId, ConversationId, u64),
}

/// The signs that wait to be shown.
#[derive(Debug, Default)]
pub struct Signs {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    signs: VecDeque<Sign>,
    typed: HashMap<(TenantId, ConversationId), Instant>,
}

impl Signs {
    /// Gives a sign to be shown; what is too much is dropped.
    pub fn offer(&self, sign: Sign) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.takes(&sign, Instant::now()) {
            waiting.signs.push_back(sign);
            drop(waiting);
            self.came.notify_one();
        }
    }

    fn next(&self) -> Option<Sign> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).signs.pop_front()
    }
}

impl Waiting {
    fn takes(&mut self, sign: &Sign, now: Instant) -> bool {
        if self.signs.len() >= WAITING_MAX || self.signs.contains(sign) {
            return false;
        }
        let Sign::Typing(tenant, conversation) = sign else { return true };
        self.typed.retain(|_, at| now.duration_since(*at) < TYPING_EVERY);
        let place = (tenant.clone(), conversation.clone());
        if self.typed.len() >= WAITING_MAX || self.typed.contains_key(&place) {
            return false;
        }
        self.typed.insert(place, now);
        true
    }
}

pub(in crate::pipeline) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("signs", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(sign) = app.signs.next()
        {
            under_way.push(show(&app, sign));
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = app.signs.came.notified(), if under_way.len() < AT_ONCE => {}
            Some(()) = under_way.next() => {}
        }
    }
}

async fn show(app: &App, sign: Sign) {
    let shown = async {
        let Some((command, line)) = command(app, &sign).await? else { return Ok(()) };
        match line.adapter.deliver(&command).await {
            Outcome::Sent(_) => {}
            outcome => {
                tracing::debug!(channel.id = %line.way.channel, ?outcome, "a sign was not shown")
            }
        }
        Ok::<(), RoutingError>(())
    };
    match tokio::time::timeout(WITHIN, shown).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = %error, "a sign was not shown"),
        Err(_late) => tracing::debug!("a sign was not shown in time"),
    }
}

/// What the network is told, and by which line; `None` when there is nothing to tell.
async fn command(app: &App, sign: &Sign) -> Result<Option<(Command, Line)>, RoutingError> {
    let (Sign::Typing(tenant, id) | Sign::Read(tenant, id, _)) = sign;
    let Some((conversation, _)) = app.router.conversation(tenant, id).await? else {
        return Ok(None);
    };
    let view = app.settings.desk(tenant);
    let Some(line) = line(app, tenant, (&view, &conversation)).await? else { return Ok(None) };
    let settings = view.channel(&line.way.channel).and_then(|one| ImSettings::of(one).ok());
    let Some(settings) = settings else { return Ok(None) };
    let can = line.adapter.descriptor().capabilities;
    let action = match sign {
        Sign::Typing(..) if can.typing && settings.shows.typing && is_served(&conversation) => {
            Some(Action::Typing)
        }
        Sign::Read(_, _, seq) if can.receipts && settings.shows.read => {
            read(app, tenant, &line, *seq).await?
        }
        Sign::Typing(..) | Sign::Read(..) => None,
    };
    Ok(action.map(|action| {
        let command = Command {
            id: format!("sign_{}", mint::name()),
            recipient: line.way.recipient.clone(),
            external_conversation: line.way.room.clone(),
            answers: None,
            action,
        };
        (command, line)
    }))
}

fn is_served(conversation: &Conversation) -> bool {
    conversation.state == State::Active
}

/// The contact's last word was read, if it stands so early in the log.
async fn read(
    app: &App,
    tenant: &TenantId,
    line: &Line,
    upto: u64,
) -> Result<Option<Action>, RoutingError> {
    let word = &line.way.answers;
    let named = app.router.message_named(tenant, &line.way.channel, word).await?;
    let is_read = named.is_some_and(|(_, seq)| seq <= upto);
    Ok(is_read.then(|| Action::MarkRead { external_id: word.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(n: usize) -> Sign {
        Sign::Typing("main".parse().unwrap(), format!("conv_{n:04}").parse().unwrap())
    }

    #[test]
    fn typing_is_told_seldom_and_too_many_signs_are_dropped() {
        let mut waiting = Waiting::default();
        let now = Instant::now();
        assert!(waiting.takes(&typing(1), now));
        assert!(!waiting.takes(&typing(1), now + TYPING_EVERY / 2), "told a moment ago");
        assert!(waiting.takes(&typing(2), now + TYPING_EVERY / 2), "somebody else");
        assert!(waiting.takes(&typing(1), now + TYPING_EVERY));
        let taken = (10..10_000).filter(|n| waiting.takes(&typing(*n), now + TYPING_EVERY)).count();
        assert!(taken < WAITING_MAX);
    }

    #[test]
    fn signs_wait_in_their_order_and_each_once() {
        let signs = Signs::default();
        let read = |seq| Sign::Read("main".parse().unwrap(), "conv_1".parse().unwrap(), seq);
        for sign in [read(1), typing(1), read(1), read(2)] {
            signs.offer(sign);
        }
        let got: Vec<Sign> = std::iter::from_fn(|| signs.next()).collect();
        assert_eq!(got, [read(1), typing(1), read(2)]);
        for seq in 0..2_000 {
            signs.offer(read(seq));
        }
        assert_eq!(std::iter::from_fn(|| signs.next()).count(), WAITING_MAX);
    }
}
