//! What the outbox's boxes should hold, from its deliveries.

use super::Dump;
use super::expect::{ANY, get, put};
use domain::desk::PUSH_BOX_PREFIX;

pub(super) fn indexes(dump: &mut Dump, found: &Dump) {
    for (key, delivery) in found {
        let Some(id) = key.strip_prefix("delivery:") else { continue };
        match get(delivery, "state") {
            "dead" => put(dump, "dead".to_owned(), id, ANY),
            "pending" | "sending" | "retrying" => {
                let endpoint = get(delivery, "endpoint");
                put(dump, format!("box:{endpoint}"), id, get(delivery, "place"));
                put(dump, boxes(endpoint), endpoint, ANY);
            }
            _ => {}
        }
    }
}

/// The boxes among which an endpoint's is claimed: notifications have some for each provider.
fn boxes(endpoint: &str) -> String {
    let provider = endpoint.strip_prefix(PUSH_BOX_PREFIX).and_then(|rest| rest.split_once('-'));
    provider.map_or_else(|| "boxes".to_owned(), |(provider, _)| format!("boxes:{provider}"))
}
