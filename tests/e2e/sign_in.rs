//! Who may come in, for how long, and how quickly they are shown out.

use serde_json::{Value, json};
use std::time::Duration;
use tests::socket::connect;
use tests::{Api, DeskFile, House, TestAgent, eventually, token};

async fn login(api: &Api, agent: &str, password: &str) -> tests::Answer {
    api.post("/v1/auth/login", json!({ "agent": agent, "password": password })).await
}

#[tokio::test]
async fn the_first_admin_comes_in_by_the_code_printed_at_the_first_start_once() {
    let empty: Value = json!({ "skills": [], "queues": [], "agents": [], "channels": [] });
    let mut house = House::of(DeskFile::small()).build().await;
    drop(empty);
    // A house of its own, where nobody applied anything.
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("redis.urls".to_owned(), json!([house.redis.url()])),
        ("data_dir".to_owned(), json!(folder.path().join("data"))),
    ];
    let mut gateway =
        tests::GatewayProcess::set("fresh", folder.path(), &settings.into_iter().collect());
    gateway.start().await;
    let code = eventually("a code is printed", async || {
        bootstrap_code(&gateway.output()).ok_or(gateway.output())
    })
    .await;
    let api = gateway.api();
    let body = |code: &str| json!({ "code": code, "agent": "boss", "name": "The boss", "password": "a long enough pass phrase" });
    let refused = api.post("/v1/auth/bootstrap", body("wrong-code")).await;
    assert!([401, 403, 422].contains(&refused.status), "{refused:?}");
    let refused = api.post("/v1/auth/bootstrap", body("")).await;
    assert!((400..=422).contains(&refused.status), "{refused:?}");
    api.post("/v1/auth/bootstrap", body(&code)).await.ok();
    let again = api.post("/v1/auth/bootstrap", body(&code)).await;
    assert!([401, 403, 409, 422].contains(&again.status), "{again:?}");
    let signed_in = login(&api, "boss", "a long enough pass phrase").await.ok();
    assert_eq!(signed_in["agent"]["role"], "admin", "{signed_in}");
    house.redis.kill();
}

#[tokio::test]
async fn the_code_of_the_first_gateway_still_works_when_a_second_one_starts() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::of(DeskFile::small()).build().await;
    let settings = [
        ("redis.urls".to_owned(), json!([house.redis.url()])),
        ("data_dir".to_owned(), json!(folder.path().join("data"))),
    ];
    let settings = settings.into_iter().collect();
    let mut first = tests::GatewayProcess::set("first", folder.path(), &settings);
    let mut second = tests::GatewayProcess::set("second", folder.path(), &settings);
    first.start().await;
    let code = bootstrap_code(&first.output()).expect("a code is printed");
    second.start().await;
    assert!(second.output().contains("hutong admin bootstrap-code"), "{}", second.output());
    let body = json!({ "code": code, "agent": "boss", "name": "The boss", "password": "a long enough pass phrase" });
    second.api().post("/v1/auth/bootstrap", body).await.ok();
}

#[tokio::test]
async fn a_channels_secret_is_written_and_never_read() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let secret = tests::desk::IDENTITY_SECRET;
    let read = async || root.api().get("/v1/settings/channels").await.ok();
    let before = read().await;
    assert!(!before.to_string().contains(secret), "{before}");
    let mut value = before[0]["value"].clone();
    value["name"]["en"] = "Another name".into();
    root.api().put("/v1/settings/channels/website", json!({ "value": value })).await.ok();
    root.api().post("/v1/settings/apply", json!({ "channels": [value] })).await.ok();
    assert_eq!(read().await[0]["value"]["name"]["en"], "Another name");
    let token = token::identity("user-1", "Zhang", secret, 300);
    let session = json!({ "identity_token": token });
    let vouched = tests::TestVisitor::asks_for_session(&house.api(), "website", session).await.ok();
    assert_eq!(vouched["verified"], true, "the secret is still the website's");
    // Where no secret is kept, the mark is none.
    value["id"] = "new_site".into();
    let new = root.api().put("/v1/settings/channels/new_site", json!({ "value": value })).await;
    new.problem(422);
}

/// The longest word on the line that speaks of the code.
fn bootstrap_code(output: &str) -> Option<String> {
    let line = output.lines().find(|line| line.to_lowercase().contains("code"))?;
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|word| word.len() >= 12 && word.chars().any(|c| c.is_ascii_digit()))
        .max_by_key(|w| w.len())
        .map(str::to_owned)
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_agent_look_alike() {
    let mut house = House::small().await;
    let password = house.password("ming");
    let wrong = login(&house.api(), "ming", "not this one, surely").await;
    let unknown = login(&house.api(), "nobody", "not this one, surely").await;
    let code = wrong.problem(401);
    assert_eq!(code, unknown.problem(401));
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    for empty in ["", " "] {
        let refused = login(&house.api(), "ming", empty).await;
        assert!((400..=422).contains(&refused.status), "{refused:?}");
    }
    login(&house.api(), "ming", &password).await.ok();
}

