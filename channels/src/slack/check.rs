//! A look at the app's settings at Slack, which sends nothing to anybody.

use super::Slack;
use super::api::ApiError;
use super::config::Mode;
use super::wire::{Identity, Line};
use crate::adapter::Finding;
use reqwest::header::HeaderMap;

/// What the bot's token must be allowed to do.
const NEEDED: [&str; 9] = [
    "app_mentions:read",
    "chat:write",
    "files:read",
    "files:write",
    "im:history",
    "im:write",
    "reactions:read",
    "reactions:write",
    "users:read",
];
/// What is missed, and by whom, without a scope.
const USEFUL: [(&str, &str); 3] = [
    ("users:read.email", "people come without their addresses"),
    ("channels:read", "channels come by their ids instead of their names"),
    ("channels:history", "what broke off on its way into a channel stays in doubt"),
];

/// What is in order, and what is not.
pub(super) async fn check(door: &Slack) -> Vec<Finding> {
    let mut findings = bot(door).await;
    findings.push(match door.config.mode {
        Mode::Socket => line(door).await,
        Mode::Http if door.config.signing_secret.is_empty() => {
            Finding::no("callback", ApiError::Missing("signing_secret").to_string())
        }
        Mode::Http => Finding::unknown("callback", "see the app's page Event Subscriptions"),
    });
    findings
}

async fn bot(door: &Slack) -> Vec<Finding> {
    let (api, token) = (door.api(), &door.config.bot_token);
    if token.is_empty() {
        return vec![missing("credentials", &ApiError::Missing("bot_token"))];
    }
    match api.call_as::<Identity>(token, "auth.test", &[]).await {
        Ok((me, headers)) => {
            let who = format!("@{} in {}", me.user, me.team);
            vec![Finding::yes("credentials", who), permissions(&headers)]
        }
        Err(error) => vec![missing("credentials", &error)],
    }
}

async fn line(door: &Slack) -> Finding {
    let api = door.api();
    let opened = match api.app_token() {
        Ok(token) => api.call_as::<Line>(token, "apps.connections.open", &[]).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(_) => Finding::yes("connection", "Socket Mode is on"),
        Err(error) => missing("connection", &error),
    }
}

fn missing(point: &str, error: &ApiError) -> Finding {
    match error {
        ApiError::Missing(_) | ApiError::Refused { .. } => Finding::no(point, error.to_string()),
        _ => Finding::unknown(point, error.to_string()),
    }
}

/// Slack tells with each answer what the token may do.
fn permissions(headers: &HeaderMap) -> Finding {
    let told = headers.get("x-oauth-scopes").and_then(|scopes| scopes.to_str().ok());
    let Some(told) = told else {
        return Finding::unknown("permissions", "Slack does not tell the scopes");
    };
    let has = |scope: &str| told.split(',').any(|told| told.trim() == scope);
    let lacking: Vec<&str> = NEEDED.into_iter().filter(|scope| !has(scope)).collect();
    if !lacking.is_empty() {
        return Finding::no("permissions", format!("the app lacks {}", lacking.join(", ")));
    }
    let without = USEFUL.into_iter().filter(|(scope, _)| !has(scope));
    let without = without.map(|(scope, missed)| format!("without {scope} {missed}"));
    Finding::yes("permissions", without.collect::<Vec<_>>().join("; "))
}
