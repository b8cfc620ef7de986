//! APP1: notifications handed to a push service in each second, beside a bare HTTP/2 client; how long a word takes
//! until it is handed over while thousands are on the line.

mod sink;

use crate::Settings;
use crate::hutong::{agent_name, cpu_us, listening, resident, visitors};
use crate::mail::redis_cpu;
use crate::report::{Measured, median, quantile, ratios, say, spread};
use crate::server::Keeping;
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{Certificate, Client};
use serde_json::json;
use sink::Sink;
use std::time::{Duration, Instant};
use tests::agent::TestAgent;
use tests::desk::{DeskFile, IDENTITY_SECRET};
use tests::mail_server::Authority;
use tests::pace::pause;
use tests::token::app_identity;
use tests::{Api, House, TestVisitor};
use tokio::task::JoinSet;

/// So many agents hold the users' conversations.
const AGENTS: usize = 20;
/// So many devices has each user.
const DEVICES: usize = 8;
/// So many calls of the bare client are under way at once: as many as one service gets from one gateway.
const AT_ONCE: usize = 16;
/// So many words at most, each in a conversation of its own, whose way is timed: of two in one, only the
/// second would be told.
const TIMED_MAX: usize = 400;
/// The pause between two of them, in milliseconds.
const PAUSE_MS: u64 = 25;
/// A key that was made for the tests.
const KEY: &str = include_str!("../../channels/fixtures/push/ec_p8.pem");

struct Round {
    per_second: f64,
    bare: f64,
    gateway_us: f64,
    redis_us: f64,
    /// From before the word was said until it was handed over, in milliseconds: half, and all but one of a
    /// hundred.
    p50: f64,
    p99: f64,
    /// Bytes of memory for each device.
    per_device: f64,
}

/// How much there is of everything.
#[derive(Clone, Copy)]
struct Size {
    users: usize,
    sockets: usize,
}

/// APP1 at one durability.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let size = if settings.quick {
        Size { users: 40, sockets: 200 }
    } else {
        Size { users: 500, sockets: 5_000 }
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut rounds = Vec::new();
    for n in 0..settings.rounds {
        let round = runtime.block_on(one_round(keeping, size))?;
        say(&format!(
            "APP1 {} round {}: {:.0} notifications/s, bare client {:.0}/s, gateway {:.0} µs, redis {:.0} µs each; p50 {:.0} ms, p99 {:.0} ms; {:.0} bytes a device",
            keeping.name(),
            n + 1,
            round.per_second,
            round.bare,
            round.gateway_us,
            round.redis_us,
            round.p50,
            round.p99,
            round.per_device,
        ));
        rounds.push(round);
    }
    tell(keeping, size, &rounds);
    Ok(())
}

fn tell(keeping: Keeping, size: Size, rounds: &[Round]) {
    let of = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
    let (ours, bare) = (of(|round| round.per_second), of(|round| round.bare));
    let shares = ratios(&ours, &bare);
    let name = format!("APP1 {}", keeping.name());
    let mut measured = Measured::new(name, median(&ours), "notifications/s", ours.len());
    measured.floor = Some(median(&bare));
    measured.ratio_to_floor = Some(median(&shares));
    measured.spread = spread(&shares);
    measured.note = format!(
        "floor: a bare HTTP/2 client, {AT_ONCE} at once; {DEVICES} devices of {} people; per notification {:.0} µs of the gateway, {:.0} µs of Redis; {:.0} bytes of memory a device",
        size.users,
        median(&of(|round| round.gateway_us)),
        median(&of(|round| round.redis_us)),
        median(&of(|round| round.per_device)),
    );
    measured.tell();
    let late = of(|round| round.p99);
    let name = format!("APP1 latency {}", keeping.name());
    let mut measured = Measured::new(name, median(&late), "ms p99", late.len());
    measured.spread = spread(&late);
    measured.note = format!(
        "from before a word was said until the service had it, {} sockets open; p50 {:.0} ms",
        size.sockets,
        median(&of(|round| round.p50)),
    );
    measured.tell();
}

