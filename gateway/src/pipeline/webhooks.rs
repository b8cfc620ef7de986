//! Outbound webhooks: events from the tenant's stream to the endpoints that want them, at least once
//! and in order for each endpoint.
//!
//! The duty's owner reads commits and puts deliveries into the outbox together with its cursor, so
//! nothing is left out or put in twice. Every gateway delivers: claim, post, record.

pub mod guard;
pub(super) mod post;
pub mod secret;
pub mod sign;

use super::commits::{self, Next};
use super::deliveries::Parcel;
use super::duty::{DutyWork, Passed};
use super::inbound::named_uuid;
use crate::app::App;
use crate::hub::Batch;
use chrono::{DateTime, SecondsFormat};
use domain::{DeliveryId, EndpointId, Event, TenantId, Webhook};
use futures_util::FutureExt;
use routing::command::{NewDelivery, OutboxBounds};
use std::sync::Arc;
use std::time::Duration;

const DUTY: &str = "webhooks";
/// How many commits one pass reads.
const COMMITS_AT_ONCE: usize = 256;
/// How many deliveries one call puts into the outbox.
const DELIVERIES_AT_ONCE: usize = 64;
/// What the outbox may hold: an endpoint that is away for long keeps its last 10,000 events, older
/// ones become dead letters; those are kept for 30 days, and at most 10,000 of them.
const BOUNDS: OutboxBounds =
    OutboxBounds { box_max: 10_000, dead_ms: 30 * 24 * 3_600_000, dead_max: 10_000 };
/// So many calls keep one box to its bound; the rest is for the next pass.
const PRUNINGS_MAX: usize = 16;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: DUTY,
        pause: Duration::from_millis(200),
        pass: |app, tenant, epoch, note| pass(app, tenant, epoch, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, epoch: u64, done: &mut String) -> Passed {
    let newest = app.hub.desk(tenant).position().map(|(_, newest)| newest);
    if newest.as_deref() == Some(done.as_str()) {
        return Ok(false);
    }
    let view = app.settings.desk(tenant);
    let hooks: Vec<&Webhook> = view.desk.webhooks.iter().filter(|hook| hook.enabled).collect();
    if hooks.is_empty() {
        // Whoever is added later gets what happens from then on, not what happened before; also when
        // another gateway owns the duty by then.
        let Some(newest) = newest else { return Ok(false) };
        *done = newest.to_string();
        if !dispatch(app, tenant, epoch, done, &[]).await? {
            done.clear();
        }
        return Ok(false);
    }
    if done.is_empty() {
        *done = app.router.duty_cursor(tenant, DUTY).await?;
    }
    let commits = match commits::after(app, tenant, done, COMMITS_AT_ONCE).await? {
        Next::Commits(commits) => commits,
        Next::Lost => {
            tracing::error!(tenant.id = %tenant, "webhooks missed events: the stream was cut before they were read");
            let newest = app.router.newest_cursor(tenant).await?;
            app.router.dispatch(tenant, DUTY, epoch, &newest, &[]).await?;
            *done = newest;
            return Ok(false);
        }
    };
    let more = commits.len() == COMMITS_AT_ONCE;
    let mut batch: Vec<Parcel> = Vec::new();
    for commit in &commits {
        let planned = plan(tenant, commit, &hooks)?;
        if !batch.is_empty() && batch.len() + planned.len() > DELIVERIES_AT_ONCE {
            let full = std::mem::take(&mut batch);
            if !dispatch(app, tenant, epoch, done, &full).await? {
                done.clear();
                return Ok(false);
            }
        }
        batch.extend(planned);
        // Of a commit that is more than one call holds, the cursor moves with the last part; ids are
        // made of the event, so a part that is put in again is known.
        while batch.len() > DELIVERIES_AT_ONCE {
            let rest = batch.split_off(DELIVERIES_AT_ONCE);
            if !dispatch(app, tenant, epoch, done, &batch).await? {
                done.clear();
                return Ok(false);
            }
            batch = rest;
        }
        *done = commit.cursor.to_string();
    }
    if !commits.is_empty() && !dispatch(app, tenant, epoch, done, &batch).await? {
        done.clear();
        return Ok(false);
    }
    for hook in hooks.iter().filter(|_| !commits.is_empty()) {
        keep_bounds(app, tenant, Some(&hook.id)).await?;
    }
    Ok(more)
}

