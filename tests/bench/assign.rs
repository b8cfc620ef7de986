//! B2, B3 and B13: assignments through the product's own `Router`, their latency, and what comes back
//! after a crash of Redis.

use crate::Settings;
use crate::desk::{CHANNEL, Shape, TENANT, Word};
use crate::load::{CHUNK, Load, Product};
use crate::peers::BullMq;
use crate::report::{Measured, median, quantile, ratios, say, spread};
use crate::server::{Keeping, Server};
use anyhow::{Context, Result, bail};
use domain::{AgentId, ConversationId, State, TenantId};
use futures_util::{StreamExt, TryStreamExt, stream};
use routing::command::{Belongs, Closer, ReceiveMessage};
use routing::reply::{Closed, Received};
use routing::{Durability, RedisConfig, Router};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Calls under way at once in a closed loop.
const AT_ONCE: usize = 256;

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

pub(crate) async fn router(server: &Server) -> Result<Router> {
    let durability =
        if server.keeping() == Keeping::Strict { Durability::Strict } else { Durability::Relaxed };
    let config = RedisConfig {
        urls: vec![server.url()],
        durability,
        timeout_ms: 60_000,
        ..RedisConfig::default()
    };
    Ok(Router::open(&config).await?)
}

pub(crate) async fn receive(router: &Router, tenant: &TenantId, word: &Word) -> Result<Received> {
    let channel = CHANNEL.parse()?;
    let message = ReceiveMessage {
        channel: &channel,
        contact: &word.contact,
        external_id: &word.external_id,
        new_conversation: &word.conversation,
        content: &word.content,
        entry: &word.entry,
        belongs: Belongs::ToContact,
        info: &word.info,
        way: "",
        fetches: &[],
    };
    Ok(router.receive_message(tenant, &message).await?)
}

enum Call {
    Word(Box<Word>),
    End(ConversationId, AgentId),
}

async fn carry_out(router: &Router, tenant: &TenantId, call: Call) -> Result<()> {
    match call {
        Call::Word(word) => match receive(router, tenant, &word).await? {
            Received::Appended { .. } => Ok(()),
            other => bail!("not appended: {other:?}"),
        },
        Call::End(conversation, agent) => {
            match router.close(tenant, &conversation, &Closer::Agent(&agent), None).await? {
                Closed::Closed => Ok(()),
                other => bail!("not closed: {other:?}"),
            }
        }
    }
}

/// B2: each completion gives the agent the next conversation: so many assignments per second.
pub(crate) fn throughput(settings: &Settings, keeping: Keeping) -> Result<()> {
    let mut server = Server::start(keeping)?;
    let mut product = Product::fill(&mut server, Shape::USUAL)?;
    let mut peer =
        settings.peers.as_deref().map(|folder| BullMq::start(folder, keeping)).transpose()?;
    if let Some(peer) = &mut peer {
        peer.fill(Shape::USUAL.waiting)?;
    }
    let tenant: TenantId = TENANT.parse()?;
    let (mut bare, mut ours, mut theirs) = (vec![], vec![], vec![]);
    let runtime = runtime()?;
    let router = runtime.block_on(router(&server))?;
    for round in 0..settings.rounds {
        let mut took = Duration::ZERO;
        product.events(CHUNK, &mut |work| {
            let begun = Instant::now();
            work()?;
            took = begun.elapsed();
            Ok(())
        })?;
        bare.push(CHUNK as f64 / 2.0 / took.as_secs_f64());
        let mut calls = Vec::new();
        for (conversation, agent) in product.pick(CHUNK / 2)? {
            calls.push(Call::Word(Box::new(product.desk.says()?)));
            calls.push(Call::End(conversation.parse()?, agent.parse()?));
        }
        let begun = Instant::now();
        runtime.block_on(
            stream::iter(calls)
                .map(|call| carry_out(&router, &tenant, call))
                .buffer_unordered(AT_ONCE)
                .try_collect::<Vec<()>>(),
        )?;
        ours.push(CHUNK as f64 / 2.0 / begun.elapsed().as_secs_f64());
        product.look_all()?;
        if let Some(peer) = &mut peer {
            theirs.push(peer.round(2_000)?.per_second);
        }
        say(&format!(
            "B2 {} round {}: bare {:.0}, ours {:.0}, BullMQ {:.0} assignments/s",
            keeping.name(),
            round + 1,
            bare[round],
            ours[round],
            theirs.last().unwrap_or(&f64::NAN)
        ));
    }
    let mut measured = Measured::new(
        format!("B2 {} in process", keeping.name()),
        median(&ours),
        "assignments/s",
        settings.rounds,
    );
    measured.floor = Some(median(&bare));
    measured.ratio_to_floor = Some(median(&ratios(&ours, &bare)));
    measured.spread = spread(&ratios(&ours, &bare));
    if !theirs.is_empty() {
        measured.peer = Some(median(&theirs));
        measured.ratio_to_peer = Some(median(&ratios(&ours, &theirs)));
    }
    measured.note = "floor is the same calls by the bare load generator".to_owned();
    measured.tell();
    Ok(())
}

