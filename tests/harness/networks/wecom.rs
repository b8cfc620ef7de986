//! WeCom's servers as its documents describe them: tokens, messages of an app, temporary material, the
//! directory, 微信客服.

mod app;
pub mod calls;
mod kf;

use super::{FarEnd, Held, SECRET};
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use channels::Outcome;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The corporation.
pub const CORP: &str = "ww1234567890abcdef";
/// Its app.
pub const AGENT: u64 = 1_000_002;
/// The key of its calls.
pub const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
/// Its first member, and its one customer.
pub const MEMBER: &str = "contact";
/// Its one account of 微信客服.
pub const ACCOUNT: &str = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q";
/// The token that a call carries, by which reading is free of limits.
pub(super) const CALL_TOKEN: &str = "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR";

/// What it saw, and what it does next.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every request, in order.
    pub asked: Vec<Asked>,
    /// Tokens that were given out; the last one is taken.
    pub tokens: usize,
    /// Is the token that was given last no longer taken?
    pub is_revoked: bool,
    /// Members beside the first.
    pub members: BTreeSet<String>,
    /// What the next requests to a path get instead.
    pub instead: VecDeque<(&'static str, Value)>,
    /// Other fields of the messages with these ids, laid over those of a plain text.
    pub fields: BTreeMap<String, Value>,
    /// Files that were uploaded: their sort, their name and their bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// Calls for more messages say so and give none.
    pub is_coy: bool,
    /// The state of the customer's session.
    pub service_state: i64,
}

/// WeCom.
#[derive(Debug, Default)]
pub struct StandIn {
    /// What people say, and what reached them.
    pub far_end: FarEnd,
    /// What it saw, and what it does next.
    pub seen: Watched<Seen>,
}

/// An answer that is in order.
fn good(more: &Value) -> Answered {
    let mut answer = json!({ "errcode": 0, "errmsg": "ok" });
    for (key, value) in more.as_object().unwrap() {
        answer[key] = value.clone();
    }
    Answered::Json(200, answer)
}

/// A refusal, in the network's words.
fn bad(code: i64, words: &str) -> Answered {
    let hint = "hint: [1615478585_30_8e3bc0], from ip: 203.0.113.7, more info at \
                https://open.work.weixin.qq.com/devtool/query";
    Answered::Json(200, json!({ "errcode": code, "errmsg": format!("{words}, {hint}?e={code}") }))
}

impl StandIn {
    fn is_down(&self) -> bool {
        self.far_end.fetch(usize::MAX).is_err()
    }

    fn token(&self, asked: &Asked) -> Answered {
        if asked.query.get("corpid").map(String::as_str) != Some(CORP) {
            return bad(40013, "invalid corpid");
        }
        if asked.query.get("corpsecret").map(String::as_str) != Some(SECRET) {
            return bad(40001, "invalid credential");
        }
        let n = self.seen.change(|seen| {
            (seen.tokens, seen.is_revoked) = (seen.tokens + 1, false);
            seen.tokens
        });
        good(&json!({ "access_token": format!("token-{n}"), "expires_in": 7200 }))
    }

    /// What is wrong with the access token, if anything.
    fn token_problem(&self, asked: &Asked) -> Option<Answered> {
        let token = asked.query.get("access_token").cloned().unwrap_or_default();
        self.seen.look(|seen| match () {
            () if token.is_empty() => Some(bad(41001, "access_token missing")),
            () if token != format!("token-{}", seen.tokens) => {
                Some(bad(40014, "invalid access_token"))
            }
            () if seen.is_revoked => Some(bad(42001, "access_token expired")),
            () => None,
        })
    }

    /// Carries words to the person, as the far end's mood is.
    fn carry(&self, to: &str, words: &str, gone: i64, sent: &Value) -> Answered {
        match self.far_end.carry_to(to, words) {
            Err(Held) => Answered::Held,
            Ok(Outcome::Sent(_)) => good(sent),
            Ok(Outcome::RecipientGone) => bad(gone, "user & party & tag all invalid"),
            Ok(_) => Answered::Cut,
        }
    }

    fn is_member(&self, user: &str) -> bool {
        user == MEMBER || self.seen.look(|seen| seen.members.contains(user))
    }
}

impl Network for StandIn {
    fn answer(&self, asked: &Asked) -> Answered {
        self.seen.change(|seen| seen.asked.push(asked.clone()));
        if self.is_down() {
            return Answered::Cut;
        }
        let path = asked.path.strip_prefix("/cgi-bin/").unwrap_or_default();
        if path == "gettoken" {
            return self.token(asked);
        }
        if let Some(problem) = self.token_problem(asked) {
            return problem;
        }
        let instead = self.seen.change(|seen| {
            let place = seen.instead.iter().position(|(wanted, _)| *wanted == path);
            place.and_then(|place| seen.instead.remove(place))
        });
        if let Some((_, answer)) = instead {
            return Answered::Json(200, answer);
        }
        match path.strip_prefix("kf/") {
            Some(path) => self.kf(path, asked),
            None => self.app(path, asked),
        }
    }

    fn talk(&self, _asked: Asked, _line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
