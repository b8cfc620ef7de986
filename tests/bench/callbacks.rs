//! IM1: callbacks of a messenger taken in each second, beside their crypto alone and beside their commits
//! alone.

use crate::Settings;
use crate::assign::{receive, router};
use crate::clock::now_ms;
use crate::desk::{Desk, Shape, TENANT, Word};
use crate::hutong::cpu_us;
use crate::mail::redis_cpu;
use crate::report::{Measured, median, ratios, say, spread};
use crate::server::{Keeping, Server};
use anyhow::{Context, Result, bail, ensure};
use channels::{
    Accepted, Bookmarks, ChannelAdapter, Inbound, InboundSink, Inlet, Means, RawInbound,
    RawRequest, SinkError, registry,
};
use domain::{Clock, MessageId, TenantId, Timestamp};
use futures_util::{StreamExt, TryStreamExt, stream};
use routing::reply::Received;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tests::House;
use tests::cloud::Cloud;
use tests::desk::DeskFile;
use tests::networks::SECRET;
use tests::networks::wecom::{AGENT, CORP, KEY, StandIn, calls};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// So many members write.
const MEMBERS: usize = 100;
/// So many calls are under way at once.
const AT_ONCE: usize = 32;
/// How often the network calls again with everything.
const AGAIN: usize = 2;

/// What one round told.
struct Round {
    per_second: f64,
    again_per_second: f64,
    crypto: f64,
    commits: f64,
    gateway_us: f64,
    redis_us: f64,
}

/// IM1 at one durability.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let count = if settings.quick { 1_000 } else { 10_000 };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut rounds = Vec::new();
    for n in 0..settings.rounds {
        let round = runtime.block_on(one_round(keeping, count))?;
        say(&format!(
            "IM1 {} round {}: {:.0} callbacks/s, {:.0} again, gateway {:.0} µs, redis {:.0} µs each; crypto {:.0}/s, commits {:.0}/s",
            keeping.name(),
            n + 1,
            round.per_second,
            round.again_per_second,
            round.gateway_us,
            round.redis_us,
            round.crypto,
            round.commits,
        ));
        rounds.push(round);
    }
    tell(keeping, count, &rounds);
    Ok(())
}

fn tell(keeping: Keeping, count: usize, rounds: &[Round]) {
    let of = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
    let (ours, commits, crypto) =
        (of(|round| round.per_second), of(|round| round.commits), of(|round| round.crypto));
    let shares = ratios(&ours, &commits);
    let name = format!("IM1 {}", keeping.name());
    let mut measured = Measured::new(name, median(&ours), "callbacks/s", ours.len());
    measured.floor = Some(median(&commits));
    measured.limit = Some(median(&crypto));
    measured.ratio_to_floor = Some(median(&shares));
    measured.spread = spread(&shares);
    measured.note = format!(
        "floor: the same number of bare commits; limit: the adapter alone on one core (verify, decrypt, XML), of which this is {:.3}; per callback {:.0} µs of the gateway, {:.0} µs of Redis; one token was fetched",
        median(&ratios(&ours, &crypto)),
        median(&of(|round| round.gateway_us)),
        median(&of(|round| round.redis_us)),
    );
    measured.tell();
    let again = of(|round| round.again_per_second);
    let name = format!("IM1 again {}", keeping.name());
    let mut measured = Measured::new(name, median(&again), "redeliveries/s", again.len());
    measured.spread = spread(&again);
    measured.note = format!("{} calls of {count} events: no message more", AGAIN * count);
    measured.tell();
}

async fn one_round(keeping: Keeping, count: usize) -> Result<Round> {
    let mut network = None;
    let cloud = Cloud::start(|_| network.insert(Arc::<StandIn>::default()).clone());
    let network = network.context("no network")?;
    network.seen.change(|seen| seen.members.extend((0..MEMBERS).map(member)));
    let desk = desk(&cloud.url());
    let requests: Vec<RawRequest> = (0..count)
        .map(|n| {
            calls::post(&calls::text_of(
                &member(n % MEMBERS),
                &id(n),
                &format!("第 {n} 句：请问居住证怎么续签？"),
            ))
        })
        .collect();
    let crypto = crypto(&desk, &requests).await?;
    let commits = commits(keeping, count).await?;

    let plan = House::of(desk).with("log.level", "warn");
    let plan = if keeping == Keeping::Relaxed { plan.relaxed() } else { plan };
    let house = plan.start().await;
    // Everybody is known, and has a conversation.
    let first: Vec<RawRequest> = (0..MEMBERS)
        .map(|n| calls::post(&calls::text_of(&member(n), &format!("1{n}"), "您好")))
        .collect();
    call_all(&house, &first).await?;
    ensure!(messages(&house).await == MEMBERS, "not everybody was taken in");
    let process = house.gateways[0].id().context("no gateway")?;
    let (cpu, redis, begun) = (cpu_us(process)?, redis_cpu(&house).await?, Instant::now());
    call_all(&house, &requests).await?;
    let took = begun.elapsed().as_secs_f64();
    let (cpu, redis) = (cpu_us(process)? - cpu, redis_cpu(&house).await? - redis);
    ensure!(messages(&house).await == MEMBERS + count, "not every word was taken in once");
    let begun = Instant::now();
    for _ in 0..AGAIN {
        call_all(&house, &requests).await?;
    }
    let took_again = begun.elapsed().as_secs_f64();
    ensure!(messages(&house).await == MEMBERS + count, "a redelivery was taken in");
    let tokens = network.seen.look(|seen| seen.tokens);
    ensure!(tokens == 1, "{tokens} tokens were fetched");
    Ok(Round {
        per_second: count as f64 / took,
        again_per_second: (AGAIN * count) as f64 / took_again,
        crypto,
        commits,
        gateway_us: cpu / count as f64,
        redis_us: redis / count as f64,
    })
}

