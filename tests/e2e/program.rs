//! `hutong` as a program: says what is wrong before anything starts, and ends in order.

use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tests::eventually::eventually_within;
use tests::redis_server::{Keeping, RedisServer};
use tests::{DeskFile, GatewayProcess, House, binary, eventually};

fn hutong(words: &[&str]) -> (i32, String) {
    let output = Command::new(binary::hutong()).args(words).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_bad_config_lists_every_problem_with_its_path_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    let text = "[server]\nlisten = \"nowhere\"\n[limits]\nlogins_per_minute = 0\n[presence]\nping_ms = 5\n";
    std::fs::write(&file, text).unwrap();
    for command in ["check-config", "serve"] {
        let (code, said) = hutong(&[command, "--config", &file.to_string_lossy()]);
        assert_eq!(code, 78, "{command}: {said}");
        for path in ["server.listen", "limits.logins_per_minute", "presence.ping_ms"] {
            assert!(said.contains(path), "{command} does not name {path}: {said}");
        }
    }
    std::fs::write(&file, "[server]\nlissen = \"127.0.0.1:0\"\n[nonsense]\na = 1\n").unwrap();
    let (code, said) = hutong(&["check-config", "--config", &file.to_string_lossy()]);
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("lissen") && said.contains("nonsense"), "{said}");
    let (code, said) = hutong(&["check-config", "--config", "/no/such/file.toml"]);
    assert_eq!(code, 78, "{said}");
}

#[test]
fn the_default_config_is_good() {
    let file = binary::root().join("config/default.toml");
    let (code, said) = hutong(&["check-config", "--config", &file.to_string_lossy()]);
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_weaker_redis_than_promised_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let redis = RedisServer::start(&folder.path().join("redis"), Keeping::Relaxed).await;
    let settings = [
        ("redis.urls".to_owned(), json!([redis.url()])),
        ("data_dir".to_owned(), json!(folder.path().join("data"))),
    ];
    let mut gateway = GatewayProcess::set("strict", folder.path(), &settings.into_iter().collect());
    gateway.spawn();
    eventually("it says what is wrong", async || {
        let said = gateway.output();
        let is_said = said.contains("appendfsync") && said.contains("everysec");
        if is_said { Ok(()) } else { Err(said) }
    })
    .await;
    let ready = gateway.api().try_call(reqwest::Method::GET, "/readyz", None, &[]).await;
    assert!(ready.is_err() || ready.is_ok_and(|answer| answer.status == 503));
    // Mended while it waits (or when it is started again), it works.
    drop::<String>(redis.ask(&["CONFIG", "SET", "appendfsync", "always"]).await);
    if gateway.ended().is_some() {
        gateway.start().await;
    } else {
        eventually_within(std::time::Duration::from_secs(40), "it is ready", async || {
            let ready = gateway.api().get("/readyz").await;
            if ready.status == 200 { Ok(()) } else { Err(format!("{ready:?}")) }
        })
        .await;
    }
}

#[tokio::test]
async fn a_redis_that_becomes_weaker_is_noticed() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let system = root.api().get("/v1/system").await.ok().to_string();
    assert!(system.contains("strict"), "{system}");
    drop::<String>(house.redis.ask(&["CONFIG", "SET", "appendfsync", "everysec"]).await);
    eventually_within(std::time::Duration::from_secs(40), "it is noticed", async || {
        let ready = house.api().get("/readyz").await;
        if ready.status == 503 { Ok(()) } else { Err(format!("{ready:?}")) }
    })
    .await;
}

#[tokio::test]
async fn with_no_redis_configured_it_brings_its_own_and_restarts_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("data_dir".to_owned(), json!(folder.path().join("data")))];
    let mut gateway =
        GatewayProcess::set("embedded", folder.path(), &settings.into_iter().collect());
    gateway.start().await;
    let child = children(gateway.id().unwrap())
        .into_iter()
        .find(|(_, name)| name.contains("redis") || name.contains("valkey"));
    let (pid, _) = child.expect("a redis-server below the gateway");
    kill(pid, Signal::KILL);
    eventually_within(std::time::Duration::from_secs(20), "another one serves", async || {
        let fresh = children(gateway.id().unwrap())
            .into_iter()
            .find(|(id, name)| *id != pid && name.contains("redis"));
        let ready = gateway.api().get("/readyz").await;
        if fresh.is_some() && ready.status == 200 {
            Ok(())
        } else {
            Err(format!("{fresh:?} {ready:?}"))
        }
    })
    .await;
    let (pid, _) = children(gateway.id().unwrap())
        .into_iter()
        .find(|(_, name)| name.contains("redis"))
        .unwrap();
    gateway.signal(Signal::TERM);
    let code = eventually_within(std::time::Duration::from_secs(20), "it ends", async || {
        gateway.ended().ok_or_else(|| gateway.output())
    })
    .await;
    assert_eq!(code, 0, "{}", gateway.output());
    eventually("its Redis ends with it", async || {
        let is_there = Path::new(&format!("/proc/{pid}/exe")).exists();
        if is_there { Err(format!("{pid} is still there")) } else { Ok(()) }
    })
    .await;
}

