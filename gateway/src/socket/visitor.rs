//! The visitor's socket: one contact on one web chat channel.
//!
//! The token names tenant, channel and contact; nothing in a frame can reach beyond the contact's own
//! conversation on that channel, because the conversation is looked up, never taken from the client.

mod attending;
mod by_http;
mod chat;
mod frames;

pub(crate) use by_http::{PollWish, poll, say};

use super::protocol::{HELLO_WITHIN_MS, VisitorFrame, VisitorResume, WidgetFrame};
use super::session::{self, Heard, Party, Refused, Socket, Stop};
use super::upgrade::Client;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::hub::fact::{self, frame};
use crate::hub::{Close, DeskHub, Fact, Item, Outbox, VisitorSeat};
use attending::{Attending, Stays};
use channels::web_chat::WebChat;
use chat::Chat;
use domain::{ConversationId, DeviceId, Event, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A visitor on the line.
struct Visitor {
    app: Arc<App>,
    desk: Arc<DeskHub>,
    seat: VisitorSeat,
    identity: VisitorIdentity,
    /// The web chat door of the channel.
    door: Arc<WebChat>,
    /// For limits on opening conversations.
    address: String,
    /// The limit on new conversations let this visitor open one, and none is there yet.
    opening_allowed: bool,
    /// The conversation that the visitor is shown.
    chat: Option<Box<Chat>>,
    /// The state changed, or could not be read: read it anew.
    stale: bool,
    attending: Attending,
    typed_at: Option<Instant>,
}

/// Serves a visitor.
pub(super) async fn serve(app: &Arc<App>, client: &Client, socket: &mut Socket) -> Option<Close> {
    let hello = match hello(app, socket).await {
        Ok(hello) => hello,
        Err(close) => return close,
    };
    let (identity, door) = match admit(app, client, &hello.token) {
        Ok(admitted) => admitted,
        Err(error) => return refuse(socket, error, Close::Unauthenticated).await,
    };
    let outbox: Arc<Outbox> = Arc::default();
    let address = crate::middleware::client::limit_key(client.address);
    let stays = Stays::OnSocket(app.config.presence.ping_ms);
    let attending = Attending::new(hello.device, &stays);
    // First the seat, then the backlog: what comes meanwhile waits in the outbox.
    let mut visitor = Visitor::seated(app, (identity, door), address, (&outbox, attending));
    // Asked with the seat taken: whoever closes the seats either sees this one or was seen here.
    if app.is_closing() {
        return Some(Close::GoingAway(1_000));
    }
    visitor.device_seen().await;
    let resume = hello.resume;
    let welcome = visitor.welcome(resume).boxed().await;
    match welcome {
        // Whoever did not have the welcome would wait for it for ever.
        Ok(welcome) => {
            if !socket.write(welcome, &outbox).await {
                return None;
            }
        }
        Err(error) => return refuse(socket, error, Close::TryLater(1_000)).await,
    }
    let close = session::run(app, socket, &outbox, visitor.as_mut()).await;
    visitor.leave().await;
    close
}

/// What `hello` says.
struct Hello {
    token: String,
    resume: Option<VisitorResume>,
    device: Option<DeviceId>,
}

/// The first frame, which must be `hello` and come in time.
async fn hello(app: &App, socket: &mut Socket) -> Result<Hello, Option<Close>> {
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
        Ok(VisitorFrame::Hello { token, resume, device }) => Ok(Hello { token, resume, device }),
        Ok(_) => Err(Some(Close::Unauthenticated)),
        Err(_unreadable) => Err(Some(Close::BadFrame)),
    }
}

fn admit(
    app: &App,
    client: &Client,
    token: &str,
) -> Result<(VisitorIdentity, Arc<WebChat>), ApiError> {
    let identity = app.auth.visitor(token)?;
    let door = door_of(app, &identity)?;
    if let Some(origin) = &client.foreign_origin
        && !door.config().allows_origin(origin, &app.config.public_origin())
    {
        return Err(ApiError::new(
            Code::Forbidden,
            "pages of this origin may not open this channel",
        ));
    }
    Ok((identity, door))
}

