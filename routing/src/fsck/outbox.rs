//! What the outbox's boxes should hold, from its deliveries.

use super::Dump;
use super::expect::{ANY, get, put};

pub(super) fn indexes(dump: &mut Dump, found: &Dump) {
    for (key, delivery) in found {
        let Some(id) = key.strip_prefix("delivery:") else { continue };
        match get(delivery, "state") {
            "dead" => put(dump, "dead".to_owned(), id, ANY),
            "pending" | "sending" | "retrying" => {
                let endpoint = get(delivery, "endpoint");
                put(dump, format!("box:{endpoint}"), id, get(delivery, "place"));
                put(dump, "boxes".to_owned(), endpoint, ANY);
            }
            _ => {}
        }
    }
}