#[tokio::test]
async fn an_agent_without_a_password_cannot_come_in() {
    let house = House::small().await;
    for guess in ["", "li", "password", "null", "changeme1234"] {
        let refused = login(&house.api(), "li", guess).await;
        assert!((400..=422).contains(&refused.status), "{refused:?}");
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_reused_one_ends_the_family() {
    let mut house = House::small().await;
    let agent = house.signs_in("ming").await;
    let refresh = async |token: &str| {
        house_api(&agent).post("/v1/auth/refresh", json!({ "refresh_token": token })).await
    };
    let second = refresh(&agent.refresh).await.ok();
    let second_token = second["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(second_token, agent.refresh);
    let third = refresh(&second_token).await.ok();
    refresh(&agent.refresh).await.problem(401);
    refresh(third["refresh_token"].as_str().unwrap()).await.problem(401);
    refresh("").await.problem(401);
}

#[tokio::test]
async fn whoever_missed_the_answer_to_a_refresh_asks_again_and_stays() {
    let mut house = House::small().await;
    let agent = house.signs_in("ming").await;
    let refresh = async |token: &str| {
        let answer =
            house_api(&agent).post("/v1/auth/refresh", json!({ "refresh_token": token })).await;
        answer.ok()["refresh_token"].as_str().unwrap().to_owned()
    };
    let lost = refresh(&agent.refresh).await;
    let second = refresh(&agent.refresh).await;
    assert_ne!(lost, second);
    let third = refresh(&second).await;
    // The answer that nobody should have is still worth an alarm.
    house.api().post("/v1/auth/refresh", json!({ "refresh_token": lost })).await.problem(401);
    house.api().post("/v1/auth/refresh", json!({ "refresh_token": third })).await.problem(401);
}

#[tokio::test]
async fn a_reused_refresh_token_closes_the_sockets_that_came_from_its_sign_in() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let stolen = house.ready_agent_at("ming", 1).await;
    let other = house.ready_agent_at("ming", 1).await;
    let refresh = async |token: &str| {
        house.api().post("/v1/auth/refresh", json!({ "refresh_token": token })).await
    };
    let second = refresh(&stolen.refresh).await.ok()["refresh_token"].as_str().unwrap().to_owned();
    refresh(&second).await.ok();
    refresh(&stolen.refresh).await.problem(401);
    assert_eq!(ends_within_five_seconds(&stolen).await, Some(4001));
    stolen.api().get("/v1/desk").await.problem(401);
    other.api().get("/v1/desk").await.ok();
    assert!(!other.is_cut_off(), "another sign-in of the same agent goes on");
}

async fn ends_within_five_seconds(agent: &TestAgent) -> Option<u16> {
    let ended = |seen: &tests::agent::Seen| seen.ended.as_ref().map(|(code, _)| *code);
    agent.seen().within(Duration::from_secs(5), ended).await
}

fn house_api(agent: &TestAgent) -> Api {
    Api::at(agent.api().port())
}

#[tokio::test]
async fn after_logout_the_refresh_token_is_worth_nothing() {
    let mut house = House::small().await;
    let agent = house.signs_in("ming").await;
    let answer =
        agent.api().post("/v1/auth/logout", json!({ "refresh_token": agent.refresh })).await;
    assert!((200..300).contains(&answer.status), "{answer:?}");
    house
        .api()
        .post("/v1/auth/refresh", json!({ "refresh_token": agent.refresh }))
        .await
        .problem(401);
}

#[tokio::test]
async fn after_logout_the_access_token_and_the_socket_are_worth_nothing_either() {
    let mut house = House::small().await;
    let gone = house.ready_agent("ming").await;
    let other = house.signs_in("ming").await;
    let body = json!({ "refresh_token": gone.refresh });
    let answer = gone.api().post("/v1/auth/logout", body).await;
    assert!((200..300).contains(&answer.status), "{answer:?}");
    gone.api().get("/v1/desk").await.problem(401);
    assert_eq!(ends_within_five_seconds(&gone).await, Some(4001));
    other.api().get("/v1/desk").await.ok();
}

#[tokio::test]
async fn a_revoked_agent_who_runs_to_another_gateway_is_shown_out_there() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.signs_in("ming").await;
    let root = house.signs_in("root").await;
    ming.moves_to(house.gateways[1].port());
    root.api().post("/v1/agents/ming/revoke", json!({})).await.ok();
    // Whether the other gateway knows already or not: within five seconds there is no socket.
    if ming.tries_to_connect(Duration::from_secs(5)).await {
        assert_eq!(ends_within_five_seconds(&ming).await, Some(4001));
    }
    assert!(ming.is_cut_off());
}

#[tokio::test]
async fn a_revocation_reaches_every_gateway_while_redis_is_away() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let here = house.ready_agent_at("ming", 0).await;
    let there = house.ready_agent_at("ming", 1).await;
    let root = house.signs_in("root").await;
    house.redis.kill();
    root.api().post("/v1/agents/ming/revoke", json!({})).await.ok();
    for agent in [&here, &there] {
        assert_eq!(ends_within_five_seconds(agent).await, Some(4001));
    }
}

