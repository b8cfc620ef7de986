//! Words that leave to messengers: divided into parts that the network can carry, carried by the outbox
//! in their order, and told to the agent when they do not arrive.

use super::door;
use super::links::Links;
use super::way::{Way, Window};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::pipeline::deliveries::{Parcel, Tried};
use crate::pipeline::inbound::named_uuid;
use crate::pipeline::letters::undelivered::{self, Failure, Told};
use crate::pipeline::letters::{LetterError, name_of};
use crate::settings::DeskView;
use channels::split::split;
use channels::{Action, ChannelAdapter, Choice, Command, Missed, Outcome, OutgoingFile};
use domain::desk::CHAT_BOX_PREFIX;
use domain::{
    Author, Channel, Conversation, ConversationId, DeliveryId, FileRef, MessageId, TenantId,
};
use routing::RoutingError;
use routing::reply::ClaimedDelivery;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long a network's limit is waited for before the try counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one part may take on its way. What a gateway that died had in hand waits somewhat longer.
const PART_WITHIN: Duration = Duration::from_secs(45);
/// The most parts of one message: more is refused, nobody reads it in a messenger.
pub const PARTS_MAX: usize = 32;

/// A part as it lies in the outbox.
#[derive(Debug, Serialize, Deserialize)]
struct Packed {
    conversation: ConversationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<MessageId>,
    way: Way,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<FileRef>,
    author: Author,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Choice>,
}

/// What somebody of the desk, or the desk itself, says.
#[derive(Debug)]
pub struct Word<'a> {
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// Its id in the log; what the desk says beside the log has none.
    pub message: Option<&'a MessageId>,
    /// What its deliveries are named by: the message's id, or what the desk says it for.
    pub name: &'a str,
    /// Who says it.
    pub author: Author,
    /// The text.
    pub text: &'a str,
    /// The files.
    pub files: &'a [FileRef],
    /// Buttons below it, where the network has some.
    pub choices: Vec<Choice>,
}

/// Where the contact of a conversation is answered, through which door, and for how long.
#[derive(Debug)]
pub struct Line {
    /// Where.
    pub way: Way,
    /// So many parts were said since the contact's last word.
    pub said: u32,
    /// The door.
    pub adapter: Arc<dyn ChannelAdapter>,
    /// Makes links to files that the door does not carry; none where such files are refused.
    pub links: Option<Links>,
}

impl Line {
    /// How long and how often the contact can still be answered.
    pub fn window(&self) -> Window {
        Window::of(self.adapter.descriptor().reply_window, &self.way, self.said)
    }
}

/// The line to the contact of a conversation; `None` where the contact is not answered in a messenger.
///
/// # Errors
/// See [`RoutingError`].
pub async fn line(
    app: &App,
    tenant: &TenantId,
    (view, conversation): (&DeskView, &Conversation),
) -> Result<Option<Line>, RoutingError> {
    let home = view.channel(&conversation.channel);
    if home.and_then(|channel| door(app, tenant, channel)).is_none() {
        return Ok(None);
    }
    let Some((way, said)) = app.router.way_back(tenant, &conversation.id).await? else {
        return Ok(None);
    };
    let Ok(way) = serde_json::from_str::<Way>(&way) else { return Ok(None) };
    let channel = view.channel(&way.channel).filter(|channel| channel.enabled);
    let adapter = channel.and_then(|channel: &Channel| door(app, tenant, channel));
    let links = Links::of(app, tenant, (view, &way.channel), conversation);
    Ok(adapter.map(|adapter| Line { way, said, adapter, links }))
}

/// Divides a word into parts.
///
/// # Errors
/// `invalid` for what the network cannot carry, `reply_window_closed`; nothing was said.
pub fn parts(
    (tenant, line): (&TenantId, &Line),
    word: Word<'_>,
    now: domain::Timestamp,
) -> Result<Vec<Parcel>, ApiError> {
    let what = line.adapter.descriptor();
    let texts = split(word.text, what.limits.text_bytes_max.max(4));
    let files = carried(line, word.files)?;
    let count = texts.len() + files.len();
    if count > PARTS_MAX {
        let most = what.limits.text_bytes_max.saturating_mul(PARTS_MAX);
        let problem = format!("is too long for this messenger: it carries about {most} bytes");
        return Err(ApiError::field("text", problem));
    }
    if !line.window().allows(count, now) {
        let why = "this network carries no more answers until the person writes again";
        return Err(ApiError::new(Code::ReplyWindowClosed, why));
    }
    let packed = |text: String, file: Option<FileRef>| Packed {
        conversation: word.conversation.clone(),
        message: word.message.cloned(),
        way: line.way.clone(),
        text,
        file,
        author: word.author.clone(),
        choices: Vec::new(),
    };
    let mut all: Vec<Packed> = texts.into_iter().map(|text| packed(text, None)).collect();
    // Buttons stand below the end of the text.
    if let Some(last) = all.last_mut().filter(|_| what.capabilities.cards) {
        last.choices = word.choices;
    }
    all.extend(files.into_iter().map(|file| match file {
        Carried::File(file) => packed(String::new(), Some(file.clone())),
        Carried::Link(text) => packed(text, None),
    }));
    let ready = |(n, packed): (usize, &Packed)| {
        let n = n.to_string();
        let names = [tenant.as_str(), word.conversation.as_str(), word.name, "part", &n];
        let endpoint = format!("{CHAT_BOX_PREFIX}{}", word.conversation);
        Ok(Parcel {
            id: DeliveryId::from_uuid(named_uuid(&names)),
            endpoint: endpoint.parse().map_err(ApiError::internal)?,
            payload: serde_json::to_string(packed).map_err(ApiError::internal)?,
        })
    };
    all.iter().enumerate().map(ready).collect()
}

