//! The replay has teeth: made-up histories, each with one thing that may never be.

use super::*;
use serde_json::json;

/// A history that is written down event by event, one commit each.
struct Story {
    replay: Replay,
    commits: Vec<Commit>,
}

impl Story {
    fn begins() -> Self {
        let desk = DeskFile::small().with_agent_changed("ming", json!({"capacity": {"units": 60}}));
        let mut story = Self { replay: Replay::of(&desk), commits: Vec::new() };
        story.presence("ming", "ready");
        story
    }

    fn commit(&mut self, events: &[Value]) -> &mut Self {
        let cursor = format!("{}-0", 1_000 * (self.commits.len() + 1));
        self.commits.push(Commit { cursor, events: events.to_vec() });
        self
    }

    fn presence(&mut self, agent: &str, presence: &str) -> &mut Self {
        self.commit(&[json!({ "type": "presence_changed", "agent": agent, "presence": presence })])
    }

    /// The violations, without their details.
    fn ends(&mut self) -> Vec<String> {
        let found = self.replay.replays(&self.commits);
        found.iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect()
    }
}

fn queued(id: &str, due: i64, reason: &str, lane: &str) -> Value {
    json!({ "type": "conversation_queued", "conversation": id, "due_at": due, "reason": reason,
        "lane": lane })
}

fn arrives(id: &str, due: i64) -> Value {
    queued(id, due, "arrival", "w|tax:3||")
}

fn offer(id: &str, agent: &str) -> Value {
    json!({ "type": "offer_made", "conversation": id, "agent": agent, "token": "ofr_1",
        "deadline": 5_500, "why": { "lane": "w|tax:3||" } })
}

fn of(kind: &str, id: &str, agent: &str) -> Value {
    json!({ "type": kind, "conversation": id, "agent": agent })
}

fn taken(id: &str, agent: &str, how: &str) -> Value {
    json!({ "type": "conversation_assigned", "conversation": id, "agent": agent, "how": how })
}

fn closed(id: &str, wrap_up: bool) -> Value {
    json!({ "type": "conversation_closed", "conversation": id, "from": "active", "wrap_up": wrap_up })
}

fn said(id: &str, seq: u64) -> Value {
    json!({ "type": "message_appended", "conversation": id, "message": { "seq": seq } })
}

#[test]
fn a_working_day_has_nothing_to_complain_of() {
    let mut story = Story::begins();
    story.commit(&[said("a", 1), arrives("a", 10), offer("a", "ming")]);
    story.commit(&[taken("a", "ming", "accepted"), said("a", 2)]);
    story.commit(&[arrives("b", 20), offer("b", "ming")]);
    story.commit(&[taken("b", "ming", "accepted")]);
    // Nobody has room for the third until one is over.
    story.commit(&[arrives("c", 30)]);
    story.commit(&[closed("a", true)]);
    story.commit(&[of("wrap_up_ended", "a", "ming"), offer("c", "ming")]);
    story
        .commit(&[of("offer_declined", "c", "ming"), queued("c", 30, "declined", "w|tax:3||ming")]);
    // Lost, and back in the old place.
    story.commit(&[
        json!({ "type": "presence_changed", "agent": "ming", "presence": "offline" }),
        of("conversation_released", "b", "ming"),
        queued("b", 20, "agent_lost", "w|tax:3||"),
    ]);
    assert_eq!(story.ends(), Vec::<String>::new());
}

#[test]
fn two_hands_on_one_conversation() {
    let mut story = Story::begins();
    story.presence("li", "ready");
    story.commit(&[arrives("a", 10), offer("a", "ming"), offer("a", "li")]);
    assert!(story.ends().contains(&"I7".to_owned()));

    let mut story = Story::begins();
    story.presence("li", "ready").commit(&[arrives("a", 10), offer("a", "ming")]);
    story.commit(&[taken("a", "ming", "accepted")]);
    story.commit(&[taken("a", "li", "manual")]);
    assert_eq!(story.ends(), ["I7"], "given away while it is held");

    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming")]);
    story.commit(&[taken("a", "li", "accepted")]);
    assert!(story.ends().contains(&"I7".to_owned()), "taken by somebody else");

    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming"), arrives("b", 20), offer("b", "ming")]);
    assert_eq!(story.ends(), ["I7"], "two offers at once");
}

#[test]
fn over_capacity() {
    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming"), taken("a", "ming", "accepted")]);
    story.commit(&[arrives("b", 20), offer("b", "ming"), taken("b", "ming", "accepted")]);
    story.commit(&[closed("a", true)]);
    story.commit(&[arrives("c", 30), offer("c", "ming")]);
    assert_eq!(story.ends(), ["I8"], "wrap-up holds its units");
}

#[test]
fn the_wrong_person() {
    let mut story = Story::begins();
    story.presence("wang", "ready");
    story.commit(&[arrives("a", 10), offer("a", "wang")]);
    assert_eq!(story.ends(), ["I9"], "no such skill");

    let mut story = Story::begins();
    story.presence("ming", "away").commit(&[arrives("a", 10), offer("a", "ming")]);
    assert_eq!(story.ends(), ["I9"], "on a break");

    let mut story = Story::begins();
    let excluded = json!({ "type": "offer_made", "conversation": "a", "agent": "ming",
        "why": { "lane": "w|tax:3||ming" } });
    story.commit(&[queued("a", 10, "arrival", "w|tax:3||ming"), excluded]);
    assert_eq!(story.ends(), ["I9"], "who declined is not asked again");
}

#[test]
fn the_wrong_order() {
    let mut story = Story::begins();
    story.presence("ming", "away");
    story.commit(&[arrives("early", 10)]).commit(&[arrives("late", 20)]);
    story.commit(&[
        json!({ "type": "presence_changed", "agent": "ming", "presence": "ready" }),
        offer("late", "ming"),
    ]);
    assert_eq!(story.ends(), ["I9"]);
}

#[test]
fn a_lost_place() {
    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming")]);
    story
        .commit(&[of("offer_declined", "a", "ming"), queued("a", 99, "declined", "w|tax:3||ming")]);
    assert_eq!(story.ends(), ["I16"]);
}

#[test]
fn a_conversation_left_waiting_beside_a_free_agent() {
    let mut story = Story::begins();
    story.commit(&[arrives("a", 10)]);
    assert_eq!(story.ends(), ["I10"]);
}

#[test]
fn a_lost_agent_who_keeps_a_conversation() {
    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming"), taken("a", "ming", "accepted")]);
    story.presence("ming", "offline");
    assert_eq!(story.ends(), ["I16"]);
}

#[test]
fn timers_that_are_early_or_come_twice() {
    let mut story = Story::begins();
    story.commit(&[arrives("a", 10), offer("a", "ming")]);
    let back = queued("a", 10, "expired", "w|tax:3||ming");
    story.commit(&[of("offer_expired", "a", "ming"), back]);
    story.commit(&[of("offer_expired", "a", "ming")]);
    assert_eq!(story.ends(), ["I11", "I11"], "before its deadline, and once more");
}

#[test]
fn a_hole_in_the_log() {
    let mut story = Story::begins();
    story.commit(&[said("a", 1), said("a", 3)]).commit(&[said("a", 3)]);
    assert_eq!(story.ends(), ["I5", "I5"]);
}