async fn one_round(keeping: Keeping, size: Size) -> Result<Round> {
    let folder = tempfile::tempdir()?;
    let authority = Authority::make(folder.path());
    let sink = Sink::start(&authority).await?;
    let mut house = house(&sink, &authority, keeping).await;
    let process = house.gateways[0].id().context("no gateway")?;
    let mut agents = Vec::new();
    for n in 0..AGENTS {
        agents.push(house.ready_agent(&agent_name(n)).await);
    }
    let api = house.api();
    let users: Vec<TestVisitor> = stream::iter(0..size.users)
        .map(|n| asks(&api, n))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let before = resident(process)?;
    stream::iter(
        users.iter().enumerate().flat_map(|(n, user)| (0..DEVICES).map(move |d| (user, n, d))),
    )
    .map(|(user, n, d)| registers(user, n, d))
    .buffer_unordered(AT_ONCE)
    .try_collect::<()>()
    .await?;
    let devices = size.users * DEVICES;
    let per_device = (resident(process)? - before) / devices as f64;

    let taken = sink.taken.count();
    let (cpu, redis, begun) = (cpu_us(process)?, redis_cpu(&house).await?, Instant::now());
    let agents = everybody_says(agents).await?;
    sink.taken.until(taken + devices).await;
    let took = begun.elapsed().as_secs_f64();
    let (cpu, redis) = (cpu_us(process)? - cpu, redis_cpu(&house).await? - redis);
    let bare = bare(&sink, &authority, devices).await?;

    let _others = listening(visitors(&api, size.sockets).await?);
    let mut waits = timed(&sink, agents).await?;
    waits.sort_by(f64::total_cmp);
    Ok(Round {
        per_second: devices as f64 / took,
        bare,
        gateway_us: cpu / devices as f64,
        redis_us: redis / devices as f64,
        p50: quantile(&waits, 0.5),
        p99: quantile(&waits, 0.99),
        per_device,
    })
}

async fn house(sink: &Sink, authority: &Authority, keeping: Keeping) -> House {
    let offer = json!({ "timeout_secs": 30, "auto_accept": true, "misses_max": 3 });
    let push = json!({
        "after_secs": 0,
        "apns": { "team_id": "TEAM123456", "key_id": "KEY1234567", "private_key": KEY,
            "topic": "cn.city.app", "base_url": sink.url },
    });
    let mut desk = DeskFile::small()
        .with_only(&[])
        .with_queue(
            "tax",
            json!({ "ladder": [{ "skills": { "tax": 1 } }], "offer": offer, "target_secs": 600 }),
        )
        .with_app("app", &["tax"], push);
    for n in 0..AGENTS {
        let kinds = json!({ "app": { "cost": 10, "limit": 100 } });
        desk = desk.with_agent(&agent_name(n), "agent", json!({ "tax": 3 })).with_agent_changed(
            &agent_name(n),
            json!({ "capacity": { "units": 1000, "kinds": kinds } }),
        );
    }
    let plan = House::of(desk)
        .with("presence.heartbeat_ms", 10_000)
        .with("presence.lease_ms", 120_000)
        .with("presence.ping_ms", 59_000)
        .with("limits.in_flight_max", 4_096)
        .with("log.level", "warn");
    let plan = if keeping == Keeping::Relaxed { plan.relaxed() } else { plan };
    let mut house = plan.build().await;
    for gateway in &mut house.gateways {
        gateway.change_environment("SSL_CERT_FILE", authority.ca.display().to_string());
        gateway.start().await;
    }
    house
}

