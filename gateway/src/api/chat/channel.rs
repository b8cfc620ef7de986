//! What a widget or an app needs to know of its channel.

use super::find;
use crate::api::error::ApiError;
use crate::api::extract::id;
use crate::app::App;
use crate::pipeline::calls;
use crate::settings::DeskView;
use actix_web::web;
use channels::web_chat::WidgetSettings;
use domain::{ChannelId, Localized, PushProvider, RequestType, Timestamp, Topic};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the widget needs to know of its channel: the answer to `GET /v1/chat/{channel}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChatChannel {
    /// The channel.
    pub channel: ChannelId,
    /// The desk's name on this channel.
    pub name: Localized,
    /// Topics, in the person's words.
    pub topics: Vec<ChatTopic>,
    /// Request types that may be chosen.
    pub request_types: Vec<RequestType>,
    /// Settings of the `web_chat` adapter that concern the widget.
    pub widget: WidgetSettings,
    /// Media types that may be uploaded.
    pub media_types: Vec<String>,
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// Do transcripts and answers go by mail?
    pub by_mail: bool,
    /// How people are called back; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<ChatCallbacks>,
    /// How an app's devices are woken; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<ChatPush>,
}

/// How people are called back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChatCallbacks {
    /// The region in whose form numbers may be written nationally (ISO 3166-1).
    pub region: String,
    /// How many days ahead a time may be wished for.
    pub days_ahead: u32,
    /// Is a code sent to the number, to prove that it is the asker's?
    #[serde(default)]
    pub verify: bool,
    /// What a person agrees to by asking; both languages may be empty.
    pub consent: Localized,
}

/// How an app's devices are woken.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChatPush {
    /// The services for which a device may be registered.
    pub providers: Vec<PushProvider>,
    /// The `applicationServerKey` of Web Push, in URL-safe base64; absent without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_push_key: Option<String>,
}

/// A topic and whether its queue is open just now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChatTopic {
    /// The topic.
    #[serde(flatten)]
    pub topic: Topic,
    /// Is the queue open?
    pub open: bool,
    /// If not, when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
    /// How long people usually wait, in seconds; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_wait_secs: Option<u64>,
}

/// What the widget needs to know of its channel.
#[utoipa::path(get, path = "/v1/chat/{channel}", tag = "chat",
    params(("channel" = String, Path)),
    responses((status = 200, body = ChatChannel), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn channel(
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<web::Json<ChatChannel>, ApiError> {
    let (tenant, channel, config) = find(&app, &id(&path, "channel")?)?;
    let view = app.settings.desk(&tenant);
    let now = app.clock.now();
    let topics = channel.topics.iter().map(|topic| {
        let usual = app.usual_waits.of(&tenant, &topic.queue);
        chat_topic(&view, topic, now, usual)
    });
    let topics = topics.collect();
    let push = view
        .push(&channel.id)
        .map(|push| ChatPush { providers: push.providers(), web_push_key: push.web_push_key() });
    let callbacks = calls::line_of(&view, &channel.id).map(|(_, policy)| ChatCallbacks {
        region: policy.region,
        days_ahead: policy.days_ahead,
        verify: policy.verify.is_some(),
        consent: policy.consent,
    });
    let by_mail = view.by_mail(&channel.id).is_some_and(|(mailbox, _)| mailbox.enabled);
    Ok(web::Json(ChatChannel {
        channel: channel.id,
        name: channel.name,
        topics,
        request_types: view.desk.request_types.clone(),
        widget: config.widget,
        media_types: crate::files::MEDIA_TYPES.iter().map(|name| (*name).to_owned()).collect(),
        file_bytes_max: app.config.file_bytes_max(),
        by_mail,
        callbacks,
        push,
    }))
}

fn chat_topic(
    view: &DeskView,
    topic: &Topic,
    now: Timestamp,
    usual_wait_secs: Option<u64>,
) -> ChatTopic {
    let calendar = view.queue(&topic.queue).and_then(|queue| view.calendar_of(queue));
    let open = calendar.is_none_or(|calendar| calendar.is_open(now));
    ChatTopic {
        topic: topic.clone(),
        open,
        opens_at: calendar.filter(|_| !open).and_then(|calendar| calendar.next_open(now)),
        usual_wait_secs: usual_wait_secs.filter(|_| open),
    }
}
