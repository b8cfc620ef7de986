//! What a visitor's frames do.

use super::{Visitor, refused};
use crate::api::error::{ApiError, Code};
use crate::hub::Close;
use crate::hub::fact::frame;
use crate::middleware::limits::{Limit, WithoutRedis};
use crate::pipeline::inbound::{self, Standing};
use crate::pipeline::outbound::{attach, check_client_id, own_files};
use crate::socket::protocol::{VisitorFrame, WidgetFrame};
use crate::socket::session::Stop;
use channels::web_chat::VisitorWord;
use channels::{Accepted, Refusal, web_chat};
use domain::{ConversationId, Event, FileId, Locale};
use records::files::Uploader;
use records::ratings::Rating;
use routing::command::{Belongs, Closer, Reader};
use routing::ephemeral::{Typing, Watcher};
use routing::reply::Closed;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Typing is told at most this often.
const TYPING_EVERY: Duration = Duration::from_secs(1);
/// The longest preview of what is being typed, in characters.
const PREVIEW_CHARS_MAX: usize = 500;
/// Other acts (reading, rating, ending) for each message that a visitor may send.
const ACTS_FOR_EACH_WORD: u32 = 5;
/// How often a day a conversation may be rated otherwise.
const RATINGS_MAX: u32 = 10;
/// The longest comment of a rating, in characters.
const COMMENT_CHARS_MAX: usize = 1_000;

/// A `send` frame without its type.
struct Word {
    client_id: String,
    text: String,
    files: Vec<FileId>,
    topic: Option<String>,
    request_type: Option<String>,
    page_url: Option<String>,
}

impl Visitor {
    pub(super) async fn carry_out(
        &mut self,
        text: &str,
        out: &mut Vec<Utf8Bytes>,
    ) -> Result<(), Stop> {
        let Ok(said) = serde_json::from_str::<VisitorFrame>(text) else {
            let error = ApiError::new(Code::BadRequest, "the frame cannot be read");
            out.push(frame(&refused(None, error)));
            return Err(Stop::BadFrame);
        };
        self.carry_out_frame(said, out).await
    }

    pub(super) async fn carry_out_frame(
        &mut self,
        said: VisitorFrame,
        out: &mut Vec<Utf8Bytes>,
    ) -> Result<(), Stop> {
        let (client_id, answer) = match said {
            VisitorFrame::Hello { .. } => return Err(Stop::Close(Close::BadFrame)),
            VisitorFrame::Attend { foreground } => {
                (None, self.set_foreground(foreground).await.map(|()| None))
            }
            VisitorFrame::Ping => {
                out.push(frame(&WidgetFrame::Pong));
                return Ok(());
            }
            VisitorFrame::Send { client_id, text, files, topic, request_type, page_url } => {
                let word = Word {
                    client_id: client_id.clone(),
                    text,
                    files,
                    topic,
                    request_type,
                    page_url,
                };
                (Some(client_id), self.send(word).await.map(Some))
            }
            VisitorFrame::End { client_id } => {
                let ended = self.end(&client_id).await;
                (Some(client_id), ended.map(Some))
            }
            VisitorFrame::Rate { client_id, conversation, grade, comment } => {
                let rated = self.rate(&client_id, conversation, grade, comment, out).await;
                (Some(client_id), rated.map(Some))
            }
            VisitorFrame::Read { seq } => (None, self.read(seq).await.map(|()| None)),
            VisitorFrame::Received { seq } => (None, self.received(seq).await.map(|()| None)),
            VisitorFrame::Typing { preview } => {
                self.type_on(preview, out).await;
                (None, Ok(None))
            }
        };
        match answer {
            Ok(ack) => out.extend(ack.as_ref().map(frame)),
            Err(error) => out.push(frame(&refused(client_id, error))),
        }
        if self.stale {
            self.refresh(out).await;
        }
        Ok(())
    }

