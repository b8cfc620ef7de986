//! What telephones ask within a call.

use super::kit::{Line, agent};
use channels::phone::CallEvent;
use domain::{CallOutcome, Leg};
use serde_json::json;
use tests::baresip::Answers;
use tests::sipp::Sipp;

/// A call with a telephone that follows a script, until that script has ended.
async fn with(script: &str) -> channels::phone::CallEnd {
    let folder = tempfile::tempdir().unwrap();
    let trunk = Sipp::start(folder.path(), script).await;
    let line = Line::open(trunk.port(), &json!({}));
    let agent = agent(&line, Answers::AtOnce).await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Answered(Leg::Contact)).await;
    trunk.ends_well().await;
    agent.tells("CALL_CLOSED", 1).await;
    line.board.end(&call).await
}

#[tokio::test]
async fn everything_is_answered() {
    assert_eq!(with("asks").await.by, Some(Leg::Contact));
}

#[tokio::test]
async fn a_call_that_must_be_refreshed_is_refreshed() {
    let end = with("wants_refresh").await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Contact)));
}

#[tokio::test]
async fn a_call_that_nobody_refreshes_ends() {
    let end = with("forgets_refresh").await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, None));
    assert_eq!(end.cause, "a telephone has not refreshed the call in time");
}
