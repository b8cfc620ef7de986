//! Carries deliveries out: claim, post, record. Every gateway does it; a claim whose owner died is
//! free again after its lease, and the far end knows a repetition by its `webhook-id`.

use super::guard::Guard;
use super::sign;
use crate::app::App;
use crate::clock::random_bytes;
use crate::metrics;
use crate::tasks::{OnEnd, TaskResult};
use domain::limits::DELIVERY_TRIES_MAX;
use domain::{TenantId, Timestamp};
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};
use routing::RoutingError;
use routing::command::DeliveryOutcome;
use routing::reply::ClaimedDelivery;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The pause between two looks into the outbox.
const PAUSE: Duration = Duration::from_millis(500);
/// How many deliveries are under way at once; one for each endpoint, which keeps its order.
const AT_ONCE: u32 = 16;
/// Beyond the time of one try, how long a claim holds, in milliseconds.
const LEASE_BEYOND_MS: u64 = 20_000;
/// The first pause after a failure, what it is multiplied by each time, and the longest, in ms.
const BACKOFF_MS: (u64, u64, u64) = (5_000, 6, 6 * 3_600_000);

pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("deliveries", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let config = &app.config.webhooks;
    let guard = Guard::new(config.allow_http, &config.allow_inner);
    let timeout = Duration::from_millis(config.timeout_ms);
    let client = Client::builder()
        .dns_resolver(Arc::new(guard.clone()))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(timeout)
        .connect_timeout(timeout)
        .pool_max_idle_per_host(1)
        .user_agent("Hutong-Webhooks/1")
        .build()?;
    let post = Post { app: Arc::clone(&app), client, guard };
    loop {
        let mut claimed = 0;
        if app.accepts_work() {
            for tenant in app.settings.tenants() {
                match post.round(&tenant).await {
                    Ok(count) => claimed += count,
                    Err(error) if error.is_unavailable() => {
                        tracing::debug!(tenant.id = %tenant, error = %error, "deliveries wait for Redis");
                    }
                    Err(error) => {
                        let error = crate::telemetry::chain(&error);
                        tracing::error!(tenant.id = %tenant, error, "deliveries failed");
                    }
                }
            }
        }
        let pause = if claimed > 0 { Duration::from_millis(10) } else { PAUSE };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}

struct Post {
    app: Arc<App>,
    client: Client,
    guard: Guard,
}

/// How a try ended.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    Sent,
    Failed { reason: String, not_before_ms: u64 },
    Hopeless(&'static str),
}

impl Post {
    /// Claims what is due and carries it out; how many there were.
    async fn round(&self, tenant: &TenantId) -> Result<usize, RoutingError> {
        let lease_ms = i64::try_from(self.app.config.webhooks.timeout_ms + LEASE_BEYOND_MS)
            .unwrap_or(i64::MAX);
        let claimed =
            self.app.router.claim_deliveries(tenant, &self.app.node, lease_ms, AT_ONCE).await?;
        let tries = claimed.iter().map(|delivery| self.carry_out(tenant, delivery));
        for recorded in join_all(tries).await {
            recorded?;
        }
        Ok(claimed.len())
    }

    async fn carry_out(
        &self,
        tenant: &TenantId,
        delivery: &ClaimedDelivery,
    ) -> Result<(), RoutingError> {
        let tried = self.attempt(tenant, delivery).await;
        let tries = delivery.tries.saturating_add(1);
        let now = self.app.clock.now();
        let (name, outcome) = match &tried {
            Tried::Sent => ("sent", DeliveryOutcome::Sent),
            Tried::Hopeless(reason) => ("dead", DeliveryOutcome::Dead(reason)),
            Tried::Failed { reason, .. } if tries >= DELIVERY_TRIES_MAX => {
                ("dead", DeliveryOutcome::Dead(reason))
            }
            Tried::Failed { reason, not_before_ms } => {
                let pause_ms =
                    backoff_ms(delivery.tries, rand::random_range(0.8..=1.2)).max(*not_before_ms);
                ("retry", DeliveryOutcome::RetryAt(retry_at(now, pause_ms), reason))
            }
        };
        metrics::delivery_tried(name);
        if name != "sent" {
            tracing::info!(
                delivery.id = %delivery.id, endpoint.id = %delivery.endpoint, tries, outcome = name, result = ?tried,
                "a webhook did not arrive"
            );
        }
        self.app.router.record_delivery(tenant, delivery, &outcome).await.map(|_still_ours| ())
    }

    async fn attempt(&self, tenant: &TenantId, delivery: &ClaimedDelivery) -> Tried {
        let view = self.app.settings.desk(tenant);
        let Some(hook) = view.webhook(delivery.endpoint.as_str()).filter(|hook| hook.enabled)
        else {
            return Tried::Hopeless("the webhook was removed or switched off");
        };
        let Ok(url) = self.guard.check_url(&hook.url) else {
            return Tried::Hopeless("the address is not allowed");
        };
        let fresh = random_bytes::<32>();
        let name = format!("webhook.{}", hook.id);
        let kept = self.app.records.tenants().put_secret_if_absent(tenant, &name, &fresh).await;
        let Ok(secret) = kept else { return failed("the archive could not be read") };
        let timestamp = self.app.clock.now().0.div_euclid(1000);
        let signature =
            sign::signature(&secret, delivery.id.as_str(), timestamp, &delivery.payload);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", delivery.id.as_str())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(delivery.payload.clone());
        match request.send().await {
            Ok(answer) => judge(answer.status(), retry_after_ms(&answer)),
            Err(error) if error.is_timeout() => failed("no answer in time"),
            // The cause is not told: it would say what listens inside.
            Err(_unreachable) => failed("it could not be reached"),
        }
    }
}

fn judge(status: StatusCode, retry_after_ms: u64) -> Tried {
    if status.is_success() {
        Tried::Sent
    } else if status == StatusCode::GONE {
        Tried::Hopeless("it answered 410: gone for good")
    } else {
        Tried::Failed {
            reason: format!("it answered {}", status.as_u16()),
            not_before_ms: retry_after_ms,
        }
    }
}

fn failed(reason: &str) -> Tried {
    Tried::Failed { reason: reason.to_owned(), not_before_ms: 0 }
}

/// What the far end asks for, in seconds, within reason.
fn retry_after_ms(answer: &reqwest::Response) -> u64 {
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let secs: u64 = asked.and_then(|text| text.parse().ok()).unwrap_or(0);
    secs.saturating_mul(1000).min(BACKOFF_MS.2)
}

/// 5 s, 30 s, 3 min, 18 min, 108 min, then 6 h each: ten tries in about 26 hours. `jitter` is 0.8 to
/// 1.2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most 7.2 hours in milliseconds"
)]
fn backoff_ms(tries: u32, jitter: f64) -> u64 {
    let (first, factor, most) = BACKOFF_MS;
    let pause = first.saturating_mul(factor.saturating_pow(tries)).min(most);
    (pause as f64 * jitter) as u64
}

fn retry_at(now: Timestamp, pause_ms: u64) -> Timestamp {
    now.plus_ms(i64::try_from(pause_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tries_span_a_day_and_never_burst() {
        let pauses: Vec<u64> =
            (0..DELIVERY_TRIES_MAX - 1).map(|tries| backoff_ms(tries, 1.0)).collect();
        assert_eq!(pauses.first(), Some(&5_000));
        assert_eq!(pauses.last(), Some(&(6 * 3_600_000)));
        assert!(pauses.iter().sum::<u64>() >= 24 * 3_600_000);
    }

    #[test]
    fn answers_say_what_to_do_next() {
        assert_eq!(judge(StatusCode::NO_CONTENT, 0), Tried::Sent);
        assert!(matches!(judge(StatusCode::GONE, 0), Tried::Hopeless(_)));
        assert!(
            matches!(judge(StatusCode::FOUND, 0), Tried::Failed { .. }),
            "redirects are not followed"
        );
        let busy = judge(StatusCode::TOO_MANY_REQUESTS, 9_000);
        assert!(matches!(busy, Tried::Failed { not_before_ms: 9_000, .. }));
    }
}
