//! Redis goes away for a while: sockets stay, work is refused honestly, everything comes back.

use reqwest::Method;
use serde_json::json;
use tests::proxy::Weather;
use tests::{ChaosProxy, DeskFile, House, eventually};

#[tokio::test]
async fn sockets_outlive_redis_and_everything_comes_back_by_itself() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "before").await.conversation;
    ming.accepts_next_offer().await;

    house.redis.kill();
    visitor
        .seen()
        .until("the visitor is told", |seen| (seen.is_link_up == Some(false)).then_some(()))
        .await;
    ming.seen()
        .until("the agent is told", |seen| (seen.is_link_up == Some(false)).then_some(()))
        .await;
    let word = visitor.word("during", json!({}));
    let refused = visitor.gets_answer(&word).await;
    assert_eq!(refused["type"], "refused", "{refused}");
    assert!(refused["retry_after_ms"].as_u64().unwrap() > 0, "{refused}");
    let answer =
        ming.posts(&conversation, "messages", json!({ "client_id": "d", "text": "during" })).await;
    answer.problem(503);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1, "{answer:?}");
    let ready = house.api().get("/readyz").await;
    assert_eq!(ready.status, 503, "{ready:?}");
    assert_eq!(house.api().get("/healthz").await.status, 200);

    house.redis.restart().await;
    visitor
        .seen()
        .until("the visitor is told", |seen| (seen.is_link_up == Some(true)).then_some(()))
        .await;
    ming.seen()
        .until("the agent is told", |seen| (seen.is_link_up == Some(true)).then_some(()))
        .await;
    assert!(!visitor.is_cut_off() && !ming.is_cut_off(), "the sockets stayed");
    visitor.gets_ack(&word).await;
    ming.hears(&conversation, "during").await;
    ming.says(&conversation, "after").await;
    visitor.hears("after").await;
    assert_eq!(visitor.seen().look(|seen| seen.transcript.texts()), ["before", "during", "after"]);
    assert_eq!(house.gateways[0].ended(), None);
    eventually("ready again", async || {
        let ready = house.api().get("/readyz").await;
        if ready.status == 200 { Ok(()) } else { Err(format!("{ready:?}")) }
    })
    .await;
    house.ends_well();
}

#[tokio::test]
async fn a_frozen_redis_is_no_ack_and_no_double() {
    let mut house = House::of(DeskFile::small()).with("redis.timeout_ms", 500).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "before").await.conversation;
    ming.accepts_next_offer().await;
    house.redis.freeze();
    let word = visitor.word("unknown outcome", json!({}));
    let answer = visitor.gets_answer(&word).await;
    assert_eq!(answer["type"], "refused", "{answer}");
    house.redis.thaw();
    // The frozen call may have happened; saying it again is the same message.
    eventually("it is acknowledged", async || {
        let answer = visitor.gets_answer(&word).await;
        if answer["type"] == "ack" { Ok(()) } else { Err(answer.to_string()) }
    })
    .await;
    ming.hears(&conversation, "unknown outcome").await;
    let log = ming.log(&conversation).await;
    assert_eq!(log.iter().filter(|m| m["text"] == "unknown outcome").count(), 1);
    house.ends_well();
}

// The proxy must go on while the test waits for a command to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_on_the_line_is_no_ack_and_no_double() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy.sock");
    let plan = House::of(DeskFile::small())
        .with("redis.urls", json!([format!("redis+unix://{}", path.display())]))
        .with("redis.timeout_ms", 500);
    // The proxy must listen before the house applies its desk, and its server comes with the house.
    let server = folder.path().join("redis/redis.sock");
    let redis = tests::RedisServer::start(
        &folder.path().join("redis"),
        tests::redis_server::Keeping::Strict,
    )
    .await;
    let proxy = ChaosProxy::before_socket(&server, &path);
    let mut house = plan.start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "before").await.conversation;
    ming.accepts_next_offer().await;

    proxy.set(Weather { drops_answers: true, ..Weather::default() });
    let word = visitor.word("did it happen?", json!({}));
    assert_eq!(visitor.gets_answer(&word).await["type"], "refused");
    let written: Vec<String> =
        redis.ask(&["LRANGE", &format!("{{default}}:log:{conversation}"), "0", "-1"]).await;
    proxy.cut();
    proxy.mend();
    eventually("it is acknowledged", async || {
        let answer = visitor.gets_answer(&word).await;
        if answer["type"] == "ack" { Ok(()) } else { Err(answer.to_string()) }
    })
    .await;
    ming.hears(&conversation, "did it happen?").await;
    let log = ming.log(&conversation).await;
    assert_eq!(log.iter().filter(|m| m["text"] == "did it happen?").count(), 1, "{written:#?}");
    assert_eq!(visitor.seen().look(|seen| seen.transcript.texts()), ["before", "did it happen?"]);
}

#[tokio::test]
async fn sign_in_is_refused_and_not_guessed_while_redis_is_away() {
    let mut house = House::small().await;
    let password = house.password("ming");
    house.redis.kill();
    let body = json!({ "agent": "ming", "password": password }).to_string().into_bytes();
    let answer = house.api().call(Method::POST, "/v1/auth/login", Some(body), &[]).await;
    answer.problem(503);
    assert!(!answer.header("retry-after").is_empty());
}

// The proxy must go on while the test waits for a command to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_is_slow_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy.sock");
    let redis = tests::RedisServer::start(
        &folder.path().join("redis"),
        tests::redis_server::Keeping::Strict,
    )
    .await;
    let proxy = ChaosProxy::before_socket(&redis.socket(), &path);
    let plan = House::of(DeskFile::small()).with("redis.urls", json!([proxy.redis_url()]));
    let mut house = plan.start().await;
    proxy.set(Weather { delay_ms: 40, ..Weather::default() });
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "slowly").await.conversation;
    ming.accepts_next_offer().await;
    ming.says(&conversation, "but surely").await;
    visitor.hears("but surely").await;
    proxy.mend();
    house.ends_well();
}
