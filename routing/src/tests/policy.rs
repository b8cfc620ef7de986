//! Entries for the random sequences as the policy computes them.

use super::desk::*;
use super::properties::{AGENTS, SKILLS};
use domain::queue::{ClosedPolicy, OfferPolicy, Overflow, Priority, Request, Rung, enter};
use domain::{AgentRule, Audience, Calendar, ChannelKind, Entry, Localized, Queue, Timestamp};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Open for two of three minutes, every day.
static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let day: Vec<_> = (0..480)
        .map(|n| serde_json::json!({ "from": clock(n * 3), "to": clock(n * 3 + 2) }))
        .collect();
    let calendar = serde_json::json!({ "id": "c", "time_zone": "UTC", "week": vec![day; 7] });
    serde_json::from_value(calendar).unwrap()
});

/// An entry as the policy computes it: with a calendar, a ladder, a sticky agent and priority, for a
/// request that arrived a while ago.
pub(super) fn computed(shape: u32, now: i64) -> Entry {
    let pick = |n: u32, of: u32| (shape / n) % of;
    let rung = |after_secs, skills: &str| Rung { after_secs, skills: need(skills, None).skills };
    let queue = Queue {
        id: "q".parse().unwrap(),
        name: Localized::default(),
        ladder: vec![
            rung(0, SKILLS[pick(1, 6) as usize]),
            rung(10, SKILLS[pick(2, 3) as usize]),
            rung(30, ""),
        ],
        sticky_secs: 10 * pick(3, 2),
        target_secs: 20 * pick(5, 4),
        priority: Priority {
            request_types: BTreeMap::from([("urgent".to_owned(), 30)]),
            audiences: BTreeMap::new(),
        },
        rule: AgentRule::LongestIdle,
        offer: OfferPolicy { timeout_secs: 15, auto_accept: pick(7, 5) == 0, misses_max: 2 },
        wrap_up_secs: 0,
        calendar: None,
        closed: [ClosedPolicy::LeaveMessage, ClosedPolicy::Queue][pick(11, 2) as usize],
        overflow: Overflow { wait_secs_max: 25 * pick(13, 2), ..Default::default() },
        reopen_hours: 1,
    };
    let agent = agent_id(AGENTS[pick(5, 6) as usize]);
    let request = Request {
        kind: [ChannelKind::WebChat, ChannelKind::Email][pick(2, 2) as usize],
        audience: Audience::Public,
        request_type: (pick(17, 4) == 0).then_some("urgent"),
        arrived_at: Timestamp(now - i64::from(pick(19, 3)) * 7_000),
        last_agent: (pick(23, 2) == 0).then_some(&agent),
        now: Timestamp(now),
    };
    enter(&queue, (pick(31, 2) == 0).then_some(&*CALENDAR), &request)
}
