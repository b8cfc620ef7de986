//! CALL2: 1,000 callbacks whose windows open within the same seconds, in one gateway with a Redis of its own and a
//! SIP line: how late each timer is, how long it takes until both speak, and what a call that lives costs.

use crate::Settings;
use crate::clock::now_ms;
use crate::hutong::{agent_name, cpu_us, resident};
use crate::mail::redis_cpu;
use crate::report::{Measured, median, quantile, say, spread};
use crate::server::Keeping;
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use tests::agent::TestAgent;
use tests::desk::DeskFile;
use tests::pace::pause;
use tests::port::Port;
use tests::sipp::Sipp;
use tests::{Api, House};

/// So many people want to be called: as many as a line has at once.
const PEOPLE: usize = 1_000;
/// So many agents serve all of them at once.
const AGENTS: usize = 20;
/// So many ask at once.
const AT_ONCE: usize = 16;
/// The windows open within so long, in milliseconds.
const WITHIN_MS: i64 = 5_000;
/// The first one opens so long after the first request, in milliseconds: all have asked by then.
const AHEAD_MS: i64 = 30_000;
/// How often the commits are read, in milliseconds.
const LOOK_MS: u64 = 50;
/// The most commits of one look.
const COMMITS_MAX: &str = "2000";
/// The longest that it takes until all are connected.
const PATIENCE: Duration = Duration::from_secs(120);

struct Round {
    /// How late each timer was, in milliseconds.
    late: Vec<f64>,
    /// From the opening of each window until both were connected, in milliseconds.
    connected: Vec<f64>,
    /// How calls ended that were not connected, and how many of them.
    failed: BTreeMap<String, usize>,
    /// Bytes of the gateway for each call that lives.
    per_call: f64,
    gateway_us: f64,
    redis_us: f64,
}

/// CALL2 at one durability.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut rounds = Vec::new();
    for n in 0..if settings.quick { 1 } else { settings.rounds } {
        let round = runtime.block_on(one_round(keeping))?;
        say(&format!(
            "CALL2 {} round {}: {} connected, others {:?}; late p50 {:.0} ms, p99 {:.0}, most {:.0}; connected p50 {:.0} ms, p99 {:.0}; {:.1} KiB a call; gateway {:.0} µs, redis {:.0} µs each",
            keeping.name(),
            n + 1,
            round.connected.len(),
            round.failed,
            quantile(&round.late, 0.5),
            quantile(&round.late, 0.99),
            quantile(&round.late, 1.0),
            quantile(&round.connected, 0.5),
            quantile(&round.connected, 0.99),
            round.per_call / 1_024.0,
            round.gateway_us,
            round.redis_us,
        ));
        rounds.push(round);
    }
    tell(keeping, &rounds);
    Ok(())
}

fn tell(keeping: Keeping, rounds: &[Round]) {
    let of = |figure: &dyn Fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
    let late = of(&|round| quantile(&round.late, 0.99));
    let name = format!("CALL2 late {}", keeping.name());
    let mut measured = Measured::new(name, median(&late), "ms p99", late.len());
    measured.spread = spread(&late);
    measured.note = format!(
        "{PEOPLE} windows that open within {WITHIN_MS} ms, from when each was due until its commit; p50 {:.0} ms, most {:.0} ms; a gateway looks every 500 ms at the latest",
        median(&of(&|round| quantile(&round.late, 0.5))),
        median(&of(&|round| quantile(&round.late, 1.0))),
    );
    measured.tell();
    let connected = of(&|round| quantile(&round.connected, 0.5));
    let name = format!("CALL2 connected {}", keeping.name());
    let mut measured = Measured::new(name, median(&connected), "ms p50", connected.len());
    measured.spread = spread(&connected);
    measured.note = format!(
        "from when a window was to open until both were connected, all {PEOPLE} within {WITHIN_MS} ms; {:.0} were connected at once, the others ended; p99 {:.0} ms; per call {:.0} µs of the gateway, {:.0} µs of Redis",
        median(&of(&|round| round.connected.len() as f64)),
        median(&of(&|round| quantile(&round.connected, 0.99))),
        median(&of(&|round| round.gateway_us)),
        median(&of(&|round| round.redis_us)),
    );
    measured.tell();
    let memory = of(&|round| round.per_call / 1_024.0);
    let name = format!("CALL2 memory {}", keeping.name());
    let mut measured = Measured::new(name, median(&memory), "KiB per call", memory.len());
    measured.spread = spread(&memory);
    measured.note = format!(
        "resident memory of the gateway with all calls connected, less that with {PEOPLE} callbacks that wait, for each call"
    );
    measured.tell();
}