/// The chat door of a visitor's channel.
fn door_of(app: &App, identity: &VisitorIdentity) -> Result<Arc<WebChat>, ApiError> {
    let view = app.settings.desk(&identity.tenant);
    let channel = view.channel(&identity.channel).ok_or_else(|| ApiError::unknown("channel"))?;
    let door = app.hub.desk(&identity.tenant).door(&view, channel);
    let wrong = || ApiError::new(Code::NotConfigured, "the channel's settings are not right");
    door.ok_or_else(wrong)
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

fn refused(client_id: Option<String>, error: ApiError) -> WidgetFrame {
    let Refused { code, detail, retry_after_ms } = error.into();
    WidgetFrame::Refused { client_id, code, detail, retry_after_ms }
}

impl Party for Visitor {
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
        self.show(items, out).boxed()
    }

    fn on_tick(&mut self) -> BoxFuture<'_, ()> {
        self.attend().boxed()
    }

    fn expires_at(&self) -> Timestamp {
        self.identity.exp
    }
}

impl Visitor {
    /// A visitor with a seat: what comes from now on waits in the outbox. With more than are allowed, the
    /// oldest are closed.
    fn seated(
        app: &Arc<App>,
        who: (VisitorIdentity, Arc<WebChat>),
        address: String,
        at: (&Arc<Outbox>, Attending),
    ) -> Box<Self> {
        Self::seated_among(app.config.limits.sockets_per_visitor, app, who, address, at)
    }

    fn seated_among(
        most: usize,
        app: &Arc<App>,
        (identity, door): (VisitorIdentity, Arc<WebChat>),
        address: String,
        (outbox, attending): (&Arc<Outbox>, Attending),
    ) -> Box<Self> {
        let desk = app.hub.desk(&identity.tenant);
        let seat = desk.seat_visitor(&identity.contact, most, outbox);
        Box::new(Self {
            app: Arc::clone(app),
            desk,
            seat,
            identity,
            door,
            address,
            opening_allowed: false,
            chat: None,
            stale: false,
            attending,
            typed_at: None,
        })
    }

    async fn show(&mut self, items: Vec<Item>, out: &mut Vec<Utf8Bytes>) -> Result<(), Stop> {
        for item in items {
            match item {
                Item::Frame(frame) => out.push(frame),
                Item::Fact(fact) => self.show_fact(&fact, out),
                Item::Position(position) => {
                    if let Some(state) = self.chat.as_mut().and_then(|chat| chat.moved_to(position))
                    {
                        out.push(frame(&WidgetFrame::State { conversation: Box::new(state) }));
                    }
                }
                Item::Renew => {
                    self.chat = None;
                    match self.welcome(None).await {
                        Ok(welcome) => out.extend(welcome),
                        // The client comes back and asks anew.
                        Err(_error) => return Err(Stop::Close(Close::TryLater(1_000))),
                    }
                }
            }
        }
        if self.stale {
            self.refresh(out).await;
        }
        Ok(())
    }

    fn show_fact(&mut self, fact: &Fact, out: &mut Vec<Utf8Bytes>) {
        if let Some((channel, conversation)) = fact::opened_on(&fact.event)
            && *channel == self.identity.channel
        {
            self.follow(conversation);
        }
        let Some(chat) =
            self.chat.as_mut().filter(|chat| fact.event.conversation() == Some(chat.id()))
        else {
            return;
        };
        if fact::changes_state(&fact.event) {
            self.stale = true;
        }
        if let Event::MessageAppended { message, .. } = &fact.event
            && !chat.sees_first(message.seq)
        {
            return;
        }
        if let Event::ReadMarked { by, seq, .. } = &fact.event {
            chat.read_up_to(by, *seq);
        }
        out.extend(fact.widget_frame());
    }

    /// From now on this conversation is shown.
    fn follow(&mut self, conversation: &ConversationId) {
        if self.chat.as_ref().is_none_or(|chat| chat.id() != conversation) {
            self.chat = Some(Box::new(Chat::opened(conversation.clone(), self.app.clock.now())));
            self.stale = true;
        }
    }
}
