//! The function library: joins `lua/`, loads it into Redis, and finds the place of an error.
//!
//! Names carry the version (`hutong_v1`, `v1_accept_offer`), so a new gateway loads its own library
//! beside the one that an older gateway still calls. A library of the same version with another
//! text is refused: somebody changed code without changing its name (ADR-0001).

use crate::error::RoutingError;
use crate::store::Store;
use sha2::{Digest, Sha256};

/// The library's version: part of every function's name.
pub const VERSION: &str = "v1";

macro_rules! sources {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../lua/", $file)))),*]
    };
}

/// Every source file in the order in which it is joined: shared helpers first.
pub const SOURCES: &[(&str, &str)] = sources![
    "shared/a_base.lua",
    "shared/b_text.lua",
    "shared/c_conversation.lua",
    "shared/c_log.lua",
    "shared/d_agent.lua",
    "shared/e_match.lua",
    "shared/f_asking.lua",
    "shared/f_life.lua",
    "shared/g_delivery.lua",
    "shared/h_call.lua",
    "functions/accept_offer.lua",
    "functions/announce.lua",
    "functions/append_notice.lua",
    "functions/archive.lua",
    "functions/assign.lua",
    "functions/attend.lua",
    "functions/begin_idempotent.lua",
    "functions/cancel_callback.lua",
    "functions/change_queue.lua",
    "functions/claim_deliveries.lua",
    "functions/close.lua",
    "functions/decline_offer.lua",
    "functions/describe.lua",
    "functions/dispatch.lua",
    "functions/end_call.lua",
    "functions/end_wrap_up.lua",
    "functions/estimate.lua",
    "functions/finish_idempotent.lua",
    "functions/heartbeat.lua",
    "functions/lay_bookmark.lua",
    "functions/leave_address.lua",
    "functions/mail_unread.lua",
    "functions/mark_read.lua",
    "functions/mark_received.lua",
    "functions/note_call.lua",
    "functions/place_call.lua",
    "functions/post_word.lua",
    "functions/prune_deliveries.lua",
    "functions/push_unread.lua",
    "functions/read_conversation.lua",
    "functions/receive_message.lua",
    "functions/record_delivery.lua",
    "functions/remove_agent.lua",
    "functions/renew_delivery.lua",
    "functions/request_callback.lua",
    "functions/retry_delivery.lua",
    "functions/run_timers.lua",
    "functions/send_message.lua",
    "functions/send_transcript.lua",
    "functions/set_agent.lua",
    "functions/set_presence.lua",
    "functions/snooze.lua",
    "functions/steer_call.lua",
    "functions/take_call.lua",
    "functions/take_duty.lua",
    "functions/take_tokens.lua",
    "functions/transfer.lua",
    "functions/withdraw_address.lua",
];

/// The library's name in Redis.
pub fn name() -> String {
    format!("hutong_{VERSION}")
}

/// The whole text: a header, the digest of the sources, then each file in a scope of its own, so
/// that a file's locals are its own affair.
pub fn text() -> String {
    let mut digest = Sha256::new();
    for (_, source) in SOURCES {
        digest.update(source.as_bytes());
    }
    let digest: String =
        digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut text = format!("#!lua name={}\n-- digest {digest}\n", name());
    for (file, source) in SOURCES {
        if *file == "shared/a_base.lua" {
            text.push_str(source);
        } else {
            text.push_str("do\n");
            text.push_str(source);
            text.push_str("end\n");
        }
    }
    text
}

/// The file and line of a line of the joined text: errors count from the top of all of it.
pub fn locate(line: usize) -> Option<(&'static str, usize)> {
    let mut start = 2;
    for (file, source) in SOURCES {
        let opens = usize::from(*file != "shared/a_base.lua");
        let lines = source.lines().count();
        if line > start + opens && line <= start + opens + lines {
            return Some((file, line - start - opens));
        }
        start += lines + 2 * opens;
    }
    None
}

/// A script error's text with the place in the sources instead of that in the joined text.
pub(crate) fn explain(detail: &str) -> String {
    let place = detail
        .match_indices("user_function:")
        .chain(detail.match_indices("@user_script:"))
        .find_map(|(at, marker)| {
            let rest = detail.get(at + marker.len()..)?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            locate(digits.parse().ok()?)
        });
    match place {
        Some((file, line)) => format!("{file}:{line}: {detail}"),
        None => detail.to_owned(),
    }
}

/// Loads the library unless it is there; refuses another text under the same version.
///
/// # Errors
/// [`RoutingError::Unsuitable`] for another text, [`RoutingError::Unavailable`] without Redis.
pub async fn load(store: &Store) -> Result<(), RoutingError> {
    let text = text();
    let mut list = redis::cmd("FUNCTION");
    list.arg("LIST").arg("LIBRARYNAME").arg(name()).arg("WITHCODE");
    let found = store.run("function_list", &list).await?;
    match library_code(&found) {
        Some(code) if code == text => return Ok(()),
        Some(_) => {
            return Err(RoutingError::Unsuitable(format!(
                "it holds a library `{}` with another text; drop it with `hutong admin drop-library` \
                 when no gateway runs, or use the release that loaded it",
                name()
            )));
        }
        None => {}
    }
    let mut load = redis::cmd("FUNCTION");
    load.arg("LOAD").arg(&text);
    match store.run("function_load", &load).await {
        Ok(_) => Ok(()),
        // Another gateway was faster.
        Err(RoutingError::Script { place, .. }) if place.contains("already exists") => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes the library of a version, such as `v1`; false when there is none. Only for a version that
/// no gateway uses any more.
///
/// # Errors
/// [`RoutingError::BadArgument`] for a version that is none, [`RoutingError::Unavailable`] without
/// Redis.
pub async fn drop_version(store: &Store, version: &str) -> Result<bool, RoutingError> {
    let number = version.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
    let number = number.ok_or_else(|| {
        RoutingError::BadArgument(format!("`{version}` is no version such as `v1`"))
    })?;
    let mut delete = redis::cmd("FUNCTION");
    delete.arg("DELETE").arg(name().replace(VERSION, &format!("v{number}")));
    match store.run("function_delete", &delete).await {
        Ok(_) => Ok(true),
        Err(RoutingError::Script { place, .. }) if place.contains("not found") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Finds `library_code` in a FUNCTION LIST reply of either protocol, on any node.
fn library_code(value: &redis::Value) -> Option<String> {
    use redis::Value;
    let is_code = |key: &Value| matches!(text_of(key).as_deref(), Some("library_code"));
    match value {
        Value::Map(pairs) => {
            pairs.iter().find_map(
                |(key, value)| {
                    if is_code(key) { text_of(value) } else { library_code(value) }
                },
            )
        }
        Value::Array(items) => items
            .windows(2)
            .find_map(|pair| match pair {
                [key, value] if is_code(key) => text_of(value),
                _ => None,
            })
            .or_else(|| items.iter().find_map(library_code)),
        _ => None,
    }
}

fn text_of(value: &redis::Value) -> Option<String> {
    match value {
        redis::Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        redis::Value::SimpleString(text) => Some(text.clone()),
        redis::Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}
