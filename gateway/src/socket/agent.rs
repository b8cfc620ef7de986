//! The agent's socket: events of what the agent holds or is offered, and for supervisors of the
//! whole desk.

mod frames;

use super::protocol::{AgentFrame, AgentResume, DeskFrame, HELLO_WITHIN_MS};
use super::session::{self, Heard, Party, Refused, Socket, Stop};
use super::upgrade::Client;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::AgentIdentity;
use crate::hub::fact::frame;
use crate::hub::{AgentSeat, Batch, Close, DeskHub, Fact, Item, Outbox, Resumed, facts_for};
use domain::{ChannelKind, ContactId, ConversationId, Event, Presence, Role, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use routing::events::{Read, is_before};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// So many commits are replayed from Redis; whoever missed more loads the desk anew.
const REPLAYED_MAX: usize = 2_000;
/// So many bytes are replayed; whoever missed more loads the desk anew.
const REPLAYED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// So many events are written at once: between two parts a revocation or the gateway's end is seen.
const REPLAYED_AT_ONCE: usize = 64;
/// How long all of a replay may take. Whoever is slower resumes at what did arrive.
const REPLAY_WITHIN: Duration = Duration::from_secs(60);

/// An agent on the line.
struct Agent {
    app: Arc<App>,
    desk: Arc<DeskHub>,
    _seat: AgentSeat,
    identity: AgentIdentity,
    /// Whose conversations the agent holds, and by which sort of door, as far as typing was shown.
    contacts: HashMap<ConversationId, (ContactId, ChannelKind)>,
    typed_at: Option<Instant>,
}

/// Serves an agent.
pub(super) async fn serve(app: &Arc<App>, _client: &Client, socket: &mut Socket) -> Option<Close> {
    let (token, resume) = match hello(app, socket).await {
        Ok(hello) => hello,
        Err(close) => return close,
    };
    let identity = match admit(app, &token) {
        Ok(identity) => identity,
        Err(error) => return refuse(socket, error, Close::Unauthenticated).await,
    };
    let outbox: Arc<Outbox> = Arc::default();
    let desk = app.hub.desk(&identity.tenant);
    // First the seat, then the backlog: what comes meanwhile waits in the outbox.
    let most = app.config.limits.sockets_per_agent;
    let (seat, cursor) = desk.seat_agent(&identity, most, &outbox);
    if app.is_closing() {
        return Some(Close::GoingAway(1_000));
    }
    let contacts = HashMap::new();
    let mut agent = Box::new(Agent {
        app: Arc::clone(app),
        desk,
        _seat: seat,
        identity,
        contacts,
        typed_at: None,
    });
    match agent.welcome(resume, &cursor).boxed().await {
        Ok((welcome, missed)) => {
            let replay = replay(socket, &outbox, &welcome, &missed);
            match tokio::time::timeout(REPLAY_WITHIN, replay).await {
                Ok(true) => {}
                // An event that was passed over would be lost: the client comes back and resumes.
                Ok(false) => return None,
                Err(_elapsed) => return Some(Close::TooSlow),
            }
        }
        Err(error) => return refuse(socket, error, Close::TryLater(1_000)).await,
    }
    session::run(app, socket, &outbox, agent.as_mut()).await
}

/// Writes the welcome and what was missed. False when the socket is over; true also when it is to
/// close, which is looked at next.
async fn replay(
    socket: &mut Socket,
    outbox: &Outbox,
    welcome: &DeskFrame,
    missed: &[Arc<Fact>],
) -> bool {
    if !socket.write(vec![frame(welcome)], outbox).await {
        return false;
    }
    for part in missed.chunks(REPLAYED_AT_ONCE) {
        if outbox.is_closing() {
            return true;
        }
        let frames = part.iter().map(|fact| fact.desk_frame()).collect();
        if !socket.write(frames, outbox).await {
            return false;
        }
    }
    true
}

/// The first frame, which must be `hello` and come in time.
async fn hello(
    app: &App,
    socket: &mut Socket,
) -> Result<(String, Option<AgentResume>), Option<Close>> {
    let first = tokio::time::timeout(Duration::from_millis(HELLO_WITHIN_MS), async {
        loop {
            match socket.hear().await {
                Heard::Text(text) => return Ok(text),
                Heard::Alive => {}
                Heard::Over(close) => return Err(close),
            }
        }
    });
    let first = app.tasks.stopping().run_until_cancelled_owned(first).await;
    let first = first.ok_or(Some(Close::GoingAway(1_000)))?;
    let text = first.map_err(|_elapsed| Some(Close::Unauthenticated))??;
    match serde_json::from_str(&text) {
        Ok(AgentFrame::Hello { token, resume }) => Ok((token, resume)),
        Ok(_) => Err(Some(Close::Unauthenticated)),
        Err(_unreadable) => Err(Some(Close::BadFrame)),
    }
}

fn admit(app: &App, token: &str) -> Result<AgentIdentity, ApiError> {
    let identity = app.auth.agent(token)?;
    if identity.must_change_password {
        return Err(ApiError::new(
            Code::PasswordChangeRequired,
            "change the one-time password first",
        ));
    }
    Ok(identity)
}

/// Is this a place in a stream? What a client brings may be anything.
fn is_cursor(text: &str) -> bool {
    let number = |part: &str| part.parse::<u64>().is_ok();
    text.split_once('-').is_some_and(|(ms, n)| number(ms) && number(n))
}

fn is_supervisor(identity: &AgentIdentity) -> bool {
    identity.role >= Role::Supervisor
}

async fn refuse(socket: &mut Socket, error: ApiError, close: Close) -> Option<Close> {
    let close = if error.code() == Code::Unavailable {
        Close::TryLater(error.retry_after_ms().unwrap_or(1_000))
    } else {
        close
    };
    socket.say(&refused(None, error)).await;
    Some(close)
}

fn refused(client_id: Option<String>, error: ApiError) -> DeskFrame {
    let Refused { code, detail, retry_after_ms } = error.into();
    DeskFrame::Refused { client_id, code, detail, retry_after_ms }
}

impl Party for Agent {
    fn on_text<'a>(
        &'a mut self,
        text: &'a str,
        out: &'a mut Vec<Utf8Bytes>,
    ) -> BoxFuture<'a, Result<(), Stop>> {
        self.carry_out(text, out).boxed()
    }

    fn on_items<'a>(
        &'a mut self,
        items: Vec<Item>,
        out: &'a mut Vec<Utf8Bytes>,
    ) -> BoxFuture<'a, Result<(), Stop>> {
        self.show(items, out);
        std::future::ready(Ok(())).boxed()
    }

    fn expires_at(&self) -> Timestamp {
        self.identity.exp
    }
}

