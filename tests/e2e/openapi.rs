//! What is published is what is there. (Every answer of every test is compared with it as well.)

use serde_json::Value;
use std::collections::BTreeSet;
use tests::House;

/// The endpoints of `docs/http-api.md`.
fn promised() -> BTreeSet<(String, String)> {
    let page = std::fs::read_to_string(tests::binary::root().join("docs/http-api.md")).unwrap();
    let mut promised = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let calls = line.split('|').nth(1).unwrap();
        for call in calls.split('`').filter(|word| {
            word.starts_with("GET ") || word.starts_with("POST ") || word.starts_with("PUT ")
        }) {
            let (method, path) = call.split_once(' ').unwrap();
            let path = path.split(['?', ' ']).next().unwrap();
            // The sockets have a description of their own.
            let is_http = path.starts_with("/v1/") && !path.starts_with("/v1/socket/");
            if is_http && !path.contains('…') {
                promised.insert((method.to_owned(), shape(path)));
            }
        }
    }
    promised
}

/// A path whose parameters have no names.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_promised_endpoint_is_published() {
    let house = House::small().await;
    let api = house.api();
    let openapi = api.openapi().await.expect("it is published");
    let published: BTreeSet<(String, String)> =
        openapi.operations().into_iter().map(|(method, path)| (method, shape(&path))).collect();
    let missing: Vec<_> = promised().into_iter().filter(|call| !published.contains(call)).collect();
    assert!(missing.is_empty(), "not in openapi.json: {missing:#?}");
}

#[tokio::test]
async fn the_published_file_is_what_the_gateway_says() {
    let house = House::small().await;
    let file = tests::binary::root().join("openapi.json");
    let file: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("openapi.json is published")).unwrap();
    let served = house.api().get("/openapi.json").await.ok();
    assert_eq!(file["paths"], served["paths"], "stale: run `cargo xtask openapi`");
    assert_eq!(file["components"], served["components"], "stale: run `cargo xtask openapi`");
}

#[tokio::test]
async fn every_operation_says_who_may_call_it_and_is_closed_to_others() {
    let house = House::small().await;
    let api = house.api();
    let openapi = api.openapi().await.expect("it is published");
    let open = [
        "/v1/auth/",
        "/v1/chat/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/v1/socket/",
        // The link is the whole right; without one there is nothing.
        "/v1/files/{id}/shared",
        "/v1/phone/{channel}/requests",
        "/v1/phone/requests/",
    ];
    for (method, path) in openapi.operations() {
        if open.iter().any(|prefix| path.starts_with(prefix))
            && !path.contains("messages")
            && !path.contains("transcripts")
        {
            continue;
        }
        let concrete = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let concrete = if path.contains("conversations/{") {
            concrete.replace("/x", "/conv_x")
        } else {
            concrete
        };
        let method = method.parse().unwrap();
        let answer = api.call(method, &concrete, Some(b"{}".to_vec()), &[]).await;
        assert_eq!(answer.status, 401, "{path} without a token: {answer:?}");
    }
}

#[tokio::test]
async fn answers_carry_the_headers_that_browsers_need() {
    let house = House::small().await;
    let answer = house.api().get("/v1/chat/website").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{:?}", answer.headers);
    assert!(answer.header("server").is_empty(), "{:?}", answer.headers);
    let metrics = house.api().get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("hutong_"), "{metrics:?}");
}
