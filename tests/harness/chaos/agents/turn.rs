//! What an agent may do with a conversation besides answering and closing: once for each that this
//! agent holds, after the first answer.

use super::{ANSWER_WITHIN, Outcome, Work};
use crate::token::now_secs;
use serde_json::json;
use uuid::Uuid;

const QUEUES: [&str; 2] = ["tax", "insurance"];
const COLLEAGUES: [&str; 3] = ["ming", "li", "wang"];

impl Work {
    /// A note, a transfer, a snooze; mostly nothing.
    pub(super) async fn takes_turn(&mut self, conversation: &str) {
        match self.dice.below(100) {
            0..15 => self.notes(conversation).await,
            15..24 => {
                let queue = *self.dice.pick(&QUEUES);
                self.passes_on(conversation, json!({ "queue": queue })).await;
            }
            24..32 => {
                let colleague = *self.dice.pick(&COLLEAGUES);
                self.passes_on(conversation, json!({ "agent": colleague, "note": "over to you" }))
                    .await;
            }
            32..42 => self.snoozes(conversation).await,
            _ => {}
        }
    }

    async fn notes(&mut self, conversation: &str) {
        let id = Uuid::now_v7().to_string();
        let text = format!("{} notes {id}", self.agent.name);
        let frame =
            json!({ "type": "note", "client_id": id, "conversation": conversation, "text": text });
        if self.agent.tries("note", frame.clone(), ANSWER_WITHIN).await == Outcome::Ok {
            self.keeps_word(conversation, &frame);
        }
    }

    async fn passes_on(&mut self, conversation: &str, whereto: serde_json::Value) {
        if self.posts(conversation, "transfer", whereto).await.is_some_and(|a| a.status < 300) {
            self.is_rid_of(conversation).await;
        }
    }

    /// It wakes after a second or two, or at the visitor's next word.
    async fn snoozes(&mut self, conversation: &str) {
        let until = (now_secs() + 2) * 1_000;
        let answer = self.posts(conversation, "snooze", json!({ "until": until })).await;
        if answer.is_some_and(|answer| answer.status < 300) {
            self.is_rid_of(conversation).await;
        }
    }
}