impl Agent {
    /// The answer to `hello`, and the facts that the client missed.
    async fn welcome(
        &mut self,
        resume: Option<AgentResume>,
        seat_cursor: &str,
    ) -> Result<(DeskFrame, Vec<Arc<Fact>>), ApiError> {
        let position = self.desk.first_position().await;
        let (epoch, _) =
            position.ok_or_else(|| ApiError::unavailable("the queue cannot be reached yet"))?;
        let (tenant, agent) = (&self.identity.tenant, &self.identity.agent);
        let now = self.app.router.now().await?;
        // Whoever came back in the last moment of the lease is on the line from now on.
        let lease_ms = i64::try_from(self.app.config.presence.lease_ms).unwrap_or(i64::MAX);
        self.app.router.heartbeat(tenant, std::slice::from_ref(agent), lease_ms).await?;
        let state = self.app.router.agent_state(tenant, agent).await?;
        let presence = state.map_or(Presence::Offline, |state| state.presence);
        let ours = |resume: &AgentResume| *resume.epoch == *epoch && is_cursor(&resume.cursor);
        let resume = resume.filter(ours);
        let missed = match &resume {
            Some(resume) => self.missed(&resume.cursor, seat_cursor).await?,
            None => None,
        };
        // Who resumes stays at the old place until the missed events have moved it.
        let cursor = match (&resume, &missed) {
            (Some(resume), Some(_)) => resume.cursor.clone(),
            _ => seat_cursor.to_owned(),
        };
        let welcome = DeskFrame::Welcome {
            epoch: epoch.to_string(),
            cursor,
            resumed: missed.is_some(),
            agent: agent.clone(),
            presence,
            now,
        };
        Ok((welcome, missed.unwrap_or_default()))
    }

    /// The facts for this agent after `from` up to the seat's cursor; `None` when they are too many
    /// or no longer known.
    async fn missed(&self, from: &str, to: &str) -> Result<Option<Vec<Arc<Fact>>>, ApiError> {
        let supervisor = is_supervisor(&self.identity);
        let agent = &self.identity.agent;
        match self.desk.missed(agent, supervisor, from, to) {
            Resumed::Missed(facts) => return Ok(Some(facts)),
            Resumed::Older => {}
        }
        let read = self.app.router.commits_after(&self.identity.tenant, from, REPLAYED_MAX).await?;
        let Read::Commits(commits) = read else { return Ok(None) };
        if commits.len() == REPLAYED_MAX {
            return Ok(None);
        }
        let mut facts = Vec::new();
        let mut before: Arc<str> = from.into();
        for commit in commits.into_iter().filter(|commit| !is_before(to, &commit.cursor)) {
            let batch = Batch::new(commit, &before);
            before = Arc::clone(&batch.cursor);
            facts.extend(facts_for(&batch, agent, supervisor));
        }
        let bytes: usize = facts.iter().map(|fact| fact.bytes()).sum();
        Ok((bytes <= REPLAYED_BYTES_MAX).then_some(facts))
    }

    fn show(&mut self, items: Vec<Item>, out: &mut Vec<Utf8Bytes>) {
        for item in items {
            match item {
                Item::Frame(frame) => out.push(frame),
                Item::Fact(fact) => {
                    self.note(&fact.event);
                    out.push(fact.desk_frame());
                }
                Item::Renew => {
                    if let Some((epoch, cursor)) = self.desk.position() {
                        let (epoch, cursor) = (epoch.to_string(), cursor.to_string());
                        out.push(frame(&DeskFrame::Reset { epoch, cursor }));
                    }
                }
                Item::Position(_) => {}
            }
        }
    }

    /// A conversation that the agent no longer holds is forgotten.
    fn note(&mut self, event: &Event) {
        if let Event::ConversationReleased { conversation, .. }
        | Event::ConversationClosed { conversation, .. } = event
        {
            self.contacts.remove(conversation);
        }
    }
}
