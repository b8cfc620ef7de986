//! Load on a server: arrivals and completions in the backlog regime, through the product's own
//! Functions, or through the floor's, which write the same and decide nothing.

use crate::desk::{Chance, Desk, HELD_MAX, Person, Shape, TENANT};
use crate::server::Server;
use crate::wire::{Pool, Reply, encode};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// Connections, and commands under way on each.
pub(crate) const CONNECTIONS: usize = 50;
pub(crate) const DEPTH: usize = 16;

/// Events measured at a time: waves of all connections, half of them completions.
pub(crate) const CHUNK: usize = CONNECTIONS * DEPTH * 2;

/// The floor's library.
pub(crate) const FLOOR: &str = include_str!("floor.lua");

/// Runs the work that it is given, and may look at a clock before and after.
pub(crate) type Around<'a> = &'a mut dyn FnMut(&mut dyn FnMut() -> Result<()>) -> Result<()>;

/// What can be loaded, chunk by chunk.
pub(crate) trait Load {
    /// Runs so many events and gives the time that `measure` takes around them alone.
    fn events(&mut self, count: usize, around: Around<'_>) -> Result<()>;
}

fn tag() -> String {
    format!("{{{TENANT}}}")
}

/// A call of a Function with the tenant's tag as its key, at the server's own time.
pub(crate) fn call(function: &str, arguments: &[String]) -> Vec<u8> {
    let mut words = vec!["FCALL", function, "1"];
    let tag = tag();
    words.extend([tag.as_str(), "0"]);
    words.extend(arguments.iter().map(String::as_str));
    encode(&words)
}

/// The product.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) desk: Desk,
    pool: Pool,
    chance: Chance,
    /// Which conversations each agent holds.
    held: BTreeMap<String, Vec<String>>,
}

impl Product {
    /// Loads the library, signs the agents in and lets people come until all agents are busy and
    /// the wanted number waits.
    pub(crate) fn fill(server: &mut Server, shape: Shape) -> Result<Self> {
        server.load_library(&routing::library::text())?;
        let pool = Pool::connect(&server.socket(), CONNECTIONS, DEPTH)?;
        let mut product =
            Self { desk: Desk::new(shape)?, pool, chance: Chance::new(7), held: BTreeMap::new() };
        product.sign_in()?;
        product.come_in_the_dark()?;
        product.come(HELD_MAX * shape.agents + shape.waiting - shape.dark_waiting)?;
        product.look_all()?;
        Ok(product)
    }

    /// The same load on a copy of the server.
    pub(crate) fn moved_to(&self, socket: &Path) -> Result<Self> {
        let pool = Pool::connect(socket, CONNECTIONS, DEPTH)?;
        Ok(Self {
            desk: self.desk.clone(),
            pool,
            chance: self.chance.clone(),
            held: self.held.clone(),
        })
    }

    fn sign_in(&mut self) -> Result<()> {
        let mut commands = Vec::new();
        for agent in &self.desk.agents {
            let (profile, capacity) = Desk::agent_texts(agent);
            let id = agent.id.to_string();
            commands.push(call("v1_set_agent", &[id.clone(), profile, capacity, "0".to_owned()]));
            let lease = 86_400_000.to_string();
            commands.push(call(
                "v1_set_presence",
                &[id, "ready".to_owned(), "agent".to_owned(), lease],
            ));
        }
        expect_all(&self.pool.run(&commands)?, "set")
    }

    fn come_in_the_dark(&mut self) -> Result<()> {
        let mut commands = Vec::new();
        for _ in 0..self.desk.shape.dark_waiting {
            commands.push(call("v1_receive_message", &self.desk.arrives_in_the_dark()?.arguments));
        }
        expect_all(&self.pool.run(&commands)?, "appended")
    }

    fn come(&mut self, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let now = left.min(8_000);
            let commands = (0..now)
                .map(|_| Ok(call("v1_receive_message", &self.desk.arrives()?.arguments)))
                .collect::<Result<Vec<_>>>()?;
            expect_all(&self.pool.run(&commands)?, "appended")?;
            left -= now;
        }
        Ok(())
    }

    pub(crate) fn look_all(&mut self) -> Result<()> {
        let agents = self.desk.agents.iter().map(|agent| agent.id.to_string()).collect();
        self.look(&agents)
    }

    /// Learns what these agents hold.
    fn look(&mut self, agents: &BTreeSet<String>) -> Result<()> {
        let commands: Vec<_> = agents
            .iter()
            .map(|agent| encode(&["SMEMBERS", &format!("{}:held:{agent}", tag())]))
            .collect();
        for (agent, reply) in agents.iter().zip(self.pool.run(&commands)?) {
            self.held.insert(agent.clone(), reply.list()?.iter().map(Reply::text).collect());
        }
        Ok(())
    }

    /// Some of the conversations that are held just now, with their agents.
    pub(crate) fn pick(&mut self, count: usize) -> Result<Vec<(String, String)>> {
        let mut all: Vec<(String, String)> = self
            .held
            .iter()
            .flat_map(|(agent, held)| {
                held.iter().map(move |conversation| (conversation.clone(), agent.clone()))
            })
            .collect();
        if all.len() < count {
            bail!("only {} conversations are held, {count} should end", all.len());
        }
        for place in 0..count {
            let other = place + self.chance.below(all.len() - place);
            all.swap(place, other);
        }
        all.truncate(count);
        Ok(all)
    }
}