/// The desk of B3: agents with room, and 10,000 who wait for what nobody can.
const FREE: Shape = Shape { dark_needs: 20, dark_waiting: 10_000, needs: 220, ..Shape::USUAL };

/// B3: open loop, 1,000 arrivals and as many completions a second.
pub(crate) fn latency(settings: &Settings, keeping: Keeping) -> Result<()> {
    let (rate, count) = (1_000, if settings.quick { 1_000 } else { 4_000 });
    let mut server = Server::start(keeping)?;
    let mut product = Product::fill(&mut server, FREE)?;
    let tenant: TenantId = TENANT.parse()?;
    let runtime = runtime()?;
    let router = runtime.block_on(router(&server))?;
    let held = product.pick(2_000)?;
    runtime.block_on(async {
        for (conversation, agent) in held {
            carry_out(&router, &tenant, Call::End(conversation.parse()?, agent.parse()?)).await?;
        }
        anyhow::Ok(())
    })?;
    let mut peer =
        settings.peers.as_deref().map(|folder| BullMq::start(folder, keeping)).transpose()?;
    let (mut pings, mut ours, mut theirs) = (vec![], vec![], vec![]);
    for round in 0..settings.rounds {
        pings.push(runtime.block_on(ping_loop(&router, rate, count))?);
        let words = (0..count).map(|_| product.desk.says()).collect::<Result<Vec<_>>>()?;
        ours.push(runtime.block_on(open_loop(&router, &tenant, rate, words))?);
        if let Some(peer) = &mut peer {
            theirs.push(peer.latency(count, rate)?);
        }
        let (p50, p99) = ours[round];
        say(&format!(
            "B3 {} round {}: PING {:.2}/{:.2}, ours {p50:.2}/{p99:.2}, BullMQ {:?} ms (p50/p99)",
            keeping.name(),
            round + 1,
            pings[round].0,
            pings[round].1,
            theirs.last()
        ));
    }
    tell_latency(
        keeping,
        "p50",
        settings.rounds,
        &[&pings, &ours, &theirs].map(|all| all.iter().map(|t| t.0).collect()),
    );
    tell_latency(
        keeping,
        "p99",
        settings.rounds,
        &[&pings, &ours, &theirs].map(|all| all.iter().map(|t| t.1).collect()),
    );
    Ok(())
}

fn tell_latency(
    keeping: Keeping,
    what: &str,
    rounds: usize,
    [pings, ours, theirs]: &[Vec<f64>; 3],
) {
    let mut measured =
        Measured::new(format!("B3 {} {what}", keeping.name()), median(ours), "ms", rounds);
    measured.limit = Some(median(pings));
    measured.spread = spread(ours);
    if !theirs.is_empty() {
        measured.peer = Some(median(theirs));
        measured.ratio_to_peer = Some(median(&ratios(ours, theirs)));
    }
    measured.note =
        format!("limit is PING at the same rate: {:.1} times", median(&ratios(ours, pings)));
    measured.tell();
}

/// p50 and p99, in milliseconds, from when each was due.
async fn paced<F>(rate: usize, calls: Vec<F>) -> Result<(f64, f64)>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let begun = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate as f64));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut tasks = JoinSet::new();
    for call in calls {
        let due = ticks.tick().await.max(begun);
        tasks.spawn(async move {
            call.await?;
            anyhow::Ok(due.elapsed().as_secs_f64() * 1_000.0)
        });
    }
    let mut took = Vec::new();
    while let Some(done) = tasks.join_next().await {
        took.push(done??);
    }
    Ok((quantile(&took, 0.5), quantile(&took, 0.99)))
}