#[tokio::test]
async fn an_embedded_redis_does_not_outlive_a_killed_gateway_in_the_way_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("data_dir".to_owned(), json!(folder.path().join("data")))];
    let mut gateway =
        GatewayProcess::set("embedded", folder.path(), &settings.into_iter().collect());
    gateway.start().await;
    gateway.kill();
    gateway.start().await;
    gateway.signal(Signal::TERM);
    eventually("it ends", async || gateway.ended().ok_or_else(|| gateway.output())).await;
}

#[tokio::test]
async fn while_it_closes_nobody_who_still_comes_is_left_hanging() {
    let plan = House::of(DeskFile::small()).with("server.drain_spread_ms", 3_000);
    let mut house = plan.start().await;
    let mut people = Vec::new();
    for _ in 0..50 {
        people.push(house.visitor().await);
    }
    let gateway = &mut house.gateways[0];
    gateway.signal(Signal::TERM);
    eventually("it is not ready", async || {
        let ready = gateway.api().get("/readyz").await;
        if ready.status == 503 { Ok(()) } else { Err(format!("{ready:?}")) }
    })
    .await;
    // A balancer that has not noticed sends somebody over a connection of its own.
    let answer = gateway.api().get("/v1/chat/website").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("connection"), "close", "{answer:?}");
    let socket =
        tests::socket::connect(gateway.port(), "/v1/socket/visitor", Some(tests::desk::WEBSITE));
    assert!(socket.await.is_err(), "no new socket is taken");
    for visitor in &people {
        assert_eq!(visitor.is_closed().await, 1012);
    }
    let code =
        eventually("it ends", async || gateway.ended().ok_or_else(|| gateway.output())).await;
    assert_eq!(code, 0, "{}", gateway.output());
}

#[tokio::test]
async fn a_bad_desk_is_refused_as_a_whole_with_every_problem() {
    let house = House::small().await;
    let mut desk: Value = DeskFile::small().json().clone();
    desk["queues"][0]["ladder"] = json!([{ "skills": { "no_such": 9 } }]);
    desk["channels"][0]["topics"][0]["queue"] = "nowhere".into();
    let file = house.folder().join("bad.json");
    std::fs::write(&file, desk.to_string()).unwrap();
    let output = house.gateways[0].run(&["apply", &file.to_string_lossy()]);
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("no_such") && said.contains("nowhere"), "{said}");
    let channel = house.api().get("/v1/chat/website").await.ok();
    assert_eq!(channel["topics"][0]["id"], "tax", "what was there is there");
}

#[tokio::test]
async fn an_operator_makes_and_takes_back_api_keys_and_checks_the_trail() {
    let house = House::small().await;
    let admin = |words: &[&str]| house.gateways[0].runs(&[&["admin"][..], words].concat());
    let key = admin(&["create-api-key", "wallboard", "--role", "supervisor"]).trim().to_owned();
    let caller = house.api().with_token(&key);
    caller.get("/v1/queues/state").await.ok();
    caller.get("/v1/audit").await.problem(403);
    let listed = admin(&["list-api-keys"]);
    let id = key.split('_').nth(1).unwrap();
    assert!(listed.contains(&format!("{id} supervisor wallboard")), "{listed}");
    assert!(!listed.contains(&key), "{listed}");
    admin(&["revoke-api-key", id]);
    eventually("the key opens nothing", async || {
        let status = caller.get("/v1/queues/state").await.status;
        if status == 401 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
    assert!(admin(&["list-api-keys"]).contains("(revoked)"));
    let whole = admin(&["verify-audit"]);
    assert!(whole.contains("whole"), "{whole}");
    for words in [&["revoke-api-key", id], &["retry-dead-letter", "dlv_0"]] {
        let output = house.gateways[0].run(&[&["admin"][..], &words[..]].concat());
        assert!(!output.status.success(), "{words:?}: {output:?}");
    }
}

#[tokio::test]
async fn fsck_finds_what_was_broken_by_hand() {
    let mut house = House::small().await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    house.ends_well();
    let waiting: Vec<String> = house.redis.ask(&["KEYS", "*:waiting:tax"]).await;
    let _: i64 = house.redis.ask(&["ZREM", &waiting[0], &conversation]).await;
    let found = house.fsck().expect_err("it is broken");
    assert!(found.contains(&conversation), "{found}");
    let _agent = house.signs_in("ming").await;
}

/// The children of a process: id and name.
fn children(parent: u32) -> Vec<(i32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(')') else { continue };
        let of: u32 =
            rest.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        if of == parent {
            found.push((id, name.split_once('(').map_or("", |(_, name)| name).to_owned()));
        }
    }
    found
}

fn kill(pid: i32, signal: Signal) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}
