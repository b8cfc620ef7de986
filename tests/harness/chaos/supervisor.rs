//! The supervisor, who gives somebody a conversation by hand now and then.

use crate::api::Api;
use crate::dice::Dice;
use crate::pace::pause;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Steps in up to twice. What is refused is refused: the agent may be full or away.
pub(super) async fn steps_in(api: Api, ports: Vec<u16>, mut dice: Dice) {
    for _ in 0..dice.between(0, 2) {
        pause(dice.between(100, 900)).await;
        let api = api.moved_to(*dice.pick(&ports));
        let queue = *dice.pick(&["tax", "insurance"]);
        let agent = *dice.pick(&["ming", "li", "wang"]);
        // Whoever does not answer in time has not been asked again: people have other work.
        timeout(ANSWER_WITHIN, gives(&api, queue, agent)).await.ok();
    }
}

async fn gives(api: &Api, queue: &str, agent: &str) -> Option<()> {
    let path = format!("/v1/queues/{queue}/waiting?limit=10");
    let waiting = api.try_call(Method::GET, &path, None, &[]).await.ok()?.body;
    let conversation = waiting.as_array().and_then(|list| list.first())?["id"].as_str()?.to_owned();
    let body: Value = json!({ "agent": agent });
    let path = format!("/v1/conversations/{conversation}/assign");
    api.try_call(Method::POST, &path, Some(body.to_string().into_bytes()), &[]).await.ok()?;
    Some(())
}
