//! Hears who is typing, from every gateway, and shows it to the sockets here. And tells every socket
//! when Redis went away or came back.

use super::fact::frame;
use super::{Item, Sign};
use crate::app::App;
use crate::socket::protocol::{DeskFrame, WidgetFrame};
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use routing::ephemeral::{SignalReader, Typing, Watcher};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long to wait before listening again, in milliseconds.
const LISTEN_AGAIN_MS: std::ops::RangeInclusive<u64> = 200..=2_000;

pub(super) fn spawn(app: &Arc<App>) {
    let listening = Arc::clone(app);
    app.tasks
        .spawn("hub_signals", OnEnd::Restart, move |stop| listen(Arc::clone(&listening), stop));
    let watching = Arc::clone(app);
    app.tasks.spawn("hub_link", OnEnd::Restart, move |stop| tell_link(Arc::clone(&watching), stop));
}

async fn listen(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = hear(&app) => {}
        }
        let pause = Duration::from_millis(rand::random_range(LISTEN_AGAIN_MS));
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}

/// Hears until the connection is gone. Losing a sign does no harm, so neither does an error.
async fn hear(app: &App) {
    let mut signals = match SignalReader::open(app.router.store()).await {
        Ok(signals) => signals,
        Err(error) => {
            tracing::debug!(error = %error, "cannot hear signals");
            return;
        }
    };
    while let Some((tenant, typing)) = signals.next().await {
        // Tenants come from outside here: only those that exist get a place in the hub.
        if app.settings.has_tenant(&tenant) {
            show(app, &tenant, typing);
        }
    }
}

fn show(app: &App, tenant: &TenantId, typing: Typing) {
    let desk = app.hub.desk(tenant);
    let sign = Sign::Typing(typing.conversation.clone());
    match typing.to {
        Watcher::Agent(agent) => {
            let shown = frame(&DeskFrame::Typing {
                conversation: typing.conversation,
                who: "contact".to_owned(),
                preview: typing.preview,
            });
            desk.sign_agent(&agent, &sign, &Item::Frame(shown));
        }
        Watcher::Contact(contact) => {
            desk.sign_visitor(&contact, &sign, &Item::Frame(frame(&WidgetFrame::Typing)));
        }
    }
}

/// Tells every socket when Redis goes away or comes back.
async fn tell_link(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut link = app.link.clone();
    let mut told = link.borrow_and_update().is_up();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = link.changed() => changed?,
        }
        let up = link.borrow_and_update().is_up();
        if up != told {
            told = up;
            let shown = frame(&WidgetFrame::Link { up });
            for outbox in app.hub.outboxes() {
                outbox.sign(Sign::Link, Item::Frame(shown.clone()));
            }
        }
    }
}
