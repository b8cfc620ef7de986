//! Posts one delivery to its webhook, signed, and judges the answer.

use super::guard::Guard;
use super::{secret, sign};
use crate::app::App;
use crate::config::WebhooksConfig;
use crate::pipeline::deliveries::{BACKOFF_MS, Tried};
use domain::TenantId;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};
use routing::reply::ClaimedDelivery;
use std::sync::Arc;
use std::time::Duration;

/// Posts webhooks.
pub(in crate::pipeline) struct Post {
    client: Client,
    guard: Guard,
}

impl Post {
    pub(in crate::pipeline) fn new(config: &WebhooksConfig) -> reqwest::Result<Self> {
        let guard = Guard::new(config.allow_http, &config.allow_inner);
        let timeout = Duration::from_millis(config.timeout_ms);
        let client = Client::builder()
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .timeout(timeout)
            .connect_timeout(timeout)
            .pool_max_idle_per_host(1)
            .user_agent("Hutong-Webhooks/1")
            .build()?;
        Ok(Self { client, guard })
    }

    pub(in crate::pipeline) async fn attempt(
        &self,
        app: &App,
        tenant: &TenantId,
        delivery: &ClaimedDelivery,
    ) -> Tried {
        let view = app.settings.desk(tenant);
        let Some(hook) = view.webhook(delivery.endpoint.as_str()).filter(|hook| hook.enabled)
        else {
            return Tried::hopeless("the webhook was removed or switched off");
        };
        let Ok(url) = self.guard.check_url(&hook.url) else {
            return Tried::hopeless("the address is not allowed");
        };
        let Ok(secrets) = secret::signing(app, tenant, &hook.id).await else {
            return Tried::failed("the archive could not be read");
        };
        let timestamp = app.clock.now().0.div_euclid(1000);
        let sign_by = |secret: &Vec<u8>| {
            sign::signature(secret, delivery.id.as_str(), timestamp, &delivery.payload)
        };
        let signatures: Vec<String> = secrets.iter().map(sign_by).collect();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", delivery.id.as_str())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(delivery.payload.clone());
        match request.send().await {
            Ok(answer) => judge(answer.status(), retry_after_ms(&answer)),
            Err(error) if error.is_timeout() => Tried::failed("no answer in time"),
            // The cause is not told: it would say what listens inside.
            Err(_unreachable) => Tried::failed("it could not be reached"),
        }
    }
}

fn judge(status: StatusCode, retry_after_ms: u64) -> Tried {
    if status.is_success() {
        Tried::Sent
    } else if status == StatusCode::GONE {
        Tried::hopeless("it answered 410: gone for good")
    } else {
        Tried::Failed {
            reason: format!("it answered {}", status.as_u16()),
            not_before_ms: retry_after_ms,
        }
    }
}

/// What the far end asks for, in seconds, within reason.
fn retry_after_ms(answer: &reqwest::Response) -> u64 {
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let secs: u64 = asked.and_then(|text| text.parse().ok()).unwrap_or(0);
    secs.saturating_mul(1000).min(BACKOFF_MS.2)
}

#[cfg(test)]
mod tests {
    use super::*;

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
