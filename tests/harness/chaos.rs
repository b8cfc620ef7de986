//! Seeded fault runs: people talk through several gateways while gateways and Redis are killed and
//! frozen; afterwards everything that was acknowledged is looked for, and every rule is replayed.
//!
//! A house stands for many rounds; each round has its own seed, its own visitors and its own faults.

pub mod agents;
pub mod check;
pub mod faults;
pub mod replay;
mod supervisor;
pub mod visitors;

use crate::desk::DeskFile;
use crate::dice::Dice;
use crate::gateway::GatewayProcess;
use crate::history::{History, Outcome};
use crate::house::{House, Plan};
use crate::proxy::ChaosProxy;
use crate::webhook::WebhookSink;
use agents::Crew;
use domain::TenantId;
use records::{Records, RecordsConfig};
use replay::{Commit, Replay};
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
    /// Of these, what agents said and noted.
    pub replies: usize,
    /// Tries whose outcome stayed unknown until they were repeated.
    pub unknown: usize,
    /// Events replayed.
    pub events: usize,
    /// How long it took, in milliseconds.
    pub took_ms: u128,
    /// What may never be.
    pub violations: Vec<String>,
}

/// After so many rounds the trail and the webhooks are compared: whoever had them may have to be
/// given up first, which takes longer than a round.
const SETTLE_EVERY: u64 = 8;
/// The tenant of the desk file.
const TENANT: &str = "main";

/// A house in which rounds are run.
#[derive(Debug)]
pub struct Arena {
    /// The house.
    pub house: House,
    size: Size,
    crew: Crew,
    sink: WebhookSink,
    supervisor: crate::TestAgent,
    /// The gateways' own lines to Redis.
    lines: Vec<ChaosProxy>,
    records: Records,
    tenant: TenantId,
    replay: Replay,
    /// What was checked already: the stream up to here, the trail up to there.
    cursor: String,
    audited: u64,
    /// What the trail and the webhooks were not yet asked about.
    unsettled: Vec<Commit>,
    rounds: u64,
    /// Faults so far.
    faults: usize,
}

impl Arena {
    /// Builds the house, brings its agents to work, and hangs a webhook on it.
    pub async fn open(size: Size) -> Self {
        Self::open_with(size, None).await
    }

    /// The same with records elsewhere than in the data directory.
    pub async fn open_with(size: Size, records_url: Option<&str>) -> Self {
        let sink = WebhookSink::start().await;
        let desk = DeskFile::small()
            .with_all_queues(json!({ "offer": { "timeout_secs": 5, "misses_max": 3 } }))
            .with_queue_changed("tax", json!({ "wrap_up_secs": 2 }))
            .with_agent_changed("ming", json!({ "capacity": { "units": 60 } }))
            .with_webhook("crm", &sink.url(), &check::WANTED);
        let replay = Replay::of(&desk);
        let mut plan = House::of(desk)
            .with_gateways(size.gateways)
            .with("redis.timeout_ms", 1_000)
            .with("auth.access_secs", 86_400);
        if let Some(url) = records_url {
            plan = plan.with("records.url", url);
        }
        let (mut house, lines) = with_lines(plan).await;
        let ports: Vec<u16> = house.gateways.iter().map(GatewayProcess::port).collect();
        let mut agents = Vec::new();
        for name in ["ming", "li", "wang"] {
            agents.push(house.signs_in(name).await);
        }
        let supervisor = house.signs_in("sun").await;
        let records = match records_url {
            None => house.archive().await,
            Some(url) => {
                let config = RecordsConfig { url: url.to_owned() };
                Records::open(&config).await.expect("the records open")
            }
        };
        Self {
            size,
            crew: Crew::starts(agents, &ports),
            sink,
            supervisor,
            lines,
            records,
            tenant: TENANT.parse().expect("a tenant's name"),
            replay,
            house,
            cursor: "0-0".to_owned(),
            audited: 0,
            unsettled: Vec::new(),
            rounds: 0,
            faults: 0,
        }
    }

    /// Runs a round.
    pub async fn round(&mut self, seed: u64) -> Report {
        let (began, mut dice, history) = (Instant::now(), Dice::new(seed), History::default());
        self.crew.begins(dice.roll(), &history);
        let ports: Vec<u16> = self.house.gateways.iter().map(GatewayProcess::port).collect();
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
        let mut desk = JoinSet::new();
        desk.spawn(supervisor::steps_in(self.supervisor.api().clone(), ports, dice.split()));
        let faults = faults::inject(&mut self.house, &self.lines, &mut dice).await;
        let visits = people.join_all().await;
        desk.join_all().await;
        self.crew.rests().await;
        self.faults += faults.told.len();
        let replies = self.crew.words();
        let mut report = Report { seed, faults: faults.told, ..Report::default() };
        if !faults.is_long {
            report.violations.extend(check::floor(&visits, &replies, self.size.words));
        }
        self.check(&mut report, &visits).await;
        report.replies = replies.len();
        report.acked = history.of("say", Outcome::Ok).len() + replies.len();
        report.unknown = history.all().iter().filter(|o| o.outcome == Outcome::Unknown).count();
        report.took_ms = began.elapsed().as_millis();
        report
    }

    /// Compares the webhooks and the audit trail with everything since the last time; the end of a
    /// run needs it once more.
    pub async fn settles(&mut self) -> Vec<String> {
        let (commits, mut found) = (std::mem::take(&mut self.unsettled), Vec::new());
        if !commits.is_empty() {
            check::webhooks(&self.sink, &commits, self.faults, &mut found).await;
            let (records, tenant) = (&self.records, &self.tenant);
            let found = &mut found;
            self.audited = check::audit(records, tenant, &commits, self.audited, found).await;
        }
        found
    }

    async fn check(&mut self, report: &mut Report, visits: &[visitors::Visit]) {
        let found = &mut report.violations;
        check::words(self.supervisor.api(), visits, &self.crew.words(), found).await;
        found.extend(self.crew.violations());
        let (cursor, commits) = replay::commits_after(&self.house.redis, &self.cursor).await;
        self.cursor = cursor;
        report.events = commits.iter().map(|commit| commit.events.len()).sum();
        found.extend(self.replay.replays(&commits));
        self.unsettled.extend(commits);
        self.rounds += 1;
        if self.rounds.is_multiple_of(SETTLE_EVERY) {
            let unsettled = self.settles().await;
            report.violations.extend(unsettled);
        }
        let found = &mut report.violations;
        check::indexes(&self.house, found).await;
        for gateway in &self.house.gateways {
            if gateway.output().contains("panicked") {
                found.push(format!("a gateway panicked: {}", gateway.output()));
            }
        }
    }
}

/// A house in which each gateway has a line of its own to Redis, which can be cut.
pub async fn with_lines(plan: Plan) -> (House, Vec<ChaosProxy>) {
    let mut house = plan.build().await;
    let (server, folder) = (house.redis.socket(), house.folder().to_owned());
    let mut lines = Vec::new();
    for (n, gateway) in house.gateways.iter_mut().enumerate() {
        let line = ChaosProxy::before_socket(&server, &folder.join(format!("line{n}.sock")));
        gateway.change("redis.urls", json!([line.redis_url()]));
        gateway.spawn();
        lines.push(line);
    }
    for gateway in &mut house.gateways {
        gateway.becomes_ready().await;
    }
    (house, lines)
}