fn member(n: usize) -> String {
    format!("member{n:03}")
}

fn id(n: usize) -> String {
    format!("7{n:09}")
}

fn desk(url: &str) -> DeskFile {
    let settings = json!({
        "api_url": url, "corp_id": CORP, "agent_id": AGENT, "secret": SECRET, "token": SECRET,
        "encoding_aes_key": KEY, "desk": { "acknowledge": false },
    });
    DeskFile::small().with_messenger("wecom", &["tax"], settings)
}

/// Messages in all logs, as Redis counts them.
async fn messages(house: &House) -> usize {
    let mut count = 0;
    for log in house.redis.ask::<Vec<String>>(&["KEYS", "{main}:log:*"]).await {
        count += house.redis.ask::<usize>(&["LLEN", &log]).await;
    }
    count
}

/// Calls the gateway with everything, so many at once; each must be answered well.
async fn call_all(house: &House, requests: &[RawRequest]) -> Result<()> {
    let port = house.gateways[0].port();
    let mut tasks = JoinSet::new();
    for lane in 0..AT_ONCE {
        let own: Vec<Vec<u8>> =
            requests.iter().skip(lane).step_by(AT_ONCE).map(|one| wire(one, port)).collect();
        tasks.spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let mut stream = BufReader::new(stream);
            for bytes in own {
                stream.write_all(&bytes).await?;
                let status = answer(&mut stream).await?;
                ensure!(status == "200", "HTTP {status}");
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// A request as it goes over the line.
fn wire(request: &RawRequest, port: u16) -> Vec<u8> {
    let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
    let head = format!(
        "POST /v1/callbacks/wecom?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
         Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        request.body.len()
    );
    [head.as_bytes(), &request.body].concat()
}

/// Reads an answer; its status.
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).context("no answer")?.to_owned();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(status)
}

/// How many calls the adapter alone opens in a second, on one core: signature, AES, XML, and what it says.
async fn crypto(desk: &DeskFile, requests: &[RawRequest]) -> Result<f64> {
    let desk: domain::Desk = serde_json::from_value(desk.json().clone())?;
    let channel = desk.channels.iter().find(|channel| channel.id.as_str() == "wecom");
    let means = Means { clock: Arc::new(Present(Timestamp(now_ms()))), ..Means::none() };
    let built = registry::build(channel.context("no such channel")?, &means);
    let adapter: Arc<dyn ChannelAdapter> =
        built.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let inlet = Inlet::new(Arc::new(Floor), Arc::new(Floor));
    let begun = Instant::now();
    for request in requests {
        adapter.callback(request, &inlet).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    }
    Ok(requests.len() as f64 / begun.elapsed().as_secs_f64())
}

/// A clock that stands.
#[derive(Debug)]
struct Present(Timestamp);

impl Clock for Present {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A sink that keeps nothing.
pub(crate) struct Floor;

#[async_trait::async_trait]
impl InboundSink for Floor {
    async fn accept(&self, _inbound: Inbound) -> Result<Accepted, SinkError> {
        Ok(Accepted::Noted)
    }

    async fn accept_raw(&self, _raw: RawInbound) -> Result<Accepted, SinkError> {
        Ok(Accepted::Noted)
    }
}

#[async_trait::async_trait]
impl Bookmarks for Floor {
    async fn find(&self, _name: &str) -> Result<Option<String>, SinkError> {
        Ok(None)
    }

    async fn lay(&self, _name: &str, _place: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The same number of words into as many conversations, by the Function alone.
async fn commits(keeping: Keeping, count: usize) -> Result<f64> {
    let mut server = Server::start(keeping)?;
    server.load_library(&routing::library::text())?;
    let router = router(&server).await?;
    let tenant: TenantId = TENANT.parse()?;
    let mut desk = Desk::new(Shape { agents: 1, profiles: 1, needs: 1, ..Shape::USUAL })?;
    let members = (0..MEMBERS).map(|_| desk.says()).collect::<Result<Vec<Word>>>()?;
    for word in &members {
        receive(&router, &tenant, word).await?;
    }
    let words: Vec<Word> = (0..count)
        .map(|n| {
            let mut word = members[n % MEMBERS].clone();
            word.external_id = id(n);
            word.content.id = MessageId::from_uuid(uuid::Uuid::from_u128(n as u128));
            word
        })
        .collect();
    let begun = Instant::now();
    stream::iter(&words)
        .map(async |word| match receive(&router, &tenant, word).await? {
            Received::Appended { .. } => Ok(()),
            other => bail!("not appended: {other:?}"),
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
