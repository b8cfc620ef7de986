//! What the agent hears before the person answers: ringing, an announcement, the network's voice.

use super::kit::{Line, agent};
use channels::phone::{CallEvent, CallOrder};
use domain::{CallId, CallOutcome, CallStage, Leg};
use serde_json::json;
use tests::baresip::{Answers, Phone};
use tests::eventually::{eventually, holds};
use tests::sipp::{Sipp, tone};

/// A line to a trunk that follows a script, and an agent's telephone that answers at once.
async fn with(script: &str, words: &[(&str, &str)]) -> (Line, Sipp, Phone) {
    let folder = tempfile::tempdir().unwrap();
    let tone = tone(folder.path());
    let words = [words, &[("tone", tone.as_str())]].concat();
    let trunk = Sipp::start_with(folder.path(), script, &words, None).await;
    let line = Line::open(trunk.port(), &json!({})).beside_of(folder);
    let agent = agent(&line, Answers::AtOnce).await;
    (line, trunk, agent)
}

/// How often the agent's telephone was told something: once to ring.
fn told(agent: &Phone) -> usize {
    agent.output().matches("INVITE sip:1001").count()
}

/// The agent's telephone hears the trunk, and the person has not answered.
async fn hears_early(line: &Line, agent: &Phone, call: &CallId) {
    line.board.until(call, &CallEvent::Ringing(Leg::Contact)).await;
    eventually("sound arrives", async || {
        holds(agent.hears(), format!("nothing is heard at {}", agent.uri()))
    })
    .await;
    let events = line.board.heard.look(|heard| heard.events.clone());
    let has_answered = |(of, event): &(CallId, CallEvent)| {
        of == call && *event == CallEvent::Answered(Leg::Contact)
    };
    assert!(!events.iter().any(has_answered), "heard before the answer");
}

#[tokio::test]
async fn ringing_is_heard_before_anybody_answers_and_stops_with_the_call() {
    let (line, trunk, agent) = with("early_rings", &[]).await;
    let call = line.places(&agent.uri());
    hears_early(&line, &agent, &call).await;
    assert_eq!(told(&agent), 2, "to ring, and where the ringing comes from");
    line.board.order(CallOrder::HangUp(call.clone()));
    assert_eq!(line.board.end(&call).await.outcome, CallOutcome::Cancelled);
    agent.tells("CALL_CLOSED", 1).await;
    trunk.ends_well().await;
}

#[tokio::test]
async fn whoever_takes_the_line_over_stops_what_is_heard() {
    let (mut line, trunk, agent) = with("early_rings", &[]).await;
    let call = line.call(&agent.uri());
    line.board.order(CallOrder::Place(call.clone()));
    hears_early(&line, &agent, &call.id).await;
    super::taken_over::taken_over(&mut line, &call, CallStage::ContactRinging).await;
    assert_eq!(line.board.end(&call.id).await.outcome, CallOutcome::Lost);
    agent.tells("CALL_CLOSED", 1).await;
    trunk.saw("CANCEL sip:").await;
}

#[tokio::test]
async fn an_answer_that_says_the_same_is_not_told_again_and_another_is() {
    for (pause, version, port, times) in [
        ("800", "2353687637", "[rtpstream_audio_port]", 2),
        ("800", "2353687638", "40000", 3),
        // The answer comes while the agent's telephone is still being told.
        ("0", "2353687637", "[rtpstream_audio_port]", 2),
        ("0", "2353687638", "40000", 3),
        // The same number, and something else all the same.
        ("800", "2353687637", "40000", 3),
    ] {
        let words = [("pause", pause), ("version", version), ("port", port)];
        let (line, trunk, agent) = with("early_answers", &words).await;
        let call = line.places(&agent.uri());
        let events = line.board.until(&call, &CallEvent::Connected).await;
        let ends = [CallEvent::Answered(Leg::Contact), CallEvent::Connected];
        assert!(events.ends_with(&ends), "{events:?}");
        assert_eq!(told(&agent), times, "{pause} {version} {port}");
        if port != "[rtpstream_audio_port]" {
            assert!(agent.output().contains(&format!("m=audio {port} ")));
        }
        agent.does("hangup").await;
        let end = line.board.end(&call).await;
        assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Agent)));
        trunk.ends_well().await;
    }
}

