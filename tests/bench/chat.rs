//! B6–B9: chats over real gateways, beside socket.io: relay, latency, memory of idle sockets.

use crate::Settings;
use crate::hutong::{self, agent_name, asks, cpu_us, pass, resident};
use crate::line::{Line, Tongue};
use crate::peers::Peer;
use crate::report::{Measured, median, quantile, ratios, say, spread};
use crate::server::{Keeping, Server};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tests::House;
use tests::port::Port;
use tokio::task::JoinSet;

/// Who talk to each other.
type Pair = (Line, Line);

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Pairs of a visitor at the first gateway and an agent at the last, each in one conversation.
async fn our_pairs(house: &mut House, count: usize) -> Result<Vec<Pair>> {
    let last = house.gateways.len() - 1;
    let agents = hutong::agents(house, count, last).await?;
    let mut agents: BTreeMap<String, Line> =
        agents.into_iter().enumerate().map(|(n, line)| (agent_name(n), line)).collect();
    let mut pairs = Vec::new();
    for mut visitor in hutong::visitors(&house.gateways[0].api(), count).await? {
        let (agent, conversation) = asks(&mut visitor).await?;
        let mut agent =
            agents.remove(&agent).with_context(|| format!("{agent} has a chat already"))?;
        agent.speaks(Tongue::Agent(conversation));
        pairs.push((visitor, agent));
    }
    Ok(pairs)
}

/// socket.io on so many nodes, joined by a Redis of its own when there are several.
struct SocketIo {
    nodes: Vec<(Peer, Port)>,
    _redis: Option<Server>,
}

impl SocketIo {
    fn start(settings: &Settings, nodes: usize, keeping: Keeping) -> Result<Option<Self>> {
        let Some(folder) = &settings.peers else { return Ok(None) };
        let redis = if nodes > 1 { Some(Server::start(keeping)?) } else { None };
        let socket = redis.as_ref().map(|redis| redis.socket().display().to_string());
        let mut running = Vec::new();
        for _ in 0..nodes {
            let port = Port::take();
            let number = port.number().to_string();
            let words: Vec<&str> =
                std::iter::once(number.as_str()).chain(socket.as_deref()).collect();
            running.push((Peer::start(folder, "socketio.cjs", &words)?, port));
        }
        Ok(Some(Self { nodes: running, _redis: redis }))
    }

    fn port(&self, node: usize) -> u16 {
        self.nodes[node.min(self.nodes.len() - 1)].1.number()
    }

    async fn pairs(&self, count: usize) -> Result<Vec<Pair>> {
        let mut pairs = Vec::new();
        for n in 0..count {
            let (room, name) = (format!("room{n}"), n as u64);
            let first = Line::to_socket_io(self.port(0), &room, name).await?;
            pairs.push((first, Line::to_socket_io(self.port(1), &room, 1_000_000 + name).await?));
        }
        Ok(pairs)
    }

    fn cpu_us(&self) -> Result<f64> {
        self.nodes.iter().map(|(peer, _)| cpu_us(peer.id())).sum()
    }
}

/// Every pair plays ping-pong for a time; deliveries per second, and the pairs again.
async fn ping_pong(pairs: Vec<Pair>, time: Duration, round: usize) -> Result<(f64, Vec<Pair>)> {
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for (mut visitor, mut agent) in pairs {
        let (over, count) = (over.clone(), count.clone());
        tasks.spawn(async move {
            let mut n = 0;
            while !over.load(Ordering::Relaxed) {
                let (there, back) = (format!("v{round}.{n}."), format!("a{round}.{n}."));
                visitor.tell(&there).await?;
                agent.hear_word(&there).await?;
                agent.tell(&back).await?;
                visitor.hear_word(&back).await?;
                count.fetch_add(2, Ordering::Relaxed);
                n += 1;
            }
            anyhow::Ok((visitor, agent))
        });
    }
    pass(time).await;
    over.store(true, Ordering::Relaxed);
    let delivered = count.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    let mut pairs = Vec::new();
    while let Some(pair) = tasks.join_next().await {
        pairs.push(pair??);
    }
    Ok((delivered, pairs))
}