impl Load for Product {
    fn events(&mut self, count: usize, around: Around<'_>) -> Result<()> {
        let ending = self.pick(count / 2)?;
        let mut commands = Vec::with_capacity(count);
        for (conversation, agent) in &ending {
            commands.push(call("v1_receive_message", &self.desk.arrives()?.arguments));
            let by = "agent".to_owned();
            let arguments = [conversation.clone(), by, agent.clone(), self.desk.info().to_owned()];
            commands.push(call("v1_close", &arguments));
        }
        let mut replies = Vec::new();
        around(&mut || {
            replies = self.pool.run(&commands)?;
            Ok(())
        })?;
        let mut straight = false;
        for pair in replies.chunks(2) {
            expect_all(&pair[..1], "appended")?;
            expect_all(&pair[1..], "closed")?;
            straight |= pair[0].list()?.last().is_some_and(|state| state.text() != "queued");
        }
        if straight {
            self.look_all()
        } else {
            self.look(&ending.into_iter().map(|(_, agent)| agent).collect())
        }
    }
}

/// The floor: the same people, the same writes, nothing decided.
#[derive(Debug)]
pub(crate) struct Floor {
    desk: Desk,
    pool: Pool,
    waiting: VecDeque<Person>,
    held: VecDeque<(Person, String)>,
}

impl Floor {
    pub(crate) fn fill(server: &mut Server, shape: Shape) -> Result<Self> {
        server.load_library(FLOOR)?;
        let pool = Pool::connect(&server.socket(), CONNECTIONS, DEPTH)?;
        let mut floor =
            Self { desk: Desk::new(shape)?, pool, waiting: VecDeque::new(), held: VecDeque::new() };
        let held = HELD_MAX * shape.agents;
        for done in (0..held + shape.waiting).step_by(8_000) {
            let count = 8_000.min(held + shape.waiting - done);
            let commands = (0..count).map(|_| floor.arrival()).collect::<Result<Vec<_>>>()?;
            expect_all(&floor.pool.run(&commands)?, "appended")?;
        }
        let mut commands = Vec::new();
        for n in 0..held {
            let person = floor.waiting.pop_front().context("nobody waits")?;
            let agent = floor.desk.agents[n % shape.agents].id.to_string();
            commands.push(encode(&[
                "SADD",
                &format!("{}:held:{agent}", tag()),
                &person.conversation,
            ]));
            floor.held.push_back((person, agent));
        }
        floor.pool.run(&commands)?;
        Ok(floor)
    }

    /// The same load on a copy of the server.
    pub(crate) fn moved_to(&self, socket: &Path) -> Result<Self> {
        let pool = Pool::connect(socket, CONNECTIONS, DEPTH)?;
        Ok(Self {
            desk: self.desk.clone(),
            pool,
            waiting: self.waiting.clone(),
            held: self.held.clone(),
        })
    }

    fn arrival(&mut self) -> Result<Vec<u8>> {
        let person = self.desk.arrives()?;
        let mut arguments = person.arguments.clone();
        arguments.push(person.lane.clone());
        self.waiting.push_back(person);
        Ok(call("floor_arrival", &arguments))
    }

    fn completion(&mut self) -> Result<Vec<u8>> {
        let (old, agent) = self.held.pop_front().context("nothing is held")?;
        let new = self.waiting.pop_front().context("nobody waits")?;
        let arguments = [
            old.conversation,
            agent.clone(),
            self.desk.info().to_owned(),
            old.contact,
            old.queue,
            new.conversation.clone(),
            new.contact.clone(),
            new.queue.clone(),
            new.lane.clone(),
            (new.due + 1).to_string(),
        ];
        self.held.push_back((new, agent));
        Ok(call("floor_completion", &arguments))
    }
}

impl Load for Floor {
    fn events(&mut self, count: usize, around: Around<'_>) -> Result<()> {
        let mut commands = Vec::with_capacity(count);
        for _ in 0..count / 2 {
            commands.push(self.arrival()?);
            commands.push(self.completion()?);
        }
        let mut replies = Vec::new();
        around(&mut || {
            replies = self.pool.run(&commands)?;
            Ok(())
        })?;
        for pair in replies.chunks(2) {
            expect_all(&pair[..1], "appended")?;
            expect_all(&pair[1..], "closed")?;
        }
        Ok(())
    }
}

/// The limit: calls that do nothing.
#[derive(Debug)]
pub(crate) struct Nothing {
    pool: Pool,
}

impl Nothing {
    /// On a server that has the floor's library.
    pub(crate) fn on(server: &Server) -> Result<Self> {
        Ok(Self { pool: Pool::connect(&server.socket(), CONNECTIONS, DEPTH)? })
    }
}

impl Load for Nothing {
    fn events(&mut self, count: usize, around: Around<'_>) -> Result<()> {
        let commands = vec![call("floor_nothing", &[]); count];
        around(&mut || self.pool.run(&commands).map(drop))
    }
}

fn expect_all(replies: &[Reply], tag: &str) -> Result<()> {
    for reply in replies {
        if reply.tag()? != tag {
            bail!("expected `{tag}`: {reply:?}");
        }
    }
    Ok(())
}