/// A user of the app who asked something.
async fn asks(api: &Api, n: usize) -> Result<TestVisitor> {
    let word = app_identity(&format!("user-{n}"), "app", IDENTITY_SECRET);
    let user = TestVisitor::opens_session(api, "app", json!({ "identity_token": word })).await;
    let word = user.word("您好", json!({ "topic": "tax" }));
    let said = user.api().post("/v1/chat/frames", json!({ "frame": word })).await;
    ensure!(said.status == 200, "{said:?}");
    Ok(user)
}

async fn registers(user: &TestVisitor, n: usize, d: usize) -> Result<()> {
    let token = format!("{:064x}", n * 1_000 + d + 1);
    let wish = json!({ "provider": "apns", "token": token, "locale": "zh-CN" });
    let path = format!("/v1/chat/devices/device-{n:06}-{d:06}");
    let registered = user.api().put(&path, wish).await;
    ensure!(registered.status == 200, "{registered:?}");
    Ok(())
}

/// Each agent answers in each conversation, all agents at once.
async fn everybody_says(agents: Vec<TestAgent>) -> Result<Vec<TestAgent>> {
    let mut tasks = JoinSet::new();
    for mut agent in agents {
        tasks.spawn(async move {
            let held = agent.seen().look(|seen| seen.held.to_vec());
            for conversation in held {
                agent.says(&conversation, "您的申请已受理，请携带身份证办理。").await;
            }
            agent
        });
    }
    Ok(tasks.join_all().await)
}

/// Words one after the other, each in another conversation; how long each took, in milliseconds.
async fn timed(sink: &Sink, mut agents: Vec<TestAgent>) -> Result<Vec<f64>> {
    let held: usize = agents.iter().map(|agent| agent.seen().look(|seen| seen.held.len())).sum();
    let count = held.min(TIMED_MAX);
    let mut begun = Vec::new();
    for n in 0..count {
        let agents_count = agents.len();
        let agent = &mut agents[n % agents_count];
        let held = agent.seen().look(|seen| seen.held.to_vec());
        let conversation = held[(n / agents_count) % held.len()].clone();
        let line = format!("第 {n} 句");
        begun.push((line.clone(), Instant::now()));
        agent.says(&conversation, &line).await;
        pause(PAUSE_MS).await;
    }
    let until = Instant::now() + Duration::from_secs(30);
    let mut waits = Vec::new();
    for (line, at) in begun {
        loop {
            if let Some(seen) = sink.taken.seen_at(&line) {
                waits.push(seen.duration_since(at).as_secs_f64() * 1_000.0);
                break;
            }
            ensure!(Instant::now() < until, "`{line}` never came");
            pause(20).await;
        }
    }
    Ok(waits)
}

/// As many calls of the same size by a client that does nothing else.
async fn bare(sink: &Sink, authority: &Authority, count: usize) -> Result<f64> {
    let ca = Certificate::from_pem(&std::fs::read(&authority.ca)?)?;
    let client = Client::builder().tls_certs_only([ca]).http2_prior_knowledge().build()?;
    let body = json!({
        "aps": { "alert": { "title": "agent_000", "body": "您的申请已受理，请携带身份证办理。" }, "badge": 1,
            "sound": "default", "thread-id": "conv_01m8eg2jr8ed09x1zxn4davgyb" },
        "id": "dlv_5fegrrs2hwgrstk4fw488yjm36", "conversation": "conv_01m8eg2jr8ed09x1zxn4davgyb",
        "channel": "app", "kind": "answer", "seq": 3, "badge": 1, "title": "agent_000",
        "body": "您的申请已受理，请携带身份证办理。",
    });
    let body = body.to_string();
    let begun = Instant::now();
    let call = async |n: usize| -> Result<()> {
        let url = format!("{}/3/device/{n:064x}", sink.url);
        let answer = client.post(url).header("apns-topic", "cn.city.app").body(body.clone()).send();
        ensure!(answer.await?.status() == 200, "refused");
        Ok(())
    };
    stream::iter(0..count).map(call).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