#[tokio::test]
async fn who_is_busy_after_an_announcement_is_busy() {
    let (line, trunk, agent) = with("early_refuses", &[]).await;
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!((end.outcome, end.cause.as_str()), (CallOutcome::Busy, "486 Busy Here"));
    agent.tells("CALL_CLOSED", 1).await;
    trunk.ends_well().await;
}

#[tokio::test]
async fn of_several_telephones_the_first_is_heard_until_another_answers() {
    let (line, trunk, agent) = with("early_forks", &[]).await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    let output = agent.output();
    let ports = ["40000", "40002"].map(|port| output.matches(&format!("m=audio {port} ")).count());
    assert_eq!((ports, told(&agent)), ([1, 1], 3));
    assert!(output.find("m=audio 40000 ") < output.find("m=audio 40002 "));
    line.board.order(CallOrder::HangUp(call.clone()));
    assert_eq!(line.board.end(&call).await.outcome, CallOutcome::Completed);
    trunk.saw("BYE sip:second@").await;
    trunk.ends_well().await;
}

#[tokio::test]
async fn provisional_answers_that_must_be_confirmed_are() {
    let (line, trunk, agent) = with("early_confirmed", &[]).await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    assert_eq!(told(&agent), 2, "the answer has no description: the one before holds");
    agent.does("hangup").await;
    assert_eq!(line.board.end(&call).await.by, Some(Leg::Agent));
    assert_eq!(trunk.messages().matches("\nPRACK sip:").count(), 2, "{}", trunk.messages());
    trunk.ends_well().await;
}

#[tokio::test]
async fn a_telephone_that_asks_at_the_same_moment_is_told_a_moment_later() {
    let words = [("pause", "300"), ("version", "2353687638"), ("port", "40000"), ("tone", "")];
    let folder = tempfile::tempdir().unwrap();
    let trunk = Sipp::start_with(folder.path(), "early_answers", &words, None).await;
    let agent = Sipp::start(folder.path(), "crosses").await;
    let line = Line::open(trunk.port(), &json!({}));
    let call = line.places(&format!("sip:1001@127.0.0.1:{}", agent.port()));
    line.board.until(&call, &CallEvent::Connected).await;
    let output = agent.messages();
    // What crossed is not asked again as it was: by then the person has answered.
    let last = output.rsplit("INVITE sip:").next().unwrap();
    assert!(last.contains("m=audio 40000 "), "{output}");
    line.board.order(CallOrder::HangUp(call.clone()));
    assert_eq!(line.board.end(&call).await.outcome, CallOutcome::Completed);
    agent.ends_well().await;
    trunk.ends_well().await;
}

#[tokio::test]
async fn who_hangs_up_while_the_agent_is_told_lets_both_go() {
    let folder = tempfile::tempdir().unwrap();
    let words = [("tone", tone(folder.path()))];
    let words = words.each_ref().map(|(name, word)| (*name, word.as_str()));
    let trunk = Sipp::start_with(folder.path(), "early_rings", &words, None).await;
    let agent = Sipp::start(folder.path(), "keeps_silent").await;
    let line = Line::open(trunk.port(), &json!({}));
    let call = line.places(&format!("sip:1001@127.0.0.1:{}", agent.port()));
    agent.saw("CSeq: 2 INVITE").await;
    line.board.order(CallOrder::HangUp(call.clone()));
    assert_eq!(line.board.end(&call).await.outcome, CallOutcome::Cancelled);
    agent.ends_well().await;
    trunk.ends_well().await;
}