async fn one_round(keeping: Keeping) -> Result<Round> {
    let folder = tempfile::tempdir()?;
    let phones = Sipp::takes_many(folder.path(), "joined", &[]).await;
    let people = Sipp::takes_many(folder.path(), "answers", &[]).await;
    let line = Port::take();
    let mut house = house(keeping, (&line, &phones, &people)).await;
    let process = house.gateways[0].id().context("no gateway")?;
    let mut agents: Vec<TestAgent> = Vec::new();
    for n in 0..AGENTS {
        agents.push(house.watching(&agent_name(n)).await);
    }
    let (api, opens) = (house.api(), now_ms() + AHEAD_MS);
    stream::iter(0..PEOPLE)
        .map(|n| asks(&api, n, opens))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    ensure!(now_ms() < opens, "asking took longer than {AHEAD_MS} ms");
    let mut seen = Seen::default();
    seen.reads(&house).await?;
    ensure!(seen.due.len() == PEOPLE, "{} callbacks wait", seen.due.len());
    // Before, an agent who takes everything would have got them at the moment when they asked.
    for agent in &mut agents {
        agent.is_ready().await;
    }
    ensure!(now_ms() < opens, "the agents were ready too late");
    let before = resident(process)?;
    let (cpu, redis) = (cpu_us(process)?, redis_cpu(&house).await?);
    let begun = Instant::now();
    while seen.connected.len() + seen.failed() < PEOPLE {
        let so_far = seen.connected.len();
        ensure!(
            begun.elapsed() < PATIENCE,
            "{} of {PEOPLE} windows opened, {so_far} calls were connected, and others ended: {:?}",
            seen.queued.len(),
            seen.ended,
        );
        pause(LOOK_MS).await;
        seen.reads(&house).await?;
    }
    let (cpu, redis) = (cpu_us(process)? - cpu, redis_cpu(&house).await? - redis);
    ensure!(!seen.connected.is_empty(), "nobody was connected: {:?}", seen.ended);
    let per_call = (resident(process)? - before) / seen.connected.len() as f64;
    let since_due = |at: &HashMap<String, i64>| -> Result<Vec<f64>> {
        at.iter()
            .map(|(conversation, at)| {
                let due = seen.due.get(conversation).context("an unknown conversation")?;
                Ok((at - due) as f64)
            })
            .collect()
    };
    Ok(Round {
        late: since_due(&seen.queued)?,
        connected: since_due(&seen.connected)?,
        failed: seen.ended,
        per_call,
        gateway_us: cpu / PEOPLE as f64,
        redis_us: redis / PEOPLE as f64,
    })
}