/// B6 on one node, B7 on two.
fn relay(settings: &Settings, keeping: Keeping, name: &str, nodes: usize) -> Result<()> {
    let count = if settings.quick { 25 } else { 250 };
    let time = Duration::from_secs(if settings.quick { 2 } else { 5 });
    runtime()?.block_on(async {
        let mut house = hutong::house((count, 1), nodes, keeping).await;
        let mut ours = our_pairs(&mut house, count).await?;
        let peer = SocketIo::start(settings, nodes, keeping)?;
        let mut theirs = match &peer {
            Some(peer) => peer.pairs(count).await?,
            None => Vec::new(),
        };
        let (mut our_speeds, mut their_speeds, mut our_costs, mut their_costs) = (vec![], vec![], vec![], vec![]);
        for round in 0..settings.rounds {
            let before = gateways_cpu(&house)?;
            let (speed, pairs) = ping_pong(ours, time, round).await?;
            ours = pairs;
            our_costs.push((gateways_cpu(&house)? - before) / (speed * time.as_secs_f64()));
            our_speeds.push(speed);
            if let Some(peer) = &peer {
                let before = peer.cpu_us()?;
                let (speed, pairs) = ping_pong(theirs, time, round).await?;
                theirs = pairs;
                their_costs.push((peer.cpu_us()? - before) / (speed * time.as_secs_f64()));
                their_speeds.push(speed);
            }
            say(&format!(
                "{name} {} round {}: ours {:.0} deliveries/s, socket.io {:.0}",
                keeping.name(), round + 1, speed_of(&our_speeds), speed_of(&their_speeds)
            ));
        }
        let mut measured =
            Measured::new(format!("{name} {}", keeping.name()), median(&our_speeds), "deliveries/s", settings.rounds);
        if peer.is_some() {
            let shares = ratios(&our_speeds, &their_speeds);
            measured.peer = Some(median(&their_speeds));
            measured.ratio_to_peer = Some(median(&shares));
            measured.spread = spread(&shares);
        }
        measured.note = format!(
            "CPU of the gateways {:.0} µs per delivery, of socket.io {:.0}; {count} pairs, ours persisted",
            median(&our_costs), median(&their_costs)
        );
        measured.tell();
        Ok(())
    })
}

fn speed_of(speeds: &[f64]) -> f64 {
    speeds.last().copied().unwrap_or(f64::NAN)
}

fn gateways_cpu(house: &House) -> Result<f64> {
    house.gateways.iter().map(|gateway| cpu_us(gateway.id().context("no gateway")?)).sum()
}

/// B6: chat relay on one node.
pub(crate) fn one_node(settings: &Settings, keeping: Keeping) -> Result<()> {
    relay(settings, keeping, "B6", 1)
}

/// B7: chat relay on two nodes.
pub(crate) fn two_nodes(settings: &Settings, keeping: Keeping) -> Result<()> {
    relay(settings, keeping, "B7", 2)
}

/// Visitors speak at a rate, in turn; the other sides say how long each word took.
async fn open_loop(
    speakers: Vec<Line>,
    hearers: Vec<Line>,
    rate: f64,
    time: Duration,
    round: usize,
) -> Result<(Vec<f64>, Vec<Line>, Vec<Line>)> {
    let over = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let gap = Duration::from_secs_f64(speakers.len() as f64 / rate);
    let mut hearing = JoinSet::new();
    for mut line in hearers {
        let over = over.clone();
        hearing.spawn(async move {
            let mut took = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let Ok(frame) = tokio::time::timeout(Duration::from_millis(200), line.next()).await
                else {
                    continue;
                };
                if let Some(sent) = frame?.and_then(|frame| sent_at(&frame, round)) {
                    took.push((begun.elapsed().as_micros() as f64 - sent) / 1_000.0);
                }
            }
            anyhow::Ok((took, line))
        });
    }
    let mut speaking = JoinSet::new();
    let count = speakers.len();
    for (n, mut line) in speakers.into_iter().enumerate() {
        speaking.spawn(async move {
            let first =
                tokio::time::Instant::from_std(begun) + gap.mul_f64(n as f64 / count as f64);
            let mut ticks = tokio::time::interval_at(first, gap);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
            while begun.elapsed() < time {
                tokio::select! {
                    due = ticks.tick() => {
                        // Counted from when it was due, so that a slow server cannot hide in a queue.
                        let due = due.into_std().saturating_duration_since(begun);
                        line.tell(&format!("t{round}.{:012}.", due.as_micros())).await?;
                    }
                    frame = line.next() => { frame?; }
                }
            }
            anyhow::Ok(line)
        });
    }
    let mut speakers = Vec::new();
    while let Some(line) = speaking.join_next().await {
        speakers.push(line??);
    }
    pass(Duration::from_secs(2)).await;
    over.store(true, Ordering::Relaxed);
    let (mut took, mut hearers) = (Vec::new(), Vec::new());
    while let Some(done) = hearing.join_next().await {
        let (times, line) = done??;
        took.extend(times);
        hearers.push(line);
    }
    Ok((took, speakers, hearers))
}

fn sent_at(frame: &str, round: usize) -> Option<f64> {
    let mark = format!("t{round}.");
    let start = frame.find(&mark)? + mark.len();
    frame.get(start..start + 12)?.parse().ok()
}

