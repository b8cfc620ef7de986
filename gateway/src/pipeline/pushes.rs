//! What is said to an app's user who is away goes to their devices, as a hint that leads back to the
//! conversation.
//!
//! The switchboard knows which conversations to look at (`unpushed`); this duty reads what is unread and
//! composes one notification for each device. Whether it goes is decided by one transition, which knows what
//! was read or pushed meanwhile and whose app is in the foreground. From then on it is a delivery like any
//! other (`carry`), told once and taken back when it is no longer true.

mod carry;
mod words;

pub(super) use carry::attempt;

use super::deliveries::Parcel;
use super::duty::{DutyWork, Passed};
use super::failing::Failing;
use super::log;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::settings::DeskView;
use carry::Packed;
use channels::push::PushSettings;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{
    ChannelKind, Conversation, ConversationId, Message, NotificationWishes, TenantId, Timestamp,
};
use futures_util::{FutureExt, StreamExt, stream};
use records::devices::Device;
use routing::command::PushUnread;
use routing::reply::UnreadPushed;
use std::sync::Arc;
use std::time::Duration;
use words::Told;

/// How many conversations one pass looks at.
const BATCH: usize = 64;
/// So many of them at once: each asks Redis and the archive several times.
const AT_ONCE: usize = 16;
/// After how long a device that was in the foreground is looked at again, in milliseconds: so late at most
/// it is told what nobody read before the app was closed.
const IN_FRONT_MS: u64 = 5_000;
/// A device that was not on the line for so long is told of nothing, in milliseconds: services give up
/// such tokens, too (FCM: 270 days).
const UNSEEN_MS: i64 = 270 * 24 * 3_600_000;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "pushes",
        pause: Duration::from_millis(200),
        pass: |app, tenant, _, note| pass(app, tenant, note).boxed(),
    }
    .spawn(app);
}

/// Devices that nobody has used for so long are forgotten.
pub(super) async fn forget_unseen(app: &App, tenant: &TenantId) -> records::Result<()> {
    let since = app.clock.now().plus_ms(-UNSEEN_MS);
    app.records.devices().forget_unseen(tenant, since).await.map(drop)
}

async fn pass(app: &App, tenant: &TenantId, note: &mut String) -> Passed {
    let view = app.settings.desk(tenant);
    if !view.desk.channels.iter().any(|channel| channel.kind == ChannelKind::App) {
        return Ok(false);
    }
    // Where no app pushes, words of one that did are let go.
    let least = view.pushing().map(|push| push.after).min().unwrap_or_default();
    let mut failing = Failing::read(note, app.clock.now());
    let (now, most) = (app.router.now().await?, BATCH + failing.count());
    let due = app.router.unpushed(tenant, now.plus_ms(-millis(least)), most).await?;
    let due_count = due.len();
    let look = Look { app, tenant, view: &view, now, least };
    let due = due.into_iter().map(|(id, _)| id).filter(|id| !failing.has(id));
    let looks = stream::iter(due.collect::<Vec<_>>()).map(|id| async {
        let looked = look.at(&id).await;
        (id, looked)
    });
    let looked: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
    let mut done = 0;
    for (id, looked) in looked {
        match looked {
            Ok(()) => done += 1,
            Err(error) if error.code() == Code::Unavailable => {
                let error = crate::telemetry::chain(&error);
                tracing::debug!(tenant.id = %tenant, error, "unread words wait to be pushed");
            }
            Err(error) => {
                let error = crate::telemetry::chain(&error);
                tracing::error!(tenant.id = %tenant, conversation.id = %id, error, "unread words cannot be pushed; the others go on");
                failing.add(&id);
            }
        }
    }
    *note = failing.write();
    Ok(due_count == most && done > 0)
}

/// One look at a conversation.
struct Look<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    view: &'a DeskView,
    now: Timestamp,
    /// Conversations come to be looked at so long after their time.
    least: Duration,
}

