//! The same key and body get the first answer.

use reqwest::Method;
use serde_json::json;
use tests::{DeskFile, House};

#[tokio::test]
async fn a_repeated_post_gets_the_first_answer_and_is_done_once() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    let path = format!("/v1/conversations/{conversation}/close");
    let body = json!({ "resolution": "solved" }).to_string().into_bytes();
    let key = [("idempotency-key", "close-1")];
    let first = ming.api().call(Method::POST, &path, Some(body.clone()), &key).await;
    let at_the_other = ming.api().moved_to(house.gateways[1].port());
    let again = at_the_other.call(Method::POST, &path, Some(body), &key).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body), "{first:?} {again:?}");
    assert_eq!(first.status, 200);

    let other = json!({ "resolution": "unsolved" }).to_string().into_bytes();
    let refused = ming.api().call(Method::POST, &path, Some(other), &key).await;
    assert!([409, 422].contains(&refused.status), "the same key for another body: {refused:?}");
    house.ends_well();
}

#[tokio::test]
async fn api_keys_are_made_once_for_one_key() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let body = json!({ "name": "once", "role": "agent" }).to_string().into_bytes();
    let key = [("idempotency-key", "make-key-1")];
    let first = root.api().call(Method::POST, "/v1/api_keys", Some(body.clone()), &key).await;
    let again = root.api().call(Method::POST, "/v1/api_keys", Some(body), &key).await;
    first.ok();
    // A secret is shown once and kept nowhere, so its answer cannot be given again.
    assert_eq!(again.problem(422), "key_reused");
    let listed = root.api().get("/v1/api_keys").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn one_callers_key_is_not_anothers() {
    let mut house = House::small().await;
    let (ming, li) = (house.signs_in("ming").await, house.signs_in("li").await);
    let body = json!({ "presence": "away" }).to_string().into_bytes();
    let key = [("idempotency-key", "shared")];
    ming.api().call(Method::POST, "/v1/presence", Some(body.clone()), &key).await.ok();
    li.api().call(Method::POST, "/v1/presence", Some(body), &key).await.ok();
    let sun = house.signs_in("sun").await;
    let agents = sun.api().get("/v1/agents/state").await.ok();
    for name in ["ming", "li"] {
        let state = agents.as_array().unwrap().iter().find(|a| a["agent"] == name).unwrap();
        assert_eq!(state["presence"], "away", "{state}");
    }
}

#[tokio::test]
async fn what_was_not_done_is_not_kept() {
    let house = House::small().await;
    let visitor = house.visitor().await;
    for (n, path) in ["/v1/chat/transcripts", "/v1/nothing/here", "/v1/presence"].iter().enumerate()
    {
        let key = format!("refused-{n}");
        let answer = visitor
            .api()
            .call(Method::POST, path, Some(b"{}".to_vec()), &[("idempotency-key", &key)])
            .await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    let kept: Vec<String> = house.redis.ask(&["KEYS", "*once:*"]).await;
    assert_eq!(kept, Vec::<String>::new());
}

#[tokio::test]
async fn a_visitor_can_have_only_so_many_answers_kept() {
    let house = House::small().await;
    let visitor = house.visitor().await;
    let mut refused = 0;
    for n in 0..110 {
        let key = format!("flood-{n}");
        let body = Some(b"{\"email\":\"not an address\"}".to_vec());
        let answer = visitor
            .api()
            .call(Method::POST, "/v1/chat/transcripts", body, &[("idempotency-key", &key)])
            .await;
        refused += usize::from(answer.status == 429);
    }
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn rights_are_taken_away_with_a_key_also_while_redis_is_away() {
    let mut house = House::small().await;
    let ming = house.signs_in("ming").await;
    let root = house.signs_in("root").await;
    house.redis.kill();
    let key = [("idempotency-key", "at-once")];
    for path in ["/v1/agents/ming/revoke", "/v1/agents/ming/password"] {
        root.api().call(Method::POST, path, Some(b"{}".to_vec()), &key).await.ok();
    }
    ming.api().get("/v1/desk").await.problem(401);
}

#[tokio::test]
async fn a_bad_key_is_refused() {
    let mut house = House::small().await;
    let ming = house.signs_in("ming").await;
    let body = json!({ "presence": "away" }).to_string().into_bytes();
    for key in ["", &"k".repeat(129)] {
        let answer = ming
            .api()
            .call(Method::POST, "/v1/presence", Some(body.clone()), &[("idempotency-key", key)])
            .await;
        assert!([400, 422].contains(&answer.status), "{answer:?}");
    }
}
