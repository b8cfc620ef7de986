//! The desk that the routing benchmarks load: agents by skill profile, needs, and people who ask.
//!
//! Everything follows from a seed, so that two runs load alike.

use anyhow::Result;
use domain::agent::Level;
use domain::{
    Agent, AgentRule, Audience, Author, Capacity, ChannelKind, ContactId, ConversationId,
    ConversationInfo, Entry, KindCapacity, Locale, MessageContent, MessageKind, Need, PlanAction,
    PlanStep, Role, SkillId, Timestamp,
};
use routing::router::{capacity_text, plan_text, policy_text};
use std::collections::BTreeMap;

/// The tenant of all benchmarks.
pub(crate) const TENANT: &str = "desk";
/// The channel through which everybody comes.
pub(crate) const CHANNEL: &str = "site";
/// Conversations that an agent can hold at once.
pub(crate) const HELD_MAX: usize = 3;

const SKILLS: usize = 60;
const SKILLS_OF_AGENT: usize = 20;
const QUEUES: usize = 20;

/// How large the desk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) agents: usize,
    pub(crate) profiles: usize,
    pub(crate) needs: usize,
    pub(crate) waiting: usize,
    /// How many of the needs want a skill that nobody has.
    pub(crate) dark_needs: usize,
    /// How many of those who wait, the oldest, have such a need.
    pub(crate) dark_waiting: usize,
}

impl Shape {
    /// 1,000 agents × 20 skills in 50 profiles, 200 needs, 10,000 waiting.
    pub(crate) const USUAL: Self = Self {
        agents: 1_000,
        profiles: 50,
        needs: 200,
        waiting: 10_000,
        dark_needs: 0,
        dark_waiting: 0,
    };
}

/// Chance that can be repeated (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound.max(1) as u64).unwrap_or(0)
    }
}

/// One person who asks.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) conversation: String,
    pub(crate) contact: String,
    pub(crate) queue: String,
    pub(crate) lane: String,
    pub(crate) due: i64,
    /// The arguments of `v1_receive_message` after the time.
    pub(crate) arguments: Vec<String>,
}

/// A first word as [`routing::Router`] takes it.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) contact: ContactId,
    pub(crate) external_id: String,
    pub(crate) conversation: ConversationId,
    pub(crate) content: MessageContent,
    pub(crate) entry: Entry,
    pub(crate) info: ConversationInfo,
}

/// The people of the desk and those who come.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) shape: Shape,
    pub(crate) agents: Vec<Agent>,
    needs: Vec<Need>,
    chance: Chance,
    came: u64,
    info: String,
}

impl Desk {
    pub(crate) fn new(shape: Shape) -> Result<Self> {
        let mut chance = Chance::new(42);
        let profiles = profiles(shape.profiles, &mut chance)?;
        let agents = (0..shape.agents)
            .map(|n| agent(n, &profiles[n % profiles.len()]))
            .collect::<Result<_>>()?;
        let mut needs = Vec::new();
        for n in 0..shape.needs {
            let dark = n >= shape.needs - shape.dark_needs;
            needs.push(if dark { dark_need(n)? } else { served_need(&profiles, &mut chance)? });
        }
        Ok(Self { shape, agents, needs, chance, came: 0, info: serde_json::to_string(&info())? })
    }

    /// What `set_agent` wants to know of an agent: profile and capacity.
    pub(crate) fn agent_texts(agent: &Agent) -> (String, String) {
        (domain::need::profile(&agent.skills), capacity_text(&agent.capacity))
    }

    /// Somebody comes with a need that is served.
    pub(crate) fn arrives(&mut self) -> Result<Person> {
        let need = self.chance.below(self.shape.needs - self.shape.dark_needs);
        self.comes_with(need)
    }

    /// Somebody comes with a need that nobody can serve, and is due before everyone else.
    pub(crate) fn arrives_in_the_dark(&mut self) -> Result<Person> {
        let need = self.shape.needs - 1 - self.chance.below(self.shape.dark_needs);
        self.comes_with(need)
    }

    fn comes_with(&mut self, place: usize) -> Result<Person> {
        let word = self.word(place)?;
        let entry = &word.entry;
        let arguments = vec![
            CHANNEL.to_owned(),
            word.contact.to_string(),
            word.external_id,
            word.conversation.to_string(),
            serde_json::to_string(&word.content)?,
            entry.queue.to_string(),
            entry.kind.letter().to_string(),
            entry.arrived_at.0.to_string(),
            entry.due_at.0.to_string(),
            String::new(),
            plan_text(entry),
            policy_text(entry),
            entry.waiting_max.to_string(),
            self.info.clone(),
            domain::limits::DEDUPE_MS.to_string(),
        ];
        Ok(Person {
            conversation: word.conversation.to_string(),
            contact: word.contact.to_string(),
            queue: entry.queue.to_string(),
            lane: domain::need::lane(
                entry.kind,
                &self.needs[place],
                &std::collections::BTreeSet::new(),
            ),
            due: entry.due_at.0,
            arguments,
        })
    }

    /// A first word with a need that is served.
    pub(crate) fn says(&mut self) -> Result<Word> {
        let need = self.chance.below(self.shape.needs - self.shape.dark_needs);
        self.word(need)
    }