#[tokio::test]
async fn a_disabled_agent_is_signed_out_for_good() {
    let mut house = House::small().await;
    let ming = house.ready_agent("ming").await;
    house.apply(&DeskFile::small().with_agent_changed("ming", json!({ "enabled": false })));
    assert_eq!(ends_within_five_seconds(&ming).await, Some(4001));
    house.apply(&DeskFile::small());
    eventually("ming may come in again", async || {
        let password = house.password("ming");
        let status = login(&house.api(), "ming", &password).await.status;
        if status == 200 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
    let body = json!({ "refresh_token": ming.refresh });
    house.api().post("/v1/auth/refresh", body).await.problem(401);
    ming.api().get("/v1/desk").await.problem(401);
}

#[tokio::test]
async fn revoked_sockets_close_within_five_seconds_on_every_gateway() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let here = house.ready_agent_at("ming", 0).await;
    let there = house.ready_agent_at("ming", 1).await;
    let root = house.signs_in("root").await;
    let answer = root.api().post("/v1/agents/ming/revoke", json!({})).await;
    assert!((200..300).contains(&answer.status), "{answer:?}");
    for agent in [&here, &there] {
        assert_eq!(ends_within_five_seconds(agent).await, Some(4001));
        eventually("the token opens nothing", async || {
            let status = agent.api().get("/v1/desk").await.status;
            if status == 401 { Ok(()) } else { Err(status.to_string()) }
        })
        .await;
        house
            .api()
            .post("/v1/auth/refresh", json!({ "refresh_token": agent.refresh }))
            .await
            .problem(401);
    }
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let mut house = House::small().await;
    let password = house.password("ming");
    let other = house.ready_agent("ming").await;
    let mine = house.signs_in("ming").await;
    let body = json!({ "old_password": password, "new_password": "quite another pass phrase" });
    let answer = mine.api().post("/v1/auth/password", body).await;
    assert!((200..300).contains(&answer.status), "{answer:?}");
    assert_eq!(other.is_closed().await, 4001);
    login(&house.api(), "ming", &password).await.problem(401);
    login(&house.api(), "ming", "quite another pass phrase").await.ok();
}

#[tokio::test]
async fn a_short_password_is_refused_with_its_rule() {
    let mut house = House::small().await;
    let password = house.password("ming");
    let agent = house.signs_in("ming").await;
    let body = json!({ "old_password": password, "new_password": "short" });
    let refused = agent.api().post("/v1/auth/password", body).await;
    assert!([400, 422].contains(&refused.status), "{refused:?}");
    let body = json!({ "old_password": "wrong", "new_password": "quite another pass phrase" });
    let refused = agent.api().post("/v1/auth/password", body).await;
    assert!([401, 403, 422].contains(&refused.status), "{refused:?}");
    login(&house.api(), "ming", &password).await.ok();
}

#[tokio::test]
async fn roles_open_only_their_doors() {
    let mut house = House::small().await;
    let (ming, sun, root) =
        (house.signs_in("ming").await, house.signs_in("sun").await, house.signs_in("root").await);
    for path in ["/v1/queues/state", "/v1/agents/state", "/v1/ratings", "/v1/reports/today"] {
        ming.api().get(path).await.problem(403);
        sun.api().get(path).await.ok();
    }
    for path in
        ["/v1/settings/queues", "/v1/audit", "/v1/system", "/v1/api_keys", "/v1/deliveries/dead"]
    {
        ming.api().get(path).await.problem(403);
        sun.api().get(path).await.problem(403);
        root.api().get(path).await.ok();
    }
    ming.api().post("/v1/agents/li/password", json!({})).await.problem(403);
    ming.api().post("/v1/agents/li/revoke", json!({})).await.problem(403);
    let visitor = house.visitor().await;
    for path in ["/v1/desk", "/v1/queues/state", "/v1/settings/queues"] {
        let refused = visitor.api().get(path).await;
        assert!([401, 403].contains(&refused.status), "{refused:?}");
    }
}

#[tokio::test]
async fn forged_tokens_open_nothing() {
    let mut house = House::small().await;
    let ming = house.signs_in("ming").await;
    let (header, claims) =
        token::parts(ming.api().token().unwrap()).expect("an access token is a JWT");
    let mut admin = claims.clone();
    admin["role"] = "admin".into();
    let mut eternal = claims.clone();
    eternal["exp"] = "9999999999".into();
    let mut endless = claims.clone();
    endless.as_object_mut().unwrap().remove("exp");
    let none = json!({ "alg": "none", "typ": "JWT" });
    let mut jku = header.clone();
    jku["jku"] = "http://127.0.0.1:1/jwks".into();
    let original = ming.api().token().unwrap().to_owned();
    let signature = original.rsplit('.').next().unwrap();
    let forged = [
        token::signed(&header, &admin, b"secret"),
        token::signed(&header, &eternal, b""),
        token::signed(&header, &endless, b"hutong"),
        format!("{}.", token::unsigned(&none, &admin)),
        format!("{}.{signature}", token::unsigned(&header, &admin)),
        token::signed(&jku, &claims, b"key"),
        String::new(),
        "null".to_owned(),
        "a.b.c".to_owned(),
        "é".repeat(3_000),
    ];
    for token in &forged {
        let answer = house.api().with_token(&ascii(token)).get("/v1/desk").await;
        answer.problem(401);
        let mut socket = TestAgent::from_login(
            &house.api(),
            "forged",
            &json!({ "access_token": token, "refresh_token": "" }),
        );
        assert!(!socket.tries_to_connect(Duration::from_secs(5)).await);
        assert_eq!(socket.is_closed().await, 4001);
    }
}

/// Header values carry no other letters.
fn ascii(token: &str) -> String {
    token.chars().filter(char::is_ascii).collect()
}

#[tokio::test]
async fn one_kind_of_token_does_not_open_the_others_doors() {
    let mut house = House::small().await;
    let ming = house.signs_in("ming").await;
    let visitor = house.visitor().await;
    // A visitor's token at the agents' socket, an agent's at the visitors', a refresh token anywhere.
    let hello = |token: &str| json!({ "access_token": token, "refresh_token": "" });
    for token in [visitor.token(), ming.refresh.as_str()] {
        let mut socket = TestAgent::from_login(&house.api(), "wrong", &hello(token));
        assert!(!socket.tries_to_connect(Duration::from_secs(5)).await);
        let refused = house.api().with_token(token).get("/v1/desk").await;
        assert!([401, 403].contains(&refused.status), "{refused:?}");
    }
    let refused =
        house.api().with_token(ming.api().token().unwrap()).get("/v1/chat/messages").await;
    assert!([401, 403].contains(&refused.status), "{refused:?}");
}

#[tokio::test]
async fn a_socket_of_a_foreign_page_is_refused() {
    let house = House::small().await;
    let port = house.gateways[0].port();
    for path in ["/v1/socket/agent", "/v1/socket/visitor"] {
        let refused = connect(port, path, Some("https://evil.example")).await;
        assert!(refused.is_err(), "{path} is open to foreign pages");
    }
}

#[tokio::test]
async fn a_foreign_page_is_not_ours_by_saying_our_host() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let house = House::small().await;
    let port = house.gateways[0].port();
    let url = format!("ws://127.0.0.1:{port}/v1/socket/agent");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let refused = tokio_tungstenite::client_async(request, stream).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
}

#[tokio::test]
async fn an_api_key_works_until_it_is_taken_back() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let made = root
        .api()
        .post("/v1/api_keys", json!({ "name": "wallboard", "role": "supervisor" }))
        .await
        .ok();
    let key = made["key"]
        .as_str()
        .or_else(|| made["secret"].as_str())
        .unwrap_or_else(|| panic!("no key: {made}"));
    let caller = house.api().with_token(key);
    caller.get("/v1/queues/state").await.ok();
    caller.get("/v1/settings/queues").await.problem(403);
    let listed = root.api().get("/v1/api_keys").await.ok();
    let secret = key.rsplit('_').next().unwrap();
    assert!(!listed.to_string().contains(secret), "the secret is shown once");
    let id = made["id"].as_str().unwrap();
    let gone = root.api().delete(&format!("/v1/api_keys/{id}")).await;
    assert!((200..300).contains(&gone.status), "{gone:?}");
    eventually("the key opens nothing", async || {
        let status = caller.get("/v1/queues/state").await.status;
        if status == 401 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
}
