use super::*;
use proptest::prelude::*;

fn queue(sticky_secs: u32) -> Queue {
    let rung = |after_secs, level| Rung {
        after_secs,
        skills: BTreeMap::from([("tax".parse().unwrap(), level)]),
    };
    Queue {
        id: "tax".parse().unwrap(),
        name: Localized::default(),
        ladder: vec![rung(0, 4), rung(30, 3), rung(90, 1)],
        sticky_secs,
        target_secs: 60,
        priority: Priority {
            request_types: BTreeMap::from([("complaint".to_owned(), 30)]),
            audiences: BTreeMap::new(),
        },
        rule: AgentRule::LongestIdle,
        offer: OfferPolicy::default(),
        wrap_up_secs: 0,
        calendar: None,
        closed: ClosedPolicy::LeaveMessage,
        overflow: Overflow { wait_secs_max: 120, ..Overflow::default() },
        reopen_hours: 24,
    }
}

fn request(last_agent: Option<&AgentId>, request_type: Option<&'static str>) -> Entry {
    let queue = queue(20);
    let request = Request {
        kind: ChannelKind::WebChat,
        audience: Audience::Public,
        request_type,
        arrived_at: Timestamp(1_000_000),
        last_agent,
        now: Timestamp(1_000_000),
    };
    enter(&queue, None, &request)
}

fn shape(entry: &Entry) -> Vec<String> {
    entry
        .plan
        .iter()
        .map(|step| match &step.action {
            PlanAction::Lane(need) => format!("{} {}", step.after_ms, need.text()),
            PlanAction::Overdue => format!("{} overdue", step.after_ms),
            PlanAction::Overflow => format!("{} overflow", step.after_ms),
            PlanAction::Remind => format!("{} remind", step.after_ms),
        })
        .collect()
}

#[test]
fn the_sticky_agent_comes_first_and_the_ladder_follows() {
    let agent = "li".parse().unwrap();
    let entry = request(Some(&agent), None);
    assert_eq!(
        shape(&entry),
        [
            "0 tax:1|li",
            "20000 tax:4|",
            "50000 tax:3|",
            "60000 overdue",
            "110000 tax:1|",
            "120000 overflow",
            "600000 remind"
        ]
    );
}

#[test]
fn priority_moves_the_due_time_and_nothing_else() {
    let plain = request(None, None);
    let complaint = request(None, Some("complaint"));
    assert_eq!(plain.due_at.0 - complaint.due_at.0, 30_000);
    assert_eq!(plain.arrived_at, complaint.arrived_at);
}

#[test]
fn a_transfer_to_a_colleague_waits_for_that_colleague_first() {
    let agent: AgentId = "wang".parse().unwrap();
    let entry = request(None, None).reserved_for(&agent, 30_000);
    assert_eq!(shape(&entry).first().map(String::as_str), Some("0 |wang"));
    assert_eq!(shape(&entry).get(1).map(String::as_str), Some("30000 tax:4|"));
    assert_eq!(shape(&entry).last().map(String::as_str), Some("600000 remind"));
}

proptest! {
    /// Nobody starves: of two requests with equal targets, the later one is first only when its
    /// priority buys more than it arrived later.
    #[test]
    fn overtaking_is_bounded_by_what_priority_buys(early in 0i64..1_000_000, later_by in 0i64..1_000_000, credit in 0u32..600) {
        let mut q = queue(0);
        q.priority.request_types.insert("urgent".to_owned(), credit);
        let at = |arrived: i64, request_type| enter(&q, None, &Request {
            kind: ChannelKind::Im, audience: Audience::Staff, request_type,
            arrived_at: Timestamp(arrived), last_agent: None, now: Timestamp(arrived),
        });
        let first = at(early, None);
        let second = at(early + later_by, Some("urgent"));
        prop_assert_eq!(second.due_at < first.due_at, later_by < i64::from(credit) * 1000);
    }

    /// Every plan starts in a lane, ends with the reminder, and is in order of time before it.
    #[test]
    fn plans_are_well_formed(sticky in 0u32..60, target in 0u32..600, wait_max in 0u32..600, rungs in proptest::collection::vec(0u32..300, 0..5)) {
        let mut q = queue(sticky);
        q.target_secs = target;
        q.overflow.wait_secs_max = wait_max;
        q.ladder = rungs.into_iter().map(|after_secs| Rung { after_secs, skills: BTreeMap::new() }).collect();
        let agent: AgentId = "li".parse().unwrap();
        let entry = enter(&q, None, &Request {
            kind: ChannelKind::Im, audience: Audience::Staff, request_type: Some("complaint"),
            arrived_at: Timestamp(0), last_agent: Some(&agent), now: Timestamp(0),
        });
        prop_assert!(matches!(entry.plan.first().map(|s| (&s.action, s.after_ms)), Some((PlanAction::Lane(_), 0))));
        prop_assert_eq!(entry.plan.last().map(|s| s.action.clone()), Some(PlanAction::Remind));
        let times: Vec<i64> = entry.plan.iter().rev().skip(1).rev().map(|s| s.after_ms).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(entry.plan.len() <= crate::limits::PLAN_STEPS_MAX);
    }
}