async fn house(keeping: Keeping, (line, phones, people): (&Port, &Sipp, &Sipp)) -> House {
    let offer = json!({ "timeout_secs": 30, "auto_accept": true, "misses_max": 3 });
    let settings = json!({
        "listen": [format!("udp:127.0.0.1:{}", line.number())],
        "trunk": { "uri": format!("sip:127.0.0.1:{}", people.port()), "caller_id": "02012345678" },
    });
    let mut desk = DeskFile::small()
        .with_only(&[])
        .with_queue(
            "tax",
            json!({ "ladder": [{ "skills": { "tax": 1 } }], "offer": offer, "target_secs": 600 }),
        )
        .with_telephone(("hotline", "sip"), &["tax"], settings);
    for n in 0..AGENTS {
        let kinds = json!({ "phone": { "cost": 10, "limit": 2 * PEOPLE / AGENTS } });
        let agent = json!({
            "capacity": { "units": 1000, "kinds": kinds },
            "phone": format!("sip:{}@127.0.0.1:{}", 1_000 + n, phones.port()),
        });
        desk = desk
            .with_agent(&agent_name(n), "agent", json!({ "tax": 3 }))
            .with_agent_changed(&agent_name(n), agent);
    }
    let any = json!(["1-65535"]);
    let plan = House::of(desk)
        .with("presence.heartbeat_ms", 10_000)
        .with("presence.lease_ms", 120_000)
        .with("presence.ping_ms", 59_000)
        // Whole milliseconds are counted: no more than one request in each.
        .with("limits.conversations_per_minute", 50_000)
        .with("sip.listen_ports", any.clone())
        .with("sip.inner_ports", any)
        .with("log.level", "warn");
    let plan = if keeping == Keeping::Relaxed { plan.relaxed() } else { plan };
    plan.start().await
}

/// Somebody wants to be called, in a window that opens then.
async fn asks(api: &Api, n: usize, opens: i64) -> Result<()> {
    let wish = json!({
        "client_id": format!("person-{n:06}"),
        "number": format!("+8613800{n:06}"),
        "from": opens + i64::try_from(n)? * WITHIN_MS / i64::try_from(PEOPLE)?,
    });
    let asked = api.post("/v1/phone/hotline/requests", wish).await;
    ensure!(asked.status == 201, "{asked:?}");
    Ok(())
}

/// What the commits tell, each by its time in Redis.
#[derive(Default)]
struct Seen {
    cursor: String,
    /// When each window is to open.
    due: HashMap<String, i64>,
    /// When it did.
    queued: HashMap<String, i64>,
    /// When both were connected.
    connected: HashMap<String, i64>,
    /// How calls ended: none is hung up, so that none of these was connected.
    ended: BTreeMap<String, usize>,
}

impl Seen {
    fn failed(&self) -> usize {
        self.ended.values().sum()
    }

    /// Reads what is new.
    async fn reads(&mut self, house: &House) -> Result<()> {
        loop {
            let after =
                if self.cursor.is_empty() { "-".to_owned() } else { format!("({}", self.cursor) };
            let words = ["XRANGE", "{main}:events", &after, "+", "COUNT", COMMITS_MAX];
            let commits: Vec<(String, Vec<(String, String)>)> = house.redis.ask(&words).await;
            let Some((last, _)) = commits.last() else { return Ok(()) };
            self.cursor.clone_from(last);
            for (id, events) in &commits {
                let at: i64 = id.split('-').next().context("no time")?.parse()?;
                for (_, event) in events {
                    self.learns(at, &serde_json::from_str(event)?);
                }
            }
        }
    }

    fn learns(&mut self, at: i64, event: &Value) {
        let Some(conversation) = event["conversation"].as_str().map(str::to_owned) else { return };
        match event["type"].as_str() {
            Some("conversation_scheduled") => {
                if let Some(until) = event["until"].as_i64() {
                    self.due.insert(conversation, until);
                }
            }
            Some("conversation_queued") if self.due.contains_key(&conversation) => {
                self.queued.entry(conversation).or_insert(at);
            }
            Some("callback_changed") if event["callback"]["call"]["stage"] == "connected" => {
                self.connected.entry(conversation).or_insert(at);
            }
            Some("message_appended") if event["message"]["notice"]["code"] == "call_ended" => {
                let notice = &event["message"]["notice"];
                let how = format!("{}: {}", notice["outcome"], notice["cause"]);
                *self.ended.entry(how).or_default() += 1;
            }
            _ => {}
        }
    }
}
