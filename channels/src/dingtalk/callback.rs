//! HTTP mode: DingTalk calls us with each message.
//!
//! `sign` is the HMAC-SHA256 of `timestamp` and the app's secret under that secret: it covers the time and
//! *not the body* (source: open.dingtalk.com, 机器人接收消息, 验证签名). Whoever sees one call can send
//! another body with it while it is fresh; so a sender is only claimed here, a time more than five minutes
//! away is refused, and the message's id keeps it from being taken twice. Stream mode has no such gap.

use super::DingTalk;
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::error::AdapterError;
use crate::inbound::Assurance;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// How far the time of a call may be from ours, in milliseconds.
const CLOCK_MS_MAX: u64 = 5 * 60_000;

impl DingTalk {
    pub(super) async fn called_back(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        self.is_authentic(request).ok_or(AdapterError::NotAuthentic)?;
        let said: Value = serde_json::from_slice(&request.body)
            .map_err(|error| AdapterError::Malformed(format!("{:?}", error.classify())))?;
        self.take_in(&said, Assurance::Claimed, inlet).await?;
        Ok(RawReply::json(200, &json!({})))
    }

    fn is_authentic(&self, request: &RawRequest) -> Option<()> {
        let secret = Some(self.api.config.client_secret.reveal()).filter(|key| !key.is_empty())?;
        let timestamp = request.header("timestamp")?;
        let time: i64 = timestamp.parse().ok()?;
        let sign = STANDARD.decode(request.header("sign")?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(timestamp.as_bytes());
        mac.update(b"\n");
        mac.update(secret.as_bytes());
        mac.verify_slice(&sign).ok()?;
        (time.abs_diff(self.api.means.clock.now().0) <= CLOCK_MS_MAX).then_some(())
    }
}