    async fn send(&mut self, word: Word) -> Result<WidgetFrame, ApiError> {
        check_client_id(&word.client_id)?;
        let limits = &self.app.config.limits;
        let limit = Limit::per_second(limits.messages_per_second, limits.messages_burst);
        let who = format!("say:{}:{}", self.identity.tenant, self.identity.contact);
        self.app.take_here(&who, limit)?;
        self.must_be_up()?;
        let standing = self.chat.as_ref().map_or(Standing::None, |chat| chat.standing());
        if !matches!(standing, Standing::Known { over: false, .. }) {
            self.may_open().await?;
        }
        let uploader = Uploader::Contact(self.identity.contact.clone());
        let own = self.chat.as_ref().map(|chat| chat.id().clone());
        let tenant = self.identity.tenant.clone();
        let files = own_files(&self.app, &tenant, &word.files, &uploader, own.as_ref()).await?;
        let visitor = web_chat::Visitor {
            contact: self.identity.contact.clone(),
            verified: self.identity.verified,
            name: String::new(),
            locale: Locale::default(),
        };
        let said = VisitorWord {
            client_id: word.client_id.clone(),
            text: word.text,
            files,
            topic: word.topic,
            request_type: word.request_type,
            page_url: word.page_url,
        };
        let mut arriving = self.door.word(&visitor, said, self.app.clock.now());
        // The contact's own language and name are in the archive.
        arriving.sender.locale = None;
        match inbound::accept(&self.app, &tenant, arriving, standing, Belongs::ToContact).await? {
            Accepted::Message { conversation, seq, message, .. } => {
                self.opening_allowed = false;
                attach(&self.app, &tenant, &word.files, &conversation).await?;
                self.follow(&conversation);
                Ok(WidgetFrame::Ack {
                    client_id: word.client_id,
                    conversation: Some(conversation),
                    seq: Some(seq),
                    message: Some(message),
                })
            }
            Accepted::Refused(refusal) => Err(refusal_error(&refusal)),
            Accepted::Noted => Err(ApiError::new(Code::Invalid, "nothing was said")),
        }
    }

    /// The limit on new conversations. What was allowed once stays allowed until a conversation is
    /// there: whoever says the same word again after an outage is not counted twice.
    async fn may_open(&mut self) -> Result<(), ApiError> {
        if !self.opening_allowed {
            let limit = Limit::per_minute(self.app.config.limits.conversations_per_minute);
            let (tenant, what) = (&self.identity.tenant, format!("open:{}", self.address));
            self.app.take(tenant, &what, limit, WithoutRedis::CountHere).await?;
            self.opening_allowed = true;
        }
        Ok(())
    }

    /// The limit on everything else that a visitor's frames ask of the stores.
    pub(super) fn may_act(&self) -> Result<(), ApiError> {
        let limits = &self.app.config.limits;
        let limit = Limit::per_second(
            limits.messages_per_second.saturating_mul(ACTS_FOR_EACH_WORD),
            limits.messages_burst.saturating_mul(ACTS_FOR_EACH_WORD),
        );
        let who = format!("act:{}:{}", self.identity.tenant, self.identity.contact);
        self.app.take_here(&who, limit)
    }

    async fn end(&mut self, client_id: &str) -> Result<WidgetFrame, ApiError> {
        check_client_id(client_id)?;
        self.may_act()?;
        let chat = self.chat.as_ref().ok_or_else(|| ApiError::unknown("conversation"))?;
        let (tenant, id) = (&self.identity.tenant, chat.id().clone());
        self.must_be_up()?;
        let closer = Closer::Contact(&self.identity.contact);
        match self.app.router.close(tenant, &id, &closer, None).await? {
            Closed::WrapUp | Closed::Closed | Closed::Already => {
                self.stale = true;
                Ok(ack(client_id, Some(id)))
            }
            Closed::NotAssigned | Closed::Unknown => Err(ApiError::unknown("conversation")),
        }
    }

    async fn rate(
        &mut self,
        client_id: &str,
        conversation: ConversationId,
        grade: u8,
        comment: String,
        out: &mut Vec<Utf8Bytes>,
    ) -> Result<WidgetFrame, ApiError> {
        check_client_id(client_id)?;
        self.may_act()?;
        if !(1..=5).contains(&grade) {
            return Err(ApiError::field("grade", "must be 1 to 5"));
        }
        if comment.chars().count() > COMMENT_CHARS_MAX {
            return Err(ApiError::field(
                "comment",
                format!("has more than {COMMENT_CHARS_MAX} characters"),
            ));
        }
        self.must_be_up()?;
        self.may_rate(&conversation).await?;
        let tenant = &self.identity.tenant;
        let at = self.app.clock.now();
        let before = self.app.records.ratings().get(tenant, &conversation).await?;
        if before.is_some_and(|before| before.grade == grade && before.comment == comment) {
            return Ok(ack(client_id, Some(conversation)));
        }
        let what = format!("rate:{conversation}");
        let limit = Limit::per_day(RATINGS_MAX);
        self.app.take(tenant, &what, limit, WithoutRedis::CountHere).await?;
        let rating = Rating { conversation: conversation.clone(), grade, comment, at };
        self.app.records.ratings().put(tenant, &rating).await?;
        let event = Event::ConversationRated { conversation: conversation.clone(), grade };
        self.app.router.announce(tenant, &event).await?;
        if let Some(chat) = self.chat.as_mut().filter(|chat| *chat.id() == conversation) {
            let state = Box::new(chat.graded(grade));
            out.push(frame(&WidgetFrame::State { conversation: state }));
        }
        Ok(ack(client_id, Some(conversation)))
    }