/// B8: from a visitor's word to the agent's desk, at 5,000 sockets on two nodes.
pub(crate) fn latency(settings: &Settings, keeping: Keeping) -> Result<()> {
    let (visitors, agents, rate) =
        if settings.quick { (190, 10, 200.0) } else { (4_750, 250, 2_000.0) };
    let time = Duration::from_secs(if settings.quick { 3 } else { 8 });
    runtime()?.block_on(async {
        let mut house = hutong::house((agents, visitors / agents), 2, keeping).await;
        let mut hearers = hutong::agents(&mut house, agents, 1).await?;
        let mut speakers = hutong::visitors(&house.gateways[0].api(), visitors).await?;
        for visitor in &mut speakers {
            asks(visitor).await?;
        }
        let peer = SocketIo::start(settings, 2, keeping)?;
        let (mut their_speakers, mut their_hearers) = (Vec::new(), Vec::new());
        if let Some(peer) = &peer {
            for n in 0..visitors {
                let room = format!("room{}", n % agents);
                their_speakers.push(Line::to_socket_io(peer.port(0), &room, n as u64).await?);
            }
            for n in 0..agents {
                their_hearers.push(Line::to_socket_io(peer.port(1), &format!("room{n}"), 1_000_000 + n as u64).await?);
            }
        }
        let (mut ours, mut theirs, mut our_p50, mut their_p50) = (vec![], vec![], vec![], vec![]);
        let mut heard = vec![];
        for round in 0..settings.rounds {
            let (took, back, again) = open_loop(speakers, hearers, rate, time, round).await?;
            (speakers, hearers) = (back, again);
            // Each speaker says one more word after the time is over: the round lasts a gap longer.
            let lasted = time.as_secs_f64() + visitors as f64 / rate;
            heard.push(took.len() as f64 / lasted);
            our_p50.push(quantile(&took, 0.5));
            ours.push(quantile(&took, 0.99));
            if peer.is_some() {
                let (took, back, again) = open_loop(their_speakers, their_hearers, rate, time, round).await?;
                (their_speakers, their_hearers) = (back, again);
                their_p50.push(quantile(&took, 0.5));
                theirs.push(quantile(&took, 0.99));
            }
            say(&format!(
                "B8 {} round {}: ours p50 {:.2} p99 {:.2} ms ({:.0}/s heard), socket.io p50 {:.2} p99 {:.2} ms",
                keeping.name(), round + 1, speed_of(&our_p50), speed_of(&ours), speed_of(&heard),
                speed_of(&their_p50), speed_of(&theirs)
            ));
        }
        let mut measured = Measured::new(format!("B8 {}", keeping.name()), median(&ours), "ms p99", settings.rounds);
        if peer.is_some() {
            let shares = ratios(&ours, &theirs);
            measured.peer = Some(median(&theirs));
            measured.ratio_to_peer = Some(median(&shares));
            measured.spread = spread(&shares);
        }
        measured.note = format!(
            "p50 {:.2} ms, socket.io {:.2} ms; {:.0} words/s heard of {rate}; {visitors} visitors, {agents} agents",
            median(&our_p50), median(&their_p50), median(&heard)
        );
        measured.tell();
        Ok(())
    })
}

/// How many still listen.
fn still_there(listening: &mut JoinSet<()>) -> usize {
    while listening.try_join_next().is_some() {}
    listening.len()
}

/// B9: resident memory per idle authenticated chat.
pub(crate) fn idle(settings: &Settings, keeping: Keeping) -> Result<()> {
    if keeping == Keeping::Strict && settings.both {
        return Ok(()); // the memory of a socket does not depend on the disk
    }
    let count: usize = if settings.quick { 500 } else { 9_500 };
    runtime()?.block_on(async {
        let house = hutong::house((1, 1), 1, keeping).await;
        let process = house.gateways[0].id().context("no gateway")?;
        drop(hutong::visitors(&house.gateways[0].api(), 50).await?);
        pass(Duration::from_secs(2)).await;
        let empty = resident(process)?;
        let mut listening = Vec::new();
        for some in 0..count / 500 {
            say(&format!("B9: {} sockets", some * 500));
            listening
                .push(hutong::listening(hutong::visitors(&house.gateways[0].api(), 500).await?));
        }
        pass(Duration::from_secs(3)).await;
        let ours = (resident(process)? - empty) / count as f64 / 1024.0;
        say(&format!("B9: ours {ours:.2} KiB per socket, {:.1} MB empty", empty / 1e6));
        let alive: usize = listening.iter_mut().map(still_there).sum();
        drop(listening);
        let mut measured = Measured::new("B9", ours, "KiB per idle chat", 1);
        if let Some(peer) = SocketIo::start(settings, 1, keeping)? {
            let process = peer.nodes[0].0.id();
            drop(Line::to_socket_io(peer.port(0), "warm", 0).await?);
            let empty = resident(process)?;
            let mut lines = Vec::new();
            for n in 0..count {
                lines.push(Line::to_socket_io(peer.port(0), &format!("room{n}"), n as u64).await?);
            }
            pass(Duration::from_secs(3)).await;
            let theirs = (resident(process)? - empty) / count as f64 / 1024.0;
            measured.peer = Some(theirs);
            measured.ratio_to_peer = Some(ours / theirs);
        }
        measured.note = format!(
            "{alive} of {count} sockets at the end; {:.0} thousand in a GiB",
            1024.0 * 1024.0 / ours / 1_000.0
        );
        measured.tell();
        Ok(())
    })
}
