//! What an agent's frames do.

use super::{Agent, refused};
use crate::api::error::{ApiError, Code};
use crate::hub::Close;
use crate::hub::fact::frame;
use crate::middleware::limits::Limit;
use crate::pipeline::chats::signs::Sign;
use crate::pipeline::letters::reply::Addressees;
use crate::pipeline::outbound::{AgentWord, check_client_id, say};
use crate::socket::protocol::{AgentFrame, DeskFrame};
use crate::socket::session::Stop;
use domain::{ChannelKind, ConversationId, FileId, OfferToken, Presence};
use routing::command::Reader;
use routing::ephemeral::{Typing, Watcher};
use routing::reply::{Accepted, Declined, PresenceSet};
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Typing is told at most this often.
const TYPING_EVERY: Duration = Duration::from_secs(1);
/// The longest reason for declining, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What a frame comes to: an ack, or nothing to say.
type Answer = Result<Option<DeskFrame>, ApiError>;

/// What a frame says.
struct Said<'a> {
    text: &'a str,
    files: &'a [FileId],
    note: bool,
    mail: Option<&'a Addressees>,
}

impl Agent {
    pub(super) async fn carry_out(
        &mut self,
        text: &str,
        out: &mut Vec<Utf8Bytes>,
    ) -> Result<(), Stop> {
        let Ok(said) = serde_json::from_str::<AgentFrame>(text) else {
            let error = ApiError::new(Code::BadRequest, "the frame cannot be read");
            out.push(frame(&refused(None, error)));
            return Err(Stop::BadFrame);
        };
        if matches!(said, AgentFrame::Ping) {
            out.push(frame(&DeskFrame::Pong));
            return Ok(());
        }
        let client_id = client_id_of(&said);
        let answer = match said {
            AgentFrame::Hello { .. } => return Err(Stop::Close(Close::BadFrame)),
            AgentFrame::Renew { token } => return self.renew(&token),
            AgentFrame::Ping => Ok(None),
            AgentFrame::Typing { conversation } => {
                self.type_on(conversation).await;
                Ok(None)
            }
            other => match self.may_act() {
                Ok(()) => self.act(other).await,
                Err(error) => Err(error),
            },
        };
        match answer {
            Ok(ack) => out.extend(ack.as_ref().map(frame)),
            Err(error) => out.push(frame(&refused(client_id, error))),
        }
        Ok(())
    }

    async fn act(&mut self, said: AgentFrame) -> Answer {
        match said {
            AgentFrame::Presence { presence } => self.set_presence(presence).await,
            AgentFrame::Accept { client_id, conversation, token } => {
                self.accept(client_id, &conversation, &token).await
            }
            AgentFrame::Decline { client_id, conversation, token, reason } => {
                self.decline(client_id, &conversation, &token, &reason).await
            }
            AgentFrame::Send { client_id, conversation, text, files, mail } => {
                let mail = mail.as_ref();
                let word = Said { text: &text, files: &files, note: false, mail };
                self.say(client_id, &conversation, word).await
            }
            AgentFrame::Note { client_id, conversation, text } => {
                let word = Said { text: &text, files: &[], note: true, mail: None };
                self.say(client_id, &conversation, word).await
            }
            AgentFrame::Read { conversation, seq } => self.read(&conversation, seq).await,
            AgentFrame::Hello { .. }
            | AgentFrame::Renew { .. }
            | AgentFrame::Typing { .. }
            | AgentFrame::Ping => Ok(None),
        }
    }

    /// Is Redis there, and is the agent within the limit of requests?
    fn may_act(&self) -> Result<(), ApiError> {
        if !self.app.accepts_work() {
            return Err(ApiError::unavailable(
                "the queue cannot be reached; send the same frame again",
            ));
        }
        let per_second = self.app.config.limits.requests_per_second;
        let limit = Limit::per_second(per_second, per_second.saturating_mul(10));
        self.app
            .take_here(&format!("frames:{}:{}", self.identity.tenant, self.identity.agent), limit)
    }

    /// A fresh token of the same agent with the same role; anything else ends the socket.
    fn renew(&mut self, token: &str) -> Result<(), Stop> {
        match super::admit(&self.app, token) {
            Ok(fresh)
                if fresh.tenant == self.identity.tenant
                    && fresh.agent == self.identity.agent
                    && fresh.role == self.identity.role =>
            {
                self.identity = fresh;
                Ok(())
            }
            Ok(_) | Err(_) => Err(Stop::Close(Close::Unauthenticated)),
        }
    }

