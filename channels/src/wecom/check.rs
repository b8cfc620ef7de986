//! Tries the settings at WeCom, without writing to anybody.

use super::WeCom;
use super::api::Api;
use crate::adapter::Finding;
use serde::Deserialize;

#[derive(Deserialize)]
struct AgentAnswer {
    #[serde(default)]
    name: String,
}

pub(super) async fn check(app: &WeCom) -> Vec<Finding> {
    vec![credentials(&app.api).await, permissions(app).await, callbacks(&app.api)]
}

async fn permissions(app: &WeCom) -> Finding {
    const POINT: &str = "permissions";
    if app.agent_id == 0 {
        return Finding::no(POINT, "the setting `agent_id` is missing");
    }
    let id = app.agent_id.to_string();
    match app.api.get::<AgentAnswer>("agent/get", &[("agentid", &id)]).await {
        Ok(agent) => Finding::yes(POINT, agent.name),
        Err(failure) => Finding::no(POINT, failure.to_string()),
    }
}

/// Are the credentials taken?
pub(super) async fn credentials(api: &Api) -> Finding {
    match api.fetch_token().await {
        Ok(_) => Finding::yes("credentials", ""),
        Err(failure) => Finding::no("credentials", failure.to_string()),
    }
}

/// Can callbacks be read? Whether they come is seen only when the network tries.
pub(super) fn callbacks(api: &Api) -> Finding {
    match api.account().seal {
        None => Finding::no("callback", "the settings `token` and `encoding_aes_key` are missing"),
        Some(_) => Finding::unknown(
            "callback",
            "WeCom tries the address when it is saved there (接收消息 → 设置API接收)",
        ),
    }
}
