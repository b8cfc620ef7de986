//! Stand-ins for push services, as their documents describe them. Apple's is in Python, where HTTP/2 is at
//! hand (`tests/peers/push/apple.py`).

pub mod fcm;
pub mod huawei;
pub mod jpush;
pub mod web;

use crate::cloud::{Answered, Asked};
use reqwest::Url;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a service saw, and what it does next.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every request, in order.
    pub asked: Vec<Asked>,
    /// What devices show: everything that was taken, and nothing twice that the service knows as one.
    pub shown: Vec<Value>,
    /// Devices' tokens that are no longer any.
    pub dead: BTreeSet<String>,
    /// Access tokens that were given out; the last one is taken.
    pub access_tokens: usize,
    /// Is the access token that was given last no longer taken?
    pub is_revoked: bool,
    /// What the next requests under a path get instead.
    pub instead: VecDeque<(&'static str, Answered)>,
}

impl Seen {
    /// Notes a request, and gives what it gets instead of an answer, if anything.
    fn note(&mut self, asked: &Asked) -> Option<Answered> {
        self.asked.push(asked.clone());
        let place = self.instead.iter().position(|(path, _)| *path == asked.path)?;
        self.instead.remove(place).map(|(_, answered)| answered)
    }

    /// Gives an access token out.
    fn give_access(&mut self) -> String {
        (self.access_tokens, self.is_revoked) = (self.access_tokens + 1, false);
        format!("access-{}", self.access_tokens)
    }

    /// Is this the access token that was given last?
    fn lets_in(&self, asked: &Asked) -> bool {
        let bearer = asked.headers.get("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let is_last = bearer == Some(&format!("access-{}", self.access_tokens));
        self.access_tokens > 0 && !self.is_revoked && is_last
    }

    /// How often a path was asked for.
    pub fn calls(&self, path: &str) -> usize {
        self.asked.iter().filter(|asked| asked.path == path).count()
    }
}

/// The fields of a form.
fn form(asked: &Asked) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(&asked.body);
    let url = Url::parse(&format!("http://x/?{body}")).unwrap();
    url.query_pairs().into_owned().collect()
}
