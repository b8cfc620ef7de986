//! B1: what one arrival or completion costs Redis.

use crate::Settings;
use crate::desk::Shape;
use crate::load::{CHUNK, Floor, Load, Nothing, Product};
use crate::peers::BullMq;
use crate::report::{Measured, median, ratios, say, spread};
use crate::server::{Keeping, Server};
use anyhow::Result;
use std::time::{Duration, Instant};

/// Chunks of one subject in one round.
const CHUNKS: usize = 4;
/// Jobs of the peer in one round.
const JOBS: usize = 3_000;

/// What a load cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) events: f64,
    pub(crate) cpu_us: f64,
    pub(crate) wall: Duration,
}

impl Cost {
    pub(crate) fn us_per_event(self) -> f64 {
        self.cpu_us / self.events
    }

    pub(crate) fn per_second(self) -> f64 {
        self.events / self.wall.as_secs_f64()
    }
}

/// Runs some chunks and adds up what they cost the server's main thread.
pub(crate) fn cost(server: &mut Server, load: &mut dyn Load, chunks: usize) -> Result<Cost> {
    let mut cost = Cost::default();
    for _ in 0..chunks {
        load.events(CHUNK, &mut |work| {
            let before = server.cpu_us()?;
            let begun = Instant::now();
            work()?;
            cost.wall += begun.elapsed();
            cost.cpu_us += server.cpu_us()? - before;
            Ok(())
        })?;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let events = CHUNK as f64;
        cost.events += events;
    }
    Ok(cost)
}

/// Measures B1 at one durability.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let mut floor_server = Server::start(keeping)?;
    let mut product_server = Server::start(keeping)?;
    let mut floor = Floor::fill(&mut floor_server, Shape::USUAL)?;
    let mut product = Product::fill(&mut product_server, Shape::USUAL)?;
    let mut nothing = Nothing::on(&floor_server)?;
    let mut peer =
        settings.peers.as_deref().map(|folder| BullMq::start(folder, keeping)).transpose()?;
    if let Some(peer) = &mut peer {
        peer.fill(Shape::USUAL.waiting)?;
    }
    let (mut limits, mut floors, mut products, mut peers) = (vec![], vec![], vec![], vec![]);
    let mut speeds = vec![];
    cost(&mut product_server, &mut product, 1)?;
    cost(&mut floor_server, &mut floor, 1)?;
    let traffic = [Traffic::of(&mut product_server)?, Traffic::of(&mut floor_server)?];
    for round in 0..settings.rounds {
        let limit = cost(&mut floor_server, &mut nothing, CHUNKS)?;
        let lowest = cost(&mut floor_server, &mut floor, CHUNKS)?;
        let ours = cost(&mut product_server, &mut product, CHUNKS)?;
        limits.push(limit.us_per_event());
        floors.push(lowest.us_per_event());
        products.push(ours.us_per_event());
        speeds.push(ours.per_second());
        if let Some(peer) = &mut peer {
            peers.push(peer.round(JOBS)?.us_per_job);
        }
        say(&format!(
            "B1 {} round {}: FCALL {:.1} floor {:.1} ours {:.1} µs/event ({:.0} events/s), BullMQ {:.0} µs/job",
            keeping.name(),
            round + 1,
            limit.us_per_event(),
            lowest.us_per_event(),
            ours.us_per_event(),
            ours.per_second(),
            peers.last().unwrap_or(&f64::NAN)
        ));
    }
    let events = (settings.rounds * CHUNKS * CHUNK) as f64;
    let ours = traffic[0].since(&mut product_server, events)?;
    let lowest = traffic[1].since(&mut floor_server, events)?;
    let shares = ratios(&floors, &products);
    let mut measured = Measured::new(
        format!("B1 {}", keeping.name()),
        median(&products),
        "Redis µs/event",
        settings.rounds,
    );
    measured.floor = Some(median(&floors));
    measured.limit = Some(median(&limits));
    measured.ratio_to_floor = Some(median(&shares));
    measured.spread = spread(&shares);
    if !peers.is_empty() {
        let per_job: Vec<f64> = products.iter().map(|us| us * 2.0).collect();
        measured.peer = Some(median(&peers));
        measured.ratio_to_peer = Some(median(&ratios(&per_job, &peers)));
    }
    measured.note = format!(
        "{:.0} events/s; calls per event: ours {}, floor {}; ratio_to_peer is two events to a job",
        median(&speeds),
        ours,
        lowest
    );
    measured.tell();
    Ok(())
}

/// Commands and bytes of the append-only file.
struct Traffic {
    writes: f64,
    calls: f64,
    bytes: f64,
}

const READS: [&str; 14] = [
    "get", "hget", "hmget", "llen", "zrange", "zscore", "zcard", "time", "info", "smembers",
    "exists", "fcall", "ping", "hgetall",
];

impl Traffic {
    fn of(server: &mut Server) -> Result<Self> {
        let calls = server.calls()?;
        let sum = |wanted: &dyn Fn(&str) -> bool| {
            calls.iter().filter(|(name, _)| wanted(name)).map(|(_, n)| n).sum()
        };
        Ok(Self {
            writes: sum(&|name| !READS.contains(&name) && !name.contains('|')),
            calls: sum(&|name| {
                !["fcall", "info", "smembers", "ping"].contains(&name) && !name.contains('|')
            }),
            bytes: server.aof_bytes()?,
        })
    }

    fn since(&self, server: &mut Server, events: f64) -> Result<String> {
        let now = Self::of(server)?;
        Ok(format!(
            "{:.1} writes of {:.1}, {:.0} B of log",
            (now.writes - self.writes) / events,
            (now.calls - self.calls) / events,
            (now.bytes - self.bytes) / events
        ))
    }
}
