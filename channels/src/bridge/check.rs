//! Tries the settings at the bridge, and the way back from there.

use super::Bridge;
use crate::adapter::Finding;
use crate::http::Answer;
use serde_json::{Value, json};

/// The longest name that a bridge may give itself, in characters.
const NAME_MAX: usize = 100;

impl Bridge {
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
        let connection = Finding::yes("connection", name(&answer));
        let credentials = match answer.status {
            200..=299 => Finding::yes("credentials", ""),
            401 | 403 => Finding::no("credentials", "the bridge does not take our signature"),
            status => {
                let detail = format!("the bridge says HTTP {status}");
                return vec![Finding::no("connection", detail)];
            }
        };
        let callback = if self.was_called(&id).await {
            Finding::yes("callback", "the bridge reached us")
        } else {
            let detail = "the bridge did not post an event of the type `check` with the check's id \
                          before it answered";
            Finding::unknown("callback", detail)
        };
        vec![connection, credentials, callback]
    }
}

/// What the bridge calls itself.
fn name(answer: &Answer) -> String {
    let told: Value = answer.json().unwrap_or_default();
    let name = told.get("name").and_then(Value::as_str).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect()
}
