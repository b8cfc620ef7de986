//! Tries the settings at the bridge, and the way back from there. Nobody is rung.

use super::PhoneBridge;
use crate::adapter::Finding;
use serde_json::json;

impl PhoneBridge {
    /// Posts a check. The bridge posts an event of the same id before it answers, which proves the way
    /// back.
    pub(super) async fn try_settings(&self) -> Vec<Finding> {
        if let Some(missing) = self.config.missing() {
            return vec![Finding::no("credentials", format!("{missing} is missing"))];
        }
        let id = format!("check_{:032x}", rand::random::<u128>());
        let answer = match self.post(&id, &json!({ "type": "check", "id": id })).await {
            Ok(answer) => answer,
            Err(error) => return vec![Finding::no("connection", error.to_string())],
        };
        let credentials = match answer.status {
            200..=299 => Finding::yes("credentials", ""),
            401 | 403 => Finding::no("credentials", "the bridge does not take our signature"),
            status => {
                return vec![Finding::no("connection", format!("the bridge says HTTP {status}"))];
            }
        };
        let callback = if self.was_called(&id).await {
            Finding::yes("callback", "the bridge reached us")
        } else {
            let detail = "the bridge did not post an event of the type `check` with the check's id \
                          before it answered";
            Finding::unknown("callback", detail)
        };
        vec![Finding::yes("connection", ""), credentials, callback]
    }
}