    fn word(&mut self, place: usize) -> Result<Word> {
        self.came += 1;
        let dark = place >= self.shape.needs - self.shape.dark_needs;
        let now = crate::clock::now_ms();
        let target = [60_000, 120_000, 300_000, 600_000][self.chance.below(4)];
        let due = if dark { now - 86_400_000 } else { now + target };
        let n = self.came;
        let contact: ContactId = format!("ctc_{n:026}").parse()?;
        Ok(Word {
            external_id: format!("0199d2c0-7a5e-7c3e-9f3b-{n:012}"),
            conversation: format!("conv_{n:026}").parse()?,
            content: content(n, &contact)?,
            entry: entry(&self.needs[place], &format!("queue_{:02}", place % QUEUES), now, due)?,
            info: info(),
            contact,
        })
    }

    /// What is known of a conversation, as JSON.
    pub(crate) fn info(&self) -> &str {
        &self.info
    }
}

fn skill(n: usize) -> Result<SkillId> {
    Ok(format!("skill_{n:02}").parse()?)
}

fn level(chance: &mut Chance, highest: usize) -> Level {
    Level::try_from(1 + chance.below(highest)).unwrap_or(1)
}

type Skills = BTreeMap<SkillId, Level>;

fn profiles(count: usize, chance: &mut Chance) -> Result<Vec<Skills>> {
    let mut profiles = Vec::new();
    while profiles.len() < count {
        let mut skills = Skills::new();
        while skills.len() < SKILLS_OF_AGENT {
            skills.insert(skill(chance.below(SKILLS))?, level(chance, 5));
        }
        profiles.push(skills);
    }
    Ok(profiles)
}

/// One or two skills that at least one profile has.
fn served_need(profiles: &[Skills], chance: &mut Chance) -> Result<Need> {
    loop {
        let mut skills = Skills::new();
        for _ in 0..=chance.below(2) {
            skills.insert(skill(chance.below(SKILLS))?, level(chance, 4));
        }
        let need = Need { skills, only: None };
        if profiles.iter().any(|profile| need.skills_met_by(profile)) {
            return Ok(need);
        }
    }
}

fn dark_need(n: usize) -> Result<Need> {
    let skills = Skills::from([("dark".parse()?, 1), (skill(n % SKILLS)?, 1)]);
    Ok(Need { skills, only: None })
}

fn agent(n: usize, skills: &Skills) -> Result<Agent> {
    let held = u32::try_from(HELD_MAX).unwrap_or(1);
    // Nothing beside web chat, so that a busy agent has no room left and the regime is a pure backlog.
    let room = |kind| KindCapacity {
        cost: 30,
        limit: if kind == ChannelKind::WebChat { held } else { 0 },
    };
    let kinds = ChannelKind::ALL.into_iter().map(|kind| (kind, room(kind))).collect();
    Ok(Agent {
        id: format!("agent_{n:05}").parse()?,
        name: format!("Agent {n}"),
        role: Role::Agent,
        skills: skills.clone(),
        capacity: Capacity { units: 100, kinds },
        locale: Locale::ZhCn,
        phone: String::new(),
        enabled: true,
    })
}

/// Two lanes, overdue, reminders; given at once, so that a completion is an assignment too.
fn entry(need: &Need, queue: &str, now: i64, due: i64) -> Result<Entry> {
    let relaxed = Need {
        skills: need.skills.iter().take(1).map(|(s, l)| (s.clone(), *l)).collect(),
        only: None,
    };
    let step = |after_ms, action| PlanStep { after_ms, action };
    Ok(Entry {
        queue: queue.parse()?,
        kind: ChannelKind::WebChat,
        arrived_at: Timestamp(now),
        due_at: Timestamp(due),
        not_before: None,
        plan: vec![
            step(0, PlanAction::Lane(need.clone())),
            step(30_000, PlanAction::Lane(relaxed)),
            step(300_000, PlanAction::Overdue),
            step(600_000, PlanAction::Remind),
        ],
        rule: AgentRule::LongestIdle,
        offer_ms: 30_000,
        auto_accept: true,
        misses_max: 3,
        wrap_up_ms: 0,
        reopen_ms: 86_400_000,
        waiting_max: 10_000_000,
    })
}

fn content(n: u64, contact: &ContactId) -> Result<MessageContent> {
    Ok(MessageContent {
        id: format!("msg_{n:026}").parse()?,
        author: Author::Contact { id: contact.clone() },
        kind: MessageKind::Text,
        text:
            "您好，我在网上申报时提示“系统繁忙”，已经试了三次。请问应该怎么办？ (tried three times)"
                .to_owned(),
        files: Vec::new(),
        notice: None,
        client_id: Some(format!("0199d2c0-7a5e-7c3e-9f3b-{n:012}")),
        mail: None,
    })
}

fn info() -> ConversationInfo {
    ConversationInfo {
        contact_name: "王小明".to_owned(),
        audience: Audience::Public,
        locale: Locale::ZhCn,
        topic: Some("tax".to_owned()),
        request_type: Some("consultation".to_owned()),
        resolution: Some("solved".to_owned()),
        page_url: Some("https://www.example.gov.cn/tax/declare".to_owned()),
        verified: false,
    }
}