async fn ping_loop(router: &Router, rate: usize, count: usize) -> Result<(f64, f64)> {
    let calls = (0..count)
        .map(|_| {
            let router = router.clone();
            async move { Ok(router.store().run("ping", &redis::cmd("PING")).await.map(drop)?) }
        })
        .collect();
    paced(rate, calls).await
}

/// Each word is assigned in the call that receives it; it ends beside the measured calls.
async fn open_loop(
    router: &Router,
    tenant: &TenantId,
    rate: usize,
    words: Vec<Word>,
) -> Result<(f64, f64)> {
    let (ended, mut ending) = tokio::sync::mpsc::channel::<ConversationId>(4_096);
    let calls = words
        .into_iter()
        .map(|word| {
            let (router, tenant, ended) = (router.clone(), tenant.clone(), ended.clone());
            async move {
                match receive(&router, &tenant, &word).await? {
                    Received::Appended { state: State::Active, conversation, .. } => {
                        Ok(ended.send(conversation).await?)
                    }
                    other => bail!("not assigned at once: {other:?}"),
                }
            }
        })
        .collect();
    drop(ended);
    let (router, tenant) = (router.clone(), tenant.clone());
    let mut closing = JoinSet::new();
    closing.spawn(async move {
        while let Some(conversation) = ending.recv().await {
            router.close(&tenant, &conversation, &Closer::System, None).await?;
        }
        anyhow::Ok(())
    });
    let took = paced(rate, calls).await?;
    while let Some(done) = closing.join_next().await {
        done??;
    }
    Ok(took)
}

/// Ends a conversation, asking again while Redis is away.
async fn ends(
    router: &Router,
    tenant: &TenantId,
    conversation: &ConversationId,
    agent: &AgentId,
) -> Result<()> {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..12_000 {
        again.tick().await;
        match router.close(tenant, conversation, &Closer::Agent(agent), None).await {
            Ok(Closed::Closed | Closed::Already) => return Ok(()),
            Ok(other) => bail!("not closed: {other:?}"),
            Err(error) if error.is_unavailable() => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("Redis did not come back in a minute")
}

/// B13: Redis is killed with -9 under load; the time until a completion assigns again, and what was
/// acknowledged and is gone.
pub(crate) fn recovery(settings: &Settings, keeping: Keeping) -> Result<()> {
    let waiting = if settings.quick { 10_000 } else { 100_000 };
    let mut server = Server::start(keeping)?;
    let mut product = Product::fill(&mut server, Shape { waiting, ..Shape::USUAL })?;
    let tenant: TenantId = TENANT.parse()?;
    let runtime = runtime()?;
    let (mut reloads, mut firsts, mut lost) = (vec![], vec![], 0);
    for round in 0..settings.rounds.min(3) {
        let router = runtime.block_on(router(&server))?;
        let words = (0..400).map(|_| product.desk.says()).collect::<Result<Vec<_>>>()?;
        runtime.block_on(
            stream::iter(&words)
                .map(|word| receive(&router, &tenant, word))
                .buffer_unordered(AT_ONCE)
                .try_collect::<Vec<_>>(),
        )?;
        let (conversation, agent) = product.pick(1)?.pop().context("nothing is held")?;
        let begun = Instant::now();
        reloads.push(server.crash()?.as_secs_f64());
        runtime.block_on(ends(&router, &tenant, &conversation.parse()?, &agent.parse()?))?;
        firsts.push(begun.elapsed().as_secs_f64());
        for word in &words {
            let key = format!("{{{TENANT}}}:conv:{}", word.conversation);
            lost += usize::from(server.ask(&["EXISTS", &key])?.text() != "1");
        }
        product = product.moved_to(&server.socket())?;
        product.look_all()?;
        say(&format!(
            "B13 {} round {}: reload {:.2} s, first assignment {:.2} s",
            keeping.name(),
            round + 1,
            reloads[round],
            firsts[round]
        ));
    }
    let mut measured = Measured::new(
        format!("B13 {}", keeping.name()),
        median(&firsts),
        "s to the first assignment",
        firsts.len(),
    );
    measured.limit = Some(median(&reloads));
    measured.spread = spread(&firsts);
    measured.note = format!(
        "limit is Redis's own reload; {waiting} waiting; {lost} acknowledged words lost after kill -9"
    );
    measured.tell();
    Ok(())
}
