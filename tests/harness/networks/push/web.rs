//! A push service of the web (RFC 8030), which cannot read what it passes on. UnifiedPush's distributors
//! are no different.

use super::Seen;
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// A push service.
#[derive(Debug, Default)]
pub struct Web {
    /// What it saw, and what it does next. What it passed on stands in `asked` with its bytes.
    pub seen: Watched<Seen>,
}

impl Network for Web {
    fn answer(&self, asked: &Asked) -> Answered {
        if let Some(instead) = self.seen.change(|seen| seen.note(asked)) {
            return instead;
        }
        let header = |name: &str| asked.headers.get(name).map_or("", String::as_str);
        let topic = header("topic");
        let is_url_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let problem = match () {
            () if asked.method != "POST" => "only POST",
            () if header("ttl").parse::<u64>().is_err() => "no TTL",
            () if header("content-encoding") != "aes128gcm" => "no aes128gcm",
            () if !header("authorization").starts_with("vapid t=") => "no vapid",
            () if topic.len() > 32 || !topic.bytes().all(is_url_safe) => "bad Topic",
            () if !["", "very-low", "low", "normal", "high"].contains(&header("urgency")) => {
                "bad Urgency"
            }
            () if asked.body.len() > 4_096 => return Answered::Json(413, Value::Null),
            () if self.seen.look(|seen| seen.dead.contains(&asked.path)) => {
                return Answered::Json(410, json!({ "errno": 106 }));
            }
            () => return Answered::With(201, ("Location", "/m/1".to_owned()), Value::Null),
        };
        Answered::Json(400, json!({ "message": problem }))
    }

    fn talk(&self, _asked: Asked, _line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
