use super::*;
use serde_json::json;

fn staff_of(role: Role, agent: Option<&str>) -> Staff {
    Staff {
        tenant: "one".parse().unwrap(),
        role,
        agent: agent.map(|agent| agent.parse().unwrap()),
        name: String::new(),
    }
}

fn conversation(agent: Option<&str>) -> Conversation {
    serde_json::from_value(json!({ "id": "conv_1", "state": "active", "contact": "ctc_1",
        "channel": "website", "kind": "web_chat", "queue": "tax", "agent": agent,
        "opened_at": 0, "arrived_at": 0, "due_at": 0, "last_seq": 1, "read_by_contact": 0,
        "read_by_agent": 0, "info": { "audience": "public", "locale": "zh-CN" } }))
    .unwrap()
}

#[test]
fn an_agent_reads_what_is_theirs_and_a_supervisor_everything() {
    let check = |staff: Staff, holder: Option<&str>, may: bool| {
        assert_eq!(may_read(&staff, &conversation(holder)).is_ok(), may, "{staff:?} {holder:?}");
    };
    check(staff_of(Role::Agent, Some("ming")), Some("ming"), true);
    check(staff_of(Role::Agent, Some("ming")), Some("li"), false);
    check(staff_of(Role::Agent, Some("ming")), None, false);
    check(staff_of(Role::Agent, None), None, false);
    check(staff_of(Role::Supervisor, Some("sun")), Some("li"), true);
    check(staff_of(Role::Supervisor, None), None, true);
}

#[test]
fn a_visitor_reads_their_own_conversation_on_their_own_channel() {
    let visitor = |contact: &str, channel: &str| VisitorIdentity {
        tenant: "one".parse().unwrap(),
        channel: channel.parse().unwrap(),
        contact: contact.parse().unwrap(),
        verified: false,
        exp: domain::Timestamp(0),
    };
    let conversation = conversation(None);
    assert!(visitor_may_read(&visitor("ctc_1", "website"), &conversation).is_ok());
    assert!(visitor_may_read(&visitor("ctc_2", "website"), &conversation).is_err());
    assert!(visitor_may_read(&visitor("ctc_1", "other"), &conversation).is_err());
}

#[test]
fn an_archived_conversation_is_read_by_whoever_served_or_serves() {
    let ming = staff_of(Role::Agent, Some("ming"));
    let (by_ming, by_li) = (ming.agent.clone(), Some("li".parse::<AgentId>().unwrap()));
    assert!(may_read_archived(&ming, by_ming.as_ref(), false).is_ok());
    assert!(may_read_archived(&ming, by_li.as_ref(), false).is_err());
    assert!(may_read_archived(&ming, by_li.as_ref(), true).is_ok());
    assert!(may_read_archived(&staff_of(Role::Agent, None), None, false).is_err());
}