/// What there is to do.
#[derive(Default)]
struct Plan {
    parcels: Vec<(Device, Parcel)>,
    look_at: Option<Timestamp>,
}

impl Look<'_> {
    async fn at(&self, id: &ConversationId) -> Result<(), ApiError> {
        let known = self.app.router.conversation(self.tenant, id).await?;
        let (known, plan, upto) = match &known {
            Some((conversation, _)) => {
                let plan = self.plan(conversation).await?;
                (conversation.read_by_contact, plan, conversation.last_seq)
            }
            None => (0, Plan::default(), 0),
        };
        let told = plan.parcels.iter();
        let unread = PushUnread {
            conversation: id,
            known,
            upto,
            wait_ms: IN_FRONT_MS,
            look_at: plan.look_at,
            notifications: told.map(|(device, one)| (&device.id, one.new_delivery())).collect(),
        };
        match self.app.router.push_unread(self.tenant, &unread).await? {
            UnreadPushed::Pushed(count) if count > 0 => self.app.outbox_filled.notify_one(),
            UnreadPushed::Pushed(_) | UnreadPushed::Changed | UnreadPushed::Unknown => {}
        }
        Ok(())
    }

    async fn plan(&self, conversation: &Conversation) -> Result<Plan, ApiError> {
        let nothing = Ok(Plan::default());
        let Some(push) = self.view.push(&conversation.channel) else { return nothing };
        let devices = self.devices(conversation).await?;
        if devices.is_empty() {
            return nothing;
        }
        let end = conversation.last_seq.saturating_add(1);
        let said = log::before(self.app, self.tenant, &conversation.id, end, PAGE_MESSAGES_MAX);
        let mut said = said.await?;
        said.retain(|message| message.seq > conversation.read_by_contact);
        let names: Vec<_> = devices.iter().map(|device| device.id.clone()).collect();
        let marks = self.app.router.pushed_to(self.tenant, &conversation.id, &names).await?;
        let devices: Vec<_> = devices.into_iter().zip(marks).collect();
        let wishes = self.app.records.devices().wishes(self.tenant, &conversation.contact).await?;
        if let Some(at) = self.not_before(push, &wishes, (&devices, &said)) {
            let look_at = Some(at.plus_ms(-millis(self.least)));
            return Ok(Plan { look_at, ..Plan::default() });
        }
        let mut parcels = Vec::new();
        for (device, mark) in devices {
            let told = Told::of(&said, mark, &wishes);
            let Some(told) = told else { continue };
            let is_private = push.private || wishes.private;
            let words = told.words(self.view, conversation, (device.locale, is_private));
            let packed = Packed::new(conversation, &device, (&told, words), self.now);
            parcels.push((device, packed.parcel().map_err(ApiError::internal)?));
        }
        Ok(Plan { parcels, look_at: None })
    }

    /// The devices that may be told.
    async fn devices(&self, conversation: &Conversation) -> Result<Vec<Device>, ApiError> {
        let contact = &conversation.contact;
        let mut devices = self.app.records.devices().of_contact(self.tenant, contact).await?;
        let alive = self.now.plus_ms(-UNSEEN_MS);
        devices.retain(|one| one.channel == conversation.channel && one.seen_at > alive);
        Ok(devices)
    }

    /// When anybody may be told at the earliest, if that is not now: a word is given its time to be read,
    /// and words that follow each other are told together; quiet hours are kept.
    fn not_before(
        &self,
        push: &PushSettings,
        wishes: &NotificationWishes,
        (devices, said): (&[(Device, u64)], &[Message]),
    ) -> Option<Timestamp> {
        let first = devices
            .iter()
            .filter_map(|(_, mark)| Told::of(said, *mark, wishes))
            .map(|told| told.since);
        let ready = first.min()?.plus_ms(millis(push.after));
        if ready > self.now {
            return Some(ready);
        }
        wishes.quiet.as_ref().and_then(|quiet| quiet.until(self.now))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