    async fn set_presence(&self, presence: Presence) -> Answer {
        if !matches!(presence, Presence::Ready | Presence::Away) {
            return Err(ApiError::field("presence", "must be `ready` or `away`"));
        }
        let lease_ms = i64::try_from(self.app.config.presence.lease_ms).unwrap_or(i64::MAX);
        let (tenant, agent) = (&self.identity.tenant, &self.identity.agent);
        match self.app.router.set_presence(tenant, agent, presence, "agent", lease_ms).await? {
            PresenceSet::Set | PresenceSet::Unchanged => Ok(None),
            PresenceSet::Unknown => Err(ApiError::unknown("agent")),
        }
    }

    async fn accept(
        &self,
        client_id: String,
        conversation: &ConversationId,
        token: &OfferToken,
    ) -> Answer {
        check_client_id(&client_id)?;
        let (tenant, agent) = (&self.identity.tenant, &self.identity.agent);
        match self.app.router.accept_offer(tenant, conversation, agent, token).await? {
            Accepted::Assigned => Ok(Some(ack(client_id))),
            Accepted::Stale => Err(stale()),
        }
    }

    async fn decline(
        &self,
        client_id: String,
        conversation: &ConversationId,
        token: &OfferToken,
        reason: &str,
    ) -> Answer {
        check_client_id(&client_id)?;
        if reason.chars().count() > REASON_CHARS_MAX {
            return Err(ApiError::field(
                "reason",
                format!("has more than {REASON_CHARS_MAX} characters"),
            ));
        }
        let (tenant, agent) = (&self.identity.tenant, &self.identity.agent);
        match self.app.router.decline_offer(tenant, conversation, agent, token, reason).await? {
            Declined::Requeued => Ok(Some(ack(client_id))),
            Declined::Stale => Err(stale()),
        }
    }

    async fn say(
        &self,
        client_id: String,
        conversation: &ConversationId,
        said: Said<'_>,
    ) -> Answer {
        let word = AgentWord {
            tenant: &self.identity.tenant,
            agent: &self.identity.agent,
            role: self.identity.role,
            conversation,
            client_id: &client_id,
            text: said.text,
            files: said.files,
            note: said.note,
            mail: said.mail,
        };
        let (seq, message) = say(&self.app, &word).await?;
        Ok(Some(DeskFrame::Ack { client_id, seq: Some(seq), message: Some(message) }))
    }

    async fn read(&self, conversation: &ConversationId, seq: u64) -> Answer {
        let reader = Reader::Agent(&self.identity.agent);
        // Reading what one does not hold has no effect, and needs no words.
        self.app.router.mark_read(&self.identity.tenant, conversation, &reader, seq).await?;
        Ok(None)
    }

    /// Shows the contact that the agent is typing; lost without harm.
    async fn type_on(&mut self, conversation: ConversationId) {
        if self.typed_at.is_some_and(|at| at.elapsed() < TYPING_EVERY) || !self.app.accepts_work() {
            return;
        }
        self.typed_at = Some(Instant::now());
        let tenant = &self.identity.tenant;
        if !self.contacts.contains_key(&conversation) {
            let Ok(Some((known, _))) = self.app.router.conversation(tenant, &conversation).await
            else {
                return;
            };
            if known.agent.as_ref() != Some(&self.identity.agent) || known.accepted_at.is_none() {
                return;
            }
            self.contacts.insert(conversation.clone(), (known.contact, known.kind));
        }
        let Some((contact, kind)) = self.contacts.get(&conversation).cloned() else { return };
        if kind == ChannelKind::Im {
            self.app.signs.offer(Sign::Typing(tenant.clone(), conversation));
            return;
        }
        let typing = Typing { conversation, to: Watcher::Contact(contact), preview: None };
        if let Err(error) = self.app.router.signal_typing(tenant, &typing).await {
            tracing::debug!(error = %error, "typing was not shown");
        }
    }
}

fn client_id_of(said: &AgentFrame) -> Option<String> {
    match said {
        AgentFrame::Accept { client_id, .. }
        | AgentFrame::Decline { client_id, .. }
        | AgentFrame::Send { client_id, .. }
        | AgentFrame::Note { client_id, .. } => Some(client_id.clone()),
        AgentFrame::Hello { .. }
        | AgentFrame::Renew { .. }
        | AgentFrame::Presence { .. }
        | AgentFrame::Typing { .. }
        | AgentFrame::Read { .. }
        | AgentFrame::Ping => None,
    }
}

fn ack(client_id: String) -> DeskFrame {
    DeskFrame::Ack { client_id, seq: None, message: None }
}

fn stale() -> ApiError {
    ApiError::new(Code::StaleOffer, "the offer is over: it expired, was taken back or was answered")
}
