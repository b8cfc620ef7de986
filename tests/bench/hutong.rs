//! Real gateways with a desk on which one agent can hold many chats, each given at once.

use crate::line::{Line, Tongue};
use crate::server::Keeping;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use tests::agent::TestAgent;
use tests::desk::DeskFile;
use tests::{Api, House};
use tokio::task::JoinSet;

/// A desk with one queue and so many agents, each of whom holds so many chats.
fn desk(agents: usize, chats: usize) -> DeskFile {
    let offer = json!({ "timeout_secs": 30, "auto_accept": true, "misses_max": 3 });
    let mut desk = DeskFile::small().with_only(&[]).with_queue(
        "tax",
        json!({ "ladder": [{ "skills": { "tax": 1 } }], "offer": offer, "target_secs": 600 }),
    );
    for n in 0..agents {
        let name = agent_name(n);
        let capacity =
            json!({ "units": 1000, "kinds": { "web_chat": { "cost": 10, "limit": chats } } });
        desk = desk
            .with_agent(&name, "agent", json!({ "tax": 3 }))
            .with_agent_changed(&name, json!({ "capacity": capacity }));
    }
    desk
}

pub(crate) fn agent_name(n: usize) -> String {
    format!("agent_{n:03}")
}

/// Builds a house: agents who hold so many chats each, so many gateways, one Redis.
pub(crate) async fn house(
    (agents, chats): (usize, usize),
    gateways: usize,
    keeping: Keeping,
) -> House {
    let plan = House::of(desk(agents, chats))
        .with_gateways(gateways)
        .with("presence.heartbeat_ms", 10_000)
        .with("presence.lease_ms", 120_000)
        .with("presence.ping_ms", 59_000)
        .with("limits.in_flight_max", 4_096)
        .with("log.level", "warn");
    let plan = if keeping == Keeping::Relaxed { plan.relaxed() } else { plan };
    plan.start().await
}

/// Signs the agents in at a gateway and opens their sockets; they are ready.
pub(crate) async fn agents(house: &mut House, count: usize, gateway: usize) -> Result<Vec<Line>> {
    let port = house.gateways[gateway].port();
    let mut lines = Vec::new();
    for n in 0..count {
        let name = agent_name(n);
        let password = house.password(&name);
        let agent = TestAgent::signs_in(&house.api(), &name, &password).await;
        let token = agent.api().token().context("no token")?.to_owned();
        let mut line =
            Line::to_hutong(port, &token, Tongue::Agent(String::new()), 1_000_000 + n as u64)
                .await?;
        line.say(&json!({ "type": "presence", "presence": "ready" })).await?;
        line.hear(|frame| frame.contains("presence_changed").then_some(())).await?;
        lines.push(line);
    }
    Ok(lines)
}

/// Opens sessions and sockets of visitors at a gateway, some at a time.
pub(crate) async fn visitors(api: &Api, count: usize) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut tasks = JoinSet::new();
    for n in 0..count {
        if tasks.len() >= 32 {
            lines.push(tasks.join_next().await.context("no task")???);
        }
        let api = api.clone();
        tasks.spawn(async move { visitor(&api, n as u64).await });
    }
    while let Some(line) = tasks.join_next().await {
        lines.push(line??);
    }
    Ok(lines)
}

async fn visitor(api: &Api, name: u64) -> Result<Line> {
    let session = api.post("/v1/chat/website/sessions", json!({ "locale": "zh-CN" })).await;
    let token = session.body["token"]
        .as_str()
        .with_context(|| format!("no session: {session:?}"))?
        .to_owned();
    Line::to_hutong(api.port(), &token, Tongue::Visitor, name).await
}

/// A visitor's first word; the agent who gets it and the conversation.
pub(crate) async fn asks(visitor: &mut Line) -> Result<(String, String)> {
    let id = format!("first-{}", crate::clock::now_ms());
    visitor
        .say(&json!({ "type": "send", "client_id": id, "text": "您好", "topic": "tax" }))
        .await?;
    visitor
        .hear(|frame| {
            let frame: Value = serde_json::from_str(frame).ok()?;
            let conversation = &frame["conversation"];
            let id = conversation["id"].as_str()?;
            let agent = conversation["agent_name"].as_str()?; // named as the log-in is
            (conversation["state"] == "active").then(|| (agent.to_owned(), id.to_owned()))
        })
        .await
}

/// Keeps sockets alive and empty: reads whatever comes until it is dropped.
pub(crate) fn listening(lines: Vec<Line>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for mut line in lines {
        tasks.spawn(async move { while line.next().await.is_ok() {} });
    }
    tasks
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident(process: u32) -> Result<f64> {
    memory(process, "VmRSS:")
}

/// The most that it ever was, or since it was told to forget that.
pub(crate) fn highest(process: u32) -> Result<f64> {
    memory(process, "VmHWM:")
}

fn memory(process: u32, field: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.with_context(|| format!("no {field}"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// CPU time of a process so far, in microseconds.
pub(crate) fn cpu_us(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields.get(11).context("no utime")?.parse::<f64>()?
        + fields.get(12).context("no stime")?.parse::<f64>()?;
    Ok(ticks * 10_000.0)
}

/// Lets a time pass: here it is the thing that is measured over, not a wait for something.
pub(crate) async fn pass(time: Duration) {
    let mut interval =
        tokio::time::interval_at(tokio::time::Instant::now() + time, Duration::from_secs(3_600));
    interval.tick().await;
}
