//! DingTalk in Stream mode: one gateway keeps the line, both answer, and what is not acknowledged comes
//! again.

use super::storm::{PEOPLE, Storm, desk, faults_of_the_run, person, word, words_of_the_run};
use serde_json::json;
use std::sync::Arc;
use tests::cloud::Cloud;
use tests::networks::SECRET;
use tests::networks::dingtalk::StandIn;
use tests::pace::pause;
use tests::{DeskFile, Dice};
use tokio::task::JoinSet;

/// How a robot writes to one person.
const SEND: &str = "/v1.0/robot/oToMessages/batchSend";
/// The same by the session of a message.
const SESSION: &str = "/robot/sendBySession";

struct DingTalk {
    network: Arc<StandIn>,
    cloud: Cloud,
}

impl DingTalk {
    fn start() -> Self {
        let mut network = None;
        let cloud = Cloud::start(|address| network.insert(Arc::new(StandIn::at(address))).clone());
        Self { network: network.unwrap(), cloud }
    }

    fn desk(&self) -> DeskFile {
        let settings = json!({
            "client_id": "dingue4kfzdxbyn0pjqd", "client_secret": SECRET,
            "api_base_url": self.cloud.url(), "oapi_base_url": self.cloud.url(),
        });
        desk("dingtalk", settings)
    }

    /// The next request to a path is answered so.
    fn answers(&self, path: &'static str, status: u16, body: serde_json::Value) {
        self.network.seen.change(|seen| seen.instead.push_back((path, status, body)));
    }

    fn revokes(&self) -> bool {
        self.network.seen.change(|seen| {
            let is_news = seen.tokens > 0 && !seen.is_revoked;
            seen.is_revoked = true;
            is_news
        })
    }
}

/// A person writes so many words.
async fn write_as(person: String, words: usize, network: Arc<StandIn>, mut dice: Dice) {
    for n in 0..words {
        let id = format!("msg{n}.{person}");
        network.seen.change(|seen| seen.speakers.insert(id.clone(), person.clone()));
        network.far_end.hears(&id, &word(&person, n));
        let ms = dice.between(50, 1_500);
        pause(ms).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_over_the_stream_loses_nothing_doubles_nothing_and_keeps_the_order() {
    let words = words_of_the_run(15);
    let faults = faults_of_the_run(words);
    let cloud = DingTalk::start();
    let network = &cloud.network;
    // Every frame comes three times.
    network.seen.change(|seen| seen.repeats = 2);
    let mut storm = Storm::begins(cloud.desk(), 20_262).await;
    let (mut people, mut revoked) = (JoinSet::new(), 0);
    for n in 0..PEOPLE {
        people.spawn(write_as(person(n), words, network.clone(), storm.dice.split()));
    }
    let throw = async |storm: &mut Storm, n: usize| match n % 9 {
        0 | 5 => network.cuts_lines(),
        1 => revoked += usize::from(cloud.revokes()),
        // One that commits and is not heard leaves more in hand: it takes a minute until that is free.
        2 if n > 9 => storm.kills_an_unheard_gateway().await,
        2 => storm.kills_a_gateway().await,
        3 => cloud.answers(SEND, 429, json!({ "code": "Throttling.Api", "message": "qps" })),
        4 => network.far_end.dies_after_taking(),
        // From now on answers go by the sessions of messages, as long as those live.
        6 => network.seen.change(|seen| seen.has_sessions = !seen.has_sessions),
        7 => cloud.answers(SESSION, 200, json!({ "errcode": 300_001, "errmsg": "session 不存在" })),
        _ => cloud.answers(SESSION, 503, json!({ "code": "ServiceUnavailable", "message": "" })),
    };
    storm.blows(people, (words, faults), throw).await;
    storm.is_judged(&network.far_end, words).await;
    let (tokens, lines) = (network.seen.look(|seen| seen.tokens), network.far_end.connections());
    assert!(tokens <= 1 + revoked + storm.kills(), "{tokens} tokens, {revoked} revoked");
    assert!(lines > 2, "the line was opened again: {lines}");
}