/// Lets go of what the outbox may not hold any longer.
pub(super) async fn keep_bounds(
    app: &App,
    tenant: &TenantId,
    endpoint: Option<&EndpointId>,
) -> Result<(), routing::RoutingError> {
    for _ in 0..PRUNINGS_MAX {
        let (shed, gone) = app.router.prune_deliveries(tenant, endpoint, &BOUNDS).await?;
        if shed > 0 {
            crate::metrics::deliveries_shed(shed);
            tracing::warn!(tenant.id = %tenant, endpoint.id = endpoint.map(tracing::field::display), shed, "too many webhooks wait: the oldest are dead letters now");
        }
        if shed == 0 && gone == 0 {
            return Ok(());
        }
    }
    Ok(())
}

async fn dispatch(
    app: &App,
    tenant: &TenantId,
    epoch: u64,
    cursor: &str,
    planned: &[Parcel],
) -> Result<bool, routing::RoutingError> {
    let new: Vec<NewDelivery<'_>> = planned.iter().map(Parcel::new_delivery).collect();
    app.router.dispatch(tenant, DUTY, epoch, cursor, &new).await
}

/// The deliveries of one commit.
fn plan(
    tenant: &TenantId,
    commit: &Batch,
    hooks: &[&Webhook],
) -> Result<Vec<Parcel>, serde_json::Error> {
    let mut planned = Vec::new();
    for (n, event) in commit.events().enumerate() {
        // What became of a delivery is no event for webhooks: telling it would be a delivery again.
        if matches!(event, Event::DeliveryRecorded { .. }) {
            continue;
        }
        let wants = |hook: &&&Webhook| hook.events.is_empty() || hook.events.contains(event.name());
        let mut payload = None;
        for hook in hooks.iter().filter(wants) {
            let payload = match &payload {
                Some(payload) => payload,
                None => payload.insert(payload_of(commit, n)?),
            };
            let place = n.to_string();
            let names = [tenant.as_str(), hook.id.as_str(), &commit.cursor, &place];
            planned.push(Parcel {
                id: DeliveryId::from_uuid(named_uuid(&names)),
                endpoint: hook.id.clone(),
                payload: payload.clone(),
            });
        }
    }
    Ok(planned)
}

/// `{id, type, timestamp, data}`.
fn payload_of(commit: &Batch, n: usize) -> Result<String, serde_json::Error> {
    let event = commit.events().nth(n).map(serde_json::to_value).transpose()?.unwrap_or_default();
    let ms = commit.cursor.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0);
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    let mut data = match event {
        serde_json::Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    let name = data.remove("type").unwrap_or_default();
    // An offer's token is for its agent alone.
    data.remove("token");
    serde_json::to_string(&serde_json::json!({
        "id": format!("{}.{n}", commit.cursor),
        "type": name,
        "timestamp": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": data,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Commit;

    fn hook(id: &str, events: &[&str]) -> Webhook {
        Webhook {
            id: id.parse().unwrap(),
            url: "https://example.com".to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            enabled: true,
        }
    }

    #[test]
    fn each_endpoint_gets_what_it_wants_under_ids_that_never_change() {
        let (all, some, none) =
            (hook("all", &[]), hook("some", &["agent_changed"]), hook("none", &["offer_made"]));
        let commit = Commit {
            cursor: "1732298400000-2".to_owned(),
            events: vec![
                Event::AgentChanged { agent: "li".parse().unwrap() },
                Event::SettingsChanged { kind: "queues".to_owned() },
                Event::DeliveryRecorded {
                    delivery: "dlv_1".parse().unwrap(),
                    endpoint: "all".parse().unwrap(),
                    outcome: "sent".to_owned(),
                    tries: 1,
                },
            ],
        };
        let commit = Batch::new(commit, &"1732298400000-1".into());
        let tenant = "main".parse().unwrap();
        let planned = plan(&tenant, &commit, &[&all, &some, &none]).unwrap();
        let whom: Vec<&str> = planned.iter().map(|one| one.endpoint.as_str()).collect();
        assert_eq!(whom, ["all", "some", "all"]);
        let again = plan(&tenant, &commit, &[&all]).unwrap();
        assert_eq!(planned.first().map(|one| &one.id), again.first().map(|one| &one.id));
        assert_eq!(
            planned.first().map(|one| one.payload.as_str()),
            Some(
                r#"{"id":"1732298400000-2.0","type":"agent_changed","timestamp":"2024-11-22T18:00:00.000Z","data":{"agent":"li"}}"#
            )
        );
    }
}
