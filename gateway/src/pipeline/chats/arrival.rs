//! What a word from a messenger brings beside its text: where to answer, and files that are here, on
//! their way, or made of a text that is too long.

use super::fetch::Wanted;
use super::{door, way::Way};
use crate::api::error::ApiError;
use crate::app::App;
use crate::files::through;
use crate::pipeline::deliveries::Parcel;
use crate::pipeline::inbound::named_uuid;
use channels::inbound::NewMessage;
use channels::{Attachment, Inbound, Payload};
use domain::limits::TEXT_BYTES_MAX;
use domain::{Channel, ChannelId, ChannelKind, FileId, FileRef, Locale, TenantId};
use routing::command::NewDelivery;

/// What stands at the end of a text that goes on in a file.
const GOES_ON: &str = " […]";
/// What the file is called that holds a text that is too long.
const WHOLE_TEXT: &str = "message.txt";

/// The longest name of something that cannot be shown, in characters.
const WHAT_CHARS_MAX: usize = 60;

/// What a word brings beside what it says. Empty for doors whose contacts read the log.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Brought {
    /// What the log says instead of a text that is too long.
    pub(in crate::pipeline) text: Option<String>,
    /// The files of the message.
    pub(in crate::pipeline) files: Vec<FileRef>,
    /// Where the contact is to be answered; empty where that is the log.
    pub(in crate::pipeline) way: String,
    fetches: Vec<Parcel>,
}

impl Brought {
    /// The deliveries that fetch files.
    pub(in crate::pipeline) fn fetches(&self) -> Vec<NewDelivery<'_>> {
        self.fetches.iter().map(Parcel::new_delivery).collect()
    }
}

/// Looks at a word, and keeps the files that came with it. Repeating gives the same.
///
/// # Errors
/// `unavailable` when a file cannot be kept.
pub(in crate::pipeline) async fn brought(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    (inbound, message): (&Inbound, &NewMessage),
) -> Result<Brought, ApiError> {
    if door(app, tenant, channel).is_none() {
        return Ok(Brought { files: message.files.clone(), ..Brought::default() });
    }
    let mut brought = Brought {
        files: message.files.clone(),
        way: serde_json::to_string(&Way::of(inbound)).map_err(ApiError::internal)?,
        ..Brought::default()
    };
    let mut attachments = message.attachments.clone();
    if message.text.len() > TEXT_BYTES_MAX {
        let room = message.text.floor_char_boundary(TEXT_BYTES_MAX - GOES_ON.len());
        let (head, _) = message.text.split_at(room);
        brought.text = Some(format!("{head}{GOES_ON}"));
        attachments.insert(0, whole_text(&message.text));
    }
    let of = (tenant.clone(), channel.id.clone(), inbound.external_id.clone());
    let id_of = move |n: usize, _: &[u8; 32]| file_id((&of.0, &of.1, &of.2), "attached", n);
    let files: Vec<_> =
        attachments.iter().map(|one| (one.name.as_str(), one.bytes.clone())).collect();
    let kept = through::keep(app, tenant, &channel.id, &files, id_of).await;
    brought.files.extend(
        kept.map_err(|error| {
            ApiError::unavailable("a file cannot be kept just now").because(error)
        })?,
    );
    for (n, media) in message.media.iter().enumerate() {
        let file = FileRef {
            id: file_id((tenant, &channel.id, &inbound.external_id), "media", n),
            name: crate::files::clean_name(&media.name),
            media_type: media.media_type.clone(),
            bytes: 0,
            pending: true,
        };
        let wanted = Wanted {
            channel: channel.id.clone(),
            message: inbound.external_id.clone(),
            reference: media.reference.clone(),
            file: file.clone(),
        };
        brought.fetches.push(wanted.parcel().map_err(ApiError::internal)?);
        brought.files.push(file);
    }
    Ok(brought)
}

/// What a network carries and nobody here can show becomes a word that says so, or the agent would never
/// know that there was something.
pub(in crate::pipeline) fn spell_out(channel: &Channel, inbound: &mut Inbound) {
    let Payload::Unsupported { what } = &inbound.payload else { return };
    if channel.kind != ChannelKind::Im {
        return;
    }
    let what: String = what.chars().take(WHAT_CHARS_MAX).collect();
    let text = match inbound.sender.locale.unwrap_or_default() {
        Locale::ZhCn => format!("[此处无法显示的内容：{what}]"),
        Locale::En => format!("[something that cannot be shown here: {what}]"),
    };
    inbound.payload = Payload::MessageNew(NewMessage { text, ..NewMessage::default() });
}

fn whole_text(text: &str) -> Attachment {
    Attachment {
        name: WHOLE_TEXT.to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: text.to_owned().into(),
    }
}

fn file_id(
    (tenant, channel, message): (&TenantId, &ChannelId, &str),
    what: &str,
    n: usize,
) -> FileId {
    let names = [tenant.as_str(), channel.as_str(), message, what, &n.to_string()];
    FileId::from_uuid(named_uuid(&names))
}
