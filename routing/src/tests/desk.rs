//! A small desk for tests: short names for ids, agents and entries.

use crate::command::{Belongs, ReceiveMessage, SendMessage, Standing};
use crate::reply::{Received, Sent};
use crate::{Router, RoutingError};
use domain::{
    Agent, AgentId, AgentRule, Audience, Author, Capacity, ChannelId, ChannelKind, ContactId,
    ConversationId, ConversationInfo, Entry, KindCapacity, Locale, MessageContent, MessageKind,
    Need, PlanAction, PlanStep, Presence, Role, TenantId, Timestamp,
};
use std::collections::BTreeMap;

/// So many agents are excluded from one conversation here.
pub(super) const EXCLUDED_MAX: usize = 3;

pub(super) fn tenant() -> TenantId {
    "t1".parse().unwrap()
}

pub(super) fn agent_id(name: &str) -> AgentId {
    name.parse().unwrap()
}

pub(super) fn conv(n: u32) -> ConversationId {
    format!("conv_{n:04}").parse().unwrap()
}

pub(super) fn contact(n: u32) -> ContactId {
    format!("ctc_{n:04}").parse().unwrap()
}

pub(super) fn channel() -> ChannelId {
    "site".parse().unwrap()
}

/// An agent with skills (`tax:4,zh:3`) and a capacity of so many web chats.
pub(super) fn agent(name: &str, skills: &str, chats: u32) -> Agent {
    let skills = skills
        .split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (skill, level) = pair.split_once(':').unwrap();
            (skill.parse().unwrap(), level.parse().unwrap())
        })
        .collect();
    let kinds = BTreeMap::from([(ChannelKind::WebChat, KindCapacity { cost: 30, limit: chats })]);
    Agent {
        id: agent_id(name),
        name: name.to_owned(),
        role: Role::Agent,
        skills,
        capacity: Capacity { units: 100, kinds },
        locale: Locale::ZhCn,
        phone: String::new(),
        enabled: true,
    }
}

pub(super) fn need(skills: &str, only: Option<&str>) -> Need {
    Need { skills: agent("x", skills, 1).skills, only: only.map(agent_id) }
}

/// An entry in queue `q` that wants these skills; due `target_ms` after `arrived`.
pub(super) fn entry(skills: &str, arrived: i64, target_ms: i64) -> Entry {
    Entry {
        queue: "q".parse().unwrap(),
        kind: ChannelKind::WebChat,
        arrived_at: Timestamp(arrived),
        due_at: Timestamp(arrived + target_ms),
        not_before: None,
        plan: vec![
            PlanStep { after_ms: 0, action: PlanAction::Lane(need(skills, None)) },
            PlanStep { after_ms: target_ms, action: PlanAction::Overdue },
            PlanStep { after_ms: 600_000, action: PlanAction::Remind },
        ],
        rule: AgentRule::LongestIdle,
        offer_ms: 30_000,
        auto_accept: false,
        misses_max: 2,
        wrap_up_ms: 0,
        reopen_ms: 3_600_000,
        waiting_max: 0,
    }
}

pub(super) fn content(n: u32, author: Author) -> MessageContent {
    MessageContent {
        id: format!("msg_{n}").parse().unwrap(),
        author,
        kind: MessageKind::Text,
        text: format!("words {n} \"quoted\" 你好"),
        files: Vec::new(),
        notice: None,
        client_id: Some(format!("client-{n}")),
        mail: None,
    }
}

pub(super) fn info() -> ConversationInfo {
    ConversationInfo {
        contact_name: String::new(),
        audience: Audience::Public,
        locale: Locale::ZhCn,
        topic: None,
        request_type: None,
        resolution: None,
        page_url: None,
        verified: false,
    }
}

/// Contact `n` says message `m`; a new conversation would be `conv(n)`.
pub(super) async fn says(router: &Router, n: u32, m: u32, entry: &Entry) -> Received {
    try_says(router, n, m, entry).await.unwrap()
}

pub(super) async fn try_says(
    router: &Router,
    n: u32,
    m: u32,
    entry: &Entry,
) -> Result<Received, RoutingError> {
    try_says_as(router, n, n, m, entry).await
}

/// Contact `n` says message `m`; a new conversation would be `conv(new)`.
pub(super) async fn try_says_as(
    router: &Router,
    n: u32,
    new: u32,
    m: u32,
    entry: &Entry,
) -> Result<Received, RoutingError> {
    try_receive(router, (n, new), (&channel(), &format!("ext-{m}"), m), entry, Belongs::ToContact)
        .await
}

/// Contact `n` says a message on a channel under an outside id; a new conversation would be `conv(new)`.
pub(super) async fn try_receive(
    router: &Router,
    (n, new): (u32, u32),
    (channel, external_id, m): (&ChannelId, &str, u32),
    entry: &Entry,
    belongs: Belongs<'_>,
) -> Result<Received, RoutingError> {
    let contact = contact(n);
    router
        .receive_message(
            &tenant(),
            &ReceiveMessage {
                channel,
                contact: &contact,
                external_id,
                new_conversation: &conv(new),
                content: &content(m, Author::Contact { id: contact.clone() }),
                entry,
                info: &info(),
                belongs,
                way: "",
                fetches: &[],
            },
        )
        .await
}

/// Sets an agent up and makes it ready, with a lease of ten minutes.
pub(super) async fn ready(router: &Router, agent: &Agent) {
    router.set_agent(&tenant(), agent, true).await.unwrap();
    router.set_presence(&tenant(), &agent.id, Presence::Ready, "agent", 600_000).await.unwrap();
}

/// The library for a small desk: it reads indexes two entries at a time, so that there are many pages,
/// and excludes at most three agents from a conversation, so that more decline.
pub(super) fn small_library() -> String {
    let small = [
        ("H.SCAN_CHUNK = 16", "H.SCAN_CHUNK = 2".to_owned()),
        ("H.EXCLUDED_MAX = 16", format!("H.EXCLUDED_MAX = {EXCLUDED_MAX}")),
    ];
    small.into_iter().fold(crate::library::text(), |text, (usual, small)| {
        assert!(text.contains(usual), "{usual}");
        text.replace(usual, &small)
    })
}

/// Agent `li` answers in the first conversation; the answer's seq.
pub(super) async fn answers(router: &Router, message: u32, unread_after_ms: Option<u64>) -> u64 {
    let li = agent_id("li");
    let answer = content(message, Author::Agent { id: li.clone() });
    let send = SendMessage {
        conversation: &conv(1),
        agent: &li,
        standing: Standing::Holder,
        content: &answer,
        deliveries: &[],
        unread_after_ms,
    };
    match router.send_message(&tenant(), &send).await.unwrap() {
        Sent::Appended(seq) => seq,
        other => panic!("{other:?}"),
    }
}
