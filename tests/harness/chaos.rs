//! Seeded fault runs: people talk through several gateways while gateways and Redis are killed and
//! frozen; afterwards everything that was acknowledged is looked for, and every rule is replayed.
//!
//! A house stands for many rounds; each round has its own seed, its own visitors and its own faults.

pub mod agents;
pub mod check;
pub mod faults;
pub mod replay;
pub mod visitors;

use crate::desk::DeskFile;
use crate::dice::Dice;
use crate::history::{History, Outcome};
use crate::house::House;
use crate::webhook::WebhookSink;
use agents::Crew;
use serde_json::json;
use std::time::Instant;
use tokio::task::JoinSet;

/// The size of a round.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Gateways in the house.
    pub gateways: usize,
    /// Visitors in each round.
    pub visitors: usize,
    /// Words that each says.
    pub words: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { gateways: 2, visitors: 6, words: 6 }
    }
}

/// What a round came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// The faults, in words.
    pub faults: Vec<String>,
    /// Words of visitors and agents that were acknowledged.
    pub acked: usize,
    /// Tries whose outcome stayed unknown until they were repeated.
    pub unknown: usize,
    /// Events replayed.
    pub events: usize,
    /// How long it took, in milliseconds.
    pub took_ms: u128,
    /// What may never be.
    pub violations: Vec<String>,
}

/// A house in which rounds are run.
#[derive(Debug)]
pub struct Arena {
    /// The house.
    pub house: House,
    size: Size,
    crew: Crew,
    sink: WebhookSink,
    supervisor: crate::TestAgent,
    cursor: String,
}

impl Arena {
    /// Builds the house, brings its agents to work, and hangs a webhook on it.
    pub async fn open(size: Size) -> Self {
        let sink = WebhookSink::start().await;
        let events = ["conversation_opened", "conversation_closed"];
        let desk = DeskFile::small()
            .with_all_queues(json!({ "offer": { "timeout_secs": 5, "misses_max": 3 } }))
            .with_agent_changed("ming", json!({ "capacity": { "units": 60 } }))
            .with_webhook("crm", &sink.url(), &events);
        let plan = House::of(desk)
            .with_gateways(size.gateways)
            .with("redis.timeout_ms", 1_000)
            .with("auth.access_secs", 86_400);
        let mut house = plan.start().await;
        let ports: Vec<u16> = house.gateways.iter().map(crate::GatewayProcess::port).collect();
        let mut agents = Vec::new();
        for name in ["ming", "li", "wang"] {
            agents.push(house.signs_in(name).await);
        }
        let supervisor = house.signs_in("sun").await;
        let crew = Crew::starts(agents, &ports);
        Self { house, size, crew, sink, supervisor, cursor: "0-0".to_owned() }
    }

    /// Runs a round.
    pub async fn round(&mut self, seed: u64) -> Report {
        let (began, mut dice, history) = (Instant::now(), Dice::new(seed), History::default());
        self.crew.begins(dice.roll(), &history);
        let ports: Vec<u16> = self.house.gateways.iter().map(crate::GatewayProcess::port).collect();
        let mut people = JoinSet::new();
        for n in 0..self.size.visitors {
            let plan = visitors::Plan {
                name: format!("s{seed}/v{n}"),
                topic: if dice.percent(50) { "tax" } else { "insurance" },
                words: self.size.words,
                ports: ports.clone(),
                dice: dice.split(),
            };
            people.spawn(visitors::talks(plan, history.clone()));
        }
        let faults = faults::inject(&mut self.house, &mut dice).await;
        let visits = people.join_all().await;
        self.crew.rests().await;
        let mut report = Report { seed, faults, ..Report::default() };
        self.check(&mut report, &visits).await;
        report.acked = history.of("say", Outcome::Ok).len() + self.crew.words().len();
        report.unknown = history.all().iter().filter(|o| o.outcome == Outcome::Unknown).count();
        report.took_ms = began.elapsed().as_millis();
        report
    }

    async fn check(&mut self, report: &mut Report, visits: &[visitors::Visit]) {
        let kills = report.faults.iter().filter(|fault| fault.contains("kill")).count();
        let supervisor = self.supervisor.api();
        check::words(supervisor, visits, &self.crew.words(), &mut report.violations).await;
        report.violations.extend(self.crew.violations());
        let (cursor, events) = replay::events_after(&self.house.redis, &self.cursor).await;
        self.cursor = cursor;
        report.events = events.len();
        report.violations.extend(replay::check(&events));
        check::webhooks(&self.sink, &events, kills, &mut report.violations).await;
        if let Err(found) = self.house.fsck() {
            report.violations.push(format!("I6 fsck: {found}"));
        }
        for gateway in &self.house.gateways {
            if gateway.output().contains("panicked") {
                report.violations.push(format!("a gateway panicked: {}", gateway.output()));
            }
        }
    }
}
