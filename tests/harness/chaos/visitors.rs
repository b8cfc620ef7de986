//! Visitors who keep at it: what is not acknowledged is said again, by the same id, at any gateway.

use crate::api::Api;
use crate::dice::Dice;
use crate::history::History;
use crate::pace::pause;
use crate::visitor::{Acked, Seen, TestVisitor};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A word that takes longer than this to be acknowledged is a word that the house lost.
const WORD_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);
/// So many of a hundred have one more question after the end.
const REOPENS_PERCENT: u64 = 20;

/// What a visitor will do.
#[derive(Debug)]
pub struct Plan {
    /// The name in the history, and the beginning of every word.
    pub name: String,
    /// What it is about.
    pub topic: &'static str,
    /// How many words.
    pub words: usize,
    /// The gateways.
    pub ports: Vec<u16>,
    /// Its own chance.
    pub dice: Dice,
}

/// What became of it.
#[derive(Debug)]
pub struct Visit {
    /// The name.
    pub name: String,
    /// Every acknowledged word: text and ack.
    pub acked: Vec<(String, Acked)>,
    /// The transcript: seq and message.
    pub transcript: Vec<Value>,
    /// What went wrong.
    pub violations: Vec<String>,
}

/// Comes, talks, leaves.
pub async fn talks(mut plan: Plan, history: History) -> Visit {
    let mut visitor = comes(&mut plan).await.recorded_in(&history, &plan.name);
    let mut visit = Visit {
        name: plan.name.clone(),
        acked: Vec::new(),
        transcript: Vec::new(),
        violations: Vec::new(),
    };
    for n in 0..plan.words {
        let is_last = n + 1 == plan.words;
        let text = format!("{}/w{n}{}", plan.name, if is_last { "/last" } else { "" });
        let word = visitor.word(&text, json!({ "topic": plan.topic }));
        match insists(&mut visitor, &word, &mut plan).await {
            Some(acked) => {
                // The same word once more is the same message (I2).
                if plan.dice.percent(15)
                    && let Some(again) = insists(&mut visitor, &word, &mut plan).await
                    && again != acked
                {
                    visit.violations.push(format!("I2 {text}: {acked:?} and then {again:?}"));
                }
                visit.acked.push((text, acked));
            }
            None => visit.violations.push(format!("{text}: no ack within {WORD_WITHIN:?}")),
        }
        pause(plan.dice.between(0, 60)).await;
    }
    leaves(&mut visitor, &mut plan).await;
    if plan.dice.percent(REOPENS_PERCENT) {
        comes_again(&mut visitor, &mut plan, &mut visit).await;
    }
    catches_up(&mut visitor, &mut plan, &mut visit).await;
    visit
}

/// A session, at whichever gateway answers.
async fn comes(plan: &mut Plan) -> TestVisitor {
    let until = Instant::now() + WORD_WITHIN;
    loop {
        let api = Api::at(*plan.dice.pick(&plan.ports));
        let body = json!({ "locale": "zh-CN" }).to_string().into_bytes();
        let path = "/v1/chat/website/sessions";
        let call = api.try_call(reqwest::Method::POST, path, Some(body), &[]);
        if let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(3), call).await
            && answer.status < 300
        {
            return TestVisitor::from_session(&api, "website", &answer.body);
        }
        assert!(Instant::now() < until, "{}: no session within {WORD_WITHIN:?}", plan.name);
        pause(plan.dice.between(20, 100)).await;
    }
}

/// Says a word until it is acknowledged.
async fn insists(visitor: &mut TestVisitor, word: &Value, plan: &mut Plan) -> Option<Acked> {
    let until = Instant::now() + WORD_WITHIN;
    while Instant::now() < until {
        if visitor.is_cut_off() {
            reconnects(visitor, plan).await;
        }
        if let Some(acked) = visitor.tries_to_say(word, ANSWER_WITHIN).await {
            return Some(acked);
        }
        if plan.dice.percent(30) {
            visitor.loses_connection();
        }
        pause(plan.dice.between(10, 80)).await;
    }
    None
}

async fn reconnects(visitor: &mut TestVisitor, plan: &mut Plan) {
    visitor.moves_to(*plan.dice.pick(&plan.ports));
    if !visitor.tries_to_connect(Duration::from_secs(3)).await {
        visitor.loses_connection();
        pause(plan.dice.between(20, 100)).await;
    }
}

/// One more question, in the same conversation: its words continue where it was closed (I4).
async fn comes_again(visitor: &mut TestVisitor, plan: &mut Plan, visit: &mut Visit) {
    pause(plan.dice.between(0, 1_500)).await;
    let text = format!("{}/again/last", plan.name);
    let word = visitor.word(&text, json!({ "topic": plan.topic }));
    match insists(visitor, &word, plan).await {
        Some(acked) => visit.acked.push((text, acked)),
        None => visit.violations.push(format!("{text}: no ack within {WORD_WITHIN:?}")),
    }
    // The news that it is open again comes after the ack, or with the next welcome.
    let is_told =
        |seen: &Seen| (seen.state["state"] != "closed" || seen.ended.is_some()).then_some(());
    visitor.seen().within(ANSWER_WITHIN, is_told).await;
    let until = Instant::now() + WORD_WITHIN;
    while visitor.is_cut_off() && Instant::now() < until {
        reconnects(visitor, plan).await;
    }
    leaves(visitor, plan).await;
}

/// Waits a little for the agent to close, then ends it.
async fn leaves(visitor: &mut TestVisitor, plan: &mut Plan) {
    let is_over = |seen: &Seen| (seen.state["state"] == "closed").then_some(());
    let until = Instant::now() + WORD_WITHIN;
    let patience = Duration::from_millis(plan.dice.between(1_000, 3_000));
    if visitor.seen().within(patience, is_over).await.is_some() {
        return;
    }
    while Instant::now() < until && visitor.seen().look(|seen| is_over(seen).is_none()) {
        if visitor.is_cut_off() {
            reconnects(visitor, plan).await;
        }
        let end = visitor.word("", json!({}));
        let end = json!({ "type": "end", "client_id": end["client_id"] });
        visitor.sends(&end).await;
        visitor.seen().within(Duration::from_millis(500), is_over).await;
    }
}

/// Reads the end of the conversation, from whichever gateway.
async fn catches_up(visitor: &mut TestVisitor, plan: &mut Plan, visit: &mut Visit) {
    let until = Instant::now() + WORD_WITHIN;
    visitor.loses_connection();
    while visitor.is_cut_off() && Instant::now() < until {
        reconnects(visitor, plan).await;
    }
    visitor.seen().look(|seen| {
        visit.transcript = seen.transcript.messages().cloned().collect();
        visit
            .violations
            .extend(seen.transcript.violations.iter().map(|v| format!("I5 {}: {v}", plan.name)));
    });
}