    /// Only the contact's own conversation, and only after its end.
    async fn may_rate(&self, conversation: &ConversationId) -> Result<(), ApiError> {
        if let Some(chat) = self.chat.as_ref().filter(|chat| chat.id() == conversation) {
            let not_over = || ApiError::new(Code::WrongState, "the conversation is not over yet");
            return if chat.is_over() { Ok(()) } else { Err(not_over()) };
        }
        let archived =
            self.app.records.history().conversation(&self.identity.tenant, conversation).await?;
        let own = archived.filter(|archived| {
            archived.contact == self.identity.contact && archived.channel == self.identity.channel
        });
        own.map(drop).ok_or_else(|| ApiError::unknown("conversation"))
    }

    async fn read(&mut self, seq: u64) -> Result<(), ApiError> {
        let Some(chat) = &self.chat else { return Ok(()) };
        if self.may_act().is_err() {
            // A later one tells all that this one would.
            return Ok(());
        }
        self.must_be_up()?;
        let reader = Reader::Contact(&self.identity.contact);
        self.app.router.mark_read(&self.identity.tenant, chat.id(), &reader, seq).await?;
        Ok(())
    }

    async fn received(&mut self, seq: u64) -> Result<(), ApiError> {
        let Some(chat) = &self.chat else { return Ok(()) };
        if self.may_act().is_err() {
            // A later one tells all that this one would.
            return Ok(());
        }
        self.must_be_up()?;
        let (tenant, contact) = (&self.identity.tenant, &self.identity.contact);
        self.app.router.mark_received(tenant, chat.id(), contact, seq).await?;
        Ok(())
    }

    /// Shows the agent that the contact is typing; lost without harm.
    async fn type_on(&mut self, preview: Option<String>, out: &mut Vec<Utf8Bytes>) {
        if self.chat.is_none() || self.typed_at.is_some_and(|at| at.elapsed() < TYPING_EVERY) {
            return;
        }
        self.typed_at = Some(Instant::now());
        if self.chat.as_ref().is_some_and(|chat| chat.serving().is_none()) {
            // An agent may have come a moment ago.
            self.refresh(out).await;
        }
        let Some(chat) = &self.chat else { return };
        let Some(agent) = chat.serving() else { return };
        let shown = self.door.config().widget.typing_preview;
        let preview =
            preview.filter(|_| shown).map(|text| text.chars().take(PREVIEW_CHARS_MAX).collect());
        let typing =
            Typing { conversation: chat.id().clone(), to: Watcher::Agent(agent.clone()), preview };
        if let Err(error) = self.app.router.signal_typing(&self.identity.tenant, &typing).await {
            tracing::debug!(error = %error, "typing was not shown");
        }
    }

    fn must_be_up(&self) -> Result<(), ApiError> {
        let away =
            || ApiError::unavailable("the queue cannot be reached; send the same frame again");
        if self.app.accepts_work() { Ok(()) } else { Err(away()) }
    }
}

fn ack(client_id: &str, conversation: Option<ConversationId>) -> WidgetFrame {
    WidgetFrame::Ack { client_id: client_id.to_owned(), conversation, seq: None, message: None }
}

fn refusal_error(refusal: &Refusal) -> ApiError {
    match refusal {
        Refusal::ChannelClosed => ApiError::new(Code::Forbidden, refusal.detail()),
        Refusal::TooLarge => ApiError::new(Code::TooLarge, refusal.detail()),
        Refusal::UnknownTopic => ApiError::field("topic", refusal.detail()),
        Refusal::UnknownRequestType => ApiError::field("request_type", refusal.detail()),
        Refusal::Empty => ApiError::field("text", refusal.detail()),
        Refusal::Unsupported => ApiError::new(Code::Invalid, refusal.detail()),
    }
}