/// How a file reaches the contact.
enum Carried<'a> {
    /// As it is.
    File(&'a FileRef),
    /// As a link in this text.
    Link(String),
}

fn carried<'a>(line: &Line, files: &'a [FileRef]) -> Result<Vec<Carried<'a>>, ApiError> {
    let what = line.adapter.descriptor();
    let carry = |(n, file): (usize, &'a FileRef)| {
        if line.adapter.carries(file) {
            return Ok(Carried::File(file));
        }
        let link =
            line.links.as_ref().and_then(|links| links.text(file, what.limits.text_bytes_max));
        let most = what.limits.file_bytes_max;
        let problem = match link {
            Some(text) => return Ok(Carried::Link(text)),
            None if !what.capabilities.media_out => {
                "cannot be sent: this messenger carries no files".to_owned()
            }
            None if file.bytes > most as u64 => format!("has more than {most} bytes"),
            None => "cannot be sent: this messenger does not carry such files".to_owned(),
        };
        Err(ApiError::field(&format!("files[{n}]"), problem))
    };
    files.iter().enumerate().map(carry).collect()
}

/// Carries a part out of the outbox to its network.
pub(in crate::pipeline) async fn attempt(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
) -> Tried {
    let Ok(packed) = serde_json::from_str::<Packed>(&delivery.payload) else {
        return Tried::hopeless("what the outbox holds cannot be read");
    };
    let view = app.settings.desk(tenant);
    let Some(channel) = view.channel(&packed.way.channel) else {
        return Tried::hopeless("the channel was removed");
    };
    if !channel.enabled {
        return Tried::failed("the channel is switched off");
    }
    let Ok(adapter) = app.doors.adapter(tenant, channel) else {
        return Tried::failed("the channel's settings are wrong");
    };
    let channel = channel.id.clone();
    let command = match command(app, tenant, delivery, packed).await {
        Ok(command) => command,
        Err(error) => {
            let error = crate::telemetry::chain(&error);
            tracing::error!(delivery.id = %delivery.id, error, "a file to send cannot be read");
            return Tried::failed("its file cannot be read");
        }
    };
    let carrying = carry(adapter.as_ref(), &command, delivery.in_doubt);
    match tokio::time::timeout(PART_WITHIN, carrying).await {
        Ok(Outcome::Sent(mut names) | Outcome::SentInPart { ids: mut names, .. }) => {
            // Reports of the network may name it by our id.
            names.push(command.id);
            Tried::SentAs { channel, names }
        }
        Ok(outcome) => judge(outcome),
        Err(_late) => Tried::failed("the network took too long"),
    }
}

/// Sends it, unless an earlier try did: a network that does not know doubles is asked first.
async fn carry(adapter: &dyn ChannelAdapter, command: &Command, was_tried: bool) -> Outcome {
    let resends = adapter.descriptor().capabilities.resends_in_doubt;
    if was_tried && !resends {
        match adapter.look_up(command).await {
            Outcome::Unavailable(_) => {}
            outcome => return outcome,
        }
    }
    loop {
        match adapter.deliver(command).await {
            Outcome::RateLimited(pause) if pause <= PATIENCE => tokio::time::sleep(pause).await,
            Outcome::InDoubt(why) if resends => return Outcome::Unavailable(why),
            Outcome::InDoubt(_) => return adapter.look_up(command).await,
            outcome => return outcome,
        }
    }
}

async fn command(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
    packed: Packed,
) -> std::io::Result<Command> {
    let mut files = Vec::new();
    if let Some(file) = packed.file {
        let bytes = tokio::fs::read(app.files.path(tenant, &file.id)).await?;
        files.push(OutgoingFile { file, bytes: bytes.into() });
    }
    let action = Action::Send {
        text: packed.text,
        files,
        author: packed.author,
        mail: None,
        choices: packed.choices,
    };
    Ok(Command {
        id: delivery.id.to_string(),
        recipient: packed.way.recipient,
        external_conversation: packed.way.room,
        answers: Some(packed.way.answers),
        action,
    })
}

fn judge(outcome: Outcome) -> Tried {
    match outcome {
        Outcome::Sent(_) | Outcome::SentInPart { .. } => Tried::Sent,
        Outcome::RateLimited(pause) => Tried::Failed {
            reason: "the network's limit is reached".to_owned(),
            not_before_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        },
        Outcome::Unavailable(why) => Tried::failed(&why),
        Outcome::InDoubt(why) => {
            Tried::Hopeless(format!("it may have arrived, the network does not tell: {why}"))
        }
        Outcome::Rejected(why) => Tried::Hopeless(why),
        Outcome::WindowClosed => Tried::hopeless("the time to answer is over"),
        Outcome::RecipientGone => Tried::hopeless("the person cannot be reached there any more"),
    }
}

/// A part is given up: its agent is told in the conversation, also after its end.
pub(in crate::pipeline) async fn given_up(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
    reason: &str,
) -> Result<(), LetterError> {
    let Ok(packed) = serde_json::from_str::<Packed>(&delivery.payload) else { return Ok(()) };
    // The address is the network's own and says nothing to an agent.
    let missed = Missed { recipient: String::new(), reason: reason.to_owned() };
    let notice = undelivered::notice(packed.message, Failure::ForGood, vec![missed]);
    let Some(notice) = notice else { return Ok(()) };
    let name = format!("dead.{}", name_of(delivery.id.as_str()));
    if undelivered::tell(app, tenant, &packed.conversation, &name, &notice).await? == Told::Nowhere
    {
        tracing::warn!(
            conversation.id = %packed.conversation, delivery.id = %delivery.id,
            "a message was given up whose conversation nobody knows: only the dead letters show it"
        );
    }
    Ok(())
}
