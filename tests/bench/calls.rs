//! CALL1: calls that a SIP line sets up in each second, and how long one takes, beside telephones that call each other
//! directly.
//!
//! The line is the adapter `sip` itself with a desk in memory, so that what is measured is the controller and no
//! store; CALL2 has the whole gateway. All telephones are SIPp, which takes the same calls in both.

pub(crate) mod windows;

use crate::Settings;
use crate::callbacks::Floor;
use crate::hutong::cpu_us;
use crate::report::{Measured, median, ratios, say, spread};
use crate::server::Keeping;
use anyhow::{Context, Result, ensure};
use channels::phone::{Call, CallDesk, CallEvent, CallOrder, MissedCall, Told};
use channels::sip::{self, Sip};
use channels::{Accepted, AdapterError, ChannelAdapter, Inlet, Means, SinkError, SipReach};
use domain::{Audience, CallId, CallOutcome, Channel, ChannelKind, Locale, Localized};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tests::port::Port;
use tests::sipp::{Load, Sipp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// So many calls are under way at once.
const AT_ONCE: usize = 32;
/// More orders than wait at any time.
const ORDERS_MAX: usize = 1_024;
/// The longest that one call takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// A call of ours is three exchanges: with the agent's telephone, the person's, and again the agent's.
const EXCHANGES: f64 = 3.0;

/// What one round told.
struct Round {
    per_second: f64,
    direct_per_second: f64,
    /// One call at a time, from its order until both are connected, in milliseconds.
    connects_ms: f64,
    /// The same for one telephone that calls another, from `INVITE` to 200.
    direct_ms: f64,
    cpu_us: f64,
}

/// How much there is of everything.
#[derive(Clone, Copy)]
struct Size {
    /// Calls of which so many are under way at once.
    many: usize,
    /// Calls one after the other.
    single: usize,
}

/// CALL1, without regard to durability: nothing is stored.
pub(crate) fn line(settings: &Settings, keeping: Keeping) -> Result<()> {
    if keeping == Keeping::Strict && settings.both {
        return Ok(());
    }
    let size = if settings.quick {
        Size { many: 1_000, single: 200 }
    } else {
        Size { many: 10_000, single: 1_000 }
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // One place for all rounds: nobody else gets it while the line before still leaves it.
    let (port, mut rounds) = (Port::take(), Vec::new());
    for n in 0..settings.rounds {
        let round = runtime.block_on(one_round(size, &port))?;
        say(&format!(
            "CALL1 round {}: {:.0} calls/s, directly {:.0}; one takes {:.2} ms, directly {:.2}; {:.0} µs of the line each",
            n + 1,
            round.per_second,
            round.direct_per_second,
            round.connects_ms,
            round.direct_ms,
            round.cpu_us,
        ));
        rounds.push(round);
    }
    tell(size, &rounds);
    Ok(())
}

fn tell(size: Size, rounds: &[Round]) {
    let of = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
    let (ours, direct) = (of(|round| round.per_second), of(|round| round.direct_per_second));
    let shares = ratios(&ours, &direct);
    let mut measured = Measured::new("CALL1", median(&ours), "calls/s", ours.len());
    measured.peer = Some(median(&direct));
    measured.ratio_to_peer = Some(median(&shares));
    measured.spread = spread(&shares);
    measured.note = format!(
        "{} calls, {AT_ONCE} at once; peer: one SIPp calls another; ours are two calls and a third exchange each; {:.0} µs of the line per call",
        size.many,
        median(&of(|round| round.cpu_us)),
    );
    measured.tell();
    let added = |round: &Round| round.connects_ms - EXCHANGES * round.direct_ms;
    let added: Vec<f64> = rounds.iter().map(added).collect();
    let mut measured = Measured::new("CALL1 added", median(&added), "ms", added.len());
    measured.peer = Some(median(&of(|round| round.direct_ms)));
    measured.spread = spread(&of(|round| round.connects_ms));
    measured.note = format!(
        "{} calls one after the other: {:.2} ms from the order until both are connected, less three exchanges between two SIPp (the peer: INVITE to 200); means, since SIPp counts whole milliseconds; the spread is that of the whole time",
        size.single,
        median(&of(|round| round.connects_ms)),
    );
    measured.tell();
}

async fn one_round(size: Size, port: &Port) -> Result<Round> {
    let folder = tempfile::tempdir()?;
    let agents = Sipp::takes_many(folder.path(), "joined", &[]).await;
    let people = Sipp::takes_many(folder.path(), "answers", &[]).await;
    let alone = Load { calls: size.single, at_once: 1 };
    let many = Load { calls: size.many, at_once: AT_ONCE };
    let to = people.port();
    let direct = Sipp::makes_many(folder.path(), "calls_directly", alone, to).await;
    let direct_ms = direct.waits_ms.iter().sum::<f64>() / direct.waits_ms.len() as f64;
    let direct = Sipp::makes_many(folder.path(), "calls_directly", many, to).await;
    let direct_per_second = size.many as f64 / direct.took.as_secs_f64();

    let line = Line::open(port, agents.port(), people.port())?;
    // Warm up.
    line.makes(Load { calls: AT_ONCE, at_once: AT_ONCE }).await?;
    let waits = line.makes(alone).await?;
    let connects_ms = waits.iter().sum::<f64>() / waits.len() as f64;
    let (cpu, begun) = (cpu_us(std::process::id())?, Instant::now());
    line.makes(many).await?;
    let took = begun.elapsed().as_secs_f64();
    let cpu = cpu_us(std::process::id())? - cpu;
    Ok(Round {
        per_second: size.many as f64 / took,
        direct_per_second,
        connects_ms,
        direct_ms,
        cpu_us: cpu / size.many as f64,
    })
}

/// A running line.
struct Line {
    desk: Arc<Desk>,
    agent: String,
    stop: CancellationToken,
    _running: JoinSet<Result<(), AdapterError>>,
}

impl Line {
    fn open(port: &Port, agents: u16, people: u16) -> Result<Self> {
        let settings = json!({
            "listen": [format!("udp:127.0.0.1:{}", port.number())],
            "trunk": { "uri": format!("sip:127.0.0.1:{people}"), "caller_id": "02012345678" },
        });
        let channel = Channel {
            id: "hotline".parse()?,
            name: Localized::default(),
            kind: ChannelKind::Phone,
            adapter: sip::ADAPTER.to_owned(),
            audience: Audience::Public,
            topics: Vec::new(),
            enabled: true,
            settings,
        };
        let means = Means { sip: SipReach::anywhere(), ..Means::none() };
        let adapter =
            Sip::open(&channel, &means).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let (desk, stop) = (Desk::open(), CancellationToken::new());
        let inlet = Inlet { calls: desk.clone(), ..Inlet::new(Arc::new(Floor), Arc::new(Floor)) };
        let (token, mut running) = (stop.clone(), JoinSet::new());
        running.spawn(async move { adapter.run(inlet, token).await });
        let agent = format!("sip:1001@127.0.0.1:{agents}");
        Ok(Self { desk, agent, stop, _running: running })
    }

    /// Makes calls, and hangs each up as soon as it is connected; how long each took until then, in
    /// milliseconds.
    async fn makes(&self, load: Load) -> Result<Vec<f64>> {
        let mut lanes = JoinSet::new();
        for lane in 0..load.at_once {
            let count = (lane..load.calls).step_by(load.at_once).count();
            let (desk, agent) = (Arc::clone(&self.desk), self.agent.clone());
            lanes.spawn(async move {
                let mut waits = Vec::with_capacity(count);
                for _ in 0..count {
                    waits.push(tokio::time::timeout(PATIENCE, desk.makes(&agent)).await??);
                }
                anyhow::Ok(waits)
            });
        }
        let mut waits = Vec::with_capacity(load.calls);
        while let Some(lane) = lanes.join_next().await {
            waits.extend(lane??);
        }
        Ok(waits)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A desk in memory, which tells each event to whoever waits for it.
struct Desk {
    orders: tokio::sync::Mutex<mpsc::Receiver<CallOrder>>,
    order: mpsc::Sender<CallOrder>,
    waiting: Mutex<HashMap<CallId, mpsc::Sender<CallEvent>>>,
}

/// More than is told of one call.
const EVENTS_MAX: usize = 64;

impl Desk {
    fn open() -> Arc<Self> {
        let (order, orders) = mpsc::channel(ORDERS_MAX);
        Arc::new(Self { orders: orders.into(), order, waiting: Mutex::default() })
    }

    async fn makes(&self, agent: &str) -> Result<f64> {
        let id = CallId::from_uuid(uuid::Uuid::now_v7());
        let (tell, mut told) = mpsc::channel(EVENTS_MAX);
        self.waiting().insert(id.clone(), tell);
        let call = Call {
            id: id.clone(),
            agent: agent.to_owned(),
            contact: "+8613800138000".parse()?,
            locale: Locale::ZhCn,
            ring_agent: PATIENCE,
            ring_contact: PATIENCE,
        };
        let begun = Instant::now();
        self.order.send(CallOrder::Place(call)).await?;
        let mut wait = None;
        while let Some(event) = told.recv().await {
            match event {
                CallEvent::Connected => {
                    wait = Some(begun.elapsed().as_secs_f64() * 1_000.0);
                    self.order.send(CallOrder::HangUp(id.clone())).await?;
                }
                CallEvent::Ended(end) => {
                    ensure!(end.outcome == CallOutcome::Completed, "{end:?}");
                    break;
                }
                _ => {}
            }
        }
        self.waiting().remove(&id);
        wait.context("a call was not connected")
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<CallId, mpsc::Sender<CallEvent>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl CallDesk for Desk {
    async fn next(&self) -> CallOrder {
        match self.orders.lock().await.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }

    async fn told(&self, call: &CallId, event: CallEvent) -> Result<Told, SinkError> {
        let tell = self.waiting().get(call).cloned();
        if let Some(tell) = tell {
            // Whoever has gone away wants to know nothing more.
            drop(tell.try_send(event));
        }
        Ok(Told::Kept)
    }

    async fn missed(&self, _missed: MissedCall) -> Result<Accepted, SinkError> {
        Ok(Accepted::Noted)
    }
}
