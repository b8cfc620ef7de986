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
