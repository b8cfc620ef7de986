//! WeCom's side of a callback: it calls, waits five seconds, and calls again, three times in all
//! (接收消息与事件, document 90238).

use super::super::storm::word;
use channels::RawRequest;
use std::time::Duration;
use tests::Dice;
use tests::networks::wecom::calls;
use tests::pace::pause;

/// How often one event is tried.
const TRIES: usize = 3;
/// How long one answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What calls the gateways, as a network behind a balancer does: any of them.
#[derive(Clone)]
pub(super) struct Callers {
    ports: [u16; 2],
    client: reqwest::Client,
    dice: Dice,
}

impl Callers {
    pub(super) fn new(ports: [u16; 2], dice: Dice) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_WITHIN).build().unwrap();
        Self { ports, client, dice }
    }

    /// Calls a gateway; the status of its answer, if there is one.
    pub(super) async fn try_at(&self, gateway: usize, request: &RawRequest) -> Option<u16> {
        self.answer_at(gateway, request).await.map(|(status, _)| status)
    }

    /// The same with the body.
    pub(super) async fn answer_at(
        &self,
        gateway: usize,
        request: &RawRequest,
    ) -> Option<(u16, String)> {
        let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
        let url = format!("http://127.0.0.1:{}/v1/callbacks/wecom?{query}", self.ports[gateway]);
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap();
        let call = self.client.request(method, url).body(request.body.clone());
        let answer = call.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    }

    /// Calls until a gateway has it: one, or both at the same time.
    pub(super) async fn is_taken(&mut self, request: &RawRequest) {
        for _ in 0..TRIES {
            let first = self.dice.below(2);
            let answers = if self.dice.percent(30) {
                let both = (self.try_at(0, request), self.try_at(1, request));
                let (one, other) = tokio::join!(both.0, both.1);
                vec![one, other]
            } else {
                let one = self.try_at(first, request).await;
                if one == Some(200) {
                    vec![one]
                } else {
                    vec![one, self.try_at(1 - first, request).await]
                }
            };
            for answer in &answers {
                assert!(matches!(answer, None | Some(200 | 503)), "an authentic call: {answer:?}");
            }
            if answers.contains(&Some(200)) {
                return;
            }
            pause(200).await;
        }
        panic!("the network gives an event up");
    }

    /// Calls again with something that was taken, whatever becomes of it.
    async fn calls_again(&mut self, request: &RawRequest) {
        let gateway = self.dice.below(2);
        let answer = self.try_at(gateway, request).await;
        assert!(matches!(answer, None | Some(200 | 503)), "an authentic call: {answer:?}");
    }

    /// A person writes so many words. Each is redelivered at once, and after the next one again.
    pub(super) async fn write_as(mut self, person: String, words: usize) {
        let mut before = None;
        for n in 0..words {
            // Ids of all people are different: they count the messages of the corporation.
            let id = format!("{person}{n:04}").replace("person", "70000");
            let request = calls::post(&calls::text_of(&person, &id, &word(&person, n)));
            self.is_taken(&request).await;
            self.calls_again(&request).await;
            if let Some(before) = before.replace(request) {
                self.calls_again(&before).await;
            }
            let ms = self.dice.between(50, 1_200);
            pause(ms).await;
        }
    }
}
