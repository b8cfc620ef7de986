//! The demo desk that is published in `config/demo-desk.json` can be applied as it stands.

use domain::{Agent, Audience, Channel, ChannelKind, Desk, Queue, Role};
use std::collections::BTreeSet;

#[expect(clippy::unwrap_used, reason = "the file is part of the test")]
fn demo_desk() -> Desk {
    serde_json::from_str(include_str!("../../config/demo-desk.json")).unwrap()
}

#[test]
fn the_demo_desk_parses_and_has_no_problems() {
    assert_eq!(demo_desk().problems(), []);
}

#[test]
fn the_demo_desk_serves_all_three_audiences_by_web_chat() {
    let audiences: BTreeSet<Audience> = demo_desk()
        .channels
        .iter()
        .filter(|channel| channel.kind == ChannelKind::WebChat && channel.enabled)
        .map(|channel| channel.audience)
        .collect();
    assert_eq!(audiences, BTreeSet::from([Audience::Agency, Audience::Staff, Audience::Public]));
}

#[test]
fn every_demo_queue_can_be_served_at_its_first_rung() {
    let desk = demo_desk();
    for Queue { id, ladder, .. } in &desk.queues {
        let served = desk.agents.iter().any(|Agent { skills, .. }| {
            ladder[0].skills.iter().all(|(skill, level)| skills.get(skill) >= Some(level))
        });
        assert!(served, "nobody in the demo serves the first rung of `{id}`");
    }
}

#[test]
fn every_demo_topic_and_priority_names_a_known_request_type() {
    let desk = demo_desk();
    let known: BTreeSet<&str> = desk.request_types.iter().map(|t| t.id.as_str()).collect();
    let in_topics = desk
        .channels
        .iter()
        .flat_map(|Channel { topics, .. }| topics)
        .filter_map(|topic| topic.request_type.as_deref());
    let in_priorities = desk
        .queues
        .iter()
        .flat_map(|queue| queue.priority.request_types.keys())
        .map(String::as_str);
    for name in in_topics.chain(in_priorities) {
        assert!(known.contains(name), "`{name}` is no request type of the demo desk");
    }
}

#[test]
fn the_demo_desk_has_agents_a_supervisor_and_an_admin() {
    let roles: BTreeSet<Role> = demo_desk().agents.iter().map(|agent| agent.role).collect();
    assert_eq!(roles, BTreeSet::from([Role::Agent, Role::Supervisor, Role::Admin]));
}
